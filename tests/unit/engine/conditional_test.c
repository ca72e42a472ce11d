/* Conditional orders: what is asked of them, when they fire, and what becomes of them then. */
#include "engine/triggers_int.h"
#include "engine_fixture.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

#define CASE(name)     cmocka_unit_test_setup_teardown(name, setup, teardown)
#define PLACE(...)     ENGINE_KIT_PLACE(&kit, __VA_ARGS__)
#define MUST(...)      assert_int_equal(PLACE(__VA_ARGS__), FX_OK)
#define NOTE_OF(order) engine_kit_row(&kit, order)->note

static uint64_t rest(uint64_t user_id, enum fx_side side, int64_t ticks, int64_t lots)
{
    MUST(.user_id = user_id, .side = side, .ticks = ticks, .lots = lots);
    return kit.result.order_id;
}

/* A trade of one lot between users 3 and 4: the last price moves there. */
static void trade_at(int64_t ticks)
{
    (void)rest(3, FX_SIDE_SELL, ticks, 1);
    (void)rest(4, FX_SIDE_BUY, ticks, 1);
}

static uint64_t stop(uint64_t user_id, enum fx_side side, int64_t trigger, int64_t lots)
{
    MUST(.user_id = user_id,
         .side = side,
         .type = FX_ORDER_TYPE_STOP_MARKET,
         .trigger_ticks = trigger,
         .lots = lots,
         .source = FX_TRIGGER_SOURCE_MARK);
    assert_int_equal(kit.result.order_status, FX_ORDER_STATUS_UNTRIGGERED);
    return kit.result.order_id;
}

static enum fx_order_status status_of(uint64_t order)
{
    const struct fx_event_order *row = engine_kit_row(&kit, order);
    return row == NULL ? 0 : (enum fx_order_status)row->status;
}

static void conditional_waits_in_no_book_and_reserves_nothing(void **state)
{
    (void)state;
    const uint64_t order = stop(1, FX_SIDE_BUY, 110, 5);
    const struct fx_event_order *row = engine_kit_row(&kit, order);
    assert_int_equal(row->status, FX_ORDER_STATUS_UNTRIGGERED);
    assert_int_equal(row->trigger_ticks, 110);
    assert_int_equal(row->condition, FX_TRIGGER_CONDITION_GT);
    assert_int_equal(row->source, FX_TRIGGER_SOURCE_MARK);
    assert_true(row->order_margin == 0);
    assert_int_equal(kit.events.count, 2); /* ORDER, RESULT: nothing else has changed */
    assert_true(engine_kit_position(&kit, 1, 0).reserve == 0);
    assert_int_equal(engine_kit_depth(&kit, 0, FX_SIDE_BUY, 110), 0);
}

static void conditional_fires_at_its_price_and_not_before(void **state)
{
    (void)state;
    (void)rest(2, FX_SIDE_SELL, 101, 10);
    const uint64_t order = stop(1, FX_SIDE_BUY, 110, 5);
    assert_int_equal(engine_kit_mark(&kit, 0, 109), FX_OK);
    assert_null(engine_kit_row(&kit, order));
    assert_int_equal(engine_kit_mark(&kit, 0, 110), FX_OK);
    assert_int_equal(status_of(order), FX_ORDER_STATUS_FILLED);
    /* It goes to the book and trades at the best price there. */
    assert_int_equal(engine_kit_event(&kit, FX_EVENT_TRADE, 0)->u.trade.price_ticks, 101);
    assert_int_equal(engine_kit_position(&kit, 1, 0).lots, 5);
}

/* The default conditions of the four types and two sides, at a mark of 100. */
static void conditional_direction_follows_type_and_side(void **state)
{
    (void)state;
    static const struct {
        enum fx_order_type type;
        enum fx_side side;
        enum fx_trigger_condition condition;
    } CASES[] = {
        {FX_ORDER_TYPE_STOP_MARKET, FX_SIDE_BUY, FX_TRIGGER_CONDITION_GT},
        {FX_ORDER_TYPE_STOP_MARKET, FX_SIDE_SELL, FX_TRIGGER_CONDITION_LT},
        {FX_ORDER_TYPE_STOP_LIMIT, FX_SIDE_BUY, FX_TRIGGER_CONDITION_GT},
        {FX_ORDER_TYPE_TAKE_PROFIT_MARKET, FX_SIDE_BUY, FX_TRIGGER_CONDITION_LT},
        {FX_ORDER_TYPE_TAKE_PROFIT_LIMIT, FX_SIDE_SELL, FX_TRIGGER_CONDITION_GT},
    };
    for (uint32_t index = 0; index < sizeof CASES / sizeof CASES[0]; index++) {
        const bool is_above = CASES[index].condition == FX_TRIGGER_CONDITION_GT;
        struct engine_kit_order order = {
            .user_id = 1,
            .side = CASES[index].side,
            .type = CASES[index].type,
            .lots = 1,
            .ticks = fx_order_type_is_market(CASES[index].type) ? 0 : 100,
            .source = FX_TRIGGER_SOURCE_MARK,
            .trigger_ticks = 100, /* at the price is reached */
        };
        assert_int_equal(engine_kit_order(&kit, &order), FX_TRIGGER_WOULD_FIRE);
        assert_int_equal(kit.result.reject.field, FX_FIELD_TRIGGER_PRICE);
        assert_true(kit.result.reject.limit == engine_kit_decimal("100"));
        order.trigger_ticks = is_above ? 99 : 101;
        assert_int_equal(engine_kit_order(&kit, &order), FX_TRIGGER_WOULD_FIRE);
        order.trigger_ticks = is_above ? 101 : 99;
        assert_int_equal(engine_kit_order(&kit, &order), FX_OK);
        assert_int_equal(engine_kit_row(&kit, kit.result.order_id)->condition,
                         CASES[index].condition);
        /* The other way round where the client says so. */
        order.condition = is_above ? FX_TRIGGER_CONDITION_LT : FX_TRIGGER_CONDITION_GT;
        assert_int_equal(engine_kit_order(&kit, &order), FX_TRIGGER_WOULD_FIRE);
    }
}

