#include "wire/wire_public.h"

#include "base/json.h"
#include "model/rows.h"

static void add_name(struct fx_buf *buf, fx_str key, const char *name)
{
    fx_json_add_str(buf, key, fx_str_of(name));
}

static void add_price(struct fx_buf *buf,
                      fx_str key,
                      const struct fx_instrument *instrument,
                      int64_t ticks)
{
    fx_json_add_dec(buf, key, fx_instrument_price(instrument, (fx_px){ticks}));
}

static void add_quantity(struct fx_buf *buf,
                         fx_str key,
                         const struct fx_instrument *instrument,
                         int64_t lots)
{
    fx_json_add_dec(buf, key, fx_instrument_quantity(instrument, (fx_qty){lots}));
}

static void add_rate(struct fx_buf *buf, fx_str key, int64_t ppb)
{
    fx_json_add_dec(buf, key, fx_rows_rate(ppb));
}

static void begin_filter(struct fx_buf *buf, const char *type)
{
    fx_json_append_comma(buf);
    fx_buf_append_byte(buf, '{');
    add_name(buf, FX_STR("filterType"), type);
}

static void end_object(struct fx_buf *buf)
{
    fx_buf_append_byte(buf, '}');
}

static void add_filters(struct fx_buf *buf, const struct fx_instrument *instrument)
{
    const fx_i128 one = fx_dec_one();
    fx_json_append_key(buf, FX_STR("filters"));
    fx_buf_append_byte(buf, '[');
    begin_filter(buf, "PRICE_FILTER");
    add_price(buf, FX_STR("minPrice"), instrument, 1);
    add_price(buf, FX_STR("maxPrice"), instrument, instrument->max_ticks);
    add_price(buf, FX_STR("tickSize"), instrument, 1);
    end_object(buf);
    begin_filter(buf, "LOT_SIZE");
    add_quantity(buf, FX_STR("minQty"), instrument, instrument->min_lots);
    add_quantity(buf, FX_STR("maxQty"), instrument, instrument->max_lots);
    add_quantity(buf, FX_STR("stepSize"), instrument, 1);
    end_object(buf);
    begin_filter(buf, "MARKET_LOT_SIZE");
    add_quantity(buf, FX_STR("minQty"), instrument, instrument->min_lots);
    add_quantity(buf, FX_STR("maxQty"), instrument, instrument->max_market_lots);
    add_quantity(buf, FX_STR("stepSize"), instrument, 1);
    end_object(buf);
    begin_filter(buf, "MIN_NOTIONAL");
    fx_json_add_dec(buf, FX_STR("notional"), instrument->min_notional);
    end_object(buf);
    begin_filter(buf, "PERCENT_PRICE");
    fx_json_add_dec(buf, FX_STR("multiplierUp"), one + fx_rows_rate(instrument->band_up_ppb));
    fx_json_add_dec(buf, FX_STR("multiplierDown"), one - fx_rows_rate(instrument->band_down_ppb));
    end_object(buf);
    begin_filter(buf, "MAX_NUM_ORDERS");
    fx_json_add_int(buf, FX_STR("limit"), instrument->orders_max);
    end_object(buf);
    begin_filter(buf, "MAX_NUM_ALGO_ORDERS");
    fx_json_add_int(buf, FX_STR("limit"), instrument->algo_orders_max);
    end_object(buf);
    fx_buf_append_byte(buf, ']');
}

void fx_wire_public_tiers(struct fx_buf *buf,
                          const struct fx_instrument *instrument,
                          const struct fx_tier tiers[])
{
    fx_i128 floor = 0;
    for (uint32_t index = 0; index < instrument->tier_count; index++) {
        const struct fx_tier *tier = &tiers[index];
        fx_json_append_comma(buf);
        fx_buf_append_byte(buf, '{');
        fx_json_add_int(buf, FX_STR("tier"), (int64_t)index + 1);
        fx_json_add_dec(buf, FX_STR("floor"), floor);
        fx_json_add_dec(buf, FX_STR("cap"), tier->cap);
        add_rate(buf, FX_STR("maintenanceMarginRate"), tier->rate_ppb);
        fx_json_add_dec(buf, FX_STR("maintenanceAmount"), tier->cum);
        fx_json_add_dec(buf, FX_STR("maxLeverage"), fx_rows_leverage(tier->leverage_max_centi));
        end_object(buf);
        floor = tier->cap;
    }
}

