/**
 * @file clock.h
 * Reading the clocks and writing times. Only app, base/agent and base/log read them; all others
 * receive `now_us`. Thread: any.
 */
#ifndef FX_BASE_CLOCK_H
#define FX_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum { FX_CLOCK_TEXT_SIZE = 24 }; /* "2023-12-25T09:30:00.000Z" */

/** Microseconds since 1970-01-01 UTC; may jump with the system's clock. */
int64_t fx_clock_wall_us(void);

/** Microseconds since some start; never goes back. For durations. */
int64_t fx_clock_monotonic_us(void);

/** The same in nanoseconds: for what takes less than a microsecond. */
int64_t fx_clock_monotonic_ns(void);

/**
 * Write milliseconds since 1970 as ISO 8601 in UTC, NUL-terminated, 24 characters. Times outside of
 * the years 0000..9999 are written as the nearest time inside.
 */
void fx_clock_format(int64_t time_ms, char text_out[FX_CLOCK_TEXT_SIZE + 1]);

#endif
