#include "wire/wire_place.h"

#include <string.h>

#include "base/panic.h"

enum { WORD_SIZE_MAX = 64, US_PER_MS = 1000 };

/* 9999-12-31 in milliseconds: what lies beyond is a mistake of units. */
static const uint64_t EXPIRE_MS_MAX = 253402300799999ULL;

/* All members that mean something; what comes after MEMBER_PROTECTION is read by wire_protect.c. */
enum member {
    MEMBER_SIDE = 0,
    MEMBER_TYPE,
    MEMBER_QUANTITY,
    MEMBER_PRICE,
    MEMBER_LEVERAGE,
    MEMBER_MARGIN_MODE,
    MEMBER_IS_REDUCE_ONLY,
    MEMBER_REDUCE_ONLY,
    MEMBER_IS_POST_ONLY,
    MEMBER_POST_ONLY,
    MEMBER_POST_ONLY_MODE,
    MEMBER_CLIENT_ORDER_ID,
    MEMBER_TIME_IN_FORCE,
    MEMBER_EXPIRE_TIME,
    MEMBER_POSITION_SIDE,
    MEMBER_STP_MODE,
    MEMBER_TPSL_TYPE,
    MEMBER_CLOSE_POSITION, /* from here to the last: of conditional orders only */
    MEMBER_PRICE_PROTECT,
    MEMBER_TPSL_PRICE,
    MEMBER_TRIGGER,
    MEMBER_STOP_CONDITION,
    MEMBER_STOP_PRICE,
    MEMBER_TRIGGER_PRICE,
    MEMBER_TRIGGER_BY,
    MEMBER_ACTIVATION_PRICE,
    MEMBER_CALLBACK_RATE,
    MEMBER_PROTECTION,
    MEMBER_TAKE_PROFIT = MEMBER_PROTECTION,
    MEMBER_TAKE_PROFIT_TRIGGER,
    MEMBER_TAKE_PROFIT_LIMIT,
    MEMBER_STOP_LOSS,
    MEMBER_STOP_LOSS_TRIGGER,
    MEMBER_STOP_LOSS_LIMIT,
    MEMBERS
};

#define NAME(literal)                                                                              \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

static const fx_str NAMES[MEMBERS] = {
    [MEMBER_SIDE] = NAME("side"),
    [MEMBER_TYPE] = NAME("type"),
    [MEMBER_QUANTITY] = NAME("quantity"),
    [MEMBER_PRICE] = NAME("price"),
    [MEMBER_LEVERAGE] = NAME("leverage"),
    [MEMBER_MARGIN_MODE] = NAME("marginMode"),
    [MEMBER_IS_REDUCE_ONLY] = NAME("isReduceOnly"),
    [MEMBER_REDUCE_ONLY] = NAME("reduceOnly"),
    [MEMBER_IS_POST_ONLY] = NAME("isPostOnly"),
    [MEMBER_POST_ONLY] = NAME("postOnly"),
    [MEMBER_POST_ONLY_MODE] = NAME("postOnlyMode"),
    [MEMBER_CLIENT_ORDER_ID] = NAME("clientOrderId"),
    [MEMBER_TIME_IN_FORCE] = NAME("timeInForce"),
    [MEMBER_EXPIRE_TIME] = NAME("expireTime"),
    [MEMBER_POSITION_SIDE] = NAME("positionSide"),
    [MEMBER_STP_MODE] = NAME("stpMode"),
    [MEMBER_CLOSE_POSITION] = NAME("closePosition"),
    [MEMBER_TPSL_TYPE] = NAME("tpSLType"),
    [MEMBER_PRICE_PROTECT] = NAME("priceProtect"),
    [MEMBER_TPSL_PRICE] = NAME("tpSLPrice"),
    [MEMBER_TRIGGER] = NAME("trigger"),
    [MEMBER_STOP_CONDITION] = NAME("stopCondition"),
    [MEMBER_STOP_PRICE] = NAME("stopPrice"),
    [MEMBER_TRIGGER_PRICE] = NAME("triggerPrice"),
    [MEMBER_TRIGGER_BY] = NAME("triggerBy"),
    [MEMBER_ACTIVATION_PRICE] = NAME("activationPrice"),
    [MEMBER_CALLBACK_RATE] = NAME("callbackRate"),
    [MEMBER_TAKE_PROFIT] = NAME("takeProfit"),
    [MEMBER_TAKE_PROFIT_TRIGGER] = NAME("takeProfitTrigger"),
    [MEMBER_TAKE_PROFIT_LIMIT] = NAME("takeProfitLimitPrice"),
    [MEMBER_STOP_LOSS] = NAME("stopLoss"),
    [MEMBER_STOP_LOSS_TRIGGER] = NAME("stopLossTrigger"),
    [MEMBER_STOP_LOSS_LIMIT] = NAME("stopLossLimitPrice"),
};
#undef NAME

