/* api/api_keyring, api_audit: keys that users make, what they open, and when they stop. */
#include "api/api_int.h"
#include "api_harness.h"
#include "base/crypto.h"
#include "store/store_api_key.h"
#include "store/store_audit.h"

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): made anew for each test
static struct api_harness world;

enum { TEXT_SIZE = 256, HEADERS_SIZE = 1024 };

#define NOW_MS   1700000002000LL /* version 2 takes nothing from before the start */
#define NOW_TEXT "1700000002000"
#define DAY_MS   86400000LL

/* A key pair made by Node for this test alone. */
#define CURVE_PRIVATE_SEED "0001020304050607080900010203040506070809000102030405060708090001"

/* Who was last said to hold doors open that are void. */
static uint64_t told;

static void on_revoked(void *self, uint64_t user_id)
{
    (void)self;
    told = user_id;
}

static int setup(void **state)
{
    const struct fx_api_options options = {.on_revoked = on_revoked};
    (void)state;
    told = 0;
    api_harness_init_with(&world, &options);
    world.wall_us = NOW_MS * 1000;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    api_harness_deinit(&world);
    return 0;
}

struct made {
    char id[32];
    char key[80];
    char secret[80];
};

static void read_made(struct made *made)
{
    assert_int_equal(world.code, 201);
    api_harness_member(&world, "id", made->id, sizeof made->id);
    api_harness_member(&world, "apiKey", made->key, sizeof made->key);
    made->secret[0] = '\0';
    if (strstr(world.body, "\"secret\"") != NULL) {
        api_harness_member(&world, "secret", made->secret, sizeof made->secret);
    }
}

static void make(const char *body, struct made *made)
{
    API_EXPECT(&world, "POST", "/api-keys", API_HARNESS_ALICE, body, 201, NULL);
    read_made(made);
}

static void sign(const char *secret, const char *text, char hex_out[65])
{
    uint8_t mac[FX_CRYPTO_SHA256_SIZE];
    struct fx_crypto_hmac *hmac = fx_crypto_hmac_create(fx_str_of(secret));
    struct fx_buf hex;
    assert_non_null(hmac);
    fx_crypto_hmac_sign(hmac, fx_str_of(text), mac);
    fx_crypto_hmac_destroy(hmac);
    fx_buf_init(&hex, 65);
    fx_crypto_hex_encode(&hex, fx_crypto_str(mac, sizeof mac));
    assert_true(fx_str_copy(fx_buf_str(&hex), hex_out, 65));
    fx_buf_deinit(&hex);
}

/* A request of version 1 at the clock's time. */
static int ask_signed(const struct made *made, const char *method, const char *path)
{
    static char headers[HEADERS_SIZE];
    char text[TEXT_SIZE];
    char signature[65];
    const long long now_ms = (long long)(world.wall_us / 1000);
    (void)snprintf(text, sizeof text, "%lld%s/api/v1%s{}", now_ms, method, path);
    sign(made->secret, text, signature);
    (void)snprintf(headers,
                   sizeof headers,
                   "apikey: %s\r\nsignature: %s\r\ntimestamp: %lld\r\n",
                   made->key,
                   signature,
                   now_ms);
    world.extra = headers;
    (void)api_harness_ask(&world, method, path, NULL, NULL);
    world.extra = NULL;
    return world.code;
}

static void expect_code(const char *expected)
{
    char code[64];
    api_harness_member(&world, "code", code, sizeof code);
    assert_string_equal(code, expected);
}

/* The newest rows of the audit log say this, newest first. */
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
    assert_int_equal(row.user_id, API_HARNESS_ALICE);
    assert_string_equal(row.ip, "127.0.0.1");
    assert_string_equal(row.request_id, "test");
    assert_int_equal(fx_store_audit_verify(world.store, &report), FX_OK);
    assert_int_equal(report.bad_id, 0);
    assert_int_equal(report.count, row.id);
}

