/* Commands on accounts: create, set, deposit, withdraw. Money enters and leaves the exchange only
 * here, and is counted in fx_asset_state.deposited (M2). */
#include <string.h>

#include "base/panic.h"
#include "engine/money_int.h"
#include "engine/orders_int.h"
#include "engine/preload_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): slots, lots and units are plain numbers here
enum { PPB = 1000000000 };

static bool is_rate(int64_t ppb)
{
    return ppb > -PPB && ppb < PPB;
}

static bool is_asset(const struct fx_asset *asset)
{
    struct fx_asset parsed;
    return fx_ids_asset(fx_ids_asset_str(asset), &parsed);
}

static bool are_settings_sane(const struct fx_command_account *settings)
{
    return (settings->flags & ~(uint32_t)FX_ACCOUNT_FLAGS_SET) == 0 &&
           is_rate(settings->maker_fee_ppb) && is_rate(settings->taker_fee_ppb);
}

fx_status fx_account_command_judge(const struct fx_command_account *settings)
{
    struct fx_command_account plain = *settings;
    plain.flags &= ~(uint32_t)(FX_ACCOUNT_FLAG_HEDGE | FX_ACCOUNT_FLAG_FROZEN);
    return is_asset(&settings->asset) && are_settings_sane(&plain) ? FX_OK : FX_BAD_PARAMETER;
}

static void set_up(struct fx_account_state *account, const struct fx_command_account *settings)
{
    FX_ASSERT((settings->flags & ~(uint32_t)FX_ACCOUNT_FLAGS_SET) == 0);
    const bool has_fees = settings->has_fees != 0;
    account->flags = (account->flags & ~(uint32_t)FX_ACCOUNT_FLAGS_SET) | settings->flags;
    account->has_fees = has_fees ? 1 : 0;
    account->maker_fee_ppb = has_fees ? settings->maker_fee_ppb : 0;
    account->taker_fee_ppb = has_fees ? settings->taker_fee_ppb : 0;
    FX_ASSERT(has_fees || account->maker_fee_ppb == 0);
}

static fx_slot find_account(const struct fx_engine *engine,
                            uint64_t user_id,
                            const struct fx_asset *asset)
{
    const uint32_t index = fx_account_state_find_asset(engine, asset);
    FX_CHECK(index == UINT32_MAX || index < engine->asset_count);
    return index == UINT32_MAX ? FX_SLOT_NONE : fx_account_state_find(engine, user_id, index);
}

fx_status fx_account_command_create(struct fx_engine *engine,
                                    const struct fx_command *command,
                                    struct fx_event_result *result)
{
    FX_ASSERT(result->is_changed == 0);
    const struct fx_command_account *settings = &command->u.account;
    if (command->user_id == 0 || !is_asset(&settings->asset) || !are_settings_sane(settings)) {
        return FX_BAD_PARAMETER;
    }
    const fx_slot known = find_account(engine, command->user_id, &settings->asset);
    if (known != FX_SLOT_NONE) {
        result->account_id = fx_preload_account_id(engine, known);
        return FX_OK;
    }
    /* Asked first: a reject must not leave an asset behind. */
    if (engine->account_count == engine->limits.accounts_max) {
        return FX_CAPACITY;
    }
    const uint32_t asset = fx_account_state_asset(engine, &settings->asset);
    if (asset == UINT32_MAX) {
        return FX_CAPACITY;
    }
    const bool is_frozen = fx_freeze_is_frozen(engine, command->user_id);
    const fx_slot account = fx_account_state_create(engine, command->user_id, asset);
    FX_ASSERT(account != FX_SLOT_NONE);
    if (is_frozen) {
        engine->accounts[account].flags = FX_ACCOUNT_FLAG_FROZEN;
    }
    set_up(&engine->accounts[account], settings);
    result->account_id = fx_preload_account_id(engine, account);
    result->is_changed = 1;
    fx_touch_account(engine, account);
    return FX_OK;
}

