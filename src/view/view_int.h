/**
 * @file view_int.h
 * Growing pools whose items never move: chunks of a fixed number of items. Private to view/.
 */
#ifndef FX_VIEW_VIEW_INT_H
#define FX_VIEW_VIEW_INT_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { FX_VIEW_POOL_CHUNK_ITEMS = 1024, FX_VIEW_POOL_CHUNKS_MAX = 4096 };

struct fx_view_pool {
    char *chunks[FX_VIEW_POOL_CHUNKS_MAX];
    size_t item_size;
    uint32_t count;
    uint32_t count_max;
};

void fx_view_pool_init(struct fx_view_pool *pool, size_t item_size, uint32_t count_max);
void fx_view_pool_deinit(struct fx_view_pool *pool);

/** Forget the items, keep the chunks. */
void fx_view_pool_clear(struct fx_view_pool *pool);

/** One more zeroed item. @return OK and its index; CAPACITY; NO_MEMORY. */
FX_MUST_USE fx_status fx_view_pool_add(struct fx_view_pool *pool, uint32_t *index_out);

/** The address of item `index` < count. */
void *fx_view_pool_at(const struct fx_view_pool *pool, uint32_t index);

#endif
