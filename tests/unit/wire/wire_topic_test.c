/* wire/wire_topic: what the seed's programs send and receive, letter by letter, and every refusal.
 */
#include <stdio.h>
#include <string.h>

#include "fx_test.h"
#include "wire/wire_topic_in.h"
#include "wire/wire_topic_out.h"

static struct fx_instrument bitcoin;
static struct fx_json json;

static const struct fx_instrument *find(void *context, fx_str symbol)
{
    (void)context;
    return fx_str_is_equal(symbol, FX_STR("BTCUSDT")) ? &bitcoin : NULL;
}

static int setup(void **state)
{
    (void)state;
    memset(&bitcoin, 0, sizeof bitcoin);
    assert_true(fx_ids_symbol(FX_STR("BTCUSDT"), &bitcoin.symbol));
    bitcoin.instrument_id = 3;
    bitcoin.tick_size = fx_dec_one() / 10;
    bitcoin.lot_size = fx_dec_one() / 1000;
    return 0;
}

static fx_status read_command(const char *text, struct fx_wire_topic_in *in, char field_out[64])
{
    fx_str field = {0};
    memset(in, 0, sizeof *in);
    const fx_status status =
        fx_wire_topic_in_command(&json, fx_str_of(text), find, NULL, in, &field);
    assert_true(fx_str_copy(field, field_out, 64));
    return status;
}

static void topic_place_order_is_read(void **state)
{
    struct fx_wire_topic_in in;
    char field[64];
    (void)state;
    assert_int_equal(
        read_command("{\"code\":\"PLACE_ORDER\",\"time\":1700000000123,\"data\":{\"userId\":7,"
                     "\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":"
                     "\"0.012\",\"price\":60000.5,\"timeInForce\":\"GTC\",\"tmpId\":"
                     "\"9007199254740993\",\"unknown\":[1,2]}}",
                     &in,
                     field),
        FX_OK);
    assert_int_equal(in.kind, FX_WIRE_TOPIC_IN_COMMAND);
    assert_int_equal(in.command.kind, FX_COMMAND_PLACE_ORDER);
    assert_int_equal(in.command.instrument, 3);
    assert_int_equal(in.command.user_id, 7);
    assert_int_equal(in.command.time_us, 1700000000123000);
    assert_int_equal(in.command.u.place.lots, 12);
    assert_int_equal(in.command.u.place.price_ticks, 600005);
    assert_int_equal(in.command.u.place.tmp_id, 9007199254740993);
}

static void topic_aliases_and_controls_are_read(void **state)
{
    struct fx_wire_topic_in in;
    char field[64];
    (void)state;
    assert_int_equal(read_command("{\"code\":\"LIQUIDATE\",\"data\":{\"symbol\":\"BTCUSDT\","
                                  "\"markPrice\":\"1\",\"indexPrice\":\"2\"}}",
                                  &in,
                                  field),
                     FX_OK);
    assert_int_equal(in.command.kind, FX_COMMAND_MARK_PRICE);
    assert_int_equal(in.command.u.mark.mark_ticks, 10);
    assert_int_equal(read_command("{\"code\":\"ADJUST_TP_SL_PRICE\",\"data\":{\"userId\":\"1\","
                                  "\"symbol\":\"BTCUSDT\",\"stopLossPrice\":\"0\"}}",
                                  &in,
                                  field),
                     FX_OK);
    assert_int_equal(in.command.kind, FX_COMMAND_ADJUST_TP_SL);
    assert_int_equal(in.command.u.tp_sl.stop_loss_ticks, 0); /* none from now on … */
    assert_true(in.command.u.tp_sl.take_profit_ticks == FX_COMMAND_TP_SL_KEEP); /* … kept */
    assert_int_equal(read_command("{\"code\":\"START_ENGINE\"}", &in, field), FX_OK);
    assert_int_equal(in.command.kind, FX_COMMAND_START_ENGINE);
    assert_int_equal(in.command.u.start.is_counted, 0);
    assert_int_equal(read_command("{\"code\":\"STOP_ENGINE\",\"data\":null}", &in, field), FX_OK);
    assert_int_equal(in.command.kind, FX_COMMAND_STOP_ENGINE);
    assert_int_equal(read_command("{\"code\":\"DUMP\",\"data\":{}}", &in, field), FX_OK);
    assert_int_equal(in.kind, FX_WIRE_TOPIC_IN_DUMP);
    struct fx_buf buf;
    fx_buf_init(&buf, 1000);
    fx_wire_topic_out_leader(&buf, 12, FX_STR("me-2"), 5000);
    fx_buf_append_byte(&buf, '\0');
    assert_string_equal(buf.data,
                        "{\"code\":\"LEADER\",\"time\":5,\"data\":{\"epoch\":\"12\",\"node\":"
                        "\"me-2\"}}");
    assert_int_equal(read_command(buf.data, &in, field), FX_OK);
    assert_int_equal(in.kind, FX_WIRE_TOPIC_IN_LEADER);
    assert_int_equal(in.epoch, 12);
    fx_buf_deinit(&buf);
}

