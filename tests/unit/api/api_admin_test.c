/* api/api_admin*, api_witness: what admins do, what it does, and that the audit log knows. */
#include "api/api_int.h"
#include "api_harness.h"
#include "store/store_audit.h"
#include "store/store_fee.h"
#include "store/store_int.h"

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): made anew for each test
static struct api_harness world;

static uint64_t kicked;

#define ADMIN API_HARNESS_ADMIN
#define ALICE API_HARNESS_ALICE
#define BOB   API_HARNESS_BOB

static void on_revoked(void *self, uint64_t user_id)
{
    (void)self;
    kicked = user_id;
}

static int setup(void **state)
{
    const struct fx_api_options options = {.on_revoked = on_revoked};
    (void)state;
    kicked = 0;
    api_harness_init_with(&world, &options);
    return 0;
}

static int teardown(void **state)
{
    struct fx_store_audit_report report;
    (void)state;
    assert_int_equal(fx_store_audit_verify(world.store, &report), FX_OK);
    assert_int_equal(report.bad_id, 0);
    api_harness_deinit(&world);
    return 0;
}

/* The row `back` rows before the newest one. */
static void expect_row(uint32_t back, const char *action, const char *subject, const char *outcome)
{
    struct fx_store_audit rows[4];
    uint32_t count = 0;
    const struct fx_store_audit_query query = {.page = {.limit = 4}};
    assert_true(back < 4);
    assert_int_equal(fx_store_audit_list(world.store, &query, rows, &count), FX_OK);
    assert_true(count > back);
    assert_string_equal(rows[back].action, action);
    assert_string_equal(rows[back].subject, subject);
    assert_string_equal(rows[back].outcome, outcome);
    assert_int_equal(rows[back].user_id, ADMIN);
}

static uint64_t count_rows(void)
{
    struct fx_store_audit_report report;
    assert_int_equal(fx_store_audit_verify(world.store, &report), FX_OK);
    assert_int_equal(report.bad_id, 0);
    return report.count;
}

static void update(uint64_t user_id, const char *body)
{
    char target[64];
    (void)snprintf(target, sizeof target, "/admin/users/%u", (unsigned)user_id);
    API_EXPECT(&world, "PUT", target, ADMIN, body, 200, NULL);
}

static uint32_t flags_of(uint64_t user_id)
{
    const struct fx_rows_account *account = fx_view_account(world.view, user_id, FX_STR("USDT"));
    assert_non_null(account);
    return account->flags;
}

static void order(uint64_t user_id, const char *side, int status)
{
    char body[256];
    (void)snprintf(body,
                   sizeof body,
                   "{\"symbol\":\"BTCUSDT\",\"side\":\"%s\",\"type\":\"LIMIT\",\"quantity\":\"1\","
                   "\"price\":\"100\"}",
                   side);
    API_EXPECT(&world, "POST", "/order", user_id, body, status, NULL);
}

/* ---- who may ----------------------------------------------------------------------------------
 */

static void make_path(const struct fx_api_route *route, char *path, size_t capacity)
{
    const size_t colon = fx_str_find(route->path, ':', 0);
    size_t size = 0;
    for (size_t index = 0; index < route->path.size && size + 1 < capacity; index++) {
        if (index == colon) {
            path[size++] = '1';
            while (index + 1 < route->path.size && route->path.data[index + 1] != '/') {
                index++;
            }
        } else {
            path[size++] = route->path.data[index];
        }
    }
    path[size] = '\0';
}

static void api_admin_routes_are_for_admins_only(void **state)
{
    static const char *const METHODS[] = {"", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
    (void)state;
    const struct fx_api_route *routes = NULL;
    const uint32_t count = fx_api_router_table(&routes);
    uint32_t seen = 0;
    for (uint32_t index = 0; index < count; index++) {
        const struct fx_api_route *route = &routes[index];
        char path[128];
        if (!fx_str_has_prefix(route->path, FX_STR("/admin"))) {
            assert_int_not_equal(route->guard, FX_API_GUARD_ADMIN);
            continue;
        }
        seen++;
        assert_int_equal(route->guard, FX_API_GUARD_ADMIN);
        assert_int_equal(route->scope, FX_API_SCOPE_ADMIN);
        make_path(route, path, sizeof path);
        const char *method = METHODS[route->method];
        API_EXPECT_ERROR(&world, method, path, 0, "{}", 401, "UNAUTHORIZED");
        API_EXPECT_ERROR(&world, method, path, ALICE, "{}", 403, "FORBIDDEN");
        API_EXPECT_ERROR(&world, method, path, API_HARNESS_LOCKED, "{}", 403, "USER_LOCKED");
        (void)api_harness_ask(&world, method, path, api_harness_token(&world, ADMIN), "{}");
        assert_int_not_equal(world.code, 401);
        assert_int_not_equal(world.code, 403);
    }
    assert_true(seen >= 16);
}

/* ---- users ------------------------------------------------------------------------------------
 */

static void api_admin_user_is_made_with_what_was_said(void **state)
{
    (void)state;
    char id[16];
    char uid[32];
    char target[128];
    API_EXPECT(&world,
               "POST",
               "/admin/users",
               ADMIN,
               "{\"email\":\"Maker@x\",\"password\":\"12345678\",\"isMarketMaker\":true,"
               "\"isBot\":true,\"enableTradingFee\":false}",
               201,
               NULL);
    api_harness_member(&world, "id", id, sizeof id);
    api_harness_member(&world, "uid", uid, sizeof uid);
    expect_row(0, "admin.user.create", "user:7", "OK");
    assert_string_equal(id, "7");
    assert_int_equal(flags_of(7),
                     FX_ACCOUNT_FLAG_MARKET_MAKER | FX_ACCOUNT_FLAG_BOT | FX_ACCOUNT_FLAG_NO_FEE);
    API_EXPECT(&world,
               "POST",
               "/auth/login",
               0,
               "{\"email\":\"maker@x\",\"password\":\"12345678\"}",
               200,
               NULL);
    API_EXPECT(&world, "GET", "/admin/users?email=maker@x", ADMIN, NULL, 200, NULL);
    assert_non_null(strstr(world.body, uid));
    (void)snprintf(target, sizeof target, "/admin/users?uid=%s", uid);
    API_EXPECT(&world, "GET", target, ADMIN, NULL, 200, NULL);
    assert_non_null(strstr(world.body, "maker@x"));
    API_EXPECT(&world, "GET", "/admin/users?email=nobody@x", ADMIN, NULL, 200, "{\"data\":[]}");
    API_EXPECT(&world, "GET", "/admin/users?limit=3", ADMIN, NULL, 200, NULL);
    assert_non_null(strstr(world.body, "nextCursor"));
    assert_null(strstr(world.body, "$2b$"));
    API_EXPECT(&world, "GET", "/admin/users/7", ADMIN, NULL, 200, NULL);
    API_EXPECT_ERROR(&world, "GET", "/admin/users/99", ADMIN, NULL, 404, "NOT_FOUND");
    API_EXPECT_ERROR(&world, "GET", "/admin/users/x", ADMIN, NULL, 404, "NOT_FOUND");
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/admin/users",
                     ADMIN,
                     "{\"email\":\"maker@x\",\"password\":\"12345678\"}",
                     409,
                     "EXISTS");
}

