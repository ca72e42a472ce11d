/* An engine, its standby and followers on a real Kafka, each in its own thread: commands that are
 * submitted come back once, all compute the same, and what is told outside is one run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "bus/bus_kafka.h"
#include "follow_kit.h"
#include "fx_test.h"
#include "worker/worker_lead.h"
#include "worker/worker_output.h"

enum { COMMANDS = 3000, TURNS = 60000, TOPICS = 4, ENGINES = 2 };

static const char *brokers;
static char names[TOPICS][64];
static char folder[64];
static uint32_t answers[COMMANDS + 1]; /* by token */

static struct fx_bus *open_bus(bool is_gapless)
{
    struct fx_bus *bus = NULL;
    char error[256] = "";
    const struct fx_bus_kafka_options options = {.brokers = brokers, .is_gapless = is_gapless};
    assert_int_equal(fx_bus_kafka_open(&options, error, &bus), FX_OK);
    return bus;
}

static void rest(void)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    (void)nanosleep(&pause, NULL);
}

struct engine {
    struct fx_worker_lead *lead;
    struct fx_bus *in;
    struct fx_bus *out;
    char dir[96];
    char node[16];
};

static struct fx_worker_follow_options follow_options(struct fx_bus *bus, const char *dir)
{
    static struct fx_engine_limits limits;
    limits = follow_kit_limits();
    const struct fx_bus_file_system system = fx_bus_file_posix();
    (void)system.ops->make_dir(system.disk, dir);
    return (struct fx_worker_follow_options){.bus = bus,
                                             .topic = fx_str_of(names[0]),
                                             .snapshot_dir = dir,
                                             .limits = &limits,
                                             .node_salt = (uint64_t)getpid(),
                                             .may_begin = true,
                                             .snapshot_commands = 500,
                                             .saved_sequence = UINT64_MAX};
}

static void start_engine(struct engine *engine, uint32_t number)
{
    (void)snprintf(engine->dir, sizeof engine->dir, "%s/e%u", folder, number);
    (void)snprintf(engine->node, sizeof engine->node, "me-%u", number);
    engine->in = open_bus(false);
    engine->out = open_bus(true);
    struct fx_worker_follow_report report;
    struct fx_worker_lead_options options = {.follow = follow_options(engine->in, engine->dir),
                                             .bus = engine->out,
                                             .output = {fx_str_of(names[1]), 0},
                                             .hashes = {fx_str_of(names[2]), 0},
                                             .quarantine = {fx_str_of(names[3]), 0},
                                             .shard = FX_STR("0"),
                                             .hash_commands = 200};
    options.follow.node = fx_str_of(engine->node);
    const fx_status status = fx_worker_lead_create(&options, &engine->lead, &report);
    if (status != FX_OK) {
        print_message("%s: %s\n", fx_status_name(status), report.text);
    }
    assert_int_equal(status, FX_OK);
    assert_int_equal(fx_worker_lead_start(engine->lead), FX_OK);
}

static struct fx_worker_lead_stats stats_of(const struct engine *engine)
{
    struct fx_worker_lead_stats stats;
    fx_worker_lead_stats(engine->lead, &stats);
    assert_int_equal(stats.failure, FX_OK);
    return stats;
}

static uint32_t wait_for_leader(struct engine engines[], uint32_t count)
{
    for (uint32_t turn = 0; turn < TURNS; turn++) {
        for (uint32_t number = 0; number < count; number++) {
            if (engines[number].lead != NULL &&
                stats_of(&engines[number]).state == FX_WORKER_LEAD_LEADING) {
                return number;
            }
        }
        rest();
    }
    fail_msg("nobody leads");
    return 0;
}

/* Take what came back. @return answers. */
static uint32_t consume(struct fx_worker_follow *follow)
{
    struct fx_ring_broadcast *ring = fx_worker_follow_ring(follow);
    const void *items = NULL;
    uint32_t count = 0;
    uint32_t answered = 0;
    while ((count = fx_ring_broadcast_peek(ring, 0, &items)) > 0) {
        const struct fx_event *events = items;
        for (uint32_t index = 0; index < count; index++) {
            if (events[index].kind == FX_EVENT_RESULT && events[index].token != 0) {
                answers[events[index].token]++;
                answered++;
            }
        }
        fx_ring_broadcast_advance(ring, 0, count);
    }
    return answered;
}

static void pump(void *context)
{
    (void)consume(context);
}

