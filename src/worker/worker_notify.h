/**
 * @file worker_notify.h
 * The agent of matching-engine:notify: released events become what users' sockets are told.
 *
 * It folds the view by itself and emits `account` (and its alias `balance`), `position`, and per
 * command one `orders` with all rows of a user that changed, the same JSON as REST and the cache
 * have. Who carries an event to the rooms of other processes is the caller's; he may drop it where
 * nobody takes it: an emitter gets no promise, REST has the state. Thread: create, fold, destroy:
 * the owner's; the rest, and both callbacks, inside.
 */
#ifndef FX_WORKER_WORKER_NOTIFY_H
#define FX_WORKER_WORKER_NOTIFY_H

#include <stdint.h>

#include "base/ring.h"
#include "base/status.h"
#include "model/event.h"

struct fx_worker_notify;

struct fx_worker_notify_options {
    struct fx_ring_broadcast *ring;
    uint32_t consumer;
    /** An event for a user: JSON, `["orders",[…]]`. Borrowed for the call. */
    void (*emit)(void *context, uint64_t user_id, fx_str event);
    /** Called in every step, behind the events. May be NULL. @return how much was done. */
    int (*pump)(void *context, int64_t now_us);
    void *context;
};

/** @return OK (gives); NO_MEMORY. */
FX_MUST_USE fx_status fx_worker_notify_create(const struct fx_worker_notify_options *options,
                                              struct fx_worker_notify **worker_out);

/** Free it; stopped before. Accepts NULL. */
void fx_worker_notify_destroy(struct fx_worker_notify *worker);

/** Fold an event of the dump with which a process begins, without emitting; before the start only.
 * @return OK; NO_MEMORY, CAPACITY. */
FX_MUST_USE fx_status fx_worker_notify_fold(struct fx_worker_notify *worker,
                                            const struct fx_event *event);

FX_MUST_USE fx_status fx_worker_notify_start(struct fx_worker_notify *worker);

/** There are released events. Thread: any. */
void fx_worker_notify_wake(void *worker);

/** Stop the thread; what is released is emitted and pumped once more. */
void fx_worker_notify_stop(struct fx_worker_notify *worker);

/** Events that were emitted, and whether the fold broke (nothing more is emitted). Thread: any. */
uint64_t fx_worker_notify_emitted(const struct fx_worker_notify *worker);
fx_status fx_worker_notify_fatal(const struct fx_worker_notify *worker);

/** One unit of work by hand, for tests. @return events folded plus what the pump did. */
int fx_worker_notify_step(void *self, int64_t now_us);

#endif
