/*
 * The window: a ring of levels with a bitmap of three stages over it, one bit per occupied level,
 * one per word with a bit, one per word of such words. Finding a neighbour costs at most three
 * reads up and two down. Sliding moves only the levels that leave or enter; it happens when orders
 * keep arriving outside while the best prices stand in an outer quarter, and pays for itself:
 * between two slides lie at least a fixed share of window_levels such inserts.
 */
#include "base/panic.h"
#include "engine/book_int.h"

#define INDEX_NONE UINT64_MAX

enum { PRESSURE_SHARE = 64, PRESSURE_MIN = 4, WORD_SIZE = sizeof(uint64_t) };

static uint64_t *words_of(struct fx_book *book)
{
    FX_CHECK(book->words_offset % WORD_SIZE == 0);
    void *words = (unsigned char *)book + book->words_offset;
    return words;
}

static const uint64_t *words_view(const struct fx_book *book)
{
    FX_CHECK(book->words_offset % WORD_SIZE == 0);
    const void *words = (const unsigned char *)book + book->words_offset;
    return words;
}

static uint64_t lowest_bit(uint64_t word)
{
    FX_ASSERT(word != 0);
    return (uint64_t)__builtin_ctzll(word);
}

static uint64_t highest_bit(uint64_t word)
{
    FX_ASSERT(word != 0);
    return 63U - (uint64_t)__builtin_clzll(word);
}

static int64_t top_ticks(const struct fx_book *book)
{
    FX_CHECK(book->base_ticks >= 0);
    FX_CHECK(book->base_ticks <= INT64_MAX - (int64_t)book->window_mask);
    return book->base_ticks + (int64_t)book->window_mask;
}

void fx_book_window_mark(struct fx_book *book, uint64_t index)
{
    FX_ASSERT(index <= book->window_mask);
    FX_ASSERT(book->levels[index].count > 0);
    uint64_t *word = &words_of(book)[index >> 6U];
    uint64_t before = *word;
    *word = before | 1ULL << (index & 63U);
    if (before == 0) {
        book->middle[index >> 12U] |= 1ULL << (index >> 6U & 63U);
        book->top |= 1ULL << (index >> 12U);
    }
}

void fx_book_window_unmark(struct fx_book *book, uint64_t index, bool is_level_empty)
{
    FX_ASSERT(index <= book->window_mask);
    FX_ASSERT((words_view(book)[index >> 6U] >> (index & 63U) & 1U) == 1);
    uint64_t *word = &words_of(book)[index >> 6U];
    *word &= ~((uint64_t)is_level_empty << (index & 63U));
    if (*word == 0) {
        uint64_t *middle = &book->middle[index >> 12U];
        *middle &= ~(1ULL << (index >> 6U & 63U));
        if (*middle == 0) {
            book->top &= ~(1ULL << (index >> 12U));
        }
    }
}

/* The first set bit at or after `index`, not around the ring's end. */
static uint64_t scan_up(const struct fx_book *book, uint64_t index)
{
    FX_ASSERT(index <= book->window_mask);
    const uint64_t *words = words_view(book);
    uint64_t word = index >> 6U;
    uint64_t bits = words[word] & ~0ULL << (index & 63U);
    if (bits != 0) {
        return word << 6U | lowest_bit(bits);
    }
    uint64_t middle = word >> 6U;
    bits = book->middle[middle] & ~1ULL << (word & 63U);
    if (bits == 0) {
        bits = book->top & ~1ULL << middle;
        if (bits == 0) {
            return INDEX_NONE;
        }
        middle = lowest_bit(bits);
        bits = book->middle[middle];
    }
    word = middle << 6U | lowest_bit(bits);
    FX_ASSERT(words[word] != 0);
    return word << 6U | lowest_bit(words[word]);
}

/* The last set bit at or before `index`, not around the ring's start. */
static uint64_t scan_down(const struct fx_book *book, uint64_t index)
{
    FX_ASSERT(index <= book->window_mask);
    const uint64_t *words = words_view(book);
    uint64_t word = index >> 6U;
    uint64_t bits = words[word] & ~0ULL >> (63U - (index & 63U));
    if (bits != 0) {
        return word << 6U | highest_bit(bits);
    }
    uint64_t middle = word >> 6U;
    bits = book->middle[middle] & ~(~0ULL << (word & 63U));
    if (bits == 0) {
        bits = book->top & ~(~0ULL << middle);
        if (bits == 0) {
            return INDEX_NONE;
        }
        middle = highest_bit(bits);
        bits = book->middle[middle];
    }
    word = middle << 6U | highest_bit(bits);
    FX_ASSERT(words[word] != 0);
    return word << 6U | highest_bit(words[word]);
}

