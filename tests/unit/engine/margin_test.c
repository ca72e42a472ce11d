/* Formulas of margin.c on numbers that were worked out elsewhere. The names in capitals are cases
 * of published worked examples (docs/rules/margin.md lists which agree and which do not). */
#include "fx_test.h"
#include "money_engine.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters,cppcoreguidelines-avoid-non-const-global-variables):
// plain numbers; one engine for all tests
static struct money_engine money;

static const struct money_engine_terms BTC = {FX_CONTRACT_TYPE_USD_M, "0.01", "0.001", NULL, 12500};
static const struct money_engine_terms INVERSE = {FX_CONTRACT_TYPE_COIN_M, "0.5", "1", "1", 12500};

/* BTCUSDT of 2021, MGN-07. */
static const struct money_engine_tier BTC_TIERS[] = {
    {"50000", 4000000, 12500},
    {"250000", 5000000, 10000},
    {"1000000", 10000000, 5000},
    {"10000000", 25000000, 2000},
    {"20000000", 50000000, 1000},
    {"50000000", 100000000, 500},
    {"100000000", 125000000, 400},
    {"200000000", 150000000, 300},
    {"300000000", 250000000, 200},
    {"500000000", 500000000, 100},
};

/* ETHUSDT of 2021: the table whose cum at 10 % is the 135,365 of LIQ-01. */
static const struct money_engine_tier ETH_TIERS[] = {
    {"10000", 5000000, 10000},
    {"100000", 6500000, 7500},
    {"500000", 10000000, 5000},
    {"1000000", 20000000, 2500},
    {"2000000", 50000000, 1000},
    {"5000000", 100000000, 500},
    {"10000000", 125000000, 400},
};

static fx_i128 decimal(const char *text)
{
    return money_engine_decimal(text);
}

static void assert_amount(fx_i128 actual, const char *expected)
{
    char text[FX_DEC_TEXT_SIZE_MAX];
    (void)fx_dec_format(actual, text);
    assert_string_equal(text, expected);
}

static int setup(void **state)
{
    (void)state;
    (void)money_engine_init(&money);
    return 0;
}

static struct fx_position_state *at(fx_slot position)
{
    return &money.root.positions[position];
}

static void set_mark(uint32_t instrument, int64_t ticks)
{
    money.root.listings[instrument].mark.ticks = ticks;
}

/* A position of one account, opened at one price and marked there. */
static fx_slot open_at(const struct money_engine_terms *terms,
                       const char *balance,
                       int32_t leverage_centi,
                       enum fx_margin_mode mode,
                       const struct money_engine_order *fill)
{
    const uint32_t instrument = money_engine_list(&money, terms);
    const fx_slot account = money_engine_account(&money, 1, balance);
    const fx_slot position =
        money_engine_position(&money, account, instrument, leverage_centi, mode);
    set_mark(instrument, fill->ticks);
    (void)money_engine_fill(&money, position, fill->side, fill->ticks, fill->lots);
    return position;
}

static void one_tier(uint32_t instrument, int64_t rate_ppb)
{
    const struct money_engine_tier tier = {"1000000000", rate_ppb, 100};
    money_engine_tiers(&money, instrument, &tier, 1);
}

/* LIQ-01. Other: 109.488 (31,967.27 - 32,481.98) = -56,354.57 uPnL; MM 3,500,032.46 x 2.5 % -
 * 16,300. LP = (1,535,443.01 - TMM + UPNL + 135,365 - 3,683.979 x 1,456.84) / (3,683.979 (0.1 - 1))
 * = 1,153.2564…, notional there 4.25 M: in the tier. A long rounds up: 1,153.26. */
static void margin_cross_liquidation_price_equals_binance_example(void **state)
{
    (void)state;
    const struct money_engine_order eth = {FX_SIDE_BUY, 145684, 3683979, false};
    const fx_slot position = open_at(&BTC, "1535443.01", 500, FX_MARGIN_MODE_CROSS, &eth);
    const uint32_t btc = money_engine_list(&money, &BTC);
    money_engine_tiers(&money, at(position)->instrument, ETH_TIERS, 7);
    money_engine_tiers(&money, btc, BTC_TIERS, 10);
    const fx_slot other = money_engine_position(&money, 0, btc, 1000, FX_MARGIN_MODE_CROSS);
    (void)money_engine_fill(&money, other, FX_SIDE_BUY, 3248198, 109488);
    set_mark(btc, 3196727);
    assert_amount(fx_margin_unrealized(&money.root, at(other)), "-56354.56848");
    assert_amount(fx_margin_maintenance(&money.root, at(other)), "71200.811444");
    assert_amount(money.root.listings[0].tiers[5].cum, "135365");
    assert_int_equal(fx_margin_liquidation_price(&money.root, position).ticks, 115326);
}

