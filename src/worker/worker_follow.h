/**
 * @file worker_follow.h
 * A follower: the engine's state and events from one partition of matching_engine_input.
 *
 * It reads the log from an explicit offset, applies every command with the pure engine and releases
 * the events at once: what is in the log is durable. Whoever needs state or events on a bus is a
 * follower; it stands where the embedded exchange has fx_worker_engine, with the same ring. The
 * sequence of a command is its offset + 1. Commands that are submitted here are published into the
 * log, and answered when they come back out of it. Threads: create and destroy: owner; submit: one
 * (the gateway's); everything inside, and the bus handle: the follower's agent.
 */
#ifndef FX_WORKER_WORKER_FOLLOW_H
#define FX_WORKER_WORKER_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ring.h"
#include "base/status.h"
#include "bus/bus.h"
#include "engine/engine.h"
#include "model/command.h"
#include "model/event.h"
#include "model/proof.h"
#include "wire/wire_topic.h"
#include "worker/worker_engine.h"
#include "worker/worker_host.h"
#include "worker/worker_snapshot.h"

enum { FX_WORKER_FOLLOW_CONSUMERS_MAX = 8, FX_WORKER_FOLLOW_TEXT_SIZE_MAX = 256 };

struct fx_worker_follow;

/** Who leads, as the log says where it is read. */
struct fx_worker_follow_leader {
    uint64_t epoch;    /* 0: nobody yet */
    uint64_t sequence; /* of the record that said so */
    struct fx_client_id node;
};

/** A record that is no command. Borrowed for the call. */
struct fx_worker_follow_poison {
    const struct fx_bus_record *record;
    fx_status status;
    fx_str field;
};

/** What a start is at. */
enum fx_worker_follow_stage {
    FX_WORKER_FOLLOW_ASKING = 1,  /* the bus: where the log ends, and its first record */
    FX_WORKER_FOLLOW_LOADING = 2, /* the newest snapshot */
    FX_WORKER_FOLLOW_READING = 3  /* the log behind it */
};

/** How far a start is; the offsets are known from READING on. */
struct fx_worker_follow_progress {
    enum fx_worker_follow_stage stage;
    uint64_t first; /* where the reading began */
    uint64_t next;  /* what is read next */
    uint64_t end;   /* where it is done */
};

/** Told within fx_worker_follow_open(), in its thread, after each batch. */
typedef void (*fx_worker_follow_progress_fn)(void *context,
                                             const struct fx_worker_follow_progress *progress);

/** Who looks on inside of the agent's thread (while recovering: the owner's); members may be NULL.
 */
struct fx_worker_follow_hooks {
    /** Before each record. @return false: it has to wait. */
    bool (*has_room)(void *context);
    /** Where the log's sequences begin: that of a record is offset + 1 + base. First of all. */
    void (*on_log)(void *context, uint64_t base);
    /** The state of the snapshot that the start begins from; not called for genesis. */
    void (*on_loaded)(void *context, const struct fx_engine *engine);
    /** Every command, also while recovering. */
    void (*on_applied)(void *context,
                       const struct fx_command *command,
                       const struct fx_events *events);
    /** A record says who published it. */
    void (*on_heard)(void *context, const struct fx_wire_topic_from *from);
    /** Another leader from this record on. */
    void (*on_leader)(void *context, const struct fx_worker_follow_leader *leader);
    void (*on_poison)(void *context, const struct fx_worker_follow_poison *poison);
    void *context;
};

