/* Intervals: names, and beginnings against a calendar that is counted day by day. */
#include "market/interval.h"

#include <string.h>

#include "base/rng.h"
#include "fx_test.h"

enum { DAY = 1440, YEARS = 140 };

static void interval_names_and_resolutions(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"1m",
                                        "3m",
                                        "5m",
                                        "15m",
                                        "30m",
                                        "1h",
                                        "2h",
                                        "4h",
                                        "6h",
                                        "8h",
                                        "12h",
                                        "1d",
                                        "3d",
                                        "1w",
                                        "1M"};
    static const char *const RESOLUTIONS[] = {
        "1", "3", "5", "15", "30", "60", "120", "240", "360", "480", "720", "1D", "3D", "1W", "1M"};
    for (uint32_t index = 0; index < FX_INTERVAL_COUNT; index++) {
        const enum fx_interval interval = (enum fx_interval)(index + 1);
        assert_string_equal(fx_interval_name(interval), NAMES[index]);
        assert_int_equal(fx_interval_of(fx_str_of(NAMES[index])), interval);
        assert_int_equal(fx_interval_of_resolution(fx_str_of(RESOLUTIONS[index])), interval);
    }
    assert_int_equal(fx_interval_of_resolution(FX_STR("D")), FX_INTERVAL_DAY);
    assert_int_equal(fx_interval_of_resolution(FX_STR("W")), FX_INTERVAL_WEEK);
    assert_int_equal(fx_interval_of_resolution(FX_STR("M")), FX_INTERVAL_MONTH);
    static const char *const WRONG[] = {"", "2m", "1", "m", "1H", "1d ", "01m", "1mm"};
    for (size_t index = 0; index < sizeof WRONG / sizeof WRONG[0]; index++) {
        assert_int_equal(fx_interval_of(fx_str_of(WRONG[index])), 0);
    }
    static const char *const UNKNOWN[] = {"", "0", "2", "1m", "d", "H", "1H", "1440", "DD"};
    for (size_t index = 0; index < sizeof UNKNOWN / sizeof UNKNOWN[0]; index++) {
        assert_int_equal(fx_interval_of_resolution(fx_str_of(UNKNOWN[index])), 0);
    }
}

/* 1970 to 2109 one day after the other: the first of each month, Mondays, multiples of three. */
static void interval_days_weeks_months_equal_a_counted_calendar(void **state)
{
    (void)state;
    static const int LENGTHS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t day = 0, month_start = 0, monday = -3, third = 0;
    for (int year = 1970; year < 1970 + YEARS; year++) {
        const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        for (int month = 0; month < 12; month++) {
            const int length = LENGTHS[month] + (month == 1 && is_leap ? 1 : 0);
            month_start = day;
            for (int count = 0; count < length; count++, day++) {
                monday = day == monday + 7 ? day : monday;
                third = day == third + 3 ? day : third;
                const int64_t minute = day * DAY + day % DAY;
                assert_int_equal(fx_interval_start(FX_INTERVAL_DAY, minute), day * DAY);
                assert_int_equal(fx_interval_start(FX_INTERVAL_DAYS_3, minute), third * DAY);
                assert_int_equal(fx_interval_start(FX_INTERVAL_WEEK, minute), monday * DAY);
                assert_int_equal(fx_interval_start(FX_INTERVAL_MONTH, minute), month_start * DAY);
            }
            assert_int_equal(fx_interval_next(FX_INTERVAL_MONTH, month_start * DAY), day * DAY);
        }
    }
    /* Days that anybody can look up: Monday 2024-01-01, 2026-03-01. */
    assert_int_equal(fx_interval_start(FX_INTERVAL_WEEK, 1704067200 / 60 + 3 * DAY),
                     1704067200 / 60);
    assert_int_equal(fx_interval_start(FX_INTERVAL_MONTH, 1772323200 / 60 + 30 * DAY),
                     1772323200 / 60);
}

/* Bars follow each other without gap, and each is a whole number of kept bars, 31 at most. */
static void interval_bars_tile_time(void **state)
{
    (void)state;
    struct fx_rng rng;
    fx_rng_init(&rng, 5);
    for (int round = 0; round < 20000; round++) {
        const int64_t minute = fx_rng_between(&rng, -2000000, 100000000);
        const enum fx_interval interval =
            (enum fx_interval)(1 + fx_rng_below(&rng, FX_INTERVAL_COUNT));
        const int64_t start = fx_interval_start(interval, minute);
        const int64_t next = fx_interval_next(interval, start);
        const int64_t base = fx_interval_base_minutes(fx_interval_base(interval));
        assert_true(start <= minute && minute < next);
        assert_int_equal(fx_interval_start(interval, start), start);
        assert_int_equal(fx_interval_start(interval, next - 1), start);
        assert_int_equal(fx_interval_start(interval, next), next);
        assert_true(start % base == 0 && next % base == 0);
        assert_true((next - start) / base <= 31);
        assert_int_equal(fx_interval_base_start(fx_interval_base(interval), start), start);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interval_names_and_resolutions),
        cmocka_unit_test(interval_days_weeks_months_equal_a_counted_calendar),
        cmocka_unit_test(interval_bars_tile_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
