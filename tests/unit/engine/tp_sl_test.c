/* Take profit and stop loss of a position: they follow its size, die with it, end each other. */
#include "engine/triggers_int.h"
#include "engine_kit.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

#define KEEP FX_COMMAND_TP_SL_KEEP

static struct engine_kit kit;

static void buy(uint64_t user_id, int64_t lots, int64_t ticks)
{
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = 4, .side = FX_SIDE_SELL, .ticks = ticks, .lots = lots),
        FX_OK);
    assert_int_equal(
        ENGINE_KIT_PLACE(
            &kit, .user_id = user_id, .side = FX_SIDE_BUY, .ticks = ticks, .lots = lots),
        FX_OK);
}

static void rest(uint64_t user_id, enum fx_side side, int64_t ticks, int64_t lots)
{
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = user_id, .side = side, .ticks = ticks, .lots = lots),
        FX_OK);
}

/* User 1 is long 5 from 100, mark 100. */
static int setup(void **state)
{
    (void)state;
    engine_kit_scene(&kit);
    buy(1, 5, 100);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    engine_kit_deinit(&kit);
    return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static struct fx_command tp_sl_command(uint64_t user_id, int64_t profit, int64_t loss)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_ADJUST_TP_SL, 0, user_id);
    command.u.tp_sl.take_profit_ticks = profit;
    command.u.tp_sl.stop_loss_ticks = loss;
    command.u.tp_sl.take_profit_source = FX_TRIGGER_SOURCE_MARK;
    command.u.tp_sl.stop_loss_source = FX_TRIGGER_SOURCE_MARK;
    return command;
}

static fx_status adjust(uint64_t user_id, int64_t profit, int64_t loss)
{
    struct fx_command command = tp_sl_command(user_id, profit, loss);
    return engine_kit_apply(&kit, &command);
}

static const struct fx_event_position *position_row(void)
{
    const struct fx_event *event = NULL;
    for (uint32_t index = 0; index < kit.events.count; index++) {
        if (kit.events.items[index].kind == FX_EVENT_POSITION &&
            kit.events.items[index].u.position.user_id == 1) {
            event = &kit.events.items[index];
        }
    }
    return event == NULL ? NULL : &event->u.position;
}

/* @return the two ids by way of the position's row. */
static void protect(int64_t profit, int64_t loss, uint64_t *profit_out, uint64_t *loss_out)
{
    assert_int_equal(adjust(1, profit, loss), FX_OK);
    assert_int_equal(kit.result.is_changed, 1);
    *profit_out = position_row()->take_profit_order_id;
    *loss_out = position_row()->stop_loss_order_id;
}

static void tp_sl_are_orders_that_know_each_other(void **state)
{
    (void)state;
    uint64_t profit = 0, loss = 0;
    protect(120, 90, &profit, &loss);
    assert_true(profit != 0 && loss != 0 && profit != loss);
    const struct fx_event_order *row = engine_kit_row(&kit, profit);
    assert_int_equal(row->type, FX_ORDER_TYPE_TAKE_PROFIT_MARKET);
    assert_int_equal(row->status, FX_ORDER_STATUS_UNTRIGGERED);
    assert_int_equal(row->side, FX_SIDE_SELL);
    assert_int_equal(row->condition, FX_TRIGGER_CONDITION_GT);
    assert_int_equal(row->is_close_position, 1);
    row = engine_kit_row(&kit, loss);
    assert_int_equal(row->type, FX_ORDER_TYPE_STOP_MARKET);
    assert_int_equal(row->condition, FX_TRIGGER_CONDITION_LT);
    assert_int_equal(row->linked_order_id, profit);
    assert_int_equal(engine_kit_row(&kit, profit)->linked_order_id, loss);
    assert_true(engine_kit_position(&kit, 1, 0).reserve == 0);
}

