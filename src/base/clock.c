#include "base/clock.h"

#include <time.h>

#include "base/panic.h"

enum { MS_PER_DAY = 86400000, US_PER_S = 1000000, NS_PER_US = 1000, NS_PER_S = 1000000000 };

/* 0000-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z */
#define TIME_MS_MIN INT64_C(-62167219200000)
#define TIME_MS_MAX INT64_C(253402300799999)

static int64_t read_clock(clockid_t clock)
{
    struct timespec now;
    const int result = clock_gettime(clock, &now);
    FX_ASSERT(result == 0);
    return (int64_t)now.tv_sec * US_PER_S + (int64_t)now.tv_nsec / NS_PER_US;
}

int64_t fx_clock_wall_us(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t fx_clock_monotonic_us(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t fx_clock_monotonic_ns(void)
{
    struct timespec now;
    const int result = clock_gettime(CLOCK_MONOTONIC, &now);
    FX_ASSERT(result == 0);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

/** Write `count` decimal digits and return what follows them. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): what, then how wide
static char *put_digits(char *target, int64_t value, int count)
{
    for (int index = count - 1; index >= 0; index--) {
        target[index] = (char)('0' + value % 10);
        value /= 10;
    }
    return target + count;
}

/**
 * The civil date of a day number, in the Gregorian calendar extended to year 0. The year is counted
 * from March, so that the leap day is the last one; 719,468 days lie between 0000-03-01 and 1970.
 */
static char *put_date(char *target, int64_t days_since_1970)
{
    enum { DAYS_PER_ERA = 146097, YEARS_PER_ERA = 400 };
    const int64_t days = days_since_1970 + 719468 + DAYS_PER_ERA; /* never negative */
    const int64_t era = days / DAYS_PER_ERA;
    const int64_t day_of_era = days % DAYS_PER_ERA;
    const int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t month_from_march = (5 * day_of_year + 2) / 153;
    const int64_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    const int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    const int64_t year = year_of_era + (era - 1) * YEARS_PER_ERA + (month <= 2 ? 1 : 0);
    target = put_digits(target, year, 4);
    *target++ = '-';
    target = put_digits(target, month, 2);
    *target++ = '-';
    return put_digits(target, day, 2);
}

void fx_clock_format(int64_t time_ms, char text_out[FX_CLOCK_TEXT_SIZE + 1])
{
    time_ms = time_ms < TIME_MS_MIN ? TIME_MS_MIN : time_ms;
    time_ms = time_ms > TIME_MS_MAX ? TIME_MS_MAX : time_ms;
    const int64_t ms_from_year_0 = time_ms - TIME_MS_MIN;
    const int64_t ms_of_day = ms_from_year_0 % MS_PER_DAY;
    const int64_t days = ms_from_year_0 / MS_PER_DAY + TIME_MS_MIN / MS_PER_DAY;
    char *target = put_date(text_out, days);
    *target++ = 'T';
    target = put_digits(target, ms_of_day / 3600000, 2);
    *target++ = ':';
    target = put_digits(target, ms_of_day / 60000 % 60, 2);
    *target++ = ':';
    target = put_digits(target, ms_of_day / 1000 % 60, 2);
    *target++ = '.';
    target = put_digits(target, ms_of_day % 1000, 3);
    *target++ = 'Z';
    *target = '\0';
}
