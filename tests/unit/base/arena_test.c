/* base/arena: allocations do not overlap, limits hold, a reset reuses the memory. */
#include "base/arena.h"

#include <string.h>

#include "base/rng.h"
#include "fx_test.h"

static void arena_alloc_gives_aligned_zeroed_memory(void **state)
{
    (void)state;
    struct fx_arena arena;
    fx_arena_init(&arena, 100, 10000);
    for (size_t size = 0; size < 60; size++) {
        unsigned char *bytes = fx_arena_alloc(&arena, size);
        assert_non_null(bytes);
        assert_int_equal((uintptr_t)bytes % FX_ARENA_ALIGNMENT, 0);
        for (size_t index = 0; index < size; index++) {
            assert_int_equal(bytes[index], 0);
        }
        memset(bytes, 0xAA, size);
    }
    fx_arena_reset(&arena);
    const unsigned char *again = fx_arena_alloc(&arena, 50);
    for (size_t index = 0; index < 50; index++) {
        assert_int_equal(again[index], 0);
    }
    fx_arena_deinit(&arena);
}

static void arena_allocations_do_not_overlap(void **state)
{
    (void)state;
    enum { COUNT = 500 };
    struct fx_arena arena;
    struct fx_rng rng;
    fx_arena_init(&arena, 256, 1000000);
    fx_rng_init(&rng, 5);
    for (int round = 0; round < 20; round++) {
        unsigned char *blocks[COUNT];
        size_t sizes[COUNT];
        for (int index = 0; index < COUNT; index++) {
            sizes[index] = (size_t)fx_rng_below(&rng, fx_rng_below(&rng, 20) == 0 ? 1000 : 40);
            blocks[index] = fx_arena_alloc(&arena, sizes[index]);
            assert_non_null(blocks[index]);
            memset(blocks[index], index & 0xFF, sizes[index]);
        }
        for (int index = 0; index < COUNT; index++) {
            for (size_t byte = 0; byte < sizes[index]; byte++) {
                assert_int_equal(blocks[index][byte], index & 0xFF);
            }
        }
        fx_arena_reset(&arena);
    }
    fx_arena_deinit(&arena);
}

static void arena_reset_reuses_its_chunks(void **state)
{
    (void)state;
    struct fx_arena arena;
    fx_arena_init(&arena, 64, 100000);
    void *first = fx_arena_alloc(&arena, 40);
    for (int index = 0; index < 50; index++) {
        assert_non_null(fx_arena_alloc(&arena, 40));
    }
    const size_t held = arena.held;
    for (int round = 0; round < 10; round++) {
        fx_arena_reset(&arena);
        assert_ptr_equal(fx_arena_alloc(&arena, 40), first);
        for (int index = 0; index < 50; index++) {
            assert_non_null(fx_arena_alloc(&arena, 40));
        }
        assert_int_equal(arena.held, held);
    }
    fx_arena_deinit(&arena);
    assert_int_equal(arena.held, 0);
}

static void arena_at_the_maximum_gives_null_and_stays_usable(void **state)
{
    (void)state;
    struct fx_arena arena;
    fx_arena_init(&arena, 64, 128);
    assert_non_null(fx_arena_alloc(&arena, 64));
    assert_null(fx_arena_alloc(&arena, 65));
    assert_null(fx_arena_alloc(&arena, SIZE_MAX));
    assert_non_null(fx_arena_alloc(&arena, 64));
    assert_null(fx_arena_alloc(&arena, 1));
    fx_arena_reset(&arena);
    assert_non_null(fx_arena_alloc(&arena, 1));
    fx_arena_deinit(&arena);
}

static void arena_small_kept_chunks_do_not_block_a_large_allocation(void **state)
{
    (void)state;
    struct fx_arena arena;
    fx_arena_init(&arena, 32, 128);
    for (int index = 0; index < 4; index++) {
        assert_non_null(fx_arena_alloc(&arena, 32));
    }
    fx_arena_reset(&arena);
    assert_non_null(fx_arena_alloc(&arena, 16));
    assert_non_null(fx_arena_alloc(&arena, 96));
    assert_int_equal(arena.held, 128);
    fx_arena_deinit(&arena);
}

static void arena_array_refuses_an_overflowing_product(void **state)
{
    (void)state;
    struct fx_arena arena;
    fx_arena_init(&arena, 1024, 4096);
    assert_null(fx_arena_alloc_array(&arena, SIZE_MAX / 2, 3));
    assert_null(fx_arena_alloc_array(&arena, (size_t)1 << 33, (size_t)1 << 33));
    assert_non_null(fx_arena_alloc_array(&arena, 10, 24));
    fx_arena_deinit(&arena);
}

static void arena_copy_has_a_nul_behind_it(void **state)
{
    (void)state;
    struct fx_arena arena;
    fx_arena_init(&arena, 16, 16);
    fx_str copy = FX_STR("untouched");
    assert_false(fx_arena_copy(&arena, FX_STR("0123456789abcdef"), &copy));
    assert_true(fx_str_is_equal(copy, FX_STR("untouched")));
    assert_true(fx_arena_copy(&arena, FX_STR("0123456789abcde"), &copy));
    assert_string_equal(copy.data, "0123456789abcde");
    fx_arena_reset(&arena);
    assert_true(fx_arena_copy(&arena, fx_str_of(NULL), &copy));
    assert_string_equal(copy.data, "");
    fx_arena_deinit(&arena);
}

static void arena_deinit_of_zeroed_does_nothing(void **state)
{
    (void)state;
    struct fx_arena arena = {0};
    fx_arena_deinit(&arena);
    fx_arena_init(&arena, 16, 16);
    fx_arena_reset(&arena);
    fx_arena_deinit(&arena);
    fx_arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_alloc_gives_aligned_zeroed_memory),
        cmocka_unit_test(arena_allocations_do_not_overlap),
        cmocka_unit_test(arena_reset_reuses_its_chunks),
        cmocka_unit_test(arena_at_the_maximum_gives_null_and_stays_usable),
        cmocka_unit_test(arena_small_kept_chunks_do_not_block_a_large_allocation),
        cmocka_unit_test(arena_array_refuses_an_overflowing_product),
        cmocka_unit_test(arena_copy_has_a_nul_behind_it),
        cmocka_unit_test(arena_deinit_of_zeroed_does_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
