/* Definitions, tiers, filters and values of instruments. */
#include "model/instrument.h"

#include <string.h>

#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters,cppcoreguidelines-avoid-non-const-global-variables,readability-function-size):
// a table of cases reads as one
static struct fx_instrument instrument;
static struct fx_reject reject;

static fx_i128 decimal(const char *text)
{
    fx_i128 units = 0;
    assert_int_equal(fx_dec_parse(fx_str_of(text), &units), FX_OK);
    return units;
}

static void assert_decimal(fx_i128 actual, const char *expected)
{
    char text[FX_DEC_TEXT_SIZE_MAX];
    (void)fx_dec_format(actual, text);
    assert_string_equal(text, expected);
}

/* BTCUSDT as it is traded: tick 0.1, lot 0.001, up to 1,000 BTC, at least 5 USDT. */
static int setup(void **state)
{
    (void)state;
    memset(&reject, 0, sizeof reject);
    memset(&instrument, 0, sizeof instrument);
    instrument.tick_size = decimal("0.1");
    instrument.lot_size = decimal("0.001");
    instrument.multiplier = decimal("1");
    instrument.min_notional = decimal("5");
    instrument.min_lots = 2;
    instrument.max_lots = 1000000;
    instrument.max_market_lots = 120000;
    instrument.max_ticks = 20000000;
    instrument.band_up_ppb = 50000000;
    instrument.band_down_ppb = 50000000;
    instrument.market_take_bound_ppb = 30000000;
    instrument.maker_fee_ppb = -10000;
    instrument.taker_fee_ppb = 400000;
    instrument.leverage_max_centi = 12500;
    instrument.orders_max = 200;
    instrument.contract_type = FX_CONTRACT_TYPE_USD_M;
    instrument.kind = FX_INSTRUMENT_KIND_PERPETUAL;
    instrument.state = FX_INSTRUMENT_STATE_TRADING;
    assert_true(fx_ids_symbol(FX_STR("BTCUSDT"), &instrument.symbol));
    assert_true(fx_ids_symbol(FX_STR("BTC"), &instrument.root_symbol));
    assert_true(fx_ids_asset(FX_STR("BTC"), &instrument.base));
    assert_true(fx_ids_asset(FX_STR("USDT"), &instrument.quote));
    assert_true(fx_ids_asset(FX_STR("USDT"), &instrument.settle));
    return 0;
}

static void make_inverse(void)
{
    instrument.contract_type = FX_CONTRACT_TYPE_COIN_M;
    instrument.tick_size = decimal("0.5");
    instrument.lot_size = decimal("1");
    instrument.multiplier = decimal("100");
    instrument.min_notional = decimal("300");
    assert_true(fx_ids_asset(FX_STR("BTC"), &instrument.settle));
}

static void instrument_check_takes_sane_definitions(void **state)
{
    (void)state;
    assert_int_equal(fx_instrument_check(&instrument), FX_OK);
    memset(&instrument.root_symbol, 0, sizeof instrument.root_symbol);
    assert_int_equal(fx_instrument_check(&instrument), FX_OK);
    make_inverse();
    assert_int_equal(fx_instrument_check(&instrument), FX_OK);
    instrument.kind = FX_INSTRUMENT_KIND_DATED;
    assert_int_equal(fx_instrument_check(&instrument), FX_BAD_INSTRUMENT);
    instrument.expiry_us = 1;
    assert_int_equal(fx_instrument_check(&instrument), FX_OK);
}

#define REFUSES(statement)                                                                         \
    do {                                                                                           \
        (void)setup(NULL);                                                                         \
        statement;                                                                                 \
        assert_int_equal(fx_instrument_check(&instrument), FX_BAD_INSTRUMENT);                     \
    } while (0)

