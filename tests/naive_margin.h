/**
 * @file naive_margin.h
 * The margin rules of docs/rules/margin.md, written down once more, as slowly as they read.
 *
 * An account is the list of what ever happened to it; every question replays the list from the
 * beginning, over rationals (GMP), and rounds where a rule says so. Values are not updated, cached
 * or kept anywhere. Temporaries come from one pool that naive_margin_reset() empties.
 * Thread: the test's own.
 */
#ifndef FX_TESTS_NAIVE_MARGIN_H
#define FX_TESTS_NAIVE_MARGIN_H

#include <assert.h>
#include <gmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/instrument.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters,cppcoreguidelines-avoid-non-const-global-variables):
// a model takes plain numbers and one pool
enum {
    NAIVE_MARGIN_POOL = 1 << 20,
    NAIVE_MARGIN_EVENTS_MAX = 4096,
    NAIVE_MARGIN_ORDERS_MAX = 4096,
    NAIVE_MARGIN_INSTRUMENTS_MAX = 4
};

typedef mpq_srcptr naive_num;

struct naive_margin_pool {
    mpq_t items[NAIVE_MARGIN_POOL];
    uint32_t made;
    uint32_t used;
};

static struct naive_margin_pool naive_margin_pool;

static inline void naive_margin_reset(void)
{
    naive_margin_pool.used = 0;
}

static inline void naive_margin_release(void)
{
    for (uint32_t index = 0; index < naive_margin_pool.made; index++) {
        mpq_clear(naive_margin_pool.items[index]);
    }
    naive_margin_pool.made = 0;
    naive_margin_pool.used = 0;
}

static inline mpq_ptr naive_new(void)
{
    assert(naive_margin_pool.used < NAIVE_MARGIN_POOL);
    if (naive_margin_pool.used == naive_margin_pool.made) {
        mpq_init(naive_margin_pool.items[naive_margin_pool.made]);
        naive_margin_pool.made++;
    }
    return naive_margin_pool.items[naive_margin_pool.used++];
}

static inline naive_num naive_int(fx_i128 value)
{
    mpq_ptr result = naive_new();
    const fx_u128 magnitude = value < 0 ? 0 - (fx_u128)value : (fx_u128)value;
    const uint64_t limbs[2] = {(uint64_t)magnitude, (uint64_t)(magnitude >> 64)};
    mpz_import(mpq_numref(result), 2, -1, sizeof limbs[0], 0, 0, limbs);
    mpz_set_ui(mpq_denref(result), 1);
    if (value < 0) {
        mpq_neg(result, result);
    }
    return result;
}

/** A whole number back; the test stops where it is none or does not fit. */
static inline fx_i128 naive_to_int(naive_num value)
{
    assert(mpz_cmp_ui(mpq_denref(value), 1) == 0);
    assert(mpz_sizeinbase(mpq_numref(value), 2) <= 126);
    uint64_t limbs[2] = {0, 0};
    (void)mpz_export(limbs, NULL, -1, sizeof limbs[0], 0, 0, mpq_numref(value));
    const fx_i128 magnitude = (fx_i128)((fx_u128)limbs[1] << 64 | limbs[0]);
    return mpq_sgn(value) < 0 ? -magnitude : magnitude;
}

static inline naive_num naive_add(naive_num left, naive_num right)
{
    mpq_ptr result = naive_new();
    mpq_add(result, left, right);
    return result;
}

static inline naive_num naive_sub(naive_num left, naive_num right)
{
    mpq_ptr result = naive_new();
    mpq_sub(result, left, right);
    return result;
}

static inline naive_num naive_mul(naive_num left, naive_num right)
{
    mpq_ptr result = naive_new();
    mpq_mul(result, left, right);
    return result;
}

static inline naive_num naive_div(naive_num left, naive_num right)
{
    mpq_ptr result = naive_new();
    mpq_div(result, left, right);
    return result;
}

