#include "worker/worker_lead.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/panic.h"
#include "wire/wire_quarantine.h"
#include "wire/wire_topic_out.h"
#include "worker/worker_input.h"
#include "worker/worker_lead_int.h"

enum {
    OPERATION_BITS = 20,
    DUMP_EVENTS = 4096,
    DELIVERIES = 256,
    IDLE_US_MAX = 5000, /* as a follower's */
    SPIN_COUNT = 4,
    STEP_US_MAX = 100000, /* a process that stood still was not silent: it did not listen */
    SMALL_SIZE_MAX = 32768,
    ASK_US = 250000, /* how often a standby asks where the log ends, before it claims */
    ASK_MS = 500,
    FLUSH_US = 2000000 /* so long a new leader waits for its own outputs of an earlier time */
};

/* Who leads behind a leader that went in good order. */
#define NOBODY "nobody"

static bool is_nobody(const struct fx_client_id *node)
{
    return fx_str_is_equal(fx_ids_client_id_str(node), FX_STR(NOBODY));
}

void fx_worker_lead_fail(struct fx_worker_lead *lead, fx_status status, const char *what)
{
    int expected = FX_OK;
    if (atomic_compare_exchange_strong(&lead->failure, &expected, (int)status)) {
        FX_LOG(FX_LOG_ERROR,
               "lead",
               what,
               fx_log_status("err", status),
               fx_log_text("reason", fx_bus_error_text(lead->options.bus)));
    }
}

static bool has_failed(const struct fx_worker_lead *lead)
{
    return atomic_load_explicit(&lead->failure, memory_order_relaxed) != FX_OK;
}

/* ---- the leader's voice ---------------------------------------------------------------------- */

static struct fx_bus_place input_of(const struct fx_worker_lead *lead)
{
    return (struct fx_bus_place){lead->options.follow.topic, lead->options.follow.partition};
}