static void conditional_bad_input_is_refused_by_name(void **state)
{
    (void)state;
    struct engine_kit_order order = {.user_id = 1,
                                     .side = FX_SIDE_BUY,
                                     .type = FX_ORDER_TYPE_STOP_MARKET,
                                     .lots = 1,
                                     .source = FX_TRIGGER_SOURCE_MARK};
    assert_int_equal(engine_kit_order(&kit, &order), FX_PRICE_FILTER); /* no trigger price */
    assert_int_equal(kit.result.reject.field, FX_FIELD_TRIGGER_PRICE);
    order.trigger_ticks = 1000001;
    assert_int_equal(engine_kit_order(&kit, &order), FX_PRICE_FILTER);
    order.trigger_ticks = 110;
    order.callback_ppb = 5000000;
    assert_int_equal(engine_kit_order(&kit, &order), FX_BAD_PARAMETER);
    assert_int_equal(kit.result.reject.field, FX_FIELD_CALLBACK_RATE);
    order.callback_ppb = 0;
    order.ticks = 5;
    assert_int_equal(engine_kit_order(&kit, &order), FX_BAD_PARAMETER);
    assert_int_equal(kit.result.reject.field, FX_FIELD_PRICE);
    order.ticks = 0;
    order.source = 4;
    assert_int_equal(engine_kit_order(&kit, &order), FX_BAD_PARAMETER);
    assert_int_equal(kit.result.reject.field, FX_FIELD_TRIGGER_BY);
    order.source = FX_TRIGGER_SOURCE_MARK;
    order.is_close_position = true; /* with a quantity */
    assert_int_equal(engine_kit_order(&kit, &order), FX_BAD_PARAMETER);
    assert_int_equal(kit.result.reject.field, FX_FIELD_CLOSE_POSITION);
    order.is_close_position = false;
    order.lots = 0;
    assert_int_equal(engine_kit_order(&kit, &order), FX_LOT_SIZE);
    order.lots = 600000;
    assert_int_equal(engine_kit_order(&kit, &order), FX_MARKET_LOT_SIZE);
    order.lots = 1;
    order.tif = FX_TIME_IN_FORCE_GTD;
    order.expire_us = 99000000;
    assert_int_equal(engine_kit_order(&kit, &order), FX_BAD_TIME_IN_FORCE);
    /* Trailing: the rate's bounds, the activation price on the right side. */
    order = (struct engine_kit_order){.user_id = 1,
                                      .side = FX_SIDE_SELL,
                                      .type = FX_ORDER_TYPE_TRAILING_STOP,
                                      .lots = 1,
                                      .source = FX_TRIGGER_SOURCE_MARK,
                                      .callback_ppb = 999999};
    assert_int_equal(engine_kit_order(&kit, &order), FX_BAD_PARAMETER);
    order.callback_ppb = 100000001;
    assert_int_equal(engine_kit_order(&kit, &order), FX_BAD_PARAMETER);
    order.callback_ppb = 100000000;
    order.condition = FX_TRIGGER_CONDITION_GT;
    assert_int_equal(engine_kit_order(&kit, &order), FX_BAD_PARAMETER);
    order.condition = 0;
    order.trigger_ticks = 100;
    assert_int_equal(engine_kit_order(&kit, &order), FX_TRIGGER_WOULD_FIRE);
    assert_int_equal(kit.result.reject.field, FX_FIELD_ACTIVATION_PRICE);
    order.trigger_ticks = 101;
    assert_int_equal(engine_kit_order(&kit, &order), FX_OK);
    order.source = FX_TRIGGER_SOURCE_LAST; /* no trade yet: nothing to start from */
    order.trigger_ticks = 0;
    assert_int_equal(engine_kit_order(&kit, &order), FX_NO_TRIGGER_PRICE);
    order.type = FX_ORDER_TYPE_LIMIT; /* a plain order is no conditional one */
    struct fx_command command = engine_kit_place_command(&order);
    command.kind = FX_COMMAND_PLACE_CONDITIONAL;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_PARAMETER);
}

