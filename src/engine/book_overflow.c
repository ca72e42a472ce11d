/*
 * Levels outside of the window. They are few and far from the market, so a sorted array with binary
 * search serves them: an insert moves the better levels up by one place.
 */
#include <string.h>

#include "base/panic.h"
#include "engine/book_int.h"

static size_t offset_of(const struct fx_book *book, enum fx_side side)
{
    FX_ASSERT(side == FX_SIDE_BUY || side == FX_SIDE_SELL);
    size_t levels = side == FX_SIDE_BUY ? 0 : book->limits.overflow_levels_max;
    return (size_t)book->overflow_offset + levels * sizeof(struct fx_level);
}

struct fx_level *fx_book_overflow_levels(struct fx_book *book, enum fx_side side)
{
    void *levels = (unsigned char *)book + offset_of(book, side);
    return levels;
}

const struct fx_level *fx_book_overflow_view(const struct fx_book *book, enum fx_side side)
{
    const void *levels = (const unsigned char *)book + offset_of(book, side);
    return levels;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): an enum and a key
uint32_t fx_book_overflow_rank(const struct fx_book *book, enum fx_side side, int64_t key)
{
    FX_ASSERT(side == FX_SIDE_BUY || side == FX_SIDE_SELL);
    const struct fx_level *levels = fx_book_overflow_view(book, side);
    uint32_t low = 0;
    uint32_t high = book->sides[side - 1].overflow_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (fx_book_key(side, levels[middle].price) < key) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    FX_ASSERT(low <= book->limits.overflow_levels_max);
    FX_CHECK(low == 0 || fx_book_key(side, levels[low - 1].price) < key);
    FX_CHECK(low == book->sides[side - 1].overflow_count ||
             fx_book_key(side, levels[low].price) >= key);
    return low;
}

struct fx_level *fx_book_overflow_find(struct fx_book *book, enum fx_side side, fx_px price)
{
    FX_ASSERT(price.ticks > 0);
    uint32_t rank = fx_book_overflow_rank(book, side, fx_book_key(side, price));
    struct fx_level *level = fx_book_overflow_levels(book, side) + rank;
    bool is_there =
        rank < book->sides[side - 1].overflow_count && level->price.ticks == price.ticks;
    FX_ASSERT(!is_there || level->count > 0);
    return is_there ? level : NULL;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): where, how many
void fx_book_overflow_open(struct fx_book *book, enum fx_side side, uint32_t rank, uint32_t count)
{
    struct fx_book_side *half = &book->sides[side - 1];
    struct fx_level *levels = fx_book_overflow_levels(book, side);
    FX_ASSERT(rank <= half->overflow_count);
    FX_ASSERT(count <= book->limits.overflow_levels_max - half->overflow_count);
    memmove(&levels[rank + count], &levels[rank], (half->overflow_count - rank) * sizeof *levels);
    half->overflow_count += count;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): where, how many
void fx_book_overflow_close(struct fx_book *book, enum fx_side side, uint32_t rank, uint32_t count)
{
    struct fx_book_side *half = &book->sides[side - 1];
    struct fx_level *levels = fx_book_overflow_levels(book, side);
    FX_ASSERT(rank <= half->overflow_count);
    FX_ASSERT(count <= half->overflow_count - rank);
    half->overflow_count -= count;
    memmove(&levels[rank], &levels[rank + count], (half->overflow_count - rank) * sizeof *levels);
    /* A place that is not used is zero, so that equal books are equal bytes (B7). */
    memset(&levels[half->overflow_count], 0, count * sizeof *levels);
}

struct fx_level *fx_book_overflow_acquire(struct fx_book *book, enum fx_side side, fx_px price)
{
    FX_ASSERT(price.ticks > 0);
    uint32_t rank = fx_book_overflow_rank(book, side, fx_book_key(side, price));
    struct fx_level *level = fx_book_overflow_levels(book, side) + rank;
    if (rank == book->sides[side - 1].overflow_count || level->price.ticks != price.ticks) {
        fx_book_overflow_open(book, side, rank, 1);
        fx_level_init(level);
    }
    FX_ASSERT(rank < book->sides[side - 1].overflow_count);
    FX_CHECK(level->count == 0 || level->price.ticks == price.ticks);
    return level;
}

void fx_book_overflow_release(struct fx_book *book, enum fx_side side, fx_px price)
{
    uint32_t rank = fx_book_overflow_rank(book, side, fx_book_key(side, price));
    FX_ASSERT(rank < book->sides[side - 1].overflow_count);
    const struct fx_level *level = fx_book_overflow_view(book, side) + rank;
    FX_ASSERT(level->price.ticks == price.ticks);
    FX_ASSERT(level->count == 0);
    fx_book_overflow_close(book, side, rank, 1);
}
