/* How orders end other than by trading, and the commands that end them. */
#include "base/panic.h"
#include "engine/ahead_int.h"
#include "engine/bracket_int.h"
#include "engine/orders_int.h"
#include "engine/preload_int.h"
#include "engine/triggers_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool a slot, a side and a count are all
// numbers; their names and the assertions tell them apart

void fx_cancel_emit(struct fx_engine *engine, fx_slot order)
{
    FX_CHECK(order < engine->order_used);
    FX_CHECK(engine->orders[order].order_id != 0);
    struct fx_event *event = fx_touch_row(engine, FX_EVENT_ORDER);
    fx_touch_order_row(engine, order, &event->u.order);
}

void fx_cancel_release(struct fx_engine *engine, fx_slot order)
{
    FX_CHECK(order < engine->order_used);
    const struct fx_order *cold = &engine->orders[order];
    FX_ASSERT(fx_order_status_is_final((enum fx_order_status)cold->status));
    FX_ASSERT(cold->is_resting == 0);
    if (cold->heap_index != UINT32_MAX) {
        fx_expiry_remove(engine, order);
    }
    if (cold->client_slot != UINT32_MAX) {
        fx_client_ids_end(engine, cold->client_slot);
    }
    if (cold->bracket != 0) {
        fx_bracket_leave(engine, order);
    }
    if (cold->trigger != 0) {
        fx_trigger_release(engine, order);
    }
    fx_order_pool_release(engine, order);
}

void fx_cancel_order(struct fx_engine *engine,
                     fx_slot order,
                     enum fx_order_status status,
                     enum fx_order_note note)
{
    FX_CHECK(order < engine->order_used);
    const struct fx_resting *hot = &engine->resting[order];
    struct fx_order *cold = &engine->orders[order];
    FX_ASSERT(fx_order_status_is_final(status));
    FX_ASSERT(hot->remaining.lots > 0 || cold->trigger != 0); /* closePosition has no quantity */
    fx_slot left = FX_SLOT_NONE;                              /* of the two of a position */
    if (cold->trigger != 0 && fx_trigger_of(engine, order)->is_listed != 0) {
        left = fx_tp_sl_sibling(engine, order);
        fx_conditional_unlink(engine, order);
    }
    if (cold->is_resting != 0) {
        fx_book_remove(engine->listings[hot->instrument].book, order);
        fx_touch_level(engine, hot->instrument, (enum fx_side)hot->side, hot->price);
        fx_position_state_remove_order(engine, order);
        fx_touch_position(engine, cold->position);
        cold->is_resting = 0;
    }
    cold->reserve_value = 0;
    cold->reserve_loss = 0;
    cold->status = (uint8_t)status;
    cold->note = (uint8_t)note;
    cold->updated_us = engine->time_us;
    engine->work++;
    fx_cancel_emit(engine, order);
    fx_cancel_release(engine, order);
    fx_tp_sl_tell(engine, left);
}

/* The reduce-only order of a side that is farthest from trading; of equals the youngest. */
static fx_slot least_aggressive(const struct fx_engine *engine,
                                const struct fx_position_state *position,
                                enum fx_side side)
{
    FX_ASSERT(side == FX_SIDE_BUY || side == FX_SIDE_SELL);
    fx_slot least = FX_SLOT_NONE;
    for (fx_slot order = position->oldest_order; order != FX_SLOT_NONE;
         order = engine->orders[order].newer) {
        const struct fx_resting *hot = &engine->resting[order];
        if (hot->is_reduce_only == 0 || hot->side != side) {
            continue;
        }
        const int64_t ticks = hot->price.ticks;
        const int64_t least_ticks =
            least == FX_SLOT_NONE ? ticks : engine->resting[least].price.ticks;
        if (side == FX_SIDE_BUY ? ticks <= least_ticks : ticks >= least_ticks) {
            least = order;
        }
    }
    FX_ASSERT(least == FX_SLOT_NONE || engine->resting[least].is_reduce_only != 0);
    return least;
}

static void shrink(struct fx_engine *engine, fx_slot order, int64_t by_lots)
{
    struct fx_resting *hot = &engine->resting[order];
    struct fx_order *cold = &engine->orders[order];
    const fx_qty before = hot->remaining;
    FX_ASSERT(by_lots > 0);
    FX_ASSERT(by_lots < before.lots);
    fx_book_shrink(engine->listings[hot->instrument].book, order, (fx_qty){before.lots - by_lots});
    fx_position_state_resize_order(engine, order, before);
    fx_touch_level(engine, hot->instrument, (enum fx_side)hot->side, hot->price);
    fx_touch_position(engine, cold->position);
    FX_ASSERT(hot->remaining.lots == before.lots - by_lots);
    cold->lots -= by_lots;
    cold->note = FX_ORDER_NOTE_REDUCE_ONLY;
    cold->updated_us = engine->time_us;
    engine->work++;
    fx_cancel_emit(engine, order);
}

