/* engine/book: one behaviour per test, on a small window so that its edges are near. */
#include "engine/book.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/book_int.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): plain numbers read best in tests
enum { SLOTS_MAX = 256 };

static const struct fx_book_limits LIMITS = {.window_levels = 64, .overflow_levels_max = 8};

struct fixture {
    struct fx_book *book;
    void *memory;
    struct fx_resting slots[SLOTS_MAX];
    fx_slot next;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    const size_t size = fx_book_size(LIMITS);
    fixture->memory = aligned_alloc(64, size);
    assert_non_null(fixture->memory);
    memset(fixture->memory, 0, size);
    for (fx_slot slot = 0; slot < SLOTS_MAX; slot++) {
        fixture->slots[slot].older = FX_SLOT_NONE;
        fixture->slots[slot].newer = FX_SLOT_NONE;
    }
    fixture->book = fx_book_init(fixture->memory, LIMITS, fixture->slots);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    fx_book_check(fixture->book);
    free(fixture->memory);
    free(fixture);
    return 0;
}

/* Rest a new order. @return its slot. */
static fx_slot rest(struct fixture *fixture, enum fx_side side, int64_t ticks, int64_t lots)
{
    const fx_slot slot = fixture->next++;
    assert_true(slot < SLOTS_MAX);
    fixture->slots[slot].side = (uint8_t)side;
    fixture->slots[slot].price.ticks = ticks;
    fixture->slots[slot].remaining.lots = lots;
    assert_true(fx_book_can_insert(fixture->book, side, (fx_px){ticks}));
    fx_book_insert(fixture->book, slot);
    fx_book_check(fixture->book);
    return slot;
}

static int64_t best(const struct fixture *fixture, enum fx_side side)
{
    return fx_book_best(fixture->book, side).ticks;
}

static void book_size_is_a_multiple_of_64(void **state)
{
    (void)state;
    const struct fx_book_limits odd = {.window_levels = 64, .overflow_levels_max = 3};
    const struct fx_book_limits large = {.window_levels = FX_BOOK_WINDOW_LEVELS_MAX,
                                         .overflow_levels_max = 0};
    assert_int_equal(fx_book_size(LIMITS) % 64, 0);
    assert_int_equal(fx_book_size(odd) % 64, 0);
    assert_int_equal(fx_book_size(large) % 64, 0);
    assert_true(fx_book_size(large) >= (size_t)FX_BOOK_WINDOW_LEVELS_MAX * 32);
}

static void book_empty_answers_nothing(void **state)
{
    const struct fixture *fixture = *state;
    struct fx_book_row row = {.count = 77};
    for (int index = FX_SIDE_BUY; index <= FX_SIDE_SELL; index++) {
        const enum fx_side side = (enum fx_side)index;
        assert_int_equal(best(fixture, side), 0);
        assert_int_equal(fx_book_front(fixture->book, side), FX_SLOT_NONE);
        assert_int_equal(fx_book_oldest(fixture->book, side, (fx_px){10}), FX_SLOT_NONE);
        assert_int_equal(fx_book_row(fixture->book, side, (fx_px){10}).count, 0);
        assert_int_equal(fx_book_depth(fixture->book, side, (fx_px){10}, (fx_qty){5}).lots, 0);
        assert_int_equal(fx_book_count(fixture->book, side), 0);
        assert_false(fx_book_next(fixture->book, side, (fx_px){0}, &row));
        assert_int_equal(row.count, 77);
    }
}

static void book_best_is_highest_bid_and_lowest_ask(void **state)
{
    struct fixture *fixture = *state;
    (void)rest(fixture, FX_SIDE_BUY, 998, 1);
    (void)rest(fixture, FX_SIDE_BUY, 1000, 1);
    (void)rest(fixture, FX_SIDE_BUY, 999, 1);
    (void)rest(fixture, FX_SIDE_SELL, 1003, 1);
    (void)rest(fixture, FX_SIDE_SELL, 1001, 1);
    (void)rest(fixture, FX_SIDE_SELL, 1002, 1);
    assert_int_equal(best(fixture, FX_SIDE_BUY), 1000);
    assert_int_equal(best(fixture, FX_SIDE_SELL), 1001);
    assert_int_equal(fx_book_count(fixture->book, FX_SIDE_BUY), 3);
}

