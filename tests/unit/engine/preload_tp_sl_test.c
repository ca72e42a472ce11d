/* LOAD_ORDER_TP_SL word by word: what protects an order comes back to what has become of it, and
 * what does not fit the order, the position and the other one of the two is refused. The kit sees
 * that a refusal changes nothing. */
#include "engine/bracket_int.h"
#include "engine/preload_int.h"
#include "engine/triggers_int.h"
#include "fx_test.h"
#include "preload_kit.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

static struct engine_kit kit;

/* HOLDER is 10 long, FLAT has nothing. His orders: 20 buys 8 of which 5 are left, 21 buys 4, 22
 * only closes. */
enum { HOLDER = 30, OTHER = 70, FLAT = 90, PARTLY = 20, WHOLE = 21, CLOSING = 22, ENDED = 5 };

static void load_account(uint64_t id, uint64_t user_id)
{
    struct fx_command command = preload_kit_account(id, user_id, "10000");
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
}

static void load_position(uint64_t id, uint64_t user_id, int64_t lots)
{
    struct fx_command command = preload_kit_position(id, user_id, lots, "1000");
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
}

static struct fx_command order_of(uint64_t id, enum fx_side side, int64_t ticks, int64_t lots)
{
    return preload_kit_order(id, HOLDER, side, ticks, lots);
}

static void load_orders(void)
{
    struct fx_command command = order_of(PARTLY, FX_SIDE_BUY, 90, 5);
    command.u.load_order.order.place.lots = 8;
    command.u.load_order.filled_value = engine_kit_decimal("270");
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    command = order_of(WHOLE, FX_SIDE_BUY, 89, 4);
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    command = order_of(CLOSING, FX_SIDE_SELL, 120, 2);
    command.u.load_order.order.place.is_reduce_only = 1;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
}

static void open_exchange(const struct fx_engine_limits *limits, uint32_t rules)
{
    const struct fx_instrument definition = engine_kit_definition("BTCUSDT");
    struct fx_command command =
        engine_kit_command(FX_COMMAND_LOAD_ENGINE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    engine_kit_init(&kit, limits);
    kit.engine->preload.rules = rules;
    command.u.load.next_order_id = 1000;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(engine_kit_update(&kit, &definition), FX_OK);
    assert_int_equal(engine_kit_tiers(&kit, 0), FX_OK);
    assert_int_equal(engine_kit_state(&kit, 0, FX_INSTRUMENT_STATE_TRADING), FX_OK);
    load_account(1, HOLDER);
    load_account(2, OTHER);
    load_account(3, FLAT);
    load_position(11, HOLDER, 10);
    load_position(15, OTHER, -10);
    load_orders();
}

static int setup(void **state)
{
    (void)state;
    const struct fx_engine_limits limits = engine_kit_limits();
    open_exchange(&limits, FX_ENGINE_RULES_MAX);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    engine_kit_deinit(&kit);
    return 0;
}

/* The stop loss of an order: it would sell `lots` where the mark falls to 80. */
static struct fx_command loss_of(uint64_t id, uint64_t parent_id, int64_t lots)
{
    struct fx_command command = order_of(id, FX_SIDE_SELL, 0, lots);
    struct fx_command_conditional *order = &command.u.load_order.order;
    command.kind = FX_COMMAND_LOAD_ORDER_TP_SL;
    command.u.load_order_tp_sl.parent_id = parent_id;
    command.u.load_order.status = lots == 0 ? FX_ORDER_STATUS_PENDING : FX_ORDER_STATUS_UNTRIGGERED;
    order->place.type = FX_ORDER_TYPE_STOP_MARKET;
    order->place.time_in_force = FX_TIME_IN_FORCE_IOC;
    order->place.is_reduce_only = 1;
    order->trigger_ticks = 80;
    order->source = FX_TRIGGER_SOURCE_MARK;
    return command;
}

/* The take profit, at 130. */
static struct fx_command profit_of(uint64_t id, uint64_t parent_id, int64_t lots)
{
    struct fx_command command = loss_of(id, parent_id, lots);
    command.u.load_order.order.place.type = FX_ORDER_TYPE_TAKE_PROFIT_MARKET;
    command.u.load_order.order.trigger_ticks = 130;
    return command;
}

/* A take profit that has fired and rests. */
static struct fx_command fired_of(uint64_t id, uint64_t parent_id)
{
    struct fx_command command = profit_of(id, parent_id, 3);
    command.u.load_order.status = FX_ORDER_STATUS_ACTIVE;
    command.u.load_order.order.place.type = FX_ORDER_TYPE_TAKE_PROFIT_LIMIT;
    command.u.load_order.order.place.time_in_force = FX_TIME_IN_FORCE_GTC;
    command.u.load_order.order.place.price_ticks = 131;
    return command;
}

#define SAID(made, status_, change) ENGINE_KIT_LOAD_ORDER(&kit, made, status_, change)
#define LOADED(made)                SAID(made, FX_OK, (void)load)

static const struct fx_order *order_at(uint64_t id)
{
    const fx_slot slot = fx_order_pool_find(kit.engine, id);
    assert_true(slot != FX_SLOT_NONE);
    return &kit.engine->orders[slot];
}

static const struct fx_event_order *row_of(uint64_t id)
{
    const struct fx_event_order *row = engine_kit_row(&kit, id);
    assert_non_null(row);
    return row;
}

static void start(uint64_t orders)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_START_ENGINE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.start = (struct fx_command_start){
        .accounts = 3, .positions = 2, .orders = orders, .instruments = 1, .is_counted = 1};
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(engine_kit_mark(&kit, 0, 100), FX_OK);
}

