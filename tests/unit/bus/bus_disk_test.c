/* bus/bus_disk: the faults really happen, or every test on it would prove nothing. */
#include "bus/bus_disk.h"

#include <errno.h>

#include "unit/bus/bus_testing.h"

enum { SECTOR = FX_BUS_DISK_SECTOR_SIZE, SEEDS = 64 };

static int create(struct fx_bus_disk *disk, const char *path)
{
    const struct fx_bus_file_system system = fx_bus_disk_system(disk);
    int file = 0;
    assert_int_equal(system.ops->open(disk, path, FX_BUS_FILE_CREATE, &file), 0);
    return file;
}

static void write_sectors(struct fx_bus_disk *disk, int file, uint64_t at, size_t count, char byte)
{
    const struct fx_bus_file_system system = fx_bus_disk_system(disk);
    char bytes[8 * SECTOR];
    memset(bytes, byte, sizeof bytes);
    assert_int_equal(
        fx_bus_file_write_all(&system, file, (fx_str){bytes, count * SECTOR}, at * SECTOR), 0);
}

static char byte_of(struct fx_bus_disk *disk, const char *path, uint64_t sector)
{
    char byte = 0;
    assert_true(fx_bus_disk_peek(disk, path, sector * SECTOR + 9, &byte));
    return byte;
}

static void bus_disk_crash_keeps_synced_and_gambles_with_the_rest(void **state)
{
    (void)state;
    int new_count = 0;
    int old_count = 0;
    int zero_count = 0;
    int junk_count = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct fx_bus_disk *disk = fx_bus_disk_create(seed);
        const struct fx_bus_file_system system = fx_bus_disk_system(disk);
        const int file = create(disk, "d/f");
        write_sectors(disk, file, 0, 8, 'a');
        assert_int_equal(system.ops->sync(disk, file), 0);
        assert_int_equal(system.ops->sync_dir(disk, "d"), 0);
        write_sectors(disk, file, 4, 4, 'b');
        fx_bus_disk_crash(disk);
        for (uint64_t sector = 0; sector < 8; sector++) {
            const char byte = byte_of(disk, "d/f", sector);
            assert_true(sector >= 4 || byte == 'a');
            new_count += byte == 'b' ? 1 : 0;
            old_count += sector >= 4 && byte == 'a' ? 1 : 0;
            zero_count += byte == 0 ? 1 : 0;
            junk_count += byte != 'a' && byte != 'b' && byte != 0 ? 1 : 0;
        }
        fx_bus_disk_destroy(disk);
    }
    assert_true(new_count > SEEDS / 2);
    assert_true(old_count > SEEDS / 2);
    assert_true(zero_count > SEEDS / 2);
    assert_true(junk_count > SEEDS / 2);
}

static void bus_disk_crash_may_lose_names_that_were_not_synced(void **state)
{
    (void)state;
    int kept_count = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct fx_bus_disk *disk = fx_bus_disk_create(seed);
        const struct fx_bus_file_system system = fx_bus_disk_system(disk);
        const int file = create(disk, "d/old");
        write_sectors(disk, file, 0, 1, 'a');
        assert_int_equal(system.ops->sync(disk, file), 0);
        assert_int_equal(system.ops->sync_dir(disk, "d"), 0);
        assert_int_equal(system.ops->rename(disk, "d/old", "d/new"), 0);
        fx_bus_disk_crash(disk);
        const bool is_new = fx_bus_disk_file_size(disk, "d/new") > 0;
        const bool is_old = fx_bus_disk_file_size(disk, "d/old") > 0;
        assert_true(is_new != is_old);
        kept_count += is_new ? 1 : 0;
        fx_bus_disk_destroy(disk);
    }
    assert_true(kept_count > 0);
    assert_true(kept_count < SEEDS);
}

static void bus_disk_failed_sync_leaves_clean_pages_that_are_not_durable(void **state)
{
    (void)state;
    struct fx_bus_disk *disk = fx_bus_disk_create(1);
    const struct fx_bus_file_system system = fx_bus_disk_system(disk);
    int file = create(disk, "d/f");
    write_sectors(disk, file, 0, 1, 'a');
    assert_int_equal(system.ops->sync(disk, file), 0);
    assert_int_equal(system.ops->sync_dir(disk, "d"), 0);
    fx_bus_disk_set_faults(disk, (struct fx_bus_disk_faults){.sync_error_at = 1});
    write_sectors(disk, file, 0, 1, 'b');
    assert_int_equal(system.ops->sync(disk, file), EIO);
    assert_int_equal(system.ops->sync(disk, file), 0); /* the trap: the second one says 0 */
    assert_int_equal(byte_of(disk, "d/f", 0), 'b');
    fx_bus_disk_kill_process(disk);
    assert_int_equal(byte_of(disk, "d/f", 0), 'b');
    assert_int_equal(system.ops->open(disk, "d/f", FX_BUS_FILE_READ, &file), 0);
    assert_int_equal(system.ops->drop_cache(disk, file), 0);
    assert_int_equal(byte_of(disk, "d/f", 0), 'a');
    fx_bus_disk_destroy(disk);
}

