/* Errors of brokers, on librdkafka's mock of one: what is mended silently, what is told, what is
 * the end. A real broker: tests/integration/bus_kafka_test.c. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/rng.h"
#include "bus/bus_kafka_int.h"
#include "fx_test.h"

enum {
    WAIT_MS = 10000,
    TURN_MS = 50,
    KEY_PRODUCE = 0,
    KEY_FETCH = 1,
    TEXT_SIZE = 5000,
    NOISE_SIZE = 990000
};

static const fx_str TOPIC = {"orders", 6};

struct fixture {
    rd_kafka_t *host; /* what the mock lives in */
    rd_kafka_mock_cluster_t *mock;
    struct fx_bus *bus;
    char error[256];
};

static int setup(void **state)
{
    static struct fixture fixture;
    char reason[256];
    memset(&fixture, 0, sizeof fixture);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    assert_int_equal(rd_kafka_conf_set(conf, "client.id", "mock", reason, sizeof reason),
                     RD_KAFKA_CONF_OK);
    fixture.host = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    assert_non_null(fixture.host);
    fixture.mock = rd_kafka_mock_cluster_new(fixture.host, 3);
    assert_non_null(fixture.mock);
    assert_int_equal(rd_kafka_mock_topic_create(fixture.mock, "orders", 1, 3), 0);
    *state = &fixture;
    return 0;
}

static void open_bus(struct fixture *fixture, uint32_t timeout_ms, bool is_gapless)
{
    const struct fx_bus_kafka_options options = {
        .brokers = rd_kafka_mock_cluster_bootstraps(fixture->mock),
        .message_timeout_ms = timeout_ms,
        .is_gapless = is_gapless};
    assert_int_equal(fx_bus_kafka_open(&options, fixture->error, &fixture->bus), FX_OK);
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    fx_bus_close(fixture->bus);
    rd_kafka_mock_cluster_destroy(fixture->mock);
    rd_kafka_destroy(fixture->host);
    return 0;
}

/* Publish `count` records. @return how many deliveries said `expected`. */
static uint32_t publish(struct fx_bus *bus, uint64_t count, fx_status expected)
{
    uint32_t matching = 0, delivered = 0, taken = 0;
    for (uint64_t token = 0; token < count; token++) {
        const struct fx_bus_message message = {
            .topic = TOPIC, .value = FX_STR("x"), .token = token};
        fx_status status = fx_bus_publish(bus, &message);
        for (uint32_t turn = 0; status == FX_BUSY && turn < WAIT_MS / TURN_MS; turn++) {
            struct fx_bus_delivery delivery;
            assert_int_equal(fx_bus_poll(bus, TURN_MS, &delivery, 1), 0);
            status = fx_bus_publish(bus, &message);
        }
        taken += status == FX_OK ? 1 : 0;
    }
    for (uint32_t turn = 0; turn < WAIT_MS / TURN_MS && delivered < taken; turn++) {
        struct fx_bus_delivery deliveries[64];
        const uint32_t more = fx_bus_poll(bus, TURN_MS, deliveries, 64);
        for (uint32_t index = 0; index < more; index++) {
            matching += deliveries[index].status == expected ? 1 : 0;
        }
        delivered += more;
    }
    assert_int_equal(delivered, taken);
    assert_int_equal(fx_bus_pending(bus), 0);
    return matching;
}

static void kafka_moved_leader_is_mended_silently(void **state)
{
    struct fixture *fixture = *state;
    open_bus(fixture, 0, false);
    rd_kafka_mock_push_request_errors(fixture->mock,
                                      KEY_PRODUCE,
                                      3,
                                      RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                      RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
                                      RD_KAFKA_RESP_ERR__TRANSPORT);
    assert_int_equal(publish(fixture->bus, 50, FX_OK), 50);
    assert_int_equal(fx_bus_fatal(fixture->bus), FX_OK);
}

