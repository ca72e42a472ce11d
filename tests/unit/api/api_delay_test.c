/* api/api_delay: wrong passwords make account and address wait, known or not. */
#include "api/api_delay_int.h"
#include "api_harness.h"

#define RIGHT "correct \\\"horse\\\""

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

static int login(const char *email, const char *password)
{
    char body[256];
    (void)snprintf(body, sizeof body, "{\"email\":\"%s\",\"password\":\"%s\"}", email, password);
    return api_harness_ask(&world, "POST", "/auth/login", NULL, body);
}

static void expect_wait(const char *email, const char *seconds)
{
    assert_int_equal(login(email, RIGHT), 429);
    const fx_str said = api_harness_header(&world, "retry-after");
    if (!fx_str_is_equal(said, fx_str_of(seconds))) {
        print_error("%s waits '%.*s'\n", email, (int)said.size, said.data);
        fail();
    }
    assert_non_null(strstr(world.body, "\"code\":\"RATE_LIMITED\""));
}

/* What an account is told that has been tried too often. */
static void fail_and_wait(const char *email, char body_out[512])
{
    for (int index = 0; index < 3; index++) {
        assert_int_equal(login(email, "wrong password"), 401);
    }
    assert_int_equal(login(email, "wrong password"), 401); /* one too many: now it waits */
    expect_wait(email, "2");
    assert_true(fx_str_copy(fx_str_of(world.body), body_out, 512));
    world.now_ms += 1999;
    expect_wait(email, "1"); /* also the right one, and asking makes it no longer */
    world.now_ms += 1;
    assert_int_equal(login(email, "wrong password"), 401);
    expect_wait(email, "4");
    world.now_ms += 4000;
}

static void delay_grows_for_a_known_account_and_ends_with_the_right_password(void **state)
{
    (void)state;
    char said[512];
    begin((struct fx_api_rates){.login_free = 3, .is_loopback_free = true});
    fail_and_wait("alice@example.org", said);
    assert_int_equal(login("bob@example.org", RIGHT), 200); /* others do not wait */
    assert_int_equal(login("ALICE@example.org", RIGHT), 200);
    for (int index = 0; index < 4; index++) { /* all is forgiven */
        assert_int_equal(login("alice@example.org", "wrong password"), 401);
    }
    expect_wait("Alice@Example.org", "2"); /* one account, however it is written */
}

static void delay_is_the_same_for_an_unknown_account(void **state)
{
    (void)state;
    char known[512];
    char unknown[512];
    begin((struct fx_api_rates){.login_free = 3, .is_loopback_free = true});
    fail_and_wait("alice@example.org", known);
    fail_and_wait("nobody@example.org", unknown);
    assert_string_equal(known, unknown);
}

static void delay_of_an_address_is_over_all_accounts(void **state)
{
    (void)state;
    char email[64];
    begin((struct fx_api_rates){.login_free = 1});
    for (int index = 0; index < 5; index++) { /* four are free */
        (void)snprintf(email, sizeof email, "guess%d@example.org", index);
        assert_int_equal(login(email, "wrong password"), 401);
    }
    expect_wait("alice@example.org", "2");
    world.now_ms += 2000;
    assert_int_equal(login("alice@example.org", RIGHT), 200); /* it takes back its own attempt … */
    expect_wait("guess9@example.org", "4"); /* … but not the wait that the others are due */
    world.now_ms += 4000;
    assert_int_equal(login("guess9@example.org", "wrong password"), 401);
    expect_wait("alice@example.org", "4");
}

/* Many attempts at once are as many attempts: none of them is over when the next one comes. */
static void delay_counts_attempts_that_are_on_the_way(void **state)
{
    (void)state;
    enum { AT_ONCE = 8 };
    const char *body = "{\"email\":\"alice@example.org\",\"password\":\"wrong password\"}";
    struct fx_net_http_client clients[AT_ONCE];
    int descriptors[AT_ONCE];
    int codes[2] = {0, 0};
    begin((struct fx_api_rates){.login_free = 3, .is_loopback_free = true});
    for (int index = 0; index < AT_ONCE; index++) {
        api_harness_send(&world, "POST", "/auth/login", NULL, fx_str_of(body));
        descriptors[index] = world.fd;
        clients[index] = world.client;
        api_harness_connect(&world);
    }
    const int last = world.fd;
    struct fx_net_http_client last_client = world.client;
    for (int index = 0; index < AT_ONCE; index++) {
        world.fd = descriptors[index];
        world.client = clients[index];
        api_harness_receive(&world);
        codes[0] += world.code == 401;
        codes[1] += world.code == 429;
        fx_net_http_client_deinit(&world.client);
        (void)close(world.fd);
    }
    world.fd = last;
    world.client = last_client;
    assert_int_equal(codes[0], 4);
    assert_int_equal(codes[1], 4);
}

