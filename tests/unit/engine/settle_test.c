/* The end of a contract: the average, its phases, who is paid what, and what an operator may do. */
#include "engine/marks_int.h"
#include "engine/settle_int.h"
#include "engine_kit.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

#define MINUTE 60000000LL
#define EXPIRY (100 * MINUTE)

static struct engine_kit kit;

static struct fx_instrument dated(const char *symbol)
{
    struct fx_instrument definition = engine_kit_definition(symbol);
    definition.kind = FX_INSTRUMENT_KIND_DATED;
    definition.expiry_us = EXPIRY;
    return definition;
}

/* A contract that ends at minute 100, and four users with 1,000,000 each. */
static void begin(const struct fx_engine_limits *limits, const struct fx_instrument *definition)
{
    engine_kit_init(&kit, limits);
    assert_int_equal(engine_kit_list(&kit, definition, 100), 0);
    for (uint64_t user_id = 1; user_id <= 4; user_id++) {
        engine_kit_account(&kit, user_id, definition->settle.text, "1000000");
    }
}

static int setup(void **state)
{
    (void)state;
    const struct fx_engine_limits limits = engine_kit_limits();
    const struct fx_instrument definition = dated("BTCQ");
    begin(&limits, &definition);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    engine_kit_deinit(&kit);
    return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void trade(uint64_t buyer, uint64_t seller, int64_t ticks, int64_t lots)
{
    assert_int_equal(
        ENGINE_KIT_PLACE(
            &kit, .user_id = seller, .side = FX_SIDE_SELL, .ticks = ticks, .lots = lots),
        FX_OK);
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = buyer, .side = FX_SIDE_BUY, .ticks = ticks, .lots = lots),
        FX_OK);
}

/* The index at a minute; the mark stays with it. */
static fx_status index_at(int64_t minute, int64_t ticks)
{
    kit.time_us = minute * MINUTE;
    return engine_kit_mark(&kit, 0, ticks);
}

/* Five lots at 100, and an index of 120 at minute 75 that is stale after ten. */
static void trade_with_short_memory(void)
{
    struct fx_command rules = engine_kit_command(FX_COMMAND_SET_MARK_RULES, 0, 0);
    rules.u.mark_rules.max_age_us = 10 * MINUTE - 1;
    rules.u.mark_rules.sources_min = 1;
    trade(1, 2, 100, 5);
    assert_int_equal(engine_kit_apply(&kit, &rules), FX_OK);
    assert_int_equal(index_at(75, 120), FX_OK);
}

static const struct fx_event_settlement *said(uint32_t n)
{
    const struct fx_event *event = engine_kit_event(&kit, FX_EVENT_SETTLEMENT, n);
    assert_non_null(event);
    return &event->u.settlement;
}

static uint8_t state_now(void)
{
    return kit.engine->listings[0].definition.state;
}

static fx_i128 balance_of(uint64_t user_id)
{
    const fx_slot account =
        fx_account_state_find(kit.engine, user_id, kit.engine->listings[0].asset);
    return kit.engine->accounts[account].balance;
}

