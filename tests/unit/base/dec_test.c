/* base/dec: decimals at their boundaries. The property test compares them with GMP. */
#include "base/dec.h"

#include <string.h>

#include "fx_test.h"

static fx_i128 dec(const char *text)
{
    fx_i128 units = 0;
    assert_int_equal(fx_dec_parse(fx_str_of(text), &units), FX_OK);
    return units;
}

static void assert_text(fx_i128 units, const char *expected)
{
    char text[FX_DEC_TEXT_SIZE_MAX];
    const uint32_t size = fx_dec_format(units, text);
    assert_string_equal(text, expected);
    assert_int_equal(size, strlen(expected));
}

static const char LARGEST[] = "999999999999999999.999999999999999999";

static void dec_constants_are_powers_of_ten(void **state)
{
    (void)state;
    assert_text(fx_dec_one(), "1");
    assert_true(fx_dec_limit() / fx_dec_one() == fx_dec_one());
    assert_true(fx_dec_limit() % fx_dec_one() == 0);
}

static void dec_range_excludes_the_limit(void **state)
{
    (void)state;
    assert_true(fx_dec_is_in_range(0));
    assert_true(fx_dec_is_in_range(fx_dec_limit() - 1));
    assert_true(fx_dec_is_in_range(1 - fx_dec_limit()));
    assert_false(fx_dec_is_in_range(fx_dec_limit()));
    assert_false(fx_dec_is_in_range(-fx_dec_limit()));
    assert_false(fx_dec_is_in_range((fx_i128)((fx_u128)1 << 127)));
}

static void dec_parse_takes_canonical_and_padded_text(void **state)
{
    (void)state;
    assert_true(dec("0") == 0);
    assert_true(dec("0.0") == 0);
    assert_true(dec("1") == fx_dec_one());
    assert_true(dec("-1.50") == -fx_dec_one() * 3 / 2);
    assert_true(dec("0.000000000000000001") == 1);
    assert_true(dec("-0.000000000000000001") == -1);
    assert_true(dec("0.0000000000000000010000000000") == 1);
    assert_true(dec(LARGEST) == fx_dec_limit() - 1);
    assert_true(dec("100") == 100 * fx_dec_one());
}

static void dec_parse_refuses_what_is_not_a_decimal(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "",
        "-",
        "+1",
        ".5",
        "5.",
        "-.5",
        "1.",
        "00",
        "01",
        "-01",
        "00.5",
        "1e5",
        "1E5",
        "1.0e1",
        "0x10",
        " 1",
        "1 ",
        "1,5",
        "1.5.5",
        "-0",
        "-0.0",
        "-0.00",
        "--1",
        "1-",
        "NaN",
        "inf",
        "1_000",
        "٣",
        "1.5-",
        "1..5",
        "-0.000000000000000000000",
        "1000000000000000000",
        "-1000000000000000000",
        "9999999999999999999",
        "1000000000000000000.0000000000000000001",
        "0.1234567890123456789x",
    };
    for (size_t index = 0; index < sizeof BAD / sizeof BAD[0]; index++) {
        fx_i128 units = 7;
        assert_int_equal(fx_dec_parse(fx_str_of(BAD[index]), &units), FX_BAD_DECIMAL);
        assert_true(units == 7);
    }
    fx_i128 units = 7;
    assert_int_equal(fx_dec_parse(FX_STR("1\0"), &units), FX_BAD_DECIMAL);
    assert_int_equal(fx_dec_parse(fx_str_of(NULL), &units), FX_BAD_DECIMAL);
}

static void dec_parse_of_a_nineteenth_digit_says_too_many(void **state)
{
    (void)state;
    static const char *const LONG[] = {
        "0.0000000000000000001",
        "-0.0000000000000000001",
        "1.0000000000000000001",
        "0.1234567890123456789",
        "999999999999999999.9999999999999999999",
        "0.00000000000000000100000000001",
    };
    for (size_t index = 0; index < sizeof LONG / sizeof LONG[0]; index++) {
        fx_i128 units = 7;
        assert_int_equal(fx_dec_parse(fx_str_of(LONG[index]), &units), FX_TOO_MANY_DIGITS);
        assert_true(units == 7);
    }
}

