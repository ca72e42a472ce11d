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
#include "push/push.h"
#include "push/push_auth.h"
#include "push/push_book.h"
#include "push/push_budget.h"
#include "push/push_feed.h"
#include "push/push_gate.h"
#include "push/push_hub.h"
#include "push/push_inbox.h"
#include "push/push_session.h"
#include "push/push_stream_op.h"
#include "push/push_ticket.h"
#include "push/push_topic.h"

enum {
    FX_PUSH_NAMESPACES = FX_PUSH_SESSION_NAMESPACES_MAX, /* "/" and "/ws" */
    FX_PUSH_PRIVATE_QUEUED_MAX = 1024 * 1024,            /* with more it is closed */
    FX_PUSH_USER_SOCKETS_MAX = 10,                       /* of one user in one namespace */
    FX_PUSH_OWN_ROOMS_MAX = 2, /* its id and user_<id>: not counted as subscriptions */
    FX_PUSH_SCRATCH_SIZE_MAX = 1 << 16,
    FX_PUSH_STREAM_ID_SIZE_MAX = 16,
    FX_PUSH_STREAM_KEY_SIZE_MAX = 128, /* of an API key's name */
    FX_PUSH_STREAM_RENEW_KEY_MS = 5000,
    FX_PUSH_STREAM_MESSAGE_SIZE_MAX = 64 * 1024 /* of a message from a client */
};

struct fx_push_client;

/** A client in a namespace: what is in rooms. */
struct fx_push_socket {
    struct fx_push_hub_socket rooms; /* owner: this socket */
    struct fx_push_client *client;
    uint32_t index;              /* of the namespace */
    uint64_t user_id;            /* 0: anonymous */
    uint64_t emitted;            /* the last event of another process that it has heard */
    int64_t expires_at_s;        /* of its token; 0: never */
    struct fx_jwt_claims claims; /* of its token, where user_id != 0 */
};

/** Now, on both clocks: deadlines are measured on the server's, tokens end by the wall's. */
struct fx_push_moment {
    int64_t ms;
    int64_t wall_s;
};

/** One client. */
struct fx_push_client {
    struct fx_push_link link; /* first: see push_link.h */
    struct fx_push *push;
    struct fx_push_auth auth;               /* of the handshake */
    char peer[FX_NET_SERVER_PEER_SIZE_MAX]; /* who made it */
    struct fx_push_socket sockets[FX_PUSH_NAMESPACES];
    struct fx_push_budget budget;
};

/** What one command changed of one user: for each private topic the inside of a JSON array. Orders
 * are for Socket.IO too, the others only for those who have an inbox. */
struct fx_push_batch {
    struct fx_push_batch *next;
    uint64_t user_id;
    int64_t time_us; /* of the command */
    struct fx_buf rows[FX_PUSH_INBOX_TOPICS];
};

/** A public topic that somebody listens to, by Socket.IO or by the plain stream. */
struct fx_push_public {
    struct fx_push_topic topic;
    struct fx_push_public *next;   /* of the same instrument */
    struct fx_net_frame *snapshot; /* for the stream, of its state; NULL: not asked for yet */
    struct fx_push_book book;      /* BOOK: what the stream's members hold */
    uint64_t tape_from;            /* TRADES: how many trades ever there were before the last … */
    uint64_t tape_to;              /* … and at this state */
    int64_t bar_from;              /* KLINE: first and last bar that changed at last: minutes */
    int64_t bar_to;
    uint64_t seq;     /* of that state: the engine's sequence */
    int64_t time_us;  /* of that state: the engine's time */
    int64_t sent_ms;  /* when the stream's members heard something last */
    bool is_streamed; /* there is such a state */
    uint8_t name_size;
    char name[FX_PUSH_TOPIC_NAME_SIZE_MAX]; /* dotted: the room's name in all hubs */
};

