#include "push/push_feed.h"

#include <string.h>

#include "base/json.h"
#include "base/panic.h"
#include "market/depth_group.h"
#include "model/rows_funding.h"
#include "model/rows_settlement.h"
#include "wire/wire_candle.h"
#include "wire/wire_funding.h"
#include "wire/wire_public.h"
#include "wire/wire_risk.h"

static const int64_t US_PER_MINUTE = 60000000;

void fx_push_feed_init(struct fx_push_feed *feed,
                       const fx_str namespaces[FX_PUSH_SESSION_NAMESPACES_MAX])
{
    memset(feed, 0, sizeof *feed);
    fx_buf_init(&feed->text, FX_PUSH_FEED_SIZE_MAX);
    memcpy(feed->namespaces, namespaces, sizeof feed->namespaces);
}

static void release_frames(struct fx_push_feed *feed)
{
    for (uint32_t index = 0; index < FX_PUSH_SESSION_NAMESPACES_MAX; index++) {
        fx_net_frame_release(feed->frames[index]);
        feed->frames[index] = NULL;
    }
}

void fx_push_feed_deinit(struct fx_push_feed *feed)
{
    release_frames(feed);
    fx_buf_deinit(&feed->text);
}

/* An empty text with room for the longest prefix. */
static void begin_text(struct fx_push_feed *feed)
{
    static const char SPACE[FX_PUSH_FEED_PREFIX_SIZE_MAX];
    release_frames(feed);
    fx_buf_clear(&feed->text);
    fx_buf_append(&feed->text, (fx_str){SPACE, sizeof SPACE});
}

void fx_push_feed_event(struct fx_push_feed *feed, fx_str event)
{
    begin_text(feed);
    fx_buf_append(&feed->text, event);
    feed->encoded++;
}

struct fx_buf *fx_push_feed_begin(struct fx_push_feed *feed, fx_str name)
{
    begin_text(feed);
    fx_buf_append(&feed->text, FX_STR("[\""));
    fx_buf_append(&feed->text, name);
    fx_buf_append(&feed->text, FX_STR("\","));
    return &feed->text;
}

void fx_push_feed_end(struct fx_push_feed *feed)
{
    fx_buf_append_byte(&feed->text, ']');
    feed->encoded++;
}

struct fx_net_frame *fx_push_feed_frame(struct fx_push_feed *feed, uint32_t index)
{
    FX_ASSERT(index < FX_PUSH_SESSION_NAMESPACES_MAX);
    const fx_str name = feed->namespaces[index];
    if (feed->frames[index] != NULL) {
        return feed->frames[index];
    }
    if (feed->text.is_overflow) {
        return NULL;
    }
    const bool is_root = name.size <= 1;
    const size_t size = is_root ? 2 : 2 + name.size + 1;
    FX_ASSERT(size <= FX_PUSH_FEED_PREFIX_SIZE_MAX);
    char *const start = feed->text.data + FX_PUSH_FEED_PREFIX_SIZE_MAX - size;
    start[0] = FX_PUSH_FRAME_MESSAGE;
    start[1] = (char)('0' + (int)FX_PUSH_PACKET_EVENT);
    if (!is_root) {
        memcpy(start + 2, name.data, name.size);
        start[2 + name.size] = ',';
    }
    const fx_str packet = {start, feed->text.size - FX_PUSH_FEED_PREFIX_SIZE_MAX + size};
    feed->frames[index] = fx_net_frame_create_websocket(FX_NET_WEBSOCKET_OPCODE_TEXT, packet);
    return feed->frames[index];
}

static void append_side(struct fx_buf *buf,
                        enum fx_side side,
                        const struct fx_market_symbol *symbol,
                        const struct fx_push_feed_view *view)
{
    struct fx_depth_group group;
    struct fx_depth_level level;
    fx_depth_group_init(&group, &symbol->depth, side, view->step_ticks);
    fx_buf_append_byte(buf, '[');
    for (uint32_t count = 0; count < view->depth && fx_depth_group_next(&group, &level); count++) {
        fx_wire_public_level(
            buf, &symbol->definition, (struct fx_wire_public_level){level.ticks, level.lots});
    }
    fx_buf_append_byte(buf, ']');
}