static void preload_tp_sl_words_are_judged_one_by_one(void **state)
{
    (void)state;
    const struct fx_command loss = loss_of(30, PARTLY, 3);
    SAID(loss, FX_BAD_PARAMETER, place->type = FX_ORDER_TYPE_LIMIT);
    SAID(loss, FX_BAD_PARAMETER, place->type = FX_ORDER_TYPE_TRAILING_STOP);
    SAID(loss, FX_BAD_PARAMETER, place->is_reduce_only = 0);
    SAID(loss, FX_BAD_PARAMETER, place->post_only_mode = FX_POST_ONLY_MODE_REJECT);
    SAID(loss, FX_BAD_PARAMETER, load->protects = FX_LOAD_PROTECTS_POSITION);
    SAID(loss, FX_BAD_PARAMETER, load->order.is_price_protected = 1);
    SAID(loss, FX_BAD_PARAMETER, load->order.condition = FX_TRIGGER_CONDITION_GT);
    SAID(loss, FX_BAD_PARAMETER, load->status = FX_ORDER_STATUS_FILLED);
    SAID(loss, FX_BAD_PARAMETER, load->status = FX_ORDER_STATUS_PENDING); /* with lots */
    SAID(loss, FX_BAD_PARAMETER, load->note = FX_ORDER_NOTE_BANKRUPTCY + 1);
    SAID(loss, FX_BAD_TIME_IN_FORCE, {
        place->time_in_force = FX_TIME_IN_FORCE_GTD;
        place->expire_us = 9000000;
    });
    SAID(loss, FX_LOT_SIZE, load->remaining_lots = 2);
    SAID(loss, FX_LOT_SIZE, place->lots = load->remaining_lots = -1);
    SAID(loss, FX_PRICE_FILTER, load->order.trigger_ticks = 0);
    SAID(loss, FX_PRICE_FILTER, place->type = FX_ORDER_TYPE_STOP_LIMIT);
    SAID(loss, FX_LOAD_OUT_OF_ORDER, load->order_id = CLOSING);
    SAID(loss, FX_UNKNOWN_SYMBOL, one.instrument = 1);
    SAID(loss, FX_ACCOUNT_NOT_FOUND, one.user_id = 99);
    LOADED(loss);
}

