#include "worker/worker_load_rows.h"

#include <string.h>

enum { LEVERAGE_DEFAULT_CENTI = 2000, CENTI = 100 };

static const fx_i128 PPB_OF_PERCENT = 100000000000; /* units of a percent in one ppb */

/* How often `unit` is in it; a rest is refused. */
static bool count_of(fx_i128 units, fx_i128 unit, int64_t *count_out)
{
    if (unit <= 0 || units % unit != 0 || units / unit > INT64_MAX ||
        units / unit < -(fx_i128)INT64_MAX) {
        return false;
    }
    *count_out = (int64_t)(units / unit);
    return true;
}

static int32_t leverage_of(fx_i128 leverage)
{
    const fx_i128 centi = leverage / (fx_dec_one() / CENTI);
    return centi < 0 || centi > INT32_MAX ? 0 : (int32_t)centi;
}

/* What `quantity` is worth at a price that no tick has to count. */
// NOLINTBEGIN(bugprone-easily-swappable-parameters): price and quantity
static bool value_of(const struct fx_instrument *instrument,
                     fx_i128 price,
                     fx_i128 quantity,
                     fx_i128 *value_out)
{
    fx_i128 contracts = 0;
    if (!fx_dec_mul_div(
            quantity, instrument->multiplier, fx_dec_one(), FX_ROUND_HALF_EVEN, &contracts)) {
        return false;
    }
    if (instrument->contract_type == FX_CONTRACT_TYPE_USD_M) {
        return fx_dec_mul_div(contracts, price, fx_dec_one(), FX_ROUND_HALF_EVEN, value_out);
    }
    return price > 0 &&
           fx_dec_mul_div(contracts, fx_dec_one(), price, FX_ROUND_HALF_EVEN, value_out);
}
// NOLINTEND(bugprone-easily-swappable-parameters)

uint32_t fx_worker_load_rows_flags(const struct fx_rows_user *user)
{
    return (user->allow_trade ? 0U : (uint32_t)FX_ACCOUNT_FLAG_TRADE_BLOCKED) |
           (user->enable_trading_fee ? 0U : (uint32_t)FX_ACCOUNT_FLAG_NO_FEE) |
           (user->is_bot ? (uint32_t)FX_ACCOUNT_FLAG_BOT : 0U) |
           (user->is_market_maker ? (uint32_t)FX_ACCOUNT_FLAG_MARKET_MAKER : 0U);
}

void fx_worker_load_rows_account(const struct fx_rows_account *row,
                                 uint32_t flags,
                                 const struct fx_store_fee *fee,
                                 struct fx_command *command_out)
{
    *command_out =
        fx_command_blank(FX_COMMAND_LOAD_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, row->user_id);
    struct fx_command_load_account *load = &command_out->u.load_account;
    load->account_id = row->id;
    load->balance = row->balance;
    load->reward_balance = row->reward_balance;
    load->settings.asset = row->asset;
    load->settings.flags = row->flags | flags;
    if (fee != NULL && fee->has_fees) {
        load->settings.has_fees = 1;
        load->settings.maker_fee_ppb = fee->maker_fee_ppb;
        load->settings.taker_fee_ppb = fee->taker_fee_ppb;
    }
}

/* A flat row of the original may have no leverage at all. */
static int32_t setting_of(const struct fx_rows_position *row,
                          const struct fx_instrument *instrument)
{
    const int32_t centi = leverage_of(row->leverage);
    if (centi != 0 || row->current_qty != 0) {
        return centi;
    }
    return instrument->leverage_max_centi < LEVERAGE_DEFAULT_CENTI ? instrument->leverage_max_centi
                                                                   : LEVERAGE_DEFAULT_CENTI;
}

fx_status fx_worker_load_rows_position(const struct fx_rows_position *row,
                                       const struct fx_instrument *instrument,
                                       struct fx_command *command_out)
{
    *command_out =
        fx_command_blank(FX_COMMAND_LOAD_POSITION, instrument->instrument_id, row->user_id);
    struct fx_command_load_position *load = &command_out->u.load_position;
    const bool is_isolated = row->margin_mode == FX_MARGIN_MODE_ISOLATED;
    load->position_id = row->id;
    load->realized_pnl = row->realized_pnl;
    load->leverage_centi = setting_of(row, instrument);
    load->margin_mode = (uint8_t)(is_isolated ? FX_MARGIN_MODE_ISOLATED : FX_MARGIN_MODE_CROSS);
    load->position_side = (uint8_t)row->position_side;
    if (!count_of(row->current_qty, instrument->lot_size, &load->lots)) {
        return FX_LOT_SIZE;
    }
    if (load->leverage_centi == 0) {
        return FX_BAD_LEVERAGE;
    }
    if (load->lots == 0) {
        return FX_OK; /* what is left of a closed one does not count */
    }
    load->entry_value = row->entry_value < 0 ? -row->entry_value : row->entry_value;
    const fx_i128 quantity = row->current_qty < 0 ? -row->current_qty : row->current_qty;
    if (load->entry_value == 0 &&
        !value_of(instrument, row->entry_price, quantity, &load->entry_value)) {
        return FX_AMOUNT_OUT_OF_RANGE;
    }
    load->position_margin = is_isolated ? row->position_margin : 0;
    load->adjust_margin = is_isolated ? row->adjust_margin : 0;
    return FX_OK;
}

