#include "wire/wire_topic_out.h"

#include <stddef.h>
#include <string.h>

#include "base/json.h"
#include "base/panic.h"
#include "model/rows.h"
#include "wire/wire_topic_int.h"

enum { US_PER_MS = 1000 };

/* Copy `size` bytes of the field out. */
static void load(const struct fx_command *command,
                 const struct fx_wire_topic_field *field,
                 void *value_out,
                 size_t size)
{
    FX_ASSERT(field->offset + size <= sizeof *command);
    memcpy(value_out, (const char *)command + field->offset, size);
}

static int64_t load_i64(const struct fx_command *command, const struct fx_wire_topic_field *field)
{
    int64_t value = 0;
    load(command, field, &value, sizeof value);
    return value;
}

static uint32_t load_u32(const struct fx_command *command, const struct fx_wire_topic_field *field)
{
    uint32_t value = 0;
    load(command, field, &value, sizeof value);
    return value;
}

static uint16_t load_u16(const struct fx_command *command, const struct fx_wire_topic_field *field)
{
    uint16_t value = 0;
    load(command, field, &value, sizeof value);
    return value;
}

static uint32_t load_u8(const struct fx_command *command, const struct fx_wire_topic_field *field)
{
    uint8_t value = 0;
    load(command, field, &value, sizeof value);
    return value;
}

static void add_units(struct fx_buf *buf, fx_str name, fx_i128 unit, int64_t count)
{
    fx_i128 units = 0;
    if (fx_dec_mul_int(unit, count, &units)) {
        fx_json_add_dec(buf, name, units);
    } else {
        buf->is_overflow = true; /* no text says it: the writer's last check tells */
    }
}

static void add_texts(struct fx_buf *buf,
                      const struct fx_command *command,
                      const struct fx_wire_topic_field *field)
{
    struct fx_asset asset;
    struct fx_symbol symbol;
    struct fx_client_id client_id;
    if (field->type == FX_WIRE_TOPIC_ASSET) {
        load(command, field, &asset, sizeof asset);
        if (asset.text[0] != '\0') {
            fx_json_add_str(buf, field->name, fx_ids_asset_str(&asset));
        }
    } else if (field->type == FX_WIRE_TOPIC_SYMBOL) {
        load(command, field, &symbol, sizeof symbol);
        if (symbol.text[0] != '\0') {
            fx_json_add_str(buf, field->name, fx_ids_symbol_str(&symbol));
        }
    } else {
        load(command, field, &client_id, sizeof client_id);
        const size_t mark_size = field->type == FX_WIRE_TOPIC_MOVE_ID ? 1 : 0;
        if (client_id.size > mark_size) {
            const fx_str text = fx_ids_client_id_str(&client_id);
            fx_json_add_str(buf, field->name, fx_str_slice(text, mark_size, SIZE_MAX));
        }
    }
}

static void add_word(struct fx_buf *buf,
                     const struct fx_command *command,
                     const struct fx_wire_topic_field *field)
{
    const uint32_t number =
        field->type == FX_WIRE_TOPIC_WORD8 ? load_u8(command, field) : load_u32(command, field);
    if (number != 0) {
        const char *name = fx_wire_topic_name((enum fx_wire_topic_words)field->words, number);
        fx_json_add_str(buf, field->name, fx_str_of(name));
    }
}

static void add_decimal(struct fx_buf *buf,
                        const struct fx_command *command,
                        const struct fx_wire_topic_field *field,
                        const struct fx_instrument *instrument)
{
    fx_i128 units = 0;
    const int64_t number =
        field->type == FX_WIRE_TOPIC_DEC ? 0
        : (field->type == FX_WIRE_TOPIC_RATE32 || field->type == FX_WIRE_TOPIC_LEVERAGE)
            ? (int32_t)load_u32(command, field)
            : load_i64(command, field);
    switch (field->type) {
    case FX_WIRE_TOPIC_DEC:
        load(command, field, &units, sizeof units);
        fx_json_add_dec(buf, field->name, units);
        break;
    case FX_WIRE_TOPIC_PRICE_KEEP:
        if (number != FX_COMMAND_TP_SL_KEEP) {
            add_units(buf, field->name, instrument->tick_size, number);
        }
        break;
    case FX_WIRE_TOPIC_PRICE:
    case FX_WIRE_TOPIC_LOTS:
    case FX_WIRE_TOPIC_SIDED_LOTS:
        if (number != 0) {
            const fx_i128 unit =
                field->type == FX_WIRE_TOPIC_PRICE ? instrument->tick_size : instrument->lot_size;
            add_units(buf, field->name, unit, number);
        }
        break;
    case FX_WIRE_TOPIC_LEVERAGE:
        if (number != 0) {
            fx_json_add_dec(buf, field->name, fx_rows_leverage((int32_t)number));
        }
        break;
    default:
        if (number != 0) {
            fx_json_add_dec(buf, field->name, fx_rows_rate(number));
        }
        break;
    }
}

