/* What was seen of each command, and the proof at the end: the journal, replayed from its first
 * record, tells the same story to the last byte, and the tables are its fold. */
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/panic.h"
#include "sim/sim_int.h"
#include "store/store_sqlite.h"
#include "worker/worker_replay.h"

enum { COMMANDS_FIRST = 1024, GROUP_FIRST = 1024, SAVE_BATCH = 8192 };

/* ---- digests ----------------------------------------------------------------------------------
 */

/* Tokens are the live process's own; all else that counts is the same at every replay (I-31). */
static uint64_t digest_of(const struct fx_event events[], uint32_t count)
{
    uint32_t crc = 0;
    for (uint32_t index = 0; index < count; index++) {
        const struct fx_event *event = &events[index];
        FX_ASSERT(event->sequence == events[0].sequence);
        crc = fx_crc32c(crc, event, offsetof(struct fx_event, token));
        crc = fx_crc32c(crc, &event->u, fx_event_size(event) - offsetof(struct fx_event, u));
    }
    return (uint64_t)count << 32 | crc;
}

static uint64_t *place_of(struct fx_sim_world *world, uint64_t sequence)
{
    struct fx_sim_history *history = &world->history;
    if (sequence >= history->capacity) {
        const uint64_t capacity =
            history->capacity * 2 > sequence ? history->capacity * 2 : sequence + 1;
        uint64_t *grown = realloc(history->digests, capacity * sizeof *grown);
        FX_ASSERT(grown != NULL);
        memset(&grown[history->capacity], 0, (capacity - history->capacity) * sizeof *grown);
        history->digests = grown;
        history->capacity = capacity;
    }
    return &history->digests[sequence];
}

uint32_t fx_sim_history_events(const struct fx_sim_world *world, uint64_t sequence)
{
    const struct fx_sim_history *history = &world->history;
    return sequence < history->capacity ? (uint32_t)(history->digests[sequence] >> 32) : 0;
}

/* What is gone never was; others get its numbers. */
static void forget_from(struct fx_sim_world *world, uint64_t sequence)
{
    struct fx_sim_history *history = &world->history;
    FX_ASSERT(sequence > history->kept);
    for (uint64_t lost = sequence; lost <= history->known; lost++) {
        history->digests[lost] = 0;
        history->has_lost = true;
    }
    if (sequence <= history->known) {
        history->known = sequence - 1;
    }
    if (sequence <= history->released) {
        fx_sim_world_mark(world, FX_SIM_MARK_ACKED_LOST_AS_PROMISED);
        history->released = sequence - 1;
    }
}

/* A command and its events, for the first time or again. */
static void see(struct fx_sim_world *world, const struct fx_event events[], uint32_t count)
{
    struct fx_sim_history *history = &world->history;
    const uint64_t sequence = events[0].sequence;
    uint64_t *place = place_of(world, sequence);
    const uint64_t digest = digest_of(events, count);
    if (history->is_doubtful && sequence > history->kept && *place != digest) {
        forget_from(world, sequence);
    }
    if (*place == 0) {
        FX_SIM_REQUIRE(world, sequence == history->known + 1, "I-35 no gap in the log");
        *place = digest;
        history->known = sequence;
    } else {
        FX_SIM_REQUIRE(world, *place == digest, "I-31 same command, same events");
    }
}

fx_status fx_sim_history_init(struct fx_sim_world *world)
{
    struct fx_sim_history *history = &world->history;
    history->capacity = COMMANDS_FIRST;
    history->digests = calloc(COMMANDS_FIRST, sizeof history->digests[0]);
    history->group_capacity = fx_engine_events_max(&world->plan.limits);
    history->group = aligned_alloc(16, history->group_capacity * sizeof history->group[0]);
    return history->digests == NULL || history->group == NULL ? FX_NO_MEMORY : FX_OK;
}

void fx_sim_history_deinit(struct fx_sim_world *world)
{
    free(world->history.digests);
    free(world->history.group);
}

/* ---- while it runs ----------------------------------------------------------------------------
 */

static void note_result(struct fx_sim_world *world, const struct fx_event *result)
{
    fx_sim_mark_status(&world->result->marks, result->u.result.reject.status);
}

