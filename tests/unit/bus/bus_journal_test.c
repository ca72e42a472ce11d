/* bus/bus_journal: each promise of the header, on a disk in memory. */
#include "bus/bus_journal.h"

#include <errno.h>

#include "unit/bus/bus_testing.h"

struct fixture {
    struct fx_bus_disk *disk;
    struct test_model model;
    struct fx_bus_journal_options options;
    struct fx_bus_journal *journal;
    struct fx_bus_journal_report report;
};

static int setup(void **state)
{
    struct fixture *fixture = test_calloc(1, sizeof *fixture);
    fixture->disk = fx_bus_disk_create(1);
    fixture->options = test_options(fixture->disk, &fixture->model);
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

static void open_ok(struct fixture *fixture)
{
    const fx_status status =
        test_open(&fixture->options, &fixture->model, &fixture->journal, &fixture->report);
    if (status != FX_OK) {
        fail_msg("%s: %s", fx_status_name(status), fixture->report.text);
    }
}

static void close_journal(struct fixture *fixture)
{
    fx_bus_journal_close(fixture->journal);
    fixture->journal = NULL;
}

static void bus_journal_record_is_durable_only_after_step(void **state)
{
    struct fixture *fixture = *state;
    uint64_t seq = 0;
    open_ok(fixture);
    assert_int_equal(fx_bus_journal_next_seq(fixture->journal), 1);
    assert_int_equal(test_append(fixture->journal, &fixture->model), FX_OK);
    assert_int_equal(fx_bus_journal_durable_seq(fixture->journal), 0);
    assert_int_equal(fx_bus_journal_step(fixture->journal, 7), 1);
    assert_int_equal(fx_bus_journal_durable_seq(fixture->journal), 1);
    assert_int_equal(fixture->model.acked, 1);
    assert_int_equal(fx_bus_journal_step(fixture->journal, 8), 0);
    char large[8192];
    memset(large, 1, sizeof large);
    const size_t size_max = fx_bus_journal_record_size_max(fixture->journal);
    assert_int_equal(size_max, 8192 - 48 - 8);
    assert_int_equal(
        fx_bus_journal_append(fixture->journal, 1, (fx_str){large, size_max + 1}, &seq),
        FX_BAD_PARAMETER);
    assert_int_equal(seq, 0);
}

static void bus_journal_reopen_gives_all_records_back(void **state)
{
    struct fixture *fixture = *state;
    for (int life = 0; life < 5; life++) {
        open_ok(fixture);
        assert_int_equal(fixture->model.delivered, life * 100);
        test_fill(fixture->journal, &fixture->model, 100, (uint64_t)life + 1);
        close_journal(fixture);
    }
    open_ok(fixture);
    assert_int_equal(fixture->report.tail, FX_BUS_JOURNAL_TAIL_CLEAN);
    assert_true(fixture->report.segment_count > 10);
}

static void bus_journal_close_makes_pending_records_durable(void **state)
{
    struct fixture *fixture = *state;
    open_ok(fixture);
    for (int index = 0; index < 20; index++) {
        assert_int_equal(test_append(fixture->journal, &fixture->model), FX_OK);
    }
    close_journal(fixture);
    assert_int_equal(fixture->model.acked, 20);
    fx_bus_disk_crash(fixture->disk);
    open_ok(fixture);
    assert_int_equal(fixture->model.delivered, 20);
}

static void bus_journal_reopen_without_work_does_not_use_more_files(void **state)
{
    struct fixture *fixture = *state;
    open_ok(fixture);
    test_fill(fixture->journal, &fixture->model, 5, 5);
    close_journal(fixture);
    open_ok(fixture);
    close_journal(fixture);
    open_ok(fixture);
    const uint64_t segment_count = fixture->report.segment_count;
    for (int life = 0; life < 5; life++) {
        close_journal(fixture);
        open_ok(fixture);
        assert_int_equal(fixture->report.segment_count, segment_count);
    }
}

static void bus_journal_frame_of_largest_size_is_written_and_read(void **state)
{
    struct fixture *fixture = *state;
    struct test_model *model = &fixture->model;
    char bytes[TEST_RECORD_SIZE_MAX];
    open_ok(fixture);
    char large[8192];
    uint64_t seq = 0;
    memset(large, 7, sizeof large);
    /* A record that fills the frame to its last byte, between two others. */
    const fx_str record = {large, fx_bus_journal_record_size_max(fixture->journal)};
    assert_int_equal(test_append(fixture->journal, model), FX_OK);
    assert_int_equal(fx_bus_journal_append(fixture->journal, 9, record, &seq), FX_OK);
    assert_int_equal(fx_bus_journal_append(fixture->journal, 9, test_record(3, 0, bytes), &seq),
                     FX_OK);
    assert_int_equal(fx_bus_journal_step(fixture->journal, 1), 1);
    assert_int_equal(fx_bus_journal_step(fixture->journal, 1), 1);
    assert_int_equal(fx_bus_journal_step(fixture->journal, 1), 1);
    struct fx_bus_journal_stats stats;
    fx_bus_journal_stats(fixture->journal, &stats);
    assert_int_equal(stats.frame_count, 3);
    assert_int_equal(stats.record_count, 3);
    close_journal(fixture);
    fixture->options.on_record = NULL;
    assert_int_equal(fx_bus_journal_open(&fixture->options, &fixture->journal, &fixture->report),
                     FX_OK);
    assert_int_equal(fixture->report.next_seq, 4);
}

static void bus_journal_append_to_full_ring_is_busy(void **state)
{
    struct fixture *fixture = *state;
    fx_status status = FX_OK;
    open_ok(fixture);
    while (status == FX_OK) {
        status = test_append(fixture->journal, &fixture->model);
    }
    assert_int_equal(status, FX_BUSY);
    assert_true(fx_bus_journal_step(fixture->journal, 1) > 0);
    assert_int_equal(test_append(fixture->journal, &fixture->model), FX_OK);
}

static void bus_journal_second_open_is_locked(void **state)
{
    struct fixture *fixture = *state;
    struct fx_bus_journal *second = NULL;
    struct fx_bus_journal_report report;
    open_ok(fixture);
    test_fill(fixture->journal, &fixture->model, 3, 1);
    assert_int_equal(fx_bus_journal_open(&fixture->options, &second, &report), FX_LOCKED);
    assert_null(second);
    assert_non_null(strstr(report.text, "holds the journal"));
    test_fill(fixture->journal, &fixture->model, 3, 1); /* the first is not disturbed */
    close_journal(fixture);
    open_ok(fixture);
}

static void bus_journal_on_network_disk_needs_force(void **state)
{
    struct fixture *fixture = *state;
    fx_bus_disk_set_faults(fixture->disk, (struct fx_bus_disk_faults){.is_network = true});
    assert_int_equal(fx_bus_journal_open(&fixture->options, &fixture->journal, &fixture->report),
                     FX_BAD_PARAMETER);
    assert_non_null(strstr(fixture->report.text, "network"));
    fixture->options.is_network_allowed = true;
    open_ok(fixture);
}

static void bus_journal_with_unfitting_sizes_is_refused(void **state)
{
    struct fixture *fixture = *state;
    const struct fx_bus_journal_options good = fixture->options;
    for (int index = 0; index < 7; index++) {
        fixture->options = good;
        fixture->options.segment_size_bytes = index == 0 ? 4096 + 8191 : good.segment_size_bytes;
        fixture->options.frame_align = index == 1 ? 1024 : good.frame_align;
        fixture->options.frame_size_max = index == 2 ? 8191 : good.frame_size_max;
        fixture->options.frame_size_max =
            index == 3 ? (4 << 20) + 512 : fixture->options.frame_size_max;
        fixture->options.ring_size_bytes = index == 4 ? 12288 : good.ring_size_bytes;
        fixture->options.ring_size_bytes = index == 5 ? 4096 : fixture->options.ring_size_bytes;
        fixture->options.first_segment_bytes = index == 6 ? 4096 : good.first_segment_bytes;
        assert_int_equal(
            fx_bus_journal_open(&fixture->options, &fixture->journal, &fixture->report),
            FX_BAD_PARAMETER);
    }
    fixture->options = good;
}

/* The second sync of work fails: one call of on_fatal, nothing acknowledged any more. */
static void bus_journal_sync_error_is_fatal_once_and_acks_nothing(void **state)
{
    struct fixture *fixture = *state;
    open_ok(fixture);
    test_fill(fixture->journal, &fixture->model, 4, 1);
    const uint64_t acked = fixture->model.acked;
    fx_bus_disk_set_faults(fixture->disk, (struct fx_bus_disk_faults){.sync_error_at = 1});
    assert_int_equal(test_append(fixture->journal, &fixture->model), FX_OK);
    for (int index = 0; index < 5; index++) {
        assert_int_equal(fx_bus_journal_step(fixture->journal, index), 0);
    }
    assert_int_equal(fixture->model.fatal_count, 1);
    assert_int_equal(fixture->model.acked, acked);
    assert_int_equal(fx_bus_journal_durable_seq(fixture->journal), acked);
    assert_true(fx_bus_journal_has_failed(fixture->journal));
    assert_int_equal(test_append(fixture->journal, &fixture->model), FX_IO);
    close_journal(fixture); /* does not try again either */
    assert_int_equal(fixture->model.fatal_count, 1);
}

static void bus_journal_write_error_is_fatal_once_and_acks_nothing(void **state)
{
    struct fixture *fixture = *state;
    open_ok(fixture);
    fx_bus_disk_set_faults(fixture->disk, (struct fx_bus_disk_faults){.write_error_at = 1});
    assert_int_equal(test_append(fixture->journal, &fixture->model), FX_OK);
    assert_int_equal(fx_bus_journal_step(fixture->journal, 1), 0);
    assert_int_equal(fx_bus_journal_step(fixture->journal, 2), 0);
    assert_int_equal(fixture->model.fatal_count, 1);
    assert_int_equal(fixture->model.acked, 0);
}

static void bus_journal_error_while_preparing_is_fatal(void **state)
{
    struct fixture *fixture = *state;
    open_ok(fixture);
    fx_bus_disk_set_faults(fixture->disk, (struct fx_bus_disk_faults){.sync_error_at = 1});
    while (fx_bus_journal_prepare_step(fixture->journal, 1) > 0) {
    }
    assert_int_equal(fixture->model.fatal_count, 1);
}

/* Room for the files, then for ever fewer segments: no opens, cancels only, full. */
static void bus_journal_space_shrinks_step_by_step(void **state)
{
    struct fixture *fixture = *state;
    const uint64_t segment = fixture->options.segment_size_bytes;
    struct fx_bus_disk_faults faults = {.capacity_bytes = 6 * segment};
    fx_bus_disk_set_faults(fixture->disk, faults);
    open_ok(fixture);
    assert_int_equal(fx_bus_journal_space(fixture->journal), FX_BUS_JOURNAL_SPACE_OK);
    enum fx_bus_journal_space seen = FX_BUS_JOURNAL_SPACE_OK;
    int64_t now_us = 0;
    fx_status status = FX_OK;
    while (status == FX_OK) {
        now_us += 1000;
        status = test_append(fixture->journal, &fixture->model);
        (void)fx_bus_journal_step(fixture->journal, now_us);
        (void)fx_bus_journal_prepare_step(fixture->journal, now_us);
        assert_true(fx_bus_journal_space(fixture->journal) >= seen);
        assert_true(fx_bus_journal_space(fixture->journal) <= seen + 1);
        seen = fx_bus_journal_space(fixture->journal);
    }
    assert_int_equal(status, FX_NO_SPACE);
    assert_int_equal(seen, FX_BUS_JOURNAL_SPACE_FULL);
    assert_int_equal(fixture->model.fatal_count, 0);
    /* Whatever was accepted still becomes durable. */
    while (fx_bus_journal_step(fixture->journal, now_us) > 0) {
    }
    assert_int_equal(fixture->model.acked, fixture->model.appended);
    /* The operator makes room. */
    faults.capacity_bytes = 20 * segment;
    fx_bus_disk_set_faults(fixture->disk, faults);
    for (int index = 0; index < 10; index++) {
        now_us += 1000000;
        (void)fx_bus_journal_prepare_step(fixture->journal, now_us);
    }
    assert_int_equal(fx_bus_journal_space(fixture->journal), FX_BUS_JOURNAL_SPACE_OK);
    test_fill(fixture->journal, &fixture->model, 100, 3);
}

/* All that fits into the ring at the moment of FULL is written into what was reserved. */
static void bus_journal_full_disk_still_takes_a_full_ring(void **state)
{
    struct fixture *fixture = *state;
    const uint64_t segment = fixture->options.segment_size_bytes;
    fixture->options.segment_size_bytes = 2 * segment; /* ring <= segment: the rule */
    fixture->options.first_segment_bytes = segment;
    fx_bus_disk_set_faults(fixture->disk,
                           (struct fx_bus_disk_faults){.capacity_bytes = 10 * segment});
    open_ok(fixture);
    while (test_append(fixture->journal, &fixture->model) == FX_OK) {
    }
    while (fx_bus_journal_prepare_step(fixture->journal, 1) > 0) {
    }
    fx_bus_disk_set_faults(fixture->disk, (struct fx_bus_disk_faults){.capacity_bytes = 1});
    (void)fx_bus_journal_prepare_step(fixture->journal, 5000000);
    assert_int_equal(fx_bus_journal_space(fixture->journal), FX_BUS_JOURNAL_SPACE_CANCEL_ONLY);
    while (fx_bus_journal_step(fixture->journal, 1) > 0) {
    }
    assert_int_equal(fixture->model.acked, fixture->model.appended);
    /* The reserved segment is in use, and there is no other: what is taken until the helper sees it
     * has room in it. */
    assert_int_equal(test_append(fixture->journal, &fixture->model), FX_OK);
    (void)fx_bus_journal_prepare_step(fixture->journal, 6000000);
    assert_int_equal(fx_bus_journal_space(fixture->journal), FX_BUS_JOURNAL_SPACE_FULL);
    assert_int_equal(test_append(fixture->journal, &fixture->model), FX_NO_SPACE);
    assert_int_equal(fx_bus_journal_step(fixture->journal, 2), 1);
    assert_int_equal(fixture->model.acked, fixture->model.appended);
}

static void bus_journal_open_on_full_disk_is_no_space(void **state)
{
    struct fixture *fixture = *state;
    fx_bus_disk_set_faults(fixture->disk, (struct fx_bus_disk_faults){.capacity_bytes = 8192});
    assert_int_equal(fx_bus_journal_open(&fixture->options, &fixture->journal, &fixture->report),
                     FX_NO_SPACE);
    fx_bus_disk_set_faults(fixture->disk, (struct fx_bus_disk_faults){.crash_at = 0});
    open_ok(fixture);
}

static void bus_journal_relaxed_mode_acks_before_sync_and_syncs_in_time(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.mode = FX_BUS_JOURNAL_RELAXED;
    open_ok(fixture);
    assert_int_equal(test_append(fixture->journal, &fixture->model), FX_OK);
    assert_int_equal(fx_bus_journal_step(fixture->journal, 20000),
                     1); /* nothing was unsynced yet */
    assert_int_equal(fx_bus_journal_durable_seq(fixture->journal), 1);
    assert_int_equal(fx_bus_journal_synced_seq(fixture->journal), 0);
    (void)fx_bus_journal_step(fixture->journal, 20001);
    assert_int_equal(fx_bus_journal_synced_seq(fixture->journal), 1);
    assert_int_equal(test_append(fixture->journal, &fixture->model), FX_OK);
    (void)fx_bus_journal_step(fixture->journal, 25000);
    (void)fx_bus_journal_step(fixture->journal, 30000);
    assert_int_equal(fx_bus_journal_synced_seq(fixture->journal), 1);
    (void)fx_bus_journal_step(fixture->journal, 30001);
    assert_int_equal(fx_bus_journal_synced_seq(fixture->journal), 2);
}

static void bus_journal_mode_none_survives_a_killed_process(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.mode = FX_BUS_JOURNAL_NONE;
    open_ok(fixture);
    test_fill(fixture->journal, &fixture->model, 200, 2);
    fx_bus_journal_abandon(fixture->journal);
    fixture->journal = NULL;
    fx_bus_disk_kill_process(fixture->disk);
    open_ok(fixture);
    assert_int_equal(fixture->model.delivered, 200);
}

static void bus_journal_from_seq_delivers_the_rest_only(void **state)
{
    struct fixture *fixture = *state;
    open_ok(fixture);
    test_fill(fixture->journal, &fixture->model, 300, 3);
    close_journal(fixture);
    for (uint64_t from = 1; from <= 301; from += 20) {
        fixture->options.from_seq = from;
        fixture->model.delivered = from - 1;
        fixture->model.generation = 0;
        assert_int_equal(
            fx_bus_journal_open(&fixture->options, &fixture->journal, &fixture->report), FX_OK);
        assert_int_equal(fixture->model.delivered, 300);
        close_journal(fixture);
    }
    fixture->options.from_seq = 302;
    assert_int_equal(fx_bus_journal_open(&fixture->options, &fixture->journal, &fixture->report),
                     FX_CORRUPT);
    assert_non_null(strstr(fixture->report.text, "ends before"));
}

static void bus_journal_trim_deletes_what_a_snapshot_covers(void **state)
{
    struct fixture *fixture = *state;
    uint32_t count = 0;
    open_ok(fixture);
    test_fill(fixture->journal, &fixture->model, 300, 3);
    assert_int_equal(fx_bus_journal_trim(fixture->journal, 1, &count), FX_OK);
    assert_int_equal(count, 0);
    assert_int_equal(fx_bus_journal_trim(fixture->journal, 200, &count), FX_OK);
    assert_true(count > 3);
    test_fill(fixture->journal, &fixture->model, 10, 3);
    close_journal(fixture);
    fixture->options.from_seq = 200;
    fixture->model.delivered = 199;
    assert_int_equal(fx_bus_journal_open(&fixture->options, &fixture->journal, &fixture->report),
                     FX_OK);
    assert_int_equal(fixture->model.delivered, 310);
    assert_true(fixture->report.first_seq > 1);
    assert_true(fixture->report.first_seq <= 200);
    close_journal(fixture);
    fixture->options.from_seq = 1;
    assert_int_equal(fx_bus_journal_open(&fixture->options, &fixture->journal, &fixture->report),
                     FX_NOT_FOUND);
    fixture->options.from_seq = 0;
}

static fx_status refuse_third(void *context, const struct fx_bus_journal_record *record)
{
    (void)context;
    return record->seq == 3 ? FX_UNKNOWN_COMMAND : FX_OK;
}

static void bus_journal_reader_that_refuses_ends_the_open(void **state)
{
    struct fixture *fixture = *state;
    open_ok(fixture);
    test_fill(fixture->journal, &fixture->model, 5, 1);
    close_journal(fixture);
    fixture->options.on_record = refuse_third;
    assert_int_equal(fx_bus_journal_open(&fixture->options, &fixture->journal, &fixture->report),
                     FX_UNKNOWN_COMMAND);
    assert_non_null(strstr(fixture->report.text, "record 3"));
}

static void bus_journal_alignment_may_change_between_runs(void **state)
{
    struct fixture *fixture = *state;
    for (int life = 0; life < 4; life++) {
        fixture->options.frame_align = life % 2 == 0 ? 512 : 4096;
        open_ok(fixture);
        test_fill(fixture->journal, &fixture->model, 20, 2);
        close_journal(fixture);
    }
    open_ok(fixture);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(bus_journal_record_is_durable_only_after_step),
        TEST(bus_journal_reopen_gives_all_records_back),
        TEST(bus_journal_close_makes_pending_records_durable),
        TEST(bus_journal_reopen_without_work_does_not_use_more_files),
        TEST(bus_journal_frame_of_largest_size_is_written_and_read),
        TEST(bus_journal_append_to_full_ring_is_busy),
        TEST(bus_journal_second_open_is_locked),
        TEST(bus_journal_on_network_disk_needs_force),
        TEST(bus_journal_with_unfitting_sizes_is_refused),
        TEST(bus_journal_sync_error_is_fatal_once_and_acks_nothing),
        TEST(bus_journal_write_error_is_fatal_once_and_acks_nothing),
        TEST(bus_journal_error_while_preparing_is_fatal),
        TEST(bus_journal_space_shrinks_step_by_step),
        TEST(bus_journal_full_disk_still_takes_a_full_ring),
        TEST(bus_journal_open_on_full_disk_is_no_space),
        TEST(bus_journal_relaxed_mode_acks_before_sync_and_syncs_in_time),
        TEST(bus_journal_mode_none_survives_a_killed_process),
        TEST(bus_journal_from_seq_delivers_the_rest_only),
        TEST(bus_journal_trim_deletes_what_a_snapshot_covers),
        TEST(bus_journal_reader_that_refuses_ends_the_open),
        TEST(bus_journal_alignment_may_change_between_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
