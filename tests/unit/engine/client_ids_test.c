/* clientOrderId: one order per id, the same answer on a retry, 24 hours of memory. */
#include <stdio.h>

#include "engine_fixture.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static const int64_t DAY_US = 86400000000;

static fx_status place(const char *client_id, int64_t lots, uint64_t tmp_id)
{
    return ENGINE_KIT_PLACE(&kit,
                            .user_id = 1,
                            .side = FX_SIDE_BUY,
                            .ticks = 99,
                            .lots = lots,
                            .tmp_id = tmp_id,
                            .client_id = client_id);
}

static void client_ids_same_body_gives_the_first_answer(void **state)
{
    (void)state;
    assert_int_equal(place("a", 1, 10), FX_OK);
    const uint64_t order = kit.result.order_id;
    assert_int_equal(kit.result.is_repeated, 0);
    assert_int_equal(place("a", 1, 11), FX_OK);
    assert_int_equal(kit.result.is_repeated, 1);
    assert_int_equal(kit.result.is_changed, 0);
    assert_int_equal(kit.result.order_id, order);
    assert_int_equal(kit.result.tmp_id, 10);
    assert_int_equal(kit.result.order_status, FX_ORDER_STATUS_ACTIVE);
    assert_int_equal(kit.events.count, 1);
    assert_int_equal(kit.engine->order_count, 1);
}

static void client_ids_other_body_is_a_duplicate(void **state)
{
    (void)state;
    assert_int_equal(place("a", 1, 10), FX_OK);
    assert_int_equal(place("a", 2, 10), FX_DUPLICATE_CLIENT_ORDER_ID);
    assert_int_equal(kit.result.reject.field, FX_FIELD_CLIENT_ORDER_ID);
    const struct engine_kit_order same = {
        .user_id = 1, .side = FX_SIDE_BUY, .ticks = 99, .lots = 1, .client_id = "a"};
    struct engine_kit_order other = same;
    other.side = FX_SIDE_SELL;
    assert_int_equal(engine_kit_order(&kit, &other), FX_DUPLICATE_CLIENT_ORDER_ID);
    other = same;
    other.ticks = 98;
    assert_int_equal(engine_kit_order(&kit, &other), FX_DUPLICATE_CLIENT_ORDER_ID);
    other = same;
    other.tif = FX_TIME_IN_FORCE_IOC;
    assert_int_equal(engine_kit_order(&kit, &other), FX_DUPLICATE_CLIENT_ORDER_ID);
    other = same;
    other.leverage_centi = 2000;
    assert_int_equal(engine_kit_order(&kit, &other), FX_DUPLICATE_CLIENT_ORDER_ID);
    other = same;
    other.user_id = 2; /* another account: another key */
    assert_int_equal(engine_kit_order(&kit, &other), FX_OK);
    assert_int_equal(kit.result.is_repeated, 0);
}

static void client_ids_rejected_order_does_not_hold_the_id(void **state)
{
    (void)state;
    assert_int_equal(place("a", 1000001, 1), FX_LOT_SIZE);
    assert_int_equal(place("a", 1, 2), FX_OK);
    assert_int_equal(kit.result.is_repeated, 0);
}

static void client_ids_answer_survives_a_halted_symbol(void **state)
{
    (void)state;
    assert_int_equal(place("a", 1, 1), FX_OK);
    assert_int_equal(engine_kit_state(&kit, 0, FX_INSTRUMENT_STATE_HALTED), FX_OK);
    assert_int_equal(place("a", 1, 2), FX_OK);
    assert_int_equal(kit.result.is_repeated, 1);
    assert_int_equal(place("b", 1, 2), FX_INSTRUMENT_HALTED);
}

static void client_ids_are_remembered_for_a_day_after_the_end(void **state)
{
    (void)state;
    assert_int_equal(place("a", 1, 1), FX_OK);
    const uint64_t order = kit.result.order_id;
    kit.time_us += 3 * DAY_US; /* open: no time limit */
    assert_int_equal(place("a", 1, 2), FX_OK);
    assert_int_equal(kit.result.is_repeated, 1);
    assert_int_equal(engine_kit_cancel(&kit, 1, order), FX_OK);
    kit.time_us += DAY_US - 1;
    assert_int_equal(place("a", 1, 3), FX_OK);
    assert_int_equal(kit.result.is_repeated, 1);
    assert_int_equal(kit.result.order_id, order);
    assert_int_equal(place("a", 2, 3), FX_DUPLICATE_CLIENT_ORDER_ID);
    kit.time_us += 1;
    assert_int_equal(place("a", 2, 4), FX_OK);
    assert_int_equal(kit.result.is_repeated, 0);
    assert_int_not_equal(kit.result.order_id, order);
}

