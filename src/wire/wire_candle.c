#include "wire/wire_candle.h"

#include "base/json.h"

enum { US_PER_MS = 1000 };

static void append_text(struct fx_buf *buf, fx_i128 units)
{
    fx_buf_append(buf, FX_STR(",\""));
    fx_buf_append_dec(buf, units);
    fx_buf_append_byte(buf, '"');
}

static int64_t close_ms(int64_t end_us)
{
    return end_us / US_PER_MS - 1;
}

void fx_wire_candle_array(struct fx_buf *buf, const struct fx_rows_candle *row, int64_t end_us)
{
    fx_json_append_comma(buf);
    fx_buf_append_byte(buf, '[');
    fx_buf_append_i64(buf, row->start_us / US_PER_MS);
    append_text(buf, row->open);
    append_text(buf, row->high);
    append_text(buf, row->low);
    append_text(buf, row->close);
    append_text(buf, row->volume);
    fx_buf_append_byte(buf, ',');
    fx_buf_append_i64(buf, close_ms(end_us));
    append_text(buf, row->value);
    fx_buf_append_byte(buf, ',');
    fx_buf_append_u64(buf, row->count);
    append_text(buf, row->taker_buy_volume);
    append_text(buf, row->taker_buy_value);
    fx_buf_append_byte(buf, ']');
}

static void add_prices(struct fx_buf *buf, const struct fx_rows_candle *row)
{
    fx_json_add_dec(buf, FX_STR("open"), row->open);
    fx_json_add_dec(buf, FX_STR("high"), row->high);
    fx_json_add_dec(buf, FX_STR("low"), row->low);
    fx_json_add_dec(buf, FX_STR("close"), row->close);
    fx_json_add_dec(buf, FX_STR("volume"), row->volume);
}

void fx_wire_candle_object(struct fx_buf *buf, const struct fx_wire_candle *candle)
{
    const struct fx_rows_candle *row = candle->row;
    fx_buf_append_byte(buf, '{');
    fx_json_add_str(buf, FX_STR("symbol"), candle->symbol);
    fx_json_add_str(buf, FX_STR("interval"), candle->interval);
    fx_json_add_str(buf, FX_STR("priceType"), fx_str_of(fx_rows_candle_price_name(row->price)));
    fx_json_add_int(buf, FX_STR("openTime"), row->start_us / US_PER_MS);
    fx_json_add_int(buf, FX_STR("closeTime"), close_ms(candle->end_us));
    add_prices(buf, row);
    fx_json_add_dec(buf, FX_STR("quoteVolume"), row->value);
    fx_json_add_int(buf, FX_STR("count"), (int64_t)row->count);
    fx_json_add_dec(buf, FX_STR("takerBuyVolume"), row->taker_buy_volume);
    fx_json_add_dec(buf, FX_STR("takerBuyQuoteVolume"), row->taker_buy_value);
    fx_json_add_bool(buf, FX_STR("isFinal"), candle->is_final);
    fx_buf_append_byte(buf, '}');
}

void fx_wire_candle_point(struct fx_buf *buf, const struct fx_rows_candle *row)
{
    fx_buf_append_byte(buf, '{');
    fx_json_add_int(buf, FX_STR("time"), row->start_us / US_PER_MS);
    add_prices(buf, row);
    fx_buf_append_byte(buf, '}');
}
