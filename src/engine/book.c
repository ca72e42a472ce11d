#include "engine/book.h"

#include <string.h>

#include "base/panic.h"
#include "engine/book_int.h"

_Static_assert(offsetof(struct fx_book, levels) % 64 == 0, "levels begin at a cache line");
_Static_assert(FX_SIDE_BUY == 1 && FX_SIDE_SELL == 2, "a side less one is an index and a sign");

/* Key and price turn into each other by a conditional negation without a branch (B3). */
static int64_t key_of(enum fx_side side, fx_px price)
{
    FX_CHECK(side == FX_SIDE_BUY || side == FX_SIDE_SELL);
    const int64_t sign = -(int64_t)(side - 1);
    return (price.ticks ^ sign) - sign;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): an enum and a key
static fx_px price_of(enum fx_side side, int64_t key)
{
    FX_CHECK(side == FX_SIDE_BUY || side == FX_SIDE_SELL);
    const int64_t sign = -(int64_t)(side - 1);
    return (fx_px){key == FX_BOOK_KEY_NONE ? 0 : (key ^ sign) - sign};
}

int64_t fx_book_key(enum fx_side side, fx_px price)
{
    FX_CHECK(price.ticks >= 0);
    return key_of(side, price);
}

static bool is_in_window(const struct fx_book *book, fx_px price)
{
    FX_CHECK(book->base_ticks >= 0);
    return (uint64_t)price.ticks - (uint64_t)book->base_ticks <= book->window_mask;
}

static bool is_empty(const struct fx_book *book)
{
    FX_CHECK((book->sides[0].best_key == FX_BOOK_KEY_NONE) == (book->sides[0].orders == 0));
    FX_CHECK((book->sides[1].best_key == FX_BOOK_KEY_NONE) == (book->sides[1].orders == 0));
    return book->sides[0].best_key == FX_BOOK_KEY_NONE &&
           book->sides[1].best_key == FX_BOOK_KEY_NONE;
}

/* True where an order of this side and price would not trade with the other side's best (B4). */
static bool is_uncrossed(const struct fx_book *book, enum fx_side side, fx_px price)
{
    FX_CHECK(price.ticks > 0);
    /* A price has opposite keys on the two sides, and an empty side has the least of all keys. */
    return book->sides[FX_SIDE_SELL - side].best_key < -key_of(side, price);
}

static uint64_t index_of(const struct fx_book *book, fx_px price)
{
    FX_CHECK((book->window_mask & (book->window_mask + 1)) == 0);
    FX_CHECK(is_in_window(book, price));
    return (uint64_t)price.ticks & book->window_mask;
}

static size_t words_size(struct fx_book_limits limits)
{
    FX_ASSERT(limits.window_levels % 64 == 0);
    return ((size_t)limits.window_levels / 64 * sizeof(uint64_t) + 63) / 64 * 64;
}

size_t fx_book_size(struct fx_book_limits limits)
{
    FX_ASSERT(limits.window_levels >= FX_BOOK_WINDOW_LEVELS_MIN);
    FX_ASSERT(limits.window_levels <= FX_BOOK_WINDOW_LEVELS_MAX);
    FX_ASSERT((limits.window_levels & (limits.window_levels - 1)) == 0);
    const size_t levels = (size_t)limits.window_levels + 2 * (size_t)limits.overflow_levels_max;
    return sizeof(struct fx_book) + words_size(limits) + levels * sizeof(struct fx_level);
}

struct fx_book *fx_book_init(void *memory, struct fx_book_limits limits, struct fx_resting slots[])
{
    FX_ASSERT((uintptr_t)memory % 64 == 0);
    FX_ASSERT(fx_book_size(limits) % 64 == 0);
    struct fx_book *book = memory;
    book->slots = slots;
    book->limits = limits;
    book->window_mask = limits.window_levels - 1;
    book->words_offset = sizeof *book + (uint64_t)limits.window_levels * sizeof(struct fx_level);
    book->overflow_offset = book->words_offset + words_size(limits);
    for (uint32_t index = 0; index < limits.window_levels; index++) {
        fx_level_init(&book->levels[index]);
    }
    book->sides[FX_SIDE_BUY - 1].best_key = FX_BOOK_KEY_NONE;
    book->sides[FX_SIDE_SELL - 1].best_key = FX_BOOK_KEY_NONE;
    return book;
}