static void add_field(struct fx_buf *buf,
                      const struct fx_command *command,
                      const struct fx_wire_topic_field *field,
                      const struct fx_instrument *instrument)
{
    uint64_t id = 0;
    switch (field->type) {
    case FX_WIRE_TOPIC_TIME:
        if (load_i64(command, field) != 0) {
            fx_json_add_int(buf, field->name, load_i64(command, field) / US_PER_MS);
        }
        break;
    case FX_WIRE_TOPIC_ID:
        load(command, field, &id, sizeof id);
        if (id != 0) {
            fx_json_add_id(buf, field->name, id);
        }
        break;
    case FX_WIRE_TOPIC_COUNT:
        fx_json_add_int(buf, field->name, load_u32(command, field));
        break;
    case FX_WIRE_TOPIC_COUNT16:
        if (load_u16(command, field) != 0) {
            fx_json_add_int(buf, field->name, load_u16(command, field));
        }
        break;
    case FX_WIRE_TOPIC_FLAG8:
        if (load_u8(command, field) != 0) {
            fx_json_add_bool(buf, field->name, true);
        }
        break;
    case FX_WIRE_TOPIC_FLAG32:
        if (load_u32(command, field) != 0) {
            fx_json_add_bool(buf, field->name, true);
        }
        break;
    case FX_WIRE_TOPIC_NEW:
        if (load_u32(command, field) == FX_INSTRUMENT_NEW) {
            fx_json_add_bool(buf, field->name, true);
        }
        break;
    case FX_WIRE_TOPIC_WORD8:
    case FX_WIRE_TOPIC_WORD32:
        add_word(buf, command, field);
        break;
    case FX_WIRE_TOPIC_ASSET:
    case FX_WIRE_TOPIC_SYMBOL:
    case FX_WIRE_TOPIC_CLIENT_ID:
    case FX_WIRE_TOPIC_MOVE_ID:
        add_texts(buf, command, field);
        break;
    case FX_WIRE_TOPIC_DEC:
    case FX_WIRE_TOPIC_PRICE:
    case FX_WIRE_TOPIC_PRICE_KEEP:
    case FX_WIRE_TOPIC_LOTS:
    case FX_WIRE_TOPIC_SIDED_LOTS:
    case FX_WIRE_TOPIC_RATE64:
    case FX_WIRE_TOPIC_RATE32:
    case FX_WIRE_TOPIC_LEVERAGE:
    default:
        add_decimal(buf, command, field, instrument);
        break;
    }
}

static void add_tiers(struct fx_buf *buf, const struct fx_command_tiers *tiers)
{
    fx_json_append_key(buf, FX_STR("tiers"));
    fx_buf_append_byte(buf, '[');
    for (uint32_t index = 0; index < tiers->count && index < FX_TIERS_MAX; index++) {
        const struct fx_tier *tier = &tiers->tiers[index];
        fx_json_append_comma(buf);
        fx_buf_append_byte(buf, '{');
        fx_json_add_dec(buf, FX_STR("cap"), tier->cap);
        fx_json_add_dec(buf, FX_STR("maintenanceAmount"), tier->cum);
        fx_json_add_dec(buf, FX_STR("maintenanceMarginRate"), fx_rows_rate(tier->rate_ppb));
        fx_json_add_dec(buf, FX_STR("maxLeverage"), fx_rows_leverage(tier->leverage_max_centi));
        fx_buf_append_byte(buf, '}');
    }
    fx_buf_append_byte(buf, ']');
}

