#include <stdlib.h>
#include <string.h>

#include "api/api_replay_int.h"
#include "base/panic.h"
#include "base/table.h"

enum { WAYS = 16 };

struct entry {
    int64_t until_ms; /* 0: free */
    uint8_t mac[FX_CRYPTO_SHA256_SIZE];
};

/* Sets of WAYS entries. The set is chosen by a keyed hash: who may sign cannot fill one of them. */
struct fx_api_replay {
    struct fx_table_seed seed;
    uint32_t set_mask;
    struct entry *entries;
};

struct fx_api_replay *fx_api_replay_create(uint32_t entry_count)
{
    FX_ASSERT(entry_count >= WAYS && (entry_count & (entry_count - 1)) == 0);
    struct fx_api_replay *replay = calloc(1, sizeof *replay);
    if (replay == NULL) {
        return NULL;
    }
    replay->set_mask = entry_count / WAYS - 1;
    replay->entries = calloc(entry_count, sizeof replay->entries[0]);
    if (replay->entries == NULL || fx_crypto_random(&replay->seed, sizeof replay->seed) != FX_OK) {
        fx_api_replay_destroy(replay);
        return NULL;
    }
    return replay;
}

void fx_api_replay_destroy(struct fx_api_replay *replay)
{
    if (replay != NULL) {
        free(replay->entries);
        free(replay);
    }
}

fx_status fx_api_replay_put(struct fx_api_replay *replay,
                            const uint8_t mac[FX_CRYPTO_SHA256_SIZE],
                            const struct fx_api_replay_times *times)
{
    const fx_str text = fx_crypto_str(mac, FX_CRYPTO_SHA256_SIZE);
    const uint64_t hash = fx_table_hash_str(replay->seed, text);
    struct entry *set = &replay->entries[(size_t)(hash & replay->set_mask) * WAYS];
    struct entry *vacant = NULL;
    for (uint32_t way = 0; way < WAYS; way++) {
        struct entry *entry = &set[way];
        if (entry->until_ms != 0 && memcmp(entry->mac, mac, sizeof entry->mac) == 0) {
            return FX_REPLAYED;
        }
        if (entry->until_ms < times->now_ms) {
            vacant = entry;
        }
    }
    if (vacant == NULL) {
        return FX_BUSY;
    }
    vacant->until_ms = times->until_ms;
    memcpy(vacant->mac, mac, sizeof vacant->mac);
    return FX_OK;
}
