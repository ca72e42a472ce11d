/* Take profit and stop loss of an order: they begin when it fills, follow what it filled, end each
 * other, and can never enlarge or turn a position. */
#include "engine/bracket_int.h"
#include "engine/triggers_int.h"
#include "engine_fixture.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

#define KEEP FX_COMMAND_TP_SL_KEEP
#define MARK FX_TRIGGER_SOURCE_MARK

/* Ids of an order and of the two that protect it; 0: none. */
struct three {
    uint64_t order;
    uint64_t profit;
    uint64_t loss;
};

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void rest(uint64_t user_id, enum fx_side side, int64_t ticks, int64_t lots)
{
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = user_id, .side = side, .ticks = ticks, .lots = lots),
        FX_OK);
}

/* A bracket, as its events say. */
static struct three place(const struct engine_kit_order *order)
{
    assert_int_equal(engine_kit_order(&kit, order), FX_OK);
    struct three three = {.order = kit.result.order_id};
    for (uint32_t index = 0; index < kit.events.count; index++) {
        const struct fx_event_order *row = &kit.events.items[index].u.order;
        if (kit.events.items[index].kind != FX_EVENT_ORDER || row->parent_order_id == 0) {
            continue;
        }
        assert_int_equal(row->parent_order_id, three.order);
        const bool is_profit = row->type == FX_ORDER_TYPE_TAKE_PROFIT_MARKET ||
                               row->type == FX_ORDER_TYPE_TAKE_PROFIT_LIMIT;
        *(is_profit ? &three.profit : &three.loss) = row->order_id;
    }
    return three;
}

/* User 1 buys at 100, take profit 110, stop loss 90, both by mark. */
static struct three buy_at_100(int64_t lots)
{
    return place(&(struct engine_kit_order){.user_id = 1,
                                            .side = FX_SIDE_BUY,
                                            .ticks = 100,
                                            .lots = lots,
                                            .take_profit_ticks = 110,
                                            .stop_loss_ticks = 90,
                                            .take_profit_source = MARK,
                                            .stop_loss_source = MARK});
}

static void sell_to(uint64_t user_id, int64_t ticks, int64_t lots)
{
    rest(user_id, FX_SIDE_SELL, ticks, lots);
}

static const struct fx_order *open_order(uint64_t id)
{
    const fx_slot slot = fx_order_pool_find(kit.engine, id);
    return slot == FX_SLOT_NONE ? NULL : &kit.engine->orders[slot];
}

#define ASSERT_OPEN(id, status_, lots_)                                                            \
    do {                                                                                           \
        assert_non_null(open_order(id));                                                           \
        assert_int_equal(open_order(id)->status, (status_));                                       \
        assert_int_equal(open_order(id)->lots, (lots_));                                           \
    } while (0)

#define ASSERT_ENDED(id, status_, note_)                                                           \
    do {                                                                                           \
        assert_null(open_order(id));                                                               \
        assert_non_null(engine_kit_row(&kit, id));                                                 \
        assert_int_equal(engine_kit_row(&kit, id)->status, (status_));                             \
        assert_int_equal(engine_kit_row(&kit, id)->note, (note_));                                 \
    } while (0)

static int64_t held(uint64_t user_id)
{
    return engine_kit_position(&kit, user_id, 0).lots;
}

static void bracket_waits_pending_and_its_rows_name_each_other(void **state)
{
    (void)state;
    const struct three three = buy_at_100(5);
    assert_true(three.profit != 0 && three.loss != 0);
    ASSERT_OPEN(three.profit, FX_ORDER_STATUS_PENDING, 0);
    ASSERT_OPEN(three.loss, FX_ORDER_STATUS_PENDING, 0);
    const struct fx_event_order *row = engine_kit_row(&kit, three.order);
    assert_int_equal(row->take_profit_order_id, three.profit);
    assert_int_equal(row->stop_loss_order_id, three.loss);
    assert_int_equal(row->parent_order_id, 0);
    row = engine_kit_row(&kit, three.loss);
    assert_int_equal(row->linked_order_id, three.profit);
    assert_int_equal(row->side, FX_SIDE_SELL);
    assert_int_equal(row->is_reduce_only, 1);
    assert_int_equal(row->condition, FX_TRIGGER_CONDITION_LT);
    /* A price beyond both means nothing to them yet. */
    assert_int_equal(engine_kit_mark(&kit, 0, 120), FX_OK);
    assert_int_equal(engine_kit_mark(&kit, 0, 80), FX_OK);
    ASSERT_OPEN(three.profit, FX_ORDER_STATUS_PENDING, 0);
    ASSERT_OPEN(three.loss, FX_ORDER_STATUS_PENDING, 0);
}

static void assert_names(uint64_t order, uint64_t profit, uint64_t loss)
{
    assert_non_null(engine_kit_row(&kit, order));
    assert_int_equal(engine_kit_row(&kit, order)->take_profit_order_id, profit);
    assert_int_equal(engine_kit_row(&kit, order)->stop_loss_order_id, loss);
}