/** One connection of the plain stream. */
struct fx_push_stream {
    struct fx_push_hub_socket rooms; /* owner: this stream */
    struct fx_push *push;
    struct fx_net_server_token token;
    struct fx_push_stream *next;
    struct fx_push_stream *previous;
    struct fx_push_budget budget;
    struct fx_push_inbox *inbox; /* NULL: no private topic is subscribed */
    struct fx_push_stream *inbox_next;
    struct fx_push_stream *inbox_previous;
    uint64_t address;            /* of its peer, as the gate counts them; 0: not counted */
    uint64_t user_id;            /* 0: nobody yet */
    int64_t expires_at_s;        /* of its token; 0: never */
    struct fx_jwt_claims claims; /* of its token, where user_id != 0 and key_id == 0 */
    uint64_t key_id;             /* the API key that signed; 0: a token */
    int64_t renew_key_ms;        /* when to ask whether the key is still good */
    int64_t renew_ms;            /* when to arm the dead man's switch again */
    uint32_t countdown_ms;       /* of cancel_on_disconnect, as asked for last; 0: off */
    uint32_t granted_ms;         /* the last one that was not refused */
    uint64_t countdown_ticket;   /* whose answer says what becomes of countdown_ms */
    bool is_trade_allowed;
    uint32_t topics;  /* bits by enum fx_push_inbox_topic */
    uint32_t refused; /* messages beyond its budget */
    bool is_slow;     /* closed and counted as a slow consumer */
    uint8_t key_size;
    char key[FX_PUSH_STREAM_KEY_SIZE_MAX];
    uint8_t id_size;
    char id[FX_PUSH_STREAM_ID_SIZE_MAX]; /* the connId */
};

struct fx_push {
    struct fx_push_options options;
    struct fx_push_session_config config;
    struct fx_push_hub hubs[FX_PUSH_NAMESPACES];
    struct fx_push_feed feed;
    struct fx_push_public *publics[FX_INSTRUMENTS_MAX];
    int64_t book_us[FX_INSTRUMENTS_MAX]; /* when the engine changed it last */
    struct fx_push_hub stream_hub;
    struct fx_push_stream *streams;
    struct fx_push_inboxes inboxes;
    struct fx_push_tickets tickets;
    struct fx_buf text;                 /* of the plain stream's frame being made */
    struct fx_push_gate gate;           /* of Socket.IO */
    int64_t wall_s;                     /* of the latest tick: tokens end by it */
    struct fx_push_batch *batches;      /* of this command */
    struct fx_push_batch *batches_free; /* kept for the next */
    uint32_t batches_free_count;
    struct fx_buf out;
    struct fx_buf scratch;
    struct fx_push_stats stats;
    uint64_t emitted; /* events of other processes so far */
    bool has_trades;  /* since the last flush */
    bool is_stopping;
    bool is_dumping;
    struct fx_json json;
};

/** What tells sessions of clients about this room. */
const struct fx_push_session_door *fx_push_client_door(void);

/** A client came; it ends by on_leave of its namespaces. */
void fx_push_client_open(struct fx_push_link *link, const struct fx_net_server_call *call);

/** Kick namespaces whose token has expired. */
void fx_push_client_tick(struct fx_push_link *link, int64_t now_ms);

/** The gate frees it: see that it is in no room. */
void fx_push_client_free(struct fx_push_link *link);

/** What is needed to judge tokens of this address now; borrows it. */
struct fx_push_auth_judge fx_push_client_judge(struct fx_push *push, fx_str peer);

/** Take one request off the client's budget. @return false where nothing is left (P9). */
bool fx_push_client_spend(struct fx_push_client *client);

/** Queue a private frame; a client that lets too much lie is closed (P3). */
void fx_push_client_send(struct fx_push_client *client, struct fx_net_frame *frame);

/** Queue a public frame, or note that the member missed it (P4). Afterwards the member may be gone
 * (P8). */
void fx_push_client_offer(struct fx_push_hub_member *member, struct fx_net_frame *frame);

/** Ask the processor for what an offer to this member will touch, stage by stage: each reads what
 * the one before asked for. Changes nothing. */
enum { FX_PUSH_CLIENT_STAGES = 3 };
void fx_push_client_prefetch(const struct fx_push_hub_member *member, uint32_t stage);

/** An event `subscribe` or `unsubscribe`: do it and acknowledge. Others are unknown. */
void fx_push_channel_on_event(struct fx_push_socket *socket,
                              const struct fx_push_session_event *event);

/** The topic, made where nobody listened to it so far. @return OK; NO_MEMORY. */
FX_MUST_USE fx_status fx_push_public_open(struct fx_push *push,
                                          const struct fx_push_topic *topic,
                                          struct fx_push_public **public_out);

/** The name of its room in every hub; borrowed. */
fx_str fx_push_public_name(const struct fx_push_public *public);

/** Make a topic the feed's event of Socket.IO: its state, or (TRADES, KLINE) what `is_changed`. */
void fx_push_public_encode(struct fx_push *push,
                           const struct fx_push_public *public,
                           bool is_changed);

/** Append bars of a KLINE topic: the live one, or all that changed. */
void fx_push_public_bars(struct fx_push *push,
                         const struct fx_push_public *public,
                         bool is_changed,
                         struct fx_buf *buf);

/** Send the trades that are not published yet. */
void fx_push_public_trades(struct fx_push *push);

