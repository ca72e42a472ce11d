/* Conditional orders: what is asked of them when they come, the list of a position's, and what
 * happens when a price has crossed them. They reserve nothing and are in no book until they fire;
 * then they are judged as new orders (place.c). Source: docs/rules/triggers.md. */
#include <string.h>

#include "base/panic.h"
#include "engine/bracket_int.h"
#include "engine/marks_int.h"
#include "engine/orders_int.h"
#include "engine/triggers_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool a slot, a side and a count are all
// numbers; their names and the assertions tell them apart

#define PPB 1000000000

static fx_status reject(struct fx_reject *reject_out, fx_status status, enum fx_field field)
{
    FX_ASSERT(status != FX_OK);
    reject_out->field = (uint8_t)field;
    return status;
}

static fx_status reject_price(const struct fx_listing *listing,
                              struct fx_reject *reject_out,
                              fx_status status,
                              fx_px limit)
{
    FX_ASSERT(status != FX_OK);
    FX_ASSERT(limit.ticks >= 0);
    reject_out->has_limit = 1;
    reject_out->limit = fx_instrument_price(&listing->definition, limit);
    return status;
}

/* ---- the list of a position --------------------------------------------------------------------
 */

static fx_slot order_at(const struct fx_engine *engine, fx_slot slot)
{
    FX_ASSERT(slot == FX_SLOT_NONE || slot < engine->trigger_used);
    return slot == FX_SLOT_NONE ? FX_SLOT_NONE : engine->triggers[slot].order;
}

fx_slot fx_conditional_oldest(const struct fx_engine *engine, fx_slot position)
{
    FX_ASSERT(position < engine->position_count);
    const struct fx_position_triggers *list = &engine->position_triggers[position];
    return list->count == 0 ? FX_SLOT_NONE : order_at(engine, list->oldest);
}

fx_slot fx_conditional_newer(const struct fx_engine *engine, fx_slot order)
{
    FX_ASSERT(order < engine->order_used);
    return order_at(engine, fx_trigger_of(engine, order)->newer);
}

static void link(struct fx_engine *engine, fx_slot order)
{
    FX_ASSERT(engine->orders[order].trigger != 0);
    const fx_slot slot = engine->orders[order].trigger - 1;
    struct fx_trigger *trigger = &engine->triggers[slot];
    struct fx_position_triggers *list = &engine->position_triggers[engine->orders[order].position];
    FX_ASSERT(trigger->is_listed == 0);
    trigger->is_listed = 1;
    trigger->older = list->count == 0 ? FX_SLOT_NONE : list->newest;
    trigger->newer = FX_SLOT_NONE;
    if (list->count == 0) {
        list->oldest = slot;
    } else {
        engine->triggers[list->newest].newer = slot;
    }
    FX_ASSERT((list->count == 0) == (trigger->older == FX_SLOT_NONE));
    list->newest = slot;
    list->count++;
    engine->untriggered_count++;
}

void fx_conditional_unlink(struct fx_engine *engine, fx_slot order)
{
    struct fx_trigger *trigger = fx_trigger_of(engine, order);
    struct fx_position_triggers *list = &engine->position_triggers[engine->orders[order].position];
    FX_ASSERT(trigger->is_listed == 1);
    FX_ASSERT(list->count > 0);
    fx_trigger_unwatch(engine, order);
    if (fx_tp_sl_has_role(trigger)) {
        fx_tp_sl_forget(engine, order);
    }
    fx_slot *from_older =
        trigger->older == FX_SLOT_NONE ? &list->oldest : &engine->triggers[trigger->older].newer;
    fx_slot *from_newer =
        trigger->newer == FX_SLOT_NONE ? &list->newest : &engine->triggers[trigger->newer].older;
    FX_ASSERT(*from_older == engine->orders[order].trigger - 1);
    FX_ASSERT(*from_newer == engine->orders[order].trigger - 1);
    *from_older = trigger->newer;
    *from_newer = trigger->older;
    trigger->older = FX_SLOT_NONE;
    trigger->newer = FX_SLOT_NONE;
    trigger->is_listed = 0;
    list->count--;
    engine->untriggered_count--;
    if (list->count == 0) {
        FX_ASSERT(list->take_profit == 0 && list->stop_loss == 0);
        memset(list, 0, sizeof *list);
    }
}

