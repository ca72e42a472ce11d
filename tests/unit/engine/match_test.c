/* Price-time priority, time in force, self-trade prevention, the fills limit, reduce-only. */
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

static const struct fx_event_trade *trade_at(uint32_t n)
{
    const struct fx_event *event = engine_kit_event(&kit, FX_EVENT_TRADE, n);
    assert_non_null(event);
    return &event->u.trade;
}

static void match_better_price_trades_first_at_maker_price(void **state)
{
    (void)state;
    const uint64_t worse = rest(1, FX_SIDE_SELL, 102, 5);
    const uint64_t better = rest(2, FX_SIDE_SELL, 101, 5);
    const uint64_t taker = rest(3, FX_SIDE_BUY, 103, 7);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_TRADE), 2);
    assert_int_equal(trade_at(0)->sell_order_id, better);
    assert_int_equal(trade_at(0)->price_ticks, 101);
    assert_int_equal(trade_at(0)->lots, 5);
    assert_int_equal(trade_at(0)->buy_order_id, taker);
    assert_int_equal(trade_at(0)->buyer_is_taker, 1);
    assert_int_equal(trade_at(1)->sell_order_id, worse);
    assert_int_equal(trade_at(1)->price_ticks, 102);
    assert_int_equal(trade_at(1)->lots, 2);
    assert_int_equal(kit.result.order_status, FX_ORDER_STATUS_FILLED);
    assert_int_equal(engine_kit_row(&kit, better)->status, FX_ORDER_STATUS_FILLED);
    assert_int_equal(engine_kit_row(&kit, worse)->status, FX_ORDER_STATUS_PARTIALLY_FILLED);
    assert_int_equal(engine_kit_row(&kit, worse)->remaining_lots, 3);
    assert_true(engine_kit_row(&kit, taker)->filled_value == engine_kit_decimal("709"));
}

static void match_older_order_trades_first(void **state)
{
    (void)state;
    const uint64_t older = rest(1, FX_SIDE_BUY, 99, 1);
    (void)rest(2, FX_SIDE_BUY, 99, 1);
    (void)rest(3, FX_SIDE_SELL, 99, 1);
    assert_int_equal(trade_at(0)->buy_order_id, older);
    assert_int_equal(trade_at(0)->buyer_is_taker, 0);
    assert_int_equal(engine_kit_depth(&kit, 0, FX_SIDE_BUY, 99), 1);
}

static void match_events_come_in_order_and_once(void **state)
{
    (void)state;
    (void)rest(1, FX_SIDE_SELL, 101, 5);
    (void)rest(1, FX_SIDE_SELL, 101, 5);
    (void)rest(2, FX_SIDE_BUY, 101, 12);
    const uint16_t kinds[] = {FX_EVENT_TRADE,
                              FX_EVENT_ORDER,
                              FX_EVENT_TRADE,
                              FX_EVENT_ORDER,
                              FX_EVENT_ORDER,
                              FX_EVENT_POSITION,
                              FX_EVENT_POSITION,
                              FX_EVENT_ACCOUNT,
                              FX_EVENT_ACCOUNT,
                              FX_EVENT_BOOK,
                              FX_EVENT_BOOK,
                              FX_EVENT_RESULT};
    assert_int_equal(kit.events.count, sizeof kinds / sizeof kinds[0]);
    for (uint32_t index = 0; index < kit.events.count; index++) {
        assert_int_equal(kit.events.items[index].kind, kinds[index]);
    }
    assert_int_equal(engine_kit_event(&kit, FX_EVENT_BOOK, 0)->u.book.lots, 0);
    assert_int_equal(engine_kit_event(&kit, FX_EVENT_BOOK, 1)->u.book.lots, 2);
}

static void match_ioc_remainder_expires(void **state)
{
    (void)state;
    (void)rest(1, FX_SIDE_SELL, 101, 5);
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = 2,
                                      .side = FX_SIDE_BUY,
                                      .ticks = 101,
                                      .lots = 8,
                                      .tif = FX_TIME_IN_FORCE_IOC),
                     FX_OK);
    const struct fx_event_order *row = engine_kit_row(&kit, kit.result.order_id);
    assert_int_equal(kit.result.order_status, FX_ORDER_STATUS_EXPIRED);
    assert_int_equal(row->note, FX_ORDER_NOTE_IOC_REMAINDER);
    assert_int_equal(row->remaining_lots, 3);
    assert_true(row->order_margin == 0);
    assert_int_equal(kit.engine->order_count, 0);
}

static fx_status fok(int64_t ticks, int64_t lots)
{
    return ENGINE_KIT_PLACE(&kit,
                            .user_id = 2,
                            .side = FX_SIDE_BUY,
                            .ticks = ticks,
                            .lots = lots,
                            .tif = FX_TIME_IN_FORCE_FOK);
}

