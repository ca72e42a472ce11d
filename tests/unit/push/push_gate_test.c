/* The gate over real sockets, with an owner that echoes messages: the lines E of the protocol's
 * conformance list (PROTOCOLS A.8) and every row of its HTTP table (A.2). */
#include "push/push_gate.h"

#include "push_http.h"

enum { PING_INTERVAL_MS = 300, PING_TIMEOUT_MS = 200 };

#define TRANSPORT "{\"code\":0,\"message\":\"Transport unknown\"}"
#define SID       "{\"code\":1,\"message\":\"Session ID unknown\"}"
#define METHOD    "{\"code\":2,\"message\":\"Bad handshake method\"}"
#define REQUEST   "{\"code\":3,\"message\":\"Bad request\"}"
#define FORBIDDEN "{\"code\":4,\"message\":\"Forbidden\"}"
#define VERSION   "{\"code\":5,\"message\":\"Unsupported protocol version\"}"
#define UPGRADE                                                                                    \
    " HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"                        \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
#define PATH4 "/socket.io/?EIO=4&transport=polling"
#define PATH3 "/socket.io/?EIO=3&transport=polling"

struct rig {
    struct push_kit kit; /* server, port and clock of it */
    struct fx_push_gate gate;
    struct fx_push_session_config config;
    struct fx_json json;
    struct fx_buf out;
    uint32_t opened;
};

static void on_request(void *self, const struct fx_net_server_call *call)
{
    struct rig *rig = self;
    if (fx_push_gate_owns(&rig->gate, call->request)) {
        fx_push_gate_on_request(&rig->gate, call);
        return;
    }
    fx_net_server_respond(
        rig->kit.server, call->token, &(struct fx_net_http_response){.status = 404});
}

static uint32_t on_head(void *self, const struct fx_net_server_call *call)
{
    struct rig *rig = self;
    return fx_push_gate_owns(&rig->gate, call->request) ? fx_push_gate_on_head(&rig->gate, call)
                                                        : 0;
}

static void on_hangup(void *self, struct fx_net_server_token token)
{
    fx_push_gate_on_hangup(&((struct rig *)self)->gate, token);
}

static void on_open(struct fx_push_link *link, const struct fx_net_server_call *call)
{
    struct rig *rig = link->gate->options.self;
    assert_true(call->request->query.size > 0);
    rig->opened++;
}

static void on_message(void *self, bool is_binary, fx_str message)
{
    fx_push_session_send_message(&((struct fx_push_link *)self)->session, is_binary, message);
}

static const struct fx_push_session_door DOOR = {.send = fx_push_link_say,
                                                 .close = fx_push_link_shut,
                                                 .make_id = fx_push_link_make_id,
                                                 .on_message = on_message};

static struct rig *rig_create(const struct fx_push_gate_options *given)
{
    struct rig *rig = calloc(1, sizeof *rig);
    assert_non_null(rig);
    const struct fx_net_server_config server = {.connections_max = 64, .message_size_max = 1000000};
    const struct fx_net_server_handler handler = {
        .on_request = on_request, .on_head = on_head, .on_hangup = on_hangup};
    push_kit_serve(&rig->kit, &server, &handler, rig);
    fx_buf_init(&rig->out, 2 << 20);
    rig->config = (struct fx_push_session_config){.door = &DOOR,
                                                  .json = &rig->json,
                                                  .out = &rig->out,
                                                  .namespaces = {FX_STR("/")},
                                                  .namespace_count = 1,
                                                  .ping_interval_ms = PING_INTERVAL_MS,
                                                  .ping_timeout_ms = PING_TIMEOUT_MS,
                                                  .connect_timeout_ms = 1000,
                                                  .payload_size_max = 1000000};
    struct fx_push_gate_options options = *given;
    options.server = rig->kit.server;
    options.path = FX_STR("/socket.io/");
    options.config = &rig->config;
    options.client_size = sizeof(struct fx_push_link);
    options.sessions_max = options.sessions_max == 0 ? 100 : options.sessions_max;
    options.queue_max = options.queue_max == 0 ? 2 << 20 : options.queue_max;
    options.self = rig;
    options.on_open = on_open;
    assert_int_equal(fx_push_gate_init(&rig->gate, &options), FX_OK);
    return rig;
}

static const struct fx_push_gate_options PLAIN = {0};

static void rig_destroy(struct rig *rig)
{
    fx_net_server_destroy(rig->kit.server);
    fx_push_gate_deinit(&rig->gate);
    fx_buf_deinit(&rig->out);
    free(rig);
}

static void pass(struct rig *rig, int64_t ms)
{
    rig->kit.now_ms += ms;
    fx_push_gate_tick(&rig->gate);
    push_kit_turn(&rig->kit, 5);
}

/* ---- requests -------------------------------------------------------------------------------- */

/* One request on a connection of its own. */
static void check(struct rig *rig, const char *request, int status, const char *body)
{
    const int fd = push_http_dial(&rig->kit);
    push_kit_put(fd, fx_str_of(request));
    (void)push_http_expect(&rig->kit, fd, status, body);
    push_http_hang_up(&rig->kit, fd);
}

/** A polling client: two connections, as browsers have, and the path with its session's id. */
struct client {
    int get;
    int post;
    char path[256];
    char sid[21];
};

static struct client open_with(struct rig *rig, const char *path)
{
    struct client client = {.get = push_http_dial(&rig->kit), .post = push_http_dial(&rig->kit)};
    push_http_ask(&rig->kit, client.get, "GET", path, "");
    const struct push_http_answer *answer = push_http_expect(&rig->kit, client.get, 200, NULL);
    const char *sid = strstr(answer->body, "\"sid\":\"");
    assert_non_null(sid);
    memcpy(client.sid, sid + 7, 20);
    (void)snprintf(client.path, sizeof client.path, "%s&sid=%s", path, client.sid);
    return client;
}

