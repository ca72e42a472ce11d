/* LOAD_ORDER word by word: an order that is taken, with one thing in it changed, and what is said
 * to that. The kit sees that a refusal changes nothing. */
#include "engine/book_int.h"
#include "engine/preload_int.h"
#include "fx_test.h"
#include "preload_kit.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

static struct engine_kit kit;

enum { HOLDER = 30, SHORT_HOLDER = 70, NO_HOLDER = 80, HEDGER = 90 };

static void load_account(uint64_t id, uint64_t user_id, uint32_t flags)
{
    struct fx_command command = preload_kit_account(id, user_id, "10000");
    command.u.load_account.settings.flags = flags;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
}

static void load_position(uint64_t id, uint64_t user_id, int64_t lots)
{
    struct fx_command command = preload_kit_position(id, user_id, lots, "1000");
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
}

/* 10 long, 10 short, a user without a position and one in hedge mode. */
static void open_exchange(const struct fx_engine_limits *limits)
{
    const struct fx_instrument definition = engine_kit_definition("BTCUSDT");
    struct fx_command command =
        engine_kit_command(FX_COMMAND_LOAD_ENGINE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    engine_kit_init(&kit, limits);
    command.u.load.next_order_id = 1000;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(engine_kit_update(&kit, &definition), FX_OK);
    assert_int_equal(engine_kit_tiers(&kit, 0), FX_OK);
    assert_int_equal(engine_kit_state(&kit, 0, FX_INSTRUMENT_STATE_TRADING), FX_OK);
    load_account(3, HOLDER, 0);
    load_account(7, SHORT_HOLDER, 0);
    load_account(8, NO_HOLDER, 0);
    load_account(9, HEDGER, FX_ACCOUNT_FLAG_HEDGE);
    load_position(11, HOLDER, 10);
    load_position(15, SHORT_HOLDER, -10);
}

static struct fx_command plain_of(uint64_t id)
{
    return preload_kit_order(id, SHORT_HOLDER, FX_SIDE_BUY, 100, 5);
}

/* A stop limit order that has fired and rests. */
static struct fx_command fired_of(uint64_t id)
{
    struct fx_command command = plain_of(id);
    command.u.load_order.order.place.type = FX_ORDER_TYPE_STOP_LIMIT;
    command.u.load_order.order.trigger_ticks = 95;
    command.u.load_order.order.source = FX_TRIGGER_SOURCE_MARK;
    return command;
}

/* One that sells 5 when the mark falls to 90. */
static struct fx_command waiting_of(uint64_t id)
{
    struct fx_command command = plain_of(id);
    struct fx_command_conditional *order = &command.u.load_order.order;
    command.user_id = HOLDER;
    command.u.load_order.status = FX_ORDER_STATUS_UNTRIGGERED;
    order->place.side = FX_SIDE_SELL;
    order->place.type = FX_ORDER_TYPE_STOP_MARKET;
    order->place.time_in_force = FX_TIME_IN_FORCE_IOC;
    order->place.price_ticks = 0;
    order->trigger_ticks = 90;
    order->source = FX_TRIGGER_SOURCE_MARK;
    return command;
}

/* The stop loss of a position: all of it, whatever it is then. */
static struct fx_command stop_loss_of(uint64_t id, uint64_t user_id)
{
    struct fx_command command = waiting_of(id);
    command.user_id = user_id;
    command.u.load_order.protects = FX_LOAD_PROTECTS_POSITION;
    command.u.load_order.remaining_lots = 0;
    command.u.load_order.order.place.lots = 0;
    command.u.load_order.order.is_close_position = 1;
    return command;
}

/* What is said to an order with a change in it. */
#define SAID(made, status_, change) ENGINE_KIT_LOAD_ORDER(&kit, made, status_, change)

static void preload_order_words_are_judged_one_by_one(void **state)
{
    (void)state;
    const struct fx_engine_limits limits = engine_kit_limits();
    open_exchange(&limits);
    const struct fx_command plain = plain_of(6);
    SAID(plain, FX_BAD_PARAMETER, place->side = 0);
    SAID(plain, FX_BAD_PARAMETER, place->stp_mode = FX_STP_MODE_NONE + 1);
    SAID(plain, FX_BAD_PARAMETER, place->post_only_mode = FX_POST_ONLY_MODE_SLIDE + 1);
    SAID(plain, FX_BAD_PARAMETER, place->is_reduce_only = 2);
    SAID(plain, FX_BAD_PARAMETER, place->margin_mode = FX_MARGIN_MODE_ISOLATED + 1);
    SAID(plain, FX_BAD_PARAMETER, place->time_in_force = 0);
    SAID(plain, FX_BAD_PARAMETER, place->time_in_force = FX_TIME_IN_FORCE_GTD + 1);
    SAID(plain, FX_BAD_TIME_IN_FORCE, place->time_in_force = FX_TIME_IN_FORCE_GTD);
    SAID(plain, FX_BAD_TIME_IN_FORCE, place->expire_us = -1);
    SAID(plain, FX_BAD_TIME_IN_FORCE, place->time_in_force = FX_TIME_IN_FORCE_FOK);
    SAID(plain,
         FX_BAD_PARAMETER,
         (place->client_id.size = 1, place->client_id.text[0] = FX_COMMAND_MOVE_MARK));
    assert_int_equal(kit.result.reject.field, FX_FIELD_CLIENT_ORDER_ID);
    SAID(plain, FX_BAD_PARAMETER, load->status = FX_ORDER_STATUS_PARTIALLY_FILLED);
    SAID(plain, FX_POSITION_SIDE_MISMATCH, place->position_side = FX_POSITION_SIDE_SHORT);
    SAID(plain, FX_ACCOUNT_NOT_FOUND, one.user_id = 0);
    /* A market order does not rest, also where it has waited before. */
    SAID(fired_of(6),
         FX_BAD_TIME_IN_FORCE,
         (place->type = FX_ORDER_TYPE_STOP_MARKET, place->price_ticks = 0));
    SAID(plain, FX_OK, (void)load);
    engine_kit_deinit(&kit);
}

static void preload_order_numbers_are_judged_one_by_one(void **state)
{
    (void)state;
    const struct fx_engine_limits limits = engine_kit_limits();
    open_exchange(&limits);
    const struct fx_command plain = plain_of(6);
    const fx_i128 cost = engine_kit_decimal("100");
    SAID(plain, FX_LOT_SIZE, place->lots = 1000001);
    SAID(plain, FX_LOT_SIZE, load->remaining_lots = 0);
    SAID(plain, FX_LOT_SIZE, load->remaining_lots = 6);
    SAID(plain, FX_LOT_SIZE, place->lots = -5);
    /* What was filled cost something, and what was not did not. */
    SAID(plain, FX_BAD_PARAMETER, load->filled_value = cost);
    SAID(plain, FX_BAD_PARAMETER, load->filled_value = -cost);
    SAID(plain, FX_BAD_PARAMETER, (load->filled_value = fx_dec_limit(), load->remaining_lots = 4));
    SAID(plain, FX_BAD_PARAMETER, load->remaining_lots = 4);
    SAID(plain, FX_BAD_PARAMETER, load->updated_us = 999);
    SAID(plain, FX_BAD_PARAMETER, load->created_us = -1);
    /* Who waits has filled nothing; a market order has no price; all of a position no quantity. */
    SAID(waiting_of(6), FX_BAD_PARAMETER, (load->filled_value = cost, load->remaining_lots = 4));
    SAID(waiting_of(6), FX_PRICE_FILTER, place->price_ticks = 90);
    SAID(stop_loss_of(6, HOLDER), FX_LOT_SIZE, place->lots = 5);
    SAID(stop_loss_of(6, HOLDER), FX_LOT_SIZE, load->remaining_lots = 5);
    SAID(plain, FX_OK, (load->filled_value = cost, load->remaining_lots = 4));
    assert_int_equal(kit.result.order_status, FX_ORDER_STATUS_PARTIALLY_FILLED);
    engine_kit_deinit(&kit);
}

static void preload_order_triggers_are_judged_one_by_one(void **state)
{
    (void)state;
    const struct fx_engine_limits limits = engine_kit_limits();
    open_exchange(&limits);
    const struct fx_command plain = plain_of(6);
    SAID(plain, FX_BAD_PARAMETER, load->order.callback_ppb = 1000000);
    SAID(plain, FX_LOT_SIZE, load->order.is_close_position = 1);
    SAID(plain,
         FX_BAD_PARAMETER,
         (load->order.is_close_position = 1, place->lots = 0, load->remaining_lots = 0));
    const struct fx_command waits = waiting_of(6);
    SAID(waits, FX_PRICE_FILTER, load->order.trigger_ticks = 0);
    SAID(waits, FX_BAD_PARAMETER, load->order.source = 0);
    SAID(waits, FX_BAD_PARAMETER, load->order.condition = FX_TRIGGER_CONDITION_LT + 1);
    SAID(waits, FX_BAD_PARAMETER, load->order.is_price_protected = 2);
    SAID(waits, FX_BAD_PARAMETER, load->order.callback_ppb = 1000000);
    SAID(waits, FX_BAD_PARAMETER, load->protects = FX_LOAD_PROTECTS_POSITION);
    SAID(fired_of(6), FX_BAD_PARAMETER, load->protects = FX_LOAD_PROTECTS_POSITION);
    SAID(stop_loss_of(6, HOLDER), FX_BAD_PARAMETER, load->order.is_close_position = 2);
    /* A trailing stop waits for a price to begin, or begins at the one that there is. */
    struct fx_command trails = waits;
    trails.u.load_order.order.place.type = FX_ORDER_TYPE_TRAILING_STOP;
    trails.u.load_order.order.callback_ppb = 10000000;
    SAID(trails, FX_PRICE_FILTER, load->order.trigger_ticks = -1);
    kit.engine->preload.rules = FX_ENGINE_RULES_TRAILS - 1;
    SAID(trails, FX_NO_TRIGGER_PRICE, load->order.trigger_ticks = 0);
    kit.engine->preload.rules = FX_ENGINE_RULES_TRAILS;
    SAID(trails, FX_OK, load->order.trigger_ticks = 120);
    SAID(waits, FX_OK, load->order_id = 7);
    assert_int_equal(kit.result.order_status, FX_ORDER_STATUS_UNTRIGGERED);
    engine_kit_deinit(&kit);
}

/* A take profit and a stop loss each, of who holds something that they close. */
/* The original says GTC of all its orders: what nobody takes of a market order does not rest. */
static void preload_order_of_a_market_order_never_rests(void **state)
{
    (void)state;
    const struct fx_engine_limits limits = engine_kit_limits();
    for (uint32_t rules = FX_ENGINE_RULES_MARKETS - 1; rules <= FX_ENGINE_RULES_MARKETS; rules++) {
        open_exchange(&limits);
        kit.engine->preload.rules = rules;
        kit.is_unchecked = rules < FX_ENGINE_RULES_MARKETS; /* a market order in the book */
        const struct fx_command sells = waiting_of(6);
        if (rules == FX_ENGINE_RULES_MARKETS) {
            SAID(sells, FX_BAD_TIME_IN_FORCE, {
                place->time_in_force = FX_TIME_IN_FORCE_GTD;
                place->expire_us = 90000000;
            });
        }
        SAID(sells, FX_OK, place->time_in_force = FX_TIME_IN_FORCE_GTC);
        SAID(plain_of(7), FX_OK, {
            place->price_ticks = 91;
            place->lots = load->remaining_lots = 2;
        });
        struct fx_command start =
            engine_kit_command(FX_COMMAND_START_ENGINE, FX_COMMAND_ALL_INSTRUMENTS, 0);
        assert_int_equal(engine_kit_apply(&kit, &start), FX_OK);
        assert_int_equal(engine_kit_mark(&kit, 0, 90), FX_OK); /* 2 of 5 find a buyer */
        const struct fx_event_order *row = engine_kit_row(&kit, 6);
        assert_non_null(row);
        assert_int_equal(row->remaining_lots, 3);
        assert_int_equal(row->status,
                         rules == FX_ENGINE_RULES_MARKETS ? FX_ORDER_STATUS_EXPIRED
                                                          : FX_ORDER_STATUS_PARTIALLY_FILLED);
        engine_kit_deinit(&kit);
    }
}

/* No mark was loaded: it trails from the first one that comes, a sell as well as a buy. */
static void preload_order_trails_from_the_first_price_that_comes(void **state)
{
    (void)state;
    const struct fx_engine_limits limits = engine_kit_limits();
    open_exchange(&limits);
    struct fx_command sells = waiting_of(6);
    sells.u.load_order.order.place.type = FX_ORDER_TYPE_TRAILING_STOP;
    sells.u.load_order.order.callback_ppb = 10000000; /* 1 % */
    sells.u.load_order.order.trigger_ticks = 0;
    struct fx_command buys = sells;
    buys.user_id = SHORT_HOLDER;
    buys.u.load_order.order.place.side = FX_SIDE_BUY;
    SAID(sells, FX_OK, (void)load);
    SAID(buys, FX_OK, load->order_id = 7);
    struct fx_command start =
        engine_kit_command(FX_COMMAND_START_ENGINE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    assert_int_equal(engine_kit_apply(&kit, &start), FX_OK);
    assert_int_equal(engine_kit_mark(&kit, 0, 1000), FX_OK);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_ORDER), 0);
    assert_int_equal(engine_kit_mark(&kit, 0, 1005), FX_OK);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_ORDER), 0); /* the buy needs 1010 */
    assert_int_equal(engine_kit_mark(&kit, 0, 994), FX_OK);      /* 1005 - 1 % */
    assert_int_equal(engine_kit_event(&kit, FX_EVENT_ORDER, 0)->u.order.order_id, 6);
    assert_int_equal(engine_kit_mark(&kit, 0, 1004), FX_OK); /* 994 + 1 % */
    assert_int_equal(engine_kit_event(&kit, FX_EVENT_ORDER, 0)->u.order.order_id, 7);
    engine_kit_deinit(&kit);
}

