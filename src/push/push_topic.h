/**
 * @file push_topic.h
 * Names of public topics: text ↔ what is meant. Pure.
 *
 * Both styles are taken everywhere, by Socket.IO and by the plain stream:
 *
 *     orderbook.<depth>.<symbol>[.<step>]   orderbook_<symbol>
 *     trades.<symbol>                       trades_<symbol>
 *     ticker.<symbol>                       ticker_<symbol>
 *     kline.<interval>.<symbol>             kline_<symbol>_<interval>
 *     mark.<symbol>                         mark_<symbol>
 *     liquidation.<symbol>                  liquidation_<symbol>
 *     funding.<symbol>                      funding_<symbol>
 *     settlement.<symbol>                   settlement_<symbol>
 *
 * A topic is a known kind, a known symbol and options out of a short list (P2), so strangers cannot
 * make the server keep or compute what nobody else wants. Thread: any.
 */
#ifndef FX_PUSH_PUSH_TOPIC_H
#define FX_PUSH_PUSH_TOPIC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"
#include "market/interval.h"
#include "market/market.h"

enum {
    FX_PUSH_TOPIC_NAME_SIZE_MAX = 96,
    FX_PUSH_TOPIC_DEPTH_DEFAULT = 50,
    FX_PUSH_TOPIC_DEPTH_MAX = 1000,
    FX_PUSH_TOPIC_STEP_TICKS_MAX = 1000000
};

enum fx_push_topic_kind {
    FX_PUSH_TOPIC_KIND_BOOK = 1,
    FX_PUSH_TOPIC_KIND_TRADES = 2,
    FX_PUSH_TOPIC_KIND_TICKER = 3,
    FX_PUSH_TOPIC_KIND_KLINE = 4,
    FX_PUSH_TOPIC_KIND_MARK = 5,
    FX_PUSH_TOPIC_KIND_LIQUIDATION = 6, /* trades with a note */
    FX_PUSH_TOPIC_KIND_FUNDING = 7,
    FX_PUSH_TOPIC_KIND_SETTLEMENT = 8
};

/** What a name means. Two topics are the same where all fields are equal. */
struct fx_push_topic {
    enum fx_push_topic_kind kind;
    uint32_t instrument;
    uint32_t depth;            /* BOOK: levels per side; else 0 */
    int64_t step_ticks;        /* BOOK: width of a group of prices, 1: no grouping; else 0 */
    enum fx_interval interval; /* KLINE; else 0 */
};

/**
 * Read a name. A book named without a depth gets `depth_default`.
 * @return OK; UNKNOWN_SYMBOL; FORBIDDEN (somebody's own room, user_…); BAD_PARAMETER.
 */
FX_MUST_USE fx_status fx_push_topic_parse(const struct fx_market *market,
                                          fx_str name,
                                          uint32_t depth_default,
                                          struct fx_push_topic *topic_out);

/** Change the depth of a book: 1, 5, 10, 50, 200, 500 or 1000. @return OK; BAD_PARAMETER. */
FX_MUST_USE fx_status fx_push_topic_set_depth(struct fx_push_topic *topic, uint32_t depth);

/**
 * Group a book's prices: `step` is 1, 2, 2.5 or 5 times a power of ten and from 1 to 1,000,000
 * ticks; one tick is no grouping. @return OK; BAD_PARAMETER.
 */
FX_MUST_USE fx_status fx_push_topic_set_step(const struct fx_market *market,
                                             struct fx_push_topic *topic,
                                             fx_str step);

/** True where they are the same. */
bool fx_push_topic_is_equal(const struct fx_push_topic *left, const struct fx_push_topic *right);

/** Write the name in the dotted style. @return it, in `target`. */
fx_str fx_push_topic_format(const struct fx_market *market,
                            const struct fx_push_topic *topic,
                            char target[FX_PUSH_TOPIC_NAME_SIZE_MAX]);

/** Write the width of the groups as a decimal ("10", "0.5"). @return it, in `target`. */
fx_str fx_push_topic_format_step(const struct fx_market *market,
                                 const struct fx_push_topic *topic,
                                 char target[FX_PUSH_TOPIC_NAME_SIZE_MAX]);

#endif
