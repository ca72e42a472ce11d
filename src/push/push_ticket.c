#include "push/push_ticket.h"

#include <stdlib.h>
#include <string.h>

#include "base/panic.h"

enum { SLOT_BITS = 32 };

void fx_push_ticket_deinit(struct fx_push_tickets *tickets)
{
    free(tickets->items);
    memset(tickets, 0, sizeof *tickets);
}

static struct fx_push_ticket *take(struct fx_push_tickets *tickets, uint32_t *slot_out)
{
    if (tickets->items == NULL) {
        tickets->items = calloc(FX_PUSH_TICKET_MAX, sizeof *tickets->items);
        if (tickets->items == NULL) {
            return NULL;
        }
    }
    if (tickets->free != 0) {
        *slot_out = tickets->free - 1;
        tickets->free = tickets->items[*slot_out].next_free;
    } else if (tickets->used < FX_PUSH_TICKET_MAX) {
        *slot_out = tickets->used;
        tickets->used++;
    } else {
        return NULL;
    }
    return &tickets->items[*slot_out];
}

uint64_t fx_push_ticket_acquire(struct fx_push_tickets *tickets,
                                struct fx_net_server_token token,
                                const struct fx_push_stream_op *op,
                                uint32_t note)
{
    uint32_t slot = 0;
    struct fx_push_ticket *ticket = take(tickets, &slot);
    if (ticket == NULL) {
        return 0;
    }
    FX_ASSERT(ticket->is_open == 0 && op->id.size <= sizeof ticket->id);
    ticket->generation = ticket->generation == UINT32_MAX ? 1 : ticket->generation + 1;
    ticket->is_open = 1;
    ticket->token = token;
    ticket->kind = op->kind;
    ticket->note = note;
    ticket->id_size = (uint8_t)op->id.size;
    if (op->id.size > 0) {
        memcpy(ticket->id, op->id.data, op->id.size);
    }
    tickets->count++;
    return (uint64_t)ticket->generation << SLOT_BITS | slot;
}

bool fx_push_ticket_release(struct fx_push_tickets *tickets,
                            uint64_t number,
                            struct fx_push_ticket *ticket_out)
{
    const uint32_t slot = (uint32_t)number;
    if (slot >= tickets->used) {
        return false;
    }
    struct fx_push_ticket *ticket = &tickets->items[slot];
    if (ticket->is_open == 0 || ticket->generation != number >> SLOT_BITS) {
        return false;
    }
    *ticket_out = *ticket;
    ticket->is_open = 0;
    ticket->next_free = tickets->free;
    tickets->free = slot + 1;
    tickets->count--;
    return true;
}