/* One reading of one object. `field` is the member that is being read. */
struct reading {
    const struct fx_json_token *tokens[MEMBERS]; /* values; NULL where absent or null */
    fx_str field;
    fx_status status;
};

/* Note where each member's value is: one walk over the object, instead of one per member. A key
 * that is written with escapes is left to fx_json_member(), which knows them. */
static void collect(struct reading *reading,
                    const struct fx_json *json,
                    const struct fx_json_token *object)
{
    const struct fx_json_token *key = object + 1;
    bool has_escape = false;
    for (uint32_t index = 0; index < object->count; index++) {
        has_escape = has_escape || key->is_escaped;
        for (uint32_t member = 0; member < MEMBERS; member++) {
            const fx_str name = NAMES[member];
            if (name.size == key->text.size && memcmp(name.data, key->text.data, name.size) == 0) {
                reading->tokens[member] = key + 1;
                break;
            }
        }
        key = &json->tokens[key[1].next];
    }
    for (uint32_t member = 0; has_escape && member < MEMBERS; member++) {
        reading->tokens[member] = fx_json_member(json, object, NAMES[member]);
    }
    for (uint32_t member = 0; member < MEMBERS; member++) {
        const struct fx_json_token *token = reading->tokens[member];
        reading->tokens[member] = token != NULL && token->kind == FX_JSON_NULL ? NULL : token;
    }
}

/* The member; NULL where absent, null, or where something failed before. */
static const struct fx_json_token *member_of(struct reading *reading, enum member member)
{
    if (reading->status != FX_OK) {
        return NULL;
    }
    reading->field = NAMES[member];
    return reading->tokens[member];
}

static void fail(struct reading *reading, fx_status status)
{
    reading->status = status;
}

/* The content of a string; what was escaped is copied to `storage`. Empty where absent. */
static fx_str read_text(struct reading *reading, enum member name, char storage[WORD_SIZE_MAX])
{
    const struct fx_json_token *token = member_of(reading, name);
    if (token == NULL) {
        return (fx_str){0};
    }
    if (token->kind != FX_JSON_STRING) {
        fail(reading, FX_BAD_PARAMETER);
        return (fx_str){0};
    }
    if (!token->is_escaped) {
        return token->text;
    }
    struct fx_buf text;
    fx_buf_init(&text, WORD_SIZE_MAX);
    size_t size = 0;
    if (fx_json_unescape(token, &text)) {
        size = text.size;
        memcpy(storage, text.data, size);
    } else {
        fail(reading, FX_BAD_PARAMETER);
    }
    fx_buf_deinit(&text);
    return (fx_str){storage, size};
}

typedef uint32_t (*word_fn)(fx_str name);

static uint32_t side_of(fx_str name)
{
    return (uint32_t)fx_order_side_of(name);
}

static uint32_t type_of(fx_str name)
{
    return (uint32_t)fx_order_type_of(name);
}

static uint32_t time_in_force_of(fx_str name)
{
    return (uint32_t)fx_order_time_in_force_of(name);
}

