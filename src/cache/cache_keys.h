/**
 * @file cache_keys.h
 * The seed's names of cached values: `accounts:userId_7:accountId_9` and the like. Thread: any.
 */
#ifndef FX_CACHE_CACHE_KEYS_H
#define FX_CACHE_CACHE_KEYS_H

#include <stdint.h>

#include "base/str.h"
#include "cache/cache.h"

enum {
    FX_CACHE_KEYS_PRIVATE_TTL_MS = 86400000, /* accounts, orders, positions */
    FX_CACHE_KEYS_PUBLIC_TTL_MS = 60000      /* tickers, order books */
};

/** Room for any key. */
struct fx_cache_keys_text {
    char bytes[FX_CACHE_KEY_SIZE_MAX + 1];
};

/** Whose and which. */
struct fx_cache_keys_name {
    uint64_t user_id;
    uint64_t id; /* of the account, order or position */
};

/* Each writes into `text` and gives what it wrote. */
fx_str fx_cache_keys_account(struct fx_cache_keys_name name, struct fx_cache_keys_text *text);
fx_str fx_cache_keys_account_asset(uint64_t user_id, fx_str asset, struct fx_cache_keys_text *text);
fx_str fx_cache_keys_order(struct fx_cache_keys_name name, struct fx_cache_keys_text *text);

/** By the id that was handed out with the 202. */
fx_str fx_cache_keys_order_tmp(struct fx_cache_keys_name name, struct fx_cache_keys_text *text);

/** `account_id` as the analysis of the keys says … */
fx_str fx_cache_keys_position(struct fx_cache_keys_name name,
                              uint64_t account_id,
                              struct fx_cache_keys_text *text);

/** … and without, as the seed's service writes it. */
fx_str fx_cache_keys_position_short(struct fx_cache_keys_name name,
                                    struct fx_cache_keys_text *text);
fx_str fx_cache_keys_ticker(fx_str symbol, struct fx_cache_keys_text *text);
fx_str fx_cache_keys_orderbook(fx_str symbol, struct fx_cache_keys_text *text);

#endif