static void leave(struct rig *rig, const struct client *client)
{
    (void)close(client->get);
    (void)close(client->post);
    push_kit_turn(&rig->kit, 5);
}

static void say(struct rig *rig, const struct client *client, const char *text)
{
    push_http_post(&rig->kit, client->post, client->path, fx_str_of(text), "");
    (void)push_http_expect(&rig->kit, client->post, 200, "ok");
}

static void poll_it(struct rig *rig, const struct client *client)
{
    push_http_ask(&rig->kit, client->get, "GET", client->path, "");
}

static void hear(struct rig *rig, const struct client *client, const char *text)
{
    poll_it(rig, client);
    (void)push_http_expect(&rig->kit, client->get, 200, text);
}

static void expect_gone(struct rig *rig, const struct client *client)
{
    char request[512];
    (void)snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", client->path);
    check(rig, request, 400, SID);
}

static struct push_kit_client *upgrade(struct rig *rig, const struct client *client, char eio)
{
    char query[128];
    (void)snprintf(query, sizeof query, "EIO=%c&transport=websocket&sid=%s", eio, client->sid);
    return push_kit_open(&rig->kit, query);
}

/* ---- the HTTP table -------------------------------------------------------------------------- */

static void push_gate_bad_requests_have_their_codes(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    static const struct {
        const char *request;
        int status;
        const char *body;
    } ROWS[] = {
        {"GET /socket.io/?EIO=4 HTTP/1.1\r\nHost: h\r\n\r\n", 400, TRANSPORT},
        {"GET /socket.io/?EIO=4&transport=abc HTTP/1.1\r\nHost: h\r\n\r\n", 400, TRANSPORT},
        {"GET " PATH4 "&sid=none HTTP/1.1\r\nHost: h\r\n\r\n", 400, SID},
        {"POST " PATH4 "&sid=none HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n3", 400, SID},
        {"POST " PATH4 " HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", 400, METHOD},
        {"PUT " PATH4 " HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", 400, METHOD},
        {"POST " PATH3 " HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", 400, METHOD},
        {"OPTIONS " PATH4 " HTTP/1.1\r\nHost: h\r\n\r\n", 400, METHOD},
        {"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: h\r\n\r\n", 400, REQUEST},
        {"GET /socket.io/?transport=polling HTTP/1.1\r\nHost: h\r\n\r\n", 400, VERSION},
        {"GET /socket.io/?EIO=abc&transport=polling HTTP/1.1\r\nHost: h\r\n\r\n", 400, VERSION},
        {"GET /socket.io/?EIO=5&transport=polling HTTP/1.1\r\nHost: h\r\n\r\n", 400, VERSION},
        {"GET " PATH4 "&EIO=3 HTTP/1.1\r\nHost: h\r\n\r\n", 400, REQUEST},
        {"GET " PATH4 "&x=%zz HTTP/1.1\r\nHost: h\r\n\r\n", 400, REQUEST},
        {"GET " PATH4 UPGRADE, 400, "Bad request"},
        {"GET /socket.io/?EIO=4&transport=abc" UPGRADE, 400, "Transport unknown"},
        {"GET /socket.io/?EIO=9&transport=websocket" UPGRADE, 400, "Unsupported protocol version"},
        {"GET /socket.io/?EIO=4&transport=websocket&sid=x" UPGRADE, 400, "Session ID unknown"},
        {"GET /socket.iox HTTP/1.1\r\nHost: h\r\n\r\n", 404, ""},
    };
    for (size_t index = 0; index < sizeof ROWS / sizeof ROWS[0]; index++) {
        check(rig, ROWS[index].request, ROWS[index].status, ROWS[index].body);
    }
    assert_int_equal(rig->gate.stats.sessions, 0);
    assert_int_equal(rig->opened, 0);
    rig_destroy(rig);
}

static void push_gate_refused_upgrade_is_said_in_plain_words(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    const int fd = push_http_dial(&rig->kit);
    push_kit_put(fd, FX_STR("GET /socket.io/?EIO=9&transport=websocket" UPGRADE));
    const struct push_http_answer *answer = push_http_expect(&rig->kit, fd, 400, NULL);
    assert_true(push_http_has_header(answer, "HTTP/1.1 400 Bad Request\r\n"));
    assert_true(push_http_has_header(answer, "Connection: close\r\n"));
    assert_true(push_http_has_header(answer, "Content-Type: text/html\r\n"));
    assert_int_equal(push_http_read_answer(&rig->kit, fd)->status, -1);
    push_http_hang_up(&rig->kit, fd);
    rig_destroy(rig);
}

static void push_gate_answers_carry_their_headers(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    const struct client client = open_with(rig, PATH4);
    push_http_post(&rig->kit, client.post, client.path, FX_STR("4a"), "");
    const struct push_http_answer *answer = push_http_expect(&rig->kit, client.post, 200, "ok");
    assert_true(push_http_has_header(answer, "Content-Type: text/html\r\n"));
    assert_true(push_http_has_header(answer, "Content-Length: 2\r\n"));
    assert_true(push_http_has_header(answer, "Cache-Control: no-store\r\n"));
    assert_false(push_http_has_header(answer, "Set-Cookie"));
    assert_false(push_http_has_header(answer, "Access-Control"));
    poll_it(rig, &client);
    answer = push_http_expect(&rig->kit, client.get, 200, "4a");
    assert_true(push_http_has_header(answer, "Content-Type: text/plain; charset=UTF-8\r\n"));
    assert_true(push_http_has_header(answer, "Cache-Control: no-store\r\n"));
    leave(rig, &client);
    rig_destroy(rig);
}

/* ---- revision 4: lines E4-1 to E4-17 --------------------------------------------------------- */

