/**
 * @file worker_intake_done.h
 * Which of a partition's last records are commands already, in whichever shard's log.
 *
 * Of one log the last command tells it all: nothing overtakes there. Of several, a crash may leave
 * a later record in one and not an earlier one in another, so each is remembered, in a window that
 * is never left while anything in it may be missing. Thread: one at a time.
 */
#ifndef FX_WORKER_WORKER_INTAKE_DONE_H
#define FX_WORKER_WORKER_INTAKE_DONE_H

#include <stdbool.h>
#include <stdint.h>

#include "worker/worker_intake.h"

/** Zeroed: nothing is known. */
struct fx_worker_intake_done {
    uint64_t end;  /* behind the last record that is a command; 0: none is */
    uint64_t base; /* what is published from here on stays below base + the window */
    uint64_t bits[FX_WORKER_INTAKE_WINDOW / 64]; /* of the window in front of `end` */
};

/** A command of the record at `offset` was found. */
void fx_worker_intake_done_add(struct fx_worker_intake_done *done, uint64_t offset);

/** The first record that may be missing, at least `next`. */
uint64_t fx_worker_intake_done_first(const struct fx_worker_intake_done *done, uint64_t next);

/** Is the record a command already? Asked of records at or behind fx_worker_intake_done_first(). */
bool fx_worker_intake_done_has(const struct fx_worker_intake_done *done, uint64_t offset);

#endif
