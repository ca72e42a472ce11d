/* bus/bus_snapshot: whole or not there, and a damaged one is never loaded. */
#include "bus/bus_snapshot.h"

#include <stdio.h>

#include "unit/bus/bus_testing.h"

static int setup(void **state)
{
    *state = fx_bus_disk_create(11);
    return *state == NULL ? -1 : 0;
}

static int teardown(void **state)
{
    fx_bus_disk_destroy(*state);
    return 0;
}

static fx_status write_one(struct fx_bus_disk *disk, uint64_t seq)
{
    const struct fx_bus_file_system system = fx_bus_disk_system(disk);
    const struct fx_bus_snapshot_info info = {
        .seq = seq, .state_hash = seq * 3, .version = 7, .wall_ns = 5};
    char text[32];
    (void)snprintf(text, sizeof text, "state %llu", (unsigned long long)seq);
    const fx_str parts[] = {fx_str_of(text), FX_STR(""), FX_STR(" and more")};
    return fx_bus_snapshot_write(&system, "data", &info, parts, 3);
}

static void check_body(const struct fx_bus_snapshot *snapshot, uint64_t seq)
{
    char text[64];
    (void)snprintf(text, sizeof text, "state %llu and more", (unsigned long long)seq);
    assert_int_equal(snapshot->info.seq, seq);
    assert_int_equal(snapshot->info.size, strlen(text));
    assert_memory_equal(snapshot->body, text, strlen(text));
}

static void bus_snapshot_written_is_loaded_back(void **state)
{
    struct fx_bus_disk *disk = *state;
    const struct fx_bus_file_system system = fx_bus_disk_system(disk);
    struct fx_bus_snapshot snapshot;
    struct fx_bus_snapshot_info info;
    assert_int_equal(fx_bus_snapshot_load_newest(&system, "data", &snapshot), FX_NOT_FOUND);
    assert_int_equal(write_one(disk, 42), FX_OK);
    fx_bus_disk_crash(disk); /* it is durable */
    assert_int_equal(fx_bus_snapshot_load(&system, "data", 42, &snapshot), FX_OK);
    check_body(&snapshot, 42);
    assert_int_equal(snapshot.info.state_hash, 126);
    assert_int_equal(snapshot.info.version, 7);
    fx_bus_snapshot_release(&snapshot);
    assert_int_equal(fx_bus_snapshot_verify(&system, "data", 42, &info), FX_OK);
    assert_int_equal(info.wall_ns, 5);
    assert_int_equal(fx_bus_snapshot_verify(&system, "data", 43, &info), FX_NOT_FOUND);
}

static void bus_snapshot_list_is_newest_first_and_bounded(void **state)
{
    struct fx_bus_disk *disk = *state;
    const struct fx_bus_file_system system = fx_bus_disk_system(disk);
    const uint64_t seqs[] = {5, 100, 20, 3000, 1};
    uint64_t found[8];
    size_t count = 0;
    for (size_t index = 0; index < 5; index++) {
        assert_int_equal(write_one(disk, seqs[index]), FX_OK);
    }
    assert_int_equal(fx_bus_snapshot_list(&system, "data", found, 8, &count), FX_OK);
    assert_int_equal(count, 5);
    const uint64_t sorted[] = {3000, 100, 20, 5, 1};
    assert_memory_equal(found, sorted, sizeof sorted);
    assert_int_equal(fx_bus_snapshot_list(&system, "data", found, 2, &count), FX_OK);
    assert_int_equal(count, 2);
    assert_memory_equal(found, sorted, 2 * sizeof sorted[0]);
}

