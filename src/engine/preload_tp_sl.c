/* LOAD_ORDER_TP_SL: a take profit or a stop loss of an order comes back to what its order has
 * become.
 *
 * While the order is open the two wait for it, or for their price with what it has filled so far;
 * when it has ended they wait for their price with what their position still holds of it. One that
 * has fired and rests is the last of the three. What of this a record says is believed as far as
 * the order, the position and the other one of the two agree with it: nothing is made up, and what
 * does not fit is refused. Source: docs/rules/loading.md section 2, triggers.md section 6. */
#include "base/panic.h"
#include "engine/bracket_int.h"
#include "engine/orders_int.h"
#include "engine/preload_int.h"
#include "engine/triggers_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool a slot, a side and a count are all
// numbers; their names and the assertions tell them apart

/* 0: it is of no such type. */
static enum fx_trigger_role role_of(enum fx_order_type type)
{
    if (fx_order_type_is_take_profit(type)) {
        return FX_TRIGGER_ROLE_ORDER_TAKE_PROFIT;
    }
    return type == FX_ORDER_TYPE_STOP_MARKET || type == FX_ORDER_TYPE_STOP_LIMIT
               ? FX_TRIGGER_ROLE_ORDER_STOP_LOSS
               : 0;
}

static fx_status refuse(struct fx_event_result *result, fx_status status, enum fx_trigger_role role)
{
    FX_ASSERT(status != FX_OK);
    FX_ASSERT(role == FX_TRIGGER_ROLE_ORDER_TAKE_PROFIT || role == FX_TRIGGER_ROLE_ORDER_STOP_LOSS);
    result->reject.field =
        (uint8_t)(role == FX_TRIGGER_ROLE_ORDER_TAKE_PROFIT ? FX_FIELD_TAKE_PROFIT
                                                            : FX_FIELD_STOP_LOSS);
    return status;
}

fx_status fx_preload_tp_sl_judge_words(const struct fx_command *command,
                                       const struct fx_resting *hot,
                                       struct fx_trigger *trigger,
                                       struct fx_event_result *result)
{
    FX_ASSERT(command->kind == FX_COMMAND_LOAD_ORDER_TP_SL);
    FX_ASSERT(trigger->role == 0);
    const struct fx_command_load_order *load = &command->u.load_order;
    const struct fx_command_place *place = &load->order.place;
    const enum fx_order_type type = (enum fx_order_type)place->type;
    const enum fx_trigger_role role = role_of(type);
    const bool has_begun = load->status != FX_ORDER_STATUS_PENDING;
    if (role == 0 || hot->is_reduce_only == 0 || load->protects != FX_LOAD_PROTECTS_NOTHING ||
        trigger->condition != fx_order_default_condition(type, (enum fx_side)hot->side) ||
        trigger->is_close_position != 0 || trigger->is_price_protected != 0 ||
        place->post_only_mode != FX_POST_ONLY_MODE_OFF || place->expire_us != 0) {
        return FX_BAD_PARAMETER; /* nobody could have asked for it: PLACE_BRACKET */
    }
    if (!has_begun && hot->remaining.lots != 0) {
        result->reject.field = FX_FIELD_QUANTITY;
        return FX_BAD_PARAMETER;
    }
    trigger->role = (uint8_t)role;
    return FX_OK;
}

/* Whether the order of before is one that it can protect. */
static bool is_protected(const struct fx_engine *engine,
                         fx_slot parent,
                         const struct fx_resting *hot,
                         fx_slot position)
{
    FX_ASSERT(parent < engine->order_used);
    FX_ASSERT(position < engine->position_count);
    const struct fx_resting *other = &engine->resting[parent];
    return engine->orders[parent].position == position && other->account == hot->account &&
           other->side != hot->side && other->is_reduce_only == 0;
}

/* What it says to close: what the other one does, else what its order filled and its position holds
 * beyond what is protected already. */
