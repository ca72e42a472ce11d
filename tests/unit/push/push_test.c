/* The door over real sockets: handshake, tokens, rooms, events, limits, slow readers. */
#include "push/push.h"

#include "push_kit.h"

#define EIO4 "EIO=4&transport=websocket"
#define EIO3 "EIO=3&transport=websocket"
#define BOOK "orderbook_BTCUSDT"

static const struct fx_push_options PLAIN = {0};

static struct push_kit *scene_create(const struct fx_push_options *options)
{
    struct push_kit *kit = push_kit_create(options);
    push_kit_instrument(kit, 0, "BTCUSDT");
    push_kit_instrument(kit, 1, "ETHUSDT");
    push_kit_tick(kit);
    return kit;
}

/* Ask to subscribe and read the acknowledgement, and the snapshot where one is due. */
static void subscribe(struct push_kit *kit, struct push_kit_client *client, const char *channel)
{
    char text[128];
    (void)snprintf(text, sizeof text, "42/ws,7[\"subscribe\",{\"channel\":\"%s\"}]", channel);
    push_kit_say(kit, client, text);
    if (strncmp(channel, "trades", 6) != 0) {
        (void)push_kit_expect_start(kit, client, "42/ws,[\"");
    }
    push_kit_expect(kit, client, "43/ws,7[{\"ok\":true}]");
}

/* ---- the handshake --------------------------------------------------------------------------- */

static void expect_answer(struct push_kit *kit, const char *request, int status, const char *body)
{
    char answer[4096];
    char line[32];
    const int fd = push_kit_connect(kit, 0);
    (void)push_kit_request(kit, fd, request, answer, sizeof answer);
    (void)snprintf(line, sizeof line, "HTTP/1.1 %d ", status);
    assert_memory_equal(answer, line, strlen(line));
    const char *found = strstr(answer, "\r\n\r\n");
    assert_non_null(found);
    assert_string_equal(found + 4, body);
    (void)close(fd);
    push_kit_turn(kit, 3);
}

#define UPGRADE                                                                                    \
    " HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"                        \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
#define PLAIN_HTTP " HTTP/1.1\r\nHost: h\r\n\r\n"
#define TRANSPORT  "{\"code\":0,\"message\":\"Transport unknown\"}"
#define METHOD     "{\"code\":2,\"message\":\"Bad handshake method\"}"
#define REQUEST    "{\"code\":3,\"message\":\"Bad request\"}"

static void push_bad_handshakes_have_their_codes(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PLAIN);
    expect_answer(kit, "GET /socket.io/?EIO=4" UPGRADE, 400, "Transport unknown");
    expect_answer(kit, "GET /socket.io/?EIO=4&transport=abc" UPGRADE, 400, "Transport unknown");
    expect_answer(kit, "GET /socket.io/" PLAIN_HTTP, 400, TRANSPORT);
    expect_answer(kit,
                  "GET /socket.io/?EIO=4&transport=websocket&sid=none" UPGRADE,
                  400,
                  "Session ID unknown");
    expect_answer(kit, "POST /socket.io/?EIO=4&transport=websocket" PLAIN_HTTP, 400, METHOD);
    expect_answer(kit, "GET /socket.io/?EIO=4&transport=websocket" PLAIN_HTTP, 400, REQUEST);
    expect_answer(
        kit, "GET /socket.io/?transport=websocket" UPGRADE, 400, "Unsupported protocol version");
    expect_answer(kit,
                  "GET /socket.io/?EIO=abc&transport=websocket" UPGRADE,
                  400,
                  "Unsupported protocol version");
    expect_answer(kit,
                  "GET /socket.io/?EIO=5&transport=websocket" UPGRADE,
                  400,
                  "Unsupported protocol version");
    expect_answer(
        kit, "GET /socket.io/?EIO=4&EIO=3&transport=websocket" UPGRADE, 400, "Bad request");
    expect_answer(
        kit, "GET /socket.io/?EIO=4&transport=websocket&x=%zz" UPGRADE, 400, "Bad request");
    expect_answer(kit,
                  "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: h\r\n"
                  "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 12\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                  426,
                  "");
    expect_answer(kit, "GET /socket.iox" PLAIN_HTTP, 404, "");
    assert_int_equal(push_kit_stats(kit).sessions, 0);
    push_kit_destroy(kit);
}

static void push_sid_of_a_websocket_session_cannot_be_used_again(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PLAIN);
    struct push_kit_client *client = push_kit_open(kit, EIO4);
    const char *open = push_kit_expect_start(kit, client, "0{\"sid\":\"");
    char query[128];
    char request[512];
    (void)snprintf(query, sizeof query, EIO4 "&sid=%.20s", open + strlen("0{\"sid\":\""));
    (void)snprintf(request, sizeof request, "GET /socket.io/?%s" UPGRADE, query);
    struct push_kit_client *second = push_kit_open(kit, query);
    push_kit_read(kit, second);
    assert_true(second->is_over);
    push_kit_close(kit, second);
    push_kit_say(kit, client, "40");
    (void)push_kit_expect_start(kit, client, "40{\"sid\":");
    push_kit_close(kit, client);
    expect_answer(kit, request, 400, "Session ID unknown");
    push_kit_destroy(kit);
}

