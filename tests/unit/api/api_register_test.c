/* api/api_register, api_password, api_revoke, api_enroll: how users come, and how tokens go. */
#include "api/api_enroll_int.h"
#include "api/api_int.h"
#include "api_harness.h"
#include "store/store_audit.h"
#include "store/store_fee.h"
#include "store/store_int.h"
#include "store/store_session.h"

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): made anew for each test
static struct api_harness world;

enum { BODY_SIZE = 512 };

/* The last one told to close what is open. */
static struct {
    uint32_t count;
    uint64_t user_id;
} told;

static void on_revoked(void *self, uint64_t user_id)
{
    (void)self;
    told.count++;
    told.user_id = user_id;
}

static int setup(void **state)
{
    const struct fx_api_options options = {.is_registration_open = true, .on_revoked = on_revoked};
    (void)state;
    memset(&told, 0, sizeof told);
    api_harness_init_with(&world, &options);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    api_harness_deinit(&world);
    return 0;
}

struct tokens {
    char access[FX_JWT_SIZE_MAX];
    char refresh[64];
};

static void read_tokens(struct tokens *tokens)
{
    api_harness_member(&world, "accessToken", tokens->access, sizeof tokens->access);
    api_harness_member(&world, "refreshToken", tokens->refresh, sizeof tokens->refresh);
}

static int log_in(const char *email, const char *password, struct tokens *tokens)
{
    char body[BODY_SIZE];
    (void)snprintf(body, sizeof body, "{\"email\":\"%s\",\"password\":\"%s\"}", email, password);
    const int code = api_harness_ask(&world, "POST", "/auth/login", NULL, body);
    if (code == 200) {
        read_tokens(tokens);
    }
    return code;
}

static int log_alice_in(struct tokens *tokens)
{
    return log_in("alice@example.org", "correct \\\"horse\\\"", tokens);
}

static void expect_me(int line, const char *token, int status, const char *code)
{
    (void)api_harness_ask(&world, "GET", "/auth/me", token, NULL);
    if (world.code != status || (code != NULL && strstr(world.body, code) == NULL)) {
        print_error("line %d: %d %s\n", line, world.code, world.body);
    }
    assert_int_equal(world.code, status);
    assert_true(code == NULL || strstr(world.body, code) != NULL);
}

#define EXPECT_ME(token, status, code) expect_me(__LINE__, (token), (status), (code))

static void expect_audit(const char *action, const char *outcome)
{
    struct fx_store_audit row;
    struct fx_store_audit_report report;
    uint32_t count = 0;
    const struct fx_store_audit_query query = {.page = {.limit = 1}};
    assert_int_equal(fx_store_audit_list(world.store, &query, &row, &count), FX_OK);
    assert_int_equal(count, 1);
    assert_string_equal(row.action, action);
    assert_string_equal(row.outcome, outcome);
    assert_null(strstr(row.detail, "horse"));
    assert_int_equal(fx_store_audit_verify(world.store, &report), FX_OK);
    assert_int_equal(report.bad_id, 0);
}

/* A fire-and-forget job is done when a later one was answered. */
static void flush_writer(void)
{
    struct tokens tokens;
    assert_int_equal(log_in("bob@example.org", "correct \\\"horse\\\"", &tokens), 200);
}

/* ---- register ---------------------------------------------------------------------------------
 */

static void api_register_new_user_has_accounts_and_can_log_in(void **state)
{
    (void)state;
    struct tokens tokens;
    API_EXPECT(&world,
               "POST",
               "/auth/register",
               0,
               "{\"email\":\"New.User@Example.org\",\"password\":\"12345678\"}",
               201,
               NULL);
    assert_non_null(strstr(world.body, "\"email\":\"new.user@example.org\",\"role\":\"user\""));
    assert_null(strstr(world.body, "$2b$"));
    expect_audit("register", "OK");
    assert_int_equal(log_in("new.user@example.org", "12345678", &tokens), 200);
    assert_int_equal(api_harness_ask(&world, "GET", "/account", tokens.access, NULL), 200);
    assert_non_null(strstr(world.body, "\"asset\":\"USDT\",\"balance\":\"0\""));
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/auth/register",
                     0,
                     "{\"email\":\"NEW.user@example.org\",\"password\":\"12345678\"}",
                     409,
                     "EXISTS");
}

