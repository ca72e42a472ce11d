/* worker/worker_lead: whoever is killed, stopped or cut off at whatever step, who reads the outputs
 * with a watermark sees those of one single run, byte by byte. */
#include "worker/worker_lead.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "follow_kit.h"
#include "fx_test.h"
#include "worker/worker_input.h"
#include "worker/worker_output.h"

enum { ENGINES = 3, STEP_US = 20000, BACKLOG = 65536, OPERATION_BITS = 20 };

struct engine {
    struct fx_worker_lead *lead;
    struct fx_bus *in;
    struct fx_bus *out;
    char dir[16];
    char node[16];
    uint32_t starts;
    bool is_stopped;            /* SIGSTOP */
    uint64_t snapshot_sequence; /* it began from */
};

struct fixture {
    struct fx_bus_disk *disk;
    struct fx_worker_host host;
    struct fx_engine_limits limits;
    struct fx_bus *bus;
    struct engine engines[ENGINES];
    uint32_t count;
    struct follow_kit_stream stream;
    struct fx_worker_input *producer; /* learns what it published */
    uint32_t listed;
    int64_t now_us;
    size_t backlog_size;
    uint64_t hash_commands;
};

static int64_t clock_of(void *context)
{
    return ((struct fixture *)context)->now_us;
}

static void open_engine(struct fixture *fixture, struct engine *engine)
{
    assert_int_equal(fx_bus_local_side_open(fixture->bus, &engine->in), FX_OK);
    assert_int_equal(fx_bus_local_side_open(fixture->bus, &engine->out), FX_OK);
    const struct fx_worker_lead_options options = {
        .follow = {.bus = engine->in,
                   .topic = FX_STR("matching_engine_input"),
                   .snapshot_dir = engine->dir,
                   .host = &fixture->host,
                   .limits = &fixture->limits,
                   .node = fx_str_of(engine->node),
                   .node_salt = ++engine->starts,
                   .may_begin = true,
                   .wait_ms = 1,
                   .snapshot_commands = 40},
        .bus = engine->out,
        .output = {FX_STR("matching_engine_output"), 0},
        .hashes = {FX_STR("me_hash"), 0},
        .quarantine = {FX_STR("matching_engine_quarantine"), 0},
        .shard = FX_STR("USDT"),
        .backlog_size_bytes = fixture->backlog_size,
        .hash_commands = fixture->hash_commands,
        .wait_ms = 1};
    struct fx_worker_follow_report report;
    const fx_status status = fx_worker_lead_create(&options, &engine->lead, &report);
    if (status != FX_OK) {
        print_message("%s: %s\n", fx_status_name(status), report.text);
    }
    assert_int_equal(status, FX_OK);
    engine->snapshot_sequence = report.snapshot_sequence;
}

static void kill_engine(struct engine *engine)
{
    fx_worker_lead_abandon(engine->lead);
    fx_bus_close(engine->in);
    fx_bus_close(engine->out);
    engine->lead = NULL;
    engine->in = NULL;
    engine->out = NULL;
}

static void begin(struct fixture *fixture, uint32_t count, uint64_t seed)
{
    memset(fixture, 0, sizeof *fixture);
    fixture->disk = fx_bus_disk_create(seed);
    fixture->host = (struct fx_worker_host){
        .system = fx_bus_disk_system(fixture->disk), .clock = clock_of, .clock_context = fixture};
    fixture->now_us = 1700000000000000;
    fixture->limits = follow_kit_limits();
    fixture->bus = follow_kit_bus();
    fixture->producer = fx_worker_input_create();
    fixture->backlog_size = 1 << 20;
    fixture->hash_commands = 50;
    fixture->count = count;
    follow_kit_init(&fixture->stream, seed);
    for (uint32_t number = 0; number < count; number++) {
        (void)snprintf(fixture->engines[number].dir, 16, "/e%u", number);
        (void)snprintf(fixture->engines[number].node, 16, "me-%u", number);
    }
}

static void end(struct fixture *fixture)
{
    for (uint32_t number = 0; number < fixture->count; number++) {
        if (fixture->engines[number].lead != NULL) {
            kill_engine(&fixture->engines[number]);
        }
    }
    fx_worker_input_destroy(fixture->producer);
    fx_bus_close(fixture->bus);
    fx_bus_disk_destroy(fixture->disk);
}

/* A producer's record. */
static void produce_command(struct fixture *fixture, const struct fx_command *wanted)
{
    struct fx_buf text;
    struct fx_command command = *wanted;
    command.time_us = fixture->now_us / 1000 * 1000;
    fx_buf_init(&text, 65536);
    if (command.kind == FX_COMMAND_UPDATE_INSTRUMENT) { /* as the engine will say */
        struct fx_event event;
        memset(&event, 0, sizeof event);
        event.kind = FX_EVENT_INSTRUMENT;
        event.u.instrument = command.u.instrument;
        event.u.instrument.instrument_id = fixture->listed++;
        fx_worker_input_learn(fixture->producer, &event);
    }
    assert_int_equal(fx_worker_input_encode(fixture->producer, &command, NULL, &text), FX_OK);
    const struct fx_bus_message message = {.topic = FX_STR("matching_engine_input"),
                                           .value = fx_buf_str(&text)};
    assert_int_equal(fx_bus_publish(fixture->bus, &message), FX_OK);
    struct fx_bus_delivery delivery;
    assert_int_equal(fx_bus_poll(fixture->bus, 0, &delivery, 1), 1);
    fx_buf_deinit(&text);
}

/* … the next of the random market. */
static void produce(struct fixture *fixture)
{
    const struct fx_command command = follow_kit_next(&fixture->stream);
    produce_command(fixture, &command);
}

/* The whole network of an engine. */
static void hold(struct engine *engine, bool is_held)
{
    fx_bus_local_side_hold(engine->in, is_held);
    fx_bus_local_side_hold(engine->out, is_held);
}

