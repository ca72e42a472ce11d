/**
 * @file push_session.h
 * The state machine of one Engine.IO session with its Socket.IO namespaces: packets in, packets
 * out, no I/O, no clock.
 *
 *     OPENING --fx_push_session_open--> OPEN --close()--> CLOSING   (then only destroyed)
 *
 * The session speaks in packets; how a packet travels (a WebSocket frame or an entry of a polling
 * answer) is the carrier's business, so a change of the carrier does not touch it. The owner
 * decides through the door who may join and what an event means. The owner must not feed a session
 * from inside of one of its calls. Thread: the gateway's. Source: PROTOCOLS A.1-A.4.
 */
#ifndef FX_PUSH_PUSH_SESSION_H
#define FX_PUSH_PUSH_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/str.h"
#include "push/push_packet.h"

enum {
    FX_PUSH_SESSION_NAMESPACES_MAX = 2, /* [0] is always "/" */
    FX_PUSH_SESSION_SID_SIZE = 20,
    FX_PUSH_SESSION_ID_SIZE_MAX = 32,           /* "/ws#" and a sid */
    FX_PUSH_SESSION_PENDING_SIZE_MAX = 1 << 18, /* a packet with its attachments */
    FX_PUSH_SESSION_LINGER_MS = 1000 /* from the last 41 or 44 to the close: clients read first */
};

enum fx_push_session_state {
    FX_PUSH_SESSION_STATE_OPENING = 1,
    FX_PUSH_SESSION_STATE_OPEN = 2,
    FX_PUSH_SESSION_STATE_CLOSING = 3
};

/** Why a namespace is refused. code == 0: only the message is sent. */
struct fx_push_session_refusal {
    fx_str message;
    uint32_t code;
};

/** A CONNECT to be judged. All is borrowed for the call. */
struct fx_push_session_connect {
    uint32_t index;             /* of the namespace */
    fx_str id;                  /* the socket id that it will have */
    fx_str query;               /* of the namespace (clients 2.x) */
    const struct fx_json *json; /* the payload (clients 3.x and 4.x); NULL: none */
    fx_str data;                /* the same as text */
    bool is_implied;            /* the root namespace of revision 3, which joins unasked */
};

/** An event or an acknowledgement. All is borrowed for the call. */
struct fx_push_session_event {
    uint32_t index;
    const struct fx_json *json; /* array: name, arguments …; for an ack only arguments */
    fx_str data;                /* the same as text */
    const fx_str *attachments;
    uint32_t attachment_count;
    bool has_ack; /* of an event: the client wants an answer; always true for an ack */
    uint64_t ack;
};

/** What the session asks of its owner. */
struct fx_push_session_door {
    /** Send one packet. `is_binary`: an attachment, for revision 3 already with its 04. */
    void (*send)(void *self, bool is_binary, fx_str packet);
    /** Close the carrier; `code` is a WebSocket close code. At most once. */
    void (*close)(void *self, uint16_t code, fx_str reason);
    /** Make an unguessable id of 20 characters. */
    void (*make_id)(void *self, char id_out[FX_PUSH_SESSION_SID_SIZE]);
    /** May it join? @return false and *refusal_out. Called before the answer is sent. */
    bool (*on_connect)(void *self,
                       const struct fx_push_session_connect *connect,
                       struct fx_push_session_refusal *refusal_out);
    void (*on_event)(void *self, const struct fx_push_session_event *event);
    void (*on_ack)(void *self, const struct fx_push_session_event *ack);
    /** It left, was kicked or the session ends: leave its rooms. Once per successful on_connect. */
    void (*on_leave)(void *self, uint32_t index);
    /**
     * A message of Engine.IO alone, without Socket.IO; in revision 3 binary ones begin with 04.
     * NULL: messages are Socket.IO packets, which is what everybody but a test of the lower
     * protocol wants.
     */
    void (*on_message)(void *self, bool is_binary, fx_str message);
};

