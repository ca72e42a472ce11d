/* base/dec: every operation against GMP, with random magnitudes and those at the edges. */
#include <gmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/dec.h"
#include "base/rng.h"
#include "fx_test.h"

enum { ROUNDS = 50000 };

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): set once by main()
static uint64_t base_seed = 20240607;

static void set_i128(mpz_t target, fx_i128 value)
{
    const fx_u128 magnitude = value < 0 ? 0 - (fx_u128)value : (fx_u128)value;
    const uint64_t limbs[2] = {(uint64_t)magnitude, (uint64_t)(magnitude >> 64)};
    mpz_import(target, 2, -1, sizeof limbs[0], 0, 0, limbs);
    if (value < 0) {
        mpz_neg(target, target);
    }
}

/* A signed 128-bit integer: an edge, a neighbour of one, or random bits of a random length. */
static fx_i128 random_i128(struct fx_rng *rng)
{
    const fx_u128 one = 1;
    const fx_u128 edges[] = {
        0,
        1,
        2,
        10,
        one << 32,
        one << 62,
        one << 63,
        one << 64,
        one << 126,
        (one << 127) - 1,
        (fx_u128)fx_dec_one(),
        (fx_u128)fx_dec_one() << 4,
        (fx_u128)fx_dec_limit(),
        (fx_u128)fx_dec_limit() / 2,
    };
    fx_u128 magnitude = 0;
    if (fx_rng_below(rng, 3) == 0) {
        magnitude = edges[fx_rng_below(rng, sizeof edges / sizeof edges[0])];
        const fx_u128 step = fx_rng_below(rng, 3);
        magnitude =
            fx_rng_below(rng, 2) == 0 || magnitude < step ? magnitude + step : magnitude - step;
    } else {
        magnitude = (fx_u128)fx_rng_next(rng) << 64;
        magnitude |= fx_rng_next(rng);
        magnitude >>= fx_rng_below(rng, 128);
    }
    magnitude &= (one << 127) - 1;
    return fx_rng_below(rng, 2) == 0 ? (fx_i128)magnitude : -(fx_i128)magnitude;
}

static fx_i128 random_in_range(struct fx_rng *rng)
{
    fx_i128 value = random_i128(rng);
    while (!fx_dec_is_in_range(value)) {
        value /= 2;
    }
    return value;
}

static bool is_in_range(const mpz_t value)
{
    mpz_t limit;
    mpz_init(limit);
    mpz_ui_pow_ui(limit, 10, 36);
    const bool result = mpz_cmpabs(value, limit) < 0;
    mpz_clear(limit);
    return result;
}

static void assert_equal(const mpz_t expected, fx_i128 value)
{
    mpz_t ours;
    mpz_init(ours);
    set_i128(ours, value);
    if (mpz_cmp(ours, expected) != 0) {
        gmp_printf("expected %Zd, got %Zd\n", expected, ours);
        fail();
    }
    mpz_clear(ours);
}

/* The result of an operation that refuses to leave the range, against the exact one. */
static void assert_checked(const mpz_t exact, bool is_ok, fx_i128 value)
{
    assert_int_equal(is_ok, is_in_range(exact));
    if (is_ok) {
        assert_equal(exact, value);
    } else {
        assert_true(value == 7); /* untouched */
    }
}

/* quotient = n / d by GMP's own functions; the tie is decided on doubled integers. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): as in GMP
static void divide(mpz_t quotient, const mpz_t n, const mpz_t d, enum fx_rounding rounding)
{
    mpz_t rest, other;
    mpz_inits(rest, other, NULL);
    switch (rounding) {
    case FX_ROUND_FLOOR:
        mpz_fdiv_q(quotient, n, d);
        break;
    case FX_ROUND_CEIL:
        mpz_cdiv_q(quotient, n, d);
        break;
    case FX_ROUND_DOWN:
        mpz_tdiv_q(quotient, n, d);
        break;
    case FX_ROUND_UP:
        if (mpz_sgn(n) * mpz_sgn(d) < 0) {
            mpz_fdiv_q(quotient, n, d);
        } else {
            mpz_cdiv_q(quotient, n, d);
        }
        break;
    case FX_ROUND_HALF_EVEN:
        mpz_fdiv_qr(quotient, rest, n, d);
        mpz_mul_2exp(other, rest, 1);
        const int order = mpz_cmpabs(other, d);
        if (order > 0 || (order == 0 && mpz_odd_p(quotient) != 0)) {
            mpz_add_ui(quotient, quotient, 1);
        }
        break;
    default:
        fail();
    }
    mpz_clears(rest, other, NULL);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): as in the tested function
static void check_division(fx_i128 left, fx_i128 right, fx_i128 divisor)
{
    mpz_t a, b, d, product, quotient;
    mpz_inits(a, b, d, product, quotient, NULL);
    set_i128(a, left);
    set_i128(b, right);
    set_i128(d, divisor);
    mpz_mul(product, a, b);
    for (int rounding = FX_ROUND_FLOOR; rounding <= FX_ROUND_HALF_EVEN; rounding++) {
        fx_i128 value = 7;
        divide(quotient, product, d, (enum fx_rounding)rounding);
        const bool is_ok = fx_dec_mul_div(left, right, divisor, (enum fx_rounding)rounding, &value);
        assert_checked(quotient, is_ok, value);
        divide(quotient, a, d, (enum fx_rounding)rounding);
        assert_equal(quotient, fx_dec_div_int(left, divisor, (enum fx_rounding)rounding));
    }
    mpz_clears(a, b, d, product, quotient, NULL);
}

static void dec_division_equals_model(void **state)
{
    (void)state;
    struct fx_rng rng;
    fx_rng_init(&rng, base_seed);
    for (int round = 0; round < ROUNDS; round++) {
        const fx_i128 left = random_i128(&rng);
        const fx_i128 right = random_i128(&rng);
        fx_i128 divisor = random_i128(&rng);
        if (fx_rng_below(&rng, 4) == 0 || divisor == 0) {
            divisor = fx_dec_one();
        }
        check_division(left, right, divisor);
    }
}

/* Quotients just below, at and above the limit, and exact halves: rare among random numbers. */
static void dec_division_at_ties_and_limits_equals_model(void **state)
{
    (void)state;
    struct fx_rng rng;
    fx_rng_init(&rng, base_seed + 1);
    for (int round = 0; round < ROUNDS / 2; round++) {
        const uint64_t bits = fx_rng_below(&rng, 63);
        const fx_i128 half = (fx_i128)fx_rng_below(&rng, (uint64_t)1 << bits) + 1;
        const fx_i128 divisor = fx_rng_below(&rng, 2) == 0 ? 2 * half : -2 * half;
        fx_i128 whole = (fx_i128)fx_rng_next(&rng);
        whole >>= fx_rng_below(&rng, 64);
        /* (whole * 2 + 1) * half / (2 * half) = whole + 1/2. */
        check_division(2 * whole + 1, half, divisor);
        check_division(-2 * whole - 1, half, divisor);
        const fx_i128 edge = fx_dec_limit() - 2 + (fx_i128)fx_rng_below(&rng, 4);
        check_division(edge, divisor, divisor);
        check_division(2 * edge + 1, half, divisor);
        check_division(edge, divisor + 1, divisor);
    }
}

