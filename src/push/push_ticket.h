/**
 * @file push_ticket.h
 * Requests of stream clients that somebody else answers later: whose, and what to say with it.
 *
 * A ticket is slot and generation, so that an answer which comes twice or too late finds nobody.
 * Thread: the gateway's.
 */
#ifndef FX_PUSH_PUSH_TICKET_H
#define FX_PUSH_PUSH_TICKET_H

#include <stdint.h>

#include "net/net_server.h"
#include "push/push_stream_op.h"

enum { FX_PUSH_TICKET_MAX = 1 << 16 /* open at one time */ };

struct fx_push_ticket {
    struct fx_net_server_token token; /* of the connection; may be gone by now */
    enum fx_push_stream_op_kind kind;
    uint32_t generation;
    uint32_t next_free; /* index + 1 */
    uint32_t note;      /* as given */
    uint8_t is_open;
    uint8_t id_size;
    char id[FX_PUSH_STREAM_OP_ID_SIZE_MAX + 2]; /* as JSON */
};

/** All tickets. Zeroed: empty; the memory comes with the first one. */
struct fx_push_tickets {
    struct fx_push_ticket *items;
    uint32_t used;
    uint32_t free; /* index + 1 */
    uint32_t count;
};

void fx_push_ticket_deinit(struct fx_push_tickets *tickets);

/** Keep what an answer needs; `note` is the caller's own. @return the ticket, never 0; 0 where too
 * many are open or without memory. */
uint64_t fx_push_ticket_acquire(struct fx_push_tickets *tickets,
                                struct fx_net_server_token token,
                                const struct fx_push_stream_op *op,
                                uint32_t note);

/** Take it out. @return false where there is none (any more). */
bool fx_push_ticket_release(struct fx_push_tickets *tickets,
                            uint64_t number,
                            struct fx_push_ticket *ticket_out);

#endif