static void step(struct fixture *fixture, struct engine *engine)
{
    if (engine->lead == NULL || engine->is_stopped) {
        return;
    }
    (void)fx_worker_lead_step(engine->lead, fixture->now_us);
    struct fx_worker_snapshot *snapshot =
        fx_worker_follow_snapshot(fx_worker_lead_follow(engine->lead));
    while (fx_worker_snapshot_step(snapshot, fixture->now_us) > 0) {
        /* written */
    }
}

static void round_of(struct fixture *fixture)
{
    fixture->now_us += STEP_US;
    for (uint32_t number = 0; number < fixture->count; number++) {
        step(fixture, &fixture->engines[number]);
    }
}

static struct fx_worker_lead_stats stats_of(const struct engine *engine)
{
    struct fx_worker_lead_stats stats;
    fx_worker_lead_stats(engine->lead, &stats);
    assert_int_equal(stats.failure, FX_OK);
    return stats;
}

static struct engine *leader_of(struct fixture *fixture)
{
    for (uint32_t number = 0; number < fixture->count; number++) {
        struct engine *engine = &fixture->engines[number];
        if (engine->lead != NULL && !engine->is_stopped &&
            stats_of(engine).state == FX_WORKER_LEAD_LEADING) {
            return engine;
        }
    }
    return NULL;
}

static void run_until_led(struct fixture *fixture)
{
    for (uint32_t round = 0; round < 400 && leader_of(fixture) == NULL; round++) {
        round_of(fixture);
    }
    assert_non_null(leader_of(fixture));
}

/* ---- what a consumer with a watermark reads -------------------------------------------------- */

struct reading {
    struct fx_buf told; /* outputs, a line each */
    struct fx_worker_output output;
    uint64_t watermark;
    uint32_t repeated;
    uint32_t count;
};

static uint64_t operation_of(fx_str object)
{
    static const char MARK[] = "{\"operationId\":\"";
    assert_true(object.size > sizeof MARK);
    assert_memory_equal(object.data, MARK, sizeof MARK - 1);
    return strtoull(object.data + sizeof MARK - 1, NULL, 10);
}

static void read_object(struct reading *reading, fx_str object)
{
    const uint64_t operation_id = operation_of(object);
    if (operation_id > reading->watermark) {
        reading->watermark = operation_id;
        reading->count++;
        fx_buf_append(&reading->told, object);
        fx_buf_append_byte(&reading->told, '\n');
        return;
    }
    reading->repeated++; /* and the same, letter by letter */
    fx_buf_append_byte(&reading->told, '\0');
    reading->told.size--;
    static char first[1 << 20];
    assert_true(object.size < sizeof first);
    memcpy(first, object.data, object.size);
    first[object.size] = '\0';
    assert_non_null(strstr(reading->told.data, first));
}

/* Objects of an array: what is outside of texts and at depth 1. */
static void read_array(struct reading *reading, fx_str array)
{
    size_t begin = 0;
    int depth = 0;
    bool is_text = false;
    assert_true(array.size > 2 && array.data[0] == '[' && array.data[array.size - 1] == ']');
    for (size_t index = 1; index + 1 < array.size; index++) {
        const char byte = array.data[index];
        if (byte == '"' && array.data[index - 1] != '\\') {
            is_text = !is_text;
        }
        if (is_text || (byte != '{' && byte != '}')) {
            continue;
        }
        depth += byte == '{' ? 1 : -1;
        if (byte == '{' && depth == 1) {
            begin = index;
        } else if (byte == '}' && depth == 0) {
            read_object(reading, (fx_str){array.data + begin, index + 1 - begin});
        }
    }
    assert_int_equal(depth, 0);
}

static void read_outputs(struct fixture *fixture, struct reading *reading)
{
    struct fx_bus_reader *reader = NULL;
    struct fx_bus_record records[64];
    uint32_t count = 0;
    const struct fx_bus_place place = {FX_STR("matching_engine_output"), 0};
    assert_int_equal(fx_bus_reader_open(fixture->bus, place, FX_BUS_FIRST, &reader), FX_OK);
    do {
        assert_int_equal(fx_bus_reader_poll(reader, 0, records, 64, &count), FX_OK);
        for (uint32_t index = 0; index < count; index++) {
            if (fx_str_is_equal(records[index].value, FX_STR("x"))) {
                continue; /* a stranger's */
            }
            read_array(reading, records[index].value);
        }
    } while (count > 0);
    fx_bus_reader_close(reader);
}

static void on_applied(void *context,
                       const struct fx_command *command,
                       const struct fx_events *events)
{
    struct reading *reading = context;
    const struct fx_wire_output_ask ask = fx_wire_output_ask_of(command);
    bool is_told = false;
    const size_t before = reading->told.size;
    for (uint32_t first = 0; first < events->count; first += 256) {
        const uint32_t left = events->count - first;
        const struct fx_events chunk = {.items = events->items + first,
                                        .count = left < 256 ? left : 256};
        struct fx_buf text;
        fx_buf_init(&text, 1 << 20);
        assert_int_equal(fx_worker_output_append(&reading->output, &chunk, &ask, &text, &is_told),
                         FX_OK);
        if (is_told) {
            fx_buf_append(&reading->told, fx_buf_str(&text));
            fx_buf_append_byte(&reading->told, '\n');
            reading->count++;
        }
        fx_buf_deinit(&text);
    }
    assert_true(reading->told.size >= before);
}

