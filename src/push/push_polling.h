/**
 * @file push_polling.h
 * The carrier's side of a session as a machine: what waits for a poll, and how a WebSocket takes
 * over. No I/O, no clock.
 *
 *     POLLING --offer--> OFFERED --"2probe"--> PROBED --"5"--> UPGRADED
 *        ^------------------+-----withdraw-------+
 *     any --close--> CLOSING (the last packet waits for a poll) --> CLOSED
 *
 * While POLLING to PROBED, packets wait in the queue for the next GET; what is left at "5" goes
 * over the WebSocket first, in order. The owner moves the bytes: it asks is_due() when its turn
 * ends and then writes one answer. A session that began with a WebSocket is UPGRADED from the
 * start. Thread: the gateway's. Source: socketio/engine.io-protocol (v3, v4); PROTOCOLS A.2.
 */
#ifndef FX_PUSH_PUSH_POLLING_H
#define FX_PUSH_PUSH_POLLING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "net/net_frame.h"
#include "push/push_packet.h"
#include "push/push_payload.h"

enum {
    FX_PUSH_POLLING_PACKETS_MAX = 10000, /* that wait for a poll */
    FX_PUSH_POLLING_UPGRADE_MS = 10000,  /* from the offer to "5" */
    FX_PUSH_POLLING_NOOP_MS = 100,       /* between polls that end for nothing but the upgrade */
    FX_PUSH_POLLING_CLOSING_MS = 30000   /* that the last packet waits for a poll */
};

enum fx_push_polling_phase {
    FX_PUSH_POLLING_PHASE_POLLING = 1,
    FX_PUSH_POLLING_PHASE_OFFERED = 2, /* a WebSocket with the session's id has not spoken yet */
    FX_PUSH_POLLING_PHASE_PROBED = 3,  /* it has: polls end with 6, so that the client can switch */
    FX_PUSH_POLLING_PHASE_UPGRADED = 4, /* the WebSocket carries; the queue is empty */
    FX_PUSH_POLLING_PHASE_CLOSING = 5,
    FX_PUSH_POLLING_PHASE_CLOSED = 6
};

/** How it ends: what a poll is told, and whether that waits for one. */
enum fx_push_polling_end {
    FX_PUSH_POLLING_END_BY_CLIENT = 1, /* a waiting poll gets 6 */
    FX_PUSH_POLLING_END_AT_ONCE = 2,   /* a waiting poll gets 1 */
    FX_PUSH_POLLING_END_TOLD = 3       /* the next poll, within 30 s, gets the queue and 1 */
};

/** What the offered WebSocket's message means. */
enum fx_push_polling_word {
    FX_PUSH_POLLING_WORD_PROBE = 1,  /* answer 3probe on it */
    FX_PUSH_POLLING_WORD_SWITCH = 2, /* it carries from now on, the queue first */
    FX_PUSH_POLLING_WORD_WRONG = 3   /* close it; the polling goes on */
};

/** What time brought. */
enum fx_push_polling_event {
    FX_PUSH_POLLING_EVENT_NONE = 0,
    FX_PUSH_POLLING_EVENT_WITHDRAW = 1, /* close the offered WebSocket */
    FX_PUSH_POLLING_EVENT_CLOSED = 2    /* nobody fetched the last packet */
};

struct fx_push_polling {
    enum fx_push_polling_phase phase;
    enum fx_push_eio eio;
    bool is_base64; /* revision 3: the client reads no binary bodies */
    bool has_poll;  /* a GET waits for its answer */
    bool is_noop_due;
    bool is_close_last;  /* CLOSING: it ends with 1, not with 6 */
    int64_t deadline_ms; /* of the upgrade, or of CLOSING */
    int64_t noop_ms;     /* PROBED: when a poll may be ended again */
    struct fx_net_frame **frames;
    uint32_t count;
    uint32_t capacity;
    uint32_t bytes; /* of the frames */
};

/** Begin in POLLING, or in UPGRADED where a WebSocket opened the session. */
void fx_push_polling_init(struct fx_push_polling *polling,
                          enum fx_push_eio eio,
                          bool is_base64,
                          bool is_websocket);

/** Release the queue. */
void fx_push_polling_deinit(struct fx_push_polling *polling);

/** True from POLLING to PROBED: packets go into the queue. */
bool fx_push_polling_is_on(const struct fx_push_polling *polling);

/** Queue a frame (acquires it). @return false where 10,000 wait already or without memory. */
FX_MUST_USE bool fx_push_polling_push(struct fx_push_polling *polling, struct fx_net_frame *frame);

/** A GET came. @return false where one is waiting already: an offence (also after the upgrade). */
FX_MUST_USE bool fx_push_polling_poll(struct fx_push_polling *polling);

/** The GET that waited is gone. */
void fx_push_polling_drop(struct fx_push_polling *polling);

/** True where a GET waits and there is something to say. */
bool fx_push_polling_is_due(const struct fx_push_polling *polling);

/** Write the answer of the GET that waits, with all that is queued; CLOSING becomes CLOSED. */
enum fx_push_payload_form fx_push_polling_write(struct fx_push_polling *polling,
                                                struct fx_buf *body);

/** A WebSocket with this session's id. @return false where there is one already. */
FX_MUST_USE bool fx_push_polling_offer(struct fx_push_polling *polling, int64_t now_ms);

/** The offered WebSocket said something. PROBE and SWITCH change the phase; WRONG does not. */
enum fx_push_polling_word fx_push_polling_hear(struct fx_push_polling *polling,
                                               bool is_binary,
                                               fx_str packet);

/** The offered WebSocket is gone. */
void fx_push_polling_withdraw(struct fx_push_polling *polling);

/** Forget the queue: after SWITCH, when its frames went over the WebSocket. */
void fx_push_polling_empty(struct fx_push_polling *polling);

/** End it: CLOSING where a poll waits or will be waited for, else CLOSED. */
void fx_push_polling_close(struct fx_push_polling *polling,
                           enum fx_push_polling_end end,
                           int64_t now_ms);

/** About each 100 ms, and when a request comes. */
enum fx_push_polling_event fx_push_polling_tick(struct fx_push_polling *polling, int64_t now_ms);

#endif