static void preload_order_protects_the_position_that_there_is(void **state)
{
    (void)state;
    const struct fx_engine_limits limits = engine_kit_limits();
    open_exchange(&limits);
    SAID(stop_loss_of(6, NO_HOLDER), FX_POSITION_NOT_FOUND, (void)load);
    SAID(stop_loss_of(6, SHORT_HOLDER), FX_POSITION_NOT_FOUND, (void)load);
    SAID(stop_loss_of(6, HOLDER), FX_POSITION_NOT_FOUND, place->side = FX_SIDE_BUY);
    SAID(stop_loss_of(6, HOLDER), FX_OK, (void)load);
    SAID(stop_loss_of(7, HOLDER), FX_EXISTS, (void)load);
    SAID(stop_loss_of(7, HOLDER),
         FX_OK,
         (place->type = FX_ORDER_TYPE_TAKE_PROFIT_MARKET, load->order.trigger_ticks = 140));
    SAID(stop_loss_of(8, SHORT_HOLDER),
         FX_OK,
         (place->side = FX_SIDE_BUY, load->order.trigger_ticks = 130));
    const fx_slot held = fx_position_state_find(kit.engine, 0, 0, FX_POSITION_SIDE_BOTH);
    assert_int_equal(kit.engine->position_triggers[held].count, 2);
    assert_true(kit.engine->position_triggers[held].take_profit != 0);
    assert_true(kit.engine->position_triggers[held].stop_loss != 0);
    engine_kit_deinit(&kit);
}

