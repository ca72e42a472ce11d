/**
 * @file interval.h
 * The intervals of charts: names, where a bar begins, and from which kept bars it is added up.
 *
 * Times are whole minutes since 1970-01-01T00:00Z. Intervals up to three days begin at multiples of
 * their length since then, a week on Monday, a month on its first day, all UTC. Five base lengths
 * are kept (1 m, 5 m, 30 m, 2 h, 1 d); every interval is a whole number of bars of one of them, 31
 * at most. Thread: any (pure).
 */
#ifndef FX_MARKET_INTERVAL_H
#define FX_MARKET_INTERVAL_H

#include <stdint.h>

#include "base/str.h"

enum fx_interval {
    FX_INTERVAL_MINUTE = 1,
    FX_INTERVAL_MINUTES_3 = 2,
    FX_INTERVAL_MINUTES_5 = 3,
    FX_INTERVAL_MINUTES_15 = 4,
    FX_INTERVAL_MINUTES_30 = 5,
    FX_INTERVAL_HOUR = 6,
    FX_INTERVAL_HOURS_2 = 7,
    FX_INTERVAL_HOURS_4 = 8,
    FX_INTERVAL_HOURS_6 = 9,
    FX_INTERVAL_HOURS_8 = 10,
    FX_INTERVAL_HOURS_12 = 11,
    FX_INTERVAL_DAY = 12,
    FX_INTERVAL_DAYS_3 = 13,
    FX_INTERVAL_WEEK = 14,
    FX_INTERVAL_MONTH = 15
};

enum { FX_INTERVAL_COUNT = 15, FX_INTERVAL_BASES = 5 };

/** "1m", "3m" … "1d", "3d", "1w", "1M". */
const char *fx_interval_name(enum fx_interval interval);

/** The reverse; 0 where the word is unknown. */
enum fx_interval fx_interval_of(fx_str name);

/** By the word of chart libraries: minutes ("1" … "720"), "1D" or "D", "3D", "1W" or "W", "1M" or
 * "M"; 0 where unknown. */
enum fx_interval fx_interval_of_resolution(fx_str name);

/** The beginning of the bar that a minute is in. */
int64_t fx_interval_start(enum fx_interval interval, int64_t minute);

/** The beginning of the bar after the one that begins at `start`. */
int64_t fx_interval_next(enum fx_interval interval, int64_t start);

/** Which kept bars an interval is added up from: 0..FX_INTERVAL_BASES-1. */
uint32_t fx_interval_base(enum fx_interval interval);

/** The length of the kept bars, in minutes. */
uint32_t fx_interval_base_minutes(uint32_t base);

/** The beginning of the kept bar that a minute is in. */
int64_t fx_interval_base_start(uint32_t base, int64_t minute);

#endif
