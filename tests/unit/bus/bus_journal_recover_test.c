/* bus/bus_journal_recover: torn, rotten, foreign and missing told apart. */
#include "bus/bus_journal_recover.h"

#include "base/crc32c.h"
#include "bus/bus_bytes.h"
#include "unit/bus/bus_testing.h"

#define FIRST  "data/jrn-00000000000000000001.log"
#define HEADER FX_BUS_JOURNAL_SEGMENT_HEADER_SIZE

/* Ten frames of one small record each, in one segment: 512 bytes per frame. */
struct fixture {
    struct fx_bus_disk *disk;
    struct test_model model;
    struct fx_bus_journal_options options;
    struct fx_bus_journal *journal;
    struct fx_bus_journal_report report;
};

static void append_small(struct fixture *fixture, uint64_t count)
{
    for (uint64_t index = 0; index < count; index++) {
        uint64_t seq = 0;
        assert_int_equal(
            fx_bus_journal_append(fixture->journal, 1, FX_STR("sixteen bytes 16"), &seq), FX_OK);
        assert_int_equal(fx_bus_journal_step(fixture->journal, (int64_t)index), 1);
    }
}

static int setup(void **state)
{
    struct fixture *fixture = test_calloc(1, sizeof *fixture);
    fixture->disk = fx_bus_disk_create(3);
    fixture->options = test_options(fixture->disk, &fixture->model);
    fixture->options.on_record = NULL;
    fixture->options.on_durable = NULL;
    assert_int_equal(fx_bus_journal_open(&fixture->options, &fixture->journal, &fixture->report),
                     FX_OK);
    append_small(fixture, 10);
    fx_bus_journal_close(fixture->journal);
    fixture->journal = NULL;
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

static fx_status reopen(struct fixture *fixture)
{
    fx_bus_journal_close(fixture->journal);
    fixture->journal = NULL;
    return fx_bus_journal_open(&fixture->options, &fixture->journal, &fixture->report);
}

static void poke(struct fixture *fixture, uint64_t offset, size_t size, char byte)
{
    for (size_t index = 0; index < size; index++) {
        assert_true(fx_bus_disk_poke(fixture->disk, FIRST, offset + index, byte));
    }
}

static uint64_t frame_offset(uint64_t seq)
{
    return HEADER + (seq - 1) * 512;
}

static void bus_journal_recover_torn_last_frame_is_given_up(void **state)
{
    struct fixture *fixture = *state;
    poke(fixture, frame_offset(10), 512, 0);
    poke(fixture, frame_offset(10) + 512, 3, 'x'); /* a second sector that did arrive */
    assert_int_equal(reopen(fixture), FX_OK);
    assert_int_equal(fixture->report.next_seq, 10);
    assert_int_equal(fixture->report.tail, FX_BUS_JOURNAL_TAIL_TORN);
    assert_int_equal(fixture->report.tail_bytes, 1024);
    append_small(fixture, 3);
    assert_int_equal(reopen(fixture), FX_OK);
    assert_int_equal(fixture->report.next_seq, 13);
    assert_int_equal(fixture->report.tail, FX_BUS_JOURNAL_TAIL_CLEAN);
}

static void bus_journal_recover_last_frame_without_zero_sector_is_marked(void **state)
{
    struct fixture *fixture = *state;
    poke(fixture, frame_offset(10) + 60, 1, 'x');
    assert_int_equal(reopen(fixture), FX_OK);
    assert_int_equal(fixture->report.next_seq, 10);
    assert_int_equal(fixture->report.tail, FX_BUS_JOURNAL_TAIL_TORN_BYTES);
}

static void bus_journal_recover_cuts_the_old_segment(void **state)
{
    struct fixture *fixture = *state;
    poke(fixture, frame_offset(10), 512, 'x');
    assert_int_equal(reopen(fixture), FX_OK);
    /* Frame 9 is the last valid one and begins the new segment. */
    assert_int_equal(fx_bus_disk_file_size(fixture->disk, FIRST), frame_offset(9));
    assert_int_equal(fx_bus_disk_file_size(fixture->disk, "data/jrn-00000000000000000009.log"),
                     fixture->options.first_segment_bytes);
}

static void bus_journal_recover_any_bit_flip_before_the_last_frame_is_corrupt(void **state)
{
    struct fixture *fixture = *state;
    for (uint64_t offset = HEADER; offset < frame_offset(10); offset += 37) {
        char byte = 0;
        assert_true(fx_bus_disk_peek(fixture->disk, FIRST, offset, &byte));
        poke(fixture, offset, 1, (char)(uint8_t)((uint8_t)byte ^ 0x10));
        assert_int_equal(reopen(fixture), FX_CORRUPT);
        assert_non_null(strstr(fixture->report.text, "jrn-00000000000000000001.log at byte"));
        assert_non_null(strstr(fixture->report.text, "later one"));
        poke(fixture, offset, 1, byte);
    }
    assert_int_equal(reopen(fixture), FX_OK); /* refusing has changed nothing */
    assert_int_equal(fixture->report.next_seq, 11);
}

static void bus_journal_recover_zeroed_frame_before_valid_ones_is_corrupt(void **state)
{
    struct fixture *fixture = *state;
    poke(fixture, frame_offset(4), 3 * 512, 0);
    assert_int_equal(reopen(fixture), FX_CORRUPT);
    assert_int_equal(fixture->report.next_seq, 4);
    assert_non_null(strstr(fixture->report.text, "record 7"));
}

static void copy_frame(struct fixture *fixture, uint64_t source, uint64_t target)
{
    for (uint64_t index = 0; index < 512; index++) {
        char byte = 0;
        assert_true(fx_bus_disk_peek(fixture->disk, FIRST, source + index, &byte));
        poke(fixture, target + index, 1, byte);
    }
}

/* A write that went to the wrong place: frame 6 stands where frame 5 was. */
static void bus_journal_recover_misdirected_frame_is_corrupt(void **state)
{
    struct fixture *fixture = *state;
    copy_frame(fixture, frame_offset(6), frame_offset(5));
    assert_int_equal(reopen(fixture), FX_CORRUPT);
    assert_non_null(strstr(fixture->report.text, "continue the chain"));
}

/* Change one byte of a frame's header and make its checksum right again. */
static void forge(struct fixture *fixture, uint64_t offset, uint64_t field)
{
    char frame[512];
    for (size_t index = 0; index < sizeof frame; index++) {
        assert_true(fx_bus_disk_peek(fixture->disk, FIRST, offset + index, &frame[index]));
    }
    frame[field] = (char)(uint8_t)((uint8_t)frame[field] ^ 1);
    fx_bus_bytes_put_u32(frame + 8, fx_crc32c(0, frame + 12, sizeof frame - 12));
    for (size_t index = 0; index < sizeof frame; index++) {
        poke(fixture, offset + index, 1, frame[index]);
    }
}

/* A lost write: an intact frame of the right number that does not follow the one before it. */
static void bus_journal_recover_broken_chain_is_corrupt(void **state)
{
    struct fixture *fixture = *state;
    enum { AT_WALL_NS = 32, AT_PREVIOUS_HASH = 40 };
    forge(fixture, frame_offset(10), AT_PREVIOUS_HASH);
    assert_int_equal(reopen(fixture), FX_CORRUPT);
    assert_non_null(strstr(fixture->report.text, "continue the chain"));
    forge(fixture, frame_offset(10), AT_PREVIOUS_HASH);
    assert_int_equal(reopen(fixture), FX_OK);
    /* Frame 9 is now the last one of an older segment. */
    forge(fixture, frame_offset(9), AT_WALL_NS);
    assert_int_equal(reopen(fixture), FX_CORRUPT);
    assert_non_null(strstr(fixture->report.text, "next segment does not continue"));
}

static void bus_journal_recover_old_frame_behind_the_end_is_given_up(void **state)
{
    struct fixture *fixture = *state;
    copy_frame(fixture, frame_offset(6), frame_offset(11));
    assert_int_equal(reopen(fixture), FX_OK);
    assert_int_equal(fixture->report.next_seq, 11);
    assert_int_equal(fixture->report.tail_bytes, 512);
}

/* The header of another use (salt), of another exchange (uuid), under another name. */
static void rewrite_header(struct fixture *fixture, const struct fx_bus_journal_segment *segment)
{
    char header[HEADER];
    fx_bus_journal_segment_encode(segment, header);
    for (size_t index = 0; index < sizeof header; index++) {
        poke(fixture, index, 1, header[index]);
    }
}

static struct fx_bus_journal_segment read_segment(struct fixture *fixture)
{
    char header[HEADER];
    struct fx_bus_journal_segment segment;
    for (size_t index = 0; index < sizeof header; index++) {
        assert_true(fx_bus_disk_peek(fixture->disk, FIRST, index, &header[index]));
    }
    assert_int_equal(fx_bus_journal_segment_decode(header, &segment), FX_OK);
    return segment;
}

static void bus_journal_recover_recycled_file_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct fx_bus_journal_segment segment = read_segment(fixture);
    segment.salt++;
    rewrite_header(fixture, &segment);
    assert_int_equal(reopen(fixture), FX_CORRUPT);
    assert_non_null(strstr(fixture->report.text, "another use"));
    assert_int_equal(fixture->report.record_count, 0);
}

