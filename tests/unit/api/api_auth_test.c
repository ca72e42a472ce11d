/* api/api_auth, api_login, api_session: who gets a token, what becomes of it, and what a flood of
 * logins costs. */
#include "api/api_int.h"
#include "api/api_writer_int.h"
#include "api_world.h"
#include "base/crypto.h"
#include "store/store_session.h"

enum { TOKEN_SIZE = 64 };

#define DAY_US 86400000000LL

#define GOOD "{\"email\":\"Alice@Example.org\",\"password\":\"correct \\\"horse\\\"\"}"

static void api_auth_login_gives_a_token_that_works(void **state)
{
    (void)state;
    char token[FX_JWT_SIZE_MAX];
    char expires[16];
    struct fx_jwt_claims claims;
    API_EXPECT(&world, "POST", "/auth/login", 0, GOOD, 200, NULL);
    api_harness_member(&world, "accessToken", token, sizeof token);
    api_harness_member(&world, "expiresIn", expires, sizeof expires);
    assert_string_equal(expires, "600");
    assert_non_null(strstr(world.body, "\"tokenType\":\"Bearer\""));
    assert_null(strstr(world.body, "$2b$")); /* never the hash */
    assert_int_equal(
        fx_jwt_verify(world.jwt, fx_str_of(token), API_HARNESS_WALL_US / 1000000, &claims), FX_OK);
    assert_int_equal(claims.user_id, 1);
    assert_int_equal(claims.expires_at_s - claims.issued_at_s, 600);
    assert_int_equal(api_harness_ask(&world, "GET", "/auth/me", token, NULL), 200);
    assert_string_equal(
        world.body,
        "{\"id\":1,\"email\":\"alice@example.org\",\"role\":\"user\",\"status\":\"ACTIVE\","
        "\"isLocked\":\"UNLOCKED\",\"userType\":\"NORMAL\",\"allowTrade\":true,"
        "\"enableTradingFee\":true,\"isMarketMaker\":false,\"isBot\":false,\"uid\":\"uid1\","
        "\"createdAt\":1700000000000}");
    assert_int_equal(api_harness_ask(&world, "GET", "/auth/current", token, NULL), 200);
}

static void api_auth_refresh_token_is_stored_as_a_hash(void **state)
{
    (void)state;
    char token[128];
    char again[128];
    uint8_t digest[FX_CRYPTO_SHA256_SIZE];
    struct fx_buf hash;
    struct fx_store_session session;
    API_EXPECT(&world, "POST", "/auth/login", 0, GOOD, 200, NULL);
    api_harness_member(&world, "refreshToken", token, sizeof token);
    fx_buf_init(&hash, 128);
    fx_crypto_sha256(fx_str_of(token), digest);
    fx_crypto_hex_encode(&hash, fx_crypto_str(digest, sizeof digest));
    assert_int_equal(fx_store_session_find(world.store, fx_buf_str(&hash), &session), FX_OK);
    assert_int_equal(session.user_id, 1);
    assert_int_equal(strlen(session.family), 32);
    assert_int_equal(session.expires_us - API_HARNESS_WALL_US, 2592000LL * 1000000);
    assert_int_equal(fx_store_session_find(world.store, fx_str_of(token), &session), FX_NOT_FOUND);
    API_EXPECT(&world, "POST", "/auth/login", 0, GOOD, 200, NULL);
    api_harness_member(&world, "refreshToken", again, sizeof again);
    assert_string_not_equal(token, again);
    fx_buf_deinit(&hash);
}

static void api_auth_wrong_and_unknown_get_the_same_answer(void **state)
{
    (void)state;
    char first[1024];
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/auth/login",
                     0,
                     "{\"email\":\"alice@example.org\",\"password\":\"wrong\"}",
                     401,
                     "BAD_CREDENTIALS");
    assert_true(fx_str_copy(fx_str_of(world.body), first, sizeof first));
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/auth/login",
                     0,
                     "{\"email\":\"nobody@example.org\",\"password\":\"wrong\"}",
                     401,
                     "BAD_CREDENTIALS");
    assert_string_equal(first, world.body);
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/auth/login",
                     0,
                     "{\"email\":\"locked@example.org\",\"password\":\"wrong\"}",
                     401,
                     "BAD_CREDENTIALS");
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/auth/login",
                     0,
                     "{\"email\":\"locked@example.org\",\"password\":\"correct \\\"horse\\\"\"}",
                     403,
                     "USER_LOCKED");
}

