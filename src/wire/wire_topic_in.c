#include "wire/wire_topic_in.h"

#include <stddef.h>
#include <string.h>

#include "base/panic.h"
#include "wire/wire_topic_int.h"

enum { TEXT_SIZE_MAX = 64, US_PER_MS = 1000, PPB_DIGITS = 1000000000, CODES_MAX = 256 };

/* 9999-12-31: what lies beyond is a mistake of units. */
static const uint64_t TIME_MS_MAX = 253402300799999ULL;

/* Operation ids, 2^20 to a record, stay below 2^63 for as many records again. */
static const uint64_t FIRST_SEQUENCE_MAX = 1ULL << 42U;

/* One reading of one object. */
struct reading {
    const struct fx_json *json;
    const struct fx_json_token *object;     /* NULL: there is none, so it has no members */
    const struct fx_instrument *instrument; /* whose ticks and lots are counted */
    struct fx_command *command;
    fx_str field; /* what is being read */
};

static const struct fx_json_token *member_of(struct reading *reading, fx_str name)
{
    reading->field = name;
    const struct fx_json_token *token =
        reading->object == NULL ? NULL : fx_json_member(reading->json, reading->object, name);
    return token != NULL && token->kind == FX_JSON_NULL ? NULL : token;
}

/* A string without escapes: words, ids and symbols need none. */
static fx_status read_text(const struct fx_json_token *token, fx_str *text_out)
{
    if (token->kind != FX_JSON_STRING || token->is_escaped) {
        return FX_BAD_PARAMETER;
    }
    *text_out = token->text;
    return FX_OK;
}

static fx_status read_u64(const struct fx_json_token *token, uint64_t most, uint64_t *value_out)
{
    uint64_t value = 0;
    if ((token->kind != FX_JSON_NUMBER && token->kind != FX_JSON_STRING) ||
        !fx_str_parse_u64(token->text, &value) || value > most) {
        return FX_BAD_PARAMETER;
    }
    *value_out = value;
    return FX_OK;
}

/* How often `unit` is in the decimal; a rest is refused. */
static fx_status read_units(const struct fx_json_token *token,
                            fx_i128 unit, // NOLINT(bugprone-easily-swappable-parameters): an enum
                            fx_status rest,
                            int64_t *count_out)
{
    fx_i128 units = 0;
    const fx_status status = fx_wire_place_decimal(token, &units);
    if (status != FX_OK) {
        return status;
    }
    if (unit <= 0 || units % unit != 0 || units / unit > INT64_MAX ||
        units / unit < -(fx_i128)INT64_MAX) {
        return rest;
    }
    *count_out = (int64_t)(units / unit);
    return FX_OK;
}

static fx_status read_rate(const struct fx_json_token *token, int64_t *ppb_out)
{
    fx_i128 units = 0;
    const fx_i128 unit = fx_dec_one() / PPB_DIGITS;
    const fx_status status = fx_wire_place_decimal(token, &units);
    if (status != FX_OK) {
        return status;
    }
    if (units % unit != 0 || units / unit > INT64_MAX || units / unit < -(fx_i128)INT64_MAX) {
        return FX_TOO_MANY_DIGITS;
    }
    *ppb_out = (int64_t)(units / unit);
    return FX_OK;
}

/* Store `size` bytes of a value at the field's place. */
static fx_status store(const struct reading *reading,
                       const struct fx_wire_topic_field *field,
                       const void *value,
                       size_t size)
{
    FX_ASSERT(field->offset + size <= sizeof *reading->command);
    memcpy((char *)reading->command + field->offset, value, size);
    return FX_OK;
}

