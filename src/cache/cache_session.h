/**
 * @file cache_session.h
 * A conversation with a Redis server: commands out in one pipeline, replies back in order.
 *
 * Nothing blocks. What was not answered when a connection breaks is sent again on the next one, so
 * only commands that may be repeated belong here. Commands are argument vectors; nothing is ever
 * formatted into one. Between two tries there is a pause that doubles from 50 ms to 5 s, and begins
 * anew behind a connection that lasted. A server that owes an answer for longer than the timeout is
 * left. Times are of any clock that never falls. Thread: the owner's.
 */
#ifndef FX_CACHE_CACHE_SESSION_H
#define FX_CACHE_CACHE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

enum {
    FX_CACHE_SESSION_ARGUMENTS_MAX = 16,
    FX_CACHE_SESSION_ERROR_SIZE_MAX = 200,
    FX_CACHE_SESSION_COMMANDS_MAX = 65536, /* unanswered */
    FX_CACHE_SESSION_QUEUE_SIZE_MAX = 16 << 20
};

/** Where the server is. Texts are borrowed for as long as the session lives. */
struct fx_cache_server {
    const char *host;
    uint16_t port;
    const char *user;     /* NULL or "": the default one */
    const char *password; /* NULL or "": none; never logged */
    uint32_t database;
    bool is_tls;
    const char *ca_file;
    uint32_t timeout_ms; /* for each answer; 0 = 5,000 */
};

enum fx_cache_session_kind {
    FX_CACHE_REPLY_NIL = 1,
    FX_CACHE_REPLY_TEXT = 2, /* a string or a status */
    FX_CACHE_REPLY_NUMBER = 3,
    FX_CACHE_REPLY_LIST = 4,
    FX_CACHE_REPLY_ERROR = 5
};

/** A reply, borrowed for the call. */
struct fx_cache_session_reply {
    enum fx_cache_session_kind kind;
    fx_str text;      /* TEXT, ERROR */
    int64_t number;   /* NUMBER */
    uint32_t count;   /* LIST */
    const void *body; /* see fx_cache_session_item() */
};

struct fx_cache_session;

/** What a reply was taken for: done; the command is to be sent once more, behind the others; the
 * server is of no use now, it is left, and the command is sent first on the next connection. */
enum fx_cache_session_verdict {
    FX_CACHE_SESSION_DONE = 1,
    FX_CACHE_SESSION_AGAIN = 2,
    FX_CACHE_SESSION_LEAVE = 3
};

/** A reply to the command with this tag; tag 0: a message that nobody asked for. */
typedef enum fx_cache_session_verdict (*fx_cache_session_reply_fn)(
    void *context, uint32_t tag, const struct fx_cache_session_reply *reply);

/** A connection is up: add what must come first by fx_cache_session_hello(). */
typedef void (*fx_cache_session_hello_fn)(void *context, struct fx_cache_session *session);

struct fx_cache_session_options {
    struct fx_cache_server server;
    const char *name;                   /* how the server lists the connection */
    fx_cache_session_hello_fn on_hello; /* may be NULL */
    fx_cache_session_reply_fn on_reply;
    void *context;
};

/** Make one; it connects in its first step. @return OK (gives) or NO_MEMORY. */
FX_MUST_USE fx_status fx_cache_session_create(const struct fx_cache_session_options *options,
                                              struct fx_cache_session **session_out);

/** Close it; what was not answered is lost. Accepts NULL. */
void fx_cache_session_destroy(struct fx_cache_session *session);

/** Queue a command (1..FX_CACHE_SESSION_ARGUMENTS_MAX arguments, copied; tag > 0).
 * @return OK; BUSY where the queue is full; NO_MEMORY. */
FX_MUST_USE fx_status fx_cache_session_append(struct fx_cache_session *session,
                                              uint32_t tag,
                                              const fx_str arguments[],
                                              uint32_t count);

/** From on_hello only: a command that comes before all queued ones and must not fail. */
void fx_cache_session_hello(struct fx_cache_session *session,
                            const fx_str arguments[],
                            uint32_t count);

/** Connect, send, receive: what can be done now. @return OK where the connection is up; BUSY while
 * it is being made; IO, BAD_CREDENTIALS: it is tried again later. */
fx_status fx_cache_session_step(struct fx_cache_session *session, int64_t now_us);

/** Sleep until a step may do something, `timeout_ms` at most. */
void fx_cache_session_wait(const struct fx_cache_session *session, int timeout_ms);

/** True where everything queued was answered. */
bool fx_cache_session_is_idle(const struct fx_cache_session *session);

/** How many connections came up so far. */
uint64_t fx_cache_session_connections(const struct fx_cache_session *session);

/** Commands that were not answered. */
uint64_t fx_cache_session_queued(const struct fx_cache_session *session);

/** Bytes that wait for an answer. */
size_t fx_cache_session_waiting(const struct fx_cache_session *session);

/** Why the connection is not up; without secrets. Never NULL. */
const char *fx_cache_session_error(const struct fx_cache_session *session);

/** Element `index` (below reply->count) of a list. */
struct fx_cache_session_reply fx_cache_session_item(const struct fx_cache_session_reply *reply,
                                                    uint32_t index);

#endif
