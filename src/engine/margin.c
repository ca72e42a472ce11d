/* The formulas of docs/rules/margin.md. Nothing here changes state but fx_margin_attach().
 *
 * One observation carries linear and inverse contracts at once: the equity of a position is
 * margin + d (value(mark) - entry value), where d is the direction of its *value*: +1 for a linear
 * long or an inverse short (value rises with what the holder gains), -1 for the others. So every
 * formula is written once, over values; only the last step of a price asks the contract type.
 *
 * Range: M1 (README) bounds what an account's positions and orders can ever be worth by 1e36, so
 * the sums of this file stay far inside 128 bits. */
#include "base/panic.h"
#include "engine/money_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): slots, lots and units are plain numbers here
enum { CENTI = 100, PPB = 1000000000 };

static const fx_i128 VALUE_LIMIT = (fx_i128)1000000000000000000 * 1000000000000000000; /* 1e36 */

static const struct fx_listing *listing_of(const struct fx_engine *engine,
                                           const struct fx_position_state *position)
{
    FX_CHECK(position->instrument < engine->instrument_count);
    return &engine->listings[position->instrument];
}

void fx_margin_attach(struct fx_listing *listing)
{
    const struct fx_instrument *definition = &listing->definition;
    const bool is_inverse = definition->contract_type == FX_CONTRACT_TYPE_COIN_M;
    const fx_px dearest = {is_inverse ? 1 : definition->max_ticks};
    fx_amount value = {0};
    listing->unit = fx_instrument_unit(definition);
    const bool fits =
        fx_instrument_value_by_unit(definition, listing->unit, dearest, (fx_qty){1}, &value);
    FX_ASSERT(fits); /* fx_instrument_check() asked it for the largest order */
    FX_ASSERT(listing->unit > 0);
    /* The value of a lot may have been rounded down by half a unit; the bound must not be. */
    listing->lot_value_max = value.units + (is_inverse ? 1 : 0);
}

bool fx_margin_value(const struct fx_listing *listing, fx_px price, fx_qty lots, fx_i128 *value_out)
{
    FX_CHECK(listing->unit > 0);
    /* Nearly every linear value: two multiplications, no call. */
    int64_t count = 0;
    if (listing->definition.contract_type == FX_CONTRACT_TYPE_USD_M && listing->unit <= INT64_MAX &&
        !__builtin_mul_overflow(price.ticks, lots.lots, &count)) {
        FX_ASSERT(price.ticks > 0 && lots.lots >= 0);
        const fx_i128 value = (fx_i128)count * (int64_t)listing->unit;
        if (value < VALUE_LIMIT) {
            *value_out = value;
            return true;
        }
        return false;
    }
    fx_amount value = {0};
    if (!fx_instrument_value_by_unit(&listing->definition, listing->unit, price, lots, &value)) {
        return false;
    }
    *value_out = value.units;
    return true;
}

fx_i128 fx_margin_mark_value(const struct fx_engine *engine,
                             const struct fx_position_state *position)
{
    const struct fx_listing *listing = listing_of(engine, position);
    FX_CHECK(listing->mark.ticks >= 0);
    if (position->lots == 0 || listing->mark.ticks == 0) {
        return position->entry_value;
    }
    const fx_qty lots = {fx_position_state_magnitude(position->lots)};
    fx_i128 value = 0;
    if (!fx_margin_value(listing, listing->mark, lots, &value)) {
        /* Only a mark above max_ticks, after an update lowered it: the worst that can be said. */
        return fx_dec_limit() - 1;
    }
    FX_ASSERT(value >= 0);
    return value;
}

/* +1 where the holder gains when the position's value rises, -1 where he loses. */
static int direction_of(const struct fx_listing *listing, const struct fx_position_state *position)
{
    FX_ASSERT(position->lots != 0);
    const bool is_linear = listing->definition.contract_type == FX_CONTRACT_TYPE_USD_M;
    return (position->lots > 0) == is_linear ? 1 : -1;
}

static fx_i128 gain_of(const struct fx_listing *listing,
                       const struct fx_position_state *position,
                       fx_i128 value)
{
    FX_CHECK(value >= 0);
    return direction_of(listing, position) > 0 ? value - position->entry_value
                                               : position->entry_value - value;
}

/* True for 0 <= value < 2^bits: what follows can be multiplied without a thought. */
static bool is_below(fx_i128 value, int bits)
{
    FX_CHECK(bits > 0 && bits < 128);
    return value >> bits == 0;
}