/* ---- judging -----------------------------------------------------------------------------------
 */

static enum fx_trigger_condition condition_of(const struct fx_command_conditional *conditional)
{
    return conditional->condition != 0
               ? (enum fx_trigger_condition)conditional->condition
               : fx_order_default_condition((enum fx_order_type)conditional->place.type,
                                            (enum fx_side)conditional->place.side);
}

static fx_status check_trailing(const struct fx_command_conditional *conditional,
                                struct fx_reject *reject_out)
{
    FX_ASSERT(conditional->place.side == FX_SIDE_BUY || conditional->place.side == FX_SIDE_SELL);
    FX_ASSERT(conditional->condition <= FX_TRIGGER_CONDITION_LT);
    const bool is_trailing = conditional->place.type == FX_ORDER_TYPE_TRAILING_STOP;
    const int32_t rate = conditional->callback_ppb;
    if (is_trailing ? rate < FX_COMMAND_CALLBACK_PPB_MIN || rate > FX_COMMAND_CALLBACK_PPB_MAX
                    : rate != 0) {
        return reject(reject_out, FX_BAD_PARAMETER, FX_FIELD_CALLBACK_RATE);
    }
    if (is_trailing && condition_of(conditional) !=
                           fx_order_default_condition(FX_ORDER_TYPE_TRAILING_STOP,
                                                      (enum fx_side)conditional->place.side)) {
        return reject(reject_out, FX_BAD_PARAMETER, FX_FIELD_TRIGGER_BY);
    }
    return FX_OK;
}

fx_status fx_conditional_check_words(const struct fx_command *command, struct fx_reject *reject_out)
{
    FX_ASSERT(command->u.place.side == FX_SIDE_BUY || command->u.place.side == FX_SIDE_SELL);
    FX_ASSERT(command->u.place.client_id.size <= FX_CLIENT_ID_SIZE_MAX);
    const struct fx_command_conditional *conditional = &command->u.conditional;
    const enum fx_order_type type = (enum fx_order_type)conditional->place.type;
    if (!fx_order_type_is_conditional(type) || conditional->is_price_protected > 1) {
        return FX_BAD_PARAMETER;
    }
    if (conditional->source < FX_TRIGGER_SOURCE_LAST ||
        conditional->source > FX_TRIGGER_SOURCE_INDEX ||
        conditional->condition > FX_TRIGGER_CONDITION_LT) {
        return reject(reject_out, FX_BAD_PARAMETER, FX_FIELD_TRIGGER_BY);
    }
    const bool may_close =
        type == FX_ORDER_TYPE_STOP_MARKET || type == FX_ORDER_TYPE_TAKE_PROFIT_MARKET;
    if (conditional->is_close_position > 1 ||
        (conditional->is_close_position == 1 && (!may_close || conditional->place.lots != 0))) {
        return reject(reject_out, FX_BAD_PARAMETER, FX_FIELD_CLOSE_POSITION);
    }
    if (fx_order_type_is_market(type) && conditional->place.price_ticks != 0) {
        return reject(reject_out, FX_BAD_PARAMETER, FX_FIELD_PRICE);
    }
    return check_trailing(conditional, reject_out);
}

/* The static filters, as far as they can be asked now: a market order's value is judged at the
 * price at which it fires, the band of a limit order then. */
static fx_status check_filters(const struct fx_listing *listing,
                               enum fx_order_type type,
                               const struct fx_resting *order,
                               fx_px at,
                               struct fx_reject *reject_out)
{
    const bool is_market = fx_order_type_is_market(type);
    const struct fx_filter_input input = {
        .side = (enum fx_side)order->side,
        .type = is_market ? FX_ORDER_TYPE_MARKET : FX_ORDER_TYPE_LIMIT,
        .price = is_market ? (fx_px){0} : order->price,
        .quantity = order->remaining,
        .mark = is_market ? at : (fx_px){0},
        .is_reduce_only = order->is_reduce_only != 0,
        .unit = listing->unit,
    };
    return fx_instrument_filter(&listing->definition, &input, reject_out);
}

