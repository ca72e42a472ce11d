/**
 * @file tape.h
 * One instrument's last public trades, newest last, in a ring. Thread: the owner's.
 */
#ifndef FX_MARKET_TAPE_H
#define FX_MARKET_TAPE_H

#include <stdint.h>

#include "model/event.h"

enum {
    FX_TAPE_COUNT_MAX = 1024,
    FX_TAPE_NOTED_MAX = 64 /* trades with a note: liquidations and the like */
};

struct fx_tape_trade {
    uint64_t trade_id;
    int64_t price_ticks;
    int64_t lots;
    int64_t time_us;
    uint64_t operation_id;
    uint32_t is_buyer_taker;
    uint32_t note; /* enum fx_trade_note */
};

struct fx_tape {
    struct fx_tape_trade trades[FX_TAPE_COUNT_MAX]; /* by number modulo */
    uint64_t count;                                 /* trades ever appended */
    struct fx_tape_trade noted[FX_TAPE_NOTED_MAX];
    uint64_t noted_count;
};

/** Append one trade; the oldest gives way. */
void fx_tape_apply(struct fx_tape *tape, const struct fx_event *trade);

/** Trade `index` from the newest (0); NULL beyond what is kept. */
const struct fx_tape_trade *fx_tape_at(const struct fx_tape *tape, uint32_t index);

/** The same of the trades that have a note. */
const struct fx_tape_trade *fx_tape_noted_at(const struct fx_tape *tape, uint32_t index);

#endif
