#include "market/candles.h"

#include <stddef.h>

#include "base/panic.h"

#define MINUTE_US (60LL * 1000 * 1000)

static uint32_t row_of(enum fx_rows_candle_price price)
{
    FX_ASSERT(price >= FX_ROWS_CANDLE_PRICE_LAST && price <= FX_ROWS_CANDLE_PRICE_PREMIUM);
    return (uint32_t)price - 1;
}

void fx_candles_init(struct fx_candles *candles)
{
    uint32_t used = 0;
    for (uint32_t row = 0; row < FX_ROWS_CANDLE_PRICES; row++) {
        candles->first[row] = INT64_MAX;
        candles->changed[row] = INT64_MAX;
        for (uint32_t base = 0; base < FX_INTERVAL_BASES; base++) {
            const bool is_day = row == 0 && base == 0;
            candles->rings[row][base] =
                (struct fx_candles_ring){.bars = is_day ? candles->day : candles->rest[used],
                                         .capacity = is_day ? FX_CANDLES_DAY : FX_CANDLES_RING};
            used += is_day ? 0 : 1;
        }
    }
}

uint32_t fx_candles_ring_size(const struct fx_candles_ring *ring)
{
    return ring->count < ring->capacity ? (uint32_t)ring->count : ring->capacity;
}

/* Bar by its number since the beginning. */
static struct fx_candle *numbered(const struct fx_candles_ring *ring, uint64_t number)
{
    return &ring->bars[number % ring->capacity];
}

const struct fx_candle *fx_candles_ring_at(const struct fx_candles_ring *ring, uint32_t index)
{
    const uint32_t size = fx_candles_ring_size(ring);
    return index < size ? numbered(ring, ring->count - size + index) : NULL;
}

uint32_t fx_candles_ring_find(const struct fx_candles_ring *ring, int64_t minute)
{
    uint32_t low = 0;
    uint32_t high = fx_candles_ring_size(ring);
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (fx_candles_ring_at(ring, middle)->start < minute) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct fx_candle *push(struct fx_candles_ring *ring, int64_t start)
{
    struct fx_candle *bar = numbered(ring, ring->count);
    *bar = (struct fx_candle){.start = start};
    ring->count++;
    return bar;
}

/* The bar that something at `start` counts into. */
static struct fx_candle *current(struct fx_candles_ring *ring, int64_t start)
{
    if (ring->count > 0) {
        struct fx_candle *newest = numbered(ring, ring->count - 1);
        if (newest->start >= start) {
            return newest;
        }
    }
    return push(ring, start);
}

static void note(struct fx_candles *candles, uint32_t row, int64_t minute)
{
    candles->first[row] = minute < candles->first[row] ? minute : candles->first[row];
    candles->changed[row] = minute < candles->changed[row] ? minute : candles->changed[row];
}

void fx_candles_apply(struct fx_candles *candles, const struct fx_event *event)
{
    if (event->kind != FX_EVENT_TRADE && event->kind != FX_EVENT_MARK) {
        return;
    }
    const int64_t minute = event->time_us / MINUTE_US;
    for (uint32_t row = 0; row < FX_ROWS_CANDLE_PRICES; row++) {
        int64_t price = 0;
        if (!fx_candle_price_of(event, (enum fx_rows_candle_price)(row + 1), &price)) {
            continue;
        }
        for (uint32_t base = 0; base < FX_INTERVAL_BASES; base++) {
            struct fx_candle *bar =
                current(&candles->rings[row][base], fx_interval_base_start(base, minute));
            if (event->kind == FX_EVENT_TRADE) {
                fx_candle_add_trade(bar, &event->u.trade);
            } else {
                fx_candle_add_price(bar, price);
            }
        }
        note(candles, row, minute);
    }
}

void fx_candles_load(struct fx_candles *candles,
                     enum fx_rows_candle_price price,
                     uint32_t base,
                     const struct fx_candle *candle)
{
    FX_ASSERT(base < FX_INTERVAL_BASES);
    FX_ASSERT(candle->count > 0);
    struct fx_candles_ring *ring = &candles->rings[row_of(price)][base];
    FX_ASSERT(ring->count == 0 || numbered(ring, ring->count - 1)->start < candle->start);
    *push(ring, candle->start) = *candle;
    if (base == 0) { /* longer bars begin before what happened in them */
        fx_candles_load_first(candles, price, candle->start);
    }
}

void fx_candles_load_first(
    struct fx_candles *candles,
    // NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a price is an enum
    enum fx_rows_candle_price price,
    int64_t minute)
{
    int64_t *first = &candles->first[row_of(price)];
    *first = minute < *first ? minute : *first;
}

const struct fx_candles_ring *fx_candles_ring(const struct fx_candles *candles,
                                              enum fx_rows_candle_price price,
                                              enum fx_interval interval)
{
    return &candles->rings[row_of(price)][fx_interval_base(interval)];
}

bool fx_candles_find(const struct fx_candles *candles,
                     enum fx_rows_candle_price price,
                     enum fx_interval interval,
                     int64_t start,
                     struct fx_candle *candle_out)
{
    const struct fx_candles_ring *ring = fx_candles_ring(candles, price, interval);
    const int64_t end = fx_interval_next(interval, start);
    const int64_t first = candles->first[row_of(price)];
    const struct fx_candle *oldest = fx_candles_ring_at(ring, 0);
    if (oldest == NULL || first >= end || (start < oldest->start && first < oldest->start)) {
        return false;
    }
    uint32_t index = fx_candles_ring_find(ring, start);
    const struct fx_candle *bar = index == 0 ? NULL : fx_candles_ring_at(ring, index - 1);
    struct fx_candle sum = fx_candle_empty(start, bar == NULL ? 0 : bar->close);
    for (; (bar = fx_candles_ring_at(ring, index)) != NULL && bar->start < end; index++) {
        fx_candle_merge(&sum, bar);
    }
    if (sum.count == 0 && index == 0) {
        return false; /* the close before it is not held */
    }
    *candle_out = sum;
    return true;
}
