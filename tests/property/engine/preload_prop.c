/* A random exchange, loaded row by row into an empty engine, is the same exchange: the same rows of
 * accounts, positions, orders and books, and every invariant holds while it trades on. Where nobody
 * is short of money it also has the same future: command by command both say the same. */
#include "follow_kit.h"
#include "fx_test.h"
#include "load_world.h"
#include "preload_rows.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

enum { ROUNDS = 40, COMMANDS = 600, MORE = 200, FUTURES = 20, FUTURE = 400 };

static uint64_t seed(void)
{
    const char *text = getenv("FX_SEED");
    return text == NULL ? 20260101 : strtoull(text, NULL, 10);
}

static void preload_of_its_rows_equals_the_exchange(void **state)
{
    (void)state;
    const struct fx_engine_limits limits = follow_kit_limits();
    uint32_t orders = 0;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct engine_kit one;
        struct engine_kit other;
        struct follow_kit_stream stream;
        follow_kit_init(&stream, seed() + round);
        engine_kit_init(&one, &limits);
        engine_kit_init(&other, &limits);
        one.is_unchecked = true;
        for (uint32_t count = 0; count < COMMANDS + round; count++) {
            struct fx_command command = follow_kit_next(&stream);
            (void)engine_kit_apply(&one, &command);
        }
        preload_rows_load(&other, &one);
        preload_rows_compare(&one, &other);
        orders += other.engine->order_count;
        for (uint32_t count = 0; count < MORE; count++) {
            struct fx_command command = follow_kit_next(&stream);
            (void)engine_kit_apply(&other, &command); /* the kit checks every invariant */
        }
        engine_kit_deinit(&one);
        engine_kit_deinit(&other);
    }
    assert_true(orders > 100);
}

/* ---- the same future
 * ----------------------------------------------------------------------------
 */

static void say(void *context, struct fx_command *command)
{
    preload_rows_apply(context, command);
}

/* What is due at once is done, so that nothing is half done. */
static void settle(struct engine_kit *kit)
{
    while (fx_engine_next_due_us(kit->engine) <= kit->time_us) {
        assert_int_equal(engine_kit_tick(kit, kit->time_us), FX_OK);
    }
}

/* Brackets by what has become of them, over all rounds. */
struct found {
    uint32_t pending;   /* nothing has filled */
    uint32_t begun;     /* the order is open and has filled a part */
    uint32_t empty;     /* … which is closed again */
    uint32_t left;      /* the order has ended */
    uint32_t resting;   /* one has fired and rests */
    uint32_t positions; /* take profits and stop losses of positions */
    uint32_t shared;    /* positions with several */
    uint32_t fired;     /* of brackets, behind the load */
};

static void count_brackets(const struct fx_engine *engine, struct found *found)
{
    for (fx_slot slot = 0; slot < engine->bracket_used; slot++) {
        const struct fx_bracket *bracket = &engine->brackets[slot];
        const fx_slot child =
            bracket->take_profit == FX_SLOT_NONE ? bracket->stop_loss : bracket->take_profit;
        if (bracket->parent_id == 0) {
            continue;
        }
        const uint8_t status = engine->orders[child].status;
        found->pending += status == FX_ORDER_STATUS_PENDING ? 1 : 0;
        found->begun += bracket->lots > 0 && bracket->parent != FX_SLOT_NONE ? 1 : 0;
        found->empty += bracket->lots == 0 && status == FX_ORDER_STATUS_UNTRIGGERED ? 1 : 0;
        found->left += bracket->lots > 0 && bracket->parent == FX_SLOT_NONE ? 1 : 0;
        found->resting += bracket->lots == 0 && bracket->parent == FX_SLOT_NONE ? 1 : 0;
    }
    for (fx_slot slot = 0; slot < engine->position_count; slot++) {
        found->shared += engine->position_brackets[slot].held_count > 1 ? 1 : 0;
        found->positions += (engine->positions[slot].has_tp_sl & FX_PROTECTION_POSITION) != 0;
    }
}

static void preload_of_its_rows_has_the_same_future(void **state)
{
    (void)state;
    struct fx_engine_limits limits = engine_kit_limits();
    struct found found = {0};
    limits.orders_max = 1024;
    limits.account_orders_max = 400;
    limits.client_ids_max = 64;
    for (uint32_t round = 0; round < FUTURES; round++) {
        struct engine_kit one;
        struct engine_kit other;
        struct load_world world;
        engine_kit_init(&one, &limits);
        engine_kit_init(&other, &limits);
        one.is_unchecked = true;
        load_world_begin(&world, seed() + round, say, &one);
        for (uint32_t count = 0;
             count < 150 + 20 * round || load_world_has_more_than_rows(one.engine);
             count++) {
            struct fx_command command = load_world_next(&world, one.engine->next_order_id);
            (void)engine_kit_apply(&one, &command);
            settle(&one);
        }
        preload_rows_load(&other, &one);
        preload_rows_compare(&one, &other);
        count_brackets(other.engine, &found);
        found.fired += load_world_live_on(&world, &one, &other, FUTURE);
        preload_rows_compare(&one, &other);
        engine_kit_deinit(&one);
        engine_kit_deinit(&other);
    }
    if (found.pending < 20 || found.begun < 5 || found.empty < 1 || found.left < 20 ||
        found.resting < 5 || found.positions < 5 || found.shared < 10 || found.fired < 100) {
        fail_msg("pending %u, begun %u, empty %u, left %u, resting %u, of "
                 "positions %u, shared %u, "
                 "fired %u: that is not enough of each",
                 found.pending,
                 found.begun,
                 found.empty,
                 found.left,
                 found.resting,
                 found.positions,
                 found.shared,
                 found.fired);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(preload_of_its_rows_has_the_same_future),
        cmocka_unit_test(preload_of_its_rows_equals_the_exchange),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
