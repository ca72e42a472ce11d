/* api/api_key, api_signature, api_replay, api_address: who may call with a signed request. Node's
 * crypto and JSON are the judges of the seed's signature. */
#include "api/api_address_int.h"
#include "api/api_int.h"
#include "api/api_replay_int.h"
#include "api/api_signature_int.h"
#include "api_harness.h"
#include "base/crypto.h"
#include "store/store_api_key.h"
#include "store/store_session.h"

enum { HEADERS_SIZE = 1024 };

#define NOW_MS 1700000002000LL

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): made anew for each test
static struct api_harness world;

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): as the columns lie
static uint64_t insert_key(const char *key, uint64_t user_id, const char *scopes, const char *ips)
{
    struct fx_store_api_key row = {.user_id = user_id, .kind = "HMAC", .created_us = 1};
    uint64_t id = 0;
    (void)snprintf(row.key, sizeof row.key, "%s", key);
    (void)snprintf(row.secret, sizeof row.secret, "secret of %s", key);
    (void)snprintf(row.scopes, sizeof row.scopes, "%s", scopes);
    (void)snprintf(row.ips, sizeof row.ips, "%s", ips);
    assert_int_equal(fx_store_api_key_insert(world.store, &row, &id), FX_OK);
    return id;
}

static int setup(void **state)
{
    (void)state;
    api_harness_init(&world);
    world.wall_us = NOW_MS * 1000; /* version 2 takes nothing from before the start */
    (void)insert_key("both", API_HARNESS_ALICE, "READ,WRITE", "");
    (void)insert_key("reader", API_HARNESS_ALICE, "READ", "");
    (void)insert_key("writer", API_HARNESS_ALICE, "WRITE", "");
    (void)insert_key("trader", API_HARNESS_ALICE, "TRADE", "");
    (void)insert_key("transferrer", API_HARNESS_ALICE, "TRANSFER", "");
    (void)insert_key("administrator", API_HARNESS_ALICE, "ADMIN", "");
    (void)insert_key("bobs", API_HARNESS_BOB, "READ, WRITE", "");
    (void)insert_key("locked", API_HARNESS_LOCKED, "READ,WRITE,TRANSFER,ADMIN", "");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    api_harness_deinit(&world);
    return 0;
}

/* ---- a client ---------------------------------------------------------------------------------
 */

/* What is signed; what is sent may differ. */
struct request {
    const char *key;
    const char *method;
    const char *target; /* behind /api/v1 */
    const char *body;   /* NULL: none */
    const char *timestamp;
    const char *window; /* NULL: version 1 */
    const char *signed_body;
};

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a key and what it signs
static void hmac_hex(const char *key, const char *text, char hex_out[65])
{
    char secret[128];
    uint8_t mac[FX_CRYPTO_SHA256_SIZE];
    struct fx_buf hex;
    (void)snprintf(secret, sizeof secret, "secret of %s", key);
    struct fx_crypto_hmac *hmac = fx_crypto_hmac_create(fx_str_of(secret));
    assert_non_null(hmac);
    fx_crypto_hmac_sign(hmac, fx_str_of(text), mac);
    fx_crypto_hmac_destroy(hmac);
    fx_buf_init(&hex, 64);
    fx_crypto_hex_encode(&hex, fx_crypto_str(mac, sizeof mac));
    assert_true(fx_str_copy(fx_buf_str(&hex), hex_out, 65));
    fx_buf_deinit(&hex);
}

static void sha256_hex(const char *text, char hex_out[65])
{
    uint8_t digest[FX_CRYPTO_SHA256_SIZE];
    struct fx_buf hex;
    fx_crypto_sha256(fx_str_of(text), digest);
    fx_buf_init(&hex, 64);
    fx_crypto_hex_encode(&hex, fx_crypto_str(digest, sizeof digest));
    assert_true(fx_str_copy(fx_buf_str(&hex), hex_out, 65));
    fx_buf_deinit(&hex);
}

static void sign(const struct request *request, char hex_out[65])
{
    static char text[70000];
    const size_t path_size = strcspn(request->target, "?");
    const char *query = request->target[path_size] == '?' ? request->target + path_size + 1 : "";
    if (request->window == NULL) {
        const char *body = request->signed_body != NULL ? request->signed_body : request->body;
        (void)snprintf(text,
                       sizeof text,
                       "%s%s/api/v1%.*s%s",
                       request->timestamp,
                       request->method,
                       (int)path_size,
                       request->target,
                       body == NULL || body[0] == '\0' ? "{}" : body);
    } else {
        char hash[65];
        sha256_hex(request->body == NULL ? "" : request->body, hash);
        (void)snprintf(text,
                       sizeof text,
                       "v2\n%s\n%s\n%s\n/api/v1%.*s\n%s\n%s",
                       request->timestamp,
                       request->window,
                       request->method,
                       (int)path_size,
                       request->target,
                       query,
                       hash);
    }
    hmac_hex(request->key, text, hex_out);
}

static const char *headers_of(const struct request *request, const char *signature)
{
    static char headers[HEADERS_SIZE];
    const int size = snprintf(headers,
                              sizeof headers,
                              "apikey: %s\r\nsignature: %s\r\ntimestamp: %s\r\n",
                              request->key,
                              signature,
                              request->timestamp);
    if (request->window != NULL) {
        (void)snprintf(headers + size,
                       sizeof headers - (size_t)size,
                       "x-signature-version: 2\r\nx-recv-window: %s\r\n",
                       request->window);
    }
    return headers;
}

static int ask_with(const struct request *request, const char *signature)
{
    world.extra = headers_of(request, signature);
    (void)api_harness_ask(&world, request->method, request->target, NULL, request->body);
    world.extra = NULL;
    return world.code;
}

static int ask(const struct request *request)
{
    char signature[65];
    sign(request, signature);
    return ask_with(request, signature);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): __LINE__ comes first
static void expect(int line, int status, const char *code)
{
    char said[64] = "";
    if (code != NULL) {
        api_harness_member(&world, "code", said, sizeof said);
    }
    if (world.code != status || (code != NULL && strcmp(said, code) != 0)) {
        print_error("line %d: %d %s\n", line, world.code, world.body);
    }
    assert_int_equal(world.code, status);
    assert_string_equal(said, code == NULL ? "" : code);
}