static void push_sessions_beyond_the_limit_are_forbidden(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&(struct fx_push_options){.sessions_max = 2});
    struct push_kit_client *one = push_kit_open(kit, EIO4);
    struct push_kit_client *two = push_kit_open(kit, EIO3);
    expect_answer(kit, "GET /socket.io/?" EIO4 UPGRADE, 403, "Forbidden");
    push_kit_close(kit, one);
    one = push_kit_open(kit, EIO4);
    assert_int_equal(push_kit_stats(kit).sessions, 2);
    push_kit_close(kit, one);
    push_kit_close(kit, two);
    push_kit_destroy(kit);
}

static void push_open_packets_have_the_exact_bytes(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PLAIN);
    static const char *const QUERIES[] = {EIO4, EIO3};
    static const char *const TAILS[] = {
        "\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000,\"maxPayload\":1000000}",
        "\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000}"};
    for (int index = 0; index < 2; index++) {
        struct push_kit_client *client = push_kit_open(kit, QUERIES[index]);
        const char *open = push_kit_expect_start(kit, client, "0{\"sid\":\"");
        assert_string_equal(open + strlen("0{\"sid\":\"") + 20, TAILS[index]);
        push_kit_expect(kit, client, index == 0 ? NULL : "40");
        push_kit_expect(kit, client, NULL);
        push_kit_close(kit, client);
    }
    push_kit_destroy(kit);
}

/* ---- tokens ---------------------------------------------------------------------------------- */

/* Join /ws in one of the ways, then see whether an account event of user 5 arrives. */
static bool is_user_5(struct push_kit *kit,
                      const char *query,
                      const char *headers,
                      const char *hello,
                      const char *welcome)
{
    struct push_kit_client *client = push_kit_open_sized(kit, query, headers, 0);
    (void)push_kit_expect_start(kit, client, "0{");
    if (strstr(query, "EIO=3") != NULL) {
        push_kit_expect(kit, client, "40");
    }
    push_kit_say(kit, client, hello);
    (void)push_kit_expect_start(kit, client, welcome);
    push_kit_begin(kit);
    push_kit_account(kit, 5, 10);
    push_kit_result(kit);
    bool is_found = false;
    for (const char *text = push_kit_next(kit, client); text != NULL;
         text = push_kit_next(kit, client)) {
        is_found = is_found || strncmp(text, "42/ws,[\"account\",", 17) == 0;
    }
    push_kit_close(kit, client);
    return is_found;
}

static void push_token_is_taken_from_every_place(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PLAIN);
    char token[1024];
    char text[1200];
    (void)push_kit_token(kit, 5, kit->now_s + 60, token);
    (void)snprintf(text, sizeof text, "40/ws,{\"token\":\"%s\"}", token);
    assert_true(is_user_5(kit, EIO4, "", text, "40/ws,{\"sid\""));
    (void)snprintf(text, sizeof text, "40/ws,{\"token\":\"Bearer %s\"}", token);
    assert_true(is_user_5(kit, EIO4, "", text, "40/ws,{\"sid\""));
    (void)snprintf(text, sizeof text, "40/ws?token=%s,", token);
    assert_true(is_user_5(kit, EIO3, "", text, "40/ws,"));
    (void)snprintf(text, sizeof text, EIO4 "&token=%s", token);
    assert_true(is_user_5(kit, text, "", "40/ws,", "40/ws,"));
    (void)snprintf(text, sizeof text, EIO3 "&token=%s", token);
    assert_true(is_user_5(kit, text, "", "40/ws,", "40/ws,"));
    (void)snprintf(text, sizeof text, "Authorization: Bearer %s\r\n", token);
    assert_true(is_user_5(kit, EIO4, text, "40/ws,", "40/ws,"));
    /* The nearest one decides. */
    (void)snprintf(text, sizeof text, "Authorization: Bearer %s\r\n", token);
    assert_false(is_user_5(kit, EIO4, text, "40/ws,{\"token\":\"bad\"}", "44/ws,"));
    /* Another user, and nobody. */
    (void)push_kit_token(kit, 6, kit->now_s + 60, token);
    (void)snprintf(text, sizeof text, "40/ws,{\"token\":\"%s\"}", token);
    assert_false(is_user_5(kit, EIO4, "", text, "40/ws,"));
    assert_false(is_user_5(kit, EIO4, "", "40/ws,", "40/ws,"));
    assert_false(is_user_5(kit, EIO4, "", "40/ws,{\"token\":\"\"}", "40/ws,"));
    push_kit_destroy(kit);
}