/* A refusal of the worker and the answer to a question are in no log. */
static bool is_outside_of_log(const struct fx_sim_history *history, const struct fx_event *event)
{
    return history->group_count == 1 && event->kind == FX_EVENT_RESULT &&
           event->sequence == history->released &&
           (event->u.result.reject.status == FX_CANCEL_ONLY ||
            event->u.result.reject.status == FX_NO_SPACE ||
            event->u.result.reject.status == FX_IO ||
            fx_command_is_question((enum fx_command_kind)event->u.result.command_kind));
}

static void note_refusal(struct fx_sim_world *world, const struct fx_event *event)
{
    const enum fx_command_kind kind = (enum fx_command_kind)event->u.result.command_kind;
    if (event->u.result.reject.status == FX_CANCEL_ONLY) {
        FX_SIM_REQUIRE(world, !fx_command_is_cancel(kind), "I-33 cancels are shed last");
        fx_sim_world_mark(world, FX_SIM_MARK_SHED_NO_OPENS);
    } else if (event->u.result.reject.status == FX_NO_SPACE) {
        fx_sim_world_mark(world, FX_SIM_MARK_JOURNAL_FULL);
    }
}

void fx_sim_history_release(struct fx_sim_world *world, const struct fx_event *event)
{
    struct fx_sim_history *history = &world->history;
    FX_ASSERT(history->group_count < history->group_capacity);
    history->group[history->group_count] = *event;
    history->group_count++;
    if (event->kind != FX_EVENT_RESULT) {
        return;
    }
    if (is_outside_of_log(history, event)) {
        note_refusal(world, event);
    } else {
        FX_SIM_REQUIRE(world, event->sequence == history->released + 1, "I-35 no gap in events");
        see(world, history->group, history->group_count);
        history->released = event->sequence;
        note_result(world, event);
        fx_sim_ledger_apply(world, history->group, history->group_count);
    }
    history->group_count = 0;
}

void fx_sim_history_recover(struct fx_sim_world *world,
                            const struct fx_event events[],
                            uint32_t count)
{
    const uint64_t known = world->history.known;
    see(world, events, count);
    if (events[0].sequence > known && !world->history.has_lost) {
        fx_sim_ledger_apply(world, events, count);
    }
}

static void lose_unsynced(struct fx_sim_world *world)
{
    struct fx_sim_history *history = &world->history;
    if (world->plan.mode != FX_BUS_JOURNAL_STRICT) {
        history->kept = history->synced < history->kept ? history->synced : history->kept;
        history->is_doubtful = true;
    }
}

// NOLINTBEGIN(bugprone-easily-swappable-parameters): what was synced, then what is next
void fx_sim_history_crash(struct fx_sim_world *world,
                          uint64_t synced_seq,
                          uint64_t next_seq,
                          bool is_power_cut)
{
    struct fx_sim_history *history = &world->history;
    history->group_count = 0;
    history->kept = history->released;
    history->synced = synced_seq;
    history->next = next_seq;
    if (is_power_cut) {
        lose_unsynced(world);
    }
    fx_sim_world_trace(world,
                       "down: seen up to %llu, %llu were given, kept are %llu",
                       (unsigned long long)history->released,
                       (unsigned long long)next_seq - 1,
                       (unsigned long long)history->kept);
}
// NOLINTEND(bugprone-easily-swappable-parameters)

void fx_sim_history_stop(struct fx_sim_world *world)
{
    world->history.group_count = 0;
    world->history.kept = world->history.released;
}

void fx_sim_history_retract(struct fx_sim_world *world)
{
    struct fx_sim_history *history = &world->history;
    if (history->known > history->confirmed) {
        forget_from(world, history->confirmed + 1);
    }
    history->confirmed = history->known;
}

void fx_sim_history_cut(struct fx_sim_world *world)
{
    lose_unsynced(world);
}