static fx_status read_decimals(struct reading *reading,
                               const struct fx_wire_topic_field *field,
                               const struct fx_json_token *token)
{
    fx_i128 units = 0;
    int64_t number = 0;
    int32_t small = 0;
    fx_status status = FX_OK;
    switch (field->type) {
    case FX_WIRE_TOPIC_DEC:
        status = fx_wire_place_decimal(token, &units);
        return status == FX_OK ? store(reading, field, &units, sizeof units) : status;
    case FX_WIRE_TOPIC_PRICE:
    case FX_WIRE_TOPIC_PRICE_KEEP:
        status = read_units(token, reading->instrument->tick_size, FX_PRICE_FILTER, &number);
        break;
    case FX_WIRE_TOPIC_LOTS:
    case FX_WIRE_TOPIC_SIDED_LOTS:
        status = read_units(token, reading->instrument->lot_size, FX_LOT_SIZE, &number);
        break;
    case FX_WIRE_TOPIC_LEVERAGE:
        status = fx_wire_place_decimal(token, &units);
        if (status == FX_OK) {
            status = fx_wire_place_leverage(units, &small);
        }
        return status == FX_OK ? store(reading, field, &small, sizeof small) : status;
    case FX_WIRE_TOPIC_RATE32:
        status = read_rate(token, &number);
        if (status == FX_OK && (number > INT32_MAX || number < -INT32_MAX)) {
            status = FX_BAD_PARAMETER;
        }
        small = status == FX_OK ? (int32_t)number : 0;
        return status == FX_OK ? store(reading, field, &small, sizeof small) : status;
    default:
        status = read_rate(token, &number);
        break;
    }
    if (status == FX_OK && number < 0 && field->type != FX_WIRE_TOPIC_SIDED_LOTS &&
        field->type != FX_WIRE_TOPIC_RATE64) {
        status = field->type == FX_WIRE_TOPIC_LOTS ? FX_LOT_SIZE : FX_PRICE_FILTER;
    }
    return status == FX_OK ? store(reading, field, &number, sizeof number) : status;
}

static fx_status read_integers(struct reading *reading,
                               const struct fx_wire_topic_field *field,
                               const struct fx_json_token *token)
{
    uint64_t value = 0;
    if (field->type == FX_WIRE_TOPIC_ID) {
        const fx_status status = read_u64(token, UINT64_MAX, &value);
        return status == FX_OK ? store(reading, field, &value, sizeof value) : status;
    }
    if (field->type == FX_WIRE_TOPIC_TIME) {
        const fx_status status = read_u64(token, TIME_MS_MAX, &value);
        const int64_t time_us = (int64_t)value * US_PER_MS;
        return status == FX_OK ? store(reading, field, &time_us, sizeof time_us) : status;
    }
    if (field->type == FX_WIRE_TOPIC_COUNT16) {
        const fx_status status = read_u64(token, UINT16_MAX, &value);
        const uint16_t small = (uint16_t)value;
        return status == FX_OK ? store(reading, field, &small, sizeof small) : status;
    }
    const fx_status status = read_u64(token, INT32_MAX, &value); /* COUNT */
    const uint32_t count = (uint32_t)value;
    return status == FX_OK ? store(reading, field, &count, sizeof count) : status;
}

static fx_status read_flag(struct reading *reading,
                           const struct fx_wire_topic_field *field,
                           const struct fx_json_token *token)
{
    if (token->kind != FX_JSON_TRUE && token->kind != FX_JSON_FALSE) {
        return FX_BAD_PARAMETER;
    }
    const uint32_t yes = field->type == FX_WIRE_TOPIC_NEW ? FX_INSTRUMENT_NEW : 1;
    const uint32_t value = token->kind == FX_JSON_TRUE ? yes : 0;
    const uint8_t small = (uint8_t)value;
    return field->type == FX_WIRE_TOPIC_FLAG8 ? store(reading, field, &small, sizeof small)
                                              : store(reading, field, &value, sizeof value);
}

/* The name of a movement of money has its mark in front. @return false where it does not fit. */
static bool mark_move(const struct fx_wire_topic_field *field, struct fx_client_id *id)
{
    if (field->type != FX_WIRE_TOPIC_MOVE_ID) {
        return true;
    }
    if (id->size == FX_CLIENT_ID_SIZE_MAX) {
        return false;
    }
    memmove(&id->text[1], id->text, id->size);
    id->text[0] = FX_COMMAND_MOVE_MARK;
    id->size++;
    return true;
}

