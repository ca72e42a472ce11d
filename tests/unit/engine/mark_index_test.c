/* INDEX_PRICE: median, mean and band; too few and too old sources. Numbers computed by hand. */
#include "engine/marks_int.h"
#include "engine/triggers_int.h"
#include "engine_kit.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

enum { ALICE = 1, BOB = 2 };

static const int64_t MINUTE_US = 60000000;
static const int64_t HOUR_US = 3600000000;

static struct engine_kit kit;

static int set_up(void **state)
{
    (void)state;
    const struct fx_engine_limits limits = engine_kit_limits();
    struct fx_instrument definition = engine_kit_definition("BTCUSDT");
    definition.tick_size = engine_kit_decimal("0.01");
    definition.funding_interval_s = 3600;
    engine_kit_init(&kit, &limits);
    assert_int_equal(engine_kit_list(&kit, &definition, 200000), 0);
    kit.time_us = 1000 * HOUR_US + HOUR_US / 2;
    struct fx_command tiers = engine_kit_command(FX_COMMAND_LOAD_LEVERAGE_MARGIN, 0, 0);
    tiers.u.tiers.count = 1;
    tiers.u.tiers.tiers[0].cap = fx_dec_limit() - 1;
    tiers.u.tiers.tiers[0].rate_ppb = 10000000; /* so that the cap is 0.75 % */
    tiers.u.tiers.tiers[0].leverage_max_centi = 10000;
    assert_int_equal(engine_kit_apply(&kit, &tiers), FX_OK);
    engine_kit_account(&kit, ALICE, "USDT", "100000000");
    engine_kit_account(&kit, BOB, "USDT", "100000000");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    engine_kit_deinit(&kit);
    return 0;
}

static fx_status say_index(int64_t ticks, int64_t source_us, uint32_t source_count)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_INDEX_PRICE, 0, 0);
    command.u.index.index_ticks = ticks;
    command.u.index.source_us = source_us;
    command.u.index.source_count = source_count;
    return engine_kit_apply(&kit, &command);
}

static fx_status set_rules(int64_t max_age_us, int64_t band_ppb, uint32_t sources_min)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_SET_MARK_RULES, 0, 0);
    command.u.mark_rules.max_age_us = max_age_us;
    command.u.mark_rules.band_ppb = band_ppb;
    command.u.mark_rules.sources_min = sources_min;
    return engine_kit_apply(&kit, &command);
}

static int64_t mark_now(void)
{
    return kit.engine->listings[0].mark.ticks;
}

static const struct fx_event_mark *mark_said(void)
{
    return &engine_kit_event(&kit, FX_EVENT_MARK, 0)->u.mark;
}

static void quote(int64_t bid, int64_t ask)
{
    struct fx_command all = engine_kit_command(FX_COMMAND_CANCEL_ALL, 0, BOB);
    all.u.cancel_all.scope = FX_CANCEL_SCOPE_ALL;
    assert_int_equal(engine_kit_apply(&kit, &all), FX_OK);
    struct engine_kit_order order = {
        .user_id = BOB, .side = FX_SIDE_BUY, .ticks = bid, .lots = 1000};
    assert_int_equal(engine_kit_order(&kit, &order), FX_OK);
    order.side = FX_SIDE_SELL;
    order.ticks = ask;
    assert_int_equal(engine_kit_order(&kit, &order), FX_OK);
}

static void trade_at(int64_t ticks)
{
    struct engine_kit_order order = {
        .user_id = BOB, .side = FX_SIDE_SELL, .ticks = ticks, .lots = 1};
    assert_int_equal(engine_kit_order(&kit, &order), FX_OK);
    order.user_id = ALICE;
    order.side = FX_SIDE_BUY;
    assert_int_equal(engine_kit_order(&kit, &order), FX_OK);
    assert_int_equal(kit.engine->listings[0].last.ticks, ticks);
}

/* MRK-03: index 2,000, last funding 0.005, half an hour of an hour to the next: price 1 is 2,005.
 * Price 2 is the index, as nobody quotes; the last trade is above both. */