/* Time is counted in steps: who was stopped has not listened, and the leader may have spoken. */
static void pass_time(struct fx_worker_lead *lead, int64_t now_us)
{
    int64_t passed_us = lead->step_us == 0 ? 0 : now_us - lead->step_us;
    if (passed_us < 0) {
        passed_us = 0; /* the clock was set back */
    }
    lead->step_us = now_us;
    lead->beaten_us += passed_us;
    lead->claimed_us += passed_us;
    lead->asked_us += passed_us;
    lead->new_us += lead->new_us < 0 ? 0 : passed_us;
    lead->silent_us += passed_us < STEP_US_MAX ? passed_us : STEP_US_MAX;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a kind and a time
static void tick(struct fx_worker_lead *lead, enum fx_command_kind kind, int64_t now_us)
{
    struct fx_command command;
    memset(&command, 0, sizeof command);
    command.kind = (uint16_t)kind;
    command.instrument = FX_COMMAND_ALL_INSTRUMENTS;
    command.time_us = now_us;
    const struct fx_wire_topic_from from = {.node = lead->node, .token = lead->tick_sent + 1};
    fx_buf_clear(&lead->small);
    if (fx_wire_topic_out_command_from(&lead->small, &command, NULL, &from) == FX_OK &&
        fx_worker_lead_publish_small(lead, input_of(lead))) {
        lead->tick_sent++;
        lead->beaten_us = 0;
    }
}

/* Whatever it does, it says that it is there. */
static void beat(struct fx_worker_lead *lead, int64_t now_us)
{
    pass_time(lead, now_us);
    if (lead->beaten_us >= lead->options.heartbeat_us) {
        tick(lead, FX_COMMAND_TICK, now_us);
    }
}

/* What time itself asks for, one after the other. */
static void tick_if_due(struct fx_worker_lead *lead, int64_t now_us)
{
    enum fx_command_kind kind = FX_COMMAND_TICK;
    if (lead->tick_seen >= lead->tick_sent &&
        fx_engine_is_due(fx_worker_follow_engine(lead->follow), now_us, &kind)) {
        tick(lead, kind, now_us);
    }
}

static int collect(struct fx_worker_lead *lead)
{
    struct fx_bus_delivery deliveries[DELIVERIES];
    const uint32_t count = fx_bus_poll(lead->options.bus, 0, deliveries, DELIVERIES);
    for (uint32_t index = 0; index < count; index++) {
        if (deliveries[index].status != FX_OK) {
            /* Whatever it was: what comes behind it must not be told without it. */
            fx_worker_lead_fail(lead, deliveries[index].status, "an output was not delivered");
        } else {
            lead->settled = deliveries[index].token >> OPERATION_BITS;
        }
    }
    const fx_status fatal = fx_bus_fatal(lead->options.bus);
    if (fatal != FX_OK) {
        fx_worker_lead_fail(lead, fatal, "the bus cannot be written any more");
    }
    return (int)count;
}

/* ---- what the follower tells ----------------------------------------------------------------- */

/* A leader keeps what it has to publish; a standby forgets the oldest. One that reads again what it
 * forgot is the one who publishes it. */
static bool must_keep(const struct fx_worker_lead *lead)
{
    return lead->is_recovering ? lead->may_publish : lead->state == FX_WORKER_LEAD_LEADING;
}

/* It knows what is in the topic, so that what it tells comes right behind. A new leader does not
 * yet: told now, an output would be the topic's last one, and what is missing before it for ever.
 */
static bool can_publish(const struct fx_worker_lead *lead)
{
    return lead->may_publish || lead->new_us < 0;
}

static bool has_room(void *context)
{
    struct fx_worker_lead *lead = context;
    if (lead->may_publish) { /* it computes within one step: whoever listens must hear it */
        beat(lead, fx_worker_host_now_us(&lead->host));
    }
    return !must_keep(lead) || lead->is_recovering || has_failed(lead) ||
           fx_worker_backlog_has_room(&lead->backlog, lead->backlog.capacity / 2);
}

/* It has to be published by this engine, and there is no room to wait in. */
static void publish_now(struct fx_worker_lead *lead)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    if (fx_worker_lead_publish_outputs(lead) + collect(lead) == 0) {
        beat(lead, fx_worker_host_now_us(&lead->host));
        (void)nanosleep(&pause, NULL);
    }
}

static void keep(struct fx_worker_lead *lead, const struct fx_worker_backlog_entry *entry)
{
    if (entry->operation_id <= lead->published) {
        return;
    }
    while (!fx_worker_backlog_append(&lead->backlog, entry) && !has_failed(lead)) {
        FX_ASSERT(lead->backlog.count > 0);
        if (must_keep(lead) && can_publish(lead)) {
            publish_now(lead);
        } else {
            fx_worker_backlog_remove(&lead->backlog); /* begin() computes it again, if need be */
        }
    }
}

static void on_applied(void *context,
                       const struct fx_command *command,
                       const struct fx_events *events)
{
    struct fx_worker_lead *lead = context;
    const struct fx_wire_output_ask ask = fx_wire_output_ask_of(command);
    for (uint32_t first = 0; first < events->count; first += FX_WORKER_LEAD_CHUNK) {
        const uint32_t left = events->count - first;
        const struct fx_events chunk = {
            .items = events->items + first,
            .count = left < FX_WORKER_LEAD_CHUNK ? left : FX_WORKER_LEAD_CHUNK};
        bool is_told = false;
        fx_buf_clear(&lead->text);
        const fx_status status =
            fx_worker_output_append(&lead->output, &chunk, &ask, &lead->text, &is_told);
        if (status != FX_OK || lead->text.is_overflow) {
            fx_worker_lead_fail(
                lead, status == FX_OK ? FX_CAPACITY : status, "an output cannot be written");
            return;
        }
        if (is_told) {
            const struct fx_worker_backlog_entry entry = {
                fx_event_operation_id(&chunk.items[chunk.count - 1]), fx_buf_str(&lead->text)};
            keep(lead, &entry);
        }
    }
    fx_worker_lead_hash_take(lead, command->sequence);
}