static void api_auth_bad_bodies_name_their_field(void **state)
{
    (void)state;
    static char long_password[256];
    static const struct {
        const char *body;
        const char *field;
    } CASES[] = {{"{}", "email"},
                 {"{\"email\":1,\"password\":\"x\"}", "email"},
                 {"{\"email\":\"\",\"password\":\"x\"}", "email"},
                 {"{\"email\":\"a\"}", "password"},
                 {"{\"email\":\"a\",\"password\":\"\"}", "password"},
                 {"{\"email\":\"a\",\"password\":null}", "password"},
                 {"{\"email\":[\"a\"],\"password\":\"x\"}", "email"},
                 {long_password, "password"}};
    (void)snprintf(
        long_password, sizeof long_password, "{\"email\":\"a\",\"password\":\"%073d\"}", 0);
    for (size_t index = 0; index < sizeof CASES / sizeof CASES[0]; index++) {
        char field[32];
        API_EXPECT_ERROR(&world, "POST", "/auth/login", 0, CASES[index].body, 400, "BAD_PARAMETER");
        api_harness_member(&world, "field", field, sizeof field);
        assert_string_equal(field, CASES[index].field);
    }
}

/* ---- refresh tokens ---------------------------------------------------------------------------
 */

static void log_in(char token_out[TOKEN_SIZE])
{
    API_EXPECT(&world, "POST", "/auth/login", 0, GOOD, 200, NULL);
    api_harness_member(&world, "refreshToken", token_out, TOKEN_SIZE);
    assert_int_equal(strlen(token_out), 43);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): where, and what is presented
static int present(const char *target, const char *token)
{
    char body[128];
    (void)snprintf(body, sizeof body, "{\"refreshToken\":\"%s\"}", token);
    return api_harness_ask(&world, "POST", target, NULL, body);
}

static void refresh(const char *token, char token_out[TOKEN_SIZE])
{
    if (present("/auth/refresh", token) != 200) {
        print_error("%s\n", world.body);
    }
    assert_int_equal(world.code, 200);
    api_harness_member(&world, "refreshToken", token_out, TOKEN_SIZE);
    assert_string_not_equal(token, token_out);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): what is presented, what is said
static void expect_refused(int line, const char *token, const char *code)
{
    char said[64];
    (void)present("/auth/refresh", token);
    api_harness_member(&world, "code", said, sizeof said);
    if (strcmp(said, code) != 0) {
        print_error("line %d: %s\n", line, world.body);
    }
    assert_string_equal(said, code);
}

#define EXPECT_REFUSED(token, code) expect_refused(__LINE__, (token), (code))

static void api_auth_refresh_gives_new_tokens_that_work(void **state)
{
    (void)state;
    char first[TOKEN_SIZE];
    char second[TOKEN_SIZE];
    char third[TOKEN_SIZE];
    char access[FX_JWT_SIZE_MAX];
    log_in(first);
    world.wall_us += 700 * 1000000LL; /* the access token has expired meanwhile */
    refresh(first, second);
    assert_non_null(strstr(world.body, "\"tokenType\":\"Bearer\",\"expiresIn\":600"));
    assert_non_null(strstr(world.body, "alice@example.org"));
    assert_null(strstr(world.body, "$2b$"));
    api_harness_member(&world, "accessToken", access, sizeof access);
    assert_int_equal(api_harness_ask(&world, "GET", "/auth/me", access, NULL), 200);
    assert_int_equal(present("/auth/refresh-access-token", second), 200);
    api_harness_member(&world, "refreshToken", third, sizeof third);
    refresh(third, first);
}

static void api_auth_reuse_revokes_the_login_and_no_other(void **state)
{
    (void)state;
    char other[TOKEN_SIZE];
    char first[TOKEN_SIZE];
    char second[TOKEN_SIZE];
    char third[TOKEN_SIZE];
    log_in(other);
    log_in(first);
    refresh(first, second);
    refresh(second, third);
    EXPECT_REFUSED(first, "TOKEN_REUSED");
    assert_int_equal(world.code, 401);
    EXPECT_REFUSED(third, "BAD_TOKEN");
    EXPECT_REFUSED(second, "TOKEN_REUSED");
    refresh(other, first);
}

