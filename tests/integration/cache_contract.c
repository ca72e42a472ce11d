/* The contract of the cache port: a value is found, an older one never wins, an end stays an end.
 */
#include "integration/cache_contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "fx_test.h"

enum { TTL_MS = 60000, WAIT_MS = 5000, START_US = 1000000, MODEL_KEYS = 24, MODEL_STEPS = 1500 };

static const struct cache_contract_adapter *current;

static int setup(void **state)
{
    struct fx_cache *cache = NULL;
    assert_int_equal(current->open(true, &cache), FX_OK);
    assert_int_equal(fx_cache_flush(cache, START_US, WAIT_MS), FX_OK);
    assert_true(fx_cache_epoch(cache) > 0);
    *state = cache;
    return 0;
}

static int teardown(void **state)
{
    fx_cache_close(*state);
    return 0;
}

/* A value as the worker writes it; `version` makes values of one operation differ. */
static void put(struct fx_cache *cache, const char *key, uint64_t operation, const char *version)
{
    char value[256];
    (void)snprintf(value,
                   sizeof value,
                   "{\"id\":7,\"note\":\"%s\",\"operationId\":\"%llu\",\"updatedAt\":1}",
                   version,
                   (unsigned long long)operation);
    const struct fx_cache_entry entry = {.key = fx_str_of(key),
                                         .value = fx_str_of(value),
                                         .operation_id = operation,
                                         .ttl_ms = TTL_MS};
    assert_int_equal(fx_cache_put(cache, &entry), FX_OK);
}

/* The note of the value that is there; "" where there is none. */
static const char *note_of(struct fx_cache *cache, const char *key, char note[64])
{
    struct fx_buf buf;
    fx_buf_init(&buf, FX_CACHE_VALUE_SIZE_MAX);
    const fx_status status = fx_cache_get(cache, fx_str_of(key), WAIT_MS, &buf);
    note[0] = '\0';
    if (status == FX_OK) {
        fx_buf_append_byte(&buf, '\0');
        const char *from = strstr(buf.data, "\"note\":\"");
        assert_non_null(from);
        from += 8;
        const char *to = strchr(from, '"');
        assert_non_null(to);
        assert_true(fx_str_copy((fx_str){from, (size_t)(to - from)}, note, 64));
    } else {
        assert_int_equal(status, FX_NOT_FOUND);
    }
    fx_buf_deinit(&buf);
    return note;
}

#define ASSERT_NOTE(cache, key, expected)                                                          \
    do {                                                                                           \
        char note[64];                                                                             \
        assert_string_equal(note_of(cache, key, note), expected);                                  \
    } while (false)

static void cache_put_is_found_byte_for_byte(void **state)
{
    struct fx_cache *cache = *state;
    static const char VALUE[] = "{\"a\":\"\xc3\xa9 %s %d \\\" \\r\\n\",\"operationId\":\"1\"}";
    const struct fx_cache_entry entry = {.key = FX_STR("orders:userId_1:orderId_2"),
                                         .value = FX_STR(VALUE),
                                         .operation_id = 1,
                                         .ttl_ms = TTL_MS};
    struct fx_buf buf;
    fx_buf_init(&buf, FX_CACHE_VALUE_SIZE_MAX);
    assert_int_equal(fx_cache_get(cache, entry.key, WAIT_MS, &buf), FX_NOT_FOUND);
    assert_int_equal(fx_cache_put(cache, &entry), FX_OK);
    assert_int_equal(fx_cache_get(cache, entry.key, WAIT_MS, &buf), FX_OK);
    assert_true(fx_str_is_equal(fx_buf_str(&buf), entry.value));
    fx_buf_deinit(&buf);
}

static void cache_older_value_never_wins(void **state)
{
    struct fx_cache *cache = *state;
    /* Beyond 2^53, and of different lengths: as texts "9" is behind "10". */
    static const uint64_t OLDER[] = {9, 99, 9007199254740992, 9999999999999999999ULL};
    static const uint64_t NEWER[] = {10, 100, 9007199254740993, 18446744073709551615ULL};
    for (size_t index = 0; index < sizeof OLDER / sizeof OLDER[0]; index++) {
        char key[64];
        (void)snprintf(key, sizeof key, "accounts:userId_1:accountId_%zu", index);
        put(cache, key, NEWER[index], "newer");
        put(cache, key, OLDER[index], "older");
        ASSERT_NOTE(cache, key, "newer");
        put(cache, key, NEWER[index], "again");
        ASSERT_NOTE(cache, key, "again");
    }
    struct fx_cache_stats stats;
    fx_cache_stats(cache, &stats);
    assert_int_equal(stats.outdated, 4);
    assert_int_equal(stats.written, 12);
    assert_int_equal(stats.refused, 0);
}

