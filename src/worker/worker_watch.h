/**
 * @file worker_watch.h
 * What whoever runs an engine watches: how full its queues are, and whether the money adds up.
 */
#ifndef FX_WORKER_WORKER_WATCH_H
#define FX_WORKER_WORKER_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ring.h"
#include "engine/engine.h"

/** How much of a capacity (> 0) is used: 0..100, rounded down. Thread: any. */
uint32_t fx_worker_watch_percent(uint64_t count, uint64_t capacity);

/** The larger one of two. Thread: any. */
uint32_t fx_worker_watch_larger(uint32_t left, uint32_t right);

/**
 * Walk all of the money, log as `component` what does not add up, and append the audit to a ring of
 * struct fx_engine_audit; who does not look gets none. O(state). Thread: the engine's.
 */
void fx_worker_watch_audit(const struct fx_engine *engine,
                           const char *component,
                           struct fx_ring *audits);

/** The newest audit in that ring. @return false where there was none since the last call. Thread:
 * the ring's reader. */
bool fx_worker_watch_last_audit(struct fx_ring *audits, struct fx_engine_audit *audit_out);

#endif