/* One engine, one run, nothing ever goes wrong. */
static void read_reference(struct fixture *fixture, struct reading *reading)
{
    struct fx_worker_follow *follow = NULL;
    struct fx_worker_follow_report report;
    assert_int_equal(fx_worker_output_init(&reading->output, FX_STR("USDT")), FX_OK);
    const struct fx_worker_follow_options options = {
        .bus = fixture->bus,
        .snapshot_dir = "/reference",
        .host = &fixture->host,
        .node = FX_STR("r"),
        .wait_ms = 1,
        .hooks = {.on_applied = on_applied, .context = reading}};
    assert_int_equal(fx_worker_follow_open(&options, &follow, &report), FX_OK);
    fx_worker_follow_abandon(follow);
    fx_worker_output_deinit(&reading->output);
}

/* Let everything arrive and be told; then compare. @return outputs that were told more than once.
 */
static uint32_t check(struct fixture *fixture)
{
    struct reading outputs = {0};
    struct reading reference = {0};
    for (uint32_t number = 0; number < fixture->count; number++) {
        struct engine *engine = &fixture->engines[number];
        if (engine->lead != NULL) {
            engine->is_stopped = false;
            hold(engine, false);
        } else {
            open_engine(fixture, engine);
        }
    }
    for (uint32_t round = 0; round < 20; round++) {
        round_of(fixture);
    }
    run_until_led(fixture);
    for (uint32_t round = 0; round < 20; round++) {
        round_of(fixture);
    }
    fx_buf_init(&outputs.told, 64 << 20);
    fx_buf_init(&reference.told, 64 << 20);
    read_outputs(fixture, &outputs);
    read_reference(fixture, &reference);
    assert_int_equal(outputs.count, reference.count);
    assert_int_equal(outputs.told.size, reference.told.size);
    assert_memory_equal(outputs.told.data, reference.told.data, reference.told.size);
    fx_buf_deinit(&outputs.told);
    fx_buf_deinit(&reference.told);
    return outputs.repeated;
}

static struct fixture fixture;

static void begin_two(uint64_t seed)
{
    begin(&fixture, 2, seed);
    open_engine(&fixture, &fixture.engines[0]);
    open_engine(&fixture, &fixture.engines[1]);
}

static void worker_lead_one_engine_leads_at_once(void **state)
{
    (void)state;
    begin(&fixture, 1, 1);
    open_engine(&fixture, &fixture.engines[0]);
    for (uint32_t number = 0; number < 200; number++) {
        produce(&fixture);
        round_of(&fixture);
    }
    const struct fx_worker_lead_stats stats = stats_of(&fixture.engines[0]);
    assert_int_equal(stats.state, FX_WORKER_LEAD_LEADING);
    assert_int_equal(stats.epoch, 1);
    assert_true(stats.outputs > 100);
    assert_int_equal(check(&fixture), 0);
    end(&fixture);
}

static void worker_lead_killed_at_every_step(void **state)
{
    (void)state;
    uint32_t repeated = 0;
    for (uint32_t at = 0; at < 40; at++) {
        begin_two(7);
        for (uint32_t number = 0; number < 40; number++) {
            produce(&fixture);
            produce(&fixture);
            /* In flight is what it said in its last steps, and dies with it. */
            hold(&fixture.engines[0], at > 4 && number + 3 > at);
            if (number == at) {
                kill_engine(&fixture.engines[0]);
                break;
            }
            round_of(&fixture);
        }
        run_until_led(&fixture);
        assert_ptr_equal(leader_of(&fixture), &fixture.engines[1]);
        repeated += check(&fixture);
        end(&fixture);
    }
    assert_int_equal(repeated, 0); /* nothing of a dead one's was lost, nothing told twice */
}

static void worker_lead_zombie_is_harmless(void **state)
{
    (void)state;
    uint32_t repeated = 0;
    for (uint32_t at = 10; at < 50; at += 3) {
        begin_two(11);
        for (uint32_t number = 0; number < 160; number++) {
            produce(&fixture);
            if (number == at) { /* its last words are on the way when it stops for 30 s … */
                hold(&fixture.engines[0], true);
            } else if (number == at + 12) { /* it does not wait long for its first group */
                fixture.engines[0].is_stopped = true;
                fixture.now_us += 30000000;
            } else if (number == 120) { /* … and arrive when another one leads */
                fixture.engines[0].is_stopped = false;
            } else if (number == 122) {
                hold(&fixture.engines[0], false);
            }
            round_of(&fixture);
        }
        const struct fx_worker_lead_stats stats = stats_of(&fixture.engines[1]);
        assert_int_equal(stats.state, FX_WORKER_LEAD_LEADING);
        assert_int_equal(stats.epoch, 2);
        assert_int_equal(stats_of(&fixture.engines[0]).state, FX_WORKER_LEAD_STANDBY);
        repeated += check(&fixture);
        end(&fixture);
    }
    assert_in_range(repeated, 21, UINT32_MAX);
}

static void worker_lead_of_two_standbys_one_wins(void **state)
{
    (void)state;
    begin(&fixture, 3, 13);
    for (uint32_t number = 0; number < 3; number++) {
        open_engine(&fixture, &fixture.engines[number]);
    }
    for (uint32_t number = 0; number < 60; number++) {
        produce(&fixture);
        round_of(&fixture);
    }
    kill_engine(&fixture.engines[0]);
    /* Both claim: neither reads what the other wrote before it has written. */
    hold(&fixture.engines[1], true);
    hold(&fixture.engines[2], true);
    for (uint32_t round = 0; round < 90; round++) {
        round_of(&fixture);
    }
    assert_int_equal(stats_of(&fixture.engines[1]).state, FX_WORKER_LEAD_CLAIMING);
    assert_int_equal(stats_of(&fixture.engines[2]).state, FX_WORKER_LEAD_CLAIMING);
    hold(&fixture.engines[2], false);
    hold(&fixture.engines[1], false);
    round_of(&fixture);
    assert_int_equal(stats_of(&fixture.engines[2]).state, FX_WORKER_LEAD_LEADING);
    assert_int_equal(stats_of(&fixture.engines[1]).state, FX_WORKER_LEAD_STANDBY);
    assert_int_equal(stats_of(&fixture.engines[1]).epoch, 2);
    (void)check(&fixture);
    end(&fixture);
}

