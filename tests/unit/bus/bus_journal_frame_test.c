/* bus/bus_journal_frame: what is sealed is read back, and any other byte is noticed. */
#include "bus/bus_journal_frame.h"

#include <string.h>

#include "base/rng.h"
#include "bus/bus_bytes.h"
#include "fx_test.h"

enum { ALIGN = 512, SALT = 77, BUFFER_SIZE = 4096 };

/* A frame of three records of 0, 5 and 600 bytes. @return its size. */
static uint32_t make_frame(char bytes[BUFFER_SIZE])
{
    const size_t sizes[] = {0, 5, 600};
    size_t used = FX_BUS_JOURNAL_FRAME_HEADER_SIZE;
    memset(bytes, 0, BUFFER_SIZE);
    for (uint16_t index = 0; index < 3; index++) {
        fx_bus_journal_frame_put_record_header(
            bytes + used, (uint16_t)(index + 10), (uint32_t)sizes[index]);
        memset(bytes + used + FX_BUS_JOURNAL_RECORD_HEADER_SIZE, 'a' + index, sizes[index]);
        used += fx_bus_journal_frame_record_extent(sizes[index]);
    }
    const struct fx_bus_journal_frame frame = {
        .size = (uint32_t)fx_bus_journal_frame_padded(used, ALIGN),
        .count = 3,
        .type = FX_BUS_JOURNAL_FRAME_ORDERED,
        .first_seq = 100,
        .salt = SALT,
        .wall_ns = 5,
        .previous_hash = 6,
    };
    fx_bus_journal_frame_seal(bytes, used, &frame);
    return frame.size;
}

static void bus_journal_frame_sealed_records_are_read_back(void **state)
{
    (void)state;
    char bytes[BUFFER_SIZE];
    struct fx_bus_journal_frame frame;
    struct fx_bus_journal_record record;
    const uint32_t size = make_frame(bytes);
    assert_int_equal(size, 1024);
    assert_int_equal(fx_bus_journal_frame_decode((fx_str){bytes, size}, ALIGN, SALT, &frame),
                     FX_BUS_JOURNAL_FRAME_VALID);
    assert_int_equal(frame.first_seq, 100);
    assert_int_equal(frame.wall_ns, 5);
    assert_int_equal(frame.previous_hash, 6);
    assert_int_equal(frame.count, 3);
    struct fx_bus_journal_frame_walk walk = fx_bus_journal_frame_walk_init(bytes, &frame);
    assert_true(fx_bus_journal_frame_walk_next(&walk, &record));
    assert_int_equal(record.bytes.size, 0);
    assert_int_equal(record.seq, 100);
    assert_true(fx_bus_journal_frame_walk_next(&walk, &record));
    assert_memory_equal(record.bytes.data, "bbbbb", 5);
    assert_int_equal(record.type, 11);
    assert_true(fx_bus_journal_frame_walk_next(&walk, &record));
    assert_int_equal(record.bytes.size, 600);
    assert_int_equal(record.seq, 102);
    assert_false(fx_bus_journal_frame_walk_next(&walk, &record));
}

static void bus_journal_frame_header_has_documented_offsets(void **state)
{
    (void)state;
    char bytes[BUFFER_SIZE];
    (void)make_frame(bytes);
    assert_memory_equal(bytes, "FFRM", 4);
    assert_int_equal(fx_bus_bytes_get_u32(bytes + 4), 1024);
    assert_int_equal(fx_bus_bytes_get_u16(bytes + 12), 1);
    assert_int_equal(fx_bus_bytes_get_u16(bytes + 14), 3);
    assert_int_equal(fx_bus_bytes_get_u64(bytes + 16), 100);
    assert_int_equal(fx_bus_bytes_get_u64(bytes + 24), SALT);
    assert_int_equal(fx_bus_bytes_get_u64(bytes + 32), 5);
    assert_int_equal(fx_bus_bytes_get_u64(bytes + 40), 6);
    assert_int_equal(fx_bus_bytes_get_u32(bytes + 48), 0);  /* first record: size */
    assert_int_equal(fx_bus_bytes_get_u16(bytes + 52), 10); /* and type */
    assert_int_equal(fx_bus_bytes_get_u32(bytes + 56), 5);  /* second record */
    assert_int_equal((uint8_t)bytes[64], 'b');
}

static void bus_journal_frame_with_any_bit_flipped_is_not_valid(void **state)
{
    (void)state;
    char bytes[BUFFER_SIZE];
    struct fx_bus_journal_frame frame;
    const uint32_t size = make_frame(bytes);
    for (uint32_t bit = 0; bit < size * 8; bit++) {
        bytes[bit / 8] = (char)(uint8_t)((uint8_t)bytes[bit / 8] ^ (1U << bit % 8));
        assert_int_not_equal(
            fx_bus_journal_frame_decode((fx_str){bytes, size}, ALIGN, SALT, &frame),
            FX_BUS_JOURNAL_FRAME_VALID);
        bytes[bit / 8] = (char)(uint8_t)((uint8_t)bytes[bit / 8] ^ (1U << bit % 8));
    }
}