/* LIQ-03: the same position with 1,535,443.01 of isolated margin: 1,114.78496…, up to 1,114.79
 * (the source rounds to nearest: 1,114.78). */
static void margin_isolated_liquidation_price_equals_binance_formula(void **state)
{
    (void)state;
    const struct money_engine_order eth = {FX_SIDE_BUY, 145684, 3683979, false};
    const fx_slot position = open_at(&BTC, "9000000", 500, FX_MARGIN_MODE_ISOLATED, &eth);
    money_engine_tiers(&money, at(position)->instrument, ETH_TIERS, 7);
    at(position)->adjust_margin = decimal("1535443.01") - at(position)->position_margin;
    assert_int_equal(fx_margin_liquidation_price(&money.root, position).ticks, 111479);
}

/* LIQ-11: (1,000 + 3 x 3,000) / (3 x 1.05) = 3,174.603…; a short rounds down. */
static void margin_short_liquidation_price_equals_dydx_example(void **state)
{
    (void)state;
    const struct money_engine_order fill = {FX_SIDE_SELL, 300000, 3000, false};
    const fx_slot position = open_at(&BTC, "1000", 1000, FX_MARGIN_MODE_CROSS, &fill);
    one_tier(at(position)->instrument, 50000000);
    assert_int_equal(fx_margin_liquidation_price(&money.root, position).ticks, 317460);
}

/* Hand computed inverse: long 10,000 USD @ 8,000 with 0.5 BTC, MMR 0.5 %: value V where
 * 0.5 + 1.25 - V = 0.005 V: V = 1.75 / 1.005; price = 10,000 x 1.005 / 1.75 = 5,742.857…: up to
 * 5,743.0. Bankruptcy 10,000 / 1.75 = 5,714.2857…: up to 5,714.5. LIQ-06 has fees inside and MM
 * at entry: 5,739.50. */
static void margin_inverse_long_prices_round_up(void **state)
{
    (void)state;
    const struct money_engine_order fill = {FX_SIDE_BUY, 16000, 10000, false};
    const fx_slot position = open_at(&INVERSE, "0.5", 1000, FX_MARGIN_MODE_CROSS, &fill);
    one_tier(at(position)->instrument, 5000000);
    assert_int_equal(fx_margin_liquidation_price(&money.root, position).ticks, 11486);
    assert_int_equal(fx_margin_bankruptcy_price(&money.root, position).ticks, 11429);
}

/* Short 10,000 USD @ 8,000 with 0.5 BTC: V (1 - 0.005) = 1.25 - 0.5: 10,000 x 0.995 / 0.75 =
 * 13,266.67: down to 13,266.5. With 1.25 BTC no price is high enough. */
/* 1 USD bought at 3 is 0.333…333, rounded down: with nothing behind it the exact price is a hair
 * above 3, in ticks of 0.5 against the user 3.5. Sold there it is 3. At 1.5 the value was rounded
 * up, 0.666…667, and the hair lies below. (Seed 1712 of the simulator.) */
static void margin_inverse_bankruptcy_price_knows_no_rounding_of_a_fill(void **state)
{
    static const struct {
        enum fx_side side;
        int64_t ticks;
        int64_t bankrupt_ticks;
    } CASES[] = {
        {FX_SIDE_BUY, 6, 7}, {FX_SIDE_SELL, 6, 6}, {FX_SIDE_BUY, 3, 3}, {FX_SIDE_SELL, 3, 2}};
    for (size_t index = 0; index < sizeof CASES / sizeof CASES[0]; index++) {
        (void)setup(state);
        const struct money_engine_order fill = {CASES[index].side, CASES[index].ticks, 1, false};
        const fx_slot position = open_at(&INVERSE, "0", 100, FX_MARGIN_MODE_CROSS, &fill);
        assert_int_equal(fx_margin_bankruptcy_price(&money.root, position).ticks,
                         CASES[index].bankrupt_ticks);
    }
}

static void margin_inverse_short_at_one_times_has_no_price(void **state)
{
    (void)state;
    const struct money_engine_order fill = {FX_SIDE_SELL, 16000, 10000, false};
    const fx_slot position = open_at(&INVERSE, "0.5", 1000, FX_MARGIN_MODE_CROSS, &fill);
    one_tier(at(position)->instrument, 5000000);
    assert_int_equal(fx_margin_liquidation_price(&money.root, position).ticks, 26533);
    money.root.accounts[0].balance = decimal("1.25");
    assert_int_equal(fx_margin_liquidation_price(&money.root, position).ticks, 0);
    assert_int_equal(fx_margin_bankruptcy_price(&money.root, position).ticks, 0);
}

