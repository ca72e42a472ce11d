/* Deposits and withdrawals that an admin books. */
#include <string.h>

#include "api/api_admin_int.h"
#include "api/api_enroll_int.h"
#include "api/api_param_int.h"
#include "api/api_reply_int.h"
#include "api/api_witness_int.h"
#include "wire/wire_rows.h"

static uint32_t transaction_of(fx_str name)
{
    return (uint32_t)fx_command_transaction_of(name);
}

/* Money that comes from outside, or goes there; fees and PnL are the engine's to book. */
static bool is_booked_by_hand(enum fx_command_kind kind, enum fx_transaction_type type)
{
    if (type == FX_TRANSACTION_TRANSFER) {
        return true;
    }
    if (kind == FX_COMMAND_WITHDRAW) {
        return type == FX_TRANSACTION_WITHDRAWAL;
    }
    return type == FX_TRANSACTION_DEPOSIT || type == FX_TRANSACTION_REFERRAL ||
           type == FX_TRANSACTION_REWARD || type == FX_TRANSACTION_EVENT_REWARD;
}

static bool is_settled_in(const struct fx_api *api, const struct fx_asset *asset)
{
    for (uint32_t id = 0; id < FX_INSTRUMENTS_MAX; id++) {
        const struct fx_market_symbol *symbol = fx_market_at(api->options.market, id);
        if (symbol != NULL && memcmp(&symbol->definition.settle, asset, sizeof *asset) == 0) {
            return true;
        }
    }
    return false;
}

/* The account's asset: one that there is, or one that an instrument settles in. */
static fx_status read_asset(struct fx_api_call *call,
                            const struct fx_rows_user *user,
                            struct fx_api_witness_act *act)
{
    struct fx_asset *asset = &act->command.u.transfer.asset;
    const fx_str name = FX_STR("asset");
    fx_str text = {0};
    const fx_status status = fx_api_param_find(call, name, &text);
    if (status != FX_OK || !fx_ids_asset(text, asset)) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, name);
    }
    if (fx_view_account(call->api->options.view, user->id, text) != NULL) {
        return FX_OK;
    }
    if (act->command.kind == FX_COMMAND_WITHDRAW || !is_settled_in(call->api, asset)) {
        return fx_api_param_fail(call, FX_ACCOUNT_NOT_FOUND, name);
    }
    act->has_account = true;
    act->account.kind = FX_COMMAND_CREATE_ACCOUNT;
    act->account.instrument = FX_COMMAND_ALL_INSTRUMENTS;
    act->account.user_id = user->id;
    act->account.u.account.asset = *asset;
    act->account.u.account.flags = fx_api_enroll_flags(user);
    return FX_OK;
}

static fx_status read_amount(struct fx_api_call *call, struct fx_command *command)
{
    const fx_str name = FX_STR("amount");
    fx_i128 *amount = &command->u.transfer.amount;
    const fx_status status = fx_api_param_decimal(call, name, amount);
    if (status == FX_OK && *amount > 0) {
        return FX_OK;
    }
    const bool is_missing = status == FX_OK || status == FX_NOT_FOUND;
    return fx_api_param_fail(call, is_missing ? FX_BAD_PARAMETER : status, name);
}

static fx_status read_type(struct fx_api_call *call, struct fx_command *command)
{
    uint32_t *type = &command->u.transfer.type;
    const fx_status status = fx_api_param_word(call, FX_STR("type"), transaction_of, type);
    if (status != FX_OK) {
        return status;
    }
    if (*type == 0) {
        *type = command->kind == FX_COMMAND_DEPOSIT ? FX_TRANSACTION_DEPOSIT
                                                    : FX_TRANSACTION_WITHDRAWAL;
    }
    const bool is_good =
        is_booked_by_hand((enum fx_command_kind)command->kind, (enum fx_transaction_type) * type);
    return is_good ? FX_OK : fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("type"));
}

static fx_status read_reward(struct fx_api_call *call, struct fx_command *command)
{
    bool is_reward = false;
    const fx_status status = fx_api_admin_bool(call, FX_STR("isReward"), &is_reward);
    if (status == FX_OK && is_reward && command->kind == FX_COMMAND_WITHDRAW) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("isReward"));
    }
    command->u.transfer.is_reward = is_reward ? 1 : 0;
    return status;
}

static void answer(struct fx_api *api,
                   const struct fx_api_pending *pending,
                   const struct fx_event_result *result)
{
    struct fx_buf *buf = fx_api_reply_begin_list(api);
    const struct fx_rows_account *row = NULL;
    uint32_t cursor = 0;
    (void)result;
    while ((row = fx_view_next_account(api->options.view, pending->user_id, &cursor)) != NULL) {
        fx_json_append_comma(buf);
        fx_wire_rows_account(buf, row);
    }
    fx_api_reply_send_list(api, &pending->target, 0);
}

static fx_status book(struct fx_api_call *call, enum fx_command_kind kind, const char *action)
{
    struct fx_api_witness_act act;
    struct fx_api_audit_note note;
    struct fx_rows_user user;
    memset(&act, 0, sizeof act);
    act.answer = answer;
    act.command.kind = (uint16_t)kind;
    act.command.instrument = FX_COMMAND_ALL_INSTRUMENTS;
    fx_status status = fx_api_admin_user_of(call, &user);
    if (status == FX_OK) {
        act.command.user_id = user.id;
        status = read_amount(call, &act.command);
    }
    if (status == FX_OK) {
        status = read_type(call, &act.command);
    }
    if (status == FX_OK) {
        status = read_reward(call, &act.command);
    }
    if (status == FX_OK) {
        status = fx_api_param_movement_id(call, &act.command.u.named.client_id);
    }
    if (status == FX_OK) {
        status = read_asset(call, &user, &act);
    }
    if (status != FX_OK) {
        return status;
    }
    if (act.command.u.named.client_id.size > 0) {
        act.command.kind =
            kind == FX_COMMAND_DEPOSIT ? FX_COMMAND_DEPOSIT_NAMED : FX_COMMAND_WITHDRAW_NAMED;
    }
    fx_api_audit_init(&note, call, action);
    fx_api_audit_subject(&note, "user", user.id);
    fx_api_admin_detail(call, &note);
    return fx_api_witness_submit(call, &note, &act);
}

fx_status fx_api_admin_money_deposit(struct fx_api_call *call)
{
    return book(call, FX_COMMAND_DEPOSIT, "admin.deposit");
}

fx_status fx_api_admin_money_withdraw(struct fx_api_call *call)
{
    return book(call, FX_COMMAND_WITHDRAW, "admin.withdraw");
}
