#include "worker/worker_save_candle.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "market/candle.h"
#include "market/interval.h"
#include "store/store_candle.h"

#define MINUTE_US (60LL * 1000 * 1000)

enum {
    CHUNK = 64, /* rows handed to the store together */
    SERIES = FX_INSTRUMENTS_MAX * FX_ROWS_CANDLE_PRICES * FX_INTERVAL_BASES
};

/* The newest bar of one instrument, price and length. */
struct series {
    struct fx_candle bar; /* count 0: none yet */
    uint64_t operation_id;
    const struct fx_instrument *instrument;
    bool is_loaded;
    bool is_changed; /* since it was written */
};

struct fx_worker_save_candle {
    struct series series[SERIES];
    uint32_t changed[SERIES]; /* which are, each once */
    uint32_t changed_count;
    uint32_t row_count;
    uint64_t written;
    struct fx_rows_candle rows[CHUNK];
};

fx_status fx_worker_save_candle_create(struct fx_worker_save_candle **candle_out)
{
    struct fx_worker_save_candle *candle = NULL;
    if (posix_memalign((void **)&candle, 64, sizeof *candle) != 0) {
        return FX_NO_MEMORY;
    }
    memset(candle, 0, sizeof *candle);
    *candle_out = candle;
    return FX_OK;
}

void fx_worker_save_candle_destroy(struct fx_worker_save_candle *candle)
{
    free(candle);
}

void fx_worker_save_candle_forget(struct fx_worker_save_candle *candle)
{
    for (uint32_t index = 0; index < SERIES; index++) {
        candle->series[index].is_loaded = false;
        candle->series[index].is_changed = false;
    }
    candle->changed_count = 0;
    candle->row_count = 0;
    candle->written = 0;
}

/* ---- one bar ----------------------------------------------------------------------------------
 */

/* Which price and length the series with this index is of. */
static enum fx_rows_candle_price price_of(uint32_t index)
{
    return (enum fx_rows_candle_price)(1 + index / FX_INTERVAL_BASES % FX_ROWS_CANDLE_PRICES);
}

static uint32_t base_of(uint32_t index)
{
    return index % FX_INTERVAL_BASES;
}

static fx_status load(struct series *series, uint32_t index, struct fx_store *store)
{
    struct fx_rows_candle row;
    uint32_t count = 0;
    const struct fx_store_candle_query query = {.symbol =
                                                    fx_ids_symbol_str(&series->instrument->symbol),
                                                .price = price_of(index),
                                                .minutes = fx_interval_base_minutes(base_of(index)),
                                                .is_newest_first = true,
                                                .limit = 1};
    fx_status status = fx_store_candle_list(store, &query, &row, &count);
    series->bar = (struct fx_candle){.count = 0};
    series->operation_id = 0;
    if (status == FX_OK && count > 0) {
        status = fx_candle_of_row(&row, series->instrument, &series->bar);
        series->operation_id = row.operation_id;
    }
    series->is_loaded = status == FX_OK;
    return status;
}

static fx_status write_rows(struct fx_worker_save_candle *candle, struct fx_store *store)
{
    const uint32_t count = candle->row_count;
    candle->row_count = 0;
    candle->written += count;
    return fx_store_candle_save(store, candle->rows, count);
}

static fx_status write_bar(struct fx_worker_save_candle *candle,
                           struct fx_store *store,
                           uint32_t index)
{
    const struct series *series = &candle->series[index];
    struct fx_rows_candle *row = &candle->rows[candle->row_count++];
    memset(row, 0, sizeof *row);
    fx_candle_to_row(&series->bar, series->instrument, price_of(index), row);
    row->operation_id = series->operation_id;
    row->minutes = fx_interval_base_minutes(base_of(index));
    row->symbol = series->instrument->symbol;
    return candle->row_count == CHUNK ? write_rows(candle, store) : FX_OK;
}

/* Count the event into the series' bar; the bar before it is written where a new one begins. */
static fx_status add_to(struct fx_worker_save_candle *candle,
                        struct fx_store *store,
                        uint32_t index,
                        const struct fx_event *event)
{
    struct series *series = &candle->series[index];
    const uint64_t operation_id = fx_event_operation_id(event);
    const int64_t start = fx_interval_base_start(base_of(index), event->time_us / MINUTE_US);
    int64_t price = 0;
    fx_status status = series->is_loaded ? FX_OK : load(series, index, store);
    if (status != FX_OK || operation_id <= series->operation_id ||
        !fx_candle_price_of(event, price_of(index), &price)) {
        return status;
    }
    if (series->bar.count == 0 || start > series->bar.start) {
        status = series->is_changed ? write_bar(candle, store, index) : FX_OK;
        series->bar = (struct fx_candle){.start = start};
    }
    if (event->kind == FX_EVENT_TRADE) {
        fx_candle_add_trade(&series->bar, &event->u.trade);
    } else {
        fx_candle_add_price(&series->bar, price);
    }
    series->operation_id = operation_id;
    if (!series->is_changed) {
        series->is_changed = true;
        candle->changed[candle->changed_count++] = index;
    }
    return status;
}

/* ---- doors ------------------------------------------------------------------------------------
 */

fx_status fx_worker_save_candle_add(struct fx_worker_save_candle *candle,
                                    struct fx_store *store,
                                    const struct fx_instrument *instrument,
                                    const struct fx_event *event)
{
    FX_ASSERT(event->kind == FX_EVENT_TRADE || event->kind == FX_EVENT_MARK);
    FX_ASSERT(instrument->instrument_id < FX_INSTRUMENTS_MAX);
    const bool is_trade = event->kind == FX_EVENT_TRADE;
    const uint32_t prices = is_trade ? 1 : FX_ROWS_CANDLE_PRICES - 1;
    uint32_t index = (instrument->instrument_id * FX_ROWS_CANDLE_PRICES + (is_trade ? 0 : 1)) *
                     FX_INTERVAL_BASES;
    fx_status status = FX_OK;
    for (uint32_t left = prices * FX_INTERVAL_BASES; left > 0 && status == FX_OK; left--) {
        candle->series[index].instrument = instrument;
        status = add_to(candle, store, index, event);
        index++;
    }
    return status;
}

fx_status fx_worker_save_candle_flush(struct fx_worker_save_candle *candle,
                                      struct fx_store *store,
                                      uint64_t *count_out)
{
    fx_status status = FX_OK;
    for (uint32_t at = 0; at < candle->changed_count && status == FX_OK; at++) {
        const uint32_t index = candle->changed[at];
        status = write_bar(candle, store, index);
        candle->series[index].is_changed = false;
    }
    if (status == FX_OK) {
        candle->changed_count = 0;
        status = write_rows(candle, store);
    }
    if (status == FX_OK) {
        *count_out = candle->written;
        candle->written = 0;
    }
    return status;
}
