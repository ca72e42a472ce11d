/* Closing positions: reduce-only orders of the largest size that the symbol takes. The engine cuts
 * each to what the position leaves at that moment, so a fill that comes in between neither leaves a
 * rest nor turns the position; one that turned it already makes the order a REDUCE_ONLY_REJECTED.
 */
#include <string.h>

#include "api/api_group_int.h"
#include "api/api_int.h"
#include "api/api_order_int.h"
#include "api/api_param_int.h"
#include "api/api_position_int.h"
#include "api/api_reply_int.h"
#include "base/panic.h"

/* How to close. */
struct closing {
    uint32_t type; /* enum fx_order_type */
    fx_px price;   /* LIMIT */
    fx_qty lots;   /* at most; 0: all */
};

static uint32_t plain_type_of(fx_str name)
{
    const enum fx_order_type type = fx_order_type_of(name);
    return type == FX_ORDER_TYPE_LIMIT || type == FX_ORDER_TYPE_MARKET ? (uint32_t)type : 0;
}

static fx_i128 magnitude_of(fx_i128 value)
{
    return value < 0 ? -value : value;
}

static int64_t lots_of(const struct fx_instrument *instrument, const struct fx_rows_position *row)
{
    return (int64_t)(magnitude_of(row->current_qty) / instrument->lot_size);
}

static int64_t largest_of(const struct fx_instrument *instrument, const struct closing *closing)
{
    return closing->type == FX_ORDER_TYPE_MARKET ? instrument->max_market_lots
                                                 : instrument->max_lots;
}

/* Orders that it takes: with the largest one, so many cover what the position is now. */
static int64_t count_of(const struct fx_instrument *instrument,
                        const struct fx_rows_position *row,
                        const struct closing *closing)
{
    const int64_t largest = largest_of(instrument, closing);
    return closing->lots.lots != 0 ? 1 : (lots_of(instrument, row) + largest - 1) / largest;
}

static fx_status close_part(struct fx_api_call *call,
                            const struct fx_rows_position *row,
                            const struct closing *closing)
{
    const struct fx_instrument *instrument =
        &fx_view_symbol(call->api->options.view, row->instrument)->definition;
    const bool is_market = closing->type == FX_ORDER_TYPE_MARKET;
    struct fx_command command;
    struct fx_reject reject;
    memset(&command, 0, sizeof command);
    memset(&reject, 0, sizeof reject);
    struct fx_command_place *place = &command.u.place;
    command.kind = FX_COMMAND_PLACE_ORDER;
    command.instrument = row->instrument;
    command.user_id = call->user.id;
    place->side = row->current_qty > 0 ? FX_SIDE_SELL : FX_SIDE_BUY;
    place->type = (uint8_t)closing->type;
    place->time_in_force = is_market ? FX_TIME_IN_FORCE_IOC : FX_TIME_IN_FORCE_GTC;
    place->price_ticks = closing->price.ticks;
    place->lots = closing->lots.lots != 0 ? closing->lots.lots : largest_of(instrument, closing);
    place->is_reduce_only = 1;
    place->position_side =
        row->position_side == FX_POSITION_SIDE_BOTH ? 0 : (uint8_t)row->position_side;
    const struct fx_filter_input input = {.side = (enum fx_side)place->side,
                                          .type = (enum fx_order_type)place->type,
                                          .price = closing->price,
                                          .quantity = {place->lots},
                                          .is_reduce_only = true};
    const fx_status status = fx_instrument_filter(instrument, &input, &reject);
    if (status != FX_OK) {
        reject.status = status;
        return fx_api_param_reject(call, &reject);
    }
    return fx_api_order_submit(call, &command);
}

/* type (MARKET), price of a LIMIT, quantity (all). */
static fx_status read_closing(struct fx_api_call *call,
                              const struct fx_instrument *instrument,
                              struct closing *closing)
{
    struct fx_reject reject;
    fx_i128 units = 0;
    memset(&reject, 0, sizeof reject);
    memset(closing, 0, sizeof *closing);
    fx_status status = fx_api_param_word(call, FX_STR("type"), plain_type_of, &closing->type);
    if (status != FX_OK) {
        return status;
    }
    closing->type = closing->type == 0 ? FX_ORDER_TYPE_MARKET : closing->type;
    status = fx_api_param_decimal(call, FX_STR("quantity"), &units);
    if (status == FX_OK) {
        status = fx_instrument_lots(instrument, units, &closing->lots, &reject);
        if (status == FX_OK && closing->lots.lots == 0) {
            return fx_api_param_fail(call, FX_LOT_SIZE, FX_STR("quantity"));
        }
    }
    if (status != FX_OK && status != FX_NOT_FOUND) {
        return reject.status != FX_OK ? fx_api_param_reject(call, &reject) : status;
    }
    call->error.field = (fx_str){0};
    status = fx_api_param_decimal(call, FX_STR("price"), &units);
    if ((status == FX_NOT_FOUND) != (closing->type == FX_ORDER_TYPE_MARKET)) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("price"));
    }
    if (status == FX_OK) {
        status = fx_instrument_ticks(instrument, units, &closing->price, &reject);
    }
    if (status == FX_OK || status == FX_NOT_FOUND) {
        call->error.field = (fx_str){0};
        return FX_OK;
    }
    return reject.status != FX_OK ? fx_api_param_reject(call, &reject) : status;
}