/* A trigger price in range that lies ahead of the price that it watches. */
fx_status fx_conditional_judge_trigger(const struct fx_engine *engine,
                                       uint32_t instrument,
                                       const struct fx_trigger *trigger,
                                       struct fx_reject *reject_out)
{
    FX_ASSERT(instrument < engine->instrument_count);
    FX_ASSERT(trigger->callback_ppb >= 0);
    const struct fx_listing *listing = &engine->listings[instrument];
    const bool is_trailing = trigger->callback_ppb != 0;
    const fx_px now = fx_trigger_price(engine, instrument, (enum fx_trigger_source)trigger->source);
    reject_out->field = (uint8_t)(is_trailing ? FX_FIELD_ACTIVATION_PRICE : FX_FIELD_TRIGGER_PRICE);
    if (trigger->trigger_ticks < (is_trailing ? 0 : 1) ||
        trigger->trigger_ticks > listing->definition.max_ticks) {
        return reject_price(
            listing, reject_out, FX_PRICE_FILTER, (fx_px){listing->definition.max_ticks});
    }
    /* Before the first trade nobody knows on which side of a last price it will be. */
    if (now.ticks == 0 && (trigger->source != FX_TRIGGER_SOURCE_LAST ||
                           (is_trailing && trigger->trigger_ticks == 0))) {
        return reject(reject_out, FX_NO_TRIGGER_PRICE, FX_FIELD_TRIGGER_BY);
    }
    if (fx_trigger_would_fire(engine, instrument, trigger)) {
        return reject_price(listing, reject_out, FX_TRIGGER_WOULD_FIRE, now);
    }
    reject_out->field = FX_FIELD_NONE;
    return FX_OK;
}

/* What the command says, as its record will. */
struct fx_trigger fx_conditional_read(const struct fx_command_conditional *conditional)
{
    return (struct fx_trigger){
        .trigger_ticks = conditional->trigger_ticks,
        .callback_ppb = conditional->callback_ppb,
        .source = conditional->source,
        .condition = (uint8_t)condition_of(conditional),
        .is_close_position = conditional->is_close_position,
        .is_price_protected = conditional->is_price_protected,
    };
}

fx_status fx_conditional_judge(const struct fx_engine *engine,
                               const struct fx_command *command,
                               const struct fx_resting *order,
                               struct fx_reject *reject_out)
{
    FX_ASSERT(order->account < engine->account_count);
    FX_ASSERT(order->instrument == command->instrument);
    FX_ASSERT(order->side == command->u.place.side);
    const struct fx_command_conditional *conditional = &command->u.conditional;
    const struct fx_listing *listing = &engine->listings[command->instrument];
    const struct fx_trigger trigger = fx_conditional_read(conditional);
    const fx_status status =
        fx_conditional_judge_trigger(engine, command->instrument, &trigger, reject_out);
    if (status != FX_OK) {
        return status;
    }
    if (!fx_trigger_has_room(engine)) {
        return FX_CAPACITY;
    }
    if (trigger.is_close_position != 0) {
        return FX_OK; /* its quantity is that of the position */
    }
    const fx_px at =
        trigger.trigger_ticks != 0
            ? (fx_px){trigger.trigger_ticks}
            : fx_trigger_price(engine, command->instrument, (enum fx_trigger_source)trigger.source);
    return check_filters(
        listing, (enum fx_order_type)conditional->place.type, order, at, reject_out);
}

fx_status fx_conditional_judge_count(const struct fx_engine *engine,
                                     fx_slot position,
                                     uint32_t more,
                                     struct fx_reject *reject_out)
{
    FX_ASSERT(position < engine->position_count);
    FX_ASSERT(more > 0);
    const struct fx_listing *listing = &engine->listings[engine->positions[position].instrument];
    const int32_t max = listing->definition.algo_orders_max;
    if (max > 0 && engine->position_triggers[position].count + more <= (uint32_t)max) {
        return FX_OK;
    }
    reject_out->has_limit = 1;
    reject_out->limit = max;
    return FX_MAX_NUM_ALGO_ORDERS;
}