/* No open order's row names one that has ended: cancelled, taken away, or fired in vain. */
static void bracket_rows_name_who_is_left(void **state)
{
    (void)state;
    struct three three = buy_at_100(5);
    assert_int_equal(engine_kit_row(&kit, three.profit)->linked_order_id, three.loss);
    assert_int_equal(engine_kit_cancel(&kit, 1, three.loss), FX_OK);
    assert_int_equal(engine_kit_row(&kit, three.profit)->linked_order_id, 0);
    assert_names(three.order, three.profit, 0);
    struct fx_command command = engine_kit_command(FX_COMMAND_ADJUST_ORDER_TP_SL, 0, 1);
    command.u.order_tp_sl.order_id = three.order;
    command.u.order_tp_sl.protection.take_profit_ticks = KEEP;
    command.u.order_tp_sl.protection.stop_loss_ticks = 91;
    command.u.order_tp_sl.protection.stop_loss_source = MARK;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    three.loss = engine_kit_row(&kit, three.order)->stop_loss_order_id;
    assert_int_equal(engine_kit_row(&kit, three.profit)->linked_order_id, three.loss);
    assert_int_equal(engine_kit_cancel(&kit, 1, three.profit), FX_OK);
    assert_int_equal(engine_kit_row(&kit, three.loss)->linked_order_id, 0);
    assert_names(three.order, 0, three.loss);
    assert_int_equal(engine_kit_cancel(&kit, 1, three.loss), FX_OK);
    assert_names(three.order, 0, 0);
    const struct three filled = buy_at_100(2);
    sell_to(2, 100, 7);
    assert_int_equal(engine_kit_mark(&kit, 0, 110), FX_OK); /* nobody bids */
    ASSERT_ENDED(filled.profit, FX_ORDER_STATUS_EXPIRED, FX_ORDER_NOTE_IOC_REMAINDER);
    assert_int_equal(engine_kit_row(&kit, filled.loss)->linked_order_id, 0);
    assert_int_equal(engine_kit_row(&kit, filled.loss)->parent_order_id, filled.order);
}

/* Its quantity follows what its order fills; a market order has no price. */
static void bracket_amend_of_what_it_does_not_have_is_refused(void **state)
{
    (void)state;
    const struct three three = buy_at_100(5);
    struct fx_command command = engine_kit_command(FX_COMMAND_AMEND_CONDITIONAL, 0, 1);
    command.u.amend.order_id = three.profit;
    command.u.amend.lots = 3;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_PARAMETER);
    assert_int_equal(kit.result.reject.field, FX_FIELD_QUANTITY);
    command.u.amend.lots = 0;
    command.u.amend.price_ticks = 120;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_PARAMETER);
    assert_int_equal(kit.result.reject.field, FX_FIELD_PRICE);
    command = engine_kit_command(FX_COMMAND_ADJUST_ORDER_TP_SL, 0, 1);
    command.u.order_tp_sl.order_id = 777;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_ORDER_NOT_FOUND);
    command.u.order_tp_sl.order_id = three.order;
    command.user_id = 2;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_ORDER_NOT_FOUND); /* not his */
}

static void bracket_grows_with_each_fill(void **state)
{
    (void)state;
    const struct three three = buy_at_100(5);
    sell_to(2, 100, 2);
    ASSERT_OPEN(three.profit, FX_ORDER_STATUS_UNTRIGGERED, 2);
    sell_to(2, 100, 1);
    ASSERT_OPEN(three.loss, FX_ORDER_STATUS_UNTRIGGERED, 3);
    sell_to(2, 100, 2);
    assert_null(open_order(three.order));
    ASSERT_OPEN(three.loss, FX_ORDER_STATUS_UNTRIGGERED, 5);
    assert_int_equal(engine_kit_row(&kit, three.loss)->parent_order_id, three.order);
}

static void bracket_take_profit_closes_what_filled_and_ends_the_stop(void **state)
{
    (void)state;
    const struct three three = buy_at_100(5);
    sell_to(2, 100, 5);
    rest(3, FX_SIDE_BUY, 109, 20);
    assert_int_equal(engine_kit_mark(&kit, 0, 110), FX_OK);
    ASSERT_ENDED(three.profit, FX_ORDER_STATUS_FILLED, FX_ORDER_NOTE_NONE);
    assert_int_equal(engine_kit_row(&kit, three.profit)->lots, 5);
    ASSERT_ENDED(three.loss, FX_ORDER_STATUS_CANCELED, FX_ORDER_NOTE_LINKED);
    assert_int_equal(held(1), 0);
    assert_int_equal(kit.engine->bracket_count, 0);
}

/* Its own order is the best bid: self-trade prevention ends that, and the sale goes on. */
static void bracket_never_trades_with_its_own_order(void **state)
{
    (void)state;
    const struct three three = buy_at_100(5);
    sell_to(2, 100, 2);
    rest(3, FX_SIDE_BUY, 99, 20);
    assert_int_equal(engine_kit_mark(&kit, 0, 110), FX_OK);
    ASSERT_ENDED(three.order, FX_ORDER_STATUS_EXPIRED, FX_ORDER_NOTE_SELF_TRADE);
    ASSERT_ENDED(three.profit, FX_ORDER_STATUS_FILLED, FX_ORDER_NOTE_NONE);
    ASSERT_ENDED(three.loss, FX_ORDER_STATUS_CANCELED, FX_ORDER_NOTE_LINKED);
    assert_int_equal(held(1), 0);
}