/* A claim has no time-out: it may arrive when the one that was silent speaks again, and also when
 * who claimed is dead. Its place in the log decides, the outputs stay one run. */
static void worker_lead_late_claim_is_one_more_change(void **state)
{
    (void)state;
    for (uint32_t is_dead = 0; is_dead < 2; is_dead++) {
        begin_two(57);
        for (uint32_t number = 0; number < 60; number++) {
            produce(&fixture);
            round_of(&fixture);
        }
        fixture.engines[0].is_stopped = true;
        hold(&fixture.engines[1], true);
        for (uint32_t number = 0; number < 90; number++) {
            round_of(&fixture);
        }
        assert_int_equal(stats_of(&fixture.engines[1]).state, FX_WORKER_LEAD_CLAIMING);
        fixture.engines[0].is_stopped = false;
        for (uint32_t number = 0; number < 90; number++) { /* the claim is still on its way */
            produce(&fixture);
            round_of(&fixture);
        }
        assert_int_equal(stats_of(&fixture.engines[0]).state, FX_WORKER_LEAD_LEADING);
        assert_int_equal(stats_of(&fixture.engines[0]).epoch, 1);
        if (is_dead != 0) {
            fx_bus_local_side_fail(fixture.engines[1].in, FX_TIMEOUT, true);
            fx_bus_local_side_fail(fixture.engines[1].out, FX_TIMEOUT, true);
            kill_engine(&fixture.engines[1]);
        } else {
            hold(&fixture.engines[1], false);
        }
        for (uint32_t number = 0; number < 120; number++) {
            produce(&fixture);
            round_of(&fixture);
        }
        const struct engine *leads = &fixture.engines[is_dead != 0 ? 0 : 1];
        assert_int_equal(stats_of(leads).state, FX_WORKER_LEAD_LEADING);
        assert_int_equal(stats_of(leads).epoch, is_dead != 0 ? 3 : 2);
        assert_ptr_equal(leader_of(&fixture), leads);
        (void)check(&fixture);
        end(&fixture);
    }
}

/* A backlog of a few outputs: who takes over has forgotten what is missing, and computes it. */
static void worker_lead_forgotten_outputs_are_computed_again(void **state)
{
    (void)state;
    begin(&fixture, 2, 17);
    fixture.backlog_size = 16384;
    open_engine(&fixture, &fixture.engines[0]);
    open_engine(&fixture, &fixture.engines[1]);
    for (uint32_t number = 0; number < 100; number++) {
        produce(&fixture);
        round_of(&fixture);
    }
    fx_bus_local_side_hold(fixture.engines[0].out, true); /* none of them arrives any more */
    for (uint32_t number = 0; number < 70; number++) {
        produce(&fixture);
        produce(&fixture);
        round_of(&fixture);
    }
    kill_engine(&fixture.engines[0]);
    run_until_led(&fixture);
    assert_int_equal(check(&fixture), 0);
    end(&fixture);
}

/* Orders that rest, or all of a user cancelled: of 40 an output of some 20 KB. */
static void produce_orders(uint64_t user_id, uint32_t count)
{
    for (uint32_t number = 0; number < count; number++) {
        struct fx_command command = engine_kit_command(FX_COMMAND_PLACE_ORDER, 0, user_id);
        command.u.place.side = FX_SIDE_BUY;
        command.u.place.type = FX_ORDER_TYPE_LIMIT;
        command.u.place.time_in_force = FX_TIME_IN_FORCE_GTC;
        command.u.place.lots = 1;
        command.u.place.price_ticks = 100;
        produce_command(&fixture, &command);
    }
}

static void produce_cancels(uint64_t user_id)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_CANCEL_ALL, 0, user_id);
    command.u.cancel_all.scope = FX_CANCEL_SCOPE_ALL;
    produce_command(&fixture, &command);
}

/* One command says more than there is room for, before a new leader has looked where the outputs
 * end: told at once it would be the last of the topic, and what is missing before it be missed for
 * ever. */
static void worker_lead_tells_nothing_before_it_has_looked(void **state)
{
    (void)state;
    for (uint32_t count = 4; count <= 16; count += 3) {
        begin(&fixture, 2, 53);
        fixture.backlog_size = 28672;
        open_engine(&fixture, &fixture.engines[0]);
        open_engine(&fixture, &fixture.engines[1]);
        for (uint32_t number = 0; number < 4 * FOLLOW_KIT_SYMBOLS + 2 * FOLLOW_KIT_USERS;
             number++) {
            produce(&fixture);
            round_of(&fixture);
        }
        fx_bus_local_side_hold(fixture.engines[0].out, true);
        produce_orders(2, 40);
        produce_orders(1, 40);
        produce_cancels(1); /* the other one has forgotten most of it */
        produce_orders(1, count);
        round_of(&fixture);
        kill_engine(&fixture.engines[0]);
        while (stats_of(&fixture.engines[1]).state != FX_WORKER_LEAD_CLAIMING) {
            round_of(&fixture);
        }
        produce_cancels(2); /* right behind its claim */
        (void)check(&fixture);
        end(&fixture);
    }
}

