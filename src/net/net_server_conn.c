#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "net/net_server_int.h"

enum {
    READ_SIZE = 64 * 1024,
    ENCODE_KEPT_SIZE_MAX = 1024 * 1024,
    REFUSAL_SIZE_MAX = 4096,
    BODY_RATE_MIN = 1024, /* bytes per second */
    FULL_PART = 8,        /* fewer than an eighth of the slots free: a full house */
    HURRY_PART = 5,
    MS_PER_SECOND = 1000,
    NS_PER_US = 1000
};

static const uint8_t MAPPED_PREFIX[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

struct fx_net_server_token fx_net_server_conn_token(const struct fx_net_server_conn *conn)
{
    return (struct fx_net_server_token){conn->slot, conn->generation};
}

struct fx_net_server_conn *fx_net_server_conn_find(const struct fx_net_server *server,
                                                   struct fx_net_server_token token)
{
    if (token.generation == 0 || token.slot >= server->config.connections_max) {
        return NULL;
    }
    struct fx_net_server_conn *conn = server->conns[token.slot];
    if (conn == NULL || conn->is_closing || conn->generation != token.generation) {
        return NULL;
    }
    const bool is_socket = conn->mode == FX_NET_SERVER_MODE_WEBSOCKET && !conn->socket->is_told;
    return conn->is_awaiting || is_socket ? conn : NULL;
}

void fx_net_server_conn_prefetch(const struct fx_net_server_conn *conn)
{
    const char *const lines = (const char *)conn;
    __builtin_prefetch(lines, 1);
    __builtin_prefetch(lines + FX_NET_SERVER_LINE_SIZE, 1);
    __builtin_prefetch(lines + 2 * (size_t)FX_NET_SERVER_LINE_SIZE);
}

/* Each request gets a generation of its own, so that it cannot be answered twice (I5). */
static void bump_generation(struct fx_net_server_conn *conn)
{
    uint32_t *generation = &conn->server->generations[conn->slot];
    *generation = *generation == UINT32_MAX ? 1 : *generation + 1;
    conn->generation = *generation;
}

/* ---- life of a connection: accepted, put into the tables, cut, closed ---- */

static uint32_t bucket_of(const struct fx_net_server *server, const uint8_t address[16])
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (uint32_t index = 0; index < 16; index++) {
        hash = (hash ^ address[index]) * UINT64_C(1099511628211);
    }
    return (uint32_t)(hash >> 32 ^ hash) & (server->bucket_count - 1);
}

/* Where the cap per address is off, nobody walks the chain, however long it is. */
static bool is_address_full(const struct fx_net_server *server,
                            const struct fx_net_server_conn *conn)
{
    const bool is_uncapped = server->config.is_loopback_uncapped && conn->is_loopback;
    const uint32_t cap = is_uncapped ? 0 : server->config.connections_per_address_max;
    uint32_t count = 0;
    uint32_t slot = cap == 0 ? FX_NET_SERVER_SLOT_NONE : server->buckets[conn->bucket];
    while (slot != FX_NET_SERVER_SLOT_NONE && count < cap) {
        const struct fx_net_server_conn *other = server->conns[slot];
        count += memcmp(other->address, conn->address, sizeof conn->address) == 0 ? 1 : 0;
        slot = other->same_next;
    }
    return cap > 0 && count >= cap;
}

static void enter_tables(struct fx_net_server_conn *conn)
{
    struct fx_net_server *server = conn->server;
    FX_ASSERT(server->free_count > 0);
    server->free_count--;
    conn->slot = server->free_slots[server->free_count];
    FX_ASSERT(server->conns[conn->slot] == NULL);
    server->conns[conn->slot] = conn;
    conn->same_previous = FX_NET_SERVER_SLOT_NONE;
    conn->same_next = server->buckets[conn->bucket];
    if (conn->same_next != FX_NET_SERVER_SLOT_NONE) {
        server->conns[conn->same_next]->same_previous = conn->slot;
    }
    server->buckets[conn->bucket] = conn->slot;
    server->stats.connections++;
}

