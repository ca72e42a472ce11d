/**
 * @file money_int.h
 * The doors between the files that handle accounts, positions and margin. Private to engine/.
 * Thread: engine thread only.
 */
#ifndef FX_ENGINE_MONEY_INT_H
#define FX_ENGINE_MONEY_INT_H

#include "base/panic.h"
#include "engine/engine_int.h"

/* ---- account_state.c --------------------------------------------------------------------------
 */

/** The account of a user in an asset; FX_SLOT_NONE where absent. */
fx_slot fx_account_state_find(const struct fx_engine *engine, uint64_t user_id, uint32_t asset);
/** Ask for the table's line of a key, ahead of fx_account_state_find(). */
void fx_account_state_prefetch(const struct fx_engine *engine, uint64_t user_id, uint32_t asset);
/** The account that probably has this key, and its first position: not compared. */
struct fx_account_entry fx_account_state_guess(const struct fx_engine *engine,
                                               uint64_t user_id,
                                               uint32_t asset);
/** Let the table say which position is the account's first. */
void fx_account_state_lead(struct fx_engine *engine, fx_slot account);
/** True where it does. */
bool fx_account_state_is_led(const struct fx_engine *engine, fx_slot account);
/** Create it (it must be absent). @return FX_SLOT_NONE where the pool is full. */
fx_slot fx_account_state_create(struct fx_engine *engine, uint64_t user_id, uint32_t asset);
/** Index of an asset, created on demand; UINT32_MAX where the pool is full (or absent, for find).
 */
uint32_t fx_account_state_asset(struct fx_engine *engine, const struct fx_asset *asset);
uint32_t fx_account_state_find_asset(const struct fx_engine *engine, const struct fx_asset *asset);
/**
 * Add to (amount > 0: balance) or take from (amount < 0: rewardBalance first, then balance) an
 * account. The counter-leg is the caller's business. @return false where out of range.
 */
FX_MUST_USE bool fx_account_state_credit(struct fx_engine *engine, fx_slot account, fx_i128 amount);
/** Say that the running command moves the account's money, or lots or margin of its positions. */
void fx_account_state_moved(struct fx_engine *engine, fx_slot account);
/** Fill the empty table from the accounts (after a load). */
bool fx_account_state_rebuild(struct fx_engine *engine);
/**
 * An upper bound of |balance| + reward + everything that the account's positions and open orders
 * can ever move, in units: below 1e36 no fill can leave the range (M1). @return false: out of
 * range.
 */
FX_MUST_USE bool fx_account_state_bound(const struct fx_engine *engine,
                                        fx_slot account,
                                        fx_i128 *bound_out);

/* ---- fee.c ------------------------------------------------------------------------------------
 */

/** The rate that an account pays as maker or taker: 0 for NO_FEE, its own, else the instrument's.
 */
fx_rate fx_fee_rate(const struct fx_engine *engine,
                    fx_slot account,
                    uint32_t instrument,
                    bool is_taker);
/** value x rate, towards plus infinity: what is owed rounds up, what is received rounds down. */
fx_amount fx_fee_amount(fx_amount value, fx_rate rate);

/* ---- position_state.c -------------------------------------------------------------------------
 */

/** Lots without their sign. */
static inline int64_t fx_position_state_magnitude(int64_t lots)
{
    FX_CHECK(lots > INT64_MIN);
    return lots < 0 ? -lots : lots;
}

/** Lots that an order of this side could close of it. */
static inline int64_t fx_position_state_closable(const struct fx_position_state *position,
                                                 enum fx_side side)
{
    const int64_t lots = side == FX_SIDE_BUY ? -position->lots : position->lots;
    return lots > 0 ? lots : 0;
}

static inline bool fx_position_state_is_isolated(const struct fx_position_state *position)
{
    return position->margin_mode == FX_MARGIN_MODE_ISOLATED;
}

/** The position record; FX_SLOT_NONE where absent. O(positions of the account). */
fx_slot fx_position_state_find(const struct fx_engine *engine,
                               fx_slot account,
                               uint32_t instrument,
                               enum fx_position_side side);
/** Find or create with the settings of the account's other records on the symbol, else CROSS and
 * default leverage (min of 20x and the symbol's maximum). NONE: full. */