static void match_fok_trades_all_or_is_rejected(void **state)
{
    (void)state;
    (void)rest(1, FX_SIDE_SELL, 101, 5);
    (void)rest(3, FX_SIDE_SELL, 102, 5);
    assert_int_equal(fok(102, 11), FX_FOK_NOT_FILLED);
    assert_int_equal(fok(101, 6), FX_FOK_NOT_FILLED);
    assert_int_equal(fok(102, 10), FX_OK);
    assert_int_equal(kit.result.order_status, FX_ORDER_STATUS_FILLED);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_TRADE), 2);
}

static void match_fok_does_not_count_own_orders(void **state)
{
    (void)state;
    (void)rest(2, FX_SIDE_SELL, 101, 5);
    (void)rest(1, FX_SIDE_SELL, 102, 5);
    assert_int_equal(fok(102, 6), FX_FOK_NOT_FILLED);
    assert_int_equal(fok(102, 5), FX_OK);
    assert_int_equal(kit.result.order_status, FX_ORDER_STATUS_FILLED);
}

static void match_fok_that_would_expire_by_self_trade_is_rejected(void **state)
{
    (void)state;
    (void)rest(2, FX_SIDE_SELL, 101, 5);
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = 2,
                                      .side = FX_SIDE_BUY,
                                      .ticks = 101,
                                      .lots = 5,
                                      .tif = FX_TIME_IN_FORCE_FOK,
                                      .stp = FX_STP_MODE_EXPIRE_TAKER),
                     FX_SELF_TRADE);
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = 2,
                                      .side = FX_SIDE_BUY,
                                      .ticks = 101,
                                      .lots = 5,
                                      .tif = FX_TIME_IN_FORCE_FOK,
                                      .stp = FX_STP_MODE_EXPIRE_BOTH),
                     FX_SELF_TRADE);
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = 2,
                                      .side = FX_SIDE_BUY,
                                      .ticks = 101,
                                      .lots = 5,
                                      .tif = FX_TIME_IN_FORCE_FOK,
                                      .stp = FX_STP_MODE_NONE),
                     FX_OK);
}

/* User 1 is long 10, offers 10 plainly at 101 and 10 reduce-only at 102. Once the first is bought
 * the second has nothing to reduce: it is not there for a FOK. */
static void match_fok_sees_reduce_only_makers_vanish(void **state)
{
    (void)state;
    (void)rest(3, FX_SIDE_SELL, 100, 10);
    (void)rest(1, FX_SIDE_BUY, 100, 10);
    (void)rest(1, FX_SIDE_SELL, 101, 7);
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = 1,
                                      .side = FX_SIDE_SELL,
                                      .ticks = 102,
                                      .lots = 10,
                                      .is_reduce_only = true),
                     FX_OK);
    assert_int_equal(fok(102, 11), FX_FOK_NOT_FILLED);
    assert_int_equal(fok(102, 10), FX_OK);
    assert_int_equal(kit.result.order_status, FX_ORDER_STATUS_FILLED);
    assert_int_equal(engine_kit_position(&kit, 1, 0).lots, 0);
    assert_int_equal(kit.engine->order_count, 0);
}

static void match_stp_expire_maker_goes_on_to_the_next(void **state)
{
    (void)state;
    const uint64_t own = rest(2, FX_SIDE_SELL, 101, 5);
    const uint64_t other = rest(1, FX_SIDE_SELL, 101, 5);
    const uint64_t taker = rest(2, FX_SIDE_BUY, 101, 5);
    assert_int_equal(engine_kit_row(&kit, own)->status, FX_ORDER_STATUS_EXPIRED);
    assert_int_equal(engine_kit_row(&kit, own)->note, FX_ORDER_NOTE_SELF_TRADE);
    assert_int_equal(trade_at(0)->sell_order_id, other);
    assert_int_equal(engine_kit_row(&kit, taker)->status, FX_ORDER_STATUS_FILLED);
}

static void match_stp_expire_taker_keeps_the_maker(void **state)
{
    (void)state;
    const uint64_t own = rest(2, FX_SIDE_SELL, 101, 5);
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = 2,
                                      .side = FX_SIDE_BUY,
                                      .ticks = 101,
                                      .lots = 5,
                                      .stp = FX_STP_MODE_EXPIRE_TAKER),
                     FX_OK);
    assert_int_equal(kit.result.order_status, FX_ORDER_STATUS_EXPIRED);
    assert_null(engine_kit_row(&kit, own));
    assert_int_equal(engine_kit_depth(&kit, 0, FX_SIDE_SELL, 101), 5);
}