static inline naive_num naive_negate(naive_num value)
{
    return naive_sub(naive_int(0), value);
}

static inline naive_num naive_min(naive_num left, naive_num right)
{
    return mpq_cmp(left, right) < 0 ? left : right;
}

static inline naive_num naive_max(naive_num left, naive_num right)
{
    return mpq_cmp(left, right) > 0 ? left : right;
}

/** Half to even: floor(value), then look at what is left of the half. */
static inline void naive_round_half_even(mpz_ptr whole, naive_num value)
{
    mpz_fdiv_q(whole, mpq_numref(value), mpq_denref(value));
    mpq_ptr rest = naive_new();
    mpq_set_z(rest, whole);
    mpq_sub(rest, value, rest);
    const int order = mpq_cmp_ui(rest, 1, 2);
    if (order > 0 || (order == 0 && mpz_odd_p(whole) != 0)) {
        mpz_add_ui(whole, whole, 1);
    }
}

static inline naive_num naive_round(naive_num value, enum fx_rounding rounding)
{
    mpq_ptr result = naive_new();
    mpz_set_ui(mpq_denref(result), 1);
    mpz_ptr whole = mpq_numref(result);
    if (rounding == FX_ROUND_CEIL) {
        mpz_cdiv_q(whole, mpq_numref(value), mpq_denref(value));
    } else if (rounding == FX_ROUND_FLOOR) {
        mpz_fdiv_q(whole, mpq_numref(value), mpq_denref(value));
    } else if (rounding == FX_ROUND_DOWN) {
        mpz_tdiv_q(whole, mpq_numref(value), mpq_denref(value));
    } else {
        naive_round_half_even(whole, value);
    }
    return result;
}

/* ---- what happened ---- */

enum naive_margin_kind {
    NAIVE_MARGIN_CASH = 1, /* to or from the balance */
    NAIVE_MARGIN_REWARD,
    NAIVE_MARGIN_FEE,
    NAIVE_MARGIN_FILL,
    NAIVE_MARGIN_SETTING,
    NAIVE_MARGIN_ADJUST
};

struct naive_margin_event {
    enum naive_margin_kind kind;
    uint32_t account;
    uint32_t instrument;
    enum fx_side side;
    int64_t ticks;
    int64_t lots;
    fx_i128 amount;
    int32_t leverage_centi;
    enum fx_margin_mode mode;
};

struct naive_margin_order {
    bool is_open;
    bool is_reduce_only;
    uint32_t account;
    uint32_t instrument;
    enum fx_side side;
    int64_t ticks;
    int64_t lots;
    int64_t entry_mark;
};

struct naive_margin_instrument {
    const struct fx_instrument *definition;
    struct fx_tier tiers[FX_TIERS_MAX]; /* cap, rate and leverage; cum is not read */
    uint32_t tier_count;
    int64_t mark;
};

struct naive_margin {
    struct naive_margin_instrument instruments[NAIVE_MARGIN_INSTRUMENTS_MAX];
    uint32_t instrument_count;
    struct naive_margin_event events[NAIVE_MARGIN_EVENTS_MAX];
    uint32_t event_count;
    struct naive_margin_order orders[NAIVE_MARGIN_ORDERS_MAX];
    uint32_t order_count;
};

/** What a replay of one account ends with. */
struct naive_margin_position {
    int64_t lots;
    int32_t leverage_centi;
    enum fx_margin_mode mode;
    naive_num entry;
    naive_num margin;
    naive_num adjust;
    naive_num realized;
};

struct naive_margin_account {
    naive_num balance;
    naive_num reward;
    struct naive_margin_position positions[NAIVE_MARGIN_INSTRUMENTS_MAX];
};

static inline naive_num naive_decimal(fx_i128 decimal)
{
    return naive_div(naive_int(decimal), naive_int(fx_dec_one()));
}

