/* wire/wire_place: the order DTO, member by member. */
#include "wire/wire_place.h"

#include <stdio.h>
#include <string.h>

#include "base/dec.h"
#include "fx_test.h"

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): too large for a stack
static struct fx_json json;

static fx_status read_body(const char *body, struct fx_wire_place *place, fx_str *field)
{
    assert_int_equal(fx_json_parse(&json, fx_str_of(body)), FX_OK);
    *field = (fx_str){0};
    memset(place, 0, sizeof *place);
    return fx_wire_place_parse(&json, &json.tokens[0], place, field);
}

#define STOP  "{\"side\":\"SELL\",\"type\":\"STOP_LIMIT\",\"quantity\":\"1.5\""
#define TRAIL "{\"side\":\"SELL\",\"type\":\"TRAILING_STOP\",\"quantity\":\"1.5\""
#define BASE  "\"side\":\"SELL\",\"type\":\"LIMIT\",\"quantity\":\"1.5\",\"price\":\"20\""

static void wire_place_full_dto_is_read(void **state)
{
    (void)state;
    struct fx_wire_place place;
    fx_str field;
    assert_int_equal(
        read_body("{" BASE
                  ",\"leverage\":\"12.5\",\"marginMode\":\"ISOLATE\",\"isReduceOnly\":true,"
                  "\"isPostOnly\":true,\"clientOrderId\":\"a:1\",\"timeInForce\":\"GTD\","
                  "\"expireTime\":1700000000123,\"positionSide\":\"LONG\","
                  "\"stpMode\":\"EXPIRE_BOTH\",\"postOnlyMode\":\"SLIDE\",\"userId\":9}",
                  &place,
                  &field),
        FX_OK);
    assert_int_equal(place.side, FX_SIDE_SELL);
    assert_int_equal(place.type, FX_ORDER_TYPE_LIMIT);
    assert_true(place.quantity == fx_dec_one() * 3 / 2);
    assert_true(place.price == fx_dec_one() * 20);
    assert_int_equal(place.leverage_centi, 1250);
    assert_int_equal(place.margin_mode, FX_MARGIN_MODE_ISOLATED);
    assert_true(place.is_reduce_only);
    assert_int_equal(place.post_only_mode, FX_POST_ONLY_MODE_SLIDE);
    assert_true(fx_str_is_equal(fx_ids_client_id_str(&place.client_id), FX_STR("a:1")));
    assert_int_equal(place.time_in_force, FX_TIME_IN_FORCE_GTD);
    assert_int_equal(place.expire_us, 1700000000123000);
    assert_int_equal(place.position_side, FX_POSITION_SIDE_LONG);
    assert_int_equal(place.stp_mode, FX_STP_MODE_EXPIRE_BOTH);
}

static void wire_place_defaults_depend_on_the_type(void **state)
{
    (void)state;
    struct fx_wire_place place;
    fx_str field;
    assert_int_equal(read_body("{" BASE ",\"leverage\":null,\"postOnly\":false}", &place, &field),
                     FX_OK);
    assert_int_equal(place.time_in_force, FX_TIME_IN_FORCE_GTC);
    assert_int_equal(place.post_only_mode, FX_POST_ONLY_MODE_OFF);
    assert_int_equal(place.leverage_centi, 0);
    assert_int_equal(place.margin_mode, 0);
    assert_int_equal(place.client_id.size, 0);
    assert_int_equal(
        read_body(
            "{\"side\":\"BUY\",\"type\":\"MARKET\",\"quantity\":1,\"price\":null}", &place, &field),
        FX_OK);
    assert_int_equal(place.time_in_force, FX_TIME_IN_FORCE_IOC);
    assert_int_equal(read_body("{" BASE ",\"postOnly\":true,\"reduceOnly\":true}", &place, &field),
                     FX_OK);
    assert_int_equal(place.post_only_mode, FX_POST_ONLY_MODE_REJECT);
    assert_true(place.is_reduce_only);
}

static void wire_place_escaped_texts_mean_the_same(void **state)
{
    (void)state;
    struct fx_wire_place place;
    fx_str field;
    assert_int_equal(read_body("{\"s\\u0069de\":\"\\u0042UY\",\"type\":\"MARKET\",\"quantity\":1,"
                               "\"clientOrderId\":\"a\\/b\"}",
                               &place,
                               &field),
                     FX_OK);
    assert_int_equal(place.side, FX_SIDE_BUY);
    assert_true(fx_str_is_equal(fx_ids_client_id_str(&place.client_id), FX_STR("a/b")));
}