/* The same, and a read of its disk fails while it begins again. @return it had to end. */
static bool begin_again_with_error(uint64_t read_error_at)
{
    struct fx_worker_lead_stats stats = {.failure = FX_OK};
    begin(&fixture, 2, 17);
    fixture.backlog_size = 16384;
    open_engine(&fixture, &fixture.engines[0]);
    open_engine(&fixture, &fixture.engines[1]);
    for (uint32_t number = 0; number < 100; number++) {
        produce(&fixture);
        round_of(&fixture);
    }
    fx_bus_local_side_hold(fixture.engines[0].out, true);
    for (uint32_t number = 0; number < 70; number++) {
        produce(&fixture);
        produce(&fixture);
        round_of(&fixture);
    }
    kill_engine(&fixture.engines[0]);
    fx_bus_disk_set_faults(fixture.disk,
                           (struct fx_bus_disk_faults){.read_error_at = read_error_at});
    for (uint32_t round = 0; round < 200 && stats.failure == FX_OK; round++) {
        fixture.now_us += STEP_US;
        (void)fx_worker_lead_step(fixture.engines[1].lead, fixture.now_us);
        fx_worker_lead_stats(fixture.engines[1].lead, &stats);
    }
    const bool has_ended = stats.failure != FX_OK;
    fx_bus_disk_set_faults(fixture.disk, (struct fx_bus_disk_faults){0});
    for (uint32_t round = 0; round < 10 && has_ended; round++) { /* nothing more, and no fall */
        fixture.now_us += STEP_US;
        assert_int_equal(fx_worker_lead_step(fixture.engines[1].lead, fixture.now_us), 0);
    }
    if (has_ended) { /* the role begins anew, and tells everything */
        assert_int_equal(stats.failure, FX_IO);
        kill_engine(&fixture.engines[1]);
        open_engine(&fixture, &fixture.engines[1]);
    }
    run_until_led(&fixture);
    assert_int_equal(check(&fixture), 0);
    end(&fixture);
    return has_ended;
}

static void worker_lead_begin_again_that_fails_is_a_failure(void **state)
{
    (void)state;
    uint32_t ended = 0;
    for (uint64_t at = 1; at <= 12; at++) {
        ended += begin_again_with_error(at) ? 1 : 0;
    }
    assert_true(ended > 0);
    print_message("%u of 12 reads could not be done without\n", ended);
}

/* The outputs are stuck for long: of the snapshots that are kept one can still be used. */
static void worker_lead_keeps_a_snapshot_that_can_be_used(void **state)
{
    (void)state;
    begin(&fixture, 1, 47);
    open_engine(&fixture, &fixture.engines[0]);
    for (uint32_t number = 0; number < 200; number++) {
        produce(&fixture);
        round_of(&fixture);
    }
    fx_bus_local_side_hold(fixture.engines[0].out, true);
    for (uint32_t number = 0; number < 600; number++) {
        fixture.now_us += 400000; /* and it is asked again whether a snapshot may be taken */
        produce(&fixture);
        round_of(&fixture);
    }
    kill_engine(&fixture.engines[0]); /* with all that it had not told */
    open_engine(&fixture, &fixture.engines[0]);
    assert_true(fixture.engines[0].snapshot_sequence > 0);
    run_until_led(&fixture);
    assert_int_equal(check(&fixture), 0);
    end(&fixture);
}

/* Kills, stops, held and lost networks at random; some engine always comes back. */
static void worker_lead_chaos_is_one_run(void **state)
{
    (void)state;
    struct fx_rng rng;
    uint32_t repeated = 0;
    uint64_t takeovers = 0;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        begin(&fixture, ENGINES, seed);
        fx_rng_init(&rng, seed * 977);
        fixture.backlog_size = seed % 3 == 0 ? 16384 : 1 << 20;
        for (uint32_t number = 0; number < ENGINES; number++) {
            open_engine(&fixture, &fixture.engines[number]);
        }
        for (uint32_t round = 0; round < 900; round++) {
            struct engine *engine = &fixture.engines[fx_rng_below(&rng, ENGINES)];
            const uint64_t what = fx_rng_below(&rng, 160);
            if (what < 100) {
                produce(&fixture);
            } else if (engine->lead == NULL) {
                open_engine(&fixture, engine);
            } else if (what == 101) {
                kill_engine(engine);
            } else if (what < 104) {
                hold(engine, true);
            } else if (what < 108) {
                hold(engine, false);
            } else if (what < 110) {
                engine->is_stopped = true;
            } else if (what < 114) {
                engine->is_stopped = false;
            } else if (what == 114) {
                fixture.now_us += 5000000;
            }
            round_of(&fixture);
        }
        repeated += check(&fixture);
        takeovers += stats_of(leader_of(&fixture)).epoch - 1;
        end(&fixture);
    }
    print_message("%u repeated outputs, %llu takeovers\n", repeated, (unsigned long long)takeovers);
    assert_true(takeovers > 12);
    assert_true(repeated > 0);
}

/* What strangers write where only leaders should stops nobody. */
static void worker_lead_strangers_change_nothing(void **state)
{
    static const char *const KEYS[] = {"", "x", "9:18446744073709551615", "1:"};
    (void)state;
    begin_two(29);
    for (uint32_t number = 0; number < 80; number++) {
        produce(&fixture);
        round_of(&fixture);
    }
    for (uint32_t number = 0; number < 40; number++) {
        const struct fx_bus_message message = {.topic = FX_STR("matching_engine_output"),
                                               .key = fx_str_of(KEYS[number % 4]),
                                               .value = FX_STR("x")};
        assert_int_equal(fx_bus_publish(fixture.bus, &message), FX_OK);
    }
    const struct fx_bus_message claim = {
        .topic = FX_STR("matching_engine_input"),
        .value = FX_STR("{\"code\":\"LEADER\",\"data\":{\"epoch\":\"9223372036854775807\","
                        "\"node\":\"stranger\"}}")};
    assert_int_equal(fx_bus_publish(fixture.bus, &claim), FX_OK);
    struct fx_bus_delivery deliveries[64];
    assert_int_equal(fx_bus_poll(fixture.bus, 0, deliveries, 64), 41);
    for (uint32_t number = 0; number < 20; number++) {
        round_of(&fixture);
    }
    assert_int_equal(stats_of(&fixture.engines[0]).state, FX_WORKER_LEAD_LEADING);
    assert_int_equal(stats_of(&fixture.engines[0]).epoch, 1);
    kill_engine(&fixture.engines[0]);
    run_until_led(&fixture);
    assert_int_equal(check(&fixture), 0);
    end(&fixture);
}