#define ASK(status, code, ...)                                                                     \
    do {                                                                                           \
        (void)ask(&(const struct request){.key = __VA_ARGS__});                                    \
        expect(__LINE__, (status), (code));                                                        \
    } while (0)

#define NOW_TEXT "1700000002000"

/* ---- version 1 --------------------------------------------------------------------------------
 */

static void api_key_v1_signed_request_acts_for_its_user(void **state)
{
    (void)state;
    ASK(200, NULL, "both", "GET", "/auth/me", NULL, NOW_TEXT);
    assert_non_null(strstr(world.body, "alice@example.org"));
    ASK(200, NULL, "bobs", "GET", "/auth/me", NULL, NOW_TEXT);
    assert_non_null(strstr(world.body, "bob@example.org"));
    ASK(200, NULL, "both", "HEAD", "/auth/me", NULL, NOW_TEXT);
    ASK(200, NULL, "both", "GET", "/order/open?symbol=BTCUSDT", NULL, NOW_TEXT);
    ASK(202,
        NULL,
        "both",
        "POST",
        "/order",
        "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":1,\"price\":99}",
        NOW_TEXT);
    ASK(200, NULL, "both", "DELETE", "/order/cancel-all", NULL, NOW_TEXT);
}

static void api_key_v1_body_may_be_signed_as_sent_or_stringified(void **state)
{
    (void)state;
    static const char SENT[] = "{ \"symbol\": \"\\u0042TCUSDT\", \"leverage\": 5.00 }";
    ASK(200, NULL, "both", "POST", "/positions/leverage", SENT, NOW_TEXT);
    ASK(200,
        NULL,
        "both",
        "POST",
        "/positions/leverage",
        SENT,
        NOW_TEXT,
        NULL,
        "{\"symbol\":\"BTCUSDT\",\"leverage\":5}");
    ASK(401,
        "BAD_SIGNATURE",
        "both",
        "POST",
        "/positions/leverage",
        SENT,
        NOW_TEXT,
        NULL,
        "{\"leverage\":5,\"symbol\":\"BTCUSDT\"}");
    ASK(401,
        "BAD_SIGNATURE",
        "both",
        "POST",
        "/positions/leverage",
        SENT,
        NOW_TEXT,
        NULL,
        "{\"symbol\":\"BTCUSDT\",\"leverage\":6}");
    ASK(401,
        "BAD_SIGNATURE",
        "both",
        "POST",
        "/positions/leverage",
        "{not JSON",
        NOW_TEXT,
        NULL,
        "{}");
}

static void api_key_v1_each_changed_bit_is_refused(void **state)
{
    (void)state;
    char signature[65];
    const struct request good = {"both", "GET", "/auth/me", NULL, NOW_TEXT, NULL, NULL};
    sign(&good, signature);
    for (size_t digit = 0; digit < 64; digit++) {
        char changed[65];
        memcpy(changed, signature, sizeof changed);
        changed[digit] = changed[digit] == '0' ? '1' : '0';
        (void)ask_with(&good, changed);
        expect(__LINE__, 401, "BAD_SIGNATURE");
    }
    static const struct request OTHERS[] = {
        {"both", "HEAD", "/auth/me", NULL, NOW_TEXT, NULL, NULL},
        {"both", "GET", "/auth/current", NULL, NOW_TEXT, NULL, NULL},
        {"both", "GET", "/auth/me", NULL, "1700000002001", NULL, NULL},
        {"both", "GET", "/auth/me", "{\"a\":1}", NOW_TEXT, NULL, NULL},
        {"reader", "GET", "/auth/me", NULL, NOW_TEXT, NULL, NULL},
        {"bobs", "GET", "/auth/me", NULL, NOW_TEXT, NULL, NULL},
        {"Both", "GET", "/auth/me", NULL, NOW_TEXT, NULL, NULL},
        {"", "GET", "/auth/me", NULL, NOW_TEXT, NULL, NULL},
    };
    for (size_t index = 0; index < sizeof OTHERS / sizeof OTHERS[0]; index++) {
        assert_int_equal(ask_with(&OTHERS[index], signature), 401);
    }
    static const char *const FORMS[] = {"", "00", "zz", " ", "-"};
    for (size_t index = 0; index < sizeof FORMS / sizeof FORMS[0]; index++) {
        (void)ask_with(&good, FORMS[index]);
        expect(__LINE__, 401, "BAD_SIGNATURE");
    }
    assert_int_equal(ask_with(&good, signature), 200);
}

static void api_key_unknown_key_and_bad_signature_answer_alike(void **state)
{
    (void)state;
    char first[1024];
    char bad[65];
    memset(bad, '0', 64);
    bad[64] = '\0';
    (void)ask_with(&(const struct request){"both", "GET", "/auth/me", NULL, NOW_TEXT, NULL, NULL},
                   bad);
    assert_true(fx_str_copy(fx_str_of(world.body), first, sizeof first));
    (void)ask(&(const struct request){"nobody", "GET", "/auth/me", NULL, NOW_TEXT, NULL, NULL});
    assert_string_equal(world.body, first);
    expect(__LINE__, 401, "BAD_SIGNATURE");
}

