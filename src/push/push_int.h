/**
 * @file push_int.h
 * What the files of this room share: the object behind the door, its clients and their sockets.
 * Thread: the gateway's.
 */
#ifndef FX_PUSH_PUSH_INT_H
#define FX_PUSH_PUSH_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/table.h"
#include "push/push.h"
#include "push/push_auth.h"
#include "push/push_feed.h"
#include "push/push_hub.h"
#include "push/push_session.h"

enum {
    FX_PUSH_NAMESPACES = FX_PUSH_SESSION_NAMESPACES_MAX, /* "/" and "/ws" */
    FX_PUSH_PAYLOAD_SIZE_MAX = 1000000,                  /* what clients are told */
    FX_PUSH_PUBLIC_QUEUED_MAX = 256 * 1024,   /* a socket with more queued gets no public events */
    FX_PUSH_PRIVATE_QUEUED_MAX = 1024 * 1024, /* with more it is closed */
    FX_PUSH_USER_SOCKETS_MAX = 10,            /* of one user in one namespace */
    FX_PUSH_OWN_ROOMS_MAX = 2, /* its id and user_<id>: not counted as subscriptions */
    FX_PUSH_BUDGET_MAX = 400,  /* requests that a client may make at once … */
    FX_PUSH_BUDGET_MS = 100,   /* … and how long it takes to earn another one */
    FX_PUSH_SCRATCH_SIZE_MAX = 1 << 16
};

struct fx_push_client;

/** A client in a namespace: what is in rooms. */
struct fx_push_socket {
    struct fx_push_hub_socket rooms; /* owner: this socket */
    struct fx_push_client *client;
    uint32_t index;       /* of the namespace */
    uint64_t user_id;     /* 0: anonymous */
    int64_t expires_at_s; /* of its token; 0: never */
};

/** Now, on both clocks: deadlines are measured on the server's, tokens end by the wall's. */
struct fx_push_moment {
    int64_t ms;
    int64_t wall_s;
};

/** One connection. */
struct fx_push_client {
    struct fx_push *push;
    struct fx_net_server_token token;
    struct fx_push_session session;
    struct fx_push_auth auth; /* of the handshake */
    struct fx_push_socket sockets[FX_PUSH_NAMESPACES];
    struct fx_push_client *next;
    struct fx_push_client *previous;
    int64_t budget_ms; /* when it had earned all of `budget`; see fx_push_client_spend() */
    uint32_t budget;
    bool is_slow; /* closed and counted as a slow consumer */
};

/** Orders of one user that one command changed, as the inside of a JSON array. */
struct fx_push_batch {
    struct fx_push_batch *next;
    uint64_t user_id;
    struct fx_buf text;
};

struct fx_push {
    struct fx_push_options options;
    struct fx_push_session_config config;
    struct fx_push_hub hubs[FX_PUSH_NAMESPACES];
    struct fx_push_feed feed;
    struct fx_table_str sids; /* -> struct fx_push_client */
    struct fx_push_client *clients;
    struct fx_push_batch *batches;      /* of this command */
    struct fx_push_batch *batches_free; /* kept for the next */
    struct fx_buf out;
    struct fx_buf scratch;
    struct fx_push_stats stats;
    bool has_trades; /* since the last flush */
    bool is_dumping;
    struct fx_json json;
};

/** What tells sessions of clients about this room. */
const struct fx_push_session_door *fx_push_client_door(void);

/** Take an accepted WebSocket over. @return OK; NO_MEMORY, CAPACITY: nothing was accepted; what
 * fx_net_server_accept_websocket() says. */
FX_MUST_USE fx_status fx_push_client_accept(struct fx_push *push,
                                            const struct fx_net_server_call *call,
                                            enum fx_push_eio eio);

/** Unlink and free a client that has no connection any more. */
void fx_push_client_destroy(struct fx_push_client *client);

/** Heartbeats, deadlines and expired tokens of one client. */
void fx_push_client_tick(struct fx_push_client *client, struct fx_push_moment now);

/** Take one request off the client's budget. @return false where nothing is left (P9). */
bool fx_push_client_spend(struct fx_push_client *client);

/** Queue a private frame; a client that lets too much lie is closed (P3). */
void fx_push_client_send(struct fx_push_client *client, struct fx_net_frame *frame);

/** Queue a public frame, or note that the member missed it (P4). */
void fx_push_client_offer(struct fx_push_hub_member *member, struct fx_net_frame *frame);

/** An event `subscribe` or `unsubscribe`: do it and acknowledge. Others are unknown. */
void fx_push_channel_on_event(struct fx_push_socket *socket,
                              const struct fx_push_session_event *event);

/** Kinds of public rooms. */
enum fx_push_channel_kind {
    FX_PUSH_CHANNEL_BOOK = 1,
    FX_PUSH_CHANNEL_TRADES = 2,
    FX_PUSH_CHANNEL_TICKER = 3
};

/** Write "orderbook_BTCUSDT". @return the name, in `target`. */
fx_str fx_push_channel_name(enum fx_push_channel_kind kind,
                            const struct fx_market_symbol *symbol,
                            char target[FX_PUSH_HUB_NAME_SIZE_MAX]);

/** Make the current state of a book or ticker the feed's event. */
void fx_push_channel_encode(struct fx_push *push,
                            enum fx_push_channel_kind kind,
                            const struct fx_market_symbol *symbol);

/** Write "user_42". */
fx_str fx_push_notify_room(uint64_t user_id, char target[FX_PUSH_HUB_NAME_SIZE_MAX]);

/** A released event. */
void fx_push_notify_on_event(struct fx_push *push, const struct fx_event *event);

/** Send what was gathered: orders of the command. */
void fx_push_notify_orders(struct fx_push *push);

/** Send the trades that are not published yet. */
void fx_push_notify_trades(struct fx_push *push);

/** Send changed books and tickers, and current ones to members that missed some. */
void fx_push_notify_tick(struct fx_push *push);

/** Release the batches. */
void fx_push_notify_deinit(struct fx_push *push);

#endif
