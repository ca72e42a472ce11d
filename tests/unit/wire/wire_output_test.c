/* wire/wire_output: what the events of a command put on the topic, letter by letter where it
 * matters, and how much of it. */
#include "wire/wire_output.h"

#include <string.h>

#include "base/json.h"
#include "fx_test.h"

#define TIME_US 1700000000123456

enum { SEQUENCE = 39 };

static struct fx_instrument bitcoin;
static struct fx_event_position held; /* before the command; lots == 0: none */
static struct fx_wire_output_ask asked;
static struct fx_json json;
static struct fx_buf buf;

static const struct fx_instrument *find_instrument(void *context, uint32_t instrument)
{
    (void)context;
    return instrument == bitcoin.instrument_id ? &bitcoin : NULL;
}

static const struct fx_event_position *find_before(void *context, uint64_t position_id)
{
    (void)context;
    return held.lots != 0 && held.position_id == position_id ? &held : NULL;
}

static int setup(void **state)
{
    (void)state;
    memset(&bitcoin, 0, sizeof bitcoin);
    memset(&held, 0, sizeof held);
    asked = (struct fx_wire_output_ask){.user_id = 42};
    assert_true(fx_ids_symbol(FX_STR("BTCUSDT"), &bitcoin.symbol));
    assert_true(fx_ids_asset(FX_STR("USDT"), &bitcoin.settle));
    bitcoin.instrument_id = 3;
    bitcoin.contract_type = FX_CONTRACT_TYPE_USD_M;
    bitcoin.tick_size = fx_dec_one() / 10;
    bitcoin.lot_size = fx_dec_one() / 1000;
    bitcoin.multiplier = fx_dec_one();
    fx_buf_init(&buf, 65536);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fx_buf_deinit(&buf);
    return 0;
}

static struct fx_event event_of(enum fx_event_kind kind, uint32_t index)
{
    struct fx_event event;
    memset(&event, 0, sizeof event);
    event.kind = (uint16_t)kind;
    event.index = index;
    event.sequence = SEQUENCE;
    event.time_us = TIME_US;
    return event;
}

static bool append(const struct fx_event events[], uint32_t count)
{
    const struct fx_wire_output output = {.events = events,
                                          .count = count,
                                          .ask = asked,
                                          .shard = FX_STR("USDT"),
                                          .find_instrument = find_instrument,
                                          .find_before = find_before};
    return fx_wire_output_append(&buf, &output);
}

static struct fx_event order_event(uint32_t index)
{
    struct fx_event event = event_of(FX_EVENT_ORDER, index);
    event.u.order = (struct fx_event_order){.order_margin = fx_dec_one() * 30,
                                            .order_id = 77,
                                            .account_id = 1,
                                            .user_id = 42,
                                            .tmp_id = 1883084247651057664,
                                            .price_ticks = 600000,
                                            .lots = 10,
                                            .remaining_lots = 10,
                                            .created_us = TIME_US,
                                            .updated_us = TIME_US,
                                            .instrument = 3,
                                            .leverage_centi = 2000,
                                            .side = FX_SIDE_BUY,
                                            .type = FX_ORDER_TYPE_LIMIT,
                                            .time_in_force = FX_TIME_IN_FORCE_GTC,
                                            .status = FX_ORDER_STATUS_ACTIVE,
                                            .stp_mode = FX_STP_MODE_EXPIRE_MAKER,
                                            .position_side = FX_POSITION_SIDE_BOTH,
                                            .margin_mode = FX_MARGIN_MODE_CROSS};
    return event;
}

static struct fx_event position_event(uint32_t index)
{
    struct fx_event event = event_of(FX_EVENT_POSITION, index);
    event.u.position = (struct fx_event_position){.position_id = 12,
                                                  .account_id = 1,
                                                  .user_id = 42,
                                                  .instrument = 3,
                                                  .leverage_centi = 2000,
                                                  .margin_mode = FX_MARGIN_MODE_ISOLATED,
                                                  .position_side = FX_POSITION_SIDE_BOTH};
    return event;
}

