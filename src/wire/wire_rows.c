#include "wire/wire_rows.h"

#include "base/json.h"

static fx_str name_str(const char *name)
{
    return fx_str_of(name);
}

static int64_t ms_of(int64_t time_us)
{
    return time_us / 1000;
}

static void add_name(struct fx_buf *buf, fx_str key, const char *name)
{
    fx_json_add_str(buf, key, name_str(name));
}

static void add_number_id(struct fx_buf *buf, fx_str key, uint64_t id)
{
    fx_json_append_key(buf, key);
    fx_buf_append_u64(buf, id);
}

static void begin(struct fx_buf *buf)
{
    fx_buf_append_byte(buf, '{');
}

static void end(struct fx_buf *buf)
{
    fx_buf_append_byte(buf, '}');
}

static void add_order_state(struct fx_buf *buf, const struct fx_rows_order *row)
{
    add_name(buf, FX_STR("status"), fx_order_status_name(row->status));
    fx_json_add_dec(buf, FX_STR("leverage"), row->leverage);
    add_name(buf, FX_STR("marginMode"), fx_order_margin_mode_name(row->margin_mode));
    fx_json_add_bool(buf, FX_STR("isReduceOnly"), row->is_reduce_only);
    fx_json_add_bool(buf, FX_STR("isPostOnly"), row->is_post_only);
    add_name(buf, FX_STR("timeInForce"), fx_order_time_in_force_name(row->time_in_force));
    if (row->expire_us != 0) {
        fx_json_add_int(buf, FX_STR("expireTime"), ms_of(row->expire_us));
    }
    add_name(buf, FX_STR("stpMode"), fx_order_stp_mode_name(row->stp_mode));
    add_name(buf, FX_STR("positionSide"), fx_order_position_side_name(row->position_side));
    add_name(buf, FX_STR("contractType"), fx_instrument_contract_type_name(row->contract_type));
    if (row->note != FX_ORDER_NOTE_NONE) {
        add_name(buf, FX_STR("note"), fx_order_note_name(row->note));
    }
}

/* The id of another order, where there is one. */
static void add_other(struct fx_buf *buf, fx_str name, uint64_t id)
{
    if (id != 0) {
        add_number_id(buf, name, id);
    }
}

/* Members of a conditional order, also after it fired. */
static void add_trigger(struct fx_buf *buf, const struct fx_rows_order *row)
{
    if (row->tp_sl_type == 0) {
        return;
    }
    add_name(buf, FX_STR("tpSLType"), fx_order_type_name(row->tp_sl_type));
    add_name(buf, FX_STR("trigger"), fx_order_trigger_source_name(row->trigger));
    add_name(buf, FX_STR("stopCondition"), fx_order_trigger_condition_name(row->stop_condition));
    if (row->tp_sl_type == FX_ORDER_TYPE_TRAILING_STOP) {
        fx_json_add_dec(buf, FX_STR("callbackRate"), row->callback_rate);
        if (row->activation_price != 0) {
            fx_json_add_dec(buf, FX_STR("activationPrice"), row->activation_price);
        }
    } else {
        fx_json_add_dec(buf, FX_STR("tpSLPrice"), row->tp_sl_price);
    }
    add_other(buf, FX_STR("linkedOrderId"), row->linked_order_id);
    add_other(buf, FX_STR("parentOrderId"), row->parent_order_id);
    if (row->is_close_position) {
        fx_json_add_bool(buf, FX_STR("closePosition"), true);
    }
    if (row->is_price_protected) {
        fx_json_add_bool(buf, FX_STR("priceProtect"), true);
    }
}

void fx_wire_rows_order(struct fx_buf *buf, const struct fx_rows_order *row)
{
    begin(buf);
    add_number_id(buf, FX_STR("id"), row->id);
    add_number_id(buf, FX_STR("accountId"), row->account_id);
    add_number_id(buf, FX_STR("userId"), row->user_id);
    fx_json_add_str(buf, FX_STR("symbol"), fx_ids_symbol_str(&row->symbol));
    add_name(buf, FX_STR("side"), fx_order_side_name(row->side));
    add_name(buf, FX_STR("type"), fx_order_type_name(row->type));
    fx_json_add_dec(buf, FX_STR("quantity"), row->quantity);
    fx_json_add_dec(buf, FX_STR("price"), row->price);
    fx_json_add_dec(buf, FX_STR("remaining"), row->remaining);
    fx_json_add_dec(buf, FX_STR("executedPrice"), row->executed_price);
    add_order_state(buf, row);
    add_trigger(buf, row);
    add_other(buf, FX_STR("takeProfitOrderId"), row->take_profit_order_id);
    add_other(buf, FX_STR("stopLossOrderId"), row->stop_loss_order_id);
    fx_json_add_str(buf, FX_STR("asset"), fx_ids_asset_str(&row->asset));
    fx_json_add_dec(buf, FX_STR("cost"), row->cost);
    fx_json_add_dec(buf, FX_STR("orderMargin"), row->order_margin);
    if (row->tmp_id != 0) {
        fx_json_add_id(buf, FX_STR("tmpId"), row->tmp_id);
    }
    if (row->client_id.size > 0) {
        fx_json_add_str(buf, FX_STR("clientOrderId"), fx_ids_client_id_str(&row->client_id));
    }
    fx_json_add_id(buf, FX_STR("operationId"), row->operation_id);
    fx_json_add_int(buf, FX_STR("createdAt"), ms_of(row->created_us));
    fx_json_add_int(buf, FX_STR("updatedAt"), ms_of(row->updated_us));
    end(buf);
}

