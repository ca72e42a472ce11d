/* The trades are read newest first, as the tape's index has them: a bar grows backwards, each trade
 * merged in front of it, and is whole when an older bar begins. */
#include <stdlib.h>
#include <string.h>

#include "market/candle.h"
#include "market/interval.h"
#include "store/store_candle.h"
#include "store/store_trade.h"
#include "worker/worker_save_candle.h"

#define MINUTE_US (60LL * 1000 * 1000)

enum { CHUNK = 64 };

struct growing {
    struct fx_candle bar; /* count 0: none */
    uint64_t operation_id;
};

struct rebuild {
    struct fx_store *store;
    const struct fx_instrument *instrument;
    struct growing growing[FX_INTERVAL_BASES];
    struct fx_rows_candle rows[CHUNK];
    uint32_t row_count;
    struct fx_rows_trade page[FX_STORE_LIMIT_MAX];
};

static fx_status flush(struct rebuild *rebuild)
{
    const uint32_t count = rebuild->row_count;
    rebuild->row_count = 0;
    return fx_store_candle_save(rebuild->store, rebuild->rows, count);
}

static fx_status finish_bar(struct rebuild *rebuild, uint32_t base)
{
    struct growing *growing = &rebuild->growing[base];
    if (growing->bar.count == 0) {
        return FX_OK;
    }
    struct fx_rows_candle *row = &rebuild->rows[rebuild->row_count++];
    memset(row, 0, sizeof *row);
    fx_candle_to_row(&growing->bar, rebuild->instrument, FX_ROWS_CANDLE_PRICE_LAST, row);
    row->operation_id = growing->operation_id;
    row->minutes = fx_interval_base_minutes(base);
    row->symbol = rebuild->instrument->symbol;
    growing->bar.count = 0;
    return rebuild->row_count == CHUNK ? flush(rebuild) : FX_OK;
}

/* A trade as a bar of one minute. */
static fx_status bar_of(const struct rebuild *rebuild,
                        const struct fx_rows_trade *trade,
                        struct fx_candle *bar_out)
{
    const bool is_bought = trade->buyer_is_taker;
    const struct fx_rows_candle row = {.open = trade->price,
                                       .high = trade->price,
                                       .low = trade->price,
                                       .close = trade->price,
                                       .volume = trade->quantity,
                                       .value = trade->value,
                                       .taker_buy_volume = is_bought ? trade->quantity : 0,
                                       .taker_buy_value = is_bought ? trade->value : 0,
                                       .count = 1,
                                       .start_us = trade->created_us / MINUTE_US * MINUTE_US,
                                       .price = FX_ROWS_CANDLE_PRICE_LAST};
    return fx_candle_of_row(&row, rebuild->instrument, bar_out);
}

static fx_status add_trade(struct rebuild *rebuild, const struct fx_rows_trade *trade)
{
    struct fx_candle bar;
    fx_status status = bar_of(rebuild, trade, &bar);
    const int64_t minute = bar.start;
    for (uint32_t base = 0; base < FX_INTERVAL_BASES && status == FX_OK; base++) {
        struct growing *growing = &rebuild->growing[base];
        bar.start = fx_interval_base_start(base, minute);
        if (growing->bar.count > 0 && growing->bar.start != bar.start) {
            status = finish_bar(rebuild, base);
        }
        struct fx_candle whole = bar;
        if (growing->bar.count == 0) {
            growing->operation_id = trade->operation_id;
        } else {
            fx_candle_merge(&whole, &growing->bar);
        }
        growing->bar = whole;
    }
    return status;
}

static fx_status rebuild_instrument(struct rebuild *rebuild)
{
    const fx_str symbol = fx_ids_symbol_str(&rebuild->instrument->symbol);
    struct fx_store_page page = {.limit = FX_STORE_LIMIT_MAX};
    uint32_t count = page.limit;
    fx_status status = FX_OK;
    while (status == FX_OK && count == page.limit) {
        status = fx_store_trade_list_figures(rebuild->store, symbol, &page, rebuild->page, &count);
        for (uint32_t index = 0; index < count && status == FX_OK; index++) {
            status = add_trade(rebuild, &rebuild->page[index]);
        }
        page.before_id = count > 0 ? rebuild->page[count - 1].id : 0;
    }
    for (uint32_t base = 0; base < FX_INTERVAL_BASES && status == FX_OK; base++) {
        status = finish_bar(rebuild, base);
    }
    return status == FX_OK ? flush(rebuild) : status;
}

static fx_status rebuild_all(struct rebuild *rebuild,
                             const struct fx_instrument instruments[FX_INSTRUMENTS_MAX],
                             const bool has_instrument[FX_INSTRUMENTS_MAX],
                             const struct fx_store_progress_key *done)
{
    fx_status status = fx_store_candle_remove(rebuild->store, FX_ROWS_CANDLE_PRICE_LAST);
    for (uint32_t id = 0; id < FX_INSTRUMENTS_MAX && status == FX_OK; id++) {
        if (has_instrument[id]) {
            rebuild->instrument = &instruments[id];
            status = rebuild_instrument(rebuild);
        }
    }
    if (status == FX_OK) {
        const struct fx_store_progress_step step = {.from = 0, .to = 1};
        status = fx_store_progress_advance(rebuild->store, done, &step);
    }
    return status == FX_OK ? fx_store_commit(rebuild->store) : status;
}

fx_status fx_worker_save_candle_rebuild(struct fx_store *store,
                                        const struct fx_instrument instruments[FX_INSTRUMENTS_MAX],
                                        const bool has_instrument[FX_INSTRUMENTS_MAX],
                                        const struct fx_store_progress_key *done)
{
    uint64_t was_done = 0;
    fx_status status = fx_store_progress_find(store, done, &was_done);
    if (status != FX_OK || was_done != 0) {
        return status;
    }
    struct rebuild *rebuild = NULL;
    if (posix_memalign((void **)&rebuild, 64, sizeof *rebuild) != 0) {
        return FX_NO_MEMORY;
    }
    memset(rebuild, 0, sizeof *rebuild);
    rebuild->store = store;
    status = fx_store_begin(store);
    if (status == FX_OK) {
        status = rebuild_all(rebuild, instruments, has_instrument, done);
    }
    if (status != FX_OK) {
        fx_store_rollback(store);
    }
    free(rebuild);
    return status;
}
