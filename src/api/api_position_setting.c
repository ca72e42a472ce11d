/* Settings of symbols and of the account to look at: leverage, margin mode, position mode. */
#include "api/api_int.h"
#include "api/api_param_int.h"
#include "api/api_reply_int.h"

enum { LEVERAGE_DEFAULT_CENTI = 2000 }; /* docs/rules/margin.md section 5 */

static fx_i128 default_leverage(const struct fx_market_symbol *symbol)
{
    int32_t centi = symbol->definition.leverage_max_centi;
    if (symbol->definition.tier_count > 0 && symbol->tiers[0].leverage_max_centi < centi) {
        centi = symbol->tiers[0].leverage_max_centi;
    }
    return fx_rows_leverage(centi < LEVERAGE_DEFAULT_CENTI ? centi : LEVERAGE_DEFAULT_CENTI);
}

static void append_setting(struct fx_buf *buf,
                           const struct fx_market_symbol *symbol,
                           const struct fx_rows_position *row)
{
    const enum fx_margin_mode mode = row == NULL ? FX_MARGIN_MODE_CROSS : row->margin_mode;
    fx_json_append_comma(buf);
    fx_buf_append_byte(buf, '{');
    fx_json_add_int(buf, FX_STR("instrumentId"), (int64_t)symbol->definition.instrument_id + 1);
    fx_json_add_str(buf, FX_STR("symbol"), fx_ids_symbol_str(&symbol->definition.symbol));
    fx_json_add_dec(
        buf, FX_STR("leverage"), row == NULL ? default_leverage(symbol) : row->leverage);
    fx_json_add_str(buf, FX_STR("marginMode"), fx_str_of(fx_order_margin_mode_name(mode)));
    fx_buf_append_byte(buf, '}');
}

fx_status fx_api_position_setting_list(struct fx_api_call *call)
{
    const struct fx_api *api = call->api;
    const struct fx_market_symbol *asked = NULL;
    const fx_status status = fx_api_param_symbol(call, &asked);
    if (status != FX_OK) {
        return status;
    }
    struct fx_buf *buf = fx_api_reply_begin_list(call->api);
    for (uint32_t id = 0; id < FX_INSTRUMENTS_MAX; id++) {
        const struct fx_market_symbol *symbol = fx_market_at(api->options.market, id);
        if (symbol != NULL && (asked == NULL || asked == symbol)) {
            append_setting(
                buf,
                symbol,
                fx_view_position(api->options.view, call->user.id, id, FX_POSITION_SIDE_BOTH));
        }
    }
    fx_api_reply_send_list(call->api, &call->target, 0);
    return FX_OK;
}

/* ---- position mode ----------------------------------------------------------------------------
 */

enum position_mode { POSITION_MODE_ONE_WAY = 1, POSITION_MODE_HEDGE = 2 };

static uint32_t mode_of(fx_str name)
{
    return fx_str_is_equal(name, FX_STR("ONE_WAY")) ? POSITION_MODE_ONE_WAY
           : fx_str_is_equal(name, FX_STR("HEDGE")) ? POSITION_MODE_HEDGE
                                                    : 0;
}

fx_status fx_api_position_setting_mode(struct fx_api_call *call)
{
    struct fx_buf *buf = fx_api_reply_begin(call->api);
    fx_buf_append_byte(buf, '{');
    fx_json_add_str(buf, FX_STR("positionMode"), FX_STR("ONE_WAY"));
    fx_buf_append_byte(buf, '}');
    fx_api_reply_send(call->api, &call->target, 200);
    return FX_OK;
}

fx_status fx_api_position_setting_change_mode(struct fx_api_call *call)
{
    uint32_t mode = 0;
    const fx_status status = fx_api_param_word(call, FX_STR("positionMode"), mode_of, &mode);
    if (status != FX_OK || mode == 0) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("positionMode"));
    }
    if (mode == POSITION_MODE_HEDGE) { /* the engine has one position per symbol so far */
        return fx_api_param_fail(call, FX_NOT_IMPLEMENTED, FX_STR("positionMode"));
    }
    struct fx_buf *buf = fx_api_reply_begin(call->api);
    fx_buf_append_byte(buf, '{');
    fx_json_add_str(buf, FX_STR("positionMode"), FX_STR("ONE_WAY"));
    fx_json_add_bool(buf, FX_STR("changed"), false);
    fx_buf_append_byte(buf, '}');
    fx_api_reply_send(call->api, &call->target, 200);
    return FX_OK;
}
