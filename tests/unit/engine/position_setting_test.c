/* Position mode, and what leverage, margin mode and isolated margin are in hedge mode. */
#include "engine/triggers_int.h"
#include "engine_kit.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

static struct engine_kit kit;

/* User 1 hedges, 2 to 4 are one-way. */
static int setup(void **state)
{
    (void)state;
    engine_kit_scene(&kit);
    assert_int_equal(engine_kit_mode(&kit, 1, true), FX_OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    engine_kit_deinit(&kit);
    return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#define HEDGE(trade, side_of, ...)                                                                 \
    ENGINE_KIT_PLACE(&kit,                                                                         \
                     .user_id = 1,                                                                 \
                     .side = FX_SIDE_##trade,                                                      \
                     .position_side = FX_POSITION_SIDE_##side_of,                                  \
                     __VA_ARGS__)

static void counter(enum fx_side side, int64_t ticks, int64_t lots)
{
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = 2, .side = side, .ticks = ticks, .lots = lots), FX_OK);
}

static struct fx_position_state position(enum fx_position_side side)
{
    return engine_kit_position_side(&kit, 1, 0, side);
}

/* Long 5 and short 3, both from 100. */
static void open_both(void)
{
    counter(FX_SIDE_SELL, 100, 5);
    assert_int_equal(HEDGE(BUY, LONG, .ticks = 100, .lots = 5), FX_OK);
    counter(FX_SIDE_BUY, 100, 3);
    assert_int_equal(HEDGE(SELL, SHORT, .ticks = 100, .lots = 3), FX_OK);
    assert_int_equal(position(FX_POSITION_SIDE_LONG).lots, 5);
    assert_int_equal(position(FX_POSITION_SIDE_SHORT).lots, -3);
}

static fx_status set_leverage(uint32_t centi, enum fx_margin_mode mode)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_ADJUST_LEVERAGE, 0, 1);
    command.u.leverage.leverage_centi = (int32_t)centi;
    command.u.leverage.margin_mode = (uint32_t)mode;
    return engine_kit_apply(&kit, &command);
}

/* ---- the mode ---------------------------------------------------------------------------------
 */

static void position_setting_same_mode_changes_nothing(void **state)
{
    (void)state;
    assert_int_equal(engine_kit_mode(&kit, 1, true), FX_OK);
    assert_int_equal(kit.result.is_changed, 0);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_ACCOUNT), 0);
    assert_int_equal(engine_kit_mode(&kit, 2, false), FX_OK);
    assert_int_equal(kit.result.is_changed, 0);
    assert_int_equal(engine_kit_mode(&kit, 1, false), FX_OK);
    assert_int_equal(kit.result.is_changed, 1);
    const struct fx_event *event = engine_kit_event(&kit, FX_EVENT_ACCOUNT, 0);
    assert_non_null(event);
    assert_int_equal(event->u.account.flags & FX_ACCOUNT_FLAG_HEDGE, 0);
}

static void position_setting_mode_of_one_asset_leaves_the_others(void **state)
{
    (void)state;
    struct fx_instrument definition = engine_kit_definition("BTCUSD");
    definition.settle = engine_kit_asset("BTC");
    definition.contract_type = FX_CONTRACT_TYPE_COIN_M;
    assert_int_equal(engine_kit_list(&kit, &definition, 100), 1);
    engine_kit_account(&kit, 2, "BTC", "5");
    struct fx_command command =
        engine_kit_command(FX_COMMAND_SET_POSITION_MODE, FX_COMMAND_ALL_INSTRUMENTS, 2);
    command.u.position_mode.asset = engine_kit_asset("BTC");
    command.u.position_mode.is_hedge = 1;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(kit.result.is_changed, 1);
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = 2,
                                      .instrument = 1,
                                      .side = FX_SIDE_BUY,
                                      .position_side = FX_POSITION_SIDE_LONG,
                                      .ticks = 100,
                                      .lots = 1),
                     FX_OK);
    counter(FX_SIDE_BUY, 90, 1);
    command.u.position_mode.asset = engine_kit_asset("EUR");
    assert_int_equal(engine_kit_apply(&kit, &command), FX_ACCOUNT_NOT_FOUND);
    command.u.position_mode.is_hedge = 2;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_PARAMETER);
    assert_int_equal(engine_kit_mode(&kit, 77, true), FX_ACCOUNT_NOT_FOUND);
}

