/**
 * @file naive_engine.h
 * The slowest matching engine that is obviously right: one array of open orders, and every question
 * answered by a walk over all of it. No margin, no fees: only who trades with whom, and what rests.
 *
 * FOK is decided by trading on a copy of everything and looking whether the order was filled.
 * Thread: the test's own.
 */
#ifndef FX_TESTS_NAIVE_ENGINE_H
#define FX_TESTS_NAIVE_ENGINE_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "model/order.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

enum {
    NAIVE_ENGINE_ORDERS_MAX = 512,
    NAIVE_ENGINE_TRADES_MAX = 512,
    NAIVE_ENGINE_USERS_MAX = 8,
    NAIVE_ENGINE_SYMBOLS_MAX = 4
};

/** "All symbols" of a deadline. */
#define NAIVE_ENGINE_ALL NAIVE_ENGINE_SYMBOLS_MAX

struct naive_engine_order {
    uint64_t id;
    uint64_t arrival; /* in the book and in the list of its owner: who came when */
    uint64_t user_id;
    uint32_t symbol;
    enum fx_side side;
    int64_t ticks;
    int64_t lots; /* left */
    int64_t filled;
    int64_t expire_us;
    enum fx_time_in_force tif;
    enum fx_stp_mode stp;
    enum fx_post_only_mode post_only;
    bool is_reduce_only;
};

struct naive_engine_trade {
    uint64_t maker_id;
    uint64_t taker_id;
    int64_t ticks;
    int64_t lots;
};

struct naive_engine {
    struct naive_engine_order orders[NAIVE_ENGINE_ORDERS_MAX];
    struct naive_engine_trade trades[NAIVE_ENGINE_TRADES_MAX]; /* of the last command */
    int64_t positions[NAIVE_ENGINE_SYMBOLS_MAX][NAIVE_ENGINE_USERS_MAX];
    /* 0 = none; the last place of a user is the deadline of all symbols */
    int64_t deadlines[NAIVE_ENGINE_USERS_MAX][NAIVE_ENGINE_SYMBOLS_MAX + 1];
    uint32_t order_count;
    uint32_t trade_count;
    uint32_t work;
    uint32_t fills_max;
    uint64_t arrivals;
    int64_t time_us;
};

static inline struct naive_engine_order *naive_engine_find(struct naive_engine *naive, uint64_t id)
{
    for (uint32_t index = 0; index < naive->order_count; index++) {
        if (naive->orders[index].id == id) {
            return &naive->orders[index];
        }
    }
    return NULL;
}

static inline void naive_engine_remove(struct naive_engine *naive, uint64_t id)
{
    struct naive_engine_order *order = naive_engine_find(naive, id);
    assert(order != NULL);
    naive->order_count--;
    *order = naive->orders[naive->order_count];
}

/** True where the first is served before the second (same symbol and side). */
static inline bool naive_engine_is_before(const struct naive_engine_order *one,
                                          const struct naive_engine_order *other)
{
    if (one->ticks != other->ticks) {
        return one->side == FX_SIDE_BUY ? one->ticks > other->ticks : one->ticks < other->ticks;
    }
    return one->arrival < other->arrival;
}

/** The order of a side that is served after `previous` (NULL: the first of all). */
static inline const struct naive_engine_order *naive_engine_next(
    const struct naive_engine *naive,
    uint32_t symbol,
    enum fx_side side,
    const struct naive_engine_order *previous)
{
    const struct naive_engine_order *best = NULL;
    for (uint32_t index = 0; index < naive->order_count; index++) {
        const struct naive_engine_order *order = &naive->orders[index];
        if (order->symbol == symbol && order->side == side &&
            (previous == NULL || naive_engine_is_before(previous, order)) &&
            (best == NULL || naive_engine_is_before(order, best))) {
            best = order;
        }
    }
    return best;
}

static inline bool naive_engine_is_crossing(const struct naive_engine *naive,
                                            const struct naive_engine_order *order)
{
    const struct naive_engine_order *best =
        naive_engine_next(naive, order->symbol, fx_order_opposite(order->side), NULL);
    if (best == NULL) {
        return false;
    }
    return order->side == FX_SIDE_BUY ? best->ticks <= order->ticks : best->ticks >= order->ticks;
}

