#include "wire/wire_output.h"

#include <stddef.h>

#include "base/json.h"
#include "base/panic.h"
#include "base/status.h"
#include "model/rows_funding.h"
#include "model/rows_risk.h"
#include "wire/wire_funding.h"
#include "wire/wire_risk.h"
#include "wire/wire_rows.h"

enum { US_PER_MS = 1000 };

/* ---- objects ---------------------------------------------------------------------------------
 */

static void add_number(struct fx_buf *buf, fx_str name, uint64_t id)
{
    fx_json_append_key(buf, name);
    fx_buf_append_u64(buf, id);
}

static void add_sides(struct fx_buf *buf, const struct fx_rows_trade *row)
{
    add_number(buf, FX_STR("buyOrderId"), row->buy_order_id);
    add_number(buf, FX_STR("sellOrderId"), row->sell_order_id);
    add_number(buf, FX_STR("buyAccountId"), row->buy_account_id);
    add_number(buf, FX_STR("sellAccountId"), row->sell_account_id);
    add_number(buf, FX_STR("buyUserId"), row->buy_user_id);
    add_number(buf, FX_STR("sellUserId"), row->sell_user_id);
    fx_json_add_dec(buf, FX_STR("buyFee"), row->buy_fee);
    fx_json_add_dec(buf, FX_STR("sellFee"), row->sell_fee);
    fx_json_add_dec(buf, FX_STR("buyFeeRate"), row->buy_fee_rate);
    fx_json_add_dec(buf, FX_STR("sellFeeRate"), row->sell_fee_rate);
    fx_json_add_dec(buf, FX_STR("realizedPnlOrderBuy"), row->realized_pnl_buy);
    fx_json_add_dec(buf, FX_STR("realizedPnlOrderSell"), row->realized_pnl_sell);
}

void fx_wire_output_trade(struct fx_buf *buf, const struct fx_rows_trade *row)
{
    fx_buf_append_byte(buf, '{');
    add_number(buf, FX_STR("id"), row->id);
    fx_json_add_str(buf, FX_STR("symbol"), fx_ids_symbol_str(&row->symbol));
    fx_json_add_dec(buf, FX_STR("price"), row->price);
    fx_json_add_dec(buf, FX_STR("quantity"), row->quantity);
    fx_json_add_dec(buf, FX_STR("value"), row->value);
    fx_json_add_str(buf, FX_STR("asset"), fx_ids_asset_str(&row->asset));
    add_sides(buf, row);
    fx_json_add_bool(buf, FX_STR("buyerIsTaker"), row->buyer_is_taker);
    if (row->note != FX_TRADE_NOTE_NONE) {
        fx_json_add_str(buf, FX_STR("note"), fx_str_of(fx_event_trade_note_name(row->note)));
    }
    fx_json_add_str(buf,
                    FX_STR("contractType"),
                    fx_str_of(fx_instrument_contract_type_name(row->contract_type)));
    fx_json_add_id(buf, FX_STR("operationId"), row->operation_id);
    fx_json_add_int(buf, FX_STR("createdAt"), row->created_us / US_PER_MS);
    fx_buf_append_byte(buf, '}');
}

struct fx_wire_output_ask fx_wire_output_ask_of(const struct fx_command *command)
{
    struct fx_wire_output_ask ask = {.user_id = command->user_id};
    if (fx_command_is_placing((enum fx_command_kind)command->kind)) {
        ask.tmp_id = command->u.place.tmp_id; /* every kind of order begins with it */
    } else if (command->kind == FX_COMMAND_CANCEL_ORDER) {
        ask.order_id = command->u.cancel.order_id;
    } else if (command->kind == FX_COMMAND_AMEND_ORDER) {
        ask.order_id = command->u.amend.order_id;
    } else if (command->kind == FX_COMMAND_AMEND_CONDITIONAL) {
        ask.order_id = command->u.amend_conditional.amend.order_id;
    }
    return ask;
}

