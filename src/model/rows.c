#include "model/rows.h"

#include <string.h>

#include "base/panic.h"

#define UNITS_PER_PPB   1000000000LL        /* 1e18 / 1e9 */
#define UNITS_PER_CENTI 10000000000000000LL /* 1e18 / 100 */

enum { LEGS = 4 }; /* transactions that a trade can have */

fx_i128 fx_rows_rate(int64_t ppb)
{
    return (fx_i128)ppb * UNITS_PER_PPB;
}

fx_i128 fx_rows_leverage(int32_t centi)
{
    return (fx_i128)centi * UNITS_PER_CENTI;
}

/* An engine price is in range by the instrument's own bounds; 0 stays 0. */
static fx_i128 price_of(const struct fx_instrument *instrument, int64_t ticks)
{
    return fx_instrument_price(instrument, (fx_px){ticks});
}

/* A small position before much money has its liquidation so far away that no decimal holds it. No
 * mark comes there: there is none. */
static fx_i128 far_price_of(const struct fx_instrument *instrument, int64_t ticks)
{
    fx_i128 price = 0;
    return fx_dec_mul_int(instrument->tick_size, ticks, &price) ? price : 0;
}

static fx_i128 quantity_of(const struct fx_instrument *instrument, int64_t lots)
{
    return fx_instrument_quantity(instrument, (fx_qty){lots});
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a count and a decimal
fx_i128 fx_rows_average_price(const struct fx_instrument *instrument, int64_t lots, fx_i128 value)
{
    fx_i128 count = 0, price = 0;
    FX_ASSERT(lots > 0);
    if (!fx_dec_mul_int(fx_instrument_unit(instrument), lots, &count)) {
        return 0;
    }
    const bool is_inverse = instrument->contract_type == FX_CONTRACT_TYPE_COIN_M;
    const fx_i128 factor = is_inverse ? fx_dec_one() : instrument->tick_size;
    const fx_i128 numerator = is_inverse ? count : value;
    const fx_i128 divisor = is_inverse ? value : count;
    if (divisor == 0 || !fx_dec_mul_div(numerator, factor, divisor, FX_ROUND_HALF_EVEN, &price)) {
        return 0;
    }
    return price;
}

/* What it waits for, or has waited for. */
static void fill_trigger(const struct fx_event_order *order,
                         const struct fx_instrument *instrument,
                         struct fx_rows_order *row)
{
    const enum fx_order_type type = (enum fx_order_type)order->type;
    row->type = fx_order_type_is_market(type) ? FX_ORDER_TYPE_MARKET : FX_ORDER_TYPE_LIMIT;
    if (!fx_order_type_is_conditional(type)) {
        return;
    }
    row->tp_sl_type = type;
    row->trigger = (enum fx_trigger_source)order->source;
    row->stop_condition = (enum fx_trigger_condition)order->condition;
    row->linked_order_id = order->linked_order_id;
    row->parent_order_id = order->parent_order_id;
    row->is_close_position = order->is_close_position != 0;
    row->is_price_protected = order->is_price_protected != 0;
    if (type == FX_ORDER_TYPE_TRAILING_STOP) {
        row->activation_price = price_of(instrument, order->trigger_ticks);
        row->callback_rate = fx_rows_rate(order->callback_ppb) * 100;
    } else {
        row->tp_sl_price = price_of(instrument, order->trigger_ticks);
    }
}

void fx_rows_order_of(const struct fx_event *event,
                      const struct fx_instrument *instrument,
                      struct fx_rows_order *row_out)
{
    const struct fx_event_order *order = &event->u.order;
    FX_ASSERT(event->kind == FX_EVENT_ORDER);
    FX_ASSERT(order->instrument == instrument->instrument_id);
    memset(row_out, 0, sizeof *row_out);
    const int64_t filled_lots = order->lots - order->remaining_lots;
    row_out->quantity = quantity_of(instrument, order->lots);
    /* A market order's price is only the bound that the engine put on it. */
    row_out->price = fx_order_type_is_market((enum fx_order_type)order->type)
                         ? 0
                         : price_of(instrument, order->price_ticks);
    row_out->remaining = quantity_of(instrument, order->remaining_lots);
    if (filled_lots > 0) {
        row_out->executed_price =
            fx_rows_average_price(instrument, filled_lots, order->filled_value);
    }
    row_out->cost = order->filled_value;
    row_out->order_margin = order->order_margin;
    row_out->leverage = fx_rows_leverage(order->leverage_centi);
    row_out->operation_id = fx_event_operation_id(event);
    row_out->id = order->order_id;
    row_out->account_id = order->account_id;
    row_out->user_id = order->user_id;
    row_out->tmp_id = order->tmp_id;
    row_out->take_profit_order_id = order->take_profit_order_id;
    row_out->stop_loss_order_id = order->stop_loss_order_id;
    row_out->expire_us = order->expire_us;
    row_out->created_us = order->created_us;
    row_out->updated_us = order->updated_us;
    row_out->side = (enum fx_side)order->side;
    fill_trigger(order, instrument, row_out);
    row_out->time_in_force = (enum fx_time_in_force)order->time_in_force;
    row_out->status = (enum fx_order_status)order->status;
    row_out->note = (enum fx_order_note)order->note;
    row_out->stp_mode = (enum fx_stp_mode)order->stp_mode;
    row_out->margin_mode = (enum fx_margin_mode)order->margin_mode;
    row_out->position_side = (enum fx_position_side)order->position_side;
    row_out->contract_type = (enum fx_contract_type)instrument->contract_type;
    row_out->is_reduce_only = order->is_reduce_only != 0;
    row_out->is_post_only = order->post_only_mode != FX_POST_ONLY_MODE_OFF;
    row_out->instrument = order->instrument;
    row_out->symbol = instrument->symbol;
    row_out->asset = instrument->settle;
    row_out->client_id = order->client_id;
}

void fx_rows_position_of(const struct fx_event *event,
                         const struct fx_instrument *instrument,
                         struct fx_rows_position *row_out)
{
    const struct fx_event_position *position = &event->u.position;
    FX_ASSERT(event->kind == FX_EVENT_POSITION);
    FX_ASSERT(position->instrument == instrument->instrument_id);
    memset(row_out, 0, sizeof *row_out);
    const int64_t size_lots = position->lots < 0 ? -position->lots : position->lots;
    row_out->current_qty = quantity_of(instrument, position->lots);
    row_out->leverage = fx_rows_leverage(position->leverage_centi);
    row_out->liquidation_price = far_price_of(instrument, position->liquidation_ticks);
    row_out->bankrupt_price = far_price_of(instrument, position->bankrupt_ticks);
    if (size_lots > 0) {
        row_out->entry_price = fx_rows_average_price(instrument, size_lots, position->entry_value);
    }
    row_out->entry_value = position->entry_value;
    row_out->position_margin = position->position_margin;
    row_out->order_cost = position->order_cost;
    row_out->adjust_margin = position->adjust_margin;
    row_out->realized_pnl = position->realized_pnl;
    row_out->operation_id = fx_event_operation_id(event);
    row_out->id = position->position_id;
    row_out->account_id = position->account_id;
    row_out->user_id = position->user_id;
    row_out->take_profit_order_id = position->take_profit_order_id;
    row_out->stop_loss_order_id = position->stop_loss_order_id;
    row_out->updated_us = event->time_us;
    row_out->adl_rank = position->adl_rank;
    row_out->margin_mode = (enum fx_margin_mode)position->margin_mode;
    row_out->position_side = (enum fx_position_side)position->position_side;
    row_out->contract_type = (enum fx_contract_type)instrument->contract_type;
    row_out->instrument = position->instrument;
    row_out->symbol = instrument->symbol;
    row_out->asset = instrument->settle;
}

void fx_rows_account_of(const struct fx_event *event, struct fx_rows_account *row_out)
{
    const struct fx_event_account *account = &event->u.account;
    FX_ASSERT(event->kind == FX_EVENT_ACCOUNT);
    memset(row_out, 0, sizeof *row_out);
    row_out->balance = account->balance;
    row_out->reward_balance = account->reward_balance;
    row_out->operation_id = fx_event_operation_id(event);
    row_out->id = account->account_id;
    row_out->user_id = account->user_id;
    row_out->updated_us = event->time_us;
    row_out->flags = account->flags;
    row_out->has_fees = account->has_fees != 0;
    row_out->maker_fee_ppb = account->maker_fee_ppb;
    row_out->taker_fee_ppb = account->taker_fee_ppb;
    row_out->asset = account->asset;
}

void fx_rows_trade_of(const struct fx_event *event,
                      const struct fx_instrument *instrument,
                      struct fx_rows_trade *row_out)
{
    const struct fx_event_trade *trade = &event->u.trade;
    FX_ASSERT(event->kind == FX_EVENT_TRADE);
    FX_ASSERT(trade->instrument == instrument->instrument_id);
    memset(row_out, 0, sizeof *row_out);
    row_out->price = price_of(instrument, trade->price_ticks);
    row_out->quantity = quantity_of(instrument, trade->lots);
    row_out->value = trade->value;
    row_out->buy_fee = trade->buy_fee;
    row_out->sell_fee = trade->sell_fee;
    row_out->buy_fee_rate = fx_rows_rate(trade->buy_fee_ppb);
    row_out->sell_fee_rate = fx_rows_rate(trade->sell_fee_ppb);
    row_out->realized_pnl_buy = trade->buy_pnl;
    row_out->realized_pnl_sell = trade->sell_pnl;
    row_out->operation_id = fx_event_operation_id(event);
    row_out->id = trade->trade_id;
    row_out->buy_order_id = trade->buy_order_id;
    row_out->sell_order_id = trade->sell_order_id;
    row_out->buy_account_id = trade->buy_account_id;
    row_out->sell_account_id = trade->sell_account_id;
    row_out->buy_user_id = trade->buy_user_id;
    row_out->sell_user_id = trade->sell_user_id;
    row_out->created_us = event->time_us;
    row_out->buyer_is_taker = trade->buyer_is_taker != 0;
    row_out->note = (enum fx_trade_note)trade->note;
    row_out->contract_type = (enum fx_contract_type)instrument->contract_type;
    row_out->instrument = trade->instrument;
    row_out->symbol = instrument->symbol;
    row_out->asset = instrument->settle;
}

/* operationId x 4 + leg: the legs of one event are neighbours, and no two events share a number. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): two callers, named arguments
static uint64_t transaction_id(uint64_t operation_id, uint32_t leg)
{
    FX_ASSERT(operation_id < (1ULL << 61U)); /* 63 bits are left for the table */
    FX_ASSERT(leg < LEGS);
    return operation_id * LEGS + leg;
}