void fx_wire_rows_position(struct fx_buf *buf, const struct fx_rows_position *row)
{
    begin(buf);
    add_number_id(buf, FX_STR("id"), row->id);
    add_number_id(buf, FX_STR("accountId"), row->account_id);
    add_number_id(buf, FX_STR("userId"), row->user_id);
    fx_json_add_str(buf, FX_STR("symbol"), fx_ids_symbol_str(&row->symbol));
    fx_json_add_dec(buf, FX_STR("currentQty"), row->current_qty);
    fx_json_add_dec(buf, FX_STR("leverage"), row->leverage);
    fx_json_add_dec(buf, FX_STR("liquidationPrice"), row->liquidation_price);
    fx_json_add_dec(buf, FX_STR("bankruptPrice"), row->bankrupt_price);
    fx_json_add_dec(buf, FX_STR("entryPrice"), row->entry_price);
    fx_json_add_dec(buf, FX_STR("entryValue"), row->entry_value);
    fx_json_add_bool(buf, FX_STR("isCross"), row->margin_mode == FX_MARGIN_MODE_CROSS);
    add_name(buf, FX_STR("marginMode"), fx_order_margin_mode_name(row->margin_mode));
    add_name(buf, FX_STR("positionSide"), fx_order_position_side_name(row->position_side));
    fx_json_add_dec(buf, FX_STR("positionMargin"), row->position_margin);
    fx_json_add_dec(buf, FX_STR("orderCost"), row->order_cost);
    fx_json_add_dec(buf, FX_STR("adjustMargin"), row->adjust_margin);
    fx_json_add_dec(buf, FX_STR("realizedPnl"), row->realized_pnl);
    if (row->take_profit_order_id != 0) {
        add_number_id(buf, FX_STR("takeProfitOrderId"), row->take_profit_order_id);
    }
    if (row->stop_loss_order_id != 0) {
        add_number_id(buf, FX_STR("stopLossOrderId"), row->stop_loss_order_id);
    }
    if (row->adl_rank != 0) {
        fx_json_add_int(buf, FX_STR("adlRank"), row->adl_rank);
    }
    fx_json_add_str(buf, FX_STR("asset"), fx_ids_asset_str(&row->asset));
    add_name(buf, FX_STR("contractType"), fx_instrument_contract_type_name(row->contract_type));
    fx_json_add_id(buf, FX_STR("operationId"), row->operation_id);
    fx_json_add_int(buf, FX_STR("updatedAt"), ms_of(row->updated_us));
    end(buf);
}

void fx_wire_rows_account(struct fx_buf *buf, const struct fx_rows_account *row)
{
    begin(buf);
    add_number_id(buf, FX_STR("id"), row->id);
    fx_json_add_str(buf, FX_STR("asset"), fx_ids_asset_str(&row->asset));
    fx_json_add_dec(buf, FX_STR("balance"), row->balance);
    add_number_id(buf, FX_STR("userId"), row->user_id);
    fx_json_add_id(buf, FX_STR("operationId"), row->operation_id);
    fx_json_add_dec(buf, FX_STR("rewardBalance"), row->reward_balance);
    fx_json_add_int(buf, FX_STR("updatedAt"), ms_of(row->updated_us));
    end(buf);
}

