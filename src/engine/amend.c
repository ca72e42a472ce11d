/* AMEND_ORDER: price and quantity of a resting order, atomically.
 *
 * It keeps its place exactly when the price is unchanged and the quantity does not grow. Else it
 * leaves the book and enters again as a taker with what is not filled yet. Everything is judged
 * before anything is changed. Source: docs/rules/matching.md section 6. */
#include "base/panic.h"
#include "engine/bracket_int.h"
#include "engine/orders_int.h"
#include "engine/preload_int.h"
#include "engine/triggers_int.h"

/* What the order would be. */
struct target {
    struct fx_resting hot; /* with the new price and remaining */
    int64_t lots;
    uint8_t note;
};

static fx_status check_rights(const struct fx_engine *engine, fx_slot order)
{
    FX_ASSERT(order < engine->order_used);
    const struct fx_resting *hot = &engine->resting[order];
    FX_ASSERT(hot->account < engine->account_count);
    const bool is_post_only = engine->orders[order].post_only_mode != FX_POST_ONLY_MODE_OFF;
    const fx_status status = fx_listing_judge_trading(engine, hot->instrument, is_post_only);
    if (status != FX_OK) {
        return status;
    }
    const uint32_t flags = engine->accounts[hot->account].flags;
    if ((flags & FX_ACCOUNT_FLAG_FROZEN) != 0) {
        return FX_ACCOUNT_FROZEN;
    }
    if ((flags & FX_ACCOUNT_FLAG_TRADE_BLOCKED) != 0 && hot->is_reduce_only == 0) {
        return FX_TRADING_NOT_ALLOWED;
    }
    return FX_OK;
}

static fx_status check_filters(const struct fx_engine *engine,
                               fx_slot order,
                               const struct target *target,
                               struct fx_reject *reject_out)
{
    FX_ASSERT(target->hot.instrument < engine->instrument_count);
    FX_ASSERT(target->hot.remaining.lots > 0);
    const struct fx_listing *listing = &engine->listings[target->hot.instrument];
    const struct fx_filter_input input = {
        .side = (enum fx_side)target->hot.side,
        .type = FX_ORDER_TYPE_LIMIT,
        .price = target->hot.price,
        .quantity = {target->lots},
        .mark = listing->mark,
        .is_reduce_only = target->hot.is_reduce_only != 0,
        .unit = listing->unit,
    };
    const fx_status status = fx_instrument_filter(&listing->definition, &input, reject_out);
    if (status != FX_OK) {
        return status;
    }
    if (engine->orders[order].post_only_mode != FX_POST_ONLY_MODE_OFF &&
        fx_match_is_crossing(engine, target->hot.instrument, input.side, input.price)) {
        return fx_place_judge_crossing(engine, &target->hot, reject_out);
    }
    return FX_OK;
}

static fx_status judge_requeue(struct fx_engine *engine,
                               fx_slot order,
                               struct target *target,
                               struct fx_reject *reject_out)
{
    const fx_slot position = engine->orders[order].position;
    struct fx_resting *hot = &target->hot;
    FX_ASSERT(hot->remaining.lots > 0);
    if (!fx_book_can_insert(
            engine->listings[hot->instrument].book, (enum fx_side)hot->side, hot->price)) {
        return FX_CAPACITY;
    }
    if (hot->is_reduce_only == 0) {
        return fx_place_judge(engine, position, hot, order, reject_out);
    }
    const int64_t closable = fx_place_judge_closable(engine, position, hot, order);
    FX_ASSERT(closable > 0); /* O3: it closes at least what is left of it now */
    if (closable < hot->remaining.lots) {
        target->lots -= hot->remaining.lots - closable;
        hot->remaining.lots = closable;
        target->note = FX_ORDER_NOTE_REDUCE_ONLY;
    }
    return FX_OK;
}

static void shrink(struct fx_engine *engine, fx_slot order, const struct target *target)
{
    struct fx_resting *hot = &engine->resting[order];
    struct fx_order *cold = &engine->orders[order];
    const fx_qty before = hot->remaining;
    FX_ASSERT(target->hot.remaining.lots > 0);
    FX_ASSERT(target->hot.remaining.lots < before.lots);
    fx_book_shrink(engine->listings[hot->instrument].book, order, target->hot.remaining);
    fx_position_state_resize_order(engine, order, before);
    fx_touch_level(engine, hot->instrument, (enum fx_side)hot->side, hot->price);
    fx_touch_position(engine, cold->position);
    FX_ASSERT(hot->remaining.lots == target->hot.remaining.lots);
    cold->lots = target->lots;
    cold->updated_us = engine->time_us;
    fx_cancel_emit(engine, order);
}

static enum fx_order_status requeue(struct fx_engine *engine,
                                    fx_slot order,
                                    const struct target *target)
{
    FX_ASSERT(target->hot.remaining.lots > 0);
    struct fx_resting *hot = &engine->resting[order];
    struct fx_order *cold = &engine->orders[order];
    FX_ASSERT(cold->is_resting == 1);
    fx_touch_level(engine, hot->instrument, (enum fx_side)hot->side, hot->price);
    fx_touch_position(engine, cold->position);
    fx_book_remove(engine->listings[hot->instrument].book, order);
    fx_position_state_remove_order(engine, order);
    cold->is_resting = 0;
    cold->reserve_value = 0;
    cold->reserve_loss = 0;
    cold->lots = target->lots;
    cold->note = target->note;
    cold->updated_us = engine->time_us;
    hot->price = target->hot.price;
    hot->remaining = target->hot.remaining;
    return fx_match_enter(engine, order);
}

