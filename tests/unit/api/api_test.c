/* api/api, api_router, api_guard, api_reply, api_param: every route against every kind of caller
 * and of broken input; nothing of it reaches the engine. */
#include "api/api_int.h"
#include "api_world.h"

#define ORDER(quantity, price)                                                                     \
    "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":" quantity           \
    ",\"price\":" price "}"

static const char *method_name(enum fx_net_http_method method)
{
    static const char *const NAMES[] = {"", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
    return NAMES[method];
}

/* A path that the route matches, with something harmless for its :name. */
static void make_path(const struct fx_api_route *route, char *path, size_t capacity)
{
    const size_t colon = fx_str_find(route->path, ':', 0);
    const size_t size = colon == SIZE_MAX ? route->path.size : colon;
    const char *param = "";
    fx_str rest = {0};
    if (colon != SIZE_MAX) {
        const size_t slash = fx_str_find(route->path, '/', colon);
        const fx_str name = fx_str_slice(route->path, colon, slash - colon);
        rest = slash == SIZE_MAX ? rest : fx_str_slice(route->path, slash, route->path.size);
        param = fx_str_is_equal(name, FX_STR(":symbol"))  ? "BTCUSDT"
                : fx_str_is_equal(name, FX_STR(":asset")) ? "USDT"
                                                          : "1";
    }
    (void)snprintf(path,
                   capacity,
                   "%.*s%s%.*s",
                   (int)size,
                   route->path.data,
                   param,
                   (int)rest.size,
                   rest.data);
}

static void expect_code(int status, const char *code)
{
    char said[64];
    api_harness_member(&world, "code", said, sizeof said);
    if (world.code != status || strcmp(said, code) != 0) {
        print_error("%d %s\n", world.code, world.body);
    }
    assert_int_equal(world.code, status);
    assert_string_equal(said, code);
}

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

/* ---- dispatch ---------------------------------------------------------------------------------
 */

static void api_owns_its_prefix_only(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        bool is_owned;
    } CASES[] = {{"/api/v1", true},
                 {"/api/v1/", true},
                 {"/api/v1/x/y", true},
                 {"/api/v10", false},
                 {"/api/v", false},
                 {"/", false},
                 {"/ws", false}};
    for (size_t index = 0; index < sizeof CASES / sizeof CASES[0]; index++) {
        struct fx_net_http_request request;
        memset(&request, 0, sizeof request);
        request.path = fx_str_of(CASES[index].path);
        assert_int_equal(fx_api_owns(&request), CASES[index].is_owned);
    }
}

static void api_unknown_paths_are_not_found(void **state)
{
    (void)state;
    static const char *const PATHS[] = {"",
                                        "/",
                                        "/nothing",
                                        "/order/1/2",
                                        "/orders",
                                        "/order//1",
                                        "/ORDER",
                                        "/orderbook/",
                                        "/orderbook//",
                                        "/account/balance",
                                        "/positions/x/y"};
    for (size_t index = 0; index < sizeof PATHS / sizeof PATHS[0]; index++) {
        (void)api_harness_ask(&world, "GET", PATHS[index], NULL, NULL);
        expect_code(404, "ROUTE_NOT_FOUND");
    }
}

static void api_wrong_methods_are_told_the_right_ones(void **state)
{
    (void)state;
    API_EXPECT_ERROR(&world, "PUT", "/order", 0, NULL, 405, "METHOD_NOT_ALLOWED");
    assert_true(has_header("allow", "POST, OPTIONS"));
    API_EXPECT_ERROR(&world, "PATCH", "/order/1", 0, NULL, 405, "METHOD_NOT_ALLOWED");
    assert_true(has_header("allow", "GET, HEAD, PUT, DELETE, OPTIONS"));
    /* A path without parameter is that path only: never an order named "cancel-all". */
    API_EXPECT_ERROR(&world, "GET", "/order/cancel-all", 1, NULL, 405, "METHOD_NOT_ALLOWED");
    API_EXPECT_ERROR(&world, "BREW", "/ping", 0, NULL, 405, "METHOD_NOT_ALLOWED");
}

