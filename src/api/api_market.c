#include <string.h>

#include "api/api_funding_int.h"
#include "api/api_int.h"
#include "api/api_param_int.h"
#include "api/api_reply_int.h"

enum { ASSET_SCALE = 18 };

fx_status fx_api_market_send(struct fx_api_call *call, fx_api_market_append_fn append)
{
    const struct fx_market *market = call->api->options.market;
    const struct fx_market_symbol *only = NULL;
    const fx_status status = fx_api_param_symbol(call, &only);
    if (status != FX_OK) {
        return status;
    }
    struct fx_buf *buf = fx_api_reply_begin_list(call->api);
    for (uint32_t id = 0; id < market->count; id++) {
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
    return fx_api_market_send(call, append_instrument);
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
    const uint32_t instrument = symbol->definition.instrument_id;
    const struct fx_ticker_summary day =
        fx_ticker_summary_by(&symbol->ticker, now_us, &api->days[instrument]);
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
        .has_interest = true,
        .open_interest = fx_view_interest(api->options.view, instrument).longs,
        .next_funding_us = symbol->mark.next_funding_us,
        .time_us = now_us,
    };
    fx_wire_public_ticker(buf, &symbol->definition, &ticker);
}

fx_status fx_api_market_ticker(struct fx_api_call *call)
{
    return fx_api_market_send(call, append_ticker);
}

static void append_mark(struct fx_buf *buf,
                        const struct fx_api *api,
                        const struct fx_market_symbol *symbol)
{
    struct fx_wire_funding_rate state;
    (void)api;
    fx_api_funding_state(symbol, &state);
    fx_wire_funding_mark(buf, &symbol->definition, &state);
}

fx_status fx_api_market_mark(struct fx_api_call *call)
{
    return fx_api_market_send(call, append_mark);
}

static void append_best(struct fx_buf *buf,
                        const struct fx_api *api,
                        const struct fx_market_symbol *symbol)
{
    (void)api;
    const struct fx_wire_public_best best = {.bid = best_of(&symbol->depth, FX_SIDE_BUY),
                                             .ask = best_of(&symbol->depth, FX_SIDE_SELL),
                                             .sequence = symbol->depth.sequence,
                                             .time_us = symbol->depth.time_us};
    fx_wire_public_best(buf, &symbol->definition, &best);
}

fx_status fx_api_market_best(struct fx_api_call *call)
{
    return fx_api_market_send(call, append_best);
}

static void append_interest(struct fx_buf *buf,
                            const struct fx_api *api,
                            const struct fx_market_symbol *symbol)
{
    const struct fx_instrument *instrument = &symbol->definition;
    const fx_i128 longs = fx_view_interest(api->options.view, instrument->instrument_id).longs;
    const fx_i128 lots = longs / instrument->lot_size;
    fx_amount value = {0};
    const bool has_value =
        symbol->mark_ticks > 0 && lots <= INT64_MAX &&
        fx_instrument_value(
            instrument, (fx_px){symbol->mark_ticks}, (fx_qty){(int64_t)lots}, &value);
    const struct fx_wire_funding_interest interest = {
        .quantity = longs,
        .value = value.units,
        .has_value = has_value,
        .time_us = api->options.wall_us(api->options.clock_self)};
    fx_wire_funding_interest(buf, instrument, &interest);
}

fx_status fx_api_market_interest(struct fx_api_call *call)
{
    return fx_api_market_send(call, append_interest);
}

fx_status fx_api_market_tiers(struct fx_api_call *call)
{
    const struct fx_market_symbol *symbol = NULL;
    const fx_status status = fx_api_param_path_symbol(call, &symbol);
    if (status == FX_OK) {
        struct fx_buf *buf = fx_api_reply_begin_list(call->api);
        fx_wire_public_tiers(buf, &symbol->definition, symbol->tiers);
        fx_api_reply_send_list(call->api, &call->target, 0);
    }
    return status;
}

/* ---- assets -----------------------------------------------------------------------------------
 */

/* Whether one of the instruments from 0 to `count` settles in an asset, or names it at all. */
static bool is_settled_in(const struct fx_market *market, const struct fx_asset *asset)
{
    for (uint32_t id = 0; id < market->count; id++) {
        const struct fx_market_symbol *symbol = fx_market_at(market, id);
        if (symbol != NULL && memcmp(&symbol->definition.settle, asset, sizeof *asset) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_named_before(const struct fx_market *market,
                            uint32_t count,
                            const struct fx_asset *asset)
{
    for (uint32_t id = 0; id < count; id++) {
        const struct fx_market_symbol *symbol = fx_market_at(market, id);
        if (symbol != NULL && (memcmp(&symbol->definition.base, asset, sizeof *asset) == 0 ||
                               memcmp(&symbol->definition.quote, asset, sizeof *asset) == 0 ||
                               memcmp(&symbol->definition.settle, asset, sizeof *asset) == 0)) {
            return true;
        }
    }
    return false;
}

static void append_asset(struct fx_buf *buf,
                         const struct fx_market *market,
                         const struct fx_asset *asset)
{
    fx_json_append_comma(buf);
    fx_buf_append_byte(buf, '{');
    fx_json_add_str(buf, FX_STR("asset"), fx_ids_asset_str(asset));
    fx_json_add_bool(buf, FX_STR("isMargin"), is_settled_in(market, asset));
    fx_json_add_int(buf, FX_STR("scale"), ASSET_SCALE);
    fx_buf_append_byte(buf, '}');
}

fx_status fx_api_market_assets(struct fx_api_call *call)
{
    const struct fx_market *market = call->api->options.market;
    struct fx_buf *buf = fx_api_reply_begin_list(call->api);
    for (uint32_t id = 0; id < market->count; id++) {
        const struct fx_market_symbol *symbol = fx_market_at(market, id);
        const struct fx_instrument *instrument = symbol == NULL ? NULL : &symbol->definition;
        if (instrument == NULL) {
            continue;
        }
        const struct fx_asset *assets[] = {
            &instrument->base, &instrument->quote, &instrument->settle};
        for (size_t at = 0; at < sizeof assets / sizeof assets[0]; at++) {
            bool is_new = !is_named_before(market, id, assets[at]);
            for (size_t other = 0; other < at; other++) {
                is_new = is_new && memcmp(assets[other], assets[at], sizeof *assets[at]) != 0;
            }
            if (is_new) {
                append_asset(buf, market, assets[at]);
            }
        }
    }
    fx_api_reply_send_list(call->api, &call->target, 0);
    return FX_OK;
}