static void leave_tables(struct fx_net_server_conn *conn)
{
    struct fx_net_server *server = conn->server;
    FX_ASSERT(server->conns[conn->slot] == conn);
    if (conn->same_next != FX_NET_SERVER_SLOT_NONE) {
        server->conns[conn->same_next]->same_previous = conn->same_previous;
    }
    if (conn->same_previous != FX_NET_SERVER_SLOT_NONE) {
        server->conns[conn->same_previous]->same_next = conn->same_next;
    } else {
        server->buckets[conn->bucket] = conn->same_next;
    }
    server->conns[conn->slot] = NULL;
    server->free_slots[server->free_count] = conn->slot;
    server->free_count++;
    server->stats.connections--;
    conn->slot = FX_NET_SERVER_SLOT_NONE;
}

static void tell_hangup(struct fx_net_server_conn *conn)
{
    if ((conn->is_awaiting || conn->is_announced) && !conn->is_hangup_told) {
        conn->is_hangup_told = true;
        if (conn->server->handler.on_hangup != NULL) {
            conn->server->handler.on_hangup(conn->server->self, fx_net_server_conn_token(conn));
        }
    }
}

static void on_closed(uv_handle_t *handle)
{
    struct fx_net_server_conn *conn = handle->data;
    FX_ASSERT(conn->is_closing);
    if (conn->slot != FX_NET_SERVER_SLOT_NONE) {
        if (conn->socket != NULL) {
            fx_net_server_socket_tell(conn, conn->close_code, (fx_str){0});
        } else {
            tell_hangup(conn);
        }
        leave_tables(conn);
    }
    fx_net_server_out_unmark(conn);
    fx_net_server_out_drop(conn);
    fx_net_server_socket_destroy(conn);
    fx_net_server_tls_destroy(conn);
    if (conn->http != NULL) {
        fx_net_http_deinit(conn->http);
        free(conn->http);
    }
    fx_buf_deinit(&conn->input);
    free(conn);
}

void fx_net_server_conn_cut(struct fx_net_server_conn *conn, uint16_t code)
{
    if (conn->is_closing) {
        return;
    }
    conn->is_closing = true;
    conn->close_code = code;
    uv_close((uv_handle_t *)&conn->tcp, on_closed);
}

static void on_shut(uv_shutdown_t *shutdown, int status)
{
    (void)shutdown;
    (void)status; /* the read side tells what happens next */
}

static void start_reading(struct fx_net_server_conn *conn);

void fx_net_server_conn_linger(struct fx_net_server_conn *conn)
{
    FX_ASSERT(conn->queue.count == 0);
    if (conn->is_eof) {
        fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_ABNORMAL);
        return;
    }
    /* Closing with unread bytes in the kernel would send a reset, and the peer would lose our
     * answer: RFC 9112, section 9.6. */
    conn->mode = FX_NET_SERVER_MODE_LINGER;
    conn->since_ms = fx_net_server_now_ms(conn->server);
    fx_buf_deinit(&conn->input);
    if (uv_shutdown(&conn->shutdown, (uv_stream_t *)&conn->tcp, on_shut) != 0) {
        fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_ABNORMAL);
        return;
    }
    start_reading(conn);
}

void fx_net_server_conn_end(struct fx_net_server_conn *conn)
{
    conn->is_last = true;
    fx_net_server_out_mark(conn);
}

/* ---- requests ---- */