static void api_admin_bad_user_changes_nothing(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {{"{\"role\":\"root\"}", "role"},
                                           {"{\"role\":1}", "role"},
                                           {"{\"isLocked\":\"yes\"}", "isLocked"},
                                           {"{\"status\":\"active\"}", "status"},
                                           {"{\"status\":\"AAAAAAAAAAAAAAAA\"}", "status"},
                                           {"{\"userType\":\"A1\"}", "userType"},
                                           {"{\"allowTrade\":1}", "allowTrade"},
                                           {"{\"isBot\":\"no\"}", "isBot"},
                                           {"{\"isBot\":[true]}", "isBot"}};
    const uint64_t rows = count_rows();
    for (size_t index = 0; index < sizeof CASES / sizeof CASES[0]; index++) {
        char field[32];
        API_EXPECT_ERROR(
            &world, "PUT", "/admin/users/1", ADMIN, CASES[index][0], 400, "BAD_PARAMETER");
        api_harness_member(&world, "field", field, sizeof field);
        assert_string_equal(field, CASES[index][1]);
    }
    assert_int_equal(count_rows(), rows);
    assert_int_equal(world.queued, 0);
}

static void api_admin_role_opens_and_closes_the_doors(void **state)
{
    (void)state;
    API_EXPECT(&world, "GET", "/admin/users/1", ALICE, NULL, 403, NULL);
    update(ALICE, "{\"role\":\"admin\"}");
    expect_row(0, "admin.user.update", "user:1", "OK");
    API_EXPECT(&world, "GET", "/admin/users/1", ALICE, NULL, 200, NULL);
    update(ALICE, "{\"role\":\"user\"}");
    API_EXPECT(&world, "GET", "/admin/users/1", ALICE, NULL, 403, NULL);
}

static void api_admin_lock_ends_tokens_and_sockets_at_once(void **state)
{
    (void)state;
    char refresh[64];
    char body[128];
    API_EXPECT(&world,
               "POST",
               "/auth/login",
               0,
               "{\"email\":\"alice@example.org\",\"password\":\"correct \\\"horse\\\"\"}",
               200,
               NULL);
    api_harness_member(&world, "refreshToken", refresh, sizeof refresh);
    API_EXPECT(&world, "GET", "/auth/me", ALICE, NULL, 200, NULL);
    update(ALICE, "{\"isLocked\":\"LOCKED\"}");
    assert_int_equal(kicked, ALICE);
    API_EXPECT(&world, "GET", "/auth/me", ALICE, NULL, 401, NULL); /* no clock has moved */
    (void)snprintf(body, sizeof body, "{\"refreshToken\":\"%s\"}", refresh);
    API_EXPECT(&world, "POST", "/auth/refresh", 0, body, 401, NULL);
    update(ALICE, "{\"isLocked\":\"UNLOCKED\"}");
    /* What was given out before stays void. */
    API_EXPECT_ERROR(&world, "GET", "/auth/me", ALICE, NULL, 401, "TOKEN_REVOKED");
    API_EXPECT(&world,
               "POST",
               "/auth/login",
               0,
               "{\"email\":\"alice@example.org\",\"password\":\"correct \\\"horse\\\"\"}",
               200,
               NULL);
}

static void api_admin_status_other_than_active_keeps_out(void **state)
{
    (void)state;
    update(BOB, "{\"status\":\"SUSPENDED\"}");
    assert_int_equal(kicked, BOB);
    API_EXPECT(&world, "GET", "/auth/me", BOB, NULL, 401, NULL);
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/auth/login",
                     0,
                     "{\"email\":\"bob@example.org\",\"password\":\"correct \\\"horse\\\"\"}",
                     403,
                     "USER_INACTIVE");
}

