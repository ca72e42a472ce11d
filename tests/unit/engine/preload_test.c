#include "engine/book_int.h"
#include "engine/marks_int.h"
#include "engine/preload_int.h"
#include "fx_test.h"
#include "preload_kit.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

static fx_status apply_rules(struct engine_kit *kit, uint32_t version)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_SET_RULES, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.rules.version = version;
    return engine_kit_apply(kit, &command);
}

static fx_status apply_plain(struct engine_kit *kit, enum fx_command_kind kind)
{
    struct fx_command command = engine_kit_command(kind, FX_COMMAND_ALL_INSTRUMENTS, 0);
    return engine_kit_apply(kit, &command);
}

static fx_status begin(struct engine_kit *kit)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_LOAD_ENGINE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.load.next_order_id = 1000;
    command.u.load.next_trade_id = 500;
    return engine_kit_apply(kit, &command);
}

static fx_status load_account(struct engine_kit *kit,
                              uint64_t id,
                              uint64_t user_id,
                              const char *balance)
{
    struct fx_command command = preload_kit_account(id, user_id, balance);
    return engine_kit_apply(kit, &command);
}

static fx_status load_position(
    struct engine_kit *kit, uint64_t id, uint64_t user_id, int64_t lots, const char *value)
{
    struct fx_command command = preload_kit_position(id, user_id, lots, value);
    return engine_kit_apply(kit, &command);
}

static fx_status load_order(
    struct engine_kit *kit, uint64_t id, uint64_t user_id, enum fx_side side, int64_t ticks)
{
    struct fx_command command = preload_kit_order(id, user_id, side, ticks, 5);
    return engine_kit_apply(kit, &command);
}

/* Loading, with one symbol that trades. */
static void open_symbol(struct engine_kit *kit)
{
    const struct fx_instrument definition = engine_kit_definition("BTCUSDT");
    const struct fx_engine_limits limits = engine_kit_limits();
    engine_kit_init(kit, &limits);
    assert_int_equal(apply_rules(kit, FX_ENGINE_RULES_MAX), FX_OK);
    assert_int_equal(begin(kit), FX_OK);
    assert_int_equal(engine_kit_update(kit, &definition), FX_OK);
    assert_int_equal(engine_kit_tiers(kit, 0), FX_OK);
    assert_int_equal(engine_kit_state(kit, 0, FX_INSTRUMENT_STATE_TRADING), FX_OK);
}

/* … and three accounts with ids that have gaps. */
static void open_accounts(struct engine_kit *kit)
{
    open_symbol(kit);
    assert_int_equal(load_account(kit, 3, 30, "10000"), FX_OK);
    assert_int_equal(load_account(kit, 7, 70, "10000"), FX_OK);
    assert_int_equal(load_account(kit, 8, 80, "10000"), FX_OK);
}

static void open_positions(struct engine_kit *kit)
{
    open_accounts(kit);
    assert_int_equal(load_position(kit, 11, 30, 10, "1000"), FX_OK);
    assert_int_equal(load_position(kit, 15, 70, -10, "1100"), FX_OK);
}

static fx_status start(struct engine_kit *kit, uint64_t accounts, uint64_t orders)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_START_ENGINE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.start = (struct fx_command_start){
        .accounts = accounts, .positions = 2, .orders = orders, .instruments = 1, .is_counted = 1};
    return engine_kit_apply(kit, &command);
}

static void preload_of_a_whole_exchange_trades_on(void **state)
{
    (void)state;
    struct engine_kit kit;
    open_positions(&kit);
    assert_int_equal(load_order(&kit, 101, 30, FX_SIDE_SELL, 120), FX_OK);
    assert_int_equal(kit.result.order_id, 101);
    assert_int_equal(engine_kit_event(&kit, FX_EVENT_ORDER, 0)->u.order.account_id, 3);
    assert_int_equal(engine_kit_event(&kit, FX_EVENT_POSITION, 0)->u.position.position_id, 11);
    assert_int_equal(load_order(&kit, 250, 70, FX_SIDE_BUY, 90), FX_OK);
    assert_int_equal(start(&kit, 3, 2), FX_OK);
    assert_int_equal(engine_kit_mark(&kit, 0, 105), FX_OK);
    /* Who is new gets ids behind all that were loaded, and meets what was. */
    engine_kit_account(&kit, 90, "USDT", "10000");
    assert_int_equal(kit.result.account_id, 9);
    const struct engine_kit_order order = {
        .user_id = 90, .side = FX_SIDE_BUY, .ticks = 120, .lots = 5};
    assert_int_equal(engine_kit_order(&kit, &order), FX_OK);
    assert_int_equal(kit.result.order_id, 1000);
    const struct fx_event_trade *trade = &engine_kit_event(&kit, FX_EVENT_TRADE, 0)->u.trade;
    assert_int_equal(trade->trade_id, 500);
    assert_int_equal(trade->sell_order_id, 101);
    assert_int_equal(trade->sell_account_id, 3);
    assert_int_equal(trade->buy_account_id, 9);
    assert_true(trade->sell_pnl == engine_kit_decimal("100")); /* 5 x (120 - 100) */
    engine_kit_deinit(&kit);
}

