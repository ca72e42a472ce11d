/**
 * @file worker_referral.h
 * The agent that tells the referral and the reward system of each trade: future_referral and
 * future_reward_center.
 *
 * At least once, in the order of the trades: its watermark in the tables moves only over what is
 * durable on the bus, and a start tells again what is above it (the operationId in the messages is
 * the same). Never about bots. A message that cannot be delivered ends it. Thread: create, recover,
 * fold, destroy: the owner's; the rest inside.
 */
#ifndef FX_WORKER_WORKER_REFERRAL_H
#define FX_WORKER_WORKER_REFERRAL_H

#include <stdint.h>

#include "base/ring.h"
#include "base/status.h"
#include "bus/bus.h"
#include "model/event.h"
#include "store/store_progress.h"

struct fx_worker_referral;

/** Zeroed members take the default named here. Texts are kept. */
struct fx_worker_referral_options {
    struct fx_bus *bus;     /* gapless; of this agent alone; kept */
    struct fx_store *store; /* a writer, of this agent alone; kept */
    struct fx_store_progress_key key;
    fx_str referrals; /* topics, by user */
    fx_str rewards;
    int64_t save_us;      /* between two writings of the watermark; 1 s */
    const char *folder;   /* for events of a start that are more than memory takes; NULL: memory */
    uint32_t recover_max; /* trades and ends of commands that memory takes; 65,536 */
};

/** Figures. Thread: any (each is a moment's value). */
struct fx_worker_referral_stats {
    uint64_t published; /* messages that are durable */
    uint64_t watermark; /* operationId up to which they are, as stored */
    fx_status fatal;    /* it cannot go on: the role must end */
};

/** Read the watermark. @return OK (gives); NO_MEMORY; the store's. */
FX_MUST_USE fx_status fx_worker_referral_create(const struct fx_worker_referral_options *options,
                                                struct fx_worker_referral **worker_out);

/** Free it; stopped before. Bus and store stay. Accepts NULL. */
void fx_worker_referral_destroy(struct fx_worker_referral *worker);

/** Whole commands of a start, in order; those at or below the watermark are skipped. They are told
 * once it runs; however many they are, the rest waits in a file (worker_spill.h). @return OK;
 * NO_MEMORY; NO_SPACE, IO (the file). */
FX_MUST_USE fx_status fx_worker_referral_recover(struct fx_worker_referral *worker,
                                                 const struct fx_event events[],
                                                 uint32_t count);

/** Fold an event of the dump with which a process begins: who is a bot, what is listed. @return OK;
 * NO_MEMORY. */
FX_MUST_USE fx_status fx_worker_referral_fold(struct fx_worker_referral *worker,
                                              const struct fx_event *event);

/** From where events come. Before the start. */
void fx_worker_referral_listen(struct fx_worker_referral *worker,
                               struct fx_ring_broadcast *ring,
                               uint32_t consumer);

FX_MUST_USE fx_status fx_worker_referral_start(struct fx_worker_referral *worker);

/** There are released events. Thread: any. */
void fx_worker_referral_wake(void *worker);

/** Stop the thread; what was released is told and stored, for half a second at most. */
void fx_worker_referral_stop(struct fx_worker_referral *worker);

void fx_worker_referral_stats(const struct fx_worker_referral *worker,
                              struct fx_worker_referral_stats *stats_out);

/** One unit of work by hand, for tests. @return how much was done. */
int fx_worker_referral_step(void *self, int64_t now_us);

#endif