/* What is open on either side, an order or one that waits keeps the mode. */
static void position_setting_mode_is_locked_until_flat_and_without_orders(void **state)
{
    (void)state;
    assert_int_equal(HEDGE(BUY, LONG, .ticks = 90, .lots = 1), FX_OK);
    const uint64_t resting = kit.result.order_id;
    assert_int_equal(engine_kit_mode(&kit, 1, false), FX_POSITION_MODE_LOCKED);
    assert_int_equal(engine_kit_cancel(&kit, 1, resting), FX_OK);
    assert_int_equal(HEDGE(SELL,
                           LONG,
                           .type = FX_ORDER_TYPE_STOP_MARKET,
                           .source = FX_TRIGGER_SOURCE_MARK,
                           .trigger_ticks = 80,
                           .lots = 1),
                     FX_OK);
    const uint64_t waiting = kit.result.order_id;
    assert_int_equal(engine_kit_mode(&kit, 1, false), FX_POSITION_MODE_LOCKED);
    assert_int_equal(engine_kit_cancel(&kit, 1, waiting), FX_OK);
    counter(FX_SIDE_BUY, 100, 1);
    assert_int_equal(HEDGE(SELL, SHORT, .ticks = 100, .lots = 1), FX_OK);
    assert_int_equal(engine_kit_mode(&kit, 1, false), FX_POSITION_MODE_LOCKED);
    counter(FX_SIDE_SELL, 100, 1);
    assert_int_equal(HEDGE(BUY, SHORT, .ticks = 100, .lots = 1), FX_OK);
    assert_int_equal(position(FX_POSITION_SIDE_SHORT).lots, 0);
    assert_int_equal(engine_kit_mode(&kit, 1, false), FX_OK);
}

/* ---- orders in hedge mode ---------------------------------------------------------------------
 */

static void position_setting_hedge_order_needs_a_side(void **state)
{
    (void)state;
    const struct engine_kit_order order = {
        .user_id = 1, .side = FX_SIDE_BUY, .ticks = 90, .lots = 1};
    assert_int_equal(engine_kit_order(&kit, &order), FX_POSITION_SIDE_MISMATCH);
    assert_int_equal(kit.result.reject.field, FX_FIELD_POSITION_SIDE);
    assert_int_equal(HEDGE(BUY, BOTH, .ticks = 90, .lots = 1), FX_POSITION_SIDE_MISMATCH);
    assert_int_equal(HEDGE(BUY, LONG, .ticks = 90, .lots = 1), FX_OK);
    assert_int_equal(engine_kit_event(&kit, FX_EVENT_ORDER, 0)->u.order.position_side,
                     FX_POSITION_SIDE_LONG);
}

static void position_setting_hedge_order_that_opens_is_never_reduce_only(void **state)
{
    (void)state;
    open_both();
    assert_int_equal(HEDGE(BUY, LONG, .ticks = 90, .lots = 1, .is_reduce_only = true),
                     FX_REDUCE_ONLY_REJECTED);
    assert_int_equal(HEDGE(SELL, SHORT, .ticks = 110, .lots = 1, .is_reduce_only = true),
                     FX_REDUCE_ONLY_REJECTED);
    assert_int_equal(HEDGE(BUY,
                           LONG,
                           .type = FX_ORDER_TYPE_STOP_MARKET,
                           .trigger_ticks = 120,
                           .is_close_position = true),
                     FX_REDUCE_ONLY_REJECTED);
}

/* It is cut to what is open, reserves nothing, and shrinks with the position. */
static void position_setting_hedge_order_that_closes_only_reduces(void **state)
{
    (void)state;
    open_both();
    assert_int_equal(HEDGE(SELL, LONG, .ticks = 110, .lots = 9), FX_OK);
    const uint64_t closing = kit.result.order_id;
    const struct fx_event_order *row = engine_kit_row(&kit, closing);
    assert_int_equal(row->lots, 5);
    assert_int_equal(row->is_reduce_only, 1);
    assert_int_equal(row->note, FX_ORDER_NOTE_REDUCE_ONLY);
    assert_true(position(FX_POSITION_SIDE_LONG).reserve == 0);
    counter(FX_SIDE_BUY, 100, 2);
    assert_int_equal(HEDGE(SELL, LONG, .ticks = 100, .lots = 2), FX_OK);
    assert_int_equal(position(FX_POSITION_SIDE_LONG).lots, 3);
    assert_int_equal(position(FX_POSITION_SIDE_SHORT).lots, -3);
    assert_int_equal(engine_kit_row(&kit, closing)->remaining_lots, 3);
    assert_int_equal(HEDGE(SELL, LONG, .ticks = 120, .lots = 1), FX_REDUCE_ONLY_REJECTED);
    assert_int_equal(HEDGE(SELL, LONG, .ticks = 105, .lots = 1), FX_OK); /* the other gives way */
    assert_int_equal(engine_kit_row(&kit, closing)->remaining_lots, 2);
    assert_int_equal(HEDGE(BUY, SHORT, .ticks = 90, .lots = 4), FX_OK);
    assert_int_equal(engine_kit_event(&kit, FX_EVENT_ORDER, 0)->u.order.lots, 3);
}

