/* Every reject of PLACE_ORDER with its detail, and the ways in: post-only, market, GTD, settings.
 */
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

/* What the call does not name: user 2 buys one lot at 100. */
static fx_status buy(struct engine_kit_order order)
{
    order.user_id = order.user_id == 0 ? 2 : order.user_id;
    order.side = order.side == 0 ? FX_SIDE_BUY : order.side;
    order.ticks = order.ticks == 0 ? 100 : order.ticks;
    order.lots = order.lots == 0 ? 1 : order.lots;
    return engine_kit_order(&kit, &order);
}

#define BUY(...) buy((struct engine_kit_order){__VA_ARGS__})

static void redefine(void (*change)(struct fx_instrument *definition))
{
    struct fx_instrument definition = engine_kit_definition("BTCUSDT");
    change(&definition);
    assert_int_equal(engine_kit_update(&kit, &definition), FX_OK);
}

static void place_accepted_order_answers_with_its_row(void **state)
{
    (void)state;
    assert_int_equal(BUY(.tmp_id = 77), FX_OK);
    const struct fx_event_order *row = engine_kit_row(&kit, kit.result.order_id);
    assert_int_equal(kit.result.order_id, 1);
    assert_int_equal(kit.result.tmp_id, 77);
    assert_int_equal(kit.result.account_id, 2);
    assert_int_equal(kit.result.order_status, FX_ORDER_STATUS_ACTIVE);
    assert_int_equal(kit.result.is_changed, 1);
    assert_int_equal(row->user_id, 2);
    assert_int_equal(row->tmp_id, 77);
    assert_int_equal(row->stp_mode, FX_STP_MODE_EXPIRE_MAKER);
    assert_int_equal(row->position_side, FX_POSITION_SIDE_BOTH);
    assert_true(row->order_margin == engine_kit_decimal("5")); /* 100 / 20 */
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_BOOK), 1);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_POSITION), 1);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_ACCOUNT), 0);
}

static void place_unknown_parties_are_rejected(void **state)
{
    (void)state;
    assert_int_equal(BUY(.instrument = 1), FX_UNKNOWN_SYMBOL);
    assert_int_equal(kit.result.reject.field, FX_FIELD_SYMBOL);
    assert_int_equal(BUY(.instrument = FX_COMMAND_ALL_INSTRUMENTS), FX_UNKNOWN_SYMBOL);
    assert_int_equal(BUY(.user_id = 9), FX_ACCOUNT_NOT_FOUND);
}

/* Price and filters may be judged before the account is found: what is told is in its turn. */
static void place_account_is_told_before_price(void **state)
{
    (void)state;
    const struct fx_reject nothing = {.status = FX_ACCOUNT_NOT_FOUND};
    assert_int_equal(BUY(.ticks = 100, .lots = 5), FX_OK);
    assert_int_equal(BUY(.ticks = INT64_MAX, .lots = 5), FX_PRICE_FILTER);
    assert_int_equal(kit.result.reject.field, FX_FIELD_PRICE);
    assert_int_equal(BUY(.user_id = 9, .ticks = INT64_MAX, .lots = 5), FX_ACCOUNT_NOT_FOUND);
    assert_memory_equal(&kit.result.reject, &nothing, sizeof nothing);
    assert_int_equal(BUY(.user_id = 9, .ticks = 100, .lots = 5), FX_ACCOUNT_NOT_FOUND);
    assert_memory_equal(&kit.result.reject, &nothing, sizeof nothing);
    kit.engine->accounts[1].flags |= FX_ACCOUNT_FLAG_FROZEN;
    assert_int_equal(BUY(.ticks = INT64_MAX, .lots = 5), FX_ACCOUNT_FROZEN);
    assert_int_equal(kit.result.reject.field, FX_FIELD_NONE);
    kit.engine->accounts[1].flags = 0;
}

static void place_unknown_words_are_rejected(void **state)
{
    (void)state;
    assert_int_equal(ENGINE_KIT_PLACE(&kit, .user_id = 2, .ticks = 100, .lots = 1),
                     FX_BAD_PARAMETER);
    assert_int_equal(BUY(.side = 3), FX_BAD_PARAMETER);
    assert_int_equal(BUY(.type = 8), FX_BAD_PARAMETER);
    assert_int_equal(BUY(.stp = 5), FX_BAD_PARAMETER);
    assert_int_equal(BUY(.post_only = 3), FX_BAD_PARAMETER);
    assert_int_equal(BUY(.margin_mode = 3), FX_BAD_PARAMETER);
    assert_int_equal(kit.result.reject.field, FX_FIELD_MARGIN_MODE);
    assert_int_equal(BUY(.position_side = 4), FX_BAD_PARAMETER);
    assert_int_equal(kit.result.reject.field, FX_FIELD_POSITION_SIDE);
    struct fx_command command = engine_kit_place_command(
        &(struct engine_kit_order){.user_id = 2, .side = FX_SIDE_BUY, .ticks = 100, .lots = 1});
    command.u.place.client_id.size = 37;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_PARAMETER);
    assert_int_equal(kit.result.reject.field, FX_FIELD_CLIENT_ORDER_ID);
    command.u.place.client_id.size = 0;
    command.u.place.is_reduce_only = 2;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_PARAMETER);
}