static void wire_place_wrong_types_and_words_name_the_member(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        const char *field;
        fx_status status;
    } CASES[] = {
        {"{}", "side", FX_BAD_PARAMETER},
        {"{\"side\":1}", "side", FX_BAD_PARAMETER},
        {"{\"side\":\"buy\"}", "side", FX_BAD_PARAMETER},
        {"{\"side\":\"\"}", "side", FX_BAD_PARAMETER},
        {"{\"side\":\"BUY\"}", "type", FX_BAD_PARAMETER},
        {"{\"side\":\"BUY\",\"type\":\"ICEBERG\"}", "type", FX_BAD_PARAMETER},
        {"{\"side\":\"BUY\",\"type\":\"MARKET\"}", "quantity", FX_BAD_PARAMETER},
        {"{\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":1}", "price", FX_BAD_PARAMETER},
        {"{\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":{},\"price\":1}",
         "quantity",
         FX_BAD_PARAMETER},
        {"{\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":1,\"price\":\"\\u0031\"}",
         "price",
         FX_BAD_DECIMAL},
        {"{" BASE ",\"leverage\":\"ten\"}", "leverage", FX_BAD_DECIMAL},
        {"{" BASE ",\"leverage\":0.5}", "leverage", FX_BAD_LEVERAGE},
        {"{" BASE ",\"leverage\":1.005}", "leverage", FX_BAD_LEVERAGE},
        {"{" BASE ",\"leverage\":-1}", "leverage", FX_BAD_LEVERAGE},
        {"{" BASE ",\"leverage\":21474836.48}", "leverage", FX_BAD_LEVERAGE},
        {"{" BASE ",\"marginMode\":\"\"}", "marginMode", FX_BAD_PARAMETER},
        {"{" BASE ",\"isReduceOnly\":1}", "isReduceOnly", FX_BAD_PARAMETER},
        {"{" BASE ",\"reduceOnly\":\"true\"}", "reduceOnly", FX_BAD_PARAMETER},
        {"{" BASE ",\"isReduceOnly\":true,\"reduceOnly\":true}", "reduceOnly", FX_BAD_PARAMETER},
        {"{" BASE ",\"isPostOnly\":true,\"postOnlyMode\":\"OFF\"}",
         "postOnlyMode",
         FX_BAD_PARAMETER},
        {"{" BASE ",\"postOnlyMode\":\"MAYBE\"}", "postOnlyMode", FX_BAD_PARAMETER},
        {"{" BASE ",\"clientOrderId\":5}", "clientOrderId", FX_BAD_PARAMETER},
        {"{" BASE ",\"clientOrderId\":\"\"}", "clientOrderId", FX_BAD_PARAMETER},
        {"{" BASE ",\"clientOrderId\":\"a b\"}", "clientOrderId", FX_BAD_PARAMETER},
        {"{" BASE ",\"clientOrderId\":\"0123456789012345678901234567890123456\"}",
         "clientOrderId",
         FX_BAD_PARAMETER},
        {"{" BASE ",\"expireTime\":0}", "expireTime", FX_BAD_PARAMETER},
        {"{" BASE ",\"expireTime\":1.5}", "expireTime", FX_BAD_PARAMETER},
        {"{" BASE ",\"expireTime\":253402300800000}", "expireTime", FX_BAD_PARAMETER},
        {"{" BASE ",\"timeInForce\":\"DAY\"}", "timeInForce", FX_BAD_PARAMETER},
        {"{" BASE ",\"positionSide\":\"UP\"}", "positionSide", FX_BAD_PARAMETER},
        {"{" BASE ",\"stpMode\":\"X\"}", "stpMode", FX_BAD_PARAMETER},
        {"{" BASE ",\"stopLoss\":{\"price\":1}}", "stopLoss", FX_BAD_PARAMETER},
        {"{" BASE ",\"stopLoss\":{\"triggerPrice\":1,\"stopPrice\":1}}",
         "stopLoss",
         FX_BAD_PARAMETER},
        {"{" BASE ",\"stopLoss\":{\"triggerPrice\":1},\"stopLossTrigger\":\"LAST\"}",
         "stopLossTrigger",
         FX_BAD_PARAMETER},
        {"{" BASE ",\"stopLoss\":true}", "stopLoss", FX_BAD_PARAMETER},
        {"{" BASE ",\"stopLoss\":\"x\"}", "stopLoss", FX_BAD_DECIMAL},
        {"{" BASE ",\"takeProfitTrigger\":\"LAST\"}", "takeProfitTrigger", FX_BAD_PARAMETER},
        {"{" BASE ",\"takeProfitLimitPrice\":\"5\"}", "takeProfitLimitPrice", FX_BAD_PARAMETER},
        {"{" BASE ",\"takeProfit\":1,\"takeProfitTrigger\":\"BEST\"}",
         "takeProfitTrigger",
         FX_BAD_PARAMETER},
        {"{" BASE ",\"takeProfit\":1,\"takeProfitLimitPrice\":0}",
         "takeProfitLimitPrice",
         FX_BAD_PARAMETER},
        {"{" BASE ",\"tpSLPrice\":\"5\"}", "tpSLPrice", FX_BAD_PARAMETER},
        {"{" BASE ",\"closePosition\":true}", "quantity", FX_BAD_PARAMETER},
        {"{" BASE ",\"closePosition\":\"true\"}", "closePosition", FX_BAD_PARAMETER},
        {"{" BASE ",\"tpSLType\":\"STOP\"}", "tpSLType", FX_BAD_PARAMETER},
        {"{" BASE ",\"tpSLType\":\"LIMIT\"}", "tpSLType", FX_BAD_PARAMETER},
        {"{" BASE ",\"tpSLType\":\"STOP_MARKET\"}", "tpSLType", FX_BAD_PARAMETER},
        {"{" BASE ",\"tpSLType\":\"STOP_LIMIT\"}", "triggerPrice", FX_BAD_PARAMETER},
        {STOP ",\"price\":\"20\",\"tpSLType\":\"TAKE_PROFIT_LIMIT\"}",
         "tpSLType",
         FX_BAD_PARAMETER},
        {STOP ",\"triggerPrice\":\"20\"}", "price", FX_BAD_PARAMETER},
        {STOP ",\"price\":\"20\",\"triggerPrice\":\"x\"}", "triggerPrice", FX_BAD_DECIMAL},
        {STOP ",\"price\":\"20\",\"triggerPrice\":\"1\",\"stopPrice\":\"1\"}",
         "stopPrice",
         FX_BAD_PARAMETER},
        {STOP ",\"price\":\"20\",\"triggerPrice\":\"1\",\"triggerBy\":\"BID\"}",
         "triggerBy",
         FX_BAD_PARAMETER},
        {STOP ",\"price\":\"20\",\"triggerPrice\":\"1\",\"stopCondition\":\"EQ\"}",
         "stopCondition",
         FX_BAD_PARAMETER},
        {STOP ",\"price\":\"20\",\"triggerPrice\":\"1\",\"callbackRate\":1}",
         "callbackRate",
         FX_BAD_PARAMETER},
        {STOP ",\"price\":\"20\",\"triggerPrice\":\"1\",\"activationPrice\":1}",
         "activationPrice",
         FX_BAD_PARAMETER},
        {TRAIL "}", "callbackRate", FX_BAD_PARAMETER},
        {TRAIL ",\"callbackRate\":1,\"tpSLPrice\":1}", "tpSLPrice", FX_BAD_PARAMETER},
    };
    for (size_t index = 0; index < sizeof CASES / sizeof CASES[0]; index++) {
        struct fx_wire_place place;
        fx_str field;
        const fx_status status = read_body(CASES[index].body, &place, &field);
        if (status != CASES[index].status ||
            !fx_str_is_equal(field, fx_str_of(CASES[index].field))) {
            print_error("%s: %s %.*s\n",
                        CASES[index].body,
                        fx_status_name(status),
                        (int)field.size,
                        field.data);
        }
        assert_int_equal(status, CASES[index].status);
        assert_true(fx_str_is_equal(field, fx_str_of(CASES[index].field)));
        assert_int_equal(place.side, 0); /* untouched */
    }
}

