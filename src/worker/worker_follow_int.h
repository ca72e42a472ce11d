/**
 * @file worker_follow_int.h
 * What the files of the follower share: reading and applying, publishing and answering.
 */
#ifndef FX_WORKER_WORKER_FOLLOW_INT_H
#define FX_WORKER_WORKER_FOLLOW_INT_H

#include <stdatomic.h>

#include "base/agent.h"
#include "base/buf.h"
#include "base/metric.h"
#include "worker/worker_follow.h"
#include "worker/worker_group.h"
#include "worker/worker_input.h"
#include "worker/worker_proof.h"

enum {
    FX_WORKER_FOLLOW_BATCH = 512,        /* records of one poll */
    FX_WORKER_FOLLOW_PENDING_MAX = 8192, /* a power of two */
    FX_WORKER_FOLLOW_LAG_MAX = 65536     /* records: 100 % of load */
};

/* A command that was published here and has not come back. */
struct fx_worker_follow_pending {
    uint64_t token;    /* the submitter's */
    uint64_t behind;   /* the offset behind its record, once that is known; 0 before */
    uint32_t kind;     /* enum fx_command_kind */
    bool is_delivered; /* it is in the log */
    bool is_done;
};

/* What is said in a snapshot beside the state; FX_WORKER_SNAPSHOT_NOTE_SIZE bytes. */
struct fx_worker_follow_note {
    uint64_t log_id;
    uint64_t epoch;
    uint64_t leader_sequence;
    struct fx_client_id node;
    struct fx_worker_proof_mark proofs;
    uint64_t position; /* what is below it was read; 0: in an old file, the state says it */
};

struct fx_worker_follow {
    struct fx_worker_follow_options options;
    struct fx_worker_host host;
    struct fx_engine_limits limits;
    struct fx_engine *engine;
    void *memory;
    int lock_file; /* of the snapshots' folder, where has_lock */
    bool has_lock;
    struct fx_worker_snapshot *snapshot;
    struct fx_agent *agent;
    struct fx_worker_input *input;
    struct fx_ring *intake;
    struct fx_ring *audits;
    struct fx_ring_broadcast *ring; /* NULL without consumers */
    struct fx_events events;
    struct fx_wire_topic_from from; /* of this start; token is set for each record */
    struct fx_worker_follow_leader leader;
    struct fx_worker_proofs *proofs;
    uint64_t log_id;
    uint64_t base; /* sequence of a record: offset + 1 + base */

    struct fx_bus_reader *reader;
    struct fx_bus_record records[FX_WORKER_FOLLOW_BATCH];
    uint32_t record_next;
    uint32_t record_count;
    uint64_t position;
    uint64_t known; /* records below it are read for their proofs only: a snapshot has the rest */
    uint64_t end;   /* of the log, when it was last asked */
    bool is_at_end;
    bool is_recovering;
    bool is_dump_asked; /* DUMP: a snapshot now */
    bool is_running;

    struct fx_worker_follow_pending *pending;
    uint64_t pending_first;
    uint64_t pending_end;
    uint64_t pending_read; /* behind the last one that came back: what is in the log and before it
                              was read */
    struct fx_worker_group group; /* … on its way */
    struct fx_buf text;

    char reason[FX_WORKER_FOLLOW_TEXT_SIZE_MAX]; /* of the failure, where it is not the bus' */
    uint64_t replayed;
    fx_status recovery;         /* what on_recovered said */
    uint64_t snapshot_sequence; /* of the one that was loaded or offered last */
    uint64_t newest_sequence; /* of the newest in the folder, which may be above what was loaded */
    int64_t snapshot_us;
    int64_t refused_us; /* when one had to wait */
    int64_t logged_us;
    struct fx_metric_histogram match_times;

    /* For fx_worker_follow_stats(). */
    _Atomic uint64_t seen_sequence;
    _Atomic uint64_t seen_position;
    _Atomic uint64_t seen_lag;
    _Atomic uint64_t seen_epoch;
    _Atomic uint64_t poison_count;
    _Atomic uint64_t poison_offset;
    _Atomic uint64_t replay_count;
    _Atomic int64_t record_us;
    _Atomic int64_t heard_us;
    _Atomic uint32_t pending_count;
    _Atomic uint32_t load_percent;
    _Atomic int failure;
};

/* What the intake holds. */
struct fx_worker_follow_item {
    uint64_t token;
    struct fx_proof proof;
    struct fx_command command;
};

/** Answers that belong to published commands, and what became of them on the bus.
 * @return how many. */
int fx_worker_follow_submit_collect(struct fx_worker_follow *follow);

/** Publish what was submitted, as far as there is room. @return how many. */
int fx_worker_follow_submit_publish(struct fx_worker_follow *follow, int64_t now_us);

/** A record of this start came back. @return whose token its RESULT carries; 0: nobody waits. */
uint64_t fx_worker_follow_submit_settle(struct fx_worker_follow *follow, uint64_t number);

/** A record of this start came back and counts for nothing: answer who waits with this status. */
void fx_worker_follow_submit_drop(struct fx_worker_follow *follow,
                                  uint64_t number,
                                  fx_status status);

/** There is room in the ring for all that one command can say. */
bool fx_worker_follow_has_room(struct fx_worker_follow *follow);

/** Put the events of one command into the ring. */
void fx_worker_follow_tell(struct fx_worker_follow *follow);

#endif
