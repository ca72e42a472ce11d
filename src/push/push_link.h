/**
 * @file push_link.h
 * One session with what carries it: polls, a WebSocket, or both while one replaces the other.
 *
 * The machines (push_session, push_polling) decide, this file moves the bytes. A link is the first
 * member of what its owner keeps per client, so that a door's `self` is both. It lives until its
 * session is over and the last of its WebSockets is closed; then the gate frees it, never from
 * inside of a call (P8). Thread: the gateway's.
 */
#ifndef FX_PUSH_PUSH_LINK_H
#define FX_PUSH_PUSH_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "net/net_server.h"
#include "push/push_budget.h"
#include "push/push_polling.h"
#include "push/push_session.h"

struct fx_push_gate;

/** Read-only for all but this file and push_gate.c. */
struct fx_push_link {
    struct fx_push_gate *gate;
    struct fx_push_link *next;
    struct fx_push_link *previous;
    struct fx_push_link *ready_next; /* of those that may owe an answer at the end of this turn */
    struct fx_push_session session;
    struct fx_push_polling polling;
    struct fx_net_server_token socket; /* the WebSocket that carries, or that wants to */
    struct fx_net_server_token poll;   /* the GET that waits */
    struct fx_net_server_token post;   /* the POST whose body is arriving */
    struct fx_push_budget packets;     /* of its POSTs; see is_post_limited of the gate */
    int64_t begin_ms;
    uint64_t address;      /* of its opener, hashed: see the cap per address */
    uint32_t socket_count; /* WebSockets whose on_close is to come */
    bool is_ready;
    bool is_post_doubled; /* a second POST began before the first had ended */
    bool is_slow;         /* closed and counted as a slow consumer */
    bool is_over;         /* out of all tables: waits to be freed */
};

/* ---- for the owner ---------------------------------------------------------------------------
 */

/** Bytes that wait for the client, on either carrier. */
uint32_t fx_push_link_queued(const struct fx_push_link *link);

/** Queue a frame (one of WebSocket; polls carry its payload). A closing link takes none. */
void fx_push_link_send(struct fx_push_link *link, struct fx_net_frame *frame);

/** The same, but a client that lets more than the gate's queue_max lie is closed (P3). */
void fx_push_link_send_surely(struct fx_push_link *link, struct fx_net_frame *frame);

/** Close a client that does not read; it is counted. */
void fx_push_link_close_slow(struct fx_push_link *link);

/** For the session's door: send, close, make_id. `self` is the link. */
void fx_push_link_say(void *self, bool is_binary, fx_str packet);
void fx_push_link_shut(void *self, uint16_t code, fx_str reason);
void fx_push_link_make_id(void *self, char id_out[FX_PUSH_SESSION_SID_SIZE]);

/* ---- for the gate ----------------------------------------------------------------------------
 */

/** Accept the call's WebSocket as carrier, or as the one offered for an upgrade. @return as
 * fx_net_server_accept_websocket(). */
FX_MUST_USE fx_status fx_push_link_accept(struct fx_push_link *link,
                                          const struct fx_net_server_call *call);

/** A GET with this session's id. @return false where it is an offence: answer it with 400. */
FX_MUST_USE bool fx_push_link_poll(struct fx_push_link *link, struct fx_net_server_token token);

/** A POST with this session's id. @return false where it is an offence: answer it with 400. */
FX_MUST_USE bool fx_push_link_post(struct fx_push_link *link,
                                   const struct fx_net_http_request *request);

/** The head of a POST is here. */
void fx_push_link_announce(struct fx_push_link *link, struct fx_net_server_token token);

/** The client gave up the request of this token (a poll, or a POST in its middle). */
void fx_push_link_hangup(struct fx_push_link *link, struct fx_net_server_token token);

/** Answer the poll if something is due. */
void fx_push_link_settle(struct fx_push_link *link);

/** Deadlines of session and carrier. */
void fx_push_link_tick(struct fx_push_link *link, int64_t now_ms);

#endif
