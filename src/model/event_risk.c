#include "model/event_risk.h"

#include "base/panic.h"
#include "model/words.h"

#define COUNT(table) (uint32_t)(sizeof(table) / sizeof(table)[0])

static const struct fx_words_entry LIQUIDATION_STEPS[] = {
    {FX_LIQUIDATION_STEP_CANCEL_ORDERS, "CANCEL_ORDERS"},
    {FX_LIQUIDATION_STEP_BOOK, "BOOK"},
    {FX_LIQUIDATION_STEP_TAKEOVER, "TAKEOVER"},
    {FX_LIQUIDATION_STEP_ADL, "ADL"},
    {FX_LIQUIDATION_STEP_DONE, "DONE"},
};

static const struct fx_words_entry INSURANCE_REASONS[] = {
    {FX_INSURANCE_REASON_FUND, "FUND"},
    {FX_INSURANCE_REASON_FEE, "FEE"},
    {FX_INSURANCE_REASON_TAKEOVER, "TAKEOVER"},
    {FX_INSURANCE_REASON_CLOSE, "CLOSE"},
    {FX_INSURANCE_REASON_ADL, "ADL"},
    {FX_INSURANCE_REASON_FUNDING, "FUNDING"},
    {FX_INSURANCE_REASON_SHORTFALL, "SHORTFALL"},
};

const char *fx_event_risk_step_name(enum fx_liquidation_step step)
{
    const char *name = fx_words_name(LIQUIDATION_STEPS, COUNT(LIQUIDATION_STEPS), step);
    FX_ASSERT(name != NULL);
    return name;
}

enum fx_liquidation_step fx_event_risk_step_of(fx_str name)
{
    return (enum fx_liquidation_step)fx_words_number(
        LIQUIDATION_STEPS, COUNT(LIQUIDATION_STEPS), name);
}

const char *fx_event_risk_reason_name(enum fx_insurance_reason reason)
{
    const char *name = fx_words_name(INSURANCE_REASONS, COUNT(INSURANCE_REASONS), reason);
    FX_ASSERT(name != NULL);
    return name;
}

enum fx_insurance_reason fx_event_risk_reason_of(fx_str name)
{
    return (enum fx_insurance_reason)fx_words_number(
        INSURANCE_REASONS, COUNT(INSURANCE_REASONS), name);
}
