/* The contract suite of the bus, in memory and on journals; what only the local bus does. */
#include "bus/bus_local.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/bus_int.h"
#include "fx_test.h"
#include "integration/bus_contract.h"

enum { SEGMENT = 1 << 20, WAIT_MS = 10000 };

static char folder[128];

static fx_status open_memory(uint32_t pending_max, struct fx_bus **bus_out)
{
    const struct fx_bus_local_options options = {.pending_max = pending_max};
    return fx_bus_local_open(&options, bus_out);
}

/* A window of 64 KiB: most of what the suite reads comes from the files. */
static fx_status open_journals(uint32_t pending_max, struct fx_bus **bus_out)
{
    const struct fx_bus_local_options options = {.dir = folder,
                                                 .mode = FX_BUS_JOURNAL_STRICT,
                                                 .segment_size_bytes = SEGMENT,
                                                 .window_size_bytes = 65536,
                                                 .pending_max = pending_max};
    return fx_bus_local_open(&options, bus_out);
}

static void local_delivered_records_outlive_a_crash(void **state)
{
    struct fx_bus *bus = NULL;
    struct fx_bus_reader *reader = NULL;
    struct fx_bus_record records[64];
    struct fx_bus_delivery deliveries[64];
    const fx_str name = FX_STR("crash");
    const struct fx_bus_topic topic = {.name = name, .partitions = 1, .retention_ms = -1};
    const struct fx_bus_place place = {name, 0};
    uint32_t count = 0;
    (void)state;
    assert_int_equal(open_journals(0, &bus), FX_OK);
    assert_int_equal(fx_bus_make(bus, &topic, 1, WAIT_MS), FX_OK);
    for (uint32_t number = 0; number < 20; number++) {
        const struct fx_bus_message message = {
            .topic = name, .key = FX_STR("k"), .value = FX_STR("kept"), .token = number};
        assert_int_equal(fx_bus_publish(bus, &message), FX_OK);
    }
    assert_int_equal(fx_bus_flush(bus, WAIT_MS), FX_OK);
    assert_int_equal(fx_bus_poll(bus, WAIT_MS, deliveries, 64), 20);
    fx_bus_local_abandon(bus);
    assert_int_equal(open_journals(0, &bus), FX_OK);
    assert_int_equal(fx_bus_make(bus, &topic, 1, WAIT_MS), FX_OK);
    assert_int_equal(fx_bus_reader_open(bus, place, FX_BUS_FIRST, &reader), FX_OK);
    assert_int_equal(fx_bus_reader_poll(reader, WAIT_MS, records, 64, &count), FX_OK);
    assert_int_equal(count, 20);
    for (uint32_t number = 0; number < count; number++) {
        assert_int_equal(records[number].offset, number);
        assert_true(fx_str_is_equal(records[number].key, FX_STR("k")));
        assert_true(fx_str_is_equal(records[number].value, FX_STR("kept")));
    }
    fx_bus_reader_close(reader);
    fx_bus_close(bus);
}

static void local_commits_outlive_the_process(void **state)
{
    struct fx_bus *bus = NULL;
    struct fx_bus_reader *reader = NULL;
    struct fx_bus_record records[8];
    const fx_str name = FX_STR("commits");
    const struct fx_bus_topic topic = {.name = name, .partitions = 1, .retention_ms = -1};
    const struct fx_bus_group group = {.name = FX_STR("g"), .topics = &name, .topic_count = 1};
    const struct fx_bus_place place = {name, 0};
    (void)state;
    for (uint32_t life = 0; life < 3; life++) {
        uint32_t count = 0;
        const struct fx_bus_message message = {.topic = name, .value = FX_STR("x")};
        assert_int_equal(open_journals(0, &bus), FX_OK);
        assert_int_equal(fx_bus_make(bus, &topic, 1, WAIT_MS), FX_OK);
        assert_int_equal(fx_bus_publish(bus, &message), FX_OK);
        assert_int_equal(fx_bus_reader_join(bus, &group, &reader), FX_OK);
        assert_int_equal(fx_bus_reader_poll(reader, WAIT_MS, records, 8, &count), FX_OK);
        assert_int_equal(count, 1); /* the earlier ones are done */
        assert_int_equal(records[0].offset, life);
        assert_int_equal(fx_bus_reader_commit(reader, place, life + 1), FX_OK);
        fx_bus_reader_close(reader);
        fx_bus_close(bus);
    }
}