static void api_every_route_refuses_other_methods(void **state)
{
    (void)state;
    const struct fx_api_route *routes = NULL;
    const uint32_t count = fx_api_router_table(&routes);
    char path[128];
    for (uint32_t index = 0; index < count; index++) {
        make_path(&routes[index], path, sizeof path);
        (void)api_harness_ask(&world, "PATCH", path, NULL, NULL);
        expect_code(405, "METHOD_NOT_ALLOWED");
        assert_true(api_harness_header(&world, "allow").size > 0);
    }
}

static void api_head_and_trailing_slash_are_as_get(void **state)
{
    (void)state;
    API_EXPECT(&world, "GET", "/ping/", 0, NULL, 200, "{}");
    API_EXPECT(&world, "HEAD", "/ping", 0, NULL, 200, "");
    assert_true(has_header("content-length", "2"));
    API_EXPECT(&world, "GET", "/time", 0, NULL, 200, "{\"serverTime\":1700000000000}");
}

static void api_preflight_is_answered_without_a_token(void **state)
{
    (void)state;
    world.extra = "Origin: http://a.example\r\nAccess-Control-Request-Method: POST\r\n";
    API_EXPECT(&world, "OPTIONS", "/order", 0, NULL, 204, "");
    assert_true(has_header("access-control-allow-origin", "*"));
    assert_true(has_header("access-control-allow-methods", "POST, OPTIONS"));
    assert_true(api_harness_header(&world, "access-control-allow-credentials").size == 0);
    API_EXPECT_ERROR(&world, "OPTIONS", "/nothing", 0, NULL, 404, "ROUTE_NOT_FOUND");
}

static void api_every_answer_has_its_headers(void **state)
{
    (void)state;
    API_EXPECT(&world, "GET", "/ping", 0, NULL, 200, NULL);
    assert_true(has_header("x-request-id", "test"));
    assert_true(has_header("x-server-time", "1700000000000"));
    assert_true(has_header("x-content-type-options", "nosniff"));
    assert_true(has_header("cache-control", "no-store"));
    assert_true(
        has_header("content-security-policy", "default-src 'none'; frame-ancestors 'none'"));
    assert_true(has_header("referrer-policy", "no-referrer"));
    assert_true(has_header("content-type", "application/json"));
    assert_true(has_header("access-control-allow-origin", "*"));
    world.extra = "Cookie: a=b\r\n"; /* a request with credentials gets no open CORS */
    API_EXPECT_ERROR(&world, "GET", "/nothing", 0, NULL, 404, "ROUTE_NOT_FOUND");
    assert_true(api_harness_header(&world, "access-control-allow-origin").size == 0);
    assert_true(has_header("x-content-type-options", "nosniff"));
}

/* With a list, an origin that is in it exactly may read; every answer tells caches that it differs.
 */
static void api_origins_in_the_list_only_may_read(void **state)
{
    (void)state;
    static const struct {
        const char *sent;
        const char *allowed;
    } CASES[] = {
        {"Origin: https://a.example\r\n", "https://a.example"},
        {"Origin: https://b.example:8443\r\n", "https://b.example:8443"},
        {"Origin: https://b.example\r\n", ""},
        {"Origin: http://a.example\r\n", ""},
        {"Origin: https://a.example.evil.example\r\n", ""},
        {"Origin: https://evil-a.example\r\n", ""},
        {"Origin: null\r\n", ""},
        {"Origin: *\r\n", ""},
        {"", ""},
    };
    api_harness_deinit(&world);
    const struct fx_api_options options = {.origins = "https://a.example, https://b.example:8443"};
    api_harness_init_with(&world, &options);
    for (size_t index = 0; index < sizeof CASES / sizeof CASES[0]; index++) {
        static const char *const METHODS[] = {"GET", "OPTIONS", "PATCH"};
        for (size_t method = 0; method < 3; method++) {
            world.extra = CASES[index].sent;
            (void)api_harness_ask(&world, METHODS[method], "/ping", NULL, NULL);
            assert_true(has_header("access-control-allow-origin", CASES[index].allowed));
            assert_true(has_header("vary", "origin"));
            assert_int_equal(api_harness_header(&world, "access-control-expose-headers").size > 0,
                             CASES[index].allowed[0] != '\0');
            assert_int_equal(api_harness_header(&world, "access-control-allow-credentials").size,
                             0);
        }
    }
    API_EXPECT(&world, "POST", "/order", 1, ORDER("1", "99"), 202, NULL); /* answered later */
    assert_true(has_header("access-control-allow-origin", ""));
    world.extra = "Origin: https://a.example\r\n";
    API_EXPECT(&world, "POST", "/order", 1, ORDER("1", "99"), 202, NULL);
    assert_true(has_header("access-control-allow-origin", "https://a.example"));
}

