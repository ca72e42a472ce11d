/* Commands on the settings of positions: leverage, margin mode, position mode, isolated margin.
 * Everything is judged before anything is changed. Source: docs/rules/margin.md section 5. */
#include <string.h>

#include "base/panic.h"
#include "engine/money_int.h"
#include "engine/preload_int.h"
#include "engine/settle_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): slots, lots and units are plain numbers here
enum { LEVERAGE_ONE_CENTI = 100 };

static const fx_i128 CENTI_DECIMAL = 10000000000000000; /* 0.01 */

/* Whose account on which instrument. @return OK, UNKNOWN_SYMBOL, ACCOUNT_NOT_FOUND,
 * ACCOUNT_FROZEN. */
static fx_status find_owner(const struct fx_engine *engine,
                            const struct fx_command *command,
                            struct fx_event_result *result,
                            fx_slot *account_out)
{
    if (command->instrument >= engine->instrument_count) {
        return FX_UNKNOWN_SYMBOL;
    }
    const uint32_t asset = engine->listings[command->instrument].asset;
    FX_ASSERT(asset < engine->asset_count);
    const fx_slot account = fx_account_state_find(engine, command->user_id, asset);
    if (account == FX_SLOT_NONE) {
        return FX_ACCOUNT_NOT_FOUND;
    }
    FX_ASSERT(engine->accounts[account].user_id == command->user_id);
    result->account_id = fx_preload_account_id(engine, account);
    *account_out = account;
    if (fx_settle_is_over(engine, command->instrument)) {
        return FX_SYMBOL_SETTLED;
    }
    return (engine->accounts[account].flags & FX_ACCOUNT_FLAG_FROZEN) == 0 ? FX_OK
                                                                           : FX_ACCOUNT_FROZEN;
}

static fx_i128 decimal_of(fx_leverage leverage)
{
    FX_ASSERT(leverage.centi >= LEVERAGE_ONE_CENTI);
    return leverage.centi * CENTI_DECIMAL;
}

