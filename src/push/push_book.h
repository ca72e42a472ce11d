/**
 * @file push_book.h
 * What the readers of one book topic hold: its best levels, and the difference to the next state.
 *
 * The plain stream sends a snapshot once and then differences, each from the state that was
 * published last; so the state is kept here, once per topic and not per reader. Quantities are
 * absolute and 0 removes a level, also one that only fell out of the depth. Pure but for the heap.
 * Thread: the gateway's.
 */
#ifndef FX_PUSH_PUSH_BOOK_H
#define FX_PUSH_PUSH_BOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "market/depth.h"
#include "model/order.h"

struct fx_push_book_level {
    int64_t ticks;
    int64_t lots;
};

/** Levels of one side, best first. */
struct fx_push_book_side {
    struct fx_push_book_level *levels;
    uint32_t count;
};

struct fx_push_book {
    struct fx_push_book_side sides[2];   /* [0] bids, [1] asks: what was published */
    struct fx_push_book_side changes[2]; /* of the last update; lots == 0: gone */
    struct fx_push_book_side next;       /* scratch */
    void *memory;
    uint32_t depth;
    int64_t step_ticks;
};

/**
 * Make an empty book of at most `depth` levels per side, whose prices are grouped by `step_ticks`
 * (1: as they are). @return OK; NO_MEMORY.
 */
FX_MUST_USE fx_status fx_push_book_init(struct fx_push_book *book,
                                        uint32_t depth,
                                        int64_t step_ticks);

/** Release the memory. Accepts a zeroed book. */
void fx_push_book_deinit(struct fx_push_book *book);

/**
 * Become what the full book shows now; the differences are then in `changes`, best price first.
 * @return true where anything differs. O(levels shown).
 */
bool fx_push_book_update(struct fx_push_book *book, const struct fx_depth *full);

#endif