static void api_admin_allow_trade_reaches_the_engine(void **state)
{
    (void)state;
    order(ALICE, "BUY", 202);
    update(ALICE, "{\"allowTrade\":false}");
    assert_int_equal(flags_of(ALICE), FX_ACCOUNT_FLAG_TRADE_BLOCKED);
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/order",
                     ALICE,
                     "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\","
                     "\"quantity\":\"1\",\"price\":\"100\"}",
                     403,
                     "TRADING_NOT_ALLOWED");
    /* The engine by itself says so too, whatever the door let through. */
    (void)ENGINE_KIT_PLACE(
        &world.kit, .user_id = ALICE, .side = FX_SIDE_BUY, .ticks = 1000, .lots = 1000);
    assert_int_equal(world.kit.result.reject.status, FX_TRADING_NOT_ALLOWED);
    API_EXPECT(&world, "DELETE", "/order/cancel-all", ALICE, NULL, 200, NULL); /* cancels pass */
    update(ALICE, "{\"allowTrade\":true}");
    assert_int_equal(flags_of(ALICE), 0);
    order(ALICE, "BUY", 202);
}

/* The fee of the user's newest trade as GET /trade shows it. */
static void newest_fee(uint64_t user_id, char fee_out[48])
{
    API_EXPECT(&world, "GET", "/trade?limit=1", user_id, NULL, 200, NULL);
    api_harness_member(&world, "fee", fee_out, 48);
}

static void api_admin_trading_fee_is_paid_or_not(void **state)
{
    (void)state;
    char fee[48];
    API_EXPECT(
        &world, "PUT", "/admin/instruments/BTCUSDT", ADMIN, "{\"takerFee\":\"0.001\"}", 200, NULL);
    order(ALICE, "SELL", 202);
    order(BOB, "BUY", 202);
    newest_fee(BOB, fee);
    assert_string_equal(fee, "0.1");
    update(BOB, "{\"enableTradingFee\":false}");
    assert_int_equal(flags_of(BOB), FX_ACCOUNT_FLAG_NO_FEE);
    order(ALICE, "SELL", 202);
    order(BOB, "BUY", 202);
    newest_fee(BOB, fee);
    assert_string_equal(fee, "0");
}

static void api_admin_fees_of_one_user_are_set_and_taken_back(void **state)
{
    (void)state;
    char fee[48];
    API_EXPECT(
        &world, "GET", "/admin/users/2/fees", ADMIN, NULL, 200, "{\"userId\":2,\"hasFees\":false}");
    API_EXPECT(&world,
               "PUT",
               "/admin/users/2/fees",
               ADMIN,
               "{\"makerFee\":\"-0.0001\",\"takerFee\":0.01}",
               200,
               "{\"userId\":2,\"hasFees\":true,\"makerFee\":\"-0.0001\",\"takerFee\":\"0.01\"}");
    expect_row(0, "admin.fees.set", "user:2", "OK");
    order(ALICE, "SELL", 202);
    order(BOB, "BUY", 202);
    newest_fee(BOB, fee);
    assert_string_equal(fee, "1"); /* 1 % of 100 */
    API_EXPECT(&world,
               "DELETE",
               "/admin/users/2/fees",
               ADMIN,
               NULL,
               200,
               "{\"userId\":2,\"hasFees\":false}");
    expect_row(0, "admin.fees.remove", "user:2", "OK");
    order(ALICE, "SELL", 202);
    order(BOB, "BUY", 202);
    newest_fee(BOB, fee);
    assert_string_not_equal(fee, "1");
    static const char *const BAD[] = {"{}",
                                      "{\"makerFee\":\"0.1\"}",
                                      "{\"makerFee\":\"0.1\",\"takerFee\":\"2\"}",
                                      "{\"makerFee\":\"0.1\",\"takerFee\":\"1e-3\"}",
                                      "{\"makerFee\":\"0.1\",\"takerFee\":\"0.0000000001\"}",
                                      "{\"makerFee\":\"-0.2\",\"takerFee\":\"0.1\"}"};
    for (size_t index = 0; index < sizeof BAD / sizeof BAD[0]; index++) {
        API_EXPECT(&world, "PUT", "/admin/users/2/fees", ADMIN, BAD[index], 400, NULL);
    }
}

static void api_admin_maker_and_bot_are_known_to_the_engine(void **state)
{
    (void)state;
    update(ALICE, "{\"isMarketMaker\":true}");
    assert_int_equal(flags_of(ALICE), FX_ACCOUNT_FLAG_MARKET_MAKER);
    update(ALICE, "{\"isBot\":true}"); /* and what is not said stays */
    assert_int_equal(flags_of(ALICE), FX_ACCOUNT_FLAG_MARKET_MAKER | FX_ACCOUNT_FLAG_BOT);
    API_EXPECT(&world, "GET", "/auth/me", ALICE, NULL, 200, NULL);
    assert_non_null(strstr(world.body, "\"isMarketMaker\":true,\"isBot\":true"));
}

static void api_admin_restricted_user_has_no_keys(void **state)
{
    (void)state;
    static const char BODY[] = "{\"scopes\":[\"READ\"]}";
    API_EXPECT(&world, "POST", "/api-keys", ALICE, BODY, 201, NULL);
    update(ALICE, "{\"userType\":\"RESTRICTED\"}");
    API_EXPECT_ERROR(&world, "POST", "/api-keys", ALICE, BODY, 403, "FORBIDDEN");
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/account/withdraw",
                     ALICE,
                     "{\"asset\":\"USDT\",\"amount\":\"1\"}",
                     403,
                     "FORBIDDEN");
    order(ALICE, "BUY", 202);
}

