/**
 * @file app_check.h
 * The command `check`: replay the journal from genesis and from each snapshot, compare the hashes.
 *
 * Reads only; may run beside a server, then it sees what was durable at that moment. A broken
 * invariant of the engine stops it with the place. Thread: the main thread.
 */
#ifndef FX_APP_APP_CHECK_H
#define FX_APP_APP_CHECK_H

#include "app/app_options.h"

/** @return an exit code: 0 all is well, 65 damage or different hashes. */
int fx_app_check_run(const struct fx_app_options *options);

#endif
