/* The contract suite of the cache, in memory. */
#include "cache/cache_mem.h"

#include "integration/cache_contract.h"

enum { ENTRIES_MAX = 4096, START_US = 1000000 };

static fx_status open_mem(bool is_fresh, struct fx_cache **cache_out)
{
    (void)is_fresh;
    return fx_cache_mem_open(ENTRIES_MAX, cache_out);
}

static void pass(struct fx_cache *cache, uint32_t time_ms)
{
    (void)fx_cache_step(cache, START_US * 2 + (int64_t)time_ms * 1000);
}

int main(void)
{
    const struct cache_contract_adapter adapter = {
        .name = "memory", .open = open_mem, .pass = pass, .empty = fx_cache_mem_clear};
    return cache_contract_run(&adapter);
}
