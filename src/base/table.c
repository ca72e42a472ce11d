/* Linear probing: an entry lies at the place of its hash or behind it, with no free place between
 * (T1). Removing shifts the entries behind it back instead of leaving tombstones, so T1 holds with
 * free places only. At most three of four places are used (T2), so every search ends.
 *
 * Both tables move entries the same way; what differs is how a key is hashed and compared. */
#include "base/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/panic.h"

enum { CAPACITY_MIN = 16, NEIGHBOURS = 8 /* a power of two, at most CAPACITY_MIN */ };

struct fx_table_entry {
    uint64_t key;
    union fx_table_value value;
    bool is_used;
};

struct fx_table_str_entry {
    char *key; /* an owned copy; NULL where the place is free, never for an empty key */
    size_t key_size;
    union fx_table_value value;
    uint64_t hash;
};

/* The capacity at which one more entry fits under T2; 0 where count_max forbids it. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): the fields of a table in their order
static uint32_t capacity_for_one_more(uint32_t count, uint32_t capacity, uint32_t count_max)
{
    if (count >= count_max) {
        return 0;
    }
    if (capacity == 0) {
        return CAPACITY_MIN;
    }
    return count + 1 <= capacity / 4 * 3 ? capacity : 2 * capacity;
}

/* True where an entry at `place`, whose hash says `home`, may not move to `hole`: its home lies
 * cyclically behind the hole. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): three places of one table
static bool must_stay(uint32_t hole, uint32_t home, uint32_t place)
{
    return hole <= place ? hole < home && home <= place : hole < home || home <= place;
}

/* Most ids are given one after the other: neighbours of a row of NEIGHBOURS ids lie side by side,
 * so that a table larger than the cache costs few lines; where the row lies is mixed from all other
 * bits. Ids that are multiples of it (of clocks, say) have a few more steps to go, not many. */
static uint32_t home_of(const struct fx_table *table, uint64_t key)
{
    const uint64_t row = key / NEIGHBOURS;
    uint64_t mixed = row ^ row >> 32;
    mixed *= 0x9E3779B97F4A7C15U;
    mixed ^= mixed >> 29;
    mixed *= 0xBF58476D1CE4E5B9U;
    const uint32_t place = (uint32_t)(mixed >> 32) * NEIGHBOURS + (uint32_t)(key % NEIGHBOURS);
    return place & (table->capacity - 1);
}

void fx_table_init(struct fx_table *table, uint32_t count_max)
{
    FX_ASSERT(count_max > 0 && count_max <= FX_TABLE_COUNT_MAX);
    *table = (struct fx_table){.count_max = count_max};
}

void fx_table_deinit(struct fx_table *table)
{
    free(table->entries);
    *table = (struct fx_table){.count_max = table->count_max};
}

void fx_table_clear(struct fx_table *table)
{
    if (table->count > 0) {
        memset(table->entries, 0, table->capacity * sizeof *table->entries);
        table->count = 0;
    }
}

/* The key's entry, or the free place where it would go. */
static struct fx_table_entry *probe(const struct fx_table *table, uint64_t key)
{
    uint32_t place = home_of(table, key);
    while (table->entries[place].is_used && table->entries[place].key != key) {
        place = (place + 1) & (table->capacity - 1);
    }
    return &table->entries[place];
}

static bool grow(struct fx_table *table, uint32_t capacity)
{
    struct fx_table grown = *table;
    grown.capacity = capacity;
    grown.entries = calloc(capacity, sizeof *grown.entries);
    if (grown.entries == NULL) {
        return false;
    }
    for (uint32_t place = 0; place < table->capacity; place++) {
        if (table->entries[place].is_used) {
            *probe(&grown, table->entries[place].key) = table->entries[place];
        }
    }
    free(table->entries);
    *table = grown;
    return true;
}

union fx_table_value *fx_table_find(const struct fx_table *table, uint64_t key)
{
    if (table->count == 0) {
        return NULL;
    }
    struct fx_table_entry *entry = probe(table, key);
    return entry->is_used ? &entry->value : NULL;
}