static void push_bad_token_is_refused_and_disconnected(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PLAIN);
    char token[1024];
    char text[1200];
    static const char REFUSED[] = "44/ws,{\"message\":\"invalid token\",\"data\":{\"code\":401}}";
    (void)push_kit_token(kit, 5, kit->now_s - 1, token); /* expired */
    (void)snprintf(text, sizeof text, "40/ws,{\"token\":\"%s\"}", token);
    const char *const hellos[] = {"40/ws,{\"token\":\"bad\"}",
                                  "40/ws,{\"token\":7}",
                                  "40/ws,{\"token\":\"a\\u0041\"}",
                                  "40/ws?token=a&token=b,",
                                  text};
    for (size_t index = 0; index < sizeof hellos / sizeof hellos[0]; index++) {
        struct push_kit_client *client = push_kit_open(kit, EIO4);
        (void)push_kit_expect_start(kit, client, "0{");
        push_kit_say(kit, client, hellos[index]);
        push_kit_expect(kit, client, REFUSED);
        push_kit_expect(kit, client, NULL);
        assert_false(client->is_over);
        kit->now_ms += 1000;
        push_kit_tick(kit);
        push_kit_expect(kit, client, NULL);
        assert_true(client->is_over);
        push_kit_close(kit, client);
    }
    struct push_kit_client *old = push_kit_open(kit, EIO3 "&token=bad");
    (void)push_kit_expect_start(kit, old, "0{");
    push_kit_expect(kit, old, "44{\"code\":401,\"message\":\"invalid token\"}");
    push_kit_expect(kit, old, "41");
    push_kit_say(kit, old, "40/ws?token=bad,");
    push_kit_expect(kit, old, "44/ws,{\"code\":401,\"message\":\"invalid token\"}");
    push_kit_expect(kit, old, "41/ws,");
    push_kit_close(kit, old);
    assert_int_equal(push_kit_stats(kit).sessions, 0);
    push_kit_destroy(kit);
}

static void push_token_that_expires_is_kicked(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PLAIN);
    char token[1024];
    char text[1200];
    struct push_kit_client *client = push_kit_open(kit, EIO4);
    (void)push_kit_expect_start(kit, client, "0{");
    (void)push_kit_token(kit, 5, kit->now_s + 60, token);
    (void)snprintf(text, sizeof text, "40/ws,{\"token\":\"%s\"}", token);
    push_kit_say(kit, client, text);
    (void)push_kit_expect_start(kit, client, "40/ws,");
    kit->now_s += 59;
    push_kit_tick(kit);
    push_kit_expect(kit, client, NULL);
    kit->now_s += 1;
    push_kit_tick(kit);
    push_kit_expect(kit, client, "41/ws,");
    push_kit_begin(kit);
    push_kit_account(kit, 5, 1);
    push_kit_result(kit);
    push_kit_expect(kit, client, NULL);
    kit->now_ms += 1000;
    push_kit_tick(kit);
    push_kit_expect(kit, client, NULL);
    assert_true(client->is_over);
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

/* The user of this id may do nothing. */
static bool admits(void *self, const struct fx_jwt_claims *claims)
{
    const uint64_t *refused = self;
    return claims->user_id != *refused;
}

static void push_token_that_is_called_back_is_kicked_at_once(void **state)
{
    (void)state;
    uint64_t refused = 0;
    const struct fx_push_options options = {.admits = admits, .admits_self = &refused};
    struct push_kit *kit = scene_create(&options);
    char token[1024];
    char text[1200];
    struct push_kit_client *clients[2];
    for (uint64_t user = 5; user <= 6; user++) {
        struct push_kit_client *client = push_kit_open(kit, EIO4);
        clients[user - 5] = client;
        (void)push_kit_expect_start(kit, client, "0{");
        (void)push_kit_token(kit, user, kit->now_s + 60, token);
        (void)snprintf(text, sizeof text, "40/ws,{\"token\":\"%s\"}", token);
        push_kit_say(kit, client, text);
        (void)push_kit_expect_start(kit, client, "40/ws,");
    }
    fx_push_kick_user(kit->push, 5); /* still admitted: nothing happens */
    push_kit_expect(kit, clients[0], NULL);
    refused = 5;
    fx_push_kick_user(kit->push, 5);
    push_kit_expect(kit, clients[0], "41/ws,");
    push_kit_begin(kit);
    push_kit_account(kit, 5, 1);
    push_kit_account(kit, 6, 1);
    push_kit_result(kit);
    push_kit_expect(kit, clients[0], NULL);
    (void)push_kit_expect_start(kit, clients[1], "42/ws,[\"account\"");
    /* Nor does the token open a new one, at the handshake or at the CONNECT. */
    struct push_kit_client *again = push_kit_open(kit, EIO4);
    (void)push_kit_expect_start(kit, again, "0{");
    (void)push_kit_token(kit, 5, kit->now_s + 60, token);
    (void)snprintf(text, sizeof text, "40/ws,{\"token\":\"%s\"}", token);
    push_kit_say(kit, again, text);
    push_kit_expect(kit, again, "44/ws,{\"message\":\"invalid token\",\"data\":{\"code\":401}}");
    push_kit_close(kit, again);
    push_kit_close(kit, clients[0]);
    push_kit_close(kit, clients[1]);
    push_kit_destroy(kit);
}