static fx_status reject_leverage(fx_status status, fx_leverage most, struct fx_event_result *result)
{
    FX_ASSERT(status != FX_OK);
    FX_ASSERT(most.centi >= LEVERAGE_ONE_CENTI);
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
    FX_ASSERT(position->instrument == command->instrument);
    const struct fx_command_leverage *asked = &command->u.leverage;
    const int32_t most = engine->listings[command->instrument].definition.leverage_max_centi;
    FX_ASSERT(most >= LEVERAGE_ONE_CENTI);
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

/* The records of a symbol as they are and as they would be. Where there is none yet, one that
 * would be made. */
struct change {
    struct fx_position_family family;
    uint32_t count; /* at least 1 */
    struct fx_position_state before[FX_POSITION_FAMILY_MAX];
    struct fx_position_state after[FX_POSITION_FAMILY_MAX];
};

/* Give `after` the margins of its new leverage. @return OK; LEVERAGE_TOO_HIGH. */
static fx_status remargin(const struct fx_engine *engine,
                          const struct fx_position_state *before,
                          struct fx_position_state *after,
                          fx_i128 *more,
                          struct fx_event_result *result)
{
    FX_ASSERT(before->instrument == after->instrument);
    FX_ASSERT(before->lots == after->lots);
    const fx_amount notional = {fx_margin_notional(engine, after)};
    const fx_leverage leverage = {after->leverage_centi};
    const fx_leverage most = fx_margin_leverage_max(engine, after->instrument, notional);
    if (leverage.centi > most.centi) {
        return reject_leverage(FX_LEVERAGE_TOO_HIGH, most, result);
    }
    after->reserve = fx_margin_requirement(engine, after);
    FX_ASSERT(after->reserve >= 0);
    *more += after->reserve - before->reserve;
    if (after->margin_mode == FX_MARGIN_MODE_ISOLATED) {
        after->position_margin = fx_margin_at_leverage(after->entry_value, leverage);
        *more += after->position_margin - before->position_margin;
    } else {
        *more += fx_margin_initial(engine, after) - fx_margin_initial(engine, before);
    }
    return FX_OK;
}

/* What is taken from an isolated position must leave it above maintenance. */
static bool is_removable(const struct fx_engine *engine,
                         const struct fx_position_state *before,
                         const struct fx_position_state *after)
{
    FX_ASSERT(before->instrument == after->instrument);
    FX_ASSERT(before->lots == after->lots);
    const fx_i128 gain = fx_margin_unrealized(engine, after);
    const fx_i128 margin = after->position_margin + after->adjust_margin + (gain < 0 ? gain : 0);
    return after->position_margin >= before->position_margin ||
           margin > fx_margin_maintenance(engine, after);
}

/* What the new settings take from the account and from each position. @return OK,
 * LEVERAGE_TOO_HIGH, INSUFFICIENT_MARGIN, MARGIN_NOT_REMOVABLE. */
static fx_status judge_margins(const struct fx_engine *engine,
                               struct change *change,
                               struct fx_event_result *result)
{
    FX_ASSERT(change->count > 0 && change->count <= FX_POSITION_FAMILY_MAX);
    FX_ASSERT(change->after[0].account < engine->account_count);
    fx_i128 more = 0;
    for (uint32_t index = 0; index < change->count; index++) {
        const fx_status status =
            remargin(engine, &change->before[index], &change->after[index], &more, result);
        if (status != FX_OK) {
            return status;
        }
    }
    if (more > 0 && more > fx_margin_available(engine, change->after[0].account)) {
        return FX_INSUFFICIENT_MARGIN;
    }
    for (uint32_t index = 0; index < change->count; index++) {
        if (!is_removable(engine, &change->before[index], &change->after[index])) {
            return FX_MARGIN_NOT_REMOVABLE;
        }
    }
    return FX_OK;
}

static void read_records(const struct fx_engine *engine,
                         fx_slot account,
                         uint32_t instrument,
                         struct change *change)
{
    FX_ASSERT(account < engine->account_count);
    FX_ASSERT(instrument < engine->instrument_count);
    change->family = fx_position_state_family(engine, account, instrument);
    change->count = change->family.count == 0 ? 1 : change->family.count;
    const bool is_hedge = (engine->accounts[account].flags & FX_ACCOUNT_FLAG_HEDGE) != 0;
    if (change->family.count == 0) {
        fx_position_state_default(engine,
                                  account,
                                  instrument,
                                  is_hedge ? FX_POSITION_SIDE_LONG : FX_POSITION_SIDE_BOTH,
                                  &change->before[0]);
    }
    for (uint32_t index = 0; index < change->family.count; index++) {
        change->before[index] = engine->positions[change->family.slots[index]];
    }
    for (uint32_t index = 0; index < change->count; index++) {
        change->after[index] = change->before[index];
    }
}

/* Neither lots nor orders, waiting ones included. */
static bool is_idle(const struct fx_engine *engine, fx_slot position)
{
    FX_ASSERT(position < engine->position_count);
    return engine->positions[position].lots == 0 && engine->positions[position].order_count == 0 &&
           engine->position_triggers[position].count == 0;
}

static bool is_family_idle(const struct fx_engine *engine, const struct fx_position_family *family)
{
    FX_ASSERT(family->count <= FX_POSITION_FAMILY_MAX);
    bool is_all_idle = true;
    for (uint32_t index = 0; index < family->count; index++) {
        FX_ASSERT(family->slots[index] < engine->position_count);
        is_all_idle = is_all_idle && is_idle(engine, family->slots[index]);
    }
    return is_all_idle;
}

static void write_records(struct fx_engine *engine, const struct change *change)
{
    FX_ASSERT(change->family.count > 0);
    FX_ASSERT(change->family.count <= FX_POSITION_FAMILY_MAX);
    for (uint32_t index = 0; index < change->family.count; index++) {
        const struct fx_position_state *after = &change->after[index];
        struct fx_position_state *position = &engine->positions[change->family.slots[index]];
        position->leverage_centi = after->leverage_centi;
        position->margin_mode = after->margin_mode;
        position->position_margin = after->position_margin;
        position->reserve = after->reserve;
        fx_touch_position(engine, change->family.slots[index]);
    }
    FX_ASSERT(change->count == change->family.count || change->count == 1);
    fx_account_state_moved(engine, change->after[0].account);
}

fx_status fx_position_setting_leverage(struct fx_engine *engine,
                                       const struct fx_command *command,
                                       struct fx_event_result *result)
{
    struct change change;
    fx_slot account = FX_SLOT_NONE;
    fx_status status = find_owner(engine, command, result, &account);
    if (status != FX_OK) {
        return status;
    }
    FX_ASSERT(account < engine->account_count);
    read_records(engine, account, command->instrument, &change);
    FX_ASSERT(change.count > 0);
    for (uint32_t index = 0; index < change.count && status == FX_OK; index++) {
        status = read_settings(engine, command, &change.after[index], result);
    }
    if (status != FX_OK) {
        return status;
    }
    const struct fx_position_state *before = &change.before[0];
    const struct fx_position_state *after = &change.after[0];
    result->amount = decimal_of((fx_leverage){after->leverage_centi});
    const bool is_mode_new = after->margin_mode != before->margin_mode;
    if (!is_mode_new && after->leverage_centi == before->leverage_centi) {
        return FX_OK;
    }
    if (is_mode_new && !is_family_idle(engine, &change.family)) {
        result->reject.field = FX_FIELD_MARGIN_MODE;
        return FX_MARGIN_MODE_LOCKED;
    }
    status = judge_margins(engine, &change, result);
    if (status != FX_OK) {
        return status;
    }
    if (change.family.count == 0) {
        const enum fx_position_side side = (enum fx_position_side)before->position_side;
        change.family.slots[0] =
            fx_position_state_acquire(engine, account, command->instrument, side);
        if (change.family.slots[0] == FX_SLOT_NONE) {
            return FX_CAPACITY;
        }
        change.family.count = 1;
    }
    write_records(engine, &change);
    result->is_changed = 1;
    return FX_OK;
}

/* ---- one-way or hedge --------------------------------------------------------------------------
 */

/* The accounts that a command means, in order of assets. */
static bool is_meant(const struct fx_engine *engine,
                     const struct fx_command_position_mode *mode,
                     uint32_t asset)
{
    FX_ASSERT(asset < engine->asset_count);
    const struct fx_asset *name = &engine->assets[asset].asset;
    return mode->asset.text[0] == '\0' || memcmp(name, &mode->asset, sizeof *name) == 0;
}

static bool is_account_idle(const struct fx_engine *engine, fx_slot account)
{
    FX_ASSERT(account < engine->account_count);
    fx_slot slot = engine->accounts[account].first_position;
    while (slot != FX_SLOT_NONE && is_idle(engine, slot)) {
        slot = engine->positions[slot].next;
    }
    FX_ASSERT(slot == FX_SLOT_NONE || engine->positions[slot].account == account);
    return slot == FX_SLOT_NONE;
}

static bool is_hedging(const struct fx_engine *engine, fx_slot account)
{
    FX_ASSERT(account < engine->account_count);
    return (engine->accounts[account].flags & FX_ACCOUNT_FLAG_HEDGE) != 0;
}

static fx_status judge_mode(const struct fx_engine *engine,
                            const struct fx_command *command,
                            struct fx_event_result *result)
{
    FX_ASSERT(command->kind == FX_COMMAND_SET_POSITION_MODE);
    FX_ASSERT(result->account_id == 0);
    const struct fx_command_position_mode *mode = &command->u.position_mode;
    if (mode->is_hedge > 1) {
        return FX_BAD_PARAMETER;
    }
    for (uint32_t asset = 0; asset < engine->asset_count; asset++) {
        const fx_slot account = fx_account_state_find(engine, command->user_id, asset);
        if (account == FX_SLOT_NONE || !is_meant(engine, mode, asset)) {
            continue;
        }
        result->account_id =
            result->account_id == 0 ? fx_preload_account_id(engine, account) : result->account_id;
        if ((engine->accounts[account].flags & FX_ACCOUNT_FLAG_FROZEN) != 0) {
            return FX_ACCOUNT_FROZEN;
        }
        if (is_hedging(engine, account) != (mode->is_hedge == 1) &&
            !is_account_idle(engine, account)) {
            return FX_POSITION_MODE_LOCKED;
        }
    }
    return result->account_id == 0 ? FX_ACCOUNT_NOT_FOUND : FX_OK;
}

fx_status fx_position_setting_mode(struct fx_engine *engine,
                                   const struct fx_command *command,
                                   struct fx_event_result *result)
{
    FX_ASSERT(command->kind == FX_COMMAND_SET_POSITION_MODE);
    FX_ASSERT(result->is_changed == 0);
    const struct fx_command_position_mode *mode = &command->u.position_mode;
    const fx_status status = judge_mode(engine, command, result);
    if (status != FX_OK) {
        return status;
    }
    result->amount = mode->is_hedge;
    for (uint32_t asset = 0; asset < engine->asset_count; asset++) {
        const fx_slot account = fx_account_state_find(engine, command->user_id, asset);
        if (account == FX_SLOT_NONE || !is_meant(engine, mode, asset) ||
            is_hedging(engine, account) == (mode->is_hedge == 1)) {
            continue;
        }
        engine->accounts[account].flags ^= FX_ACCOUNT_FLAG_HEDGE;
        result->is_changed = 1;
        fx_touch_account(engine, account);
    }
    return FX_OK;
}

/* ---- isolated margin ---------------------------------------------------------------------------
 */

/* What can be taken from an isolated position: down to initial margin at mark, losses counted,
 * gains not. */
static fx_i128 removable_of(const struct fx_engine *engine,
                            const struct fx_position_state *position)
{
    FX_ASSERT(position->lots != 0);
    FX_ASSERT(position->margin_mode == FX_MARGIN_MODE_ISOLATED);
    const fx_i128 gain = fx_margin_unrealized(engine, position);
    const fx_i128 initial = fx_margin_at_leverage(fx_margin_mark_value(engine, position),
                                                  (fx_leverage){position->leverage_centi});
    const fx_i128 removable =
        position->position_margin + position->adjust_margin + (gain < 0 ? gain : 0) - initial;
    return removable > 0 ? removable : 0;
}

static fx_status reject_amount(fx_status status, fx_i128 limit, struct fx_event_result *result)
{
    FX_ASSERT(status != FX_OK);
    FX_ASSERT(limit >= 0);
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
    FX_ASSERT(*position_out == FX_SLOT_NONE);
    FX_ASSERT(account < engine->account_count);
    const uint32_t asked = command->u.margin.position_side;
    if (asked > FX_POSITION_SIDE_SHORT) {
        return FX_BAD_PARAMETER;
    }
    const enum fx_position_side side = fx_position_state_side(engine, account, asked);
    if (side == 0) {
        return FX_POSITION_SIDE_MISMATCH;
    }
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
    FX_ASSERT(result->is_changed == 0);
    fx_slot account = FX_SLOT_NONE;
    fx_slot slot = FX_SLOT_NONE;
    fx_status status = find_owner(engine, command, result, &account);
    if (status == FX_OK) {
        status = find_isolated(engine, command, account, &slot);
    }
    if (status != FX_OK) {
        return status;
    }
    FX_ASSERT(slot < engine->position_count);
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
    FX_ASSERT(position->position_margin + position->adjust_margin >= 0); /* M4 */
    fx_account_state_moved(engine, account);
    result->amount = adjusted;
    result->is_changed = 1;
    fx_touch_position(engine, slot);
    return FX_OK;
}
// NOLINTEND(bugprone-easily-swappable-parameters)