static void conditional_count_is_limited_per_symbol(void **state)
{
    (void)state;
    for (int64_t count = 0; count < 10; count++) { /* algo_orders_max of the kit */
        (void)stop(1, FX_SIDE_BUY, 110 + count, 1);
    }
    assert_int_equal(PLACE(.user_id = 1,
                           .side = FX_SIDE_BUY,
                           .type = FX_ORDER_TYPE_STOP_MARKET,
                           .trigger_ticks = 150,
                           .lots = 1,
                           .source = FX_TRIGGER_SOURCE_MARK),
                     FX_MAX_NUM_ALGO_ORDERS);
    assert_true(kit.result.reject.limit == 10);
    (void)stop(2, FX_SIDE_BUY, 110, 1);
    (void)rest(1, FX_SIDE_BUY, 90, 1); /* plain orders are counted by themselves */
}

/* Nearest first, of equal prices the older; the second one's trade is at the price that the first
 * has left. */
static void conditional_orders_fire_by_distance_then_arrival(void **state)
{
    (void)state;
    (void)rest(2, FX_SIDE_SELL, 101, 1);
    (void)rest(2, FX_SIDE_SELL, 102, 1);
    (void)rest(2, FX_SIDE_SELL, 103, 1);
    const uint64_t far = stop(1, FX_SIDE_BUY, 112, 1);
    const uint64_t near = stop(3, FX_SIDE_BUY, 111, 1);
    const uint64_t same = stop(4, FX_SIDE_BUY, 111, 1);
    assert_int_equal(engine_kit_mark(&kit, 0, 120), FX_OK);
    const uint64_t order[] = {near, same, far};
    for (uint32_t index = 0; index < 3; index++) {
        const struct fx_event_trade *trade =
            &engine_kit_event(&kit, FX_EVENT_TRADE, index)->u.trade;
        assert_int_equal(trade->buy_order_id, order[index]);
        assert_int_equal(trade->price_ticks, 101 + index);
    }
}

/* A stop's own trade moves the last price over the next stop: all in one command. */
static void conditional_cascade_runs_in_one_command(void **state)
{
    (void)state;
    trade_at(100);
    (void)rest(2, FX_SIDE_BUY, 99, 1);
    (void)rest(2, FX_SIDE_BUY, 97, 1);
    (void)rest(2, FX_SIDE_BUY, 96, 5);
    uint64_t stops[2];
    for (uint32_t index = 0; index < 2; index++) {
        MUST(.user_id = 1,
             .side = FX_SIDE_SELL,
             .type = FX_ORDER_TYPE_STOP_MARKET,
             .trigger_ticks = 99 - 2 * (int64_t)index,
             .lots = 1);
        stops[index] = kit.result.order_id;
    }
    (void)rest(3, FX_SIDE_SELL, 99, 1); /* 99 fires the first, which sells at 97, … */
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_TRADE), 3);
    assert_int_equal(status_of(stops[0]), FX_ORDER_STATUS_FILLED);
    assert_int_equal(status_of(stops[1]), FX_ORDER_STATUS_FILLED); /* … which fires the second */
    assert_int_equal(engine_kit_event(&kit, FX_EVENT_TRADE, 1)->u.trade.price_ticks, 97);
    assert_int_equal(engine_kit_event(&kit, FX_EVENT_TRADE, 2)->u.trade.price_ticks, 96);
    assert_int_equal(kit.result.order_status, FX_ORDER_STATUS_FILLED); /* of the command's order */
}

/* fills_max of the kit is 16: after so much work the rest fires in the next TICK, due at once. */
static void conditional_work_is_bounded_and_goes_on(void **state)
{
    (void)state;
    for (uint64_t user = 1; user <= 3; user++) {
        for (int64_t count = 0; count < 9; count++) {
            (void)stop(user, FX_SIDE_BUY, 110, 1);
        }
    }
    assert_int_equal(engine_kit_mark(&kit, 0, 110), FX_OK);
    /* Each is one piece of work for firing and one for ending: the book is empty. */
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_ORDER), 8);
    assert_true(fx_engine_next_due_us(kit.engine) == FX_ENGINE_DUE_NOW);
    assert_int_equal(engine_kit_mark(&kit, 0, 100), FX_OK); /* what was crossed stays crossed */
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_ORDER), 8);
    assert_int_equal(PLACE(.user_id = 4,
                           .side = FX_SIDE_BUY,
                           .type = FX_ORDER_TYPE_STOP_MARKET,
                           .trigger_ticks = 105,
                           .lots = 1,
                           .source = FX_TRIGGER_SOURCE_MARK),
                     FX_TRIGGER_WOULD_FIRE); /* it would stand among them */
    assert_int_equal(engine_kit_tick(&kit, kit.time_us), FX_OK);
    assert_int_equal(engine_kit_tick(&kit, kit.time_us), FX_OK);
    assert_int_equal(kit.engine->order_count, 0);
    assert_true(fx_engine_next_due_us(kit.engine) == INT64_MAX);
    (void)stop(4, FX_SIDE_BUY, 105, 1);
}

