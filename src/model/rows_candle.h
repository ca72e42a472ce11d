/**
 * @file rows_candle.h
 * A bar of a chart as the tables and the API show it: decimals (1e-18), symbol, time.
 * Thread: any (data).
 */
#ifndef FX_MODEL_ROWS_CANDLE_H
#define FX_MODEL_ROWS_CANDLE_H

#include <stdint.h>

#include "base/dec.h"
#include "base/str.h"
#include "model/ids.h"

/** What a bar's prices are. */
enum fx_rows_candle_price {
    FX_ROWS_CANDLE_PRICE_LAST = 1,   /* of trades */
    FX_ROWS_CANDLE_PRICE_MARK = 2,   /* of the mark price */
    FX_ROWS_CANDLE_PRICE_INDEX = 3,  /* of the index price */
    FX_ROWS_CANDLE_PRICE_PREMIUM = 4 /* (mark - index) / index, half-even at 1e-9 */
};

enum { FX_ROWS_CANDLE_PRICES = 4 };

struct fx_rows_candle {
    fx_i128 open;
    fx_i128 high;
    fx_i128 low;
    fx_i128 close;
    fx_i128 volume;           /* contracts or base, as order quantities; 0 but for LAST */
    fx_i128 value;            /* sum of the fills' values, settle units; 0 but for LAST */
    fx_i128 taker_buy_volume; /* the part in which the buyer was the taker */
    fx_i128 taker_buy_value;
    uint64_t count;        /* trades; updates of the price where it is not LAST */
    uint64_t operation_id; /* of the last event in it */
    int64_t start_us;
    uint32_t minutes; /* the length */
    enum fx_rows_candle_price price;
    struct fx_symbol symbol;
};

/** "LAST" and so on. */
const char *fx_rows_candle_price_name(enum fx_rows_candle_price price);

/** The reverse; 0 where the word is unknown. */
enum fx_rows_candle_price fx_rows_candle_price_of(fx_str name);

#endif
