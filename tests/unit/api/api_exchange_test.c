/* GET /admin/exchange/accounts: fees, rounding and insurance fund, for admins alone. */
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

static const char PATH[] = "/admin/exchange/accounts";

static bool says(const char *text)
{
    if (strstr(world.body, text) == NULL) {
        print_error("no %s in %s\n", text, world.body);
        return false;
    }
    return true;
}

static void api_exchange_shows_fees_and_fund(void **state)
{
    (void)state;
    API_EXPECT(&world, "GET", PATH, API_HARNESS_ADMIN, NULL, 200, NULL);
    assert_true(says("\"asset\":\"USDT\",\"fees\":\"0\",\"rounding\":\"0\",\"deposited\":"));
    assert_true(says("\"fundBalance\":\"0\",\"positions\":[]}"));
    assert_null(strstr(world.body, "fundAccountId"));
    API_EXPECT(&world,
               "PUT",
               "/admin/users/1/fees",
               API_HARNESS_ADMIN,
               "{\"makerFee\":\"0\",\"takerFee\":\"0.001\"}",
               200,
               NULL);
    static const char ORDER[] = "{\"symbol\":\"BTCUSDT\",\"side\":\"%s\",\"type\":\"LIMIT\","
                                "\"quantity\":2,\"price\":100}";
    char body[256];
    (void)snprintf(body, sizeof body, ORDER, "SELL");
    API_EXPECT(&world, "POST", "/order?wait=result", 2, body, 201, NULL);
    (void)snprintf(body, sizeof body, ORDER, "BUY");
    API_EXPECT(&world, "POST", "/order?wait=result", 1, body, 201, NULL);
    API_EXPECT(&world,
               "POST",
               "/admin/insurance-fund/deposits",
               API_HARNESS_ADMIN,
               "{\"asset\":\"USDT\",\"amount\":\"12.5\"}",
               200,
               NULL);
    API_EXPECT(&world, "GET", PATH, API_HARNESS_ADMIN, NULL, 200, NULL);
    assert_true(says("\"asset\":\"USDT\",\"fees\":\"0.2\",\"rounding\":\"0\",\"deposited\":"));
    assert_true(says("\"fundBalance\":\"12.5\",\"fundAccountId\":"));
    API_EXPECT(&world, "GET", "/account/balance/USDT", 1, NULL, 200, NULL);
    assert_true(says("\"balance\":\"999999.8\""));
}

static void api_exchange_is_for_admins(void **state)
{
    (void)state;
    API_EXPECT_ERROR(&world, "GET", PATH, 1, NULL, 403, "FORBIDDEN");
    (void)api_signer_insert(&world, "monitor", API_HARNESS_ADMIN, "READ");
    assert_int_equal(api_signer_ask(&world, "monitor", "GET", PATH, NULL), 403);
    (void)api_signer_insert(&world, "operator", API_HARNESS_ADMIN, "READ,ADMIN");
    assert_int_equal(api_signer_ask(&world, "operator", "GET", PATH, NULL), 200);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(api_exchange_shows_fees_and_fund),
        CASE(api_exchange_is_for_admins),
    };
    return cmocka_run_group_tests_name("api_exchange", tests, NULL, NULL);
}