/* left x right; false where out of range. Neither is negative: no signs to look after. */
static bool multiply(fx_i128 left, int64_t right, fx_i128 *product_out)
{
    if (is_below(left, 88) && right >> 31 == 0) { /* 2^119 < 1e36, and neither is negative */
        *product_out = left * right;
        return true;
    }
    FX_ASSERT(left >= 0 && right >= 0);
    const fx_u128 low = (fx_u128)(uint64_t)left * (uint64_t)right;
    const fx_u128 high =
        (fx_u128)(uint64_t)((fx_u128)left >> 64) * (uint64_t)right + (uint64_t)(low >> 64);
    const fx_u128 product = high << 64 | (uint64_t)low;
    if (high >> 64 != 0 || product >= (fx_u128)VALUE_LIMIT) {
        return false;
    }
    FX_ASSERT(high >> 64 == 0);
    *product_out = (fx_i128)product;
    return true;
}

bool fx_margin_lots_bound(const struct fx_listing *listing, int64_t lots, fx_i128 *bound_out)
{
    FX_CHECK(lots >= 0);
    FX_CHECK(listing->lot_value_max > 0);
    return multiply(listing->lot_value_max, lots, bound_out);
}

/* numerator / divisor by digits of 32 bits: most amounts are two or three of the processor's own
 * divisions, and a constant divisor none at all. */
static inline fx_i128 divide_by_digit(fx_u128 numerator, uint32_t divisor, bool is_up)
{
    FX_ASSERT(divisor > 0);
    FX_ASSERT(numerator >> 127 == 0);
    fx_u128 quotient = 0;
    uint64_t upper = (uint64_t)(numerator >> 32);
    if (numerator >> 96 != 0) {
        const uint64_t top = (uint64_t)(numerator >> 64);
        quotient = (fx_u128)(top / divisor) << 64;
        upper = top % divisor << 32 | (uint32_t)(numerator >> 32);
    }
    const uint64_t lower = upper % divisor << 32 | (uint32_t)numerator;
    quotient += ((fx_u128)(upper / divisor) << 32) + lower / divisor;
    return (fx_i128)quotient + (is_up && lower % divisor != 0 ? 1 : 0);
}

fx_i128 fx_margin_at_leverage(fx_i128 value, fx_leverage leverage)
{
    FX_ASSERT(value >= 0);
    FX_ASSERT(leverage.centi >= CENTI);
    return divide_by_digit((fx_u128)value * CENTI, (uint32_t)leverage.centi, true);
}

fx_i128 fx_margin_share(fx_i128 total, int64_t part, int64_t whole, enum fx_rounding rounding)
{
    FX_ASSERT(part > 0 && part <= whole);
    FX_ASSERT(rounding == FX_ROUND_CEIL || rounding == FX_ROUND_DOWN);
    if (is_below(total, 95) && whole <= UINT32_MAX) {
        return divide_by_digit(
            (fx_u128)total * (uint64_t)part, (uint32_t)whole, rounding == FX_ROUND_CEIL);
    }
    fx_i128 share = 0;
    const bool fits = fx_dec_mul_div(total, part, whole, rounding, &share);
    FX_ASSERT(fits); /* not above the total */
    return share;
}

fx_i128 fx_margin_at_rate(fx_i128 value, fx_rate rate)
{
    FX_ASSERT(value >= 0);
    FX_ASSERT(rate.ppb > -PPB && rate.ppb < PPB);
    if (is_below(value, 96)) {
        const bool is_owed = rate.ppb >= 0;
        const uint64_t magnitude = (uint64_t)(is_owed ? rate.ppb : -rate.ppb);
        const fx_i128 part = divide_by_digit((fx_u128)value * magnitude, PPB, is_owed);
        return is_owed ? part : -part;
    }
    fx_i128 part = 0;
    const bool fits = fx_dec_mul_div(value, rate.ppb, PPB, FX_ROUND_CEIL, &part);
    FX_ASSERT(fits); /* a rate below 1 of a value in range is in range */
    return part;
}

/* The part of a total that `part` of `whole` lots carry, up. */
static fx_i128 share_of(fx_i128 total, int64_t part, int64_t whole)
{
    FX_CHECK(total >= 0);
    FX_CHECK(part > 0 && part <= whole);
    return part == whole || total == 0 ? total : fx_margin_share(total, part, whole, FX_ROUND_CEIL);
}