/* A group that committed long ago, and others since: the window of memory has only the others'. */
static void local_old_commits_are_found_behind_the_window(void **state)
{
    struct fx_bus *bus = NULL;
    struct fx_bus_reader *reader = NULL;
    struct fx_bus_record records[8];
    const fx_str name = FX_STR("longago");
    const struct fx_bus_topic topic = {.name = name, .partitions = 1, .retention_ms = -1};
    const struct fx_bus_group quiet = {.name = FX_STR("quiet"), .topics = &name, .topic_count = 1};
    const struct fx_bus_group busy = {.name = FX_STR("busy"), .topics = &name, .topic_count = 1};
    const struct fx_bus_message message = {.topic = name, .value = FX_STR("x")};
    const struct fx_bus_place place = {name, 0};
    const struct fx_bus_local_options options = {.dir = folder,
                                                 .mode = FX_BUS_JOURNAL_STRICT,
                                                 .segment_size_bytes = SEGMENT,
                                                 .window_size_bytes = 4000};
    uint32_t count = 0;
    (void)state;
    for (uint32_t life = 0; life < 2; life++) {
        assert_int_equal(fx_bus_local_open(&options, &bus), FX_OK);
        assert_int_equal(fx_bus_make(bus, &topic, 1, WAIT_MS), FX_OK);
        assert_int_equal(fx_bus_publish(bus, &message), FX_OK);
        assert_int_equal(fx_bus_reader_join(bus, &quiet, &reader), FX_OK);
        assert_int_equal(fx_bus_reader_poll(reader, WAIT_MS, records, 8, &count), FX_OK);
        assert_int_equal(count, 1);
        assert_int_equal(records[0].offset, life);
        assert_int_equal(fx_bus_reader_commit(reader, place, life + 1), FX_OK);
        fx_bus_reader_close(reader);
        assert_int_equal(fx_bus_reader_join(bus, &busy, &reader), FX_OK);
        assert_int_equal(fx_bus_reader_poll(reader, WAIT_MS, records, 8, &count), FX_OK);
        for (uint32_t turn = 0; turn < 500; turn++) {
            assert_int_equal(fx_bus_reader_commit(reader, place, life + 1), FX_OK);
        }
        fx_bus_reader_close(reader);
        fx_bus_close(bus);
    }
}

static void local_memory_forgets_the_oldest_and_says_so(void **state)
{
    struct fx_bus *bus = NULL;
    struct fx_bus_reader *reader = NULL;
    struct fx_bus_record records[8];
    const fx_str name = FX_STR("window");
    const struct fx_bus_topic topic = {.name = name, .partitions = 1};
    const struct fx_bus_place place = {name, 0};
    const struct fx_bus_local_options options = {.window_size_bytes = 1000};
    struct fx_bus_span span = {0};
    uint32_t count = 0;
    (void)state;
    assert_int_equal(fx_bus_local_open(&options, &bus), FX_OK);
    assert_int_equal(fx_bus_make(bus, &topic, 1, 0), FX_OK);
    for (uint32_t number = 0; number < 100; number++) {
        const struct fx_bus_message message = {.topic = name,
                                               .value = FX_STR("twenty bytes of text")};
        assert_int_equal(fx_bus_publish(bus, &message), FX_OK);
    }
    assert_int_equal(fx_bus_span(bus, place, 0, &span), FX_OK);
    assert_int_equal(span.end, 100);
    assert_int_equal(span.first, 100 - 1000 / 32);
    assert_int_equal(fx_bus_reader_open(bus, place, span.first - 1, &reader), FX_OK);
    assert_int_equal(fx_bus_reader_poll(reader, 0, records, 8, &count), FX_NOT_FOUND);
    fx_bus_reader_close(reader);
    fx_bus_close(bus);
}

/* Values of org.apache.kafka.common.utils.Utils.murmur2, made positive: from its own unit test. */
static void local_murmur2_is_that_of_kafka(void **state)
{
    (void)state;
    assert_int_equal(fx_bus_murmur2(FX_STR("21")), -973932308 & 0x7fffffff);
    assert_int_equal(fx_bus_murmur2(FX_STR("foobar")), -790332482 & 0x7fffffff);
    assert_int_equal(fx_bus_murmur2(FX_STR("a-little-bit-long-string")), -985981536 & 0x7fffffff);
    assert_int_equal(fx_bus_murmur2(FX_STR("a-little-bit-longer-string")),
                     -1486304829 & 0x7fffffff);
    assert_int_equal(fx_bus_murmur2(FX_STR("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8")),
                     -58897971 & 0x7fffffff);
    assert_int_equal(fx_bus_murmur2(FX_STR("abc")), 479470107);
}

int main(void)
{
    const struct bus_contract_adapter memory = {
        .name = "memory", .open = open_memory, .many = 20000};
    const struct bus_contract_adapter journals = {
        .name = "journals", .open = open_journals, .is_lasting = true, .many = 5000};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(local_delivered_records_outlive_a_crash),
        cmocka_unit_test(local_commits_outlive_the_process),
        cmocka_unit_test(local_old_commits_are_found_behind_the_window),
        cmocka_unit_test(local_memory_forgets_the_oldest_and_says_so),
        cmocka_unit_test(local_murmur2_is_that_of_kafka),
    };
    (void)snprintf(folder, sizeof folder, "/tmp/bus_local_test.XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return 1;
    }
    int failed = bus_contract_run(&memory);
    failed += bus_contract_run(&journals);
    failed += cmocka_run_group_tests_name("local", tests, NULL, NULL);
    char line[256];
    (void)snprintf(line, sizeof line, "rm -rf %s", folder);
    return system(line) == 0 ? failed : failed + 1; // NOLINT(cert-env33-c): our own folder
}