static void dec_format_is_shortest(void **state)
{
    (void)state;
    assert_text(0, "0");
    assert_text(1, "0.000000000000000001");
    assert_text(-1, "-0.000000000000000001");
    assert_text(-fx_dec_one(), "-1");
    assert_text(fx_dec_one() / 4, "0.25");
    assert_text(120 * fx_dec_one() + fx_dec_one() / 1000, "120.001");
    assert_text(fx_dec_limit() - 1, LARGEST);
    assert_text(1 - fx_dec_limit(), "-999999999999999999.999999999999999999");
}

static void dec_add_and_sub_refuse_to_leave_the_range(void **state)
{
    (void)state;
    fx_i128 result = 7;
    assert_false(fx_dec_add(fx_dec_limit() - 1, 1, &result));
    assert_false(fx_dec_add(1 - fx_dec_limit(), -1, &result));
    assert_false(fx_dec_sub(1 - fx_dec_limit(), 1, &result));
    assert_false(fx_dec_sub(fx_dec_limit() - 1, -1, &result));
    const fx_i128 huge = (fx_i128)(((fx_u128)1 << 127) - 1);
    assert_false(fx_dec_add(huge, huge, &result));
    assert_false(fx_dec_sub(-huge, huge, &result));
    assert_true(result == 7);
    assert_true(fx_dec_add(fx_dec_limit() - 2, 1, &result));
    assert_true(result == fx_dec_limit() - 1);
    assert_true(fx_dec_sub(2 - fx_dec_limit(), 1, &result));
    assert_true(result == 1 - fx_dec_limit());
}

static void dec_mul_int_refuses_to_leave_the_range(void **state)
{
    (void)state;
    fx_i128 result = 7;
    assert_false(fx_dec_mul_int(fx_dec_one(), 1000000000000000000, &result));
    assert_false(fx_dec_mul_int(fx_dec_limit() - 1, INT64_MIN, &result));
    assert_false(fx_dec_mul_int(fx_dec_limit() - 1, INT64_MAX, &result));
    assert_true(result == 7);
    assert_true(fx_dec_mul_int(fx_dec_one(), -999999999999999999, &result));
    assert_text(result, "-999999999999999999");
    assert_true(fx_dec_mul_int(-3, INT64_MIN, &result));
    assert_true(result == (fx_i128)3 << 63);
    assert_true(fx_dec_mul_int(1 - fx_dec_limit(), 0, &result));
    assert_true(result == 0);
}

/* numerator / 10 in the five directions, the way a person would write them down. */
static void dec_div_rounds_as_named(void **state)
{
    (void)state;
    static const struct {
        int numerator;
        int floor, ceil, down, up, half_even;
    } CASES[] = {
        {20, 2, 2, 2, 2, 2},
        {21, 2, 3, 2, 3, 2},
        {25, 2, 3, 2, 3, 2},
        {35, 3, 4, 3, 4, 4},
        {29, 2, 3, 2, 3, 3},
        {-20, -2, -2, -2, -2, -2},
        {-21, -3, -2, -2, -3, -2},
        {-25, -3, -2, -2, -3, -2},
        {-35, -4, -3, -3, -4, -4},
        {-29, -3, -2, -2, -3, -3},
        {5, 0, 1, 0, 1, 0},
        {-5, -1, 0, 0, -1, 0},
        {0, 0, 0, 0, 0, 0},
    };
    for (size_t index = 0; index < sizeof CASES / sizeof CASES[0]; index++) {
        for (int sign = -1; sign <= 1; sign += 2) {
            const fx_i128 n = (fx_i128)CASES[index].numerator * sign;
            const fx_i128 d = (fx_i128)10 * sign;
            assert_true(fx_dec_div_int(n, d, FX_ROUND_FLOOR) == CASES[index].floor);
            assert_true(fx_dec_div_int(n, d, FX_ROUND_CEIL) == CASES[index].ceil);
            assert_true(fx_dec_div_int(n, d, FX_ROUND_DOWN) == CASES[index].down);
            assert_true(fx_dec_div_int(n, d, FX_ROUND_UP) == CASES[index].up);
            assert_true(fx_dec_div_int(n, d, FX_ROUND_HALF_EVEN) == CASES[index].half_even);
            fx_i128 quotient = 0;
            assert_true(fx_dec_mul_div(n, 7, d * 7, FX_ROUND_HALF_EVEN, &quotient));
            assert_true(quotient == CASES[index].half_even);
        }
    }
}

