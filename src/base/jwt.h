/**
 * @file jwt.h
 * JSON Web Tokens signed with RS256: one algorithm, one strict form, and a cache of verified ones.
 *
 * The header's `alg` must be RS256 before any cryptography happens. A token is refused for any
 * second way to write the same thing: duplicate keys, padding, unused bits, nesting, `crit`.
 * `sub` and `exp` are always required. Time is an argument. Thread: an object belongs to one
 * thread at a time. Source: RELIABILITY section 13, RFC 7519, RFC 8725.
 */
#ifndef FX_BASE_JWT_H
#define FX_BASE_JWT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "base/status.h"
#include "base/str.h"

enum {
    FX_JWT_SIZE_MAX = 4096,
    FX_JWT_KEYS_MAX = 2,
    FX_JWT_JTI_SIZE_MAX = 64,
    FX_JWT_SKEW_S_MAX = 30,
    FX_JWT_CACHE_ENTRIES_MAX = 1 << 20,
    FX_JWT_MEMO_SIZE_MAX = 1024
};

/** What a token says. Times are seconds since 1970; 0 = absent. */
struct fx_jwt_claims {
    uint64_t user_id;     /* sub, never 0 */
    int64_t issued_at_s;  /* iat: compare it with the user's revocation time */
    int64_t expires_at_s; /* exp, never 0 */
    int64_t starts_at_s;  /* nbf */
    uint32_t jti_size;
    char jti[FX_JWT_JTI_SIZE_MAX]; /* jti, not NUL-terminated */
};

/** A key of the local allow-list. `kid` is empty where the key has no name. */
struct fx_jwt_key {
    struct fx_crypto_rsa *rsa;
    fx_str kid;
};

/** keys[0] signs; all verify, so that keys can be rotated. Empty strings are not checked. */
struct fx_jwt_options {
    struct fx_jwt_key keys[FX_JWT_KEYS_MAX];
    uint32_t key_count; /* 1..FX_JWT_KEYS_MAX */
    uint32_t skew_s;    /* tolerated difference of clocks, 0..FX_JWT_SKEW_S_MAX */
    fx_str issuer;      /* iss */
    fx_str audience;    /* aud: must be it or contain it */
    fx_str type;        /* typ of the claims: "access", "socket" … */
};

struct fx_jwt;
struct fx_jwt_cache;

/** Make a signer and verifier. Keeps keys and strings of `options`. @return NULL without memory;
 * gives. */
struct fx_jwt *fx_jwt_create(const struct fx_jwt_options *options);

/** Free it; the keys stay the caller's. Accepts NULL. */
void fx_jwt_destroy(struct fx_jwt *jwt);

/**
 * Append a token with `claims` and with iss, aud, typ and kid of the options, signed by keys[0].
 * claims->user_id and expires_at_s are not 0. @return OK; BAD_PARAMETER (keys[0] is public, or the
 * token would pass FX_JWT_SIZE_MAX); NO_MEMORY (or `token_out` is full); INTERNAL.
 */
FX_MUST_USE fx_status fx_jwt_sign(struct fx_jwt *jwt,
                                  const struct fx_jwt_claims *claims,
                                  struct fx_buf *token_out);

/**
 * Check form, algorithm, signature, claims and options, then times, in this order. A `kid` that is
 * in the list chooses the key; with another or none, every key is tried. 0 <= now_s <= year 9999.
 * @return OK; BAD_TOKEN; TOKEN_EXPIRED (genuine, but now_s >= exp + skew).
 */
FX_MUST_USE fx_status fx_jwt_verify(struct fx_jwt *jwt,
                                    fx_str token,
                                    int64_t now_s,
                                    struct fx_jwt_claims *claims_out);

/**
 * The same, but a token found in `cache` is not verified again, and a verified one is put there.
 * An expired entry is dropped. The cache must be fed by this `jwt` (same keys and options) only.
 */
FX_MUST_USE fx_status fx_jwt_verify_cached(struct fx_jwt *jwt,
                                           struct fx_jwt_cache *cache,
                                           fx_str token,
                                           int64_t now_s,
                                           struct fx_jwt_claims *claims_out);

/**
 * The text that somebody showed last, and its digest: the same text again costs no SHA-256. It says
 * nothing of whether the text is a valid token. How long the comparison takes says nothing of the
 * text: behind a proxy many users share a connection. Zeroed: nothing was shown.
 */
struct fx_jwt_memo {
    uint32_t size;
    uint8_t digest[FX_CRYPTO_SHA256_SIZE];
    char text[FX_JWT_MEMO_SIZE_MAX]; /* longer ones are not kept */
};

/** Look a token up that fx_jwt_verify_cached() has verified: no RSA. `memo`: of the one who shows
 * it; NULL: none. @return true and *claims_out; false where it is not remembered or not valid any
 * more. */
bool fx_jwt_recall(struct fx_jwt *jwt,
                   struct fx_jwt_cache *cache,
                   struct fx_jwt_memo *memo,
                   fx_str token,
                   int64_t now_s,
                   struct fx_jwt_claims *claims_out);

/**
 * Make a cache of at most `entry_count` tokens (a power of two, 2..FX_JWT_CACHE_ENTRIES_MAX), by
 * SHA-256 of the token: sets of two, the less recently used one gives way. @return NULL without
 * memory; gives.
 */
struct fx_jwt_cache *fx_jwt_cache_create(uint32_t entry_count);

/** Free it. Accepts NULL. */
void fx_jwt_cache_destroy(struct fx_jwt_cache *cache);

/** Look a digest up. @return true and *claims_out; false where absent or not valid after now_s. */
bool fx_jwt_cache_get(struct fx_jwt_cache *cache,
                      const uint8_t digest[FX_CRYPTO_SHA256_SIZE],
                      int64_t now_s,
                      struct fx_jwt_claims *claims_out);

/** Remember the claims of a verified token while now_s < `valid_until_s`. */
void fx_jwt_cache_put(struct fx_jwt_cache *cache,
                      const uint8_t digest[FX_CRYPTO_SHA256_SIZE],
                      const struct fx_jwt_claims *claims,
                      int64_t valid_until_s);

/** Forget everything: after a change of keys. */
void fx_jwt_cache_clear(struct fx_jwt_cache *cache);

#endif
