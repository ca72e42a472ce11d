#include "base/ring.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"

/* Two cache lines: processors prefetch the neighbour line too. */
enum { LINE_SIZE = 128 };

/*
 * R1: head <= tail <= head + capacity. Each side writes its own index only and keeps a copy of the
 * other's, which it refreshes when the copy says "full" or "empty": the copies are always on the
 * safe side, because the other index only grows.
 */
struct fx_ring {
    _Alignas(LINE_SIZE) uint8_t *items; /* behind this struct, in the same block */
    uint32_t item_size;
    uint32_t capacity;
    _Alignas(LINE_SIZE) _Atomic uint64_t tail; /* the producer's: items ever appended */
    uint64_t head_copy;
    _Alignas(LINE_SIZE) _Atomic uint64_t head; /* the consumer's: items ever removed */
    uint64_t tail_copy;
};

struct cursor {
    _Alignas(LINE_SIZE) _Atomic uint64_t position;
    uint64_t released_copy;
};

/* R2: every cursor <= released <= written <= slowest cursor + capacity. */
struct fx_ring_broadcast {
    _Alignas(LINE_SIZE) uint8_t *items; /* behind this struct, in the same block */
    uint32_t item_size;
    uint32_t capacity;
    uint32_t consumer_count;
    _Alignas(LINE_SIZE) uint64_t written; /* the producer's own */
    uint64_t slowest_copy;
    _Alignas(LINE_SIZE) _Atomic uint64_t released;
    struct cursor cursors[FX_RING_CONSUMERS_MAX];
};

_Static_assert(sizeof(struct fx_ring) % LINE_SIZE == 0, "items start on a line");
_Static_assert(sizeof(struct fx_ring_broadcast) % LINE_SIZE == 0, "items start on a line");

/** Allocate a header and its items, and touch every page so that no step takes a page fault. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): sizes, asserted by range
static void *create_block(size_t header_size, uint32_t item_size, uint32_t capacity)
{
    FX_ASSERT(item_size >= 1 && item_size <= FX_RING_ITEM_SIZE_MAX);
    FX_ASSERT(capacity >= 1 && capacity <= FX_RING_CAPACITY_MAX);
    FX_ASSERT((capacity & (capacity - 1)) == 0);
    const size_t size = header_size + (size_t)item_size * capacity;
    const size_t size_in_lines = (size + LINE_SIZE - 1) / LINE_SIZE * LINE_SIZE;
    void *block = aligned_alloc(LINE_SIZE, size_in_lines);
    if (block != NULL) {
        memset(block, 0, size_in_lines);
    }
    return block;
}

/** Items from `position` on that lie side by side, `available` at most. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): from where, then how many
static uint32_t run_length(uint64_t position, uint64_t available, uint32_t capacity)
{
    const uint64_t until_wrap = capacity - (position & (capacity - 1));
    return (uint32_t)(available < until_wrap ? available : until_wrap);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): as calloc()'s
struct fx_ring *fx_ring_create(uint32_t item_size, uint32_t capacity)
{
    struct fx_ring *ring = create_block(sizeof *ring, item_size, capacity);
    if (ring == NULL) {
        return NULL;
    }
    ring->items = (uint8_t *)ring + sizeof *ring;
    ring->item_size = item_size;
    ring->capacity = capacity;
    atomic_init(&ring->tail, 0);
    atomic_init(&ring->head, 0);
    return ring;
}

void fx_ring_destroy(struct fx_ring *ring)
{
    free(ring);
}

uint32_t fx_ring_space(struct fx_ring *ring)
{
    const uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    ring->head_copy = atomic_load_explicit(&ring->head, memory_order_acquire);
    FX_ASSERT(tail - ring->head_copy <= ring->capacity);
    return (uint32_t)(ring->capacity - (tail - ring->head_copy));
}

bool fx_ring_append(struct fx_ring *ring, const void *item)
{
    const uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    if (tail - ring->head_copy >= ring->capacity && fx_ring_space(ring) == 0) {
        return false;
    }
    const size_t index = (size_t)(tail & (ring->capacity - 1));
    memcpy(ring->items + index * ring->item_size, item, ring->item_size);
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
    return true;
}

uint32_t fx_ring_peek(struct fx_ring *ring, const void **items_out)
{
    const uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    if (ring->tail_copy == head) {
        ring->tail_copy = atomic_load_explicit(&ring->tail, memory_order_acquire);
        if (ring->tail_copy == head) {
            return 0;
        }
    }
    FX_ASSERT(ring->tail_copy - head <= ring->capacity);
    *items_out = ring->items + (size_t)(head & (ring->capacity - 1)) * ring->item_size;
    return run_length(head, ring->tail_copy - head, ring->capacity);
}

void fx_ring_advance(struct fx_ring *ring, uint32_t count)
{
    const uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    FX_ASSERT(count <= ring->tail_copy - head);
    atomic_store_explicit(&ring->head, head + count, memory_order_release);
}

bool fx_ring_poll(struct fx_ring *ring, void *item_out)
{
    const void *item = NULL;
    if (fx_ring_peek(ring, &item) == 0) {
        return false;
    }
    memcpy(item_out, item, ring->item_size);
    fx_ring_advance(ring, 1);
    return true;
}

uint32_t fx_ring_count(const struct fx_ring *ring)
{
    /* The head first: it never passes the tail that is read after it. */
    const uint64_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
    const uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    const uint64_t count = tail - head;
    return (uint32_t)(count < ring->capacity ? count : ring->capacity);
}