/* Minutes 70 to 80 at 100, to 90 at 110, to 100 at 130: (100 + 110 + 130) / 3 = 113.33, so 113. */
static void settle_at_the_average_of_the_last_half_hour(void **state)
{
    (void)state;
    trade(1, 2, 100, 5);
    assert_int_equal(index_at(60, 900), FX_OK);
    assert_int_equal(index_at(65, 100), FX_OK);
    assert_int_equal(index_at(80, 110), FX_OK);
    assert_int_equal(index_at(90, 130), FX_OK);
    assert_true(fx_engine_next_due_us(kit.engine) == EXPIRY);
    assert_int_equal(engine_kit_tick(&kit, EXPIRY - 1), FX_OK);
    assert_int_equal(state_now(), FX_INSTRUMENT_STATE_TRADING);
    assert_int_equal(engine_kit_tick(&kit, EXPIRY + 5 * MINUTE), FX_OK); /* late: it counts not */
    assert_int_equal(state_now(), FX_INSTRUMENT_STATE_SETTLED);
    assert_int_equal(said(0)->phase, FX_SETTLEMENT_PHASE_CANCELING);
    assert_int_equal(said(1)->phase, FX_SETTLEMENT_PHASE_CLOSING);
    assert_int_equal(said(2)->phase, FX_SETTLEMENT_PHASE_DONE);
    assert_int_equal(said(2)->price_ticks, 113);
    assert_true(said(2)->covered_us == 30 * MINUTE);
    assert_int_equal(said(2)->positions, 2);
    assert_true(said(2)->remainder == 0);
    assert_int_equal(kit.engine->listings[0].mark.ticks, 113);
    assert_true(balance_of(1) == engine_kit_decimal("1000065"));
    assert_true(balance_of(2) == engine_kit_decimal("999935"));
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_TRANSACTION), 2);
    const struct fx_event_transaction *paid =
        &engine_kit_event(&kit, FX_EVENT_TRANSACTION, 0)->u.transaction;
    assert_int_equal(paid->type, FX_TRANSACTION_REALIZED_PNL);
    assert_int_equal(paid->instrument, 0);
    assert_int_equal(kit.engine->listings[0].open_interest_lots, 0);
    assert_true(fx_engine_next_due_us(kit.engine) == INT64_MAX);
    assert_int_equal(engine_kit_tick(&kit, EXPIRY + 6 * MINUTE), FX_OK);
    assert_int_equal(kit.events.count, 1); /* once */
    struct fx_command command = engine_kit_command(FX_COMMAND_SETTLE, 0, 0);
    command.u.settle.has_price = 2;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_PARAMETER);
    command = engine_kit_command(FX_COMMAND_INDEX_PRICE, 0, 0);
    command.u.index.index_ticks = 100;
    command.u.index.source_count = 1;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_SYMBOL_SETTLED);
    command = engine_kit_command(FX_COMMAND_SET_MARK_RULES, 0, 0);
    command.u.mark_rules.sources_min = 1;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_SYMBOL_SETTLED);
}

/* Between the date and its TICK nothing is taken any more. */
static void settle_date_ends_trading_before_its_tick(void **state)
{
    (void)state;
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = 1, .side = FX_SIDE_BUY, .ticks = 90, .lots = 1), FX_OK);
    const uint64_t resting = kit.result.order_id;
    kit.time_us = EXPIRY;
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = 2, .side = FX_SIDE_SELL, .ticks = 90, .lots = 1),
        FX_SYMBOL_SETTLED);
    assert_int_equal(engine_kit_amend(&kit, 1, resting, 91, 0), FX_SYMBOL_SETTLED);
    assert_int_equal(engine_kit_state(&kit, 0, FX_INSTRUMENT_STATE_HALTED), FX_BAD_STATE_CHANGE);
    struct fx_command command = engine_kit_command(FX_COMMAND_ADJUST_LEVERAGE, 0, 1);
    command.u.leverage.leverage_centi = 500;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_SYMBOL_SETTLED);
    struct fx_instrument later = dated("BTCQ");
    later.expiry_us = 2 * EXPIRY;
    assert_int_equal(engine_kit_update(&kit, &later), FX_SYMBOL_SETTLED);
    assert_int_equal(engine_kit_cancel(&kit, 1, resting), FX_OK);
    struct fx_command close = engine_kit_command(FX_COMMAND_CLOSE_INSURANCE, 0, 0);
    assert_int_equal(engine_kit_apply(&kit, &close), FX_SYMBOL_SETTLED);
}

/* A mark after the date closes nobody: who cannot pay is looked at when the end begins, with an
 * empty book. */
