/* The contract suite of the bus on a real Kafka, and what may go wrong with a broker.
 * The lane `integration` of script/test starts it; FX_TEST_KAFKA_BROKERS says where. What needs
 * three brokers is run by the journey 33-brokers (FX_TEST_ONLY). */
#include "bus/bus_kafka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <librdkafka/rdkafka.h>

#include "fx_test.h"
#include "integration/bus_contract.h"

enum {
    SKIPPED = 77,
    WAIT_MS = 60000,
    RECORDS = 9000,
    BATCH = 256
}; /* RECORDS: of one outcome, at most */

static const char *brokers;
static uint32_t broker_count;

static fx_status open_kafka(uint32_t pending_max, struct fx_bus **bus_out)
{
    static const struct fx_bus_kafka_property QUICK[] = {
        {"topic.metadata.propagation.max.ms", "4000"}};
    const struct fx_bus_kafka_options options = {.brokers = brokers,
                                                 .client_id = "contract",
                                                 .properties = QUICK,
                                                 .property_count = 1,
                                                 .pending_max = pending_max};
    char error[256];
    return fx_bus_kafka_open(&options, error, bus_out);
}

static void control(const char *word, uint32_t id)
{
    char line[512];
    (void)snprintf(line, sizeof line, "%s/script/kafka %s %u >/dev/null", FX_SOURCE_DIR, word, id);
    assert_int_equal(system(line), 0); // NOLINT(cert-env33-c): our own script
}

/* Who leads the topic's only partition, as the first of `addresses` knows it, and how many replicas
 * have all of it. @return -1: nobody does, or he has not heard of it. */