/** Zeroed members take the default named here. Texts are kept. */
struct fx_worker_follow_options {
    struct fx_bus *bus;                    /* kept; used by the follower's agent alone */
    fx_str topic;                          /* matching_engine_input */
    uint32_t partition;                    /* the shard */
    const struct fx_shard_map *shard;      /* what the log must say it is; NULL: no map. Borrowed */
    const char *snapshot_dir;              /* of this role alone */
    const struct fx_worker_host *host;     /* NULL: this machine */
    const struct fx_engine_limits *limits; /* of a log that begins; fx_engine_default_limits() */
    fx_str node;              /* 1..24 bytes of a clientOrderId; made unique for each start */
    uint64_t node_salt;       /* what makes it unique: a random number */
    bool may_begin;           /* an empty log gets its INITIALIZE_ENGINE from here, and its map */
    uint32_t wait_ms;         /* for the first record and the end of the log; 30,000 without news */
    uint32_t consumer_count;  /* of the ring; 0: there is no ring */
    uint32_t intake_capacity; /* 4096, a power of two */
    uint32_t ring_capacity;   /* as fx_worker_engine's */
    uint64_t snapshot_commands;              /* 1,000,000 */
    int64_t snapshot_us;                     /* 60 s, where anything happened */
    int64_t stop_us;                         /* 2 s without any progress end a stop */
    uint64_t saved_sequence;                 /* no snapshot above it is loaded; UINT64_MAX: any */
    struct fx_worker_snapshot_saved saved;   /* it may ask a database: a no is kept 5 s */
    fx_worker_engine_events_fn on_recovered; /* what is above it, while recovering; may be NULL */
    void *recovered_context;
    fx_worker_follow_progress_fn on_progress; /* of the start; may be NULL */
    void *progress_context;
    fx_worker_engine_wake_fn wake[FX_WORKER_FOLLOW_CONSUMERS_MAX]; /* may be NULL */
    void *wake_context[FX_WORKER_FOLLOW_CONSUMERS_MAX];
    struct fx_worker_follow_hooks hooks;
};

/** What a start found. */
struct fx_worker_follow_report {
    uint64_t snapshot_sequence; /* 0 = from genesis */
    uint64_t replayed;          /* commands applied from the log */
    uint64_t sequence;          /* of the last command */
    uint64_t end;               /* the log's, up to which it was read */
    uint64_t state_hash;
    int64_t elapsed_us;
    char text[FX_WORKER_FOLLOW_TEXT_SIZE_MAX]; /* why it failed */
};

/** Figures. Thread: any (each is a moment's value). */
struct fx_worker_follow_stats {
    uint64_t sequence; /* of the last command applied */
    uint64_t position; /* the next offset to read */
    uint64_t lag;      /* records behind the end of the log, as last heard */
    uint64_t poison_count;
    uint64_t poison_offset; /* of the last one */
    uint64_t replay_count;  /* records of signed requests that were dropped */
    uint64_t epoch;         /* of the leader */
    int64_t record_us;      /* time of the engine's last command */
    int64_t heard_us;       /* when the leader was last heard (this machine's clock); 0: never */
    uint32_t intake_count;
    uint32_t pending_count; /* published here and not come back */
    uint32_t load_percent;  /* of the fullest queue, the lag among them; at 100 nothing is taken */
    fx_status failure;      /* not OK: the log cannot be followed any more, the role must end */
    struct fx_worker_snapshot_stats snapshot;
    const struct fx_metric_histogram *match_times; /* of one command in 16; borrowed */
};

/**
 * Load, read the log up to its end, be ready. Nothing runs yet. Gives. Blocks.
 * @return OK; NOT_FOUND (an empty log that this role may not begin; one whose beginning or whose
 * next offset is not kept); TIMEOUT (no news for wait_ms); LOCKED (another process has the folder);
 * VERSION_MISMATCH (snapshots of another log, also where this one is empty; or the log is another
 * shard than `shard`, or has collateral that `shard` has not, or a map would be begun with
 * collateral of another shard); CORRUPT; NO_MEMORY; what the bus said; what on_recovered returned.
 * *report_out is filled.
 */
FX_MUST_USE fx_status fx_worker_follow_open(const struct fx_worker_follow_options *options,
                                            struct fx_worker_follow **follow_out,
                                            struct fx_worker_follow_report *report_out);

/** Write a last snapshot, free. Stopped before. The bus stays. Accepts NULL. */
void fx_worker_follow_destroy(struct fx_worker_follow *follow);

