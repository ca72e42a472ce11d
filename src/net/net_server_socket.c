#include <stdlib.h>

#include "base/panic.h"
#include "net/net_server_int.h"
#include "net/net_websocket_handshake.h"

enum { SWITCHED = 101, US_PER_MS = 1000, US_PER_MINUTE = 60 * 1000 * 1000 };

fx_status fx_net_server_socket_accept(struct fx_net_server_conn *conn,
                                      const struct fx_net_server_websocket *owner,
                                      fx_str protocol)
{
    struct fx_net_server *server = conn->server;
    const fx_status status = fx_net_websocket_handshake_check(&conn->http->request);
    if (status != FX_OK) {
        return status;
    }
    struct fx_net_server_socket *socket = calloc(1, sizeof *socket);
    if (socket == NULL) {
        return FX_NO_MEMORY;
    }
    fx_net_websocket_init(
        &socket->parser, FX_NET_WEBSOCKET_ROLE_SERVER, server->config.message_size_max);
    socket->owner = *owner;
    socket->ping_ms = fx_net_server_now_ms(server);
    conn->socket = socket;
    conn->mode = FX_NET_SERVER_MODE_WEBSOCKET;
    conn->is_awaiting = false;
    conn->read_ms = socket->ping_ms;
    server->stats.websockets++;
    const struct fx_net_http_response switched = {.status = SWITCHED};
    fx_net_server_conn_tell_answer(conn, &conn->http->request, &switched);
    fx_buf_clear(&server->encode);
    fx_net_websocket_handshake_write(&server->encode, &conn->http->request, protocol);
    fx_net_server_out_push_bytes(conn, fx_buf_str(&server->encode));
    fx_net_server_out_mark(conn); /* also: bytes behind the request may wait in `input` */
    return FX_OK;
}

void fx_net_server_socket_destroy(struct fx_net_server_conn *conn)
{
    if (conn->socket != NULL) {
        fx_net_websocket_deinit(&conn->socket->parser);
        free(conn->socket);
        conn->socket = NULL;
    }
}

void fx_net_server_socket_tell(struct fx_net_server_conn *conn, uint16_t code, fx_str reason)
{
    struct fx_net_server_socket *socket = conn->socket;
    if (socket->is_told) {
        return;
    }
    socket->is_told = true;
    FX_ASSERT(conn->server->stats.websockets > 0);
    conn->server->stats.websockets--;
    if (socket->owner.on_close != NULL) {
        socket->owner.on_close(socket->owner.self, fx_net_server_conn_token(conn), code, reason);
    }
}

static void push_control(struct fx_net_server_conn *conn,
                         enum fx_net_websocket_opcode opcode,
                         fx_str payload)
{
    struct fx_net_frame *frame = fx_net_frame_create_websocket(opcode, payload);
    if (frame == NULL || !fx_net_server_out_push(conn, frame)) {
        fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_ABNORMAL);
    }
    fx_net_frame_release(frame);
}

void fx_net_server_socket_close(struct fx_net_server_conn *conn, uint16_t code, fx_str reason)
{
    uint8_t payload[FX_NET_WEBSOCKET_CONTROL_SIZE_MAX];
    if (conn->socket->is_close_sent || conn->is_closing) {
        return;
    }
    conn->socket->is_close_sent = true;
    conn->since_ms = fx_net_server_now_ms(conn->server);
    const uint32_t size =
        fx_net_websocket_is_code(code) ? fx_net_websocket_write_close(code, reason, payload) : 0;
    push_control(conn, FX_NET_WEBSOCKET_OPCODE_CLOSE, (fx_str){(const char *)payload, size});
}

/* The peer's close, or its mistake: answer with a close frame, tell the owner, leave. */
static void end(struct fx_net_server_conn *conn, uint16_t code, fx_str reason)
{
    fx_net_server_socket_close(conn, code, (fx_str){0});
    fx_net_server_socket_tell(conn, code, reason);
    if (!conn->is_closing) {
        fx_net_server_conn_end(conn);
    }
}

static void pong(struct fx_net_server_conn *conn, fx_str payload)
{
    /* A peer that pings and does not read: its pongs count like everything that it lets lie. */
    if (conn->socket->is_close_sent) {
        return;
    }
    if (conn->queue.size > conn->server->config.output_size_max) {
        conn->server->stats.slow_readers++;
        fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_TRY_LATER);
        return;
    }
    push_control(conn, FX_NET_WEBSOCKET_OPCODE_PONG, payload);
}

