/* Every expected decimal is computed by hand in the comment above it. */
#include "model/rows.h"

#include <string.h>

#include "fx_test.h"

static fx_i128 dec(const char *text)
{
    fx_i128 units = 0;
    assert_int_equal(fx_dec_parse(fx_str_of(text), &units), FX_OK);
    return units;
}

static void assert_dec(fx_i128 units, const char *expected)
{
    char text[FX_DEC_TEXT_SIZE_MAX];
    fx_dec_format(units, text);
    assert_string_equal(text, expected);
}

/* tick 0.1, lot 0.001: one tick and lot is worth 0.0001 USDT. */
static struct fx_instrument linear(void)
{
    struct fx_instrument instrument = {
        .tick_size = dec("0.1"),
        .lot_size = dec("0.001"),
        .multiplier = dec("1"),
        .instrument_id = 3,
        .contract_type = FX_CONTRACT_TYPE_USD_M,
        .kind = FX_INSTRUMENT_KIND_PERPETUAL,
    };
    assert_true(fx_ids_symbol(FX_STR("BTCUSDT"), &instrument.symbol));
    assert_true(fx_ids_asset(FX_STR("USDT"), &instrument.settle));
    return instrument;
}

/* A contract of 100 USD, margined in BTC. */
static struct fx_instrument inverse(void)
{
    struct fx_instrument instrument = {
        .tick_size = dec("0.5"),
        .lot_size = dec("1"),
        .multiplier = dec("100"),
        .instrument_id = 4,
        .contract_type = FX_CONTRACT_TYPE_COIN_M,
        .kind = FX_INSTRUMENT_KIND_PERPETUAL,
    };
    assert_true(fx_ids_symbol(FX_STR("BTCUSD"), &instrument.symbol));
    assert_true(fx_ids_asset(FX_STR("BTC"), &instrument.settle));
    return instrument;
}

static struct fx_event event_of(enum fx_event_kind kind)
{
    struct fx_event event;
    memset(&event, 0, sizeof event);
    event.kind = (uint16_t)kind;
    event.sequence = 7;
    event.index = 2;
    event.time_us = 1700000000123456;
    return event;
}

/* 3 of 5 lots are filled; every other member has a value of its own. */
static struct fx_event partial_fill(void)
{
    struct fx_event event = event_of(FX_EVENT_ORDER);
    struct fx_event_order *order = &event.u.order;
    order->instrument = 3;
    order->order_id = 11;
    order->account_id = 12;
    order->user_id = 13;
    order->tmp_id = 14;
    order->price_ticks = 1002;
    order->lots = 5;
    order->remaining_lots = 2;
    /* 2 lots at 1001 ticks and 1 lot at 1002: (2002 + 1002) x 0.0001 = 0.3004. */
    order->filled_value = dec("0.3004");
    order->order_margin = dec("0.02004");
    order->leverage_centi = 1250;
    order->created_us = 5;
    order->updated_us = 6;
    order->expire_us = 7;
    order->side = FX_SIDE_BUY;
    order->type = FX_ORDER_TYPE_LIMIT;
    order->time_in_force = FX_TIME_IN_FORCE_GTD;
    order->status = FX_ORDER_STATUS_PARTIALLY_FILLED;
    order->note = FX_ORDER_NOTE_SELF_TRADE;
    order->stp_mode = FX_STP_MODE_EXPIRE_BOTH;
    order->margin_mode = FX_MARGIN_MODE_ISOLATED;
    order->position_side = FX_POSITION_SIDE_BOTH;
    order->is_reduce_only = 1;
    order->post_only_mode = FX_POST_ONLY_MODE_SLIDE;
    assert_true(fx_ids_client_id(FX_STR("mine:1"), &order->client_id));
    return event;
}

static void rows_order_of_partial_fill_shows_average(void **state)
{
    (void)state;
    const struct fx_instrument instrument = linear();
    const struct fx_event event = partial_fill();
    struct fx_rows_order row;
    memset(&row, 0xff, sizeof row);
    fx_rows_order_of(&event, &instrument, &row);
    assert_dec(row.quantity, "0.005");
    assert_dec(row.remaining, "0.002");
    assert_dec(row.price, "100.2");
    /* 0.3004 / 0.003 = 100.1333… */
    assert_dec(row.executed_price, "100.133333333333333333");
    assert_dec(row.cost, "0.3004");
    assert_dec(row.order_margin, "0.02004");
    assert_dec(row.leverage, "12.5");
}

