/* api/api_totp: a second factor from its beginning to its end; a code works once. */
#include "api/api_int.h"
#include "api_world.h"
#include "base/totp.h"
#include "store/store_audit.h"
#include "store/store_totp.h"

enum { BODY_SIZE = 256, CODE_SIZE = 24 };

/* Read base32 back, as an app does. */
static fx_str decode(const char *text, char bytes[FX_TOTP_SECRET_SIZE])
{
    static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint64_t bits = 0;
    uint32_t bit_count = 0;
    size_t size = 0;
    for (; *text != '\0'; text++) {
        const char *at = strchr(ALPHABET, *text);
        assert_non_null(at);
        bits = bits << 5U | (uint64_t)(at - ALPHABET);
        bit_count += 5;
        if (bit_count >= 8) {
            bit_count -= 8;
            bytes[size++] = (char)(bits >> bit_count & 0xFFU);
        }
    }
    assert_int_equal(size, FX_TOTP_SECRET_SIZE);
    return (fx_str){bytes, size};
}

static void code_at(const char *secret, int64_t time_us, char code_out[CODE_SIZE])
{
    char bytes[FX_TOTP_SECRET_SIZE];
    const uint32_t code =
        fx_totp_code(decode(secret, bytes), (uint64_t)(time_us / 1000000 / FX_TOTP_STEP_S));
    (void)snprintf(code_out, CODE_SIZE, "%06u", (unsigned)code);
}

static int send_code(const char *target, const char *code)
{
    char body[BODY_SIZE];
    (void)snprintf(body, sizeof body, "{\"otp\":\"%s\"}", code);
    return api_harness_ask(&world, "POST", target, api_harness_token(&world, 1), body);
}

static int log_in(const char *code)
{
    char body[BODY_SIZE];
    (void)snprintf(body,
                   sizeof body,
                   "{\"email\":\"alice@example.org\",\"password\":\"correct \\\"horse\\\"\"%s%s%s}",
                   code == NULL ? "" : ",\"otp\":\"",
                   code == NULL ? "" : code,
                   code == NULL ? "" : "\"");
    return api_harness_ask(&world, "POST", "/auth/login", NULL, body);
}

static void expect_code(const char *expected)
{
    char code[64];
    api_harness_member(&world, "code", code, sizeof code);
    assert_string_equal(code, expected);
}

static void begin(char secret_out[64])
{
    API_EXPECT(&world, "POST", "/auth/2fa", API_HARNESS_ALICE, NULL, 200, NULL);
    api_harness_member(&world, "secret", secret_out, 64);
}

/* Begin and confirm with the code of now. */
static void enable(char secret_out[64], char recovery_out[CODE_SIZE])
{
    char code[CODE_SIZE];
    begin(secret_out);
    code_at(secret_out, world.wall_us, code);
    assert_int_equal(send_code("/auth/2fa/confirm", code), 200);
    const char *first = strstr(world.body, "[\"");
    assert_non_null(first);
    (void)snprintf(recovery_out, CODE_SIZE, "%.16s", first + 2);
}

static void api_totp_begun_is_not_yet_asked_for(void **state)
{
    (void)state;
    char secret[64];
    struct fx_store_totp totp;
    API_EXPECT(&world,
               "GET",
               "/auth/2fa",
               API_HARNESS_ALICE,
               NULL,
               200,
               "{\"enabled\":false,\"recoveryCodes\":0}");
    begin(secret);
    assert_int_equal(strlen(secret), 32);
    assert_non_null(strstr(world.body, "otpauth://totp/future:alice%40example.org?secret="));
    assert_int_equal(fx_store_totp_find(world.store, 1, &totp), FX_OK);
    assert_true(fx_seal_is_sealed(fx_str_of(totp.secret)));
    assert_int_equal(log_in(NULL), 200);
    assert_int_equal(send_code("/auth/2fa/confirm", "000000"), 401);
    expect_code("BAD_OTP");
    assert_int_equal(log_in(NULL), 200);
}

