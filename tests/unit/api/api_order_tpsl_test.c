/* Take profit and stop loss of an order over REST: placing, showing, changing, the dry run. */
#include "api_harness.h"

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): made anew for each test
static struct api_harness world;

static int setup(void **state)
{
    (void)state;
    api_harness_init(&world);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    api_harness_deinit(&world);
    return 0;
}

static bool says(const char *text)
{
    if (strstr(world.body, text) == NULL) {
        print_error("no %s in %s\n", text, world.body);
        return false;
    }
    return true;
}

#define BUY                                                                                        \
    "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":2,\"price\":100"
#define FLAT ",\"takeProfit\":\"110\",\"takeProfitTrigger\":\"ORACLE\",\"stopLoss\":\"90\"}"

/* @return the id of the order. */
static void protect(char id[32], char path[64])
{
    API_EXPECT(&world, "POST", "/order?wait=result", 1, BUY FLAT, 201, NULL);
    api_harness_member(&world, "id", id, 32);
    (void)snprintf(path, 64, "/order/tp-sl/%s", id);
}

static void fill(void)
{
    API_EXPECT(&world,
               "POST",
               "/order?wait=result",
               2,
               "{\"symbol\":\"BTCUSDT\",\"side\":\"SELL\",\"type\":\"LIMIT\",\"quantity\":2,"
               "\"price\":100}",
               201,
               NULL);
}

static void api_order_tpsl_rows_name_each_other(void **state)
{
    (void)state;
    char id[32], path[64], text[64];
    protect(id, path);
    assert_true(says("\"takeProfitOrderId\":") && says("\"stopLossOrderId\":"));
    API_EXPECT(&world, "GET", path, 1, NULL, 200, NULL);
    (void)snprintf(text, sizeof text, "\"parentOrderId\":%s", id);
    assert_true(says(text) && says("\"linkedOrderId\":") && says("\"status\":\"PENDING\""));
    assert_true(says("\"tpOrder\":{") && says("\"tpSLType\":\"TAKE_PROFIT_MARKET\""));
    assert_true(says("\"slOrder\":{") && says("\"tpSLPrice\":\"90\""));
    API_EXPECT(&world, "GET", "/order/open", 1, NULL, 200, NULL);
    assert_true(says("\"status\":\"PENDING\""));
    API_EXPECT_ERROR(&world, "GET", path, 2, NULL, 404, "ORDER_NOT_FOUND");
}

static void api_order_tpsl_is_changed_before_and_after_the_fill(void **state)
{
    (void)state;
    char id[32], path[64];
    protect(id, path);
    API_EXPECT(&world, "PUT", path, 1, "{\"takeProfit\":\"120\",\"stopLoss\":0}", 200, NULL);
    assert_true(says("\"tpSLPrice\":\"120\""));
    assert_null(strstr(world.body, "slOrder"));
    fill();
    API_EXPECT(&world,
               "PUT",
               path,
               1,
               "{\"stopLoss\":{\"triggerPrice\":\"95\",\"triggerBy\":\"MARK\",\"price\":\"94\"}}",
               200,
               NULL);
    assert_true(says("\"tpSLPrice\":\"120\"") && says("\"tpSLType\":\"STOP_LIMIT\""));
    assert_true(says("\"status\":\"UNTRIGGERED\"") && says("\"quantity\":\"2\""));
    API_EXPECT_ERROR(&world, "PUT", path, 1, "{\"stopLoss\":\"100\"}", 422, "TRIGGER_WOULD_FIRE");
    assert_true(says("\"field\":\"stopLoss\""));
    API_EXPECT_ERROR(&world, "PUT", path, 1, "{}", 400, "BAD_PARAMETER");
    API_EXPECT_ERROR(&world, "PUT", path, 2, "{\"stopLoss\":\"95\"}", 404, "ORDER_NOT_FOUND");
    API_EXPECT(&world, "PUT", path, 1, "{\"takeProfit\":0,\"stopLoss\":\"0\"}", 200, NULL);
    API_EXPECT_ERROR(&world, "GET", path, 1, NULL, 404, "ORDER_NOT_FOUND");
}

static void api_order_tpsl_on_the_wrong_side_places_nothing(void **state)
{
    (void)state;
    const uint64_t before = fx_hash_content(world.kit.engine);
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/order?wait=result",
                     1,
                     BUY ",\"takeProfit\":\"99\"}",
                     422,
                     "TRIGGER_WRONG_SIDE");
    assert_true(says("\"field\":\"takeProfit\"") && says("\"limit\":\"100\""));
    API_EXPECT_ERROR(&world, "POST", "/order", 1, BUY ",\"stopLoss\":{}}", 400, "BAD_PARAMETER");
    API_EXPECT_ERROR(
        &world, "POST", "/order/test", 1, BUY ",\"stopLoss\":\"101\"}", 422, "TRIGGER_WRONG_SIDE");
    assert_true(before == fx_hash_content(world.kit.engine));
    API_EXPECT(&world, "POST", "/order/test", 1, BUY FLAT, 200, NULL);
    assert_true(before == fx_hash_content(world.kit.engine));
}

/* Orders of a batch, and cancelling by type. */
static void api_order_tpsl_of_a_batch_is_cancelled_as_stop(void **state)
{
    (void)state;
    API_EXPECT(&world, "POST", "/orders/batch", 1, "{\"orders\":[" BUY FLAT "]}", 200, NULL);
    API_EXPECT(&world, "DELETE", "/order/cancel-order?type=STOP", 1, NULL, 200, NULL);
    assert_true(says("\"count\":2"));
    API_EXPECT(&world, "DELETE", "/order/cancel-order?type=ALL", 1, NULL, 200, NULL);
    assert_true(says("\"count\":1"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(api_order_tpsl_rows_name_each_other),
        CASE(api_order_tpsl_is_changed_before_and_after_the_fill),
        CASE(api_order_tpsl_on_the_wrong_side_places_nothing),
        CASE(api_order_tpsl_of_a_batch_is_cancelled_as_stop),
    };
    return cmocka_run_group_tests_name("api_order_tpsl", tests, NULL, NULL);
}