void fx_rows_transaction_of(const struct fx_event *event,
                            const struct fx_instrument *instrument,
                            struct fx_rows_transaction *row_out)
{
    const struct fx_event_transaction *transaction = &event->u.transaction;
    FX_ASSERT(event->kind == FX_EVENT_TRANSACTION);
    memset(row_out, 0, sizeof *row_out);
    row_out->amount = transaction->amount;
    row_out->operation_id = fx_event_operation_id(event);
    row_out->id = transaction_id(row_out->operation_id, 0);
    row_out->account_id = transaction->account_id;
    row_out->user_id = transaction->user_id;
    row_out->created_us = event->time_us;
    row_out->type = (enum fx_transaction_type)transaction->type;
    row_out->asset = transaction->asset;
    if (instrument != NULL) {
        FX_ASSERT(transaction->instrument == instrument->instrument_id);
        row_out->has_symbol = true;
        row_out->symbol = instrument->symbol;
    }
}

/* One leg of a trade: its number, what it is, and how much the account sees. */
struct leg {
    uint32_t number;
    enum fx_transaction_type type;
    fx_i128 amount;
    uint64_t account_id;
    uint64_t user_id;
};

static void fill_leg(const struct fx_rows_trade *trade,
                     const struct leg *leg,
                     struct fx_rows_transaction *row_out)
{
    memset(row_out, 0, sizeof *row_out);
    row_out->amount = leg->amount;
    row_out->operation_id = trade->operation_id;
    row_out->id = transaction_id(trade->operation_id, leg->number);
    row_out->account_id = leg->account_id;
    row_out->user_id = leg->user_id;
    row_out->created_us = trade->created_us;
    row_out->type = leg->type;
    row_out->has_symbol = true;
    row_out->symbol = trade->symbol;
    row_out->asset = trade->asset;
}