void fx_sim_history_restart(struct fx_sim_world *world, uint64_t sequence)
{
    struct fx_sim_history *history = &world->history;
    FX_SIM_REQUIRE(world, sequence >= history->kept, "I-32 what was answered is in the journal");
    FX_SIM_REQUIRE(world,
                   history->next == 0 || sequence < history->next,
                   "I-32 nothing is in the journal that was never given");
    if (history->next != 0 && sequence + 1 < history->next) {
        fx_sim_world_mark(world, FX_SIM_MARK_UNACKED_LOST);
    }
    if (world->result->is_violated) {
        return;
    }
    if (sequence < history->known) {
        forget_from(world, sequence + 1);
    }
    if (history->has_lost) {
        fx_sim_ledger_rebuild(world);
    }
    FX_SIM_REQUIRE(world,
                   history->known == sequence || sequence == 0 ||
                       (sequence == 1 && history->known == 0),
                   "I-35 no gap in what was recovered");
    fx_sim_ledger_audit(world, fx_worker_engine_engine(world->process.worker));
    if (history->next != 0) {
        fx_sim_ledger_law_restart(world);
    }
    history->released = sequence;
    history->kept = sequence;
    history->next = 0;
    history->is_doubtful = false;
    history->has_lost = false;
}

/* ---- the replay -------------------------------------------------------------------------------
 */

struct replay {
    struct fx_sim_world *world;
    struct fx_engine *engine;
    struct fx_events events;
    struct fx_store *store; /* NULL: tables are not compared */
    struct fx_worker_save save;
    struct fx_event *batch;
    uint32_t batch_count;
    fx_sim_history_applied_fn on_applied;
    struct fx_worker_replay records;
};

static fx_status flush(struct replay *replay)
{
    const uint32_t count = replay->batch_count;
    replay->batch_count = 0;
    return count == 0 ? FX_OK : fx_worker_save_events(&replay->save, replay->batch, count);
}

/* The state at each start was the one that the first record leads to. */
static void check_recoveries(struct replay *replay, uint64_t sequence)
{
    struct fx_sim_world *world = replay->world;
    for (uint32_t index = 0; index < world->recovery_count; index++) {
        if (world->recovery_sequence[index] == sequence) {
            FX_SIM_REQUIRE(world,
                           world->recovery_hash[index] == fx_engine_hash(replay->engine),
                           "I-31 snapshot + tail = replay from the first record");
        }
    }
}

/* The one that was applied last; the queue of the replay still has it. */
static const struct fx_command *command_of(const struct replay *replay, uint64_t sequence)
{
    const struct fx_worker_replay *records = &replay->records;
    const uint64_t places = sizeof records->waiting / sizeof records->waiting[0];
    const struct fx_command *command = &records->waiting[(records->first - 1) % places];
    FX_ASSERT(command->sequence == sequence);
    return command;
}

static fx_status on_applied(void *context, uint64_t sequence)
{
    struct replay *replay = context;
    struct fx_sim_world *world = replay->world;
    const struct fx_events *events = &replay->events;
    if (replay->on_applied != NULL) {
        replay->on_applied(world, events->items, events->count);
        return FX_OK;
    }
    FX_SIM_REQUIRE(world, sequence <= world->history.known, "I-32 nothing is added");
    see(world, events->items, events->count);
    check_recoveries(replay, sequence);
    fx_sim_movement_apply(world, command_of(replay, sequence), &events->items[events->count - 1]);
    fx_status status = FX_OK;
    if (replay->store != NULL && replay->batch_count + events->count > SAVE_BATCH) {
        status = flush(replay);
    }
    if (replay->store != NULL && status == FX_OK) {
        memcpy(&replay->batch[replay->batch_count],
               events->items,
               events->count * sizeof events->items[0]);
        replay->batch_count += events->count;
    }
    return world->result->is_violated ? FX_INTERNAL : status;
}

static fx_status on_record(void *context, const struct fx_bus_journal_record *record)
{
    return fx_worker_replay_record(context, record);
}

static fx_status replay_all(struct replay *replay)
{
    struct fx_sim_world *world = replay->world;
    struct fx_worker_replay *records = &replay->records;
    *records = (struct fx_worker_replay){.engine = replay->engine,
                                         .events = &replay->events,
                                         .on_applied = on_applied,
                                         .context = replay};
    const struct fx_bus_journal_recover_options options = {
        .system = fx_bus_disk_system(world->machine.disk),
        .dir = FX_SIM_JOURNAL_DIR,
        .on_record = on_record,
        .context = records};
    struct fx_bus_journal_report report;
    fx_status status = fx_bus_journal_replay(&options, &report);
    if (status == FX_OK) {
        status = fx_worker_replay_finish(records);
    }
    if (status == FX_OK && replay->store != NULL) {
        status = flush(replay);
    }
    return status;
}

