/* Take profit and stop loss of a position: two conditional orders that the engine keeps beside it
 * (docs/rules/triggers.md section 5). */
#include <string.h>

#include "api/api_int.h"
#include "api/api_param_int.h"
#include "api/api_pending_int.h"
#include "api/api_position_int.h"

static uint32_t source_of(fx_str name)
{
    return (uint32_t)fx_order_trigger_source_of(name);
}

/* One of the two: absent keeps it, 0 takes it away. */
static fx_status read_price(struct fx_api_call *call,
                            const struct fx_instrument *instrument,
                            fx_str name,
                            int64_t *ticks_out)
{
    struct fx_reject reject;
    fx_i128 units = 0;
    fx_px price = {0};
    memset(&reject, 0, sizeof reject);
    const fx_status status = fx_api_param_decimal(call, name, &units);
    if (status == FX_NOT_FOUND) {
        *ticks_out = FX_COMMAND_TP_SL_KEEP;
        return FX_OK;
    }
    if (status != FX_OK) {
        return status;
    }
    if (units != 0 && fx_instrument_ticks(instrument, units, &price, &reject) != FX_OK) {
        return fx_api_param_fail(call, fx_api_param_reject(call, &reject), name);
    }
    *ticks_out = price.ticks;
    return FX_OK;
}

static fx_status read_source(struct fx_api_call *call, fx_str name, uint8_t *source_out)
{
    uint32_t source = 0;
    const fx_status status = fx_api_param_word(call, name, source_of, &source);
    *source_out = (uint8_t)(source == 0 ? FX_TRIGGER_SOURCE_LAST : source);
    return status;
}

static fx_status submit(struct fx_api_call *call,
                        struct fx_command *command,
                        const struct fx_api_position_name *name)
{
    const struct fx_api_pending_wait wait = {
        .answer = fx_api_position_answer,
        .instrument = name->instrument,
        .position_side =
            name->side == 0 ? FX_POSITION_SIDE_BOTH : (enum fx_position_side)name->side};
    command->kind = FX_COMMAND_ADJUST_TP_SL;
    command->instrument = name->instrument;
    command->user_id = call->user.id;
    command->u.tp_sl.position_side = (uint8_t)name->side;
    return fx_api_pending_submit(call, command, &wait);
}

fx_status fx_api_position_tpsl_set(struct fx_api_call *call)
{
    struct fx_api_position_name name = {0};
    struct fx_command command;
    memset(&command, 0, sizeof command);
    struct fx_command_tp_sl *tp_sl = &command.u.tp_sl;
    fx_status status = fx_api_position_name(call, &name);
    if (status != FX_OK) {
        return status;
    }
    const struct fx_instrument *instrument =
        &fx_view_symbol(call->api->options.view, name.instrument)->definition;
    status = read_price(call, instrument, FX_STR("takeProfit"), &tp_sl->take_profit_ticks);
    if (status == FX_OK) {
        status = read_price(call, instrument, FX_STR("stopLoss"), &tp_sl->stop_loss_ticks);
    }
    if (status == FX_OK) {
        status = read_source(call, FX_STR("takeProfitTrigger"), &tp_sl->take_profit_source);
    }
    if (status == FX_OK) {
        status = read_source(call, FX_STR("stopLossTrigger"), &tp_sl->stop_loss_source);
    }
    if (status != FX_OK) {
        return status;
    }
    if (tp_sl->take_profit_ticks == FX_COMMAND_TP_SL_KEEP &&
        tp_sl->stop_loss_ticks == FX_COMMAND_TP_SL_KEEP) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("takeProfit"));
    }
    call->error.field = (fx_str){0};
    return submit(call, &command, &name);
}

fx_status fx_api_position_tpsl_drop(struct fx_api_call *call)
{
    struct fx_api_position_name name = {0};
    struct fx_command command;
    memset(&command, 0, sizeof command);
    command.u.tp_sl.take_profit_source = FX_TRIGGER_SOURCE_LAST;
    command.u.tp_sl.stop_loss_source = FX_TRIGGER_SOURCE_LAST;
    const fx_status status = fx_api_position_name(call, &name);
    return status == FX_OK ? submit(call, &command, &name) : status;
}