static void rows_order_of_keeps_words_and_ids(void **state)
{
    (void)state;
    const struct fx_instrument instrument = linear();
    const struct fx_event event = partial_fill();
    struct fx_rows_order row;
    fx_rows_order_of(&event, &instrument, &row);
    assert_int_equal(row.operation_id, 7 * 1048576 + 2);
    assert_int_equal(row.id, 11);
    assert_int_equal(row.account_id, 12);
    assert_int_equal(row.user_id, 13);
    assert_int_equal(row.tmp_id, 14);
    assert_int_equal(row.created_us, 5);
    assert_int_equal(row.updated_us, 6);
    assert_int_equal(row.expire_us, 7);
    assert_int_equal(row.side, FX_SIDE_BUY);
    assert_int_equal(row.type, FX_ORDER_TYPE_LIMIT);
    assert_int_equal(row.time_in_force, FX_TIME_IN_FORCE_GTD);
    assert_int_equal(row.status, FX_ORDER_STATUS_PARTIALLY_FILLED);
    assert_int_equal(row.note, FX_ORDER_NOTE_SELF_TRADE);
    assert_int_equal(row.stp_mode, FX_STP_MODE_EXPIRE_BOTH);
    assert_int_equal(row.margin_mode, FX_MARGIN_MODE_ISOLATED);
    assert_int_equal(row.position_side, FX_POSITION_SIDE_BOTH);
    assert_int_equal(row.contract_type, FX_CONTRACT_TYPE_USD_M);
    assert_true(row.is_reduce_only);
    assert_true(row.is_post_only);
    assert_int_equal(row.instrument, 3);
    assert_string_equal(row.symbol.text, "BTCUSDT");
    assert_string_equal(row.asset.text, "USDT");
    assert_int_equal(row.client_id.size, 6);
}

static void rows_order_of_unfilled_has_no_average(void **state)
{
    (void)state;
    const struct fx_instrument instrument = linear();
    struct fx_event event = event_of(FX_EVENT_ORDER);
    event.u.order.instrument = 3;
    event.u.order.lots = 5;
    event.u.order.remaining_lots = 5;
    event.u.order.type = FX_ORDER_TYPE_MARKET;
    event.u.order.price_ticks = 77; /* its bound is nobody's business */
    struct fx_rows_order row;
    fx_rows_order_of(&event, &instrument, &row);
    assert_dec(row.executed_price, "0");
    assert_dec(row.price, "0");
}

