/* How far an order that closes may go: its price, the bankruptcy price, or nowhere. What it does in
 * the book is in tests/golden/3011. */
#include "engine/risk_int.h"
#include "engine_fixture.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* `user_id` buys or sells lots at 100 from user 4, isolated and once. @return his position. */
static fx_slot open_isolated(uint64_t user_id, enum fx_side side, int64_t lots)
{
    assert_int_equal(
        ENGINE_KIT_PLACE(
            &kit, .user_id = 4, .side = fx_order_opposite(side), .ticks = 100, .lots = lots),
        FX_OK);
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = user_id,
                                      .side = side,
                                      .ticks = 100,
                                      .lots = lots,
                                      .leverage_centi = 1000,
                                      .margin_mode = FX_MARGIN_MODE_ISOLATED),
                     FX_OK);
    const fx_slot account = fx_account_state_find(kit.engine, user_id, 0);
    return fx_position_state_find(kit.engine, account, 0, FX_POSITION_SIDE_BOTH);
}

static int64_t limit_of(fx_slot position, enum fx_side side, int64_t ticks)
{
    const struct fx_resting order = {.remaining = {1}, .price = {ticks}, .side = (uint8_t)side};
    return fx_closing_limit(kit.engine, position, &order).ticks;
}

/* Ten times leverage: a long is bankrupt at 90, a short at 110. Within, and to open, an order goes
 * as far as it says. */
static void closing_goes_to_the_bankruptcy_price_and_no_further(void **state)
{
    (void)state;
    const fx_slot position = open_isolated(1, FX_SIDE_BUY, 5);
    assert_int_equal(limit_of(position, FX_SIDE_SELL, 99), 99);
    assert_int_equal(limit_of(position, FX_SIDE_SELL, 90), 90);
    assert_int_equal(limit_of(position, FX_SIDE_SELL, 89), 90);
    assert_int_equal(limit_of(position, FX_SIDE_BUY, 1), 1);
    const fx_slot other = open_isolated(2, FX_SIDE_SELL, 5);
    assert_int_equal(limit_of(other, FX_SIDE_BUY, 101), 101);
    assert_int_equal(limit_of(other, FX_SIDE_BUY, 110), 110);
    assert_int_equal(limit_of(other, FX_SIDE_BUY, 111), 110);
    assert_int_equal(limit_of(other, FX_SIDE_SELL, 999), 999);
}

/* A margin far below 0 (no sound state has one): no price would do, so none is reached. */
static void closing_without_any_price_reaches_nobody(void **state)
{
    (void)state;
    const fx_slot position = open_isolated(1, FX_SIDE_BUY, 5);
    const fx_slot other = open_isolated(2, FX_SIDE_SELL, 5);
    const fx_i128 more = engine_kit_decimal("100000000");
    kit.engine->accounts[0].is_moved = 1; /* guards do not answer for it */
    kit.engine->accounts[1].is_moved = 1;
    kit.engine->positions[position].adjust_margin -= more;
    kit.engine->positions[other].adjust_margin -= more;
    assert_true(limit_of(position, FX_SIDE_SELL, 99) == INT64_MAX);
    assert_int_equal(limit_of(other, FX_SIDE_BUY, 101), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(closing_goes_to_the_bankruptcy_price_and_no_further),
        CASE(closing_without_any_price_reaches_nobody),
    };
    return cmocka_run_group_tests_name("closing", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
