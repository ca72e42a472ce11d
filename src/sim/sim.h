/**
 * @file sim.h
 * One seed, one world: the real engine, journal, snapshots, savers and folds with clients, a disk,
 * a database and a clock that fail, in one thread and in virtual time.
 *
 * Everything that happens follows from the seed, so a world that went wrong goes wrong again. A
 * broken promise is told in the result; a broken assertion of the code under test ends the process,
 * so whoever runs many worlds runs them in children. Thread: one world, one thread; no state is
 * shared.
 */
#ifndef FX_SIM_SIM_H
#define FX_SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "sim/sim_mark.h"

enum { FX_SIM_TEXT_SIZE = 400 };

/** What is taken away from a world, to find the smallest one that still fails. */
struct fx_sim_cut {
    uint32_t clients_max;  /* 0: all */
    uint32_t requests_max; /* of all clients together; 0: all */
    uint32_t fault_mask;   /* bit n: fault n of enum fx_sim_plan_fault is left out */
    bool is_network_kind;  /* nothing is lost, doubled or late */
    bool is_store_kind;    /* the database does what it is told */
};

struct fx_sim_options {
    uint64_t seed;
    uint64_t until; /* stop at this event; 0: to the end */
    uint64_t
        crash_at; /* the power fails at this operation of the disk and at no other; 0: as drawn */
    struct fx_sim_cut cut;
    bool is_traced; /* print what happens to stdout */
};

/** What a world came to; filled while it runs, so that a parent sees how far a dead child was. */
struct fx_sim_result {
    uint64_t seed;
    uint64_t events;   /* steps of the world and events of its engine */
    uint64_t commands; /* in the log */
    uint64_t crashes;  /* power cuts, kills and deaths by failed writes; each was recovered from */
    uint64_t restarts; /* starts, orderly ones included */
    uint64_t requests; /* of clients */
    uint64_t disk_operations;
    uint64_t trades;
    uint64_t state_hash; /* at the end */
    struct fx_sim_marks marks;
    bool is_done;
    bool is_violated;
    char violation[FX_SIM_TEXT_SIZE]; /* which promise was broken, and by what */
};

/** Run one world. @return OK (also where a promise was broken: see the result); NO_MEMORY. */
FX_MUST_USE fx_status fx_sim_run(const struct fx_sim_options *options,
                                 struct fx_sim_result *result_out);

#endif