static void on_log(void *context, uint64_t base)
{
    struct fx_worker_lead *lead = context;
    lead->base = base;
    lead->output.base = base;
}

static void on_loaded(void *context, const struct fx_engine *engine)
{
    struct fx_worker_lead *lead = context;
    struct fx_engine_dump position = {0};
    struct fx_events events = {.capacity = DUMP_EVENTS};
    events.items = aligned_alloc(16, (size_t)DUMP_EVENTS * sizeof(struct fx_event));
    fx_status status = events.items == NULL ? FX_NO_MEMORY : FX_OK;
    for (bool is_more = true; is_more && status == FX_OK;) {
        is_more = fx_engine_dump(engine, &position, &events);
        status = fx_worker_output_fold(&lead->output, events.items, events.count);
    }
    free(events.items);
    if (status != FX_OK) {
        fx_worker_lead_fail(lead, status, "the state cannot be told");
    }
}

static bool is_own(const struct fx_worker_lead *lead, const struct fx_client_id *node)
{
    return memcmp(node, &lead->node, sizeof *node) == 0;
}

static void on_heard(void *context, const struct fx_wire_topic_from *from)
{
    struct fx_worker_lead *lead = context;
    if (memcmp(&from->node, &lead->leader.node, sizeof from->node) == 0) {
        lead->silent_us = 0;
    }
    if (is_own(lead, &from->node)) {
        lead->tick_seen = from->token;
    }
}

/* The order of the log decides, and nothing else. */
static void adopt(struct fx_worker_lead *lead, const struct fx_worker_follow_leader *leader)
{
    const bool is_leader = is_own(lead, &leader->node);
    lead->leader = *leader;
    lead->epoch = leader->epoch;
    lead->silent_us = 0;
    if (is_leader && lead->state != FX_WORKER_LEAD_LEADING) {
        lead->new_us = 0;
        lead->beaten_us = lead->options.heartbeat_us; /* at once */
    }
    if (!is_leader && lead->state == FX_WORKER_LEAD_LEADING) {
        lead->batch_last = 0; /* not handed over yet: the other one publishes it */
        fx_buf_clear(&lead->batch);
        FX_LOG(FX_LOG_WARN,
               "lead",
               "another engine leads from here on",
               fx_log_str("node", fx_ids_client_id_str(&leader->node)),
               fx_log_u64("epoch", leader->epoch),
               fx_log_u64("seq", leader->sequence));
    }
    lead->state = is_leader ? FX_WORKER_LEAD_LEADING : FX_WORKER_LEAD_STANDBY;
}

static void on_leader(void *context, const struct fx_worker_follow_leader *leader)
{
    struct fx_worker_lead *lead = context;
    lead->leader = *leader;
    if (lead->follow != NULL) { /* else the end of its creation looks */
        adopt(lead, leader);
    }
}

static void on_poison(void *context, const struct fx_worker_follow_poison *poison)
{
    struct fx_worker_lead *lead = context;
    if (lead->is_recovering || lead->state != FX_WORKER_LEAD_LEADING) {
        return;
    }
    const struct fx_wire_quarantine refused = {.topic = poison->record->topic,
                                               .key = poison->record->key,
                                               .value = poison->record->value,
                                               .field = poison->field,
                                               .reject = {.status = poison->status},
                                               .offset = poison->record->offset,
                                               .time_us = fx_clock_wall_us(),
                                               .partition = poison->record->partition};
    fx_buf_clear(&lead->small);
    fx_wire_quarantine(&lead->small, &refused);
    (void)fx_worker_lead_publish_small(lead, lead->options.quarantine);
}

/* ---- leading --------------------------------------------------------------------------------- */

