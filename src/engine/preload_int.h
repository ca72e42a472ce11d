/**
 * @file preload_int.h
 * An engine that is being loaded, and the ids of what was loaded; whether the exchange runs, and by
 * which rules. Private to engine/. Source: docs/rules/loading.md. Thread: engine thread only.
 */
#ifndef FX_ENGINE_PRELOAD_INT_H
#define FX_ENGINE_PRELOAD_INT_H

#include "engine/engine_int.h"

/** The id of an account: what was loaded has its own, the others follow behind the largest. */
static inline uint64_t fx_preload_account_id(const struct fx_engine *engine, fx_slot account)
{
    const struct fx_preload *state = &engine->preload;
    return account < state->accounts ? engine->account_ids[account]
                                     : state->account_id + (account - state->accounts) + 1;
}

/** That of a position, likewise. */
static inline uint64_t fx_preload_position_id(const struct fx_engine *engine, fx_slot position)
{
    const struct fx_preload *state = &engine->preload;
    return position < state->positions ? engine->position_ids[position]
                                       : state->position_id + (position - state->positions) + 1;
}

/** True while the state is only a part of what it will be: nothing in it is judged. */
static inline bool fx_preload_is_loading(const struct fx_engine *engine)
{
    return engine->preload.mode == FX_ENGINE_MODE_LOADING;
}

/** LOAD_…, START_ENGINE, STOP_ENGINE, SET_RULES; and everything while loading. */
fx_status fx_preload_apply(struct fx_engine *engine,
                           const struct fx_command *command,
                           struct fx_event_result *result);
/** Whether the slots and numbers that were read can be (after a load of a snapshot). */
bool fx_preload_is_sound(const struct fx_engine *engine);

/* ---- preload_order.c ---------------------------------------------------------------------------
 */

/** LOAD_ORDER. */
fx_status fx_preload_order(struct fx_engine *engine,
                           const struct fx_command *command,
                           struct fx_event_result *result);

#endif