static void bus_disk_is_down_from_the_chosen_operation_on(void **state)
{
    (void)state;
    struct fx_bus_disk *disk = fx_bus_disk_create(1);
    const struct fx_bus_file_system system = fx_bus_disk_system(disk);
    const int file = create(disk, "d/f");
    fx_bus_disk_set_faults(disk, (struct fx_bus_disk_faults){.crash_at = 2});
    write_sectors(disk, file, 0, 1, 'a');
    assert_false(fx_bus_disk_is_down(disk));
    assert_int_equal(system.ops->sync(disk, file), EIO);
    assert_true(fx_bus_disk_is_down(disk));
    assert_int_equal(fx_bus_file_write_all(&system, file, FX_STR("x"), 0), EIO);
    fx_bus_disk_crash(disk);
    assert_false(fx_bus_disk_is_down(disk));
    fx_bus_disk_destroy(disk);
}

static void bus_disk_short_writes_and_full_disk_happen(void **state)
{
    (void)state;
    struct fx_bus_disk *disk = fx_bus_disk_create(1);
    const struct fx_bus_file_system system = fx_bus_disk_system(disk);
    const int file = create(disk, "d/f");
    size_t size = 0;
    fx_bus_disk_set_faults(
        disk, (struct fx_bus_disk_faults){.short_write_ppm = 1000000, .capacity_bytes = 1000});
    assert_int_equal(system.ops->write_at(disk, file, FX_STR("twelve bytes"), 0, &size), 0);
    assert_true(size >= 1);
    assert_true(size < 12);
    assert_int_equal(fx_bus_file_write_all(&system, file, FX_STR("twelve bytes"), 0), 0);
    assert_int_equal(system.ops->allocate(disk, file, 1001), ENOSPC);
    assert_int_equal(system.ops->allocate(disk, file, 1000), 0);
    fx_bus_disk_destroy(disk);
}

static void bus_disk_a_read_may_turn_one_bit_once(void **state)
{
    (void)state;
    struct fx_bus_disk *disk = fx_bus_disk_create(1);
    const struct fx_bus_file_system system = fx_bus_disk_system(disk);
    const int file = create(disk, "d/f");
    char bytes[SECTOR];
    size_t size = 0;
    write_sectors(disk, file, 0, 1, 'a');
    fx_bus_disk_set_faults(disk, (struct fx_bus_disk_faults){.read_flip_at = 2});
    for (int read = 1; read <= 3; read++) {
        int turned = 0;
        assert_int_equal(system.ops->read_at(disk, file, bytes, sizeof bytes, 0, &size), 0);
        for (size_t index = 0; index < size; index++) {
            turned += __builtin_popcount((unsigned char)(bytes[index] ^ 'a'));
        }
        assert_int_equal(turned, read == 2 ? 1 : 0);
    }
    fx_bus_disk_destroy(disk);
}

static void bus_disk_crash_writes_sectors_astray_behind_what_was_synced(void **state)
{
    (void)state;
    int astray = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct fx_bus_disk *disk = fx_bus_disk_create(seed);
        const struct fx_bus_file_system system = fx_bus_disk_system(disk);
        const int file = create(disk, "d/f");
        write_sectors(disk, file, 0, 8, 'a');
        write_sectors(disk, file, 8, 8, 'c');
        assert_int_equal(system.ops->sync(disk, file), 0);
        assert_int_equal(system.ops->sync_dir(disk, "d"), 0);
        write_sectors(disk, file, 4, 1, 'b');
        fx_bus_disk_crash(disk);
        for (uint64_t sector = 0; sector < 16; sector++) {
            const char byte = byte_of(disk, "d/f", sector);
            assert_true(sector >= 4 || byte == 'a');
            astray += sector > 4 && byte == 'b' ? 1 : 0;
        }
        fx_bus_disk_destroy(disk);
    }
    assert_true(astray > 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bus_disk_crash_keeps_synced_and_gambles_with_the_rest),
        cmocka_unit_test(bus_disk_crash_may_lose_names_that_were_not_synced),
        cmocka_unit_test(bus_disk_failed_sync_leaves_clean_pages_that_are_not_durable),
        cmocka_unit_test(bus_disk_is_down_from_the_chosen_operation_on),
        cmocka_unit_test(bus_disk_short_writes_and_full_disk_happen),
        cmocka_unit_test(bus_disk_a_read_may_turn_one_bit_once),
        cmocka_unit_test(bus_disk_crash_writes_sectors_astray_behind_what_was_synced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
