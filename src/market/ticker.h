/**
 * @file ticker.h
 * One instrument's last trade and rolling 24 hours, the latter from the bars of the minutes.
 *
 * The window is 1,440 minutes and ends with the minute that is asked about, or with the newest bar
 * where that is later: a clock that was set back does not hide trades. Thread: the owner's.
 */
#ifndef FX_MARKET_TICKER_H
#define FX_MARKET_TICKER_H

#include <stdint.h>

#include "market/candles.h"
#include "model/event.h"

struct fx_ticker {
    const struct fx_candles_ring *minutes; /* of LAST; outlives the ticker */
    int64_t last_ticks;                    /* 0 = no trade yet */
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
    int64_t lots; /* stops at INT64_MAX */
    uint64_t count;
};

/** The part of a window that is over, added up; zeroed to begin. A reader keeps one per ticker. */
struct fx_ticker_memo {
    struct fx_candle sum;
    uint64_t bars; /* of the ring when it was made */
    int64_t first; /* minute of its window */
};

/** Make one without a trade. */
void fx_ticker_init(struct fx_ticker *ticker, const struct fx_candles_ring *minutes);

/** Note the last trade; its minute is counted by the candles. */
void fx_ticker_apply(struct fx_ticker *ticker, const struct fx_event *trade);

/** Sum up the window that ends at `now_us`. O(minutes in it with trades). */
struct fx_ticker_summary fx_ticker_summary(const struct fx_ticker *ticker, int64_t now_us);

/** The same with a memo, which makes it O(1) but once a minute. */
struct fx_ticker_summary fx_ticker_summary_by(const struct fx_ticker *ticker,
                                              int64_t now_us,
                                              struct fx_ticker_memo *memo);

#endif