static void place_conditional_types_need_their_own_command(void **state)
{
    (void)state;
    for (enum fx_order_type type = FX_ORDER_TYPE_STOP_LIMIT; type <= FX_ORDER_TYPE_TRAILING_STOP;
         type++) {
        struct fx_command command = engine_kit_place_command(
            &(struct engine_kit_order){.user_id = 2, .side = FX_SIDE_BUY, .type = type, .lots = 1});
        command.kind = FX_COMMAND_PLACE_ORDER; /* there is no trigger in it */
        assert_int_equal(engine_kit_apply(&kit, &command), FX_NOT_IMPLEMENTED);
    }
}

static void place_hedge_side_is_locked(void **state)
{
    (void)state;
    assert_int_equal(BUY(.position_side = FX_POSITION_SIDE_LONG), FX_POSITION_SIDE_MISMATCH);
    assert_int_equal(BUY(.position_side = FX_POSITION_SIDE_SHORT), FX_POSITION_SIDE_MISMATCH);
    assert_int_equal(BUY(.position_side = FX_POSITION_SIDE_BOTH), FX_OK);
}

static void place_time_in_force_must_fit(void **state)
{
    (void)state;
    assert_int_equal(BUY(.tif = 5), FX_BAD_TIME_IN_FORCE);
    assert_int_equal(kit.result.reject.field, FX_FIELD_TIME_IN_FORCE);
    assert_int_equal(BUY(.type = FX_ORDER_TYPE_MARKET,
                         .tif = FX_TIME_IN_FORCE_GTD,
                         .expire_us = kit.time_us + 5000000),
                     FX_BAD_TIME_IN_FORCE);
    assert_int_equal(BUY(.tif = FX_TIME_IN_FORCE_IOC, .post_only = FX_POST_ONLY_MODE_REJECT),
                     FX_BAD_TIME_IN_FORCE);
    assert_int_equal(BUY(.tif = FX_TIME_IN_FORCE_FOK, .post_only = FX_POST_ONLY_MODE_SLIDE),
                     FX_BAD_TIME_IN_FORCE);
    assert_int_equal(BUY(.type = FX_ORDER_TYPE_MARKET, .post_only = FX_POST_ONLY_MODE_REJECT),
                     FX_BAD_TIME_IN_FORCE);
    assert_int_equal(BUY(.expire_us = kit.time_us + 5000000), FX_BAD_TIME_IN_FORCE);
    assert_int_equal(kit.result.reject.field, FX_FIELD_EXPIRE_TIME);
}

static void place_gtd_needs_one_second(void **state)
{
    (void)state;
    assert_int_equal(BUY(.tif = FX_TIME_IN_FORCE_GTD, .expire_us = kit.time_us + 999999),
                     FX_EXPIRE_TIME_TOO_EARLY);
    assert_int_equal(kit.result.reject.field, FX_FIELD_EXPIRE_TIME);
    assert_true(kit.result.reject.limit == kit.time_us + 1000000);
    assert_int_equal(BUY(.tif = FX_TIME_IN_FORCE_GTD), FX_EXPIRE_TIME_TOO_EARLY);
    assert_int_equal(BUY(.tif = FX_TIME_IN_FORCE_GTD, .expire_us = kit.time_us + 1000000), FX_OK);
}

static void place_states_let_in_what_they_say(void **state)
{
    (void)state;
    const enum fx_instrument_state closed[] = {FX_INSTRUMENT_STATE_CANCEL_ONLY,
                                               FX_INSTRUMENT_STATE_HALTED};
    for (uint32_t index = 0; index < sizeof closed / sizeof closed[0]; index++) {
        assert_int_equal(engine_kit_state(&kit, 0, closed[index]), FX_OK);
        assert_int_equal(BUY(.tmp_id = 1), FX_INSTRUMENT_HALTED);
        assert_int_equal(BUY(.post_only = FX_POST_ONLY_MODE_REJECT), FX_INSTRUMENT_HALTED);
    }
    assert_int_equal(engine_kit_state(&kit, 0, FX_INSTRUMENT_STATE_POST_ONLY), FX_OK);
    assert_int_equal(BUY(.tmp_id = 1), FX_INSTRUMENT_HALTED);
    assert_int_equal(BUY(.post_only = FX_POST_ONLY_MODE_REJECT), FX_OK);
    assert_int_equal(BUY(.post_only = FX_POST_ONLY_MODE_SLIDE), FX_OK);
}