/* An output did not arrive: what comes behind it must not be told without it, so the engine ends.
 */
static void worker_lead_undelivered_output_is_the_end(void **state)
{
    struct fx_worker_lead_stats stats = {.failure = FX_OK};
    (void)state;
    begin_two(59);
    for (uint32_t number = 0; number < 60; number++) {
        produce(&fixture);
        round_of(&fixture);
    }
    fx_bus_local_side_hold(fixture.engines[0].out, true);
    for (uint32_t number = 0; number < 4; number++) {
        produce(&fixture);
        round_of(&fixture);
    }
    assert_true(fx_bus_pending(fixture.engines[0].out) > 0);
    fx_bus_local_side_fail(fixture.engines[0].out, FX_TIMEOUT, false);
    fx_bus_local_side_hold(fixture.engines[0].out, false);
    for (uint32_t number = 0; number < 4; number++) {
        produce(&fixture);
        fixture.now_us += STEP_US;
        (void)fx_worker_lead_step(fixture.engines[0].lead, fixture.now_us);
    }
    fx_worker_lead_stats(fixture.engines[0].lead, &stats);
    assert_int_equal(stats.failure, FX_TIMEOUT);
    kill_engine(&fixture.engines[0]);
    run_until_led(&fixture);
    assert_int_equal(check(&fixture), 0);
    end(&fixture);
}

/* What a leader that was passed repeats may lie behind what its successor told. */
static void worker_lead_repeated_output_is_not_the_last(void **state)
{
    struct fx_bus_reader *reader = NULL;
    struct fx_bus_record records[64];
    uint32_t count = 0;
    const struct fx_bus_place place = {FX_STR("matching_engine_output"), 0};
    (void)state;
    begin_two(61);
    for (uint32_t number = 0; number < 80; number++) {
        produce(&fixture);
        round_of(&fixture);
    }
    assert_int_equal(fx_bus_reader_open(fixture.bus, place, 0, &reader), FX_OK);
    assert_int_equal(fx_bus_reader_poll(reader, 0, records, 64, &count), FX_OK);
    assert_true(count > 2);
    const struct fx_bus_message again = {
        .topic = place.topic, .key = records[2].key, .value = records[2].value};
    assert_int_equal(fx_bus_publish(fixture.bus, &again), FX_OK);
    struct fx_bus_delivery delivery;
    assert_int_equal(fx_bus_poll(fixture.bus, 0, &delivery, 1), 1);
    fx_bus_reader_close(reader);
    kill_engine(&fixture.engines[0]);
    run_until_led(&fixture);
    const uint32_t repeated = check(&fixture);
    assert_true(repeated > 0 && repeated < 20); /* that record's, and no more */
    end(&fixture);
}

/* A standby is far behind, and the leader's words lie behind what it reads: it is not silence. */
static void worker_lead_who_is_behind_claims_nothing(void **state)
{
    static const struct fx_bus_message tick = {.topic = {"matching_engine_input", 21},
                                               .value = {"{\"code\":\"TICK\",\"data\":{}}", 25}};
    struct fx_bus_delivery deliveries[64];
    (void)state;
    begin_two(67);
    for (uint32_t number = 0; number < 40; number++) {
        produce(&fixture);
        round_of(&fixture);
    }
    for (uint32_t number = 0; number < 45000; number++) { /* more than 80 steps read */
        assert_int_equal(fx_bus_publish(fixture.bus, &tick), FX_OK);
        (void)fx_bus_poll(fixture.bus, 0, deliveries, 64);
    }
    for (uint32_t round = 0; round < 110; round++) {
        fixture.now_us += STEP_US;
        for (uint32_t number = 0; number < 8; number++) { /* it is quick … */
            step(&fixture, &fixture.engines[0]);
        }
        step(&fixture, &fixture.engines[1]);
        assert_int_equal(stats_of(&fixture.engines[1]).state, FX_WORKER_LEAD_STANDBY);
    }
    assert_int_equal(stats_of(&fixture.engines[1]).epoch, 1);
    end(&fixture);
}

/* The machine stood still, the leader with it: nobody was silent, nobody could speak. */
static void worker_lead_who_stood_still_heard_no_silence(void **state)
{
    (void)state;
    begin_two(71);
    for (uint32_t number = 0; number < 40; number++) {
        produce(&fixture);
        round_of(&fixture);
    }
    fixture.now_us += 30000000;
    step(&fixture, &fixture.engines[1]); /* wakes up first */
    assert_int_equal(stats_of(&fixture.engines[1]).state, FX_WORKER_LEAD_STANDBY);
    for (uint32_t round = 0; round < 200; round++) {
        round_of(&fixture);
    }
    assert_int_equal(stats_of(&fixture.engines[1]).epoch, 1);
    end(&fixture);
}

/* The outputs are stuck, the leader is not: it is heard, and nobody claims. */
static void worker_lead_stuck_outputs_silence_nobody(void **state)
{
    (void)state;
    begin_two(31);
    for (uint32_t number = 0; number < 400; number++) { /* 8 s */
        if (number == 50) {
            fx_bus_local_side_hold(fixture.engines[0].out, true);
        }
        produce(&fixture);
        round_of(&fixture);
    }
    assert_int_equal(stats_of(&fixture.engines[0]).state, FX_WORKER_LEAD_LEADING);
    assert_int_equal(stats_of(&fixture.engines[1]).epoch, 1);
    assert_int_equal(check(&fixture), 0);
    end(&fixture);
}

/* F8: while outputs are on their way, what comes is one record more, and not one a command. A
 * broker that is away gets what there is each tenth of a second. */
