/* Public topics: what somebody listens to, and what is sent of it when. Trades go per flush, all
 * else per tick. A topic that nobody listens to any more is forgotten in the next tick. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "push/push_int.h"

enum {
    BARS_MAX = 100,                      /* in one message */
    LAST = FX_ROWS_CANDLE_PRICE_LAST - 1 /* row of the trades' bars */
};

static const int64_t US_PER_MINUTE = 60000000;

fx_str fx_push_public_name(const struct fx_push_public *public)
{
    return (fx_str){public->name, public->name_size};
}

/* Where the bar begins in which the engine is now. */
static int64_t live_bar(const struct fx_push *push, const struct fx_push_topic *topic)
{
    const int64_t minute = push->options.market->time_us / US_PER_MINUTE;
    return topic->kind == FX_PUSH_TOPIC_KIND_KLINE ? fx_interval_start(topic->interval, minute) : 0;
}

fx_status fx_push_public_open(struct fx_push *push,
                              const struct fx_push_topic *topic,
                              struct fx_push_public **public_out)
{
    struct fx_push_public **const first = &push->publics[topic->instrument];
    struct fx_push_public *public = *first;
    while (public != NULL && !fx_push_topic_is_equal(&public->topic, topic)) {
        public = public->next;
    }
    if (public == NULL) {
        public = calloc(1, sizeof *public);
        if (public == NULL) {
            return FX_NO_MEMORY;
        }
        public->topic = *topic;
        public->name_size =
            (uint8_t)fx_push_topic_format(push->options.market, topic, public->name).size;
        public->bar_to = live_bar(push, topic);
        public->bar_from = public->bar_to;
        public->next = *first;
        *first = public;
    }
    *public_out = public;
    return FX_OK;
}

static void release(struct fx_push_public *public)
{
    fx_push_stream_topic_forget(public);
    free(public);
}

void fx_push_public_deinit(struct fx_push *push)
{
    for (uint32_t id = 0; id < FX_INSTRUMENTS_MAX; id++) {
        while (push->publics[id] != NULL) {
            struct fx_push_public *public = push->publics[id];
            push->publics[id] = public->next;
            release(public);
        }
    }
}

/* ---- Socket.IO -------------------------------------------------------------------------------
 */

static void encode_book(struct fx_push *push,
                        const struct fx_push_public *public,
                        const struct fx_market_symbol *symbol,
                        int64_t now_us)
{
    char step[FX_PUSH_TOPIC_NAME_SIZE_MAX];
    const struct fx_push_topic *topic = &public->topic;
    const bool is_plain = topic->depth == push->options.book_levels && topic->step_ticks == 1;
    const struct fx_push_feed_view view = {
        .depth = topic->depth,
        .step_ticks = topic->step_ticks,
        .is_named = !is_plain,
        .step = topic->step_ticks > 1 ? fx_push_topic_format_step(push->options.market, topic, step)
                                      : (fx_str){0}};
    fx_push_feed_book(fx_push_feed_begin(&push->feed, FX_STR("orderbook")), &view, symbol, now_us);
}

void fx_push_public_bars(struct fx_push *push,
                         const struct fx_push_public *public,
                         bool is_changed,
                         struct fx_buf *buf)
{
    const struct fx_push_feed_bars bars = {.interval = public->topic.interval,
                                           .from = is_changed ? public->bar_from : public->bar_to,
                                           .to = public->bar_to,
                                           .time_us = push->options.market->time_us};
    fx_push_feed_klines(buf, fx_market_at(push->options.market, public->topic.instrument), &bars);
}

