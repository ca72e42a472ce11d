#include "wire/wire_funding.h"

#include "base/json.h"

enum { US_PER_MS = 1000 };

static const int64_t CAP_UNITS_PER_PPB = 750000000; /* 3/4 of 1e-9 */

static void add_time(struct fx_buf *buf, fx_str key, int64_t time_us)
{
    fx_json_add_int(buf, key, time_us / US_PER_MS);
}

static void add_price(struct fx_buf *buf,
                      fx_str key,
                      const struct fx_instrument *instrument,
                      int64_t ticks)
{
    if (ticks != 0) {
        fx_json_add_dec(buf, key, fx_instrument_price(instrument, (fx_px){ticks}));
    }
}

/* What a mark says, and what follows from it. */
static void add_mark(struct fx_buf *buf,
                     const struct fx_instrument *instrument,
                     const struct fx_wire_funding_rate *rate)
{
    add_price(buf, FX_STR("markPrice"), instrument, rate->mark.mark_ticks);
    add_price(buf, FX_STR("indexPrice"), instrument, rate->mark.index_ticks);
    if (rate->mark_us != 0) {
        fx_json_add_bool(buf, FX_STR("isStale"), rate->mark.is_stale != 0);
        add_time(buf, FX_STR("time"), rate->mark_us);
    }
    if (rate->mark.has_index != 0) {
        fx_json_add_int(buf, FX_STR("sources"), rate->mark.source_count);
    }
    if (rate->next_us != 0) {
        add_time(buf, FX_STR("nextFundingTime"), rate->next_us);
        fx_json_add_dec(buf, FX_STR("predictedRate"), fx_rows_rate(rate->mark.predicted_ppb));
    }
}

void fx_wire_funding_mark(struct fx_buf *buf,
                          const struct fx_instrument *instrument,
                          const struct fx_wire_funding_rate *rate)
{
    fx_buf_append_byte(buf, '{');
    fx_json_add_str(buf, FX_STR("symbol"), fx_ids_symbol_str(&instrument->symbol));
    add_mark(buf, instrument, rate);
    fx_buf_append_byte(buf, '}');
}

void fx_wire_funding_rate(struct fx_buf *buf,
                          const struct fx_instrument *instrument,
                          const struct fx_wire_funding_rate *rate)
{
    fx_buf_append_byte(buf, '{');
    fx_json_add_str(buf, FX_STR("symbol"), fx_ids_symbol_str(&instrument->symbol));
    fx_json_add_int(buf, FX_STR("fundingInterval"), instrument->funding_interval_s);
    fx_json_add_dec(buf, FX_STR("interestRate"), fx_rows_rate(instrument->interest_ppb));
    fx_json_add_dec(buf, FX_STR("damper"), fx_rows_rate(instrument->damper_ppb));
    if (rate->lowest_rate_ppb != 0) {
        fx_json_add_dec(buf, FX_STR("cap"), (fx_i128)rate->lowest_rate_ppb * CAP_UNITS_PER_PPB);
    }
    if (rate->paid_us != 0) {
        fx_json_add_dec(buf, FX_STR("fundingRate"), fx_rows_rate(rate->paid_ppb));
        add_time(buf, FX_STR("fundingTime"), rate->paid_us);
    }
    if (rate->next_us != 0) {
        fx_json_add_dec(buf, FX_STR("premium"), fx_rows_rate(rate->mark.premium_ppb));
    }
    add_mark(buf, instrument, rate);
    fx_buf_append_byte(buf, '}');
}

void fx_wire_funding_fund(struct fx_buf *buf, const struct fx_wire_funding_fund *fund)
{
    fx_buf_append_byte(buf, '{');
    fx_json_add_str(buf, FX_STR("asset"), fx_ids_asset_str(&fund->asset));
    fx_json_add_dec(buf, FX_STR("balance"), fund->balance);
    add_time(buf, FX_STR("updatedAt"), fund->time_us);
    fx_buf_append_byte(buf, '}');
}

void fx_wire_funding_interest(struct fx_buf *buf,
                              const struct fx_instrument *instrument,
                              const struct fx_wire_funding_interest *interest)
{
    fx_buf_append_byte(buf, '{');
    fx_json_add_str(buf, FX_STR("symbol"), fx_ids_symbol_str(&instrument->symbol));
    fx_json_add_dec(buf, FX_STR("openInterest"), interest->quantity);
    if (interest->has_value) {
        fx_json_add_dec(buf, FX_STR("value"), interest->value);
    }
    fx_json_add_str(buf, FX_STR("asset"), fx_ids_asset_str(&instrument->settle));
    add_time(buf, FX_STR("time"), interest->time_us);
    fx_buf_append_byte(buf, '}');
}