/* The rest of an order whose protection is used up must not fill without any. */
static void bracket_fires_against_others_and_cancels_its_order(void **state)
{
    (void)state;
    const struct three three = buy_at_100(5);
    sell_to(2, 100, 2);
    rest(3, FX_SIDE_BUY, 101, 20);
    assert_int_equal(engine_kit_mark(&kit, 0, 110), FX_OK);
    ASSERT_ENDED(three.profit, FX_ORDER_STATUS_FILLED, FX_ORDER_NOTE_NONE);
    ASSERT_ENDED(three.loss, FX_ORDER_STATUS_CANCELED, FX_ORDER_NOTE_LINKED);
    ASSERT_ENDED(three.order, FX_ORDER_STATUS_CANCELED, FX_ORDER_NOTE_LINKED);
    assert_int_equal(held(1), 0);
}

static void bracket_order_that_ends_unfilled_takes_them_along(void **state)
{
    (void)state;
    struct three three = buy_at_100(5);
    assert_int_equal(engine_kit_cancel(&kit, 1, three.order), FX_OK);
    ASSERT_ENDED(three.profit, FX_ORDER_STATUS_CANCELED, FX_ORDER_NOTE_LINKED);
    ASSERT_ENDED(three.loss, FX_ORDER_STATUS_CANCELED, FX_ORDER_NOTE_LINKED);
    assert_int_equal(kit.engine->order_count, 0);
    assert_int_equal(kit.engine->bracket_count, 0);
    three = place(&(struct engine_kit_order){.user_id = 1,
                                             .side = FX_SIDE_BUY,
                                             .ticks = 100,
                                             .lots = 5,
                                             .tif = FX_TIME_IN_FORCE_IOC,
                                             .stop_loss_ticks = 90});
    ASSERT_ENDED(three.order, FX_ORDER_STATUS_EXPIRED, FX_ORDER_NOTE_IOC_REMAINDER);
    ASSERT_ENDED(three.loss, FX_ORDER_STATUS_CANCELED, FX_ORDER_NOTE_LINKED);
    assert_int_equal(three.profit, 0);
}

static void bracket_order_that_ends_part_filled_leaves_them(void **state)
{
    (void)state;
    const struct three three = buy_at_100(5);
    sell_to(2, 100, 2);
    assert_int_equal(engine_kit_cancel(&kit, 1, three.order), FX_OK);
    ASSERT_OPEN(three.profit, FX_ORDER_STATUS_UNTRIGGERED, 2);
    ASSERT_OPEN(three.loss, FX_ORDER_STATUS_UNTRIGGERED, 2);
    rest(3, FX_SIDE_BUY, 85, 20);
    assert_int_equal(engine_kit_mark(&kit, 0, 90), FX_OK);
    ASSERT_ENDED(three.loss, FX_ORDER_STATUS_FILLED, FX_ORDER_NOTE_NONE);
    ASSERT_ENDED(three.profit, FX_ORDER_STATUS_CANCELED, FX_ORDER_NOTE_LINKED);
    assert_int_equal(held(1), 0);
}

static void bracket_expiry_of_its_order_is_its_end(void **state)
{
    (void)state;
    const struct three three = place(&(struct engine_kit_order){.user_id = 1,
                                                                .side = FX_SIDE_SELL,
                                                                .ticks = 110,
                                                                .lots = 5,
                                                                .tif = FX_TIME_IN_FORCE_GTD,
                                                                .expire_us = kit.time_us + 2000000,
                                                                .take_profit_ticks = 100,
                                                                .stop_loss_ticks = 120});
    assert_int_equal(engine_kit_tick(&kit, kit.time_us + 2000000), FX_OK);
    assert_int_equal(kit.result.count, 3);
    ASSERT_ENDED(three.order, FX_ORDER_STATUS_EXPIRED, FX_ORDER_NOTE_EXPIRED);
    ASSERT_ENDED(three.profit, FX_ORDER_STATUS_CANCELED, FX_ORDER_NOTE_LINKED);
    ASSERT_ENDED(three.loss, FX_ORDER_STATUS_CANCELED, FX_ORDER_NOTE_LINKED);
}

/* What closes the position shortens them, the bracket whose order was placed first first. */
static void bracket_shrinks_with_the_position_the_oldest_first(void **state)
{
    (void)state;
    const struct three first = buy_at_100(5);
    sell_to(2, 100, 5);
    const struct three second = buy_at_100(3);
    sell_to(2, 100, 3);
    rest(3, FX_SIDE_BUY, 99, 20);
    sell_to(1, 99, 4); /* 8 - 4 */
    ASSERT_OPEN(first.profit, FX_ORDER_STATUS_UNTRIGGERED, 1);
    ASSERT_OPEN(second.profit, FX_ORDER_STATUS_UNTRIGGERED, 3);
    assert_int_equal(engine_kit_row(&kit, first.loss)->note, FX_ORDER_NOTE_REDUCE_ONLY);
    sell_to(1, 99, 2); /* 2 left */
    ASSERT_ENDED(first.profit, FX_ORDER_STATUS_EXPIRED, FX_ORDER_NOTE_NO_POSITION);
    ASSERT_ENDED(first.loss, FX_ORDER_STATUS_EXPIRED, FX_ORDER_NOTE_NO_POSITION);
    ASSERT_OPEN(second.loss, FX_ORDER_STATUS_UNTRIGGERED, 2);
    sell_to(1, 99, 7); /* turns: - 5 */
    ASSERT_ENDED(second.loss, FX_ORDER_STATUS_EXPIRED, FX_ORDER_NOTE_NO_POSITION);
    assert_int_equal(kit.engine->bracket_count, 0);
}