static void conditional_limit_goes_to_the_book(void **state)
{
    (void)state;
    MUST(.user_id = 1,
         .side = FX_SIDE_SELL,
         .type = FX_ORDER_TYPE_STOP_LIMIT,
         .trigger_ticks = 95,
         .ticks = 94,
         .lots = 3,
         .source = FX_TRIGGER_SOURCE_INDEX);
    const uint64_t order = kit.result.order_id;
    (void)rest(2, FX_SIDE_BUY, 94, 1);
    assert_int_equal(engine_kit_mark(&kit, 0, 95), FX_OK);
    assert_int_equal(status_of(order), FX_ORDER_STATUS_PARTIALLY_FILLED);
    assert_int_equal(engine_kit_depth(&kit, 0, FX_SIDE_SELL, 94), 2);
    assert_true(engine_kit_position(&kit, 1, 0).reserve > 0); /* from now on */
    assert_int_equal(engine_kit_row(&kit, order)->type, FX_ORDER_TYPE_STOP_LIMIT);
    assert_int_equal(engine_kit_row(&kit, order)->trigger_ticks, 95);
    /* CANCEL_ALL of scope STOP means what has not fired, LIMIT what is in the book. */
    struct fx_command command = engine_kit_command(FX_COMMAND_CANCEL_ALL, 0, 1);
    command.u.cancel_all.scope = FX_CANCEL_SCOPE_STOP;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(kit.result.count, 0);
    command.u.cancel_all.scope = FX_CANCEL_SCOPE_LIMIT;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(kit.result.count, 1);
}

static void conditional_cancel_scopes_keep_kinds_apart(void **state)
{
    (void)state;
    (void)rest(1, FX_SIDE_BUY, 90, 1);
    const uint64_t one = stop(1, FX_SIDE_BUY, 110, 1);
    (void)stop(1, FX_SIDE_BUY, 111, 1);
    assert_int_equal(engine_kit_cancel(&kit, 1, one), FX_OK);
    assert_int_equal(status_of(one), FX_ORDER_STATUS_CANCELED);
    struct fx_command command = engine_kit_command(FX_COMMAND_CANCEL_ALL, 0, 1);
    command.u.cancel_all.scope = FX_CANCEL_SCOPE_STOP;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(kit.result.count, 1);
    assert_int_equal(kit.engine->order_count, 1);
    (void)stop(1, FX_SIDE_BUY, 111, 1);
    command.u.cancel_all.scope = FX_CANCEL_SCOPE_ALL;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(kit.result.count, 2);
}

/* Margin is judged when it fires: not enough then is REJECTED with the reason, and no trace else.
 */
static void conditional_margin_is_judged_when_it_fires(void **state)
{
    (void)state;
    engine_kit_account(&kit, 9, "USDT", "10");
    const uint64_t order = stop(9, FX_SIDE_BUY, 110, 1000); /* needs 5,000 at 20x */
    (void)rest(2, FX_SIDE_SELL, 101, 1000);
    assert_int_equal(engine_kit_mark(&kit, 0, 110), FX_OK);
    assert_int_equal(status_of(order), FX_ORDER_STATUS_REJECTED);
    assert_int_equal(NOTE_OF(order), FX_ORDER_NOTE_INSUFFICIENT_MARGIN);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_TRADE), 0);
}

/* It needs no margin and is never refused for it; what the position does not hold is cut off. */
static void conditional_reduce_only_closes_what_there_is(void **state)
{
    (void)state;
    (void)rest(2, FX_SIDE_SELL, 100, 3);
    (void)rest(1, FX_SIDE_BUY, 100, 3);
    MUST(.user_id = 1,
         .side = FX_SIDE_SELL,
         .type = FX_ORDER_TYPE_STOP_MARKET,
         .trigger_ticks = 95,
         .lots = 8,
         .is_reduce_only = true,
         .source = FX_TRIGGER_SOURCE_MARK);
    const uint64_t order = kit.result.order_id;
    (void)rest(2, FX_SIDE_BUY, 96, 9);
    assert_int_equal(engine_kit_mark(&kit, 0, 95), FX_OK);
    assert_int_equal(status_of(order), FX_ORDER_STATUS_FILLED);
    assert_int_equal(engine_kit_row(&kit, order)->lots, 3);
    assert_int_equal(NOTE_OF(order), FX_ORDER_NOTE_REDUCE_ONLY);
    assert_int_equal(engine_kit_position(&kit, 1, 0).lots, 0);
}