void fx_net_server_conn_tell_answer(const struct fx_net_server_conn *conn,
                                    const struct fx_net_http_request *request,
                                    const struct fx_net_http_response *response)
{
    const struct fx_net_server *server = conn->server;
    if (server->handler.on_answer == NULL) {
        return;
    }
    const struct fx_net_server_answer answer = {
        .request = request,
        .peer = fx_str_of(conn->peer),
        .headers = response->headers,
        .label = request == NULL ? 0 : conn->label,
        .note = request == NULL ? 0 : conn->note,
        .status = response->status,
        .body_size = response->body.size,
        .duration_us =
            request == NULL ? 0 : (int64_t)((uv_hrtime() - conn->request_ns) / NS_PER_US),
        .listener_tag = conn->listener_tag};
    server->handler.on_answer(server->self, &answer);
}

void fx_net_server_conn_answer(struct fx_net_server_conn *conn,
                               const struct fx_net_http_response *response,
                               bool is_error)
{
    struct fx_net_server *server = conn->server;
    const struct fx_net_http_request *request = &conn->http->request;
    struct fx_net_http_response answer = *response;
    const uint32_t requests_max = server->config.requests_max;
    answer.is_close = answer.is_close || is_error || server->is_stopping ||
                      !request->is_keep_alive ||
                      (requests_max > 0 && conn->request_count >= requests_max);
    answer.is_keep_alive = !answer.is_close && request->version_minor == 0;
    answer.is_head_only = request->method == FX_NET_HTTP_METHOD_HEAD;
    answer.more_headers = conn->tls != NULL ? fx_buf_str(&server->hsts) : (fx_str){0};
    if (answer.date.size == 0) {
        answer.date = (fx_str){server->date, sizeof server->date};
    }
    fx_buf_clear(&server->encode);
    fx_net_http_write_response(&server->encode, &answer);
    if (server->encode.is_overflow) {
        fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_ABNORMAL);
        return;
    }
    conn->is_awaiting = false;
    fx_net_server_conn_tell_answer(conn, is_error ? NULL : request, &answer);
    fx_net_server_out_push_bytes(conn, fx_buf_str(&server->encode));
    if (server->encode.capacity > ENCODE_KEPT_SIZE_MAX) {
        fx_buf_deinit(&server->encode);
    }
    if (answer.is_close) {
        fx_net_server_conn_end(conn);
    }
}

static void answer_error(struct fx_net_server_conn *conn, fx_status status)
{
    const struct fx_net_server *server = conn->server;
    struct fx_buf headers;
    struct fx_buf body;
    fx_buf_init(&headers, REFUSAL_SIZE_MAX);
    fx_buf_init(&body, REFUSAL_SIZE_MAX);
    if (server->handler.on_refusal != NULL) {
        server->handler.on_refusal(server->self, status, &headers, &body);
    } else {
        fx_buf_append(&body, FX_STR("{\"code\":\""));
        fx_buf_append(&body, fx_str_of(fx_status_name(status)));
        fx_buf_append(&body, FX_STR("\",\"message\":\""));
        fx_buf_append(&body, fx_str_of(fx_status_text(status)));
        fx_buf_append(&body, FX_STR("\"}"));
    }
    const struct fx_net_http_response response = {
        .status = fx_status_http(status),
        .content_type = FX_STR("application/json"),
        .headers = fx_buf_str(&headers),
        .body = fx_buf_str(&body),
    };
    conn->server->stats.bad_requests++;
    tell_hangup(conn); /* an announced request that will not come */
    conn->is_announced = false;
    fx_net_server_conn_answer(conn, &response, true);
    fx_buf_deinit(&headers);
    fx_buf_deinit(&body);
}

void fx_net_server_conn_end_request(struct fx_net_server_conn *conn)
{
    fx_net_http_next(conn->http);
    conn->is_body = false;
    conn->since_ms = fx_net_server_now_ms(conn->server);
}

static struct fx_net_server_call call_of(const struct fx_net_server_conn *conn)
{
    return (struct fx_net_server_call){
        .token = fx_net_server_conn_token(conn),
        .request = &conn->http->request,
        .peer = fx_str_of(conn->peer),
        .listener_tag = conn->listener_tag,
        .connection = conn->number,
    };
}