static struct fx_instrument make_instrument(void)
{
    struct fx_instrument instrument;
    memset(&instrument, 0, sizeof instrument);
    instrument.tick_size = fx_dec_one() / 10;
    instrument.lot_size = fx_dec_one() / 1000;
    instrument.multiplier = fx_dec_one();
    instrument.min_lots = 1;
    instrument.max_lots = 100000;
    instrument.max_market_lots = 50000;
    instrument.max_ticks = 1000000;
    instrument.instrument_id = 3;
    instrument.contract_type = FX_CONTRACT_TYPE_USD_M;
    return instrument;
}

/* On a plain order, what belongs to a conditional one; beside no take profit, what it needs. */
static void wire_place_foreign_members_are_refused_never_dropped(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"tpSLPrice",
                                        "trigger",
                                        "stopCondition",
                                        "stopPrice",
                                        "triggerPrice",
                                        "triggerBy",
                                        "activationPrice",
                                        "callbackRate",
                                        "takeProfitLimitPrice",
                                        "stopLossTrigger"};
    for (size_t index = 0; index < sizeof NAMES / sizeof NAMES[0]; index++) {
        char body[256];
        struct fx_wire_place place;
        fx_str field;
        (void)snprintf(body, sizeof body, "{" BASE ",\"%s\":\"1\"}", NAMES[index]);
        assert_int_equal(read_body(body, &place, &field), FX_BAD_PARAMETER);
        assert_true(fx_str_is_equal(field, fx_str_of(NAMES[index])));
        (void)snprintf(body, sizeof body, "{" BASE ",\"%s\":null}", NAMES[index]);
        assert_int_equal(read_body(body, &place, &field), FX_OK);
    }
    struct fx_wire_place place;
    fx_str field;
    assert_int_equal(read_body("{" BASE ",\"closePosition\":false}", &place, &field), FX_OK);
}

