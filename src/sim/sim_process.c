/* One life of the exchange's process: opened as `serve` opens it, stepped by hand. */
#include <string.h>

#include "base/panic.h"
#include "sim/sim_int.h"
#include "store/store_fault.h"
#include "worker/worker_recover.h"

enum {
    BATCH_SPARE = 64, /* beside the largest command: batches end inside of commands */
    RING_MIN = 512,
    IDLE_FACTOR = 6, /* who found nothing to do looks again later */
    SLOW_FACTOR = 50,
    RESTART_US = 20000
};

static const int64_t SNAPSHOT_US = 60000000; /* as serve's, however fast the clock */

static void on_fatal(void *context, const char *what, int error)
{
    struct fx_sim_world *world = context;
    world->process.has_died = true;
    if (!fx_bus_disk_is_down(world->machine.disk)) {
        const bool is_sync = strcmp(what, "fdatasync") == 0;
        fx_sim_world_mark(world, is_sync ? FX_SIM_MARK_FSYNC_EIO : FX_SIM_MARK_WRITE_EIO);
    }
    fx_sim_world_trace(world, "journal: %s failed with %d: the process dies", what, error);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): an item is an enum
static void plan_step(struct fx_sim_world *world, enum fx_sim_item item, int64_t mean_us)
{
    const struct fx_sim_thing thing = {.item = item, .life = world->process.number};
    fx_sim_schedule_add(
        &world->schedule, fx_sim_stream_delay(&world->machine.pace, mean_us), &thing);
}

static int64_t mean_of(const struct fx_sim_world *world, enum fx_sim_item item)
{
    const struct fx_sim_plan *plan = &world->plan;
    const int64_t slow = world->machine.is_disk_slow ? SLOW_FACTOR : 1;
    switch ((int)item) {
    case FX_SIM_ITEM_ENGINE:
        return plan->engine_us;
    case FX_SIM_ITEM_JOURNAL:
        return plan->journal_us * slow;
    case FX_SIM_ITEM_PREPARE:
        return plan->journal_us * slow * 2;
    case FX_SIM_ITEM_SNAPSHOT:
        return plan->journal_us * slow * 4;
    case FX_SIM_ITEM_SAVER:
        return plan->saver_us;
    default:
        return world->machine.is_reader_slow ? plan->gateway_us * SLOW_FACTOR * 4
                                             : plan->gateway_us;
    }
}

/* I-36: what the tables have are whole commands. (A dump counts as the last word of its own.) */
static void check_watermark(struct fx_sim_world *world)
{
    static const uint64_t LAST = (1U << FX_SIM_OPERATION_BITS) - 1;
    const uint64_t watermark = fx_worker_saver_watermark(world->process.saver);
    const uint64_t index = watermark & LAST;
    const uint32_t count = fx_sim_history_events(world, watermark >> FX_SIM_OPERATION_BITS);
    FX_SIM_REQUIRE(world,
                   count == 0 || index == LAST || index + 1 == count,
                   "I-36 a command is in the tables as a whole");
}

static int step_once(struct fx_sim_world *world, enum fx_sim_item item)
{
    struct fx_sim_process *process = &world->process;
    const int64_t wall_us = fx_sim_world_wall_us(world);
    switch ((int)item) {
    case FX_SIM_ITEM_ENGINE:
        return fx_worker_engine_step(process->worker, wall_us);
    case FX_SIM_ITEM_JOURNAL:
        return fx_bus_journal_step(fx_worker_engine_journal(process->worker), wall_us);
    case FX_SIM_ITEM_PREPARE:
        return fx_bus_journal_prepare_step(fx_worker_engine_journal(process->worker), wall_us);
    case FX_SIM_ITEM_SNAPSHOT:
        return fx_worker_snapshot_step(fx_worker_engine_snapshot(process->worker), wall_us);
    case FX_SIM_ITEM_SAVER:
        return fx_worker_saver_step(process->saver, wall_us);
    default:
        fx_sim_gateway_pump(world);
        return 0;
    }
}

