#include "net/net_server.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/panic.h"
#include "net/net_batch.h"
#include "net/net_server_int.h"

enum {
    BACKLOG = 1024,
    COARSE_MS = 250,
    READ_SIZE = 64 * 1024,
    ENCODE_SIZE_MAX = 64 * 1024 * 1024,
    HSTS_SIZE_MAX = 128,
    US_PER_SECOND = 1000000
};

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): the value first
static uint32_t or_default(uint32_t value, uint32_t fallback)
{
    return value == 0 ? fallback : value;
}

static void set_config(struct fx_net_server *server, const struct fx_net_server_config *given)
{
    struct fx_net_server_config *config = &server->config;
    *config = *given;
    config->connections_max = or_default(given->connections_max, 10000);
    config->body_size_max = or_default(given->body_size_max, FX_NET_HTTP_BODY_SIZE_DEFAULT);
    config->message_size_max =
        or_default(given->message_size_max, FX_NET_WEBSOCKET_MESSAGE_SIZE_DEFAULT);
    config->output_size_max = or_default(given->output_size_max, 1024 * 1024);
    config->head_timeout_ms = or_default(given->head_timeout_ms, 5000);
    config->body_timeout_ms = or_default(given->body_timeout_ms, 10000);
    config->idle_timeout_ms = or_default(given->idle_timeout_ms, 60000);
    config->write_timeout_ms = or_default(given->write_timeout_ms, 20000);
    config->ping_ms = or_default(given->ping_ms, 25000);
    config->stop_timeout_ms = or_default(given->stop_timeout_ms, 5000);
}

int64_t fx_net_server_now_ms(const struct fx_net_server *server)
{
    if (server->config.now_ms != NULL) {
        return server->config.now_ms(server->config.clock_self);
    }
    return (int64_t)uv_now(&server->loop);
}

static void refresh_date(struct fx_net_server *server)
{
    const int64_t unix_s = server->config.unix_s != NULL
                               ? server->config.unix_s(server->config.clock_self)
                               : fx_clock_wall_us() / US_PER_SECOND;
    if (unix_s != server->date_unix_s) {
        server->date_unix_s = unix_s;
        fx_net_http_write_date(unix_s, server->date);
    }
}

static void finish_if_empty(struct fx_net_server *server)
{
    if (server->is_stopping && !server->is_finished && server->stats.connections == 0) {
        server->is_finished = true;
        uv_stop(&server->loop);
    }
}

void fx_net_server_expire(struct fx_net_server *server)
{
    const int64_t now_ms = fx_net_server_now_ms(server);
    const bool is_over =
        server->is_stopping && now_ms - server->stop_ms >= server->config.stop_timeout_ms;
    refresh_date(server);
    for (uint32_t slot = 0; slot < server->config.connections_max; slot++) {
        struct fx_net_server_conn *conn = server->conns[slot];
        if (conn != NULL && is_over) {
            fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_ABNORMAL);
        } else if (conn != NULL) {
            fx_net_server_conn_expire(conn, now_ms);
        }
    }
}

/* ---- the loop's handles ---- */

static void on_coarse(uv_timer_t *timer)
{
    fx_net_server_expire(timer->data);
}

static void on_idle(uv_idle_t *idle)
{
    (void)idle; /* it only keeps the loop from waiting */
}

/* There may be room again for who waits in the kernel. */
static void accept_paused(struct fx_net_server *server)
{
    server->is_paused = false;
    for (uint32_t index = 0; index < server->listener_count && !server->is_stopping; index++) {
        if (server->listeners[index].is_paused) {
            fx_net_server_conn_accept(&server->listeners[index]);
        }
    }
}

static void flush(struct fx_net_server *server)
{
    if (server->handler.on_turn != NULL) {
        server->handler.on_turn(server->self);
    }
    if (server->is_paused && server->free_count > 0) {
        accept_paused(server);
    }
    const bool is_work = server->dirty != NULL;
    if (fx_net_server_out_flush_all(server)) {
        (void)uv_idle_stop(&server->idle);
    } else {
        (void)uv_idle_start(&server->idle, on_idle);
    }
    if (is_work) {
        /* The loop takes its time before it sleeps from its last look at the clock: a long flush
         * would make every timer late by as much. */
        uv_update_time(&server->loop);
    }
    finish_if_empty(server);
}

