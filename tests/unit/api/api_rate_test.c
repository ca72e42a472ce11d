/* api/api_rate: whose bucket a request takes from, what the answer says of it, who is banned. */
#include "api/api_rate_int.h"
#include "api_harness.h"
#include "api_signer.h"

#define ORDER                                                                                      \
    "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":1,\"price\":99}"
#define REDUCE                                                                                     \
    "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":1,\"price\":99,\"reduceOnly\":true}"

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): made anew for each test
static struct api_harness world;

static void begin(struct fx_api_rates rates)
{
    const struct fx_api_options options = {.rates = rates};
    api_harness_init_with(&world, &options);
}

static int teardown(void **state)
{
    (void)state;
    api_harness_deinit(&world);
    return 0;
}

static void expect_header(int line, const char *name, const char *value)
{
    const fx_str said = api_harness_header(&world, name);
    if (!fx_str_is_equal(said, fx_str_of(value))) {
        print_error("line %d: %s: '%.*s'\n", line, name, (int)said.size, said.data);
        fail();
    }
}

#define HEADER(name, value) expect_header(__LINE__, name, value)

static void rate_other_rates_hold_at_once(void **state)
{
    (void)state;
    begin((struct fx_api_rates){.orders = 1});
    API_EXPECT(&world, "POST", "/order", 1, ORDER, 202, NULL);
    API_EXPECT(&world, "POST", "/order", 1, ORDER, 202, NULL);
    API_EXPECT_ERROR(&world, "POST", "/order", 1, ORDER, 429, "RATE_LIMITED");
    fx_api_set_rates(world.api, &(struct fx_api_rates){.orders = 4});
    world.now_ms += 250; /* of the two seconds that were taken an eighth has come back */
    API_EXPECT(&world, "POST", "/order", 1, ORDER, 202, NULL);
    HEADER("ratelimit-policy", "\"orders\";q=8;w=2");
    API_EXPECT_ERROR(&world, "POST", "/order", 1, ORDER, 429, "RATE_LIMITED");
    fx_api_set_rates(world.api, &(struct fx_api_rates){.orders = 0});
    API_EXPECT(&world, "POST", "/order", 1, ORDER, 202, NULL); /* no limit */
    fx_api_set_rates(world.api, &(struct fx_api_rates){.orders = 1});
    API_EXPECT_ERROR(&world, "POST", "/order", 1, ORDER, 429, "RATE_LIMITED"); /* still taken */
}

static void rate_orders_run_out_and_cancels_do_not(void **state)
{
    (void)state;
    begin((struct fx_api_rates){.orders = 2, .cancels = 3});
    char id[32];
    for (int index = 0; index < 4; index++) {
        API_EXPECT(&world, "POST", "/order", 1, ORDER, 202, NULL);
        HEADER("ratelimit-policy", "\"orders\";q=4;w=2");
    }
    HEADER("ratelimit", "\"orders\";r=0;t=2");
    api_harness_member(&world, "tmpId", id, sizeof id);
    const uint64_t before = fx_hash_content(world.kit.engine);
    API_EXPECT_ERROR(&world, "POST", "/order", 1, ORDER, 429, "RATE_LIMITED");
    HEADER("ratelimit", "\"orders\";r=0;t=2");
    HEADER("retry-after", "1");
    assert_true(before == fx_hash_content(world.kit.engine));
    /* What reduces is judged by the engine; it has no position to reduce. */
    API_EXPECT_ERROR(&world, "POST", "/order", 1, REDUCE, 422, "REDUCE_ONLY_REJECTED");
    HEADER("ratelimit", "\"cancels\";r=5;t=1");
    char target[64];
    (void)snprintf(target, sizeof target, "/order/%s", id);
    API_EXPECT_ERROR(&world, "PUT", target, 1, "{\"price\":98}", 429, "RATE_LIMITED");
    API_EXPECT(&world, "DELETE", target, 1, NULL, 200, NULL);
    HEADER("ratelimit-policy", "\"cancels\";q=6;w=2");
    HEADER("ratelimit", "\"cancels\";r=4;t=1");
    API_EXPECT(&world, "DELETE", "/order/cancel-all", 1, NULL, 200, "{\"count\":3}");
    API_EXPECT(&world, "POST", "/order", 2, ORDER, 202, NULL); /* another user */
    world.now_ms += 500;
    API_EXPECT(&world, "POST", "/order", 1, ORDER, 202, NULL);
    API_EXPECT_ERROR(&world, "POST", "/order", 1, ORDER, 429, "RATE_LIMITED");
}

