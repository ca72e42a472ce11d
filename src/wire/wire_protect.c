#include "wire/wire_protect.h"

#include <string.h>

#include "wire/wire_place.h"

/* The names that one of the two has. */
struct names {
    fx_str price;
    fx_str source;
    fx_str limit;
    enum fx_field field;
};

static const struct names NAMES[] = {
    {{"takeProfit", 10},
     {"takeProfitTrigger", 17},
     {"takeProfitLimitPrice", 20},
     FX_FIELD_TAKE_PROFIT},
    {{"stopLoss", 8}, {"stopLossTrigger", 15}, {"stopLossLimitPrice", 18}, FX_FIELD_STOP_LOSS},
};

/* The member; NULL where absent or null. */
static const struct fx_json_token *find(const struct fx_json *json,
                                        const struct fx_json_token *object,
                                        fx_str name)
{
    const struct fx_json_token *token = fx_json_member(json, object, name);
    return token != NULL && token->kind != FX_JSON_NULL ? token : NULL;
}

/* One value under one of two names; both at once could say two things. */
static fx_status find_either(const struct fx_json *json,
                             const struct fx_json_token *object,
                             const fx_str names[2],
                             const struct fx_json_token **token_out)
{
    const struct fx_json_token *first = find(json, object, names[0]);
    const struct fx_json_token *second = find(json, object, names[1]);
    *token_out = first != NULL ? first : second;
    return first != NULL && second != NULL ? FX_BAD_PARAMETER : FX_OK;
}

static fx_status read_source(const struct fx_json_token *token, enum fx_trigger_source *source_out)
{
    *source_out = FX_TRIGGER_SOURCE_LAST;
    if (token == NULL) {
        return FX_OK;
    }
    if (token->kind != FX_JSON_STRING || token->is_escaped) {
        return FX_BAD_PARAMETER; /* no such word has a character that must be escaped */
    }
    *source_out = fx_order_trigger_source_of(token->text);
    return *source_out == 0 ? FX_BAD_PARAMETER : FX_OK;
}

static fx_status read_limit(const struct fx_json_token *token, fx_i128 *limit_out)
{
    if (token == NULL) {
        return FX_OK;
    }
    const fx_status status = fx_wire_place_decimal(token, limit_out);
    return status == FX_OK && *limit_out <= 0 ? FX_BAD_PARAMETER : status;
}

static fx_status read_object(const struct fx_json *json,
                             const struct fx_json_token *object,
                             struct fx_wire_protect_one *one)
{
    static const fx_str PRICES[] = {{"triggerPrice", 12}, {"stopPrice", 9}};
    static const fx_str SOURCES[] = {{"triggerBy", 9}, {"trigger", 7}};
    const struct fx_json_token *price = NULL;
    const struct fx_json_token *source = NULL;
    fx_status status = find_either(json, object, PRICES, &price);
    if (status == FX_OK) {
        status = find_either(json, object, SOURCES, &source);
    }
    if (status != FX_OK || price == NULL) {
        return FX_BAD_PARAMETER;
    }
    status = fx_wire_place_decimal(price, &one->trigger_price);
    if (status == FX_OK) {
        status = read_source(source, &one->source);
    }
    return status == FX_OK ? read_limit(find(json, object, FX_STR("price")), &one->limit_price)
                           : status;
}

static fx_status read_one(const struct fx_json *json,
                          const struct fx_json_token *object,
                          const struct names *names,
                          struct fx_wire_protect_one *one,
                          fx_str *field_out)
{
    const struct fx_json_token *price = find(json, object, names->price);
    const struct fx_json_token *source = find(json, object, names->source);
    const struct fx_json_token *limit = find(json, object, names->limit);
    const bool is_object = price != NULL && price->kind == FX_JSON_OBJECT;
    *field_out = names->price;
    one->is_given = price != NULL;
    if ((price == NULL || is_object) && (source != NULL || limit != NULL)) {
        fx_i128 units = 0; /* what is no number is said first */
        *field_out = source != NULL ? names->source : names->limit;
        const fx_status status = source != NULL ? FX_OK : fx_wire_place_decimal(limit, &units);
        return status == FX_OK ? FX_BAD_PARAMETER : status; /* it would be dropped */
    }
    if (price == NULL) {
        return FX_OK;
    }
    if (is_object) {
        return read_object(json, price, one);
    }
    fx_status status = fx_wire_place_decimal(price, &one->trigger_price);
    if (status == FX_OK) {
        *field_out = names->source;
        status = read_source(source, &one->source);
    }
    if (status == FX_OK) {
        *field_out = names->limit;
        status = read_limit(limit, &one->limit_price);
    }
    return status;
}

fx_status fx_wire_protect_parse(const struct fx_json *json,
                                const struct fx_json_token *object,
                                struct fx_wire_protect *protect_out,
                                fx_str *field_out)
{
    memset(protect_out, 0, sizeof *protect_out);
    fx_status status = read_one(json, object, &NAMES[0], &protect_out->take_profit, field_out);
    if (status == FX_OK) {
        status = read_one(json, object, &NAMES[1], &protect_out->stop_loss, field_out);
    }
    return status;
}

static fx_status ticks_of(const struct fx_instrument *instrument,
                          fx_i128 price,
                          int64_t *ticks_out,
                          struct fx_reject *reject_out)
{
    fx_px ticks = {0};
    const fx_status status =
        price == 0 ? FX_OK : fx_instrument_ticks(instrument, price, &ticks, reject_out);
    *ticks_out = ticks.ticks;
    return status;
}

fx_status fx_wire_protect_fill(const struct fx_wire_protect *protect,
                               const struct fx_instrument *instrument,
                               int64_t absent_ticks,
                               struct fx_command_protection *target,
                               struct fx_reject *reject_out)
{
    const struct fx_wire_protect_one *const ones[] = {&protect->take_profit, &protect->stop_loss};
    int64_t *const triggers[] = {&target->take_profit_ticks, &target->stop_loss_ticks};
    int64_t *const limits[] = {&target->take_profit_limit_ticks, &target->stop_loss_limit_ticks};
    uint8_t *const sources[] = {&target->take_profit_source, &target->stop_loss_source};
    for (uint32_t index = 0; index < sizeof ones / sizeof ones[0]; index++) {
        const struct fx_wire_protect_one *one = ones[index];
        *triggers[index] = absent_ticks;
        if (!one->is_given) {
            continue;
        }
        *sources[index] = (uint8_t)one->source;
        fx_status status = ticks_of(instrument, one->trigger_price, triggers[index], reject_out);
        if (status == FX_OK) {
            status = ticks_of(instrument, one->limit_price, limits[index], reject_out);
        }
        if (status != FX_OK) {
            reject_out->field = (uint8_t)NAMES[index].field;
            return status;
        }
    }
    return FX_OK;
}