static void on_prepare(uv_prepare_t *prepare)
{
    flush(prepare->data);
}

static void on_check(uv_check_t *check)
{
    flush(check->data);
}

static void on_wake(uv_async_t *async)
{
    struct fx_net_server *server = async->data;
    if (server->on_wake != NULL) {
        server->on_wake(server->wake_self);
    }
}

static void on_stop(uv_async_t *async)
{
    struct fx_net_server *server = async->data;
    const bool is_second = server->is_stopping;
    if (!is_second) {
        server->is_stopping = true;
        server->stop_ms = fx_net_server_now_ms(server);
        for (uint32_t index = 0; index < server->listener_count; index++) {
            uv_close((uv_handle_t *)&server->listeners[index].tcp, NULL);
        }
    }
    for (uint32_t slot = 0; slot < server->config.connections_max; slot++) {
        struct fx_net_server_conn *conn = server->conns[slot];
        if (conn != NULL && is_second) {
            fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_ABNORMAL);
        } else if (conn != NULL) {
            fx_net_server_conn_stop(conn);
        }
    }
}

static const int SIGNALS[FX_NET_SERVER_SIGNALS_COUNT] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};

static void on_signal(uv_signal_t *handle, int signal_number)
{
    struct fx_net_server *server = handle->data;
    if (signal_number == SIGINT || signal_number == SIGTERM) {
        (void)uv_signal_stop(&server->signals[0]);
        (void)uv_signal_stop(&server->signals[1]);
    }
    server->on_signal(server->signal_self, signal_number);
}

static void on_tick(uv_timer_t *timer)
{
    const struct fx_net_server_ticker *ticker = timer->data;
    ticker->tick(ticker->self);
}

static void on_connection(uv_stream_t *stream, int status)
{
    if (status == 0) {
        fx_net_server_conn_accept(stream->data);
    }
}

/* ---- life ---- */

static bool allocate(struct fx_net_server *server)
{
    const uint32_t count = server->config.connections_max;
    server->bucket_count = 64;
    while (server->bucket_count < count && server->bucket_count < UINT32_MAX / 4) {
        server->bucket_count *= 2;
    }
    server->conns = calloc(count, sizeof(struct fx_net_server_conn *));
    server->generations = calloc(count, sizeof *server->generations);
    server->free_slots = calloc(count, sizeof *server->free_slots);
    server->buckets = calloc(server->bucket_count, sizeof *server->buckets);
    server->read_buffer = malloc(READ_SIZE);
    if (server->conns == NULL || server->generations == NULL || server->free_slots == NULL ||
        server->buckets == NULL || server->read_buffer == NULL) {
        return false;
    }
    for (uint32_t index = 0; index < count; index++) {
        server->free_slots[index] = count - 1 - index;
    }
    for (uint32_t index = 0; index < server->bucket_count; index++) {
        server->buckets[index] = FX_NET_SERVER_SLOT_NONE;
    }
    server->free_count = count;
    return true;
}

static void release(struct fx_net_server *server)
{
    free(server->read_buffer);
    free(server->buckets);
    free(server->free_slots);
    free(server->generations);
    free(server->conns);
    fx_buf_deinit(&server->encode);
    fx_buf_deinit(&server->hsts);
    fx_net_tls_destroy(server->tls);
    fx_net_batch_destroy(server->batch);
    free(server);
}

static bool start_handles(struct fx_net_server *server)
{
    uv_loop_t *loop = &server->loop;
    int failed = uv_prepare_init(loop, &server->prepare);
    failed |= uv_check_init(loop, &server->check);
    failed |= uv_idle_init(loop, &server->idle);
    failed |= uv_timer_init(loop, &server->coarse);
    for (size_t index = 0; index < FX_NET_SERVER_SIGNALS_COUNT; index++) {
        failed |= uv_signal_init(loop, &server->signals[index]);
        server->signals[index].data = server;
    }
    failed |= uv_async_init(loop, &server->wake, on_wake);
    failed |= uv_async_init(loop, &server->stop, on_stop);
    if (failed != 0) {
        return false;
    }
    server->prepare.data = server;
    server->check.data = server;
    server->coarse.data = server;
    server->wake.data = server;
    server->stop.data = server;
    failed = uv_prepare_start(&server->prepare, on_prepare);
    failed |= uv_check_start(&server->check, on_check);
    failed |= uv_timer_start(&server->coarse, on_coarse, COARSE_MS, COARSE_MS);
    return failed == 0;
}