fx_status fx_conditional_judge_room(const struct fx_engine *engine,
                                    fx_slot position,
                                    uint32_t count,
                                    struct fx_reject *reject_out)
{
    FX_ASSERT(position < engine->position_count);
    FX_ASSERT(engine->trigger_count <= engine->limits.orders_max / 2);
    const uint32_t orders_max = engine->limits.orders_max;
    if (count == 0) {
        return FX_OK;
    }
    if (engine->order_count + count > orders_max ||
        engine->trigger_count + count > orders_max / 2) {
        return FX_CAPACITY;
    }
    return fx_conditional_judge_count(engine, position, count, reject_out);
}

/* ---- life --------------------------------------------------------------------------------------
 */

void fx_conditional_wait(struct fx_engine *engine, fx_slot order, const struct fx_trigger *like)
{
    FX_ASSERT(engine->orders[order].order_id != 0);
    FX_ASSERT(engine->orders[order].trigger == 0);
    const fx_slot slot = fx_trigger_acquire(engine, order);
    struct fx_trigger *trigger = &engine->triggers[slot];
    trigger->trigger_ticks = like->trigger_ticks;
    trigger->callback_ppb = like->callback_ppb;
    trigger->source = like->source;
    trigger->condition = like->condition;
    trigger->is_close_position = like->is_close_position;
    trigger->is_price_protected = like->is_price_protected;
    trigger->role = like->role;
    trigger->instrument = engine->resting[order].instrument;
    engine->orders[order].status = FX_ORDER_STATUS_PENDING;
    FX_ASSERT(engine->orders[order].trigger == slot + 1);
    link(engine, order);
}

void fx_conditional_start(struct fx_engine *engine, fx_slot order, const struct fx_trigger *like)
{
    FX_ASSERT(engine->orders[order].is_resting == 0);
    if (engine->orders[order].trigger == 0) {
        fx_conditional_wait(engine, order, like);
    }
    FX_ASSERT(engine->orders[order].status == FX_ORDER_STATUS_PENDING);
    engine->orders[order].status = FX_ORDER_STATUS_UNTRIGGERED;
    if (engine->orders[order].expire_us != 0) {
        fx_expiry_insert(engine, order);
    }
    fx_trigger_watch(engine, order);
    fx_cancel_emit(engine, order);
}

fx_slot fx_conditional_sibling(const struct fx_engine *engine, fx_slot order)
{
    FX_ASSERT(engine->orders[order].trigger != 0);
    return fx_bracket_is_child(engine, order) ? fx_bracket_sibling(engine, order)
                                              : fx_tp_sl_sibling(engine, order);
}

/* |mark - last| within the take bound of the mark. What is not known is not within. */
static bool is_protected_price(const struct fx_listing *listing)
{
    FX_ASSERT(listing->mark.ticks >= 0);
    FX_ASSERT(listing->last.ticks >= 0);
    const int64_t mark = listing->mark.ticks, last = listing->last.ticks;
    const int64_t distance = mark > last ? mark - last : last - mark;
    return mark > 0 && last > 0 &&
           (fx_i128)distance * PPB <= (fx_i128)mark * listing->definition.market_take_bound_ppb;
}

static void enter_fired(struct fx_engine *engine, fx_slot order)
{
    FX_ASSERT(fx_trigger_of(engine, order)->is_listed == 1);
    FX_ASSERT(engine->orders[order].is_resting == 0);
    fx_conditional_unlink(engine, order);
    engine->orders[order].status = FX_ORDER_STATUS_ACTIVE;
    fx_place_fire(engine, order);
}

/* Take profit and stop loss of a position end each other once one has closed something; one that
 * could not leaves the other in its place. Where the position is gone both are. */
