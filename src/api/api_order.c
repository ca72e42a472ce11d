/* Orders: place, amend, cancel. Each becomes one command; the answer is written when its RESULT is
 * durable. A plain POST answers 202 only for an order that the engine accepted: its "no" is known
 * by then and is said at once, with the status that it has. */
#include <string.h>

#include "api/api_int.h"
#include "api/api_order_int.h"
#include "api/api_param_int.h"
#include "api/api_pending_int.h"
#include "api/api_reply_int.h"
#include "store/store_order.h"
#include "wire/wire_place.h"
#include "wire/wire_rows.h"

enum { MS_PER_S = 1000, US_PER_MS = 1000, TMP_ID_BITS = 20, WAIT_S_MAX = 3600 };

/* Wall milliseconds and a counter: rises always, also over a restart. */
static uint64_t next_tmp_id(struct fx_api *api)
{
    const int64_t now_ms = api->options.wall_us(api->options.clock_self) / US_PER_MS;
    const uint64_t now = (uint64_t)now_ms << TMP_ID_BITS;
    api->tmp_last = now > api->tmp_last ? now : api->tmp_last + 1;
    return api->tmp_last;
}

/* ---- place ------------------------------------------------------------------------------------
 */

static void answer_pending(struct fx_api *api,
                           const struct fx_api_pending *pending,
                           const struct fx_event_result *result)
{
    struct fx_buf *buf = fx_api_reply_begin(api);
    /* A repeated clientOrderId is told the number that the first one got. */
    const uint64_t tmp_id = result->tmp_id != 0 ? result->tmp_id : pending->tmp_id;
    fx_buf_append_byte(buf, '{');
    fx_json_add_id(buf, FX_STR("tmpId"), tmp_id);
    fx_json_add_str(buf, FX_STR("status"), FX_STR("PENDING"));
    fx_buf_append_byte(buf, '}');
    fx_api_reply_send(api, &pending->target, 202);
}

static void answer_row(struct fx_api *api,
                       const struct fx_api_pending *pending,
                       const struct fx_event_result *result,
                       int http_status)
{
    const struct fx_store_key key = {pending->user_id, result->order_id};
    struct fx_rows_order row;
    const fx_status status = fx_api_pending_row(api, key, &row);
    struct fx_buf *buf = fx_api_reply_begin(api);
    if (status == FX_OK) {
        fx_wire_rows_order(buf, &row);
    } else {
        /* Done, but the row is on its way to the store: say what the engine said. */
        fx_buf_append_byte(buf, '{');
        fx_json_add_int(buf, FX_STR("id"), (int64_t)result->order_id);
        fx_json_add_id(buf, FX_STR("tmpId"), result->tmp_id);
        if (result->order_status != 0) {
            const enum fx_order_status said = (enum fx_order_status)result->order_status;
            fx_json_add_str(buf, FX_STR("status"), fx_str_of(fx_order_status_name(said)));
        }
        fx_buf_append_byte(buf, '}');
    }
    fx_api_reply_send(api, &pending->target, http_status);
}

static void answer_created(struct fx_api *api,
                           const struct fx_api_pending *pending,
                           const struct fx_event_result *result)
{
    answer_row(api, pending, result, 201);
}

static void answer_changed(struct fx_api *api,
                           const struct fx_api_pending *pending,
                           const struct fx_event_result *result)
{
    answer_row(api, pending, result, 200);
}

/* "Prefer: wait=5" (RFC 7240 section 4.3) in milliseconds; 0 where it does not ask to wait. */
static uint32_t preferred_ms(const struct fx_net_http_request *request)
{
    const fx_str text = fx_net_http_value(request, FX_STR("prefer"));
    const fx_str name = FX_STR("wait=");
    size_t from = 0;
    while (from < text.size) {
        const size_t comma = fx_str_find(text, ',', from);
        const size_t end = comma == SIZE_MAX ? text.size : comma;
        const fx_str part = fx_str_trim(fx_str_slice(text, from, end - from));
        uint64_t seconds = 0;
        if (fx_str_has_prefix(part, name) &&
            fx_str_parse_u64(fx_str_slice(part, name.size, part.size), &seconds)) {
            return (uint32_t)(seconds < WAIT_S_MAX ? seconds : WAIT_S_MAX) * MS_PER_S;
        }
        from = end + 1;
    }
    return 0;
}

