/**
 * @file naive_engine.h
 * The slowest matching engine that is obviously right: one array of open orders, and every question
 * answered by a walk over all of it. No margin, no fees: only who trades with whom, who holds what,
 * and what rests.
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
    NAIVE_ENGINE_TRADES_MAX = 1024,
    NAIVE_ENGINE_CONDITIONALS_MAX = 128,
    NAIVE_ENGINE_BRACKETS_MAX = 64,
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
    enum fx_position_side position_side; /* whose lots it changes */
    int64_t ticks;
    int64_t lots; /* left */
    int64_t filled;
    int64_t expire_us;
    enum fx_time_in_force tif;
    enum fx_stp_mode stp;
    enum fx_post_only_mode post_only;
    bool is_reduce_only;
};

/** A conditional order. A key is a price as its side sees it: ticks for GT, -ticks for LT. */
struct naive_engine_conditional {
    struct naive_engine_order order; /* as it will be; lots == 0: the whole position */
    enum fx_order_type type;
    enum fx_trigger_source source;
    enum fx_trigger_condition condition;
    int64_t trigger_ticks; /* activation price of a trailing stop, 0 = none */
    int64_t callback_ppb;  /* > 0: a trailing stop */
    int64_t extreme_ticks; /* 0: not active */
    int64_t key;           /* where it is crossed, or (trailing) was */
    bool is_protected;
    bool is_crossed;
    uint32_t role; /* enum fx_trigger_role: take profit or stop loss of a position or an order */
    uint64_t parent_id; /* of an order: which */
    bool is_idle;       /* … which has nothing to protect: it watches nothing */
};

/** Whose lots: a user's BOTH on a symbol, or (hedge mode) his LONG or his SHORT there. */
struct naive_engine_holding {
    uint64_t user_id;
    uint32_t symbol;
    enum fx_position_side side;
};

/** An order with a take profit, a stop loss or both. */
struct naive_engine_bracket {
    uint64_t parent_id;
    struct naive_engine_holding holding;
    enum fx_side side; /* of the two */
    int64_t lots;      /* filled and held */
    bool is_open;      /* the order is */
    bool is_busy;      /* one of the two fires */
};

struct naive_engine_trade {
    uint64_t maker_id;
    uint64_t taker_id;
    int64_t ticks;
    int64_t lots;
    struct naive_engine_holding buyer;
    struct naive_engine_holding seller;
};

struct naive_engine {
    /* Margin forbids an order to trade on; NULL: never. Asked when the model has made trade_count
     * trades: of a maker (next_id 0), that would close beyond its bankruptcy price or open for an
     * account that is being liquidated; of the taker, that would close beyond its own by trading
     * with the maker next_id. */
    bool (*is_barred)(const struct naive_engine *naive, uint64_t order_id, uint64_t next_id);
    struct naive_engine_order orders[NAIVE_ENGINE_ORDERS_MAX];
    struct naive_engine_trade trades[NAIVE_ENGINE_TRADES_MAX]; /* of the last command */
    /* by enum fx_position_side: a user has BOTH, or LONG (never < 0) and SHORT (never > 0) */
    int64_t positions[NAIVE_ENGINE_SYMBOLS_MAX][NAIVE_ENGINE_USERS_MAX][4];
    /* 0 = none; the last place of a user is the deadline of all symbols */
    int64_t deadlines[NAIVE_ENGINE_USERS_MAX][NAIVE_ENGINE_SYMBOLS_MAX + 1];
    struct naive_engine_conditional conditionals[NAIVE_ENGINE_CONDITIONALS_MAX];
    struct naive_engine_bracket brackets[NAIVE_ENGINE_BRACKETS_MAX];
    uint32_t bracket_count;
    int64_t prices[NAIVE_ENGINE_SYMBOLS_MAX][4];     /* by enum fx_trigger_source; 0 = none */
    int64_t reached[NAIVE_ENGINE_SYMBOLS_MAX][4][3]; /* greatest key while one is crossed */
    bool is_halted[NAIVE_ENGINE_SYMBOLS_MAX];
    int64_t expiries[NAIVE_ENGINE_SYMBOLS_MAX]; /* dates of dated contracts; 0: none */
    bool is_ending[NAIVE_ENGINE_SYMBOLS_MAX];   /* settled, or on the way to it */
    bool is_frozen[NAIVE_ENGINE_USERS_MAX];     /* has no orders, and gets none */
    bool is_hedge[NAIVE_ENGINE_USERS_MAX][NAIVE_ENGINE_SYMBOLS_MAX]; /* by margin asset */
    bool is_isolated[NAIVE_ENGINE_SYMBOLS_MAX][NAIVE_ENGINE_USERS_MAX];
    uint32_t conditional_count;
    uint32_t order_count;
    uint32_t trade_count;
    uint32_t work;
    uint32_t work_base; /* where the order that runs now began */
    uint32_t fills_max;
    uint64_t arrivals;
    int64_t time_us;
};

