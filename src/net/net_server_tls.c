#include "net/net_server_tls.h"

#include <stdlib.h>

#include "base/panic.h"
#include "net/net_server_int.h"

enum {
    /* Encrypted ahead of the kernel: enough to fill its buffer, no more than one read's worth. */
    BATCH_SIZE_MAX = 4 * FX_NET_TLS_RECORD_SIZE_MAX,
    OUTPUT_SIZE_MAX = 1024 * 1024
};

/* The TLS side of a connection. */
struct fx_net_server_tls {
    struct fx_net_tls_session *session;
    struct fx_buf output; /* encrypted, and not given to the kernel */
    struct fx_buf flight; /* given to libuv, which waits for room in the kernel */
    bool is_ready;        /* the handshake is over */
    bool is_starved;      /* nothing can be decrypted before more was taken */
    bool is_ended;        /* our close_notify is in the output */
};

void fx_net_server_tls_set(struct fx_net_server *server, uint16_t tag, struct fx_net_tls *tls)
{
    fx_net_tls_destroy(server->tls);
    server->tls = tls;
    server->tls_tag = tag;
}

void fx_net_server_tls_hsts(struct fx_net_server *server, uint32_t seconds)
{
    fx_buf_clear(&server->hsts);
    if (seconds > 0) {
        fx_buf_append(&server->hsts, FX_STR("Strict-Transport-Security: max-age="));
        fx_buf_append_u64(&server->hsts, seconds);
        fx_buf_append(&server->hsts, FX_STR("\r\n"));
    }
}

/* ---- life ---- */

bool fx_net_server_tls_begin(struct fx_net_server_conn *conn)
{
    struct fx_net_server *server = conn->server;
    if (server->tls == NULL || conn->listener_tag != server->tls_tag) {
        return true;
    }
    struct fx_net_server_tls *tls = calloc(1, sizeof *tls);
    if (tls == NULL) {
        return false;
    }
    conn->tls = tls;
    fx_buf_init(&tls->output, OUTPUT_SIZE_MAX);
    fx_buf_init(&tls->flight, OUTPUT_SIZE_MAX);
    tls->session = fx_net_tls_session_create(server->tls);
    return tls->session != NULL;
}

void fx_net_server_tls_destroy(struct fx_net_server_conn *conn)
{
    if (conn->tls != NULL) {
        fx_net_tls_session_destroy(conn->tls->session);
        fx_buf_deinit(&conn->tls->output);
        fx_buf_deinit(&conn->tls->flight);
        free(conn->tls);
        conn->tls = NULL;
    }
}

/* ---- what comes ---- */

static void drain(struct fx_net_server_conn *conn)
{
    struct fx_net_server_tls *tls = conn->tls;
    fx_net_tls_session_drain(tls->session, &tls->output);
    if (tls->output.is_overflow) {
        fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_ABNORMAL);
    } else if (tls->output.size > 0) {
        fx_net_server_out_mark(conn);
    }
}

/* No TLS, or a broken one. What the session has to say about it goes out, then the end. */
static void fail(struct fx_net_server_conn *conn)
{
    conn->server->stats.bad_requests++;
    conn->tls->is_ended = true;
    if (conn->mode == FX_NET_SERVER_MODE_WEBSOCKET || conn->is_awaiting || conn->queue.count > 0) {
        fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_ABNORMAL); /* nothing can be said */
    } else {
        fx_net_server_conn_end(conn);
    }
}

bool fx_net_server_tls_take(struct fx_net_server_conn *conn, fx_str cipher)
{
    conn->tls->is_starved = false;
    return fx_net_tls_session_take(conn->tls->session, cipher);
}

void fx_net_server_tls_read(struct fx_net_server_conn *conn)
{
    struct fx_net_server *server = conn->server;
    struct fx_net_server_tls *tls = conn->tls;
    fx_status status = tls->is_starved ? FX_BUSY : FX_OK;
    while (status == FX_OK && !conn->is_closing && !conn->is_last && !conn->is_eof &&
           conn->mode != FX_NET_SERVER_MODE_LINGER &&
           conn->input.size < FX_NET_SERVER_INPUT_SIZE_MAX) {
        const size_t room = FX_NET_SERVER_INPUT_SIZE_MAX - conn->input.size;
        size_t size = 0;
        status = fx_net_tls_session_read(tls->session, server->read_buffer, room, &size);
        if (!tls->is_ready && fx_net_tls_session_is_ready(tls->session)) {
            tls->is_ready = true; /* the time of the first head begins now */
            conn->since_ms = fx_net_server_now_ms(server);
        }
        drain(conn);
        if (status == FX_OK && !conn->is_closing) {
            fx_net_server_conn_take(conn, (fx_str){server->read_buffer, size});
        }
    }
    if (conn->is_closing) {
        return;
    }
    tls->is_starved = status == FX_BUSY;
    if (status == FX_NOT_FOUND) {
        fx_net_server_conn_end_of_input(conn);
    } else if (status == FX_BAD_REQUEST && !conn->is_last) {
        fail(conn);
    }
}

