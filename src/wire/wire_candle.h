/**
 * @file wire_candle.h
 * Bars of charts as JSON: the array of GET /klines, the object of sockets and chart libraries.
 * Thread: any.
 */
#ifndef FX_WIRE_WIRE_CANDLE_H
#define FX_WIRE_WIRE_CANDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "model/rows_candle.h"

/** A bar and what is around it. */
struct fx_wire_candle {
    const struct fx_rows_candle *row; /* its operation_id, minutes and symbol are not read */
    fx_str symbol;
    fx_str interval; /* "1m" */
    int64_t end_us;  /* where the next bar begins */
    bool is_final;   /* its time is over */
};

/**
 * Append [openTime,"open","high","low","close","volume",closeTime,"quoteVolume",count,
 * "takerBuyVolume","takerBuyQuoteVolume"], with a comma in front where one is due. closeTime is the
 * last millisecond of the bar.
 */
void fx_wire_candle_array(struct fx_buf *buf, const struct fx_rows_candle *row, int64_t end_us);

/** Append the same as an object with symbol, interval, priceType and isFinal. */
void fx_wire_candle_object(struct fx_buf *buf, const struct fx_wire_candle *candle);

/** Append {time,open,high,low,close,volume}: what chart libraries read. */
void fx_wire_candle_point(struct fx_buf *buf, const struct fx_rows_candle *row);

#endif
