/* Exports: exact lines, pages that fit together, nobody else's rows, no formulas. */
#include "api_world.h"

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a name and its value
static bool has_header(const char *name, const char *value)
{
    const fx_str said = api_harness_header(&world, name);
    if (!fx_str_is_equal(said, fx_str_of(value))) {
        print_error("%s: '%.*s'\n", name, (int)said.size, said.data);
        return false;
    }
    return true;
}

static void place(uint64_t user, const char *rest)
{
    char body[256];
    (void)snprintf(body, sizeof body, "{\"symbol\":\"BTCUSDT\",\"type\":\"LIMIT\",%s}", rest);
    API_EXPECT(&world, "POST", "/order", user, body, 202, NULL);
}

static void trade_some(void)
{
    place(2, "\"side\":\"SELL\",\"quantity\":\"2\",\"price\":\"100\"");
    place(1, "\"side\":\"BUY\",\"quantity\":\"0.5\",\"price\":\"100\",\"clientOrderId\":\"-1/a\"");
    place(1, "\"side\":\"BUY\",\"quantity\":\"1\",\"price\":\"100\"");
    place(1, "\"side\":\"BUY\",\"quantity\":\"1\",\"price\":\"99\"");
}

#define ORDER_COLUMNS                                                                              \
    "id,accountId,userId,symbol,side,type,quantity,price,remaining,executedPrice,status,"          \
    "leverage,marginMode,isReduceOnly,isPostOnly,timeInForce,expireTime,stpMode,positionSide,"     \
    "contractType,note,tpSLType,trigger,stopCondition,tpSLPrice,callbackRate,activationPrice,"     \
    "linkedOrderId,parentOrderId,closePosition,priceProtect,takeProfitOrderId,stopLossOrderId,"    \
    "asset,cost,orderMargin,tmpId,clientOrderId,operationId,createdAt,"                            \
    "updatedAt\r\n"

static void api_export_csv_has_a_column_for_each_member(void **state)
{
    (void)state;
    trade_some();
    API_EXPECT(&world, "GET", "/export?table=orders&format=csv", 1, NULL, 200, NULL);
    assert_true(has_header("content-type", "text/csv; charset=utf-8"));
    assert_int_equal(api_harness_header(&world, "x-next-cursor").size, 0);
    assert_true(fx_str_has_prefix(
        fx_str_of(world.body),
        FX_STR(ORDER_COLUMNS "4,1,1,BTCUSDT,BUY,LIMIT,1,99,1,0,ACTIVE,20,CROSS,false,"
                             "false,GTC,,EXPIRE_MAKER,BOTH,USD_M,,,,,,,,,,,,,,USDT,0,4.95,")));
    assert_int_equal(count_of("\r\n"), 4);
    assert_non_null(strstr(world.body, "\r\n2,1,1,BTCUSDT,BUY,LIMIT,0.5,100,0,100,FILLED,"));
    /* What a spreadsheet would compute is a text. */
    assert_non_null(strstr(world.body, ",\"'-1/a\","));
    API_EXPECT(&world, "GET", "/export?table=transactions&format=csv", 2, NULL, 200, NULL);
    assert_null(strstr(world.body, "'-")); /* but an amount stays a number */
}

static void api_export_lines_are_the_objects_of_the_lists(void **state)
{
    (void)state;
    static char list[sizeof world.body];
    trade_some();
    API_EXPECT(&world, "GET", "/trade", 1, NULL, 200, NULL);
    memcpy(list, world.body, sizeof list);
    API_EXPECT(&world, "GET", "/export?table=trades", 1, NULL, 200, NULL);
    assert_true(has_header("content-type", "application/x-ndjson"));
    /* {"data":[A,B]} and A\nB\n have the same A and B. */
    char *end = strchr(world.body, '\n');
    assert_non_null(end);
    *end = '\0';
    assert_non_null(strstr(list, world.body));
    *end = '\n';
    assert_int_equal(count_of("\n"), 2);
    assert_int_equal(world.body[strlen(world.body) - 1], '\n');
    API_EXPECT(&world, "GET", "/export?table=trades&symbol=ETHUSDT", 1, NULL, 200, "");
    API_EXPECT(&world, "GET", "/export?table=orders&endTime=5", 1, NULL, 200, "");
}

