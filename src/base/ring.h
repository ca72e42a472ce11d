/**
 * @file ring.h
 * Bounded queues between two agents, and from one to several, without locks.
 *
 * fx_ring: one producer, one consumer. fx_ring_broadcast: one producer and up to eight consumers,
 * each of which sees every item; the producer appends items and later releases them, so that what
 * depends on a journal stays invisible until the journal is durable. Items are copied, of one size.
 * Positions count items since creation and never wrap (64 bits). Indices of the two sides lie in
 * cache lines of their own; memory is one aligned, pre-faulted block. Nothing here blocks: wake the
 * other side with fx_agent_wake(). Thread: as each function says.
 */
#ifndef FX_BASE_RING_H
#define FX_BASE_RING_H

#include <stdbool.h>
#include <stdint.h>

enum { FX_RING_CONSUMERS_MAX = 8, FX_RING_ITEM_SIZE_MAX = 65536, FX_RING_CAPACITY_MAX = 1 << 26 };

struct fx_ring;
struct fx_ring_broadcast;

/**
 * Make a queue of `capacity` items (a power of two, 1..FX_RING_CAPACITY_MAX) of `item_size` bytes
 * (1..FX_RING_ITEM_SIZE_MAX). Items are aligned as item_size allows, up to 64. @return NULL without
 * memory; gives.
 */
struct fx_ring *fx_ring_create(uint32_t item_size, uint32_t capacity);

/** Free it; both sides must have stopped. Accepts NULL. */
void fx_ring_destroy(struct fx_ring *ring);

/** Copy an item in. @return false where the queue is full. Thread: producer. */
bool fx_ring_append(struct fx_ring *ring, const void *item);

/** How many items can be appended now; the consumer can only make it more. Thread: producer. */
uint32_t fx_ring_space(struct fx_ring *ring);

/** Copy the oldest item out and remove it. @return false where the queue is empty. Thread:
 * consumer. */
bool fx_ring_poll(struct fx_ring *ring, void *item_out);

/**
 * Borrow the oldest items that lie side by side, until fx_ring_advance(). @return how many, 0 where
 * empty (*items_out untouched). Thread: consumer.
 */
uint32_t fx_ring_peek(struct fx_ring *ring, const void **items_out);

/** Remove the `count` oldest items; count <= what the last fx_ring_peek() gave. Thread: consumer.
 */
void fx_ring_advance(struct fx_ring *ring, uint32_t count);

/** Items inside, a moment ago. Thread: any. */
uint32_t fx_ring_count(const struct fx_ring *ring);

/** As fx_ring_create(), for `consumer_count` consumers (1..FX_RING_CONSUMERS_MAX), all at position
 * 0. */
struct fx_ring_broadcast *fx_ring_broadcast_create(uint32_t item_size,
                                                   uint32_t capacity,
                                                   uint32_t consumer_count);

/** Free it; all sides must have stopped. Accepts NULL. */
void fx_ring_broadcast_destroy(struct fx_ring_broadcast *ring);

/** capacity - (written - cursor of the slowest consumer). Thread: producer. */
uint32_t fx_ring_broadcast_space(struct fx_ring_broadcast *ring);

/** Copy an item in, not yet visible. @return false where there is no space. Thread: producer. */
bool fx_ring_broadcast_append(struct fx_ring_broadcast *ring, const void *item);

/** Items appended since creation: the position to release up to. Thread: producer. */
uint64_t fx_ring_broadcast_written(const struct fx_ring_broadcast *ring);

/**
 * Make all items before `position` visible; not below an earlier one, not above
 * fx_ring_broadcast_written(). Thread: producer.
 */
void fx_ring_broadcast_release(struct fx_ring_broadcast *ring, uint64_t position);

/** The position released up to. Thread: any. */
uint64_t fx_ring_broadcast_released(const struct fx_ring_broadcast *ring);

/**
 * Borrow the released items that `consumer` (0..consumer_count-1) has not seen and that lie side by
 * side, until its fx_ring_broadcast_advance(). @return how many, 0 where there are none
 * (*items_out untouched). Thread: that consumer.
 */
uint32_t fx_ring_broadcast_peek(struct fx_ring_broadcast *ring,
                                uint32_t consumer,
                                const void **items_out);

/** Move the cursor over `count` items; count <= what its last peek gave. Thread: that consumer. */
void fx_ring_broadcast_advance(struct fx_ring_broadcast *ring, uint32_t consumer, uint32_t count);

/** The position of a consumer: all items before it are done. Thread: any. */
uint64_t fx_ring_broadcast_cursor(const struct fx_ring_broadcast *ring, uint32_t consumer);

#endif