/* Lots of buys and sells that open, once those that close are netted with the position. */
struct opening {
    int64_t buy_lots;
    int64_t sell_lots;
};

static int64_t above(int64_t lots, int64_t closing)
{
    FX_CHECK(lots >= 0);
    FX_CHECK(closing >= 0);
    return lots > closing ? lots - closing : 0;
}

static struct opening opening_of(const struct fx_position_state *position)
{
    FX_CHECK(position->buy_lots >= 0);
    FX_CHECK(position->sell_lots >= 0);
    const int64_t lots = position->lots;
    struct opening opening = {
        .buy_lots = above(position->buy_lots, lots < 0 ? -lots : 0),
        .sell_lots = above(position->sell_lots, lots > 0 ? lots : 0),
    };
    if (position->position_side == FX_POSITION_SIDE_LONG) {
        opening.sell_lots = 0;
    } else if (position->position_side == FX_POSITION_SIDE_SHORT) {
        opening.buy_lots = 0;
    }
    return opening;
}

/* (value / leverage + loss) x leverage in hundredths: exact, for orders below 2^90. */
static fx_i128 scaled_of(fx_i128 value, fx_i128 loss, fx_leverage leverage)
{
    FX_CHECK(value >= 0 && loss >= 0);
    FX_CHECK(leverage.centi >= CENTI);
    return value * CENTI + (loss == 0 ? 0 : loss * leverage.centi);
}

/* Rounding up keeps the order of two numbers, and a whole number may be added before it: so the
 * larger requirement of the two sides is found before the division. */
fx_i128 fx_margin_requirement(const struct fx_engine *engine,
                              const struct fx_position_state *position)
{
    FX_CHECK(position->instrument < engine->instrument_count);
    FX_ASSERT(position->leverage_centi >= CENTI);
    const struct opening opening = opening_of(position);
    if ((opening.buy_lots | opening.sell_lots) == 0) {
        return 0; /* often: its last order has gone, or all of them close */
    }
    const fx_leverage leverage = {position->leverage_centi};
    const bool is_small = is_below(
        position->buy_value | position->buy_loss | position->sell_value | position->sell_loss, 90);
    fx_i128 of_buys = 0;
    fx_i128 of_sells = 0;
    if (opening.buy_lots > 0) {
        const int64_t whole = position->buy_lots;
        const fx_i128 value = share_of(position->buy_value, opening.buy_lots, whole);
        const fx_i128 loss = share_of(position->buy_loss, opening.buy_lots, whole);
        of_buys = is_small ? scaled_of(value, loss, leverage)
                           : fx_margin_at_leverage(value, leverage) + loss;
    }
    if (opening.sell_lots > 0) {
        const int64_t whole = position->sell_lots;
        const fx_i128 value = share_of(position->sell_value, opening.sell_lots, whole);
        const fx_i128 loss = share_of(position->sell_loss, opening.sell_lots, whole);
        of_sells = is_small ? scaled_of(value, loss, leverage)
                            : fx_margin_at_leverage(value, leverage) + loss;
    }
    const fx_i128 larger = of_buys > of_sells ? of_buys : of_sells;
    FX_CHECK(larger >= 0);
    return is_small ? divide_by_digit((fx_u128)larger, (uint32_t)leverage.centi, true) : larger;
}

fx_i128 fx_margin_notional(const struct fx_engine *engine, const struct fx_position_state *position)
{
    const fx_i128 held = fx_margin_mark_value(engine, position);
    FX_ASSERT(held >= 0);
    const struct opening opening = opening_of(position);
    fx_i128 largest = held;
    if (opening.buy_lots > 0) {
        const fx_i128 opened = share_of(position->buy_value, opening.buy_lots, position->buy_lots);
        const fx_i128 notional = position->lots > 0 ? held + opened : opened;
        largest = notional > largest ? notional : largest;
    }
    if (opening.sell_lots > 0) {
        const fx_i128 opened =
            share_of(position->sell_value, opening.sell_lots, position->sell_lots);
        const fx_i128 notional = position->lots < 0 ? held + opened : opened;
        largest = notional > largest ? notional : largest;
    }
    FX_ASSERT(largest >= held);
    return largest;
}