static void instrument_check_of_bad_numbers_refuses(void **state)
{
    (void)state;
    REFUSES(instrument.tick_size = 0);
    REFUSES(instrument.tick_size = -1);
    REFUSES(instrument.lot_size = 0);
    REFUSES(instrument.lot_size = fx_dec_limit());
    REFUSES(instrument.multiplier = 0);
    REFUSES(instrument.min_notional = -1);
    REFUSES(instrument.min_notional = fx_dec_limit());
    REFUSES(instrument.impact_notional = -1);
    REFUSES(instrument.min_lots = 0);
    REFUSES(instrument.max_lots = 1);
    REFUSES(instrument.max_market_lots = 1);
    REFUSES(instrument.max_ticks = 0);
    REFUSES(instrument.open_interest_cap_lots = -1);
    REFUSES(instrument.band_up_ppb = -1);
    REFUSES(instrument.band_down_ppb = 1000000000);
    REFUSES(instrument.market_take_bound_ppb = 1000000000);
    REFUSES(instrument.market_take_bound_ppb = -1);
    REFUSES(instrument.maker_fee_ppb = -1000000000);
    REFUSES(instrument.taker_fee_ppb = 1000000000);
    REFUSES(instrument.liquidation_fee_ppb = -1);
    REFUSES(instrument.interest_ppb = 1000000000);
    REFUSES(instrument.damper_ppb = -1);
    REFUSES(instrument.leverage_max_centi = 99);
    REFUSES(instrument.orders_max = 0);
    REFUSES(instrument.algo_orders_max = -1);
    REFUSES(instrument.funding_interval_s = -1);
    REFUSES(instrument.tier_count = FX_TIERS_MAX + 1);
}

static void instrument_check_of_bad_words_refuses(void **state)
{
    (void)state;
    REFUSES(instrument.contract_type = 3);
    REFUSES(instrument.kind = 0);
    REFUSES(instrument.state = 8);
    REFUSES(memset(&instrument.symbol, 0, sizeof instrument.symbol));
    REFUSES(instrument.symbol.text[0] = 'b');
    REFUSES(instrument.symbol.text[20] = 'X'); /* bytes behind the text */
    REFUSES(instrument.root_symbol.text[0] = ' ');
    REFUSES(memset(&instrument.base, 0, sizeof instrument.base));
    REFUSES(instrument.quote.text[0] = '?');
    REFUSES(memset(&instrument.settle, 0, sizeof instrument.settle));
}

/* The unit must be a whole number of 1e-18, and the largest order must have a value. */
static void instrument_check_of_units_out_of_range_refuses(void **state)
{
    (void)state;
    REFUSES(instrument.tick_size = 1); /* x 0.001 is below 1e-18 */
    REFUSES(instrument.tick_size = decimal("0.0000000000000015"));
    REFUSES(instrument.max_ticks = INT64_MAX);
    REFUSES(instrument.max_lots = INT64_MAX);
    REFUSES(instrument.max_market_lots = INT64_MAX);
    REFUSES(instrument.tick_size = decimal("100000000000000000"));
    (void)setup(NULL);
    instrument.tick_size = 1; /* the multiplier makes it whole: 1e-18 x 0.001 x 1000 */
    instrument.multiplier = decimal("1000");
    assert_int_equal(fx_instrument_check(&instrument), FX_OK);
    assert_true(fx_instrument_unit(&instrument) == 1);
    make_inverse();
    instrument.lot_size = decimal("0.000000000000000001");
    instrument.multiplier = decimal("0.5");
    assert_int_equal(fx_instrument_check(&instrument), FX_BAD_INSTRUMENT);
    instrument.multiplier = decimal("2");
    assert_int_equal(fx_instrument_check(&instrument), FX_OK);
    assert_true(fx_instrument_unit(&instrument) == 2);
}

/* MGN-07: BTCUSDT of 2021 and its cums 0/50/1,300/16,300/266,300/1,266,300/2,516,300/5,016,300/
 * 25,016,300/100,016,300; each is floor x (rate - rate before) + cum before. */