static void ask_with_id(const char *id)
{
    struct fx_buf text;
    fx_buf_init(&text, 4096);
    fx_buf_append(&text, FX_STR("GET /api/v1/nothing HTTP/1.1\r\nHost: x\r\n"));
    if (id != NULL) {
        fx_buf_append(&text, FX_STR("x-request-id: "));
        fx_buf_append(&text, fx_str_of(id));
        fx_buf_append(&text, FX_STR("\r\n"));
    }
    fx_buf_append(&text, FX_STR("\r\n"));
    fx_net_http_client_next(&world.client);
    api_harness_write(&world, fx_buf_str(&text));
    api_harness_receive(&world);
    fx_buf_deinit(&text);
}

static void api_request_id_is_echoed_if_sane_else_made(void **state)
{
    (void)state;
    static const char *const INSANE[] = {
        NULL,
        "",
        "a b",
        "a\"b",
        "<x>",
        "\xC3\xA4",
        "0123456789012345678901234567890123456789012345678901234567890123456789"};
    char first[128];
    ask_with_id("Az09-_.:");
    assert_true(has_header("x-request-id", "Az09-_.:"));
    assert_non_null(strstr(world.body, "\"requestId\":\"Az09-_.:\""));
    for (size_t index = 0; index < sizeof INSANE / sizeof INSANE[0]; index++) {
        ask_with_id(INSANE[index]);
        const fx_str made = api_harness_header(&world, "x-request-id");
        assert_int_equal(made.size, 16);
        assert_true(index == 0 || !fx_str_is_equal(made, fx_str_of(first)));
        assert_true(fx_str_copy(made, first, sizeof first));
    }
}

/* ---- guard ------------------------------------------------------------------------------------
 */

static void api_guard_matrix_holds_for_every_route(void **state)
{
    (void)state;
    const struct fx_api_route *routes = NULL;
    const uint32_t count = fx_api_router_table(&routes);
    const uint64_t before = fx_hash_content(world.kit.engine);
    char path[128];
    for (uint32_t index = 0; index < count; index++) {
        const struct fx_api_route *route = &routes[index];
        const char *method = method_name(route->method);
        make_path(route, path, sizeof path);
        if (route->guard == FX_API_GUARD_PUBLIC) {
            const int code = api_harness_ask(&world, method, path, "rubbish", NULL);
            assert_true(code == 200 || code == 400);
            continue;
        }
        (void)api_harness_ask(&world, method, path, NULL, NULL);
        expect_code(401, "UNAUTHORIZED");
        assert_true(has_header("www-authenticate", "Bearer"));
        (void)api_harness_ask(&world, method, path, "a.b.c", NULL);
        expect_code(401, "BAD_TOKEN");
        assert_true(has_header("www-authenticate", "Bearer"));
        (void)api_harness_ask(
            &world, method, path, api_harness_token_until(&world, 1, 1600000000), NULL);
        expect_code(401, "TOKEN_EXPIRED");
        (void)api_harness_ask(&world, method, path, api_harness_token_until(&world, 99, 0), NULL);
        expect_code(401, "BAD_TOKEN"); /* genuine, of a user that is no more */
        (void)api_harness_ask(
            &world, method, path, api_harness_token(&world, API_HARNESS_LOCKED), NULL);
        expect_code(403, "USER_LOCKED");
        world.extra = "apikey: k\r\nsignature: s\r\ntimestamp: 1700000000000\r\n";
        (void)api_harness_ask(&world, method, path, NULL, NULL);
        expect_code(401, "BAD_SIGNATURE");
        world.extra = NULL;
    }
    assert_true(before == fx_hash_content(world.kit.engine));
    assert_int_equal(world.wakes, 0);
}

