/* A taker meets the book: price-time priority, the maker's price, one value per fill.
 *
 * The taker is in no book and no list while it trades; what is left of it is put there at the end.
 * So whatever a fill sets off (reduce-only orders that shrink or go) never touches the taker.
 * Effects of one fill, in this order: buyer's position, seller's position, fees, TRADE, the
 * maker's ORDER, reduce-only orders of both. Source: docs/rules/matching.md sections 2 and 3. */
#include "base/panic.h"
#include "engine/ahead_int.h"
#include "engine/bracket_int.h"
#include "engine/marks_int.h"
#include "engine/orders_int.h"
#include "engine/preload_int.h"
#include "engine/risk_int.h"
#include "engine/triggers_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool a slot, a side and a count are all
// numbers; their names and the assertions tell them apart

static bool is_within(enum fx_side taker, fx_px limit, fx_px offer)
{
    FX_CHECK(taker == FX_SIDE_BUY || taker == FX_SIDE_SELL);
    /* All bits turned round, the order of two numbers is too: no branch by the side. */
    const int64_t turn = -(int64_t)(taker != FX_SIDE_BUY);
    return (offer.ticks ^ turn) <= (limit.ticks ^ turn);
}

bool fx_match_is_crossing(const struct fx_engine *engine,
                          uint32_t instrument,
                          enum fx_side side,
                          fx_px price)
{
    FX_CHECK(instrument < engine->instrument_count);
    FX_CHECK(side == FX_SIDE_BUY || side == FX_SIDE_SELL);
    const struct fx_book *book = engine->listings[instrument].book;
    const fx_px best = fx_book_best(book, fx_order_opposite(side));
    const fx_px limit = price;
    return best.ticks > 0 && is_within(side, limit, best);
}

fx_slot fx_match_first(const struct fx_engine *engine, const struct fx_resting *taker)
{
    const enum fx_side side = (enum fx_side)taker->side;
    return fx_match_is_crossing(engine, taker->instrument, side, taker->price)
               ? fx_book_front(engine->listings[taker->instrument].book, fx_order_opposite(side))
               : FX_SLOT_NONE;
}

/* Why an order must not trade any more, though no TICK has ended it yet: its date, or its owner's
 * deadline, has passed. NONE: it may. */
static enum fx_order_note overdue_note(const struct fx_engine *engine, fx_slot order)
{
    FX_ASSERT(engine->orders[order].order_id != 0);
    FX_CHECK(engine->orders[order].expire_us >= 0);
    const int64_t expire_us = engine->orders[order].expire_us;
    if (expire_us != 0 && expire_us <= engine->time_us) {
        return FX_ORDER_NOTE_EXPIRED;
    }
    if (!engine->has_overdue || !fx_deadman_is_over(engine, order)) {
        return FX_ORDER_NOTE_NONE;
    }
    const uint32_t flags = engine->accounts[engine->resting[order].account].flags;
    return (flags & FX_ACCOUNT_FLAG_FROZEN) != 0 ? FX_ORDER_NOTE_ACCOUNT_FROZEN
                                                 : FX_ORDER_NOTE_CANCEL_ALL_AFTER;
}

/* Why a resting order must not trade any more: it is overdue, or would open something for an
 * account that waits for its liquidation, or close beyond its bankruptcy price. NONE: it may. */
static enum fx_order_note barred_note(const struct fx_engine *engine, fx_slot maker)
{
    const struct fx_resting *hot = &engine->resting[maker];
    FX_ASSERT(hot->remaining.lots > 0);
    FX_CHECK(hot->account < engine->account_count);
    const struct fx_account_state *account = &engine->accounts[hot->account];
    const enum fx_order_note note = overdue_note(engine, maker);
    if (note != FX_ORDER_NOTE_NONE) {
        return note;
    }
    if (account->risk_state != FX_RISK_STATE_SAFE && hot->is_reduce_only == 0) {
        return FX_ORDER_NOTE_LIQUIDATION;
    }
    return fx_closing_is_refused(engine, maker) ? FX_ORDER_NOTE_BANKRUPTCY : FX_ORDER_NOTE_NONE;
}