static void settle_date_ends_liquidations_before_its_tick(void **state)
{
    (void)state;
    engine_kit_account(&kit, 5, "USDT", "60");
    trade(5, 2, 100, 5);
    assert_int_equal(index_at(65, 100), FX_OK);
    assert_int_equal(index_at(80, 100), FX_OK);
    assert_int_equal(index_at(90, 100), FX_OK);
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = 3, .side = FX_SIDE_BUY, .ticks = 89, .lots = 9), FX_OK);
    assert_int_equal(index_at(101, 88), FX_OK); /* 500 at 100, now 440: nothing is left */
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_LIQUIDATION), 0);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_TRADE), 0);
    const fx_slot fund = fx_account_state_find(kit.engine, 0, kit.engine->listings[0].asset);
    assert_true(fund == FX_SLOT_NONE || kit.engine->accounts[fund].first_position == FX_SLOT_NONE);
    assert_int_equal(engine_kit_tick(&kit, 101 * MINUTE), FX_OK);
    assert_int_equal(said(1)->phase, FX_SETTLEMENT_PHASE_CLOSING);
    assert_int_equal(said(1)->price_ticks, 100);
    assert_int_equal(engine_kit_tick(&kit, 101 * MINUTE + 1000000), FX_OK);
    assert_int_equal(state_now(), FX_INSTRUMENT_STATE_SETTLED);
    assert_true(balance_of(5) == engine_kit_decimal("60"));
}

/* Orders of both kinds end with the note INSTRUMENT, and their owners' reserves with them. */
static void settle_ends_all_orders(void **state)
{
    (void)state;
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = 1, .side = FX_SIDE_BUY, .ticks = 90, .lots = 1), FX_OK);
    const uint64_t resting = kit.result.order_id;
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = 2,
                                      .side = FX_SIDE_SELL,
                                      .type = FX_ORDER_TYPE_STOP_MARKET,
                                      .source = FX_TRIGGER_SOURCE_MARK,
                                      .trigger_ticks = 80,
                                      .lots = 1),
                     FX_OK);
    const uint64_t waiting = kit.result.order_id;
    /* The price at which it would fire is that of the settlement: nothing is left to fire. */
    assert_int_equal(engine_kit_settle(&kit, 0, 70), FX_OK);
    assert_true(kit.result.amount == engine_kit_decimal("70"));
    assert_int_equal(engine_kit_row(&kit, resting)->note, FX_ORDER_NOTE_INSTRUMENT);
    assert_int_equal(engine_kit_row(&kit, waiting)->note, FX_ORDER_NOTE_INSTRUMENT);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_TRADE), 0);
    assert_int_equal(kit.engine->order_count, 0);
    assert_true(engine_kit_position(&kit, 1, 0).reserve == 0);
    assert_int_equal(state_now(), FX_INSTRUMENT_STATE_SETTLED);
}

/* Fifteen of the thirty minutes are enough, one microsecond less is not. */
static void settle_without_enough_index_waits_and_says_so(void **state)
{
    (void)state;
    trade_with_short_memory();
    assert_int_equal(index_at(95, 130), FX_OK);
    /* Known: 70 to 75 no (stale), 75 to 85, 95 to 100: ten and five minutes less what is stale. */
    assert_int_equal(engine_kit_tick(&kit, EXPIRY), FX_OK);
    const uint32_t last = engine_kit_count(&kit, FX_EVENT_SETTLEMENT) - 1;
    assert_int_equal(said(last)->phase, FX_SETTLEMENT_PHASE_DONE);
    assert_true(said(last)->covered_us == 15 * MINUTE);
    assert_int_equal(said(last)->price_ticks, 123); /* (120 x 10 + 130 x 5) / 15 = 123.3 */
}