static void topic_a_trading_rule_changes_what_it_names(void **state)
{
    (void)state;
    struct fx_wire_topic_in in;
    char field[64];
    assert_int_equal(
        read_command("{\"code\":\"LOAD_TRADING_RULE\",\"data\":{\"symbol\":\"BTCUSDT\","
                     "\"minNotional\":\"5\",\"maxNumOrders\":7}}",
                     &in,
                     field),
        FX_OK);
    struct fx_instrument expected = *find(NULL, FX_STR("BTCUSDT"));
    expected.min_notional = 5 * fx_dec_one();
    expected.orders_max = 7;
    expected.instrument_id = 0;
    expected.tier_count = 0;
    assert_int_equal(in.command.kind, FX_COMMAND_UPDATE_INSTRUMENT);
    assert_memory_equal(&in.command.u.instrument, &expected, sizeof expected);
}

static void topic_wrong_members_are_named(void **state)
{
    static const struct {
        const char *text;
        fx_status status;
        const char *field;
    } ROWS[] = {
        {"", FX_BAD_JSON, ""},
        {"[]", FX_BAD_JSON, ""},
        {"{\"code\":\"TICK\"", FX_BAD_JSON, ""},
        {"{}", FX_BAD_PARAMETER, "code"},
        {"{\"code\":7}", FX_BAD_PARAMETER, "code"},
        {"{\"code\":\"NO_SUCH_CODE\"}", FX_UNKNOWN_COMMAND, "code"},
        {"{\"code\":\"LOAD_ORDER\",\"data\":{}}", FX_BAD_PARAMETER, "userId"},
        {"{\"code\":\"LOAD_ORDER\",\"data\":{\"userId\":0}}", FX_BAD_PARAMETER, "userId"},
        {"{\"code\":\"LOAD_TRADING_RULE\",\"data\":{}}", FX_BAD_PARAMETER, "symbol"},
        {"{\"code\":\"LOAD_TRADING_RULE\",\"data\":{\"symbol\":\"NONE\"}}",
         FX_UNKNOWN_SYMBOL,
         "symbol"},
        {"{\"code\":\"CREATE_ACCOUNT\",\"data\":{\"userId\":0,\"asset\":\"USDT\"}}",
         FX_BAD_PARAMETER,
         "userId"},
        {"{\"code\":\"CREATE_ACCOUNT\",\"data\":{\"userId\":0,\"id\":1,\"asset\":\"USDT\"}}",
         FX_BAD_PARAMETER,
         "balance"},
        {"{\"code\":\"SET_RULES\",\"data\":{}}", FX_BAD_PARAMETER, "version"},
        {"{\"code\":\"TEST_ORDER\",\"data\":{}}", FX_UNKNOWN_COMMAND, "code"}, /* a question */
        {"{\"code\":\"TICK\",\"time\":-1}", FX_BAD_PARAMETER, "time"},
        {"{\"code\":\"TICK\",\"time\":1.5}", FX_BAD_PARAMETER, "time"},
        {"{\"code\":\"TICK\",\"data\":[]}", FX_BAD_PARAMETER, "data"},
        {"{\"code\":\"CANCEL_ORDER\"}", FX_BAD_PARAMETER, "userId"},
        {"{\"code\":\"CANCEL_ORDER\",\"data\":{\"userId\":0}}", FX_BAD_PARAMETER, "userId"},
        {"{\"code\":\"CANCEL_ORDER\",\"data\":{\"userId\":-1}}", FX_BAD_PARAMETER, "userId"},
        {"{\"code\":\"CANCEL_ORDER\",\"data\":{\"userId\":1,\"orderId\":\"1e3\"}}",
         FX_BAD_PARAMETER,
         "orderId"},
        {"{\"code\":\"CANCEL_ORDER\",\"data\":{\"userId\":1,\"orderId\":18446744073709551616}}",
         FX_BAD_PARAMETER,
         "orderId"},
        {"{\"code\":\"CANCEL_ORDER\",\"data\":{\"userId\":1,\"symbol\":\"X\"}}",
         FX_UNKNOWN_SYMBOL,
         "symbol"},
        {"{\"code\":\"MARK_PRICE\",\"data\":{}}", FX_BAD_PARAMETER, "symbol"},
        {"{\"code\":\"MARK_PRICE\",\"data\":{\"symbol\":\"BTCUSDT\",\"indexPrice\":\"1\"}}",
         FX_BAD_PARAMETER,
         "markPrice"},
        {"{\"code\":\"MARK_PRICE\",\"data\":{\"symbol\":\"BTCUSDT\",\"markPrice\":\"0.05\"}}",
         FX_PRICE_FILTER,
         "markPrice"},
        {"{\"code\":\"MARK_PRICE\",\"data\":{\"symbol\":\"BTCUSDT\",\"markPrice\":\"-1\"}}",
         FX_PRICE_FILTER,
         "markPrice"},
        {"{\"code\":\"MARK_PRICE\",\"data\":{\"symbol\":\"BTCUSDT\",\"markPrice\":\"x\"}}",
         FX_BAD_DECIMAL,
         "markPrice"},
        {"{\"code\":\"MARK_PRICE\",\"data\":{\"symbol\":\"BTCUSDT\",\"markPrice\":true}}",
         FX_BAD_PARAMETER,
         "markPrice"},
        {"{\"code\":\"CLOSE_INSURANCE\",\"data\":{\"symbol\":\"BTCUSDT\",\"quantity\":\"0.0001\"}}",
         FX_LOT_SIZE,
         "quantity"},
        {"{\"code\":\"ADJUST_LEVERAGE\",\"data\":{\"userId\":1,\"symbol\":\"BTCUSDT\",\"leverage\":"
         "\"0.5\"}}",
         FX_BAD_LEVERAGE,
         "leverage"},
        {"{\"code\":\"ADJUST_LEVERAGE\",\"data\":{\"userId\":1,\"symbol\":\"BTCUSDT\","
         "\"marginMode\":\"BOTH\"}}",
         FX_BAD_PARAMETER,
         "marginMode"},
        {"{\"code\":\"SET_ACCOUNT\",\"data\":{\"userId\":1,\"asset\":\"USDT\",\"makerFee\":"
         "\"0.0000000001\"}}",
         FX_TOO_MANY_DIGITS,
         "makerFee"},
        {"{\"code\":\"SET_ACCOUNT\",\"data\":{\"userId\":1,\"asset\":\"USDT\",\"hasFees\":1}}",
         FX_BAD_PARAMETER,
         "hasFees"},
        {"{\"code\":\"LOAD_LEVERAGE_MARGIN\",\"data\":{\"symbol\":\"BTCUSDT\",\"tiers\":{}}}",
         FX_BAD_PARAMETER,
         "tiers"},
        {"{\"code\":\"LOAD_LEVERAGE_MARGIN\",\"data\":{\"symbol\":\"BTCUSDT\",\"tiers\":[1]}}",
         FX_BAD_PARAMETER,
         "tiers"},
        {"{\"code\":\"LOAD_LEVERAGE_MARGIN\",\"data\":{\"symbol\":\"BTCUSDT\",\"tiers\":[{}]}}",
         FX_BAD_PARAMETER,
         "cap"},
        {"{\"code\":\"LEADER\",\"data\":{\"epoch\":0,\"node\":\"a\"}}", FX_BAD_PARAMETER, "epoch"},
        {"{\"code\":\"LEADER\",\"data\":{\"epoch\":1}}", FX_BAD_PARAMETER, "node"},
    };
    struct fx_wire_topic_in in;
    char field[64];
    (void)state;
    for (size_t index = 0; index < sizeof ROWS / sizeof ROWS[0]; index++) {
        const fx_status status = read_command(ROWS[index].text, &in, field);
        if (status != ROWS[index].status || strcmp(field, ROWS[index].field) != 0) {
            print_message("%s: %s %s\n", ROWS[index].text, fx_status_name(status), field);
        }
        assert_int_equal(status, ROWS[index].status);
        assert_string_equal(field, ROWS[index].field);
    }
}

