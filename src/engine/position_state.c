/* Positions and the aggregates of their open orders. Every function that moves an aggregate keeps
 * `reserve` equal to fx_margin_requirement() (M3). */
#include <stddef.h>

#include "base/panic.h"
#include "engine/ahead_int.h"
#include "engine/marks_int.h"
#include "engine/money_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): slots, lots and units are plain numbers here
enum { LEVERAGE_DEFAULT_CENTI = 2000 };

static struct fx_position_state *at(struct fx_engine *engine, fx_slot position)
{
    FX_ASSERT(position < engine->position_count);
    return &engine->positions[position];
}

fx_slot fx_position_state_find(const struct fx_engine *engine,
                               fx_slot account,
                               uint32_t instrument,
                               enum fx_position_side side)
{
    FX_CHECK(account < engine->account_count);
    uint32_t steps = 0;
    fx_slot slot = engine->accounts[account].first_position;
    while (slot != FX_SLOT_NONE) {
        FX_ASSERT(steps < engine->position_count);
        steps++;
        const struct fx_position_state *position = &engine->positions[slot];
        if (position->instrument == instrument && position->position_side == (uint8_t)side) {
            return slot;
        }
        slot = position->next;
    }
    return FX_SLOT_NONE;
}

enum fx_position_side fx_position_state_side(const struct fx_engine *engine,
                                             fx_slot account,
                                             uint32_t asked)
{
    FX_ASSERT(account < engine->account_count);
    const bool is_hedge = (engine->accounts[account].flags & FX_ACCOUNT_FLAG_HEDGE) != 0;
    if (is_hedge ? asked != FX_POSITION_SIDE_LONG && asked != FX_POSITION_SIDE_SHORT
                 : asked > FX_POSITION_SIDE_BOTH) {
        return (enum fx_position_side)0;
    }
    FX_ASSERT(asked <= FX_POSITION_SIDE_SHORT);
    return is_hedge ? (enum fx_position_side)asked : FX_POSITION_SIDE_BOTH;
}

struct fx_position_family fx_position_state_family(const struct fx_engine *engine,
                                                   fx_slot account,
                                                   uint32_t instrument)
{
    FX_ASSERT(account < engine->account_count);
    struct fx_position_family family = {.count = 0};
    for (fx_slot slot = engine->accounts[account].first_position; slot != FX_SLOT_NONE;
         slot = engine->positions[slot].next) {
        if (engine->positions[slot].instrument == instrument) {
            FX_ASSERT(family.count < FX_POSITION_FAMILY_MAX);
            family.slots[family.count] = slot;
            family.count++;
        }
    }
    return family;
}

static int32_t default_leverage(const struct fx_engine *engine, uint32_t instrument)
{
    const fx_leverage most = fx_margin_leverage_max(engine, instrument, (fx_amount){0});
    FX_CHECK(most.centi > 0);
    return most.centi < LEVERAGE_DEFAULT_CENTI ? most.centi : LEVERAGE_DEFAULT_CENTI;
}

void fx_position_state_default(const struct fx_engine *engine,
                               fx_slot account,
                               uint32_t instrument,
                               enum fx_position_side side,
                               struct fx_position_state *position_out)
{
    FX_ASSERT(account < engine->account_count);
    FX_ASSERT(instrument < engine->instrument_count);
    const struct fx_position_family family = fx_position_state_family(engine, account, instrument);
    *position_out = (struct fx_position_state){
        .account = account,
        .next = FX_SLOT_NONE,
        .oldest_order = FX_SLOT_NONE,
        .newest_order = FX_SLOT_NONE,
        .instrument = instrument,
        .leverage_centi = default_leverage(engine, instrument),
        .margin_mode = FX_MARGIN_MODE_CROSS,
        .position_side = (uint8_t)side,
    };
    if (family.count > 0) {
        position_out->leverage_centi = engine->positions[family.slots[0]].leverage_centi;
        position_out->margin_mode = engine->positions[family.slots[0]].margin_mode;
    }
}

