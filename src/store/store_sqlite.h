/**
 * @file store_sqlite.h
 * The embedded adapter of the store: one SQLite file in WAL mode. Thread: the handle's.
 */
#ifndef FX_STORE_STORE_SQLITE_H
#define FX_STORE_STORE_SQLITE_H

#include "store/store.h"

enum fx_store_sqlite_mode {
    FX_STORE_SQLITE_WRITER = 1,        /* creates the file where it is absent */
    FX_STORE_SQLITE_READER = 2,        /* the file must exist; writes are refused */
    FX_STORE_SQLITE_WRITER_DURABLE = 3 /* as WRITER; each commit waits for the disk: for what is not
                                          in the log (users, sessions, API keys) */
};

/**
 * Open the database file `path` (NUL-terminated). A second writer may exist for small writes of a
 * thread that may block (a new user): it waits for the other's batch. @return OK and a handle the
 * caller closes; NOT_FOUND where a reader finds no file; IO, CORRUPT, NO_MEMORY.
 */
FX_MUST_USE fx_status fx_store_sqlite_open(const char *path,
                                           enum fx_store_sqlite_mode mode,
                                           struct fx_store **store_out);

/**
 * Copy the database file while others read and write it: one consistent state, into a file that
 * does not exist yet. @return OK; NOT_FOUND (no such database); BUSY; CORRUPT; NO_SPACE; IO;
 * NO_MEMORY.
 */
FX_MUST_USE fx_status fx_store_sqlite_copy(const char *path, const char *target);

/** Make `target` an exact copy of `source`, two open handles, none in a transaction: what a machine
 * that went down has left, for tests and the simulator. @return OK; BUSY; IO; NO_MEMORY. */
FX_MUST_USE fx_status fx_store_sqlite_clone(struct fx_store *source, struct fx_store *target);

enum { FX_STORE_SQLITE_NAME_SIZE = 48, FX_STORE_SQLITE_TABLES_MAX = 64 };

/** All content of one table, in any order of its rows. */
struct fx_store_sqlite_digest {
    char table[FX_STORE_SQLITE_NAME_SIZE];
    uint64_t rows;
    uint64_t sum; /* of the rows' checksums: equal tables, equal sums */
};

/**
 * Sum up every table but `migrations`, by name: to compare two databases, in tests and the
 * simulator. O(rows). @return OK and *count_out; CAPACITY.
 */
FX_MUST_USE fx_status fx_store_sqlite_digest(struct fx_store *store,
                                             struct fx_store_sqlite_digest digests_out[],
                                             uint32_t capacity,
                                             uint32_t *count_out);

#endif