struct fx_book *fx_book_attach(void *memory, struct fx_resting slots[])
{
    FX_ASSERT((uintptr_t)memory % 64 == 0);
    struct fx_book *book = memory;
    FX_ASSERT(book->window_mask + 1 == book->limits.window_levels);
    book->slots = slots;
    return book;
}

fx_px fx_book_best(const struct fx_book *book, enum fx_side side)
{
    FX_CHECK(side == FX_SIDE_BUY || side == FX_SIDE_SELL);
    return price_of(side, book->sides[side - 1].best_key);
}

/* The level of a price where orders of this side rest, or NULL. */
static const struct fx_level *find(const struct fx_book *book, enum fx_side side, fx_px price)
{
    FX_ASSERT(side == FX_SIDE_BUY || side == FX_SIDE_SELL);
    FX_ASSERT(price.ticks >= 0);
    if (!is_in_window(book, price)) {
        uint32_t rank = fx_book_overflow_rank(book, side, key_of(side, price));
        const struct fx_level *level = fx_book_overflow_view(book, side) + rank;
        bool is_there =
            rank < book->sides[side - 1].overflow_count && level->price.ticks == price.ticks;
        return is_there ? level : NULL;
    }
    const struct fx_level *level = &book->levels[index_of(book, price)];
    bool is_of_side = key_of(side, price) <= book->sides[side - 1].best_key;
    return level->count > 0 && is_of_side ? level : NULL;
}

fx_slot fx_book_front(const struct fx_book *book, enum fx_side side)
{
    const int64_t best_key = book->sides[side - 1].best_key;
    if (best_key == FX_BOOK_KEY_NONE) {
        return FX_SLOT_NONE;
    }
    const fx_px best = price_of(side, best_key);
    if (is_in_window(book, best)) {
        const struct fx_level *level = &book->levels[index_of(book, best)];
        FX_ASSERT(level->count > 0);
        return level->oldest;
    }
    const struct fx_level *level = find(book, side, best);
    FX_ASSERT(level != NULL);
    return level->oldest;
}

bool fx_book_can_insert(const struct fx_book *book, enum fx_side side, fx_px price)
{
    FX_CHECK(side == FX_SIDE_BUY || side == FX_SIDE_SELL);
    FX_ASSERT(price.ticks > 0);
    if (is_in_window(book, price)) {
        return true;
    }
    return is_empty(book) ||
           book->sides[side - 1].overflow_count < book->limits.overflow_levels_max ||
           find(book, side, price) != NULL;
}

__attribute__((cold, noinline)) static void insert_outside(struct fx_book *book, fx_slot slot)
{
    const struct fx_resting *order = &book->slots[slot];
    FX_ASSERT(order->remaining.lots > 0);
    FX_ASSERT(!is_in_window(book, order->price));
    const enum fx_side side = (enum fx_side)order->side;
    struct fx_book_side *half = &book->sides[side - 1];
    const int64_t key = key_of(side, order->price);
    struct fx_level *level = fx_book_overflow_acquire(book, side, order->price);
    fx_level_append(level, book->slots, slot);
    half->best_key = key > half->best_key ? key : half->best_key;
    half->orders++;
    fx_book_window_follow(book, side);
}

void fx_book_insert(struct fx_book *book, fx_slot slot)
{
    const struct fx_resting *order = &book->slots[slot];
    const enum fx_side side = (enum fx_side)order->side;
    FX_ASSERT(order->price.ticks > 0);
    FX_ASSERT(side == FX_SIDE_BUY || side == FX_SIDE_SELL);
    FX_ASSERT(is_uncrossed(book, side, order->price));
    if (!is_in_window(book, order->price)) {
        if (!is_empty(book)) {
            insert_outside(book, slot);
            return;
        }
        fx_book_window_place(book, order->price);
    }
    /* No branch asks whether the level or the best price is new: both are coin tosses. */
    struct fx_book_side *half = &book->sides[side - 1];
    const uint64_t index = index_of(book, order->price);
    const int64_t key = key_of(side, order->price);
    fx_level_append(&book->levels[index], book->slots, slot);
    fx_book_window_mark(book, index);
    half->best_key = key > half->best_key ? key : half->best_key;
    half->orders++;
}