static void cache_removed_value_stays_removed(void **state)
{
    struct fx_cache *cache = *state;
    const char *key = "orders:userId_1:orderId_5";
    put(cache, key, 10, "active");
    assert_int_equal(fx_cache_drop(cache, fx_str_of(key), 20), FX_OK);
    ASSERT_NOTE(cache, key, "");
    put(cache, key, 10, "active"); /* what a worker repeats after a crash */
    put(cache, key, 20, "the change that ended it");
    ASSERT_NOTE(cache, key, "");
    assert_int_equal(fx_cache_drop(cache, fx_str_of(key), 15), FX_OK);
    put(cache, key, 16, "between two removals");
    ASSERT_NOTE(cache, key, "");
    put(cache, key, 21, "newer");
    ASSERT_NOTE(cache, key, "newer");
    assert_int_equal(fx_cache_drop(cache, fx_str_of(key), 20), FX_OK); /* too old to remove it */
    ASSERT_NOTE(cache, key, "newer");
}

static void cache_foreign_value_gives_way(void **state)
{
    struct fx_cache *cache = *state;
    const struct fx_cache_entry seed = {
        .key = FX_STR("ticker:BTCUSDT"), .value = FX_STR("{\"x\":1}"), .ttl_ms = TTL_MS};
    assert_int_equal(fx_cache_put(cache, &seed), FX_OK);
    put(cache, "ticker:BTCUSDT", 1, "ours");
    ASSERT_NOTE(cache, "ticker:BTCUSDT", "ours");
}

static void cache_value_ends_with_its_time(void **state)
{
    struct fx_cache *cache = *state;
    struct fx_cache_entry entry = {.key = FX_STR("ticker:BTCUSDT"),
                                   .value = FX_STR("{\"note\":\"now\",\"operationId\":\"3\"}"),
                                   .operation_id = 3,
                                   .ttl_ms = 1500};
    assert_int_equal(fx_cache_put(cache, &entry), FX_OK);
    ASSERT_NOTE(cache, "ticker:BTCUSDT", "now");
    current->pass(cache, 1600);
    ASSERT_NOTE(cache, "ticker:BTCUSDT", "");
    entry.operation_id = 2; /* nothing is left to compare it with */
    entry.value = FX_STR("{\"note\":\"later\",\"operationId\":\"2\"}");
    entry.ttl_ms = TTL_MS;
    assert_int_equal(fx_cache_put(cache, &entry), FX_OK);
    ASSERT_NOTE(cache, "ticker:BTCUSDT", "later");
}

static void cache_bad_sizes_are_refused(void **state)
{
    struct fx_cache *cache = *state;
    static char large[FX_CACHE_VALUE_SIZE_MAX + 1];
    memset(large, 'x', sizeof large);
    struct fx_cache_entry entry = {
        .key = FX_STR("k"), .value = {large, sizeof large - 1}, .operation_id = 1, .ttl_ms = 1000};
    assert_int_equal(fx_cache_put(cache, &entry), FX_OK);
    entry.value.size = sizeof large;
    assert_int_equal(fx_cache_put(cache, &entry), FX_BAD_PARAMETER);
    entry.value = FX_STR("");
    assert_int_equal(fx_cache_put(cache, &entry), FX_BAD_PARAMETER);
    entry.value = FX_STR("v");
    entry.ttl_ms = 0;
    assert_int_equal(fx_cache_put(cache, &entry), FX_BAD_PARAMETER);
    entry.ttl_ms = 1;
    entry.key = (fx_str){large, FX_CACHE_KEY_SIZE_MAX + 1};
    assert_int_equal(fx_cache_put(cache, &entry), FX_BAD_PARAMETER);
    entry.key = FX_STR("");
    assert_int_equal(fx_cache_put(cache, &entry), FX_BAD_PARAMETER);
    assert_int_equal(fx_cache_drop(cache, FX_STR(""), 1), FX_BAD_PARAMETER);
    struct fx_buf buf;
    fx_buf_init(&buf, 10);
    assert_int_equal(fx_cache_get(cache, FX_STR("k"), WAIT_MS, &buf), FX_BODY_TOO_LARGE);
    fx_buf_deinit(&buf);
}

static void count_key(void *context, fx_str key)
{
    uint8_t *seen = context;
    const size_t at = fx_str_find(key, '#', 0);
    uint64_t number = 0;
    assert_true(at != SIZE_MAX);
    assert_true(fx_str_parse_u64(fx_str_slice(key, at + 1, SIZE_MAX), &number));
    assert_true(number < 3000);
    seen[number] = 1;
}

static void cache_scan_finds_all_of_a_prefix(void **state)
{
    struct fx_cache *cache = *state;
    static uint8_t seen[3000];
    memset(seen, 0, sizeof seen);
    for (uint32_t number = 0; number < 3000; number++) {
        char key[64];
        (void)snprintf(
            key, sizeof key, "%s:#%u", number % 2 == 0 ? "orders:*[x]" : "orders:axx", number);
        put(cache, key, 1, "x");
    }
    assert_int_equal(fx_cache_scan(cache, FX_STR("orders:*[x]"), WAIT_MS, count_key, seen), FX_OK);
    for (uint32_t number = 0; number < 3000; number++) {
        assert_int_equal(seen[number], number % 2 == 0); /* a prefix is no pattern */
    }
}

