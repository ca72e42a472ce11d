/* One book topic's state: what falls out of the depth is removed, what comes in is added. */
#include "push/push_book.h"

#include <stdlib.h>

#include "fx_test.h"

enum { CAPACITY = 16 };

struct scene {
    struct fx_depth full;
    struct fx_push_book book;
    void *memory;
};

static void scene_init(struct scene *scene, uint32_t depth, int64_t step_ticks)
{
    scene->memory = aligned_alloc(16, (fx_depth_size(CAPACITY) + 15U) & ~(size_t)15U);
    assert_non_null(scene->memory);
    fx_depth_init(&scene->full, scene->memory, CAPACITY);
    assert_int_equal(fx_push_book_init(&scene->book, depth, step_ticks), FX_OK);
}

static void scene_deinit(struct scene *scene)
{
    fx_push_book_deinit(&scene->book);
    free(scene->memory);
}

static void set(struct scene *scene, enum fx_side side, int64_t ticks, int64_t lots)
{
    struct fx_event event = {.kind = FX_EVENT_BOOK};
    event.u.book.side = (uint8_t)side;
    event.u.book.price_ticks = ticks;
    event.u.book.lots = lots;
    fx_depth_apply(&scene->full, &event);
}

static void expect(const struct fx_push_book_side *side,
                   const struct fx_push_book_level *levels,
                   uint32_t count)
{
    assert_int_equal(side->count, count);
    for (uint32_t index = 0; index < count; index++) {
        assert_int_equal(side->levels[index].ticks, levels[index].ticks);
        assert_int_equal(side->levels[index].lots, levels[index].lots);
    }
}

static void push_book_level_out_of_depth_is_removed_and_comes_back(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, 2, 1);
    set(&scene, FX_SIDE_BUY, 10, 1);
    set(&scene, FX_SIDE_BUY, 9, 2);
    assert_true(fx_push_book_update(&scene.book, &scene.full));
    set(&scene, FX_SIDE_BUY, 11, 3);
    assert_true(fx_push_book_update(&scene.book, &scene.full));
    expect(&scene.book.changes[0], (struct fx_push_book_level[]){{11, 3}, {9, 0}}, 2);
    expect(&scene.book.sides[0], (struct fx_push_book_level[]){{11, 3}, {10, 1}}, 2);
    set(&scene, FX_SIDE_BUY, 11, 0);
    assert_true(fx_push_book_update(&scene.book, &scene.full));
    expect(&scene.book.changes[0], (struct fx_push_book_level[]){{11, 0}, {9, 2}}, 2);
    assert_int_equal(scene.book.changes[1].count, 0);
    scene_deinit(&scene);
}

static void push_book_unseen_change_is_none(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, 1, 1);
    set(&scene, FX_SIDE_SELL, 10, 1);
    assert_true(fx_push_book_update(&scene.book, &scene.full));
    set(&scene, FX_SIDE_SELL, 11, 7);
    assert_false(fx_push_book_update(&scene.book, &scene.full));
    set(&scene, FX_SIDE_SELL, 10, 2);
    assert_true(fx_push_book_update(&scene.book, &scene.full));
    expect(&scene.book.changes[1], (struct fx_push_book_level[]){{10, 2}}, 1);
    scene_deinit(&scene);
}

static void push_book_groups_never_look_better_than_they_are(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, 5, 10);
    set(&scene, FX_SIDE_BUY, 109, 1);
    set(&scene, FX_SIDE_BUY, 100, 2);
    set(&scene, FX_SIDE_BUY, 99, 4);
    set(&scene, FX_SIDE_SELL, 110, 1);
    set(&scene, FX_SIDE_SELL, 111, 2);
    set(&scene, FX_SIDE_SELL, 120, 4);
    assert_true(fx_push_book_update(&scene.book, &scene.full));
    expect(&scene.book.sides[0], (struct fx_push_book_level[]){{100, 3}, {90, 4}}, 2);
    expect(&scene.book.sides[1], (struct fx_push_book_level[]){{110, 1}, {120, 6}}, 2);
    set(&scene, FX_SIDE_BUY, 100, 0);
    assert_true(fx_push_book_update(&scene.book, &scene.full));
    expect(&scene.book.changes[0], (struct fx_push_book_level[]){{100, 1}}, 1);
    scene_deinit(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(push_book_level_out_of_depth_is_removed_and_comes_back),
        cmocka_unit_test(push_book_unseen_change_is_none),
        cmocka_unit_test(push_book_groups_never_look_better_than_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