/* Take profit and stop loss: a price with its companions, and an object, say the same. */
static void wire_place_both_shapes_of_a_protection_make_a_bracket(void **state)
{
    (void)state;
    static const char *const BODIES[] = {
        "{" BASE ",\"takeProfit\":\"20\",\"takeProfitTrigger\":\"ORACLE\","
        "\"takeProfitLimitPrice\":21,\"stopLoss\":5}",
        "{" BASE ",\"takeProfit\":{\"triggerPrice\":20,\"triggerBy\":\"MARK_PRICE\","
        "\"price\":\"21\"},\"stopLoss\":{\"stopPrice\":\"5\",\"trigger\":\"LAST\"}}"};
    for (size_t index = 0; index < 2; index++) {
        const struct fx_instrument instrument = make_instrument();
        struct fx_command command;
        struct fx_reject reject;
        struct fx_wire_place place;
        fx_str field;
        memset(&command, 0, sizeof command);
        memset(&reject, 0, sizeof reject);
        assert_int_equal(read_body(BODIES[index], &place, &field), FX_OK);
        assert_int_equal(fx_wire_place_command(&place, &instrument, &command, &reject), FX_OK);
        assert_int_equal(command.kind, FX_COMMAND_PLACE_BRACKET);
        const struct fx_command_protection *protection = &command.u.bracket.protection;
        fx_px take = {0}, limit = {0}, stop = {0};
        assert_int_equal(fx_instrument_ticks(&instrument, fx_dec_one() * 20, &take, &reject),
                         FX_OK);
        assert_int_equal(fx_instrument_ticks(&instrument, fx_dec_one() * 21, &limit, &reject),
                         FX_OK);
        assert_int_equal(fx_instrument_ticks(&instrument, fx_dec_one() * 5, &stop, &reject), FX_OK);
        assert_int_equal(protection->take_profit_ticks, take.ticks);
        assert_int_equal(protection->take_profit_limit_ticks, limit.ticks);
        assert_int_equal(protection->stop_loss_ticks, stop.ticks);
        assert_int_equal(protection->stop_loss_limit_ticks, 0);
        assert_int_equal(protection->take_profit_source, FX_TRIGGER_SOURCE_MARK);
        assert_int_equal(protection->stop_loss_source, FX_TRIGGER_SOURCE_LAST);
    }
}

