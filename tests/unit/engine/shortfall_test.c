/* Money that an account lacks (R6): off its isolated margins, the largest first; else the fund pays
 * as far as it goes, and the exchange the rest. */
#include "engine/risk_int.h"
#include "engine_kit.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

static struct engine_kit kit;

static void fund(const char *amount)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_FUND_INSURANCE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.fund_insurance.asset = engine_kit_asset("USDT");
    command.u.fund_insurance.amount = engine_kit_decimal(amount);
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
}

/* Of a user, as if a fee had taken more than there was. */
static void set_balance(uint64_t user_id, const char *amount)
{
    const fx_slot account = fx_account_state_find(kit.engine, user_id, 0);
    const fx_i128 taken = kit.engine->accounts[account].balance - engine_kit_decimal(amount);
    kit.engine->accounts[account].balance -= taken;
    kit.engine->assets[0].deposited -= taken;
}

static fx_i128 balance_of(uint64_t user_id)
{
    return kit.engine->accounts[fx_account_state_find(kit.engine, user_id, 0)].balance;
}

static void shortfall_of_who_owes_is_paid_by_the_fund(void **state)
{
    (void)state;
    engine_kit_scene(&kit);
    fund("100");
    kit.is_unchecked = true; /* what is owed is put into the state */
    set_balance(1, "-10");
    assert_int_equal(engine_kit_deposit(&kit, 1, "USDT", "1"), FX_OK);
    assert_true(balance_of(1) == 0);
    assert_true(balance_of(0) == engine_kit_decimal("91"));
    assert_true(kit.engine->assets[0].rounding == 0);
    for (uint32_t index = 0; index < engine_kit_count(&kit, FX_EVENT_TRANSACTION); index++) {
        const struct fx_event *row = engine_kit_event(&kit, FX_EVENT_TRANSACTION, index);
        assert_int_not_equal(row->u.transaction.type, FX_TRANSACTION_ROUNDING);
    }
    assert_int_equal(engine_kit_event(&kit, FX_EVENT_INSURANCE, 0)->u.insurance.reason,
                     FX_INSURANCE_REASON_SHORTFALL);
    fx_engine_check(kit.engine);
    /* More than it has: all of it, and the rest is the exchange's. */
    set_balance(2, "-102");
    assert_int_equal(engine_kit_deposit(&kit, 2, "USDT", "1"), FX_OK);
    assert_true(balance_of(2) == 0 && balance_of(0) == 0);
    assert_true(kit.engine->assets[0].rounding == -engine_kit_decimal("10"));
    fx_engine_check(kit.engine);
    engine_kit_deinit(&kit);
}

static void isolate(uint64_t user_id, uint32_t instrument, int64_t lots)
{
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = 2,
                                      .instrument = instrument,
                                      .side = FX_SIDE_SELL,
                                      .ticks = 100,
                                      .lots = lots),
                     FX_OK);
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = user_id,
                                      .instrument = instrument,
                                      .side = FX_SIDE_BUY,
                                      .ticks = 100,
                                      .lots = lots,
                                      .leverage_centi = 1000,
                                      .margin_mode = FX_MARGIN_MODE_ISOLATED),
                     FX_OK);
}

/* Margins of 100, 300 and none (it was closed); 60 are lacking, and the second one has them. */
static void shortfall_comes_off_the_largest_margin(void **state)
{
    (void)state;
    const char *const names[] = {"ETHUSDT", "XRPUSDT"};
    engine_kit_scene(&kit);
    for (uint32_t index = 0; index < 2; index++) {
        const struct fx_instrument definition = engine_kit_definition(names[index]);
        assert_int_equal(engine_kit_list(&kit, &definition, 100), index + 1);
    }
    fund("100");
    isolate(1, 2, 5);
    isolate(1, 0, 10);
    isolate(1, 1, 30);
    assert_int_equal(
        ENGINE_KIT_PLACE(
            &kit, .user_id = 2, .instrument = 2, .side = FX_SIDE_BUY, .ticks = 100, .lots = 5),
        FX_OK);
    assert_int_equal(
        ENGINE_KIT_PLACE(
            &kit, .user_id = 1, .instrument = 2, .side = FX_SIDE_SELL, .ticks = 100, .lots = 5),
        FX_OK);
    kit.is_unchecked = true;
    set_balance(1, "339");
    assert_int_equal(engine_kit_deposit(&kit, 1, "USDT", "1"), FX_OK);
    assert_true(engine_kit_position(&kit, 1, 1).adjust_margin == -engine_kit_decimal("60"));
    assert_true(engine_kit_position(&kit, 1, 0).adjust_margin == 0);
    assert_true(balance_of(0) == engine_kit_decimal("100"));
    assert_true(balance_of(1) == engine_kit_decimal("340"));
    fx_engine_check(kit.engine);
    engine_kit_deinit(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shortfall_of_who_owes_is_paid_by_the_fund),
        cmocka_unit_test(shortfall_comes_off_the_largest_margin),
    };
    return cmocka_run_group_tests_name("shortfall", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
