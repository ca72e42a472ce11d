/**
 * @file event_settlement.h
 * SETTLEMENT: a contract comes to its end, phase by phase (docs/rules/settlement.md).
 *
 * Events are never stored: they may grow. Thread: any (data).
 */
#ifndef FX_MODEL_EVENT_SETTLEMENT_H
#define FX_MODEL_EVENT_SETTLEMENT_H

#include <stdint.h>

#include "base/dec.h"

enum fx_settlement_phase {
    FX_SETTLEMENT_PHASE_WAITING = 1,   /* for an index: no price yet */
    FX_SETTLEMENT_PHASE_CANCELING = 2, /* orders end */
    FX_SETTLEMENT_PHASE_CLOSING = 3,   /* positions are closed at the price */
    FX_SETTLEMENT_PHASE_DONE = 4
};

struct fx_event_settlement {
    fx_i128 remainder;   /* DONE: posted to the rounding account, settle units */
    int64_t price_ticks; /* 0 while it is not known */
    int64_t covered_us;  /* of the window: how long the index was known and fresh */
    uint64_t positions;  /* closed so far */
    uint32_t instrument;
    uint8_t phase; /* enum fx_settlement_phase */
    uint8_t zero[3];
};

#endif