fx_status fx_net_server_create(const struct fx_net_server_config *config,
                               const struct fx_net_server_handler *handler,
                               void *self,
                               struct fx_net_server **server_out)
{
    FX_ASSERT(handler->on_request != NULL);
    struct fx_net_server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        return FX_NO_MEMORY;
    }
    set_config(server, config);
    server->handler = *handler;
    server->self = self;
    server->date_unix_s = -1;
    fx_buf_init(&server->encode, ENCODE_SIZE_MAX);
    fx_buf_init(&server->hsts, HSTS_SIZE_MAX);
    if (!allocate(server)) {
        release(server);
        return FX_NO_MEMORY;
    }
    if (uv_loop_init(&server->loop) != 0) {
        release(server);
        return FX_IO;
    }
    if (!start_handles(server)) {
        fx_net_server_destroy(server);
        return FX_IO;
    }
    server->batch = config->is_unbatched ? NULL : fx_net_batch_create();
    (void)signal(SIGPIPE, SIG_IGN); /* a peer that went away is an error code, not the end */
    refresh_date(server);
    *server_out = server;
    return FX_OK;
}

static void close_handle(uv_handle_t *handle, void *unused)
{
    (void)unused;
    if (uv_is_closing(handle) == 0) {
        uv_close(handle, NULL);
    }
}

void fx_net_server_destroy(struct fx_net_server *server)
{
    if (server == NULL) {
        return;
    }
    server->is_stopping = true;
    server->is_finished = true;
    for (uint32_t slot = 0; slot < server->config.connections_max; slot++) {
        if (server->conns[slot] != NULL) {
            fx_net_server_conn_cut(server->conns[slot], FX_NET_WEBSOCKET_CODE_ABNORMAL);
        }
    }
    uv_walk(&server->loop, close_handle, NULL);
    (void)uv_run(&server->loop, UV_RUN_DEFAULT);
    const int left = uv_loop_close(&server->loop);
    FX_ASSERT(left == 0);
    release(server);
}

static bool parse_address(const char *address, uint16_t port, struct sockaddr_storage *storage_out)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    memset(storage_out, 0, sizeof *storage_out);
    if (uv_ip4_addr(address, port, &v4) == 0) {
        memcpy(storage_out, &v4, sizeof v4);
        return true;
    }
    if (uv_ip6_addr(address, port, &v6) == 0) {
        memcpy(storage_out, &v6, sizeof v6);
        return true;
    }
    return false;
}

static uint16_t port_of(const uv_tcp_t *tcp)
{
    struct sockaddr_storage storage;
    struct sockaddr_in v4;
    int size = (int)sizeof storage;
    memset(&storage, 0, sizeof storage);
    if (uv_tcp_getsockname(tcp, (struct sockaddr *)&storage, &size) != 0) {
        return 0;
    }
    memcpy(&v4, &storage, sizeof v4); /* the port lies at the same place in sockaddr_in6 */
    return ntohs(v4.sin_port);
}

struct fx_net_server_listener *fx_net_server_add_listener(struct fx_net_server *server,
                                                          uint16_t tag)
{
    FX_ASSERT(server->listener_count < FX_NET_SERVER_LISTENERS_MAX);
    struct fx_net_server_listener *listener = &server->listeners[server->listener_count];
    if (uv_tcp_init(&server->loop, &listener->tcp) != 0) {
        return NULL;
    }
    server->listener_count++; /* also where it fails: the handle belongs to the loop until closed */
    listener->server = server;
    listener->tag = tag;
    listener->tcp.data = listener;
    return listener;
}

fx_status fx_net_server_open_listener(struct fx_net_server_listener *listener, uint16_t *port_out)
{
    if (uv_listen((uv_stream_t *)&listener->tcp, BACKLOG, on_connection) != 0) {
        return FX_IO;
    }
    if (port_out != NULL) {
        *port_out = port_of(&listener->tcp);
    }
    return FX_OK;
}

