/* Funding, insurance funds and liquidations: what the instruments say, and what the tables hold.
 * Nothing is estimated: a figure that the engine has not made is left out. */
#include "api/api_int.h"
#include "api/api_param_int.h"
#include "api/api_reply_int.h"
#include "store/store_funding.h"
#include "store/store_trade.h"
#include "wire/wire_funding.h"

/* ---- now --------------------------------------------------------------------------------------
 */

static void append_rate(struct fx_buf *buf,
                        const struct fx_api *api,
                        const struct fx_market_symbol *symbol)
{
    const struct fx_wire_funding_rate rate = {
        .mark_ticks = symbol->mark_ticks,
        .index_ticks = symbol->index_ticks,
        .mark_us = symbol->mark_us,
        .next_us = fx_api_market_next_funding(api, &symbol->definition),
        .lowest_rate_ppb = symbol->definition.tier_count > 0 ? symbol->tiers[0].rate_ppb : 0};
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

/* The cursor behind a page: 0 where it was the last one. */
static uint64_t cursor_of(const struct fx_store_page *page, uint32_t count, uint64_t last_id)
{
    return count == page->limit ? last_id : 0;
}

fx_status fx_api_funding_history(struct fx_api_call *call)
{
    struct fx_api *api = call->api;
    struct fx_rows_funding *rows = api->rows;
    struct fx_store_funding_query query;
    uint32_t count = 0;
    fx_status status = read_query(call, &query);
    if (status == FX_OK) {
        status = fx_store_funding_list(api->options.reader, &query, rows, &count);
    }
    if (status != FX_OK) {
        return status;
    }
    struct fx_buf *buf = fx_api_reply_begin_list(api);
    for (uint32_t index = 0; index < count; index++) {
        fx_json_append_comma(buf);
        fx_wire_funding_row(buf, &rows[index]);
    }
    const uint64_t last = count > 0 ? rows[count - 1].id : 0;
    fx_api_reply_send_list(api, &call->target, cursor_of(&query.page, count, last));
    return FX_OK;
}

fx_status fx_api_funding_payments(struct fx_api_call *call)
{
    struct fx_api *api = call->api;
    struct fx_rows_funding_payment *rows = api->rows;
    struct fx_store_funding_query query;
    uint32_t count = 0;
    fx_status status = read_query(call, &query);
    if (status == FX_OK) {
        status = fx_store_funding_list_payments(api->options.reader, &query, rows, &count);
    }
    if (status != FX_OK) {
        return status;
    }
    struct fx_buf *buf = fx_api_reply_begin_list(api);
    for (uint32_t index = 0; index < count; index++) {
        fx_json_append_comma(buf);
        fx_wire_funding_payment(buf, &rows[index]);
    }
    const uint64_t last = count > 0 ? rows[count - 1].id : 0;
    fx_api_reply_send_list(api, &call->target, cursor_of(&query.page, count, last));
    return FX_OK;
}

fx_status fx_api_funding_insurance(struct fx_api_call *call)
{
    struct fx_api *api = call->api;
    struct fx_rows_funding_insurance *rows = api->rows;
    struct fx_store_funding_query query;
    uint32_t count = 0;
    fx_status status = read_query(call, &query);
    if (status == FX_OK) {
        status = fx_store_funding_list_insurance(api->options.reader, &query, rows, &count);
    }
    if (status != FX_OK) {
        return status;
    }
    struct fx_buf *buf = fx_api_reply_begin_list(api);
    for (uint32_t index = 0; index < count; index++) {
        fx_json_append_comma(buf);
        fx_wire_funding_insurance(buf, &rows[index]);
    }
    const uint64_t last = count > 0 ? rows[count - 1].id : 0;
    fx_api_reply_send_list(api, &call->target, cursor_of(&query.page, count, last));
    return FX_OK;
}

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
        status = fx_store_trade_list_noted(api->options.reader,
                                           fx_ids_symbol_str(&symbol->definition.symbol),
                                           &page,
                                           rows,
                                           &count);
    }
    if (status != FX_OK) {
        return status;
    }
    struct fx_buf *buf = fx_api_reply_begin_list(api);
    for (uint32_t index = 0; index < count; index++) {
        fx_json_append_comma(buf);
        fx_wire_funding_liquidation(buf, &rows[index]);
    }
    const uint64_t last = count > 0 ? rows[count - 1].id : 0;
    fx_api_reply_send_list(api, &call->target, cursor_of(&page, count, last));
    return FX_OK;
}
