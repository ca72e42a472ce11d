/* What the plain stream asks of the API: whose an API key is, and orders by the routes of REST. */
#include "api_harness.h"
#include "base/crypto.h"
#include "store/store_api_key.h"

#define NOW_MS 1700000002000LL

/* The last answer that came by the stream. */
struct said {
    uint32_t count;
    uint64_t ticket;
    int http_status;
    char body[4096];
};

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): made anew for each test
static struct api_harness world;
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): made anew for each test
static struct said said;

static void on_answer(void *self, uint64_t ticket, int http_status, fx_str body)
{
    assert_ptr_equal(self, &world);
    said.count++;
    said.ticket = ticket;
    said.http_status = http_status;
    assert_true(fx_str_copy(body, said.body, sizeof said.body));
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): as the columns lie
static void insert_key(const char *key, uint64_t user_id, const char *scopes, const char *ips)
{
    struct fx_store_api_key row = {.user_id = user_id, .kind = "HMAC", .created_us = 1};
    uint64_t id = 0;
    (void)snprintf(row.key, sizeof row.key, "%s", key);
    (void)snprintf(row.secret, sizeof row.secret, "secret of %s", key);
    (void)snprintf(row.scopes, sizeof row.scopes, "%s", scopes);
    (void)snprintf(row.ips, sizeof row.ips, "%s", ips);
    assert_int_equal(fx_store_api_key_insert(world.store, &row, &id), FX_OK);
}

static int setup(void **state)
{
    (void)state;
    const struct fx_api_options options = {.stream = {on_answer, &world}};
    memset(&said, 0, sizeof said);
    api_harness_init_with(&world, &options);
    world.wall_us = NOW_MS * 1000;
    insert_key("both", API_HARNESS_ALICE, "READ,TRADE", "");
    insert_key("reader", API_HARNESS_ALICE, "READ", "10.0.0.0/8");
    insert_key("locked", API_HARNESS_LOCKED, "READ", "");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    api_harness_deinit(&world);
    return 0;
}

/* ---- keys ------------------------------------------------------------------------------------ */

static void sign(const char *key, const char *expires, char hex_out[65])
{
    uint8_t mac[FX_CRYPTO_SHA256_SIZE];
    char secret[128];
    char text[128];
    struct fx_buf hex;
    (void)snprintf(secret, sizeof secret, "secret of %s", key);
    (void)snprintf(text, sizeof text, "GET/realtime%s", expires);
    struct fx_crypto_hmac *hmac = fx_crypto_hmac_create(fx_str_of(secret));
    assert_non_null(hmac);
    fx_crypto_hmac_sign(hmac, fx_str_of(text), mac);
    fx_crypto_hmac_destroy(hmac);
    fx_buf_init(&hex, 64);
    fx_crypto_hex_encode(&hex, fx_crypto_str(mac, sizeof mac));
    assert_true(fx_str_copy(fx_buf_str(&hex), hex_out, 65));
    fx_buf_deinit(&hex);
}

static fx_status claim_with(const char *key,
                            const char *expires,
                            const char *signature,
                            struct fx_api_key_owner *owner_out)
{
    const struct fx_api_key_claim claim = {.key = fx_str_of(key),
                                           .expires = fx_str_of(expires),
                                           .signature = fx_str_of(signature),
                                           .peer = FX_STR("127.0.0.1")};
    return fx_api_key_check_claim(world.api, &claim, owner_out);
}

static fx_status claim(const char *key, const char *expires)
{
    struct fx_api_key_owner owner;
    char signature[65];
    sign(key, expires, signature);
    return claim_with(key, expires, signature, &owner);
}

#define SOON "1700000003000"

static void api_stream_key_says_whose_and_what(void **state)
{
    (void)state;
    struct fx_api_key_owner owner = {0};
    char signature[65];
    sign("both", SOON, signature);
    assert_int_equal(claim_with("both", SOON, signature, &owner), FX_OK);
    assert_int_equal(owner.user_id, API_HARNESS_ALICE);
    assert_true(owner.is_read_allowed && owner.is_trade_allowed && owner.key_id != 0);
    for (size_t index = 0; index < 64; index++) { /* each digit counts */
        const char kept = signature[index];
        signature[index] = kept == '0' ? '1' : '0';
        assert_int_equal(claim_with("both", SOON, signature, &owner), FX_BAD_SIGNATURE);
        signature[index] = kept;
    }
    assert_int_equal(claim_with("none", SOON, signature, &owner), FX_BAD_SIGNATURE);
    assert_int_equal(claim_with("both", SOON, "", &owner), FX_BAD_SIGNATURE);
    assert_int_equal(claim_with("both", "1700000003001", signature, &owner), FX_BAD_SIGNATURE);
}

