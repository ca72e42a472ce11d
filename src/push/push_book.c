#include "push/push_book.h"

#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "market/depth_group.h"

enum { BID = 0, ASK = 1, PIECES = 7 /* two sides, two lists of changes twice as long, scratch */ };

fx_status fx_push_book_init(struct fx_push_book *book, uint32_t depth, int64_t step_ticks)
{
    memset(book, 0, sizeof *book);
    FX_ASSERT(depth > 0 && step_ticks > 0);
    struct fx_push_book_level *levels = calloc((size_t)depth * PIECES, sizeof *levels);
    if (levels == NULL) {
        return FX_NO_MEMORY;
    }
    book->memory = levels;
    book->depth = depth;
    book->step_ticks = step_ticks;
    book->sides[BID].levels = levels;
    book->sides[ASK].levels = levels + depth;
    book->next.levels = levels + (size_t)2 * depth;
    book->changes[BID].levels = levels + (size_t)3 * depth;
    book->changes[ASK].levels = levels + (size_t)5 * depth;
    return FX_OK;
}

void fx_push_book_deinit(struct fx_push_book *book)
{
    free(book->memory);
    memset(book, 0, sizeof *book);
}

/* The best levels now, into `next`. */
static void collect(struct fx_push_book *book, const struct fx_depth *full, uint32_t row)
{
    struct fx_push_book_side *next = &book->next;
    struct fx_depth_group group;
    struct fx_depth_level level;
    fx_depth_group_init(&group, full, row == BID ? FX_SIDE_BUY : FX_SIDE_SELL, book->step_ticks);
    next->count = 0;
    while (next->count < book->depth && fx_depth_group_next(&group, &level)) {
        next->levels[next->count] = (struct fx_push_book_level){level.ticks, level.lots};
        next->count++;
    }
}

static bool is_better(uint32_t row, int64_t left, int64_t right)
{
    return row == BID ? left > right : left < right;
}

static void add_change(struct fx_push_book_side *changes, int64_t ticks, int64_t lots)
{
    changes->levels[changes->count] = (struct fx_push_book_level){ticks, lots};
    changes->count++;
}

/* Merge both lists: what is only in the old one is gone, what is only in the next one is new. */
static void compare(struct fx_push_book *book, uint32_t row)
{
    const struct fx_push_book_side *old = &book->sides[row];
    const struct fx_push_book_side *next = &book->next;
    struct fx_push_book_side *changes = &book->changes[row];
    uint32_t from = 0;
    uint32_t to = 0;
    changes->count = 0;
    while (from < old->count || to < next->count) {
        const struct fx_push_book_level *gone = from < old->count ? &old->levels[from] : NULL;
        const struct fx_push_book_level *there = to < next->count ? &next->levels[to] : NULL;
        if (gone != NULL && (there == NULL || is_better(row, gone->ticks, there->ticks))) {
            add_change(changes, gone->ticks, 0);
            from++;
        } else if (there != NULL && (gone == NULL || gone->ticks != there->ticks)) {
            add_change(changes, there->ticks, there->lots);
            to++;
        } else {
            FX_ASSERT(gone != NULL && there != NULL);
            if (gone->lots != there->lots) {
                add_change(changes, there->ticks, there->lots);
            }
            from++;
            to++;
        }
    }
}

bool fx_push_book_update(struct fx_push_book *book, const struct fx_depth *full)
{
    for (uint32_t row = 0; row < 2; row++) {
        collect(book, full, row);
        compare(book, row);
        const struct fx_push_book_side freed = book->sides[row];
        book->sides[row] = book->next;
        book->next.levels = freed.levels;
    }
    return book->changes[BID].count > 0 || book->changes[ASK].count > 0;
}