static inline struct naive_engine_holding naive_engine_holding(
    const struct naive_engine_order *order)
{
    return (struct naive_engine_holding){order->user_id, order->symbol, order->position_side};
}

static inline bool naive_engine_is_same(struct naive_engine_holding one,
                                        struct naive_engine_holding other)
{
    return one.user_id == other.user_id && one.symbol == other.symbol && one.side == other.side;
}

static inline int64_t naive_engine_held(const struct naive_engine *naive,
                                        struct naive_engine_holding holding)
{
    return naive->positions[holding.symbol][holding.user_id][holding.side];
}

static inline void naive_engine_move(struct naive_engine *naive,
                                     struct naive_engine_holding holding,
                                     int64_t change)
{
    int64_t *lots = &naive->positions[holding.symbol][holding.user_id][holding.side];
    *lots += change;
    assert(holding.side != FX_POSITION_SIDE_LONG || *lots >= 0);
    assert(holding.side != FX_POSITION_SIDE_SHORT || *lots <= 0);
}

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

static inline struct naive_engine_conditional *naive_engine_find_conditional(
    struct naive_engine *naive, uint64_t id)
{
    for (uint32_t index = 0; index < naive->conditional_count; index++) {
        if (naive->conditionals[index].order.id == id) {
            return &naive->conditionals[index];
        }
    }
    return NULL;
}

static inline int64_t naive_engine_key(enum fx_trigger_condition condition, int64_t ticks)
{
    return condition == FX_TRIGGER_CONDITION_GT ? ticks : -ticks;
}

/** Nothing is reached on a side where nobody is crossed. */
static inline void naive_engine_settle(struct naive_engine *naive)
{
    for (uint32_t place = 0; place < NAIVE_ENGINE_SYMBOLS_MAX * 4 * 3; place++) {
        const uint32_t symbol = place / 12, source = place / 3 % 4, condition = place % 3;
        bool has_crossed = false;
        for (uint32_t index = 0; index < naive->conditional_count; index++) {
            const struct naive_engine_conditional *one = &naive->conditionals[index];
            has_crossed = has_crossed || (one->is_crossed && one->order.symbol == symbol &&
                                          (uint32_t)one->source == source &&
                                          (uint32_t)one->condition == condition);
        }
        if (!has_crossed) {
            naive->reached[symbol][source][condition] = INT64_MIN;
        }
    }
}

static inline void naive_engine_remove_conditional(struct naive_engine *naive, uint64_t id)
{
    struct naive_engine_conditional *one = naive_engine_find_conditional(naive, id);
    assert(one != NULL);
    naive->conditional_count--;
    *one = naive->conditionals[naive->conditional_count];
    naive_engine_settle(naive);
}

#include "naive_bracket.h"

/** Take an open order away otherwise than by a trade. */
static inline void naive_engine_end(struct naive_engine *naive, uint64_t id)
{
    naive_engine_remove(naive, id);
    naive->work++;
    naive_bracket_parent_ended(naive, id);
}

/** The same with one that has not fired: of the two of an order, or with its own two. */
static inline void naive_engine_end_conditional(struct naive_engine *naive, uint64_t id)
{
    const uint64_t parent_id = naive_engine_find_conditional(naive, id)->parent_id;
    naive_engine_remove_conditional(naive, id);
    naive->work++;
    naive_bracket_settle(naive, parent_id);
    naive_bracket_parent_ended(naive, id);
}

/** The first tick at which a trailing stop's distance from the extreme is there. */
static inline int64_t naive_engine_stop(const struct naive_engine_conditional *one)
{
    int64_t ticks = one->extreme_ticks; /* walk away from it until it is far enough */
    const int64_t whole = one->extreme_ticks * one->callback_ppb;
    if (one->condition == FX_TRIGGER_CONDITION_LT) {
        while ((one->extreme_ticks - ticks) * 1000000000 < whole) {
            ticks--;
        }
    } else {
        while ((ticks - one->extreme_ticks) * 1000000000 < whole) {
            ticks++;
        }
    }
    return ticks;
}