static fx_status read_words(struct reading *reading,
                            const struct fx_wire_topic_field *field,
                            const struct fx_json_token *token)
{
    fx_str text = {0};
    struct fx_asset asset;
    struct fx_symbol symbol;
    struct fx_client_id client_id;
    if (read_text(token, &text) != FX_OK) {
        return FX_BAD_PARAMETER;
    }
    switch (field->type) {
    case FX_WIRE_TOPIC_ASSET:
        memset(&asset, 0, sizeof asset);
        return fx_ids_asset(text, &asset) ? store(reading, field, &asset, sizeof asset)
                                          : FX_BAD_PARAMETER;
    case FX_WIRE_TOPIC_SYMBOL:
        memset(&symbol, 0, sizeof symbol);
        return fx_ids_symbol(text, &symbol) ? store(reading, field, &symbol, sizeof symbol)
                                            : FX_BAD_PARAMETER;
    case FX_WIRE_TOPIC_CLIENT_ID:
    case FX_WIRE_TOPIC_MOVE_ID:
        memset(&client_id, 0, sizeof client_id);
        return fx_ids_client_id(text, &client_id) && mark_move(field, &client_id)
                   ? store(reading, field, &client_id, sizeof client_id)
                   : FX_BAD_PARAMETER;
    default:
        break;
    }
    const uint32_t number = fx_wire_topic_number((enum fx_wire_topic_words)field->words, text);
    const uint8_t small = (uint8_t)number;
    if (number == 0 || number > UINT8_MAX) {
        return FX_BAD_PARAMETER;
    }
    return field->type == FX_WIRE_TOPIC_WORD8 ? store(reading, field, &small, sizeof small)
                                              : store(reading, field, &number, sizeof number);
}

static fx_status read_field(struct reading *reading, const struct fx_wire_topic_field *field)
{
    const struct fx_json_token *token = member_of(reading, field->name);
    if (token == NULL) {
        if (field->type == FX_WIRE_TOPIC_PRICE_KEEP) {
            const int64_t keep = FX_COMMAND_TP_SL_KEEP;
            return store(reading, field, &keep, sizeof keep);
        }
        return field->is_required ? FX_BAD_PARAMETER : FX_OK;
    }
    switch (field->type) {
    case FX_WIRE_TOPIC_TIME:
    case FX_WIRE_TOPIC_ID:
    case FX_WIRE_TOPIC_COUNT:
    case FX_WIRE_TOPIC_COUNT16:
        return read_integers(reading, field, token);
    case FX_WIRE_TOPIC_FLAG8:
    case FX_WIRE_TOPIC_FLAG32:
    case FX_WIRE_TOPIC_NEW:
        return read_flag(reading, field, token);
    case FX_WIRE_TOPIC_WORD8:
    case FX_WIRE_TOPIC_WORD32:
    case FX_WIRE_TOPIC_ASSET:
    case FX_WIRE_TOPIC_SYMBOL:
    case FX_WIRE_TOPIC_CLIENT_ID:
    case FX_WIRE_TOPIC_MOVE_ID:
        return read_words(reading, field, token);
    case FX_WIRE_TOPIC_DEC:
    case FX_WIRE_TOPIC_PRICE:
    case FX_WIRE_TOPIC_PRICE_KEEP:
    case FX_WIRE_TOPIC_LOTS:
    case FX_WIRE_TOPIC_SIDED_LOTS:
    case FX_WIRE_TOPIC_RATE64:
    case FX_WIRE_TOPIC_RATE32:
    case FX_WIRE_TOPIC_LEVERAGE:
    default:
        return read_decimals(reading, field, token);
    }
}

