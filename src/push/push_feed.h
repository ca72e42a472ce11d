/**
 * @file push_feed.h
 * Events as Socket.IO packets and frames: JSON once, one frame per namespace, made when asked for.
 *
 * The text of an event is the same for both revisions of Engine.IO, so a frame is shared by all of
 * them; namespaces differ in the prefix, which is patched in front of the JSON where it lies.
 * Thread: the gateway's.
 */
#ifndef FX_PUSH_PUSH_FEED_H
#define FX_PUSH_PUSH_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "market/market.h"
#include "net/net_frame.h"
#include "push/push_session.h"

enum {
    FX_PUSH_FEED_PREFIX_SIZE_MAX = 16,
    FX_PUSH_FEED_SIZE_MAX = 1 << 20 /* JSON of one event */
};

/** One event being made and sent; used again and again. */
struct fx_push_feed {
    struct fx_buf text; /* room for a prefix, then ["name",…] */
    fx_str namespaces[FX_PUSH_SESSION_NAMESPACES_MAX];
    struct fx_net_frame *frames[FX_PUSH_SESSION_NAMESPACES_MAX];
    uint64_t encoded; /* events ever made */
};

/** Make it for these namespaces; the names are kept. */
void fx_push_feed_init(struct fx_push_feed *feed,
                       const fx_str namespaces[FX_PUSH_SESSION_NAMESPACES_MAX]);

/** Release all. */
void fx_push_feed_deinit(struct fx_push_feed *feed);

/** Begin the event `name`; append its argument to the result, then call fx_push_feed_end(). */
struct fx_buf *fx_push_feed_begin(struct fx_push_feed *feed, fx_str name);
void fx_push_feed_end(struct fx_push_feed *feed);

/** Take an event that is JSON already, `["name",argument]`. */
void fx_push_feed_event(struct fx_push_feed *feed, fx_str event);

/** The event's frame for a namespace; borrowed until the next begin. NULL without memory. */
struct fx_net_frame *fx_push_feed_frame(struct fx_push_feed *feed, uint32_t index);

/** Which part of a book. */
struct fx_push_feed_view {
    uint32_t depth;     /* levels per side at most */
    int64_t step_ticks; /* 1: prices as they are */
    bool is_named;      /* say depth and, where there is one, step: not the channel's default */
    fx_str step;        /* as a decimal; empty: no grouping */
};

/** Trades of the tape by age: `from` is the newest (0: the last one), then `count` older ones. */
struct fx_push_feed_range {
    uint32_t from;
    uint32_t count;
};

/** Bars of a chart: those that begin from minute `from` to minute `to`. */
struct fx_push_feed_bars {
    enum fx_interval interval;
    int64_t from;
    int64_t to;
    int64_t time_us; /* the engine's: a bar that ended by then is final */
};

/** Append {symbol, bids, asks, lastUpdateId, time} and, where named, depth and group. */
void fx_push_feed_book(struct fx_buf *buf,
                       const struct fx_push_feed_view *view,
                       const struct fx_market_symbol *symbol,
                       int64_t now_us);

/** Append the ticker object at a time. O(1,440). */
void fx_push_feed_ticker(struct fx_buf *buf, const struct fx_market_symbol *symbol, int64_t now_us);

/** Append the array of these trades, oldest first. */
void fx_push_feed_trades(struct fx_buf *buf,
                         const struct fx_market_symbol *symbol,
                         struct fx_push_feed_range range);

/** Append the array of these trades of liquidations, oldest first. */
void fx_push_feed_liquidations(struct fx_buf *buf,
                               const struct fx_market_symbol *symbol,
                               struct fx_push_feed_range range);

/** Append mark, index and the next funding. */
void fx_push_feed_mark(struct fx_buf *buf, const struct fx_market_symbol *symbol);

/** Append an array of the last funding; empty where none was made. */
void fx_push_feed_funding(struct fx_buf *buf, const struct fx_market_symbol *symbol);

/** Append an array of the phase that the end of the contract is in; empty where it does not end. */
void fx_push_feed_settlement(struct fx_buf *buf, const struct fx_market_symbol *symbol);

/** Append the array of these bars, oldest first; without those that nothing is known of. */
void fx_push_feed_klines(struct fx_buf *buf,
                         const struct fx_market_symbol *symbol,
                         const struct fx_push_feed_bars *bars);

#endif
