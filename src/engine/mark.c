/* Mark and index: the one door through which they change, and when they grow stale. A symbol has
 * rules for its mark from the first SET_MARK_RULES or INDEX_PRICE on; before that a mark holds for
 * ever, as it did when nothing but MARK_PRICE set it, and nobody pays funding by himself. Source:
 * docs/rules/mark.md. */
#include "base/panic.h"
#include "engine/marks_int.h"
#include "engine/orders_int.h"
#include "engine/risk_int.h"
#include "engine/settle_int.h"
#include "engine/triggers_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool prices, times and indexes are all
// numbers; their names and the assertions tell them apart

#define PPB 1000000000

enum { SOURCES_MAX = 1000 };

static const int64_t STALE_AT_ONCE_US = 1;

static fx_status unknown_symbol(struct fx_event_result *result)
{
    FX_ASSERT(result->is_changed == 0);
    result->reject.field = FX_FIELD_SYMBOL;
    return FX_UNKNOWN_SYMBOL;
}

/* From when on the mark is stale, by the rules and what is known of it. */
static int64_t stale_us_of(const struct fx_mark_state *state)
{
    FX_ASSERT(state->max_age_us >= 0);
    FX_ASSERT(state->mark_us >= 0);
    if (state->has_rules == 0) {
        return 0;
    }
    if ((state->has_index != 0 || state->is_starved != 0) &&
        state->source_count < state->sources_min) {
        return STALE_AT_ONCE_US;
    }
    return state->max_age_us == 0 ? 0 : state->mark_us + state->max_age_us + 1;
}

static void say(struct fx_engine *engine, uint32_t instrument)
{
    FX_ASSERT(instrument < engine->instrument_count);
    FX_ASSERT(engine->marks[instrument].is_stale <= 1);
    fx_mark_row(engine, instrument, &fx_touch_event(engine, FX_EVENT_MARK)->u.mark);
}

/* Set when it grows stale again, and whether that is said. */
static void refresh(struct fx_engine *engine, uint32_t instrument)
{
    FX_ASSERT(instrument < engine->instrument_count);
    struct fx_mark_state *state = &engine->marks[instrument];
    fx_settle_see(engine, instrument);
    state->stale_us = stale_us_of(state);
    FX_ASSERT(state->stale_us >= 0);
    state->is_stale = state->has_rules != 0 && !fx_mark_is_fresh(engine, instrument) ? 1 : 0;
    fx_mark_refresh_due(engine);
    if (engine->settlements[instrument].phase == FX_SETTLEMENT_PHASE_WAITING) {
        fx_settle_refresh_due(engine); /* what it waits for is known until the mark is stale */
    }
}

void fx_mark_refresh_due(struct fx_engine *engine)
{
    FX_ASSERT(engine->instrument_count <= engine->limits.instruments_max);
    engine->mark_due_us = INT64_MAX;
    engine->funding_due_us = INT64_MAX;
    engine->sweep_count = 0;
    for (uint32_t index = 0; index < engine->instrument_count; index++) {
        const struct fx_mark_state *state = &engine->marks[index];
        FX_ASSERT(state->sweep.is_open <= 1);
        if (state->is_stale == 0 && state->stale_us != 0 && state->stale_us < engine->mark_due_us) {
            engine->mark_due_us = state->stale_us;
        }
        if (state->next_us != 0 && state->next_us < engine->funding_due_us &&
            fx_funding_may_begin(engine, index)) {
            engine->funding_due_us = state->next_us;
        }
        engine->sweep_count += state->sweep.is_open;
    }
}

void fx_mark_row(const struct fx_engine *engine, uint32_t instrument, struct fx_event_mark *row_out)
{
    FX_ASSERT(instrument < engine->instrument_count);
    const struct fx_listing *listing = &engine->listings[instrument];
    const struct fx_mark_state *state = &engine->marks[instrument];
    FX_ASSERT(listing->mark.ticks >= 0);
    row_out->mark_ticks = listing->mark.ticks;
    row_out->index_ticks = listing->index.ticks;
    row_out->instrument = instrument;
    row_out->source_count = state->source_count;
    row_out->max_age_us = state->max_age_us;
    row_out->band_ppb = state->band_ppb;
    row_out->sources_min = state->sources_min;
    row_out->premium_ppb = state->premium_ppb;
    row_out->rate_ppb = state->rate_ppb;
    row_out->next_funding_us = state->next_us;
    if (state->next_us != 0) {
        row_out->predicted_ppb = fx_funding_rate(engine, instrument).ppb;
    }
    row_out->has_index = state->has_index;
    row_out->is_stale = state->is_stale;
}

