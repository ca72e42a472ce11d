/**
 * @file store_migrate_int.h
 * The migrations that the build embeds (migrations/embed.cmake). Thread: any (constants).
 */
#ifndef FX_STORE_STORE_MIGRATE_INT_H
#define FX_STORE_STORE_MIGRATE_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct fx_store_migrate_item {
    uint32_t number; /* from 1, rising */
    const char *name;
    fx_str sql; /* NUL-terminated */
};

/** Cut the next statement off a script: to its end, or to a ";" at the end of a line. @return false
 * where nothing is left. */
bool fx_store_migrate_next(fx_str *script, fx_str *statement_out);

/** All migrations of a dialect, by number. */
const struct fx_store_migrate_item *fx_store_migrate_items_sqlite(uint32_t *count_out);
const struct fx_store_migrate_item *fx_store_migrate_items_mariadb(uint32_t *count_out);

#endif
