/* Liquidation: accounts that are short of margin, worked off one step at a time, the lowest id
 * first. Every step leaves a state that is whole, so it may stop between any two: what one command
 * has no room for goes on with the next, or with a TICK that is due at once.
 *
 *     cancel what reserves margin -> close what is held on both sides of a symbol -> in the book at
 * the bankruptcy price or better, only as much as a lower tier needs -> the insurance fund takes
 * what the book did not -> or opposite positions do (adl.c)
 *
 * Nothing here remembers where a liquidation stands: each step follows from the state alone.
 * Source: docs/rules/liquidation.md. */
#include "base/panic.h"
#include "engine/marks_int.h"
#include "engine/money_int.h"
#include "engine/orders_int.h"
#include "engine/preload_int.h"
#include "engine/risk_int.h"
#include "engine/settle_int.h"
#include "engine/triggers_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool slots, lots and prices are all
// numbers; their names and the assertions tell them apart

enum {
    STEP_WORK = 3,    /* a step's own events: 15 fit */
    DONE_WORK = 1,    /* looking without a word is free: it is bounded by the accounts */
    ROUNDING_MAX = 4, /* units that one fill may round away */
};

static struct fx_position_state *at(struct fx_engine *engine, fx_slot position)
{
    FX_ASSERT(position < engine->position_count);
    return &engine->positions[position];
}

static enum fx_side closing_side(const struct fx_position_state *position)
{
    FX_ASSERT(position->lots != 0);
    return position->lots > 0 ? FX_SIDE_SELL : FX_SIDE_BUY;
}

/* ---- what it says ------------------------------------------------------------------------------
 */

struct fx_event_liquidation *fx_liquidate_say(struct fx_engine *engine,
                                              fx_slot position,
                                              enum fx_liquidation_step step)
{
    struct fx_position_state *own = at(engine, position);
    const struct fx_margin_standing standing = fx_margin_standing(engine, position);
    FX_ASSERT(own->account < engine->account_count);
    FX_ASSERT(standing.maintenance >= 0);
    struct fx_event_liquidation *event =
        &fx_touch_event(engine, FX_EVENT_LIQUIDATION)->u.liquidation;
    event->id = engine->next_liquidation_id;
    engine->next_liquidation_id++;
    event->maintenance = standing.maintenance;
    event->equity = standing.equity;
    event->account_id = fx_preload_account_id(engine, own->account);
    event->user_id = engine->accounts[own->account].user_id;
    event->position_id = fx_preload_position_id(engine, position);
    event->lots = own->lots;
    event->mark_ticks = engine->listings[own->instrument].mark.ticks;
    event->instrument = own->instrument;
    if (own->lots != 0) {
        event->side = (uint8_t)(own->lots < 0 ? FX_SIDE_SELL : FX_SIDE_BUY);
    }
    event->position_side = own->position_side;
    event->margin_mode = own->margin_mode;
    event->step = (uint8_t)step;
    own->is_liquidating = step != FX_LIQUIDATION_STEP_DONE ? 1 : 0;
    engine->work += step != FX_LIQUIDATION_STEP_DONE ? STEP_WORK : DONE_WORK;
    return event;
}

/* ---- money beside the fills --------------------------------------------------------------------
 */

/* What an account and a position's margin were before a step. */
struct before {
    fx_i128 cash;
    fx_i128 margin;
    int64_t lots;
};

static fx_i128 cash_of(const struct fx_engine *engine, fx_slot account)
{
    FX_ASSERT(account < engine->account_count);
    FX_ASSERT(engine->accounts[account].reward_balance >= 0); /* M7 */
    return engine->accounts[account].balance + engine->accounts[account].reward_balance;
}

static fx_i128 margin_of(const struct fx_position_state *position)
{
    FX_ASSERT(position->position_margin >= 0); /* M4 */
    return position->position_margin + position->adjust_margin;
}

static struct before look_before(struct fx_engine *engine, fx_slot slot)
{
    FX_ASSERT(slot < engine->position_count);
    FX_ASSERT(engine->positions[slot].lots != 0);
    const struct fx_position_state *position = at(engine, slot);
    return (struct before){
        .cash = cash_of(engine, position->account),
        .margin = margin_of(position),
        .lots = fx_position_state_magnitude(position->lots),
    };
}

