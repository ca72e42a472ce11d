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

/** Move it forward. @return OK; STALE where the stored one is not below: the batch is done
 * already, roll back and skip it. */
FX_MUST_USE fx_status fx_store_progress_advance(struct fx_store *store,
                                                const struct fx_store_progress_key *key,
                                                uint64_t operation_id);

#endif