static void book_front_is_oldest_at_the_best_price(void **state)
{
    struct fixture *fixture = *state;
    const fx_slot first = rest(fixture, FX_SIDE_SELL, 50, 1);
    const fx_slot second = rest(fixture, FX_SIDE_SELL, 50, 1);
    assert_int_equal(fx_book_front(fixture->book, FX_SIDE_SELL), first);
    fx_book_remove(fixture->book, first);
    assert_int_equal(fx_book_front(fixture->book, FX_SIDE_SELL), second);
    assert_int_equal(fx_book_oldest(fixture->book, FX_SIDE_SELL, (fx_px){50}), second);
    assert_int_equal(fx_book_oldest(fixture->book, FX_SIDE_BUY, (fx_px){50}), FX_SLOT_NONE);
}

static void book_remove_of_best_finds_the_next(void **state)
{
    struct fixture *fixture = *state;
    const fx_slot top = rest(fixture, FX_SIDE_BUY, 100, 1);
    (void)rest(fixture, FX_SIDE_BUY, 80, 1);
    const fx_slot low = rest(fixture, FX_SIDE_SELL, 101, 1);
    fx_book_remove(fixture->book, top);
    assert_int_equal(best(fixture, FX_SIDE_BUY), 80);
    fx_book_remove(fixture->book, low);
    assert_int_equal(best(fixture, FX_SIDE_SELL), 0);
    assert_int_equal(fixture->slots[low].price.ticks, 101);
    assert_int_equal(fixture->slots[low].remaining.lots, 1);
}

static void book_partial_fill_keeps_the_place(void **state)
{
    struct fixture *fixture = *state;
    const fx_slot first = rest(fixture, FX_SIDE_BUY, 100, 5);
    const fx_slot second = rest(fixture, FX_SIDE_BUY, 100, 5);
    assert_int_equal(fx_book_fill(fixture->book, first, (fx_qty){3}).lots, 3);
    assert_int_equal(fx_book_front(fixture->book, FX_SIDE_BUY), first);
    assert_int_equal(fx_book_row(fixture->book, FX_SIDE_BUY, (fx_px){100}).total.lots, 7);
    assert_int_equal(fx_book_fill(fixture->book, first, (fx_qty){3}).lots, 2);
    assert_int_equal(fx_book_front(fixture->book, FX_SIDE_BUY), second);
    assert_int_equal(fx_book_count(fixture->book, FX_SIDE_BUY), 1);
    assert_int_equal(fx_book_fill(fixture->book, second, (fx_qty){5}).lots, 5);
    assert_int_equal(best(fixture, FX_SIDE_BUY), 0);
}

static void book_shrink_keeps_the_place(void **state)
{
    struct fixture *fixture = *state;
    const fx_slot first = rest(fixture, FX_SIDE_SELL, 7, 5);
    (void)rest(fixture, FX_SIDE_SELL, 7, 1);
    fx_book_shrink(fixture->book, first, (fx_qty){2});
    assert_int_equal(fx_book_front(fixture->book, FX_SIDE_SELL), first);
    assert_int_equal(fx_book_row(fixture->book, FX_SIDE_SELL, (fx_px){7}).total.lots, 3);
}

static void book_depth_stops_at_limit_and_at_want(void **state)
{
    struct fixture *fixture = *state;
    (void)rest(fixture, FX_SIDE_SELL, 100, 5);
    (void)rest(fixture, FX_SIDE_SELL, 101, 5);
    (void)rest(fixture, FX_SIDE_SELL, 103, INT64_MAX);
    const struct fx_book *book = fixture->book;
    assert_int_equal(fx_book_depth(book, FX_SIDE_SELL, (fx_px){99}, (fx_qty){100}).lots, 0);
    assert_int_equal(fx_book_depth(book, FX_SIDE_SELL, (fx_px){100}, (fx_qty){100}).lots, 5);
    assert_int_equal(fx_book_depth(book, FX_SIDE_SELL, (fx_px){102}, (fx_qty){100}).lots, 10);
    assert_int_equal(fx_book_depth(book, FX_SIDE_SELL, (fx_px){102}, (fx_qty){7}).lots, 7);
    assert_int_equal(fx_book_depth(book, FX_SIDE_SELL, (fx_px){102}, (fx_qty){0}).lots, 0);
    assert_int_equal(fx_book_depth(book, FX_SIDE_SELL, (fx_px){103}, (fx_qty){INT64_MAX}).lots,
                     INT64_MAX);
}

