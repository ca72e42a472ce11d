#include <string.h>

#include "api/api_int.h"
#include "api/api_param_int.h"
#include "api/api_pending_int.h"
#include "api/api_reply_int.h"
#include "api/api_totp_int.h"
#include "store/store_transaction.h"
#include "store/store_user.h"
#include "wire/wire_rows.h"

fx_status fx_api_account_list(struct fx_api_call *call)
{
    struct fx_buf *buf = fx_api_reply_begin_list(call->api);
    const struct fx_rows_account *row = NULL;
    uint32_t cursor = 0;
    while ((row = fx_view_next_account(call->api->options.view, call->user.id, &cursor)) != NULL) {
        fx_json_append_comma(buf);
        fx_api_reply_append_account(buf, call->api->options.view, row);
    }
    fx_api_reply_send_list(call->api, &call->target, 0);
    return FX_OK;
}

fx_status fx_api_account_one(struct fx_api_call *call)
{
    const struct fx_rows_account *row =
        fx_view_account(call->api->options.view, call->user.id, call->param);
    if (row == NULL) {
        return fx_api_param_fail(call, FX_ACCOUNT_NOT_FOUND, FX_STR("asset"));
    }
    fx_api_reply_append_account(fx_api_reply_begin(call->api), call->api->options.view, row);
    fx_api_reply_send(call->api, &call->target, 200);
    return FX_OK;
}

static uint32_t transaction_of(fx_str name)
{
    return (uint32_t)fx_command_transaction_of(name);
}

static fx_status read_query(struct fx_api_call *call, struct fx_store_transaction_query *query_out)
{
    struct fx_store_transaction_query query;
    const struct fx_market_symbol *symbol = NULL;
    uint32_t type = 0;
    memset(&query, 0, sizeof query);
    query.user_id = call->user.id;
    fx_status status = fx_api_param_symbol(call, &symbol);
    if (status == FX_OK) {
        status = fx_api_param_word(call, FX_STR("type"), transaction_of, &type);
    }
    if (status == FX_OK) {
        status = fx_api_param_find(call, FX_STR("asset"), &query.asset);
        status = status == FX_NOT_FOUND ? FX_OK : status;
    }
    if (status == FX_OK) {
        status = fx_api_param_span(call, &query.created);
    }
    if (status == FX_OK) {
        status = fx_api_param_page(call, &query.page);
    }
    if (status != FX_OK) {
        return status;
    }
    query.type = (enum fx_transaction_type)type;
    query.symbol = symbol == NULL ? (fx_str){0} : fx_ids_symbol_str(&symbol->definition.symbol);
    *query_out = query;
    return FX_OK;
}

fx_status fx_api_account_transactions(struct fx_api_call *call)
{
    struct fx_api *api = call->api;
    struct fx_rows_transaction *rows = api->rows;
    struct fx_store_transaction_query query;
    uint32_t count = 0;
    fx_status status = read_query(call, &query);
    if (status == FX_OK) {
        status = fx_store_transaction_list(api->options.reports, &query, rows, &count);
    }
    if (status != FX_OK) {
        return status;
    }
    struct fx_buf *buf = fx_api_reply_begin_list(api);
    for (uint32_t index = 0; index < count; index++) {
        fx_json_append_comma(buf);
        fx_wire_rows_transaction(buf, &rows[index]);
    }
    const bool is_full = count > 0 && count == query.page.limit;
    fx_api_reply_send_list(api, &call->target, is_full ? rows[count - 1].id : 0);
    return FX_OK;
}

/* ---- fees -------------------------------------------------------------------------------------
 */

/* The account that pays the fees of a symbol; NULL where there is none yet. */
static const struct fx_rows_account *payer_of(const struct fx_api_call *call,
                                              const struct fx_instrument *instrument)
{
    return fx_view_account(
        call->api->options.view, call->user.id, fx_ids_asset_str(&instrument->settle));
}

/* NO_FEE pays nothing, own rates come before the symbol's: as fee.c of the engine has it. */
static fx_i128 rate_of(const struct fx_rows_account *account, int64_t own_ppb, int64_t symbol_ppb)
{
    if (account != NULL && (account->flags & FX_ACCOUNT_FLAG_NO_FEE) != 0) {
        return 0;
    }
    return fx_rows_rate(account != NULL && account->has_fees ? own_ppb : symbol_ppb);
}

static void append_fees(struct fx_buf *buf,
                        const struct fx_instrument *instrument,
                        const struct fx_rows_account *account)
{
    const int64_t maker_ppb = account == NULL ? 0 : account->maker_fee_ppb;
    const int64_t taker_ppb = account == NULL ? 0 : account->taker_fee_ppb;
    fx_json_append_comma(buf);
    fx_buf_append_byte(buf, '{');
    fx_json_add_str(buf, FX_STR("symbol"), fx_ids_symbol_str(&instrument->symbol));
    fx_json_add_dec(
        buf, FX_STR("makerFee"), rate_of(account, maker_ppb, instrument->maker_fee_ppb));
    fx_json_add_dec(
        buf, FX_STR("takerFee"), rate_of(account, taker_ppb, instrument->taker_fee_ppb));
    fx_json_add_str(buf, FX_STR("asset"), fx_ids_asset_str(&instrument->settle));
    fx_buf_append_byte(buf, '}');
}