/* From here on the request has its token, so that its owner can be told if it never comes. */
static uint64_t on_head(void *self, const struct fx_net_http_request *head)
{
    struct fx_net_server_conn *conn = self;
    const struct fx_net_server *server = conn->server;
    (void)head;
    bump_generation(conn);
    conn->is_announced = true;
    conn->is_hangup_told = false;
    const struct fx_net_server_call call = call_of(conn);
    const uint32_t size_max = server->handler.on_head(server->self, &call);
    return size_max == 0 ? server->config.body_size_max : size_max;
}

static void hand_over(struct fx_net_server_conn *conn)
{
    struct fx_net_server *server = conn->server;
    if (!conn->is_announced) {
        bump_generation(conn);
        conn->is_hangup_told = false;
    }
    conn->is_announced = false;
    conn->is_awaiting = true;
    conn->is_in_call = true;
    conn->request_count++;
    conn->label = 0;
    conn->note = 0;
    conn->request_ns = server->handler.on_answer == NULL ? 0 : uv_hrtime();
    server->stats.requests++;
    const struct fx_net_server_call call = call_of(conn);
    server->handler.on_request(server->self, &call);
    conn->is_in_call = false;
    if (!conn->is_closing && conn->mode == FX_NET_SERVER_MODE_HTTP && !conn->is_awaiting) {
        fx_net_server_conn_end_request(conn);
    }
}

/* May the next request be parsed? Not before the last one was answered (I6), and not while the
 * client lets our answers lie. */
static bool may_parse(const struct fx_net_server_conn *conn)
{
    return conn->mode == FX_NET_SERVER_MODE_HTTP && !conn->is_closing && !conn->is_awaiting &&
           !conn->is_last && conn->queue.size < FX_NET_SERVER_BACKLOG_SIZE;
}

/* A client that sends many requests at once is served a few at a time, so that others get their
 * turn: the rest waits in `input` until the loop has been around. */
static size_t take_http(struct fx_net_server_conn *conn, fx_str bytes)
{
    const uint32_t request_max = conn->request_count + FX_NET_SERVER_PIPELINE_MAX;
    size_t taken = 0;
    while (taken < bytes.size && may_parse(conn)) {
        if (conn->request_count == request_max) {
            fx_net_server_out_mark(conn);
            break;
        }
        struct fx_net_http *http = conn->http;
        if (fx_net_http_is_idle(http)) {
            conn->since_ms = fx_net_server_now_ms(conn->server);
        }
        taken += fx_net_http_feed(http, (fx_str){bytes.data + taken, bytes.size - taken});
        if (http->state == FX_NET_HTTP_STATE_FAILED) {
            answer_error(conn, http->status);
        } else if (http->state == FX_NET_HTTP_STATE_DONE) {
            hand_over(conn);
        } else if (http->state == FX_NET_HTTP_STATE_BODY && !conn->is_body) {
            conn->is_body = true;
            conn->since_ms = fx_net_server_now_ms(conn->server);
            if (http->request.is_expecting && http->body.size == 0) {
                fx_net_server_out_push_bytes(conn, FX_STR("HTTP/1.1 100 Continue\r\n\r\n"));
            }
        }
    }
    return taken;
}

/* What can be taken now of bytes that arrived; the rest must be kept for later. */
static size_t take(struct fx_net_server_conn *conn, fx_str bytes)
{
    size_t taken = take_http(conn, bytes);
    if (conn->mode == FX_NET_SERVER_MODE_WEBSOCKET && !conn->is_closing) {
        taken += fx_net_server_socket_take(conn, (fx_str){bytes.data + taken, bytes.size - taken});
    }
    /* After the last answer nothing is read any more. */
    return conn->is_last || conn->is_closing || conn->mode == FX_NET_SERVER_MODE_LINGER ? bytes.size
                                                                                        : taken;
}

