/**
 * @file worker_lead.h
 * matching-engine:run: a follower that can lead.
 *
 * All engines of a shard follow the same log and compute the same outputs. LEADER(epoch, node)
 * records in that log say who leads: the first of a higher epoch wins, by its place alone. The
 * leader publishes the outputs, from what is last in matching_engine_output on; TICKs, when
 * something is due and as a heartbeat; hashes of its state, which the others compare with their
 * own; and records that were no commands, to the quarantine. A standby that does not hear the
 * leader claims the next epoch. A leader that was passed stops at that record; what is still on its
 * way is a repetition, byte by byte, with the same operationIds.
 * Thread: create and destroy: owner; the rest: its agent, or who steps by hand.
 */
#ifndef FX_WORKER_WORKER_LEAD_H
#define FX_WORKER_WORKER_LEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "bus/bus.h"
#include "worker/worker_follow.h"

struct fx_worker_lead;

enum fx_worker_lead_state {
    FX_WORKER_LEAD_STANDBY = 1,
    FX_WORKER_LEAD_CLAIMING = 2, /* its LEADER is on its way */
    FX_WORKER_LEAD_LEADING = 3
};

/** Zeroed members take the default named here. */
struct fx_worker_lead_options {
    /* Hooks, consumers and saved_sequence are the leader's to say. */
    struct fx_worker_follow_options follow;
    struct fx_bus *bus;         /* gapless, not the follower's; kept; nobody else's */
    struct fx_bus_place output; /* matching_engine_output of the shard */
    struct fx_bus_place hashes; /* me_hash */
    struct fx_bus_place quarantine;
    fx_str shard;              /* its name in the outputs; 1..32 bytes */
    size_t backlog_size_bytes; /* outputs that are kept; 64 MiB */
    int64_t heartbeat_us;      /* 200 ms */
    int64_t silence_us;        /* without a heartbeat before a standby claims; 1.5 s */
    int64_t claim_us;          /* before a claim that is not answered is made again; 3 s */
    uint64_t hash_commands;    /* sequences between two hashes; 65,536 */
    uint32_t wait_ms;          /* for the end of matching_engine_output; 10,000 */
};

/** Figures. Thread: any (each is a moment's value). */
struct fx_worker_lead_stats {
    uint64_t sequence; /* these eight as in struct fx_worker_follow_stats */
    uint64_t position;
    uint64_t lag;
    uint64_t poison_count;
    uint64_t poison_offset;
    int64_t record_us;
    int64_t heard_us;
    int64_t snapshot_us; /* when the last snapshot was written */
    enum fx_worker_lead_state state;
    uint64_t epoch;      /* the highest that was read */
    uint64_t published;  /* operationId of the last output that was handed to the bus */
    uint64_t outputs;    /* published by this process */
    uint64_t records;    /* … in so many records */
    uint64_t backlog;    /* outputs that wait */
    uint64_t takeovers;  /* how often this process began to lead */
    int64_t takeover_us; /* of the last one: from the claim to the first publishing */
    uint64_t hashes_compared;
    uint64_t hashes_differed; /* > 0: an alarm; only cancels are taken */
    fx_status failure;        /* not OK: the role must end */
};

/** As fx_worker_follow_open(), and the end of matching_engine_output is read first: no snapshot
 * behind it is loaded. @return as that; CORRUPT (a record of matching_engine_output that no leader
 * wrote). */
FX_MUST_USE fx_status fx_worker_lead_create(const struct fx_worker_lead_options *options,
                                            struct fx_worker_lead **lead_out,
                                            struct fx_worker_follow_report *report_out);

/** Write a last snapshot, free. Stopped before. Accepts NULL. */
void fx_worker_lead_destroy(struct fx_worker_lead *lead);

/** Free everything without writing: what a crash leaves. Accepts NULL. */
void fx_worker_lead_abandon(struct fx_worker_lead *lead);

/** Run the agent and the snapshot writer. @return OK; NO_MEMORY. */
FX_MUST_USE fx_status fx_worker_lead_start(struct fx_worker_lead *lead);

/** Stop the threads, then publish what waits (a leader) for at most `timeout_ms`. */
void fx_worker_lead_stop(struct fx_worker_lead *lead, uint32_t timeout_ms);

/** One unit of work by hand, where it was not started. @return how much was done. */
int fx_worker_lead_step(void *self, int64_t now_us);

/** The follower below, for who steps by hand. */
struct fx_worker_follow *fx_worker_lead_follow(struct fx_worker_lead *lead);

void fx_worker_lead_stats(const struct fx_worker_lead *lead,
                          struct fx_worker_lead_stats *stats_out);

#endif
