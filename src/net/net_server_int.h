/**
 * @file net_server_int.h
 * The workshop of the server: one connection, its output queue, its WebSocket side.
 *
 * Bytes enter at fx_net_server_conn_take() and leave in fx_net_server_out_flush_all(): the TLS
 * filter (net_server_tls.c) stands between these two and the socket.
 */
#ifndef FX_NET_NET_SERVER_INT_H
#define FX_NET_NET_SERVER_INT_H

#include <stdalign.h>

#include <uv.h>

#include "base/buf.h"
#include "net/net_server.h"
#include "net/net_tls.h"

enum {
    FX_NET_SERVER_SLOT_NONE = INT32_MAX,
    FX_NET_SERVER_REASON_SIZE_MAX = FX_NET_WEBSOCKET_CONTROL_SIZE_MAX - 2,
    FX_NET_SERVER_LINGER_MS = 2000,  /* to let the peer read our last words */
    FX_NET_SERVER_CLOSING_MS = 5000, /* for the peer's close frame */
    FX_NET_SERVER_HURRY_MS = 500,    /* both of them while the server stops */
    FX_NET_SERVER_SIGNALS_COUNT = 4,
    FX_NET_SERVER_BACKLOG_SIZE = 256 * 1024, /* queued answers that pause the parsing of requests */
    FX_NET_SERVER_QUEUE_MAX = 65536,         /* frames in a queue */
    FX_NET_SERVER_LINE_SIZE = 64             /* of a cache */
};

enum fx_net_server_mode {
    FX_NET_SERVER_MODE_HTTP = 1,
    FX_NET_SERVER_MODE_WEBSOCKET = 2,
    FX_NET_SERVER_MODE_LINGER = 3 /* everything is said: read and drop until the peer closes */
};

/** The WebSocket side of a connection. */
struct fx_net_server_socket {
    uint32_t want_bytes;
    bool is_wanting;
    bool is_close_sent;
    bool is_told; /* on_close was called */
    struct fx_net_server_websocket owner;
    int64_t ping_ms;      /* when the last ping was sent */
    int64_t allowance_us; /* when all frames that the peer sent are paid for */
    struct fx_net_websocket parser;
};

/** Frames that wait for the kernel, as a ring. */
struct fx_net_server_queue {
    struct fx_net_frame **frames;
    uint32_t capacity; /* a power of two, or 0 */
    uint32_t head;
    uint32_t count;
    uint32_t front_sent; /* bytes of the first frame that are gone already */
    uint32_t in_flight;  /* frames that an unfinished uv_write() refers to */
    uint32_t size;       /* bytes that wait */
    int64_t progress_ms; /* when bytes went away last, or when the queue began */
};

struct fx_net_batch;
struct fx_net_server_tls; /* of a connection; net_server_tls.c */

/**
 * What each frame that leaves touches comes first, in three cache lines: a fan-out walks over more
 * connections than a cache holds, and asks for these lines ahead (fx_net_server_conn_prefetch()).
 */
struct fx_net_server_conn {
    alignas(FX_NET_SERVER_LINE_SIZE) struct fx_net_server *server;
    struct fx_net_server_conn *dirty_previous;
    struct fx_net_server_conn *dirty_next;
    struct fx_net_http *http;            /* NULL for a WebSocket */
    struct fx_net_server_socket *socket; /* NULL for HTTP */
    struct fx_net_server_tls *tls;       /* NULL: plain */
    uv_os_fd_t fd;                       /* of `tcp` */
    uint32_t slot;
    uint32_t generation;
    enum fx_net_server_mode mode;

    struct fx_net_server_queue queue;
    bool is_awaiting;  /* a request was handed over and is not answered */
    bool is_in_call;   /* on_request is running */
    bool is_announced; /* on_head was called, and on_request not yet */
    bool is_body;      /* since_ms is the begin of the body */
    bool is_hangup_told;
    bool is_reading;
    bool is_eof;
    bool is_last; /* close once the queue is empty */
    bool is_closing;
    bool is_dirty;
    bool is_loopback;
    struct fx_buf input; /* bytes that came too early: behind a pending request */

