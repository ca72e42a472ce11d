/**
 * @file marks_int.h
 * Mark and index of the instruments: where they come from, how old they may be. Private to
 * engine/. The law: docs/rules/mark.md. Thread: engine thread only.
 */
#ifndef FX_ENGINE_MARKS_INT_H
#define FX_ENGINE_MARKS_INT_H

#include "engine/engine_int.h"

/** What a listing's mark has beside its price; all zero: no rules, it never grows stale. */
struct fx_mark_state {
    int64_t stale_us; /* from here on by the log's time the mark is stale; 0: never */
    int64_t mark_us;  /* when it was set, by the clock of its sources; kept where there are rules */
    int64_t source_us; /* the latest that sources ever said */
    int64_t max_age_us;
    int64_t band_ppb;
    uint32_t sources_min;
    uint32_t source_count; /* of the last INDEX_PRICE */
    uint8_t has_rules;
    uint8_t has_index; /* the index is that of an INDEX_PRICE */
    uint8_t is_stale;  /* and it was said in a MARK */
    uint8_t zero[5];
};

/**
 * False: nothing on the symbol is opened, liquidated or paid (I-27): there is no mark, it is older
 * than its limit by the time of the log, or too few sources say it.
 */
static inline bool fx_mark_is_fresh(const struct fx_engine *engine, uint32_t instrument)
{
    const int64_t stale_us = engine->marks[instrument].stale_us;
    return engine->listings[instrument].mark.ticks > 0 &&
           (stale_us == 0 || engine->time_us < stale_us);
}

/**
 * The one door through which mark and index change. The mark is fresh from source_us on; who waits
 * for either price is seen, and MARK is said.
 */
void fx_mark_set(
    struct fx_engine *engine, uint32_t instrument, fx_px mark, fx_px index, int64_t source_us);
/** What MARK says. */
void fx_mark_row(const struct fx_engine *engine,
                 uint32_t instrument,
                 struct fx_event_mark *row_out);
/** Say which marks have grown stale. @return true where one has. */
bool fx_mark_tick(struct fx_engine *engine);
/** Compute engine->mark_due_us again. O(instruments). */
void fx_mark_refresh_due(struct fx_engine *engine);
void fx_mark_check(const struct fx_engine *engine);
/** MARK_PRICE. */
fx_status fx_mark_apply_price(struct fx_engine *engine,
                              const struct fx_command *command,
                              struct fx_event_result *result);
/** SET_MARK_RULES. */
fx_status fx_mark_apply_rules(struct fx_engine *engine,
                              const struct fx_command *command,
                              struct fx_event_result *result);

#endif
