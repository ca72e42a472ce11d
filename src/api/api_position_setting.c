/* Settings of symbols and of the account to look at: leverage, margin mode, position mode. */
#include <string.h>

#include "api/api_int.h"
#include "api/api_param_int.h"
#include "api/api_pending_int.h"
#include "api/api_position_int.h"
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
            append_setting(buf, symbol, fx_api_position_any(api, call->user.id, id));
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

/* The mode of the account in the asset that is named; without one HEDGE where all accounts hedge.
 */
static bool is_hedging(const struct fx_api *api, uint64_t user_id, fx_str asset)
{
    const struct fx_rows_account *row = NULL;
    uint32_t cursor = 0;
    uint32_t hedging = 0, count = 0;
    while ((row = fx_view_next_account(api->options.view, user_id, &cursor)) != NULL) {
        if (asset.size == 0 || fx_str_is_equal(fx_ids_asset_str(&row->asset), asset)) {
            hedging += (row->flags & FX_ACCOUNT_FLAG_HEDGE) != 0 ? 1 : 0;
            count++;
        }
    }
    return count > 0 && hedging == count;
}

static void append_mode(struct fx_buf *buf, bool is_hedge)
{
    fx_json_add_str(buf, FX_STR("positionMode"), is_hedge ? FX_STR("HEDGE") : FX_STR("ONE_WAY"));
}

/* The asset, if one is named. @return OK; BAD_PARAMETER. */
static fx_status read_asset(struct fx_api_call *call, struct fx_asset *asset_out)
{
    fx_str text = {0};
    const fx_status status = fx_api_param_find(call, FX_STR("asset"), &text);
    if (status == FX_NOT_FOUND) {
        return FX_OK;
    }
    return status == FX_OK && fx_ids_asset(text, asset_out)
               ? FX_OK
               : fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("asset"));
}

fx_status fx_api_position_setting_mode(struct fx_api_call *call)
{
    struct fx_asset asset = {{0}};
    const fx_status status = read_asset(call, &asset);
    if (status != FX_OK) {
        return status;
    }
    struct fx_buf *buf = fx_api_reply_begin(call->api);
    fx_buf_append_byte(buf, '{');
    append_mode(buf, is_hedging(call->api, call->user.id, fx_ids_asset_str(&asset)));
    fx_buf_append_byte(buf, '}');
    fx_api_reply_send(call->api, &call->target, 200);
    return FX_OK;
}

static void answer_mode(struct fx_api *api,
                        const struct fx_api_pending *pending,
                        const struct fx_event_result *result)
{
    struct fx_buf *buf = fx_api_reply_begin(api);
    fx_buf_append_byte(buf, '{');
    append_mode(buf, result->amount != 0);
    fx_json_add_bool(buf, FX_STR("changed"), result->is_changed != 0);
    fx_buf_append_byte(buf, '}');
    fx_api_reply_send(api, &pending->target, 200);
}

fx_status fx_api_position_setting_change_mode(struct fx_api_call *call)
{
    uint32_t mode = 0;
    struct fx_command command;
    const struct fx_api_pending_wait wait = {.answer = answer_mode};
    memset(&command, 0, sizeof command);
    fx_status status = fx_api_param_word(call, FX_STR("positionMode"), mode_of, &mode);
    if (status != FX_OK || mode == 0) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("positionMode"));
    }
    status = read_asset(call, &command.u.position_mode.asset);
    if (status != FX_OK) {
        return status;
    }
    command.kind = FX_COMMAND_SET_POSITION_MODE;
    command.instrument = FX_COMMAND_ALL_INSTRUMENTS;
    command.user_id = call->user.id;
    command.u.position_mode.is_hedge = mode == POSITION_MODE_HEDGE ? 1 : 0;
    return fx_api_pending_submit(call, &command, &wait);
}