bool fx_table_put(struct fx_table *table, uint64_t key, union fx_table_value value)
{
    union fx_table_value *found = fx_table_find(table, key);
    if (found != NULL) {
        *found = value;
        return true;
    }
    const uint32_t capacity =
        capacity_for_one_more(table->count, table->capacity, table->count_max);
    if (capacity == 0 || (capacity != table->capacity && !grow(table, capacity))) {
        return false;
    }
    struct fx_table_entry *entry = probe(table, key);
    FX_ASSERT(!entry->is_used);
    *entry = (struct fx_table_entry){.key = key, .value = value, .is_used = true};
    table->count++;
    return true;
}

bool fx_table_remove(struct fx_table *table, uint64_t key)
{
    struct fx_table_entry *entry = table->count > 0 ? probe(table, key) : NULL;
    if (entry == NULL || !entry->is_used) {
        return false;
    }
    uint32_t hole = (uint32_t)(entry - table->entries);
    uint32_t place = (hole + 1) & (table->capacity - 1);
    for (; table->entries[place].is_used; place = (place + 1) & (table->capacity - 1)) {
        if (!must_stay(hole, home_of(table, table->entries[place].key), place)) {
            table->entries[hole] = table->entries[place];
            hole = place;
        }
    }
    table->entries[hole] = (struct fx_table_entry){.is_used = false};
    table->count--;
    return true;
}

bool fx_table_next(const struct fx_table *table,
                   uint32_t *cursor,
                   uint64_t *key_out,
                   union fx_table_value *value_out)
{
    while (*cursor < table->capacity) {
        const struct fx_table_entry *entry = &table->entries[(*cursor)++];
        if (entry->is_used) {
            *key_out = entry->key;
            *value_out = entry->value;
            return true;
        }
    }
    return false;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): as in the language's shifts
static uint64_t rotate_left(uint64_t value, int bits)
{
    return value << bits | value >> (64 - bits);
}

static void sip_rounds(uint64_t v[4], int rounds)
{
    for (int round = 0; round < rounds; round++) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate_left(v[1], 13) ^ v[0];
        v[3] = rotate_left(v[3], 16) ^ v[2];
        v[0] = rotate_left(v[0], 32) + v[3];
        v[2] += v[1];
        v[3] = rotate_left(v[3], 21) ^ v[0];
        v[1] = rotate_left(v[1], 17) ^ v[2];
        v[2] = rotate_left(v[2], 32);
    }
}