static fx_status read_target(const struct fx_engine *engine,
                             fx_slot order,
                             const struct fx_command_amend *amend,
                             struct target *target_out)
{
    FX_ASSERT(order < engine->order_used);
    const struct fx_order *cold = &engine->orders[order];
    const struct fx_resting *hot = &engine->resting[order];
    FX_ASSERT(cold->lots >= hot->remaining.lots);
    if (amend->price_ticks < 0 || amend->lots < 0) {
        return FX_BAD_PARAMETER;
    }
    *target_out = (struct target){.hot = *hot, .note = cold->note};
    target_out->lots = amend->lots == 0 ? cold->lots : amend->lots;
    target_out->hot.older = FX_SLOT_NONE;
    target_out->hot.newer = FX_SLOT_NONE;
    target_out->hot.price.ticks = amend->price_ticks == 0 ? hot->price.ticks : amend->price_ticks;
    target_out->hot.remaining.lots = target_out->lots - (cold->lots - hot->remaining.lots);
    return FX_OK;
}

static fx_status apply_target(struct fx_engine *engine,
                              fx_slot order,
                              struct target *target,
                              struct fx_event_result *result)
{
    FX_ASSERT(target->hot.remaining.lots > 0);
    FX_ASSERT(order < engine->order_used);
    FX_ASSERT(result->is_changed == 0);
    const struct fx_resting *hot = &engine->resting[order];
    const bool is_same_price = target->hot.price.ticks == hot->price.ticks;
    if (is_same_price && target->hot.remaining.lots == hot->remaining.lots) {
        result->order_status = engine->orders[order].status;
        return FX_OK;
    }
    fx_status status = check_rights(engine, order);
    if (status == FX_OK) {
        status = check_filters(engine, order, target, &result->reject);
    }
    if (status == FX_OK && !is_same_price && engine->orders[order].bracket != 0 &&
        !fx_bracket_is_child(engine, order)) {
        status = fx_bracket_judge_move(engine, order, &target->hot, NULL, &result->reject);
    }
    const bool keeps_place = is_same_price && target->hot.remaining.lots < hot->remaining.lots;
    if (status == FX_OK && !keeps_place) {
        status = judge_requeue(engine, order, target, &result->reject);
    }
    if (status != FX_OK) {
        return status;
    }
    result->is_changed = 1;
    if (keeps_place) {
        result->order_status = engine->orders[order].status;
        shrink(engine, order, target);
    } else {
        result->order_status = (uint8_t)requeue(engine, order, target);
    }
    return FX_OK;
}

/* An order that has not fired. */
static fx_status amend_waiting(struct fx_engine *engine,
                               fx_slot order,
                               const struct fx_command *command,
                               struct fx_event_result *result)
{
    FX_ASSERT(engine->orders[order].trigger != 0);
    FX_ASSERT(engine->orders[order].is_resting == 0);
    const fx_status status = check_rights(engine, order);
    if (status != FX_OK) {
        return status;
    }
    return fx_bracket_is_child(engine, order)
               ? fx_bracket_adjust_amend(engine, order, command, result)
               : fx_conditional_amend(engine, order, command, result);
}

fx_status fx_amend_apply(struct fx_engine *engine,
                         const struct fx_command *command,
                         struct fx_event_result *result)
{
    FX_ASSERT(command->kind == FX_COMMAND_AMEND_ORDER ||
              command->kind == FX_COMMAND_AMEND_CONDITIONAL);
    FX_ASSERT(result->is_changed == 0);
    const struct fx_command_amend *amend = &command->u.amend;
    const fx_slot order = fx_cancel_find(engine, command, amend->order_id, &amend->client_id);
    struct target target;
    if (order == FX_SLOT_NONE) {
        return FX_ORDER_NOT_FOUND;
    }
    FX_ASSERT(order < engine->order_used);
    result->order_id = engine->orders[order].order_id;
    result->account_id = fx_preload_account_id(engine, engine->resting[order].account);
    result->tmp_id = engine->orders[order].tmp_id;
    const struct fx_trigger *trigger = fx_trigger_of(engine, order);
    if (trigger != NULL && trigger->is_listed != 0) {
        return amend_waiting(engine, order, command, result);
    }
    if (command->kind == FX_COMMAND_AMEND_CONDITIONAL &&
        command->u.amend_conditional.trigger_ticks != 0) {
        result->reject.field = FX_FIELD_TRIGGER_PRICE; /* it does not wait, or not any more */
        return FX_BAD_PARAMETER;
    }
    const fx_status status = read_target(engine, order, amend, &target);
    if (status != FX_OK) {
        return status;
    }
    if (target.hot.remaining.lots <= 0) {
        result->order_status = FX_ORDER_STATUS_CANCELED;
        result->is_changed = 1;
        fx_cancel_order(engine, order, FX_ORDER_STATUS_CANCELED, FX_ORDER_NOTE_AMENDED_TO_FILLED);
        return FX_OK;
    }
    return apply_target(engine, order, &target, result);
}