static void instrument_fill_cums_equals_binance_table(void **state)
{
    (void)state;
    static const char *const CAPS[] = {"50000",
                                       "250000",
                                       "1000000",
                                       "10000000",
                                       "20000000",
                                       "50000000",
                                       "100000000",
                                       "200000000",
                                       "300000000",
                                       "500000000"};
    static const int64_t RATES[] = {4, 5, 10, 25, 50, 100, 125, 150, 250, 500};
    static const int32_t LEVERAGES[] = {125, 100, 50, 20, 10, 5, 4, 3, 2, 1};
    static const char *const CUMS[] = {"0",
                                       "50",
                                       "1300",
                                       "16300",
                                       "266300",
                                       "1266300",
                                       "2516300",
                                       "5016300",
                                       "25016300",
                                       "100016300"};
    struct fx_tier tiers[10] = {0};
    for (int index = 0; index < 10; index++) {
        tiers[index].cap = decimal(CAPS[index]);
        tiers[index].rate_ppb = RATES[index] * 1000000;
        tiers[index].leverage_max_centi = LEVERAGES[index] * 100;
    }
    fx_instrument_fill_cums(tiers, 10);
    for (int index = 0; index < 10; index++) {
        assert_decimal(tiers[index].cum, CUMS[index]);
    }
    assert_int_equal(fx_instrument_check_tiers(tiers, 10), FX_OK);
    assert_ptr_equal(fx_instrument_tier(tiers, 10, (fx_amount){0}), &tiers[0]);
    assert_ptr_equal(fx_instrument_tier(tiers, 10, (fx_amount){decimal("50000")}), &tiers[0]);
    assert_ptr_equal(fx_instrument_tier(tiers, 10, (fx_amount){decimal("50000") + 1}), &tiers[1]);
    assert_ptr_equal(fx_instrument_tier(tiers, 10, (fx_amount){decimal("900000000")}), &tiers[9]);
}

/* MGN-06: floor 50, 5 % after 2.5 %, amount 0.56 before: 1.81. Fractions of a unit go down. */
static void instrument_fill_cums_rounds_down(void **state)
{
    (void)state;
    struct fx_tier tiers[3] = {
        {.cap = decimal("22.4"), .rate_ppb = 0},
        {.cap = decimal("50"), .rate_ppb = 25000000},
        {.cap = decimal("300"), .rate_ppb = 50000000},
    };
    fx_instrument_fill_cums(tiers, 3);
    assert_decimal(tiers[1].cum, "0.56");
    assert_decimal(tiers[2].cum, "1.81");
    tiers[0].cap = 1999999999;
    tiers[1].rate_ppb = 1;
    fx_instrument_fill_cums(tiers, 2);
    assert_true(tiers[1].cum == 1);
}

static void instrument_check_tiers_refuses_disorder(void **state)
{
    (void)state;
    const struct fx_tier good[2] = {
        {.cap = 1000, .rate_ppb = 10000000, .leverage_max_centi = 5000},
        {.cap = 2000, .rate_ppb = 20000000, .leverage_max_centi = 2500, .cum = 10},
    };
    struct fx_tier tiers[2];
    assert_int_equal(fx_instrument_check_tiers(good, 2), FX_OK);
    assert_int_equal(fx_instrument_check_tiers(good, 0), FX_BAD_INSTRUMENT);
    assert_int_equal(fx_instrument_check_tiers(good, FX_TIERS_MAX + 1), FX_BAD_INSTRUMENT);
#define REFUSES_TIERS(statement)                                                                   \
    do {                                                                                           \
        memcpy(tiers, good, sizeof tiers);                                                         \
        statement;                                                                                 \
        assert_int_equal(fx_instrument_check_tiers(tiers, 2), FX_BAD_INSTRUMENT);                  \
    } while (0)
    REFUSES_TIERS(tiers[0].cum = 1);
    REFUSES_TIERS(tiers[0].cap = 0);
    REFUSES_TIERS(tiers[0].rate_ppb = 0);
    REFUSES_TIERS(tiers[0].leverage_max_centi = 99);
    REFUSES_TIERS(tiers[0].leverage_max_centi = 10001); /* 100.01x at 1 %: MM above IM */
    REFUSES_TIERS(tiers[1].cap = 1000);
    REFUSES_TIERS(tiers[1].cap = fx_dec_limit());
    REFUSES_TIERS(tiers[1].rate_ppb = 9999999);
    REFUSES_TIERS(tiers[1].rate_ppb = 1000000000);
    REFUSES_TIERS(tiers[1].leverage_max_centi = 5001);
    REFUSES_TIERS(tiers[1].cum = 9);
    REFUSES_TIERS(tiers[1].cum = 11);
}

