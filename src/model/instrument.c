/* Definitions of instruments: words, the judgement of a definition, and unit arithmetic. The
 * filters that an order passes are in instrument_filter.c. Decimals are 1e-18 throughout, so a
 * product of two of them is divided by 1e18 once; where a rule says "whole number of 1e-18" the
 * remainder of that division is asked for. */
#include "model/instrument.h"

#include <string.h>

#include "base/panic.h"
#include "model/words.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): slots, lots and units are plain numbers here
#define COUNT(table) (uint32_t)(sizeof(table) / sizeof(table)[0])

enum { PPB = 1000000000, LEVERAGE_ONE_CENTI = 100 };

static const struct fx_words_entry FIELDS[] = {
    {FX_FIELD_NONE, ""},
    {FX_FIELD_PRICE, "price"},
    {FX_FIELD_QUANTITY, "quantity"},
    {FX_FIELD_LEVERAGE, "leverage"},
    {FX_FIELD_AMOUNT, "amount"},
    {FX_FIELD_SYMBOL, "symbol"},
    {FX_FIELD_EXPIRE_TIME, "expireTime"},
    {FX_FIELD_TIME_IN_FORCE, "timeInForce"},
    {FX_FIELD_MARGIN_MODE, "marginMode"},
    {FX_FIELD_CLIENT_ORDER_ID, "clientOrderId"},
    {FX_FIELD_POSITION_SIDE, "positionSide"},
    {FX_FIELD_TRIGGER_PRICE, "triggerPrice"},
    {FX_FIELD_ACTIVATION_PRICE, "activationPrice"},
    {FX_FIELD_CALLBACK_RATE, "callbackRate"},
    {FX_FIELD_TRIGGER_BY, "triggerBy"},
    {FX_FIELD_CLOSE_POSITION, "closePosition"},
    {FX_FIELD_TAKE_PROFIT, "takeProfit"},
    {FX_FIELD_STOP_LOSS, "stopLoss"},
    {FX_FIELD_CLIENT_TRANSFER_ID, "clientTransferId"},
};

const char *fx_instrument_field_name(enum fx_field field)
{
    const char *name = fx_words_name(FIELDS, COUNT(FIELDS), field);
    FX_ASSERT(name != NULL);
    return name;
}

static const struct fx_words_entry CONTRACT_TYPES[] = {
    {FX_CONTRACT_TYPE_USD_M, "USD_M"},
    {FX_CONTRACT_TYPE_COIN_M, "COIN_M"},
};

const char *fx_instrument_contract_type_name(enum fx_contract_type type)
{
    const char *name = fx_words_name(CONTRACT_TYPES, COUNT(CONTRACT_TYPES), type);
    FX_ASSERT(name != NULL);
    return name;
}

enum fx_contract_type fx_instrument_contract_type_of(fx_str name)
{
    return (enum fx_contract_type)fx_words_number(CONTRACT_TYPES, COUNT(CONTRACT_TYPES), name);
}

static const struct fx_words_entry KINDS[] = {
    {FX_INSTRUMENT_KIND_PERPETUAL, "PERPETUAL"},
    {FX_INSTRUMENT_KIND_DATED, "DATED"},
};

const char *fx_instrument_kind_name(enum fx_instrument_kind kind)
{
    const char *name = fx_words_name(KINDS, COUNT(KINDS), kind);
    FX_ASSERT(name != NULL);
    return name;
}

enum fx_instrument_kind fx_instrument_kind_of(fx_str name)
{
    return (enum fx_instrument_kind)fx_words_number(KINDS, COUNT(KINDS), name);
}

static const struct fx_words_entry STATES[] = {
    {FX_INSTRUMENT_STATE_PENDING, "PENDING"},
    {FX_INSTRUMENT_STATE_TRADING, "TRADING"},
    {FX_INSTRUMENT_STATE_POST_ONLY, "POST_ONLY"},
    {FX_INSTRUMENT_STATE_CANCEL_ONLY, "CANCEL_ONLY"},
    {FX_INSTRUMENT_STATE_HALTED, "HALTED"},
    {FX_INSTRUMENT_STATE_SETTLING, "SETTLING"},
    {FX_INSTRUMENT_STATE_SETTLED, "SETTLED"},
};