static void preload_of_positions_that_do_not_add_up_stays_loading(void **state)
{
    (void)state;
    struct engine_kit kit;
    open_accounts(&kit);
    assert_int_equal(load_position(&kit, 1, 30, 10, "1000"), FX_OK);
    assert_int_equal(load_position(&kit, 2, 70, -9, "1000"), FX_OK);
    assert_int_equal(start(&kit, 3, 0), FX_LOAD_UNBALANCED);
    assert_true(kit.result.reject.limit == engine_kit_decimal("1"));
    assert_true(fx_engine_is_loading(kit.engine));
    assert_int_equal(load_position(&kit, 3, 80, -1, "100"), FX_OK);
    struct fx_command command =
        engine_kit_command(FX_COMMAND_START_ENGINE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_false(fx_engine_is_loading(kit.engine));
    engine_kit_deinit(&kit);
}

static void preload_of_a_part_stays_loading(void **state)
{
    (void)state;
    struct engine_kit kit;
    open_positions(&kit);
    assert_int_equal(start(&kit, 4, 0), FX_LOAD_INCOMPLETE);
    assert_int_equal(start(&kit, 3, 1), FX_LOAD_INCOMPLETE);
    assert_int_equal(start(&kit, 3, 0), FX_OK);
    engine_kit_deinit(&kit);
}

static void preload_takes_nothing_else(void **state)
{
    (void)state;
    struct engine_kit kit;
    open_positions(&kit);
    const struct engine_kit_order order = {
        .user_id = 30, .side = FX_SIDE_BUY, .ticks = 100, .lots = 1};
    kit.is_unchecked = true; /* the kit would ask what the order would be told */
    assert_int_equal(engine_kit_order(&kit, &order), FX_ENGINE_LOADING);
    assert_int_equal(engine_kit_deposit(&kit, 30, "USDT", "1"), FX_ENGINE_LOADING);
    assert_int_equal(engine_kit_mark(&kit, 0, 100), FX_ENGINE_LOADING);
    assert_int_equal(apply_plain(&kit, FX_COMMAND_STOP_ENGINE), FX_ENGINE_LOADING);
    assert_int_equal(apply_plain(&kit, FX_COMMAND_TICK), FX_OK);
    assert_int_equal(begin(&kit), FX_ENGINE_NOT_EMPTY);
    assert_int_equal(fx_engine_next_due_us(kit.engine), INT64_MAX);
    /* Terms come first. */
    assert_int_equal(engine_kit_tiers(&kit, 0), FX_LOAD_OUT_OF_ORDER);
    engine_kit_deinit(&kit);
}

static void preload_is_for_an_empty_engine_that_loads(void **state)
{
    (void)state;
    struct engine_kit kit;
    const struct fx_engine_limits limits = engine_kit_limits();
    engine_kit_init(&kit, &limits);
    kit.engine->preload.rules = 1;
    assert_int_equal(begin(&kit), FX_UNKNOWN_COMMAND); /* not by the first rules */
    assert_int_equal(apply_rules(&kit, FX_ENGINE_RULES_MAX), FX_OK);
    assert_int_equal(load_account(&kit, 1, 1, "1"), FX_ENGINE_NOT_LOADING);
    engine_kit_account(&kit, 1, "USDT", "1");
    assert_int_equal(begin(&kit), FX_ENGINE_NOT_EMPTY);
    engine_kit_deinit(&kit);
}

static void preload_of_bad_accounts_is_refused(void **state)
{
    (void)state;
    struct engine_kit kit;
    open_accounts(&kit);
    assert_int_equal(load_account(&kit, 8, 81, "1"), FX_LOAD_OUT_OF_ORDER);
    assert_int_equal(load_account(&kit, 0, 81, "1"), FX_LOAD_OUT_OF_ORDER);
    assert_int_equal(load_account(&kit, 9, 80, "1"), FX_EXISTS);
    assert_int_equal(load_account(&kit, 9, 0, "-1"), FX_INSUFFICIENT_BALANCE);
    assert_int_equal(load_account(&kit, 9, 0, "5"), FX_OK); /* the insurance fund */
    assert_int_equal(load_position(&kit, 1, 30, 10, "1000"), FX_OK);
    assert_int_equal(load_account(&kit, 10, 81, "1"), FX_LOAD_OUT_OF_ORDER);
    engine_kit_deinit(&kit);
}

static void preload_of_bad_positions_is_refused(void **state)
{
    (void)state;
    struct engine_kit kit;
    open_positions(&kit);
    struct fx_command command = preload_kit_position(16, 80, 1, "100");
    command.instrument = 1;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_UNKNOWN_SYMBOL);
    assert_int_equal(load_position(&kit, 15, 80, 1, "100"), FX_LOAD_OUT_OF_ORDER);
    assert_int_equal(load_position(&kit, 16, 99, 1, "100"), FX_ACCOUNT_NOT_FOUND);
    assert_int_equal(load_position(&kit, 16, 30, 1, "100"), FX_EXISTS);
    assert_int_equal(load_position(&kit, 16, 80, 1, "0"), FX_BAD_PARAMETER);
    assert_int_equal(load_position(&kit, 16, 80, 0, "1"), FX_BAD_PARAMETER);
    assert_int_equal(load_position(&kit, 16, 80, 1, "-1"), FX_BAD_PARAMETER);
    assert_int_equal(load_position(&kit, 16, 80, INT64_MIN, "1"), FX_AMOUNT_OUT_OF_RANGE);
    command = preload_kit_position(16, 80, 1, "100");
    command.u.load_position.leverage_centi = 99;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_LEVERAGE);
    command = preload_kit_position(16, 80, 1, "100");
    command.u.load_position.position_side = FX_POSITION_SIDE_LONG;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_POSITION_SIDE_MISMATCH);
    command = preload_kit_position(16, 80, 1, "100");
    command.u.load_position.position_margin = 1; /* of a cross position */
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_PARAMETER);
    command.u.load_position.margin_mode = FX_MARGIN_MODE_ISOLATED;
    command.u.load_position.adjust_margin = -2;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_PARAMETER);
    assert_int_equal(load_order(&kit, 1, 30, FX_SIDE_BUY, 90), FX_OK);
    assert_int_equal(load_position(&kit, 16, 80, 1, "100"), FX_LOAD_OUT_OF_ORDER);
    engine_kit_deinit(&kit);
}

static void preload_of_bad_orders_is_refused(void **state)
{
    (void)state;
    struct engine_kit kit;
    open_positions(&kit);
    assert_int_equal(load_order(&kit, 5, 30, FX_SIDE_SELL, 120), FX_OK);
    assert_int_equal(load_order(&kit, 5, 30, FX_SIDE_SELL, 120), FX_LOAD_OUT_OF_ORDER);
    assert_int_equal(load_order(&kit, 1000, 30, FX_SIDE_SELL, 120), FX_LOAD_OUT_OF_ORDER);
    assert_int_equal(load_order(&kit, 6, 70, FX_SIDE_BUY, 120), FX_LOAD_CROSSED);
    assert_int_equal(load_order(&kit, 6, 99, FX_SIDE_BUY, 100), FX_ACCOUNT_NOT_FOUND);
    assert_int_equal(load_order(&kit, 6, 0, FX_SIDE_BUY, 100), FX_ACCOUNT_NOT_FOUND);
    assert_int_equal(load_order(&kit, 6, 70, FX_SIDE_BUY, 0), FX_PRICE_FILTER);
    assert_int_equal(load_order(&kit, 6, 70, FX_SIDE_BUY, 1000001), FX_PRICE_FILTER);
    struct fx_command command = preload_kit_order(6, 70, FX_SIDE_BUY, 100, 0);
    assert_int_equal(engine_kit_apply(&kit, &command), FX_LOT_SIZE);
    command = preload_kit_order(6, 70, FX_SIDE_BUY, 100, 5);
    command.u.load_order.remaining_lots = 3; /* without what the other two cost */
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_PARAMETER);
    command = preload_kit_order(6, 70, FX_SIDE_BUY, 100, 5);
    command.u.load_order.order.place.time_in_force = FX_TIME_IN_FORCE_IOC;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_TIME_IN_FORCE);
    command = preload_kit_order(6, 70, FX_SIDE_BUY, 100, 5);
    command.u.load_order.order.place.type = FX_ORDER_TYPE_MARKET;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_PARAMETER);
    command = preload_kit_order(6, 70, FX_SIDE_BUY, 100, 11); /* 10 are short */
    command.u.load_order.order.place.is_reduce_only = 1;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_REDUCE_ONLY_REJECTED);
    command = preload_kit_order(6, 70, FX_SIDE_BUY, 100, 5);
    command.u.load_order.status = FX_ORDER_STATUS_UNTRIGGERED; /* a plain limit order */
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_PARAMETER);
    engine_kit_deinit(&kit);
}