/* What the account has beyond the margins of its isolated positions, and whether cross positions
 * still stand on it. */
static fx_i128 free_cash(const struct fx_engine *engine, fx_slot account, bool *has_cross_out)
{
    FX_ASSERT(account < engine->account_count);
    fx_i128 cash = cash_of(engine, account);
    *has_cross_out = false;
    for (fx_slot slot = engine->accounts[account].first_position; slot != FX_SLOT_NONE;
         slot = engine->positions[slot].next) {
        const struct fx_position_state *position = &engine->positions[slot];
        FX_ASSERT(position->account == account);
        if (position->lots != 0 && fx_position_state_is_isolated(position)) {
            cash -= margin_of(position);
        } else if (position->lots != 0) {
            *has_cross_out = true;
        }
    }
    return cash;
}

/* Fills round by a few units; what that takes from an account at its bankruptcy price comes back
 * from the rounding account, so that it ends at 0 and not below. */
static void post_rounding(struct fx_engine *engine, fx_slot slot, fx_i128 units, uint32_t fills)
{
    const struct fx_position_state *position = at(engine, slot);
    FX_ASSERT(units > 0 && units <= (fx_i128)ROUNDING_MAX * (fills + 1));
    const bool fits = fx_account_state_credit(engine, position->account, units);
    FX_ASSERT(fits);
    engine->assets[engine->listings[position->instrument].asset].rounding -= units;
    fx_touch_transaction(
        engine, position->account, FX_TRANSACTION_ROUNDING, units, position->instrument);
}

/* What is left of the margin of what was closed; rounding is made good. */
static fx_i128 settle(struct fx_engine *engine,
                      fx_slot slot,
                      const struct before *before,
                      uint32_t fills)
{
    const struct fx_position_state *position = at(engine, slot);
    FX_ASSERT(fx_position_state_magnitude(position->lots) <= before->lots);
    FX_ASSERT(before->lots > 0);
    bool has_cross = false;
    fx_i128 left = 0;
    if (fx_position_state_is_isolated(position)) {
        left = cash_of(engine, position->account) - before->cash + before->margin -
               margin_of(position);
    } else {
        left = fx_margin_standing(engine, slot).equity;
        (void)free_cash(engine, position->account, &has_cross);
    }
    if (left < 0 && !has_cross) {
        post_rounding(engine, slot, -left, fills);
    }
    return left > 0 ? left : 0;
}

/* ---- closing without an order ------------------------------------------------------------------
 */

static fx_i128 fill_one(struct fx_engine *engine,
                        fx_slot slot,
                        enum fx_side side,
                        const struct fx_liquidate_match *match,
                        fx_i128 value)
{
    FX_ASSERT(match->lots > 0);
    FX_ASSERT(value >= 0);
    const struct fx_position_fill fill = {
        .side = side,
        .lots = {match->lots},
        .value = {value},
    };
    return fx_position_state_fill(engine, slot, &fill).units;
}