static void trim(struct fx_engine *engine, fx_slot position, enum fx_side side)
{
    const struct fx_position_state *state = &engine->positions[position];
    const int64_t held = side == FX_SIDE_BUY ? -state->lots : state->lots;
    const int64_t allowed = held > 0 ? held : 0;
    const int64_t *resting =
        side == FX_SIDE_BUY ? &state->reduce_buy_lots : &state->reduce_sell_lots;
    for (uint32_t bound = state->order_count; *resting > allowed; bound--) {
        FX_ASSERT(bound > 0);
        const fx_slot order = least_aggressive(engine, state, side);
        FX_ASSERT(order != FX_SLOT_NONE);
        if (*resting - allowed < engine->resting[order].remaining.lots) {
            shrink(engine, order, *resting - allowed);
        } else {
            fx_cancel_order(engine, order, FX_ORDER_STATUS_CANCELED, FX_ORDER_NOTE_REDUCE_ONLY);
        }
    }
}

void fx_cancel_excess_reduce_only(struct fx_engine *engine, fx_slot position)
{
    const struct fx_position_state *state = &engine->positions[position];
    FX_ASSERT(state->reduce_buy_lots >= 0);
    FX_ASSERT(state->reduce_sell_lots >= 0);
    if (state->reduce_buy_lots > 0) {
        trim(engine, position, FX_SIDE_BUY);
    }
    if (state->reduce_sell_lots > 0) {
        trim(engine, position, FX_SIDE_SELL);
    }
    if ((state->has_tp_sl & FX_PROTECTION_POSITION) != 0) {
        fx_tp_sl_trim(engine, position);
    }
    if ((state->has_tp_sl & FX_PROTECTION_ORDERS) != 0) {
        fx_bracket_trim(engine, position);
    }
}

static bool is_meant(const struct fx_engine *engine,
                     const struct fx_command *command,
                     fx_slot order)
{
    FX_CHECK(order < engine->order_used);
    FX_CHECK(engine->resting[order].account < engine->account_count);
    const struct fx_resting *hot = &engine->resting[order];
    return engine->accounts[hot->account].user_id == command->user_id &&
           (command->instrument == FX_COMMAND_ALL_INSTRUMENTS ||
            command->instrument == hot->instrument);
}

fx_slot fx_cancel_find(const struct fx_engine *engine,
                       const struct fx_command *command,
                       uint64_t order_id,
                       const struct fx_client_id *client_id)
{
    if (order_id != 0) {
        fx_ahead_order(engine, order_id); /* all lines at once */
        const fx_slot order = fx_order_pool_find(engine, order_id);
        if (order == FX_SLOT_NONE) {
            return FX_SLOT_NONE;
        }
        fx_ahead_neighbours(engine, order);
        FX_CHECK(engine->orders[order].order_id == order_id);
        return is_meant(engine, command, order) ? order : FX_SLOT_NONE;
    }
    if (client_id->size == 0 || client_id->size > FX_CLIENT_ID_SIZE_MAX) {
        return FX_SLOT_NONE;
    }
    FX_ASSERT(order_id == 0);
    for (uint32_t asset = 0; asset < engine->asset_count; asset++) {
        const fx_slot account = fx_account_state_find(engine, command->user_id, asset);
        if (account == FX_SLOT_NONE) {
            continue;
        }
        const fx_slot order = fx_client_ids_find_order(engine, account, client_id);
        if (order != FX_SLOT_NONE && is_meant(engine, command, order)) {
            return order;
        }
    }
    return FX_SLOT_NONE;
}

fx_status fx_cancel_apply(struct fx_engine *engine,
                          const struct fx_command *command,
                          struct fx_event_result *result)
{
    FX_ASSERT(result->is_changed == 0);
    const struct fx_command_cancel *cancel = &command->u.cancel;
    const fx_slot order = fx_cancel_find(engine, command, cancel->order_id, &cancel->client_id);
    if (order == FX_SLOT_NONE) {
        return FX_ORDER_NOT_FOUND;
    }
    FX_CHECK(engine->orders[order].order_id != 0);
    result->order_id = engine->orders[order].order_id;
    result->account_id = fx_preload_account_id(engine, engine->resting[order].account);
    result->tmp_id = engine->orders[order].tmp_id;
    result->order_status = FX_ORDER_STATUS_CANCELED;
    result->is_changed = 1;
    fx_cancel_order(engine, order, FX_ORDER_STATUS_CANCELED, FX_ORDER_NOTE_USER_CANCELED);
    return FX_OK;
}

/* @return false where the command may end no more: has_more says so. */
static bool sweep_order(struct fx_engine *engine,
                        fx_slot order,
                        const struct fx_cancel_sweep *sweep,
                        struct fx_event_result *result)
{
    FX_ASSERT(order < engine->order_used);
    FX_ASSERT(sweep->side <= FX_SIDE_SELL);
    if (sweep->side != 0 && sweep->side != engine->resting[order].side) {
        return true;
    }
    if (engine->work >= sweep->work_max) {
        result->has_more = 1;
        return false;
    }
    const uint32_t before = engine->work;
    fx_cancel_order(engine, order, FX_ORDER_STATUS_CANCELED, sweep->note);
    result->count += engine->work - before; /* with the two that protected it */
    return true;
}

