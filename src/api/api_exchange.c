/* GET /admin/exchange/accounts: the exchange's own money, asked of the engine in turn with all
 * commands; what its insurance funds hold, as the view knows it at that moment. */
#include <string.h>

#include "api/api_int.h"
#include "api/api_pending_int.h"
#include "api/api_reply_int.h"
#include "base/panic.h"
#include "wire/wire_funding.h"

/* Inventory of the fund of an asset: what it settles in says whose it is. */
static void append_positions(struct fx_buf *buf,
                             const struct fx_api *api,
                             const struct fx_asset *asset)
{
    const struct fx_rows_position *row = NULL;
    uint32_t cursor = 0;
    while ((row = fx_view_next_position(api->options.view, 0, &cursor)) != NULL) {
        const struct fx_market_symbol *symbol = fx_market_at(api->options.market, row->instrument);
        if (memcmp(&symbol->definition.settle, asset, sizeof *asset) == 0) {
            fx_json_append_comma(buf);
            fx_api_reply_append_position(buf, api->options.view, row);
        }
    }
}

static void answer(struct fx_api *api,
                   const struct fx_api_pending *pending,
                   const struct fx_event_result *result)
{
    struct fx_event_exchange row;
    struct fx_buf *buf = fx_api_reply_begin_list(api);
    (void)result;
    FX_ASSERT(api->exchange.size % sizeof row == 0);
    for (size_t at = 0; at < api->exchange.size; at += sizeof row) {
        memcpy(&row, api->exchange.data + at, sizeof row);
        fx_json_append_comma(buf);
        fx_wire_funding_begin_exchange(buf, &row);
        fx_json_append_key(buf, FX_STR("positions"));
        fx_buf_append_byte(buf, '[');
        append_positions(buf, api, &row.asset);
        fx_buf_append(buf, FX_STR("]}"));
    }
    fx_api_reply_send_list(api, &pending->target, 0);
}

fx_status fx_api_exchange_accounts(struct fx_api_call *call)
{
    const struct fx_api_pending_wait wait = {.answer = answer};
    struct fx_command command;
    memset(&command, 0, sizeof command);
    command.kind = FX_COMMAND_SHOW_EXCHANGE;
    command.instrument = FX_COMMAND_ALL_INSTRUMENTS;
    return fx_api_pending_submit(call, &command, &wait);
}