static void dec_sums_and_products_equal_model(void **state)
{
    (void)state;
    struct fx_rng rng;
    mpz_t a, b, exact;
    mpz_inits(a, b, exact, NULL);
    fx_rng_init(&rng, base_seed + 2);
    for (int round = 0; round < ROUNDS; round++) {
        const fx_i128 left = random_i128(&rng), right = random_i128(&rng);
        int64_t factor = (int64_t)fx_rng_next(&rng);
        factor >>= fx_rng_below(&rng, 64);
        fx_i128 value = 7;
        set_i128(a, left);
        set_i128(b, right);
        mpz_add(exact, a, b);
        bool is_ok = fx_dec_add(left, right, &value);
        assert_checked(exact, is_ok, value);
        value = 7;
        mpz_sub(exact, a, b);
        is_ok = fx_dec_sub(left, right, &value);
        assert_checked(exact, is_ok, value);
        value = 7;
        set_i128(b, factor);
        mpz_mul(exact, a, b);
        is_ok = fx_dec_mul_int(left, factor, &value);
        assert_checked(exact, is_ok, value);
        assert_int_equal(fx_dec_is_in_range(left), is_in_range(a));
    }
    mpz_clears(a, b, exact, NULL);
}

static void dec_text_roundtrips_and_equals_model(void **state)
{
    (void)state;
    struct fx_rng rng;
    mpz_t units, whole, fraction, one;
    mpz_inits(units, whole, fraction, one, NULL);
    mpz_ui_pow_ui(one, 10, 18);
    fx_rng_init(&rng, base_seed + 3);
    for (int round = 0; round < ROUNDS; round++) {
        fx_i128 value = random_in_range(&rng), read = 0;
        if (fx_rng_below(&rng, 2) == 0) { /* trailing zeros */
            fx_i128 power = 1;
            for (uint64_t zeros = fx_rng_below(&rng, 36); zeros > 0; zeros--) {
                power *= 10;
            }
            value -= value % power;
        }
        char text[FX_DEC_TEXT_SIZE_MAX], expected[64], padded[64];
        const uint32_t size = fx_dec_format(value, text);
        set_i128(units, value);
        mpz_tdiv_qr(whole, fraction, units, one);
        mpz_abs(whole, whole);
        mpz_abs(fraction, fraction);
        (void)gmp_snprintf(
            padded, sizeof padded, "%s%Zd.%018Zd", value < 0 ? "-" : "", whole, fraction);
        (void)snprintf(expected, sizeof expected, "%s", padded);
        size_t length = strlen(expected);
        while (expected[length - 1] == '0') {
            length--;
        }
        length -= expected[length - 1] == '.' ? 1 : 0;
        assert_int_equal(size, length);
        assert_memory_equal(text, expected, length);
        assert_int_equal(text[size], '\0');
        assert_int_equal(fx_dec_parse((fx_str){text, size}, &read), FX_OK);
        assert_true(read == value);
        if (value != 0) {
            assert_int_equal(fx_dec_parse(fx_str_of(padded), &read), FX_OK);
            assert_true(read == value);
        }
    }
    mpz_clears(units, whole, fraction, one, NULL);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dec_division_equals_model),
        cmocka_unit_test(dec_division_at_ties_and_limits_equals_model),
        cmocka_unit_test(dec_sums_and_products_equal_model),
        cmocka_unit_test(dec_text_roundtrips_and_equals_model),
    };
    if (argc > 1) {
        base_seed = strtoull(argv[1], NULL, 10);
    }
    print_message("seed %llu\n", (unsigned long long)base_seed);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
