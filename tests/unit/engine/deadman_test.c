/* CANCEL_ALL_AFTER: deadlines of users, and what happens when they pass. */
#include "engine_kit.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

enum { ALL = -1, SECOND = 1000000 };

static struct engine_kit kit;

static int setup(void **state)
{
    (void)state;
    engine_kit_scene(&kit); /* time 1 s, BTCUSDT is instrument 0 */
    const struct fx_instrument other = engine_kit_definition("ETHUSDT");
    (void)engine_kit_list(&kit, &other, 100);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    engine_kit_deinit(&kit);
    return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static fx_status arm_in(struct engine_kit *in, uint64_t user_id, int instrument, int64_t countdown)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_CANCEL_ALL_AFTER,
                           instrument == ALL ? FX_COMMAND_ALL_INSTRUMENTS : (uint32_t)instrument,
                           user_id);
    command.u.countdown.countdown_us = countdown;
    return engine_kit_apply(in, &command);
}

static fx_status arm(uint64_t user_id, int instrument, int64_t countdown)
{
    return arm_in(&kit, user_id, instrument, countdown);
}

static uint64_t rest(uint64_t user_id, uint32_t instrument, enum fx_side side, int64_t ticks)
{
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = user_id,
                                      .instrument = instrument,
                                      .side = side,
                                      .ticks = ticks,
                                      .lots = 2),
                     FX_OK);
    assert_int_equal(kit.result.order_status, FX_ORDER_STATUS_ACTIVE);
    return kit.result.order_id;
}

static void deadman_cancels_at_the_deadline_to_the_microsecond(void **state)
{
    (void)state;
    const uint64_t buy = rest(1, 0, FX_SIDE_BUY, 99), sell = rest(1, 1, FX_SIDE_SELL, 101);
    const uint64_t foreign = rest(2, 0, FX_SIDE_BUY, 98);
    assert_int_equal(arm(1, ALL, 4 * SECOND), FX_OK);
    assert_true(kit.result.amount == 5 * SECOND);
    assert_int_equal(kit.result.is_changed, 1);
    assert_int_equal(kit.result.count, 0);
    assert_true(fx_engine_next_due_us(kit.engine) == 5 * SECOND);
    assert_int_equal(engine_kit_tick(&kit, 5 * SECOND - 1), FX_OK);
    assert_int_equal(kit.result.is_changed, 0);
    assert_int_equal(engine_kit_tick(&kit, 5 * SECOND), FX_OK);
    assert_int_equal(kit.result.count, 2);
    assert_int_equal(kit.result.is_changed, 1);
    assert_int_equal(engine_kit_row(&kit, buy)->status, FX_ORDER_STATUS_CANCELED);
    assert_int_equal(engine_kit_row(&kit, buy)->note, FX_ORDER_NOTE_CANCEL_ALL_AFTER);
    assert_int_equal(engine_kit_row(&kit, sell)->status, FX_ORDER_STATUS_CANCELED);
    assert_null(engine_kit_row(&kit, foreign));
    assert_int_equal(kit.engine->deadman_count, 0); /* once: it does not fire again */
    assert_true(fx_engine_next_due_us(kit.engine) == INT64_MAX);
    (void)rest(1, 0, FX_SIDE_BUY, 99);
    assert_int_equal(engine_kit_tick(&kit, 90 * SECOND), FX_OK);
    assert_int_equal(kit.result.count, 0);
}

static void deadman_of_one_symbol_leaves_the_other(void **state)
{
    (void)state;
    (void)rest(1, 0, FX_SIDE_BUY, 99);
    const uint64_t other = rest(1, 1, FX_SIDE_BUY, 99);
    assert_int_equal(arm(1, 1, SECOND), FX_OK);
    assert_int_equal(engine_kit_tick(&kit, 9 * SECOND), FX_OK);
    assert_int_equal(kit.result.count, 1);
    assert_non_null(engine_kit_row(&kit, other));
    assert_int_equal(kit.engine->order_count, 1);
}