static void claim(struct fx_worker_lead *lead, int64_t now_us)
{
    const fx_str node = fx_ids_client_id_str(&lead->node);
    fx_buf_clear(&lead->small);
    fx_wire_topic_out_leader(&lead->small, lead->epoch + 1, node, now_us);
    if (!fx_worker_lead_publish_small(lead, input_of(lead))) {
        return;
    }
    FX_LOG(FX_LOG_WARN,
           "lead",
           lead->silent_us < lead->options.silence_us
               ? "nobody leads: claiming the next epoch"
               : "the leader is silent: claiming the next epoch",
           fx_log_u64("epoch", lead->epoch + 1),
           fx_log_i64("silent_us", lead->silent_us));
    lead->state = FX_WORKER_LEAD_CLAIMING;
    lead->claimed_us = 0;
}

/* Everything is read that was in the log when the silence had lasted long enough, as its broker
 * says: else what the leader said may be there. Who is cut off gets no answer, and claims nothing.
 * (The log goes on meanwhile: clients do not wait for a leader.) */
static bool has_read_all(struct fx_worker_lead *lead)
{
    struct fx_bus_span span = {0};
    struct fx_worker_follow_stats stats;
    if (lead->asked_end == 0 && lead->asked_us >= ASK_US) {
        lead->asked_us = 0;
        if (fx_bus_span(lead->options.bus, input_of(lead), ASK_MS, &span) == FX_OK) {
            lead->asked_end = span.end;
        }
    }
    fx_worker_follow_stats(lead->follow, &stats);
    return lead->asked_end != 0 && stats.position >= lead->asked_end;
}

static void stand_by(struct fx_worker_lead *lead, int64_t now_us)
{
    const bool is_vacant = lead->epoch == 0 || is_nobody(&lead->leader.node);
    const bool is_silent = is_vacant || lead->silent_us >= lead->options.silence_us;
    const bool is_due = is_silent && (lead->state != FX_WORKER_LEAD_CLAIMING ||
                                      lead->claimed_us >= lead->options.claim_us);
    if (!is_due) {
        lead->asked_end = 0;
    } else if (has_read_all(lead)) {
        lead->asked_end = 0;
        claim(lead, now_us);
    }
}

static fx_status reopen(struct fx_worker_lead *lead);

/* What it handed over in an earlier time is waited for, a while; what is missing then is told
 * again.
 * @return true: all is there, or it has waited enough. */
static bool has_flushed(const struct fx_worker_lead *lead)
{
    return fx_bus_pending(lead->options.bus) == 0 || lead->new_us >= FLUSH_US;
}

/* A new leader looks where the outputs end: everything behind that is its to publish. */
static void begin(struct fx_worker_lead *lead)
{
    uint64_t last = 0;
    fx_status status = fx_worker_lead_publish_find_last(lead, &last);
    if (status == FX_TIMEOUT || status == FX_IO) {
        return; /* the next step asks again */
    }
    lead->published = last;
    if (status == FX_OK && lead->backlog.removed > last) {
        FX_LOG(FX_LOG_WARN,
               "lead",
               "outputs are missing that this engine has forgotten: computing them again",
               fx_log_u64("last", last),
               fx_log_u64("forgotten", lead->backlog.removed));
        status = reopen(lead);
    }
    if (status != FX_OK) {
        fx_worker_lead_fail(lead, status, "a new leader cannot continue the outputs");
        return;
    }
    if (lead->state != FX_WORKER_LEAD_LEADING) {
        return; /* passed while it computed */
    }
    lead->new_us = -1;
    lead->settled = last >> OPERATION_BITS;
    atomic_fetch_add_explicit(&lead->takeovers, 1, memory_order_relaxed);
    atomic_store_explicit(&lead->takeover_us, lead->claimed_us, memory_order_relaxed);
    FX_LOG(FX_LOG_INFO,
           "lead",
           "this engine leads",
           fx_log_u64("epoch", lead->epoch),
           fx_log_u64("published", last),
           fx_log_u64("seq", fx_engine_sequence(fx_worker_follow_engine(lead->follow))));
}