/* User 1 buys at 100 and, later, at 101: that is filled first. Both are for 5. */
static void fill_the_later_one_first(struct three *placed_first, struct three *filled_first)
{
    *placed_first = buy_at_100(5);
    *filled_first = place(&(struct engine_kit_order){.user_id = 1,
                                                     .side = FX_SIDE_BUY,
                                                     .ticks = 101,
                                                     .lots = 5,
                                                     .take_profit_ticks = 110,
                                                     .take_profit_source = MARK});
    sell_to(2, 101, 5);
    sell_to(2, 100, 5);
    rest(3, FX_SIDE_BUY, 99, 20);
}

static void bracket_of_the_order_that_was_placed_first_is_shortened_first(void **state)
{
    (void)state;
    struct three placed_first;
    struct three filled_first;
    fill_the_later_one_first(&placed_first, &filled_first);
    sell_to(1, 99, 4);
    ASSERT_OPEN(placed_first.profit, FX_ORDER_STATUS_UNTRIGGERED, 1);
    ASSERT_OPEN(placed_first.loss, FX_ORDER_STATUS_UNTRIGGERED, 1);
    ASSERT_OPEN(filled_first.profit, FX_ORDER_STATUS_UNTRIGGERED, 5);
}

/* By rules 1 to 3 it was the one that had begun first. What has begun by them is put in order where
 * the rules change. */
