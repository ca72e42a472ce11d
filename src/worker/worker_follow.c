#include "worker/worker_follow.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/panic.h"
#include "worker/worker_follow_int.h"
#include "worker/worker_watch.h"

enum {
    STEP_RECORDS_MAX = 512, /* bounded work per step */
    MEASURED_EVERY = 16,
    RETRY_US = 5000000, /* before it is asked again what is saved */
    LOG_US = 1000000    /* trouble of the bus is logged so often at most */
};

/* ---- telling --------------------------------------------------------------------------------- */

bool fx_worker_follow_has_room(struct fx_worker_follow *follow)
{
    const struct fx_worker_follow_hooks *hooks = &follow->options.hooks;
    if (follow->ring != NULL && !follow->is_recovering &&
        fx_ring_broadcast_space(follow->ring) < follow->events.capacity) {
        return false;
    }
    return hooks->has_room == NULL || hooks->has_room(hooks->context);
}

void fx_worker_follow_tell(struct fx_worker_follow *follow)
{
    for (uint32_t index = 0; follow->ring != NULL && index < follow->events.count; index++) {
        const bool is_there = fx_ring_broadcast_append(follow->ring, &follow->events.items[index]);
        FX_ASSERT(is_there);
    }
}

/* What was told becomes visible: all of it is in the log. */
static void release(struct fx_worker_follow *follow)
{
    if (follow->ring == NULL) {
        return;
    }
    const uint64_t written = fx_ring_broadcast_written(follow->ring);
    if (written == fx_ring_broadcast_released(follow->ring)) {
        return;
    }
    fx_ring_broadcast_release(follow->ring, written);
    for (uint32_t index = 0; index < follow->options.consumer_count; index++) {
        if (follow->options.wake[index] != NULL) {
            follow->options.wake[index](follow->options.wake_context[index]);
        }
    }
}

/* ---- records --------------------------------------------------------------------------------- */

static void apply(struct fx_worker_follow *follow, const struct fx_command *command)
{
    const bool is_measured = follow->replayed % MEASURED_EVERY == 0;
    const int64_t start_ns = is_measured ? fx_clock_monotonic_ns() : 0;
    fx_engine_apply(follow->engine, command, &follow->events);
    if (is_measured) {
        fx_metric_histogram_add_ns(&follow->match_times, fx_clock_monotonic_ns() - start_ns);
    }
    follow->replayed++;
    for (uint32_t index = 0; index < follow->events.count; index++) {
        fx_worker_input_learn(follow->input, &follow->events.items[index]);
    }
}

static bool is_own(const struct fx_worker_follow *follow, const struct fx_wire_topic_from *from)
{
    return from->node.size > 0 && memcmp(&from->node, &follow->from.node, sizeof from->node) == 0;
}

static void take_command(struct fx_worker_follow *follow, const struct fx_wire_topic_in *in)
{
    const struct fx_worker_follow_options *options = &follow->options;
    const struct fx_command *command = &in->command;
    if (command->sequence <= fx_engine_sequence(follow->engine)) {
        return; /* below the snapshot */
    }
    apply(follow, command);
    atomic_store_explicit(&follow->record_us, command->time_us, memory_order_relaxed);
    if (is_own(follow, &in->from)) {
        follow->events.items[follow->events.count - 1].token =
            fx_worker_follow_submit_settle(follow, in->from.token);
    }
    const bool is_news = command->sequence > options->saved_sequence ||
                         options->saved_sequence == UINT64_MAX || !follow->is_recovering;
    if (options->hooks.on_applied != NULL) {
        options->hooks.on_applied(options->hooks.context, command, &follow->events);
    }
    if (!follow->is_recovering) {
        fx_worker_follow_tell(follow);
    } else if (is_news && options->on_recovered != NULL && options->saved_sequence != UINT64_MAX) {
        follow->recovery = options->on_recovered(
            options->recovered_context, follow->events.items, follow->events.count);
    }
}

