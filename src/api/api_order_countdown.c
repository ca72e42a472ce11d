/* POST /order/cancel-all-after: the dead man's switch. The deadline is state of the engine, so it
 * is there after a restart too; sent again it starts anew (docs/rules/matching.md section 12). */
#include <string.h>

#include "api/api_int.h"
#include "api/api_param_int.h"
#include "api/api_pending_int.h"
#include "api/api_reply_int.h"

enum { US_PER_MS = 1000 };

static struct fx_command make_command(const struct fx_api_pending *pending)
{
    struct fx_command command;
    memset(&command, 0, sizeof command);
    command.kind = FX_COMMAND_CANCEL_ALL_AFTER;
    command.instrument = pending->instrument;
    command.user_id = pending->user_id;
    command.u.countdown.countdown_us = pending->countdown_us;
    return command;
}

/* Where an old deadline had passed, its orders are ended first, a bounded number per command. */
static void answer_countdown(struct fx_api *api,
                             const struct fx_api_pending *pending,
                             const struct fx_event_result *result)
{
    struct fx_api_pending next = *pending;
    next.count += result->count;
    if (result->has_more != 0) {
        const struct fx_command command = make_command(&next);
        if (fx_api_pending_submit_more(api, &next, &command) == FX_OK) {
            return;
        }
    }
    const struct fx_market_symbol *symbol =
        pending->instrument == FX_COMMAND_ALL_INSTRUMENTS
            ? NULL
            : fx_market_at(api->options.market, pending->instrument);
    struct fx_buf *buf = fx_api_reply_begin(api);
    fx_buf_append_byte(buf, '{');
    if (symbol != NULL) {
        fx_json_add_str(buf, FX_STR("symbol"), fx_ids_symbol_str(&symbol->definition.symbol));
    }
    fx_json_add_int(buf, FX_STR("countdown"), pending->countdown_us / US_PER_MS);
    if (result->amount != 0) {
        fx_json_add_int(buf, FX_STR("triggerTime"), (int64_t)result->amount / US_PER_MS);
    }
    fx_json_add_int(buf, FX_STR("count"), next.count);
    if (result->has_more != 0) {
        fx_json_add_bool(buf, FX_STR("hasMore"), true);
    }
    fx_buf_append_byte(buf, '}');
    fx_api_reply_send(api, &pending->target, 200);
}

fx_status fx_api_order_countdown(struct fx_api_call *call)
{
    const struct fx_market_symbol *symbol = NULL;
    uint64_t countdown_ms = UINT64_MAX;
    fx_status status = fx_api_param_symbol(call, &symbol);
    if (status == FX_OK) {
        status = fx_api_param_u64(call, FX_STR("countdown"), &countdown_ms);
    }
    if (status != FX_OK) {
        return status;
    }
    if (countdown_ms > FX_COMMAND_COUNTDOWN_US_MAX / US_PER_MS) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("countdown"));
    }
    const struct fx_api_pending_wait wait = {.answer = answer_countdown,
                                             .instrument = symbol == NULL
                                                               ? FX_COMMAND_ALL_INSTRUMENTS
                                                               : symbol->definition.instrument_id,
                                             .countdown_us = (int64_t)countdown_ms * US_PER_MS};
    const struct fx_api_pending first = {
        .user_id = call->user.id, .instrument = wait.instrument, .countdown_us = wait.countdown_us};
    const struct fx_command command = make_command(&first);
    return fx_api_pending_submit(call, &command, &wait);
}