// NOLINTBEGIN(bugprone-easily-swappable-parameters): as calloc()'s
struct fx_ring_broadcast *fx_ring_broadcast_create(uint32_t item_size,
                                                   uint32_t capacity,
                                                   uint32_t consumer_count)
{
    FX_ASSERT(consumer_count >= 1 && consumer_count <= FX_RING_CONSUMERS_MAX);
    struct fx_ring_broadcast *ring = create_block(sizeof *ring, item_size, capacity);
    if (ring == NULL) {
        return NULL;
    }
    ring->items = (uint8_t *)ring + sizeof *ring;
    ring->item_size = item_size;
    ring->capacity = capacity;
    ring->consumer_count = consumer_count;
    atomic_init(&ring->released, 0);
    for (uint32_t consumer = 0; consumer < FX_RING_CONSUMERS_MAX; consumer++) {
        atomic_init(&ring->cursors[consumer].position, 0);
    }
    return ring;
}
// NOLINTEND(bugprone-easily-swappable-parameters)

void fx_ring_broadcast_destroy(struct fx_ring_broadcast *ring)
{
    free(ring);
}

uint32_t fx_ring_broadcast_space(struct fx_ring_broadcast *ring)
{
    uint64_t slowest = UINT64_MAX;
    for (uint32_t consumer = 0; consumer < ring->consumer_count; consumer++) {
        const uint64_t position =
            atomic_load_explicit(&ring->cursors[consumer].position, memory_order_acquire);
        slowest = position < slowest ? position : slowest;
    }
    FX_ASSERT(slowest >= ring->slowest_copy);
    FX_ASSERT(slowest <= ring->written && ring->written - slowest <= ring->capacity);
    ring->slowest_copy = slowest;
    return (uint32_t)(ring->capacity - (ring->written - slowest));
}

bool fx_ring_broadcast_append(struct fx_ring_broadcast *ring, const void *item)
{
    if (ring->written - ring->slowest_copy >= ring->capacity &&
        fx_ring_broadcast_space(ring) == 0) {
        return false;
    }
    const size_t index = (size_t)(ring->written & (ring->capacity - 1));
    memcpy(ring->items + index * ring->item_size, item, ring->item_size);
    ring->written++;
    return true;
}

uint64_t fx_ring_broadcast_written(const struct fx_ring_broadcast *ring)
{
    return ring->written;
}

void fx_ring_broadcast_release(struct fx_ring_broadcast *ring, uint64_t position)
{
    FX_ASSERT(position <= ring->written);
    FX_ASSERT(position >= atomic_load_explicit(&ring->released, memory_order_relaxed));
    atomic_store_explicit(&ring->released, position, memory_order_release);
}

uint64_t fx_ring_broadcast_released(const struct fx_ring_broadcast *ring)
{
    return atomic_load_explicit(&ring->released, memory_order_acquire);
}

uint32_t fx_ring_broadcast_peek(struct fx_ring_broadcast *ring,
                                uint32_t consumer,
                                const void **items_out)
{
    FX_ASSERT(consumer < ring->consumer_count);
    struct cursor *cursor = &ring->cursors[consumer];
    const uint64_t position = atomic_load_explicit(&cursor->position, memory_order_relaxed);
    if (cursor->released_copy == position) {
        cursor->released_copy = atomic_load_explicit(&ring->released, memory_order_acquire);
        if (cursor->released_copy == position) {
            return 0;
        }
    }
    FX_ASSERT(cursor->released_copy - position <= ring->capacity);
    *items_out = ring->items + (size_t)(position & (ring->capacity - 1)) * ring->item_size;
    return run_length(position, cursor->released_copy - position, ring->capacity);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): who, then how many
void fx_ring_broadcast_advance(struct fx_ring_broadcast *ring, uint32_t consumer, uint32_t count)
{
    FX_ASSERT(consumer < ring->consumer_count);
    struct cursor *cursor = &ring->cursors[consumer];
    const uint64_t position = atomic_load_explicit(&cursor->position, memory_order_relaxed);
    FX_ASSERT(count <= cursor->released_copy - position);
    atomic_store_explicit(&cursor->position, position + count, memory_order_release);
}

uint64_t fx_ring_broadcast_cursor(const struct fx_ring_broadcast *ring, uint32_t consumer)
{
    FX_ASSERT(consumer < ring->consumer_count);
    return atomic_load_explicit(&ring->cursors[consumer].position, memory_order_acquire);
}