/* The one to look at after a conditional order: one that is swept takes the two that protect it
 * along, for it has filled nothing. */
static fx_slot behind(const struct fx_engine *engine,
                      fx_slot order,
                      const struct fx_cancel_sweep *sweep)
{
    FX_ASSERT(order < engine->order_used);
    const uint32_t bracket = engine->orders[order].bracket;
    FX_ASSERT(bracket <= engine->bracket_used);
    const bool is_swept = sweep->side == 0 || sweep->side == engine->resting[order].side;
    fx_slot newer = fx_conditional_newer(engine, order);
    if (bracket == 0 || !is_swept || fx_bracket_is_child(engine, order)) {
        return newer;
    }
    while (newer != FX_SLOT_NONE && engine->orders[newer].bracket == bracket) {
        newer = fx_conditional_newer(engine, newer);
    }
    return newer;
}

/* STOP is what has not fired yet, LIMIT what is in the book. */
static void sweep_position(struct fx_engine *engine,
                           fx_slot position,
                           const struct fx_cancel_sweep *sweep,
                           struct fx_event_result *result)
{
    FX_ASSERT(position < engine->position_count);
    FX_ASSERT(sweep->scope >= FX_CANCEL_SCOPE_ALL && sweep->scope <= FX_CANCEL_SCOPE_STOP);
    fx_slot order = sweep->scope == FX_CANCEL_SCOPE_STOP ? FX_SLOT_NONE
                                                         : engine->positions[position].oldest_order;
    while (order != FX_SLOT_NONE) {
        const fx_slot newer = engine->orders[order].newer;
        if (!sweep_order(engine, order, sweep, result)) {
            return;
        }
        order = newer;
    }
    order = sweep->scope == FX_CANCEL_SCOPE_LIMIT ? FX_SLOT_NONE
                                                  : fx_conditional_oldest(engine, position);
    while (order != FX_SLOT_NONE) {
        const fx_slot newer = behind(engine, order, sweep);
        if (!sweep_order(engine, order, sweep, result)) {
            return;
        }
        order = newer;
    }
}

static void sweep_account(struct fx_engine *engine,
                          fx_slot account,
                          const struct fx_cancel_sweep *sweep,
                          struct fx_event_result *result)
{
    FX_ASSERT(account < engine->account_count);
    FX_ASSERT(engine->accounts[account].user_id == sweep->user_id);
    for (fx_slot position = engine->accounts[account].first_position; position != FX_SLOT_NONE;
         position = engine->positions[position].next) {
        if (sweep->instrument == FX_COMMAND_ALL_INSTRUMENTS ||
            sweep->instrument == engine->positions[position].instrument) {
            sweep_position(engine, position, sweep, result);
        }
    }
}

bool fx_cancel_sweep(struct fx_engine *engine,
                     const struct fx_cancel_sweep *sweep,
                     struct fx_event_result *result)
{
    FX_ASSERT(sweep->work_max > 0);
    FX_ASSERT(sweep->instrument == FX_COMMAND_ALL_INSTRUMENTS ||
              sweep->instrument < engine->instrument_count);
    bool has_account = false;
    for (uint32_t asset = 0; asset < engine->asset_count; asset++) {
        const fx_slot account = fx_account_state_find(engine, sweep->user_id, asset);
        if (account != FX_SLOT_NONE) {
            has_account = true;
            sweep_account(engine, account, sweep, result);
        }
    }
    return has_account;
}

fx_status fx_cancel_apply_all(struct fx_engine *engine,
                              const struct fx_command *command,
                              struct fx_event_result *result)
{
    FX_ASSERT(command->kind == FX_COMMAND_CANCEL_ALL);
    FX_ASSERT(result->count == 0);
    const struct fx_command_cancel_all *all = &command->u.cancel_all;
    if (all->scope < FX_CANCEL_SCOPE_ALL || all->scope > FX_CANCEL_SCOPE_STOP ||
        all->side > FX_SIDE_SELL) {
        return FX_BAD_PARAMETER;
    }
    if (command->instrument != FX_COMMAND_ALL_INSTRUMENTS &&
        command->instrument >= engine->instrument_count) {
        result->reject.field = FX_FIELD_SYMBOL;
        return FX_UNKNOWN_SYMBOL;
    }
    const struct fx_cancel_sweep sweep = {
        .user_id = command->user_id,
        .instrument = command->instrument,
        .scope = (enum fx_cancel_scope)all->scope,
        .side = all->side,
        .note = FX_ORDER_NOTE_USER_CANCELED,
        .work_max = engine->limits.cancels_max,
    };
    const bool has_account = fx_cancel_sweep(engine, &sweep, result);
    result->is_changed = result->count > 0;
    return has_account ? FX_OK : FX_ACCOUNT_NOT_FOUND;
}

// NOLINTEND(bugprone-easily-swappable-parameters)