static void wire_output_of_a_resting_order_is_small(void **state)
{
    struct fx_event events[3] = {
        order_event(0), event_of(FX_EVENT_BOOK, 1), event_of(FX_EVENT_RESULT, 2)};
    (void)state;
    fx_buf_append_byte(&buf, '[');
    assert_true(append(events, 3));
    print_message("a resting order: %zu bytes\n", buf.size);
    assert_true(buf.size < 1024);
    assert_true(append(events, 3)); /* a comma between the two */
    fx_buf_append_byte(&buf, ']');
    assert_false(buf.is_overflow);
    assert_int_equal(fx_json_parse(&json, fx_buf_str(&buf)), FX_OK);
    assert_int_equal(json.tokens[0].count, 2);
    const struct fx_json_token *output = fx_json_element(&json, &json.tokens[0], 1);
    assert_int_equal(output->count, 4); /* lists that are empty are absent */
    assert_true(fx_str_is_equal(fx_json_member(&json, output, FX_STR("operationId"))->text,
                                FX_STR("40894466"))); /* 39 x 2^20 + 2 */
    assert_true(
        fx_str_is_equal(fx_json_member(&json, output, FX_STR("inputOffset"))->text, FX_STR("38")));
    assert_int_equal(fx_json_member(&json, output, FX_STR("orders"))->count, 1);
}

static void wire_output_of_nothing_is_nothing(void **state)
{
    struct fx_event events[2] = {event_of(FX_EVENT_MARK, 0), event_of(FX_EVENT_RESULT, 1)};
    (void)state;
    assert_false(append(events, 2));
    assert_false(append(&events[1], 1));
    assert_int_equal(buf.size, 0);
}

static void wire_output_of_a_reject_is_an_error(void **state)
{
    struct fx_event event = event_of(FX_EVENT_RESULT, 0);
    (void)state;
    event.u.result = (struct fx_event_result){.reject = {.status = FX_PRICE_FILTER,
                                                         .has_nearest = 1,
                                                         .field = FX_FIELD_PRICE,
                                                         .nearest = fx_dec_one()},
                                              .tmp_id = 9,
                                              .command_kind = FX_COMMAND_PLACE_ORDER};
    assert_true(append(&event, 1));
    fx_buf_append_byte(&buf, '\0');
    assert_string_equal(
        buf.data,
        "{\"operationId\":\"40894464\",\"shard\":\"USDT\",\"inputOffset\":\"38\",\"errors\":[{"
        "\"code\":\"PRICE_FILTER\",\"command\":\"PLACE_ORDER\",\"field\":\"price\",\"nearest\":"
        "\"1\",\"userId\":42,\"tmpId\":\"9\",\"operationId\":\"40894464\"}]}");
}

static void assert_error(const struct fx_event *event,
                         const struct fx_command *command,
                         const char *wanted)
{
    fx_buf_clear(&buf);
    asked = fx_wire_output_ask_of(command);
    assert_true(append(event, 1));
    fx_buf_append_byte(&buf, '\0');
    assert_non_null(strstr(buf.data, wanted));
}

/* Refused before the engine knew of an order: who asked finds the answer by what he named. */
static void wire_output_of_a_reject_names_what_was_asked(void **state)
{
    struct fx_event event = event_of(FX_EVENT_RESULT, 0);
    struct fx_command command;
    (void)state;
    event.u.result = (struct fx_event_result){.reject = {.status = FX_ACCOUNT_NOT_FOUND},
                                              .command_kind = FX_COMMAND_PLACE_ORDER};
    memset(&command, 0, sizeof command);
    command.user_id = 7;
    command.kind = FX_COMMAND_PLACE_BRACKET;
    command.u.place.tmp_id = 55;
    assert_error(&event, &command, "\"userId\":7,\"tmpId\":\"55\",");
    memset(&command.u, 0, sizeof command.u);
    command.kind = FX_COMMAND_CANCEL_ORDER;
    command.u.cancel.order_id = 57;
    assert_error(&event, &command, "\"userId\":7,\"orderId\":57,");
    command.kind = FX_COMMAND_AMEND_CONDITIONAL;
    command.u.amend_conditional.amend.order_id = 58;
    assert_error(&event, &command, "\"userId\":7,\"orderId\":58,");
    command.kind = FX_COMMAND_SETTLE;
    command.user_id = 0;
    assert_error(&event, &command, "\"command\":\"PLACE_ORDER\",\"operationId\":");
    event.u.result.tmp_id = 9; /* what the engine says counts more */
    command.kind = FX_COMMAND_PLACE_ORDER;
    command.u.place.tmp_id = 55;
    assert_error(&event, &command, "\"tmpId\":\"9\",");
}

