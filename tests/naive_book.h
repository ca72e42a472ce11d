/**
 * @file naive_book.h
 * The slowest order book that is obviously right: one array of orders, sorted by side, then from
 * best to worst price, then by arrival. Every answer is a walk over all of it.
 *
 * Thread: the test's own.
 */
#ifndef FX_TESTS_NAIVE_BOOK_H
#define FX_TESTS_NAIVE_BOOK_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "engine/book.h"

enum { NAIVE_BOOK_ORDERS_MAX = 512 };

struct naive_order {
    fx_slot slot;
    enum fx_side side;
    int64_t ticks;
    int64_t lots;
};

struct naive_book {
    struct naive_order orders[NAIVE_BOOK_ORDERS_MAX];
    uint32_t count;
};

// NOLINTBEGIN(bugprone-easily-swappable-parameters): a model takes plain numbers
/** True where the first price is strictly better than the second on this side. */
static inline bool naive_book_is_better(enum fx_side side, int64_t ticks, int64_t other)
{
    return side == FX_SIDE_BUY ? ticks > other : ticks < other;
}

static inline uint32_t naive_book_at(const struct naive_book *book, fx_slot slot)
{
    uint32_t index = 0;
    while (book->orders[index].slot != slot) {
        index++;
        assert(index < book->count);
    }
    return index;
}

/** Behind every order of its side whose price is not worse. */
static inline void naive_book_insert(struct naive_book *book, struct naive_order order)
{
    uint32_t index = 0;
    assert(book->count < NAIVE_BOOK_ORDERS_MAX);
    while (index < book->count &&
           (book->orders[index].side < order.side ||
            (book->orders[index].side == order.side &&
             !naive_book_is_better(order.side, order.ticks, book->orders[index].ticks)))) {
        index++;
    }
    memmove(&book->orders[index + 1],
            &book->orders[index],
            (book->count - index) * sizeof book->orders[0]);
    book->orders[index] = order;
    book->count++;
}

static inline void naive_book_remove(struct naive_book *book, fx_slot slot)
{
    const uint32_t index = naive_book_at(book, slot);
    book->count--;
    memmove(&book->orders[index],
            &book->orders[index + 1],
            (book->count - index) * sizeof book->orders[0]);
}

/** @return lots traded. */
static inline int64_t naive_book_fill(struct naive_book *book, fx_slot slot, int64_t want)
{
    struct naive_order *order = &book->orders[naive_book_at(book, slot)];
    const int64_t traded = want < order->lots ? want : order->lots;
    order->lots -= traded;
    if (order->lots == 0) {
        naive_book_remove(book, slot);
    }
    return traded;
}

/** The first order of a side, the one that trades next; NULL where there is none. */
static inline const struct naive_order *naive_book_front(const struct naive_book *book,
                                                         enum fx_side side)
{
    for (uint32_t index = 0; index < book->count; index++) {
        if (book->orders[index].side == side) {
            return &book->orders[index];
        }
    }
    return NULL;
}

static inline struct fx_book_row naive_book_row(const struct naive_book *book,
                                                enum fx_side side,
                                                int64_t ticks)
{
    struct fx_book_row row = {.price = {ticks}};
    for (uint32_t index = 0; index < book->count; index++) {
        if (book->orders[index].side == side && book->orders[index].ticks == ticks) {
            row.count++;
            row.total.lots += book->orders[index].lots;
        }
    }
    return row;
}

/** Lots at `limit` or better, at most `want`. */
static inline int64_t naive_book_depth(const struct naive_book *book,
                                       enum fx_side side,
                                       int64_t limit,
                                       int64_t want)
{
    int64_t lots = 0;
    for (uint32_t index = 0; index < book->count; index++) {
        const struct naive_order *order = &book->orders[index];
        if (order->side == side && !naive_book_is_better(side, limit, order->ticks)) {
            lots += order->lots < want - lots ? order->lots : want - lots;
        }
    }
    return lots;
}

// NOLINTEND(bugprone-easily-swappable-parameters)

#endif