/* The first one of the next epoch leads; later claims to it come too late. */
static void take_leader(struct fx_worker_follow *follow,
                        const struct fx_wire_topic_in *in,
                        uint64_t sequence)
{
    const struct fx_worker_follow_hooks *hooks = &follow->options.hooks;
    if (in->epoch != follow->leader.epoch + 1) {
        return; /* too late, or a number that leaves no room for a successor */
    }
    follow->leader = (struct fx_worker_follow_leader){
        .epoch = in->epoch, .sequence = sequence, .node = in->node};
    atomic_store_explicit(&follow->seen_epoch, in->epoch, memory_order_relaxed);
    if (hooks->on_leader != NULL) {
        hooks->on_leader(hooks->context, &follow->leader);
    }
}

static void take_poison(struct fx_worker_follow *follow,
                        const struct fx_worker_follow_poison *poison)
{
    const struct fx_worker_follow_hooks *hooks = &follow->options.hooks;
    atomic_fetch_add_explicit(&follow->poison_count, 1, memory_order_relaxed);
    atomic_store_explicit(&follow->poison_offset, poison->record->offset, memory_order_relaxed);
    FX_LOG(FX_LOG_WARN,
           "follow",
           "a record is no command and changes nothing",
           fx_log_u64("offset", poison->record->offset),
           fx_log_status("err", poison->status),
           fx_log_str("field", poison->field));
    if (hooks->on_poison != NULL) {
        hooks->on_poison(hooks->context, poison);
    }
}

/* Somebody speaks: the leader's voice is what a standby listens for. */
static void hear(struct fx_worker_follow *follow, const struct fx_wire_topic_from *from)
{
    const struct fx_worker_follow_hooks *hooks = &follow->options.hooks;
    if (from->node.size == 0) {
        return;
    }
    if (memcmp(&from->node, &follow->leader.node, sizeof from->node) == 0) {
        atomic_store_explicit(
            &follow->heard_us, fx_worker_host_now_us(&follow->host), memory_order_relaxed);
    }
    if (hooks->on_heard != NULL) {
        hooks->on_heard(hooks->context, from);
    }
}

static bool has_failed(const struct fx_worker_follow *follow)
{
    return atomic_load_explicit(&follow->failure, memory_order_relaxed) != FX_OK;
}

static void fail(struct fx_worker_follow *follow, fx_status status, const char *reason)
{
    atomic_store(&follow->failure, (int)status);
    FX_LOG(FX_LOG_ERROR,
           "follow",
           "the log cannot be followed any more",
           fx_log_status("err", status),
           fx_log_u64("offset", follow->position),
           fx_log_text("reason", reason));
}

/* Does it count, or was its signed request here before? What else is in the record does not matter:
 * a text that could not be read yesterday, and can be today, is the same record. */
static fx_status take_proof(struct fx_worker_follow *follow,
                            const struct fx_bus_record *record,
                            const struct fx_wire_topic_from *from)
{
    fx_worker_proof_see(follow->proofs, record->time_ms);
    return from->proof.id == 0 ? FX_OK
                               : fx_worker_proof_take(follow->proofs, &from->proof, record->offset);
}

static void drop(struct fx_worker_follow *follow,
                 const struct fx_wire_topic_from *from,
                 fx_status status)
{
    if (status == FX_NO_MEMORY) { /* it would count what others drop */
        fail(follow, status, "no memory for the signed requests of the log");
        return;
    }
    atomic_fetch_add_explicit(&follow->replay_count, 1, memory_order_relaxed);
    if (is_own(follow, from)) {
        fx_worker_follow_submit_drop(follow, from->token, status);
    }
}

/* By the first rules START_ENGINE and STOP_ENGINE were words without an effect. */
static bool is_without_effect(const struct fx_worker_follow *follow,
                              const struct fx_wire_topic_in *in)
{
    const uint16_t kind = in->command.kind;
    return (kind == FX_COMMAND_START_ENGINE || kind == FX_COMMAND_STOP_ENGINE) &&
           !fx_engine_has(follow->engine, (enum fx_command_kind)kind);
}

/* @return false where the log goes on by rules that this binary does not know: not beyond here. */
static bool knows(struct fx_worker_follow *follow, const struct fx_wire_topic_in *in)
{
    if (in->kind != FX_WIRE_TOPIC_IN_COMMAND || fx_engine_knows(&in->command)) {
        return true;
    }
    (void)snprintf(follow->reason,
                   sizeof follow->reason,
                   "this log needs rules %" PRIu32 "; this binary knows up to %u",
                   fx_engine_asks_rules(&in->command),
                   (unsigned)FX_ENGINE_RULES_MAX);
    fail(follow, FX_RULES_UNKNOWN, follow->reason);
    return false;
}