static uint32_t stp_mode_of(fx_str name)
{
    return (uint32_t)fx_order_stp_mode_of(name);
}

static uint32_t margin_mode_of(fx_str name)
{
    return (uint32_t)fx_order_margin_mode_of(name);
}

static uint32_t position_side_of(fx_str name)
{
    return (uint32_t)fx_order_position_side_of(name);
}

static uint32_t source_of(fx_str name)
{
    return (uint32_t)fx_order_trigger_source_of(name);
}

static uint32_t condition_of(fx_str name)
{
    return (uint32_t)fx_order_trigger_condition_of(name);
}

/* OFF is a word too, so the numbers are one higher than those of the enum. */
static uint32_t post_only_mode_of(fx_str name)
{
    static const fx_str WORDS[] = {{"OFF", 3}, {"REJECT", 6}, {"SLIDE", 5}};
    for (uint32_t index = 0; index < sizeof WORDS / sizeof WORDS[0]; index++) {
        if (fx_str_is_equal(name, WORDS[index])) {
            return index + 1;
        }
    }
    return 0;
}

/* 0 where absent; an unknown word fails. */
static uint32_t read_word(struct reading *reading, enum member name, word_fn number_of)
{
    char storage[WORD_SIZE_MAX];
    const fx_str word = read_text(reading, name, storage);
    if (reading->status != FX_OK || word.data == NULL) {
        return 0;
    }
    const uint32_t number = number_of(word);
    if (number == 0) {
        fail(reading, FX_BAD_PARAMETER);
    }
    return number;
}

/* A flag under the seed's name or the short one; both at once could be read in two ways. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): either name will do
static bool read_flag(struct reading *reading, enum member name, enum member alias)
{
    const struct fx_json_token *first = member_of(reading, name);
    const struct fx_json_token *second = name == alias ? NULL : member_of(reading, alias);
    const struct fx_json_token *token = first != NULL ? first : second;
    if (first != NULL && second != NULL) {
        fail(reading, FX_BAD_PARAMETER);
        return false;
    }
    if (token == NULL) {
        return false;
    }
    if (token->kind != FX_JSON_TRUE && token->kind != FX_JSON_FALSE) {
        reading->field = NAMES[first != NULL ? name : alias];
        fail(reading, FX_BAD_PARAMETER);
    }
    return token->kind == FX_JSON_TRUE;
}

static bool read_decimal(struct reading *reading, enum member name, fx_i128 *units_out)
{
    const struct fx_json_token *token = member_of(reading, name);
    if (token == NULL) {
        return false;
    }
    reading->status = fx_wire_place_decimal(token, units_out);
    return reading->status == FX_OK;
}

static int64_t read_time(struct reading *reading, enum member name)
{
    const struct fx_json_token *token = member_of(reading, name);
    uint64_t time_ms = 0;
    if (token == NULL) {
        return 0;
    }
    if ((token->kind != FX_JSON_NUMBER && token->kind != FX_JSON_STRING) ||
        !fx_str_parse_u64(token->text, &time_ms) || time_ms == 0 || time_ms > EXPIRE_MS_MAX) {
        fail(reading, FX_BAD_PARAMETER);
        return 0;
    }
    return (int64_t)time_ms * US_PER_MS;
}

fx_status fx_wire_place_decimal(const struct fx_json_token *token, fx_i128 *units_out)
{
    if (token->kind != FX_JSON_NUMBER && token->kind != FX_JSON_STRING) {
        return FX_BAD_PARAMETER;
    }
    /* An escape inside is not of a decimal's alphabet: the text is refused as it is. */
    return fx_dec_parse(token->text, units_out);
}

fx_status fx_wire_place_leverage(fx_i128 units, int32_t *centi_out)
{
    const fx_i128 step = fx_dec_one() / 100;
    if (units < fx_dec_one() || units % step != 0 || units / step > INT32_MAX) {
        return FX_BAD_LEVERAGE;
    }
    *centi_out = (int32_t)(units / step);
    return FX_OK;
}

