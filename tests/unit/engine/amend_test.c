/* Amend, cancel one, cancel many. */
#include "engine_fixture.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

/* Place a limit order that must be taken. @return its id. */
static uint64_t rest(uint64_t user_id, enum fx_side side, int64_t ticks, int64_t lots)
{
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = user_id, .side = side, .ticks = ticks, .lots = lots),
        FX_OK);
    return kit.result.order_id;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void amend_smaller_quantity_keeps_its_place(void **state)
{
    (void)state;
    const uint64_t first = rest(1, FX_SIDE_BUY, 99, 5);
    (void)rest(2, FX_SIDE_BUY, 99, 5);
    assert_int_equal(engine_kit_amend(&kit, 1, first, 0, 3), FX_OK);
    assert_int_equal(kit.result.is_changed, 1);
    assert_int_equal(engine_kit_row(&kit, first)->lots, 3);
    (void)rest(3, FX_SIDE_SELL, 99, 1);
    assert_int_equal(engine_kit_event(&kit, FX_EVENT_TRADE, 0)->u.trade.buy_order_id, first);
}

static void amend_larger_quantity_loses_its_place(void **state)
{
    (void)state;
    const uint64_t first = rest(1, FX_SIDE_BUY, 99, 5);
    const uint64_t second = rest(2, FX_SIDE_BUY, 99, 5);
    assert_int_equal(engine_kit_amend(&kit, 1, first, 99, 6), FX_OK);
    (void)rest(3, FX_SIDE_SELL, 99, 1);
    assert_int_equal(engine_kit_event(&kit, FX_EVENT_TRADE, 0)->u.trade.buy_order_id, second);
}

static void amend_price_away_and_back_loses_its_place(void **state)
{
    (void)state;
    const uint64_t first = rest(1, FX_SIDE_BUY, 99, 5);
    const uint64_t second = rest(2, FX_SIDE_BUY, 99, 5);
    assert_int_equal(engine_kit_amend(&kit, 1, first, 98, 0), FX_OK);
    assert_int_equal(engine_kit_depth(&kit, 0, FX_SIDE_BUY, 98), 5);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_BOOK), 2);
    assert_int_equal(engine_kit_amend(&kit, 1, first, 99, 0), FX_OK);
    (void)rest(3, FX_SIDE_SELL, 99, 1);
    assert_int_equal(engine_kit_event(&kit, FX_EVENT_TRADE, 0)->u.trade.buy_order_id, second);
}

static void amend_to_the_same_changes_nothing(void **state)
{
    (void)state;
    const uint64_t order = rest(1, FX_SIDE_BUY, 99, 5);
    assert_int_equal(engine_kit_amend(&kit, 1, order, 99, 5), FX_OK);
    assert_int_equal(kit.result.is_changed, 0);
    assert_int_equal(kit.events.count, 1);
    assert_int_equal(engine_kit_amend(&kit, 1, order, 0, 0), FX_OK);
    assert_int_equal(kit.result.is_changed, 0);
}

static void amend_across_the_market_trades(void **state)
{
    (void)state;
    const uint64_t maker = rest(1, FX_SIDE_SELL, 101, 3);
    const uint64_t order = rest(2, FX_SIDE_BUY, 99, 5);
    assert_int_equal(engine_kit_amend(&kit, 2, order, 101, 0), FX_OK);
    assert_int_equal(engine_kit_row(&kit, maker)->status, FX_ORDER_STATUS_FILLED);
    assert_int_equal(kit.result.order_status, FX_ORDER_STATUS_PARTIALLY_FILLED);
    assert_int_equal(engine_kit_row(&kit, order)->remaining_lots, 2);
    assert_int_equal(engine_kit_depth(&kit, 0, FX_SIDE_BUY, 101), 2);
}