static void submit_all(struct fx_worker_follow *follow, struct engine engines[], uint32_t leader)
{
    struct follow_kit_stream stream;
    uint32_t answered = 0;
    follow_kit_init(&stream, 42);
    for (uint64_t token = 1; token <= COMMANDS; token++) {
        const struct fx_command command = follow_kit_next(&stream);
        while (!fx_worker_follow_submit(follow, token, &command)) {
            answered += consume(follow);
            rest();
        }
        fx_worker_follow_wake(follow);
        /* What follows needs the listing to have come back. */
        for (uint32_t turn = 0; token <= 20 && answered < token && turn < TURNS; turn++) {
            answered += consume(follow);
            rest();
        }
        for (uint32_t turn = 0; token == COMMANDS / 2 && turn < TURNS &&
                                stats_of(&engines[leader]).sequence < COMMANDS / 4;
             turn++) {
            answered += consume(follow);
            rest();
        }
        if (token == COMMANDS / 2) { /* the leader ends in the middle of it, as a crash would */
            fx_worker_lead_stop(engines[leader].lead, 0);
            fx_worker_lead_abandon(engines[leader].lead);
            engines[leader].lead = NULL;
        }
    }
    for (uint32_t turn = 0; answered < COMMANDS && turn < TURNS; turn++) {
        answered += consume(follow);
        rest();
    }
    assert_int_equal(answered, COMMANDS);
}

/* ---- what is told outside -------------------------------------------------------------------- */

struct reading {
    uint64_t watermark;
    uint64_t count;
    uint64_t repeated;
};

/* The operationIds of a record's outputs: each output begins with it. */
static void read_record(struct reading *reading, fx_str value)
{
    static const char MARK[] = "{\"operationId\":\"";
    static const char SHARD[] = "\",\"shard\"";
    char *text = strndup(value.data, value.size);
    assert_non_null(text);
    for (const char *at = strstr(text, MARK); at != NULL; at = strstr(at, MARK)) {
        char *rest_of = NULL;
        at += sizeof MARK - 1;
        const uint64_t operation_id = strtoull(at, &rest_of, 10);
        if (strncmp(rest_of, SHARD, sizeof SHARD - 1) != 0) {
            continue; /* a row's */
        }
        if (operation_id > reading->watermark) {
            reading->watermark = operation_id;
            reading->count++;
        } else {
            reading->repeated++;
        }
    }
    free(text);
}

static void read_outputs(struct reading *reading)
{
    struct fx_bus *bus = open_bus(false);
    struct fx_bus_reader *reader = NULL;
    struct fx_bus_span span;
    struct fx_bus_record records[64];
    const struct fx_bus_place place = {fx_str_of(names[1]), 0};
    uint64_t position = 0;
    memset(reading, 0, sizeof *reading);
    assert_int_equal(fx_bus_span(bus, place, 10000, &span), FX_OK);
    assert_int_equal(fx_bus_reader_open(bus, place, 0, &reader), FX_OK);
    for (uint32_t turn = 0; position < span.end && turn < 600; turn++) {
        uint32_t count = 0;
        assert_int_equal(fx_bus_reader_poll(reader, 100, records, 64, &count), FX_OK);
        for (uint32_t index = 0; index < count; index++) {
            read_record(reading, records[index].value);
            position = records[index].offset + 1;
        }
    }
    assert_int_equal(position, span.end);
    fx_bus_reader_close(reader);
    fx_bus_close(bus);
}

struct reference {
    struct fx_worker_output output;
    uint64_t
        until; /* what the leader has read: a TICK that was still on its way is the next one's */
    uint64_t last;
    uint64_t count;
};

static void on_applied(void *context,
                       const struct fx_command *command,
                       const struct fx_events *events)
{
    struct reference *reference = context;
    const struct fx_wire_output_ask ask = fx_wire_output_ask_of(command);
    struct fx_buf text;
    bool is_told = false;
    fx_buf_init(&text, 1 << 20);
    assert_true(events->count <= 256);
    assert_int_equal(fx_worker_output_append(&reference->output, events, &ask, &text, &is_told),
                     FX_OK);
    if (is_told && command->sequence <= reference->until) {
        reference->last = fx_event_operation_id(&events->items[events->count - 1]);
        reference->count++;
    }
    fx_buf_deinit(&text);
}