/* Reduce-only orders close at most what is held; one that waits is asked when it fires. */
static void preload_order_that_reduces_closes_what_is_held(void **state)
{
    (void)state;
    const struct fx_engine_limits limits = engine_kit_limits();
    open_exchange(&limits);
    struct fx_command sells = plain_of(6);
    sells.user_id = HOLDER;
    sells.u.load_order.order.place.side = FX_SIDE_SELL;
    sells.u.load_order.order.place.price_ticks = 130;
    sells.u.load_order.order.place.is_reduce_only = 1;
    SAID(sells, FX_REDUCE_ONLY_REJECTED, one.user_id = NO_HOLDER);
    SAID(sells, FX_REDUCE_ONLY_REJECTED, one.user_id = SHORT_HOLDER);
    SAID(sells, FX_REDUCE_ONLY_REJECTED, (place->lots = 11, load->remaining_lots = 11));
    SAID(sells, FX_OK, (place->lots = 6, load->remaining_lots = 6));
    SAID(sells, FX_REDUCE_ONLY_REJECTED, load->order_id = 7); /* 6 of 10 are taken */
    SAID(sells, FX_OK, (load->order_id = 7, place->lots = 4, load->remaining_lots = 4));
    SAID(waiting_of(8), FX_OK, place->is_reduce_only = 1);
    /* What closes in hedge mode is reduce-only without a word; here there is nothing to close. */
    SAID(plain_of(9),
         FX_REDUCE_ONLY_REJECTED,
         (one.user_id = HEDGER, place->position_side = FX_POSITION_SIDE_SHORT));
    SAID(plain_of(9), FX_POSITION_SIDE_MISMATCH, one.user_id = HEDGER);
    SAID(plain_of(9), FX_OK, (one.user_id = HEDGER, place->position_side = FX_POSITION_SIDE_LONG));
    engine_kit_deinit(&kit);
}