static void append_error(struct fx_buf *buf,
                         const struct fx_wire_output *output,
                         const struct fx_event *event)
{
    const struct fx_event_result *result = &event->u.result;
    const struct fx_reject *reject = &result->reject;
    const char *command = fx_command_name((enum fx_command_kind)result->command_kind);
    fx_buf_append_byte(buf, '{');
    fx_json_add_str(buf, FX_STR("code"), fx_str_of(fx_status_name(reject->status)));
    if (command != NULL) {
        fx_json_add_str(buf, FX_STR("command"), fx_str_of(command));
    }
    if (reject->field != FX_FIELD_NONE) {
        fx_json_add_str(buf,
                        FX_STR("field"),
                        fx_str_of(fx_instrument_field_name((enum fx_field)reject->field)));
    }
    if (reject->has_limit != 0) {
        fx_json_add_dec(buf, FX_STR("limit"), reject->limit);
    }
    if (reject->has_nearest != 0) {
        fx_json_add_dec(buf, FX_STR("nearest"), reject->nearest);
    }
    const uint64_t order_id = result->order_id != 0 ? result->order_id : output->ask.order_id;
    const uint64_t tmp_id = result->tmp_id != 0 ? result->tmp_id : output->ask.tmp_id;
    if (output->ask.user_id != 0) {
        add_number(buf, FX_STR("userId"), output->ask.user_id);
    }
    if (order_id != 0) {
        add_number(buf, FX_STR("orderId"), order_id);
    }
    if (tmp_id != 0) {
        fx_json_add_id(buf, FX_STR("tmpId"), tmp_id);
    }
    fx_json_add_id(buf, FX_STR("operationId"), fx_event_operation_id(event));
    fx_buf_append_byte(buf, '}');
}

/* ---- what becomes of an event ----------------------------------------------------------------
 */

static const struct fx_instrument *instrument_of(const struct fx_wire_output *output,
                                                 uint32_t instrument)
{
    if (instrument == FX_COMMAND_ALL_INSTRUMENTS) {
        return NULL;
    }
    const struct fx_instrument *found = output->find_instrument(output->context, instrument);
    FX_ASSERT(found != NULL);
    return found;
}

static void append_order(struct fx_buf *buf,
                         const struct fx_wire_output *output,
                         const struct fx_event *event)
{
    struct fx_rows_order row;
    fx_rows_order_of(event, instrument_of(output, event->u.order.instrument), &row);
    fx_wire_rows_order(buf, &row);
}

static void append_position(struct fx_buf *buf,
                            const struct fx_wire_output *output,
                            const struct fx_event *event)
{
    struct fx_rows_position row;
    fx_rows_position_of(event, instrument_of(output, event->u.position.instrument), &row);
    fx_wire_rows_position(buf, &row);
}

static void append_account(struct fx_buf *buf,
                           const struct fx_wire_output *output,
                           const struct fx_event *event)
{
    struct fx_rows_account row;
    (void)output;
    fx_rows_account_of(event, &row);
    fx_wire_rows_account(buf, &row);
}

static void append_trade(struct fx_buf *buf,
                         const struct fx_wire_output *output,
                         const struct fx_event *event)
{
    struct fx_rows_trade row;
    fx_rows_trade_of(event, instrument_of(output, event->u.trade.instrument), &row);
    fx_wire_output_trade(buf, &row);
}

static void append_transaction(struct fx_buf *buf,
                               const struct fx_wire_output *output,
                               const struct fx_event *event)
{
    struct fx_rows_transaction row;
    fx_rows_transaction_of(event, instrument_of(output, event->u.transaction.instrument), &row);
    fx_wire_rows_transaction(buf, &row);
}

/* The state before, where the position was open and its lots did, or did not, change. */
static const struct fx_event_position *before_of(const struct fx_wire_output *output,
                                                 const struct fx_event *event,
                                                 bool has_moved)
{
    const struct fx_event_position *after = &event->u.position;
    const struct fx_event_position *before =
        output->find_before(output->context, after->position_id);
    const bool is_open = before != NULL && before->lots != 0;
    return is_open && (before->lots != after->lots) == has_moved ? before : NULL;
}

