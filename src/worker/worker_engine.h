/**
 * @file worker_engine.h
 * The single writer: sequence, journal, apply, and release what is durable.
 *
 * Commands come through one intake ring, get their sequence and time, are appended to the journal
 * and applied in memory at once; their events wait in a broadcast ring until the journal is durable
 * up to their command (W1), so no answer and no push can ever precede its fsync. A snapshot is
 * taken now and then and written by an agent of its own. Threads: create and destroy: owner;
 * submit: the gateway's; everything inside: the engine agent's.
 */
#ifndef FX_WORKER_WORKER_ENGINE_H
#define FX_WORKER_WORKER_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ring.h"
#include "base/status.h"
#include "bus/bus_journal.h"
#include "engine/engine.h"
#include "model/command.h"
#include "model/event.h"
#include "worker/worker_host.h"
#include "worker/worker_snapshot.h"

/** Consumers of the event ring. */
enum fx_worker_engine_consumer {
    FX_WORKER_ENGINE_GATEWAY = 0,
    FX_WORKER_ENGINE_SAVER = 1,
    FX_WORKER_ENGINE_CONSUMERS = 2, /* those that are always there */
    FX_WORKER_ENGINE_CACHE = 2,     /* where has_cache */
    FX_WORKER_ENGINE_CONSUMERS_MAX = 3
};

/** Events of recovered commands that are above `saved_sequence`, one command at a time. */
typedef fx_status (*fx_worker_engine_events_fn)(void *context,
                                                const struct fx_event events[],
                                                uint32_t count);

typedef void (*fx_worker_engine_wake_fn)(void *context);

/** Zeroed members take the default named here. */
struct fx_worker_engine_options {
    const char *journal_dir;
    const char *snapshot_dir;
    const struct fx_worker_host *host; /* NULL: this machine */
    /* NULL: defaults. Sizes and on_fatal are taken from it; the rest is the worker's to say. */
    const struct fx_bus_journal_options *journal;
    const struct fx_engine_limits *limits; /* of a new journal; NULL: fx_engine_default_limits() */
    enum fx_bus_journal_mode mode;         /* STRICT */
    uint32_t intake_capacity;              /* 4096, a power of two */
    uint32_t ring_capacity;                /* events; 65,536 or what one command can need, twice */
    uint64_t snapshot_commands;            /* 1,000,000 */
    int64_t snapshot_us;                   /* 60 s, where anything happened */
    int64_t stop_us;                       /* 2 s without any progress end a stop */
    uint64_t saved_sequence; /* what the savers have: no snapshot above it is loaded */
    struct fx_worker_snapshot_saved saved;   /* the same while it runs */
    fx_worker_engine_events_fn on_recovered; /* may be NULL */
    void *recovered_context;
    fx_worker_engine_wake_fn
        wake[FX_WORKER_ENGINE_CONSUMERS_MAX]; /* events were released; any may be NULL */
    void *wake_context[FX_WORKER_ENGINE_CONSUMERS_MAX];
    bool has_cache; /* there is a third consumer */
};

/** What a start found. */
struct fx_worker_engine_report {
    uint64_t snapshot_sequence; /* 0 = from genesis */
    uint64_t replayed;          /* commands applied from the journal */
    uint64_t sequence;
    uint64_t state_hash;
    int64_t elapsed_us;
    struct fx_bus_journal_report journal;
};

/**
 * Figures, for health and metrics. Thread: any (each is a moment's value).
 *
 * load_percent is that of the fullest of three queues: the intake; the commands whose journal write
 * is not durable; the events that the slowest consumer has not taken, of those that fit while there
 * is room for one more command. At 100 nothing is taken until that queue moves.
 */
struct fx_worker_engine_stats {
    uint64_t durable;      /* sequence of the last durable command */
    uint32_t intake_count; /* commands waiting */
    uint32_t load_percent; /* 0..100; of the last two at most 50 ms old */
};

