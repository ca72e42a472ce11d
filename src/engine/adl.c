/* Auto-deleveraging: what neither the book nor the fund takes is closed against the opposite
 * positions of the symbol, the most profitable and most leveraged first, at the bankruptcy price.
 *
 * The queue is exact at the moment of each close: it is read from the heap of the opposite side,
 * its first 64 at a time, and used on as long as nothing but such closes has happened. A position
 * that could not bear the price is passed over, so nobody ends below 0. Source:
 * docs/rules/liquidation.md. */
#include <string.h>

#include "base/panic.h"
#include "engine/money_int.h"
#include "engine/orders_int.h"
#include "engine/risk_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool slots, lots and prices are all
// numbers; their names and the assertions tell them apart

static const fx_i128 PPB = 1000000000;
static const fx_i128 RATIO_MAX = 1000000000000000000; /* of a ratio in ppb: 1e9 */

/* ---- rank --------------------------------------------------------------------------------------
 */

/* numerator / divisor in ppb, rounded down, within -1e9 and +1e9. */
static fx_i128 ratio_of(fx_i128 numerator, fx_i128 divisor)
{
    fx_i128 ratio = 0;
    if (divisor <= 0) {
        divisor = 1;
    }
    if (!fx_dec_mul_div(numerator, PPB, divisor, FX_ROUND_FLOOR, &ratio)) {
        return numerator < 0 ? -RATIO_MAX : RATIO_MAX;
    }
    if (ratio > RATIO_MAX) {
        return RATIO_MAX;
    }
    return ratio < -RATIO_MAX ? -RATIO_MAX : ratio;
}

struct fx_adl_parts fx_adl_explain(const struct fx_engine *engine, fx_slot position)
{
    const struct fx_position_state *own = &engine->positions[position];
    FX_ASSERT(own->lots != 0);
    const fx_i128 profit = ratio_of(fx_margin_unrealized(engine, own), own->entry_value);
    const fx_i128 equity = fx_margin_standing(engine, position).equity;
    const fx_i128 leverage = ratio_of(fx_margin_mark_value(engine, own), equity);
    FX_ASSERT(leverage >= 0);
    struct fx_adl_parts parts = {.profit = profit, .leverage = leverage};
    if (profit > 0) {
        parts.score = fx_dec_div_int(profit * leverage, PPB, FX_ROUND_FLOOR);
    } else {
        /* Rounded down: a loss that is smaller than the scale still ranks behind none. */
        parts.score = fx_dec_div_int(profit * PPB, leverage > 0 ? leverage : 1, FX_ROUND_FLOOR);
    }
    return parts;
}

fx_i128 fx_adl_score(const struct fx_engine *engine, fx_slot position)
{
    return fx_adl_explain(engine, position).score;
}

/* Higher scores first; of equals the lower account, then the older position. */
static bool is_before(const struct fx_engine *engine,
                      const struct fx_adl_item *one,
                      const struct fx_adl_item *other)
{
    if (one->score != other->score) {
        return one->score > other->score;
    }
    const fx_slot first = engine->positions[one->position].account;
    const fx_slot second = engine->positions[other->position].account;
    return first != second ? first < second : one->position < other->position;
}

/* ---- the queue ---------------------------------------------------------------------------------
 */

static void insert(const struct fx_engine *engine,
                   struct fx_adl_queue *queue,
                   struct fx_adl_item item)
{
    uint32_t index = queue->count;
    if (index == FX_ADL_QUEUE_MAX) {
        queue->is_whole = 0;
        if (!is_before(engine, &item, &queue->items[index - 1])) {
            return;
        }
        index--;
    } else {
        queue->count++;
    }
    while (index > 0 && is_before(engine, &item, &queue->items[index - 1])) {
        queue->items[index] = queue->items[index - 1];
        index--;
    }
    queue->items[index] = item;
}

