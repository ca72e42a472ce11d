/**
 * @file dec.h
 * Decimal(36,18): exact signed amounts in units of 1e-18, on 128 bits, with named rounding.
 *
 * |amount| < 1e36 units (1e18 whole units of the asset). Every operation that could leave this
 * range says so; nothing wraps. Every division names its rounding. No floats.
 * Thread: any. Source: RULES section 1, docs/rules/numbers.md.
 */
#ifndef FX_BASE_DEC_H
#define FX_BASE_DEC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

__extension__ typedef __int128 fx_i128;
__extension__ typedef unsigned __int128 fx_u128;

enum {
    FX_DEC_SCALE = 18,
    FX_DEC_TEXT_SIZE_MAX = 40 /* "-" + 18 digits + "." + 18 digits, with room for a NUL */
};

/** Where an inexact quotient goes. FLOOR and CEIL are towards minus and plus infinity. */
enum fx_rounding {
    FX_ROUND_FLOOR = 1,
    FX_ROUND_CEIL = 2,
    FX_ROUND_DOWN = 3,     /* towards zero */
    FX_ROUND_UP = 4,       /* away from zero */
    FX_ROUND_HALF_EVEN = 5 /* nearest; a tie goes to the even neighbour */
};

/** 1e18: one whole unit of an asset. */
fx_i128 fx_dec_one(void);

/** 1e36: the first magnitude that is out of range. */
fx_i128 fx_dec_limit(void);

/** True where -1e36 < units < 1e36. */
bool fx_dec_is_in_range(fx_i128 units);

/** left + right. @return false (and *sum_out untouched) where the result is out of range. */
FX_MUST_USE bool fx_dec_add(fx_i128 left, fx_i128 right, fx_i128 *sum_out);

/** left - right, as fx_dec_add(). */
FX_MUST_USE bool fx_dec_sub(fx_i128 left, fx_i128 right, fx_i128 *difference_out);

/** left * right as plain integers (no rescaling). @return false where out of range. */
FX_MUST_USE bool fx_dec_mul_int(fx_i128 left, int64_t right, fx_i128 *product_out);

/**
 * left * right / divisor with a 256-bit intermediate, rounded as named. All three are plain
 * integers; divisor != 0. The one multiplication-and-division that everything else is made of.
 * @return false (outputs untouched) where the quotient is out of range.
 */
FX_MUST_USE bool fx_dec_mul_div(
    fx_i128 left, fx_i128 right, fx_i128 divisor, enum fx_rounding rounding, fx_i128 *quotient_out);

/** numerator / divisor as plain integers, rounded as named; divisor != 0. Always in range. */
fx_i128 fx_dec_div_int(fx_i128 numerator, fx_i128 divisor, enum fx_rounding rounding);

/** numerator / divisor, down or up, where neither is negative and the divisor not 0: mostly one
 * division of the processor. */
fx_i128 fx_dec_div_natural(fx_i128 numerator, fx_i128 divisor, bool is_up);

/**
 * Read decimal text: optional '-', 1..18 integer digits (leading zeros only as "0."), optional
 * fraction of 1..18 digits (more only if the rest is zeros). No '+', no exponent, no negative zero.
 * @return OK; BAD_DECIMAL (not such a text, or out of range); TOO_MANY_DIGITS (more than 18
 * significant fraction digits). *units_out is untouched on failure.
 */
FX_MUST_USE fx_status fx_dec_parse(fx_str text, fx_i128 *units_out);

/** Write without trailing zeros and exponent, with a NUL; in range only. @return the length. */
uint32_t fx_dec_format(fx_i128 units, char text_out[FX_DEC_TEXT_SIZE_MAX]);

#endif