static void deadman_sent_again_starts_anew_and_zero_is_off(void **state)
{
    (void)state;
    (void)rest(1, 0, FX_SIDE_BUY, 99);
    assert_int_equal(arm(1, 0, SECOND), FX_OK);
    assert_int_equal(arm(1, ALL, 60 * SECOND), FX_OK); /* counts by itself */
    kit.time_us += SECOND / 2;
    assert_int_equal(arm(1, 0, 10 * SECOND), FX_OK);
    assert_true(kit.result.amount == kit.time_us + 10 * SECOND);
    assert_int_equal(kit.engine->deadman_count, 2);
    assert_int_equal(engine_kit_tick(&kit, 3 * SECOND), FX_OK);
    assert_int_equal(kit.engine->order_count, 1);
    assert_int_equal(arm(1, 0, 0), FX_OK);
    assert_int_equal(kit.result.is_changed, 1);
    assert_true(kit.result.amount == 0);
    assert_int_equal(arm(1, 0, 0), FX_OK);
    assert_int_equal(kit.result.is_changed, 0); /* there was none */
    assert_int_equal(engine_kit_tick(&kit, 30 * SECOND), FX_OK);
    assert_int_equal(kit.engine->order_count, 1);
    assert_int_equal(arm(1, ALL, 0), FX_OK);
    assert_int_equal(kit.engine->deadman_count, 0);
}

static void deadman_bad_input_changes_nothing(void **state)
{
    (void)state;
    assert_int_equal(arm(1, ALL, -1), FX_BAD_PARAMETER);
    assert_int_equal(arm(1, ALL, FX_COMMAND_COUNTDOWN_US_MAX + 1), FX_BAD_PARAMETER);
    assert_int_equal(arm(1, ALL, INT64_MAX), FX_BAD_PARAMETER);
    assert_int_equal(arm(1, 2, SECOND), FX_UNKNOWN_SYMBOL);
    assert_int_equal(kit.result.reject.field, FX_FIELD_SYMBOL);
    assert_int_equal(arm(9, ALL, SECOND), FX_ACCOUNT_NOT_FOUND);
    assert_int_equal(arm(1, ALL, FX_COMMAND_COUNTDOWN_US_MAX), FX_OK);
    assert_int_equal(kit.engine->deadman_count, 1);
}

/* As many as there are accounts; the next is refused, but one that is there may be set again. */
static void deadman_pool_is_bounded(void **state)
{
    (void)state;
    struct fx_engine_limits limits = engine_kit_limits();
    struct engine_kit small;
    limits.accounts_max = 2;
    engine_kit_init(&small, &limits);
    const struct fx_instrument definition = engine_kit_definition("BTCUSDT");
    (void)engine_kit_list(&small, &definition, 100);
    engine_kit_account(&small, 1, "USDT", "1000");
    engine_kit_account(&small, 2, "USDT", "1000");
    assert_int_equal(arm_in(&small, 1, ALL, SECOND), FX_OK);
    assert_int_equal(arm_in(&small, 1, 0, SECOND), FX_OK);
    assert_int_equal(arm_in(&small, 2, 0, SECOND), FX_CAPACITY);
    assert_int_equal(arm_in(&small, 2, 0, 0), FX_OK); /* off is off */
    assert_int_equal(arm_in(&small, 1, 0, 2 * SECOND), FX_OK);
    assert_int_equal(arm_in(&small, 1, ALL, 0), FX_OK);
    assert_int_equal(arm_in(&small, 2, 0, SECOND), FX_OK);
    engine_kit_deinit(&small);
}

/* More orders than a TICK may end: the deadline stays due until the last is gone, and what is left
 * meanwhile does not trade. */