static void rate_cancels_are_limited_too(void **state)
{
    (void)state;
    begin((struct fx_api_rates){.orders = 1, .cancels = 1});
    for (int index = 0; index < 2; index++) {
        API_EXPECT_ERROR(&world, "DELETE", "/order/77", 1, NULL, 404, "ORDER_NOT_FOUND");
        API_EXPECT(&world, "POST", "/order", 1, ORDER, 202, NULL);
    }
    API_EXPECT_ERROR(&world, "DELETE", "/order/77", 1, NULL, 429, "RATE_LIMITED");
    API_EXPECT_ERROR(&world, "DELETE", "/order/cancel-all", 1, NULL, 429, "RATE_LIMITED");
    API_EXPECT_ERROR(&world, "POST", "/order", 1, REDUCE, 429, "RATE_LIMITED");
    HEADER("retry-after", "1");
    HEADER(
        "access-control-expose-headers",
        "x-request-id, x-server-time, ratelimit, ratelimit-policy, retry-after, x-next-cursor, link");
}

static void rate_broken_orders_count(void **state)
{
    (void)state;
    begin((struct fx_api_rates){.orders = 1, .cancels = 1});
    API_EXPECT_ERROR(&world, "POST", "/order", 1, "{", 400, "BAD_JSON");
    HEADER("ratelimit-policy", "\"orders\";q=2;w=2");
    HEADER("ratelimit", "\"orders\";r=1;t=1");
    API_EXPECT_ERROR(&world, "POST", "/order", 1, "{}", 400, "BAD_PARAMETER");
    API_EXPECT_ERROR(&world, "POST", "/order", 1, ORDER, 429, "RATE_LIMITED");
    /* Now they take from the other bucket, until nothing is read any more. */
    API_EXPECT_ERROR(&world, "POST", "/order", 1, "{", 400, "BAD_JSON");
    API_EXPECT_ERROR(&world, "POST", "/order", 1, "{", 400, "BAD_JSON");
    API_EXPECT_ERROR(&world, "POST", "/order", 1, "{", 429, "RATE_LIMITED");
}

static void rate_reads_take_the_weight_of_the_route(void **state)
{
    (void)state;
    begin((struct fx_api_rates){.reads = 10});
    API_EXPECT(&world, "GET", "/positions", 1, NULL, 200, NULL); /* weight 2 */
    HEADER("ratelimit-policy", "\"reads\";q=20;w=2");
    HEADER("ratelimit", "\"reads\";r=18;t=1");
    for (int index = 0; index < 3; index++) {
        API_EXPECT(&world, "GET", "/transactions", 1, NULL, 200, NULL); /* 5 */
    }
    HEADER("ratelimit", "\"reads\";r=3;t=2");
    API_EXPECT_ERROR(&world, "GET", "/transactions", 1, NULL, 429, "RATE_LIMITED");
    API_EXPECT(&world, "GET", "/auth/me", 1, NULL, 200, NULL); /* 1 fits */
    API_EXPECT(&world, "POST", "/order", 1, ORDER, 202, NULL); /* orders have no limit here */
    assert_int_equal(api_harness_header(&world, "ratelimit").size, 0);
    API_EXPECT(&world, "GET", "/transactions", 2, NULL, 200, NULL);
    world.now_ms += 2000;
    API_EXPECT(&world, "GET", "/transactions", 1, NULL, 200, NULL);
    HEADER("ratelimit", "\"reads\";r=15;t=1");
}

