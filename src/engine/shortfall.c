/* Money that an account lacks: its isolated margins are earmarked in its cash, and without cross
 * positions there is nothing else behind them, so the cash must hold them all. A fee may take more
 * than what was left of it, or a sell that fills above its limit earmark more than there is.
 *
 * What is missing comes off the margins themselves, the largest first; where there are none, and
 * the account owes, the insurance fund pays as far as it stays solvent, and the exchange the rest.
 * Each is one step of a liquidation and follows from the state alone (R6). Source:
 * docs/rules/liquidation.md section 7. */
#include "base/panic.h"
#include "engine/money_int.h"
#include "engine/orders_int.h"
#include "engine/risk_int.h"

static fx_i128 margin_of(const struct fx_position_state *position)
{
    FX_ASSERT(position->position_margin >= 0); /* M4 */
    return position->position_margin + position->adjust_margin;
}

/* The isolated position with the largest margin, of equals the oldest; NONE where none has any. */
static fx_slot find_margin(const struct fx_engine *engine, fx_slot account)
{
    FX_ASSERT(account < engine->account_count);
    fx_slot largest = FX_SLOT_NONE;
    for (fx_slot slot = engine->accounts[account].first_position; slot != FX_SLOT_NONE;
         slot = engine->positions[slot].next) {
        const struct fx_position_state *position = &engine->positions[slot];
        const fx_i128 most = largest == FX_SLOT_NONE ? 0 : margin_of(&engine->positions[largest]);
        if (position->lots != 0 && fx_position_state_is_isolated(position) &&
            margin_of(position) > most) {
            largest = slot;
        }
    }
    FX_ASSERT(largest == FX_SLOT_NONE || engine->positions[largest].account == account);
    return largest;
}

void fx_shortfall_cover(struct fx_engine *engine, fx_slot account, fx_i128 missing)
{
    FX_ASSERT(account < engine->account_count);
    const fx_slot slot = find_margin(engine, account);
    FX_ASSERT(missing > 0);
    engine->adl_queue->sequence = 0; /* scores follow from margins */
    if (slot != FX_SLOT_NONE) {
        struct fx_position_state *position = &engine->positions[slot];
        const fx_i128 margin = margin_of(position);
        position->adjust_margin -= missing < margin ? missing : margin;
        FX_ASSERT(margin_of(position) >= 0);
        fx_account_state_moved(engine, account);
        fx_touch_position(engine, slot);
        fx_touch_account(engine, account);
        return;
    }
    const fx_i128 rest = missing - fx_insurance_pay(engine, account, missing);
    if (rest > 0) {
        const uint32_t asset = engine->accounts[account].asset;
        const bool fits = fx_account_state_credit(engine, account, rest);
        FX_ASSERT(fits); /* towards 0 */
        engine->assets[asset].rounding -= rest;
        fx_touch_account(engine, account);
        fx_touch_transaction(
            engine, account, FX_TRANSACTION_ROUNDING, rest, FX_COMMAND_ALL_INSTRUMENTS);
    }
}