static void preload_keeps_names_and_what_was_filled(void **state)
{
    (void)state;
    struct engine_kit kit;
    open_positions(&kit);
    struct fx_command command = preload_kit_order(6, 70, FX_SIDE_BUY, 100, 5);
    command.u.load_order.remaining_lots = 3;
    command.u.load_order.filled_value = engine_kit_decimal("200");
    assert_true(fx_ids_client_id(FX_STR("mine"), &command.u.load_order.order.place.client_id));
    struct fx_command again = command;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    const struct fx_event_order *row = &engine_kit_event(&kit, FX_EVENT_ORDER, 0)->u.order;
    assert_int_equal(row->status, FX_ORDER_STATUS_PARTIALLY_FILLED);
    assert_int_equal(row->remaining_lots, 3);
    assert_int_equal(row->created_us, 1000);
    again.u.load_order.order_id = 7;
    assert_int_equal(engine_kit_apply(&kit, &again), FX_DUPLICATE_CLIENT_ORDER_ID);
    assert_int_equal(start(&kit, 3, 1), FX_OK);
    struct fx_command cancel = engine_kit_command(FX_COMMAND_CANCEL_ORDER, 0, 70);
    assert_true(fx_ids_client_id(FX_STR("mine"), &cancel.u.cancel.client_id));
    assert_int_equal(engine_kit_apply(&kit, &cancel), FX_OK);
    assert_int_equal(kit.result.order_id, 6);
    engine_kit_deinit(&kit);
}

static struct fx_command stop_of(uint64_t id, uint64_t user_id, int64_t trigger)
{
    struct fx_command command = preload_kit_order(id, user_id, FX_SIDE_SELL, 0, 0);
    struct fx_command_conditional *order = &command.u.load_order.order;
    order->place.type = FX_ORDER_TYPE_STOP_MARKET;
    order->place.time_in_force = FX_TIME_IN_FORCE_IOC;
    order->trigger_ticks = trigger;
    order->source = FX_TRIGGER_SOURCE_MARK;
    order->is_close_position = 1;
    command.u.load_order.status = FX_ORDER_STATUS_UNTRIGGERED;
    command.u.load_order.protects = FX_LOAD_PROTECTS_POSITION;
    return command;
}

static void preload_of_a_stop_loss_fires_at_its_mark(void **state)
{
    (void)state;
    struct engine_kit kit;
    open_positions(&kit);
    assert_int_equal(load_order(&kit, 20, 70, FX_SIDE_BUY, 95), FX_OK);
    struct fx_command stop = stop_of(21, 80, 90);
    assert_int_equal(engine_kit_apply(&kit, &stop), FX_POSITION_NOT_FOUND);
    stop = stop_of(21, 30, 90);
    assert_int_equal(engine_kit_apply(&kit, &stop), FX_OK);
    stop = stop_of(22, 30, 80);
    assert_int_equal(engine_kit_apply(&kit, &stop), FX_EXISTS);
    assert_int_equal(start(&kit, 3, 2), FX_OK);
    assert_int_equal(engine_kit_mark(&kit, 0, 100), FX_OK);
    assert_null(engine_kit_event(&kit, FX_EVENT_TRADE, 0));
    assert_int_equal(engine_kit_mark(&kit, 0, 90), FX_OK);
    assert_int_equal(engine_kit_event(&kit, FX_EVENT_TRADE, 0)->u.trade.sell_order_id, 21);
    engine_kit_deinit(&kit);
}

static void preload_of_who_is_short_is_liquidated_by_a_fresh_mark_only(void **state)
{
    (void)state;
    struct engine_kit kit;
    open_symbol(&kit);
    assert_int_equal(load_account(&kit, 3, 30, "100"), FX_OK);
    assert_int_equal(load_account(&kit, 7, 70, "10000"), FX_OK);
    assert_int_equal(load_account(&kit, 8, 80, "10000"), FX_OK);
    assert_int_equal(load_position(&kit, 11, 30, 10, "1000"), FX_OK);
    assert_int_equal(load_position(&kit, 15, 70, -10, "1000"), FX_OK);
    assert_int_equal(start(&kit, 3, 0), FX_OK);
    assert_int_equal(apply_plain(&kit, FX_COMMAND_TICK), FX_OK);
    assert_null(engine_kit_event(&kit, FX_EVENT_LIQUIDATION, 0));
    assert_int_equal(engine_kit_mark(&kit, 0, 89), FX_OK);
    assert_non_null(engine_kit_event(&kit, FX_EVENT_LIQUIDATION, 0));
    engine_kit_deinit(&kit);
}

/* Save and load again: in the middle and at the end of a load. */
static struct fx_engine *reload(const struct engine_kit *kit)
{
    const struct fx_engine_limits limits = engine_kit_limits();
    const size_t size = fx_engine_save_size(kit->engine);
    char *bytes = malloc(size);
    struct fx_engine *engine = NULL;
    assert_non_null(bytes);
    fx_engine_save(kit->engine, bytes, size);
    assert_int_equal(
        fx_engine_load(engine_kit_memory(&limits), &limits, (fx_str){bytes, size}, &engine), FX_OK);
    free(bytes);
    fx_engine_check(engine);
    return engine;
}

static void preload_goes_on_from_a_snapshot(void **state)
{
    (void)state;
    struct engine_kit kit;
    open_positions(&kit);
    assert_int_equal(load_order(&kit, 20, 70, FX_SIDE_BUY, 95), FX_OK);
    struct engine_kit other = {.time_us = kit.time_us};
    other.engine = reload(&kit);
    other.events.capacity = kit.events.capacity;
    other.events.items = calloc(other.events.capacity, sizeof *other.events.items);
    assert_non_null(other.events.items);
    assert_true(fx_engine_is_loading(other.engine));
    assert_int_equal(load_order(&kit, 21, 30, FX_SIDE_SELL, 120), FX_OK);
    assert_int_equal(load_order(&other, 21, 30, FX_SIDE_SELL, 120), FX_OK);
    assert_int_equal(start(&kit, 3, 2), FX_OK);
    assert_int_equal(start(&other, 3, 2), FX_OK);
    assert_int_equal(engine_kit_mark(&kit, 0, 100), FX_OK);
    assert_int_equal(engine_kit_mark(&other, 0, 100), FX_OK);
    assert_true(fx_engine_hash(kit.engine) == fx_engine_hash(other.engine));
    struct fx_engine *third = reload(&kit);
    assert_true(fx_engine_hash(kit.engine) == fx_engine_hash(third));
    assert_int_equal(fx_preload_account_id(third, 1), 7);
    free(third);
    engine_kit_deinit(&other);
    engine_kit_deinit(&kit);
}

