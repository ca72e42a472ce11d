#include "wire/wire_quarantine.h"

#include "base/json.h"

enum { US_PER_MS = 1000 };

void fx_wire_quarantine(struct fx_buf *buf, const struct fx_wire_quarantine *refused)
{
    const struct fx_reject *reject = &refused->reject;
    const fx_str field = refused->field.size > 0
                             ? refused->field
                             : fx_str_of(fx_instrument_field_name((enum fx_field)reject->field));
    fx_buf_append_byte(buf, '{');
    fx_json_add_str(buf, FX_STR("code"), fx_str_of(fx_status_name(reject->status)));
    fx_json_add_str(buf, FX_STR("topic"), refused->topic);
    fx_json_add_int(buf, FX_STR("partition"), refused->partition);
    fx_json_add_id(buf, FX_STR("offset"), refused->offset);
    fx_json_add_int(buf, FX_STR("time"), refused->time_us / US_PER_MS);
    if (field.size > 0) {
        fx_json_add_str(buf, FX_STR("field"), field);
    }
    if (reject->has_limit != 0) {
        fx_json_add_dec(buf, FX_STR("limit"), reject->limit);
    }
    if (reject->has_nearest != 0) {
        fx_json_add_dec(buf, FX_STR("nearest"), reject->nearest);
    }
    if (refused->user_id != 0) {
        fx_json_add_id(buf, FX_STR("userId"), refused->user_id);
    }
    if (refused->tmp_id != 0) {
        fx_json_add_id(buf, FX_STR("tmpId"), refused->tmp_id);
    }
    if (refused->key.size > 0) {
        fx_json_add_str(
            buf, FX_STR("key"), fx_str_slice(refused->key, 0, FX_WIRE_QUARANTINE_KEY_SIZE_MAX));
    }
    if (refused->value.size > FX_WIRE_QUARANTINE_TEXT_SIZE_MAX) {
        fx_json_add_bool(buf, FX_STR("isCut"), true);
    }
    fx_json_add_str(
        buf, FX_STR("value"), fx_str_slice(refused->value, 0, FX_WIRE_QUARANTINE_TEXT_SIZE_MAX));
    fx_buf_append_byte(buf, '}');
}