static void push_gate_e4_handshake_opens_a_session(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    char expected[256];
    const struct client client = open_with(rig, PATH4);
    (void)snprintf(expected,
                   sizeof expected,
                   "0{\"sid\":\"%s\",\"upgrades\":[\"websocket\"],\"pingInterval\":300,"
                   "\"pingTimeout\":200,\"maxPayload\":1000000}",
                   client.sid);
    push_http_ask(&rig->kit, client.get, "GET", PATH4, "");
    const struct push_http_answer *answer = push_http_expect(&rig->kit, client.get, 200, NULL);
    assert_int_equal(answer->size, strlen(expected));
    assert_memory_not_equal(strstr(answer->body, "\"sid\":\"") + 7, client.sid, 20);
    memcpy(strstr(answer->body, "\"sid\":\"") + 7, client.sid, 20);
    assert_string_equal(answer->body, expected);
    assert_int_equal(rig->gate.stats.sessions, 2);
    leave(rig, &client);
    rig_destroy(rig);
}

static void push_gate_e4_messages_make_the_round(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    const struct client client = open_with(rig, PATH4);
    say(rig, &client, "4hello");
    hear(rig, &client, "4hello");
    say(rig,
        &client,
        "4test1\x1e"
        "4test2\x1e"
        "4test3");
    hear(rig,
         &client,
         "4test1\x1e"
         "4test2\x1e"
         "4test3");
    say(rig,
        &client,
        "4hello\x1e"
        "bAQIDBA==");
    hear(rig,
         &client,
         "4hello\x1e"
         "bAQIDBA==");
    poll_it(rig, &client);
    push_http_expect_nothing(&rig->kit, client.get);
    say(rig, &client, "4\xc3\xa9\xf0\x9f\x98\x80");
    (void)push_http_expect(&rig->kit, client.get, 200, "4\xc3\xa9\xf0\x9f\x98\x80");
    leave(rig, &client);
    rig_destroy(rig);
}

static void push_gate_e4_bad_payload_ends_the_session(void **state)
{
    (void)state;
    static const char *const ROWS[] = {"abc", "", "4a\x1e", "2", "4a\036b?", "\xff", "0{}"};
    for (size_t index = 0; index < sizeof ROWS / sizeof ROWS[0]; index++) {
        struct rig *rig = rig_create(&PLAIN);
        const struct client client = open_with(rig, PATH4);
        push_http_post(&rig->kit, client.post, client.path, fx_str_of(ROWS[index]), "");
        (void)push_http_expect(&rig->kit, client.post, 400, REQUEST);
        expect_gone(rig, &client);
        assert_int_equal(rig->gate.stats.sessions, 0);
        leave(rig, &client);
        rig_destroy(rig);
    }
}

static void push_gate_e4_octets_are_refused(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    const struct client client = open_with(rig, PATH4);
    push_http_post(&rig->kit,
                   client.post,
                   client.path,
                   FX_STR("4hello"),
                   "Content-Type: application/octet-stream\r\n");
    (void)push_http_expect(&rig->kit, client.post, 400, REQUEST);
    expect_gone(rig, &client);
    leave(rig, &client);
    rig_destroy(rig);
}

static void push_gate_e4_second_poll_ends_the_session(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    const struct client client = open_with(rig, PATH4);
    poll_it(rig, &client);
    push_http_ask(&rig->kit, client.post, "GET", client.path, "");
    (void)push_http_expect(&rig->kit, client.get, 200, "1");
    (void)push_http_expect(&rig->kit, client.post, 400, REQUEST);
    expect_gone(rig, &client);
    leave(rig, &client);
    rig_destroy(rig);
}

static void push_gate_second_post_ends_the_session(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    const struct client client = open_with(rig, PATH4);
    const int other = push_http_dial(&rig->kit);
    push_http_ask(&rig->kit, client.post, "POST", client.path, "Content-Length: 6\r\n");
    push_http_post(&rig->kit, other, client.path, FX_STR("4hello"), "");
    (void)push_http_expect(&rig->kit, other, 400, REQUEST);
    push_kit_put(client.post, FX_STR("4hello"));
    (void)push_http_expect(&rig->kit, client.post, 400, SID);
    expect_gone(rig, &client);
    push_http_hang_up(&rig->kit, other);
    leave(rig, &client);
    rig_destroy(rig);
}

/* Only a GET is an upgrade: a POST that says so is a POST, and done with when it is answered. */
static void push_gate_post_that_wants_to_upgrade_is_a_post(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    const struct client client = open_with(rig, PATH4);
    push_http_post(&rig->kit,
                   client.post,
                   client.path,
                   FX_STR("4one"),
                   "Upgrade: websocket\r\nConnection: Upgrade\r\n");
    (void)push_http_expect(&rig->kit, client.post, 200, "ok");
    hear(rig, &client, "4one");
    push_http_post(&rig->kit, client.post, client.path, (fx_str){0}, "Upgrade: websocket\r\n");
    (void)push_http_expect(&rig->kit, client.post, 400, REQUEST); /* a payload of no packet */
    expect_gone(rig, &client);
    leave(rig, &client);
    rig_destroy(rig);
}

static void push_gate_other_methods_are_refused_and_harm_nothing(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    const struct client client = open_with(rig, PATH4);
    push_http_ask(&rig->kit, client.post, "PUT", client.path, "Content-Length: 0\r\n");
    (void)push_http_expect(&rig->kit, client.post, 400, REQUEST);
    push_http_ask(&rig->kit, client.post, "DELETE", client.path, "");
    (void)push_http_expect(&rig->kit, client.post, 400, REQUEST);
    say(rig, &client, "4a");
    hear(rig, &client, "4a");
    leave(rig, &client);
    rig_destroy(rig);
}