fx_px fx_book_window_above(const struct fx_book *book, fx_px price)
{
    FX_ASSERT(price.ticks >= 0);
    const int64_t top = top_ticks(book);
    if (price.ticks >= top) {
        return (fx_px){0};
    }
    const int64_t start = price.ticks < book->base_ticks ? book->base_ticks : price.ticks + 1;
    const uint64_t index = (uint64_t)start & book->window_mask;
    FX_ASSERT(index <= book->window_mask);
    uint64_t found = scan_up(book, index);
    if (found == INDEX_NONE) {
        found = scan_up(book, 0);
    }
    const uint64_t distance = (found - index) & book->window_mask;
    if (found == INDEX_NONE || distance > (uint64_t)(top - start)) {
        return (fx_px){0};
    }
    return (fx_px){start + (int64_t)distance};
}

fx_px fx_book_window_below(const struct fx_book *book, fx_px price)
{
    FX_ASSERT(price.ticks >= 0);
    const int64_t top = top_ticks(book);
    if (price.ticks <= book->base_ticks) {
        return (fx_px){0};
    }
    const int64_t start = price.ticks > top ? top : price.ticks - 1;
    const uint64_t index = (uint64_t)start & book->window_mask;
    FX_ASSERT(index <= book->window_mask);
    uint64_t found = scan_down(book, index);
    if (found == INDEX_NONE) {
        found = scan_down(book, book->window_mask);
    }
    const uint64_t distance = (index - found) & book->window_mask;
    if (found == INDEX_NONE || distance > (uint64_t)(start - book->base_ticks)) {
        return (fx_px){0};
    }
    return (fx_px){start - (int64_t)distance};
}

/* The base of a window around a price, such that no price in it is negative or overflows. */
static int64_t base_around(const struct fx_book *book, int64_t centre_ticks)
{
    const int64_t half = (int64_t)(book->window_mask / 2) + 1;
    FX_ASSERT(half > 0);
    const int64_t base = centre_ticks < half ? 0 : centre_ticks - half;
    const int64_t base_max = INT64_MAX - (int64_t)book->window_mask;
    FX_ASSERT(centre_ticks > 0);
    return base < base_max ? base : base_max;
}

void fx_book_window_place(struct fx_book *book, fx_px centre)
{
    FX_ASSERT(book->top == 0);
    FX_ASSERT(book->sides[0].orders == 0 && book->sides[1].orders == 0);
    book->base_ticks = base_around(book, centre.ticks);
    book->pressure = 0;
    FX_ASSERT(centre.ticks >= book->base_ticks && centre.ticks <= top_ticks(book));
}

/*
 * The orders that a slide leaves behind: bids below a window that moves up, asks above one that
 * moves down. The other side cannot be left behind, since a window moves to where the best prices
 * are. They are walked from the worst to the better, which is the order of the overflow.
 */
struct leavers {
    enum fx_side side;
    int64_t key_max; /* who is better stays */
};

static fx_px leaver_after(const struct fx_book *book, const struct leavers *leavers, fx_px price)
{
    FX_CHECK(leavers->side == FX_SIDE_BUY || leavers->side == FX_SIDE_SELL);
    const fx_px next = leavers->side == FX_SIDE_BUY ? fx_book_window_above(book, price)
                                                    : fx_book_window_below(book, price);
    const bool is_leaver = next.ticks != 0 && fx_book_key(leavers->side, next) <= leavers->key_max;
    return is_leaver ? next : (fx_px){0};
}

static fx_px leaver_first(const struct fx_book *book, const struct leavers *leavers)
{
    FX_ASSERT(leavers->side == FX_SIDE_BUY || leavers->side == FX_SIDE_SELL);
    const fx_px edge = {leavers->side == FX_SIDE_BUY ? book->base_ticks : top_ticks(book)};
    FX_ASSERT(edge.ticks >= 0);
    if (book->levels[(uint64_t)edge.ticks & book->window_mask].count == 0) {
        return leaver_after(book, leavers, edge);
    }
    return fx_book_key(leavers->side, edge) <= leavers->key_max ? edge : (fx_px){0};
}

static uint32_t leavers_count(const struct fx_book *book, const struct leavers *leavers)
{
    FX_ASSERT(leavers->side == FX_SIDE_BUY || leavers->side == FX_SIDE_SELL);
    uint32_t count = 0;
    for (fx_px price = leaver_first(book, leavers); price.ticks != 0;
         price = leaver_after(book, leavers, price)) {
        count++;
    }
    FX_ASSERT(count <= book->limits.window_levels);
    return count;
}

