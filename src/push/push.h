/**
 * @file push.h
 * Socket.IO for unmodified clients 2.x, 3.x and 4.x, and the plain JSON stream at /ws/stream.
 *
 * Private events (account, position, orders) go to the room user_<id> of the authenticated user,
 * who is the only one ever to be in it (P1). Public ones (orderbook, trades, ticker) go to rooms
 * that a client subscribes to. A frame is encoded once per protocol generation and shared. A slow
 * reader is conflated (public) or closed (private queue full); it never delays others. Thread: the
 * gateway's.
 */
#ifndef FX_PUSH_PUSH_H
#define FX_PUSH_PUSH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/jwt.h"
#include "base/status.h"
#include "market/market.h"
#include "model/event.h"
#include "net/net_server.h"
#include "push/push_rooms.h"
#include "view/view.h"

typedef int64_t (*fx_push_clock_fn)(void *self);

/** Who owns an API key, and what it may. */
struct fx_push_key_owner {
    uint64_t user_id;
    uint64_t key_id;
    bool is_read_allowed;
    bool is_trade_allowed;
};

/** What a stream's `auth` shows of an API key. */
struct fx_push_key_proof {
    fx_str key;
    fx_str expires;   /* digits: ms since 1970 */
    fx_str signature; /* hex */
    fx_str peer;
};

/** Who judges API keys; without it they are refused. */
struct fx_push_keys {
    /** @return OK and *owner_out; BAD_SIGNATURE, TIMESTAMP_OUT_OF_WINDOW, FORBIDDEN … */
    fx_status (*check)(void *self,
                       const struct fx_push_key_proof *proof,
                       struct fx_push_key_owner *owner_out);
    /** Is a key that was good still good? `expires` and `signature` are empty. */
    fx_status (*renew)(void *self,
                       const struct fx_push_key_proof *proof,
                       struct fx_push_key_owner *owner_out);
    void *self;
};

/** A request of a stream that the REST interface answers. All is borrowed for the call. */
struct fx_push_call {
    enum fx_net_http_method method;
    fx_str path;
    fx_str query;
    fx_str body; /* JSON; empty: none */
    fx_str peer;
    uint64_t user_id;
    uint64_t key_id; /* 0: a token */
    bool is_trade_allowed;
    uint64_t ticket; /* for fx_push_on_answer(), which may be called from inside */
};

/** Who answers them; without it they are refused. */
struct fx_push_backend {
    void (*call)(void *self, const struct fx_push_call *call);
    void *self;
};

/** Who counts the wrong tokens of an address, together with those of REST. NULL: nobody. */
struct fx_push_strangers {
    /** May it show one more that was not verified before? Else its client is told 429. */
    bool (*may_try)(void *self, fx_str peer);
    /** It was wrong, expired or called back. */
    void (*on_wrong)(void *self, fx_str peer);
    void *self;
};

/** Zero fields take the default in brackets. */
struct fx_push_options {
    struct fx_net_server *server;
    const struct fx_view *view;
    struct fx_market *market; /* reads figures, clears the "changed" marks it has published */
    struct fx_jwt *jwt;
    struct fx_jwt_cache *jwt_cache;
    fx_push_clock_fn wall_us;
    void *clock_self;
    struct fx_push_keys keys;
    struct fx_push_backend backend;
    /** May a client with this token do anything? Asked at each handshake and CONNECT, and by
     * fx_push_kick_user(). NULL: whoever has a genuine token may. */
    bool (*admits)(void *self, const struct fx_jwt_claims *claims);
    void *admits_self;
    struct fx_push_strangers strangers;
    bool is_auth_required; /* refuse clients without a token; [false] they get public rooms only */
    uint32_t ping_interval_ms;         /* [25,000] */
    uint32_t ping_timeout_ms;          /* [20,000] */
    uint32_t connect_timeout_ms;       /* [45,000] */
    uint32_t sessions_max;             /* [20,000] */
    bool is_loopback_uncapped;         /* a proxy on this machine speaks for all its clients */
    uint32_t sessions_per_address_max; /* [0: no cap] */
    const char *origins;      /* [*] of browsers: "https://a.example …" or "*"; see push_gate.h */
    uint32_t rooms_max;       /* [200] per socket */
    uint32_t book_levels;     /* [50] per side in an orderbook event */
    uint32_t inbox_keep_ms;   /* [600,000] how long private messages wait for who was cut off */
    uint32_t inboxes_max;     /* [100,000] users that have them */
    uint32_t inbox_bytes_max; /* [256 MiB] of all of them together */
    uint32_t public_queued_max; /* [256 KiB] a socket with more queued gets no public events */
};

