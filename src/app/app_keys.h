/**
 * @file app_keys.h
 * The keys that sign and verify tokens: from the configuration, else made once and kept in the data
 * directory (jwt-private.pem, 0600). Thread: the main thread.
 */
#ifndef FX_APP_APP_KEYS_H
#define FX_APP_APP_KEYS_H

#include "base/config.h"
#include "base/jwt.h"
#include "base/seal.h"
#include "base/status.h"

struct fx_app_keys;

/**
 * Load or make the keys. With JWT_PUBLIC_KEY alone tokens are only verified (another service
 * signs). The configuration is kept.
 * @return OK; BAD_FILE (a key cannot be read; logged); IO; NO_MEMORY. Gives.
 */
FX_MUST_USE fx_status fx_app_keys_open(const struct fx_config *config,
                                       const char *data_dir,
                                       struct fx_app_keys **keys_out);

/** Free them. Accepts NULL. */
void fx_app_keys_close(struct fx_app_keys *keys);

/**
 * Load the master key, under which secrets are sealed at rest: FUTURE_MASTER_KEY where that is set
 * (processes that share a database share it), else data_dir/master.key, or make that (0600).
 * `must_exist`: something is sealed already, and a new key could not open it. @return OK;
 * NOT_FOUND, BAD_FILE (logged); IO; NO_MEMORY.
 */
FX_MUST_USE fx_status fx_app_keys_open_master(struct fx_app_keys *keys,
                                              const char *data_dir,
                                              bool must_exist);

/** What seals with the master key; NULL before it was opened. Borrowed. */
const struct fx_seal *fx_app_keys_seal(const struct fx_app_keys *keys);

/** Append the public keys as a JSON Web Key Set. */
void fx_app_keys_append_jwks(const struct fx_app_keys *keys, struct fx_buf *buf);

struct fx_jwt *fx_app_keys_jwt(struct fx_app_keys *keys);

#endif