static bool end_barred(struct fx_engine *engine, fx_slot maker)
{
    FX_CHECK(maker < engine->order_used);
    FX_ASSERT(engine->orders[maker].is_resting == 1);
    const enum fx_order_note note = barred_note(engine, maker);
    if (note == FX_ORDER_NOTE_NONE) {
        return false;
    }
    fx_cancel_order(engine,
                    maker,
                    note == FX_ORDER_NOTE_EXPIRED ? FX_ORDER_STATUS_EXPIRED
                                                  : FX_ORDER_STATUS_CANCELED,
                    note);
    return true;
}

/* The order that would trade after this one on its side. */
static fx_slot next_maker(const struct fx_engine *engine, fx_slot maker)
{
    FX_ASSERT(maker < engine->order_used);
    FX_ASSERT(engine->orders[maker].is_resting == 1);
    const struct fx_resting *hot = &engine->resting[maker];
    const struct fx_book *book = engine->listings[hot->instrument].book;
    struct fx_book_row row;
    if (hot->newer != FX_SLOT_NONE) {
        return hot->newer;
    }
    return fx_book_next(book, (enum fx_side)hot->side, hot->price, &row)
               ? fx_book_oldest(book, (enum fx_side)hot->side, row.price)
               : FX_SLOT_NONE;
}

/* F4: who is judged pays first what he owes to a funding, as far as a command may pay. */
static void settle_maker(struct fx_engine *engine, fx_slot maker, bool is_sure)
{
    FX_CHECK(maker < engine->order_used);
    FX_CHECK(engine->orders[maker].is_resting == 1);
    if (engine->sweep_count != 0 && !is_sure && engine->paid_count < FX_FUNDING_STEP_MAX) {
        (void)fx_funding_settle_account(engine, engine->resting[maker].account);
    }
}

void fx_match_settle_makers(struct fx_engine *engine, const struct fx_resting *taker)
{
    FX_ASSERT(taker->instrument < engine->instrument_count);
    FX_ASSERT(taker->side == FX_SIDE_BUY || taker->side == FX_SIDE_SELL);
    const enum fx_side side = (enum fx_side)taker->side;
    const struct fx_book *book = engine->listings[taker->instrument].book;
    const bool is_any = taker->price.ticks <= 0; /* at the market */
    uint32_t met = 0;
    if (engine->sweep_count == 0 || engine->preload.rules < FX_ENGINE_RULES_KILLS) {
        return;
    }
    for (fx_slot maker = fx_book_front(book, fx_order_opposite(side));
         maker != FX_SLOT_NONE && met < engine->limits.fills_max &&
         (is_any || is_within(side, taker->price, engine->resting[maker].price));
         maker = next_maker(engine, maker)) {
        FX_CHECK(engine->resting[maker].side == fx_order_opposite(side));
        settle_maker(engine, maker, false);
        met++;
    }
}

bool fx_match_end_overdue(struct fx_engine *engine, fx_slot order)
{
    FX_ASSERT(order < engine->order_used);
    FX_ASSERT(engine->orders[order].order_id != 0);
    const enum fx_order_note note = overdue_note(engine, order);
    if (note == FX_ORDER_NOTE_NONE) {
        return false;
    }
    const bool is_expired = note == FX_ORDER_NOTE_EXPIRED;
    fx_cancel_order(
        engine, order, is_expired ? FX_ORDER_STATUS_EXPIRED : FX_ORDER_STATUS_CANCELED, note);
    return true;
}

/* One fill as the engine sees it. */
struct fill {
    fx_slot taker;
    fx_slot maker;
    fx_px price;
    fx_qty lots;
    fx_amount value;
};

/* What one side of a fill came to. */
struct side_result {
    fx_amount pnl;
    fx_amount fee;
    fx_rate rate;
};

