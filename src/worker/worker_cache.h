/**
 * @file worker_cache.h
 * The agent that keeps the cache: released events become the newest values under the seed's keys.
 *
 * Accounts and positions with each change, orders while they are open, tickers and books a few
 * times a second. The cache is a copy, so nothing waits for it. Where its queue is full, what is
 * left out is marked and written later, as it is then. Where its server was away, emptied, or
 * refused to write, everything is written from the worker's own view (a resync), with the ended
 * orders that are still there removed; it takes half of the queue and goes on where it found no
 * room. The engine's ring is read on in any case. Thread: create, fold, destroy: the owner's; the
 * rest inside.
 */
#ifndef FX_WORKER_WORKER_CACHE_H
#define FX_WORKER_WORKER_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/agent.h"
#include "base/ring.h"
#include "base/status.h"
#include "cache/cache.h"
#include "market/market.h"
#include "model/event.h"
#include "view/view.h"

struct fx_worker_cache;

struct fx_worker_cache_options {
    struct fx_cache *cache; /* **taken**: closed with the worker */
    struct fx_ring_broadcast *ring;
    uint32_t consumer;
    uint32_t depth_capacity;          /* levels per side of a book */
    const struct fx_shard_map *shard; /* whose orders these are; NULL: everybody's. Borrowed */
    uint32_t book_levels;             /* of them those that are written; 50 where 0 */
    fx_agent_clock_fn wall;           /* of tickers; NULL: the time of the step */
};

/** Figures. Thread: any (each is a moment's value). */
struct fx_worker_cache_stats {
    uint64_t written;
    uint64_t refused;
    uint64_t resyncs;  /* whole rewrites that were begun */
    uint64_t shed;     /* values that were left out, to be written later */
    uint64_t queued;   /* commands that the server has not answered */
    uint64_t marked;   /* values that are to be written when there is room */
    int64_t behind_us; /* since the cache had everything */
    fx_status status;  /* OK: the server answers and takes what it is given */
};

/** @return OK (gives); NO_MEMORY, then the cache is the caller's still. */
FX_MUST_USE fx_status fx_worker_cache_create(const struct fx_worker_cache_options *options,
                                             struct fx_worker_cache **worker_out);

/** Close the cache and free all. Stopped before. Accepts NULL. */
void fx_worker_cache_destroy(struct fx_worker_cache *worker);

/** Fold an event of the dump with which a process begins; before the start only. @return OK;
 * NO_MEMORY, CAPACITY. */
FX_MUST_USE fx_status fx_worker_cache_fold(struct fx_worker_cache *worker,
                                           const struct fx_event *event);

/** The folds, to recall stored versions and bars into; before the start only. */
struct fx_view *fx_worker_cache_view(struct fx_worker_cache *worker);
struct fx_market *fx_worker_cache_market(struct fx_worker_cache *worker);

FX_MUST_USE fx_status fx_worker_cache_start(struct fx_worker_cache *worker);

/** There are released events. Thread: any. */
void fx_worker_cache_wake(void *worker);

/** Stop the thread; what is released and still queued is sent, for half a second at most. */
void fx_worker_cache_stop(struct fx_worker_cache *worker);

void fx_worker_cache_stats(const struct fx_worker_cache *worker,
                           struct fx_worker_cache_stats *stats_out);

/** One unit of work by hand, for tests. @return events folded plus values of a resync. */
int fx_worker_cache_step(void *self, int64_t now_us);

#endif
