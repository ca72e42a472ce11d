/* base/nearest: how far a word is from the one that was meant. */
#include "base/nearest.h"

#include <string.h>

#include "fx_test.h"

static void check(const char *word, const char *meant, size_t wanted)
{
    assert_int_equal(fx_nearest_distance(fx_str_of(word), fx_str_of(meant)), wanted);
}

static void nearest_distance_counts_changes(void **state)
{
    (void)state;
    check("", "", 0);
    check("", "abc", 3);
    check("abc", "", 3);
    check("PORT", "PORT", 0);
    check("PROT", "PORT", 2);
    check("kitten", "sitting", 3);
    check("flaw", "lawn", 2);
    check("FUTURE_SHARDASSETS", "FUTURE_SHARD_ASSETS", 1);
}

static void nearest_distance_of_a_beginning_is_one(void **state)
{
    (void)state;
    check("DB_USER", "DB_USERNAME", 1);
    check("DB_USERNAME", "DB_USER", 4); /* not the other way round */
}

static void nearest_distance_of_long_words_is_far(void **state)
{
    char word[FX_NEAREST_SIZE_MAX + 2];
    (void)state;
    memset(word, 'a', sizeof word);
    word[FX_NEAREST_SIZE_MAX + 1] = '\0';
    check(word, "a", FX_NEAREST_FAR);
    check("b", word, FX_NEAREST_FAR);
    word[FX_NEAREST_SIZE_MAX] = '\0';
    check(word, "b", FX_NEAREST_SIZE_MAX);
}

static void nearest_limit_is_a_third_and_four_at_most(void **state)
{
    (void)state;
    assert_int_equal(fx_nearest_limit(FX_STR("")), 1);
    assert_int_equal(fx_nearest_limit(FX_STR("PORT")), 2);
    assert_int_equal(fx_nearest_limit(FX_STR("FUTURE_DATA")), 4);
    assert_int_equal(fx_nearest_limit(FX_STR("FUTURE_SNAPSHOT_SECONDS")), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nearest_distance_counts_changes),
        cmocka_unit_test(nearest_distance_of_a_beginning_is_one),
        cmocka_unit_test(nearest_distance_of_long_words_is_far),
        cmocka_unit_test(nearest_limit_is_a_third_and_four_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
