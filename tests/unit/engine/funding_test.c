/* Funding: premium, rate, payments. Numbers computed by hand; FND-… are published examples. */
#include "engine/marks_int.h"
#include "engine_kit.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

enum { ALICE = 1, BOB = 2, CAROL = 3, DAVE = 4 };

static const int64_t MINUTE_US = 60000000;
static const int64_t HOUR_US = 3600000000;

static struct engine_kit kit;
static struct fx_instrument definition;

static void list_symbol(void)
{
    assert_int_equal(engine_kit_list(&kit, &definition, 100), 0);
    struct fx_command tiers = engine_kit_command(FX_COMMAND_LOAD_LEVERAGE_MARGIN, 0, 0);
    tiers.u.tiers.count = 1;
    tiers.u.tiers.tiers[0].cap = fx_dec_limit() - 1;
    tiers.u.tiers.tiers[0].rate_ppb = 20000000; /* the cap is 1.5 % */
    tiers.u.tiers.tiers[0].leverage_max_centi = 5000;
    assert_int_equal(engine_kit_apply(&kit, &tiers), FX_OK);
}

static int set_up(void **state)
{
    (void)state;
    const struct fx_engine_limits limits = engine_kit_limits();
    definition = engine_kit_definition("BTCUSDT");
    definition.interest_ppb = 100000; /* 0.01 % */
    definition.damper_ppb = 500000;   /* 0.05 % */
    engine_kit_init(&kit, &limits);
    kit.time_us = 8 * HOUR_US + 1;
    list_symbol();
    for (uint64_t user_id = ALICE; user_id <= DAVE; user_id++) {
        engine_kit_account(&kit, user_id, "USDT", "10000000");
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    engine_kit_deinit(&kit);
    return 0;
}

static fx_status say_index(int64_t ticks)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_INDEX_PRICE, 0, 0);
    command.u.index.index_ticks = ticks;
    command.u.index.source_count = 1;
    return engine_kit_apply(&kit, &command);
}

static fx_status pay(int64_t instant_us, bool has_rate, int64_t rate_ppb)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_PAY_FUNDING, 0, 0);
    command.u.funding.instant_us = instant_us;
    command.u.funding.has_rate = has_rate ? 1 : 0;
    command.u.funding.rate_ppb = rate_ppb;
    return engine_kit_apply(&kit, &command);
}

static fx_status place(uint64_t user_id, enum fx_side side, int64_t ticks, int64_t lots)
{
    return ENGINE_KIT_PLACE(&kit, .user_id = user_id, .side = side, .ticks = ticks, .lots = lots);
}

/* `buyer` is long, `seller` short so many lots. */
static void open(uint64_t buyer, uint64_t seller, int64_t ticks, int64_t lots)
{
    assert_int_equal(place(seller, FX_SIDE_SELL, ticks, lots), FX_OK);
    assert_int_equal(place(buyer, FX_SIDE_BUY, ticks, lots), FX_OK);
}

static void set_mode(uint64_t user_id, enum fx_margin_mode mode, int32_t leverage_centi)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_ADJUST_LEVERAGE, 0, user_id);
    command.u.leverage.margin_mode = (uint32_t)mode;
    command.u.leverage.leverage_centi = leverage_centi;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
}

static const struct fx_account_state *account_of(uint64_t user_id)
{
    return &kit.engine->accounts[fx_account_state_find(kit.engine, user_id, 0)];
}

static void assert_balance(uint64_t user_id, const char *amount)
{
    assert_true(account_of(user_id)->balance == engine_kit_decimal(amount));
}

static int64_t rate_now(void)
{
    return fx_funding_rate(kit.engine, 0).ppb;
}

static const struct fx_event_funding *funding_said(uint32_t n)
{
    const struct fx_event *event = engine_kit_event(&kit, FX_EVENT_FUNDING, n);
    assert_non_null(event);
    return &event->u.funding;
}

/* FND-01: without a premium the rate is the interest. */
static void funding_without_premium_is_the_interest(void **state)
{
    (void)state;
    assert_int_equal(rate_now(), 100000);
    assert_int_equal(say_index(100), FX_OK);
    assert_int_equal(rate_now(), 100000);
}