fx_slot fx_position_state_acquire(struct fx_engine *engine,
                                  fx_slot account,
                                  uint32_t instrument,
                                  enum fx_position_side side);
/** The side that an account's mode makes of the one that is asked (0 is as good as BOTH): BOTH in
 * one-way mode, LONG or SHORT in hedge mode. 0 where it does not fit. */
enum fx_position_side fx_position_state_side(const struct fx_engine *engine,
                                             fx_slot account,
                                             uint32_t asked);

#define FX_POSITION_FAMILY_MAX 3U
/** The records of an account on one symbol: they share leverage and margin mode. */
struct fx_position_family {
    fx_slot slots[FX_POSITION_FAMILY_MAX];
    uint32_t count;
};
struct fx_position_family fx_position_state_family(const struct fx_engine *engine,
                                                   fx_slot account,
                                                   uint32_t instrument);
/** Link an order (resting[] and orders[] filled in) to its position, count it in the aggregates. */
void fx_position_state_add_order(struct fx_engine *engine, fx_slot order);
/** The reverse; the order's remaining is still what was counted. */
void fx_position_state_remove_order(struct fx_engine *engine, fx_slot order);
/** Change the counted remaining of an order from `before` to resting[order].remaining. */
void fx_position_state_resize_order(struct fx_engine *engine, fx_slot order, fx_qty before);
/**
 * Reserve value and loss of `lots` at a price, as an order of this position would carry them.
 * @return false where out of range.
 */
FX_MUST_USE bool fx_position_state_cost(const struct fx_engine *engine,
                                        const struct fx_resting *order,
                                        fx_px entry_mark,
                                        fx_i128 *value_out,
                                        fx_i128 *loss_out);

/**
 * Judge an order (resting part filled in: price = its limit or take bound, remaining, side,
 * account, instrument, is_reduce_only) that is not in the aggregates yet: the tier allows the
 * leverage, the amounts stay in range (M1) and what it adds to the reserve is available. `replaced`
 * is the linked order whose place it takes (amend), else NONE. Changes nothing but the note of
 * what it found (engine->admission); the whole money check of a placement. Reduce-only: always OK.
 * @return OK; AMOUNT_OUT_OF_RANGE; LEVERAGE_TOO_HIGH; INSUFFICIENT_MARGIN.
 */
FX_MUST_USE fx_status fx_position_state_admit(struct fx_engine *engine,
                                              fx_slot position,
                                              const struct fx_resting *order,
                                              fx_slot replaced);

/** The reserve of the position with such an admitted order beside its others. Changes nothing. */
fx_i128 fx_position_state_foresee(const struct fx_engine *engine,
                                  fx_slot position,
                                  const struct fx_resting *order);

/** A fill as one side sees it. */
struct fx_position_fill {
    enum fx_side side;
    fx_qty lots;
    fx_amount value;
};
/**
 * Close first, then open. Closing c of |q|: closed value = entry x c / |q| towards zero; margins
 * shrink in proportion; the PnL is credited to the account. Opening: entry += value; isolated
 * margin += opened value / leverage, rounded up. Updates open interest, reserve; touches account
 * and position.
 * @return the realised PnL.
 */
fx_amount fx_position_state_fill(struct fx_engine *engine,
                                 fx_slot slot,
                                 const struct fx_position_fill *fill);
/**
 * The same on a record that may be a copy: lots, entry value, margins, realised PnL; nothing else.
 * @return the realised PnL, not credited.
 */
fx_i128 fx_position_state_apply(const struct fx_engine *engine,
                                struct fx_position_state *position,
                                const struct fx_position_fill *fill);
/** Recompute `reserve` after anything it depends on changed. */
void fx_position_state_refresh(struct fx_engine *engine, fx_slot position);
/** A record as it is before anything has happened to it, with the settings of its family. */
void fx_position_state_default(const struct fx_engine *engine,
                               fx_slot account,
                               uint32_t instrument,
                               enum fx_position_side side,
                               struct fx_position_state *position_out);

/* ---- position_setting.c: commands. Each fills result fields; OK, or a reject that changed nothing
 * ----- */

/** ADJUST_LEVERAGE: leverage and margin mode of a symbol. */
fx_status fx_position_setting_leverage(struct fx_engine *engine,
                                       const struct fx_command *command,
                                       struct fx_event_result *result);
