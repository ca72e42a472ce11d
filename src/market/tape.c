#include "market/tape.h"

#include <stddef.h>

#include "base/panic.h"

void fx_tape_apply(struct fx_tape *tape, const struct fx_event *trade)
{
    FX_ASSERT(trade->kind == FX_EVENT_TRADE);
    const struct fx_event_trade *fill = &trade->u.trade;
    const struct fx_tape_trade print = {.trade_id = fill->trade_id,
                                        .price_ticks = fill->price_ticks,
                                        .lots = fill->lots,
                                        .time_us = trade->time_us,
                                        .operation_id = fx_event_operation_id(trade),
                                        .is_buyer_taker = fill->buyer_is_taker,
                                        .note = fill->note};
    tape->trades[tape->count % FX_TAPE_COUNT_MAX] = print;
    tape->count++;
    if (print.note != FX_TRADE_NOTE_NONE) {
        tape->noted[tape->noted_count % FX_TAPE_NOTED_MAX] = print;
        tape->noted_count++;
    }
}

const struct fx_tape_trade *fx_tape_at(const struct fx_tape *tape, uint32_t index)
{
    if (index >= FX_TAPE_COUNT_MAX || index >= tape->count) {
        return NULL;
    }
    return &tape->trades[(tape->count - 1 - index) % FX_TAPE_COUNT_MAX];
}

const struct fx_tape_trade *fx_tape_noted_at(const struct fx_tape *tape, uint32_t index)
{
    if (index >= FX_TAPE_NOTED_MAX || index >= tape->noted_count) {
        return NULL;
    }
    return &tape->noted[(tape->noted_count - 1 - index) % FX_TAPE_NOTED_MAX];
}