/* BKR-01: long 1 BTC @ 10,000 at 50x isolated: margin 200, bankrupt at 9,800. */
static void margin_isolated_bankruptcy_price_equals_bybit_example(void **state)
{
    (void)state;
    const struct money_engine_order fill = {FX_SIDE_BUY, 1000000, 1000, false};
    const fx_slot position = open_at(&BTC, "5000", 5000, FX_MARGIN_MODE_ISOLATED, &fill);
    assert_amount(at(position)->position_margin, "200");
    assert_int_equal(fx_margin_bankruptcy_price(&money.root, position).ticks, 980000);
}

/* BKR-02: long 100 @ 500 with 1,100 in all: 489. BKR-03: short 500 @ 1 with 100: 1.2. */
static void margin_cross_bankruptcy_price_equals_examples(void **state)
{
    (void)state;
    const struct money_engine_order buy = {FX_SIDE_BUY, 50000, 100000, false};
    const fx_slot one = open_at(&BTC, "1100", 5000, FX_MARGIN_MODE_CROSS, &buy);
    assert_int_equal(fx_margin_bankruptcy_price(&money.root, one).ticks, 48900);
    (void)money_engine_init(&money);
    const struct money_engine_order sell = {FX_SIDE_SELL, 100, 500000, false};
    const fx_slot two = open_at(&BTC, "100", 5000, FX_MARGIN_MODE_CROSS, &sell);
    assert_int_equal(fx_margin_bankruptcy_price(&money.root, two).ticks, 120);
}

/* LIQ-13 as far as it agrees: wallet 10,000, long 20 @ 1,000, 50x: IM 400, available 9,600,
 * bankruptcy 500. Its 510 has MM on entry value; on the value at 505.05 it is 10,000 / (20 x 0.99).
 */
static void margin_cross_figures_equal_bitmex_example(void **state)
{
    (void)state;
    const struct money_engine_order fill = {FX_SIDE_BUY, 100000, 20000, false};
    const fx_slot position = open_at(&BTC, "10000", 5000, FX_MARGIN_MODE_CROSS, &fill);
    one_tier(at(position)->instrument, 10000000);
    assert_amount(fx_margin_initial(&money.root, at(position)), "400");
    assert_amount(fx_margin_maintenance(&money.root, at(position)), "200");
    assert_amount(fx_margin_available(&money.root, 0), "9600");
    assert_int_equal(fx_margin_bankruptcy_price(&money.root, position).ticks, 50000);
    assert_int_equal(fx_margin_liquidation_price(&money.root, position).ticks, 50506);
}

/* MGN-02: 100 contracts of 100 USD @ 50,000, 125x: 10,000 / 50,000 / 125 = 0.0016.
 * MGN-03: 12,000 USD @ 8,000, 50x: 1.5 / 50 = 0.03. */
static void margin_inverse_initial_equals_examples(void **state)
{
    (void)state;
    const struct money_engine_terms hundred = {FX_CONTRACT_TYPE_COIN_M, "0.5", "1", "100", 12500};
    const struct money_engine_order first = {FX_SIDE_BUY, 100000, 100, false};
    const fx_slot one = open_at(&hundred, "1", 12500, FX_MARGIN_MODE_CROSS, &first);
    assert_amount(fx_margin_initial(&money.root, at(one)), "0.0016");
    (void)money_engine_init(&money);
    const struct money_engine_order second = {FX_SIDE_SELL, 16000, 12000, false};
    const fx_slot two = open_at(&INVERSE, "1", 5000, FX_MARGIN_MODE_CROSS, &second);
    assert_amount(fx_margin_initial(&money.root, at(two)), "0.03");
}

/* MGN-05: 100 @ 35, marginal tiers: 20 + 25 + 30 + 500 x 3.5 % = 92.5; IM at 10x 350. */
static void margin_maintenance_is_marginal_over_tiers(void **state)
{
    (void)state;
    static const struct money_engine_tier TIERS[] = {
        {"1000", 20000000, 2500},
        {"2000", 25000000, 2000},
        {"3000", 30000000, 1500},
        {"4000", 35000000, 1200},
        {"5000", 40000000, 1000},
    };
    const struct money_engine_order fill = {FX_SIDE_BUY, 3500, 100000, false};
    const fx_slot position = open_at(&BTC, "1000", 1000, FX_MARGIN_MODE_CROSS, &fill);
    money_engine_tiers(&money, at(position)->instrument, TIERS, 5);
    assert_amount(at(position)->entry_value, "3500");
    assert_amount(fx_margin_initial(&money.root, at(position)), "350");
    assert_amount(fx_margin_maintenance(&money.root, at(position)), "92.5");
}

