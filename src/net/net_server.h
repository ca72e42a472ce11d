/**
 * @file net_server.h
 * An HTTP/1.1 and WebSocket server on one libuv loop: connections, deadlines, queues, no policy.
 *
 * Thread: everything belongs to the thread that runs the loop, except fx_net_server_async() and
 * fx_net_server_stop(). Callbacks run in that thread and may call any function but
 * fx_net_server_run(), _step() and _destroy(). Nothing calls back into a handler from inside of a
 * call of that handler: on_close and on_writable come in a later part of the loop turn.
 * What is written in one loop turn goes out in one system call per connection.
 */
#ifndef FX_NET_NET_SERVER_H
#define FX_NET_NET_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"
#include "net/net_frame.h"
#include "net/net_http.h"
#include "net/net_http_write.h"
#include "net/net_server_config.h"
#include "net/net_websocket.h"

enum {
    FX_NET_SERVER_LISTENERS_MAX = 8,
    FX_NET_SERVER_TIMERS_MAX = 16,
    FX_NET_SERVER_PEER_SIZE_MAX = 48,
    FX_NET_SERVER_PIPELINE_MAX = 16, /* requests of one connection that are handled in a row */
    FX_NET_SERVER_INPUT_SIZE_MAX = 64 * 1024 /* unread bytes kept per connection (pipelining) */
};

struct fx_net_server;

/**
 * Names one request of one connection, or, after fx_net_server_accept_websocket(), that WebSocket.
 * A token whose connection is gone, or whose request was answered, is harmless. Zero names nothing.
 */
struct fx_net_server_token {
    uint32_t slot;
    uint32_t generation;
};

/** What on_request is given. Borrowed for the call. */
struct fx_net_server_call {
    struct fx_net_server_token token;
    const struct fx_net_http_request *request;
    fx_str peer;           /* "127.0.0.1", "2001:db8::1": the address without port */
    uint16_t listener_tag; /* of the listener that took the connection */
    uint64_t connection;   /* its number, from 1: another connection never gets it again */
};

/** What on_answer is given. Borrowed for the call. */
struct fx_net_server_answer {
    const struct fx_net_http_request *request; /* NULL: the bytes were no request */
    fx_str peer;
    fx_str headers; /* further header lines of the answer */
    uint32_t label; /* of fx_net_server_label(); 0: none */
    uint64_t note;  /* of fx_net_server_note(); 0: none */
    int status;     /* 101: became a WebSocket */
    uint64_t body_size;
    int64_t duration_us; /* since the request was complete */
    uint16_t listener_tag;
};

/** The owner of the HTTP requests. `self` is the pointer of fx_net_server_create(). */
struct fx_net_server_handler {
    /** A request is complete: answer it now or later with its token. */
    void (*on_request)(void *self, const struct fx_net_server_call *call);
    /** The head of a request with a body is here: on_request, or on_hangup, follows with this
     * token.
     * @return how many bytes of body may come, 0: body_size_max. May be NULL. */
    uint32_t (*on_head)(void *self, const struct fx_net_server_call *call);
    /**
     * The client closed its side, or is gone, while this request waits for its answer. At most
     * once per request, also after fx_net_server_cut(). An answer still reaches a client that only
     * closed its side. May be NULL.
     */
    void (*on_hangup)(void *self, struct fx_net_server_token token);
    /**
     * The bytes are no request that this server takes (`status` says why): append the answer's JSON
     * body and further header lines, each with its CR LF. NULL: only code and message are said.
     */
    void (*on_refusal)(void *self, fx_status status, struct fx_buf *headers, struct fx_buf *body);
    /** All that was ready in this turn of the loop was called for: what its calls have gathered may
     * be handed on. Before their answers are sent, and before the loop sleeps. May be NULL. */
    void (*on_turn)(void *self);
    /** An answer was queued: for counting and logging; nothing may be called. May be NULL. */
    void (*on_answer)(void *self, const struct fx_net_server_answer *answer);
};

/** The owner of one WebSocket. Kept until its on_close. */
struct fx_net_server_websocket {
    /** A whole message: TEXT (valid UTF-8) or BINARY; `payload` is borrowed for the call. */
    void (*on_message)(void *self,
                       struct fx_net_server_token token,
                       enum fx_net_websocket_opcode opcode,
                       fx_str payload);
    /** The last call for this token, which is no longer valid: 1005 no code, 1006 lost. */
    void (*on_close)(void *self, struct fx_net_server_token token, uint16_t code, fx_str reason);
    /** What fx_net_server_want_writable() waited for has come true. May be NULL. */
    void (*on_writable)(void *self, struct fx_net_server_token token);
    void *self;
    bool is_counting; /* the owner limits messages itself: only control frames are counted here */
};

typedef void (*fx_net_server_fn)(void *self);
typedef void (*fx_net_server_signal_fn)(void *self, int signal_number);

/** Make a server with its own loop. @return OK and *server_out (gives); NO_MEMORY, IO. */
FX_MUST_USE fx_status fx_net_server_create(const struct fx_net_server_config *config,
                                           const struct fx_net_server_handler *handler,
                                           void *self,
                                           struct fx_net_server **server_out);

/** Close everything at once and free. Accepts NULL. Not from a callback. */
void fx_net_server_destroy(struct fx_net_server *server);

/**
 * Listen on "127.0.0.1", "0.0.0.0", "::1" …; port 0 lets the system choose. `tag` comes back in
 * each call. @return OK and *port_out (may be NULL); BAD_PARAMETER (no such address), IO (port in
 * use).
 */