static void api_admin_does_not_shut_himself_out(void **state)
{
    (void)state;
    static const char *const BODIES[] = {
        "{\"role\":\"user\"}", "{\"isLocked\":\"LOCKED\"}", "{\"status\":\"GONE\"}"};
    for (size_t index = 0; index < sizeof BODIES / sizeof BODIES[0]; index++) {
        API_EXPECT_ERROR(&world, "PUT", "/admin/users/4", ADMIN, BODIES[index], 403, "FORBIDDEN");
    }
    update(ADMIN, "{\"allowTrade\":false}");
}

/* ---- money ------------------------------------------------------------------------------------
 */

static void api_admin_deposit_is_noted_before_and_after(void **state)
{
    (void)state;
    API_EXPECT(&world,
               "POST",
               "/admin/deposits",
               ADMIN,
               "{\"userId\":2,\"asset\":\"USDT\",\"amount\":\"0.000000000000000001\"}",
               200,
               NULL);
    assert_non_null(strstr(world.body, "\"balance\":\"1000000.000000000000000001\""));
    expect_row(0, "admin.deposit", "user:2", "OK");
    expect_row(1, "admin.deposit", "user:2", "BEGIN");
    API_EXPECT(&world,
               "POST",
               "/admin/withdrawals",
               ADMIN,
               "{\"userId\":2,\"asset\":\"USDT\",\"amount\":\"1000000\"}",
               200,
               NULL);
    assert_non_null(strstr(world.body, "\"balance\":\"0.000000000000000001\""));
    expect_row(0, "admin.withdraw", "user:2", "OK");
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/admin/withdrawals",
                     ADMIN,
                     "{\"userId\":2,\"asset\":\"USDT\",\"amount\":\"1\"}",
                     422,
                     "INSUFFICIENT_BALANCE");
    expect_row(0, "admin.withdraw", "user:2", "INSUFFICIENT_BALANCE");
    expect_row(1, "admin.withdraw", "user:2", "BEGIN");
    API_EXPECT(&world, "GET", "/transactions?type=DEPOSIT", BOB, NULL, 200, NULL);
    assert_non_null(strstr(world.body, "\"amount\":\"0.000000000000000001\""));
}

static void api_admin_deposit_makes_the_account(void **state)
{
    (void)state;
    API_EXPECT(&world,
               "POST",
               "/admin/deposits",
               ADMIN,
               "{\"userId\":6,\"asset\":\"USDT\",\"amount\":5,\"type\":\"REWARD\","
               "\"isReward\":true}",
               200,
               NULL);
    assert_non_null(strstr(world.body, "\"rewardBalance\":\"5\""));
}

static void api_admin_deposit_is_booked_once_per_name(void **state)
{
    (void)state;
    static const char BODY[] =
        "{\"userId\":2,\"asset\":\"USDT\",\"amount\":\"5\",\"clientTransferId\":\"wire-7\"}";
    for (int round = 0; round < 2; round++) {
        API_EXPECT(&world, "POST", "/admin/deposits", ADMIN, BODY, 200, NULL);
        assert_non_null(strstr(world.body, "\"balance\":\"1000005\""));
        assert_int_equal(world.kit.result.is_repeated, round);
        expect_row(0, "admin.deposit", "user:2", "OK");
    }
    API_EXPECT_ERROR(
        &world, "POST", "/admin/withdrawals", ADMIN, BODY, 409, "DUPLICATE_CLIENT_ORDER_ID");
    /* The account that it makes is there when the name is looked for. */
    API_EXPECT(&world,
               "POST",
               "/admin/deposits",
               ADMIN,
               "{\"userId\":6,\"asset\":\"USDT\",\"amount\":5,\"clientTransferId\":\"wire-7\"}",
               200,
               NULL);
    assert_non_null(strstr(world.body, "\"balance\":\"5\""));
}

static void api_admin_bad_deposits_reach_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        int status;
    } CASES[] = {
        {"{}", 400},
        {"{\"userId\":2,\"asset\":\"USDT\"}", 400},
        {"{\"userId\":2,\"asset\":\"USDT\",\"amount\":\"1\",\"clientTransferId\":\"\"}", 400},
        {"{\"userId\":2,\"asset\":\"USDT\",\"amount\":\"0\"}", 400},
        {"{\"userId\":2,\"asset\":\"USDT\",\"amount\":\"-1\"}", 400},
        {"{\"userId\":2,\"asset\":\"USDT\",\"amount\":\"1e3\"}", 400},
        {"{\"userId\":2,\"asset\":\"USDT\",\"amount\":\"0.0000000000000000001\"}", 400},
        {"{\"userId\":2,\"asset\":\"USDT\",\"amount\":\"1000000000000000000000\"}", 400},
        {"{\"userId\":99,\"asset\":\"USDT\",\"amount\":\"1\"}", 404},
        {"{\"userId\":0,\"asset\":\"USDT\",\"amount\":\"1\"}", 400},
        {"{\"userId\":2,\"asset\":\"usdt\",\"amount\":\"1\"}", 400},
        {"{\"userId\":2,\"asset\":\"DOGE\",\"amount\":\"1\"}", 404},
        {"{\"userId\":2,\"asset\":\"USDT\",\"amount\":\"1\",\"type\":\"TRADING_FEE\"}", 400},
        {"{\"userId\":2,\"asset\":\"USDT\",\"amount\":\"1\",\"type\":\"WITHDRAWAL\"}", 400},
        {"{\"userId\":2,\"asset\":\"USDT\",\"amount\":\"1\",\"isReward\":1}", 400}};
    const uint64_t rows = count_rows();
    for (size_t index = 0; index < sizeof CASES / sizeof CASES[0]; index++) {
        API_EXPECT(
            &world, "POST", "/admin/deposits", ADMIN, CASES[index].body, CASES[index].status, NULL);
    }
    assert_int_equal(count_rows(), rows);
    assert_int_equal(world.takes, 0);
}