/* The handshake was good, the CONNECT comes after the token was called back. */
static void push_token_called_back_before_the_connect_is_refused(void **state)
{
    (void)state;
    uint64_t refused = 0;
    const struct fx_push_options options = {.admits = admits, .admits_self = &refused};
    struct push_kit *kit = scene_create(&options);
    char token[1024];
    char query[1200];
    (void)push_kit_token(kit, 5, kit->now_s + 60, token);
    (void)snprintf(query, sizeof query, EIO4 "&token=%s", token);
    struct push_kit_client *client = push_kit_open(kit, query);
    (void)push_kit_expect_start(kit, client, "0{");
    refused = 5;
    fx_push_kick_user(kit->push, 5);
    push_kit_say(kit, client, "40/ws,");
    push_kit_expect(kit, client, "44/ws,{\"message\":\"invalid token\",\"data\":{\"code\":401}}");
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

static void push_token_that_expires_before_the_connect_is_refused(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PLAIN);
    char token[1024];
    char query[1200];
    (void)push_kit_token(kit, 5, kit->now_s + 60, token);
    (void)snprintf(query, sizeof query, EIO4 "&token=%s", token);
    struct push_kit_client *client = push_kit_open(kit, query);
    (void)push_kit_expect_start(kit, client, "0{");
    kit->now_s += 60;
    push_kit_say(kit, client, "40/ws,");
    push_kit_expect(kit, client, "44/ws,{\"message\":\"invalid token\",\"data\":{\"code\":401}}");
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

static void push_without_token_depends_on_the_option(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&(struct fx_push_options){.is_auth_required = true});
    struct push_kit_client *client = push_kit_open(kit, EIO4);
    (void)push_kit_expect_start(kit, client, "0{");
    push_kit_say(kit, client, "40/ws,");
    push_kit_expect(
        kit, client, "44/ws,{\"message\":\"authentication required\",\"data\":{\"code\":401}}");
    push_kit_close(kit, client);
    client = push_kit_open(kit, EIO3); /* its root cannot be refused before it could speak … */
    (void)push_kit_expect_start(kit, client, "0{");
    push_kit_expect(kit, client, "40");
    push_kit_say(kit, client, "421[\"subscribe\",\"" BOOK "\"]"); /* … but is of no use */
    (void)push_kit_expect_start(kit, client, "431[{\"ok\":false,\"code\":\"UNAUTHORIZED\"");
    push_kit_close(kit, client);
    client = push_kit_join(kit, 5);
    subscribe(kit, client, BOOK);
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

static void push_eleventh_socket_of_a_user_is_refused(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PLAIN);
    struct push_kit_client *clients[10];
    char token[1024];
    char text[1200];
    for (int index = 0; index < 10; index++) {
        clients[index] = push_kit_join(kit, 5);
    }
    struct push_kit_client *late = push_kit_open(kit, EIO4);
    (void)push_kit_expect_start(kit, late, "0{");
    (void)push_kit_token(kit, 5, kit->now_s + 60, token);
    (void)snprintf(text, sizeof text, "40/ws,{\"token\":\"%s\"}", token);
    push_kit_say(kit, late, text);
    push_kit_expect(
        kit, late, "44/ws,{\"message\":\"too many connections\",\"data\":{\"code\":429}}");
    struct push_kit_client *other = push_kit_join(kit, 6);
    push_kit_close(kit, clients[0]);
    clients[0] = push_kit_join(kit, 5);
    for (int index = 0; index < 10; index++) {
        push_kit_close(kit, clients[index]);
    }
    push_kit_close(kit, late);
    push_kit_close(kit, other);
    push_kit_destroy(kit);
}

/* ---- channels -------------------------------------------------------------------------------- */

