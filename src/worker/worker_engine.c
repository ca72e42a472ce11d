#include "worker/worker_engine.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/agent.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/panic.h"
#include "bus/bus_snapshot.h"
#include "worker/worker_limits.h"
#include "worker/worker_replay.h"
#include "worker/worker_snapshot.h"
#include "worker/worker_watch.h"

enum {
    INTAKE_CAPACITY = 4096,
    AUDITS_CAPACITY = 4,
    STEP_COMMANDS_MAX = 512, /* bounded work per step */
    HELD_MAX = 1 << 16,      /* commands applied and not yet durable */
    RING_CAPACITY_MIN = 1 << 16,
    IDLE_US_MAX = 50000,
    SPIN_COUNT = 16,
    MEASURED_EVERY = 16,
    /* Under load only: the more was released, the longer the next group is gathered. It costs
     * journal, gateway and this agent the same few wake-ups whatever its size. */
    REST_US = 500,
    REST_EACH_US = 40,
    GATHERED_MIN = 2 /* released together: a lone customer never waits */
};

struct item {
    uint64_t token;
    struct fx_command command;
};

/* Up to which ring position the events of a command reach. */
struct held {
    uint64_t sequence;
    uint64_t position;
};

struct fx_worker_engine {
    struct fx_worker_engine_options options;
    struct fx_worker_host host;
    struct fx_engine_limits limits;
    struct fx_engine *engine;
    void *memory;
    struct fx_bus_journal *journal;
    struct fx_worker_snapshot *snapshot;
    struct fx_agent *agent;
    struct fx_ring *intake;
    struct fx_ring *audits; /* to the gateway */
    struct fx_ring_broadcast *ring;
    struct fx_events events;
    struct held *held; /* HELD_MAX, by number modulo */
    uint64_t held_first;
    uint64_t held_end;
    uint64_t replayed;
    uint64_t snapshot_sequence; /* of the one that was loaded or offered last */
    uint64_t newest_sequence; /* of the newest in the folder, which may be above what was loaded */
    int64_t snapshot_us;
    bool is_recovering;
    bool is_running;
    _Atomic uint32_t load_percent; /* of ring and held; written by the engine's agent, as … */
    _Atomic uint64_t appended;     /* … the last sequence given to the journal, and … */
    atomic_bool is_gathering;      /* … whether many are served together */
    struct fx_metric_histogram match_times;
};

static void set_defaults(struct fx_worker_engine *worker,
                         const struct fx_worker_engine_options *options,
                         const struct fx_engine_limits *limits)
{
    worker->options = *options;
    worker->host = fx_worker_host_of(options->host);
    worker->limits = *limits;
    if (worker->options.intake_capacity == 0) {
        worker->options.intake_capacity = INTAKE_CAPACITY;
    }
    if (worker->options.ring_capacity == 0) {
        uint32_t capacity = RING_CAPACITY_MIN;
        while (capacity < 2 * fx_engine_events_max(&worker->limits)) {
            capacity *= 2;
        }
        worker->options.ring_capacity = capacity;
    }
    if (worker->options.snapshot_commands == 0) {
        worker->options.snapshot_commands = 1000000;
    }
    if (worker->options.snapshot_us == 0) {
        worker->options.snapshot_us = 60LL * 1000 * 1000;
    }
    if (worker->options.stop_us == 0) {
        worker->options.stop_us = 2LL * 1000 * 1000;
    }
    if (worker->options.mode == 0) {
        worker->options.mode = FX_BUS_JOURNAL_STRICT;
    }
}

static uint32_t consumer_count(const struct fx_worker_engine *worker)
{
    return FX_WORKER_ENGINE_CONSUMERS + (worker->options.has_cache ? 1 : 0);
}