/* FND-03: impact bid 10,100 over an index of 10,000: P = 1 %, clamp(I - P) = -0.05 %, F = 0.95 %.
 */
static void funding_of_a_premium_is_damped(void **state)
{
    (void)state;
    assert_int_equal(engine_kit_mark(&kit, 0, 10000), FX_OK);
    assert_int_equal(place(BOB, FX_SIDE_BUY, 10100, 10), FX_OK);
    assert_int_equal(say_index(10000), FX_OK);
    assert_int_equal(kit.engine->marks[0].premium_ppb, 10000000);
    assert_int_equal(rate_now(), 9500000);
    assert_int_equal(engine_kit_event(&kit, FX_EVENT_MARK, 0)->u.mark.predicted_ppb, 9500000);
    /* With 0.5 % maintenance the cap is 0.375 %. */
    assert_int_equal(engine_kit_tiers(&kit, 0), FX_OK);
    assert_int_equal(rate_now(), 3750000);
}

/* FND-08: weights 1, 2, 3. An ask below the index is a discount. P = (1 % + 2 x 0 - 3 x 2 %) / 6.
 */
static void funding_weighs_the_younger_samples_more(void **state)
{
    (void)state;
    assert_int_equal(engine_kit_mark(&kit, 0, 10000), FX_OK);
    assert_int_equal(place(BOB, FX_SIDE_BUY, 10100, 10), FX_OK);
    assert_int_equal(say_index(10000), FX_OK);
    kit.time_us += MINUTE_US - 2;
    assert_int_equal(say_index(10000), FX_OK); /* the minute's last microsecond */
    assert_int_equal(kit.engine->marks[0].premium_count, 1);
    kit.time_us += 1;
    struct fx_command all = engine_kit_command(FX_COMMAND_CANCEL_ALL, 0, BOB);
    all.u.cancel_all.scope = FX_CANCEL_SCOPE_ALL;
    assert_int_equal(engine_kit_apply(&kit, &all), FX_OK);
    assert_int_equal(say_index(10000), FX_OK);
    assert_int_equal(kit.engine->marks[0].premium_count, 2);
    assert_int_equal(kit.engine->marks[0].premium_ppb, 0);
    kit.time_us += MINUTE_US;
    assert_int_equal(engine_kit_mark(&kit, 0, 10000), FX_OK);
    assert_int_equal(place(BOB, FX_SIDE_SELL, 9800, 10), FX_OK);
    assert_int_equal(say_index(10000), FX_OK);
    assert_int_equal(kit.engine->marks[0].premium_ppb, -20000000);
    /* (10,000,000 - 60,000,000) / 6 = -8,333,333.3; + 500,000 */
    assert_int_equal(rate_now(), -8333333 + 500000);
}

/* 1,000 of notional: 3 lots at 102 (306), then 694 of the level at 101: 101 x 1000 / (303 + 694) =
 * 101.303911735 (0.2057 even); over 100: 1.303911735 %. */
static void funding_asks_the_book_for_its_impact(void **state)
{
    (void)state;
    definition.impact_notional = engine_kit_decimal("1000");
    assert_int_equal(engine_kit_update(&kit, &definition), FX_OK);
    assert_int_equal(place(BOB, FX_SIDE_BUY, 102, 3), FX_OK);
    assert_int_equal(place(BOB, FX_SIDE_BUY, 101, 6), FX_OK);
    assert_true(fx_impact_premium(kit.engine, 0, (fx_px){100}) == 0); /* 912: not enough */
    assert_int_equal(place(CAROL, FX_SIDE_BUY, 101, 4), FX_OK);
    assert_int_equal(fx_impact_premium(kit.engine, 0, (fx_px){100}), 13039117);
    assert_int_equal(fx_impact_premium(kit.engine, 0, (fx_px){102}), 0);
}

/* An inverse contract of 100 each: 1,000 of quote are 10 lots; 4 at 200 and 6 at 100 are worth
 * 2 + 6 of the base: the price is 125, over 100: 25 %. */