/* `tiers`: [{cap, rate, maintenanceAmount, maxLeverage}, …]. */
static fx_status read_tiers(struct reading *reading)
{
    struct fx_command_tiers *tiers = &reading->command->u.tiers;
    const struct fx_json_token *array = member_of(reading, FX_STR("tiers"));
    if (array == NULL || array->kind != FX_JSON_ARRAY || array->count > FX_TIERS_MAX) {
        return FX_BAD_PARAMETER;
    }
    static const struct fx_wire_topic_field FIELDS[] = {
        {{"cap", 3}, offsetof(struct fx_tier, cap), FX_WIRE_TOPIC_DEC, 0, true},
        {{"maintenanceAmount", 17}, offsetof(struct fx_tier, cum), FX_WIRE_TOPIC_DEC, 0, true},
        {{"maintenanceMarginRate", 21},
         offsetof(struct fx_tier, rate_ppb),
         FX_WIRE_TOPIC_RATE64,
         0,
         true},
        {{"maxLeverage", 11},
         offsetof(struct fx_tier, leverage_max_centi),
         FX_WIRE_TOPIC_LEVERAGE,
         0,
         true}};
    fx_status status = FX_OK;
    tiers->count = array->count;
    for (uint32_t index = 0; index < array->count && status == FX_OK; index++) {
        reading->object = fx_json_element(reading->json, array, index);
        if (reading->object->kind != FX_JSON_OBJECT) {
            return FX_BAD_PARAMETER;
        }
        for (uint32_t at = 0; at < sizeof FIELDS / sizeof FIELDS[0] && status == FX_OK; at++) {
            struct fx_wire_topic_field field = FIELDS[at];
            field.offset = (uint16_t)(field.offset + offsetof(struct fx_command, u.tiers.tiers) +
                                      index * sizeof(struct fx_tier));
            status = read_field(reading, &field);
        }
    }
    return status;
}

/* `assets`: ["BTC", …]. */
static fx_status read_assets(struct reading *reading)
{
    struct fx_shard_map *map = &reading->command->u.shard;
    const struct fx_json_token *array = member_of(reading, FX_STR("assets"));
    if (array == NULL || array->kind != FX_JSON_ARRAY || array->count > FX_SHARD_ASSETS_MAX) {
        return FX_BAD_PARAMETER;
    }
    map->asset_count = array->count;
    for (uint32_t index = 0; index < array->count; index++) {
        fx_str text = {0};
        if (read_text(fx_json_element(reading->json, array, index), &text) != FX_OK ||
            !fx_ids_asset(text, &map->assets[index])) {
            return FX_BAD_PARAMETER;
        }
    }
    return FX_OK;
}

static fx_status read_header(struct reading *reading,
                             const struct fx_wire_topic_shape *shape,
                             fx_wire_topic_in_find_fn find,
                             void *context)
{
    fx_str symbol = {0};
    fx_status status = FX_OK;
    reading->command->instrument = FX_COMMAND_ALL_INSTRUMENTS;
    if (shape->has_user) {
        const struct fx_json_token *user = member_of(reading, FX_STR("userId"));
        status = user == NULL ? FX_BAD_PARAMETER
                              : read_u64(user, UINT64_MAX, &reading->command->user_id);
        if (status == FX_OK && reading->command->user_id == 0 && !shape->may_be_nobody) {
            status = FX_BAD_PARAMETER; /* nobody's account */
        }
    }
    if (status != FX_OK || (!shape->has_symbol && !shape->may_have_symbol)) {
        return status;
    }
    const struct fx_json_token *token = member_of(reading, FX_STR("symbol"));
    if (token == NULL) {
        return shape->has_symbol ? FX_BAD_PARAMETER : FX_OK;
    }
    status = read_text(token, &symbol);
    if (status == FX_OK) {
        reading->instrument = find(context, symbol);
        status = reading->instrument == NULL ? FX_UNKNOWN_SYMBOL : FX_OK;
    }
    if (status == FX_OK) {
        reading->command->instrument = reading->instrument->instrument_id;
    }
    return status;
}

static fx_status read_data(struct reading *reading, const struct fx_wire_topic_shape *shape)
{
    fx_status status = FX_OK;
    for (uint32_t index = 0; index < shape->count && status == FX_OK; index++) {
        status = read_field(reading, &shape->fields[index]);
    }
    if (status == FX_OK && reading->command->kind == FX_COMMAND_LOAD_LEVERAGE_MARGIN) {
        status = read_tiers(reading);
    } else if (status == FX_OK && reading->command->kind == FX_COMMAND_SET_SHARD) {
        status = read_assets(reading);
    }
    return status;
}