uint64_t fx_table_hash_str(struct fx_table_seed seed, fx_str text)
{
    uint64_t v[4] = {
        seed.words[0] ^ 0x736F6D6570736575U,
        seed.words[1] ^ 0x646F72616E646F6DU,
        seed.words[0] ^ 0x6C7967656E657261U,
        seed.words[1] ^ 0x7465646279746573U,
    };
    size_t at = 0;
    for (; text.size - at >= 8; at += 8) {
        uint64_t word = 0;
        memcpy(&word, text.data + at, sizeof word);
        v[3] ^= word;
        sip_rounds(v, 2);
        v[0] ^= word;
    }
    uint64_t last = (uint64_t)(text.size & 0xFF) << 56;
    for (size_t index = 0; at + index < text.size; index++) {
        last |= (uint64_t)(unsigned char)text.data[at + index] << (8 * index);
    }
    v[3] ^= last;
    sip_rounds(v, 2);
    v[0] ^= last;
    v[2] ^= 0xFF;
    sip_rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void fx_table_str_init(struct fx_table_str *table, uint32_t count_max, struct fx_table_seed seed)
{
    FX_ASSERT(count_max > 0 && count_max <= FX_TABLE_COUNT_MAX);
    *table = (struct fx_table_str){.seed = seed, .count_max = count_max};
}

static fx_str key_of(const struct fx_table_str_entry *entry)
{
    return (fx_str){entry->key, entry->key_size};
}

void fx_table_str_clear(struct fx_table_str *table)
{
    for (uint32_t place = 0; place < table->capacity; place++) {
        free(table->entries[place].key);
        table->entries[place] = (struct fx_table_str_entry){.hash = 0};
    }
    table->count = 0;
}

void fx_table_str_deinit(struct fx_table_str *table)
{
    fx_table_str_clear(table);
    free(table->entries);
    table->entries = NULL;
    table->capacity = 0;
}

static struct fx_table_str_entry *probe_str(const struct fx_table_str *table,
                                            fx_str key,
                                            uint64_t hash)
{
    uint32_t place = (uint32_t)hash & (table->capacity - 1);
    while (table->entries[place].key != NULL &&
           (table->entries[place].hash != hash ||
            !fx_str_is_equal(key_of(&table->entries[place]), key))) {
        place = (place + 1) & (table->capacity - 1);
    }
    return &table->entries[place];
}

static bool grow_str(struct fx_table_str *table, uint32_t capacity)
{
    struct fx_table_str grown = *table;
    grown.capacity = capacity;
    grown.entries = calloc(capacity, sizeof *grown.entries);
    if (grown.entries == NULL) {
        return false;
    }
    for (uint32_t place = 0; place < table->capacity; place++) {
        const struct fx_table_str_entry *entry = &table->entries[place];
        if (entry->key != NULL) {
            *probe_str(&grown, key_of(entry), entry->hash) = *entry;
        }
    }
    free(table->entries);
    *table = grown;
    return true;
}

union fx_table_value *fx_table_str_find(const struct fx_table_str *table, fx_str key)
{
    if (table->count == 0) {
        return NULL;
    }
    struct fx_table_str_entry *entry = probe_str(table, key, fx_table_hash_str(table->seed, key));
    return entry->key != NULL ? &entry->value : NULL;
}

bool fx_table_str_put(struct fx_table_str *table, fx_str key, union fx_table_value value)
{
    union fx_table_value *found = fx_table_str_find(table, key);
    if (found != NULL) {
        *found = value;
        return true;
    }
    const uint32_t capacity =
        capacity_for_one_more(table->count, table->capacity, table->count_max);
    if (capacity == 0 || (capacity != table->capacity && !grow_str(table, capacity))) {
        return false;
    }
    char *copy = malloc(key.size > 0 ? key.size : 1);
    if (copy == NULL) {
        return false;
    }
    if (key.size > 0) {
        memcpy(copy, key.data, key.size);
    }
    const uint64_t hash = fx_table_hash_str(table->seed, key);
    struct fx_table_str_entry *entry = probe_str(table, key, hash);
    FX_ASSERT(entry->key == NULL);
    *entry = (struct fx_table_str_entry){copy, key.size, value, hash};
    table->count++;
    return true;
}

bool fx_table_str_remove(struct fx_table_str *table, fx_str key)
{
    struct fx_table_str_entry *entry =
        table->count > 0 ? probe_str(table, key, fx_table_hash_str(table->seed, key)) : NULL;
    if (entry == NULL || entry->key == NULL) {
        return false;
    }
    free(entry->key);
    const uint32_t mask = table->capacity - 1;
    uint32_t hole = (uint32_t)(entry - table->entries);
    uint32_t place = (hole + 1) & mask;
    for (; table->entries[place].key != NULL; place = (place + 1) & mask) {
        if (!must_stay(hole, (uint32_t)table->entries[place].hash & mask, place)) {
            table->entries[hole] = table->entries[place];
            hole = place;
        }
    }
    table->entries[hole] = (struct fx_table_str_entry){.hash = 0};
    table->count--;
    return true;
}

bool fx_table_str_next(const struct fx_table_str *table,
                       uint32_t *cursor,
                       fx_str *key_out,
                       union fx_table_value *value_out)
{
    while (*cursor < table->capacity) {
        const struct fx_table_str_entry *entry = &table->entries[(*cursor)++];
        if (entry->key != NULL) {
            *key_out = key_of(entry);
            *value_out = entry->value;
            return true;
        }
    }
    return false;
}