static fx_status allocate(struct fx_worker_engine *worker)
{
    const uint32_t events_max = fx_engine_events_max(&worker->limits);
    worker->memory = fx_worker_host_block(fx_engine_size(&worker->limits));
    worker->intake = fx_ring_create(sizeof(struct item), worker->options.intake_capacity);
    worker->audits = fx_ring_create(sizeof(struct fx_engine_audit), AUDITS_CAPACITY);
    worker->ring = fx_ring_broadcast_create(
        sizeof(struct fx_event), worker->options.ring_capacity, consumer_count(worker));
    worker->held = calloc(HELD_MAX, sizeof worker->held[0]);
    worker->events.items = aligned_alloc(16, (size_t)events_max * sizeof(struct fx_event));
    worker->events.capacity = events_max;
    worker->snapshot = fx_worker_snapshot_create(&worker->host, worker->options.snapshot_dir);
    const struct fx_agent_options agent = {.name = "engine",
                                           .step = fx_worker_engine_step,
                                           .self = worker,
                                           .idle_us_max = IDLE_US_MAX,
                                           .spin_count = SPIN_COUNT,
                                           .rest_us = REST_US,
                                           .rest_each_us = REST_EACH_US};
    if (worker->memory == NULL || worker->intake == NULL || worker->audits == NULL ||
        worker->ring == NULL || worker->held == NULL || worker->events.items == NULL ||
        worker->snapshot == NULL) {
        return FX_NO_MEMORY;
    }
    return fx_agent_create(&agent, &worker->agent);
}

/* ---- recovery ---------------------------------------------------------------------------------
 */

static fx_status on_applied(void *context, uint64_t sequence)
{
    struct fx_worker_engine *worker = context;
    worker->replayed++;
    if (sequence <= worker->options.saved_sequence || worker->options.on_recovered == NULL) {
        return FX_OK;
    }
    return worker->options.on_recovered(
        worker->options.recovered_context, worker->events.items, worker->events.count);
}

static fx_status on_record(void *context, const struct fx_bus_journal_record *record)
{
    return fx_worker_replay_record(context, record);
}

static void on_durable(void *context, uint64_t durable_seq)
{
    (void)durable_seq;
    const struct fx_worker_engine *worker = context;
    fx_agent_wake(worker->agent);
}

static fx_status load_state(struct fx_worker_engine *worker)
{
    const fx_status status = fx_worker_snapshot_load(&worker->host,
                                                     worker->options.snapshot_dir,
                                                     worker->options.saved_sequence,
                                                     worker->memory,
                                                     &worker->limits,
                                                     &worker->engine);
    if (status == FX_OK) {
        worker->snapshot_sequence = fx_engine_sequence(worker->engine);
        return FX_OK;
    }
    if (status != FX_NOT_FOUND) {
        FX_LOG(FX_LOG_WARN,
               "engine",
               "no usable snapshot, replaying from genesis",
               fx_log_status("err", status));
    }
    memset(worker->memory, 0, fx_engine_size(&worker->limits)); /* touches every page: pre-fault */
    worker->engine = fx_engine_init(worker->memory, &worker->limits);
    return FX_OK;
}

/* W6: of a future that the journal has lost. */
static fx_status drop_lost_snapshots(struct fx_worker_engine *worker)
{
    uint32_t count = 0;
    const fx_status status = fx_bus_snapshot_drop_after(&worker->host.system,
                                                        worker->options.snapshot_dir,
                                                        fx_engine_sequence(worker->engine),
                                                        &count);
    if (status == FX_OK && count > 0) {
        FX_LOG(FX_LOG_WARN,
               "engine",
               "snapshots behind the end of the journal were deleted: a power cut has taken what "
               "they were made of",
               fx_log_u64("count", count));
    }
    worker->newest_sequence =
        fx_worker_snapshot_newest(&worker->host, worker->options.snapshot_dir);
    return status;
}