static void bracket_order_of_the_rules_before_ends_with_them(void **state)
{
    (void)state;
    struct three placed_first;
    struct three filled_first;
    kit.engine->preload.rules = FX_ENGINE_RULES_PLACED - 1;
    fill_the_later_one_first(&placed_first, &filled_first);
    sell_to(1, 99, 1);
    ASSERT_OPEN(placed_first.profit, FX_ORDER_STATUS_UNTRIGGERED, 5);
    ASSERT_OPEN(filled_first.profit, FX_ORDER_STATUS_UNTRIGGERED, 4);
    struct fx_command command =
        engine_kit_command(FX_COMMAND_SET_RULES, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.rules.version = FX_ENGINE_RULES_PLACED;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(kit.events.count, 1); /* no row has changed */
    sell_to(1, 99, 2);
    ASSERT_OPEN(placed_first.profit, FX_ORDER_STATUS_UNTRIGGERED, 3);
    ASSERT_OPEN(filled_first.profit, FX_ORDER_STATUS_UNTRIGGERED, 4);
}

/* Closed while its order still rests: they wait for its next fill, and watch nothing meanwhile. */
static void bracket_of_a_closed_part_waits_for_the_next_fill(void **state)
{
    (void)state;
    const struct three three = buy_at_100(5);
    sell_to(2, 100, 2);
    rest(3, FX_SIDE_BUY, 101, 2);
    sell_to(1, 101, 2);
    assert_int_equal(held(1), 0);
    ASSERT_OPEN(three.loss, FX_ORDER_STATUS_UNTRIGGERED, 0);
    assert_int_equal(engine_kit_mark(&kit, 0, 80), FX_OK);
    assert_int_equal(engine_kit_mark(&kit, 0, 100), FX_OK);
    ASSERT_OPEN(three.loss, FX_ORDER_STATUS_UNTRIGGERED, 0);
    sell_to(2, 100, 3);
    ASSERT_OPEN(three.loss, FX_ORDER_STATUS_UNTRIGGERED, 3);
    ASSERT_OPEN(three.profit, FX_ORDER_STATUS_UNTRIGGERED, 3);
}

/* What first closes a short protects only what it opens beyond. */
static void bracket_covers_only_what_its_order_opens(void **state)
{
    (void)state;
    rest(2, FX_SIDE_BUY, 100, 3);
    sell_to(1, 100, 3);
    const struct three three = buy_at_100(5);
    sell_to(2, 100, 2);
    ASSERT_OPEN(three.profit, FX_ORDER_STATUS_PENDING, 0);
    sell_to(2, 100, 3);
    assert_int_equal(held(1), 2);
    ASSERT_OPEN(three.profit, FX_ORDER_STATUS_UNTRIGGERED, 2);
    rest(2, FX_SIDE_BUY, 99, 4);
    sell_to(1, 99, 4); /* short 2 */
    assert_int_equal(held(1), -2);
    const struct three none = buy_at_100(2);
    sell_to(2, 100, 2);
    assert_int_equal(held(1), 0);
    ASSERT_ENDED(none.loss, FX_ORDER_STATUS_EXPIRED, FX_ORDER_NOTE_NO_POSITION);
}

/* A trigger price that has been passed meanwhile fires with the fill that begins it. */
static void bracket_passed_already_fires_with_the_fill(void **state)
{
    (void)state;
    const struct three three = buy_at_100(5);
    assert_int_equal(engine_kit_mark(&kit, 0, 85), FX_OK);
    rest(3, FX_SIDE_BUY, 95, 20);
    sell_to(2, 100, 5);
    ASSERT_ENDED(three.loss, FX_ORDER_STATUS_FILLED, FX_ORDER_NOTE_NONE);
    ASSERT_ENDED(three.profit, FX_ORDER_STATUS_CANCELED, FX_ORDER_NOTE_LINKED);
    assert_int_equal(held(1), 0);
}

static void bracket_that_finds_nobody_leaves_the_other(void **state)
{
    (void)state;
    const struct three three = buy_at_100(5);
    sell_to(2, 100, 5);
    assert_int_equal(engine_kit_mark(&kit, 0, 110), FX_OK);
    ASSERT_ENDED(three.profit, FX_ORDER_STATUS_EXPIRED, FX_ORDER_NOTE_IOC_REMAINDER);
    ASSERT_OPEN(three.loss, FX_ORDER_STATUS_UNTRIGGERED, 5);
    rest(3, FX_SIDE_BUY, 85, 5);
    assert_int_equal(engine_kit_mark(&kit, 0, 90), FX_OK);
    ASSERT_ENDED(three.loss, FX_ORDER_STATUS_FILLED, FX_ORDER_NOTE_NONE);
}

/* With a limit price it rests, the other one ends, and its row still names its order. */
static void bracket_with_a_limit_price_rests_when_it_fires(void **state)
{
    (void)state;
    const struct three three = place(&(struct engine_kit_order){.user_id = 1,
                                                                .side = FX_SIDE_BUY,
                                                                .ticks = 100,
                                                                .lots = 5,
                                                                .take_profit_ticks = 110,
                                                                .take_profit_limit_ticks = 112,
                                                                .stop_loss_ticks = 90,
                                                                .take_profit_source = MARK});
    sell_to(2, 100, 5);
    assert_int_equal(engine_kit_mark(&kit, 0, 110), FX_OK);
    ASSERT_OPEN(three.profit, FX_ORDER_STATUS_ACTIVE, 5);
    assert_int_equal(engine_kit_row(&kit, three.profit)->parent_order_id, three.order);
    ASSERT_ENDED(three.loss, FX_ORDER_STATUS_CANCELED, FX_ORDER_NOTE_LINKED);
    assert_int_equal(engine_kit_depth(&kit, 0, FX_SIDE_SELL, 112), 5);
    rest(3, FX_SIDE_BUY, 112, 5);
    ASSERT_ENDED(three.profit, FX_ORDER_STATUS_FILLED, FX_ORDER_NOTE_NONE);
    assert_int_equal(engine_kit_row(&kit, three.profit)->parent_order_id, three.order);
    assert_int_equal(kit.engine->bracket_count, 0);
}

/* A conditional order carries them until it fires and fills; refused, it takes them along. */
static void bracket_of_a_conditional_order_begins_when_that_fills(void **state)
{
    (void)state;
    const struct engine_kit_order stop = {.user_id = 1,
                                          .side = FX_SIDE_BUY,
                                          .type = FX_ORDER_TYPE_STOP_MARKET,
                                          .tif = FX_TIME_IN_FORCE_IOC,
                                          .lots = 5,
                                          .trigger_ticks = 105,
                                          .source = MARK,
                                          .take_profit_ticks = 120,
                                          .stop_loss_ticks = 95,
                                          .take_profit_source = MARK,
                                          .stop_loss_source = MARK};
    struct three three = place(&stop);
    ASSERT_OPEN(three.order, FX_ORDER_STATUS_UNTRIGGERED, 5);
    sell_to(2, 106, 3);
    assert_int_equal(engine_kit_mark(&kit, 0, 105), FX_OK);
    ASSERT_ENDED(three.order, FX_ORDER_STATUS_EXPIRED, FX_ORDER_NOTE_IOC_REMAINDER);
    ASSERT_OPEN(three.profit, FX_ORDER_STATUS_UNTRIGGERED, 3);
    assert_int_equal(engine_kit_mark(&kit, 0, 100), FX_OK);
    three = place(&stop);
    assert_int_equal(engine_kit_mark(&kit, 0, 105), FX_OK); /* nobody sells */
    ASSERT_ENDED(three.profit, FX_ORDER_STATUS_CANCELED, FX_ORDER_NOTE_LINKED);
}

static void bracket_on_the_wrong_side_is_refused(void **state)
{
    (void)state;
    struct engine_kit_order order = {
        .user_id = 1, .side = FX_SIDE_BUY, .ticks = 100, .lots = 5, .take_profit_ticks = 100};
    assert_int_equal(engine_kit_order(&kit, &order), FX_TRIGGER_WRONG_SIDE);
    assert_int_equal(kit.result.reject.field, FX_FIELD_TAKE_PROFIT);
    assert_true(kit.result.reject.limit == engine_kit_decimal("100"));
    order.take_profit_ticks = 101;
    order.stop_loss_ticks = 100;
    assert_int_equal(engine_kit_order(&kit, &order), FX_TRIGGER_WRONG_SIDE);
    assert_int_equal(kit.result.reject.field, FX_FIELD_STOP_LOSS);
    order.side = FX_SIDE_SELL;
    order.take_profit_ticks = 99;
    assert_int_equal(engine_kit_order(&kit, &order), FX_TRIGGER_WRONG_SIDE);
    order.stop_loss_ticks = 101;
    assert_int_equal(engine_kit_order(&kit, &order), FX_OK);
    /* A stop market order: against its trigger price; a trailing one: its activation price. */
    order = (struct engine_kit_order){.user_id = 1,
                                      .side = FX_SIDE_BUY,
                                      .type = FX_ORDER_TYPE_STOP_MARKET,
                                      .lots = 5,
                                      .trigger_ticks = 105,
                                      .source = MARK,
                                      .take_profit_ticks = 104};
    assert_int_equal(engine_kit_order(&kit, &order), FX_TRIGGER_WRONG_SIDE);
    order.type = FX_ORDER_TYPE_TRAILING_STOP;
    order.trigger_ticks = 95;
    order.callback_ppb = 10000000;
    order.take_profit_ticks = 95;
    assert_int_equal(engine_kit_order(&kit, &order), FX_TRIGGER_WRONG_SIDE);
    order.take_profit_ticks = 96;
    assert_int_equal(engine_kit_order(&kit, &order), FX_OK);
}

/* A market order: against the price at which it begins to trade, and the price that is watched. */
static void bracket_of_a_market_order_must_not_fire_at_once(void **state)
{
    (void)state;
    struct engine_kit_order order = {.user_id = 1,
                                     .side = FX_SIDE_BUY,
                                     .type = FX_ORDER_TYPE_MARKET,
                                     .lots = 5,
                                     .stop_loss_ticks = 98,
                                     .stop_loss_source = MARK};
    sell_to(2, 99, 10);
    assert_int_equal(engine_kit_mark(&kit, 0, 97), FX_OK);
    assert_int_equal(engine_kit_order(&kit, &order), FX_TRIGGER_WOULD_FIRE);
    assert_true(kit.result.reject.limit == engine_kit_decimal("97"));
    order.stop_loss_ticks = 99;
    assert_int_equal(engine_kit_order(&kit, &order), FX_TRIGGER_WRONG_SIDE);
    order.stop_loss_ticks = 96;
    const struct three three = place(&order);
    ASSERT_OPEN(three.loss, FX_ORDER_STATUS_UNTRIGGERED, 5);
    assert_int_equal(three.profit, 0);
}

static void bracket_words_and_figures_are_judged(void **state)
{
    (void)state;
    struct engine_kit_order order = {
        .user_id = 1, .side = FX_SIDE_BUY, .ticks = 100, .lots = 5, .take_profit_limit_ticks = 120};
    assert_int_equal(engine_kit_order(&kit, &order), FX_BAD_PARAMETER);
    order.take_profit_ticks = 2000000;
    assert_int_equal(engine_kit_order(&kit, &order), FX_PRICE_FILTER);
    order.take_profit_ticks = 110;
    order.take_profit_limit_ticks = 2000000;
    assert_int_equal(engine_kit_order(&kit, &order), FX_PRICE_FILTER);
    assert_int_equal(kit.result.reject.field, FX_FIELD_TAKE_PROFIT);
    order.take_profit_limit_ticks = -1;
    assert_int_equal(engine_kit_order(&kit, &order), FX_PRICE_FILTER);
    order.take_profit_limit_ticks = 0;
    order.is_reduce_only = true;
    assert_int_equal(engine_kit_order(&kit, &order), FX_BAD_PARAMETER);
    order.is_reduce_only = false;
    order.take_profit_source = (enum fx_trigger_source)9;
    assert_int_equal(engine_kit_order(&kit, &order), FX_BAD_PARAMETER);
    struct fx_command command = engine_kit_command(FX_COMMAND_PLACE_BRACKET, 0, 1);
    command.u.place.side = FX_SIDE_BUY;
    command.u.place.type = FX_ORDER_TYPE_LIMIT;
    command.u.place.time_in_force = FX_TIME_IN_FORCE_GTC;
    command.u.place.price_ticks = 100;
    command.u.place.lots = 1;
    command.sequence = fx_engine_sequence(kit.engine) + 1;
    fx_engine_apply(kit.engine, &command, &kit.events); /* neither of the two */
    assert_int_equal(kit.events.items[0].u.result.reject.status, FX_BAD_PARAMETER);
}

static void bracket_counts_as_conditional_orders(void **state)
{
    (void)state;
    for (uint32_t count = 0; count < 5; count++) { /* 10 of 10 */
        (void)buy_at_100(1);
    }
    const struct engine_kit_order order = {
        .user_id = 1, .side = FX_SIDE_BUY, .ticks = 100, .lots = 5, .take_profit_ticks = 110};
    assert_int_equal(engine_kit_order(&kit, &order), FX_MAX_NUM_ALGO_ORDERS);
    assert_int_equal(kit.engine->order_count, 15);
}

static void bracket_same_client_id_and_body_is_told_again(void **state)
{
    (void)state;
    struct engine_kit_order order = {.user_id = 1,
                                     .side = FX_SIDE_BUY,
                                     .ticks = 100,
                                     .lots = 5,
                                     .client_id = "b-1",
                                     .take_profit_ticks = 110};
    const struct three three = place(&order);
    assert_int_equal(engine_kit_order(&kit, &order), FX_OK);
    assert_int_equal(kit.result.is_repeated, 1);
    assert_int_equal(kit.result.order_id, three.order);
    order.take_profit_ticks = 111;
    assert_int_equal(engine_kit_order(&kit, &order), FX_DUPLICATE_CLIENT_ORDER_ID);
}

/* CANCEL_ALL of STOP ends the two of every order, ALL the orders with them, once each. */
static void bracket_is_swept_by_cancel_all(void **state)
{
    (void)state;
    const struct three three = buy_at_100(5);
    struct fx_command command =
        engine_kit_command(FX_COMMAND_CANCEL_ALL, FX_COMMAND_ALL_INSTRUMENTS, 1);
    command.u.cancel_all.scope = FX_CANCEL_SCOPE_STOP;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(kit.result.count, 2);
    ASSERT_ENDED(three.loss, FX_ORDER_STATUS_CANCELED, FX_ORDER_NOTE_USER_CANCELED);
    assert_non_null(open_order(three.order));
    assert_int_equal(kit.engine->bracket_count, 0);
    const struct three conditional =
        place(&(struct engine_kit_order){.user_id = 1,
                                         .side = FX_SIDE_BUY,
                                         .type = FX_ORDER_TYPE_STOP_LIMIT,
                                         .ticks = 105,
                                         .lots = 5,
                                         .trigger_ticks = 105,
                                         .source = MARK,
                                         .stop_loss_ticks = 95});
    command = engine_kit_command(FX_COMMAND_ADJUST_ORDER_TP_SL, 0, 1);
    command.u.order_tp_sl.order_id = conditional.order;
    command.u.order_tp_sl.protection.take_profit_ticks = 120;
    command.u.order_tp_sl.protection.take_profit_source = MARK;
    command.u.order_tp_sl.protection.stop_loss_ticks = KEEP;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    command = engine_kit_command(FX_COMMAND_CANCEL_ALL, FX_COMMAND_ALL_INSTRUMENTS, 1);
    command.u.cancel_all.scope = FX_CANCEL_SCOPE_ALL;
    command.u.cancel_all.side = FX_SIDE_BUY;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(kit.result.count, 4);
    assert_int_equal(kit.engine->order_count, 0);
}

/* An order that waits for its price stands ahead of its two, as an engine has it that was loaded:
 * it is swept, and they end with it. By rules 1 to 4 they stood ahead of it. */
static void bracket_of_an_order_that_waits_is_swept_behind_it(void **state)
{
    (void)state;
    for (uint32_t rules = FX_ENGINE_RULES_LISTED; rules >= FX_ENGINE_RULES_LISTED - 1; rules--) {
        const bool is_behind = rules == FX_ENGINE_RULES_LISTED;
        kit.engine->preload.rules = rules;
        const struct three three =
            place(&(struct engine_kit_order){.user_id = 1,
                                             .side = FX_SIDE_BUY,
                                             .type = FX_ORDER_TYPE_STOP_LIMIT,
                                             .ticks = 105,
                                             .lots = 5,
                                             .trigger_ticks = 105,
                                             .source = MARK,
                                             .take_profit_ticks = 120,
                                             .stop_loss_ticks = 95});
        assert_true(three.profit > three.order && three.loss > three.order);
        struct fx_command command =
            engine_kit_command(FX_COMMAND_CANCEL_ALL, FX_COMMAND_ALL_INSTRUMENTS, 1);
        command.u.cancel_all.scope = FX_CANCEL_SCOPE_ALL;
        assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
        const enum fx_order_note note =
            is_behind ? FX_ORDER_NOTE_LINKED : FX_ORDER_NOTE_USER_CANCELED;
        ASSERT_ENDED(three.order, FX_ORDER_STATUS_CANCELED, FX_ORDER_NOTE_USER_CANCELED);
        ASSERT_ENDED(three.profit, FX_ORDER_STATUS_CANCELED, note);
        ASSERT_ENDED(three.loss, FX_ORDER_STATUS_CANCELED, note);
        assert_int_equal(kit.engine->order_count, 0);
    }
}

/* A sweep that spares the order must not pass over what protects it: the second of the two stands
 * behind it in the list. */
static void bracket_of_a_spared_order_is_swept_by_side(void **state)
{
    (void)state;
    const struct three three = place(&(struct engine_kit_order){.user_id = 1,
                                                                .side = FX_SIDE_SELL,
                                                                .type = FX_ORDER_TYPE_STOP_LIMIT,
                                                                .ticks = 95,
                                                                .lots = 5,
                                                                .trigger_ticks = 95,
                                                                .source = MARK,
                                                                .stop_loss_ticks = 105});
    struct fx_command command = engine_kit_command(FX_COMMAND_ADJUST_ORDER_TP_SL, 0, 1);
    command.u.order_tp_sl.order_id = three.order;
    command.u.order_tp_sl.protection.take_profit_ticks = 80;
    command.u.order_tp_sl.protection.take_profit_source = MARK;
    command.u.order_tp_sl.protection.stop_loss_ticks = KEEP;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    command = engine_kit_command(FX_COMMAND_CANCEL_ALL, FX_COMMAND_ALL_INSTRUMENTS, 1);
    command.u.cancel_all.scope = FX_CANCEL_SCOPE_ALL;
    command.u.cancel_all.side = FX_SIDE_BUY;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(kit.result.count, 2);
    assert_non_null(open_order(three.order));
    assert_int_equal(kit.engine->order_count, 1);
}

/* Who has no account in the first asset is looked for in the others, and has no such order. */
static void bracket_of_who_has_other_accounts_only_is_not_found(void **state)
{
    (void)state;
    struct fx_instrument inverse = engine_kit_definition("BTCUSD");
    inverse.contract_type = FX_CONTRACT_TYPE_COIN_M;
    inverse.settle = engine_kit_asset("BTC");
    assert_int_equal(engine_kit_list(&kit, &inverse, 100), 1);
    engine_kit_account(&kit, 9, "BTC", "5");
    sell_to(2, 100, 5);
    const struct three three = buy_at_100(5);
    struct fx_command command = engine_kit_command(FX_COMMAND_ADJUST_ORDER_TP_SL, 0, 9);
    command.u.order_tp_sl.order_id = three.order;
    command.u.order_tp_sl.protection.take_profit_ticks = 130;
    command.u.order_tp_sl.protection.take_profit_source = MARK;
    command.u.order_tp_sl.protection.stop_loss_ticks = KEEP;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_ORDER_NOT_FOUND);
    command.user_id = 1;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(engine_kit_row(&kit, three.profit)->trigger_ticks, 130);
}