void fx_liquidate_match(struct fx_engine *engine, const struct fx_liquidate_match *match)
{
    const struct fx_position_state *position = at(engine, match->position);
    const struct fx_position_state *counter = at(engine, match->counter);
    const enum fx_side side = closing_side(position);
    const bool is_buy = side == FX_SIDE_BUY;
    fx_i128 value = 0;
    const bool is_valued = fx_margin_value(
        &engine->listings[position->instrument], match->price, (fx_qty){match->lots}, &value);
    FX_ASSERT(is_valued && match->lots > 0);
    FX_ASSERT(match->lots <= fx_position_state_magnitude(position->lots));
    FX_ASSERT(position->instrument == counter->instrument);
    const fx_slot buyer = is_buy ? match->position : match->counter;
    const fx_slot seller = is_buy ? match->counter : match->position;
    /* F4: what they owe to a funding is told before the trade that changes their lots. */
    fx_funding_settle_position(engine, match->position);
    fx_funding_settle_position(engine, match->counter);
    struct fx_event_trade *trade = &fx_touch_event(engine, FX_EVENT_TRADE)->u.trade;
    trade->buy_pnl = fill_one(engine, buyer, FX_SIDE_BUY, match, value);
    trade->sell_pnl = fill_one(engine, seller, FX_SIDE_SELL, match, value);
    trade->value = value;
    trade->trade_id = engine->next_trade_id;
    trade->buy_account_id = fx_preload_account_id(engine, engine->positions[buyer].account);
    trade->sell_account_id = fx_preload_account_id(engine, engine->positions[seller].account);
    trade->buy_user_id = engine->accounts[engine->positions[buyer].account].user_id;
    trade->sell_user_id = engine->accounts[engine->positions[seller].account].user_id;
    trade->price_ticks = match->price.ticks;
    trade->lots = match->lots;
    trade->instrument = position->instrument;
    trade->buyer_is_taker = is_buy ? 1 : 0;
    trade->note = (uint8_t)match->note;
    engine->next_trade_id++;
    fx_cancel_excess_reduce_only(engine, match->position);
    fx_cancel_excess_reduce_only(engine, match->counter);
}

/* ---- steps -------------------------------------------------------------------------------------
 */

/* Cancel what reserves margin of a position, as far as the bound allows, but one in any case. */
static void cancel_reserving(struct fx_engine *engine,
                             fx_slot slot,
                             struct fx_event_liquidation *event)
{
    FX_ASSERT(slot < engine->position_count);
    fx_slot order = engine->positions[slot].oldest_order;
    while (order != FX_SLOT_NONE &&
           (event->count == 0 || engine->work < engine->limits.fills_max)) {
        const fx_slot newer = engine->orders[order].newer;
        FX_ASSERT(engine->orders[order].position == slot);
        if (engine->resting[order].is_reduce_only == 0) {
            fx_cancel_order(engine, order, FX_ORDER_STATUS_CANCELED, FX_ORDER_NOTE_LIQUIDATION);
            event->count++;
        }
        order = newer;
    }
}

static bool reserves(const struct fx_position_state *position)
{
    FX_ASSERT(position->reduce_order_count <= position->order_count);
    return position->order_count > position->reduce_order_count;
}

/* The orders of the position; of a cross one those of all cross positions of the account. */
static bool cancel_orders(struct fx_engine *engine, fx_slot target)
{
    FX_ASSERT(target < engine->position_count);
    const fx_slot account = engine->positions[target].account;
    FX_ASSERT(account < engine->account_count);
    const bool is_one = fx_position_state_is_isolated(&engine->positions[target]);
    struct fx_event_liquidation *event = NULL;
    for (fx_slot slot = is_one ? target : engine->accounts[account].first_position;
         slot != FX_SLOT_NONE;
         slot = is_one ? FX_SLOT_NONE : engine->positions[slot].next) {
        const struct fx_position_state *position = &engine->positions[slot];
        if (fx_position_state_is_isolated(position) != is_one || !reserves(position)) {
            continue;
        }
        if (event == NULL) {
            event = fx_liquidate_say(engine, target, FX_LIQUIDATION_STEP_CANCEL_ORDERS);
        }
        cancel_reserving(engine, slot, event);
    }
    return event != NULL;
}

/* What would be left of a position that keeps only `keep` lots. */
static bool is_enough(const struct fx_engine *engine,
                      fx_slot slot,
                      const struct fx_margin_standing *standing,
                      int64_t keep)
{
    FX_ASSERT(slot < engine->position_count);
    const struct fx_position_state *own = &engine->positions[slot];
    const int64_t held = fx_position_state_magnitude(own->lots);
    struct fx_position_state rest = *own;
    FX_ASSERT(keep > 0 && keep < held);
    rest.entry_value -= fx_margin_share(own->entry_value, held - keep, held, FX_ROUND_DOWN);
    rest.lots = own->lots > 0 ? keep : -keep;
    const fx_i128 maintenance = fx_margin_maintenance(engine, &rest);
    if (!fx_position_state_is_isolated(own)) {
        return standing->equity >
               standing->maintenance - fx_margin_maintenance(engine, own) + maintenance;
    }
    const fx_i128 margin = own->position_margin -
                           fx_margin_share(own->position_margin, held - keep, held, FX_ROUND_DOWN) +
                           own->adjust_margin -
                           fx_margin_share(own->adjust_margin, held - keep, held, FX_ROUND_DOWN);
    return margin + fx_margin_unrealized(engine, &rest) > maintenance;
}