void fx_push_public_encode(struct fx_push *push,
                           const struct fx_push_public *public,
                           bool is_changed)
{
    const struct fx_market_symbol *symbol =
        fx_market_at(push->options.market, public->topic.instrument);
    const int64_t now_us = push->options.wall_us(push->options.clock_self);
    switch (public->topic.kind) {
    case FX_PUSH_TOPIC_KIND_BOOK:
        encode_book(push, public, symbol, now_us);
        break;
    case FX_PUSH_TOPIC_KIND_TICKER:
        fx_push_feed_ticker(fx_push_feed_begin(&push->feed, FX_STR("ticker")), symbol, now_us);
        break;
    case FX_PUSH_TOPIC_KIND_KLINE:
        fx_push_public_bars(
            push, public, is_changed, fx_push_feed_begin(&push->feed, FX_STR("kline")));
        break;
    case FX_PUSH_TOPIC_KIND_MARK:
        fx_push_feed_mark(fx_push_feed_begin(&push->feed, FX_STR("mark")), symbol);
        break;
    case FX_PUSH_TOPIC_KIND_FUNDING:
        fx_push_feed_funding(fx_push_feed_begin(&push->feed, FX_STR("funding")), symbol);
        break;
    case FX_PUSH_TOPIC_KIND_SETTLEMENT:
        fx_push_feed_settlement(fx_push_feed_begin(&push->feed, FX_STR("settlement")), symbol);
        break;
    case FX_PUSH_TOPIC_KIND_LIQUIDATION:
        fx_push_feed_liquidations(fx_push_feed_begin(&push->feed, FX_STR("liquidations")),
                                  symbol,
                                  (struct fx_push_feed_range){0, symbol->new_noted});
        break;
    case FX_PUSH_TOPIC_KIND_TRADES:
    default:
        fx_push_feed_trades(fx_push_feed_begin(&push->feed, FX_STR("trades")),
                            symbol,
                            (struct fx_push_feed_range){0, symbol->new_trades});
        break;
    }
    fx_push_feed_end(&push->feed);
}

/* The clients of a room lie all over the memory, more of them than a cache holds. So members are
 * looked up some places ahead, what they refer to a little later, and so on. */
struct lookahead {
    const struct fx_push_hub_member *next; /* the first that was not looked at */
    const struct fx_push_hub_member *seen[8];
    uint32_t turn;
};

enum { STEP = 2, AHEAD = STEP * FX_PUSH_CLIENT_STAGES };

static void look_ahead(struct lookahead *ahead)
{
    enum { COUNT = sizeof ahead->seen / sizeof ahead->seen[0] };
    static_assert((int)AHEAD <= (int)COUNT, "what is asked for last is still known");
    ahead->seen[ahead->turn % COUNT] = ahead->next;
    if (ahead->next != NULL) {
        ahead->next = ahead->next->room_next;
    }
    for (uint32_t stage = 0; stage < FX_PUSH_CLIENT_STAGES && stage * STEP <= ahead->turn;
         stage++) {
        const struct fx_push_hub_member *member = ahead->seen[(ahead->turn - stage * STEP) % COUNT];
        if (member != NULL) {
            fx_push_client_prefetch(member, stage);
        }
    }
    ahead->turn++;
}

/* An offer may take its own member out, and with the last one the room (P8), never another one. */
static void offer_all(struct fx_push_hub_member *member,
                      struct fx_net_frame *frame,
                      bool is_changed)
{
    struct lookahead ahead = {.next = member};
    for (uint32_t count = 0; count < AHEAD; count++) {
        look_ahead(&ahead);
    }
    while (member != NULL) {
        struct fx_push_hub_member *next = member->room_next;
        look_ahead(&ahead);
        if (is_changed || member->is_behind) {
            fx_push_client_offer(member, frame);
        }
        member = next;
    }
}

/* The state of a topic: to all its members where it changed, else to those that are behind.
 * @return false where nobody is in its rooms. */
static bool publish(struct fx_push *push, const struct fx_push_public *public, bool is_changed)
{
    const fx_str name = fx_push_public_name(public);
    bool is_encoded = false;
    bool is_wanted = false;
    for (uint32_t index = 0; index < FX_PUSH_NAMESPACES; index++) {
        const struct fx_push_hub_room *room = fx_push_hub_find(&push->hubs[index], name);
        is_wanted = is_wanted || room != NULL;
        if (room == NULL || (!is_changed && room->behind_count == 0)) {
            continue;
        }
        if (!is_encoded) {
            is_encoded = true;
            fx_push_public_encode(push, public, is_changed);
        }
        struct fx_net_frame *frame = fx_push_feed_frame(&push->feed, index);
        if (frame != NULL) {
            offer_all(room->first, frame, is_changed);
        }
    }
    return is_wanted;
}

