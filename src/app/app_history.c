#include "app/app_history.h"

#include <stdlib.h>
#include <string.h>

#include "store/store_candle.h"
#include "store/store_trade.h"

enum { ROWS_MAX = FX_CANDLES_DAY };

/* What is asked of one price and length of one instrument. */
struct kind {
    struct fx_market_symbol *symbol;
    enum fx_rows_candle_price price;
    uint32_t base;
};

/* The newest rows, newest first, as many as a ring holds. */
static fx_status read_newest(struct fx_store *reader,
                             const struct kind *kind,
                             struct fx_rows_candle rows[ROWS_MAX],
                             uint32_t *count_out)
{
    const uint32_t capacity =
        kind->symbol->candles.rings[kind->price - 1][kind->base].capacity; /* at most ROWS_MAX */
    struct fx_store_candle_query query = {.symbol =
                                              fx_ids_symbol_str(&kind->symbol->definition.symbol),
                                          .price = kind->price,
                                          .minutes = fx_interval_base_minutes(kind->base),
                                          .is_newest_first = true};
    uint32_t total = 0;
    uint32_t count = 0;
    fx_status status = FX_OK;
    do {
        const uint32_t left = capacity - total;
        query.limit = left < FX_STORE_LIMIT_MAX ? left : FX_STORE_LIMIT_MAX;
        status = fx_store_candle_list(reader, &query, &rows[total], &count);
        total += status == FX_OK ? count : 0;
        query.span.end_us = total > 0 ? rows[total - 1].start_us - 1 : 0;
    } while (status == FX_OK && count == query.limit && total < capacity);
    *count_out = total;
    return status;
}

/* Where the first bar ever began: the ring may not reach back to it. */
static fx_status load_first(struct fx_store *reader, const struct kind *kind)
{
    struct fx_rows_candle row;
    struct fx_candle candle;
    uint32_t count = 0;
    const struct fx_store_candle_query query = {
        .symbol = fx_ids_symbol_str(&kind->symbol->definition.symbol),
        .price = kind->price,
        .minutes = fx_interval_base_minutes(0),
        .limit = 1};
    fx_status status = fx_store_candle_list(reader, &query, &row, &count);
    if (status != FX_OK || count == 0) {
        return status;
    }
    status = fx_candle_of_row(&row, &kind->symbol->definition, &candle);
    if (status == FX_OK) {
        fx_candles_load_first(&kind->symbol->candles, kind->price, candle.start);
    }
    return status;
}

static fx_status load_kind(struct fx_store *reader,
                           const struct kind *kind,
                           struct fx_rows_candle rows[ROWS_MAX])
{
    uint32_t count = 0;
    fx_status status = read_newest(reader, kind, rows, &count);
    for (uint32_t left = count; left > 0 && status == FX_OK; left--) {
        struct fx_candle candle;
        status = fx_candle_of_row(&rows[left - 1], &kind->symbol->definition, &candle);
        if (status == FX_OK) {
            fx_candles_load(&kind->symbol->candles, kind->price, kind->base, &candle);
        }
    }
    return status == FX_OK && kind->base == 0 ? load_first(reader, kind) : status;
}

/* The last trade, whenever it was. */
static fx_status load_last(struct fx_store *reader, struct fx_market_symbol *symbol)
{
    const struct fx_store_page page = {.limit = 1};
    struct fx_rows_trade row;
    struct fx_reject reject;
    struct fx_event event;
    uint32_t count = 0;
    fx_px price = {0};
    fx_qty quantity = {0};
    const fx_status status = fx_store_trade_list_figures(
        reader, fx_ids_symbol_str(&symbol->definition.symbol), &page, &row, &count);
    if (status != FX_OK || count == 0) {
        return status;
    }
    if (fx_instrument_ticks(&symbol->definition, row.price, &price, &reject) != FX_OK ||
        fx_instrument_lots(&symbol->definition, row.quantity, &quantity, &reject) != FX_OK) {
        return FX_CORRUPT;
    }
    memset(&event, 0, sizeof event);
    event.kind = FX_EVENT_TRADE;
    event.time_us = row.created_us;
    event.u.trade.trade_id = row.id;
    event.u.trade.price_ticks = price.ticks;
    event.u.trade.lots = quantity.lots;
    fx_ticker_apply(&symbol->ticker, &event);
    symbol->is_ticker_changed = true;
    return FX_OK;
}

static fx_status load_symbol(struct fx_store *reader,
                             struct fx_market_symbol *symbol,
                             struct fx_rows_candle rows[ROWS_MAX])
{
    fx_status status = load_last(reader, symbol);
    for (uint32_t at = 0; at < FX_ROWS_CANDLE_PRICES * FX_INTERVAL_BASES && status == FX_OK; at++) {
        const struct kind kind = {symbol,
                                  (enum fx_rows_candle_price)(1 + at / FX_INTERVAL_BASES),
                                  at % FX_INTERVAL_BASES};
        status = load_kind(reader, &kind, rows);
    }
    return status;
}

fx_status fx_app_history_load(struct fx_store *reader, const struct fx_market *market)
{
    struct fx_rows_candle *rows = aligned_alloc(16, ROWS_MAX * sizeof *rows);
    fx_status status = rows == NULL ? FX_NO_MEMORY : FX_OK;
    for (uint32_t id = 0; status == FX_OK && id < market->count; id++) {
        struct fx_market_symbol *symbol = fx_market_at(market, id);
        if (symbol != NULL) {
            status = load_symbol(reader, symbol, rows);
        }
    }
    free(rows);
    return status;
}
