/* What goes wrong, when, and for how long. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/panic.h"
#include "bus/bus_snapshot.h"
#include "sim/sim_int.h"
#include "store/store_fault.h"
#include "store/store_sqlite.h"

enum {
    OPENING_CRASH_PPM = 150000,
    READ_ERROR_PPM = 40000,
    READ_FLIP_PPM = 100000,
    SOON_OPERATIONS = 40,
    RELIEF_US = 60000,
    JUMP_US = 1800000000, /* half an hour: ids are remembered for a day */
    ROLL_BACK_PPM = 300000,
    LOSE_STORE_PPM = 30000,
    KEEP_PPM = 100000 /* of commits after which the database syncs */
};

/* ---- the disk ---------------------------------------------------------------------------------
 */

static void set_disk(struct fx_sim_world *world)
{
    struct fx_sim_machine *machine = &world->machine;
    world->result->disk_operations += fx_bus_disk_op_count(machine->disk);
    fx_bus_disk_set_faults(machine->disk, machine->faults);
}

/* Before a start: what lasts, and what may meet the recovery. */
void fx_sim_fault_arm(struct fx_sim_world *world)
{
    struct fx_sim_machine *machine = &world->machine;
    const uint64_t capacity = machine->faults.capacity_bytes;
    const uint64_t crash_at = world->options->crash_at;
    machine->faults = (struct fx_bus_disk_faults){.crash_at = 0};
    if (crash_at != 0) {
        const uint64_t done = world->result->disk_operations + fx_bus_disk_op_count(machine->disk);
        machine->faults.crash_at = done < crash_at ? crash_at - done : 0;
    } else if (!machine->is_quiet) {
        machine->faults.capacity_bytes = capacity;
        machine->faults.short_write_ppm = world->plan.short_write_ppm;
        machine->faults.is_drop_cache_ignored = world->plan.is_drop_cache_ignored;
        if (!world->process.is_up && world->process.number > 1) {
            const bool is_crashing = fx_sim_stream_chance(&machine->rng, OPENING_CRASH_PPM);
            const bool is_unreadable = fx_sim_stream_chance(&machine->rng, READ_ERROR_PPM);
            const bool is_lying = fx_sim_stream_chance(&machine->rng, READ_FLIP_PPM);
            const uint64_t at = 1 + fx_rng_below(&machine->rng, SOON_OPERATIONS);
            machine->faults.crash_at = is_crashing ? at : 0;
            machine->faults.read_error_at = is_unreadable && !is_crashing ? at : 0;
            machine->faults.read_flip_at = is_lying && !is_crashing && !is_unreadable ? at : 0;
        }
    }
    set_disk(world);
    const struct fx_store_faults none = {.cut_ppm = 0};
    fx_store_fault_set(machine->store,
                       machine->is_store_failing && !machine->is_quiet ? &world->plan.store
                                                                       : &none);
}

static void plan_relief(struct fx_sim_world *world, enum fx_sim_plan_fault fault)
{
    const struct fx_sim_thing thing = {.item = FX_SIM_ITEM_RELIEF, .number = fault};
    fx_sim_schedule_add(
        &world->schedule, fx_sim_stream_delay(&world->machine.rng, RELIEF_US), &thing);
}

static void fill_disk(struct fx_sim_world *world)
{
    struct fx_sim_machine *machine = &world->machine;
    struct fx_bus_file_space space;
    const struct fx_bus_file_system system = fx_bus_disk_system(machine->disk);
    machine->faults.capacity_bytes = UINT64_MAX / 2;
    set_disk(world);
    if (system.ops->space(system.disk, FX_SIM_JOURNAL_DIR, &space) != 0) {
        return;
    }
    const uint64_t used = UINT64_MAX / 2 - space.free_bytes;
    machine->faults.capacity_bytes =
        used + fx_rng_below(&machine->rng, 4ULL * world->plan.segment_bytes) + 1;
    machine->is_full = true;
    set_disk(world);
    fx_sim_world_mark(world, FX_SIM_MARK_ENOSPC);
    plan_relief(world, FX_SIM_PLAN_FULL_DISK);
}

/* ---- snapshots and rot ------------------------------------------------------------------------
 */

