/* POST /order/test: what POST /order would say now, and what it would do to the margin. The engine
 * is asked in turn with all commands, so the answer is of one state (decision 0008). */
#include <string.h>

#include "api/api_int.h"
#include "api/api_order_int.h"
#include "api/api_param_int.h"
#include "api/api_pending_int.h"
#include "api/api_reply_int.h"

static void append_margin(struct fx_buf *buf,
                          const struct fx_instrument *instrument,
                          const struct fx_event_test *test)
{
    const enum fx_margin_mode mode = (enum fx_margin_mode)test->margin_mode;
    fx_json_add_dec(
        buf, FX_STR("quantity"), fx_instrument_quantity(instrument, (fx_qty){test->lots}));
    fx_json_add_dec(
        buf, FX_STR("price"), fx_instrument_price(instrument, (fx_px){test->price_ticks}));
    fx_json_add_dec(buf, FX_STR("leverage"), fx_rows_leverage(test->leverage_centi));
    fx_json_add_str(buf, FX_STR("marginMode"), fx_str_of(fx_order_margin_mode_name(mode)));
    fx_json_add_str(buf, FX_STR("asset"), fx_ids_asset_str(&instrument->settle));
    fx_json_add_dec(buf, FX_STR("availableBefore"), test->available_before);
    fx_json_add_dec(buf, FX_STR("availableAfter"), test->available_after);
    fx_json_add_dec(buf, FX_STR("orderMarginBefore"), test->reserve_before);
    fx_json_add_dec(buf, FX_STR("orderMarginAfter"), test->reserve_after);
}

static void answer_test(struct fx_api *api,
                        const struct fx_api_pending *pending,
                        const struct fx_event_result *result)
{
    /* The RESULT of a question is the beginning of a longer one. */
    const struct fx_event_test *test = (const void *)result;
    const struct fx_market_symbol *symbol = fx_market_at(api->options.market, pending->instrument);
    struct fx_buf *buf = fx_api_reply_begin(api);
    fx_buf_append_byte(buf, '{');
    fx_json_add_str(buf, FX_STR("symbol"), fx_ids_symbol_str(&symbol->definition.symbol));
    if (result->is_repeated != 0) {
        fx_json_add_bool(buf, FX_STR("repeated"), true);
        fx_json_add_id(buf, FX_STR("tmpId"), result->tmp_id);
    } else {
        append_margin(buf, &symbol->definition, test);
    }
    fx_buf_append_byte(buf, '}');
    fx_api_reply_send(api, &pending->target, 200);
}

fx_status fx_api_order_dry_run(struct fx_api_call *call)
{
    struct fx_command command;
    memset(&command, 0, sizeof command);
    const fx_status status = fx_api_order_read(call, &command);
    if (status != FX_OK) {
        return status;
    }
    const struct fx_api_pending_wait wait = {.answer = answer_test,
                                             .instrument = command.instrument};
    command.kind = FX_COMMAND_TEST_ORDER;
    return fx_api_pending_submit(call, &command, &wait);
}