static void api_keyring_made_key_works_and_shows_its_secret_once(void **state)
{
    (void)state;
    struct made made;
    struct fx_store_api_key row;
    make("{\"label\":\"my bot\",\"scopes\":[\"READ\",\"TRADE\"]}", &made);
    assert_int_equal(strlen(made.key), 32);
    assert_int_equal(strlen(made.secret), 43);
    assert_non_null(strstr(world.body, "\"scopes\":[\"READ\",\"TRADE\"],\"ips\":[]"));
    expect_audit("api_key.create", "OK");
    assert_int_equal(ask_signed(&made, "GET", "/auth/me"), 200);
    assert_int_equal(ask_signed(&made, "DELETE", "/order/1"), 404);
    API_EXPECT(&world, "GET", "/api-keys", API_HARNESS_ALICE, NULL, 200, NULL);
    assert_non_null(strstr(world.body, made.key));
    assert_null(strstr(world.body, made.secret));
    assert_null(strstr(world.body, "\"secret\""));
    /* At rest it is sealed, and bound to its key. */
    assert_int_equal(fx_store_api_key_find(world.store, fx_str_of(made.key), &row), FX_OK);
    assert_true(fx_seal_is_sealed(fx_str_of(row.secret)));
    assert_null(strstr(row.secret, made.secret));
    struct fx_buf plain;
    fx_buf_init(&plain, 64);
    assert_int_equal(
        fx_seal_decode(world.seal, FX_STR("api_keys:another"), fx_str_of(row.secret), &plain),
        FX_CORRUPT);
    fx_buf_deinit(&plain);
}

static void api_keyring_texts_with_commas_are_lists_too(void **state)
{
    (void)state;
    struct made made;
    make("{\"scopes\":\"READ, WRITE\",\"ips\":\"127.0.0.0/8, ::1\",\"kind\":\"HMAC\"}", &made);
    assert_non_null(strstr(world.body, "\"scopes\":[\"READ\",\"WRITE\"]"));
    assert_non_null(strstr(world.body, "\"ips\":[\"127.0.0.0/8\",\"::1\"]"));
    assert_int_equal(ask_signed(&made, "GET", "/auth/me"), 200);
    make("{\"scopes\":[\"READ\"],\"ips\":[\"::ffff:127.0.0.1\"]}", &made); /* the mapped form */
    assert_int_equal(ask_signed(&made, "GET", "/auth/me"), 200);
    make("{\"scopes\":[\"READ\"],\"ips\":[\"10.0.0.0/8\",\"2001:db8::/32\"]}", &made);
    assert_int_equal(ask_signed(&made, "GET", "/auth/me"), 403);
    expect_code("FORBIDDEN");
}

static void api_keyring_revoked_key_is_refused_at_once(void **state)
{
    (void)state;
    struct made made;
    char target[64];
    make("{\"scopes\":[\"READ\"]}", &made);
    assert_int_equal(ask_signed(&made, "GET", "/auth/me"), 200);
    (void)snprintf(target, sizeof target, "/api-keys/%s", made.id);
    API_EXPECT_ERROR(&world, "DELETE", target, API_HARNESS_BOB, NULL, 404, "NOT_FOUND");
    assert_int_equal(ask_signed(&made, "GET", "/auth/me"), 200);
    assert_int_equal(told, 0);
    API_EXPECT(&world, "DELETE", target, API_HARNESS_ALICE, NULL, 200, "{}");
    assert_int_equal(told, API_HARNESS_ALICE);                   /* streams that the key opened */
    assert_int_equal(ask_signed(&made, "GET", "/auth/me"), 401); /* no clock has moved */
    expect_code("BAD_SIGNATURE");
    expect_audit("api_key.revoke", "OK");
    API_EXPECT(&world, "DELETE", target, API_HARNESS_ALICE, NULL, 200, "{}"); /* again */
    API_EXPECT(&world, "GET", "/api-keys", API_HARNESS_ALICE, NULL, 200, NULL);
    assert_non_null(strstr(world.body, "\"isRevoked\":true"));
    static const char *const TARGETS[] = {"/api-keys/0",
                                          "/api-keys/-1",
                                          "/api-keys/x",
                                          "/api-keys/99",
                                          "/api-keys/9223372036854775808",
                                          "/api-keys/18446744073709551616"};
    for (size_t index = 0; index < sizeof TARGETS / sizeof TARGETS[0]; index++) {
        API_EXPECT_ERROR(
            &world, "DELETE", TARGETS[index], API_HARNESS_ALICE, NULL, 404, "NOT_FOUND");
    }
}