/* Long 4 of 5 lots turn into short 1: the 5 are closed, at what the trade won. */
static void wire_output_of_a_turn_tells_what_was_closed(void **state)
{
    struct fx_event events[3] = {
        event_of(FX_EVENT_TRADE, 0), position_event(1), event_of(FX_EVENT_RESULT, 2)};
    (void)state;
    held = position_event(0).u.position;
    held.lots = 5;
    held.entry_value = fx_dec_one() * 300; /* 5 x 0.001 x 60,000 */
    held.realized_pnl = fx_dec_one() * 7;  /* of before: no part of this */
    events[0].u.trade = (struct fx_event_trade){.value = fx_dec_one() * 366,
                                                .sell_pnl = fx_dec_one() * 5,
                                                .trade_id = 5,
                                                .buy_order_id = 78,
                                                .sell_order_id = 77,
                                                .buy_account_id = 2,
                                                .sell_account_id = 1,
                                                .buy_user_id = 43,
                                                .sell_user_id = 42,
                                                .price_ticks = 610000,
                                                .lots = 6,
                                                .instrument = 3};
    events[1].u.position.lots = -1;
    events[1].u.position.entry_value = fx_dec_one() * 61;
    assert_true(append(events, 3));
    fx_buf_append_byte(&buf, '\0');
    assert_non_null(
        strstr(buf.data,
               "\"positionHistories\":[{\"id\":\"40894465\",\"userId\":42,\"accountId\":1,"
               "\"positionId\":12,\"symbol\":\"BTCUSDT\",\"asset\":\"USDT\",\"positionSide\":"
               "\"BOTH\",\"marginMode\":\"ISOLATED\",\"currentQty\":\"-0.001\",\"closedQty\":"
               "\"0.005\",\"entryPrice\":\"60000\",\"entryValue\":\"300\",\"closePrice\":"
               "\"61000\",\"realizedPnl\":\"5\",\"leverage\":\"20\",\"operationId\":\"40894465\","
               "\"createdAt\":1700000000123}]"));
    assert_non_null(strstr(buf.data, "\"sellOrderId\":77"));
    assert_non_null(strstr(buf.data, "\"realizedPnlOrderSell\":\"5\""));
    assert_null(strstr(buf.data, "marginHistories"));
    assert_null(strstr(buf.data, "errors"));
}

static void wire_output_of_a_margin_tells_its_change(void **state)
{
    struct fx_event events[2] = {position_event(0), event_of(FX_EVENT_RESULT, 1)};
    (void)state;
    held = position_event(0).u.position;
    held.lots = 5;
    held.position_margin = fx_dec_one() * 15;
    events[0].u.position = held;
    events[0].u.position.adjust_margin = fx_dec_one() / 2;
    assert_true(append(events, 2));
    fx_buf_append_byte(&buf, '\0');
    assert_non_null(
        strstr(buf.data,
               "\"marginHistories\":[{\"id\":\"40894464\",\"userId\":42,\"accountId\":1,"
               "\"positionId\":12,\"symbol\":\"BTCUSDT\",\"asset\":\"USDT\",\"action\":\"ADJUST\","
               "\"amount\":\"0.5\",\"positionMargin\":\"15\",\"adjustMargin\":\"0.5\",\"leverage\":"
               "\"20\",\"liquidationPrice\":\"0\",\"operationId\":\"40894464\",\"createdAt\":"
               "1700000000123}]"));
    assert_null(strstr(buf.data, "positionHistories"));
    fx_buf_clear(&buf);
    held.lots = 0; /* flat before: a setting, or an opening, is no history */
    assert_true(append(events, 2));
    fx_buf_append_byte(&buf, '\0');
    assert_null(strstr(buf.data, "Histories"));
}