static fx_status read_wait(struct fx_api_call *call, struct fx_api_pending_wait *wait)
{
    fx_str text = {0};
    const fx_status status =
        call->api->pair_count == 0 ? FX_NOT_FOUND : fx_api_param_find(call, FX_STR("wait"), &text);
    wait->wait_ms = preferred_ms(call->request);
    wait->answer = wait->wait_ms != 0 ? answer_created : answer_pending;
    if (status == FX_NOT_FOUND) {
        return FX_OK;
    }
    if (status != FX_OK || !fx_str_is_equal(text, FX_STR("result"))) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("wait"));
    }
    wait->answer = answer_created;
    return FX_OK;
}

/* Syntax was judged before; now symbol, types, filters without state. */
fx_status fx_api_order_read(struct fx_api_call *call, struct fx_command *command_out)
{
    const struct fx_json *json = &call->api->json;
    struct fx_wire_place place;
    struct fx_reject reject;
    fx_str symbol = {0};
    fx_str field = {0};
    fx_status status = fx_wire_place_symbol(json, call->body, &symbol);
    if (status != FX_OK) {
        return fx_api_param_fail(call, status, FX_STR("symbol"));
    }
    const struct fx_market_symbol *market = fx_market_find(call->api->options.market, symbol);
    if (market == NULL) {
        return fx_api_param_fail(call, FX_UNKNOWN_SYMBOL, FX_STR("symbol"));
    }
    status = fx_wire_place_parse(json, call->body, &place, &field);
    if (status != FX_OK) {
        return fx_api_param_fail(call, status, field);
    }
    memset(&reject, 0, sizeof reject);
    status = fx_wire_place_command(&place, &market->definition, command_out, &reject);
    if (status != FX_OK) {
        reject.status = status;
        return fx_api_param_reject(call, &reject);
    }
    command_out->user_id = call->user.id;
    return call->user.is_trade_allowed || !fx_command_is_opening(command_out)
               ? FX_OK
               : FX_TRADING_NOT_ALLOWED;
}

fx_status fx_api_order_place(struct fx_api_call *call)
{
    struct fx_api_pending_wait wait = {0};
    struct fx_command command;
    memset(&command, 0, sizeof command);
    fx_status status = read_wait(call, &wait);
    if (status == FX_OK) {
        status = fx_api_order_read(call, &command);
    }
    if (status != FX_OK) {
        return status;
    }
    command.u.place.tmp_id = next_tmp_id(call->api);
    return fx_api_pending_submit(call, &command, &wait);
}

fx_status fx_api_order_submit(struct fx_api_call *call, struct fx_command *command)
{
    const struct fx_api_pending_wait wait = {.answer = answer_created};
    command->u.place.tmp_id = next_tmp_id(call->api);
    return fx_api_pending_submit(call, command, &wait);
}

/* ---- one open order ---------------------------------------------------------------------------
 */

fx_status fx_api_order_is_stored(const struct fx_api_call *call,
                                 uint64_t number,
                                 bool *is_stored_out)
{
    struct fx_store *store = call->api->options.reader;
    const struct fx_store_key key = {call->user.id, number};
    struct fx_rows_order row;
    fx_status status = FX_NOT_FOUND;
    if (number != 0 && number <= INT64_MAX) {
        status = fx_store_order_find(store, key, &row);
        if (status == FX_NOT_FOUND) {
            status = fx_store_order_find_tmp(store, key, &row);
        }
    }
    *is_stored_out = status == FX_OK;
    return status == FX_NOT_FOUND ? FX_OK : status;
}