static bool make_margin(const struct fx_wire_output *output,
                        const struct fx_event *event,
                        struct fx_rows_margin *row_out)
{
    const struct fx_event_position *before = before_of(output, event, false);
    if (before == NULL) {
        return false;
    }
    const uint32_t instrument = event->u.position.instrument;
    fx_rows_risk_margin_of(event, instrument_of(output, instrument), before, row_out);
    return row_out->action[0] != '\0';
}

static bool make_closed(const struct fx_wire_output *output,
                        const struct fx_event *event,
                        struct fx_rows_closed *row_out)
{
    const struct fx_event_position *before = before_of(output, event, true);
    if (before == NULL) {
        return false;
    }
    const fx_i128 profit =
        fx_rows_risk_profit_of(output->events, output->count, &event->u.position, before);
    const uint32_t instrument = event->u.position.instrument;
    fx_rows_risk_closed_of(event, instrument_of(output, instrument), before, profit, row_out);
    return row_out->closed_qty != 0;
}

static void append_margin(struct fx_buf *buf,
                          const struct fx_wire_output *output,
                          const struct fx_event *event)
{
    struct fx_rows_margin row;
    if (make_margin(output, event, &row)) {
        fx_wire_risk_margin(buf, &row);
    }
}

static void append_closed(struct fx_buf *buf,
                          const struct fx_wire_output *output,
                          const struct fx_event *event)
{
    struct fx_rows_closed row;
    if (make_closed(output, event, &row)) {
        fx_wire_risk_closed(buf, &row);
    }
}

static void append_payment(struct fx_buf *buf,
                           const struct fx_wire_output *output,
                           const struct fx_event *event)
{
    struct fx_rows_funding_payment row;
    fx_rows_funding_payment_of(event, instrument_of(output, event->u.transaction.instrument), &row);
    fx_wire_funding_payment(buf, &row);
}

static void append_liquidation(struct fx_buf *buf,
                               const struct fx_wire_output *output,
                               const struct fx_event *event)
{
    struct fx_rows_liquidation row;
    fx_rows_risk_liquidation_of(
        event, instrument_of(output, event->u.liquidation.instrument), &row);
    fx_wire_risk_liquidation(buf, &row, true);
}

static void append_settlement(struct fx_buf *buf,
                              const struct fx_wire_output *output,
                              const struct fx_event *event)
{
    struct fx_rows_settlement row;
    fx_rows_settlement_of(event, instrument_of(output, event->u.settlement.instrument), &row);
    fx_wire_risk_settlement(buf, &row);
}

/* ---- the lists -------------------------------------------------------------------------------
 */

enum list {
    LIST_ACCOUNTS,
    LIST_POSITIONS,
    LIST_ORDERS,
    LIST_TRADES,
    LIST_TRANSACTIONS,
    LIST_MARGIN_HISTORIES,
    LIST_POSITION_HISTORIES,
    LIST_FUNDING_HISTORIES,
    LIST_LIQUIDATIONS,
    LIST_SETTLEMENTS,
    LIST_ERRORS,
    LISTS
};

typedef void append_fn(struct fx_buf *buf,
                       const struct fx_wire_output *output,
                       const struct fx_event *event);

static const struct {
    const char *name;
    append_fn *append;
} WRITERS[LISTS] = {
    [LIST_ACCOUNTS] = {"accounts", append_account},
    [LIST_POSITIONS] = {"positions", append_position},
    [LIST_ORDERS] = {"orders", append_order},
    [LIST_TRADES] = {"trades", append_trade},
    [LIST_TRANSACTIONS] = {"transactions", append_transaction},
    [LIST_MARGIN_HISTORIES] = {"marginHistories", append_margin},
    [LIST_POSITION_HISTORIES] = {"positionHistories", append_closed},
    [LIST_FUNDING_HISTORIES] = {"fundingHistories", append_payment},
    [LIST_LIQUIDATIONS] = {"liquidations", append_liquidation},
    [LIST_SETTLEMENTS] = {"settlements", append_settlement},
    [LIST_ERRORS] = {"errors", append_error},
};