static void preload_of_a_stopped_exchange_takes_cancels_only(void **state)
{
    (void)state;
    struct engine_kit kit;
    open_positions(&kit);
    assert_int_equal(load_order(&kit, 20, 70, FX_SIDE_BUY, 95), FX_OK);
    struct fx_command stop = stop_of(21, 30, 90);
    assert_int_equal(engine_kit_apply(&kit, &stop), FX_OK);
    assert_int_equal(start(&kit, 3, 2), FX_OK);
    assert_int_equal(engine_kit_mark(&kit, 0, 100), FX_OK);
    assert_int_equal(apply_plain(&kit, FX_COMMAND_STOP_ENGINE), FX_OK);
    const struct engine_kit_order order = {
        .user_id = 30, .side = FX_SIDE_SELL, .ticks = 95, .lots = 1};
    assert_int_equal(engine_kit_order(&kit, &order), FX_ENGINE_STOPPED);
    assert_int_equal(engine_kit_mark(&kit, 0, 85), FX_OK); /* crosses the stop, which waits */
    assert_null(engine_kit_event(&kit, FX_EVENT_TRADE, 0));
    struct fx_engine *other = reload(&kit);
    assert_true(fx_engine_hash(kit.engine) == fx_engine_hash(other));
    free(other);
    assert_int_equal(apply_plain(&kit, FX_COMMAND_START_ENGINE), FX_OK);
    assert_non_null(engine_kit_event(&kit, FX_EVENT_TRADE, 0)); /* now it fires */
    assert_int_equal(apply_plain(&kit, FX_COMMAND_START_ENGINE), FX_OK);
    assert_int_equal(kit.result.is_changed, 0);
    engine_kit_deinit(&kit);
}

static void preload_rules_only_rise(void **state)
{
    (void)state;
    struct engine_kit kit;
    const struct fx_engine_limits limits = engine_kit_limits();
    engine_kit_init(&kit, &limits);
    kit.engine->preload.rules = 1;
    assert_int_equal(apply_plain(&kit, FX_COMMAND_STOP_ENGINE), FX_UNKNOWN_COMMAND);
    assert_int_equal(apply_rules(&kit, 1), FX_OK);
    assert_int_equal(apply_rules(&kit, FX_ENGINE_RULES_MAX), FX_OK);
    assert_int_equal(fx_engine_rules(kit.engine), FX_ENGINE_RULES_MAX);
    assert_int_equal(apply_rules(&kit, 1), FX_RULES_LOWER);
    assert_int_equal(apply_rules(&kit, FX_ENGINE_RULES_MAX + 1), FX_RULES_UNKNOWN);
    struct fx_command command = engine_kit_command(FX_COMMAND_SET_RULES, 0, 0);
    command.u.rules.version = FX_ENGINE_RULES_MAX + 1;
    assert_false(fx_engine_knows(&command));
    command.u.rules.version = FX_ENGINE_RULES_MAX;
    assert_true(fx_engine_knows(&command));
    engine_kit_deinit(&kit);
}

static fx_status load_extra(struct engine_kit *kit, uint32_t instrument, int64_t last_ticks)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_UPDATE_INSTRUMENT_EXTRA, instrument, 0);
    command.u.load_extra.last_ticks = last_ticks;
    return engine_kit_apply(kit, &command);
}

static fx_status load_funding(struct engine_kit *kit, uint32_t instrument, int64_t instant_us)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_LOAD_FUNDING_HISTORY, instrument, 0);
    command.u.load_funding.instant_us = instant_us;
    command.u.load_funding.rate_ppb = 7;
    return engine_kit_apply(kit, &command);
}

/* The last price, and the last instant that was paid: none before it is paid again. */
static void preload_of_what_symbols_know(void **state)
{
    (void)state;
    struct engine_kit kit;
    open_accounts(&kit);
    assert_int_equal(load_extra(&kit, 1, 100), FX_UNKNOWN_SYMBOL);
    assert_int_equal(load_extra(&kit, 0, -1), FX_PRICE_FILTER);
    assert_int_equal(load_extra(&kit, 0, 1000001), FX_PRICE_FILTER);
    assert_int_equal(load_extra(&kit, 0, 103), FX_OK);
    assert_int_equal(kit.result.is_changed, 1);
    assert_int_equal(kit.engine->listings[0].last.ticks, 103);
    assert_int_equal(load_funding(&kit, 1, 5), FX_UNKNOWN_SYMBOL);
    assert_int_equal(load_funding(&kit, 0, kit.time_us + 1), FX_LOAD_OUT_OF_ORDER);
    assert_int_equal(load_funding(&kit, 0, 900000), FX_OK);
    assert_int_equal(load_funding(&kit, 0, 900000), FX_LOAD_OUT_OF_ORDER);
    assert_int_equal(kit.engine->marks[0].rate_ppb, 7);
    assert_int_equal(apply_rules(&kit, FX_ENGINE_RULES_MAX), FX_OK);
    struct fx_command rules = engine_kit_command(FX_COMMAND_SET_MARK_RULES, 0, 0);
    assert_int_equal(engine_kit_apply(&kit, &rules), FX_LOAD_OUT_OF_ORDER); /* too late */
    engine_kit_deinit(&kit);
}

static void preload_of_numbers_beyond_the_range_is_refused(void **state)
{
    (void)state;
    struct engine_kit kit;
    const struct fx_engine_limits limits = engine_kit_limits();
    engine_kit_init(&kit, &limits);
    assert_int_equal(apply_rules(&kit, FX_ENGINE_RULES_MAX), FX_OK);
    struct fx_command command =
        engine_kit_command(FX_COMMAND_LOAD_ENGINE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.load.next_trade_id = INT64_MAX;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_PARAMETER);
    kit.engine->shard->shards = 2;
    kit.engine->preload.rules = 2;
    assert_int_equal(begin(&kit), FX_BAD_SHARD_MAP); /* not by them */
    engine_kit_deinit(&kit);
    open_symbol(&kit);
    command = engine_kit_command(FX_COMMAND_SET_MARK_RULES, 0, 0);
    command.u.mark_rules.sources_min = 1;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    command = engine_kit_command(FX_COMMAND_LOAD_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, 30);
    command.u.load_account.account_id = 3;
    command.u.load_account.settings.asset = engine_kit_asset("USDT");
    command.u.load_account.balance = fx_dec_limit();
    assert_int_equal(engine_kit_apply(&kit, &command), FX_AMOUNT_OUT_OF_RANGE);
    command.u.load_account.balance = fx_dec_limit() - 1;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    command.user_id = 31;
    command.u.load_account.account_id = 4;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_AMOUNT_OUT_OF_RANGE); /* both together */
    command.u.load_account.balance = 1;
    const char *const assets[] = {"AAA", "BBB", "CCC"};
    for (uint32_t index = 0; index < 3; index++) { /* room for three, one is there */
        command.u.load_account.settings.asset = engine_kit_asset(assets[index]);
        command.u.load_account.account_id++;
        assert_int_equal(engine_kit_apply(&kit, &command), index < 2 ? FX_OK : FX_CAPACITY);
    }
    assert_int_equal(load_position(&kit, 1, 30, 1, "1000"), FX_AMOUNT_OUT_OF_RANGE);
    engine_kit_deinit(&kit);
}

