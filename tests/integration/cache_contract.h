/**
 * @file cache_contract.h
 * What every adapter of the cache must do; each adapter's test runs this suite with its own way of
 * opening one.
 */
#ifndef FX_INTEGRATION_CACHE_CONTRACT_H
#define FX_INTEGRATION_CACHE_CONTRACT_H

#include <stdbool.h>
#include <stdint.h>

#include "cache/cache.h"

struct cache_contract_adapter {
    const char *name;
    /** Open an empty cache (fresh = true), or another handle on what is there. */
    fx_status (*open)(bool is_fresh, struct fx_cache **cache_out);
    /** Let so much time pass for the values. */
    void (*pass)(struct fx_cache *cache, uint32_t time_ms);
    /** Lose everything, as a server that was emptied. */
    void (*empty)(struct fx_cache *cache);
    bool is_shared; /* two handles see the same values */
};

/** @return the number of failed tests. */
int cache_contract_run(const struct cache_contract_adapter *adapter);

#endif
