/* base/crc32c: published vectors, and both ways agree. */
#include "base/crc32c.h"

#include <string.h>

#include "base/rng.h"
#include "fx_test.h"

static uint32_t bit_by_bit(uint32_t crc, const unsigned char *data, size_t size)
{
    uint32_t rest = ~crc;
    for (size_t index = 0; index < size; index++) {
        rest ^= data[index];
        for (int bit = 0; bit < 8; bit++) {
            rest = (rest & 1) != 0 ? rest >> 1 ^ 0x82F63B78U : rest >> 1;
        }
    }
    return ~rest;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): as in the tested function
static void assert_both(const void *data, size_t size, uint32_t expected)
{
    assert_int_equal(fx_crc32c(0, data, size), expected);
    assert_int_equal(fx_crc32c_by_table(0, data, size), expected);
}

static void crc32c_of_published_vectors_is_right(void **state)
{
    (void)state;
    unsigned char bytes[32];
    assert_both("123456789", 9, 0xE3069283U);
    assert_both("", 0, 0);
    memset(bytes, 0, sizeof bytes);
    assert_both(bytes, sizeof bytes, 0x8A9136AAU); /* RFC 3720, B.4 */
    memset(bytes, 0xFF, sizeof bytes);
    assert_both(bytes, sizeof bytes, 0x62A8AB43U);
    for (int index = 0; index < 32; index++) {
        bytes[index] = (unsigned char)index;
    }
    assert_both(bytes, sizeof bytes, 0x46DD794EU);
    for (int index = 0; index < 32; index++) {
        bytes[index] = (unsigned char)(31 - index);
    }
    assert_both(bytes, sizeof bytes, 0x113FDB5CU);
}

static void crc32c_by_instruction_and_table_equal_bit_by_bit(void **state)
{
    (void)state;
    unsigned char bytes[300];
    struct fx_rng rng;
    fx_rng_init(&rng, 7);
    for (size_t index = 0; index < sizeof bytes; index++) {
        bytes[index] = (unsigned char)fx_rng_next(&rng);
    }
    for (size_t start = 0; start < 9; start++) {
        for (size_t size = 0; size + start <= sizeof bytes; size++) {
            const uint32_t expected = bit_by_bit(5, bytes + start, size);
            assert_int_equal(fx_crc32c(5, bytes + start, size), expected);
            assert_int_equal(fx_crc32c_by_table(5, bytes + start, size), expected);
        }
    }
}

static void crc32c_of_two_parts_is_that_of_the_whole(void **state)
{
    (void)state;
    static const char TEXT[] = "the quick brown fox jumps over the lazy dog";
    const uint32_t whole = fx_crc32c(0, TEXT, sizeof TEXT);
    for (size_t cut = 0; cut <= sizeof TEXT; cut++) {
        const uint32_t first = fx_crc32c(0, TEXT, cut);
        assert_int_equal(fx_crc32c(first, TEXT + cut, sizeof TEXT - cut), whole);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc32c_of_published_vectors_is_right),
        cmocka_unit_test(crc32c_by_instruction_and_table_equal_bit_by_bit),
        cmocka_unit_test(crc32c_of_two_parts_is_that_of_the_whole),
    };
    if (!fx_crc32c_is_hardware()) {
        print_message("this processor has no CRC instruction: only the table is tested\n");
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
