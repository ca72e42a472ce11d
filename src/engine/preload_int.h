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

/** LOAD_ORDER, LOAD_ORDER_TP_SL. */
fx_status fx_preload_order(struct fx_engine *engine,
                           const struct fx_command *command,
                           struct fx_event_result *result);

/* ---- preload_tp_sl.c ---------------------------------------------------------------------------
 */

/** To what a take profit or a stop loss of an order comes back. */
struct fx_preload_tp_sl {
    uint64_t parent_id;         /* its order; 0: it protects none */
    fx_slot parent;             /* NONE: that has ended */
    fx_slot position;           /* NONE: there is none */
    struct fx_bracket *bracket; /* with the other one of the two, or NULL */
};

/** Words of a LOAD_ORDER_TP_SL beyond those of any conditional order. Gives `trigger` its role.
 * @return OK; BAD_PARAMETER. */
fx_status fx_preload_tp_sl_judge_words(const struct fx_command *command,
                                       const struct fx_resting *hot,
                                       struct fx_trigger *trigger,
                                       struct fx_event_result *result);
/** Whether its order, its position and the other one agree with it; fills in `guard`, whose
 * position is known. @return OK; LOAD_OUT_OF_ORDER; ORDER_NOT_FOUND (it waits for an order that has
 * ended); POSITION_NOT_FOUND; BAD_PARAMETER (the order is another's, or nothing to protect);
 * EXISTS; LOT_SIZE; REDUCE_ONLY_REJECTED; CAPACITY. */
fx_status fx_preload_tp_sl_judge(const struct fx_engine *engine,
                                 const struct fx_command *command,
                                 const struct fx_resting *hot,
                                 struct fx_preload_tp_sl *guard,
                                 struct fx_event_result *result);
/** The order, which has its trigger and its status, takes its place. */
void fx_preload_tp_sl_adopt(struct fx_engine *engine,
                            const struct fx_preload_tp_sl *guard,
                            fx_slot order);

#endif