static void client_ids_first_answer_keeps_its_status(void **state)
{
    (void)state;
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = 2, .side = FX_SIDE_SELL, .ticks = 99, .lots = 1), FX_OK);
    assert_int_equal(place("a", 1, 1), FX_OK);
    assert_int_equal(kit.result.order_status, FX_ORDER_STATUS_FILLED);
    assert_int_equal(place("a", 1, 1), FX_OK);
    assert_int_equal(kit.result.order_status, FX_ORDER_STATUS_FILLED);
    assert_int_equal(kit.result.is_repeated, 1);
    assert_int_equal(place("b", 1, 1), FX_OK);
    assert_int_equal(kit.result.order_status, FX_ORDER_STATUS_ACTIVE);
    assert_int_equal(engine_kit_cancel(&kit, 1, kit.result.order_id), FX_OK);
    assert_int_equal(place("b", 1, 1), FX_OK);
    assert_int_equal(kit.result.order_status, FX_ORDER_STATUS_ACTIVE);
}

/* Eight accounts in a table of sixteen places, ten times: many keys meet in one place. */
static void client_ids_of_accounts_do_not_mix(void **state)
{
    (void)state;
    for (uint64_t user_id = 5; user_id <= 8; user_id++) {
        engine_kit_account(&kit, user_id, "USDT", "1000");
    }
    for (uint32_t round = 0; round < 10; round++) {
        char name[16];
        uint64_t orders[9];
        (void)snprintf(name, sizeof name, "same-%u", round);
        for (uint64_t user_id = 1; user_id <= 8; user_id++) {
            const struct engine_kit_order order = {
                .user_id = user_id, .side = FX_SIDE_BUY, .ticks = 90, .lots = 1, .client_id = name};
            assert_int_equal(engine_kit_order(&kit, &order), FX_OK);
            assert_int_equal(kit.result.is_repeated, 0);
            orders[user_id] = kit.result.order_id;
            assert_int_equal(engine_kit_order(&kit, &order), FX_OK);
            assert_int_equal(kit.result.is_repeated, 1);
            assert_int_equal(kit.result.order_id, orders[user_id]);
        }
        for (uint64_t user_id = 1; user_id <= 8; user_id++) {
            assert_int_equal(engine_kit_cancel(&kit, user_id, orders[user_id]), FX_OK);
        }
    }
}

static void client_ids_oldest_ended_gives_way_when_full(void **state)
{
    (void)state;
    const uint32_t max = kit.engine->limits.client_ids_max;
    uint64_t orders[16];
    char name[16];
    for (uint32_t index = 0; index < max; index++) {
        (void)snprintf(name, sizeof name, "n%u", index);
        assert_int_equal(place(name, 1, 0), FX_OK);
        orders[index] = kit.result.order_id;
    }
    assert_int_equal(place("more", 1, 0), FX_CAPACITY);
    assert_int_equal(engine_kit_cancel(&kit, 1, orders[5]), FX_OK);
    assert_int_equal(engine_kit_cancel(&kit, 1, orders[2]), FX_OK);
    assert_int_equal(place("more", 1, 0), FX_OK); /* in place of n5, which ended first */
    assert_int_equal(place("n2", 1, 0), FX_OK);
    assert_int_equal(kit.result.is_repeated, 1);
    assert_int_equal(place("n5", 1, 0), FX_OK); /* forgotten: a new order, in place of n2 */
    assert_int_equal(kit.result.is_repeated, 0);
    assert_int_equal(place("n0", 1, 0), FX_OK);
    assert_int_equal(kit.result.is_repeated, 1);
    assert_int_equal(place("last", 1, 0), FX_CAPACITY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(client_ids_same_body_gives_the_first_answer),
        CASE(client_ids_other_body_is_a_duplicate),
        CASE(client_ids_rejected_order_does_not_hold_the_id),
        CASE(client_ids_answer_survives_a_halted_symbol),
        CASE(client_ids_are_remembered_for_a_day_after_the_end),
        CASE(client_ids_first_answer_keeps_its_status),
        CASE(client_ids_of_accounts_do_not_mix),
        CASE(client_ids_oldest_ended_gives_way_when_full),
    };
    return cmocka_run_group_tests_name("client_ids", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
