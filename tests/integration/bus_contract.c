/* The contract of the bus port: order, durability before the answer, offsets, groups, backpressure.
 */
#include "integration/bus_contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "bus/bus_int.h"
#include "fx_test.h"

enum {
    WAIT_MS = 20000,
    TURN_MS = 100,
    BATCH = 512,
    VALUE_SIZE_MAX = 600,
    PARTITIONS = 4,
    GROUP_RECORDS = 400,
    MANY_MAX = 20000
};

static const struct bus_contract_adapter *current;
static uint32_t topic_count;

/* A test's own handle and topic; nobody else's records are in it. */
struct fixture {
    struct fx_bus *bus;
    char topic[FX_BUS_NAME_SIZE_MAX];
};

static fx_str name_of(const struct fixture *fixture)
{
    return fx_str_of(fixture->topic);
}

static void make(struct fixture *fixture, uint32_t partitions)
{
    const struct fx_bus_topic topic = {
        .name = name_of(fixture), .partitions = partitions, .retention_ms = -1};
    const fx_status status = fx_bus_make(fixture->bus, &topic, 1, WAIT_MS);
    if (status != FX_OK) {
        print_message("make: %s\n", fx_bus_error_text(fixture->bus));
    }
    assert_int_equal(status, FX_OK);
}

static int setup(void **state)
{
    static struct fixture fixture;
    (void)snprintf(
        fixture.topic, sizeof fixture.topic, "contract-%d-%u", (int)getpid(), topic_count++);
    assert_int_equal(current->open(0, &fixture.bus), FX_OK);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    fx_bus_close(fixture->bus);
    return 0;
}

/* The bytes of record `number`: they follow from it. */
static fx_str value_of(uint64_t number, char bytes[VALUE_SIZE_MAX])
{
    struct fx_rng rng;
    fx_rng_init(&rng, number * 7919 + 1);
    const int head = snprintf(bytes, VALUE_SIZE_MAX, "%llu:", (unsigned long long)number);
    const size_t size = (size_t)head + (size_t)fx_rng_below(&rng, 400);
    for (size_t index = (size_t)head; index < size; index++) {
        bytes[index] = (char)(uint8_t)fx_rng_next(&rng);
    }
    return (fx_str){bytes, size};
}

static void assert_value(fx_str value, uint64_t number)
{
    char bytes[VALUE_SIZE_MAX];
    const fx_str expected = value_of(number, bytes);
    assert_int_equal(value.size, expected.size);
    assert_memory_equal(value.data, expected.data, expected.size);
}

/* Collect deliveries; each must be the next token, at the next offset of partition 0. */
static void collect(struct fx_bus *bus, uint64_t *next_token, uint64_t *next_offset)
{
    struct fx_bus_delivery deliveries[BATCH];
    const uint32_t count = fx_bus_poll(bus, 1, deliveries, BATCH);
    for (uint32_t index = 0; index < count; index++) {
        assert_int_equal(deliveries[index].status, FX_OK);
        assert_int_equal(deliveries[index].token, *next_token);
        assert_int_equal(deliveries[index].offset, *next_offset);
        assert_int_equal(deliveries[index].partition, 0);
        (*next_token)++;
        (*next_offset)++;
    }
}

/* Publish records from..to-1 into partition 0 and wait for their deliveries. */
static void publish(
    struct fx_bus *bus, fx_str topic, uint64_t from, uint64_t to, uint64_t *next_offset)
{
    uint64_t token = from;
    char bytes[VALUE_SIZE_MAX];
    for (uint64_t number = from; number < to;) {
        const struct fx_bus_message message = {
            .topic = topic, .value = value_of(number, bytes), .token = number};
        const fx_status status = fx_bus_publish(bus, &message);
        if (status == FX_OK) {
            number++;
        } else {
            assert_int_equal(status, FX_BUSY);
            collect(bus, &token, next_offset);
        }
    }
    for (uint32_t turn = 0; turn < WAIT_MS && token < to; turn++) {
        collect(bus, &token, next_offset);
    }
    assert_int_equal(token, to);
    assert_int_equal(fx_bus_pending(bus), 0);
}