static fx_status recover(struct fx_worker_engine *worker, struct fx_worker_engine_report *report)
{
    fx_status status = load_state(worker);
    if (status != FX_OK) {
        return status;
    }
    report->snapshot_sequence = worker->snapshot_sequence;
    struct fx_worker_replay replay = {.engine = worker->engine,
                                      .events = &worker->events,
                                      .on_applied = on_applied,
                                      .context = worker};
    struct fx_bus_journal_options options = {.dir = NULL};
    if (worker->options.journal != NULL) {
        options = *worker->options.journal;
    }
    options.dir = worker->options.journal_dir;
    options.system = worker->host.system;
    options.mode = worker->options.mode;
    options.from_seq = worker->snapshot_sequence + 1;
    options.on_record = on_record;
    options.recover_context = &replay;
    options.on_durable = on_durable;
    options.durable_context = worker;
    status = fx_bus_journal_open(&options, &worker->journal, &report->journal);
    if (status == FX_OK) {
        status = fx_worker_replay_finish(&replay);
    }
    if (status != FX_OK) {
        return status;
    }
    FX_ASSERT(fx_bus_journal_next_seq(worker->journal) == fx_engine_sequence(worker->engine) + 1);
    status = drop_lost_snapshots(worker);
    if (status != FX_OK) {
        return status;
    }
    report->replayed = worker->replayed;
    report->sequence = fx_engine_sequence(worker->engine);
    report->state_hash = fx_engine_hash(worker->engine);
    return FX_OK;
}

/* ---- running ----------------------------------------------------------------------------------
 */

/* Hold the command's events back until it is durable. */
static void hold(struct fx_worker_engine *worker, uint64_t sequence)
{
    for (uint32_t index = 0; index < worker->events.count; index++) {
        const bool is_there = fx_ring_broadcast_append(worker->ring, &worker->events.items[index]);
        FX_ASSERT(is_there);
    }
    FX_ASSERT(worker->held_end - worker->held_first < HELD_MAX);
    worker->held[worker->held_end % HELD_MAX] =
        (struct held){sequence, fx_ring_broadcast_written(worker->ring)};
    worker->held_end++;
}

/* Answer without journal and engine: the command did not happen. */
static void refuse(struct fx_worker_engine *worker, const struct item *item, fx_status status)
{
    struct fx_event *event = &worker->events.items[0];
    memset(event, 0, sizeof *event);
    event->kind = FX_EVENT_RESULT;
    event->sequence = fx_engine_sequence(worker->engine);
    event->time_us = item->command.time_us;
    event->token = item->token;
    event->u.result.reject.status = status;
    event->u.result.command_kind = item->command.kind;
    worker->events.count = 1;
    hold(worker, event->sequence);
}

/* A question has its turn among the commands, but no place in the log. Its answer waits, as every
 * other, until what it was judged by is durable. */
static void answer(struct fx_worker_engine *worker, const struct item *item)
{
    fx_engine_ask(worker->engine, &item->command, &worker->events);
    FX_ASSERT(worker->events.count > 0);
    worker->events.items[worker->events.count - 1].token = item->token;
    hold(worker, fx_engine_sequence(worker->engine));
}

/* While the disk fills, what makes positions larger is refused first, then all but cancels. (What
 * cannot be written at all, append refuses.) */
static bool is_allowed(enum fx_bus_journal_space space, const struct fx_command *command)
{
    if (space == FX_BUS_JOURNAL_SPACE_CANCEL_ONLY) {
        return fx_command_is_cancel((enum fx_command_kind)command->kind);
    }
    return space != FX_BUS_JOURNAL_SPACE_NO_OPENS || !fx_command_is_opening(command);
}

/* Apply it; of one command in 16 it is noted how long it took. */
static void apply(struct fx_worker_engine *worker, const struct fx_command *command)
{
    const bool is_measured = command->sequence % MEASURED_EVERY == 0;
    const int64_t start_ns = is_measured ? fx_clock_monotonic_ns() : 0;
    fx_engine_apply(worker->engine, command, &worker->events);
    if (is_measured) {
        fx_metric_histogram_add_ns(&worker->match_times, fx_clock_monotonic_ns() - start_ns);
    }
}