static void add_sizes(struct fx_buf *buf, const struct fx_instrument *instrument)
{
    fx_json_add_dec(buf, FX_STR("tickSize"), instrument->tick_size);
    fx_json_add_dec(buf, FX_STR("lotSize"), instrument->lot_size);
    fx_json_add_dec(buf, FX_STR("multiplier"), instrument->multiplier);
    add_quantity(buf, FX_STR("minQty"), instrument, instrument->min_lots);
    add_quantity(buf, FX_STR("maxQty"), instrument, instrument->max_lots);
    add_quantity(buf, FX_STR("maxMarketQty"), instrument, instrument->max_market_lots);
    fx_json_add_dec(buf, FX_STR("minNotional"), instrument->min_notional);
    add_rate(buf, FX_STR("marketTakeBound"), instrument->market_take_bound_ppb);
    add_rate(buf, FX_STR("makerFee"), instrument->maker_fee_ppb);
    add_rate(buf, FX_STR("takerFee"), instrument->taker_fee_ppb);
    add_rate(buf, FX_STR("liquidationFee"), instrument->liquidation_fee_ppb);
    fx_json_add_dec(buf, FX_STR("maxLeverage"), fx_rows_leverage(instrument->leverage_max_centi));
    fx_json_add_int(buf, FX_STR("fundingInterval"), instrument->funding_interval_s);
}

void fx_wire_public_instrument(struct fx_buf *buf,
                               const struct fx_instrument *instrument,
                               const struct fx_tier tiers[])
{
    fx_buf_append_byte(buf, '{');
    fx_json_add_int(buf, FX_STR("id"), (int64_t)instrument->instrument_id + 1);
    fx_json_add_str(buf, FX_STR("symbol"), fx_ids_symbol_str(&instrument->symbol));
    fx_json_add_str(buf, FX_STR("rootSymbol"), fx_ids_symbol_str(&instrument->root_symbol));
    fx_json_add_str(buf, FX_STR("baseUnderlying"), fx_ids_asset_str(&instrument->base));
    fx_json_add_str(buf, FX_STR("quoteCurrency"), fx_ids_asset_str(&instrument->quote));
    fx_json_add_str(buf, FX_STR("settleCurrency"), fx_ids_asset_str(&instrument->settle));
    add_name(buf,
             FX_STR("contractType"),
             fx_instrument_contract_type_name((enum fx_contract_type)instrument->contract_type));
    add_name(
        buf, FX_STR("kind"), fx_instrument_kind_name((enum fx_instrument_kind)instrument->kind));
    add_name(buf,
             FX_STR("state"),
             fx_instrument_state_name((enum fx_instrument_state)instrument->state));
    if (instrument->expiry_us != 0) {
        fx_json_add_int(buf, FX_STR("expiry"), instrument->expiry_us / 1000);
    }
    add_sizes(buf, instrument);
    add_filters(buf, instrument);
    fx_json_append_key(buf, FX_STR("tiers"));
    fx_buf_append_byte(buf, '[');
    fx_wire_public_tiers(buf, instrument, tiers);
    fx_buf_append_byte(buf, ']');
    fx_buf_append_byte(buf, '}');
}

static void add_best(struct fx_buf *buf,
                     const struct fx_instrument *instrument,
                     const struct fx_wire_public_level sides[2])
{
    if (sides[0].ticks != 0) {
        add_price(buf, FX_STR("bidPrice"), instrument, sides[0].ticks);
        add_quantity(buf, FX_STR("bidQty"), instrument, sides[0].lots);
    }
    if (sides[1].ticks != 0) {
        add_price(buf, FX_STR("askPrice"), instrument, sides[1].ticks);
        add_quantity(buf, FX_STR("askQty"), instrument, sides[1].lots);
    }
}

void fx_wire_public_best(struct fx_buf *buf,
                         const struct fx_instrument *instrument,
                         const struct fx_wire_public_best *best)
{
    const struct fx_wire_public_level sides[2] = {best->bid, best->ask};
    fx_buf_append_byte(buf, '{');
    fx_json_add_str(buf, FX_STR("symbol"), fx_ids_symbol_str(&instrument->symbol));
    add_best(buf, instrument, sides);
    fx_json_add_int(buf, FX_STR("lastUpdateId"), (int64_t)best->sequence);
    fx_json_add_int(buf, FX_STR("time"), best->time_us / 1000);
    fx_buf_append_byte(buf, '}');
}