static void push_subscribe_answers_for_each_form(void **state)
{
    (void)state;
    static const struct {
        const char *argument;
        const char *answer;
    } CASES[] = {
        {"\"trades_BTCUSDT\"", "[{\"ok\":true}]"},
        {"[\"trades_BTCUSDT\",\"trades_ETHUSDT\"]", "[{\"ok\":true}]"},
        {"{\"channel\":\"trades_BTCUSDT\"}", "[{\"ok\":true}]"},
        {"{\"channel\":[\"trades_BTCUSDT\"]}", "[{\"ok\":true}]"},
        {"{\"channels\":[\"trades_BTCUSDT\"]}", "[{\"ok\":true}]"},
        {"\"trades_NOPE\"", "[{\"ok\":false,\"code\":\"UNKNOWN_SYMBOL\""},
        {"\"trades_\"", "[{\"ok\":false,\"code\":\"UNKNOWN_SYMBOL\""},
        {"\"trades_btcusdt\"", "[{\"ok\":false,\"code\":\"UNKNOWN_SYMBOL\""},
        {"[\"trades_BTCUSDT\",\"user_5\"]", "[{\"ok\":false,\"code\":\"FORBIDDEN\""},
        {"\"user_6\"", "[{\"ok\":false,\"code\":\"FORBIDDEN\""},
        {"\"BTCUSDT\"", "[{\"ok\":false,\"code\":\"BAD_PARAMETER\""},
        {"\"\"", "[{\"ok\":false,\"code\":\"BAD_PARAMETER\""},
        {"7", "[{\"ok\":false,\"code\":\"BAD_PARAMETER\""},
        {"null", "[{\"ok\":false,\"code\":\"BAD_PARAMETER\""},
        {"{}", "[{\"ok\":false,\"code\":\"BAD_PARAMETER\""},
        {"[[\"trades_BTCUSDT\"]]", "[{\"ok\":false,\"code\":\"BAD_PARAMETER\""},
    };
    struct push_kit *kit = scene_create(&PLAIN);
    struct push_kit_client *client = push_kit_join(kit, 5);
    static const char *const VERBS[] = {"subscribe", "unsubscribe"};
    for (size_t index = 0; index < 2 * sizeof CASES / sizeof CASES[0]; index++) {
        char text[256];
        char answer[256];
        (void)snprintf(text,
                       sizeof text,
                       "42/ws,%zu[\"%s\",%s]",
                       index,
                       VERBS[index % 2],
                       CASES[index / 2].argument);
        push_kit_say(kit, client, text);
        (void)snprintf(answer, sizeof answer, "43/ws,%zu%s", index, CASES[index / 2].answer);
        (void)push_kit_expect_start(kit, client, answer);
        push_kit_expect(kit, client, NULL);
    }
    push_kit_say(kit, client, "42/ws,1[\"subscribe\"]");
    (void)push_kit_expect_start(kit, client, "43/ws,1[{\"ok\":false,\"code\":\"BAD_PARAMETER\"");
    push_kit_say(kit, client, "42/ws,2[\"what\"]");
    (void)push_kit_expect_start(kit, client, "43/ws,2[{\"ok\":false,\"code\":\"ROUTE_NOT_FOUND\"");
    push_kit_say(kit, client, "42/ws,[\"what\"]");
    push_kit_expect(kit, client, NULL);
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

static void push_requests_beyond_the_budget_are_refused_until_time_passes(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PLAIN);
    struct push_kit_client *client = push_kit_join(kit, 0); /* its CONNECT was the first of 400 */
    struct push_kit_client *other = push_kit_join(kit, 0);
    struct fx_buf text;
    fx_buf_init(&text, 1 << 16);
    fx_buf_append(&text, FX_STR("42/ws,0[\"unsubscribe\",[\"trades_BTCUSDT\""));
    for (int index = 1; index < 399; index++) {
        fx_buf_append(&text, FX_STR(",\"trades_BTCUSDT\""));
    }
    fx_buf_append(&text, FX_STR("]]"));
    push_kit_send(kit, client, FX_NET_WEBSOCKET_OPCODE_TEXT, fx_buf_str(&text));
    push_kit_expect(kit, client, "43/ws,0[{\"ok\":true}]");
    push_kit_say(kit, client, "42/ws,1[\"subscribe\",\"trades_BTCUSDT\"]");
    (void)push_kit_expect_start(kit, client, "43/ws,1[{\"ok\":false,\"code\":\"RATE_LIMITED\"");
    push_kit_say(kit, client, "40");
    (void)push_kit_expect_start(kit, client, "44{\"message\":\"too many requests\"");
    push_kit_say(kit, other, "42/ws,1[\"subscribe\",\"trades_BTCUSDT\"]");
    push_kit_expect(kit, other, "43/ws,1[{\"ok\":true}]");
    kit->now_ms += 199;
    push_kit_say(kit, client, "42/ws,2[\"subscribe\",\"trades_BTCUSDT\"]");
    push_kit_expect(kit, client, "43/ws,2[{\"ok\":true}]");
    push_kit_say(kit, client, "42/ws,3[\"subscribe\",\"trades_BTCUSDT\"]");
    (void)push_kit_expect_start(kit, client, "43/ws,3[{\"ok\":false,\"code\":\"RATE_LIMITED\"");
    kit->now_ms += 1; /* the rest of the first interval was not lost */
    push_kit_say(kit, client, "42/ws,4[\"subscribe\",\"trades_BTCUSDT\"]");
    push_kit_expect(kit, client, "43/ws,4[{\"ok\":true}]");
    fx_buf_deinit(&text);
    push_kit_close(kit, client);
    push_kit_close(kit, other);
    push_kit_destroy(kit);
}

static void push_rooms_beyond_the_limit_are_refused(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&(struct fx_push_options){.rooms_max = 2});
    struct push_kit_client *client = push_kit_join(kit, 5);
    subscribe(kit, client, "trades_BTCUSDT");
    subscribe(kit, client, "trades_ETHUSDT");
    subscribe(kit, client, "trades_ETHUSDT"); /* it is in it already */
    push_kit_say(kit, client, "42/ws,1[\"subscribe\",\"ticker_ETHUSDT\"]");
    (void)push_kit_expect_start(kit, client, "43/ws,1[{\"ok\":false,\"code\":\"CAPACITY\"");
    push_kit_say(kit, client, "42/ws,1[\"unsubscribe\",\"trades_ETHUSDT\"]");
    push_kit_expect(kit, client, "43/ws,1[{\"ok\":true}]");
    subscribe(kit, client, "ticker_ETHUSDT");
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

static void push_book_comes_at_once_then_conflated_per_tick(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&(struct fx_push_options){.book_levels = 2});
    struct push_kit_client *client = push_kit_join(kit, 0);
    push_kit_begin(kit);
    push_kit_book(kit, 0, FX_SIDE_BUY, 99, 1);
    push_kit_tick(kit);
    push_kit_say(kit, client, "42/ws,0[\"subscribe\",{\"channel\":\"" BOOK "\"}]");
    push_kit_expect(kit,
                    client,
                    "42/ws,[\"orderbook\",{\"symbol\":\"BTCUSDT\",\"bids\":[[\"99\",\"1\"]],"
                    "\"asks\":[],\"lastUpdateId\":3,\"time\":1700000000000}]");
    push_kit_expect(kit, client, "43/ws,0[{\"ok\":true}]");
    push_kit_begin(kit);
    push_kit_book(kit, 0, FX_SIDE_BUY, 98, 2);
    push_kit_book(kit, 0, FX_SIDE_BUY, 97, 3); /* a third level: not sent */
    push_kit_book(kit, 0, FX_SIDE_SELL, 101, 4);
    push_kit_result(kit);
    push_kit_begin(kit);
    push_kit_book(kit, 0, FX_SIDE_SELL, 101, 5);
    fx_push_flush(kit->push);
    push_kit_expect(kit, client, NULL); /* not before the tick */
    push_kit_tick(kit);
    push_kit_expect(kit,
                    client,
                    "42/ws,[\"orderbook\",{\"symbol\":\"BTCUSDT\",\"bids\":[[\"99\",\"1\"],"
                    "[\"98\",\"2\"]],\"asks\":[[\"101\",\"5\"]],\"lastUpdateId\":5,"
                    "\"time\":1700000000000}]");
    push_kit_tick(kit);
    push_kit_expect(kit, client, NULL); /* nothing changed */
    push_kit_say(kit, client, "42/ws,1[\"unsubscribe\",\"" BOOK "\"]");
    push_kit_expect(kit, client, "43/ws,1[{\"ok\":true}]");
    push_kit_book(kit, 0, FX_SIDE_SELL, 101, 6);
    push_kit_tick(kit);
    push_kit_expect(kit, client, NULL);
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

