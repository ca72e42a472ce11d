/**
 * @file store_int.h
 * What an adapter implements: connections, prepared statements, and the few words in which the
 * dialects differ. Everything else is written once, for all of them.
 *
 * SQL texts are made of constants of this program only; every value is bound to a "?". Identifiers
 * are in backticks, which SQLite and MariaDB both read. Thread: the handle's.
 */
#ifndef FX_STORE_STORE_INT_H
#define FX_STORE_STORE_INT_H

#include "base/buf.h"
#include "base/table.h"
#include "store/store.h"
#include "store/store_migrate_int.h"

enum {
    FX_STORE_STATEMENTS_MAX = 256, /* cached per handle */
    FX_STORE_SQL_SIZE_MAX = 16384,
    FX_STORE_ERROR_SIZE = 256,
    FX_STORE_HOLD_SIZE = 80 /* the name of a lock, with its NUL */
};

enum fx_store_value_kind {
    FX_STORE_VALUE_NULL = 0,
    FX_STORE_VALUE_INT = 1,
    FX_STORE_VALUE_TEXT = 2,
    FX_STORE_VALUE_UINT = 3 /* the bits of `number`, unsigned where the database knows such */
};

/** A parameter or a column. Decimals, times and words travel as text. */
struct fx_store_value {
    enum fx_store_value_kind kind;
    int64_t number;
    fx_str text; /* borrowed */
};

/** Rows of parameters, one row after the other. In a column of rows that go together there are
 * NULLs and values of one kind. */
struct fx_store_values {
    const struct fx_store_value *items;
    uint32_t columns;
    uint32_t rows;
};

enum fx_store_control { FX_STORE_BEGIN = 1, FX_STORE_COMMIT = 2, FX_STORE_ROLLBACK = 3 };

struct fx_store_row_table;

struct fx_store_ops {
    /** Free the adapter's part and the handle. */
    void (*close)(struct fx_store *store);
    fx_status (*control)(struct fx_store *store, enum fx_store_control control);
    /** Run statements without parameters, of which each ends with the text or with ";" and a
     * newline; the text is NUL-terminated. */
    fx_status (*script)(struct fx_store *store, fx_str sql);
    fx_status (*prepare)(struct fx_store *store, fx_str sql, void **statement_out);
    void (*finalize)(struct fx_store *store, void *statement);
    /** Run with one row of values. EXISTS: a unique key is taken. `changed`: rows that were found
     * and written, also where they said the same before. */
    fx_status (*execute)(struct fx_store *store,
                         void *statement,
                         const struct fx_store_values *values,
                         uint64_t *changed_out);
    /** Start a select; then next() and column() until reset(). */
    fx_status (*query)(struct fx_store *store,
                       void *statement,
                       const struct fx_store_values *values);
    fx_status (*next)(struct fx_store *store, void *statement, bool *has_row_out);
    /** A value of the current row, borrowed until the next call. */
    struct fx_store_value (*column)(struct fx_store *store, void *statement, uint32_t index);
    void (*reset)(struct fx_store *store, void *statement);
    /** The id that the last insert gave. */
    uint64_t (*last_id)(struct fx_store *store);
    /** Insert rows of a table. EXISTS: a key is taken; any of the other rows may be in. */
    fx_status (*insert)(struct fx_store *store,
                        const struct fx_store_row_table *table,
                        const struct fx_store_values *values);
    /** Save rows of a table; of two with one key the newer wins, by operationId. */
    fx_status (*upsert)(struct fx_store *store,
                        const struct fx_store_row_table *table,
                        const struct fx_store_values *values);
    /** In a writer's transaction: wait until no other one is past this point, and hold the others
     * up there until the end. NULL where transactions of writers take turns anyway. */
    fx_status (*take_turn)(struct fx_store *store);
    /** Be the only handle of all processes that holds this name, until closed. LOCKED. NULL where
     * one process has the database. */
    fx_status (*hold)(struct fx_store *store, fx_str name);
    /** For databases that cannot roll back a change of the schema (all three NULL elsewhere): let
     * one process change it at a time; run one statement of a migration. `is_again`: an earlier
     * try may have done it, then that is no failure. */
    fx_status (*lock_schema)(struct fx_store *store);
    void (*unlock_schema)(struct fx_store *store);
    fx_status (*change_schema)(struct fx_store *store, fx_str statement, bool is_again);
    const struct fx_store_migrate_item *(*migrations)(uint32_t *count_out);
};

struct fx_store_scratch;

/** The first member of every adapter's handle. */
struct fx_store {
    const struct fx_store_ops *ops;
    struct fx_table_str statements;   /* SQL text to prepared statement */
    struct fx_buf sql;                /* of the statement being made */
    struct fx_store_scratch *scratch; /* rows on their way; heap */
    bool is_writer;
    bool is_in_transaction;
    char error[FX_STORE_ERROR_SIZE];
};

/** For adapters: make and free the common part. @return OK, NO_MEMORY. */
FX_MUST_USE fx_status fx_store_setup(struct fx_store *store,
                                     const struct fx_store_ops *ops,
                                     bool is_writer);
void fx_store_teardown(struct fx_store *store);

/** Wait for the turn of this transaction: see take_turn above. */
FX_MUST_USE fx_status fx_store_take_turn(struct fx_store *store);

/** Keep the database's words (cut to fit). */
void fx_store_note_error(struct fx_store *store, fx_str text);

/** The prepared form of store->sql; cached by text. */
FX_MUST_USE fx_status fx_store_statement(struct fx_store *store, void **statement_out);

/** Run store->sql with one row of parameters. */
FX_MUST_USE fx_status fx_store_execute(struct fx_store *store,
                                       const struct fx_store_value values[],
                                       uint32_t count,
                                       uint64_t *changed_out);

/** Run store->sql, a select of one number; NULL counts as 0. @return OK, NOT_FOUND (no row),
 * INTERNAL (it is no number to this database). */
FX_MUST_USE fx_status fx_store_number(struct fx_store *store,
                                      const struct fx_store_value values[],
                                      uint32_t count,
                                      int64_t *number_out);

/** Begin store->sql anew with this text. */
void fx_store_sql(struct fx_store *store, fx_str text);

/** A parameter. */
struct fx_store_value fx_store_value_u64(uint64_t number);
struct fx_store_value fx_store_value_i64(int64_t number);
struct fx_store_value fx_store_value_text(fx_str text);

#endif