/* The most lots whose value at mark is not above the cap of a tier. */
static int64_t lots_within(const struct fx_engine *engine, fx_slot slot, fx_i128 cap)
{
    const struct fx_position_state *own = &engine->positions[slot];
    const int64_t held = fx_position_state_magnitude(own->lots);
    const fx_i128 value = fx_margin_mark_value(engine, own);
    struct fx_position_state rest = *own;
    fx_i128 keep = 0;
    FX_ASSERT(value > cap);
    const bool fits = fx_dec_mul_div(held, cap, value, FX_ROUND_FLOOR, &keep);
    FX_ASSERT(fits && keep < held); /* the cap is below the value */
    /* A value was rounded up, that of the part or that of the whole. */
    for (rest.lots = (int64_t)keep + 1;
         rest.lots > 0 && fx_margin_mark_value(engine, &rest) > cap;) {
        rest.lots--;
    }
    FX_ASSERT(rest.lots < held);
    FX_ASSERT(rest.lots >= 0);
    return rest.lots;
}

/* Only as much as brings it into a lower tier and above maintenance, else all of it. */
static int64_t lots_to_close(const struct fx_engine *engine, fx_slot slot)
{
    const struct fx_position_state *own = &engine->positions[slot];
    const struct fx_listing *listing = &engine->listings[own->instrument];
    const int64_t held = fx_position_state_magnitude(own->lots);
    FX_ASSERT(held > 0);
    if (fx_insurance_is_fund(engine, own->account) || listing->definition.tier_count == 0) {
        return held;
    }
    const struct fx_margin_standing standing = fx_margin_standing(engine, slot);
    const fx_amount value = {fx_margin_mark_value(engine, own)};
    const struct fx_tier *tier =
        fx_instrument_tier(listing->tiers, listing->definition.tier_count, value);
    for (; tier > listing->tiers; tier--) {
        const int64_t keep = lots_within(engine, slot, tier[-1].cap);
        if (keep > 0 && is_enough(engine, slot, &standing, keep)) {
            FX_ASSERT(keep < held);
            return held - keep;
        }
    }
    return held;
}

/* An IOC of the position's own, that no one judges: it only closes. @return its order id. */
static uint64_t enter_order(
    struct fx_engine *engine, fx_slot slot, int64_t lots, fx_px price, enum fx_order_note note)
{
    FX_ASSERT(lots > 0);
    const fx_slot order = fx_order_pool_acquire(engine);
    FX_ASSERT(order != FX_SLOT_NONE);
    const struct fx_position_state *position = at(engine, slot);
    FX_ASSERT(lots <= fx_position_state_magnitude(position->lots));
    struct fx_order *cold = &engine->orders[order];
    const uint64_t order_id = cold->order_id;
    engine->resting[order] = (struct fx_resting){
        .remaining = {lots},
        .price = price,
        .older = FX_SLOT_NONE,
        .newer = FX_SLOT_NONE,
        .account = position->account,
        .side = (uint8_t)closing_side(position),
        .is_reduce_only = 1,
        .instrument = (uint16_t)position->instrument,
    };
    cold->lots = lots;
    cold->entry_mark_ticks = engine->listings[position->instrument].mark.ticks;
    cold->created_us = engine->time_us;
    cold->updated_us = engine->time_us;
    cold->position = slot;
    cold->type = FX_ORDER_TYPE_LIMIT;
    cold->time_in_force = FX_TIME_IN_FORCE_IOC;
    cold->status = FX_ORDER_STATUS_ACTIVE;
    cold->note = (uint8_t)note;
    cold->stp_mode = FX_STP_MODE_EXPIRE_MAKER;
    engine->work_base = engine->work;
    (void)fx_match_enter(engine, order);
    return order_id;
}