static void rate_of_an_address_counts_all_without_a_user(void **state)
{
    (void)state;
    begin((struct fx_api_rates){.reads = 2});
    API_EXPECT(&world, "GET", "/ping", 0, NULL, 200, NULL);
    HEADER("ratelimit-policy", "\"address-reads\";q=4;w=2");
    HEADER("ratelimit", "\"address-reads\";r=3;t=1");
    API_EXPECT_ERROR(&world, "GET", "/nothing", 0, NULL, 404, "ROUTE_NOT_FOUND");
    HEADER("ratelimit", "\"address-reads\";r=2;t=1");
    API_EXPECT_ERROR(&world, "PATCH", "/ping", 0, NULL, 405, "METHOD_NOT_ALLOWED");
    HEADER("ratelimit", "\"address-reads\";r=1;t=2");
    API_EXPECT(&world, "OPTIONS", "/order", 0, NULL, 204, "");
    HEADER("ratelimit", "\"address-reads\";r=0;t=2");
    API_EXPECT_ERROR(&world, "GET", "/ping", 0, NULL, 429, "RATE_LIMITED");
    API_EXPECT_ERROR(&world, "OPTIONS", "/order", 0, NULL, 429, "RATE_LIMITED");
    API_EXPECT_ERROR(&world, "GET", "/nothing", 0, NULL, 429, "RATE_LIMITED");
    API_EXPECT(&world, "GET", "/auth/me", 1, NULL, 200, NULL); /* a user has its own */
}

static void rate_spares_this_machine_where_told(void **state)
{
    (void)state;
    begin((struct fx_api_rates){.reads = 1, .failures = 1, .is_loopback_free = true});
    for (int index = 0; index < 100; index++) {
        API_EXPECT(&world, "GET", "/ping", 0, NULL, 200, NULL);
        (void)api_harness_ask(&world, "GET", "/auth/me", "a.b.c", NULL);
        assert_int_equal(world.code, 401);
    }
    HEADER("ratelimit", "\"address-failures\";r=20;t=0");
}

static void rate_wrong_proofs_shut_the_door_before_the_crypto(void **state)
{
    (void)state;
    begin((struct fx_api_rates){.failures = 1});
    static char known[2048];
    const int size = snprintf(known, sizeof known, "%s", api_harness_token(&world, 1));
    assert_true(size > 0 && size < (int)sizeof known);
    (void)api_harness_ask(&world, "GET", "/auth/me", known, NULL);
    assert_int_equal(world.code, 200);
    for (int index = 0; index < 20; index++) {
        switch (index % 3) {
        case 0:
            (void)api_harness_ask(&world, "GET", "/auth/me", "a.b.c", NULL);
            break;
        case 1:
            (void)api_signer_ask(&world, "nobody", "GET", "/auth/me", NULL);
            break;
        default:
            (void)api_harness_ask(&world, "GET", "/auth/me", NULL, NULL);
            break;
        }
        assert_int_equal(world.code, 401);
        HEADER("ratelimit-policy", "\"address-failures\";q=20;w=20");
    }
    HEADER("ratelimit", "\"address-failures\";r=0;t=20");
    /* A genuine token that nobody has seen yet needs RSA: not now. */
    const char *fresh = api_harness_token_until(&world, 2, 0);
    (void)api_harness_ask(&world, "GET", "/auth/me", fresh, NULL);
    assert_int_equal(world.code, 429);
    HEADER("retry-after", "1");
    (void)api_signer_insert(&world, "genuine", API_HARNESS_BOB, "READ");
    assert_int_equal(api_signer_ask(&world, "genuine", "GET", "/auth/me", NULL), 429);
    /* Who was seen before is not shut out by his neighbour. */
    (void)api_harness_ask(&world, "GET", "/auth/me", known, NULL);
    assert_int_equal(world.code, 200);
    world.now_ms += 1000;
    (void)api_harness_ask(&world, "GET", "/auth/me", fresh, NULL);
    assert_int_equal(world.code, 200);
}

/* Sockets show tokens too: their wrong ones come out of the same bucket. */
static void rate_of_wrong_proofs_counts_those_of_other_doors(void **state)
{
    (void)state;
    const fx_str peer = FX_STR("127.0.0.1");
    begin((struct fx_api_rates){.failures = 1});
    for (int index = 0; index < 20; index++) {
        assert_true(fx_api_may_try(world.api, peer));
        fx_api_note_wrong(world.api, peer);
    }
    assert_false(fx_api_may_try(world.api, peer));
    assert_true(fx_api_may_try(world.api, FX_STR("192.0.2.1")));
    (void)api_harness_ask(&world, "GET", "/auth/me", api_harness_token_until(&world, 2, 0), NULL);
    assert_int_equal(world.code, 429);
    world.now_ms += 1000;
    assert_true(fx_api_may_try(world.api, peer));
}