/* Read from `offset` on: records must be those numbers in order, up to `end`. */
static void read_back(struct fx_bus *bus, fx_str topic, uint64_t offset, uint64_t end)
{
    struct fx_bus_reader *reader = NULL;
    struct fx_bus_record records[BATCH];
    const struct fx_bus_place place = {topic, 0};
    assert_int_equal(fx_bus_reader_open(bus, place, offset, &reader), FX_OK);
    uint64_t next = offset == FX_BUS_FIRST ? 0 : offset;
    for (uint32_t turn = 0; turn < WAIT_MS / TURN_MS && next < end; turn++) {
        uint32_t count = 0;
        const fx_status status = fx_bus_reader_poll(reader, TURN_MS, records, BATCH, &count);
        if (status != FX_OK) {
            print_message("poll: %s\n", fx_bus_reader_error_text(reader));
        }
        assert_int_equal(status, FX_OK);
        for (uint32_t index = 0; index < count; index++) {
            assert_int_equal(records[index].offset, next);
            assert_int_equal(records[index].partition, 0);
            assert_true(fx_str_is_equal(records[index].topic, topic));
            assert_value(records[index].value, next);
            next++;
        }
    }
    assert_int_equal(next, end);
    uint64_t known = 0;
    assert_true(fx_bus_reader_end(reader, &known)); /* who has read it has heard of it */
    assert_true(known >= end);
    fx_bus_reader_close(reader);
}

static void bus_topic_is_made_once(void **state)
{
    struct fixture *fixture = *state;
    struct fx_bus_span span = {9, 9};
    make(fixture, 2);
    make(fixture, 2);
    const struct fx_bus_topic other = {.name = name_of(fixture), .partitions = 3};
    assert_int_equal(fx_bus_make(fixture->bus, &other, 1, WAIT_MS), FX_VERSION_MISMATCH);
    assert_true(fx_bus_error_text(fixture->bus)[0] != '\0');
    const struct fx_bus_place place = {name_of(fixture), 1};
    assert_int_equal(fx_bus_span(fixture->bus, place, WAIT_MS, &span), FX_OK);
    assert_int_equal(span.first, 0);
    assert_int_equal(span.end, 0);
}

static void bus_wrong_arguments_change_nothing(void **state)
{
    struct fixture *fixture = *state;
    static char large[FX_BUS_VALUE_SIZE_MAX + 1];
    struct fx_bus_reader *reader = NULL;
    struct fx_bus_span span = {0};
    make(fixture, 1);
    struct fx_bus_message message = {.topic = name_of(fixture), .value = FX_STR("x")};
    message.value = (fx_str){large, sizeof large};
    assert_int_equal(fx_bus_publish(fixture->bus, &message), FX_BODY_TOO_LARGE);
    message.value = FX_STR("");
    assert_int_equal(fx_bus_publish(fixture->bus, &message), FX_BAD_PARAMETER);
    message.value = FX_STR("x");
    message.partition = FX_BUS_BY_KEY; /* without a key */
    assert_int_equal(fx_bus_publish(fixture->bus, &message), FX_BAD_PARAMETER);
    message.partition = 0;
    message.key = (fx_str){large, FX_BUS_KEY_SIZE_MAX + 1};
    assert_int_equal(fx_bus_publish(fixture->bus, &message), FX_BAD_PARAMETER);
    message.key = FX_STR("");
    message.topic = FX_STR("a/b");
    assert_int_equal(fx_bus_publish(fixture->bus, &message), FX_BAD_PARAMETER);
    const struct fx_bus_topic none = {.name = FX_STR(""), .partitions = 1};
    assert_int_equal(fx_bus_make(fixture->bus, &none, 1, WAIT_MS), FX_BAD_PARAMETER);
    const struct fx_bus_topic zero = {.name = FX_STR("a"), .partitions = 0};
    assert_int_equal(fx_bus_make(fixture->bus, &zero, 1, WAIT_MS), FX_BAD_PARAMETER);
    const struct fx_bus_place place = {name_of(fixture), 0};
    assert_int_equal(fx_bus_reader_open(fixture->bus, place, FX_BUS_COMMITTED, &reader),
                     FX_BAD_PARAMETER);
    assert_int_equal(fx_bus_pending(fixture->bus), 0);
    assert_int_equal(fx_bus_span(fixture->bus, place, WAIT_MS, &span), FX_OK);
    assert_int_equal(span.end, 0);
}