static void bus_journal_recover_other_exchange_is_refused(void **state)
{
    struct fixture *fixture = *state;
    const struct fx_bus_journal_segment segment = read_segment(fixture);
    fixture->options.uuid = segment.uuid;
    assert_int_equal(reopen(fixture), FX_OK);
    fixture->options.uuid.bytes[3] ^= 1;
    assert_int_equal(reopen(fixture), FX_CORRUPT);
    assert_non_null(strstr(fixture->report.text, "another exchange"));
}

static void bus_journal_recover_header_that_is_not_its_name_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct fx_bus_journal_segment segment = read_segment(fixture);
    segment.first_seq = 2;
    rewrite_header(fixture, &segment);
    assert_int_equal(reopen(fixture), FX_CORRUPT);
    assert_non_null(strstr(fixture->report.text, "name"));
}

static void bus_journal_recover_damaged_header_is_refused(void **state)
{
    struct fixture *fixture = *state;
    poke(fixture, 100, 1, 1);
    assert_int_equal(reopen(fixture), FX_CORRUPT);
    assert_non_null(strstr(fixture->report.text, "header is damaged"));
}

static void bus_journal_recover_header_of_another_version_is_refused(void **state)
{
    struct fixture *fixture = *state;
    const struct fx_bus_journal_segment segment = read_segment(fixture);
    char header[HEADER];
    fx_bus_journal_segment_encode(&segment, header);
    fx_bus_bytes_put_u32(header + 8, 2);
    fx_bus_bytes_put_u32(header + HEADER - 4, fx_crc32c(0, header, HEADER - 4));
    for (size_t index = 0; index < sizeof header; index++) {
        poke(fixture, index, 1, header[index]);
    }
    assert_int_equal(reopen(fixture), FX_VERSION_MISMATCH);
    assert_non_null(strstr(fixture->report.text, "version"));
}

