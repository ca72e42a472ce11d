/**
 * @file naive_liquidation.h
 * What must be liquidated next, found the slow way: every account is looked at, a bankruptcy price
 * is searched tick by tick, the quantity lot by lot, the counterparty among all positions. Reads
 * the engine's state, none of its formulas. Thread: the test's own.
 */
#ifndef FX_TESTS_NAIVE_LIQUIDATION_H
#define FX_TESTS_NAIVE_LIQUIDATION_H

#include <assert.h>

#include "engine/orders_int.h"
#include "engine/risk_int.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

struct naive_liquidation {
    fx_slot position; /* NONE: nothing to do */
    fx_slot counter;
    int64_t lots; /* BOOK: asked for */
    int64_t price_ticks;
    enum fx_liquidation_step step;
    bool is_cover; /* what the account lacks comes first, which no LIQUIDATION tells */
    bool
        is_edge; /* its margin is 0 at the price to the unit: a value's rounding decides the tick */
};

static inline int64_t naive_liquidation_size(int64_t lots)
{
    return lots < 0 ? -lots : lots;
}

static inline fx_i128 naive_liquidation_value(const struct fx_engine *engine,
                                              const struct fx_position_state *position,
                                              int64_t ticks,
                                              int64_t lots)
{
    fx_amount value = {0};
    const bool fits = fx_instrument_value(&engine->listings[position->instrument].definition,
                                          (fx_px){ticks},
                                          (fx_qty){naive_liquidation_size(lots)},
                                          &value);
    assert(fits);
    (void)fits;
    return value.units;
}

/* Gain of a part of a position that was bought for `entry`. */
static inline fx_i128 naive_liquidation_gain(const struct fx_engine *engine,
                                             const struct fx_position_state *position,
                                             int64_t ticks,
                                             int64_t lots,
                                             fx_i128 entry)
{
    const bool is_linear =
        engine->listings[position->instrument].definition.contract_type == FX_CONTRACT_TYPE_USD_M;
    const fx_i128 value = naive_liquidation_value(engine, position, ticks, lots);
    return (position->lots > 0) == is_linear ? value - entry : entry - value;
}

static inline int64_t naive_liquidation_mark(const struct fx_engine *engine,
                                             const struct fx_position_state *position)
{
    return engine->listings[position->instrument].mark.ticks;
}

static inline fx_i128 naive_liquidation_whole_gain(const struct fx_engine *engine,
                                                   const struct fx_position_state *position,
                                                   int64_t ticks)
{
    return position->lots == 0
               ? 0
               : naive_liquidation_gain(
                     engine, position, ticks, position->lots, position->entry_value);
}

static inline fx_i128 naive_liquidation_maintenance(const struct fx_engine *engine,
                                                    const struct fx_position_state *position,
                                                    int64_t lots)
{
    const struct fx_listing *listing = &engine->listings[position->instrument];
    const fx_i128 value =
        naive_liquidation_value(engine, position, naive_liquidation_mark(engine, position), lots);
    uint32_t tier = 0;
    while (tier + 1 < listing->definition.tier_count && value > listing->tiers[tier].cap) {
        tier++;
    }
    const fx_i128 sum = value * listing->tiers[tier].rate_ppb;
    return (sum + 999999999) / 1000000000 - listing->tiers[tier].cum;
}

static inline bool naive_liquidation_is_fund(const struct fx_engine *engine, fx_slot account)
{
    return engine->accounts[account].user_id == 0;
}

static inline bool naive_liquidation_is_isolated(const struct fx_position_state *position)
{
    return position->margin_mode == FX_MARGIN_MODE_ISOLATED;
}

/* The margin that a position stands on, valued with one position at another price. */
static inline fx_i128 naive_liquidation_equity(const struct fx_engine *engine,
                                               fx_slot slot,
                                               int64_t ticks)
{
    const struct fx_position_state *own = &engine->positions[slot];
    if (naive_liquidation_is_isolated(own)) {
        return own->position_margin + own->adjust_margin +
               naive_liquidation_whole_gain(engine, own, ticks);
    }
    const bool is_fund = naive_liquidation_is_fund(engine, own->account);
    fx_i128 equity =
        engine->accounts[own->account].balance + engine->accounts[own->account].reward_balance;
    for (fx_slot other = 0; other < engine->position_count; other++) {
        const struct fx_position_state *position = &engine->positions[other];
        if (position->account != own->account || position->lots == 0) {
            continue;
        }
        if (naive_liquidation_is_isolated(position)) {
            equity -= position->position_margin + position->adjust_margin;
            continue;
        }
        const fx_i128 gain = naive_liquidation_whole_gain(
            engine, position, other == slot ? ticks : naive_liquidation_mark(engine, position));
        equity += is_fund && gain > 0 && other != slot ? 0 : gain;
    }
    return equity;
}