const char *fx_instrument_state_name(enum fx_instrument_state state)
{
    const char *name = fx_words_name(STATES, COUNT(STATES), state);
    FX_ASSERT(name != NULL);
    return name;
}

enum fx_instrument_state fx_instrument_state_of(fx_str name)
{
    return (enum fx_instrument_state)fx_words_number(STATES, COUNT(STATES), name);
}

/* left x right / 1e18 where it is a whole number in range; false otherwise. The remainder is below
 * 1e18, so it is exact modulo 2^128. */
static bool exact_product(fx_i128 left, fx_i128 right, fx_i128 *product_out)
{
    fx_i128 product = 0;
    if (!fx_dec_mul_div(left, right, fx_dec_one(), FX_ROUND_DOWN, &product)) {
        return false;
    }
    const fx_u128 rest = (fx_u128)left * (fx_u128)right - (fx_u128)product * (fx_u128)fx_dec_one();
    if (rest != 0) {
        return false;
    }
    *product_out = product;
    return true;
}

/* The unit of a definition; false where it is not a whole number of 1e-18. The product of three
 * decimals is asked in the three orders: if the whole product is exact but no pair is, the
 * definition has more digits than any market uses and is refused. */
static bool unit_of(const struct fx_instrument *instrument, fx_i128 *unit_out)
{
    const fx_i128 tick = instrument->tick_size;
    const fx_i128 lot = instrument->lot_size;
    const fx_i128 multiplier = instrument->multiplier;
    if (instrument->contract_type == FX_CONTRACT_TYPE_COIN_M) {
        return exact_product(lot, multiplier, unit_out) && *unit_out > 0;
    }
    fx_i128 pair = 0;
    fx_i128 unit = 0;
    const bool is_whole =
        (exact_product(tick, lot, &pair) && exact_product(pair, multiplier, &unit)) ||
        (exact_product(lot, multiplier, &pair) && exact_product(pair, tick, &unit)) ||
        (exact_product(tick, multiplier, &pair) && exact_product(pair, lot, &unit));
    if (!is_whole || unit <= 0) {
        return false;
    }
    *unit_out = unit;
    return true;
}

fx_i128 fx_instrument_unit(const struct fx_instrument *instrument)
{
    fx_i128 unit = 0;
    const bool is_whole = unit_of(instrument, &unit);
    FX_ASSERT(is_whole); /* fx_instrument_check() let it in */
    return unit;
}

static bool linear_value(fx_i128 unit, fx_px price, fx_qty quantity, fx_amount *value_out)
{
    /* Two int64 give less than 2^126, so the first product cannot overflow. */
    const fx_i128 count = (fx_i128)price.ticks * quantity.lots;
    fx_i128 value = 0;
    if (count <= INT64_MAX && unit <= INT64_MAX) {
        value = (fx_i128)(int64_t)count * (int64_t)unit;
        if (!fx_dec_is_in_range(value)) {
            return false;
        }
    } else if (!fx_dec_mul_div(count, unit, 1, FX_ROUND_DOWN, &value)) {
        return false;
    }
    value_out->units = value;
    return true;
}

bool fx_instrument_inverse_value(const struct fx_instrument *instrument,
                                 fx_i128 unit,
                                 struct fx_instrument_at at,
                                 fx_amount *value_out)
{
    FX_ASSERT(instrument->contract_type == FX_CONTRACT_TYPE_COIN_M);
    FX_ASSERT(at.price.ticks > 0 && at.quantity.lots >= 0);
    fx_i128 quote = 0;
    fx_i128 decimal_price = 0;
    if (!fx_dec_mul_int(unit, at.quantity.lots, &quote) ||
        !fx_dec_mul_int(instrument->tick_size, at.price.ticks, &decimal_price)) {
        return false;
    }
    return fx_dec_mul_div(quote, fx_dec_one(), decimal_price, at.rounding, &value_out->units);
}