void fx_wire_funding_row(struct fx_buf *buf, const struct fx_rows_funding *row)
{
    fx_buf_append_byte(buf, '{');
    fx_json_add_id(buf, FX_STR("id"), row->id);
    fx_json_add_str(buf, FX_STR("symbol"), fx_ids_symbol_str(&row->symbol));
    add_time(buf, FX_STR("fundingTime"), row->funding_us);
    fx_json_add_dec(buf, FX_STR("fundingRate"), row->rate);
    fx_json_add_dec(buf, FX_STR("markPrice"), row->mark_price);
    fx_json_add_dec(buf, FX_STR("indexPrice"), row->index_price);
    fx_json_add_str(buf, FX_STR("asset"), fx_ids_asset_str(&row->asset));
    fx_json_add_dec(buf, FX_STR("paid"), row->paid);
    fx_json_add_dec(buf, FX_STR("received"), row->received);
    fx_json_add_int(buf, FX_STR("positions"), row->positions);
    fx_json_add_bool(buf, FX_STR("isSkipped"), row->is_skipped);
    fx_buf_append_byte(buf, '}');
}

void fx_wire_funding_payment(struct fx_buf *buf, const struct fx_rows_funding_payment *row)
{
    fx_buf_append_byte(buf, '{');
    fx_json_add_id(buf, FX_STR("id"), row->id);
    fx_json_add_int(buf, FX_STR("userId"), (int64_t)row->user_id);
    fx_json_add_int(buf, FX_STR("accountId"), (int64_t)row->account_id);
    fx_json_add_int(buf, FX_STR("positionId"), (int64_t)row->position_id);
    fx_json_add_str(buf, FX_STR("symbol"), fx_ids_symbol_str(&row->symbol));
    fx_json_add_str(buf, FX_STR("asset"), fx_ids_asset_str(&row->asset));
    fx_json_add_dec(buf, FX_STR("amount"), row->amount);
    fx_json_add_dec(buf, FX_STR("fundingRate"), row->rate);
    fx_json_add_dec(buf, FX_STR("fundingQuantity"), row->quantity);
    fx_json_add_dec(buf, FX_STR("markPrice"), row->mark_price);
    add_time(buf, FX_STR("fundingTime"), row->funding_us);
    fx_json_add_id(buf, FX_STR("operationId"), row->operation_id);
    fx_buf_append_byte(buf, '}');
}

void fx_wire_funding_insurance(struct fx_buf *buf, const struct fx_rows_funding_insurance *row)
{
    fx_buf_append_byte(buf, '{');
    fx_json_add_id(buf, FX_STR("id"), row->id);
    fx_json_add_str(buf, FX_STR("asset"), fx_ids_asset_str(&row->asset));
    if (row->symbol.text[0] != '\0') {
        fx_json_add_str(buf, FX_STR("symbol"), fx_ids_symbol_str(&row->symbol));
    }
    fx_json_add_dec(buf, FX_STR("amount"), row->amount);
    fx_json_add_dec(buf, FX_STR("balance"), row->balance);
    if (row->symbol.text[0] != '\0') {
        fx_json_add_dec(buf, FX_STR("quantity"), row->quantity);
    }
    fx_json_add_str(buf, FX_STR("reason"), fx_str_of(row->reason));
    add_time(buf, FX_STR("createdAt"), row->created_us);
    fx_buf_append_byte(buf, '}');
}

void fx_wire_funding_liquidation(struct fx_buf *buf, const struct fx_rows_trade *row)
{
    fx_buf_append_byte(buf, '{');
    fx_json_add_int(buf, FX_STR("id"), (int64_t)row->id);
    fx_json_add_str(buf, FX_STR("symbol"), fx_ids_symbol_str(&row->symbol));
    fx_json_add_str(buf, FX_STR("side"), row->buyer_is_taker ? FX_STR("BUY") : FX_STR("SELL"));
    fx_json_add_dec(buf, FX_STR("price"), row->price);
    fx_json_add_dec(buf, FX_STR("quantity"), row->quantity);
    fx_json_add_dec(buf, FX_STR("value"), row->value);
    fx_json_add_str(buf, FX_STR("note"), fx_str_of(fx_event_trade_note_name(row->note)));
    add_time(buf, FX_STR("createdAt"), row->created_us);
    fx_buf_append_byte(buf, '}');
}

void fx_wire_funding_begin_exchange(struct fx_buf *buf, const struct fx_event_exchange *row)
{
    fx_buf_append_byte(buf, '{');
    fx_json_add_str(buf, FX_STR("asset"), fx_ids_asset_str(&row->asset));
    fx_json_add_dec(buf, FX_STR("fees"), row->fees);
    fx_json_add_dec(buf, FX_STR("rounding"), row->rounding);
    fx_json_add_dec(buf, FX_STR("deposited"), row->deposited);
    fx_json_add_dec(buf, FX_STR("fundBalance"), row->fund_balance);
    if (row->fund_account_id != 0) {
        fx_json_add_int(buf, FX_STR("fundAccountId"), (int64_t)row->fund_account_id);
    }
}
