#include "market/ticker.h"

#include "base/panic.h"

static const int64_t MINUTE_US = 60LL * 1000 * 1000;

void fx_ticker_apply(struct fx_ticker *ticker, const struct fx_event *trade)
{
    FX_ASSERT(trade->kind == FX_EVENT_TRADE);
    FX_ASSERT(trade->time_us >= 0);
    const struct fx_event_trade *fill = &trade->u.trade;
    const int64_t minute = trade->time_us / MINUTE_US;
    struct fx_ticker_bucket *bucket = &ticker->buckets[minute % FX_TICKER_MINUTES];
    if (bucket->minute != minute || bucket->count == 0) {
        *bucket = (struct fx_ticker_bucket){.minute = minute,
                                            .open_ticks = fill->price_ticks,
                                            .high_ticks = fill->price_ticks,
                                            .low_ticks = fill->price_ticks};
    }
    if (fill->price_ticks > bucket->high_ticks) {
        bucket->high_ticks = fill->price_ticks;
    }
    if (fill->price_ticks < bucket->low_ticks) {
        bucket->low_ticks = fill->price_ticks;
    }
    bucket->close_ticks = fill->price_ticks;
    bucket->lots += fill->lots;
    bucket->value += fill->value;
    bucket->count++;
    ticker->last_ticks = fill->price_ticks;
    ticker->last_lots = fill->lots;
    ticker->last_us = trade->time_us;
    ticker->last_trade_id = fill->trade_id;
}

void fx_ticker_apply_earlier(struct fx_ticker *ticker, const struct fx_event *trade)
{
    FX_ASSERT(trade->kind == FX_EVENT_TRADE);
    FX_ASSERT(trade->time_us >= 0);
    const struct fx_event_trade *fill = &trade->u.trade;
    const int64_t minute = trade->time_us / MINUTE_US;
    struct fx_ticker_bucket *bucket = &ticker->buckets[minute % FX_TICKER_MINUTES];
    if (ticker->last_ticks == 0) {
        ticker->last_ticks = fill->price_ticks;
        ticker->last_lots = fill->lots;
        ticker->last_us = trade->time_us;
        ticker->last_trade_id = fill->trade_id;
    }
    if (bucket->count > 0 && bucket->minute != minute) {
        return; /* a day newer: what it holds is wanted */
    }
    if (bucket->count == 0) {
        *bucket = (struct fx_ticker_bucket){.minute = minute,
                                            .high_ticks = fill->price_ticks,
                                            .low_ticks = fill->price_ticks,
                                            .close_ticks = fill->price_ticks};
    }
    if (fill->price_ticks > bucket->high_ticks) {
        bucket->high_ticks = fill->price_ticks;
    }
    if (fill->price_ticks < bucket->low_ticks) {
        bucket->low_ticks = fill->price_ticks;
    }
    bucket->open_ticks = fill->price_ticks;
    bucket->lots += fill->lots;
    bucket->value += fill->value;
    bucket->count++;
}

static void add_bucket(struct fx_ticker_summary *summary, const struct fx_ticker_bucket *bucket)
{
    if (summary->count == 0) {
        summary->open_ticks = bucket->open_ticks;
        summary->high_ticks = bucket->high_ticks;
        summary->low_ticks = bucket->low_ticks;
    }
    if (bucket->high_ticks > summary->high_ticks) {
        summary->high_ticks = bucket->high_ticks;
    }
    if (bucket->low_ticks < summary->low_ticks) {
        summary->low_ticks = bucket->low_ticks;
    }
    summary->lots += bucket->lots;
    summary->value += bucket->value;
    summary->count += bucket->count;
}

struct fx_ticker_summary fx_ticker_summary(const struct fx_ticker *ticker, int64_t now_us)
{
    struct fx_ticker_summary summary = {.last_ticks = ticker->last_ticks};
    const int64_t last_minute = now_us / MINUTE_US;
    for (int64_t minute = last_minute - FX_TICKER_MINUTES + 1; minute <= last_minute; minute++) {
        if (minute < 0) {
            continue;
        }
        const struct fx_ticker_bucket *bucket = &ticker->buckets[minute % FX_TICKER_MINUTES];
        if (bucket->minute == minute && bucket->count > 0) {
            add_bucket(&summary, bucket);
        }
    }
    return summary;
}