void fx_mark_set(
    struct fx_engine *engine, uint32_t instrument, fx_px mark, fx_px index, int64_t source_us)
{
    struct fx_listing *listing = &engine->listings[instrument];
    struct fx_mark_state *state = &engine->marks[instrument];
    FX_ASSERT(instrument < engine->instrument_count);
    FX_ASSERT(mark.ticks > 0 && index.ticks > 0);
    FX_ASSERT(source_us <= engine->time_us);
    fx_settle_see(engine, instrument);
    listing->mark = mark;
    listing->mark_sequence = engine->sequence;
    listing->index = index;
    if (state->has_rules != 0) {
        state->mark_us = source_us;
        refresh(engine, instrument);
    }
    FX_CHECK(state->stale_us >= 0);
    fx_risk_see_mark(engine, instrument);
    fx_trigger_see(engine, instrument, FX_TRIGGER_SOURCE_MARK, mark);
    fx_trigger_see(engine, instrument, FX_TRIGGER_SOURCE_INDEX, index);
    say(engine, instrument);
    if (engine->settlements[instrument].phase == FX_SETTLEMENT_PHASE_WAITING) {
        fx_settle_refresh_due(engine); /* it was for this that it waited */
    }
}

bool fx_mark_tick(struct fx_engine *engine)
{
    FX_ASSERT(engine->time_us >= 0);
    if (engine->mark_due_us > engine->time_us) {
        return false;
    }
    for (uint32_t index = 0; index < engine->instrument_count; index++) {
        struct fx_mark_state *state = &engine->marks[index];
        if (state->is_stale == 0 && state->stale_us != 0 && state->stale_us <= engine->time_us) {
            state->is_stale = 1;
            say(engine, index);
        }
    }
    fx_mark_refresh_due(engine);
    FX_ASSERT(engine->mark_due_us > engine->time_us);
    return true;
}

/* Nobody kept how old the mark is: its age begins with the rules. So does funding. */
static void begin_rules(struct fx_engine *engine, uint32_t instrument)
{
    FX_ASSERT(instrument < engine->instrument_count);
    struct fx_mark_state *state = &engine->marks[instrument];
    FX_ASSERT(state->has_rules == 0);
    state->has_rules = 1;
    state->mark_us = engine->time_us;
    state->next_us = fx_funding_next_us(engine, instrument, engine->time_us);
}

void fx_mark_begin_rules(struct fx_engine *engine, uint32_t instrument)
{
    FX_ASSERT(instrument < engine->instrument_count);
    struct fx_mark_state *state = &engine->marks[instrument];
    if (state->has_rules != 0) {
        return;
    }
    begin_rules(engine, instrument);
    FX_ASSERT(state->has_rules != 0);
    state->max_age_us = FX_COMMAND_MARK_AGE_US;
    state->band_ppb = FX_COMMAND_MARK_BAND_PPB;
    state->sources_min = 1;
}

void fx_mark_starve(struct fx_engine *engine, uint32_t instrument)
{
    FX_ASSERT(engine->marks[instrument].source_count < engine->marks[instrument].sources_min);
    engine->marks[instrument].is_starved = 1;
    refresh(engine, instrument);
    FX_ASSERT(engine->marks[instrument].is_stale == 1);
    say(engine, instrument);
}