/* The seed's shape and the plain one say the same. */
static void wire_place_both_shapes_of_a_trigger_are_read(void **state)
{
    (void)state;
    static const char *const BODIES[] = {
        "{\"side\":\"SELL\",\"type\":\"MARKET\",\"tpSLType\":\"STOP_MARKET\",\"tpSLPrice\":\"19.5\","
        "\"trigger\":\"ORACLE\",\"stopCondition\":\"LT\",\"quantity\":1,\"priceProtect\":true}",
        "{\"side\":\"SELL\",\"type\":\"STOP_MARKET\",\"triggerPrice\":19.5,"
        "\"triggerBy\":\"MARK_PRICE\",\"stopCondition\":\"LT\",\"quantity\":\"1\",\"priceProtect\":true}",
        "{\"side\":\"SELL\",\"type\":\"STOP_MARKET\",\"tpSLType\":\"STOP_MARKET\",\"stopPrice\":19.5,"
        "\"triggerBy\":\"MARK\",\"stopCondition\":\"LT\",\"quantity\":\"1\",\"priceProtect\":true}"};
    const struct fx_instrument instrument = make_instrument();
    for (size_t index = 0; index < sizeof BODIES / sizeof BODIES[0]; index++) {
        struct fx_wire_place place;
        struct fx_command command;
        struct fx_reject reject;
        fx_str field;
        memset(&command, 0, sizeof command);
        memset(&reject, 0, sizeof reject);
        assert_int_equal(read_body(BODIES[index], &place, &field), FX_OK);
        assert_int_equal(fx_wire_place_command(&place, &instrument, &command, &reject), FX_OK);
        assert_int_equal(command.kind, FX_COMMAND_PLACE_CONDITIONAL);
        const struct fx_command_conditional *conditional = &command.u.conditional;
        assert_int_equal(conditional->place.type, FX_ORDER_TYPE_STOP_MARKET);
        assert_int_equal(conditional->place.lots, 1000);
        assert_int_equal(conditional->place.time_in_force, FX_TIME_IN_FORCE_IOC);
        assert_int_equal(conditional->trigger_ticks, 195);
        assert_int_equal(conditional->source, FX_TRIGGER_SOURCE_MARK);
        assert_int_equal(conditional->condition, FX_TRIGGER_CONDITION_LT);
        assert_int_equal(conditional->is_price_protected, 1);
        assert_int_equal(conditional->is_close_position, 0);
    }
}

static void wire_place_trailing_and_close_are_read(void **state)
{
    (void)state;
    const struct fx_instrument instrument = make_instrument();
    struct fx_wire_place place;
    struct fx_command command;
    struct fx_reject reject;
    fx_str field;
    memset(&command, 0, sizeof command);
    memset(&reject, 0, sizeof reject);
    assert_int_equal(
        read_body(TRAIL ",\"callbackRate\":\"0.1\",\"activationPrice\":\"21\"}", &place, &field),
        FX_OK);
    assert_int_equal(fx_wire_place_command(&place, &instrument, &command, &reject), FX_OK);
    assert_int_equal(command.u.conditional.callback_ppb, FX_COMMAND_CALLBACK_PPB_MIN);
    assert_int_equal(command.u.conditional.trigger_ticks, 210);
    assert_int_equal(command.u.conditional.source, FX_TRIGGER_SOURCE_LAST);
    place.callback_percent = fx_dec_one() * 10;
    assert_int_equal(fx_wire_place_command(&place, &instrument, &command, &reject), FX_OK);
    assert_int_equal(command.u.conditional.callback_ppb, FX_COMMAND_CALLBACK_PPB_MAX);
    place.callback_percent += fx_dec_one() / 10000000;
    assert_int_equal(fx_wire_place_command(&place, &instrument, &command, &reject),
                     FX_BAD_PARAMETER);
    assert_int_equal(reject.field, FX_FIELD_CALLBACK_RATE);
    place.callback_percent = fx_dec_one() / 5 + 1; /* finer than it can be held */
    assert_int_equal(fx_wire_place_command(&place, &instrument, &command, &reject),
                     FX_BAD_PARAMETER);
    place.callback_percent = fx_dec_one();
    place.activation_price += 1;
    assert_int_equal(fx_wire_place_command(&place, &instrument, &command, &reject),
                     FX_PRICE_FILTER);
    assert_int_equal(reject.field, FX_FIELD_ACTIVATION_PRICE);
    memset(&command, 0, sizeof command);
    assert_int_equal(read_body("{\"side\":\"BUY\",\"type\":\"TAKE_PROFIT_MARKET\",\"stopPrice\":5,"
                               "\"closePosition\":true,\"triggerBy\":\"INDEX\"}",
                               &place,
                               &field),
                     FX_OK);
    assert_int_equal(fx_wire_place_command(&place, &instrument, &command, &reject), FX_OK);
    assert_int_equal(command.u.conditional.is_close_position, 1);
    assert_int_equal(command.u.place.is_reduce_only, 1);
    assert_int_equal(command.u.place.lots, 0);
    assert_int_equal(command.u.conditional.source, FX_TRIGGER_SOURCE_INDEX);
    place.trigger_price = fx_dec_one() / 100;
    assert_int_equal(fx_wire_place_command(&place, &instrument, &command, &reject),
                     FX_PRICE_FILTER);
    assert_int_equal(reject.field, FX_FIELD_TRIGGER_PRICE);
}

