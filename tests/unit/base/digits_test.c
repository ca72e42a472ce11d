/* Digits two at a time beside the C library's. */
#include "base/digits.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "fx_test.h"

static void check(uint64_t value)
{
    char text[FX_DIGITS_MAX + 2], expected[FX_DIGITS_MAX + 2];
    char *end = text + 1 + FX_DIGITS_MAX;
    memset(text, '#', sizeof text);
    const int size = snprintf(expected, sizeof expected, "%" PRIu64, value);
    const char *start = fx_digits_put(end, value);
    assert_int_equal(end - start, size);
    assert_memory_equal(start, expected, (size_t)size);
    assert_int_equal(start[-1], '#');
    assert_int_equal(*end, '#');
}

static void digits_are_the_c_librarys(void **state)
{
    struct fx_rng rng;
    uint64_t power = 1;
    (void)state;
    fx_rng_init(&rng, 1);
    for (uint64_t value = 0; value < 20000; value++) {
        check(value);
    }
    for (uint32_t places = 0; places < FX_DIGITS_MAX; places++) {
        check(power - 1);
        check(power);
        check(power + 1);
        power *= 10;
    }
    for (uint32_t round = 0; round < 20000; round++) {
        check(fx_rng_next(&rng) >> fx_rng_below(&rng, 64));
    }
    check(UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(digits_are_the_c_librarys)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
