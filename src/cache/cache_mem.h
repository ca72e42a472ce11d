/**
 * @file cache_mem.h
 * The cache port in memory: for tests, and for a process that is its own only reader.
 * Thread: as cache.h.
 */
#ifndef FX_CACHE_CACHE_MEM_H
#define FX_CACHE_CACHE_MEM_H

#include "cache/cache.h"

/** Make an empty one for at most `entries_max` keys, ended ones included. Its time is that of the
 * last step. @return OK (gives) or NO_MEMORY. */
FX_MUST_USE fx_status fx_cache_mem_open(uint32_t entries_max, struct fx_cache **cache_out);

/** Forget everything, as a server that was restarted: the epoch rises. */
void fx_cache_mem_clear(struct fx_cache *cache);

#endif