/* Long and short of one symbol share leverage and margin mode, and are of their side. */
static void preload_of_hedge_positions_that_disagree_is_refused(void **state)
{
    (void)state;
    struct engine_kit kit;
    open_symbol(&kit);
    struct fx_command command =
        engine_kit_command(FX_COMMAND_LOAD_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, 30);
    command.u.load_account.account_id = 3;
    command.u.load_account.settings.asset = engine_kit_asset("USDT");
    command.u.load_account.settings.flags = FX_ACCOUNT_FLAG_HEDGE;
    command.u.load_account.balance = engine_kit_decimal("1000");
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    command = preload_kit_position(1, 30, -1, "100");
    command.u.load_position.position_side = FX_POSITION_SIDE_LONG;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_POSITION_SIDE_MISMATCH);
    command = preload_kit_position(1, 30, 1, "100");
    command.u.load_position.margin_mode = 3;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_PARAMETER);
    command.u.load_position.margin_mode = FX_MARGIN_MODE_CROSS;
    command.u.load_position.position_side = FX_POSITION_SIDE_SHORT;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_POSITION_SIDE_MISMATCH);
    command.u.load_position.position_side = FX_POSITION_SIDE_LONG;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    command = preload_kit_position(2, 30, -1, "100");
    command.u.load_position.position_side = FX_POSITION_SIDE_SHORT;
    command.u.load_position.leverage_centi = 2000;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_LEVERAGE);
    command.u.load_position.leverage_centi = 1000;
    command.u.load_position.margin_mode = FX_MARGIN_MODE_ISOLATED;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_PARAMETER);
    command.u.load_position.margin_mode = FX_MARGIN_MODE_CROSS;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    kit.engine->listings[0].definition.tier_count = 0; /* nobody could say what it needs */
    kit.is_unchecked = true;
    assert_int_equal(apply_plain(&kit, FX_COMMAND_START_ENGINE), FX_BAD_INSTRUMENT);
    engine_kit_deinit(&kit);
}

/* Whatever has left a trace before, a load is not its continuation. */
static void preload_is_refused_after_any_trace(void **state)
{
    (void)state;
    struct engine_kit kit;
    const struct fx_engine_limits limits = engine_kit_limits();
    const struct fx_instrument definition = engine_kit_definition("BTCUSDT");
    engine_kit_init(&kit, &limits);
    kit.is_unchecked = true;
    kit.engine->next_order_id = 2; /* as after an order of which nothing is left */
    assert_int_equal(begin(&kit), FX_ENGINE_NOT_EMPTY);
    kit.engine->next_order_id = 1;
    kit.engine->deadman_count = 1;
    kit.engine->deadmen[0].deadline_us = INT64_MAX;
    assert_int_equal(begin(&kit), FX_ENGINE_NOT_EMPTY);
    kit.engine->deadman_count = 0;
    kit.engine->deadmen[0].deadline_us = 0;
    kit.is_unchecked = false;
    assert_int_equal(apply_plain(&kit, FX_COMMAND_STOP_ENGINE), FX_OK);
    assert_int_equal(begin(&kit), FX_ENGINE_NOT_EMPTY);
    assert_int_equal(apply_plain(&kit, FX_COMMAND_START_ENGINE), FX_OK);
    assert_int_equal(engine_kit_update(&kit, &definition), FX_OK);
    assert_int_equal(begin(&kit), FX_ENGINE_NOT_EMPTY);
    engine_kit_deinit(&kit);
    /* Each of the three numbers has room for all that come behind it. */
    engine_kit_init(&kit, &limits);
    struct fx_command command =
        engine_kit_command(FX_COMMAND_LOAD_ENGINE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.load.next_order_id = INT64_MAX / 2 + 1;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_PARAMETER);
    command.u.load.next_order_id = 0;
    command.u.load.next_liquidation_id = INT64_MAX / 2 + 1;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_PARAMETER);
    command.u.load.next_liquidation_id = INT64_MAX / 2;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_true(kit.engine->next_order_id == 1);
    assert_true(kit.engine->next_liquidation_id == INT64_MAX / 2);
    engine_kit_deinit(&kit);
}

#define ACCOUNT_SAID(status_, change)                                                              \
    do {                                                                                           \
        struct fx_command one =                                                                    \
            engine_kit_command(FX_COMMAND_LOAD_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, 81);           \
        struct fx_command_load_account *load = &one.u.load_account;                                \
        load->account_id = 9;                                                                      \
        load->settings.asset = engine_kit_asset("USDT");                                           \
        change;                                                                                    \
        assert_int_equal(engine_kit_apply(&kit, &one), (status_));                                 \
    } while (0)

/* What was lost is more than there was, what another position has gained is more than that. */
static void preload_of_a_balance_below_0_stands_against_gains(void **state)
{
    (void)state;
    struct engine_kit kit;
    for (uint32_t round = 0; round < 4; round++) { /* no position, isolated, flat, cross */
        struct fx_command command = preload_kit_position(11, 81, round == 2 ? 0 : 10, "1000");
        open_accounts(&kit);
        kit.engine->preload.rules = FX_ENGINE_RULES_GAINS - 1;
        assert_int_equal(load_account(&kit, 9, 81, "-50"), FX_INSUFFICIENT_BALANCE);
        kit.engine->preload.rules = FX_ENGINE_RULES_GAINS;
        assert_int_equal(load_account(&kit, 9, 81, "-50"), FX_OK);
        if (round == 1) {
            command.u.load_position.margin_mode = FX_MARGIN_MODE_ISOLATED;
        } else if (round == 2) {
            command.u.load_position.entry_value = 0;
        }
        if (round > 0) {
            assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
        }
        if (round == 0 || round == 2) {
            assert_int_equal(load_position(&kit, 15, 30, 10, "1000"), FX_OK);
        }
        assert_int_equal(load_position(&kit, 16, 70, -10, "1100"), FX_OK);
        command = engine_kit_command(FX_COMMAND_START_ENGINE, FX_COMMAND_ALL_INSTRUMENTS, 0);
        const fx_status status = engine_kit_apply(&kit, &command);
        assert_int_equal(status, round == 3 ? FX_OK : FX_INSUFFICIENT_BALANCE);
        if (round == 3) {
            assert_int_equal(engine_kit_mark(&kit, 0, 110), FX_OK); /* + 100 */
            assert_int_equal(engine_kit_position(&kit, 81, 0).lots, 10);
        } else {
            assert_int_equal(kit.result.account_id, 9);
        }
        engine_kit_deinit(&kit);
    }
}