/** Free everything without writing: what a crash leaves. Not started. Accepts NULL. */
void fx_worker_follow_abandon(struct fx_worker_follow *follow);

/** Run the agent and the snapshot writer. @return OK; NO_MEMORY. */
FX_MUST_USE fx_status fx_worker_follow_start(struct fx_worker_follow *follow);

/** Run the snapshot writer only: the caller steps. @return OK; NO_MEMORY. */
FX_MUST_USE fx_status fx_worker_follow_start_snapshots(struct fx_worker_follow *follow);

/** Publish what was submitted, wait until it came back, then stop the threads. As
 * fx_worker_engine_stop(). */
void fx_worker_follow_stop(struct fx_worker_follow *follow,
                           fx_worker_engine_wake_fn pump,
                           void *context);

/** As fx_worker_engine_submit(). A command that is certainly not in the log gets a RESULT with the
 * bus' status; one whose fate is unknown gets TIMEOUT. */
FX_MUST_USE bool fx_worker_follow_submit(struct fx_worker_follow *follow,
                                         uint64_t token,
                                         const struct fx_command *command);

/** The same for a command of a signed request. Where the log has this proof already, the RESULT
 * says REPLAYED; where it comes too late for its window, TIMESTAMP_OUT_OF_WINDOW: it changed
 * nothing. */
FX_MUST_USE bool fx_worker_follow_submit_proved(struct fx_worker_follow *follow,
                                                uint64_t token,
                                                const struct fx_command *command,
                                                const struct fx_proof *proof);

/** After one or more submits: wake the agent. */
void fx_worker_follow_wake(struct fx_worker_follow *follow);

/** The released events; NULL without consumers. */
struct fx_ring_broadcast *fx_worker_follow_ring(struct fx_worker_follow *follow);

/** The limits of the log, from its first record. */
const struct fx_engine_limits *fx_worker_follow_limits(const struct fx_worker_follow *follow);

/** The engine itself: only before start and after stop, or between steps by hand. */
struct fx_engine *fx_worker_follow_engine(struct fx_worker_follow *follow);

/** The offset behind the record of a command. Thread: any, once it is open. */
uint64_t fx_worker_follow_offset(const struct fx_worker_follow *follow, uint64_t sequence);

/** The last command whose record is before an offset. Thread: as above. */
uint64_t fx_worker_follow_sequence(const struct fx_worker_follow *follow, uint64_t offset);

/** Who leads. Thread: as fx_worker_follow_engine(). */
const struct fx_worker_follow_leader *fx_worker_follow_leader(
    const struct fx_worker_follow *follow);

/** The name of one start in the log: "node:salt". @return false where the node's name is none. */
bool fx_worker_follow_name(fx_str node, uint64_t salt, struct fx_client_id *name_out);

/** This start's name in the log. */
const struct fx_client_id *fx_worker_follow_node(const struct fx_worker_follow *follow);

void fx_worker_follow_stats(const struct fx_worker_follow *follow,
                            struct fx_worker_follow_stats *stats_out);

/** As fx_worker_engine_audit(). */
bool fx_worker_follow_audit(struct fx_worker_follow *follow, struct fx_engine_audit *audit_out);

/** One unit of work by hand, where it was not started. @return how much was done. */
int fx_worker_follow_step(void *self, int64_t now_us);

/** What fx_worker_follow_start() would give a thread to, for whoever steps by hand. */
struct fx_worker_snapshot *fx_worker_follow_snapshot(struct fx_worker_follow *follow);

/** Whom to wake when there may be records; for who steps in an agent of his own. */
void fx_worker_follow_on_ready(struct fx_worker_follow *follow,
                               fx_bus_ready_fn wake,
                               void *context);

/** A step found the log's end: what was read is all there is. Thread: the stepping one's. */
bool fx_worker_follow_is_at_end(const struct fx_worker_follow *follow);

#endif