/* @return false where the command must wait (journal or ring full for the moment). */
static bool take(struct fx_worker_engine *worker, struct item *item, int64_t now_us)
{
    const enum fx_bus_journal_space space = fx_bus_journal_space(worker->journal);
    struct fx_command *command = &item->command;
    uint64_t sequence = 0;
    command->time_us = now_us;
    if (fx_command_is_question((enum fx_command_kind)command->kind)) {
        answer(worker, item);
        return true;
    }
    if (!fx_engine_knows(command)) { /* the journal could not be read beyond it */
        refuse(worker, item, FX_RULES_UNKNOWN);
        return true;
    }
    if (!is_allowed(space, command)) {
        refuse(worker, item, FX_CANCEL_ONLY);
        return true;
    }
    command->sequence = fx_bus_journal_next_seq(worker->journal);
    const fx_status status = fx_bus_journal_append(
        worker->journal, command->kind, fx_command_encode(command), &sequence);
    if (status == FX_BUSY) {
        return false;
    }
    if (status != FX_OK) {
        refuse(worker, item, status);
        return true;
    }
    FX_ASSERT(sequence == command->sequence);
    apply(worker, command);
    FX_ASSERT(worker->events.count > 0);
    worker->events.items[worker->events.count - 1].token = item->token;
    hold(worker, sequence);
    return true;
}

static bool has_room(struct fx_worker_engine *worker)
{
    return worker->held_end - worker->held_first < HELD_MAX &&
           fx_ring_broadcast_space(worker->ring) >= worker->events.capacity;
}

/* The last events_max of the ring are the room of one command: when only they are left, it is full.
 */
static void publish_load(struct fx_worker_engine *worker)
{
    const uint32_t capacity = worker->options.ring_capacity;
    const uint32_t count = capacity - fx_ring_broadcast_space(worker->ring);
    const uint32_t ring = fx_worker_watch_percent(count, capacity - worker->events.capacity + 1);
    const uint32_t held = fx_worker_watch_percent(worker->held_end - worker->held_first, HELD_MAX);
    atomic_store_explicit(
        &worker->load_percent, fx_worker_watch_larger(ring, held), memory_order_relaxed);
}

static int take_all(struct fx_worker_engine *worker, int64_t now_us)
{
    int count = 0;
    const void *items = NULL;
    while (count < STEP_COMMANDS_MAX) {
        const uint32_t ready = fx_ring_peek(worker->intake, &items);
        if (ready == 0) {
            break;
        }
        const struct item *next = items;
        for (uint32_t ahead = 1; ahead <= FX_ENGINE_PREFETCH_MAX && ahead < ready; ahead++) {
            fx_engine_prefetch(worker->engine, &next[ahead].command, ahead);
        }
        struct item item;
        memcpy(&item, items, sizeof item);
        if (!has_room(worker) || !take(worker, &item, now_us)) {
            break;
        }
        fx_ring_advance(worker->intake, 1);
        count++;
    }
    return count;
}

/* Time is a command too: expiries happen at a place in the log. On a full disk they wait: nobody
 * hears a tick's refusal, and refusing it at every step would burn a core. Ranks are the first that
 * a disk which fills does without. */
static int take_tick(struct fx_worker_engine *worker, int64_t now_us)
{
    enum fx_command_kind kind = FX_COMMAND_TICK;
    if (!fx_engine_is_due(worker->engine, now_us, &kind) || !has_room(worker)) {
        return 0;
    }
    const enum fx_bus_journal_space space = fx_bus_journal_space(worker->journal);
    if (space == FX_BUS_JOURNAL_SPACE_FULL ||
        (kind == FX_COMMAND_REFRESH_RANKS && space != FX_BUS_JOURNAL_SPACE_OK)) {
        return 0;
    }
    struct item tick;
    memset(&tick, 0, sizeof tick);
    tick.command.kind = (uint16_t)kind;
    tick.command.instrument = FX_COMMAND_ALL_INSTRUMENTS;
    return take(worker, &tick, now_us) ? 1 : 0;
}

