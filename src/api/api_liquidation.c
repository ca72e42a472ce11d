/* The steps of liquidations: own ones, and all for admins. */
#include "api/api_int.h"
#include "api/api_param_int.h"
#include "api/api_reply_int.h"
#include "store/store_liquidation.h"
#include "wire/wire_risk.h"

static fx_status read_step(struct fx_api_call *call, fx_str *step_out)
{
    const fx_str name = FX_STR("step");
    const fx_status status = fx_api_param_find(call, name, step_out);
    if (status == FX_NOT_FOUND) {
        return FX_OK;
    }
    return status == FX_OK && fx_event_risk_step_of(*step_out) == 0
               ? fx_api_param_fail(call, FX_BAD_PARAMETER, name)
               : status;
}

static fx_status read_query(struct fx_api_call *call, struct fx_store_liquidation_query *query)
{
    const struct fx_market_symbol *symbol = NULL;
    fx_status status = fx_api_param_symbol(call, &symbol);
    if (status == FX_OK && symbol != NULL) {
        query->symbol = fx_ids_symbol_str(&symbol->definition.symbol);
    }
    if (status == FX_OK) {
        status = read_step(call, &query->step);
    }
    if (status == FX_OK) {
        status = fx_api_param_span(call, &query->created);
    }
    return status == FX_OK ? fx_api_param_page(call, &query->page) : status;
}

static void append_own(struct fx_buf *buf, const void *row)
{
    fx_wire_risk_liquidation(buf, row, false);
}

static void append_whole(struct fx_buf *buf, const void *row)
{
    fx_wire_risk_liquidation(buf, row, true);
}

static fx_status send_list(struct fx_api_call *call,
                           struct fx_store_liquidation_query *query,
                           fx_api_reply_append_fn append)
{
    struct fx_rows_liquidation *rows = call->api->rows;
    uint32_t count = 0;
    fx_status status = read_query(call, query);
    if (status == FX_OK) {
        status = fx_store_liquidation_list(call->api->options.reports, query, rows, &count);
    }
    if (status == FX_OK) {
        const struct fx_api_reply_rows list = {.rows = rows,
                                               .row_size = sizeof *rows,
                                               .id_offset =
                                                   offsetof(struct fx_rows_liquidation, id),
                                               .count = count,
                                               .limit = query->page.limit,
                                               .append = append};
        fx_api_reply_send_rows(call->api, &call->target, &list);
    }
    return status;
}

fx_status fx_api_liquidation_own(struct fx_api_call *call)
{
    struct fx_store_liquidation_query query = {.user_id = call->user.id};
    return send_list(call, &query, append_own);
}

fx_status fx_api_liquidation_all(struct fx_api_call *call)
{
    struct fx_store_liquidation_query query = {0};
    const fx_str name = FX_STR("userId");
    fx_status status = fx_api_param_u64(call, name, &query.user_id);
    if (status == FX_OK && query.user_id > INT64_MAX) {
        status = fx_api_param_fail(call, FX_BAD_PARAMETER, name);
    }
    return status == FX_OK ? send_list(call, &query, append_whole) : status;
}
