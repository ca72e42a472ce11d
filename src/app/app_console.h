/**
 * @file app_console.h
 * The small commands: migrate, user:create, health, config, routes, openapi. Thread: the main
 * thread.
 */
#ifndef FX_APP_APP_CONSOLE_H
#define FX_APP_APP_CONSOLE_H

#include "app/app_options.h"

/** Each returns an exit code. */
int fx_app_console_migrate(const struct fx_app_options *options);
int fx_app_console_user_create(const struct fx_app_options *options);
int fx_app_console_funding_pay(const struct fx_app_options *options);
int fx_app_console_health(const struct fx_app_options *options);
int fx_app_console_config(const struct fx_app_options *options);
int fx_app_console_routes(const struct fx_app_options *options);
int fx_app_console_openapi(const struct fx_app_options *options);
int fx_app_console_replay(const struct fx_app_options *options);

#endif
