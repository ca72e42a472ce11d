/* Conditional orders over REST: both shapes, what is shown of them, firing, amending, cancelling.
 */
#include "api_world.h"
#include "store/store_order.h"

static void mark(int64_t ticks)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_MARK_PRICE, 0, 0);
    command.u.mark.mark_ticks = ticks;
    command.u.mark.index_ticks = ticks;
    api_harness_command(&world, &command);
}

static void place(uint64_t user, const char *rest)
{
    char body[512];
    (void)snprintf(body, sizeof body, "{\"symbol\":\"BTCUSDT\",%s}", rest);
    API_EXPECT(&world, "POST", "/order?wait=result", user, body, 201, NULL);
}

/* User 1 is long 2 at 100; there are bids at 99, 98 and 50. */
static void be_long(void)
{
    place(2, "\"side\":\"SELL\",\"type\":\"LIMIT\",\"quantity\":2,\"price\":100");
    place(1, "\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":2,\"price\":100");
    place(2, "\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":1,\"price\":99");
    place(2, "\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":5,\"price\":98");
}

#define STOP                                                                                       \
    "\"side\":\"SELL\",\"type\":\"STOP_MARKET\",\"quantity\":\"1.5\",\"triggerPrice\":\"95\","     \
    "\"triggerBy\":\"MARK_PRICE\""

static void api_conditional_order_is_shown_in_both_shapes(void **state)
{
    (void)state;
    be_long();
    place(1, STOP);
    assert_true(says("\"type\":\"MARKET\",\"quantity\":\"1.5\",\"price\":\"0\",\"remaining\":"
                     "\"1.5\",\"executedPrice\":\"0\",\"status\":\"UNTRIGGERED\""));
    assert_true(says("\"tpSLType\":\"STOP_MARKET\",\"trigger\":\"ORACLE\",\"stopCondition\":\"LT\","
                     "\"tpSLPrice\":\"95\""));
    assert_true(says("\"orderMargin\":\"0\"")); /* it reserves nothing */
    place(1,
          "\"side\":\"SELL\",\"type\":\"LIMIT\",\"tpSLType\":\"TAKE_PROFIT_LIMIT\",\"quantity\":1,"
          "\"price\":110,\"tpSLPrice\":109,\"trigger\":\"INDEX\",\"stopCondition\":\"GT\"");
    assert_true(says("\"type\":\"LIMIT\",\"quantity\":\"1\",\"price\":\"110\""));
    assert_true(says("\"trigger\":\"INDEX\",\"stopCondition\":\"GT\",\"tpSLPrice\":\"109\""));
    place(1,
          "\"side\":\"SELL\",\"type\":\"TRAILING_STOP\",\"quantity\":1,\"activationPrice\":105,"
          "\"callbackRate\":\"0.5\",\"triggerBy\":\"MARK\"");
    assert_true(says("\"activationPrice\":\"105\"") && says("\"callbackRate\":\"0.5\""));
    assert_null(strstr(world.body, "tpSLPrice"));
    API_EXPECT(&world, "GET", "/order/open?type=STOP_MARKET", 1, NULL, 200, NULL);
    assert_true(says("\"tpSLPrice\":\"95\""));
    API_EXPECT(&world, "GET", "/order/open?type=LIMIT", 1, NULL, 200, NULL);
    assert_true(says("\"tpSLType\":\"TAKE_PROFIT_LIMIT\"")); /* as a limit order it will execute */
    assert_null(strstr(world.body, "STOP_MARKET"));
    API_EXPECT(&world, "DELETE", "/order/cancel-all", 1, NULL, 200, NULL);
    API_EXPECT(&world, "GET", "/order/history?type=TAKE_PROFIT_LIMIT", 1, NULL, 200, NULL);
    assert_true(says("\"tpSLPrice\":\"109\""));
    assert_null(strstr(world.body, "STOP_MARKET"));
}

static void api_conditional_order_fires_at_its_price(void **state)
{
    (void)state;
    char id[32];
    char path[64];
    be_long();
    place(1, STOP);
    api_harness_member(&world, "id", id, sizeof id);
    (void)snprintf(path, sizeof path, "/order/%s", id);
    mark(951);
    API_EXPECT(&world, "GET", path, 1, NULL, 200, NULL);
    assert_true(says("\"status\":\"UNTRIGGERED\""));
    mark(950);
    API_EXPECT(&world, "GET", path, 1, NULL, 200, NULL);
    assert_true(says("\"remaining\":\"0\",\"executedPrice\":\"98.666666666666666667\",\"status\":"
                     "\"FILLED\"")); /* 1 at 99, 0.5 at 98: the book, not the trigger price */
    assert_int_equal(engine_kit_position(&world.kit, 1, 0).lots, 500);
}