static void lead_on(struct fx_worker_lead *lead, int64_t now_us)
{
    beat(lead, now_us);
    if (lead->new_us >= 0) {
        if (has_flushed(lead)) {
            begin(lead);
        }
        return;
    }
    tick_if_due(lead, now_us);
    fx_worker_lead_hash_alarm(lead);
}

static void publish_figures(struct fx_worker_lead *lead)
{
    atomic_store_explicit(&lead->seen_state, (uint32_t)lead->state, memory_order_relaxed);
    atomic_store_explicit(&lead->seen_epoch, lead->epoch, memory_order_relaxed);
    atomic_store_explicit(&lead->seen_published, lead->published, memory_order_relaxed);
    atomic_store_explicit(&lead->seen_backlog, lead->backlog.count, memory_order_relaxed);
}

/* The follower may be another one by the time that somebody asks. */
static fx_status publish_follow(struct fx_worker_lead *lead)
{
    struct fx_worker_follow_stats stats;
    fx_worker_follow_stats(lead->follow, &stats);
    atomic_store_explicit(&lead->sequence, stats.sequence, memory_order_relaxed);
    atomic_store_explicit(&lead->position, stats.position, memory_order_relaxed);
    atomic_store_explicit(&lead->lag, stats.lag, memory_order_relaxed);
    atomic_store_explicit(&lead->poison_count, stats.poison_count, memory_order_relaxed);
    atomic_store_explicit(&lead->poison_offset, stats.poison_offset, memory_order_relaxed);
    atomic_store_explicit(&lead->record_us, stats.record_us, memory_order_relaxed);
    atomic_store_explicit(&lead->heard_us, stats.heard_us, memory_order_relaxed);
    atomic_store_explicit(&lead->snapshot_us, stats.snapshot.written_us, memory_order_relaxed);
    return stats.failure;
}

int fx_worker_lead_step(void *self, int64_t now_us)
{
    struct fx_worker_lead *lead = self;
    if (has_failed(lead)) {
        return 0;
    }
    pass_time(lead, now_us);
    int count = collect(lead);
    count += fx_worker_follow_step(lead->follow, now_us);
    count += fx_worker_lead_hash_read(lead);
    const fx_status follow_failure = publish_follow(lead);
    if (follow_failure != FX_OK) {
        fx_worker_lead_fail(lead, follow_failure, "the log cannot be followed any more");
    }
    if (has_failed(lead)) {
        return count;
    }
    if (lead->state != FX_WORKER_LEAD_LEADING) {
        stand_by(lead, now_us);
    } else {
        lead_on(lead, now_us);
        count += lead->new_us < 0 && !has_failed(lead) ? fx_worker_lead_publish_outputs(lead) : 0;
    }
    publish_figures(lead);
    return count;
}

/* ---- opening --------------------------------------------------------------------------------- */

static void set_defaults(struct fx_worker_lead_options *options)
{
    if (options->follow.topic.size == 0) {
        options->follow.topic = FX_STR("matching_engine_input");
    }
    if (options->backlog_size_bytes == 0) {
        options->backlog_size_bytes = (size_t)64 << 20;
    }
    if (options->heartbeat_us == 0) {
        options->heartbeat_us = 200000;
    }
    if (options->silence_us == 0) {
        options->silence_us = 1500000;
    }
    if (options->claim_us == 0) {
        options->claim_us = 3000000;
    }
    if (options->hash_commands == 0) {
        options->hash_commands = 65536;
    }
    if (options->wait_ms == 0) {
        options->wait_ms = 10000;
    }
}

/* Up to which command the outputs are in the topic. A standby has to look; it does so once in a
 * while, when a snapshot is due. */
static uint64_t saved(void *context)
{
    struct fx_worker_lead *lead = context;
    uint64_t last = 0;
    if (lead->state != FX_WORKER_LEAD_LEADING &&
        fx_worker_lead_publish_find_last(lead, &last) == FX_OK) {
        lead->settled = last >> OPERATION_BITS;
    }
    return lead->settled > 0 ? lead->settled - 1 : 0;
}

