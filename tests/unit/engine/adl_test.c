/* Auto-deleveraging: the ends of the scale of its ranks, and a funding that runs meanwhile. */
#include "engine/marks_int.h"
#include "engine/risk_int.h"
#include "engine_kit.h"
#include "fx_test.h"
#include "money_engine.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

static struct engine_kit kit;
static struct money_engine money;

static const fx_i128 MOST = 1000000000000000000; /* a ratio of 1e9 in parts per billion */

/* Profit and leverage are ratios within 1e9, also where the numbers behind them are not. */
static void adl_ratios_end_at_their_bounds(void **state)
{
    (void)state;
    const struct money_engine_terms terms = {FX_CONTRACT_TYPE_USD_M, "1", "0.1", NULL, 10000};
    struct fx_engine *engine = money_engine_init(&money);
    const uint32_t instrument = money_engine_list(&money, &terms);
    const fx_slot account = money_engine_account(&money, 1, "5");
    const fx_slot slot =
        money_engine_position(&money, account, instrument, 1000, FX_MARGIN_MODE_CROSS);
    struct fx_position_state *position = &engine->positions[slot];
    engine->listings[instrument].mark.ticks = 1000000000;
    position->lots = 100000000;
    position->entry_value = 1; /* worth 1e34 units now */
    struct fx_adl_parts parts = fx_adl_explain(engine, slot);
    assert_true(parts.profit == MOST);
    assert_true(parts.leverage == 999999999); /* just below 1: there is a balance, too */
    engine->accounts[account].balance -= fx_margin_standing(engine, slot).equity - 1;
    parts = fx_adl_explain(engine, slot);
    assert_true(parts.leverage == MOST && parts.score == MOST * (MOST / 1000000000));
    engine->accounts[account].balance -= 1; /* nothing stands behind it: as if it were one unit */
    assert_true(fx_adl_explain(engine, slot).leverage == MOST);
    position->lots = -position->lots;
    parts = fx_adl_explain(engine, slot);
    assert_true(parts.profit == -MOST && parts.score < 0);
    position->entry_value = 0;
    assert_true(fx_adl_explain(engine, slot).profit == -MOST);
}

enum { LONGS = 600, SHORT = 1 }; /* user 1 is short all that the others are long */

static const int64_t HOUR_US = 3600000000;

static void begin(void)
{
    struct fx_engine_limits limits = engine_kit_limits();
    const struct fx_instrument definition = engine_kit_definition("BTCUSDT");
    limits.accounts_max = 1024;
    limits.positions_max = 1024;
    engine_kit_init(&kit, &limits);
    kit.time_us = 8 * HOUR_US;
    kit.is_unchecked = true;
    assert_int_equal(engine_kit_list(&kit, &definition, 100), 0);
    for (uint64_t user_id = SHORT; user_id <= SHORT + LONGS; user_id++) {
        engine_kit_account(&kit, user_id, "USDT", user_id == SHORT ? "10000" : "1000");
    }
    for (uint64_t user_id = SHORT + 1; user_id <= SHORT + LONGS; user_id++) {
        assert_int_equal(
            ENGINE_KIT_PLACE(&kit, .user_id = SHORT, .side = FX_SIDE_SELL, .ticks = 100, .lots = 1),
            FX_OK);
        assert_int_equal(
            ENGINE_KIT_PLACE(
                &kit, .user_id = user_id, .side = FX_SIDE_BUY, .ticks = 100, .lots = 1),
            FX_OK);
    }
    struct fx_command pay = engine_kit_command(FX_COMMAND_PAY_FUNDING, 0, 0);
    pay.u.funding.has_rate = 1;
    pay.u.funding.rate_ppb = -1000000; /* shorts pay longs 0.1 of each lot */
    assert_int_equal(engine_kit_apply(&kit, &pay), FX_OK);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_TRANSACTION), FX_FUNDING_STEP_MAX);
}

/* 345 of those that may be chosen have not had their turn: more than one command pays. Nobody is
 * closed before all of them have been paid, and the next command goes on. */
static void adl_waits_until_the_whole_side_is_paid(void **state)
{
    (void)state;
    begin();
    assert_int_equal(engine_kit_mark(&kit, 0, 200), FX_OK); /* the short is bankrupt */
    assert_null(engine_kit_event(&kit, FX_EVENT_LIQUIDATION, 0));
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_TRANSACTION), FX_FUNDING_STEP_MAX);
    assert_true(fx_engine_next_due_us(kit.engine) == FX_ENGINE_DUE_NOW);
    assert_int_equal(engine_kit_tick(&kit, kit.time_us), FX_OK);
    const struct fx_event *step = engine_kit_event(&kit, FX_EVENT_LIQUIDATION, 0);
    assert_non_null(step);
    assert_int_equal(step->u.liquidation.step, FX_LIQUIDATION_STEP_ADL);
    assert_int_equal(step->u.liquidation.user_id, SHORT);
    for (uint64_t user_id = SHORT + 1; user_id <= SHORT + LONGS; user_id++) {
        const fx_slot account = fx_account_state_find(kit.engine, user_id, 0);
        assert_true(kit.engine->accounts[account].balance >= engine_kit_decimal("1000.1"));
    }
    for (uint32_t ticks = 0; kit.engine->due_count != 0; ticks++) {
        assert_true(ticks < LONGS);
        assert_int_equal(engine_kit_tick(&kit, kit.time_us), FX_OK);
    }
    fx_engine_check(kit.engine);
    assert_int_equal(engine_kit_position(&kit, SHORT, 0).lots, 0);
    engine_kit_deinit(&kit);
}

/* A long and a short of one account close each other; orders in the way go first, one per command
 * where a command may do no more. */