    int64_t since_ms; /* begin of the idle time, of the head, of the body, of the closing */
    int64_t read_ms;
    uint64_t number;     /* of all that were accepted, from 1 */
    uint64_t note;       /* of the pending request */
    uint64_t request_ns; /* when the request was complete; uv_hrtime() */
    uint32_t bucket;
    uint32_t same_next; /* slot of the next connection in the bucket of its address */
    uint32_t same_previous;
    uint32_t request_count;
    uint32_t label; /* of the pending request */
    uint16_t listener_tag;
    uint16_t close_code;
    uint8_t address[16]; /* IPv6: the first half of it */
    char peer[FX_NET_SERVER_PEER_SIZE_MAX];
    uv_tcp_t tcp;
    uv_write_t write;
    uv_shutdown_t shutdown;
};

struct fx_net_server_ticker {
    uv_timer_t timer;
    fx_net_server_fn tick;
    void *self;
};

struct fx_net_server_listener {
    uv_tcp_t tcp;
    struct fx_net_server *server;
    uint16_t tag;
    bool is_paused; /* a connection waits until there is room */
};

struct fx_net_server {
    uv_loop_t loop;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_idle_t idle; /* runs while there is something to flush at once */
    uv_timer_t coarse;
    uv_async_t wake;
    uv_async_t stop;
    uv_signal_t signals[FX_NET_SERVER_SIGNALS_COUNT];
    struct fx_net_server_config config;
    struct fx_net_server_handler handler;
    void *self;
    fx_net_server_fn on_wake;
    void *wake_self;
    fx_net_server_signal_fn on_signal;
    void *signal_self;
    struct fx_net_server_listener listeners[FX_NET_SERVER_LISTENERS_MAX];
    struct fx_net_server_ticker tickers[FX_NET_SERVER_TIMERS_MAX];
    struct fx_net_server_conn **conns; /* by slot */
    uint32_t *generations;             /* by slot: of its latest token */
    uint32_t *free_slots;
    uint32_t *buckets; /* first slot of the connections whose address hashes here */
    struct fx_net_server_conn *dirty;
    struct fx_net_batch *batch; /* NULL: sends go one by one */
    struct fx_buf encode;       /* scratch of one answer */
    struct fx_net_tls *tls;     /* of the connections through listeners with tls_tag */
    struct fx_buf hsts;         /* a header line, or empty */
    uint16_t tls_tag;
    char *read_buffer;
    struct fx_net_server_stats stats;
    uint32_t free_count;
    uint32_t bucket_count;
    uint32_t listener_count;
    uint32_t ticker_count;
    int64_t stop_ms; /* when the stop began */
    int64_t date_unix_s;
    char date[FX_NET_HTTP_WRITE_DATE_SIZE];
    bool is_paused; /* some listener is */
    bool is_stopping;
    bool is_finished;
};

/** One more listener, which has no socket yet. @return NULL: the loop does not take it. */
struct fx_net_server_listener *fx_net_server_add_listener(struct fx_net_server *server,
                                                          uint16_t tag);

/** Let connections in. @return OK and the port (may be NULL); IO. */
fx_status fx_net_server_open_listener(struct fx_net_server_listener *listener, uint16_t *port_out);

/** Take the connection that waits at the listener, or pause it where there is no room. */
void fx_net_server_conn_accept(struct fx_net_server_listener *listener);

/** The open connection of a token; NULL where it is gone. */
struct fx_net_server_conn *fx_net_server_conn_find(const struct fx_net_server *server,
                                                   struct fx_net_server_token token);

struct fx_net_server_token fx_net_server_conn_token(const struct fx_net_server_conn *conn);

/** Ask the processor for what a frame to this connection will touch. Changes nothing. */
void fx_net_server_conn_prefetch(const struct fx_net_server_conn *conn);

/** Close at once; `code` is what on_close will say. The memory goes when libuv has let go of it. */
void fx_net_server_conn_cut(struct fx_net_server_conn *conn, uint16_t code);

/** Close after the queue is sent, giving the peer time to read it. */
void fx_net_server_conn_end(struct fx_net_server_conn *conn);

/** Take plain bytes that arrived. */
void fx_net_server_conn_take(struct fx_net_server_conn *conn, fx_str bytes);

/** The peer will send nothing more. */
void fx_net_server_conn_end_of_input(struct fx_net_server_conn *conn);