void fx_push_feed_book(struct fx_buf *buf,
                       const struct fx_push_feed_view *view,
                       const struct fx_market_symbol *symbol,
                       int64_t now_us)
{
    fx_buf_append_byte(buf, '{');
    fx_json_add_str(buf, FX_STR("symbol"), fx_ids_symbol_str(&symbol->definition.symbol));
    if (view->is_named) {
        fx_json_add_int(buf, FX_STR("depth"), view->depth);
    }
    if (view->step.size > 0) {
        fx_json_add_str(buf, FX_STR("group"), view->step);
    }
    fx_json_append_key(buf, FX_STR("bids"));
    append_side(buf, FX_SIDE_BUY, symbol, view);
    fx_json_append_key(buf, FX_STR("asks"));
    append_side(buf, FX_SIDE_SELL, symbol, view);
    fx_json_add_int(buf, FX_STR("lastUpdateId"), (int64_t)symbol->depth.sequence);
    fx_json_add_int(buf, FX_STR("time"), now_us / 1000);
    fx_buf_append_byte(buf, '}');
}

static struct fx_wire_public_level best(const struct fx_market_symbol *symbol, enum fx_side side)
{
    const struct fx_depth_level *level = fx_depth_at(&symbol->depth, side, 0);
    return level == NULL ? (struct fx_wire_public_level){0}
                         : (struct fx_wire_public_level){level->ticks, level->lots};
}

void fx_push_feed_ticker(struct fx_buf *buf, const struct fx_market_symbol *symbol, int64_t now_us)
{
    const struct fx_ticker_summary day = fx_ticker_summary(&symbol->ticker, now_us);
    const struct fx_wire_public_ticker ticker = {.value = day.value,
                                                 .open_ticks = day.open_ticks,
                                                 .high_ticks = day.high_ticks,
                                                 .low_ticks = day.low_ticks,
                                                 .last_ticks = day.last_ticks,
                                                 .lots = day.lots,
                                                 .count = day.count,
                                                 .mark_ticks = symbol->mark_ticks,
                                                 .index_ticks = symbol->index_ticks,
                                                 .best_bid = best(symbol, FX_SIDE_BUY),
                                                 .best_ask = best(symbol, FX_SIDE_SELL),
                                                 .time_us = now_us};
    fx_wire_public_ticker(buf, &symbol->definition, &ticker);
}

void fx_push_feed_trades(struct fx_buf *buf,
                         const struct fx_market_symbol *symbol,
                         struct fx_push_feed_range range)
{
    fx_buf_append_byte(buf, '[');
    for (uint32_t index = range.count; index > 0; index--) {
        const struct fx_tape_trade *trade = fx_tape_at(&symbol->tape, range.from + index - 1);
        if (trade == NULL) {
            continue;
        }
        const struct fx_wire_public_trade row = {.id = trade->trade_id,
                                                 .ticks = trade->price_ticks,
                                                 .lots = trade->lots,
                                                 .time_us = trade->time_us,
                                                 .is_buyer_taker = trade->is_buyer_taker != 0};
        fx_json_append_comma(buf);
        fx_wire_public_trade(buf, &symbol->definition, &row);
    }
    fx_buf_append_byte(buf, ']');
}

