/* base/rng: known vectors, bounds without bias. */
#include "base/rng.h"

#include <string.h>

#include "fx_test.h"

static void rng_state_one_two_three_four_gives_the_published_sequence(void **state)
{
    (void)state;
    /* The first outputs of the authors' xoshiro256** for the state {1, 2, 3, 4}. */
    static const uint64_t EXPECTED[] = {
        11520U,
        0U,
        1509978240U,
        1215971899390074240U,
        1216172134540287360U,
        607988272756665600U,
        16172922978634559625U,
        8476171486693032832U,
        10595114339597558777U,
        2904607092377533576U,
    };
    struct fx_rng rng = {{1, 2, 3, 4}};
    for (size_t index = 0; index < sizeof EXPECTED / sizeof EXPECTED[0]; index++) {
        assert_true(fx_rng_next(&rng) == EXPECTED[index]);
    }
}

static void rng_init_seeds_by_splitmix64(void **state)
{
    (void)state;
    /* The first outputs of splitmix64 for the seed 1234567. */
    struct fx_rng rng;
    fx_rng_init(&rng, 1234567);
    assert_true(rng.state[0] == 6457827717110365317U);
    assert_true(rng.state[1] == 3203168211198807973U);
    assert_true(rng.state[2] == 9817491932198370423U);
    assert_true(rng.state[3] == 4593380528125082431U);
}

static void rng_same_seed_gives_the_same_sequence(void **state)
{
    (void)state;
    struct fx_rng left, right, other;
    fx_rng_init(&left, 42);
    fx_rng_init(&right, 42);
    fx_rng_init(&other, 43);
    int same_as_other = 0;
    for (int index = 0; index < 1000; index++) {
        const uint64_t drawn = fx_rng_next(&left);
        assert_true(drawn == fx_rng_next(&right));
        same_as_other += drawn == fx_rng_next(&other) ? 1 : 0;
    }
    assert_int_equal(same_as_other, 0);
}

static void rng_below_stays_below_and_is_even(void **state)
{
    (void)state;
    enum { BOUND = 7, DRAWS = 70000 };
    struct fx_rng rng;
    fx_rng_init(&rng, 1);
    uint32_t seen[BOUND] = {0};
    for (int index = 0; index < DRAWS; index++) {
        const uint64_t drawn = fx_rng_below(&rng, BOUND);
        assert_true(drawn < BOUND);
        seen[drawn]++;
    }
    for (int index = 0; index < BOUND; index++) { /* 10,000 +- 6 sigma */
        assert_in_range(seen[index], 9400, 10600);
    }
    for (int index = 0; index < 100; index++) {
        assert_true(fx_rng_below(&rng, 1) == 0);
    }
}

/* Without throwing draws away, 3/4 of 2^64 as the bound would give multiples of three twice as
 * often. */
static void rng_below_of_a_huge_bound_has_no_bias(void **state)
{
    (void)state;
    const uint64_t bound = 3U * ((uint64_t)1 << 62);
    struct fx_rng rng;
    fx_rng_init(&rng, 2);
    uint32_t seen[3] = {0};
    for (int index = 0; index < 30000; index++) {
        const uint64_t drawn = fx_rng_below(&rng, bound);
        assert_true(drawn < bound);
        seen[drawn % 3]++;
    }
    for (int index = 0; index < 3; index++) {
        assert_in_range(seen[index], 9500, 10500);
    }
}

static void rng_between_reaches_both_ends(void **state)
{
    (void)state;
    struct fx_rng rng;
    fx_rng_init(&rng, 3);
    int lowest = 0, highest = 0;
    for (int index = 0; index < 1000; index++) {
        const int64_t drawn = fx_rng_between(&rng, -3, 2);
        assert_true(drawn >= -3 && drawn <= 2);
        lowest += drawn == -3 ? 1 : 0;
        highest += drawn == 2 ? 1 : 0;
    }
    assert_true(lowest > 100 && highest > 100);
    assert_true(fx_rng_between(&rng, INT64_MIN, INT64_MIN) == INT64_MIN);
    int negative = 0;
    for (int index = 0; index < 1000; index++) {
        negative += fx_rng_between(&rng, INT64_MIN, INT64_MAX) < 0 ? 1 : 0;
    }
    assert_in_range(negative, 400, 600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rng_state_one_two_three_four_gives_the_published_sequence),
        cmocka_unit_test(rng_init_seeds_by_splitmix64),
        cmocka_unit_test(rng_same_seed_gives_the_same_sequence),
        cmocka_unit_test(rng_below_stays_below_and_is_even),
        cmocka_unit_test(rng_below_of_a_huge_bound_has_no_bias),
        cmocka_unit_test(rng_between_reaches_both_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
