/**
 * @file worker_snapshot.h
 * Writes snapshots beside the engine: the engine copies its state into a buffer, an agent writes
 * it.
 *
 * At most one is under way. Thread: offer and stats: the engine's; the rest inside the agent.
 */
#ifndef FX_WORKER_WORKER_SNAPSHOT_H
#define FX_WORKER_WORKER_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "engine/engine.h"
#include "worker/worker_host.h"

enum {
    FX_WORKER_SNAPSHOT_VERSION = 1,
    FX_WORKER_SNAPSHOT_VERSION_SHORT = 2, /* the first 64 bytes of a note behind the state */
    FX_WORKER_SNAPSHOT_VERSION_NOTE = 3,  /* a note behind the state */
    FX_WORKER_SNAPSHOT_NOTE_SHORT = 64,
    FX_WORKER_SNAPSHOT_NOTE_SIZE = 88,
    FX_WORKER_SNAPSHOT_KEEP = 3
};

struct fx_worker_snapshot;

/** @return NULL without memory; gives. `dir` is kept; host NULL: this machine. */
struct fx_worker_snapshot *fx_worker_snapshot_create(const struct fx_worker_host *host,
                                                     const char *dir);

/** Wait for what is under way, free. Accepts NULL. */
void fx_worker_snapshot_destroy(struct fx_worker_snapshot *snapshot);

/** Free it without writing anything: what a crash leaves. Not started. For tests and the simulator.
 */
void fx_worker_snapshot_abandon(struct fx_worker_snapshot *snapshot);

/** Run the writing agent. @return OK or NO_MEMORY. */
FX_MUST_USE fx_status fx_worker_snapshot_start(struct fx_worker_snapshot *snapshot);

/** What the log says beside the engine's state; goes into every snapshot from now on. Copies
 * FX_WORKER_SNAPSHOT_NOTE_SIZE bytes. */
void fx_worker_snapshot_set_note(struct fx_worker_snapshot *snapshot, const void *note);

/** What depends on the state is complete up to a command, as of now. */
struct fx_worker_snapshot_saved {
    uint64_t (*sequence)(void *context); /* NULL: nothing depends on it */
    void *context;
};

/**
 * Of the snapshots that are kept at most one may be above what is saved: else a start after a long
 * lag would find none that it can load. @return whether the next one may be written, where `last`
 * is the sequence of the newest one in the folder (0: there is none), whoever wrote it.
 */
bool fx_worker_snapshot_is_next(const struct fx_worker_snapshot_saved *saved, uint64_t last);

/** The sequence of the newest snapshot in a folder, readable or not; 0: there is none. */
uint64_t fx_worker_snapshot_newest(const struct fx_worker_host *host, const char *dir);

/** Copy the state and have it written. @return false where one is still under way. */
bool fx_worker_snapshot_offer(struct fx_worker_snapshot *snapshot, const struct fx_engine *engine);

/** The agent's unit of work by hand, where it was not started: write what was offered. @return 1
 * where there was something. */
int fx_worker_snapshot_step(void *self, int64_t now_us);

/** Write the state now, in this thread; after the agent was stopped. @return OK; IO; NO_SPACE. */
FX_MUST_USE fx_status fx_worker_snapshot_write(struct fx_worker_snapshot *snapshot,
                                               const struct fx_engine *engine);

/** What was written. Thread: any (each is a moment's value). */
struct fx_worker_snapshot_stats {
    int64_t written_us; /* when the last one was written; 0: none yet */
    uint64_t written_sequence;
    uint64_t failures;
};
void fx_worker_snapshot_stats(const struct fx_worker_snapshot *snapshot,
                              struct fx_worker_snapshot_stats *stats_out);

/** Stop the agent after what is under way. */
void fx_worker_snapshot_stop(struct fx_worker_snapshot *snapshot);

/**
 * The newest intact snapshot at or below `sequence_max`, loaded into `memory` (host NULL: this
 * machine).
 * @return OK, with *engine_out == an engine at that sequence, or NOT_FOUND (start from genesis), or
 * the reason why none can be used (CORRUPT, CAPACITY, VERSION_MISMATCH, IO, NO_MEMORY).
 */
FX_MUST_USE fx_status fx_worker_snapshot_load(const struct fx_worker_host *host,
                                              const char *dir,
                                              uint64_t sequence_max,
                                              void *memory,
                                              const struct fx_engine_limits *limits,
                                              struct fx_engine **engine_out);

/** The note in the snapshot of exactly this sequence (host NULL: this machine); zeroes where it has
 * none. @return OK; as fx_bus_snapshot_load(). */
FX_MUST_USE fx_status fx_worker_snapshot_load_note(const struct fx_worker_host *host,
                                                   const char *dir,
                                                   uint64_t sequence,
                                                   char note_out[FX_WORKER_SNAPSHOT_NOTE_SIZE]);

#endif
