/* wire/wire_rows and wire_public: the exact text of each object, which others parse. */
#include "wire/wire_rows.h"

#include <jansson.h>
#include <string.h>

#include "fx_test.h"
#include "wire/wire_public.h"

static void expect(struct fx_buf *buf, const char *text)
{
    json_error_t error;
    assert_false(buf->is_overflow);
    fx_buf_append_byte(buf, '\0');
    assert_string_equal(buf->data, text);
    json_t *json = json_loads(buf->data, JSON_REJECT_DUPLICATES, &error);
    assert_non_null(json); /* and it is JSON to somebody else */
    json_decref(json);
    fx_buf_deinit(buf);
}

static fx_i128 decimal(const char *text)
{
    fx_i128 units = 0;
    assert_int_equal(fx_dec_parse(fx_str_of(text), &units), FX_OK);
    return units;
}

static struct fx_rows_order order_row(void)
{
    struct fx_rows_order row = {.quantity = decimal("0.003"),
                                .price = decimal("65000.1"),
                                .remaining = decimal("0.002"),
                                .executed_price = decimal("65000.05"),
                                .cost = decimal("65.00005"),
                                .order_margin = decimal("6.500010000000000001"),
                                .leverage = decimal("20"),
                                .operation_id = 9007199254740993U, /* 2^53 + 1: not a double */
                                .id = 42,
                                .account_id = 7,
                                .user_id = 5,
                                .created_us = 1700000000123456,
                                .updated_us = 1700000000999999,
                                .side = FX_SIDE_BUY,
                                .type = FX_ORDER_TYPE_LIMIT,
                                .time_in_force = FX_TIME_IN_FORCE_GTC,
                                .status = FX_ORDER_STATUS_PARTIALLY_FILLED,
                                .stp_mode = FX_STP_MODE_EXPIRE_MAKER,
                                .margin_mode = FX_MARGIN_MODE_CROSS,
                                .position_side = FX_POSITION_SIDE_BOTH,
                                .contract_type = FX_CONTRACT_TYPE_USD_M};
    assert_true(fx_ids_symbol(FX_STR("BTCUSDT"), &row.symbol));
    assert_true(fx_ids_asset(FX_STR("USDT"), &row.asset));
    return row;
}

#define ORDER_HEAD                                                                                 \
    "{\"id\":42,\"accountId\":7,\"userId\":5,\"symbol\":\"BTCUSDT\",\"side\":\"BUY\","             \
    "\"type\":\"LIMIT\",\"quantity\":\"0.003\",\"price\":\"65000.1\",\"remaining\":\"0.002\","     \
    "\"executedPrice\":\"65000.05\",\"status\":\"PARTIALLY_FILLED\",\"leverage\":\"20\","          \
    "\"marginMode\":\"CROSS\",\"isReduceOnly\":false,\"isPostOnly\":false,"                        \
    "\"timeInForce\":\"GTC\","
#define ORDER_MIDDLE                                                                               \
    "\"stpMode\":\"EXPIRE_MAKER\",\"positionSide\":\"BOTH\",\"contractType\":\"USD_M\","
#define ORDER_COST                                                                                 \
    "\"asset\":\"USDT\",\"cost\":\"65.00005\",\"orderMargin\":\"6.500010000000000001\","
#define ORDER_TAIL                                                                                 \
    "\"operationId\":\"9007199254740993\",\"createdAt\":1700000000123,"                            \
    "\"updatedAt\":1700000000999}"

static void wire_rows_order_has_seed_names_and_exact_numbers(void **state)
{
    (void)state;
    struct fx_buf buf;
    struct fx_rows_order row = order_row();
    fx_buf_init(&buf, 4096);
    fx_wire_rows_order(&buf, &row);
    expect(&buf, ORDER_HEAD ORDER_MIDDLE ORDER_COST ORDER_TAIL);
}

