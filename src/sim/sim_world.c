/* The world: what there is, and the loop in which things happen one after the other. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "sim/sim_int.h"
#include "store/store_fault.h"
#include "store/store_migrate.h"
#include "store/store_sqlite.h"

enum {
    SETUP_ROUNDS_MAX = 10000,
    QUIET_US_MAX = 120000000, /* virtual: so long may it take until all is well again */
    TURNS_MAX = 20000000      /* of the loop: a world that never ends is a bug, too */
};

/* 2026-01-01T00:00:00Z: any time that is not near 0. */
static const int64_t BEGIN_US = 1767225600LL * 1000000;

int64_t fx_sim_world_wall_us(void *context)
{
    const struct fx_sim_world *world = context;
    const struct fx_sim_clock *clock = &world->machine.clock;
    const int64_t elapsed_us = world->schedule.now_us - BEGIN_US;
    return clock->frozen_us != 0
               ? clock->frozen_us
               : world->plan.begin_us + elapsed_us * world->plan.clock_speed + clock->offset_us;
}

void fx_sim_world_fail(struct fx_sim_world *world, const char *promise, const char *what)
{
    if (!world->result->is_violated) {
        world->result->is_violated = true;
        (void)snprintf(
            world->result->violation, sizeof world->result->violation, "%s: %s", promise, what);
        fx_sim_world_trace(world, "BROKEN %s", world->result->violation);
    }
}

void fx_sim_world_mark(struct fx_sim_world *world, enum fx_sim_mark mark)
{
    fx_sim_mark_hit(&world->result->marks, mark);
}

void fx_sim_world_trace(struct fx_sim_world *world, const char *format, ...)
{
    if (!world->options->is_traced) {
        return;
    }
    va_list arguments;
    (void)printf("%10llu %12lld us  ",
                 (unsigned long long)world->result->events,
                 (long long)(world->schedule.now_us - BEGIN_US));
    va_start(arguments, format);
    (void)vprintf(format, arguments);
    va_end(arguments);
    (void)putchar('\n');
}

bool fx_sim_world_is_over(const struct fx_sim_world *world)
{
    return world->result->is_violated ||
           (world->options->until != 0 && world->result->events >= world->options->until);
}

/* ---- beginning and end ------------------------------------------------------------------------
 */

fx_status fx_sim_world_open_database(struct fx_store **store_out)
{
    uint32_t applied = 0;
    fx_status status = fx_store_sqlite_open(":memory:", FX_STORE_SQLITE_WRITER, store_out);
    if (status == FX_OK) {
        status = fx_store_migrate(*store_out, &applied);
    }
    return status;
}

static fx_status build(struct fx_sim_world *world)
{
    struct fx_sim_machine *machine = &world->machine;
    const uint64_t seed = world->options->seed;
    fx_sim_stream_init(&machine->rng, seed, "strikes");
    fx_sim_stream_init(&machine->pace, seed, "pace");
    fx_sim_stream_init(&world->market, seed, "market");
    machine->disk = fx_bus_disk_create(seed);
    if (machine->disk == NULL) {
        return FX_NO_MEMORY;
    }
    machine->host = (struct fx_worker_host){.system = fx_bus_disk_system(machine->disk),
                                            .clock = fx_sim_world_wall_us,
                                            .clock_context = world};
    fx_status status = fx_sim_world_open_database(&machine->database);
    if (status == FX_OK) {
        status = fx_sim_world_open_database(&machine->platter);
    }
    if (status == FX_OK) {
        status = fx_store_fault_open(machine->database, seed, &machine->store);
    }
    if (status == FX_OK) {
        status = fx_sim_history_init(world);
    }
    if (status == FX_OK) {
        status = fx_sim_ledger_init(world);
    }
    fx_sim_client_init(world);
    fx_sim_movement_init(&world->movements);
    return status;
}