static void push_gate_body_at_the_limit_passes_and_beyond_is_413(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    const struct client client = open_with(rig, PATH4);
    char *bytes = malloc(1000001);
    assert_non_null(bytes);
    memset(bytes, '6', 1000001); /* 66…: a noop with data */
    push_http_post(&rig->kit, client.post, client.path, (fx_str){bytes, 1000000}, "");
    (void)push_http_expect(&rig->kit, client.post, 200, "ok");
    push_http_ask(&rig->kit, client.post, "POST", client.path, "Content-Length: 1000001\r\n");
    (void)push_http_expect(&rig->kit, client.post, 413, NULL);
    assert_int_equal(push_http_read_answer(&rig->kit, client.post)->status, -1);
    expect_gone(rig, &client);
    /* Without a session of this id the server's own limit counts. */
    const int fd = push_http_dial(&rig->kit);
    push_http_ask(&rig->kit, fd, "POST", client.path, "Content-Length: 65537\r\n");
    (void)push_http_expect(&rig->kit, fd, 413, NULL);
    push_http_hang_up(&rig->kit, fd);
    free(bytes);
    leave(rig, &client);
    rig_destroy(rig);
}

static void push_gate_chunked_body_beyond_the_limit_is_413_too(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    const struct client client = open_with(rig, PATH4);
    push_http_ask(&rig->kit, client.post, "POST", client.path, "Transfer-Encoding: chunked\r\n");
    push_kit_put(client.post, FX_STR("F4241\r\n"));
    (void)push_http_expect(&rig->kit, client.post, 413, NULL);
    expect_gone(rig, &client);
    leave(rig, &client);
    rig_destroy(rig);
}

static void push_gate_e4_pings_are_answered_three_times(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    const struct client client = open_with(rig, PATH4);
    for (int index = 0; index < 3; index++) {
        poll_it(rig, &client);
        pass(rig, PING_INTERVAL_MS - 1);
        push_http_expect_nothing(&rig->kit, client.get);
        pass(rig, 1);
        (void)push_http_expect(&rig->kit, client.get, 200, "2");
        say(rig, &client, "3");
    }
    leave(rig, &client);
    rig_destroy(rig);
}

static void push_gate_e4_silence_ends_the_session(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    const struct client client = open_with(rig, PATH4);
    const struct client poller = open_with(rig, PATH4);
    rig->kit.now_ms += PING_INTERVAL_MS;
    pass(rig, 10); /* a late tick does not make the time longer */
    hear(rig, &poller, "2");
    poll_it(rig, &poller);
    rig->kit.now_ms += PING_TIMEOUT_MS - 11;
    say(rig, &client, "4still here");
    rig->kit.now_ms += 1;
    expect_gone(rig, &client); /* at once, not in the next tick */
    pass(rig, 1);
    (void)push_http_expect(&rig->kit, poller.get, 200, "1");
    expect_gone(rig, &poller);
    assert_int_equal(rig->gate.stats.sessions, 0);
    leave(rig, &client);
    leave(rig, &poller);
    rig_destroy(rig);
}

static void push_gate_client_that_closes_is_gone(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    const struct client client = open_with(rig, PATH4);
    poll_it(rig, &client);
    say(rig, &client, "1");
    (void)push_http_expect(&rig->kit, client.get, 200, "6");
    expect_gone(rig, &client);
    leave(rig, &client);
    const struct client three = open_with(rig, PATH3);
    poll_it(rig, &three);
    say(rig, &three, "1:1");
    (void)push_http_expect(&rig->kit, three.get, 200, "1:6");
    expect_gone(rig, &three);
    leave(rig, &three);
    struct push_kit_client *socket = push_kit_open(&rig->kit, "EIO=4&transport=websocket");
    push_kit_say(&rig->kit, socket, "1");
    push_kit_read(&rig->kit, socket);
    assert_true(socket->is_over);
    push_kit_close(&rig->kit, socket);
    assert_int_equal(rig->gate.stats.sessions, 0);
    rig_destroy(rig);
}

static void push_gate_poll_or_post_that_is_cut_ends_the_session(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    const struct client client = open_with(rig, PATH4);
    poll_it(rig, &client);
    push_http_hang_up(&rig->kit, client.get);
    expect_gone(rig, &client);
    (void)close(client.post);
    const struct client other = open_with(rig, PATH4);
    push_http_ask(&rig->kit, other.post, "POST", other.path, "Content-Length: 6\r\n");
    push_kit_put(other.post, FX_STR("4he"));
    push_http_hang_up(&rig->kit, other.post);
    expect_gone(rig, &other);
    (void)close(other.get);
    assert_int_equal(rig->gate.stats.sessions, 0);
    rig_destroy(rig);
}

static void push_gate_websocket_echoes_and_ends_at_nonsense(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    struct push_kit_client *four = push_kit_open(&rig->kit, "EIO=4&transport=websocket");
    struct push_kit_client *three = push_kit_open(&rig->kit, "EIO=3&transport=websocket");
    (void)push_kit_expect_start(&rig->kit, four, "0{\"sid\":\"");
    (void)push_kit_expect_start(&rig->kit, three, "0{\"sid\":\"");
    assert_non_null(strstr(four->messages[0], "\"upgrades\":[]"));
    assert_non_null(strstr(four->messages[0], "\"maxPayload\":1000000"));
    assert_null(strstr(three->messages[0], "maxPayload"));
    push_kit_say(&rig->kit, four, "4hello");
    push_kit_expect(&rig->kit, four, "4hello");
    push_kit_send(&rig->kit, four, FX_NET_WEBSOCKET_OPCODE_BINARY, (fx_str){"\x01\x02\x03\x04", 4});
    push_kit_expect(&rig->kit, four, "b:01020304");
    push_kit_send(
        &rig->kit, three, FX_NET_WEBSOCKET_OPCODE_BINARY, (fx_str){"\x04\x01\x02\x03\x04", 5});
    push_kit_expect(&rig->kit, three, "b:0401020304");
    push_kit_say(&rig->kit, three, "2");
    push_kit_expect(&rig->kit, three, "3");
    push_kit_say(&rig->kit, four, "abc");
    push_kit_say(&rig->kit, three, "abc");
    assert_true(four->is_over && three->is_over);
    push_kit_close(&rig->kit, four);
    push_kit_close(&rig->kit, three);
    assert_int_equal(rig->gate.stats.sessions, 0);
    rig_destroy(rig);
}