static void kafka_forbidden_topic_is_told(void **state)
{
    struct fixture *fixture = *state;
    open_bus(fixture, 0, false);
    rd_kafka_mock_push_request_errors(
        fixture->mock, KEY_PRODUCE, 1, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    assert_int_equal(publish(fixture->bus, 1, FX_FORBIDDEN), 1);
    assert_non_null(strstr(fx_bus_error_text(fixture->bus), "TOPIC_AUTHORIZATION_FAILED"));
}

static void kafka_lost_sequence_is_the_end(void **state)
{
    struct fixture *fixture = *state;
    open_bus(fixture, 0, true);
    assert_int_equal(publish(fixture->bus, 5, FX_OK), 5);
    rd_kafka_mock_push_request_errors(
        fixture->mock, KEY_PRODUCE, 1, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
    assert_int_equal(publish(fixture->bus, 1, FX_OK), 0);
    const fx_status fatal = fx_bus_fatal(fixture->bus);
    assert_int_equal(fatal, FX_IO);
    assert_true(fx_bus_error_text(fixture->bus)[0] != '\0');
    const struct fx_bus_message message = {.topic = TOPIC, .value = FX_STR("x")};
    assert_int_equal(fx_bus_publish(fixture->bus, &message), fatal); /* nothing is taken any more */
}

/* … but not where records may be unknown: another producer goes on. */
static void kafka_lost_sequence_is_mended_where_records_may_be_unknown(void **state)
{
    struct fixture *fixture = *state;
    open_bus(fixture, 0, false);
    assert_int_equal(publish(fixture->bus, 5, FX_OK), 5);
    for (uint32_t turn = 0; turn < 2; turn++) {
        rd_kafka_mock_push_request_errors(
            fixture->mock, KEY_PRODUCE, 1, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
        assert_int_equal(publish(fixture->bus, 1, FX_TIMEOUT), 1);
        assert_int_equal(fx_bus_fatal(fixture->bus), FX_OK);
        assert_int_equal(publish(fixture->bus, 5, FX_OK), 5);
    }
}

/* A batch that overtook another one was the end of a producer (librdkafka before 2.3.0). */
static void kafka_one_batch_is_on_its_way_at_a_time(void **state)
{
    enum { RTT_MS = 400, MS_US = 1000 };
    struct fixture *fixture = *state;
    struct fx_bus_delivery deliveries[2];
    int64_t told_us[2] = {0, 0};
    uint32_t count = 0;
    open_bus(fixture, 0, false);
    assert_int_equal(publish(fixture->bus, 1, FX_OK), 1);
    for (int32_t broker = 1; broker <= 3; broker++) {
        (void)rd_kafka_mock_broker_set_rtt(fixture->mock, broker, RTT_MS);
    }
    for (uint32_t turn = 0; turn < WAIT_MS && count < 2; turn++) {
        if (turn == 0 || turn == RTT_MS / 4) {
            const struct fx_bus_message message = {.topic = TOPIC, .value = FX_STR("x")};
            assert_int_equal(fx_bus_publish(fixture->bus, &message), FX_OK);
        }
        const uint32_t more = fx_bus_poll(fixture->bus, 1, deliveries, 2);
        for (uint32_t index = 0; index < more; index++) {
            told_us[count++] = fx_clock_monotonic_us();
        }
    }
    assert_int_equal(count, 2);
    assert_true(told_us[1] - told_us[0] > (int64_t)(RTT_MS - RTT_MS / 4) * MS_US);
}

static void kafka_silent_broker_leaves_the_outcome_unknown(void **state)
{
    struct fixture *fixture = *state;
    open_bus(fixture, 1200, false);
    assert_int_equal(publish(fixture->bus, 5, FX_OK), 5);
    for (int32_t broker = 1; broker <= 3; broker++) {
        (void)rd_kafka_mock_broker_set_rtt(fixture->mock, broker, 60000);
    }
    assert_int_equal(publish(fixture->bus, 3, FX_TIMEOUT), 3);
    assert_int_equal(fx_bus_fatal(fixture->bus), FX_OK);
}

/* How often a text is in the log. */
static uint32_t count_of(struct fx_bus *bus, fx_str text)
{
    const struct fx_bus_place place = {TOPIC, 0};
    struct fx_bus_reader *reader = NULL;
    struct fx_bus_record records[64];
    uint32_t found = 0, count = 0;
    uint64_t end = 0;
    assert_int_equal(fx_bus_reader_open(bus, place, 0, &reader), FX_OK);
    for (uint32_t turn = 0; turn < WAIT_MS / TURN_MS && !fx_bus_reader_is_at_end(reader, &end);
         turn++) {
        assert_int_equal(fx_bus_reader_poll(reader, TURN_MS, records, 64, &count), FX_OK);
        for (uint32_t index = 0; index < count; index++) {
            found += fx_str_is_equal(records[index].value, text) ? 1 : 0;
        }
    }
    assert_true(fx_bus_reader_is_at_end(reader, &end));
    fx_bus_reader_close(reader);
    return found;
}

/* Two requests are in the log and their answers are late. The time of the first record is over: the
 * library would begin a new epoch and send the second one, which has some time left, once more.
 * Under a new epoch no broker knows it again. */
static void kafka_a_timeout_doubles_nothing_behind_it(void **state)
{
    struct fixture *fixture = *state;
    struct fx_bus_delivery deliveries[2];
    uint32_t delivered = 0;
    open_bus(fixture, 2500, false);
    assert_int_equal(publish(fixture->bus, 1, FX_OK), 1);
    for (int32_t broker = 1; broker <= 3; broker++) {
        (void)rd_kafka_mock_broker_set_rtt(fixture->mock, broker, 60000);
    }
    const struct fx_bus_message first = {.topic = TOPIC, .value = FX_STR("first"), .token = 1};
    const struct fx_bus_message second = {.topic = TOPIC, .value = FX_STR("second"), .token = 2};
    assert_int_equal(fx_bus_publish(fixture->bus, &first), FX_OK);
    assert_int_equal(fx_bus_poll(fixture->bus, 1700, deliveries, 2), 0);
    assert_int_equal(fx_bus_publish(fixture->bus, &second), FX_OK);
    assert_int_equal(fx_bus_poll(fixture->bus, 200, deliveries, 2), 0);
    for (uint32_t turn = 0; turn < WAIT_MS / TURN_MS && delivered < 2; turn++) {
        delivered += fx_bus_poll(fixture->bus, TURN_MS, &deliveries[delivered], 2 - delivered);
        if (delivered > 0) { /* from here on answers come at once */
            for (int32_t broker = 1; broker <= 3; broker++) {
                (void)rd_kafka_mock_broker_set_rtt(fixture->mock, broker, 0);
            }
        }
    }
    assert_int_equal(delivered, 2);
    assert_int_equal(deliveries[0].token, 1);
    assert_int_equal(deliveries[0].status, FX_TIMEOUT);
    assert_int_equal(publish(fixture->bus, 5, FX_OK), 5); /* and it goes on */
    assert_int_equal(count_of(fixture->bus, first.value), 1);
    assert_true(count_of(fixture->bus, second.value) <= 1); /* it was behind the first */
}

static void kafka_brokers_that_come_back_are_used(void **state)
{
    struct fixture *fixture = *state;
    struct fx_bus_reader *reader = NULL;
    struct fx_bus_record records[64];
    const struct fx_bus_place place = {TOPIC, 0};
    uint32_t count = 0, all = 0;
    open_bus(fixture, 0, false);
    for (int32_t broker = 1; broker <= 3; broker++) {
        (void)rd_kafka_mock_broker_set_down(fixture->mock, broker);
    }
    const struct fx_bus_message message = {.topic = TOPIC, .value = FX_STR("x"), .token = 1};
    assert_int_equal(fx_bus_publish(fixture->bus, &message), FX_OK);
    struct fx_bus_delivery delivery;
    assert_int_equal(fx_bus_poll(fixture->bus, 300, &delivery, 1), 0);
    assert_int_equal(fx_bus_pending(fixture->bus), 1);
    for (int32_t broker = 1; broker <= 3; broker++) {
        (void)rd_kafka_mock_broker_set_up(fixture->mock, broker);
    }
    assert_int_equal(fx_bus_flush(fixture->bus, WAIT_MS), FX_OK);
    assert_int_equal(fx_bus_poll(fixture->bus, WAIT_MS, &delivery, 1), 1);
    assert_int_equal(delivery.status, FX_OK);
    assert_int_equal(delivery.token, 1);
    assert_int_equal(delivery.offset, 0);
    /* A reader lives through failing fetches and sees every record once. */
    rd_kafka_mock_push_request_errors(fixture->mock,
                                      KEY_FETCH,
                                      2,
                                      RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                      RD_KAFKA_RESP_ERR__TRANSPORT);
    assert_int_equal(publish(fixture->bus, 20, FX_OK), 20);
    assert_int_equal(fx_bus_reader_open(fixture->bus, place, 0, &reader), FX_OK);
    for (uint32_t turn = 0; turn < WAIT_MS / TURN_MS && all < 21; turn++) {
        assert_int_equal(fx_bus_reader_poll(reader, TURN_MS, records, 64, &count), FX_OK);
        for (uint32_t index = 0; index < count; index++) {
            assert_int_equal(records[index].offset, all++);
        }
    }
    assert_int_equal(all, 21);
    fx_bus_reader_close(reader);
}

/* The leader that everybody has heard of dies: who asks for the ends is told so in time, and has
 * them once there is another one. It waited for the dead one for ever. */
static void kafka_ends_of_a_dead_leader_are_not_waited_for(void **state)
{
    struct fixture *fixture = *state;
    const struct fx_bus_place place = {TOPIC, 0};
    struct fx_bus_span span = {0};
    struct fx_bus_reader *reader = NULL;
    struct fx_bus_record records[64];
    uint32_t count = 0;
    uint64_t end = 0;
    open_bus(fixture, 0, false);
    assert_int_equal(rd_kafka_mock_partition_set_leader(fixture->mock, "orders", 0, 1), 0);
    assert_int_equal(publish(fixture->bus, 7, FX_OK), 7);
    assert_int_equal(fx_bus_span(fixture->bus, place, WAIT_MS, &span), FX_OK);
    assert_int_equal(span.end, 7);
    assert_int_equal(fx_bus_reader_open(fixture->bus, place, 0, &reader), FX_OK);
    assert_false(fx_bus_reader_end(reader, &end)); /* nothing was heard yet */
    for (uint32_t turn = 0; turn < WAIT_MS / TURN_MS && count == 0; turn++) {
        assert_int_equal(fx_bus_reader_poll(reader, TURN_MS, records, 1, &count), FX_OK);
    }
    assert_true(fx_bus_reader_end(reader, &end));
    assert_int_equal(end, 7);

    assert_int_equal(rd_kafka_mock_broker_set_down(fixture->mock, 1), 0);
    span.end = 99;
    const int64_t begin_us = fx_clock_monotonic_us();
    const fx_status status = fx_bus_span(fixture->bus, place, 300, &span);
    assert_true(status == FX_TIMEOUT || status == FX_IO);
    assert_true(fx_clock_monotonic_us() - begin_us < 5000000); /* a slow machine, not a dead one */
    assert_int_equal(span.end, 99);
    assert_true(fx_bus_reader_end(reader, &end)); /* without asking anybody */
    assert_int_equal(end, 7);
    assert_int_equal(rd_kafka_mock_partition_set_leader(fixture->mock, "orders", 0, 2), 0);
    assert_int_equal(fx_bus_span(fixture->bus, place, WAIT_MS, &span), FX_OK);
    assert_int_equal(span.end, 7);
    fx_bus_reader_close(reader);
}

/* What is written at level 1 and read again went both ways through bus_gzip; what is asked for at
 * another level is zlib's, and comes back the same. */
/* A commit that nobody answers holds up neither its caller nor the close, which would wait for it.
 */
static void kafka_commit_of_absent_brokers_is_not_waited_for(void **state)
{
    struct fixture *fixture = *state;
    const struct fx_bus_group group = {.name = FX_STR("matching_engine")};
    const struct fx_bus_place place = {TOPIC, 0};
    struct fx_bus_reader *reader = NULL;
    open_bus(fixture, 0, false);
    assert_int_equal(publish(fixture->bus, 5, FX_OK), 5);
    assert_int_equal(fx_bus_reader_join(fixture->bus, &group, &reader), FX_OK);
    fx_status status = FX_TIMEOUT; /* the first one may have to look for its broker */
    for (uint32_t turn = 0; turn < 5 && status != FX_OK; turn++) {
        status = fx_bus_reader_commit(reader, place, 3);
    }
    assert_int_equal(status, FX_OK);
    for (int broker = 1; broker <= 3; broker++) {
        assert_int_equal(rd_kafka_mock_broker_set_down(fixture->mock, broker), 0);
    }
    const int64_t begin_us = fx_clock_monotonic_us();
    status = fx_bus_reader_commit(reader, place, 5);
    assert_true(status == FX_TIMEOUT || status == FX_IO);
    fx_bus_reader_close(reader);
    assert_true(fx_clock_monotonic_us() - begin_us < 8000000);
}

static void kafka_batches_are_packed_by_ours(void **state)
{
    static const struct fx_bus_kafka_property LEVEL = {"compression.level", "6"};
    struct fixture *fixture = *state;
    const struct fx_bus_place place = {TOPIC, 0};
    char text[TEXT_SIZE];
    memset(text, 'x', sizeof text);
    for (uint32_t turn = 0; turn < 2; turn++) {
        struct fx_bus_reader *reader = NULL;
        struct fx_bus_record record = {0};
        uint32_t count = 0;
        const struct fx_bus_kafka_options options = {
            .brokers = rd_kafka_mock_cluster_bootstraps(fixture->mock),
            .properties = &LEVEL,
            .property_count = turn};
        const struct fx_bus_kafka_zlib_stats before = fx_bus_kafka_zlib_stats();
        assert_int_equal(fx_bus_kafka_open(&options, fixture->error, &fixture->bus), FX_OK);
        const struct fx_bus_message message = {.topic = TOPIC, .value = {text, sizeof text}};
        assert_int_equal(fx_bus_publish(fixture->bus, &message), FX_OK);
        assert_int_equal(fx_bus_flush(fixture->bus, WAIT_MS), FX_OK);
        assert_int_equal(fx_bus_reader_open(fixture->bus, place, turn, &reader), FX_OK);
        for (uint32_t wait = 0; wait < WAIT_MS / TURN_MS && count == 0; wait++) {
            assert_int_equal(fx_bus_reader_poll(reader, TURN_MS, &record, 1, &count), FX_OK);
        }
        assert_int_equal(count, 1);
        assert_int_equal(record.value.size, sizeof text);
        assert_memory_equal(record.value.data, text, sizeof text);
        const struct fx_bus_kafka_zlib_stats after = fx_bus_kafka_zlib_stats();
        assert_int_equal(after.packed - before.packed, 1 - turn);
        assert_true(after.unpacked > before.unpacked);
        fx_bus_reader_close(reader);
        fx_bus_close(fixture->bus);
        fixture->bus = NULL;
    }
}

/* What cannot be packed, as large as it may be, and many such in one batch. */
static void kafka_noise_arrives_as_it_is(void **state)
{
    enum { PARTS = 40, PART_SIZE = NOISE_SIZE / PARTS };
    struct fixture *fixture = *state;
    const struct fx_bus_place place = {TOPIC, 0};
    struct fx_bus_reader *reader = NULL;
    struct fx_bus_record record = {0};
    struct fx_rng rng;
    char *noise = malloc(NOISE_SIZE);
    uint32_t count = 0;
    size_t at = 0;
    assert_non_null(noise);
    fx_rng_init(&rng, 1);
    for (size_t index = 0; index < NOISE_SIZE; index++) {
        noise[index] = (char)(uint8_t)fx_rng_next(&rng);
    }
    open_bus(fixture, 0, false);
    const struct fx_bus_kafka_zlib_stats before = fx_bus_kafka_zlib_stats();
    for (uint32_t part = 0; part <= PARTS; part++) {
        const struct fx_bus_message message = {
            .topic = TOPIC,
            .value = part == 0 ? (fx_str){noise, NOISE_SIZE}
                               : (fx_str){noise + (size_t)(part - 1) * PART_SIZE, PART_SIZE}};
        assert_int_equal(fx_bus_publish(fixture->bus, &message), FX_OK);
    }
    assert_int_equal(fx_bus_flush(fixture->bus, WAIT_MS), FX_OK);
    assert_int_equal(fx_bus_reader_open(fixture->bus, place, 0, &reader), FX_OK);
    for (uint32_t part = 0; part <= PARTS; part++) {
        count = 0;
        for (uint32_t wait = 0; wait < WAIT_MS / TURN_MS && count == 0; wait++) {
            assert_int_equal(fx_bus_reader_poll(reader, TURN_MS, &record, 1, &count), FX_OK);
        }
        assert_int_equal(count, 1);
        assert_int_equal(record.value.size, part == 0 ? NOISE_SIZE : PART_SIZE);
        assert_memory_equal(record.value.data, noise + at, record.value.size);
        at += part == 0 ? 0 : record.value.size;
    }
    assert_true(fx_bus_kafka_zlib_stats().packed > before.packed);
    fx_bus_reader_close(reader);
    free(noise);
}

/* A newer librdkafka may ask zlib for more about a stream: then nothing is served, and it works. */
static void kafka_foreign_functions_of_zlib_are_left_alone(void **state)
{
    static const char *const OURS[] = {"crc32",
                                       "inflateInit2_",
                                       "inflate",
                                       "inflateEnd",
                                       "deflateInit2_",
                                       "deflateBound",
                                       "deflateEnd",
                                       "deflate",
                                       "rd_kafka_deflateX",
                                       "SSL_inflate_"};
    static const char *const MORE[] = {"inflateInit2_", "inflate", "inflateGetHeader", "poll"};
    static const char *const RESET[] = {"deflate", "deflateReset"};
    (void)state;
    assert_null(fx_bus_kafka_zlib_foreign(OURS, sizeof OURS / sizeof OURS[0]));
    assert_string_equal(fx_bus_kafka_zlib_foreign(MORE, sizeof MORE / sizeof MORE[0]),
                        "inflateGetHeader");
    assert_string_equal(fx_bus_kafka_zlib_foreign(RESET, 2), "deflateReset");
    assert_null(fx_bus_kafka_zlib_begin(true)); /* this machine's librdkafka can be served */
}

/* The last test: the process is zlib's from here on. */
static void kafka_zlib_packs_where_it_is_asked_for(void **state)
{
    struct fixture *fixture = *state;
    const struct fx_bus_kafka_options options = {
        .brokers = rd_kafka_mock_cluster_bootstraps(fixture->mock), .is_zlib = true};
    assert_int_equal(fx_bus_kafka_open(&options, fixture->error, &fixture->bus), FX_OK);
    const struct fx_bus_kafka_zlib_stats before = fx_bus_kafka_zlib_stats();
    assert_int_equal(publish(fixture->bus, 50, FX_OK), 50);
    assert_int_equal(fx_bus_kafka_zlib_stats().packed, before.packed);
    assert_string_equal(fx_bus_kafka_zlib_begin(true), "as asked for");
}

static void kafka_wrong_property_is_named_without_its_value(void **state)
{
    struct fx_bus *bus = NULL;
    char error[256];
    static const struct fx_bus_kafka_property WRONG[][1] = {
        {{"no.such.property", "1"}},
        {{"security.protocol", "pigeon"}},
        {{"sasl.oauthbearer.client.secretly", "hunter2"}}};
    (void)state;
    for (size_t index = 0; index < sizeof WRONG / sizeof WRONG[0]; index++) {
        const struct fx_bus_kafka_options options = {
            .brokers = "127.0.0.1:1", .properties = WRONG[index], .property_count = 1};
        assert_int_equal(fx_bus_kafka_open(&options, error, &bus), FX_BAD_PARAMETER);
        assert_non_null(strstr(error, WRONG[index][0].name));
        assert_null(strstr(error, "hunter2"));
    }
}

static void kafka_variables_name_properties(void **state)
{
    char name[64];
    (void)state;
    assert_true(fx_bus_kafka_property_name(FX_STR("SASL_USERNAME"), name));
    assert_string_equal(name, "sasl.username");
    assert_true(fx_bus_kafka_property_name(FX_STR("SSL_CA_LOCATION"), name));
    assert_string_equal(name, "ssl.ca.location");
    assert_false(fx_bus_kafka_property_name(FX_STR(""), name));
    assert_false(fx_bus_kafka_property_name(FX_STR("a"), name));
    assert_false(fx_bus_kafka_property_name(FX_STR("A=B"), name));
    assert_false(fx_bus_kafka_property_name(
        FX_STR("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), name));
}

/* ---- groups ---------------------------------------------------------------------------------- */

enum { SHARED = 4, EACH = 30, PAUSE_AT = SHARED * EACH * 3 / 4, PAUSE_US = 2500000 };

/* The library's own, with a pause in front of the call that counts down to 0: as if the thread had
 * been held up there. */
static uint32_t calls_to_pause;

rd_kafka_message_t *rd_kafka_consumer_poll(rd_kafka_t *consumer, int timeout_ms)
{
    static rd_kafka_message_t *(*own)(rd_kafka_t *, int);
    if (own == NULL) {
        *(void **)&own = dlsym(RTLD_NEXT, "rd_kafka_consumer_poll");
    }
    if (calls_to_pause > 0 && --calls_to_pause == 0) {
        (void)usleep(PAUSE_US);
    }
    return own(consumer, timeout_ms);
}

/* A member of a group, and what it was handed of each partition. */
struct member {
    struct fx_bus_reader *reader;
    bool is_mine[SHARED];
    uint32_t given;
    uint64_t next[SHARED];
    uint32_t seen[SHARED];
    uint32_t revoked;
    bool is_over;   /* what it has yet to give up is nobody's */
    bool is_unkept; /* it could not say in time what is done: that comes again */
};

static uint64_t on_assigned(void *context, struct fx_bus_place place)
{
    struct member *member = context;
    member->is_mine[place.partition] = true;
    member->given++;
    return FX_BUS_COMMITTED;
}

/* What was handed out is done. */
static void on_revoked(void *context, struct fx_bus_place place, bool is_lost)
{
    struct member *member = context;
    assert_true(member->is_mine[place.partition]);
    if (member->next[place.partition] > 0 && !member->is_over) {
        const fx_status status =
            fx_bus_reader_commit(member->reader, place, member->next[place.partition]);
        assert_true(status == FX_OK || status == FX_STALE || is_lost);
        member->is_unkept = member->is_unkept || status != FX_OK;
    }
    member->is_mine[place.partition] = false;
    member->revoked++;
}

static void join(struct fixture *fixture, const char *topic, struct member *member)
{
    const fx_str topics[] = {fx_str_of(topic)};
    const struct fx_bus_group group = {.name = FX_STR("members"),
                                       .topics = topics,
                                       .topic_count = 1,
                                       .on_assigned = on_assigned,
                                       .on_revoked = on_revoked,
                                       .context = member};
    assert_int_equal(fx_bus_reader_join(fixture->bus, &group, &member->reader), FX_OK);
}

/* One poll, of so many records at most. @return how many came. */
static uint32_t take_share(struct member *member, uint32_t capacity)
{
    struct fx_bus_record records[SHARED * EACH];
    uint32_t count = 0;
    const fx_status status = fx_bus_reader_poll(member->reader, TURN_MS, records, capacity, &count);
    if (status != FX_OK) {
        print_message("poll: %s\n", fx_bus_reader_error_text(member->reader));
    }
    assert_int_equal(status, FX_OK);
    for (uint32_t index = 0; index < count; index++) {
        const uint32_t partition = records[index].partition;
        assert_true(member->is_mine[partition]);    /* nothing of what is another's by now */
        assert_true(member->next[partition] == 0 || /* where the one before has committed */
                    records[index].offset == member->next[partition]);
        member->next[partition] = records[index].offset + 1;
        member->seen[partition]++;
    }
    return count;
}

static void scatter(struct fx_bus *bus, const char *topic)
{
    uint32_t delivered = 0;
    for (uint32_t number = 0; number < SHARED * EACH; number++) {
        const struct fx_bus_message message = {
            .topic = fx_str_of(topic), .partition = number % SHARED, .value = FX_STR("x")};
        assert_int_equal(fx_bus_publish(bus, &message), FX_OK);
    }
    for (uint32_t turn = 0; turn < WAIT_MS / TURN_MS && delivered < SHARED * EACH; turn++) {
        struct fx_bus_delivery deliveries[64];
        delivered += fx_bus_poll(bus, TURN_MS, deliveries, 64);
    }
    assert_int_equal(delivered, SHARED * EACH);
}

/* In the middle of a poll that has taken records already it hears that half of the partitions are
 * another member's. What it hands out of those would be done twice. */
static void kafka_rebalance_within_a_poll_hands_out_nothing_of_others(void **state)
{
    struct fixture *fixture = *state;
    static struct member first, second;
    uint32_t rounds = 0, seen = 0;
    memset(&first, 0, sizeof first);
    memset(&second, 0, sizeof second);
    static const struct fx_bus_kafka_property QUICK[] = {{"session.timeout.ms", "4000"},
                                                         {"heartbeat.interval.ms", "200"}};
    const struct fx_bus_kafka_options options = {
        .brokers = rd_kafka_mock_cluster_bootstraps(fixture->mock),
        .properties = QUICK,
        .property_count = 2};
    assert_int_equal(rd_kafka_mock_topic_create(fixture->mock, "shared", SHARED, 3), 0);
    assert_int_equal(fx_bus_kafka_open(&options, fixture->error, &fixture->bus), FX_OK);
    join(fixture, "shared", &first);
    for (uint32_t turn = 0; turn < WAIT_MS / TURN_MS && first.given < SHARED; turn++) {
        assert_int_equal(take_share(&first, 1), 0);
    }
    assert_int_equal(first.given, SHARED);
    join(fixture, "shared", &second);
    for (; rounds < 20 && first.revoked == 0; rounds++) {
        scatter(fixture->bus, "shared");
        calls_to_pause = PAUSE_AT;
        (void)take_share(&first, SHARED * EACH);
        calls_to_pause = 0;
    }
    assert_int_equal(first.revoked, SHARED / 2);
    for (uint32_t turn = 0; turn < WAIT_MS / TURN_MS && seen < SHARED; turn++) {
        seen = 0;
        (void)take_share(&first, SHARED * EACH);
        (void)take_share(&second, SHARED * EACH);
        for (uint32_t partition = 0; partition < SHARED; partition++) {
            seen += first.seen[partition] + second.seen[partition] >= rounds * EACH ? 1 : 0;
        }
    }
    assert_int_equal(second.given, SHARED / 2);
    for (uint32_t partition = 0; partition < SHARED; partition++) {
        const uint32_t both = first.seen[partition] + second.seen[partition];
        assert_true(both == rounds * EACH || (both > rounds * EACH && first.is_unkept));
        assert_int_equal(second.seen[partition] > 0, !first.is_mine[partition]);
    }
    first.is_over = true;
    second.is_over = true;
    fx_bus_reader_close(second.reader);
    fx_bus_reader_close(first.reader);
}

/* A member of a group that has its partitions. */
static void join_and_wait(struct fixture *fixture, struct member *member)
{
    memset(member, 0, sizeof *member);
    join(fixture, "shared", member);
    uint32_t mine = 0;
    for (uint32_t turn = 0; turn < 600 && mine < SHARED; turn++) {
        (void)take_share(member, 1);
        mine = 0;
        for (uint32_t partition = 0; partition < SHARED; partition++) {
            mine += member->is_mine[partition] ? 1 : 0;
        }
    }
    assert_int_equal(mine, SHARED);
}

static void kafka_hurry_leaves_a_group_that_answers(void **state)
{
    struct fixture *fixture = *state;
    static struct member member;
    open_bus(fixture, 0, false);
    assert_int_equal(rd_kafka_mock_topic_create(fixture->mock, "shared", SHARED, 3), 0);
    scatter(fixture->bus, "shared");
    join_and_wait(fixture, &member);
    fx_bus_hurry(fixture->bus, 5000);
    fx_bus_reader_close(member.reader);
    assert_int_equal(member.revoked, SHARED); /* told, as by any other close */
    for (uint32_t partition = 0; partition < SHARED; partition++) {
        assert_false(member.is_mine[partition]);
    }
}

/* Brokers that take everything and say nothing: a stop waits for them as long as it was told. */
static void kafka_hurry_gives_up_brokers_that_stand_still(void **state)
{
    struct fixture *fixture = *state;
    static struct member member;
    const struct fx_bus_place place = {FX_STR("shared"), 0};
    struct fx_bus_span span = {0};
    open_bus(fixture, 0, false);
    assert_int_equal(rd_kafka_mock_topic_create(fixture->mock, "shared", SHARED, 3), 0);
    scatter(fixture->bus, "shared");
    join_and_wait(fixture, &member);
    for (int broker = 1; broker <= 3; broker++) {
        (void)rd_kafka_mock_broker_set_rtt(fixture->mock, broker, 60000);
    }
    const int64_t begin_us = fx_clock_monotonic_us();
    member.is_over = true;
    fx_bus_hurry(fixture->bus, 300);
    assert_int_equal(fx_bus_span(fixture->bus, place, 10000, &span), FX_TIMEOUT);
    fx_bus_reader_close(member.reader);
    assert_true(fx_clock_monotonic_us() - begin_us < 3000000);
    for (int broker = 1; broker <= 3; broker++) {
        (void)rd_kafka_mock_broker_set_rtt(fixture->mock, broker, 0);
    }
}

/* A topic that was just made is known to the next broker a little later. */
static void kafka_group_waits_for_a_topic_that_is_not_known_yet(void **state)
{
    struct fixture *fixture = *state;
    static struct member member;
    memset(&member, 0, sizeof member);
    assert_int_equal(rd_kafka_mock_topic_create(fixture->mock, "shared", SHARED, 3), 0);
    open_bus(fixture, 0, false);
    rd_kafka_mock_topic_set_error(fixture->mock, "shared", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    join(fixture, "shared", &member);
    const int64_t begin_us = fx_clock_monotonic_us();
    while (fx_clock_monotonic_us() - begin_us < 1500000) {
        assert_int_equal(take_share(&member, 1), 0);
    }
    rd_kafka_mock_topic_set_error(fixture->mock, "shared", RD_KAFKA_RESP_ERR_NO_ERROR);
    for (uint32_t turn = 0; turn < WAIT_MS / TURN_MS && member.given < SHARED; turn++) {
        assert_int_equal(take_share(&member, 1), 0);
    }
    assert_int_equal(member.given, SHARED);
    fx_bus_reader_close(member.reader);
}

/* … but not for one that there is not. */
static void kafka_group_of_no_topic_is_told(void **state)
{
    struct fixture *fixture = *state;
    static struct member member;
    struct fx_bus_record record;
    uint32_t count = 0;
    fx_status status = FX_OK;
    memset(&member, 0, sizeof member);
    open_bus(fixture, 0, false);
    rd_kafka_mock_topic_set_error(fixture->mock, "shared", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    join(fixture, "shared", &member);
    for (uint32_t turn = 0; turn < WAIT_MS / TURN_MS && status == FX_OK; turn++) {
        status = fx_bus_reader_poll(member.reader, TURN_MS, &record, 1, &count);
    }
    assert_int_equal(status, FX_NOT_FOUND);
    assert_non_null(strstr(fx_bus_reader_error_text(member.reader), "shared"));
    fx_bus_reader_close(member.reader);
}

#define TEST(function)                                                                             \
    {                                                                                              \
#function, function, setup, teardown, NULL                                                 \
    }

int main(void)
{
    const struct fx_log_options quiet = {.level = FX_LOG_OFF, .format = FX_LOG_TEXT, .fd = 2};
    fx_log_configure(&quiet);
    const struct CMUnitTest tests[] = {
        TEST(kafka_moved_leader_is_mended_silently),
        TEST(kafka_forbidden_topic_is_told),
        TEST(kafka_lost_sequence_is_the_end),
        TEST(kafka_lost_sequence_is_mended_where_records_may_be_unknown),
        TEST(kafka_one_batch_is_on_its_way_at_a_time),
        TEST(kafka_silent_broker_leaves_the_outcome_unknown),
        TEST(kafka_a_timeout_doubles_nothing_behind_it),
        TEST(kafka_brokers_that_come_back_are_used),
        TEST(kafka_ends_of_a_dead_leader_are_not_waited_for),
        TEST(kafka_commit_of_absent_brokers_is_not_waited_for),
        TEST(kafka_batches_are_packed_by_ours),
        TEST(kafka_noise_arrives_as_it_is),
        TEST(kafka_foreign_functions_of_zlib_are_left_alone),
        cmocka_unit_test(kafka_wrong_property_is_named_without_its_value),
        cmocka_unit_test(kafka_variables_name_properties),
        TEST(kafka_rebalance_within_a_poll_hands_out_nothing_of_others),
        TEST(kafka_group_waits_for_a_topic_that_is_not_known_yet),
        TEST(kafka_hurry_leaves_a_group_that_answers),
        TEST(kafka_hurry_gives_up_brokers_that_stand_still),
        TEST(kafka_group_of_no_topic_is_told),
        TEST(kafka_zlib_packs_where_it_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
