/* The filters, named as Binance names them, in the order in which they are asked. Each answers with
 * the limit that was missed and the nearest value that would have passed this filter. */
#include "base/panic.h"
#include "model/instrument.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): slots, lots and units are plain numbers here
enum { PPB = 1000000000 };

static bool has_price(enum fx_order_type type)
{
    return type == FX_ORDER_TYPE_LIMIT || type == FX_ORDER_TYPE_STOP_LIMIT ||
           type == FX_ORDER_TYPE_TAKE_PROFIT_LIMIT;
}

static fx_status reject_price(const struct fx_instrument *instrument,
                              fx_status status,
                              int64_t limit_ticks,
                              struct fx_reject *reject_out)
{
    const fx_i128 limit = fx_instrument_price(instrument, (fx_px){limit_ticks});
    *reject_out = (struct fx_reject){
        .status = status,
        .has_limit = 1,
        .has_nearest = 1,
        .field = FX_FIELD_PRICE,
        .limit = limit,
        .nearest = limit,
    };
    return status;
}

static fx_status reject_quantity(const struct fx_instrument *instrument,
                                 fx_status status,
                                 int64_t limit_lots,
                                 struct fx_reject *reject_out)
{
    const fx_i128 limit = fx_instrument_quantity(instrument, (fx_qty){limit_lots});
    *reject_out = (struct fx_reject){
        .status = status,
        .has_limit = 1,
        .has_nearest = 1,
        .field = FX_FIELD_QUANTITY,
        .limit = limit,
        .nearest = limit,
    };
    return status;
}

static fx_status filter_price(const struct fx_instrument *instrument,
                              const struct fx_filter_input *input,
                              struct fx_reject *reject_out)
{
    if (!has_price(input->type)) {
        return FX_OK;
    }
    if (input->price.ticks < 1) {
        return reject_price(instrument, FX_PRICE_FILTER, 1, reject_out);
    }
    if (input->price.ticks > instrument->max_ticks) {
        return reject_price(instrument, FX_PRICE_FILTER, instrument->max_ticks, reject_out);
    }
    return FX_OK;
}

static fx_status filter_lots(const struct fx_instrument *instrument,
                             const struct fx_filter_input *input,
                             struct fx_reject *reject_out)
{
    const int64_t lots = input->quantity.lots;
    if (lots < instrument->min_lots) {
        return reject_quantity(instrument, FX_LOT_SIZE, instrument->min_lots, reject_out);
    }
    if (has_price(input->type)) {
        return lots <= instrument->max_lots
                   ? FX_OK
                   : reject_quantity(instrument, FX_LOT_SIZE, instrument->max_lots, reject_out);
    }
    return lots <= instrument->max_market_lots
               ? FX_OK
               : reject_quantity(
                     instrument, FX_MARKET_LOT_SIZE, instrument->max_market_lots, reject_out);
}

/* What one lot counts for min_notional: inverse its quote value, linear its value at the order's
 * price, or at mark for an order without one. 0 where neither is known: not asked. */
static fx_i128 lot_notional(const struct fx_instrument *instrument,
                            const struct fx_filter_input *input)
{
    const fx_i128 unit = input->unit > 0 ? input->unit : fx_instrument_unit(instrument);
    if (instrument->contract_type == FX_CONTRACT_TYPE_COIN_M) {
        return unit;
    }
    const int64_t ticks = has_price(input->type) ? input->price.ticks : input->mark.ticks;
    fx_i128 notional = 0;
    /* Out of range is far above any minimum. */
    return fx_dec_mul_int(unit, ticks, &notional) ? notional : fx_dec_limit();
}

static fx_status filter_notional(const struct fx_instrument *instrument,
                                 const struct fx_filter_input *input,
                                 struct fx_reject *reject_out)
{
    if (instrument->min_notional == 0 || input->is_reduce_only) {
        return FX_OK;
    }
    const fx_i128 per_lot = lot_notional(instrument, input);
    if (per_lot == 0) {
        return FX_OK;
    }
    fx_i128 notional = 0;
    if (!fx_dec_mul_int(per_lot, input->quantity.lots, &notional) ||
        notional >= instrument->min_notional) {
        return FX_OK;
    }
    const fx_i128 lots_min = fx_dec_div_int(instrument->min_notional, per_lot, FX_ROUND_CEIL);
    const bool is_market = !has_price(input->type);
    const int64_t lots_max = is_market ? instrument->max_market_lots : instrument->max_lots;
    *reject_out = (struct fx_reject){
        .status = FX_MIN_NOTIONAL,
        .has_limit = 1,
        .field = FX_FIELD_QUANTITY,
        .limit = instrument->min_notional,
    };
    if (lots_min <= lots_max) {
        reject_out->has_nearest = 1;
        reject_out->nearest = fx_instrument_quantity(instrument, (fx_qty){(int64_t)lots_min});
    }
    return FX_MIN_NOTIONAL;
}

static fx_status filter_band(const struct fx_instrument *instrument,
                             const struct fx_filter_input *input,
                             struct fx_reject *reject_out)
{
    if (!has_price(input->type) || input->mark.ticks == 0) {
        return FX_OK;
    }
    const fx_i128 mark = input->mark.ticks;
    if (input->side == FX_SIDE_BUY && instrument->band_up_ppb > 0) {
        const fx_i128 factor = (fx_i128)PPB + instrument->band_up_ppb;
        if ((fx_i128)input->price.ticks * PPB > mark * factor) {
            const fx_i128 highest = fx_dec_div_int(mark * factor, PPB, FX_ROUND_FLOOR);
            return reject_price(instrument, FX_PERCENT_PRICE, (int64_t)highest, reject_out);
        }
    }
    if (input->side == FX_SIDE_SELL && instrument->band_down_ppb > 0) {
        const fx_i128 factor = PPB - instrument->band_down_ppb;
        if ((fx_i128)input->price.ticks * PPB < mark * factor) {
            const fx_i128 lowest = fx_dec_div_int(mark * factor, PPB, FX_ROUND_CEIL);
            return reject_price(instrument, FX_PERCENT_PRICE, (int64_t)lowest, reject_out);
        }
    }
    return FX_OK;
}

fx_status fx_instrument_filter(const struct fx_instrument *instrument,
                               const struct fx_filter_input *input,
                               struct fx_reject *reject_out)
{
    FX_ASSERT(input->side == FX_SIDE_BUY || input->side == FX_SIDE_SELL);
    FX_ASSERT(input->mark.ticks >= 0);
    fx_status status = filter_price(instrument, input, reject_out);
    if (status == FX_OK) {
        status = filter_lots(instrument, input, reject_out);
    }
    if (status == FX_OK) {
        status = filter_notional(instrument, input, reject_out);
    }
    if (status == FX_OK) {
        status = filter_band(instrument, input, reject_out);
    }
    return status;
}
// NOLINTEND(bugprone-easily-swappable-parameters)