static void read_leverage(struct reading *reading, struct fx_wire_place *place)
{
    fx_i128 units = 0;
    if (read_decimal(reading, MEMBER_LEVERAGE, &units)) {
        reading->status = fx_wire_place_leverage(units, &place->leverage_centi);
    }
}

static void read_client_id(struct reading *reading, struct fx_wire_place *place)
{
    char storage[WORD_SIZE_MAX];
    const fx_str text = read_text(reading, MEMBER_CLIENT_ORDER_ID, storage);
    if (reading->status == FX_OK && text.data != NULL &&
        !fx_ids_client_id(text, &place->client_id)) {
        fail(reading, FX_BAD_PARAMETER);
    }
}

static void read_post_only(struct reading *reading, struct fx_wire_place *place)
{
    const bool is_post_only = read_flag(reading, MEMBER_IS_POST_ONLY, MEMBER_POST_ONLY);
    const uint32_t word = read_word(reading, MEMBER_POST_ONLY_MODE, post_only_mode_of);
    if (reading->status != FX_OK) {
        return;
    }
    if (word != 0) {
        place->post_only_mode = (enum fx_post_only_mode)(word - 1);
        if (is_post_only && place->post_only_mode == FX_POST_ONLY_MODE_OFF) {
            fail(reading, FX_BAD_PARAMETER); /* says both yes and no */
        }
    } else if (is_post_only) {
        place->post_only_mode = FX_POST_ONLY_MODE_REJECT;
    }
}

/* Take profit and stop loss, where any of their members is there. */
static void read_protection(struct reading *reading,
                            const struct fx_json *json,
                            const struct fx_json_token *object,
                            struct fx_wire_place *place)
{
    bool has_member = false;
    for (uint32_t member = MEMBER_PROTECTION; member < MEMBERS; member++) {
        has_member = has_member || reading->tokens[member] != NULL;
    }
    if (has_member && reading->status == FX_OK) {
        reading->status = fx_wire_protect_parse(json, object, &place->protect, &reading->field);
    }
}

/* `type`, and `tpSLType` beside it, which must not say something else. */
static void read_kind(struct reading *reading, struct fx_wire_place *place)
{
    place->side = (enum fx_side)read_word(reading, MEMBER_SIDE, side_of);
    if (reading->status == FX_OK && place->side == 0) {
        fail(reading, FX_BAD_PARAMETER);
    }
    place->type = (enum fx_order_type)read_word(reading, MEMBER_TYPE, type_of);
    if (reading->status == FX_OK && place->type == 0) {
        fail(reading, FX_BAD_PARAMETER);
    }
    const enum fx_order_type kind =
        (enum fx_order_type)read_word(reading, MEMBER_TPSL_TYPE, type_of);
    if (reading->status != FX_OK || kind == 0) {
        return;
    }
    const bool is_same =
        fx_order_type_is_conditional(place->type)
            ? kind == place->type
            : fx_order_type_is_market(kind) == fx_order_type_is_market(place->type);
    if (!fx_order_type_is_conditional(kind) || !is_same) {
        fail(reading, FX_BAD_PARAMETER);
    }
    place->type = kind;
}

static void read_figures(struct reading *reading, struct fx_wire_place *place)
{
    place->is_close_position = read_flag(reading, MEMBER_CLOSE_POSITION, MEMBER_CLOSE_POSITION);
    const bool has_quantity = read_decimal(reading, MEMBER_QUANTITY, &place->quantity);
    if (reading->status == FX_OK && has_quantity == place->is_close_position) {
        fail(reading, FX_BAD_PARAMETER); /* closePosition asks for none, all else for one */
    }
    const bool has_price = read_decimal(reading, MEMBER_PRICE, &place->price);
    if (reading->status == FX_OK && !has_price && !fx_order_type_is_market(place->type)) {
        fail(reading, FX_BAD_PARAMETER);
    }
}

