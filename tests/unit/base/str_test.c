/* base/str: borrowed runs of bytes. */
#include "base/str.h"

#include <string.h>

#include "fx_test.h"

static void str_of_null_is_empty(void **state)
{
    (void)state;
    assert_int_equal(fx_str_of(NULL).size, 0);
    assert_int_equal(fx_str_of("abc").size, 3);
    assert_int_equal(FX_STR("a\0b").size, 3);
}

static void str_equal_compares_bytes_and_size(void **state)
{
    (void)state;
    assert_true(fx_str_is_equal(FX_STR("abc"), FX_STR("abc")));
    assert_false(fx_str_is_equal(FX_STR("abc"), FX_STR("abd")));
    assert_false(fx_str_is_equal(FX_STR("abc"), FX_STR("ab")));
    assert_false(fx_str_is_equal(FX_STR("a\0b"), FX_STR("a\0c")));
    assert_true(fx_str_is_equal(FX_STR(""), fx_str_of(NULL)));
    assert_true(fx_str_is_equal(fx_str_of(NULL), fx_str_of(NULL)));
}

static void str_equal_nocase_folds_ascii_letters_only(void **state)
{
    (void)state;
    assert_true(fx_str_is_equal_nocase(FX_STR("Content-Type"), FX_STR("cONTENT-tYPE")));
    assert_true(fx_str_is_equal_nocase(FX_STR("AZaz"), FX_STR("azAZ")));
    assert_false(fx_str_is_equal_nocase(FX_STR("@"), FX_STR("`")));
    assert_false(fx_str_is_equal_nocase(FX_STR("["), FX_STR("{")));
    assert_false(fx_str_is_equal_nocase(FX_STR("\xC4"), FX_STR("\xE4")));
    assert_false(fx_str_is_equal_nocase(FX_STR("ab"), FX_STR("abc")));
}

static void str_prefix_needs_the_whole_prefix(void **state)
{
    (void)state;
    assert_true(fx_str_has_prefix(FX_STR("/api/v1"), FX_STR("/api")));
    assert_true(fx_str_has_prefix(FX_STR("/api"), FX_STR("/api")));
    assert_true(fx_str_has_prefix(FX_STR("x"), FX_STR("")));
    assert_true(fx_str_has_prefix(fx_str_of(NULL), fx_str_of(NULL)));
    assert_false(fx_str_has_prefix(FX_STR("/ap"), FX_STR("/api")));
    assert_false(fx_str_has_prefix(FX_STR("/apx"), FX_STR("/api")));
}

static void str_slice_is_clipped(void **state)
{
    (void)state;
    const fx_str text = FX_STR("abcdef");
    assert_true(fx_str_is_equal(fx_str_slice(text, 2, 3), FX_STR("cde")));
    assert_true(fx_str_is_equal(fx_str_slice(text, 4, 9), FX_STR("ef")));
    assert_true(fx_str_is_equal(fx_str_slice(text, 1, SIZE_MAX), FX_STR("bcdef")));
    assert_int_equal(fx_str_slice(text, 6, 1).size, 0);
    assert_int_equal(fx_str_slice(text, SIZE_MAX, SIZE_MAX).size, 0);
    assert_int_equal(fx_str_slice(fx_str_of(NULL), 0, 1).size, 0);
}

static void str_find_starts_at_from(void **state)
{
    (void)state;
    const fx_str text = FX_STR("a,b,c");
    assert_int_equal(fx_str_find(text, ',', 0), 1);
    assert_int_equal(fx_str_find(text, ',', 1), 1);
    assert_int_equal(fx_str_find(text, ',', 2), 3);
    assert_true(fx_str_find(text, ',', 4) == SIZE_MAX);
    assert_true(fx_str_find(text, ',', 99) == SIZE_MAX);
    assert_true(fx_str_find(text, 'x', 0) == SIZE_MAX);
    assert_true(fx_str_find(fx_str_of(NULL), 'x', 0) == SIZE_MAX);
}