static void wire_output_of_funding_and_liquidation_has_their_rows(void **state)
{
    struct fx_event events[3] = {event_of(FX_EVENT_TRANSACTION, 0),
                                 event_of(FX_EVENT_LIQUIDATION, 1),
                                 event_of(FX_EVENT_RESULT, 2)};
    (void)state;
    events[0].u.transaction = (struct fx_event_transaction){.amount = -fx_dec_one() / 4,
                                                            .account_id = 1,
                                                            .user_id = 42,
                                                            .type = FX_TRANSACTION_FUNDING_FEE,
                                                            .instrument = 3,
                                                            .asset = bitcoin.settle,
                                                            .position_id = 12,
                                                            .lots = 2500,
                                                            .rate_ppb = 100000,
                                                            .mark_ticks = 1001,
                                                            .instant_us = 1699977600000000};
    events[1].u.liquidation = (struct fx_event_liquidation){.maintenance = fx_dec_one(),
                                                            .id = 4,
                                                            .account_id = 1,
                                                            .user_id = 42,
                                                            .position_id = 12,
                                                            .counter_account_id = 9,
                                                            .lots = 2500,
                                                            .price_ticks = 950,
                                                            .mark_ticks = 955,
                                                            .instrument = 3,
                                                            .side = FX_SIDE_BUY,
                                                            .position_side = FX_POSITION_SIDE_BOTH,
                                                            .margin_mode = FX_MARGIN_MODE_ISOLATED,
                                                            .step = FX_LIQUIDATION_STEP_TAKEOVER};
    assert_true(append(events, 3));
    fx_buf_append_byte(&buf, '\0');
    assert_non_null(
        strstr(buf.data,
               "\"fundingHistories\":[{\"id\":\"40894464\",\"userId\":42,\"accountId\":1,"
               "\"positionId\":12,\"symbol\":\"BTCUSDT\",\"asset\":\"USDT\",\"amount\":\"-0.25\","
               "\"fundingRate\":\"0.0001\",\"fundingQuantity\":\"2.5\",\"markPrice\":\"100.1\","
               "\"fundingTime\":1699977600000,\"operationId\":\"40894464\"}]"));
    assert_non_null(strstr(buf.data, "\"liquidations\":[{\"id\":\"4\",\"userId\":42"));
    assert_non_null(strstr(buf.data, "\"step\":\"TAKEOVER\""));
    assert_non_null(strstr(buf.data, "\"counterAccountId\":9"));
    assert_non_null(strstr(buf.data, "\"transactions\":[{\"id\":\"163577856\""));
}

static void wire_output_of_a_settlement_tells_its_phase(void **state)
{
    struct fx_event events[2] = {event_of(FX_EVENT_SETTLEMENT, 0), event_of(FX_EVENT_RESULT, 1)};
    (void)state;
    events[0].u.settlement = (struct fx_event_settlement){.remainder = 3,
                                                          .price_ticks = 600005,
                                                          .covered_us = 1800000000,
                                                          .positions = 12,
                                                          .instrument = 3,
                                                          .phase = FX_SETTLEMENT_PHASE_DONE};
    assert_true(append(events, 2));
    fx_buf_append_byte(&buf, '\0');
    assert_non_null(
        strstr(buf.data,
               "\"settlements\":[{\"id\":\"40894464\",\"symbol\":\"BTCUSDT\",\"asset\":\"USDT\","
               "\"phase\":\"DONE\",\"price\":\"60000.5\",\"coveredTime\":1800000,\"positions\":12,"
               "\"remainder\":\"0.000000000000000003\",\"operationId\":\"40894464\",\"createdAt\":"
               "1700000000123}]"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(wire_output_of_a_resting_order_is_small),
        T(wire_output_of_nothing_is_nothing),
        T(wire_output_of_a_reject_is_an_error),
        T(wire_output_of_a_reject_names_what_was_asked),
        T(wire_output_of_a_turn_tells_what_was_closed),
        T(wire_output_of_a_margin_tells_its_change),
        T(wire_output_of_funding_and_liquidation_has_their_rows),
        T(wire_output_of_a_settlement_tells_its_phase),
    };
    return cmocka_run_group_tests_name("wire_output", tests, NULL, NULL);
}