static void bus_journal_frame_verdicts_tell_empty_broken_and_foreign(void **state)
{
    (void)state;
    char bytes[BUFFER_SIZE];
    struct fx_bus_journal_frame frame;
    const uint32_t size = make_frame(bytes);
    assert_int_equal(fx_bus_journal_frame_decode((fx_str){bytes, size}, ALIGN, SALT + 1, &frame),
                     FX_BUS_JOURNAL_FRAME_FOREIGN);
    for (uint32_t cut = 0; cut < size; cut++) {
        assert_int_equal(fx_bus_journal_frame_decode((fx_str){bytes, cut}, ALIGN, SALT, &frame),
                         FX_BUS_JOURNAL_FRAME_BROKEN);
    }
    /* Of the other alignment, so not of this segment. */
    assert_int_equal(fx_bus_journal_frame_decode((fx_str){bytes, size}, 4096, SALT, &frame),
                     FX_BUS_JOURNAL_FRAME_BROKEN);
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(fx_bus_journal_frame_decode((fx_str){bytes, size}, ALIGN, SALT, &frame),
                     FX_BUS_JOURNAL_FRAME_EMPTY);
}

/* Records that lie about their size, under a checksum that is right. */
static void bus_journal_frame_with_unsound_records_is_broken(void **state)
{
    (void)state;
    const uint32_t lies[] = {6, 1000, 0xffffffff, 0xfffffff8};
    for (size_t index = 0; index < 5; index++) {
        char bytes[BUFFER_SIZE];
        struct fx_bus_journal_frame frame;
        const uint32_t size = make_frame(bytes);
        assert_int_equal(fx_bus_journal_frame_decode((fx_str){bytes, size}, ALIGN, SALT, &frame),
                         FX_BUS_JOURNAL_FRAME_VALID);
        if (index < 4) {
            fx_bus_bytes_put_u32(bytes + 56, lies[index]);
        } else {
            bytes[size - 1] = 'x'; /* behind the last record */
        }
        if (index == 0) {
            bytes[64 + 6] = 'x'; /* in the padding of the second record */
        }
        fx_bus_journal_frame_seal(bytes, size, &frame);
        assert_int_equal(fx_bus_journal_frame_decode((fx_str){bytes, size}, ALIGN, SALT, &frame),
                         FX_BUS_JOURNAL_FRAME_BROKEN);
    }
}

static void bus_journal_frame_extent_is_a_multiple_of_eight(void **state)
{
    (void)state;
    assert_int_equal(fx_bus_journal_frame_record_extent(0), 8);
    assert_int_equal(fx_bus_journal_frame_record_extent(1), 16);
    assert_int_equal(fx_bus_journal_frame_record_extent(8), 16);
    assert_int_equal(fx_bus_journal_frame_record_extent(9), 24);
    assert_int_equal(fx_bus_journal_frame_padded(1, 512), 512);
    assert_int_equal(fx_bus_journal_frame_padded(512, 512), 512);
    assert_int_equal(fx_bus_journal_frame_padded(513, 4096), 4096);
}

static void bus_journal_frame_hash_is_fnv_of_the_header(void **state)
{
    (void)state;
    char bytes[FX_BUS_JOURNAL_FRAME_HEADER_SIZE] = {0};
    const uint64_t zeros = fx_bus_journal_frame_hash(bytes);
    bytes[47] = 1;
    assert_int_not_equal(fx_bus_journal_frame_hash(bytes), zeros);
    /* FNV-1a of n zero bytes is basis * prime^n. */
    uint64_t expected = 0xcbf29ce484222325;
    for (int index = 0; index < FX_BUS_JOURNAL_FRAME_HEADER_SIZE; index++) {
        expected *= 0x100000001b3;
    }
    assert_int_equal(zeros, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bus_journal_frame_sealed_records_are_read_back),
        cmocka_unit_test(bus_journal_frame_header_has_documented_offsets),
        cmocka_unit_test(bus_journal_frame_with_any_bit_flipped_is_not_valid),
        cmocka_unit_test(bus_journal_frame_verdicts_tell_empty_broken_and_foreign),
        cmocka_unit_test(bus_journal_frame_with_unsound_records_is_broken),
        cmocka_unit_test(bus_journal_frame_extent_is_a_multiple_of_eight),
        cmocka_unit_test(bus_journal_frame_hash_is_fnv_of_the_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