fx_leverage fx_margin_leverage_max(const struct fx_engine *engine,
                                   uint32_t instrument,
                                   fx_amount notional)
{
    FX_ASSERT(instrument < engine->instrument_count);
    const struct fx_listing *listing = &engine->listings[instrument];
    const fx_leverage symbol = {listing->definition.leverage_max_centi};
    if (listing->definition.tier_count == 0) {
        return symbol;
    }
    const struct fx_tier *tier =
        fx_instrument_tier(listing->tiers, listing->definition.tier_count, notional);
    FX_ASSERT(tier->leverage_max_centi > 0);
    return tier->leverage_max_centi < symbol.centi ? (fx_leverage){tier->leverage_max_centi}
                                                   : symbol;
}

bool fx_margin_is_leverage_plain(const struct fx_engine *engine,
                                 const struct fx_position_state *position)
{
    FX_CHECK(position->leverage_centi >= CENTI);
    const struct fx_listing *listing = listing_of(engine, position);
    const fx_i128 most =
        fx_margin_mark_value(engine, position) + position->buy_value + position->sell_value;
    FX_ASSERT(most >= 0);
    bool is_allowed = position->leverage_centi <= listing->definition.leverage_max_centi;
    for (uint32_t index = 0; index < listing->definition.tier_count && is_allowed; index++) {
        is_allowed = position->leverage_centi <= listing->tiers[index].leverage_max_centi;
        if (most <= listing->tiers[index].cap) {
            break;
        }
    }
    return is_allowed;
}

fx_i128 fx_margin_initial(const struct fx_engine *engine, const struct fx_position_state *position)
{
    FX_CHECK(position->entry_value >= 0); /* M4 */
    if (position->lots == 0 || position->margin_mode == FX_MARGIN_MODE_ISOLATED) {
        return 0;
    }
    return fx_margin_at_leverage(fx_margin_mark_value(engine, position),
                                 (fx_leverage){position->leverage_centi});
}

static fx_i128 maintenance_of(const struct fx_listing *listing, fx_i128 value)
{
    FX_ASSERT(value >= 0);
    if (listing->definition.tier_count == 0) {
        return 0;
    }
    const struct fx_tier *tier =
        fx_instrument_tier(listing->tiers, listing->definition.tier_count, (fx_amount){value});
    const fx_i128 margin = fx_margin_at_rate(value, (fx_rate){tier->rate_ppb});
    FX_ASSERT(margin >= tier->cum);
    return margin - tier->cum;
}

fx_i128 fx_margin_maintenance(const struct fx_engine *engine,
                              const struct fx_position_state *position)
{
    FX_CHECK(position->entry_value >= 0); /* M4 */
    if (position->lots == 0) {
        return 0;
    }
    return maintenance_of(listing_of(engine, position), fx_margin_mark_value(engine, position));
}

fx_i128 fx_margin_unrealized(const struct fx_engine *engine,
                             const struct fx_position_state *position)
{
    FX_CHECK(position->entry_value >= 0); /* M4 */
    if (position->lots == 0) {
        return 0;
    }
    return gain_of(listing_of(engine, position), position, fx_margin_mark_value(engine, position));
}

/* What an account's positions and orders hold of its money. */
struct holdings {
    fx_i128 isolated; /* margins of isolated positions */
    fx_i128 initial;  /* of cross positions */
    fx_i128 reserves; /* of open orders */
    fx_i128 gains;    /* of cross positions, at mark */
    bool is_unmarked; /* one of them has had no mark: what it gained or lost is not known */
};

static struct holdings holdings_of(const struct fx_engine *engine, fx_slot account)
{
    FX_ASSERT(account < engine->account_count);
    struct holdings holdings = {0};
    uint32_t steps = 0;
    for (fx_slot slot = engine->accounts[account].first_position; slot != FX_SLOT_NONE;
         slot = engine->positions[slot].next) {
        FX_CHECK(steps < engine->position_count);
        steps++;
        const struct fx_position_state *position = &engine->positions[slot];
        holdings.reserves += position->reserve;
        if (position->lots == 0) {
            continue;
        }
        if (position->margin_mode == FX_MARGIN_MODE_ISOLATED) {
            holdings.isolated += position->position_margin + position->adjust_margin;
            continue;
        }
        const fx_i128 value = fx_margin_mark_value(engine, position);
        holdings.is_unmarked =
            holdings.is_unmarked || listing_of(engine, position)->mark.ticks == 0;
        holdings.initial += fx_margin_at_leverage(value, (fx_leverage){position->leverage_centi});
        holdings.gains += gain_of(listing_of(engine, position), position, value);
    }
    return holdings;
}

