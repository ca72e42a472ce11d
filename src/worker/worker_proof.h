/**
 * @file worker_proof.h
 * The signed requests whose commands are in the log already, so that none counts twice.
 *
 * What is in here is a function of the log alone, as the engine's state is (F1): of its records'
 * proofs and of the times that the broker gave them. So all followers drop the same records,
 * whichever of them they were published by. An entry is forgotten when every record that could
 * repeat it would be too late. Thread: the follower's.
 */
#ifndef FX_WORKER_WORKER_PROOF_H
#define FX_WORKER_WORKER_PROOF_H

#include <stdint.h>

#include "base/status.h"
#include "model/proof.h"

enum {
    FX_WORKER_PROOF_LATE_MS = 5000,   /* between the API's clock with the way, and the broker's */
    FX_WORKER_PROOF_AHEAD_MS = 120000 /* no honest window ends later */
};

struct fx_worker_proofs;

/** @return NULL without memory; gives. */
struct fx_worker_proofs *fx_worker_proof_create(void);
void fx_worker_proof_destroy(struct fx_worker_proofs *proofs);

/** The log's time, of each record; one that is earlier than the latest changes nothing. */
void fx_worker_proof_see(struct fx_worker_proofs *proofs, int64_t record_ms);

/**
 * A record at `offset` (never falling) carries this proof. @return OK: it is the first; REPLAYED;
 * TIMESTAMP_OUT_OF_WINDOW (by the log's time its window ended more than FX_WORKER_PROOF_LATE_MS
 * ago, or ends in more than FX_WORKER_PROOF_AHEAD_MS); NO_MEMORY: what follows cannot be judged.
 */
FX_MUST_USE fx_status fx_worker_proof_take(struct fx_worker_proofs *proofs,
                                           const struct fx_proof *proof,
                                           uint64_t offset);

/** What a snapshot has to say of them: who sees `time_ms` and then takes the proofs of the records
 * from `first` on has the same ones that count. */
struct fx_worker_proof_mark {
    uint64_t first;  /* offset + 1 of the oldest record that still counts; 0: none does */
    int64_t time_ms; /* of the log, when that record was taken; where none counts: now */
};

void fx_worker_proof_mark(const struct fx_worker_proofs *proofs,
                          struct fx_worker_proof_mark *mark_out);

/** How many are remembered. */
uint64_t fx_worker_proof_count(const struct fx_worker_proofs *proofs);

#endif