static void funding_asks_an_inverse_book_in_the_quote(void **state)
{
    (void)state;
    struct fx_instrument inverse = engine_kit_definition("BTCUSD");
    inverse.contract_type = FX_CONTRACT_TYPE_COIN_M;
    inverse.settle = engine_kit_asset("BTC");
    inverse.multiplier = engine_kit_decimal("100");
    inverse.impact_notional = engine_kit_decimal("1000");
    assert_int_equal(engine_kit_list(&kit, &inverse, 100), 1);
    engine_kit_account(&kit, BOB, "BTC", "1000");
    assert_int_equal(
        ENGINE_KIT_PLACE(
            &kit, .user_id = BOB, .instrument = 1, .side = FX_SIDE_BUY, .ticks = 200, .lots = 4),
        FX_OK);
    assert_int_equal(
        ENGINE_KIT_PLACE(
            &kit, .user_id = BOB, .instrument = 1, .side = FX_SIDE_BUY, .ticks = 100, .lots = 9),
        FX_OK);
    assert_int_equal(fx_impact_premium(kit.engine, 1, (fx_px){100}), 250000000);
}

/* Long 10 at mark 100, 0.01 %: 0.1 from the long to the short, at the instant, by the TICK. */
static void funding_is_paid_when_its_instant_comes(void **state)
{
    (void)state;
    assert_int_equal(say_index(100), FX_OK);
    struct fx_command rules = engine_kit_command(FX_COMMAND_SET_MARK_RULES, 0, 0);
    rules.u.mark_rules.sources_min = 1;
    assert_int_equal(engine_kit_apply(&kit, &rules), FX_OK);
    open(ALICE, BOB, 100, 10);
    assert_true(fx_engine_next_due_us(kit.engine) == 16 * HOUR_US);
    assert_int_equal(engine_kit_tick(&kit, 16 * HOUR_US - 1), FX_OK);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_FUNDING), 0);
    assert_int_equal(engine_kit_tick(&kit, 16 * HOUR_US), FX_OK);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_FUNDING), 2);
    assert_int_equal(funding_said(0)->is_complete, 0);
    assert_int_equal(funding_said(0)->rate_ppb, 100000);
    assert_int_equal(funding_said(1)->is_complete, 1);
    assert_int_equal(funding_said(1)->positions, 2);
    assert_true(funding_said(1)->paid == engine_kit_decimal("0.1"));
    assert_true(funding_said(1)->received == engine_kit_decimal("0.1"));
    assert_true(funding_said(1)->instant_us == 16 * HOUR_US);
    assert_balance(ALICE, "9999999.9");
    assert_balance(BOB, "10000000.1");
    const struct fx_event_transaction *said =
        &engine_kit_event(&kit, FX_EVENT_TRANSACTION, 0)->u.transaction;
    assert_int_equal(said->type, FX_TRANSACTION_FUNDING_FEE);
    assert_int_equal(said->instrument, 0);
    assert_int_equal(said->mark_ticks, 100);
    assert_int_equal(said->rate_ppb, 100000);
    assert_true(said->lots == 10 || said->lots == -10);
    assert_true(fx_engine_next_due_us(kit.engine) == 24 * HOUR_US);
    /* Once (I-28): neither time nor a command pays the instant again. */
    assert_int_equal(engine_kit_tick(&kit, 16 * HOUR_US + 1), FX_OK);
    assert_int_equal(pay(0, false, 0), FX_OK);
    assert_int_equal(kit.result.is_changed, 0);
    assert_int_equal(pay(16 * HOUR_US, true, 100), FX_OK);
    assert_int_equal(kit.events.count, 1);
    assert_balance(ALICE, "9999999.9");
}

