/**
 * @file bus_journal_ring.h
 * A bounded ring of bytes that holds records in their stored form, between one producer and one
 * consumer: what waits for the journal's writer. (base/ring holds items of one size.)
 *
 * Positions count bytes and only grow. Thread: as each function says.
 */
#ifndef FX_BUS_BUS_JOURNAL_RING_H
#define FX_BUS_BUS_JOURNAL_RING_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

enum { FX_BUS_JOURNAL_RING_LINE_SIZE = 64 };

// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): each thread has cache lines of its own
struct fx_bus_journal_ring {
    char *bytes; /* heap */
    uint64_t size;
    alignas(FX_BUS_JOURNAL_RING_LINE_SIZE) uint64_t tail; /* the producer's own copy */
    uint64_t head_seen;                                   /* what it last saw of the consumer */
    alignas(FX_BUS_JOURNAL_RING_LINE_SIZE) atomic_uint_fast64_t tail_shared;
    alignas(FX_BUS_JOURNAL_RING_LINE_SIZE) atomic_uint_fast64_t head_shared;
};

/** A run of whole records at the head. */
struct fx_bus_journal_ring_batch {
    size_t size; /* bytes */
    uint32_t count;
};

/** Allocate `size` bytes (a power of two) and touch them. @return false without memory. */
FX_MUST_USE bool fx_bus_journal_ring_init(struct fx_bus_journal_ring *ring, uint64_t size);
void fx_bus_journal_ring_deinit(struct fx_bus_journal_ring *ring);

/** Copy one record in. @return false where there is no room now. Thread: producer. */
FX_MUST_USE bool fx_bus_journal_ring_append(struct fx_bus_journal_ring *ring,
                                            uint16_t type,
                                            fx_str bytes);

/** Measure the whole records at the head that fit into `size_max` bytes. Thread: consumer. */
struct fx_bus_journal_ring_batch fx_bus_journal_ring_measure(const struct fx_bus_journal_ring *ring,
                                                             size_t size_max);

/** Copy the `size` bytes at the head, measured before, and give their room back. Thread: consumer.
 */
void fx_bus_journal_ring_take(struct fx_bus_journal_ring *ring, char *target, size_t size);

/** Bytes waiting, a moment ago. Thread: any. */
uint64_t fx_bus_journal_ring_pending(const struct fx_bus_journal_ring *ring);

#endif