/* The settings of an order that makes its position hold where they can be; else the defaults. */
static void preload_order_makes_a_position_with_its_settings(void **state)
{
    (void)state;
    const struct fx_engine_limits limits = engine_kit_limits();
    open_exchange(&limits);
    const int32_t defaults = 2000;
    SAID(plain_of(6), FX_OK, (one.user_id = NO_HOLDER, place->leverage_centi = 99));
    assert_int_equal(engine_kit_position(&kit, NO_HOLDER, 0).leverage_centi, defaults);
    assert_int_equal(engine_kit_position(&kit, NO_HOLDER, 0).margin_mode, FX_MARGIN_MODE_CROSS);
    SAID(plain_of(7),
         FX_OK,
         (one.user_id = HEDGER,
          place->position_side = FX_POSITION_SIDE_LONG,
          place->leverage_centi = 10001));
    /* The other side of the same symbol follows the one that is there. */
    SAID(plain_of(8),
         FX_OK,
         (one.user_id = HEDGER,
          place->position_side = FX_POSITION_SIDE_SHORT,
          place->side = FX_SIDE_SELL,
          place->price_ticks = 140,
          place->leverage_centi = 300,
          place->margin_mode = FX_MARGIN_MODE_ISOLATED,
          place->stp_mode = FX_STP_MODE_NONE));
    const fx_slot account = fx_account_state_find(kit.engine, HEDGER, 0);
    const struct fx_position_family family = fx_position_state_family(kit.engine, account, 0);
    assert_int_equal(family.count, 2);
    for (uint32_t index = 0; index < family.count; index++) {
        assert_int_equal(kit.engine->positions[family.slots[index]].leverage_centi, defaults);
        assert_int_equal(kit.engine->positions[family.slots[index]].margin_mode,
                         FX_MARGIN_MODE_CROSS);
    }
    engine_kit_deinit(&kit);
}

