/**
 * @file store_table_int.h
 * Statements of any table: save, select, and the parts of a WHERE. Thread: the handle's.
 */
#ifndef FX_STORE_STORE_TABLE_INT_H
#define FX_STORE_STORE_TABLE_INT_H

#include "store/store_row_int.h"

enum {
    FX_STORE_TABLE_CHUNK = 256, /* rows that go to the database together */
    FX_STORE_TABLE_VALUES_MAX = 32
};

/** The parameters of a select that grows condition by condition. */
struct fx_store_table_select {
    struct fx_store *store; /* its sql is the text */
    const struct fx_store_row_table *table;
    uint32_t count;
    struct fx_store_value values[FX_STORE_TABLE_VALUES_MAX];
    char times[4][FX_STORE_ROW_TIME_SIZE + 2];
    uint32_t time_count;
};

/** Upsert `count` structs, guarded by operationId. */
FX_MUST_USE fx_status fx_store_table_upsert(struct fx_store *store,
                                            const struct fx_store_row_table *table,
                                            const void *rows,
                                            uint32_t count);

/** Begin store->sql with "INSERT INTO `orders` (…) VALUES (?,…)". For adapters. */
void fx_store_table_sql_insert(struct fx_store *store, const struct fx_store_row_table *table);

/** Insert; what is there stays and must be equal: CORRUPT where it differs. In a transaction, or
 * some of the rows may stay where it fails. */
FX_MUST_USE fx_status fx_store_table_append(struct fx_store *store,
                                            const struct fx_store_row_table *table,
                                            const void *rows,
                                            uint32_t count);

/** Insert one row; id 0 is given by the database. @return OK, EXISTS. */
FX_MUST_USE fx_status fx_store_table_insert(struct fx_store *store,
                                            const struct fx_store_row_table *table,
                                            const void *row,
                                            uint64_t *id_out);

/** Update all columns but the key and those from `column_count` on. @return OK, NOT_FOUND, EXISTS.
 */
FX_MUST_USE fx_status fx_store_table_update(struct fx_store *store,
                                            const struct fx_store_row_table *table,
                                            const void *row,
                                            uint32_t column_count);

/** Start "SELECT … FROM table WHERE " + where. */
void fx_store_table_select(struct fx_store_table_select *select,
                           struct fx_store *store,
                           const struct fx_store_row_table *table,
                           fx_str where);

/** … of one user's own rows (S4). */
void fx_store_table_select_own(struct fx_store_table_select *select,
                               struct fx_store *store,
                               const struct fx_store_row_table *table,
                               uint64_t user_id);

/** Append a constant with one "?" and its value … */
void fx_store_table_and_u64(struct fx_store_table_select *select, fx_str sql, uint64_t value);
void fx_store_table_and_text(struct fx_store_table_select *select, fx_str sql, fx_str value);
void fx_store_table_and_time(struct fx_store_table_select *select, fx_str sql, int64_t time_us);

/** … the same where a word is given (NULL: nothing); where a text is not empty. */
void fx_store_table_and_word(struct fx_store_table_select *select, fx_str sql, const char *word);
void fx_store_table_and_filter(struct fx_store_table_select *select, fx_str sql, fx_str value);

/** "createdAt" within the span; id below the cursor. */
void fx_store_table_and_span(struct fx_store_table_select *select,
                             const struct fx_store_span *span);
void fx_store_table_and_before(struct fx_store_table_select *select, uint64_t before_id);

/** "ORDER BY id DESC LIMIT ? OFFSET ?". */
void fx_store_table_page(struct fx_store_table_select *select, const struct fx_store_page *page);

/** Read up to `capacity` rows into an array of the table's structs. */
FX_MUST_USE fx_status fx_store_table_read(struct fx_store_table_select *select,
                                          void *rows_out,
                                          uint32_t capacity,
                                          uint32_t *count_out);

/** The next FX_STORE_LIMIT_MAX rows behind an id, from the oldest on. `scope`: " AND …" or "". */
FX_MUST_USE fx_status fx_store_table_read_after(struct fx_store *store,
                                                const struct fx_store_row_table *table,
                                                fx_str scope,
                                                uint64_t after_id,
                                                void *rows_out,
                                                uint32_t *count_out);

/** Read one row. @return OK or NOT_FOUND (output untouched). */
FX_MUST_USE fx_status fx_store_table_read_one(struct fx_store_table_select *select, void *row_out);

/** … the user's row with this id. */
FX_MUST_USE fx_status fx_store_table_find_own(struct fx_store *store,
                                              const struct fx_store_row_table *table,
                                              struct fx_store_key key,
                                              void *row_out);

/** SELECT COUNT(*). */
FX_MUST_USE fx_status fx_store_table_count(struct fx_store *store,
                                           const struct fx_store_row_table *table,
                                           uint64_t *count_out);

/** Append "`name`". */
void fx_store_table_name(struct fx_buf *sql, const char *name);

/** Append "`a`,`b`" of all columns. */
void fx_store_table_columns(struct fx_buf *sql, const struct fx_store_row_table *table);

/** For fx_store_setup(). NULL without memory. */
struct fx_store_scratch *fx_store_table_scratch_create(void);
void fx_store_table_scratch_destroy(struct fx_store_scratch *scratch);

#endif
