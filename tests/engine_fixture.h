/* The scene of most engine tests, made anew before each: BTCUSDT at mark 100, users 1 to 4. */
#ifndef FX_TESTS_ENGINE_FIXTURE_H
#define FX_TESTS_ENGINE_FIXTURE_H

#include "engine_kit.h"
#include "fx_test.h"

static struct engine_kit kit;

static inline int setup(void **state)
{
    (void)state;
    engine_kit_scene(&kit);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    engine_kit_deinit(&kit);
    return 0;
}

/* User 5, long 50 at 100 with 100 to lose, from user 1: bankrupt at 98. His margin is cross. */
static inline void stretch_user_5(void)
{
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = 1, .side = FX_SIDE_SELL, .ticks = 100, .lots = 50),
        FX_OK);
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = 5,
                                      .side = FX_SIDE_BUY,
                                      .ticks = 100,
                                      .lots = 50,
                                      .leverage_centi = 10000),
                     FX_OK);
}

#endif