/* Only what was loaded can be without a mark. */
static bool is_unknown(const struct fx_engine *engine, const struct holdings *held)
{
    FX_CHECK(held->initial >= 0);
    return held->is_unmarked && engine->preload.rules >= FX_ENGINE_RULES_UNMARKED;
}

fx_i128 fx_margin_available(const struct fx_engine *engine, fx_slot account)
{
    const struct holdings held = holdings_of(engine, account);
    FX_CHECK(held.initial >= 0);
    FX_CHECK(held.reserves >= 0);
    const struct fx_account_state *state = &engine->accounts[account];
    const fx_i128 available = state->balance + state->reward_balance - held.isolated -
                              held.initial - held.reserves + held.gains;
    return is_unknown(engine, &held) && available > 0 ? 0 : available;
}

bool fx_margin_is_unknown(const struct fx_engine *engine, fx_slot account)
{
    const struct holdings held = holdings_of(engine, account);
    FX_ASSERT(held.initial >= 0);
    FX_ASSERT(held.reserves >= 0);
    return is_unknown(engine, &held);
}

fx_i128 fx_margin_withdrawable(const struct fx_engine *engine, fx_slot account)
{
    FX_ASSERT(account < engine->account_count);
    const fx_i128 most = fx_margin_spare(engine, account);
    FX_ASSERT(most >= 0);
    return fx_margin_is_unknown(engine, account) ? 0 : most;
}

fx_i128 fx_margin_spare(const struct fx_engine *engine, fx_slot account)
{
    const struct holdings held = holdings_of(engine, account);
    FX_ASSERT(held.initial >= 0);
    const struct fx_account_state *state = &engine->accounts[account];
    const fx_i128 losses = held.gains < 0 ? held.gains : 0;
    const fx_i128 available = state->balance + state->reward_balance - held.isolated -
                              held.initial - held.reserves + losses;
    const fx_i128 most = available < state->balance ? available : state->balance;
    FX_ASSERT(most <= state->balance);
    return most > 0 ? most : 0;
}

/* Margin that stands behind a position when only its own value changes: isolated its own margin;
 * cross the account's, with the other cross positions at their marks. */
struct backing {
    fx_i128 margin;            /* without the position's own gain */
    fx_i128 other_maintenance; /* of other cross positions */
};

static bool is_fund(const struct fx_engine *engine, const struct fx_position_state *position)
{
    FX_CHECK(position->account < engine->account_count);
    return engine->accounts[position->account].user_id == 0;
}

static struct backing backing_of(const struct fx_engine *engine, fx_slot position)
{
    const struct fx_position_state *own = &engine->positions[position];
    if (own->margin_mode == FX_MARGIN_MODE_ISOLATED) {
        return (struct backing){.margin = own->position_margin + own->adjust_margin};
    }
    const struct fx_account_state *account = &engine->accounts[own->account];
    FX_ASSERT(own->account < engine->account_count);
    struct backing backing = {.margin = account->balance + account->reward_balance};
    uint32_t steps = 0;
    for (fx_slot slot = account->first_position; slot != FX_SLOT_NONE;
         slot = engine->positions[slot].next) {
        FX_ASSERT(steps < engine->position_count);
        steps++;
        const struct fx_position_state *other = &engine->positions[slot];
        if (slot == position || other->lots == 0) {
            continue;
        }
        if (other->margin_mode == FX_MARGIN_MODE_ISOLATED) {
            backing.margin -= other->position_margin + other->adjust_margin;
            continue;
        }
        const struct fx_listing *listing = listing_of(engine, other);
        const fx_i128 value = fx_margin_mark_value(engine, other);
        const fx_i128 gain = gain_of(listing, other, value);
        if (is_fund(engine, own)) { /* its gains do not count, and it has no maintenance margin */
            backing.margin += gain < 0 ? gain : 0;
            continue;
        }
        backing.margin += gain;
        backing.other_maintenance += maintenance_of(listing, value);
    }
    return backing;
}

