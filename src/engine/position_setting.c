/* Commands on the settings of positions: leverage, margin mode, isolated margin. Everything is
 * judged before anything is changed. Source: docs/rules/margin.md section 5. */
#include "base/panic.h"
#include "engine/money_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): slots, lots and units are plain numbers here
enum { LEVERAGE_ONE_CENTI = 100 };

static const fx_i128 CENTI_DECIMAL = 10000000000000000; /* 0.01 */

/* Whose account on which instrument. @return OK, UNKNOWN_SYMBOL, ACCOUNT_NOT_FOUND. */
static fx_status find_owner(const struct fx_engine *engine,
                            const struct fx_command *command,
                            struct fx_event_result *result,
                            fx_slot *account_out)
{
    if (command->instrument >= engine->instrument_count) {
        return FX_UNKNOWN_SYMBOL;
    }
    const uint32_t asset = engine->listings[command->instrument].asset;
    const fx_slot account = fx_account_state_find(engine, command->user_id, asset);
    if (account == FX_SLOT_NONE) {
        return FX_ACCOUNT_NOT_FOUND;
    }
    result->account_id = (uint64_t)account + 1;
    *account_out = account;
    return FX_OK;
}

static fx_i128 decimal_of(fx_leverage leverage)
{
    return leverage.centi * CENTI_DECIMAL;
}

static fx_status reject_leverage(fx_status status, fx_leverage most, struct fx_event_result *result)
{
    result->reject = (struct fx_reject){
        .has_limit = 1,
        .has_nearest = 1,
        .field = FX_FIELD_LEVERAGE,
        .limit = decimal_of(most),
        .nearest = decimal_of(most),
    };
    return status;
}

/* The settings that a command asks for. @return OK, BAD_PARAMETER, BAD_LEVERAGE. */
static fx_status read_settings(const struct fx_engine *engine,
                               const struct fx_command *command,
                               struct fx_position_state *position,
                               struct fx_event_result *result)
{
    const struct fx_command_leverage *asked = &command->u.leverage;
    const int32_t most = engine->listings[command->instrument].definition.leverage_max_centi;
    if (asked->margin_mode > FX_MARGIN_MODE_ISOLATED) {
        result->reject.field = FX_FIELD_MARGIN_MODE;
        return FX_BAD_PARAMETER;
    }
    if (asked->margin_mode != 0) {
        position->margin_mode = (uint8_t)asked->margin_mode;
    }
    if (asked->leverage_centi != 0) {
        if (asked->leverage_centi < LEVERAGE_ONE_CENTI) {
            return reject_leverage(FX_BAD_LEVERAGE, (fx_leverage){LEVERAGE_ONE_CENTI}, result);
        }
        if (asked->leverage_centi > most) {
            return reject_leverage(FX_BAD_LEVERAGE, (fx_leverage){most}, result);
        }
        position->leverage_centi = asked->leverage_centi;
    }
    return FX_OK;
}

/* Give `after` the margins of its new leverage and judge what that takes from the account or from
 * the position. @return OK, LEVERAGE_TOO_HIGH, INSUFFICIENT_MARGIN, MARGIN_NOT_REMOVABLE. */
static fx_status remargin(const struct fx_engine *engine,
                          const struct fx_position_state *before,
                          struct fx_position_state *after,
                          struct fx_event_result *result)
{
    const fx_amount notional = {fx_margin_notional(engine, after)};
    const fx_leverage leverage = {after->leverage_centi};
    const fx_leverage most = fx_margin_leverage_max(engine, after->instrument, notional);
    if (leverage.centi > most.centi) {
        return reject_leverage(FX_LEVERAGE_TOO_HIGH, most, result);
    }
    after->reserve = fx_margin_requirement(engine, after);
    fx_i128 more = after->reserve - before->reserve;
    if (after->margin_mode == FX_MARGIN_MODE_ISOLATED) {
        after->position_margin = fx_margin_at_leverage(after->entry_value, leverage);
        more += after->position_margin - before->position_margin;
    } else {
        more += fx_margin_initial(engine, after) - fx_margin_initial(engine, before);
    }
    if (more > 0 && more > fx_margin_available(engine, after->account)) {
        return FX_INSUFFICIENT_MARGIN;
    }
    if (after->position_margin < before->position_margin) {
        const fx_i128 gain = fx_margin_unrealized(engine, after);
        const fx_i128 margin =
            after->position_margin + after->adjust_margin + (gain < 0 ? gain : 0);
        if (margin <= fx_margin_maintenance(engine, after)) {
            return FX_MARGIN_NOT_REMOVABLE;
        }
    }
    return FX_OK;
}

