/* Words beside a loop over bytes: every size, every byte at every place. */
#include "base/json_plain.h"

#include "fx_test.h"

enum { SIZE_MAX_BYTES = 40, BYTES = 256 };

static bool is_plain(const char *text, size_t size)
{
    for (size_t index = 0; index < size; index++) {
        const unsigned char byte = (unsigned char)text[index];
        if (byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\') {
            return false;
        }
    }
    return true;
}

static void json_plain_is_what_its_bytes_are(void **state)
{
    char text[SIZE_MAX_BYTES + 2];
    uint32_t plain = 0;
    (void)state;
    for (size_t size = 0; size <= SIZE_MAX_BYTES; size++) {
        memset(text, '"', sizeof text); /* what is before and behind does not count */
        memset(text + 1, 'a', size);
        assert_true(fx_json_plain_is((fx_str){text + 1, size}));
        for (size_t at = 1; at <= size; at++) {
            for (uint32_t byte = 0; byte < BYTES; byte++) {
                text[at] = (char)(uint8_t)byte;
                const bool is = fx_json_plain_is((fx_str){text + 1, size});
                assert_int_equal(is, is_plain(text + 1, size));
                plain += is ? 1 : 0;
            }
            text[at] = 'a';
        }
    }
    assert_int_equal(plain, (0x60 - 2) * SIZE_MAX_BYTES * (SIZE_MAX_BYTES + 1) / 2);
    assert_true(fx_json_plain_is((fx_str){NULL, 0}));
}

static void json_plain_copies_all_and_no_more(void **state)
{
    char text[SIZE_MAX_BYTES], copy[SIZE_MAX_BYTES + 2];
    (void)state;
    for (size_t index = 0; index < sizeof text; index++) {
        text[index] = (char)('0' + (char)index);
    }
    for (size_t size = 0; size <= SIZE_MAX_BYTES; size++) {
        memset(copy, '#', sizeof copy);
        assert_ptr_equal(fx_json_plain_copy(copy + 1, (fx_str){text, size}), copy + 1 + size);
        assert_memory_equal(copy + 1, text, size);
        assert_int_equal(copy[0], '#');
        assert_int_equal(copy[1 + size], '#');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(json_plain_is_what_its_bytes_are),
                                       cmocka_unit_test(json_plain_copies_all_and_no_more)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