fx_slot fx_position_state_acquire(struct fx_engine *engine,
                                  fx_slot account,
                                  uint32_t instrument,
                                  enum fx_position_side side)
{
    const fx_slot known = fx_position_state_find(engine, account, instrument, side);
    if (known != FX_SLOT_NONE) {
        return known;
    }
    if (engine->position_count == engine->limits.positions_max) {
        return FX_SLOT_NONE;
    }
    FX_ASSERT(engine->accounts[account].asset == engine->listings[instrument].asset);
    const fx_slot slot = engine->position_count++;
    fx_position_state_default(engine, account, instrument, side, &engine->positions[slot]);
    struct fx_account_state *owner = &engine->accounts[account];
    if (owner->last_position == FX_SLOT_NONE) {
        FX_ASSERT(owner->first_position == FX_SLOT_NONE);
        owner->first_position = slot;
        fx_account_state_lead(engine, account);
    } else {
        engine->positions[owner->last_position].next = slot;
    }
    owner->last_position = slot;
    FX_CHECK(fx_position_state_find(engine, account, instrument, side) == slot);
    return slot;
}

void fx_position_state_refresh(struct fx_engine *engine, fx_slot position)
{
    struct fx_position_state *state = at(engine, position);
    FX_CHECK(state->buy_lots >= 0 && state->sell_lots >= 0);
    state->reserve = fx_margin_requirement(engine, state);
    FX_ASSERT(state->reserve >= 0);
}

/* Linear: the loss is the distance to the mark, exact. Inverse: the difference of the two values.
 */
static bool open_loss(const struct fx_listing *listing,
                      const struct fx_resting *order,
                      fx_px mark,
                      fx_i128 value,
                      fx_i128 *loss_out)
{
    FX_ASSERT(order->remaining.lots > 0);
    const bool is_buy = order->side == FX_SIDE_BUY;
    const int64_t distance =
        is_buy ? order->price.ticks - mark.ticks : mark.ticks - order->price.ticks;
    if (distance <= 0) {
        *loss_out = 0;
        return true;
    }
    if (listing->definition.contract_type == FX_CONTRACT_TYPE_USD_M) {
        return fx_margin_value(listing, (fx_px){distance}, order->remaining, loss_out);
    }
    fx_i128 mark_value = 0;
    if (!fx_margin_value(listing, mark, order->remaining, &mark_value)) {
        return false;
    }
    *loss_out = is_buy ? mark_value - value : value - mark_value;
    FX_ASSERT(*loss_out >= 0); /* half-even keeps the order of values */
    return true;
}

bool fx_position_state_cost(const struct fx_engine *engine,
                            const struct fx_resting *order,
                            fx_px entry_mark,
                            fx_i128 *value_out,
                            fx_i128 *loss_out)
{
    FX_CHECK(order->instrument < engine->instrument_count);
    FX_CHECK(entry_mark.ticks >= 0);
    if (order->is_reduce_only != 0 || order->remaining.lots == 0) {
        *value_out = 0;
        *loss_out = 0;
        return true;
    }
    const struct fx_listing *listing = &engine->listings[order->instrument];
    fx_i128 value = 0;
    fx_i128 loss = 0;
    if (!fx_margin_value(listing, order->price, order->remaining, &value)) {
        return false;
    }
    if (entry_mark.ticks > 0 && !open_loss(listing, order, entry_mark, value, &loss)) {
        return false;
    }
    FX_CHECK(value >= 0 && loss >= 0);
    *value_out = value;
    *loss_out = loss;
    return true;
}

/* What one order adds to the aggregates of its side. */
struct part {
    int64_t lots;
    fx_i128 value;
    fx_i128 loss;
};

_Static_assert(offsetof(struct fx_position_state, sell_lots) ==
                       offsetof(struct fx_position_state, buy_lots) + sizeof(int64_t) &&
                   offsetof(struct fx_position_state, sell_value) ==
                       offsetof(struct fx_position_state, buy_value) + sizeof(fx_i128) &&
                   offsetof(struct fx_position_state, sell_loss) ==
                       offsetof(struct fx_position_state, buy_loss) + sizeof(fx_i128),
               "the sells stand behind the buys");