static void book_next_walks_window_and_overflow_in_order(void **state)
{
    struct fixture *fixture = *state;
    const int64_t prices[] = {1000, 990, 999, 500, 700, 10};
    const int64_t walk[] = {1000, 999, 990, 700, 500, 10};
    for (size_t index = 0; index < 6; index++) {
        (void)rest(fixture, FX_SIDE_BUY, prices[index], 1 + (int64_t)index);
    }
    (void)rest(fixture, FX_SIDE_SELL, 1001, 1);
    struct fx_book_row row = {.price = {0}};
    for (size_t index = 0; index < 6; index++) {
        assert_true(fx_book_next(fixture->book, FX_SIDE_BUY, row.price, &row));
        assert_int_equal(row.price.ticks, walk[index]);
        assert_int_equal(row.count, 1);
    }
    assert_false(fx_book_next(fixture->book, FX_SIDE_BUY, row.price, &row));
    assert_true(fx_book_next(fixture->book, FX_SIDE_BUY, (fx_px){5000}, &row));
    assert_int_equal(row.price.ticks, 1000);
    assert_true(fx_book_next(fixture->book, FX_SIDE_BUY, (fx_px){600}, &row));
    assert_int_equal(row.price.ticks, 500);
}

static void book_full_overflow_refuses_a_new_level_only(void **state)
{
    struct fixture *fixture = *state;
    (void)rest(fixture, FX_SIDE_BUY, 100000, 1);
    (void)rest(fixture, FX_SIDE_SELL, 100001, 1);
    fx_slot last = 0;
    for (int64_t index = 1; index <= LIMITS.overflow_levels_max; index++) {
        last = rest(fixture, FX_SIDE_BUY, 100 * index, 1);
    }
    assert_false(fx_book_can_insert(fixture->book, FX_SIDE_BUY, (fx_px){50}));
    assert_true(fx_book_can_insert(fixture->book, FX_SIDE_BUY, (fx_px){100}));
    assert_true(fx_book_can_insert(fixture->book, FX_SIDE_BUY, (fx_px){99999}));
    assert_true(fx_book_can_insert(fixture->book, FX_SIDE_SELL, (fx_px){900000}));
    (void)rest(fixture, FX_SIDE_BUY, 100, 1);
    fx_book_remove(fixture->book, last);
    assert_true(fx_book_can_insert(fixture->book, FX_SIDE_BUY, (fx_px){50}));
}

static void book_takes_the_least_and_the_greatest_price(void **state)
{
    struct fixture *fixture = *state;
    const fx_slot least = rest(fixture, FX_SIDE_BUY, 1, 1);
    const fx_slot greatest = rest(fixture, FX_SIDE_SELL, INT64_MAX, 2);
    assert_int_equal(best(fixture, FX_SIDE_BUY), 1);
    assert_int_equal(best(fixture, FX_SIDE_SELL), INT64_MAX);
    assert_int_equal(fx_book_front(fixture->book, FX_SIDE_SELL), greatest);
    fx_book_remove(fixture->book, least);
    fx_book_remove(fixture->book, greatest);
    (void)rest(fixture, FX_SIDE_SELL, INT64_MAX, 3);
    (void)rest(fixture, FX_SIDE_BUY, INT64_MAX - 1, 3);
    (void)rest(fixture, FX_SIDE_BUY, 1, 4);
    struct fx_book_row row;
    assert_true(fx_book_next(fixture->book, FX_SIDE_BUY, (fx_px){INT64_MAX - 1}, &row));
    assert_int_equal(row.price.ticks, 1);
}

/* Two ticks apart, far further than the window: every order of a step keeps its time priority. */
static void book_drift_of_the_market_keeps_every_order(void **state)
{
    struct fixture *fixture = *state;
    fx_slot bids[8];
    fx_slot asks[8];
    for (int64_t step = 0; step < 14; step++) {
        const int64_t middle = 1000 + 40 * step;
        fixture->next = step % 2 == 0 ? 0 : 128;
        fx_slot old_bids[8];
        fx_slot old_asks[8];
        memcpy(old_bids, bids, sizeof bids);
        memcpy(old_asks, asks, sizeof asks);
        for (int64_t index = 0; index < 8; index++) {
            asks[index] = rest(fixture, FX_SIDE_SELL, middle + 60 + index / 2, 1);
        }
        for (int64_t index = 0; index < 8 && step > 0; index++) {
            fx_book_remove(fixture->book, old_asks[index]);
        }
        for (int64_t index = 0; index < 8; index++) {
            bids[index] = rest(fixture, FX_SIDE_BUY, middle - index / 2, 1);
        }
        for (int64_t index = 0; index < 8 && step > 0; index++) {
            fx_book_remove(fixture->book, old_bids[index]);
        }
        assert_int_equal(best(fixture, FX_SIDE_BUY), middle);
        assert_int_equal(best(fixture, FX_SIDE_SELL), middle + 60);
        assert_int_equal(fx_book_front(fixture->book, FX_SIDE_BUY), bids[0]);
        assert_int_equal(fx_book_front(fixture->book, FX_SIDE_SELL), asks[0]);
    }
}

