#include "bus/bus_journal_ring.h"

#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "bus/bus_journal_frame.h"

bool fx_bus_journal_ring_init(struct fx_bus_journal_ring *ring, uint64_t size)
{
    FX_ASSERT(size >= FX_BUS_JOURNAL_RECORD_ALIGN);
    FX_ASSERT((size & (size - 1)) == 0);
    char *bytes = malloc(size);
    if (bytes == NULL) {
        return false;
    }
    memset(bytes, 0, size); /* no page fault later, on the hot path */
    ring->bytes = bytes;
    ring->size = size;
    ring->tail = 0;
    ring->head_seen = 0;
    atomic_init(&ring->tail_shared, 0);
    atomic_init(&ring->head_shared, 0);
    return true;
}

void fx_bus_journal_ring_deinit(struct fx_bus_journal_ring *ring)
{
    free(ring->bytes);
    ring->bytes = NULL;
}

/* Copy in at a position, around the end where need be. */
static void put(struct fx_bus_journal_ring *ring, uint64_t position, fx_str bytes)
{
    const uint64_t at = position & (ring->size - 1);
    const uint64_t to_end = ring->size - at;
    const size_t first = bytes.size < to_end ? bytes.size : (size_t)to_end;
    if (first > 0) {
        memcpy(ring->bytes + at, bytes.data, first);
    }
    if (first < bytes.size) {
        memcpy(ring->bytes, bytes.data + first, bytes.size - first);
    }
}

bool fx_bus_journal_ring_append(struct fx_bus_journal_ring *ring, uint16_t type, fx_str bytes)
{
    static const char ZEROS[FX_BUS_JOURNAL_RECORD_ALIGN];
    const size_t extent = fx_bus_journal_frame_record_extent(bytes.size);
    if (ring->tail + extent - ring->head_seen > ring->size) {
        ring->head_seen = atomic_load_explicit(&ring->head_shared, memory_order_acquire);
        if (ring->tail + extent - ring->head_seen > ring->size) {
            return false;
        }
    }
    /* Positions are multiples of 8 and so is the size: a record's header never wraps. */
    fx_bus_journal_frame_put_record_header(
        ring->bytes + (ring->tail & (ring->size - 1)), type, (uint32_t)bytes.size);
    const size_t end = FX_BUS_JOURNAL_RECORD_HEADER_SIZE + bytes.size;
    put(ring, ring->tail + FX_BUS_JOURNAL_RECORD_HEADER_SIZE, bytes);
    put(ring, ring->tail + end, (fx_str){ZEROS, extent - end});
    ring->tail += extent;
    atomic_store_explicit(&ring->tail_shared, ring->tail, memory_order_release);
    return true;
}

struct fx_bus_journal_ring_batch fx_bus_journal_ring_measure(const struct fx_bus_journal_ring *ring,
                                                             size_t size_max)
{
    struct fx_bus_journal_ring_batch batch = {.size = 0};
    const uint64_t head = atomic_load_explicit(&ring->head_shared, memory_order_relaxed);
    const uint64_t tail = atomic_load_explicit(&ring->tail_shared, memory_order_acquire);
    while (head + batch.size < tail && batch.count < FX_BUS_JOURNAL_FRAME_RECORDS_MAX) {
        const char *header = ring->bytes + ((head + batch.size) & (ring->size - 1));
        const size_t extent =
            fx_bus_journal_frame_record_extent(fx_bus_journal_frame_record_size(header));
        if (extent > size_max - batch.size) {
            break;
        }
        batch.size += extent;
        batch.count++;
    }
    FX_ASSERT(head + batch.size <= tail);
    return batch;
}

void fx_bus_journal_ring_take(struct fx_bus_journal_ring *ring, char *target, size_t size)
{
    const uint64_t head = atomic_load_explicit(&ring->head_shared, memory_order_relaxed);
    const uint64_t at = head & (ring->size - 1);
    const uint64_t to_end = ring->size - at;
    const size_t first = size < to_end ? size : (size_t)to_end;
    memcpy(target, ring->bytes + at, first);
    memcpy(target + first, ring->bytes, size - first);
    atomic_store_explicit(&ring->head_shared, head + size, memory_order_release);
}

uint64_t fx_bus_journal_ring_pending(const struct fx_bus_journal_ring *ring)
{
    const uint64_t head = atomic_load_explicit(&ring->head_shared, memory_order_acquire);
    return atomic_load_explicit(&ring->tail_shared, memory_order_acquire) - head;
}