/* Reserve: of the buys of a long and the sells of a short, each position for itself. */
static void position_setting_hedge_reserves_each_side(void **state)
{
    (void)state;
    assert_int_equal(HEDGE(BUY, LONG, .ticks = 90, .lots = 4), FX_OK);
    assert_int_equal(HEDGE(SELL, SHORT, .ticks = 110, .lots = 2), FX_OK);
    assert_true(position(FX_POSITION_SIDE_LONG).reserve == engine_kit_decimal("18"));
    assert_true(position(FX_POSITION_SIDE_SHORT).reserve == engine_kit_decimal("11"));
}

static void position_setting_hedge_close_position_fires_for_its_side(void **state)
{
    (void)state;
    open_both();
    assert_int_equal(HEDGE(BUY,
                           SHORT,
                           .type = FX_ORDER_TYPE_STOP_MARKET,
                           .source = FX_TRIGGER_SOURCE_MARK,
                           .trigger_ticks = 105,
                           .is_close_position = true),
                     FX_OK);
    counter(FX_SIDE_SELL, 101, 9);
    assert_int_equal(engine_kit_mark(&kit, 0, 105), FX_OK);
    assert_int_equal(position(FX_POSITION_SIDE_SHORT).lots, 0);
    assert_int_equal(position(FX_POSITION_SIDE_LONG).lots, 5);
}

static void position_setting_hedge_protects_each_side(void **state)
{
    (void)state;
    open_both();
    struct fx_command command = engine_kit_command(FX_COMMAND_ADJUST_TP_SL, 0, 1);
    struct fx_command_tp_sl *tp_sl = &command.u.tp_sl;
    tp_sl->take_profit_ticks = 110;
    tp_sl->stop_loss_ticks = 90;
    tp_sl->take_profit_source = FX_TRIGGER_SOURCE_MARK;
    tp_sl->stop_loss_source = FX_TRIGGER_SOURCE_MARK;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_POSITION_SIDE_MISMATCH);
    tp_sl->position_side = FX_POSITION_SIDE_LONG;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    tp_sl->position_side = FX_POSITION_SIDE_SHORT;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_TRIGGER_WOULD_FIRE);
    tp_sl->take_profit_ticks = 90;
    tp_sl->stop_loss_ticks = 110;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    counter(FX_SIDE_BUY, 100, 9);
    counter(FX_SIDE_SELL, 115, 9);
    /* At 110 the long takes its profit from the bids, the short its loss from the asks. */
    assert_int_equal(engine_kit_mark(&kit, 0, 110), FX_OK);
    assert_int_equal(position(FX_POSITION_SIDE_LONG).lots, 0);
    assert_int_equal(position(FX_POSITION_SIDE_SHORT).lots, 0);
    assert_int_equal(kit.engine->untriggered_count, 0);
}

static void position_setting_amend_in_hedge_mode_stays_within_the_position(void **state)
{
    (void)state;
    open_both();
    assert_int_equal(HEDGE(SELL, LONG, .ticks = 110, .lots = 2), FX_OK);
    const uint64_t closing = kit.result.order_id;
    assert_int_equal(engine_kit_amend(&kit, 1, closing, 111, 8), FX_OK);
    assert_int_equal(engine_kit_row(&kit, closing)->remaining_lots, 5);
}

static void position_setting_deadline_ends_both_sides(void **state)
{
    (void)state;
    assert_int_equal(HEDGE(BUY, LONG, .ticks = 90, .lots = 4), FX_OK);
    assert_int_equal(HEDGE(SELL, SHORT, .ticks = 110, .lots = 2), FX_OK);
    struct fx_command command = engine_kit_command(FX_COMMAND_CANCEL_ALL_AFTER, 0, 1);
    command.u.countdown.countdown_us = 1000;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(engine_kit_tick(&kit, kit.time_us + 2000), FX_OK);
    assert_int_equal(kit.result.count, 2);
    assert_int_equal(kit.engine->order_count, 0);
}

/* ---- settings ---------------------------------------------------------------------------------
 */

static void position_setting_leverage_is_one_of_both_sides(void **state)
{
    (void)state;
    open_both();
    assert_int_equal(HEDGE(BUY, LONG, .ticks = 90, .lots = 4), FX_OK);
    assert_int_equal(set_leverage(1000, 0), FX_OK);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_POSITION), 2);
    assert_int_equal(position(FX_POSITION_SIDE_LONG).leverage_centi, 1000);
    assert_int_equal(position(FX_POSITION_SIDE_SHORT).leverage_centi, 1000);
    assert_true(position(FX_POSITION_SIDE_LONG).reserve == engine_kit_decimal("36"));
    assert_int_equal(set_leverage(0, FX_MARGIN_MODE_ISOLATED), FX_MARGIN_MODE_LOCKED);
    assert_int_equal(set_leverage(1000, 0), FX_OK);
    assert_int_equal(kit.result.is_changed, 0);
}