static void tp_sl_follow_the_size_and_end_together(void **state)
{
    (void)state;
    uint64_t profit = 0, loss = 0;
    protect(120, 90, &profit, &loss);
    buy(1, 3, 101); /* now 8 */
    rest(2, FX_SIDE_BUY, 119, 20);
    assert_int_equal(engine_kit_mark(&kit, 0, 120), FX_OK);
    assert_int_equal(engine_kit_row(&kit, profit)->status, FX_ORDER_STATUS_FILLED);
    assert_int_equal(engine_kit_row(&kit, profit)->lots, 8);
    assert_int_equal(engine_kit_row(&kit, loss)->status, FX_ORDER_STATUS_EXPIRED);
    assert_int_equal(engine_kit_row(&kit, loss)->note, FX_ORDER_NOTE_NO_POSITION);
    assert_int_equal(engine_kit_position(&kit, 1, 0).lots, 0);
    assert_int_equal(position_row()->take_profit_order_id, 0);
    assert_int_equal(position_row()->stop_loss_order_id, 0);
}

/* The book takes 2 of 5: the one that fired is done, its counterpart ends with it. */
static void tp_sl_of_a_partly_closed_position_are_linked(void **state)
{
    (void)state;
    uint64_t profit = 0, loss = 0;
    protect(120, 90, &profit, &loss);
    rest(2, FX_SIDE_BUY, 91, 2);
    assert_int_equal(engine_kit_mark(&kit, 0, 89), FX_OK);
    assert_int_equal(engine_kit_row(&kit, loss)->status, FX_ORDER_STATUS_EXPIRED);
    assert_int_equal(engine_kit_row(&kit, loss)->note, FX_ORDER_NOTE_IOC_REMAINDER);
    assert_int_equal(engine_kit_row(&kit, profit)->status, FX_ORDER_STATUS_CANCELED);
    assert_int_equal(engine_kit_row(&kit, profit)->note, FX_ORDER_NOTE_LINKED);
    assert_int_equal(engine_kit_position(&kit, 1, 0).lots, 3);
}

/* One that finds nobody to trade with leaves the other in its place. */
static void tp_sl_that_closes_nothing_leaves_the_other(void **state)
{
    (void)state;
    uint64_t profit = 0, loss = 0;
    protect(120, 90, &profit, &loss);
    assert_int_equal(engine_kit_mark(&kit, 0, 120), FX_OK);
    assert_int_equal(engine_kit_row(&kit, profit)->status, FX_ORDER_STATUS_EXPIRED);
    assert_int_equal(engine_kit_row(&kit, loss)->status, FX_ORDER_STATUS_UNTRIGGERED);
    assert_int_equal(engine_kit_row(&kit, loss)->linked_order_id, 0);
    assert_int_equal(position_row()->take_profit_order_id, 0);
    assert_int_equal(position_row()->stop_loss_order_id, loss);
}

/* No open order's row names one that has ended. */
static void tp_sl_that_is_left_alone_says_so(void **state)
{
    (void)state;
    uint64_t profit = 0, loss = 0;
    protect(120, 90, &profit, &loss);
    assert_int_equal(engine_kit_cancel(&kit, 1, profit), FX_OK);
    assert_int_equal(engine_kit_row(&kit, profit)->status, FX_ORDER_STATUS_CANCELED);
    assert_int_equal(engine_kit_row(&kit, loss)->linked_order_id, 0);
    assert_int_equal(position_row()->take_profit_order_id, 0);
    protect(125, KEEP, &profit, &loss);
    assert_int_equal(engine_kit_row(&kit, loss)->linked_order_id, profit);
    assert_int_equal(engine_kit_row(&kit, profit)->linked_order_id, loss);
}