/* The best occupied price strictly worse than one that is not better than the best; 0 for none. */
static fx_px worse_than(const struct fx_book *book, enum fx_side side, fx_px price)
{
    FX_ASSERT(side == FX_SIDE_BUY || side == FX_SIDE_SELL);
    FX_ASSERT(price.ticks >= 0);
    const uint32_t overflow_count = book->sides[side - 1].overflow_count;
    const fx_px found =
        side == FX_SIDE_BUY ? fx_book_window_below(book, price) : fx_book_window_above(book, price);
    if (overflow_count == 0) {
        return found;
    }
    const struct fx_level *levels = fx_book_overflow_view(book, side);
    const int64_t found_key = found.ticks == 0 ? FX_BOOK_KEY_NONE : key_of(side, found);
    if (key_of(side, levels[overflow_count - 1].price) < found_key) {
        return found;
    }
    const uint32_t rank = fx_book_overflow_rank(book, side, key_of(side, price));
    if (rank == 0 || key_of(side, levels[rank - 1].price) < found_key) {
        return found;
    }
    return levels[rank - 1].price;
}

/* The level of a resting order that stands outside of the window. */
static struct fx_level *outside_of(struct fx_book *book, const struct fx_resting *order)
{
    FX_CHECK(!is_in_window(book, order->price));
    struct fx_level *level = fx_book_overflow_find(book, (enum fx_side)order->side, order->price);
    FX_ASSERT(level != NULL);
    return level;
}

/* Find the best price anew, after the level of the old one has gone. */
__attribute__((noinline)) static void refresh_best(struct fx_book *book,
                                                   enum fx_side side,
                                                   fx_px gone)
{
    struct fx_book_side *half = &book->sides[side - 1];
    FX_CHECK(key_of(side, gone) == half->best_key);
    const fx_px best = worse_than(book, side, gone);
    half->best_key = best.ticks == 0 ? FX_BOOK_KEY_NONE : key_of(side, best);
    FX_ASSERT((half->orders == 0) == (best.ticks == 0));
}

/* After an order was taken out of a level of the window: settle the bitmap and the best price. */
static void settle(struct fx_book *book,
                   const struct fx_level *level,
                   enum fx_side side,
                   fx_px price)
{
    struct fx_book_side *half = &book->sides[side - 1];
    const bool is_level_empty = level->count == 0;
    const int64_t key = key_of(side, price);
    FX_ASSERT(half->orders > 0);
    FX_ASSERT(key <= half->best_key);
    half->orders--;
    fx_book_window_unmark(book, index_of(book, price), is_level_empty);
    if ((int)is_level_empty & (int)(key == half->best_key)) {
        refresh_best(book, side, price);
    }
}

/* The same outside of it. */
static void settle_outside(struct fx_book *book,
                           const struct fx_level *level,
                           enum fx_side side,
                           fx_px price)
{
    FX_ASSERT(!is_in_window(book, price));
    struct fx_book_side *half = &book->sides[side - 1];
    FX_CHECK(key_of(side, price) <= half->best_key);
    FX_ASSERT(half->orders > 0);
    half->orders--;
    if (level->count == 0) {
        fx_book_overflow_release(book, side, price);
        if (key_of(side, price) == half->best_key) {
            refresh_best(book, side, price);
        }
    }
}

__attribute__((cold, noinline)) static void remove_outside(struct fx_book *book, fx_slot slot)
{
    const struct fx_resting *order = &book->slots[slot];
    FX_ASSERT(order->remaining.lots > 0);
    FX_ASSERT(!is_in_window(book, order->price));
    struct fx_level *level = outside_of(book, order);
    fx_level_remove(level, book->slots, slot);
    settle_outside(book, level, (enum fx_side)order->side, order->price);
}

void fx_book_remove(struct fx_book *book, fx_slot slot)
{
    const struct fx_resting *order = &book->slots[slot];
    FX_ASSERT(order->side == FX_SIDE_BUY || order->side == FX_SIDE_SELL);
    FX_ASSERT(order->remaining.lots > 0);
    if (!is_in_window(book, order->price)) {
        remove_outside(book, slot);
        return;
    }
    struct fx_level *level = &book->levels[index_of(book, order->price)];
    fx_level_remove(level, book->slots, slot);
    settle(book, level, (enum fx_side)order->side, order->price);
}