static void worker_lead_gathers_while_outputs_are_on_their_way(void **state)
{
    enum { COMMANDS = 200, SHORT_US = 1000 };
    struct engine *leader = &fixture.engines[0];
    (void)state;
    begin(&fixture, 1, 33);
    open_engine(&fixture, leader);
    for (uint32_t number = 0; number < COMMANDS; number++) {
        produce(&fixture);
        round_of(&fixture);
    }
    round_of(&fixture); /* delivered */
    const struct fx_worker_lead_stats before = stats_of(leader);
    fx_bus_local_side_hold(leader->out, true);
    for (uint32_t number = 0; number < COMMANDS; number++) {
        produce(&fixture);
        fixture.now_us += SHORT_US;
        step(&fixture, leader);
    }
    const struct fx_worker_lead_stats held = stats_of(leader);
    assert_in_range(held.outputs, before.outputs + COMMANDS / 2, UINT64_MAX);
    assert_in_range(held.records - before.records, 2, 5);
    fx_bus_local_side_hold(leader->out, false);
    fixture.now_us += SHORT_US;
    step(&fixture, leader);
    const struct fx_worker_lead_stats after = stats_of(leader);
    assert_int_equal(after.records, held.records + 1);
    assert_int_equal(after.published,
                     after.sequence << OPERATION_BITS | (after.published & 0xfffff));
    assert_int_equal(check(&fixture), 0);
    end(&fixture);
}

/* Clients do not wait for a leader: the log is never read to its end, and yet somebody takes over.
 */
static void worker_lead_takes_over_while_the_log_grows(void **state)
{
    uint32_t rounds = 0;
    (void)state;
    begin_two(41);
    for (uint32_t number = 0; number < 60; number++) {
        produce(&fixture);
        round_of(&fixture);
    }
    kill_engine(&fixture.engines[0]);
    for (uint32_t number = 0; number < 20; number++) {
        produce(&fixture);
    }
    while (leader_of(&fixture) == NULL && rounds < 400) {
        fixture.now_us += 100000;
        step(&fixture, &fixture.engines[1]);
        for (uint32_t number = 0; number < 600; number++) { /* more than one step reads */
            produce(&fixture);
        }
        rounds++;
    }
    assert_true(rounds < 25); /* 2.5 s */
    for (uint32_t round = 0; round < 100; round++) {
        round_of(&fixture); /* it catches up, for check() */
    }
    assert_int_equal(check(&fixture), 0);
    end(&fixture);
}

static void worker_lead_who_goes_says_so(void **state)
{
    uint32_t rounds = 0;
    (void)state;
    begin_two(37);
    for (uint32_t number = 0; number < 60; number++) {
        produce(&fixture);
        round_of(&fixture);
    }
    fx_worker_lead_stop(fixture.engines[0].lead, 0);
    kill_engine(&fixture.engines[0]);
    while (leader_of(&fixture) == NULL && rounds < 400) {
        produce(&fixture);
        round_of(&fixture);
        rounds++;
    }
    assert_true(rounds * STEP_US < 500000); /* not the 1.5 s of a silence */
    assert_int_equal(stats_of(&fixture.engines[1]).epoch, 3);
    assert_int_equal(check(&fixture), 0);
    end(&fixture);
}

/* A stranger's hashes of what comes then, which are not ours. */
static void publish_wrong_hashes(const char *rules, uint32_t ahead)
{
    const uint64_t next = ((stats_of(&fixture.engines[0]).sequence + ahead) / 50 + 1) * 50;
    struct fx_bus_delivery deliveries[8];
    char text[160];
    for (uint64_t sequence = next; sequence < next + 8; sequence++) {
        (void)snprintf(text,
                       sizeof text,
                       "{\"node\":\"wrong\",\"rules\":%s,\"inputOffset\":\"%llu\","
                       "\"hash\":\"0123456789abcdef\"}",
                       rules,
                       (unsigned long long)(sequence - 1));
        const struct fx_bus_message message = {.topic = FX_STR("me_hash"),
                                               .value = fx_str_of(text)};
        assert_int_equal(fx_bus_publish(fixture.bus, &message), FX_OK);
    }
    assert_int_equal(fx_bus_poll(fixture.bus, 0, deliveries, 8), 8);
}

/* … then it comes. */
static void tell_wrong_hashes(const char *rules)
{
    publish_wrong_hashes(rules, 0);
    for (uint32_t number = 0; number < 120; number++) {
        produce(&fixture);
        round_of(&fixture);
    }
}

/* Each hash says by which rules of this program its state was made: what another version computes
 * may be right, and is no reason to stop the exchange. */
static void worker_lead_hashes_of_other_rules_are_not_compared(void **state)
{
    struct fx_bus_reader *reader = NULL;
    struct fx_bus_record records[64];
    const struct fx_bus_place place = {FX_STR("me_hash"), 0};
    uint32_t count = 0;
    (void)state;
    begin_two(29);
    for (uint32_t number = 0; number < 150; number++) {
        produce(&fixture);
        round_of(&fixture);
    }
    assert_int_equal(fx_bus_reader_open(fixture.bus, place, 0, &reader), FX_OK);
    assert_int_equal(fx_bus_reader_poll(reader, 0, records, 64, &count), FX_OK);
    assert_true(count >= 2);
    for (uint32_t index = 0; index < count; index++) {
        char text[256];
        assert_true(fx_str_copy(records[index].value, text, sizeof text));
        assert_non_null(strstr(text, "\"rules\":1,"));
    }
    fx_bus_reader_close(reader);
    static const char *const OTHERS[] = {"2", "0", "\"x\"", "-1", "null"};
    for (size_t index = 0; index < sizeof OTHERS / sizeof OTHERS[0]; index++) {
        tell_wrong_hashes(OTHERS[index]);
    }
    for (uint32_t number = 0; number < 2; number++) {
        assert_int_equal(stats_of(&fixture.engines[number]).hashes_differed, 0);
    }
    const struct fx_engine *engine =
        fx_worker_follow_engine(fx_worker_lead_follow(fixture.engines[1].lead));
    assert_int_equal(engine->listings[0].definition.state, FX_INSTRUMENT_STATE_TRADING);
    tell_wrong_hashes("1"); /* which would have been seen */
    assert_true(stats_of(&fixture.engines[0]).hashes_differed > 0);
    (void)check(&fixture);
    end(&fixture);
}

