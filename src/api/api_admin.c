/* Parameters of the admin's routes. */
#include <string.h>

#include "api/api_admin_int.h"
#include "api/api_param_int.h"
#include "api/api_reply_int.h"
#include "base/panic.h"
#include "store/store_user.h"

#define UNITS_PER_PPB 1000000000LL /* 1e18 / 1e9 */

fx_status fx_api_admin_user_of(struct fx_api_call *call, struct fx_rows_user *user_out)
{
    const bool is_path = call->param.size > 0;
    const fx_str name = FX_STR("userId");
    uint64_t id = 0;
    if (is_path) {
        if (!fx_str_parse_u64(call->param, &id) || id == 0 || id > INT64_MAX) {
            return fx_api_param_fail(call, FX_NOT_FOUND, name);
        }
    } else {
        const fx_status status = fx_api_param_u64(call, name, &id);
        if (status != FX_OK || id == 0 || id > INT64_MAX) {
            return fx_api_param_fail(call, FX_BAD_PARAMETER, name);
        }
    }
    const fx_status status = fx_store_user_find(call->api->options.reader, id, user_out);
    return status == FX_OK ? FX_OK : fx_api_param_fail(call, status, name);
}

fx_status fx_api_admin_symbol_of(struct fx_api_call *call,
                                 const struct fx_market_symbol **symbol_out)
{
    if (call->param.size > 0) {
        return fx_api_param_path_symbol(call, symbol_out);
    }
    const fx_status status = fx_api_param_symbol(call, symbol_out);
    if (status == FX_OK && *symbol_out == NULL) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("symbol"));
    }
    return status;
}

fx_status fx_api_admin_bool(struct fx_api_call *call, fx_str name, bool *value)
{
    fx_str text = {0};
    const fx_status status = fx_api_param_find(call, name, &text);
    if (status == FX_NOT_FOUND) {
        return FX_OK;
    }
    const bool is_true = status == FX_OK && fx_str_is_equal(text, FX_STR("true"));
    if (!is_true && (status != FX_OK || !fx_str_is_equal(text, FX_STR("false")))) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, name);
    }
    *value = is_true;
    return FX_OK;
}

fx_status fx_api_admin_rate(struct fx_api_call *call, fx_str name, int64_t *ppb)
{
    fx_i128 units = 0;
    const fx_status status = fx_api_param_decimal(call, name, &units);
    if (status == FX_NOT_FOUND) {
        return status;
    }
    if (status != FX_OK) {
        return status;
    }
    if (units % UNITS_PER_PPB != 0) {
        return fx_api_param_fail(call, FX_TOO_MANY_DIGITS, name);
    }
    const fx_i128 rate = units / UNITS_PER_PPB;
    if (rate > UNITS_PER_PPB || rate < -UNITS_PER_PPB) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, name); /* beyond 100 % */
    }
    *ppb = (int64_t)rate;
    return FX_OK;
}

fx_status fx_api_admin_price(struct fx_api_call *call,
                             const struct fx_market_symbol *symbol,
                             fx_str name,
                             int64_t *ticks)
{
    struct fx_reject reject = {0};
    fx_px price = {0};
    fx_i128 units = 0;
    const fx_status status = fx_api_param_decimal(call, name, &units);
    if (status != FX_OK) {
        return status;
    }
    const fx_status judged = fx_instrument_ticks(&symbol->definition, units, &price, &reject);
    if (judged != FX_OK) {
        (void)fx_api_param_reject(call, &reject);
        call->error.field = name;
        return judged;
    }
    *ticks = price.ticks;
    return FX_OK;
}

/* ---- commands about a symbol ------------------------------------------------------------------
 */

void fx_api_admin_answer_done(struct fx_api *api,
                              const struct fx_api_pending *pending,
                              const struct fx_event_result *result)
{
    (void)result;
    fx_api_reply_done(api, &pending->target);
}

fx_status fx_api_admin_begin(struct fx_api_call *call,
                             enum fx_command_kind kind,
                             struct fx_api_witness_act *act_out,
                             const struct fx_market_symbol **symbol_out)
{
    memset(act_out, 0, sizeof *act_out);
    const fx_status status = fx_api_admin_symbol_of(call, symbol_out);
    if (status == FX_OK) {
        FX_ASSERT(*symbol_out != NULL);
        act_out->command.kind = (uint16_t)kind;
        act_out->command.instrument = (*symbol_out)->definition.instrument_id;
        act_out->instrument = act_out->command.instrument;
        act_out->answer = fx_api_admin_answer_done;
    }
    return status;
}

