/**
 * @file book.h
 * One instrument's order book: price-time priority over tick-indexed levels.
 *
 * Levels inside a sliding window are an array indexed by tick with a three-stage bitmap (one
 * for both sides, which never cross); levels outside of it live in an ordered overflow per side.
 * Orders are linked by slot number into a FIFO per level; the slots belong to the engine and are
 * shared by all books. No memory of its own: the caller hands one block, and a snapshot is a copy
 * of that block. Thread: engine thread only. Source: docs/rules/matching.md section 2.
 */
#ifndef FX_ENGINE_BOOK_H
#define FX_ENGINE_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/level.h"
#include "model/order.h"
#include "model/units.h"

enum { FX_BOOK_WINDOW_LEVELS_MIN = 64, FX_BOOK_WINDOW_LEVELS_MAX = 262144 };

/** How much one book holds. `window_levels` is a power of two, FX_BOOK_WINDOW_LEVELS_MIN.._MAX. */
struct fx_book_limits {
    uint32_t window_levels;
    uint32_t overflow_levels_max; /* per side, outside of the window */
};

/** One price level as seen from outside. */
struct fx_book_row {
    fx_px price;
    fx_qty total;
    uint32_t count; /* orders */
};

struct fx_book; /* defined in book_int.h; lies at the start of its memory */

/** Bytes of memory that a book with these limits needs (a multiple of 64). */
size_t fx_book_size(struct fx_book_limits limits);

/** Make an empty book in `memory` (64-byte aligned, fx_book_size() bytes, zeroed). Keeps `slots`.
 */
struct fx_book *fx_book_init(void *memory, struct fx_book_limits limits, struct fx_resting slots[]);

/** After the block was copied from a snapshot: point the book to its memory and slots again. */
struct fx_book *fx_book_attach(void *memory, struct fx_resting slots[]);

/** Best price of a side; ticks == 0 where the side is empty. */
fx_px fx_book_best(const struct fx_book *book, enum fx_side side);

/** The order that trades next on a side: oldest at the best price; FX_SLOT_NONE where empty. */
fx_slot fx_book_front(const struct fx_book *book, enum fx_side side);

/** False where the price would need an overflow level and none is free: then reject with CAPACITY.
 */
bool fx_book_can_insert(const struct fx_book *book, enum fx_side side, fx_px price);

/**
 * Queue an order behind all others of its price. slots[slot] has price, side, remaining > 0 set and
 * is unlinked; fx_book_can_insert() holds; it does not cross the opposite best price.
 */
void fx_book_insert(struct fx_book *book, fx_slot slot);

/** Take an order out, wherever it stands; its price, side and remaining stay as they were. */
void fx_book_remove(struct fx_book *book, fx_slot slot);

/** Trade up to `want` lots of an order; takes it out when nothing remains. @return lots traded. */
fx_qty fx_book_fill(struct fx_book *book, fx_slot slot, fx_qty want);

/** Shrink a resting order to `lots` (0 < lots <= remaining); it keeps its place. */
void fx_book_shrink(struct fx_book *book, fx_slot slot, fx_qty lots);

/** Lots resting at `limit` or better for a taker on the other side, counted up to `want`. */
fx_qty fx_book_depth(const struct fx_book *book, enum fx_side side, fx_px limit, fx_qty want);

/** Total and order count at one price (0 where there is no level). */
struct fx_book_row fx_book_row(const struct fx_book *book, enum fx_side side, fx_px price);

/**
 * Walk levels from best to worst: the first level strictly worse than `after` (ticks == 0: the
 * best one). @return false at the end.
 */
bool fx_book_next(const struct fx_book *book,
                  enum fx_side side,
                  fx_px after,
                  struct fx_book_row *row_out);

/** The oldest order at exactly this price; FX_SLOT_NONE where there is no level. */
fx_slot fx_book_oldest(const struct fx_book *book, enum fx_side side, fx_px price);

/** Number of resting orders on a side. */
uint32_t fx_book_count(const struct fx_book *book, enum fx_side side);

/** Whole-structure check of every invariant in src/engine/README.md that concerns books. O(n). */
void fx_book_check(const struct fx_book *book);

#endif
