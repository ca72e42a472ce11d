/**
 * @file api_limit_int.h
 * Token buckets in a table of fixed size: pure arithmetic on a clock that is given, no heap after
 * creation, O(1) per call.
 *
 * A caller (64-bit number) has one bucket per class, its strikes (requests refused lately) and
 * perhaps a ban. Sets of eight; where a set is full, the caller that was not seen for the longest
 * time is forgotten, one that is banned last. A caller that is forgotten begins with full buckets,
 * so the table must be larger than the number of busy callers. Thread: the gateway's.
 */
#ifndef FX_API_API_LIMIT_INT_H
#define FX_API_API_LIMIT_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

enum {
    FX_API_LIMIT_CLASSES = 5,
    FX_API_LIMIT_RATE_MAX = 100000000, /* per second */
    FX_API_LIMIT_ENTRIES_MAX = 1 << 24
};

/** How fast a bucket fills and how much it holds, in units of weight. per_s 0: no limit. */
struct fx_api_limit_rate {
    uint32_t per_s; /* 0..FX_API_LIMIT_RATE_MAX */
    uint32_t burst; /* 1.. where there is a limit */
};

/** What a bucket says. */
struct fx_api_limit_room {
    uint32_t remaining; /* weight that fits now */
    uint32_t reset_s;   /* until the bucket is full, rounded up */
    uint32_t retry_s;   /* until what was asked fits, rounded up; 0: it fits */
};

struct fx_api_limit;

/** One caller. Valid until another one is looked up. */
struct fx_api_limit_entry;

/** Make a table of `entry_count` (a power of two, 8..FX_API_LIMIT_ENTRIES_MAX) entries of 64 bytes.
 * @return NULL without memory. Gives. */
struct fx_api_limit *fx_api_limit_create(uint32_t entry_count);
void fx_api_limit_destroy(struct fx_api_limit *limit);

/** The entry of a caller, made where it is new. `caller` is well mixed and not 0. */
struct fx_api_limit_entry *fx_api_limit_find(struct fx_api_limit *limit,
                                             uint64_t caller,
                                             int64_t now_ms);

/** Ask whether `weight` fits. A weight above the burst fits where the bucket is full. @return
 * retry_s == 0. */
bool fx_api_limit_fits(const struct fx_api_limit_entry *entry,
                       uint32_t class_index,
                       struct fx_api_limit_rate rate,
                       uint32_t weight,
                       int64_t now_ms,
                       struct fx_api_limit_room *room_out);

/** The same, and take it where it fits. */
bool fx_api_limit_take(struct fx_api_limit_entry *entry,
                       uint32_t class_index,
                       struct fx_api_limit_rate rate,
                       uint32_t weight,
                       int64_t now_ms,
                       struct fx_api_limit_room *room_out);

/** When bans begin: after so many strikes (0: never), of which `decay_per_s` are forgiven in each
 * second. The first lasts first_s; each further one twice as long, up to longest_s; an hour without
 * a strike begins anew. */
struct fx_api_limit_ban {
    uint32_t strikes;
    uint32_t decay_per_s;
    uint32_t first_s;
    uint32_t longest_s;
};

/** Note a refused request. @return true where it began a ban. */
bool fx_api_limit_strike(struct fx_api_limit_entry *entry,
                         const struct fx_api_limit_ban *ban,
                         int64_t now_ms);

/** Delays after failures: `free` of them cost nothing, then each one means a wait of twice as long,
 * from 2 s to longest_s; forget_s without one begins anew. */
struct fx_api_limit_delay {
    uint32_t free;
    uint32_t longest_s;
    uint32_t forget_s;
};

/** Note a failure; an entry has either strikes or failures. @return true where it means a wait,
 * which fx_api_limit_banned_s() tells. */
bool fx_api_limit_fail(struct fx_api_limit_entry *entry,
                       const struct fx_api_limit_delay *delay,
                       int64_t now_ms);

/** Take back so many failures; the wait ends where none is left, because others have their share in
 * it. */
void fx_api_limit_forgive(struct fx_api_limit_entry *entry, uint32_t count);

/** Undo fx_api_limit_fail() of this very moment, before which there was no wait. */
void fx_api_limit_take_back(struct fx_api_limit_entry *entry);

/** Seconds that a ban or a delay still lasts, rounded up; 0: none. */
uint32_t fx_api_limit_banned_s(const struct fx_api_limit_entry *entry, int64_t now_ms);

#endif
