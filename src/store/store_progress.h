/**
 * @file store_progress.h
 * How far a saver came: written in the transaction of the rows, so rows and watermark cannot part.
 * Thread: the handle's.
 */
#ifndef FX_STORE_STORE_PROGRESS_H
#define FX_STORE_STORE_PROGRESS_H

#include "store/store.h"

/** Whose watermark, both 1..32 bytes: shard "USDT", worker "saver". */
struct fx_store_progress_key {
    fx_str shard;
    fx_str worker;
};

/** @return OK; the operationId, 0 where nothing is stored yet. */
FX_MUST_USE fx_status fx_store_progress_find(struct fx_store *store,
                                             const struct fx_store_progress_key *key,
                                             uint64_t *operation_id_out);

/** From where to where; `to` >= `from`. */
struct fx_store_progress_step {
    uint64_t from; /* what the caller knows to be stored; 0: nothing is */
    uint64_t to;
};

/**
 * Move it, if it is where the caller thinks. @return OK; STALE where it is further already: another
 * saver of this name has written, roll back and read it again; TABLES_BEHIND where it is not as far
 * (a fail-over to a replica that was behind, a restored backup): rows are missing that this saver
 * has seen committed, and only the log can bring them back.
 */
FX_MUST_USE fx_status fx_store_progress_advance(struct fx_store *store,
                                                const struct fx_store_progress_key *key,
                                                const struct fx_store_progress_step *step);

/** Read it again where `known` was the last that was seen committed. @return OK and what is stored,
 * not below `known`; TABLES_BEHIND. */
FX_MUST_USE fx_status fx_store_progress_again(struct fx_store *store,
                                              const struct fx_store_progress_key *key,
                                              uint64_t known,
                                              uint64_t *operation_id_out);

/**
 * Be the only saver of this name in this database from now on, as long as the handle is open: also
 * on the connections that it makes later. Waits up to 10 s for one that goes away. Where nobody but
 * one process opens the database (SQLite) nothing is done.
 * @return OK; LOCKED where another one is it (the store's error text says who).
 */
FX_MUST_USE fx_status fx_store_progress_hold(struct fx_store *store,
                                             const struct fx_store_progress_key *key);

#endif