static void api_key_v1_window_is_sixty_seconds_and_digits_only(void **state)
{
    (void)state;
    ASK(200, NULL, "both", "GET", "/auth/me", NULL, "1699999942000");
    ASK(200, NULL, "both", "GET", "/auth/me", NULL, "1700000062000");
    static const char *const BAD[] = {"1699999941999",
                                      "1700000062001",
                                      "1699999941000",
                                      "NaN",
                                      "",
                                      "undefined",
                                      "-1700000002000",
                                      "+1700000002000",
                                      "1700000002000.0",
                                      "1.700000002e12",
                                      "0x18bcfe56f50",
                                      "01700000002000",
                                      "1700000002",
                                      "1700000002000000",
                                      "17000000020001700000002000",
                                      "18446744073709551615",
                                      "1700000002000, 1",
                                      "1700000002000 1"};
    for (size_t index = 0; index < sizeof BAD / sizeof BAD[0]; index++) {
        ASK(401, "TIMESTAMP_OUT_OF_WINDOW", "both", "GET", "/auth/me", NULL, BAD[index]);
        ASK(401, "TIMESTAMP_OUT_OF_WINDOW", "both", "GET", "/auth/me", NULL, BAD[index], "60000");
        assert_non_null(strstr(world.body, "\"field\":\"timestamp\""));
    }
    world.extra = "apikey: both\r\n";
    API_EXPECT_ERROR(&world, "GET", "/auth/me", 0, NULL, 401, "TIMESTAMP_OUT_OF_WINDOW");
    world.extra = "apikey: both\r\ntimestamp: " NOW_TEXT "\r\n";
    API_EXPECT_ERROR(&world, "GET", "/auth/me", 0, NULL, 401, "BAD_SIGNATURE");
    world.extra = NULL;
}

/* ---- version 2 --------------------------------------------------------------------------------
 */

static void api_key_v2_signs_query_and_body(void **state)
{
    (void)state;
    char signature[65];
    const struct request good = {
        "both", "GET", "/order/open?symbol=BTCUSDT", NULL, NOW_TEXT, "5000", NULL};
    struct request other = good;
    sign(&good, signature);
    other.target = "/order/open?symbol=ETHUSDT";
    (void)ask_with(&other, signature);
    expect(__LINE__, 401, "BAD_SIGNATURE");
    other.target = "/order/open";
    (void)ask_with(&other, signature);
    expect(__LINE__, 401, "BAD_SIGNATURE");
    other = good;
    other.window = "6000";
    (void)ask_with(&other, signature);
    expect(__LINE__, 401, "BAD_SIGNATURE");
    other = good;
    other.window = NULL; /* sent as version 1 */
    (void)ask_with(&other, signature);
    expect(__LINE__, 401, "BAD_SIGNATURE");
    assert_int_equal(ask_with(&good, signature), 200);
    ASK(200,
        NULL,
        "both",
        "POST",
        "/positions/leverage",
        "{\"symbol\" : \"BTCUSDT\",\"leverage\":5}",
        NOW_TEXT,
        "5000");
}

static void api_key_v2_default_window_is_five_seconds(void **state)
{
    (void)state;
    char signature[65];
    char headers[HEADERS_SIZE];
    const struct request request = {"both", "GET", "/auth/me", NULL, NOW_TEXT, "5000", NULL};
    sign(&request, signature);
    (void)snprintf(headers,
                   sizeof headers,
                   "apikey: both\r\nsignature: %s\r\ntimestamp: " NOW_TEXT
                   "\r\nx-signature-version: 2\r\n",
                   signature);
    world.extra = headers;
    world.wall_us += 5001000;
    API_EXPECT_ERROR(&world, "GET", "/auth/me", 0, NULL, 401, "TIMESTAMP_OUT_OF_WINDOW");
    world.wall_us -= 1000;
    API_EXPECT(&world, "GET", "/auth/me", 0, NULL, 200, NULL);
    world.extra = NULL;
}

static void api_key_v2_window_edges_hold(void **state)
{
    (void)state;
    world.wall_us += 70000000LL; /* now is 1700000072000 */
    ASK(200, NULL, "both", "GET", "/auth/me", NULL, "1700000012000", "60000");
    ASK(401, "TIMESTAMP_OUT_OF_WINDOW", "both", "GET", "/auth/me", NULL, "1700000011999", "60000");
    ASK(200, NULL, "both", "GET", "/auth/me", NULL, "1700000071999", "1");
    ASK(401, "TIMESTAMP_OUT_OF_WINDOW", "both", "GET", "/auth/me", NULL, "1700000071998", "1");
    ASK(200, NULL, "both", "GET", "/auth/me", NULL, "1700000072999", "5000");
    ASK(401, "TIMESTAMP_OUT_OF_WINDOW", "both", "GET", "/auth/me", NULL, "1700000073000", "5000");
    static const char *const BAD[] = {"0", "60001", "-1", "5e3", "05000", "", "x"};
    for (size_t index = 0; index < sizeof BAD / sizeof BAD[0]; index++) {
        ASK(400, "BAD_PARAMETER", "both", "GET", "/auth/me", NULL, "1700000072000", BAD[index]);
        assert_non_null(strstr(world.body, "\"field\":\"x-recv-window\""));
    }
    world.extra = "apikey: both\r\nx-signature-version: 3\r\ntimestamp: 1\r\n";
    API_EXPECT_ERROR(&world, "GET", "/auth/me", 0, NULL, 400, "BAD_PARAMETER");
    world.extra = NULL;
}

static void api_key_v2_a_request_works_once(void **state)
{
    (void)state;
    char signature[65];
    const struct request order = {
        "both",
        "POST",
        "/order",
        "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":1,\"price\":99}",
        NOW_TEXT,
        "60000",
        NULL};
    sign(&order, signature);
    assert_int_equal(ask_with(&order, signature), 202);
    (void)ask_with(&order, signature);
    expect(__LINE__, 401, "REPLAYED");
    for (char *at = signature; *at != '\0'; at++) { /* the same bytes in other digits */
        if (*at >= 'a' && *at <= 'f') {
            *at = (char)(*at - 'a' + 'A');
        }
    }
    (void)ask_with(&order, signature);
    expect(__LINE__, 401, "REPLAYED");
    world.wall_us += 60000000LL;
    (void)ask_with(&order, signature);
    expect(__LINE__, 401, "REPLAYED");
    world.wall_us += 1000LL;
    (void)ask_with(&order, signature);
    expect(__LINE__, 401, "TIMESTAMP_OUT_OF_WINDOW");
}

/* ---- several processes --------------------------------------------------------------------------
 */

enum { PROOFS_MAX = 16 };

// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables): as `world`
static struct fx_proof proofs[PROOFS_MAX];
static uint32_t proof_count;
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)

static bool note_proof(void *self,
                       uint64_t token,
                       const struct fx_command *command,
                       const struct fx_proof *proof)
{
    assert_true(proof->id > 0 && proof_count < PROOFS_MAX);
    proofs[proof_count++] = *proof;
    return api_harness_submit(self, token, command);
}

