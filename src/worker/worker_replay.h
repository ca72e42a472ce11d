/**
 * @file worker_replay.h
 * Apply the records of a journal, a few commands behind the reading.
 *
 * Records are decoded as they come and wait in a short queue, so that fx_engine_prefetch() can ask
 * for what the next ones will touch. Order and effects are those of applying each at once.
 * Thread: any, one at a time.
 */
#ifndef FX_WORKER_WORKER_REPLAY_H
#define FX_WORKER_WORKER_REPLAY_H

#include "base/status.h"
#include "bus/bus_journal.h"
#include "engine/engine.h"

/** After each command, with its events in `events`. A failure ends the replay. */
typedef fx_status (*fx_worker_replay_applied_fn)(void *context, uint64_t sequence);

/** The caller fills in the first four fields and zeroes the rest. */
struct fx_worker_replay {
    struct fx_engine *engine;
    struct fx_events *events;
    fx_worker_replay_applied_fn on_applied;
    void *context;
    uint64_t first; /* counts of commands applied and decoded */
    uint64_t end;
    struct fx_command waiting[FX_ENGINE_PREFETCH_MAX + 1];
};

/**
 * Take the next record; the oldest waiting command is applied where the queue is full.
 * @return OK; CORRUPT where the record is no command of its sequence; RULES_UNKNOWN where the log
 * goes on by rules that this engine does not know (logged); what on_applied() says.
 */
FX_MUST_USE fx_status fx_worker_replay_record(struct fx_worker_replay *replay,
                                              const struct fx_bus_journal_record *record);

/** Apply what still waits. @return OK; what on_applied() says. */
FX_MUST_USE fx_status fx_worker_replay_finish(struct fx_worker_replay *replay);

#endif