/* MGN-09: 10,000 contracts of 0.001 at mark 30,000, 0.4 %: 300,000 x 0.004 = 1,200. */
static void margin_maintenance_is_on_mark_value(void **state)
{
    (void)state;
    const struct money_engine_order fill = {FX_SIDE_BUY, 2000000, 10000, false};
    const fx_slot position = open_at(&BTC, "100000", 1000, FX_MARGIN_MODE_CROSS, &fill);
    one_tier(at(position)->instrument, 4000000);
    set_mark(at(position)->instrument, 3000000);
    assert_amount(fx_margin_mark_value(&money.root, at(position)), "300000");
    assert_amount(fx_margin_maintenance(&money.root, at(position)), "1200");
}

/* At a cap the lower tier still holds, one unit above the next one: the margin does not jump. */
static void margin_maintenance_at_floor_is_continuous(void **state)
{
    (void)state;
    const struct money_engine_order fill = {FX_SIDE_BUY, 5000000, 1000, false};
    const fx_slot position = open_at(&BTC, "100000", 1000, FX_MARGIN_MODE_CROSS, &fill);
    const uint32_t instrument = at(position)->instrument;
    money_engine_tiers(&money, instrument, BTC_TIERS, 10);
    assert_amount(fx_margin_maintenance(&money.root, at(position)), "200"); /* 50,000 x 0.4 % */
    set_mark(instrument, 5000001); /* 50,000.01 x 0.5 % - 50 */
    assert_amount(fx_margin_maintenance(&money.root, at(position)), "200.00005");
    assert_int_equal(
        fx_margin_leverage_max(&money.root, instrument, (fx_amount){decimal("50000")}).centi,
        12500);
    assert_int_equal(
        fx_margin_leverage_max(&money.root, instrument, (fx_amount){decimal("50000") + 1}).centi,
        10000);
}

/* PNL-04: long 0.2 @ 7,000 -> 7,500 is +100; short 0.4 @ 6,000 -> 5,000 is +400. */
static void margin_unrealized_equals_bybit_examples(void **state)
{
    (void)state;
    const struct money_engine_order buy = {FX_SIDE_BUY, 700000, 200, false};
    const fx_slot one = open_at(&BTC, "1000", 1000, FX_MARGIN_MODE_CROSS, &buy);
    set_mark(at(one)->instrument, 750000);
    assert_amount(fx_margin_unrealized(&money.root, at(one)), "100");
    (void)money_engine_init(&money);
    const struct money_engine_order sell = {FX_SIDE_SELL, 600000, 400, false};
    const fx_slot two = open_at(&BTC, "1000", 1000, FX_MARGIN_MODE_CROSS, &sell);
    set_mark(at(two)->instrument, 500000);
    assert_amount(fx_margin_unrealized(&money.root, at(two)), "400");
}

/* CST-05: 1 BTC @ 9,253.30, mark 9,259.84, 20x: IM 462.665; a buy below mark has no open loss, a
 * sell below mark 6.54. (The source prints 462.66 and adds no fee here either.) */
static void margin_requirement_equals_binance_example(void **state)
{
    (void)state;
    const uint32_t instrument = money_engine_list(&money, &BTC);
    (void)money_engine_account(&money, 1, "1000");
    const fx_slot position =
        money_engine_position(&money, 0, instrument, 2000, FX_MARGIN_MODE_CROSS);
    set_mark(instrument, 925984);
    const struct money_engine_order buy = {FX_SIDE_BUY, 925330, 1000, false};
    (void)money_engine_rest(&money, position, &buy);
    assert_amount(at(position)->reserve, "462.665");
    const struct money_engine_order sell = {FX_SIDE_SELL, 925330, 1000, false};
    (void)money_engine_rest(&money, position, &sell);
    assert_amount(at(position)->reserve, "469.205"); /* the larger of both, not their sum */
}

/* Long 2; sells of 3 at 100 reserve for the 1 that opens: 300 / 3 / 10x = 10; a buy of 1 at 90: 9.
 */