static void fire_of_position(struct fx_engine *engine, fx_slot order)
{
    const fx_slot position = engine->orders[order].position;
    FX_ASSERT(position < engine->position_count);
    FX_ASSERT(engine->orders[order].trigger != 0);
    const int64_t lots = engine->positions[position].lots;
    const fx_slot sibling = fx_tp_sl_sibling(engine, order);
    const uint64_t sibling_id = sibling == FX_SLOT_NONE ? 0 : engine->orders[sibling].order_id;
    enter_fired(engine, order);
    if (sibling == FX_SLOT_NONE || engine->orders[sibling].order_id != sibling_id) {
        return;
    }
    if (engine->positions[position].lots != lots) {
        fx_cancel_order(engine, sibling, FX_ORDER_STATUS_CANCELED, FX_ORDER_NOTE_LINKED);
    } else {
        fx_tp_sl_tell(engine, sibling);
    }
}

static void fire_of_order(struct fx_engine *engine, fx_slot order)
{
    const fx_slot position = engine->orders[order].position;
    const fx_slot bracket = engine->orders[order].bracket - 1;
    FX_ASSERT(position < engine->position_count);
    FX_ASSERT(bracket < engine->bracket_used);
    const int64_t lots = engine->positions[position].lots;
    fx_bracket_fire(engine, order);
    enter_fired(engine, order);
    fx_bracket_fired(engine, bracket, engine->positions[position].lots != lots);
}

static void fire(struct fx_engine *engine, fx_slot order)
{
    const struct fx_trigger *trigger = fx_trigger_of(engine, order);
    FX_ASSERT(trigger != NULL);
    FX_ASSERT(trigger->is_listed == 1);
    const struct fx_listing *listing = &engine->listings[trigger->instrument];
    engine->work_base = engine->work;
    engine->work++;
    (void)fx_funding_settle_account(engine, engine->resting[order].account);
    if (fx_match_end_overdue(engine, order)) {
        return;
    }
    if (trigger->is_price_protected != 0 && !is_protected_price(listing)) {
        fx_cancel_order(engine, order, FX_ORDER_STATUS_EXPIRED, FX_ORDER_NOTE_PRICE_PROTECT);
        return;
    }
    if (fx_bracket_is_child(engine, order)) {
        fire_of_order(engine, order);
    } else {
        fire_of_position(engine, order);
    }
}

/* Only a symbol that trades fires; what is crossed meanwhile waits for it. */
static fx_slot next_of(const struct fx_engine *engine, uint32_t instrument)
{
    FX_ASSERT(instrument < engine->instrument_count);
    return fx_listing_judge_trading(engine, instrument, false) == FX_OK
               ? fx_trigger_next(engine, instrument)
               : FX_SLOT_NONE;
}

void fx_conditional_run(struct fx_engine *engine)
{
    FX_ASSERT(engine->untriggered_count <= engine->trigger_count);
    for (uint32_t instrument = 0; instrument < engine->instrument_count; instrument++) {
        for (fx_slot order = next_of(engine, instrument); order != FX_SLOT_NONE;
             order = next_of(engine, instrument)) {
            if (engine->work >= engine->limits.fills_max ||
                engine->paid_count >= FX_FUNDING_STEP_MAX) {
                return; /* has_crossed stays: a TICK is due at once */
            }
            FX_ASSERT(order < engine->order_used);
            fire(engine, order);
        }
    }
    engine->has_crossed = false;
}

bool fx_conditional_is_due(const struct fx_engine *engine)
{
    FX_ASSERT(engine->untriggered_count <= engine->trigger_count);
    FX_ASSERT(engine->trigger_count <= engine->trigger_used);
    for (uint32_t instrument = 0; instrument < engine->instrument_count; instrument++) {
        if (next_of(engine, instrument) != FX_SLOT_NONE) {
            return true;
        }
    }
    return false;
}

/* ---- amend -------------------------------------------------------------------------------------
 */

/* The order as it would be. */
struct target {
    struct fx_resting hot;
    struct fx_trigger trigger;
};

