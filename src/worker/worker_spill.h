/**
 * @file worker_spill.h
 * A queue of events in a file, for as long as the tables cannot take them: first in, first out.
 *
 * The file has no name (O_TMPFILE), so nothing of it outlives the process: what was in it is told
 * by the journal at the next start. It is used in a circle, takes no more than `size_max` bytes,
 * leaves `free_min` bytes of its file system to the journal, and shrinks to nothing when it is
 * empty. Each event has a checksum. Thread: one at a time (the caller's lock); the count: any.
 */
#ifndef FX_WORKER_WORKER_SPILL_H
#define FX_WORKER_WORKER_SPILL_H

#include <stdint.h>

#include "base/status.h"
#include "model/event.h"

struct fx_worker_spill;

struct fx_worker_spill_options {
    const char *folder; /* where the file lies; kept */
    uint64_t size_max;  /* bytes; room for one event at least */
    uint64_t free_min;  /* bytes */
};

/** @return OK (gives; there is no file yet) or NO_MEMORY. */
FX_MUST_USE fx_status fx_worker_spill_create(const struct fx_worker_spill_options *options,
                                             struct fx_worker_spill **spill_out);

/** Free it and what is in it. Accepts NULL. */
void fx_worker_spill_destroy(struct fx_worker_spill *spill);

/**
 * Append the first of these events. @return OK, all of them; NO_SPACE (full, or the file system
 * would be) or IO, those that `taken_out` counts.
 */
FX_MUST_USE fx_status fx_worker_spill_append(struct fx_worker_spill *spill,
                                             const struct fx_event events[],
                                             uint32_t count,
                                             uint32_t *taken_out);

/**
 * Take the oldest events out, up to `max`. @return OK, or IO or CORRUPT (the file does not say what
 * was written), with `count_out` that were taken.
 */
FX_MUST_USE fx_status fx_worker_spill_take(struct fx_worker_spill *spill,
                                           struct fx_event events_out[],
                                           uint32_t max,
                                           uint32_t *count_out);

/** Events in it, a moment ago. Thread: any. */
uint64_t fx_worker_spill_count(const struct fx_worker_spill *spill);

#endif