static void api_guard_takes_one_scheme_only(void **state)
{
    (void)state;
    char text[FX_JWT_SIZE_MAX + 64];
    static const char *const FORMS[] = {"Authorization: %s\r\n",
                                        "Authorization: Basic %s\r\n",
                                        "Authorization: Bearer\r\nX: %s\r\n"};
    for (size_t index = 0; index < 3; index++) {
        const struct {
            const char *form;
        } one = {FORMS[index]};
        const size_t at = strcspn(one.form, "%");
        (void)snprintf(text,
                       sizeof text,
                       "%.*s%s%s",
                       (int)at,
                       one.form,
                       api_harness_token(&world, 1),
                       one.form + at + 2);
        world.extra = text;
        API_EXPECT_ERROR(&world, "GET", "/auth/me", 0, NULL, 401, "BAD_TOKEN");
    }
    (void)snprintf(text, sizeof text, "authorization: bearer %s\r\n", api_harness_token(&world, 1));
    world.extra = text;
    API_EXPECT(&world, "GET", "/auth/me", 0, NULL, 200, NULL);
    world.extra = "Authorization: Bearer x\r\n"; /* and the harness adds the right one of user 1 */
    API_EXPECT_ERROR(&world, "GET", "/auth/me", 1, NULL, 400, "BAD_REQUEST");
}

/* One connection, whose requests come from two users and from nobody in turns. */
static void api_guard_asks_each_request_who_it_is(void **state)
{
    (void)state;
    for (int round = 0; round < 4; round++) {
        for (uint64_t user = 1; user <= 2; user++) {
            char id[32];
            const char *token = api_harness_token(&world, user);
            assert_int_equal(api_harness_ask(&world, "GET", "/auth/me", token, NULL), 200);
            api_harness_member(&world, "id", id, sizeof id);
            assert_int_equal(strtoull(id, NULL, 10), user);
        }
        (void)api_harness_ask(&world, "GET", "/auth/me", NULL, NULL);
        expect_code(401, "UNAUTHORIZED");
        char wrong[FX_JWT_SIZE_MAX];
        assert_true(fx_str_copy(fx_str_of(api_harness_token(&world, 2)), wrong, sizeof wrong));
        char *changed = &wrong[strlen(wrong) - 9]; /* as long as the right one before it */
        *changed = *changed == 'A' ? 'B' : 'A';
        (void)api_harness_ask(&world, "GET", "/auth/me", wrong, NULL);
        expect_code(401, "BAD_TOKEN");
    }
}

static void api_guard_sees_a_lock_within_a_second(void **state)
{
    (void)state;
    struct fx_rows_user user;
    API_EXPECT(&world, "GET", "/auth/me", 1, NULL, 200, NULL);
    assert_int_equal(fx_store_user_find(world.store, 1, &user), FX_OK);
    user.is_locked = true;
    assert_int_equal(fx_store_user_update(world.store, &user), FX_OK);
    API_EXPECT(&world, "GET", "/positions", 1, NULL, 200, NULL); /* still remembered */
    world.now_ms += 1000;
    API_EXPECT_ERROR(&world, "GET", "/positions", 1, NULL, 403, "USER_LOCKED");
}

/* ---- bad input --------------------------------------------------------------------------------
 */

struct bad_body {
    const char *body;
    int status;
    const char *code;
};

static const struct bad_body BAD_JSON[] = {
    {"", 400, "BAD_JSON"},
    {"{", 400, "BAD_JSON"},
    {"nonsense", 400, "BAD_JSON"},
    {"{} {}", 400, "BAD_JSON"},
    {"[]", 400, "BAD_JSON"},
    {"null", 400, "BAD_JSON"},
    {"{\"a\":1,\"a\":2}", 400, "BAD_JSON"},
    {"{\"a\":1,\"\\u0061\":2}", 400, "BAD_JSON"},
    {"{\"a\":\"\\u0000\"}", 400, "BAD_JSON"},
    {"{\"a\":\"\\ud800\"}", 400, "BAD_JSON"},
    {"{\"a\":\"\xff\"}", 400, "BAD_JSON"},
    {"{\"a\":01}", 400, "BAD_JSON"},
    {"{\"a\":1.}", 400, "BAD_JSON"},
    {"{\"a\":NaN}", 400, "BAD_JSON"},
    {"{\"a\":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}", 400, "BAD_JSON"},
};