/* The first of those that stand behind `after` (NULL: of all). */
static void fill(struct fx_engine *engine,
                 uint32_t instrument,
                 enum fx_side side,
                 const struct fx_adl_item *after)
{
    struct fx_adl_queue *queue = engine->adl_queue;
    const uint32_t count = fx_risk_heap_of(engine, instrument, side)->count;
    queue->sequence = after == NULL ? engine->sequence : 0;
    queue->next_trade_id = engine->next_trade_id;
    queue->instrument = instrument;
    queue->side = (uint8_t)side;
    queue->is_whole = 1;
    queue->count = 0;
    for (uint32_t index = 0; index < count; index++) {
        struct fx_adl_item item = {.position =
                                       fx_risk_heap_at(engine, instrument, side, index)->position};
        if (engine->positions[item.position].lots == 0) {
            continue; /* its place in the heap is not cleared yet */
        }
        item.score = fx_adl_score(engine, item.position);
        if (after == NULL || is_before(engine, after, &item)) {
            insert(engine, queue, item);
        }
    }
}

static bool is_current(const struct fx_engine *engine, uint32_t instrument, enum fx_side side)
{
    const struct fx_adl_queue *queue = engine->adl_queue;
    return queue->sequence == engine->sequence && queue->instrument == instrument &&
           queue->side == (uint8_t)side && queue->next_trade_id == engine->next_trade_id;
}

/* Its first has lost lots: it goes where it belongs now, or out. */
static void renew(struct fx_engine *engine, uint32_t index)
{
    struct fx_adl_queue *queue = engine->adl_queue;
    struct fx_adl_item item = queue->items[index];
    FX_ASSERT(index < queue->count);
    queue->count--;
    memmove(&queue->items[index],
            &queue->items[index + 1],
            (queue->count - index) * sizeof queue->items[0]);
    queue->next_trade_id = engine->next_trade_id;
    if (engine->positions[item.position].lots == 0) {
        return;
    }
    item.score = fx_adl_score(engine, item.position);
    if (queue->is_whole != 0 ||
        (queue->count > 0 && is_before(engine, &item, &queue->items[queue->count - 1]))) {
        insert(engine, queue, item);
    } else {
        queue->is_whole = 0; /* among those outside, nobody knows where */
    }
}

/* ---- closing -----------------------------------------------------------------------------------
 */

/* Would this position's margin bear the fill? */
static bool bears(const struct fx_engine *engine,
                  fx_slot position,
                  const struct fx_position_fill *fill)
{
    const struct fx_position_state *own = &engine->positions[position];
    struct fx_position_state after = *own;
    if (fx_insurance_is_fund(engine, own->account)) {
        return fx_insurance_bears(engine, position, fill);
    }
    const fx_i128 pnl = fx_position_state_apply(engine, &after, fill);
    if (own->margin_mode == FX_MARGIN_MODE_ISOLATED) {
        return pnl + own->position_margin - after.position_margin + own->adjust_margin -
                   after.adjust_margin >=
               0;
    }
    return fx_margin_standing(engine, position).equity - fx_margin_unrealized(engine, own) +
               fx_margin_unrealized(engine, &after) + pnl >=
           0;
}

/* Orders of a position that is deleveraged go first, as far as the bound allows, but one in any
 * case. */
static bool cancel_orders(struct fx_engine *engine, fx_slot position)
{
    bool is_first = true;
    for (fx_slot order = engine->positions[position].oldest_order; order != FX_SLOT_NONE;
         order = engine->positions[position].oldest_order) {
        if (!is_first && engine->work >= engine->limits.fills_max) {
            return false;
        }
        fx_cancel_order(engine, order, FX_ORDER_STATUS_CANCELED, FX_ORDER_NOTE_AUTO_DELEVERAGE);
        is_first = false;
    }
    return true;
}

