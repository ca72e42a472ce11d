/**
 * @file rows_funding.h
 * Fundings, what positions paid for them, and the movements of the insurance funds, as rows:
 * decimals (1e-18), symbols, microseconds. Thread: any (data).
 */
#ifndef FX_MODEL_ROWS_FUNDING_H
#define FX_MODEL_ROWS_FUNDING_H

#include <stdint.h>

#include "base/dec.h"
#include "model/ids.h"

/** What all positions of a symbol paid by at an instant. */
struct fx_rows_funding {
    fx_i128 rate;
    fx_i128 mark_price;
    uint64_t id;
    uint64_t operation_id;
    int64_t funding_us; /* the instant */
    int64_t created_us;
    struct fx_symbol symbol;
};

/** One position's part of it. */
struct fx_rows_funding_payment {
    fx_i128 amount; /* + received, - paid */
    fx_i128 rate;
    fx_i128 quantity; /* + long, - short */
    fx_i128 mark_price;
    uint64_t id;
    uint64_t user_id;
    uint64_t account_id;
    uint64_t position_id;
    uint64_t operation_id;
    int64_t funding_us;
    int64_t created_us;
    struct fx_symbol symbol;
    struct fx_asset asset;
};

/** A movement of the insurance fund of an asset. */
struct fx_rows_funding_insurance {
    fx_i128 amount;  /* + to the fund, - from it */
    fx_i128 balance; /* behind it */
    uint64_t id;
    uint64_t operation_id;
    int64_t created_us;
    struct fx_asset asset;
    struct fx_symbol symbol; /* empty: none */
    char reason[32];
};

#endif