/* ---- reading ---- */

static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    const struct fx_net_server_conn *conn = handle->data;
    const size_t room = FX_NET_SERVER_INPUT_SIZE_MAX - conn->input.size;
    (void)suggested;
    *buf = uv_buf_init(conn->server->read_buffer, (unsigned)(room < READ_SIZE ? room : READ_SIZE));
}

static void stop_reading(struct fx_net_server_conn *conn)
{
    if (conn->is_reading) {
        conn->is_reading = false;
        (void)uv_read_stop((uv_stream_t *)&conn->tcp);
    }
}

static void keep(struct fx_net_server_conn *conn, fx_str bytes)
{
    fx_buf_append(&conn->input, bytes);
    if (conn->input.is_overflow) {
        fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_ABNORMAL);
        return;
    }
    if (conn->input.size == FX_NET_SERVER_INPUT_SIZE_MAX) {
        stop_reading(conn);
    }
}

/* Nothing more will come: answer what was asked, then close. */
void fx_net_server_conn_end_of_input(struct fx_net_server_conn *conn)
{
    conn->is_eof = true;
    stop_reading(conn);
    if (conn->is_last && conn->mode != FX_NET_SERVER_MODE_LINGER) {
        fx_net_server_out_mark(conn); /* our last words are still in the queue */
        return;
    }
    if (conn->mode != FX_NET_SERVER_MODE_HTTP) {
        fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_ABNORMAL);
        return;
    }
    tell_hangup(conn);
    if (!conn->is_awaiting && conn->input.size == 0) {
        fx_net_server_conn_end(conn);
    }
}

void fx_net_server_conn_take(struct fx_net_server_conn *conn, fx_str bytes)
{
    const size_t taken = conn->input.size > 0 ? 0 : take(conn, bytes);
    if (taken < bytes.size && !conn->is_closing) {
        keep(conn, fx_str_slice(bytes, taken, bytes.size - taken));
    }
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buf)
{
    struct fx_net_server_conn *conn = stream->data;
    if (conn->is_closing || size == 0) {
        return;
    }
    if (size == UV_EOF) {
        fx_net_server_conn_end_of_input(conn);
        return;
    }
    if (size < 0) {
        fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_ABNORMAL);
        return;
    }
    conn->server->stats.bytes_in += (uint64_t)size;
    conn->read_ms = fx_net_server_now_ms(conn->server);
    /* After the last answer nothing is read any more, TLS or not: kept for the session it would
     * only grow, as long as the peer sends and does not read that answer. */
    if (conn->mode == FX_NET_SERVER_MODE_LINGER || (conn->is_last && conn->tls != NULL)) {
        return;
    }
    const fx_str bytes = {buf->base, (size_t)size};
    if (conn->tls == NULL) {
        fx_net_server_conn_take(conn, bytes);
    } else if (fx_net_server_tls_take(conn, bytes)) {
        fx_net_server_tls_read(conn);
    } else {
        fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_ABNORMAL);
    }
}

static void start_reading(struct fx_net_server_conn *conn)
{
    if (conn->is_reading || conn->is_eof || conn->is_closing) {
        return;
    }
    if (uv_read_start((uv_stream_t *)&conn->tcp, on_allocate, on_read) != 0) {
        fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_ABNORMAL);
        return;
    }
    conn->is_reading = true;
}