/* A request of the admin, up to the moment at which its command waits for an engine that stands. */
static void send_and_stall(const char *method, const char *target, const char *body)
{
    world.is_stalled = true;
    api_harness_send(&world, method, target, api_harness_token(&world, ADMIN), fx_str_of(body));
    for (uint32_t turn = 0; turn < API_HARNESS_TURNS_MAX && world.queued == 0; turn++) {
        api_harness_turn(&world);
        struct pollfd nothing = {.fd = -1};
        (void)poll(&nothing, 0, 1);
    }
    assert_int_equal(world.queued, 1);
}

static void api_admin_full_intake_and_time_out_are_noted(void **state)
{
    (void)state;
    static const char BODY[] = "{\"userId\":2,\"asset\":\"USDT\",\"amount\":\"1\"}";
    world.is_full = true;
    API_EXPECT_ERROR(&world, "POST", "/admin/deposits", ADMIN, BODY, 503, "BUSY");
    expect_row(0, "admin.deposit", "user:2", "BUSY");
    expect_row(1, "admin.deposit", "user:2", "BEGIN");
    world.is_full = false;
    send_and_stall("POST", "/admin/deposits", BODY);
    world.now_ms += 10000;
    fx_api_tick(world.api);
    api_harness_receive(&world);
    assert_int_equal(world.code, 504);
    assert_non_null(strstr(world.body, "\"executed\":\"unknown\""));
    expect_row(0, "admin.deposit", "user:2", "TIMEOUT");
    world.is_stalled = false;
    api_harness_turn(&world);
}

/* Fees that are in the table reach the engine, though a RESULT got lost or the intake was full. */
static void api_admin_fees_left_half_done_are_made_good(void **state)
{
    (void)state;
    static const char BODY[] = "{\"makerFee\":\"0.0003\",\"takerFee\":\"0.0007\"}";
    fx_api_tick(world.api); /* the walk after the start is over */
    api_harness_turn(&world);
    send_and_stall("PUT", "/admin/users/2/fees", BODY);
    world.queued = 0; /* the command is lost */
    fx_api_tick(world.api);
    assert_int_equal(world.queued, 0); /* it is not late yet */
    world.now_ms += 10000;
    world.is_full = true;
    fx_api_tick(world.api);
    api_harness_receive(&world);
    assert_int_equal(world.code, 504);
    assert_int_equal(world.queued, 0);
    world.is_full = false;
    fx_api_tick(world.api);
    assert_int_equal(world.queued, 1);
    assert_int_equal(world.queue[0].kind, FX_COMMAND_SET_ACCOUNT);
    assert_int_equal(world.queue[0].user_id, 2);
    assert_int_equal(world.queue[0].u.account.maker_fee_ppb, 300000);
    assert_int_equal(world.queue[0].u.account.taker_fee_ppb, 700000);
    world.is_stalled = false;
    api_harness_turn(&world);
    fx_api_tick(world.api);
    assert_int_equal(world.queued, 0); /* once */
    API_EXPECT(&world, "PUT", "/admin/users/2/fees", ADMIN, BODY, 200, NULL);
    world.now_ms += 10000;
    fx_api_tick(world.api);
    assert_int_equal(world.queued, 0); /* what came to its end needs nothing */
}

static void execute(const char *sql)
{
    uint64_t changed = 0;
    fx_store_sql(world.store, fx_str_of(sql));
    assert_int_equal(fx_store_execute(world.store, NULL, 0, &changed), FX_OK);
}

/* The commands are done, but the tables cannot be read: that is not "nothing has changed". */
static void api_admin_what_cannot_be_read_back_is_unknown(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        const char *body;
        const char *hide;
        const char *show;
    } CASES[] = {
        {"/admin/users/2",
         "{\"allowTrade\":false}",
         "ALTER TABLE `users` RENAME COLUMN `uid` TO `hidden`",
         "ALTER TABLE `users` RENAME COLUMN `hidden` TO `uid`"},
        {"/admin/users/2/fees",
         "{\"makerFee\":\"0\",\"takerFee\":\"0\"}",
         "ALTER TABLE `user_fees` RENAME COLUMN `takerFee` TO `hidden`",
         "ALTER TABLE `user_fees` RENAME COLUMN `hidden` TO `takerFee`"},
    };
    fx_api_tick(world.api); /* the walk after the start is over */
    api_harness_turn(&world);
    for (size_t index = 0; index < sizeof CASES / sizeof CASES[0]; index++) {
        send_and_stall("PUT", CASES[index].target, CASES[index].body);
        execute(CASES[index].hide);
        world.is_stalled = false;
        api_harness_receive(&world);
        execute(CASES[index].show);
        assert_int_equal(world.code, 500);
        assert_non_null(strstr(world.body, "\"executed\":\"unknown\""));
        assert_int_equal(world.kit.result.is_changed, 1);
    }
}

static void api_admin_without_a_writer_does_nothing(void **state)
{
    (void)state;
    struct fx_api_writer *writer = world.api->writer;
    world.api->writer = NULL;
    API_EXPECT(&world,
               "POST",
               "/admin/deposits",
               ADMIN,
               "{\"userId\":2,\"asset\":\"USDT\",\"amount\":\"1\"}",
               501,
               NULL);
    world.api->writer = writer;
    assert_int_equal(world.takes, 0);
}

/* ---- instruments ------------------------------------------------------------------------------
 */