static void amend_of_post_only_across_the_market_is_rejected(void **state)
{
    (void)state;
    (void)rest(1, FX_SIDE_SELL, 101, 3);
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = 2,
                                      .side = FX_SIDE_BUY,
                                      .ticks = 99,
                                      .lots = 1,
                                      .post_only = FX_POST_ONLY_MODE_SLIDE),
                     FX_OK);
    assert_int_equal(engine_kit_amend(&kit, 2, kit.result.order_id, 101, 0),
                     FX_POST_ONLY_WOULD_TAKE);
}

/* 3 of 5 are filled: a new quantity of 3 or less leaves nothing. */
static void amend_to_what_is_filled_cancels(void **state)
{
    (void)state;
    const uint64_t order = rest(2, FX_SIDE_BUY, 99, 5);
    (void)rest(1, FX_SIDE_SELL, 99, 3);
    assert_int_equal(engine_kit_amend(&kit, 2, order, 0, 4), FX_OK);
    assert_int_equal(engine_kit_row(&kit, order)->remaining_lots, 1);
    assert_int_equal(engine_kit_row(&kit, order)->status, FX_ORDER_STATUS_PARTIALLY_FILLED);
    assert_int_equal(engine_kit_amend(&kit, 2, order, 50, 3), FX_OK);
    assert_int_equal(engine_kit_row(&kit, order)->status, FX_ORDER_STATUS_CANCELED);
    assert_int_equal(engine_kit_row(&kit, order)->note, FX_ORDER_NOTE_AMENDED_TO_FILLED);
    assert_int_equal(kit.engine->order_count, 0);
}

static void amend_margin_is_asked_again(void **state)
{
    (void)state;
    engine_kit_account(&kit, 5, "USDT", "10");
    const uint64_t order = rest(5, FX_SIDE_BUY, 100, 1);
    assert_int_equal(engine_kit_amend(&kit, 5, order, 0, 3), FX_INSUFFICIENT_MARGIN);
    assert_int_equal(engine_kit_amend(&kit, 5, order, 0, 2), FX_OK);
    assert_int_equal(engine_kit_amend(&kit, 5, order, 101, 0), FX_INSUFFICIENT_MARGIN);
    assert_int_equal(engine_kit_amend(&kit, 5, order, 99, 0), FX_OK);
}

static void amend_filters_apply(void **state)
{
    (void)state;
    const uint64_t order = rest(1, FX_SIDE_BUY, 99, 5);
    assert_int_equal(engine_kit_amend(&kit, 1, order, 1000001, 0), FX_PRICE_FILTER);
    assert_int_equal(engine_kit_amend(&kit, 1, order, 0, 1000001), FX_LOT_SIZE);
    assert_int_equal(engine_kit_amend(&kit, 1, order, -1, 0), FX_BAD_PARAMETER);
    assert_int_equal(engine_kit_amend(&kit, 1, order, 0, -1), FX_BAD_PARAMETER);
}

static void amend_of_what_is_not_his_is_not_found(void **state)
{
    (void)state;
    const uint64_t order = rest(1, FX_SIDE_BUY, 99, 5);
    assert_int_equal(engine_kit_amend(&kit, 2, order, 98, 0), FX_ORDER_NOT_FOUND);
    assert_int_equal(engine_kit_amend(&kit, 1, order + 1, 98, 0), FX_ORDER_NOT_FOUND);
    assert_int_equal(engine_kit_amend(&kit, 1, 0, 98, 0), FX_ORDER_NOT_FOUND);
}

