/**
 * @file cache_int.h
 * What an adapter of the cache port gives to cache.c: a table of functions, and the handle's head.
 */
#ifndef FX_CACHE_CACHE_INT_H
#define FX_CACHE_CACHE_INT_H

#include "cache/cache.h"

/** As the functions of cache.h; sizes are checked before. */
struct fx_cache_ops {
    void (*close)(struct fx_cache *cache);
    fx_status (*put)(struct fx_cache *cache, const struct fx_cache_entry *entry);
    fx_status (*drop)(struct fx_cache *cache, fx_str key, uint64_t operation_id);
    fx_status (*step)(struct fx_cache *cache, int64_t now_us);
    void (*wait)(const struct fx_cache *cache, int timeout_ms);
    bool (*is_idle)(const struct fx_cache *cache);
    /** Commands that wait for an answer, and how full that makes the queue, in percent. */
    uint64_t (*queued)(const struct fx_cache *cache, uint32_t *percent_out);
    fx_status (*ask_get)(struct fx_cache *cache, fx_str key);
    fx_status (*ask_scan)(struct fx_cache *cache, fx_str prefix, fx_str cursor);
    const char *(*error_text)(const struct fx_cache *cache);
};

/** The answer to the one question that may be open. */
struct fx_cache_answer {
    bool is_open; /* asked, not answered */
    fx_status status;
    struct fx_buf text; /* GET: the value; SCAN: keys, each behind its size in 4 bytes */
    char cursor[24];    /* SCAN: where to go on; "0" = the end */
};

/** A walk in steps. */
struct fx_cache_walk {
    char prefix[FX_CACHE_KEY_SIZE_MAX];
    size_t prefix_size;
    char cursor[24];
    bool is_asked; /* an answer is owed */
    bool is_stale; /* … to an earlier walk */
};

/** The first member of every adapter's handle. */
struct fx_cache {
    const struct fx_cache_ops *ops;
    struct fx_cache_stats stats;
    uint64_t epoch;
    int64_t now_us; /* of the last step */
    struct fx_cache_answer answer;
    struct fx_cache_walk walk;
};

/** Set up the head; size limits of answers. */
void fx_cache_init(struct fx_cache *cache, const struct fx_cache_ops *ops);

/** Release what the head holds. */
void fx_cache_deinit(struct fx_cache *cache);

/** Append a found key to the answer of a SCAN. */
void fx_cache_answer_key(struct fx_cache *cache, fx_str key);

#endif