struct fx_push;

/** Make it. Everything in `options` is kept. @return OK; NO_MEMORY. Gives. */
FX_MUST_USE fx_status fx_push_create(const struct fx_push_options *options,
                                     struct fx_push **push_out);

/** Free it; the server no longer runs. Accepts NULL. */
void fx_push_destroy(struct fx_push *push);

/** True where the path is the Socket.IO endpoint (/socket.io/ …) or the plain stream's. */
bool fx_push_owns(const struct fx_push *push, const struct fx_net_http_request *request);

/** Answer a request of an endpoint, now or later: sessions open, poll, post and upgrade. */
void fx_push_on_request(struct fx_push *push, const struct fx_net_server_call *call);

/** The server's on_head, for requests of the endpoints. */
uint32_t fx_push_on_head(struct fx_push *push, const struct fx_net_server_call *call);

/** The server's on_hangup, for all tokens: those of other rooms are ignored. */
void fx_push_on_hangup(struct fx_push *push, struct fx_net_server_token token);

/** The server stops: end the sessions, so that no waiting poll holds it up; clients reconnect. */
void fx_push_stop(struct fx_push *push);

/** Every released event, after view and market have folded it. Events of a dump are not pushed. */
void fx_push_on_event(struct fx_push *push, const struct fx_event *event);

/** An event that another process emitted, `["name",argument]` in JSON: to this one's sockets in the
 * message's rooms, or to all of its namespace, once to each, but for those that are left out. */
void fx_push_emit(struct fx_push *push, const struct fx_push_rooms_message *message, fx_str event);

/** A user was locked, or tokens were called back: end what `admits` admits no more. Not from inside
 * of a call of push. */
void fx_push_kick_user(struct fx_push *push, uint64_t user_id);

/** At the end of a loop turn that had events: send trades and private events gathered in it. */
void fx_push_flush(struct fx_push *push);

/** About each 100 ms: heartbeats, time-outs, changed books and tickers (conflated). */
void fx_push_tick(struct fx_push *push);

/** The answer to a call of a stream; `body` is JSON, borrowed. A ticket that is not open is
 * ignored. */
void fx_push_on_answer(struct fx_push *push, uint64_t ticket, int http_status, fx_str body);

struct fx_push_stats {
    uint32_t sessions;
    uint32_t streams;     /* connections of the plain stream */
    uint32_t inboxes;     /* users whose private messages are kept for their streams … */
    uint64_t inbox_bytes; /* … and how much that is */
    uint64_t resumed;     /* streams that got the rest */
    uint64_t begun;       /* streams that began with the state */
    uint64_t polls;       /* answered */
    uint64_t posts;       /* taken */
    uint64_t upgrades;    /* of polling sessions to a WebSocket */
    uint64_t frames;      /* queued to sockets */
    uint64_t encoded;     /* events encoded; frames / encoded = fan-out */
    uint64_t conflated;
    uint64_t slow_consumer_closed;
    uint64_t talkers; /* closed because they sent too many packets by POST */
};

void fx_push_stats(const struct fx_push *push, struct fx_push_stats *stats_out);

#endif
