#include "base/clock.h"

#include <stdint.h>

#include "fx_test.h"

static void check(int64_t time_ms, const char *wanted)
{
    char text[FX_CLOCK_TEXT_SIZE + 1];
    fx_clock_format(time_ms, text);
    assert_string_equal(text, wanted);
}

static void clock_format_of_known_times_is_iso_8601(void **state)
{
    (void)state;
    check(0, "1970-01-01T00:00:00.000Z");
    check(1, "1970-01-01T00:00:00.001Z");
    check(-1, "1969-12-31T23:59:59.999Z");
    check(951782399999, "2000-02-28T23:59:59.999Z");
    check(951782400000, "2000-02-29T00:00:00.000Z");
    check(951868800000, "2000-03-01T00:00:00.000Z");
    check(1703496600000, "2023-12-25T09:30:00.000Z");
    check(4107542399000, "2100-02-28T23:59:59.000Z");
    check(4107542400000, "2100-03-01T00:00:00.000Z");
    check(1709210096789, "2024-02-29T12:34:56.789Z");
}

static void clock_format_outside_of_the_range_is_clipped(void **state)
{
    (void)state;
    check(INT64_C(-62167219200000), "0000-01-01T00:00:00.000Z");
    check(INT64_C(253402300799999), "9999-12-31T23:59:59.999Z");
    check(INT64_C(253402300800000), "9999-12-31T23:59:59.999Z");
    check(INT64_MAX, "9999-12-31T23:59:59.999Z");
    check(INT64_MIN, "0000-01-01T00:00:00.000Z");
}

static void clock_reading_twice_does_not_go_back(void **state)
{
    (void)state;
    const int64_t first = fx_clock_monotonic_us();
    assert_true(fx_clock_monotonic_us() >= first);
    assert_true(fx_clock_wall_us() > INT64_C(1600000000000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clock_format_of_known_times_is_iso_8601),
        cmocka_unit_test(clock_format_outside_of_the_range_is_clipped),
        cmocka_unit_test(clock_reading_twice_does_not_go_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
