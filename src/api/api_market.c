#include "api/api_int.h"
#include "api/api_param_int.h"
#include "api/api_reply_int.h"

enum { US_PER_MS = 1000 };

typedef void (*append_fn)(struct fx_buf *buf,
                          const struct fx_api *api,
                          const struct fx_market_symbol *symbol);

/* One object per symbol, or of the one that ?symbol= names. */
static fx_status send_symbols(struct fx_api_call *call, append_fn append)
{
    const struct fx_market *market = call->api->options.market;
    const struct fx_market_symbol *only = NULL;
    const fx_status status = fx_api_param_symbol(call, &only);
    if (status != FX_OK) {
        return status;
    }
    struct fx_buf *buf = fx_api_reply_begin_list(call->api);
    for (uint32_t id = 0; id < FX_INSTRUMENTS_MAX; id++) {
        const struct fx_market_symbol *symbol = market->symbols[id];
        if (symbol != NULL && (only == NULL || only == symbol)) {
            fx_json_append_comma(buf);
            append(buf, call->api, symbol);
        }
    }
    fx_api_reply_send_list(call->api, &call->target, 0);
    return FX_OK;
}

static void append_instrument(struct fx_buf *buf,
                              const struct fx_api *api,
                              const struct fx_market_symbol *symbol)
{
    (void)api;
    fx_wire_public_instrument(buf, &symbol->definition, symbol->tiers);
}

fx_status fx_api_market_instruments(struct fx_api_call *call)
{
    return send_symbols(call, append_instrument);
}

fx_status fx_api_market_instrument(struct fx_api_call *call)
{
    const struct fx_market_symbol *symbol = NULL;
    const fx_status status = fx_api_param_path_symbol(call, &symbol);
    if (status == FX_OK) {
        append_instrument(fx_api_reply_begin(call->api), call->api, symbol);
        fx_api_reply_send(call->api, &call->target, 200);
    }
    return status;
}

static struct fx_wire_public_level best_of(const struct fx_depth *depth, enum fx_side side)
{
    const struct fx_depth_level *level = fx_depth_at(depth, side, 0);
    return level == NULL ? (struct fx_wire_public_level){0}
                         : (struct fx_wire_public_level){level->ticks, level->lots};
}

static void append_ticker(struct fx_buf *buf,
                          const struct fx_api *api,
                          const struct fx_market_symbol *symbol)
{
    const int64_t now_us = api->options.wall_us(api->options.clock_self);
    const struct fx_ticker_summary day = fx_ticker_summary(&symbol->ticker, now_us);
    const struct fx_wire_public_ticker ticker = {
        .value = day.value,
        .open_ticks = day.open_ticks,
        .high_ticks = day.high_ticks,
        .low_ticks = day.low_ticks,
        .last_ticks = day.last_ticks,
        .lots = day.lots,
        .count = day.count,
        .mark_ticks = symbol->mark_ticks,
        .index_ticks = symbol->index_ticks,
        .best_bid = best_of(&symbol->depth, FX_SIDE_BUY),
        .best_ask = best_of(&symbol->depth, FX_SIDE_SELL),
        .time_us = now_us,
    };
    fx_wire_public_ticker(buf, &symbol->definition, &ticker);
}

fx_status fx_api_market_ticker(struct fx_api_call *call)
{
    return send_symbols(call, append_ticker);
}

static void append_mark(struct fx_buf *buf,
                        const struct fx_api *api,
                        const struct fx_market_symbol *symbol)
{
    const struct fx_instrument *instrument = &symbol->definition;
    (void)api;
    fx_buf_append_byte(buf, '{');
    fx_json_add_str(buf, FX_STR("symbol"), fx_ids_symbol_str(&instrument->symbol));
    if (symbol->mark_ticks != 0) {
        fx_json_add_dec(
            buf, FX_STR("markPrice"), fx_instrument_price(instrument, (fx_px){symbol->mark_ticks}));
        fx_json_add_dec(buf,
                        FX_STR("indexPrice"),
                        fx_instrument_price(instrument, (fx_px){symbol->index_ticks}));
        fx_json_add_int(buf, FX_STR("time"), symbol->mark_us / US_PER_MS);
    }
    fx_buf_append_byte(buf, '}');
}

fx_status fx_api_market_mark(struct fx_api_call *call)
{
    return send_symbols(call, append_mark);
}