/* From a snapshot that the outputs have reached, so that everything behind them is computed. */
static fx_status open_follow(struct fx_worker_lead *lead, struct fx_worker_follow_report *report)
{
    struct fx_worker_follow_options follow = lead->options.follow;
    const uint64_t sequence = lead->published >> OPERATION_BITS;
    follow.consumer_count = 0;
    follow.saved = (struct fx_worker_snapshot_saved){saved, lead};
    follow.saved_sequence = sequence == 0 ? 0 : sequence - 1; /* it may be in the middle of it */
    follow.hooks = (struct fx_worker_follow_hooks){.has_room = has_room,
                                                   .on_log = on_log,
                                                   .on_loaded = on_loaded,
                                                   .on_applied = on_applied,
                                                   .on_heard = on_heard,
                                                   .on_leader = on_leader,
                                                   .on_poison = on_poison,
                                                   .context = lead};
    fx_status status = fx_worker_output_init(&lead->output, lead->options.shard);
    if (status == FX_OK) {
        lead->is_recovering = true;
        status = fx_worker_follow_open(&follow, &lead->follow, report);
        lead->is_recovering = false;
    }
    if (status == FX_OK && has_failed(lead)) {
        status = (fx_status)atomic_load(&lead->failure);
    }
    if (status == FX_OK) {
        const struct fx_worker_follow_leader *leader = fx_worker_follow_leader(lead->follow);
        if (leader->epoch > 0) {
            adopt(lead, leader);
        }
    }
    return status;
}

static void wake_agent(void *context)
{
    const struct fx_worker_lead *lead = context;
    fx_agent_wake(lead->agent);
}

/* Begin again, as a cold start would, but publish what comes. */
static fx_status reopen(struct fx_worker_lead *lead)
{
    struct fx_worker_follow_report report;
    fx_worker_follow_stop(lead->follow, NULL, NULL); /* its snapshots */
    fx_worker_follow_abandon(lead->follow);
    lead->follow = NULL;
    fx_worker_output_deinit(&lead->output);
    fx_worker_backlog_clear(&lead->backlog);
    lead->batch_last = 0;
    fx_buf_clear(&lead->batch);
    lead->may_publish = true;
    const fx_status status = open_follow(lead, &report);
    lead->may_publish = false;
    if (status != FX_OK) {
        FX_LOG(FX_LOG_ERROR,
               "lead",
               "the engine cannot begin again",
               fx_log_status("err", status),
               fx_log_text("reason", report.text));
        return status;
    }
    if (!lead->is_running) {
        return FX_OK;
    }
    fx_worker_follow_on_ready(lead->follow, wake_agent, lead);
    return fx_worker_follow_start_snapshots(lead->follow);
}

static fx_status open_hashes(struct fx_worker_lead *lead)
{
    struct fx_bus_span span = {0};
    const fx_status status =
        fx_bus_span(lead->options.bus, lead->options.hashes, lead->options.wait_ms, &span);
    return status != FX_OK
               ? status
               : fx_bus_reader_open(
                     lead->options.bus, lead->options.hashes, span.end, &lead->hash_reader);
}