static void api_register_rules_are_kept(void **state)
{
    (void)state;
    static char long_body[BODY_SIZE];
    char password[80];
    memset(password, 'x', sizeof password);
    static const char *const CASES[][2] = {
        {"{\"password\":\"12345678\"}", "email"},
        {"{\"email\":\"a\",\"password\":\"12345678\"}", "email"},
        {"{\"email\":\"a b@c\",\"password\":\"12345678\"}", "email"},
        {"{\"email\":1,\"password\":\"12345678\"}", "email"},
        {"{\"email\":\"a@b\"}", "password"},
        {"{\"email\":\"a@b\",\"password\":\"1234567\"}", "password"},
        {"{\"email\":\"a@b\",\"password\":\"1234567\\u00008\"}", "password"},
        {"{\"email\":\"a@b\",\"password\":12345678}", "password"},
        {long_body, "password"}};
    password[73] = '\0';
    (void)snprintf(
        long_body, sizeof long_body, "{\"email\":\"a@b\",\"password\":\"%s\"}", password);
    for (size_t index = 0; index < sizeof CASES / sizeof CASES[0]; index++) {
        char field[16];
        (void)api_harness_ask(&world, "POST", "/auth/register", NULL, CASES[index][0]);
        if (strstr(CASES[index][0], "u0000") != NULL) {
            assert_int_equal(world.code, 400); /* NUL is no JSON text here */
            continue;
        }
        assert_int_equal(world.code, 400);
        api_harness_member(&world, "field", field, sizeof field);
        assert_string_equal(field, CASES[index][1]);
    }
    password[72] = '\0';
    (void)snprintf(
        long_body, sizeof long_body, "{\"email\":\"a@b\",\"password\":\"%s\"}", password);
    API_EXPECT(&world, "POST", "/auth/register", 0, long_body, 201, NULL);
}

static void api_register_closed_is_closed(void **state)
{
    (void)state;
    world.api->options.is_registration_open = false;
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/auth/register",
                     0,
                     "{\"email\":\"a@b\",\"password\":\"12345678\"}",
                     403,
                     "REGISTRATION_CLOSED");
}

/* The table of users was lost, the journal was not: 7 would get the money of the lost user 7. */
static void api_register_never_gives_a_lost_users_id(void **state)
{
    (void)state;
    char id[16];
    fx_api_reserve_user(world.api, 40);
    API_EXPECT(&world,
               "POST",
               "/auth/register",
               0,
               "{\"email\":\"a@b\",\"password\":\"12345678\"}",
               201,
               NULL);
    api_harness_member(&world, "id", id, sizeof id);
    assert_string_equal(id, "41");
    API_EXPECT(&world,
               "POST",
               "/auth/register",
               0,
               "{\"email\":\"c@d\",\"password\":\"12345678\"}",
               201,
               NULL);
    api_harness_member(&world, "id", id, sizeof id);
    assert_string_equal(id, "42");
}

/* The process died between the row and its accounts: the first login makes them. */
static void api_register_unfinished_is_made_good_at_the_login(void **state)
{
    (void)state;
    struct tokens tokens;
    assert_int_equal(api_harness_ask(&world, "GET", "/account", api_harness_token(&world, 6), NULL),
                     200);
    assert_string_equal(world.body, "{\"data\":[]}");
    assert_int_equal(log_in("new@example.org", "correct \\\"horse\\\"", &tokens), 200);
    api_harness_turn(&world);
    assert_int_equal(api_harness_ask(&world, "GET", "/account", tokens.access, NULL), 200);
    assert_non_null(strstr(world.body, "\"asset\":\"USDT\""));
    const uint32_t takes = world.takes;
    assert_int_equal(log_in("new@example.org", "correct \\\"horse\\\"", &tokens), 200);
    api_harness_turn(&world);
    assert_int_equal(world.takes, takes); /* nothing left to do */
}