static void bus_unknown_topic_is_told(void **state)
{
    struct fixture *fixture = *state;
    struct fx_bus_delivery delivery = {.status = FX_OK};
    const struct fx_bus_message message = {
        .topic = name_of(fixture), .value = FX_STR("x"), .token = 5};
    const fx_status status = fx_bus_publish(fixture->bus, &message);
    if (status == FX_OK) { /* its adapter hears of it later */
        uint32_t count = 0;
        for (uint32_t turn = 0; turn < WAIT_MS / TURN_MS && count == 0; turn++) {
            count = fx_bus_poll(fixture->bus, TURN_MS, &delivery, 1);
        }
        assert_int_equal(count, 1);
        assert_int_equal(delivery.token, 5);
        assert_int_equal(delivery.status, FX_NOT_FOUND);
    } else {
        assert_int_equal(status, FX_NOT_FOUND);
    }
    assert_int_equal(fx_bus_pending(fixture->bus), 0);
    assert_int_equal(fx_bus_fatal(fixture->bus), FX_OK);
}

static void bus_one_producer_has_order_without_gaps(void **state)
{
    struct fixture *fixture = *state;
    uint64_t offset = 0;
    make(fixture, 1);
    publish(fixture->bus, name_of(fixture), 0, current->many, &offset);
    assert_int_equal(offset, current->many);
    read_back(fixture->bus, name_of(fixture), FX_BUS_FIRST, current->many);
}

static void bus_is_read_again_from_any_offset(void **state)
{
    struct fixture *fixture = *state;
    struct fx_rng rng;
    uint64_t offset = 0;
    make(fixture, 1);
    publish(fixture->bus, name_of(fixture), 0, 2000, &offset);
    fx_rng_init(&rng, 20240229);
    for (uint32_t turn = 0; turn < 6; turn++) {
        read_back(fixture->bus, name_of(fixture), fx_rng_below(&rng, 2000), 2000);
    }
}

static void bus_delivered_record_is_readable(void **state)
{
    struct fixture *fixture = *state;
    uint64_t offset = 0;
    make(fixture, 1);
    for (uint64_t number = 0; number < 12; number++) {
        struct fx_bus_span span = {0};
        const struct fx_bus_place place = {name_of(fixture), 0};
        publish(fixture->bus, name_of(fixture), number, number + 1, &offset);
        assert_int_equal(fx_bus_span(fixture->bus, place, WAIT_MS, &span), FX_OK);
        assert_int_equal(span.end, number + 1);
    }
    read_back(fixture->bus, name_of(fixture), 11, 12);
}

static void bus_reader_waits_for_what_comes(void **state)
{
    struct fixture *fixture = *state;
    struct fx_bus_reader *reader = NULL;
    struct fx_bus_record records[4];
    uint32_t count = 9;
    uint64_t offset = 0;
    make(fixture, 1);
    const struct fx_bus_place place = {name_of(fixture), 0};
    assert_int_equal(fx_bus_reader_open(fixture->bus, place, 0, &reader), FX_OK);
    assert_int_equal(fx_bus_reader_poll(reader, 10, records, 4, &count), FX_OK);
    assert_int_equal(count, 0);
    for (uint64_t number = 0; number < 8; number++) {
        publish(fixture->bus, name_of(fixture), number, number + 1, &offset);
        count = 0;
        for (uint32_t turn = 0; turn < WAIT_MS / TURN_MS && count == 0; turn++) {
            assert_int_equal(fx_bus_reader_poll(reader, TURN_MS, records, 4, &count), FX_OK);
        }
        assert_int_equal(count, 1);
        assert_int_equal(records[0].offset, number);
        assert_value(records[0].value, number);
    }
    fx_bus_reader_close(reader);
}

static void bus_offset_out_of_the_log_is_told(void **state)
{
    struct fixture *fixture = *state;
    struct fx_bus_reader *reader = NULL;
    struct fx_bus_record records[4];
    uint64_t offset = 0;
    fx_status status = FX_OK;
    make(fixture, 1);
    publish(fixture->bus, name_of(fixture), 0, 5, &offset);
    const struct fx_bus_place place = {name_of(fixture), 0};
    assert_int_equal(fx_bus_reader_open(fixture->bus, place, 100, &reader), FX_OK);
    for (uint32_t turn = 0; turn < WAIT_MS / TURN_MS && status == FX_OK; turn++) {
        uint32_t count = 0;
        status = fx_bus_reader_poll(reader, TURN_MS, records, 4, &count);
        assert_int_equal(count, 0);
    }
    assert_int_equal(status, FX_NOT_FOUND);
    assert_true(fx_bus_reader_error_text(reader)[0] != '\0');
    fx_bus_reader_close(reader);
}

