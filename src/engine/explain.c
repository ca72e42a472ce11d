/* The answers to questions about money. EXPLAIN: every number between an account's money and its
 * prices, said by the functions that decide with them. Here is only the list: what is computed is
 * computed elsewhere, once. */
#include <string.h>

#include "base/panic.h"
#include "engine/marks_int.h"
#include "engine/orders_int.h"
#include "engine/preload_int.h"
#include "engine/rank_int.h"
#include "engine/risk_int.h"
#include "model/rows.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool a slot, a side and a count are all
// numbers; their names and the assertions tell them apart

enum { US_PER_MS = 1000, UNITS_PER_PPB = 1000000000 /* 1e18 / 1e9 */ };

/* Values on their way into events. */
struct answer {
    fx_i128 values[FX_TERM_COUNT];
};

static fx_i128 count_of(uint32_t number)
{
    return fx_dec_one() * number;
}

static void explain_account(const struct fx_engine *engine,
                            fx_slot account,
                            const struct fx_margin_parts *parts,
                            struct answer *answer)
{
    FX_ASSERT(account < engine->account_count);
    FX_ASSERT(parts->isolated >= 0);
    const struct fx_account_state *state = &engine->accounts[account];
    answer->values[FX_TERM_BALANCE] = state->balance;
    answer->values[FX_TERM_REWARD_BALANCE] = state->reward_balance;
    answer->values[FX_TERM_ISOLATED_MARGINS] = parts->isolated;
    answer->values[FX_TERM_CROSS_INITIAL_MARGINS] = parts->initial;
    answer->values[FX_TERM_ORDER_RESERVES] = parts->reserves;
    answer->values[FX_TERM_CROSS_UNREALIZED_PNL] = parts->gains;
    answer->values[FX_TERM_AVAILABLE] = fx_margin_available(engine, account);
    answer->values[FX_TERM_WITHDRAWABLE] = fx_margin_withdrawable(engine, account);
}

static void explain_prices(const struct fx_listing *listing, struct answer *answer)
{
    FX_ASSERT(listing->mark.ticks >= 0);
    FX_ASSERT(listing->last.ticks >= 0);
    const struct fx_instrument *definition = &listing->definition;
    answer->values[FX_TERM_MARK_PRICE] = fx_instrument_price(definition, listing->mark);
    answer->values[FX_TERM_INDEX_PRICE] = fx_instrument_price(definition, listing->index);
    answer->values[FX_TERM_LAST_PRICE] = fx_instrument_price(definition, listing->last);
}

static void explain_setting(const struct fx_engine *engine, fx_slot position, struct answer *answer)
{
    FX_ASSERT(position < engine->position_count);
    const struct fx_position_state *state = &engine->positions[position];
    const struct fx_instrument *definition = &engine->listings[state->instrument].definition;
    const fx_i128 notional = fx_margin_notional(engine, state);
    FX_ASSERT(notional >= 0);
    answer->values[FX_TERM_CURRENT_QTY] = fx_instrument_quantity(definition, (fx_qty){state->lots});
    answer->values[FX_TERM_ENTRY_VALUE] = state->entry_value;
    answer->values[FX_TERM_LEVERAGE] = fx_rows_leverage(state->leverage_centi);
    answer->values[FX_TERM_MARK_VALUE] = fx_margin_mark_value(engine, state);
    answer->values[FX_TERM_UNREALIZED_PNL] = fx_margin_unrealized(engine, state);
    answer->values[FX_TERM_POSITION_MARGIN] = state->position_margin;
    answer->values[FX_TERM_ADJUST_MARGIN] = state->adjust_margin;
    answer->values[FX_TERM_ORDER_RESERVE] = state->reserve;
    answer->values[FX_TERM_INITIAL_MARGIN] = state->margin_mode == FX_MARGIN_MODE_ISOLATED
                                                 ? state->position_margin + state->adjust_margin
                                                 : fx_margin_initial(engine, state);
    answer->values[FX_TERM_MAINTENANCE_MARGIN] = fx_margin_maintenance(engine, state);
    answer->values[FX_TERM_TIER_NOTIONAL] = notional;
    answer->values[FX_TERM_LEVERAGE_MAX] = fx_rows_leverage(
        fx_margin_leverage_max(engine, state->instrument, (fx_amount){notional}).centi);
}