static void api_totp_login_wants_a_code_that_works_once(void **state)
{
    (void)state;
    char secret[64];
    char recovery[CODE_SIZE];
    char code[CODE_SIZE];
    enable(secret, recovery);
    API_EXPECT(&world,
               "GET",
               "/auth/2fa",
               API_HARNESS_ALICE,
               NULL,
               200,
               "{\"enabled\":true,\"recoveryCodes\":10}");
    assert_int_equal(log_in(NULL), 401);
    expect_code("OTP_REQUIRED");
    code_at(secret, world.wall_us, code);
    assert_int_equal(log_in(code), 401); /* it has confirmed */
    expect_code("BAD_OTP");
    world.wall_us += 30LL * 1000000;
    assert_int_equal(log_in(code), 401);
    code_at(secret, world.wall_us, code);
    assert_int_equal(log_in(code), 200);
    assert_int_equal(log_in(code), 401);
    expect_code("BAD_OTP");
    code_at(secret, world.wall_us + 30LL * 1000000, code); /* a clock that is ahead */
    assert_int_equal(log_in(code), 200);
    code_at(secret, world.wall_us, code); /* and never back */
    assert_int_equal(log_in(code), 401);
    world.wall_us += 120LL * 1000000;
    code_at(secret, world.wall_us - 60LL * 1000000, code);
    assert_int_equal(log_in(code), 401);
    code_at(secret, world.wall_us - 30LL * 1000000, code);
    assert_int_equal(log_in(code), 200);
    /* Who has the code but not the password learns nothing. */
    assert_int_equal(api_harness_ask(&world,
                                     "POST",
                                     "/auth/login",
                                     NULL,
                                     "{\"email\":\"alice@example.org\",\"password\":\"wrong\"}"),
                     401);
    expect_code("BAD_CREDENTIALS");
}

static void api_totp_wrong_code_is_a_row_of_the_audit_log(void **state)
{
    (void)state;
    char secret[64];
    char recovery[CODE_SIZE];
    struct fx_store_audit row;
    uint32_t count = 0;
    const struct fx_store_audit_query query = {.page = {.limit = 1}};
    enable(secret, recovery);
    assert_int_equal(log_in("123"), 401);
    expect_code("BAD_OTP");
    assert_int_equal(fx_store_audit_list(world.store, &query, &row, &count), FX_OK);
    assert_string_equal(row.action, "login");
    assert_string_equal(row.outcome, "BAD_OTP");
    assert_string_equal(row.subject, "user:1");
}

static void api_totp_recovery_codes_work_once(void **state)
{
    (void)state;
    char secret[64];
    char recovery[CODE_SIZE];
    char spaced[CODE_SIZE];
    enable(secret, recovery);
    assert_int_equal(strlen(recovery), 16);
    (void)snprintf(spaced,
                   sizeof spaced,
                   "%.4s-%.4s-%.4s-%.4s",
                   recovery,
                   recovery + 4,
                   recovery + 8,
                   recovery + 12);
    assert_int_equal(log_in(spaced), 200);
    assert_int_equal(log_in(recovery), 401);
    expect_code("BAD_OTP");
    API_EXPECT(&world,
               "GET",
               "/auth/2fa",
               API_HARNESS_ALICE,
               NULL,
               200,
               "{\"enabled\":true,\"recoveryCodes\":9}");
    assert_int_equal(log_in("AAAAAAAAAAAAAAAA"), 401);
    assert_int_equal(log_in("AAAAAAAAAAAAAAAAA"), 401);
}

static void api_totp_end_wants_a_code(void **state)
{
    (void)state;
    char secret[64];
    char recovery[CODE_SIZE];
    char code[CODE_SIZE];
    enable(secret, recovery);
    API_EXPECT_ERROR(&world, "POST", "/auth/2fa", API_HARNESS_ALICE, NULL, 409, "EXISTS");
    assert_int_equal(send_code("/auth/2fa/confirm", "123456"), 409);
    assert_int_equal(send_code("/auth/2fa/disable", "123456"), 401);
    expect_code("BAD_OTP");
    assert_int_equal(send_code("/auth/2fa/disable", ""), 400);
    world.wall_us += 30LL * 1000000;
    code_at(secret, world.wall_us, code);
    assert_int_equal(send_code("/auth/2fa/disable", code), 200);
    assert_int_equal(log_in(NULL), 200);
    assert_int_equal(send_code("/auth/2fa/disable", code), 404);
    assert_int_equal(send_code("/auth/2fa/confirm", code), 404);
}

static void api_totp_keys_and_passwords_want_a_code(void **state)
{
    (void)state;
    char secret[64];
    char recovery[CODE_SIZE];
    char body[BODY_SIZE];
    char code[CODE_SIZE];
    enable(secret, recovery);
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/api-keys",
                     API_HARNESS_ALICE,
                     "{\"scopes\":[\"READ\"]}",
                     401,
                     "OTP_REQUIRED");
    (void)snprintf(body, sizeof body, "{\"scopes\":[\"READ\"],\"otp\":\"%s\"}", recovery);
    API_EXPECT(&world, "POST", "/api-keys", API_HARNESS_ALICE, body, 201, NULL);
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/auth/password",
                     API_HARNESS_ALICE,
                     "{\"password\":\"correct \\\"horse\\\"\",\"newPassword\":\"battery staple\"}",
                     401,
                     "OTP_REQUIRED");
    world.wall_us += 30LL * 1000000;
    code_at(secret, world.wall_us, code);
    (void)snprintf(body,
                   sizeof body,
                   "{\"password\":\"correct \\\"horse\\\"\",\"newPassword\":\"battery staple\","
                   "\"otp\":\"%s\"}",
                   code);
    API_EXPECT(&world, "POST", "/auth/password", API_HARNESS_ALICE, body, 200, NULL);
}