static void push_trades_of_a_flush_come_together_oldest_first(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PLAIN);
    struct push_kit_client *client = push_kit_join(kit, 0);
    subscribe(kit, client, "trades_BTCUSDT");
    subscribe(kit, client, "ticker_BTCUSDT");
    push_kit_begin(kit);
    push_kit_trade(kit, 0, 1, 3);
    push_kit_trade(kit, 0, 2, 4);
    push_kit_trade(kit, 1, 3, 4); /* another symbol */
    push_kit_result(kit);
    push_kit_expect(kit, client, NULL);
    fx_push_flush(kit->push);
    push_kit_expect(kit,
                    client,
                    "42/ws,[\"trades\",[{\"id\":1,\"symbol\":\"BTCUSDT\",\"price\":\"100\","
                    "\"quantity\":\"3\",\"side\":\"BUY\",\"buyerIsTaker\":true,"
                    "\"createdAt\":1700000000000},{\"id\":2,\"symbol\":\"BTCUSDT\","
                    "\"price\":\"100\",\"quantity\":\"4\",\"side\":\"BUY\","
                    "\"buyerIsTaker\":true,\"createdAt\":1700000000000}]]");
    fx_push_flush(kit->push);
    push_kit_expect(kit, client, NULL);
    push_kit_tick(kit);
    (void)push_kit_expect_start(
        kit, client, "42/ws,[\"ticker\",{\"symbol\":\"BTCUSDT\",\"lastPrice\":\"100\"");
    push_kit_expect(kit, client, NULL);
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

/* ---- private events -------------------------------------------------------------------------- */

static void push_private_events_go_to_their_user_only(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PLAIN);
    struct push_kit_client *one = push_kit_join(kit, 5);
    struct push_kit_client *two = push_kit_join(kit, 6);
    struct push_kit_client *none = push_kit_join(kit, 0);
    push_kit_begin(kit);
    push_kit_order(kit, 5, 11);
    push_kit_order(kit, 6, 12);
    push_kit_account(kit, 5, 70);
    push_kit_position(kit, 5, 3);
    push_kit_order(kit, 5, 13);
    push_kit_order(kit, 7, 14); /* nobody listens */
    push_kit_result(kit);
    const char *account = push_kit_expect_start(kit, one, "42/ws,[\"account\",{\"id\":1005,");
    assert_non_null(strstr(account, "\"balance\":\"70\",\"userId\":5,"));
    (void)push_kit_expect_start(kit, one, "42/ws,[\"balance\",{\"id\":1005,");
    (void)push_kit_expect_start(kit, one, "42/ws,[\"position\",{\"id\":2005,");
    const char *orders = push_kit_expect_start(kit, one, "42/ws,[\"orders\",[{\"id\":11,");
    assert_non_null(strstr(orders, "},{\"id\":13,"));
    assert_null(strstr(orders, "\"id\":12,"));
    push_kit_expect(kit, one, NULL);
    orders = push_kit_expect_start(kit, two, "42/ws,[\"orders\",[{\"id\":12,");
    assert_null(strstr(orders, "},{"));
    push_kit_expect(kit, two, NULL);
    push_kit_expect(kit, none, NULL);
    /* The next command is an event of its own. */
    push_kit_begin(kit);
    push_kit_order(kit, 5, 15);
    push_kit_result(kit);
    (void)push_kit_expect_start(kit, one, "42/ws,[\"orders\",[{\"id\":15,");
    push_kit_close(kit, one);
    push_kit_close(kit, two);
    push_kit_close(kit, none);
    push_kit_destroy(kit);
}

static void push_root_namespace_gets_the_same_without_prefix(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PLAIN);
    char token[1024];
    char query[1200];
    (void)push_kit_token(kit, 5, kit->now_s + 60, token);
    (void)snprintf(query, sizeof query, EIO3 "&token=%s", token);
    struct push_kit_client *client = push_kit_open(kit, query);
    (void)push_kit_expect_start(kit, client, "0{");
    push_kit_expect(kit, client, "40");
    push_kit_say(kit, client, "420[\"subscribe\",\"ticker_BTCUSDT\"]");
    (void)push_kit_expect_start(kit, client, "42[\"ticker\",{");
    push_kit_expect(kit, client, "430[{\"ok\":true}]");
    push_kit_begin(kit);
    push_kit_account(kit, 5, 70);
    push_kit_result(kit);
    (void)push_kit_expect_start(kit, client, "42[\"account\",{");
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