static void preload_tp_sl_of_another_order_is_refused(void **state)
{
    (void)state;
    const struct fx_command loss = loss_of(30, PARTLY, 3);
    SAID(loss, FX_LOAD_OUT_OF_ORDER, one.u.load_order_tp_sl.parent_id = 0);
    SAID(loss, FX_LOAD_OUT_OF_ORDER, one.u.load_order_tp_sl.parent_id = 30);
    SAID(loss, FX_LOAD_OUT_OF_ORDER, one.u.load_order_tp_sl.parent_id = 31);
    assert_int_equal(kit.result.reject.field, FX_FIELD_STOP_LOSS);
    SAID(loss, FX_BAD_PARAMETER, one.user_id = OTHER);
    SAID(loss, FX_POSITION_NOT_FOUND, one.user_id = FLAT);
    SAID(loss, FX_BAD_PARAMETER, one.u.load_order_tp_sl.parent_id = CLOSING);
    SAID(loss, FX_BAD_PARAMETER, {
        place->side = FX_SIDE_BUY; /* it would add to what the order buys */
    });
    /* What waits for an order that has ended waits for ever. */
    SAID(loss_of(30, ENDED, 0), FX_ORDER_NOT_FOUND, (void)load);
    SAID(loss_of(30, ENDED, 0), FX_ORDER_NOT_FOUND, load->status = FX_ORDER_STATUS_UNTRIGGERED);
    LOADED(loss);
    SAID(loss_of(31, PARTLY, 3), FX_EXISTS, (void)load);     /* it has one */
    SAID(profit_of(31, PARTLY, 2), FX_LOT_SIZE, (void)load); /* the other one says 3 */
    assert_int_equal(kit.result.reject.field, FX_FIELD_TAKE_PROFIT);
    LOADED(profit_of(31, PARTLY, 3));
    SAID(profit_of(32, PARTLY, 3), FX_EXISTS, (void)load);
}

static void preload_tp_sl_closes_no_more_than_there_is(void **state)
{
    (void)state;
    SAID(loss_of(30, PARTLY, 4), FX_LOT_SIZE, (void)load); /* it filled 3 */
    SAID(loss_of(30, WHOLE, 1), FX_LOT_SIZE, (void)load);
    SAID(loss_of(30, ENDED, 11), FX_REDUCE_ONLY_REJECTED, (void)load);
    LOADED(loss_of(30, ENDED, 8));
    SAID(loss_of(31, PARTLY, 3), FX_REDUCE_ONLY_REJECTED, (void)load); /* 2 are left */
    LOADED(loss_of(31, PARTLY, 2));
    SAID(loss_of(32, ENDED + 1, 1), FX_REDUCE_ONLY_REJECTED, (void)load);
    LOADED(profit_of(32, ENDED, 8));
}

/* Nothing has filled: they wait, without lots, and begin with the first fill. */
static void preload_tp_sl_that_waits_begins_with_a_fill(void **state)
{
    (void)state;
    LOADED(loss_of(30, WHOLE, 0));
    assert_int_equal(row_of(30)->status, FX_ORDER_STATUS_PENDING);
    assert_int_equal(row_of(30)->parent_order_id, WHOLE);
    assert_int_equal(row_of(WHOLE)->stop_loss_order_id, 30);
    LOADED(profit_of(31, WHOLE, 0));
    assert_int_equal(row_of(31)->linked_order_id, 30);
    assert_int_equal(row_of(30)->linked_order_id, 31);
    assert_int_equal(row_of(WHOLE)->take_profit_order_id, 31);
    start(5);
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = OTHER,
                                      .side = FX_SIDE_SELL,
                                      .ticks = 89,
                                      .lots = 7), /* 5 of the other order, 2 of this one */
                     FX_OK);
    assert_int_equal(order_at(30)->status, FX_ORDER_STATUS_UNTRIGGERED);
    assert_int_equal(order_at(30)->lots, 2);
    assert_int_equal(order_at(31)->lots, 2);
}