fx_status fx_account_command_set(struct fx_engine *engine,
                                 const struct fx_command *command,
                                 struct fx_event_result *result)
{
    FX_ASSERT(result->is_changed == 0);
    const struct fx_command_account *settings = &command->u.account;
    if (!are_settings_sane(settings)) {
        return FX_BAD_PARAMETER;
    }
    const fx_slot slot = find_account(engine, command->user_id, &settings->asset);
    if (slot == FX_SLOT_NONE) {
        return FX_ACCOUNT_NOT_FOUND;
    }
    result->account_id = fx_preload_account_id(engine, slot);
    struct fx_account_state *account = &engine->accounts[slot];
    struct fx_account_state changed = *account;
    FX_ASSERT(account->user_id == command->user_id);
    set_up(&changed, settings);
    if (changed.flags == account->flags && changed.has_fees == account->has_fees &&
        changed.maker_fee_ppb == account->maker_fee_ppb &&
        changed.taker_fee_ppb == account->taker_fee_ppb) {
        return FX_OK;
    }
    *account = changed;
    result->is_changed = 1;
    fx_touch_account(engine, slot);
    return FX_OK;
}

static void emit_transaction(struct fx_engine *engine,
                             fx_slot account,
                             enum fx_transaction_type type,
                             fx_i128 amount)
{
    FX_ASSERT(account < engine->account_count);
    FX_ASSERT(amount != 0);
    fx_touch_transaction(engine, account, type, amount, FX_COMMAND_ALL_INSTRUMENTS);
}

static bool is_deposit_type(uint32_t type)
{
    FX_ASSERT(type != 0);
    return type == FX_TRANSACTION_DEPOSIT || type == FX_TRANSACTION_TRANSFER ||
           type == FX_TRANSACTION_REFERRAL || type == FX_TRANSACTION_REWARD ||
           type == FX_TRANSACTION_EVENT_REWARD;
}

/* The account and amount of a transfer. @return OK; BAD_PARAMETER; AMOUNT_OUT_OF_RANGE;
 * ACCOUNT_NOT_FOUND. */
static fx_status read_transfer(const struct fx_engine *engine,
                               const struct fx_command *command,
                               struct fx_event_result *result,
                               fx_slot *account_out)
{
    FX_ASSERT(result->account_id == 0);
    const struct fx_command_transfer *transfer = &command->u.transfer;
    if (transfer->amount <= 0) {
        result->reject.field = FX_FIELD_AMOUNT;
        return FX_BAD_PARAMETER;
    }
    if (!fx_dec_is_in_range(transfer->amount)) {
        result->reject.field = FX_FIELD_AMOUNT;
        return FX_AMOUNT_OUT_OF_RANGE;
    }
    const fx_slot account = find_account(engine, command->user_id, &transfer->asset);
    if (account == FX_SLOT_NONE) {
        return FX_ACCOUNT_NOT_FOUND;
    }
    FX_ASSERT(engine->accounts[account].user_id == command->user_id);
    result->account_id = fx_preload_account_id(engine, account);
    *account_out = account;
    return FX_OK;
}

