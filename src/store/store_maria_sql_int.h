/**
 * @file store_maria_sql_int.h
 * The SQL that is special to MariaDB and MySQL. Thread: the handle's.
 */
#ifndef FX_STORE_STORE_MARIA_SQL_INT_H
#define FX_STORE_STORE_MARIA_SQL_INT_H

#include "store/store_table_int.h"

/** Begin store->sql with an INSERT of so many rows (1..FX_STORE_TABLE_CHUNK) of "?"; as an upsert
 * the newer row wins, by operationId. */
void fx_store_maria_sql_save(struct fx_store *store,
                             const struct fx_store_row_table *table,
                             uint32_t rows,
                             bool is_upsert);

#endif
