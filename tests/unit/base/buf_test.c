/* base/buf: a growable run of bytes with a maximum. */
#include "base/buf.h"

#include <string.h>

#include "fx_test.h"

static void assert_content(const struct fx_buf *buf, fx_str expected)
{
    assert_int_equal(buf->size, expected.size);
    assert_memory_equal(buf->data, expected.data, expected.size);
}

static void buf_fresh_allocates_nothing(void **state)
{
    (void)state;
    struct fx_buf buf;
    fx_buf_init(&buf, 10);
    assert_null(buf.data);
    assert_int_equal(fx_buf_str(&buf).size, 0);
    fx_buf_append(&buf, FX_STR(""));
    assert_null(buf.data);
    fx_buf_consume(&buf, 0);
    fx_buf_deinit(&buf);
}

static void buf_deinit_of_zeroed_does_nothing(void **state)
{
    (void)state;
    struct fx_buf buf = {0};
    fx_buf_deinit(&buf);
    fx_buf_init(&buf, 8);
    fx_buf_append(&buf, FX_STR("x"));
    fx_buf_deinit(&buf);
    fx_buf_deinit(&buf);
    fx_buf_append(&buf, FX_STR("again"));
    assert_content(&buf, FX_STR("again"));
    fx_buf_deinit(&buf);
}

static void buf_at_the_maximum_is_full_not_overflown(void **state)
{
    (void)state;
    struct fx_buf buf;
    fx_buf_init(&buf, 5);
    fx_buf_append(&buf, FX_STR("abcde"));
    assert_false(buf.is_overflow);
    assert_content(&buf, FX_STR("abcde"));
    assert_int_equal(buf.capacity, 5);
    assert_non_null(fx_buf_reserve(&buf, 0));
    fx_buf_deinit(&buf);
}

static void buf_above_the_maximum_keeps_content_and_ignores_the_rest(void **state)
{
    (void)state;
    struct fx_buf buf;
    fx_buf_init(&buf, 5);
    fx_buf_append(&buf, FX_STR("abc"));
    fx_buf_append(&buf, FX_STR("def"));
    assert_true(buf.is_overflow);
    assert_content(&buf, FX_STR("abc"));
    fx_buf_append_byte(&buf, 'x');
    assert_content(&buf, FX_STR("abc"));
    assert_null(fx_buf_reserve(&buf, 1));
    fx_buf_clear(&buf);
    assert_false(buf.is_overflow);
    fx_buf_append(&buf, FX_STR("12345"));
    assert_content(&buf, FX_STR("12345"));
    fx_buf_deinit(&buf);
}

static void buf_huge_reserve_overflows_without_wrapping(void **state)
{
    (void)state;
    struct fx_buf buf;
    fx_buf_init(&buf, SIZE_MAX);
    fx_buf_append(&buf, FX_STR("abc"));
    assert_null(fx_buf_reserve(&buf, SIZE_MAX));
    assert_true(buf.is_overflow);
    fx_buf_deinit(&buf);
}

static void buf_of_maximum_zero_takes_nothing(void **state)
{
    (void)state;
    struct fx_buf buf;
    fx_buf_init(&buf, 0);
    assert_non_null(fx_buf_reserve(&buf, 0));
    fx_buf_append_byte(&buf, 'x');
    assert_true(buf.is_overflow);
    fx_buf_deinit(&buf);
}

static void buf_many_appends_keep_every_byte(void **state)
{
    (void)state;
    enum { COUNT = 10007 };
    struct fx_buf buf;
    fx_buf_init(&buf, COUNT);
    for (int index = 0; index < COUNT; index++) {
        fx_buf_append_byte(&buf, (char)(index * 31));
    }
    assert_false(buf.is_overflow);
    for (int index = 0; index < COUNT; index++) {
        assert_int_equal(buf.data[index], (char)(index * 31));
    }
    fx_buf_append_byte(&buf, 'x');
    assert_true(buf.is_overflow);
    fx_buf_deinit(&buf);
}

static void buf_reserve_and_add_count_what_was_written(void **state)
{
    (void)state;
    struct fx_buf buf;
    fx_buf_init(&buf, 100);
    char *place = fx_buf_reserve(&buf, 50);
    assert_non_null(place);
    assert_int_equal(buf.size, 0);
    memcpy(place, "hello", 6);
    fx_buf_add(&buf, 5);
    assert_content(&buf, FX_STR("hello"));
    fx_buf_deinit(&buf);
}

static void buf_numbers_are_written_in_full_range(void **state)
{
    (void)state;
    struct fx_buf buf;
    fx_buf_init(&buf, 1000);
    fx_buf_append_u64(&buf, 0);
    fx_buf_append_byte(&buf, ' ');
    fx_buf_append_u64(&buf, UINT64_MAX);
    fx_buf_append_byte(&buf, ' ');
    fx_buf_append_i64(&buf, 0);
    fx_buf_append_byte(&buf, ' ');
    fx_buf_append_i64(&buf, INT64_MIN);
    fx_buf_append_byte(&buf, ' ');
    fx_buf_append_i64(&buf, INT64_MAX);
    fx_buf_append_byte(&buf, ' ');
    fx_buf_append_i64(&buf, -10);
    fx_buf_append_byte(&buf, ' ');
    fx_buf_append_dec(&buf, -fx_dec_one() / 2);
    assert_content(&buf,
                   FX_STR("0 18446744073709551615 0 -9223372036854775808 9223372036854775807 -10 "
                          "-0.5"));
    fx_buf_deinit(&buf);
}

static void buf_consume_moves_the_rest_to_the_front(void **state)
{
    (void)state;
    struct fx_buf buf;
    fx_buf_init(&buf, 10);
    fx_buf_append(&buf, FX_STR("abcdef"));
    fx_buf_consume(&buf, 2);
    assert_content(&buf, FX_STR("cdef"));
    fx_buf_append(&buf, FX_STR("ghijkl"));
    assert_content(&buf, FX_STR("cdefghijkl"));
    fx_buf_consume(&buf, 10);
    assert_int_equal(buf.size, 0);
    fx_buf_deinit(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buf_fresh_allocates_nothing),
        cmocka_unit_test(buf_deinit_of_zeroed_does_nothing),
        cmocka_unit_test(buf_at_the_maximum_is_full_not_overflown),
        cmocka_unit_test(buf_above_the_maximum_keeps_content_and_ignores_the_rest),
        cmocka_unit_test(buf_huge_reserve_overflows_without_wrapping),
        cmocka_unit_test(buf_of_maximum_zero_takes_nothing),
        cmocka_unit_test(buf_many_appends_keep_every_byte),
        cmocka_unit_test(buf_reserve_and_add_count_what_was_written),
        cmocka_unit_test(buf_numbers_are_written_in_full_range),
        cmocka_unit_test(buf_consume_moves_the_rest_to_the_front),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
