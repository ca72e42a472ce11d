/**
 * @file net_kit.h
 * The server on real loopback sockets, in one thread: the test steps the loop and its own clock.
 * Thread: the test's own.
 */
#ifndef FX_TESTS_NET_KIT_H
#define FX_TESTS_NET_KIT_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fx_test.h"
#include "net/net_server.h"

enum { LATER_MAX = 16, TURNS = 2000, TEXT_SIZE = 1 << 16, CAP = 4, UNIX_S = 784111777 };

struct rig {
    struct fx_net_server *server;
    uint16_t port;
    int64_t now_ms;
    /* what the handler saw */
    struct fx_net_server_token later[LATER_MAX];
    uint32_t later_count;
    uint32_t request_count;
    uint32_t turn_requests; /* of which on_turn was told */
    uint64_t turn_writes;   /* before the answers of the last ones */
    uint32_t hangup_count;
    struct fx_net_server_token hangup;
    char paths[4096];
    char answers[4096];
    char peer[64];
    uint16_t tag;
    uint64_t connection;
    struct fx_net_server_token socket; /* of the WebSocket accepted last */
    uint32_t message_count;
    uint32_t close_count;
    uint16_t close_code;
    char close_reason[128];
    uint32_t writable_count;
    uint32_t wake_count;
    uint32_t tick_count;
    int signal_number;
    bool is_late_accept;
};

static inline int64_t clock_of(void *self)
{
    return ((struct rig *)self)->now_ms;
}

static inline int64_t unix_of(void *self)
{
    (void)self;
    return UNIX_S;
}

static inline void on_message(void *self,
                              struct fx_net_server_token token,
                              enum fx_net_websocket_opcode opcode,
                              fx_str payload)
{
    struct rig *rig = self;
    rig->message_count++;
    if (fx_str_is_equal(payload, FX_STR("cut"))) {
        fx_net_server_cut(rig->server, token);
        return;
    }
    (void)fx_net_server_send(rig->server, token, opcode, payload);
}

static inline void on_close(void *self,
                            struct fx_net_server_token token,
                            uint16_t code,
                            fx_str reason)
{
    struct rig *rig = self;
    assert_false(fx_net_server_is_open(rig->server, token));
    assert_false(fx_net_server_send(rig->server, token, FX_NET_WEBSOCKET_OPCODE_TEXT, reason));
    rig->close_count++;
    rig->close_code = code;
    assert_true(fx_str_copy(reason, rig->close_reason, sizeof rig->close_reason));
}

static inline void on_writable(void *self, struct fx_net_server_token token)
{
    struct rig *rig = self;
    rig->writable_count++;
    assert_true(fx_net_server_is_open(rig->server, token));
}

static inline void accept_socket(struct rig *rig, struct fx_net_server_token token)
{
    const struct fx_net_server_websocket owner = {
        .on_message = on_message, .on_close = on_close, .on_writable = on_writable, .self = rig};
    const fx_status status =
        fx_net_server_accept_websocket(rig->server, token, &owner, (fx_str){0});
    if (status != FX_OK) {
        const struct fx_net_http_response refusal = {.status = fx_status_http(status)};
        fx_net_server_respond(rig->server, token, &refusal);
    }
    rig->socket = token;
}

static inline void answer(struct rig *rig, struct fx_net_server_token token, const char *text)
{
    const struct fx_net_http_response response = {
        .status = 200, .content_type = FX_STR("text/plain"), .body = fx_str_of(text)};
    fx_net_server_respond(rig->server, token, &response);
}

static inline void on_request(void *self, const struct fx_net_server_call *call)
{
    struct rig *rig = self;
    const fx_str path = call->request->path;
    const size_t used = strlen(rig->paths);
    rig->request_count++;
    rig->tag = call->listener_tag;
    rig->connection = call->connection;
    assert_true(fx_str_copy(call->peer, rig->peer, sizeof rig->peer));
    if (used + path.size + 1 < sizeof rig->paths) {
        (void)fx_str_copy(path, rig->paths + used, sizeof rig->paths - used);
    }
    if (fx_str_has_prefix(path, FX_STR("/later"))) {
        rig->later[rig->later_count % LATER_MAX] = call->token;
        rig->later_count++;
    } else if (fx_str_is_equal(path, FX_STR("/ws"))) {
        if (rig->is_late_accept) {
            rig->later[0] = call->token;
        } else {
            accept_socket(rig, call->token);
        }
    } else if (fx_str_is_equal(path, FX_STR("/twice"))) {
        answer(rig, call->token, "one");
        answer(rig, call->token, "two");
        /* The request is still there after the answer. */
        assert_true(fx_str_is_equal(call->request->path, FX_STR("/twice")));
    } else if (fx_str_is_equal(path, FX_STR("/cut"))) {
        fx_net_server_cut(rig->server, call->token);
    } else if (fx_str_is_equal(path, FX_STR("/echo"))) {
        const struct fx_net_http_response response = {.status = 200, .body = call->request->body};
        fx_net_server_respond(rig->server, call->token, &response);
    } else {
        answer(rig, call->token, "hello");
    }
}

static inline void on_hangup(void *self, struct fx_net_server_token token)
{
    struct rig *rig = self;
    rig->hangup_count++;
    rig->hangup = token;
}

static inline void on_refusal(void *self,
                              fx_status status,
                              struct fx_buf *headers,
                              struct fx_buf *body)
{
    (void)self;
    fx_buf_append(headers, FX_STR("x-why: refused\r\n"));
    fx_buf_append(body, fx_str_of(fx_status_name(status)));
}