static void api_broken_json_is_refused_by_every_route_with_a_body(void **state)
{
    (void)state;
    const struct fx_api_route *routes = NULL;
    const uint32_t count = fx_api_router_table(&routes);
    const uint64_t before = fx_hash_content(world.kit.engine);
    char path[128];
    for (uint32_t index = 0; index < count; index++) {
        const struct fx_api_route *route = &routes[index];
        const bool is_admin = route->guard == FX_API_GUARD_ADMIN;
        const char *token =
            api_harness_token(&world, is_admin ? API_HARNESS_ADMIN : API_HARNESS_ALICE);
        if (route->body == FX_API_BODY_NONE) {
            continue;
        }
        make_path(route, path, sizeof path);
        const size_t first = route->body == FX_API_BODY_OPTIONAL ? 1 : 0;
        for (size_t at = first; at < sizeof BAD_JSON / sizeof BAD_JSON[0]; at++) {
            (void)api_harness_ask(
                &world, method_name(route->method), path, token, BAD_JSON[at].body);
            expect_code(BAD_JSON[at].status, BAD_JSON[at].code);
        }
        world.content_type = "text/plain";
        (void)api_harness_ask(&world, method_name(route->method), path, token, "{}");
        expect_code(415, "UNSUPPORTED_MEDIA_TYPE");
        world.content_type = "application/json";
    }
    assert_true(before == fx_hash_content(world.kit.engine));
    assert_int_equal(world.wakes, 0);
}

/* body, status, code, field */
static const struct {
    const char *body;
    int status;
    const char *code;
    const char *field;
} BAD_ORDERS[] = {
    {"{}", 400, "BAD_PARAMETER", "symbol"},
    {"{\"symbol\":null}", 400, "BAD_PARAMETER", "symbol"},
    {"{\"symbol\":7}", 400, "BAD_PARAMETER", "symbol"},
    {"{\"symbol\":\"NOPE\"}", 400, "UNKNOWN_SYMBOL", "symbol"},
    {"{\"symbol\":\"btcusdt\"}", 400, "UNKNOWN_SYMBOL", "symbol"},
    {"{\"symbol\":\"BTCUSDT\"}", 400, "BAD_PARAMETER", "side"},
    {"{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"STOP_LIMIT\"}",
     400,
     "BAD_PARAMETER",
     "quantity"},
    {ORDER("true", "100"), 400, "BAD_PARAMETER", "quantity"},
    {ORDER("\"\"", "100"), 400, "BAD_DECIMAL", "quantity"},
    {ORDER("1e400", "100"), 400, "BAD_DECIMAL", "quantity"},
    {ORDER("\"1e1\"", "100"), 400, "BAD_DECIMAL", "quantity"},
    {ORDER("-0", "100"), 400, "BAD_DECIMAL", "quantity"},
    {ORDER("\"+1\"", "100"), 400, "BAD_DECIMAL", "quantity"},
    {ORDER("\" 1\"", "100"), 400, "BAD_DECIMAL", "quantity"},
    {ORDER("\"NaN\"", "100"), 400, "BAD_DECIMAL", "quantity"},
    {ORDER("1234567890123456789012345678901234567", "100"), 400, "BAD_DECIMAL", "quantity"},
    {ORDER("0.0000000000000000001", "100"), 400, "TOO_MANY_DIGITS", "quantity"},
    {ORDER("1", "0.0000000000000000001"), 400, "TOO_MANY_DIGITS", "price"},
    {ORDER("0.0005", "100"), 422, "LOT_SIZE", "quantity"},
    {ORDER("0", "100"), 422, "LOT_SIZE", "quantity"},
    {ORDER("-1", "100"), 422, "LOT_SIZE", "quantity"},
    {ORDER("1000.001", "100"), 422, "LOT_SIZE", "quantity"},
    {ORDER("999999999999999999", "100"), 422, "LOT_SIZE", "quantity"},
    {ORDER("1", "0"), 422, "PRICE_FILTER", "price"},
    {ORDER("1", "-5"), 422, "PRICE_FILTER", "price"},
    {ORDER("1", "99.95"), 422, "PRICE_FILTER", "price"},
    {ORDER("1", "10000.1"), 422, "PRICE_FILTER", "price"},
    {ORDER("0.001", "0.1"), 422, "MIN_NOTIONAL", "quantity"},
};