static void tp_sl_die_with_the_position(void **state)
{
    (void)state;
    uint64_t profit = 0, loss = 0;
    protect(120, 90, &profit, &loss);
    rest(2, FX_SIDE_BUY, 100, 4);
    rest(1, FX_SIDE_SELL, 100, 4); /* 1 is left: they stay */
    assert_null(engine_kit_row(&kit, profit));
    rest(1, FX_SIDE_SELL, 100, 3); /* it rests, and … */
    rest(2, FX_SIDE_BUY, 100, 3);  /* … turns the position into a short of 2 */
    assert_int_equal(engine_kit_position(&kit, 1, 0).lots, -2);
    assert_int_equal(engine_kit_row(&kit, profit)->status, FX_ORDER_STATUS_EXPIRED);
    assert_int_equal(engine_kit_row(&kit, loss)->note, FX_ORDER_NOTE_NO_POSITION);
    assert_int_equal(kit.engine->order_count, 0);
}

static void tp_sl_are_moved_kept_and_taken_away(void **state)
{
    (void)state;
    uint64_t profit = 0, loss = 0, other = 0, none = 0;
    protect(120, 90, &profit, &loss);
    assert_int_equal(adjust(1, 120, 90), FX_OK);
    assert_int_equal(kit.result.is_changed, 0);
    assert_int_equal(adjust(1, 130, KEEP), FX_OK); /* the same order, moved */
    assert_int_equal(engine_kit_row(&kit, profit)->trigger_ticks, 130);
    assert_null(engine_kit_row(&kit, loss));
    assert_int_equal(adjust(1, KEEP, 0), FX_OK);
    assert_int_equal(engine_kit_row(&kit, loss)->status, FX_ORDER_STATUS_CANCELED);
    assert_int_equal(position_row()->stop_loss_order_id, 0);
    assert_int_equal(position_row()->take_profit_order_id, profit);
    assert_int_equal(adjust(1, KEEP, 0), FX_OK);
    assert_int_equal(kit.result.is_changed, 0);
    assert_int_equal(engine_kit_cancel(&kit, 1, profit), FX_OK); /* by its own id */
    assert_int_equal(position_row()->take_profit_order_id, 0);
    protect(140, KEEP, &other, &none);
    assert_true(other != profit && none == 0);
    assert_int_equal(kit.engine->order_count, 1);
}

static void tp_sl_bad_input_changes_nothing(void **state)
{
    (void)state;
    assert_int_equal(adjust(2, 120, 90), FX_POSITION_NOT_FOUND);
    assert_int_equal(adjust(9, 120, 90), FX_ACCOUNT_NOT_FOUND);
    assert_int_equal(adjust(1, 100, 90), FX_TRIGGER_WOULD_FIRE);
    assert_int_equal(kit.result.reject.field, FX_FIELD_TAKE_PROFIT);
    assert_int_equal(adjust(1, 120, 100), FX_TRIGGER_WOULD_FIRE); /* neither is set */
    assert_int_equal(kit.result.reject.field, FX_FIELD_STOP_LOSS);
    assert_int_equal(adjust(1, -5, 90), FX_PRICE_FILTER);
    assert_int_equal(adjust(1, 1000001, 90), FX_PRICE_FILTER);
    struct fx_command command = tp_sl_command(1, 120, 90);
    command.u.tp_sl.stop_loss_source = 0;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_PARAMETER);
    command.u.tp_sl.stop_loss_source = FX_TRIGGER_SOURCE_MARK;
    command.u.tp_sl.position_side = FX_POSITION_SIDE_LONG;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_POSITION_SIDE_MISMATCH);
    command = tp_sl_command(1, 120, 90);
    command.instrument = 3;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_UNKNOWN_SYMBOL);
    assert_int_equal(engine_kit_state(&kit, 0, FX_INSTRUMENT_STATE_HALTED), FX_OK);
    assert_int_equal(adjust(1, 120, 90), FX_INSTRUMENT_HALTED);
    assert_int_equal(adjust(1, 0, 0), FX_OK); /* to take away is always possible */
    assert_int_equal(kit.engine->order_count, 0);
}