static void bus_key_chooses_the_partition(void **state)
{
    struct fixture *fixture = *state;
    uint32_t delivered = 0;
    make(fixture, PARTITIONS);
    for (uint64_t number = 0; number < 200; number++) {
        char key[16], bytes[VALUE_SIZE_MAX];
        (void)snprintf(key, sizeof key, "%llu", (unsigned long long)(number % 40));
        const struct fx_bus_message message = {.topic = name_of(fixture),
                                               .partition = FX_BUS_BY_KEY,
                                               .key = fx_str_of(key),
                                               .value = value_of(number, bytes),
                                               .token = number};
        assert_int_equal(fx_bus_publish(fixture->bus, &message), FX_OK);
    }
    for (uint32_t turn = 0; turn < WAIT_MS / TURN_MS && delivered < 200; turn++) {
        struct fx_bus_delivery deliveries[BATCH];
        const uint32_t count = fx_bus_poll(fixture->bus, TURN_MS, deliveries, BATCH);
        for (uint32_t index = 0; index < count; index++) {
            char key[16];
            (void)snprintf(
                key, sizeof key, "%llu", (unsigned long long)(deliveries[index].token % 40));
            assert_int_equal(deliveries[index].status, FX_OK);
            assert_int_equal(deliveries[index].partition,
                             fx_bus_murmur2(fx_str_of(key)) % PARTITIONS);
        }
        delivered += count;
    }
    assert_int_equal(delivered, 200);
}

static void bus_full_queue_says_busy_and_loses_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct fx_bus *small = NULL;
    uint64_t offset = 0, token = 0, number = 0;
    uint32_t busy_count = 0;
    char bytes[VALUE_SIZE_MAX];
    fx_bus_close(fixture->bus); /* a journal has one owner */
    assert_int_equal(current->open(50, &small), FX_OK);
    fixture->bus = small;
    make(fixture, 1);
    while (number < 1000) {
        const struct fx_bus_message message = {
            .topic = name_of(fixture), .value = value_of(number, bytes), .token = number};
        const fx_status status = fx_bus_publish(small, &message);
        if (status == FX_OK) {
            number++;
            assert_true(fx_bus_pending(small) <= 50);
        } else {
            assert_int_equal(status, FX_BUSY);
            busy_count++;
            collect(small, &token, &offset);
        }
    }
    for (uint32_t turn = 0; turn < WAIT_MS && token < 1000; turn++) {
        collect(small, &token, &offset);
    }
    assert_int_equal(token, 1000);
    assert_true(busy_count >= 19);
    read_back(small, name_of(fixture), 0, 1000);
}

static void bus_producer_that_starts_again_goes_on(void **state)
{
    struct fixture *fixture = *state;
    uint64_t offset = 0;
    make(fixture, 1);
    publish(fixture->bus, name_of(fixture), 0, 300, &offset);
    if (current->is_lasting) {
        fx_bus_close(fixture->bus);
        assert_int_equal(current->open(0, &fixture->bus), FX_OK);
        make(fixture, 1);
    }
    publish(fixture->bus, name_of(fixture), 300, 600, &offset);
    assert_int_equal(offset, 600);
    read_back(fixture->bus, name_of(fixture), 0, 600);
}

/* ---- groups ---------------------------------------------------------------------------------- */

/* What a member of a group was given and has read. */
struct member {
    struct fx_bus_reader *reader;
    uint64_t start; /* what on_assigned says */
    bool is_mine[PARTITIONS];
    uint64_t next[PARTITIONS]; /* behind the last record read, per partition */
    uint8_t *seen;             /* per number: how often */
    const char *peer_name;
    const struct member *peer;
    uint32_t given;
};

static uint64_t on_assigned(void *context, struct fx_bus_place place)
{
    struct member *member = context;
    assert_true(place.partition < PARTITIONS);
    assert_false(member->is_mine[place.partition]);
    /* Never two at once. */
    assert_true(member->peer == NULL || !member->peer->is_mine[place.partition]);
    member->is_mine[place.partition] = true;
    member->given++;
    return member->start;
}

