/* CLOSE_INSURANCE and FUND_INSURANCE: what they refuse. What they do is in tests/golden/3003 and
 * 3009. */
#include "engine/risk_int.h"
#include "engine_fixture.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

static fx_status fund(const char *asset, fx_i128 amount)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_FUND_INSURANCE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.fund_insurance.asset = engine_kit_asset(asset);
    command.u.fund_insurance.amount = amount;
    return engine_kit_apply(&kit, &command);
}

static fx_status close_lots(uint32_t instrument, int64_t lots, int64_t price_ticks)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_CLOSE_INSURANCE, instrument, 0);
    command.u.close_insurance.lots = lots;
    command.u.close_insurance.price_ticks = price_ticks;
    return engine_kit_apply(&kit, &command);
}

/* User 5, long 50 at 100 with 100: bankrupt at 98. Nobody bids: the fund has it. */
static void take_over(void)
{
    engine_kit_account(&kit, 5, "USDT", "100");
    assert_int_equal(fund("USDT", engine_kit_decimal("1000")), FX_OK);
    stretch_user_5();
    assert_int_equal(engine_kit_mark(&kit, 0, 98), FX_OK);
    assert_int_equal(engine_kit_position(&kit, 0, 0).lots, 50);
}

static void insurance_money_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    assert_int_equal(fund("USDT", 0), FX_BAD_PARAMETER);
    assert_int_equal(kit.result.reject.field, FX_FIELD_AMOUNT);
    assert_int_equal(fund("DOGE", 5), FX_ACCOUNT_NOT_FOUND);
    assert_int_equal(fund("USDT", fx_dec_limit()), FX_AMOUNT_OUT_OF_RANGE);
    assert_int_equal(fund("USDT", fx_dec_limit() - 1), FX_AMOUNT_OUT_OF_RANGE);
    assert_int_equal(fund("USDT", -1), FX_INSUFFICIENT_BALANCE);
    assert_true(kit.result.reject.has_limit == 1 && kit.result.reject.limit == 0);
    assert_int_equal(fund("USDT", 7), FX_OK);
    assert_int_equal(fund("USDT", -8), FX_INSUFFICIENT_BALANCE);
    assert_true(kit.result.reject.limit == 7);
    assert_int_equal(fund("USDT", -7), FX_OK);
}

static void insurance_without_room_for_a_fund_is_refused(void **state)
{
    (void)state;
    for (uint64_t user_id = 5; user_id <= 16; user_id++) {
        engine_kit_account(&kit, user_id, "USDT", "1");
    }
    assert_int_equal(fund("USDT", 1), FX_CAPACITY);
}

static void insurance_close_that_makes_no_sense_is_refused(void **state)
{
    (void)state;
    assert_int_equal(close_lots(7, 0, 0), FX_UNKNOWN_SYMBOL);
    assert_int_equal(kit.result.reject.field, FX_FIELD_SYMBOL);
    assert_int_equal(close_lots(0, -1, 0), FX_BAD_PARAMETER);
    assert_int_equal(kit.result.reject.field, FX_FIELD_QUANTITY);
    assert_int_equal(close_lots(0, 0, 0), FX_POSITION_NOT_FOUND); /* there is no fund */
    take_over();
    assert_int_equal(close_lots(0, 1, -1), FX_PRICE_FILTER);
    assert_int_equal(close_lots(0, 1, 1000001), FX_PRICE_FILTER);
    assert_int_equal(kit.result.reject.field, FX_FIELD_PRICE);
    assert_int_equal(close_lots(0, 0, 0), FX_NO_LIQUIDITY);
    assert_int_equal(engine_kit_state(&kit, 0, FX_INSTRUMENT_STATE_HALTED), FX_OK);
    assert_int_equal(close_lots(0, 0, 0), FX_INSTRUMENT_HALTED);
}

static void insurance_close_without_room_for_its_order_is_refused(void **state)
{
    (void)state;
    take_over();
    while (kit.engine->order_count < kit.engine->limits.orders_max) {
        const uint64_t user_id = 1 + kit.engine->order_count / 64 % 4;
        struct fx_instrument definition = kit.engine->listings[0].definition;
        if (definition.orders_max < 200) {
            definition.orders_max = 200;
            assert_int_equal(engine_kit_update(&kit, &definition), FX_OK);
        }
        assert_int_equal(
            ENGINE_KIT_PLACE(&kit, .user_id = user_id, .side = FX_SIDE_BUY, .ticks = 90, .lots = 1),
            FX_OK);
    }
    assert_int_equal(close_lots(0, 1, 95), FX_CAPACITY);
}

