#include "market/kline.h"

void fx_kline_init(struct fx_kline *kline,
                   const struct fx_kline_range *range,
                   fx_kline_emit_fn emit,
                   void *self)
{
    *kline = (struct fx_kline){.range = *range,
                               .emit = emit,
                               .self = self,
                               .bar = fx_candle_empty(range->start, 0),
                               .end = fx_interval_next(range->interval, range->start)};
}

/* The bar is complete: say it, and begin the one behind it. */
static void step(struct fx_kline *kline)
{
    const struct fx_candle bar = kline->bar;
    if (kline->has_close) {
        kline->emit(kline->self, &bar);
    }
    kline->bar = fx_candle_empty(kline->end, bar.close);
    kline->end = fx_interval_next(kline->range.interval, kline->end);
}

void fx_kline_add(struct fx_kline *kline, const struct fx_candle *base)
{
    if (base->start < kline->range.start) {
        kline->bar = fx_candle_empty(kline->range.start, base->close);
        kline->has_close = true;
        return;
    }
    while (base->start >= kline->end && kline->bar.start <= kline->range.last) {
        step(kline);
    }
    if (kline->bar.start <= kline->range.last) {
        fx_candle_merge(&kline->bar, base);
        kline->has_close = true;
    }
}

void fx_kline_finish(struct fx_kline *kline)
{
    while (kline->bar.start <= kline->range.last) {
        step(kline);
    }
}
