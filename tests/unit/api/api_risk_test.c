/* GET /risk/explain: the caller's own numbers, anybody's for an admin, none for others. */
#include "api_signer.h"

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

static void place(uint64_t user, const char *side)
{
    char body[256];
    (void)snprintf(body,
                   sizeof body,
                   "{\"symbol\":\"BTCUSDT\",\"side\":\"%s\",\"type\":\"LIMIT\",\"quantity\":2,"
                   "\"price\":100}",
                   side);
    API_EXPECT(&world, "POST", "/order?wait=result", user, body, 201, NULL);
}

static void api_risk_explains_with_the_rows_prices(void **state)
{
    (void)state;
    char price[64], text[128];
    place(2, "SELL");
    place(1, "BUY");
    API_EXPECT(&world, "GET", "/positions/BTCUSDT", 1, NULL, 200, NULL);
    api_harness_member(&world, "liquidationPrice", price, sizeof price);
    API_EXPECT(&world, "GET", "/risk/explain?symbol=BTCUSDT", 1, NULL, 200, NULL);
    (void)snprintf(text, sizeof text, "{\"name\":\"liquidationPrice\",\"value\":\"%s\",", price);
    assert_true(says(text));
    assert_true(
        says("{\"name\":\"entryValue\",\"value\":\"200\",\"formula\":\"sum of fill values"));
    assert_true(says("{\"name\":\"initialMargin\",\"value\":\"10\","));
    assert_true(says("\"userId\":1,\"accountId\":1,\"symbol\":\"BTCUSDT\",\"asset\":\"USDT\""));
}

static void api_risk_of_others_is_for_admins(void **state)
{
    (void)state;
    API_EXPECT(&world, "GET", "/risk/explain?symbol=BTCUSDT&userId=1", 1, NULL, 200, NULL);
    API_EXPECT_ERROR(
        &world, "GET", "/risk/explain?symbol=BTCUSDT&userId=2", 1, NULL, 403, "FORBIDDEN");
    static const char OF_ALICE[] = "/risk/explain?symbol=BTCUSDT&userId=1";
    place(2, "SELL");
    place(1, "BUY");
    API_EXPECT(&world, "GET", OF_ALICE, API_HARNESS_ADMIN, NULL, 200, NULL);
    (void)api_signer_insert(&world, "monitor", API_HARNESS_ADMIN, "READ");
    assert_int_equal(api_signer_ask(&world, "monitor", "GET", OF_ALICE, NULL), 403);
    API_EXPECT_ERROR(&world, "GET", "/risk/explain", 1, NULL, 400, "BAD_PARAMETER");
    API_EXPECT_ERROR(&world, "GET", "/risk/explain?symbol=NOUSDT", 1, NULL, 400, "UNKNOWN_SYMBOL");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(api_risk_explains_with_the_rows_prices),
        CASE(api_risk_of_others_is_for_admins),
    };
    return cmocka_run_group_tests_name("api_risk", tests, NULL, NULL);
}