/* LOAD_TRADING_RULE: the symbol's definition with the members that are named. */
static fx_status read_rule(struct reading *reading, fx_wire_topic_in_find_fn find, void *context)
{
    struct fx_wire_topic_shape shape;
    fx_str symbol = {0};
    const struct fx_json_token *token = member_of(reading, FX_STR("symbol"));
    fx_status status = token == NULL ? FX_BAD_PARAMETER : read_text(token, &symbol);
    const struct fx_instrument *known = status == FX_OK ? find(context, symbol) : NULL;
    const bool has_shape = fx_wire_topic_shape(FX_COMMAND_UPDATE_INSTRUMENT, &shape);
    FX_ASSERT(has_shape);
    if (known == NULL) {
        return status == FX_OK ? FX_UNKNOWN_SYMBOL : status;
    }
    reading->command->kind = FX_COMMAND_UPDATE_INSTRUMENT;
    reading->command->instrument = FX_COMMAND_ALL_INSTRUMENTS;
    reading->command->u.instrument = *known;
    reading->command->u.instrument.instrument_id = 0; /* the engine's */
    reading->command->u.instrument.tier_count = 0;
    for (uint32_t index = 0; index < shape.count && status == FX_OK; index++) {
        struct fx_wire_topic_field field = shape.fields[index];
        field.is_required = false;
        status = read_field(reading, &field);
    }
    return status;
}

/* The kind of a code; 0 where it is none of the engine's. */
static uint32_t kind_of(struct reading *reading, fx_str code)
{
    if (fx_str_is_equal(code, FX_STR("CREATE_ACCOUNT")) &&
        member_of(reading, FX_STR("id")) != NULL) {
        return FX_COMMAND_LOAD_ACCOUNT;
    }
    if (fx_str_is_equal(code, FX_STR("LOAD_ORDER")) &&
        member_of(reading, FX_STR("parentOrderId")) != NULL) {
        return FX_COMMAND_LOAD_ORDER_TP_SL;
    }
    if (fx_str_is_equal(code, FX_STR("LIQUIDATE"))) {
        return FX_COMMAND_MARK_PRICE;
    }
    if (fx_str_is_equal(code, FX_STR("ADJUST_TP_SL_PRICE"))) {
        return FX_COMMAND_ADJUST_TP_SL;
    }
    for (uint32_t kind = 1; kind < CODES_MAX; kind++) {
        const char *name = fx_command_name((enum fx_command_kind)kind);
        if (name != NULL && fx_str_is_equal(fx_str_of(name), code)) {
            return kind;
        }
    }
    return 0;
}

/* Codes that are no commands of the engine. @return 0 where it is another. */
static enum fx_wire_topic_in_kind control_of(fx_str code)
{
    static const struct {
        fx_str code;
        enum fx_wire_topic_in_kind kind;
    } CONTROLS[] = {{{"DUMP", 4}, FX_WIRE_TOPIC_IN_DUMP}, {{"LEADER", 6}, FX_WIRE_TOPIC_IN_LEADER}};
    for (uint32_t index = 0; index < sizeof CONTROLS / sizeof CONTROLS[0]; index++) {
        if (fx_str_is_equal(code, CONTROLS[index].code)) {
            return CONTROLS[index].kind;
        }
    }
    return 0;
}

static fx_status read_leader(struct reading *reading, struct fx_wire_topic_in *in)
{
    fx_str node = {0};
    const struct fx_json_token *epoch = member_of(reading, FX_STR("epoch"));
    if (epoch == NULL || read_u64(epoch, INT64_MAX, &in->epoch) != FX_OK || in->epoch == 0) {
        return FX_BAD_PARAMETER;
    }
    const struct fx_json_token *name = member_of(reading, FX_STR("node"));
    if (name == NULL || read_text(name, &node) != FX_OK || !fx_ids_client_id(node, &in->node)) {
        return FX_BAD_PARAMETER;
    }
    return FX_OK;
}

static fx_status read_time(struct reading *reading, struct fx_command *command)
{
    uint64_t time_ms = 0;
    const struct fx_json_token *token = member_of(reading, FX_STR("time"));
    const fx_status status = token == NULL ? FX_OK : read_u64(token, TIME_MS_MAX, &time_ms);
    command->time_us = (int64_t)time_ms * US_PER_MS;
    return status;
}

