/**
 * @file wire_funding.h
 * Funding, open interest, insurance funds and liquidations as JSON objects. Thread: any.
 */
#ifndef FX_WIRE_WIRE_FUNDING_H
#define FX_WIRE_WIRE_FUNDING_H

#include <stdint.h>

#include "base/buf.h"
#include "model/event.h"
#include "model/instrument.h"
#include "model/rows.h"
#include "model/rows_funding.h"

/** What is known of a symbol's mark and of its next funding. Zero members are left out. */
struct fx_wire_funding_rate {
    struct fx_event_mark mark; /* of the last one */
    int64_t mark_us;           /* its time; 0: none yet */
    int64_t next_us;
    int64_t paid_ppb;        /* the rate of the last funding … */
    int64_t paid_us;         /* … and its instant; 0: none yet */
    int64_t lowest_rate_ppb; /* maintenance rate of the first tier: the cap is 3/4 of it */
};

/** The open interest of a symbol. */
struct fx_wire_funding_interest {
    fx_i128 quantity;
    fx_i128 value; /* at the mark, settle units */
    bool has_value;
    int64_t time_us;
};

/** The insurance fund of an asset. */
struct fx_wire_funding_fund {
    struct fx_asset asset;
    fx_i128 balance;
    int64_t time_us;
};

/** Append one object. */
void fx_wire_funding_mark(struct fx_buf *buf,
                          const struct fx_instrument *instrument,
                          const struct fx_wire_funding_rate *rate);
void fx_wire_funding_fund(struct fx_buf *buf, const struct fx_wire_funding_fund *fund);
/** Begin one object: the exchange's own money in an asset; its positions and the end are the
 * caller's. */
void fx_wire_funding_begin_exchange(struct fx_buf *buf, const struct fx_event_exchange *row);
void fx_wire_funding_rate(struct fx_buf *buf,
                          const struct fx_instrument *instrument,
                          const struct fx_wire_funding_rate *rate);
void fx_wire_funding_interest(struct fx_buf *buf,
                              const struct fx_instrument *instrument,
                              const struct fx_wire_funding_interest *interest);
void fx_wire_funding_row(struct fx_buf *buf, const struct fx_rows_funding *row);
void fx_wire_funding_payment(struct fx_buf *buf, const struct fx_rows_funding_payment *row);
void fx_wire_funding_insurance(struct fx_buf *buf, const struct fx_rows_funding_insurance *row);

/** A trade with a note; side is that of the taker. */
void fx_wire_funding_liquidation(struct fx_buf *buf, const struct fx_rows_trade *row);

#endif