static void settle_waits_until_the_index_was_known_for_long_enough(void **state)
{
    (void)state;
    trade_with_short_memory();
    assert_int_equal(engine_kit_tick(&kit, EXPIRY), FX_OK);
    assert_int_equal(state_now(), FX_INSTRUMENT_STATE_SETTLING);
    assert_int_equal(said(1)->phase, FX_SETTLEMENT_PHASE_WAITING);
    assert_int_equal(said(1)->price_ticks, 0);
    assert_true(said(1)->covered_us == 10 * MINUTE);
    assert_int_equal(engine_kit_position(&kit, 1, 0).lots, 5);
    assert_true(fx_engine_next_due_us(kit.engine) == INT64_MAX);
    assert_int_equal(engine_kit_tick(&kit, 150 * MINUTE), FX_OK);
    assert_int_equal(state_now(), FX_INSTRUMENT_STATE_SETTLING);
    /* The index is back: five minutes of it are missing. */
    assert_int_equal(index_at(200, 90), FX_OK);
    assert_true(fx_engine_next_due_us(kit.engine) == 205 * MINUTE);
    assert_int_equal(engine_kit_tick(&kit, 205 * MINUTE - 1), FX_OK);
    assert_int_equal(state_now(), FX_INSTRUMENT_STATE_SETTLING);
    assert_int_equal(engine_kit_tick(&kit, 205 * MINUTE), FX_OK);
    assert_int_equal(state_now(), FX_INSTRUMENT_STATE_SETTLED);
    assert_int_equal(said(0)->price_ticks, 110); /* (120 x 10 + 90 x 5) / 15 */
}

/* What the index says between the date and the TICK that comes too late is not that of all this
 * time: it counts from when the end has begun. */
static void settle_counts_nothing_between_its_date_and_a_late_tick(void **state)
{
    (void)state;
    trade_with_short_memory();
    assert_int_equal(index_at(300, 90), FX_OK); /* nobody knew it for more than three hours */
    assert_int_equal(engine_kit_tick(&kit, 301 * MINUTE), FX_OK);
    assert_int_equal(state_now(), FX_INSTRUMENT_STATE_SETTLING);
    assert_true(said(1)->covered_us == 10 * MINUTE);
    assert_true(fx_engine_next_due_us(kit.engine) == 306 * MINUTE);
    assert_int_equal(engine_kit_tick(&kit, 306 * MINUTE), FX_OK);
    assert_int_equal(state_now(), FX_INSTRUMENT_STATE_SETTLED);
    assert_int_equal(said(0)->price_ticks, 110); /* (120 x 10 + 90 x 5) / 15 */
}

/* Rules that keep the index known for longer end the waiting by themselves. */
static void settle_that_waits_is_timed_again_by_new_rules(void **state)
{
    (void)state;
    struct fx_command rules = engine_kit_command(FX_COMMAND_SET_MARK_RULES, 0, 0);
    rules.u.mark_rules.max_age_us = 2 * MINUTE - 1;
    rules.u.mark_rules.sources_min = 1;
    trade(1, 2, 100, 5);
    assert_int_equal(engine_kit_apply(&kit, &rules), FX_OK);
    assert_int_equal(engine_kit_tick(&kit, EXPIRY), FX_OK);
    assert_int_equal(said(1)->phase, FX_SETTLEMENT_PHASE_WAITING);
    assert_int_equal(index_at(150, 90), FX_OK);
    assert_true(kit.engine->settle_due_us == INT64_MAX); /* two minutes will not do */
    rules.u.mark_rules.max_age_us = 60 * MINUTE;
    assert_int_equal(engine_kit_apply(&kit, &rules), FX_OK);
    assert_true(kit.engine->settle_due_us == 165 * MINUTE);
    assert_int_equal(engine_kit_tick(&kit, 165 * MINUTE), FX_OK);
    assert_int_equal(state_now(), FX_INSTRUMENT_STATE_SETTLED);
}

/* The least that an engine can do in one command still fits what it may say: many contracts with
 * all tiers end at once. */
