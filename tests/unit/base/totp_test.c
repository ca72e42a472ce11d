/* base/totp: the vectors of RFC 6238 and RFC 4648, and that a code works once. */
#include "base/totp.h"

#include <stdio.h>
#include <string.h>

#include "fx_test.h"

#define SECRET FX_STR("12345678901234567890")

/* RFC 6238 appendix B has eight digits; the last six are ours. */
static void totp_vectors_of_the_standard_hold(void **state)
{
    (void)state;
    static const struct {
        int64_t time_s;
        uint32_t code;
    } VECTORS[] = {{59, 287082},
                   {1111111109, 81804},
                   {1111111111, 50471},
                   {1234567890, 5924},
                   {2000000000, 279037},
                   {20000000000, 353130}};
    for (size_t index = 0; index < sizeof VECTORS / sizeof VECTORS[0]; index++) {
        char text[8];
        uint64_t step = 0;
        const uint64_t expected = (uint64_t)VECTORS[index].time_s / 30;
        assert_int_equal(fx_totp_code(SECRET, expected), VECTORS[index].code);
        (void)snprintf(text, sizeof text, "%06u", (unsigned)VECTORS[index].code);
        const struct fx_totp_times times = {.now_s = VECTORS[index].time_s};
        assert_true(fx_totp_check(SECRET, fx_str_of(text), &times, &step));
        assert_int_equal(step, expected);
    }
}

static bool is_taken(uint64_t step, int64_t now_s, uint64_t last_step)
{
    char text[8];
    uint64_t taken = 0;
    const struct fx_totp_times times = {.now_s = now_s, .last_step = last_step};
    (void)snprintf(text, sizeof text, "%06u", (unsigned)fx_totp_code(SECRET, step));
    return fx_totp_check(SECRET, fx_str_of(text), &times, &taken) && taken == step;
}

static void totp_one_step_of_drift_is_taken_and_no_more(void **state)
{
    (void)state;
    const int64_t now_s = 1700000010; /* step 56666667, in its first second */
    const uint64_t step = 56666667;
    assert_false(is_taken(step - 2, now_s, 0));
    assert_true(is_taken(step - 1, now_s, 0));
    assert_true(is_taken(step, now_s, 0));
    assert_true(is_taken(step, now_s + 29, 0));
    assert_true(is_taken(step + 1, now_s, 0));
    assert_false(is_taken(step + 2, now_s, 0));
    assert_true(is_taken(0, 0, UINT64_MAX) == false);
}

static void totp_a_code_works_once(void **state)
{
    (void)state;
    const int64_t now_s = 1700000010;
    const uint64_t step = 56666667;
    assert_false(is_taken(step, now_s, step));
    assert_false(is_taken(step - 1, now_s, step)); /* nor an older one */
    assert_true(is_taken(step + 1, now_s, step));
}

static void totp_other_texts_are_refused(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {
        "", "28708", "2870820", " 87082", "+87082", "-87082", "28708a", "287083"};
    const struct fx_totp_times times = {.now_s = 59};
    for (size_t index = 0; index < sizeof TEXTS / sizeof TEXTS[0]; index++) {
        uint64_t step = 7;
        assert_false(fx_totp_check(SECRET, fx_str_of(TEXTS[index]), &times, &step));
        assert_int_equal(step, 7);
    }
    uint64_t step = 0;
    const fx_str with_nul = {"28708\0", 6};
    assert_false(fx_totp_check(SECRET, with_nul, &times, &step));
}

static void totp_base32_is_that_of_the_standard(void **state)
{
    (void)state;
    static const char *const PAIRS[][2] = {{"", ""},
                                           {"f", "MY"},
                                           {"fo", "MZXQ"},
                                           {"foo", "MZXW6"},
                                           {"foob", "MZXW6YQ"},
                                           {"fooba", "MZXW6YTB"},
                                           {"foobar", "MZXW6YTBOI"}};
    for (size_t index = 0; index < sizeof PAIRS / sizeof PAIRS[0]; index++) {
        struct fx_buf buf;
        fx_buf_init(&buf, 64);
        fx_totp_append_base32(&buf, fx_str_of(PAIRS[index][0]));
        assert_true(fx_str_is_equal(fx_buf_str(&buf), fx_str_of(PAIRS[index][1])));
        fx_buf_deinit(&buf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(totp_vectors_of_the_standard_hold),
        cmocka_unit_test(totp_one_step_of_drift_is_taken_and_no_more),
        cmocka_unit_test(totp_a_code_works_once),
        cmocka_unit_test(totp_other_texts_are_refused),
        cmocka_unit_test(totp_base32_is_that_of_the_standard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