/* What the table gives back is what the view showed, member by member. */
static void api_conditional_order_is_stored_as_it_was_shown(void **state)
{
    (void)state;
    static const char *const ORDERS[] = {
        STOP,
        "\"side\":\"SELL\",\"type\":\"TAKE_PROFIT_MARKET\",\"closePosition\":true,\"triggerPrice\":"
        "120,\"priceProtect\":true",
        "\"side\":\"SELL\",\"type\":\"TRAILING_STOP\",\"quantity\":1,\"callbackRate\":10,"
        "\"triggerBy\":\"INDEX\"",
        "\"side\":\"BUY\",\"type\":\"STOP_LIMIT\",\"quantity\":1,\"price\":111,\"triggerPrice\":110"};
    char shown[4096];
    be_long();
    for (size_t index = 0; index < sizeof ORDERS / sizeof ORDERS[0]; index++) {
        struct fx_rows_order row;
        char id[32];
        char path[64];
        place(1, ORDERS[index]);
        api_harness_member(&world, "id", id, sizeof id);
        (void)snprintf(path, sizeof path, "/order/%s", id);
        API_EXPECT(&world, "DELETE", path, 1, NULL, 200, NULL);
        assert_true(strlen(world.body) < sizeof shown);
        memcpy(shown, world.body, strlen(world.body) + 1);
        const struct fx_store_key key = {1, strtoull(id, NULL, 10)};
        assert_int_equal(fx_store_order_find(world.store, key, &row), FX_OK);
        API_EXPECT(&world, "GET", "/order/history?limit=1", 1, NULL, 200, NULL);
        assert_non_null(strstr(world.body, shown));
    }
}

static void api_conditional_order_refusals_name_their_field(void **state)
{
    (void)state;
    static const struct {
        const char *rest;
        int status;
        const char *code;
        const char *field;
    } BAD[] = {
        {"\"side\":\"SELL\",\"type\":\"STOP_MARKET\",\"quantity\":1",
         400,
         "BAD_PARAMETER",
         "triggerPrice"},
        {"\"side\":\"SELL\",\"type\":\"STOP_MARKET\",\"quantity\":1,\"triggerPrice\":100.05",
         422,
         "PRICE_FILTER",
         "triggerPrice"},
        {"\"side\":\"SELL\",\"type\":\"STOP_MARKET\",\"quantity\":1,\"triggerPrice\":0",
         422,
         "PRICE_FILTER",
         "triggerPrice"},
        {"\"side\":\"SELL\",\"type\":\"STOP_MARKET\",\"quantity\":1,\"triggerPrice\":-1",
         422,
         "PRICE_FILTER",
         "triggerPrice"},
        {"\"side\":\"SELL\",\"type\":\"STOP_MARKET\",\"quantity\":1,\"triggerPrice\":101,"
         "\"triggerBy\":\"MARK\"",
         422,
         "TRIGGER_WOULD_FIRE",
         "triggerPrice"},
        {"\"side\":\"SELL\",\"type\":\"TRAILING_STOP\",\"quantity\":1,\"callbackRate\":11",
         400,
         "BAD_PARAMETER",
         "callbackRate"},
        {"\"side\":\"SELL\",\"type\":\"TRAILING_STOP\",\"quantity\":1,\"callbackRate\":1,"
         "\"activationPrice\":100.05",
         422,
         "PRICE_FILTER",
         "activationPrice"},
        {"\"side\":\"SELL\",\"type\":\"STOP_LIMIT\",\"closePosition\":true,\"price\":9,"
         "\"triggerPrice\":9",
         400,
         "BAD_PARAMETER",
         "closePosition"},
        {"\"side\":\"SELL\",\"type\":\"STOP_MARKET\",\"quantity\":\"0.0001\",\"triggerPrice\":9",
         422,
         "LOT_SIZE",
         "quantity"},
    };
    char body[512];
    be_long();
    const uint64_t before = fx_hash_content(world.kit.engine);
    for (size_t index = 0; index < sizeof BAD / sizeof BAD[0]; index++) {
        char field[64];
        (void)snprintf(body, sizeof body, "{\"symbol\":\"BTCUSDT\",%s}", BAD[index].rest);
        API_EXPECT_ERROR(&world, "POST", "/order", 1, body, BAD[index].status, BAD[index].code);
        (void)snprintf(field, sizeof field, "\"field\":\"%s\"", BAD[index].field);
        assert_true(says(field));
    }
    assert_true(before == fx_hash_content(world.kit.engine));
    /* It needs no margin until it fires. */
    API_EXPECT(&world, "POST", "/order/test", 1, "{\"symbol\":\"BTCUSDT\"," STOP "}", 200, NULL);
    char before_text[64], after_text[64];
    api_harness_member(&world, "orderMarginBefore", before_text, sizeof before_text);
    api_harness_member(&world, "orderMarginAfter", after_text, sizeof after_text);
    assert_string_equal(before_text, after_text);
    assert_true(before == fx_hash_content(world.kit.engine));
}