fx_status fx_api_order_find(const struct fx_api_call *call,
                            fx_str text,
                            const struct fx_rows_order **row_out)
{
    const struct fx_view *view = call->api->options.view;
    const uint64_t user_id = call->user.id;
    const struct fx_rows_order *row = NULL;
    uint64_t number = 0;
    bool is_stored = false;
    const bool is_number = fx_str_parse_u64(text, &number);
    if (is_number) {
        row = fx_view_recent(view, user_id, number);
        if (row == NULL) {
            row = fx_view_recent_by_tmp(view, user_id, number);
        }
    }
    if (row == NULL) {
        row = fx_view_order_by_client(view, user_id, text);
        const fx_status status =
            row != NULL && is_number ? fx_api_order_is_stored(call, number, &is_stored) : FX_OK;
        if (status != FX_OK) {
            return status;
        }
    }
    if (row == NULL || is_stored || fx_order_status_is_final(row->status)) {
        return FX_ORDER_NOT_FOUND;
    }
    *row_out = row;
    return FX_OK;
}

static fx_status find_named(struct fx_api_call *call, const struct fx_rows_order **row_out)
{
    const struct fx_market_symbol *symbol = NULL;
    const struct fx_rows_order *row = NULL;
    fx_status status = fx_api_param_symbol(call, &symbol);
    if (status == FX_OK) {
        status = fx_api_order_find(call, call->param, &row);
    }
    if (status != FX_OK) {
        return status;
    }
    if (symbol != NULL && symbol->definition.instrument_id != row->instrument) {
        return FX_ORDER_NOT_FOUND;
    }
    *row_out = row;
    return FX_OK;
}

fx_status fx_api_order_cancel_row(struct fx_api_call *call, const struct fx_rows_order *row)
{
    const struct fx_api_pending_wait wait = {.answer = answer_changed};
    struct fx_command command;
    memset(&command, 0, sizeof command);
    command.kind = FX_COMMAND_CANCEL_ORDER;
    command.instrument = row->instrument;
    command.user_id = call->user.id;
    command.u.cancel.order_id = row->id;
    return fx_api_pending_submit(call, &command, &wait);
}

fx_status fx_api_order_cancel(struct fx_api_call *call)
{
    const struct fx_rows_order *row = NULL;
    const fx_status status = find_named(call, &row);
    return status == FX_OK ? fx_api_order_cancel_row(call, row) : status;
}

/* A price in ticks under one of several names; 0 where absent: keep. */
static fx_status read_price(struct fx_api_call *call,
                            const struct fx_instrument *instrument,
                            const fx_str names[],
                            uint32_t count,
                            int64_t *ticks_out)
{
    struct fx_reject reject;
    fx_px price = {0};
    memset(&reject, 0, sizeof reject);
    for (uint32_t index = 0; index < count; index++) {
        fx_i128 units = 0;
        const fx_status status = fx_api_param_decimal(call, names[index], &units);
        if (status == FX_NOT_FOUND) {
            continue;
        }
        if (status != FX_OK || price.ticks != 0) { /* or given twice */
            return fx_api_param_fail(
                call, status != FX_OK ? status : FX_BAD_PARAMETER, names[index]);
        }
        if (fx_instrument_ticks(instrument, units, &price, &reject) != FX_OK) {
            const fx_status refused = fx_api_param_reject(call, &reject);
            return fx_api_param_fail(call, refused, names[index]);
        }
    }
    *ticks_out = price.ticks;
    return FX_OK;
}

static fx_status read_total(struct fx_api_call *call,
                            const struct fx_instrument *instrument,
                            int64_t *lots_out)
{
    struct fx_reject reject;
    fx_i128 units = 0;
    fx_qty quantity = {0};
    memset(&reject, 0, sizeof reject);
    const fx_status status = fx_api_param_decimal(call, FX_STR("quantity"), &units);
    if (status == FX_OK && fx_instrument_lots(instrument, units, &quantity, &reject) != FX_OK) {
        return fx_api_param_reject(call, &reject);
    }
    *lots_out = quantity.lots;
    return status == FX_NOT_FOUND ? FX_OK : status;
}

