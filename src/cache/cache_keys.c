#include "cache/cache_keys.h"

#include <stdio.h>

#include "base/panic.h"

static fx_str done(const struct fx_cache_keys_text *text, int size)
{
    FX_ASSERT(size > 0 && size <= FX_CACHE_KEY_SIZE_MAX);
    return (fx_str){text->bytes, (size_t)size};
}

fx_str fx_cache_keys_account(struct fx_cache_keys_name name, struct fx_cache_keys_text *text)
{
    return done(text,
                snprintf(text->bytes,
                         sizeof text->bytes,
                         "accounts:userId_%llu:accountId_%llu",
                         (unsigned long long)name.user_id,
                         (unsigned long long)name.id));
}

fx_str fx_cache_keys_account_asset(uint64_t user_id, fx_str asset, struct fx_cache_keys_text *text)
{
    return done(text,
                snprintf(text->bytes,
                         sizeof text->bytes,
                         "accounts:userId_%llu:asset_%.*s",
                         (unsigned long long)user_id,
                         (int)asset.size,
                         asset.data));
}

fx_str fx_cache_keys_order(struct fx_cache_keys_name name, struct fx_cache_keys_text *text)
{
    return done(text,
                snprintf(text->bytes,
                         sizeof text->bytes,
                         "orders:userId_%llu:orderId_%llu",
                         (unsigned long long)name.user_id,
                         (unsigned long long)name.id));
}

fx_str fx_cache_keys_order_tmp(struct fx_cache_keys_name name, struct fx_cache_keys_text *text)
{
    return done(text,
                snprintf(text->bytes,
                         sizeof text->bytes,
                         "orders:userId_%llu:tmpId_%llu",
                         (unsigned long long)name.user_id,
                         (unsigned long long)name.id));
}

fx_str fx_cache_keys_position(struct fx_cache_keys_name name,
                              uint64_t account_id,
                              struct fx_cache_keys_text *text)
{
    return done(text,
                snprintf(text->bytes,
                         sizeof text->bytes,
                         "positions:userId_%llu:accountId_%llu:positionId_%llu",
                         (unsigned long long)name.user_id,
                         (unsigned long long)account_id,
                         (unsigned long long)name.id));
}

fx_str fx_cache_keys_position_short(struct fx_cache_keys_name name, struct fx_cache_keys_text *text)
{
    return done(text,
                snprintf(text->bytes,
                         sizeof text->bytes,
                         "positions:userId_%llu:positionId_%llu",
                         (unsigned long long)name.user_id,
                         (unsigned long long)name.id));
}

fx_str fx_cache_keys_ticker(fx_str symbol, struct fx_cache_keys_text *text)
{
    return done(
        text,
        snprintf(text->bytes, sizeof text->bytes, "ticker:%.*s", (int)symbol.size, symbol.data));
}

fx_str fx_cache_keys_orderbook(fx_str symbol, struct fx_cache_keys_text *text)
{
    return done(
        text,
        snprintf(text->bytes, sizeof text->bytes, "orderbook:%.*s", (int)symbol.size, symbol.data));
}
