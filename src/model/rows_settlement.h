/**
 * @file rows_settlement.h
 * The end of a contract, phase by phase, as rows: decimals (1e-18), symbols, microseconds. Thread:
 * any (data).
 */
#ifndef FX_MODEL_ROWS_SETTLEMENT_H
#define FX_MODEL_ROWS_SETTLEMENT_H

#include <stdint.h>

#include "base/dec.h"
#include "model/event.h"
#include "model/ids.h"
#include "model/instrument.h"

/** A phase that a settlement came to. */
struct fx_rows_settlement {
    fx_i128 price;     /* at which positions close; 0: not known yet */
    fx_i128 remainder; /* DONE: what the rounding left over */
    uint64_t id;       /* the operationId */
    uint64_t operation_id;
    uint64_t positions; /* closed so far */
    int64_t covered_us; /* of the window of the average: how long the index was known and fresh */
    int64_t created_us;
    struct fx_symbol symbol;
    struct fx_asset asset;
    char phase[16]; /* WAITING, CANCELING, CLOSING, DONE */
};

/** Of a SETTLEMENT. */
void fx_rows_settlement_of(const struct fx_event *event,
                           const struct fx_instrument *instrument,
                           struct fx_rows_settlement *row_out);

/** "WAITING" and so on. */
const char *fx_rows_settlement_phase_name(enum fx_settlement_phase phase);

#endif