static void margin_requirement_nets_closing_orders(void **state)
{
    (void)state;
    const struct money_engine_order fill = {FX_SIDE_BUY, 10000, 2000, false};
    const fx_slot position = open_at(&BTC, "1000", 1000, FX_MARGIN_MODE_CROSS, &fill);
    const struct money_engine_order sell = {FX_SIDE_SELL, 10000, 3000, false};
    (void)money_engine_rest(&money, position, &sell);
    assert_amount(at(position)->reserve, "10");
    assert_amount(fx_margin_notional(&money.root, at(position)), "200");
    const struct money_engine_order buy = {FX_SIDE_BUY, 9000, 1000, false};
    const fx_slot order = money_engine_rest(&money, position, &buy);
    assert_amount(at(position)->reserve, "10");
    assert_amount(fx_margin_notional(&money.root, at(position)), "290");
    fx_position_state_remove_order(&money.root, order);
    assert_amount(at(position)->reserve, "10");
    const struct money_engine_order reduce = {FX_SIDE_SELL, 20000, 2000, true};
    (void)money_engine_rest(&money, position, &reduce);
    assert_amount(at(position)->reserve, "10");
    assert_int_equal(at(position)->reduce_sell_lots, 2000);
}

/* A hedge LONG: sells only close and reserve nothing, whatever their size. SHORT: the reverse. */
static void margin_requirement_of_hedge_counts_one_side(void **state)
{
    (void)state;
    const uint32_t instrument = money_engine_list(&money, &BTC);
    (void)money_engine_account(&money, 1, "1000");
    const struct money_engine_order buy = {FX_SIDE_BUY, 10000, 1000, false};
    const struct money_engine_order sell = {FX_SIDE_SELL, 20000, 1000, false};
    const fx_slot longs =
        fx_position_state_acquire(&money.root, 0, instrument, FX_POSITION_SIDE_LONG);
    const fx_slot shorts =
        fx_position_state_acquire(&money.root, 0, instrument, FX_POSITION_SIDE_SHORT);
    (void)money_engine_rest(&money, longs, &buy);
    (void)money_engine_rest(&money, longs, &sell);
    (void)money_engine_rest(&money, shorts, &buy);
    (void)money_engine_rest(&money, shorts, &sell);
    assert_amount(at(longs)->reserve, "5");   /* 100 / 20x */
    assert_amount(at(shorts)->reserve, "10"); /* 200 / 20x */
}

/* 1,000 + 50 bonus; cross long 1 @ 100, 10x, mark 90: IM 9, uPnL -10; order 1 @ 90 reserves 9;
 * isolated 1 @ 100, 20x: 5. Orders: 1,050 - 9 - 9 - 5 - 10 = 1,017; withdrawals: at most 1,000. */
static void margin_available_takes_all_that_is_held(void **state)
{
    (void)state;
    const struct money_engine_order fill = {FX_SIDE_BUY, 10000, 1000, false};
    const fx_slot cross = open_at(&BTC, "1000", 1000, FX_MARGIN_MODE_CROSS, &fill);
    const uint32_t second = money_engine_list(&money, &BTC);
    set_mark(0, 9000);
    money.root.accounts[0].reward_balance = decimal("50");
    const struct money_engine_order order = {FX_SIDE_BUY, 9000, 1000, false};
    (void)money_engine_rest(&money, cross, &order);
    const fx_slot isolated =
        money_engine_position(&money, 0, second, 2000, FX_MARGIN_MODE_ISOLATED);
    (void)money_engine_fill(&money, isolated, FX_SIDE_SELL, 10000, 1000);
    assert_amount(fx_margin_available(&money.root, 0), "1017");
    assert_amount(fx_margin_withdrawable(&money.root, 0), "1000");
    assert_amount(fx_margin_initial(&money.root, at(isolated)), "0");
    /* A gain counts for orders only: mark 200: IM 20, uPnL +100. */
    set_mark(0, 20000);
    assert_amount(fx_margin_available(&money.root, 0), "1116");
    assert_amount(fx_margin_withdrawable(&money.root, 0), "1000");
    /* A loss beyond all that there is: nothing can be withdrawn, not less than nothing. */
    money.root.accounts[0].balance = decimal("20");
    money.root.accounts[0].reward_balance = 0;
    set_mark(0, 5000);
    assert_amount(fx_margin_available(&money.root, 0), "-49");
    assert_amount(fx_margin_withdrawable(&money.root, 0), "0");
}

static void margin_without_mark_uses_entry_value(void **state)
{
    (void)state;
    const struct money_engine_order fill = {FX_SIDE_BUY, 10000, 1000, false};
    const fx_slot position = open_at(&BTC, "1000", 1000, FX_MARGIN_MODE_CROSS, &fill);
    one_tier(0, 10000000);
    set_mark(0, 0);
    assert_amount(fx_margin_initial(&money.root, at(position)), "10");
    assert_amount(fx_margin_maintenance(&money.root, at(position)), "1");
    assert_amount(fx_margin_unrealized(&money.root, at(position)), "0");
    assert_amount(fx_margin_available(&money.root, 0), "990");
}