static inline fx_i128 naive_liquidation_cross_maintenance(const struct fx_engine *engine,
                                                          fx_slot account)
{
    fx_i128 sum = 0;
    for (fx_slot slot = 0; slot < engine->position_count; slot++) {
        const struct fx_position_state *position = &engine->positions[slot];
        if (position->account == account && position->lots != 0 &&
            !naive_liquidation_is_isolated(position)) {
            sum += naive_liquidation_maintenance(engine, position, position->lots);
        }
    }
    return sum;
}

static inline bool naive_liquidation_is_short(const struct fx_engine *engine, fx_slot slot)
{
    const struct fx_position_state *own = &engine->positions[slot];
    const fx_i128 equity =
        naive_liquidation_equity(engine, slot, naive_liquidation_mark(engine, own));
    if (naive_liquidation_is_isolated(own)) {
        return equity <= naive_liquidation_maintenance(engine, own, own->lots);
    }
    if (naive_liquidation_is_fund(engine, own->account)) {
        /* its gains do not count, its own included */
        const fx_i128 gain =
            naive_liquidation_whole_gain(engine, own, naive_liquidation_mark(engine, own));
        return equity - (gain > 0 ? gain : 0) < 0;
    }
    return equity <= naive_liquidation_cross_maintenance(engine, own->account);
}