static void be_one_of_several(void)
{
    proof_count = 0;
    world.api->options.is_shared = true;
    world.api->options.intake.submit_proved = note_proof;
}

/* What another process, which has started long ago, knows of signatures. */
static void be_another_process(void)
{
    const int64_t now_us = world.wall_us;
    fx_api_key_destroy(world.api->keys);
    world.api->keys = NULL;
    world.wall_us -= 60000000;
    assert_int_equal(fx_api_key_create(world.api, &world.api->keys), FX_OK);
    world.wall_us = now_us;
}

static void api_key_v2_names_its_commands_alike_at_each_process(void **state)
{
    (void)state;
    static const char BATCH[] =
        "{\"orders\":[{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":1,"
        "\"price\":90},{\"symbol\":\"NONE\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":1,"
        "\"price\":90},{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":1,"
        "\"price\":90}]}";
    be_one_of_several();
    ASK(200, NULL, "trader", "POST", "/orders/batch", BATCH, NOW_TEXT, "5000");
    assert_int_equal(proof_count, 2);
    assert_int_not_equal(proofs[0].id, proofs[1].id);
    assert_int_equal(proofs[0].until_ms, NOW_MS + 5000);
    ASK(401, "REPLAYED", "trader", "POST", "/orders/batch", BATCH, NOW_TEXT, "5000");
    be_another_process();
    ASK(200, NULL, "trader", "POST", "/orders/batch", BATCH, NOW_TEXT, "5000");
    assert_int_equal(proof_count, 4); /* the log drops them: worker_proof_test */
    assert_int_equal(proofs[2].id, proofs[0].id);
    assert_int_equal(proofs[3].id, proofs[1].id);
    ASK(200, NULL, "trader", "POST", "/orders/batch", BATCH, "1700000002001", "5000");
    assert_int_not_equal(proofs[4].id, proofs[0].id);
    assert_int_equal(proof_count, 6);
    ASK(200, NULL, "both", "DELETE", "/order/cancel-all", NULL, NOW_TEXT); /* version 1 has none */
    assert_int_equal(proof_count, 6);
}

static void api_key_v2_changes_tables_once_at_all_processes(void **state)
{
    (void)state;
    static const char BODY[] = "{\"makerFee\":\"0.0001\",\"takerFee\":\"0.0002\"}";
    (void)insert_key("root", API_HARNESS_ADMIN, "READ,ADMIN", "");
    ASK(200, NULL, "root", "PUT", "/admin/users/1/fees", BODY, NOW_TEXT, "5000");
    be_another_process(); /* alone with its tables a process writes no rows for itself */
    ASK(200, NULL, "root", "PUT", "/admin/users/1/fees", BODY, NOW_TEXT, "5000");
    be_one_of_several();
    ASK(200, NULL, "root", "PUT", "/admin/users/1/fees", BODY, NOW_TEXT, "4999");
    ASK(200, NULL, "root", "DELETE", "/admin/users/1/fees", NULL, NOW_TEXT, "5000");
    be_another_process();
    ASK(401, "REPLAYED", "root", "PUT", "/admin/users/1/fees", BODY, NOW_TEXT, "4999");
    ASK(401, "REPLAYED", "root", "DELETE", "/admin/users/1/fees", NULL, NOW_TEXT, "5000");
    ASK(200, NULL, "root", "PUT", "/admin/users/1/fees", BODY, "1700000002001", "4999");
    /* What was refused was taken, too: the user may come into being meanwhile. */
    ASK(404, "NOT_FOUND", "root", "PUT", "/admin/users/99/fees", BODY, NOW_TEXT, "5000");
}

static void count_kick(void *self, uint64_t user_id)
{
    assert_int_equal(user_id, API_HARNESS_ALICE);
    (*(uint32_t *)self)++;
}

/* What another process does to a user is known here at the next look, not when memories run out. */
static void api_key_of_a_user_changed_elsewhere_is_read_anew(void **state)
{
    (void)state;
    struct fx_rows_user user;
    uint32_t kicks = 0;
    const struct fx_store_key key = {API_HARNESS_ALICE, 1};
    const struct fx_store_session_revoked note = {
        .user_id = API_HARNESS_ALICE, .family = ".1.1", .expires_us = world.wall_us + 60000000};
    world.api->options.on_revoked = count_kick;
    world.api->options.revoked_self = &kicks;
    be_one_of_several();
    fx_api_tick(world.api);
    ASK(200, NULL, "both", "GET", "/auth/me", NULL, NOW_TEXT);
    assert_int_equal(fx_store_api_key_revoke(world.store, key), FX_OK);
    ASK(200, NULL, "both", "GET", "/auth/me", NULL, NOW_TEXT); /* remembered for a second */
    assert_int_equal(fx_store_session_note_revoked(world.store, &note), FX_OK);
    world.wall_us += 1000000;
    fx_api_tick(world.api);
    assert_int_equal(kicks, 1);
    ASK(401, "BAD_SIGNATURE", "both", "GET", "/auth/me", NULL, NOW_TEXT);
    ASK(200, NULL, "reader", "GET", "/auth/me", NULL, NOW_TEXT);
    assert_int_equal(fx_store_user_find(world.store, API_HARNESS_ALICE, &user), FX_OK);
    user.is_locked = true;
    assert_int_equal(fx_store_user_update(world.store, &user), FX_OK);
    struct fx_store_session_revoked second = note;
    second.family[1] = '2';
    assert_int_equal(fx_store_session_note_revoked(world.store, &second), FX_OK);
    world.wall_us += 1000000;
    fx_api_tick(world.api);
    fx_api_tick(world.api);
    assert_int_equal(kicks, 2); /* once each */
    ASK(403, "USER_LOCKED", "reader", "GET", "/auth/me", NULL, NOW_TEXT);
}

static void api_key_v2_takes_nothing_from_before_the_start(void **state)
{
    (void)state;
    ASK(401, "TIMESTAMP_OUT_OF_WINDOW", "both", "GET", "/auth/me", NULL, "1700000000999", "60000");
    ASK(200, NULL, "both", "GET", "/auth/me", NULL, "1700000001000", "60000");
}