static void api_bad_orders_name_their_field_and_change_nothing(void **state)
{
    (void)state;
    const uint64_t before = fx_hash_content(world.kit.engine);
    for (size_t index = 0; index < sizeof BAD_ORDERS / sizeof BAD_ORDERS[0]; index++) {
        char field[32];
        API_EXPECT_ERROR(&world,
                         "POST",
                         "/order",
                         1,
                         BAD_ORDERS[index].body,
                         BAD_ORDERS[index].status,
                         BAD_ORDERS[index].code);
        api_harness_member(&world, "field", field, sizeof field);
        assert_string_equal(field, BAD_ORDERS[index].field);
        assert_non_null(strstr(world.body, "\"executed\":\"no\""));
    }
    assert_true(before == fx_hash_content(world.kit.engine));
    assert_int_equal(world.wakes, 0);
}

static void api_large_bodies_are_refused(void **state)
{
    (void)state;
    static char body[66000];
    memset(body, ' ', sizeof body - 1);
    memcpy(body, "{}", 2);
    body[4097] = '\0';
    API_EXPECT_ERROR(&world, "POST", "/order", 1, body, 413, "BODY_TOO_LARGE");
    body[4097] = ' ';
    body[4096] = '\0';
    API_EXPECT_ERROR(&world, "POST", "/order", 1, body, 400, "BAD_PARAMETER");
    body[4096] = ' ';
    body[65536] = '\0';
    API_EXPECT_ERROR(&world, "POST", "/positions/leverage", 1, body, 400, "BAD_PARAMETER");
    body[65536] = ' ';
    API_EXPECT_ERROR(&world, "POST", "/positions/leverage", 1, body, 413, "BODY_TOO_LARGE");
    /* What the codec refuses is said like everything else. */
    assert_non_null(strstr(world.body, "\"number\":107,\"statusCode\":413,"));
    assert_non_null(strstr(world.body, "\"executed\":\"no\",\"retryable\":false,"));
    assert_non_null(strstr(world.body, "\"requestId\":\""));
    assert_non_null(strstr(world.body, "\"serverTime\":"));
    assert_int_equal(api_harness_header(&world, "x-request-id").size, 16);
    assert_true(api_harness_header(&world, "access-control-allow-origin").size > 0);
}

