/* Rows of touched objects: a position's prices are said again only while they still hold (M8). */
#include <string.h>

#include "engine_fixture.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

/* User 1 buys from user 2. */
static void buy(uint32_t instrument, int64_t lots, enum fx_margin_mode mode)
{
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = 2,
                                      .side = FX_SIDE_SELL,
                                      .ticks = 100,
                                      .lots = lots,
                                      .instrument = instrument),
                     FX_OK);
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = 1,
                                      .side = FX_SIDE_BUY,
                                      .ticks = 100,
                                      .lots = lots,
                                      .instrument = instrument,
                                      .margin_mode = mode),
                     FX_OK);
}

/* An order of user 1 that rests far away, for the row; what it says must be what is. */
static int64_t said_after_an_order(void)
{
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = 1, .side = FX_SIDE_BUY, .ticks = 1, .lots = 1), FX_OK);
    const struct fx_event *event = engine_kit_event(&kit, FX_EVENT_POSITION, 0);
    assert_non_null(event);
    const struct fx_event_position *row = &event->u.position;
    const fx_slot slot = (fx_slot)(row->position_id - 1);
    const struct fx_margin_prices prices = fx_margin_prices(kit.engine, slot);
    assert_int_equal(row->instrument, 0);
    assert_int_equal(row->liquidation_ticks, prices.liquidation.ticks);
    assert_int_equal(row->bankrupt_ticks, prices.bankruptcy.ticks);
    return row->liquidation_ticks;
}

static void touch_prices_of_a_still_position_are_said_again(void **state)
{
    (void)state;
    buy(0, 20000, FX_MARGIN_MODE_CROSS);
    const int64_t first = said_after_an_order();
    assert_int_equal(first, 51); /* 20,000 x p x 0.995 = 2,000,000 - 1,000,000, up */
    assert_int_equal(engine_kit_mark(&kit, 0, 90), FX_OK);
    assert_int_equal(said_after_an_order(), first);
}

static void touch_prices_follow_a_deposit_and_a_withdrawal(void **state)
{
    (void)state;
    buy(0, 20000, FX_MARGIN_MODE_CROSS);
    const int64_t first = said_after_an_order();
    assert_int_equal(engine_kit_deposit(&kit, 1, "USDT", "200000"), FX_OK);
    assert_int_equal(said_after_an_order(), 41); /* 800,000 / 19,900, up */
    struct fx_command command = engine_kit_command(FX_COMMAND_WITHDRAW, 0, 1);
    command.u.transfer.asset = engine_kit_asset("USDT");
    command.u.transfer.amount = engine_kit_decimal("200000");
    command.u.transfer.type = FX_TRANSACTION_WITHDRAWAL;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(said_after_an_order(), first);
}

static void touch_prices_follow_new_tiers(void **state)
{
    (void)state;
    buy(0, 20000, FX_MARGIN_MODE_CROSS);
    (void)said_after_an_order();
    struct fx_command command = engine_kit_command(FX_COMMAND_LOAD_LEVERAGE_MARGIN, 0, 0);
    command.u.tiers.count = 1;
    command.u.tiers.tiers[0].cap = fx_dec_limit() - 1;
    command.u.tiers.tiers[0].rate_ppb = 40000000;
    command.u.tiers.tiers[0].leverage_max_centi = 2000;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(said_after_an_order(), 53); /* 1,000,000 / 19,200, up */
}

static void touch_prices_follow_a_fill(void **state)
{
    (void)state;
    buy(0, 20000, FX_MARGIN_MODE_CROSS);
    (void)said_after_an_order();
    buy(0, 20000, FX_MARGIN_MODE_CROSS);
    assert_int_equal(said_after_an_order(), 76); /* 3,000,000 / 39,800, up */
}

static void touch_prices_follow_the_mark_and_terms_of_another_position(void **state)
{
    (void)state;
    const struct fx_instrument definition = engine_kit_definition("ETHUSDT");
    const uint32_t other = engine_kit_list(&kit, &definition, 100);
    buy(0, 20000, FX_MARGIN_MODE_CROSS);
    buy(other, 10000, FX_MARGIN_MODE_CROSS);
    assert_int_equal(said_after_an_order(), 51); /* (1,000,000 + 5,000) / 19,900, up */
    assert_int_equal(engine_kit_mark(&kit, other, 80), FX_OK);
    assert_int_equal(said_after_an_order(), 61); /* (1,200,000 + 4,000) / 19,900, up */
    struct fx_command command = engine_kit_command(FX_COMMAND_LOAD_LEVERAGE_MARGIN, other, 0);
    command.u.tiers.count = 1;
    command.u.tiers.tiers[0].cap = fx_dec_limit() - 1;
    command.u.tiers.tiers[0].rate_ppb = 40000000;
    command.u.tiers.tiers[0].leverage_max_centi = 2000;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(said_after_an_order(), 62); /* (1,200,000 + 32,000) / 19,900, up */
}