static void tear_down(struct fx_sim_world *world)
{
    struct fx_sim_machine *machine = &world->machine;
    fx_sim_process_drop(world);
    fx_store_close(machine->store);
    fx_store_close(machine->platter);
    fx_store_close(machine->database);
    fx_bus_disk_destroy(machine->disk);
    fx_sim_history_deinit(world);
    fx_sim_ledger_deinit(world);
    fx_sim_movement_deinit(&world->movements);
}

static void plan_chaos(struct fx_sim_world *world)
{
    for (uint32_t client = 0; client < world->plan.client_count; client++) {
        const struct fx_sim_thing thing = {.item = FX_SIM_ITEM_CLIENT, .number = client};
        fx_sim_schedule_add(&world->schedule, client, &thing);
    }
    const struct fx_sim_thing mark = {.item = FX_SIM_ITEM_MARK};
    fx_sim_schedule_add(&world->schedule, 0, &mark);
    const struct fx_sim_thing fault = {.item = FX_SIM_ITEM_FAULT};
    fx_sim_schedule_add(&world->schedule, world->plan.fault_us, &fault);
}

/* ---- the loop ---------------------------------------------------------------------------------
 */

static void move_market(struct fx_sim_world *world)
{
    struct fx_command command;
    const struct fx_sim_thing again = {.item = FX_SIM_ITEM_MARK};
    if (fx_sim_feed_draw(world, &command) && world->process.is_up) {
        (void)fx_sim_gateway_take(world, 0, &command);
        world->result->events++;
    }
    if (world->phase == FX_SIM_PHASE_CHAOS) {
        fx_sim_schedule_add(
            &world->schedule, fx_sim_stream_delay(&world->market, world->plan.mark_us), &again);
    }
}

static void strike(struct fx_sim_world *world)
{
    const struct fx_sim_thing again = {.item = FX_SIM_ITEM_FAULT};
    if (world->phase != FX_SIM_PHASE_CHAOS) {
        return;
    }
    fx_sim_fault_strike(world);
    world->result->events++;
    fx_sim_schedule_add(
        &world->schedule, fx_sim_stream_delay(&world->machine.rng, world->plan.fault_us), &again);
}

static void happen(struct fx_sim_world *world, const struct fx_sim_thing *thing)
{
    if (thing->life != 0 && thing->life != world->process.number) {
        return; /* of a process that is no more */
    }
    switch ((enum fx_sim_item)thing->item) {
    case FX_SIM_ITEM_MARK:
        move_market(world);
        break;
    case FX_SIM_ITEM_CLIENT:
        fx_sim_client_act(world, thing->number);
        break;
    case FX_SIM_ITEM_DELIVER:
        fx_sim_client_deliver(world, thing->number);
        break;
    case FX_SIM_ITEM_RECEIVE:
        fx_sim_client_receive(world, thing->number);
        break;
    case FX_SIM_ITEM_EXPIRE:
        fx_sim_client_expire(world, thing->number, thing->detail);
        break;
    case FX_SIM_ITEM_FAULT:
        strike(world);
        break;
    case FX_SIM_ITEM_RESTART:
        if (!world->process.is_up) {
            fx_sim_process_start(world);
            world->result->events++;
        }
        break;
    case FX_SIM_ITEM_RELIEF:
        fx_sim_fault_relieve(world, thing->number);
        break;
    case FX_SIM_ITEM_ENGINE:
    case FX_SIM_ITEM_JOURNAL:
    case FX_SIM_ITEM_PREPARE:
    case FX_SIM_ITEM_SNAPSHOT:
    case FX_SIM_ITEM_SAVER:
    case FX_SIM_ITEM_GATEWAY:
        fx_sim_process_step(world, (enum fx_sim_item)thing->item);
        break;
    }
}

