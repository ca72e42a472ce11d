/**
 * @file ticker.h
 * One instrument's last trade and rolling 24 hours: the fold of TRADE events in minute buckets.
 *
 * The window is the current minute and the 1,439 before it. Thread: the owner's.
 */
#ifndef FX_MARKET_TICKER_H
#define FX_MARKET_TICKER_H

#include <stdint.h>

#include "model/event.h"

enum { FX_TICKER_MINUTES = 1440 };

struct fx_ticker_bucket {
    fx_i128 value;  /* sum of fill values, settle units */
    int64_t minute; /* since 1970; which minute this bucket holds */
    int64_t open_ticks;
    int64_t high_ticks;
    int64_t low_ticks;
    int64_t close_ticks;
    int64_t lots;
    uint64_t count;
};

struct fx_ticker {
    struct fx_ticker_bucket buckets[FX_TICKER_MINUTES]; /* by minute modulo */
    int64_t last_ticks;                                 /* 0 = no trade yet */
    int64_t last_lots;
    int64_t last_us;
    uint64_t last_trade_id;
};

/** The 24 hours up to a moment. All zero but `last` where nothing was traded in them. */
struct fx_ticker_summary {
    fx_i128 value;
    int64_t open_ticks;
    int64_t high_ticks;
    int64_t low_ticks;
    int64_t last_ticks;
    int64_t lots;
    uint64_t count;
};

/** Count one trade. */
void fx_ticker_apply(struct fx_ticker *ticker, const struct fx_event *trade);

/**
 * Count a trade that is older than all that were counted: history, read backwards. A trade that is
 * too old for the buckets counts as `last` only, and only where nothing newer is known.
 */
void fx_ticker_apply_earlier(struct fx_ticker *ticker, const struct fx_event *trade);

/** Sum up the window that ends at `now_us`. O(1,440). */
struct fx_ticker_summary fx_ticker_summary(const struct fx_ticker *ticker, int64_t now_us);

#endif
