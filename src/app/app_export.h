/**
 * @file app_export.h
 * `log:export --data NEW`: the log of a shard, as it is on the bus, becomes the journal of a data
 * folder: what `check` says of that is what the embedded exchange makes of the same commands, and
 * the state must be the one that every role of the distributed exchange has. Thread: the main one.
 */
#ifndef FX_APP_APP_EXPORT_H
#define FX_APP_APP_EXPORT_H

#include "app/app_options.h"

/**
 * Read the log from its first record to its present end and write it. `--data` is a folder that is
 * empty or not there. @return an exit code.
 */
int fx_app_export_run(const struct fx_app_options *options);

#endif
