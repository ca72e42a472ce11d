#include "cache/cache.h"

#include <string.h>

#include "base/panic.h"
#include "cache/cache_int.h"

enum { WAIT_MS = 5, WAIT_US = 5000, ANSWER_SIZE_MAX = 4 << 20 };

void fx_cache_init(struct fx_cache *cache, const struct fx_cache_ops *ops)
{
    cache->ops = ops;
    fx_buf_init(&cache->answer.text, ANSWER_SIZE_MAX);
}

void fx_cache_deinit(struct fx_cache *cache)
{
    fx_buf_deinit(&cache->answer.text);
}

void fx_cache_close(struct fx_cache *cache)
{
    if (cache != NULL) {
        cache->ops->close(cache);
    }
}

static bool fits_key(fx_str key)
{
    return key.size > 0 && key.size <= FX_CACHE_KEY_SIZE_MAX;
}

fx_status fx_cache_put(struct fx_cache *cache, const struct fx_cache_entry *entry)
{
    if (!fits_key(entry->key) || entry->value.size == 0 ||
        entry->value.size > FX_CACHE_VALUE_SIZE_MAX || entry->ttl_ms == 0) {
        return FX_BAD_PARAMETER;
    }
    return cache->ops->put(cache, entry);
}

fx_status fx_cache_drop(struct fx_cache *cache, fx_str key, uint64_t operation_id)
{
    return fits_key(key) ? cache->ops->drop(cache, key, operation_id) : FX_BAD_PARAMETER;
}

fx_status fx_cache_step(struct fx_cache *cache, int64_t now_us)
{
    cache->now_us = now_us;
    return cache->ops->step(cache, now_us);
}

void fx_cache_wait(const struct fx_cache *cache, int timeout_ms)
{
    cache->ops->wait(cache, timeout_ms);
}

uint32_t fx_cache_load(const struct fx_cache *cache)
{
    uint32_t percent = 0;
    (void)cache->ops->queued(cache, &percent);
    return percent;
}

bool fx_cache_is_idle(const struct fx_cache *cache)
{
    return cache->ops->is_idle(cache);
}

uint64_t fx_cache_epoch(const struct fx_cache *cache)
{
    return cache->epoch;
}

void fx_cache_stats(const struct fx_cache *cache, struct fx_cache_stats *stats_out)
{
    uint32_t percent = 0;
    *stats_out = cache->stats;
    stats_out->queued = cache->ops->queued(cache, &percent);
}

const char *fx_cache_error_text(const struct fx_cache *cache)
{
    return cache->ops->error_text(cache);
}

