/**
 * @file worker_saver.h
 * The store-writer agent of the embedded exchange: released events into tables, in whole commands.
 *
 * A batch always ends behind a RESULT, so the watermark in the store never stands inside a command
 * (S1): what is at or below it is complete. A failure is tried again, whatever the database says:
 * orders need the journal only. A stored row that differs and tables that have lost rows stop the
 * process, because a skipped event would be a lost trade; its next start recovers them from the
 * journal. While the tables cannot keep up, a second agent moves events from a ring that fills into
 * a file (worker_spill.h), so that orders go on; the order of events stays. Thread: create,
 * destroy, drain: the owner's; the rest inside the agents.
 */
#ifndef FX_WORKER_WORKER_SAVER_H
#define FX_WORKER_WORKER_SAVER_H

#include <stdint.h>

#include "base/metric.h"
#include "base/ring.h"
#include "base/status.h"
#include "model/event.h"
#include "worker/worker_save.h"
#include "worker/worker_spill.h"

struct fx_worker_saver;

struct fx_worker_saver_options {
    struct fx_worker_save *save; /* initialised; kept */
    struct fx_ring_broadcast *ring;
    uint32_t consumer;
    uint32_t batch_max; /* events in one transaction; at least what one command can give */
    struct fx_worker_spill *spill; /* given; NULL: what the ring holds is all that waits */
    uint32_t spill_from;           /* events in the ring from which on they go there */
};

/** @return OK or NO_MEMORY. Gives; the spill is its own from here on, also on failure. */
FX_MUST_USE fx_status fx_worker_saver_create(const struct fx_worker_saver_options *options,
                                             struct fx_worker_saver **saver_out);

/** Free it; stopped before. Accepts NULL. */
void fx_worker_saver_destroy(struct fx_worker_saver *saver);

FX_MUST_USE fx_status fx_worker_saver_start(struct fx_worker_saver *saver);

/** One unit of work by hand, where it was not started: tests and simulator. @return events
 * written. */
int fx_worker_saver_step(void *self, int64_t now_us);

/** The second agent's unit of work, by hand as above. @return events moved into the file. */
int fx_worker_saver_step_spill(void *self, int64_t now_us);

/** There are released events. Thread: any. */
void fx_worker_saver_wake(void *self);

/** Stop the threads (a transaction under way is waited for: a database that hangs may take its 30
 * s), then write everything that was released, while that works, until five seconds have passed;
 * the rest is written at the next start, from the journal. Started or not. */
void fx_worker_saver_stop(struct fx_worker_saver *saver);

/** How long transactions took. Borrowed. */
const struct fx_metric_histogram *fx_worker_saver_write_times(const struct fx_worker_saver *saver);

/** Events in the file, a moment ago. Thread: any. */
uint64_t fx_worker_saver_spilled(const struct fx_worker_saver *saver);

/** operationId up to which the tables are complete. Thread: any (a moment's value). */
uint64_t fx_worker_saver_watermark(const struct fx_worker_saver *saver);

#endif