static void conditional_close_position_takes_the_whole(void **state)
{
    (void)state;
    MUST(.user_id = 1,
         .side = FX_SIDE_SELL,
         .type = FX_ORDER_TYPE_STOP_MARKET,
         .trigger_ticks = 95,
         .is_close_position = true,
         .source = FX_TRIGGER_SOURCE_MARK);
    const uint64_t order = kit.result.order_id;
    assert_int_equal(engine_kit_row(&kit, order)->lots, 0);
    assert_int_equal(engine_kit_row(&kit, order)->is_close_position, 1);
    (void)rest(2, FX_SIDE_SELL, 100, 7); /* the position comes after the order */
    (void)rest(1, FX_SIDE_BUY, 100, 7);
    (void)rest(2, FX_SIDE_BUY, 96, 9);
    assert_int_equal(engine_kit_mark(&kit, 0, 95), FX_OK);
    assert_int_equal(status_of(order), FX_ORDER_STATUS_FILLED);
    assert_int_equal(engine_kit_row(&kit, order)->lots, 7);
    assert_int_equal(engine_kit_position(&kit, 1, 0).lots, 0);
}

static void conditional_close_of_a_flat_position_expires(void **state)
{
    (void)state;
    MUST(.user_id = 1,
         .side = FX_SIDE_SELL,
         .type = FX_ORDER_TYPE_TAKE_PROFIT_MARKET,
         .trigger_ticks = 105,
         .is_close_position = true,
         .source = FX_TRIGGER_SOURCE_MARK);
    const uint64_t order = kit.result.order_id;
    assert_int_equal(engine_kit_mark(&kit, 0, 105), FX_OK);
    assert_int_equal(status_of(order), FX_ORDER_STATUS_EXPIRED);
    assert_int_equal(NOTE_OF(order), FX_ORDER_NOTE_NO_POSITION);
}

static void conditional_trailing_follows_and_fires(void **state)
{
    (void)state;
    (void)rest(2, FX_SIDE_BUY, 100, 10);
    MUST(.user_id = 1,
         .side = FX_SIDE_SELL,
         .type = FX_ORDER_TYPE_TRAILING_STOP,
         .trigger_ticks = 110,
         .callback_ppb = 50000000,
         .lots = 2,
         .source = FX_TRIGGER_SOURCE_MARK);
    const uint64_t order = kit.result.order_id;
    const int64_t quiet[] = {109, 90, 110, 105, 150, 143};
    for (uint32_t index = 0; index < sizeof quiet / sizeof quiet[0]; index++) {
        assert_int_equal(engine_kit_mark(&kit, 0, quiet[index]), FX_OK);
        assert_null(engine_kit_row(&kit, order));
    }
    /* 150 x 0.95 = 142.5: at 143 the distance is not there yet, at 142 it is. */
    assert_int_equal(engine_kit_mark(&kit, 0, 142), FX_OK);
    assert_int_equal(status_of(order), FX_ORDER_STATUS_FILLED);
}

static void conditional_trailing_buy_follows_down(void **state)
{
    (void)state;
    (void)rest(2, FX_SIDE_SELL, 100, 10);
    MUST(.user_id = 1,
         .side = FX_SIDE_BUY,
         .type = FX_ORDER_TYPE_TRAILING_STOP,
         .callback_ppb = 100000000,
         .lots = 2,
         .source = FX_TRIGGER_SOURCE_MARK); /* active at once, from 100 */
    const uint64_t order = kit.result.order_id;
    const int64_t quiet[] = {109, 55, 60}; /* 55 x 1.1 = 60.5 */
    for (uint32_t index = 0; index < sizeof quiet / sizeof quiet[0]; index++) {
        assert_int_equal(engine_kit_mark(&kit, 0, quiet[index]), FX_OK);
        assert_null(engine_kit_row(&kit, order));
    }
    assert_int_equal(engine_kit_mark(&kit, 0, 61), FX_OK);
    assert_int_equal(status_of(order), FX_ORDER_STATUS_FILLED);
}

static uint64_t trail(uint64_t user_id, int32_t percent)
{
    MUST(.user_id = user_id,
         .side = FX_SIDE_SELL,
         .type = FX_ORDER_TYPE_TRAILING_STOP,
         .callback_ppb = percent * 10000000,
         .lots = 1,
         .source = FX_TRIGGER_SOURCE_MARK);
    return kit.result.order_id;
}

static int64_t extreme_of(uint64_t order)
{
    const fx_slot slot = fx_order_pool_find(kit.engine, order);
    return fx_trigger_extreme(kit.engine, fx_trigger_of(kit.engine, slot)).ticks;
}

/* Stops that start on the way down have lower extremes; a price that comes back to them, and to the
 * tick of an older one, makes them one group. The kit checks groups, stacks and trees each time. */