static inline void naive_engine_trail(struct naive_engine_conditional *one, int64_t ticks)
{
    const bool is_sell = one->condition == FX_TRIGGER_CONDITION_LT;
    const bool is_activated = one->trigger_ticks == 0 ||
                              (is_sell ? ticks >= one->trigger_ticks : ticks <= one->trigger_ticks);
    if (one->extreme_ticks == 0) {
        one->extreme_ticks = is_activated ? ticks : 0;
    } else if (is_sell ? ticks > one->extreme_ticks : ticks < one->extreme_ticks) {
        one->extreme_ticks = ticks;
    }
    if (one->extreme_ticks != 0) {
        one->key = naive_engine_key(one->condition, naive_engine_stop(one));
    }
}

/** A price moves: extremes, activations, and who is crossed. */
static inline void naive_engine_price(struct naive_engine *naive,
                                      uint32_t symbol,
                                      enum fx_trigger_source source,
                                      int64_t ticks)
{
    naive->prices[symbol][source] = ticks;
    for (uint32_t index = 0; index < naive->conditional_count; index++) {
        struct naive_engine_conditional *one = &naive->conditionals[index];
        if (one->order.symbol != symbol || one->source != source || one->is_idle) {
            continue;
        }
        if (one->callback_ppb != 0 && !one->is_crossed) {
            naive_engine_trail(one, ticks);
        }
        const bool waits = one->callback_ppb == 0 || one->extreme_ticks != 0;
        one->is_crossed =
            one->is_crossed || (waits && one->key <= naive_engine_key(one->condition, ticks));
        int64_t *reached = &naive->reached[symbol][source][one->condition];
        if (one->is_crossed && naive_engine_key(one->condition, ticks) > *reached) {
            *reached = naive_engine_key(one->condition, ticks);
        }
    }
}

/** True where an order with this trigger price would fire as soon as it is there. */
static inline bool naive_engine_would_fire(const struct naive_engine *naive,
                                           const struct naive_engine_conditional *one)
{
    const int64_t ticks = naive->prices[one->order.symbol][one->source];
    if (one->callback_ppb != 0) {
        const bool is_sell = one->condition == FX_TRIGGER_CONDITION_LT;
        return one->trigger_ticks != 0 && ticks != 0 &&
               (is_sell ? ticks >= one->trigger_ticks : ticks <= one->trigger_ticks);
    }
    const int64_t key = naive_engine_key(one->condition, one->trigger_ticks);
    return key <= naive->reached[one->order.symbol][one->source][one->condition] ||
           (ticks != 0 && key <= naive_engine_key(one->condition, ticks));
}

/** True where the first fires before the second. */
static inline bool naive_engine_fires_before(const struct naive_engine_conditional *one,
                                             const struct naive_engine_conditional *other)
{
    if (one->order.symbol != other->order.symbol) {
        return one->order.symbol < other->order.symbol;
    }
    if (one->source != other->source) {
        return one->source < other->source;
    }
    if (one->condition != other->condition) {
        return one->condition < other->condition;
    }
    return one->key != other->key ? one->key < other->key : one->order.id < other->order.id;
}

/** True where nothing on a symbol is taken any more, and nothing fires. */
static inline bool naive_engine_is_over_symbol(const struct naive_engine *naive, uint32_t symbol)
{
    const int64_t expiry_us = naive->expiries[symbol];
    return naive->is_ending[symbol] || (expiry_us != 0 && expiry_us <= naive->time_us);
}

/** The crossed order of a symbol that trades that fires next; NULL where none. */
static inline const struct naive_engine_conditional *naive_engine_next_crossed(
    const struct naive_engine *naive)
{
    const struct naive_engine_conditional *best = NULL;
    for (uint32_t index = 0; index < naive->conditional_count; index++) {
        const struct naive_engine_conditional *one = &naive->conditionals[index];
        if (one->is_crossed && !naive->is_halted[one->order.symbol] &&
            !naive_engine_is_over_symbol(naive, one->order.symbol) &&
            (best == NULL || naive_engine_fires_before(one, best))) {
            best = one;
        }
    }
    return best;
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
    const int64_t held = naive_engine_held(naive, naive_engine_holding(order));
    const int64_t lots = order->side == FX_SIDE_BUY ? -held : held;
    return lots > 0 ? lots : 0;
}