/** Send what else changed, and current states to members that missed some. */
void fx_push_public_tick(struct fx_push *push);

/** Release all topics. */
void fx_push_public_deinit(struct fx_push *push);

/** Bring the members of the plain stream up to date: a difference, a snapshot or a heartbeat. */
void fx_push_stream_topic_publish(struct fx_push *push,
                                  struct fx_push_public *public,
                                  bool is_changed);

/** Send a new member its snapshot, at once where its queue is short. */
void fx_push_stream_topic_welcome(struct fx_push *push,
                                  struct fx_push_public *public,
                                  struct fx_push_hub_member *member);

/** Drop the state that the stream's members held. */
void fx_push_stream_topic_forget(struct fx_push_public *public);

/** What a message of a topic begins with. */
struct fx_push_stream_head {
    fx_str topic;
    bool is_snapshot; /* else a delta */
    uint64_t seq;
    int64_t previous; /* -1: there is none */
    int64_t time_us;  /* the engine's */
};

/** Begin a message in push->text; its data goes behind, then a closing brace. */
void fx_push_stream_topic_begin(struct fx_push *push, const struct fx_push_stream_head *head);

/** Number, keep and send rows of a private topic to all who listen. */
void fx_push_private_publish(struct fx_push *push,
                             struct fx_push_inbox *inbox,
                             enum fx_push_inbox_topic topic,
                             const struct fx_push_batch *batch);

/** Something private could not be told: whoever listens must begin anew. */
void fx_push_private_break(struct fx_push *push, struct fx_push_inbox *inbox);

/** Listen to the inbox of its user, if it does not yet. @return OK; UNAUTHORIZED; CAPACITY;
 * NO_MEMORY; IO. */
FX_MUST_USE fx_status fx_push_private_enter(struct fx_push_stream *stream);

/** Stop; nothing where it does not listen. */
void fx_push_private_leave(struct fx_push_stream *stream);

/** Send everything behind `seq`, or, where that cannot be, the state of these topics. */
void fx_push_private_resume(struct fx_push_stream *stream, uint32_t topics, uint64_t seq);
void fx_push_private_snapshot(struct fx_push_stream *stream, uint32_t topics);

/** Answer an upgrade request of /ws/stream. */
void fx_push_stream_on_request(struct fx_push *push, const struct fx_net_server_call *call);

/** Unlink and free a stream that has no connection any more. */
void fx_push_stream_destroy(struct fx_push_stream *stream);

/** Expired tokens. */
void fx_push_stream_tick(struct fx_push_stream *stream, struct fx_push_moment now);

/** Queue a private frame, or a text for this connection alone; who lets too much lie is closed, P3.
 * @return false where it is closed. */
bool fx_push_stream_send_frame(struct fx_push_stream *stream, struct fx_net_frame *frame);
bool fx_push_stream_send(struct fx_push_stream *stream, fx_str text);

/** The same by the token of a connection that may be gone. */
void fx_push_stream_send_to(struct fx_push *push, struct fx_net_server_token token, fx_str text);

/** Close it: a code of RFC 6455 and a short reason. */
void fx_push_stream_close(struct fx_push_stream *stream, uint16_t code, fx_str reason);

/** The server stops: tell all streams when to come back, and close them. */
void fx_push_stream_stop(struct fx_push *push);

/** An op that REST answers. @return OK: an answer comes, or came already; UNAUTHORIZED;
 * BAD_PARAMETER; BUSY; NOT_IMPLEMENTED. */
FX_MUST_USE fx_status fx_push_stream_order_request(struct fx_push_stream *stream,
                                                   const struct fx_push_stream_op *op,
                                                   const struct fx_json *json);

/** Arm the dead man's switch again where it is time; and, where the connection is lost, for good.
 */
void fx_push_stream_order_tick(struct fx_push_stream *stream, int64_t now_ms);
void fx_push_stream_order_lost(struct fx_push_stream *stream);

/** The answer to a ticket: see fx_push_on_answer(). */
void fx_push_stream_order_answer(struct fx_push *push,
                                 uint64_t number,
                                 int http_status,
                                 fx_str body);

/** A message of a client. */
void fx_push_stream_request(struct fx_push_stream *stream, fx_str text);

/** Write "user_42". */
fx_str fx_push_notify_room(uint64_t user_id, char target[FX_PUSH_HUB_NAME_SIZE_MAX]);

/** A released event. */
void fx_push_notify_on_event(struct fx_push *push, const struct fx_event *event);

/** Send what was gathered: what the command changed of its users. */
void fx_push_notify_send(struct fx_push *push);

/** Release the batches. */
void fx_push_notify_deinit(struct fx_push *push);

#endif