void fx_net_server_conn_resume(struct fx_net_server_conn *conn)
{
    if (conn->is_closing || conn->mode == FX_NET_SERVER_MODE_LINGER) {
        return;
    }
    if (conn->input.size > 0) {
        /* The buffer is taken out while handlers run, so that nothing moves beneath them. */
        struct fx_buf input = conn->input;
        fx_buf_init(&conn->input, FX_NET_SERVER_INPUT_SIZE_MAX);
        const size_t taken = take(conn, fx_buf_str(&input));
        fx_buf_consume(&input, taken);
        if (input.size > 0 && !conn->is_closing) {
            conn->input = input;
        } else {
            fx_buf_deinit(&input);
        }
    }
    if (conn->tls != NULL && !conn->is_closing && !conn->is_last) {
        fx_net_server_tls_read(conn); /* what was decrypted no further while `input` was full */
    }
    if (conn->is_closing || conn->is_last) {
        return;
    }
    if (conn->input.size < FX_NET_SERVER_INPUT_SIZE_MAX) {
        start_reading(conn);
    }
    if (conn->is_eof && !conn->is_awaiting && conn->input.size == 0) {
        fx_net_server_conn_end(conn);
    }
}

/* ---- accepting ---- */

static void note_peer(struct fx_net_server_conn *conn)
{
    struct sockaddr_storage storage;
    int size = (int)sizeof storage;
    memset(&storage, 0, sizeof storage);
    memcpy(conn->peer, "?", 2);
    if (uv_tcp_getpeername(&conn->tcp, (struct sockaddr *)&storage, &size) != 0) {
        return;
    }
    if (storage.ss_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, &storage, sizeof v4);
        memcpy(conn->address, MAPPED_PREFIX, sizeof MAPPED_PREFIX);
        memcpy(conn->address + sizeof MAPPED_PREFIX, &v4.sin_addr, 4);
    } else if (storage.ss_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, &storage, sizeof v6);
        memcpy(conn->address, &v6.sin6_addr, sizeof conn->address);
    }
    const bool is_v4 = memcmp(conn->address, MAPPED_PREFIX, sizeof MAPPED_PREFIX) == 0;
    (void)uv_inet_ntop(is_v4 ? AF_INET : AF_INET6,
                       conn->address + (is_v4 ? sizeof MAPPED_PREFIX : 0),
                       conn->peer,
                       sizeof conn->peer);
    static const uint8_t ONE[16] = {[15] = 1};
    conn->is_loopback = is_v4 ? conn->address[sizeof MAPPED_PREFIX] == 127
                              : memcmp(conn->address, ONE, sizeof ONE) == 0;
    if (!is_v4) { /* who has one IPv6 address has the 2^64 beside it */
        memset(conn->address + 8, 0, 8);
    }
}

static struct fx_net_server_conn *create(struct fx_net_server_listener *listener)
{
    struct fx_net_server *server = listener->server;
    struct fx_net_server_conn *conn = aligned_alloc(FX_NET_SERVER_LINE_SIZE, sizeof *conn);
    struct fx_net_http *http = malloc(sizeof *http);
    if (conn != NULL) {
        memset(conn, 0, sizeof *conn);
    }
    if (conn == NULL || http == NULL || uv_tcp_init(&server->loop, &conn->tcp) != 0) {
        free(conn);
        free(http);
        return NULL;
    }
    fx_net_http_init(http, server->config.body_size_max);
    if (server->handler.on_head != NULL) {
        http->on_head = on_head;
        http->head_self = conn;
    }
    fx_buf_init(&conn->input, FX_NET_SERVER_INPUT_SIZE_MAX);
    conn->http = http;
    conn->server = server;
    conn->tcp.data = conn;
    conn->slot = FX_NET_SERVER_SLOT_NONE;
    conn->mode = FX_NET_SERVER_MODE_HTTP;
    conn->listener_tag = listener->tag;
    conn->since_ms = fx_net_server_now_ms(server);
    conn->read_ms = conn->since_ms;
    return conn;
}