/* An overflow of 8 levels is soon full, unless the window goes along and takes them in. */
static void book_window_follows_a_market_that_drifts(void **state)
{
    struct fixture *fixture = *state;
    for (int64_t step = 0; step < 2000; step++) {
        const enum fx_side side = step < 1000 ? FX_SIDE_BUY : FX_SIDE_SELL;
        const int64_t ticks = 5000 + (step < 1000 ? step : 3000 - step);
        fixture->next = (fx_slot)(step % 20);
        if (step % 1000 >= 20) {
            fx_book_remove(fixture->book, fixture->next);
        }
        (void)rest(fixture, side, ticks, 1);
        for (fx_slot slot = 0; slot < 20 && step == 999; slot++) {
            fx_book_remove(fixture->book, slot);
        }
    }
    assert_int_equal(fx_book_count(fixture->book, FX_SIDE_SELL), 20);
}

/* Two far markets in turn: the window may not run to and fro with every order. */
static void book_window_slides_only_after_some_orders(void **state)
{
    struct fixture *fixture = *state;
    (void)rest(fixture, FX_SIDE_BUY, 1000, 1);
    (void)rest(fixture, FX_SIDE_SELL, 900000, 1);
    uint32_t slides = 0;
    uint32_t inserts = 0;
    for (; inserts < 60; inserts++) {
        const int64_t base_ticks = fixture->book->base_ticks;
        const enum fx_side side = inserts % 2 == 0 ? FX_SIDE_SELL : FX_SIDE_BUY;
        fx_book_remove(fixture->book, rest(fixture, side, 900000 - 899000 * (inserts % 2), 1));
        slides += fixture->book->base_ticks != base_ticks;
    }
    assert_true(slides > 0);
    assert_true(slides <= inserts / 3);
    for (int64_t ticks = 1001; ticks < 1011; ticks++) {
        (void)rest(fixture, FX_SIDE_BUY, ticks, 1);
    }
    assert_true(fixture->book->base_ticks <= 1010 && fixture->book->base_ticks + 63 >= 1010);
}

static void book_attach_of_a_copy_goes_on(void **state)
{
    struct fixture *fixture = *state;
    (void)rest(fixture, FX_SIDE_BUY, 100, 5);
    (void)rest(fixture, FX_SIDE_BUY, 9, 5);
    const size_t size = fx_book_size(LIMITS);
    void *memory = aligned_alloc(64, size);
    assert_non_null(memory);
    memcpy(memory, fixture->memory, size);
    memset(fixture->memory, 0xa5, size);
    struct fx_resting slots[SLOTS_MAX];
    memcpy(slots, fixture->slots, sizeof slots);
    memset(fixture->slots, 0xa5, sizeof fixture->slots);
    struct fx_book *copy = fx_book_attach(memory, slots);
    fx_book_check(copy);
    assert_int_equal(fx_book_fill(copy, 0, (fx_qty){9}).lots, 5);
    assert_int_equal(fx_book_best(copy, FX_SIDE_BUY).ticks, 9);
    memcpy(fixture->slots, slots, sizeof slots);
    memcpy(fixture->memory, memory, size);
    free(memory);
    fixture->book = fx_book_attach(fixture->memory, fixture->slots);
}

int main(void)
{
#define BOOK_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        BOOK_TEST(book_size_is_a_multiple_of_64),
        BOOK_TEST(book_empty_answers_nothing),
        BOOK_TEST(book_best_is_highest_bid_and_lowest_ask),
        BOOK_TEST(book_front_is_oldest_at_the_best_price),
        BOOK_TEST(book_remove_of_best_finds_the_next),
        BOOK_TEST(book_partial_fill_keeps_the_place),
        BOOK_TEST(book_shrink_keeps_the_place),
        BOOK_TEST(book_depth_stops_at_limit_and_at_want),
        BOOK_TEST(book_next_walks_window_and_overflow_in_order),
        BOOK_TEST(book_full_overflow_refuses_a_new_level_only),
        BOOK_TEST(book_takes_the_least_and_the_greatest_price),
        BOOK_TEST(book_drift_of_the_market_keeps_every_order),
        BOOK_TEST(book_window_follows_a_market_that_drifts),
        BOOK_TEST(book_window_slides_only_after_some_orders),
        BOOK_TEST(book_attach_of_a_copy_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
// NOLINTEND(bugprone-easily-swappable-parameters)
