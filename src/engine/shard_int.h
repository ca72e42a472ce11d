/**
 * @file shard_int.h
 * The doors of shard_state.c: which shard this engine is, and what is not its own.
 */
#ifndef FX_ENGINE_SHARD_INT_H
#define FX_ENGINE_SHARD_INT_H

#include "engine/engine_int.h"

/** SET_SHARD. @return OK; BAD_PARAMETER; BAD_SHARD_MAP (of another shard, too late, or it takes
 * assets away); CAPACITY (the limits of the log are too large for so many shards). */
fx_status fx_shard_state_apply(struct fx_engine *engine,
                               const struct fx_command *command,
                               struct fx_event_result *result);

/** @return OK; WRONG_SHARD: the symbol, the order or the collateral is another shard's. */
fx_status fx_shard_state_judge(const struct fx_engine *engine,
                               const struct fx_command *command,
                               struct fx_event_result *result);

/** The command with the engine's own number of its instrument, in `target`. Returns `target`. */
const struct fx_command *fx_shard_state_localize(const struct fx_engine *engine,
                                                 const struct fx_command *command,
                                                 struct fx_command *target);

/** Give the events of a command, an answer or a dump the numbers of all shards. */
void fx_shard_state_label(const struct fx_engine *engine, struct fx_events *events);

#endif
