/* bus/bus_journal_segment: names and headers. */
#include "bus/bus_journal_segment.h"

#include <string.h>

#include "bus/bus_bytes.h"
#include "bus/bus_disk.h"
#include "fx_test.h"

static void bus_journal_segment_name_is_parsed_back(void **state)
{
    (void)state;
    const uint64_t seqs[] = {1, 42, UINT64_MAX};
    for (size_t index = 0; index < 3; index++) {
        char name[FX_BUS_FILE_NAME_SIZE_MAX];
        uint64_t seq = 0;
        fx_bus_journal_segment_name(seqs[index], name);
        assert_true(fx_bus_journal_segment_parse_name(name, &seq));
        assert_int_equal(seq, seqs[index]);
    }
}

static void bus_journal_segment_name_of_another_kind_is_refused(void **state)
{
    (void)state;
    const char *const names[] = {"",
                                 "jrn-next.tmp",
                                 "jrn-00000000000000000000.log",
                                 "jrn-0000000000000000001.log",
                                 "jrn-000000000000000000001.log",
                                 "jrn-0000000000000000000a.log",
                                 "jrn-18446744073709551616.log",
                                 "jrn-99999999999999999999.log",
                                 "jrn-00000000000000000001.lob",
                                 "snap-0000000000000000001.log"};
    for (size_t index = 0; index < sizeof names / sizeof names[0]; index++) {
        uint64_t seq = 7;
        assert_false(fx_bus_journal_segment_parse_name(names[index], &seq));
        assert_int_equal(seq, 7);
    }
}

static const struct fx_bus_journal_segment SEGMENT = {.uuid = {{1, 2, 3, 4, 5, 6, 7, 8, 9}},
                                                      .number = 3,
                                                      .first_seq = 1000,
                                                      .salt = 0x1122334455667788,
                                                      .previous_hash = 99,
                                                      .align = 4096};

static void bus_journal_segment_header_is_decoded_back(void **state)
{
    (void)state;
    char header[FX_BUS_JOURNAL_SEGMENT_HEADER_SIZE];
    struct fx_bus_journal_segment segment;
    memset(&segment, 0, sizeof segment);
    fx_bus_journal_segment_encode(&SEGMENT, header);
    assert_int_equal(fx_bus_journal_segment_decode(header, &segment), FX_OK);
    assert_memory_equal(&segment, &SEGMENT, sizeof segment);
    assert_memory_equal(header, "FXJOURNL\1\0\0\0", 12); /* offsets as documented */
    assert_int_equal(fx_bus_bytes_get_u32(header + 12), 4096);
    assert_int_equal((uint8_t)header[16], 1);
    assert_int_equal(fx_bus_bytes_get_u64(header + 32), 3);
    assert_int_equal(fx_bus_bytes_get_u64(header + 40), 1000);
    assert_int_equal(fx_bus_bytes_get_u64(header + 48), 0x1122334455667788);
    assert_int_equal(fx_bus_bytes_get_u64(header + 56), 99);
}

static void bus_journal_segment_header_with_any_bit_flipped_is_refused(void **state)
{
    (void)state;
    char header[FX_BUS_JOURNAL_SEGMENT_HEADER_SIZE];
    struct fx_bus_journal_segment segment;
    fx_bus_journal_segment_encode(&SEGMENT, header);
    for (uint32_t bit = 0; bit < sizeof header * 8; bit += 7) {
        header[bit / 8] = (char)(uint8_t)((uint8_t)header[bit / 8] ^ (1U << bit % 8));
        assert_int_equal(fx_bus_journal_segment_decode(header, &segment), FX_CORRUPT);
        header[bit / 8] = (char)(uint8_t)((uint8_t)header[bit / 8] ^ (1U << bit % 8));
    }
}

static void bus_journal_segment_list_is_sorted_and_skips_other_files(void **state)
{
    (void)state;
    struct fx_bus_disk *disk = fx_bus_disk_create(1);
    const struct fx_bus_file_system system = fx_bus_disk_system(disk);
    const char *const paths[] = {"d/jrn-00000000000000000300.log",
                                 "d/jrn-00000000000000000001.log",
                                 "d/jrn-next.tmp",
                                 "d/journal.lock",
                                 "other/jrn-00000000000000000007.log",
                                 "d/jrn-00000000000000000020.log"};
    for (size_t index = 0; index < sizeof paths / sizeof paths[0]; index++) {
        int file = 0;
        assert_int_equal(system.ops->open(disk, paths[index], FX_BUS_FILE_CREATE, &file), 0);
        system.ops->close(disk, file);
    }
    struct fx_bus_journal_segment_list list;
    assert_int_equal(fx_bus_journal_segment_list_load(&system, "d", &list), FX_OK);
    assert_int_equal(list.count, 3);
    assert_int_equal(list.first_seqs[0], 1);
    assert_int_equal(list.first_seqs[1], 20);
    assert_int_equal(list.first_seqs[2], 300);
    fx_bus_journal_segment_list_deinit(&list);
    fx_bus_disk_destroy(disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bus_journal_segment_name_is_parsed_back),
        cmocka_unit_test(bus_journal_segment_name_of_another_kind_is_refused),
        cmocka_unit_test(bus_journal_segment_header_is_decoded_back),
        cmocka_unit_test(bus_journal_segment_header_with_any_bit_flipped_is_refused),
        cmocka_unit_test(bus_journal_segment_list_is_sorted_and_skips_other_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