/* "/path label status size" of each answer, "refused 400 …" where there was no request. */
static inline void on_answer(void *self, const struct fx_net_server_answer *answer)
{
    struct rig *rig = self;
    char line[128];
    const fx_str path = answer->request == NULL ? FX_STR("refused") : answer->request->path;
    const int size = snprintf(line,
                              sizeof line,
                              "%.*s %u %d %u;",
                              (int)path.size,
                              path.data,
                              answer->label,
                              answer->status,
                              (unsigned)answer->body_size);
    assert_true(answer->duration_us >= 0 && answer->duration_us < 1000000000);
    assert_true(answer->peer.size > 0 && answer->listener_tag == 7);
    if (size > 0 && strlen(rig->answers) + (size_t)size < sizeof rig->answers) {
        memcpy(rig->answers + strlen(rig->answers), line, (size_t)size + 1);
    }
}

static inline void on_turn(void *self)
{
    struct rig *rig = self;
    if (rig->turn_requests != rig->request_count) {
        struct fx_net_server_stats stats;
        fx_net_server_stats(rig->server, &stats);
        rig->turn_requests = rig->request_count;
        rig->turn_writes = stats.writes;
    }
}

static inline struct rig *rig_create(const struct fx_net_server_config *given)
{
    struct rig *rig = calloc(1, sizeof *rig);
    assert_non_null(rig);
    const struct fx_net_server_handler handler = {.on_request = on_request,
                                                  .on_turn = on_turn,
                                                  .on_hangup = on_hangup,
                                                  .on_refusal = on_refusal,
                                                  .on_answer = on_answer};
    struct fx_net_server_config config = *given;
    rig->now_ms = 1000000;
    config.now_ms = clock_of;
    config.unix_s = unix_of;
    config.clock_self = rig;
    assert_int_equal(fx_net_server_create(&config, &handler, rig, &rig->server), FX_OK);
    assert_int_equal(fx_net_server_listen(rig->server, "127.0.0.1", 0, 7, &rig->port), FX_OK);
    assert_int_not_equal(rig->port, 0);
    return rig;
}

static inline void rig_destroy(struct rig *rig)
{
    fx_net_server_destroy(rig->server);
    free(rig);
}

static inline void turn(struct rig *rig, int count)
{
    for (int index = 0; index < count; index++) {
        (void)fx_net_server_step(rig->server, false);
    }
}

static inline void pass_time(struct rig *rig, int64_t ms)
{
    turn(rig, 20); /* first let the server see what was sent before that time passes */
    rig->now_ms += ms;
    fx_net_server_expire(rig->server);
    turn(rig, 20);
}

static inline int connect_to(const struct rig *rig, int receive_size)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(rig->port)};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int one = 1;
    assert_true(fd >= 0);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (receive_size > 0) {
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_size, sizeof receive_size);
    }
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static inline void put(int fd, const char *text)
{
    const size_t size = strlen(text);
    assert_int_equal(send(fd, text, size, MSG_NOSIGNAL), (ssize_t)size);
}

/* Step until `size` bytes are there, or the end (then *is_end_out), or nothing comes for long. */
static inline size_t pull(struct rig *rig, int fd, char *target, size_t size, bool *is_end_out)
{
    size_t count = 0;
    *is_end_out = false;
    for (int round = 0; round < TURNS && count < size; round++) {
        turn(rig, 1);
        const ssize_t got = recv(fd, target + count, size - count, MSG_DONTWAIT);
        if (got > 0) {
            count += (size_t)got;
            round = 0;
        } else if (got == 0 || errno == ECONNRESET) {
            *is_end_out = true;
            break;
        }
    }
    return count;
}

/* Everything that comes, as text; with "<end>" where the server closed. */
static const char *pull_text(struct rig *rig, int fd)
{
    static char text[TEXT_SIZE];
    bool is_end = false;
    const size_t size = pull(rig, fd, text, sizeof text - 8, &is_end);
    memcpy(text + size, is_end ? "<end>" : "", is_end ? 6 : 1);
    return text;
}

#define GET(path)     "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"
#define DATE          "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
#define OK_HEAD       "HTTP/1.1 200 OK\r\n" DATE
#define HELLO         OK_HEAD "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
#define OK_CLOSE_HEAD "HTTP/1.1 200 OK\r\n" DATE "Connection: close\r\n"
#define HELLO_CLOSE   OK_CLOSE_HEAD "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"

static const struct fx_net_server_config PLAIN = {.connections_max = 100};

static inline void expect_text(struct rig *rig, int fd, const char *expected)
{
    assert_string_equal(pull_text(rig, fd), expected);
}

static inline void expect_start_and_end(struct rig *rig, int fd, const char *start)
{
    const char *text = pull_text(rig, fd);
    assert_memory_equal(text, start, strlen(start));
    assert_non_null(strstr(text, "Connection: close\r\n"));
    assert_non_null(strstr(text, "<end>"));
}

#define UPGRADE                                                                                    \
    "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"                 \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
#define SWITCHED                                                                                   \
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"            \
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): test
static inline void put_frame(int fd, enum fx_net_websocket_opcode opcode, const char *text)
{
    struct fx_buf buf;
    fx_buf_init(&buf, 1 << 20);
    const struct fx_net_websocket_frame frame = {
        .opcode = opcode, .payload = fx_str_of(text), .is_masked = true, .mask = 0x01020304};
    fx_net_websocket_write(&buf, &frame);
    assert_int_equal(send(fd, buf.data, buf.size, MSG_NOSIGNAL), (ssize_t)buf.size);
    fx_buf_deinit(&buf);
}

static inline int connect_socket(struct rig *rig, int receive_size)
{
    const int fd = connect_to(rig, receive_size);
    put(fd, UPGRADE);
    expect_text(rig, fd, SWITCHED);
    return fd;
}

#endif
