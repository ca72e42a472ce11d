/* engine/book against a slow, obviously right second book: same commands, same answers, each step.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/book.h"
#include "fx_test.h"
#include "naive_book.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters,concurrency-mt-unsafe): plain numbers; one
// thread
enum { SLOTS_MAX = 96, STEPS = 1500, SEEDS = 60, COPY_STEP = 1000 };

/* A market to be random in: where it starts, how it moves, how far orders stray. */
struct market {
    const char *name;
    int64_t middle;
    int64_t drift; /* ticks per step */
    int64_t stray; /* most orders lie within this distance */
    int64_t far;   /* the rest within this one */
    int64_t jump;  /* now and then the market jumps up to this far, either way */
    uint32_t aims; /* orders that rest on average */
    struct fx_book_limits limits;
};

static const struct market MARKETS[] = {
    {"still, inside", 100000, 0, 20, 60, 0, 60, {1024, 32}},
    {"still, at the edge", 100000, 0, 40, 80, 0, 60, {64, 48}},
    {"still, far outside", 1000000, 0, 30, 900000, 0, 60, {64, 128}},
    {"drifting up", 1000, 1, 30, 200, 0, 40, {128, 128}},
    {"drifting down", 1000000, -2, 30, 300, 0, 40, {64, 128}},
    {"jumping", 500000, 0, 25, 5000, 3000, 30, {256, 128}},
    {"a small overflow", 500000, 1, 60, 5000, 200, 50, {64, 6}},
    {"no overflow at all", 500000, 0, 40, 100, 0, 50, {64, 0}},
    {"near nothing", 40, 0, 39, 39, 0, 50, {64, 32}},
    {"near the greatest", INT64_MAX - 60, 0, 50, 59, 0, 50, {64, 32}},
    {"often empty", 5000, 3, 10, 3000, 2000, 2, {64, 16}},
    {"three stages of the bitmap", 5000000, 50, 9000, 30000, 0, 80, {8192, 128}},
};

struct world {
    const struct market *market;
    struct fx_book *book;
    void *memory;
    struct fx_resting slots[SLOTS_MAX];
    struct naive_book naive;
    int64_t middle;
    uint64_t seed;
    uint32_t refused;
};

static uint64_t draw(struct world *world, uint64_t below)
{
    world->seed ^= world->seed << 13U;
    world->seed ^= world->seed >> 7U;
    world->seed ^= world->seed << 17U;
    return (world->seed >> 11U) % below;
}

static void world_init(struct world *world, const struct market *market, uint64_t seed)
{
    const size_t size = fx_book_size(market->limits);
    memset(world, 0, sizeof *world);
    world->market = market;
    world->middle = market->middle;
    world->seed = seed * 0x9e3779b97f4a7c15ULL + 1;
    world->memory = aligned_alloc(64, size);
    assert_non_null(world->memory);
    memset(world->memory, 0, size);
    for (fx_slot slot = 0; slot < SLOTS_MAX; slot++) {
        world->slots[slot].older = FX_SLOT_NONE;
        world->slots[slot].newer = FX_SLOT_NONE;
    }
    world->book = fx_book_init(world->memory, market->limits, world->slots);
}

static int64_t best(const struct world *world, enum fx_side side)
{
    const struct naive_order *front = naive_book_front(&world->naive, side);
    return front == NULL ? 0 : front->ticks;
}

/* A price on the right side of the opposite best one; 0 where there is no such price. */
static int64_t draw_price(struct world *world, enum fx_side side)
{
    const struct market *market = world->market;
    const int64_t span = draw(world, 8) == 0 ? market->far : market->stray;
    const int64_t distance = (int64_t)draw(world, (uint64_t)span + 1);
    int64_t ticks = world->middle;
    if (side == FX_SIDE_BUY) {
        ticks -= distance;
    } else {
        ticks = distance < INT64_MAX - ticks ? ticks + distance : INT64_MAX;
    }
    ticks = ticks < 1 ? 1 : ticks;
    const int64_t bid = best(world, FX_SIDE_BUY);
    const int64_t ask = best(world, FX_SIDE_SELL);
    if (side == FX_SIDE_BUY && ask != 0 && ticks >= ask) {
        ticks = ask - 1;
    }
    if (side == FX_SIDE_SELL && ticks <= bid) {
        ticks = bid == INT64_MAX ? 0 : bid + 1;
    }
    return ticks;
}