static void push_events_of_a_dump_are_not_sent(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PLAIN);
    struct push_kit_client *client = push_kit_join(kit, 5);
    push_kit_begin(kit);
    push_kit_kind(kit, FX_EVENT_DUMP_BEGIN);
    push_kit_account(kit, 5, 70);
    push_kit_order(kit, 5, 11);
    push_kit_kind(kit, FX_EVENT_DUMP_END);
    fx_push_flush(kit->push);
    push_kit_tick(kit);
    push_kit_expect(kit, client, NULL);
    push_kit_begin(kit);
    push_kit_account(kit, 5, 71);
    (void)push_kit_expect_start(kit, client, "42/ws,[\"account\",");
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

static void push_very_many_orders_of_one_command_are_all_sent(void **state)
{
    (void)state;
    enum { ORDERS = 3000 };
    struct push_kit *kit = scene_create(&PLAIN);
    struct push_kit_client *client = push_kit_join(kit, 5);
    push_kit_begin(kit);
    for (uint64_t id = 1; id <= ORDERS; id++) {
        push_kit_order(kit, 5, id);
        if (id % 500 == 0) {
            push_kit_read(kit, client);
        }
    }
    push_kit_result(kit);
    uint64_t next = 1;
    for (const char *text = push_kit_next(kit, client); text != NULL;
         text = push_kit_next(kit, client)) {
        for (const char *at = strstr(text, "{\"id\":"); at != NULL;
             at = strstr(at + 1, "{\"id\":")) {
            assert_int_equal(strtoull(at + 6, NULL, 10), next);
            next++;
        }
    }
    assert_int_equal(next, ORDERS + 1);
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

/* ---- cost and slow readers ------------------------------------------------------------------- */

static void push_event_is_encoded_once_for_all_generations(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PLAIN);
    struct push_kit_client *clients[6];
    for (int index = 0; index < 6; index++) {
        clients[index] = push_kit_open(kit, index % 2 == 0 ? EIO4 : EIO3);
        push_kit_say(kit, clients[index], "40/ws,");
        push_kit_say(kit, clients[index], "42/ws,[\"subscribe\",\"" BOOK "\"]");
        push_kit_read(kit, clients[index]);
        clients[index]->read = clients[index]->count;
    }
    const struct fx_push_stats before = push_kit_stats(kit);
    push_kit_begin(kit);
    push_kit_book(kit, 0, FX_SIDE_BUY, 99, 1);
    push_kit_tick(kit);
    const struct fx_push_stats after = push_kit_stats(kit);
    assert_int_equal(after.encoded - before.encoded, 1);
    assert_int_equal(after.frames - before.frames, 6);
    for (int index = 0; index < 6; index++) {
        (void)push_kit_expect_start(kit, clients[index], "42/ws,[\"orderbook\",");
        push_kit_close(kit, clients[index]);
    }
    push_kit_destroy(kit);
}

static void push_slow_reader_is_conflated_and_delays_nobody(void **state)
{
    (void)state;
    enum { ROUNDS = 6000 };
    struct push_kit *kit = scene_create(&(struct fx_push_options){.ping_interval_ms = 1U << 30U});
    struct push_kit_client *fast = push_kit_join(kit, 0);
    struct push_kit_client *slow = push_kit_join(kit, 0);
    subscribe(kit, fast, BOOK);
    subscribe(kit, slow, BOOK);
    push_kit_begin(kit);
    for (int64_t level = 0; level < 50; level++) {
        push_kit_book(kit, 0, FX_SIDE_BUY, 1000 + level, 1);
        push_kit_book(kit, 0, FX_SIDE_SELL, 2000 + level, 1);
    }
    slow->is_silent = true;
    int64_t lots = 1;
    const uint32_t start = fast->count;
    for (; lots <= ROUNDS && push_kit_stats(kit).conflated < 10; lots++) {
        push_kit_book(kit, 0, FX_SIDE_BUY, 1049, lots);
        push_kit_tick(kit);
        push_kit_read(kit, fast);
        assert_int_equal(fast->count - start, lots); /* each tick, at once */
        fast->read = fast->count;
        if (fast->count > PUSH_KIT_MESSAGES_MAX - 100) {
            break;
        }
    }
    assert_int_equal(push_kit_stats(kit).conflated, 10);
    assert_int_equal(push_kit_stats(kit).slow_consumer_closed, 0);
    /* It reads again: what lay in the queue, then the latest state without any change. */
    slow->is_silent = false;
    const uint32_t fast_count = fast->count;
    for (int round = 0; round < 20; round++) {
        push_kit_read(kit, slow);
        push_kit_tick(kit);
    }
    push_kit_read(kit, slow);
    push_kit_read(kit, fast);
    assert_int_equal(fast->count, fast_count); /* the others get no repetition */
    assert_string_equal(slow->messages[slow->count - 1], fast->messages[fast->count - 1]);
    push_kit_close(kit, fast);
    push_kit_close(kit, slow);
    push_kit_destroy(kit);
}