static fx_status open_all(struct fx_worker_lead *lead, struct fx_worker_follow_report *report)
{
    const struct fx_agent_options agent = {.name = "lead",
                                           .step = fx_worker_lead_step,
                                           .self = lead,
                                           .idle_us_max = IDLE_US_MAX,
                                           .spin_count = SPIN_COUNT};
    fx_buf_init(&lead->text, FX_WORKER_LEAD_OUTPUT_SIZE_MAX);
    fx_buf_init(&lead->small, SMALL_SIZE_MAX);
    fx_buf_init(&lead->batch, FX_BUS_VALUE_SIZE_MAX);
    lead->state = FX_WORKER_LEAD_STANDBY;
    fx_status status = fx_worker_backlog_init(&lead->backlog, lead->options.backlog_size_bytes);
    if (status == FX_OK) {
        status = fx_agent_create(&agent, &lead->agent);
    }
    if (status == FX_OK) {
        const struct fx_bus_place input = {lead->options.follow.topic,
                                           lead->options.follow.partition};
        status =
            fx_worker_input_find_base(lead->options.bus, input, lead->options.wait_ms, &lead->base);
    }
    if (status == FX_OK) {
        status = fx_worker_lead_publish_find_last(lead, &lead->published);
        if (status != FX_OK) {
            (void)snprintf(report->text,
                           sizeof report->text,
                           "the end of the outputs cannot be read: %s",
                           fx_bus_error_text(lead->options.bus));
        }
    }
    if (status == FX_OK) {
        status = open_hashes(lead);
    }
    return status == FX_OK ? open_follow(lead, report) : status;
}

fx_status fx_worker_lead_create(const struct fx_worker_lead_options *options,
                                struct fx_worker_lead **lead_out,
                                struct fx_worker_follow_report *report_out)
{
    memset(report_out, 0, sizeof *report_out);
    struct fx_worker_lead *lead = calloc(1, sizeof *lead);
    if (lead == NULL) {
        return FX_NO_MEMORY;
    }
    lead->options = *options;
    lead->host = fx_worker_host_of(options->follow.host);
    lead->new_us = -1;
    set_defaults(&lead->options);
    lead->asked_us = ASK_US;
    if (!fx_worker_follow_name(options->follow.node, options->follow.node_salt, &lead->node)) {
        free(lead);
        return FX_BAD_PARAMETER;
    }
    const fx_status status = open_all(lead, report_out);
    if (status != FX_OK) {
        fx_worker_lead_abandon(lead);
        return status;
    }
    publish_figures(lead);
    *lead_out = lead;
    return FX_OK;
}

/* ---- threads and doors ----------------------------------------------------------------------- */

fx_status fx_worker_lead_start(struct fx_worker_lead *lead)
{
    fx_status status = fx_worker_follow_start_snapshots(lead->follow);
    lead->is_running = status == FX_OK;
    if (status == FX_OK) {
        fx_worker_follow_on_ready(lead->follow, wake_agent, lead);
        (void)fx_bus_on_delivered(lead->options.bus, wake_agent, lead); /* else: it is polled */
        status = fx_agent_start(lead->agent);
    }
    return status;
}

/* A leader that goes says so: nobody has to listen to silence first. */
static void resign(struct fx_worker_lead *lead, int64_t end_us)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    if (lead->state != FX_WORKER_LEAD_LEADING || has_failed(lead) || lead->follow == NULL) {
        return;
    }
    fx_buf_clear(&lead->small);
    fx_wire_topic_out_leader(
        &lead->small, lead->epoch + 1, FX_STR(NOBODY), fx_worker_host_now_us(&lead->host));
    if (!fx_worker_lead_publish_small(lead, input_of(lead))) {
        return;
    }
    while (fx_bus_pending(lead->options.follow.bus) > 0 && fx_clock_monotonic_us() < end_us) {
        (void)fx_worker_follow_step(lead->follow, fx_worker_host_now_us(&lead->host));
        (void)nanosleep(&pause, NULL);
    }
}