/* Of which signed request it is: both members or none. */
static fx_status read_proof(struct reading *reading, struct fx_proof *proof)
{
    uint64_t until_ms = 0;
    const struct fx_json_token *id = member_of(reading, FX_STR("proof"));
    if (id == NULL) {
        return FX_OK;
    }
    fx_status status = read_u64(id, INT64_MAX, &proof->id);
    const struct fx_json_token *until = member_of(reading, FX_STR("until"));
    if (status == FX_OK) {
        status = until == NULL ? FX_BAD_PARAMETER : read_u64(until, TIME_MS_MAX, &until_ms);
    }
    proof->until_ms = (int64_t)until_ms;
    return status == FX_OK && proof->id == 0 ? FX_BAD_PARAMETER : status;
}

/* Who published it, where the record says so. */
static fx_status read_from(struct reading *reading, struct fx_wire_topic_from *from)
{
    fx_str node = {0};
    const struct fx_json_token *root = reading->object;
    const struct fx_json_token *token = member_of(reading, FX_STR("from"));
    if (token == NULL) {
        return FX_OK;
    }
    if (token->kind != FX_JSON_OBJECT) {
        return FX_BAD_PARAMETER;
    }
    reading->object = token;
    const struct fx_json_token *name = member_of(reading, FX_STR("node"));
    if (name == NULL || read_text(name, &node) != FX_OK || !fx_ids_client_id(node, &from->node)) {
        return FX_BAD_PARAMETER;
    }
    const struct fx_json_token *number = member_of(reading, FX_STR("token"));
    fx_status status = number == NULL ? FX_OK : read_u64(number, UINT64_MAX, &from->token);
    if (status == FX_OK) {
        status = read_proof(reading, &from->proof);
    }
    reading->object = root;
    return status;
}

static fx_status read_command(struct reading *reading,
                              fx_str code,
                              fx_wire_topic_in_find_fn find,
                              void *context,
                              uint64_t *first_sequence_out)
{
    struct fx_wire_topic_shape shape;
    /* A new instrument counts in its own ticks and lots. */
    reading->instrument = &reading->command->u.instrument;
    if (reading->command->kind == FX_COMMAND_INITIALIZE_ENGINE) {
        const struct fx_json_token *first = member_of(reading, FX_STR("firstSequence"));
        if (first != NULL && read_u64(first, FIRST_SEQUENCE_MAX, first_sequence_out) != FX_OK) {
            return FX_BAD_PARAMETER;
        }
    }
    if (fx_str_is_equal(code, FX_STR("LOAD_TRADING_RULE"))) {
        return read_rule(reading, find, context);
    }
    if (!fx_wire_topic_shape((enum fx_command_kind)reading->command->kind, &shape)) {
        return FX_UNKNOWN_COMMAND;
    }
    const fx_status status = read_header(reading, &shape, find, context);
    return status == FX_OK ? read_data(reading, &shape) : status;
}

fx_status fx_wire_topic_in_command(struct fx_json *json,
                                   fx_str text,
                                   fx_wire_topic_in_find_fn find,
                                   void *context,
                                   struct fx_wire_topic_in *in_out,
                                   fx_str *field_out)
{
    struct fx_wire_topic_in in;
    struct reading reading = {.json = json, .command = &in.command};
    fx_str code = {0};
    memset(&in, 0, sizeof in);
    *field_out = (fx_str){0};
    if (fx_json_parse(json, text) != FX_OK || json->tokens[0].kind != FX_JSON_OBJECT) {
        return FX_BAD_JSON;
    }
    reading.object = &json->tokens[0];
    fx_status status = read_time(&reading, &in.command);
    const struct fx_json_token *data = fx_json_member(json, reading.object, FX_STR("data"));
    if (status == FX_OK) {
        status = read_from(&reading, &in.from);
    }
    if (status == FX_OK) {
        in_out->from = in.from;
        const struct fx_json_token *token = member_of(&reading, FX_STR("code"));
        status = token == NULL ? FX_BAD_PARAMETER : read_text(token, &code);
    }
    if (status == FX_OK && data != NULL && data->kind != FX_JSON_OBJECT &&
        data->kind != FX_JSON_NULL) {
        reading.field = FX_STR("data");
        status = FX_BAD_PARAMETER;
    }
    if (status == FX_OK) {
        reading.object = data == NULL || data->kind == FX_JSON_NULL ? NULL : data;
        in.kind = control_of(code);
        in.command.kind = (uint16_t)(in.kind == 0 ? kind_of(&reading, code) : 0);
        if (in.kind == FX_WIRE_TOPIC_IN_LEADER) {
            status = read_leader(&reading, &in);
        } else if (in.kind == 0) {
            in.kind = FX_WIRE_TOPIC_IN_COMMAND;
            status = read_command(&reading, code, find, context, &in.first_sequence);
        }
    }
    *field_out = status == FX_OK ? (fx_str){0} : reading.field;
    if (status == FX_OK) {
        *in_out = in;
    }
    return status;
}

