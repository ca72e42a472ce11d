/* base/status: the table of all answers is complete and unambiguous. */
#include "base/status.h"

#include <string.h>

#include "fx_test.h"

static const fx_status ALL[] = {
#define X(name, number, http, retry, text) FX_##name,
#include "base/status.def"
#undef X
};
enum { COUNT = sizeof ALL / sizeof ALL[0] };

static void status_numbers_and_names_are_unique(void **state)
{
    (void)state;
    for (int left = 0; left < COUNT; left++) {
        for (int right = left + 1; right < COUNT; right++) {
            assert_true(ALL[left] != ALL[right]);
            assert_string_not_equal(fx_status_name(ALL[left]), fx_status_name(ALL[right]));
        }
    }
}

static void status_texts_are_clean_sentences(void **state)
{
    (void)state;
    for (int index = 0; index < COUNT; index++) {
        const char *text = fx_status_text(ALL[index]);
        assert_true(strlen(text) > 1 && strlen(text) < 100);
        assert_null(strpbrk(text, "\"\\%\n\r\t")); /* goes into JSON and logs as it is */
        assert_true(text[strlen(text) - 1] != '.');
    }
}

static void status_names_are_stable_codes(void **state)
{
    (void)state;
    for (int index = 0; index < COUNT; index++) {
        const char *name = fx_status_name(ALL[index]);
        assert_int_equal(strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"), strlen(name));
        assert_true(strlen(name) >= 2);
    }
}

static void status_http_fits_its_class(void **state)
{
    (void)state;
    for (int index = 0; index < COUNT; index++) {
        const int http = fx_status_http(ALL[index]);
        if (ALL[index] == FX_OK) {
            assert_int_equal(http, 200);
            continue;
        }
        assert_true(http >= 400 && http < 600);
        assert_true((int)ALL[index] >= 101 && (int)ALL[index] <= 599);
        if ((int)ALL[index] / 100 == 4) {
            assert_int_equal(http, 500);
            assert_false(fx_status_is_retryable(ALL[index]));
        }
        if ((int)ALL[index] / 100 == 3) {
            assert_true(fx_status_is_retryable(ALL[index]));
        }
    }
}

static void status_ok_is_zero_and_known_entries_hold(void **state)
{
    (void)state;
    assert_int_equal(FX_OK, 0);
    assert_false(fx_status_is_retryable(FX_OK));
    assert_string_equal(fx_status_name(FX_BAD_JSON), "BAD_JSON");
    assert_int_equal(fx_status_http(FX_RATE_LIMITED), 429);
    assert_true(fx_status_is_retryable(FX_BUSY));
    assert_int_equal(fx_status_http(FX_INSUFFICIENT_MARGIN), 422);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_numbers_and_names_are_unique),
        cmocka_unit_test(status_texts_are_clean_sentences),
        cmocka_unit_test(status_names_are_stable_codes),
        cmocka_unit_test(status_http_fits_its_class),
        cmocka_unit_test(status_ok_is_zero_and_known_entries_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