static const char NEW[] =
    "{\"symbol\":\"SOLUSDT\",\"baseUnderlying\":\"SOL\",\"quoteCurrency\":\"USDT\","
    "\"settleCurrency\":\"USDT\",\"tickSize\":\"0.01\",\"lotSize\":\"0.1\",\"minQty\":\"0.1\","
    "\"maxQty\":\"10000\",\"maxMarketQty\":\"1000\",\"maxPrice\":\"100000\",\"makerFee\":\"0.0002\","
    "\"takerFee\":\"0.0005\",\"maxLeverage\":50,\"maxOrders\":100,\"maxAlgoOrders\":10,"
    "\"minNotional\":\"1\",\"marketTakeBound\":\"0.05\"}";

/* Of two that race the second is no change of what the first has made. */
static void api_admin_instrument_is_made_once(void **state)
{
    (void)state;
    world.is_stalled = true;
    api_harness_send(
        &world, "POST", "/admin/instruments", api_harness_token(&world, ADMIN), FX_STR(NEW));
    const int waiting = world.fd;
    const struct fx_net_http_client client = world.client;
    api_harness_connect(&world);
    for (uint32_t turn = 0; turn < API_HARNESS_TURNS_MAX && world.queued == 0; turn++) {
        api_harness_turn(&world);
        struct pollfd nothing = {.fd = -1};
        (void)poll(&nothing, 0, 1);
    }
    assert_int_equal(world.queued, 1);
    API_EXPECT_ERROR(&world, "POST", "/admin/instruments", ADMIN, NEW, 409, "EXISTS");
    assert_int_equal(world.queued, 1);
    fx_net_http_client_deinit(&world.client);
    (void)close(world.fd);
    world.fd = waiting;
    world.client = client;
    world.is_stalled = false;
    api_harness_receive(&world);
    assert_int_equal(world.code, 201);
    assert_non_null(strstr(world.body, "\"symbol\":\"SOLUSDT\""));
}

static void api_admin_instrument_is_made_opened_and_traded(void **state)
{
    (void)state;
    API_EXPECT(&world, "POST", "/admin/instruments", ADMIN, NEW, 201, NULL);
    assert_non_null(strstr(world.body, "\"symbol\":\"SOLUSDT\""));
    assert_non_null(strstr(world.body, "\"state\":\"PENDING\""));
    expect_row(0, "admin.instrument.create", "symbol:SOLUSDT", "OK");
    API_EXPECT_ERROR(&world, "POST", "/admin/instruments", ADMIN, NEW, 409, "EXISTS");
    API_EXPECT_ERROR(&world,
                     "PUT",
                     "/admin/instruments/SOLUSDT/state",
                     ADMIN,
                     "{\"state\":\"TRADING\"}",
                     422,
                     "BAD_INSTRUMENT"); /* without tiers */
    API_EXPECT(
        &world,
        "PUT",
        "/admin/instruments/SOLUSDT/tiers",
        ADMIN,
        "{\"tiers\":[{\"cap\":\"10000\",\"maintenanceMarginRate\":\"0.01\",\"maxLeverage\":50},"
        "{\"cap\":\"1000000\",\"maintenanceMarginRate\":\"0.02\",\"maxLeverage\":\"20\"}]}",
        200,
        NULL);
    assert_non_null(strstr(world.body, "\"floor\":\"10000\""));
    assert_non_null(strstr(world.body, "\"maintenanceAmount\":\"100\""));
    API_EXPECT(&world,
               "POST",
               "/admin/mark-price",
               ADMIN,
               "{\"symbol\":\"SOLUSDT\",\"markPrice\":\"150.01\"}",
               200,
               "{}");
    API_EXPECT(&world,
               "POST",
               "/admin/halts",
               ADMIN,
               "{\"symbol\":\"SOLUSDT\",\"state\":\"TRADING\"}",
               200,
               NULL);
    API_EXPECT(&world, "GET", "/mark-price?symbol=SOLUSDT", 0, NULL, 200, NULL);
    assert_non_null(strstr(world.body, "150.01"));
    API_EXPECT(&world,
               "POST",
               "/order",
               ALICE,
               "{\"symbol\":\"SOLUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":\"1\","
               "\"price\":\"150\"}",
               202,
               NULL);
}

static void api_admin_instrument_update_keeps_what_is_not_said(void **state)
{
    (void)state;
    API_EXPECT(&world,
               "PUT",
               "/admin/instruments/BTCUSDT",
               ADMIN,
               "{\"takerFee\":\"0.001\",\"maxOrders\":7,\"tickSize\":\"0.1\"}",
               200,
               NULL);
    assert_non_null(strstr(world.body, "\"takerFee\":\"0.001\""));
    assert_non_null(strstr(world.body, "\"tickSize\":\"0.1\""));
    assert_non_null(strstr(world.body, "\"state\":\"TRADING\""));
    expect_row(0, "admin.instrument.update", "symbol:BTCUSDT", "OK");
    API_EXPECT_ERROR(&world,
                     "PUT",
                     "/admin/instruments/BTCUSDT",
                     ADMIN,
                     "{\"tickSize\":\"0.05\"}",
                     422,
                     "IMMUTABLE"); /* the engine's word, and its row */
    expect_row(0, "admin.instrument.update", "symbol:BTCUSDT", "IMMUTABLE");
}