static int32_t leader_of(const char *addresses, const char *name, int *in_sync_out)
{
    char reason[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    assert_int_equal(rd_kafka_conf_set(conf, "bootstrap.servers", addresses, reason, sizeof reason),
                     RD_KAFKA_CONF_OK);
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    assert_non_null(client);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(client, name, NULL);
    const struct rd_kafka_metadata *metadata = NULL;
    int32_t leader = -1;
    *in_sync_out = 0;
    if (rd_kafka_metadata(client, 0, topic, &metadata, WAIT_MS) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (metadata->topic_cnt == 1 && metadata->topics[0].partition_cnt == 1) {
            leader = metadata->topics[0].partitions[0].leader;
            *in_sync_out = metadata->topics[0].partitions[0].isr_cnt;
        }
        rd_kafka_metadata_destroy(metadata);
    }
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(client);
    return leader;
}

/* A broker that stood still a moment ago may not have heard of it: the library then takes a topic
 * that others know for one that there is not. */
static void await_all(fx_str name)
{
    char all[256];
    char *rest = NULL;
    (void)snprintf(all, sizeof all, "%s", brokers);
    for (char *one = strtok_r(all, ",", &rest); one != NULL; one = strtok_r(NULL, ",", &rest)) {
        int in_sync = 0;
        for (uint32_t turn = 0; turn < 200 && leader_of(one, name.data, &in_sync) < 0; turn++) {
            (void)usleep(100000);
        }
        assert_true(in_sync > 0);
    }
}

static void make(struct fx_bus *bus, fx_str name)
{
    const struct fx_bus_topic topic = {.name = name, .partitions = 1, .retention_ms = -1};
    const fx_status status = fx_bus_make(bus, &topic, 1, WAIT_MS);
    if (status != FX_OK) {
        print_message("make: %s\n", fx_bus_error_text(bus));
    }
    assert_int_equal(status, FX_OK);
    await_all(name);
}

/* What became of records under trouble. */
struct outcome {
    uint8_t acked[RECORDS];
    uint64_t offsets[RECORDS];
    uint32_t delivered;
    uint32_t failed;
};

static void take(struct fx_bus *bus, uint32_t wait_ms, struct outcome *outcome)
{
    struct fx_bus_delivery deliveries[BATCH];
    const uint32_t count = fx_bus_poll(bus, wait_ms, deliveries, BATCH);
    for (uint32_t index = 0; index < count; index++) {
        const struct fx_bus_delivery *delivery = &deliveries[index];
        assert_true(delivery->token < RECORDS);
        assert_int_equal(outcome->acked[delivery->token], 0);
        outcome->delivered++;
        if (delivery->status == FX_OK) {
            outcome->acked[delivery->token] = 1;
            outcome->offsets[delivery->token] = delivery->offset;
        } else {
            outcome->failed++;
        }
    }
}

/* What is refused was not taken, and is tried again: a producer that lost its brokers is busy for a
 * moment, and one of three brokers may know less than the others. */
static void publish_soon(struct fx_bus *bus,
                         const struct fx_bus_message *message,
                         struct outcome *outcome)
{
    fx_status status = fx_bus_publish(bus, message);
    for (uint32_t turn = 0; turn < 100 && status != FX_OK; turn++) {
        take(bus, 100, outcome);
        status = fx_bus_publish(bus, message);
    }
    if (status != FX_OK) {
        print_message("publish: %s\n", fx_bus_error_text(bus));
    }
    assert_int_equal(status, FX_OK);
}

typedef void (*read_fn)(void *context, const struct fx_bus_record *record, uint64_t value);

/* Read the whole partition, of numbers: nothing is left out. */
static void read_all(struct fx_bus *bus, fx_str name, read_fn read, void *context)
{
    struct fx_bus_reader *reader = NULL;
    struct fx_bus_record records[BATCH];
    const struct fx_bus_place place = {name, 0};
    struct fx_bus_span span = {0};
    uint64_t next = 0;
    assert_int_equal(fx_bus_span(bus, place, WAIT_MS, &span), FX_OK);
    assert_int_equal(fx_bus_reader_open(bus, place, 0, &reader), FX_OK);
    for (uint32_t turn = 0; turn < 600 && next < span.end; turn++) {
        uint32_t count = 0;
        assert_int_equal(fx_bus_reader_poll(reader, 100, records, BATCH, &count), FX_OK);
        for (uint32_t index = 0; index < count; index++) {
            uint64_t value = 0;
            assert_true(fx_str_parse_u64(records[index].value, &value));
            assert_int_equal(records[index].offset, next++);
            read(context, &records[index], value);
        }
    }
    assert_int_equal(next, span.end);
    fx_bus_reader_close(reader);
}

struct check {
    const struct outcome *outcome;
    bool is_ordered; /* none was unknown, which may come late */
    uint64_t last;
    uint8_t seen[RECORDS];
};

static void check_record(void *context, const struct fx_bus_record *record, uint64_t number)
{
    struct check *check = context;
    const struct outcome *outcome = check->outcome;
    assert_true(number < RECORDS);
    assert_int_equal(check->seen[number], 0); /* nothing twice */
    check->seen[number] = 1;
    /* The producer's order. */
    assert_true(record->offset == 0 || number > check->last || !check->is_ordered);
    check->last = number;
    if (outcome->acked[number] != 0) {
        assert_int_equal(outcome->offsets[number], record->offset);
    }
}

/* Every acknowledged record is there once, where its delivery said. */
static void verify(struct fx_bus *bus, fx_str name, const struct outcome *outcome, bool is_ordered)
{
    static struct check check;
    memset(&check, 0, sizeof check);
    check.outcome = outcome;
    check.is_ordered = is_ordered;
    read_all(bus, name, check_record, &check);
    for (uint32_t number = 0; number < RECORDS; number++) {
        assert_true(check.seen[number] != 0 || outcome->acked[number] == 0);
    }
}

/* Publish while `trouble` happens to the leader at a third; all must be acknowledged in the end. */
static void publish_through(const char *trouble, const char *mend, const char *topic_name)
{
    enum { COUNT = 3000 };
    static struct outcome outcome;
    struct fx_bus *bus = NULL;
    char name[64];
    memset(&outcome, 0, sizeof outcome);
    (void)snprintf(name, sizeof name, "%s-%d", topic_name, (int)getpid());
    assert_int_equal(open_kafka(0, &bus), FX_OK);
    make(bus, fx_str_of(name));
    for (uint32_t number = 0; number < COUNT; number++) {
        char value[16];
        (void)snprintf(value, sizeof value, "%u", number);
        const struct fx_bus_message message = {
            .topic = fx_str_of(name), .value = fx_str_of(value), .token = number};
        assert_int_equal(fx_bus_publish(bus, &message), FX_OK);
        if (number % 10 == 0) {
            take(bus, 1, &outcome);
        }
        if (number == COUNT / 3) {
            control(trouble, 1);
        }
        if (number == COUNT / 2) {
            control(mend, 1);
        }
    }
    for (uint32_t turn = 0; turn < 600 && outcome.delivered < COUNT; turn++) {
        take(bus, 100, &outcome);
    }
    assert_int_equal(outcome.delivered, COUNT);
    assert_int_equal(outcome.failed, 0);
    assert_int_equal(fx_bus_fatal(bus), FX_OK);
    verify(bus, fx_str_of(name), &outcome, true);
    fx_bus_close(bus);
}

static void kafka_broker_that_is_killed_loses_nothing(void **state)
{
    (void)state;
    publish_through("kill", "start", "killed");
}

static void kafka_broker_that_sleeps_doubles_nothing(void **state)
{
    (void)state;
    publish_through("pause", "resume", "paused");
}

/* A replica hangs: what is written is not acknowledged before it is given up, which takes longer
 * than a record may wait. The library would begin a new epoch and send again what the leader has
 * already: of some 300 records 80 were there twice. */
static void kafka_replica_that_hangs_doubles_nothing(void **state)
{
    enum { PAUSE = 30, RESUME = 150, END = 230 };
    static struct outcome outcome;
    struct fx_bus *bus = NULL;
    char error[256], name[64];
    const struct fx_bus_kafka_options options = {
        .brokers = brokers, .message_timeout_ms = 4000, .replicas = 3};
    (void)state;
    if (broker_count < 3) {
        skip(); /* script/kafka up --brokers 3 */
    }
    for (uint32_t id = 2; id <= 3; id++) { /* one of them does not lead the topic */
        memset(&outcome, 0, sizeof outcome);
        (void)snprintf(name, sizeof name, "hangs-%u-%d", id, (int)getpid());
        assert_int_equal(fx_bus_kafka_open(&options, error, &bus), FX_OK);
        make(bus, fx_str_of(name));
        for (uint32_t number = 0; number < END; number++) {
            char value[16];
            (void)snprintf(value, sizeof value, "%u", number);
            const struct fx_bus_message message = {
                .topic = fx_str_of(name), .value = fx_str_of(value), .token = number};
            if (number == PAUSE || number == RESUME) {
                control(number == PAUSE ? "pause" : "resume", id);
            }
            publish_soon(bus, &message, &outcome);
            take(bus, 100, &outcome); /* some 25 s in all */
        }
        for (uint32_t turn = 0; turn < 600 && outcome.delivered < END; turn++) {
            take(bus, 100, &outcome);
        }
        assert_int_equal(outcome.delivered, END);
        assert_true(outcome.failed < END);
        assert_int_equal(fx_bus_fatal(bus), FX_OK);
        verify(bus, fx_str_of(name), &outcome, false);
        fx_bus_close(bus);
    }
}

/* ---- many producers, and a leader that dies -------------------------------------------------- */

enum { PRODUCERS = 24, ROUNDS = 2, ROUND_TURNS_MAX = 1500, ON_WAY = 8, AFTER = 20 };

struct crowd {
    struct fx_bus *buses[PRODUCERS];
    struct outcome outcomes[PRODUCERS];
    uint32_t sent[PRODUCERS];
    uint8_t seen[PRODUCERS][RECORDS]; /* in the log */
    char topic[64];
};

/* Each has some records on their way, one by one, that could overtake each other. Some 15 ms. */
static void crowd_step(struct crowd *crowd)
{
    for (uint32_t index = 0; index < PRODUCERS; index++) {
        if (crowd->sent[index] < RECORDS && fx_bus_pending(crowd->buses[index]) < ON_WAY) {
            char value[16];
            (void)snprintf(value, sizeof value, "%u", index * RECORDS + crowd->sent[index]);
            const struct fx_bus_message message = {.topic = fx_str_of(crowd->topic),
                                                   .value = fx_str_of(value),
                                                   .token = crowd->sent[index]};
            const fx_status status = fx_bus_publish(crowd->buses[index], &message);
            crowd->sent[index] += status == FX_OK ? 1 : 0; /* what is refused is tried again */
        }
        take(crowd->buses[index], 0, &crowd->outcomes[index]);
        assert_int_equal(fx_bus_fatal(crowd->buses[index]), FX_OK);
    }
    (void)usleep(15000);
}

static uint32_t acknowledged(const struct outcome *outcome)
{
    return outcome->delivered - outcome->failed;
}

/* All of them are answered again. */
static void crowd_goes_on(struct crowd *crowd)
{
    uint32_t before[PRODUCERS], going = 0;
    for (uint32_t index = 0; index < PRODUCERS; index++) {
        before[index] = acknowledged(&crowd->outcomes[index]);
    }
    for (uint32_t turn = 0; turn < ROUND_TURNS_MAX && going < PRODUCERS; turn++) {
        crowd_step(crowd);
        going = 0;
        for (uint32_t index = 0; index < PRODUCERS; index++) {
            going += acknowledged(&crowd->outcomes[index]) >= before[index] + AFTER ? 1 : 0;
        }
    }
    assert_int_equal(going, PRODUCERS);
}

static void crowd_check(void *context, const struct fx_bus_record *record, uint64_t value)
{
    struct crowd *crowd = context;
    const uint64_t number = value % RECORDS;
    assert_true(value / RECORDS < PRODUCERS);
    const struct outcome *outcome = &crowd->outcomes[value / RECORDS];
    assert_int_equal(crowd->seen[value / RECORDS][number]++, 0);
    assert_true(outcome->acked[number] == 0 || outcome->offsets[number] == record->offset ||
                outcome->offsets[number] == FX_BUS_UNKNOWN);
}

/* Each record is there at most once, each acknowledged one where its delivery said. */
static void crowd_verify(struct crowd *crowd)
{
    read_all(crowd->buses[0], fx_str_of(crowd->topic), crowd_check, crowd);
    for (uint32_t index = 0; index < PRODUCERS; index++) {
        for (uint32_t number = 0; number < RECORDS; number++) {
            assert_true(crowd->seen[index][number] != 0 ||
                        crowd->outcomes[index].acked[number] == 0);
        }
    }
}

/* librdkafka 2.0.2 ended one of eight producers, for good, each time a leader was killed. */
static void kafka_replica_that_dies_ends_no_producer(void **state)
{
    static struct crowd crowd;
    static const struct fx_bus_kafka_property SMALL[] = {{"batch.num.messages", "1"}};
    const struct fx_bus_kafka_options options = {
        .brokers = brokers, .replicas = 3, .properties = SMALL, .property_count = 1};
    char error[256];
    uint32_t failed = 0;
    int in_sync = 0;
    (void)state;
    if (broker_count < 3) {
        skip(); /* script/kafka up --brokers 3 */
    }
    memset(&crowd, 0, sizeof crowd);
    (void)snprintf(crowd.topic, sizeof crowd.topic, "crowd-%d", (int)getpid());
    for (uint32_t index = 0; index < PRODUCERS; index++) {
        assert_int_equal(fx_bus_kafka_open(&options, error, &crowd.buses[index]), FX_OK);
    }
    make(crowd.buses[0], fx_str_of(crowd.topic));
    crowd_goes_on(&crowd);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        const int32_t leader = leader_of(brokers, crowd.topic, &in_sync);
        assert_true(leader > 0);
        control("kill", (uint32_t)leader);
        crowd_goes_on(&crowd);
        control("start", (uint32_t)leader);
        in_sync = 0;
        for (uint32_t turn = 0; turn < ROUND_TURNS_MAX && in_sync < 3; turn++) {
            crowd_step(&crowd);
            if (turn % 10 == 0) {
                (void)leader_of(brokers, crowd.topic, &in_sync);
            }
        }
        assert_int_equal(in_sync, 3);
        crowd_goes_on(&crowd);
    }
    for (uint32_t index = 0; index < PRODUCERS; index++) {
        assert_int_equal(fx_bus_flush(crowd.buses[index], WAIT_MS), FX_OK);
        take(crowd.buses[index], 0, &crowd.outcomes[index]);
        assert_int_equal(crowd.outcomes[index].delivered, crowd.sent[index]);
        failed += crowd.outcomes[index].failed;
    }
    print_message("%u of some thousand records were unknown or refused\n", failed);
    crowd_verify(&crowd);
    for (uint32_t index = 0; index < PRODUCERS; index++) {
        fx_bus_close(crowd.buses[index]);
    }
}