/* User 5's row says allowTrade = false, his account does not know. */
static void api_enroll_walk_makes_flags_and_fees_good(void **state)
{
    (void)state;
    const struct fx_rows_account *account =
        fx_view_account(world.view, API_HARNESS_NO_TRADE, FX_STR("USDT"));
    const struct fx_store_fee fee = {
        .user_id = 2, .has_fees = true, .maker_fee_ppb = 5, .taker_fee_ppb = 7, .updated_us = 1};
    assert_int_equal(account->flags, 0);
    assert_int_equal(fx_store_fee_put(world.store, &fee), FX_OK);
    fx_api_tick(world.api);
    assert_int_equal(world.queued, 2);
    assert_int_equal(world.queue[0].kind, FX_COMMAND_SET_ACCOUNT); /* newest user first */
    assert_int_equal(world.queue[0].user_id, API_HARNESS_NO_TRADE);
    assert_int_equal(world.queue[0].u.account.flags, FX_ACCOUNT_FLAG_TRADE_BLOCKED);
    assert_int_equal(world.queue[1].user_id, 2);
    assert_int_equal(world.queue[1].u.account.has_fees, 1);
    assert_int_equal(world.queue[1].u.account.maker_fee_ppb, 5);
    assert_int_equal(world.queue[1].u.account.taker_fee_ppb, 7);
    api_harness_turn(&world);
    account = fx_view_account(world.view, API_HARNESS_NO_TRADE, FX_STR("USDT"));
    assert_int_equal(account->flags, FX_ACCOUNT_FLAG_TRADE_BLOCKED);
    fx_api_tick(world.api);
    assert_int_equal(world.queued, 0); /* once */
}

static void api_enroll_walk_waits_for_a_full_intake(void **state)
{
    (void)state;
    world.is_full = true;
    fx_api_tick(world.api);
    assert_false(world.api->is_enroll_done);
    world.is_full = false;
    fx_api_tick(world.api);
    assert_int_equal(world.queued, 1);
    assert_true(world.api->is_enroll_done);
    api_harness_turn(&world);
}

static void api_enroll_flags_are_those_of_the_row(void **state)
{
    (void)state;
    const struct fx_rows_user plain = {.allow_trade = true, .enable_trading_fee = true};
    const struct fx_rows_user special = {.is_bot = true, .is_market_maker = true};
    assert_int_equal(fx_api_enroll_flags(&plain), 0);
    assert_int_equal(fx_api_enroll_flags(&special),
                     FX_ACCOUNT_FLAG_TRADE_BLOCKED | FX_ACCOUNT_FLAG_NO_FEE | FX_ACCOUNT_FLAG_BOT |
                         FX_ACCOUNT_FLAG_MARKET_MAKER);
}

/* ---- logout -----------------------------------------------------------------------------------
 */

static void log_out(const char *refresh)
{
    char body[BODY_SIZE];
    (void)snprintf(body, sizeof body, "{\"refreshToken\":\"%s\"}", refresh);
    API_EXPECT(&world, "POST", "/auth/logout", 0, body, 200, "{}");
}

static void api_revoke_logout_voids_the_logins_tokens_at_once(void **state)
{
    (void)state;
    struct tokens first;
    struct tokens second;
    struct fx_jwt_claims claims;
    assert_int_equal(log_alice_in(&first), 200);
    assert_int_equal(log_alice_in(&second), 200);
    EXPECT_ME(first.access, 200, NULL);
    log_out(first.refresh);
    EXPECT_ME(first.access, 401, "TOKEN_REVOKED"); /* no clock has moved */
    EXPECT_ME(second.access, 200, NULL);
    assert_int_equal(told.count, 1);
    assert_int_equal(told.user_id, API_HARNESS_ALICE);
    const fx_str token = fx_str_of(first.access);
    assert_int_equal(fx_jwt_verify(world.jwt, token, world.wall_us / 1000000, &claims), FX_OK);
    assert_false(fx_api_admits(world.api, &claims)); /* nor through other doors */
}

