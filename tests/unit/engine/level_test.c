/* engine/level: a FIFO queue, by example and against a plain array as its model. */
#include "engine/level.h"

#include <stdbool.h>
#include <string.h>

#include "fx_test.h"

enum { SLOTS_MAX = 16, STEPS = 1000, SEEDS = 200, SIDE = 1, PRICE = 100 };

/* The slowest correct queue: slot numbers in an array, oldest first. */
struct model {
    struct fx_level level;
    struct fx_resting slots[SLOTS_MAX];
    fx_slot queue[SLOTS_MAX];
    uint32_t count;
};

static uint64_t draw(uint64_t *seed, uint64_t below)
{
    *seed ^= *seed << 13U;
    *seed ^= *seed >> 7U;
    *seed ^= *seed << 17U;
    return *seed % below;
}

static struct fx_resting unlinked_order(int64_t lots)
{
    return (struct fx_resting){.remaining = {lots},
                               .price = {PRICE},
                               .older = FX_SLOT_NONE,
                               .newer = FX_SLOT_NONE,
                               .side = SIDE};
}

static void model_forget(struct model *model, fx_slot slot)
{
    uint32_t index = 0;
    while (model->queue[index] != slot) {
        index++;
    }
    model->count--;
    memmove(&model->queue[index],
            &model->queue[index + 1],
            (model->count - index) * sizeof model->queue[0]);
}

static void model_step(struct model *model, uint64_t *seed)
{
    const fx_slot slot = (fx_slot)draw(seed, SLOTS_MAX);
    const fx_qty lots = {1 + (int64_t)draw(seed, 9)};
    struct fx_resting *order = &model->slots[slot];
    const int64_t before = order->remaining.lots;

    if (before == 0) {
        order->remaining = lots;
        fx_level_append(&model->level, model->slots, slot);
        model->queue[model->count++] = slot;
        return;
    }
    switch (draw(seed, 3)) {
    case 0:
        fx_level_remove(&model->level, model->slots, slot);
        assert_int_equal(order->remaining.lots, before);
        order->remaining.lots = 0;
        break;
    case 1: {
        const fx_qty traded = fx_level_fill(&model->level, model->slots, slot, lots);
        assert_int_equal(traded.lots, lots.lots < before ? lots.lots : before);
        assert_int_equal(order->remaining.lots, before - traded.lots);
        break;
    }
    default: {
        const fx_qty less = {lots.lots < before ? lots.lots : before};
        fx_level_shrink(&model->level, model->slots, slot, less);
        assert_int_equal(order->remaining.lots, less.lots);
        break;
    }
    }
    if (order->remaining.lots == 0) {
        assert_true(order->older == FX_SLOT_NONE && order->newer == FX_SLOT_NONE);
        model_forget(model, slot);
    }
}

static void model_compare(const struct model *model)
{
    fx_slot walk = model->level.oldest;
    int64_t total_lots = 0;
    for (uint32_t index = 0; index < model->count; index++) {
        assert_int_equal(walk, model->queue[index]);
        total_lots += model->slots[walk].remaining.lots;
        walk = model->slots[walk].newer;
    }
    assert_true(walk == FX_SLOT_NONE);
    assert_int_equal(model->level.count, model->count);
    assert_int_equal(model->level.total.lots, total_lots);
    fx_level_check(&model->level, model->slots, SIDE);
}

static void three_orders(struct fx_level *level, struct fx_resting slots[3])
{
    fx_level_init(level);
    for (fx_slot slot = 0; slot < 3; slot++) {
        slots[slot] = unlinked_order(5 + (int64_t)slot);
        fx_level_append(level, slots, slot);
    }
}

static void level_init_is_empty(void **state)
{
    (void)state;
    struct fx_level level;
    fx_level_init(&level);
    assert_int_equal(level.count, 0);
    assert_int_equal(level.total.lots, 0);
    assert_true(level.oldest == FX_SLOT_NONE && level.newest == FX_SLOT_NONE);
}

static void level_append_takes_the_price_and_sums(void **state)
{
    (void)state;
    struct fx_resting slots[3];
    struct fx_level level;
    three_orders(&level, slots);
    assert_int_equal(level.price.ticks, PRICE);
    assert_int_equal(level.count, 3);
    assert_int_equal(level.total.lots, 18);
    assert_int_equal(level.oldest, 0);
    assert_int_equal(level.newest, 2);
}

static void level_remove_of_middle_keeps_fifo(void **state)
{
    (void)state;
    struct fx_resting slots[3];
    struct fx_level level;
    three_orders(&level, slots);
    fx_level_remove(&level, slots, 1);
    assert_int_equal(level.total.lots, 12);
    assert_int_equal(fx_level_fill(&level, slots, 0, (fx_qty){5}).lots, 5);
    assert_int_equal(level.oldest, 2);
    assert_int_equal(fx_level_fill(&level, slots, 2, (fx_qty){100}).lots, 7);
    assert_true(level.oldest == FX_SLOT_NONE && level.newest == FX_SLOT_NONE);
}

static void level_partial_fill_keeps_the_place(void **state)
{
    (void)state;
    struct fx_resting slots[3];
    struct fx_level level;
    three_orders(&level, slots);
    assert_int_equal(fx_level_fill(&level, slots, 0, (fx_qty){4}).lots, 4);
    assert_int_equal(level.oldest, 0);
    assert_int_equal(slots[0].remaining.lots, 1);
    assert_int_equal(level.total.lots, 14);
    assert_int_equal(level.count, 3);
}

static void level_shrink_keeps_the_place(void **state)
{
    (void)state;
    struct fx_resting slots[3];
    struct fx_level level;
    three_orders(&level, slots);
    fx_level_shrink(&level, slots, 0, (fx_qty){1});
    assert_int_equal(level.oldest, 0);
    assert_int_equal(level.total.lots, 14);
    fx_level_shrink(&level, slots, 0, (fx_qty){1});
    assert_int_equal(level.total.lots, 14);
}

static void level_any_sequence_equals_model(void **state)
{
    (void)state;
    for (uint64_t first = 1; first <= SEEDS; first++) {
        uint64_t seed = first;
        struct model model = {.count = 0};
        fx_level_init(&model.level);
        for (fx_slot slot = 0; slot < SLOTS_MAX; slot++) {
            model.slots[slot] = unlinked_order(0);
        }
        for (int step = 0; step < STEPS; step++) {
            model_step(&model, &seed);
            model_compare(&model);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(level_init_is_empty),
        cmocka_unit_test(level_append_takes_the_price_and_sums),
        cmocka_unit_test(level_remove_of_middle_keeps_fifo),
        cmocka_unit_test(level_partial_fill_keeps_the_place),
        cmocka_unit_test(level_shrink_keeps_the_place),
        cmocka_unit_test(level_any_sequence_equals_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