bool fx_instrument_value_by_unit(const struct fx_instrument *instrument,
                                 fx_i128 unit,
                                 fx_px price,
                                 fx_qty quantity,
                                 fx_amount *value_out)
{
    FX_ASSERT(price.ticks > 0);
    FX_ASSERT(quantity.lots >= 0);
    if (instrument->contract_type == FX_CONTRACT_TYPE_COIN_M) {
        const struct fx_instrument_at at = {price, quantity, FX_ROUND_HALF_EVEN};
        return fx_instrument_inverse_value(instrument, unit, at, value_out);
    }
    return linear_value(unit, price, quantity, value_out);
}

bool fx_instrument_value(const struct fx_instrument *instrument,
                         fx_px price,
                         fx_qty quantity,
                         fx_amount *value_out)
{
    const fx_i128 unit = fx_instrument_unit(instrument);
    return fx_instrument_value_by_unit(instrument, unit, price, quantity, value_out);
}

static bool is_symbol(const struct fx_symbol *symbol, bool may_be_empty)
{
    static const struct fx_symbol EMPTY = {{0}};
    struct fx_symbol parsed = EMPTY;
    if (!fx_ids_symbol(fx_ids_symbol_str(symbol), &parsed) && !may_be_empty) {
        return false;
    }
    return memcmp(&parsed, symbol, sizeof parsed) == 0; /* the padding is zero as well */
}

static bool is_asset(const struct fx_asset *asset)
{
    struct fx_asset parsed = {{0}};
    return fx_ids_asset(fx_ids_asset_str(asset), &parsed) &&
           memcmp(&parsed, asset, sizeof parsed) == 0;
}

static bool are_words_known(const struct fx_instrument *instrument)
{
    return fx_words_name(CONTRACT_TYPES, COUNT(CONTRACT_TYPES), instrument->contract_type) !=
               NULL &&
           fx_words_name(KINDS, COUNT(KINDS), instrument->kind) != NULL &&
           fx_words_name(STATES, COUNT(STATES), instrument->state) != NULL &&
           is_symbol(&instrument->symbol, false) && is_symbol(&instrument->root_symbol, true) &&
           is_asset(&instrument->base) && is_asset(&instrument->quote) &&
           is_asset(&instrument->settle);
}

static bool is_positive(fx_i128 decimal)
{
    return decimal > 0 && fx_dec_is_in_range(decimal);
}

static bool is_fraction(int64_t ppb)
{
    return ppb >= 0 && ppb < PPB;
}

static bool is_rate(int64_t ppb)
{
    return ppb > -PPB && ppb < PPB;
}

static bool are_bounds_ordered(const struct fx_instrument *instrument)
{
    return instrument->min_lots >= 1 && instrument->max_lots >= instrument->min_lots &&
           instrument->max_market_lots >= instrument->min_lots && instrument->max_ticks >= 1 &&
           instrument->open_interest_cap_lots >= 0 && instrument->min_notional >= 0 &&
           fx_dec_is_in_range(instrument->min_notional) && instrument->impact_notional >= 0 &&
           fx_dec_is_in_range(instrument->impact_notional) && instrument->orders_max >= 1 &&
           instrument->algo_orders_max >= 0 &&
           instrument->leverage_max_centi >= LEVERAGE_ONE_CENTI &&
           instrument->funding_interval_s >= 0 && instrument->tier_count <= FX_TIERS_MAX &&
           (instrument->kind != FX_INSTRUMENT_KIND_DATED || instrument->expiry_us > 0);
}

static bool are_rates_sane(const struct fx_instrument *instrument)
{
    return instrument->band_up_ppb >= 0 && is_fraction(instrument->band_down_ppb) &&
           is_fraction(instrument->market_take_bound_ppb) && is_rate(instrument->maker_fee_ppb) &&
           is_rate(instrument->taker_fee_ppb) && is_fraction(instrument->liquidation_fee_ppb) &&
           is_rate(instrument->interest_ppb) && is_fraction(instrument->damper_ppb);
}