static void conditional_trailing_groups_merge(void **state)
{
    (void)state;
    assert_int_equal(engine_kit_mark(&kit, 0, 1000), FX_OK);
    uint64_t orders[6];
    for (uint32_t index = 0; index < 6; index++) {
        orders[index] = trail(1 + index % 2, 10 - (int32_t)index); /* at 1000, 995, 990, … */
        assert_int_equal(engine_kit_mark(&kit, 0, 995 - 5 * (int64_t)index), FX_OK);
    }
    assert_int_equal(extreme_of(orders[5]), 975);
    assert_int_equal(engine_kit_mark(&kit, 0, 985), FX_OK); /* exactly the fourth's */
    for (uint32_t index = 3; index < 6; index++) {
        assert_int_equal(extreme_of(orders[index]), 985);
    }
    assert_int_equal(extreme_of(orders[2]), 990);
    assert_int_equal(engine_kit_cancel(&kit, 2, orders[3]), FX_OK);
    assert_int_equal(engine_kit_mark(&kit, 0, 1001), FX_OK); /* beyond all */
    for (uint32_t index = 0; index < 6; index++) {
        assert_true(index == 3 || extreme_of(orders[index]) == 1001);
    }
    assert_int_equal(engine_kit_mark(&kit, 0, 941), FX_OK); /* 6 % is at 940.94, 5 % at 950.95 */
    assert_int_equal(status_of(orders[5]), FX_ORDER_STATUS_EXPIRED);
    assert_null(engine_kit_row(&kit, orders[4]));
    assert_int_equal(engine_kit_mark(&kit, 0, 1), FX_OK);
    for (uint32_t index = 0; index < 5; index++) { /* the nearest stop first */
        assert_true(index == 3 || status_of(orders[index]) == FX_ORDER_STATUS_EXPIRED);
    }
    assert_int_equal(engine_kit_event(&kit, FX_EVENT_ORDER, 0)->u.order.order_id, orders[4]);
    assert_int_equal(kit.engine->order_count, 0);
    assert_int_equal(kit.engine->trigger_count, 0);
}

static void conditional_price_protect_lets_it_expire(void **state)
{
    (void)state;
    trade_at(100);
    MUST(.user_id = 1,
         .side = FX_SIDE_BUY,
         .type = FX_ORDER_TYPE_STOP_MARKET,
         .trigger_ticks = 105,
         .lots = 1,
         .is_price_protected = true,
         .source = FX_TRIGGER_SOURCE_MARK);
    const uint64_t within = kit.result.order_id;
    assert_int_equal(engine_kit_mark(&kit, 0, 105), FX_OK); /* |105 - 100| <= 5 % of 105 = 5.25 */
    assert_int_equal(NOTE_OF(within), FX_ORDER_NOTE_IOC_REMAINDER); /* it fired, into no book */
    MUST(.user_id = 1,
         .side = FX_SIDE_BUY,
         .type = FX_ORDER_TYPE_STOP_MARKET,
         .trigger_ticks = 106,
         .lots = 1,
         .is_price_protected = true,
         .source = FX_TRIGGER_SOURCE_MARK);
    const uint64_t beyond = kit.result.order_id;
    assert_int_equal(engine_kit_mark(&kit, 0, 106), FX_OK); /* 6 > 5.3 */
    assert_int_equal(status_of(beyond), FX_ORDER_STATUS_EXPIRED);
    assert_int_equal(NOTE_OF(beyond), FX_ORDER_NOTE_PRICE_PROTECT);
}

/* Nothing fires while a symbol does not trade; what was crossed does once it goes on. */
/* A closePosition order has the quantity of its position. */
static void conditional_amend_of_a_quantity_that_it_does_not_have(void **state)
{
    (void)state;
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = 2, .side = FX_SIDE_SELL, .ticks = 100, .lots = 3), FX_OK);
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = 1, .side = FX_SIDE_BUY, .ticks = 100, .lots = 3), FX_OK);
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = 1,
                                      .side = FX_SIDE_SELL,
                                      .type = FX_ORDER_TYPE_STOP_MARKET,
                                      .source = FX_TRIGGER_SOURCE_MARK,
                                      .trigger_ticks = 90,
                                      .is_close_position = true),
                     FX_OK);
    struct fx_command command = engine_kit_command(FX_COMMAND_AMEND_CONDITIONAL, 0, 1);
    command.u.amend.order_id = kit.result.order_id;
    command.u.amend.lots = 2;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_PARAMETER);
    assert_int_equal(kit.result.reject.field, FX_FIELD_QUANTITY);
}

static void conditional_halt_holds_it_back(void **state)
{
    (void)state;
    (void)rest(2, FX_SIDE_SELL, 101, 10);
    const uint64_t order = stop(1, FX_SIDE_BUY, 110, 1);
    assert_int_equal(engine_kit_state(&kit, 0, FX_INSTRUMENT_STATE_HALTED), FX_OK);
    assert_int_equal(engine_kit_mark(&kit, 0, 111), FX_OK);
    assert_int_equal(engine_kit_mark(&kit, 0, 100), FX_OK);
    assert_null(engine_kit_row(&kit, order));
    assert_true(fx_engine_next_due_us(kit.engine) == INT64_MAX);
    assert_int_equal(engine_kit_state(&kit, 0, FX_INSTRUMENT_STATE_TRADING), FX_OK);
    assert_int_equal(status_of(order), FX_ORDER_STATUS_FILLED);
}

