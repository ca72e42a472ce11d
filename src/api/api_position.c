#include <string.h>

#include "api/api_int.h"
#include "api/api_param_int.h"
#include "api/api_pending_int.h"
#include "api/api_position_int.h"
#include "api/api_reply_int.h"
#include "wire/wire_place.h"

static uint32_t margin_mode_of(fx_str name)
{
    return (uint32_t)fx_order_margin_mode_of(name);
}

uint32_t fx_api_position_side_of(fx_str name)
{
    return (uint32_t)fx_order_position_side_of(name);
}

/* Positions of a user, all or of one symbol (NULL: all). */
static void send_positions(struct fx_api_call *call, const struct fx_market_symbol *symbol)
{
    struct fx_buf *buf = fx_api_reply_begin_list(call->api);
    const struct fx_rows_position *row = NULL;
    uint32_t cursor = 0;
    while ((row = fx_view_next_position(call->api->options.view, call->user.id, &cursor)) != NULL) {
        if (symbol == NULL || symbol->definition.instrument_id == row->instrument) {
            fx_json_append_comma(buf);
            fx_api_reply_append_position(buf, call->api->options.view, row);
        }
    }
    fx_api_reply_send_list(call->api, &call->target, 0);
}

fx_status fx_api_position_list(struct fx_api_call *call)
{
    const struct fx_market_symbol *symbol = NULL;
    const fx_status status = fx_api_param_symbol(call, &symbol);
    if (status == FX_OK) {
        send_positions(call, symbol);
    }
    return status;
}

fx_status fx_api_position_one(struct fx_api_call *call)
{
    const struct fx_market_symbol *symbol = NULL;
    const fx_status status = fx_api_param_path_symbol(call, &symbol);
    if (status == FX_OK) {
        send_positions(call, symbol);
    }
    return status;
}

/* By symbol, or by the seed's instrumentId, which counts from 1. */
fx_status fx_api_position_symbol(struct fx_api_call *call,
                                 const struct fx_market_symbol **symbol_out)
{
    uint64_t number = 0;
    fx_status status = fx_api_param_symbol(call, symbol_out);
    if (status != FX_OK || *symbol_out != NULL) {
        return status;
    }
    status = fx_api_param_u64(call, FX_STR("instrumentId"), &number);
    if (status != FX_OK) {
        return status;
    }
    if (number == 0) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("symbol"));
    }
    if (number <= FX_INSTRUMENTS_MAX) {
        *symbol_out = fx_market_at(call->api->options.market, (uint32_t)number - 1);
    }
    return *symbol_out != NULL ? FX_OK
                               : fx_api_param_fail(call, FX_UNKNOWN_SYMBOL, FX_STR("instrumentId"));
}

const struct fx_rows_position *fx_api_position_any(const struct fx_api *api,
                                                   uint64_t user_id,
                                                   uint32_t instrument)
{
    static const enum fx_position_side SIDES[] = {
        FX_POSITION_SIDE_BOTH, FX_POSITION_SIDE_LONG, FX_POSITION_SIDE_SHORT};
    const struct fx_rows_position *row = NULL;
    for (size_t index = 0; row == NULL && index < sizeof SIDES / sizeof SIDES[0]; index++) {
        row = fx_view_position(api->options.view, user_id, instrument, SIDES[index]);
    }
    return row;
}

/* ---- leverage and margin mode -----------------------------------------------------------------
 */

static void answer_setting(struct fx_api *api,
                           const struct fx_api_pending *pending,
                           const struct fx_event_result *result)
{
    const struct fx_market_symbol *symbol = fx_market_at(api->options.market, pending->instrument);
    const struct fx_rows_position *row =
        fx_api_position_any(api, pending->user_id, pending->instrument);
    struct fx_buf *buf = fx_api_reply_begin(api);
    /* Without a row the setting is the default, and the command changed nothing. */
    const enum fx_margin_mode mode = row == NULL ? FX_MARGIN_MODE_CROSS : row->margin_mode;
    fx_buf_append_byte(buf, '{');
    fx_json_add_int(buf, FX_STR("instrumentId"), (int64_t)pending->instrument + 1);
    if (symbol != NULL) {
        fx_json_add_str(buf, FX_STR("symbol"), fx_ids_symbol_str(&symbol->definition.symbol));
    }
    fx_json_add_dec(buf, FX_STR("leverage"), result->amount);
    fx_json_add_str(buf, FX_STR("marginMode"), fx_str_of(fx_order_margin_mode_name(mode)));
    fx_json_add_bool(buf, FX_STR("changed"), result->is_changed != 0);
    fx_buf_append_byte(buf, '}');
    fx_api_reply_send(api, &pending->target, 200);
}