static void cut_file(struct fixture *fixture, uint64_t size)
{
    const struct fx_bus_file_system system = fx_bus_disk_system(fixture->disk);
    int file = 0;
    assert_int_equal(system.ops->open(fixture->disk, FIRST, FX_BUS_FILE_WRITE, &file), 0);
    assert_int_equal(system.ops->truncate(fixture->disk, file, size), 0);
    assert_int_equal(system.ops->sync(fixture->disk, file), 0);
    system.ops->close(fixture->disk, file);
}

static void bus_journal_recover_cut_file_gives_what_is_left(void **state)
{
    struct fixture *fixture = *state;
    cut_file(fixture, frame_offset(10) + 100);
    assert_int_equal(reopen(fixture), FX_OK);
    assert_int_equal(fixture->report.next_seq, 10);
    assert_int_equal(fixture->report.tail_bytes, 100);
    cut_file(fixture, 4000);
    assert_int_equal(reopen(fixture), FX_CORRUPT);
    assert_non_null(strstr(fixture->report.text, "cut off"));
}

/* Every read fails once: the answer is IO, and the next start has everything. */
static void bus_journal_recover_every_read_error_is_told(void **state)
{
    struct fixture *fixture = *state;
    fx_status status = FX_IO;
    uint64_t number = 0;
    assert_int_equal(reopen(fixture), FX_OK);
    append_small(fixture, 60);
    while (status != FX_OK) {
        number++;
        fx_bus_disk_set_faults(fixture->disk, (struct fx_bus_disk_faults){.read_error_at = number});
        status = reopen(fixture);
        assert_true(status == FX_OK || status == FX_IO);
        assert_true(status == FX_OK || strstr(fixture->report.text, "read failed") != NULL);
    }
    assert_true(number > 6);
    assert_int_equal(fixture->report.next_seq, 71);
}

/* Every read turns a bit once: the start has everything or is refused, and the next one has it.
 * What was acknowledged is never taken for a torn tail, nor written anew as it was misread. */
static void bus_journal_recover_a_bit_turned_by_a_read_loses_nothing(void **state)
{
    struct fixture *fixture = *state;
    int refused = 0;
    assert_int_equal(reopen(fixture), FX_OK);
    append_small(fixture, 60);
    for (uint64_t number = 1; number <= 40; number++) {
        fx_bus_disk_set_faults(fixture->disk, (struct fx_bus_disk_faults){.read_flip_at = number});
        const fx_status status = reopen(fixture);
        assert_true(status == FX_OK || status == FX_CORRUPT || status == FX_VERSION_MISMATCH);
        assert_true(status != FX_OK || fixture->report.next_seq == 71);
        refused += status == FX_OK ? 0 : 1;
        fx_bus_disk_set_faults(fixture->disk, (struct fx_bus_disk_faults){.crash_at = 0});
        assert_int_equal(reopen(fixture), FX_OK);
        assert_int_equal(fixture->report.next_seq, 71);
    }
    assert_true(refused > 0);
}

