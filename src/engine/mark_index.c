/* INDEX_PRICE: the mark that follows from what other markets say.
 *
 *     mark = median(index x (1 + F x t / T), index + mean of (mid - index) over 30 minutes, last)
 *
 * inside of a band around the index (I-26). Source: docs/rules/mark.md. */
#include "base/panic.h"
#include "engine/marks_int.h"
#include "engine/orders_int.h"
#include "engine/settle_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool prices, times and indexes are all
// numbers; their names and the assertions tell them apart

static const int64_t PPB = 1000000000;
static const int64_t MINUTE_US = 60000000;
static const int64_t SECOND_US = 1000000;

/* The index and what funding adds until the next instant; F is the last rate. Half-even. */
static int64_t carried_price(const struct fx_engine *engine, uint32_t instrument, fx_px index)
{
    FX_ASSERT(index.ticks > 0);
    const struct fx_mark_state *state = &engine->marks[instrument];
    const int64_t interval_us =
        (int64_t)engine->listings[instrument].definition.funding_interval_s * SECOND_US;
    const int64_t left_us = state->next_us - engine->time_us;
    fx_i128 carry = 0;
    if (state->next_us == 0 || interval_us <= 0 || left_us <= 0) {
        return index.ticks;
    }
    const bool fits = fx_dec_mul_div((fx_i128)index.ticks * state->rate_ppb,
                                     left_us < interval_us ? left_us : interval_us,
                                     (fx_i128)interval_us * PPB,
                                     FX_ROUND_HALF_EVEN,
                                     &carry);
    FX_ASSERT(fits); /* a rate is below 1: less than the index */
    return index.ticks + (int64_t)carry;
}

/* The index and how far the middle of the book was from it on average. Half-even. */
static int64_t based_price(const struct fx_engine *engine, uint32_t instrument, fx_px index)
{
    FX_ASSERT(index.ticks > 0);
    const struct fx_mark_state *state = &engine->marks[instrument];
    const int64_t minute = engine->time_us / MINUTE_US;
    fx_i128 sum = 0;
    int64_t count = 0;
    for (uint32_t slot = 0; slot < FX_MARK_BASIS_COUNT; slot++) {
        const struct fx_mark_basis *sample = &state->basis[slot];
        if (sample->minute != 0 && sample->minute > minute - FX_MARK_BASIS_COUNT) {
            sum += sample->half_ticks;
            count++;
        }
    }
    if (count == 0) {
        return index.ticks;
    }
    const fx_i128 ticks = index.ticks + fx_dec_div_int(sum, (fx_i128)2 * count, FX_ROUND_HALF_EVEN);
    FX_ASSERT(count <= FX_MARK_BASIS_COUNT);
    return ticks > INT64_MAX ? INT64_MAX : (int64_t)ticks;
}

static int64_t median(int64_t one, int64_t two, int64_t three)
{
    const int64_t low = one < two ? one : two;
    const int64_t high = one < two ? two : one;
    return three < low ? low : three > high ? high : three;
}

fx_px fx_mark_index_clamp(const struct fx_engine *engine,
                          uint32_t instrument,
                          fx_px mark,
                          fx_px index)
{
    const int64_t band_ppb = engine->marks[instrument].band_ppb;
    int64_t low = 1, high = engine->listings[instrument].definition.max_ticks;
    FX_ASSERT(index.ticks >= low && index.ticks <= high);
    if (band_ppb != 0) {
        const fx_i128 least =
            fx_dec_div_int((fx_i128)index.ticks * (PPB - band_ppb), PPB, FX_ROUND_CEIL);
        const fx_i128 most =
            fx_dec_div_int((fx_i128)index.ticks * (PPB + band_ppb), PPB, FX_ROUND_FLOOR);
        low = least > low ? (int64_t)least : low;
        high = most < high ? (int64_t)most : high;
    }
    FX_ASSERT(low <= high);
    return (fx_px){mark.ticks < low ? low : mark.ticks > high ? high : mark.ticks};
}

/* What is wrong with the command. */
static fx_status judge(const struct fx_engine *engine,
                       const struct fx_command *command,
                       struct fx_event_result *result)
{
    FX_ASSERT(command->kind == FX_COMMAND_INDEX_PRICE);
    const struct fx_command_index *index = &command->u.index;
    if (command->instrument >= engine->instrument_count) {
        result->reject.field = FX_FIELD_SYMBOL;
        return FX_UNKNOWN_SYMBOL;
    }
    if (fx_settle_is_priced(engine, command->instrument)) {
        return FX_SYMBOL_SETTLED;
    }
    const struct fx_mark_state *state = &engine->marks[command->instrument];
    const uint32_t sources_min = state->has_rules != 0 ? state->sources_min : 1;
    FX_ASSERT(sources_min >= 1);
    if (index->source_us < 0) {
        return FX_BAD_PARAMETER;
    }
    if (index->source_count < sources_min) {
        return FX_OK; /* the price means nothing */
    }
    if (index->index_ticks < 1 ||
        index->index_ticks > engine->listings[command->instrument].definition.max_ticks) {
        result->reject.field = FX_FIELD_PRICE;
        return FX_PRICE_FILTER;
    }
    /* What came late must not put an older price in the place of a younger one. */
    return index->source_us != 0 && index->source_us < state->source_us ? FX_MARK_STALE : FX_OK;
}

fx_status fx_mark_index_apply(struct fx_engine *engine,
                              const struct fx_command *command,
                              struct fx_event_result *result)
{
    FX_ASSERT(result->is_changed == 0);
    const struct fx_command_index *said = &command->u.index;
    const fx_status status = judge(engine, command, result);
    if (status != FX_OK) {
        return status;
    }
    const uint32_t instrument = command->instrument;
    struct fx_mark_state *state = &engine->marks[instrument];
    result->is_changed = 1;
    fx_mark_begin_rules(engine, instrument);
    state->source_count = said->source_count;
    if (said->source_count < state->sources_min) {
        fx_mark_starve(engine, instrument); /* mark and index stay whose they are */
        return FX_OK;
    }
    state->has_index = 1;
    state->is_starved = 0;
    const bool is_dated = said->source_us != 0 && said->source_us < engine->time_us;
    const int64_t source_us = is_dated ? said->source_us : engine->time_us;
    const fx_px index = {said->index_ticks};
    FX_ASSERT(index.ticks > 0 && source_us <= engine->time_us);
    state->source_us = source_us > state->source_us ? source_us : state->source_us;
    FX_ASSERT(state->source_us <= engine->time_us);
    fx_funding_sample(engine, instrument, index);
    const int64_t last = engine->listings[instrument].last.ticks;
    const int64_t ticks = median(carried_price(engine, instrument, index),
                                 based_price(engine, instrument, index),
                                 last > 0 ? last : index.ticks);
    fx_mark_set(engine,
                instrument,
                fx_mark_index_clamp(engine, instrument, (fx_px){ticks}, index),
                index,
                source_us);
    return FX_OK;
}

// NOLINTEND(bugprone-easily-swappable-parameters)
