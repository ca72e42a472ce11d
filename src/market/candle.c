#include "market/candle.h"

#include <stddef.h>

#include "base/panic.h"

#define MINUTE_US     (60LL * 1000 * 1000)
#define PPB           1000000000LL
#define UNITS_PER_PPB 1000000000LL /* 1e18 / 1e9 */

struct fx_candle fx_candle_empty(int64_t start, int64_t close)
{
    return (struct fx_candle){
        .start = start, .open = close, .high = close, .low = close, .close = close};
}

/* left, right >= 0 and in range. */
static fx_i128 add_capped(fx_i128 left, fx_i128 right)
{
    const fx_i128 most = fx_dec_limit() - 1;
    return left > most - right ? most : left + right;
}

void fx_candle_add_price(struct fx_candle *candle, int64_t price)
{
    if (candle->count == 0) {
        candle->open = price;
        candle->high = price;
        candle->low = price;
    }
    candle->high = price > candle->high ? price : candle->high;
    candle->low = price < candle->low ? price : candle->low;
    candle->close = price;
    candle->count++;
}

void fx_candle_add_trade(struct fx_candle *candle, const struct fx_event_trade *trade)
{
    FX_ASSERT(trade->lots >= 0 && trade->value >= 0);
    fx_candle_add_price(candle, trade->price_ticks);
    candle->lots = add_capped(candle->lots, trade->lots);
    candle->value = add_capped(candle->value, trade->value);
    if (trade->buyer_is_taker != 0) {
        candle->taker_buy_lots = add_capped(candle->taker_buy_lots, trade->lots);
        candle->taker_buy_value = add_capped(candle->taker_buy_value, trade->value);
    }
}

void fx_candle_merge(struct fx_candle *candle, const struct fx_candle *later)
{
    if (later->count == 0) {
        return;
    }
    if (candle->count == 0) {
        candle->open = later->open;
        candle->high = later->high;
        candle->low = later->low;
    }
    candle->high = later->high > candle->high ? later->high : candle->high;
    candle->low = later->low < candle->low ? later->low : candle->low;
    candle->close = later->close;
    candle->count += later->count;
    candle->lots = add_capped(candle->lots, later->lots);
    candle->value = add_capped(candle->value, later->value);
    candle->taker_buy_lots = add_capped(candle->taker_buy_lots, later->taker_buy_lots);
    candle->taker_buy_value = add_capped(candle->taker_buy_value, later->taker_buy_value);
}

static int64_t premium_of(const struct fx_event_mark *mark)
{
    const fx_i128 ppb = fx_dec_div_int(((fx_i128)mark->mark_ticks - mark->index_ticks) * PPB,
                                       mark->index_ticks,
                                       FX_ROUND_HALF_EVEN);
    return ppb > INT64_MAX ? INT64_MAX : (int64_t)ppb; /* never below -1e9: prices are positive */
}

bool fx_candle_price_of(const struct fx_event *event,
                        enum fx_rows_candle_price price,
                        int64_t *value_out)
{
    if (price == FX_ROWS_CANDLE_PRICE_LAST) {
        /* What the fund or auto-deleveraging closes was traded with nobody. */
        const bool is_traded = event->kind == FX_EVENT_TRADE &&
                               event->u.trade.note != FX_TRADE_NOTE_INSURANCE_LIQUIDATION &&
                               event->u.trade.note != FX_TRADE_NOTE_AUTO_DELEVERAGE;
        *value_out = is_traded ? event->u.trade.price_ticks : *value_out;
        return is_traded;
    }
    if (event->kind != FX_EVENT_MARK) {
        return false;
    }
    const struct fx_event_mark *mark = &event->u.mark;
    if (price == FX_ROWS_CANDLE_PRICE_MARK) {
        *value_out = mark->mark_ticks;
        return mark->mark_ticks > 0;
    }
    if (price == FX_ROWS_CANDLE_PRICE_INDEX) {
        *value_out = mark->index_ticks;
        return mark->index_ticks > 0;
    }
    if (mark->mark_ticks <= 0 || mark->index_ticks <= 0) {
        return false;
    }
    *value_out = premium_of(mark);
    return true;
}

/* ---- decimals ---------------------------------------------------------------------------------
 */

static fx_i128 unit_of(const struct fx_instrument *instrument, enum fx_rows_candle_price price)
{
    return price == FX_ROWS_CANDLE_PRICE_PREMIUM ? UNITS_PER_PPB : instrument->tick_size;
}

static fx_i128 times_capped(fx_i128 count, fx_i128 unit)
{
    const fx_i128 most = fx_dec_div_int(fx_dec_limit() - 1, unit, FX_ROUND_FLOOR);
    return (count > most ? most : count) * unit;
}

void fx_candle_to_row(const struct fx_candle *candle,
                      const struct fx_instrument *instrument,
                      enum fx_rows_candle_price price,
                      struct fx_rows_candle *row_out)
{
    const fx_i128 unit = unit_of(instrument, price);
    row_out->open = candle->open * unit;
    row_out->high = candle->high * unit;
    row_out->low = candle->low * unit;
    row_out->close = candle->close * unit;
    row_out->volume = times_capped(candle->lots, instrument->lot_size);
    row_out->value = candle->value;
    row_out->taker_buy_volume = times_capped(candle->taker_buy_lots, instrument->lot_size);
    row_out->taker_buy_value = candle->taker_buy_value;
    row_out->count = candle->count;
    row_out->start_us = candle->start * MINUTE_US;
    row_out->price = price;
}

/* An exact multiple of the unit only. */
static bool divide(fx_i128 amount, fx_i128 unit, fx_i128 *quotient_out)
{
    *quotient_out = fx_dec_div_int(amount, unit, FX_ROUND_FLOOR);
    return *quotient_out * unit == amount;
}

static bool price_of(fx_i128 amount, fx_i128 unit, int64_t *price_out)
{
    fx_i128 quotient = 0;
    const bool is_whole = divide(amount, unit, &quotient);
    *price_out = (int64_t)quotient;
    return is_whole && *price_out == quotient;
}

fx_status fx_candle_of_row(const struct fx_rows_candle *row,
                           const struct fx_instrument *instrument,
                           struct fx_candle *candle_out)
{
    const fx_i128 unit = unit_of(instrument, row->price);
    struct fx_candle candle = {.value = row->value,
                               .taker_buy_value = row->taker_buy_value,
                               .start = row->start_us / MINUTE_US,
                               .count = row->count};
    if (!price_of(row->open, unit, &candle.open) || !price_of(row->high, unit, &candle.high) ||
        !price_of(row->low, unit, &candle.low) || !price_of(row->close, unit, &candle.close) ||
        !divide(row->volume, instrument->lot_size, &candle.lots) ||
        !divide(row->taker_buy_volume, instrument->lot_size, &candle.taker_buy_lots) ||
        row->start_us % MINUTE_US != 0) {
        return FX_CORRUPT;
    }
    if (row->count == 0 || row->volume < 0 || row->value < 0 || row->taker_buy_volume < 0 ||
        row->taker_buy_value < 0 || candle.low > candle.high) {
        return FX_CORRUPT;
    }
    *candle_out = candle;
    return FX_OK;
}
