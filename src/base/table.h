/**
 * @file table.h
 * Hash tables with open addressing: 64-bit keys or byte strings to a number or a pointer.
 *
 * They grow by doubling up to a maximum, and never shrink. A put that grows moves all entries
 * (O(count)). Addresses that find gives are valid until the next put or remove. The order of a walk
 * is arbitrary: nothing that is stored, sent or replayed may depend on it. Not for engine rooms.
 * Thread: the owner's.
 */
#ifndef FX_BASE_TABLE_H
#define FX_BASE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

enum { FX_TABLE_COUNT_MAX = 1 << 28 };

/** What a key leads to; the user knows which. The table never looks at it or frees it. */
union fx_table_value {
    uint64_t number;
    void *pointer;
};

struct fx_table_entry;

/** Keys of 64 bits that we assign (ids, slots): every value is a valid key. */
struct fx_table {
    struct fx_table_entry *entries; /* heap; NULL while nothing was put */
    uint32_t count;
    uint32_t capacity; /* 0 or a power of two */
    uint32_t count_max;
};

/** Make an empty table for `count_max` (1..FX_TABLE_COUNT_MAX) entries; nothing is allocated. */
void fx_table_init(struct fx_table *table, uint32_t count_max);

/** Release the memory. Accepts a zeroed table. */
void fx_table_deinit(struct fx_table *table);

/** Remove all entries, keep the memory. O(capacity). */
void fx_table_clear(struct fx_table *table);

/** Insert, or replace the value. @return false where count_max is reached or there is no memory. */
FX_MUST_USE bool fx_table_put(struct fx_table *table, uint64_t key, union fx_table_value value);

/** The place of the key's value; NULL where absent. */
union fx_table_value *fx_table_find(const struct fx_table *table, uint64_t key);

/** @return true where the key was there. */
bool fx_table_remove(struct fx_table *table, uint64_t key);

/**
 * Walk: start with *cursor = 0 and call until false. No put or remove meanwhile.
 * @return true and the next entry in *key_out and *value_out.
 */
bool fx_table_next(const struct fx_table *table,
                   uint32_t *cursor,
                   uint64_t *key_out,
                   union fx_table_value *value_out);

/** A secret of the process: who does not know it cannot choose keys that collide. */
struct fx_table_seed {
    uint64_t words[2];
};

struct fx_table_str_entry;

/** Keys of any bytes, also such as strangers choose. The table owns copies of the keys. */
struct fx_table_str {
    struct fx_table_str_entry *entries;
    struct fx_table_seed seed;
    uint32_t count;
    uint32_t capacity;
    uint32_t count_max;
};

/** As fx_table_init(). `seed` is random where keys come from outside, else any constant. */
void fx_table_str_init(struct fx_table_str *table, uint32_t count_max, struct fx_table_seed seed);
void fx_table_str_deinit(struct fx_table_str *table);
void fx_table_str_clear(struct fx_table_str *table);

/** As fx_table_put(); the key is copied where it is new. */
FX_MUST_USE bool fx_table_str_put(struct fx_table_str *table,
                                  fx_str key,
                                  union fx_table_value value);
union fx_table_value *fx_table_str_find(const struct fx_table_str *table, fx_str key);
bool fx_table_str_remove(struct fx_table_str *table, fx_str key);

/** As fx_table_next(); *key_out is borrowed until the key is removed. */
bool fx_table_str_next(const struct fx_table_str *table,
                       uint32_t *cursor,
                       fx_str *key_out,
                       union fx_table_value *value_out);

/** SipHash-2-4 of the bytes under the seed. Source: Aumasson and Bernstein, SipHash, 2012. */
uint64_t fx_table_hash_str(struct fx_table_seed seed, fx_str text);

#endif