/* FND-02: 15,000 contracts of 1 at 750 and 0.25 %: 20 x 0.0025 = 0.05 of the base. */
static void funding_of_an_inverse_contract_is_paid_in_the_base(void **state)
{
    (void)state;
    struct fx_instrument inverse = engine_kit_definition("XBTUSD");
    inverse.contract_type = FX_CONTRACT_TYPE_COIN_M;
    inverse.settle = engine_kit_asset("BTC");
    assert_int_equal(engine_kit_list(&kit, &inverse, 750), 1);
    engine_kit_account(&kit, ALICE, "BTC", "1000");
    engine_kit_account(&kit, BOB, "BTC", "1000");
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = BOB,
                                      .instrument = 1,
                                      .side = FX_SIDE_SELL,
                                      .ticks = 750,
                                      .lots = 15000),
                     FX_OK);
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = ALICE,
                                      .instrument = 1,
                                      .side = FX_SIDE_BUY,
                                      .ticks = 750,
                                      .lots = 15000),
                     FX_OK);
    struct fx_command command = engine_kit_command(FX_COMMAND_PAY_FUNDING, 1, 0);
    command.u.funding.has_rate = 1;
    command.u.funding.rate_ppb = 2500000;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    const uint32_t btc = kit.engine->listings[1].asset;
    const fx_slot alice = fx_account_state_find(kit.engine, ALICE, btc);
    assert_true(kit.engine->accounts[alice].balance == engine_kit_decimal("999.95"));
}

/* A value of 7e-18 at 10 % … of which 1.5 % is allowed: 0.105e-18: the payer pays 1e-18, each of
 * the two receivers gets nothing, and what is left is in the rounding account. */
static void funding_posts_what_rounding_leaves(void **state)
{
    (void)state;
    struct fx_instrument dust = engine_kit_definition("DUST");
    dust.tick_size = engine_kit_decimal("0.000000001");
    dust.lot_size = engine_kit_decimal("0.000000001");
    assert_int_equal(engine_kit_list(&kit, &dust, 1), 1);
    for (uint64_t user_id = BOB; user_id <= CAROL; user_id++) {
        assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                          .user_id = user_id,
                                          .instrument = 1,
                                          .side = FX_SIDE_SELL,
                                          .ticks = 1,
                                          .lots = user_id == BOB ? 3 : 4),
                         FX_OK);
    }
    assert_int_equal(
        ENGINE_KIT_PLACE(
            &kit, .user_id = ALICE, .instrument = 1, .side = FX_SIDE_BUY, .ticks = 1, .lots = 7),
        FX_OK);
    struct fx_command command = engine_kit_command(FX_COMMAND_PAY_FUNDING, 1, 0);
    command.u.funding.has_rate = 1;
    command.u.funding.rate_ppb = 3750000;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_true(funding_said(1)->paid == 1);
    assert_true(funding_said(1)->received == 0);
    assert_true(funding_said(1)->remainder == 1);
    assert_true(kit.engine->assets[0].rounding == 1);
    assert_int_equal(funding_said(1)->positions, 1);
}

/* Isolated: the margin carries it, both ways; balance and margin move together. */
static void funding_moves_the_margin_of_isolated_positions(void **state)
{
    (void)state;
    set_mode(ALICE, FX_MARGIN_MODE_ISOLATED, 1000);
    set_mode(BOB, FX_MARGIN_MODE_ISOLATED, 1000);
    open(ALICE, BOB, 100, 10);
    const fx_i128 before = fx_margin_available(kit.engine, 0);
    assert_int_equal(pay(8 * HOUR_US, true, 10000000), FX_OK); /* 1 % of 1,000 */
    assert_balance(ALICE, "9999990");
    assert_balance(BOB, "10000010");
    const struct fx_position_state alice = engine_kit_position(&kit, ALICE, 0);
    const struct fx_position_state bob = engine_kit_position(&kit, BOB, 0);
    assert_true(alice.position_margin == engine_kit_decimal("100"));
    assert_true(alice.adjust_margin == -engine_kit_decimal("10"));
    assert_true(bob.adjust_margin == engine_kit_decimal("10"));
    assert_true(fx_margin_available(kit.engine, 0) == before);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_POSITION), 2);
}

/* A margin of 10 (leverage 20, mark up from 100 to 500 on 2 lots: value 1,000) owes 15 at 1.5 %: 10
 * from the margin, 5 from what could be withdrawn. With nothing to withdraw the fund pays; an empty
 * fund leaves it to the exchange. */
