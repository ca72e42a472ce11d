/**
 * @file rank_int.h
 * The published place of each position in the queue of auto-deleveraging, 1 (last) to 5 (first).
 * Private to engine/. The law: docs/rules/liquidation.md section 6. Thread: engine thread only.
 */
#ifndef FX_ENGINE_RANK_INT_H
#define FX_ENGINE_RANK_INT_H

#include "engine/engine_int.h"

enum {
    FX_RANK_STEP_MAX = 512, /* positions that one command looks at, on both laps together */
    FX_RANK_ROWS_MAX = 64,  /* ranks that one command may change; each is a row */
    FX_RANK_PAUSE_US = 50000,
    FX_RANK_INTERVAL_US = 1000000 /* from the begin of a refresh to that of the next */
};

/** A position as a refresh has seen it. */
struct fx_rank_item {
    fx_i128 score;
    fx_slot position;
    fx_slot account;
    uint32_t side; /* of rank_sides[] */
    uint32_t zero;
};

/** The open positions of one instrument and side in a refresh. */
struct fx_rank_side {
    uint32_t count;
    uint32_t placed; /* those that have their place already, best first */
};

/** Prices or positions have changed: a refresh is wanted. */
static inline void fx_rank_see(struct fx_engine *engine)
{
    engine->rank.is_stale = 1;
}

/** When REFRESH_RANKS has something to do; INT64_MAX: not as things are. */
int64_t fx_rank_due_us(const struct fx_engine *engine);
/** REFRESH_RANKS: go on with a refresh, or begin one, as far as one command may. Before it is due:
 * OK and nothing. */
fx_status fx_rank_apply(struct fx_engine *engine, struct fx_event_result *result);
/** What was published; 0: flat, or not ranked yet. */
uint8_t fx_rank_of(const struct fx_position_state *position);
void fx_rank_check(const struct fx_engine *engine);
/** Whether what was loaded is a refresh under way, or none. */
bool fx_rank_is_sound(const struct fx_engine *engine);

#endif