static void assert_ticks_rejected(const char *price, const char *limit, const char *nearest)
{
    fx_px px = {77};
    assert_int_equal(fx_instrument_ticks(&instrument, decimal(price), &px, &reject),
                     FX_PRICE_FILTER);
    assert_int_equal(px.ticks, 77);
    assert_int_equal(reject.status, FX_PRICE_FILTER);
    assert_int_equal(reject.field, FX_FIELD_PRICE);
    assert_int_equal(reject.has_limit + reject.has_nearest, 2);
    assert_decimal(reject.limit, limit);
    assert_decimal(reject.nearest, nearest);
}

static void instrument_ticks_names_nearest_price(void **state)
{
    (void)state;
    fx_px px = {0};
    assert_int_equal(fx_instrument_ticks(&instrument, decimal("63025.4"), &px, &reject), FX_OK);
    assert_int_equal(px.ticks, 630254);
    assert_decimal(fx_instrument_price(&instrument, px), "63025.4");
    assert_int_equal(fx_instrument_ticks(&instrument, decimal("2000000"), &px, &reject), FX_OK);
    assert_ticks_rejected("63025.44", "0.1", "63025.4");
    assert_ticks_rejected("63025.46", "0.1", "63025.5");
    assert_ticks_rejected("63025.45", "0.1", "63025.4"); /* a tie goes down */
    assert_ticks_rejected("0", "0.1", "0.1");
    assert_ticks_rejected("0.04", "0.1", "0.1");
    assert_ticks_rejected("-5", "0.1", "0.1");
    assert_ticks_rejected("2000000.1", "2000000", "2000000");
    assert_ticks_rejected("999999999999999999", "2000000", "2000000");
    assert_ticks_rejected("-999999999999999999.999999999999999999", "0.1", "0.1");
}

static void assert_lots_rejected(const char *quantity, const char *limit, const char *nearest)
{
    fx_qty qty = {77};
    assert_int_equal(fx_instrument_lots(&instrument, decimal(quantity), &qty, &reject),
                     FX_LOT_SIZE);
    assert_int_equal(qty.lots, 77);
    assert_int_equal(reject.field, FX_FIELD_QUANTITY);
    assert_decimal(reject.limit, limit);
    assert_decimal(reject.nearest, nearest);
}

static void instrument_lots_names_nearest_quantity(void **state)
{
    (void)state;
    fx_qty qty = {0};
    assert_int_equal(fx_instrument_lots(&instrument, decimal("1.5"), &qty, &reject), FX_OK);
    assert_int_equal(qty.lots, 1500);
    assert_decimal(fx_instrument_quantity(&instrument, qty), "1.5");
    /* Bounds are not asked: one lot is below the minimum, 1e9 lots above the maximum. */
    assert_int_equal(fx_instrument_lots(&instrument, decimal("0.001"), &qty, &reject), FX_OK);
    assert_int_equal(fx_instrument_lots(&instrument, decimal("1000000"), &qty, &reject), FX_OK);
    assert_int_equal(qty.lots, 1000000000);
    assert_lots_rejected("1.5005", "0.001", "1.5");
    assert_lots_rejected("1.5006", "0.001", "1.501");
    assert_lots_rejected("0.0005", "0.001", "0.002");
    assert_lots_rejected("0", "0.001", "0.002");
    assert_lots_rejected("-1", "0.001", "0.002");
    assert_lots_rejected("1000.0005", "1000", "1000");
    assert_lots_rejected("999999999999999999", "1000", "1000"); /* above int64 lots */
}