/* Which side it is, is computed and not branched upon: sides are coin tosses. */
static void add_part(struct fx_position_state *position,
                     const struct fx_resting *order,
                     struct part part)
{
    if (order->is_reduce_only != 0) {
        const bool is_buy = order->side == FX_SIDE_BUY;
        int64_t *lots = is_buy ? &position->reduce_buy_lots : &position->reduce_sell_lots;
        *lots += part.lots;
        FX_ASSERT(*lots >= 0);
        return;
    }
    const size_t index = order->side != FX_SIDE_BUY;
    char *base = (char *)position;
    int64_t *lots = (int64_t *)(void *)(base + offsetof(struct fx_position_state, buy_lots) +
                                        index * sizeof *lots);
    fx_i128 *value = (fx_i128 *)(void *)(base + offsetof(struct fx_position_state, buy_value) +
                                         index * sizeof *value);
    fx_i128 *loss = (fx_i128 *)(void *)(base + offsetof(struct fx_position_state, buy_loss) +
                                        index * sizeof *loss);
    *lots += part.lots;
    *value += part.value;
    *loss += part.loss;
    FX_ASSERT(*lots >= 0);
    FX_ASSERT(*value >= 0);
    FX_ASSERT(*loss >= 0);
}

static struct part negated(struct part part)
{
    FX_CHECK(part.lots >= 0);
    FX_CHECK(part.value >= 0 && part.loss >= 0);
    return (struct part){-part.lots, -part.value, -part.loss};
}

/* What the aggregates hold of a linked order. */
static struct part counted_part(const struct fx_engine *engine, fx_slot order, int64_t lots)
{
    FX_CHECK(order < engine->order_used);
    const struct fx_order *cold = &engine->orders[order];
    FX_CHECK(cold->reserve_value >= 0 && cold->reserve_loss >= 0);
    return (struct part){lots, cold->reserve_value, cold->reserve_loss};
}

/* True where nothing has happened since the order was admitted: it costs what was found then. */
static bool is_as_admitted(const struct fx_engine *engine, fx_slot order)
{
    const struct fx_admission *admission = &engine->admission;
    const struct fx_resting *hot = &engine->resting[order];
    const struct fx_order *cold = &engine->orders[order];
    FX_CHECK(hot->remaining.lots > 0);
    FX_CHECK(cold->position < engine->position_count);
    return admission->sequence == engine->sequence && admission->work == engine->work &&
           admission->position == cold->position &&
           admission->order.remaining.lots == hot->remaining.lots &&
           admission->order.price.ticks == hot->price.ticks && admission->order.side == hot->side &&
           hot->is_reduce_only == 0 && admission->mark_ticks == cold->entry_mark_ticks;
}

/* Set an order's reserve from what remains of it. It was admitted, and shrinks only: in range. */
static struct part cost_part(struct fx_engine *engine, fx_slot order)
{
    struct fx_order *cold = &engine->orders[order];
    const struct fx_resting *hot = &engine->resting[order];
    const fx_px mark = {cold->entry_mark_ticks};
    const bool fits =
        fx_position_state_cost(engine, hot, mark, &cold->reserve_value, &cold->reserve_loss);
    FX_ASSERT(fits);
    FX_ASSERT(cold->reserve_value >= 0);
    return counted_part(engine, order, hot->remaining.lots);
}

