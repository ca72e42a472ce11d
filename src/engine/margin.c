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
#include "engine/engine_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): slots, lots and units are plain numbers here
enum { CENTI = 100, PPB = 1000000000 };

static const fx_i128 VALUE_LIMIT = (fx_i128)1000000000000000000 * 1000000000000000000; /* 1e36 */

static const struct fx_listing *listing_of(const struct fx_engine *engine,
                                           const struct fx_position_state *position)
{
    FX_ASSERT(position->instrument < engine->instrument_count);
    return &engine->listings[position->instrument];
}

static int64_t magnitude_of(int64_t lots)
{
    FX_ASSERT(lots > INT64_MIN);
    return lots < 0 ? -lots : lots;
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
    /* The value of a lot may have been rounded down by half a unit; the bound must not be. */
    listing->lot_value_max = value.units + (is_inverse ? 1 : 0);
}

bool fx_margin_value(const struct fx_listing *listing, fx_px price, fx_qty lots, fx_i128 *value_out)
{
    FX_ASSERT(listing->unit > 0);
    /* Nearly every linear value: two multiplications, no call. */
    const fx_i128 count = (fx_i128)price.ticks * lots.lots;
    if (listing->definition.contract_type == FX_CONTRACT_TYPE_USD_M && count <= INT64_MAX &&
        listing->unit <= INT64_MAX) {
        FX_ASSERT(price.ticks > 0 && lots.lots >= 0);
        const fx_i128 value = (fx_i128)(int64_t)count * (int64_t)listing->unit;
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
    if (position->lots == 0 || listing->mark.ticks == 0) {
        return position->entry_value;
    }
    const fx_qty lots = {magnitude_of(position->lots)};
    fx_i128 value = 0;
    if (!fx_margin_value(listing, listing->mark, lots, &value)) {
        /* Only a mark above max_ticks, after an update lowered it: the worst that can be said. */
        return fx_dec_limit() - 1;
    }
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
    return direction_of(listing, position) > 0 ? value - position->entry_value
                                               : position->entry_value - value;
}

fx_i128 fx_margin_at_leverage(fx_i128 value, fx_leverage leverage)
{
    FX_ASSERT(value >= 0);
    FX_ASSERT(leverage.centi >= CENTI);
    return value == 0 ? 0 : fx_dec_div_int(value * CENTI, leverage.centi, FX_ROUND_CEIL);
}

/* The part of a total that `part` of `whole` lots carry, up. */
static fx_i128 share_of(fx_i128 total, int64_t part, int64_t whole)
{
    FX_ASSERT(part > 0 && part <= whole);
    if (part == whole || total == 0) {
        return total;
    }
    fx_i128 share = 0;
    const bool fits = fx_dec_mul_div(total, part, whole, FX_ROUND_CEIL, &share);
    FX_ASSERT(fits); /* not above the total */
    return share;
}

/* Lots of buys and sells that open, once those that close are netted with the position. */
struct opening {
    int64_t buy_lots;
    int64_t sell_lots;
};

static int64_t above(int64_t lots, int64_t closing)
{
    return lots > closing ? lots - closing : 0;
}

static struct opening opening_of(const struct fx_position_state *position)
{
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

fx_i128 fx_margin_requirement(const struct fx_engine *engine,
                              const struct fx_position_state *position)
{
    FX_ASSERT(position->instrument < engine->instrument_count);
    const struct opening opening = opening_of(position);
    const fx_leverage leverage = {position->leverage_centi};
    fx_i128 of_buys = 0;
    fx_i128 of_sells = 0;
    if (opening.buy_lots > 0) {
        const int64_t whole = position->buy_lots;
        of_buys = fx_margin_at_leverage(share_of(position->buy_value, opening.buy_lots, whole),
                                        leverage) +
                  share_of(position->buy_loss, opening.buy_lots, whole);
    }
    if (opening.sell_lots > 0) {
        const int64_t whole = position->sell_lots;
        of_sells = fx_margin_at_leverage(share_of(position->sell_value, opening.sell_lots, whole),
                                         leverage) +
                   share_of(position->sell_loss, opening.sell_lots, whole);
    }
    return of_buys > of_sells ? of_buys : of_sells;
}

fx_i128 fx_margin_notional(const struct fx_engine *engine, const struct fx_position_state *position)
{
    const fx_i128 held = fx_margin_mark_value(engine, position);
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
    return tier->leverage_max_centi < symbol.centi ? (fx_leverage){tier->leverage_max_centi}
                                                   : symbol;
}

fx_i128 fx_margin_initial(const struct fx_engine *engine, const struct fx_position_state *position)
{
    if (position->lots == 0 || position->margin_mode == FX_MARGIN_MODE_ISOLATED) {
        return 0;
    }
    return fx_margin_at_leverage(fx_margin_mark_value(engine, position),
                                 (fx_leverage){position->leverage_centi});
}

static fx_i128 maintenance_of(const struct fx_listing *listing, fx_i128 value)
{
    if (listing->definition.tier_count == 0) {
        return 0;
    }
    const struct fx_tier *tier =
        fx_instrument_tier(listing->tiers, listing->definition.tier_count, (fx_amount){value});
    fx_i128 margin = 0;
    const bool fits = fx_dec_mul_div(value, tier->rate_ppb, PPB, FX_ROUND_CEIL, &margin);
    FX_ASSERT(fits); /* rates are below 1 */
    FX_ASSERT(margin >= tier->cum);
    return margin - tier->cum;
}

fx_i128 fx_margin_maintenance(const struct fx_engine *engine,
                              const struct fx_position_state *position)
{
    if (position->lots == 0) {
        return 0;
    }
    return maintenance_of(listing_of(engine, position), fx_margin_mark_value(engine, position));
}

fx_i128 fx_margin_unrealized(const struct fx_engine *engine,
                             const struct fx_position_state *position)
{
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
};

static struct holdings holdings_of(const struct fx_engine *engine, fx_slot account)
{
    FX_ASSERT(account < engine->account_count);
    struct holdings holdings = {0};
    uint32_t steps = 0;
    for (fx_slot slot = engine->accounts[account].first_position; slot != FX_SLOT_NONE;
         slot = engine->positions[slot].next) {
        FX_ASSERT(steps < engine->position_count);
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
        holdings.initial += fx_margin_at_leverage(value, (fx_leverage){position->leverage_centi});
        holdings.gains += gain_of(listing_of(engine, position), position, value);
    }
    return holdings;
}

fx_i128 fx_margin_available(const struct fx_engine *engine, fx_slot account)
{
    const struct holdings held = holdings_of(engine, account);
    const struct fx_account_state *state = &engine->accounts[account];
    return state->balance + state->reward_balance - held.isolated - held.initial - held.reserves +
           held.gains;
}

fx_i128 fx_margin_withdrawable(const struct fx_engine *engine, fx_slot account)
{
    const struct holdings held = holdings_of(engine, account);
    const struct fx_account_state *state = &engine->accounts[account];
    const fx_i128 losses = held.gains < 0 ? held.gains : 0;
    const fx_i128 available = state->balance + state->reward_balance - held.isolated -
                              held.initial - held.reserves + losses;
    const fx_i128 most = available < state->balance ? available : state->balance;
    return most > 0 ? most : 0;
}

/* Margin that stands behind a position when only its own value changes: isolated its own margin;
 * cross the account's, with the other cross positions at their marks. */
struct backing {
    fx_i128 margin;            /* without the position's own gain */
    fx_i128 other_maintenance; /* of other cross positions */
};

static struct backing backing_of(const struct fx_engine *engine, fx_slot position)
{
    const struct fx_position_state *own = &engine->positions[position];
    if (own->margin_mode == FX_MARGIN_MODE_ISOLATED) {
        return (struct backing){.margin = own->position_margin + own->adjust_margin};
    }
    const struct fx_account_state *account = &engine->accounts[own->account];
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
        backing.margin += gain_of(listing, other, value);
        backing.other_maintenance += maintenance_of(listing, value);
    }
    return backing;
}

/* left x a <= right x b for right >= 0 and 0 < a, b < 2^32. */
static bool is_product_at_most(fx_i128 left, int64_t a, fx_i128 right, int64_t b)
{
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

/* The price at which the position's value is target x 1e9 / factor, in ticks, rounded against the
 * user: up for a long, down for a short. Rounding twice in one direction is rounding once. 0 where
 * there is no such price. */
static fx_px price_of(const struct fx_listing *listing,
                      const struct fx_position_state *position,
                      fx_i128 target,
                      int64_t factor)
{
    const fx_px none = {0};
    const enum fx_rounding rounding = position->lots > 0 ? FX_ROUND_CEIL : FX_ROUND_FLOOR;
    fx_i128 lots_value = 0; /* linear: of one tick; inverse: quote value of the position */
    if (target <= 0 || !fx_dec_mul_int(listing->unit, magnitude_of(position->lots), &lots_value)) {
        return none;
    }
    fx_i128 numerator = 0;
    fx_i128 divisor = lots_value;
    if (listing->definition.contract_type == FX_CONTRACT_TYPE_USD_M) {
        if (factor == PPB) { /* bankruptcy: nothing to divide by */
            numerator = target;
        } else if (!fx_dec_mul_div(target, PPB, factor, rounding, &numerator)) {
            return none;
        }
    } else if (!fx_dec_mul_div(lots_value, fx_dec_one() * factor, target, rounding, &numerator) ||
               !fx_dec_mul_int(listing->definition.tick_size, PPB, &divisor)) {
        return none;
    }
    const fx_i128 ticks = fx_dec_div_int(numerator, divisor, rounding);
    return ticks <= INT64_MAX ? (fx_px){(int64_t)ticks} : none;
}

/* RULES section 5 solved for the position's value V instead of its price:
 *     margin - TMM_other + d (V - entry) = V r - cum
 *     V (1 - d r) = entry - d (margin - TMM_other + cum)
 * V - MM(V) rises with V and bends down at each floor (d = +1), V + MM(V) bends up (d = -1); so the
 * first tier whose own solution is not above its cap is the one that holds. */
static fx_px liquidation_of(const struct fx_listing *listing,
                            const struct fx_position_state *own,
                            struct backing backing)
{
    const int direction = direction_of(listing, own);
    const fx_i128 margin = backing.margin - backing.other_maintenance;
    const uint32_t count = listing->definition.tier_count;
    if (count == 0) {
        return price_of(listing, own, own->entry_value - direction * margin, PPB);
    }
    for (uint32_t index = 0;; index++) {
        FX_ASSERT(index < count);
        const struct fx_tier *tier = &listing->tiers[index];
        const fx_i128 target = own->entry_value - direction * (margin + tier->cum);
        const int64_t factor = PPB - direction * tier->rate_ppb;
        if (index + 1 == count || is_product_at_most(target, PPB, tier->cap, factor)) {
            return price_of(listing, own, target, factor);
        }
    }
}

struct fx_margin_prices fx_margin_prices(const struct fx_engine *engine, fx_slot position)
{
    FX_ASSERT(position < engine->position_count);
    const struct fx_position_state *own = &engine->positions[position];
    if (own->lots == 0) {
        return (struct fx_margin_prices){.liquidation = {0}, .bankruptcy = {0}};
    }
    const struct fx_listing *listing = listing_of(engine, own);
    const struct backing backing = backing_of(engine, position);
    const fx_i128 target = own->entry_value - direction_of(listing, own) * backing.margin;
    return (struct fx_margin_prices){
        .liquidation = liquidation_of(listing, own, backing),
        .bankruptcy = price_of(listing, own, target, PPB),
    };
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