static void explain_funding(const struct fx_engine *engine,
                            uint32_t instrument,
                            struct answer *answer)
{
    FX_ASSERT(instrument < engine->instrument_count);
    const struct fx_instrument *definition = &engine->listings[instrument].definition;
    const struct fx_funding_forecast forecast = fx_funding_forecast(engine, instrument);
    FX_ASSERT(forecast.cap_ppb >= 0);
    answer->values[FX_TERM_PREMIUM_SAMPLES] = count_of(forecast.samples);
    answer->values[FX_TERM_PREMIUM] = fx_rows_rate(forecast.premium_ppb);
    answer->values[FX_TERM_INTEREST] = fx_rows_rate(definition->interest_ppb);
    answer->values[FX_TERM_DAMPER] = fx_rows_rate(definition->damper_ppb);
    answer->values[FX_TERM_FUNDING_CAP] = fx_rows_rate(forecast.cap_ppb);
    answer->values[FX_TERM_PREDICTED_FUNDING_RATE] = fx_rows_rate(forecast.rate.ppb);
    answer->values[FX_TERM_NEXT_FUNDING_TIME] = fx_dec_one() * (forecast.next_us / US_PER_MS);
}

/* Ratios of the queue in parts per billion; a score that fills their range just fits. */
static fx_i128 ratio_of(fx_i128 ppb)
{
    FX_ASSERT(ppb < (fx_i128)1 << 96U); /* so that the product has room */
    FX_ASSERT(ppb > -((fx_i128)1 << 96U));
    const fx_i128 most = fx_dec_limit() - 1;
    const fx_i128 units = ppb * UNITS_PER_PPB;
    if (units > most) {
        return most;
    }
    return units < -most ? -most : units;
}

static void explain_queue(const struct fx_engine *engine, fx_slot position, struct answer *answer)
{
    FX_ASSERT(position < engine->position_count);
    const struct fx_adl_parts parts = fx_adl_explain(engine, position);
    FX_ASSERT(parts.leverage >= 0);
    answer->values[FX_TERM_ADL_PROFIT] = ratio_of(parts.profit);
    answer->values[FX_TERM_ADL_LEVERAGE] = ratio_of(parts.leverage);
    answer->values[FX_TERM_ADL_SCORE] = ratio_of(parts.score);
    answer->values[FX_TERM_ADL_RANK] = count_of(fx_rank_of(&engine->positions[position]));
}

/* What an open position has beside its setting. */
static void explain_open(const struct fx_engine *engine,
                         fx_slot position,
                         const struct fx_margin_parts *parts,
                         struct answer *answer)
{
    const struct fx_listing *listing = &engine->listings[engine->positions[position].instrument];
    const struct fx_margin_prices prices = fx_margin_prices(engine, position);
    const struct fx_margin_standing standing = fx_margin_standing(engine, position);
    FX_ASSERT(parts->tier <= listing->definition.tier_count);
    FX_ASSERT(parts->liquidation_tier <= listing->definition.tier_count);
    answer->values[FX_TERM_TIER] = count_of(parts->tier);
    answer->values[FX_TERM_LIQUIDATION_TIER] = count_of(parts->liquidation_tier);
    if (parts->tier > 0) {
        const struct fx_tier *at_mark = &listing->tiers[parts->tier - 1];
        const struct fx_tier *at_end = &listing->tiers[parts->liquidation_tier - 1];
        answer->values[FX_TERM_MAINTENANCE_RATE] = fx_rows_rate(at_mark->rate_ppb);
        answer->values[FX_TERM_MAINTENANCE_CUM] = at_mark->cum;
        answer->values[FX_TERM_LIQUIDATION_RATE] = fx_rows_rate(at_end->rate_ppb);
        answer->values[FX_TERM_LIQUIDATION_CUM] = at_end->cum;
    }
    answer->values[FX_TERM_BACKING] = parts->backing;
    answer->values[FX_TERM_OTHER_MAINTENANCE] = parts->other_maintenance;
    answer->values[FX_TERM_EQUITY] = standing.equity;
    answer->values[FX_TERM_EQUITY_NEEDED] = standing.maintenance;
    answer->values[FX_TERM_LIQUIDATION_PRICE] =
        fx_instrument_price(&listing->definition, prices.liquidation);
    answer->values[FX_TERM_BANKRUPT_PRICE] =
        fx_instrument_price(&listing->definition, prices.bankruptcy);
    explain_queue(engine, position, answer);
    answer->values[FX_TERM_PREDICTED_FUNDING] = fx_funding_foresee(engine, position);
}