static void api_bad_queries_name_their_parameter(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        const char *code;
        const char *field;
    } CASES[] = {
        {"/order/open?symbol=NOPE", "UNKNOWN_SYMBOL", "symbol"},
        {"/order/open?symbol=%00", "BAD_PARAMETER", NULL},
        {"/order/open?symbol=%zz", "BAD_PARAMETER", NULL},
        {"/order/open?side=BUY&side=SELL", "BAD_PARAMETER", "side"},
        {"/order/open?side=buy", "BAD_PARAMETER", "side"},
        {"/order/open?type=1", "BAD_PARAMETER", "type"},
        {"/order/open?limit=0", "BAD_PARAMETER", "limit"},
        {"/order/open?limit=1001", "BAD_PARAMETER", "limit"},
        {"/order/open?limit=-1", "BAD_PARAMETER", "limit"},
        {"/order/open?limit=99999999999999999999", "BAD_PARAMETER", "limit"},
        {"/order/history?size=1001", "BAD_PARAMETER", "size"},
        {"/order/history?page=0", "BAD_PARAMETER", "page"},
        {"/order/history?page=4294967295&size=1000", "BAD_PARAMETER", "page"},
        {"/order/history?cursor=!!", "BAD_PARAMETER", "cursor"},
        {"/order/history?cursor=AAAA", "BAD_PARAMETER", "cursor"},
        {"/order/history?cursor=AAAAAAAAAAA", "BAD_PARAMETER", "cursor"},
        {"/order/history?cursor=__________8", "BAD_PARAMETER", "cursor"},
        {"/order/history?startTime=x", "BAD_PARAMETER", "startTime"},
        {"/order/history?endTime=99999999999999999", "BAD_PARAMETER", "endTime"},
        {"/order/history?status=DONE", "BAD_PARAMETER", "status"},
        {"/transactions?type=X", "BAD_PARAMETER", "type"},
        {"/trade?orderId=x", "BAD_PARAMETER", "orderId"},
        {"/trade?orderId=18446744073709551615", "BAD_PARAMETER", "orderId"},
        {"/trades", "BAD_PARAMETER", "symbol"},
        {"/trades?symbol=X", "UNKNOWN_SYMBOL", "symbol"},
        {"/trade/NOPE", "UNKNOWN_SYMBOL", "symbol"},
        {"/positions/NOPE", "UNKNOWN_SYMBOL", "symbol"},
        {"/orderbook/NOPE", "UNKNOWN_SYMBOL", "symbol"},
        {"/orderbook/BTCUSDT?limit=4", "BAD_PARAMETER", "limit"},
        {"/orderbook/BTCUSDT?limit=1001", "BAD_PARAMETER", "limit"},
        {"/orderbook/BTCUSDT?group=0", "BAD_PARAMETER", "group"},
        {"/orderbook/BTCUSDT?group=-1", "BAD_PARAMETER", "group"},
        {"/orderbook/BTCUSDT?group=0.15", "BAD_PARAMETER", "group"},
        {"/orderbook/BTCUSDT?group=x", "BAD_DECIMAL", "group"},
        {"/orderbook/BTCUSDT?group=", "BAD_PARAMETER", "group"},
        {"/orderbook/BTCUSDT?group=10000.1", "BAD_PARAMETER", "group"},
        {"/orderbook/group-orderbook/BTCUSDT", "BAD_PARAMETER", "tickSize"},
        {"/orderbook/group-orderbook/BTCUSDT?tickSize=0.05", "BAD_PARAMETER", "tickSize"},
        {"/orderbook/group-orderbook/NOPE?tickSize=1", "UNKNOWN_SYMBOL", "symbol"},
        {"/instruments/symbol/NOPE", "UNKNOWN_SYMBOL", "symbol"},
        {"/ticker?symbol=NOPE", "UNKNOWN_SYMBOL", "symbol"},
        {"/mark-price?symbol=NOPE", "UNKNOWN_SYMBOL", "symbol"},
    };
    for (size_t index = 0; index < sizeof CASES / sizeof CASES[0]; index++) {
        char field[32];
        API_EXPECT_ERROR(&world, "GET", CASES[index].target, 1, NULL, 400, CASES[index].code);
        if (CASES[index].field != NULL) {
            api_harness_member(&world, "field", field, sizeof field);
            assert_string_equal(field, CASES[index].field);
        }
    }
}

static void api_too_many_parameters_are_refused(void **state)
{
    (void)state;
    char target[512] = "/order/open?a0=1";
    size_t size = strlen(target);
    for (int index = 1; index < 33; index++) {
        const int more = snprintf(target + size, sizeof target - size, "&a%d=1", index);
        size += (size_t)more;
        if (index == 31) {
            API_EXPECT(&world, "GET", target, 1, NULL, 200, "{\"data\":[]}");
        }
    }
    API_EXPECT_ERROR(&world, "GET", target, 1, NULL, 400, "BAD_PARAMETER");
}