static void touch_prices_follow_leverage_and_margin_of_an_isolated_position(void **state)
{
    (void)state;
    buy(0, 20000, FX_MARGIN_MODE_ISOLATED);
    assert_int_equal(said_after_an_order(), 96); /* 1,900,000 / 19,900, up */
    assert_int_equal(engine_kit_deposit(&kit, 1, "USDT", "200000"), FX_OK);
    assert_int_equal(said_after_an_order(), 96);
    struct fx_command command = engine_kit_command(FX_COMMAND_ADJUST_MARGIN_POSITION, 0, 1);
    command.u.margin.amount = engine_kit_decimal("100000");
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(said_after_an_order(), 91); /* 1,800,000 / 19,900, up */
    command = engine_kit_command(FX_COMMAND_ADJUST_LEVERAGE, 0, 1);
    command.u.leverage.leverage_centi = 500;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(said_after_an_order(), 76); /* 1,500,000 / 19,900, up */
}

/* Orders of user 1 on so many prices, twice on each; all cancelled by one command. */
static void cancel_two_on_each(uint32_t levels)
{
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t level = 0; level < levels; level++) {
            assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                              .user_id = 1,
                                              .side = level % 2 == 0 ? FX_SIDE_BUY : FX_SIDE_SELL,
                                              .ticks = level % 2 == 0 ? 90 - level : 110 + level,
                                              .lots = 1),
                             FX_OK);
        }
    }
    struct fx_command command =
        engine_kit_command(FX_COMMAND_CANCEL_ALL, FX_COMMAND_ALL_INSTRUMENTS, 1);
    command.u.cancel_all.scope = FX_CANCEL_SCOPE_ALL;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_ORDER), 2 * levels);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_BOOK), levels);
    for (uint32_t level = 0; level < levels; level++) {
        const struct fx_event_book *row = &engine_kit_event(&kit, FX_EVENT_BOOK, level)->u.book;
        assert_int_equal(row->price_ticks, level % 2 == 0 ? 90 - level : 110 + level);
        assert_int_equal(row->side, level % 2 == 0 ? FX_SIDE_BUY : FX_SIDE_SELL);
        assert_int_equal(row->count, 0);
    }
}

static void touch_level_is_said_once_however_many_there_are(void **state)
{
    (void)state;
    for (uint32_t levels = 1; levels <= 24; levels++) {
        cancel_two_on_each(levels);
    }
    cancel_two_on_each(3);
}

/* More levels than are compared one by one, at prices that share places of the table: each has its
 * row, once. */
static void touch_levels_of_a_sweep_have_a_row_each(void **state)
{
    (void)state;
    enum { LEVELS = 48 };
    int64_t ticks[LEVELS];
    for (int64_t level = 0; level < LEVELS; level++) {
        ticks[level] = 101 + level % 3 + level / 3 * 7035; /* such distances hash alike */
        assert_int_equal(
            ENGINE_KIT_PLACE(
                &kit, .user_id = 1, .side = FX_SIDE_SELL, .ticks = ticks[level], .lots = 1),
            FX_OK);
    }
    struct fx_command command = engine_kit_command(FX_COMMAND_CANCEL_ALL, 0, 1);
    command.u.cancel_all.scope = FX_CANCEL_SCOPE_ALL;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_BOOK), LEVELS);
    for (uint32_t level = 0; level < LEVELS; level++) {
        assert_int_equal(engine_kit_event(&kit, FX_EVENT_BOOK, level)->u.book.price_ticks,
                         ticks[level]);
    }
}

/* Two engines live through the same; what their events say is the same to the last byte of what
 * each kind uses, whatever lay in the caller's memory before. */
static struct engine_kit other;

