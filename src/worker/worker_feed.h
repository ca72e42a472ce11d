/**
 * @file worker_feed.h
 * Where a process has the engine's state and events from, whichever it is: the single writer of the
 * embedded exchange, or a follower of a log on a bus. Gateway, saver and cache see no difference.
 *
 * Thread: as the functions of the two.
 */
#ifndef FX_WORKER_WORKER_FEED_H
#define FX_WORKER_WORKER_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/metric.h"
#include "worker/worker_engine.h"
#include "worker/worker_follow.h"

/** One of the two is not NULL. Owned by whoever made it, until fx_worker_feed_destroy(). */
struct fx_worker_feed {
    struct fx_worker_engine *engine;
    struct fx_worker_follow *follow;
};

bool fx_worker_feed_submit(const struct fx_worker_feed *feed,
                           uint64_t token,
                           const struct fx_command *command);

/** The same for a command of a signed request. The embedded exchange is one process, which guards
 * itself: there `proof` says nothing. */
bool fx_worker_feed_submit_proved(const struct fx_worker_feed *feed,
                                  uint64_t token,
                                  const struct fx_command *command,
                                  const struct fx_proof *proof);
void fx_worker_feed_wake(const struct fx_worker_feed *feed);
struct fx_ring_broadcast *fx_worker_feed_ring(const struct fx_worker_feed *feed);
const struct fx_engine_limits *fx_worker_feed_limits(const struct fx_worker_feed *feed);
struct fx_engine *fx_worker_feed_engine(const struct fx_worker_feed *feed);
bool fx_worker_feed_audit(const struct fx_worker_feed *feed, struct fx_engine_audit *audit_out);

/** A follower's `durable` is the last command that was applied: all of the log is. */
void fx_worker_feed_stats(const struct fx_worker_feed *feed,
                          struct fx_worker_engine_stats *stats_out);

/** A follower has no journal: its figures are 0, its space is OK, `sync_times` is empty. */
void fx_worker_feed_figures(const struct fx_worker_feed *feed,
                            struct fx_worker_engine_figures *figures_out);

FX_MUST_USE fx_status fx_worker_feed_start(const struct fx_worker_feed *feed);
void fx_worker_feed_stop(const struct fx_worker_feed *feed,
                         fx_worker_engine_wake_fn pump,
                         void *context);

/** Write a last snapshot and free; the feed is empty then. Accepts an empty one. */
void fx_worker_feed_destroy(struct fx_worker_feed *feed);

#endif
