/* worker/worker_follow: what the embedded exchange writes into its journal, published as records of
 * matching_engine_input, gives a follower the same state and the same events, byte by byte. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "follow_kit.h"
#include "fx_test.h"
#include "worker/worker_engine.h"
#include "worker/worker_follow.h"
#include "worker/worker_input.h"

enum { SEEDS = 6, COMMANDS = 600, EVENTS_MAX = 1 << 17 };

static uint32_t kinds[64]; /* events of all lives */

/* One life of the embedded exchange, and what it said. */
struct life {
    struct fx_bus_disk *disk;
    struct fx_worker_host host;
    struct fx_engine_limits limits;
    struct fx_bus *bus;
    struct fx_worker_input *input;
    struct fx_buf text;
    struct fx_event *events;
    uint32_t event_count;
    uint64_t hash;
    int64_t now_us;
};

static int64_t clock_of(void *context)
{
    return ((struct life *)context)->now_us;
}

static void keep(struct life *life, const struct fx_event *event)
{
    fx_worker_input_learn(life->input, event);
    assert_true(life->event_count < EVENTS_MAX);
    life->events[life->event_count] = *event;
    life->events[life->event_count++].token = 0;
}

static void consume(struct life *life, struct fx_worker_engine *worker)
{
    struct fx_ring_broadcast *ring = fx_worker_engine_ring(worker);
    for (uint32_t consumer = 0; consumer < FX_WORKER_ENGINE_CONSUMERS; consumer++) {
        const void *items = NULL;
        uint32_t count = 0;
        while ((count = fx_ring_broadcast_peek(ring, consumer, &items)) > 0) {
            for (uint32_t index = 0; consumer == 0 && index < count; index++) {
                keep(life, &((const struct fx_event *)items)[index]);
            }
            fx_ring_broadcast_advance(ring, consumer, count);
        }
    }
}

static void turn(struct life *life, struct fx_worker_engine *worker)
{
    (void)fx_worker_engine_step(worker, life->now_us);
    (void)fx_bus_journal_prepare_step(fx_worker_engine_journal(worker), life->now_us);
    (void)fx_bus_journal_step(fx_worker_engine_journal(worker), life->now_us);
    (void)fx_worker_engine_step(worker, life->now_us);
    consume(life, worker);
}

static void live(struct life *life, uint64_t seed)
{
    const struct fx_worker_engine_options options = {.journal_dir = "/j",
                                                     .snapshot_dir = "/s",
                                                     .host = &life->host,
                                                     .limits = &life->limits,
                                                     .saved_sequence = UINT64_MAX};
    struct fx_worker_engine *worker = NULL;
    struct fx_worker_engine_report report;
    struct follow_kit_stream stream;
    assert_int_equal(fx_worker_engine_create(&options, &worker, &report), FX_OK);
    follow_kit_init(&stream, seed);
    for (uint32_t number = 0; number < COMMANDS; number++) {
        const struct fx_command command = follow_kit_next(&stream);
        life->now_us += 1000 * follow_kit_between(&stream, 0, 400);
        assert_true(fx_worker_engine_submit(worker, number + 1, &command));
        turn(life, worker);
    }
    turn(life, worker);
    life->hash = fx_engine_hash(fx_worker_engine_engine(worker));
    fx_worker_engine_abandon(worker);
}

/* A record of the journal goes the way of the bus. */
static fx_status on_record(void *context, const struct fx_bus_journal_record *record)
{
    struct life *life = context;
    struct fx_command command;
    memset(&command, 0, sizeof command);
    assert_int_equal(fx_command_decode(record->bytes, &command), FX_OK);
    fx_buf_clear(&life->text);
    assert_int_equal(fx_worker_input_encode(life->input, &command, NULL, &life->text), FX_OK);
    const struct fx_bus_message message = {.topic = FX_STR("matching_engine_input"),
                                           .value = fx_buf_str(&life->text)};
    assert_int_equal(fx_bus_publish(life->bus, &message), FX_OK);
    struct fx_bus_delivery delivery;
    assert_int_equal(fx_bus_poll(life->bus, 0, &delivery, 1), 1);
    assert_int_equal(delivery.offset + 1, record->seq);
    return FX_OK;
}