static void topic_client_orders_are_read_in_both_forms(void **state)
{
    static const char *const GOOD[] = {
        "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":\"0.01\","
        "\"price\":\"60000\",\"tmpId\":\"55\",\"userId\":42}",
        "{\"createOrderDto\":{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\","
        "\"quantity\":\"0.01\",\"price\":\"60000\"},\"userId\":42,\"tmpOrderId\":55}"};
    static const struct {
        const char *text;
        const char *field;
    } BAD[] = {
        {"{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\"}", "userId"},
        {"{\"createOrderDto\":7,\"userId\":1}", "createOrderDto"},
        {"{\"createOrderDto\":{},\"userId\":1}", "symbol"},
        {"{\"symbol\":\"BTCUSDT\",\"userId\":1,\"tmpId\":\"x\"}", "tmpId"},
        {"{\"symbol\":\"BTCUSDT\",\"userId\":1,\"side\":\"HOLD\"}", "side"},
        {"{\"side\":\"HOLD\",\"symbol\":\"BTCUSDT\",\"tmpId\":55,\"userId\":42}", "side"},
    };
    struct fx_wire_topic_in_order order;
    fx_str field = {0};
    (void)state;
    for (size_t index = 0; index < 2; index++) {
        memset(&order, 0, sizeof order);
        assert_int_equal(fx_wire_topic_in_order(&json, fx_str_of(GOOD[index]), &order, &field),
                         FX_OK);
        assert_int_equal(order.user_id, 42);
        assert_int_equal(order.tmp_id, 55);
        assert_true(fx_str_is_equal(order.symbol, FX_STR("BTCUSDT")));
        assert_true(order.place.price == fx_dec_one() * 60000);
        assert_int_equal(order.place.side, FX_SIDE_BUY);
    }
    for (size_t index = 0; index < sizeof BAD / sizeof BAD[0]; index++) {
        assert_int_not_equal(
            fx_wire_topic_in_order(&json, fx_str_of(BAD[index].text), &order, &field), FX_OK);
        assert_true(fx_str_is_equal(field, fx_str_of(BAD[index].field)));
    }
    assert_int_equal(order.user_id, 42); /* whose the last one was is known all the same */
    assert_int_equal(order.tmp_id, 55);
    assert_int_equal(fx_wire_topic_in_order(&json, FX_STR("{"), &order, &field), FX_BAD_JSON);
    assert_int_equal(order.user_id, 0);
}