static void step_insert(struct world *world, fx_slot slot)
{
    const enum fx_side side = draw(world, 2) == 0 ? FX_SIDE_BUY : FX_SIDE_SELL;
    const int64_t ticks = draw_price(world, side);
    const int64_t lots = 1 + (int64_t)draw(world, 9);
    if (ticks == 0) {
        return;
    }
    const bool can = fx_book_can_insert(world->book, side, (fx_px){ticks});
    if (naive_book_row(&world->naive, side, ticks).count > 0 || world->naive.count == 0) {
        assert_true(can);
    }
    if (!can) {
        world->refused++;
        return;
    }
    struct fx_resting *order = &world->slots[slot];
    order->side = (uint8_t)side;
    order->price.ticks = ticks;
    order->remaining.lots = lots;
    fx_book_insert(world->book, slot);
    naive_book_insert(
        &world->naive,
        (struct naive_order){.slot = slot, .side = side, .ticks = ticks, .lots = lots});
}

static void step_resting(struct world *world, fx_slot slot)
{
    struct naive_order *order = &world->naive.orders[naive_book_at(&world->naive, slot)];
    const int64_t lots = 1 + (int64_t)draw(world, 9);
    const uint64_t action = draw(world, 4);
    if (action == 0) {
        slot = fx_book_front(world->book, order->side); /* the same as the model's: see compare() */
    }
    switch (action) {
    case 0:
    case 1:
        assert_int_equal(fx_book_fill(world->book, slot, (fx_qty){lots}).lots,
                         naive_book_fill(&world->naive, slot, lots));
        break;
    case 2:
        order->lots = lots < order->lots ? lots : order->lots;
        fx_book_shrink(world->book, slot, (fx_qty){order->lots});
        break;
    default:
        fx_book_remove(world->book, slot);
        assert_int_equal(world->slots[slot].price.ticks, order->ticks);
        assert_int_equal(world->slots[slot].remaining.lots, order->lots);
        world->slots[slot].remaining.lots = 0;
        naive_book_remove(&world->naive, slot);
        break;
    }
}

static void step(struct world *world)
{
    const struct market *market = world->market;
    world->middle += market->drift;
    if (market->jump != 0 && draw(world, 100) == 0) {
        world->middle += (int64_t)draw(world, (uint64_t)(2 * market->jump)) - market->jump;
        world->middle = world->middle < 1 ? 1 : world->middle;
    }
    if (market->drift != 0 && world->naive.count > 0 && draw(world, 2) == 0) {
        /* Whoever is left behind by a moving market gives way to it. */
        const enum fx_side behind = market->drift > 0 ? FX_SIDE_SELL : FX_SIDE_BUY;
        const struct naive_order *front = naive_book_front(&world->naive, behind);
        if (front != NULL && !naive_book_is_better(behind, world->middle, front->ticks)) {
            const fx_slot slot = front->slot;
            const int64_t lots = front->lots;
            assert_int_equal(fx_book_fill(world->book, slot, (fx_qty){lots}).lots, lots);
            (void)naive_book_fill(&world->naive, slot, lots);
            return;
        }
    }
    const fx_slot slot = (fx_slot)draw(world, SLOTS_MAX);
    if (world->slots[slot].remaining.lots == 0) {
        if (draw(world, SLOTS_MAX) < 2 * (uint64_t)market->aims) {
            step_insert(world, slot);
        }
    } else {
        step_resting(world, slot);
    }
}

static void compare_row(const struct world *world, enum fx_side side, int64_t ticks)
{
    const struct fx_book_row row = fx_book_row(world->book, side, (fx_px){ticks});
    const struct fx_book_row right = naive_book_row(&world->naive, side, ticks);
    assert_int_equal(row.price.ticks, right.price.ticks);
    assert_int_equal(row.total.lots, right.total.lots);
    assert_int_equal(row.count, right.count);
}