static void push_private_queue_over_the_limit_closes(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PLAIN);
    struct push_kit_client *slow = push_kit_join(kit, 5);
    struct push_kit_client *fast = push_kit_join(kit, 5);
    slow->is_silent = true;
    uint64_t sent = 0;
    uint32_t rounds = 0;
    for (; push_kit_stats(kit).slow_consumer_closed == 0 && rounds < 400; rounds++) {
        push_kit_begin(kit);
        for (int index = 0; index < 100; index++, sent++) {
            push_kit_order(kit, 5, sent + 1);
        }
        push_kit_result(kit);
        push_kit_read(kit, fast);
    }
    assert_int_equal(push_kit_stats(kit).slow_consumer_closed, 1);
    assert_int_equal(fast->count, 2 + rounds); /* open, welcome, then every command */
    assert_false(fast->is_over);
    /* The slow one finds all that was queued for it, in order, then the reason. */
    slow->is_silent = false;
    for (int round = 0; round < 50 && !slow->is_over; round++) {
        push_kit_read(kit, slow);
    }
    assert_true(slow->is_over);
    assert_int_equal(slow->code, 1013);
    assert_int_equal(slow->count, fast->count - 1);
    for (uint32_t index = 2; index < slow->count; index++) {
        assert_string_equal(slow->messages[index], fast->messages[index]);
    }
    push_kit_close(kit, slow);
    push_kit_close(kit, fast);
    assert_int_equal(push_kit_stats(kit).slow_consumer_closed, 1);
    push_kit_destroy(kit);
}

static void push_heartbeats_and_deadlines_run_in_the_tick(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&(struct fx_push_options){
        .ping_interval_ms = 1000, .ping_timeout_ms = 500, .connect_timeout_ms = 300});
    struct push_kit_client *client = push_kit_join(kit, 0);
    struct push_kit_client *mute = push_kit_open(kit, EIO4);
    for (int index = 0; index < 4; index++) {
        push_kit_tick(kit);
    }
    push_kit_read(kit, mute);
    assert_true(mute->is_over); /* never joined */
    for (int index = 0; index < 6; index++) {
        push_kit_tick(kit);
    }
    push_kit_expect(kit, client, "2");
    push_kit_say(kit, client, "3");
    for (int index = 0; index < 10; index++) {
        push_kit_tick(kit);
    }
    push_kit_expect(kit, client, "2");
    assert_false(client->is_over);
    for (int index = 0; index < 5; index++) {
        push_kit_tick(kit);
    }
    push_kit_read(kit, client);
    assert_true(client->is_over);
    push_kit_close(kit, mute);
    push_kit_close(kit, client);
    assert_int_equal(push_kit_stats(kit).sessions, 0);
    push_kit_destroy(kit);
}

static void push_destroy_with_live_sessions_leaves_nothing(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PLAIN);
    struct push_kit_client *client = push_kit_join(kit, 5);
    subscribe(kit, client, BOOK);
    push_kit_say(kit, client, "451-[\"half\"]"); /* not joined: "/" */
    push_kit_begin(kit);
    push_kit_order(kit, 5, 1); /* a batch that was not sent */
    fx_net_server_destroy(kit->server);
    kit->server = NULL;
    push_kit_destroy(kit);
    (void)close(client->fd);
    fx_net_websocket_deinit(&client->parser);
    for (uint32_t index = 0; index < client->count; index++) {
        free(client->messages[index]);
    }
    free(client);
    fx_push_destroy(NULL);
}

static int release_key(void **state)
{
    (void)state;
    fx_crypto_rsa_destroy(push_kit_key);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(push_bad_handshakes_have_their_codes),
        cmocka_unit_test(push_sid_of_a_websocket_session_cannot_be_used_again),
        cmocka_unit_test(push_sessions_beyond_the_limit_are_forbidden),
        cmocka_unit_test(push_open_packets_have_the_exact_bytes),
        cmocka_unit_test(push_token_is_taken_from_every_place),
        cmocka_unit_test(push_bad_token_is_refused_and_disconnected),
        cmocka_unit_test(push_token_that_expires_is_kicked),
        cmocka_unit_test(push_token_that_is_called_back_is_kicked_at_once),
        cmocka_unit_test(push_token_called_back_before_the_connect_is_refused),
        cmocka_unit_test(push_token_that_expires_before_the_connect_is_refused),
        cmocka_unit_test(push_without_token_depends_on_the_option),
        cmocka_unit_test(push_eleventh_socket_of_a_user_is_refused),
        cmocka_unit_test(push_subscribe_answers_for_each_form),
        cmocka_unit_test(push_requests_beyond_the_budget_are_refused_until_time_passes),
        cmocka_unit_test(push_rooms_beyond_the_limit_are_refused),
        cmocka_unit_test(push_book_comes_at_once_then_conflated_per_tick),
        cmocka_unit_test(push_trades_of_a_flush_come_together_oldest_first),
        cmocka_unit_test(push_private_events_go_to_their_user_only),
        cmocka_unit_test(push_root_namespace_gets_the_same_without_prefix),
        cmocka_unit_test(push_events_of_a_dump_are_not_sent),
        cmocka_unit_test(push_very_many_orders_of_one_command_are_all_sent),
        cmocka_unit_test(push_event_is_encoded_once_for_all_generations),
        cmocka_unit_test(push_slow_reader_is_conflated_and_delays_nobody),
        cmocka_unit_test(push_private_queue_over_the_limit_closes),
        cmocka_unit_test(push_heartbeats_and_deadlines_run_in_the_tick),
        cmocka_unit_test(push_destroy_with_live_sessions_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, release_key);
}