__attribute__((cold, noinline)) static fx_qty fill_outside(struct fx_book *book,
                                                           fx_slot slot,
                                                           fx_qty want)
{
    const struct fx_resting *order = &book->slots[slot];
    FX_ASSERT(want.lots > 0);
    FX_ASSERT(order->remaining.lots > 0);
    struct fx_level *level = outside_of(book, order);
    const fx_qty traded = fx_level_fill(level, book->slots, slot, want);
    if (order->remaining.lots == 0) {
        settle_outside(book, level, (enum fx_side)order->side, order->price);
    }
    return traded;
}

fx_qty fx_book_fill(struct fx_book *book, fx_slot slot, fx_qty want)
{
    const struct fx_resting *order = &book->slots[slot];
    FX_ASSERT(want.lots > 0);
    FX_ASSERT(order->remaining.lots > 0);
    if (!is_in_window(book, order->price)) {
        return fill_outside(book, slot, want);
    }
    struct fx_level *level = &book->levels[index_of(book, order->price)];
    const fx_qty traded = fx_level_fill(level, book->slots, slot, want);
    if (order->remaining.lots == 0) {
        settle(book, level, (enum fx_side)order->side, order->price);
    }
    return traded;
}

void fx_book_shrink(struct fx_book *book, fx_slot slot, fx_qty lots)
{
    FX_CHECK(lots.lots > 0);
    const struct fx_resting *order = &book->slots[slot];
    FX_CHECK(lots.lots <= order->remaining.lots);
    struct fx_level *level = is_in_window(book, order->price)
                                 ? &book->levels[index_of(book, order->price)]
                                 : outside_of(book, order);
    fx_level_shrink(level, book->slots, slot, lots);
}

bool fx_book_next(const struct fx_book *book,
                  enum fx_side side,
                  fx_px after,
                  struct fx_book_row *row_out)
{
    FX_CHECK(side == FX_SIDE_BUY || side == FX_SIDE_SELL);
    const int64_t best_key = book->sides[side - 1].best_key;
    FX_ASSERT(after.ticks >= 0);
    fx_px price = price_of(side, best_key);
    if (price.ticks != 0 && after.ticks != 0 && key_of(side, after) <= best_key) {
        price = worse_than(book, side, after);
    }
    if (price.ticks == 0) {
        return false;
    }
    *row_out = fx_book_row(book, side, price);
    FX_ASSERT(row_out->count > 0);
    FX_CHECK(after.ticks == 0 || key_of(side, row_out->price) < key_of(side, after));
    return true;
}

fx_qty fx_book_depth(const struct fx_book *book, enum fx_side side, fx_px limit, fx_qty want)
{
    const int64_t limit_key = key_of(side, limit);
    struct fx_book_row row = {.price = {0}};
    fx_qty depth = {0};
    FX_ASSERT(limit.ticks > 0);
    FX_ASSERT(want.lots >= 0);
    while (depth.lots < want.lots && fx_book_next(book, side, row.price, &row) &&
           key_of(side, row.price) >= limit_key) {
        const int64_t missing = want.lots - depth.lots;
        depth.lots += row.total.lots < missing ? row.total.lots : missing;
    }
    FX_CHECK(depth.lots <= want.lots);
    return depth;
}

struct fx_book_row fx_book_row(const struct fx_book *book, enum fx_side side, fx_px price)
{
    const struct fx_level *level = find(book, side, price);
    if (level == NULL) {
        return (struct fx_book_row){.price = price};
    }
    FX_ASSERT(level->count > 0);
    FX_ASSERT(level->price.ticks == price.ticks);
    return (struct fx_book_row){
        .price = level->price, .total = level->total, .count = level->count};
}

fx_slot fx_book_oldest(const struct fx_book *book, enum fx_side side, fx_px price)
{
    const struct fx_level *level = find(book, side, price);
    FX_CHECK(level == NULL || level->oldest != FX_SLOT_NONE);
    FX_CHECK(level == NULL || level->price.ticks == price.ticks);
    return level == NULL ? FX_SLOT_NONE : level->oldest;
}

uint32_t fx_book_count(const struct fx_book *book, enum fx_side side)
{
    FX_CHECK(side == FX_SIDE_BUY || side == FX_SIDE_SELL);
    FX_CHECK((book->sides[side - 1].orders == 0) ==
             (book->sides[side - 1].best_key == FX_BOOK_KEY_NONE));
    return book->sides[side - 1].orders;
}