static void place_blocked_account_only_reduces(void **state)
{
    (void)state;
    (void)rest(1, FX_SIDE_SELL, 100, 5);
    assert_int_equal(BUY(.lots = 5), FX_OK);
    struct fx_command command =
        engine_kit_command(FX_COMMAND_SET_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, 2);
    command.u.account.asset = engine_kit_asset("USDT");
    command.u.account.flags = FX_ACCOUNT_FLAG_TRADE_BLOCKED;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(BUY(.tmp_id = 1), FX_TRADING_NOT_ALLOWED);
    assert_int_equal(BUY(.side = FX_SIDE_SELL), FX_TRADING_NOT_ALLOWED);
    assert_int_equal(BUY(.side = FX_SIDE_SELL, .is_reduce_only = true), FX_OK);
}

static void narrow(struct fx_instrument *definition)
{
    definition->min_lots = 2;
    definition->max_lots = 1000;
    definition->max_market_lots = 500;
    definition->max_ticks = 150;
    definition->min_notional = engine_kit_decimal("190");
    definition->band_up_ppb = 100000000;
    definition->band_down_ppb = 100000000;
}

static void place_filters_name_limit_and_nearest(void **state)
{
    (void)state;
    redefine(narrow);
    assert_int_equal(ENGINE_KIT_PLACE(&kit, .user_id = 2, .side = FX_SIDE_BUY, .lots = 2),
                     FX_PRICE_FILTER);
    assert_int_equal(kit.result.reject.field, FX_FIELD_PRICE);
    assert_int_equal(BUY(.ticks = -1, .lots = 2, .post_only = FX_POST_ONLY_MODE_SLIDE),
                     FX_PRICE_FILTER);
    assert_int_equal(BUY(.ticks = 151, .lots = 2), FX_PRICE_FILTER);
    assert_true(kit.result.reject.nearest == engine_kit_decimal("150"));
    assert_int_equal(BUY(.lots = 1), FX_LOT_SIZE);
    assert_true(kit.result.reject.limit == engine_kit_decimal("2"));
    assert_int_equal(BUY(.lots = 1001), FX_LOT_SIZE);
    assert_int_equal(BUY(.type = FX_ORDER_TYPE_MARKET, .lots = 501), FX_MARKET_LOT_SIZE);
    assert_int_equal(BUY(.ticks = 94, .lots = 2), FX_MIN_NOTIONAL);
    assert_int_equal(BUY(.ticks = 95, .lots = 2), FX_OK);
    assert_int_equal(BUY(.ticks = 111, .lots = 2), FX_PERCENT_PRICE);
    assert_true(kit.result.reject.limit == engine_kit_decimal("110"));
    assert_int_equal(BUY(.ticks = 110, .lots = 2), FX_OK);
    assert_int_equal(BUY(.side = FX_SIDE_SELL, .ticks = 89, .lots = 3), FX_PERCENT_PRICE);
    assert_true(kit.result.reject.nearest == engine_kit_decimal("90"));
}

static void place_market_without_counterpart_expires(void **state)
{
    (void)state;
    assert_int_equal(BUY(.type = FX_ORDER_TYPE_MARKET), FX_OK);
    const struct fx_event_order *row = engine_kit_row(&kit, kit.result.order_id);
    assert_int_equal(row->status, FX_ORDER_STATUS_EXPIRED);
    assert_int_equal(row->note, FX_ORDER_NOTE_IOC_REMAINDER);
    assert_int_equal(row->price_ticks, 0);
    assert_int_equal(row->remaining_lots, 1);
    assert_int_equal(BUY(.type = FX_ORDER_TYPE_MARKET, .tif = FX_TIME_IN_FORCE_FOK),
                     FX_FOK_NOT_FILLED);
}

/* Best ask 100, bound 5 %: takes up to 105, not 106. */
static void place_market_stops_at_its_bound(void **state)
{
    (void)state;
    (void)rest(1, FX_SIDE_SELL, 100, 1);
    (void)rest(1, FX_SIDE_SELL, 105, 1);
    (void)rest(1, FX_SIDE_SELL, 106, 1);
    assert_int_equal(BUY(.type = FX_ORDER_TYPE_MARKET, .lots = 3), FX_OK);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_TRADE), 2);
    assert_int_equal(kit.result.order_status, FX_ORDER_STATUS_EXPIRED);
    assert_int_equal(engine_kit_row(&kit, kit.result.order_id)->remaining_lots, 1);
    assert_int_equal(engine_kit_row(&kit, kit.result.order_id)->time_in_force,
                     FX_TIME_IN_FORCE_IOC);
}

