/* FREEZE_ACCOUNT: a user who may do nothing but be paid. All of his orders end, in bounded steps:
 * his dead man's deadline is now, so that none trades meanwhile (deadman.c). His positions stay,
 * and funding, liquidation and settlement find them. Source: docs/rules/accounts.md section 2. */
#include "base/panic.h"
#include "engine/orders_int.h"
#include "engine/preload_int.h"

bool fx_freeze_is_frozen(const struct fx_engine *engine, uint64_t user_id)
{
    FX_ASSERT(engine->asset_count <= engine->limits.assets_max);
    FX_ASSERT(engine->account_count <= engine->limits.accounts_max);
    for (uint32_t asset = 0; asset < engine->asset_count; asset++) {
        const fx_slot account = fx_account_state_find(engine, user_id, asset);
        if (account != FX_SLOT_NONE &&
            (engine->accounts[account].flags & FX_ACCOUNT_FLAG_FROZEN) != 0) {
            return true;
        }
    }
    return false;
}

/* @return false where the user has no account. */
static bool set_flags(struct fx_engine *engine,
                      uint64_t user_id,
                      bool is_frozen,
                      struct fx_event_result *result)
{
    FX_ASSERT(user_id != 0);
    FX_ASSERT(result->is_changed == 0);
    bool has_account = false;
    for (uint32_t asset = 0; asset < engine->asset_count; asset++) {
        const fx_slot account = fx_account_state_find(engine, user_id, asset);
        if (account == FX_SLOT_NONE) {
            continue;
        }
        struct fx_account_state *state = &engine->accounts[account];
        has_account = true;
        result->account_id =
            result->account_id == 0 ? fx_preload_account_id(engine, account) : result->account_id;
        if (((state->flags & FX_ACCOUNT_FLAG_FROZEN) != 0) != is_frozen) {
            state->flags ^= FX_ACCOUNT_FLAG_FROZEN;
            result->is_changed = 1;
            fx_touch_account(engine, account);
        }
    }
    FX_ASSERT(has_account || result->is_changed == 0);
    return has_account;
}

fx_status fx_freeze_apply(struct fx_engine *engine,
                          const struct fx_command *command,
                          struct fx_event_result *result)
{
    FX_ASSERT(command->kind == FX_COMMAND_FREEZE_ACCOUNT);
    FX_ASSERT(result->count == 0);
    const struct fx_command_freeze *freeze = &command->u.freeze;
    if (freeze->is_frozen > 1 || command->user_id == 0) {
        return FX_BAD_PARAMETER;
    }
    if (freeze->is_frozen == 1 && !fx_deadman_has_room(engine, command->user_id)) {
        return FX_CAPACITY;
    }
    result->amount = freeze->is_frozen;
    if (freeze->is_frozen == 0) {
        /* What the freeze must cancel goes first: no new order may be taken for an old one. */
        if (fx_freeze_is_frozen(engine, command->user_id) &&
            !fx_deadman_work_off(engine, command->user_id, result)) {
            return FX_OK;
        }
        return set_flags(engine, command->user_id, false, result) ? FX_OK : FX_ACCOUNT_NOT_FOUND;
    }
    if (!set_flags(engine, command->user_id, true, result)) {
        return FX_ACCOUNT_NOT_FOUND;
    }
    if (result->is_changed != 0) {
        fx_deadman_end_now(engine, command->user_id);
    }
    (void)fx_deadman_work_off(engine, command->user_id, result);
    return FX_OK;
}
