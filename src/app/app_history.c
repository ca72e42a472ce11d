#include "app/app_history.h"

#include <stdlib.h>
#include <string.h>

#include "store/store_trade.h"

static const int64_t WINDOW_US = (int64_t)FX_TICKER_MINUTES * 60 * 1000 * 1000;

/* What the ticker reads of a trade event. */
static fx_status event_of(const struct fx_instrument *instrument,
                          const struct fx_rows_trade *row,
                          struct fx_event *event_out)
{
    fx_px price = {0};
    fx_qty quantity = {0};
    struct fx_reject reject;
    if (fx_instrument_ticks(instrument, row->price, &price, &reject) != FX_OK ||
        fx_instrument_lots(instrument, row->quantity, &quantity, &reject) != FX_OK ||
        row->created_us < 0) {
        return FX_CORRUPT;
    }
    memset(event_out, 0, sizeof *event_out);
    event_out->kind = FX_EVENT_TRADE;
    event_out->time_us = row->created_us;
    event_out->u.trade.instrument = instrument->instrument_id;
    event_out->u.trade.trade_id = row->id;
    event_out->u.trade.price_ticks = price.ticks;
    event_out->u.trade.lots = quantity.lots;
    event_out->u.trade.value = row->value;
    return FX_OK;
}

/* Fold the rows, newest first. *is_done_out: the rest is older than the window. */
static fx_status fold(
    struct fx_market_symbol *symbol,
    const struct fx_rows_trade rows[],
    // NOLINTNEXTLINE(bugprone-easily-swappable-parameters): as a list, then a time
    uint32_t count,
    int64_t start_us,
    bool *is_done_out)
{
    for (uint32_t index = 0; index < count && !*is_done_out; index++) {
        struct fx_event event;
        const fx_status status = event_of(&symbol->definition, &rows[index], &event);
        if (status != FX_OK) {
            return status;
        }
        fx_ticker_apply_earlier(&symbol->ticker, &event);
        symbol->is_ticker_changed = true;
        *is_done_out = rows[index].created_us < start_us;
    }
    return FX_OK;
}

static fx_status load_symbol(struct fx_store *reader,
                             struct fx_market_symbol *symbol,
                             int64_t start_us,
                             struct fx_rows_trade rows[])
{
    struct fx_store_page page = {.limit = FX_STORE_LIMIT_MAX};
    bool is_done = false;
    while (!is_done) {
        uint32_t count = 0;
        fx_status status = fx_store_trade_list_figures(
            reader, fx_ids_symbol_str(&symbol->definition.symbol), &page, rows, &count);
        if (status == FX_OK) {
            status = fold(symbol, rows, count, start_us, &is_done);
        }
        if (status != FX_OK) {
            return status;
        }
        is_done = is_done || count < page.limit;
        page.before_id = count > 0 ? rows[count - 1].id : page.before_id;
    }
    return FX_OK;
}

fx_status fx_app_history_load(struct fx_store *reader, const struct fx_market *market)
{
    struct fx_rows_trade *rows =
        aligned_alloc(16, FX_STORE_LIMIT_MAX * sizeof(struct fx_rows_trade));
    fx_status status = rows == NULL ? FX_NO_MEMORY : FX_OK;
    for (uint32_t id = 0; status == FX_OK && id < market->count; id++) {
        struct fx_market_symbol *symbol = fx_market_at(market, id);
        if (symbol != NULL) {
            status = load_symbol(reader, symbol, market->time_us - WINDOW_US, rows);
        }
    }
    free(rows);
    return status;
}