static void settle_of_many_fits_the_least_limits(void **state)
{
    struct fx_engine_limits limits = engine_kit_limits();
    (void)teardown(state);
    limits.fills_max = 1;
    limits.reduce_orders_max = 1;
    limits.instruments_max = 16;
    for (uint32_t cancels_max = 1; cancels_max <= 40; cancels_max++) {
        limits.cancels_max = cancels_max;
        engine_kit_init(&kit, &limits);
        for (char name[] = "AQ"; name[0] < 'A' + 16; name[0]++) {
            const struct fx_instrument definition = dated(name);
            const uint32_t instrument = engine_kit_list(&kit, &definition, 100);
            struct fx_command tiers =
                engine_kit_command(FX_COMMAND_LOAD_LEVERAGE_MARGIN, instrument, 0);
            tiers.u.tiers.count = FX_TIERS_MAX;
            for (uint32_t tier = 0; tier < FX_TIERS_MAX; tier++) {
                tiers.u.tiers.tiers[tier].cap =
                    tier + 1 == FX_TIERS_MAX ? fx_dec_limit() - 1 : fx_dec_one() * (tier + 1);
                tiers.u.tiers.tiers[tier].rate_ppb = 100000 * (1 + (int64_t)tier);
                tiers.u.tiers.tiers[tier].leverage_max_centi = 10000;
            }
            fx_instrument_fill_cums(tiers.u.tiers.tiers, FX_TIERS_MAX);
            assert_int_equal(engine_kit_apply(&kit, &tiers), FX_OK);
        }
        kit.time_us = EXPIRY;
        uint32_t ticks = 0;
        do {
            assert_int_equal(engine_kit_tick(&kit, kit.time_us), FX_OK);
            assert_true(kit.events.count <= fx_engine_events_max(&limits));
            ticks++;
        } while (fx_engine_next_due_us(kit.engine) == FX_ENGINE_DUE_NOW);
        assert_true(ticks < 64);
        assert_int_equal(state_now(), FX_INSTRUMENT_STATE_SETTLED);
        engine_kit_deinit(&kit);
    }
    (void)setup(state);
}

static void settle_that_waits_takes_an_operators_price(void **state)
{
    (void)state;
    struct fx_command rules = engine_kit_command(FX_COMMAND_SET_MARK_RULES, 0, 0);
    rules.u.mark_rules.max_age_us = MINUTE;
    rules.u.mark_rules.sources_min = 1;
    trade(1, 2, 100, 5);
    assert_int_equal(engine_kit_apply(&kit, &rules), FX_OK);
    assert_int_equal(engine_kit_tick(&kit, EXPIRY), FX_OK);
    assert_int_equal(state_now(), FX_INSTRUMENT_STATE_SETTLING);
    assert_int_equal(engine_kit_settle(&kit, 0, 0), FX_NO_SETTLEMENT_PRICE);
    assert_int_equal(engine_kit_settle(&kit, 0, 1000001), FX_PRICE_FILTER);
    assert_int_equal(engine_kit_settle(&kit, 0, 104), FX_OK);
    assert_int_equal(state_now(), FX_INSTRUMENT_STATE_SETTLED);
    assert_true(balance_of(1) == engine_kit_decimal("1000020"));
    assert_int_equal(engine_kit_settle(&kit, 0, 104), FX_SYMBOL_SETTLED);
    assert_int_equal(engine_kit_mark(&kit, 0, 104), FX_SYMBOL_SETTLED);
}