void fx_wire_public_ticker(struct fx_buf *buf,
                           const struct fx_instrument *instrument,
                           const struct fx_wire_public_ticker *ticker)
{
    fx_buf_append_byte(buf, '{');
    fx_json_add_str(buf, FX_STR("symbol"), fx_ids_symbol_str(&instrument->symbol));
    add_price(buf, FX_STR("lastPrice"), instrument, ticker->last_ticks);
    add_price(buf, FX_STR("openPrice"), instrument, ticker->open_ticks);
    add_price(buf, FX_STR("highPrice"), instrument, ticker->high_ticks);
    add_price(buf, FX_STR("lowPrice"), instrument, ticker->low_ticks);
    const int64_t change = ticker->open_ticks == 0 ? 0 : ticker->last_ticks - ticker->open_ticks;
    add_price(buf, FX_STR("priceChange"), instrument, change);
    fx_i128 percent = 0;
    if (ticker->open_ticks != 0) {
        percent = fx_dec_div_int((fx_i128)change * 10000, ticker->open_ticks, FX_ROUND_HALF_EVEN);
    }
    fx_json_add_dec(buf, FX_STR("priceChangePercent"), percent * (fx_dec_one() / 100));
    add_quantity(buf, FX_STR("volume"), instrument, ticker->lots);
    fx_json_add_dec(buf, FX_STR("turnover"), ticker->value);
    fx_json_add_int(buf, FX_STR("count"), (int64_t)ticker->count);
    if (ticker->mark_ticks != 0) {
        add_price(buf, FX_STR("markPrice"), instrument, ticker->mark_ticks);
        add_price(buf, FX_STR("indexPrice"), instrument, ticker->index_ticks);
    }
    const struct fx_wire_public_level sides[2] = {ticker->best_bid, ticker->best_ask};
    add_best(buf, instrument, sides);
    if (ticker->has_interest) {
        fx_json_add_dec(buf, FX_STR("openInterest"), ticker->open_interest);
    }
    if (ticker->next_funding_us != 0) {
        fx_json_add_int(buf, FX_STR("nextFundingTime"), ticker->next_funding_us / 1000);
    }
    fx_json_add_int(buf, FX_STR("time"), ticker->time_us / 1000);
    fx_buf_append_byte(buf, '}');
}

void fx_wire_public_trade(struct fx_buf *buf,
                          const struct fx_instrument *instrument,
                          const struct fx_wire_public_trade *trade)
{
    fx_buf_append_byte(buf, '{');
    fx_json_add_int(buf, FX_STR("id"), (int64_t)trade->id);
    fx_json_add_str(buf, FX_STR("symbol"), fx_ids_symbol_str(&instrument->symbol));
    add_price(buf, FX_STR("price"), instrument, trade->ticks);
    add_quantity(buf, FX_STR("quantity"), instrument, trade->lots);
    add_name(buf, FX_STR("side"), trade->is_buyer_taker ? "BUY" : "SELL");
    fx_json_add_bool(buf, FX_STR("buyerIsTaker"), trade->is_buyer_taker);
    fx_json_add_int(buf, FX_STR("createdAt"), trade->time_us / 1000);
    fx_buf_append_byte(buf, '}');
}

void fx_wire_public_level(struct fx_buf *buf,
                          const struct fx_instrument *instrument,
                          struct fx_wire_public_level level)
{
    fx_json_append_comma(buf);
    fx_buf_append(buf, FX_STR("[\""));
    fx_buf_append_dec(buf, fx_instrument_price(instrument, (fx_px){level.ticks}));
    fx_buf_append(buf, FX_STR("\",\""));
    fx_buf_append_dec(buf, fx_instrument_quantity(instrument, (fx_qty){level.lots}));
    fx_buf_append(buf, FX_STR("\"]"));
}

void fx_wire_public_error(struct fx_buf *buf, const struct fx_wire_public_error *error)
{
    fx_buf_append_byte(buf, '{');
    add_name(buf, FX_STR("code"), fx_status_name(error->status));
    fx_json_add_int(buf, FX_STR("number"), (int64_t)error->status);
    fx_json_add_int(buf, FX_STR("statusCode"), fx_status_http(error->status));
    if (error->message.size > 0) {
        fx_json_add_str(buf, FX_STR("message"), error->message);
    } else {
        add_name(buf, FX_STR("message"), fx_status_text(error->status));
    }
    if (error->field.size > 0) {
        fx_json_add_str(buf, FX_STR("field"), error->field);
    }
    if (error->has_limit) {
        fx_json_add_dec(buf, FX_STR("limit"), error->limit);
    }
    if (error->has_nearest) {
        fx_json_add_dec(buf, FX_STR("nearest"), error->nearest);
    }
    fx_json_add_str(
        buf, FX_STR("executed"), error->executed.size > 0 ? error->executed : FX_STR("no"));
    fx_json_add_bool(buf, FX_STR("retryable"), fx_status_is_retryable(error->status));
    if (error->request_id.size > 0) {
        fx_json_add_str(buf, FX_STR("requestId"), error->request_id);
    }
    fx_json_add_int(buf, FX_STR("serverTime"), error->time_ms);
    fx_buf_append_byte(buf, '}');
}