static void damage_snapshot(struct fx_sim_world *world)
{
    struct fx_sim_machine *machine = &world->machine;
    const struct fx_bus_file_system system = fx_bus_disk_system(machine->disk);
    uint64_t sequences[8];
    size_t count = 0;
    char name[FX_BUS_FILE_NAME_SIZE_MAX];
    char path[FX_BUS_FILE_PATH_SIZE_MAX];
    if (fx_bus_snapshot_list(&system, FX_SIM_SNAPSHOT_DIR, sequences, 8, &count) != FX_OK ||
        count == 0) {
        return;
    }
    (void)snprintf(name, sizeof name, "snap-%020" PRIu64 ".bin", sequences[0]);
    FX_ASSERT(fx_bus_file_join(FX_SIM_SNAPSHOT_DIR, name, path));
    const uint64_t size = fx_bus_disk_file_size(machine->disk, path);
    if (size == 0) {
        return; /* the power has taken it */
    }
    const uint64_t offset = fx_rng_below(&machine->rng, size);
    char byte = 0;
    if (fx_bus_disk_peek(machine->disk, path, offset, &byte) &&
        fx_bus_disk_poke(machine->disk, path, offset, (char)(byte ^ 0x10))) {
        machine->damaged_sequence = sequences[0];
        fx_sim_world_trace(world, "a byte of %s is damaged", name);
    }
}

struct segments {
    char names[2][FX_BUS_FILE_NAME_SIZE_MAX]; /* the two newest */
    uint32_t count;
};

static void add_segment(void *context, const char *name)
{
    struct segments *segments = context;
    uint64_t first_seq = 0;
    if (!fx_bus_journal_segment_parse_name(name, &first_seq)) {
        return;
    }
    segments->count++;
    if (strcmp(name, segments->names[1]) > 0) {
        memcpy(segments->names[0], segments->names[1], sizeof segments->names[0]);
        (void)fx_str_copy(fx_str_of(name), segments->names[1], sizeof segments->names[1]);
    } else if (strcmp(name, segments->names[0]) > 0) {
        (void)fx_str_copy(fx_str_of(name), segments->names[0], sizeof segments->names[0]);
    }
}

/* What the damaged bytes of the journal are from now on. */
static void damage(struct fx_sim_world *world, const char bytes[])
{
    struct fx_sim_machine *machine = &world->machine;
    for (uint32_t index = 0; index < machine->rot_size; index++) {
        const uint64_t at = machine->rot_offset + index;
        FX_ASSERT(
            fx_bus_disk_peek(machine->disk, machine->rot_path, at, &machine->rot_bytes[index]));
        FX_ASSERT(fx_bus_disk_poke(machine->disk, machine->rot_path, at, bytes[index]));
    }
}

/* A byte has changed. */
static void turn_bit(struct fx_sim_world *world, uint64_t size)
{
    struct fx_sim_machine *machine = &world->machine;
    char byte = 0;
    machine->rot_size = 1;
    machine->rot_offset = fx_rng_below(&machine->rng, size);
    FX_ASSERT(fx_bus_disk_peek(machine->disk, machine->rot_path, machine->rot_offset, &byte));
    byte = (char)(byte ^ 0x04);
    damage(world, &byte);
}

/* A sector of the newest segment was written to the place of one that had been acknowledged.
 * @return false where it says what was there. */
static bool misdirect(struct fx_sim_world *world, const char *newest, uint64_t size)
{
    struct fx_sim_machine *machine = &world->machine;
    char bytes[FX_BUS_DISK_SECTOR_SIZE];
    char path[FX_BUS_FILE_PATH_SIZE_MAX];
    FX_ASSERT(fx_bus_file_join(FX_SIM_JOURNAL_DIR, newest, path));
    const uint64_t here = fx_bus_disk_file_size(machine->disk, path) / sizeof bytes;
    const uint64_t there = size / sizeof bytes;
    if (here == 0 || there == 0) {
        return false;
    }
    const uint64_t source = fx_rng_below(&machine->rng, here) * sizeof bytes;
    bool is_other = false;
    machine->rot_size = sizeof bytes;
    machine->rot_offset = fx_rng_below(&machine->rng, there) * sizeof bytes;
    for (uint32_t index = 0; index < sizeof bytes; index++) {
        char byte = 0;
        FX_ASSERT(fx_bus_disk_peek(machine->disk, path, source + index, &bytes[index]));
        FX_ASSERT(
            fx_bus_disk_peek(machine->disk, machine->rot_path, machine->rot_offset + index, &byte));
        is_other = is_other || byte != bytes[index];
    }
    if (is_other) {
        damage(world, bytes);
    }
    return is_other;
}

/* Bytes of a segment that is complete: the frames behind them show that it is no torn tail. */
static void let_rot(struct fx_sim_world *world)
{
    struct fx_sim_machine *machine = &world->machine;
    const struct fx_bus_file_system system = fx_bus_disk_system(machine->disk);
    struct segments segments = {.count = 0};
    if (machine->has_rot || !world->process.is_up ||
        system.ops->list(system.disk, FX_SIM_JOURNAL_DIR, add_segment, &segments) != 0 ||
        segments.count < 2) {
        return;
    }
    FX_ASSERT(fx_bus_file_join(FX_SIM_JOURNAL_DIR, segments.names[0], machine->rot_path));
    const uint64_t size = fx_bus_disk_file_size(machine->disk, machine->rot_path);
    if (fx_rng_below(&machine->rng, 2) == 0) {
        turn_bit(world, size);
    } else if (!misdirect(world, segments.names[1], size)) {
        return;
    }
    machine->has_rot = true;
    fx_sim_world_trace(
        world, "%s of %s rots", machine->rot_size == 1 ? "a byte" : "a sector", segments.names[0]);
    fx_sim_process_die(world, false);
}

