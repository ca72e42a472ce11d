/**
 * @file worker_publish.h
 * The agent of market:publish: released events become orderbook_output and ticker_engine_output.
 *
 * It folds the market by itself and publishes what changed a few times a second: each book with its
 * best levels and what changed of them, all changed tickers in one array. Public data is news:
 * nothing waits for the bus, and what it does not take is made again from the newest state; whoever
 * misses a message sees it by prevSeq and has the whole book in the next one. With `emit` the rooms
 * orderbook_, ticker_ and trades_ of gateways that are not ours are told too. Thread: create, fold,
 * destroy: the owner's; the rest inside.
 */
#ifndef FX_WORKER_WORKER_PUBLISH_H
#define FX_WORKER_WORKER_PUBLISH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ring.h"
#include "base/status.h"
#include "bus/bus.h"
#include "model/event.h"

struct fx_worker_publish;

/** Zeroed members take the default named here. Texts are kept. */
struct fx_worker_publish_options {
    struct fx_bus *bus; /* kept; of this agent alone */
    struct fx_ring_broadcast *ring;
    uint32_t consumer;
    fx_str books; /* orderbook_output, by symbol */
    struct fx_bus_place tickers;
    uint32_t depth_capacity; /* levels per side of a book */
    uint32_t book_levels;    /* of them those that are published; 50 */
    int64_t interval_us;     /* between two messages of one book, and of tickers; 100 ms */
    /** An event for a room: "orderbook_BTCUSDT", `["orderbook",{…}]`. Borrowed for the call. May be
     * NULL. */
    void (*emit)(void *context, fx_str room, fx_str event);
    /** May we speak, or does another process? May be NULL: we may. Who may again tells every book
     * and ticker anew, with prevSeq -1. */
    bool (*may_speak)(void *context);
    /** Called in every step. May be NULL. @return how much was done. */
    int (*pump)(void *context, int64_t now_us);
    void *context; /* of all three */
};

/** Figures. Thread: any (each is a moment's value). */
struct fx_worker_publish_stats {
    uint64_t books;    /* messages that are durable … */
    uint64_t tickers;  /* … of each topic */
    uint64_t lost;     /* messages that were not delivered */
    uint64_t sequence; /* of the last event folded */
    fx_status fatal;   /* the bus is no longer usable: the role must end */
};

/** @return OK (gives); NO_MEMORY. */
FX_MUST_USE fx_status fx_worker_publish_create(const struct fx_worker_publish_options *options,
                                               struct fx_worker_publish **worker_out);

/** Free it; stopped before. The bus stays. Accepts NULL. */
void fx_worker_publish_destroy(struct fx_worker_publish *worker);

/** Fold an event of the dump with which a process begins; before the start only. @return OK;
 * NO_MEMORY. */
FX_MUST_USE fx_status fx_worker_publish_fold(struct fx_worker_publish *worker,
                                             const struct fx_event *event);

FX_MUST_USE fx_status fx_worker_publish_start(struct fx_worker_publish *worker);

/** There are released events. Thread: any. */
void fx_worker_publish_wake(void *worker);

/** Stop the thread; what was handed to the bus is delivered, for half a second at most. */
void fx_worker_publish_stop(struct fx_worker_publish *worker);

void fx_worker_publish_stats(const struct fx_worker_publish *worker,
                             struct fx_worker_publish_stats *stats_out);

/** One unit of work by hand, for tests. @return events folded plus messages published. */
int fx_worker_publish_step(void *self, int64_t now_us);

#endif
