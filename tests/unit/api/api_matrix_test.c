/* Every route of the API against every kind of caller, the verdict derived from guard and scope;
 * spot checks by heart; and every id of one user in the hands of another. Made from routes.def. */
#include "api_routes.h"
#include "api_signer.h"

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): made anew for each test
static struct api_harness world;

static int setup(void **state)
{
    (void)state;
    api_harness_init(&world);
    (void)api_signer_insert(&world, "read", API_HARNESS_ALICE, "READ");
    (void)api_signer_insert(&world, "write", API_HARNESS_ALICE, "WRITE");
    (void)api_signer_insert(&world, "trade", API_HARNESS_ALICE, "TRADE");
    (void)api_signer_insert(&world, "transfer", API_HARNESS_ALICE, "TRANSFER");
    (void)api_signer_insert(&world, "admin of a user", API_HARNESS_ALICE, "ADMIN");
    (void)api_signer_insert(&world, "none", API_HARNESS_ALICE, "");
    (void)api_signer_insert(&world, "admin", API_HARNESS_ADMIN, "ADMIN");
    (void)api_signer_insert(
        &world, "plain of an admin", API_HARNESS_ADMIN, "READ,WRITE,TRADE,TRANSFER");
    (void)api_signer_insert(
        &world, "locked", API_HARNESS_LOCKED, "READ,WRITE,TRADE,TRANSFER,ADMIN");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    api_harness_deinit(&world);
    return 0;
}

/* ---- callers ----------------------------------------------------------------------------------
 */

enum right {
    RIGHT_READ = 1,
    RIGHT_WRITE = 2,
    RIGHT_TRADE = 4,
    RIGHT_TRANSFER = 8,
    RIGHT_ADMIN = 16,
    RIGHT_SESSION = 32 /* a login token: everything that its user may */
};

struct caller {
    const char *name;
    const char *key; /* NULL: a token of the user, or nothing */
    uint64_t user_id;
    uint32_t rights;
    bool is_admin;
    bool is_locked;
};

static const struct caller CALLERS[] = {
    {"nobody", NULL, 0, 0, false, false},
    {"user", NULL, API_HARNESS_ALICE, RIGHT_SESSION, false, false},
    {"other user", NULL, API_HARNESS_BOB, RIGHT_SESSION, false, false},
    {"locked user", NULL, API_HARNESS_LOCKED, RIGHT_SESSION, false, true},
    {"admin", NULL, API_HARNESS_ADMIN, RIGHT_SESSION, true, false},
    {"read key", "read", API_HARNESS_ALICE, RIGHT_READ, false, false},
    {"write key", "write", API_HARNESS_ALICE, RIGHT_WRITE, false, false},
    {"trade key", "trade", API_HARNESS_ALICE, RIGHT_TRADE, false, false},
    {"transfer key", "transfer", API_HARNESS_ALICE, RIGHT_TRANSFER, false, false},
    {"user's admin key", "admin of a user", API_HARNESS_ALICE, RIGHT_ADMIN, false, false},
    {"key without rights", "none", API_HARNESS_ALICE, 0, false, false},
    {"admin key", "admin", API_HARNESS_ADMIN, RIGHT_ADMIN, true, false},
    {"admin's plain key",
     "plain of an admin",
     API_HARNESS_ADMIN,
     RIGHT_READ | RIGHT_WRITE | RIGHT_TRADE | RIGHT_TRANSFER,
     true,
     false},
    {"locked user's key",
     "locked",
     API_HARNESS_LOCKED,
     RIGHT_READ | RIGHT_WRITE | RIGHT_TRADE | RIGHT_TRANSFER | RIGHT_ADMIN,
     false,
     true},
};

enum { CALLERS_COUNT = sizeof CALLERS / sizeof CALLERS[0] };