static void api_replay_never_forgets_what_lives(void **state)
{
    (void)state;
    enum { PUT = 64, ROOM = 16 };
    uint8_t macs[PUT][FX_CRYPTO_SHA256_SIZE];
    bool is_in[PUT];
    struct fx_api_replay *replay = fx_api_replay_create(ROOM);
    struct fx_api_replay_times times = {.now_ms = 1000, .until_ms = 2000};
    uint32_t count = 0;
    assert_non_null(replay);
    for (uint32_t index = 0; index < PUT; index++) {
        memset(macs[index], (int)index, sizeof macs[index]);
        const fx_status status = fx_api_replay_put(replay, macs[index], &times);
        is_in[index] = status == FX_OK;
        count += is_in[index] ? 1 : 0;
        assert_true(status == FX_OK || status == FX_BUSY);
    }
    assert_int_equal(count, ROOM);
    times.now_ms = 2000; /* alive to the last millisecond */
    for (uint32_t index = 0; index < PUT; index++) {
        assert_int_equal(fx_api_replay_put(replay, macs[index], &times),
                         is_in[index] ? FX_REPLAYED : FX_BUSY);
    }
    times = (struct fx_api_replay_times){.now_ms = 2001, .until_ms = 3000};
    macs[0][0] = 0xFF;
    assert_int_equal(fx_api_replay_put(replay, macs[0], &times), FX_OK);
    fx_api_replay_destroy(replay);
    fx_api_replay_destroy(NULL);
}

/* ---- rights -----------------------------------------------------------------------------------
 */

static const char *method_name(enum fx_net_http_method method)
{
    static const char *const NAMES[] = {"", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
    return NAMES[method];
}

static void make_target(const struct fx_api_route *route, char *target, size_t capacity)
{
    const size_t colon = fx_str_find(route->path, ':', 0);
    const int size = (int)(colon == SIZE_MAX ? route->path.size : colon);
    const size_t slash = colon == SIZE_MAX ? SIZE_MAX : fx_str_find(route->path, '/', colon);
    const fx_str rest =
        slash == SIZE_MAX ? (fx_str){0} : fx_str_slice(route->path, slash, route->path.size);
    (void)snprintf(target,
                   capacity,
                   "%.*s%s%.*s",
                   size,
                   route->path.data,
                   colon == SIZE_MAX ? "" : "1",
                   (int)rest.size,
                   rest.data);
}

/* What docs/protocol/auth.md says of scopes and rights, of version 1. */
static bool is_opened_by(const struct fx_api_route *route, const char *key)
{
    const bool is_get = route->method == FX_NET_HTTP_METHOD_GET;
    const bool is_writer = strcmp(key, "writer") == 0 || strcmp(key, "both") == 0;
    const bool is_reader = strcmp(key, "reader") == 0 || strcmp(key, "both") == 0;
    switch (route->scope) {
    case FX_API_SCOPE_READ:
        return is_reader || (is_writer && !is_get);
    case FX_API_SCOPE_WRITE:
        return is_writer;
    case FX_API_SCOPE_TRADE:
    case FX_API_SCOPE_REDUCE:
        return is_writer || strcmp(key, "trader") == 0;
    case FX_API_SCOPE_TRANSFER:
    case FX_API_SCOPE_ADMIN:
    case FX_API_SCOPE_NONE:
    case FX_API_SCOPE_SESSION:
    default:
        return false;
    }
}

static void api_key_matrix_of_routes_and_rights_holds(void **state)
{
    (void)state;
    const struct fx_api_route *routes = NULL;
    const uint32_t count = fx_api_router_table(&routes);
    char target[128];
    for (uint32_t index = 0; index < count; index++) {
        const struct fx_api_route *route = &routes[index];
        const char *method = method_name(route->method);
        make_target(route, target, sizeof target);
        if (route->guard == FX_API_GUARD_PUBLIC) { /* a key is as good as none */
            const struct request request = {"nobody", method, target, NULL, "NaN", NULL, NULL};
            const int code = api_harness_ask(&world, method, target, NULL, NULL);
            assert_int_equal(ask(&request), code);
            continue;
        }
        (void)api_harness_ask(&world, method, target, NULL, NULL);
        expect(__LINE__, 401, "UNAUTHORIZED");
        static const char *const KEYS[] = {
            "both", "reader", "writer", "trader", "transferrer", "administrator"};
        for (size_t at = 0; at < sizeof KEYS / sizeof KEYS[0]; at++) {
            const struct request request = {KEYS[at], method, target, NULL, NOW_TEXT, NULL, NULL};
            (void)ask(&request);
            if (route->guard == FX_API_GUARD_USER && is_opened_by(route, KEYS[at])) {
                assert_int_not_equal(world.code, 401);
                assert_int_not_equal(world.code, 403);
            } else {
                expect(__LINE__, 403, "FORBIDDEN");
            }
        }
        const bool is_refused = route->scope == FX_API_SCOPE_SESSION ||
                                route->scope == FX_API_SCOPE_TRANSFER ||
                                route->scope == FX_API_SCOPE_ADMIN;
        ASK(403,
            is_refused ? "FORBIDDEN" : "USER_LOCKED",
            "locked",
            method,
            target,
            NULL,
            NOW_TEXT);
        ASK(401, "BAD_SIGNATURE", "nobody", method, target, NULL, NOW_TEXT);
    }
    ASK(403, NULL, "writer", "HEAD", "/auth/me", NULL, NOW_TEXT);
    ASK(403, NULL, "reader", "DELETE", "/order/1", NULL, NOW_TEXT);
    ASK(404, "ORDER_NOT_FOUND", "trader", "DELETE", "/order/1", NULL, NOW_TEXT);
    ASK(404, "ORDER_NOT_FOUND", "writer", "DELETE", "/order/1", NULL, NOW_TEXT);
    ASK(200, NULL, "writer", "POST", "/order/open", NULL, NOW_TEXT);
    ASK(403, NULL, "trader", "POST", "/order/open", NULL, NOW_TEXT);
}

/* A request that somebody has seen must not move money twice. */
static void api_key_v1_moves_no_money(void **state)
{
    (void)state;
    static const char BODY[] = "{\"asset\":\"USDT\",\"amount\":\"1\"}";
    const uint32_t takes = world.takes;
    (void)insert_key("admins", API_HARNESS_ADMIN, "ADMIN", "");
    ASK(403, "FORBIDDEN", "transferrer", "POST", "/account/withdraw", BODY, NOW_TEXT);
    assert_non_null(strstr(world.body, "version 2"));
    ASK(403, "FORBIDDEN", "admins", "GET", "/admin/users", NULL, NOW_TEXT);
    assert_non_null(strstr(world.body, "version 2"));
    ASK(403, "FORBIDDEN", "reader", "POST", "/account/withdraw", BODY, NOW_TEXT);
    assert_non_null(strstr(world.body, "lacks the right TRANSFER"));
    assert_int_equal(world.takes, takes);
    ASK(200, NULL, "transferrer", "POST", "/account/withdraw", BODY, NOW_TEXT, "5000");
    ASK(401, "REPLAYED", "transferrer", "POST", "/account/withdraw", BODY, NOW_TEXT, "5000");
    ASK(200, NULL, "admins", "GET", "/admin/users", NULL, NOW_TEXT, "5000");
    assert_int_equal(world.takes, takes + 1);
}

static void api_key_foreign_objects_do_not_exist(void **state)
{
    (void)state;
    char id[32];
    char target[64];
    ASK(202,
        NULL,
        "both",
        "POST",
        "/order",
        "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":1,\"price\":99}",
        NOW_TEXT);
    api_harness_member(&world, "tmpId", id, sizeof id);
    (void)snprintf(target, sizeof target, "/order/%s", id);
    ASK(404, NULL, "bobs", "GET", target, NULL, NOW_TEXT);
    ASK(404, NULL, "bobs", "DELETE", target, NULL, NOW_TEXT);
    ASK(200, NULL, "both", "GET", target, NULL, NOW_TEXT);
}

static void api_key_revocation_is_seen_within_a_second(void **state)
{
    (void)state;
    const uint64_t id = insert_key("brief", API_HARNESS_ALICE, "READ", "");
    ASK(200, NULL, "brief", "GET", "/auth/me", NULL, NOW_TEXT);
    assert_int_equal(
        fx_store_api_key_revoke(world.store, (struct fx_store_key){API_HARNESS_ALICE, id}), FX_OK);
    world.now_ms += 1000;
    ASK(401, "BAD_SIGNATURE", "brief", "GET", "/auth/me", NULL, NOW_TEXT);
    ASK(401, "BAD_SIGNATURE", "brief", "GET", "/auth/me", NULL, NOW_TEXT, "5000");
}

static void api_key_rows_that_cannot_sign_are_unknown(void **state)
{
    (void)state;
    struct fx_store_api_key row = {.user_id = 1, .kind = "ED25519", .scopes = "READ"};
    uint64_t id = 0;
    (void)snprintf(row.key, sizeof row.key, "curve");
    (void)snprintf(row.secret, sizeof row.secret, "secret of curve");
    assert_int_equal(fx_store_api_key_insert(world.store, &row, &id), FX_OK);
    ASK(401, "BAD_SIGNATURE", "curve", "GET", "/auth/me", NULL, NOW_TEXT);
}

static void api_key_more_keys_than_slots_still_work(void **state)
{
    (void)state;
    enum { MANY = 1500 };
    char key[32];
    for (uint32_t index = 0; index < MANY; index++) {
        (void)snprintf(key, sizeof key, "many%u", index);
        (void)insert_key(key, index % 2 == 0 ? API_HARNESS_ALICE : API_HARNESS_BOB, "READ", "");
    }
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t index = 0; index < MANY; index++) {
            (void)snprintf(key, sizeof key, "many%u", index);
            ASK(200, NULL, key, "GET", "/auth/me", NULL, NOW_TEXT);
            assert_non_null(strstr(world.body, index % 2 == 0 ? "\"id\":1," : "\"id\":2,"));
        }
    }
}