static void bus_journal_recover_missing_segment_is_refused(void **state)
{
    struct fixture *fixture = *state;
    const struct fx_bus_file_system system = fx_bus_disk_system(fixture->disk);
    struct fx_bus_journal_segment_list list;
    assert_int_equal(reopen(fixture), FX_OK);
    append_small(fixture, 100);
    assert_int_equal(fx_bus_journal_segment_list_load(&system, "data", &list), FX_OK);
    assert_true(list.count > 3);
    char name[FX_BUS_FILE_NAME_SIZE_MAX];
    char path[FX_BUS_FILE_PATH_SIZE_MAX];
    fx_bus_journal_segment_name(list.first_seqs[2], name);
    assert_true(fx_bus_file_join("data", name, path));
    assert_int_equal(system.ops->unlink(fixture->disk, path), 0);
    fx_bus_journal_segment_list_deinit(&list);
    assert_int_equal(reopen(fixture), FX_CORRUPT);
    assert_non_null(strstr(fixture->report.text, "missing"));
}

static void bus_journal_recover_damage_in_an_older_segment_is_corrupt(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(reopen(fixture), FX_OK);
    append_small(fixture, 100);
    poke(fixture, frame_offset(9) + 70, 1, 'x'); /* the last frame that the first file keeps */
    assert_int_equal(reopen(fixture), FX_CORRUPT);
    assert_non_null(strstr(fixture->report.text, "later segments exist"));
}

struct progress {
    uint64_t done;
    uint64_t total;
    uint64_t records;
};

static void on_progress(void *context, uint64_t done_bytes, uint64_t total_bytes)
{
    struct progress *progress = context;
    progress->done = done_bytes;
    progress->total = total_bytes;
}

static fx_status count_record(void *context, const struct fx_bus_journal_record *record)
{
    struct progress *progress = context;
    progress->records++;
    assert_int_equal(record->bytes.size, 16);
    return FX_OK;
}

static void bus_journal_recover_replay_changes_nothing_and_takes_no_lock(void **state)
{
    struct fixture *fixture = *state;
    struct progress progress = {.records = 0};
    const struct fx_bus_journal_recover_options options = {.system =
                                                               fx_bus_disk_system(fixture->disk),
                                                           .dir = "data",
                                                           .from_seq = 4,
                                                           .on_record = count_record,
                                                           .on_progress = on_progress,
                                                           .context = &progress};
    assert_int_equal(reopen(fixture), FX_OK); /* holds the lock */
    fx_bus_disk_set_faults(fixture->disk, (struct fx_bus_disk_faults){.crash_at = 0});
    assert_int_equal(fx_bus_journal_replay(&options, &fixture->report), FX_OK);
    assert_int_equal(fx_bus_disk_op_count(fixture->disk), 0);
    assert_int_equal(progress.records, 7);
    assert_int_equal(progress.done, progress.total);
    assert_int_equal(fixture->report.record_count, 10);
}

static void bus_journal_recover_empty_directory_is_an_empty_journal(void **state)
{
    struct fixture *fixture = *state;
    const struct fx_bus_journal_recover_options options = {
        .system = fx_bus_disk_system(fixture->disk), .dir = "elsewhere"};
    assert_int_equal(fx_bus_journal_replay(&options, &fixture->report), FX_OK);
    assert_int_equal(fixture->report.next_seq, 1);
    assert_int_equal(fixture->report.segment_count, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(bus_journal_recover_torn_last_frame_is_given_up),
        TEST(bus_journal_recover_last_frame_without_zero_sector_is_marked),
        TEST(bus_journal_recover_cuts_the_old_segment),
        TEST(bus_journal_recover_any_bit_flip_before_the_last_frame_is_corrupt),
        TEST(bus_journal_recover_zeroed_frame_before_valid_ones_is_corrupt),
        TEST(bus_journal_recover_misdirected_frame_is_corrupt),
        TEST(bus_journal_recover_broken_chain_is_corrupt),
        TEST(bus_journal_recover_old_frame_behind_the_end_is_given_up),
        TEST(bus_journal_recover_recycled_file_is_refused),
        TEST(bus_journal_recover_other_exchange_is_refused),
        TEST(bus_journal_recover_header_that_is_not_its_name_is_refused),
        TEST(bus_journal_recover_damaged_header_is_refused),
        TEST(bus_journal_recover_header_of_another_version_is_refused),
        TEST(bus_journal_recover_cut_file_gives_what_is_left),
        TEST(bus_journal_recover_every_read_error_is_told),
        TEST(bus_journal_recover_a_bit_turned_by_a_read_loses_nothing),
        TEST(bus_journal_recover_missing_segment_is_refused),
        TEST(bus_journal_recover_damage_in_an_older_segment_is_corrupt),
        TEST(bus_journal_recover_replay_changes_nothing_and_takes_no_lock),
        TEST(bus_journal_recover_empty_directory_is_an_empty_journal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
