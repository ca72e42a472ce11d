/* GET /risk/explain: the engine is asked in turn with all commands, so every number is of one
 * state, and none of them is computed here. */
#include <string.h>

#include "api/api_int.h"
#include "api/api_param_int.h"
#include "api/api_pending_int.h"
#include "api/api_reply_int.h"
#include "base/panic.h"
#include "wire/wire_risk.h"

static void answer(struct fx_api *api,
                   const struct fx_api_pending *pending,
                   const struct fx_event_result *result)
{
    const struct fx_market_symbol *symbol = fx_market_at(api->options.market, pending->instrument);
    struct fx_buf *buf = fx_api_reply_begin(api);
    const struct fx_wire_risk_explanation explanation = {.user_id = pending->user_id,
                                                         .account_id = result->account_id,
                                                         .instrument = &symbol->definition,
                                                         .terms = api->terms};
    fx_wire_risk_explanation(buf, &explanation);
    fx_api_reply_send(api, &pending->target, 200);
}

static uint32_t position_side_of(fx_str name)
{
    return (uint32_t)fx_order_position_side_of(name);
}

/* Whose risk: the caller's own, or for an admin who has logged in anybody's: no key with READ alone
 * shows what belongs to others. */
static fx_status read_user(struct fx_api_call *call, uint64_t *user_id_out)
{
    const fx_status status = fx_api_param_u64(call, FX_STR("userId"), user_id_out);
    if (status == FX_NOT_FOUND || (status == FX_OK && *user_id_out == 0)) {
        *user_id_out = call->user.id;
        return FX_OK;
    }
    const bool is_trusted = call->user.is_admin && call->key_id == 0;
    if (status == FX_OK && *user_id_out != call->user.id && !is_trusted) {
        return fx_api_param_fail(call, FX_FORBIDDEN, FX_STR("userId"));
    }
    return status;
}

fx_status fx_api_risk_explain(struct fx_api_call *call)
{
    const struct fx_market_symbol *symbol = NULL;
    struct fx_command command;
    memset(&command, 0, sizeof command);
    fx_status status = fx_api_param_symbol(call, &symbol);
    if (status == FX_OK && symbol == NULL) {
        status = fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("symbol"));
    }
    if (status == FX_OK) {
        status = fx_api_param_word(
            call, FX_STR("positionSide"), position_side_of, &command.u.explain.position_side);
    }
    if (status == FX_OK) {
        status = read_user(call, &command.user_id);
    }
    if (status != FX_OK) {
        return status;
    }
    FX_ASSERT(symbol != NULL);
    const struct fx_api_pending_wait wait = {.answer = answer,
                                             .instrument = symbol->definition.instrument_id,
                                             .user_id = command.user_id};
    command.kind = FX_COMMAND_EXPLAIN;
    command.instrument = symbol->definition.instrument_id;
    return fx_api_pending_submit(call, &command, &wait);
}
