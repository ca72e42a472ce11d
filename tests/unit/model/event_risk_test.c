/* Events about risk: their words. */
#include "model/event_risk.h"

#include "fx_test.h"

static void event_risk_liquidation_and_insurance_words_roundtrip(void **state)
{
    (void)state;
    for (int step = FX_LIQUIDATION_STEP_CANCEL_ORDERS; step <= FX_LIQUIDATION_STEP_DONE; step++) {
        const char *name = fx_event_risk_step_name((enum fx_liquidation_step)step);
        assert_int_equal(fx_event_risk_step_of(fx_str_of(name)), step);
    }
    for (int reason = FX_INSURANCE_REASON_FUND; reason <= FX_INSURANCE_REASON_FUNDING; reason++) {
        const char *name = fx_event_risk_reason_name((enum fx_insurance_reason)reason);
        assert_int_equal(fx_event_risk_reason_of(fx_str_of(name)), reason);
    }
    assert_string_equal(fx_event_risk_step_name(FX_LIQUIDATION_STEP_TAKEOVER), "TAKEOVER");
    assert_string_equal(fx_event_risk_reason_name(FX_INSURANCE_REASON_FEE), "FEE");
    assert_int_equal(fx_event_risk_step_of(FX_STR("GIFT")), 0);
    assert_int_equal(fx_event_risk_reason_of(FX_STR("")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(event_risk_liquidation_and_insurance_words_roundtrip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