/* ---- when ------------------------------------------------------------------------------------
 */

static void publish_trades(struct fx_push *push, uint32_t id)
{
    for (struct fx_push_public *public = push->publics[id]; public != NULL; public = public->next) {
        if (public->topic.kind == FX_PUSH_TOPIC_KIND_TRADES) {
            (void)publish(push, public, true);
            fx_push_stream_topic_publish(push, public, true);
        }
    }
}

void fx_push_public_trades(struct fx_push *push)
{
    const struct fx_market *market = push->options.market;
    if (!push->has_trades) {
        return;
    }
    push->has_trades = false;
    for (uint32_t id = 0; id < market->count; id++) {
        struct fx_market_symbol *symbol = market->symbols[id];
        if (symbol != NULL && symbol->new_trades > 0) {
            publish_trades(push, id);
            symbol->new_trades = 0;
        }
    }
}

/* Which bars are to be told: those in which something happened, and that whose time is over. */
static bool move_bars(const struct fx_push *push,
                      struct fx_push_public *public,
                      const struct fx_market_symbol *symbol)
{
    const enum fx_interval interval = public->topic.interval;
    const int64_t changed = symbol->candles.changed[LAST];
    const int64_t live = live_bar(push, &public->topic);
    int64_t from = changed == INT64_MAX ? INT64_MAX : fx_interval_start(interval, changed);
    if (live > public->bar_to && public->bar_to < from) {
        from = public->bar_to;
    }
    if (from == INT64_MAX) {
        return false;
    }
    /* After a long silence only the newest: the others are empty, and REST has them. */
    const int64_t span = (fx_interval_next(interval, live) - live) * BARS_MAX;
    public->bar_from = live - from > span ? fx_interval_start(interval, live - span) : from;
    public->bar_to = live;
    return true;
}

static bool is_changed(const struct fx_push *push,
                       struct fx_push_public *public,
                       const struct fx_market_symbol *symbol)
{
    switch (public->topic.kind) {
    case FX_PUSH_TOPIC_KIND_BOOK:
        return symbol->is_book_changed;
    case FX_PUSH_TOPIC_KIND_TICKER:
        return symbol->is_ticker_changed;
    case FX_PUSH_TOPIC_KIND_KLINE:
        return move_bars(push, public, symbol);
    case FX_PUSH_TOPIC_KIND_MARK:
        return symbol->is_mark_changed;
    case FX_PUSH_TOPIC_KIND_FUNDING:
        return symbol->is_funding_changed;
    case FX_PUSH_TOPIC_KIND_SETTLEMENT:
        return symbol->is_settlement_changed;
    case FX_PUSH_TOPIC_KIND_LIQUIDATION:
        return symbol->new_noted > 0;
    case FX_PUSH_TOPIC_KIND_TRADES:
    default:
        return false; /* they do not wait for the tick */
    }
}

static void tick_symbol(struct fx_push *push, uint32_t id, struct fx_market_symbol *symbol)
{
    struct fx_push_public **place = &push->publics[id];
    while (*place != NULL) {
        struct fx_push_public *public = *place;
        const bool has_news = is_changed(push, public, symbol);
        const bool is_wanted = publish(push, public, has_news);
        fx_push_stream_topic_publish(push, public, has_news);
        if (!is_wanted &&
            fx_push_hub_find(&push->stream_hub, fx_push_public_name(public)) == NULL) {
            *place = public->next;
            release(public);
        } else {
            place = &public->next;
        }
    }
    symbol->is_book_changed = false;
    symbol->is_ticker_changed = false;
    symbol->is_mark_changed = false;
    symbol->is_funding_changed = false;
    symbol->is_settlement_changed = false;
    symbol->new_noted = 0;
    symbol->candles.changed[LAST] = INT64_MAX;
}

void fx_push_public_tick(struct fx_push *push)
{
    const struct fx_market *market = push->options.market;
    fx_push_public_trades(push);
    for (uint32_t id = 0; id < market->count; id++) {
        if (market->symbols[id] != NULL) {
            tick_symbol(push, id, market->symbols[id]);
        }
    }
}