static void wire_place_symbol_must_be_a_string(void **state)
{
    (void)state;
    fx_str symbol = {0};
    assert_int_equal(fx_json_parse(&json, FX_STR("{\"symbol\":\"X\"}")), FX_OK);
    assert_int_equal(fx_wire_place_symbol(&json, &json.tokens[0], &symbol), FX_OK);
    assert_true(fx_str_is_equal(symbol, FX_STR("X")));
    assert_int_equal(fx_json_parse(&json, FX_STR("{\"symbol\":1}")), FX_OK);
    assert_int_equal(fx_wire_place_symbol(&json, &json.tokens[0], &symbol), FX_BAD_PARAMETER);
    assert_int_equal(fx_json_parse(&json, FX_STR("[]")), FX_OK);
    assert_int_equal(fx_wire_place_symbol(&json, &json.tokens[0], &symbol), FX_BAD_PARAMETER);
}

static void wire_place_command_counts_ticks_and_lots(void **state)
{
    (void)state;
    const struct fx_instrument instrument = make_instrument();
    struct fx_wire_place place;
    struct fx_command command;
    struct fx_reject reject;
    fx_str field;
    memset(&command, 0, sizeof command);
    memset(&reject, 0, sizeof reject);
    assert_int_equal(read_body("{" BASE "}", &place, &field), FX_OK);
    assert_int_equal(fx_wire_place_command(&place, &instrument, &command, &reject), FX_OK);
    assert_int_equal(command.kind, FX_COMMAND_PLACE_ORDER);
    assert_int_equal(command.instrument, 3);
    assert_int_equal(command.u.place.price_ticks, 200);
    assert_int_equal(command.u.place.lots, 1500);
    assert_int_equal(command.u.place.time_in_force, FX_TIME_IN_FORCE_GTC);
    /* A market order's price is not its business. */
    memset(&command, 0, sizeof command);
    assert_int_equal(
        read_body("{\"side\":\"BUY\",\"type\":\"MARKET\",\"quantity\":50.001,\"price\":\"7.77\"}",
                  &place,
                  &field),
        FX_OK);
    assert_int_equal(fx_wire_place_command(&place, &instrument, &command, &reject),
                     FX_MARKET_LOT_SIZE);
    place.quantity = fx_dec_one() * 50;
    assert_int_equal(fx_wire_place_command(&place, &instrument, &command, &reject), FX_OK);
    assert_int_equal(command.u.place.price_ticks, 0);
    place.quantity += 1;
    memset(&command, 0, sizeof command);
    assert_int_equal(fx_wire_place_command(&place, &instrument, &command, &reject), FX_LOT_SIZE);
    assert_int_equal(reject.field, FX_FIELD_QUANTITY);
    assert_int_equal(command.kind, 0); /* untouched */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wire_place_full_dto_is_read),
        cmocka_unit_test(wire_place_defaults_depend_on_the_type),
        cmocka_unit_test(wire_place_escaped_texts_mean_the_same),
        cmocka_unit_test(wire_place_wrong_types_and_words_name_the_member),
        cmocka_unit_test(wire_place_foreign_members_are_refused_never_dropped),
        cmocka_unit_test(wire_place_both_shapes_of_a_protection_make_a_bracket),
        cmocka_unit_test(wire_place_both_shapes_of_a_trigger_are_read),
        cmocka_unit_test(wire_place_trailing_and_close_are_read),
        cmocka_unit_test(wire_place_symbol_must_be_a_string),
        cmocka_unit_test(wire_place_command_counts_ticks_and_lots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
