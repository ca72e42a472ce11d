/**
 * @file api_proof_int.h
 * The names by which a signed request is used up in the log and in the tables.
 * Thread: the gateway's.
 */
#ifndef FX_API_API_PROOF_INT_H
#define FX_API_API_PROOF_INT_H

#include "api/api_int.h"

/** A signature of version 2 was taken: the request is what it signs until fx_api_proof_end(). */
void fx_api_proof_begin(struct fx_api *api,
                        const uint8_t mac[FX_CRYPTO_SHA256_SIZE],
                        int64_t until_ms);
void fx_api_proof_end(struct fx_api *api);

/** Name the next command of this call. @return id 0 where the request is not signed, or no other
 * process has the same tables. */
struct fx_proof fx_api_proof_command(struct fx_api_call *call);

/** Name the next write to the tables of the request that is being handled; as above. */
struct fx_proof fx_api_proof_job(struct fx_api *api);

#endif
