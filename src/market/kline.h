/**
 * @file kline.h
 * A range of a chart: kept bars, given one by one in ascending order, become the bars of an
 * interval without gaps.
 *
 * An interval in which nothing happened repeats the close before it with count 0, from the first
 * bar ever to the end of the range. Thread: the caller's.
 */
#ifndef FX_MARKET_KLINE_H
#define FX_MARKET_KLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "market/candle.h"
#include "market/interval.h"

/** Takes a finished bar; borrowed for the call. */
typedef void (*fx_kline_emit_fn)(void *self, const struct fx_candle *bar);

struct fx_kline_range {
    enum fx_interval interval;
    int64_t start; /* of the first bar */
    int64_t last;  /* of the last bar; nothing is emitted where it is before `start` */
};

struct fx_kline {
    struct fx_kline_range range;
    fx_kline_emit_fn emit;
    void *self;
    struct fx_candle bar; /* being added up */
    int64_t end;          /* where it ends */
    bool has_close;       /* something happened before the end of `bar` */
};

/** Begin. emit and self are kept. */
void fx_kline_init(struct fx_kline *kline,
                   const struct fx_kline_range *range,
                   fx_kline_emit_fn emit,
                   void *self);

/** Give the next kept bar, later than those before. One before the range is its close only; one
 * behind it is ignored. */
void fx_kline_add(struct fx_kline *kline, const struct fx_candle *base);

/** Emit what is left up to the end of the range. */
void fx_kline_finish(struct fx_kline *kline);

#endif