static struct side_result apply_side(struct fx_engine *engine,
                                     const struct fill *fill,
                                     fx_slot order)
{
    FX_ASSERT(fill->lots.lots > 0);
    FX_ASSERT(fill->value.units >= 0);
    const struct fx_resting *hot = &engine->resting[order];
    const struct fx_position_fill seen = {
        .side = (enum fx_side)hot->side,
        .lots = fill->lots,
        .value = fill->value,
    };
    engine->orders[order].filled_value += fill->value.units;
    engine->orders[order].updated_us = engine->time_us;
    return (struct side_result){
        .pnl = fx_position_state_fill(engine, engine->orders[order].position, &seen),
        /* A liquidation pays its own fee, from what is left. */
        .rate = engine->orders[order].note == FX_ORDER_NOTE_LIQUIDATION
                    ? (fx_rate){0}
                    : fx_fee_rate(engine, hot->account, hot->instrument, order == fill->taker),
    };
}

static void charge(struct fx_engine *engine,
                   const struct fill *fill,
                   fx_slot order,
                   struct side_result *side)
{
    const struct fx_resting *hot = &engine->resting[order];
    FX_ASSERT(hot->instrument < engine->instrument_count);
    struct fx_asset_state *asset = &engine->assets[engine->listings[hot->instrument].asset];
    side->fee = fx_fee_amount(fill->value, side->rate);
    if (side->fee.units != 0) {
        const bool is_charged = fx_account_state_credit(engine, hot->account, -side->fee.units);
        FX_ASSERT(is_charged);
        asset->fees += side->fee.units;
    }
}

static void emit_trade(struct fx_engine *engine,
                       const struct fill *fill,
                       const struct side_result *buy,
                       const struct side_result *sell)
{
    const bool buyer_is_taker = engine->resting[fill->taker].side == FX_SIDE_BUY;
    const fx_slot buy_order = buyer_is_taker ? fill->taker : fill->maker;
    const fx_slot sell_order = buyer_is_taker ? fill->maker : fill->taker;
    const fx_slot buyer = engine->resting[buy_order].account;
    const fx_slot seller = engine->resting[sell_order].account;
    FX_ASSERT(engine->resting[buy_order].side == FX_SIDE_BUY);
    FX_ASSERT(engine->resting[sell_order].side == FX_SIDE_SELL);
    FX_CHECK(buy_order != sell_order);
    FX_CHECK(fill->lots.lots > 0);
    struct fx_event_trade *restrict trade = &fx_touch_row(engine, FX_EVENT_TRADE)->u.trade;
    trade->value = fill->value.units;
    trade->buy_fee = buy->fee.units;
    trade->sell_fee = sell->fee.units;
    trade->buy_pnl = buy->pnl.units;
    trade->sell_pnl = sell->pnl.units;
    trade->trade_id = engine->next_trade_id;
    trade->buy_order_id = engine->orders[buy_order].order_id;
    trade->sell_order_id = engine->orders[sell_order].order_id;
    trade->buy_account_id = fx_preload_account_id(engine, buyer);
    trade->sell_account_id = fx_preload_account_id(engine, seller);
    trade->buy_user_id = engine->accounts[buyer].user_id;
    trade->sell_user_id = engine->accounts[seller].user_id;
    trade->price_ticks = fill->price.ticks;
    trade->lots = fill->lots.lots;
    trade->buy_fee_ppb = buy->rate.ppb;
    trade->sell_fee_ppb = sell->rate.ppb;
    trade->instrument = engine->resting[fill->taker].instrument;
    trade->buyer_is_taker = buyer_is_taker ? 1 : 0;
    trade->note = engine->orders[fill->taker].note == FX_ORDER_NOTE_LIQUIDATION
                      ? FX_TRADE_NOTE_LIQUIDATION
                      : FX_TRADE_NOTE_NONE;
    trade->zero[0] = 0;
    trade->zero[1] = 0;
    engine->next_trade_id++;
}