static void take(struct fx_worker_follow *follow, const struct fx_bus_record *record)
{
    struct fx_wire_topic_in in;
    fx_str field = {0};
    memset(&in.from, 0, sizeof in.from);
    fx_status status = fx_worker_input_decode(follow->input, record, &in, &field);
    const fx_status proved = take_proof(follow, record, &in.from);
    if (proved != FX_OK || record->offset < follow->known) {
        follow->position = record->offset + 1;
        if (record->offset >= follow->known || proved == FX_NO_MEMORY) {
            drop(follow, &in.from, proved);
        }
        return;
    }
    if (status == FX_OK && fx_engine_sequence(follow->engine) == 0 &&
        in.command.kind != FX_COMMAND_INITIALIZE_ENGINE) {
        status = FX_UNKNOWN_COMMAND; /* nothing was before the beginning */
    }
    if (status == FX_OK && !knows(follow, &in)) {
        return;
    }
    follow->position = record->offset + 1;
    if (status != FX_OK) {
        const struct fx_worker_follow_poison poison = {record, status, field};
        take_poison(follow, &poison);
        return;
    }
    hear(follow, &in.from);
    switch (in.kind) {
    case FX_WIRE_TOPIC_IN_COMMAND:
        if (!is_without_effect(follow, &in)) {
            take_command(follow, &in);
        }
        break;
    case FX_WIRE_TOPIC_IN_LEADER:
        take_leader(follow, &in, record->offset + 1 + follow->base);
        break;
    case FX_WIRE_TOPIC_IN_DUMP: /* nothing of the state depends on it */
    default:
        follow->is_dump_asked = !follow->is_recovering;
        break;
    }
}

/* @return false where there is nothing to read for the moment. */
static bool fetch(struct fx_worker_follow *follow, int64_t now_us)
{
    uint32_t count = 0;
    const fx_status status =
        fx_bus_reader_poll(follow->reader, 0, follow->records, FX_WORKER_FOLLOW_BATCH, &count);
    follow->record_next = 0;
    follow->record_count = status == FX_OK ? count : 0;
    uint64_t next = 0;
    follow->is_at_end =
        status == FX_OK && count == 0 && fx_bus_reader_is_at_end(follow->reader, &next);
    if (follow->is_at_end && next > follow->position) {
        follow->position = next; /* behind the last record is what is none: a transaction's mark */
    }
    if (status == FX_OK) {
        return count > 0;
    }
    if (status == FX_IO || status == FX_TIMEOUT) {
        if (now_us - follow->logged_us > LOG_US) {
            follow->logged_us = now_us;
            FX_LOG(FX_LOG_WARN,
                   "follow",
                   "the log cannot be read for the moment",
                   fx_log_text("reason", fx_bus_reader_error_text(follow->reader)));
        }
        return false;
    }
    fail(follow, status, fx_bus_reader_error_text(follow->reader));
    return false;
}

static int read_records(struct fx_worker_follow *follow, int64_t now_us)
{
    int count = 0;
    while (count < STEP_RECORDS_MAX && follow->recovery == FX_OK && !has_failed(follow)) {
        if (follow->record_next == follow->record_count && !fetch(follow, now_us)) {
            break;
        }
        if (!fx_worker_follow_has_room(follow)) {
            break;
        }
        take(follow, &follow->records[follow->record_next]);
        if (has_failed(follow)) {
            break;
        }
        follow->record_next++;
        count++;
    }
    return count;
}

/* ---- beside the records ---------------------------------------------------------------------- */

/* The log says more than the state: which log it is, and who leads. */
static void note(struct fx_worker_follow *follow)
{
    struct fx_worker_follow_note note;
    memset(&note, 0, sizeof note);
    note.log_id = follow->log_id;
    note.epoch = follow->leader.epoch;
    note.leader_sequence = follow->leader.sequence;
    note.node = follow->leader.node;
    note.position = follow->position;
    fx_worker_proof_mark(follow->proofs, &note.proofs);
    fx_worker_snapshot_set_note(follow->snapshot, &note);
}