uint64_t fx_liquidate_order(
    struct fx_engine *engine, fx_slot position, int64_t lots, fx_px price, enum fx_order_note note)
{
    FX_ASSERT(note == FX_ORDER_NOTE_CLOSE_INSURANCE || note == FX_ORDER_NOTE_LIQUIDATION);
    FX_ASSERT(lots > 0 && price.ticks > 0);
    return enter_order(engine, position, lots, price, note);
}

/* What the fills of an order came to; its TRADEs are the events from `first` on. */
static fx_i128 traded_value(const struct fx_engine *engine, uint32_t first, uint32_t *count_out)
{
    FX_ASSERT(first <= engine->events->count);
    fx_i128 value = 0;
    *count_out = 0;
    for (uint32_t index = first; index < engine->events->count; index++) {
        if (engine->events->items[index].kind == FX_EVENT_TRADE) {
            value += engine->events->items[index].u.trade.value;
            *count_out += 1;
        }
    }
    FX_ASSERT(value >= 0);
    return value;
}

static void close_in_book(struct fx_engine *engine, fx_slot slot, int64_t lots, fx_px price)
{
    struct fx_position_state *position = at(engine, slot);
    const struct before before = look_before(engine, slot);
    const int64_t rate_ppb = engine->listings[position->instrument].definition.liquidation_fee_ppb;
    struct fx_event_liquidation *event = fx_liquidate_say(engine, slot, FX_LIQUIDATION_STEP_BOOK);
    const uint32_t first = engine->events->count;
    uint32_t fills = 0;
    event->price_ticks = price.ticks;
    event->order_id = fx_liquidate_order(engine, slot, lots, price, FX_ORDER_NOTE_LIQUIDATION);
    event->lots = before.lots - fx_position_state_magnitude(position->lots);
    FX_ASSERT(event->lots >= 0 && event->lots <= lots);
    const fx_i128 value = traded_value(engine, first, &fills);
    const fx_i128 left = settle(engine, slot, &before, fills);
    FX_ASSERT(left >= 0);
    if (fx_insurance_is_fund(engine, position->account)) {
        fx_insurance_say(engine,
                         engine->listings[position->instrument].asset,
                         position->instrument,
                         FX_INSURANCE_REASON_CLOSE,
                         cash_of(engine, position->account) - before.cash);
        return;
    }
    bool has_cross = false;
    fx_i128 fee = fx_margin_at_rate(value, (fx_rate){rate_ppb});
    fee = fee > left ? left : fee;
    if (fx_position_state_is_isolated(position)) {
        const fx_i128 free = free_cash(engine, position->account, &has_cross);
        fee = fee > free ? free : fee;
    }
    if (fee > 0) {
        event->fee = fx_insurance_charge(engine, slot, fee);
        FX_ASSERT(event->fee == 0 || event->fee == fee);
    }
}

/* What no order takes: the fund, or else the opposite side, in the end the account's own. @return
 * false where nobody can. */
static bool close_without_book(struct fx_engine *engine, fx_slot slot, int64_t lots, fx_px price)
{
    FX_ASSERT(slot < engine->position_count);
    FX_ASSERT(lots > 0 && price.ticks > 0);
    const struct before before = look_before(engine, slot);
    const bool is_taken = !fx_insurance_is_fund(engine, engine->positions[slot].account) &&
                          fx_insurance_take(engine, slot, lots, price);
    const enum fx_adl_outcome outcome =
        is_taken ? FX_ADL_OUTCOME_CLOSED : fx_adl_close(engine, slot, lots, price);
    if (outcome == FX_ADL_OUTCOME_NONE) {
        return false;
    }
    /* Against itself its cash says nothing about the part: what rounding takes it lacks later. */
    if (outcome == FX_ADL_OUTCOME_CLOSED &&
        fx_position_state_magnitude(engine->positions[slot].lots) != before.lots) {
        (void)settle(engine, slot, &before, 1);
    }
    return true;
}

