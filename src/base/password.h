/**
 * @file password.h
 * Passwords as bcrypt hashes: `$2b$`, as the npm package bcrypt writes and reads them.
 *
 * Hashing is slow on purpose (cost 10: 50 ms, 11: 100 ms, 12: 200 ms of CPU): call it only from a
 * bounded pool of helper threads, never from an event loop. Thread: any; no shared state.
 */
#ifndef FX_BASE_PASSWORD_H
#define FX_BASE_PASSWORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

enum {
    FX_PASSWORD_SIZE_MAX = 72, /* bcrypt ignores what comes after, so longer ones are refused */
    FX_PASSWORD_HASH_SIZE = 60,
    FX_PASSWORD_COST_MIN = 4,
    FX_PASSWORD_COST_MAX = 16
};

/** True where bcrypt takes all of it: 1..72 bytes, none of them NUL. */
bool fx_password_is_acceptable(fx_str password);

/**
 * Hash with a fresh salt; `hash_out` gets 60 characters and a NUL. FX_PASSWORD_COST_MIN <= cost <=
 * FX_PASSWORD_COST_MAX.
 * @return OK; BAD_PARAMETER (not acceptable); IO (no randomness); NO_MEMORY; INTERNAL.
 */
FX_MUST_USE fx_status fx_password_hash(fx_str password,
                                       uint32_t cost,
                                       char hash_out[FX_PASSWORD_HASH_SIZE + 1]);

/**
 * Compare in constant time. Takes $2a$, $2b$ and $2y$ hashes up to FX_PASSWORD_COST_MAX.
 * @return OK; BAD_CREDENTIALS (another password, or one that is not acceptable); CORRUPT (`hash`
 * is not such a hash); NO_MEMORY.
 */
FX_MUST_USE fx_status fx_password_verify(fx_str password, fx_str hash);

/**
 * Spend the time of a verification for a user who does not exist, so that the answer's delay does
 * not tell. @return BAD_CREDENTIALS or NO_MEMORY, never OK.
 */
FX_MUST_USE fx_status fx_password_verify_unknown(fx_str password, uint32_t cost);

/** True where `hash` should be made anew at the next login: another prefix than $2b$ or lower cost.
 */
bool fx_password_is_outdated(fx_str hash, uint32_t cost);

#endif
