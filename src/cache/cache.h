/**
 * @file cache.h
 * The port to the cache: the newest JSON of accounts, orders, positions, tickers and books, for
 * other programs to read. It is a copy that may be lost; nothing here decides about money.
 *
 * A write carries the operationId of its change, and no older one ever wins: not over a newer
 * value, and not over a removal (which is remembered for FX_CACHE_GONE_SECONDS). So writes may come
 * twice and in any order. Writes are queued and travel when fx_cache_step() is called; nothing
 * blocks but the calls that say so. Where what was written may be gone (a new connection, a server
 * that was emptied), fx_cache_epoch() rises and the owner writes everything again.
 * Thread: a handle belongs to one thread.
 */
#ifndef FX_CACHE_CACHE_H
#define FX_CACHE_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"

enum {
    FX_CACHE_KEY_SIZE_MAX = 160,
    FX_CACHE_VALUE_SIZE_MAX = 1 << 18,
    FX_CACHE_GONE_SECONDS = 600
};

struct fx_cache;

/** A value: JSON that has `"operationId":"N"` with the operation_id given here. */
struct fx_cache_entry {
    fx_str key;   /* 1..FX_CACHE_KEY_SIZE_MAX bytes */
    fx_str value; /* 1..FX_CACHE_VALUE_SIZE_MAX bytes */
    uint64_t operation_id;
    uint32_t ttl_ms; /* > 0 */
};

/** Figures since it was opened. */
struct fx_cache_stats {
    uint64_t written;   /* values and removals that were acknowledged */
    uint64_t outdated;  /* … of them those that lost against something newer */
    uint64_t refused;   /* errors of the server; what it refused to all is sent again */
    uint64_t connected; /* connections that came up */
    uint64_t queued;    /* of this moment: commands that are not answered */
};

/** Close it; what is still queued is lost. Accepts NULL. */
void fx_cache_close(struct fx_cache *cache);

/** Queue a value. @return OK; BUSY (the queue is full: step first); BAD_PARAMETER (sizes). */
FX_MUST_USE fx_status fx_cache_put(struct fx_cache *cache, const struct fx_cache_entry *entry);

/** Queue the removal of a key by the change `operation_id`. @return as fx_cache_put(). */
FX_MUST_USE fx_status fx_cache_drop(struct fx_cache *cache, fx_str key, uint64_t operation_id);

/** Send and receive what can be now. @return OK; BUSY (being connected); IO, BAD_CREDENTIALS,
 * BAD_PARAMETER (settings): see fx_cache_error_text(); it tries again by itself. */
fx_status fx_cache_step(struct fx_cache *cache, int64_t now_us);

/** Sleep until a step may do something, `timeout_ms` at most. */
void fx_cache_wait(const struct fx_cache *cache, int timeout_ms);

/** How full the queue is, in percent. */
uint32_t fx_cache_load(const struct fx_cache *cache);

/** True where everything queued was acknowledged. */
bool fx_cache_is_idle(const struct fx_cache *cache);

/** Rises where values that were acknowledged may be gone. 0 until the first connection. */
uint64_t fx_cache_epoch(const struct fx_cache *cache);

/** Step and wait until idle. Blocks. @return OK; TIMEOUT; what the last step said. */
FX_MUST_USE fx_status fx_cache_flush(struct fx_cache *cache, int64_t now_us, uint32_t timeout_ms);

/** Append the value of a key to `value_out`, behind all queued writes. Blocks. @return OK;
 * NOT_FOUND; TIMEOUT; BODY_TOO_LARGE (the buffer's maximum); as fx_cache_flush(). */
FX_MUST_USE fx_status fx_cache_get(struct fx_cache *cache,
                                   fx_str key,
                                   uint32_t timeout_ms,
                                   struct fx_buf *value_out);

/** One key that was found. */
typedef void (*fx_cache_key_fn)(void *context, fx_str key);

/** Tell all keys that begin with `prefix`, in any order, each at least once where it is there from
 * beginning to end. Walks with SCAN, never KEYS. Blocks. @return as fx_cache_get(). */
FX_MUST_USE fx_status fx_cache_scan(struct fx_cache *cache,
                                    fx_str prefix,
                                    uint32_t timeout_ms,
                                    fx_cache_key_fn on_key,
                                    void *context);

/** Begin a walk over all keys with a prefix (at most FX_CACHE_KEY_SIZE_MAX bytes), in steps that do
 * not block; one at a time, and no fx_cache_get() or fx_cache_scan() meanwhile. */
void fx_cache_scan_begin(struct fx_cache *cache, fx_str prefix);

/** Go on with it; fx_cache_step() is called in between. @return OK: done; BUSY: more to come; as
 * fx_cache_get(). */
FX_MUST_USE fx_status fx_cache_scan_step(struct fx_cache *cache,
                                         fx_cache_key_fn on_key,
                                         void *context);

/** The time of the last step. */
int64_t fx_cache_now(const struct fx_cache *cache);

void fx_cache_stats(const struct fx_cache *cache, struct fx_cache_stats *stats_out);

/** The adapter's words about the last failure; no secrets. Never NULL. */
const char *fx_cache_error_text(const struct fx_cache *cache);

#endif