static void funding_beyond_the_margin_is_never_a_debt(void **state)
{
    (void)state;
    set_mode(ALICE, FX_MARGIN_MODE_ISOLATED, 2000);
    open(ALICE, BOB, 100, 2);
    assert_int_equal(engine_kit_mark(&kit, 0, 500), FX_OK);
    assert_int_equal(pay(8 * HOUR_US, true, 15000000), FX_OK);
    assert_balance(ALICE, "9999985");
    assert_true(engine_kit_position(&kit, ALICE, 0).adjust_margin == -engine_kit_decimal("10"));
    struct fx_command take = engine_kit_command(FX_COMMAND_WITHDRAW, 0, ALICE);
    take.u.transfer.asset = engine_kit_asset("USDT");
    take.u.transfer.amount = engine_kit_decimal("9999982");
    assert_int_equal(engine_kit_apply(&kit, &take), FX_OK); /* 3 are left */
    kit.time_us = 16 * HOUR_US;
    assert_int_equal(pay(16 * HOUR_US, true, 15000000), FX_OK);
    assert_balance(ALICE, "0");
    assert_balance(BOB, "10000030");
    assert_true(funding_said(1)->paid == engine_kit_decimal("3"));
    assert_true(funding_said(1)->insured == 0);
    assert_true(funding_said(1)->remainder == -engine_kit_decimal("12"));
}

/* The same with a fund of 5: it pays 5 of the 12, the exchange 7. */
static void funding_that_nobody_can_pay_is_the_funds(void **state)
{
    (void)state;
    struct fx_command command =
        engine_kit_command(FX_COMMAND_FUND_INSURANCE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.fund_insurance.asset = engine_kit_asset("USDT");
    command.u.fund_insurance.amount = engine_kit_decimal("5");
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    set_mode(ALICE, FX_MARGIN_MODE_ISOLATED, 2000);
    open(ALICE, BOB, 100, 2);
    assert_int_equal(engine_kit_mark(&kit, 0, 500), FX_OK);
    assert_int_equal(pay(8 * HOUR_US, true, 15000000), FX_OK);
    command = engine_kit_command(FX_COMMAND_WITHDRAW, 0, ALICE);
    command.u.transfer.asset = engine_kit_asset("USDT");
    command.u.transfer.amount = engine_kit_decimal("9999982");
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    kit.time_us = 16 * HOUR_US;
    assert_int_equal(pay(16 * HOUR_US, true, 15000000), FX_OK);
    assert_true(funding_said(1)->insured == engine_kit_decimal("5"));
    assert_true(funding_said(1)->remainder == -engine_kit_decimal("7"));
    const struct fx_event *event = engine_kit_event(&kit, FX_EVENT_INSURANCE, 0);
    assert_non_null(event);
    assert_int_equal(event->u.insurance.reason, FX_INSURANCE_REASON_FUNDING);
    assert_true(event->u.insurance.balance == 0);
}

static void set_limits(int64_t max_age_us)
{
    struct fx_command rules = engine_kit_command(FX_COMMAND_SET_MARK_RULES, 0, 0);
    rules.u.mark_rules.sources_min = 1;
    rules.u.mark_rules.max_age_us = max_age_us;
    assert_int_equal(engine_kit_apply(&kit, &rules), FX_OK);
}

/* I-27: no funding by a stale mark; it is late, and where the next instant has come it is lost. */
static void funding_waits_for_a_fresh_mark(void **state)
{
    (void)state;
    open(ALICE, BOB, 100, 10);
    set_limits(10000000);
    assert_int_equal(say_index(100), FX_OK);
    assert_int_equal(engine_kit_tick(&kit, 16 * HOUR_US), FX_OK);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_FUNDING), 0);
    assert_int_equal(pay(0, false, 0), FX_MARK_STALE);
    assert_true(fx_engine_next_due_us(kit.engine) == INT64_MAX);
    kit.time_us += HOUR_US;
    assert_int_equal(say_index(100), FX_OK);
    assert_true(fx_engine_next_due_us(kit.engine) == FX_ENGINE_DUE_NOW);
    assert_int_equal(engine_kit_tick(&kit, kit.time_us), FX_OK);
    assert_true(funding_said(1)->instant_us == 16 * HOUR_US);
    assert_balance(ALICE, "9999999.9");
    /* Two instants later: the first is skipped, the second paid. */
    assert_int_equal(engine_kit_tick(&kit, 33 * HOUR_US), FX_OK);
    assert_int_equal(say_index(100), FX_OK);
    assert_int_equal(engine_kit_tick(&kit, kit.time_us), FX_OK);
    assert_int_equal(funding_said(0)->is_skipped, 1);
    assert_true(funding_said(0)->instant_us == 24 * HOUR_US);
    assert_true(funding_said(2)->instant_us == 32 * HOUR_US);
    assert_balance(ALICE, "9999999.8");
    assert_true(fx_engine_next_due_us(kit.engine) > kit.time_us);
}