/* Take the traded lots out of book and aggregates. @return the lots. */
static fx_qty fill_maker(struct fx_engine *engine, fx_slot maker, fx_qty want)
{
    struct fx_resting *hot = &engine->resting[maker];
    struct fx_order *cold = &engine->orders[maker];
    struct fx_book *book = engine->listings[hot->instrument].book;
    const fx_qty before = hot->remaining;
    FX_CHECK(cold->is_resting == 1);
    fx_touch_level(engine, hot->instrument, (enum fx_side)hot->side, hot->price);
    fx_touch_position(engine, cold->position);
    if (want.lots < before.lots) {
        const fx_qty traded = fx_book_fill(book, maker, want);
        FX_ASSERT(traded.lots == want.lots);
        fx_position_state_resize_order(engine, maker, before);
        cold->status = FX_ORDER_STATUS_PARTIALLY_FILLED;
        return traded;
    }
    fx_position_state_remove_order(engine, maker);
    const fx_qty traded = fx_book_fill(book, maker, want);
    FX_ASSERT(traded.lots == before.lots);
    cold->reserve_value = 0;
    cold->reserve_loss = 0;
    cold->is_resting = 0;
    cold->status = FX_ORDER_STATUS_FILLED;
    return traded;
}

/* Nearly no position has anything that must follow its size. */
static void trim(struct fx_engine *engine, fx_slot position)
{
    FX_CHECK(position < engine->position_count);
    const struct fx_position_state *state = &engine->positions[position];
    FX_CHECK(state->reduce_buy_lots >= 0 && state->reduce_sell_lots >= 0);
    if ((state->reduce_buy_lots | state->reduce_sell_lots | state->has_tp_sl) != 0) {
        fx_cancel_excess_reduce_only(engine, position);
    }
}

static void trade(struct fx_engine *engine, fx_slot taker, fx_slot maker)
{
    struct fx_resting *hot = &engine->resting[taker];
    const fx_slot maker_position = engine->orders[maker].position;
    const fx_slot taker_position = engine->orders[taker].position;
    const fx_slot next = engine->resting[maker].newer;
    struct fill fill = {.taker = taker, .maker = maker, .price = engine->resting[maker].price};
    FX_ASSERT(is_within((enum fx_side)hot->side, hot->price, fill.price));
    FX_ASSERT(engine->resting[maker].side != hot->side);

    fx_ahead_maker(engine, next);
    fill.lots = fill_maker(engine, maker, hot->remaining);
    hot->remaining.lots -= fill.lots.lots;
    FX_CHECK(hot->remaining.lots >= 0);
    const bool is_valued = fx_margin_value(
        &engine->listings[hot->instrument], fill.price, fill.lots, &fill.value.units);
    FX_ASSERT(is_valued);

    const bool buyer_is_taker = hot->side == FX_SIDE_BUY;
    const fx_slot buy_order = buyer_is_taker ? taker : maker;
    const fx_slot sell_order = buyer_is_taker ? maker : taker;
    struct side_result buy = apply_side(engine, &fill, buy_order);
    struct side_result sell = apply_side(engine, &fill, sell_order);
    charge(engine, &fill, buy_order, &buy);
    charge(engine, &fill, sell_order, &sell);
    engine->listings[hot->instrument].last = fill.price;
    fx_trigger_see(engine, hot->instrument, FX_TRIGGER_SOURCE_LAST, fill.price);
    engine->work++;
    emit_trade(engine, &fill, &buy, &sell);
    fx_cancel_emit(engine, maker);
    if (engine->orders[maker].bracket != 0) {
        fx_bracket_grow(engine, maker, fill.lots);
    }
    if (engine->orders[maker].status == FX_ORDER_STATUS_FILLED) {
        fx_cancel_release(engine, maker);
    }
    if (engine->orders[taker].bracket != 0) {
        fx_bracket_grow(engine, taker, fill.lots);
    }
    trim(engine, maker_position);
    trim(engine, taker_position);
}