static void on_revoked(void *context, struct fx_bus_place place, bool is_lost)
{
    struct member *member = context;
    assert_true(member->is_mine[place.partition]);
    if (!is_lost && member->next[place.partition] > 0) {
        assert_int_equal(fx_bus_reader_commit(member->reader, place, member->next[place.partition]),
                         FX_OK);
    }
    member->is_mine[place.partition] = false;
}

static void join(struct fixture *fixture, struct member *member)
{
    const fx_str topic = name_of(fixture);
    char name[FX_BUS_NAME_SIZE_MAX];
    (void)snprintf(name, sizeof name, "group-%.40s", fixture->topic);
    const struct fx_bus_group group = {.name = fx_str_of(name),
                                       .topics = &topic,
                                       .topic_count = 1,
                                       .on_assigned = on_assigned,
                                       .on_revoked = on_revoked,
                                       .context = member};
    assert_int_equal(fx_bus_reader_join(fixture->bus, &group, &member->reader), FX_OK);
}

/* One poll. @return how many records came. */
static uint32_t turn(struct member *member, uint32_t wait_ms)
{
    struct fx_bus_record records[BATCH];
    uint32_t count = 0;
    const fx_status status = fx_bus_reader_poll(member->reader, wait_ms, records, BATCH, &count);
    if (status != FX_OK) {
        print_message("poll: %s\n", fx_bus_reader_error_text(member->reader));
    }
    assert_int_equal(status, FX_OK);
    for (uint32_t index = 0; index < count; index++) {
        const struct fx_bus_record *record = &records[index];
        uint64_t number = 0;
        const size_t colon = fx_str_find(record->value, ':', 0);
        assert_true(fx_str_parse_u64(fx_str_slice(record->value, 0, colon), &number));
        assert_true(number < GROUP_RECORDS * 2);
        assert_value(record->value, number);
        assert_true(member->is_mine[record->partition]);
        member->next[record->partition] = record->offset + 1;
        member->seen[number]++;
    }
    return count;
}

/* Publish numbers from..to-1 over all partitions. */
static void scatter(struct fixture *fixture, uint64_t from, uint64_t to)
{
    uint64_t delivered = 0;
    for (uint64_t number = from; number < to; number++) {
        char bytes[VALUE_SIZE_MAX];
        const struct fx_bus_message message = {.topic = name_of(fixture),
                                               .partition = (uint32_t)(number % PARTITIONS),
                                               .value = value_of(number, bytes)};
        assert_int_equal(fx_bus_publish(fixture->bus, &message), FX_OK);
    }
    for (uint32_t step = 0; step < WAIT_MS / TURN_MS && delivered < to - from; step++) {
        struct fx_bus_delivery deliveries[BATCH];
        const uint32_t count = fx_bus_poll(fixture->bus, TURN_MS, deliveries, BATCH);
        for (uint32_t index = 0; index < count; index++) {
            assert_int_equal(deliveries[index].status, FX_OK);
        }
        delivered += count;
    }
    assert_int_equal(delivered, to - from);
}

static uint32_t missing(const uint8_t seen[], uint64_t from, uint64_t to)
{
    uint32_t count = 0;
    for (uint64_t number = from; number < to; number++) {
        count += seen[number] == 0 ? 1 : 0;
    }
    return count;
}

static void commit_all(struct fixture *fixture, struct member *member)
{
    for (uint32_t partition = 0; partition < PARTITIONS; partition++) {
        const struct fx_bus_place place = {name_of(fixture), partition};
        if (member->is_mine[partition] && member->next[partition] > 0) {
            assert_int_equal(fx_bus_reader_commit(member->reader, place, member->next[partition]),
                             FX_OK);
        }
    }
}