static void margin_of_flat_position_is_nothing(void **state)
{
    (void)state;
    const uint32_t instrument = money_engine_list(&money, &BTC);
    (void)money_engine_account(&money, 1, "1000");
    const fx_slot position =
        money_engine_position(&money, 0, instrument, 1000, FX_MARGIN_MODE_CROSS);
    set_mark(instrument, 10000);
    assert_amount(fx_margin_initial(&money.root, at(position)), "0");
    assert_amount(fx_margin_maintenance(&money.root, at(position)), "0");
    assert_amount(fx_margin_unrealized(&money.root, at(position)), "0");
    assert_amount(fx_margin_requirement(&money.root, at(position)), "0");
    assert_amount(fx_margin_notional(&money.root, at(position)), "0");
    assert_int_equal(fx_margin_liquidation_price(&money.root, position).ticks, 0);
    assert_int_equal(fx_margin_bankruptcy_price(&money.root, position).ticks, 0);
}

/* Without tiers there is no maintenance: liquidation is bankruptcy; a long that is paid in full has
 * neither. 10,000 / (1 - 0) with 9,999.995 of margin: 0.005 rounds up to a tick. */
static void margin_prices_of_covered_long_are_none(void **state)
{
    (void)state;
    const struct money_engine_order fill = {FX_SIDE_BUY, 1000000, 1000, false};
    const fx_slot position = open_at(&BTC, "9999.995", 100, FX_MARGIN_MODE_CROSS, &fill);
    assert_int_equal(fx_margin_liquidation_price(&money.root, position).ticks, 1);
    assert_int_equal(fx_margin_bankruptcy_price(&money.root, position).ticks, 1);
    money.root.accounts[0].balance = decimal("10000");
    assert_int_equal(fx_margin_liquidation_price(&money.root, position).ticks, 0);
    assert_int_equal(fx_margin_bankruptcy_price(&money.root, position).ticks, 0);
}

/* 1/3 of a unit rounds up against the payer: 100 / 30x = 3.333…34. */
static void margin_at_leverage_rounds_up(void **state)
{
    (void)state;
    assert_amount(fx_margin_at_leverage(decimal("100"), (fx_leverage){3000}),
                  "3.333333333333333334");
    assert_amount(fx_margin_at_leverage(1, (fx_leverage){12500}), "0.000000000000000001");
    assert_amount(fx_margin_at_leverage(0, (fx_leverage){12500}), "0");
    assert_amount(fx_margin_at_leverage(fx_dec_limit() - 1, (fx_leverage){100}),
                  "999999999999999999.999999999999999999");
}

/* Long 1e10 @ 1e7 = 1e17 with 1e16; tiers 1 % to 5e16, then 2 %, cum 5e14. V (1 - 0.02) = 1e17 -
 * 1e16 - 5e14: V = 9.1326530612…e16, price 9,132,653.0612…: up to 9,132,653.07. */
static void margin_of_huge_amounts_is_exact(void **state)
{
    (void)state;
    static const struct money_engine_tier HUGE_TIERS[] = {
        {"50000000000000000", 10000000, 5000},
        {"900000000000000000", 20000000, 2500},
    };
    const struct money_engine_order fill = {FX_SIDE_BUY, 1000000000, 10000000000000, false};
    const fx_slot position = open_at(&BTC, "10000000000000000", 2000, FX_MARGIN_MODE_CROSS, &fill);
    money_engine_tiers(&money, 0, HUGE_TIERS, 2);
    assert_amount(at(position)->entry_value, "100000000000000000");
    assert_int_equal(fx_margin_liquidation_price(&money.root, position).ticks, 913265307);
    /* A mark that no instrument allows says the worst there is, and does not wrap. */
    set_mark(0, INT64_MAX);
    assert_true(fx_margin_mark_value(&money.root, at(position)) == fx_dec_limit() - 1);
    /* A price beyond the range of amounts is none. */
    at(position)->entry_value = fx_dec_limit() - 1;
    money.root.accounts[0].balance = 0;
    assert_int_equal(fx_margin_liquidation_price(&money.root, position).ticks, 0);
}