/* From a copy, as an operator would. */
void fx_sim_fault_scrub(struct fx_sim_world *world)
{
    struct fx_sim_machine *machine = &world->machine;
    for (uint32_t index = 0; machine->has_rot && index < machine->rot_size; index++) {
        (void)fx_bus_disk_poke(machine->disk,
                               machine->rot_path,
                               machine->rot_offset + index,
                               machine->rot_bytes[index]);
    }
    machine->has_rot = false;
    if (machine->faults.read_error_at != 0 || machine->faults.read_flip_at != 0) {
        machine->faults.read_error_at = 0; /* they were for the start */
        machine->faults.read_flip_at = 0;
        set_disk(world);
    }
}

/* ---- the database -----------------------------------------------------------------------------
 */

static void copy_database(struct fx_store *source, struct fx_store *target)
{
    fx_store_rollback(source);
    fx_store_rollback(target);
    const fx_status status = fx_store_sqlite_clone(source, target);
    FX_ASSERT(status == FX_OK);
}

static void lose_database(struct fx_sim_world *world)
{
    struct fx_store *empty = NULL;
    const fx_status status = fx_sim_world_open_database(&empty);
    FX_ASSERT(status == FX_OK);
    copy_database(empty, world->machine.database);
    copy_database(empty, world->machine.platter);
    fx_store_close(empty);
    fx_sim_world_mark(world, FX_SIM_MARK_STORE_LOST);
    fx_sim_world_trace(world, "the database is lost");
}

/* The database syncs at times; the power takes what came after. */
void fx_sim_fault_cut_database(struct fx_sim_world *world)
{
    struct fx_sim_machine *machine = &world->machine;
    if (machine->is_quiet) {
        return;
    }
    if (fx_sim_stream_chance(&machine->rng, LOSE_STORE_PPM)) {
        lose_database(world);
    } else if (fx_sim_stream_chance(&machine->rng, ROLL_BACK_PPM)) {
        copy_database(machine->platter, machine->database);
        fx_sim_world_mark(world, FX_SIM_MARK_STORE_ROLLED_BACK);
        fx_sim_world_trace(world, "the database has lost its last transactions");
    } else {
        copy_database(machine->database, machine->platter);
    }
}

void fx_sim_fault_cut_power(struct fx_sim_world *world)
{
    fx_sim_world_mark(world, FX_SIM_MARK_POWER_CUT);
    fx_sim_world_trace(world, "the power fails");
    fx_sim_process_die(world, true);
    fx_sim_fault_cut_database(world);
}

void fx_sim_fault_repair(struct fx_sim_world *world, fx_status status)
{
    struct fx_sim_machine *machine = &world->machine;
    if (status == FX_CORRUPT && machine->has_rot) {
        fx_sim_fault_scrub(world);
    } else if (status == FX_CORRUPT && machine->is_ahead_expected) {
        lose_database(world);
    } else if (status == FX_NO_SPACE) {
        fx_sim_fault_relieve(world, FX_SIM_PLAN_FULL_DISK);
    }
}

/* ---- clocks and pace --------------------------------------------------------------------------
 */

static void jump_clock(struct fx_sim_world *world)
{
    struct fx_rng *rng = &world->machine.rng;
    const int64_t most = fx_rng_below(rng, 3) == 0 ? JUMP_US : JUMP_US / 1000;
    const int64_t jump_us = fx_rng_between(rng, -most, most);
    world->machine.clock.offset_us += jump_us;
    fx_sim_world_mark(world, jump_us < 0 ? FX_SIM_MARK_CLOCK_BACK : FX_SIM_MARK_CLOCK_AHEAD);
    fx_sim_world_trace(world, "the clock jumps by %lld us", (long long)jump_us);
}

void fx_sim_fault_relieve(struct fx_sim_world *world, uint32_t kind)
{
    struct fx_sim_machine *machine = &world->machine;
    const struct fx_store_faults none = {.cut_ppm = 0};
    switch (kind) {
    case FX_SIM_PLAN_FULL_DISK:
        if (machine->is_full) {
            machine->is_full = false;
            machine->faults.capacity_bytes = 0;
            set_disk(world);
        }
        break;
    case FX_SIM_PLAN_CLOCK_FREEZE:
        machine->clock.frozen_us = 0;
        break;
    case FX_SIM_PLAN_STORE:
        machine->is_store_failing = false;
        fx_store_fault_set(machine->store, &none);
        break;
    case FX_SIM_PLAN_SLOW_READER:
        machine->is_reader_slow = false;
        break;
    case FX_SIM_PLAN_SLOW_DISK:
        machine->is_disk_slow = false;
        break;
    default:
        break;
    }
}