static void preload_of_accounts_judges_each_number(void **state)
{
    (void)state;
    struct engine_kit kit;
    open_accounts(&kit);
    ACCOUNT_SAID(FX_BAD_PARAMETER, load->settings.flags = UINT32_MAX);
    ACCOUNT_SAID(FX_BAD_PARAMETER, memset(&load->settings.asset, 0, sizeof load->settings.asset));
    ACCOUNT_SAID(FX_LOAD_OUT_OF_ORDER, load->account_id = (uint64_t)INT64_MAX / 2 + 1);
    ACCOUNT_SAID(FX_INSUFFICIENT_BALANCE, load->reward_balance = -1);
    ACCOUNT_SAID(FX_AMOUNT_OUT_OF_RANGE, load->reward_balance = fx_dec_limit());
    ACCOUNT_SAID(FX_AMOUNT_OUT_OF_RANGE,
                 (load->balance = fx_dec_limit() - 1, load->reward_balance = 1));
    /* Fees of its own; where it has none, what is said of them is not taken. */
    ACCOUNT_SAID(FX_OK,
                 (load->settings.has_fees = 1,
                  load->settings.maker_fee_ppb = -100,
                  load->settings.taker_fee_ppb = 300));
    assert_int_equal(kit.engine->accounts[3].has_fees, 1);
    assert_int_equal(kit.engine->accounts[3].maker_fee_ppb, -100);
    assert_int_equal(kit.engine->accounts[3].taker_fee_ppb, 300);
    kit.engine->limits.accounts_max = 4;
    ACCOUNT_SAID(FX_CAPACITY, (load->account_id = 10, one.user_id = 82));
    engine_kit_deinit(&kit);
}

#define POSITION_SAID(status_, change)                                                             \
    do {                                                                                           \
        struct fx_command one = preload_kit_position(16, 80, 4, "100");                            \
        struct fx_command_load_position *load = &one.u.load_position;                              \
        change;                                                                                    \
        assert_int_equal(engine_kit_apply(&kit, &one), (status_));                                 \
    } while (0)

static void preload_of_positions_judges_each_number(void **state)
{
    (void)state;
    struct engine_kit kit;
    const fx_i128 beyond = fx_dec_limit();
    open_positions(&kit);
    POSITION_SAID(FX_BAD_LEVERAGE, load->leverage_centi = 10001);
    POSITION_SAID(FX_AMOUNT_OUT_OF_RANGE, load->lots = INT64_MAX);
    POSITION_SAID(FX_AMOUNT_OUT_OF_RANGE, load->entry_value = beyond);
    POSITION_SAID(FX_AMOUNT_OUT_OF_RANGE, load->position_margin = beyond);
    POSITION_SAID(FX_AMOUNT_OUT_OF_RANGE, load->adjust_margin = -beyond);
    POSITION_SAID(FX_AMOUNT_OUT_OF_RANGE, load->realized_pnl = beyond);
    POSITION_SAID(FX_BAD_PARAMETER, load->adjust_margin = 1); /* of a cross position */
    POSITION_SAID(FX_BAD_PARAMETER,
                  (load->margin_mode = FX_MARGIN_MODE_ISOLATED, load->position_margin = -1));
    /* Who holds nothing has no margin. */
    POSITION_SAID(FX_BAD_PARAMETER,
                  (load->margin_mode = FX_MARGIN_MODE_ISOLATED,
                   load->lots = 0,
                   load->entry_value = 0,
                   load->position_margin = 1));
    POSITION_SAID(FX_POSITION_SIDE_MISMATCH, load->position_side = FX_POSITION_SIDE_SHORT + 1);
    POSITION_SAID(FX_LOAD_OUT_OF_ORDER, load->position_id = (uint64_t)INT64_MAX / 2 + 1);
    kit.engine->limits.positions_max = 2;
    POSITION_SAID(FX_CAPACITY, (void)load);
    kit.engine->limits.positions_max = 3;
    POSITION_SAID(FX_OK, load->position_side = FX_POSITION_SIDE_BOTH);
    engine_kit_deinit(&kit);
}

/* M1 of a loaded position: with its lots, with its value, with what was deposited for it. */
static void preload_of_a_position_that_leaves_the_range_is_refused(void **state)
{
    (void)state;
    struct engine_kit kit;
    open_accounts(&kit);
    kit.is_unchecked = true; /* money is put into the state */
    struct fx_account_state *account = &kit.engine->accounts[2];
    const fx_i128 balance = account->balance;
    const fx_i128 dearest = kit.engine->listings[0].lot_value_max * 8;
    account->balance = fx_dec_limit() - dearest;
    POSITION_SAID(FX_AMOUNT_OUT_OF_RANGE, (void)load); /* its lots and their fees, at the dearest */
    account->balance = fx_dec_limit() - dearest - engine_kit_decimal("100");
    POSITION_SAID(FX_AMOUNT_OUT_OF_RANGE, (void)load); /* … and what it cost */
    account->balance = balance;
    const fx_i128 deposited = kit.engine->assets[0].deposited;
    kit.engine->assets[0].deposited = -fx_dec_limit() + 1;
    POSITION_SAID(FX_AMOUNT_OUT_OF_RANGE, (void)load);
    kit.engine->assets[0].deposited = deposited;
    kit.is_unchecked = false;
    POSITION_SAID(FX_OK, (void)load);
    engine_kit_deinit(&kit);
}

/* What START_ENGINE counts, one after the other; and who has only an order needs tiers too. */
static void preload_counts_each_kind_of_thing(void **state)
{
    (void)state;
    struct engine_kit kit;
    open_positions(&kit);
    struct fx_command command =
        engine_kit_command(FX_COMMAND_START_ENGINE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    const struct fx_command_start all = {
        .accounts = 3, .positions = 2, .orders = 0, .instruments = 1, .is_counted = 1};
    command.u.start = all;
    command.u.start.positions = 1;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_LOAD_INCOMPLETE);
    command.u.start = all;
    command.u.start.instruments = 2;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_LOAD_INCOMPLETE);
    command.u.start = all;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    engine_kit_deinit(&kit);
    open_accounts(&kit);
    assert_int_equal(load_order(&kit, 6, 30, FX_SIDE_SELL, 120), FX_OK);
    kit.engine->listings[0].definition.tier_count = 0;
    kit.is_unchecked = true;
    assert_int_equal(apply_plain(&kit, FX_COMMAND_START_ENGINE), FX_BAD_INSTRUMENT);
    engine_kit_deinit(&kit);
}

