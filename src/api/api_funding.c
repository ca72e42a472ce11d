/* Funding, insurance funds and liquidations: what the instruments say, and what the tables hold.
 * Nothing is estimated: a figure that the engine has not made is left out. */
#include "api/api_funding_int.h"
#include "api/api_param_int.h"
#include "api/api_reply_int.h"
#include "store/store_funding.h"
#include "store/store_trade.h"
#include "wire/wire_funding.h"

/* ---- now --------------------------------------------------------------------------------------
 */

void fx_api_funding_state(const struct fx_market_symbol *symbol,
                          struct fx_wire_funding_rate *state_out)
{
    *state_out = (struct fx_wire_funding_rate){
        .mark = symbol->mark,
        .mark_us = symbol->mark_us,
        .next_us = symbol->mark.next_funding_us,
        .paid_ppb = symbol->funding.rate_ppb,
        .paid_us = symbol->funding.is_skipped != 0 ? 0 : symbol->funding.instant_us,
        .lowest_rate_ppb = symbol->definition.tier_count > 0 ? symbol->tiers[0].rate_ppb : 0};
}

static void append_rate(struct fx_buf *buf,
                        const struct fx_api *api,
                        const struct fx_market_symbol *symbol)
{
    struct fx_wire_funding_rate rate;
    (void)api;
    fx_api_funding_state(symbol, &rate);
    fx_wire_funding_rate(buf, &symbol->definition, &rate);
}

fx_status fx_api_funding_rates(struct fx_api_call *call)
{
    return fx_api_market_send(call, append_rate);
}

fx_status fx_api_funding_rate(struct fx_api_call *call)
{
    const struct fx_market_symbol *symbol = NULL;
    const fx_status status = fx_api_param_path_symbol(call, &symbol);
    if (status == FX_OK) {
        append_rate(fx_api_reply_begin(call->api), call->api, symbol);
        fx_api_reply_send(call->api, &call->target, 200);
    }
    return status;
}

/* ---- lists ------------------------------------------------------------------------------------
 */

static fx_status read_query(struct fx_api_call *call, struct fx_store_funding_query *query_out)
{
    struct fx_store_funding_query query = {.user_id = call->user.id};
    const struct fx_market_symbol *symbol = NULL;
    fx_status status = fx_api_param_symbol(call, &symbol);
    if (status == FX_OK && symbol != NULL) {
        query.symbol = fx_ids_symbol_str(&symbol->definition.symbol);
    }
    if (status == FX_OK) {
        status = fx_api_param_find(call, FX_STR("asset"), &query.asset);
        status = status == FX_NOT_FOUND ? FX_OK : status;
    }
    if (status == FX_OK) {
        status = fx_api_param_span(call, &query.span);
    }
    if (status == FX_OK) {
        status = fx_api_param_page(call, &query.page);
    }
    if (status == FX_OK) {
        *query_out = query;
    }
    return status;
}

static void append_funding(struct fx_buf *buf, const void *row)
{
    fx_wire_funding_row(buf, row);
}

static void append_payment(struct fx_buf *buf, const void *row)
{
    fx_wire_funding_payment(buf, row);
}

static void append_insurance(struct fx_buf *buf, const void *row)
{
    fx_wire_funding_insurance(buf, row);
}

static void append_liquidation(struct fx_buf *buf, const void *row)
{
    fx_wire_funding_liquidation(buf, row);
}

#define ROWS(type, given, number, page_limit, function)                                            \
    (struct fx_api_reply_rows)                                                                     \
    {                                                                                              \
        .rows = (given), .row_size = sizeof(type), .id_offset = offsetof(type, id),                \
        .count = (number), .limit = (page_limit), .append = (function)                             \
    }

