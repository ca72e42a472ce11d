/* Chunks form a list. Those up to `current` are in use, those behind it were kept by a reset. */
#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"

struct fx_arena_chunk {
    struct fx_arena_chunk *next;
    size_t capacity;
    /* `capacity` bytes follow. */
};

_Static_assert(sizeof(struct fx_arena_chunk) % FX_ARENA_ALIGNMENT == 0, "bytes stay aligned");
_Static_assert(_Alignof(max_align_t) >= FX_ARENA_ALIGNMENT, "malloc() aligns enough");

static char *bytes_of(struct fx_arena_chunk *chunk)
{
    return (char *)(chunk + 1);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): the smaller one first; asserted
void fx_arena_init(struct fx_arena *arena, size_t chunk_size, size_t size_max)
{
    FX_ASSERT(chunk_size > 0 && chunk_size <= size_max);
    *arena = (struct fx_arena){.chunk_size = chunk_size, .size_max = size_max};
}

/* Free `chunk` and all behind it. */
static void free_chunks(struct fx_arena *arena, struct fx_arena_chunk *chunk)
{
    while (chunk != NULL) {
        struct fx_arena_chunk *next = chunk->next;
        arena->held -= chunk->capacity;
        free(chunk);
        chunk = next;
    }
}

void fx_arena_deinit(struct fx_arena *arena)
{
    free_chunks(arena, arena->first);
    FX_ASSERT(arena->held == 0);
    arena->first = NULL;
    arena->current = NULL;
    arena->used = 0;
}

void fx_arena_reset(struct fx_arena *arena)
{
    arena->current = arena->first;
    arena->used = 0;
}

/* A chunk for `size` bytes behind the current one; NULL where it would pass the maximum. */
static struct fx_arena_chunk *append_chunk(struct fx_arena *arena, size_t size)
{
    struct fx_arena_chunk **link = arena->current != NULL ? &arena->current->next : &arena->first;
    if (size > arena->size_max - arena->held) {
        /* Chunks that a reset kept are too small for this; they must not make it fail. */
        free_chunks(arena, *link);
        *link = NULL;
    }
    const size_t rest = arena->size_max - arena->held;
    if (size > rest) {
        return NULL;
    }
    size_t capacity = size > arena->chunk_size ? size : arena->chunk_size;
    capacity = capacity < rest ? capacity : rest;
    struct fx_arena_chunk *chunk = malloc(sizeof *chunk + capacity);
    if (chunk != NULL) {
        *chunk = (struct fx_arena_chunk){.next = *link, .capacity = capacity};
        *link = chunk;
        arena->held += capacity;
    }
    return chunk;
}

/* A chunk with room for `size` bytes becomes the current one. */
static bool next_chunk(struct fx_arena *arena, size_t size)
{
    struct fx_arena_chunk *chunk = arena->current != NULL ? arena->current->next : arena->first;
    if (chunk == NULL || chunk->capacity < size) {
        chunk = append_chunk(arena, size);
    }
    if (chunk == NULL) {
        return false;
    }
    arena->current = chunk;
    arena->used = 0;
    return true;
}

void *fx_arena_alloc(struct fx_arena *arena, size_t size)
{
    if (size > arena->size_max) {
        return NULL;
    }
    if (arena->current != NULL) {
        const size_t padding = (0 - arena->used) & (FX_ARENA_ALIGNMENT - 1);
        const size_t rest = arena->current->capacity - arena->used;
        if (padding <= rest && size <= rest - padding) {
            char *place = bytes_of(arena->current) + arena->used + padding;
            arena->used += padding + size;
            memset(place, 0, size);
            return place;
        }
    }
    if (!next_chunk(arena, size)) {
        return NULL;
    }
    arena->used = size;
    return memset(bytes_of(arena->current), 0, size);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): the order of calloc()
void *fx_arena_alloc_array(struct fx_arena *arena, size_t count, size_t item_size)
{
    size_t size = 0;
    return __builtin_mul_overflow(count, item_size, &size) ? NULL : fx_arena_alloc(arena, size);
}

bool fx_arena_copy(struct fx_arena *arena, fx_str text, fx_str *copy_out)
{
    char *copy = text.size < SIZE_MAX ? fx_arena_alloc(arena, text.size + 1) : NULL;
    if (copy == NULL) {
        return false;
    }
    if (text.size > 0) {
        memcpy(copy, text.data, text.size);
    }
    *copy_out = (fx_str){copy, text.size};
    return true;
}