static void wire_rows_order_optional_members_appear_when_set(void **state)
{
    (void)state;
    struct fx_buf buf;
    struct fx_rows_order row = order_row();
    row.expire_us = 1700000060000000;
    row.note = FX_ORDER_NOTE_SELF_TRADE;
    row.tmp_id = UINT64_MAX;
    assert_true(fx_ids_client_id(FX_STR("a:b/c-1"), &row.client_id));
    fx_buf_init(&buf, 4096);
    fx_wire_rows_order(&buf, &row);
    expect(&buf,
           ORDER_HEAD
           "\"expireTime\":1700000060000," ORDER_MIDDLE "\"note\":\"SELF_TRADE\"," ORDER_COST
           "\"tmpId\":\"18446744073709551615\",\"clientOrderId\":\"a:b/c-1\"," ORDER_TAIL);
}

static void wire_rows_order_of_a_trigger_says_what_it_waits_for(void **state)
{
    (void)state;
    struct fx_buf buf;
    struct fx_rows_order row = order_row();
    row.tp_sl_type = FX_ORDER_TYPE_STOP_LIMIT;
    row.trigger = FX_TRIGGER_SOURCE_MARK;
    row.stop_condition = FX_TRIGGER_CONDITION_LT;
    row.tp_sl_price = fx_dec_one() * 3;
    row.is_close_position = true;
    row.is_price_protected = true;
    fx_buf_init(&buf, 4096);
    fx_wire_rows_order(&buf, &row);
    expect(
        &buf,
        ORDER_HEAD ORDER_MIDDLE
        "\"tpSLType\":\"STOP_LIMIT\",\"trigger\":\"ORACLE\",\"stopCondition\":\"LT\","
        "\"tpSLPrice\":\"3\",\"closePosition\":true,\"priceProtect\":true," ORDER_COST ORDER_TAIL);
    row.tp_sl_type = FX_ORDER_TYPE_TRAILING_STOP;
    row.callback_rate = fx_dec_one() / 10;
    row.activation_price = fx_dec_one() * 7;
    row.is_close_position = false;
    row.is_price_protected = false;
    fx_buf_init(&buf, 4096);
    fx_wire_rows_order(&buf, &row);
    expect(&buf,
           ORDER_HEAD ORDER_MIDDLE
           "\"tpSLType\":\"TRAILING_STOP\",\"trigger\":\"ORACLE\",\"stopCondition\":\"LT\","
           "\"callbackRate\":\"0.1\",\"activationPrice\":\"7\"," ORDER_COST ORDER_TAIL);
}

static void wire_rows_account_is_exact(void **state)
{
    (void)state;
    struct fx_buf buf;
    struct fx_rows_account row = {.balance = -1,
                                  .reward_balance = fx_dec_limit() - 1,
                                  .operation_id = 1,
                                  .id = 2,
                                  .user_id = 3,
                                  .updated_us = 4000};
    assert_true(fx_ids_asset(FX_STR("BTC"), &row.asset));
    fx_buf_init(&buf, 4096);
    fx_wire_rows_account(&buf, &row);
    expect(&buf,
           "{\"id\":2,\"asset\":\"BTC\",\"balance\":\"-0.000000000000000001\",\"userId\":3,"
           "\"operationId\":\"1\",\"rewardBalance\":\"999999999999999999.999999999999999999\","
           "\"updatedAt\":4}");
}