/* The largest order at its dearest price, and the highest price and quantity as decimals. */
static bool are_amounts_in_range(const struct fx_instrument *instrument)
{
    const int64_t market = instrument->max_market_lots;
    const int64_t lots = instrument->max_lots > market ? instrument->max_lots : market;
    const bool is_inverse = instrument->contract_type == FX_CONTRACT_TYPE_COIN_M;
    const fx_px dearest = {is_inverse ? 1 : instrument->max_ticks};
    fx_i128 unit = 0;
    fx_i128 decimal = 0;
    fx_amount value = {0};
    return unit_of(instrument, &unit) &&
           fx_dec_mul_int(instrument->tick_size, instrument->max_ticks, &decimal) &&
           fx_dec_mul_int(instrument->lot_size, lots, &decimal) &&
           fx_instrument_value_by_unit(instrument, unit, dearest, (fx_qty){lots}, &value);
}

fx_status fx_instrument_check(const struct fx_instrument *instrument)
{
    if (!are_words_known(instrument) || !is_positive(instrument->tick_size) ||
        !is_positive(instrument->lot_size) || !is_positive(instrument->multiplier)) {
        return FX_BAD_INSTRUMENT;
    }
    if (!are_bounds_ordered(instrument) || !are_rates_sane(instrument) ||
        !are_amounts_in_range(instrument)) {
        return FX_BAD_INSTRUMENT;
    }
    return FX_OK;
}

/* cum_n = floor_n (r_n - r_n-1) + cum_n-1, down. In range: floor < 1e36 and rates are at most 1. */
static fx_i128 next_cum(const struct fx_tier *lower, int64_t rate_ppb)
{
    fx_i128 step = 0;
    const bool fits =
        fx_dec_mul_div(lower->cap, rate_ppb - lower->rate_ppb, PPB, FX_ROUND_DOWN, &step);
    FX_ASSERT(fits);
    return lower->cum + step;
}

static bool is_tier_sane(const struct fx_tier *tier)
{
    return is_positive(tier->cap) && tier->rate_ppb > 0 && is_fraction(tier->rate_ppb) &&
           tier->leverage_max_centi >= LEVERAGE_ONE_CENTI &&
           (fx_i128)tier->rate_ppb * tier->leverage_max_centi <= (fx_i128)PPB * LEVERAGE_ONE_CENTI;
}

fx_status fx_instrument_check_tiers(const struct fx_tier tiers[], uint32_t count)
{
    if (count == 0 || count > FX_TIERS_MAX || !is_tier_sane(&tiers[0]) || tiers[0].cum != 0) {
        return FX_BAD_INSTRUMENT;
    }
    for (uint32_t index = 1; index < count; index++) {
        const struct fx_tier *lower = &tiers[index - 1];
        const struct fx_tier *tier = &tiers[index];
        if (!is_tier_sane(tier) || tier->cap <= lower->cap || tier->rate_ppb < lower->rate_ppb ||
            tier->leverage_max_centi > lower->leverage_max_centi ||
            tier->cum != next_cum(lower, tier->rate_ppb)) {
            return FX_BAD_INSTRUMENT;
        }
    }
    return FX_OK;
}

void fx_instrument_fill_cums(struct fx_tier tiers[], uint32_t count)
{
    FX_ASSERT(count > 0);
    FX_ASSERT(count <= FX_TIERS_MAX);
    tiers[0].cum = 0;
    for (uint32_t index = 1; index < count; index++) {
        tiers[index].cum = next_cum(&tiers[index - 1], tiers[index].rate_ppb);
    }
}

const struct fx_tier *fx_instrument_tier(const struct fx_tier tiers[],
                                         uint32_t count,
                                         fx_amount notional)
{
    FX_ASSERT(count > 0);
    uint32_t index = 0;
    while (index + 1 < count && notional.units > tiers[index].cap) {
        index++;
    }
    return &tiers[index];
}

fx_i128 fx_instrument_price(const struct fx_instrument *instrument, fx_px price)
{
    return instrument->tick_size * price.ticks;
}