void fx_worker_lead_stop(struct fx_worker_lead *lead, uint32_t timeout_ms)
{
    const int64_t end_us = fx_clock_monotonic_us() + (int64_t)timeout_ms * 1000;
    fx_agent_stop(lead->agent);
    fx_agent_join(lead->agent);
    (void)fx_bus_on_delivered(lead->options.bus, NULL, NULL);
    while (lead->state == FX_WORKER_LEAD_LEADING && lead->new_us < 0 && !has_failed(lead) &&
           (lead->backlog.count > 0 || lead->batch_last != 0 ||
            fx_bus_pending(lead->options.bus) > 0) &&
           fx_clock_monotonic_us() < end_us) {
        const struct timespec pause = {.tv_nsec = 1000000};
        if (fx_worker_lead_publish_outputs(lead) + collect(lead) == 0) {
            (void)nanosleep(&pause, NULL);
        }
    }
    if (lead->state == FX_WORKER_LEAD_LEADING &&
        (lead->backlog.count > 0 || lead->batch_last != 0 ||
         fx_bus_pending(lead->options.bus) > 0)) {
        FX_LOG(FX_LOG_WARN,
               "lead",
               "stopping although the bus is stuck; who leads next tells the outputs that wait",
               fx_log_u64("outputs", lead->backlog.count),
               fx_log_u64("published", fx_bus_pending(lead->options.bus)));
    }
    resign(lead, end_us);
    if (lead->is_running) {
        lead->is_running = false;
        if (lead->follow != NULL) {
            fx_worker_follow_stop(lead->follow, NULL, NULL); /* its snapshots */
        }
    }
}

static void release(struct fx_worker_lead *lead)
{
    fx_bus_reader_close(lead->hash_reader);
    fx_agent_destroy(lead->agent);
    fx_worker_output_deinit(&lead->output);
    fx_worker_backlog_deinit(&lead->backlog);
    fx_buf_deinit(&lead->text);
    fx_buf_deinit(&lead->small);
    fx_buf_deinit(&lead->batch);
    free(lead);
}

void fx_worker_lead_destroy(struct fx_worker_lead *lead)
{
    if (lead != NULL) {
        fx_worker_follow_destroy(lead->follow);
        release(lead);
    }
}

void fx_worker_lead_abandon(struct fx_worker_lead *lead)
{
    if (lead != NULL) {
        fx_worker_follow_abandon(lead->follow);
        release(lead);
    }
}

struct fx_worker_follow *fx_worker_lead_follow(struct fx_worker_lead *lead)
{
    return lead->follow;
}

void fx_worker_lead_stats(const struct fx_worker_lead *lead, struct fx_worker_lead_stats *stats_out)
{
    *stats_out = (struct fx_worker_lead_stats){
        .sequence = atomic_load_explicit(&lead->sequence, memory_order_relaxed),
        .position = atomic_load_explicit(&lead->position, memory_order_relaxed),
        .lag = atomic_load_explicit(&lead->lag, memory_order_relaxed),
        .poison_count = atomic_load_explicit(&lead->poison_count, memory_order_relaxed),
        .poison_offset = atomic_load_explicit(&lead->poison_offset, memory_order_relaxed),
        .record_us = atomic_load_explicit(&lead->record_us, memory_order_relaxed),
        .heard_us = atomic_load_explicit(&lead->heard_us, memory_order_relaxed),
        .snapshot_us = atomic_load_explicit(&lead->snapshot_us, memory_order_relaxed),
        .state = (enum fx_worker_lead_state)atomic_load_explicit(&lead->seen_state,
                                                                 memory_order_relaxed),
        .epoch = atomic_load_explicit(&lead->seen_epoch, memory_order_relaxed),
        .published = atomic_load_explicit(&lead->seen_published, memory_order_relaxed),
        .outputs = atomic_load_explicit(&lead->outputs, memory_order_relaxed),
        .records = atomic_load_explicit(&lead->records, memory_order_relaxed),
        .backlog = atomic_load_explicit(&lead->seen_backlog, memory_order_relaxed),
        .takeovers = atomic_load_explicit(&lead->takeovers, memory_order_relaxed),
        .takeover_us = atomic_load_explicit(&lead->takeover_us, memory_order_relaxed),
        .hashes_compared = atomic_load_explicit(&lead->hashes_compared, memory_order_relaxed),
        .hashes_differed = atomic_load_explicit(&lead->hashes_differed, memory_order_relaxed),
        .failure = (fx_status)atomic_load_explicit(&lead->failure, memory_order_relaxed)};
}