static fx_status both(struct fx_command *command)
{
    command->sequence = fx_engine_sequence(kit.engine) + 1;
    command->time_us = kit.time_us;
    memset(kit.events.items, 0, 64 * sizeof kit.events.items[0]);
    memset(other.events.items, 0xff, 64 * sizeof other.events.items[0]);
    fx_engine_apply(kit.engine, command, &kit.events);
    fx_engine_apply(other.engine, command, &other.events);
    assert_int_equal(kit.events.count, other.events.count);
    assert_true(kit.events.count <= 64);
    for (uint32_t index = 0; index < kit.events.count; index++) {
        const struct fx_event *event = &kit.events.items[index];
        assert_memory_equal(event, &other.events.items[index], fx_event_size(event));
    }
    return kit.events.items[kit.events.count - 1].u.result.reject.status;
}

static void place_on_both(struct engine_kit_order order)
{
    struct fx_command command = engine_kit_place_command(&order);
    assert_int_equal(both(&command), FX_OK);
}

static void touch_rows_are_written_whole(void **state)
{
    (void)state;
    engine_kit_scene(&other);
    assert_true(fx_engine_sequence(kit.engine) == fx_engine_sequence(other.engine));
    /* It rests; it is met in part, and by one that ends; what is left of it goes. */
    place_on_both(
        (struct engine_kit_order){.user_id = 2, .side = FX_SIDE_SELL, .ticks = 100, .lots = 10});
    place_on_both(
        (struct engine_kit_order){.user_id = 1, .side = FX_SIDE_BUY, .ticks = 100, .lots = 4});
    assert_true(engine_kit_count(&kit, FX_EVENT_TRADE) == 1);
    assert_true(engine_kit_count(&kit, FX_EVENT_POSITION) == 2);
    place_on_both((struct engine_kit_order){
        .user_id = 1, .side = FX_SIDE_BUY, .ticks = 99, .lots = 5, .client_id = "a-name"});
    struct fx_command command = engine_kit_command(FX_COMMAND_CANCEL_ORDER, 0, 2);
    command.u.cancel.order_id = 1;
    assert_int_equal(both(&command), FX_OK);
    assert_true(engine_kit_count(&kit, FX_EVENT_BOOK) == 1);
    command = engine_kit_command(FX_COMMAND_CANCEL_ORDER, 0, 2);
    command.u.cancel.order_id = 77;
    assert_int_equal(both(&command), FX_ORDER_NOT_FOUND);
    place_on_both((struct engine_kit_order){.user_id = 1,
                                            .side = FX_SIDE_BUY,
                                            .ticks = 97,
                                            .lots = 5,
                                            .take_profit_ticks = 120,
                                            .stop_loss_ticks = 80});
    place_on_both((struct engine_kit_order){.user_id = 1,
                                            .side = FX_SIDE_SELL,
                                            .lots = 3,
                                            .type = FX_ORDER_TYPE_STOP_MARKET,
                                            .tif = FX_TIME_IN_FORCE_IOC,
                                            .trigger_ticks = 70});
    /* Flat again, and a new mark. */
    place_on_both(
        (struct engine_kit_order){.user_id = 2, .side = FX_SIDE_BUY, .ticks = 98, .lots = 4});
    place_on_both(
        (struct engine_kit_order){.user_id = 1, .side = FX_SIDE_SELL, .ticks = 98, .lots = 4});
    command = engine_kit_command(FX_COMMAND_MARK_PRICE, 0, 0);
    command.u.mark.mark_ticks = 97;
    command.u.mark.index_ticks = 97;
    assert_int_equal(both(&command), FX_OK);
    assert_true(fx_engine_hash(kit.engine) == fx_engine_hash(other.engine));
    engine_kit_deinit(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            touch_prices_of_a_still_position_are_said_again, setup, teardown),
        cmocka_unit_test_setup_teardown(
            touch_prices_follow_a_deposit_and_a_withdrawal, setup, teardown),
        cmocka_unit_test_setup_teardown(touch_prices_follow_new_tiers, setup, teardown),
        cmocka_unit_test_setup_teardown(
            touch_level_is_said_once_however_many_there_are, setup, teardown),
        cmocka_unit_test_setup_teardown(touch_prices_follow_a_fill, setup, teardown),
        cmocka_unit_test_setup_teardown(touch_levels_of_a_sweep_have_a_row_each, setup, teardown),
        cmocka_unit_test_setup_teardown(
            touch_prices_follow_the_mark_and_terms_of_another_position, setup, teardown),
        cmocka_unit_test_setup_teardown(
            touch_prices_follow_leverage_and_margin_of_an_isolated_position, setup, teardown),
        cmocka_unit_test_setup_teardown(touch_rows_are_written_whole, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
