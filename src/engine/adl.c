/* Auto-deleveraging: what neither the book nor the fund takes is closed against the opposite
 * positions of the symbol, the most profitable and most leveraged first, at the bankruptcy price.
 *
 * The queue is exact at the moment of each close: its first 64 are read from the heap of the
 * opposite side, and used on as long as nothing but such closes has happened. A position that could
 * not bear the price is passed over, so nobody ends below 0; where none of the 64 can, one more
 * walk finds the first behind them that can. So a close costs two walks at most.
 *
 * Others hold the other side of what an account is long or short on balance, not of what it is
 * both: with hedge mode a cross pair is closed against itself before anybody else is asked, an
 * isolated one where nobody else can bear it. Source: docs/rules/liquidation.md. */
#include <string.h>

#include "base/panic.h"
#include "engine/marks_int.h"
#include "engine/money_int.h"
#include "engine/orders_int.h"
#include "engine/preload_int.h"
#include "engine/risk_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool slots, lots and prices are all
// numbers; their names and the assertions tell them apart

enum { LOOKS_PER_WORK = 256 };

static const fx_i128 PPB = 1000000000;
static const fx_i128 RATIO_MAX = 1000000000000000000; /* of a ratio in ppb: 1e9 */

/* ---- rank --------------------------------------------------------------------------------------
 */

/* numerator / divisor in ppb, rounded down, within -1e9 and +1e9. */
static fx_i128 ratio_of(fx_i128 numerator, fx_i128 divisor)
{
    FX_ASSERT(fx_dec_is_in_range(numerator));
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
    FX_ASSERT(ratio <= RATIO_MAX);
    return ratio < -RATIO_MAX ? -RATIO_MAX : ratio;
}

struct fx_adl_parts fx_adl_explain(const struct fx_engine *engine, fx_slot position)
{
    FX_CHECK(position < engine->position_count);
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
    FX_CHECK(position < engine->position_count);
    FX_CHECK(engine->positions[position].lots != 0);
    return fx_adl_explain(engine, position).score;
}

/* Higher scores first; of equals the lower account, then the older position. */
static bool is_before(const struct fx_engine *engine,
                      const struct fx_adl_item *one,
                      const struct fx_adl_item *other)
{
    FX_ASSERT(one->position < engine->position_count);
    FX_ASSERT(other->position < engine->position_count);
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
    FX_ASSERT(queue->count <= FX_ADL_QUEUE_MAX);
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
    FX_ASSERT(index < FX_ADL_QUEUE_MAX);
    FX_CHECK(index == 0 || !is_before(engine, &item, &queue->items[index - 1]));
    FX_CHECK(index + 1 >= queue->count || !is_before(engine, &queue->items[index + 1], &item));
    queue->items[index] = item;
}

/* A position of the side with its score; false where its place in the heap is not cleared yet. */
static bool read(const struct fx_engine *engine,
                 uint32_t instrument,
                 enum fx_side side,
                 uint32_t index,
                 struct fx_adl_item *item_out)
{
    FX_CHECK(index < fx_risk_heap_of(engine, instrument, side)->count);
    const fx_slot slot = fx_risk_heap_at(engine, instrument, side, index)->position;
    FX_ASSERT(slot < engine->position_count);
    *item_out = (struct fx_adl_item){.position = slot};
    if (engine->positions[slot].lots == 0) {
        return false;
    }
    FX_ASSERT((engine->positions[slot].lots > 0) == (side == FX_SIDE_BUY));
    item_out->score = fx_adl_score(engine, slot);
    return true;
}

/* The first of all. */
static void fill(struct fx_engine *engine, uint32_t instrument, enum fx_side side)
{
    FX_ASSERT(instrument < engine->instrument_count);
    FX_ASSERT(side == FX_SIDE_BUY || side == FX_SIDE_SELL);
    struct fx_adl_queue *queue = engine->adl_queue;
    const uint32_t count = fx_risk_heap_of(engine, instrument, side)->count;
    queue->sequence = engine->sequence;
    queue->next_trade_id = engine->next_trade_id;
    queue->instrument = instrument;
    queue->side = (uint8_t)side;
    queue->is_whole = 1;
    queue->count = 0;
    for (uint32_t index = 0; index < count; index++) {
        struct fx_adl_item item;
        if (read(engine, instrument, side, index, &item)) {
            insert(engine, queue, item);
        }
    }
}

