/* Who is short. What follows from it is liquidate_test.c's; the guards are liquidation_prop.c's. */
#include "engine/risk_int.h"
#include "engine_fixture.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void open(uint64_t user_id, int64_t lots, enum fx_margin_mode mode)
{
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = 4, .side = FX_SIDE_SELL, .ticks = 100, .lots = lots),
        FX_OK);
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = user_id,
                                      .side = FX_SIDE_BUY,
                                      .ticks = 100,
                                      .lots = lots,
                                      .leverage_centi = 1000,
                                      .margin_mode = mode),
                     FX_OK);
}

static fx_slot position_of(uint64_t user_id)
{
    const fx_slot account = fx_account_state_find(kit.engine, user_id, 0);
    return fx_position_state_find(kit.engine, account, 0, FX_POSITION_SIDE_BOTH);
}

/* 10 lots at 100 with 10 times leverage: short at 90.45 where the margin is its own. Asked without
 * a command, so that nobody is liquidated. */
static void risk_of_a_position_is_short_at_its_own_price(void **state)
{
    (void)state;
    open(1, 10, FX_MARGIN_MODE_ISOLATED);
    open(2, 10, FX_MARGIN_MODE_CROSS);
    struct fx_engine *engine = kit.engine;
    engine->listings[0].mark.ticks = 91;
    assert_false(fx_risk_is_position_short(engine, position_of(1)));
    assert_false(fx_risk_is_short(engine, engine->positions[position_of(1)].account));
    engine->listings[0].mark.ticks = 90;
    assert_true(fx_risk_is_position_short(engine, position_of(1)));
    assert_true(fx_risk_is_short(engine, engine->positions[position_of(1)].account));
    assert_false(fx_risk_is_position_short(engine, position_of(2)));
    engine->accounts[engine->positions[position_of(2)].account].balance = engine_kit_decimal("104");
    assert_true(fx_risk_is_position_short(engine, position_of(2)));
    engine->accounts[engine->positions[position_of(2)].account].balance = engine_kit_decimal("105");
    assert_false(fx_risk_is_position_short(engine, position_of(2))); /* 4.5 are wanted of 5 */
}

static void risk_of_a_flat_position_is_none(void **state)
{
    (void)state;
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = 1, .side = FX_SIDE_BUY, .ticks = 90, .lots = 1), FX_OK);
    kit.engine->accounts[0].balance = -1;
    assert_false(fx_risk_is_position_short(kit.engine, position_of(1)));
    assert_true(fx_risk_missing(kit.engine, 0) == 1); /* the account lacks a unit all the same */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(risk_of_a_position_is_short_at_its_own_price),
        CASE(risk_of_a_flat_position_is_none),
    };
    return cmocka_run_group_tests_name("risk", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