void fx_sim_fault_stop(struct fx_sim_world *world)
{
    struct fx_sim_machine *machine = &world->machine;
    machine->is_quiet = true;
    fx_sim_fault_scrub(world);
    for (uint32_t kind = 0; kind < FX_SIM_PLAN_FAULTS; kind++) {
        fx_sim_fault_relieve(world, kind);
    }
    fx_sim_fault_arm(world);
}

/* ---- now --------------------------------------------------------------------------------------
 */

static void stop_in_order(struct fx_sim_world *world)
{
    fx_sim_world_mark(world, FX_SIM_MARK_ORDERLY_RESTART);
    fx_sim_world_trace(world, "stop");
    (void)fx_sim_process_stop(world);
}

static void set_one_shot(struct fx_sim_world *world, enum fx_sim_plan_fault fault)
{
    struct fx_sim_machine *machine = &world->machine;
    const uint64_t at = 1 + fx_rng_below(&machine->rng, SOON_OPERATIONS);
    machine->faults.crash_at = fault == FX_SIM_PLAN_POWER_CUT_SOON ? at : 0;
    machine->faults.write_error_at = fault == FX_SIM_PLAN_WRITE_ERROR ? at : 0;
    machine->faults.sync_error_at = fault == FX_SIM_PLAN_SYNC_ERROR ? at : 0;
    machine->faults.read_error_at = 0;
    set_disk(world);
}

static void disturb(struct fx_sim_world *world, enum fx_sim_plan_fault fault)
{
    struct fx_sim_machine *machine = &world->machine;
    plan_relief(world, fault);
    if (fault == FX_SIM_PLAN_CLOCK_FREEZE) {
        machine->clock.frozen_us = fx_sim_world_wall_us(world);
        fx_sim_world_mark(world, FX_SIM_MARK_CLOCK_FROZEN);
    } else if (fault == FX_SIM_PLAN_STORE) {
        machine->is_store_failing = true;
        fx_store_fault_set(machine->store, &world->plan.store);
    } else if (fault == FX_SIM_PLAN_SLOW_READER) {
        machine->is_reader_slow = true;
    } else {
        machine->is_disk_slow = true;
    }
}

static void strike_process(struct fx_sim_world *world, enum fx_sim_plan_fault fault)
{
    switch ((int)fault) {
    case FX_SIM_PLAN_POWER_CUT:
        fx_sim_fault_cut_power(world);
        break;
    case FX_SIM_PLAN_KILL:
        fx_sim_world_mark(world, FX_SIM_MARK_PROCESS_KILL);
        fx_sim_world_trace(world, "kill");
        fx_sim_process_die(world, false);
        break;
    case FX_SIM_PLAN_ORDERLY:
        stop_in_order(world);
        break;
    case FX_SIM_PLAN_DAMAGE_SNAPSHOT:
        damage_snapshot(world);
        fx_sim_process_die(world, false);
        break;
    default:
        let_rot(world);
        break;
    }
}

void fx_sim_fault_strike(struct fx_sim_world *world)
{
    uint64_t sum = 0;
    for (uint32_t fault = 0; fault < FX_SIM_PLAN_FAULTS; fault++) {
        sum += world->plan.faults[fault];
    }
    if (sum == 0) {
        return;
    }
    const enum fx_sim_plan_fault fault = (enum fx_sim_plan_fault)fx_sim_stream_pick(
        &world->machine.rng, world->plan.faults, FX_SIM_PLAN_FAULTS);
    switch ((int)fault) {
    case FX_SIM_PLAN_POWER_CUT:
    case FX_SIM_PLAN_KILL:
    case FX_SIM_PLAN_ORDERLY:
    case FX_SIM_PLAN_DAMAGE_SNAPSHOT:
    case FX_SIM_PLAN_ROT:
        if (world->process.is_up) {
            strike_process(world, fault);
        }
        break;
    case FX_SIM_PLAN_POWER_CUT_SOON:
    case FX_SIM_PLAN_WRITE_ERROR:
    case FX_SIM_PLAN_SYNC_ERROR:
        set_one_shot(world, fault);
        break;
    case FX_SIM_PLAN_FULL_DISK:
        fill_disk(world);
        break;
    case FX_SIM_PLAN_CLOCK_JUMP:
        jump_clock(world);
        break;
    case FX_SIM_PLAN_CLOCK_FREEZE:
    case FX_SIM_PLAN_STORE:
    case FX_SIM_PLAN_SLOW_READER:
    case FX_SIM_PLAN_SLOW_DISK:
    case FX_SIM_PLAN_FAULTS:
        disturb(world, fault);
        break;
    }
}
