/**
 * @file worker_recover.h
 * A start with tables: the journal is replayed, and what the tables miss is written to them.
 *
 * Thread: the owner's, before anything runs.
 */
#ifndef FX_WORKER_WORKER_RECOVER_H
#define FX_WORKER_WORKER_RECOVER_H

#include "base/status.h"
#include "worker/worker_engine.h"
#include "worker/worker_save.h"

/**
 * fx_worker_engine_create() with `saved_sequence` from the saver's watermark; the events above it
 * go to the saver, in whole commands (and to options->on_recovered, where that is set). **Gives**
 * the worker. @return as fx_worker_engine_create(); what fx_worker_save_events() returned; CORRUPT
 * where the tables are ahead of the journal, which then has lost commands (report_out->journal.text
 * says so).
 */
FX_MUST_USE fx_status fx_worker_recover(const struct fx_worker_engine_options *options,
                                        struct fx_worker_save *save,
                                        struct fx_worker_engine **worker_out,
                                        struct fx_worker_engine_report *report_out);

#endif
