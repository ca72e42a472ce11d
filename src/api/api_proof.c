/* A signed request counts once, to whichever process it is sent and how often.
 *
 * Each process remembers what it has taken (api_replay.c), which is quick and says so at once; the
 * others learn of it where the change itself becomes durable: a command carries the proof into the
 * log, where every follower drops the second one (worker_proof.c); a write to the tables is made
 * behind a row with it (store_proof.c). No third system decides. */
#include <string.h>

#include "api/api_proof_int.h"
#include "base/crypto.h"

enum { PART_SIZE = 8, SUM_SIZE = 8 };

static const uint64_t JOB_BIT = 1ULL << 63;

void fx_api_proof_begin(struct fx_api *api,
                        const uint8_t mac[FX_CRYPTO_SHA256_SIZE],
                        int64_t until_ms)
{
    api->signature = (struct fx_api_signed){.until_ms = until_ms, .is_set = true};
    memcpy(api->signature.mac, mac, sizeof api->signature.mac);
}

void fx_api_proof_end(struct fx_api *api)
{
    api->signature.is_set = false;
}

/* 63 bits of the hash of signature and part: two of one name only make a request be refused. */
static struct fx_proof name(const struct fx_api *api, uint64_t part)
{
    uint8_t text[FX_CRYPTO_SHA256_SIZE + PART_SIZE];
    uint8_t digest[FX_CRYPTO_SHA256_SIZE];
    struct fx_proof proof = {.until_ms = api->signature.until_ms};
    if (!api->signature.is_set || !api->options.is_shared) {
        return (struct fx_proof){0};
    }
    memcpy(text, api->signature.mac, FX_CRYPTO_SHA256_SIZE);
    for (uint32_t index = 0; index < PART_SIZE; index++) {
        text[FX_CRYPTO_SHA256_SIZE + index] = (uint8_t)(part >> (8 * index));
    }
    fx_crypto_sha256(fx_crypto_str(text, sizeof text), digest);
    for (uint32_t index = 0; index < SUM_SIZE; index++) {
        proof.id = proof.id << 8U | digest[index];
    }
    proof.id &= INT64_MAX;
    proof.id += proof.id == 0 ? 1 : 0;
    return proof;
}

struct fx_proof fx_api_proof_command(struct fx_api_call *call)
{
    return name(call->api, (uint64_t)call->part << 16U | call->part_commands++);
}

struct fx_proof fx_api_proof_job(struct fx_api *api)
{
    return name(api, JOB_BIT | api->signature.jobs++);
}