static void instrument_value_of_linear_is_exact(void **state)
{
    (void)state;
    fx_amount value = {0};
    assert_true(fx_instrument_value(&instrument, (fx_px){630254}, (fx_qty){1}, &value));
    assert_decimal(value.units, "63.0254");
    assert_true(fx_instrument_value(&instrument, (fx_px){1}, (fx_qty){0}, &value));
    assert_true(value.units == 0);
    /* ticks x lots above int64, and a value just inside and just outside of the range. */
    assert_true(
        fx_instrument_value(&instrument, (fx_px){9999999999}, (fx_qty){999999999999}, &value));
    assert_decimal(value.units, "999999999899000000.0001");
    value.units = 5;
    assert_false(fx_instrument_value(&instrument, (fx_px){INT64_MAX}, (fx_qty){INT64_MAX}, &value));
    assert_false(
        fx_instrument_value(&instrument, (fx_px){100000000000}, (fx_qty){100000000000}, &value));
    assert_true(value.units == 5);
    assert_true(
        fx_instrument_value(&instrument, (fx_px){100000000000}, (fx_qty){99999999999}, &value));
}

/* 3 lots of 100 USD at 21: 14.285714285714285714 | 28…: down. Ties to even:
 * 5e-19 exactly is 0, 15e-19 is 2e-18. */
static void instrument_value_of_inverse_rounds_half_even(void **state)
{
    (void)state;
    make_inverse();
    fx_amount value = {0};
    assert_true(fx_instrument_value(&instrument, (fx_px){42}, (fx_qty){3}, &value));
    assert_decimal(value.units, "14.285714285714285714");
    assert_true(fx_instrument_value(&instrument, (fx_px){46}, (fx_qty){1}, &value));
    assert_decimal(value.units, "4.347826086956521739");
    instrument.multiplier = decimal("0.000000000000000001");
    instrument.tick_size = decimal("2");
    assert_true(fx_instrument_value(&instrument, (fx_px){1}, (fx_qty){1}, &value));
    assert_true(value.units == 0);
    assert_true(fx_instrument_value(&instrument, (fx_px){1}, (fx_qty){3}, &value));
    assert_true(value.units == 2);
    assert_true(fx_instrument_value(&instrument, (fx_px){1}, (fx_qty){5}, &value));
    assert_true(value.units == 2);
    instrument.multiplier = decimal("1");
    instrument.tick_size = 1;
    assert_false(fx_instrument_value(&instrument, (fx_px){1}, (fx_qty){1}, &value));
    assert_false(fx_instrument_value(&instrument, (fx_px){1}, (fx_qty){INT64_MAX}, &value));
}

static struct fx_filter_input input_of(enum fx_side side, int64_t ticks, int64_t lots)
{
    return (struct fx_filter_input){
        .side = side,
        .type = FX_ORDER_TYPE_LIMIT,
        .price = {ticks},
        .quantity = {lots},
        .mark = {500000},
    };
}

static void assert_passes(const struct fx_filter_input *input)
{
    assert_int_equal(fx_instrument_filter(&instrument, input, &reject), FX_OK);
}

static void assert_filtered(const struct fx_filter_input *input,
                            fx_status status,
                            enum fx_field field,
                            const char *limit,
                            const char *nearest)
{
    assert_int_equal(fx_instrument_filter(&instrument, input, &reject), status);
    assert_int_equal(reject.status, status);
    assert_int_equal(reject.field, field);
    assert_decimal(reject.limit, limit);
    assert_int_equal(reject.has_nearest, nearest == NULL ? 0 : 1);
    if (nearest != NULL) {
        assert_decimal(reject.nearest, nearest);
    }
}

static void instrument_filter_of_price_and_lots_names_bounds(void **state)
{
    (void)state;
    struct fx_filter_input input = input_of(FX_SIDE_BUY, 500000, 2);
    assert_passes(&input);
    input.price.ticks = 0;
    assert_filtered(&input, FX_PRICE_FILTER, FX_FIELD_PRICE, "0.1", "0.1");
    input.price.ticks = 20000001;
    assert_filtered(&input, FX_PRICE_FILTER, FX_FIELD_PRICE, "2000000", "2000000");
    input = input_of(FX_SIDE_BUY, 500000, 1);
    assert_filtered(&input, FX_LOT_SIZE, FX_FIELD_QUANTITY, "0.002", "0.002");
    input.quantity.lots = 1000000;
    assert_passes(&input);
    input.quantity.lots = 1000001;
    assert_filtered(&input, FX_LOT_SIZE, FX_FIELD_QUANTITY, "1000", "1000");
    input.type = FX_ORDER_TYPE_MARKET;
    input.price.ticks = 0;
    assert_filtered(&input, FX_MARKET_LOT_SIZE, FX_FIELD_QUANTITY, "120", "120");
    input.quantity.lots = 120000;
    assert_passes(&input);
    input.quantity.lots = 1;
    assert_filtered(&input, FX_LOT_SIZE, FX_FIELD_QUANTITY, "0.002", "0.002");
}

