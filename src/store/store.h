/**
 * @file store.h
 * The port to the SQL database: a projection of the log, for people and reports to read.
 *
 * A handle is one connection. The savers own the one writer; any number of readers serve queries
 * and never wait for it. The doors lie by entity in store_<entity>.h and know no database; an
 * adapter (store_sqlite.h, later MariaDB) opens the handle. Nothing here decides about money: what
 * is stored can be lost and is rebuilt from the log. Users, sessions and API keys are the
 * exception: they live here only.
 *
 * Times go in and out in microseconds and are kept in milliseconds (truncated).
 * Thread: a handle belongs to one thread; calls block for the disk, a writer's up to the adapter's
 * busy limit (then BUSY).
 *
 * Every door that returns fx_status may also give BUSY, IO, NO_SPACE, NO_MEMORY, CORRUPT or
 * INTERNAL of the database; the headers name only what is special to a door.
 */
#ifndef FX_STORE_STORE_H
#define FX_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

enum { FX_STORE_LIMIT_MAX = 1000 };

struct fx_store;

/** An object of a user: a row of another user is never found. user_id == 0 is the exchange. */
struct fx_store_key {
    uint64_t user_id;
    uint64_t id;
};

/** Which part of a list, newest first. The cursor is the id of the last row seen. */
struct fx_store_page {
    uint64_t before_id; /* rows with a smaller id; 0 = from the newest */
    uint32_t limit;     /* 1..FX_STORE_LIMIT_MAX; the caller's array has this capacity */
    uint32_t offset;    /* rows to skip (page,size); 0 with a cursor */
};

/** Creation times, both ends included, in microseconds; 0 = open. */
struct fx_store_span {
    int64_t start_us;
    int64_t end_us;
};

/** Close the handle; an open transaction is rolled back. Accepts NULL. */
void fx_store_close(struct fx_store *store);

/** Start a transaction; none may be open. On a reader: one consistent view until commit. */
FX_MUST_USE fx_status fx_store_begin(struct fx_store *store);

/** Make it permanent. After a failure the transaction is still open: roll back. */
FX_MUST_USE fx_status fx_store_commit(struct fx_store *store);

/** Forget it. Without an open transaction nothing happens. */
void fx_store_rollback(struct fx_store *store);

bool fx_store_is_in_transaction(const struct fx_store *store);

/** True where the handle may write. */
bool fx_store_is_writer(const struct fx_store *store);

/** The database's own words about the last failure, for logs. Never NULL. */
const char *fx_store_error_text(const struct fx_store *store);

#endif
