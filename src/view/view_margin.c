/* The formulas of docs/rules/margin.md over rows. The engine decides with its own; that both say
 * the same to the last unit is tested on random streams (tests/property/api/api_account_prop.c). */
#include "view/view_margin.h"

#include <string.h>

#include "base/panic.h"

enum { PPB = 1000000000 };

static fx_i128 magnitude_of(fx_i128 value)
{
    return value < 0 ? -value : value;
}

/* Value of the position at mark; its entry value where there is no mark. */
static fx_i128 notional_of(const struct fx_view_symbol *symbol, const struct fx_rows_position *row)
{
    const fx_i128 lots = magnitude_of(row->current_qty) / symbol->definition.lot_size;
    fx_amount value = {row->entry_value};
    if (lots == 0 || symbol->mark_ticks == 0) {
        return row->entry_value;
    }
    if (!fx_instrument_value(
            &symbol->definition, (fx_px){symbol->mark_ticks}, (fx_qty){(int64_t)lots}, &value)) {
        return fx_dec_limit() - 1; /* as the engine says it: a mark above the highest price */
    }
    return value.units;
}

static fx_i128 maintenance_of(const struct fx_view_symbol *symbol, fx_i128 notional)
{
    const uint32_t count = symbol->definition.tier_count;
    fx_i128 margin = 0;
    if (count == 0) {
        return 0;
    }
    const struct fx_tier *tier = fx_instrument_tier(symbol->tiers, count, (fx_amount){notional});
    const bool fits = fx_dec_mul_div(notional, tier->rate_ppb, PPB, FX_ROUND_CEIL, &margin);
    FX_ASSERT(fits); /* a rate is below 1 */
    return margin - tier->cum;
}

void fx_view_margin_of_position(const struct fx_view *view,
                                const struct fx_rows_position *row,
                                struct fx_view_margin_position *margin_out)
{
    const struct fx_view_symbol *symbol = fx_view_symbol(view, row->instrument);
    struct fx_view_margin_position margin;
    memset(&margin, 0, sizeof margin);
    margin.mark_price = fx_instrument_price(&symbol->definition, (fx_px){symbol->mark_ticks});
    if (row->current_qty != 0) {
        /* The direction of its value: a linear long or an inverse short gains when it rises. */
        const bool is_linear = row->contract_type == FX_CONTRACT_TYPE_USD_M;
        const bool is_gaining = (row->current_qty > 0) == is_linear;
        margin.notional = notional_of(symbol, row);
        margin.unrealized =
            is_gaining ? margin.notional - row->entry_value : row->entry_value - margin.notional;
        margin.maintenance = maintenance_of(symbol, margin.notional);
        const bool fits = fx_dec_mul_div(
            margin.notional, fx_dec_one(), row->leverage, FX_ROUND_CEIL, &margin.initial);
        FX_ASSERT(fits); /* a leverage is at least 1 */
    }
    *margin_out = margin;
}

void fx_view_margin_of_account(const struct fx_view *view,
                               const struct fx_rows_account *row,
                               struct fx_view_margin_account *margin_out)
{
    struct fx_view_margin_account sum;
    const struct fx_rows_position *position = NULL;
    fx_i128 gains = 0; /* of cross positions */
    uint32_t cursor = 0;
    memset(&sum, 0, sizeof sum);
    while ((position = fx_view_next_position(view, row->user_id, &cursor)) != NULL) {
        struct fx_view_margin_position margin;
        if (position->account_id != row->id) {
            continue;
        }
        fx_view_margin_of_position(view, position, &margin);
        sum.reserved += position->order_cost;
        sum.unrealized += margin.unrealized;
        sum.maintenance += margin.maintenance;
        if (position->margin_mode == FX_MARGIN_MODE_ISOLATED) {
            sum.isolated += position->position_margin + position->adjust_margin;
        } else {
            sum.initial += margin.initial;
            gains += margin.unrealized;
        }
    }
    const fx_i128 held = sum.isolated + sum.initial + sum.reserved;
    const fx_i128 free = row->balance + row->reward_balance - held;
    sum.available = free + gains;
    sum.withdrawable = free + (gains < 0 ? gains : 0);
    if (sum.withdrawable > row->balance) {
        sum.withdrawable = row->balance;
    }
    if (sum.withdrawable < 0) {
        sum.withdrawable = 0;
    }
    *margin_out = sum;
}