/* A process whose journal gave up aborts; a machine without power has no process. */
static void bury(struct fx_sim_world *world)
{
    if (!world->process.is_up) {
        return;
    }
    if (fx_bus_disk_is_down(world->machine.disk)) {
        fx_sim_fault_cut_power(world);
    } else if (world->process.has_died) {
        fx_sim_process_die(world, false);
    }
}

/* ---- the course of a world --------------------------------------------------------------------
 */

static void step_all(struct fx_sim_world *world)
{
    struct fx_sim_process *process = &world->process;
    const int64_t wall_us = fx_sim_world_wall_us(world);
    (void)fx_worker_engine_step(process->worker, wall_us);
    (void)fx_bus_journal_prepare_step(fx_worker_engine_journal(process->worker), wall_us);
    (void)fx_bus_journal_step(fx_worker_engine_journal(process->worker), wall_us);
    (void)fx_worker_saver_step(process->saver, wall_us);
    fx_sim_gateway_pump(world);
}

/* An end in order is synced: less than strict, the power cannot take all of it afterwards. */
static bool is_set_up_kept(struct fx_sim_world *world)
{
    return world->plan.mode == FX_BUS_JOURNAL_STRICT || fx_sim_process_stop(world);
}

/* Contracts, accounts and money, one command after the other. How far it came is the length of the
 * log: the power may fail here too, where it is told to (crash_at). */
static void set_up(struct fx_sim_world *world)
{
    struct fx_sim_process *process = &world->process;
    struct fx_command command;
    uint64_t submitted = 0; /* behind this one the last command was handed in */
    int rounds = 0;
    for (; rounds < SETUP_ROUNDS_MAX && !world->result->is_violated; rounds++) {
        if (!process->is_up) {
            submitted = 0;
            fx_sim_process_start(world);
            continue;
        }
        const uint64_t released = world->history.released;
        if (released > 0 && !fx_sim_setup_command(world, (uint32_t)released - 1, &command)) {
            if (is_set_up_kept(world)) {
                break;
            }
            bury(world);
            continue;
        }
        if (released > 0 && released != submitted) {
            FX_ASSERT(fx_worker_engine_submit(process->worker, 0, &command));
            submitted = released;
        }
        step_all(world);
        bury(world);
    }
    FX_SIM_REQUIRE(world, rounds < SETUP_ROUNDS_MAX, "the exchange can be prepared");
}

static bool is_chaos_over(const struct fx_sim_world *world)
{
    const uint32_t cut = world->options->cut.requests_max;
    const uint32_t planned = world->plan.request_count;
    return world->result->requests >= (cut != 0 && cut < planned ? cut : planned);
}

static void change_phase(struct fx_sim_world *world)
{
    if (world->phase == FX_SIM_PHASE_CHAOS && is_chaos_over(world)) {
        world->phase = FX_SIM_PHASE_QUIET;
        world->quiet_us = world->schedule.now_us;
        fx_sim_fault_stop(world);
        fx_sim_world_trace(world, "the faults stop");
    }
    if (world->phase == FX_SIM_PHASE_QUIET &&
        world->schedule.now_us - world->quiet_us > QUIET_US_MAX) {
        fx_sim_world_fail(world, "liveness", "the world did not come to rest");
    }
}

static void run(struct fx_sim_world *world)
{
    struct fx_sim_thing thing;
    uint64_t turns = 0;
    while (!fx_sim_world_is_over(world) && fx_sim_schedule_next(&world->schedule, &thing)) {
        happen(world, &thing);
        bury(world);
        change_phase(world);
        turns++;
        if (world->phase == FX_SIM_PHASE_QUIET && fx_sim_process_is_idle(world)) {
            world->result->is_done = true;
            return;
        }
        if (turns > TURNS_MAX) {
            fx_sim_world_fail(world, "liveness", "the world does not end");
        }
    }
}