static void api_admin_halt_stops_orders_at_once(void **state)
{
    (void)state;
    API_EXPECT(&world,
               "POST",
               "/admin/halts",
               ADMIN,
               "{\"symbol\":\"BTCUSDT\",\"state\":\"HALTED\"}",
               200,
               NULL);
    expect_row(0, "admin.instrument.state", "symbol:BTCUSDT", "OK");
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/order",
                     ALICE,
                     "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\","
                     "\"quantity\":\"1\",\"price\":\"100\"}",
                     422,
                     "INSTRUMENT_HALTED");
}

static void api_admin_freeze_ends_orders_and_refuses_all_but_deposits(void **state)
{
    (void)state;
    order(BOB, "BUY", 202);
    API_EXPECT(&world,
               "PUT",
               "/admin/users/2/freeze",
               ADMIN,
               "{\"isFrozen\":true}",
               200,
               "{\"isFrozen\":true,\"changed\":true,\"canceled\":1}");
    expect_row(0, "admin.user.freeze", "user:2", "OK");
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/order?wait=result",
                     BOB,
                     "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\","
                     "\"quantity\":\"1\",\"price\":\"100\"}",
                     403,
                     "ACCOUNT_FROZEN");
    /* What the tables say of her is set all the same, and does not thaw her. */
    update(BOB, "{\"isMarketMaker\":true}");
    assert_int_equal(flags_of(BOB), FX_ACCOUNT_FLAG_MARKET_MAKER | FX_ACCOUNT_FLAG_FROZEN);
    API_EXPECT(&world,
               "PUT",
               "/admin/users/2/freeze",
               ADMIN,
               "{\"isFrozen\":false}",
               200,
               "{\"isFrozen\":false,\"changed\":true,\"canceled\":0}");
    expect_row(0, "admin.user.thaw", "user:2", "OK");
    order(BOB, "BUY", 202);
    API_EXPECT_ERROR(&world, "PUT", "/admin/users/2/freeze", ADMIN, "{}", 400, "BAD_PARAMETER");
    API_EXPECT_ERROR(
        &world, "PUT", "/admin/users/999/freeze", ADMIN, "{\"isFrozen\":true}", 404, "NOT_FOUND");
}

static void api_admin_settle_ends_a_contract(void **state)
{
    (void)state;
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/admin/instruments/BTCUSDT/settle",
                     ADMIN,
                     NULL,
                     422,
                     "NO_SETTLEMENT_PRICE");
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/admin/instruments/BTCUSDT/settle",
                     ADMIN,
                     "{\"settlePrice\":\"100.05\"}",
                     422,
                     "PRICE_FILTER");
    API_EXPECT(&world,
               "POST",
               "/admin/instruments/BTCUSDT/settle",
               ADMIN,
               "{\"settlePrice\":\"100.1\"}",
               200,
               NULL);
    expect_row(0, "admin.instrument.settle", "symbol:BTCUSDT", "OK");
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/order?wait=result",
                     ALICE,
                     "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\","
                     "\"quantity\":\"1\",\"price\":\"100\"}",
                     422,
                     "SYMBOL_SETTLED");
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/admin/halts",
                     ADMIN,
                     "{\"symbol\":\"BTCUSDT\",\"state\":\"TRADING\"}",
                     409,
                     "BAD_STATE_CHANGE");
}

static void api_admin_bad_instruments_reach_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *method;
        const char *target;
        const char *body;
        int status;
    } CASES[] = {
        {"POST", "/admin/instruments", "{\"symbol\":\"sol\"}", 400},
        {"POST", "/admin/instruments", "{\"symbol\":\"SOLUSDT\"}", 400},
        {"PUT", "/admin/instruments/NOPE", "{}", 400},
        {"PUT", "/admin/instruments/BTCUSDT", "{\"maxQty\":\"0.0001\"}", 400},
        {"PUT", "/admin/instruments/BTCUSDT", "{\"takerFee\":\"0.00000000001\"}", 400},
        {"PUT", "/admin/instruments/BTCUSDT", "{\"maxOrders\":-1}", 400},
        {"PUT", "/admin/instruments/BTCUSDT", "{\"maxOrders\":4294967296}", 400},
        {"PUT", "/admin/instruments/BTCUSDT", "{\"maxOrders\":0}", 422},
        {"PUT", "/admin/instruments/BTCUSDT", "{\"maxLeverage\":\"0.5\"}", 422},
        {"PUT", "/admin/instruments/BTCUSDT/tiers", "{}", 400},
        {"PUT", "/admin/instruments/BTCUSDT/tiers", "{\"tiers\":[]}", 400},
        {"PUT", "/admin/instruments/BTCUSDT/tiers", "{\"tiers\":[1]}", 400},
        {"PUT", "/admin/instruments/BTCUSDT/tiers", "{\"tiers\":[{\"cap\":\"1\"}]}", 400},
        {"PUT",
         "/admin/instruments/BTCUSDT/tiers",
         "{\"tiers\":[{\"cap\":\"9\",\"maintenanceMarginRate\":\"0.5\",\"maxLeverage\":9}]}",
         422},
        {"PUT", "/admin/instruments/BTCUSDT/state", "{}", 400},
        {"PUT", "/admin/instruments/BTCUSDT/state", "{\"state\":\"OPEN\"}", 400},
        {"POST", "/admin/halts", "{\"state\":\"HALTED\"}", 400},
        {"POST", "/admin/mark-price", "{\"symbol\":\"BTCUSDT\"}", 400},
        {"POST", "/admin/mark-price", "{\"symbol\":\"BTCUSDT\",\"markPrice\":\"0\"}", 422},
        {"POST", "/admin/mark-price", "{\"symbol\":\"BTCUSDT\",\"markPrice\":\"1.05\"}", 422},
        {"POST", "/admin/mark-price", "{\"symbol\":\"BTCUSDT\",\"markPrice\":\"1e2\"}", 400}};
    const uint64_t rows = count_rows();
    for (size_t index = 0; index < sizeof CASES / sizeof CASES[0]; index++) {
        API_EXPECT(&world,
                   CASES[index].method,
                   CASES[index].target,
                   ADMIN,
                   CASES[index].body,
                   CASES[index].status,
                   NULL);
    }
    assert_int_equal(count_rows(), rows);
    assert_int_equal(world.takes, 0);
}

