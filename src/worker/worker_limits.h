/**
 * @file worker_limits.h
 * With which limits a journal was written: its first record says so.
 *
 * Limits decide what is refused, so a binary with other defaults must still replay an old journal
 * with the journal's own. Thread: any; reads files.
 */
#ifndef FX_WORKER_WORKER_LIMITS_H
#define FX_WORKER_WORKER_LIMITS_H

#include "base/status.h"
#include "engine/engine.h"
#include "worker/worker_host.h"

/**
 * Read them from the first record (host NULL: this machine). @return OK; NOT_FOUND where there is
 * no record yet: a new journal, which begins with INITIALIZE_ENGINE; CORRUPT where the first record
 * is another.
 */
FX_MUST_USE fx_status fx_worker_limits_read(const struct fx_worker_host *host,
                                            const char *journal_dir,
                                            struct fx_engine_limits *limits_out);

#endif
