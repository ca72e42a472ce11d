#include "store/store_candle.h"

#include "base/panic.h"
#include "store/store_table_int.h"

#define COLUMN(name, codec, member) FX_STORE_ROW_COLUMN(struct fx_rows_candle, name, codec, member)

static const struct fx_store_row_column COLUMNS[] = {
    COLUMN("symbol", CHARS, symbol),
    COLUMN("priceType", CANDLE_PRICE, price),
    COLUMN("resolution", UINT, minutes),
    COLUMN("minute", TIME, start_us),
    COLUMN("open", DEC, open),
    COLUMN("high", DEC, high),
    COLUMN("low", DEC, low),
    COLUMN("close", DEC, close),
    COLUMN("volume", DEC, volume),
    COLUMN("quoteVolume", DEC, value),
    COLUMN("takerBuyVolume", DEC, taker_buy_volume),
    COLUMN("takerBuyQuoteVolume", DEC, taker_buy_value),
    COLUMN("tradeCount", UINT, count),
    COLUMN("operationId", UINT, operation_id),
};

static const struct fx_store_row_table TABLE = {
    "candles", COLUMNS, sizeof COLUMNS / sizeof COLUMNS[0], 4, sizeof(struct fx_rows_candle)};

fx_status fx_store_candle_save(struct fx_store *store,
                               const struct fx_rows_candle candles[],
                               uint32_t count)
{
    return fx_store_table_upsert(store, &TABLE, candles, count);
}

fx_status fx_store_candle_list(struct fx_store *store,
                               const struct fx_store_candle_query *query,
                               struct fx_rows_candle candles_out[],
                               uint32_t *count_out)
{
    struct fx_store_table_select select;
    FX_ASSERT(query->limit >= 1 && query->limit <= FX_STORE_LIMIT_MAX);
    fx_store_table_select(&select, store, &TABLE, FX_STR(""));
    fx_store_table_and_text(&select, FX_STR("`symbol`=?"), query->symbol);
    fx_store_table_and_word(
        &select, FX_STR(" AND `priceType`=?"), fx_rows_candle_price_name(query->price));
    fx_store_table_and_u64(&select, FX_STR(" AND `resolution`=?"), query->minutes);
    if (query->span.start_us != 0) {
        fx_store_table_and_time(&select, FX_STR(" AND `minute`>=?"), query->span.start_us);
    }
    if (query->span.end_us != 0) {
        fx_store_table_and_time(&select, FX_STR(" AND `minute`<=?"), query->span.end_us);
    }
    fx_store_table_and_u64(&select,
                           query->is_newest_first ? FX_STR(" ORDER BY `minute` DESC LIMIT ?")
                                                  : FX_STR(" ORDER BY `minute` LIMIT ?"),
                           query->limit);
    return fx_store_table_read(&select, candles_out, query->limit, count_out);
}

fx_status fx_store_candle_remove(struct fx_store *store, enum fx_rows_candle_price price)
{
    const struct fx_store_value value =
        fx_store_value_text(fx_str_of(fx_rows_candle_price_name(price)));
    uint64_t changed = 0;
    FX_ASSERT(store->is_writer);
    fx_store_sql(store, FX_STR("DELETE FROM `candles` WHERE `priceType`=?"));
    return fx_store_execute(store, &value, 1, &changed);
}

fx_status fx_store_candle_count(struct fx_store *store, uint64_t *count_out)
{
    return fx_store_table_count(store, &TABLE, count_out);
}