static bool is_current(const struct fx_engine *engine, uint32_t instrument, enum fx_side side)
{
    FX_ASSERT(instrument < engine->instrument_count);
    FX_ASSERT(side == FX_SIDE_BUY || side == FX_SIDE_SELL);
    const struct fx_adl_queue *queue = engine->adl_queue;
    return queue->sequence == engine->sequence && queue->instrument == instrument &&
           queue->side == (uint8_t)side && queue->next_trade_id == engine->next_trade_id;
}

/* A position has lost lots: it goes where it belongs now, or out. */
static void renew(struct fx_engine *engine, fx_slot position)
{
    FX_ASSERT(position < engine->position_count);
    FX_ASSERT(engine->adl_queue->count <= FX_ADL_QUEUE_MAX);
    struct fx_adl_queue *queue = engine->adl_queue;
    uint32_t index = 0;
    while (index < queue->count && queue->items[index].position != position) {
        index++;
    }
    if (index < queue->count) {
        queue->count--;
        memmove(&queue->items[index],
                &queue->items[index + 1],
                (queue->count - index) * sizeof queue->items[0]);
    }
    queue->next_trade_id = engine->next_trade_id;
    if (engine->positions[position].lots == 0) {
        return;
    }
    const struct fx_adl_item item = {.position = position, .score = fx_adl_score(engine, position)};
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
    FX_ASSERT(fill->lots.lots > 0);
    FX_ASSERT(fill->lots.lots <= fx_position_state_magnitude(own->lots));
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
    FX_ASSERT(position < engine->position_count);
    bool is_first = true;
    for (fx_slot order = engine->positions[position].oldest_order; order != FX_SLOT_NONE;
         order = engine->positions[position].oldest_order) {
        if (!is_first && engine->work >= engine->limits.fills_max) {
            return false;
        }
        fx_cancel_order(engine, order, FX_ORDER_STATUS_CANCELED, FX_ORDER_NOTE_AUTO_DELEVERAGE);
        FX_ASSERT(engine->positions[position].oldest_order != order);
        is_first = false;
    }
    FX_ASSERT(engine->positions[position].oldest_order == FX_SLOT_NONE);
    return true;
}

static void close_against(struct fx_engine *engine, const struct fx_liquidate_match *match)
{
    FX_ASSERT(match->position != match->counter);
    const struct fx_position_state *counter = &engine->positions[match->counter];
    const fx_slot account = counter->account;
    const fx_slot liquidated = engine->positions[match->position].account;
    const uint32_t asset = engine->accounts[account].asset;
    const bool is_fund = fx_insurance_is_fund(engine, account);
    FX_ASSERT(match->lots > 0);
    const fx_slot mover = is_fund ? account : liquidated;
    const fx_i128 before = engine->accounts[mover].balance;
    FX_ASSERT(match->lots <= fx_position_state_magnitude(counter->lots));
    struct fx_event_liquidation *event =
        fx_liquidate_say(engine, match->position, FX_LIQUIDATION_STEP_ADL);
    event->lots = match->lots;
    event->price_ticks = match->price.ticks;
    event->counter_account_id = fx_preload_account_id(engine, account);
    event->counter_user_id = engine->accounts[account].user_id;
    event->counter_position_id = fx_preload_position_id(engine, match->counter);
    fx_liquidate_match(engine, match);
    if (is_fund || fx_insurance_is_fund(engine, liquidated)) {
        fx_insurance_say(engine,
                         asset,
                         counter->instrument,
                         FX_INSURANCE_REASON_ADL,
                         engine->accounts[mover].balance - before);
    }
}

/* What is to be closed. */
struct wish {
    fx_slot position;
    int64_t lots;
    fx_px price;
};