static void adl_of_a_pair_cancels_its_orders_first(void **state)
{
    (void)state;
    engine_kit_scene(&kit);
    engine_kit_account(&kit, 5, "USDT", "100");
    assert_int_equal(engine_kit_mode(&kit, 5, true), FX_OK);
    const int64_t lots[] = {50, 10};
    for (uint32_t index = 0; index < 2; index++) {
        const enum fx_side side = index == 0 ? FX_SIDE_BUY : FX_SIDE_SELL;
        assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                          .user_id = 1,
                                          .side = fx_order_opposite(side),
                                          .ticks = 100,
                                          .lots = lots[index]),
                         FX_OK);
        assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                          .user_id = 5,
                                          .side = side,
                                          .ticks = 100,
                                          .lots = lots[index],
                                          .leverage_centi = 10000,
                                          .position_side = index == 0 ? FX_POSITION_SIDE_LONG
                                                                      : FX_POSITION_SIDE_SHORT),
                         FX_OK);
    }
    for (int64_t ticks = 50; ticks < 53; ticks++) {
        assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                          .user_id = 5,
                                          .side = FX_SIDE_BUY,
                                          .ticks = ticks,
                                          .lots = 1,
                                          .position_side = FX_POSITION_SIDE_SHORT),
                         FX_OK);
    }
    kit.engine->limits.fills_max = 1;
    assert_int_equal(engine_kit_mark(&kit, 0, 97), FX_OK); /* 150 lost, 30 won, 100 there */
    assert_null(engine_kit_event(&kit, FX_EVENT_TRADE, 0));
    assert_int_equal(engine_kit_event(&kit, FX_EVENT_ORDER, 0)->u.order.note,
                     FX_ORDER_NOTE_AUTO_DELEVERAGE);
    const struct fx_event *step = NULL;
    for (uint32_t ticks = 0; step == NULL; ticks++) {
        assert_true(ticks < 4);
        assert_int_equal(engine_kit_tick(&kit, kit.time_us), FX_OK);
        step = engine_kit_event(&kit, FX_EVENT_LIQUIDATION, 0);
    }
    assert_int_equal(step->u.liquidation.step, FX_LIQUIDATION_STEP_ADL);
    assert_int_equal(step->u.liquidation.counter_user_id, 5);
    assert_int_equal(step->u.liquidation.lots, 10);
    engine_kit_deinit(&kit);
}

/* Those in front gain the most at the mark, and would owe at the bankruptcy price: they are passed
 * over for the first behind them that can bear it, however long the part of the queue is that is
 * remembered. */
static void adl_passes_over_who_cannot_bear_the_price(void **state)
{
    (void)state;
    const struct fx_engine_limits limits = engine_kit_limits();
    const struct fx_instrument definition = engine_kit_definition("BTCUSDT");
    const int64_t lots[] = {4, 4, 4, 2, 1};
    engine_kit_init(&kit, &limits);
    kit.is_unchecked = true; /* money is taken out of the state */
    assert_int_equal(engine_kit_list(&kit, &definition, 100), 0);
    engine_kit_account(&kit, 1, "USDT", "1000");
    for (uint64_t user_id = 2; user_id <= 6; user_id++) {
        engine_kit_account(&kit, user_id, "USDT", user_id < 5 ? "20" : "1000");
        assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                          .user_id = user_id,
                                          .side = FX_SIDE_SELL,
                                          .ticks = 100,
                                          .lots = lots[user_id - 2],
                                          .leverage_centi = user_id < 5 ? 10000 : 1000),
                         FX_OK);
    }
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = 1,
                                      .side = FX_SIDE_BUY,
                                      .ticks = 100,
                                      .lots = 15,
                                      .leverage_centi = 500,
                                      .margin_mode = FX_MARGIN_MODE_ISOLATED),
                     FX_OK);
    for (uint64_t user_id = 2; user_id < 5; user_id++) { /* as if lost on another symbol */
        const fx_slot account = fx_account_state_find(kit.engine, user_id, 0);
        kit.engine->accounts[account].balance -= engine_kit_decimal("110");
        kit.engine->assets[0].deposited -= engine_kit_decimal("110");
    }
    assert_int_equal(engine_kit_mark(&kit, 0, 60), FX_OK); /* 80 is all that user 1 has */
    const uint64_t chosen[] = {5, 6};
    for (uint32_t index = 0; index < 2; index++) {
        const struct fx_event *step = NULL;
        for (uint32_t event = 0, seen = 0; event < kit.events.count && step == NULL; event++) {
            const struct fx_event *one = &kit.events.items[event];
            const bool is_close = one->kind == FX_EVENT_LIQUIDATION &&
                                  one->u.liquidation.step == FX_LIQUIDATION_STEP_ADL;
            seen += is_close ? 1 : 0;
            step = is_close && seen == index + 1 ? one : NULL;
        }
        assert_non_null(step);
        assert_int_equal(step->u.liquidation.counter_user_id, chosen[index]);
        assert_int_equal(step->u.liquidation.price_ticks, 80);
        assert_int_equal(step->u.liquidation.lots, 2 - index);
    }
    assert_int_equal(engine_kit_position(&kit, 1, 0).lots, 12); /* nobody else could */
    for (uint64_t user_id = 2; user_id < 5; user_id++) {
        assert_int_equal(engine_kit_position(&kit, user_id, 0).lots, -4);
    }
    engine_kit_deinit(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adl_ratios_end_at_their_bounds),
        cmocka_unit_test(adl_waits_until_the_whole_side_is_paid),
        cmocka_unit_test(adl_of_a_pair_cancels_its_orders_first),
        cmocka_unit_test(adl_passes_over_who_cannot_bear_the_price),
    };
    return cmocka_run_group_tests_name("adl", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