static fx_status read_target(const struct fx_engine *engine,
                             fx_slot order,
                             const struct fx_command *command,
                             struct target *target_out,
                             struct fx_reject *reject_out)
{
    const struct fx_command_amend *amend = &command->u.amend;
    const struct fx_trigger *trigger = fx_trigger_of(engine, order);
    FX_ASSERT(trigger != NULL);
    FX_ASSERT(trigger->is_listed == 1);
    const enum fx_order_type type = (enum fx_order_type)engine->orders[order].type;
    const int64_t trigger_ticks = command->kind == FX_COMMAND_AMEND_CONDITIONAL
                                      ? command->u.amend_conditional.trigger_ticks
                                      : 0;
    if (amend->price_ticks < 0 || (amend->price_ticks > 0 && fx_order_type_is_market(type))) {
        return reject(reject_out, FX_BAD_PARAMETER, FX_FIELD_PRICE);
    }
    if (amend->lots < 0 || (amend->lots > 0 && trigger->is_close_position != 0)) {
        return reject(reject_out, FX_BAD_PARAMETER, FX_FIELD_QUANTITY);
    }
    /* What trails, or is about to fire, has no price to wait for any more. */
    const bool waits = trigger->callback_ppb == 0 || trigger->state == FX_TRIGGER_STATE_INACTIVE;
    if (trigger_ticks < 0 || (trigger_ticks > 0 && !waits)) {
        return reject(reject_out, FX_BAD_PARAMETER, FX_FIELD_TRIGGER_PRICE);
    }
    target_out->hot = engine->resting[order];
    target_out->trigger = *trigger;
    if (amend->price_ticks > 0) {
        target_out->hot.price.ticks = amend->price_ticks;
    }
    if (amend->lots > 0) {
        target_out->hot.remaining.lots = amend->lots;
    }
    if (trigger_ticks > 0) {
        target_out->trigger.trigger_ticks = trigger_ticks;
    }
    return FX_OK;
}

static fx_status judge_target(const struct fx_engine *engine,
                              fx_slot order,
                              const struct target *target,
                              struct fx_reject *reject_out)
{
    FX_ASSERT(target->hot.remaining.lots >= 0);
    const struct fx_trigger *trigger = fx_trigger_of(engine, order);
    FX_ASSERT(trigger->instrument < engine->instrument_count);
    const struct fx_listing *listing = &engine->listings[trigger->instrument];
    if (target->trigger.trigger_ticks != trigger->trigger_ticks) {
        if (fx_trigger_would_fire(engine, trigger->instrument, trigger)) {
            return reject(reject_out, FX_TRIGGER_WOULD_FIRE, FX_FIELD_TRIGGER_PRICE);
        }
        const fx_status status =
            fx_conditional_judge_trigger(engine, trigger->instrument, &target->trigger, reject_out);
        if (status != FX_OK) {
            return status;
        }
    }
    if (trigger->is_close_position != 0) {
        return FX_OK;
    }
    return check_filters(listing,
                         (enum fx_order_type)engine->orders[order].type,
                         &target->hot,
                         (fx_px){target->trigger.trigger_ticks},
                         reject_out);
}

fx_status fx_conditional_amend(struct fx_engine *engine,
                               fx_slot order,
                               const struct fx_command *command,
                               struct fx_event_result *result)
{
    struct fx_resting *hot = &engine->resting[order];
    struct fx_trigger *trigger = fx_trigger_of(engine, order);
    FX_ASSERT(trigger != NULL);
    FX_ASSERT(result->is_changed == 0);
    struct target target;
    fx_status status = read_target(engine, order, command, &target, &result->reject);
    result->order_status = FX_ORDER_STATUS_UNTRIGGERED;
    if (status != FX_OK) {
        return status;
    }
    const bool is_trigger_new = target.trigger.trigger_ticks != trigger->trigger_ticks;
    if (!is_trigger_new && target.hot.price.ticks == hot->price.ticks &&
        target.hot.remaining.lots == hot->remaining.lots) {
        return FX_OK;
    }
    status = judge_target(engine, order, &target, &result->reject);
    if (status == FX_OK && engine->orders[order].bracket != 0) {
        status =
            fx_bracket_judge_move(engine, order, &target.hot, &target.trigger, &result->reject);
    }
    if (status != FX_OK) {
        return status;
    }
    result->is_changed = 1;
    hot->price = target.hot.price;
    hot->remaining = target.hot.remaining;
    engine->orders[order].lots = target.hot.remaining.lots;
    engine->orders[order].updated_us = engine->time_us;
    if (is_trigger_new) {
        fx_trigger_unwatch(engine, order);
        trigger->trigger_ticks = target.trigger.trigger_ticks;
        fx_trigger_watch(engine, order);
    }
    fx_cancel_emit(engine, order);
    return FX_OK;
}

