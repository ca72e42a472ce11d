/**
 * @file push_gate.h
 * The HTTP side of Engine.IO: which request opens, feeds, polls or upgrades which session.
 *
 * It knows sessions by their ids and requests by their tokens, and answers as engine.io does, with
 * its codes 0 to 5. What a session means is its owner's: a door for packets and a struct per client
 * whose first member is the link. Two gates on one server have different paths. Thread: the
 * gateway's. Source: PROTOCOLS A.1, A.2.
 */
#ifndef FX_PUSH_PUSH_GATE_H
#define FX_PUSH_PUSH_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/table.h"
#include "net/net_server.h"
#include "push/push_link.h"
#include "push/push_session.h"

enum { FX_PUSH_GATE_PAYLOAD_SIZE_MAX = 1000000 /* maxPayload: of a POST, as clients are told */ };

struct fx_push_gate_options {
    struct fx_net_server *server;
    fx_str path;                                 /* "/socket.io/"; also without its last slash */
    const struct fx_push_session_config *config; /* its door's first three are push_link's */
    size_t client_size;                          /* of the owner's struct; calloc'ed */
    uint32_t sessions_max;
    uint32_t sessions_per_address_max; /* 0: no cap; of an IPv4 address, of an IPv6 /64 */
    bool is_loopback_uncapped;
    bool is_post_limited; /* packets by POST: 400 at once, then 10 per second (P9) */
    uint32_t queue_max;   /* bytes that may wait before send_surely() closes */
    /**
     * Origins that may use it, separated by blanks or commas; "*": all, without credentials, but
     * clients 2.x get the answer that their servers gave (any origin, with them). Empty: the same
     * for those, no header for later ones.
     */
    fx_str origins;
    /** A WebSocket's first packet comes so long after its 101 and not with it: for clients that
     * begin to listen only when they saw the connection open, as the public test suites do. */
    uint32_t open_delay_ms;
    void *self; /* of the owner; for its own use */
    /** A client came: before its first packet. */
    void (*on_open)(struct fx_push_link *link, const struct fx_net_server_call *call);
    /** In each tick, for each client, before its own deadlines. */
    void (*on_tick)(struct fx_push_link *link, int64_t now_ms);
    /** A client is about to be freed; nothing may lead to it any more. May be NULL. */
    void (*on_free)(struct fx_push_link *link);
};

struct fx_push_gate_stats {
    uint32_t sessions;
    uint64_t polls;    /* answered */
    uint64_t posts;    /* taken */
    uint64_t upgrades; /* finished */
    uint64_t frames;   /* queued to clients */
    uint64_t slow_consumer_closed;
    uint64_t talkers; /* closed because they sent too many packets by POST */
};

struct fx_push_gate {
    struct fx_push_gate_options options;
    struct fx_table_seed seed;
    struct fx_table_str sids;  /* -> struct fx_push_link */
    struct fx_table requests;  /* token -> struct fx_push_link: polls and POSTs that go on */
    struct fx_table addresses; /* hashed -> number of sessions */
    struct fx_push_link *links;
    struct fx_push_link *ready;
    struct fx_buf query;   /* decoded parameters */
    struct fx_buf body;    /* of an answer */
    struct fx_buf headers; /* of an answer */
    struct fx_buf scratch; /* decoded base64 */
    struct fx_push_gate_stats stats;
};

/** Make it in the owner's memory; options are kept. @return OK; IO (no randomness). */
FX_MUST_USE fx_status fx_push_gate_init(struct fx_push_gate *gate,
                                        const struct fx_push_gate_options *options);

/** Free all clients; the server no longer runs. Accepts a zeroed gate. */
void fx_push_gate_deinit(struct fx_push_gate *gate);

/** True where the path is this gate's. */
bool fx_push_gate_owns(const struct fx_push_gate *gate, const struct fx_net_http_request *request);

/** Answer a request of the path, now or later. */
void fx_push_gate_on_request(struct fx_push_gate *gate, const struct fx_net_server_call *call);

/** As in fx_net_server_handler, for a request of the path: a POST of a session may be large. */
uint32_t fx_push_gate_on_head(struct fx_push_gate *gate, const struct fx_net_server_call *call);

/** As in fx_net_server_handler; other requests' tokens are ignored. */
void fx_push_gate_on_hangup(struct fx_push_gate *gate, struct fx_net_server_token token);

/** At the end of a turn: polls get what was queued meanwhile. */
void fx_push_gate_settle(struct fx_push_gate *gate);

/** About each 100 ms: heartbeats, deadlines, clients to be freed. */
void fx_push_gate_tick(struct fx_push_gate *gate);

/** The server stops: end all sessions, so that no poll holds it up. Clients reconnect. */
void fx_push_gate_stop(struct fx_push_gate *gate);

/* ---- for other connections that the same rules are for ---------------------------------------
 */

/** True where this origin, and one more connection of this address, are allowed. */
bool fx_push_gate_admits(const struct fx_push_gate *gate, const struct fx_net_server_call *call);

/** Count a connection of an address, and take it off again. @return false without memory. */
FX_MUST_USE bool fx_push_gate_count(struct fx_push_gate *gate, fx_str peer, uint64_t *address_out);
void fx_push_gate_discount(struct fx_push_gate *gate, uint64_t address);

/* ---- for push_link.c -------------------------------------------------------------------------
 */

/** Answer a session's request: 200 with this body, CORS headers and the cookie of clients 2.x. */
void fx_push_gate_answer(struct fx_push_gate *gate,
                         const struct fx_push_link *link,
                         struct fx_net_server_token token,
                         fx_str content_type,
                         fx_str body);

/** Remember, or forget, whose request a token names. @return false without memory. */
FX_MUST_USE bool fx_push_gate_note(struct fx_push_gate *gate,
                                   struct fx_net_server_token token,
                                   struct fx_push_link *link);
void fx_push_gate_forget(struct fx_push_gate *gate, struct fx_net_server_token token);

/** Have fx_push_link_settle() called at the end of the turn. */
void fx_push_gate_mark(struct fx_push_gate *gate, struct fx_push_link *link);

/** Take a link whose session is over out of all tables. */
void fx_push_gate_retire(struct fx_push_gate *gate, struct fx_push_link *link);

/** Free a link that is over and has no WebSocket any more. */
void fx_push_gate_free(struct fx_push_gate *gate, struct fx_push_link *link);

#endif