void fx_sim_process_step(struct fx_sim_world *world, enum fx_sim_item item)
{
    if (!world->process.is_up) {
        return;
    }
    const int done = step_once(world, item);
    if (item == FX_SIM_ITEM_SNAPSHOT && done > 0 && fx_bus_disk_is_down(world->machine.disk)) {
        fx_sim_world_mark(world, FX_SIM_MARK_CRASH_IN_SNAPSHOT);
    }
    if (item == FX_SIM_ITEM_SAVER && done > 0) {
        check_watermark(world);
    }
    if (item == FX_SIM_ITEM_GATEWAY || done > 0) {
        world->result->events += done > 0 ? 1 : 0;
        plan_step(world, item, mean_of(world, item));
    } else {
        plan_step(world, item, mean_of(world, item) * IDLE_FACTOR);
    }
}

bool fx_sim_process_is_idle(struct fx_sim_world *world)
{
    struct fx_sim_process *process = &world->process;
    if (!process->is_up || world->clients.open_count > 0) {
        return false;
    }
    struct fx_worker_engine_stats stats;
    fx_worker_engine_stats(process->worker, &stats);
    const struct fx_ring_broadcast *ring = fx_worker_engine_ring(process->worker);
    const uint64_t released = fx_ring_broadcast_released(ring);
    const uint64_t sequence = fx_engine_sequence(fx_worker_engine_engine(process->worker));
    return stats.intake_count == 0 && stats.durable == sequence &&
           world->history.released == sequence &&
           fx_ring_broadcast_cursor(ring, FX_WORKER_ENGINE_GATEWAY) == released &&
           fx_ring_broadcast_cursor(ring, FX_WORKER_ENGINE_SAVER) == released &&
           fx_worker_saver_watermark(process->saver) >> FX_SIM_OPERATION_BITS == sequence;
}

/* ---- start ------------------------------------------------------------------------------------
 */

static fx_status on_recovered(void *context, const struct fx_event events[], uint32_t count)
{
    struct fx_sim_world *world = context;
    fx_sim_history_recover(world, events, count);
    return FX_OK;
}

/* As serve's: what the tables have by now; of its start what they had then. */
static uint64_t saved_by(void *context)
{
    const struct fx_sim_process *process = &((const struct fx_sim_world *)context)->process;
    const uint64_t watermark = process->saver != NULL ? fx_worker_saver_watermark(process->saver)
                                                      : process->save.watermark;
    return watermark >> FX_SIM_OPERATION_BITS;
}

static fx_status open_save(struct fx_sim_world *world)
{
    struct fx_sim_process *process = &world->process;
    const struct fx_worker_save_options options = {.store = world->machine.store,
                                                   .shard = FX_STR("main"),
                                                   .worker = FX_STR("saver"),
                                                   .kinds = FX_WORKER_SAVE_ALL};
    const fx_status status = fx_worker_save_init(&process->save, &options);
    process->has_save = status == FX_OK;
    return status;
}

static uint32_t ring_capacity(const struct fx_engine_limits *limits)
{
    uint32_t capacity = RING_MIN;
    while (capacity < 2 * fx_engine_events_max(limits)) {
        capacity *= 2;
    }
    return capacity;
}

static fx_status open_worker(struct fx_sim_world *world)
{
    const struct fx_sim_plan *plan = &world->plan;
    struct fx_sim_process *process = &world->process;
    const struct fx_bus_journal_options journal = {.segment_size_bytes = plan->segment_bytes,
                                                   .frame_size_max = plan->frame_bytes,
                                                   .ring_size_bytes = plan->ring_bytes,
                                                   .on_fatal = on_fatal,
                                                   .fatal_context = world};
    const struct fx_worker_engine_options options = {.journal_dir = FX_SIM_JOURNAL_DIR,
                                                     .snapshot_dir = FX_SIM_SNAPSHOT_DIR,
                                                     .host = &world->machine.host,
                                                     .journal = &journal,
                                                     .limits = &plan->limits,
                                                     .mode = plan->mode,
                                                     .intake_capacity = plan->intake_capacity,
                                                     .ring_capacity = ring_capacity(&plan->limits),
                                                     .snapshot_commands = plan->snapshot_commands,
                                                     .snapshot_us = SNAPSHOT_US * plan->clock_speed,
                                                     .saved = {saved_by, world},
                                                     .on_recovered = on_recovered,
                                                     .recovered_context = world};
    return fx_worker_recover(&options, &process->save, &process->worker, &process->report);
}