static void api_export_pages_make_one_file(void **state)
{
    (void)state;
    static char whole[sizeof world.body];
    static char pages[2 * sizeof world.body];
    size_t size = 0;
    char target[256] = "/export?table=orders&format=csv&limit=1&symbol=BTCUSDT";
    trade_some();
    API_EXPECT(&world, "GET", "/export?table=orders&format=csv", 1, NULL, 200, NULL);
    memcpy(whole, world.body, sizeof whole);
    for (uint32_t page = 0; page < 5; page++) {
        API_EXPECT(&world, "GET", target, 1, NULL, 200, NULL);
        assert_true(size + strlen(world.body) < sizeof pages);
        memcpy(pages + size, world.body, strlen(world.body) + 1);
        size += strlen(world.body);
        const fx_str link = api_harness_header(&world, "link");
        if (link.size == 0) {
            break;
        }
        const fx_str cursor = api_harness_header(&world, "x-next-cursor");
        const fx_str prefix = FX_STR("</api/v1");
        const size_t close = fx_str_find(link, '>', 0);
        assert_true(fx_str_has_prefix(link, prefix) && close != SIZE_MAX && cursor.size == 11);
        assert_true(
            fx_str_is_equal(fx_str_slice(link, close, link.size), FX_STR(">; rel=\"next\"")));
        assert_true(fx_str_is_equal(fx_str_slice(link, close - 11, 11), cursor));
        assert_true(fx_str_copy(
            fx_str_slice(link, prefix.size, close - prefix.size), target, sizeof target));
    }
    assert_string_equal(pages, whole);
}

static void api_export_shows_what_the_user_has(void **state)
{
    (void)state;
    trade_some();
    API_EXPECT(&world, "GET", "/export?table=positions&format=csv", 1, NULL, 200, NULL);
    assert_non_null(strstr(world.body, ",unrealizedPnl,initialMargin,maintenanceMargin\r\n"));
    assert_non_null(strstr(world.body, ",BTCUSDT,1.5,20,"));
    API_EXPECT(&world, "GET", "/export?table=accounts", 2, NULL, 200, NULL);
    assert_non_null(strstr(world.body, "\"userId\":2,"));
    assert_int_equal(count_of("\n"), 1);
    API_EXPECT(&world, "GET", "/export?table=accounts", 6, NULL, 200, "");
    API_EXPECT(&world, "GET", "/export?table=trades", 5, NULL, 200, "");
}

static void api_export_refuses_what_it_does_not_know(void **state)
{
    (void)state;
    static const char *const BAD[] = {"/export",
                                      "/export?table=users",
                                      "/export?table=orders&format=xml",
                                      "/export?table=orders&limit=0",
                                      "/export?table=orders&limit=1001",
                                      "/export?table=orders&cursor=x",
                                      "/export?table=orders&startTime=-1"};
    for (size_t index = 0; index < sizeof BAD / sizeof BAD[0]; index++) {
        API_EXPECT_ERROR(&world, "GET", BAD[index], 1, NULL, 400, "BAD_PARAMETER");
    }
    API_EXPECT_ERROR(
        &world, "GET", "/export?table=orders&symbol=NONE", 1, NULL, 400, "UNKNOWN_SYMBOL");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(api_export_csv_has_a_column_for_each_member),
        T(api_export_lines_are_the_objects_of_the_lists),
        T(api_export_pages_make_one_file),
        T(api_export_shows_what_the_user_has),
        T(api_export_refuses_what_it_does_not_know),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
