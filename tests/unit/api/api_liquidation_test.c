/* Steps of liquidations: what their user sees, what the other side does not, and what admins do. */
#include "api_world.h"

static struct fx_event step_event(enum fx_liquidation_step step, uint64_t id)
{
    struct fx_event event;
    memset(&event, 0, sizeof event);
    event.kind = FX_EVENT_LIQUIDATION;
    event.u.liquidation = (struct fx_event_liquidation){.maintenance = engine_kit_decimal("1.5"),
                                                        .equity = engine_kit_decimal("1.25"),
                                                        .id = id,
                                                        .account_id = 1,
                                                        .user_id = 1,
                                                        .position_id = 7,
                                                        .lots = 2500,
                                                        .price_ticks = 950,
                                                        .mark_ticks = 955,
                                                        .instrument = 0,
                                                        .side = FX_SIDE_BUY,
                                                        .position_side = FX_POSITION_SIDE_BOTH,
                                                        .margin_mode = FX_MARGIN_MODE_ISOLATED,
                                                        .step = (uint8_t)step};
    return event;
}

static void tell_liquidation(void)
{
    struct fx_event events[] = {step_event(FX_LIQUIDATION_STEP_CANCEL_ORDERS, 1),
                                step_event(FX_LIQUIDATION_STEP_BOOK, 2),
                                step_event(FX_LIQUIDATION_STEP_ADL, 3),
                                step_event(FX_LIQUIDATION_STEP_DONE, 4)};
    events[0].u.liquidation.count = 3;
    events[1].u.liquidation.order_id = 55;
    events[1].u.liquidation.fee = engine_kit_decimal("0.000000000000000001");
    events[2].u.liquidation.counter_account_id = 2;
    events[2].u.liquidation.counter_user_id = 2;
    events[2].u.liquidation.counter_position_id = 8;
    events[3].u.liquidation.lots = 0;
    events[3].u.liquidation.price_ticks = 0;
    events[3].u.liquidation.side = 0; /* flat */
    api_harness_tell(&world, events, 4);
}

static void api_liquidation_own_steps_are_seen_by_their_user(void **state)
{
    (void)state;
    char expected[1024];
    API_EXPECT(&world, "GET", "/liquidations/own", 1, NULL, 200, "{\"data\":[]}");
    tell_liquidation();
    API_EXPECT(&world, "GET", "/liquidations/own", 1, NULL, 200, NULL);
    assert_int_equal(count_of("\"step\":"), 4);
    assert_int_equal(count_of("\"side\":\"BUY\""), 3);
    assert_int_equal(count_of("counter"), 0); /* who stood at the other side is not told */
    assert_true(says("\"step\":\"CANCEL_ORDERS\""));
    assert_true(says("\"orderCount\":3"));
    const unsigned long long operation = ((fx_engine_sequence(world.kit.engine) + 1) << 20U) + 1;
    (void)snprintf(
        expected,
        sizeof expected,
        "{\"data\":[{\"id\":\"2\",\"userId\":1,\"accountId\":1,\"positionId\":7,\"symbol\":"
        "\"BTCUSDT\",\"asset\":\"USDT\",\"step\":\"BOOK\",\"side\":\"BUY\",\"positionSide\":"
        "\"BOTH\",\"marginMode\":\"ISOLATED\",\"quantity\":\"2.5\",\"price\":\"95\","
        "\"markPrice\":\"95.5\",\"maintenanceMargin\":\"1.5\",\"equity\":\"1.25\",\"fee\":"
        "\"0.000000000000000001\",\"orderCount\":0,\"orderId\":55,\"operationId\":\"%llu\","
        "\"createdAt\":1700000000000}]}",
        operation);
    API_EXPECT(&world, "GET", "/liquidations/own?step=BOOK", 1, NULL, 200, expected);
    API_EXPECT(&world, "GET", "/liquidations/own?symbol=ETHUSDT", 1, NULL, 200, "{\"data\":[]}");
    API_EXPECT(&world, "GET", "/liquidations/own", 2, NULL, 200, "{\"data\":[]}");
    API_EXPECT_ERROR(&world, "GET", "/liquidations/own", 0, NULL, 401, "UNAUTHORIZED");
    API_EXPECT_ERROR(&world, "GET", "/liquidations/own?step=SOME", 1, NULL, 400, "BAD_PARAMETER");
}

static void api_liquidation_all_steps_are_seen_by_admins(void **state)
{
    (void)state;
    tell_liquidation();
    const char *const path = "/admin/liquidations";
    API_EXPECT(&world, "GET", path, API_HARNESS_ADMIN, NULL, 200, NULL);
    assert_int_equal(count_of("\"step\":"), 4);
    assert_true(says("\"counterUserId\":2,\"counterAccountId\":2,\"counterPositionId\":8"));
    API_EXPECT(&world,
               "GET",
               "/admin/liquidations?userId=2",
               API_HARNESS_ADMIN,
               NULL,
               200,
               "{\"data\":[]}");
    API_EXPECT(
        &world, "GET", "/admin/liquidations?userId=1&limit=3", API_HARNESS_ADMIN, NULL, 200, NULL);
    assert_int_equal(count_of("\"step\":"), 3);
    assert_int_equal(count_of("nextCursor"), 1);
    API_EXPECT_ERROR(&world, "GET", path, 1, NULL, 403, "FORBIDDEN");
    API_EXPECT_ERROR(&world,
                     "GET",
                     "/admin/liquidations?userId=9223372036854775808",
                     API_HARNESS_ADMIN,
                     NULL,
                     400,
                     "BAD_PARAMETER");
}

static void api_liquidation_rank_is_shown_with_the_position(void **state)
{
    (void)state;
    place_limit(2, "SELL", "2", "100");
    place_limit(1, "BUY", "2", "100");
    struct fx_event event;
    memset(&event, 0, sizeof event);
    event.kind = FX_EVENT_POSITION;
    event.u.position = (struct fx_event_position){.entry_value = engine_kit_decimal("200"),
                                                  .position_id = 1,
                                                  .account_id = 1,
                                                  .user_id = 1,
                                                  .lots = 2000,
                                                  .leverage_centi = 2000,
                                                  .margin_mode = FX_MARGIN_MODE_CROSS,
                                                  .position_side = FX_POSITION_SIDE_BOTH,
                                                  .adl_rank = 5};
    API_EXPECT(&world, "GET", "/positions/BTCUSDT", 1, NULL, 200, NULL);
    char id[16];
    api_harness_member(&world, "id", id, sizeof id);
    event.u.position.position_id = strtoull(id, NULL, 10);
    api_harness_tell(&world, &event, 1);
    API_EXPECT(&world, "GET", "/positions/BTCUSDT", 1, NULL, 200, NULL);
    assert_true(says("\"adlRank\":5"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(api_liquidation_own_steps_are_seen_by_their_user),
        T(api_liquidation_all_steps_are_seen_by_admins),
        T(api_liquidation_rank_is_shown_with_the_position),
    };
    return cmocka_run_group_tests_name("api_liquidation", tests, NULL, NULL);
}
