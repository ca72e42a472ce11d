/* Take profit and stop loss of a position (ADJUST_TP_SL): two conditional orders that close the
 * whole of it, whatever its size is when they fire. They are known to their position, die with it,
 * and end each other. Source: docs/rules/triggers.md section 5. */
#include <string.h>

#include "base/panic.h"
#include "engine/orders_int.h"
#include "engine/preload_int.h"
#include "engine/triggers_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool a slot, a side and a count are all
// numbers; their names and the assertions tell them apart

static const enum fx_trigger_role ROLES[] = {FX_TRIGGER_ROLE_TAKE_PROFIT,
                                             FX_TRIGGER_ROLE_STOP_LOSS};

static uint32_t *place_of(const struct fx_engine *engine,
                          fx_slot position,
                          enum fx_trigger_role role)
{
    FX_CHECK(position < engine->position_count);
    FX_CHECK(role == FX_TRIGGER_ROLE_TAKE_PROFIT || role == FX_TRIGGER_ROLE_STOP_LOSS);
    struct fx_position_triggers *list = &engine->position_triggers[position];
    return role == FX_TRIGGER_ROLE_TAKE_PROFIT ? &list->take_profit : &list->stop_loss;
}

fx_slot fx_tp_sl_find(const struct fx_engine *engine, fx_slot position, enum fx_trigger_role role)
{
    const uint32_t place = *place_of(engine, position, role);
    FX_CHECK(place <= engine->trigger_used);
    return place == 0 ? FX_SLOT_NONE : engine->triggers[place - 1].order;
}

bool fx_tp_sl_has_role(const struct fx_trigger *trigger)
{
    FX_ASSERT(trigger->role <= FX_TRIGGER_ROLE_ORDER_STOP_LOSS);
    return trigger->role == FX_TRIGGER_ROLE_TAKE_PROFIT ||
           trigger->role == FX_TRIGGER_ROLE_STOP_LOSS;
}

fx_slot fx_tp_sl_sibling(const struct fx_engine *engine, fx_slot order)
{
    FX_ASSERT(order < engine->order_used);
    const struct fx_trigger *trigger = fx_trigger_of(engine, order);
    if (!fx_tp_sl_has_role(trigger) || trigger->is_listed == 0) {
        return FX_SLOT_NONE;
    }
    FX_ASSERT(trigger->order == order);
    return fx_tp_sl_find(engine,
                         engine->orders[order].position,
                         trigger->role == FX_TRIGGER_ROLE_TAKE_PROFIT
                             ? FX_TRIGGER_ROLE_STOP_LOSS
                             : FX_TRIGGER_ROLE_TAKE_PROFIT);
}

static void refresh(struct fx_engine *engine, fx_slot position)
{
    FX_ASSERT(position < engine->position_count);
    const struct fx_position_triggers *list = &engine->position_triggers[position];
    FX_ASSERT(list->take_profit <= engine->trigger_used);
    uint8_t *protections = &engine->positions[position].has_tp_sl;
    *protections &= (uint8_t)~FX_PROTECTION_POSITION;
    *protections |= list->take_profit != 0 || list->stop_loss != 0 ? FX_PROTECTION_POSITION : 0;
    fx_touch_position(engine, position);
}

void fx_tp_sl_adopt(struct fx_engine *engine, fx_slot order)
{
    const fx_slot position = engine->orders[order].position;
    FX_ASSERT(position < engine->position_count);
    const struct fx_trigger *trigger = fx_trigger_of(engine, order);
    FX_ASSERT(trigger->order == order);
    uint32_t *place = place_of(engine, position, (enum fx_trigger_role)trigger->role);
    FX_ASSERT(*place == 0);
    *place = engine->orders[order].trigger;
    refresh(engine, position);
}