static void match_stp_expire_both_ends_both(void **state)
{
    (void)state;
    const uint64_t own = rest(2, FX_SIDE_SELL, 101, 5);
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = 2,
                                      .side = FX_SIDE_BUY,
                                      .ticks = 101,
                                      .lots = 5,
                                      .stp = FX_STP_MODE_EXPIRE_BOTH),
                     FX_OK);
    assert_int_equal(kit.result.order_status, FX_ORDER_STATUS_EXPIRED);
    assert_int_equal(engine_kit_row(&kit, own)->status, FX_ORDER_STATUS_EXPIRED);
    assert_int_equal(kit.engine->order_count, 0);
}

static void match_stp_none_trades_with_itself(void **state)
{
    (void)state;
    (void)rest(2, FX_SIDE_SELL, 101, 5);
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = 2,
                                      .side = FX_SIDE_BUY,
                                      .ticks = 101,
                                      .lots = 5,
                                      .stp = FX_STP_MODE_NONE),
                     FX_OK);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_TRADE), 1);
    assert_int_equal(engine_kit_position(&kit, 2, 0).lots, 0);
}

static void match_fills_limit_cancels_the_rest(void **state)
{
    (void)state;
    const uint32_t fills_max = kit.engine->limits.fills_max;
    for (uint32_t count = 0; count < fills_max + 1; count++) {
        (void)rest(1 + 2 * (count % 2), FX_SIDE_SELL, 101, 1);
    }
    assert_int_equal(fok(101, fills_max + 1), FX_TAKER_LIMIT);
    const uint64_t taker = rest(2, FX_SIDE_BUY, 101, fills_max + 1);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_TRADE), fills_max);
    assert_int_equal(kit.result.order_status, FX_ORDER_STATUS_CANCELED);
    assert_int_equal(engine_kit_row(&kit, taker)->note, FX_ORDER_NOTE_TAKER_LIMIT);
    assert_int_equal(engine_kit_row(&kit, taker)->remaining_lots, 1);
}

static void match_fills_limit_reached_exactly_fills(void **state)
{
    (void)state;
    const uint32_t fills_max = kit.engine->limits.fills_max;
    for (uint32_t count = 0; count < fills_max; count++) {
        (void)rest(1, FX_SIDE_SELL, 101, 1);
    }
    assert_int_equal(fok(101, fills_max), FX_OK);
    assert_int_equal(kit.result.order_status, FX_ORDER_STATUS_FILLED);
}

static void match_expired_maker_never_trades(void **state)
{
    (void)state;
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = 1,
                                      .side = FX_SIDE_SELL,
                                      .ticks = 101,
                                      .lots = 5,
                                      .tif = FX_TIME_IN_FORCE_GTD,
                                      .expire_us = kit.time_us + 1000000),
                     FX_OK);
    const uint64_t maker = kit.result.order_id;
    kit.time_us += 1000000;
    assert_int_equal(fok(101, 5), FX_FOK_NOT_FILLED);
    (void)rest(2, FX_SIDE_BUY, 101, 5);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_TRADE), 0);
    assert_int_equal(engine_kit_row(&kit, maker)->status, FX_ORDER_STATUS_EXPIRED);
    assert_int_equal(engine_kit_row(&kit, maker)->note, FX_ORDER_NOTE_EXPIRED);
}

/* 5 lots at 100: 0.05 % of 500 = 0.25 for the taker; -0.02 % gives the maker 0.1. */
static void match_fees_are_charged_to_both_sides(void **state)
{
    (void)state;
    struct fx_instrument definition = engine_kit_definition("BTCUSDT");
    definition.maker_fee_ppb = -200000;
    definition.taker_fee_ppb = 500000;
    assert_int_equal(engine_kit_update(&kit, &definition), FX_OK);
    (void)rest(1, FX_SIDE_SELL, 100, 5);
    (void)rest(2, FX_SIDE_BUY, 100, 5);
    assert_true(trade_at(0)->value == engine_kit_decimal("500"));
    assert_true(trade_at(0)->buy_fee == engine_kit_decimal("0.25"));
    assert_true(trade_at(0)->sell_fee == engine_kit_decimal("-0.1"));
    assert_int_equal(trade_at(0)->buy_fee_ppb, 500000);
    assert_true(kit.engine->assets[0].fees == engine_kit_decimal("0.15"));
    assert_true(kit.engine->accounts[1].balance == engine_kit_decimal("999999.75"));
    assert_true(kit.engine->accounts[0].balance == engine_kit_decimal("1000000.1"));
}

static uint64_t reduce(uint64_t user_id, enum fx_side side, int64_t ticks, int64_t lots)
{
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = user_id,
                                      .side = side,
                                      .ticks = ticks,
                                      .lots = lots,
                                      .is_reduce_only = true),
                     FX_OK);
    return kit.result.order_id;
}

/* User 1 becomes long 10. */
static void go_long(void)
{
    (void)rest(3, FX_SIDE_SELL, 100, 10);
    (void)rest(1, FX_SIDE_BUY, 100, 10);
    assert_int_equal(engine_kit_position(&kit, 1, 0).lots, 10);
}