/* They are counted among the conditional orders of the symbol: at most ten in the kit. */
static void tp_sl_need_room_for_both(void **state)
{
    (void)state;
    for (int64_t count = 0; count < 9; count++) {
        assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                          .user_id = 1,
                                          .side = FX_SIDE_BUY,
                                          .type = FX_ORDER_TYPE_STOP_MARKET,
                                          .trigger_ticks = 150,
                                          .lots = 1,
                                          .source = FX_TRIGGER_SOURCE_MARK),
                         FX_OK);
    }
    assert_int_equal(adjust(1, 120, 90), FX_MAX_NUM_ALGO_ORDERS);
    assert_int_equal(adjust(1, KEEP, 90), FX_OK);
    assert_int_equal(adjust(1, KEEP, 80), FX_OK); /* moving needs no room */
    assert_int_equal(adjust(1, 120, KEEP), FX_MAX_NUM_ALGO_ORDERS);
}

/* Each of three makers takes its take profit and stop loss along: with them the taker would meet
 * more than fills_max (16) allows, so a fill-or-kill is refused before anything happens. */
static void tp_sl_count_as_work_of_a_fill_or_kill(void **state)
{
    (void)state;
    buy(2, 1, 100);
    buy(3, 1, 100);
    rest(4, FX_SIDE_BUY, 100, 4);
    rest(1, FX_SIDE_SELL, 100, 4); /* 1, 2 and 3 are long 1 each */
    for (uint64_t user_id = 1; user_id <= 3; user_id++) {
        assert_int_equal(adjust(user_id, 120, 90), FX_OK);
        rest(user_id, FX_SIDE_SELL, 101, 1);
    }
    for (uint32_t count = 0; count < 12; count++) {
        rest(3, FX_SIDE_SELL, 102, 1);
    }
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = 4,
                                      .side = FX_SIDE_BUY,
                                      .ticks = 102,
                                      .lots = 15,
                                      .tif = FX_TIME_IN_FORCE_FOK),
                     FX_TAKER_LIMIT);
}

static void tp_sl_survive_a_snapshot(void **state)
{
    (void)state;
    uint64_t profit = 0, loss = 0;
    protect(120, 90, &profit, &loss);
    const size_t size = fx_engine_save_size(kit.engine);
    char *saved = malloc(size);
    assert_non_null(saved);
    fx_engine_save(kit.engine, saved, size);
    const struct fx_engine_limits limits = engine_kit_limits();
    struct fx_engine *original = kit.engine;
    assert_int_equal(
        fx_engine_load(engine_kit_memory(&limits), &limits, (fx_str){saved, size}, &kit.engine),
        FX_OK);
    assert_true(fx_engine_hash(kit.engine) == fx_engine_hash(original));
    fx_engine_check(kit.engine);
    rest(2, FX_SIDE_BUY, 100, 5);
    rest(1, FX_SIDE_SELL, 100, 5);
    assert_int_equal(engine_kit_row(&kit, profit)->note, FX_ORDER_NOTE_NO_POSITION);
    assert_int_equal(engine_kit_row(&kit, loss)->note, FX_ORDER_NOTE_NO_POSITION);
    free(original);
    free(saved);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(tp_sl_are_orders_that_know_each_other),
        CASE(tp_sl_follow_the_size_and_end_together),
        CASE(tp_sl_of_a_partly_closed_position_are_linked),
        CASE(tp_sl_that_closes_nothing_leaves_the_other),
        CASE(tp_sl_that_is_left_alone_says_so),
        CASE(tp_sl_die_with_the_position),
        CASE(tp_sl_are_moved_kept_and_taken_away),
        CASE(tp_sl_bad_input_changes_nothing),
        CASE(tp_sl_need_room_for_both),
        CASE(tp_sl_count_as_work_of_a_fill_or_kill),
        CASE(tp_sl_survive_a_snapshot),
    };
    return cmocka_run_group_tests_name("tp_sl", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
