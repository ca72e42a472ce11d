/**
 * @file app_restore.h
 * `restore DIR --data NEW`: a data folder from a backup (app_backup.h), after every file was
 * checked. The new folder appears in one step, whole. Thread: the main thread.
 */
#ifndef FX_APP_APP_RESTORE_H
#define FX_APP_APP_RESTORE_H

#include "app/app_options.h"

/** @return an exit code; 65 where the backup is not what its MANIFEST says. */
int fx_app_restore_run(const struct fx_app_options *options);

#endif