static void api_key_address_list_is_kept(void **state)
{
    (void)state;
    (void)insert_key("here", API_HARNESS_ALICE, "READ", "10.0.0.1, 127.0.0.0/8");
    (void)insert_key("there", API_HARNESS_ALICE, "READ", "10.0.0.1,::1");
    (void)insert_key("broken", API_HARNESS_ALICE, "READ", "localhost");
    ASK(200, NULL, "here", "GET", "/auth/me", NULL, NOW_TEXT);
    ASK(403, "FORBIDDEN", "there", "GET", "/auth/me", NULL, NOW_TEXT);
    ASK(403, "FORBIDDEN", "broken", "GET", "/auth/me", NULL, NOW_TEXT);
}

static void api_address_lists_know_both_families(void **state)
{
    (void)state;
    static const struct {
        const char *peer;
        const char *list;
        bool is_listed;
    } CASES[] = {{"10.0.0.1", "10.0.0.1", true},
                 {"10.0.0.1", "10.0.0.2", false},
                 {"10.0.0.1", "10.0.0.10", false},
                 {"10.0.0.10", "10.0.0.1", false},
                 {"10.0.0.1", " 192.168.0.1 ,\t10.0.0.1 ", true},
                 {"10.0.0.1", "10.0.0.0/24", true},
                 {"10.0.1.1", "10.0.0.0/24", false},
                 {"10.0.0.127", "10.0.0.0/25", true},
                 {"10.0.0.128", "10.0.0.0/25", false},
                 {"10.0.0.1", "10.0.0.1/32", true},
                 {"10.0.0.0", "10.0.0.1/32", false},
                 {"10.0.0.0", "10.0.0.1/31", true},
                 {"9.9.9.9", "0.0.0.0/0", true},
                 {"::1", "0.0.0.0/0", false},
                 {"9.9.9.9", "::/0", false},
                 {"2001:db8::1", "::/0", true},
                 {"2001:db8::1", "2001:0db8:0::0001", true},
                 {"2001:db8:1::1", "2001:db8::/32", true},
                 {"2001:db9::1", "2001:db8::/32", false},
                 {"2001:db8::8000", "2001:db8::8000/113", true},
                 {"2001:db8::7fff", "2001:db8::8000/113", false},
                 {"::ffff:10.0.0.1", "10.0.0.1", true},
                 {"10.0.0.1", "::ffff:10.0.0.1", true},
                 {"10.0.0.1", "::ffff:10.0.0.0/120", true},
                 {"10.0.1.1", "::ffff:10.0.0.0/120", false},
                 {"10.0.0.1", "", false},
                 {"10.0.0.1", ",", false},
                 {"10.0.0.1", "10.0.0.1/33", false},
                 {"10.0.0.1", "10.0.0.1/", false},
                 {"10.0.0.1", "10.0.0.1/-1", false},
                 {"10.0.0.1", "10.0.0.1/08", false},
                 {"10.0.0.1", "10.0.0.1/8/8", false},
                 {"10.0.0.1", "010.0.0.1", false},
                 {"10.0.0.1", "10.0.0", false},
                 {"10.0.0.1", "10.0.0.1x", false},
                 {"10.0.0.1", "*", false},
                 {"::1", "::1/129", false},
                 {"::1", "::1/128", true},
                 {"", "0.0.0.0/0", false},
                 {"rubbish", "0.0.0.0/0,::/0", false}};
    for (size_t index = 0; index < sizeof CASES / sizeof CASES[0]; index++) {
        const bool is_listed =
            fx_api_address_is_listed(fx_str_of(CASES[index].peer), fx_str_of(CASES[index].list));
        if (is_listed != CASES[index].is_listed) {
            print_error("%s in %s\n", CASES[index].peer, CASES[index].list);
        }
        assert_int_equal(is_listed, CASES[index].is_listed);
    }
}

