/* Decimal(36,18) on 128 bits. Every quotient is computed on magnitudes and rounded once, by
 * rounding_step(); so one place knows what the five directions mean for negatives.
 *
 * The product of two magnitudes has up to 256 bits. A divisor of 64 bits divides it limb by limb,
 * and 1e18, the most frequent one, by multiplying with its reciprocal; a larger divisor takes
 * Knuth's Algorithm D with two limbs. Signs and remainders of amounts are as good as random, so
 * what depends on them is computed without branches.
 * Source: Knuth, TAOCP 2, 4.3.1; Moeller and Granlund, "Improved division by invariant integers",
 * IEEE Trans. Comp. 60 (2011), algorithm 4. */
#include "base/dec.h"

#include "base/digits.h"
#include "base/panic.h"

/* The operands of arithmetic are of one type; the property test holds their order. */
// NOLINTBEGIN(bugprone-easily-swappable-parameters)

static const uint64_t ONE = 1000000000000000000U;
/* 1e18 << ONE_SHIFT has its top bit set; the reciprocal is floor((2^128 - 1) / that) - 2^64. */
enum { ONE_SHIFT = 4 };
static const uint64_t ONE_NORMALIZED = 16000000000000000000U;
static const uint64_t ONE_RECIPROCAL = 0x2725dd1d243aba0eU;

struct u256 {
    fx_u128 high;
    fx_u128 low;
};

struct division {
    fx_u128 quotient;
    fx_u128 rest;
};

struct limb_division {
    uint64_t quotient;
    uint64_t rest;
};

fx_i128 fx_dec_one(void)
{
    return (fx_i128)ONE;
}

fx_i128 fx_dec_limit(void)
{
    return (fx_i128)ONE * (fx_i128)ONE;
}

static fx_u128 magnitude_of(fx_i128 value)
{
    const fx_u128 mask = 0 - (fx_u128)(value < 0);
    return ((fx_u128)value ^ mask) - mask;
}

bool fx_dec_is_in_range(fx_i128 units)
{
    /* -limit < units < limit, both ends moved to where one comparison sees them. */
    const fx_u128 reach = (fx_u128)fx_dec_limit() - 1;
    return (fx_u128)units + reach <= 2 * reach;
}

bool fx_dec_add(fx_i128 left, fx_i128 right, fx_i128 *sum_out)
{
    fx_i128 sum = 0;
    if (__builtin_add_overflow(left, right, &sum) || !fx_dec_is_in_range(sum)) {
        return false;
    }
    *sum_out = sum;
    return true;
}

bool fx_dec_sub(fx_i128 left, fx_i128 right, fx_i128 *difference_out)
{
    fx_i128 difference = 0;
    if (__builtin_sub_overflow(left, right, &difference) || !fx_dec_is_in_range(difference)) {
        return false;
    }
    *difference_out = difference;
    return true;
}

static fx_i128 with_sign(fx_u128 magnitude, bool is_negative)
{
    const fx_u128 mask = 0 - (fx_u128)is_negative;
    return (fx_i128)((magnitude ^ mask) - mask);
}

static bool signed_in_range(fx_u128 magnitude, bool is_negative, fx_i128 *value_out)
{
    if (magnitude >= (fx_u128)fx_dec_limit()) {
        return false;
    }
    *value_out = with_sign(magnitude, is_negative);
    return true;
}

bool fx_dec_mul_int(fx_i128 left, int64_t right, fx_i128 *product_out)
{
    const fx_u128 a = magnitude_of(left);
    const uint64_t b = right < 0 ? 0 - (uint64_t)right : (uint64_t)right;
    const fx_u128 low = (fx_u128)(uint64_t)a * b;
    const fx_u128 high = (a >> 64) * b + (low >> 64);
    if (high >> 64 != 0) {
        return false;
    }
    return signed_in_range(high << 64 | (uint64_t)low, (left < 0) != (right < 0), product_out);
}

static inline struct u256 multiply(fx_u128 left, fx_u128 right)
{
    const uint64_t left_low = (uint64_t)left, left_high = (uint64_t)(left >> 64);
    const uint64_t right_low = (uint64_t)right, right_high = (uint64_t)(right >> 64);
    const fx_u128 low = (fx_u128)left_low * right_low;
    const fx_u128 cross = (fx_u128)left_high * right_low + (low >> 64);
    const fx_u128 middle = (fx_u128)left_low * right_high + (uint64_t)cross;
    return (struct u256){
        .high = (fx_u128)left_high * right_high + (cross >> 64) + (middle >> 64),
        .low = middle << 64 | (uint64_t)low,
    };
}