/* Step until nothing is owed. The time that sleeping takes is counted, not read from a clock. */
static fx_status settle(struct fx_cache *cache, uint32_t timeout_ms)
{
    fx_status status = FX_OK;
    for (uint32_t spent_ms = 0; spent_ms <= timeout_ms; spent_ms += WAIT_MS) {
        status = fx_cache_step(cache, cache->now_us + WAIT_US);
        if (status == FX_OK && fx_cache_is_idle(cache) && !cache->answer.is_open) {
            return FX_OK;
        }
        fx_cache_wait(cache, WAIT_MS);
    }
    return status == FX_OK || status == FX_BUSY ? FX_TIMEOUT : status;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a time and how long, units in the names
fx_status fx_cache_flush(struct fx_cache *cache, int64_t now_us, uint32_t timeout_ms)
{
    cache->now_us = now_us;
    return settle(cache, timeout_ms);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a status is an enum
static fx_status answered(struct fx_cache *cache, fx_status asked, uint32_t timeout_ms)
{
    fx_status status = asked;
    if (status == FX_OK) {
        status = settle(cache, timeout_ms);
    }
    if (status == FX_OK) {
        status = cache->answer.text.is_overflow ? FX_BODY_TOO_LARGE : cache->answer.status;
    }
    cache->answer.is_open = false;
    return status;
}

static void open_answer(struct fx_cache *cache)
{
    fx_buf_clear(&cache->answer.text);
    cache->answer.is_open = true;
    cache->answer.status = FX_TIMEOUT;
}

fx_status fx_cache_get(struct fx_cache *cache,
                       fx_str key,
                       uint32_t timeout_ms,
                       struct fx_buf *value_out)
{
    if (!fits_key(key)) {
        return FX_BAD_PARAMETER;
    }
    open_answer(cache);
    const fx_status status = answered(cache, cache->ops->ask_get(cache, key), timeout_ms);
    if (status == FX_OK) {
        fx_buf_append(value_out, fx_buf_str(&cache->answer.text));
        return value_out->is_overflow ? FX_BODY_TOO_LARGE : FX_OK;
    }
    return status;
}

void fx_cache_answer_key(struct fx_cache *cache, fx_str key)
{
    const uint32_t size = (uint32_t)key.size;
    fx_buf_append(&cache->answer.text, (fx_str){(const char *)&size, sizeof size});
    fx_buf_append(&cache->answer.text, key);
}

static void tell_keys(const struct fx_cache *cache, fx_cache_key_fn on_key, void *context)
{
    const fx_str all = fx_buf_str(&cache->answer.text);
    size_t at = 0;
    while (at < all.size) {
        uint32_t size = 0;
        memcpy(&size, &all.data[at], sizeof size);
        on_key(context, fx_str_slice(all, at + sizeof size, size));
        at += sizeof size + size;
    }
}

void fx_cache_scan_begin(struct fx_cache *cache, fx_str prefix)
{
    struct fx_cache_walk *walk = &cache->walk;
    FX_ASSERT(prefix.size <= sizeof walk->prefix);
    if (prefix.size > 0) {
        memcpy(walk->prefix, prefix.data, prefix.size);
    }
    walk->prefix_size = prefix.size;
    memcpy(walk->cursor, "0", 2);
    walk->is_stale = walk->is_asked;
}

/* Take the answer that has come, or ask. @return BUSY while there is nothing to tell. */
static fx_status ask_more(struct fx_cache *cache)
{
    struct fx_cache_walk *walk = &cache->walk;
    if (walk->is_asked && cache->answer.is_open) {
        return FX_BUSY;
    }
    if (walk->is_asked && !walk->is_stale) {
        walk->is_asked = false;
        return cache->answer.text.is_overflow ? FX_BODY_TOO_LARGE : cache->answer.status;
    }
    open_answer(cache);
    const fx_str prefix = {walk->prefix, walk->prefix_size};
    const fx_status status = cache->ops->ask_scan(cache, prefix, fx_str_of(walk->cursor));
    walk->is_asked = status == FX_OK;
    walk->is_stale = false;
    return status == FX_OK ? FX_BUSY : status;
}

fx_status fx_cache_scan_step(struct fx_cache *cache, fx_cache_key_fn on_key, void *context)
{
    struct fx_cache_walk *walk = &cache->walk;
    const fx_status status = ask_more(cache);
    if (status != FX_OK) {
        return status;
    }
    memcpy(walk->cursor, cache->answer.cursor, sizeof walk->cursor);
    tell_keys(cache, on_key, context);
    return fx_str_is_equal(fx_str_of(walk->cursor), FX_STR("0")) ? FX_OK : FX_BUSY;
}

fx_status fx_cache_scan(struct fx_cache *cache,
                        fx_str prefix,
                        uint32_t timeout_ms,
                        fx_cache_key_fn on_key,
                        void *context)
{
    if (prefix.size > FX_CACHE_KEY_SIZE_MAX) {
        return FX_BAD_PARAMETER;
    }
    fx_cache_scan_begin(cache, prefix);
    fx_status status = FX_BUSY;
    while (status == FX_BUSY) {
        status = fx_cache_scan_step(cache, on_key, context);
        if (status == FX_BUSY && cache->walk.is_asked) {
            const fx_status settled = settle(cache, timeout_ms);
            status = settled == FX_OK ? FX_BUSY : settled;
        }
    }
    return status;
}

int64_t fx_cache_now(const struct fx_cache *cache)
{
    return cache->now_us;
}