/* ---- what goes ---- */

bool fx_net_server_tls_is_empty(const struct fx_net_server_conn *conn)
{
    return conn->tls == NULL || (conn->tls->output.size == 0 && conn->tls->flight.size == 0);
}

/* Fill records from the queue: small frames share one. */
static bool fill_records(struct fx_net_server_conn *conn)
{
    char record[FX_NET_TLS_RECORD_SIZE_MAX];
    struct fx_net_server_tls *tls = conn->tls;
    while (conn->queue.count > 0 && tls->output.size < BATCH_SIZE_MAX) {
        const size_t size = fx_net_server_out_copy(conn, record, sizeof record);
        if (!fx_net_tls_session_write(tls->session, (fx_str){record, size})) {
            return false;
        }
        fx_net_server_out_consume(conn, size);
        drain(conn);
        if (conn->is_closing) {
            return false;
        }
    }
    return true;
}

static void on_written(uv_write_t *write, int status)
{
    struct fx_net_server_conn *conn = write->data;
    conn->queue.in_flight = 0;
    if (conn->is_closing) {
        return;
    }
    if (status != 0) {
        fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_ABNORMAL);
        return;
    }
    fx_buf_deinit(&conn->tls->flight);
    conn->queue.progress_ms = fx_net_server_now_ms(conn->server);
    fx_net_server_out_mark(conn);
}

/* The kernel's buffer is full. What libuv waits with must not move: it gets a buffer of its own. */
static void write_later(struct fx_net_server_conn *conn)
{
    struct fx_net_server_tls *tls = conn->tls;
    tls->flight = tls->output;
    fx_buf_init(&tls->output, OUTPUT_SIZE_MAX);
    const uv_buf_t buf = uv_buf_init(tls->flight.data, (unsigned)tls->flight.size);
    conn->write.data = conn;
    conn->queue.in_flight = 1;
    conn->server->stats.writes++;
    if (uv_write(&conn->write, (uv_stream_t *)&conn->tcp, &buf, 1, on_written) != 0) {
        conn->queue.in_flight = 0;
        fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_ABNORMAL);
    }
}

/* @return false where the kernel took only a part, or it failed. */
static bool send_output(struct fx_net_server_conn *conn)
{
    struct fx_net_server_tls *tls = conn->tls;
    const uv_buf_t buf = uv_buf_init(tls->output.data, (unsigned)tls->output.size);
    const int written = uv_try_write((uv_stream_t *)&conn->tcp, &buf, 1);
    conn->server->stats.writes++;
    if (written < 0 && written != UV_EAGAIN) {
        fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_ABNORMAL);
        return false;
    }
    if (written > 0) {
        conn->queue.progress_ms = fx_net_server_now_ms(conn->server);
        fx_buf_consume(&tls->output, (size_t)written);
    }
    if (tls->output.size > 0) {
        write_later(conn);
        return false;
    }
    return true;
}

void fx_net_server_tls_write(struct fx_net_server_conn *conn)
{
    struct fx_net_server_tls *tls = conn->tls;
    bool is_more = true;
    while (is_more) {
        if (tls->is_ready && !fill_records(conn)) {
            if (!conn->is_closing) {
                fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_ABNORMAL);
            }
            return;
        }
        if (conn->queue.count == 0 && conn->is_last && !tls->is_ended) {
            tls->is_ended = true;
            fx_net_tls_session_end(tls->session);
            drain(conn);
        }
        if (tls->output.size == 0 || !send_output(conn)) {
            return;
        }
        is_more = tls->is_ready && conn->queue.count > 0;
    }
    if (tls->output.capacity > 0) {
        fx_buf_deinit(&tls->output); /* an idle connection keeps no buffer */
    }
}