static void check_end(struct fx_sim_world *world)
{
    const struct fx_engine *engine = fx_worker_engine_engine(world->process.worker);
    fx_engine_check(engine);
    world->result->commands = fx_engine_sequence(engine);
    world->result->state_hash = fx_engine_hash(engine);
    fx_sim_ledger_audit(world, engine);
    fx_sim_ledger_rest(world);
    fx_sim_gateway_check(world);
    fx_sim_history_check(world);
}

static void note_store(struct fx_sim_world *world)
{
    struct fx_store_fault_counts counts;
    fx_store_fault_counts(world->machine.store, &counts);
    uint64_t *marks = world->result->marks.counts;
    marks[FX_SIM_MARK_STORE_BUSY] += counts.begin_busy;
    marks[FX_SIM_MARK_STORE_DEADLOCK] += counts.deadlock;
    marks[FX_SIM_MARK_STORE_CUT] += counts.cut;
    marks[FX_SIM_MARK_STORE_COMMIT_LOST] += counts.commit_lost;
    marks[FX_SIM_MARK_STORE_COMMIT_UNKNOWN] += counts.commit_unknown;
    marks[FX_SIM_MARK_SHORT_WRITE] += world->plan.short_write_ppm > 0 ? 1 : 0;
}

static void live(struct fx_sim_world *world)
{
    world->phase = FX_SIM_PHASE_SETUP;
    world->machine.is_quiet = true;
    set_up(world);
    if (world->result->is_violated) {
        return;
    }
    world->phase = FX_SIM_PHASE_CHAOS;
    world->machine.is_quiet = false;
    fx_sim_fault_arm(world);
    plan_chaos(world);
    run(world);
    if (world->result->is_done) {
        check_end(world);
    }
    note_store(world);
}

static void apply_cut(struct fx_sim_world *world)
{
    const struct fx_sim_cut *cut = &world->options->cut;
    struct fx_sim_plan *plan = &world->plan;
    if (cut->clients_max != 0 && cut->clients_max < plan->client_count) {
        plan->client_count = cut->clients_max;
    }
    for (uint32_t fault = 0; fault < FX_SIM_PLAN_FAULTS; fault++) {
        if ((cut->fault_mask >> fault & 1U) != 0 || world->options->crash_at != 0) {
            plan->faults[fault] = 0;
        }
    }
    if (cut->is_network_kind) {
        plan->lost_ppm = 0;
        plan->doubled_ppm = 0;
        plan->late_ppm = 0;
    }
    if (cut->is_store_kind) {
        memset(&plan->store, 0, sizeof plan->store);
    }
}

fx_status fx_sim_world_run(const struct fx_sim_options *options, struct fx_sim_result *result)
{
    static const enum fx_sim_mark MODES[] = {FX_SIM_MARK_MODE_STRICT,
                                             FX_SIM_MARK_MODE_STRICT,
                                             FX_SIM_MARK_MODE_RELAXED,
                                             FX_SIM_MARK_MODE_NONE};
    struct fx_sim_world *world = calloc(1, sizeof *world);
    if (world == NULL) {
        return FX_NO_MEMORY;
    }
    memset(result, 0, sizeof *result);
    result->seed = options->seed;
    world->options = options;
    world->result = result;
    fx_sim_plan_draw(&world->plan, options->seed);
    apply_cut(world);
    fx_sim_schedule_init(&world->schedule, BEGIN_US);
    const fx_status status = build(world);
    if (status == FX_OK) {
        fx_sim_mark_hit(&result->marks, MODES[world->plan.mode]);
        fx_sim_world_trace(world,
                           "%u users, %u clients, %u contracts, clock x %u, mode %d%s",
                           world->plan.user_count,
                           world->plan.client_count,
                           world->plan.contract_count,
                           world->plan.clock_speed,
                           (int)world->plan.mode,
                           world->plan.has_wall ? ", a wall of dated orders" : "");
        live(world);
    }
    result->disk_operations += fx_bus_disk_op_count(world->machine.disk);
    tear_down(world);
    free(world);
    return status;
}