void fx_tp_sl_forget(struct fx_engine *engine, fx_slot order)
{
    const fx_slot position = engine->orders[order].position;
    FX_ASSERT(position < engine->position_count);
    const struct fx_trigger *trigger = fx_trigger_of(engine, order);
    FX_ASSERT(trigger->order == order);
    uint32_t *place = place_of(engine, position, (enum fx_trigger_role)trigger->role);
    FX_ASSERT(*place == engine->orders[order].trigger);
    *place = 0;
    refresh(engine, position);
}

/* The side of an order that closes the position; 0 where it is flat. */
static uint8_t closing_side(const struct fx_position_state *position)
{
    if (position->lots == 0) {
        return 0;
    }
    return position->lots > 0 ? FX_SIDE_SELL : FX_SIDE_BUY;
}

void fx_tp_sl_tell(struct fx_engine *engine, fx_slot order)
{
    FX_CHECK(order == FX_SLOT_NONE || order < engine->order_used);
    if (order != FX_SLOT_NONE &&
        engine->resting[order].side ==
            closing_side(&engine->positions[engine->orders[order].position])) {
        fx_cancel_emit(engine, order);
    }
}

void fx_tp_sl_trim(struct fx_engine *engine, fx_slot position)
{
    FX_ASSERT(position < engine->position_count);
    FX_ASSERT((engine->positions[position].has_tp_sl & FX_PROTECTION_POSITION) != 0);
    const uint8_t side = closing_side(&engine->positions[position]);
    for (uint32_t index = 0; index < sizeof ROLES / sizeof ROLES[0]; index++) {
        const fx_slot order = fx_tp_sl_find(engine, position, ROLES[index]);
        if (order != FX_SLOT_NONE && engine->resting[order].side != side) {
            fx_cancel_order(engine, order, FX_ORDER_STATUS_EXPIRED, FX_ORDER_NOTE_NO_POSITION);
        }
    }
}

/* ---- the command -------------------------------------------------------------------------------
 */

/* What one of the two is to be. */
struct wish {
    enum fx_trigger_role role;
    fx_slot order; /* that is there now */
    bool is_kept;
    struct fx_trigger trigger; /* trigger_ticks == 0: none */
};

static struct wish read_wish(const struct fx_engine *engine,
                             const struct fx_command *command,
                             fx_slot position,
                             enum fx_trigger_role role)
{
    FX_ASSERT(role == FX_TRIGGER_ROLE_TAKE_PROFIT || role == FX_TRIGGER_ROLE_STOP_LOSS);
    FX_ASSERT(engine->positions[position].lots != 0);
    const struct fx_command_tp_sl *tp_sl = &command->u.tp_sl;
    const bool is_profit = role == FX_TRIGGER_ROLE_TAKE_PROFIT;
    const int64_t ticks = is_profit ? tp_sl->take_profit_ticks : tp_sl->stop_loss_ticks;
    const enum fx_order_type type =
        is_profit ? FX_ORDER_TYPE_TAKE_PROFIT_MARKET : FX_ORDER_TYPE_STOP_MARKET;
    const enum fx_side side = (enum fx_side)closing_side(&engine->positions[position]);
    struct wish wish = {.role = role,
                        .order = fx_tp_sl_find(engine, position, role),
                        .is_kept = ticks == FX_COMMAND_TP_SL_KEEP};
    wish.trigger = (struct fx_trigger){
        .trigger_ticks = ticks,
        .source = is_profit ? tp_sl->take_profit_source : tp_sl->stop_loss_source,
        .condition = (uint8_t)fx_order_default_condition(type, side),
        .is_close_position = 1,
        .role = (uint8_t)role,
    };
    if (!wish.is_kept && wish.order != FX_SLOT_NONE) {
        const struct fx_trigger *now = fx_trigger_of(engine, wish.order);
        wish.is_kept = now->trigger_ticks == ticks && now->source == wish.trigger.source;
    }
    wish.is_kept = wish.is_kept || (ticks == 0 && wish.order == FX_SLOT_NONE);
    return wish;
}

