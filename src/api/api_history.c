/* What became of positions: parts that were closed, and changes of their margins. */
#include "api/api_int.h"
#include "api/api_param_int.h"
#include "api/api_reply_int.h"
#include "store/store_history.h"
#include "wire/wire_risk.h"

static fx_status read_query(struct fx_api_call *call, struct fx_store_history_query *query_out)
{
    const struct fx_market_symbol *symbol = NULL;
    *query_out = (struct fx_store_history_query){.user_id = call->user.id};
    fx_status status = fx_api_param_symbol(call, &symbol);
    if (status == FX_OK && symbol != NULL) {
        query_out->symbol = fx_ids_symbol_str(&symbol->definition.symbol);
    }
    if (status == FX_OK) {
        status = fx_api_param_span(call, &query_out->created);
    }
    return status == FX_OK ? fx_api_param_page(call, &query_out->page) : status;
}

static void append_closed(struct fx_buf *buf, const void *row)
{
    fx_wire_risk_closed(buf, row);
}

static void append_margin(struct fx_buf *buf, const void *row)
{
    fx_wire_risk_margin(buf, row);
}

fx_status fx_api_history_closed(struct fx_api_call *call)
{
    struct fx_store_history_query query;
    struct fx_api_reply_rows list = {.rows = call->api->rows,
                                     .row_size = sizeof(struct fx_rows_closed),
                                     .id_offset = offsetof(struct fx_rows_closed, id),
                                     .append = append_closed};
    fx_status status = read_query(call, &query);
    if (status == FX_OK) {
        status = fx_store_history_list_closed(
            call->api->options.reports, &query, call->api->rows, &list.count);
    }
    if (status == FX_OK) {
        list.limit = query.page.limit;
        fx_api_reply_send_rows(call->api, &call->target, &list);
    }
    return status;
}

fx_status fx_api_history_margins(struct fx_api_call *call)
{
    struct fx_store_history_query query;
    struct fx_api_reply_rows list = {.rows = call->api->rows,
                                     .row_size = sizeof(struct fx_rows_margin),
                                     .id_offset = offsetof(struct fx_rows_margin, id),
                                     .append = append_margin};
    fx_status status = read_query(call, &query);
    if (status == FX_OK) {
        status = fx_store_history_list_margins(
            call->api->options.reports, &query, call->api->rows, &list.count);
    }
    if (status == FX_OK) {
        list.limit = query.page.limit;
        fx_api_reply_send_rows(call->api, &call->target, &list);
    }
    return status;
}