/* An order of the taker's own account is next. @return true where the taker must stop. */
static bool prevent_self_trade(struct fx_engine *engine, fx_slot maker, enum fx_stp_mode mode)
{
    FX_CHECK(maker < engine->order_used);
    FX_ASSERT(mode != FX_STP_MODE_NONE);
    if (mode != FX_STP_MODE_EXPIRE_TAKER) {
        fx_cancel_order(engine, maker, FX_ORDER_STATUS_EXPIRED, FX_ORDER_NOTE_SELF_TRADE);
    }
    return mode != FX_STP_MODE_EXPIRE_MAKER;
}

/* Lots that a maker will still have when the sweep reaches it: a reduce-only one shrinks with what
 * better orders of its position will have closed by then (positions[].sweep_lots). */
static int64_t lots_when_met(const struct fx_engine *engine, fx_slot maker, fx_slot taker_position)
{
    const struct fx_resting *hot = &engine->resting[maker];
    const fx_slot position = engine->orders[maker].position;
    const struct fx_position_state *state = &engine->positions[position];
    FX_ASSERT(state->sweep_lots >= 0);
    FX_ASSERT(hot->remaining.lots > 0);
    if (hot->is_reduce_only == 0 || position == taker_position) {
        return hot->remaining.lots;
    }
    const int64_t held = hot->side == FX_SIDE_BUY ? -state->lots : state->lots;
    const int64_t left = held > state->sweep_lots ? held - state->sweep_lots : 0;
    return left < hot->remaining.lots ? left : hot->remaining.lots;
}

/* What a fill-or-kill order was promised is kept: whoever is barred is so by the state before any
 * of its fills, as it was foreseen, and goes first; then it trades without asking. */
static void end_barred_ahead(struct fx_engine *engine, fx_slot taker, fx_px limit)
{
    FX_ASSERT(engine->resting[taker].remaining.lots > 0);
    FX_ASSERT(engine->orders[taker].time_in_force == FX_TIME_IN_FORCE_FOK);
    const struct fx_resting *hot = &engine->resting[taker];
    const enum fx_side side = (enum fx_side)hot->side;
    const struct fx_book *book = engine->listings[hot->instrument].book;
    const bool may_meet_own = engine->orders[taker].stp_mode == FX_STP_MODE_NONE;
    int64_t want = hot->remaining.lots;
    uint32_t met = 0;
    fx_slot maker = fx_book_front(book, fx_order_opposite(side));
    while (maker != FX_SLOT_NONE && want > 0 &&
           is_within(side, limit, engine->resting[maker].price)) {
        FX_CHECK(engine->resting[maker].side == fx_order_opposite(side));
        const fx_slot next = next_maker(engine, maker);
        if (!end_barred(engine, maker)) {
            met++;
            if (may_meet_own || engine->resting[maker].account != hot->account) {
                const int64_t lots = lots_when_met(engine, maker, engine->orders[taker].position);
                engine->positions[engine->orders[maker].position].sweep_lots += lots;
                want -= lots;
            }
        }
        maker = next;
    }
    for (maker = fx_book_front(book, fx_order_opposite(side)); met > 0; met--) {
        engine->positions[engine->orders[maker].position].sweep_lots = 0;
        maker = met > 1 ? next_maker(engine, maker) : maker;
    }
}

/* Trade until the price, the quantity, the fills limit or self-trade prevention ends it.
 * @return why it must not rest; NONE where it may. */
