/* Instruments: they come and change only by commands in the same log as the orders. */
#include <string.h>

#include "base/panic.h"
#include "engine/marks_int.h"
#include "engine/orders_int.h"
#include "engine/risk_int.h"
#include "engine/settle_int.h"
#include "engine/triggers_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool a slot, a side and a count are all
// numbers; their names and the assertions tell them apart

uint32_t fx_listing_find(const struct fx_engine *engine, const struct fx_symbol *symbol)
{
    FX_ASSERT(engine->instrument_count <= engine->limits.instruments_max);
    for (uint32_t index = 0; index < engine->instrument_count; index++) {
        FX_ASSERT(engine->listings[index].definition.instrument_id == index);
        if (memcmp(&engine->listings[index].definition.symbol, symbol, sizeof *symbol) == 0) {
            return index;
        }
    }
    return UINT32_MAX;
}

/* INSTRUMENT, then its tiers. */
static void emit(struct fx_engine *engine, uint32_t instrument)
{
    FX_ASSERT(instrument < engine->instrument_count);
    const struct fx_listing *listing = &engine->listings[instrument];
    const uint32_t count = listing->definition.tier_count;
    FX_ASSERT(count <= FX_TIERS_MAX);
    fx_touch_event(engine, FX_EVENT_INSTRUMENT)->u.instrument = listing->definition;
    for (uint32_t index = 0; index < count; index++) {
        struct fx_event_tier *tier = &fx_touch_event(engine, FX_EVENT_TIER)->u.tier;
        tier->tier = listing->tiers[index];
        tier->instrument = instrument;
        tier->index = index;
        tier->count = count;
    }
}

/* Orders and positions are counted in these; they never change. */
static bool is_same_contract(const struct fx_instrument *left, const struct fx_instrument *right)
{
    return left->tick_size == right->tick_size && left->lot_size == right->lot_size &&
           left->multiplier == right->multiplier && left->contract_type == right->contract_type &&
           left->kind == right->kind &&
           memcmp(&left->settle, &right->settle, sizeof left->settle) == 0;
}

/* Every sum of lots stays in int64: a level or a side of the book may hold all orders there are. */
static bool fits_limits(const struct fx_engine *engine, const struct fx_instrument *definition)
{
    FX_ASSERT(engine->limits.orders_max > 0);
    FX_ASSERT(definition->max_lots > 0);
    return definition->max_lots <= INT64_MAX / 4 / engine->limits.orders_max;
}

static bool is_past(const struct fx_engine *engine, const struct fx_instrument *definition)
{
    FX_ASSERT(engine->time_us >= 0);
    return definition->kind == FX_INSTRUMENT_KIND_DATED && definition->expiry_us <= engine->time_us;
}

static fx_status create(struct fx_engine *engine, const struct fx_instrument *definition)
{
    FX_ASSERT(engine->instrument_count <= engine->limits.instruments_max);
    const uint32_t instrument = engine->instrument_count;
    if (instrument == engine->limits.instruments_max) {
        return FX_CAPACITY;
    }
    const uint32_t asset = fx_account_state_asset(engine, &definition->settle);
    if (asset == UINT32_MAX) {
        return FX_CAPACITY;
    }
    struct fx_listing *listing = &engine->listings[instrument];
    FX_ASSERT(asset < engine->asset_count);
    memcpy(&listing->definition, definition, sizeof *definition);
    listing->definition.instrument_id = instrument;
    listing->definition.state = FX_INSTRUMENT_STATE_PENDING;
    listing->definition.tier_count = 0;
    listing->asset = asset;
    listing->terms_sequence = engine->sequence;
    engine->instrument_count++;
    fx_margin_attach(listing);
    fx_engine_open_book(engine, instrument);
    fx_settle_restart(engine, instrument);
    FX_ASSERT(fx_listing_find(engine, &definition->symbol) == instrument);
    emit(engine, instrument);
    return FX_OK;
}