/** What all sessions share. `json` and `out` are scratch. */
struct fx_push_session_config {
    const struct fx_push_session_door *door;
    struct fx_json *json;
    struct fx_buf *out;
    fx_str namespaces[FX_PUSH_SESSION_NAMESPACES_MAX];
    uint32_t namespace_count;
    uint32_t ping_interval_ms;
    uint32_t ping_timeout_ms;
    uint32_t connect_timeout_ms;
    uint32_t payload_size_max; /* told to clients of revision 4 */
};

struct fx_push_session_namespace {
    bool is_joined;
    bool is_ended; /* we refused or kicked: what is still on its way is not an offence */
    uint8_t id_size;
    char id[FX_PUSH_SESSION_ID_SIZE_MAX];
    uint64_t ack_count; /* ids of ours handed out */
};

struct fx_push_session {
    const struct fx_push_session_config *config;
    void *self; /* of the door */
    enum fx_push_session_state state;
    enum fx_push_eio eio;
    int64_t open_ms;
    int64_t heard_ms;
    int64_t ping_ms;      /* revision 4: when the unanswered ping left; 0: none is open */
    int64_t next_ping_ms; /* revision 4 */
    int64_t close_ms;     /* when to close after the last namespace ended; 0: not */
    bool was_connected;
    char sid[FX_PUSH_SESSION_SID_SIZE];
    struct fx_push_session_namespace namespaces[FX_PUSH_SESSION_NAMESPACES_MAX];
    struct fx_buf pending; /* packet text, then its attachments, until all are here */
    uint32_t pending_ends[FX_PUSH_PACKET_ATTACHMENTS_MAX + 1];
    uint32_t pending_count; /* pieces in `pending`: 0 = nothing is pending */
    uint32_t pending_need;
};

/** Make a session in state OPENING. Keeps config and self. */
void fx_push_session_init(struct fx_push_session *session,
                          const struct fx_push_session_config *config,
                          enum fx_push_eio eio,
                          void *self);

/** Release the memory; nothing is sent and no door is called. */
void fx_push_session_deinit(struct fx_push_session *session);

/**
 * The carrier is up: send the open packet and, in revision 3, join the root namespace.
 * `has_upgrade`: the carrier is one that a WebSocket may replace.
 */
void fx_push_session_open(struct fx_push_session *session, bool has_upgrade, int64_t now_ms);

/** A text or binary packet arrived. */
void fx_push_session_receive(struct fx_push_session *session,
                             bool is_binary,
                             fx_str packet,
                             int64_t now_ms);

/** Send what is due and enforce the deadlines. O(1). */
void fx_push_session_tick(struct fx_push_session *session, int64_t now_ms);

/** The carrier is gone: leave all namespaces. */
void fx_push_session_lost(struct fx_push_session *session);

/** End the session: leave all namespaces and close the carrier. A client then reconnects. */
void fx_push_session_close(struct fx_push_session *session, uint16_t code, fx_str reason);

/** Disconnect a joined namespace with 41; a client does not come back by itself. */
void fx_push_session_kick(struct fx_push_session *session, uint32_t index, int64_t now_ms);

/** Answer an event that has_ack; `data` is a JSON array. */
void fx_push_session_ack(struct fx_push_session *session,
                         const struct fx_push_session_event *event,
                         fx_str data);

/** Send a message of Engine.IO alone; see on_message. */
void fx_push_session_send_message(struct fx_push_session *session, bool is_binary, fx_str message);

/**
 * Send any packet of a joined namespace with its attachments (packet->attachments of them). An
 * event with an ack takes its id from fx_push_session_next_ack().
 */
void fx_push_session_send(struct fx_push_session *session,
                          const struct fx_push_packet *packet,
                          const fx_str attachments[]);

/** A new ack id of this namespace: 0, 1, 2 … */
uint64_t fx_push_session_next_ack(struct fx_push_session *session, uint32_t index);

/** The socket id of a namespace; borrowed. */
fx_str fx_push_session_id(const struct fx_push_session *session, uint32_t index);

/** True where the namespace is joined. */
bool fx_push_session_has(const struct fx_push_session *session, uint32_t index);

#endif
