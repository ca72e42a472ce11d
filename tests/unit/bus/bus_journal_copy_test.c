/* Copies of a journal in every state in which its owner may be caught. */
#include "bus/bus_journal_copy.h"

#include "unit/bus/bus_testing.h"

struct fixture {
    struct fx_bus_disk *disk;
    struct fx_bus_file_system system;
    struct test_model model;
    struct fx_bus_journal_options options;
    struct fx_bus_journal *journal;
    struct fx_bus_journal_report report;
};

static int setup(void **state)
{
    struct fixture *fixture = test_calloc(1, sizeof *fixture);
    fixture->disk = fx_bus_disk_create(1);
    fixture->system = fx_bus_disk_system(fixture->disk);
    fixture->options = test_options(fixture->disk, &fixture->model);
    assert_int_equal(
        test_open(&fixture->options, &fixture->model, &fixture->journal, &fixture->report), FX_OK);
    assert_int_equal(fixture->system.ops->make_dir(fixture->system.disk, "copy"), 0);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    fx_bus_journal_close(fixture->journal);
    fx_bus_disk_destroy(fixture->disk);
    test_free(fixture);
    return 0;
}

static fx_status copy(struct fixture *fixture, uint64_t *next_seq)
{
    return fx_bus_journal_copy(&fixture->system, "data", "copy", next_seq);
}

/* Read the copy; every record is compared by test_on_record. @return the last one. */
static uint64_t read_copy(struct fixture *fixture)
{
    struct fx_bus_journal_report report;
    const struct fx_bus_journal_recover_options options = {.system = fixture->system,
                                                           .dir = "copy",
                                                           .from_seq = 1,
                                                           .on_record = test_on_record,
                                                           .context = &fixture->model};
    fixture->model.delivered = 0;
    const fx_status status = fx_bus_journal_replay(&options, &report);
    if (status != FX_OK) {
        fail_msg("%s: %s", fx_status_name(status), report.text);
    }
    assert_int_equal(report.tail, FX_BUS_JOURNAL_TAIL_CLEAN);
    return fixture->model.delivered;
}

static void bus_journal_copy_of_many_segments_is_whole(void **state)
{
    struct fixture *fixture = *state;
    uint64_t next_seq = 0;
    for (uint64_t count = 1; count <= 200; count++) {
        assert_int_equal(test_append(fixture->journal, &fixture->model), FX_OK);
        while (fx_bus_journal_step(fixture->journal, 1) > 0) {
        }
        if (count % 40 == 0) { /* again into the same folder: older files are replaced */
            assert_int_equal(copy(fixture, &next_seq), FX_OK);
            assert_int_equal(next_seq, count + 1);
            assert_int_equal(read_copy(fixture), count);
        }
    }
    struct fx_bus_journal_stats stats;
    fx_bus_journal_stats(fixture->journal, &stats);
    assert_true(stats.roll_count > 3);
}

/* A frame of which only a part is there yet, before whole bytes that follow: what a reader may see
 * of two writes. It is left out, and what is behind it is zeros. */
static void bus_journal_copy_ends_before_a_frame_in_the_making(void **state)
{
    struct fixture *fixture = *state;
    char name[FX_BUS_FILE_NAME_SIZE_MAX];
    char path[FX_BUS_FILE_PATH_SIZE_MAX];
    uint64_t next_seq = 0;
    uint64_t offsets[4];
    for (int count = 0; count < 4; count++) {
        struct fx_bus_journal_stats stats;
        fx_bus_journal_stats(fixture->journal, &stats);
        offsets[count] = FX_BUS_JOURNAL_SEGMENT_HEADER_SIZE + stats.byte_count;
        assert_int_equal(test_append(fixture->journal, &fixture->model), FX_OK);
        while (fx_bus_journal_step(fixture->journal, 1) > 0) {
        }
    }
    fx_bus_journal_segment_name(1, name);
    assert_true(fx_bus_file_join("data", name, path));
    assert_true(fx_bus_disk_poke(fixture->disk, path, offsets[2] + 40, 0x55)); /* the third */
    assert_int_equal(copy(fixture, &next_seq), FX_OK);
    assert_int_equal(next_seq, 3);
    assert_int_equal(read_copy(fixture), 2);
    /* The copy can be continued as a journal. */
    fixture->model.acked = 2;
    fx_bus_journal_abandon(fixture->journal);
    fixture->options.dir = "copy";
    assert_int_equal(
        test_open(&fixture->options, &fixture->model, &fixture->journal, &fixture->report), FX_OK);
    assert_int_equal(fixture->report.next_seq, 3);
    assert_int_equal(test_append(fixture->journal, &fixture->model), FX_OK);
}

static void bus_journal_copy_of_a_damaged_journal_is_refused(void **state)
{
    struct fixture *fixture = *state;
    char name[FX_BUS_FILE_NAME_SIZE_MAX];
    char path[FX_BUS_FILE_PATH_SIZE_MAX];
    uint64_t next_seq = 77;
    for (int count = 0; count < 100; count++) {
        assert_int_equal(test_append(fixture->journal, &fixture->model), FX_OK);
        while (fx_bus_journal_step(fixture->journal, 1) > 0) {
        }
    }
    fx_bus_journal_segment_name(1, name);
    assert_true(fx_bus_file_join("data", name, path));
    assert_true(
        fx_bus_disk_poke(fixture->disk, path, FX_BUS_JOURNAL_SEGMENT_HEADER_SIZE + 100, 0x55));
    assert_int_equal(copy(fixture, &next_seq), FX_CORRUPT);
    assert_int_equal(next_seq, 77);
    assert_int_equal(fx_bus_journal_copy(&fixture->system, "copy2", "copy", &next_seq),
                     FX_NOT_FOUND);
}

static void bus_journal_copy_tells_of_a_full_disk(void **state)
{
    struct fixture *fixture = *state;
    uint64_t next_seq = 0;
    assert_int_equal(test_append(fixture->journal, &fixture->model), FX_OK);
    while (fx_bus_journal_step(fixture->journal, 1) > 0) {
    }
    fx_bus_disk_set_faults(fixture->disk, (struct fx_bus_disk_faults){.capacity_bytes = 4096});
    assert_int_equal(copy(fixture, &next_seq), FX_NO_SPACE);
    fx_bus_disk_set_faults(fixture->disk, (struct fx_bus_disk_faults){.read_error_at = 1});
    assert_int_equal(copy(fixture, &next_seq), FX_IO);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(bus_journal_copy_of_many_segments_is_whole),
        TEST(bus_journal_copy_ends_before_a_frame_in_the_making),
        TEST(bus_journal_copy_of_a_damaged_journal_is_refused),
        TEST(bus_journal_copy_tells_of_a_full_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