fx_status fx_account_command_deposit(struct fx_engine *engine,
                                     const struct fx_command *command,
                                     struct fx_event_result *result)
{
    FX_ASSERT(result->is_changed == 0);
    const struct fx_command_transfer *transfer = &command->u.transfer;
    const uint32_t type = transfer->type == 0 ? FX_TRANSACTION_DEPOSIT : transfer->type;
    fx_slot slot = FX_SLOT_NONE;
    const fx_status status = read_transfer(engine, command, result, &slot);
    if (status != FX_OK) {
        return status;
    }
    if (!is_deposit_type(type)) {
        return FX_BAD_PARAMETER;
    }
    struct fx_account_state *account = &engine->accounts[slot];
    struct fx_asset_state *asset = &engine->assets[account->asset];
    fx_i128 deposited = 0;
    fx_i128 bound = 0;
    if (!fx_dec_add(asset->deposited, transfer->amount, &deposited) ||
        !fx_account_state_bound(engine, slot, &bound) ||
        !fx_dec_add(bound, transfer->amount, &bound)) {
        result->reject.field = FX_FIELD_AMOUNT;
        return FX_AMOUNT_OUT_OF_RANGE;
    }
    asset->deposited = deposited;
    fx_i128 *balance = transfer->is_reward != 0 ? &account->reward_balance : &account->balance;
    *balance += transfer->amount;
    FX_ASSERT(fx_dec_is_in_range(*balance));
    fx_account_state_moved(engine, slot);
    result->amount = *balance;
    result->is_changed = 1;
    emit_transaction(engine, slot, (enum fx_transaction_type)type, transfer->amount);
    return FX_OK;
}

fx_status fx_account_command_withdraw(struct fx_engine *engine,
                                      const struct fx_command *command,
                                      struct fx_event_result *result)
{
    FX_ASSERT(result->is_changed == 0);
    const struct fx_command_transfer *transfer = &command->u.transfer;
    const uint32_t type = transfer->type == 0 ? FX_TRANSACTION_WITHDRAWAL : transfer->type;
    fx_slot slot = FX_SLOT_NONE;
    const fx_status status = read_transfer(engine, command, result, &slot);
    if (status != FX_OK) {
        return status;
    }
    if (type != FX_TRANSACTION_WITHDRAWAL && type != FX_TRANSACTION_TRANSFER) {
        return FX_BAD_PARAMETER;
    }
    if ((engine->accounts[slot].flags & FX_ACCOUNT_FLAG_FROZEN) != 0) {
        return FX_ACCOUNT_FROZEN;
    }
    const fx_i128 most = fx_margin_withdrawable(engine, slot);
    FX_ASSERT(most >= 0);
    if (transfer->amount > most) {
        result->reject = (struct fx_reject){
            .has_limit = 1,
            .has_nearest = most > 0 ? 1 : 0,
            .field = FX_FIELD_AMOUNT,
            .limit = most,
            .nearest = most,
        };
        return FX_INSUFFICIENT_BALANCE;
    }
    struct fx_account_state *account = &engine->accounts[slot];
    account->balance -= transfer->amount;
    fx_account_state_moved(engine, slot);
    FX_ASSERT(account->balance >= 0);
    engine->assets[account->asset].deposited -= transfer->amount;
    result->amount = account->balance;
    result->is_changed = 1;
    emit_transaction(engine, slot, (enum fx_transaction_type)type, -transfer->amount);
    return FX_OK;
}

/* ---- from user to user --------------------------------------------------------------------------
 */

static uint64_t move_hash(const struct fx_command_move *move)
{
    FX_ASSERT(move->amount > 0);
    FX_ASSERT(move->client_id.size > 0);
    uint64_t asset[sizeof move->asset / sizeof(uint64_t)];
    memcpy(asset, &move->asset, sizeof asset);
    uint64_t hash = fx_hash_mix(1, move->to_user_id);
    hash = fx_hash_mix(hash, (uint64_t)move->amount);
    hash = fx_hash_mix(hash, (uint64_t)(move->amount >> 64U));
    for (uint32_t index = 0; index < sizeof asset / sizeof asset[0]; index++) {
        hash = fx_hash_mix(hash, asset[index]);
    }
    return hash;
}