static fx_status open_saver(struct fx_sim_world *world)
{
    struct fx_sim_process *process = &world->process;
    const struct fx_worker_saver_options options = {
        .save = &process->save,
        .ring = fx_worker_engine_ring(process->worker),
        .consumer = FX_WORKER_ENGINE_SAVER,
        .batch_max = fx_engine_events_max(&world->plan.limits) + BATCH_SPARE};
    return fx_worker_saver_create(&options, &process->saver);
}

static void note_start(struct fx_sim_world *world)
{
    const struct fx_worker_engine_report *report = &world->process.report;
    if (report->journal.tail != FX_BUS_JOURNAL_TAIL_CLEAN && report->journal.tail_bytes > 0) {
        fx_sim_world_mark(world, FX_SIM_MARK_TORN_TAIL);
    }
    if (report->snapshot_sequence > 0) {
        fx_sim_world_mark(world, FX_SIM_MARK_SNAPSHOT_USED);
    } else if (report->sequence > 1) {
        fx_sim_world_mark(world, FX_SIM_MARK_GENESIS_START);
    }
    if (world->machine.damaged_sequence > report->snapshot_sequence &&
        report->snapshot_sequence > 0) {
        fx_sim_world_mark(world, FX_SIM_MARK_SNAPSHOT_DAMAGED);
    }
    world->machine.damaged_sequence = 0;
    if (report->sequence > world->history.confirmed) {
        fx_sim_world_mark(world, FX_SIM_MARK_UNACKED_SURVIVED);
    }
    if (report->sequence > 0 &&
        world->recovery_count < sizeof world->recovery_hash / sizeof world->recovery_hash[0]) {
        world->recovery_sequence[world->recovery_count] = report->sequence;
        world->recovery_hash[world->recovery_count] = report->state_hash;
        world->recovery_count++;
    }
}

/* A start that did not succeed: was that as it should be? */
static void judge_failure(struct fx_sim_world *world, fx_status status)
{
    struct fx_sim_machine *machine = &world->machine;
    const bool is_explained =
        fx_bus_disk_is_down(machine->disk) || world->process.has_died ||
        machine->faults.read_error_at != 0 || machine->faults.write_error_at != 0 ||
        machine->faults.sync_error_at != 0 || status == FX_BUSY || status == FX_IO ||
        status == FX_STALE || (status == FX_NO_SPACE && machine->is_full);
    fx_sim_world_trace(
        world, "start failed: %s %s", fx_status_name(status), world->process.report.journal.text);
    if (status == FX_IO && machine->faults.read_error_at != 0) {
        fx_sim_world_mark(world, FX_SIM_MARK_READ_EIO);
    }
    if (status == FX_CORRUPT && machine->has_rot) {
        fx_sim_world_mark(world,
                          machine->rot_size == 1 ? FX_SIM_MARK_ROT_REFUSED
                                                 : FX_SIM_MARK_MISDIRECTED_REFUSED);
    } else if (status == FX_CORRUPT && machine->faults.read_flip_at != 0) {
        fx_sim_world_mark(world, FX_SIM_MARK_READ_FLIP_REFUSED); /* the next start reads it right */
    } else if (status == FX_CORRUPT && machine->is_ahead_expected) {
        fx_sim_world_mark(world, FX_SIM_MARK_STORE_AHEAD_REFUSED);
    } else if (!is_explained || status == FX_CORRUPT) {
        fx_sim_world_fail(world, "a start succeeds", world->process.report.journal.text);
    }
    fx_sim_fault_repair(world, status);
}

