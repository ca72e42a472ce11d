/* Take profit and stop loss of an order (docs/rules/triggers.md section 6): what protects it now,
 * and how that is changed. The order itself may be filled already: then its two are what is left.
 */
#include <string.h>

#include "api/api_int.h"
#include "api/api_order_int.h"
#include "api/api_param_int.h"
#include "api/api_pending_int.h"
#include "api/api_reply_int.h"
#include "wire/wire_protect.h"
#include "wire/wire_rows.h"

/* The open take profit and stop loss of an order; NULL where there is none. O(the user's orders).
 */
struct both {
    const struct fx_rows_order *take_profit;
    const struct fx_rows_order *stop_loss;
};

static struct both find_both(const struct fx_view *view, struct fx_store_key parent)
{
    struct both both = {NULL, NULL};
    uint32_t cursor = 0;
    const struct fx_rows_order *row = fx_view_next_order(view, parent.user_id, &cursor);
    while (row != NULL) {
        if (row->parent_order_id == parent.id && fx_order_type_is_take_profit(row->tp_sl_type)) {
            both.take_profit = row;
        } else if (row->parent_order_id == parent.id) {
            both.stop_loss = row;
        }
        row = fx_view_next_order(view, parent.user_id, &cursor);
    }
    return both;
}

static void append_one(struct fx_buf *buf, fx_str name, const struct fx_rows_order *row)
{
    if (row != NULL) {
        fx_json_append_key(buf, name);
        fx_wire_rows_order(buf, row);
    }
}

static void append(struct fx_buf *buf, uint64_t order_id, const struct both *both)
{
    fx_buf_append_byte(buf, '{');
    fx_json_add_int(buf, FX_STR("rootOrderId"), (int64_t)order_id);
    append_one(buf, FX_STR("tpOrder"), both->take_profit);
    append_one(buf, FX_STR("slOrder"), both->stop_loss);
    fx_buf_append_byte(buf, '}');
}

/* The order that the path names: open, or ended with one of its two still open. */
static fx_status find_root(const struct fx_api_call *call,
                           struct fx_store_key *key_out,
                           uint32_t *instrument_out)
{
    const struct fx_rows_order *row = NULL;
    struct fx_store_key key = {call->user.id, 0};
    const fx_status status = fx_api_order_find(call, call->param, &row);
    if (status == FX_OK) {
        key.id = row->id;
    } else if (status != FX_ORDER_NOT_FOUND || !fx_str_parse_u64(call->param, &key.id)) {
        return status;
    } else {
        const struct both both = find_both(call->api->options.view, key);
        row = both.take_profit != NULL ? both.take_profit : both.stop_loss;
        if (row == NULL || key.id == 0) {
            return FX_ORDER_NOT_FOUND;
        }
    }
    *key_out = key;
    *instrument_out = row->instrument;
    return FX_OK;
}

fx_status fx_api_order_tpsl_show(struct fx_api_call *call)
{
    struct fx_store_key key;
    uint32_t instrument = 0;
    const fx_status status = find_root(call, &key, &instrument);
    if (status != FX_OK) {
        return status;
    }
    const struct both both = find_both(call->api->options.view, key);
    append(fx_api_reply_begin(call->api), key.id, &both);
    fx_api_reply_send(call->api, &call->target, 200);
    return FX_OK;
}

static void answer(struct fx_api *api,
                   const struct fx_api_pending *pending,
                   const struct fx_event_result *result)
{
    const struct fx_store_key key = {pending->user_id, result->order_id};
    const struct both both = find_both(api->options.view, key);
    append(fx_api_reply_begin(api), key.id, &both);
    fx_api_reply_send(api, &pending->target, 200);
}

static fx_status read_wishes(struct fx_api_call *call,
                             const struct fx_instrument *instrument,
                             struct fx_command_protection *protection)
{
    struct fx_wire_protect protect;
    struct fx_reject reject;
    fx_str field = {0};
    fx_status status = fx_wire_protect_parse(&call->api->json, call->body, &protect, &field);
    if (status != FX_OK) {
        return fx_api_param_fail(call, status, field);
    }
    if (!protect.take_profit.is_given && !protect.stop_loss.is_given) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("takeProfit"));
    }
    memset(&reject, 0, sizeof reject);
    status = fx_wire_protect_fill(&protect, instrument, FX_COMMAND_TP_SL_KEEP, protection, &reject);
    if (status != FX_OK) {
        reject.status = status;
        return fx_api_param_reject(call, &reject);
    }
    return FX_OK;
}

fx_status fx_api_order_tpsl_set(struct fx_api_call *call)
{
    const struct fx_api_pending_wait wait = {.answer = answer};
    const struct fx_market_symbol *symbol = NULL;
    struct fx_command command;
    struct fx_store_key key;
    memset(&command, 0, sizeof command);
    fx_status status = fx_api_param_symbol(call, &symbol);
    if (status == FX_OK) {
        status = find_root(call, &key, &command.instrument);
    }
    if (status == FX_OK && symbol != NULL &&
        symbol->definition.instrument_id != command.instrument) {
        status = FX_ORDER_NOT_FOUND;
    }
    if (status != FX_OK) {
        return status;
    }
    symbol = fx_market_at(call->api->options.market, command.instrument);
    if (symbol == NULL) {
        return FX_INTERNAL; /* view and market fold the same events */
    }
    status = read_wishes(call, &symbol->definition, &command.u.order_tp_sl.protection);
    if (status != FX_OK) {
        return status;
    }
    command.kind = FX_COMMAND_ADJUST_ORDER_TP_SL;
    command.user_id = call->user.id;
    command.u.order_tp_sl.order_id = key.id;
    return fx_api_pending_submit(call, &command, &wait);
}