/* ---- whose turn it is --------------------------------------------------------------------------
 */

/* A symbol on which positions may be closed by force now: one that trades (past its date it does
 * not, also before the TICK that says so), or one whose positions are about to be closed at a
 * price, where who cannot pay is closed first. */
static bool is_open(const struct fx_engine *engine, uint32_t instrument)
{
    FX_ASSERT(instrument < engine->instrument_count);
    const uint8_t state = engine->listings[instrument].definition.state;
    const bool is_dead =
        engine->preload.rules >= FX_ENGINE_RULES_DATES && fx_settle_is_over(engine, instrument);
    return ((state == FX_INSTRUMENT_STATE_TRADING && !is_dead) ||
            (state == FX_INSTRUMENT_STATE_SETTLING && fx_settle_is_closing(engine, instrument))) &&
           engine->preload.mode == FX_ENGINE_MODE_RUNNING && fx_mark_is_fresh(engine, instrument);
}

/* What an account is to be rid of first. */
struct target {
    fx_slot position; /* NONE: nothing, or nothing that may be touched */
    fx_px price;
    bool is_short; /* whether it is short at all */
};

/* Of two cross positions the one with the larger maintenance margin goes first; of the fund's, that
 * have none, the one with the larger loss. */
static fx_i128 weight_of(const struct fx_engine *engine, fx_slot slot)
{
    FX_ASSERT(slot < engine->position_count);
    FX_ASSERT(engine->positions[slot].lots != 0);
    const struct fx_position_state *position = &engine->positions[slot];
    return fx_insurance_is_fund(engine, position->account)
               ? -fx_margin_unrealized(engine, position)
               : fx_margin_maintenance(engine, position);
}

static bool can_close(const struct fx_engine *engine, fx_slot slot, fx_px *price_out)
{
    FX_ASSERT(slot < engine->position_count);
    FX_ASSERT(engine->positions[slot].lots != 0);
    return is_open(engine, engine->positions[slot].instrument) &&
           fx_margin_closing_price(engine, slot, price_out);
}

/* The account is valued at the last marks it has; one that is stale keeps its own position where it
 * is, and no other one. */
static void consider_cross(const struct fx_engine *engine, fx_slot account, struct target *target)
{
    FX_ASSERT(target->is_short);
    FX_ASSERT(target->position == FX_SLOT_NONE);
    fx_i128 largest = -1;
    for (fx_slot slot = engine->accounts[account].first_position; slot != FX_SLOT_NONE;
         slot = engine->positions[slot].next) {
        const struct fx_position_state *position = &engine->positions[slot];
        fx_px price = {0};
        if (position->lots == 0 || fx_position_state_is_isolated(position)) {
            continue;
        }
        const fx_i128 weight = weight_of(engine, slot);
        if (weight > largest && can_close(engine, slot, &price)) {
            largest = weight;
            target->position = slot;
            target->price = price;
        }
    }
}

/* Isolated positions in order of their age, then the cross margin. */
static struct target find_target(const struct fx_engine *engine, fx_slot account)
{
    FX_ASSERT(account < engine->account_count);
    struct target target = {.position = FX_SLOT_NONE};
    fx_slot cross = FX_SLOT_NONE;
    for (fx_slot slot = engine->accounts[account].first_position;
         slot != FX_SLOT_NONE && target.position == FX_SLOT_NONE;
         slot = engine->positions[slot].next) {
        const struct fx_position_state *position = &engine->positions[slot];
        if (position->lots == 0) {
            continue;
        }
        if (!fx_position_state_is_isolated(position)) {
            cross = cross == FX_SLOT_NONE ? slot : cross;
        } else if (fx_risk_is_position_short(engine, slot)) {
            target.is_short = true;
            if (can_close(engine, slot, &target.price)) {
                target.position = slot;
            }
        }
    }
    if (target.position == FX_SLOT_NONE && cross != FX_SLOT_NONE &&
        fx_risk_is_position_short(engine, cross)) {
        target.is_short = true;
        if (!fx_margin_is_unknown(engine, account)) { /* else it may have gained what it lacks */
            consider_cross(engine, account, &target);
        }
    }
    FX_ASSERT(target.position == FX_SLOT_NONE || target.is_short);
    return target;
}