static void bus_snapshot_any_damage_falls_back_to_the_older(void **state)
{
    struct fx_bus_disk *disk = *state;
    const struct fx_bus_file_system system = fx_bus_disk_system(disk);
    const char *const newest = "data/snap-00000000000000000200.bin";
    struct fx_bus_snapshot snapshot;
    assert_int_equal(write_one(disk, 100), FX_OK);
    assert_int_equal(write_one(disk, 200), FX_OK);
    for (uint64_t offset = 0; offset < fx_bus_disk_file_size(disk, newest);
         offset += offset < 64 || offset >= 4090 ? 1 : 61) {
        char byte = 0;
        assert_true(fx_bus_disk_peek(disk, newest, offset, &byte));
        assert_true(fx_bus_disk_poke(disk, newest, offset, (char)(uint8_t)((uint8_t)byte ^ 1)));
        assert_int_equal(fx_bus_snapshot_load(&system, "data", 200, &snapshot), FX_CORRUPT);
        assert_int_equal(fx_bus_snapshot_load_newest(&system, "data", &snapshot), FX_OK);
        assert_int_equal(snapshot.skipped_count, 1);
        check_body(&snapshot, 100);
        fx_bus_snapshot_release(&snapshot);
        assert_true(fx_bus_disk_poke(disk, newest, offset, byte));
    }
    assert_int_equal(fx_bus_snapshot_load_newest(&system, "data", &snapshot), FX_OK);
    assert_int_equal(snapshot.skipped_count, 0);
    check_body(&snapshot, 200);
    fx_bus_snapshot_release(&snapshot);
}

/* Every read fails once: never wrong bytes; a newest one that cannot be read is passed over. */
static void bus_snapshot_every_read_error_falls_back(void **state)
{
    struct fx_bus_disk *disk = *state;
    const struct fx_bus_file_system system = fx_bus_disk_system(disk);
    struct fx_bus_snapshot snapshot = {.skipped_count = 1};
    uint64_t number = 0;
    assert_int_equal(write_one(disk, 100), FX_OK);
    assert_int_equal(write_one(disk, 200), FX_OK);
    while (snapshot.skipped_count == 1) {
        number++;
        fx_bus_disk_set_faults(disk, (struct fx_bus_disk_faults){.read_error_at = number});
        assert_int_equal(fx_bus_snapshot_load_newest(&system, "data", &snapshot), FX_OK);
        check_body(&snapshot, snapshot.skipped_count == 1 ? 100 : 200);
        fx_bus_snapshot_release(&snapshot);
    }
    assert_int_equal(number, 3); /* header and body were read */
}

static void bus_snapshot_none_intact_is_corrupt(void **state)
{
    struct fx_bus_disk *disk = *state;
    const struct fx_bus_file_system system = fx_bus_disk_system(disk);
    struct fx_bus_snapshot snapshot;
    assert_int_equal(write_one(disk, 100), FX_OK);
    assert_true(fx_bus_disk_poke(disk, "data/snap-00000000000000000100.bin", 4096, 'X'));
    assert_int_equal(fx_bus_snapshot_load_newest(&system, "data", &snapshot), FX_CORRUPT);
}

static void bus_snapshot_under_another_name_is_corrupt(void **state)
{
    struct fx_bus_disk *disk = *state;
    const struct fx_bus_file_system system = fx_bus_disk_system(disk);
    struct fx_bus_snapshot snapshot;
    assert_int_equal(write_one(disk, 100), FX_OK);
    assert_int_equal(system.ops->rename(disk,
                                        "data/snap-00000000000000000100.bin",
                                        "data/snap-00000000000000000101.bin"),
                     0);
    assert_int_equal(fx_bus_snapshot_load(&system, "data", 101, &snapshot), FX_CORRUPT);
}

/* The power fails at every operation of the second write: the first is always there and loads. */
static void bus_snapshot_crash_at_every_operation_keeps_a_whole_one(void **state)
{
    (void)state;
    for (uint64_t crash_at = 1; crash_at < 12; crash_at++) {
        for (uint64_t seed = 0; seed < 30; seed++) {
            struct fx_bus_disk *disk = fx_bus_disk_create(seed);
            const struct fx_bus_file_system system = fx_bus_disk_system(disk);
            struct fx_bus_snapshot snapshot;
            assert_int_equal(write_one(disk, 100), FX_OK);
            fx_bus_disk_set_faults(disk, (struct fx_bus_disk_faults){.crash_at = crash_at});
            const fx_status status = write_one(disk, 200);
            fx_bus_disk_crash(disk);
            assert_int_equal(fx_bus_snapshot_load_newest(&system, "data", &snapshot), FX_OK);
            assert_int_equal(snapshot.skipped_count, 0);
            assert_true(snapshot.info.seq == 200 || status != FX_OK);
            check_body(&snapshot, snapshot.info.seq);
            fx_bus_snapshot_release(&snapshot);
            fx_bus_disk_destroy(disk);
        }
    }
}