static void bus_group_shares_and_loses_nothing(void **state)
{
    struct fixture *fixture = *state;
    static uint8_t seen[GROUP_RECORDS * 2];
    struct member first = {.start = FX_BUS_COMMITTED, .seen = seen};
    struct member second = {.start = FX_BUS_COMMITTED, .seen = seen, .peer = &first};
    memset(seen, 0, sizeof seen);
    first.peer = &second;
    make(fixture, PARTITIONS);
    scatter(fixture, 0, GROUP_RECORDS);
    join(fixture, &first);
    for (uint32_t step = 0; step < WAIT_MS / TURN_MS && missing(seen, 0, GROUP_RECORDS) > 0;
         step++) {
        (void)turn(&first, TURN_MS);
    }
    assert_int_equal(missing(seen, 0, GROUP_RECORDS), 0);
    assert_int_equal(first.given, PARTITIONS);
    commit_all(fixture, &first);
    join(fixture, &second);
    for (uint32_t step = 0; step < WAIT_MS / TURN_MS && second.given < PARTITIONS / 2; step++) {
        (void)turn(&first, TURN_MS / 2);
        (void)turn(&second, TURN_MS / 2);
    }
    assert_int_equal(second.given, PARTITIONS / 2);
    scatter(fixture, GROUP_RECORDS, GROUP_RECORDS * 2);
    for (uint32_t step = 0;
         step < WAIT_MS / TURN_MS && missing(seen, GROUP_RECORDS, GROUP_RECORDS * 2) > 0;
         step++) {
        (void)turn(&first, TURN_MS / 2);
        (void)turn(&second, TURN_MS / 2);
    }
    /* Everything was committed before it changed hands: each record once. */
    for (uint32_t number = 0; number < GROUP_RECORDS * 2; number++) {
        assert_int_equal(seen[number], 1);
    }
    fx_bus_reader_close(second.reader);
    fx_bus_reader_close(first.reader);
}

static void bus_group_member_that_ends_is_replaced(void **state)
{
    struct fixture *fixture = *state;
    static uint8_t seen[GROUP_RECORDS * 2];
    struct member first = {.start = FX_BUS_COMMITTED, .seen = seen};
    memset(seen, 0, sizeof seen);
    make(fixture, PARTITIONS);
    scatter(fixture, 0, GROUP_RECORDS);
    join(fixture, &first);
    for (uint32_t step = 0; step < WAIT_MS / TURN_MS && missing(seen, 0, GROUP_RECORDS) > 0;
         step++) {
        (void)turn(&first, TURN_MS);
    }
    commit_all(fixture, &first);
    scatter(fixture, GROUP_RECORDS, GROUP_RECORDS * 2);
    for (uint32_t step = 0;
         step < WAIT_MS / TURN_MS && missing(seen, GROUP_RECORDS, GROUP_RECORDS * 2) > 0;
         step++) {
        (void)turn(&first, TURN_MS);
    }
    memset(first.next, 0, sizeof first.next); /* it crashes: nothing of the second half committed */
    fx_bus_reader_close(first.reader);
    memset(seen, 0, sizeof seen);
    struct member second = {.start = FX_BUS_COMMITTED, .seen = seen};
    join(fixture, &second);
    for (uint32_t step = 0;
         step < WAIT_MS / TURN_MS && missing(seen, GROUP_RECORDS, GROUP_RECORDS * 2) > 0;
         step++) {
        (void)turn(&second, TURN_MS);
    }
    assert_int_equal(missing(seen, GROUP_RECORDS, GROUP_RECORDS * 2), 0); /* redelivered */
    assert_int_equal(missing(seen, 0, GROUP_RECORDS), GROUP_RECORDS);     /* committed: not again */
    fx_bus_reader_close(second.reader);
}

static void bus_group_begins_where_its_member_says(void **state)
{
    struct fixture *fixture = *state;
    static uint8_t seen[GROUP_RECORDS * 2];
    struct member member = {.start = 60, .seen = seen}; /* its projection has 0..59 of each */
    memset(seen, 0, sizeof seen);
    make(fixture, PARTITIONS);
    scatter(fixture, 0, GROUP_RECORDS);
    join(fixture, &member);
    for (uint32_t step = 0;
         step < WAIT_MS / TURN_MS && missing(seen, 60 * PARTITIONS, GROUP_RECORDS) > 0;
         step++) {
        (void)turn(&member, TURN_MS);
    }
    assert_int_equal(missing(seen, 60 * PARTITIONS, GROUP_RECORDS), 0);
    assert_int_equal(missing(seen, 0, 60 * PARTITIONS), 60 * PARTITIONS);
    const struct fx_bus_place elsewhere = {FX_STR("no-such-topic"), 0};
    assert_int_not_equal(fx_bus_reader_commit(member.reader, elsewhere, 1), FX_OK);
    fx_bus_reader_close(member.reader);
}

/* A silent member has a partition and reads nothing; a group without members keeps what it is told
 * by somebody outside. */