/* At 1,000.0 a lot is worth 1: five lots are enough. A market order is judged at mark (50 a lot).*/
static void instrument_filter_of_notional_names_quantity(void **state)
{
    (void)state;
    instrument.band_up_ppb = 0;
    instrument.band_down_ppb = 0;
    struct fx_filter_input input = input_of(FX_SIDE_BUY, 10000, 5);
    assert_passes(&input);
    input.quantity.lots = 4;
    assert_filtered(&input, FX_MIN_NOTIONAL, FX_FIELD_QUANTITY, "5", "0.005");
    input.price.ticks = 9999; /* 5 lots are 4.9995 */
    input.quantity.lots = 5;
    assert_filtered(&input, FX_MIN_NOTIONAL, FX_FIELD_QUANTITY, "5", "0.006");
    input.is_reduce_only = true;
    assert_passes(&input);
    input.is_reduce_only = false;
    input.price.ticks = 1; /* 50,000 lots, which is 50 */
    assert_filtered(&input, FX_MIN_NOTIONAL, FX_FIELD_QUANTITY, "5", "50");
    instrument.max_lots = 49999;
    assert_filtered(&input, FX_MIN_NOTIONAL, FX_FIELD_QUANTITY, "5", NULL);
    input.type = FX_ORDER_TYPE_MARKET;
    input.quantity.lots = 2;
    input.mark.ticks = 20000; /* a lot is worth 2 */
    assert_filtered(&input, FX_MIN_NOTIONAL, FX_FIELD_QUANTITY, "5", "0.003");
    input.mark.ticks = 0;
    assert_passes(&input);
    make_inverse();
    assert_filtered(&input, FX_MIN_NOTIONAL, FX_FIELD_QUANTITY, "300", "3");
    input.quantity.lots = 3;
    assert_passes(&input);
}

/* Mark 50,000.0, 5 %: buys up to 52,500.0, sells down to 47,500.0; rounded inward. */
static void instrument_filter_of_band_names_bound(void **state)
{
    (void)state;
    struct fx_filter_input input = input_of(FX_SIDE_BUY, 525000, 10);
    assert_passes(&input);
    input.price.ticks = 525001;
    assert_filtered(&input, FX_PERCENT_PRICE, FX_FIELD_PRICE, "52500", "52500");
    input.side = FX_SIDE_SELL; /* a sell may be as high as it likes */
    assert_passes(&input);
    input.price.ticks = 475000;
    assert_passes(&input);
    input.price.ticks = 474999;
    assert_filtered(&input, FX_PERCENT_PRICE, FX_FIELD_PRICE, "47500", "47500");
    input.side = FX_SIDE_BUY;
    assert_passes(&input);
    input.mark.ticks = 500001; /* 525,001.05 and 475,000.95 */
    input.price.ticks = 525002;
    assert_filtered(&input, FX_PERCENT_PRICE, FX_FIELD_PRICE, "52500.1", "52500.1");
    input.side = FX_SIDE_SELL;
    input.price.ticks = 475000;
    assert_filtered(&input, FX_PERCENT_PRICE, FX_FIELD_PRICE, "47500.1", "47500.1");
    input.type = FX_ORDER_TYPE_MARKET;
    assert_passes(&input);
    input.type = FX_ORDER_TYPE_LIMIT;
    input.mark.ticks = 0;
    assert_passes(&input);
}

/* Asked in this order: price, lots, notional, band. */
static void instrument_filter_answers_first_failure(void **state)
{
    (void)state;
    struct fx_filter_input input = input_of(FX_SIDE_SELL, 0, 1);
    assert_int_equal(fx_instrument_filter(&instrument, &input, &reject), FX_PRICE_FILTER);
    input.price.ticks = 1;
    assert_int_equal(fx_instrument_filter(&instrument, &input, &reject), FX_LOT_SIZE);
    input.quantity.lots = 2;
    assert_int_equal(fx_instrument_filter(&instrument, &input, &reject), FX_MIN_NOTIONAL);
    input.quantity.lots = 60000;
    assert_int_equal(fx_instrument_filter(&instrument, &input, &reject), FX_PERCENT_PRICE);
}