/** ADJUST_MARGIN_POSITION: add to or take from an isolated position. */
fx_status fx_position_setting_margin(struct fx_engine *engine,
                                     const struct fx_command *command,
                                     struct fx_event_result *result);
/** SET_POSITION_MODE: one-way or hedge. */
fx_status fx_position_setting_mode(struct fx_engine *engine,
                                   const struct fx_command *command,
                                   struct fx_event_result *result);

/* ---- margin.c: formulas, see docs/rules/margin.md -----------------------------------------------
 */

/** Set what is derived from a listing's definition; after every change of it and after a load. */
void fx_margin_attach(struct fx_listing *listing);
/** The value of a fill: fx_instrument_value() with the listing's unit. The faster door for fills.
 */
FX_MUST_USE bool fx_margin_value(const struct fx_listing *listing,
                                 fx_px price,
                                 fx_qty lots,
                                 fx_i128 *value_out);
/** Value of the position at mark; its entry value where there is no mark. */
fx_i128 fx_margin_mark_value(const struct fx_engine *engine,
                             const struct fx_position_state *position);
/** value / leverage, up. 0 <= value < 1e36. */
fx_i128 fx_margin_at_leverage(fx_i128 value, fx_leverage leverage);
/** value x rate, up; a negative rate gives what is received, down. 0 <= value < 1e36, |rate| < 1.
 */
fx_i128 fx_margin_at_rate(fx_i128 value, fx_rate rate);
/** The most that lots >= 0 can ever be worth. @return false: out of range. */
FX_MUST_USE bool fx_margin_lots_bound(const struct fx_listing *listing,
                                      int64_t lots,
                                      fx_i128 *bound_out);
/** The part of a total that `part` of `whole` lots carry, up (CEIL, total >= 0) or towards zero
 * (DOWN). */
fx_i128 fx_margin_share(fx_i128 total, int64_t part, int64_t whole, enum fx_rounding rounding);
/** Reserve of a position's open orders from its aggregates: the larger of "all buys fill" and "all
 * sells fill". */
fx_i128 fx_margin_requirement(const struct fx_engine *engine,
                              const struct fx_position_state *position);
/** Cross: value at mark (entry value where no mark) / leverage, up. Isolated: 0. */
fx_i128 fx_margin_initial(const struct fx_engine *engine, const struct fx_position_state *position);
/** notional(mark) x r - cum, up. */
fx_i128 fx_margin_maintenance(const struct fx_engine *engine,
                              const struct fx_position_state *position);
/** What closing at mark would realise, exactly; 0 where there is no mark. */
fx_i128 fx_margin_unrealized(const struct fx_engine *engine,
                             const struct fx_position_state *position);
/** For new orders: balance + reward - isolated margins - cross IM - reserves + sum of cross uPnL;
 * at most 0 while fx_margin_is_unknown(). */
fx_i128 fx_margin_available(const struct fx_engine *engine, fx_slot account);
/** For withdrawals and margin additions: the same with min(0, sum of cross uPnL), at most the
 * balance (the reward is margin but cannot be withdrawn); >= 0. 0 while fx_margin_is_unknown(). */
fx_i128 fx_margin_withdrawable(const struct fx_engine *engine, fx_slot account);
/** The same for what has to be paid; as if what is not known were what positions were bought for.
 */
fx_i128 fx_margin_spare(const struct fx_engine *engine, fx_slot account);
/** Whether an open cross position has had no mark, which only what was loaded can be: by rules 5
 * nobody is liquidated, spends or takes out by what it may have gained or lost. */
bool fx_margin_is_unknown(const struct fx_engine *engine, fx_slot account);
/** Liquidation and bankruptcy price, RULES section 5; ticks == 0 where there is none. Rounded
 * against the user. */
struct fx_margin_prices {
    fx_px liquidation;
    fx_px bankruptcy;
};
struct fx_margin_prices fx_margin_prices(const struct fx_engine *engine, fx_slot position);
/** What stands between the state and its prices, for EXPLAIN; `position` may be NONE. */
struct fx_margin_parts {
    fx_i128 isolated;          /* margins of the account's isolated positions */
    fx_i128 initial;           /* of its cross positions */
    fx_i128 reserves;          /* of its open orders */
    fx_i128 gains;             /* of its cross positions, at their marks */
    fx_i128 backing;           /* behind the position, without its own gain */
    fx_i128 other_maintenance; /* of the other cross positions */
    uint32_t tier;             /* of the value at mark, from 1; 0: none */
    uint32_t liquidation_tier; /* of the value at the liquidation price */
};
struct fx_margin_parts fx_margin_explain(const struct fx_engine *engine,
                                         fx_slot account,
                                         fx_slot position);
