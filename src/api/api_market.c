#include "api/api_int.h"
#include "api/api_param_int.h"
#include "api/api_reply_int.h"

enum { US_PER_MS = 1000, BOOK_LIMIT_MIN = 5, BOOK_LIMIT_MAX = 1000, BOOK_LIMIT_DEFAULT = 100 };

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

static void append_side(struct fx_buf *buf,
                        enum fx_side side,
                        const struct fx_market_symbol *symbol,
                        uint64_t limit)
{
    const struct fx_depth_level *level = NULL;
    fx_json_append_key(buf, side == FX_SIDE_BUY ? FX_STR("bids") : FX_STR("asks"));
    fx_buf_append_byte(buf, '[');
    for (uint32_t index = 0; index < limit; index++) {
        level = fx_depth_at(&symbol->depth, side, index);
        if (level == NULL) {
            break;
        }
        const struct fx_wire_public_level said = {level->ticks, level->lots};
        fx_wire_public_level(buf, &symbol->definition, said);
    }
    fx_buf_append_byte(buf, ']');
}

fx_status fx_api_market_book(struct fx_api_call *call)
{
    const struct fx_market *market = call->api->options.market;
    const struct fx_market_symbol *symbol = NULL;
    uint64_t limit = BOOK_LIMIT_DEFAULT;
    fx_status status = fx_api_param_path_symbol(call, &symbol);
    if (status == FX_OK) {
        status = fx_api_param_u64(call, FX_STR("limit"), &limit);
    }
    if (status != FX_OK) {
        return status;
    }
    if (limit < BOOK_LIMIT_MIN || limit > BOOK_LIMIT_MAX) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("limit"));
    }
    struct fx_buf *buf = fx_api_reply_begin(call->api);
    fx_buf_append_byte(buf, '{');
    fx_json_add_str(buf, FX_STR("symbol"), fx_ids_symbol_str(&symbol->definition.symbol));
    append_side(buf, FX_SIDE_BUY, symbol, limit);
    append_side(buf, FX_SIDE_SELL, symbol, limit);
    fx_json_add_int(buf, FX_STR("lastUpdateId"), (int64_t)symbol->depth.sequence);
    fx_json_add_int(buf, FX_STR("time"), market->time_us / US_PER_MS);
    fx_buf_append_byte(buf, '}');
    fx_api_reply_send(call->api, &call->target, 200);
    return FX_OK;
}