/* More than it holds is all of it; a bid beyond its limit takes nothing. */
static void insurance_close_takes_what_the_book_gives(void **state)
{
    (void)state;
    take_over();
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = 2, .side = FX_SIDE_BUY, .ticks = 97, .lots = 10), FX_OK);
    assert_int_equal(close_lots(0, 5, 98), FX_OK);
    assert_int_equal(engine_kit_position(&kit, 0, 0).lots, 50);
    assert_int_equal(close_lots(0, 4, 97), FX_OK);
    assert_int_equal(engine_kit_position(&kit, 0, 0).lots, 46);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_INSURANCE), 1);
    assert_int_equal(close_lots(0, 500, 0), FX_OK);
    assert_int_equal(engine_kit_position(&kit, 0, 0).lots, 40);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Users 1 to 16 leave no room for a fund: whoever is liquidated keeps the fee. */
static void insurance_fee_without_room_for_a_fund_stays(void **state)
{
    (void)state;
    struct fx_instrument definition = kit.engine->listings[0].definition;
    definition.liquidation_fee_ppb = 10000000;
    assert_int_equal(engine_kit_update(&kit, &definition), FX_OK);
    for (uint64_t user_id = 5; user_id <= 16; user_id++) {
        engine_kit_account(&kit, user_id, "USDT", user_id == 5 ? "100" : "1");
    }
    stretch_user_5();
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = 2, .side = FX_SIDE_BUY, .ticks = 99, .lots = 50), FX_OK);
    assert_int_equal(engine_kit_mark(&kit, 0, 98), FX_OK);
    const struct fx_event *step = engine_kit_event(&kit, FX_EVENT_LIQUIDATION, 0);
    assert_non_null(step);
    assert_int_equal(step->u.liquidation.step, FX_LIQUIDATION_STEP_BOOK);
    assert_true(step->u.liquidation.fee == 0);
    const fx_slot account = fx_account_state_find(kit.engine, 5, 0);
    assert_true(kit.engine->accounts[account].balance == engine_kit_decimal("50"));
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_INSURANCE), 0);
}

/* The fund cannot close where no price in range leaves it solvent, nor take what has no value. */
static void insurance_beyond_every_price_is_refused(void **state)
{
    (void)state;
    take_over();
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = 2, .side = FX_SIDE_BUY, .ticks = 10, .lots = 10), FX_OK);
    struct fx_instrument definition = kit.engine->listings[0].definition;
    definition.max_ticks = 50; /* 4,900 less the 1,000 that it has: 78 at worst */
    assert_int_equal(engine_kit_update(&kit, &definition), FX_OK);
    assert_int_equal(close_lots(0, 0, 40), FX_INSUFFICIENT_BALANCE);
    assert_int_equal(close_lots(0, 0, 0), FX_INSUFFICIENT_BALANCE);
    const fx_slot account = fx_account_state_find(kit.engine, 1, 0);
    const fx_slot slot = fx_position_state_find(kit.engine, account, 0, FX_POSITION_SIDE_BOTH);
    assert_false(fx_insurance_take(kit.engine, slot, INT64_MAX, (fx_px){INT64_MAX}));
}

/* Inverse: 12 lots of 1 USD taken over at 12 cost 1; at 7 they are worth 1.714285714285714286,
 * which is 1 and all that the fund has. But three bids take four lots each, and four are worth
 * 0.571428571428571429, rounded up three times: one unit more. The rounding account pays it. */