static void deadman_work_is_bounded_and_goes_on(void **state)
{
    (void)state;
    struct engine_kit many;
    struct fx_engine_limits limits = engine_kit_limits();
    struct fx_instrument definition = engine_kit_definition("BTCUSDT");
    const uint32_t orders = FX_EXPIRY_STEP_MAX + 2;
    limits.account_orders_max = 2 * FX_EXPIRY_STEP_MAX;
    engine_kit_init(&many, &limits);
    definition.orders_max = 2 * (int32_t)FX_EXPIRY_STEP_MAX;
    (void)engine_kit_list(&many, &definition, 100);
    engine_kit_account(&many, 1, "USDT", "1000000");
    engine_kit_account(&many, 2, "USDT", "1000000");
    for (uint32_t count = 0; count < orders; count++) {
        assert_int_equal(
            ENGINE_KIT_PLACE(&many, .user_id = 1, .side = FX_SIDE_BUY, .ticks = 99, .lots = 1),
            FX_OK);
    }
    const uint64_t last = many.result.order_id;
    assert_int_equal(arm_in(&many, 1, 0, SECOND), FX_OK);
    assert_int_equal(engine_kit_tick(&many, 9 * SECOND), FX_OK);
    /* The deadline itself is one piece of work. */
    assert_int_equal(many.result.count, FX_EXPIRY_STEP_MAX - 1);
    assert_int_equal(many.result.has_more, 1);
    assert_true(fx_engine_next_due_us(many.engine) <= 9 * SECOND);
    /* A fill-or-kill does not count on them, another taker cancels those it meets. */
    assert_int_equal(ENGINE_KIT_PLACE(&many,
                                      .user_id = 2,
                                      .side = FX_SIDE_SELL,
                                      .ticks = 99,
                                      .lots = 1,
                                      .tif = FX_TIME_IN_FORCE_FOK),
                     FX_FOK_NOT_FILLED);
    assert_int_equal(
        ENGINE_KIT_PLACE(&many, .user_id = 2, .side = FX_SIDE_SELL, .ticks = 99, .lots = 1), FX_OK);
    assert_int_equal(many.result.order_status, FX_ORDER_STATUS_ACTIVE);
    assert_int_equal(engine_kit_count(&many, FX_EVENT_TRADE), 0);
    assert_int_equal(engine_kit_row(&many, last)->note, FX_ORDER_NOTE_CANCEL_ALL_AFTER);
    assert_int_equal(engine_kit_row(&many, last)->status, FX_ORDER_STATUS_CANCELED);
    assert_int_equal(engine_kit_tick(&many, 9 * SECOND), FX_OK);
    assert_int_equal(many.result.count, 0);
    assert_int_equal(many.result.has_more, 0);
    assert_int_equal(many.engine->deadman_count, 0);
    engine_kit_deinit(&many);
}

/* Set again after it has passed but before a TICK: what it must cancel is cancelled first. */
static void deadman_set_again_too_late_cancels_first(void **state)
{
    (void)state;
    struct engine_kit late;
    struct fx_engine_limits limits = engine_kit_limits();
    limits.cancels_max = 2;
    engine_kit_init(&late, &limits);
    const struct fx_instrument definition = engine_kit_definition("BTCUSDT");
    (void)engine_kit_list(&late, &definition, 100);
    engine_kit_account(&late, 1, "USDT", "1000000");
    for (uint32_t count = 0; count < 3; count++) {
        assert_int_equal(
            ENGINE_KIT_PLACE(&late, .user_id = 1, .side = FX_SIDE_BUY, .ticks = 99, .lots = 1),
            FX_OK);
    }
    assert_int_equal(arm_in(&late, 1, 0, SECOND), FX_OK);
    late.time_us = 2 * SECOND;
    assert_int_equal(arm_in(&late, 1, 0, 10 * SECOND), FX_OK);
    assert_int_equal(late.result.count, 2);
    assert_int_equal(late.result.has_more, 1);
    assert_true(late.result.amount == 2 * SECOND); /* the old one stands */
    assert_int_equal(arm_in(&late, 1, 0, 10 * SECOND), FX_OK);
    assert_int_equal(late.result.count, 1);
    assert_int_equal(late.result.has_more, 0);
    assert_true(late.result.amount == 12 * SECOND);
    assert_int_equal(late.engine->order_count, 0);
    engine_kit_deinit(&late);
}