FX_MUST_USE fx_status fx_net_server_listen(struct fx_net_server *server,
                                           const char *address,
                                           uint16_t port,
                                           uint16_t tag,
                                           uint16_t *port_out);

/** Run until a stop is finished. */
void fx_net_server_run(struct fx_net_server *server);

/** One turn of the loop; waits for events if `is_waiting`. @return false where a stop is finished.
 */
bool fx_net_server_step(struct fx_net_server *server, bool is_waiting);

/**
 * Begin a graceful stop: no new connections; open requests may be answered, WebSockets get 1001;
 * what is left after stop_timeout_ms is cut. A second call cuts at once. Thread: any; signal-safe.
 */
void fx_net_server_stop(struct fx_net_server *server);

/** Have `wake` called in the loop after fx_net_server_async(). Call once, before run. */
void fx_net_server_on_async(struct fx_net_server *server, fx_net_server_fn wake, void *self);

/** Wake the loop; several calls may become one. Thread: any; signal-safe. */
void fx_net_server_async(struct fx_net_server *server);

/** Call `tick` each `interval_ms` (>= 1) until the server stops. @return OK; CAPACITY. */
FX_MUST_USE fx_status fx_net_server_timer(struct fx_net_server *server,
                                          uint32_t interval_ms,
                                          fx_net_server_fn tick,
                                          void *self);

/**
 * Call `caught` in the loop for SIGINT, SIGTERM, SIGHUP and SIGUSR1. After the first SIGINT or
 * SIGTERM both have their default effect again: a second one ends the process. @return OK; IO.
 */
FX_MUST_USE fx_status fx_net_server_watch_signals(struct fx_net_server *server,
                                                  fx_net_server_signal_fn caught,
                                                  void *self);

/** Enforce the deadlines now; a coarse timer does it four times per second. For tests. */
void fx_net_server_expire(struct fx_net_server *server);

/** Answer a request. A gone or answered token is ignored. The response is borrowed for the call. */
void fx_net_server_respond(struct fx_net_server *server,
                           struct fx_net_server_token token,
                           const struct fx_net_http_response *response);

/** Remember a number for the answer of the token's request: which route it is. */
void fx_net_server_label(struct fx_net_server *server,
                         struct fx_net_server_token token,
                         uint32_t label);

/** The request of a token that waits for its answer; borrowed. NULL: it does not. */
const struct fx_net_http_request *fx_net_server_request(const struct fx_net_server *server,
                                                        struct fx_net_server_token token);

/** Remember another number for the answer: who asked. */
void fx_net_server_note(struct fx_net_server *server,
                        struct fx_net_server_token token,
                        uint64_t note);

/** True while the token's request waits for its answer, or its WebSocket is open. */
bool fx_net_server_is_open(const struct fx_net_server *server, struct fx_net_server_token token);

/** Cut the connection (without an answer). on_close of a WebSocket follows with 1006. */
void fx_net_server_cut(struct fx_net_server *server, struct fx_net_server_token token);

/**
 * Answer an upgrade request with 101; from now on the token names the WebSocket. `websocket` is
 * copied; `protocol` is empty or one that the client offered.
 * @return OK; UPGRADE_REQUIRED, BAD_REQUEST (answer it as usual); NOT_FOUND (the token is gone).
 */
FX_MUST_USE fx_status
fx_net_server_accept_websocket(struct fx_net_server *server,
                               struct fx_net_server_token token,
                               const struct fx_net_server_websocket *websocket,
                               fx_str protocol);

/**
 * Queue a frame for a WebSocket; the queue holds the frame until it is sent.
 * @return true; false where the token is gone or closing, or where the queue would pass
 * output_size_max: then the connection is closed and on_close(1013) follows. Who wants to drop or
 * conflate instead asks fx_net_server_queued_bytes() first.
 */
bool fx_net_server_send_frame(struct fx_net_server *server,
                              struct fx_net_server_token token,
                              struct fx_net_frame *frame);

/** Ask the processor for what fx_net_server_send_frame() to this token will touch: who sends to
 * many asks some receivers ahead. Changes nothing; any token will do. */
void fx_net_server_prefetch(const struct fx_net_server *server, struct fx_net_server_token token);

/** Encode and queue one message: send_frame for a single receiver. */
bool fx_net_server_send(struct fx_net_server *server,
                        struct fx_net_server_token token,
                        enum fx_net_websocket_opcode opcode,
                        fx_str payload);

/** Send a close frame and wait 5 s at most for the peer's; on_close follows. */
void fx_net_server_close_websocket(struct fx_net_server *server,
                                   struct fx_net_server_token token,
                                   uint16_t code,
                                   fx_str reason);

/** Bytes queued and not yet taken by the kernel; 0 for a gone token. */
uint32_t fx_net_server_queued_bytes(const struct fx_net_server *server,
                                    struct fx_net_server_token token);

/** Call on_writable once, as soon as at most `bytes_max` are queued. */
void fx_net_server_want_writable(struct fx_net_server *server,
                                 struct fx_net_server_token token,
                                 uint32_t bytes_max);

/** The peer's address of an open token; empty otherwise. Borrowed while it is open. */
fx_str fx_net_server_peer(const struct fx_net_server *server, struct fx_net_server_token token);

/** What the server's clock (config now_ms) says. */
int64_t fx_net_server_now_ms(const struct fx_net_server *server);

void fx_net_server_stats(const struct fx_net_server *server, struct fx_net_server_stats *stats_out);

#endif