static void worker_kafka_takeover_is_one_run(void **state)
{
    struct engine engines[ENGINES] = {0};
    struct fx_worker_follow_report report;
    struct fx_worker_follow *follow = NULL;
    char dir[96];
    (void)state;
    struct fx_bus *bus = open_bus(false);
    (void)snprintf(dir, sizeof dir, "%s/api", folder);
    struct fx_worker_follow_options options = follow_options(bus, dir);
    options.node = FX_STR("api");
    options.consumer_count = 1;
    for (uint32_t number = 0; number < ENGINES; number++) {
        start_engine(&engines[number], number);
    }
    assert_int_equal(fx_worker_follow_open(&options, &follow, &report), FX_OK);
    assert_int_equal(fx_worker_follow_start(follow), FX_OK);
    const uint32_t first = wait_for_leader(engines, ENGINES);
    submit_all(follow, engines, first);
    const uint32_t second = wait_for_leader(engines, ENGINES);
    assert_int_not_equal(first, second);
    print_message("takeover %lld ms after the claim\n",
                  (long long)stats_of(&engines[second]).takeover_us / 1000);
    for (uint32_t turn = 0; turn < 10000 && stats_of(&engines[second]).hashes_compared == 0;
         turn++) {
        rest(); /* the reader of hashes may have come late */
    }
    fx_worker_follow_stop(follow, pump, follow);
    fx_worker_lead_stop(engines[second].lead, 10000);
    const struct fx_worker_lead_stats stats = stats_of(&engines[second]);
    assert_int_equal(stats.hashes_differed, 0);
    assert_true(stats.hashes_compared > 0);
    for (uint32_t token = 1; token <= COMMANDS; token++) {
        assert_int_equal(answers[token], 1);
    }
    fx_worker_follow_destroy(follow);

    /* Once more from genesis, by one that looks on: the same outputs and the same state. */
    struct reference reference = {.until = stats.sequence};
    struct reading reading;
    (void)snprintf(dir, sizeof dir, "%s/reference", folder);
    options = follow_options(bus, dir);
    options.node = FX_STR("ref");
    options.hooks.on_applied = on_applied;
    options.hooks.context = &reference;
    assert_int_equal(fx_worker_output_init(&reference.output, FX_STR("0")), FX_OK);
    assert_int_equal(fx_worker_follow_open(&options, &follow, &report), FX_OK);
    assert_int_equal(report.snapshot_sequence, 0);
    read_outputs(&reading);
    assert_true(reference.count > COMMANDS / 2);
    assert_int_equal(reading.count, reference.count);
    assert_int_equal(reading.watermark, reference.last);
    print_message("%llu outputs, %llu of them twice\n",
                  (unsigned long long)reading.count,
                  (unsigned long long)reading.repeated);
    fx_worker_output_deinit(&reference.output);
    fx_worker_follow_destroy(follow);
    fx_worker_lead_destroy(engines[second].lead);
    for (uint32_t number = 0; number < ENGINES; number++) {
        fx_bus_close(engines[number].in);
        fx_bus_close(engines[number].out);
    }
    fx_bus_close(bus);
}

static int setup(void **state)
{
    static const char *const NAMES[TOPICS] = {"input", "output", "hash", "quarantine"};
    struct fx_bus_topic topics[TOPICS];
    (void)state;
    for (uint32_t index = 0; index < TOPICS; index++) {
        (void)snprintf(names[index], sizeof names[index], "wk.%d.%s", (int)getpid(), NAMES[index]);
        topics[index] = (struct fx_bus_topic){.name = fx_str_of(names[index]),
                                              .partitions = 1,
                                              .retention_ms = -1,
                                              .is_log = index == 0};
    }
    (void)snprintf(folder, sizeof folder, "/tmp/worker_kafka_XXXXXX");
    assert_non_null(mkdtemp(folder));
    struct fx_bus *bus = open_bus(false);
    const fx_status status = fx_bus_make(bus, topics, TOPICS, 60000);
    fx_bus_close(bus);
    return status == FX_OK ? 0 : -1;
}

static int teardown(void **state)
{
    char line[128];
    (void)state;
    (void)snprintf(line, sizeof line, "rm -rf '%s'", folder);
    return system(line); // NOLINT(cert-env33-c): a path of our own
}

int main(void)
{
    const struct fx_log_options quiet = {.level = FX_LOG_OFF, .format = FX_LOG_TEXT, .fd = 2};
    brokers = getenv("FX_TEST_KAFKA_BROKERS");
    if (brokers == NULL) {
        (void)fprintf(stderr, "FX_TEST_KAFKA_BROKERS is not set: script/kafka up\n");
        return 77;
    }
    fx_log_configure(&quiet);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(worker_kafka_takeover_is_one_run, setup, teardown)};
    return cmocka_run_group_tests_name("worker_kafka", tests, NULL, NULL);
}
