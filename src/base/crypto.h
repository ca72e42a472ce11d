/**
 * @file crypto.h
 * Hashes, message authentication, RSA signatures, randomness and the text forms of bytes.
 *
 * The one door to OpenSSL's libcrypto. Prepared objects keep their fetched algorithms and contexts,
 * so that the hot path never looks an algorithm up or parses a key again. Thread: the plain
 * functions may be called by any; an object belongs to one thread at a time.
 */
#ifndef FX_BASE_CRYPTO_H
#define FX_BASE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"

enum {
    FX_CRYPTO_SHA1_SIZE = 20,
    FX_CRYPTO_SHA256_SIZE = 32,
    FX_CRYPTO_RSA_BITS_MIN = 2048,
    FX_CRYPTO_RSA_BITS_MAX = 4096,
    FX_CRYPTO_RSA_SIZE_MAX = 512, /* of a modulus and of a signature */
    FX_CRYPTO_RSA_EXPONENT = 65537,
    FX_CRYPTO_PEM_SIZE_MAX = 16384
};

/** A prepared SHA-256; see fx_crypto_digest_sha256(). */
struct fx_crypto_digest;

/** A prepared HMAC-SHA256 key. */
struct fx_crypto_hmac;

/** An RSA key, public or private, with its contexts for RS256. */
struct fx_crypto_rsa;

/** View bytes as a fx_str, so that they can be hashed, encoded or appended. */
fx_str fx_crypto_str(const void *bytes, size_t size);

/** SHA-256 in one call. Stops the program where there is no memory. About twice a digest's cost. */
void fx_crypto_sha256(fx_str data, uint8_t digest_out[FX_CRYPTO_SHA256_SIZE]);

/** SHA-1 in one call: for the WebSocket handshake (RFC 6455 section 4.2.2) and nothing else. */
void fx_crypto_sha1(fx_str data, uint8_t digest_out[FX_CRYPTO_SHA1_SIZE]);

/** Make a prepared SHA-256. @return NULL where there is no memory; gives. */
struct fx_crypto_digest *fx_crypto_digest_create(void);

/** Free it. Accepts NULL. */
void fx_crypto_digest_destroy(struct fx_crypto_digest *digest);

/** SHA-256 without a look-up or allocation. */
void fx_crypto_digest_sha256(struct fx_crypto_digest *digest,
                             fx_str data,
                             uint8_t digest_out[FX_CRYPTO_SHA256_SIZE]);

/** Prepare an HMAC-SHA256 with `key` (copied; any size). @return NULL without memory; gives. */
struct fx_crypto_hmac *fx_crypto_hmac_create(fx_str key);

/** Wipe and free it. Accepts NULL. */
void fx_crypto_hmac_destroy(struct fx_crypto_hmac *hmac);

/** Authenticate `data`; may be called again and again. */
void fx_crypto_hmac_sign(struct fx_crypto_hmac *hmac,
                         fx_str data,
                         uint8_t mac_out[FX_CRYPTO_SHA256_SIZE]);

/** True where both are equal. The time depends on the sizes only, not on the content. */
bool fx_crypto_is_equal(fx_str left, fx_str right);

/** Fill `target` with secure random bytes. @return OK; IO where the system has no randomness. */
FX_MUST_USE fx_status fx_crypto_random(void *target, size_t size);

/** Overwrite a secret so that the compiler cannot leave it out. */
void fx_crypto_wipe(void *target, size_t size);

/** Append base64url without padding (RFC 4648 section 5). */
void fx_crypto_base64url_encode(struct fx_buf *buf, fx_str bytes);

/**
 * Read base64url: its own alphabet only, no padding, no white space, unused bits zero, so that
 * each run of bytes has exactly one text.
 * @return OK; BAD_PARAMETER (not such a text); BODY_TOO_LARGE (more than `capacity` bytes).
 * Neither output is touched on failure beyond scratch use of `target`.
 */