static void api_conditional_order_is_amended_while_it_waits(void **state)
{
    (void)state;
    char id[32];
    char path[64];
    be_long();
    place(1, STOP);
    api_harness_member(&world, "id", id, sizeof id);
    (void)snprintf(path, sizeof path, "/order/%s", id);
    API_EXPECT(&world, "PUT", path, 1, "{\"triggerPrice\":\"94.5\",\"quantity\":1}", 200, NULL);
    assert_true(says("\"quantity\":\"1\"") && says("\"tpSLPrice\":\"94.5\""));
    API_EXPECT(&world, "PUT", path, 1, "{\"tpSLPrice\":94}", 200, NULL);
    assert_true(says("\"tpSLPrice\":\"94\""));
    API_EXPECT_ERROR(
        &world, "PUT", path, 1, "{\"tpSLPrice\":94,\"stopPrice\":93}", 400, "BAD_PARAMETER");
    API_EXPECT_ERROR(&world, "PUT", path, 1, "{\"triggerPrice\":94.05}", 422, "PRICE_FILTER");
    API_EXPECT_ERROR(&world, "PUT", path, 1, "{\"triggerPrice\":150}", 422, "TRIGGER_WOULD_FIRE");
    place(1, "\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":1,\"price\":97");
    api_harness_member(&world, "id", id, sizeof id);
    (void)snprintf(path, sizeof path, "/order/%s", id);
    API_EXPECT_ERROR(&world, "PUT", path, 1, "{\"triggerPrice\":90}", 400, "BAD_PARAMETER");
}

static void api_conditional_orders_are_cancelled_by_type(void **state)
{
    (void)state;
    be_long();
    place(1, STOP);
    place(1, "\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":1,\"price\":97");
    API_EXPECT(&world, "DELETE", "/order/cancel-order?type=STOP", 1, NULL, 200, "{\"count\":1}");
    API_EXPECT(&world, "DELETE", "/order/cancel-order?type=LIMIT", 1, NULL, 200, "{\"count\":1}");
    place(1, STOP);
    API_EXPECT(&world, "DELETE", "/order/cancel-all", 1, NULL, 200, "{\"count\":1}");
}

/* Only what can close nothing is forbidden to a user who may not trade. */
static void api_conditional_order_of_a_user_who_may_not_trade(void **state)
{
    (void)state;
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/order",
                     5,
                     "{\"symbol\":\"BTCUSDT\"," STOP "}",
                     403,
                     "TRADING_NOT_ALLOWED");
    place(5,
          "\"side\":\"SELL\",\"type\":\"STOP_MARKET\",\"closePosition\":true,\"triggerPrice\":90");
    place(5, STOP ",\"reduceOnly\":true");
}

static void api_conditional_orders_go_in_a_batch(void **state)
{
    (void)state;
    be_long();
    API_EXPECT(&world,
               "POST",
               "/orders/batch?wait=result",
               1,
               "{\"orders\":[{\"symbol\":\"BTCUSDT\"," STOP "},{\"symbol\":\"BTCUSDT\",\"side\":"
               "\"SELL\",\"type\":\"TAKE_PROFIT_MARKET\",\"closePosition\":true,\"triggerPrice\":"
               "105}]}",
               200,
               NULL);
    assert_true(says("\"tpSLType\":\"STOP_MARKET\"") && says("\"closePosition\":true"));
    assert_int_equal(fx_view_order_count(world.view), 4);
}

/* ---- take profit and stop loss of a position --------------------------------------------------
 */