static void mark_index_carries_half_of_the_rate(void **state)
{
    (void)state;
    trade_at(202000);
    struct fx_command pay = engine_kit_command(FX_COMMAND_PAY_FUNDING, 0, 0);
    pay.u.funding.has_rate = 1;
    pay.u.funding.rate_ppb = 5000000;
    assert_int_equal(engine_kit_apply(&kit, &pay), FX_OK);
    assert_int_equal(say_index(200000, 0, 1), FX_OK);
    assert_int_equal(mark_now(), 200500);
    assert_int_equal(mark_said()->has_index, 1);
    assert_int_equal(mark_said()->rate_ppb, 5000000);
    assert_true(mark_said()->next_funding_us == 1001 * HOUR_US);
    /* A quarter of an hour later half of that is left. */
    kit.time_us += HOUR_US / 4;
    assert_int_equal(say_index(200000, 0, 1), FX_OK);
    assert_int_equal(mark_now(), 200250);
}

/* The mean of (mid - index): 10 and 25 ticks over it, then 30 minutes without either. */
static void mark_index_follows_the_mean_of_half_an_hour(void **state)
{
    (void)state;
    assert_int_equal(set_rules(0, 0, 1), FX_OK);
    trade_at(203000);
    quote(199990, 200030);
    assert_int_equal(say_index(200000, 0, 1), FX_OK);
    assert_int_equal(mark_now(), 200010); /* median(200000, 200010, 203000) */
    kit.time_us += MINUTE_US;
    quote(200000, 200051);
    assert_int_equal(say_index(200000, 0, 1), FX_OK);
    /* half ticks: 20 and 51: 71 / 4 = 17.75 */
    assert_int_equal(mark_now(), 200018);
    quote(190000, 190001); /* within the minute nothing is sampled again */
    assert_int_equal(say_index(200000, 0, 1), FX_OK);
    assert_int_equal(mark_now(), 200018);
    struct fx_command all = engine_kit_command(FX_COMMAND_CANCEL_ALL, 0, BOB);
    all.u.cancel_all.scope = FX_CANCEL_SCOPE_ALL;
    assert_int_equal(engine_kit_apply(&kit, &all), FX_OK);
    kit.time_us += 29 * MINUTE_US; /* the first sample is half an hour old */
    assert_int_equal(say_index(200000, 0, 1), FX_OK);
    assert_int_equal(mark_now(), 200026); /* 25.5, half-even */
    kit.time_us += MINUTE_US;
    assert_int_equal(say_index(200000, 0, 1), FX_OK);
    assert_int_equal(mark_now(), 200000);
}

static void mark_index_keeps_to_the_band(void **state)
{
    (void)state;
    trade_at(300000);
    quote(290000, 290010);
    assert_int_equal(say_index(200001, 0, 1), FX_OK);
    assert_int_equal(mark_now(), 210001); /* 210,001.05 down */
    assert_int_equal(set_rules(0, 10000000, 1), FX_OK);
    assert_int_equal(mark_now(), 202001); /* at once: 202,001.01 */
    assert_int_equal(set_rules(0, 0, 1), FX_OK);
    assert_int_equal(say_index(200001, 0, 1), FX_OK);
    assert_int_equal(mark_now(), 290005);
    /* Below: 0.95 x 300,001 = 285,000.95 up. */
    assert_int_equal(set_rules(0, 50000000, 1), FX_OK);
    trade_at(200000);
    quote(100, 200);
    kit.time_us += 31 * MINUTE_US;
    assert_int_equal(say_index(300001, 0, 1), FX_OK);
    assert_int_equal(mark_now(), 285001);
}

static void mark_index_of_too_few_sources_is_stale_at_once(void **state)
{
    (void)state;
    assert_int_equal(set_rules(10000000, 0, 3), FX_OK);
    assert_int_equal(say_index(200000, 0, 3), FX_OK);
    assert_int_equal(mark_said()->is_stale, 0);
    assert_int_equal(say_index(0, 0, 2), FX_OK);
    assert_int_equal(mark_said()->is_stale, 1);
    assert_int_equal(mark_said()->source_count, 2);
    assert_int_equal(mark_now(), 200000);
    struct engine_kit_order order = {
        .user_id = ALICE, .side = FX_SIDE_BUY, .ticks = 190000, .lots = 1};
    assert_int_equal(engine_kit_order(&kit, &order), FX_MARK_STALE);
    assert_true(fx_engine_next_due_us(kit.engine) == 1001 * HOUR_US ||
                fx_engine_next_due_us(kit.engine) == INT64_MAX);
    assert_int_equal(say_index(200001, 0, 3), FX_OK);
    assert_int_equal(mark_said()->is_stale, 0);
    assert_int_equal(engine_kit_order(&kit, &order), FX_OK);
}