/* ---- the judge --------------------------------------------------------------------------------
 */

static const char *const JUDGED[] = {
    "{}",
    "{ }",
    "{\"a\":1}",
    " { \"b\" : [ 1 , 2.50, -0, -0.0, 0.10, 100, 1.0, 0.000001, 0.00000100, 123456789012345 ] } ",
    "{\"a\":{\"b\":[],\"c\":{},\"d\":[{}, [null, true, false]]},\"e\":\"\"}",
    "{\"s\":\"\\u0041\\/\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f\\u00e4\\ud83d\\ude00\"}",
    "{\"s\":\"\xC3\xA4 \xF0\x9F\x98\x80 \xE2\x80\xA8 </script>\"}",
    "{\"\\u0061\\n\":\"b\"}",
    "{\"quantity\":\"1.000\",\"price\":99.50,\"leverage\":12345.6789}",
    "[1, \"two\", null]",
    "\"text\"",
    "-12.340",
};

/* Run a JavaScript program and read its next line. @return NULL where there is no Node. */
static FILE *run_node(const char *program)
{
    char command[8192];
    // NOLINTNEXTLINE(cert-env33-c): a fixed command line
    FILE *shell = popen("command -v node", "re");
    assert_non_null(shell);
    const bool is_here = fgets(command, sizeof command, shell) != NULL;
    (void)pclose(shell);
    if (!is_here) {
        return NULL;
    }
    const int size = snprintf(command, sizeof command, "node -e '%s'", program);
    assert_true(size > 0 && (size_t)size < sizeof command);
    // NOLINTNEXTLINE(cert-env33-c): a fixed command line
    return popen(command, "re");
}

static void read_line(FILE *pipe, char *line, int capacity)
{
    assert_non_null(fgets(line, capacity, pipe));
    line[strcspn(line, "\n")] = '\0';
}

static void expect_signed(const struct fx_buf *text, const char *signature)
{
    uint8_t said[FX_CRYPTO_SHA256_SIZE];
    uint8_t mac[FX_CRYPTO_SHA256_SIZE];
    struct fx_crypto_hmac *hmac = fx_crypto_hmac_create(FX_STR("s3cret"));
    assert_non_null(hmac);
    fx_crypto_hmac_sign(hmac, fx_buf_str(text), mac);
    fx_crypto_hmac_destroy(hmac);
    assert_int_equal(fx_crypto_hex_decode(fx_str_of(signature), said, sizeof said), FX_OK);
    assert_memory_equal(mac, said, sizeof mac);
}

/* The numbers of docs/protocol/auth.md. */
static void api_signature_worked_examples_are_true(void **state)
{
    (void)state;
    struct fx_net_http_request request;
    struct fx_buf text;
    struct fx_crypto_digest *digest = fx_crypto_digest_create();
    const struct fx_api_signature_times times = {FX_STR("1700000000000"), FX_STR("5000")};
    memset(&request, 0, sizeof request);
    fx_buf_init(&text, 4096);
    request.method_text = FX_STR("POST");
    request.path_raw = FX_STR("/api/v1/order");
    request.query = FX_STR("wait=result");
    request.body = FX_STR("{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\","
                          "\"quantity\":\"0.01\",\"price\":\"60000\"}");
    fx_api_signature_format_v1(&text, &request, times.timestamp, request.body);
    expect_signed(&text, "55c35214efaf8f1295ffb41c959f235cda1698a70c2a68d0d09253ff0cd97c7a");
    fx_api_signature_format_v2(&text, &request, &times, digest);
    expect_signed(&text, "8301b95e6533d0c5405d5855ca6a111f8c2f804205dc0fbdf57161fb7179cae0");
    request.method_text = FX_STR("GET");
    request.path_raw = FX_STR("/api/v1/account");
    fx_api_signature_format_v1(&text, &request, times.timestamp, (fx_str){0});
    expect_signed(&text, "6cfd63337d86e501ac69a9c01b56182ef1c58193445a463a57093ecae7b7c0d8");
    fx_buf_deinit(&text);
    fx_crypto_digest_destroy(digest);
}

static void skip_without_node(void)
{
    print_message("SKIPPED: there is no node, so nobody judges the signatures\n");
    skip();
}

/* Text as \xNN escapes of a JavaScript string, byte by byte. */
static void append_bytes(struct fx_buf *program, const char *text)
{
    fx_buf_append(program, FX_STR("Buffer.from(\""));
    fx_crypto_hex_encode(program, fx_str_of(text));
    fx_buf_append(program, FX_STR("\",\"hex\").toString(),"));
}

