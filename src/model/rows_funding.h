/**
 * @file rows_funding.h
 * Fundings, what positions paid for them, and the movements of the insurance funds, as rows:
 * decimals (1e-18), symbols, microseconds. Thread: any (data).
 */
#ifndef FX_MODEL_ROWS_FUNDING_H
#define FX_MODEL_ROWS_FUNDING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dec.h"
#include "model/event.h"
#include "model/ids.h"
#include "model/instrument.h"

/** What all positions of a symbol paid by at an instant. */
struct fx_rows_funding {
    fx_i128 rate; /* positive: longs pay */
    fx_i128 mark_price;
    fx_i128 index_price;
    fx_i128 paid; /* by all who paid, settle units */
    fx_i128 received;
    fx_i128 insured;   /* of it paid by the insurance fund for those who could not */
    fx_i128 remainder; /* paid + insured - received: what the rounding left over */
    uint64_t id;
    uint64_t operation_id;
    int64_t funding_us; /* the instant */
    int64_t created_us;
    uint32_t positions; /* that paid or received */
    bool is_skipped;    /* nobody paid: the mark was stale until the next instant */
    struct fx_symbol symbol;
    struct fx_asset asset; /* of the amounts */
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
    fx_i128 amount;   /* + to the fund, - from it */
    fx_i128 balance;  /* behind it */
    fx_i128 quantity; /* of the symbol that the fund holds behind it: + long, - short */
    uint64_t id;
    uint64_t operation_id;
    int64_t created_us;
    struct fx_asset asset;
    struct fx_symbol symbol; /* empty: none */
    char reason[32];
};

/** Of a FUNDING that is complete or skipped. The id is the operationId. */
void fx_rows_funding_of(const struct fx_event *event,
                        const struct fx_instrument *instrument,
                        struct fx_rows_funding *row_out);

/** Is the event a position's payment: a TRANSACTION of type FUNDING_FEE with a position? */
bool fx_rows_funding_is_payment(const struct fx_event *event);

/** Of such a one. The id is the operationId. */
void fx_rows_funding_payment_of(const struct fx_event *event,
                                const struct fx_instrument *instrument,
                                struct fx_rows_funding_payment *row_out);

/** Of an INSURANCE; `instrument` is NULL where it names none. The id is the operationId. */
void fx_rows_funding_insurance_of(const struct fx_event *event,
                                  const struct fx_instrument *instrument,
                                  struct fx_rows_funding_insurance *row_out);

#endif