static void kafka_record_too_late_is_unknown(void **state)
{
    static struct outcome outcome;
    struct fx_bus *bus = NULL;
    char error[256], name[64];
    const struct fx_bus_kafka_options options = {.brokers = brokers, .message_timeout_ms = 1500};
    (void)state;
    if (broker_count > 1) {
        return; /* the others would take it */
    }
    memset(&outcome, 0, sizeof outcome);
    (void)snprintf(name, sizeof name, "late-%d", (int)getpid());
    assert_int_equal(fx_bus_kafka_open(&options, error, &bus), FX_OK);
    make(bus, fx_str_of(name));
    for (uint32_t number = 0; number < 20; number++) {
        char value[16];
        (void)snprintf(value, sizeof value, "%u", number);
        const struct fx_bus_message message = {
            .topic = fx_str_of(name), .value = fx_str_of(value), .token = number};
        if (number == 10) {
            assert_int_equal(fx_bus_flush(bus, WAIT_MS), FX_OK);
            control("pause", 1);
        }
        assert_int_equal(fx_bus_publish(bus, &message), FX_OK);
    }
    struct fx_bus_delivery deliveries[32];
    uint32_t count = 0;
    for (uint32_t turn = 0; turn < 150 && count < 20; turn++) {
        const uint32_t more = fx_bus_poll(bus, 100, &deliveries[count], 32 - count);
        count += more;
    }
    control("resume", 1);
    assert_int_equal(count, 20);
    for (uint32_t index = 0; index < count; index++) {
        assert_int_equal(deliveries[index].status,
                         deliveries[index].token < 10 ? FX_OK : FX_TIMEOUT);
        outcome.acked[deliveries[index].token] = deliveries[index].status == FX_OK;
        outcome.offsets[deliveries[index].token] = deliveries[index].offset;
    }
    fx_bus_close(bus);
    assert_int_equal(open_kafka(0, &bus), FX_OK);
    verify(bus, fx_str_of(name), &outcome, true);
    fx_bus_close(bus);
}