/* A perpetual has no average; and a contract that is ended early has that of its window so far. */
static void settle_by_command_needs_a_price_or_an_average(void **state)
{
    (void)state;
    const struct fx_instrument perpetual = engine_kit_definition("BTCUSDT");
    assert_int_equal(engine_kit_list(&kit, &perpetual, 100), 1);
    assert_int_equal(engine_kit_settle(&kit, 1, 0), FX_NO_SETTLEMENT_PRICE);
    assert_int_equal(engine_kit_settle(&kit, 2, 100), FX_UNKNOWN_SYMBOL);
    assert_int_equal(engine_kit_settle(&kit, 1, 100), FX_OK);
    assert_int_equal(kit.engine->listings[1].definition.state, FX_INSTRUMENT_STATE_SETTLED);
    assert_int_equal(engine_kit_settle(&kit, 0, 0), FX_NO_SETTLEMENT_PRICE);
    assert_int_equal(index_at(72, 200), FX_OK); /* 70 to 72 at 100 */
    kit.time_us = 74 * MINUTE;                  /* 72 to 74 at 200 */
    assert_int_equal(engine_kit_settle(&kit, 0, 0), FX_OK);
    assert_true(kit.result.amount == engine_kit_decimal("150"));
}

/* Two things per command: orders end, then positions, and every sum holds in between (the kit). */
static void settle_goes_on_in_bounded_steps(void **state)
{
    (void)state;
    struct fx_engine_limits limits = engine_kit_limits();
    const struct fx_instrument definition = dated("BTCQ");
    engine_kit_deinit(&kit);
    limits.cancels_max = 2;
    begin(&limits, &definition);
    trade(1, 2, 100, 5);
    trade(3, 4, 100, 7);
    for (int64_t ticks = 80; ticks < 85; ticks++) {
        assert_int_equal(
            ENGINE_KIT_PLACE(&kit, .user_id = 1, .side = FX_SIDE_BUY, .ticks = ticks, .lots = 1),
            FX_OK);
    }
    assert_int_equal(index_at(60, 130), FX_OK);
    assert_int_equal(engine_kit_tick(&kit, EXPIRY), FX_OK);
    uint32_t steps = 0;
    while (state_now() == FX_INSTRUMENT_STATE_SETTLING) {
        assert_true(fx_engine_next_due_us(kit.engine) <= kit.time_us);
        assert_int_equal(engine_kit_settle(&kit, 0, 99), FX_SYMBOL_SETTLED); /* it has its price */
        assert_int_equal(engine_kit_mark(&kit, 0, 99), FX_SYMBOL_SETTLED);
        assert_int_equal(engine_kit_tick(&kit, kit.time_us), FX_OK);
        steps++;
        assert_true(steps < 20);
    }
    assert_true(steps > 4);
    assert_true(balance_of(1) == engine_kit_decimal("1000150"));
    assert_true(balance_of(4) == engine_kit_decimal("999790"));
}

/* A snapshot in the middle goes on as the original does. */
static void settle_in_the_middle_is_saved(void **state)
{
    (void)state;
    struct fx_engine_limits limits = engine_kit_limits();
    const struct fx_instrument definition = dated("BTCQ");
    engine_kit_deinit(&kit);
    limits.cancels_max = 1;
    begin(&limits, &definition);
    trade(1, 2, 100, 5);
    trade(3, 4, 100, 7);
    assert_int_equal(index_at(60, 130), FX_OK);
    assert_int_equal(engine_kit_tick(&kit, EXPIRY), FX_OK);
    while (kit.engine->settlements[0].clearing_lots == 0) {
        assert_int_equal(engine_kit_tick(&kit, kit.time_us), FX_OK);
    }
    const size_t size = fx_engine_save_size(kit.engine);
    char *saved = malloc(size);
    assert_non_null(saved);
    fx_engine_save(kit.engine, saved, size);
    struct fx_engine *copy = NULL;
    assert_int_equal(
        fx_engine_load(engine_kit_memory(&limits), &limits, (fx_str){saved, size}, &copy), FX_OK);
    fx_engine_check(copy);
    assert_true(fx_engine_hash(copy) == fx_engine_hash(kit.engine));
    assert_true(fx_engine_next_due_us(copy) <= kit.time_us);
    struct fx_engine_dump dump;
    memset(&dump, 0, sizeof dump);
    assert_false(fx_engine_dump(kit.engine, &dump, &kit.events));
    assert_int_equal(said(0)->phase, FX_SETTLEMENT_PHASE_CLOSING); /* a projection knows of it */
    while (state_now() == FX_INSTRUMENT_STATE_SETTLING) {
        struct fx_command command =
            engine_kit_command(FX_COMMAND_TICK, FX_COMMAND_ALL_INSTRUMENTS, 0);
        assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
        fx_engine_apply(copy, &command, &kit.events);
        assert_true(fx_engine_hash(copy) == fx_engine_hash(kit.engine));
    }
    free(saved);
    free(copy);
}