fx_status fx_net_server_listen(
    struct fx_net_server *server,
    const char *address,
    // NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a port and a tag, as documented
    uint16_t port,
    uint16_t tag,
    uint16_t *port_out)
{
    struct sockaddr_storage storage;
    if (!parse_address(address, port, &storage)) {
        return FX_BAD_PARAMETER;
    }
    struct fx_net_server_listener *listener = fx_net_server_add_listener(server, tag);
    if (listener == NULL ||
        uv_tcp_bind(&listener->tcp, (const struct sockaddr *)&storage, 0) != 0) {
        return FX_IO;
    }
    return fx_net_server_open_listener(listener, port_out);
}

void fx_net_server_run(struct fx_net_server *server)
{
    while (!server->is_finished) {
        (void)uv_run(&server->loop, UV_RUN_DEFAULT);
    }
}

bool fx_net_server_step(struct fx_net_server *server, bool is_waiting)
{
    if (!server->is_finished) {
        (void)uv_run(&server->loop, is_waiting ? UV_RUN_ONCE : UV_RUN_NOWAIT);
    }
    return !server->is_finished;
}

void fx_net_server_stop(struct fx_net_server *server)
{
    (void)uv_async_send(&server->stop);
}

void fx_net_server_on_async(struct fx_net_server *server, fx_net_server_fn wake, void *self)
{
    server->on_wake = wake;
    server->wake_self = self;
}

void fx_net_server_async(struct fx_net_server *server)
{
    (void)uv_async_send(&server->wake);
}

fx_status fx_net_server_timer(struct fx_net_server *server,
                              uint32_t interval_ms,
                              fx_net_server_fn tick,
                              void *self)
{
    FX_ASSERT(interval_ms > 0);
    if (server->ticker_count == FX_NET_SERVER_TIMERS_MAX) {
        return FX_CAPACITY;
    }
    struct fx_net_server_ticker *ticker = &server->tickers[server->ticker_count];
    if (uv_timer_init(&server->loop, &ticker->timer) != 0) {
        return FX_CAPACITY;
    }
    server->ticker_count++;
    ticker->tick = tick;
    ticker->self = self;
    ticker->timer.data = ticker;
    const int failed = uv_timer_start(&ticker->timer, on_tick, interval_ms, interval_ms);
    FX_ASSERT(failed == 0);
    return FX_OK;
}

fx_status fx_net_server_watch_signals(struct fx_net_server *server,
                                      fx_net_server_signal_fn caught,
                                      void *self)
{
    server->on_signal = caught;
    server->signal_self = self;
    for (size_t index = 0; index < FX_NET_SERVER_SIGNALS_COUNT; index++) {
        if (uv_signal_start(&server->signals[index], on_signal, SIGNALS[index]) != 0) {
            return FX_IO;
        }
    }
    return FX_OK;
}

/* ---- answers and WebSockets ---- */

void fx_net_server_respond(struct fx_net_server *server,
                           struct fx_net_server_token token,
                           const struct fx_net_http_response *response)
{
    struct fx_net_server_conn *conn = fx_net_server_conn_find(server, token);
    if (conn == NULL || !conn->is_awaiting) {
        return;
    }
    fx_net_server_conn_answer(conn, response, false);
    if (!conn->is_in_call && !conn->is_closing) {
        fx_net_server_conn_end_request(conn);
    }
}

void fx_net_server_label(struct fx_net_server *server,
                         struct fx_net_server_token token,
                         uint32_t label)
{
    struct fx_net_server_conn *conn = fx_net_server_conn_find(server, token);
    if (conn != NULL) {
        conn->label = label;
    }
}

const struct fx_net_http_request *fx_net_server_request(const struct fx_net_server *server,
                                                        struct fx_net_server_token token)
{
    const struct fx_net_server_conn *conn = fx_net_server_conn_find(server, token);
    return conn != NULL && conn->is_awaiting ? &conn->http->request : NULL;
}

void fx_net_server_note(struct fx_net_server *server,
                        struct fx_net_server_token token,
                        uint64_t note)
{
    struct fx_net_server_conn *conn = fx_net_server_conn_find(server, token);
    if (conn != NULL) {
        conn->note = note;
    }
}

