#include "market/ticker.h"

#include <stddef.h>

#include "base/panic.h"

#define MINUTE_US (60LL * 1000 * 1000)

void fx_ticker_init(struct fx_ticker *ticker, const struct fx_candles_ring *minutes)
{
    *ticker = (struct fx_ticker){.minutes = minutes};
}

void fx_ticker_apply(struct fx_ticker *ticker, const struct fx_event *trade)
{
    FX_ASSERT(trade->kind == FX_EVENT_TRADE);
    ticker->last_ticks = trade->u.trade.price_ticks;
    ticker->last_lots = trade->u.trade.lots;
    ticker->last_us = trade->time_us;
    ticker->last_trade_id = trade->u.trade.trade_id;
}

/* All bars of the window but the newest, which still grows. */
static void refresh(struct fx_ticker_memo *memo,
                    const struct fx_candles_ring *minutes,
                    int64_t first)
{
    const uint32_t size = fx_candles_ring_size(minutes);
    *memo = (struct fx_ticker_memo){.bars = minutes->count, .first = first};
    for (uint32_t index = fx_candles_ring_find(minutes, first); index + 1 < size; index++) {
        fx_candle_merge(&memo->sum, fx_candles_ring_at(minutes, index));
    }
}

struct fx_ticker_summary fx_ticker_summary_by(const struct fx_ticker *ticker,
                                              int64_t now_us,
                                              struct fx_ticker_memo *memo)
{
    const struct fx_candles_ring *minutes = ticker->minutes;
    const uint32_t size = fx_candles_ring_size(minutes);
    const struct fx_candle *newest = size > 0 ? fx_candles_ring_at(minutes, size - 1) : NULL;
    int64_t last = now_us / MINUTE_US;
    if (newest != NULL && newest->start > last) {
        last = newest->start;
    }
    const int64_t first = last - FX_CANDLES_DAY + 1;
    if (memo->bars != minutes->count || memo->first != first) {
        refresh(memo, minutes, first);
    }
    struct fx_candle day = memo->sum;
    if (newest != NULL && newest->start >= first) {
        fx_candle_merge(&day, newest);
    }
    return (struct fx_ticker_summary){.value = day.value,
                                      .open_ticks = day.open,
                                      .high_ticks = day.high,
                                      .low_ticks = day.low,
                                      .last_ticks = ticker->last_ticks,
                                      .lots = day.lots > INT64_MAX ? INT64_MAX : (int64_t)day.lots,
                                      .count = day.count};
}

struct fx_ticker_summary fx_ticker_summary(const struct fx_ticker *ticker, int64_t now_us)
{
    struct fx_ticker_memo memo = {.bars = 0};
    return fx_ticker_summary_by(ticker, now_us, &memo);
}