/* One price under any of its names. */
static void read_trigger_price(struct reading *reading, struct fx_wire_place *place)
{
    static const enum member PRICES[] = {
        MEMBER_TPSL_PRICE, MEMBER_TRIGGER_PRICE, MEMBER_STOP_PRICE};
    bool has_price = false;
    for (uint32_t index = 0; index < sizeof PRICES / sizeof PRICES[0]; index++) {
        if (member_of(reading, PRICES[index]) != NULL && has_price) {
            fail(reading, FX_BAD_PARAMETER); /* two names could say two prices */
        }
        has_price = read_decimal(reading, PRICES[index], &place->trigger_price) || has_price;
    }
    const bool is_trailing = place->type == FX_ORDER_TYPE_TRAILING_STOP;
    if (reading->status == FX_OK && has_price == is_trailing) {
        reading->field = NAMES[has_price ? MEMBER_TPSL_PRICE : MEMBER_TRIGGER_PRICE];
        fail(reading, FX_BAD_PARAMETER);
    }
}

/* A plain order must not carry what only a conditional one means. What is no number is said first.
 */
static void refuse_triggers(struct reading *reading)
{
    static const enum member DECIMALS[] = {MEMBER_TPSL_PRICE,
                                           MEMBER_STOP_PRICE,
                                           MEMBER_TRIGGER_PRICE,
                                           MEMBER_ACTIVATION_PRICE,
                                           MEMBER_CALLBACK_RATE};
    for (uint32_t index = 0; index < sizeof DECIMALS / sizeof DECIMALS[0]; index++) {
        fx_i128 units = 0;
        (void)read_decimal(reading, DECIMALS[index], &units);
    }
    for (uint32_t member = MEMBER_CLOSE_POSITION; member < MEMBER_PROTECTION; member++) {
        const struct fx_json_token *token = member_of(reading, (enum member)member);
        if (token != NULL && token->kind != FX_JSON_FALSE) { /* false is as good as absent */
            fail(reading, FX_BAD_PARAMETER);
        }
    }
}

static void read_trigger(struct reading *reading, struct fx_wire_place *place)
{
    if (reading->status == FX_OK && !fx_order_type_is_conditional(place->type)) {
        refuse_triggers(reading);
        return;
    }
    read_trigger_price(reading, place);
    (void)read_decimal(reading, MEMBER_ACTIVATION_PRICE, &place->activation_price);
    const bool has_rate = read_decimal(reading, MEMBER_CALLBACK_RATE, &place->callback_percent);
    const bool is_trailing = place->type == FX_ORDER_TYPE_TRAILING_STOP;
    if (reading->status == FX_OK && has_rate != is_trailing) {
        fail(reading, FX_BAD_PARAMETER);
    }
    if (reading->status == FX_OK && !is_trailing &&
        member_of(reading, MEMBER_ACTIVATION_PRICE) != NULL) {
        fail(reading, FX_BAD_PARAMETER);
    }
    const uint32_t first = read_word(reading, MEMBER_TRIGGER, source_of);
    const uint32_t second = read_word(reading, MEMBER_TRIGGER_BY, source_of);
    if (reading->status == FX_OK && first != 0 && second != 0) {
        fail(reading, FX_BAD_PARAMETER);
    }
    place->source = (enum fx_trigger_source)(first != 0 ? first : second);
    if (place->source == 0) {
        place->source = FX_TRIGGER_SOURCE_LAST;
    }
    place->condition =
        (enum fx_trigger_condition)read_word(reading, MEMBER_STOP_CONDITION, condition_of);
    place->is_price_protected = read_flag(reading, MEMBER_PRICE_PROTECT, MEMBER_PRICE_PROTECT);
}

static void read_time_in_force(struct reading *reading, struct fx_wire_place *place)
{
    place->expire_us = read_time(reading, MEMBER_EXPIRE_TIME);
    const uint32_t word = read_word(reading, MEMBER_TIME_IN_FORCE, time_in_force_of);
    place->time_in_force = (enum fx_time_in_force)word;
    if (word == 0) {
        place->time_in_force =
            fx_order_type_is_market(place->type) ? FX_TIME_IN_FORCE_IOC : FX_TIME_IN_FORCE_GTC;
    }
}