/** What all reduce-only orders of a user on a side may do at most. */
static inline int64_t naive_engine_reducible(const struct naive_engine *naive,
                                             const struct naive_engine_order *order)
{
    const int64_t held = naive->positions[order->symbol][order->user_id];
    const int64_t lots = order->side == FX_SIDE_BUY ? -held : held;
    return lots > 0 ? lots : 0;
}

/** The reduce-only order of this user, symbol and side that is served last; the lots of all. */
static inline struct naive_engine_order *naive_engine_last_reducing(
    struct naive_engine *naive, const struct naive_engine_order *like, int64_t *sum_out)
{
    struct naive_engine_order *last = NULL;
    *sum_out = 0;
    for (uint32_t index = 0; index < naive->order_count; index++) {
        struct naive_engine_order *order = &naive->orders[index];
        if (order->user_id == like->user_id && order->symbol == like->symbol &&
            order->side == like->side && order->is_reduce_only) {
            *sum_out += order->lots;
            last = last == NULL || naive_engine_is_before(last, order) ? order : last;
        }
    }
    return last;
}

/** Shrink or drop reduce-only orders of a user until they cannot turn the position. */
static inline void naive_engine_trim(struct naive_engine *naive, uint64_t user_id, uint32_t symbol)
{
    for (;;) {
        struct naive_engine_order *last = NULL;
        int64_t excess = 0;
        for (enum fx_side side = FX_SIDE_BUY; side <= FX_SIDE_SELL && excess <= 0; side++) {
            int64_t sum = 0;
            last = naive_engine_last_reducing(
                naive,
                &(struct naive_engine_order){.user_id = user_id, .symbol = symbol, .side = side},
                &sum);
            excess = last == NULL ? 0 : sum - naive_engine_reducible(naive, last);
        }
        if (excess <= 0) {
            return;
        }
        naive->work++;
        if (excess < last->lots) {
            last->lots -= excess;
        } else {
            naive_engine_remove(naive, last->id);
        }
    }
}

static inline void naive_engine_trade(struct naive_engine *naive,
                                      struct naive_engine_order *taker,
                                      struct naive_engine_order *maker)
{
    const int64_t lots = taker->lots < maker->lots ? taker->lots : maker->lots;
    const uint64_t maker_user = maker->user_id;
    const int64_t change = taker->side == FX_SIDE_BUY ? lots : -lots;
    assert(naive->trade_count < NAIVE_ENGINE_TRADES_MAX);
    naive->trades[naive->trade_count] =
        (struct naive_engine_trade){maker->id, taker->id, maker->ticks, lots};
    naive->trade_count++;
    naive->work++;
    naive->positions[taker->symbol][taker->user_id] += change;
    naive->positions[taker->symbol][maker_user] -= change;
    taker->lots -= lots;
    taker->filled += lots;
    maker->lots -= lots;
    maker->filled += lots;
    if (maker->lots == 0) {
        naive_engine_remove(naive, maker->id);
    }
    naive_engine_trim(naive, maker_user, taker->symbol);
    naive_engine_trim(naive, taker->user_id, taker->symbol);
}

/** True where a deadline is set and has passed. */
static inline bool naive_engine_is_due(const struct naive_engine *naive,
                                       uint64_t user_id,
                                       uint32_t symbol)
{
    const int64_t deadline_us = naive->deadlines[user_id][symbol];
    return deadline_us != 0 && deadline_us <= naive->time_us;
}

/** True where an order must not trade any more: its date, or a deadline of its owner, has passed.
 */
static inline bool naive_engine_is_over(const struct naive_engine *naive,
                                        const struct naive_engine_order *order)
{
    return (order->expire_us != 0 && order->expire_us <= naive->time_us) ||
           naive_engine_is_due(naive, order->user_id, order->symbol) ||
           naive_engine_is_due(naive, order->user_id, NAIVE_ENGINE_ALL);
}