/* The order is open and has filled 3, of which 2 are still there: it fires, the rest ends. */
static void preload_tp_sl_that_has_begun_fires(void **state)
{
    (void)state;
    LOADED(loss_of(30, PARTLY, 2));
    assert_int_equal(row_of(30)->status, FX_ORDER_STATUS_UNTRIGGERED);
    LOADED(profit_of(31, PARTLY, 2));
    start(5);
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = OTHER, .side = FX_SIDE_BUY, .ticks = 95, .lots = 9),
        FX_OK);
    assert_int_equal(engine_kit_mark(&kit, 0, 80), FX_OK);
    assert_int_equal(row_of(30)->status, FX_ORDER_STATUS_FILLED);
    assert_int_equal(row_of(31)->note, FX_ORDER_NOTE_LINKED);
    assert_int_equal(row_of(PARTLY)->note, FX_ORDER_NOTE_LINKED);
    assert_int_equal(engine_kit_position(&kit, HOLDER, 0).lots, 10 - 2);
}

/* What was filled is closed again, the order may fill on: UNTRIGGERED, and no lots. */
static void preload_tp_sl_without_lots_waits_for_the_next_fill(void **state)
{
    (void)state;
    SAID(loss_of(30, PARTLY, 0), FX_OK, load->status = FX_ORDER_STATUS_UNTRIGGERED);
    assert_int_equal(row_of(30)->status, FX_ORDER_STATUS_UNTRIGGERED);
    LOADED(profit_of(31, PARTLY, 0)); /* set since: PENDING */
    assert_int_equal(order_at(31)->status, FX_ORDER_STATUS_PENDING);
    start(5);
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = OTHER, .side = FX_SIDE_SELL, .ticks = 90, .lots = 1),
        FX_OK);
    assert_int_equal(order_at(30)->lots, 1);
    assert_int_equal(order_at(31)->status, FX_ORDER_STATUS_UNTRIGGERED);
}

/* The order has filled and is no more: the two are told apart from those of others by its id. */
static void preload_tp_sl_outlives_its_order(void **state)
{
    (void)state;
    LOADED(loss_of(30, ENDED + 1, 4));
    LOADED(loss_of(31, ENDED, 3));
    LOADED(profit_of(32, ENDED + 1, 4));
    assert_int_equal(row_of(32)->linked_order_id, 30);
    assert_int_equal(kit.engine->bracket_count, 2);
    start(6);
    /* 10 long, 7 protected. He closes 5: the order that was placed first is shortened. */
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = OTHER, .side = FX_SIDE_BUY, .ticks = 99, .lots = 5),
        FX_OK);
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = HOLDER, .side = FX_SIDE_SELL, .ticks = 99, .lots = 5),
        FX_OK);
    assert_int_equal(order_at(31)->lots, 1);
    assert_int_equal(order_at(30)->lots, 4);
    /* By the id of the order it is changed, as ever. */
    struct fx_command command = engine_kit_command(FX_COMMAND_ADJUST_ORDER_TP_SL, 0, HOLDER);
    command.u.order_tp_sl.order_id = ENDED;
    command.u.order_tp_sl.protection.take_profit_ticks = 140;
    command.u.order_tp_sl.protection.take_profit_source = FX_TRIGGER_SOURCE_MARK;
    command.u.order_tp_sl.protection.stop_loss_ticks = FX_COMMAND_TP_SL_KEEP;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(row_of(1002)->linked_order_id, 31);
}

