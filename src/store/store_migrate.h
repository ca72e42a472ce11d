/**
 * @file store_migrate.h
 * Bring the schema to the version of this binary. Thread: the writer's.
 */
#ifndef FX_STORE_STORE_MIGRATE_H
#define FX_STORE_STORE_MIGRATE_H

#include "store/store.h"

/**
 * Apply the numbered migrations that are not yet recorded in table `migrations`, each in a
 * transaction of its own. Nothing to do is success. @return OK and how many were applied;
 * VERSION_MISMATCH where a recorded migration differs from the binary's or is unknown to it.
 */
FX_MUST_USE fx_status fx_store_migrate(struct fx_store *store, uint32_t *applied_out);

/** As fx_store_migrate() for a reader: nothing is applied. VERSION_MISMATCH also where some are
 * missing. */
FX_MUST_USE fx_status fx_store_migrate_check(struct fx_store *store);

#endif
