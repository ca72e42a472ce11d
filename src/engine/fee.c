/* Trading fees: which rate an account pays, and the one rounding. Source: docs/rules/fees.md. */
#include "base/panic.h"
#include "engine/money_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): slots, lots and units are plain numbers here

fx_rate fx_fee_rate(const struct fx_engine *engine,
                    fx_slot account,
                    uint32_t instrument,
                    bool is_taker)
{
    FX_ASSERT(account < engine->account_count);
    FX_ASSERT(instrument < engine->instrument_count);
    const struct fx_account_state *payer = &engine->accounts[account];
    if ((payer->flags & FX_ACCOUNT_FLAG_NO_FEE) != 0) {
        return (fx_rate){0};
    }
    if (payer->has_fees != 0) {
        return (fx_rate){is_taker ? payer->taker_fee_ppb : payer->maker_fee_ppb};
    }
    const struct fx_instrument *definition = &engine->listings[instrument].definition;
    return (fx_rate){is_taker ? definition->taker_fee_ppb : definition->maker_fee_ppb};
}

fx_amount fx_fee_amount(fx_amount value, fx_rate rate)
{
    FX_CHECK(value.units >= 0);
    return (fx_amount){fx_margin_at_rate(value.units, rate)};
}
// NOLINTEND(bugprone-easily-swappable-parameters)
