/**
 * @file seal.h
 * Secrets at rest: AES-256-GCM under one master key, as text that a table can hold.
 *
 * A sealed text is bound to its context (which table, which row): moved to another row it does not
 * open. Each sealing draws a fresh 96-bit nonce; far fewer than 2^32 texts are ever sealed by one
 * key. Source: NIST SP 800-38D. Thread: any; an object is never changed after it was made.
 */
#ifndef FX_BASE_SEAL_H
#define FX_BASE_SEAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"

enum {
    FX_SEAL_KEY_SIZE = 32,
    FX_SEAL_PLAIN_SIZE_MAX = 256,
    FX_SEAL_SIZE_MAX = 3 + (FX_SEAL_PLAIN_SIZE_MAX + 30) / 3 * 4 /* of a sealed text */
};

struct fx_seal;

/** Make a sealer with a copy of `key`. @return NULL without memory; gives. */
struct fx_seal *fx_seal_create(const uint8_t key[FX_SEAL_KEY_SIZE]);

/** Wipe and free it. Accepts NULL. */
void fx_seal_destroy(struct fx_seal *seal);

/** True where `text` looks sealed: it begins with "s1.". */
bool fx_seal_is_sealed(fx_str text);

/**
 * Append the sealed form of `plain` (at most FX_SEAL_PLAIN_SIZE_MAX bytes).
 * @return OK; BAD_PARAMETER (too long); IO (no randomness); NO_MEMORY (or `text_out` is full).
 */
FX_MUST_USE fx_status fx_seal_encode(const struct fx_seal *seal,
                                     fx_str context,
                                     fx_str plain,
                                     struct fx_buf *text_out);

/**
 * Append what was sealed. @return OK; CORRUPT (another key, another context, changed, or not
 * sealed); NO_MEMORY. Nothing is appended on failure. The caller wipes `plain_out`.
 */
FX_MUST_USE fx_status fx_seal_decode(const struct fx_seal *seal,
                                     fx_str context,
                                     fx_str text,
                                     struct fx_buf *plain_out);

#endif