static fx_status close_whole(struct fx_api_call *call,
                             const struct fx_rows_position *row,
                             const struct closing *closing)
{
    const struct fx_instrument *instrument =
        &fx_view_symbol(call->api->options.view, row->instrument)->definition;
    const int64_t count = count_of(instrument, row, closing);
    if (count == 1) {
        call->part = 1; /* a process that sees a larger position makes this the first of several */
        return close_part(call, row, closing);
    }
    if (count > FX_API_GROUP_MEMBERS_MAX) {
        return fx_api_param_fail(call, FX_MARKET_LOT_SIZE, FX_STR("quantity"));
    }
    const uint32_t group = fx_api_group_begin(call, (uint32_t)count);
    if (group == 0) {
        return FX_BUSY;
    }
    for (uint32_t index = 0; index < count; index++) {
        struct fx_api_call member = fx_api_group_call(call, group, index);
        fx_api_group_conclude(call, &member, close_part(&member, row, closing));
    }
    fx_api_group_end(call->api, group);
    return FX_OK;
}

/* In hedge mode a position is not named without its side. */
static bool is_hedging(const struct fx_api_call *call, const struct fx_market_symbol *symbol)
{
    const struct fx_rows_account *account = fx_view_account(
        call->api->options.view, call->user.id, fx_ids_asset_str(&symbol->definition.settle));
    return account != NULL && (account->flags & FX_ACCOUNT_FLAG_HEDGE) != 0;
}

fx_status fx_api_position_close_one(struct fx_api_call *call)
{
    const struct fx_market_symbol *symbol = NULL;
    struct closing closing;
    uint32_t side = 0;
    fx_status status = fx_api_position_symbol(call, &symbol);
    if (status == FX_OK) {
        status = fx_api_param_word(call, FX_STR("positionSide"), fx_api_position_side_of, &side);
    }
    if (status == FX_OK) {
        status = read_closing(call, &symbol->definition, &closing);
    }
    if (status != FX_OK) {
        return status;
    }
    const struct fx_rows_position *row =
        fx_view_position(call->api->options.view,
                         call->user.id,
                         symbol->definition.instrument_id,
                         side == 0 ? FX_POSITION_SIDE_BOTH : (enum fx_position_side)side);
    if (row == NULL || row->current_qty == 0) {
        return side == 0 && is_hedging(call, symbol)
                   ? fx_api_param_fail(call, FX_POSITION_SIDE_MISMATCH, FX_STR("positionSide"))
                   : FX_POSITION_NOT_FOUND;
    }
    return close_whole(call, row, &closing);
}

/* ---- all --------------------------------------------------------------------------------------
 */

/* The same wherever the request is sent, whatever else is open there. */
static uint32_t part_of(const struct fx_rows_position *row, uint32_t ordinal)
{
    enum { SIDE_SHIFT = 8, INSTRUMENT_SHIFT = 10 };
    FX_ASSERT(ordinal <= FX_API_GROUP_MEMBERS_MAX);
    return row->instrument << INSTRUMENT_SHIFT | (uint32_t)row->position_side << SIDE_SHIFT |
           ordinal;
}

static bool is_asked(const struct fx_rows_position *row, uint32_t contract_type)
{
    return row->current_qty != 0 &&
           (contract_type == 0 || contract_type == (uint32_t)row->contract_type);
}

fx_status fx_api_position_close_all(struct fx_api_call *call)
{
    const struct closing closing = {.type = FX_ORDER_TYPE_MARKET};
    const struct fx_view *view = call->api->options.view;
    const struct fx_rows_position *row = NULL;
    const struct fx_rows_position *rows[FX_API_GROUP_MEMBERS_MAX];
    uint32_t contract_type = 0;
    uint32_t count = 0;
    uint32_t cursor = 0;
    const fx_status status = fx_api_param_word(
        call, FX_STR("contractType"), fx_api_param_contract_type_of, &contract_type);
    if (status != FX_OK) {
        return status;
    }
    while ((row = fx_view_next_position(view, call->user.id, &cursor)) != NULL) {
        const struct fx_instrument *instrument = &fx_view_symbol(view, row->instrument)->definition;
        const int64_t parts =
            is_asked(row, contract_type) ? count_of(instrument, row, &closing) : 0;
        /* Beyond a group's room: what is left is closed by the next call, which the list tells. */
        for (int64_t part = 0; part < parts && count < FX_API_GROUP_MEMBERS_MAX; part++) {
            rows[count++] = row;
        }
    }
    if (count == 0) {
        (void)fx_api_reply_begin_list(call->api);
        fx_api_reply_send_list(call->api, &call->target, 0);
        return FX_OK;
    }
    const uint32_t group = fx_api_group_begin(call, count);
    if (group == 0) {
        return FX_BUSY;
    }
    uint32_t ordinal = 0;
    for (uint32_t index = 0; index < count; index++) {
        struct fx_api_call member = fx_api_group_call(call, group, index);
        ordinal = index > 0 && rows[index] == rows[index - 1] ? ordinal + 1 : 1;
        member.part = part_of(rows[index], ordinal);
        fx_api_group_conclude(call, &member, close_part(&member, rows[index], &closing));
    }
    fx_api_group_end(call->api, group);
    return FX_OK;
}