fx_px fx_margin_liquidation_price(const struct fx_engine *engine, fx_slot position);
fx_px fx_margin_bankruptcy_price(const struct fx_engine *engine, fx_slot position);
/** True where the prices of the position's last row still hold: nothing that they depend on has
 * changed since (M8). A position with lots. */
bool fx_margin_is_priced(const struct fx_engine *engine, fx_slot position);
/**
 * What a position adds to its margin above maintenance at a price: gain less maintenance margin. Of
 * the insurance fund: the loss, <= 0. Without a price (0): at its entry value.
 */
fx_i128 fx_margin_worth(const struct fx_engine *engine,
                        const struct fx_position_state *position,
                        fx_px price);
/** The farthest price against the holder at which the worth has fallen by no more than `spend` >= 0
 * from that at mark; within 1 and the largest price. */
fx_px fx_margin_guard(const struct fx_engine *engine,
                      const struct fx_position_state *position,
                      fx_i128 spend);
/** The margin that a position stands on: its own, or the account's with all cross positions; the
 * fund's with its losses alone. */
struct fx_margin_standing {
    fx_i128 equity;
    fx_i128 maintenance;
};
struct fx_margin_standing fx_margin_standing(const struct fx_engine *engine, fx_slot position);
/**
 * The worst price at which all of a position may be closed: its bankruptcy price, or the end of the
 * range where it needs none. @return false where no price in range leaves its margin at 0.
 */
FX_MUST_USE bool fx_margin_closing_price(const struct fx_engine *engine,
                                         fx_slot position,
                                         fx_px *price_out);
/** The largest value that the position can have when its open orders fill: what picks the tier. */
fx_i128 fx_margin_notional(const struct fx_engine *engine,
                           const struct fx_position_state *position);
/** True where no tier up to the one of an upper bound of the notional forbids the leverage: the
 * cheap answer for nearly all. False says nothing. */
bool fx_margin_is_leverage_plain(const struct fx_engine *engine,
                                 const struct fx_position_state *position);
/** Highest leverage that the tier of `notional` allows; the symbol's maximum where no tiers. */
fx_leverage fx_margin_leverage_max(const struct fx_engine *engine,
                                   uint32_t instrument,
                                   fx_amount notional);

/* ---- account_command.c -------------------------------------------------------------------------
 */

/** Settings of an account that comes with all of its flags. @return OK; BAD_PARAMETER. */
fx_status fx_account_command_judge(const struct fx_command_account *settings);

fx_status fx_account_command_create(struct fx_engine *engine,
                                    const struct fx_command *command,
                                    struct fx_event_result *result);
fx_status fx_account_command_set(struct fx_engine *engine,
                                 const struct fx_command *command,
                                 struct fx_event_result *result);
fx_status fx_account_command_deposit(struct fx_engine *engine,
                                     const struct fx_command *command,
                                     struct fx_event_result *result);
fx_status fx_account_command_withdraw(struct fx_engine *engine,
                                      const struct fx_command *command,
                                      struct fx_event_result *result);
/** TRANSFER. */
fx_status fx_account_command_move(struct fx_engine *engine,
                                  const struct fx_command *command,
                                  struct fx_event_result *result);

/* ---- account_named.c ---------------------------------------------------------------------------
 */

/** Is it the name of a movement of money? */
bool fx_account_named_is(const struct fx_client_id *id);

/** The first answer again. @return OK; DUPLICATE_CLIENT_ORDER_ID where the body was another. */
fx_status fx_account_named_repeat(const struct fx_engine *engine,
                                  fx_slot entry,
                                  uint64_t body_hash,
                                  struct fx_event_result *result);

/** DEPOSIT_NAMED and WITHDRAW_NAMED. */
fx_status fx_account_named_apply(struct fx_engine *engine,
                                 const struct fx_command *command,
                                 struct fx_event_result *result);

#endif