/* What a conditional order waits for. */
static fx_status read_condition(const struct fx_rows_order *row,
                                const struct fx_instrument *instrument,
                                struct fx_command_conditional *order)
{
    int64_t rate_ppb = 0;
    const bool is_trailing = row->tp_sl_type == FX_ORDER_TYPE_TRAILING_STOP;
    order->place.type = (uint8_t)row->tp_sl_type;
    order->source = (uint8_t)(row->trigger == 0 ? FX_TRIGGER_SOURCE_LAST : row->trigger);
    order->condition = (uint8_t)row->stop_condition;
    order->is_price_protected = row->is_price_protected ? 1 : 0;
    if (!count_of(is_trailing ? row->activation_price : row->tp_sl_price,
                  instrument->tick_size,
                  &order->trigger_ticks) ||
        order->trigger_ticks < 0) {
        return FX_PRICE_FILTER;
    }
    if (is_trailing &&
        (!count_of(row->callback_rate, PPB_OF_PERCENT, &rate_ppb) || rate_ppb > INT32_MAX)) {
        return FX_BAD_PARAMETER;
    }
    order->callback_ppb = (int32_t)rate_ppb;
    return FX_OK;
}

static fx_status read_quantities(const struct fx_rows_order *row,
                                 const struct fx_instrument *instrument,
                                 struct fx_command_load_order *load)
{
    struct fx_command_place *place = &load->order.place;
    const fx_i128 filled = row->quantity - row->remaining;
    if (!count_of(row->price, instrument->tick_size, &place->price_ticks) ||
        place->price_ticks < 0) {
        return FX_PRICE_FILTER;
    }
    if (load->order.is_close_position != 0) {
        return FX_OK; /* it has the quantity of its position */
    }
    if (row->parent_order_id != 0 && load->status != FX_ORDER_STATUS_ACTIVE) {
        const bool has_begun = load->status == FX_ORDER_STATUS_UNTRIGGERED;
        const fx_i128 left = has_begun ? row->remaining : 0;
        if (!count_of(left, instrument->lot_size, &load->remaining_lots) || left < 0) {
            return FX_LOT_SIZE;
        }
        place->lots = load->remaining_lots; /* it has never had more that counts */
        return FX_OK;
    }
    if (!count_of(row->quantity, instrument->lot_size, &place->lots) ||
        !count_of(row->remaining, instrument->lot_size, &load->remaining_lots) ||
        load->remaining_lots < 1 || load->remaining_lots > place->lots) {
        return FX_LOT_SIZE;
    }
    load->filled_value = filled > 0 ? row->cost : 0;
    if (filled > 0 && row->cost <= 0 &&
        !value_of(instrument, row->executed_price, filled, &load->filled_value)) {
        return FX_AMOUNT_OUT_OF_RANGE;
    }
    return FX_OK;
}

/* One that fills is as good as one that rests: what is left of it says so. */
static enum fx_order_status status_of(enum fx_order_status status)
{
    return status == FX_ORDER_STATUS_PARTIALLY_FILLED ? FX_ORDER_STATUS_ACTIVE : status;
}

fx_status fx_worker_load_rows_order(const struct fx_rows_order *row,
                                    const struct fx_instrument *instrument,
                                    bool is_protecting,
                                    struct fx_command *command_out)
{
    const bool is_child = row->parent_order_id != 0;
    if ((row->status == FX_ORDER_STATUS_PENDING && !is_child) ||
        fx_order_status_is_final(row->status)) {
        return FX_BAD_PARAMETER;
    }
    *command_out = fx_command_blank(is_child ? FX_COMMAND_LOAD_ORDER_TP_SL : FX_COMMAND_LOAD_ORDER,
                                    instrument->instrument_id,
                                    row->user_id);
    struct fx_command_load_order *load = &command_out->u.load_order;
    struct fx_command_place *place = &load->order.place;
    load->order_id = row->id;
    load->status = (uint8_t)status_of(row->status);
    load->protects =
        (uint8_t)(is_protecting ? FX_LOAD_PROTECTS_POSITION : FX_LOAD_PROTECTS_NOTHING);
    load->order.is_close_position = is_protecting || row->is_close_position ? 1 : 0;
    load->note = (uint8_t)row->note;
    load->created_us = row->created_us;
    load->updated_us = row->updated_us < row->created_us ? row->created_us : row->updated_us;
    place->tmp_id = row->tmp_id;
    place->expire_us = row->expire_us;
    place->leverage_centi = leverage_of(row->leverage);
    place->margin_mode = (uint8_t)row->margin_mode;
    place->side = (uint8_t)row->side;
    place->type = (uint8_t)row->type;
    place->time_in_force =
        (uint8_t)(row->time_in_force == 0 ? FX_TIME_IN_FORCE_GTC : row->time_in_force);
    place->stp_mode = (uint8_t)row->stp_mode;
    place->post_only_mode =
        (uint8_t)(row->is_post_only ? FX_POST_ONLY_MODE_REJECT : FX_POST_ONLY_MODE_OFF);
    place->is_reduce_only = row->is_reduce_only ? 1 : 0;
    place->position_side = (uint8_t)row->position_side;
    place->client_id = row->client_id;
    if (is_child) {
        command_out->u.load_order_tp_sl.parent_id = row->parent_order_id;
    }
    fx_status status = row->tp_sl_type == 0 ? FX_OK : read_condition(row, instrument, &load->order);
    if (status == FX_OK) {
        status = read_quantities(row, instrument, load);
    }
    return status;
}
