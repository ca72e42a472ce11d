/* What an operator does to users and contracts as a whole: freeze, thaw, settle. */
#include <string.h>

#include "api/api_admin_int.h"
#include "api/api_param_int.h"
#include "api/api_reply_int.h"
#include "api/api_witness_int.h"

static void answer_freeze(struct fx_api *api,
                          const struct fx_api_pending *pending,
                          const struct fx_event_result *result)
{
    /* A thaw that has orders to end first leaves the account as it is. */
    const bool is_frozen = result->amount != 0 || result->has_more != 0;
    struct fx_buf *buf = fx_api_reply_begin(api);
    fx_buf_append_byte(buf, '{');
    fx_json_add_bool(buf, FX_STR("isFrozen"), is_frozen);
    fx_json_add_bool(buf, FX_STR("changed"), result->is_changed != 0);
    fx_json_add_int(buf, FX_STR("canceled"), result->count);
    fx_buf_append_byte(buf, '}');
    fx_api_reply_send(api, &pending->target, 200);
}

fx_status fx_api_admin_mode_freeze(struct fx_api_call *call)
{
    struct fx_api_witness_act act;
    struct fx_api_audit_note note;
    struct fx_rows_user user;
    fx_str text = {0};
    bool is_frozen = false;
    memset(&act, 0, sizeof act);
    fx_status status = fx_api_admin_user_of(call, &user);
    if (status == FX_OK && fx_api_param_find(call, FX_STR("isFrozen"), &text) == FX_NOT_FOUND) {
        status = fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("isFrozen"));
    }
    if (status == FX_OK) {
        status = fx_api_admin_bool(call, FX_STR("isFrozen"), &is_frozen);
    }
    if (status != FX_OK) {
        return status;
    }
    act.command.kind = FX_COMMAND_FREEZE_ACCOUNT;
    act.command.instrument = FX_COMMAND_ALL_INSTRUMENTS;
    act.command.user_id = user.id;
    act.command.u.freeze.is_frozen = is_frozen ? 1 : 0;
    act.answer = answer_freeze;
    fx_api_audit_init(&note, call, is_frozen ? "admin.user.freeze" : "admin.user.thaw");
    fx_api_audit_subject(&note, "user", user.id);
    fx_api_admin_detail(call, &note);
    return fx_api_witness_submit(call, &note, &act);
}

static void answer_settle(struct fx_api *api,
                          const struct fx_api_pending *pending,
                          const struct fx_event_result *result)
{
    (void)result;
    fx_api_reply_done(api, &pending->target);
}

fx_status fx_api_admin_mode_settle(struct fx_api_call *call)
{
    const struct fx_market_symbol *symbol = NULL;
    struct fx_api_witness_act act;
    struct fx_api_audit_note note;
    struct fx_reject reject = {0};
    fx_i128 units = 0;
    fx_px price = {0};
    memset(&act, 0, sizeof act);
    fx_status status = fx_api_admin_symbol_of(call, &symbol);
    if (status != FX_OK) {
        return status;
    }
    status = fx_api_param_decimal(call, FX_STR("settlePrice"), &units);
    if (status == FX_OK &&
        fx_instrument_ticks(&symbol->definition, units, &price, &reject) != FX_OK) {
        return fx_api_param_fail(call, fx_api_param_reject(call, &reject), FX_STR("settlePrice"));
    }
    if (status != FX_OK && status != FX_NOT_FOUND) {
        return status;
    }
    act.command.kind = FX_COMMAND_SETTLE;
    act.command.instrument = symbol->definition.instrument_id;
    act.command.u.settle.has_price = status == FX_OK ? 1 : 0;
    act.command.u.settle.settle_ticks = price.ticks;
    act.answer = answer_settle;
    call->error.field = (fx_str){0};
    fx_api_audit_init(&note, call, "admin.instrument.settle");
    fx_api_audit_subject_name(&note, "symbol", fx_ids_symbol_str(&symbol->definition.symbol));
    fx_api_admin_detail(call, &note);
    return fx_api_witness_submit(call, &note, &act);
}