static void wake_consumers(const struct fx_worker_engine *worker)
{
    for (size_t index = 0; index < consumer_count(worker); index++) {
        if (worker->options.wake[index] != NULL) {
            worker->options.wake[index](worker->options.wake_context[index]);
        }
    }
}

/* W1: what is durable becomes visible, and nothing else. */
static int release(struct fx_worker_engine *worker)
{
    const uint64_t durable = fx_bus_journal_durable_seq(worker->journal);
    uint64_t position = 0;
    int count = 0;
    while (worker->held_first < worker->held_end &&
           worker->held[worker->held_first % HELD_MAX].sequence <= durable) {
        position = worker->held[worker->held_first % HELD_MAX].position;
        worker->held_first++;
        count++;
    }
    if (count > 0) {
        fx_ring_broadcast_release(worker->ring, position);
        wake_consumers(worker);
        atomic_store_explicit(&worker->is_gathering, count >= GATHERED_MIN, memory_order_relaxed);
    }
    return count;
}

/*
 * @return true where a snapshot is due but the journal has not caught up yet: no command is taken
 * until it has, because only a state that the journal can reach by itself may become a snapshot.
 */
static bool snapshot_if_due(struct fx_worker_engine *worker, int64_t now_us)
{
    const uint64_t sequence = fx_engine_sequence(worker->engine);
    const uint64_t news = sequence - worker->snapshot_sequence;
    const bool is_due = news >= worker->options.snapshot_commands ||
                        (news > 0 && now_us - worker->snapshot_us >= worker->options.snapshot_us);
    if (!is_due || !fx_worker_snapshot_is_next(&worker->options.saved, worker->newest_sequence)) {
        return false;
    }
    if (fx_bus_journal_durable_seq(worker->journal) < sequence) {
        return true;
    }
    worker->snapshot_us = now_us;
    if (fx_worker_snapshot_offer(worker->snapshot, worker->engine)) {
        worker->snapshot_sequence = sequence;
        worker->newest_sequence = sequence;
        /* The state was walked for the snapshot; walk it for the money, too. */
        fx_worker_watch_audit(worker->engine, "engine", worker->audits);
    }
    return false;
}

/* What was appended becomes a group of the journal's. */
static int take_group(struct fx_worker_engine *worker, int64_t now_us)
{
    int count = take_tick(worker, now_us);
    count += take_all(worker, now_us);
    if (count > 0) {
        atomic_store_explicit(
            &worker->appended, fx_bus_journal_next_seq(worker->journal) - 1, memory_order_relaxed);
        fx_bus_journal_wake(worker->journal);
    }
    return count;
}

int fx_worker_engine_step(void *self, int64_t now_us)
{
    struct fx_worker_engine *worker = self;
    int count = release(worker);
    /* Of many that were released together, the next ones come in a moment: gather (the agent rests)
     * and take them in the next step. */
    if (count < GATHERED_MIN && !snapshot_if_due(worker, now_us)) {
        count += take_group(worker, now_us) > 0 ? 1 : 0; /* no rest: it is on its way */
    }
    publish_load(worker);
    return count;
}

/* ---- opening ----------------------------------------------------------------------------------
 */

/* The first record of a new journal. */
static fx_status begin_log(struct fx_worker_engine *worker)
{
    struct item item;
    memset(&item, 0, sizeof item);
    item.command.kind = FX_COMMAND_INITIALIZE_ENGINE;
    item.command.rules = FX_ENGINE_RULES_MAX;
    item.command.instrument = FX_COMMAND_ALL_INSTRUMENTS;
    item.command.u.limits = worker->limits;
    const bool is_taken = take(worker, &item, fx_worker_host_now_us(&worker->host));
    return is_taken && fx_engine_sequence(worker->engine) == 1 ? FX_OK : FX_NO_SPACE;
}

/* A journal has the limits it was begun with; a new one takes those of the caller. */
static fx_status choose_limits(const struct fx_worker_engine_options *options,
                               struct fx_engine_limits *limits_out)
{
    *limits_out = options->limits == NULL ? fx_engine_default_limits() : *options->limits;
    const fx_status status = fx_worker_limits_read(options->host, options->journal_dir, limits_out);
    return status == FX_NOT_FOUND ? FX_OK : status;
}