fx_status fx_api_funding_history(struct fx_api_call *call)
{
    struct fx_rows_funding *rows = call->api->rows;
    struct fx_store_funding_query query;
    uint32_t count = 0;
    fx_status status = read_query(call, &query);
    if (status == FX_OK) {
        status = fx_store_funding_list(call->api->options.reports, &query, rows, &count);
    }
    if (status != FX_OK) {
        return status;
    }
    const struct fx_api_reply_rows list =
        ROWS(struct fx_rows_funding, rows, count, query.page.limit, append_funding);
    fx_api_reply_send_rows(call->api, &call->target, &list);
    return FX_OK;
}

fx_status fx_api_funding_payments(struct fx_api_call *call)
{
    struct fx_rows_funding_payment *rows = call->api->rows;
    struct fx_store_funding_query query;
    uint32_t count = 0;
    fx_status status = read_query(call, &query);
    if (status == FX_OK) {
        status = fx_store_funding_list_payments(call->api->options.reports, &query, rows, &count);
    }
    if (status != FX_OK) {
        return status;
    }
    const struct fx_api_reply_rows list =
        ROWS(struct fx_rows_funding_payment, rows, count, query.page.limit, append_payment);
    fx_api_reply_send_rows(call->api, &call->target, &list);
    return FX_OK;
}

fx_status fx_api_funding_insurance(struct fx_api_call *call)
{
    struct fx_rows_funding_insurance *rows = call->api->rows;
    struct fx_store_funding_query query;
    uint32_t count = 0;
    fx_status status = read_query(call, &query);
    if (status == FX_OK) {
        status = fx_store_funding_list_insurance(call->api->options.reports, &query, rows, &count);
    }
    if (status != FX_OK) {
        return status;
    }
    const struct fx_api_reply_rows list =
        ROWS(struct fx_rows_funding_insurance, rows, count, query.page.limit, append_insurance);
    fx_api_reply_send_rows(call->api, &call->target, &list);
    return FX_OK;
}

/* ---- funds ------------------------------------------------------------------------------------
 */

void fx_api_funding_append_funds(struct fx_buf *buf, const struct fx_market *market, fx_str asset)
{
    for (uint32_t index = 0; index < market->fund_count; index++) {
        const struct fx_market_fund *fund = &market->funds[index];
        const struct fx_wire_funding_fund row = {fund->asset, fund->balance, fund->time_us};
        if (asset.size == 0 || fx_str_is_equal(asset, fx_ids_asset_str(&fund->asset))) {
            fx_json_append_comma(buf);
            fx_wire_funding_fund(buf, &row);
        }
    }
}

fx_status fx_api_funding_funds(struct fx_api_call *call)
{
    fx_str asset = {0};
    const fx_status status = fx_api_param_find(call, FX_STR("asset"), &asset);
    if (status != FX_OK && status != FX_NOT_FOUND) {
        return status;
    }
    struct fx_buf *buf = fx_api_reply_begin_list(call->api);
    fx_api_funding_append_funds(buf, call->api->options.market, asset);
    fx_api_reply_send_list(call->api, &call->target, 0);
    return FX_OK;
}

/* ---- trades of liquidations -------------------------------------------------------------------
 */

fx_status fx_api_funding_liquidations(struct fx_api_call *call)
{
    struct fx_api *api = call->api;
    struct fx_rows_trade *rows = api->rows;
    const struct fx_market_symbol *symbol = NULL;
    struct fx_store_page page;
    uint32_t count = 0;
    fx_status status = fx_api_param_symbol(call, &symbol);
    if (status == FX_OK && symbol == NULL) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("symbol"));
    }
    if (status == FX_OK) {
        status = fx_api_param_page(call, &page);
    }
    if (status == FX_OK) {
        status = fx_store_trade_list_noted(api->options.reports,
                                           fx_ids_symbol_str(&symbol->definition.symbol),
                                           &page,
                                           rows,
                                           &count);
    }
    if (status != FX_OK) {
        return status;
    }
    const struct fx_api_reply_rows list =
        ROWS(struct fx_rows_trade, rows, count, page.limit, append_liquidation);
    fx_api_reply_send_rows(api, &call->target, &list);
    return FX_OK;
}