fx_status fx_api_account_fees(struct fx_api_call *call)
{
    const struct fx_market_symbol *asked = NULL;
    const fx_status status = fx_api_param_symbol(call, &asked);
    if (status != FX_OK) {
        return status;
    }
    struct fx_buf *buf = fx_api_reply_begin_list(call->api);
    for (uint32_t id = 0; id < FX_INSTRUMENTS_MAX; id++) {
        const struct fx_market_symbol *symbol = fx_market_at(call->api->options.market, id);
        if (symbol != NULL && (asked == NULL || asked == symbol)) {
            append_fees(buf, &symbol->definition, payer_of(call, &symbol->definition));
        }
    }
    fx_api_reply_send_list(call->api, &call->target, 0);
    return FX_OK;
}

/* ---- withdraw ---------------------------------------------------------------------------------
 */

/* Of a withdrawal, which has a number where it was named, or of a transfer. */
static void answer_movement(struct fx_api *api,
                            const struct fx_api_pending *pending,
                            const struct fx_event_result *result)
{
    struct fx_buf *buf = fx_api_reply_begin(api);
    fx_buf_append_byte(buf, '{');
    if (result->tmp_id != 0) {
        fx_json_add_id(buf, FX_STR("transferId"), result->tmp_id);
    }
    fx_json_add_int(buf, FX_STR("accountId"), (int64_t)result->account_id);
    fx_json_add_dec(buf, FX_STR("balance"), result->amount);
    if (result->is_repeated != 0) {
        fx_json_add_bool(buf, FX_STR("repeated"), true);
    }
    fx_buf_append_byte(buf, '}');
    fx_api_reply_send(api, &pending->target, 200);
}

static fx_status read_amount_of(struct fx_api_call *call, struct fx_command_transfer *transfer)
{
    fx_str asset = {0};
    fx_status status = fx_api_param_find(call, FX_STR("asset"), &asset);
    if (status != FX_OK || !fx_ids_asset(asset, &transfer->asset)) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("asset"));
    }
    status = fx_api_param_decimal(call, FX_STR("amount"), &transfer->amount);
    if (status == FX_NOT_FOUND || (status == FX_OK && transfer->amount <= 0)) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("amount"));
    }
    return status;
}

fx_status fx_api_account_withdraw(struct fx_api_call *call)
{
    struct fx_command command;
    memset(&command, 0, sizeof command);
    fx_status status = read_amount_of(call, &command.u.transfer);
    if (status == FX_OK) {
        status = fx_api_param_movement_id(call, &command.u.named.client_id);
    }
    if (status != FX_OK) {
        return status;
    }
    command.kind =
        command.u.named.client_id.size > 0 ? FX_COMMAND_WITHDRAW_NAMED : FX_COMMAND_WITHDRAW;
    command.instrument = FX_COMMAND_ALL_INSTRUMENTS;
    command.user_id = call->user.id;
    command.u.transfer.type = FX_TRANSACTION_WITHDRAWAL;
    return fx_api_totp_submit(call, &command, answer_movement);
}

/* ---- from user to user ------------------------------------------------------------------------
 */

/* The receiver's uid is public; his account must be there. */
static fx_status read_receiver(struct fx_api_call *call, struct fx_command_move *move)
{
    struct fx_rows_user user;
    fx_str uid = {0};
    fx_status status = fx_api_param_find(call, FX_STR("toUid"), &uid);
    if (status != FX_OK) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("toUid"));
    }
    status = fx_store_user_find_uid(call->api->options.reader, uid, &user);
    if (status != FX_OK) {
        return fx_api_param_fail(call, status, FX_STR("toUid"));
    }
    if (user.id == call->user.id) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("toUid"));
    }
    if (fx_view_account(call->api->options.view, user.id, fx_ids_asset_str(&move->asset)) == NULL) {
        return fx_api_param_fail(call, FX_ACCOUNT_NOT_FOUND, FX_STR("toUid"));
    }
    move->to_user_id = user.id;
    return FX_OK;
}

fx_status fx_api_account_transfer(struct fx_api_call *call)
{
    struct fx_command_transfer amount;
    struct fx_command command;
    memset(&amount, 0, sizeof amount);
    memset(&command, 0, sizeof command);
    fx_status status = read_amount_of(call, &amount);
    if (status == FX_OK) {
        command.u.move.asset = amount.asset;
        command.u.move.amount = amount.amount;
        status = fx_api_param_movement_id(call, &command.u.move.client_id);
    }
    if (status == FX_OK) { /* every parameter is judged before anything is looked up */
        fx_str otp = {0};
        status = fx_api_param_find(call, FX_STR("otp"), &otp);
        status = status == FX_NOT_FOUND ? FX_OK : status;
    }
    if (status == FX_OK) {
        status = read_receiver(call, &command.u.move);
    }
    if (status != FX_OK) {
        return status;
    }
    command.kind = FX_COMMAND_TRANSFER;
    command.instrument = FX_COMMAND_ALL_INSTRUMENTS;
    command.user_id = call->user.id;
    return fx_api_totp_submit(call, &command, answer_movement);
}