/* The law, as docs/protocol/auth.md has it. */
static bool opens(const struct fx_api_route *route, uint32_t rights)
{
    const bool is_get = route->method == FX_NET_HTTP_METHOD_GET;
    if ((rights & RIGHT_SESSION) != 0) {
        return true;
    }
    switch (route->scope) {
    case FX_API_SCOPE_NONE:
        return true;
    case FX_API_SCOPE_READ:
        return (rights & RIGHT_READ) != 0 || (!is_get && (rights & RIGHT_WRITE) != 0);
    case FX_API_SCOPE_WRITE:
        return (rights & RIGHT_WRITE) != 0;
    case FX_API_SCOPE_TRADE:
    case FX_API_SCOPE_REDUCE:
        return (rights & (RIGHT_TRADE | RIGHT_WRITE)) != 0;
    case FX_API_SCOPE_TRANSFER:
        return (rights & RIGHT_TRANSFER) != 0;
    case FX_API_SCOPE_ADMIN:
        return (rights & RIGHT_ADMIN) != 0;
    case FX_API_SCOPE_SESSION:
    default:
        return false;
    }
}

/* The code that must come, NULL where the caller is let in. */
static const char *verdict_of(const struct fx_api_route *route, const struct caller *caller)
{
    if (route->guard == FX_API_GUARD_PUBLIC) {
        return NULL;
    }
    if (caller->user_id == 0) {
        return "UNAUTHORIZED";
    }
    if (!opens(route, caller->rights)) {
        return "FORBIDDEN";
    }
    if (caller->is_locked) {
        return "USER_LOCKED";
    }
    return route->guard == FX_API_GUARD_ADMIN && !caller->is_admin ? "FORBIDDEN" : NULL;
}

/* A body that no route takes for a request: whoever is let in is told so, and nothing happens. */
static void ask_as(const struct fx_api_route *route, const struct caller *caller)
{
    const struct api_routes_change none = {{NULL, 0}, NULL, NULL};
    struct api_routes_request request;
    char target[1024];
    const char *body = route->body == FX_API_BODY_NONE ? NULL : "[]";
    api_routes_init(&request);
    api_routes_make(&request, route, &none);
    assert_true(fx_str_copy(fx_buf_str(&request.target), target, sizeof target));
    api_routes_deinit(&request);
    const char *method = api_routes_method(route);
    if (caller->key != NULL) {
        (void)api_signer_ask(&world, caller->key, method, target, body);
    } else {
        const char *token =
            caller->user_id == 0 ? NULL : api_harness_token(&world, caller->user_id);
        (void)api_harness_ask(&world, method, target, token, body);
    }
}

static bool is_let_in(void)
{
    char code[64];
    api_routes_code(&world, code);
    return world.code != 401 && strcmp(code, "FORBIDDEN") != 0 && strcmp(code, "USER_LOCKED") != 0;
}

static void matrix_of_routes_and_callers_is_guard_and_scope(void **state)
{
    (void)state;
    const struct fx_api_route *routes = NULL;
    const uint32_t count = fx_api_router_table(&routes);
    const uint64_t before = fx_hash_content(world.kit.engine);
    uint32_t wrong = 0;
    for (uint32_t index = 0; index < count; index++) {
        for (uint32_t at = 0; at < CALLERS_COUNT; at++) {
            char code[64];
            const char *verdict = verdict_of(&routes[index], &CALLERS[at]);
            ask_as(&routes[index], &CALLERS[at]);
            api_routes_code(&world, code);
            const bool is_right = verdict == NULL ? is_let_in() : strcmp(code, verdict) == 0;
            const int status = verdict == NULL                        ? world.code
                               : strcmp(verdict, "UNAUTHORIZED") == 0 ? 401
                                                                      : 403;
            if (!is_right || world.code != status || world.code >= 500) {
                print_error("%s %.*s as %s: %d %s, not %s\n",
                            api_routes_method(&routes[index]),
                            (int)routes[index].path.size,
                            routes[index].path.data,
                            CALLERS[at].name,
                            world.code,
                            code,
                            verdict == NULL ? "let in" : verdict);
                wrong++;
            }
        }
    }
    assert_int_equal(wrong, 0);
    assert_true(before == fx_hash_content(world.kit.engine));
}