fx_status fx_worker_engine_create(const struct fx_worker_engine_options *options,
                                  struct fx_worker_engine **worker_out,
                                  struct fx_worker_engine_report *report_out)
{
    struct fx_engine_limits limits;
    memset(report_out, 0, sizeof *report_out);
    fx_status status = choose_limits(options, &limits);
    if (status != FX_OK) {
        (void)snprintf(report_out->journal.text,
                       sizeof report_out->journal.text,
                       "the first record does not say with which limits the journal was begun");
        return status;
    }
    struct fx_worker_engine *worker = calloc(1, sizeof *worker);
    if (worker == NULL) {
        return FX_NO_MEMORY;
    }
    const int64_t start_us = fx_clock_monotonic_us();
    set_defaults(worker, options, &limits);
    status = allocate(worker);
    if (status == FX_OK) {
        status = recover(worker, report_out);
    }
    if (status == FX_OK && report_out->sequence == 0) {
        status = begin_log(worker);
    }
    report_out->elapsed_us = fx_clock_monotonic_us() - start_us;
    if (status != FX_OK) {
        fx_worker_engine_destroy(worker);
        return status;
    }
    worker->snapshot_us = fx_worker_host_now_us(&worker->host);
    *worker_out = worker;
    return FX_OK;
}

/* ---- threads and doors ------------------------------------------------------------------------
 */

fx_status fx_worker_engine_start(struct fx_worker_engine *worker)
{
    fx_status status = fx_bus_journal_start(worker->journal);
    if (status == FX_OK) {
        status = fx_worker_snapshot_start(worker->snapshot);
    }
    if (status == FX_OK) {
        status = fx_agent_start(worker->agent);
    }
    worker->is_running = status == FX_OK;
    return status;
}

void fx_worker_engine_stop(struct fx_worker_engine *worker,
                           fx_worker_engine_wake_fn pump,
                           void *context)
{
    if (!worker->is_running) {
        return;
    }
    fx_agent_stop(worker->agent);
    fx_agent_join(worker->agent);
    worker->is_running = false;
    /* This thread is the engine's now: finish what was handed in. The saver still runs. */
    int64_t done_us = fx_clock_monotonic_us();
    while (fx_ring_count(worker->intake) > 0 || worker->held_first < worker->held_end) {
        const int done = fx_worker_engine_step(worker, fx_worker_host_now_us(&worker->host));
        const int64_t now_us = fx_clock_monotonic_us();
        if (pump != NULL) {
            pump(context);
        }
        if (done > 0) {
            done_us = now_us;
        } else if (now_us - done_us > worker->options.stop_us) {
            FX_LOG(FX_LOG_WARN,
                   "engine",
                   "stopping although a consumer or the disk is stuck; what waits was not "
                   "acknowledged",
                   fx_log_u64("commands", fx_ring_count(worker->intake)));
            break; /* the next start tells the tables what they miss */
        } else {
            const struct timespec pause = {.tv_nsec = 200000};
            (void)nanosleep(&pause, NULL);
        }
    }
    fx_worker_snapshot_stop(worker->snapshot);
}

void fx_worker_engine_destroy(struct fx_worker_engine *worker)
{
    if (worker == NULL) {
        return;
    }
    FX_ASSERT(!worker->is_running);
    const uint64_t sequence = worker->journal == NULL ? 0 : fx_engine_sequence(worker->engine);
    if (sequence > worker->snapshot_sequence &&
        fx_worker_snapshot_is_next(&worker->options.saved, worker->newest_sequence) &&
        fx_bus_journal_durable_seq(worker->journal) >= sequence) {
        /* A failed last snapshot only makes the next start slower; it was logged. */
        const fx_status status = fx_worker_snapshot_write(worker->snapshot, worker->engine);
        (void)status;
    }
    fx_bus_journal_close(worker->journal);
    worker->journal = NULL;
    fx_worker_snapshot_destroy(worker->snapshot);
    worker->snapshot = NULL;
    fx_worker_engine_abandon(worker);
}

