/**
 * @file candle.h
 * One bar: open, high, low, close and exact sums of what happened in a span of time.
 *
 * Prices are ticks of the instrument (PREMIUM: parts per billion). Bars of neighbouring spans merge
 * into the bar of both, whatever the order of merging, so every interval is exact. Sums stop at the
 * largest amount (1e18 units). Thread: the owner's.
 */
#ifndef FX_MARKET_CANDLE_H
#define FX_MARKET_CANDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "model/event.h"
#include "model/instrument.h"
#include "model/rows_candle.h"

struct fx_candle {
    fx_i128 lots;
    fx_i128 value;          /* sum of fill values, settle units */
    fx_i128 taker_buy_lots; /* the part in which the buyer was the taker */
    fx_i128 taker_buy_value;
    int64_t start; /* minutes since 1970 */
    int64_t open;
    int64_t high;
    int64_t low;
    int64_t close;
    uint64_t count; /* trades, or updates of the price; 0: nothing happened, prices are the last */
};

/** A bar in which nothing happened: all prices are the close before. */
struct fx_candle fx_candle_empty(int64_t start, int64_t close);

/** Count a price. */
void fx_candle_add_price(struct fx_candle *candle, int64_t price);

/** Count a trade. */
void fx_candle_add_trade(struct fx_candle *candle, const struct fx_event_trade *trade);

/** Append a later bar. One of count 0 changes nothing. */
void fx_candle_merge(struct fx_candle *candle, const struct fx_candle *later);

/**
 * The price that an event tells. @return false where it tells none: LAST is told by TRADE, the
 * others by MARK.
 */
bool fx_candle_price_of(const struct fx_event *event,
                        enum fx_rows_candle_price price,
                        int64_t *value_out);

/** Fill open … taker_buy_value, count and start_us of a row; the caller fills the rest. */
void fx_candle_to_row(const struct fx_candle *candle,
                      const struct fx_instrument *instrument,
                      enum fx_rows_candle_price price,
                      struct fx_rows_candle *row_out);

/** The reverse. @return OK; CORRUPT where it does not fit the instrument or is no bar. */
FX_MUST_USE fx_status fx_candle_of_row(const struct fx_rows_candle *row,
                                       const struct fx_instrument *instrument,
                                       struct fx_candle *candle_out);

#endif