/* ---- upgrades -------------------------------------------------------------------------------- */

static void push_gate_upgrade_moves_the_session(void **state)
{
    (void)state;
    for (char eio = '3'; eio <= '4'; eio++) {
        struct rig *rig = rig_create(&PLAIN);
        const struct client client = open_with(rig, eio == '3' ? PATH3 "&b64=1" : PATH4);
        poll_it(rig, &client); /* waits */
        struct push_kit_client *socket = upgrade(rig, &client, eio);
        push_kit_expect(&rig->kit, socket, NULL);
        push_kit_say(&rig->kit, socket, "2probe");
        push_kit_expect(&rig->kit, socket, "3probe");
        (void)push_http_expect(&rig->kit, client.get, 200, eio == '3' ? "1:6" : "6");
        say(rig, &client, eio == '3' ? "5:4late" : "4late"); /* after the last poll */
        push_kit_say(&rig->kit, socket, "5");
        push_kit_expect(&rig->kit, socket, "4late");
        push_kit_say(&rig->kit, socket, "4hello");
        push_kit_expect(&rig->kit, socket, "4hello");
        poll_it(rig, &client); /* polling is over, the session is not */
        (void)push_http_expect(&rig->kit, client.get, 400, REQUEST);
        push_http_post(&rig->kit, client.post, client.path, FX_STR("4x"), "");
        (void)push_http_expect(&rig->kit, client.post, 400, REQUEST);
        struct push_kit_client *second = upgrade(rig, &client, eio);
        push_kit_read(&rig->kit, second);
        assert_true(second->is_over);
        push_kit_say(&rig->kit, socket, "4again");
        push_kit_expect(&rig->kit, socket, "4again");
        assert_int_equal(rig->gate.stats.upgrades, 1);
        assert_int_equal(rig->gate.stats.sessions, 1);
        push_kit_close(&rig->kit, second);
        push_kit_close(&rig->kit, socket);
        assert_int_equal(rig->gate.stats.sessions, 0);
        leave(rig, &client);
        rig_destroy(rig);
    }
}

static void push_gate_probe_and_upgrade_may_come_back_to_back(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    const struct client client = open_with(rig, PATH4);
    struct push_kit_client *socket = upgrade(rig, &client, '4');
    push_kit_put(socket->fd,
                 (fx_str){"\x81\x86\0\0\0\0"
                          "2probe\x81\x81\0\0\0\0"
                          "5",
                          19});
    push_kit_expect(&rig->kit, socket, "3probe");
    poll_it(rig, &client);
    (void)push_http_expect(&rig->kit, client.get, 400, REQUEST);
    push_kit_say(&rig->kit, socket, "4hello");
    push_kit_expect(&rig->kit, socket, "4hello");
    push_kit_close(&rig->kit, socket);
    leave(rig, &client);
    rig_destroy(rig);
}

static void push_gate_poll_during_an_upgrade_ends_with_the_next_tick(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    const struct client client = open_with(rig, PATH4);
    struct push_kit_client *socket = upgrade(rig, &client, '4');
    push_kit_say(&rig->kit, socket, "2probe");
    push_kit_expect(&rig->kit, socket, "3probe");
    hear(rig, &client, "6");
    poll_it(rig, &client);
    push_http_expect_nothing(&rig->kit, client.get);
    pass(rig, 100);
    (void)push_http_expect(&rig->kit, client.get, 200, "6");
    push_kit_close(&rig->kit, socket); /* the client gave it up */
    say(rig, &client, "4polling");
    hear(rig, &client, "4polling");
    poll_it(rig, &client);
    pass(rig, 100);
    push_http_expect_nothing(&rig->kit, client.get);
    leave(rig, &client);
    rig_destroy(rig);
}

static void push_gate_bad_or_slow_offer_ends_the_websocket_only(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    rig->config.ping_interval_ms = 60000;
    const struct client client = open_with(rig, PATH4);
    struct push_kit_client *wrong = upgrade(rig, &client, '4');
    push_kit_say(&rig->kit, wrong, "4hello");
    assert_true(wrong->is_over);
    struct push_kit_client *slow = upgrade(rig, &client, '4');
    struct push_kit_client *third = upgrade(rig, &client, '4');
    push_kit_read(&rig->kit, third);
    assert_true(third->is_over);
    push_kit_say(&rig->kit, slow, "2probe");
    push_kit_expect(&rig->kit, slow, "3probe");
    pass(rig, FX_PUSH_POLLING_UPGRADE_MS - 1);
    push_kit_read(&rig->kit, slow);
    assert_false(slow->is_over);
    pass(rig, 1);
    push_kit_read(&rig->kit, slow);
    assert_true(slow->is_over);
    say(rig, &client, "4polling");
    hear(rig, &client, "4polling");
    struct push_kit_client *good = upgrade(rig, &client, '4');
    push_kit_say(&rig->kit, good, "2probe");
    push_kit_say(&rig->kit, good, "5");
    push_kit_say(&rig->kit, good, "4hello");
    push_kit_expect(&rig->kit, good, "3probe");
    push_kit_expect(&rig->kit, good, "4hello");
    push_kit_close(&rig->kit, wrong);
    push_kit_close(&rig->kit, slow);
    push_kit_close(&rig->kit, third);
    push_kit_close(&rig->kit, good);
    leave(rig, &client);
    pass(rig, 100);
    assert_null(rig->gate.links);
    rig_destroy(rig);
}