/* What was called back stays so after a restart, until it has expired. */
static void api_revoke_survives_a_restart(void **state)
{
    (void)state;
    struct tokens tokens;
    struct fx_jwt_claims claims;
    assert_int_equal(log_alice_in(&tokens), 200);
    log_out(tokens.refresh);
    const struct fx_api_options options = world.api->options;
    fx_api_stop(world.api);
    fx_api_destroy(world.api);
    assert_int_equal(fx_api_create(&options, &world.api), FX_OK);
    EXPECT_ME(tokens.access, 401, "TOKEN_REVOKED");
    assert_int_equal(
        fx_jwt_verify(world.jwt, fx_str_of(tokens.access), world.wall_us / 1000000, &claims),
        FX_OK);
    world.wall_us += 632LL * 1000000; /* ten minutes, and the clocks' difference */
    fx_api_tick(world.api);
    api_harness_turn(&world);
    assert_true(fx_api_admits(world.api, &claims)); /* forgotten: nobody takes it any more */
    EXPECT_ME(tokens.access, 401, "TOKEN_EXPIRED");
}

static void api_revoke_reused_refresh_voids_access_tokens_too(void **state)
{
    (void)state;
    struct tokens tokens;
    char body[BODY_SIZE];
    assert_int_equal(log_alice_in(&tokens), 200);
    (void)snprintf(body, sizeof body, "{\"refreshToken\":\"%s\"}", tokens.refresh);
    API_EXPECT(&world, "POST", "/auth/refresh", 0, body, 200, NULL);
    struct tokens next;
    read_tokens(&next);
    EXPECT_ME(next.access, 200, NULL);
    API_EXPECT_ERROR(&world, "POST", "/auth/refresh", 0, body, 401, "TOKEN_REUSED");
    EXPECT_ME(next.access, 401, "TOKEN_REVOKED");
    EXPECT_ME(tokens.access, 401, "TOKEN_REVOKED");
    expect_audit("refresh", "TOKEN_REUSED");
}

/* ---- password ---------------------------------------------------------------------------------
 */

static int change(const char *token, const char *old, const char *next)
{
    char body[BODY_SIZE];
    (void)snprintf(body, sizeof body, "{\"password\":\"%s\",\"newPassword\":\"%s\"}", old, next);
    return api_harness_ask(&world, "POST", "/auth/password", token, body);
}

static void api_password_change_ends_everything_of_before(void **state)
{
    (void)state;
    struct tokens first;
    struct tokens second;
    struct tokens changed;
    struct tokens again;
    char body[BODY_SIZE];
    assert_int_equal(log_alice_in(&first), 200);
    assert_int_equal(log_alice_in(&second), 200);
    assert_int_equal(change(first.access, "correct \\\"horse\\\"", "battery staple"), 200);
    read_tokens(&changed);
    expect_audit("password.change", "OK");
    /* In the same second: the old ones are void, the new one is good. */
    EXPECT_ME(first.access, 401, "TOKEN_REVOKED");
    EXPECT_ME(second.access, 401, "TOKEN_REVOKED");
    EXPECT_ME(api_harness_token(&world, 1), 401, "TOKEN_REVOKED"); /* of another service */
    EXPECT_ME(changed.access, 200, NULL);
    EXPECT_ME(api_harness_token(&world, 2), 200, NULL); /* nobody else's */
    assert_int_equal(told.user_id, API_HARNESS_ALICE);
    (void)snprintf(body, sizeof body, "{\"refreshToken\":\"%s\"}", second.refresh);
    API_EXPECT_ERROR(&world, "POST", "/auth/refresh", 0, body, 401, "BAD_TOKEN");
    assert_int_equal(log_alice_in(&again), 401);
    assert_int_equal(log_in("alice@example.org", "battery staple", &again), 200);
    EXPECT_ME(again.access, 200, NULL);
    (void)snprintf(body, sizeof body, "{\"refreshToken\":\"%s\"}", changed.refresh);
    API_EXPECT(&world, "POST", "/auth/refresh", 0, body, 200, NULL);
}

