/**
 * @file app_worker_part.h
 * One consumer of a follower's events: a saver, the referral, publish, cache or notify. What they
 * have in common, so that app_worker can run any set of them. Thread: the main thread.
 */
#ifndef FX_APP_APP_WORKER_PART_H
#define FX_APP_APP_WORKER_PART_H

#include <stdbool.h>

#include "app/app_bus.h"
#include "app/app_desk.h"
#include "app/app_store.h"
#include "worker/worker_follow.h"

/** What there is; the order is that of the consumers. */
enum fx_app_worker_part_kind {
    FX_APP_WORKER_PART_ACCOUNTS = 0,
    FX_APP_WORKER_PART_POSITIONS = 1,
    FX_APP_WORKER_PART_ORDERS = 2,
    FX_APP_WORKER_PART_TRADES = 3,
    FX_APP_WORKER_PART_REFERRAL = 4,
    FX_APP_WORKER_PART_PUBLISH = 5,
    FX_APP_WORKER_PART_CACHE = 6,
    FX_APP_WORKER_PART_NOTIFY = 7,
    FX_APP_WORKER_PARTS = 8
};

/** Where parts get what they need. Borrowed. */
struct fx_app_worker_part_place {
    const struct fx_config *config;
    struct fx_app_bus *settings;
    struct fx_app_store *database;
    struct fx_bus *bus; /* connected; of the follower, which is not started before the parts are */
};

struct fx_app_worker_part;

/** Open what it works on: its connection to the database, the bus or Redis; read its watermark.
 * Problems are logged. @return OK (gives); the store's, BAD_PARAMETER, NO_MEMORY. */
FX_MUST_USE fx_status fx_app_worker_part_open(enum fx_app_worker_part_kind kind,
                                              const struct fx_app_worker_part_place *place,
                                              struct fx_app_worker_part **part_out);

/** Up to which command its work is done; UINT64_MAX: it needs no history. Thread: once it listens,
 * any. */
uint64_t fx_app_worker_part_saved(const struct fx_app_worker_part *part);

/** Whole commands of a start, in order, many at once. @return OK; what the work on them said. */
FX_MUST_USE fx_status fx_app_worker_part_recover(struct fx_app_worker_part *part,
                                                 const struct fx_event events[],
                                                 uint32_t count);

/** Does it want to know what the log said before this start, once more? */
bool fx_app_worker_part_is_replayed(const struct fx_app_worker_part *part);

/** … the events of a command, in order; behind the events of the dump that the start begins with.
 */
void fx_app_worker_part_replay(struct fx_app_worker_part *part,
                               const struct fx_event events[],
                               uint32_t count);

/** The follower is there: make the agent. @return OK; NO_MEMORY. */
FX_MUST_USE fx_status fx_app_worker_part_listen(struct fx_app_worker_part *part,
                                                struct fx_worker_follow *follow,
                                                uint32_t consumer);

/** An event of the engine's dump. @return OK; NO_MEMORY, CAPACITY. */
FX_MUST_USE fx_status fx_app_worker_part_fold(struct fx_app_worker_part *part,
                                              const struct fx_event *event);

/** The dump is over: what it does not tell is read from the tables. */
FX_MUST_USE fx_status fx_app_worker_part_recall(struct fx_app_worker_part *part);

FX_MUST_USE fx_status fx_app_worker_part_start(struct fx_app_worker_part *part);

/** There are released events. Thread: any. */
void fx_app_worker_part_wake(void *self);

/** All that its bus waits for from now on shares this time. */
void fx_app_worker_part_hurry(struct fx_app_worker_part *part, uint32_t timeout_ms);

/** Do what was released, then stop. It was started. */
void fx_app_worker_part_stop(struct fx_app_worker_part *part);

/** Free it. Stopped before. Accepts NULL. */
void fx_app_worker_part_close(struct fx_app_worker_part *part);

/** Its figures; `sequence` is the log's last command. */
void fx_app_worker_part_look(struct fx_app_worker_part *part,
                             uint64_t sequence,
                             struct fx_app_desk_look *look);

/** OK, or why the process must end. */
fx_status fx_app_worker_part_fatal(const struct fx_app_worker_part *part);

#endif
