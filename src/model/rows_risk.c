#include "model/rows_risk.h"

#include <stdbool.h>
#include <string.h>

#include "base/panic.h"
#include "model/rows.h"

static fx_i128 price_of(const struct fx_instrument *instrument, int64_t ticks)
{
    return fx_instrument_price(instrument, (fx_px){ticks});
}

static fx_i128 quantity_of(const struct fx_instrument *instrument, int64_t lots)
{
    return fx_instrument_quantity(instrument, (fx_qty){lots});
}

void fx_rows_risk_liquidation_of(const struct fx_event *event,
                                 const struct fx_instrument *instrument,
                                 struct fx_rows_liquidation *row_out)
{
    const struct fx_event_liquidation *step = &event->u.liquidation;
    const fx_str name = fx_str_of(fx_event_risk_step_name((enum fx_liquidation_step)step->step));
    FX_ASSERT(event->kind == FX_EVENT_LIQUIDATION);
    FX_ASSERT(step->instrument == instrument->instrument_id);
    memset(row_out, 0, sizeof *row_out);
    row_out->quantity = quantity_of(instrument, step->lots);
    row_out->price = price_of(instrument, step->price_ticks);
    row_out->mark_price = price_of(instrument, step->mark_ticks);
    row_out->maintenance = step->maintenance;
    row_out->equity = step->equity;
    row_out->fee = step->fee;
    row_out->operation_id = fx_event_operation_id(event);
    row_out->id = step->id;
    row_out->account_id = step->account_id;
    row_out->user_id = step->user_id;
    row_out->position_id = step->position_id;
    row_out->order_id = step->order_id;
    row_out->counter_account_id = step->counter_account_id;
    row_out->counter_user_id = step->counter_user_id;
    row_out->counter_position_id = step->counter_position_id;
    row_out->created_us = event->time_us;
    row_out->order_count = step->count;
    if (step->side != 0) {
        const fx_str side = fx_str_of(fx_order_side_name((enum fx_side)step->side));
        const bool has_side = fx_str_copy(side, row_out->side, sizeof row_out->side);
        FX_ASSERT(has_side);
    }
    row_out->position_side = (enum fx_position_side)step->position_side;
    row_out->margin_mode = (enum fx_margin_mode)step->margin_mode;
    row_out->symbol = instrument->symbol;
    row_out->asset = instrument->settle;
    const bool is_copied = fx_str_copy(name, row_out->step, sizeof row_out->step);
    FX_ASSERT(is_copied);
}

/* What changed, the most telling thing first; "" where nothing did. */
static const char *action_of(const struct fx_event_position *before,
                             const struct fx_event_position *after)
{
    if (before->margin_mode != after->margin_mode) {
        return "MARGIN_MODE";
    }
    if (before->leverage_centi != after->leverage_centi) {
        return "LEVERAGE";
    }
    if (before->adjust_margin != after->adjust_margin) {
        return "ADJUST";
    }
    return before->position_margin != after->position_margin ? "FUNDING" : "";
}

void fx_rows_risk_margin_of(const struct fx_event *event,
                            const struct fx_instrument *instrument,
                            const struct fx_event_position *before,
                            struct fx_rows_margin *row_out)
{
    const struct fx_event_position *after = &event->u.position;
    FX_ASSERT(event->kind == FX_EVENT_POSITION);
    FX_ASSERT(after->lots == before->lots);
    memset(row_out, 0, sizeof *row_out);
    row_out->position_margin = after->position_margin;
    row_out->adjust_margin = after->adjust_margin;
    row_out->amount = after->position_margin + after->adjust_margin - before->position_margin -
                      before->adjust_margin;
    row_out->leverage = fx_rows_leverage(after->leverage_centi);
    row_out->liquidation_price = price_of(instrument, after->liquidation_ticks);
    row_out->operation_id = fx_event_operation_id(event);
    row_out->id = row_out->operation_id;
    row_out->user_id = after->user_id;
    row_out->account_id = after->account_id;
    row_out->position_id = after->position_id;
    row_out->created_us = event->time_us;
    row_out->symbol = instrument->symbol;
    row_out->asset = instrument->settle;
    const bool is_copied =
        fx_str_copy(fx_str_of(action_of(before, after)), row_out->action, sizeof row_out->action);
    FX_ASSERT(is_copied);
}

fx_i128 fx_rows_risk_profit_of(const struct fx_event events[],
                               uint32_t count,
                               const struct fx_event_position *after,
                               const struct fx_event_position *before)
{
    fx_i128 sum = 0;
    bool has_trades = false;
    for (uint32_t index = 0; index < count; index++) {
        const struct fx_event_trade *trade = &events[index].u.trade;
        if (events[index].kind != FX_EVENT_TRADE || trade->instrument != after->instrument) {
            continue;
        }
        const bool is_buyer = trade->buy_account_id == after->account_id;
        const bool is_seller = trade->sell_account_id == after->account_id;
        sum += (is_buyer ? trade->buy_pnl : 0) + (is_seller ? trade->sell_pnl : 0);
        has_trades = has_trades || is_buyer || is_seller;
    }
    return has_trades && after->position_side == FX_POSITION_SIDE_BOTH
               ? sum
               : after->realized_pnl - before->realized_pnl;
}

static int64_t magnitude_of(int64_t lots)
{
    return lots < 0 ? -lots : lots;
}

/* Lots that were closed: + of a long, - of a short position. */
static int64_t closed_lots(int64_t before, int64_t after)
{
    const bool is_turned = (before > 0 && after < 0) || (before < 0 && after > 0);
    if (is_turned) {
        return before;
    }
    return magnitude_of(after) < magnitude_of(before) ? before - after : 0;
}

void fx_rows_risk_closed_of(const struct fx_event *event,
                            const struct fx_instrument *instrument,
                            const struct fx_event_position *before,
                            fx_i128 realized_pnl,
                            struct fx_rows_closed *row_out)
{
    const struct fx_event_position *after = &event->u.position;
    const int64_t closed = closed_lots(before->lots, after->lots);
    FX_ASSERT(event->kind == FX_EVENT_POSITION);
    memset(row_out, 0, sizeof *row_out);
    if (closed == 0) {
        return;
    }
    const bool is_whole = closed == before->lots;
    const bool is_linear = instrument->contract_type == FX_CONTRACT_TYPE_USD_M;
    const fx_i128 value = is_whole ? before->entry_value : before->entry_value - after->entry_value;
    /* Profit of a linear long is value at the close - value at the entry; of short and inverse the
     * other way round. */
    const fx_i128 close_value =
        (closed > 0) == is_linear ? value + realized_pnl : value - realized_pnl;
    row_out->current_qty = quantity_of(instrument, after->lots);
    row_out->closed_qty = quantity_of(instrument, closed);
    row_out->entry_price = fx_rows_average_price(instrument, magnitude_of(closed), value);
    row_out->entry_value = value;
    row_out->close_price =
        close_value < 0 ? 0 : fx_rows_average_price(instrument, magnitude_of(closed), close_value);
    row_out->realized_pnl = realized_pnl;
    row_out->leverage = fx_rows_leverage(before->leverage_centi);
    row_out->operation_id = fx_event_operation_id(event);
    row_out->id = row_out->operation_id;
    row_out->user_id = after->user_id;
    row_out->account_id = after->account_id;
    row_out->position_id = after->position_id;
    row_out->created_us = event->time_us;
    row_out->position_side = (enum fx_position_side)after->position_side;
    row_out->margin_mode = (enum fx_margin_mode)before->margin_mode;
    row_out->symbol = instrument->symbol;
    row_out->asset = instrument->settle;
}
