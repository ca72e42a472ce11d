/**
 * @file api_replay_int.h
 * The signatures that were accepted and could still be sent again. Thread: the gateway's.
 */
#ifndef FX_API_API_REPLAY_INT_H
#define FX_API_API_REPLAY_INT_H

#include <stdint.h>

#include "base/crypto.h"
#include "base/status.h"

struct fx_api_replay;

/** Room for `entry_count` signatures (a power of two, >= 8). @return NULL without memory; gives. */
struct fx_api_replay *fx_api_replay_create(uint32_t entry_count);

/** Free it. Accepts NULL. */
void fx_api_replay_destroy(struct fx_api_replay *replay);

/** When a signature came, and the last moment at which its timestamp is in its window. */
struct fx_api_replay_times {
    int64_t now_ms;
    int64_t until_ms;
};

/**
 * Note a signature. @return OK; REPLAYED where it was noted before; BUSY where too many are alive:
 * a live one is never forgotten.
 */
FX_MUST_USE fx_status fx_api_replay_put(struct fx_api_replay *replay,
                                        const uint8_t mac[FX_CRYPTO_SHA256_SIZE],
                                        const struct fx_api_replay_times *times);

#endif