/* left x a <= right x b for right >= 0 and 0 < a, b < 2^32. */
static bool is_product_at_most(fx_i128 left, int64_t a, fx_i128 right, int64_t b)
{
    FX_ASSERT(a > 0);
    FX_ASSERT(b > 0);
    const fx_i128 small = (fx_i128)1 << 94;
    if (left <= 0) {
        return true;
    }
    if (left < small && right < small) {
        return left * a <= right * b;
    }
    fx_i128 quotient = 0;
    return fx_dec_mul_div(left, a, b, FX_ROUND_CEIL, &quotient) && quotient <= right;
}

/* target x 1e9 / factor; false where out of range. */
static bool divide_by_factor(fx_i128 target, int64_t factor, bool is_up, fx_i128 *quotient_out)
{
    FX_ASSERT(factor < 2 * (int64_t)PPB);
    FX_ASSERT(target > 0 && factor > 0);
    if (factor == PPB) { /* bankruptcy: nothing to divide by */
        *quotient_out = target;
        return true;
    }
    if (is_below(target, 96) && factor <= UINT32_MAX) {
        *quotient_out = divide_by_digit((fx_u128)target * PPB, (uint32_t)factor, is_up);
        return true;
    }
    return fx_dec_mul_div(
        target, PPB, factor, is_up ? FX_ROUND_CEIL : FX_ROUND_FLOOR, quotient_out);
}

/* The price at which the position's value is target x 1e9 / factor, in ticks, rounded against the
 * user: up for a long, down for a short. Rounding twice in one direction is rounding once. 0 where
 * there is no such price. */
static fx_px price_of(const struct fx_listing *listing,
                      const struct fx_position_state *position,
                      fx_i128 target,
                      int64_t factor)
{
    FX_CHECK(factor > 0);
    const fx_px none = {0};
    const bool is_up = position->lots > 0;
    const enum fx_rounding rounding = is_up ? FX_ROUND_CEIL : FX_ROUND_FLOOR;
    fx_i128 lots_value = 0; /* linear: of one tick; inverse: quote value of the position */
    if (target <= 0 ||
        !multiply(listing->unit, fx_position_state_magnitude(position->lots), &lots_value)) {
        return none;
    }
    fx_i128 numerator = 0;
    fx_i128 divisor = lots_value;
    if (listing->definition.contract_type == FX_CONTRACT_TYPE_USD_M) {
        if (!divide_by_factor(target, factor, is_up, &numerator)) {
            return none;
        }
    } else if (!fx_dec_mul_div(lots_value, fx_dec_one() * factor, target, rounding, &numerator) ||
               !fx_dec_mul_int(listing->definition.tick_size, PPB, &divisor)) {
        return none;
    }
    FX_ASSERT(divisor > 0);
    const fx_i128 ticks = fx_dec_div_natural(numerator, divisor, is_up);
    return ticks <= INT64_MAX ? (fx_px){(int64_t)ticks} : none;
}

/* RULES section 5 solved for the position's value V instead of its price:
 *     margin - TMM_other + d (V - entry) = V r - cum
 *     V (1 - d r) = entry - d (margin - TMM_other + cum)
 * V - MM(V) rises with V and bends down at each floor (d = +1), V + MM(V) bends up (d = -1); so the
 * first tier whose own solution is not above its cap is the one that holds. */
struct liquidation {
    uint32_t tier;  /* from 1; 0: the symbol has none */
    fx_i128 target; /* V x factor / 1e9 */
    int64_t factor;
};

static struct liquidation liquidation_of(const struct fx_listing *listing,
                                         const struct fx_position_state *own,
                                         struct backing backing)
{
    FX_ASSERT(own->lots != 0);
    const int direction = direction_of(listing, own);
    const fx_i128 margin = backing.margin - backing.other_maintenance;
    const uint32_t count = listing->definition.tier_count;
    struct liquidation found = {.target = own->entry_value - direction * margin, .factor = PPB};
    for (uint32_t index = 0; index < count; index++) {
        const struct fx_tier *tier = &listing->tiers[index];
        found.tier = index + 1;
        found.target = own->entry_value - direction * (margin + tier->cum);
        found.factor = PPB - direction * tier->rate_ppb;
        FX_ASSERT(found.factor > 0);
        if (is_product_at_most(found.target, PPB, tier->cap, found.factor)) {
            break;
        }
    }
    return found;
}