static fx_status judge_wish(const struct fx_engine *engine,
                            uint32_t instrument,
                            const struct wish *wish,
                            struct fx_reject *reject_out)
{
    FX_ASSERT(instrument < engine->instrument_count);
    FX_ASSERT(reject_out->field == FX_FIELD_NONE);
    if (wish->is_kept || wish->trigger.trigger_ticks == 0) {
        return FX_OK;
    }
    const fx_status trading = fx_listing_judge_trading(engine, instrument, false);
    if (trading != FX_OK) {
        return trading;
    }
    if (wish->trigger.source < FX_TRIGGER_SOURCE_LAST ||
        wish->trigger.source > FX_TRIGGER_SOURCE_INDEX) {
        reject_out->field = FX_FIELD_TRIGGER_BY;
        return FX_BAD_PARAMETER;
    }
    const fx_status status =
        fx_conditional_judge_trigger(engine, instrument, &wish->trigger, reject_out);
    if (status != FX_OK && reject_out->field == FX_FIELD_TRIGGER_PRICE) {
        reject_out->field =
            (uint8_t)(wish->role == FX_TRIGGER_ROLE_TAKE_PROFIT ? FX_FIELD_TAKE_PROFIT
                                                                : FX_FIELD_STOP_LOSS);
    }
    return status;
}

static void create(struct fx_engine *engine, fx_slot position, const struct fx_trigger *trigger)
{
    const fx_slot order = fx_order_pool_acquire(engine);
    FX_ASSERT(order != FX_SLOT_NONE);
    const struct fx_position_state *state = &engine->positions[position];
    FX_ASSERT(state->lots != 0);
    struct fx_resting *hot = &engine->resting[order];
    struct fx_order *cold = &engine->orders[order];
    hot->account = state->account;
    hot->side = closing_side(state);
    hot->is_reduce_only = 1;
    hot->instrument = (uint16_t)state->instrument;
    cold->created_us = engine->time_us;
    cold->updated_us = engine->time_us;
    cold->position = position;
    cold->type = trigger->role == FX_TRIGGER_ROLE_TAKE_PROFIT ? FX_ORDER_TYPE_TAKE_PROFIT_MARKET
                                                              : FX_ORDER_TYPE_STOP_MARKET;
    cold->time_in_force = FX_TIME_IN_FORCE_IOC;
    cold->stp_mode = FX_STP_MODE_EXPIRE_MAKER;
    FX_ASSERT(hot->side == FX_SIDE_BUY || hot->side == FX_SIDE_SELL);
    fx_conditional_start(engine, order, trigger);
    fx_tp_sl_adopt(engine, order);
    fx_tp_sl_tell(engine, fx_tp_sl_sibling(engine, order));
}

static void move(struct fx_engine *engine, fx_slot order, const struct fx_trigger *target)
{
    FX_ASSERT(order < engine->order_used);
    struct fx_trigger *trigger = fx_trigger_of(engine, order);
    FX_ASSERT(trigger->is_listed == 1);
    fx_trigger_unwatch(engine, order);
    trigger->trigger_ticks = target->trigger_ticks;
    trigger->source = target->source;
    engine->orders[order].updated_us = engine->time_us;
    fx_trigger_watch(engine, order);
    fx_cancel_emit(engine, order);
}

/* @return true where something has changed. */
static bool grant(struct fx_engine *engine, fx_slot position, const struct wish *wish)
{
    FX_ASSERT(position < engine->position_count);
    if (wish->is_kept) {
        return false;
    }
    if (wish->trigger.trigger_ticks == 0) {
        FX_ASSERT(wish->order != FX_SLOT_NONE);
        fx_cancel_order(engine, wish->order, FX_ORDER_STATUS_CANCELED, FX_ORDER_NOTE_USER_CANCELED);
    } else if (wish->order == FX_SLOT_NONE) {
        create(engine, position, &wish->trigger);
    } else {
        move(engine, wish->order, &wish->trigger);
    }
    return true;
}