static void api_totp_withdrawals_want_a_code(void **state)
{
    (void)state;
    char secret[64];
    char recovery[CODE_SIZE];
    char body[BODY_SIZE];
    static const char PLAIN[] = "{\"asset\":\"USDT\",\"amount\":\"1\"}";
    API_EXPECT(&world, "POST", "/account/withdraw", API_HARNESS_ALICE, PLAIN, 200, NULL);
    enable(secret, recovery);
    const uint32_t takes = world.takes;
    API_EXPECT_ERROR(
        &world, "POST", "/account/withdraw", API_HARNESS_ALICE, PLAIN, 401, "OTP_REQUIRED");
    (void)snprintf(body, sizeof body, "{\"asset\":\"USDT\",\"amount\":\"1\",\"otp\":\"1\"}");
    API_EXPECT_ERROR(&world, "POST", "/account/withdraw", API_HARNESS_ALICE, body, 401, "BAD_OTP");
    assert_int_equal(world.takes, takes); /* the engine has heard of neither */
    (void)snprintf(
        body, sizeof body, "{\"asset\":\"USDT\",\"amount\":\"1\",\"otp\":\"%s\"}", recovery);
    API_EXPECT(&world, "POST", "/account/withdraw", API_HARNESS_ALICE, body, 200, NULL);
    assert_non_null(strstr(world.body, "\"balance\":\"999998\""));
    API_EXPECT_ERROR(&world, "POST", "/account/withdraw", API_HARNESS_ALICE, body, 401, "BAD_OTP");
    API_EXPECT(&world, "POST", "/account/withdraw", API_HARNESS_BOB, PLAIN, 200, NULL);
}

/* ---- guessing ---------------------------------------------------------------------------------
 */

static void setup_with_delay(char secret_out[64], char recovery_out[CODE_SIZE])
{
    const struct fx_api_options options = {.rates = {.login_free = 2}};
    api_harness_deinit(&world);
    api_harness_init_with(&world, &options);
    enable(secret_out, recovery_out);
}

static void expect_wait(const char *target, const char *body, const char *seconds)
{
    API_EXPECT_ERROR(&world, "POST", target, API_HARNESS_ALICE, body, 429, "RATE_LIMITED");
    assert_true(fx_str_is_equal(api_harness_header(&world, "retry-after"), fx_str_of(seconds)));
}

/* A stolen token: all doors that ask for a code count as one. */
static void api_totp_codes_are_not_guessed(void **state)
{
    (void)state;
    char secret[64];
    char recovery[CODE_SIZE];
    char code[CODE_SIZE];
    char body[BODY_SIZE];
    static const char MONEY[] = "{\"asset\":\"USDT\",\"amount\":\"1\",\"otp\":\"000000\"}";
    static const char KEY[] = "{\"scopes\":[\"READ\"],\"otp\":\"000000\"}";
    static const char END[] = "{\"otp\":\"000000\"}";
    setup_with_delay(secret, recovery);
    for (int index = 0; index < 8; index++) { /* no code, no guess; ours is no guess either */
        API_EXPECT_ERROR(&world,
                         "POST",
                         "/account/withdraw",
                         API_HARNESS_ALICE,
                         "{\"asset\":\"USDT\",\"amount\":\"1\"}",
                         401,
                         "OTP_REQUIRED");
        API_EXPECT_ERROR(&world,
                         "POST",
                         "/api-keys",
                         API_HARNESS_ALICE,
                         "{\"scopes\":[\"READ\"]}",
                         401,
                         "OTP_REQUIRED");
        assert_int_equal(send_code("/auth/2fa/confirm", "000000"), 409);
    }
    API_EXPECT_ERROR(&world, "POST", "/account/withdraw", API_HARNESS_ALICE, MONEY, 401, "BAD_OTP");
    API_EXPECT_ERROR(&world, "POST", "/api-keys", API_HARNESS_ALICE, KEY, 401, "BAD_OTP");
    API_EXPECT_ERROR(&world, "POST", "/auth/2fa/disable", API_HARNESS_ALICE, END, 401, "BAD_OTP");
    expect_wait("/account/withdraw", MONEY, "2");
    expect_wait("/api-keys", KEY, "2");
    expect_wait("/auth/2fa/disable", END, "2");
    expect_wait("/auth/2fa/confirm", END, "2");
    API_EXPECT(&world,
               "POST",
               "/account/withdraw",
               API_HARNESS_BOB,
               "{\"asset\":\"USDT\",\"amount\":\"1\"}",
               200,
               NULL); /* others do not wait */
    world.now_ms += 2000;
    API_EXPECT_ERROR(&world, "POST", "/account/withdraw", API_HARNESS_ALICE, MONEY, 401, "BAD_OTP");
    (void)snprintf(body, sizeof body, "{\"scopes\":[\"READ\"],\"otp\":\"%s\"}", recovery);
    expect_wait("/api-keys", body, "4"); /* also the right one */
    world.now_ms += 4000;
    API_EXPECT(&world, "POST", "/api-keys", API_HARNESS_ALICE, body, 201, NULL);
    API_EXPECT_ERROR(&world, "POST", "/api-keys", API_HARNESS_ALICE, KEY, 401, "BAD_OTP");
    API_EXPECT_ERROR(&world, "POST", "/api-keys", API_HARNESS_ALICE, KEY, 401, "BAD_OTP");
    world.wall_us += 30LL * 1000000;
    code_at(secret, world.wall_us, code); /* all was forgiven, so this is only the third */
    assert_int_equal(send_code("/auth/2fa/disable", code), 200);
}