/* An instant that came with another command is being paid until its TICK. */
static void funding_waits_for_the_one_before(void **state)
{
    (void)state;
    struct fx_instrument other = engine_kit_definition("ETHUSDT");
    struct fx_command command = engine_kit_command(FX_COMMAND_PAY_FUNDING, 1, 0);
    assert_int_equal(engine_kit_update(&kit, &other), FX_OK);
    assert_int_equal(engine_kit_apply(&kit, &command), FX_NO_MARK_PRICE);
    open(ALICE, BOB, 100, 2);
    assert_int_equal(say_index(100), FX_OK);
    set_limits(0);
    kit.time_us = kit.engine->marks[0].next_us + 2000000;
    command = engine_kit_command(FX_COMMAND_CANCEL_ALL, FX_COMMAND_ALL_INSTRUMENTS, CAROL);
    command.u.cancel_all.scope = FX_CANCEL_SCOPE_ALL;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(kit.engine->sweep_count, 1);
    assert_int_equal(pay(kit.time_us - 1000000, true, 100), FX_BUSY);
    assert_int_equal(engine_kit_tick(&kit, kit.time_us), FX_OK);
    assert_int_equal(pay(kit.time_us - 1000000, false, 0), FX_OK); /* by the predicted rate */
    assert_int_equal(kit.result.is_changed, 1);
}

static void funding_command_is_judged(void **state)
{
    (void)state;
    assert_int_equal(pay(kit.time_us + 1, false, 0), FX_BAD_PARAMETER);
    assert_int_equal(pay(-1, false, 0), FX_BAD_PARAMETER);
    assert_int_equal(pay(1, true, 15000001), FX_BAD_PARAMETER);
    assert_true(kit.result.reject.limit == engine_kit_decimal("0.015"));
    assert_int_equal(pay(1, true, -15000001), FX_BAD_PARAMETER);
    struct fx_command command = engine_kit_command(FX_COMMAND_PAY_FUNDING, 1, 0);
    assert_int_equal(engine_kit_apply(&kit, &command), FX_UNKNOWN_SYMBOL);
    assert_int_equal(engine_kit_settle(&kit, 0, 100), FX_OK);
    assert_int_equal(pay(1000, true, 1), FX_INSTRUMENT_HALTED);
    struct fx_instrument dated = engine_kit_definition("BTCUSDT-1");
    dated.kind = FX_INSTRUMENT_KIND_DATED;
    dated.expiry_us = 100 * HOUR_US;
    assert_int_equal(engine_kit_list(&kit, &dated, 100), 1);
    command.instrument = 1;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_PARAMETER);
}

/* Tables and the wire name an instant by its millisecond: two of them are one. */
static void funding_instants_are_whole_milliseconds(void **state)
{
    (void)state;
    const int64_t at_us = kit.time_us / 1000 * 1000 - 5000;
    assert_int_equal(pay(at_us + 999, true, 100), FX_OK);
    assert_int_equal(kit.result.is_changed, 1);
    assert_int_equal(engine_kit_event(&kit, FX_EVENT_FUNDING, 0)->u.funding.instant_us, at_us);
    assert_int_equal(pay(at_us + 1, true, 100), FX_OK);
    assert_int_equal(kit.result.is_changed, 0);
    assert_int_equal(pay(at_us + 1000, true, 100), FX_OK);
    assert_int_equal(kit.result.is_changed, 1);
}