static void topic_client_cancels_are_read(void **state)
{
    struct fx_command command;
    fx_str field = {0};
    (void)state;
    assert_int_equal(fx_wire_topic_in_cancel(
                         &json, FX_STR("{\"orderId\":12,\"userId\":\"42\"}"), &command, &field),
                     FX_OK);
    assert_int_equal(command.kind, FX_COMMAND_CANCEL_ORDER);
    assert_int_equal(command.u.cancel.order_id, 12);
    assert_int_equal(command.user_id, 42);
    assert_int_equal(fx_wire_topic_in_cancel(&json, FX_STR("{\"userId\":42}"), &command, &field),
                     FX_BAD_PARAMETER);
    assert_true(fx_str_is_equal(field, FX_STR("orderId")));
    assert_int_equal(fx_wire_topic_in_cancel(&json, FX_STR("{\"orderId\":1}"), &command, &field),
                     FX_BAD_PARAMETER);
    assert_true(fx_str_is_equal(field, FX_STR("userId")));
    assert_int_equal(fx_wire_topic_in_cancel(&json, FX_STR("7"), &command, &field), FX_BAD_JSON);
}

static void topic_from_is_written_and_read(void **state)
{
    struct fx_buf buf;
    struct fx_wire_topic_in in;
    struct fx_command command;
    struct fx_wire_topic_from from = {.token = UINT64_MAX};
    (void)state;
    memset(&command, 0, sizeof command);
    command.kind = FX_COMMAND_TICK;
    command.instrument = FX_COMMAND_ALL_INSTRUMENTS;
    command.time_us = 5000;
    assert_true(fx_ids_client_id(FX_STR("api-1:0badcafe"), &from.node));
    fx_buf_init(&buf, 1000);
    assert_int_equal(fx_wire_topic_out_command_from(&buf, &command, NULL, &from), FX_OK);
    assert_true(fx_str_is_equal(
        fx_buf_str(&buf),
        FX_STR("{\"code\":\"TICK\",\"time\":5,\"from\":{\"node\":\"api-1:0badcafe\",\"token\":"
               "\"18446744073709551615\"},\"data\":{}}")));
    char field[64];
    fx_buf_append_byte(&buf, '\0');
    assert_int_equal(read_command(buf.data, &in, field), FX_OK);
    assert_memory_equal(&in.from, &from, sizeof from);
    assert_memory_equal(&in.command, &command, sizeof command);
    fx_buf_clear(&buf);
    from.proof = (struct fx_proof){INT64_MAX, 1700000000123};
    assert_int_equal(fx_wire_topic_out_command_from(&buf, &command, NULL, &from), FX_OK);
    assert_non_null(strstr(buf.data, "\"proof\":\"9223372036854775807\",\"until\":1700000000123}"));
    fx_buf_append_byte(&buf, '\0');
    assert_int_equal(read_command(buf.data, &in, field), FX_OK);
    assert_memory_equal(&in.from, &from, sizeof from);
    /* It is told of a record that is no command, too. */
    assert_int_equal(
        read_command(
            "{\"code\":\"X\",\"from\":{\"node\":\"a\",\"proof\":7,\"until\":8}}", &in, field),
        FX_UNKNOWN_COMMAND);
    assert_int_equal(in.from.proof.id, 7);
    assert_int_equal(in.from.proof.until_ms, 8);
    static const char *const BAD[] = {
        "{\"code\":\"TICK\",\"from\":7}",
        "{\"code\":\"TICK\",\"from\":{\"node\":\"a\",\"proof\":\"1\"}}",
        "{\"code\":\"TICK\",\"from\":{\"node\":\"a\",\"proof\":0,"
        "\"until\":1}}",
        "{\"code\":\"TICK\",\"from\":{\"node\":\"a\",\"proof\":"
        "\"9223372036854775808\",\"until\":1}}",
        "{\"code\":\"TICK\",\"from\":{\"node\":\"a\",\"proof\":\"1\","
        "\"until\":-1}}",
        "{\"code\":\"TICK\",\"from\":{\"token\":\"1\"}}",
        "{\"code\":\"TICK\",\"from\":{\"node\":\"a b\"}}",
        "{\"code\":\"TICK\",\"from\":{\"node\":\"a\",\"token\":-1}}"};
    for (size_t index = 0; index < sizeof BAD / sizeof BAD[0]; index++) {
        assert_int_equal(read_command(BAD[index], &in, field), FX_BAD_PARAMETER);
    }
    fx_buf_deinit(&buf);
}