static void plan_agents(struct fx_sim_world *world)
{
    static const enum fx_sim_item ITEMS[] = {FX_SIM_ITEM_ENGINE,
                                             FX_SIM_ITEM_JOURNAL,
                                             FX_SIM_ITEM_PREPARE,
                                             FX_SIM_ITEM_SNAPSHOT,
                                             FX_SIM_ITEM_SAVER,
                                             FX_SIM_ITEM_GATEWAY};
    for (size_t index = 0; index < sizeof ITEMS / sizeof ITEMS[0]; index++) {
        plan_step(world, ITEMS[index], mean_of(world, ITEMS[index]));
    }
}

static void plan_restart(struct fx_sim_world *world)
{
    const struct fx_sim_thing thing = {.item = FX_SIM_ITEM_RESTART};
    fx_sim_schedule_add(
        &world->schedule, fx_sim_stream_delay(&world->machine.pace, RESTART_US), &thing);
}

void fx_sim_process_start(struct fx_sim_world *world)
{
    struct fx_sim_process *process = &world->process;
    FX_ASSERT(!process->is_up);
    const uint32_t number = process->number + 1;
    memset(process, 0, sizeof *process);
    process->number = number;
    world->result->restarts++;
    world->history.confirmed = world->history.known;
    fx_sim_fault_arm(world);
    fx_status status = open_save(world);
    if (status == FX_OK) {
        status = open_worker(world);
    }
    if (status == FX_OK) {
        status = open_saver(world);
    }
    if (status != FX_OK) {
        const bool is_down = fx_bus_disk_is_down(world->machine.disk);
        const bool is_recovered = process->report.sequence > 0; /* it was the tables that failed */
        judge_failure(world, status);
        fx_sim_process_drop(world);
        if (!is_recovered) {
            fx_sim_history_retract(world);
        }
        if (is_down) {
            fx_sim_world_mark(world, FX_SIM_MARK_CRASH_IN_RECOVERY);
            world->result->crashes++;
            fx_bus_disk_crash(world->machine.disk);
            fx_sim_history_cut(world);
            /* A process that was killed left what it had not synced in the page cache; the tables
             * may have it, and this cut may have taken it. */
            world->machine.is_ahead_expected = world->plan.mode != FX_BUS_JOURNAL_STRICT;
        } else {
            fx_bus_disk_kill_process(world->machine.disk);
        }
        plan_restart(world);
        return;
    }
    process->is_up = true;
    fx_sim_fault_scrub(world);
    fx_sim_world_trace(world,
                       "start %u: sequence %llu from snapshot %llu, %llu replayed",
                       number,
                       (unsigned long long)process->report.sequence,
                       (unsigned long long)process->report.snapshot_sequence,
                       (unsigned long long)process->report.replayed);
    note_start(world);
    fx_sim_history_restart(world, process->report.sequence);
    fx_sim_gateway_open(world);
    plan_agents(world);
}

/* ---- end --------------------------------------------------------------------------------------
 */

static void note_rolls(struct fx_sim_world *world)
{
    struct fx_bus_journal_stats stats;
    if (world->process.worker != NULL) {
        fx_bus_journal_stats(fx_worker_engine_journal(world->process.worker), &stats);
        world->result->marks.counts[FX_SIM_MARK_SEGMENT_ROLL] += stats.roll_count;
    }
}

void fx_sim_process_drop(struct fx_sim_world *world)
{
    struct fx_sim_process *process = &world->process;
    note_rolls(world);
    fx_sim_gateway_close(world);
    fx_worker_saver_destroy(process->saver);
    process->saver = NULL;
    fx_worker_engine_abandon(process->worker);
    process->worker = NULL;
    if (process->has_save) {
        fx_worker_save_deinit(&process->save);
        process->has_save = false;
    }
    process->is_up = false;
    fx_store_rollback(world->machine.store);
}

/* Less than strict, a failed sync loses what the power would have taken; tables may be ahead. */
static void count_crash(struct fx_sim_world *world, bool is_power_cut)
{
    world->result->crashes++;
    world->clients.crash_count++;
    world->machine.is_ahead_expected =
        (is_power_cut || world->process.has_died) && world->plan.mode != FX_BUS_JOURNAL_STRICT;
}

