#include "cache/cache_mem.h"

#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "cache/cache_int.h"

/* A value, or the memory of a removal (size == 0). */
struct item {
    uint64_t operation_id;
    int64_t expire_us;
    uint32_t size;
    char bytes[];
};

struct mem {
    struct fx_cache head;
    struct fx_table_str items; /* -> struct item */
};

/* All values are alike to this room, so any constant does: nobody outside chooses keys. */
static const struct fx_table_seed SEED = {{0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9}};

static struct mem *mem_of(struct fx_cache *cache)
{
    return (struct mem *)cache;
}

static void clear(struct mem *mem)
{
    uint32_t cursor = 0;
    fx_str key = {0};
    union fx_table_value value;
    while (fx_table_str_next(&mem->items, &cursor, &key, &value)) {
        free(value.pointer);
    }
    fx_table_str_clear(&mem->items);
}

static void mem_close(struct fx_cache *cache)
{
    struct mem *mem = mem_of(cache);
    clear(mem);
    fx_table_str_deinit(&mem->items);
    fx_cache_deinit(cache);
    free(mem);
}

static void forget(struct mem *mem, fx_str key, struct item *item)
{
    (void)fx_table_str_remove(&mem->items, key);
    free(item);
}

/* The living item of a key; NULL where there is none. */
static struct item *find(struct mem *mem, fx_str key)
{
    union fx_table_value *value = fx_table_str_find(&mem->items, key);
    if (value == NULL) {
        return NULL;
    }
    struct item *item = value->pointer;
    if (item->expire_us <= mem->head.now_us) {
        forget(mem, key, item);
        return NULL;
    }
    return item;
}

static fx_status store(struct mem *mem, const struct fx_cache_entry *entry)
{
    struct item *old = find(mem, entry->key);
    mem->head.stats.written++;
    if (old != NULL && old->operation_id > entry->operation_id) {
        mem->head.stats.outdated++;
        return FX_OK;
    }
    struct item *item = malloc(sizeof *item + entry->value.size);
    if (item == NULL) {
        return FX_NO_MEMORY;
    }
    item->operation_id = entry->operation_id;
    item->expire_us = mem->head.now_us + (int64_t)entry->ttl_ms * 1000;
    item->size = (uint32_t)entry->value.size;
    if (item->size > 0) {
        memcpy(item->bytes, entry->value.data, item->size);
    }
    const union fx_table_value value = {.pointer = item};
    if (!fx_table_str_put(&mem->items, entry->key, value)) {
        free(item);
        return FX_BUSY;
    }
    free(old); // NOLINT(clang-analyzer-unix.Malloc): the table holds the new one
    return FX_OK;
}

static fx_status mem_put(struct fx_cache *cache, const struct fx_cache_entry *entry)
{
    struct item *old = find(mem_of(cache), entry->key);
    if (old != NULL && old->size == 0 && old->operation_id == entry->operation_id) {
        cache->stats.written++; /* the change that removed it wrote nothing later */
        cache->stats.outdated++;
        return FX_OK;
    }
    return store(mem_of(cache), entry);
}

static fx_status mem_drop(struct fx_cache *cache, fx_str key, uint64_t operation_id)
{
    const struct fx_cache_entry gone = {
        .key = key, .operation_id = operation_id, .ttl_ms = FX_CACHE_GONE_SECONDS * 1000};
    return store(mem_of(cache), &gone);
}

static fx_status mem_step(struct fx_cache *cache, int64_t now_us)
{
    (void)now_us;
    if (cache->epoch == 0) {
        cache->epoch = 1;
        cache->stats.connected = 1;
    }
    return FX_OK;
}

static void mem_wait(const struct fx_cache *cache, int timeout_ms)
{
    (void)cache;
    (void)timeout_ms;
}

static bool mem_is_idle(const struct fx_cache *cache)
{
    (void)cache;
    return true;
}

static uint64_t mem_queued(const struct fx_cache *cache, uint32_t *percent_out)
{
    (void)cache;
    *percent_out = 0;
    return 0;
}

static fx_status mem_ask_get(struct fx_cache *cache, fx_str key)
{
    const struct item *item = find(mem_of(cache), key);
    const bool is_there = item != NULL && item->size > 0;
    cache->answer.is_open = false;
    cache->answer.status = is_there ? FX_OK : FX_NOT_FOUND;
    if (is_there) {
        fx_buf_append(&cache->answer.text, (fx_str){item->bytes, item->size});
    }
    return FX_OK;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): the port's order
static fx_status mem_ask_scan(struct fx_cache *cache, fx_str prefix, fx_str cursor)
{
    const struct mem *mem = mem_of(cache);
    uint32_t at = 0;
    fx_str key = {0};
    union fx_table_value value;
    (void)cursor; /* all in one turn */
    while (fx_table_str_next(&mem->items, &at, &key, &value)) {
        const struct item *item = value.pointer;
        if (item->size > 0 && item->expire_us > cache->now_us && fx_str_has_prefix(key, prefix)) {
            fx_cache_answer_key(cache, key);
        }
    }
    cache->answer.is_open = false;
    cache->answer.status = FX_OK;
    memcpy(cache->answer.cursor, "0", 2);
    return FX_OK;
}

static const char *mem_error_text(const struct fx_cache *cache)
{
    (void)cache;
    return "";
}

static const struct fx_cache_ops OPS = {.close = mem_close,
                                        .put = mem_put,
                                        .drop = mem_drop,
                                        .step = mem_step,
                                        .wait = mem_wait,
                                        .is_idle = mem_is_idle,
                                        .queued = mem_queued,
                                        .ask_get = mem_ask_get,
                                        .ask_scan = mem_ask_scan,
                                        .error_text = mem_error_text};

fx_status fx_cache_mem_open(uint32_t entries_max, struct fx_cache **cache_out)
{
    struct mem *mem = calloc(1, sizeof *mem);
    if (mem == NULL) {
        return FX_NO_MEMORY;
    }
    fx_cache_init(&mem->head, &OPS);
    fx_table_str_init(&mem->items, entries_max, SEED);
    *cache_out = &mem->head;
    return FX_OK;
}

void fx_cache_mem_clear(struct fx_cache *cache)
{
    clear(mem_of(cache));
    cache->epoch++;
}