void fx_position_state_add_order(struct fx_engine *engine, fx_slot order)
{
    struct fx_order *cold = &engine->orders[order];
    const struct fx_resting *hot = &engine->resting[order];
    struct fx_position_state *position = at(engine, cold->position);
    FX_ASSERT(position->account == hot->account);
    FX_CHECK(position->instrument == hot->instrument);
    FX_ASSERT(hot->remaining.lots > 0);
    if (is_as_admitted(engine, order)) {
        cold->reserve_value = engine->admission.value;
        cold->reserve_loss = engine->admission.loss;
        position->reserve = engine->admission.reserve;
        engine->admission.sequence = 0; /* once: the next one comes on top of it */
        add_part(position, hot, counted_part(engine, order, hot->remaining.lots));
    } else {
        add_part(position, hot, cost_part(engine, order));
        fx_position_state_refresh(engine, cold->position);
    }
    FX_CHECK(position->reserve == fx_margin_requirement(engine, position));
    cold->older = position->newest_order;
    cold->newer = FX_SLOT_NONE;
    if (position->newest_order == FX_SLOT_NONE) {
        FX_ASSERT(position->oldest_order == FX_SLOT_NONE);
        position->oldest_order = order;
    } else {
        engine->orders[position->newest_order].newer = order;
    }
    position->newest_order = order;
    position->order_count++;
    position->reduce_order_count += hot->is_reduce_only;
    engine->accounts[position->account].order_count++;
    FX_CHECK(position->reduce_order_count <= position->order_count);
    fx_touch_position(engine, cold->position);
}

void fx_position_state_remove_order(struct fx_engine *engine, fx_slot order)
{
    struct fx_order *cold = &engine->orders[order];
    const struct fx_resting *hot = &engine->resting[order];
    struct fx_position_state *position = at(engine, cold->position);
    FX_ASSERT(position->order_count > 0);
    FX_ASSERT(engine->accounts[position->account].order_count > 0);
    add_part(position, hot, negated(counted_part(engine, order, hot->remaining.lots)));
    if (cold->older == FX_SLOT_NONE) {
        FX_ASSERT(position->oldest_order == order);
        position->oldest_order = cold->newer;
    } else {
        engine->orders[cold->older].newer = cold->newer;
    }
    if (cold->newer == FX_SLOT_NONE) {
        FX_ASSERT(position->newest_order == order);
        position->newest_order = cold->older;
    } else {
        engine->orders[cold->newer].older = cold->older;
    }
    cold->older = FX_SLOT_NONE;
    cold->newer = FX_SLOT_NONE;
    cold->reserve_value = 0;
    cold->reserve_loss = 0;
    position->order_count--;
    position->reduce_order_count -= hot->is_reduce_only;
    engine->accounts[position->account].order_count--;
    FX_CHECK(position->reduce_order_count <= position->order_count);
    FX_CHECK((position->order_count == 0) == (position->oldest_order == FX_SLOT_NONE));
    fx_position_state_refresh(engine, cold->position);
    fx_touch_position(engine, cold->position);
}

void fx_position_state_resize_order(struct fx_engine *engine, fx_slot order, fx_qty before)
{
    const fx_slot slot = engine->orders[order].position;
    const struct fx_resting *hot = &engine->resting[order];
    struct fx_position_state *position = at(engine, slot);
    FX_ASSERT(hot->remaining.lots >= 0);
    FX_ASSERT(hot->remaining.lots <= before.lots);
    const struct part old = counted_part(engine, order, before.lots);
    add_part(position, hot, negated(old));
    add_part(position, hot, cost_part(engine, order));
    fx_position_state_refresh(engine, slot);
    fx_touch_position(engine, slot);
}

/* The position as it would be with the order among its orders; false where out of range. */
static bool with_order(const struct fx_engine *engine,
                       const struct fx_resting *order,
                       fx_slot replaced,
                       struct fx_position_state *position,
                       struct part *part_out)
{
    FX_ASSERT(order->remaining.lots > 0);
    FX_CHECK(order->instrument == position->instrument);
    if (replaced != FX_SLOT_NONE) {
        const struct fx_resting *hot = &engine->resting[replaced];
        add_part(position, hot, negated(counted_part(engine, replaced, hot->remaining.lots)));
    }
    const struct fx_listing *listing = &engine->listings[position->instrument];
    const int64_t lots = order->side == FX_SIDE_BUY ? position->buy_lots : position->sell_lots;
    struct part part = {.lots = order->remaining.lots};
    if (order->remaining.lots > INT64_MAX - lots ||
        !fx_position_state_cost(engine, order, listing->mark, &part.value, &part.loss)) {
        return false;
    }
    add_part(position, order, part);
    *part_out = part;
    return true;
}