static void api_auth_unknown_refresh_tokens_are_refused(void **state)
{
    (void)state;
    static const char *const BODIES[] = {
        "{}", "{\"refreshToken\":1}", "{\"refreshToken\":null}", "{\"refreshToken\":[\"a\"]}"};
    static const char *const ROUTES[] = {
        "/auth/refresh", "/auth/refresh-access-token", "/auth/logout"};
    EXPECT_REFUSED("", "BAD_TOKEN");
    EXPECT_REFUSED("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "BAD_TOKEN");
    EXPECT_REFUSED("' OR 1=1 --", "BAD_TOKEN");
    for (size_t route = 0; route < 3; route++) {
        for (size_t index = 0; index < sizeof BODIES / sizeof BODIES[0]; index++) {
            char field[32];
            API_EXPECT_ERROR(&world, "POST", ROUTES[route], 0, BODIES[index], 400, "BAD_PARAMETER");
            api_harness_member(&world, "field", field, sizeof field);
            assert_string_equal(field, "refreshToken");
        }
    }
}

static void api_auth_refresh_token_expires_when_idle(void **state)
{
    (void)state;
    char first[TOKEN_SIZE];
    char second[TOKEN_SIZE];
    log_in(first);
    world.wall_us += 7 * DAY_US - 1000;
    refresh(first, second);
    world.wall_us += 7 * DAY_US;
    EXPECT_REFUSED(second, "TOKEN_EXPIRED");
    EXPECT_REFUSED(first, "TOKEN_REUSED"); /* told, however old */
}

static void api_auth_login_ends_after_thirty_days(void **state)
{
    (void)state;
    char token[TOKEN_SIZE];
    char next[TOKEN_SIZE];
    log_in(token);
    for (uint32_t week = 0; week < 4; week++) {
        world.wall_us += 6 * DAY_US;
        refresh(token, next);
        memcpy(token, next, sizeof token);
    }
    world.wall_us += 6 * DAY_US - 1000;
    refresh(token, next);
    world.wall_us += 1000;
    EXPECT_REFUSED(next, "TOKEN_EXPIRED");
}

static void api_auth_logout_revokes_the_login(void **state)
{
    (void)state;
    char other[TOKEN_SIZE];
    char first[TOKEN_SIZE];
    char second[TOKEN_SIZE];
    log_in(other);
    log_in(first);
    refresh(first, second);
    assert_int_equal(present("/auth/logout", second), 200);
    assert_string_equal(world.body, "{}");
    EXPECT_REFUSED(second, "BAD_TOKEN");
    assert_int_equal(present("/auth/logout", second), 200); /* again */
    assert_int_equal(present("/auth/logout", "unknown"), 200);
    assert_string_equal(world.body, "{}");
    refresh(other, first);
}

/* Another API process with the same tables has let somebody log out. */
static void api_auth_logout_elsewhere_is_learnt(void **state)
{
    (void)state;
    char access[FX_JWT_SIZE_MAX];
    char token[TOKEN_SIZE];
    uint8_t digest[FX_CRYPTO_SHA256_SIZE];
    struct fx_buf hash;
    struct fx_store_session session;
    struct fx_store_session_revoked revoked = {.user_id = 1,
                                               .expires_us = API_HARNESS_WALL_US + DAY_US};
    API_EXPECT(&world, "POST", "/auth/login", 0, GOOD, 200, NULL);
    api_harness_member(&world, "accessToken", access, sizeof access);
    api_harness_member(&world, "refreshToken", token, sizeof token);
    fx_buf_init(&hash, 128);
    fx_crypto_sha256(fx_str_of(token), digest);
    fx_crypto_hex_encode(&hash, fx_crypto_str(digest, sizeof digest));
    assert_int_equal(fx_store_session_find(world.store, fx_buf_str(&hash), &session), FX_OK);
    fx_buf_deinit(&hash);
    memcpy(revoked.family, session.family, sizeof revoked.family);
    assert_int_equal(fx_store_session_note_revoked(world.store, &revoked), FX_OK);
    world.wall_us += 3000000;
    fx_api_tick(world.api); /* alone with its tables, it does not look */
    assert_int_equal(api_harness_ask(&world, "GET", "/auth/me", access, NULL), 200);
    world.api->options.is_shared = true;
    world.wall_us += 3000000;
    fx_api_tick(world.api);
    assert_int_equal(api_harness_ask(&world, "GET", "/auth/me", access, NULL), 401);
}

static void api_auth_locked_user_gets_no_new_token(void **state)
{
    (void)state;
    char token[TOKEN_SIZE];
    char next[TOKEN_SIZE];
    struct fx_rows_user user;
    log_in(token);
    assert_int_equal(fx_store_user_find(world.store, 1, &user), FX_OK);
    user.is_locked = true;
    assert_int_equal(fx_store_user_update(world.store, &user), FX_OK);
    EXPECT_REFUSED(token, "USER_LOCKED");
    user.is_locked = false;
    assert_int_equal(fx_store_user_update(world.store, &user), FX_OK);
    refresh(token, next); /* it was not used up */
}

static void api_auth_without_a_writer_gives_access_tokens_only(void **state)
{
    (void)state;
    fx_api_writer_destroy(world.api->writer);
    world.api->writer = NULL;
    API_EXPECT(&world, "POST", "/auth/login", 0, GOOD, 200, NULL);
    assert_non_null(strstr(world.body, "accessToken"));
    assert_null(strstr(world.body, "refreshToken"));
    EXPECT_REFUSED("x", "NOT_IMPLEMENTED");
    assert_int_equal(present("/auth/logout", "x"), 501);
}

static void api_auth_of_two_refreshes_at_once_one_wins(void **state)
{
    (void)state;
    enum { CLIENTS = 6 };
    char token[TOKEN_SIZE];
    char body[128];
    int descriptors[CLIENTS];
    struct fx_net_http_client parsers[CLIENTS];
    uint32_t won = 0;
    uint32_t lost = 0;
    log_in(token);
    (void)snprintf(body, sizeof body, "{\"refreshToken\":\"%s\"}", token);
    fx_net_http_client_deinit(&world.client);
    assert_int_equal(close(world.fd), 0);
    for (uint32_t index = 0; index < CLIENTS; index++) {
        api_harness_connect(&world);
        api_harness_send(&world, "POST", "/auth/refresh", NULL, fx_str_of(body));
        descriptors[index] = world.fd;
        parsers[index] = world.client;
    }
    for (uint32_t index = 0; index < CLIENTS; index++) {
        world.fd = descriptors[index];
        world.client = parsers[index];
        api_harness_receive(&world);
        won += world.code == 200 ? 1 : 0;
        lost += world.code == 401 ? 1 : 0;
        if (index + 1 < CLIENTS) {
            fx_net_http_client_deinit(&world.client);
            assert_int_equal(close(world.fd), 0);
        }
    }
    assert_int_equal(won, 1);
    assert_int_equal(lost, CLIENTS - 1);
}

static void api_auth_flood_is_busy_and_the_rest_is_served(void **state)
{
    (void)state;
    enum { CLIENTS = 12 };
    int descriptors[CLIENTS];
    struct fx_net_http_client parsers[CLIENTS];
    uint32_t good = 0;
    uint32_t busy = 0;
    api_harness_deinit(&world);
    const struct fx_api_options options = {.password_queue = 2, .password_threads = 2};
    api_harness_init_with(&world, &options);
    fx_net_http_client_deinit(&world.client);
    assert_int_equal(close(world.fd), 0);
    for (uint32_t index = 0; index < CLIENTS; index++) {
        api_harness_connect(&world);
        struct fx_buf text;
        fx_buf_init(&text, 1024);
        fx_buf_append(&text, FX_STR("POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\n"));
        fx_buf_append(&text, FX_STR("Content-Length: "));
        fx_buf_append_u64(&text, sizeof GOOD - 1);
        fx_buf_append(&text, FX_STR("\r\n\r\n" GOOD));
        const ssize_t sent = send(world.fd, text.data, text.size, MSG_NOSIGNAL);
        assert_int_equal(sent, text.size);
        fx_buf_deinit(&text);
        descriptors[index] = world.fd;
        parsers[index] = world.client;
    }
    for (uint32_t index = 0; index < CLIENTS; index++) {
        world.fd = descriptors[index];
        world.client = parsers[index];
        api_harness_receive(&world);
        good += world.code == 200 ? 1 : 0;
        busy += world.code == 503 ? 1 : 0;
        if (index + 1 < CLIENTS) {
            fx_net_http_client_deinit(&world.client);
            assert_int_equal(close(world.fd), 0);
        }
    }
    assert_int_equal(good + busy, CLIENTS);
    assert_true(good >= 2);
    assert_true(busy >= 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(api_auth_login_gives_a_token_that_works),
        T(api_auth_refresh_token_is_stored_as_a_hash),
        T(api_auth_wrong_and_unknown_get_the_same_answer),
        T(api_auth_bad_bodies_name_their_field),
        T(api_auth_refresh_gives_new_tokens_that_work),
        T(api_auth_reuse_revokes_the_login_and_no_other),
        T(api_auth_unknown_refresh_tokens_are_refused),
        T(api_auth_refresh_token_expires_when_idle),
        T(api_auth_login_ends_after_thirty_days),
        T(api_auth_logout_revokes_the_login),
        T(api_auth_logout_elsewhere_is_learnt),
        T(api_auth_locked_user_gets_no_new_token),
        T(api_auth_without_a_writer_gives_access_tokens_only),
        T(api_auth_of_two_refreshes_at_once_one_wins),
        T(api_auth_flood_is_busy_and_the_rest_is_served),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