/** RULES 1: the one value of a fill, in 1e-18. */
static inline naive_num naive_value_exact(const struct naive_margin_instrument *instrument,
                                          naive_num ticks,
                                          int64_t lots)
{
    const struct fx_instrument *definition = instrument->definition;
    naive_num price = naive_mul(ticks, naive_decimal(definition->tick_size));
    naive_num size = naive_mul(naive_int(lots), naive_decimal(definition->lot_size));
    naive_num contracts = naive_mul(size, naive_decimal(definition->multiplier));
    naive_num value = definition->contract_type == FX_CONTRACT_TYPE_COIN_M
                          ? naive_div(contracts, price)
                          : naive_mul(contracts, price);
    return naive_mul(value, naive_int(fx_dec_one()));
}

static inline naive_num naive_value(const struct naive_margin_instrument *instrument,
                                    int64_t ticks,
                                    int64_t lots)
{
    return naive_round(naive_value_exact(instrument, naive_int(ticks), lots), FX_ROUND_HALF_EVEN);
}

static inline naive_num naive_at_leverage(naive_num value, int32_t leverage_centi)
{
    naive_num leverage = naive_div(naive_int(leverage_centi), naive_int(100));
    return naive_round(naive_div(value, leverage), FX_ROUND_CEIL);
}

/** RULES 4: gain of a position whose value is now `value`. */
static inline naive_num naive_gain(const struct naive_margin_instrument *instrument,
                                   const struct naive_margin_position *position,
                                   naive_num value)
{
    naive_num linear_long = naive_sub(value, position->entry);
    const bool is_inverse = instrument->definition->contract_type == FX_CONTRACT_TYPE_COIN_M;
    const bool is_short = position->lots < 0;
    return is_inverse == is_short ? linear_long : naive_negate(linear_long);
}

/* ---- replay ---- */

static inline void naive_replay_cash(struct naive_margin_account *account, naive_num amount)
{
    if (mpq_sgn(amount) < 0) { /* the bonus pays first */
        naive_num paid = naive_min(naive_negate(amount), account->reward);
        account->reward = naive_sub(account->reward, paid);
        amount = naive_add(amount, paid);
    }
    account->balance = naive_add(account->balance, amount);
}

static inline naive_num naive_shrink(naive_num total, int64_t closed, int64_t held)
{
    naive_num part = naive_div(naive_mul(total, naive_int(closed)), naive_int(held));
    return naive_sub(total, naive_round(part, FX_ROUND_DOWN));
}

static inline void naive_replay_fill(const struct naive_margin *model,
                                     const struct naive_margin_event *event,
                                     struct naive_margin_account *account)
{
    const struct naive_margin_instrument *instrument = &model->instruments[event->instrument];
    struct naive_margin_position *position = &account->positions[event->instrument];
    const int64_t signed_lots = event->side == FX_SIDE_BUY ? event->lots : -event->lots;
    const int64_t held = position->lots < 0 ? -position->lots : position->lots;
    int64_t closing = 0;
    if ((position->lots > 0 && signed_lots < 0) || (position->lots < 0 && signed_lots > 0)) {
        closing = event->lots < held ? event->lots : held;
    }
    naive_num value = naive_value(instrument, event->ticks, event->lots);
    naive_num close_value = naive_round(
        naive_div(naive_mul(value, naive_int(closing)), naive_int(event->lots)), FX_ROUND_DOWN);
    if (closing > 0) {
        /* Gain of the closed part: what it is worth now against what it was bought for. */
        struct naive_margin_position closed = *position;
        naive_num rest = naive_shrink(position->entry, closing, held);
        closed.entry = naive_sub(position->entry, rest);
        naive_num gain = naive_gain(instrument, &closed, close_value);
        position->entry = rest;
        position->margin = naive_shrink(position->margin, closing, held);
        position->adjust = naive_shrink(position->adjust, closing, held);
        position->realized = naive_add(position->realized, gain);
        position->lots += signed_lots > 0 ? closing : -closing;
        naive_replay_cash(account, gain);
    }
    if (closing < event->lots) {
        naive_num open_value = naive_sub(value, close_value);
        if (position->lots == 0) {
            position->realized = naive_int(0);
        }
        position->lots += signed_lots > 0 ? event->lots - closing : closing - event->lots;
        position->entry = naive_add(position->entry, open_value);
        if (position->mode == FX_MARGIN_MODE_ISOLATED) {
            position->margin = naive_add(position->margin,
                                         naive_at_leverage(open_value, position->leverage_centi));
        }
    }
}