struct fx_margin_prices fx_margin_prices(const struct fx_engine *engine, fx_slot position)
{
    FX_ASSERT(position < engine->position_count);
    const struct fx_position_state *own = &engine->positions[position];
    if (own->lots == 0) {
        return (struct fx_margin_prices){.liquidation = {0}, .bankruptcy = {0}};
    }
    const struct fx_listing *listing = listing_of(engine, own);
    FX_ASSERT(own->account < engine->account_count);
    const struct backing backing = backing_of(engine, position);
    const struct liquidation liquidation = liquidation_of(listing, own, backing);
    const fx_i128 target = own->entry_value - direction_of(listing, own) * backing.margin;
    const fx_px bankruptcy = price_of(listing, own, target, PPB);
    return (struct fx_margin_prices){
        .liquidation = is_fund(engine, own)
                           ? bankruptcy
                           : price_of(listing, own, liquidation.target, liquidation.factor),
        .bankruptcy = bankruptcy,
    };
}

fx_i128 fx_margin_worth(const struct fx_engine *engine,
                        const struct fx_position_state *position,
                        fx_px price)
{
    const struct fx_listing *listing = listing_of(engine, position);
    fx_i128 value = position->entry_value;
    FX_ASSERT(value >= 0);
    FX_ASSERT(position->lots != 0);
    if (price.ticks != 0 &&
        !fx_margin_value(
            listing, price, (fx_qty){fx_position_state_magnitude(position->lots)}, &value)) {
        value = fx_dec_limit() - 1; /* as fx_margin_mark_value() */
    }
    const fx_i128 gain = gain_of(listing, position, value);
    if (is_fund(engine, position)) {
        return gain < 0 ? gain : 0;
    }
    return gain - maintenance_of(listing, value);
}

static int64_t steepest_rate(const struct fx_listing *listing)
{
    FX_CHECK(listing->definition.tier_count <= FX_TIERS_MAX);
    const uint32_t count = listing->definition.tier_count;
    return count == 0 ? 0 : listing->tiers[count - 1].rate_ppb;
}

fx_px fx_margin_guard(const struct fx_engine *engine,
                      const struct fx_position_state *position,
                      fx_i128 spend)
{
    enum { ROUNDED = 4 }; /* units that rounding may cost on the way */
    const struct fx_listing *listing = listing_of(engine, position);
    const int direction = direction_of(listing, position);
    const bool is_long = position->lots > 0;
    const int64_t mark = listing->mark.ticks;
    const int64_t max = listing->definition.max_ticks > mark ? listing->definition.max_ticks : mark;
    FX_ASSERT(spend >= 0);
    if (spend <= ROUNDED || mark == 0) {
        return listing->mark;
    }
    spend -= ROUNDED;
    if (direction < 0) { /* the maintenance margin grows too: s (1 - r) <= s / (1 + r) */
        const int64_t rate = steepest_rate(listing);
        spend = rate >= PPB ? 0 : spend - fx_margin_at_rate(spend, (fx_rate){rate});
    }
    const fx_i128 target = fx_margin_mark_value(engine, position) - direction * spend;
    int64_t ticks = price_of(listing, position, target, PPB).ticks;
    if (ticks == 0) { /* no such price: the value may fall to 0, or the price leaves int64 */
        ticks = is_long ? (target <= 0 ? 1 : mark) : max;
    }
    FX_ASSERT(ticks > 0);
    if (is_long) {
        return (fx_px){ticks < mark ? ticks : mark};
    }
    ticks = ticks > mark ? ticks : mark;
    return (fx_px){ticks < max ? ticks : max};
}

struct fx_margin_standing fx_margin_standing(const struct fx_engine *engine, fx_slot position)
{
    FX_ASSERT(position < engine->position_count);
    const struct fx_position_state *own = &engine->positions[position];
    const struct backing backing = backing_of(engine, position);
    struct fx_margin_standing standing = {
        .equity = backing.margin,
        .maintenance = backing.other_maintenance,
    };
    if (own->lots == 0) {
        return standing;
    }
    const fx_i128 gain = fx_margin_unrealized(engine, own);
    if (is_fund(engine, own)) {
        standing.equity += gain < 0 ? gain : 0;
        return standing;
    }
    standing.equity += gain;
    standing.maintenance += fx_margin_maintenance(engine, own);
    FX_ASSERT(standing.maintenance >= 0);
    return standing;
}