/** Send the rest, then read and drop. Called with an empty queue. */
void fx_net_server_conn_linger(struct fx_net_server_conn *conn);

/** Go on with bytes that had to wait, if they may be read now. */
void fx_net_server_conn_resume(struct fx_net_server_conn *conn);

/** Encode and queue an answer to the pending (or, with `is_error`, the wrong) request. */
void fx_net_server_conn_answer(struct fx_net_server_conn *conn,
                               const struct fx_net_http_response *response,
                               bool is_error);

/** Tell the handler what was answered. */
void fx_net_server_conn_tell_answer(const struct fx_net_server_conn *conn,
                                    const struct fx_net_http_request *request,
                                    const struct fx_net_http_response *response);

/** Forget the answered request and make ready for the next one. */
void fx_net_server_conn_end_request(struct fx_net_server_conn *conn);

/** Close or ping what is over its time. */
void fx_net_server_conn_expire(struct fx_net_server_conn *conn, int64_t now_ms);

/** Begin to leave because the server stops. */
void fx_net_server_conn_stop(struct fx_net_server_conn *conn);

/** Queue a frame (acquires it). @return false where the queue is full or there is no memory. */
bool fx_net_server_out_push(struct fx_net_server_conn *conn, struct fx_net_frame *frame);

/** Queue a new frame of these bytes; cuts the connection where that fails. */
void fx_net_server_out_push_bytes(struct fx_net_server_conn *conn, fx_str bytes);

/** Remember to flush at the end of this loop turn. */
void fx_net_server_out_mark(struct fx_net_server_conn *conn);

/** Undo mark. */
void fx_net_server_out_unmark(struct fx_net_server_conn *conn);

/** Hand the queues of all that are marked to the kernel, and do what waited for that. @return false
 * where some are marked again. */
bool fx_net_server_out_flush_all(struct fx_net_server *server);

/** True where nothing waits for the kernel. */
bool fx_net_server_out_is_empty(const struct fx_net_server_conn *conn);

/** Copy from the front of the queue, at most `size` bytes. @return how many. */
size_t fx_net_server_out_copy(const struct fx_net_server_conn *conn, char *target, size_t size);

/** `size` bytes from the front of the queue are gone. */
void fx_net_server_out_consume(struct fx_net_server_conn *conn, size_t size);

/** Release the queue. */
void fx_net_server_out_drop(struct fx_net_server_conn *conn);

/** Turn an HTTP connection whose upgrade request is pending into a WebSocket. */
FX_MUST_USE fx_status fx_net_server_socket_accept(struct fx_net_server_conn *conn,
                                                  const struct fx_net_server_websocket *owner,
                                                  fx_str protocol);

/** Take bytes of a WebSocket. @return consumed. */
size_t fx_net_server_socket_take(struct fx_net_server_conn *conn, fx_str bytes);

/** Send a close frame, once. 1005 sends one without a code. */
void fx_net_server_socket_close(struct fx_net_server_conn *conn, uint16_t code, fx_str reason);

/** Call on_close, once. */
void fx_net_server_socket_tell(struct fx_net_server_conn *conn, uint16_t code, fx_str reason);

/** Deadlines of a WebSocket. */
void fx_net_server_socket_expire(struct fx_net_server_conn *conn, int64_t now_ms);

/** After a flush: call on_writable if that is due. */
void fx_net_server_socket_flushed(struct fx_net_server_conn *conn);

void fx_net_server_socket_destroy(struct fx_net_server_conn *conn);

/** Make the TLS side where the listener speaks it. @return false without memory. */
bool fx_net_server_tls_begin(struct fx_net_server_conn *conn);

/** Keep cipher bytes that arrived. @return false without memory. */
bool fx_net_server_tls_take(struct fx_net_server_conn *conn, fx_str cipher);

/** Decrypt and take as much as may be taken now. */
void fx_net_server_tls_read(struct fx_net_server_conn *conn);

/** Encrypt the queue and hand it to the kernel; with is_last, say the end behind it. */
void fx_net_server_tls_write(struct fx_net_server_conn *conn);

/** True where nothing encrypted waits for the kernel, and for plain connections. */
bool fx_net_server_tls_is_empty(const struct fx_net_server_conn *conn);

void fx_net_server_tls_destroy(struct fx_net_server_conn *conn);

#endif
