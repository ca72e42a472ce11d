/* Movements of money that have a name: done once, and answered alike for 24 h. The names lie beside
 * those of orders (client_ids.c), marked so that they never meet, and never give way to them. */
#include <string.h>

#include "base/panic.h"
#include "engine/money_int.h"
#include "engine/orders_int.h"
#include "engine/preload_int.h"

bool fx_account_named_is(const struct fx_client_id *id)
{
    return id->size > 1 && id->size <= FX_CLIENT_ID_SIZE_MAX && id->text[0] == FX_COMMAND_MOVE_MARK;
}

fx_status fx_account_named_repeat(const struct fx_engine *engine,
                                  // NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a place
                                  fx_slot entry,
                                  uint64_t body_hash,
                                  struct fx_event_result *result)
{
    FX_ASSERT(entry < engine->client_used);
    const struct fx_client_entry *known = &engine->client_entries[entry];
    FX_ASSERT(known->order_id == 0);
    if (known->body_hash != body_hash) {
        result->reject.field = FX_FIELD_CLIENT_TRANSFER_ID;
        return FX_DUPLICATE_CLIENT_ORDER_ID;
    }
    result->account_id = fx_preload_account_id(engine, known->account);
    result->tmp_id = known->tmp_id;
    result->amount = engine->accounts[known->account].balance;
    result->is_repeated = 1;
    return FX_OK;
}

/* TRANSFER begins with 1: the same name of another kind is another body. */
static uint64_t hash_of(const struct fx_command *command)
{
    FX_ASSERT(command->kind == FX_COMMAND_DEPOSIT_NAMED ||
              command->kind == FX_COMMAND_WITHDRAW_NAMED);
    FX_ASSERT(command->u.named.client_id.size > 0);
    const struct fx_command_transfer *transfer = &command->u.named.transfer;
    uint64_t hash = fx_hash_mix(2, command->kind);
    hash = fx_hash_mix(hash, (uint64_t)transfer->amount);
    hash = fx_hash_mix(hash, (uint64_t)(transfer->amount >> 64U));
    return fx_hash_mix(hash, (uint64_t)transfer->type << 32U | transfer->is_reward);
}

/* The account that it is about. */
static fx_slot account_of(const struct fx_engine *engine, const struct fx_command *command)
{
    const uint32_t asset = fx_account_state_find_asset(engine, &command->u.named.transfer.asset);
    FX_CHECK(asset == UINT32_MAX || asset < engine->asset_count);
    return asset == UINT32_MAX ? FX_SLOT_NONE
                               : fx_account_state_find(engine, command->user_id, asset);
}

fx_status fx_account_named_apply(struct fx_engine *engine,
                                 const struct fx_command *command,
                                 struct fx_event_result *result)
{
    FX_ASSERT(result->is_repeated == 0);
    const struct fx_client_id *name = &command->u.named.client_id;
    FX_ASSERT(command->kind == FX_COMMAND_DEPOSIT_NAMED ||
              command->kind == FX_COMMAND_WITHDRAW_NAMED);
    if (!fx_account_named_is(name)) {
        result->reject.field = FX_FIELD_CLIENT_TRANSFER_ID;
        return FX_BAD_PARAMETER;
    }
    const fx_slot account = account_of(engine, command);
    if (account == FX_SLOT_NONE) {
        return FX_ACCOUNT_NOT_FOUND;
    }
    const fx_slot entry = fx_client_ids_find(engine, account, name);
    if (entry != FX_SLOT_NONE) {
        return fx_account_named_repeat(engine, entry, hash_of(command), result);
    }
    fx_status status = fx_client_ids_judge_move(engine, account, false);
    if (status != FX_OK) {
        return status;
    }
    status = command->kind == FX_COMMAND_DEPOSIT_NAMED
                 ? fx_account_command_deposit(engine, command, result)
                 : fx_account_command_withdraw(engine, command, result);
    if (status == FX_OK) {
        const struct fx_client_ids_done done = {account, command->sequence, hash_of(command)};
        fx_client_ids_insert_done(engine, name, &done);
        result->tmp_id = command->sequence;
    }
    return status;
}
