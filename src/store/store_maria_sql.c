/* The words of MariaDB and MySQL for saving rows. */
#include <string.h>

#include "base/panic.h"
#include "store/store_maria_sql_int.h"

static void append_newer(struct fx_buf *sql, const char *name)
{
    fx_store_table_name(sql, name);
    fx_buf_append(sql, FX_STR("=IF(VALUES(`operationId`)>`operationId`,VALUES("));
    fx_store_table_name(sql, name);
    fx_buf_append(sql, FX_STR("),"));
    fx_store_table_name(sql, name);
    fx_buf_append(sql, FX_STR("),"));
}

/* " ON DUPLICATE KEY UPDATE
 * `price`=IF(VALUES(`operationId`)>`operationId`,VALUES(`price`),`price`),
 * …,`operationId`=GREATEST(`operationId`,VALUES(`operationId`))". Assignments are made from left to
 * right, so the column that all others are compared by is the last one. */
static void append_upsert(struct fx_buf *sql, const struct fx_store_row_table *table)
{
    const uint32_t last = table->count - 1;
    FX_ASSERT(strcmp(table->columns[last].name, "operationId") == 0);
    fx_buf_append(sql, FX_STR(" ON DUPLICATE KEY UPDATE "));
    for (uint32_t index = table->key_count; index < last; index++) {
        if (!table->columns[index].is_fixed) {
            append_newer(sql, table->columns[index].name);
        }
    }
    fx_buf_append(sql, FX_STR("`operationId`=GREATEST(`operationId`,VALUES(`operationId`))"));
}

void fx_store_maria_sql_save(struct fx_store *store,
                             const struct fx_store_row_table *table,
                             uint32_t rows,
                             bool is_upsert)
{
    struct fx_buf *sql = &store->sql;
    FX_ASSERT(rows >= 1 && rows <= FX_STORE_TABLE_CHUNK);
    fx_store_table_sql_insert(store, table);
    for (uint32_t row = 1; row < rows; row++) {
        fx_buf_append(sql, FX_STR(",("));
        for (uint32_t index = 0; index < table->count; index++) {
            fx_buf_append(sql, index > 0 ? FX_STR(",?") : FX_STR("?"));
        }
        fx_buf_append_byte(sql, ')');
    }
    if (is_upsert) {
        append_upsert(sql, table);
    }
}