/* Not asked again for a while where the answer was no. */
static bool is_next(struct fx_worker_follow *follow, int64_t now_us)
{
    if (follow->refused_us != 0 && now_us - follow->refused_us < RETRY_US &&
        now_us >= follow->refused_us) {
        return false;
    }
    if (fx_worker_snapshot_is_next(&follow->options.saved, follow->newest_sequence)) {
        return true;
    }
    follow->refused_us = now_us;
    return false;
}

static void snapshot_if_due(struct fx_worker_follow *follow, int64_t now_us)
{
    const uint64_t sequence = fx_engine_sequence(follow->engine);
    const uint64_t news = sequence - follow->snapshot_sequence;
    const bool is_asked = follow->is_dump_asked && news > 0;
    follow->is_dump_asked = false;
    if (!is_asked && news < follow->options.snapshot_commands &&
        (news == 0 || now_us - follow->snapshot_us < follow->options.snapshot_us)) {
        return;
    }
    if (!is_next(follow, now_us)) {
        return;
    }
    follow->snapshot_us = now_us;
    note(follow);
    if (fx_worker_snapshot_offer(follow->snapshot, follow->engine)) {
        follow->snapshot_sequence = sequence;
        follow->newest_sequence = sequence;
        /* The state was walked for the snapshot; walk it for the money, too. */
        fx_worker_watch_audit(follow->engine, "follow", follow->audits);
    }
}

/* The reader hears the end with everything that it reads. Asking the broker would wait for it, and
 * for as long as it is away: who follows has better things to do, and the figure can be old. */
static void see_end(struct fx_worker_follow *follow)
{
    uint64_t end = 0;
    if (follow->is_at_end) {
        follow->end = follow->position;
    } else if (fx_bus_reader_end(follow->reader, &end)) {
        follow->end = end;
    }
}

static void publish_figures(struct fx_worker_follow *follow)
{
    const uint64_t lag = follow->end > follow->position ? follow->end - follow->position : 0;
    uint32_t load = fx_worker_watch_percent(lag, FX_WORKER_FOLLOW_LAG_MAX);
    load =
        fx_worker_watch_larger(load,
                               fx_worker_watch_percent(follow->pending_end - follow->pending_first,
                                                       FX_WORKER_FOLLOW_PENDING_MAX));
    if (follow->ring != NULL) {
        const uint32_t capacity = follow->options.ring_capacity;
        const uint32_t count = capacity - fx_ring_broadcast_space(follow->ring);
        load = fx_worker_watch_larger(
            load, fx_worker_watch_percent(count, capacity - follow->events.capacity + 1));
    }
    atomic_store_explicit(&follow->load_percent, load, memory_order_relaxed);
    atomic_store_explicit(&follow->seen_lag, lag, memory_order_relaxed);
    atomic_store_explicit(&follow->seen_position, follow->position, memory_order_relaxed);
    atomic_store_explicit(
        &follow->seen_sequence, fx_engine_sequence(follow->engine), memory_order_release);
}

int fx_worker_follow_step(void *self, int64_t now_us)
{
    struct fx_worker_follow *follow = self;
    if (has_failed(follow)) {
        return 0;
    }
    int count = 0;
    const fx_status fatal = fx_bus_fatal(follow->options.bus);
    if (fatal != FX_OK) { /* nothing can be published any more: the role has to begin again */
        fail(follow, fatal, fx_bus_error_text(follow->options.bus));
        return 0;
    }
    if (!follow->is_recovering) {
        count += fx_worker_follow_submit_collect(follow);
        count += fx_worker_follow_submit_publish(follow, now_us);
    }
    count += read_records(follow, now_us);
    release(follow);
    if (!follow->is_recovering) {
        snapshot_if_due(follow, now_us);
        see_end(follow);
    }
    publish_figures(follow);
    return count;
}

/* ---- threads and doors ----------------------------------------------------------------------- */

fx_status fx_worker_follow_start_snapshots(struct fx_worker_follow *follow)
{
    return fx_worker_snapshot_start(follow->snapshot);
}

void fx_worker_follow_on_ready(struct fx_worker_follow *follow, fx_bus_ready_fn wake, void *context)
{
    (void)fx_bus_reader_on_ready(follow->reader, wake, context); /* else it is polled */
}

