/**
 * @file worker_feed.h
 * Where a process has the engine's state and events from, whichever it is: the single writer of the
 * embedded exchange, a follower of a log on a bus, or followers of several shards. Gateway, saver
 * and cache see no difference but that there may be several rings.
 *
 * Thread: as the functions of the three.
 */
#ifndef FX_WORKER_WORKER_FEED_H
#define FX_WORKER_WORKER_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/metric.h"
#include "worker/worker_engine.h"
#include "worker/worker_follow.h"
#include "worker/worker_shards.h"

/** One of the three is not NULL. Owned by whoever made it, until fx_worker_feed_destroy(). */
struct fx_worker_feed {
    struct fx_worker_engine *engine;
    struct fx_worker_follow *follow;
    struct fx_worker_shards *shards;
};

/** How many rings and engines there are; the functions with an `index` count from 0 to it. */
uint32_t fx_worker_feed_count(const struct fx_worker_feed *feed);

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
struct fx_ring_broadcast *fx_worker_feed_ring(const struct fx_worker_feed *feed, uint32_t index);

/** The first one's; of all of them the largest book, for who keeps one of each symbol. */
const struct fx_engine_limits *fx_worker_feed_limits(const struct fx_worker_feed *feed);
uint32_t fx_worker_feed_depth(const struct fx_worker_feed *feed);

struct fx_engine *fx_worker_feed_engine(const struct fx_worker_feed *feed, uint32_t index);

/** A RESULT out of one of the rings, before anybody sees it (fx_worker_shards_merge()). */
void fx_worker_feed_merge(const struct fx_worker_feed *feed, struct fx_event *event);

/** @return true: one of them has new sums; *audit_out has its assets in the place of those before,
 * and keeps the others'. */
bool fx_worker_feed_audit(const struct fx_worker_feed *feed, struct fx_engine_audit *audit_out);

/** A follower's `durable` is the last command that was applied: all of the log is. Of several
 * shards sums, and the load of the fullest. */
void fx_worker_feed_stats(const struct fx_worker_feed *feed,
                          struct fx_worker_engine_stats *stats_out);

/** Of followers; of several shards sums, the largest lag, the leader that was heard longest ago,
 * the first failure. */
void fx_worker_feed_follow_stats(const struct fx_worker_feed *feed,
                                 struct fx_worker_follow_stats *stats_out);

/** A follower has no journal: its figures are 0, its space is OK, `sync_times` is empty. */
void fx_worker_feed_figures(const struct fx_worker_feed *feed,
                            struct fx_worker_engine_figures *figures_out);

/** Why a log cannot be followed any more, which ends whoever shows it. @return OK where all can. */
fx_status fx_worker_feed_failure(const struct fx_worker_feed *feed);

FX_MUST_USE fx_status fx_worker_feed_start(const struct fx_worker_feed *feed);
void fx_worker_feed_stop(const struct fx_worker_feed *feed,
                         fx_worker_engine_wake_fn pump,
                         void *context);

/** Write a last snapshot and free; the feed is empty then. Accepts an empty one. */
void fx_worker_feed_destroy(struct fx_worker_feed *feed);

#endif