static fx_status find_position(const struct fx_engine *engine,
                               const struct fx_command *command,
                               struct fx_event_result *result,
                               fx_slot *position_out)
{
    FX_ASSERT(command->kind == FX_COMMAND_ADJUST_TP_SL);
    FX_ASSERT(result->account_id == 0);
    if (command->instrument >= engine->instrument_count) {
        result->reject.field = FX_FIELD_SYMBOL;
        return FX_UNKNOWN_SYMBOL;
    }
    const fx_slot account = fx_account_state_find(
        engine, command->user_id, engine->listings[command->instrument].asset);
    if (account == FX_SLOT_NONE) {
        return FX_ACCOUNT_NOT_FOUND;
    }
    result->account_id = fx_preload_account_id(engine, account);
    if ((engine->accounts[account].flags & FX_ACCOUNT_FLAG_FROZEN) != 0) {
        return FX_ACCOUNT_FROZEN;
    }
    const enum fx_position_side side =
        fx_position_state_side(engine, account, command->u.tp_sl.position_side);
    if (side == 0) {
        result->reject.field = FX_FIELD_POSITION_SIDE;
        return FX_POSITION_SIDE_MISMATCH;
    }
    *position_out = fx_position_state_find(engine, account, command->instrument, side);
    return *position_out == FX_SLOT_NONE || engine->positions[*position_out].lots == 0
               ? FX_POSITION_NOT_FOUND
               : FX_OK;
}

fx_status fx_tp_sl_apply(struct fx_engine *engine,
                         const struct fx_command *command,
                         struct fx_event_result *result)
{
    FX_ASSERT(command->kind == FX_COMMAND_ADJUST_TP_SL);
    FX_ASSERT(result->is_changed == 0);
    fx_slot position = FX_SLOT_NONE;
    struct wish wishes[sizeof ROLES / sizeof ROLES[0]];
    uint32_t news = 0;
    fx_status status = find_position(engine, command, result, &position);
    for (uint32_t index = 0; index < sizeof ROLES / sizeof ROLES[0] && status == FX_OK; index++) {
        wishes[index] = read_wish(engine, command, position, ROLES[index]);
        status = judge_wish(engine, command->instrument, &wishes[index], &result->reject);
        news += !wishes[index].is_kept && wishes[index].order == FX_SLOT_NONE ? 1 : 0;
    }
    if (status == FX_OK) {
        status = fx_conditional_judge_room(engine, position, news, &result->reject);
    }
    if (status != FX_OK) {
        return status;
    }
    for (uint32_t index = 0; index < sizeof ROLES / sizeof ROLES[0]; index++) {
        if (grant(engine, position, &wishes[index])) {
            result->is_changed = 1;
        }
    }
    return FX_OK;
}

void fx_tp_sl_check(const struct fx_engine *engine, fx_slot position)
{
    const struct fx_position_state *state = &engine->positions[position];
    uint32_t count = 0;
    for (uint32_t index = 0; index < sizeof ROLES / sizeof ROLES[0]; index++) {
        const fx_slot order = fx_tp_sl_find(engine, position, ROLES[index]);
        if (order != FX_SLOT_NONE) {
            const struct fx_trigger *trigger = fx_trigger_of(engine, order);
            FX_ASSERT(trigger->role == ROLES[index] && trigger->is_listed == 1);
            FX_ASSERT(trigger->is_close_position == 1);
            FX_ASSERT(engine->orders[order].position == position);
            FX_ASSERT(engine->resting[order].side == closing_side(state));
            count++;
        }
    }
    FX_ASSERT((state->has_tp_sl & FX_PROTECTION_POSITION) ==
              (count > 0 ? FX_PROTECTION_POSITION : 0));
}

// NOLINTEND(bugprone-easily-swappable-parameters)