/* Nothing is short any more: say so of every position that was worked on. */
static void finish(struct fx_engine *engine, fx_slot account)
{
    FX_ASSERT(account < engine->account_count);
    for (fx_slot slot = engine->accounts[account].first_position; slot != FX_SLOT_NONE;
         slot = engine->positions[slot].next) {
        if (engine->positions[slot].is_liquidating != 0) {
            (void)fx_liquidate_say(engine, slot, FX_LIQUIDATION_STEP_DONE);
        }
    }
    FX_ASSERT(engine->due_count > 0);
    FX_ASSERT(fx_risk_next_due(engine) == account);
    fx_risk_release(engine, account);
}

/* In the book, by the fund or by the opposite side. @return false where nobody can. */
static bool close(struct fx_engine *engine, const struct target *target)
{
    FX_ASSERT(target->is_short && target->position != FX_SLOT_NONE);
    const struct fx_position_state *position = &engine->positions[target->position];
    const int64_t lots = lots_to_close(engine, target->position);
    FX_ASSERT(lots > 0);
    const enum fx_side side = closing_side(position);
    if (fx_match_is_crossing(engine, position->instrument, side, target->price) &&
        engine->order_count < engine->limits.orders_max) {
        close_in_book(engine, target->position, lots, target->price);
        return true;
    }
    return close_without_book(engine, target->position, lots, target->price);
}

static void step(struct fx_engine *engine, fx_slot account)
{
    FX_ASSERT(account < engine->account_count);
    FX_ASSERT(engine->accounts[account].risk_state == FX_RISK_STATE_DUE);
    /* Before it, or the fund that may take over, is judged by its money. */
    const fx_slot fund = fx_insurance_find(engine, engine->accounts[account].asset);
    (void)fx_funding_settle_account(engine, account);
    if (fund != FX_SLOT_NONE) {
        (void)fx_funding_settle_account(engine, fund);
    }
    const fx_i128 missing = fx_risk_missing(engine, account);
    if (missing > 0) {
        engine->work += STEP_WORK;
        fx_shortfall_cover(engine, account, missing);
        return;
    }
    const struct target target = find_target(engine, account);
    if (!target.is_short) {
        finish(engine, account);
        return;
    }
    if (target.position == FX_SLOT_NONE) {
        fx_risk_park(engine, account);
        return;
    }
    if (cancel_orders(engine, target.position) ||
        fx_adl_net(engine, target.position) != FX_ADL_OUTCOME_NONE) {
        return; /* of a pair nothing is realised that was not lost before: it is not done yet */
    }
    if (!close(engine, &target)) {
        fx_risk_park(engine, account);
        return;
    }
    const struct fx_position_state *position = &engine->positions[target.position];
    if (position->lots == 0 && position->is_liquidating != 0) {
        (void)fx_liquidate_say(engine, target.position, FX_LIQUIDATION_STEP_DONE);
    }
}

static void work_off(struct fx_engine *engine)
{
    FX_ASSERT(engine->due_count <= engine->account_count);
    fx_risk_review(engine);
    for (fx_slot account = fx_risk_next_due(engine);
         account != FX_SLOT_NONE && engine->work < engine->limits.fills_max &&
         engine->paid_count < FX_FUNDING_STEP_MAX;
         account = fx_risk_next_due(engine)) {
        FX_ASSERT(account < engine->account_count);
        step(engine, account);
        fx_risk_review(engine);
    }
}

void fx_liquidate_run(struct fx_engine *engine)
{
    FX_ASSERT(engine->due_count <= engine->account_count);
    FX_ASSERT(engine->moved_count <= engine->account_count);
    do {
        work_off(engine);
        if (engine->has_crossed) {
            fx_conditional_run(engine);
            fx_risk_review(engine);
        }
    } while (engine->due_count > 0 && engine->work < engine->limits.fills_max &&
             engine->paid_count < FX_FUNDING_STEP_MAX);
}

// NOLINTEND(bugprone-easily-swappable-parameters)