static void cache_emptied_raises_the_epoch(void **state)
{
    struct fx_cache *cache = *state;
    put(cache, "accounts:userId_1:accountId_1", 5, "before");
    ASSERT_NOTE(cache, "accounts:userId_1:accountId_1", "before");
    const uint64_t epoch = fx_cache_epoch(cache);
    current->empty(cache);
    int64_t now_us = START_US + 20000000;
    for (uint32_t turn = 0; turn < 2000 && fx_cache_epoch(cache) == epoch; turn++) {
        now_us += 10000;
        (void)fx_cache_step(cache, now_us);
        fx_cache_wait(cache, 10);
    }
    assert_true(fx_cache_epoch(cache) > epoch);
    ASSERT_NOTE(cache, "accounts:userId_1:accountId_1", "");
    put(cache, "accounts:userId_1:accountId_1", 5, "again");
    ASSERT_NOTE(cache, "accounts:userId_1:accountId_1", "again");
}

static void cache_two_writers_end_with_the_newest(void **state)
{
    struct fx_cache *first = *state;
    struct fx_cache *second = first;
    if (current->is_shared) {
        assert_int_equal(current->open(false, &second), FX_OK);
    }
    assert_int_equal(fx_cache_flush(second, START_US, WAIT_MS), FX_OK);
    for (uint64_t operation = 1; operation <= 300; operation++) {
        put(operation % 2 == 0 ? first : second, "positions:userId_1:positionId_1", operation, "x");
    }
    put(first, "positions:userId_1:positionId_1", 301, "last");
    assert_int_equal(fx_cache_flush(first, START_US, WAIT_MS), FX_OK);
    assert_int_equal(fx_cache_flush(second, START_US, WAIT_MS), FX_OK);
    ASSERT_NOTE(second, "positions:userId_1:positionId_1", "last");
    if (current->is_shared) {
        fx_cache_close(second);
    }
}

/* What one key should hold. */
struct model {
    uint64_t operation_id;
    bool is_there;
    char version[16];
};

static void step_model(struct fx_cache *cache, struct model models[MODEL_KEYS], struct fx_rng *rng)
{
    char key[64];
    const uint64_t at = fx_rng_below(rng, MODEL_KEYS);
    const uint64_t operation = 1 + fx_rng_below(rng, 60);
    struct model *model = &models[at];
    (void)snprintf(key, sizeof key, "orders:userId_1:orderId_%llu", (unsigned long long)at);
    if (fx_rng_below(rng, 4) == 0) {
        assert_int_equal(fx_cache_drop(cache, fx_str_of(key), operation), FX_OK);
        if (operation >= model->operation_id) {
            model->operation_id = operation;
            model->is_there = false;
        }
        return;
    }
    char version[16];
    (void)snprintf(version, sizeof version, "%llu", (unsigned long long)fx_rng_below(rng, 100000));
    put(cache, key, operation, version);
    if (operation > model->operation_id || (operation == model->operation_id && model->is_there)) {
        model->operation_id = operation;
        model->is_there = true;
        memcpy(model->version, version, sizeof version);
    }
}

static void cache_random_writes_equal_a_model(void **state)
{
    struct fx_cache *cache = *state;
    static struct model models[MODEL_KEYS];
    struct fx_rng rng;
    memset(models, 0, sizeof models);
    const char *seed = getenv("FX_SEED");
    fx_rng_init(&rng, seed == NULL ? 20240229 : strtoull(seed, NULL, 10));
    for (uint32_t step = 0; step < MODEL_STEPS; step++) {
        step_model(cache, models, &rng);
    }
    for (uint32_t at = 0; at < MODEL_KEYS; at++) {
        char key[64];
        (void)snprintf(key, sizeof key, "orders:userId_1:orderId_%u", at);
        ASSERT_NOTE(cache, key, models[at].is_there ? models[at].version : "");
    }
}

#define TEST(function)                                                                             \
    {                                                                                              \
#function, function, setup, teardown, NULL                                                 \
    }

int cache_contract_run(const struct cache_contract_adapter *adapter)
{
    current = adapter;
    const struct CMUnitTest tests[] = {
        TEST(cache_put_is_found_byte_for_byte),
        TEST(cache_older_value_never_wins),
        TEST(cache_removed_value_stays_removed),
        TEST(cache_foreign_value_gives_way),
        TEST(cache_value_ends_with_its_time),
        TEST(cache_bad_sizes_are_refused),
        TEST(cache_scan_finds_all_of_a_prefix),
        TEST(cache_emptied_raises_the_epoch),
        TEST(cache_two_writers_end_with_the_newest),
        TEST(cache_random_writes_equal_a_model),
    };
    return cmocka_run_group_tests_name(adapter->name, tests, NULL, NULL);
}