static void api_parameters_in_query_and_body_contradict(void **state)
{
    (void)state;
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/order/open?symbol=BTCUSDT",
                     1,
                     "{\"symbol\":\"ETHUSDT\"}",
                     400,
                     "BAD_PARAMETER");
    API_EXPECT_ERROR(
        &world, "POST", "/order/open", 1, "{\"symbol\":[\"ETHUSDT\"]}", 400, "BAD_PARAMETER");
    API_EXPECT(
        &world, "POST", "/order/open", 1, "{\"symbol\":null,\"other\":1}", 200, "{\"data\":[]}");
    API_EXPECT(&world, "POST", "/order/open", 1, NULL, 200, "{\"data\":[]}");
}

static void api_settings_bodies_are_strict(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        const char *body;
        int status;
        const char *code;
    } CASES[] = {
        {"/positions/leverage", "{}", 400, "BAD_PARAMETER"},
        {"/positions/leverage", "{\"symbol\":\"NOPE\",\"leverage\":5}", 400, "UNKNOWN_SYMBOL"},
        {"/positions/leverage", "{\"symbol\":\"BTCUSDT\"}", 400, "BAD_PARAMETER"},
        {"/positions/leverage", "{\"symbol\":\"BTCUSDT\",\"leverage\":\"x\"}", 400, "BAD_DECIMAL"},
        {"/positions/leverage", "{\"symbol\":\"BTCUSDT\",\"leverage\":0}", 422, "BAD_LEVERAGE"},
        {"/positions/leverage", "{\"symbol\":\"BTCUSDT\",\"leverage\":1.001}", 422, "BAD_LEVERAGE"},
        {"/positions/leverage",
         "{\"symbol\":\"BTCUSDT\",\"leverage\":99999999999}",
         422,
         "BAD_LEVERAGE"},
        {"/positions/leverage",
         "{\"symbol\":\"BTCUSDT\",\"marginMode\":\"BOTH\"}",
         400,
         "BAD_PARAMETER"},
        {"/marginMode", "{\"instrumentId\":0,\"leverage\":5}", 400, "BAD_PARAMETER"},
        {"/marginMode", "{\"instrumentId\":99,\"leverage\":5}", 400, "UNKNOWN_SYMBOL"},
        {"/marginMode", "{\"instrumentId\":99999,\"leverage\":5}", 400, "UNKNOWN_SYMBOL"},
        {"/positions/margin", "{\"symbol\":\"BTCUSDT\"}", 400, "BAD_PARAMETER"},
        {"/positions/margin",
         "{\"symbol\":\"BTCUSDT\",\"amount\":1,\"positionSide\":\"UP\"}",
         400,
         "BAD_PARAMETER"},
        {"/positions/margin", "{\"symbol\":\"BTCUSDT\",\"amount\":1}", 404, "POSITION_NOT_FOUND"},
        {"/positions/margin", "{\"positionId\":77,\"amount\":1}", 404, "POSITION_NOT_FOUND"},
    };
    const uint64_t before = fx_hash_content(world.kit.engine);
    for (size_t index = 0; index < sizeof CASES / sizeof CASES[0]; index++) {
        API_EXPECT_ERROR(&world,
                         "POST",
                         CASES[index].target,
                         1,
                         CASES[index].body,
                         CASES[index].status,
                         CASES[index].code);
    }
    assert_true(before == fx_hash_content(world.kit.engine));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(api_owns_its_prefix_only),
        T(api_unknown_paths_are_not_found),
        T(api_wrong_methods_are_told_the_right_ones),
        T(api_every_route_refuses_other_methods),
        T(api_head_and_trailing_slash_are_as_get),
        T(api_preflight_is_answered_without_a_token),
        T(api_every_answer_has_its_headers),
        T(api_origins_in_the_list_only_may_read),
        T(api_request_id_is_echoed_if_sane_else_made),
        T(api_guard_matrix_holds_for_every_route),
        T(api_guard_takes_one_scheme_only),
        T(api_guard_asks_each_request_who_it_is),
        T(api_guard_sees_a_lock_within_a_second),
        T(api_broken_json_is_refused_by_every_route_with_a_body),
        T(api_bad_orders_name_their_field_and_change_nothing),
        T(api_large_bodies_are_refused),
        T(api_bad_queries_name_their_parameter),
        T(api_too_many_parameters_are_refused),
        T(api_parameters_in_query_and_body_contradict),
        T(api_settings_bodies_are_strict),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