/* The worst price at which the margin is not below 0; 0: none. */
static inline int64_t naive_liquidation_price(const struct fx_engine *engine, fx_slot slot)
{
    const struct fx_position_state *own = &engine->positions[slot];
    const int64_t max = engine->listings[own->instrument].definition.max_ticks;
    const bool is_long = own->lots > 0;
    int64_t good = is_long ? max : 1, bad = is_long ? 0 : max + 1;
    if (naive_liquidation_equity(engine, slot, good) < 0) {
        return 0;
    }
    while (good - bad > 1 || bad - good > 1) {
        const int64_t middle = (good + bad) / 2;
        if (naive_liquidation_equity(engine, slot, middle) >= 0) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    return good;
}

static inline fx_i128 naive_liquidation_part(fx_i128 total, int64_t part, int64_t whole)
{
    return part == whole ? total : total / whole * part + total % whole * part / whole;
}

static inline bool naive_liquidation_is_enough(const struct fx_engine *engine,
                                               fx_slot slot,
                                               int64_t keep)
{
    const struct fx_position_state *own = &engine->positions[slot];
    const int64_t held = naive_liquidation_size(own->lots),
                  mark = naive_liquidation_mark(engine, own);
    const fx_i128 needed = naive_liquidation_maintenance(engine, own, keep);
    if (!naive_liquidation_is_isolated(own)) {
        return naive_liquidation_equity(engine, slot, mark) >
               naive_liquidation_cross_maintenance(engine, own->account) -
                   naive_liquidation_maintenance(engine, own, held) + needed;
    }
    const int64_t gone = held - keep;
    const fx_i128 margin =
        own->position_margin - naive_liquidation_part(own->position_margin, gone, held) +
        own->adjust_margin - naive_liquidation_part(own->adjust_margin, gone, held);
    const fx_i128 entry = own->entry_value - naive_liquidation_part(own->entry_value, gone, held);
    return margin + naive_liquidation_gain(engine, own, mark, keep, entry) > needed;
}

static inline int64_t naive_liquidation_lots(const struct fx_engine *engine, fx_slot slot)
{
    const struct fx_position_state *own = &engine->positions[slot];
    const struct fx_listing *listing = &engine->listings[own->instrument];
    const int64_t held = naive_liquidation_size(own->lots),
                  mark = naive_liquidation_mark(engine, own);
    if (naive_liquidation_is_fund(engine, own->account)) {
        return held;
    }
    for (uint32_t tier = listing->definition.tier_count - 1; tier > 0; tier--) {
        const fx_i128 cap = listing->tiers[tier - 1].cap;
        int64_t keep = held;
        if (naive_liquidation_value(engine, own, mark, held) <= cap) {
            continue;
        }
        while (keep > 0 && naive_liquidation_value(engine, own, mark, keep) > cap) {
            keep--;
        }
        if (keep > 0 && naive_liquidation_is_enough(engine, slot, keep)) {
            return held - keep;
        }
    }
    return held;
}

/* ---- who takes it ------------------------------------------------------------------------------
 */

/* A position after it has closed and opened lots at a price; the PnL of what it closed. */
static inline fx_i128 naive_liquidation_fill(const struct fx_engine *engine,
                                             struct fx_position_state *position,
                                             int64_t change,
                                             int64_t ticks)
{
    const int64_t held = naive_liquidation_size(position->lots),
                  lots = naive_liquidation_size(change);
    const bool is_closing = position->lots != 0 && (position->lots > 0) != (change > 0);
    const int64_t closing = is_closing ? (held < lots ? held : lots) : 0;
    const fx_i128 value = naive_liquidation_value(engine, position, ticks, lots);
    const fx_i128 closed = closing == 0 ? 0 : naive_liquidation_part(value, closing, lots);
    fx_i128 pnl = 0;
    if (closing > 0) {
        const fx_i128 entry = naive_liquidation_part(position->entry_value, closing, held);
        const bool is_linear = engine->listings[position->instrument].definition.contract_type ==
                               FX_CONTRACT_TYPE_USD_M;
        pnl = (position->lots > 0) == is_linear ? closed - entry : entry - closed;
        position->entry_value -= entry;
    }
    position->lots += change;
    position->entry_value += value - closed;
    return pnl;
}

static inline bool naive_liquidation_is_fund_solvent(const struct fx_engine *engine,
                                                     fx_slot fund,
                                                     uint32_t instrument,
                                                     int64_t change,
                                                     int64_t ticks)
{
    struct fx_position_state own = {.instrument = instrument};
    fx_i128 losses = 0;
    for (fx_slot slot = 0; slot < engine->position_count; slot++) {
        const struct fx_position_state *position = &engine->positions[slot];
        if (position->account != fund) {
            continue;
        }
        if (position->instrument == instrument) {
            own = *position;
            continue;
        }
        const fx_i128 gain = naive_liquidation_whole_gain(
            engine, position, naive_liquidation_mark(engine, position));
        losses += gain < 0 ? gain : 0;
    }
    const fx_i128 balance =
        engine->accounts[fund].balance + naive_liquidation_fill(engine, &own, change, ticks);
    const fx_i128 gain =
        naive_liquidation_whole_gain(engine, &own, naive_liquidation_mark(engine, &own));
    return balance >= 0 && balance + losses + (gain < 0 ? gain : 0) >= 0;
}

static inline bool naive_liquidation_bears(const struct fx_engine *engine,
                                           fx_slot slot,
                                           int64_t change,
                                           int64_t ticks)
{
    const struct fx_position_state *own = &engine->positions[slot];
    const int64_t held = naive_liquidation_size(own->lots), lots = naive_liquidation_size(change);
    struct fx_position_state after = *own;
    if (naive_liquidation_is_fund(engine, own->account)) {
        return naive_liquidation_is_fund_solvent(
            engine, own->account, own->instrument, change, ticks);
    }
    const int64_t mark = naive_liquidation_mark(engine, own);
    const fx_i128 pnl = naive_liquidation_fill(engine, &after, change, ticks);
    if (naive_liquidation_is_isolated(own)) {
        return pnl + naive_liquidation_part(own->position_margin, lots, held) +
                   naive_liquidation_part(own->adjust_margin, lots, held) >=
               0;
    }
    return naive_liquidation_equity(engine, slot, mark) -
               naive_liquidation_whole_gain(engine, own, mark) +
               naive_liquidation_whole_gain(engine, &after, mark) + pnl >=
           0;
}

/* Rounded down, in ppb, within 1e9. */
static inline fx_i128 naive_liquidation_ratio(fx_i128 numerator, fx_i128 divisor)
{
    const fx_i128 most = 1000000000000000000;
    divisor = divisor > 0 ? divisor : 1;
    fx_i128 ratio = numerator * 1000000000 / divisor;
    ratio -= ratio * divisor > numerator * 1000000000 ? 1 : 0;
    ratio = ratio > most ? most : ratio;
    return ratio < -most ? -most : ratio;
}

static inline fx_i128 naive_liquidation_score(const struct fx_engine *engine, fx_slot slot)
{
    const struct fx_position_state *own = &engine->positions[slot];
    const int64_t mark = naive_liquidation_mark(engine, own);
    const fx_i128 gain = naive_liquidation_whole_gain(engine, own, mark);
    fx_i128 equity = naive_liquidation_equity(engine, slot, mark);
    if (naive_liquidation_is_fund(engine, own->account) && gain > 0) {
        equity -= gain;
    }
    const fx_i128 profit = naive_liquidation_ratio(gain, own->entry_value);
    const fx_i128 leverage =
        naive_liquidation_ratio(naive_liquidation_value(engine, own, mark, own->lots), equity);
    if (profit > 0) {
        return profit * leverage / 1000000000;
    }
    const fx_i128 divisor = leverage > 0 ? leverage : 1;
    return -((-profit * 1000000000 + divisor - 1) / divisor);
}

static inline fx_slot naive_liquidation_counter(const struct fx_engine *engine,
                                                fx_slot slot,
                                                int64_t lots,
                                                int64_t ticks)
{
    const struct fx_position_state *own = &engine->positions[slot];
    fx_slot best = FX_SLOT_NONE;
    for (fx_slot other = 0; other < engine->position_count; other++) {
        const struct fx_position_state *position = &engine->positions[other];
        if (position->instrument != own->instrument || position->lots == 0 ||
            (position->lots > 0) == (own->lots > 0) || position->account == own->account) {
            continue;
        }
        const int64_t held = naive_liquidation_size(position->lots);
        const int64_t part = held < lots ? held : lots;
        if (!naive_liquidation_bears(engine, other, position->lots > 0 ? -part : part, ticks)) {
            continue;
        }
        const fx_i128 score = naive_liquidation_score(engine, other);
        const fx_i128 leader = best == FX_SLOT_NONE ? 0 : naive_liquidation_score(engine, best);
        if (best == FX_SLOT_NONE || score > leader ||
            (score == leader && position->account < engine->positions[best].account)) {
            best = other;
        }
    }
    return best;
}

/* ---- what is next ------------------------------------------------------------------------------
 */

static inline bool naive_liquidation_may(const struct fx_engine *engine, fx_slot slot)
{
    return engine->listings[engine->positions[slot].instrument].definition.state ==
           FX_INSTRUMENT_STATE_TRADING;
}

/* The position of an account that is worked on next; NONE. */
static inline fx_slot naive_liquidation_target(const struct fx_engine *engine, fx_slot account)
{
    fx_slot cross = FX_SLOT_NONE;
    fx_i128 largest = -1;
    for (fx_slot slot = 0; slot < engine->position_count; slot++) {
        const struct fx_position_state *position = &engine->positions[slot];
        if (position->account != account || position->lots == 0 ||
            !naive_liquidation_is_short(engine, slot) || !naive_liquidation_may(engine, slot) ||
            naive_liquidation_price(engine, slot) == 0) {
            continue;
        }
        if (naive_liquidation_is_isolated(position)) {
            return slot;
        }
        const fx_i128 weight =
            naive_liquidation_is_fund(engine, account)
                ? -naive_liquidation_whole_gain(
                      engine, position, naive_liquidation_mark(engine, position))
                : naive_liquidation_maintenance(engine, position, position->lots);
        if (weight > largest) {
            largest = weight;
            cross = slot;
        }
    }
    return cross;
}

static inline bool naive_liquidation_reserves(const struct fx_engine *engine, fx_slot slot)
{
    const struct fx_position_state *own = &engine->positions[slot];
    const bool is_isolated = naive_liquidation_is_isolated(own);
    for (fx_slot other = 0; other < engine->position_count; other++) {
        const struct fx_position_state *position = &engine->positions[other];
        if (position->account == own->account && (other == slot || !is_isolated) &&
            naive_liquidation_is_isolated(position) == is_isolated &&
            position->buy_lots + position->sell_lots > 0) {
            return true;
        }
    }
    return false;
}

/** What an account without cross positions lacks of its isolated margins, or of 0. */
static inline fx_i128 naive_liquidation_missing(const struct fx_engine *engine, fx_slot account)
{
    fx_i128 cash = engine->accounts[account].balance + engine->accounts[account].reward_balance;
    for (fx_slot slot = 0; slot < engine->position_count; slot++) {
        const struct fx_position_state *position = &engine->positions[slot];
        if (position->account != account || position->lots == 0) {
            continue;
        }
        if (!naive_liquidation_is_isolated(position)) {
            return 0;
        }
        cash -= position->position_margin + position->adjust_margin;
    }
    return cash < 0 ? -cash : 0;
}

/* The other position of the same account on the symbol; NONE. */
static inline fx_slot naive_liquidation_pair(const struct fx_engine *engine, fx_slot slot)
{
    const struct fx_position_state *own = &engine->positions[slot];
    for (fx_slot other = 0; other < engine->position_count; other++) {
        const struct fx_position_state *position = &engine->positions[other];
        if (other != slot && position->account == own->account && position->lots != 0 &&
            position->instrument == own->instrument) {
            return other;
        }
    }
    return FX_SLOT_NONE;
}

/* As many of them as the other position has. */
static inline void naive_liquidation_deleverage(const struct fx_engine *engine,
                                                struct naive_liquidation *next,
                                                fx_slot counter)
{
    const int64_t held = naive_liquidation_size(engine->positions[counter].lots);
    next->counter = counter;
    next->lots = held < next->lots ? held : next->lots;
    next->step = FX_LIQUIDATION_STEP_ADL;
}

/** What happens to this account; step 0: nothing can be done. */
static inline struct naive_liquidation naive_liquidation_step(const struct fx_engine *engine,
                                                              fx_slot account)
{
    struct naive_liquidation next = {.position = FX_SLOT_NONE, .counter = FX_SLOT_NONE};
    next.is_cover = naive_liquidation_missing(engine, account) > 0;
    if (next.is_cover) {
        return next;
    }
    next.position = naive_liquidation_target(engine, account);
    if (next.position == FX_SLOT_NONE) {
        return next;
    }
    const struct fx_position_state *own = &engine->positions[next.position];
    if (naive_liquidation_reserves(engine, next.position)) {
        next.step = FX_LIQUIDATION_STEP_CANCEL_ORDERS;
        next.lots = own->lots;
        return next;
    }
    /* Long and short of one margin lose nothing by closing each other at the mark. */
    const fx_slot pair = naive_liquidation_pair(engine, next.position);
    const bool is_isolated = naive_liquidation_is_isolated(own);
    if (pair != FX_SLOT_NONE && !is_isolated) {
        next.lots = naive_liquidation_size(own->lots);
        next.price_ticks = naive_liquidation_mark(engine, own);
        naive_liquidation_deleverage(engine, &next, pair);
        return next;
    }
    const bool is_long = own->lots > 0;
    const fx_px best =
        fx_book_best(engine->listings[own->instrument].book, is_long ? FX_SIDE_BUY : FX_SIDE_SELL);
    next.price_ticks = naive_liquidation_price(engine, next.position);
    next.lots = naive_liquidation_lots(engine, next.position);
    next.is_edge = naive_liquidation_equity(engine, next.position, next.price_ticks) <= 1;
    if (best.ticks > 0 && engine->order_count < engine->limits.orders_max &&
        (is_long ? best.ticks >= next.price_ticks : best.ticks <= next.price_ticks)) {
        next.step = FX_LIQUIDATION_STEP_BOOK;
        return next;
    }
    const fx_slot fund = fx_account_state_find(engine, 0, engine->listings[own->instrument].asset);
    if (fund != FX_SLOT_NONE && fund != account &&
        naive_liquidation_is_fund_solvent(
            engine, fund, own->instrument, is_long ? next.lots : -next.lots, next.price_ticks)) {
        next.step = FX_LIQUIDATION_STEP_TAKEOVER;
        return next;
    }
    const fx_slot counter =
        naive_liquidation_counter(engine, next.position, next.lots, next.price_ticks);
    if (counter != FX_SLOT_NONE) {
        naive_liquidation_deleverage(engine, &next, counter);
    } else if (pair != FX_SLOT_NONE && is_isolated) { /* nobody else: what the other side gained */
        const int64_t held = engine->positions[pair].lots;
        const int64_t part =
            naive_liquidation_size(held) < next.lots ? naive_liquidation_size(held) : next.lots;
        if (naive_liquidation_bears(engine, pair, held > 0 ? -part : part, next.price_ticks)) {
            naive_liquidation_deleverage(engine, &next, pair);
        }
    }
    return next;
}

/** True where some margin of the account is short: I-09, by a scan. */
static inline bool naive_liquidation_is_account_short(const struct fx_engine *engine,
                                                      fx_slot account)
{
    for (fx_slot slot = 0; slot < engine->position_count; slot++) {
        if (engine->positions[slot].account == account && engine->positions[slot].lots != 0 &&
            naive_liquidation_is_short(engine, slot)) {
            return true;
        }
    }
    return false;
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

#endif