/* The app's first code is asked for in the same way. */
static void api_totp_first_code_is_not_guessed(void **state)
{
    (void)state;
    char secret[64];
    const struct fx_api_options options = {.rates = {.login_free = 2}};
    api_harness_deinit(&world);
    api_harness_init_with(&world, &options);
    begin(secret);
    for (int index = 0; index < 3; index++) {
        assert_int_equal(send_code("/auth/2fa/confirm", "000000"), 401);
    }
    expect_wait("/auth/2fa/confirm", "{\"otp\":\"000000\"}", "2");
}

/* A client that first asks whether a code is wanted does not make its neighbours wait. */
static void api_totp_question_for_a_code_is_no_guess_of_the_address(void **state)
{
    (void)state;
    char secret[64];
    char recovery[CODE_SIZE];
    static const char BOB[] =
        "{\"email\":\"bob@example.org\",\"password\":\"correct \\\"horse\\\"\"}";
    setup_with_delay(secret, recovery);
    for (int index = 0; index < 10; index++) { /* eight are free for an address */
        assert_int_equal(log_in(NULL), 401);
        expect_code("OTP_REQUIRED");
        world.now_ms += index == 9 ? 0 : 300000; /* the account's own waits pass */
    }
    assert_int_equal(api_harness_ask(&world, "POST", "/auth/login", NULL, BOB), 200);
    assert_int_equal(log_in(NULL), 429); /* the account's attempts count */
}

/* Codes of an app that is not ours: Node computes them from the secret as shown. */
static void api_totp_takes_what_node_computes(void **state)
{
    (void)state;
    char secret[64];
    char program[1024];
    char code[CODE_SIZE];
    // NOLINTNEXTLINE(cert-env33-c,concurrency-mt-unsafe): a fixed command line
    if (system("command -v node >/dev/null") != 0) {
        (void)printf("skip api_totp_takes_what_node_computes: node is not installed\n");
        skip();
    }
    begin(secret);
    const int size =
        snprintf(program,
                 sizeof program,
                 "node -e 'const a=\"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567\";let b=\"\";"
                 "for(const c of \"%s\")b+=a.indexOf(c).toString(2).padStart(5,\"0\");"
                 "const k=Buffer.from(b.match(/.{8}/g).map(x=>parseInt(x,2)));"
                 "const t=Buffer.alloc(8);t.writeBigUInt64BE(BigInt(Math.floor(%lld/30)));"
                 "const h=require(\"crypto\").createHmac(\"sha1\",k).update(t).digest();"
                 "const o=h[19]&15;"
                 "console.log(String((h.readUInt32BE(o)&0x7fffffff)%%1000000).padStart(6,\"0\"))'",
                 secret,
                 (long long)(world.wall_us / 1000000));
    assert_true(size > 0 && (size_t)size < sizeof program);
    // NOLINTNEXTLINE(cert-env33-c): a fixed command line with a base32 text
    FILE *node = popen(program, "re");
    assert_non_null(node);
    assert_non_null(fgets(code, sizeof code, node));
    assert_int_equal(pclose(node), 0);
    code[strcspn(code, "\n")] = '\0';
    assert_int_equal(send_code("/auth/2fa/confirm", code), 200);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(api_totp_begun_is_not_yet_asked_for),
        T(api_totp_login_wants_a_code_that_works_once),
        T(api_totp_wrong_code_is_a_row_of_the_audit_log),
        T(api_totp_recovery_codes_work_once),
        T(api_totp_end_wants_a_code),
        T(api_totp_keys_and_passwords_want_a_code),
        T(api_totp_withdrawals_want_a_code),
        T(api_totp_codes_are_not_guessed),
        T(api_totp_first_code_is_not_guessed),
        T(api_totp_question_for_a_code_is_no_guess_of_the_address),
        T(api_totp_takes_what_node_computes),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
