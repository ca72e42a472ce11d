/**
 * @file digits.h
 * Decimal digits of whole numbers, two at a time. Thread: any.
 */
#ifndef FX_BASE_DIGITS_H
#define FX_BASE_DIGITS_H

#include <stdint.h>

enum { FX_DIGITS_MAX = 20 /* of 2^64 - 1 */ };

/** Write the digits of `value` so that they end in front of `end`; zero is one digit. @return where
 * they begin. */
static inline char *fx_digits_put(char *end, uint64_t value)
{
    static const char PAIRS[] = "0001020304050607080910111213141516171819"
                                "2021222324252627282930313233343536373839"
                                "4041424344454647484950515253545556575859"
                                "6061626364656667686970717273747576777879"
                                "8081828384858687888990919293949596979899";
    while (value >= 100) {
        const char *pair = PAIRS + value % 100 * 2;
        value /= 100;
        *--end = pair[1];
        *--end = pair[0];
    }
    if (value >= 10) {
        *--end = PAIRS[value * 2 + 1];
        *--end = PAIRS[value * 2];
        return end;
    }
    *--end = (char)('0' + (char)value);
    return end;
}

/** The same with the sign of a negative one: at most 1 + FX_DIGITS_MAX characters. */
static inline char *fx_digits_put_signed(char *end, int64_t value)
{
    char *start = fx_digits_put(end, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
    if (value < 0) {
        *--start = '-';
    }
    return start;
}

#endif