static void bus_group_keeps_without_reading(void **state)
{
    struct fixture *fixture = *state;
    static uint8_t seen[GROUP_RECORDS * 2];
    struct member silent = {.start = 0, .seen = seen};
    struct fx_bus_reader *outside = NULL;
    struct fx_bus_record records[BATCH];
    uint32_t count = 0;
    const fx_str topic = name_of(fixture);
    const struct fx_bus_place place = {topic, 0};
    char name[FX_BUS_NAME_SIZE_MAX];
    memset(seen, 0, sizeof seen);
    make(fixture, PARTITIONS);
    scatter(fixture, 0, GROUP_RECORDS);
    (void)snprintf(name, sizeof name, "group-%.40s", fixture->topic);
    struct fx_bus_group group = {.name = fx_str_of(name),
                                 .topics = &topic,
                                 .topic_count = 1,
                                 .is_silent = true,
                                 .on_assigned = on_assigned,
                                 .on_revoked = on_revoked,
                                 .context = &silent};
    assert_int_equal(fx_bus_reader_join(fixture->bus, &group, &silent.reader), FX_OK);
    for (uint32_t step = 0; step < WAIT_MS / TURN_MS && silent.given < PARTITIONS; step++) {
        assert_int_equal(turn(&silent, TURN_MS), 0);
    }
    assert_int_equal(silent.given, PARTITIONS);
    for (uint32_t step = 0; step < 10; step++) {
        assert_int_equal(turn(&silent, TURN_MS), 0);
    }
    uint64_t next = 0;
    assert_int_equal(fx_bus_reader_committed(silent.reader, place, &next), FX_NOT_FOUND);
    assert_int_equal(fx_bus_reader_commit(silent.reader, place, 60), FX_OK);
    assert_int_equal(fx_bus_reader_committed(silent.reader, place, &next), FX_OK);
    assert_int_equal(next, 60);
    fx_bus_reader_close(silent.reader);
    group.topic_count = 0;
    assert_int_equal(fx_bus_reader_join(fixture->bus, &group, &outside), FX_OK);
    next = 0;
    assert_int_equal(fx_bus_reader_committed(outside, place, &next), FX_OK);
    assert_int_equal(next, 60); /* whoever said so, and whoever asks */
    assert_int_equal(fx_bus_reader_commit(outside, (struct fx_bus_place){topic, 1}, 70), FX_OK);
    fx_bus_reader_close(outside);
    struct member member = {.start = FX_BUS_COMMITTED, .seen = seen};
    join(fixture, &member);
    for (uint32_t step = 0;
         step < WAIT_MS / TURN_MS && missing(seen, 70 * PARTITIONS, GROUP_RECORDS) > 0;
         step++) {
        (void)turn(&member, TURN_MS);
    }
    assert_int_equal(seen[59 * PARTITIONS], 0);
    assert_int_equal(seen[60 * PARTITIONS], 1);
    assert_int_equal(seen[69 * PARTITIONS + 1], 0);
    assert_int_equal(seen[70 * PARTITIONS + 1], 1);
    assert_int_equal(seen[2], 1); /* of which nobody said anything */
    assert_int_equal(fx_bus_reader_poll(member.reader, 0, records, BATCH, &count), FX_OK);
    fx_bus_reader_close(member.reader);
}

#define TEST(function)                                                                             \
    {                                                                                              \
#function, function, setup, teardown, NULL                                                 \
    }

int bus_contract_run(const struct bus_contract_adapter *adapter)
{
    current = adapter;
    assert_true(adapter->many <= MANY_MAX);
    const struct CMUnitTest tests[] = {
        TEST(bus_topic_is_made_once),
        TEST(bus_wrong_arguments_change_nothing),
        TEST(bus_unknown_topic_is_told),
        TEST(bus_one_producer_has_order_without_gaps),
        TEST(bus_is_read_again_from_any_offset),
        TEST(bus_delivered_record_is_readable),
        TEST(bus_reader_waits_for_what_comes),
        TEST(bus_offset_out_of_the_log_is_told),
        TEST(bus_key_chooses_the_partition),
        TEST(bus_full_queue_says_busy_and_loses_nothing),
        TEST(bus_producer_that_starts_again_goes_on),
        TEST(bus_group_shares_and_loses_nothing),
        TEST(bus_group_member_that_ends_is_replaced),
        TEST(bus_group_keeps_without_reading),
        TEST(bus_group_begins_where_its_member_says),
    };
    return cmocka_run_group_tests_name(adapter->name, tests, NULL, NULL);
}