/* M1: with this order the account's bound stays below 1e36. What an order replaces is counted on
 * top: an amend at the edge of the range is refused, which no one will ever see. */
static bool is_bounded(const struct fx_engine *engine, const struct fx_resting *order)
{
    FX_CHECK(order->account < engine->account_count);
    FX_CHECK(order->remaining.lots > 0);
    fx_i128 bound = 0;
    fx_i128 moved = 0;
    return fx_account_state_bound(engine, order->account, &bound) &&
           order->remaining.lots <= INT64_MAX / 2 &&
           fx_margin_lots_bound(
               &engine->listings[order->instrument], order->remaining.lots * 2, &moved) &&
           fx_dec_add(bound, moved, &bound);
}

/* The tier of what the position can grow to does not allow its leverage, and the order is why. */
static bool is_leverage_refused(const struct fx_engine *engine,
                                const struct fx_position_state *before,
                                const struct fx_position_state *after)
{
    FX_CHECK(before->instrument == after->instrument);
    FX_CHECK(before->leverage_centi == after->leverage_centi);
    const fx_i128 notional = fx_margin_notional(engine, after);
    const fx_leverage most =
        fx_margin_leverage_max(engine, after->instrument, (fx_amount){notional});
    return after->leverage_centi > most.centi && notional > fx_margin_notional(engine, before);
}

fx_status fx_position_state_admit(struct fx_engine *engine,
                                  fx_slot position,
                                  const struct fx_resting *order,
                                  fx_slot replaced)
{
    FX_ASSERT(position < engine->position_count);
    const struct fx_position_state *before = &engine->positions[position];
    FX_ASSERT(before->account == order->account);
    FX_CHECK(before->instrument == order->instrument);
    FX_CHECK(order->remaining.lots > 0);
    if (order->is_reduce_only != 0) {
        return FX_OK;
    }
    struct fx_position_state after = *before;
    struct part part;
    if (!with_order(engine, order, replaced, &after, &part) || !is_bounded(engine, order)) {
        return FX_AMOUNT_OUT_OF_RANGE;
    }
    if (!fx_margin_is_leverage_plain(engine, &after) &&
        is_leverage_refused(engine, before, &after)) {
        return FX_LEVERAGE_TOO_HIGH;
    }
    engine->admission = (struct fx_admission){
        .value = part.value,
        .loss = part.loss,
        .reserve = fx_margin_requirement(engine, &after),
        .sequence = replaced == FX_SLOT_NONE ? engine->sequence : 0,
        .order = *order,
        .mark_ticks = engine->listings[order->instrument].mark.ticks,
        .position = position,
        .work = engine->work,
    };
    const fx_i128 more = engine->admission.reserve - before->reserve;
    if (more > 0 && more > fx_margin_available(engine, order->account)) {
        return FX_INSUFFICIENT_MARGIN;
    }
    return FX_OK;
}

fx_i128 fx_position_state_foresee(const struct fx_engine *engine,
                                  fx_slot position,
                                  const struct fx_resting *order)
{
    FX_ASSERT(position < engine->position_count);
    struct fx_position_state after = engine->positions[position];
    if (order->is_reduce_only != 0) {
        return after.reserve;
    }
    struct part part;
    const bool fits = with_order(engine, order, FX_SLOT_NONE, &after, &part);
    FX_ASSERT(fits); /* it was admitted */
    return fx_margin_requirement(engine, &after);
}

/* The part of a value >= 0 that goes with `part` of `whole` lots, towards zero. */
static fx_i128 share_of(fx_i128 total, int64_t part, int64_t whole)
{
    FX_CHECK(part > 0 && part <= whole);
    return part == whole || total == 0 ? total : fx_margin_share(total, part, whole, FX_ROUND_DOWN);
}