void fx_wire_rows_transaction(struct fx_buf *buf, const struct fx_rows_transaction *row)
{
    begin(buf);
    fx_json_add_id(buf, FX_STR("id"), row->id);
    add_number_id(buf, FX_STR("accountId"), row->account_id);
    add_number_id(buf, FX_STR("userId"), row->user_id);
    add_name(buf, FX_STR("type"), fx_command_transaction_name(row->type));
    fx_json_add_str(buf, FX_STR("asset"), fx_ids_asset_str(&row->asset));
    fx_json_add_dec(buf, FX_STR("amount"), row->amount);
    if (row->has_symbol) {
        fx_json_add_str(buf, FX_STR("symbol"), fx_ids_symbol_str(&row->symbol));
    }
    fx_json_add_id(buf, FX_STR("operationId"), row->operation_id);
    fx_json_add_int(buf, FX_STR("createdAt"), ms_of(row->created_us));
    end(buf);
}

static void add_fill_side(struct fx_buf *buf, const struct fx_rows_trade *row, bool is_buyer)
{
    const bool is_taker = is_buyer == row->buyer_is_taker;
    add_name(buf, FX_STR("side"), fx_order_side_name(is_buyer ? FX_SIDE_BUY : FX_SIDE_SELL));
    add_number_id(buf, FX_STR("orderId"), is_buyer ? row->buy_order_id : row->sell_order_id);
    add_number_id(buf, FX_STR("accountId"), is_buyer ? row->buy_account_id : row->sell_account_id);
    fx_json_add_bool(buf, FX_STR("isTaker"), is_taker);
    fx_json_add_dec(buf, FX_STR("fee"), is_buyer ? row->buy_fee : row->sell_fee);
    fx_json_add_dec(buf, FX_STR("feeRate"), is_buyer ? row->buy_fee_rate : row->sell_fee_rate);
    fx_json_add_dec(
        buf, FX_STR("realizedPnl"), is_buyer ? row->realized_pnl_buy : row->realized_pnl_sell);
}

void fx_wire_rows_fill(struct fx_buf *buf, const struct fx_rows_trade *row, uint64_t user_id)
{
    begin(buf);
    add_number_id(buf, FX_STR("id"), row->id);
    fx_json_add_str(buf, FX_STR("symbol"), fx_ids_symbol_str(&row->symbol));
    fx_json_add_dec(buf, FX_STR("price"), row->price);
    fx_json_add_dec(buf, FX_STR("quantity"), row->quantity);
    fx_json_add_dec(buf, FX_STR("value"), row->value);
    fx_json_add_str(buf, FX_STR("asset"), fx_ids_asset_str(&row->asset));
    add_fill_side(buf, row, row->buy_user_id == user_id);
    fx_json_add_bool(buf, FX_STR("buyerIsTaker"), row->buyer_is_taker);
    if (row->note != FX_TRADE_NOTE_NONE) {
        add_name(buf, FX_STR("note"), fx_event_trade_note_name(row->note));
    }
    fx_json_add_id(buf, FX_STR("operationId"), row->operation_id);
    fx_json_add_int(buf, FX_STR("createdAt"), ms_of(row->created_us));
    end(buf);
}

void fx_wire_rows_public_trade(struct fx_buf *buf, const struct fx_rows_trade *row)
{
    begin(buf);
    add_number_id(buf, FX_STR("id"), row->id);
    fx_json_add_str(buf, FX_STR("symbol"), fx_ids_symbol_str(&row->symbol));
    fx_json_add_dec(buf, FX_STR("price"), row->price);
    fx_json_add_dec(buf, FX_STR("quantity"), row->quantity);
    fx_json_add_bool(buf, FX_STR("buyerIsTaker"), row->buyer_is_taker);
    if (row->note != FX_TRADE_NOTE_NONE) {
        add_name(buf, FX_STR("note"), fx_event_trade_note_name(row->note));
    }
    fx_json_add_int(buf, FX_STR("createdAt"), ms_of(row->created_us));
    end(buf);
}

void fx_wire_rows_user(struct fx_buf *buf, const struct fx_rows_user *row)
{
    begin(buf);
    add_number_id(buf, FX_STR("id"), row->id);
    add_name(buf, FX_STR("email"), row->email);
    add_name(buf, FX_STR("role"), row->role);
    add_name(buf, FX_STR("status"), row->status);
    add_name(buf, FX_STR("isLocked"), row->is_locked ? "LOCKED" : "UNLOCKED");
    add_name(buf, FX_STR("userType"), row->user_type);
    fx_json_add_bool(buf, FX_STR("allowTrade"), row->allow_trade);
    fx_json_add_bool(buf, FX_STR("enableTradingFee"), row->enable_trading_fee);
    fx_json_add_bool(buf, FX_STR("isMarketMaker"), row->is_market_maker);
    fx_json_add_bool(buf, FX_STR("isBot"), row->is_bot);
    add_name(buf, FX_STR("uid"), row->uid);
    fx_json_add_int(buf, FX_STR("createdAt"), ms_of(row->created_us));
    end(buf);
}