static void place_post_only_reject_never_takes(void **state)
{
    (void)state;
    (void)rest(1, FX_SIDE_SELL, 100, 1);
    assert_int_equal(BUY(.post_only = FX_POST_ONLY_MODE_REJECT), FX_POST_ONLY_WOULD_TAKE);
    assert_true(kit.result.reject.limit == engine_kit_decimal("100"));
    assert_true(kit.result.reject.nearest == engine_kit_decimal("99"));
    assert_int_equal(BUY(.ticks = 99, .post_only = FX_POST_ONLY_MODE_REJECT), FX_OK);
    assert_int_equal(
        BUY(.side = FX_SIDE_SELL, .ticks = 99, .user_id = 3, .post_only = FX_POST_ONLY_MODE_REJECT),
        FX_POST_ONLY_WOULD_TAKE);
    assert_true(kit.result.reject.nearest == engine_kit_decimal("100"));
}

static void place_post_only_slide_goes_to_the_best_free_price(void **state)
{
    (void)state;
    (void)rest(1, FX_SIDE_SELL, 100, 1);
    assert_int_equal(BUY(.ticks = 104, .post_only = FX_POST_ONLY_MODE_SLIDE), FX_OK);
    assert_int_equal(engine_kit_row(&kit, kit.result.order_id)->price_ticks, 99);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_TRADE), 0);
    assert_int_equal(
        BUY(.user_id = 3, .side = FX_SIDE_SELL, .ticks = 50, .post_only = FX_POST_ONLY_MODE_SLIDE),
        FX_OK);
    assert_int_equal(engine_kit_row(&kit, kit.result.order_id)->price_ticks, 100);
    assert_int_equal(BUY(.ticks = 90, .post_only = FX_POST_ONLY_MODE_SLIDE), FX_OK);
    assert_int_equal(engine_kit_row(&kit, kit.result.order_id)->price_ticks, 90);
}

static void place_post_only_slide_below_the_first_tick_is_rejected(void **state)
{
    (void)state;
    (void)rest(1, FX_SIDE_SELL, 1, 1);
    assert_int_equal(BUY(.ticks = 1, .post_only = FX_POST_ONLY_MODE_SLIDE),
                     FX_POST_ONLY_WOULD_TAKE);
    assert_int_equal(kit.result.reject.has_nearest, 0);
}

static void two_orders(struct fx_instrument *definition)
{
    definition->orders_max = 2;
}

static void place_orders_per_symbol_are_limited(void **state)
{
    (void)state;
    redefine(two_orders);
    (void)rest(2, FX_SIDE_BUY, 90, 1);
    (void)rest(2, FX_SIDE_BUY, 90, 1);
    assert_int_equal(BUY(.tmp_id = 1), FX_MAX_NUM_ORDERS);
    assert_true(kit.result.reject.limit == 2);
    assert_int_equal(BUY(.tif = FX_TIME_IN_FORCE_IOC), FX_OK); /* never rests */
    assert_int_equal(BUY(.user_id = 3), FX_OK);
}

static void place_orders_per_account_are_limited(void **state)
{
    (void)state;
    struct fx_instrument second = engine_kit_definition("ETHUSDT");
    second.orders_max = 50;
    assert_int_equal(engine_kit_list(&kit, &second, 100), 1);
    for (uint32_t count = 0; count < kit.engine->limits.account_orders_max; count++) {
        assert_int_equal(BUY(.instrument = count % 2), FX_OK);
    }
    assert_int_equal(BUY(.tmp_id = 1), FX_MAX_NUM_ORDERS);
    assert_true(kit.result.reject.limit == kit.engine->limits.account_orders_max);
}

static void place_full_pool_is_a_reject(void **state)
{
    (void)state;
    struct engine_kit small;
    struct fx_engine_limits limits = engine_kit_limits();
    const struct fx_instrument definition = engine_kit_definition("BTCUSDT");
    limits.orders_max = 3;
    limits.positions_max = 2;
    engine_kit_init(&small, &limits);
    (void)engine_kit_list(&small, &definition, 100);
    for (uint64_t user_id = 1; user_id <= 3; user_id++) {
        engine_kit_account(&small, user_id, "USDT", "1000");
    }
    for (uint64_t user_id = 1; user_id <= 2; user_id++) {
        assert_int_equal(
            ENGINE_KIT_PLACE(
                &small, .user_id = user_id, .side = FX_SIDE_BUY, .ticks = 100, .lots = 1),
            FX_OK);
    }
    /* No room for a third position, then none for a fourth order. */
    assert_int_equal(
        ENGINE_KIT_PLACE(&small, .user_id = 3, .side = FX_SIDE_BUY, .ticks = 100, .lots = 1),
        FX_CAPACITY);
    assert_int_equal(
        ENGINE_KIT_PLACE(&small, .user_id = 1, .side = FX_SIDE_BUY, .ticks = 100, .lots = 1),
        FX_OK);
    assert_int_equal(
        ENGINE_KIT_PLACE(&small, .user_id = 1, .side = FX_SIDE_BUY, .ticks = 100, .lots = 1),
        FX_CAPACITY);
    engine_kit_deinit(&small);
}