static void instrument_take_bound_is_rounded_inward(void **state)
{
    (void)state;
    assert_int_equal(fx_instrument_take_bound(&instrument, FX_SIDE_BUY, (fx_px){1001}).ticks,
                     1031); /* .03 */
    assert_int_equal(fx_instrument_take_bound(&instrument, FX_SIDE_SELL, (fx_px){1001}).ticks,
                     971); /* 970.97 */
    assert_int_equal(fx_instrument_take_bound(&instrument, FX_SIDE_BUY, (fx_px){1}).ticks, 1);
    assert_int_equal(fx_instrument_take_bound(&instrument, FX_SIDE_SELL, (fx_px){1}).ticks, 1);
    assert_int_equal(fx_instrument_take_bound(&instrument, FX_SIDE_BUY, (fx_px){20000000}).ticks,
                     20000000);
}

static void instrument_words_roundtrip(void **state)
{
    (void)state;
    for (int type = FX_CONTRACT_TYPE_USD_M; type <= FX_CONTRACT_TYPE_COIN_M; type++) {
        const char *name = fx_instrument_contract_type_name((enum fx_contract_type)type);
        assert_int_equal(fx_instrument_contract_type_of(fx_str_of(name)), type);
    }
    for (int kind = FX_INSTRUMENT_KIND_PERPETUAL; kind <= FX_INSTRUMENT_KIND_DATED; kind++) {
        const char *name = fx_instrument_kind_name((enum fx_instrument_kind)kind);
        assert_int_equal(fx_instrument_kind_of(fx_str_of(name)), kind);
    }
    for (int number = FX_INSTRUMENT_STATE_PENDING; number <= FX_INSTRUMENT_STATE_SETTLED;
         number++) {
        const char *name = fx_instrument_state_name((enum fx_instrument_state)number);
        assert_int_equal(fx_instrument_state_of(fx_str_of(name)), number);
    }
    assert_int_equal(fx_instrument_state_of(FX_STR("trading")), 0);
    assert_string_equal(fx_instrument_field_name(FX_FIELD_NONE), "");
    assert_string_equal(fx_instrument_field_name(FX_FIELD_POSITION_SIDE), "positionSide");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(instrument_check_takes_sane_definitions, setup),
        cmocka_unit_test_setup(instrument_check_of_bad_numbers_refuses, setup),
        cmocka_unit_test_setup(instrument_check_of_bad_words_refuses, setup),
        cmocka_unit_test_setup(instrument_check_of_units_out_of_range_refuses, setup),
        cmocka_unit_test_setup(instrument_fill_cums_equals_binance_table, setup),
        cmocka_unit_test_setup(instrument_fill_cums_rounds_down, setup),
        cmocka_unit_test_setup(instrument_check_tiers_refuses_disorder, setup),
        cmocka_unit_test_setup(instrument_ticks_names_nearest_price, setup),
        cmocka_unit_test_setup(instrument_lots_names_nearest_quantity, setup),
        cmocka_unit_test_setup(instrument_value_of_linear_is_exact, setup),
        cmocka_unit_test_setup(instrument_value_of_inverse_rounds_half_even, setup),
        cmocka_unit_test_setup(instrument_filter_of_price_and_lots_names_bounds, setup),
        cmocka_unit_test_setup(instrument_filter_of_notional_names_quantity, setup),
        cmocka_unit_test_setup(instrument_filter_of_band_names_bound, setup),
        cmocka_unit_test_setup(instrument_filter_answers_first_failure, setup),
        cmocka_unit_test_setup(instrument_take_bound_is_rounded_inward, setup),
        cmocka_unit_test_setup(instrument_words_roundtrip, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
// NOLINTEND(bugprone-easily-swappable-parameters,cppcoreguidelines-avoid-non-const-global-variables,readability-function-size)