static void push_gate_session_that_ends_takes_its_offer_along(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    const struct client client = open_with(rig, PATH4);
    struct push_kit_client *socket = upgrade(rig, &client, '4');
    push_kit_say(&rig->kit, socket, "2probe");
    push_kit_expect(&rig->kit, socket, "3probe");
    push_http_post(&rig->kit, client.post, client.path, FX_STR("abc"), "");
    (void)push_http_expect(&rig->kit, client.post, 400, REQUEST);
    push_kit_read(&rig->kit, socket);
    assert_true(socket->is_over);
    pass(rig, 100);
    push_kit_close(&rig->kit, socket);
    pass(rig, 100);
    assert_null(rig->gate.links);
    leave(rig, &client);
    rig_destroy(rig);
}

/* ---- revision 3: lines E3-18 to E3-27 -------------------------------------------------------- */

static void push_gate_e3_handshake_counts_its_characters(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    const int fd = push_http_dial(&rig->kit);
    push_http_ask(&rig->kit, fd, "GET", PATH3, "");
    const struct push_http_answer *answer = push_http_expect(&rig->kit, fd, 200, NULL);
    const char *colon = strchr(answer->body, ':');
    assert_non_null(colon);
    assert_int_equal(strtoul(answer->body, NULL, 10), strlen(colon + 1));
    assert_int_equal(strncmp(colon + 1, "0{\"sid\":\"", 9), 0);
    assert_non_null(strstr(colon, "\"upgrades\":[\"websocket\"]"));
    assert_null(strstr(colon, "maxPayload"));
    assert_true(push_http_has_header(answer, "Set-Cookie: io="));
    assert_true(push_http_has_header(answer, "; Path=/; HttpOnly; SameSite=Strict\r\n"));
    assert_true(push_http_has_header(answer, "Access-Control-Allow-Origin: *\r\n"));
    push_http_hang_up(&rig->kit, fd);
    rig_destroy(rig);
}

static void push_gate_e3_messages_make_the_round(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    const struct client text = open_with(rig, PATH3 "&b64=1");
    say(rig, &text, "6:4hello");
    hear(rig, &text, "6:4hello");
    say(rig, &text, "6:4test16:4test26:4test3");
    hear(rig, &text, "6:4test16:4test26:4test3");
    say(rig, &text, "6:4hello10:b4AQIDBA==");
    hear(rig, &text, "6:4hello10:b4AQIDBA==");
    say(rig, &text, "3:4\xf0\x9f\x98\x80");
    hear(rig, &text, "3:4\xf0\x9f\x98\x80");
    say(rig, &text, "1:2");
    hear(rig, &text, "1:3");
    leave(rig, &text);
    rig_destroy(rig);
}

static void push_gate_e3_binary_bodies_go_both_ways(void **state)
{
    (void)state;
    static const char BYTES[] = "\x00\x06\xff"
                                "4hello\x01\x05\xff\x04\x01\x02\x03\x04";
    struct rig *rig = rig_create(&PLAIN);
    const struct client client = open_with(rig, PATH3);
    push_http_post(&rig->kit,
                   client.post,
                   client.path,
                   (fx_str){BYTES, sizeof BYTES - 1},
                   "Content-Type: application/octet-stream\r\n");
    (void)push_http_expect(&rig->kit, client.post, 200, "ok");
    poll_it(rig, &client);
    const struct push_http_answer *answer = push_http_expect(&rig->kit, client.get, 200, NULL);
    assert_true(push_http_has_header(answer, "Content-Type: application/octet-stream\r\n"));
    assert_int_equal(answer->size, sizeof BYTES - 1);
    assert_memory_equal(answer->body, BYTES, sizeof BYTES - 1);
    say(rig, &client, "6:4hello"); /* text alone stays text */
    poll_it(rig, &client);
    answer = push_http_expect(&rig->kit, client.get, 200, "6:4hello");
    assert_true(push_http_has_header(answer, "Content-Type: text/plain; charset=UTF-8\r\n"));
    leave(rig, &client);
    rig_destroy(rig);
}

static void push_gate_e3_bad_payload_ends_the_session(void **state)
{
    (void)state;
    static const char *const ROWS[] = {"abc", "5:4hi", "0:", "3:4h", "-1:", "1:9", ""};
    for (size_t index = 0; index < sizeof ROWS / sizeof ROWS[0]; index++) {
        struct rig *rig = rig_create(&PLAIN);
        const struct client client = open_with(rig, PATH3);
        poll_it(rig, &client);
        push_http_post(&rig->kit, client.post, client.path, fx_str_of(ROWS[index]), "");
        (void)push_http_expect(&rig->kit, client.post, 400, REQUEST);
        (void)push_http_expect(&rig->kit, client.get, 200, "1:1");
        expect_gone(rig, &client);
        leave(rig, &client);
        rig_destroy(rig);
    }
}

static void push_gate_e3_silence_ends_the_session(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    const struct client client = open_with(rig, PATH3);
    rig->kit.now_ms += PING_INTERVAL_MS + PING_TIMEOUT_MS - 1;
    say(rig, &client, "1:2");
    rig->kit.now_ms += PING_INTERVAL_MS + PING_TIMEOUT_MS;
    push_http_post(&rig->kit, client.post, client.path, FX_STR("1:2"), "");
    (void)push_http_expect(&rig->kit, client.post, 400, SID);
    leave(rig, &client);
    rig_destroy(rig);
}

/* ---- origins --------------------------------------------------------------------------------- */

