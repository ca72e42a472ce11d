/* The grouped book against the plainest second version: lots by price, every price looked at. */
#include "market/depth_group.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "fx_test.h"

enum { PRICES = 200, ROUNDS = 300, CHANGES = 40 };

static void set_level(struct fx_depth *depth, enum fx_side side, int64_t ticks, int64_t lots)
{
    struct fx_event event;
    memset(&event, 0, sizeof event);
    event.kind = FX_EVENT_BOOK;
    event.u.book.side = (uint8_t)side;
    event.u.book.price_ticks = ticks;
    event.u.book.lots = lots;
    event.u.book.count = lots > 0 ? (uint32_t)(lots % 3 + 1) : 0;
    fx_depth_apply(depth, &event);
}

/* Groups of the plain model: for each multiple of the step, best first, what rounds to it. */
static void check_side(const struct fx_depth *depth,
                       enum fx_side side,
                       const int64_t lots[PRICES],
                       int64_t step)
{
    struct fx_depth_group group;
    struct fx_depth_level level;
    fx_depth_group_init(&group, depth, side, step);
    const int64_t highest = PRICES + step;
    for (int64_t offset = 0; offset <= highest; offset++) {
        const int64_t price = side == FX_SIDE_BUY ? highest - offset : offset;
        int64_t sum = 0;
        uint32_t count = 0;
        if (price % step != 0) {
            continue;
        }
        for (int64_t ticks = 1; ticks < PRICES; ticks++) {
            const bool is_in = side == FX_SIDE_BUY ? ticks >= price && ticks < price + step
                                                   : ticks <= price && ticks > price - step;
            if (is_in && lots[ticks] > 0) {
                sum += lots[ticks];
                count += (uint32_t)(lots[ticks] % 3 + 1);
            }
        }
        if (sum > 0) {
            assert_true(fx_depth_group_next(&group, &level));
            assert_int_equal(level.ticks, price);
            assert_int_equal(level.lots, sum);
            assert_int_equal(level.count, count);
        }
    }
    assert_false(fx_depth_group_next(&group, &level));
}

static void depth_group_any_book_equals_model(void **state)
{
    (void)state;
    struct fx_rng rng;
    struct fx_depth depth;
    int64_t lots[2][PRICES];
    void *memory = malloc(fx_depth_size(PRICES));
    memset(lots, 0, sizeof lots);
    fx_rng_init(&rng, 23);
    fx_depth_init(&depth, memory, PRICES);
    for (int round = 0; round < ROUNDS; round++) {
        for (int change = 0; change < CHANGES; change++) {
            const uint64_t row = fx_rng_below(&rng, 2);
            const int64_t ticks = fx_rng_between(&rng, 1, PRICES - 1);
            const int64_t total = fx_rng_below(&rng, 2) == 0 ? 0 : fx_rng_between(&rng, 1, 1000);
            set_level(&depth, row == 0 ? FX_SIDE_BUY : FX_SIDE_SELL, ticks, total);
            lots[row][ticks] = total;
        }
        const int64_t step = fx_rng_between(&rng, 1, round % 2 == 0 ? 12 : PRICES + 5);
        check_side(&depth, FX_SIDE_BUY, lots[0], step);
        check_side(&depth, FX_SIDE_SELL, lots[1], step);
    }
    free(memory);
}

static void depth_group_of_step_one_is_the_book(void **state)
{
    (void)state;
    struct fx_depth depth;
    struct fx_depth_group group;
    struct fx_depth_level level;
    void *memory = malloc(fx_depth_size(4));
    fx_depth_init(&depth, memory, 4);
    set_level(&depth, FX_SIDE_SELL, 7, 2);
    set_level(&depth, FX_SIDE_SELL, 9, 3);
    fx_depth_group_init(&group, &depth, FX_SIDE_SELL, 1);
    assert_true(fx_depth_group_next(&group, &level));
    assert_int_equal(level.ticks, 7);
    assert_int_equal(level.lots, 2);
    assert_true(fx_depth_group_next(&group, &level));
    assert_int_equal(level.ticks, 9);
    assert_false(fx_depth_group_next(&group, &level));
    free(memory);
}

static void depth_group_bid_below_the_first_step_is_zero(void **state)
{
    (void)state;
    struct fx_depth depth;
    struct fx_depth_group group;
    struct fx_depth_level level;
    void *memory = malloc(fx_depth_size(4));
    fx_depth_init(&depth, memory, 4);
    set_level(&depth, FX_SIDE_BUY, 9, 2);
    fx_depth_group_init(&group, &depth, FX_SIDE_BUY, 10);
    assert_true(fx_depth_group_next(&group, &level));
    assert_int_equal(level.ticks, 0);
    assert_int_equal(level.lots, 2);
    free(memory);
}

static void depth_group_far_numbers_stop_at_the_end(void **state)
{
    (void)state;
    struct fx_depth depth;
    struct fx_depth_group group;
    struct fx_depth_level level;
    void *memory = malloc(fx_depth_size(4));
    fx_depth_init(&depth, memory, 4);
    set_level(&depth, FX_SIDE_SELL, INT64_MAX - 1, INT64_MAX);
    set_level(&depth, FX_SIDE_SELL, INT64_MAX - 2, 5);
    fx_depth_group_init(&group, &depth, FX_SIDE_SELL, INT64_MAX / 2 + 7);
    assert_true(fx_depth_group_next(&group, &level));
    assert_int_equal(level.ticks, INT64_MAX);
    assert_int_equal(level.lots, INT64_MAX);
    assert_false(fx_depth_group_next(&group, &level));
    free(memory);
}

/* Three bids fit; 8 and below were cut off, so the group of 8 (8, 9) may be short and is left out.
 */
static void depth_group_cut_off_book_gives_whole_groups_only(void **state)
{
    (void)state;
    struct fx_depth depth;
    struct fx_depth_group group;
    struct fx_depth_level level;
    void *memory = malloc(fx_depth_size(3));
    fx_depth_init(&depth, memory, 3);
    for (int64_t ticks = 8; ticks <= 11; ticks++) {
        set_level(&depth, FX_SIDE_BUY, ticks, 1);
    }
    assert_false(depth.is_complete);
    fx_depth_group_init(&group, &depth, FX_SIDE_BUY, 2);
    assert_true(fx_depth_group_next(&group, &level));
    assert_int_equal(level.ticks, 10);
    assert_int_equal(level.lots, 2);
    assert_false(fx_depth_group_next(&group, &level));
    free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(depth_group_any_book_equals_model),
        cmocka_unit_test(depth_group_of_step_one_is_the_book),
        cmocka_unit_test(depth_group_bid_below_the_first_step_is_zero),
        cmocka_unit_test(depth_group_far_numbers_stop_at_the_end),
        cmocka_unit_test(depth_group_cut_off_book_gives_whole_groups_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