static uint32_t bit_of(enum list list, bool is_in)
{
    return is_in ? (uint32_t)1 << list : 0;
}

/* The lists of `wanted` (bits) in which the event has an object. */
static uint32_t lists_of(const struct fx_wire_output *output,
                         const struct fx_event *event,
                         uint32_t wanted)
{
    const bool wants_margin = (wanted & bit_of(LIST_MARGIN_HISTORIES, true)) != 0;
    const bool wants_closed = (wanted & bit_of(LIST_POSITION_HISTORIES, true)) != 0;
    struct fx_rows_margin margin;
    struct fx_rows_closed closed;
    switch ((int)event->kind) {
    case FX_EVENT_ACCOUNT:
        return bit_of(LIST_ACCOUNTS, true);
    case FX_EVENT_POSITION:
        return bit_of(LIST_POSITIONS, true) |
               bit_of(LIST_MARGIN_HISTORIES, wants_margin && make_margin(output, event, &margin)) |
               bit_of(LIST_POSITION_HISTORIES, wants_closed && make_closed(output, event, &closed));
    case FX_EVENT_ORDER:
        return bit_of(LIST_ORDERS, true);
    case FX_EVENT_TRADE:
        return bit_of(LIST_TRADES, true);
    case FX_EVENT_TRANSACTION:
        return bit_of(LIST_TRANSACTIONS, true) |
               bit_of(LIST_FUNDING_HISTORIES, fx_rows_funding_is_payment(event));
    case FX_EVENT_LIQUIDATION:
        return bit_of(LIST_LIQUIDATIONS, true);
    case FX_EVENT_SETTLEMENT:
        return bit_of(LIST_SETTLEMENTS, true);
    case FX_EVENT_RESULT:
        return bit_of(LIST_ERRORS, event->u.result.reject.status != FX_OK);
    default:
        return 0; /* books, marks and instruments have topics and tables of their own */
    }
}

static void append_list(struct fx_buf *buf, const struct fx_wire_output *output, enum list list)
{
    fx_json_append_key(buf, fx_str_of(WRITERS[list].name));
    fx_buf_append_byte(buf, '[');
    for (uint32_t index = 0; index < output->count; index++) {
        const struct fx_event *event = &output->events[index];
        if ((lists_of(output, event, bit_of(list, true)) & bit_of(list, true)) != 0) {
            fx_json_append_comma(buf);
            WRITERS[list].append(buf, output, event);
        }
    }
    fx_buf_append_byte(buf, ']');
}

bool fx_wire_output_append(struct fx_buf *buf, const struct fx_wire_output *output)
{
    FX_ASSERT(output->count > 0);
    const struct fx_event *last = &output->events[output->count - 1];
    uint32_t lists = 0;
    for (uint32_t index = 0; index < output->count; index++) {
        FX_ASSERT(output->events[index].sequence == last->sequence);
        lists |= lists_of(output, &output->events[index], UINT32_MAX & ~lists);
    }
    if (lists == 0) {
        return false;
    }
    fx_json_append_comma(buf);
    fx_buf_append_byte(buf, '{');
    fx_json_add_id(buf, FX_STR("operationId"), fx_event_operation_id(last));
    fx_json_add_str(buf, FX_STR("shard"), output->shard);
    fx_json_add_id(buf, FX_STR("inputOffset"), last->sequence - 1 - output->base);
    for (enum list list = 0; list < LISTS; list++) {
        if ((lists & bit_of(list, true)) != 0) {
            append_list(buf, output, list);
        }
    }
    fx_buf_append_byte(buf, '}');
    return true;
}