static void bus_snapshot_trim_keeps_the_newest(void **state)
{
    struct fx_bus_disk *disk = *state;
    const struct fx_bus_file_system system = fx_bus_disk_system(disk);
    uint64_t oldest = 0;
    uint64_t found[8];
    size_t count = 0;
    assert_int_equal(fx_bus_snapshot_trim(&system, "data", 2, &oldest), FX_OK);
    assert_int_equal(oldest, 0);
    for (uint64_t seq = 10; seq <= 50; seq += 10) {
        assert_int_equal(write_one(disk, seq), FX_OK);
    }
    assert_int_equal(fx_bus_snapshot_trim(&system, "data", 3, &oldest), FX_OK);
    assert_int_equal(oldest, 30);
    assert_int_equal(fx_bus_snapshot_list(&system, "data", found, 8, &count), FX_OK);
    assert_int_equal(count, 3);
    assert_int_equal(found[2], 30);
}

static void bus_snapshot_without_room_is_no_space_and_leaves_nothing(void **state)
{
    struct fx_bus_disk *disk = *state;
    const struct fx_bus_file_system system = fx_bus_disk_system(disk);
    uint64_t found[8];
    size_t count = 1;
    fx_bus_disk_set_faults(disk, (struct fx_bus_disk_faults){.capacity_bytes = 4100});
    assert_int_equal(write_one(disk, 10), FX_NO_SPACE);
    assert_int_equal(fx_bus_snapshot_list(&system, "data", found, 8, &count), FX_OK);
    assert_int_equal(count, 0);
    assert_int_equal(fx_bus_disk_file_size(disk, "data/snap-next.tmp"), 0);
}

static void bus_snapshot_drop_after_takes_the_lost_future_only(void **state)
{
    (void)state;
    struct fx_bus_disk *disk = fx_bus_disk_create(3);
    const struct fx_bus_file_system system = fx_bus_disk_system(disk);
    const fx_str part = FX_STR("state");
    for (uint64_t seq = 10; seq <= 50; seq += 10) {
        const struct fx_bus_snapshot_info info = {.seq = seq, .version = 1};
        assert_int_equal(fx_bus_snapshot_write(&system, "data", &info, &part, 1), FX_OK);
    }
    uint32_t dropped = 7;
    uint64_t seqs[8];
    size_t count = 0;
    assert_int_equal(fx_bus_snapshot_drop_after(&system, "data", 30, &dropped), FX_OK);
    assert_int_equal(dropped, 2);
    fx_bus_disk_crash(disk); /* it is durable */
    assert_int_equal(fx_bus_snapshot_list(&system, "data", seqs, 8, &count), FX_OK);
    assert_int_equal(count, 3);
    assert_int_equal(seqs[0], 30);
    assert_int_equal(fx_bus_snapshot_drop_after(&system, "data", 30, &dropped), FX_OK);
    assert_int_equal(dropped, 0);
    fx_bus_disk_destroy(disk);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(bus_snapshot_written_is_loaded_back),
        TEST(bus_snapshot_list_is_newest_first_and_bounded),
        TEST(bus_snapshot_any_damage_falls_back_to_the_older),
        TEST(bus_snapshot_every_read_error_falls_back),
        TEST(bus_snapshot_none_intact_is_corrupt),
        TEST(bus_snapshot_under_another_name_is_corrupt),
        TEST(bus_snapshot_crash_at_every_operation_keeps_a_whole_one),
        TEST(bus_snapshot_trim_keeps_the_newest),
        TEST(bus_snapshot_without_room_is_no_space_and_leaves_nothing),
        TEST(bus_snapshot_drop_after_takes_the_lost_future_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