static fx_status judge_lots(const struct fx_engine *engine,
                            const struct fx_preload_tp_sl *guard,
                            const struct fx_resting *hot,
                            fx_slot position)
{
    FX_ASSERT(position < engine->position_count);
    FX_ASSERT(hot->remaining.lots >= 0);
    const int64_t lots = hot->remaining.lots;
    const int64_t closable =
        fx_position_state_closable(&engine->positions[position], (enum fx_side)hot->side);
    if (guard->bracket != NULL) {
        return lots == guard->bracket->lots ? FX_OK : FX_LOT_SIZE;
    }
    if (lots == 0) {
        return guard->parent != FX_SLOT_NONE ? FX_OK : FX_ORDER_NOT_FOUND; /* it waits for it */
    }
    if (guard->parent != FX_SLOT_NONE &&
        lots > engine->orders[guard->parent].lots - engine->resting[guard->parent].remaining.lots) {
        return FX_LOT_SIZE;
    }
    return lots <= closable - engine->position_brackets[position].lots ? FX_OK
                                                                       : FX_REDUCE_ONLY_REJECTED;
}

/* One that rests: the other one and the order have ended with its firing. */
static fx_status judge_fired(const struct fx_preload_tp_sl *guard)
{
    FX_ASSERT(guard->parent_id != 0);
    FX_ASSERT(guard->bracket == NULL || guard->bracket->parent_id == guard->parent_id);
    return guard->parent != FX_SLOT_NONE || guard->bracket != NULL ? FX_EXISTS : FX_OK;
}

fx_status fx_preload_tp_sl_judge(const struct fx_engine *engine,
                                 const struct fx_command *command,
                                 const struct fx_resting *hot,
                                 struct fx_preload_tp_sl *guard,
                                 struct fx_event_result *result)
{
    FX_ASSERT(command->kind == FX_COMMAND_LOAD_ORDER_TP_SL);
    FX_ASSERT(guard->bracket == NULL);
    const struct fx_command_load_order_tp_sl *load = &command->u.load_order_tp_sl;
    const enum fx_trigger_role role = role_of((enum fx_order_type)load->order.order.place.type);
    const fx_slot position = guard->position;
    guard->parent_id = load->parent_id;
    if (load->parent_id == 0 || load->parent_id >= load->order.order_id) {
        return refuse(result, FX_LOAD_OUT_OF_ORDER, role);
    }
    if (position == FX_SLOT_NONE) {
        return refuse(result, FX_POSITION_NOT_FOUND, role);
    }
    guard->parent = fx_order_pool_find(engine, load->parent_id);
    if (guard->parent != FX_SLOT_NONE) {
        if (!is_protected(engine, guard->parent, hot, position)) {
            return refuse(result, FX_BAD_PARAMETER, role);
        }
        guard->bracket = fx_bracket_of(engine, guard->parent);
    } else {
        guard->bracket = fx_bracket_adjust_find(engine, position, load->parent_id);
    }
    if (guard->bracket != NULL && (guard->bracket->side != hot->side ||
                                   *fx_bracket_place(guard->bracket, role) != FX_SLOT_NONE)) {
        return refuse(result, FX_EXISTS, role);
    }
    if (guard->bracket == NULL &&
        engine->position_brackets[position].count >= engine->limits.reduce_orders_max) {
        return FX_CAPACITY;
    }
    const fx_status status = load->order.status == FX_ORDER_STATUS_ACTIVE
                                 ? judge_fired(guard)
                                 : judge_lots(engine, guard, hot, position);
    return status == FX_OK ? FX_OK : refuse(result, status, role);
}

void fx_preload_tp_sl_adopt(struct fx_engine *engine,
                            const struct fx_preload_tp_sl *guard,
                            fx_slot order)
{
    FX_ASSERT(guard->parent_id != 0);
    FX_ASSERT(engine->orders[order].bracket == 0);
    struct fx_bracket *bracket = guard->bracket;
    if (bracket == NULL && guard->parent != FX_SLOT_NONE) {
        bracket = fx_bracket_acquire(engine, guard->parent);
    } else if (bracket == NULL) {
        bracket = fx_bracket_acquire_left(engine, guard->parent_id, order);
    }
    fx_bracket_adopt(engine, bracket, order);
}

// NOLINTEND(bugprone-easily-swappable-parameters)