fx_i128 fx_instrument_quantity(const struct fx_instrument *instrument, fx_qty quantity)
{
    return instrument->lot_size * quantity.lots;
}

/* What a decimal is in whole steps. */
struct steps {
    int64_t nearest; /* within bounds; a tie goes down */
    bool is_whole;
    bool is_within;
};

static struct steps steps_of(fx_i128 decimal, fx_i128 step, int64_t minimum, int64_t maximum)
{
    FX_ASSERT(step > 0);
    FX_ASSERT(minimum >= 1 && minimum <= maximum);
    const fx_i128 below = fx_dec_div_int(decimal, step, FX_ROUND_FLOOR);
    const fx_i128 rest = decimal - below * step;
    const fx_i128 nearest = rest > step - rest ? below + 1 : below;
    const bool is_within = below >= 1 && below <= maximum;
    const struct steps steps = {
        .nearest = nearest < minimum   ? minimum
                   : nearest > maximum ? maximum
                                       : (int64_t)nearest,
        .is_whole = rest == 0,
        .is_within = is_within,
    };
    return steps;
}

fx_status fx_instrument_ticks(const struct fx_instrument *instrument,
                              fx_i128 price,
                              fx_px *price_out,
                              struct fx_reject *reject_out)
{
    const struct steps steps = steps_of(price, instrument->tick_size, 1, instrument->max_ticks);
    if (steps.is_whole && steps.is_within) {
        price_out->ticks = steps.nearest;
        return FX_OK;
    }
    const fx_px highest = {instrument->max_ticks};
    const bool is_above = price > fx_instrument_price(instrument, highest);
    *reject_out = (struct fx_reject){
        .status = FX_PRICE_FILTER,
        .has_limit = 1,
        .has_nearest = 1,
        .field = FX_FIELD_PRICE,
        .limit = is_above ? fx_instrument_price(instrument, highest) : instrument->tick_size,
        .nearest = fx_instrument_price(instrument, (fx_px){steps.nearest}),
    };
    return FX_PRICE_FILTER;
}

fx_status fx_instrument_lots(const struct fx_instrument *instrument,
                             fx_i128 quantity,
                             fx_qty *quantity_out,
                             struct fx_reject *reject_out)
{
    /* Whole lots of any number that an int64 holds pass: the bounds are the filter's business. The
     * nearest valid value is within the bounds all the same. */
    const struct steps asked = steps_of(quantity, instrument->lot_size, 1, INT64_MAX);
    if (asked.is_whole && asked.is_within) {
        quantity_out->lots = asked.nearest;
        return FX_OK;
    }
    const fx_i128 highest = fx_instrument_quantity(instrument, (fx_qty){instrument->max_lots});
    const struct steps valid =
        steps_of(quantity, instrument->lot_size, instrument->min_lots, instrument->max_lots);
    *reject_out = (struct fx_reject){
        .status = FX_LOT_SIZE,
        .has_limit = 1,
        .has_nearest = 1,
        .field = FX_FIELD_QUANTITY,
        .limit = quantity > highest ? highest : instrument->lot_size,
        .nearest = fx_instrument_quantity(instrument, (fx_qty){valid.nearest}),
    };
    return FX_LOT_SIZE;
}

fx_px fx_instrument_take_bound(const struct fx_instrument *instrument,
                               enum fx_side taker,
                               fx_px best_opposite)
{
    FX_ASSERT(best_opposite.ticks > 0);
    const fx_i128 best = best_opposite.ticks;
    const int64_t bound = instrument->market_take_bound_ppb;
    if (taker == FX_SIDE_SELL) {
        const fx_i128 lowest = fx_dec_div_int(best * (PPB - bound), PPB, FX_ROUND_CEIL);
        return (fx_px){lowest > 1 ? (int64_t)lowest : 1};
    }
    const fx_i128 highest = fx_dec_div_int(best * (PPB + bound), PPB, FX_ROUND_FLOOR);
    return (fx_px){highest < instrument->max_ticks ? (int64_t)highest : instrument->max_ticks};
}
// NOLINTEND(bugprone-easily-swappable-parameters)