static void place_margin_is_asked_to_the_last_unit(void **state)
{
    (void)state;
    engine_kit_account(&kit, 5, "USDT", "10");
    /* 2 lots at 100 with 20x need 10. */
    assert_int_equal(BUY(.user_id = 5, .lots = 3), FX_INSUFFICIENT_MARGIN);
    assert_true(kit.result.reject.limit == engine_kit_decimal("10"));
    assert_int_equal(kit.result.reject.field, FX_FIELD_AMOUNT);
    assert_int_equal(BUY(.user_id = 5, .lots = 2), FX_OK);
    assert_int_equal(BUY(.user_id = 5, .lots = 1), FX_INSUFFICIENT_MARGIN);
    /* The other side needs no more than what is reserved already. */
    assert_int_equal(BUY(.user_id = 5, .side = FX_SIDE_SELL, .ticks = 101, .lots = 1), FX_OK);
}

/* At 105 with the mark at 100 an order reserves 105 / 20 + 5 of open loss = 10.25. */
static void place_open_loss_is_reserved_at_entry(void **state)
{
    (void)state;
    engine_kit_account(&kit, 5, "USDT", "10.249999999999999999");
    assert_int_equal(BUY(.user_id = 5, .ticks = 105), FX_INSUFFICIENT_MARGIN);
    assert_int_equal(engine_kit_deposit(&kit, 5, "USDT", "0.000000000000000001"), FX_OK);
    assert_int_equal(BUY(.user_id = 5, .ticks = 105), FX_OK);
    assert_true(engine_kit_row(&kit, kit.result.order_id)->order_margin ==
                engine_kit_decimal("10.25"));
}

/* A market order is judged at its bound: best 100, bound 105. */
static void place_market_margin_is_judged_at_the_bound(void **state)
{
    (void)state;
    (void)rest(1, FX_SIDE_SELL, 100, 10);
    engine_kit_account(&kit, 5, "USDT", "10.2");
    assert_int_equal(BUY(.user_id = 5, .type = FX_ORDER_TYPE_MARKET), FX_INSUFFICIENT_MARGIN);
    assert_int_equal(engine_kit_deposit(&kit, 5, "USDT", "0.05"), FX_OK);
    assert_int_equal(BUY(.user_id = 5, .type = FX_ORDER_TYPE_MARKET), FX_OK);
    assert_int_equal(kit.result.order_status, FX_ORDER_STATUS_FILLED);
}

static void place_opening_needs_a_mark_price(void **state)
{
    (void)state;
    struct fx_instrument second = engine_kit_definition("ETHUSDT");
    assert_int_equal(engine_kit_update(&kit, &second), FX_OK);
    assert_int_equal(engine_kit_tiers(&kit, 1), FX_OK);
    assert_int_equal(engine_kit_state(&kit, 1, FX_INSTRUMENT_STATE_TRADING), FX_OK);
    assert_int_equal(BUY(.instrument = 1), FX_NO_MARK_PRICE);
    assert_int_equal(engine_kit_mark(&kit, 1, 100), FX_OK);
    assert_int_equal(BUY(.instrument = 1), FX_OK);
}

static void capped(struct fx_instrument *definition)
{
    definition->open_interest_cap_lots = 10;
}

static void place_open_interest_cap_holds_at_entry(void **state)
{
    (void)state;
    redefine(capped);
    (void)rest(1, FX_SIDE_SELL, 100, 6);
    assert_int_equal(BUY(.lots = 11), FX_OPEN_INTEREST_CAP);
    assert_true(kit.result.reject.limit == engine_kit_decimal("10"));
    assert_int_equal(BUY(.lots = 6), FX_OK);
    assert_int_equal(BUY(.lots = 5), FX_OPEN_INTEREST_CAP);
    assert_int_equal(BUY(.side = FX_SIDE_SELL, .ticks = 200, .lots = 6), FX_OK); /* only closes */
    assert_int_equal(BUY(.lots = 4), FX_OK);
}

static void place_amounts_out_of_range_are_rejected(void **state)
{
    (void)state;
    struct fx_instrument huge = engine_kit_definition("HUGE");
    huge.tick_size = engine_kit_decimal("1000000");
    huge.lot_size = engine_kit_decimal("1");
    huge.max_ticks = 1000;
    huge.max_lots = 900000000;
    huge.max_market_lots = 1;
    assert_int_equal(engine_kit_list(&kit, &huge, 1000), 1);
    assert_int_equal(BUY(.instrument = 1, .ticks = 1000, .lots = 900000000),
                     FX_AMOUNT_OUT_OF_RANGE);
}