/* high < divisor, so the quotient has one limb. */
static inline struct limb_division divide_limbs(uint64_t high, uint64_t low, uint64_t divisor)
{
    struct limb_division result = {0, 0};
#if defined(__x86_64__)
    /* No compiler knows that one instruction is enough: it calls the 128 by 128 bit division. */
    __asm__("divq %4"
            : "=a"(result.quotient), "=d"(result.rest)
            : "0"(low), "1"(high), "r"(divisor)
            : "cc");
#else
    const fx_u128 numerator = (fx_u128)high << 64 | low;
    result.quotient = (uint64_t)(numerator / divisor);
    result.rest = low - result.quotient * divisor;
#endif
    return result;
}

/* As divide_limbs(), by 1e18 << ONE_SHIFT. The algorithm's last correction, for an estimate that is
 * too small, is left out. With d the divisor and k = 2^128 - (2^64 + reciprocal) d, the estimate
 * before the "+ 1" is below the exact quotient by at most k / 2^64 + (2^64 - d) / d, and that is
 * 0.40 + 0.15 < 1 for this d. */
static inline struct limb_division divide_limbs_by_one(uint64_t high, uint64_t low)
{
    const fx_u128 estimate = (fx_u128)ONE_RECIPROCAL * high + ((fx_u128)(high + 1) << 64 | low);
    const uint64_t quotient = (uint64_t)(estimate >> 64);
    const uint64_t rest = low - quotient * ONE_NORMALIZED;
    /* One too large in half of the cases. */
    const uint64_t mask = 0 - (uint64_t)(rest > (uint64_t)estimate);
    return (struct limb_division){quotient + mask, rest + (mask & ONE_NORMALIZED)};
}

/* numerator / 1e18 where the quotient has at most 128 bits: numerator.high < 1e18. */
static inline struct division divide_by_one(struct u256 numerator)
{
    const uint64_t top =
        (uint64_t)numerator.high << ONE_SHIFT | (uint64_t)(numerator.low >> (128 - ONE_SHIFT));
    const fx_u128 low = numerator.low << ONE_SHIFT;
    const struct limb_division upper = divide_limbs_by_one(top, (uint64_t)(low >> 64));
    const struct limb_division lower = divide_limbs_by_one(upper.rest, (uint64_t)low);
    return (struct division){
        .quotient = (fx_u128)upper.quotient << 64 | lower.quotient,
        .rest = lower.rest >> ONE_SHIFT,
    };
}

/* numerator / divisor where the quotient has at most 128 bits: numerator.high < divisor. */
static inline struct division divide_by_limb(struct u256 numerator, uint64_t divisor)
{
    struct limb_division upper = {0, (uint64_t)(numerator.low >> 64)};
    if (numerator.high != 0 || upper.rest >= divisor) {
        upper = divide_limbs((uint64_t)numerator.high, upper.rest, divisor);
    }
    const struct limb_division lower = divide_limbs(upper.rest, (uint64_t)numerator.low, divisor);
    return (struct division){
        .quotient = (fx_u128)upper.quotient << 64 | lower.quotient,
        .rest = lower.rest,
    };
}

/* Algorithm D, one step: the next quotient limb of (upper, limb) / divisor, where the divisor's top
 * bit is set and upper < divisor. */
static inline struct division divide_step(fx_u128 upper, uint64_t limb, fx_u128 divisor)
{
    const uint64_t divisor_high = (uint64_t)(divisor >> 64);
    const uint64_t divisor_low = (uint64_t)divisor;
    const uint64_t upper_high = (uint64_t)(upper >> 64);
    fx_u128 estimate = UINT64_MAX;
    fx_u128 rest = upper - estimate * divisor_high;
    if (upper_high < divisor_high) {
        const struct limb_division top = divide_limbs(upper_high, (uint64_t)upper, divisor_high);
        estimate = top.quotient;
        rest = top.rest;
    }
    /* At most two corrections: the estimate looked at the top limb of the divisor only. */
    while (rest >> 64 == 0 && estimate * divisor_low > (rest << 64 | limb)) {
        estimate--;
        rest += divisor_high;
    }
    /* Modulo 2^128: the true remainder is below the divisor. */
    return (struct division){estimate, (upper << 64 | limb) - estimate * divisor};
}