static void topic_map_of_shards_is_written_and_read(void **state)
{
    struct fx_buf buf;
    struct fx_wire_topic_in in;
    struct fx_command command;
    char field[64];
    (void)state;
    memset(&command, 0, sizeof command);
    command.kind = FX_COMMAND_SET_SHARD;
    command.instrument = FX_COMMAND_ALL_INSTRUMENTS;
    command.u.shard.shard = 1;
    command.u.shard.shards = 2;
    command.u.shard.asset_count = 2;
    assert_true(fx_ids_asset(FX_STR("BTC"), &command.u.shard.assets[0]));
    assert_true(fx_ids_asset(FX_STR("USD"), &command.u.shard.assets[1]));
    fx_buf_init(&buf, 1000);
    assert_int_equal(fx_wire_topic_out_command(&buf, &command, NULL), FX_OK);
    assert_true(fx_str_is_equal(fx_buf_str(&buf),
                                FX_STR("{\"code\":\"SET_SHARD\",\"data\":{\"shard\":1,"
                                       "\"shards\":2,\"assets\":[\"BTC\",\"USD\"]}}")));
    fx_buf_append_byte(&buf, '\0');
    assert_int_equal(read_command(buf.data, &in, field), FX_OK);
    assert_memory_equal(&in.command, &command, sizeof command);
    static const char *const BAD[] = {
        "{\"code\":\"SET_SHARD\",\"data\":{\"shard\":0,\"shards\":2}}",
        "{\"code\":\"SET_SHARD\",\"data\":{\"shard\":0,\"shards\":2,\"assets\":\"BTC\"}}",
        "{\"code\":\"SET_SHARD\",\"data\":{\"shard\":0,\"shards\":2,\"assets\":[7]}}",
        "{\"code\":\"SET_SHARD\",\"data\":{\"shard\":0,\"shards\":2,\"assets\":[\"b c\"]}}",
        "{\"code\":\"SET_SHARD\",\"data\":{\"shard\":0,\"shards\":2,\"assets\":[1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7]}}"};
    for (size_t index = 0; index < sizeof BAD / sizeof BAD[0]; index++) {
        assert_int_equal(read_command(BAD[index], &in, field), FX_BAD_PARAMETER);
        assert_string_equal(field, "assets");
    }
    fx_buf_deinit(&buf);
}

static void topic_questions_do_not_travel(void **state)
{
    struct fx_buf buf;
    struct fx_command command;
    (void)state;
    memset(&command, 0, sizeof command);
    command.kind = FX_COMMAND_TEST_ORDER;
    fx_buf_init(&buf, 100);
    assert_int_equal(fx_wire_topic_out_command(&buf, &command, &bitcoin), FX_UNKNOWN_COMMAND);
    assert_int_equal(buf.size, 0);
    fx_buf_deinit(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(topic_place_order_is_read),
        cmocka_unit_test(topic_aliases_and_controls_are_read),
        cmocka_unit_test(topic_a_trading_rule_changes_what_it_names),
        cmocka_unit_test(topic_wrong_members_are_named),
        cmocka_unit_test(topic_client_orders_are_read_in_both_forms),
        cmocka_unit_test(topic_client_cancels_are_read),
        cmocka_unit_test(topic_from_is_written_and_read),
        cmocka_unit_test(topic_map_of_shards_is_written_and_read),
        cmocka_unit_test(topic_questions_do_not_travel),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