/* What a liar's snapshot may say of ids: they grow, and none is beyond the last. */
static void preload_of_a_liar_is_unsound(void **state)
{
    (void)state;
    struct engine_kit kit;
    open_positions(&kit);
    struct fx_engine *engine = kit.engine;
    assert_true(fx_preload_is_sound(engine));
    engine->account_ids[1] = engine->account_ids[0];
    assert_false(fx_preload_is_sound(engine));
    engine->account_ids[1] = 9;
    assert_false(fx_preload_is_sound(engine));
    engine->account_ids[1] = 7;
    engine->position_ids[1] = engine->position_ids[0];
    assert_false(fx_preload_is_sound(engine));
    engine->position_ids[1] = 16;
    assert_false(fx_preload_is_sound(engine));
    engine->position_ids[1] = 15;
    engine->preload.mode = FX_ENGINE_MODE_LOADING + 1;
    assert_false(fx_preload_is_sound(engine));
    engine->preload.mode = FX_ENGINE_MODE_LOADING;
    engine->preload.rules = 0;
    assert_false(fx_preload_is_sound(engine));
    engine->preload.rules = 2;
    engine->preload.accounts = engine->account_count + 1;
    assert_false(fx_preload_is_sound(engine));
    engine->preload.accounts = engine->account_count;
    engine->preload.positions = engine->position_count + 1;
    assert_false(fx_preload_is_sound(engine));
    engine->preload.positions = engine->position_count;
    const struct fx_preload sound = engine->preload;
    engine->preload.account_id = UINT64_MAX; /* no id could follow it */
    assert_false(fx_preload_is_sound(engine));
    engine->preload.account_id = 2; /* three accounts do not have ids up to 2 */
    assert_false(fx_preload_is_sound(engine));
    engine->preload = sound;
    engine->preload.position_id = UINT64_MAX;
    assert_false(fx_preload_is_sound(engine));
    engine->preload.position_id = 1;
    assert_false(fx_preload_is_sound(engine));
    engine->preload = sound;
    assert_true(fx_preload_is_sound(engine));
    engine_kit_deinit(&kit);
}

/* One shard of two: what is its own comes back with its ids, and new ones go on in its range. */
static void preload_of_a_shard_keeps_to_its_numbers(void **state)
{
    (void)state;
    enum { SHARD = 1, SHARDS = 2 };
    const uint64_t base = UINT64_C(1) << FX_SHARD_ID_BITS;
    const uint32_t block = FX_INSTRUMENTS_MAX / SHARDS;
    struct engine_kit kit;
    const struct fx_engine_limits limits = engine_kit_limits();
    const struct fx_instrument definition = engine_kit_definition("BTCUSDT");
    engine_kit_init(&kit, &limits);
    struct fx_command command =
        engine_kit_command(FX_COMMAND_SET_SHARD, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.shard = (struct fx_shard_map){.shard = SHARD, .shards = SHARDS, .asset_count = 1};
    command.u.shard.assets[0] = engine_kit_asset("USDT");
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    kit.engine->preload.rules = FX_ENGINE_RULES_SHARDS;
    command = engine_kit_command(FX_COMMAND_LOAD_ENGINE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.load.next_order_id = 2 * base + 1; /* of a shard that is not there */
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_PARAMETER);
    command.u.load.next_order_id = base + 1000;
    command.u.load.next_trade_id = 1; /* nothing has been traded in it */
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_true(kit.engine->next_trade_id == base + 1);
    command = engine_kit_command(FX_COMMAND_UPDATE_INSTRUMENT, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.instrument = definition;
    command.u.instrument.settle = engine_kit_asset("EUR");
    assert_int_equal(engine_kit_apply(&kit, &command), FX_WRONG_SHARD);
    assert_int_equal(engine_kit_update(&kit, &definition), FX_OK);
    assert_int_equal(engine_kit_tiers(&kit, 0), FX_WRONG_SHARD);
    assert_int_equal(engine_kit_tiers(&kit, block), FX_OK);
    assert_int_equal(engine_kit_state(&kit, block, FX_INSTRUMENT_STATE_TRADING), FX_OK);
    assert_int_equal(load_account(&kit, 3, 30, "10000"), FX_WRONG_SHARD);
    assert_int_equal(load_account(&kit, 2 * base + 3, 30, "10000"), FX_WRONG_SHARD);
    assert_int_equal(load_account(&kit, 0, 30, "10000"), FX_LOAD_OUT_OF_ORDER);
    command = engine_kit_command(FX_COMMAND_LOAD_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, 30);
    command.u.load_account.account_id = base + 3;
    command.u.load_account.settings.asset = engine_kit_asset("EUR");
    assert_int_equal(engine_kit_apply(&kit, &command), FX_WRONG_SHARD);
    assert_int_equal(load_account(&kit, base + 3, 30, "10000"), FX_OK);
    assert_true(kit.result.account_id == base + 3);
    assert_int_equal(load_account(&kit, base + 7, 70, "10000"), FX_OK);
    command = preload_kit_position(11, 30, 10, "1000");
    command.instrument = block;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_WRONG_SHARD);
    command.u.load_position.position_id = base + 11;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    const struct fx_event *event = engine_kit_event(&kit, FX_EVENT_POSITION, 0);
    assert_true(event->u.position.position_id == base + 11);
    assert_true(event->u.position.account_id == base + 3);
    command = preload_kit_position(base + 15, 70, -10, "1100");
    command.instrument = block;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    command = preload_kit_order(101, 30, FX_SIDE_SELL, 120, 5);
    command.instrument = block;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_WRONG_SHARD);
    command.u.load_order.order_id = base + 101;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(start(&kit, 2, 1), FX_OK);
    assert_int_equal(engine_kit_mark(&kit, block, 105), FX_OK);
    engine_kit_account(&kit, 90, "USDT", "10000");
    assert_true(kit.result.account_id == base + 8);
    command = engine_kit_command(FX_COMMAND_CANCEL_ORDER, block, 30);
    command.u.cancel.order_id = base + 101;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    /* Where nothing is being loaded, that is what is said to a row, whoever it is of. */
    assert_int_equal(load_account(&kit, 3, 31, "1"), FX_ENGINE_NOT_LOADING);
    engine_kit_deinit(&kit);
}

#define REFUSED(status_, change)                                                                   \
    ENGINE_KIT_LOAD_ORDER(&kit, preload_kit_order(6, 70, FX_SIDE_BUY, 100, 5), status_, change)