static fx_status update(struct fx_engine *engine,
                        const struct fx_command *command,
                        struct fx_event_result *result)
{
    FX_ASSERT(command->kind == FX_COMMAND_UPDATE_INSTRUMENT);
    FX_ASSERT(result->is_changed == 0);
    const struct fx_instrument *definition = &command->u.instrument;
    const fx_status status = fx_instrument_check(definition);
    if (status != FX_OK) {
        return status;
    }
    if (!fits_limits(engine, definition)) {
        result->reject.field = FX_FIELD_QUANTITY;
        return FX_BAD_INSTRUMENT;
    }
    result->is_changed = 1;
    const uint32_t instrument = fx_listing_find(engine, &definition->symbol);
    if (instrument == UINT32_MAX) {
        return is_past(engine, definition) ? FX_BAD_INSTRUMENT : create(engine, definition);
    }
    if (definition->instrument_id == FX_INSTRUMENT_NEW) { /* somebody else was quicker */
        result->reject.field = FX_FIELD_SYMBOL;
        return FX_EXISTS;
    }
    struct fx_instrument *old = &engine->listings[instrument].definition;
    if (!is_same_contract(old, definition)) {
        return FX_IMMUTABLE;
    }
    if (fx_settle_is_over(engine, instrument)) {
        return FX_SYMBOL_SETTLED;
    }
    if (is_past(engine, definition)) {
        return FX_BAD_INSTRUMENT;
    }
    const bool is_date_new = old->expiry_us != definition->expiry_us;
    const bool is_interval_new = old->funding_interval_s != definition->funding_interval_s;
    const uint8_t state = old->state, tier_count = old->tier_count;
    memcpy(old, definition, sizeof *old);
    old->instrument_id = instrument;
    old->state = state;
    old->tier_count = tier_count;
    engine->listings[instrument].terms_sequence = engine->sequence;
    fx_margin_attach(&engine->listings[instrument]);
    fx_risk_see_terms(engine, instrument);
    if (is_interval_new) {
        fx_funding_restart(engine, instrument);
    }
    fx_mark_refresh_due(engine);
    if (is_date_new) {
        fx_settle_restart(engine, instrument);
    }
    emit(engine, instrument);
    return FX_OK;
}

static fx_status unknown_symbol(struct fx_event_result *result)
{
    FX_ASSERT(result->is_changed == 0);
    result->reject.field = FX_FIELD_SYMBOL;
    return FX_UNKNOWN_SYMBOL;
}

static fx_status load_tiers(struct fx_engine *engine,
                            const struct fx_command *command,
                            struct fx_event_result *result)
{
    FX_ASSERT(command->kind == FX_COMMAND_LOAD_LEVERAGE_MARGIN);
    FX_ASSERT(result->is_changed == 0);
    const struct fx_command_tiers *tiers = &command->u.tiers;
    if (command->instrument >= engine->instrument_count) {
        return unknown_symbol(result);
    }
    if (tiers->count < 1 || tiers->count > FX_TIERS_MAX ||
        fx_instrument_check_tiers(tiers->tiers, tiers->count) != FX_OK) {
        return FX_BAD_INSTRUMENT;
    }
    if (fx_settle_is_over(engine, command->instrument)) {
        return FX_SYMBOL_SETTLED;
    }
    struct fx_listing *listing = &engine->listings[command->instrument];
    memset(listing->tiers, 0, sizeof listing->tiers);
    memcpy(listing->tiers, tiers->tiers, tiers->count * sizeof tiers->tiers[0]);
    listing->definition.tier_count = (uint8_t)tiers->count;
    listing->terms_sequence = engine->sequence;
    result->is_changed = 1;
    FX_ASSERT(listing->definition.tier_count == tiers->count);
    fx_risk_see_terms(engine, command->instrument);
    emit(engine, command->instrument);
    return FX_OK;
}