/* Of an address of this machine nothing is counted; its answers say so in the same headers. */
static void rate_of_a_free_address_shows_all_that_is_left(void **state)
{
    (void)state;
    begin((struct fx_api_rates){.reads = 2, .failures = 3, .is_loopback_free = true});
    for (int index = 0; index < 10; index++) {
        API_EXPECT(&world, "GET", "/ping", 0, NULL, 200, NULL);
        HEADER("ratelimit-policy", "\"address-reads\";q=4;w=2");
        HEADER("ratelimit", "\"address-reads\";r=4;t=0");
        API_EXPECT(&world, "GET", "/nowhere", 0, NULL, 404, NULL);
        HEADER("ratelimit", "\"address-reads\";r=4;t=0");
        API_EXPECT(&world, "GET", "/account", 0, NULL, 401, NULL);
        HEADER("ratelimit-policy", "\"address-failures\";q=60;w=20");
        HEADER("ratelimit", "\"address-failures\";r=60;t=0");
    }
    API_EXPECT(&world, "GET", "/account", API_HARNESS_ALICE, NULL, 200, NULL);
    HEADER("ratelimit-policy", "\"reads\";q=4;w=2");
    API_EXPECT(&world, "POST", "/auth/logout", 0, "{}", 400, NULL); /* this bucket has no limit */
    assert_int_equal(api_harness_header(&world, "ratelimit").size, 0);
}

static void rate_of_a_key_is_a_share_of_its_users(void **state)
{
    (void)state;
    begin((struct fx_api_rates){.orders = 4, .cancels = 4, .key_percent = 50});
    (void)api_signer_insert(&world, "one", API_HARNESS_ALICE, "TRADE");
    (void)api_signer_insert(&world, "two", API_HARNESS_ALICE, "TRADE");
    for (int index = 0; index < 4; index++) {
        assert_int_equal(api_signer_ask(&world, "one", "POST", "/order", ORDER), 202);
        HEADER("ratelimit-policy", "\"key-orders\";q=4;w=2");
    }
    HEADER("ratelimit", "\"key-orders\";r=0;t=2");
    assert_int_equal(api_signer_ask(&world, "one", "POST", "/order", ORDER), 429);
    API_EXPECT(&world, "POST", "/order", 1, ORDER, 202, NULL); /* the user has more */
    HEADER("ratelimit", "\"orders\";r=3;t=2");
    for (int index = 0; index < 3; index++) {
        assert_int_equal(api_signer_ask(&world, "two", "POST", "/order", ORDER), 202);
    }
    HEADER("ratelimit", "\"orders\";r=0;t=2"); /* the tighter of the two */
    assert_int_equal(api_signer_ask(&world, "two", "POST", "/order", ORDER), 429);
    HEADER("ratelimit-policy", "\"orders\";q=8;w=2");
    assert_int_equal(api_signer_ask(&world, "two", "DELETE", "/order/cancel-all", NULL), 200);
}

static void make_maker(uint64_t user_id)
{
    struct fx_rows_user user;
    assert_int_equal(fx_store_user_find(world.store, user_id, &user), FX_OK);
    user.is_market_maker = true;
    assert_int_equal(fx_store_user_update(world.store, &user), FX_OK);
}

static void rate_of_makers_is_a_multiple(void **state)
{
    (void)state;
    begin((struct fx_api_rates){.orders = 1, .cancels = 1, .maker_factor = 10});
    make_maker(API_HARNESS_ALICE);
    for (int index = 0; index < 20; index++) {
        API_EXPECT(&world, "POST", "/order", 1, ORDER, 202, NULL);
    }
    HEADER("ratelimit-policy", "\"orders\";q=20;w=2");
    API_EXPECT_ERROR(&world, "POST", "/order", 1, ORDER, 429, "RATE_LIMITED");
}

