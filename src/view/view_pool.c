#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "view/view_int.h"

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): one size, one count
void fx_view_pool_init(struct fx_view_pool *pool, size_t item_size, uint32_t count_max)
{
    memset(pool, 0, sizeof *pool);
    const uint32_t most = FX_VIEW_POOL_CHUNK_ITEMS * FX_VIEW_POOL_CHUNKS_MAX;
    pool->item_size = (item_size + 15U) & ~(size_t)15U;
    pool->count_max = count_max < most ? count_max : most;
}

void fx_view_pool_deinit(struct fx_view_pool *pool)
{
    for (size_t chunk = 0; chunk < FX_VIEW_POOL_CHUNKS_MAX; chunk++) {
        free(pool->chunks[chunk]);
        pool->chunks[chunk] = NULL;
    }
    pool->count = 0;
}

void fx_view_pool_clear(struct fx_view_pool *pool)
{
    pool->count = 0;
}

fx_status fx_view_pool_add(struct fx_view_pool *pool, uint32_t *index_out)
{
    if (pool->count == pool->count_max) {
        return FX_CAPACITY;
    }
    char **chunk = &pool->chunks[pool->count / FX_VIEW_POOL_CHUNK_ITEMS];
    if (*chunk == NULL) {
        *chunk = aligned_alloc(16, pool->item_size * FX_VIEW_POOL_CHUNK_ITEMS);
        if (*chunk == NULL) {
            return FX_NO_MEMORY;
        }
    }
    *index_out = pool->count++;
    memset(fx_view_pool_at(pool, *index_out), 0, pool->item_size);
    return FX_OK;
}

void *fx_view_pool_at(const struct fx_view_pool *pool, uint32_t index)
{
    FX_ASSERT(index < pool->count);
    return pool->chunks[index / FX_VIEW_POOL_CHUNK_ITEMS] +
           (size_t)(index % FX_VIEW_POOL_CHUNK_ITEMS) * pool->item_size;
}