void fx_listing_move(struct fx_engine *engine, uint32_t instrument, enum fx_instrument_state state)
{
    FX_ASSERT(engine->listings[instrument].definition.state != state);
    FX_ASSERT(instrument < engine->instrument_count);
    engine->listings[instrument].definition.state = (uint8_t)state;
    fx_mark_refresh_due(engine);
    engine->has_crossed = true; /* what was crossed meanwhile fires once trading goes on */
    fx_risk_see_mark(engine, instrument); /* and who waited is looked at again */
    emit(engine, instrument);
}

/* The operator opens what is new and moves freely among what is open; the end of a contract comes
 * with its date or by SETTLE, and nothing leads back from there. */
static bool is_edge(enum fx_instrument_state from, enum fx_instrument_state to)
{
    FX_ASSERT(from >= FX_INSTRUMENT_STATE_PENDING && from <= FX_INSTRUMENT_STATE_SETTLED);
    FX_ASSERT(to >= FX_INSTRUMENT_STATE_PENDING && to <= FX_INSTRUMENT_STATE_SETTLED);
    const bool is_open_from =
        from >= FX_INSTRUMENT_STATE_PENDING && from <= FX_INSTRUMENT_STATE_HALTED;
    const bool is_open_to = to >= FX_INSTRUMENT_STATE_TRADING && to <= FX_INSTRUMENT_STATE_HALTED;
    return from == to || (is_open_from && is_open_to);
}

fx_status fx_listing_judge_trading(const struct fx_engine *engine,
                                   uint32_t instrument,
                                   bool is_post_only)
{
    FX_ASSERT(instrument < engine->instrument_count);
    const uint8_t state = engine->listings[instrument].definition.state;
    FX_CHECK(state >= FX_INSTRUMENT_STATE_PENDING && state <= FX_INSTRUMENT_STATE_SETTLED);
    if (fx_settle_is_over(engine, instrument)) {
        return FX_SYMBOL_SETTLED;
    }
    if (engine->preload.mode != FX_ENGINE_MODE_RUNNING) {
        return FX_ENGINE_STOPPED;
    }
    return state == FX_INSTRUMENT_STATE_TRADING ||
                   (state == FX_INSTRUMENT_STATE_POST_ONLY && is_post_only)
               ? FX_OK
               : FX_INSTRUMENT_HALTED;
}

static fx_status set_state(struct fx_engine *engine,
                           const struct fx_command *command,
                           struct fx_event_result *result)
{
    FX_ASSERT(command->kind == FX_COMMAND_SET_STATE);
    FX_ASSERT(result->is_changed == 0);
    const uint32_t state = command->u.set_state.state;
    if (command->instrument >= engine->instrument_count) {
        return unknown_symbol(result);
    }
    if (state < FX_INSTRUMENT_STATE_PENDING || state > FX_INSTRUMENT_STATE_SETTLED) {
        return FX_BAD_PARAMETER;
    }
    const struct fx_instrument *definition = &engine->listings[command->instrument].definition;
    const enum fx_instrument_state from = (enum fx_instrument_state)definition->state;
    const bool takes_orders =
        state == FX_INSTRUMENT_STATE_TRADING || state == FX_INSTRUMENT_STATE_POST_ONLY;
    if (takes_orders && definition->tier_count == 0) {
        return FX_BAD_INSTRUMENT;
    }
    if (!is_edge(from, (enum fx_instrument_state)state) ||
        (from != state && fx_settle_is_over(engine, command->instrument))) {
        return FX_BAD_STATE_CHANGE;
    }
    result->is_changed = from != state;
    if (result->is_changed != 0) {
        fx_listing_move(engine, command->instrument, (enum fx_instrument_state)state);
    }
    return FX_OK;
}

fx_status fx_listing_apply(struct fx_engine *engine,
                           const struct fx_command *command,
                           struct fx_event_result *result)
{
    FX_ASSERT(result->is_changed == 0);
    switch (command->kind) {
    case FX_COMMAND_UPDATE_INSTRUMENT:
        return update(engine, command, result);
    case FX_COMMAND_LOAD_LEVERAGE_MARGIN:
        return load_tiers(engine, command, result);
    default:
        return set_state(engine, command, result);
    }
}

// NOLINTEND(bugprone-easily-swappable-parameters)
