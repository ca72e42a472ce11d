/**
 * @file app_sim_child.h
 * One world in a child process, or many: what they came to is in shared memory, also where the
 * child died. Thread: the main thread.
 */
#ifndef FX_APP_APP_SIM_CHILD_H
#define FX_APP_APP_SIM_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "sim/sim.h"

enum { FX_APP_SIM_CHILDREN_MAX = 64, FX_APP_SIM_CHILD_STALL_S = 60 };

/** Sums over the worlds that a child has finished. */
struct fx_app_sim_child_sums {
    uint64_t seeds;
    uint64_t events;
    uint64_t commands;
    uint64_t crashes;
    uint64_t restarts;
    uint64_t requests;
    uint64_t trades;
    uint64_t disk_operations;
    struct fx_sim_marks marks;
};

/** Where a child writes; shared with the parent. */
struct fx_app_sim_child_page {
    struct fx_sim_options options; /* of the world that runs or ran last */
    struct fx_sim_result result;
    struct fx_app_sim_child_sums sums;
    fx_status status;
    bool has_failed; /* the last world broke a promise */
};

struct fx_app_sim_child {
    struct fx_app_sim_child_page *page;
    pid_t pid; /* 0: none runs */
    int text;  /* what it wrote to stderr: a file without a name */
    uint64_t seen_events;
    int64_t seen_us; /* when it last got on */
};

/** Which seeds: first, first + stride, …, `count` of them (0: without end), until `end_us` of the
 * monotonic clock (0: without end), or until one fails. */
struct fx_app_sim_child_work {
    struct fx_sim_options options; /* seed: the first */
    uint64_t stride;
    uint64_t count;
    int64_t end_us;
};

/** Prepare the shared page. @return false without memory. */
bool fx_app_sim_child_init(struct fx_app_sim_child *child);
void fx_app_sim_child_deinit(struct fx_app_sim_child *child);

/** Fork. @return false where that fails. */
bool fx_app_sim_child_start(struct fx_app_sim_child *child,
                            const struct fx_app_sim_child_work *work);

/**
 * Look whether it has ended; one that does not get on is killed. @return true where it has: then
 * page->has_failed and page->result.violation say how.
 */
bool fx_app_sim_child_poll(struct fx_app_sim_child *child);

/** It is not needed any more. Poll tells its end. */
void fx_app_sim_child_kill(struct fx_app_sim_child *child);

/** Wait for its end. */
void fx_app_sim_child_wait(struct fx_app_sim_child *child);

/** Run one world and wait. @return true where it failed; the result is in the page. */
bool fx_app_sim_child_try(struct fx_app_sim_child *child, const struct fx_sim_options *options);

#endif
