/**
 * @file store_candle.h
 * Bars of charts: state rows, each the fold of all events of its span so far. Thread: the handle's.
 *
 * Only bars in which something happened are stored. Five lengths are (market/interval.h); a reader
 * adds the others up from them.
 */
#ifndef FX_STORE_STORE_CANDLE_H
#define FX_STORE_STORE_CANDLE_H

#include <stdbool.h>

#include "model/rows_candle.h"
#include "store/store.h"

/** Which bars: of one symbol, price and length, beginning within the span (both ends included). */
struct fx_store_candle_query {
    fx_str symbol;
    enum fx_rows_candle_price price;
    uint32_t minutes;          /* the length */
    struct fx_store_span span; /* 0 = open */
    bool is_newest_first;
    uint32_t limit; /* 1..FX_STORE_LIMIT_MAX */
};

/** Upsert; a row with an operationId not above the stored one changes nothing. */
FX_MUST_USE fx_status fx_store_candle_save(struct fx_store *store,
                                           const struct fx_rows_candle candles[],
                                           uint32_t count);

/** List them, oldest first unless the query says otherwise. */
FX_MUST_USE fx_status fx_store_candle_list(struct fx_store *store,
                                           const struct fx_store_candle_query *query,
                                           struct fx_rows_candle candles_out[],
                                           uint32_t *count_out);

/** Delete all bars of a price, to fold them anew. */
FX_MUST_USE fx_status fx_store_candle_remove(struct fx_store *store,
                                             enum fx_rows_candle_price price);

FX_MUST_USE fx_status fx_store_candle_count(struct fx_store *store, uint64_t *count_out);

#endif