#define SHOP "Origin: https://shop.example\r\n"

static void push_gate_without_a_list_only_revision_3_names_origins(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    const int fd = push_http_dial(&rig->kit);
    push_http_ask(&rig->kit, fd, "GET", PATH3, SHOP);
    const struct push_http_answer *answer = push_http_expect(&rig->kit, fd, 200, NULL);
    assert_true(
        push_http_has_header(answer, "Access-Control-Allow-Origin: https://shop.example\r\n"));
    assert_true(push_http_has_header(answer, "Access-Control-Allow-Credentials: true\r\n"));
    push_http_ask(&rig->kit, fd, "GET", PATH4, SHOP);
    answer = push_http_expect(&rig->kit, fd, 200, NULL);
    assert_false(push_http_has_header(answer, "Access-Control"));
    push_http_hang_up(&rig->kit, fd);
    rig_destroy(rig);
}

static void push_gate_list_of_origins_is_exact(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&(struct fx_push_gate_options){
        .origins = FX_STR("https://a.example, https://shop.example")});
    static const struct {
        const char *origin;
        int status;
        bool is_named;
    } ROWS[] = {{SHOP, 200, true},
                {"", 200, false},
                {"Origin: http://h\r\n", 200, false}, /* of this server itself */
                {"Origin: https://shop.example.evil\r\n", 403, false},
                {"Origin: https://shop\r\n", 403, false},
                {"Origin: null\r\n", 403, false}};
    for (size_t index = 0; index < sizeof ROWS / sizeof ROWS[0]; index++) {
        static const char *const PATHS[] = {PATH3, PATH4};
        for (size_t path = 0; path < 2; path++) {
            const int fd = push_http_dial(&rig->kit);
            push_http_ask(&rig->kit, fd, "GET", PATHS[path], ROWS[index].origin);
            const struct push_http_answer *answer = push_http_expect(
                &rig->kit, fd, ROWS[index].status, ROWS[index].status == 403 ? FORBIDDEN : NULL);
            assert_true(push_http_has_header(answer, "Vary: Origin\r\n"));
            assert_int_equal(push_http_has_header(
                                 answer, "Access-Control-Allow-Origin: https://shop.example\r\n"),
                             ROWS[index].is_named);
            assert_int_equal(
                push_http_has_header(answer, "Access-Control-Allow-Credentials: true\r\n"),
                ROWS[index].is_named);
            push_http_hang_up(&rig->kit, fd);
        }
    }
    const int fd = push_http_dial(&rig->kit);
    push_http_ask(&rig->kit, fd, "OPTIONS", PATH4, SHOP);
    const struct push_http_answer *answer = push_http_expect(&rig->kit, fd, 204, NULL);
    assert_true(push_http_has_header(answer, "Access-Control-Allow-Methods: GET, POST\r\n"));
    assert_true(
        push_http_has_header(answer, "Access-Control-Allow-Origin: https://shop.example\r\n"));
    push_http_hang_up(&rig->kit, fd);
    check(rig,
          "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: h\r\nOrigin: null\r\n"
          "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
          403,
          "Forbidden");
    rig_destroy(rig);
}

static void push_gate_any_origin_goes_without_credentials(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&(struct fx_push_gate_options){.origins = FX_STR("*")});
    const int fd = push_http_dial(&rig->kit);
    push_http_ask(&rig->kit, fd, "GET", PATH4, SHOP);
    const struct push_http_answer *answer = push_http_expect(&rig->kit, fd, 200, NULL);
    assert_true(push_http_has_header(answer, "Access-Control-Allow-Origin: *\r\n"));
    assert_false(push_http_has_header(answer, "Access-Control-Allow-Credentials"));
    push_http_ask(
        &rig->kit, fd, "GET", PATH3, SHOP); /* browsers' clients 2.x always ask with credentials */
    answer = push_http_expect(&rig->kit, fd, 200, NULL);
    assert_true(
        push_http_has_header(answer, "Access-Control-Allow-Origin: https://shop.example\r\n"));
    assert_true(push_http_has_header(answer, "Access-Control-Allow-Credentials: true\r\n"));
    push_http_hang_up(&rig->kit, fd);
    rig_destroy(rig);
}

/* ---- bounds ---------------------------------------------------------------------------------- */

static void push_gate_sessions_are_bounded_in_all_and_per_address(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&(struct fx_push_gate_options){.sessions_per_address_max = 2});
    const struct client one = open_with(rig, PATH4);
    const struct client two = open_with(rig, PATH3);
    check(rig, "GET " PATH4 " HTTP/1.1\r\nHost: h\r\n\r\n", 403, FORBIDDEN);
    poll_it(rig, &one);
    leave(rig, &one); /* cut while it polls */
    const struct client three = open_with(rig, PATH4);
    leave(rig, &two);
    leave(rig, &three);
    rig_destroy(rig);
    rig = rig_create(&(struct fx_push_gate_options){
        .sessions_max = 1, .sessions_per_address_max = 1, .is_loopback_uncapped = true});
    const struct client only = open_with(rig, PATH4);
    check(rig, "GET " PATH4 " HTTP/1.1\r\nHost: h\r\n\r\n", 403, FORBIDDEN);
    leave(rig, &only);
    rig_destroy(rig);
}

static void push_gate_client_that_never_polls_is_closed_by_its_queue(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&(struct fx_push_gate_options){.queue_max = 4096});
    const struct client client = open_with(rig, PATH4);
    char text[1024];
    memset(text, 'x', sizeof text);
    text[0] = '4';
    for (int index = 0; index < 3; index++) {
        push_http_post(&rig->kit, client.post, client.path, (fx_str){text, sizeof text}, "");
        (void)push_http_expect(&rig->kit, client.post, 200, "ok");
    }
    push_http_post(&rig->kit, client.post, client.path, (fx_str){text, sizeof text}, "");
    (void)push_http_expect(&rig->kit, client.post, 400, REQUEST);
    assert_int_equal(rig->gate.stats.slow_consumer_closed, 1);
    expect_gone(rig, &client);
    leave(rig, &client);
    rig_destroy(rig);
}

