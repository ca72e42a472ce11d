/* What a user's front ends remember here: names and JSON scalars. Nothing that decides anything. */
#include <string.h>

#include "api/api_param_int.h"
#include "api/api_reply_int.h"
#include "api/api_writer_int.h"
#include "store/store_setting.h"

enum {
    SETTINGS_MAX = 100, /* of one user */
    CHANGES_MAX = 64,   /* of one request: an object has no more members */
    KEY_SIZE_MAX = 63,
    VALUE_SIZE_MAX = 512 /* as JSON text */
};

struct changes {
    uint64_t user_id;
    uint32_t count;
    struct fx_store_setting items[CHANGES_MAX]; /* empty value: forget it */
};

static void append_settings(struct fx_buf *buf,
                            const struct fx_store_setting settings[],
                            uint32_t count)
{
    fx_buf_append(buf, FX_STR("{\"settings\":{"));
    for (uint32_t index = 0; index < count; index++) {
        fx_json_append_key(buf, fx_str_of(settings[index].key));
        fx_buf_append(buf, fx_str_of(settings[index].value)); /* checked when it came */
    }
    fx_buf_append(buf, FX_STR("}}"));
}

static fx_status send_all(struct fx_api *api, const struct fx_api_target *target, uint64_t user_id)
{
    struct fx_store_setting *settings = api->rows;
    uint32_t count = 0;
    const fx_status status =
        fx_store_setting_list(api->options.reader, user_id, settings, SETTINGS_MAX, &count);
    if (status == FX_OK) {
        append_settings(fx_api_reply_begin(api), settings, count);
        fx_api_reply_send(api, target, 200);
    }
    return status;
}

fx_status fx_api_setting_show(struct fx_api_call *call)
{
    return send_all(call->api, &call->target, call->user.id);
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool is_key(fx_str key)
{
    if (key.size == 0 || key.size > KEY_SIZE_MAX) {
        return false;
    }
    for (size_t index = 0; index < key.size; index++) {
        const char byte = key.data[index];
        const bool is_good = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                             (byte >= '0' && byte <= '9') || byte == '_' || byte == '.' ||
                             byte == ':' || byte == '-';
        if (!is_good) {
            return false;
        }
    }
    return true;
}

/* A scalar as it was written; null is no text: the setting goes. */
static bool read_value(const struct fx_json_token *token, struct fx_store_setting *setting)
{
    struct fx_buf text;
    if (token->kind == FX_JSON_NULL) {
        return true;
    }
    if (token->kind == FX_JSON_ARRAY || token->kind == FX_JSON_OBJECT) {
        return false;
    }
    const bool is_string = token->kind == FX_JSON_STRING;
    fx_buf_init(&text, VALUE_SIZE_MAX);
    fx_buf_append(&text, is_string ? FX_STR("\"") : FX_STR(""));
    fx_buf_append(&text, token->text);
    fx_buf_append(&text, is_string ? FX_STR("\"") : FX_STR(""));
    const bool is_copied =
        !text.is_overflow && fx_str_copy(fx_buf_str(&text), setting->value, sizeof setting->value);
    fx_buf_deinit(&text);
    return is_copied;
}

static fx_status read_changes(struct fx_api_call *call, struct changes *changes)
{
    const fx_str name = FX_STR("settings");
    const struct fx_json *json = &call->api->json;
    const struct fx_json_token *object =
        call->body == NULL ? NULL : fx_json_member(json, call->body, name);
    if (object == NULL || object->kind != FX_JSON_OBJECT || object->count > CHANGES_MAX) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, name);
    }
    uint32_t at = (uint32_t)(object - json->tokens) + 1;
    for (uint32_t index = 0; index < object->count; index++) {
        const struct fx_json_token *key = &json->tokens[at];
        const struct fx_json_token *value = &json->tokens[at + 1];
        struct fx_store_setting *setting = &changes->items[index];
        if (key->is_escaped || !is_key(key->text) || !read_value(value, setting) ||
            !fx_str_copy(key->text, setting->key, sizeof setting->key)) {
            call->error.message = FX_STR("a name has 1 to 63 of A-Z a-z 0-9 _ . : -, a value is a "
                                         "text, number, boolean or null of at most 512 bytes");
            return fx_api_param_fail(call, FX_BAD_PARAMETER, name);
        }
        setting->user_id = call->user.id;
        at = value->next;
    }
    changes->count = object->count;
    return FX_OK;
}

/* ---- writing --------------------------------------------------------------------------------- */

static fx_status apply(struct fx_store *store, const struct changes *changes)
{
    fx_status status = FX_OK;
    for (uint32_t index = 0; index < changes->count && status == FX_OK; index++) {
        const struct fx_store_setting *setting = &changes->items[index];
        status = setting->value[0] == '\0'
                     ? fx_store_setting_remove(store, setting->user_id, fx_str_of(setting->key))
                     : fx_store_setting_put(store, setting);
    }
    return status;
}

/* All of it or nothing; the count is that behind it, so that one may make room and fill it. */
static fx_status work(struct fx_api_writer_desk *desk, void *data)
{
    const struct changes *changes = data;
    uint64_t count = 0;
    fx_status status = apply(desk->store, changes);
    if (status == FX_OK) {
        status = fx_store_setting_count(desk->store, changes->user_id, &count);
    }
    return status == FX_OK && count > SETTINGS_MAX ? FX_SETTING_LIMIT : status;
}

static void finish(struct fx_api *api,
                   const struct fx_api_target *target,
                   fx_status status,
                   void *data)
{
    const struct changes *changes = data;
    if (status == FX_OK) {
        status = send_all(api, target, changes->user_id);
    }
    if (status != FX_OK) {
        fx_api_reply_fail(api, target, status);
    }
}

fx_status fx_api_setting_put(struct fx_api_call *call)
{
    static const struct fx_api_writer_kind KIND = {
        .size = sizeof(struct changes), .work = work, .finish = finish};
    struct changes *changes = call->api->rows; /* too large for the stack */
    memset(changes, 0, sizeof *changes);
    changes->user_id = call->user.id;
    const fx_status status = read_changes(call, changes);
    if (status != FX_OK) {
        return status;
    }
    const int64_t now_us = call->api->options.wall_us(call->api->options.clock_self);
    for (uint32_t index = 0; index < changes->count; index++) {
        changes->items[index].updated_us = now_us;
    }
    return fx_api_writer_submit(call->api, &call->target, &KIND, changes);
}