static void wake_agent(void *context)
{
    const struct fx_worker_follow *follow = context;
    fx_agent_wake(follow->agent);
}

fx_status fx_worker_follow_start(struct fx_worker_follow *follow)
{
    fx_status status = fx_worker_snapshot_start(follow->snapshot);
    if (status == FX_OK) {
        fx_worker_follow_on_ready(follow, wake_agent, follow);
        (void)fx_bus_on_delivered(follow->options.bus, wake_agent, follow); /* else: as above */
        status = fx_agent_start(follow->agent);
    }
    follow->is_running = status == FX_OK;
    return status;
}

void fx_worker_follow_stop(struct fx_worker_follow *follow,
                           fx_worker_engine_wake_fn pump,
                           void *context)
{
    if (!follow->is_running) {
        fx_worker_snapshot_stop(follow->snapshot);
        return;
    }
    const struct timespec pause = {.tv_nsec = 200000};
    fx_agent_stop(follow->agent);
    fx_agent_join(follow->agent);
    (void)fx_bus_on_delivered(follow->options.bus, NULL, NULL);
    follow->is_running = false;
    /* This thread is the follower's now: what was handed in comes back. */
    int64_t done_us = fx_clock_monotonic_us();
    uint64_t left = UINT64_MAX;
    while (fx_ring_count(follow->intake) > 0 || follow->pending_first < follow->pending_end) {
        const int done = fx_worker_follow_step(follow, fx_worker_host_now_us(&follow->host));
        const int64_t now_us = fx_clock_monotonic_us();
        const uint64_t waiting =
            fx_ring_count(follow->intake) + (follow->pending_end - follow->pending_first);
        if (pump != NULL) {
            pump(context);
        }
        if (waiting < left) { /* others' records are no progress of ours */
            left = waiting;
            done_us = now_us;
        } else if (now_us - done_us > follow->options.stop_us) {
            FX_LOG(FX_LOG_WARN,
                   "follow",
                   "stopping although the bus or a consumer is stuck; what waits was not answered",
                   fx_log_u64("commands", fx_ring_count(follow->intake)),
                   fx_log_u64("published", follow->pending_end - follow->pending_first));
            break;
        } else if (done == 0) {
            (void)nanosleep(&pause, NULL);
        }
    }
    if (pump != NULL) {
        pump(context); /* what the agent had answered before it was joined */
    }
    fx_worker_snapshot_stop(follow->snapshot);
}

void fx_worker_follow_destroy(struct fx_worker_follow *follow)
{
    if (follow == NULL) {
        return;
    }
    FX_ASSERT(!follow->is_running);
    if (fx_engine_sequence(follow->engine) > follow->snapshot_sequence &&
        is_next(follow, INT64_MAX)) {
        note(follow);
        /* A failed last snapshot only makes the next start slower; it was logged. */
        const fx_status status = fx_worker_snapshot_write(follow->snapshot, follow->engine);
        (void)status;
    }
    fx_worker_snapshot_destroy(follow->snapshot);
    follow->snapshot = NULL;
    fx_worker_follow_abandon(follow);
}

void fx_worker_follow_abandon(struct fx_worker_follow *follow)
{
    if (follow == NULL) {
        return;
    }
    FX_ASSERT(!follow->is_running);
    fx_bus_reader_close(follow->reader);
    fx_worker_snapshot_abandon(follow->snapshot);
    fx_agent_destroy(follow->agent);
    fx_worker_input_destroy(follow->input);
    fx_worker_proof_destroy(follow->proofs);
    fx_ring_destroy(follow->intake);
    fx_ring_destroy(follow->audits);
    fx_ring_broadcast_destroy(follow->ring);
    if (follow->has_lock) {
        follow->host.system.ops->close(follow->host.system.disk, follow->lock_file);
    }
    fx_buf_deinit(&follow->text);
    free(follow->pending);
    free(follow->events.items);
    free(follow->memory);
    free(follow);
}

bool fx_worker_follow_submit(struct fx_worker_follow *follow,
                             uint64_t token,
                             const struct fx_command *command)
{
    static const struct fx_proof NONE;
    return fx_worker_follow_submit_proved(follow, token, command, &NONE);
}

