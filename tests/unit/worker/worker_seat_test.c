/* worker/worker_seat: of several members one works, never two; what is done is kept for the group
 * before another one has the work. */
#include "worker/worker_seat.h"

#include <string.h>

#include "bus/bus_local.h"
#include "fx_test.h"

static const fx_str TOPIC = {"matching_engine_input", 21};
static const fx_str GROUP = {"matching_engine_notifier", 24};

enum { SECOND_US = 1000000 };

static struct {
    struct fx_bus *bus;
    uint64_t done; /* of every member */
    int64_t now_us;
} fixture;

static uint64_t progress(void *context)
{
    return *(const uint64_t *)context;
}

static struct fx_worker_seat *take_seat(uint32_t partition, bool is_alone)
{
    struct fx_worker_seat *seat = NULL;
    const struct fx_worker_seat_options options = {.bus = fixture.bus,
                                                   .group = GROUP,
                                                   .place = {TOPIC, partition},
                                                   .is_alone = is_alone,
                                                   .progress = progress,
                                                   .context = &fixture.done};
    assert_int_equal(fx_worker_seat_create(&options, &seat), FX_OK);
    return seat;
}

static void step(struct fx_worker_seat *seat)
{
    fixture.now_us += SECOND_US;
    (void)fx_worker_seat_step(seat, fixture.now_us);
}

static uint64_t on_assigned(void *context, struct fx_bus_place place)
{
    (void)context;
    (void)place;
    return FX_BUS_COMMITTED;
}

/* What the group keeps, as a member would begin that reads. @return the first offset it is given;
 * UINT64_MAX where that is the end. */
static uint64_t kept(uint32_t partition)
{
    const struct fx_bus_group group = {
        .name = GROUP, .topics = &TOPIC, .topic_count = 1, .on_assigned = on_assigned};
    struct fx_bus_reader *reader = NULL;
    struct fx_bus_record records[64];
    uint32_t count = 0;
    uint64_t first = UINT64_MAX;
    assert_int_equal(fx_bus_reader_join(fixture.bus, &group, &reader), FX_OK);
    assert_int_equal(fx_bus_reader_poll(reader, 0, records, 64, &count), FX_OK);
    for (uint32_t index = 0; index < count; index++) {
        if (records[index].partition == partition && records[index].offset < first) {
            first = records[index].offset;
        }
    }
    fx_bus_reader_close(reader);
    return first;
}

static int setup(void **state)
{
    const struct fx_bus_local_options local = {0};
    const struct fx_bus_topic topic = {.name = TOPIC, .partitions = 2, .retention_ms = -1};
    (void)state;
    memset(&fixture, 0, sizeof fixture);
    assert_int_equal(fx_bus_local_open(&local, &fixture.bus), FX_OK);
    assert_int_equal(fx_bus_make(fixture.bus, &topic, 1, 0), FX_OK);
    for (uint32_t number = 0; number < 40; number++) {
        struct fx_bus_delivery delivery;
        const struct fx_bus_message message = {
            .topic = TOPIC, .partition = number % 2, .value = FX_STR("{}")};
        assert_int_equal(fx_bus_publish(fixture.bus, &message), FX_OK);
        assert_int_equal(fx_bus_poll(fixture.bus, 0, &delivery, 1), 1);
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fx_bus_close(fixture.bus);
    return 0;
}

static void worker_seat_of_two_members_one_works(void **state)
{
    (void)state;
    struct fx_worker_seat_stats stats;
    struct fx_worker_seat *first = take_seat(0, false);
    assert_false(fx_worker_seat_is_held(first)); /* nobody has said so yet */
    fixture.done = 5;
    step(first);
    assert_true(fx_worker_seat_is_held(first));
    struct fx_worker_seat *second = take_seat(0, false);
    for (uint32_t turn = 0; turn < 5; turn++) {
        step(second);
        step(first);
        assert_int_equal(fx_worker_seat_is_held(first) + fx_worker_seat_is_held(second), 1);
    }
    fx_worker_seat_stats(first, &stats);
    assert_int_equal(stats.committed, 5);
    fixture.done = 7;
    fx_worker_seat_destroy(first); /* leaves: what was done last is kept */
    step(second);
    assert_true(fx_worker_seat_is_held(second));
    fixture.done = UINT64_MAX; /* it does not know how far it is: what was kept stays */
    step(second);
    fx_worker_seat_destroy(second);
    assert_int_equal(kept(0), 7);
    assert_int_equal(kept(1), 0); /* another shard's is not ours to keep */
}

/* The cluster's sharing may give the partition to whoever joins last. */
static void worker_seat_that_is_moved_stands_by(void **state)
{
    (void)state;
    struct fx_worker_seat *first = take_seat(1, false);
    fixture.done = 3;
    step(first);
    assert_true(fx_worker_seat_is_held(first));
    struct fx_worker_seat *second =
        take_seat(1, false); /* the local bus deals partitions in turn */
    fixture.done = 9;
    step(first);
    assert_false(fx_worker_seat_is_held(first));
    step(second);
    assert_true(fx_worker_seat_is_held(second));
    step(first);
    assert_false(fx_worker_seat_is_held(first));
    fixture.done = UINT64_MAX;
    fx_worker_seat_destroy(second);
    step(first);
    assert_true(fx_worker_seat_is_held(first));
    fx_worker_seat_destroy(first);
    assert_int_equal(kept(1), 9);
}

static void worker_seat_alone_keeps_only_offsets(void **state)
{
    (void)state;
    struct fx_worker_seat_stats stats;
    struct fx_worker_seat *leader = take_seat(0, true);
    assert_true(fx_worker_seat_is_held(leader));
    fixture.done = UINT64_MAX; /* it does not lead */
    step(leader);
    fx_worker_seat_stats(leader, &stats);
    assert_int_equal(stats.commits, 0);
    fixture.done = 12;
    step(leader);
    (void)fx_worker_seat_step(leader, fixture.now_us + 1); /* not each time */
    step(leader);                                          /* nothing new */
    fx_worker_seat_stats(leader, &stats);
    assert_int_equal(stats.commits, 1);
    fixture.done = 13;
    fx_worker_seat_destroy(leader);
    assert_int_equal(kept(0), 13);
    assert_true(fx_worker_seat_is_held(NULL));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(worker_seat_of_two_members_one_works),
        TEST(worker_seat_that_is_moved_stands_by),
        TEST(worker_seat_alone_keeps_only_offsets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