/* What is wrong with the command itself. */
static fx_status check_move(const struct fx_command *command, struct fx_reject *reject_out)
{
    FX_ASSERT(command->kind == FX_COMMAND_TRANSFER);
    FX_ASSERT(reject_out->field == FX_FIELD_NONE);
    const struct fx_command_move *move = &command->u.move;
    if (move->client_id.size != 0 && !fx_account_named_is(&move->client_id)) {
        reject_out->field = FX_FIELD_CLIENT_TRANSFER_ID;
        return FX_BAD_PARAMETER;
    }
    if (command->user_id == 0 || move->to_user_id == 0 || move->to_user_id == command->user_id) {
        return FX_BAD_PARAMETER;
    }
    reject_out->field = FX_FIELD_AMOUNT;
    if (move->amount <= 0) {
        return FX_BAD_PARAMETER;
    }
    if (!fx_dec_is_in_range(move->amount)) {
        return FX_AMOUNT_OUT_OF_RANGE;
    }
    reject_out->field = FX_FIELD_NONE;
    return FX_OK;
}

/* Enough to give, and room for it at the other side. */
static fx_status judge_move(struct fx_engine *engine,
                            const struct fx_command_move *move,
                            fx_slot from,
                            fx_slot to,
                            struct fx_reject *reject_out)
{
    FX_ASSERT(from != to);
    FX_ASSERT(engine->accounts[from].asset == engine->accounts[to].asset);
    const fx_i128 most = fx_margin_withdrawable(engine, from);
    FX_ASSERT(most >= 0);
    fx_i128 bound = 0;
    reject_out->field = FX_FIELD_AMOUNT;
    if (move->amount > most) {
        reject_out->has_limit = 1;
        reject_out->has_nearest = most > 0 ? 1 : 0;
        reject_out->limit = most;
        reject_out->nearest = most;
        return FX_INSUFFICIENT_BALANCE;
    }
    if (!fx_account_state_bound(engine, to, &bound) || !fx_dec_add(bound, move->amount, &bound)) {
        return FX_AMOUNT_OUT_OF_RANGE;
    }
    reject_out->field = FX_FIELD_NONE;
    return move->client_id.size == 0 ? FX_OK : fx_client_ids_judge_move(engine, from, true);
}

fx_status fx_account_command_move(struct fx_engine *engine,
                                  const struct fx_command *command,
                                  struct fx_event_result *result)
{
    FX_ASSERT(result->is_changed == 0);
    const struct fx_command_move *move = &command->u.move;
    fx_status status = check_move(command, &result->reject);
    if (status != FX_OK) {
        return status;
    }
    const fx_slot from = find_account(engine, command->user_id, &move->asset);
    const fx_slot to = find_account(engine, move->to_user_id, &move->asset);
    if (from == FX_SLOT_NONE || to == FX_SLOT_NONE) {
        return FX_ACCOUNT_NOT_FOUND;
    }
    result->account_id = fx_preload_account_id(engine, from);
    if (move->client_id.size > 0) {
        const fx_slot entry = fx_client_ids_find(engine, from, &move->client_id);
        if (entry != FX_SLOT_NONE) {
            return fx_account_named_repeat(engine, entry, move_hash(move), result);
        }
    }
    if ((engine->accounts[from].flags & FX_ACCOUNT_FLAG_FROZEN) != 0) {
        return FX_ACCOUNT_FROZEN;
    }
    status = judge_move(engine, move, from, to, &result->reject);
    if (status != FX_OK) {
        return status;
    }
    if (move->client_id.size > 0) {
        const struct fx_client_ids_done done = {from, command->sequence, move_hash(move)};
        fx_client_ids_insert_done(engine, &move->client_id, &done);
    }
    engine->accounts[from].balance -= move->amount;
    engine->accounts[to].balance += move->amount;
    fx_account_state_moved(engine, from);
    fx_account_state_moved(engine, to);
    FX_ASSERT(engine->accounts[from].balance >= 0);
    result->tmp_id = command->sequence;
    result->amount = engine->accounts[from].balance;
    result->is_changed = 1;
    emit_transaction(engine, from, FX_TRANSACTION_TRANSFER, -move->amount);
    emit_transaction(engine, to, FX_TRANSACTION_TRANSFER, move->amount);
    return FX_OK;
}
// NOLINTEND(bugprone-easily-swappable-parameters)
