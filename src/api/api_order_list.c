/* Orders to look at: open ones from the view, ended ones from the store. */
#include <stdlib.h>
#include <string.h>

#include "api/api_int.h"
#include "api/api_param_int.h"
#include "api/api_reply_int.h"
#include "store/store_order.h"
#include "wire/wire_rows.h"

enum { POINTER_SIZE = sizeof(void *) };

static uint32_t status_of(fx_str name)
{
    return (uint32_t)fx_order_status_of(name);
}

/* All filters of both lists. */
static fx_status read_query(struct fx_api_call *call, struct fx_store_order_query *query_out)
{
    struct fx_store_order_query query;
    const struct fx_market_symbol *symbol = NULL;
    uint32_t side = 0;
    uint32_t type = 0;
    uint32_t order_status = 0;
    uint32_t contract_type = 0;
    memset(&query, 0, sizeof query);
    query.user_id = call->user.id;
    fx_status status = fx_api_param_symbol(call, &symbol);
    if (status == FX_OK) {
        status = fx_api_param_word(call, FX_STR("side"), fx_api_param_side_of, &side);
    }
    if (status == FX_OK) {
        status = fx_api_param_word(call, FX_STR("type"), fx_api_param_type_of, &type);
    }
    if (status == FX_OK) {
        status = fx_api_param_word(call, FX_STR("status"), status_of, &order_status);
    }
    if (status == FX_OK) {
        status = fx_api_param_word(
            call, FX_STR("contractType"), fx_api_param_contract_type_of, &contract_type);
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
    query.symbol = symbol == NULL ? (fx_str){0} : fx_ids_symbol_str(&symbol->definition.symbol);
    query.side = (enum fx_side)side;
    query.type = (enum fx_order_type)type;
    query.status = (enum fx_order_status)order_status;
    query.contract_type = (enum fx_contract_type)contract_type;
    *query_out = query;
    return FX_OK;
}

static bool is_asked(const struct fx_store_order_query *query, const struct fx_rows_order *row)
{
    return (query->side == 0 || query->side == row->side) &&
           (query->type == 0 || query->type == row->type || query->type == row->tp_sl_type) &&
           (query->status == 0 || query->status == row->status) &&
           (query->contract_type == 0 || query->contract_type == row->contract_type) &&
           (query->symbol.size == 0 ||
            fx_str_is_equal(query->symbol, fx_ids_symbol_str(&row->symbol))) &&
           (query->created.start_us == 0 || row->created_us >= query->created.start_us) &&
           (query->created.end_us == 0 || row->created_us <= query->created.end_us) &&
           (query->page.before_id == 0 || row->id < query->page.before_id);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): as qsort wants it
static int newer_first(const void *left, const void *right)
{
    const struct fx_rows_order *const *const left_row = left;
    const struct fx_rows_order *const *const right_row = right;
    return ((*left_row)->id < (*right_row)->id) - ((*left_row)->id > (*right_row)->id);
}

/* Pointers to what is asked for, newest first. The view walks in the order of arrival, which after
 * a dump need not be that of the ids. */
static uint32_t collect(struct fx_api *api, const struct fx_store_order_query *query)
{
    const struct fx_rows_order *row = NULL;
    uint32_t cursor = 0;
    fx_buf_clear(&api->list);
    while ((row = fx_view_next_order(api->options.view, query->user_id, &cursor)) != NULL) {
        if (is_asked(query, row)) {
            fx_buf_append(&api->list, (fx_str){(const char *)&row, POINTER_SIZE});
        }
    }
    const size_t count = api->list.size / POINTER_SIZE;
    if (count > 1) {
        qsort(api->list.data, count, POINTER_SIZE, newer_first);
    }
    return (uint32_t)count;
}

fx_status fx_api_order_list_open(struct fx_api_call *call)
{
    struct fx_api *api = call->api;
    struct fx_store_order_query query;
    const fx_status status = read_query(call, &query);
    if (status != FX_OK) {
        return status;
    }
    const uint32_t count = collect(api, &query);
    if (api->list.is_overflow) {
        return FX_NO_MEMORY;
    }
    const struct fx_rows_order *const *rows = (const void *)api->list.data;
    const uint64_t end = (uint64_t)query.page.offset + query.page.limit;
    struct fx_buf *buf = fx_api_reply_begin_list(api);
    uint64_t cursor = 0;
    for (uint64_t index = query.page.offset; index < count && index < end; index++) {
        fx_json_append_comma(buf);
        fx_wire_rows_order(buf, rows[index]);
        cursor = rows[index]->id;
    }
    fx_api_reply_send_list(api, &call->target, end < count ? cursor : 0);
    return FX_OK;
}

fx_status fx_api_order_list_history(struct fx_api_call *call)
{
    struct fx_api *api = call->api;
    struct fx_rows_order *rows = api->rows;
    struct fx_store_order_query query;
    uint32_t count = 0;
    fx_status status = read_query(call, &query);
    if (status != FX_OK) {
        return status;
    }
    query.scope = FX_STORE_ORDER_HISTORY;
    status = fx_store_order_list(api->options.reports, &query, rows, &count);
    if (status != FX_OK) {
        return status;
    }
    struct fx_buf *buf = fx_api_reply_begin_list(api);
    for (uint32_t index = 0; index < count; index++) {
        fx_json_append_comma(buf);
        fx_wire_rows_order(buf, &rows[index]);
    }
    const bool is_full = count > 0 && count == query.page.limit;
    fx_api_reply_send_list(api, &call->target, is_full ? rows[count - 1].id : 0);
    return FX_OK;
}

/* An order that is open or ended lately; the store may be behind. */
static const struct fx_rows_order *find_recent(const struct fx_api_call *call, uint64_t number)
{
    const struct fx_view *view = call->api->options.view;
    const struct fx_rows_order *row = fx_view_recent(view, call->user.id, number);
    return row != NULL ? row : fx_view_recent_by_tmp(view, call->user.id, number);
}

static fx_status find_numbered(const struct fx_api_call *call,
                               uint64_t number,
                               struct fx_rows_order *row_out)
{
    struct fx_store *store = call->api->options.reader;
    const struct fx_store_key key = {call->user.id, number};
    const struct fx_rows_order *row = find_recent(call, number);
    if (row != NULL) {
        *row_out = *row;
        return FX_OK;
    }
    if (number == 0 || number > INT64_MAX) {
        return FX_NOT_FOUND;
    }
    const fx_status status = fx_store_order_find(store, key, row_out);
    return status == FX_NOT_FOUND ? fx_store_order_find_tmp(store, key, row_out) : status;
}

/* By id or tmpId, and only then by clientOrderId: as fx_api_order_find(), but ended ones too. */
static fx_status find_any(const struct fx_api_call *call, struct fx_rows_order *row_out)
{
    struct fx_client_id client_id;
    uint64_t number = 0;
    fx_status status = FX_NOT_FOUND;
    if (fx_str_parse_u64(call->param, &number)) {
        status = find_numbered(call, number, row_out);
    }
    if (status != FX_NOT_FOUND || !fx_ids_client_id(call->param, &client_id)) {
        return status;
    }
    const struct fx_rows_order *row =
        fx_view_recent_by_client(call->api->options.view, call->user.id, call->param);
    if (row != NULL) {
        *row_out = *row;
        return FX_OK;
    }
    return fx_store_order_find_client(
        call->api->options.reader, call->user.id, &client_id, row_out);
}

fx_status fx_api_order_list_one(struct fx_api_call *call)
{
    struct fx_rows_order row;
    const fx_status status = find_any(call, &row);
    if (status != FX_OK) {
        return status == FX_NOT_FOUND ? FX_ORDER_NOT_FOUND : status;
    }
    fx_wire_rows_order(fx_api_reply_begin(call->api), &row);
    fx_api_reply_send(call->api, &call->target, 200);
    return FX_OK;
}