bool fx_worker_follow_submit_proved(struct fx_worker_follow *follow,
                                    uint64_t token,
                                    const struct fx_command *command,
                                    const struct fx_proof *proof)
{
    struct fx_worker_follow_item item = {.token = token, .proof = *proof};
    const uint32_t size = fx_command_size((enum fx_command_kind)command->kind);
    FX_ASSERT(size > 0);
    memcpy(&item.command, command, size);
    return fx_ring_append(follow->intake, &item);
}

void fx_worker_follow_wake(struct fx_worker_follow *follow)
{
    fx_agent_wake(follow->agent);
}

struct fx_ring_broadcast *fx_worker_follow_ring(struct fx_worker_follow *follow)
{
    return follow->ring;
}

const struct fx_engine_limits *fx_worker_follow_limits(const struct fx_worker_follow *follow)
{
    return &follow->limits;
}

struct fx_engine *fx_worker_follow_engine(struct fx_worker_follow *follow)
{
    FX_ASSERT(!follow->is_running);
    return follow->engine;
}

uint64_t fx_worker_follow_offset(const struct fx_worker_follow *follow, uint64_t sequence)
{
    return sequence > follow->base ? sequence - follow->base : 0;
}

uint64_t fx_worker_follow_sequence(const struct fx_worker_follow *follow, uint64_t offset)
{
    return offset + follow->base;
}

const struct fx_worker_follow_leader *fx_worker_follow_leader(const struct fx_worker_follow *follow)
{
    return &follow->leader;
}

bool fx_worker_follow_name(fx_str node, uint64_t salt, struct fx_client_id *name_out)
{
    char text[FX_CLIENT_ID_SIZE_MAX + 1];
    const int size = snprintf(text,
                              sizeof text,
                              "%.*s:%08" PRIx32,
                              (int)node.size,
                              node.data,
                              (uint32_t)(salt ^ (salt >> 32)));
    return node.size > 0 && node.size <= 24 && size > 0 && (size_t)size < sizeof text &&
           fx_ids_client_id((fx_str){text, (size_t)size}, name_out);
}

const struct fx_client_id *fx_worker_follow_node(const struct fx_worker_follow *follow)
{
    return &follow->from.node;
}

struct fx_worker_snapshot *fx_worker_follow_snapshot(struct fx_worker_follow *follow)
{
    return follow->snapshot;
}

bool fx_worker_follow_is_at_end(const struct fx_worker_follow *follow)
{
    return follow->is_at_end;
}

bool fx_worker_follow_audit(struct fx_worker_follow *follow, struct fx_engine_audit *audit_out)
{
    return fx_worker_watch_last_audit(follow->audits, audit_out);
}

void fx_worker_follow_stats(const struct fx_worker_follow *follow,
                            struct fx_worker_follow_stats *stats_out)
{
    const uint32_t count = fx_ring_count(follow->intake);
    const uint32_t load = atomic_load_explicit(&follow->load_percent, memory_order_relaxed);
    *stats_out = (struct fx_worker_follow_stats){
        .sequence = atomic_load_explicit(&follow->seen_sequence, memory_order_acquire),
        .position = atomic_load_explicit(&follow->seen_position, memory_order_relaxed),
        .lag = atomic_load_explicit(&follow->seen_lag, memory_order_relaxed),
        .poison_count = atomic_load_explicit(&follow->poison_count, memory_order_relaxed),
        .replay_count = atomic_load_explicit(&follow->replay_count, memory_order_relaxed),
        .poison_offset = atomic_load_explicit(&follow->poison_offset, memory_order_relaxed),
        .epoch = atomic_load_explicit(&follow->seen_epoch, memory_order_relaxed),
        .record_us = atomic_load_explicit(&follow->record_us, memory_order_relaxed),
        .heard_us = atomic_load_explicit(&follow->heard_us, memory_order_relaxed),
        .intake_count = count,
        .pending_count = atomic_load_explicit(&follow->pending_count, memory_order_relaxed),
        .load_percent = fx_worker_watch_larger(
            load, fx_worker_watch_percent(count, follow->options.intake_capacity)),
        .failure = (fx_status)atomic_load_explicit(&follow->failure, memory_order_relaxed),
        .match_times = &follow->match_times};
    fx_worker_snapshot_stats(follow->snapshot, &stats_out->snapshot);
}