static void amend_needs_an_open_symbol_and_account(void **state)
{
    (void)state;
    const uint64_t order = rest(1, FX_SIDE_BUY, 99, 5);
    assert_int_equal(engine_kit_state(&kit, 0, FX_INSTRUMENT_STATE_CANCEL_ONLY), FX_OK);
    assert_int_equal(engine_kit_amend(&kit, 1, order, 98, 0), FX_INSTRUMENT_HALTED);
    assert_int_equal(engine_kit_state(&kit, 0, FX_INSTRUMENT_STATE_POST_ONLY), FX_OK);
    assert_int_equal(engine_kit_amend(&kit, 1, order, 98, 0), FX_INSTRUMENT_HALTED);
    assert_int_equal(engine_kit_state(&kit, 0, FX_INSTRUMENT_STATE_TRADING), FX_OK);
    struct fx_command command =
        engine_kit_command(FX_COMMAND_SET_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, 1);
    command.u.account.asset = engine_kit_asset("USDT");
    command.u.account.flags = FX_ACCOUNT_FLAG_TRADE_BLOCKED;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(engine_kit_amend(&kit, 1, order, 98, 0), FX_TRADING_NOT_ALLOWED);
    assert_int_equal(engine_kit_cancel(&kit, 1, order), FX_OK);
}

static void amend_of_reduce_only_stays_within_the_position(void **state)
{
    (void)state;
    (void)rest(1, FX_SIDE_SELL, 100, 5);
    (void)rest(2, FX_SIDE_BUY, 100, 5);
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = 2,
                                      .side = FX_SIDE_SELL,
                                      .ticks = 105,
                                      .lots = 3,
                                      .is_reduce_only = true),
                     FX_OK);
    const uint64_t near = kit.result.order_id;
    assert_int_equal(engine_kit_amend(&kit, 2, near, 0, 9), FX_OK);
    assert_int_equal(engine_kit_row(&kit, near)->lots, 5);
    assert_int_equal(engine_kit_row(&kit, near)->note, FX_ORDER_NOTE_REDUCE_ONLY);
    assert_int_equal(engine_kit_amend(&kit, 2, near, 0, 2), FX_OK);
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = 2,
                                      .side = FX_SIDE_SELL,
                                      .ticks = 104,
                                      .lots = 5,
                                      .is_reduce_only = true),
                     FX_OK);
    assert_int_equal(engine_kit_row(&kit, near)->status, FX_ORDER_STATUS_CANCELED);
}

/* A new price far from the market needs a level of its own, and all are taken. */
static void amend_to_a_level_without_room_is_refused(void **state)
{
    (void)state;
    struct fx_engine_limits limits = engine_kit_limits();
    const struct fx_instrument definition = engine_kit_definition("BTCUSDT");
    engine_kit_deinit(&kit);
    limits.book_overflow_levels_max = 64;
    engine_kit_init(&kit, &limits);
    assert_int_equal(engine_kit_list(&kit, &definition, 100), 0);
    for (uint64_t user_id = 1; user_id <= 3; user_id++) {
        engine_kit_account(&kit, user_id, "USDT", "1000000");
    }
    (void)rest(3, FX_SIDE_BUY, 100, 1);
    const uint64_t order = rest(3, FX_SIDE_SELL, 101, 1);
    for (int64_t level = 0; level < 64; level++) {
        (void)rest(1 + (uint64_t)level / 40, FX_SIDE_SELL, 3000 + 10 * level, 1);
    }
    assert_int_equal(engine_kit_amend(&kit, 3, order, 5000, 0), FX_CAPACITY);
    assert_int_equal(engine_kit_amend(&kit, 3, order, 3010, 0), FX_OK); /* a level that is there */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(amend_smaller_quantity_keeps_its_place),
        CASE(amend_larger_quantity_loses_its_place),
        CASE(amend_price_away_and_back_loses_its_place),
        CASE(amend_to_the_same_changes_nothing),
        CASE(amend_across_the_market_trades),
        CASE(amend_of_post_only_across_the_market_is_rejected),
        CASE(amend_to_what_is_filled_cancels),
        CASE(amend_margin_is_asked_again),
        CASE(amend_filters_apply),
        CASE(amend_of_what_is_not_his_is_not_found),
        CASE(amend_needs_an_open_symbol_and_account),
        CASE(amend_of_reduce_only_stays_within_the_position),
        CASE(amend_to_a_level_without_room_is_refused),
    };
    return cmocka_run_group_tests_name("amend", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