/** The reduce-only order of this position and side that is served last; the lots of all. */
static inline struct naive_engine_order *naive_engine_last_reducing(
    struct naive_engine *naive,
    struct naive_engine_holding holding,
    enum fx_side side,
    int64_t *sum_out)
{
    struct naive_engine_order *last = NULL;
    *sum_out = 0;
    for (uint32_t index = 0; index < naive->order_count; index++) {
        struct naive_engine_order *order = &naive->orders[index];
        if (naive_engine_is_same(naive_engine_holding(order), holding) && order->side == side &&
            order->is_reduce_only) {
            *sum_out += order->lots;
            last = last == NULL || naive_engine_is_before(last, order) ? order : last;
        }
    }
    return last;
}

/** Take profit and stop loss of a position that is flat or has turned go with it. */
static inline void naive_engine_drop_tp_sl(struct naive_engine *naive,
                                           struct naive_engine_holding holding)
{
    const int64_t held = naive_engine_held(naive, holding);
    for (uint32_t index = naive->conditional_count; index > 0; index--) {
        const struct naive_engine_conditional *one = &naive->conditionals[index - 1];
        const int64_t closable = one->order.side == FX_SIDE_BUY ? -held : held;
        if (one->role != 0 && one->parent_id == 0 && closable <= 0 &&
            naive_engine_is_same(naive_engine_holding(&one->order), holding)) {
            naive_engine_end_conditional(naive, one->order.id);
        }
    }
}

/** Shrink or drop the reduce-only orders of a position until they cannot turn it. */
static inline void naive_engine_trim(struct naive_engine *naive,
                                     struct naive_engine_holding holding)
{
    for (;;) {
        struct naive_engine_order *last = NULL;
        int64_t excess = 0;
        for (enum fx_side side = FX_SIDE_BUY; side <= FX_SIDE_SELL && excess <= 0; side++) {
            int64_t sum = 0;
            last = naive_engine_last_reducing(naive, holding, side, &sum);
            excess = last == NULL ? 0 : sum - naive_engine_reducible(naive, last);
        }
        if (excess <= 0) {
            break;
        }
        naive->work++;
        if (excess < last->lots) {
            last->lots -= excess;
        } else {
            naive_engine_remove(naive, last->id);
        }
    }
    naive_engine_drop_tp_sl(naive, holding);
    naive_bracket_trim(naive, holding);
}

static inline void naive_engine_trade(struct naive_engine *naive,
                                      struct naive_engine_order *taker,
                                      struct naive_engine_order *maker)
{
    const int64_t lots = taker->lots < maker->lots ? taker->lots : maker->lots;
    const struct naive_engine_holding makers = naive_engine_holding(maker);
    const struct naive_engine_holding takers = naive_engine_holding(taker);
    const int64_t change = taker->side == FX_SIDE_BUY ? lots : -lots;
    assert(naive->trade_count < NAIVE_ENGINE_TRADES_MAX);
    naive->trades[naive->trade_count] =
        (struct naive_engine_trade){maker->id,
                                    taker->id,
                                    maker->ticks,
                                    lots,
                                    taker->side == FX_SIDE_BUY ? takers : makers,
                                    taker->side == FX_SIDE_BUY ? makers : takers};
    naive->trade_count++;
    naive->work++;
    naive_engine_move(naive, takers, change);
    naive_engine_move(naive, makers, -change);
    taker->lots -= lots;
    taker->filled += lots;
    maker->lots -= lots;
    maker->filled += lots;
    naive_engine_price(naive, taker->symbol, FX_TRIGGER_SOURCE_LAST, maker->ticks);
    const uint64_t maker_id = maker->id;
    const bool is_filled = maker->lots == 0;
    naive_bracket_grow(naive, maker_id, lots);
    if (is_filled) {
        naive_engine_remove(naive, maker_id);
        naive_bracket_parent_ended(naive, maker_id);
    }
    naive_bracket_grow(naive, taker->id, lots);
    naive_engine_trim(naive, makers);
    naive_engine_trim(naive, takers);
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
    const uint32_t before = naive->work;
    for (uint32_t index = naive->order_count; index > 0; index--) {
        const struct naive_engine_order *order = &naive->orders[index - 1];
        if (order->user_id == user_id && (symbol == NAIVE_ENGINE_ALL || symbol == order->symbol)) {
            naive_engine_end(naive, order->id);
        }
    }
    for (uint32_t index = 0; index < naive->conditional_count;) {
        const struct naive_engine_order *order = &naive->conditionals[index].order;
        if (order->user_id == user_id && (symbol == NAIVE_ENGINE_ALL || symbol == order->symbol)) {
            naive_engine_end_conditional(naive, order->id);
            index = 0; /* others may have gone with it */
        } else {
            index++;
        }
    }
    naive->deadlines[user_id][symbol] = 0;
    return naive->work - before;
}