/* The record of the other side, and of the other mode, begins with the symbol's setting. */
static void position_setting_is_kept_over_sides_and_modes(void **state)
{
    (void)state;
    assert_int_equal(set_leverage(700, FX_MARGIN_MODE_ISOLATED), FX_OK);
    counter(FX_SIDE_BUY, 100, 7);
    assert_int_equal(HEDGE(SELL, SHORT, .ticks = 100, .lots = 7), FX_OK);
    assert_int_equal(position(FX_POSITION_SIDE_SHORT).leverage_centi, 700);
    assert_int_equal(position(FX_POSITION_SIDE_SHORT).margin_mode, FX_MARGIN_MODE_ISOLATED);
    assert_true(position(FX_POSITION_SIDE_SHORT).position_margin == engine_kit_decimal("100"));
    counter(FX_SIDE_SELL, 100, 7);
    assert_int_equal(HEDGE(BUY, SHORT, .ticks = 100, .lots = 7), FX_OK);
    assert_int_equal(engine_kit_mode(&kit, 1, false), FX_OK);
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = 1, .side = FX_SIDE_BUY, .ticks = 90, .lots = 1), FX_OK);
    assert_int_equal(position(FX_POSITION_SIDE_BOTH).leverage_centi, 700);
    assert_int_equal(position(FX_POSITION_SIDE_BOTH).margin_mode, FX_MARGIN_MODE_ISOLATED);
}

/* What an order of the one side asks for is taken back on both where the order is refused. */
static void position_setting_of_a_refused_order_is_taken_back_on_both_sides(void **state)
{
    (void)state;
    assert_int_equal(HEDGE(BUY, LONG, .ticks = 90, .lots = 1), FX_OK);
    assert_int_equal(HEDGE(SELL, SHORT, .ticks = 110, .lots = 1), FX_OK);
    /* The kit sees that a reject leaves the hash of the content as it was. */
    assert_int_equal(HEDGE(BUY, LONG, .ticks = 100, .lots = 990000, .leverage_centi = 200),
                     FX_INSUFFICIENT_MARGIN);
    assert_int_equal(position(FX_POSITION_SIDE_LONG).leverage_centi, 2000);
    assert_int_equal(position(FX_POSITION_SIDE_SHORT).leverage_centi, 2000);
    assert_int_equal(HEDGE(BUY, LONG, .ticks = 91, .lots = 1, .leverage_centi = 500), FX_OK);
    assert_int_equal(position(FX_POSITION_SIDE_SHORT).leverage_centi, 500);
}

static void position_setting_margin_goes_to_the_side_that_is_named(void **state)
{
    (void)state;
    assert_int_equal(set_leverage(1000, FX_MARGIN_MODE_ISOLATED), FX_OK);
    open_both();
    struct fx_command command = engine_kit_command(FX_COMMAND_ADJUST_MARGIN_POSITION, 0, 1);
    command.u.margin.amount = engine_kit_decimal("7");
    assert_int_equal(engine_kit_apply(&kit, &command), FX_POSITION_SIDE_MISMATCH);
    command.u.margin.position_side = FX_POSITION_SIDE_SHORT;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_true(position(FX_POSITION_SIDE_SHORT).adjust_margin == engine_kit_decimal("7"));
    assert_true(position(FX_POSITION_SIDE_LONG).adjust_margin == 0);
    command.u.margin.position_side = 9;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_PARAMETER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(position_setting_same_mode_changes_nothing),
        CASE(position_setting_mode_of_one_asset_leaves_the_others),
        CASE(position_setting_mode_is_locked_until_flat_and_without_orders),
        CASE(position_setting_hedge_order_needs_a_side),
        CASE(position_setting_hedge_order_that_opens_is_never_reduce_only),
        CASE(position_setting_hedge_order_that_closes_only_reduces),
        CASE(position_setting_hedge_reserves_each_side),
        CASE(position_setting_hedge_close_position_fires_for_its_side),
        CASE(position_setting_hedge_protects_each_side),
        CASE(position_setting_amend_in_hedge_mode_stays_within_the_position),
        CASE(position_setting_deadline_ends_both_sides),
        CASE(position_setting_leverage_is_one_of_both_sides),
        CASE(position_setting_is_kept_over_sides_and_modes),
        CASE(position_setting_of_a_refused_order_is_taken_back_on_both_sides),
        CASE(position_setting_margin_goes_to_the_side_that_is_named),
    };
    return cmocka_run_group_tests_name("position_setting", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
