/* The job of funding: each perpetual contract once at each instant, and again where the queue was
 * full. */
#include "app/app_funding.h"

#include <string.h>

#include "fx_test.h"

#define HOUR_US INT64_C(3600000000)
#define BEGIN   (HOUR_US * 480000) /* an instant of every contract here */

static struct {
    struct fx_market market;
    struct fx_market_symbol symbols[3];
    uint32_t asked[3];
    bool is_full;
} fixture;

static bool submit(void *context, const struct fx_command *command)
{
    assert_ptr_equal(context, &fixture);
    assert_int_equal(command->kind, FX_COMMAND_PAY_FUNDING);
    assert_int_equal(command->user_id, 0);
    assert_int_equal(command->u.funding.has_rate, 0);
    if (!fixture.is_full) {
        fixture.asked[command->instrument]++;
    }
    return !fixture.is_full;
}

static void list(uint32_t id, enum fx_instrument_kind kind, int32_t interval_s)
{
    fixture.symbols[id].definition.instrument_id = id;
    fixture.symbols[id].definition.kind = (uint8_t)kind;
    fixture.symbols[id].definition.funding_interval_s = interval_s;
    fixture.market.symbols[id] = &fixture.symbols[id];
}

static void app_funding_asks_once_for_each_instant(void **state)
{
    (void)state;
    struct fx_app_funding funding;
    memset(&fixture, 0, sizeof fixture);
    memset(&funding, 0, sizeof funding);
    list(0, FX_INSTRUMENT_KIND_PERPETUAL, 8 * 3600);
    list(1, FX_INSTRUMENT_KIND_PERPETUAL, 3600);
    list(2, FX_INSTRUMENT_KIND_DATED, 3600);
    const struct fx_market *market = &fixture.market;
    /* A start: the last instant may not have been paid while nobody led. */
    assert_int_equal(fx_app_funding_tick(&funding, market, BEGIN + HOUR_US / 2, submit, &fixture),
                     2);
    for (int64_t now_us = BEGIN + HOUR_US / 2; now_us < BEGIN + 8 * HOUR_US; now_us += 250000000) {
        (void)fx_app_funding_tick(&funding, market, now_us, submit, &fixture);
    }
    assert_int_equal(fixture.asked[0], 1);
    assert_int_equal(fixture.asked[1], 8);
    assert_int_equal(fixture.asked[2], 0);
    /* Not before the instant is a second old: the engine's clock may be behind this one. */
    assert_int_equal(fx_app_funding_tick(&funding, market, BEGIN + 8 * HOUR_US, submit, &fixture),
                     0);
    fixture.is_full = true;
    const int64_t then_us = BEGIN + 8 * HOUR_US + 1000000;
    assert_int_equal(fx_app_funding_tick(&funding, market, then_us, submit, &fixture), 0);
    fixture.is_full = false;
    assert_int_equal(fx_app_funding_tick(&funding, market, then_us + 250000, submit, &fixture), 2);
    assert_int_equal(fx_app_funding_tick(&funding, market, then_us + 500000, submit, &fixture), 0);
    assert_int_equal(fixture.asked[0], 2);
    assert_int_equal(fixture.asked[1], 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(app_funding_asks_once_for_each_instant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