static void rate_of_makers_may_be_none(void **state)
{
    (void)state;
    begin((struct fx_api_rates){.orders = 1, .cancels = 1, .maker_factor = 0});
    make_maker(API_HARNESS_ALICE);
    for (int index = 0; index < 100; index++) {
        API_EXPECT(&world, "DELETE", "/order/cancel-all", 1, NULL, 200, NULL);
    }
    assert_int_equal(api_harness_header(&world, "ratelimit").size, 0);
}

static void rate_bans_who_goes_on(void **state)
{
    (void)state;
    begin((struct fx_api_rates){.orders = 1, .cancels = 100, .reads = 100, .ban_strikes = 3});
    for (int index = 0; index < 2; index++) {
        API_EXPECT(&world, "POST", "/order", 1, ORDER, 202, NULL);
    }
    for (int index = 0; index < 2; index++) {
        API_EXPECT_ERROR(&world, "POST", "/order", 1, ORDER, 429, "RATE_LIMITED");
        HEADER("retry-after", "1");
    }
    API_EXPECT_ERROR(&world, "POST", "/order", 1, ORDER, 429, "RATE_LIMITED");
    HEADER("retry-after", "60");
    world.now_ms += 30000; /* the bucket is full again, the ban stays: also for reads … */
    API_EXPECT_ERROR(&world, "POST", "/order", 1, ORDER, 429, "RATE_LIMITED");
    HEADER("retry-after", "30");
    API_EXPECT_ERROR(&world, "GET", "/positions", 1, NULL, 429, "RATE_LIMITED");
    API_EXPECT(&world, "DELETE", "/order/cancel-all", 1, NULL, 200, NULL); /* … not for this */
    API_EXPECT(&world, "GET", "/ping", 0, NULL, 200, NULL);                /* nor for the address */
    world.now_ms += 30000;
    API_EXPECT(&world, "POST", "/order", 1, ORDER, 202, NULL);
}

static void rate_bans_an_address_that_floods(void **state)
{
    (void)state;
    begin((struct fx_api_rates){.reads = 1, .ban_strikes = 3});
    for (int index = 0; index < 5; index++) {
        (void)api_harness_ask(&world, "GET", "/ping", NULL, NULL);
    }
    HEADER("retry-after", "60");
    world.now_ms += 59999;
    API_EXPECT_ERROR(&world, "GET", "/nothing", 0, NULL, 429, "RATE_LIMITED");
    API_EXPECT(&world, "GET", "/auth/me", 1, NULL, 200, NULL);
    world.now_ms += 1;
    API_EXPECT(&world, "GET", "/ping", 0, NULL, 200, NULL);
}

static void rate_is_off_where_not_configured(void **state)
{
    (void)state;
    begin((struct fx_api_rates){0});
    for (int index = 0; index < 50; index++) {
        API_EXPECT(&world, "GET", "/ping", 0, NULL, 200, NULL);
        API_EXPECT(&world, "POST", "/order", 1, ORDER, 202, NULL);
    }
    assert_int_equal(api_harness_header(&world, "ratelimit").size, 0);
    assert_int_equal(api_harness_header(&world, "ratelimit-policy").size, 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_teardown(name, teardown)
    const struct CMUnitTest tests[] = {
        T(rate_other_rates_hold_at_once),
        T(rate_other_rates_hold_at_once),
        T(rate_orders_run_out_and_cancels_do_not),
        T(rate_cancels_are_limited_too),
        T(rate_broken_orders_count),
        T(rate_reads_take_the_weight_of_the_route),
        T(rate_of_an_address_counts_all_without_a_user),
        T(rate_spares_this_machine_where_told),
        T(rate_wrong_proofs_shut_the_door_before_the_crypto),
        T(rate_of_wrong_proofs_counts_those_of_other_doors),
        T(rate_of_a_free_address_shows_all_that_is_left),
        T(rate_of_a_key_is_a_share_of_its_users),
        T(rate_of_makers_is_a_multiple),
        T(rate_of_makers_may_be_none),
        T(rate_bans_who_goes_on),
        T(rate_bans_an_address_that_floods),
        T(rate_is_off_where_not_configured),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
