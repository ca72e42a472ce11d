/**
 * @file app_keys.h
 * The keys that sign and verify tokens: from the configuration, else made once and kept in the data
 * directory (jwt-private.pem, 0600). Thread: the main thread.
 */
#ifndef FX_APP_APP_KEYS_H
#define FX_APP_APP_KEYS_H

#include "base/config.h"
#include "base/jwt.h"
#include "base/status.h"

struct fx_app_keys;

/**
 * Load or make the keys. With JWT_PUBLIC_KEY alone tokens are only verified (another service
 * signs).
 * @return OK; BAD_FILE (a key cannot be read; logged); IO; NO_MEMORY. Gives.
 */
FX_MUST_USE fx_status fx_app_keys_open(const struct fx_config *config,
                                       const char *data_dir,
                                       struct fx_app_keys **keys_out);

/** Free them. Accepts NULL. */
void fx_app_keys_close(struct fx_app_keys *keys);

struct fx_jwt *fx_app_keys_jwt(struct fx_app_keys *keys);

#endif