/* New price and total quantity, and the trigger price of an order that still waits. */
static fx_status read_amend(struct fx_api_call *call,
                            const struct fx_instrument *instrument,
                            const struct fx_rows_order *row,
                            struct fx_command *command)
{
    static const fx_str PRICE[] = {{"price", 5}};
    static const fx_str TRIGGER[] = {{"triggerPrice", 12}, {"stopPrice", 9}, {"tpSLPrice", 9}};
    static const fx_str ACTIVATION[] = {{"activationPrice", 15}};
    const bool is_waiting =
        row->status == FX_ORDER_STATUS_UNTRIGGERED || row->status == FX_ORDER_STATUS_PENDING;
    const bool is_trailing = row->tp_sl_type == FX_ORDER_TYPE_TRAILING_STOP;
    struct fx_command_amend_conditional *amend = &command->u.amend_conditional;
    int64_t trigger = 0;
    int64_t activation = 0;
    fx_status status = read_price(call, instrument, PRICE, 1, &amend->amend.price_ticks);
    if (status == FX_OK) {
        status = read_total(call, instrument, &amend->amend.lots);
    }
    if (status == FX_OK) {
        status = read_price(call, instrument, TRIGGER, 3, &trigger);
    }
    if (status == FX_OK) {
        status = read_price(call, instrument, ACTIVATION, 1, &activation);
    }
    if (status != FX_OK) {
        return status;
    }
    const int64_t ticks = is_trailing ? activation : trigger;
    if (trigger + activation != 0 && (ticks == 0 || !is_waiting)) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, trigger != 0 ? TRIGGER[0] : ACTIVATION[0]);
    }
    if (ticks == 0 && amend->amend.price_ticks == 0 && amend->amend.lots == 0) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("price"));
    }
    call->error.field = (fx_str){0};
    command->kind = FX_COMMAND_AMEND_ORDER;
    if (is_waiting) {
        command->kind = FX_COMMAND_AMEND_CONDITIONAL;
        amend->trigger_ticks = ticks;
    }
    return FX_OK;
}

fx_status fx_api_order_amend(struct fx_api_call *call)
{
    const struct fx_rows_order *row = NULL;
    const struct fx_api_pending_wait wait = {.answer = answer_changed};
    struct fx_command command;
    fx_status status = find_named(call, &row);
    if (status != FX_OK) {
        return status;
    }
    const struct fx_market_symbol *symbol =
        fx_market_at(call->api->options.market, row->instrument);
    if (symbol == NULL) {
        return FX_INTERNAL; /* view and market fold the same events */
    }
    memset(&command, 0, sizeof command);
    status = read_amend(call, &symbol->definition, row, &command);
    if (status != FX_OK) {
        return status;
    }
    command.instrument = row->instrument;
    command.user_id = call->user.id;
    command.u.amend.order_id = row->id;
    return fx_api_pending_submit(call, &command, &wait);
}

/* ---- many -------------------------------------------------------------------------------------
 */

static struct fx_command make_cancel_all(const struct fx_api_pending *pending)
{
    struct fx_command command;
    memset(&command, 0, sizeof command);
    command.kind = FX_COMMAND_CANCEL_ALL;
    command.instrument = pending->instrument;
    command.user_id = pending->user_id;
    command.u.cancel_all = pending->cancel_all;
    return command;
}

/* The first instrument from `from` on, of this contract type, on which the user has open orders. */
static uint32_t find_instrument(const struct fx_view *view,
                                const struct fx_api_pending *pending,
                                uint32_t from)
{
    const struct fx_rows_order *row = NULL;
    uint32_t found = FX_COMMAND_ALL_INSTRUMENTS;
    uint32_t cursor = 0;
    while ((row = fx_view_next_order(view, pending->user_id, &cursor)) != NULL) {
        if (row->contract_type == pending->contract_type && row->instrument >= from &&
            row->instrument < found) {
            found = row->instrument;
        }
    }
    return found;
}

/* What a CANCEL_ALL left to do: the rest of its symbol, then the next symbol of its contract type.
 */