/* Walk both books of a side level by level and order by order. */
static void compare_walk(const struct world *world, enum fx_side side)
{
    const struct naive_book *naive = &world->naive;
    struct fx_book_row row = {.price = {0}};
    uint32_t orders = 0;
    fx_slot slot = FX_SLOT_NONE;
    for (uint32_t index = 0; index < naive->count; index++) {
        const struct naive_order *order = &naive->orders[index];
        if (order->side != side) {
            continue;
        }
        if (slot == FX_SLOT_NONE) {
            assert_true(fx_book_next(world->book, side, row.price, &row));
            assert_int_equal(row.price.ticks, order->ticks);
            compare_row(world, side, order->ticks);
            slot = fx_book_oldest(world->book, side, row.price);
        }
        assert_int_equal(slot, order->slot);
        assert_int_equal(world->slots[slot].price.ticks, order->ticks);
        assert_int_equal(world->slots[slot].remaining.lots, order->lots);
        slot = world->slots[slot].newer;
        orders++;
    }
    assert_int_equal(slot, FX_SLOT_NONE);
    assert_false(fx_book_next(world->book, side, row.price, &row) && orders > 0);
    assert_int_equal(fx_book_count(world->book, side), orders);
}

static void compare(struct world *world)
{
    for (int index = FX_SIDE_BUY; index <= FX_SIDE_SELL; index++) {
        const enum fx_side side = (enum fx_side)index;
        const struct naive_order *front = naive_book_front(&world->naive, side);
        assert_int_equal(fx_book_best(world->book, side).ticks, front == NULL ? 0 : front->ticks);
        assert_int_equal(fx_book_front(world->book, side),
                         front == NULL ? FX_SLOT_NONE : front->slot);
        compare_walk(world, side);
        const int64_t ticks = draw_price(world, side);
        if (ticks == 0) {
            continue;
        }
        compare_row(world, side, ticks);
        const int64_t want = (int64_t)draw(world, 200);
        assert_int_equal(fx_book_depth(world->book, side, (fx_px){ticks}, (fx_qty){want}).lots,
                         naive_book_depth(&world->naive, side, ticks, want));
        struct fx_book_row row = {.count = 0};
        const struct naive_order *next = NULL;
        for (uint32_t at = 0; at < world->naive.count && next == NULL; at++) {
            const struct naive_order *order = &world->naive.orders[at];
            if (order->side == side && naive_book_is_better(side, ticks, order->ticks)) {
                next = order;
            }
        }
        assert_int_equal(fx_book_next(world->book, side, (fx_px){ticks}, &row), next != NULL);
        assert_int_equal(row.price.ticks, next == NULL ? 0 : next->ticks);
    }
    fx_book_check(world->book);
}

/* Move the book to other memory and other slots; the old ones are spoiled. */
static void move_elsewhere(struct world *world, struct world *elsewhere)
{
    const size_t size = fx_book_size(world->market->limits);
    *elsewhere = *world;
    elsewhere->memory = aligned_alloc(64, size);
    assert_non_null(elsewhere->memory);
    memcpy(elsewhere->memory, world->memory, size);
    elsewhere->book = fx_book_attach(elsewhere->memory, elsewhere->slots);
}

static void run(const struct market *market, uint64_t seed, uint32_t *refused)
{
    static struct world world;
    static struct world copy;
    world_init(&world, market, seed);
    for (int index = 0; index < STEPS; index++) {
        step(&world);
        compare(&world);
        if (index == COPY_STEP) {
            move_elsewhere(&world, &copy);
        }
        if (index > COPY_STEP) {
            step(&copy);
            compare(&copy);
        }
    }
    /* The bytes behind the pointer are the same (B7): the slide is a function of history. */
    const size_t size = fx_book_size(market->limits);
    const size_t skip = sizeof(void *);
    assert_memory_equal(
        (unsigned char *)world.memory + skip, (unsigned char *)copy.memory + skip, size - skip);
    *refused += world.refused;
    free(world.memory);
    free(copy.memory);
}

static void book_any_sequence_equals_model(void **state)
{
    (void)state;
    const char *text = getenv("FX_SEED");
    const uint64_t base = text == NULL ? 1 : strtoull(text, NULL, 10);
    const size_t markets = sizeof MARKETS / sizeof MARKETS[0];
    uint32_t refused = 0;
    for (uint64_t seed = base; seed < base + SEEDS; seed++) {
        const struct market *market = &MARKETS[seed % markets];
        /* Before the run, because an assertion inside the book aborts. */
        (void)fprintf(stderr, "seed %llu, market %s\n", (unsigned long long)seed, market->name);
        run(market, seed, &refused);
    }
    assert_true(refused > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(book_any_sequence_equals_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
// NOLINTEND(bugprone-easily-swappable-parameters,concurrency-mt-unsafe)