static void place_leverage_becomes_the_setting(void **state)
{
    (void)state;
    assert_int_equal(BUY(.leverage_centi = 5000), FX_OK);
    assert_int_equal(engine_kit_position(&kit, 2, 0).leverage_centi, 5000);
    assert_true(engine_kit_row(&kit, kit.result.order_id)->order_margin == engine_kit_decimal("2"));
    assert_int_equal(BUY(.leverage_centi = 20000), FX_BAD_LEVERAGE);
    assert_int_equal(kit.result.reject.field, FX_FIELD_LEVERAGE);
    assert_int_equal(BUY(.margin_mode = FX_MARGIN_MODE_ISOLATED), FX_MARGIN_MODE_LOCKED);
    assert_int_equal(BUY(.user_id = 3, .margin_mode = FX_MARGIN_MODE_ISOLATED), FX_OK);
    assert_int_equal(engine_kit_position(&kit, 3, 0).margin_mode, FX_MARGIN_MODE_ISOLATED);
}

/* The setting is taken back where the order itself is rejected afterwards (the kit compares hashes:
 * once for a position that exists, once for one that does not yet). */
static void place_rejected_order_leaves_the_old_setting(void **state)
{
    (void)state;
    assert_int_equal(BUY(.lots = 1000000, .leverage_centi = 200), FX_INSUFFICIENT_MARGIN);
    assert_int_equal(kit.engine->position_count, 0);
    assert_int_equal(BUY(.leverage_centi = 300), FX_OK);
    assert_int_equal(BUY(.lots = 1000000, .leverage_centi = 200), FX_INSUFFICIENT_MARGIN);
    assert_int_equal(engine_kit_position(&kit, 2, 0).leverage_centi, 300);
    struct fx_instrument second = engine_kit_definition("ETHUSDT");
    assert_int_equal(engine_kit_list(&kit, &second, 100), 1);
    assert_int_equal(BUY(.instrument = 1, .lots = 1000000), FX_INSUFFICIENT_MARGIN);
    assert_int_equal(kit.engine->position_count, 1);
    assert_int_equal(BUY(.instrument = 1), FX_OK);
}

static void go_long(int64_t lots)
{
    (void)rest(1, FX_SIDE_SELL, 100, lots);
    assert_int_equal(BUY(.lots = lots), FX_OK);
}

static void place_reduce_only_needs_something_to_reduce(void **state)
{
    (void)state;
    assert_int_equal(BUY(.side = FX_SIDE_SELL, .is_reduce_only = true), FX_REDUCE_ONLY_REJECTED);
    assert_int_equal(kit.engine->position_count, 0);
    go_long(5);
    assert_int_equal(BUY(.is_reduce_only = true), FX_REDUCE_ONLY_REJECTED);
    assert_int_equal(kit.result.reject.field, FX_FIELD_QUANTITY);
}

static void place_reduce_only_is_capped_to_the_position(void **state)
{
    (void)state;
    go_long(5);
    assert_int_equal(BUY(.side = FX_SIDE_SELL, .ticks = 110, .lots = 9, .is_reduce_only = true),
                     FX_OK);
    const struct fx_event_order *row = engine_kit_row(&kit, kit.result.order_id);
    assert_int_equal(row->lots, 5);
    assert_int_equal(row->note, FX_ORDER_NOTE_REDUCE_ONLY);
    assert_true(row->order_margin == 0);
}

static void place_resting_reduce_only_orders_are_limited(void **state)
{
    (void)state;
    go_long(5);
    kit.engine->limits.reduce_orders_max = 2;
    for (int count = 0; count < 2; count++) {
        assert_int_equal(BUY(.side = FX_SIDE_SELL, .ticks = 110, .is_reduce_only = true), FX_OK);
    }
    assert_int_equal(BUY(.side = FX_SIDE_SELL, .ticks = 110, .is_reduce_only = true),
                     FX_MAX_NUM_ORDERS);
    assert_true(kit.result.reject.limit == 2);
    assert_int_equal(BUY(.side = FX_SIDE_SELL,
                         .ticks = 110,
                         .is_reduce_only = true,
                         .tif = FX_TIME_IN_FORCE_IOC),
                     FX_OK); /* never rests */
}

static void place_reduce_only_worse_than_all_others_is_rejected(void **state)
{
    (void)state;
    go_long(5);
    assert_int_equal(BUY(.side = FX_SIDE_SELL, .ticks = 110, .lots = 5, .is_reduce_only = true),
                     FX_OK);
    assert_int_equal(BUY(.side = FX_SIDE_SELL, .ticks = 110, .lots = 1, .is_reduce_only = true),
                     FX_REDUCE_ONLY_REJECTED);
    assert_int_equal(BUY(.side = FX_SIDE_SELL, .ticks = 111, .lots = 1, .is_reduce_only = true),
                     FX_REDUCE_ONLY_REJECTED);
}