/* As divide_by_limb(), for a divisor of 65 to 128 bits. */
static struct division divide_by_two_limbs(struct u256 numerator, fx_u128 divisor)
{
    const int shift = __builtin_clzll((uint64_t)(divisor >> 64));
    if (shift > 0) {
        numerator.high = numerator.high << shift | numerator.low >> (128 - shift);
        numerator.low <<= shift;
    }
    const fx_u128 normalized = divisor << shift;
    const struct division upper =
        divide_step(numerator.high, (uint64_t)(numerator.low >> 64), normalized);
    const struct division lower = divide_step(upper.rest, (uint64_t)numerator.low, normalized);
    return (struct division){upper.quotient << 64 | lower.quotient, lower.rest >> shift};
}

static inline struct division divide(struct u256 numerator, fx_u128 divisor)
{
    FX_ASSERT(numerator.high < divisor);
    if (divisor == ONE) {
        return divide_by_one(numerator);
    }
    if (divisor >> 64 == 0) {
        return divide_by_limb(numerator, (uint64_t)divisor);
    }
    return divide_by_two_limbs(numerator, divisor);
}

/* 1 where the quotient's magnitude grows by one, else 0; rest < divisor, both magnitudes. */
static inline unsigned rounding_step(struct division division,
                                     fx_u128 divisor,
                                     bool is_negative,
                                     enum fx_rounding rounding)
{
    const fx_u128 rest = division.rest, gap = divisor - rest;
    const unsigned is_inexact = rest != 0;
    switch (rounding) {
    case FX_ROUND_FLOOR:
        return is_inexact & (unsigned)is_negative;
    case FX_ROUND_CEIL:
        return is_inexact & (unsigned)!is_negative;
    case FX_ROUND_DOWN:
        return 0;
    case FX_ROUND_UP:
        return is_inexact;
    case FX_ROUND_HALF_EVEN:
        return (unsigned)(rest > gap) |
               ((unsigned)(rest == gap) & (unsigned)(division.quotient & 1));
    }
    fx_panic(__FILE__, __LINE__, "rounding is one of the five");
}

bool fx_dec_mul_div(
    fx_i128 left, fx_i128 right, fx_i128 divisor, enum fx_rounding rounding, fx_i128 *quotient_out)
{
    FX_ASSERT(divisor != 0);
    const bool is_negative = ((left < 0) != (right < 0)) != (divisor < 0);
    const fx_u128 by = magnitude_of(divisor);
    const struct u256 product = multiply(magnitude_of(left), magnitude_of(right));
    if (product.high >= by) {
        return false; /* the quotient has more than 128 bits */
    }
    const struct division division = divide(product, by);
    if (division.quotient >= (fx_u128)fx_dec_limit()) {
        return false; /* so adding the step cannot wrap */
    }
    const fx_u128 quotient = division.quotient + rounding_step(division, by, is_negative, rounding);
    return signed_in_range(quotient, is_negative, quotient_out);
}

fx_i128 fx_dec_div_int(fx_i128 numerator, fx_i128 divisor, enum fx_rounding rounding)
{
    FX_ASSERT(divisor != 0);
    const bool is_negative = (numerator < 0) != (divisor < 0);
    const fx_u128 by = magnitude_of(divisor);
    const struct division division = divide((struct u256){0, magnitude_of(numerator)}, by);
    const fx_u128 quotient = division.quotient + rounding_step(division, by, is_negative, rounding);
    /* Only -2^127 / -1 breaks it, and that numerator is far out of range. */
    FX_ASSERT(quotient >> 127 == 0 || (is_negative && quotient << 1 == 0));
    return with_sign(quotient, is_negative);
}

fx_i128 fx_dec_div_natural(fx_i128 numerator, fx_i128 divisor, bool is_up)
{
    FX_ASSERT(numerator >= 0);
    FX_ASSERT(divisor > 0);
    if (divisor >> 64 == 0 && numerator >> 64 < divisor) {
        const struct limb_division division =
            divide_limbs((uint64_t)(numerator >> 64), (uint64_t)numerator, (uint64_t)divisor);
        return (fx_i128)division.quotient + (is_up && division.rest != 0 ? 1 : 0);
    }
    return fx_dec_div_int(numerator, divisor, is_up ? FX_ROUND_CEIL : FX_ROUND_FLOOR);
}