static void compare_tables(struct fx_sim_world *world, struct fx_store *fresh)
{
    struct fx_store_sqlite_digest own[FX_STORE_SQLITE_TABLES_MAX];
    struct fx_store_sqlite_digest other[FX_STORE_SQLITE_TABLES_MAX];
    uint32_t count = 0, other_count = 0;
    const fx_status status =
        fx_store_sqlite_digest(world->machine.database, own, FX_STORE_SQLITE_TABLES_MAX, &count);
    FX_ASSERT(status == FX_OK);
    const fx_status again =
        fx_store_sqlite_digest(fresh, other, FX_STORE_SQLITE_TABLES_MAX, &other_count);
    FX_ASSERT(again == FX_OK && count == other_count);
    for (uint32_t index = 0; index < count; index++) {
        if (own[index].rows != other[index].rows || own[index].sum != other[index].sum) {
            fx_sim_world_trace(world,
                               "table %s: %llu rows, the fold has %llu",
                               own[index].table,
                               (unsigned long long)own[index].rows,
                               (unsigned long long)other[index].rows);
            fx_sim_world_fail(world, "I-36 tables = fold of the events", own[index].table);
        }
    }
}

/* An engine of its own and, beside it, tables that never met a fault. */
static bool open_replay(struct replay *replay, struct fx_sim_world *world)
{
    const struct fx_engine_limits *limits = &world->plan.limits;
    const size_t size = fx_engine_size(limits);
    const uint32_t events_max = fx_engine_events_max(limits);
    memset(replay, 0, sizeof *replay);
    replay->world = world;
    replay->events.capacity = events_max;
    replay->events.items = aligned_alloc(16, events_max * sizeof(struct fx_event));
    replay->batch = aligned_alloc(16, SAVE_BATCH * sizeof(struct fx_event));
    void *memory = aligned_alloc(64, size);
    FX_ASSERT(memory != NULL && replay->events.items != NULL && replay->batch != NULL);
    memset(memory, 0, size);
    replay->engine = fx_engine_init(memory, limits);
    return true;
}

static void close_replay(struct replay *replay)
{
    free(replay->engine);
    free(replay->events.items);
    free(replay->batch);
}

void fx_sim_history_replay(struct fx_sim_world *world, fx_sim_history_applied_fn on_command)
{
    struct replay replay;
    (void)open_replay(&replay, world);
    replay.on_applied = on_command;
    const fx_status status = replay_all(&replay);
    FX_SIM_REQUIRE(world, status == FX_OK, "the journal can be read");
    fx_sim_world_trace(world, "replay: %s", fx_status_name(status));
    close_replay(&replay);
}

static fx_status open_tables(struct replay *replay)
{
    const fx_status status = fx_sim_world_open_database(&replay->store);
    const struct fx_worker_save_options options = {.store = replay->store,
                                                   .shard = FX_STR("main"),
                                                   .worker = FX_STR("saver"),
                                                   .kinds = FX_WORKER_SAVE_ALL};
    return status == FX_OK ? fx_worker_save_init(&replay->save, &options) : status;
}

void fx_sim_history_check(struct fx_sim_world *world)
{
    struct replay replay;
    (void)open_replay(&replay, world);
    const fx_status opened = open_tables(&replay);
    FX_ASSERT(opened == FX_OK);
    FX_SIM_REQUIRE(world, replay_all(&replay) == FX_OK, "the journal can be read");
    FX_SIM_REQUIRE(world,
                   world->result->is_violated ||
                       fx_engine_hash(replay.engine) == world->result->state_hash,
                   "I-31 live state = replay from the first record");
    fx_sim_movement_check(world);
    if (!world->result->is_violated) {
        compare_tables(world, replay.store);
    }
    fx_worker_save_deinit(&replay.save);
    fx_store_close(replay.store);
    close_replay(&replay);
}