static void place_reduce_only_better_than_others_pushes_them_out(void **state)
{
    (void)state;
    go_long(5);
    assert_int_equal(BUY(.side = FX_SIDE_SELL, .ticks = 110, .lots = 5, .is_reduce_only = true),
                     FX_OK);
    const uint64_t far = kit.result.order_id;
    assert_int_equal(BUY(.side = FX_SIDE_SELL, .ticks = 109, .lots = 2, .is_reduce_only = true),
                     FX_OK);
    assert_int_equal(engine_kit_row(&kit, far)->remaining_lots, 3);
    assert_int_equal(BUY(.side = FX_SIDE_SELL, .ticks = 108, .lots = 4, .is_reduce_only = true),
                     FX_OK);
    assert_int_equal(engine_kit_row(&kit, far)->status, FX_ORDER_STATUS_CANCELED);
    assert_int_equal(engine_kit_depth(&kit, 0, FX_SIDE_SELL, 109), 1);
    assert_int_equal(engine_kit_depth(&kit, 0, FX_SIDE_SELL, 108), 4);
}

static void place_reduce_only_taker_never_turns_the_position(void **state)
{
    (void)state;
    go_long(5);
    (void)rest(3, FX_SIDE_BUY, 99, 20);
    assert_int_equal(
        BUY(.side = FX_SIDE_SELL, .type = FX_ORDER_TYPE_MARKET, .lots = 20, .is_reduce_only = true),
        FX_OK);
    assert_int_equal(kit.result.order_status, FX_ORDER_STATUS_FILLED);
    assert_int_equal(engine_kit_position(&kit, 2, 0).lots, 0);
}

static void place_reduce_only_needs_no_margin(void **state)
{
    (void)state;
    engine_kit_account(&kit, 5, "USDT", "50");
    (void)rest(1, FX_SIDE_SELL, 100, 10);
    assert_int_equal(BUY(.user_id = 5, .lots = 10), FX_OK);
    assert_int_equal(engine_kit_mark(&kit, 0, 96), FX_OK); /* 10 left, 48 are in use */
    assert_int_equal(BUY(.user_id = 5, .side = FX_SIDE_BUY, .ticks = 96, .lots = 1),
                     FX_INSUFFICIENT_MARGIN);
    assert_int_equal(
        BUY(.user_id = 5, .side = FX_SIDE_SELL, .ticks = 96, .lots = 10, .is_reduce_only = true),
        FX_OK);
}

static struct fx_event_test ask(struct engine_kit_order order)
{
    const struct fx_command command = engine_kit_place_command(&order);
    return engine_kit_ask(&kit, &command);
}

static void place_test_order_foresees_margin_and_changes_nothing(void **state)
{
    (void)state;
    engine_kit_account(&kit, 5, "USDT", "50");
    const size_t size = fx_engine_save_size(kit.engine);
    char *before = malloc(size);
    char *after = malloc(size);
    assert_non_null(before);
    assert_non_null(after);
    fx_engine_save(kit.engine, before, size);
    /* 3 lots at 100, ten times: 30 of 50; the symbol's setting would be new, isolated. */
    const struct fx_event_test test =
        ask((struct engine_kit_order){.user_id = 5,
                                      .side = FX_SIDE_BUY,
                                      .ticks = 100,
                                      .lots = 3,
                                      .leverage_centi = 1000,
                                      .margin_mode = FX_MARGIN_MODE_ISOLATED});
    assert_int_equal(test.result.reject.status, FX_OK);
    assert_int_equal(test.result.command_kind, FX_COMMAND_TEST_ORDER);
    assert_true(test.available_before == engine_kit_decimal("50"));
    assert_true(test.available_after == engine_kit_decimal("20"));
    assert_true(test.reserve_before == 0);
    assert_true(test.reserve_after == engine_kit_decimal("30"));
    assert_int_equal(test.price_ticks, 100);
    assert_int_equal(test.lots, 3);
    assert_int_equal(test.leverage_centi, 1000);
    assert_int_equal(test.margin_mode, FX_MARGIN_MODE_ISOLATED);
    assert_int_equal(
        ask((struct engine_kit_order){
                .user_id = 5, .side = FX_SIDE_BUY, .ticks = 100, .lots = 6, .leverage_centi = 1000})
            .result.reject.status,
        FX_INSUFFICIENT_MARGIN);
    assert_int_equal(size, fx_engine_save_size(kit.engine));
    fx_engine_save(kit.engine, after, size);
    assert_memory_equal(before, after, size);
    free(before);
    free(after);
}

static void place_test_order_of_a_market_order_is_judged_at_its_bound(void **state)
{
    (void)state;
    struct engine_kit_order order = {.user_id = 2,
                                     .side = FX_SIDE_BUY,
                                     .lots = 4,
                                     .type = FX_ORDER_TYPE_MARKET,
                                     .tif = FX_TIME_IN_FORCE_IOC};
    struct fx_event_test test = ask(order);
    assert_int_equal(test.result.reject.status, FX_OK); /* it would expire at once */
    assert_int_equal(test.price_ticks, 0);
    assert_true(test.available_after == test.available_before);
    (void)rest(1, FX_SIDE_SELL, 100, 10);
    test = ask(order);
    assert_int_equal(test.price_ticks, 105);
    assert_true(test.reserve_after > 0);
    assert_true(test.available_before - test.available_after == test.reserve_after);
    order.is_reduce_only = true;
    assert_int_equal(ask(order).result.reject.status, FX_REDUCE_ONLY_REJECTED);
}