/* ---- the log ----------------------------------------------------------------------------------
 */

/* The log is for ever: what a route does not know is not in it, wherever it was put. */
static void api_admin_log_keeps_no_secret(void **state)
{
    (void)state;
    static const struct {
        const char *method;
        const char *target;
        const char *body;
        const char *kept;
    } CASES[] = {
        {"PUT",
         "/admin/users/2",
         "{\"password\":\"hunter2\",\"isBot\":true,\"otp\":\"hunter2\"}",
         "{\"isBot\":true}"},
        {"PUT",
         "/admin/users/2/fees",
         "{\"makerFee\":\"0.0003\",\"secret\":\"hunter2\",\"takerFee\":0.0007}",
         "{\"makerFee\":\"0.0003\",\"takerFee\":0.0007}"},
        {"POST",
         "/admin/deposits",
         "{\"userId\":2,\"asset\":\"USDT\",\"amount\":\"1\",\"token\":{\"a\":\"hunter2\"}}",
         "{\"userId\":2,\"asset\":\"USDT\",\"amount\":\"1\"}"},
        {"PUT",
         "/admin/instruments/BTCUSDT/tiers",
         "{\"tiers\":[{\"cap\":\"10000\",\"maintenanceMarginRate\":\"0.01\",\"maxLeverage\":50,"
         "\"password\":\"hunter2\"}],\"x\":\"hunter2\"}",
         "{\"tiers\":[{\"cap\":\"10000\",\"maintenanceMarginRate\":\"0.01\",\"maxLeverage\":50}]}"},
        {"POST",
         "/admin/mark-price",
         "{\"symbol\":\"BTCUSDT\",\"markPrice\":\"100\",\"hunter2\":1}",
         "{\"symbol\":\"BTCUSDT\",\"markPrice\":\"100\"}"}};
    for (size_t index = 0; index < sizeof CASES / sizeof CASES[0]; index++) {
        struct fx_store_audit row;
        uint32_t count = 0;
        const struct fx_store_audit_query query = {.page = {.limit = 1}};
        API_EXPECT(
            &world, CASES[index].method, CASES[index].target, ADMIN, CASES[index].body, 200, NULL);
        assert_int_equal(fx_store_audit_list(world.store, &query, &row, &count), FX_OK);
        assert_string_equal(row.detail, CASES[index].kept);
    }
}

static void api_admin_reads_the_audit_log(void **state)
{
    (void)state;
    update(ALICE, "{\"isBot\":true}");
    update(BOB, "{\"isBot\":true}");
    API_EXPECT(&world, "GET", "/admin/audit?subject=user:2", ADMIN, NULL, 200, NULL);
    assert_non_null(strstr(world.body, "\"action\":\"admin.user.update\",\"subject\":\"user:2\""));
    assert_non_null(strstr(world.body, "\"detail\":\"{\\\"isBot\\\":true}\",\"outcome\":\"OK\""));
    assert_null(strstr(world.body, "user:1"));
    API_EXPECT(&world, "GET", "/admin/audit?action=login", ADMIN, NULL, 200, "{\"data\":[]}");
    API_EXPECT(&world, "GET", "/admin/audit?userId=4&limit=1", ADMIN, NULL, 200, NULL);
    assert_non_null(strstr(world.body, "nextCursor"));
    API_EXPECT(&world, "GET", "/admin/audit?userId=x", ADMIN, NULL, 400, NULL);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(api_admin_routes_are_for_admins_only),
        T(api_admin_user_is_made_with_what_was_said),
        T(api_admin_bad_user_changes_nothing),
        T(api_admin_role_opens_and_closes_the_doors),
        T(api_admin_lock_ends_tokens_and_sockets_at_once),
        T(api_admin_status_other_than_active_keeps_out),
        T(api_admin_allow_trade_reaches_the_engine),
        T(api_admin_trading_fee_is_paid_or_not),
        T(api_admin_fees_of_one_user_are_set_and_taken_back),
        T(api_admin_maker_and_bot_are_known_to_the_engine),
        T(api_admin_restricted_user_has_no_keys),
        T(api_admin_does_not_shut_himself_out),
        T(api_admin_deposit_is_noted_before_and_after),
        T(api_admin_deposit_makes_the_account),
        T(api_admin_deposit_is_booked_once_per_name),
        T(api_admin_bad_deposits_reach_nothing),
        T(api_admin_full_intake_and_time_out_are_noted),
        T(api_admin_fees_left_half_done_are_made_good),
        T(api_admin_what_cannot_be_read_back_is_unknown),
        T(api_admin_without_a_writer_does_nothing),
        T(api_admin_instrument_is_made_once),
        T(api_admin_instrument_is_made_opened_and_traded),
        T(api_admin_instrument_update_keeps_what_is_not_said),
        T(api_admin_halt_stops_orders_at_once),
        T(api_admin_freeze_ends_orders_and_refuses_all_but_deposits),
        T(api_admin_settle_ends_a_contract),
        T(api_admin_bad_instruments_reach_nothing),
        T(api_admin_log_keeps_no_secret),
        T(api_admin_reads_the_audit_log),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