/** Nothing of a user who is frozen stays open; what he is free again to do, he does anew. @return
 * how many orders that ends. */
static inline uint32_t naive_engine_freeze(struct naive_engine *naive,
                                           uint64_t user_id,
                                           bool is_frozen)
{
    const bool is_new = naive->is_frozen[user_id] != is_frozen;
    const bool is_late = naive_engine_is_due(naive, user_id, NAIVE_ENGINE_ALL);
    const bool ends = is_frozen ? is_new || is_late : naive->is_frozen[user_id] && is_late;
    naive->is_frozen[user_id] = is_frozen;
    return ends ? naive_engine_fire(naive, user_id, NAIVE_ENGINE_ALL) : 0;
}

static inline enum fx_order_status naive_engine_run(struct naive_engine *naive,
                                                    struct naive_engine_order *taker)
{
    while (taker->lots > 0 && naive_engine_is_crossing(naive, taker)) {
        const uint64_t maker_id =
            naive_engine_next(naive, taker->symbol, fx_order_opposite(taker->side), NULL)->id;
        if (naive->is_barred != NULL && naive->is_barred(naive, taker->id, maker_id)) {
            return FX_ORDER_STATUS_EXPIRED;
        }
        if (naive->work - naive->work_base >= naive->fills_max) {
            return FX_ORDER_STATUS_CANCELED;
        }
        struct naive_engine_order *maker = naive_engine_find(naive, maker_id);
        if (naive_engine_is_over(naive, maker) ||
            (naive->is_barred != NULL && naive->is_barred(naive, maker_id, 0))) {
            naive_engine_end(naive, maker_id);
        } else if (maker->user_id != taker->user_id || taker->stp == FX_STP_MODE_NONE) {
            naive_engine_trade(naive, taker, maker);
        } else {
            if (taker->stp != FX_STP_MODE_EXPIRE_TAKER) {
                naive_engine_end(naive, maker_id);
            }
            if (taker->stp != FX_STP_MODE_EXPIRE_MAKER) {
                return FX_ORDER_STATUS_EXPIRED;
            }
        }
    }
    if (taker->lots == 0) {
        return FX_ORDER_STATUS_FILLED;
    }
    return taker->tif == FX_TIME_IN_FORCE_IOC || taker->tif == FX_TIME_IN_FORCE_FOK
               ? FX_ORDER_STATUS_EXPIRED
               : FX_ORDER_STATUS_ACTIVE;
}

/** Trade, then rest or end. @return the status that the order must have now. */
static inline enum fx_order_status naive_engine_enter(struct naive_engine *naive,
                                                      struct naive_engine_order *taker)
{
    const enum fx_order_status status = naive_engine_run(naive, taker);
    if (status != FX_ORDER_STATUS_ACTIVE) {
        naive->work += status == FX_ORDER_STATUS_FILLED ? 0 : 1; /* its own end */
        naive_bracket_parent_ended(naive, taker->id);
        return status;
    }
    assert(naive->order_count < NAIVE_ENGINE_ORDERS_MAX);
    naive->arrivals++;
    taker->arrival = naive->arrivals;
    naive->orders[naive->order_count] = *taker;
    naive->order_count++;
    naive_engine_trim(naive, naive_engine_holding(taker));
    return taker->filled > 0 ? FX_ORDER_STATUS_PARTIALLY_FILLED : FX_ORDER_STATUS_ACTIVE;
}

static inline void naive_engine_begin(struct naive_engine *naive, int64_t time_us)
{
    naive->trade_count = 0;
    naive->work = 0;
    naive->work_base = 0;
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
        if (other->is_reduce_only && other->side == order->side && is_ahead &&
            other->id != order->id &&
            naive_engine_is_same(naive_engine_holding(other), naive_engine_holding(order))) {
            lots -= other->lots;
        }
    }
    return lots > 0 ? lots : 0;
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

#endif