/* By heart, so that table and law cannot be wrong together. */
static void matrix_spot_checks_hold(void **state)
{
    (void)state;
    static const struct {
        const char *method;
        const char *target;
        const char *caller;
        int status; /* 0: let in */
    } CASES[] = {
        {"GET", "/ping", "nobody", 0},
        {"GET", "/orderbook/BTCUSDT", "locked user", 0},
        {"GET", "/positions", "nobody", 401},
        {"GET", "/positions", "read key", 0},
        {"GET", "/positions", "write key", 403},
        {"GET", "/positions", "trade key", 403},
        {"GET", "/positions", "locked user", 403},
        {"POST", "/order", "nobody", 401},
        {"POST", "/order", "read key", 403},
        {"POST", "/order", "write key", 0},
        {"POST", "/order", "trade key", 0},
        {"POST", "/order", "transfer key", 403},
        {"POST", "/order", "locked user's key", 403},
        {"POST", "/order/open", "read key", 0},
        {"POST", "/order/open", "write key", 0},
        {"POST", "/order/open", "trade key", 403},
        {"DELETE", "/order/cancel-all", "trade key", 0},
        {"DELETE", "/order/cancel-all", "read key", 403},
        {"POST", "/positions/close", "trade key", 0},
        {"POST", "/account/withdraw", "user", 0},
        {"POST", "/account/withdraw", "write key", 403},
        {"POST", "/account/withdraw", "trade key", 403},
        {"POST", "/account/withdraw", "transfer key", 0},
        {"POST", "/api-keys", "user", 0},
        {"POST", "/api-keys", "write key", 403},
        {"POST", "/api-keys", "admin key", 403},
        {"GET", "/api-keys", "read key", 403},
        {"GET", "/auth/me", "key without rights", 403},
        {"GET", "/auth/me", "admin", 0},
        {"POST", "/auth/password", "user", 0},
        {"POST", "/auth/password", "write key", 403},
        {"POST", "/auth/2fa/disable", "admin key", 403},
        {"GET", "/admin/users", "nobody", 401},
        {"GET", "/admin/users", "user", 403},
        {"GET", "/admin/users", "user's admin key", 403},
        {"GET", "/admin/users", "admin's plain key", 403},
        {"GET", "/admin/users", "admin key", 0},
        {"GET", "/admin/users", "admin", 0},
        {"POST", "/admin/deposits", "user", 403},
        {"POST", "/admin/deposits", "transfer key", 403},
        {"POST", "/admin/halts", "admin's plain key", 403},
    };
    for (size_t index = 0; index < sizeof CASES / sizeof CASES[0]; index++) {
        char path[128];
        (void)snprintf(path, sizeof path, "/api/v1%s", CASES[index].target);
        const struct caller *caller = NULL;
        for (uint32_t at = 0; at < CALLERS_COUNT; at++) {
            caller = strcmp(CALLERS[at].name, CASES[index].caller) == 0 ? &CALLERS[at] : caller;
        }
        assert_non_null(caller);
        const bool is_get = strcmp(CASES[index].method, "GET") == 0;
        const bool is_post = strcmp(CASES[index].method, "POST") == 0;
        const enum fx_net_http_method method = is_get    ? FX_NET_HTTP_METHOD_GET
                                               : is_post ? FX_NET_HTTP_METHOD_POST
                                                         : FX_NET_HTTP_METHOD_DELETE;
        const struct fx_api_router_match match = fx_api_router_find(method, fx_str_of(path));
        assert_non_null(match.route);
        ask_as(match.route, caller);
        if (CASES[index].status == 0 ? !is_let_in() : world.code != CASES[index].status) {
            print_error("%s %s as %s: %d\n",
                        CASES[index].method,
                        CASES[index].target,
                        CASES[index].caller,
                        world.code);
            fail();
        }
    }
}

/* ---- ids of others ----------------------------------------------------------------------------
 */

#define ALICES(side, price, name)                                                                  \
    "{\"symbol\":\"BTCUSDT\",\"side\":\"" side                                                     \
    "\",\"type\":\"LIMIT\",\"quantity\":2,\"price\":" price ",\"clientOrderId\":\"" name "\"}"
#define BOBS                                                                                       \
    "{\"symbol\":\"BTCUSDT\",\"side\":\"SELL\",\"type\":\"LIMIT\",\"quantity\":1,\"price\":100}"

/* What is alice's, and what bob may never get by it. */
struct loot {
    char order_id[32];
    char tmp_id[32];
    char position_id[32];
    char key_id[32];
};