static void push_gate_client_that_posts_too_much_is_closed(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&(struct fx_push_gate_options){.is_post_limited = true});
    const struct client client = open_with(rig, PATH3);
    char text[4 * FX_PUSH_BUDGET_MAX + 1];
    for (size_t index = 0; index < FX_PUSH_BUDGET_MAX; index++) {
        memcpy(text + 4 * index, "2:6x", 4);
    }
    push_http_post(&rig->kit, client.post, client.path, (fx_str){text, sizeof text - 1}, "");
    (void)push_http_expect(&rig->kit, client.post, 200, "ok");
    push_http_post(&rig->kit, client.post, client.path, FX_STR("1:2"), "");
    (void)push_http_expect(&rig->kit, client.post, 400, REQUEST);
    expect_gone(rig, &client);
    assert_int_equal(rig->gate.stats.talkers, 1);
    leave(rig, &client);
    rig_destroy(rig);
}

static void push_gate_stop_answers_polls_and_leaves_nothing(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    const struct client client = open_with(rig, PATH4);
    const struct client idle = open_with(rig, PATH3);
    struct push_kit_client *socket = push_kit_open(&rig->kit, "EIO=4&transport=websocket");
    poll_it(rig, &client);
    fx_push_gate_stop(&rig->gate);
    (void)push_http_expect(&rig->kit, client.get, 200, "1");
    push_kit_read(&rig->kit, socket);
    assert_true(socket->is_over);
    assert_int_equal(socket->code, FX_NET_WEBSOCKET_CODE_GOING_AWAY);
    push_kit_close(&rig->kit, socket);
    assert_int_equal(rig->gate.stats.sessions, 0);
    leave(rig, &client);
    leave(rig, &idle);
    rig_destroy(rig);
}

static void push_gate_deinit_with_live_sessions_leaves_nothing(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    const struct client client = open_with(rig, PATH4);
    struct push_kit_client *socket = upgrade(rig, &client, '4');
    push_kit_say(&rig->kit, socket, "2probe");
    say(rig, &client, "4a");
    const struct client other = open_with(rig, PATH3);
    poll_it(rig, &other);
    rig_destroy(rig);
    (void)close(client.get);
    (void)close(client.post);
    (void)close(other.get);
    (void)close(other.post);
    (void)close(socket->fd);
    fx_net_websocket_deinit(&socket->parser);
    for (uint32_t index = 0; index < socket->count; index++) {
        free(socket->messages[index]);
    }
    free(socket);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(push_gate_bad_requests_have_their_codes),
        cmocka_unit_test(push_gate_refused_upgrade_is_said_in_plain_words),
        cmocka_unit_test(push_gate_answers_carry_their_headers),
        cmocka_unit_test(push_gate_e4_handshake_opens_a_session),
        cmocka_unit_test(push_gate_e4_messages_make_the_round),
        cmocka_unit_test(push_gate_e4_bad_payload_ends_the_session),
        cmocka_unit_test(push_gate_e4_octets_are_refused),
        cmocka_unit_test(push_gate_e4_second_poll_ends_the_session),
        cmocka_unit_test(push_gate_second_post_ends_the_session),
        cmocka_unit_test(push_gate_post_that_wants_to_upgrade_is_a_post),
        cmocka_unit_test(push_gate_other_methods_are_refused_and_harm_nothing),
        cmocka_unit_test(push_gate_body_at_the_limit_passes_and_beyond_is_413),
        cmocka_unit_test(push_gate_chunked_body_beyond_the_limit_is_413_too),
        cmocka_unit_test(push_gate_e4_pings_are_answered_three_times),
        cmocka_unit_test(push_gate_e4_silence_ends_the_session),
        cmocka_unit_test(push_gate_client_that_closes_is_gone),
        cmocka_unit_test(push_gate_poll_or_post_that_is_cut_ends_the_session),
        cmocka_unit_test(push_gate_websocket_echoes_and_ends_at_nonsense),
        cmocka_unit_test(push_gate_upgrade_moves_the_session),
        cmocka_unit_test(push_gate_probe_and_upgrade_may_come_back_to_back),
        cmocka_unit_test(push_gate_poll_during_an_upgrade_ends_with_the_next_tick),
        cmocka_unit_test(push_gate_bad_or_slow_offer_ends_the_websocket_only),
        cmocka_unit_test(push_gate_session_that_ends_takes_its_offer_along),
        cmocka_unit_test(push_gate_e3_handshake_counts_its_characters),
        cmocka_unit_test(push_gate_e3_messages_make_the_round),
        cmocka_unit_test(push_gate_e3_binary_bodies_go_both_ways),
        cmocka_unit_test(push_gate_e3_bad_payload_ends_the_session),
        cmocka_unit_test(push_gate_e3_silence_ends_the_session),
        cmocka_unit_test(push_gate_without_a_list_only_revision_3_names_origins),
        cmocka_unit_test(push_gate_list_of_origins_is_exact),
        cmocka_unit_test(push_gate_any_origin_goes_without_credentials),
        cmocka_unit_test(push_gate_sessions_are_bounded_in_all_and_per_address),
        cmocka_unit_test(push_gate_client_that_never_polls_is_closed_by_its_queue),
        cmocka_unit_test(push_gate_client_that_posts_too_much_is_closed),
        cmocka_unit_test(push_gate_stop_answers_polls_and_leaves_nothing),
        cmocka_unit_test(push_gate_deinit_with_live_sessions_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