static void match_shrinking_position_takes_least_aggressive_reduce_only(void **state)
{
    (void)state;
    go_long();
    const uint64_t near = reduce(1, FX_SIDE_SELL, 105, 4);
    const uint64_t far = reduce(1, FX_SIDE_SELL, 110, 3);
    const uint64_t farther = reduce(1, FX_SIDE_SELL, 110, 3);
    (void)rest(2, FX_SIDE_BUY, 100, 5);
    (void)rest(1, FX_SIDE_SELL, 100, 5); /* 10 -> 5: ten resting lots become five */
    assert_int_equal(engine_kit_row(&kit, farther)->status, FX_ORDER_STATUS_CANCELED);
    assert_int_equal(engine_kit_row(&kit, farther)->note, FX_ORDER_NOTE_REDUCE_ONLY);
    assert_int_equal(engine_kit_row(&kit, far)->status, FX_ORDER_STATUS_ACTIVE);
    assert_int_equal(engine_kit_row(&kit, far)->lots, 1);
    assert_int_equal(engine_kit_row(&kit, far)->remaining_lots, 1);
    assert_int_equal(engine_kit_row(&kit, far)->note, FX_ORDER_NOTE_REDUCE_ONLY);
    assert_null(engine_kit_row(&kit, near));
    assert_int_equal(engine_kit_depth(&kit, 0, FX_SIDE_SELL, 105), 4);
}

static void match_turned_position_ends_all_reduce_only(void **state)
{
    (void)state;
    go_long();
    const uint64_t first = reduce(1, FX_SIDE_SELL, 105, 4);
    const uint64_t second = reduce(1, FX_SIDE_SELL, 106, 6);
    (void)rest(2, FX_SIDE_BUY, 100, 15);
    (void)rest(1, FX_SIDE_SELL, 100, 15);
    assert_int_equal(engine_kit_position(&kit, 1, 0).lots, -5);
    assert_int_equal(engine_kit_row(&kit, first)->status, FX_ORDER_STATUS_CANCELED);
    assert_int_equal(engine_kit_row(&kit, second)->status, FX_ORDER_STATUS_CANCELED);
}

static void match_reduce_only_maker_keeps_the_others_when_it_trades(void **state)
{
    (void)state;
    go_long();
    (void)reduce(1, FX_SIDE_SELL, 105, 4);
    (void)reduce(1, FX_SIDE_SELL, 106, 6);
    (void)rest(2, FX_SIDE_BUY, 105, 4);
    assert_int_equal(engine_kit_position(&kit, 1, 0).lots, 6);
    assert_int_equal(engine_kit_depth(&kit, 0, FX_SIDE_SELL, 106), 6);
}

static void match_reduce_only_short_mirrors(void **state)
{
    (void)state;
    (void)rest(3, FX_SIDE_BUY, 100, 10);
    (void)rest(1, FX_SIDE_SELL, 100, 10);
    const uint64_t near = reduce(1, FX_SIDE_BUY, 95, 6);
    const uint64_t far = reduce(1, FX_SIDE_BUY, 90, 4);
    (void)rest(2, FX_SIDE_SELL, 100, 7);
    (void)rest(1, FX_SIDE_BUY, 100, 7);
    assert_int_equal(engine_kit_position(&kit, 1, 0).lots, -3);
    assert_int_equal(engine_kit_row(&kit, far)->status, FX_ORDER_STATUS_CANCELED);
    assert_int_equal(engine_kit_row(&kit, near)->remaining_lots, 3);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(match_better_price_trades_first_at_maker_price),
        CASE(match_older_order_trades_first),
        CASE(match_events_come_in_order_and_once),
        CASE(match_ioc_remainder_expires),
        CASE(match_fok_trades_all_or_is_rejected),
        CASE(match_fok_does_not_count_own_orders),
        CASE(match_fok_that_would_expire_by_self_trade_is_rejected),
        CASE(match_fok_sees_reduce_only_makers_vanish),
        CASE(match_stp_expire_maker_goes_on_to_the_next),
        CASE(match_stp_expire_taker_keeps_the_maker),
        CASE(match_stp_expire_both_ends_both),
        CASE(match_stp_none_trades_with_itself),
        CASE(match_fills_limit_cancels_the_rest),
        CASE(match_fills_limit_reached_exactly_fills),
        CASE(match_expired_maker_never_trades),
        CASE(match_fees_are_charged_to_both_sides),
        CASE(match_shrinking_position_takes_least_aggressive_reduce_only),
        CASE(match_turned_position_ends_all_reduce_only),
        CASE(match_reduce_only_maker_keeps_the_others_when_it_trades),
        CASE(match_reduce_only_short_mirrors),
    };
    return cmocka_run_group_tests_name("match", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