static void place_test_order_takes_the_time_of_its_question(void **state)
{
    (void)state;
    const struct engine_kit_order order = {.user_id = 2,
                                           .side = FX_SIDE_BUY,
                                           .ticks = 100,
                                           .lots = 1,
                                           .tif = FX_TIME_IN_FORCE_GTD,
                                           .expire_us = kit.time_us + 2000000};
    assert_int_equal(ask(order).result.reject.status, FX_OK);
    kit.time_us += 1500000;
    assert_int_equal(ask(order).result.reject.status, FX_EXPIRE_TIME_TOO_EARLY);
    kit.time_us -= 1500000;
    assert_int_equal(ask(order).result.reject.status, FX_OK); /* time did not move */
}

static void place_test_order_of_a_known_client_id_is_the_first_answer(void **state)
{
    (void)state;
    struct engine_kit_order order = {.user_id = 2,
                                     .side = FX_SIDE_BUY,
                                     .ticks = 100,
                                     .lots = 1,
                                     .tmp_id = 9,
                                     .client_id = "mine"};
    assert_int_equal(engine_kit_order(&kit, &order), FX_OK);
    order.tmp_id = 10;
    const struct fx_event_test test = ask(order);
    assert_int_equal(test.result.is_repeated, 1);
    assert_int_equal(test.result.tmp_id, 9);
    order.lots = 2;
    assert_int_equal(ask(order).result.reject.status, FX_DUPLICATE_CLIENT_ORDER_ID);
}

/* Queued lots that cannot be counted with the new ones: the bound of M1 refuses them. */
static void place_of_more_lots_than_can_be_counted_is_refused(void **state)
{
    (void)state;
    (void)rest(1, FX_SIDE_BUY, 90, 1);
    const struct fx_resting order = {.remaining = {5},
                                     .price = {90},
                                     .older = FX_SLOT_NONE,
                                     .newer = FX_SLOT_NONE,
                                     .side = FX_SIDE_BUY};
    struct fx_reject reason;
    memset(&reason, 0, sizeof reason);
    assert_int_equal(fx_place_judge(kit.engine, 0, &order, FX_SLOT_NONE, &reason), FX_OK);
    kit.engine->positions[0].buy_lots = INT64_MAX - 4;
    assert_int_equal(fx_place_judge(kit.engine, 0, &order, FX_SLOT_NONE, &reason),
                     FX_AMOUNT_OUT_OF_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(place_accepted_order_answers_with_its_row),
        CASE(place_unknown_parties_are_rejected),
        CASE(place_account_is_told_before_price),
        CASE(place_unknown_words_are_rejected),
        CASE(place_conditional_types_need_their_own_command),
        CASE(place_hedge_side_is_locked),
        CASE(place_time_in_force_must_fit),
        CASE(place_gtd_needs_one_second),
        CASE(place_states_let_in_what_they_say),
        CASE(place_blocked_account_only_reduces),
        CASE(place_filters_name_limit_and_nearest),
        CASE(place_market_without_counterpart_expires),
        CASE(place_market_stops_at_its_bound),
        CASE(place_post_only_reject_never_takes),
        CASE(place_post_only_slide_goes_to_the_best_free_price),
        CASE(place_post_only_slide_below_the_first_tick_is_rejected),
        CASE(place_orders_per_symbol_are_limited),
        CASE(place_orders_per_account_are_limited),
        CASE(place_full_pool_is_a_reject),
        CASE(place_margin_is_asked_to_the_last_unit),
        CASE(place_open_loss_is_reserved_at_entry),
        CASE(place_market_margin_is_judged_at_the_bound),
        CASE(place_opening_needs_a_mark_price),
        CASE(place_open_interest_cap_holds_at_entry),
        CASE(place_amounts_out_of_range_are_rejected),
        CASE(place_leverage_becomes_the_setting),
        CASE(place_rejected_order_leaves_the_old_setting),
        CASE(place_reduce_only_needs_something_to_reduce),
        CASE(place_reduce_only_is_capped_to_the_position),
        CASE(place_reduce_only_worse_than_all_others_is_rejected),
        CASE(place_resting_reduce_only_orders_are_limited),
        CASE(place_reduce_only_better_than_others_pushes_them_out),
        CASE(place_reduce_only_taker_never_turns_the_position),
        CASE(place_reduce_only_needs_no_margin),
        CASE(place_test_order_foresees_margin_and_changes_nothing),
        CASE(place_test_order_of_a_market_order_is_judged_at_its_bound),
        CASE(place_test_order_takes_the_time_of_its_question),
        CASE(place_test_order_of_a_known_client_id_is_the_first_answer),
        CASE(place_of_more_lots_than_can_be_counted_is_refused),
    };
    return cmocka_run_group_tests_name("place", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
