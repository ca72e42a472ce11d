/* The index: medians by hand, and random sources against a model that expands weights one by one.
 */
#include "market/index.h"

#include <stdlib.h>

#include "base/rng.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

enum { SECOND = 1000000, NOW = 1000 * SECOND, COPIES_MAX = 16 * 8 };

static const struct fx_index_rules RULES = {.max_age_us = 10 * SECOND, .deviation_ppb = 50000000};

static struct fx_index_source source(int64_t price, uint32_t weight)
{
    return (struct fx_index_source){
        .price = (fx_i128)price * fx_dec_one(), .said_us = NOW - SECOND, .weight = weight};
}

static struct fx_index_result compute(const struct fx_index_source sources[], uint32_t count)
{
    struct fx_index_result result;
    fx_index_compute(sources, count, &RULES, NOW, &result);
    return result;
}

static void index_of_three_is_the_middle_one(void **state)
{
    (void)state;
    const struct fx_index_source sources[] = {source(101, 1), source(100, 1), source(103, 1)};
    const struct fx_index_result result = compute(sources, 3);
    assert_true(result.price == 101 * fx_dec_one());
    assert_int_equal(result.count, 3);
    assert_int_equal(result.said_us, NOW - SECOND);
}

static void index_of_two_is_between_them(void **state)
{
    (void)state;
    struct fx_index_source sources[] = {source(100, 1), source(101, 1)};
    assert_true(compute(sources, 2).price == 201 * fx_dec_one() / 2);
    sources[0].price += 1; /* 100.000000000000000001 and 101: half-even at 1e-18 */
    assert_true(compute(sources, 2).price == 201 * fx_dec_one() / 2);
    sources[0].price += 2;
    assert_true(compute(sources, 2).price == 201 * fx_dec_one() / 2 + 2);
}

static void index_weighs_its_sources(void **state)
{
    (void)state;
    const struct fx_index_source sources[] = {source(100, 1), source(101, 3), source(102, 1)};
    assert_true(compute(sources, 3).price == 101 * fx_dec_one());
    const struct fx_index_source heavy[] = {source(100, 5), source(101, 3), source(102, 1)};
    assert_true(compute(heavy, 3).price == 100 * fx_dec_one());
}

static void index_leaves_out_who_is_far_off(void **state)
{
    (void)state;
    const struct fx_index_source sources[] = {
        source(100, 1), source(1000, 1), source(105, 1), source(94, 1), source(100, 1)};
    const struct fx_index_result result = compute(sources, 5);
    assert_int_equal(result.count, 3); /* 5 % off is not too far, 6 % is */
    assert_int_equal(result.deviant, 2);
    assert_int_equal(result.is_deviant, 1U << 1U | 1U << 3U);
    assert_true(result.price == 100 * fx_dec_one());
}

static void index_leaves_out_who_is_silent(void **state)
{
    (void)state;
    struct fx_index_source sources[] = {
        source(100, 1), source(101, 1), source(102, 1), source(0, 1)};
    sources[0].said_us = NOW - 10 * SECOND;
    sources[1].said_us = NOW - 10 * SECOND - 1;
    sources[2].said_us = NOW + 6 * SECOND; /* a clock that is not ours */
    const struct fx_index_result result = compute(sources, 4);
    assert_int_equal(result.count, 1);
    assert_int_equal(result.stale, 3);
    assert_true(result.price == 100 * fx_dec_one());
    assert_int_equal(result.said_us, NOW - 10 * SECOND);
    assert_int_equal(compute(sources + 1, 2).count, 0);
    assert_int_equal(compute(NULL, 0).count, 0);
}

/* ---- against a model: every source as many times as it weighs, sorted, the middle --------------
 */

static int compare(const void *left, const void *right)
{
    const fx_i128 one = *(const fx_i128 *)left, other = *(const fx_i128 *)right;
    return one < other ? -1 : one > other;
}

static fx_i128 naive_median(const struct fx_index_source sources[],
                            const bool counts[],
                            uint32_t count)
{
    fx_i128 copies[COPIES_MAX];
    uint32_t size = 0;
    for (uint32_t index = 0; index < count; index++) {
        for (uint32_t copy = 0; copy < sources[index].weight && counts[index]; copy++) {
            copies[size++] = sources[index].price;
        }
    }
    qsort(copies, size, sizeof copies[0], compare);
    if (size % 2 == 1) {
        return copies[size / 2];
    }
    const fx_i128 sum = copies[size / 2 - 1] + copies[size / 2];
    const fx_i128 half = sum / 2;
    return sum % 2 == 0 || half % 2 == 0 ? half : half + 1;
}

static void index_random_sources_equal_the_model(void **state)
{
    (void)state;
    struct fx_rng rng;
    fx_rng_init(&rng, 11);
    uint32_t seen_deviant = 0, seen_stale = 0, seen_none = 0;
    for (uint32_t round = 0; round < 20000; round++) {
        struct fx_index_source sources[FX_INDEX_SOURCES_MAX];
        bool counts[FX_INDEX_SOURCES_MAX];
        const uint32_t count = 1 + (uint32_t)fx_rng_below(&rng, FX_INDEX_SOURCES_MAX);
        const int64_t spread = 1 + fx_rng_between(&rng, 0, 200000);
        uint32_t fresh = 0, kept = 0;
        for (uint32_t index = 0; index < count; index++) {
            sources[index] = (struct fx_index_source){.price = 1000000};
            sources[index].price += fx_rng_between(&rng, -spread, spread);
            sources[index].said_us = NOW - fx_rng_between(&rng, -7, 14) * SECOND;
            sources[index].weight = 1 + (uint32_t)fx_rng_below(&rng, 8);
            const int64_t age = NOW - sources[index].said_us;
            counts[index] = age <= 10 * SECOND && age >= -5 * SECOND;
            fresh += counts[index] ? 1 : 0;
        }
        const struct fx_index_result result = compute(sources, count);
        assert_int_equal(result.stale, count - fresh);
        seen_stale += result.stale;
        if (fresh > 0) {
            const fx_i128 middle = naive_median(sources, counts, count);
            for (uint32_t index = 0; index < count; index++) {
                const fx_i128 distance = sources[index].price - middle;
                counts[index] =
                    counts[index] && (distance < 0 ? -distance : distance) * 20 <= middle;
                kept += counts[index] ? 1 : 0;
            }
        }
        assert_int_equal(result.count, kept);
        assert_int_equal(result.deviant, fresh - kept);
        seen_deviant += result.deviant;
        if (kept == 0) {
            seen_none++;
            continue;
        }
        assert_true(result.price == naive_median(sources, counts, count));
    }
    assert_true(seen_deviant > 1000 && seen_stale > 1000 && seen_none > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(index_of_three_is_the_middle_one),
        cmocka_unit_test(index_of_two_is_between_them),
        cmocka_unit_test(index_weighs_its_sources),
        cmocka_unit_test(index_leaves_out_who_is_far_off),
        cmocka_unit_test(index_leaves_out_who_is_silent),
        cmocka_unit_test(index_random_sources_equal_the_model),
    };
    return cmocka_run_group_tests_name("index", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
