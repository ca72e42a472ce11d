#include "base/ring.h"

#include <stdint.h>
#include <string.h>

#include "fx_test.h"

static void ring_fill_and_drain_keeps_order(void **state)
{
    (void)state;
    struct fx_ring *ring = fx_ring_create(sizeof(uint64_t), 4);
    assert_non_null(ring);
    uint64_t item = 0;
    assert_false(fx_ring_poll(ring, &item));
    for (uint64_t round = 0; round < 10; round++) {
        for (uint64_t index = 0; index < 4; index++) {
            assert_int_equal(fx_ring_space(ring), 4 - index);
            item = round * 4 + index;
            assert_true(fx_ring_append(ring, &item));
        }
        item = 999;
        assert_false(fx_ring_append(ring, &item));
        assert_int_equal(fx_ring_count(ring), 4);
        for (uint64_t index = 0; index < 4; index++) {
            assert_true(fx_ring_poll(ring, &item));
            assert_int_equal(item, round * 4 + index);
        }
        assert_false(fx_ring_poll(ring, &item));
        assert_int_equal(fx_ring_count(ring), 0);
    }
    fx_ring_destroy(ring);
}

static void ring_peek_at_the_wrap_gives_two_runs(void **state)
{
    (void)state;
    struct fx_ring *ring = fx_ring_create(sizeof(uint32_t), 8);
    assert_non_null(ring);
    uint32_t item = 0;
    for (uint32_t index = 0; index < 6; index++) {
        assert_true(fx_ring_append(ring, &index));
        assert_true(fx_ring_poll(ring, &item));
    }
    for (uint32_t index = 0; index < 5; index++) {
        assert_true(fx_ring_append(ring, &index));
    }
    const void *items = NULL;
    assert_int_equal(fx_ring_peek(ring, &items), 2);
    assert_int_equal(((const uint32_t *)items)[1], 1);
    fx_ring_advance(ring, 2);
    assert_int_equal(fx_ring_peek(ring, &items), 3);
    assert_int_equal(((const uint32_t *)items)[0], 2);
    assert_int_equal(((const uint32_t *)items)[2], 4);
    fx_ring_advance(ring, 3);
    assert_int_equal(fx_ring_peek(ring, &items), 0);
    fx_ring_destroy(ring);
}

static void ring_of_capacity_one_and_odd_items_works(void **state)
{
    (void)state;
    struct fx_ring *ring = fx_ring_create(3, 1);
    assert_non_null(ring);
    char item[3] = {0};
    assert_true(fx_ring_append(ring, "abc"));
    assert_false(fx_ring_append(ring, "def"));
    assert_true(fx_ring_poll(ring, item));
    assert_memory_equal(item, "abc", 3);
    assert_true(fx_ring_append(ring, "def"));
    assert_true(fx_ring_poll(ring, item));
    assert_memory_equal(item, "def", 3);
    fx_ring_destroy(ring);
    fx_ring_destroy(NULL);
}

static void append_numbers(struct fx_ring_broadcast *ring, uint64_t from, uint64_t count)
{
    for (uint64_t item = from; item < from + count; item++) {
        assert_true(fx_ring_broadcast_append(ring, &item));
    }
}

static void ring_broadcast_unreleased_items_are_invisible(void **state)
{
    (void)state;
    struct fx_ring_broadcast *ring = fx_ring_broadcast_create(sizeof(uint64_t), 8, 2);
    assert_non_null(ring);
    const void *items = NULL;
    append_numbers(ring, 0, 5);
    assert_int_equal(fx_ring_broadcast_written(ring), 5);
    assert_int_equal(fx_ring_broadcast_peek(ring, 0, &items), 0);
    assert_null(items);
    fx_ring_broadcast_release(ring, 3);
    assert_int_equal(fx_ring_broadcast_released(ring), 3);
    assert_int_equal(fx_ring_broadcast_peek(ring, 0, &items), 3);
    assert_int_equal(((const uint64_t *)items)[2], 2);
    fx_ring_broadcast_advance(ring, 0, 3);
    assert_int_equal(fx_ring_broadcast_peek(ring, 0, &items), 0);
    assert_int_equal(fx_ring_broadcast_peek(ring, 1, &items), 3);
    fx_ring_broadcast_release(ring, 5);
    assert_int_equal(fx_ring_broadcast_peek(ring, 0, &items), 2);
    assert_int_equal(*(const uint64_t *)items, 3);
    fx_ring_broadcast_destroy(ring);
    fx_ring_broadcast_destroy(NULL);
}

static void ring_broadcast_space_follows_the_slowest(void **state)
{
    (void)state;
    struct fx_ring_broadcast *ring = fx_ring_broadcast_create(sizeof(uint64_t), 4, 3);
    assert_non_null(ring);
    const void *items = NULL;
    append_numbers(ring, 0, 4);
    uint64_t item = 4;
    assert_int_equal(fx_ring_broadcast_space(ring), 0);
    assert_false(fx_ring_broadcast_append(ring, &item));
    fx_ring_broadcast_release(ring, 4);
    for (uint32_t consumer = 0; consumer < 3; consumer++) {
        assert_int_equal(fx_ring_broadcast_peek(ring, consumer, &items), 4);
        fx_ring_broadcast_advance(ring, consumer, 1 + consumer);
        assert_int_equal(fx_ring_broadcast_cursor(ring, consumer), 1 + consumer);
    }
    assert_int_equal(fx_ring_broadcast_space(ring), 1);
    append_numbers(ring, 4, 1);
    assert_false(fx_ring_broadcast_append(ring, &item));
    fx_ring_broadcast_advance(ring, 0, 3);
    assert_int_equal(fx_ring_broadcast_space(ring), 1);
    fx_ring_broadcast_destroy(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ring_fill_and_drain_keeps_order),
        cmocka_unit_test(ring_peek_at_the_wrap_gives_two_runs),
        cmocka_unit_test(ring_of_capacity_one_and_odd_items_works),
        cmocka_unit_test(ring_broadcast_unreleased_items_are_invisible),
        cmocka_unit_test(ring_broadcast_space_follows_the_slowest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