fx_status fx_mark_apply_price(struct fx_engine *engine,
                              const struct fx_command *command,
                              struct fx_event_result *result)
{
    FX_ASSERT(command->kind == FX_COMMAND_MARK_PRICE);
    FX_ASSERT(result->is_changed == 0);
    const struct fx_command_mark *mark = &command->u.mark;
    if (command->instrument >= engine->instrument_count) {
        return unknown_symbol(result);
    }
    const int64_t max_ticks = engine->listings[command->instrument].definition.max_ticks;
    if (mark->mark_ticks < 1 || mark->mark_ticks > max_ticks || mark->index_ticks < 1 ||
        mark->index_ticks > max_ticks) {
        result->reject.field = FX_FIELD_PRICE;
        return FX_PRICE_FILTER;
    }
    if (fx_settle_is_priced(engine, command->instrument)) {
        return FX_SYMBOL_SETTLED;
    }
    engine->marks[command->instrument].has_index = 0;
    engine->marks[command->instrument].is_starved = 0;
    fx_mark_set(engine,
                command->instrument,
                (fx_px){mark->mark_ticks},
                (fx_px){mark->index_ticks},
                engine->time_us);
    result->is_changed = 1;
    return FX_OK;
}

fx_status fx_mark_apply_rules(struct fx_engine *engine,
                              const struct fx_command *command,
                              struct fx_event_result *result)
{
    FX_ASSERT(command->kind == FX_COMMAND_SET_MARK_RULES);
    FX_ASSERT(result->is_changed == 0);
    const struct fx_command_mark_rules *rules = &command->u.mark_rules;
    if (command->instrument >= engine->instrument_count) {
        return unknown_symbol(result);
    }
    if (rules->max_age_us < 0 || rules->max_age_us > FX_COMMAND_MARK_AGE_US_MAX ||
        rules->band_ppb < 0 || rules->band_ppb >= PPB || rules->sources_min < 1 ||
        rules->sources_min > SOURCES_MAX) {
        return FX_BAD_PARAMETER;
    }
    if (fx_settle_is_priced(engine, command->instrument)) {
        return FX_SYMBOL_SETTLED;
    }
    struct fx_mark_state *state = &engine->marks[command->instrument];
    if (state->has_rules == 0) {
        begin_rules(engine, command->instrument);
    } else if (state->max_age_us == rules->max_age_us && state->band_ppb == rules->band_ppb &&
               state->sources_min == rules->sources_min) {
        return FX_OK;
    }
    state->max_age_us = rules->max_age_us;
    state->band_ppb = rules->band_ppb;
    state->sources_min = rules->sources_min;
    refresh(engine, command->instrument);
    result->is_changed = 1;
    const struct fx_listing *listing = &engine->listings[command->instrument];
    if (state->has_index != 0 && listing->mark.ticks > 0 &&
        listing->index.ticks <= listing->definition.max_ticks) {
        const fx_px mark =
            fx_mark_index_clamp(engine, command->instrument, listing->mark, listing->index);
        fx_mark_set(engine, command->instrument, mark, listing->index, state->mark_us);
    } else {
        say(engine, command->instrument);
    }
    return FX_OK;
}

/* I-26: a mark from an index is in the band around it. I-27: what is stale is known to be. */
void fx_mark_check(const struct fx_engine *engine)
{
    int64_t due_us = INT64_MAX;
    for (uint32_t index = 0; index < engine->instrument_count; index++) {
        const struct fx_mark_state *state = &engine->marks[index];
        FX_ASSERT(state->stale_us == stale_us_of(state));
        FX_ASSERT(state->has_rules != 0 || (state->is_stale == 0 && state->sources_min == 0));
        FX_ASSERT(state->is_starved <= state->has_rules);
        FX_ASSERT(state->is_stale == 0 || !fx_mark_is_fresh(engine, index));
        const struct fx_listing *listing = &engine->listings[index];
        FX_ASSERT(state->has_index == 0 || listing->mark.ticks == 0 ||
                  listing->index.ticks > listing->definition.max_ticks ||
                  fx_mark_index_clamp(engine, index, listing->mark, listing->index).ticks ==
                      listing->mark.ticks);
        if (state->is_stale == 0 && state->stale_us != 0) {
            due_us = state->stale_us < due_us ? state->stale_us : due_us;
        }
    }
    FX_ASSERT(engine->mark_due_us == due_us);
}

// NOLINTEND(bugprone-easily-swappable-parameters)
