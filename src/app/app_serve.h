/**
 * @file app_serve.h
 * The command `serve`: the whole exchange in one process. Thread: the main thread.
 */
#ifndef FX_APP_APP_SERVE_H
#define FX_APP_APP_SERVE_H

#include "app/app_options.h"

/** Serve until SIGINT or SIGTERM. @return an exit code. */
int fx_app_serve_run(const struct fx_app_options *options);

#endif