fx_status fx_api_admin_submit(struct fx_api_call *call,
                              const char *action,
                              fx_str symbol,
                              const struct fx_api_witness_act *act)
{
    struct fx_api_audit_note note;
    fx_api_audit_init(&note, call, action);
    fx_api_audit_subject_name(&note, "symbol", symbol);
    fx_api_admin_detail(call, &note);
    return fx_api_witness_submit(call, &note, act);
}

/* ---- what the log keeps ----------------------------------------------------------------------
 */

/* The log is for ever, so a member that no route knows is not kept: it may be a password that
 * somebody sent to the wrong place. */
static void append_scalar(struct fx_buf *json, const struct fx_json_token *token)
{
    switch (token->kind) {
    case FX_JSON_TRUE:
        fx_buf_append(json, FX_STR("true"));
        return;
    case FX_JSON_FALSE:
        fx_buf_append(json, FX_STR("false"));
        return;
    case FX_JSON_NUMBER:
        fx_buf_append(json, token->text);
        return;
    case FX_JSON_STRING: /* still escaped */
        fx_buf_append_byte(json, '"');
        fx_buf_append(json, token->text);
        fx_buf_append_byte(json, '"');
        return;
    case FX_JSON_NULL:
    case FX_JSON_ARRAY:
    case FX_JSON_OBJECT:
    default:
        fx_buf_append(json, FX_STR("null"));
    }
}

static void append_tiers(struct fx_buf *json,
                         const struct fx_json *body,
                         const struct fx_json_token *list)
{
    static const char *const NAMES[] = {"cap", "maintenanceMarginRate", "maxLeverage"};
    fx_buf_append_byte(json, '[');
    for (uint32_t index = 0; index < list->count && !json->is_overflow; index++) {
        const struct fx_json_token *tier = fx_json_element(body, list, index);
        fx_json_append_comma(json);
        fx_buf_append_byte(json, '{');
        for (size_t at = 0; at < sizeof NAMES / sizeof NAMES[0]; at++) {
            const fx_str name = fx_str_of(NAMES[at]);
            const struct fx_json_token *value =
                tier->kind == FX_JSON_OBJECT ? fx_json_member(body, tier, name) : NULL;
            if (value != NULL) {
                fx_json_append_key(json, name);
                append_scalar(json, value);
            }
        }
        fx_buf_append_byte(json, '}');
    }
    fx_buf_append_byte(json, ']');
}

static void append_member(struct fx_api_call *call, struct fx_buf *json, fx_str name)
{
    static const char *const SECRETS[] = {"password", "newPassword", "otp", "secret"};
    const struct fx_json *body = &call->api->json;
    const struct fx_json_token *value = fx_json_member(body, call->body, name);
    for (size_t index = 0; index < sizeof SECRETS / sizeof SECRETS[0]; index++) {
        if (fx_str_is_equal(name, fx_str_of(SECRETS[index]))) {
            return;
        }
    }
    if (value == NULL) {
        return;
    }
    fx_json_append_key(json, name);
    if (value->kind == FX_JSON_ARRAY && fx_str_is_equal(name, FX_STR("tiers"))) {
        append_tiers(json, body, value);
    } else {
        append_scalar(json, value);
    }
}

void fx_api_admin_detail(struct fx_api_call *call, struct fx_api_audit_note *note)
{
    const fx_str params = call->route->params;
    struct fx_buf json;
    if (call->body == NULL) {
        return;
    }
    fx_buf_init(&json, sizeof note->detail);
    fx_buf_append_byte(&json, '{');
    for (size_t from = 0; from < params.size;) {
        const size_t blank = fx_str_find(params, ' ', from);
        const size_t end = blank == SIZE_MAX ? params.size : blank;
        size_t size = 0; /* of the name on the wire: "symbol.new!" is symbol */
        while (from + size < end && params.data[from + size] != '.' &&
               params.data[from + size] != '!') {
            size++;
        }
        append_member(call, &json, fx_str_slice(params, from, size));
        from = end + 1;
    }
    fx_buf_append_byte(&json, '}');
    fx_api_audit_detail(note, &json);
    fx_buf_deinit(&json);
}