static void api_stream_key_window_is_a_minute_ahead(void **state)
{
    (void)state;
    static const char *const BAD[] = {"1700000002000",        /* now is too late */
                                      "1699999999999",        /* the past */
                                      "1700000062001",        /* more than a minute ahead */
                                      "99999999999999999999", /* no number of ours */
                                      "+1700000003000",
                                      "1700000003000.5",
                                      "NaN",
                                      ""};
    for (size_t index = 0; index < sizeof BAD / sizeof BAD[0]; index++) {
        assert_int_equal(claim("both", BAD[index]), FX_TIMESTAMP_OUT_OF_WINDOW);
    }
    assert_int_equal(claim("both", "1700000002001"), FX_OK);
    assert_int_equal(claim("both", "1700000062000"), FX_OK);
}

static void api_stream_key_address_and_lock_are_asked_each_time(void **state)
{
    (void)state;
    struct fx_api_key_owner owner = {0};
    assert_int_equal(claim("reader", SOON), FX_FORBIDDEN); /* not its address */
    assert_int_equal(claim("locked", SOON), FX_USER_LOCKED);
    const struct fx_api_key_claim near = {.key = FX_STR("reader"), .peer = FX_STR("10.1.2.3")};
    const struct fx_api_key_claim none = {.key = FX_STR("none"), .peer = FX_STR("10.1.2.3")};
    assert_int_equal(fx_api_key_renew(world.api, &near, &owner), FX_OK);
    assert_true(owner.is_read_allowed && !owner.is_trade_allowed);
    assert_int_equal(fx_api_key_renew(world.api, &none, &owner), FX_NOT_FOUND);
}

/* ---- orders ---------------------------------------------------------------------------------- */

static void call(struct fx_api_stream_request request)
{
    request.peer = FX_STR("127.0.0.1");
    request.ticket = 77 + said.count;
    fx_api_on_stream(world.api, &request);
}

#define ORDER                                                                                      \
    "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":\"1\","              \
    "\"price\":\"99\",\"clientOrderId\":\"a-1\"}"

static struct fx_api_stream_request place(uint64_t user_id, const char *body)
{
    return (struct fx_api_stream_request){.method = FX_NET_HTTP_METHOD_POST,
                                          .path = FX_STR("/api/v1/order"),
                                          .query = FX_STR("wait=result"),
                                          .body = fx_str_of(body),
                                          .user_id = user_id,
                                          .is_trade_allowed = true};
}

static void api_stream_order_is_answered_when_it_is_durable(void **state)
{
    (void)state;
    call(place(API_HARNESS_ALICE, ORDER));
    assert_int_equal(said.count, 0);
    assert_int_equal(world.queued, 1);
    api_harness_pump(&world);
    assert_int_equal(said.count, 1);
    assert_int_equal(said.ticket, 77);
    assert_int_equal(said.http_status, 201);
    assert_non_null(strstr(said.body, "\"status\":\"ACTIVE\""));
    call((struct fx_api_stream_request){.method = FX_NET_HTTP_METHOD_DELETE,
                                        .path = FX_STR("/api/v1/order/a-1"),
                                        .query = FX_STR("symbol=BTCUSDT"),
                                        .user_id = API_HARNESS_ALICE,
                                        .is_trade_allowed = true});
    api_harness_pump(&world);
    assert_int_equal(said.count, 2);
    assert_int_equal(said.http_status, 200);
    assert_non_null(strstr(said.body, "\"status\":\"CANCELED\""));
}

static void expect_refused(int http_status, const char *code)
{
    char text[64];
    (void)snprintf(text, sizeof text, "{\"code\":\"%s\"", code);
    assert_int_equal(said.http_status, http_status);
    assert_memory_equal(said.body, text, strlen(text));
    assert_int_equal(world.queued, 0);
}

static void api_stream_bad_requests_are_answered_at_once(void **state)
{
    (void)state;
    struct fx_api_stream_request request = place(API_HARNESS_ALICE, ORDER);
    call(place(API_HARNESS_ALICE, "{\"symbol\":\"XRPUSDT\"}"));
    expect_refused(400, "UNKNOWN_SYMBOL");
    call(place(API_HARNESS_ALICE, "[]"));
    expect_refused(400, "BAD_JSON");
    call(place(API_HARNESS_LOCKED, ORDER));
    expect_refused(403, "USER_LOCKED");
    call(place(4711, ORDER));
    expect_refused(401, "BAD_TOKEN");
    request.is_trade_allowed = false;
    call(request);
    expect_refused(403, "FORBIDDEN");
    request = place(API_HARNESS_ADMIN, ORDER);
    request.path = FX_STR("/api/v1/nothing");
    call(request);
    expect_refused(404, "ROUTE_NOT_FOUND");
    request.path = FX_STR("/api/v1/order/open"); /* a route, but not of trading */
    call(request);
    expect_refused(404, "ROUTE_NOT_FOUND");
    assert_int_equal(said.count, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(api_stream_key_says_whose_and_what, setup, teardown),
        cmocka_unit_test_setup_teardown(api_stream_key_window_is_a_minute_ahead, setup, teardown),
        cmocka_unit_test_setup_teardown(
            api_stream_key_address_and_lock_are_asked_each_time, setup, teardown),
        cmocka_unit_test_setup_teardown(
            api_stream_order_is_answered_when_it_is_durable, setup, teardown),
        cmocka_unit_test_setup_teardown(
            api_stream_bad_requests_are_answered_at_once, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