FX_MUST_USE fx_status fx_crypto_base64url_decode(fx_str text,
                                                 uint8_t *target,
                                                 size_t capacity,
                                                 size_t *size_out);

/** Append base64 with padding (RFC 4648 section 4). */
void fx_crypto_base64_encode(struct fx_buf *buf, fx_str bytes);

/** Read base64 with its padding (RFC 4648 section 4); otherwise as fx_crypto_base64url_decode(). */
FX_MUST_USE fx_status fx_crypto_base64_decode(fx_str text,
                                              uint8_t *target,
                                              size_t capacity,
                                              size_t *size_out);

/** Append lower-case hexadecimal digits. */
void fx_crypto_hex_encode(struct fx_buf *buf, fx_str bytes);

/**
 * Read exactly 2 * `size` hexadecimal digits of either case into `size` bytes.
 * @return OK or BAD_PARAMETER (another length or another character).
 */
FX_MUST_USE fx_status fx_crypto_hex_decode(fx_str text, uint8_t *target, size_t size);

/** Make a new private key of 2,048 bits. Takes up to a second. @return NULL on failure; gives. */
struct fx_crypto_rsa *fx_crypto_rsa_generate(void);

/**
 * Read a private key from PEM text (PKCS#8, or the older PKCS#1), not encrypted. Line ends may be
 * written as the two characters `\n`, as environment variables carry them.
 * @return OK (*rsa_out gives); BAD_FILE (no such key, fewer than 2,048 or more than 4,096 bits, or
 * a public exponent other than 65,537); NO_MEMORY.
 */
FX_MUST_USE fx_status fx_crypto_rsa_load_private(fx_str pem, struct fx_crypto_rsa **rsa_out);

/** Read a public key (SubjectPublicKeyInfo); otherwise as fx_crypto_rsa_load_private(). */
FX_MUST_USE fx_status fx_crypto_rsa_load_public(fx_str pem, struct fx_crypto_rsa **rsa_out);

/** Wipe and free the key. Accepts NULL. */
void fx_crypto_rsa_destroy(struct fx_crypto_rsa *rsa);

/** Append the private key as PKCS#8 PEM. @return OK; BAD_PARAMETER (no private part); NO_MEMORY. */
FX_MUST_USE fx_status fx_crypto_rsa_save_private(const struct fx_crypto_rsa *rsa,
                                                 struct fx_buf *pem_out);

/** Append the public key as SubjectPublicKeyInfo PEM. @return OK or NO_MEMORY. */
FX_MUST_USE fx_status fx_crypto_rsa_save_public(const struct fx_crypto_rsa *rsa,
                                                struct fx_buf *pem_out);

/** True where the key can sign. */
bool fx_crypto_rsa_is_private(const struct fx_crypto_rsa *rsa);

/** Size of the modulus and of each signature, in bytes: 256 to 512. */
size_t fx_crypto_rsa_size(const struct fx_crypto_rsa *rsa);

/** Write the modulus, big-endian, fx_crypto_rsa_size() bytes: `n` of a JWKS. `e` is 65,537. */
void fx_crypto_rsa_modulus(const struct fx_crypto_rsa *rsa,
                           uint8_t modulus_out[FX_CRYPTO_RSA_SIZE_MAX]);

/**
 * Sign as RS256 (RSASSA-PKCS1-v1_5 with SHA-256); `signature_out` gets fx_crypto_rsa_size() bytes.
 * Costs 0.4 ms. @return OK; BAD_PARAMETER (no private part); INTERNAL (the library refused).
 */
FX_MUST_USE fx_status fx_crypto_rsa_sign(struct fx_crypto_rsa *rsa,
                                         fx_str data,
                                         uint8_t signature_out[FX_CRYPTO_RSA_SIZE_MAX]);

/** True where `signature` is an RS256 signature of `data` by this key. Costs 20 us. */
bool fx_crypto_rsa_is_signed(struct fx_crypto_rsa *rsa, fx_str data, fx_str signature);

#endif