/* Its margin bears the price. */
static bool is_bearable(const struct fx_engine *engine, const struct wish *wish, fx_slot slot)
{
    const struct fx_position_state *own = &engine->positions[wish->position];
    const struct fx_position_state *counter = &engine->positions[slot];
    const int64_t held = fx_position_state_magnitude(counter->lots);
    FX_ASSERT(wish->lots > 0);
    struct fx_position_fill close = {
        .side = own->lots > 0 ? FX_SIDE_BUY : FX_SIDE_SELL,
        .lots = {held < wish->lots ? held : wish->lots},
    };
    FX_ASSERT(counter->lots != 0 && (counter->lots > 0) != (own->lots > 0));
    return fx_margin_value(
               &engine->listings[own->instrument], wish->price, close.lots, &close.value.units) &&
           bears(engine, slot, &close);
}

/* Another account's, and its margin bears the price. */
static bool is_fit(const struct fx_engine *engine, const struct wish *wish, fx_slot slot)
{
    FX_ASSERT(slot < engine->position_count);
    FX_ASSERT(wish->lots > 0);
    return engine->positions[slot].account != engine->positions[wish->position].account &&
           is_bearable(engine, wish, slot);
}

/* The first behind an item that is fit; NONE. */
static fx_slot find_behind(struct fx_engine *engine,
                           const struct wish *wish,
                           const struct fx_adl_item *after)
{
    FX_ASSERT(after->position < engine->position_count);
    const uint32_t instrument = engine->positions[wish->position].instrument;
    const enum fx_side side =
        engine->positions[wish->position].lots > 0 ? FX_SIDE_SELL : FX_SIDE_BUY;
    const uint32_t count = fx_risk_heap_of(engine, instrument, side)->count;
    struct fx_adl_item best = {.position = FX_SLOT_NONE};
    uint32_t looks = 0;
    for (uint32_t index = 0; index < count; index++) {
        struct fx_adl_item item;
        if (!read(engine, instrument, side, index, &item)) {
            continue;
        }
        looks++;
        if (is_before(engine, after, &item) &&
            (best.position == FX_SLOT_NONE || is_before(engine, &item, &best)) &&
            is_fit(engine, wish, item.position)) {
            best = item;
        }
    }
    /* Such a close is work of its own: a command has few. Flat ones that the heap still has do not
     * count: after a start they are gone. */
    FX_ASSERT(looks <= count);
    engine->work += looks / LOOKS_PER_WORK;
    return best.position;
}

/* The first of all that is fit; NONE. */
static fx_slot find_counter(struct fx_engine *engine, const struct wish *wish)
{
    const uint32_t instrument = engine->positions[wish->position].instrument;
    const enum fx_side side =
        engine->positions[wish->position].lots > 0 ? FX_SIDE_SELL : FX_SIDE_BUY;
    const struct fx_adl_queue *queue = engine->adl_queue;
    FX_ASSERT(wish->lots > 0);
    /* Not whole and empty: its last have fallen behind those that it never held. */
    if (!is_current(engine, instrument, side) || (queue->count == 0 && queue->is_whole == 0)) {
        fill(engine, instrument, side);
    }
    FX_ASSERT(is_current(engine, instrument, side));
    for (uint32_t index = 0; index < queue->count; index++) {
        if (is_fit(engine, wish, queue->items[index].position)) {
            return queue->items[index].position;
        }
    }
    return queue->is_whole != 0 || queue->count == 0
               ? FX_SLOT_NONE
               : find_behind(engine, wish, &queue->items[queue->count - 1]);
}

/* Whoever may be chosen pays first what he owes in a running funding: score and margin are those of
 * after. @return false where the command may pay no more of it. */
static bool settle_side(struct fx_engine *engine, uint32_t instrument, enum fx_side side)
{
    FX_ASSERT(instrument < engine->instrument_count);
    FX_ASSERT(engine->sweep_count > 0);
    uint32_t count = 0;
    /* By slot, not by place in the heap: heaps are derived, and another after a start. */
    for (fx_slot slot = 0; slot < engine->position_count; slot++) {
        const struct fx_position_state *position = &engine->positions[slot];
        if (position->instrument != instrument || position->lots == 0 ||
            (position->lots > 0) != (side == FX_SIDE_BUY)) {
            continue;
        }
        count++;
        if (engine->paid_count >= FX_FUNDING_STEP_MAX) {
            return false;
        }
        if (fx_funding_settle_account(engine, position->account) > 0) {
            engine->adl_queue->sequence = 0;
        }
    }
    engine->work += count / LOOKS_PER_WORK;
    return true;
}

