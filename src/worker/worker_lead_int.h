/**
 * @file worker_lead_int.h
 * What the files of the leader share: who leads, what is published, which hashes were told.
 */
#ifndef FX_WORKER_WORKER_LEAD_INT_H
#define FX_WORKER_WORKER_LEAD_INT_H

#include <stdatomic.h>

#include "base/agent.h"
#include "base/buf.h"
#include "base/json.h"
#include "worker/worker_backlog.h"
#include "worker/worker_group.h"
#include "worker/worker_lead.h"
#include "worker/worker_output.h"

enum {
    FX_WORKER_LEAD_CHUNK = 256,              /* events in one output: its record stays below 1 MB */
    FX_WORKER_LEAD_OUTPUT_SIZE_MAX = 900000, /* of one output */
    FX_WORKER_LEAD_HASHES = 32,              /* that are remembered */
    FX_WORKER_LEAD_RULES = 1                 /* changes where the same log may give another state */
};

/* A hash of this engine, and what others said at the same sequence. */
struct fx_worker_lead_hash {
    uint64_t sequence; /* 0: unused */
    uint64_t own;
    uint64_t other;
    bool has_own;
    bool has_other;
};

struct fx_worker_lead {
    struct fx_worker_lead_options options;
    struct fx_worker_host host;
    struct fx_worker_follow *follow;
    struct fx_agent *agent;
    uint64_t base; /* of the log's sequences */
    struct fx_worker_output output;
    struct fx_worker_backlog backlog;
    struct fx_buf text;  /* one output */
    struct fx_buf small; /* one record that is none */
    struct fx_buf batch; /* outputs of the record that is being made */
    uint64_t batch_last; /* operationId of its last output; 0: it is empty */
    struct fx_worker_group group;

    struct fx_client_id node;              /* this start's */
    struct fx_worker_follow_leader leader; /* as it was read last */
    enum fx_worker_lead_state state;
    uint64_t epoch;     /* the highest that was read */
    uint64_t settled;   /* the command up to which outputs are durable, as last heard */
    uint64_t published; /* up to here everything is, or is on its way */
    int64_t new_us; /* how long it leads and has not looked where the outputs end; < 0: it has */
    bool is_recovering; /* within a create of the follower */
    bool may_publish;   /* … of a leader's that reads again what it forgot */
    bool is_running;

    int64_t step_us;    /* of the last step; 0: none */
    int64_t silent_us;  /* how long nobody was heard */
    int64_t claimed_us; /* since the claim */
    int64_t asked_us;   /* since it was asked where the log ends */
    uint64_t asked_end; /* … and the answer; 0: none since the leader was heard */
    int64_t beaten_us;  /* since the last TICK was published */
    uint64_t tick_sent;
    uint64_t tick_seen;

    struct fx_bus_reader *hash_reader;
    struct fx_json json;
    struct fx_worker_lead_hash hashes[FX_WORKER_LEAD_HASHES];
    uint64_t hash_sequence; /* of the last one that was taken */
    bool is_alarmed;
    uint32_t alarm_next; /* instruments below it have been told */

    _Atomic int failure;
    _Atomic uint64_t sequence;
    _Atomic uint64_t position;
    _Atomic uint64_t lag;
    _Atomic uint64_t poison_count;
    _Atomic uint64_t poison_offset;
    _Atomic int64_t record_us;
    _Atomic int64_t heard_us;
    _Atomic int64_t snapshot_us;
    _Atomic uint32_t seen_state;
    _Atomic uint64_t seen_epoch;
    _Atomic uint64_t seen_published;
    _Atomic uint64_t seen_backlog;
    _Atomic uint64_t outputs;
    _Atomic uint64_t records;
    _Atomic uint64_t takeovers;
    _Atomic int64_t takeover_us;
    _Atomic uint64_t hashes_compared;
    _Atomic uint64_t hashes_differed;
};

/** It cannot go on. The first reason counts. */
void fx_worker_lead_fail(struct fx_worker_lead *lead, fx_status status, const char *what);

/** Where matching_engine_output ends: the operationId of the last output in it; 0 = none that is
 * kept. @return OK; CORRUPT; what the bus said. */
FX_MUST_USE fx_status fx_worker_lead_publish_find_last(struct fx_worker_lead *lead,
                                                       uint64_t *operation_id_out);

/** Hand outputs to the bus as far as it takes them. @return how many. */
int fx_worker_lead_publish_outputs(struct fx_worker_lead *lead);

/** A small record into one of the topics, beside the queue of the outputs; what finds no room is
 * not sent. @return true: taken. */
bool fx_worker_lead_publish_small(struct fx_worker_lead *lead, struct fx_bus_place place);

/** After a command: take and tell a hash where one is due. */
void fx_worker_lead_hash_take(struct fx_worker_lead *lead, uint64_t sequence);

/** Read what others told. @return how many. */
int fx_worker_lead_hash_read(struct fx_worker_lead *lead);

/** Where two engines differ, only cancels are taken from here on: told by the leader. */
void fx_worker_lead_hash_alarm(struct fx_worker_lead *lead);

#endif