/* ---- invariants --------------------------------------------------------------------------------
 */

static void check_conditional(const struct fx_engine *engine, fx_slot order, fx_slot position)
{
    const struct fx_order *cold = &engine->orders[order];
    const struct fx_resting *hot = &engine->resting[order];
    const struct fx_trigger *trigger = fx_trigger_of(engine, order);
    const bool is_child = fx_bracket_is_child(engine, order);
    FX_ASSERT(trigger->is_listed == 1);
    /* bracket.c knows which of the two of an order have nothing to close yet. */
    FX_ASSERT(trigger->state == FX_TRIGGER_STATE_WAITING ||
              trigger->state == FX_TRIGGER_STATE_LATE ||
              trigger->state == FX_TRIGGER_STATE_INACTIVE ||
              trigger->state == FX_TRIGGER_STATE_TRAILING ||
              (trigger->state == FX_TRIGGER_STATE_IDLE && is_child));
    FX_ASSERT(trigger->instrument == hot->instrument);
    FX_ASSERT(cold->position == position);
    FX_ASSERT(hot->account == engine->positions[position].account);
    FX_ASSERT(hot->instrument == engine->positions[position].instrument);
    FX_ASSERT(cold->status == FX_ORDER_STATUS_UNTRIGGERED ||
              (cold->status == FX_ORDER_STATUS_PENDING && is_child && cold->lots == 0));
    FX_ASSERT(fx_order_type_is_conditional((enum fx_order_type)cold->type));
    FX_ASSERT(fx_order_pool_find(engine, cold->order_id) == order);
    /* T1: it is in no book and reserves nothing. */
    FX_ASSERT(cold->is_resting == 0);
    FX_ASSERT(cold->reserve_value == 0 && cold->reserve_loss == 0 && cold->filled_value == 0);
    FX_ASSERT(cold->lots == hot->remaining.lots);
    FX_ASSERT((cold->lots == 0) == (trigger->is_close_position != 0) || is_child);
    FX_ASSERT((cold->expire_us != 0) == (cold->heap_index != UINT32_MAX));
    FX_ASSERT((cold->client_id.size != 0) == (cold->client_slot != UINT32_MAX));
}

void fx_conditional_check(const struct fx_engine *engine)
{
    uint32_t sum = 0;
    for (fx_slot position = 0; position < engine->position_count; position++) {
        const struct fx_position_triggers *list = &engine->position_triggers[position];
        uint32_t count = 0;
        fx_slot older = FX_SLOT_NONE;
        for (fx_slot order = fx_conditional_oldest(engine, position); order != FX_SLOT_NONE;
             order = fx_conditional_newer(engine, order)) {
            FX_ASSERT(fx_trigger_of(engine, order)->older == older);
            check_conditional(engine, order, position);
            older = engine->orders[order].trigger - 1;
            count++;
            FX_ASSERT(count <= engine->order_count);
        }
        FX_ASSERT(count == list->count);
        fx_tp_sl_check(engine, position);
        FX_ASSERT(count == 0 || list->newest == older);
        sum += count;
    }
    FX_ASSERT(sum == engine->untriggered_count);
    FX_ASSERT(!fx_conditional_is_due(engine) || engine->has_crossed);
}

// NOLINTEND(bugprone-easily-swappable-parameters)