static FILE *start_judge(const char *rest)
{
    struct fx_buf program;
    char text[8192];
    fx_buf_init(&program, sizeof text - 1);
    fx_buf_append(&program, FX_STR("const c=require(\"crypto\");const bodies=["));
    for (size_t index = 0; index < sizeof JUDGED / sizeof JUDGED[0]; index++) {
        append_bytes(&program, JUDGED[index]);
    }
    fx_buf_append(&program, FX_STR("];"));
    fx_buf_append(&program, fx_str_of(rest));
    assert_true(fx_str_copy(fx_buf_str(&program), text, sizeof text));
    fx_buf_deinit(&program);
    return run_node(text);
}

static void api_signature_json_is_as_node_stringifies(void **state)
{
    (void)state;
    static struct fx_json json;
    char line[1024];
    struct fx_buf text;
    struct fx_buf scratch;
    FILE *judge = start_judge("for(const b of bodies)console.log(JSON.stringify(JSON.parse(b)))");
    if (judge == NULL) {
        skip_without_node();
        return;
    }
    fx_buf_init(&text, 4096);
    fx_buf_init(&scratch, 4096);
    for (size_t index = 0; index < sizeof JUDGED / sizeof JUDGED[0]; index++) {
        read_line(judge, line, sizeof line);
        assert_int_equal(fx_json_parse(&json, fx_str_of(JUDGED[index])), FX_OK);
        fx_buf_clear(&text);
        fx_api_signature_append_json(&text, &json, &scratch);
        fx_buf_append_byte(&text, '\0');
        assert_string_equal(text.data, line);
    }
    fx_buf_deinit(&text);
    fx_buf_deinit(&scratch);
    assert_int_equal(pclose(judge), 0);
}

static void api_key_v1_takes_what_node_signs(void **state)
{
    (void)state;
    char signature[80];
    FILE *judge = start_judge(
        "for(const b of bodies.slice(0,9))"
        "console.log(c.createHmac(\"sha256\",\"secret of both\").update(\"" NOW_TEXT
        "\"+\"POST\"+\"/api/v1/trade/fill\"+JSON.stringify(JSON.parse(b))).digest(\"hex\"));"
        "console.log(c.createHmac(\"sha256\",\"secret of both\").update(\"" NOW_TEXT
        "\"+\"GET\"+\"/api/v1/auth/me\"+JSON.stringify({})).digest(\"hex\"))");
    if (judge == NULL) {
        skip_without_node();
        return;
    }
    for (size_t index = 0; index < 9; index++) {
        const struct request request = {
            "both", "POST", "/trade/fill", JUDGED[index], NOW_TEXT, NULL, NULL};
        read_line(judge, signature, sizeof signature);
        if (ask_with(&request, signature) != 200) {
            print_error("%s -> %s\n", JUDGED[index], world.body);
        }
        assert_int_equal(world.code, 200);
    }
    read_line(judge, signature, sizeof signature);
    const struct request request = {"both", "GET", "/auth/me", NULL, NOW_TEXT, NULL, NULL};
    assert_int_equal(ask_with(&request, signature), 200);
    assert_int_equal(pclose(judge), 0);
}

static void api_key_v2_takes_what_node_signs(void **state)
{
    (void)state;
    char signature[80];
    FILE *judge = start_judge(
        "const h=b=>c.createHash(\"sha256\").update(b).digest(\"hex\");"
        "const s=(m,p,q,b)=>console.log(c.createHmac(\"sha256\",\"secret of both\").update("
        "[\"v2\",\"" NOW_TEXT "\",\"5000\",m,p,q,h(b)].join(\"\\n\")).digest(\"hex\"));"
        "for(const b of bodies.slice(0,9))s(\"POST\",\"/api/v1/trade/fill\",\"\",b);"
        "s(\"GET\",\"/api/v1/order/open\",\"symbol=BTC%55SDT&limit=5\",\"\")");
    if (judge == NULL) {
        skip_without_node();
        return;
    }
    for (size_t index = 0; index < 9; index++) {
        const struct request request = {
            "both", "POST", "/trade/fill", JUDGED[index], NOW_TEXT, "5000", NULL};
        read_line(judge, signature, sizeof signature);
        assert_int_equal(ask_with(&request, signature), 200);
    }
    const struct request request = {
        "both", "GET", "/order/open?symbol=BTC%55SDT&limit=5", NULL, NOW_TEXT, "5000", NULL};
    read_line(judge, signature, sizeof signature);
    assert_int_equal(ask_with(&request, signature), 200);
    assert_int_equal(pclose(judge), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(api_key_v1_signed_request_acts_for_its_user),
        T(api_key_v1_body_may_be_signed_as_sent_or_stringified),
        T(api_key_v1_each_changed_bit_is_refused),
        T(api_key_unknown_key_and_bad_signature_answer_alike),
        T(api_key_v1_window_is_sixty_seconds_and_digits_only),
        T(api_key_v2_signs_query_and_body),
        T(api_key_v2_default_window_is_five_seconds),
        T(api_key_v2_window_edges_hold),
        T(api_key_v2_a_request_works_once),
        T(api_key_v2_names_its_commands_alike_at_each_process),
        T(api_key_v2_changes_tables_once_at_all_processes),
        T(api_key_of_a_user_changed_elsewhere_is_read_anew),
        T(api_key_v2_takes_nothing_from_before_the_start),
        cmocka_unit_test(api_replay_never_forgets_what_lives),
        T(api_key_matrix_of_routes_and_rights_holds),
        T(api_key_v1_moves_no_money),
        T(api_key_foreign_objects_do_not_exist),
        T(api_key_revocation_is_seen_within_a_second),
        T(api_key_rows_that_cannot_sign_are_unknown),
        T(api_key_more_keys_than_slots_still_work),
        T(api_key_address_list_is_kept),
        cmocka_unit_test(api_address_lists_know_both_families),
        cmocka_unit_test(api_signature_worked_examples_are_true),
        cmocka_unit_test(api_signature_json_is_as_node_stringifies),
        T(api_key_v1_takes_what_node_signs),
        T(api_key_v2_takes_what_node_signs),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