/* The other position of its account on the symbol (hedge mode); NONE. */
static fx_slot find_other(const struct fx_engine *engine, fx_slot position)
{
    FX_ASSERT(position < engine->position_count);
    const struct fx_position_state *own = &engine->positions[position];
    FX_ASSERT(own->account < engine->account_count);
    for (fx_slot slot = engine->accounts[own->account].first_position; slot != FX_SLOT_NONE;
         slot = engine->positions[slot].next) {
        if (slot != position && engine->positions[slot].instrument == own->instrument &&
            engine->positions[slot].lots != 0) {
            return slot;
        }
    }
    return FX_SLOT_NONE;
}

static enum fx_adl_outcome close_own(struct fx_engine *engine,
                                     const struct wish *wish,
                                     fx_slot other)
{
    const int64_t held = fx_position_state_magnitude(engine->positions[other].lots);
    FX_ASSERT(held > 0);
    FX_ASSERT((engine->positions[other].lots > 0) != (engine->positions[wish->position].lots > 0));
    if (!cancel_orders(engine, other)) {
        return FX_ADL_OUTCOME_CLOSED; /* the rest of them, then its turn, in the next command */
    }
    const struct fx_liquidate_match match = {
        .position = wish->position,
        .counter = other,
        .lots = held < wish->lots ? held : wish->lots,
        .price = wish->price,
        .note = FX_TRADE_NOTE_AUTO_DELEVERAGE,
    };
    close_against(engine, &match);
    engine->adl_queue->sequence = 0;
    return FX_ADL_OUTCOME_OWN;
}

enum fx_adl_outcome fx_adl_net(struct fx_engine *engine, fx_slot position)
{
    const struct fx_position_state *own = &engine->positions[position];
    const fx_slot other = find_other(engine, position);
    const struct wish wish = {.position = position,
                              .lots = fx_position_state_magnitude(own->lots),
                              .price = engine->listings[own->instrument].mark};
    if (other == FX_SLOT_NONE || fx_position_state_is_isolated(own) ||
        engine->preload.rules < FX_ENGINE_RULES_PAIRS) {
        return FX_ADL_OUTCOME_NONE;
    }
    FX_ASSERT(wish.price.ticks > 0);
    FX_ASSERT(!fx_position_state_is_isolated(&engine->positions[other])); /* M9 */
    return close_own(engine, &wish, other);
}

/* Nobody else can bear it. What an isolated position of the same account has gained may. */
static enum fx_adl_outcome close_last(struct fx_engine *engine, const struct wish *wish)
{
    FX_ASSERT(wish->lots > 0);
    const fx_slot other = find_other(engine, wish->position);
    FX_ASSERT(other != wish->position);
    if (other == FX_SLOT_NONE || !fx_position_state_is_isolated(&engine->positions[other]) ||
        engine->preload.rules < FX_ENGINE_RULES_PAIRS || !is_bearable(engine, wish, other)) {
        return FX_ADL_OUTCOME_NONE;
    }
    return close_own(engine, wish, other);
}

enum fx_adl_outcome fx_adl_close(struct fx_engine *engine,
                                 fx_slot position,
                                 int64_t lots,
                                 fx_px price)
{
    FX_ASSERT(position < engine->position_count);
    const struct wish wish = {.position = position, .lots = lots, .price = price};
    const struct fx_position_state *own = &engine->positions[position];
    FX_ASSERT(lots > 0 && price.ticks > 0);
    if (engine->sweep_count != 0 &&
        !settle_side(engine, own->instrument, own->lots > 0 ? FX_SIDE_SELL : FX_SIDE_BUY)) {
        return FX_ADL_OUTCOME_CLOSED; /* the rest of them, then its turn, in the next command */
    }
    const fx_slot counter = find_counter(engine, &wish);
    if (counter == FX_SLOT_NONE) {
        return close_last(engine, &wish);
    }
    const int64_t held = fx_position_state_magnitude(engine->positions[counter].lots);
    FX_ASSERT(held > 0);
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
    if (find_other(engine, position) != FX_SLOT_NONE) {
        engine->adl_queue->sequence = 0; /* its own score has changed as well */
    } else {
        renew(engine, counter);
    }
    return FX_ADL_OUTCOME_CLOSED;
}

// NOLINTEND(bugprone-easily-swappable-parameters)
