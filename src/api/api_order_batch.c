/* Up to twenty orders, or twenty cancels, in one request: each is what a request of its own would
 * be, in list order, with the same answer; one that fails stops no other. */
#include "api/api_group_int.h"
#include "api/api_int.h"
#include "api/api_order_int.h"
#include "api/api_param_int.h"

enum { ORDERS_MAX = 20 };

/* One element of the list. */
static fx_status place_one(struct fx_api_call *member, const struct fx_json_token *order)
{
    if (order->kind != FX_JSON_OBJECT) {
        return fx_api_param_fail(member, FX_BAD_PARAMETER, FX_STR("orders"));
    }
    if (order->text.size > FX_API_ORDER_BODY_SIZE_MAX) {
        return fx_api_param_fail(member, FX_BODY_TOO_LARGE, FX_STR("orders"));
    }
    member->body = order;
    return fx_api_order_place(member);
}

fx_status fx_api_order_batch_place(struct fx_api_call *call)
{
    struct fx_api *api = call->api;
    const struct fx_json_token *orders = fx_json_member(&api->json, call->body, FX_STR("orders"));
    if (orders == NULL || orders->kind != FX_JSON_ARRAY || orders->count == 0 ||
        orders->count > ORDERS_MAX) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("orders"));
    }
    const uint32_t group = fx_api_group_begin(call, orders->count);
    if (group == 0) {
        return FX_BUSY;
    }
    for (uint32_t index = 0; index < orders->count; index++) {
        struct fx_api_call member = fx_api_group_call(call, group, index);
        const fx_status status = place_one(&member, fx_json_element(&api->json, orders, index));
        fx_api_group_conclude(call, &member, status);
    }
    fx_api_group_end(api, group);
    return FX_OK;
}

/* Orders to cancel: by the three names of a path, then by clientOrderId alone. */
struct names {
    fx_str texts[ORDERS_MAX];
    uint32_t count;
    uint32_t id_count; /* the first so many */
};

static fx_status read_names(struct fx_api_call *call, struct names *names)
{
    fx_status status =
        fx_api_param_list(call, FX_STR("ids"), names->texts, ORDERS_MAX, &names->id_count);
    if (status != FX_OK) {
        return status;
    }
    uint32_t client_count = 0;
    status = fx_api_param_list(call,
                               FX_STR("clientOrderIds"),
                               names->texts + names->id_count,
                               ORDERS_MAX - names->id_count,
                               &client_count);
    names->count = names->id_count + client_count;
    if (status == FX_OK && names->count == 0) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("ids"));
    }
    return status;
}

static fx_status cancel_one(struct fx_api_call *member, fx_str name, bool is_client_id)
{
    const struct fx_market_symbol *symbol = NULL;
    const struct fx_rows_order *row = NULL;
    fx_status status = fx_api_param_symbol(member, &symbol);
    if (status == FX_OK && is_client_id) {
        row = fx_view_order_by_client(member->api->options.view, member->user.id, name);
    } else if (status == FX_OK) {
        status = fx_api_order_find(member, name, &row);
    }
    if (status != FX_OK) {
        return status;
    }
    if (row == NULL || (symbol != NULL && symbol->definition.instrument_id != row->instrument)) {
        return FX_ORDER_NOT_FOUND;
    }
    return fx_api_order_cancel_row(member, row);
}

fx_status fx_api_order_batch_cancel(struct fx_api_call *call)
{
    struct names names = {.count = 0};
    const fx_status status = read_names(call, &names);
    if (status != FX_OK) {
        return status;
    }
    const uint32_t group = fx_api_group_begin(call, names.count);
    if (group == 0) {
        return FX_BUSY;
    }
    for (uint32_t index = 0; index < names.count; index++) {
        struct fx_api_call member = fx_api_group_call(call, group, index);
        fx_api_group_conclude(
            call, &member, cancel_one(&member, names.texts[index], index >= names.id_count));
    }
    fx_api_group_end(call->api, group);
    return FX_OK;
}