fx_status fx_wire_place_symbol(const struct fx_json *json,
                               const struct fx_json_token *object,
                               fx_str *symbol_out)
{
    const struct fx_json_token *token = fx_json_member(json, object, FX_STR("symbol"));
    if (token == NULL || token->kind != FX_JSON_STRING) {
        return FX_BAD_PARAMETER;
    }
    *symbol_out = token->text; /* no symbol has a character that must be escaped */
    return FX_OK;
}

fx_status fx_wire_place_parse(const struct fx_json *json,
                              const struct fx_json_token *object,
                              struct fx_wire_place *place_out,
                              fx_str *field_out)
{
    struct reading reading = {.status = FX_OK};
    struct fx_wire_place place;
    FX_ASSERT(object->kind == FX_JSON_OBJECT);
    memset(&place, 0, sizeof place);
    collect(&reading, json, object);
    read_kind(&reading, &place);
    read_figures(&reading, &place);
    read_trigger(&reading, &place);
    read_leverage(&reading, &place);
    place.margin_mode =
        (enum fx_margin_mode)read_word(&reading, MEMBER_MARGIN_MODE, margin_mode_of);
    place.is_reduce_only = read_flag(&reading, MEMBER_IS_REDUCE_ONLY, MEMBER_REDUCE_ONLY);
    read_post_only(&reading, &place);
    read_client_id(&reading, &place);
    read_time_in_force(&reading, &place);
    place.position_side =
        (enum fx_position_side)read_word(&reading, MEMBER_POSITION_SIDE, position_side_of);
    place.stp_mode = (enum fx_stp_mode)read_word(&reading, MEMBER_STP_MODE, stp_mode_of);
    read_protection(&reading, json, object, &place);
    if (reading.status != FX_OK) {
        *field_out = reading.field;
        return reading.status;
    }
    *place_out = place;
    return FX_OK;
}

// NOLINTBEGIN(bugprone-easily-swappable-parameters): a price and the name it goes by

/* A price that the order waits for: refused under its own name. */
static fx_status ticks_of(const struct fx_instrument *instrument,
                          fx_i128 price,
                          enum fx_field field,
                          int64_t *ticks_out,
                          struct fx_reject *reject_out)
{
    fx_px ticks = {0};
    const fx_status status = fx_instrument_ticks(instrument, price, &ticks, reject_out);
    if (status != FX_OK) {
        reject_out->field = (uint8_t)field;
    }
    *ticks_out = ticks.ticks;
    return status;
}

// NOLINTEND(bugprone-easily-swappable-parameters)

/* Percent to parts per billion: 1 % is 10,000,000. */
static fx_status rate_of(fx_i128 percent, int32_t *ppb_out, struct fx_reject *reject_out)
{
    const fx_i128 step = fx_dec_one() / 10000000;
    const fx_i128 ppb = percent / step;
    if (percent % step != 0 || ppb < FX_COMMAND_CALLBACK_PPB_MIN ||
        ppb > FX_COMMAND_CALLBACK_PPB_MAX) {
        reject_out->field = FX_FIELD_CALLBACK_RATE;
        return FX_BAD_PARAMETER;
    }
    *ppb_out = (int32_t)ppb;
    return FX_OK;
}

