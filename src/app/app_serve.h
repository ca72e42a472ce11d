/**
 * @file app_serve.h
 * The commands `serve`, the whole exchange in one process, and `api`, one of several API processes
 * of a distributed one; `funding:run` and `seed` need the same exchange without its doors.
 * Thread: the main thread.
 */
#ifndef FX_APP_APP_SERVE_H
#define FX_APP_APP_SERVE_H

#include "app/app_options.h"

/** Serve until SIGINT or SIGTERM. @return an exit code. */
int fx_app_serve_run(const struct fx_app_options *options);

/** The same without engine and savers: they are roles of their own behind Kafka. */
int fx_app_serve_api(const struct fx_app_options *options);

/** `seed`: what --demo makes, without serving. @return an exit code. */
int fx_app_serve_seed(const struct fx_app_options *options);

/** `funding:run`, until SIGINT or SIGTERM. @return an exit code. */
int fx_app_serve_funding(const struct fx_app_options *options);

#endif