static void add_assets(struct fx_buf *buf, const struct fx_shard_map *map)
{
    fx_json_append_key(buf, FX_STR("assets"));
    fx_buf_append_byte(buf, '[');
    for (uint32_t index = 0; index < map->asset_count && index < FX_SHARD_ASSETS_MAX; index++) {
        fx_json_append_comma(buf);
        fx_json_append_string(buf, fx_ids_asset_str(&map->assets[index]));
    }
    fx_buf_append_byte(buf, ']');
}

static void begin_record(struct fx_buf *buf,
                         fx_str code,
                         int64_t time_us,
                         const struct fx_wire_topic_from *from)
{
    fx_buf_append_byte(buf, '{');
    fx_json_add_str(buf, FX_STR("code"), code);
    if (time_us != 0) {
        fx_json_add_int(buf, FX_STR("time"), time_us / US_PER_MS);
    }
    if (from != NULL) {
        fx_json_append_key(buf, FX_STR("from"));
        fx_buf_append_byte(buf, '{');
        fx_json_add_str(buf, FX_STR("node"), fx_ids_client_id_str(&from->node));
        if (from->token != 0) {
            fx_json_add_id(buf, FX_STR("token"), from->token);
        }
        if (from->proof.id != 0) {
            fx_json_add_id(buf, FX_STR("proof"), from->proof.id);
            fx_json_add_int(buf, FX_STR("until"), from->proof.until_ms);
        }
        fx_buf_append_byte(buf, '}');
    }
    fx_json_append_key(buf, FX_STR("data"));
    fx_buf_append_byte(buf, '{');
}

/* The seed's codes: an account that is loaded is one with an id, a take profit or stop loss of an
 * order one that has a parent. */
static enum fx_command_kind code_of(enum fx_command_kind kind)
{
    if (kind == FX_COMMAND_LOAD_ACCOUNT) {
        return FX_COMMAND_CREATE_ACCOUNT;
    }
    return kind == FX_COMMAND_LOAD_ORDER_TP_SL ? FX_COMMAND_LOAD_ORDER : kind;
}

fx_status fx_wire_topic_out_command_from(struct fx_buf *buf,
                                         const struct fx_command *command,
                                         const struct fx_instrument *instrument,
                                         const struct fx_wire_topic_from *from)
{
    struct fx_wire_topic_shape shape;
    if (!fx_wire_topic_shape((enum fx_command_kind)command->kind, &shape)) {
        return FX_UNKNOWN_COMMAND;
    }
    FX_ASSERT(instrument != NULL || !shape.has_symbol);
    const struct fx_instrument *units =
        instrument == NULL ? &command->u.instrument : instrument; /* a new one counts in its own */
    begin_record(buf,
                 fx_str_of(fx_command_name(code_of((enum fx_command_kind)command->kind))),
                 command->time_us,
                 from);
    if (shape.has_user) {
        fx_json_add_id(buf, FX_STR("userId"), command->user_id);
    }
    if (shape.has_symbol || (shape.may_have_symbol && instrument != NULL)) {
        fx_json_add_str(buf, FX_STR("symbol"), fx_ids_symbol_str(&instrument->symbol));
    }
    for (uint32_t index = 0; index < shape.count; index++) {
        add_field(buf, command, &shape.fields[index], units);
    }
    if (command->kind == FX_COMMAND_LOAD_LEVERAGE_MARGIN) {
        add_tiers(buf, &command->u.tiers);
    } else if (command->kind == FX_COMMAND_SET_SHARD) {
        add_assets(buf, &command->u.shard);
    }
    fx_buf_append(buf, FX_STR("}}"));
    return FX_OK;
}

fx_status fx_wire_topic_out_command(struct fx_buf *buf,
                                    const struct fx_command *command,
                                    const struct fx_instrument *instrument)
{
    return fx_wire_topic_out_command_from(buf, command, instrument, NULL);
}

void fx_wire_topic_out_leader(struct fx_buf *buf, uint64_t epoch, fx_str node, int64_t time_us)
{
    begin_record(buf, FX_STR("LEADER"), time_us, NULL);
    fx_json_add_id(buf, FX_STR("epoch"), epoch);
    fx_json_add_str(buf, FX_STR("node"), node);
    fx_buf_append(buf, FX_STR("}}"));
}