static void insurance_closes_inverse_to_the_last_unit(void **state)
{
    (void)state;
    struct fx_instrument inverse = engine_kit_definition("BTCUSD");
    inverse.contract_type = FX_CONTRACT_TYPE_COIN_M;
    inverse.settle = engine_kit_asset("BTC");
    assert_int_equal(engine_kit_list(&kit, &inverse, 15), 1);
    for (uint64_t user_id = 1; user_id <= 4; user_id++) {
        engine_kit_account(&kit, user_id, "BTC", "1000");
    }
    engine_kit_account(&kit, 5, "BTC", "0.2");
    assert_int_equal(fund("BTC", engine_kit_decimal("0.714285714285714286")), FX_OK);
    assert_int_equal(
        ENGINE_KIT_PLACE(
            &kit, .user_id = 1, .side = FX_SIDE_SELL, .ticks = 15, .lots = 12, .instrument = 1),
        FX_OK);
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = 5,
                                      .side = FX_SIDE_BUY,
                                      .ticks = 15,
                                      .lots = 12,
                                      .instrument = 1,
                                      .leverage_centi = 400),
                     FX_OK);
    assert_int_equal(engine_kit_mark(&kit, 1, 12), FX_OK);
    assert_int_equal(engine_kit_position(&kit, 0, 1).lots, 12);
    assert_true(engine_kit_position(&kit, 0, 1).entry_value == engine_kit_decimal("1"));
    for (uint64_t user_id = 2; user_id <= 4; user_id++) {
        assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                          .user_id = user_id,
                                          .side = FX_SIDE_BUY,
                                          .ticks = 7,
                                          .lots = 4,
                                          .instrument = 1),
                         FX_OK);
    }
    assert_int_equal(close_lots(1, 0, 7), FX_OK);
    assert_int_equal(engine_kit_position(&kit, 0, 1).lots, 0);
    const uint32_t asset = kit.engine->listings[1].asset;
    assert_true(kit.engine->assets[asset].rounding == -1);
    const struct fx_event *said = engine_kit_event(&kit, FX_EVENT_INSURANCE, 0);
    assert_true(said->u.insurance.balance == 0);
    assert_true(said->u.insurance.change == -engine_kit_decimal("0.714285714285714286"));
    bool is_said = false;
    for (uint32_t n = 0; n < engine_kit_count(&kit, FX_EVENT_TRANSACTION); n++) {
        const struct fx_event *event = engine_kit_event(&kit, FX_EVENT_TRANSACTION, n);
        is_said = is_said || (event->u.transaction.type == FX_TRANSACTION_ROUNDING &&
                              event->u.transaction.amount == 1);
    }
    assert_true(is_said);
}

/* A fee of 10 takes 5 more than there is, nothing is left to close, and there is no fund: the
 * exchange bears it. */
static void insurance_that_is_empty_pays_nothing(void **state)
{
    (void)state;
    struct fx_instrument definition = kit.engine->listings[0].definition;
    definition.taker_fee_ppb = 100000000;
    assert_int_equal(engine_kit_update(&kit, &definition), FX_OK);
    engine_kit_account(&kit, 5, "USDT", "5");
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = 5,
                                      .side = FX_SIDE_BUY,
                                      .ticks = 100,
                                      .lots = 1,
                                      .leverage_centi = 10000),
                     FX_OK);
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = 1, .side = FX_SIDE_SELL, .ticks = 100, .lots = 1), FX_OK);
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = 2, .side = FX_SIDE_BUY, .ticks = 100, .lots = 1), FX_OK);
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = 5, .side = FX_SIDE_SELL, .ticks = 100, .lots = 1), FX_OK);
    const fx_slot account = fx_account_state_find(kit.engine, 5, 0);
    assert_true(kit.engine->accounts[account].balance == 0);
    assert_true(kit.engine->assets[0].rounding == -engine_kit_decimal("5"));
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_INSURANCE), 0);
    assert_int_equal(fx_insurance_find(kit.engine, 0), FX_SLOT_NONE);
}

static void insurance_of_a_stopped_exchange_closes_nothing(void **state)
{
    (void)state;
    take_over();
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = 2, .side = FX_SIDE_BUY, .ticks = 97, .lots = 10), FX_OK);
    kit.engine->preload.mode = FX_ENGINE_MODE_STOPPED;
    assert_int_equal(close_lots(0, 5, 97), FX_ENGINE_STOPPED);
    kit.engine->preload.mode = FX_ENGINE_MODE_RUNNING;
    assert_int_equal(close_lots(0, 5, 97), FX_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(insurance_money_that_does_not_fit_is_refused),
        CASE(insurance_without_room_for_a_fund_is_refused),
        CASE(insurance_close_that_makes_no_sense_is_refused),
        CASE(insurance_close_without_room_for_its_order_is_refused),
        CASE(insurance_close_takes_what_the_book_gives),
        CASE(insurance_fee_without_room_for_a_fund_stays),
        CASE(insurance_beyond_every_price_is_refused),
        CASE(insurance_closes_inverse_to_the_last_unit),
        CASE(insurance_that_is_empty_pays_nothing),
        CASE(insurance_of_a_stopped_exchange_closes_nothing),
    };
    return cmocka_run_group_tests_name("insurance", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
