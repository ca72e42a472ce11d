/**
 * @file app_load.h
 * matching-engine:load: the tables of DB_HOST become the beginning of the log on KAFKA_BROKERS; or,
 * with --from, those of a server or of an SQLite file become a new data folder of the embedded
 * exchange. Thread: the main one.
 */
#ifndef FX_APP_APP_LOAD_H
#define FX_APP_APP_LOAD_H

#include "app/app_options.h"

/** Load, and say each second how far it is. @return the exit code. */
int fx_app_load_run(const struct fx_app_options *options);

#endif