static void handle_event(struct fx_net_server_conn *conn)
{
    struct fx_net_server_socket *socket = conn->socket;
    const struct fx_net_websocket *parser = &socket->parser;
    switch (parser->event) {
    case FX_NET_WEBSOCKET_EVENT_TEXT:
    case FX_NET_WEBSOCKET_EVENT_BINARY:
        if (!socket->is_close_sent) {
            socket->owner.on_message(socket->owner.self,
                                     fx_net_server_conn_token(conn),
                                     parser->event == FX_NET_WEBSOCKET_EVENT_TEXT
                                         ? FX_NET_WEBSOCKET_OPCODE_TEXT
                                         : FX_NET_WEBSOCKET_OPCODE_BINARY,
                                     parser->payload);
        }
        return;
    case FX_NET_WEBSOCKET_EVENT_PING:
        pong(conn, parser->payload);
        return;
    case FX_NET_WEBSOCKET_EVENT_CLOSE:
    case FX_NET_WEBSOCKET_EVENT_FAILED:
        end(conn, parser->code, parser->payload);
        return;
    case FX_NET_WEBSOCKET_EVENT_PONG:
    case FX_NET_WEBSOCKET_EVENT_NONE:
    default:
        return;
    }
}

/* A bucket of one minute's frames that refills evenly. `allowance_ms` is the moment at which all
 * that was spent is refilled; a minute ahead of now the bucket is empty. */
static bool is_within_rate(struct fx_net_server_conn *conn)
{
    struct fx_net_server_socket *socket = conn->socket;
    const uint32_t count_max = conn->server->config.messages_per_minute_max;
    const bool is_message = socket->parser.event == FX_NET_WEBSOCKET_EVENT_TEXT ||
                            socket->parser.event == FX_NET_WEBSOCKET_EVENT_BINARY;
    if (count_max == 0 || socket->parser.event == FX_NET_WEBSOCKET_EVENT_NONE ||
        (is_message && socket->owner.is_counting)) {
        return true;
    }
    const int64_t now_us = fx_net_server_now_ms(conn->server) * US_PER_MS;
    if (socket->allowance_us < now_us) {
        socket->allowance_us = now_us;
    }
    socket->allowance_us += US_PER_MINUTE / count_max;
    return socket->allowance_us <= now_us + US_PER_MINUTE;
}

/* The handshake is over, and so is the call in which its request was borrowed. */
static void drop_http(struct fx_net_server_conn *conn)
{
    if (conn->http != NULL) {
        fx_net_http_deinit(conn->http);
        free(conn->http);
        conn->http = NULL;
    }
}

size_t fx_net_server_socket_take(struct fx_net_server_conn *conn, fx_str bytes)
{
    size_t taken = 0;
    drop_http(conn);
    while (taken < bytes.size && !conn->is_closing && !conn->is_last) {
        taken += fx_net_websocket_feed(&conn->socket->parser,
                                       (fx_str){bytes.data + taken, bytes.size - taken});
        if (!is_within_rate(conn)) {
            conn->server->stats.talkers++;
            end(conn, FX_NET_WEBSOCKET_CODE_POLICY, FX_STR("too many messages"));
            break;
        }
        handle_event(conn);
    }
    return taken;
}

void fx_net_server_socket_expire(struct fx_net_server_conn *conn, int64_t now_ms)
{
    struct fx_net_server_socket *socket = conn->socket;
    const struct fx_net_server_config *config = &conn->server->config;
    if (socket->is_close_sent) {
        if (now_ms - conn->since_ms >=
            (conn->server->is_stopping ? FX_NET_SERVER_HURRY_MS : FX_NET_SERVER_CLOSING_MS)) {
            fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_ABNORMAL);
        }
        return;
    }
    if (now_ms - conn->read_ms >= config->idle_timeout_ms) {
        conn->server->stats.expired++;
        fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_ABNORMAL);
        return;
    }
    if (now_ms - conn->read_ms >= config->ping_ms && now_ms - socket->ping_ms >= config->ping_ms) {
        socket->ping_ms = now_ms;
        push_control(conn, FX_NET_WEBSOCKET_OPCODE_PING, (fx_str){0});
    }
}

void fx_net_server_socket_flushed(struct fx_net_server_conn *conn)
{
    struct fx_net_server_socket *socket = conn->socket;
    drop_http(conn);
    if (!socket->is_wanting || socket->is_told || conn->queue.size > socket->want_bytes) {
        return;
    }
    socket->is_wanting = false;
    if (socket->owner.on_writable != NULL) {
        socket->owner.on_writable(socket->owner.self, fx_net_server_conn_token(conn));
    }
}
