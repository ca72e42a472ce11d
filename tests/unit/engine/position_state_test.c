/* Positions: fills, order aggregates, admission, leverage and isolated margin. */
#include "fx_test.h"
#include "money_engine.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters,cppcoreguidelines-avoid-non-const-global-variables):
// plain numbers; one engine for all tests
static struct money_engine money;

static const struct money_engine_terms LINEAR = {
    FX_CONTRACT_TYPE_USD_M, "0.01", "0.001", NULL, 10000};
static const struct money_engine_terms INVERSE = {FX_CONTRACT_TYPE_COIN_M, "0.5", "1", "1", 10000};

/* Up to 1,000: 1 %, 100x; up to 10,000: 2 %, 20x; beyond: 10 %, 5x. */
static const struct money_engine_tier TIERS[] = {
    {"1000", 5000000, 10000},
    {"10000", 20000000, 2000},
    {"100000", 100000000, 500},
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

static struct fx_position_state *at(fx_slot position)
{
    return &money.root.positions[position];
}

static struct fx_account_state *account(void)
{
    return &money.root.accounts[0];
}

/* One account with 1,000 and one flat position at 10x on a symbol with mark 100.00. */
static fx_slot begin(const struct money_engine_terms *terms, enum fx_margin_mode mode)
{
    (void)money_engine_init(&money);
    const uint32_t instrument = money_engine_list(&money, terms);
    money_engine_tiers(&money, instrument, TIERS, 3);
    money.root.listings[instrument].mark.ticks = 10000;
    (void)money_engine_account(&money, 7, "1000");
    return money_engine_position(&money, 0, instrument, 1000, mode);
}

/* PNL-01: 0.5 @ 5,000 + 0.3 @ 6,000: entry 5,375, so entry value 4,300 over 0.8. */
static void position_state_fills_of_linear_average_entry(void **state)
{
    (void)state;
    const fx_slot position = begin(&LINEAR, FX_MARGIN_MODE_CROSS);
    (void)money_engine_fill(&money, position, FX_SIDE_BUY, 500000, 500);
    (void)money_engine_fill(&money, position, FX_SIDE_BUY, 600000, 300);
    assert_int_equal(at(position)->lots, 800);
    assert_amount(at(position)->entry_value, "4300"); /* 5,375 x 0.8 */
    assert_int_equal(money.root.listings[0].open_interest_lots, 800);
    assert_int_equal(at(position)->is_touched, 1);
    assert_int_equal(account()->is_touched, 1);
}

/* PNL-02: 1,000 USD @ 5,000 + 2,000 @ 6,000: 0.2 + 0.333… BTC; 3,000 / 0.533… = 5,625.
 * PNL-03: 10 @ 100,000 + 5 @ 80,000: 15 / 0.0001625 = 92,307.69. */
static void position_state_fills_of_inverse_average_harmonically(void **state)
{
    (void)state;
    const fx_slot position = begin(&INVERSE, FX_MARGIN_MODE_CROSS);
    (void)money_engine_fill(&money, position, FX_SIDE_BUY, 10000, 1000);
    (void)money_engine_fill(&money, position, FX_SIDE_BUY, 12000, 2000);
    assert_amount(at(position)->entry_value, "0.533333333333333333");
    const fx_slot other = begin(&INVERSE, FX_MARGIN_MODE_CROSS);
    (void)money_engine_fill(&money, other, FX_SIDE_SELL, 200000, 10);
    (void)money_engine_fill(&money, other, FX_SIDE_SELL, 160000, 5);
    assert_amount(at(other)->entry_value, "0.0001625");
    assert_int_equal(at(other)->lots, -15);
    assert_int_equal(money.root.listings[0].open_interest_lots, 0);
}

/* PNL-07: 10,000 USD long 2,500 -> 2,800: 4 - 3.571428571428571429 (half-even) = 0.428571….
 * PNL-09: 15,000 USD long 750 -> 800: 20 - 18.75 = 1.25. */
static void position_state_close_of_inverse_equals_examples(void **state)
{
    (void)state;
    const fx_slot kraken = begin(&INVERSE, FX_MARGIN_MODE_CROSS);
    (void)money_engine_fill(&money, kraken, FX_SIDE_BUY, 5000, 10000);
    assert_amount(money_engine_fill(&money, kraken, FX_SIDE_SELL, 5600, 10000),
                  "0.428571428571428571");
    assert_amount(account()->balance, "1000.428571428571428571");
    const fx_slot bitmex = begin(&INVERSE, FX_MARGIN_MODE_CROSS);
    (void)money_engine_fill(&money, bitmex, FX_SIDE_BUY, 1500, 15000);
    assert_amount(at(bitmex)->entry_value, "20");
    assert_amount(money_engine_fill(&money, bitmex, FX_SIDE_SELL, 1600, 15000), "1.25");
    assert_amount(at(bitmex)->entry_value, "0");
    assert_amount(at(bitmex)->realized_pnl, "1.25");
}

/* PNL-11: short 0.4 @ 6,000 -> 5,000, fees 0.055 %: 400 - 1.32 - 1.10 = 397.58. */
static void position_state_close_of_short_equals_bybit_example(void **state)
{
    (void)state;
    const fx_slot position = begin(&LINEAR, FX_MARGIN_MODE_CROSS);
    const fx_rate rate = {550000};
    (void)money_engine_fill(&money, position, FX_SIDE_SELL, 600000, 400);
    const fx_amount opened = fx_fee_amount((fx_amount){decimal("2400")}, rate);
    assert_amount(money_engine_fill(&money, position, FX_SIDE_BUY, 500000, 400), "400");
    const fx_amount closed = fx_fee_amount((fx_amount){decimal("2000")}, rate);
    assert_amount(opened.units, "1.32");
    assert_amount(closed.units, "1.1");
    assert_true(fx_account_state_credit(&money.root, 0, -opened.units - closed.units));
    assert_amount(account()->balance, "1397.58");
}

/* Three lots for 0.1 in all (inverse, 1 / 30): closing one takes a third, towards zero; the rest
 * keeps what is left over, and the last lot takes it all. */
static void position_state_partial_close_rounds_towards_zero(void **state)
{
    (void)state;
    const fx_slot position = begin(&INVERSE, FX_MARGIN_MODE_ISOLATED);
    (void)money_engine_fill(&money, position, FX_SIDE_BUY, 42, 1); /* 1 / 21 */
    (void)money_engine_fill(&money, position, FX_SIDE_BUY, 46, 2); /* 2 / 23 */
    assert_amount(at(position)->entry_value, "0.134575569358178054");
    assert_amount(at(position)->position_margin, "0.013457556935817806"); /* two fills, each up */
    at(position)->adjust_margin = -10;
    (void)money_engine_fill(&money, position, FX_SIDE_SELL, 46, 1);
    assert_amount(at(position)->entry_value, "0.08971704623878537");
    assert_amount(at(position)->position_margin, "0.008971704623878538");
    assert_true(at(position)->adjust_margin == -7);
    (void)money_engine_fill(&money, position, FX_SIDE_SELL, 46, 2);
    assert_amount(at(position)->entry_value, "0");
    assert_amount(at(position)->position_margin, "0");
    assert_amount(at(position)->adjust_margin, "0");
}

/* Long 1 @ 100, sell 3 @ 110: closes 1 with +10 and opens short 2 for 220; realised PnL starts
 * again with the new position. */
static void position_state_fill_through_zero_turns_position(void **state)
{
    (void)state;
    const fx_slot position = begin(&LINEAR, FX_MARGIN_MODE_ISOLATED);
    (void)money_engine_fill(&money, position, FX_SIDE_BUY, 10000, 1000);
    assert_amount(at(position)->position_margin, "10");
    assert_amount(money_engine_fill(&money, position, FX_SIDE_SELL, 11000, 3000), "10");
    assert_int_equal(at(position)->lots, -2000);
    assert_amount(at(position)->entry_value, "220");
    assert_amount(at(position)->position_margin, "22");
    assert_amount(at(position)->realized_pnl, "0");
    assert_int_equal(money.root.listings[0].open_interest_lots, 0);
    assert_amount(account()->balance, "1010");
    assert_amount(money_engine_fill(&money, position, FX_SIDE_BUY, 12000, 1000), "-10");
    assert_amount(at(position)->realized_pnl, "-10");
}

/* Inverse, one fill that closes 1 of 3 lots: the closing part of the value is a third, towards
 * zero, and what is left opens; nothing is lost between the two. */
static void position_state_turning_inverse_fill_keeps_its_value(void **state)
{
    (void)state;
    const fx_slot position = begin(&INVERSE, FX_MARGIN_MODE_CROSS);
    (void)money_engine_fill(&money, position, FX_SIDE_BUY, 42, 1); /* 0.047619047619047619 */
    const fx_i128 pnl = money_engine_fill(&money, position, FX_SIDE_SELL, 46, 3);
    /* 3 / 23 = 0.130434782608695652; a third 0.043478260869565217 | 33…; opens with the rest. */
    assert_amount(pnl, "0.004140786749482402");
    assert_amount(at(position)->entry_value, "0.086956521739130435");
    assert_int_equal(at(position)->lots, -2);
}

static void position_state_acquire_finds_and_fills_pool(void **state)
{
    (void)state;
    const fx_slot position = begin(&LINEAR, FX_MARGIN_MODE_CROSS);
    struct fx_engine *engine = &money.root;
    assert_int_equal(fx_position_state_find(engine, 0, 0, FX_POSITION_SIDE_BOTH), position);
    assert_int_equal(fx_position_state_find(engine, 0, 0, FX_POSITION_SIDE_LONG), FX_SLOT_NONE);
    engine->limits.positions_max = 2;
    const fx_slot second = fx_position_state_acquire(engine, 0, 0, FX_POSITION_SIDE_LONG);
    assert_int_equal(second, 1);
    assert_int_equal(at(second)->leverage_centi, at(position)->leverage_centi); /* one setting */
    assert_int_equal(at(second)->margin_mode, FX_MARGIN_MODE_CROSS);
    assert_int_equal(at(position)->next, second);
    assert_int_equal(account()->last_position, second);
    assert_int_equal(fx_position_state_acquire(engine, 0, 0, FX_POSITION_SIDE_LONG), second);
    assert_int_equal(fx_position_state_acquire(engine, 0, 0, FX_POSITION_SIDE_SHORT), FX_SLOT_NONE);
}

static void position_state_orders_are_listed_by_arrival(void **state)
{
    (void)state;
    const fx_slot position = begin(&LINEAR, FX_MARGIN_MODE_CROSS);
    struct fx_engine *engine = &money.root;
    const struct money_engine_order buy = {FX_SIDE_BUY, 9000, 100, false};
    fx_slot order[3];
    for (int index = 0; index < 3; index++) {
        order[index] = money_engine_rest(&money, position, &buy);
    }
    assert_int_equal(at(position)->oldest_order, order[0]);
    assert_int_equal(at(position)->newest_order, order[2]);
    assert_int_equal(account()->order_count, 3);
    assert_amount(at(position)->reserve, "2.7");
    fx_position_state_remove_order(engine, order[1]);
    assert_int_equal(engine->orders[order[0]].newer, order[2]);
    assert_int_equal(engine->orders[order[2]].older, order[0]);
    assert_amount(at(position)->reserve, "1.8");
    engine->resting[order[0]].remaining.lots = 40;
    fx_position_state_resize_order(engine, order[0], (fx_qty){100});
    assert_amount(at(position)->reserve, "1.26"); /* (3.6 + 9) / 10 */
    assert_int_equal(at(position)->buy_lots, 140);
    fx_position_state_remove_order(engine, order[0]);
    fx_position_state_remove_order(engine, order[2]);
    assert_int_equal(at(position)->oldest_order, FX_SLOT_NONE);
    assert_int_equal(at(position)->newest_order, FX_SLOT_NONE);
    assert_int_equal(at(position)->order_count, 0);
    assert_int_equal(account()->order_count, 0);
    assert_true(at(position)->buy_value == 0 && at(position)->reserve == 0);
}

/* Buy 1 lot at 50, mark 40 (inverse): worth 1/40 at mark, bought for 1/50: loses 0.005. */
static void position_state_cost_counts_open_loss(void **state)
{
    (void)state;
    const fx_slot inverse = begin(&INVERSE, FX_MARGIN_MODE_CROSS);
    struct money_engine_order order = {FX_SIDE_BUY, 100, 1, false};
    struct fx_resting resting = money_engine_resting(&money, inverse, &order);
    fx_i128 value = 0;
    fx_i128 loss = 0;
    assert_true(fx_position_state_cost(&money.root, &resting, (fx_px){80}, &value, &loss));
    assert_amount(value, "0.02");
    assert_amount(loss, "0.005");
    assert_true(fx_position_state_cost(&money.root, &resting, (fx_px){120}, &value, &loss));
    assert_amount(loss, "0");
    resting.side = FX_SIDE_SELL; /* sold for 1/50 what is worth 1/60 */
    assert_true(fx_position_state_cost(&money.root, &resting, (fx_px){120}, &value, &loss));
    assert_amount(loss, "0.003333333333333333");
    resting.is_reduce_only = 1;
    assert_true(fx_position_state_cost(&money.root, &resting, (fx_px){120}, &value, &loss));
    assert_true(value == 0 && loss == 0);
}

static void position_state_cost_out_of_range_is_refused(void **state)
{
    (void)state;
    fx_i128 value = 5;
    fx_i128 loss = 5;
    const fx_slot linear = begin(&LINEAR, FX_MARGIN_MODE_CROSS);
    struct money_engine_order order = {FX_SIDE_SELL, 1, 10000000000000000, false};
    struct fx_resting resting = money_engine_resting(&money, linear, &order);
    assert_true(fx_position_state_cost(&money.root, &resting, (fx_px){1}, &value, &loss));
    assert_false(fx_position_state_cost(&money.root, &resting, (fx_px){INT64_MAX}, &value, &loss));
    resting.price.ticks = INT64_MAX;
    assert_false(fx_position_state_cost(&money.root, &resting, (fx_px){1}, &value, &loss));
    const fx_slot inverse = begin(&INVERSE, FX_MARGIN_MODE_CROSS);
    order = (struct money_engine_order){FX_SIDE_BUY, 1000000, 500000000000000000, false};
    resting = money_engine_resting(&money, inverse, &order);
    assert_false(fx_position_state_cost(&money.root, &resting, (fx_px){1}, &value, &loss));
    assert_amount(value, "100000000000");
    assert_true(loss == 0);
}

static fx_status admit(fx_slot position, enum fx_side side, int64_t ticks, int64_t lots)
{
    const struct money_engine_order order = {side, ticks, lots, false};
    const struct fx_resting resting = money_engine_resting(&money, position, &order);
    return fx_position_state_admit(&money.root, position, &resting, FX_SLOT_NONE);
}

/* 1,000 at 10x and mark 100 carry 10,000: 100 units; one lot more is too much. */
static void position_state_admit_at_the_limit_of_margin(void **state)
{
    (void)state;
    const fx_slot position = begin(&LINEAR, FX_MARGIN_MODE_CROSS);
    assert_int_equal(admit(position, FX_SIDE_BUY, 10000, 100000), FX_OK);
    money.root.accounts[0].balance--;
    assert_int_equal(admit(position, FX_SIDE_BUY, 10000, 100000), FX_INSUFFICIENT_MARGIN);
    money.root.accounts[0].balance++;
    assert_int_equal(admit(position, FX_SIDE_BUY, 10000, 100001), FX_LEVERAGE_TOO_HIGH);
    at(position)->leverage_centi = 500; /* the tier beyond 10,000 allows it; margin does not */
    assert_int_equal(admit(position, FX_SIDE_BUY, 10000, 100001), FX_INSUFFICIENT_MARGIN);
    /* A sell below mark reserves its loss: 0.99 x 1,000 / 10x + 10 = 109 > 108.99. */
    at(position)->leverage_centi = 1000;
    money.root.accounts[0].balance = decimal("109");
    assert_int_equal(admit(position, FX_SIDE_SELL, 9900, 10000), FX_OK);
    money.root.accounts[0].balance--;
    assert_int_equal(admit(position, FX_SIDE_SELL, 9900, 10000), FX_INSUFFICIENT_MARGIN);
}

/* RULES 9: 1,000 must not carry 20 orders that need 12,800 without a position. */
static void position_state_admit_counts_orders_without_position(void **state)
{
    (void)state;
    const fx_slot position = begin(&LINEAR, FX_MARGIN_MODE_CROSS);
    const struct money_engine_order order = {FX_SIDE_BUY, 6400, 10000, false}; /* 64 each */
    int admitted = 0;
    for (int index = 0; index < 20; index++) {
        if (admit(position, order.side, order.ticks, order.lots) == FX_OK) {
            (void)money_engine_rest(&money, position, &order);
            admitted++;
        }
    }
    assert_int_equal(admitted, 15); /* 960 of 1,000; the tier's cap of 10,000 holds at 9,600 */
    assert_amount(fx_margin_available(&money.root, 0), "40");
}

/* What needs no more margin is always taken: closing orders, reduce-only, the smaller side. */
static void position_state_admit_without_need_asks_for_nothing(void **state)
{
    (void)state;
    const fx_slot position = begin(&LINEAR, FX_MARGIN_MODE_CROSS);
    (void)money_engine_fill(&money, position, FX_SIDE_BUY, 10000, 10000);
    money.root.accounts[0].balance = 0;
    assert_true(fx_margin_available(&money.root, 0) < 0);
    assert_int_equal(admit(position, FX_SIDE_SELL, 10000, 10000), FX_OK);
    assert_int_equal(admit(position, FX_SIDE_SELL, 10000, 10001), FX_INSUFFICIENT_MARGIN);
    at(position)->leverage_centi = 10000; /* above what the tier of the position allows */
    assert_int_equal(admit(position, FX_SIDE_SELL, 10000, 10000), FX_OK);
    const struct money_engine_order reduce = {FX_SIDE_SELL, 1, 10000, true};
    const struct fx_resting resting = money_engine_resting(&money, position, &reduce);
    assert_int_equal(fx_position_state_admit(&money.root, position, &resting, FX_SLOT_NONE), FX_OK);
}

/* An amend takes the place of its own order: only the difference must be available. */
static void position_state_admit_in_place_of_an_order_asks_the_difference(void **state)
{
    (void)state;
    const fx_slot position = begin(&LINEAR, FX_MARGIN_MODE_CROSS);
    const struct money_engine_order order = {FX_SIDE_BUY, 9000, 100000, false};
    const fx_slot slot = money_engine_rest(&money, position, &order); /* 900 of 1,000 */
    struct fx_resting changed = money.root.resting[slot];
    changed.price.ticks = 10000;
    assert_int_equal(fx_position_state_admit(&money.root, position, &changed, slot), FX_OK);
    assert_int_equal(fx_position_state_admit(&money.root, position, &changed, FX_SLOT_NONE),
                     FX_LEVERAGE_TOO_HIGH);
    money.root.accounts[0].balance--;
    assert_int_equal(fx_position_state_admit(&money.root, position, &changed, slot),
                     FX_INSUFFICIENT_MARGIN);
}

/* M1: what all orders could move, at the highest price, stays below 1e36. */
static void position_state_admit_beyond_range_is_refused(void **state)
{
    (void)state;
    const fx_slot position = begin(&LINEAR, FX_MARGIN_MODE_CROSS);
    money.root.listings[0].definition.tier_count = 0;
    /* A lot is worth at most 1e9 ticks x 1e-5 = 1e4: 2 x 1e4 x 5e13 lots is 1e18 whole units. */
    money.root.accounts[0].balance = 0;
    money.root.accounts[0].reward_balance = fx_dec_one() * 100000000000000;
    assert_int_equal(admit(position, FX_SIDE_BUY, 1, 49990000000000), FX_OK);
    assert_int_equal(admit(position, FX_SIDE_BUY, 1, 50000000000000), FX_AMOUNT_OUT_OF_RANGE);
    assert_int_equal(admit(position, FX_SIDE_BUY, 1, INT64_MAX), FX_AMOUNT_OUT_OF_RANGE);
    at(position)->buy_lots = INT64_MAX;
    assert_int_equal(admit(position, FX_SIDE_BUY, 1, 1), FX_AMOUNT_OUT_OF_RANGE);
}

static struct fx_event_result result;

static fx_status set_leverage(int32_t leverage_centi, enum fx_margin_mode mode)
{
    struct fx_command command = {.user_id = 7};
    command.u.leverage.leverage_centi = leverage_centi;
    command.u.leverage.margin_mode = (uint32_t)mode;
    memset(&result, 0, sizeof result);
    return fx_position_setting_leverage(&money.root, &command, &result);
}

static const enum fx_margin_mode KEEP = (enum fx_margin_mode)0;

static void position_state_leverage_is_judged(void **state)
{
    (void)state;
    const fx_slot position = begin(&LINEAR, FX_MARGIN_MODE_CROSS);
    assert_int_equal(set_leverage(99, KEEP), FX_BAD_LEVERAGE);
    assert_amount(result.reject.limit, "1");
    assert_int_equal(set_leverage(-5, KEEP), FX_BAD_LEVERAGE);
    assert_int_equal(set_leverage(10001, KEEP), FX_BAD_LEVERAGE);
    assert_amount(result.reject.nearest, "100");
    assert_int_equal(result.reject.field, FX_FIELD_LEVERAGE);
    assert_int_equal(set_leverage(1000, (enum fx_margin_mode)3), FX_BAD_PARAMETER);
    assert_int_equal(set_leverage(1000, FX_MARGIN_MODE_CROSS), FX_OK);
    assert_int_equal(result.is_changed, 0);
    assert_int_equal(set_leverage(0, KEEP), FX_OK);
    assert_int_equal(result.is_changed, 0);
    assert_int_equal(at(position)->is_touched, 0);
    assert_int_equal(set_leverage(1250, KEEP), FX_OK);
    assert_int_equal(result.is_changed, 1);
    assert_int_equal(result.account_id, 1);
    assert_amount(result.amount, "12.5");
    assert_int_equal(at(position)->leverage_centi, 1250);
    assert_int_equal(at(position)->is_touched, 1);
}

static void position_state_leverage_of_unknown_is_refused(void **state)
{
    (void)state;
    (void)begin(&LINEAR, FX_MARGIN_MODE_CROSS);
    struct fx_command command = {.user_id = 8};
    assert_int_equal(fx_position_setting_leverage(&money.root, &command, &result),
                     FX_ACCOUNT_NOT_FOUND);
    command = (struct fx_command){.user_id = 7, .instrument = 1};
    assert_int_equal(fx_position_setting_leverage(&money.root, &command, &result),
                     FX_UNKNOWN_SYMBOL);
}

/* The record is made when there is something to keep, and not before. */
static void position_state_leverage_makes_record_on_demand(void **state)
{
    (void)state;
    (void)begin(&LINEAR, FX_MARGIN_MODE_CROSS);
    (void)money_engine_account(&money, 9, "10");
    struct fx_command command = {.user_id = 9};
    command.u.leverage.leverage_centi = 2000; /* the default: nothing to keep */
    memset(&result, 0, sizeof result);
    assert_int_equal(fx_position_setting_leverage(&money.root, &command, &result), FX_OK);
    assert_int_equal(money.root.position_count, 1);
    money.root.limits.positions_max = 1;
    command.u.leverage.leverage_centi = 300;
    assert_int_equal(fx_position_setting_leverage(&money.root, &command, &result), FX_CAPACITY);
    money.root.limits.positions_max = 2;
    assert_int_equal(fx_position_setting_leverage(&money.root, &command, &result), FX_OK);
    assert_int_equal(money.root.position_count, 2);
    assert_int_equal(at(1)->leverage_centi, 300);
}

static void position_state_margin_mode_is_locked_while_used(void **state)
{
    (void)state;
    const fx_slot position = begin(&LINEAR, FX_MARGIN_MODE_CROSS);
    const struct money_engine_order buy = {FX_SIDE_BUY, 9000, 100, false};
    const fx_slot order = money_engine_rest(&money, position, &buy);
    assert_int_equal(set_leverage(0, FX_MARGIN_MODE_ISOLATED), FX_MARGIN_MODE_LOCKED);
    fx_position_state_remove_order(&money.root, order);
    assert_int_equal(set_leverage(0, FX_MARGIN_MODE_ISOLATED), FX_OK);
    assert_int_equal(at(position)->margin_mode, FX_MARGIN_MODE_ISOLATED);
    (void)money_engine_fill(&money, position, FX_SIDE_BUY, 10000, 10);
    assert_int_equal(set_leverage(0, FX_MARGIN_MODE_CROSS), FX_MARGIN_MODE_LOCKED);
}

/* 90 units @ 100 need 900 at 10x and 1,000 at 9x; the reserve follows at once. */
static void position_state_cross_leverage_remargins_at_once(void **state)
{
    (void)state;
    const fx_slot position = begin(&LINEAR, FX_MARGIN_MODE_CROSS);
    const struct money_engine_order buy = {FX_SIDE_BUY, 10000, 90000, false};
    (void)money_engine_rest(&money, position, &buy);
    assert_int_equal(set_leverage(899, KEEP), FX_INSUFFICIENT_MARGIN);
    assert_int_equal(at(position)->leverage_centi, 1000);
    assert_amount(at(position)->reserve, "900");
    assert_int_equal(set_leverage(900, KEEP), FX_OK);
    assert_amount(at(position)->reserve, "1000");
    assert_int_equal(set_leverage(2001, KEEP), FX_LEVERAGE_TOO_HIGH); /* tier of 9,000: 20x */
    assert_amount(result.reject.limit, "20");
    assert_int_equal(set_leverage(2000, KEEP), FX_OK);
    assert_amount(at(position)->reserve, "450");
}

/* Isolated long 9 @ 100 at 10x: 90 of margin. At 5x 180. At 20x 45, with mark 96 (uPnL -36): 9 are
 * left over, maintenance 864 x 0.5 % = 4.32: allowed; with mark 95.45 (-40.95): 4.05 against
 * 4.295…: refused. */
static void position_state_isolated_leverage_moves_margin(void **state)
{
    (void)state;
    const fx_slot position = begin(&LINEAR, FX_MARGIN_MODE_ISOLATED);
    (void)money_engine_fill(&money, position, FX_SIDE_BUY, 10000, 9000);
    assert_amount(at(position)->position_margin, "90");
    assert_int_equal(set_leverage(500, KEEP), FX_OK);
    assert_amount(at(position)->position_margin, "180");
    assert_amount(fx_margin_available(&money.root, 0), "820");
    money.root.listings[0].mark.ticks = 9545;
    assert_int_equal(set_leverage(2000, KEEP), FX_MARGIN_NOT_REMOVABLE);
    assert_amount(at(position)->position_margin, "180");
    money.root.listings[0].mark.ticks = 9600;
    assert_int_equal(set_leverage(2000, KEEP), FX_OK);
    assert_amount(at(position)->position_margin, "45");
    /* 900 / 3x rounds to 300: the account must have the difference of 255. */
    money.root.accounts[0].balance = decimal("299.999999999999999999");
    assert_int_equal(set_leverage(300, KEEP), FX_INSUFFICIENT_MARGIN);
    money.root.accounts[0].balance = decimal("300");
    assert_int_equal(set_leverage(300, KEEP), FX_OK);
    assert_amount(at(position)->position_margin, "300");
}

static fx_status adjust(const char *amount)
{
    struct fx_command command = {.user_id = 7};
    command.u.margin.amount = decimal(amount);
    memset(&result, 0, sizeof result);
    return fx_position_setting_margin(&money.root, &command, &result);
}

/* Isolated long 1 @ 100 at 10x: 10 of margin. Mark 110: initial 11 and gains do not count, so only
 * what was added beyond 1 can be taken. Mark 95: 9.5 + 5 of loss must stay. */
static void position_state_margin_is_adjusted_within_bounds(void **state)
{
    (void)state;
    const fx_slot position = begin(&LINEAR, FX_MARGIN_MODE_ISOLATED);
    (void)money_engine_fill(&money, position, FX_SIDE_BUY, 10000, 1000);
    assert_int_equal(adjust("990.000000000000000001"), FX_INSUFFICIENT_BALANCE);
    assert_amount(result.reject.limit, "990");
    assert_int_equal(adjust("990"), FX_OK);
    assert_amount(result.amount, "990");
    assert_int_equal(result.is_changed, 1);
    assert_int_equal(at(position)->is_touched, 1);
    assert_amount(fx_margin_available(&money.root, 0), "0");
    assert_int_equal(adjust("-980"), FX_OK);
    money.root.listings[0].mark.ticks = 11000;
    assert_int_equal(adjust("-9.000000000000000001"), FX_MARGIN_NOT_REMOVABLE);
    assert_amount(result.reject.limit, "9");
    money.root.listings[0].mark.ticks = 9500;
    assert_int_equal(adjust("-5.500000000000000001"), FX_MARGIN_NOT_REMOVABLE);
    assert_amount(result.reject.limit, "5.5");
    assert_int_equal(adjust("-5.5"), FX_OK);
    assert_amount(at(position)->adjust_margin, "4.5");
    assert_amount(at(position)->position_margin, "10");
    money.root.listings[0].mark.ticks = 8000; /* under water: nothing, but no negative limit */
    assert_int_equal(adjust("-0.1"), FX_MARGIN_NOT_REMOVABLE);
    assert_amount(result.reject.limit, "0");
}

static void position_state_margin_of_wrong_position_is_refused(void **state)
{
    (void)state;
    const fx_slot position = begin(&LINEAR, FX_MARGIN_MODE_CROSS);
    assert_int_equal(adjust("1"), FX_NOT_ISOLATED);
    at(position)->margin_mode = FX_MARGIN_MODE_ISOLATED;
    assert_int_equal(adjust("1"), FX_POSITION_NOT_FOUND);
    (void)money_engine_fill(&money, position, FX_SIDE_BUY, 10000, 1000);
    assert_int_equal(adjust("0"), FX_BAD_PARAMETER);
    struct fx_command command = {.user_id = 7};
    command.u.margin.amount = fx_dec_limit();
    assert_int_equal(fx_position_setting_margin(&money.root, &command, &result),
                     FX_AMOUNT_OUT_OF_RANGE);
    command.u.margin.amount = 1;
    command.u.margin.position_side = 4;
    assert_int_equal(fx_position_setting_margin(&money.root, &command, &result), FX_BAD_PARAMETER);
    command.u.margin.position_side = FX_POSITION_SIDE_SHORT;
    assert_int_equal(fx_position_setting_margin(&money.root, &command, &result),
                     FX_POSITION_SIDE_MISMATCH);
    command.user_id = 8;
    assert_int_equal(fx_position_setting_margin(&money.root, &command, &result),
                     FX_ACCOUNT_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(position_state_fills_of_linear_average_entry),
        cmocka_unit_test(position_state_fills_of_inverse_average_harmonically),
        cmocka_unit_test(position_state_close_of_inverse_equals_examples),
        cmocka_unit_test(position_state_close_of_short_equals_bybit_example),
        cmocka_unit_test(position_state_partial_close_rounds_towards_zero),
        cmocka_unit_test(position_state_fill_through_zero_turns_position),
        cmocka_unit_test(position_state_turning_inverse_fill_keeps_its_value),
        cmocka_unit_test(position_state_acquire_finds_and_fills_pool),
        cmocka_unit_test(position_state_orders_are_listed_by_arrival),
        cmocka_unit_test(position_state_cost_counts_open_loss),
        cmocka_unit_test(position_state_cost_out_of_range_is_refused),
        cmocka_unit_test(position_state_admit_at_the_limit_of_margin),
        cmocka_unit_test(position_state_admit_counts_orders_without_position),
        cmocka_unit_test(position_state_admit_without_need_asks_for_nothing),
        cmocka_unit_test(position_state_admit_in_place_of_an_order_asks_the_difference),
        cmocka_unit_test(position_state_admit_beyond_range_is_refused),
        cmocka_unit_test(position_state_leverage_is_judged),
        cmocka_unit_test(position_state_leverage_of_unknown_is_refused),
        cmocka_unit_test(position_state_leverage_makes_record_on_demand),
        cmocka_unit_test(position_state_margin_mode_is_locked_while_used),
        cmocka_unit_test(position_state_cross_leverage_remargins_at_once),
        cmocka_unit_test(position_state_isolated_leverage_moves_margin),
        cmocka_unit_test(position_state_margin_is_adjusted_within_bounds),
        cmocka_unit_test(position_state_margin_of_wrong_position_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
// NOLINTEND(bugprone-easily-swappable-parameters,cppcoreguidelines-avoid-non-const-global-variables)