static void api_keyring_key_ends_when_it_said(void **state)
{
    (void)state;
    struct made made;
    char body[128];
    (void)snprintf(body,
                   sizeof body,
                   "{\"scopes\":[\"READ\"],\"expiresAt\":%lld}",
                   (long long)(NOW_MS + DAY_MS));
    make(body, &made);
    world.wall_us = (NOW_MS + DAY_MS - 1) * 1000;
    assert_int_equal(ask_signed(&made, "GET", "/auth/me"), 200);
    world.wall_us = (NOW_MS + DAY_MS) * 1000;
    assert_int_equal(ask_signed(&made, "GET", "/auth/me"), 401);
    expect_code("API_KEY_EXPIRED");
    made.secret[0] ^= 1; /* who does not have the secret is not told */
    assert_int_equal(ask_signed(&made, "GET", "/auth/me"), 401);
    expect_code("BAD_SIGNATURE");
}

static void api_keyring_bad_bodies_name_their_field(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"{}", "scopes"},
        {"{\"scopes\":[]}", "scopes"},
        {"{\"scopes\":\"\"}", "scopes"},
        {"{\"scopes\":[\"READ\",\"READ\"]}", "scopes"},
        {"{\"scopes\":[\"read\"]}", "scopes"},
        {"{\"scopes\":[\"SESSION\"]}", "scopes"},
        {"{\"scopes\":[\"NONE\"]}", "scopes"},
        {"{\"scopes\":[1]}", "scopes"},
        {"{\"scopes\":[\"READ,WRITE\"]}", "scopes"},
        {"{\"scopes\":{\"a\":1}}", "scopes"},
        {"{\"scopes\":[\"READ\"],\"ips\":[\"10.0.0\"]}", "ips"},
        {"{\"scopes\":[\"READ\"],\"ips\":[\"10.0.0.0/33\"]}", "ips"},
        {"{\"scopes\":[\"READ\"],\"ips\":[\"::/129\"]}", "ips"},
        {"{\"scopes\":[\"READ\"],\"ips\":\"10.0.0.1,,\"}", "ips"},
        {"{\"scopes\":[\"READ\"],\"ips\":[\"example.org\"]}", "ips"},
        {"{\"scopes\":[\"READ\"],\"kind\":\"hmac\"}", "kind"},
        {"{\"scopes\":[\"READ\"],\"kind\":\"ED25519\"}", "publicKey"},
        {"{\"scopes\":[\"READ\"],\"kind\":\"ED25519\",\"publicKey\":\"x\"}", "publicKey"},
        {"{\"scopes\":[\"READ\"],\"expiresAt\":1}", "expiresAt"},
        {"{\"scopes\":[\"READ\"],\"expiresAt\":" NOW_TEXT "}", "expiresAt"},
        {"{\"scopes\":[\"READ\"],\"expiresAt\":-1}", "expiresAt"},
        {"{\"scopes\":[\"READ\"],\"expiresAt\":253402300800000}", "expiresAt"},
        {"{\"scopes\":[\"READ\"],\"label\":\"0123456789012345678901234567890123456789012345678901234"
         "567890123\"}",
         "label"}};
    for (size_t index = 0; index < sizeof CASES / sizeof CASES[0]; index++) {
        char field[32];
        API_EXPECT_ERROR(
            &world, "POST", "/api-keys", API_HARNESS_ALICE, CASES[index][0], 400, "BAD_PARAMETER");
        api_harness_member(&world, "field", field, sizeof field);
        assert_string_equal(field, CASES[index][1]);
    }
    API_EXPECT(&world, "GET", "/api-keys", API_HARNESS_ALICE, NULL, 200, "{\"data\":[]}");
}

static void api_keyring_only_an_admin_gets_an_admins_key(void **state)
{
    (void)state;
    static const char BODY[] = "{\"scopes\":[\"READ\",\"ADMIN\"]}";
    API_EXPECT_ERROR(&world, "POST", "/api-keys", API_HARNESS_ALICE, BODY, 403, "FORBIDDEN");
    API_EXPECT(&world, "POST", "/api-keys", API_HARNESS_ADMIN, BODY, 201, NULL);
}