/* Two logins that the server reads in one turn: neither is over when the other begins. */
static void login_at_once(const char *first, const char *second, int codes_out[2])
{
    const char *const bodies[2] = {first, second};
    struct fx_net_http_client clients[2];
    int descriptors[2];
    for (int index = 0; index < 2; index++) {
        if (index > 0) {
            api_harness_connect(&world);
        }
        assert_int_equal(api_harness_ask(&world, "GET", "/ping", NULL, NULL), 200);
        fx_net_http_client_next(&world.client);
        descriptors[index] = world.fd;
        clients[index] = world.client;
    }
    for (int index = 0; index < 2; index++) {
        char text[512];
        const int size = snprintf(text,
                                  sizeof text,
                                  "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: "
                                  "application/json\r\nContent-Length: %zu\r\n\r\n%s",
                                  strlen(bodies[index]),
                                  bodies[index]);
        assert_int_equal(send(descriptors[index], text, (size_t)size, MSG_NOSIGNAL), size);
    }
    for (int index = 1; index >= 0; index--) { /* the first connection stays the world's */
        world.fd = descriptors[index];
        world.client = clients[index];
        api_harness_receive(&world);
        codes_out[index] = world.code;
        if (index > 0) {
            fx_net_http_client_deinit(&world.client);
            (void)close(world.fd);
        }
    }
}

/* Somebody with an account of his own must not get a guess for each of his logins. */
static void delay_of_an_address_is_not_ended_by_a_login(void **state)
{
    (void)state;
    char email[64];
    int codes[2];
    begin((struct fx_api_rates){.login_free = 1});
    for (int index = 0; index < 3; index++) {
        (void)snprintf(email, sizeof email, "guess%d@example.org", index);
        assert_int_equal(login(email, "wrong password"), 401);
    }
    login_at_once("{\"email\":\"bob@example.org\",\"password\":\"" RIGHT "\"}",
                  "{\"email\":\"guess4@example.org\",\"password\":\"wrong password\"}",
                  codes);
    assert_int_equal(codes[0], 200);
    assert_int_equal(codes[1], 401);
    expect_wait("alice@example.org", "2");
}

/* A full queue is nobody's guess. */
static void delay_counts_no_attempt_that_was_refused(void **state)
{
    (void)state;
    enum { FREE = 3 };
    static const char WRONG[] = "{\"email\":\"alice@example.org\",\"password\":\"wrong password\"}";
    const struct fx_api_options options = {
        .rates = {.login_free = FREE}, .password_threads = 1, .password_queue = 1};
    int codes[2];
    api_harness_init_with(&world, &options);
    for (int index = 0; index < FREE; index++) {
        login_at_once(WRONG, WRONG, codes);
        assert_int_equal(codes[0] + codes[1], 401 + 503);
    }
    assert_int_equal(login("alice@example.org", RIGHT), 200);
}

/* Nor is a hash that is damaged. */
static void delay_counts_no_failure_of_ours(void **state)
{
    (void)state;
    struct fx_rows_user user;
    begin((struct fx_api_rates){.login_free = 1});
    assert_int_equal(fx_store_user_find(world.store, API_HARNESS_ALICE, &user), FX_OK);
    assert_true(fx_str_copy(FX_STR("damaged"), user.password_hash, sizeof user.password_hash));
    assert_int_equal(fx_store_user_update(world.store, &user), FX_OK);
    for (int index = 0; index < 8; index++) {
        assert_int_equal(login("alice@example.org", RIGHT), 500);
    }
    assert_int_equal(login("bob@example.org", RIGHT), 200);
}

static void delay_is_off_where_not_configured(void **state)
{
    (void)state;
    begin((struct fx_api_rates){0});
    for (int index = 0; index < 30; index++) {
        assert_int_equal(login("alice@example.org", "wrong password"), 401);
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_teardown(name, teardown)
    const struct CMUnitTest tests[] = {
        T(delay_grows_for_a_known_account_and_ends_with_the_right_password),
        T(delay_is_the_same_for_an_unknown_account),
        T(delay_of_an_address_is_over_all_accounts),
        T(delay_counts_attempts_that_are_on_the_way),
        T(delay_of_an_address_is_not_ended_by_a_login),
        T(delay_counts_no_attempt_that_was_refused),
        T(delay_counts_no_failure_of_ours),
        T(delay_is_off_where_not_configured),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
