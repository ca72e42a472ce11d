#include "market/depth.h"

#include <string.h>

#include "base/panic.h"

static uint32_t row_of(enum fx_side side)
{
    return side == FX_SIDE_BUY ? 0 : 1;
}

/* True where `left` is a worse price than `right` on this side: it stands nearer to the start. */
static bool is_worse(uint32_t row, int64_t left, int64_t right)
{
    return row == 0 ? left < right : left > right;
}

size_t fx_depth_size(uint32_t capacity)
{
    return 2 * (size_t)capacity * sizeof(struct fx_depth_level);
}

void fx_depth_init(struct fx_depth *depth, void *memory, uint32_t capacity)
{
    FX_ASSERT(capacity > 0);
    *depth = (struct fx_depth){.capacity = capacity, .is_complete = 1};
    depth->levels[0] = memory;
    depth->levels[1] = depth->levels[0] + capacity;
}

void fx_depth_clear(struct fx_depth *depth)
{
    depth->count[0] = 0;
    depth->count[1] = 0;
    depth->is_complete = 1;
    depth->version++;
}

/* Index of the first level that is not worse than the price. */
static uint32_t place_of(const struct fx_depth *depth, uint32_t row, int64_t ticks)
{
    uint32_t low = 0;
    uint32_t high = depth->count[row];
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (is_worse(row, depth->levels[row][middle].ticks, ticks)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void insert_level(struct fx_depth *depth, uint32_t row, uint32_t place)
{
    struct fx_depth_level *levels = depth->levels[row];
    FX_ASSERT(depth->count[row] < depth->capacity);
    memmove(&levels[place + 1], &levels[place], (depth->count[row] - place) * sizeof levels[0]);
    depth->count[row]++;
}

static void remove_level(struct fx_depth *depth, uint32_t row, uint32_t place)
{
    struct fx_depth_level *levels = depth->levels[row];
    depth->count[row]--;
    memmove(&levels[place], &levels[place + 1], (depth->count[row] - place) * sizeof levels[0]);
}

void fx_depth_apply(struct fx_depth *depth, const struct fx_event *event)
{
    FX_ASSERT(event->kind == FX_EVENT_BOOK);
    const struct fx_event_book *book = &event->u.book;
    const uint32_t row = row_of((enum fx_side)book->side);
    uint32_t place = place_of(depth, row, book->price_ticks);
    const bool is_there =
        place < depth->count[row] && depth->levels[row][place].ticks == book->price_ticks;
    depth->sequence = event->sequence;
    depth->time_us = event->time_us;
    depth->version++;
    if (book->lots == 0) {
        if (is_there) {
            remove_level(depth, row, place);
        }
        return;
    }
    if (!is_there) {
        if (depth->count[row] == depth->capacity) {
            depth->is_complete = 0;
            if (place == 0) {
                return; /* worse than all that we can hold */
            }
            remove_level(depth, row, 0);
            place--;
        }
        insert_level(depth, row, place);
    }
    depth->levels[row][place] = (struct fx_depth_level){
        .ticks = book->price_ticks, .lots = book->lots, .count = book->count};
}

// NOLINTBEGIN(bugprone-easily-swappable-parameters): a side is an enum
const struct fx_depth_level *fx_depth_at(const struct fx_depth *depth,
                                         enum fx_side side,
                                         uint32_t index)
{
    const uint32_t row = row_of(side);
    return index < depth->count[row] ? &depth->levels[row][depth->count[row] - 1 - index] : NULL;
}
// NOLINTEND(bugprone-easily-swappable-parameters)

uint32_t fx_depth_count(const struct fx_depth *depth, enum fx_side side)
{
    return depth->count[row_of(side)];
}