static void api_keyring_no_key_makes_or_lists_keys(void **state)
{
    (void)state;
    struct made made;
    make("{\"scopes\":[\"READ\",\"WRITE\",\"TRADE\",\"TRANSFER\"]}", &made);
    assert_int_equal(ask_signed(&made, "GET", "/api-keys"), 403);
    expect_code("FORBIDDEN");
    assert_int_equal(ask_signed(&made, "DELETE", "/api-keys/1"), 403);
    API_EXPECT_ERROR(&world, "POST", "/api-keys", 0, "{}", 401, "UNAUTHORIZED");
}

static void api_keyring_number_of_keys_is_bounded(void **state)
{
    (void)state;
    static const char BODY[] = "{\"scopes\":[\"READ\"]}";
    struct made made;
    char target[64];
    for (uint32_t index = 0; index < 20; index++) {
        make(BODY, &made);
    }
    API_EXPECT_ERROR(&world, "POST", "/api-keys", API_HARNESS_ALICE, BODY, 409, "API_KEY_LIMIT");
    expect_audit("api_key.create", "API_KEY_LIMIT");
    API_EXPECT(&world, "POST", "/api-keys", API_HARNESS_BOB, BODY, 201, NULL); /* his own limit */
    (void)snprintf(target, sizeof target, "/api-keys/%s", made.id);
    API_EXPECT(&world, "DELETE", target, API_HARNESS_ALICE, NULL, 200, "{}");
    make(BODY, &made);
    API_EXPECT(&world, "GET", "/api-keys?limit=7", API_HARNESS_ALICE, NULL, 200, NULL);
    char cursor[16];
    api_harness_member(&world, "nextCursor", cursor, sizeof cursor);
    (void)snprintf(target, sizeof target, "/api-keys?limit=7&cursor=%s", cursor);
    API_EXPECT(&world, "GET", target, API_HARNESS_ALICE, NULL, 200, NULL);
    assert_null(strstr(world.body, made.key)); /* the newest is on the first page */
    assert_non_null(strstr(world.body, "\"nextCursor\""));
}

static void api_keyring_without_a_master_key_there_are_no_new_secrets(void **state)
{
    (void)state;
    world.api->options.seal = NULL;
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/api-keys",
                     API_HARNESS_ALICE,
                     "{\"scopes\":[\"READ\"]}",
                     501,
                     "NOT_IMPLEMENTED");
}

static void api_keyring_another_master_key_opens_nothing(void **state)
{
    (void)state;
    struct made made;
    static const uint8_t OTHER[FX_SEAL_KEY_SIZE] = {'o'};
    make("{\"scopes\":[\"READ\"]}", &made);
    struct fx_seal *other = fx_seal_create(OTHER);
    world.api->options.seal = other;
    assert_int_equal(ask_signed(&made, "GET", "/auth/me"), 401);
    expect_code("BAD_SIGNATURE");
    world.api->options.seal = world.seal;
    assert_int_equal(ask_signed(&made, "GET", "/auth/me"), 200);
    fx_seal_destroy(other);
}

/* ---- Ed25519: Node's crypto is the judge ------------------------------------------------------
 */

static int ask_curve(const struct made *made,
                     const char *method,
                     const char *target,
                     const char *signature)
{
    static char headers[HEADERS_SIZE];
    (void)snprintf(headers,
                   sizeof headers,
                   "apikey: %s\r\nsignature: %s\r\ntimestamp: " NOW_TEXT
                   "\r\nx-signature-version: 2\r\n",
                   made->key,
                   signature);
    world.extra = headers;
    (void)api_harness_ask(&world, method, target, NULL, NULL);
    world.extra = NULL;
    return world.code;
}

static void read_line(FILE *pipe, char *line, int capacity)
{
    assert_non_null(fgets(line, capacity, pipe));
    line[strcspn(line, "\n")] = '\0';
}