static void preload_order_needs_room(void **state)
{
    (void)state;
    struct fx_engine_limits limits = engine_kit_limits();
    limits.orders_max = 4; /* half of them conditional */
    limits.positions_max = 3;
    open_exchange(&limits);
    SAID(plain_of(6), FX_OK, one.user_id = NO_HOLDER); /* takes the last position */
    SAID(plain_of(7),
         FX_CAPACITY,
         (one.user_id = HEDGER, place->position_side = FX_POSITION_SIDE_LONG));
    SAID(waiting_of(7), FX_OK, (void)load);
    SAID(waiting_of(8), FX_OK, (void)load);
    SAID(waiting_of(9), FX_CAPACITY, (void)load);
    SAID(plain_of(9), FX_OK, (void)load);
    SAID(plain_of(10), FX_CAPACITY, (void)load); /* four orders are all */
    engine_kit_deinit(&kit);
}

/* Amounts that would leave the range: of the order, and of all that its account has. */
static void preload_order_beyond_the_range_is_refused(void **state)
{
    (void)state;
    const struct fx_engine_limits limits = engine_kit_limits();
    open_exchange(&limits);
    kit.is_unchecked = true; /* the money of the account is put into the state */
    struct fx_account_state *account = &kit.engine->accounts[1];
    const fx_i128 balance = account->balance;
    account->balance = fx_dec_limit() - 1;
    SAID(plain_of(6), FX_AMOUNT_OUT_OF_RANGE, (void)load);
    account->balance = fx_dec_limit() - engine_kit_decimal("15000000");
    SAID(plain_of(6), FX_AMOUNT_OUT_OF_RANGE, (void)load);
    account->balance = balance;
    const fx_i128 unit = kit.engine->listings[0].unit;
    kit.engine->listings[0].unit = fx_dec_limit() / 10;
    SAID(plain_of(6), FX_AMOUNT_OUT_OF_RANGE, (void)load);
    kit.engine->listings[0].unit = unit;
    kit.is_unchecked = false;
    SAID(plain_of(6), FX_OK, (void)load);
    engine_kit_deinit(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(preload_order_words_are_judged_one_by_one),
        cmocka_unit_test(preload_order_numbers_are_judged_one_by_one),
        cmocka_unit_test(preload_order_triggers_are_judged_one_by_one),
        cmocka_unit_test(preload_order_of_a_market_order_never_rests),
        cmocka_unit_test(preload_order_trails_from_the_first_price_that_comes),
        cmocka_unit_test(preload_order_protects_the_position_that_there_is),
        cmocka_unit_test(preload_order_that_reduces_closes_what_is_held),
        cmocka_unit_test(preload_order_makes_a_position_with_its_settings),
        cmocka_unit_test(preload_order_needs_room),
        cmocka_unit_test(preload_order_beyond_the_range_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