/* A fill takes all brackets of a position along: a position has no more than one command can. */
static void bracket_count_of_a_position_is_bounded(void **state)
{
    (void)state;
    kit.engine->limits.reduce_orders_max = 2;
    (void)buy_at_100(1);
    (void)buy_at_100(1);
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = 1,
                                      .side = FX_SIDE_BUY,
                                      .ticks = 99,
                                      .lots = 1,
                                      .take_profit_ticks = 110,
                                      .take_profit_source = MARK),
                     FX_MAX_NUM_ALGO_ORDERS);
    assert_true(kit.result.reject.has_limit == 1 && kit.result.reject.limit == 2);
}

/* While the exchange stands still nothing is set anew. */
static void bracket_of_a_stopped_exchange_is_not_set(void **state)
{
    (void)state;
    sell_to(2, 100, 5);
    const struct three three = buy_at_100(5);
    kit.engine->preload.mode = FX_ENGINE_MODE_STOPPED;
    struct fx_command command = engine_kit_command(FX_COMMAND_ADJUST_ORDER_TP_SL, 0, 1);
    command.u.order_tp_sl.order_id = three.order;
    command.u.order_tp_sl.protection.take_profit_ticks = 130;
    command.u.order_tp_sl.protection.take_profit_source = MARK;
    command.u.order_tp_sl.protection.stop_loss_ticks = KEEP;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_ENGINE_STOPPED);
    kit.engine->preload.mode = FX_ENGINE_MODE_RUNNING;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(bracket_waits_pending_and_its_rows_name_each_other),
        CASE(bracket_rows_name_who_is_left),
        CASE(bracket_amend_of_what_it_does_not_have_is_refused),
        CASE(bracket_grows_with_each_fill),
        CASE(bracket_take_profit_closes_what_filled_and_ends_the_stop),
        CASE(bracket_never_trades_with_its_own_order),
        CASE(bracket_fires_against_others_and_cancels_its_order),
        CASE(bracket_order_that_ends_unfilled_takes_them_along),
        CASE(bracket_order_that_ends_part_filled_leaves_them),
        CASE(bracket_expiry_of_its_order_is_its_end),
        CASE(bracket_shrinks_with_the_position_the_oldest_first),
        CASE(bracket_of_a_closed_part_waits_for_the_next_fill),
        CASE(bracket_covers_only_what_its_order_opens),
        CASE(bracket_passed_already_fires_with_the_fill),
        CASE(bracket_that_finds_nobody_leaves_the_other),
        CASE(bracket_with_a_limit_price_rests_when_it_fires),
        CASE(bracket_of_a_conditional_order_begins_when_that_fills),
        CASE(bracket_on_the_wrong_side_is_refused),
        CASE(bracket_of_a_market_order_must_not_fire_at_once),
        CASE(bracket_words_and_figures_are_judged),
        CASE(bracket_counts_as_conditional_orders),
        CASE(bracket_same_client_id_and_body_is_told_again),
        CASE(bracket_is_swept_by_cancel_all),
        CASE(bracket_of_an_order_that_waits_is_swept_behind_it),
        CASE(bracket_of_the_order_that_was_placed_first_is_shortened_first),
        CASE(bracket_order_of_the_rules_before_ends_with_them),
        CASE(bracket_of_a_spared_order_is_swept_by_side),
        CASE(bracket_of_who_has_other_accounts_only_is_not_found),
        CASE(bracket_count_of_a_position_is_bounded),
        CASE(bracket_of_a_stopped_exchange_is_not_set),
    };
    return cmocka_run_group_tests_name("bracket", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