void fx_worker_engine_abandon(struct fx_worker_engine *worker)
{
    if (worker == NULL) {
        return;
    }
    FX_ASSERT(!worker->is_running);
    fx_bus_journal_abandon(worker->journal);
    fx_worker_snapshot_abandon(worker->snapshot);
    fx_agent_destroy(worker->agent);
    fx_ring_destroy(worker->intake);
    fx_ring_destroy(worker->audits);
    fx_ring_broadcast_destroy(worker->ring);
    free(worker->events.items);
    free(worker->held);
    free(worker->memory);
    free(worker);
}

bool fx_worker_engine_submit(struct fx_worker_engine *worker,
                             uint64_t token,
                             const struct fx_command *command)
{
    struct item item = {.token = token};
    const uint32_t size = fx_command_size((enum fx_command_kind)command->kind);
    FX_ASSERT(size > 0);
    memcpy(&item.command, command, size);
    return fx_ring_append(worker->intake, &item);
}

/* W7. Under load the journal wakes the agent at the end of each group, and what was submitted
 * meanwhile makes the next one. Whoever reads an old durable_seq here has submitted before it moved
 * (the fence), and so before the journal's wake, whose step finds the command. */
void fx_worker_engine_wake(struct fx_worker_engine *worker)
{
    if (atomic_load_explicit(&worker->is_gathering, memory_order_relaxed)) {
        atomic_thread_fence(memory_order_seq_cst);
        if (fx_bus_journal_durable_seq(worker->journal) <
            atomic_load_explicit(&worker->appended, memory_order_relaxed)) {
            return;
        }
    }
    fx_agent_wake(worker->agent);
}

struct fx_ring_broadcast *fx_worker_engine_ring(struct fx_worker_engine *worker)
{
    return worker->ring;
}

const struct fx_engine_limits *fx_worker_engine_limits(const struct fx_worker_engine *worker)
{
    return &worker->limits;
}

struct fx_engine *fx_worker_engine_engine(struct fx_worker_engine *worker)
{
    FX_ASSERT(!worker->is_running);
    return worker->engine;
}

struct fx_bus_journal *fx_worker_engine_journal(struct fx_worker_engine *worker)
{
    return worker->journal;
}

struct fx_worker_snapshot *fx_worker_engine_snapshot(struct fx_worker_engine *worker)
{
    return worker->snapshot;
}

bool fx_worker_engine_audit(struct fx_worker_engine *worker, struct fx_engine_audit *audit_out)
{
    return fx_worker_watch_last_audit(worker->audits, audit_out);
}

void fx_worker_engine_stats(const struct fx_worker_engine *worker,
                            struct fx_worker_engine_stats *stats_out)
{
    const uint32_t count = fx_ring_count(worker->intake);
    const uint32_t load = atomic_load_explicit(&worker->load_percent, memory_order_relaxed);
    *stats_out = (struct fx_worker_engine_stats){
        .durable = fx_bus_journal_durable_seq(worker->journal),
        .intake_count = count,
        .load_percent = fx_worker_watch_larger(
            load, fx_worker_watch_percent(count, worker->options.intake_capacity))};
}

void fx_worker_engine_figures(const struct fx_worker_engine *worker,
                              struct fx_worker_engine_figures *figures_out)
{
    *figures_out =
        (struct fx_worker_engine_figures){.space = fx_bus_journal_space(worker->journal),
                                          .has_failed = fx_bus_journal_has_failed(worker->journal),
                                          .sync_times = fx_bus_journal_sync_times(worker->journal),
                                          .match_times = &worker->match_times};
    fx_worker_snapshot_stats(worker->snapshot, &figures_out->snapshot);
    fx_bus_journal_stats(worker->journal, &figures_out->journal);
}