/* Dates and deadlines due in one TICK share its bound: dates go first. */
static void deadman_follows_the_dates_of_a_tick(void **state)
{
    (void)state;
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = 1,
                                      .side = FX_SIDE_BUY,
                                      .ticks = 98,
                                      .lots = 1,
                                      .tif = FX_TIME_IN_FORCE_GTD,
                                      .expire_us = 5 * SECOND),
                     FX_OK);
    const uint64_t dated = kit.result.order_id, plain = rest(1, 0, FX_SIDE_BUY, 99);
    assert_int_equal(arm(1, ALL, SECOND), FX_OK);
    assert_int_equal(engine_kit_tick(&kit, 6 * SECOND), FX_OK);
    assert_int_equal(kit.result.count, 2);
    assert_int_equal(engine_kit_row(&kit, dated)->note, FX_ORDER_NOTE_EXPIRED);
    assert_int_equal(engine_kit_row(&kit, plain)->note, FX_ORDER_NOTE_CANCEL_ALL_AFTER);
}

/* Deadlines come and go in every place of the heap; the kit checks heap and table each time. */
static void deadman_heap_stays_in_order(void **state)
{
    (void)state;
    const int64_t seconds[12] = {11, 20, 12, 21, 22, 13, 14, 3, 30, 4, 4, 9};
    for (uint64_t index = 0; index < 12; index++) {
        assert_int_equal(arm(1 + index % 4, (int)(index / 4) - 1, seconds[index] * SECOND), FX_OK);
    }
    assert_int_equal(arm(2, ALL, 0), FX_OK);
    assert_int_equal(arm(4, 0, 50 * SECOND), FX_OK);
    assert_true(fx_engine_next_due_us(kit.engine) == 5 * SECOND);
    assert_int_equal(engine_kit_tick(&kit, 10 * SECOND), FX_OK);
    assert_int_equal(kit.engine->deadman_count, 8);
    assert_true(fx_engine_next_due_us(kit.engine) == 12 * SECOND);
    assert_int_equal(engine_kit_tick(&kit, 100 * SECOND), FX_OK);
    assert_int_equal(kit.engine->deadman_count, 0);
}

static void deadman_survives_a_snapshot(void **state)
{
    (void)state;
    (void)rest(1, 0, FX_SIDE_BUY, 99);
    assert_int_equal(arm(1, ALL, 7 * SECOND), FX_OK);
    assert_int_equal(arm(2, 1, 5 * SECOND), FX_OK);
    const size_t size = fx_engine_save_size(kit.engine);
    char *saved = malloc(size);
    assert_non_null(saved);
    fx_engine_save(kit.engine, saved, size);
    const struct fx_engine_limits limits = engine_kit_limits();
    struct fx_engine *original = kit.engine;
    assert_int_equal(
        fx_engine_load(engine_kit_memory(&limits), &limits, (fx_str){saved, size}, &kit.engine),
        FX_OK);
    assert_true(fx_engine_hash(kit.engine) == fx_engine_hash(original));
    fx_engine_check(kit.engine);
    assert_true(fx_engine_next_due_us(kit.engine) == 6 * SECOND);
    assert_int_equal(arm(2, 1, 0), FX_OK); /* the table was filled again */
    assert_int_equal(kit.result.is_changed, 1);
    assert_int_equal(engine_kit_tick(&kit, 8 * SECOND), FX_OK);
    assert_int_equal(kit.result.count, 1);
    free(original);
    free(saved);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(deadman_cancels_at_the_deadline_to_the_microsecond),
        CASE(deadman_of_one_symbol_leaves_the_other),
        CASE(deadman_sent_again_starts_anew_and_zero_is_off),
        CASE(deadman_bad_input_changes_nothing),
        CASE(deadman_pool_is_bounded),
        CASE(deadman_work_is_bounded_and_goes_on),
        CASE(deadman_set_again_too_late_cancels_first),
        CASE(deadman_follows_the_dates_of_a_tick),
        CASE(deadman_heap_stays_in_order),
        CASE(deadman_survives_a_snapshot),
    };
    return cmocka_run_group_tests_name("deadman", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
