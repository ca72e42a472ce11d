/**
 * @file jwks.h
 * Public RSA keys as JSON Web Keys (RFC 7517), for services that verify our tokens. Thread: any.
 */
#ifndef FX_BASE_JWKS_H
#define FX_BASE_JWKS_H

#include <stdint.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "base/jwt.h"

enum { FX_JWKS_KID_SIZE = 43 };

/** Write the name of a key: its thumbprint (RFC 7638), the same everywhere. */
void fx_jwks_thumbprint(const struct fx_crypto_rsa *rsa, char kid_out[FX_JWKS_KID_SIZE + 1]);

/** Append `{"keys":[…]}` of all keys that verify; private parts are never in it. */
void fx_jwks_append(struct fx_buf *buf, const struct fx_jwt_key keys[], uint32_t count);

#endif
