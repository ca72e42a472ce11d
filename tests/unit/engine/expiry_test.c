/* Good-till-date orders and TICK. */
#include "engine_fixture.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static uint64_t rest_until(int64_t expire_us)
{
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = 1,
                                      .side = FX_SIDE_BUY,
                                      .ticks = 99,
                                      .lots = 1,
                                      .tif = FX_TIME_IN_FORCE_GTD,
                                      .expire_us = expire_us),
                     FX_OK);
    return kit.result.order_id;
}

static void expiry_tick_ends_what_is_due_to_the_microsecond(void **state)
{
    (void)state;
    assert_true(fx_engine_next_due_us(kit.engine) == INT64_MAX);
    const uint64_t later = rest_until(9000000);
    const uint64_t sooner = rest_until(5000000);
    assert_true(fx_engine_next_due_us(kit.engine) == 5000000);
    assert_int_equal(engine_kit_tick(&kit, 4999999), FX_OK);
    assert_int_equal(kit.result.count, 0);
    assert_int_equal(kit.result.is_changed, 0);
    assert_int_equal(engine_kit_tick(&kit, 5000000), FX_OK);
    assert_int_equal(kit.result.count, 1);
    assert_int_equal(engine_kit_row(&kit, sooner)->status, FX_ORDER_STATUS_EXPIRED);
    assert_int_equal(engine_kit_row(&kit, sooner)->note, FX_ORDER_NOTE_EXPIRED);
    assert_true(fx_engine_next_due_us(kit.engine) == 9000000);
    assert_int_equal(engine_kit_cancel(&kit, 1, later), FX_OK);
    assert_true(fx_engine_next_due_us(kit.engine) == INT64_MAX);
}

static void expiry_of_equal_times_follows_arrival(void **state)
{
    (void)state;
    uint64_t orders[9];
    for (uint32_t index = 0; index < 9; index++) {
        orders[index] = rest_until(5000000);
    }
    assert_int_equal(engine_kit_cancel(&kit, 1, orders[3]), FX_OK);
    assert_int_equal(engine_kit_tick(&kit, 6000000), FX_OK);
    assert_int_equal(kit.result.count, 8);
    for (uint32_t index = 0; index < 8; index++) {
        assert_int_equal(engine_kit_event(&kit, FX_EVENT_ORDER, index)->u.order.order_id,
                         orders[index < 3 ? index : index + 1]);
    }
}

static void expiry_tick_is_bounded(void **state)
{
    (void)state;
    struct engine_kit many;
    struct fx_engine_limits limits = engine_kit_limits();
    struct fx_instrument definition = engine_kit_definition("BTCUSDT");
    definition.orders_max = 0;
    limits.account_orders_max = FX_EXPIRY_STEP_MAX + 1;
    engine_kit_init(&many, &limits);
    definition.orders_max = (int32_t)FX_EXPIRY_STEP_MAX + 1;
    (void)engine_kit_list(&many, &definition, 100);
    engine_kit_account(&many, 1, "USDT", "1000000");
    for (uint32_t count = 0; count <= FX_EXPIRY_STEP_MAX; count++) {
        assert_int_equal(ENGINE_KIT_PLACE(&many,
                                          .user_id = 1,
                                          .side = FX_SIDE_BUY,
                                          .ticks = 99,
                                          .lots = 1,
                                          .tif = FX_TIME_IN_FORCE_GTD,
                                          .expire_us = 5000000 + count),
                         FX_OK);
    }
    assert_int_equal(engine_kit_tick(&many, 10000000), FX_OK);
    assert_int_equal(many.result.count, FX_EXPIRY_STEP_MAX);
    assert_int_equal(many.engine->order_count, 1);
    /* A clock that was set back behind its date does not keep it alive. */
    assert_true(fx_engine_next_due_us(many.engine) == FX_ENGINE_DUE_NOW);
    assert_int_equal(engine_kit_tick(&many, 10000000), FX_OK);
    assert_int_equal(many.result.count, 1);
    engine_kit_deinit(&many);
}

/* The last of the heap takes the place of one that leaves another branch, and rises there. */
static void expiry_heap_stays_in_order_when_one_leaves(void **state)
{
    (void)state;
    const int64_t seconds[] = {11, 20, 12, 21, 22, 13, 14};
    uint64_t orders[7];
    for (uint32_t index = 0; index < 7; index++) {
        orders[index] = rest_until(seconds[index] * 1000000);
    }
    assert_int_equal(engine_kit_cancel(&kit, 1, orders[3]), FX_OK); /* the kit checks the heap */
    assert_int_equal(engine_kit_tick(&kit, 14000000), FX_OK);
    assert_int_equal(kit.result.count, 4);
    assert_true(fx_engine_next_due_us(kit.engine) == 20000000);
}

static void expiry_survives_an_amend(void **state)
{
    (void)state;
    const uint64_t order = rest_until(5000000);
    assert_int_equal(engine_kit_amend(&kit, 1, order, 98, 2), FX_OK);
    assert_int_equal(engine_kit_row(&kit, order)->expire_us, 5000000);
    assert_int_equal(engine_kit_tick(&kit, 5000000), FX_OK);
    assert_int_equal(kit.result.count, 1);
}

static void expiry_time_never_falls(void **state)
{
    (void)state;
    (void)rest_until(5000000);
    assert_int_equal(engine_kit_tick(&kit, 4000000), FX_OK);
    assert_int_equal(engine_kit_tick(&kit, 1000), FX_OK);
    assert_true(kit.events.items[0].time_us == 4000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(expiry_tick_ends_what_is_due_to_the_microsecond),
        CASE(expiry_of_equal_times_follows_arrival),
        CASE(expiry_tick_is_bounded),
        CASE(expiry_heap_stays_in_order_when_one_leaves),
        CASE(expiry_survives_an_amend),
        CASE(expiry_time_never_falls),
    };
    return cmocka_run_group_tests_name("expiry", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
