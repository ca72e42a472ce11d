/**
 * @file app_backup.h
 * `backup DIR` and `restore DIR --data NEW`.
 *
 * A backup is a folder with everything that a data folder needs: the database, as one state of it;
 * snapshots; keys and certificates; the journal, copied last, so that it is never behind what the
 * others have seen. It may be made while the exchange serves. MANIFEST, written last, names every
 * file with its SHA-256 (sha256sum -c reads it); what has no MANIFEST is no backup. It holds
 * secrets: files have mode 0600, the folder 0700. Thread: the main thread.
 */
#ifndef FX_APP_APP_BACKUP_H
#define FX_APP_APP_BACKUP_H

#include "app/app_options.h"

/** The name of the list of files. */
#define FX_APP_BACKUP_MANIFEST "MANIFEST"

/** Make one. @return an exit code. */
int fx_app_backup_run(const struct fx_app_options *options);

#endif