/* Inverse at 3: what longs owe is rounded up, what shorts get down, the exchange keeps the rest. */
static void settle_inverse_posts_what_rounding_leaves(void **state)
{
    (void)state;
    const struct fx_engine_limits limits = engine_kit_limits();
    struct fx_instrument definition = dated("BTCQ");
    engine_kit_deinit(&kit);
    definition.contract_type = FX_CONTRACT_TYPE_COIN_M;
    definition.settle = engine_kit_asset("BTC");
    begin(&limits, &definition);
    trade(1, 2, 100, 1);
    trade(3, 4, 100, 1);
    assert_int_equal(engine_kit_settle(&kit, 0, 30), FX_OK);
    /* Bought for 1/100 each, worth 1/30 = 0.0333…: longs lose 0.02333…34, shorts get 0.02333…33. */
    assert_true(balance_of(1) == engine_kit_decimal("999999.976666666666666666"));
    assert_true(balance_of(2) == engine_kit_decimal("1000000.023333333333333333"));
    const struct fx_event_settlement *done = said(engine_kit_count(&kit, FX_EVENT_SETTLEMENT) - 1);
    assert_true(done->remainder == 2);
    assert_true(kit.engine->assets[kit.engine->listings[0].asset].rounding == 2);
}

/* Isolated margin comes back with the rest; both sides of a hedge are closed, each by itself. */
static void settle_closes_isolated_and_hedged_positions(void **state)
{
    (void)state;
    struct fx_command command = engine_kit_command(FX_COMMAND_ADJUST_LEVERAGE, 0, 3);
    command.u.leverage.margin_mode = FX_MARGIN_MODE_ISOLATED;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(engine_kit_mode(&kit, 1, true), FX_OK);
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = 3, .side = FX_SIDE_SELL, .ticks = 100, .lots = 6), FX_OK);
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = 1,
                                      .side = FX_SIDE_BUY,
                                      .position_side = FX_POSITION_SIDE_LONG,
                                      .ticks = 100,
                                      .lots = 6),
                     FX_OK);
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = 4, .side = FX_SIDE_BUY, .ticks = 100, .lots = 4), FX_OK);
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = 1,
                                      .side = FX_SIDE_SELL,
                                      .position_side = FX_POSITION_SIDE_SHORT,
                                      .ticks = 100,
                                      .lots = 4),
                     FX_OK);
    assert_int_equal(engine_kit_settle(&kit, 0, 103), FX_OK);
    assert_int_equal(said(2)->positions, 4);
    assert_true(balance_of(1) == engine_kit_decimal("1000006"));
    assert_true(balance_of(3) == engine_kit_decimal("999982"));
    assert_true(engine_kit_position(&kit, 3, 0).position_margin == 0);
    assert_int_equal(engine_kit_mode(&kit, 1, false), FX_OK);
}

static void settle_date_must_lie_ahead_and_may_move(void **state)
{
    (void)state;
    struct fx_instrument other = dated("ETHQ");
    other.expiry_us = kit.time_us;
    assert_int_equal(engine_kit_update(&kit, &other), FX_BAD_INSTRUMENT);
    other = dated("BTCQ");
    other.kind = FX_INSTRUMENT_KIND_PERPETUAL;
    assert_int_equal(engine_kit_update(&kit, &other), FX_IMMUTABLE);
    assert_int_equal(index_at(80, 500), FX_OK);
    other = dated("BTCQ");
    other.expiry_us = kit.time_us;
    assert_int_equal(engine_kit_update(&kit, &other), FX_BAD_INSTRUMENT);
    other.expiry_us = 200 * MINUTE;
    assert_int_equal(engine_kit_update(&kit, &other), FX_OK);
    assert_true(fx_engine_next_due_us(kit.engine) == 200 * MINUTE);
    assert_int_equal(index_at(120, 300), FX_OK);
    assert_int_equal(engine_kit_tick(&kit, 200 * MINUTE), FX_OK);
    assert_int_equal(said(2)->price_ticks, 300);
}