static fx_status fill_conditional(const struct fx_wire_place *place,
                                  const struct fx_instrument *instrument,
                                  struct fx_command *command,
                                  struct fx_reject *reject_out)
{
    struct fx_command_conditional *target = &command->u.conditional;
    fx_status status = FX_OK;
    command->kind = FX_COMMAND_PLACE_CONDITIONAL;
    target->source = (uint8_t)place->source;
    target->condition = (uint8_t)place->condition;
    target->is_close_position = place->is_close_position ? 1 : 0;
    target->is_price_protected = place->is_price_protected ? 1 : 0;
    target->place.is_reduce_only |= target->is_close_position;
    if (place->type != FX_ORDER_TYPE_TRAILING_STOP) {
        return ticks_of(instrument,
                        place->trigger_price,
                        FX_FIELD_TRIGGER_PRICE,
                        &target->trigger_ticks,
                        reject_out);
    }
    if (place->activation_price != 0) {
        status = ticks_of(instrument,
                          place->activation_price,
                          FX_FIELD_ACTIVATION_PRICE,
                          &target->trigger_ticks,
                          reject_out);
    }
    return status == FX_OK ? rate_of(place->callback_percent, &target->callback_ppb, reject_out)
                           : status;
}

static fx_status fill_protection(const struct fx_wire_place *place,
                                 const struct fx_instrument *instrument,
                                 struct fx_command *command,
                                 struct fx_reject *reject_out)
{
    const struct fx_wire_protect *protect = &place->protect;
    if (!protect->take_profit.is_given && !protect->stop_loss.is_given) {
        return FX_OK;
    }
    command->kind = FX_COMMAND_PLACE_BRACKET;
    return fx_wire_protect_fill(protect, instrument, 0, &command->u.bracket.protection, reject_out);
}

/* Whole ticks and lots, and the filters that need no state. closePosition has no quantity yet. */
static fx_status judge_figures(const struct fx_wire_place *place,
                               const struct fx_instrument *instrument,
                               struct fx_command_place *target,
                               struct fx_reject *reject_out)
{
    const bool is_market = fx_order_type_is_market(place->type);
    fx_px price = {0};
    fx_qty quantity = {0};
    fx_status status =
        is_market ? FX_OK : fx_instrument_ticks(instrument, place->price, &price, reject_out);
    if (status == FX_OK && !place->is_close_position) {
        status = fx_instrument_lots(instrument, place->quantity, &quantity, reject_out);
    }
    if (status == FX_OK && !place->is_close_position) {
        const struct fx_filter_input input = {
            .side = place->side,
            .type = is_market ? FX_ORDER_TYPE_MARKET : FX_ORDER_TYPE_LIMIT,
            .price = price,
            .quantity = quantity,
            .is_reduce_only = place->is_reduce_only,
        };
        status = fx_instrument_filter(instrument, &input, reject_out);
    }
    if (status == FX_OK) {
        target->price_ticks = price.ticks;
        target->lots = quantity.lots;
    }
    return status;
}

fx_status fx_wire_place_command(const struct fx_wire_place *place,
                                const struct fx_instrument *instrument,
                                struct fx_command *command_out,
                                struct fx_reject *reject_out)
{
    struct fx_command_place *target = &command_out->u.place;
    FX_ASSERT(place->side == FX_SIDE_BUY || place->side == FX_SIDE_SELL);
    fx_status status = judge_figures(place, instrument, target, reject_out);
    if (status != FX_OK) {
        return status;
    }
    command_out->kind = FX_COMMAND_PLACE_ORDER;
    command_out->instrument = instrument->instrument_id;
    target->expire_us = place->expire_us;
    target->leverage_centi = place->leverage_centi;
    target->margin_mode = (uint8_t)place->margin_mode;
    target->side = (uint8_t)place->side;
    target->type = (uint8_t)place->type;
    target->time_in_force = (uint8_t)place->time_in_force;
    target->stp_mode = (uint8_t)place->stp_mode;
    target->post_only_mode = (uint8_t)place->post_only_mode;
    target->is_reduce_only = place->is_reduce_only ? 1 : 0;
    target->position_side = (uint8_t)place->position_side;
    target->client_id = place->client_id;
    if (fx_order_type_is_conditional(place->type)) {
        status = fill_conditional(place, instrument, command_out, reject_out);
    }
    return status == FX_OK ? fill_protection(place, instrument, command_out, reject_out) : status;
}