bool fx_net_server_is_open(const struct fx_net_server *server, struct fx_net_server_token token)
{
    return fx_net_server_conn_find(server, token) != NULL;
}

void fx_net_server_cut(struct fx_net_server *server, struct fx_net_server_token token)
{
    struct fx_net_server_conn *conn = fx_net_server_conn_find(server, token);
    if (conn != NULL) {
        fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_ABNORMAL);
    }
}

fx_status fx_net_server_accept_websocket(struct fx_net_server *server,
                                         struct fx_net_server_token token,
                                         const struct fx_net_server_websocket *websocket,
                                         fx_str protocol)
{
    FX_ASSERT(websocket->on_message != NULL && websocket->on_close != NULL);
    struct fx_net_server_conn *conn = fx_net_server_conn_find(server, token);
    if (conn == NULL || !conn->is_awaiting) {
        return FX_NOT_FOUND;
    }
    return fx_net_server_socket_accept(conn, websocket, protocol);
}

static struct fx_net_server_conn *find_socket(const struct fx_net_server *server,
                                              struct fx_net_server_token token)
{
    struct fx_net_server_conn *conn = fx_net_server_conn_find(server, token);
    return conn != NULL && conn->mode == FX_NET_SERVER_MODE_WEBSOCKET ? conn : NULL;
}

bool fx_net_server_send_frame(struct fx_net_server *server,
                              struct fx_net_server_token token,
                              struct fx_net_frame *frame)
{
    struct fx_net_server_conn *conn = find_socket(server, token);
    if (conn == NULL || conn->socket->is_close_sent) {
        return false;
    }
    const uint32_t size_max = server->config.output_size_max;
    const bool has_room = conn->queue.size < size_max && frame->size <= size_max - conn->queue.size;
    if (!has_room || !fx_net_server_out_push(conn, frame)) {
        server->stats.slow_readers++;
        fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_TRY_LATER);
        return false;
    }
    return true;
}

void fx_net_server_prefetch(const struct fx_net_server *server, struct fx_net_server_token token)
{
    if (token.generation != 0 && token.slot < server->config.connections_max &&
        server->conns[token.slot] != NULL) {
        fx_net_server_conn_prefetch(server->conns[token.slot]);
    }
}

bool fx_net_server_send(struct fx_net_server *server,
                        struct fx_net_server_token token,
                        enum fx_net_websocket_opcode opcode,
                        fx_str payload)
{
    struct fx_net_frame *frame = fx_net_frame_create_websocket(opcode, payload);
    const bool is_sent = frame != NULL && fx_net_server_send_frame(server, token, frame);
    fx_net_frame_release(frame);
    return is_sent;
}

void fx_net_server_close_websocket(struct fx_net_server *server,
                                   struct fx_net_server_token token,
                                   uint16_t code,
                                   fx_str reason)
{
    struct fx_net_server_conn *conn = find_socket(server, token);
    if (conn != NULL) {
        fx_net_server_socket_close(conn, code, reason);
    }
}

uint32_t fx_net_server_queued_bytes(const struct fx_net_server *server,
                                    struct fx_net_server_token token)
{
    const struct fx_net_server_conn *conn = fx_net_server_conn_find(server, token);
    return conn == NULL ? 0 : conn->queue.size;
}

void fx_net_server_want_writable(struct fx_net_server *server,
                                 struct fx_net_server_token token,
                                 uint32_t bytes_max)
{
    struct fx_net_server_conn *conn = find_socket(server, token);
    if (conn != NULL) {
        conn->socket->is_wanting = true;
        conn->socket->want_bytes = bytes_max;
        fx_net_server_out_mark(conn);
    }
}

fx_str fx_net_server_peer(const struct fx_net_server *server, struct fx_net_server_token token)
{
    const struct fx_net_server_conn *conn = fx_net_server_conn_find(server, token);
    return conn == NULL ? (fx_str){0} : fx_str_of(conn->peer);
}

void fx_net_server_stats(const struct fx_net_server *server, struct fx_net_server_stats *stats_out)
{
    *stats_out = server->stats;
}