/* It has fired and stands in the book: the last of the three. */
static void preload_tp_sl_that_rests_is_the_last_of_the_three(void **state)
{
    (void)state;
    SAID(fired_of(30, WHOLE), FX_EXISTS, (void)load); /* its order would have ended */
    SAID(fired_of(30, ENDED), FX_BAD_TIME_IN_FORCE, place->time_in_force = FX_TIME_IN_FORCE_IOC);
    SAID(fired_of(30, ENDED), FX_REDUCE_ONLY_REJECTED, place->lots = load->remaining_lots = 9);
    LOADED(fired_of(30, ENDED));
    assert_int_equal(row_of(30)->status, FX_ORDER_STATUS_ACTIVE);
    assert_int_equal(row_of(30)->parent_order_id, ENDED);
    LOADED(loss_of(31, ENDED + 1, 1));
    SAID(fired_of(32, ENDED + 1), FX_EXISTS, (void)load); /* the other one would have ended */
    start(5);
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = OTHER, .side = FX_SIDE_BUY, .ticks = 131, .lots = 5),
        FX_OK);
    assert_int_equal(row_of(30)->status, FX_ORDER_STATUS_FILLED);
    assert_int_equal(kit.engine->bracket_count, 1);
}

static void preload_tp_sl_has_room_only_for_so_many(void **state)
{
    (void)state;
    struct fx_engine_limits limits = engine_kit_limits();
    engine_kit_deinit(&kit);
    limits.reduce_orders_max = 2;
    open_exchange(&limits, FX_ENGINE_RULES_MAX);
    LOADED(loss_of(30, PARTLY, 1));
    LOADED(loss_of(31, ENDED, 1));
    SAID(loss_of(32, ENDED + 1, 1), FX_CAPACITY, (void)load);
    LOADED(profit_of(32, ENDED, 1));
}

/* Before, a log had no such record. */
static void preload_tp_sl_is_of_rules_4(void **state)
{
    (void)state;
    const struct fx_engine_limits limits = engine_kit_limits();
    struct fx_command command = loss_of(30, PARTLY, 3);
    assert_true(fx_engine_has(kit.engine, FX_COMMAND_LOAD_ORDER_TP_SL));
    start(3);
    assert_int_equal(engine_kit_apply(&kit, &command), FX_ENGINE_NOT_LOADING);
    engine_kit_deinit(&kit);
    open_exchange(&limits, FX_ENGINE_RULES_BRACKETS - 1);
    assert_false(fx_engine_has(kit.engine, FX_COMMAND_LOAD_ORDER_TP_SL));
    assert_int_equal(engine_kit_apply(&kit, &command), FX_ENGINE_LOADING);
    start(3);
    assert_int_equal(engine_kit_apply(&kit, &command), FX_UNKNOWN_COMMAND);
}

/* A snapshot of an engine that is being loaded goes on with the second of the two. */
static void preload_tp_sl_goes_on_behind_a_snapshot(void **state)
{
    (void)state;
    const struct fx_engine_limits limits = engine_kit_limits();
    LOADED(loss_of(30, ENDED, 3));
    const size_t size = fx_engine_save_size(kit.engine);
    char *saved = malloc(size);
    struct fx_engine *loaded = NULL;
    assert_non_null(saved);
    fx_engine_save(kit.engine, saved, size);
    void *memory = engine_kit_memory(&limits);
    assert_int_equal(fx_engine_load(memory, &limits, (fx_str){saved, size}, &loaded), FX_OK);
    assert_true(fx_engine_hash(loaded) == fx_engine_hash(kit.engine));
    free(kit.engine);
    free(saved);
    kit.engine = loaded;
    LOADED(profit_of(31, ENDED, 3));
    assert_int_equal(row_of(30)->linked_order_id, 31);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(preload_tp_sl_words_are_judged_one_by_one),
        CASE(preload_tp_sl_of_another_order_is_refused),
        CASE(preload_tp_sl_closes_no_more_than_there_is),
        CASE(preload_tp_sl_that_waits_begins_with_a_fill),
        CASE(preload_tp_sl_that_has_begun_fires),
        CASE(preload_tp_sl_without_lots_waits_for_the_next_fill),
        CASE(preload_tp_sl_outlives_its_order),
        CASE(preload_tp_sl_that_rests_is_the_last_of_the_three),
        CASE(preload_tp_sl_has_room_only_for_so_many),
        CASE(preload_tp_sl_is_of_rules_4),
        CASE(preload_tp_sl_goes_on_behind_a_snapshot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