static bool has_next_part(const struct fx_api *api,
                          struct fx_api_pending *next,
                          const struct fx_event_result *result)
{
    if (result->has_more != 0) {
        return true;
    }
    if (next->contract_type == 0) {
        return false;
    }
    next->instrument = find_instrument(api->options.view, next, next->instrument + 1);
    return next->instrument != FX_COMMAND_ALL_INSTRUMENTS;
}

static void send_count(struct fx_api *api, const struct fx_api_pending *pending, bool has_more)
{
    struct fx_buf *buf = fx_api_reply_begin(api);
    fx_buf_append_byte(buf, '{');
    fx_json_add_int(buf, FX_STR("count"), pending->count);
    if (has_more) {
        fx_json_add_bool(buf, FX_STR("hasMore"), true);
    }
    fx_buf_append_byte(buf, '}');
    fx_api_reply_send(api, &pending->target, 200);
}

/* One command ends a bounded number of orders, of one symbol or of all; go on until none is left.
 * Where the intake is full in between, the client is told that there are more. */
static void answer_count(struct fx_api *api,
                         const struct fx_api_pending *pending,
                         const struct fx_event_result *result)
{
    struct fx_api_pending next = *pending;
    next.count += result->count;
    const bool has_more = has_next_part(api, &next, result);
    if (has_more) {
        const struct fx_command command = make_cancel_all(&next);
        if (fx_api_pending_submit_more(api, &next, &command) == FX_OK) {
            return;
        }
    }
    send_count(api, &next, has_more);
}

static uint32_t scope_of(fx_str name)
{
    if (fx_str_is_equal(name, FX_STR("ALL"))) {
        return FX_CANCEL_SCOPE_ALL;
    }
    if (fx_str_is_equal(name, FX_STR("LIMIT"))) {
        return FX_CANCEL_SCOPE_LIMIT;
    }
    return fx_str_is_equal(name, FX_STR("STOP")) ? FX_CANCEL_SCOPE_STOP : 0;
}

static fx_status read_cancel_all(struct fx_api_call *call, struct fx_api_pending_wait *wait)
{
    const struct fx_market_symbol *symbol = NULL;
    uint32_t scope = 0;
    uint32_t contract_type = 0;
    fx_status status = fx_api_param_symbol(call, &symbol);
    if (status == FX_OK) {
        status = fx_api_param_word(call, FX_STR("type"), scope_of, &scope);
    }
    if (status == FX_OK) {
        status =
            fx_api_param_word(call, FX_STR("side"), fx_api_param_side_of, &wait->cancel_all.side);
    }
    if (status == FX_OK) {
        status = fx_api_param_word(
            call, FX_STR("contractType"), fx_api_param_contract_type_of, &contract_type);
    }
    if (status != FX_OK) {
        return status;
    }
    wait->cancel_all.scope = scope == 0 ? FX_CANCEL_SCOPE_ALL : scope;
    wait->instrument = FX_COMMAND_ALL_INSTRUMENTS;
    wait->contract_type = (enum fx_contract_type)contract_type;
    if (symbol != NULL) {
        wait->instrument = symbol->definition.instrument_id;
        wait->contract_type = 0;
        if (contract_type != 0 && contract_type != symbol->definition.contract_type) {
            return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("contractType"));
        }
    }
    return FX_OK;
}

fx_status fx_api_order_cancel_all(struct fx_api_call *call)
{
    struct fx_api_pending_wait wait = {.answer = answer_count};
    const fx_status status = read_cancel_all(call, &wait);
    if (status != FX_OK) {
        return status;
    }
    struct fx_api_pending first = {.target = call->target,
                                   .user_id = call->user.id,
                                   .instrument = wait.instrument,
                                   .cancel_all = wait.cancel_all,
                                   .contract_type = wait.contract_type};
    if (first.contract_type != 0) {
        first.instrument = find_instrument(call->api->options.view, &first, 0);
        if (first.instrument == FX_COMMAND_ALL_INSTRUMENTS) {
            send_count(call->api, &first, false);
            return FX_OK;
        }
        wait.instrument = first.instrument;
    }
    const struct fx_command command = make_cancel_all(&first);
    return fx_api_pending_submit(call, &command, &wait);
}
