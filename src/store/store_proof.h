/**
 * @file store_proof.h
 * Signed requests that have changed tables: of one that is sent to several processes the second
 * finds a row. Thread: the store's.
 */
#ifndef FX_STORE_STORE_PROOF_H
#define FX_STORE_STORE_PROOF_H

#include "model/proof.h"
#include "store/store.h"

/** Use a proof up (id > 0); now and then, forget what is far beyond its window. @return OK; EXISTS:
 * it was used before. In a transaction of the writer. */
FX_MUST_USE fx_status fx_store_proof_insert(struct fx_store *store,
                                            const struct fx_proof *proof,
                                            int64_t now_us);

#endif
