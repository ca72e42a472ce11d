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

struct fx_ticker_summary fx_ticker_summary(const struct fx_ticker *ticker, int64_t now_us)
{
    const struct fx_candles_ring *minutes = ticker->minutes;
    const uint32_t size = fx_candles_ring_size(minutes);
    int64_t last_minute = now_us / MINUTE_US;
    if (size > 0 && fx_candles_ring_at(minutes, size - 1)->start > last_minute) {
        last_minute = fx_candles_ring_at(minutes, size - 1)->start;
    }
    struct fx_candle day = {.count = 0};
    for (uint32_t index = fx_candles_ring_find(minutes, last_minute - FX_CANDLES_DAY + 1);
         index < size;
         index++) {
        fx_candle_merge(&day, fx_candles_ring_at(minutes, index));
    }
    return (struct fx_ticker_summary){.value = day.value,
                                      .open_ticks = day.open,
                                      .high_ticks = day.high,
                                      .low_ticks = day.low,
                                      .last_ticks = ticker->last_ticks,
                                      .lots = day.lots > INT64_MAX ? INT64_MAX : (int64_t)day.lots,
                                      .count = day.count};
}
