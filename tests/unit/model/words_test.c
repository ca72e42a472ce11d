/* The one table of words: number to name, name to number, aliases. */
#include "model/words.h"

#include "fx_test.h"

static const struct fx_words_entry ENTRIES[] = {{1, "ONE"}, {2, "TWO"}, {2, "ZWEI"}, {9, ""}};

static void words_name_is_the_first_of_its_number(void **state)
{
    (void)state;
    assert_string_equal(fx_words_name(ENTRIES, 4, 1), "ONE");
    assert_string_equal(fx_words_name(ENTRIES, 4, 2), "TWO");
    assert_string_equal(fx_words_name(ENTRIES, 4, 9), "");
    assert_null(fx_words_name(ENTRIES, 4, 3));
    assert_null(fx_words_name(ENTRIES, 3, 9));
    assert_null(fx_words_name(ENTRIES, 0, 1));
}

static void words_number_takes_aliases_and_exact_case(void **state)
{
    (void)state;
    assert_int_equal(fx_words_number(ENTRIES, 4, FX_STR("TWO")), 2);
    assert_int_equal(fx_words_number(ENTRIES, 4, FX_STR("ZWEI")), 2);
    assert_int_equal(fx_words_number(ENTRIES, 4, FX_STR("two")), 0);
    assert_int_equal(fx_words_number(ENTRIES, 4, FX_STR("TW")), 0);
    assert_int_equal(fx_words_number(ENTRIES, 4, FX_STR("TWOO")), 0);
    assert_int_equal(fx_words_number(ENTRIES, 2, FX_STR("ZWEI")), 0);
    assert_int_equal(fx_words_number(ENTRIES, 4, (fx_str){NULL, 0}), 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_name_is_the_first_of_its_number),
        cmocka_unit_test(words_number_takes_aliases_and_exact_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