/* ---- what clients ask for ---------------------------------------------------------------------
 */

/* An id under either name; 0 where absent. */
static fx_status read_id(struct reading *reading, fx_str name, fx_str alias, uint64_t *id_out)
{
    const struct fx_json_token *token = member_of(reading, name);
    if (token == NULL && alias.size > 0) {
        token = member_of(reading, alias);
    }
    *id_out = 0;
    return token == NULL ? FX_OK : read_u64(token, UINT64_MAX, id_out);
}

fx_status fx_wire_topic_in_order(struct fx_json *json,
                                 fx_str text,
                                 struct fx_wire_topic_in_order *order_out,
                                 fx_str *field_out)
{
    struct fx_wire_topic_in_order order;
    struct reading reading = {.json = json};
    memset(&order, 0, sizeof order);
    *field_out = (fx_str){0};
    *order_out = order;
    if (fx_json_parse(json, text) != FX_OK || json->tokens[0].kind != FX_JSON_OBJECT) {
        return FX_BAD_JSON;
    }
    reading.object = &json->tokens[0];
    fx_status status = read_id(&reading, FX_STR("userId"), FX_STR(""), &order.user_id);
    order_out->user_id = order.user_id;
    if (status == FX_OK && order.user_id == 0) {
        status = FX_BAD_PARAMETER;
    }
    if (status == FX_OK) {
        status = read_id(&reading, FX_STR("tmpId"), FX_STR("tmpOrderId"), &order.tmp_id);
        order_out->tmp_id = order.tmp_id;
    }
    const struct fx_json_token *dto = &json->tokens[0];
    if (status == FX_OK) {
        const struct fx_json_token *inner = member_of(&reading, FX_STR("createOrderDto"));
        dto = inner == NULL ? dto : inner;
        status = dto->kind == FX_JSON_OBJECT ? FX_OK : FX_BAD_PARAMETER;
    }
    *field_out = status == FX_OK ? (fx_str){0} : reading.field;
    if (status == FX_OK) {
        status = fx_wire_place_symbol(json, dto, &order.symbol);
        *field_out = status == FX_OK ? (fx_str){0} : FX_STR("symbol");
    }
    if (status == FX_OK) {
        status = fx_wire_place_parse(json, dto, &order.place, field_out);
    }
    if (status == FX_OK) {
        *order_out = order;
    }
    return status;
}

fx_status fx_wire_topic_in_cancel(struct fx_json *json,
                                  fx_str text,
                                  struct fx_command *command_out,
                                  fx_str *field_out)
{
    struct fx_command command;
    struct reading reading = {.json = json};
    memset(&command, 0, sizeof command);
    *field_out = (fx_str){0};
    *command_out = command;
    if (fx_json_parse(json, text) != FX_OK || json->tokens[0].kind != FX_JSON_OBJECT) {
        return FX_BAD_JSON;
    }
    reading.object = &json->tokens[0];
    command.kind = FX_COMMAND_CANCEL_ORDER;
    command.instrument = FX_COMMAND_ALL_INSTRUMENTS;
    fx_status status = read_id(&reading, FX_STR("userId"), FX_STR(""), &command.user_id);
    command_out->user_id = command.user_id;
    if (status == FX_OK && command.user_id == 0) {
        status = FX_BAD_PARAMETER;
    }
    if (status == FX_OK) {
        status = read_id(&reading, FX_STR("orderId"), FX_STR(""), &command.u.cancel.order_id);
        if (status == FX_OK && command.u.cancel.order_id == 0) {
            status = FX_BAD_PARAMETER;
        }
    }
    *field_out = status == FX_OK ? (fx_str){0} : reading.field;
    if (status == FX_OK) {
        *command_out = command;
    }
    return status;
}