/* A mark that was set by hand keeps to no band, and stays so while the feed is silent (I-26). */
static void mark_index_that_starves_says_nothing_of_the_mark_before(void **state)
{
    (void)state;
    assert_int_equal(set_rules(10000000, 50000000, 2), FX_OK);
    struct fx_command mark = engine_kit_command(FX_COMMAND_MARK_PRICE, 0, 0);
    mark.u.mark.mark_ticks = 300000;
    mark.u.mark.index_ticks = 200000;
    assert_int_equal(engine_kit_apply(&kit, &mark), FX_OK);
    assert_int_equal(say_index(0, 0, 1), FX_OK); /* the kit checks every invariant */
    assert_int_equal(mark_said()->is_stale, 1);
    assert_int_equal(mark_said()->has_index, 0);
    assert_int_equal(mark_now(), 300000);
    assert_false(fx_mark_is_fresh(kit.engine, 0));
    assert_int_equal(engine_kit_apply(&kit, &mark), FX_OK);
    assert_true(fx_mark_is_fresh(kit.engine, 0));
    assert_int_equal(say_index(0, 0, 0), FX_OK);
    assert_int_equal(say_index(200000, 0, 2), FX_OK);
    assert_int_equal(mark_now(), 200000);
    assert_true(fx_mark_is_fresh(kit.engine, 0));
}

static void mark_index_ages_with_its_sources(void **state)
{
    (void)state;
    assert_int_equal(set_rules(10000000, 0, 1), FX_OK);
    assert_int_equal(say_index(200000, kit.time_us - 9000000, 1), FX_OK);
    assert_int_equal(mark_said()->is_stale, 0);
    assert_true(kit.engine->mark_due_us == kit.time_us + 1000001);
    assert_int_equal(say_index(200100, kit.time_us - 9000001, 1), FX_MARK_STALE); /* came late */
    assert_int_equal(mark_now(), 200000);
    kit.time_us += 1000000;
    assert_int_equal(say_index(200200, kit.time_us + 5000000, 1), FX_OK); /* from the future: now */
    assert_true(kit.engine->mark_due_us == kit.time_us + 10000001);
    /* One that was too old when it came. */
    kit.time_us += 60000000;
    assert_int_equal(say_index(200300, kit.time_us - 10000001, 1), FX_OK);
    assert_int_equal(mark_said()->is_stale, 1);
}

static void mark_index_is_judged(void **state)
{
    (void)state;
    assert_int_equal(say_index(0, 0, 1), FX_PRICE_FILTER);
    assert_int_equal(say_index(1000001, 0, 1), FX_PRICE_FILTER);
    assert_int_equal(say_index(200000, -1, 1), FX_BAD_PARAMETER);
    struct fx_command command = engine_kit_command(FX_COMMAND_INDEX_PRICE, 1, 0);
    assert_int_equal(engine_kit_apply(&kit, &command), FX_UNKNOWN_SYMBOL);
    assert_int_equal(kit.engine->marks[0].has_rules, 0);
}

/* Stops by INDEX and by ORACLE (mark) fire in the command that brings the price. */
static void mark_index_fires_what_waits_for_it(void **state)
{
    (void)state;
    quote(199000, 201000);
    for (int source = FX_TRIGGER_SOURCE_MARK; source <= FX_TRIGGER_SOURCE_INDEX; source++) {
        struct engine_kit_order order = {.user_id = ALICE,
                                         .side = FX_SIDE_BUY,
                                         .type = FX_ORDER_TYPE_STOP_MARKET,
                                         .trigger_ticks = 200010,
                                         .source = (enum fx_trigger_source)source,
                                         .tif = FX_TIME_IN_FORCE_IOC,
                                         .lots = 1};
        assert_int_equal(engine_kit_order(&kit, &order), FX_OK);
    }
    assert_int_equal(say_index(200009, 0, 1), FX_OK);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_TRADE), 0);
    assert_int_equal(say_index(200010, 0, 1), FX_OK);
    assert_int_equal(mark_now(), 200010); /* median(200010, 200010 - 9, the index: no trade yet) */
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_TRADE), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(mark_index_carries_half_of_the_rate),
        CASE(mark_index_follows_the_mean_of_half_an_hour),
        CASE(mark_index_keeps_to_the_band),
        CASE(mark_index_of_too_few_sources_is_stale_at_once),
        CASE(mark_index_that_starves_says_nothing_of_the_mark_before),
        CASE(mark_index_ages_with_its_sources),
        CASE(mark_index_is_judged),
        CASE(mark_index_fires_what_waits_for_it),
    };
    return cmocka_run_group_tests_name("mark_index", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