static enum fx_order_note run(struct fx_engine *engine, fx_slot taker)
{
    const struct fx_resting *hot = &engine->resting[taker];
    FX_CHECK(hot->remaining.lots > 0);
    FX_CHECK(hot->side == FX_SIDE_BUY || hot->side == FX_SIDE_SELL);
    const enum fx_stp_mode mode = (enum fx_stp_mode)engine->orders[taker].stp_mode;
    const enum fx_side side = (enum fx_side)hot->side;
    const struct fx_book *book = engine->listings[hot->instrument].book;
    const bool is_sure = engine->orders[taker].time_in_force == FX_TIME_IN_FORCE_FOK;
    if (fx_match_first(engine, hot) == FX_SLOT_NONE) {
        return FX_ORDER_NOTE_NONE; /* nearly every order: what follows costs memory */
    }
    const fx_px limit = fx_closing_limit(engine, engine->orders[taker].position, hot);
    if (is_sure) {
        end_barred_ahead(engine, taker, limit);
    }
    while (hot->remaining.lots > 0) {
        const fx_slot maker = fx_book_front(book, fx_order_opposite(side));
        if (maker == FX_SLOT_NONE || !is_within(side, hot->price, engine->resting[maker].price)) {
            break;
        }
        if (!is_within(side, limit, engine->resting[maker].price)) {
            return FX_ORDER_NOTE_BANKRUPTCY;
        }
        if (engine->work - engine->work_base >= engine->limits.fills_max) {
            return FX_ORDER_NOTE_TAKER_LIMIT;
        }
        settle_maker(engine, maker, is_sure);
        if (!is_sure && end_barred(engine, maker)) {
            continue;
        }
        if (engine->resting[maker].account == hot->account && mode != FX_STP_MODE_NONE) {
            if (prevent_self_trade(engine, maker, mode)) {
                return FX_ORDER_NOTE_SELF_TRADE;
            }
        } else {
            trade(engine, taker, maker);
        }
    }
    return FX_ORDER_NOTE_NONE;
}

/* Put the rest of a taker into the book and into its position's list. */
static void rest(struct fx_engine *engine, fx_slot order)
{
    struct fx_resting *hot = &engine->resting[order];
    struct fx_order *cold = &engine->orders[order];
    FX_ASSERT(cold->is_resting == 0);
    FX_ASSERT(hot->remaining.lots > 0 && hot->remaining.lots <= cold->lots);
    cold->entry_mark_ticks = engine->listings[hot->instrument].mark.ticks;
    cold->status = cold->lots == hot->remaining.lots ? FX_ORDER_STATUS_ACTIVE
                                                     : FX_ORDER_STATUS_PARTIALLY_FILLED;
    cold->is_resting = 1;
    fx_ahead_note(engine, order);
    fx_book_insert(engine->listings[hot->instrument].book, order);
    fx_position_state_add_order(engine, order);
    fx_touch_level(engine, hot->instrument, (enum fx_side)hot->side, hot->price);
    fx_touch_position(engine, cold->position);
    if (cold->time_in_force == FX_TIME_IN_FORCE_GTD && cold->heap_index == UINT32_MAX) {
        fx_expiry_insert(engine, order);
    }
}

enum fx_order_status fx_match_enter(struct fx_engine *engine, fx_slot order)
{
    struct fx_resting *hot = &engine->resting[order];
    struct fx_order *cold = &engine->orders[order];
    FX_ASSERT(cold->is_resting == 0);
    FX_ASSERT(hot->remaining.lots > 0);
    const enum fx_order_note note = run(engine, order);
    const bool may_rest =
        cold->time_in_force == FX_TIME_IN_FORCE_GTC || cold->time_in_force == FX_TIME_IN_FORCE_GTD;
    enum fx_order_status status = FX_ORDER_STATUS_ACTIVE;
    if (hot->remaining.lots == 0) {
        cold->status = FX_ORDER_STATUS_FILLED;
        fx_cancel_emit(engine, order);
        fx_cancel_release(engine, order);
        return FX_ORDER_STATUS_FILLED;
    }
    if (note == FX_ORDER_NOTE_TAKER_LIMIT) {
        status = FX_ORDER_STATUS_CANCELED;
        fx_cancel_order(engine, order, status, note);
    } else if (note == FX_ORDER_NOTE_SELF_TRADE || note == FX_ORDER_NOTE_BANKRUPTCY) {
        status = FX_ORDER_STATUS_EXPIRED;
        fx_cancel_order(engine, order, status, note);
    } else if (!may_rest) {
        status = FX_ORDER_STATUS_EXPIRED;
        fx_cancel_order(engine, order, status, FX_ORDER_NOTE_IOC_REMAINDER);
    } else {
        /* Judged before it began; since then orders of its side have only left the book. */
        FX_CHECK(fx_book_can_insert(
            engine->listings[hot->instrument].book, (enum fx_side)hot->side, hot->price));
        rest(engine, order);
        status = (enum fx_order_status)cold->status;
        fx_cancel_emit(engine, order);
        trim(engine, cold->position);
    }
    return status;
}