static fx_status read_setting(struct fx_api_call *call, struct fx_command_leverage *setting)
{
    fx_i128 units = 0;
    fx_status status =
        fx_api_param_word(call, FX_STR("marginMode"), margin_mode_of, &setting->margin_mode);
    if (status != FX_OK) {
        return status;
    }
    status = fx_api_param_decimal(call, FX_STR("leverage"), &units);
    if (status == FX_OK) {
        status = fx_wire_place_leverage(units, &setting->leverage_centi);
    } else if (status == FX_NOT_FOUND) {
        status = setting->margin_mode == 0 ? FX_BAD_PARAMETER : FX_OK;
    }
    return status == FX_OK ? FX_OK : fx_api_param_fail(call, status, FX_STR("leverage"));
}

fx_status fx_api_position_leverage(struct fx_api_call *call)
{
    const struct fx_market_symbol *symbol = NULL;
    struct fx_command command;
    memset(&command, 0, sizeof command);
    fx_status status = fx_api_position_symbol(call, &symbol);
    if (status == FX_OK) {
        status = read_setting(call, &command.u.leverage);
    }
    if (status != FX_OK) {
        return status;
    }
    const struct fx_api_pending_wait wait = {.answer = answer_setting,
                                             .instrument = symbol->definition.instrument_id};
    command.kind = FX_COMMAND_ADJUST_LEVERAGE;
    command.instrument = symbol->definition.instrument_id;
    command.user_id = call->user.id;
    return fx_api_pending_submit(call, &command, &wait);
}

/* ---- isolated margin --------------------------------------------------------------------------
 */

void fx_api_position_answer(struct fx_api *api,
                            const struct fx_api_pending *pending,
                            const struct fx_event_result *result)
{
    const struct fx_rows_position *row = fx_view_position(
        api->options.view, pending->user_id, pending->instrument, pending->position_side);
    struct fx_buf *buf = fx_api_reply_begin(api);
    if (row != NULL) {
        fx_api_reply_append_position(buf, api->options.view, row);
    } else {
        fx_buf_append_byte(buf, '{');
        fx_json_add_dec(buf, FX_STR("adjustMargin"), result->amount);
        fx_buf_append_byte(buf, '}');
    }
    fx_api_reply_send(api, &pending->target, 200);
}

static const struct fx_rows_position *find_by_id(const struct fx_api_call *call, uint64_t id)
{
    const struct fx_rows_position *row = NULL;
    uint32_t cursor = 0;
    do {
        row = fx_view_next_position(call->api->options.view, call->user.id, &cursor);
    } while (row != NULL && row->id != id);
    return row;
}

fx_status fx_api_position_name(struct fx_api_call *call, struct fx_api_position_name *name_out)
{
    const struct fx_market_symbol *symbol = NULL;
    uint64_t id = 0;
    fx_status status = fx_api_param_u64(call, FX_STR("positionId"), &id);
    if (status != FX_OK) {
        return status;
    }
    if (id != 0) {
        const struct fx_rows_position *row = find_by_id(call, id);
        if (row == NULL) {
            return fx_api_param_fail(call, FX_POSITION_NOT_FOUND, FX_STR("positionId"));
        }
        name_out->instrument = row->instrument;
        name_out->side = (uint32_t)row->position_side;
        return FX_OK;
    }
    status = fx_api_position_symbol(call, &symbol);
    if (status == FX_OK) {
        status = fx_api_param_word(
            call, FX_STR("positionSide"), fx_api_position_side_of, &name_out->side);
    }
    if (status == FX_OK) {
        name_out->instrument = symbol->definition.instrument_id;
    }
    return status;
}

static fx_status read_amount(struct fx_api_call *call, fx_i128 *amount_out)
{
    fx_status status = fx_api_param_decimal(call, FX_STR("amount"), amount_out);
    if (status == FX_NOT_FOUND) {
        status = fx_api_param_decimal(call, FX_STR("assignedMarginValue"), amount_out);
    }
    if (status == FX_NOT_FOUND) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("amount"));
    }
    return status;
}

fx_status fx_api_position_margin(struct fx_api_call *call)
{
    struct fx_command command;
    memset(&command, 0, sizeof command);
    struct fx_api_position_name name = {0};
    fx_status status = fx_api_position_name(call, &name);
    if (status == FX_OK) {
        command.instrument = name.instrument;
        command.u.margin.position_side = name.side;
        status = read_amount(call, &command.u.margin.amount);
    }
    if (status != FX_OK) {
        return status;
    }
    const uint32_t side = command.u.margin.position_side;
    const struct fx_api_pending_wait wait = {
        .answer = fx_api_position_answer,
        .instrument = command.instrument,
        .position_side = side == 0 ? FX_POSITION_SIDE_BOTH : (enum fx_position_side)side};
    command.kind = FX_COMMAND_ADJUST_MARGIN_POSITION;
    command.user_id = call->user.id;
    return fx_api_pending_submit(call, &command, &wait);
}