static inline struct naive_margin_account naive_replay(const struct naive_margin *model,
                                                       uint32_t owner)
{
    struct naive_margin_account account = {.balance = naive_int(0), .reward = naive_int(0)};
    for (uint32_t index = 0; index < model->instrument_count; index++) {
        account.positions[index] = (struct naive_margin_position){
            .leverage_centi = 2000,
            .mode = FX_MARGIN_MODE_CROSS,
            .entry = naive_int(0),
            .margin = naive_int(0),
            .adjust = naive_int(0),
            .realized = naive_int(0),
        };
    }
    for (uint32_t index = 0; index < model->event_count; index++) {
        const struct naive_margin_event *event = &model->events[index];
        struct naive_margin_position *position = &account.positions[event->instrument];
        if (event->account != owner) {
            continue;
        }
        if (event->kind == NAIVE_MARGIN_CASH) {
            account.balance = naive_add(account.balance, naive_int(event->amount));
        } else if (event->kind == NAIVE_MARGIN_REWARD) {
            account.reward = naive_add(account.reward, naive_int(event->amount));
        } else if (event->kind == NAIVE_MARGIN_FEE) {
            naive_replay_cash(&account, naive_int(-event->amount));
        } else if (event->kind == NAIVE_MARGIN_FILL) {
            naive_replay_fill(model, event, &account);
        } else if (event->kind == NAIVE_MARGIN_ADJUST) {
            position->adjust = naive_add(position->adjust, naive_int(event->amount));
        } else {
            position->leverage_centi = event->leverage_centi;
            position->mode = event->mode;
            if (position->mode == FX_MARGIN_MODE_ISOLATED) {
                position->margin = naive_at_leverage(position->entry, event->leverage_centi);
            }
        }
    }
    return account;
}

/* ---- margins ---- */

/** |position| at mark; its entry value where there is no mark. */
static inline naive_num naive_mark_value(const struct naive_margin *model,
                                         const struct naive_margin_account *account,
                                         uint32_t instrument)
{
    const struct naive_margin_position *position = &account->positions[instrument];
    const int64_t mark = model->instruments[instrument].mark;
    if (position->lots == 0 || mark == 0) {
        return position->entry;
    }
    const int64_t lots = position->lots < 0 ? -position->lots : position->lots;
    return naive_value(&model->instruments[instrument], mark, lots);
}

static inline naive_num naive_unrealized(const struct naive_margin *model,
                                         const struct naive_margin_account *account,
                                         uint32_t instrument)
{
    const struct naive_margin_position *position = &account->positions[instrument];
    if (position->lots == 0) {
        return naive_int(0);
    }
    return naive_gain(
        &model->instruments[instrument], position, naive_mark_value(model, account, instrument));
}

static inline uint32_t naive_tier(const struct naive_margin_instrument *instrument,
                                  naive_num notional)
{
    uint32_t tier = 0;
    while (tier + 1 < instrument->tier_count &&
           mpq_cmp(notional, naive_int(instrument->tiers[tier].cap)) > 0) {
        tier++;
    }
    return tier;
}

static inline naive_num naive_rate(const struct naive_margin_instrument *instrument, uint32_t tier)
{
    return naive_div(naive_int(instrument->tiers[tier].rate_ppb), naive_int(1000000000));
}