static void conditional_expires_while_it_waits(void **state)
{
    (void)state;
    MUST(.user_id = 1,
         .side = FX_SIDE_BUY,
         .type = FX_ORDER_TYPE_STOP_LIMIT,
         .trigger_ticks = 110,
         .ticks = 111,
         .lots = 1,
         .tif = FX_TIME_IN_FORCE_GTD,
         .expire_us = 5000000,
         .source = FX_TRIGGER_SOURCE_MARK);
    const uint64_t order = kit.result.order_id;
    kit.time_us = 5000000; /* before its TICK: it does not fire any more */
    assert_int_equal(engine_kit_mark(&kit, 0, 110), FX_OK);
    assert_int_equal(status_of(order), FX_ORDER_STATUS_EXPIRED);
    assert_int_equal(NOTE_OF(order), FX_ORDER_NOTE_EXPIRED);
}

static fx_status amend(uint64_t order, int64_t trigger, int64_t ticks, int64_t lots)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_AMEND_CONDITIONAL, FX_COMMAND_ALL_INSTRUMENTS, 1);
    command.u.amend.order_id = order;
    command.u.amend.price_ticks = ticks;
    command.u.amend.lots = lots;
    command.u.amend_conditional.trigger_ticks = trigger;
    return engine_kit_apply(&kit, &command);
}

static void conditional_amend_moves_the_trigger(void **state)
{
    (void)state;
    const uint64_t order = stop(1, FX_SIDE_BUY, 110, 1);
    assert_int_equal(amend(order, 100, 0, 0), FX_TRIGGER_WOULD_FIRE);
    assert_int_equal(amend(order, 1000001, 0, 0), FX_PRICE_FILTER);
    assert_int_equal(amend(order, 0, 100, 0), FX_BAD_PARAMETER); /* it has no limit price */
    assert_int_equal(amend(order, -1, 0, 0), FX_BAD_PARAMETER);
    assert_int_equal(amend(order, 110, 0, 1), FX_OK);
    assert_int_equal(kit.result.is_changed, 0);
    assert_int_equal(amend(order, 120, 0, 4), FX_OK);
    assert_int_equal(kit.result.is_changed, 1);
    assert_int_equal(engine_kit_row(&kit, order)->trigger_ticks, 120);
    assert_int_equal(engine_kit_row(&kit, order)->lots, 4);
    assert_int_equal(engine_kit_mark(&kit, 0, 119), FX_OK);
    assert_null(engine_kit_row(&kit, order));
    assert_int_equal(engine_kit_mark(&kit, 0, 120), FX_OK);
    assert_non_null(engine_kit_row(&kit, order));
    const uint64_t plain = rest(1, FX_SIDE_BUY, 90, 1);
    assert_int_equal(amend(plain, 95, 0, 0), FX_BAD_PARAMETER);
    assert_int_equal(amend(plain, 0, 91, 0), FX_OK);
}

static void conditional_repeat_gives_the_first_answer(void **state)
{
    (void)state;
    struct engine_kit_order order = {.user_id = 1,
                                     .side = FX_SIDE_BUY,
                                     .type = FX_ORDER_TYPE_STOP_MARKET,
                                     .trigger_ticks = 110,
                                     .lots = 1,
                                     .source = FX_TRIGGER_SOURCE_MARK,
                                     .client_id = "a"};
    assert_int_equal(engine_kit_order(&kit, &order), FX_OK);
    const uint64_t first = kit.result.order_id;
    assert_int_equal(engine_kit_order(&kit, &order), FX_OK);
    assert_int_equal(kit.result.is_repeated, 1);
    assert_int_equal(kit.result.order_id, first);
    assert_int_equal(kit.result.order_status, FX_ORDER_STATUS_UNTRIGGERED);
    order.trigger_ticks = 111;
    assert_int_equal(engine_kit_order(&kit, &order), FX_DUPLICATE_CLIENT_ORDER_ID);
    order.trigger_ticks = 110;
    order.is_price_protected = true;
    assert_int_equal(engine_kit_order(&kit, &order), FX_DUPLICATE_CLIENT_ORDER_ID);
}

static void conditional_locks_the_margin_mode(void **state)
{
    (void)state;
    (void)stop(1, FX_SIDE_BUY, 110, 1);
    struct fx_command command = engine_kit_command(FX_COMMAND_ADJUST_LEVERAGE, 0, 1);
    command.u.leverage.margin_mode = FX_MARGIN_MODE_ISOLATED;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_MARGIN_MODE_LOCKED);
}

