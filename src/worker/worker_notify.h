/**
 * @file worker_notify.h
 * The agent of matching-engine:notify: released events become what users' sockets are told.
 *
 * It folds the view by itself and emits `account` (and its alias `balance`), `position`, and per
 * command one `orders` with all rows of a user that changed, the same JSON as REST and the cache
 * have. Who carries an event to the rooms of other processes is the caller's. What he cannot take
 * now waits here, and so does what another one should tell (may_speak) until the group says that it
 * was told: who gets the seat tells what his predecessor has not. What waits is bounded by bytes
 * and age (worker_untold.h); REST has the state. Thread: create, listen, fold, replay, destroy: the
 * owner's; the rest, and all callbacks, inside.
 */
#ifndef FX_WORKER_WORKER_NOTIFY_H
#define FX_WORKER_WORKER_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ring.h"
#include "base/status.h"
#include "model/event.h"

struct fx_worker_notify;

/** Zeroed members take the default named here. */
struct fx_worker_notify_options {
    /** An event for a user: JSON, `["orders",[…]]`. Borrowed for the call. @return false: not now,
     * it will be given again. */
    bool (*emit)(void *context, uint64_t user_id, fx_str event);
    /** Of the events that were taken, how many are answered for, in their order. NULL: all. */
    uint64_t (*settled)(void *context);
    /** Is it ours to tell? NULL: it is. */
    bool (*may_speak)(void *context);
    /** Up to which command users were told, as the group says; 0: nobody knows. Where it is not
     * ours to tell, and once more when it becomes so. NULL: nobody knows. */
    uint64_t (*kept)(void *context);
    /** Called in every step, behind the events. May be NULL. @return how much was done. */
    int (*pump)(void *context, int64_t now_us);
    void *context;
    size_t size_max;    /* of what waits; 64 MiB */
    int64_t age_us_max; /* what waits for longer is dropped; 5 min */
};

/** Figures. Thread: any (each is a moment's value). */
struct fx_worker_notify_stats {
    uint64_t emitted; /* events that were taken */
    uint64_t waiting; /* events that wait: for a server, or for the group's word */
    uint64_t dropped; /* events that waited too long or found no room */
    uint64_t told; /* the last command of which all is answered for; UINT64_MAX: it is not ours */
};

/** @return OK (gives); NO_MEMORY. */
FX_MUST_USE fx_status fx_worker_notify_create(const struct fx_worker_notify_options *options,
                                              struct fx_worker_notify **worker_out);

/** Free it; stopped before. Accepts NULL. */
void fx_worker_notify_destroy(struct fx_worker_notify *worker);

/** Where released events come from. Before the start. */
void fx_worker_notify_listen(struct fx_worker_notify *worker,
                             struct fx_ring_broadcast *ring,
                             uint32_t consumer);

/** Fold an event of a dump, without emitting; before the start only. Of what the log said before a
 * dump that nobody folded, nothing can be told. @return OK; NO_MEMORY, CAPACITY. */
FX_MUST_USE fx_status fx_worker_notify_fold(struct fx_worker_notify *worker,
                                            const struct fx_event *event);

/** Fold the events of a command that the log said before the start: what users are to be told of it
 * waits for the group's word, unless it is older than what may wait. Behind a failure nothing is
 * told any more (fx_worker_notify_fatal). */
void fx_worker_notify_replay(struct fx_worker_notify *worker,
                             const struct fx_event events[],
                             uint32_t count,
                             int64_t now_us);

FX_MUST_USE fx_status fx_worker_notify_start(struct fx_worker_notify *worker);

/** There are released events. Thread: any. */
void fx_worker_notify_wake(void *worker);

/** Stop the thread; what is released is emitted and pumped once more, and half a second waited for
 * who answers for it. */
void fx_worker_notify_stop(struct fx_worker_notify *worker);

void fx_worker_notify_stats(const struct fx_worker_notify *worker,
                            struct fx_worker_notify_stats *stats_out);

/** Whether the fold broke (nothing more is emitted). Thread: any. */
fx_status fx_worker_notify_fatal(const struct fx_worker_notify *worker);

/** One unit of work by hand, for tests. @return events folded plus what the pump did. */
int fx_worker_notify_step(void *self, int64_t now_us);

#endif