/** Maintenance of a value without rounding: every slice of it at the rate of its own tier. */
static inline naive_num naive_maintenance_exact(const struct naive_margin_instrument *instrument,
                                                naive_num value)
{
    naive_num sum = naive_int(0);
    naive_num floor = naive_int(0);
    const uint32_t last = naive_tier(instrument, value);
    for (uint32_t tier = 0; tier <= last; tier++) {
        naive_num top = tier == last ? value : naive_int(instrument->tiers[tier].cap);
        sum = naive_add(sum, naive_mul(naive_sub(top, floor), naive_rate(instrument, tier)));
        floor = top;
    }
    return sum;
}

static inline naive_num naive_maintenance(const struct naive_margin *model,
                                          const struct naive_margin_account *account,
                                          uint32_t instrument)
{
    if (account->positions[instrument].lots == 0) {
        return naive_int(0);
    }
    return naive_round(naive_maintenance_exact(&model->instruments[instrument],
                                               naive_mark_value(model, account, instrument)),
                       FX_ROUND_CEIL);
}

/** Sums over the open orders of one side. */
struct naive_margin_side {
    int64_t lots;
    naive_num value;
    naive_num loss;
};

static inline struct naive_margin_side naive_side(const struct naive_margin *model,
                                                  uint32_t owner,
                                                  uint32_t instrument_index,
                                                  enum fx_side side)
{
    const struct naive_margin_instrument *instrument = &model->instruments[instrument_index];
    struct naive_margin_side sum = {.value = naive_int(0), .loss = naive_int(0)};
    for (uint32_t index = 0; index < model->order_count; index++) {
        const struct naive_margin_order *order = &model->orders[index];
        if (!order->is_open || order->is_reduce_only || order->account != owner ||
            order->instrument != instrument_index || order->side != side) {
            continue;
        }
        naive_num value = naive_value(instrument, order->ticks, order->lots);
        sum.lots += order->lots;
        sum.value = naive_add(sum.value, value);
        if (order->entry_mark > 0) {
            /* What it would lose at once if it were filled at its price. */
            const struct naive_margin_position filled = {
                .lots = side == FX_SIDE_BUY ? order->lots : -order->lots, .entry = value};
            naive_num at_mark = naive_value(instrument, order->entry_mark, order->lots);
            naive_num gain = naive_gain(instrument, &filled, at_mark);
            sum.loss = naive_add(sum.loss, naive_max(naive_int(0), naive_negate(gain)));
        }
    }
    return sum;
}

static inline naive_num naive_part(naive_num total, int64_t lots, int64_t whole)
{
    return naive_round(naive_div(naive_mul(total, naive_int(lots)), naive_int(whole)),
                       FX_ROUND_CEIL);
}

/** What opens when all orders of a side fill, and the position that they leave. */
static inline naive_num naive_opened(const struct naive_margin_side *side,
                                     int64_t closing,
                                     int32_t leverage_centi,
                                     naive_num *value_out)
{
    *value_out = naive_int(0);
    if (side->lots <= closing) {
        return naive_int(0);
    }
    const int64_t opening = side->lots - closing;
    *value_out = naive_part(side->value, opening, side->lots);
    return naive_add(naive_at_leverage(*value_out, leverage_centi),
                     naive_part(side->loss, opening, side->lots));
}

/** Reserve and the largest notional after fills. */
struct naive_margin_orders {
    naive_num reserve;
    naive_num notional;
};

static inline struct naive_margin_orders naive_orders(const struct naive_margin *model,
                                                      const struct naive_margin_account *account,
                                                      uint32_t owner,
                                                      uint32_t instrument)
{
    const struct naive_margin_position *position = &account->positions[instrument];
    const struct naive_margin_side buys = naive_side(model, owner, instrument, FX_SIDE_BUY);
    const struct naive_margin_side sells = naive_side(model, owner, instrument, FX_SIDE_SELL);
    naive_num held = naive_mark_value(model, account, instrument);
    naive_num bought = NULL;
    naive_num sold = NULL;
    naive_num of_buys = naive_opened(
        &buys, position->lots < 0 ? -position->lots : 0, position->leverage_centi, &bought);
    naive_num of_sells = naive_opened(
        &sells, position->lots > 0 ? position->lots : 0, position->leverage_centi, &sold);
    if (position->lots > 0) {
        bought = naive_add(bought, held);
    }
    if (position->lots < 0) {
        sold = naive_add(sold, held);
    }
    return (struct naive_margin_orders){
        .reserve = naive_max(of_buys, of_sells),
        .notional = naive_max(held, naive_max(bought, sold)),
    };
}