/* Orders that may end beside a maker when its position shrinks: at most all of the position. */
static uint32_t reducing_work(const struct fx_engine *engine, fx_slot position)
{
    const struct fx_position_state *state = &engine->positions[position];
    FX_ASSERT(state->reduce_buy_lots >= 0);
    FX_ASSERT(state->reduce_sell_lots >= 0);
    const bool has_reducing = state->reduce_buy_lots > 0 || state->reduce_sell_lots > 0;
    uint32_t work = has_reducing ? state->order_count : 0;
    if (state->has_tp_sl != 0) {
        work += 2 + FX_BRACKET_WORK_MAX * engine->position_brackets[position].count;
    }
    return work;
}

/* What may end beside a maker that is met: what its position takes along, what protects it. */
static uint32_t meeting_work(const struct fx_engine *engine, fx_slot maker)
{
    FX_CHECK(maker < engine->order_used);
    FX_CHECK(engine->orders[maker].is_resting == 1);
    const struct fx_order *cold = &engine->orders[maker];
    return reducing_work(engine, cold->position) + (cold->bracket != 0 ? 2 : 0);
}

fx_status fx_match_can_fill(struct fx_engine *engine,
                            const struct fx_resting *taker,
                            fx_slot position,
                            enum fx_stp_mode stp_mode)
{
    FX_ASSERT(taker->remaining.lots > 0);
    FX_ASSERT(position < engine->position_count);
    const enum fx_side side = (enum fx_side)taker->side;
    const struct fx_book *book = engine->listings[taker->instrument].book;
    const fx_slot first = fx_book_front(book, fx_order_opposite(side));
    const fx_px limit = fx_closing_limit(engine, position, taker);
    fx_status status = FX_FOK_NOT_FILLED;
    int64_t want = taker->remaining.lots;
    uint32_t work = reducing_work(engine, position), met = 0;
    for (fx_slot maker = first; maker != FX_SLOT_NONE && status == FX_FOK_NOT_FILLED;
         maker = next_maker(engine, maker)) {
        const struct fx_resting *hot = &engine->resting[maker];
        FX_CHECK(hot->side == fx_order_opposite(side));
        if (!is_within(side, limit, hot->price)) {
            break;
        }
        work += 1 + meeting_work(engine, maker);
        met++;
        if (work > engine->limits.fills_max) {
            status = FX_TAKER_LIMIT;
        } else if (barred_note(engine, maker) != FX_ORDER_NOTE_NONE) {
            continue;
        } else if (hot->account == taker->account && stp_mode != FX_STP_MODE_NONE) {
            status = stp_mode == FX_STP_MODE_EXPIRE_MAKER ? status : FX_SELF_TRADE;
        } else {
            const int64_t lots = lots_when_met(engine, maker, position);
            engine->positions[engine->orders[maker].position].sweep_lots += lots;
            want -= lots;
            status = want <= 0 ? FX_OK : status;
        }
    }
    for (fx_slot maker = first; met > 0; met--) {
        engine->positions[engine->orders[maker].position].sweep_lots = 0;
        maker = met > 1 ? next_maker(engine, maker) : maker;
    }
    return status;
}

// NOLINTEND(bugprone-easily-swappable-parameters)
