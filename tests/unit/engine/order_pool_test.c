/* The pool of orders: full, given back, found by id. */
#include "engine_fixture.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void order_pool_that_is_full_gives_none(void **state)
{
    (void)state;
    struct fx_engine *engine = kit.engine;
    const uint32_t most = engine->limits.orders_max;
    for (uint32_t count = 0; count < most; count++) {
        const fx_slot order = fx_order_pool_acquire(engine);
        assert_int_equal(order, count);
        assert_int_equal(engine->orders[order].order_id, count + 1);
        assert_int_equal(fx_order_pool_find(engine, count + 1), order);
    }
    assert_int_equal(fx_order_pool_acquire(engine), FX_SLOT_NONE);
    assert_int_equal(engine->next_order_id, most + 1); /* no id was used up */
    fx_order_pool_release(engine, 7);
    assert_int_equal(fx_order_pool_find(engine, 8), FX_SLOT_NONE);
    assert_int_equal(fx_order_pool_acquire(engine), 7);
    assert_int_equal(fx_order_pool_find(engine, most + 1), 7);
    assert_int_equal(fx_order_pool_acquire(engine), FX_SLOT_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(order_pool_that_is_full_gives_none),
    };
    return cmocka_run_group_tests_name("order_pool", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