/* Reads the digits at the front: at most 18 go into *value_out; gives the count of all. */
static size_t read_digits(fx_str text, uint64_t *value_out)
{
    uint64_t value = 0;
    size_t count = 0;
    for (; count < text.size; count++) {
        const unsigned digit = (unsigned)(unsigned char)text.data[count] - (unsigned)'0';
        if (digit > 9) {
            break;
        }
        if (count < FX_DEC_SCALE) {
            value = value * 10 + digit;
        }
    }
    *value_out = value;
    return count;
}

static const uint64_t POWERS_OF_TEN[FX_DEC_SCALE + 1] = {
    1U,
    10U,
    100U,
    1000U,
    10000U,
    100000U,
    1000000U,
    10000000U,
    100000000U,
    1000000000U,
    10000000000U,
    100000000000U,
    1000000000000U,
    10000000000000U,
    100000000000000U,
    1000000000000000U,
    10000000000000000U,
    100000000000000000U,
    1000000000000000000U,
};

/* The fraction without its point, in units of 1e-18. */
static fx_status parse_fraction(fx_str digits, uint64_t *units_out)
{
    uint64_t units = 0;
    const size_t count = read_digits(digits, &units);
    if (count == 0 || count != digits.size) {
        return FX_BAD_DECIMAL;
    }
    for (size_t index = FX_DEC_SCALE; index < count; index++) {
        if (digits.data[index] != '0') {
            return FX_TOO_MANY_DIGITS;
        }
    }
    *units_out = count < FX_DEC_SCALE ? units * POWERS_OF_TEN[FX_DEC_SCALE - count] : units;
    return FX_OK;
}

fx_status fx_dec_parse(fx_str text, fx_i128 *units_out)
{
    const bool is_negative = text.size > 0 && text.data[0] == '-';
    const fx_str unsigned_text = is_negative ? fx_str_slice(text, 1, text.size) : text;
    uint64_t whole = 0;
    const size_t count = read_digits(unsigned_text, &whole);
    if (count == 0 || count > FX_DEC_SCALE || (unsigned_text.data[0] == '0' && count > 1)) {
        return FX_BAD_DECIMAL;
    }
    uint64_t fraction = 0;
    if (count < unsigned_text.size) {
        if (unsigned_text.data[count] != '.') {
            return FX_BAD_DECIMAL;
        }
        const fx_str digits = fx_str_slice(unsigned_text, count + 1, unsigned_text.size);
        const fx_status status = parse_fraction(digits, &fraction);
        if (status != FX_OK) {
            return status;
        }
    }
    const fx_i128 units = (fx_i128)whole * (fx_i128)ONE + (fx_i128)fraction;
    if (is_negative && units == 0) {
        return FX_BAD_DECIMAL;
    }
    *units_out = is_negative ? -units : units;
    return FX_OK;
}

uint32_t fx_dec_format(fx_i128 units, char text_out[FX_DEC_TEXT_SIZE_MAX])
{
    FX_ASSERT(fx_dec_is_in_range(units));
    const struct division parts = divide_by_one((struct u256){0, magnitude_of(units)});
    uint64_t whole = (uint64_t)parts.quotient;
    uint64_t fraction = (uint64_t)parts.rest;
    char digits[FX_DIGITS_MAX];
    const char *end = digits + sizeof digits;
    const char *start = fx_digits_put(digits + sizeof digits, whole);
    uint32_t size = 0;
    if (units < 0) {
        text_out[size++] = '-';
    }
    while (start < end) {
        text_out[size++] = *start++;
    }
    if (fraction > 0) {
        uint32_t places = FX_DEC_SCALE;
        /* At most 17 trailing zeros: each number of them is a sum of some of these. */
        static const uint32_t ZEROS[] = {8, 4, 2, 2, 1};
        for (size_t index = 0; index < sizeof ZEROS / sizeof ZEROS[0]; index++) {
            if (fraction % POWERS_OF_TEN[ZEROS[index]] == 0) {
                fraction /= POWERS_OF_TEN[ZEROS[index]];
                places -= ZEROS[index];
            }
        }
        text_out[size++] = '.';
        char *first = text_out + size;
        size += places;
        for (char *at = fx_digits_put(text_out + size, fraction); at > first;) {
            *--at = '0';
        }
    }
    text_out[size] = '\0';
    return size;
}

// NOLINTEND(bugprone-easily-swappable-parameters)
