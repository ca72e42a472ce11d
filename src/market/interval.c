#include "market/interval.h"

#include <stddef.h>

#include "base/panic.h"

enum { DAY = 1440, MONDAY = 4 /* 1970-01-05 */ };

struct interval {
    char name[4];
    char resolution[4];
    uint32_t minutes; /* MONTH: 0 */
    uint32_t base;
};

static const uint32_t BASES[FX_INTERVAL_BASES] = {1, 5, 30, 120, DAY};

static const struct interval INTERVALS[FX_INTERVAL_COUNT] = {
    {"1m", "1", 1, 0},
    {"3m", "3", 3, 0},
    {"5m", "5", 5, 1},
    {"15m", "15", 15, 1},
    {"30m", "30", 30, 2},
    {"1h", "60", 60, 2},
    {"2h", "120", 120, 3},
    {"4h", "240", 240, 3},
    {"6h", "360", 360, 3},
    {"8h", "480", 480, 3},
    {"12h", "720", 720, 3},
    {"1d", "1D", DAY, 4},
    {"3d", "3D", 3 * DAY, 4},
    {"1w", "1W", 7 * DAY, 4},
    {"1M", "1M", 0, 4},
};

static const struct interval *at(enum fx_interval interval)
{
    FX_ASSERT(interval >= FX_INTERVAL_MINUTE && interval <= FX_INTERVAL_MONTH);
    return &INTERVALS[interval - 1];
}

const char *fx_interval_name(enum fx_interval interval)
{
    return at(interval)->name;
}

enum fx_interval fx_interval_of(fx_str name)
{
    for (uint32_t index = 0; index < FX_INTERVAL_COUNT; index++) {
        if (fx_str_is_equal(name, fx_str_of(INTERVALS[index].name))) {
            return (enum fx_interval)(index + 1);
        }
    }
    return 0;
}

enum fx_interval fx_interval_of_resolution(fx_str name)
{
    for (uint32_t index = 0; index < FX_INTERVAL_COUNT; index++) {
        const fx_str word = fx_str_of(INTERVALS[index].resolution);
        const bool is_short = name.size == 1 && word.data[0] == '1' && word.size == 2 &&
                              name.data[0] == word.data[1] && word.data[1] > '9';
        if (is_short || fx_str_is_equal(name, word)) {
            return (enum fx_interval)(index + 1);
        }
    }
    return 0;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): what is divided, then by what
static int64_t floor_div(int64_t value, int64_t divisor)
{
    return value / divisor - (value % divisor < 0 ? 1 : 0);
}

/* The day (since 1970) on which a day's month begins. Counted from 0000-03-01 a leap day is the
 * last of its year, and the months from March on have 31, 30, 31, 30, 31 days in turn: month m of
 * such a year begins on its day (153 m + 2) / 5. */
static int64_t month_start(int64_t day)
{
    const int64_t since = day + 719468;
    const int64_t era = floor_div(since, 146097); /* 400 years */
    const int64_t day_of_era = since - era * 146097;
    const int64_t year =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const int64_t day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    const int64_t month = (5 * day_of_year + 2) / 153;
    return day - (day_of_year - (153 * month + 2) / 5);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): an interval is an enum
int64_t fx_interval_start(enum fx_interval interval, int64_t minute)
{
    const int64_t length = at(interval)->minutes;
    if (interval == FX_INTERVAL_MONTH) {
        return month_start(floor_div(minute, DAY)) * DAY;
    }
    const int64_t origin = interval == FX_INTERVAL_WEEK ? (int64_t)MONDAY * DAY : 0;
    return floor_div(minute - origin, length) * length + origin;
}

int64_t fx_interval_next(enum fx_interval interval, int64_t start)
{
    if (interval == FX_INTERVAL_MONTH) {
        return month_start(floor_div(start, DAY) + 31) * DAY; /* a day of the next month */
    }
    return start + at(interval)->minutes;
}

uint32_t fx_interval_base(enum fx_interval interval)
{
    return at(interval)->base;
}

uint32_t fx_interval_base_minutes(uint32_t base)
{
    FX_ASSERT(base < FX_INTERVAL_BASES);
    return BASES[base];
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): which bars, then when
int64_t fx_interval_base_start(uint32_t base, int64_t minute)
{
    const int64_t length = fx_interval_base_minutes(base);
    return floor_div(minute, length) * length;
}
