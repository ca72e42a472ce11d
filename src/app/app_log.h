/**
 * @file app_log.h
 * The server's log: its file, and a line for each request where that is wanted.
 *
 * An access line has request id, user, peer, method, path, code, bytes and duration; no query,
 * header or body, where secrets are. Thread: the main thread.
 */
#ifndef FX_APP_APP_LOG_H
#define FX_APP_APP_LOG_H

#include "base/config.h"
#include "base/status.h"
#include "net/net_server.h"

/**
 * Open FUTURE_LOG_FILE, where set, in place of stderr; again after the file was moved away. Other
 * threads may log meanwhile: each line goes to one of the two. @return OK; BAD_SETTING (logged), IO
 * (stderr stays as it is).
 */
FX_MUST_USE fx_status fx_app_log_open(const struct fx_config *config);

/** Write the line of an answer. */
void fx_app_log_answer(const struct fx_net_server_answer *answer);

#endif