static void api_keyring_ed25519_takes_what_node_signs(void **state)
{
    (void)state;
    /* PKCS#8 of the seed; the public key as PEM in one line; four signatures. */
    static const char PROGRAM[] =
        "node -e 'const c=require(\"crypto\");"
        "const k=c.createPrivateKey({key:Buffer.from(\"302e020100300506032b657004220420"
        "" CURVE_PRIVATE_SEED "\",\"hex\"),format:\"der\",type:\"pkcs8\"});"
        "const e=c.createHash(\"sha256\").update(\"\").digest(\"hex\");"
        "const s=(m,p,q,f)=>console.log(c.sign(null,Buffer.from([\"v2\",\"" NOW_TEXT
        "\",\"5000\",m,p,q,e].join(\"\\n\")),k).toString(f));"
        "console.log(JSON.stringify(c.createPublicKey(k).export({type:\"spki\",format:\"pem\"})));"
        "console.log(c.createPublicKey(k).export({format:\"jwk\"}).x);"
        "s(\"GET\",\"/api/v1/auth/me\",\"\",\"hex\");"
        "s(\"GET\",\"/api/v1/auth/current\",\"\",\"base64url\");"
        "s(\"GET\",\"/api/v1/order/open\",\"limit=5\",\"hex\")'";
    char pem[512];
    char jwk[128];
    char body[1024];
    char signature[160];
    struct made made;
    // NOLINTNEXTLINE(cert-env33-c,concurrency-mt-unsafe): a fixed command line
    if (system("command -v node >/dev/null") != 0) {
        (void)printf("skip api_keyring_ed25519_takes_what_node_signs: node is not installed\n");
        skip();
    }
    // NOLINTNEXTLINE(cert-env33-c): a fixed command line
    FILE *node = popen(PROGRAM, "re");
    assert_non_null(node);
    read_line(node, pem, sizeof pem);
    read_line(node, jwk, sizeof jwk);
    (void)snprintf(
        body, sizeof body, "{\"kind\":\"ED25519\",\"scopes\":[\"READ\"],\"publicKey\":%s}", pem);
    make(body, &made);
    assert_string_equal(made.secret, ""); /* there is none to show */
    read_line(node, signature, sizeof signature);
    assert_int_equal(ask_curve(&made, "GET", "/auth/current", signature), 401);
    expect_code("BAD_SIGNATURE");
    assert_int_equal(ask_curve(&made, "GET", "/auth/me", signature), 200);
    assert_int_equal(ask_curve(&made, "GET", "/auth/me", signature), 401);
    expect_code("REPLAYED");
    /* The same request by another key that has the same public key is another request. */
    struct made twin;
    (void)snprintf(body,
                   sizeof body,
                   "{\"kind\":\"ED25519\",\"scopes\":[\"READ\"],\"publicKey\":\"%s\"}",
                   jwk);
    make(body, &twin);
    assert_int_equal(ask_curve(&twin, "GET", "/auth/me", signature), 200);
    read_line(node, signature, sizeof signature);
    assert_int_equal(ask_curve(&made, "GET", "/auth/current", signature), 200);
    read_line(node, signature, sizeof signature);
    for (size_t index = 0; index < strlen(signature); index++) {
        const char kept = signature[index];
        signature[index] = kept == 'a' ? 'b' : 'a';
        assert_int_equal(ask_curve(&made, "GET", "/order/open?limit=5", signature), 401);
        expect_code("BAD_SIGNATURE");
        signature[index] = kept;
    }
    assert_int_equal(ask_curve(&made, "GET", "/order/open?limit=6", signature), 401);
    assert_int_equal(ask_curve(&made, "GET", "/order/open?limit=5", signature), 200);
    assert_int_equal(pclose(node), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(api_keyring_made_key_works_and_shows_its_secret_once),
        T(api_keyring_texts_with_commas_are_lists_too),
        T(api_keyring_revoked_key_is_refused_at_once),
        T(api_keyring_key_ends_when_it_said),
        T(api_keyring_bad_bodies_name_their_field),
        T(api_keyring_only_an_admin_gets_an_admins_key),
        T(api_keyring_no_key_makes_or_lists_keys),
        T(api_keyring_number_of_keys_is_bounded),
        T(api_keyring_without_a_master_key_there_are_no_new_secrets),
        T(api_keyring_another_master_key_opens_nothing),
        T(api_keyring_ed25519_takes_what_node_signs),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