fx_status fx_position_setting_leverage(struct fx_engine *engine,
                                       const struct fx_command *command,
                                       struct fx_event_result *result)
{
    fx_slot account = FX_SLOT_NONE;
    fx_status status = find_owner(engine, command, result, &account);
    if (status != FX_OK) {
        return status;
    }
    const enum fx_position_side side = FX_POSITION_SIDE_BOTH;
    const fx_slot known = fx_position_state_find(engine, account, command->instrument, side);
    struct fx_position_state before;
    fx_position_state_default(engine, account, command->instrument, side, &before);
    if (known != FX_SLOT_NONE) {
        before = engine->positions[known];
    }
    struct fx_position_state after = before;
    status = read_settings(engine, command, &after, result);
    if (status != FX_OK) {
        return status;
    }
    result->amount = decimal_of((fx_leverage){after.leverage_centi});
    const bool is_mode_new = after.margin_mode != before.margin_mode;
    if (!is_mode_new && after.leverage_centi == before.leverage_centi) {
        return FX_OK;
    }
    const bool has_orders = before.order_count != 0 ||
                            (known != FX_SLOT_NONE && engine->position_triggers[known].count != 0);
    if (is_mode_new && (before.lots != 0 || has_orders)) {
        result->reject.field = FX_FIELD_MARGIN_MODE;
        return FX_MARGIN_MODE_LOCKED;
    }
    status = remargin(engine, &before, &after, result);
    if (status != FX_OK) {
        return status;
    }
    const fx_slot slot = fx_position_state_acquire(engine, account, command->instrument, side);
    if (slot == FX_SLOT_NONE) {
        return FX_CAPACITY;
    }
    struct fx_position_state *position = &engine->positions[slot];
    position->leverage_centi = after.leverage_centi;
    position->margin_mode = after.margin_mode;
    position->position_margin = after.position_margin;
    position->reserve = after.reserve;
    fx_account_state_moved(engine, account);
    result->is_changed = 1;
    fx_touch_position(engine, slot);
    return FX_OK;
}

/* What can be taken from an isolated position: down to initial margin at mark, losses counted,
 * gains not. */
static fx_i128 removable_of(const struct fx_engine *engine,
                            const struct fx_position_state *position)
{
    const fx_i128 gain = fx_margin_unrealized(engine, position);
    const fx_i128 initial = fx_margin_at_leverage(fx_margin_mark_value(engine, position),
                                                  (fx_leverage){position->leverage_centi});
    const fx_i128 removable =
        position->position_margin + position->adjust_margin + (gain < 0 ? gain : 0) - initial;
    return removable > 0 ? removable : 0;
}

static fx_status reject_amount(fx_status status, fx_i128 limit, struct fx_event_result *result)
{
    result->reject = (struct fx_reject){
        .has_limit = 1,
        .field = FX_FIELD_AMOUNT,
        .limit = limit,
    };
    return status;
}

/* The isolated, open position that a command names. */
static fx_status find_isolated(const struct fx_engine *engine,
                               const struct fx_command *command,
                               fx_slot account,
                               fx_slot *position_out)
{
    const uint32_t asked = command->u.margin.position_side;
    if (asked > FX_POSITION_SIDE_SHORT) {
        return FX_BAD_PARAMETER;
    }
    const enum fx_position_side side =
        asked == 0 ? FX_POSITION_SIDE_BOTH : (enum fx_position_side)asked;
    const fx_slot slot = fx_position_state_find(engine, account, command->instrument, side);
    if (slot == FX_SLOT_NONE) {
        return FX_POSITION_NOT_FOUND;
    }
    if (engine->positions[slot].margin_mode != FX_MARGIN_MODE_ISOLATED) {
        return FX_NOT_ISOLATED;
    }
    if (engine->positions[slot].lots == 0) {
        return FX_POSITION_NOT_FOUND;
    }
    *position_out = slot;
    return FX_OK;
}

fx_status fx_position_setting_margin(struct fx_engine *engine,
                                     const struct fx_command *command,
                                     struct fx_event_result *result)
{
    fx_slot account = FX_SLOT_NONE;
    fx_slot slot = FX_SLOT_NONE;
    fx_status status = find_owner(engine, command, result, &account);
    if (status == FX_OK) {
        status = find_isolated(engine, command, account, &slot);
    }
    if (status != FX_OK) {
        return status;
    }
    const fx_i128 amount = command->u.margin.amount;
    if (amount == 0) {
        result->reject.field = FX_FIELD_AMOUNT;
        return FX_BAD_PARAMETER;
    }
    struct fx_position_state *position = &engine->positions[slot];
    fx_i128 adjusted = 0;
    if (!fx_dec_is_in_range(amount) || !fx_dec_add(position->adjust_margin, amount, &adjusted)) {
        return FX_AMOUNT_OUT_OF_RANGE;
    }
    if (amount > 0) {
        const fx_i128 most = fx_margin_withdrawable(engine, account);
        if (amount > most) {
            return reject_amount(FX_INSUFFICIENT_BALANCE, most, result);
        }
    } else {
        const fx_i128 most = removable_of(engine, position);
        if (-amount > most) {
            return reject_amount(FX_MARGIN_NOT_REMOVABLE, most, result);
        }
    }
    position->adjust_margin = adjusted;
    fx_account_state_moved(engine, account);
    result->amount = adjusted;
    result->is_changed = 1;
    fx_touch_position(engine, slot);
    return FX_OK;
}
// NOLINTEND(bugprone-easily-swappable-parameters)