static int64_t next_us(void)
{
    return kit.engine->marks[0].next_us;
}

static void set_interval(int32_t seconds)
{
    definition.funding_interval_s = seconds;
    assert_int_equal(engine_kit_update(&kit, &definition), FX_OK);
}

/* A schedule begins, moves and ends with the interval. */
static void funding_schedule_follows_its_interval(void **state)
{
    (void)state;
    set_interval(0);
    assert_int_equal(say_index(100), FX_OK);
    open(ALICE, BOB, 100, 10);
    assert_true(next_us() == 0);
    assert_int_equal(engine_kit_tick(&kit, 17 * HOUR_US), FX_OK);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_FUNDING), 0);
    set_interval(28800);
    assert_true(next_us() == 24 * HOUR_US);
    set_interval(3600);
    assert_true(next_us() == 18 * HOUR_US);
    assert_int_equal(engine_kit_tick(&kit, 18 * HOUR_US), FX_OK);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_FUNDING), 0); /* the mark is stale */
    set_interval(28800);                                           /* what has come is not lost */
    assert_true(next_us() == 18 * HOUR_US);
    assert_int_equal(say_index(100), FX_OK);
    assert_int_equal(engine_kit_tick(&kit, kit.time_us), FX_OK);
    assert_true(funding_said(1)->instant_us == 18 * HOUR_US);
    assert_true(next_us() == 24 * HOUR_US);
    set_interval(0);
    assert_true(next_us() == 0);
}

/* Numbers that M1 never lets in: a value beyond the range owes nothing, and a balance that has no
 * room is not paid; what it would have got stays with the exchange. */
static void funding_beyond_the_range_moves_nothing(void **state)
{
    (void)state;
    open(ALICE, BOB, 100, 1000);
    assert_int_equal(say_index(100), FX_OK);
    kit.is_unchecked = true;
    const fx_slot account = fx_account_state_find(kit.engine, ALICE, 0);
    const fx_slot slot = fx_position_state_find(kit.engine, account, 0, FX_POSITION_SIDE_BOTH);
    kit.engine->positions[slot].lots = INT64_MAX;
    kit.engine->listings[0].mark.ticks = INT64_MAX;
    assert_true(fx_funding_foresee(kit.engine, slot) == 0);
    kit.engine->positions[slot].lots = 1000;
    kit.engine->listings[0].mark.ticks = 100;
    kit.engine->accounts[account].balance = fx_dec_limit() - 1;
    assert_int_equal(pay(0, true, -10000000), FX_OK);
    const struct fx_event *last = engine_kit_event(&kit, FX_EVENT_FUNDING, 1);
    assert_non_null(last);
    assert_int_equal(last->u.funding.is_complete, 1);
    assert_true(last->u.funding.received == 0);
    assert_true(last->u.funding.paid == engine_kit_decimal("1000"));
    assert_true(last->u.funding.remainder == engine_kit_decimal("1000"));
    assert_true(kit.engine->accounts[account].balance == fx_dec_limit() - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(funding_instants_are_whole_milliseconds),
        CASE(funding_schedule_follows_its_interval),
        CASE(funding_without_premium_is_the_interest),
        CASE(funding_of_a_premium_is_damped),
        CASE(funding_weighs_the_younger_samples_more),
        CASE(funding_asks_the_book_for_its_impact),
        CASE(funding_asks_an_inverse_book_in_the_quote),
        CASE(funding_is_paid_when_its_instant_comes),
        CASE(funding_of_an_inverse_contract_is_paid_in_the_base),
        CASE(funding_posts_what_rounding_leaves),
        CASE(funding_moves_the_margin_of_isolated_positions),
        CASE(funding_beyond_the_margin_is_never_a_debt),
        CASE(funding_waits_for_a_fresh_mark),
        CASE(funding_command_is_judged),
        CASE(funding_that_nobody_can_pay_is_the_funds),
        CASE(funding_waits_for_the_one_before),
        CASE(funding_beyond_the_range_moves_nothing),
    };
    return cmocka_run_group_tests_name("funding", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