/* What is public of a trade with a note, as GET /liquidations has it. */
void fx_push_feed_liquidations(struct fx_buf *buf,
                               const struct fx_market_symbol *symbol,
                               struct fx_push_feed_range range)
{
    fx_buf_append_byte(buf, '[');
    for (uint32_t index = range.count; index > 0; index--) {
        const struct fx_tape_trade *trade = fx_tape_noted_at(&symbol->tape, range.from + index - 1);
        if (trade != NULL) {
            const struct fx_instrument *instrument = &symbol->definition;
            fx_amount value = {0};
            struct fx_rows_trade row = {
                .id = trade->trade_id,
                .price = fx_instrument_price(instrument, (fx_px){trade->price_ticks}),
                .quantity = fx_instrument_quantity(instrument, (fx_qty){trade->lots}),
                .created_us = trade->time_us,
                .buyer_is_taker = trade->is_buyer_taker != 0,
                .note = (enum fx_trade_note)trade->note,
                .symbol = instrument->symbol};
            const bool has_value = fx_instrument_value(
                instrument, (fx_px){trade->price_ticks}, (fx_qty){trade->lots}, &value);
            FX_ASSERT(has_value); /* it was traded */
            row.value = value.units;
            fx_json_append_comma(buf);
            fx_wire_funding_liquidation(buf, &row);
        }
    }
    fx_buf_append_byte(buf, ']');
}

void fx_push_feed_mark(struct fx_buf *buf, const struct fx_market_symbol *symbol)
{
    const struct fx_wire_funding_rate state = {
        .mark = symbol->mark, .mark_us = symbol->mark_us, .next_us = symbol->mark.next_funding_us};
    fx_wire_funding_mark(buf, &symbol->definition, &state);
}

void fx_push_feed_funding(struct fx_buf *buf, const struct fx_market_symbol *symbol)
{
    fx_buf_append_byte(buf, '[');
    if (symbol->funding.instant_us != 0) {
        struct fx_rows_funding row;
        struct fx_event event;
        memset(&event, 0, sizeof event);
        event.kind = FX_EVENT_FUNDING;
        event.u.funding = symbol->funding;
        fx_rows_funding_of(&event, &symbol->definition, &row);
        row.id = symbol->funding_id;
        fx_wire_funding_row(buf, &row);
    }
    fx_buf_append_byte(buf, ']');
}

void fx_push_feed_settlement(struct fx_buf *buf, const struct fx_market_symbol *symbol)
{
    fx_buf_append_byte(buf, '[');
    if (symbol->settlement.phase != 0) {
        struct fx_rows_settlement row;
        struct fx_event event;
        memset(&event, 0, sizeof event);
        event.kind = FX_EVENT_SETTLEMENT;
        event.time_us = symbol->settlement_us;
        event.u.settlement = symbol->settlement;
        fx_rows_settlement_of(&event, &symbol->definition, &row);
        row.id = symbol->settlement_id;
        row.operation_id = symbol->settlement_id;
        fx_wire_risk_settlement(buf, &row);
    }
    fx_buf_append_byte(buf, ']');
}

void fx_push_feed_klines(struct fx_buf *buf,
                         const struct fx_market_symbol *symbol,
                         const struct fx_push_feed_bars *bars)
{
    int64_t start = bars->from;
    fx_buf_append_byte(buf, '[');
    while (start <= bars->to) {
        struct fx_candle candle;
        struct fx_rows_candle row = {0};
        const int64_t next = fx_interval_next(bars->interval, start);
        if (fx_candles_find(
                &symbol->candles, FX_ROWS_CANDLE_PRICE_LAST, bars->interval, start, &candle)) {
            fx_candle_to_row(&candle, &symbol->definition, FX_ROWS_CANDLE_PRICE_LAST, &row);
            const struct fx_wire_candle shown = {
                .row = &row,
                .symbol = fx_ids_symbol_str(&symbol->definition.symbol),
                .interval = fx_str_of(fx_interval_name(bars->interval)),
                .end_us = next * US_PER_MINUTE,
                .is_final = next * US_PER_MINUTE <= bars->time_us};
            fx_json_append_comma(buf);
            fx_wire_candle_object(buf, &shown);
        }
        start = next;
    }
    fx_buf_append_byte(buf, ']');
}