static void close_against(struct fx_engine *engine, const struct fx_liquidate_match *match)
{
    const struct fx_position_state *counter = &engine->positions[match->counter];
    const fx_slot account = counter->account;
    const fx_slot liquidated = engine->positions[match->position].account;
    const uint32_t asset = engine->accounts[account].asset;
    const bool is_fund = fx_insurance_is_fund(engine, account);
    const fx_slot mover = is_fund ? account : liquidated;
    const fx_i128 before = engine->accounts[mover].balance;
    struct fx_event_liquidation *event =
        fx_liquidate_say(engine, match->position, FX_LIQUIDATION_STEP_ADL);
    event->lots = match->lots;
    event->price_ticks = match->price.ticks;
    event->counter_account_id = (uint64_t)account + 1;
    event->counter_user_id = engine->accounts[account].user_id;
    event->counter_position_id = (uint64_t)match->counter + 1;
    fx_liquidate_match(engine, match);
    if (is_fund || fx_insurance_is_fund(engine, liquidated)) {
        fx_insurance_say(engine,
                         asset,
                         counter->instrument,
                         FX_INSURANCE_REASON_ADL,
                         engine->accounts[mover].balance - before);
    }
}

/* The first of the queue that can bear the price; its place, or UINT32_MAX. */
static uint32_t find_counter(struct fx_engine *engine, fx_slot position, int64_t lots, fx_px price)
{
    const struct fx_position_state *own = &engine->positions[position];
    const uint32_t instrument = own->instrument;
    const enum fx_side side = own->lots > 0 ? FX_SIDE_SELL : FX_SIDE_BUY;
    struct fx_adl_queue *queue = engine->adl_queue;
    /* Not whole and empty: its last have fallen behind those that it never held. */
    if (!is_current(engine, instrument, side) || (queue->count == 0 && queue->is_whole == 0)) {
        fill(engine, instrument, side, NULL);
    }
    for (;;) {
        for (uint32_t index = 0; index < queue->count; index++) {
            const fx_slot slot = queue->items[index].position;
            const struct fx_position_state *counter = &engine->positions[slot];
            const int64_t held = fx_position_state_magnitude(counter->lots);
            struct fx_position_fill close = {
                .side = fx_order_opposite(side),
                .lots = {held < lots ? held : lots},
            };
            FX_ASSERT(counter->lots != 0 && (counter->lots > 0) == (side == FX_SIDE_BUY));
            if (counter->account != own->account &&
                fx_margin_value(
                    &engine->listings[instrument], price, close.lots, &close.value.units) &&
                bears(engine, slot, &close)) {
                return index;
            }
        }
        if (queue->is_whole != 0 || queue->count == 0) {
            return UINT32_MAX;
        }
        const struct fx_adl_item last = queue->items[queue->count - 1];
        fill(engine, instrument, side, &last);
    }
}

/* True where its account has another position on the symbol (hedge mode). */
static bool has_other(const struct fx_engine *engine, fx_slot position)
{
    const struct fx_position_state *own = &engine->positions[position];
    for (fx_slot slot = engine->accounts[own->account].first_position; slot != FX_SLOT_NONE;
         slot = engine->positions[slot].next) {
        if (slot != position && engine->positions[slot].instrument == own->instrument &&
            engine->positions[slot].lots != 0) {
            return true;
        }
    }
    return false;
}

enum fx_adl_outcome fx_adl_close(struct fx_engine *engine,
                                 fx_slot position,
                                 int64_t lots,
                                 fx_px price)
{
    FX_ASSERT(lots > 0 && price.ticks > 0);
    const uint32_t index = find_counter(engine, position, lots, price);
    if (index == UINT32_MAX) {
        return FX_ADL_OUTCOME_NONE;
    }
    const fx_slot counter = engine->adl_queue->items[index].position;
    const int64_t held = fx_position_state_magnitude(engine->positions[counter].lots);
    if (!cancel_orders(engine, counter)) {
        return FX_ADL_OUTCOME_CLOSED; /* the rest of them, then its turn, in the next command */
    }
    const struct fx_liquidate_match match = {
        .position = position,
        .counter = counter,
        .lots = held < lots ? held : lots,
        .price = price,
        .note = FX_TRADE_NOTE_AUTO_DELEVERAGE,
    };
    close_against(engine, &match);
    if (has_other(engine, position)) {
        engine->adl_queue->sequence = 0; /* its own score has changed as well */
    } else {
        renew(engine, index);
    }
    return FX_ADL_OUTCOME_CLOSED;
}

// NOLINTEND(bugprone-easily-swappable-parameters)
