/**
 * @file worker_saver.h
 * The store-writer agent of the embedded exchange: released events into tables, in whole commands.
 *
 * A batch always ends behind a RESULT, so the watermark in the store never stands inside a command
 * (S1): what is at or below it is complete. A failure is tried again, whatever the database says:
 * orders need the journal only. A stored row that differs and tables that have lost rows stop the
 * process, because a skipped event would be a lost trade; its next start recovers them from the
 * journal. Thread: create, destroy, drain: the owner's; the rest inside the agent.
 */
#ifndef FX_WORKER_WORKER_SAVER_H
#define FX_WORKER_WORKER_SAVER_H

#include <stdint.h>

#include "base/metric.h"
#include "base/ring.h"
#include "base/status.h"
#include "model/event.h"
#include "worker/worker_save.h"

struct fx_worker_saver;

struct fx_worker_saver_options {
    struct fx_worker_save *save; /* initialised; kept */
    struct fx_ring_broadcast *ring;
    uint32_t consumer;
    uint32_t batch_max; /* events in one transaction; at least what one command can give */
};

/** @return OK or NO_MEMORY. Gives. */
FX_MUST_USE fx_status fx_worker_saver_create(const struct fx_worker_saver_options *options,
                                             struct fx_worker_saver **saver_out);

/** Free it; stopped before. Accepts NULL. */
void fx_worker_saver_destroy(struct fx_worker_saver *saver);

FX_MUST_USE fx_status fx_worker_saver_start(struct fx_worker_saver *saver);

/** One unit of work by hand, where it was not started: tests and simulator. @return events
 * written. */
int fx_worker_saver_step(void *self, int64_t now_us);

/** There are released events. Thread: any. */
void fx_worker_saver_wake(void *saver);

/** Write everything that was released, then stop the thread. */
void fx_worker_saver_stop(struct fx_worker_saver *saver);

/** How long transactions took. Borrowed. */
const struct fx_metric_histogram *fx_worker_saver_write_times(const struct fx_worker_saver *saver);

/** operationId up to which the tables are complete. Thread: any (a moment's value). */
uint64_t fx_worker_saver_watermark(const struct fx_worker_saver *saver);

#endif
