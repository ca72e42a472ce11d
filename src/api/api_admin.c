/* Parameters of the admin's routes. */
#include <string.h>

#include "api/api_admin_int.h"
#include "api/api_param_int.h"
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

void fx_api_admin_detail(struct fx_api_call *call, struct fx_api_audit_note *note)
{
    struct fx_buf json;
    fx_buf_init(&json, sizeof note->detail);
    fx_buf_append(&json, call->request->body);
    fx_api_audit_detail(note, &json);
    fx_buf_deinit(&json);
}
