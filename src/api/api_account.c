#include <string.h>

#include "api/api_int.h"
#include "api/api_param_int.h"
#include "api/api_reply_int.h"
#include "store/store_transaction.h"
#include "wire/wire_rows.h"

/* What the user's positions and orders in one asset hold. */
struct holdings {
    fx_i128 isolated;
    fx_i128 reserved;
};

static struct holdings sum_holdings(const struct fx_api_call *call, const struct fx_asset *asset)
{
    const struct fx_rows_position *row = NULL;
    struct holdings sum = {0};
    uint32_t cursor = 0;
    while ((row = fx_view_next_position(call->api->options.view, call->user.id, &cursor)) != NULL) {
        if (memcmp(&row->asset, asset, sizeof *asset) != 0) {
            continue;
        }
        sum.reserved += row->order_cost;
        if (row->margin_mode == FX_MARGIN_MODE_ISOLATED) {
            sum.isolated += row->position_margin + row->adjust_margin;
        }
    }
    return sum;
}

/* The row, and the sums that the view knows exactly. What is free depends on the mark price and is
 * the engine's to say. */
static void append_account(struct fx_buf *buf,
                           const struct fx_api_call *call,
                           const struct fx_rows_account *row)
{
    const struct holdings sum = sum_holdings(call, &row->asset);
    fx_json_append_comma(buf);
    fx_wire_rows_account(buf, row);
    if (!buf->is_overflow) {
        buf->size--; /* open the object again */
        fx_json_add_dec(buf, FX_STR("isolatedMargin"), sum.isolated);
        fx_json_add_dec(buf, FX_STR("orderMargin"), sum.reserved);
        fx_buf_append_byte(buf, '}');
    }
}

fx_status fx_api_account_list(struct fx_api_call *call)
{
    struct fx_buf *buf = fx_api_reply_begin_list(call->api);
    const struct fx_rows_account *row = NULL;
    uint32_t cursor = 0;
    while ((row = fx_view_next_account(call->api->options.view, call->user.id, &cursor)) != NULL) {
        append_account(buf, call, row);
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
    append_account(fx_api_reply_begin(call->api), call, row);
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
        status = fx_store_transaction_list(api->options.reader, &query, rows, &count);
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