/* Nothing of the process is left; the machine goes on, or begins again. */
static void leave(struct fx_sim_world *world, bool is_power_cut)
{
    fx_sim_process_drop(world);
    if (is_power_cut) {
        fx_bus_disk_crash(world->machine.disk);
    } else {
        fx_bus_disk_kill_process(world->machine.disk);
    }
    plan_restart(world);
}

/* The last of it writes, too: a snapshot, and less than strict what was not synced. Where the disk
 * goes down or refuses meanwhile, the end was none: it takes what a crash takes. */
static bool finish_in_order(struct fx_sim_world *world)
{
    struct fx_sim_process *process = &world->process;
    const struct fx_bus_journal *journal = fx_worker_engine_journal(process->worker);
    const uint64_t synced = fx_bus_journal_synced_seq(journal);
    const uint64_t next = fx_bus_journal_next_seq(journal);
    note_rolls(world);
    fx_sim_gateway_drain(world);
    fx_worker_saver_destroy(process->saver);
    process->saver = NULL;
    fx_worker_engine_destroy(process->worker);
    process->worker = NULL;
    const bool is_power_cut = fx_bus_disk_is_down(world->machine.disk);
    if (!is_power_cut && !process->has_died) {
        fx_sim_history_stop(world);
        leave(world, false);
        return true;
    }
    /* A last sync that failed has said so; where none did, all of the journal is on the disk. */
    count_crash(world, is_power_cut);
    fx_sim_history_crash(world, process->has_died ? synced : next - 1, next, true);
    leave(world, is_power_cut);
    if (is_power_cut) {
        fx_sim_world_mark(world, FX_SIM_MARK_CRASH_IN_STOP);
        fx_sim_fault_cut_database(world);
    }
    return false;
}

/* As `serve` stops: what was taken is finished, durable and told; then a last snapshot. A consumer
 * or a disk that is stuck is not waited for. */
bool fx_sim_process_stop(struct fx_sim_world *world)
{
    static const int ROUNDS_MAX = 2000;
    struct fx_sim_process *process = &world->process;
    int64_t wall_us = fx_sim_world_wall_us(world);
    for (int round = 0; round < ROUNDS_MAX && !process->has_died; round++) {
        struct fx_worker_engine_stats stats;
        wall_us += 100;
        (void)fx_worker_engine_step(process->worker, wall_us);
        (void)fx_bus_journal_step(fx_worker_engine_journal(process->worker), wall_us);
        (void)fx_bus_journal_prepare_step(fx_worker_engine_journal(process->worker), wall_us);
        (void)fx_worker_saver_step(process->saver, wall_us);
        fx_sim_gateway_pump(world);
        fx_worker_engine_stats(process->worker, &stats);
        if (stats.intake_count == 0 &&
            stats.durable == fx_engine_sequence(fx_worker_engine_engine(process->worker))) {
            break;
        }
    }
    if (process->has_died || fx_bus_disk_is_down(world->machine.disk)) {
        return false; /* the world sees to it */
    }
    (void)fx_worker_engine_step(process->worker, wall_us);
    fx_sim_gateway_pump(world);
    while (fx_worker_snapshot_step(fx_worker_engine_snapshot(process->worker), wall_us) > 0) {
        /* what was offered */
    }
    return finish_in_order(world);
}

void fx_sim_process_die(struct fx_sim_world *world, bool is_power_cut)
{
    struct fx_sim_process *process = &world->process;
    FX_ASSERT(process->is_up);
    const struct fx_bus_journal *journal = fx_worker_engine_journal(process->worker);
    count_crash(world, is_power_cut);
    fx_sim_gateway_drain(world);
    fx_sim_history_crash(world,
                         fx_bus_journal_synced_seq(journal),
                         fx_bus_journal_next_seq(journal),
                         is_power_cut || process->has_died);
    leave(world, is_power_cut);
}