/* A log that was made by hand, so that a producer's clock would count: refused, and named. */
static void kafka_unsafe_log_is_refused(void **state)
{
    (void)state;
    char name[64];
    struct fx_bus *bus = NULL;
    assert_int_equal(open_kafka(0, &bus), FX_OK);
    (void)snprintf(name, sizeof name, "unsafe.%d", (int)getpid());
    struct fx_bus_topic topic = {.name = fx_str_of(name), .partitions = 1, .retention_ms = -1};
    assert_int_equal(fx_bus_make(bus, &topic, 1, WAIT_MS), FX_OK);
    topic.is_log = true;
    assert_int_equal(fx_bus_make(bus, &topic, 1, WAIT_MS), FX_VERSION_MISMATCH);
    assert_non_null(strstr(fx_bus_error_text(bus), "message.timestamp.type"));
    assert_non_null(strstr(fx_bus_error_text(bus), name));
    (void)snprintf(name, sizeof name, "safe.%d", (int)getpid());
    topic.name = fx_str_of(name);
    assert_int_equal(fx_bus_make(bus, &topic, 1, WAIT_MS), FX_OK);
    assert_int_equal(fx_bus_make(bus, &topic, 1, WAIT_MS), FX_OK); /* looked at again */
    fx_bus_close(bus);
}

int main(void)
{
    brokers = getenv("FX_TEST_KAFKA_BROKERS");
    if (brokers == NULL) {
        print_message("FX_TEST_KAFKA_BROKERS is not set: the lane `integration` sets it\n");
        return SKIPPED;
    }
    broker_count = strchr(brokers, ',') == NULL ? 1 : 3;
    if (getenv("FX_TEST_ONLY") != NULL) {
        cmocka_set_test_filter(getenv("FX_TEST_ONLY"));
    }
    const struct bus_contract_adapter adapter = {
        .name = "kafka", .open = open_kafka, .is_lasting = true, .many = 20000};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kafka_unsafe_log_is_refused),
        cmocka_unit_test(kafka_replica_that_hangs_doubles_nothing),
        cmocka_unit_test(kafka_replica_that_dies_ends_no_producer),
        cmocka_unit_test(kafka_record_too_late_is_unknown),
        cmocka_unit_test(kafka_broker_that_sleeps_doubles_nothing),
        cmocka_unit_test(kafka_broker_that_is_killed_loses_nothing),
    };
    return bus_contract_run(&adapter) + cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