static void api_password_change_wants_the_old_one(void **state)
{
    (void)state;
    struct tokens tokens;
    assert_int_equal(log_alice_in(&tokens), 200);
    assert_int_equal(change(tokens.access, "wrong", "battery staple"), 401);
    assert_non_null(strstr(world.body, "BAD_CREDENTIALS"));
    flush_writer();
    EXPECT_ME(tokens.access, 200, NULL);
    assert_int_equal(change(tokens.access, "correct \\\"horse\\\"", "short"), 400);
    assert_non_null(strstr(world.body, "\"field\":\"newPassword\""));
    assert_int_equal(change(NULL, "correct \\\"horse\\\"", "battery staple"), 401);
    assert_int_equal(log_alice_in(&tokens), 200);
}

/* A login that was on its way while the password changed is none. */
static void api_password_change_beats_a_login_under_way(void **state)
{
    (void)state;
    struct fx_rows_user user;
    struct fx_api_login_job job;
    assert_int_equal(fx_store_user_find(world.store, 1, &user), FX_OK);
    memset(&job, 0, sizeof job);
    job.purpose = FX_API_LOGIN_ENTER;
    job.user = user; /* as it was read when the check began */
    job.note.action = "login";
    user.tokens_from_us = API_HARNESS_WALL_US + 1000000;
    assert_int_equal(fx_store_user_update(world.store, &user), FX_OK);
    struct fx_api_session_job session;
    memset(&session, 0, sizeof session);
    session.kind = FX_API_SESSION_BEGIN;
    session.user = job.user;
    session.note = job.note;
    session.now_us = world.wall_us;
    const struct fx_api_target nobody = {0};
    assert_int_equal(fx_api_session_submit(world.api, &nobody, &session), FX_OK);
    flush_writer();
    int64_t count = 9;
    fx_store_sql(world.store, FX_STR("SELECT COUNT(*) FROM `refresh_tokens` WHERE `userId`=1"));
    assert_int_equal(fx_store_number(world.store, NULL, 0, &count), FX_OK);
    assert_int_equal(count, 0);
}

/* ---- who is kept out ---------------------------------------------------------------------------
 */

static void api_auth_inactive_user_is_kept_out(void **state)
{
    (void)state;
    struct tokens tokens;
    struct fx_rows_user user;
    assert_int_equal(log_alice_in(&tokens), 200);
    assert_int_equal(fx_store_user_find(world.store, 1, &user), FX_OK);
    (void)snprintf(user.status, sizeof user.status, "SUSPENDED");
    assert_int_equal(fx_store_user_update(world.store, &user), FX_OK);
    world.now_ms += 1000;
    EXPECT_ME(tokens.access, 403, "USER_INACTIVE");
    assert_int_equal(log_alice_in(&tokens), 403);
    assert_non_null(strstr(world.body, "USER_INACTIVE"));
    flush_writer();
    expect_audit("login", "USER_INACTIVE");
}

static void api_auth_failed_login_of_a_user_is_a_row(void **state)
{
    (void)state;
    struct tokens tokens;
    assert_int_equal(log_in("alice@example.org", "wrong", &tokens), 401);
    flush_writer();
    expect_audit("login", "BAD_CREDENTIALS");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(api_register_new_user_has_accounts_and_can_log_in),
        T(api_register_rules_are_kept),
        T(api_register_closed_is_closed),
        T(api_register_never_gives_a_lost_users_id),
        T(api_register_unfinished_is_made_good_at_the_login),
        T(api_enroll_walk_makes_flags_and_fees_good),
        T(api_enroll_walk_waits_for_a_full_intake),
        T(api_enroll_flags_are_those_of_the_row),
        T(api_revoke_logout_voids_the_logins_tokens_at_once),
        T(api_revoke_survives_a_restart),
        T(api_revoke_reused_refresh_voids_access_tokens_too),
        T(api_password_change_ends_everything_of_before),
        T(api_password_change_wants_the_old_one),
        T(api_password_change_beats_a_login_under_way),
        T(api_auth_inactive_user_is_kept_out),
        T(api_auth_failed_login_of_a_user_is_a_row),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