/* One division of the processor, or, from 64 bits on of divisor or quotient, the general one. */
static void dec_natural_division_is_the_general_one(void **state)
{
    (void)state;
    const fx_i128 limit = fx_dec_limit();
    const fx_i128 limb = (fx_i128)1 << 64;
    const fx_i128 numbers[] = {
        0, 1, 2, 9, 10, 11, limb - 1, limb, limb + 1, limb * 10 - 1, limb * 10, limit - 1, limit};
    const size_t count = sizeof numbers / sizeof numbers[0];
    for (size_t left = 0; left < count; left++) {
        for (size_t right = 1; right < count; right++) {
            const fx_i128 n = numbers[left];
            const fx_i128 d = numbers[right];
            assert_true(fx_dec_div_natural(n, d, false) == n / d);
            assert_true(fx_dec_div_natural(n, d, true) == n / d + (n % d != 0 ? 1 : 0));
        }
    }
}

static void dec_mul_div_rounding_over_the_limit_is_refused(void **state)
{
    (void)state;
    const fx_i128 largest = fx_dec_limit() - 1;
    fx_i128 result = 7;
    /* (10^36 - 1) * 2 + 1 halves: 10^36 - 1/2. */
    assert_false(fx_dec_mul_div(2 * largest + 1, 1, 2, FX_ROUND_CEIL, &result));
    assert_false(fx_dec_mul_div(2 * largest + 1, 1, -2, FX_ROUND_UP, &result));
    assert_false(fx_dec_mul_div(2 * largest + 1, 1, 2, FX_ROUND_HALF_EVEN, &result));
    assert_false(fx_dec_mul_div(2 * largest + 1, 1, -2, FX_ROUND_FLOOR, &result));
    assert_true(result == 7);
    assert_true(fx_dec_mul_div(2 * largest + 1, 1, -2, FX_ROUND_CEIL, &result));
    assert_true(result == -largest);
    assert_true(fx_dec_mul_div(largest, largest, largest, FX_ROUND_UP, &result));
    assert_true(result == largest);
    assert_true(fx_dec_mul_div(-largest, largest, 1 - largest, FX_ROUND_DOWN, &result) == false);
}

static void dec_mul_div_multiplies_amounts(void **state)
{
    (void)state;
    fx_i128 result = 0;
    /* 65432.1 * 0.0004 = 26.17284; -1/3 in each direction. */
    assert_true(fx_dec_mul_div(dec("65432.1"), dec("0.0004"), fx_dec_one(), FX_ROUND_UP, &result));
    assert_text(result, "26.17284");
    assert_true(fx_dec_mul_div(-fx_dec_one(), fx_dec_one(), dec("3"), FX_ROUND_FLOOR, &result));
    assert_text(result, "-0.333333333333333334");
    assert_true(fx_dec_mul_div(-fx_dec_one(), fx_dec_one(), dec("3"), FX_ROUND_CEIL, &result));
    assert_text(result, "-0.333333333333333333");
}

static void dec_div_of_the_smallest_integer_by_one_is_itself(void **state)
{
    (void)state;
    const fx_i128 smallest = -(fx_i128)(((fx_u128)1 << 127) - 1) - 1;
    assert_true(fx_dec_div_int(smallest, 1, FX_ROUND_DOWN) == smallest);
    assert_true(fx_dec_div_int(smallest, smallest, FX_ROUND_DOWN) == 1);
    assert_true(fx_dec_div_int(smallest + 1, -1, FX_ROUND_DOWN) == -(smallest + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dec_constants_are_powers_of_ten),
        cmocka_unit_test(dec_range_excludes_the_limit),
        cmocka_unit_test(dec_parse_takes_canonical_and_padded_text),
        cmocka_unit_test(dec_parse_refuses_what_is_not_a_decimal),
        cmocka_unit_test(dec_parse_of_a_nineteenth_digit_says_too_many),
        cmocka_unit_test(dec_format_is_shortest),
        cmocka_unit_test(dec_add_and_sub_refuse_to_leave_the_range),
        cmocka_unit_test(dec_mul_int_refuses_to_leave_the_range),
        cmocka_unit_test(dec_div_rounds_as_named),
        cmocka_unit_test(dec_natural_division_is_the_general_one),
        cmocka_unit_test(dec_mul_div_rounding_over_the_limit_is_refused),
        cmocka_unit_test(dec_mul_div_multiplies_amounts),
        cmocka_unit_test(dec_div_of_the_smallest_integer_by_one_is_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