/** More of them, which cost a few cache misses. Thread: any. */
struct fx_worker_engine_figures {
    struct fx_worker_snapshot_stats snapshot;
    enum fx_bus_journal_space space;
    bool has_failed; /* the journal: nothing is acknowledged any more */
    struct fx_bus_journal_stats journal;
    const struct fx_metric_histogram *sync_times;  /* borrowed */
    const struct fx_metric_histogram *match_times; /* of one command in 16; borrowed */
};

struct fx_worker_engine;

/**
 * Open snapshot and journal, replay, be ready. Nothing runs yet. Gives.
 * @return OK; LOCKED; CORRUPT; IO; NO_MEMORY; NO_SPACE; VERSION_MISMATCH; what on_recovered
 * returned. *report_out is filled in any case (its journal.text says where).
 */
FX_MUST_USE fx_status fx_worker_engine_create(const struct fx_worker_engine_options *options,
                                              struct fx_worker_engine **worker_out,
                                              struct fx_worker_engine_report *report_out);

/** Make all durable, write a last snapshot, free. Stopped before. Accepts NULL. */
void fx_worker_engine_destroy(struct fx_worker_engine *worker);

/** Free everything without writing: what a crash leaves. Not started. For tests and the simulator.
 * Accepts NULL. */
void fx_worker_engine_abandon(struct fx_worker_engine *worker);

/** Run the engine agent, the journal's threads and the snapshot writer. @return OK; NO_MEMORY. */
FX_MUST_USE fx_status fx_worker_engine_start(struct fx_worker_engine *worker);

/**
 * Finish what was submitted, make it durable and released, then stop the threads. `pump` (may be
 * NULL) is called meanwhile by the owner, who consumes the gateway's events in it. Gives up where a
 * consumer or the disk is stuck: what is left was never acknowledged.
 */
void fx_worker_engine_stop(struct fx_worker_engine *worker,
                           fx_worker_engine_wake_fn pump,
                           void *context);

/**
 * Hand in a command (kind, instrument, user_id and payload set; the rest is set here). `token`
 * comes back in its RESULT event; 0 = nobody waits. Copies. @return false where the intake is full.
 */
FX_MUST_USE bool fx_worker_engine_submit(struct fx_worker_engine *worker,
                                         uint64_t token,
                                         const struct fx_command *command);

/** After one or more submits: wake the engine. */
void fx_worker_engine_wake(struct fx_worker_engine *worker);

/** The released events. Each consumer peeks and advances with its own number. */
struct fx_ring_broadcast *fx_worker_engine_ring(struct fx_worker_engine *worker);

/** The limits in force: the journal's own, from its first record. */
const struct fx_engine_limits *fx_worker_engine_limits(const struct fx_worker_engine *worker);

/** The engine itself: only before start and after stop. */
struct fx_engine *fx_worker_engine_engine(struct fx_worker_engine *worker);

void fx_worker_engine_stats(const struct fx_worker_engine *worker,
                            struct fx_worker_engine_stats *stats_out);
void fx_worker_engine_figures(const struct fx_worker_engine *worker,
                              struct fx_worker_engine_figures *figures_out);

/**
 * The last audit that was made (with each snapshot): the exchange's own money and whether every
 * asset adds up. @return false where there was none since the last call. Thread: one, the
 * gateway's.
 */
bool fx_worker_engine_audit(struct fx_worker_engine *worker, struct fx_engine_audit *audit_out);

/** One unit of work by hand, where it was not started: tests and simulator, who also step the
 * journal and the snapshots below. @return commands applied plus releases. */
int fx_worker_engine_step(void *self, int64_t now_us);

/** What fx_worker_engine_start() would give threads to, for whoever steps by hand. */
struct fx_bus_journal *fx_worker_engine_journal(struct fx_worker_engine *worker);
struct fx_worker_snapshot *fx_worker_engine_snapshot(struct fx_worker_engine *worker);

#endif
