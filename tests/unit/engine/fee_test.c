/* Fees: whose rate, and up. */
#include "fx_test.h"
#include "money_engine.h"

// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables): one engine for all tests
static struct money_engine money;

static void assert_fee(const char *value, int64_t ppb, const char *expected)
{
    char text[FX_DEC_TEXT_SIZE_MAX];
    const fx_amount fee = fx_fee_amount((fx_amount){money_engine_decimal(value)}, (fx_rate){ppb});
    (void)fx_dec_format(fee.units, text);
    assert_string_equal(text, expected);
}

static void fee_rate_of_account_goes_before_the_instruments(void **state)
{
    (void)state;
    static const struct money_engine_terms LINEAR = {
        FX_CONTRACT_TYPE_USD_M, "0.01", "0.001", NULL, 10000};
    struct fx_engine *engine = money_engine_init(&money);
    const uint32_t instrument = money_engine_list(&money, &LINEAR);
    engine->listings[instrument].definition.maker_fee_ppb = -50000;
    engine->listings[instrument].definition.taker_fee_ppb = 400000;
    const fx_slot slot = money_engine_account(&money, 1, "1");
    struct fx_account_state *account = &engine->accounts[slot];
    assert_int_equal(fx_fee_rate(engine, slot, instrument, false).ppb, -50000);
    assert_int_equal(fx_fee_rate(engine, slot, instrument, true).ppb, 400000);
    account->has_fees = 1;
    account->maker_fee_ppb = 0;
    account->taker_fee_ppb = 170000;
    assert_int_equal(fx_fee_rate(engine, slot, instrument, false).ppb, 0);
    assert_int_equal(fx_fee_rate(engine, slot, instrument, true).ppb, 170000);
    account->flags = FX_ACCOUNT_FLAG_NO_FEE | FX_ACCOUNT_FLAG_BOT;
    assert_int_equal(fx_fee_rate(engine, slot, instrument, true).ppb, 0);
    assert_int_equal(fx_fee_rate(engine, slot, instrument, false).ppb, 0);
}

/* 2,400 x 0.055 % = 1.32 and 2,000 x 0.055 % = 1.1 (PNL-11); a fraction of a unit is owed whole,
 * and a fraction of a unit of rebate is not paid. */
static void fee_amount_rounds_up_for_the_payer(void **state)
{
    (void)state;
    assert_fee("2400", 550000, "1.32");
    assert_fee("2000", 550000, "1.1");
    assert_fee("0.000000000000000001", 1, "0.000000000000000001");
    assert_fee("0.000000000000000001", -1, "0");
    assert_fee("0.000000001", 1, "0.000000000000000001");
    assert_fee("0.000000001000000001", 1, "0.000000000000000002");
    assert_fee("0.000000001999999999", -1, "-0.000000000000000001");
    assert_fee("1000", -50000, "-0.05");
    assert_fee("123.456", 0, "0");
    /* (1e36 - 1) (1 - 1e-9) = 1e36 - 1e27 - 0.999999999, up. */
    assert_fee("999999999999999999.999999999999999999", 999999999, "999999999000000000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fee_rate_of_account_goes_before_the_instruments),
        cmocka_unit_test(fee_amount_rounds_up_for_the_payer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)
