/**
 * @file app_oracle.h
 * The oracle inside of the server: what its sources say becomes INDEX_PRICE commands; and
 * `oracle:run`, which shows it. Thread: the main one; the sources are asked in a thread of its own.
 */
#ifndef FX_APP_APP_ORACLE_H
#define FX_APP_APP_ORACLE_H

#include <stdbool.h>

#include "app/app_gateway.h"
#include "app/app_options.h"
#include "base/config.h"
#include "base/status.h"

struct fx_app_oracle;

/**
 * Read the configuration that --oracle names and start to ask. @return OK (*oracle_out gives; NULL
 * where no file is named); BAD_FILE, BAD_PARAMETER, IO, NO_MEMORY, with the reason in the log.
 */
FX_MUST_USE fx_status fx_app_oracle_open(const struct fx_config *config,
                                         struct fx_app_gateway *gateway,
                                         struct fx_app_oracle **oracle_out);

/** True where it says the index of a symbol. Accepts NULL. */
bool fx_app_oracle_has(const struct fx_app_oracle *oracle, const struct fx_symbol *symbol);

/** Hand on what was said since. A guest's tick; accepts NULL. */
void fx_app_oracle_tick(struct fx_app_oracle *oracle);

/** Stop. Accepts NULL. */
void fx_app_oracle_close(struct fx_app_oracle *oracle);

/** oracle:run: print each word as a line of JSON, until a signal or --seconds have passed. */
int fx_app_oracle_run(const struct fx_app_options *options);

#endif