static void margin_value_out_of_range_is_refused(void **state)
{
    (void)state;
    static const struct money_engine_terms COARSE = {
        FX_CONTRACT_TYPE_USD_M, "1", "0.1", "2", 12500};
    const uint32_t instrument = money_engine_list(&money, &COARSE);
    const struct fx_listing *listing = &money.root.listings[instrument];
    fx_i128 value = 7;
    assert_true(fx_margin_value(listing, (fx_px){2000000000}, (fx_qty){2000000000}, &value));
    assert_amount(value, "800000000000000000");
    assert_false(fx_margin_value(listing, (fx_px){2000000000}, (fx_qty){2500000000}, &value));
    assert_false(fx_margin_value(listing, (fx_px){INT64_MAX}, (fx_qty){INT64_MAX}, &value));
    const uint32_t inverse = money_engine_list(&money, &INVERSE);
    assert_false(fx_margin_value(
        &money.root.listings[inverse], (fx_px){1}, (fx_qty){500000000000000000}, &value));
}

/* Inverse long whose margin is gone at nearly every price: the price has no number. */
static void margin_price_beyond_range_is_none(void **state)
{
    (void)state;
    const struct money_engine_order fill = {FX_SIDE_BUY, 16000, 10000, false};
    const fx_slot position = open_at(&INVERSE, "0", 1000, FX_MARGIN_MODE_CROSS, &fill);
    assert_amount(fx_margin_maintenance(&money.root, at(position)), "0"); /* no tiers */
    money.root.accounts[0].balance = 1 - decimal("1.25");
    assert_int_equal(fx_margin_bankruptcy_price(&money.root, position).ticks, 0);
    money.root.accounts[0].balance = -decimal("1.25");
    assert_int_equal(fx_margin_bankruptcy_price(&money.root, position).ticks, 0);
}

/* A price whose value is beyond the range, which no definition allows: the worst that can be said.
 */
static void margin_worth_beyond_the_range_is_the_worst(void **state)
{
    (void)state;
    const fx_slot long_one = open_at(&BTC,
                                     "1000",
                                     1000,
                                     FX_MARGIN_MODE_CROSS,
                                     &(struct money_engine_order){FX_SIDE_BUY, 100, 10, false});
    const fx_px far = {INT64_MAX};
    at(long_one)->lots = INT64_MAX;
    assert_true(fx_margin_worth(&money.root, at(long_one), far) ==
                fx_dec_limit() - 1 - at(long_one)->entry_value);
    at(long_one)->lots = -INT64_MAX;
    assert_true(fx_margin_worth(&money.root, at(long_one), far) ==
                at(long_one)->entry_value - (fx_dec_limit() - 1));
    set_mark(0, INT64_MAX);
    assert_true(fx_margin_mark_value(&money.root, at(long_one)) == fx_dec_limit() - 1);
}

static bool closing_price(fx_slot position, int64_t *ticks_out)
{
    fx_px price = {0};
    const bool is_there = fx_margin_closing_price(&money.root, position, &price);
    *ticks_out = price.ticks;
    return is_there;
}

/* Isolated, 10 lots at 100; the margin makes the price at which nothing is left. */
static fx_slot isolated_at(const struct money_engine_terms *terms, enum fx_side side)
{
    return open_at(terms,
                   "1000",
                   1000,
                   FX_MARGIN_MODE_ISOLATED,
                   &(struct money_engine_order){side, 100, 10, false});
}

static void margin_closing_price_of_a_long_has_ends(void **state)
{
    (void)state;
    int64_t ticks = 0;
    const fx_slot position = isolated_at(&BTC, FX_SIDE_BUY); /* 1.00 x 0.01 in all */
    at(position)->position_margin = decimal("0.001");
    assert_true(closing_price(position, &ticks) && ticks == 90);
    at(position)->position_margin = decimal("0.01"); /* worth nothing will do */
    assert_true(closing_price(position, &ticks) && ticks == 1);
    at(position)->adjust_margin = -decimal("1000000"); /* no price is so high */
    assert_false(closing_price(position, &ticks));
    at(position)->adjust_margin = -(fx_dec_limit() / 2); /* nor does it fit a price */
    assert_false(closing_price(position, &ticks));
}

static void margin_closing_price_of_a_short_has_ends(void **state)
{
    (void)state;
    int64_t ticks = 0;
    const fx_slot position = isolated_at(&BTC, FX_SIDE_SELL);
    at(position)->position_margin = decimal("0.001");
    assert_true(closing_price(position, &ticks) && ticks == 110);
    at(position)->position_margin = 0;
    at(position)->adjust_margin = -decimal("0.01"); /* it would have to be worth nothing */
    assert_false(closing_price(position, &ticks));
    at(position)->adjust_margin = -decimal("0.00991"); /* or less than at the first tick */
    assert_false(closing_price(position, &ticks));
    at(position)->adjust_margin = -decimal("0.0099");
    assert_true(closing_price(position, &ticks) && ticks == 1);
    at(position)->adjust_margin = fx_dec_limit() / 2; /* dearer than any price */
    assert_true(closing_price(position, &ticks) && ticks == 1000000000);
}