void fx_net_server_conn_accept(struct fx_net_server_listener *listener)
{
    struct fx_net_server *server = listener->server;
    struct fx_net_server_conn *conn = server->free_count == 0 ? NULL : create(listener);
    listener->is_paused = conn == NULL;
    if (conn == NULL) {
        /* Without room or memory: libuv listens no further until this connection was taken. */
        server->stats.pauses += server->is_paused ? 0 : 1;
        server->is_paused = true;
        return;
    }
    if (uv_accept((uv_stream_t *)&listener->tcp, (uv_stream_t *)&conn->tcp) != 0) {
        fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_ABNORMAL);
        return;
    }
    if (uv_fileno((uv_handle_t *)&conn->tcp, &conn->fd) != 0) {
        fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_ABNORMAL);
        return;
    }
    note_peer(conn);
    conn->bucket = bucket_of(server, conn->address);
    if (server->is_stopping || is_address_full(server, conn)) {
        server->stats.refused++;
        fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_ABNORMAL);
        return;
    }
    if (!fx_net_server_tls_begin(conn)) {
        fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_ABNORMAL);
        return;
    }
    server->stats.accepted++;
    conn->number = server->stats.accepted;
    enter_tables(conn);
    (void)uv_tcp_nodelay(&conn->tcp, 1); /* whole answers are written at once anyway */
    start_reading(conn);
}

/* ---- deadlines and stopping ---- */

static int64_t request_deadline(const struct fx_net_server_conn *conn)
{
    const struct fx_net_server_config *config = &conn->server->config;
    if (conn->is_body) {
        const uint64_t body_size = conn->http->body.size;
        return conn->since_ms + config->body_timeout_ms +
               (int64_t)(body_size * MS_PER_SECOND / BODY_RATE_MIN);
    }
    /* In a full house who says nothing makes room sooner (slowloris). */
    const bool is_full = conn->server->free_count < config->connections_max / FULL_PART;
    const bool is_idle = fx_net_http_is_idle(conn->http) && conn->request_count > 0;
    const uint32_t timeout_ms = is_idle ? config->idle_timeout_ms : config->head_timeout_ms;
    return conn->since_ms + (is_full ? timeout_ms / HURRY_PART : timeout_ms);
}

void fx_net_server_conn_expire(struct fx_net_server_conn *conn, int64_t now_ms)
{
    struct fx_net_server *server = conn->server;
    if (conn->is_closing) {
        return;
    }
    if (conn->mode == FX_NET_SERVER_MODE_LINGER) {
        if (now_ms - conn->since_ms >=
            (server->is_stopping ? FX_NET_SERVER_HURRY_MS : FX_NET_SERVER_LINGER_MS)) {
            fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_ABNORMAL);
        }
        return;
    }
    if (!fx_net_server_out_is_empty(conn) &&
        now_ms - conn->queue.progress_ms >= server->config.write_timeout_ms) {
        server->stats.expired++;
        fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_ABNORMAL);
        return;
    }
    if (conn->mode == FX_NET_SERVER_MODE_WEBSOCKET) {
        fx_net_server_socket_expire(conn, now_ms);
        return;
    }
    if (conn->is_awaiting || conn->is_last || !fx_net_server_out_is_empty(conn) ||
        now_ms < request_deadline(conn)) {
        return;
    }
    server->stats.expired++;
    if (fx_net_http_is_idle(conn->http)) {
        fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_ABNORMAL);
    } else {
        answer_error(conn, FX_REQUEST_TIMEOUT);
    }
}

void fx_net_server_conn_stop(struct fx_net_server_conn *conn)
{
    if (conn->is_closing) {
        return;
    }
    if (conn->mode == FX_NET_SERVER_MODE_WEBSOCKET) {
        fx_net_server_socket_close(conn, FX_NET_WEBSOCKET_CODE_GOING_AWAY, FX_STR("shutting down"));
    } else if (conn->mode == FX_NET_SERVER_MODE_HTTP && !conn->is_awaiting &&
               fx_net_http_is_idle(conn->http) && conn->input.size == 0) {
        if (fx_net_server_out_is_empty(conn) && conn->tls == NULL) {
            fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_ABNORMAL); /* nothing to say */
        } else {
            fx_net_server_conn_end(conn);
        }
    }
}
