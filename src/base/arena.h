/**
 * @file arena.h
 * A bump allocator over heap chunks: what one request or one batch needs, freed as a whole.
 *
 * Nothing is freed alone. fx_arena_reset() forgets everything and keeps the chunks, so a loop that
 * resets at the end of each turn stops calling malloc() after some turns. Thread: the owner's.
 */
#ifndef FX_BASE_ARENA_H
#define FX_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "base/str.h"

enum { FX_ARENA_ALIGNMENT = 16 };

struct fx_arena_chunk;

struct fx_arena {
    struct fx_arena_chunk *first;
    struct fx_arena_chunk *current;
    size_t used;       /* bytes given out of the current chunk */
    size_t held;       /* bytes of all chunks, used or kept; <= size_max */
    size_t chunk_size; /* the smallest chunk that is asked from the heap */
    size_t size_max;
};

/** Make an empty arena; nothing is allocated yet. Both in bytes, both > 0. */
void fx_arena_init(struct fx_arena *arena, size_t chunk_size, size_t size_max);

/** Free everything; what was allocated is gone. Accepts a zeroed arena. */
void fx_arena_deinit(struct fx_arena *arena);

/** Forget all allocations, keep the memory. */
void fx_arena_reset(struct fx_arena *arena);

/**
 * Allocate `size` zeroed bytes, aligned to FX_ARENA_ALIGNMENT, that live until reset or deinit.
 * @return NULL where size_max would be passed or there is no memory; the arena is then unchanged
 * for its user. A size of 0 gives a valid address.
 */
FX_MUST_USE void *fx_arena_alloc(struct fx_arena *arena, size_t size);

/** Allocate `count` items of `item_size` bytes; NULL also where the product overflows. */
FX_MUST_USE void *fx_arena_alloc_array(struct fx_arena *arena, size_t count, size_t item_size);

/** Copy a text, with a NUL behind it. @return false (*copy_out untouched) as fx_arena_alloc(). */
FX_MUST_USE bool fx_arena_copy(struct fx_arena *arena, fx_str text, fx_str *copy_out);

#endif