static void preload_of_orders_with_bad_words_is_refused(void **state)
{
    (void)state;
    struct engine_kit kit;
    open_positions(&kit);
    REFUSED(FX_UNKNOWN_SYMBOL, one.instrument = 1);
    REFUSED(FX_BAD_PARAMETER, load->status = FX_ORDER_STATUS_FILLED);
    REFUSED(FX_BAD_PARAMETER, place->side = 3);
    REFUSED(FX_BAD_PARAMETER, load->protects = FX_LOAD_PROTECTS_POSITION);
    REFUSED(FX_BAD_PARAMETER, load->created_us = -1);
    REFUSED(FX_BAD_TIME_IN_FORCE, place->expire_us = 5);
    REFUSED(FX_BAD_PARAMETER, place->client_id.size = FX_CLIENT_ID_SIZE_MAX + 1);
    REFUSED(FX_POSITION_SIDE_MISMATCH, place->position_side = FX_POSITION_SIDE_LONG);
    const struct fx_engine_limits limits = kit.engine->limits;
    struct fx_client_id name;
    assert_true(fx_ids_client_id(fx_str_of("mine"), &name));
    kit.engine->limits.account_orders_max = 0;
    REFUSED(FX_CAPACITY, (void)load);
    kit.engine->limits = limits;
    kit.engine->limits.client_ids_max = 0;
    REFUSED(FX_CAPACITY, place->client_id = name);
    kit.engine->limits = limits;
    REFUSED(FX_OK, (void)load);
    kit.engine->listings[0].book->limits.overflow_levels_max = 0;
    REFUSED(FX_CAPACITY, (load->order_id = 7, place->price_ticks = 5)); /* far below */
    engine_kit_deinit(&kit);
}

/* Stops that wait, or that have fired and rest: what they wait for is judged as a new one's. */
static void preload_of_conditional_orders_is_judged(void **state)
{
    (void)state;
    struct engine_kit kit;
    open_positions(&kit);
    struct fx_command stop = stop_of(6, 30, 90);
    struct fx_command_conditional *order = &stop.u.load_order.order;
    order->source = 9;
    assert_int_equal(engine_kit_apply(&kit, &stop), FX_BAD_PARAMETER);
    order->source = FX_TRIGGER_SOURCE_MARK;
    order->trigger_ticks = 1000001;
    assert_int_equal(engine_kit_apply(&kit, &stop), FX_PRICE_FILTER);
    order->trigger_ticks = 90;
    stop.u.load_order.protects = 7;
    assert_int_equal(engine_kit_apply(&kit, &stop), FX_BAD_PARAMETER);
    /* A trailing stop that is to begin at once needs a price. */
    stop = stop_of(6, 30, 0);
    stop.u.load_order.protects = FX_LOAD_PROTECTS_NOTHING;
    stop.u.load_order.remaining_lots = 1;
    order->place.type = FX_ORDER_TYPE_TRAILING_STOP;
    order->place.lots = 1;
    order->is_close_position = 0;
    order->callback_ppb = 10000000;
    kit.engine->preload.rules = FX_ENGINE_RULES_TRAILS - 1;
    assert_int_equal(engine_kit_apply(&kit, &stop), FX_NO_TRIGGER_PRICE);
    kit.engine->preload.rules = FX_ENGINE_RULES_TRAILS;
    /* One that has fired and rests with a date, of a user without a position. */
    struct fx_command rests = preload_kit_order(6, 80, FX_SIDE_BUY, 100, 5);
    order = &rests.u.load_order.order;
    order->place.type = FX_ORDER_TYPE_STOP_LIMIT;
    order->place.time_in_force = FX_TIME_IN_FORCE_GTD;
    order->place.expire_us = 90000000;
    order->place.margin_mode = FX_MARGIN_MODE_ISOLATED;
    order->place.leverage_centi = 300;
    order->trigger_ticks = 95;
    order->source = FX_TRIGGER_SOURCE_MARK;
    assert_int_equal(engine_kit_apply(&kit, &rests), FX_OK);
    assert_int_equal(engine_kit_position(&kit, 80, 0).leverage_centi, 300);
    assert_int_equal(engine_kit_position(&kit, 80, 0).margin_mode, FX_MARGIN_MODE_ISOLATED);
    assert_true(kit.engine->expiry_count == 1);
    /* A reduce-only order within what is held. */
    struct fx_command closes = preload_kit_order(7, 70, FX_SIDE_BUY, 99, 5);
    closes.u.load_order.order.place.is_reduce_only = 1;
    assert_int_equal(engine_kit_apply(&kit, &closes), FX_OK);
    kit.engine->limits.reduce_orders_max = 1;
    closes = preload_kit_order(8, 70, FX_SIDE_BUY, 98, 5);
    closes.u.load_order.order.place.is_reduce_only = 1;
    assert_int_equal(engine_kit_apply(&kit, &closes), FX_CAPACITY);
    engine_kit_deinit(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(preload_of_a_whole_exchange_trades_on),
        cmocka_unit_test(preload_of_positions_that_do_not_add_up_stays_loading),
        cmocka_unit_test(preload_of_a_part_stays_loading),
        cmocka_unit_test(preload_takes_nothing_else),
        cmocka_unit_test(preload_is_for_an_empty_engine_that_loads),
        cmocka_unit_test(preload_of_bad_accounts_is_refused),
        cmocka_unit_test(preload_of_a_balance_below_0_stands_against_gains),
        cmocka_unit_test(preload_of_bad_positions_is_refused),
        cmocka_unit_test(preload_of_bad_orders_is_refused),
        cmocka_unit_test(preload_keeps_names_and_what_was_filled),
        cmocka_unit_test(preload_of_a_stop_loss_fires_at_its_mark),
        cmocka_unit_test(preload_of_who_is_short_is_liquidated_by_a_fresh_mark_only),
        cmocka_unit_test(preload_goes_on_from_a_snapshot),
        cmocka_unit_test(preload_of_a_stopped_exchange_takes_cancels_only),
        cmocka_unit_test(preload_rules_only_rise),
        cmocka_unit_test(preload_of_what_symbols_know),
        cmocka_unit_test(preload_of_numbers_beyond_the_range_is_refused),
        cmocka_unit_test(preload_of_hedge_positions_that_disagree_is_refused),
        cmocka_unit_test(preload_is_refused_after_any_trace),
        cmocka_unit_test(preload_of_accounts_judges_each_number),
        cmocka_unit_test(preload_of_positions_judges_each_number),
        cmocka_unit_test(preload_of_a_position_that_leaves_the_range_is_refused),
        cmocka_unit_test(preload_counts_each_kind_of_thing),
        cmocka_unit_test(preload_of_a_shard_keeps_to_its_numbers),
        cmocka_unit_test(preload_of_a_liar_is_unsound),
        cmocka_unit_test(preload_of_orders_with_bad_words_is_refused),
        cmocka_unit_test(preload_of_conditional_orders_is_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