/* Whose position was closed by force came as the taker. */
static enum fx_transaction_type pnl_type(bool is_forced)
{
    return is_forced ? FX_TRANSACTION_LIQUIDATION_CLEARANCE : FX_TRANSACTION_REALIZED_PNL;
}

uint32_t fx_rows_trade_transactions(const struct fx_rows_trade *trade,
                                    struct fx_rows_transaction rows_out[LEGS])
{
    const bool is_noted = trade->note != FX_TRADE_NOTE_NONE;
    const struct leg legs[LEGS] = {
        {0, FX_TRANSACTION_TRADING_FEE, -trade->buy_fee, trade->buy_account_id, trade->buy_user_id},
        {1,
         pnl_type(is_noted && trade->buyer_is_taker),
         trade->realized_pnl_buy,
         trade->buy_account_id,
         trade->buy_user_id},
        {2,
         FX_TRANSACTION_TRADING_FEE,
         -trade->sell_fee,
         trade->sell_account_id,
         trade->sell_user_id},
        {3,
         pnl_type(is_noted && !trade->buyer_is_taker),
         trade->realized_pnl_sell,
         trade->sell_account_id,
         trade->sell_user_id},
    };
    uint32_t count = 0;
    for (uint32_t index = 0; index < LEGS; index++) {
        if (legs[index].amount != 0) {
            fill_leg(trade, &legs[index], &rows_out[count]);
            count++;
        }
    }
    return count;
}