static void publish_all(struct life *life)
{
    struct fx_bus_journal_report report;
    const struct fx_bus_journal_recover_options options = {.system = life->host.system,
                                                           .dir = "/j",
                                                           .from_seq = 1,
                                                           .on_record = on_record,
                                                           .context = life};
    assert_int_equal(fx_bus_journal_replay(&options, &report), FX_OK);
}

/* What a follower says while it recovers is compared with what the embedded exchange said. */
struct comparison {
    const struct life *life;
    uint32_t next;
};

static fx_status on_recovered(void *context, const struct fx_event events[], uint32_t count)
{
    struct comparison *comparison = context;
    assert_true(comparison->next + count <= comparison->life->event_count);
    for (uint32_t index = 0; index < count; index++) {
        assert_memory_equal(&events[index],
                            &comparison->life->events[comparison->next + index],
                            fx_event_size(&events[index]));
    }
    comparison->next += count;
    return FX_OK;
}

static void run(uint64_t seed)
{
    static struct life life;
    memset(&life, 0, sizeof life);
    life.disk = fx_bus_disk_create(seed);
    life.now_us = 1700000000000000;
    life.host = (struct fx_worker_host){
        .system = fx_bus_disk_system(life.disk), .clock = clock_of, .clock_context = &life};
    life.limits = follow_kit_limits();
    life.bus = follow_kit_bus();
    life.input = fx_worker_input_create();
    life.events = aligned_alloc(16, (size_t)EVENTS_MAX * sizeof life.events[0]);
    assert_non_null(life.input);
    assert_non_null(life.events);
    fx_buf_init(&life.text, 65536);
    live(&life, seed);
    publish_all(&life);

    struct comparison comparison = {.life = &life};
    struct fx_worker_follow *follow = NULL;
    struct fx_worker_follow_report report;
    const struct fx_worker_follow_options options = {.bus = life.bus,
                                                     .snapshot_dir = "/f",
                                                     .host = &life.host,
                                                     .node = FX_STR("f"),
                                                     .wait_ms = 1,
                                                     .on_recovered = on_recovered,
                                                     .recovered_context = &comparison};
    assert_int_equal(fx_worker_follow_open(&options, &follow, &report), FX_OK);
    assert_int_equal(report.state_hash, life.hash);
    assert_int_equal(comparison.next, life.event_count);
    for (uint32_t index = 0; index < life.event_count; index++) {
        kinds[life.events[index].kind]++;
    }
    fx_worker_follow_abandon(follow);
    fx_worker_input_destroy(life.input);
    fx_buf_deinit(&life.text);
    free(life.events);
    fx_bus_close(life.bus);
    fx_bus_disk_destroy(life.disk);
}

static void worker_follow_gives_what_the_journal_gives(void **state)
{
    (void)state;
    const char *text = getenv("FX_SEED");
    const uint64_t first = text == NULL ? 1 : strtoull(text, NULL, 10);
    for (uint64_t seed = first; seed < first + SEEDS; seed++) {
        print_message("seed %llu\n", (unsigned long long)seed);
        run(seed);
    }
    assert_true(kinds[FX_EVENT_TRADE] > 100); /* a market, not a list of refusals */
    print_message("%u trades, %u steps of liquidations\n",
                  kinds[FX_EVENT_TRADE],
                  kinds[FX_EVENT_LIQUIDATION]);
    assert_true(kinds[FX_EVENT_LIQUIDATION] > 10);
}

int main(void)
{
    const struct fx_log_options quiet = {.level = FX_LOG_OFF, .format = FX_LOG_TEXT, .fd = 2};
    fx_log_configure(&quiet);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worker_follow_gives_what_the_journal_gives)};
    return cmocka_run_group_tests_name("worker_follow", tests, NULL, NULL);
}
