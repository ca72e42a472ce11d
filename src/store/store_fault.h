/**
 * @file store_fault.h
 * A store in front of another that fails on demand, as a database server behind a network does: for
 * tests and the simulator.
 *
 * What was asked for is done by the inner store or not at all, but the caller is not always told
 * which: a connection that is cut between COMMIT and its answer has committed. Choices come from
 * the seed. Thread: the handle's.
 */
#ifndef FX_STORE_STORE_FAULT_H
#define FX_STORE_STORE_FAULT_H

#include <stdint.h>

#include "store/store.h"

/** Chances in millionths, of each call. */
struct fx_store_faults {
    uint32_t begin_busy_ppm;     /* BUSY: the lock was not had in time */
    uint32_t deadlock_ppm;       /* BUSY from a statement: the database has rolled back */
    uint32_t cut_ppm;            /* IO from a statement: the connection is gone, rolled back */
    uint32_t commit_lost_ppm;    /* IO from COMMIT, which did not happen */
    uint32_t commit_unknown_ppm; /* IO from COMMIT, which happened */
};

/** How often each was done. */
struct fx_store_fault_counts {
    uint64_t begin_busy;
    uint64_t deadlock;
    uint64_t cut;
    uint64_t commit_lost;
    uint64_t commit_unknown;
};

/** Put one before `inner` (a writer, migrated; kept, not closed with it). **Gives** the handle.
 * @return OK; NO_MEMORY. */
FX_MUST_USE fx_status fx_store_fault_open(struct fx_store *inner,
                                          uint64_t seed,
                                          struct fx_store **store_out);

/** Change the chances; all 0 at first. */
void fx_store_fault_set(struct fx_store *store, const struct fx_store_faults *faults);

void fx_store_fault_counts(const struct fx_store *store, struct fx_store_fault_counts *counts_out);

#endif