/** Drop every order in the scope of a deadline, and the deadline. @return how many orders. */
static inline uint32_t naive_engine_fire(struct naive_engine *naive,
                                         uint64_t user_id,
                                         uint32_t symbol)
{
    uint32_t count = 0;
    for (uint32_t index = naive->order_count; index > 0; index--) {
        const struct naive_engine_order *order = &naive->orders[index - 1];
        if (order->user_id == user_id && (symbol == NAIVE_ENGINE_ALL || symbol == order->symbol)) {
            naive_engine_remove(naive, order->id);
            count++;
        }
    }
    naive->deadlines[user_id][symbol] = 0;
    return count;
}

/** Trade, then rest or end. @return the status that the order must have now. */
static inline enum fx_order_status naive_engine_enter(struct naive_engine *naive,
                                                      struct naive_engine_order *taker)
{
    while (taker->lots > 0 && naive_engine_is_crossing(naive, taker)) {
        if (naive->work >= naive->fills_max) {
            return FX_ORDER_STATUS_CANCELED;
        }
        const uint64_t maker_id =
            naive_engine_next(naive, taker->symbol, fx_order_opposite(taker->side), NULL)->id;
        struct naive_engine_order *maker = naive_engine_find(naive, maker_id);
        if (naive_engine_is_over(naive, maker)) {
            naive_engine_remove(naive, maker_id);
            naive->work++;
        } else if (maker->user_id != taker->user_id || taker->stp == FX_STP_MODE_NONE) {
            naive_engine_trade(naive, taker, maker);
        } else {
            if (taker->stp != FX_STP_MODE_EXPIRE_TAKER) {
                naive_engine_remove(naive, maker_id);
                naive->work++;
            }
            if (taker->stp != FX_STP_MODE_EXPIRE_MAKER) {
                return FX_ORDER_STATUS_EXPIRED;
            }
        }
    }
    if (taker->lots == 0) {
        return FX_ORDER_STATUS_FILLED;
    }
    if (taker->tif == FX_TIME_IN_FORCE_IOC || taker->tif == FX_TIME_IN_FORCE_FOK) {
        return FX_ORDER_STATUS_EXPIRED;
    }
    assert(naive->order_count < NAIVE_ENGINE_ORDERS_MAX);
    naive->arrivals++;
    taker->arrival = naive->arrivals;
    naive->orders[naive->order_count] = *taker;
    naive->order_count++;
    naive_engine_trim(naive, taker->user_id, taker->symbol);
    return taker->filled > 0 ? FX_ORDER_STATUS_PARTIALLY_FILLED : FX_ORDER_STATUS_ACTIVE;
}

static inline void naive_engine_begin(struct naive_engine *naive, int64_t time_us)
{
    naive->trade_count = 0;
    naive->work = 0;
    naive->time_us = time_us > naive->time_us ? time_us : naive->time_us;
}

/** True where a FOK order would be filled as a whole: tried on a copy, without a fills limit. */
static inline bool naive_engine_fills(const struct naive_engine *naive,
                                      const struct naive_engine_order *order)
{
    static struct naive_engine copy;
    struct naive_engine_order taker = *order;
    copy = *naive;
    copy.fills_max = UINT32_MAX;
    return naive_engine_enter(&copy, &taker) == FX_ORDER_STATUS_FILLED;
}

/** Lots that a reduce-only order may still close beside those that are served before it. */
static inline int64_t naive_engine_closable(const struct naive_engine *naive,
                                            const struct naive_engine_order *order)
{
    int64_t lots = naive_engine_reducible(naive, order);
    for (uint32_t index = 0; index < naive->order_count; index++) {
        const struct naive_engine_order *other = &naive->orders[index];
        const bool is_ahead = order->side == FX_SIDE_BUY ? other->ticks >= order->ticks
                                                         : other->ticks <= order->ticks;
        if (other->is_reduce_only && other->user_id == order->user_id &&
            other->symbol == order->symbol && other->side == order->side && is_ahead &&
            other->id != order->id) {
            lots -= other->lots;
        }
    }
    return lots > 0 ? lots : 0;
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

#endif