/* They lie next to each other in the overflow: nothing there has a price between them. */
static void leavers_move(struct fx_book *book, const struct leavers *leavers, uint32_t count)
{
    const struct fx_book_side *half = &book->sides[leavers->side - 1];
    fx_px price = leaver_first(book, leavers);
    const int64_t worst_key = fx_book_key(leavers->side, price);
    const uint32_t rank = fx_book_overflow_rank(book, leavers->side, worst_key);
    fx_book_overflow_open(book, leavers->side, rank, count);
    struct fx_level *target = fx_book_overflow_levels(book, leavers->side) + rank;
    for (uint32_t moved = 0; moved < count; moved++) {
        const uint64_t index = (uint64_t)price.ticks & book->window_mask;
        FX_ASSERT(book->levels[index].price.ticks == price.ticks);
        FX_ASSERT(fx_book_key(leavers->side, price) <= half->best_key);
        target[moved] = book->levels[index];
        price = leaver_after(book, leavers, price);
        fx_level_init(&book->levels[index]);
        fx_book_window_unmark(book, index, true);
    }
    FX_ASSERT(price.ticks == 0);
}

static void enter(struct fx_book *book, enum fx_side side)
{
    const int64_t low_key = fx_book_key(side, (fx_px){book->base_ticks});
    const int64_t high_key = fx_book_key(side, (fx_px){top_ticks(book)});
    const int64_t worst_key = low_key < high_key ? low_key : high_key;
    const int64_t best_key = low_key < high_key ? high_key : low_key;
    const uint32_t first = fx_book_overflow_rank(book, side, worst_key);
    const struct fx_level *levels = fx_book_overflow_view(book, side);
    uint32_t rank = first;
    while (rank < book->sides[side - 1].overflow_count &&
           fx_book_key(side, levels[rank].price) <= best_key) {
        const uint64_t index = (uint64_t)levels[rank].price.ticks & book->window_mask;
        FX_ASSERT(book->levels[index].count == 0);
        book->levels[index] = levels[rank];
        fx_book_window_mark(book, index);
        rank++;
    }
    FX_ASSERT(rank >= first);
    fx_book_overflow_close(book, side, first, rank - first);
}

/* Slide to a new base; nothing moves where the overflow has no room for those left behind. */
static void slide(struct fx_book *book, int64_t base_ticks)
{
    FX_ASSERT(base_ticks >= 0);
    FX_ASSERT(base_ticks != book->base_ticks);
    const int64_t above = base_ticks + (int64_t)book->window_mask;
    const bool is_up = base_ticks > book->base_ticks;
    const enum fx_side side = is_up ? FX_SIDE_BUY : FX_SIDE_SELL;
    const struct fx_book_side *half = &book->sides[side - 1];
    /* Keys are integers: strictly outside of the window is at most the edge's key less one. */
    const struct leavers leavers = {
        .side = side, .key_max = fx_book_key(side, (fx_px){is_up ? base_ticks : above}) - 1};
    const uint32_t count = leavers_count(book, &leavers);
    if (count > book->limits.overflow_levels_max - half->overflow_count) {
        return;
    }
    leavers_move(book, &leavers, count);
    book->base_ticks = base_ticks;
    enter(book, FX_SIDE_BUY);
    enter(book, FX_SIDE_SELL);
}

/* Where the market stands: between the best prices, or at the best of `side` where they are apart.
 */
static int64_t market_ticks(const struct fx_book *book, enum fx_side side)
{
    FX_ASSERT(side == FX_SIDE_BUY || side == FX_SIDE_SELL);
    const int64_t bid = fx_book_best(book, FX_SIDE_BUY).ticks;
    const int64_t ask = fx_book_best(book, FX_SIDE_SELL).ticks;
    FX_ASSERT(bid == 0 || ask == 0 || bid < ask);
    if (bid == 0 || ask == 0) {
        return bid == 0 ? ask : bid;
    }
    if (ask - bid <= (int64_t)(book->window_mask / 2)) {
        return bid + (ask - bid) / 2;
    }
    return side == FX_SIDE_BUY ? bid : ask;
}

void fx_book_window_follow(struct fx_book *book, enum fx_side side)
{
    FX_ASSERT(side == FX_SIDE_BUY || side == FX_SIDE_SELL);
    const int64_t market = market_ticks(book, side);
    FX_ASSERT(market > 0);
    const int64_t base_ticks = base_around(book, market);
    const int64_t quarter = (int64_t)(book->window_mask / 4);
    if (base_ticks >= book->base_ticks - quarter && base_ticks - quarter <= book->base_ticks) {
        return;
    }
    const uint32_t share = book->limits.window_levels / PRESSURE_SHARE;
    const uint32_t room = book->limits.overflow_levels_max / PRESSURE_MIN;
    uint32_t enough = share < PRESSURE_MIN ? PRESSURE_MIN : share;
    enough = room < enough ? room : enough;
    book->pressure++;
    if (book->pressure > enough) {
        book->pressure = 0;
        slide(book, base_ticks);
    }
}
