/**
 * @file ed25519.h
 * Ed25519 signatures of others: reading public keys and checking (RFC 8032). Nothing is signed
 * here. Thread: the plain functions may be called by any; an object belongs to one at a time.
 */
#ifndef FX_BASE_ED25519_H
#define FX_BASE_ED25519_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

enum { FX_ED25519_KEY_SIZE = 32, FX_ED25519_SIGNATURE_SIZE = 64 };

struct fx_ed25519;

/**
 * Read a public key: PEM (SubjectPublicKeyInfo; line ends may be written as `\n`), or its 32 bytes
 * as base64url without padding (`x` of a JWK) or as 64 hexadecimal digits.
 * @return OK and the bytes; BAD_PARAMETER.
 */
FX_MUST_USE fx_status fx_ed25519_parse(fx_str text, uint8_t key_out[FX_ED25519_KEY_SIZE]);

/** Prepare a key. @return NULL where OpenSSL takes it for none, or without memory; gives. */
struct fx_ed25519 *fx_ed25519_create(const uint8_t key[FX_ED25519_KEY_SIZE]);

/** Free it. Accepts NULL. */
void fx_ed25519_destroy(struct fx_ed25519 *verifier);

/** True where `signature` is one of `data` by this key. Costs about 0.1 ms. */
bool fx_ed25519_is_signed(struct fx_ed25519 *verifier,
                          fx_str data,
                          const uint8_t signature[FX_ED25519_SIGNATURE_SIZE]);

#endif
