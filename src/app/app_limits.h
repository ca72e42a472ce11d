/**
 * @file app_limits.h
 * What one client may take of the server: the settings, as configuration of server and API.
 * Thread: the main thread.
 */
#ifndef FX_APP_APP_LIMITS_H
#define FX_APP_APP_LIMITS_H

#include "api/api.h"
#include "base/config.h"
#include "net/net_server.h"

enum {
    FX_APP_LIMITS_FILES_KEPT = 256 /* descriptors that no connection gets: journal, database, log */
};

/** Take as many descriptors as the system lets us have: every connection is one. */
void fx_app_limits_raise_files(void);

/**
 * The server's limits. Connections never use up the descriptors: the journal needs one for its next
 * segment, and accepting without one would be refusing without a word.
 */
void fx_app_limits_net(const struct fx_config *config, struct fx_net_server_config *net_out);

/** How much each caller may ask of the API: docs/protocol/limits.md. */
void fx_app_limits_rates(const struct fx_config *config, struct fx_api_rates *rates_out);

/** Whose pages may read what the server says; NULL: any origin's. Borrowed from `config`. */
const char *fx_app_limits_origins(const struct fx_config *config);

#endif