/** Highest leverage at a notional. */
static inline int32_t naive_leverage_max(const struct naive_margin_instrument *instrument,
                                         naive_num notional)
{
    const int32_t of_tier = instrument->tiers[naive_tier(instrument, notional)].leverage_max_centi;
    const int32_t of_symbol = instrument->definition->leverage_max_centi;
    return of_tier < of_symbol ? of_tier : of_symbol;
}

/** RULES 4: with gains for orders, without for withdrawals (then at most the balance, at least 0).
 */
static inline naive_num naive_available(const struct naive_margin *model,
                                        const struct naive_margin_account *account,
                                        uint32_t owner,
                                        bool is_withdrawal)
{
    naive_num sum = naive_add(account->balance, account->reward);
    naive_num gains = naive_int(0);
    for (uint32_t index = 0; index < model->instrument_count; index++) {
        const struct naive_margin_position *position = &account->positions[index];
        sum = naive_sub(sum, naive_orders(model, account, owner, index).reserve);
        if (position->lots == 0) {
            continue;
        }
        if (position->mode == FX_MARGIN_MODE_ISOLATED) {
            sum = naive_sub(sum, naive_add(position->margin, position->adjust));
            continue;
        }
        sum = naive_sub(
            sum,
            naive_at_leverage(naive_mark_value(model, account, index), position->leverage_centi));
        gains = naive_add(gains, naive_unrealized(model, account, index));
    }
    if (!is_withdrawal) {
        return naive_add(sum, gains);
    }
    sum = naive_add(sum, naive_min(naive_int(0), gains));
    return naive_max(naive_int(0), naive_min(sum, account->balance));
}

/**
 * Margin minus need if the price of one symbol were `ticks` and all else at mark: below 0 is
 * liquidation (with_maintenance) or bankruptcy (without). RULES 5, conditions, not formulas.
 */
static inline naive_num naive_headroom(const struct naive_margin *model,
                                       const struct naive_margin_account *account,
                                       uint32_t instrument,
                                       int64_t ticks,
                                       bool with_maintenance)
{
    const struct naive_margin_position *position = &account->positions[instrument];
    const int64_t lots = position->lots < 0 ? -position->lots : position->lots;
    naive_num value = naive_value_exact(&model->instruments[instrument], naive_int(ticks), lots);
    naive_num sum = naive_gain(&model->instruments[instrument], position, value);
    if (with_maintenance) {
        sum = naive_sub(sum, naive_maintenance_exact(&model->instruments[instrument], value));
    }
    if (position->mode == FX_MARGIN_MODE_ISOLATED) {
        return naive_add(sum, naive_add(position->margin, position->adjust));
    }
    sum = naive_add(sum, naive_add(account->balance, account->reward));
    for (uint32_t index = 0; index < model->instrument_count; index++) {
        const struct naive_margin_position *other = &account->positions[index];
        if (index == instrument || other->lots == 0) {
            continue;
        }
        if (other->mode == FX_MARGIN_MODE_ISOLATED) {
            sum = naive_sub(sum, naive_add(other->margin, other->adjust));
            continue;
        }
        sum = naive_add(sum, naive_unrealized(model, account, index));
        if (with_maintenance) {
            sum = naive_sub(sum, naive_maintenance(model, account, index));
        }
    }
    return sum;
}
// NOLINTEND(bugprone-easily-swappable-parameters,cppcoreguidelines-avoid-non-const-global-variables)

#endif