static void make_loot(struct loot *loot)
{
    API_EXPECT(&world, "POST", "/order", 2, BOBS, 202, NULL);
    API_EXPECT(&world, "POST", "/order?wait=result", 1, ALICES("BUY", "100", "alices"), 201, NULL);
    api_harness_member(&world, "id", loot->order_id, sizeof loot->order_id);
    api_harness_member(&world, "tmpId", loot->tmp_id, sizeof loot->tmp_id);
    API_EXPECT(&world, "GET", "/positions", 1, NULL, 200, NULL);
    api_harness_member(&world, "id", loot->position_id, sizeof loot->position_id);
    API_EXPECT(&world, "GET", "/api-keys", 1, NULL, 200, NULL);
    api_harness_member(&world, "id", loot->key_id, sizeof loot->key_id);
}

static bool is_alices(void)
{
    return strstr(world.body, "\"userId\":1,") != NULL || strstr(world.body, "alice") != NULL;
}

/* Bob asks with one of alice's ids: he gets nothing of hers, and nothing of hers changes. */
static void ask_with(const struct fx_api_route *route,
                     const struct fx_api_schema_use *use,
                     const char *id)
{
    char json[64];
    const bool is_list = fx_str_is_equal(use->param->type, FX_STR("text[]"));
    (void)snprintf(json, sizeof json, is_list ? "[\"%s\"]" : "\"%s\"", id);
    const struct api_routes_change change = {use->key, id, json};
    struct api_routes_request request;
    const uint64_t before = fx_hash_content(world.kit.engine);
    api_routes_init(&request);
    api_routes_make(&request, route, &change);
    const int status =
        api_routes_ask(&world, route, &request, api_harness_token(&world, API_HARNESS_BOB));
    const bool is_empty = strcmp(world.body, "{\"data\":[]}") == 0 ||
                          strncmp(world.body, "{\"data\":[{\"code\":", 17) == 0;
    if (is_alices() || status >= 500 || (status < 300 && !is_empty)) {
        print_error("%s %.*s %.*s -> %d %s\n",
                    api_routes_method(route),
                    (int)request.target.size,
                    request.target.data,
                    (int)request.body.size,
                    request.body.size == 0 ? "" : request.body.data,
                    status,
                    world.body);
        fail();
    }
    api_routes_deinit(&request);
    assert_true(before == fx_hash_content(world.kit.engine));
}

static void matrix_ids_of_others_lead_nowhere(void **state)
{
    (void)state;
    static const char *const KEYS[] = {
        "id", "id.order", "ids", "clientOrderIds", "orderId", "positionId"};
    struct loot loot;
    const struct fx_api_route *routes = NULL;
    const uint32_t count = fx_api_router_table(&routes);
    uint32_t asked = 0;
    make_loot(&loot);
    const char *const ids[] = {loot.order_id, loot.tmp_id, loot.position_id, loot.key_id, "alices"};
    for (uint32_t index = 0; index < count; index++) {
        fx_str rest = routes[index].params;
        struct fx_api_schema_use use;
        while (routes[index].guard == FX_API_GUARD_USER && fx_api_schema_next_param(&rest, &use)) {
            bool is_id = false;
            for (size_t key = 0; key < sizeof KEYS / sizeof KEYS[0]; key++) {
                is_id = is_id || fx_str_is_equal(use.key, fx_str_of(KEYS[key]));
            }
            for (size_t at = 0; is_id && at < sizeof ids / sizeof ids[0]; at++) {
                ask_with(&routes[index], &use, ids[at]);
                asked++;
            }
        }
    }
    assert_true(asked >= 30);
    /* All of it is there, and alice's. */
    char target[64];
    (void)snprintf(target, sizeof target, "/order/%s", loot.order_id);
    API_EXPECT(&world, "GET", target, 1, NULL, 200, NULL);
    assert_true(is_alices());
    assert_int_equal(api_signer_ask(&world, "read", "GET", "/positions", NULL), 200);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(matrix_of_routes_and_callers_is_guard_and_scope),
        T(matrix_spot_checks_hold),
        T(matrix_ids_of_others_lead_nowhere),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