/* @return the realised PnL, not yet credited. */
static fx_i128 close_part(const struct fx_engine *engine,
                          struct fx_position_state *position,
                          int64_t lots,
                          fx_i128 value)
{
    const int64_t held = fx_position_state_magnitude(position->lots);
    FX_CHECK(lots > 0 && lots <= held);
    const bool is_long = position->lots > 0;
    const bool is_linear =
        engine->listings[position->instrument].definition.contract_type == FX_CONTRACT_TYPE_USD_M;
    const fx_i128 closed = share_of(position->entry_value, lots, held);
    const fx_i128 pnl = is_long == is_linear ? value - closed : closed - value;
    position->entry_value -= closed;
    position->position_margin -= share_of(position->position_margin, lots, held);
    position->adjust_margin -= share_of(position->adjust_margin, lots, held);
    position->lots += is_long ? -lots : lots;
    position->realized_pnl += pnl;
    FX_ASSERT(position->entry_value >= 0);
    FX_ASSERT(position->position_margin + position->adjust_margin >= 0);
    return pnl;
}

static void open_part(struct fx_position_state *position, int64_t signed_lots, fx_i128 value)
{
    FX_CHECK(signed_lots != 0);
    FX_CHECK(value >= 0);
    if (position->lots == 0) {
        FX_ASSERT(position->entry_value == 0);
        position->realized_pnl = 0;
    }
    position->lots += signed_lots;
    position->entry_value += value;
    if (position->margin_mode == FX_MARGIN_MODE_ISOLATED) {
        position->position_margin +=
            fx_margin_at_leverage(value, (fx_leverage){position->leverage_centi});
    }
    /* M1: admission bounded what this position can ever be worth. */
    FX_ASSERT(fx_dec_is_in_range(position->entry_value));
}

static int64_t long_lots(const struct fx_position_state *position)
{
    return position->lots > 0 ? position->lots : 0;
}

fx_i128 fx_position_state_apply(const struct fx_engine *engine,
                                struct fx_position_state *position,
                                const struct fx_position_fill *fill)
{
    const int64_t lots = fill->lots.lots;
    const bool is_buy = fill->side == FX_SIDE_BUY;
    FX_ASSERT(lots > 0);
    FX_ASSERT(fill->value.units >= 0);
    const int64_t held = fx_position_state_magnitude(position->lots);
    int64_t closing = 0;
    if (held > 0 && (position->lots > 0) != is_buy) {
        closing = held < lots ? held : lots;
    }
    /* A hedge position never turns round: what would open the other side is not its order. */
    FX_ASSERT(closing == lots || position->position_side == FX_POSITION_SIDE_BOTH ||
              is_buy == (position->position_side == FX_POSITION_SIDE_LONG));
    fx_i128 pnl = 0;
    fx_i128 opened = fill->value.units;
    if (closing > 0) {
        const fx_i128 closed = share_of(opened, closing, lots);
        opened -= closed;
        pnl = close_part(engine, position, closing, closed);
    }
    if (closing < lots) {
        open_part(position, is_buy ? lots - closing : closing - lots, opened);
    }
    return pnl;
}

fx_amount fx_position_state_fill(struct fx_engine *engine,
                                 fx_slot slot,
                                 const struct fx_position_fill *fill)
{
    FX_CHECK(fill->lots.lots > 0);
    struct fx_position_state *position = at(engine, slot);
    fx_ahead_guard(engine, slot);
    if (engine->sweep_count != 0) {
        fx_funding_settle_position(engine, slot); /* by the lots of the instant */
    }
    const int64_t long_before = long_lots(position);
    const fx_i128 pnl = fx_position_state_apply(engine, position, fill);
    engine->listings[position->instrument].open_interest_lots += long_lots(position) - long_before;
    FX_CHECK(engine->listings[position->instrument].open_interest_lots >= 0);
    if (pnl != 0) {
        const bool fits = fx_account_state_credit(engine, position->account, pnl);
        FX_ASSERT(fits); /* M1 again: |balance| is part of the bound */
    }
    fx_position_state_refresh(engine, slot);
    fx_account_state_moved(engine, position->account);
    fx_touch_position(engine, slot);
    fx_touch_account(engine, position->account);
    return (fx_amount){pnl};
}
// NOLINTEND(bugprone-easily-swappable-parameters)