static void str_trim_takes_blanks_at_both_ends(void **state)
{
    (void)state;
    assert_true(fx_str_is_equal(fx_str_trim(FX_STR(" \t\r\na b\n\r\t ")), FX_STR("a b")));
    assert_int_equal(fx_str_trim(FX_STR(" \t ")).size, 0);
    assert_int_equal(fx_str_trim(FX_STR("")).size, 0);
    assert_int_equal(fx_str_trim(FX_STR("\v")).size, 1);
}

static void str_parse_u64_takes_the_whole_range(void **state)
{
    (void)state;
    uint64_t value = 7;
    assert_true(fx_str_parse_u64(FX_STR("0"), &value));
    assert_int_equal(value, 0);
    assert_true(fx_str_parse_u64(FX_STR("18446744073709551615"), &value));
    assert_true(value == UINT64_MAX);
    assert_true(fx_str_parse_u64(FX_STR("1234567890"), &value));
    assert_int_equal(value, 1234567890);
}

static void str_parse_u64_refuses_what_is_not_a_number(void **state)
{
    (void)state;
    static const char *const BAD[] = {"",
                                      "-1",
                                      "+1",
                                      "00",
                                      "01",
                                      "1 ",
                                      " 1",
                                      "1a",
                                      "0x1",
                                      "18446744073709551616",
                                      "1.0",
                                      "1e3",
                                      "/",
                                      ":",
                                      "99999999999999999999",
                                      "-",
                                      "-0",
                                      "٣",
                                      "100000000000000000000"};
    for (size_t index = 0; index < sizeof BAD / sizeof BAD[0]; index++) {
        uint64_t value = 7;
        assert_false(fx_str_parse_u64(fx_str_of(BAD[index]), &value));
        assert_int_equal(value, 7);
    }
}

static void str_parse_i64_takes_the_whole_range(void **state)
{
    (void)state;
    int64_t value = 7;
    assert_true(fx_str_parse_i64(FX_STR("9223372036854775807"), &value));
    assert_true(value == INT64_MAX);
    assert_true(fx_str_parse_i64(FX_STR("-9223372036854775808"), &value));
    assert_true(value == INT64_MIN);
    assert_true(fx_str_parse_i64(FX_STR("-1"), &value));
    assert_true(value == -1);
    assert_true(fx_str_parse_i64(FX_STR("0"), &value));
    assert_true(value == 0);
}

static void str_parse_i64_refuses_what_is_not_a_number(void **state)
{
    (void)state;
    static const char *const BAD[] = {"",
                                      "-",
                                      "-0",
                                      "--1",
                                      "-01",
                                      "+1",
                                      "1-",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "-18446744073709551616"};
    for (size_t index = 0; index < sizeof BAD / sizeof BAD[0]; index++) {
        int64_t value = 7;
        assert_false(fx_str_parse_i64(fx_str_of(BAD[index]), &value));
        assert_int_equal(value, 7);
    }
}

static void str_copy_needs_room_for_the_nul(void **state)
{
    (void)state;
    char target[4] = "xyz";
    assert_false(fx_str_copy(FX_STR("abcd"), target, sizeof target));
    assert_string_equal(target, "xyz");
    assert_true(fx_str_copy(FX_STR("abc"), target, sizeof target));
    assert_string_equal(target, "abc");
    assert_true(fx_str_copy(fx_str_of(NULL), target, 1));
    assert_string_equal(target, "");
    assert_false(fx_str_copy(fx_str_of(NULL), target, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(str_of_null_is_empty),
        cmocka_unit_test(str_equal_compares_bytes_and_size),
        cmocka_unit_test(str_equal_nocase_folds_ascii_letters_only),
        cmocka_unit_test(str_prefix_needs_the_whole_prefix),
        cmocka_unit_test(str_slice_is_clipped),
        cmocka_unit_test(str_find_starts_at_from),
        cmocka_unit_test(str_trim_takes_blanks_at_both_ends),
        cmocka_unit_test(str_parse_u64_takes_the_whole_range),
        cmocka_unit_test(str_parse_u64_refuses_what_is_not_a_number),
        cmocka_unit_test(str_parse_i64_takes_the_whole_range),
        cmocka_unit_test(str_parse_i64_refuses_what_is_not_a_number),
        cmocka_unit_test(str_copy_needs_room_for_the_nul),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