fx_status fx_explain_ask(struct fx_engine *engine,
                         const struct fx_command *question,
                         struct fx_event_result *result)
{
    FX_ASSERT(question->kind == FX_COMMAND_EXPLAIN);
    FX_ASSERT(result->account_id == 0);
    const uint32_t side = question->u.explain.position_side;
    struct answer answer;
    memset(&answer, 0, sizeof answer);
    if (question->instrument >= engine->instrument_count) {
        result->reject.field = FX_FIELD_SYMBOL;
        return FX_UNKNOWN_SYMBOL;
    }
    if (side > FX_POSITION_SIDE_SHORT) {
        result->reject.field = FX_FIELD_POSITION_SIDE;
        return FX_BAD_PARAMETER;
    }
    const struct fx_listing *listing = &engine->listings[question->instrument];
    const fx_slot account = fx_account_state_find(engine, question->user_id, listing->asset);
    if (account == FX_SLOT_NONE) {
        return FX_ACCOUNT_NOT_FOUND;
    }
    result->account_id = fx_preload_account_id(engine, account);
    const fx_slot position =
        fx_position_state_find(engine,
                               account,
                               question->instrument,
                               side == 0 ? FX_POSITION_SIDE_BOTH : (enum fx_position_side)side);
    const struct fx_margin_parts parts = fx_margin_explain(engine, account, position);
    explain_account(engine, account, &parts, &answer);
    explain_prices(listing, &answer);
    explain_funding(engine, question->instrument, &answer);
    if (position != FX_SLOT_NONE) {
        explain_setting(engine, position, &answer);
    }
    if (position != FX_SLOT_NONE && engine->positions[position].lots != 0) {
        explain_open(engine, position, &parts, &answer);
    }
    for (uint32_t term = 0; term < FX_TERM_COUNT; term++) {
        struct fx_event_term *said = &fx_touch_event(engine, FX_EVENT_TERM)->u.term;
        said->value = answer.values[term];
        said->term = term;
    }
    return FX_OK;
}

fx_status fx_explain_exchange(struct fx_engine *engine)
{
    FX_ASSERT(engine->asset_count <= engine->limits.assets_max);
    for (uint32_t asset = 0; asset < engine->asset_count; asset++) {
        const struct fx_asset_state *state = &engine->assets[asset];
        const fx_slot fund = fx_insurance_find(engine, asset);
        FX_ASSERT(fund == FX_SLOT_NONE || engine->accounts[fund].balance >= 0);
        struct fx_event_exchange *said = &fx_touch_event(engine, FX_EVENT_EXCHANGE)->u.exchange;
        said->asset = state->asset;
        said->fees = state->fees;
        said->rounding = state->rounding;
        said->deposited = state->deposited;
        if (fund != FX_SLOT_NONE) {
            said->fund_balance = engine->accounts[fund].balance;
            said->fund_account_id = fx_preload_account_id(engine, fund);
        }
    }
    return FX_OK;
}

// NOLINTEND(bugprone-easily-swappable-parameters)