static void rows_order_of_a_trigger_says_how_it_executes(void **state)
{
    (void)state;
    const struct fx_instrument instrument = linear();
    struct fx_event event = event_of(FX_EVENT_ORDER);
    event.u.order.instrument = 3;
    event.u.order.type = FX_ORDER_TYPE_TAKE_PROFIT_LIMIT;
    event.u.order.price_ticks = 1002;
    event.u.order.trigger_ticks = 1001;
    event.u.order.source = FX_TRIGGER_SOURCE_INDEX;
    event.u.order.condition = FX_TRIGGER_CONDITION_GT;
    event.u.order.is_close_position = 1;
    struct fx_rows_order row;
    fx_rows_order_of(&event, &instrument, &row);
    assert_int_equal(row.type, FX_ORDER_TYPE_LIMIT);
    assert_int_equal(row.tp_sl_type, FX_ORDER_TYPE_TAKE_PROFIT_LIMIT);
    assert_int_equal(row.trigger, FX_TRIGGER_SOURCE_INDEX);
    assert_int_equal(row.stop_condition, FX_TRIGGER_CONDITION_GT);
    assert_true(row.is_close_position);
    assert_dec(row.price, "100.2");
    assert_dec(row.tp_sl_price, "100.1");
    event.u.order.type = FX_ORDER_TYPE_TRAILING_STOP;
    event.u.order.callback_ppb = 1500000;
    fx_rows_order_of(&event, &instrument, &row);
    assert_int_equal(row.type, FX_ORDER_TYPE_MARKET);
    assert_dec(row.price, "0");
    assert_dec(row.tp_sl_price, "0");
    assert_dec(row.activation_price, "100.1");
    assert_dec(row.callback_rate, "0.15"); /* percent */
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a decimal and a count
static fx_i128 average_of(fx_i128 value, int64_t lots)
{
    const struct fx_instrument instrument = linear();
    struct fx_event event = event_of(FX_EVENT_ORDER);
    event.u.order.instrument = 3;
    event.u.order.lots = lots;
    event.u.order.filled_value = value;
    struct fx_rows_order row;
    fx_rows_order_of(&event, &instrument, &row);
    return row.executed_price;
}

static void rows_average_ties_go_to_even(void **state)
{
    (void)state;
    /* 2000 lots are 2.0: units / 2 is 0.5, 1.5, 2.5 of the last digit. */
    assert_true(average_of(1, 2000) == 0);
    assert_true(average_of(3, 2000) == 2);
    assert_true(average_of(5, 2000) == 2);
    assert_true(average_of(7, 2000) == 4);
}

static void rows_position_of_inverse_short_shows_harmonic_mean(void **state)
{
    (void)state;
    const struct fx_instrument instrument = inverse();
    struct fx_event event = event_of(FX_EVENT_POSITION);
    struct fx_event_position *position = &event.u.position;
    position->instrument = 4;
    position->lots = -30;
    /* 10 at 20,000: 1000 / 20000 = 0.05 BTC; 20 at 25,000: 2000 / 25000 = 0.08 BTC. */
    position->entry_value = dec("0.13");
    position->position_margin = dec("0.013");
    position->adjust_margin = dec("-0.001");
    position->order_cost = dec("0.5");
    position->realized_pnl = dec("-0.25");
    position->position_id = 21;
    position->account_id = 22;
    position->user_id = 23;
    position->liquidation_ticks = 50001;
    position->bankrupt_ticks = 50103;
    position->leverage_centi = 1000;
    position->margin_mode = FX_MARGIN_MODE_ISOLATED;
    position->position_side = FX_POSITION_SIDE_BOTH;

    struct fx_rows_position row;
    memset(&row, 0xff, sizeof row);
    fx_rows_position_of(&event, &instrument, &row);
    assert_dec(row.current_qty, "-30");
    /* 3000 / 0.13 = 23076.923076923076923076|923… */
    assert_dec(row.entry_price, "23076.923076923076923077");
    assert_dec(row.entry_value, "0.13");
    assert_dec(row.liquidation_price, "25000.5");
    assert_dec(row.bankrupt_price, "25051.5");
    assert_dec(row.position_margin, "0.013");
    assert_dec(row.adjust_margin, "-0.001");
    assert_dec(row.order_cost, "0.5");
    assert_dec(row.realized_pnl, "-0.25");
    assert_dec(row.leverage, "10");
    assert_int_equal(row.updated_us, 1700000000123456);
    assert_int_equal(row.contract_type, FX_CONTRACT_TYPE_COIN_M);
    assert_string_equal(row.asset.text, "BTC");
    assert_int_equal(row.id, 21);
    assert_int_equal(row.account_id, 22);
    assert_int_equal(row.user_id, 23);
}

/* Found by the simulator: such a price ended the process when it was written. */
static void rows_position_of_a_liquidation_beyond_all_decimals_has_none(void **state)
{
    (void)state;
    const struct fx_instrument instrument = inverse();
    struct fx_event event = event_of(FX_EVENT_POSITION);
    struct fx_rows_position row;
    event.u.position.instrument = 4;
    event.u.position.lots = -1;
    event.u.position.entry_value = dec("0.001");
    event.u.position.liquidation_ticks = 1999999999999999999; /* at a tick of 0.5 the last one */
    event.u.position.bankrupt_ticks = 2000000000000000000;
    fx_rows_position_of(&event, &instrument, &row);
    assert_dec(row.liquidation_price, "999999999999999999.5");
    assert_dec(row.bankrupt_price, "0");
}

static void rows_position_of_flat_has_no_entry_price(void **state)
{
    (void)state;
    const struct fx_instrument instrument = inverse();
    struct fx_event event = event_of(FX_EVENT_POSITION);
    event.u.position.instrument = 4;
    struct fx_rows_position row;
    fx_rows_position_of(&event, &instrument, &row);
    assert_dec(row.entry_price, "0");
    assert_dec(row.current_qty, "0");
}

static void rows_account_of_copies_amounts(void **state)
{
    (void)state;
    struct fx_event event = event_of(FX_EVENT_ACCOUNT);
    event.u.account.balance = dec("1000.000000000000000001");
    event.u.account.reward_balance = dec("5");
    event.u.account.account_id = 31;
    event.u.account.user_id = 32;
    event.u.account.flags = FX_ACCOUNT_FLAG_BOT;
    assert_true(fx_ids_asset(FX_STR("USDT"), &event.u.account.asset));
    struct fx_rows_account row;
    fx_rows_account_of(&event, &row);
    assert_dec(row.balance, "1000.000000000000000001");
    assert_dec(row.reward_balance, "5");
    assert_int_equal(row.id, 31);
    assert_int_equal(row.user_id, 32);
    assert_int_equal(row.flags, FX_ACCOUNT_FLAG_BOT);
    assert_int_equal(row.operation_id, 7 * 1048576 + 2);
}

static struct fx_rows_trade trade_row(void)
{
    const struct fx_instrument instrument = linear();
    struct fx_event event = event_of(FX_EVENT_TRADE);
    struct fx_event_trade *trade = &event.u.trade;
    trade->instrument = 3;
    trade->trade_id = 41;
    trade->price_ticks = 1001;
    trade->lots = 2;
    trade->value = dec("0.2002");
    trade->buy_fee = dec("0.00008008");   /* 0.04 % */
    trade->sell_fee = dec("-0.00002002"); /* a rebate of 0.01 % */
    trade->buy_fee_ppb = 400000;
    trade->sell_fee_ppb = -100000;
    trade->buy_pnl = 0;
    trade->sell_pnl = dec("0.01");
    trade->buy_account_id = 51;
    trade->sell_account_id = 52;
    trade->buy_user_id = 61;
    trade->sell_user_id = 62;
    trade->buy_order_id = 71;
    trade->sell_order_id = 72;
    trade->buyer_is_taker = 1;
    trade->note = FX_TRADE_NOTE_LIQUIDATION;
    struct fx_rows_trade row;
    memset(&row, 0xff, sizeof row);
    fx_rows_trade_of(&event, &instrument, &row);
    return row;
}

static void rows_trade_of_converts(void **state)
{
    (void)state;
    const struct fx_rows_trade row = trade_row();
    assert_dec(row.price, "100.1");
    assert_dec(row.quantity, "0.002");
    assert_dec(row.value, "0.2002");
    assert_dec(row.buy_fee_rate, "0.0004");
    assert_dec(row.sell_fee_rate, "-0.0001");
    assert_dec(row.realized_pnl_sell, "0.01");
    assert_int_equal(row.id, 41);
    assert_int_equal(row.created_us, 1700000000123456);
    assert_true(row.buyer_is_taker);
    assert_int_equal(row.note, FX_TRADE_NOTE_LIQUIDATION);
    assert_int_equal(row.buy_order_id, 71);
    assert_int_equal(row.sell_order_id, 72);
}

static void rows_trade_transactions_sum_to_fee_and_pnl(void **state)
{
    (void)state;
    const struct fx_rows_trade trade = trade_row();
    struct fx_rows_transaction rows[4];
    /* The buyer has no PnL: that leg is left out, the numbers of the others stay. */
    assert_int_equal(fx_rows_trade_transactions(&trade, rows), 3);
    const uint64_t operation_id = 7 * 1048576 + 2;
    assert_int_equal(rows[0].id, operation_id * 4 + 0);
    assert_int_equal(rows[0].type, FX_TRANSACTION_TRADING_FEE);
    assert_int_equal(rows[0].account_id, 51);
    assert_int_equal(rows[0].user_id, 61);
    assert_dec(rows[0].amount, "-0.00008008");
    assert_int_equal(rows[1].id, operation_id * 4 + 2);
    assert_int_equal(rows[1].type, FX_TRANSACTION_TRADING_FEE);
    assert_dec(rows[1].amount, "0.00002002"); /* the rebate is received */
    assert_int_equal(rows[2].id, operation_id * 4 + 3);
    assert_int_equal(rows[2].type, FX_TRANSACTION_REALIZED_PNL);
    assert_int_equal(rows[2].account_id, 52);
    assert_dec(rows[2].amount, "0.01");
    fx_i128 sum = 0;
    for (int index = 0; index < 3; index++) {
        assert_string_equal(rows[index].asset.text, "USDT");
        assert_true(rows[index].has_symbol);
        assert_string_equal(rows[index].symbol.text, "BTCUSDT");
        assert_int_equal(rows[index].operation_id, operation_id);
        sum += rows[index].amount;
    }
    const fx_i128 expected =
        trade.realized_pnl_buy + trade.realized_pnl_sell - trade.buy_fee - trade.sell_fee;
    assert_true(sum == expected);
}

static void rows_trade_transactions_name_what_was_forced(void **state)
{
    (void)state;
    struct fx_rows_trade trade = trade_row(); /* of a liquidation; the buyer was the taker */
    struct fx_rows_transaction rows[4];
    trade.realized_pnl_buy = dec("-5");
    assert_int_equal(fx_rows_trade_transactions(&trade, rows), 4);
    assert_int_equal(rows[1].type, FX_TRANSACTION_LIQUIDATION_CLEARANCE);
    assert_int_equal(rows[3].type, FX_TRANSACTION_REALIZED_PNL);
    trade.buyer_is_taker = false;
    assert_int_equal(fx_rows_trade_transactions(&trade, rows), 4);
    assert_int_equal(rows[1].type, FX_TRANSACTION_REALIZED_PNL);
    assert_int_equal(rows[3].type, FX_TRANSACTION_LIQUIDATION_CLEARANCE);
    trade.note = FX_TRADE_NOTE_NONE;
    assert_int_equal(fx_rows_trade_transactions(&trade, rows), 4);
    assert_int_equal(rows[3].type, FX_TRANSACTION_REALIZED_PNL);
}

static void rows_transaction_of_without_instrument_has_no_symbol(void **state)
{
    (void)state;
    struct fx_event event = event_of(FX_EVENT_TRANSACTION);
    event.u.transaction.amount = dec("-12.5");
    event.u.transaction.type = FX_TRANSACTION_WITHDRAWAL;
    event.u.transaction.instrument = FX_COMMAND_ALL_INSTRUMENTS;
    event.u.transaction.account_id = 81;
    event.u.transaction.user_id = 82;
    assert_true(fx_ids_asset(FX_STR("USDT"), &event.u.transaction.asset));
    struct fx_rows_transaction row;
    fx_rows_transaction_of(&event, NULL, &row);
    assert_dec(row.amount, "-12.5");
    assert_false(row.has_symbol);
    assert_int_equal(row.id, (7 * 1048576 + 2) * 4);
    assert_int_equal(row.account_id, 81);

    const struct fx_instrument instrument = linear();
    event.u.transaction.instrument = 3;
    event.u.transaction.type = FX_TRANSACTION_FUNDING_FEE;
    fx_rows_transaction_of(&event, &instrument, &row);
    assert_true(row.has_symbol);
    assert_string_equal(row.symbol.text, "BTCUSDT");
}

static void rows_rate_and_leverage_are_decimals(void **state)
{
    (void)state;
    assert_dec(fx_rows_rate(200000), "0.0002");
    assert_dec(fx_rows_rate(-1), "-0.000000001");
    assert_dec(fx_rows_leverage(12500), "125");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_order_of_partial_fill_shows_average),
        cmocka_unit_test(rows_order_of_keeps_words_and_ids),
        cmocka_unit_test(rows_order_of_unfilled_has_no_average),
        cmocka_unit_test(rows_order_of_a_trigger_says_how_it_executes),
        cmocka_unit_test(rows_average_ties_go_to_even),
        cmocka_unit_test(rows_position_of_inverse_short_shows_harmonic_mean),
        cmocka_unit_test(rows_position_of_flat_has_no_entry_price),
        cmocka_unit_test(rows_position_of_a_liquidation_beyond_all_decimals_has_none),
        cmocka_unit_test(rows_account_of_copies_amounts),
        cmocka_unit_test(rows_trade_of_converts),
        cmocka_unit_test(rows_trade_transactions_sum_to_fee_and_pnl),
        cmocka_unit_test(rows_trade_transactions_name_what_was_forced),
        cmocka_unit_test(rows_transaction_of_without_instrument_has_no_symbol),
        cmocka_unit_test(rows_rate_and_leverage_are_decimals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
