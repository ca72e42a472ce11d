/* The invariants of a book, B1 to B6 of README.md, asserted one by one over the whole structure. */
#include "base/panic.h"
#include "engine/book_int.h"

struct tally {
    uint64_t orders[FX_BOOK_SIDES];
    int64_t best_key[FX_BOOK_SIDES];
};

static void tally_level(struct tally *tally,
                        const struct fx_book *book,
                        const struct fx_level *level,
                        enum fx_side side)
{
    const int64_t key = fx_book_key(side, level->price);
    FX_ASSERT(level->count > 0);
    FX_ASSERT(level->price.ticks > 0);
    FX_ASSERT(level->zero == 0);
    fx_level_check(level, book->slots, (uint8_t)side);
    tally->orders[side - 1] += level->count;
    if (key > tally->best_key[side - 1]) {
        tally->best_key[side - 1] = key;
    }
}

/* B1, B2: a level has orders exactly where its bit is set, and its price belongs to its index. */
static void check_window(const struct fx_book *book, struct tally *tally)
{
    const void *memory = (const unsigned char *)book + book->words_offset;
    const uint64_t *words = memory;
    const int64_t bid_key = book->sides[FX_SIDE_BUY - 1].best_key;
    for (uint64_t index = 0; index <= book->window_mask; index++) {
        const struct fx_level *level = &book->levels[index];
        FX_ASSERT((words[index / 64] >> index % 64 & 1) == (level->count > 0));
        if (level->count == 0) {
            FX_ASSERT(level->oldest == FX_SLOT_NONE && level->newest == FX_SLOT_NONE);
            FX_ASSERT(level->total.lots == 0);
            continue;
        }
        FX_ASSERT(((uint64_t)level->price.ticks & book->window_mask) == index);
        FX_ASSERT(level->price.ticks >= book->base_ticks);
        FX_ASSERT(level->price.ticks - book->base_ticks <= (int64_t)book->window_mask);
        tally_level(tally, book, level, level->price.ticks <= bid_key ? FX_SIDE_BUY : FX_SIDE_SELL);
    }
    for (uint64_t word = 0; word <= book->window_mask / 64; word++) {
        FX_ASSERT((book->middle[word / 64] >> word % 64 & 1) == (words[word] != 0));
    }
    for (uint64_t middle = 0; middle < FX_BOOK_MIDDLE_WORDS; middle++) {
        FX_ASSERT((book->top >> middle & 1) == (book->middle[middle] != 0));
    }
}

/* B5: strictly ascending keys, all of them outside of the window. */
static void check_overflow(const struct fx_book *book, enum fx_side side, struct tally *tally)
{
    const struct fx_level *levels = fx_book_overflow_view(book, side);
    const uint32_t count = book->sides[side - 1].overflow_count;
    FX_ASSERT(count <= book->limits.overflow_levels_max);
    for (uint32_t rank = 0; rank < count; rank++) {
        const int64_t ticks = levels[rank].price.ticks;
        FX_ASSERT(ticks < book->base_ticks ||
                  ticks - book->base_ticks > (int64_t)book->window_mask);
        FX_ASSERT(rank == 0 || fx_book_key(side, levels[rank - 1].price) <
                                   fx_book_key(side, levels[rank].price));
        tally_level(tally, book, &levels[rank], side);
    }
    for (uint32_t rank = count; rank < book->limits.overflow_levels_max; rank++) {
        FX_ASSERT(levels[rank].count == 0 && levels[rank].price.ticks == 0);
    }
}

void fx_book_check(const struct fx_book *book)
{
    struct tally tally = {.best_key = {FX_BOOK_KEY_NONE, FX_BOOK_KEY_NONE}};
    FX_ASSERT(book->window_mask + 1 == book->limits.window_levels);
    FX_ASSERT(book->base_ticks >= 0);
    FX_ASSERT(book->base_ticks <= INT64_MAX - (int64_t)book->window_mask);
    check_window(book, &tally);
    check_overflow(book, FX_SIDE_BUY, &tally);
    check_overflow(book, FX_SIDE_SELL, &tally);
    /* B3, then B4. */
    for (int index = 0; index < FX_BOOK_SIDES; index++) {
        FX_ASSERT(tally.best_key[index] == book->sides[index].best_key);
        FX_ASSERT(tally.orders[index] == book->sides[index].orders);
    }
    const int64_t bid = fx_book_best(book, FX_SIDE_BUY).ticks;
    const int64_t ask = fx_book_best(book, FX_SIDE_SELL).ticks;
    FX_ASSERT(ask == 0 || bid < ask);
}