/* Crossed orders that are left over, trailing groups and plain ones come back from a snapshot. */
static void conditional_survives_a_snapshot(void **state)
{
    (void)state;
    for (int64_t count = 0; count < 9; count++) {
        (void)stop(1, FX_SIDE_BUY, 110, 1);
        (void)stop(2, FX_SIDE_BUY, 110 + count % 3, 1);
    }
    for (int32_t rate = 1; rate <= 3; rate++) {
        MUST(.user_id = 3,
             .side = FX_SIDE_SELL,
             .type = FX_ORDER_TYPE_TRAILING_STOP,
             .callback_ppb = rate * 10000000,
             .lots = 1,
             .source = FX_TRIGGER_SOURCE_MARK);
    }
    assert_int_equal(engine_kit_mark(&kit, 0, 111), FX_OK);
    assert_true(kit.engine->has_crossed);
    const size_t size = fx_engine_save_size(kit.engine);
    char *saved = malloc(size);
    assert_non_null(saved);
    fx_engine_save(kit.engine, saved, size);
    const struct fx_engine_limits limits = engine_kit_limits();
    struct fx_engine *original = kit.engine, *loaded = NULL;
    assert_int_equal(
        fx_engine_load(engine_kit_memory(&limits), &limits, (fx_str){saved, size}, &loaded), FX_OK);
    fx_engine_check(loaded);
    assert_true(fx_engine_hash(loaded) == fx_engine_hash(original));
    assert_true(fx_engine_next_due_us(loaded) == fx_engine_next_due_us(original));
    struct fx_command command = engine_kit_command(FX_COMMAND_MARK_PRICE, 0, 0);
    command.u.mark.mark_ticks = 108;
    command.u.mark.index_ticks = 108;
    for (uint32_t step = 0; step < 3; step++) {
        assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
        const uint32_t count = kit.events.count;
        kit.engine = loaded;
        assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
        assert_int_equal(kit.events.count, count);
        kit.engine = original;
        assert_true(fx_engine_hash(loaded) == fx_engine_hash(original));
        command.u.mark.mark_ticks--;
    }
    free(loaded);
    free(saved);
}

/* One that was crossed and has had no turn yet keeps its trigger: it is about to fire. */
static void conditional_crossed_one_cannot_be_moved_any_more(void **state)
{
    (void)state;
    kit.engine->limits.fills_max = 2;
    (void)rest(2, FX_SIDE_SELL, 101, 10);
    const uint64_t first = stop(1, FX_SIDE_BUY, 110, 1);
    const uint64_t second = stop(1, FX_SIDE_BUY, 111, 1);
    struct fx_command command = engine_kit_command(FX_COMMAND_MARK_PRICE, 0, 0);
    command.u.mark.mark_ticks = 115;
    command.u.mark.index_ticks = 115;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(status_of(first), FX_ORDER_STATUS_FILLED);
    assert_int_equal(status_of(second), 0);
    command = engine_kit_command(FX_COMMAND_AMEND_CONDITIONAL, FX_COMMAND_ALL_INSTRUMENTS, 1);
    command.u.amend.order_id = second;
    command.u.amend_conditional.trigger_ticks = 120;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_TRIGGER_WOULD_FIRE);
    assert_int_equal(kit.result.reject.field, FX_FIELD_TRIGGER_PRICE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(conditional_waits_in_no_book_and_reserves_nothing),
        CASE(conditional_fires_at_its_price_and_not_before),
        CASE(conditional_direction_follows_type_and_side),
        CASE(conditional_bad_input_is_refused_by_name),
        CASE(conditional_count_is_limited_per_symbol),
        CASE(conditional_orders_fire_by_distance_then_arrival),
        CASE(conditional_cascade_runs_in_one_command),
        CASE(conditional_work_is_bounded_and_goes_on),
        CASE(conditional_limit_goes_to_the_book),
        CASE(conditional_cancel_scopes_keep_kinds_apart),
        CASE(conditional_margin_is_judged_when_it_fires),
        CASE(conditional_reduce_only_closes_what_there_is),
        CASE(conditional_close_position_takes_the_whole),
        CASE(conditional_close_of_a_flat_position_expires),
        CASE(conditional_trailing_follows_and_fires),
        CASE(conditional_trailing_buy_follows_down),
        CASE(conditional_trailing_groups_merge),
        CASE(conditional_price_protect_lets_it_expire),
        CASE(conditional_amend_of_a_quantity_that_it_does_not_have),
        CASE(conditional_halt_holds_it_back),
        CASE(conditional_expires_while_it_waits),
        CASE(conditional_amend_moves_the_trigger),
        CASE(conditional_repeat_gives_the_first_answer),
        CASE(conditional_locks_the_margin_mode),
        CASE(conditional_survives_a_snapshot),
        CASE(conditional_crossed_one_cannot_be_moved_any_more),
    };
    return cmocka_run_group_tests_name("conditional", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