static void wire_rows_fill_shows_only_the_own_side(void **state)
{
    (void)state;
    struct fx_buf buf;
    struct fx_rows_trade row = {.price = decimal("10"),
                                .quantity = decimal("2"),
                                .value = decimal("20"),
                                .buy_fee = decimal("0.01"),
                                .sell_fee = decimal("-0.004"),
                                .buy_fee_rate = decimal("0.0005"),
                                .sell_fee_rate = decimal("-0.0002"),
                                .realized_pnl_sell = decimal("3.5"),
                                .operation_id = 77,
                                .id = 6,
                                .buy_order_id = 100,
                                .sell_order_id = 200,
                                .buy_account_id = 11,
                                .sell_account_id = 22,
                                .buy_user_id = 1,
                                .sell_user_id = 2,
                                .created_us = 5000,
                                .buyer_is_taker = true,
                                .contract_type = FX_CONTRACT_TYPE_USD_M};
    assert_true(fx_ids_symbol(FX_STR("X"), &row.symbol));
    assert_true(fx_ids_asset(FX_STR("USDT"), &row.asset));
    fx_buf_init(&buf, 4096);
    fx_wire_rows_fill(&buf, &row, 2);
    expect(&buf,
           "{\"id\":6,\"symbol\":\"X\",\"price\":\"10\",\"quantity\":\"2\",\"value\":\"20\","
           "\"asset\":\"USDT\",\"side\":\"SELL\",\"orderId\":200,\"accountId\":22,"
           "\"isTaker\":false,\"fee\":\"-0.004\",\"feeRate\":\"-0.0002\",\"realizedPnl\":\"3.5\","
           "\"buyerIsTaker\":true,\"operationId\":\"77\",\"createdAt\":5}");
    fx_buf_init(&buf, 4096);
    fx_wire_rows_public_trade(&buf, &row);
    expect(&buf,
           "{\"id\":6,\"symbol\":\"X\",\"price\":\"10\",\"quantity\":\"2\","
           "\"buyerIsTaker\":true,\"createdAt\":5}");
}

static void wire_public_error_tells_limit_and_nearest(void **state)
{
    (void)state;
    struct fx_buf buf;
    const struct fx_wire_public_error error = {.status = FX_LOT_SIZE,
                                               .field = FX_STR("quantity"),
                                               .has_limit = true,
                                               .limit = decimal("0.001"),
                                               .has_nearest = true,
                                               .nearest = decimal("0.002"),
                                               .request_id = FX_STR("r-1"),
                                               .time_ms = 9};
    fx_buf_init(&buf, 4096);
    fx_wire_public_error(&buf, &error);
    expect(&buf,
           "{\"code\":\"LOT_SIZE\",\"number\":506,\"statusCode\":422,\"message\":\"the quantity is "
           "not a multiple of the lot size within its bounds\",\"field\":\"quantity\","
           "\"limit\":\"0.001\",\"nearest\":\"0.002\",\"executed\":\"no\",\"retryable\":false,"
           "\"requestId\":\"r-1\",\"serverTime\":9}");
}

static void wire_public_ticker_percent_is_rounded_half_even(void **state)
{
    (void)state;
    struct fx_buf buf;
    struct fx_instrument instrument;
    memset(&instrument, 0, sizeof instrument);
    instrument.tick_size = decimal("0.5");
    instrument.lot_size = decimal("0.1");
    assert_true(fx_ids_symbol(FX_STR("X"), &instrument.symbol));
    const struct fx_wire_public_ticker ticker = {.value = decimal("12.5"),
                                                 .open_ticks = 3,
                                                 .high_ticks = 4,
                                                 .low_ticks = 2,
                                                 .last_ticks = 2,
                                                 .lots = 7,
                                                 .count = 2,
                                                 .best_bid = {1, 5},
                                                 .time_us = 8000};
    fx_buf_init(&buf, 4096);
    fx_wire_public_ticker(&buf, &instrument, &ticker);
    /* (2 - 3) / 3 = -33.333… % */
    expect(&buf,
           "{\"symbol\":\"X\",\"lastPrice\":\"1\",\"openPrice\":\"1.5\",\"highPrice\":\"2\","
           "\"lowPrice\":\"1\",\"priceChange\":\"-0.5\",\"priceChangePercent\":\"-33.33\","
           "\"volume\":\"0.7\",\"turnover\":\"12.5\",\"count\":2,\"bidPrice\":\"0.5\","
           "\"bidQty\":\"0.5\",\"time\":8}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wire_rows_order_has_seed_names_and_exact_numbers),
        cmocka_unit_test(wire_rows_order_optional_members_appear_when_set),
        cmocka_unit_test(wire_rows_order_of_a_trigger_says_what_it_waits_for),
        cmocka_unit_test(wire_rows_account_is_exact),
        cmocka_unit_test(wire_rows_fill_shows_only_the_own_side),
        cmocka_unit_test(wire_public_error_tells_limit_and_nearest),
        cmocka_unit_test(wire_public_ticker_percent_is_rounded_half_even),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
