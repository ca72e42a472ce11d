/**
 * @file worker_intake.h
 * order:intake: what producers outside ask for becomes commands of the engine's log.
 *
 * A member of a group reads save_order_from_client_v2 and cancel_order_from_client, judges each
 * record with its instrument, stamps the time and publishes it into the engine's input. Only when a
 * batch is durable there is it committed (N1); what cannot be a command goes to the quarantine
 * topic with its reason, and is as durable before the commit (N2). A record without a clientOrderId
 * gets one from its tmpId, else from its place, so that one read twice is one order (N3). A message
 * that cannot be delivered ends the worker: never skipped, never overtaken by a later one of its
 * producer (N4). Each command says in `from` which record it was made of, and whoever is given a
 * partition looks into the log first what of it is there (N5): a record is one command, also where
 * its first one was refused, and whatever the group has forgotten. An order goes to the shard of
 * its symbol's collateral, a cancel to the shard of its id; of what was on the way to several of
 * them at a crash any part may be there, so the last FX_WORKER_INTAKE_WINDOW records are looked at
 * one by one. Thread: create, finish, destroy: the owner's; step: one.
 */
#ifndef FX_WORKER_WORKER_INTAKE_H
#define FX_WORKER_WORKER_INTAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "bus/bus.h"
#include "model/shard.h"
#include "wire/wire_topic_in.h"

struct fx_worker_intake;

/** Records between what is surely done and the last that was made a command (several shards). */
enum { FX_WORKER_INTAKE_WINDOW = 8192 };

/** Where instruments come from. */
struct fx_worker_intake_listing {
    fx_wire_topic_in_find_fn find;
    /** Before a batch (`is_needed` false), and where a symbol was not found: look again, not too
     * often. May be NULL. @return OK: what find() says holds; else nobody knows, the orders wait.
     */
    fx_status (*refresh)(void *context, bool is_needed);
    void *context;
};

/** How far a partition of a producers' topic is done. */
struct fx_worker_intake_mark {
    uint64_t next; /* its first record that is not done; 0: nothing is known */
    /* By shard: offset in the engine's input behind all commands of what is done. */
    uint64_t inputs[FX_SHARDS_MAX];
};

/** Where marks are kept, beside the group's own offsets, which expire. They need not be newest. */
struct fx_worker_intake_marks {
    /** @return OK (zeroes where there is none); else the worker ends with it. */
    fx_status (*find)(void *context, struct fx_bus_place place, struct fx_worker_intake_mark *mark);
    void (*store)(void *context,
                  struct fx_bus_place place,
                  const struct fx_worker_intake_mark *mark);
    void *context;
};

/** A wall clock, in microseconds. */
typedef int64_t (*fx_worker_intake_clock_fn)(void);

/** Texts are borrowed until it is destroyed. Zeroed members get the default named here. */
struct fx_worker_intake_options {
    struct fx_bus *bus; /* gapless, and of nobody else; kept */
    fx_str group;
    fx_str orders;                     /* save_order_from_client_v2 */
    fx_str cancels;                    /* cancel_order_from_client */
    struct fx_bus_place input;         /* of several shards: the partition is the shard's number */
    const struct fx_shard_map *shards; /* … of which each has its collateral; NULL: one has all */
    uint32_t shard_count;              /* of `shards` */
    struct fx_bus_place quarantine;
    struct fx_worker_intake_listing listing;
    struct fx_worker_intake_marks marks; /* find NULL: the whole log is looked through */
    fx_worker_intake_clock_fn clock;     /* fx_clock_wall_us */
    uint32_t batch_max;                  /* records in flight; 1024, the most */
    int64_t commit_us;                   /* the longest that done work stays uncommitted; 200 ms */
};

/** Figures. Thread: any (each is a moment's value). */
struct fx_worker_intake_stats {
    uint64_t taken;     /* commands that are durable in the input */
    uint64_t refused;   /* records that are durable in the quarantine */
    uint64_t committed; /* commits */
    uint64_t lag;       /* records that wait in the partitions that were read, as last asked */
    fx_status status;   /* OK; why it has ended */
};

/** Join the group. @return OK (gives); NO_MEMORY; what fx_bus_reader_join() says. */
FX_MUST_USE fx_status fx_worker_intake_create(const struct fx_worker_intake_options *options,
                                              struct fx_worker_intake **intake_out);

/** Leave the group; what is done is committed, what is not is read again. The bus stays open.
 * Accepts NULL. */
void fx_worker_intake_destroy(struct fx_worker_intake *intake);

/** Free it as a crash would: nothing is committed. For tests. Accepts NULL. */
void fx_worker_intake_abandon(struct fx_worker_intake *intake);

/** One bounded unit of work; waits up to `wait_ms` for news. @return records read, delivered or
 * committed; < 0: it has ended, see the stats. */
int fx_worker_intake_step(struct fx_worker_intake *intake, uint32_t wait_ms);

/** Finish what was read: deliver it and commit. Reads nothing new. @return OK; TIMEOUT; why it has
 * ended. */
FX_MUST_USE fx_status fx_worker_intake_finish(struct fx_worker_intake *intake, uint32_t timeout_ms);

/** What was wrong, for the log; no secrets. Never NULL. */
const char *fx_worker_intake_error_text(const struct fx_worker_intake *intake);

void fx_worker_intake_stats(const struct fx_worker_intake *intake,
                            struct fx_worker_intake_stats *stats_out);

#endif
