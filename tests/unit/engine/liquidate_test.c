/* Single steps of a liquidation, to the last unit. The whole of it is in tests/golden/3001 to 3015
 * and in liquidation_prop.c. */
#include "engine/risk_int.h"
#include "engine_fixture.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Inverse: 12 lots of 1 USD bought at 12 are worth 1; 1.4 times leverage holds
 * 0.714285714285714286, which is what they lose until 7, rounded. Three bids of four lots each are
 * rounded up three times, one unit more than the margin: the rounding account makes it good, so
 * that the account ends at what was not in the position. */
static void liquidate_makes_the_rounding_of_its_fills_good(void **state)
{
    (void)state;
    struct fx_instrument inverse = engine_kit_definition("BTCUSD");
    inverse.contract_type = FX_CONTRACT_TYPE_COIN_M;
    inverse.settle = engine_kit_asset("BTC");
    assert_int_equal(engine_kit_list(&kit, &inverse, 12), 1);
    for (uint64_t user_id = 1; user_id <= 5; user_id++) {
        engine_kit_account(&kit, user_id, "BTC", "10");
    }
    assert_int_equal(
        ENGINE_KIT_PLACE(
            &kit, .user_id = 1, .side = FX_SIDE_SELL, .ticks = 12, .lots = 12, .instrument = 1),
        FX_OK);
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = 5,
                                      .side = FX_SIDE_BUY,
                                      .ticks = 12,
                                      .lots = 12,
                                      .instrument = 1,
                                      .leverage_centi = 140,
                                      .margin_mode = FX_MARGIN_MODE_ISOLATED),
                     FX_OK);
    assert_true(engine_kit_position(&kit, 5, 1).position_margin ==
                engine_kit_decimal("0.714285714285714286"));
    for (uint64_t user_id = 2; user_id <= 4; user_id++) {
        assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                          .user_id = user_id,
                                          .side = FX_SIDE_BUY,
                                          .ticks = 7,
                                          .lots = 4,
                                          .instrument = 1),
                         FX_OK);
    }
    assert_int_equal(engine_kit_mark(&kit, 1, 7), FX_OK);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_TRADE), 3);
    const struct fx_event *step = engine_kit_event(&kit, FX_EVENT_LIQUIDATION, 0);
    assert_non_null(step);
    assert_int_equal(step->u.liquidation.step, FX_LIQUIDATION_STEP_BOOK);
    assert_int_equal(step->u.liquidation.price_ticks, 7);
    assert_int_equal(step->u.liquidation.lots, 12);
    const uint32_t asset = kit.engine->listings[1].asset;
    const fx_slot account = fx_account_state_find(kit.engine, 5, asset);
    assert_true(kit.engine->accounts[account].balance ==
                engine_kit_decimal("10") - engine_kit_decimal("0.714285714285714286"));
    assert_true(kit.engine->assets[asset].rounding == -1);
    assert_int_equal(engine_kit_position(&kit, 5, 1).lots, 0);
}

/* A pool without a free order does not stop it: what the book could take goes to the fund. */
static void liquidate_without_room_for_an_order_goes_round_the_book(void **state)
{
    (void)state;
    struct fx_command command =
        engine_kit_command(FX_COMMAND_FUND_INSURANCE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.fund_insurance.asset = engine_kit_asset("USDT");
    command.u.fund_insurance.amount = engine_kit_decimal("1000");
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    engine_kit_account(&kit, 5, "USDT", "100");
    stretch_user_5();
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = 2, .side = FX_SIDE_BUY, .ticks = 99, .lots = 50), FX_OK);
    kit.engine->limits.orders_max = kit.engine->order_count; /* as if it were full */
    assert_int_equal(engine_kit_mark(&kit, 0, 98), FX_OK);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_TRADE), 1);
    assert_int_equal(engine_kit_event(&kit, FX_EVENT_LIQUIDATION, 0)->u.liquidation.step,
                     FX_LIQUIDATION_STEP_TAKEOVER);
    assert_int_equal(engine_kit_position(&kit, 0, 0).lots, 50);
    assert_int_equal(engine_kit_depth(&kit, 0, FX_SIDE_BUY, 99), 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(liquidate_makes_the_rounding_of_its_fills_good),
        CASE(liquidate_without_room_for_an_order_goes_round_the_book),
    };
    return cmocka_run_group_tests_name("liquidate", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
