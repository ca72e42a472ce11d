/**
 * @file book_int.h
 * The inside of a book: its memory, and what book.c, book_window.c, book_overflow.c share.
 *
 * Memory of one book, all of it position-independent except `slots`:
 *
 *     struct fx_book | window levels[N] | window words[N/64] | overflow buy[M] | overflow sell[M]
 *
 * The window is a ring: the level of `ticks` has index ticks & (N - 1), so sliding the window moves
 * only the levels that leave or enter it. One ring serves both sides, because a book never crosses:
 * everything at or below the best bid is a bid. The bitmap has three stages of 64 ways (B2).
 * Thread: engine thread only.
 */
#ifndef FX_ENGINE_BOOK_INT_H
#define FX_ENGINE_BOOK_INT_H

#include "engine/book.h"

enum { FX_BOOK_SIDES = 2, FX_BOOK_MIDDLE_WORDS = 64 };

/** The key of a price on its side: greater is better. An empty side has this one as its best. */
#define FX_BOOK_KEY_NONE INT64_MIN

struct fx_book_side {
    int64_t best_key;
    uint32_t orders;
    uint32_t overflow_count;
};

struct fx_book {
    struct fx_resting *slots; /* the only pointer: set again by fx_book_attach() */
    int64_t base_ticks;       /* lowest price of the window */
    uint64_t window_mask;     /* window_levels - 1 */
    uint64_t words_offset;    /* bytes from the start of the book */
    uint64_t overflow_offset; /* bytes from the start of the book */
    struct fx_book_limits limits;
    uint32_t pressure; /* overflow inserts seen while the market stood off the window's middle */
    uint32_t zero;
    uint64_t top;
    struct fx_book_side sides[FX_BOOK_SIDES]; /* index: enum fx_side - 1 */
    uint64_t middle[FX_BOOK_MIDDLE_WORDS];
    _Alignas(64) struct fx_level levels[];
};

/** The key of a price: the price itself for bids, its negative for asks. */
int64_t fx_book_key(enum fx_side side, fx_px price);

/* book_window.c: the ring, its bitmap, and sliding it. */

/** Put an empty window around a price. */
__attribute__((cold)) void fx_book_window_place(struct fx_book *book, fx_px centre);

/** Set the bit of a level that has an order (it may be set already). */
void fx_book_window_mark(struct fx_book *book, uint64_t index);

/** After a level lost an order: clear its bit where that was the last one. */
void fx_book_window_unmark(struct fx_book *book, uint64_t index, bool is_level_empty);

/** The nearest occupied price strictly above (below) one, inside the window; 0 ticks for none. */
fx_px fx_book_window_above(const struct fx_book *book, fx_px price);
fx_px fx_book_window_below(const struct fx_book *book, fx_px price);

/**
 * After an insert outside of the window: slide it where the market has moved out of its middle.
 * Amortised O(1) levels per call; does nothing where the overflow could not take the leavers.
 */
__attribute__((cold)) void fx_book_window_follow(struct fx_book *book, enum fx_side side);

/* book_overflow.c: per side an array of levels, sorted by key, the best last. */

struct fx_level *fx_book_overflow_levels(struct fx_book *book, enum fx_side side);
const struct fx_level *fx_book_overflow_view(const struct fx_book *book, enum fx_side side);

/** The index of the first level whose key is at least `key`. */
__attribute__((cold)) uint32_t fx_book_overflow_rank(const struct fx_book *book,
                                                     enum fx_side side,
                                                     int64_t key);

/** The level at exactly this price, or NULL. */
__attribute__((cold)) struct fx_level *fx_book_overflow_find(struct fx_book *book,
                                                             enum fx_side side,
                                                             fx_px price);

/** The level at this price; an empty one is put in its place where there is none (room asserted).
 */
__attribute__((cold)) struct fx_level *fx_book_overflow_acquire(struct fx_book *book,
                                                                enum fx_side side,
                                                                fx_px price);

/** Drop the (empty) level at this price. */
__attribute__((cold)) void fx_book_overflow_release(struct fx_book *book,
                                                    enum fx_side side,
                                                    fx_px price);

/** Open `count` uninitialised places at `rank`; room asserted. */
void fx_book_overflow_open(struct fx_book *book, enum fx_side side, uint32_t rank, uint32_t count);

/** Close `count` places from `rank` on. */
void fx_book_overflow_close(struct fx_book *book, enum fx_side side, uint32_t rank, uint32_t count);

#endif