/* The insurance fund may take over behind the cursor: then it goes round once more. */
static void settle_goes_round_again_for_what_was_left_behind(void **state)
{
    (void)state;
    kit.engine->limits.cancels_max = 1;
    kit.engine->limits.fills_max = 1;
    trade(1, 2, 100, 5);
    trade(3, 4, 100, 7);
    assert_int_equal(engine_kit_settle(&kit, 0, 101), FX_OK);
    for (uint32_t ticks = 0; kit.engine->settlements[0].phase != FX_SETTLEMENT_PHASE_CLOSING ||
                             kit.engine->settlements[0].cursor == 0;
         ticks++) {
        assert_true(ticks < 16);
        assert_int_equal(engine_kit_tick(&kit, kit.time_us), FX_OK);
    }
    assert_int_equal(state_now(), FX_INSTRUMENT_STATE_SETTLING);
    kit.engine->settlements[0].cursor = kit.engine->position_count; /* as if all were behind it */
    for (uint32_t ticks = 0; state_now() != FX_INSTRUMENT_STATE_SETTLED; ticks++) {
        assert_true(ticks < 16);
        assert_int_equal(engine_kit_tick(&kit, kit.time_us), FX_OK);
    }
    assert_true(balance_of(1) == engine_kit_decimal("1000005"));
    assert_true(balance_of(4) == engine_kit_decimal("999993"));
}

/* An old snapshot knows the states alone. */
static void settle_of_an_older_state_has_its_phase(void **state)
{
    (void)state;
    struct fx_listing *listing = &kit.engine->listings[0];
    fx_settle_adopt(kit.engine);
    assert_int_equal(kit.engine->settlements[0].phase, 0);
    listing->definition.state = FX_INSTRUMENT_STATE_SETTLING;
    fx_settle_adopt(kit.engine);
    assert_int_equal(kit.engine->settlements[0].phase, FX_SETTLEMENT_PHASE_CANCELING);
    listing->definition.state = FX_INSTRUMENT_STATE_SETTLED;
    fx_settle_adopt(kit.engine);
    assert_int_equal(kit.engine->settlements[0].phase, FX_SETTLEMENT_PHASE_DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(settle_at_the_average_of_the_last_half_hour),
        CASE(settle_date_ends_trading_before_its_tick),
        CASE(settle_date_ends_liquidations_before_its_tick),
        CASE(settle_ends_all_orders),
        CASE(settle_without_enough_index_waits_and_says_so),
        CASE(settle_waits_until_the_index_was_known_for_long_enough),
        CASE(settle_counts_nothing_between_its_date_and_a_late_tick),
        CASE(settle_that_waits_is_timed_again_by_new_rules),
        CASE(settle_of_many_fits_the_least_limits),
        CASE(settle_that_waits_takes_an_operators_price),
        CASE(settle_by_command_needs_a_price_or_an_average),
        CASE(settle_goes_on_in_bounded_steps),
        CASE(settle_in_the_middle_is_saved),
        CASE(settle_inverse_posts_what_rounding_leaves),
        CASE(settle_closes_isolated_and_hedged_positions),
        CASE(settle_date_must_lie_ahead_and_may_move),
        CASE(settle_goes_round_again_for_what_was_left_behind),
        CASE(settle_of_an_older_state_has_its_phase),
    };
    return cmocka_run_group_tests_name("settle", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