bool fx_margin_closing_price(const struct fx_engine *engine, fx_slot position, fx_px *price_out)
{
    FX_ASSERT(position < engine->position_count);
    const struct fx_position_state *own = &engine->positions[position];
    FX_ASSERT(own->lots != 0);
    const struct fx_listing *listing = listing_of(engine, own);
    const int direction = direction_of(listing, own);
    const bool is_long = own->lots > 0;
    const fx_i128 target = own->entry_value - direction * backing_of(engine, position).margin;
    const fx_px end = {is_long ? 1 : listing->definition.max_ticks};
    if (target <= 0) { /* worth nothing at all would do (gain with value), or would not */
        *price_out = end;
        return direction > 0;
    }
    const fx_px price = price_of(listing, own, target, PPB);
    if (price.ticks == 0) { /* beyond int64: too high for a long, never reached by a short */
        const fx_qty lots = {fx_position_state_magnitude(own->lots)};
        fx_i128 least = 0; /* or below the first tick: no short could be closed there */
        if (!is_long && fx_margin_value(listing, (fx_px){1}, lots, &least) &&
            (direction > 0 ? least < target : least > target)) {
            return false;
        }
        *price_out = end;
        return !is_long;
    }
    const bool is_beyond = price.ticks > listing->definition.max_ticks;
    *price_out = is_beyond && !is_long ? end : price;
    return !(is_beyond && is_long);
}

struct fx_margin_parts fx_margin_explain(const struct fx_engine *engine,
                                         fx_slot account,
                                         fx_slot position)
{
    FX_ASSERT(account < engine->account_count);
    const struct holdings held = holdings_of(engine, account);
    struct fx_margin_parts parts = {.isolated = held.isolated,
                                    .initial = held.initial,
                                    .reserves = held.reserves,
                                    .gains = held.gains};
    if (position == FX_SLOT_NONE || engine->positions[position].lots == 0) {
        return parts;
    }
    const struct fx_position_state *own = &engine->positions[position];
    const struct fx_listing *listing = listing_of(engine, own);
    const uint32_t count = listing->definition.tier_count;
    const struct backing backing = backing_of(engine, position);
    FX_ASSERT(own->account == account);
    parts.backing = backing.margin;
    parts.other_maintenance = backing.other_maintenance;
    if (count > 0 && !is_fund(engine, own)) {
        parts.liquidation_tier = liquidation_of(listing, own, backing).tier;
        const fx_amount value = {fx_margin_mark_value(engine, own)};
        const struct fx_tier *tier = fx_instrument_tier(listing->tiers, count, value);
        parts.tier = (uint32_t)(tier - listing->tiers) + 1;
    }
    return parts;
}

/* Marks and terms of the other positions whose gains and margins stand behind a cross position. */
static bool is_backing_still(const struct fx_engine *engine, fx_slot position)
{
    FX_ASSERT(position < engine->position_count);
    const struct fx_position_state *own = &engine->positions[position];
    FX_CHECK(own->account < engine->account_count);
    for (fx_slot slot = engine->accounts[own->account].first_position; slot != FX_SLOT_NONE;
         slot = engine->positions[slot].next) {
        const struct fx_position_state *other = &engine->positions[slot];
        if (slot == position || other->lots == 0 || other->margin_mode == FX_MARGIN_MODE_ISOLATED) {
            continue;
        }
        const struct fx_listing *listing = listing_of(engine, other);
        if (listing->mark_sequence > own->priced_sequence ||
            listing->terms_sequence > own->priced_sequence) {
            return false;
        }
    }
    return true;
}

bool fx_margin_is_priced(const struct fx_engine *engine, fx_slot position)
{
    FX_CHECK(position < engine->position_count);
    FX_CHECK(engine->positions[position].account < engine->account_count);
    const struct fx_position_state *own = &engine->positions[position];
    const uint64_t sequence = own->priced_sequence;
    return sequence != 0 && sequence >= engine->accounts[own->account].moved_sequence &&
           sequence >= listing_of(engine, own)->terms_sequence &&
           (own->margin_mode == FX_MARGIN_MODE_ISOLATED || is_backing_still(engine, position));
}

fx_px fx_margin_liquidation_price(const struct fx_engine *engine, fx_slot position)
{
    return fx_margin_prices(engine, position).liquidation;
}

fx_px fx_margin_bankruptcy_price(const struct fx_engine *engine, fx_slot position)
{
    return fx_margin_prices(engine, position).bankruptcy;
}
// NOLINTEND(bugprone-easily-swappable-parameters)