static void api_conditional_tp_sl_are_set_moved_and_taken_away(void **state)
{
    (void)state;
    be_long();
    API_EXPECT(&world,
               "POST",
               "/positions/tp-sl",
               1,
               "{\"symbol\":\"BTCUSDT\",\"takeProfit\":\"110\",\"stopLoss\":\"95\","
               "\"stopLossTrigger\":\"MARK\",\"takeProfitTrigger\":\"MARK\"}",
               200,
               NULL);
    assert_true(says("\"takeProfitOrderId\":5") && says("\"stopLossOrderId\":6"));
    API_EXPECT(&world, "GET", "/order/open?type=STOP_MARKET", 1, NULL, 200, NULL);
    assert_true(says("\"tpSLPrice\":\"95\"") && says("\"closePosition\":true") &&
                says("\"linkedOrderId\":5"));
    API_EXPECT(&world,
               "PUT",
               "/positions/update-position",
               1,
               "{\"symbol\":\"BTCUSDT\",\"takeProfit\":0}",
               200,
               NULL);
    assert_null(strstr(world.body, "takeProfitOrderId"));
    assert_true(says("\"stopLossOrderId\":6")); /* what is left out stays */
    mark(950);
    API_EXPECT(&world, "GET", "/order/6", 1, NULL, 200, NULL);
    assert_true(says("\"status\":\"FILLED\""));
    assert_int_equal(engine_kit_position(&world.kit, 1, 0).lots, 0);
}

static void api_conditional_tp_sl_are_dropped_together(void **state)
{
    (void)state;
    be_long();
    API_EXPECT(&world,
               "POST",
               "/positions/tp-sl",
               1,
               "{\"instrumentId\":1,\"takeProfit\":110,\"stopLoss\":90,\"takeProfitTrigger\":"
               "\"INDEX\",\"stopLossTrigger\":\"ORACLE\"}",
               200,
               NULL);
    API_EXPECT(&world, "DELETE", "/positions/update-position?symbol=BTCUSDT", 1, NULL, 200, NULL);
    assert_null(strstr(world.body, "OrderId\""));
    API_EXPECT(&world, "GET", "/order/open", 1, NULL, 200, "{\"data\":[]}");
}

static void api_conditional_tp_sl_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        int status;
        const char *code;
    } BAD[] = {
        {"{\"symbol\":\"BTCUSDT\"}", 400, "BAD_PARAMETER"},
        {"{\"takeProfit\":1}", 400, "BAD_PARAMETER"},
        {"{\"symbol\":\"BTCUSDT\",\"takeProfit\":\"x\"}", 400, "BAD_DECIMAL"},
        {"{\"symbol\":\"BTCUSDT\",\"takeProfit\":100.05}", 422, "PRICE_FILTER"},
        {"{\"symbol\":\"BTCUSDT\",\"stopLoss\":-5}", 422, "PRICE_FILTER"},
        {"{\"symbol\":\"BTCUSDT\",\"stopLoss\":95,\"stopLossTrigger\":\"X\"}",
         400,
         "BAD_PARAMETER"},
        {"{\"symbol\":\"BTCUSDT\",\"stopLoss\":120,\"stopLossTrigger\":\"MARK\"}",
         422,
         "TRIGGER_WOULD_FIRE"},
        {"{\"symbol\":\"ETHUSDT\",\"stopLoss\":5}", 404, "POSITION_NOT_FOUND"},
        {"{\"positionId\":99,\"stopLoss\":5}", 404, "POSITION_NOT_FOUND"},
    };
    be_long();
    const uint64_t before = fx_hash_content(world.kit.engine);
    for (size_t index = 0; index < sizeof BAD / sizeof BAD[0]; index++) {
        API_EXPECT_ERROR(&world,
                         "POST",
                         "/positions/tp-sl",
                         1,
                         BAD[index].body,
                         BAD[index].status,
                         BAD[index].code);
    }
    assert_true(before == fx_hash_content(world.kit.engine));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(api_conditional_order_is_shown_in_both_shapes),
        T(api_conditional_order_fires_at_its_price),
        T(api_conditional_order_is_stored_as_it_was_shown),
        T(api_conditional_order_refusals_name_their_field),
        T(api_conditional_order_is_amended_while_it_waits),
        T(api_conditional_orders_are_cancelled_by_type),
        T(api_conditional_order_of_a_user_who_may_not_trade),
        T(api_conditional_orders_go_in_a_batch),
        T(api_conditional_tp_sl_are_set_moved_and_taken_away),
        T(api_conditional_tp_sl_are_dropped_together),
        T(api_conditional_tp_sl_refusals),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