/* 10 lots of 1 USD at 50: 0.2. */
static void margin_closing_price_of_inverse_has_ends(void **state)
{
    (void)state;
    int64_t ticks = 0;
    const fx_slot position = isolated_at(&INVERSE, FX_SIDE_BUY);
    at(position)->position_margin = decimal("0.05"); /* 10 / 0.25 = 40 */
    assert_true(closing_price(position, &ticks) && ticks == 80);
    at(position)->position_margin = 0;
    at(position)->adjust_margin = -decimal("0.2"); /* nothing left: no price is high enough */
    assert_false(closing_price(position, &ticks));
    at(position)->adjust_margin = 1 - decimal("0.2"); /* nor for one unit */
    assert_false(closing_price(position, &ticks));
    at(position)->lots = -at(position)->lots;
    at(position)->position_margin = decimal("0.1");
    at(position)->adjust_margin = 0; /* 10 / (0.2 - 0.1) = 100 */
    assert_true(closing_price(position, &ticks) && ticks == 200);
    at(position)->position_margin = decimal("0.2"); /* it may be worth nothing: any price */
    assert_true(closing_price(position, &ticks) && ticks == 1000000000);
    at(position)->adjust_margin = -1; /* or one unit, at a price beyond the last */
    assert_true(closing_price(position, &ticks) && ticks == 1000000000);
    at(position)->adjust_margin = -decimal("100"); /* more than it is worth at the first tick */
    assert_false(closing_price(position, &ticks));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(margin_cross_liquidation_price_equals_binance_example, setup),
        cmocka_unit_test_setup(margin_isolated_liquidation_price_equals_binance_formula, setup),
        cmocka_unit_test_setup(margin_short_liquidation_price_equals_dydx_example, setup),
        cmocka_unit_test_setup(margin_inverse_long_prices_round_up, setup),
        cmocka_unit_test_setup(margin_inverse_bankruptcy_price_knows_no_rounding_of_a_fill, setup),
        cmocka_unit_test_setup(margin_inverse_short_at_one_times_has_no_price, setup),
        cmocka_unit_test_setup(margin_isolated_bankruptcy_price_equals_bybit_example, setup),
        cmocka_unit_test_setup(margin_cross_bankruptcy_price_equals_examples, setup),
        cmocka_unit_test_setup(margin_cross_figures_equal_bitmex_example, setup),
        cmocka_unit_test_setup(margin_inverse_initial_equals_examples, setup),
        cmocka_unit_test_setup(margin_maintenance_is_marginal_over_tiers, setup),
        cmocka_unit_test_setup(margin_maintenance_is_on_mark_value, setup),
        cmocka_unit_test_setup(margin_maintenance_at_floor_is_continuous, setup),
        cmocka_unit_test_setup(margin_unrealized_equals_bybit_examples, setup),
        cmocka_unit_test_setup(margin_requirement_equals_binance_example, setup),
        cmocka_unit_test_setup(margin_requirement_nets_closing_orders, setup),
        cmocka_unit_test_setup(margin_requirement_of_hedge_counts_one_side, setup),
        cmocka_unit_test_setup(margin_available_takes_all_that_is_held, setup),
        cmocka_unit_test_setup(margin_without_mark_uses_entry_value, setup),
        cmocka_unit_test_setup(margin_of_flat_position_is_nothing, setup),
        cmocka_unit_test_setup(margin_prices_of_covered_long_are_none, setup),
        cmocka_unit_test_setup(margin_at_leverage_rounds_up, setup),
        cmocka_unit_test_setup(margin_of_huge_amounts_is_exact, setup),
        cmocka_unit_test_setup(margin_value_out_of_range_is_refused, setup),
        cmocka_unit_test_setup(margin_price_beyond_range_is_none, setup),
        cmocka_unit_test_setup(margin_worth_beyond_the_range_is_the_worst, setup),
        cmocka_unit_test_setup(margin_closing_price_of_a_long_has_ends, setup),
        cmocka_unit_test_setup(margin_closing_price_of_a_short_has_ends, setup),
        cmocka_unit_test_setup(margin_closing_price_of_inverse_has_ends, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
// NOLINTEND(bugprone-easily-swappable-parameters,cppcoreguidelines-avoid-non-const-global-variables)