static void worker_lead_hashes_are_compared(void **state)
{
    (void)state;
    begin_two(19);
    for (uint32_t number = 0; number < 300; number++) {
        produce(&fixture);
        round_of(&fixture);
    }
    for (uint32_t number = 0; number < 2; number++) {
        const struct fx_worker_lead_stats stats = stats_of(&fixture.engines[number]);
        assert_true(stats.hashes_compared >= 4);
        assert_int_equal(stats.hashes_differed, 0);
    }
    /* Somebody computes something else. */
    tell_wrong_hashes("1");
    assert_true(stats_of(&fixture.engines[0]).hashes_differed > 0);
    struct fx_worker_follow *follow = fx_worker_lead_follow(fixture.engines[1].lead);
    const struct fx_engine *engine = fx_worker_follow_engine(follow);
    assert_int_equal(engine->listings[0].definition.state, FX_INSTRUMENT_STATE_CANCEL_ONLY);
    (void)check(&fixture);
    end(&fixture);
}

/* The leader is behind: it hears the wrong one, then a right one, and only then has its own. */
static void worker_lead_second_hash_does_not_hide_the_first(void **state)
{
    (void)state;
    begin_two(23);
    for (uint32_t number = 0; number < 110; number++) {
        produce(&fixture);
        round_of(&fixture);
    }
    publish_wrong_hashes("1", 520); /* behind what one step reads */
    for (uint32_t number = 0; number < 600; number++) {
        produce(&fixture);
    }
    for (uint32_t round = 0; round < 2; round++) {
        fixture.now_us += STEP_US;
        step(&fixture, &fixture.engines[1]);
    }
    for (uint32_t round = 0; round < 20; round++) {
        round_of(&fixture);
    }
    assert_int_equal(stats_of(&fixture.engines[0]).state, FX_WORKER_LEAD_LEADING);
    assert_true(stats_of(&fixture.engines[0]).hashes_differed > 0);
    const struct fx_engine *engine =
        fx_worker_follow_engine(fx_worker_lead_follow(fixture.engines[0].lead));
    assert_int_equal(engine->listings[0].definition.state, FX_INSTRUMENT_STATE_CANCEL_ONLY);
    (void)check(&fixture);
    end(&fixture);
}

static void worker_lead_poison_goes_to_the_quarantine(void **state)
{
    (void)state;
    begin_two(23);
    round_of(&fixture);
    round_of(&fixture);
    const struct fx_bus_message message = {.topic = FX_STR("matching_engine_input"),
                                           .value = FX_STR("{\"code\":\"PLACE_ORDER\"}")};
    assert_int_equal(fx_bus_publish(fixture.bus, &message), FX_OK);
    struct fx_bus_delivery delivery;
    assert_int_equal(fx_bus_poll(fixture.bus, 0, &delivery, 1), 1);
    round_of(&fixture);
    round_of(&fixture);
    struct fx_bus_span span;
    const struct fx_bus_place place = {FX_STR("matching_engine_quarantine"), 0};
    assert_int_equal(fx_bus_span(fixture.bus, place, 0, &span), FX_OK);
    assert_int_equal(span.end, 1); /* the leader's only */
    assert_int_equal(stats_of(&fixture.engines[1]).poison_count, 1);
    end(&fixture);
}

int main(void)
{
    const struct fx_log_options quiet = {.level = FX_LOG_OFF, .format = FX_LOG_TEXT, .fd = 2};
    fx_log_configure(&quiet);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worker_lead_one_engine_leads_at_once),
        cmocka_unit_test(worker_lead_killed_at_every_step),
        cmocka_unit_test(worker_lead_zombie_is_harmless),
        cmocka_unit_test(worker_lead_of_two_standbys_one_wins),
        cmocka_unit_test(worker_lead_late_claim_is_one_more_change),
        cmocka_unit_test(worker_lead_forgotten_outputs_are_computed_again),
        cmocka_unit_test(worker_lead_tells_nothing_before_it_has_looked),
        cmocka_unit_test(worker_lead_begin_again_that_fails_is_a_failure),
        cmocka_unit_test(worker_lead_keeps_a_snapshot_that_can_be_used),
        cmocka_unit_test(worker_lead_chaos_is_one_run),
        cmocka_unit_test(worker_lead_strangers_change_nothing),
        cmocka_unit_test(worker_lead_stuck_outputs_silence_nobody),
        cmocka_unit_test(worker_lead_gathers_while_outputs_are_on_their_way),
        cmocka_unit_test(worker_lead_takes_over_while_the_log_grows),
        cmocka_unit_test(worker_lead_who_goes_says_so),
        cmocka_unit_test(worker_lead_undelivered_output_is_the_end),
        cmocka_unit_test(worker_lead_repeated_output_is_not_the_last),
        cmocka_unit_test(worker_lead_who_is_behind_claims_nothing),
        cmocka_unit_test(worker_lead_who_stood_still_heard_no_silence),
        cmocka_unit_test(worker_lead_hashes_are_compared),
        cmocka_unit_test(worker_lead_second_hash_does_not_hide_the_first),
        cmocka_unit_test(worker_lead_hashes_of_other_rules_are_not_compared),
        cmocka_unit_test(worker_lead_poison_goes_to_the_quarantine)};
    return cmocka_run_group_tests_name("worker_lead", tests, NULL, NULL);
}
