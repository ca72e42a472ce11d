/* SQLite below the port: the only file that includes <sqlite3.h>.
 *
 * WAL: readers see the last committed state and never wait for the writer, the writer never for
 * readers. synchronous=NORMAL: a commit is not synced to the disk, only a checkpoint is. A power
 * cut may lose the last transactions but never tears one; the rows and the watermark are in the
 * same transaction, so the savers simply repeat what is missing from the log. (A user or a session
 * that was inserted in the last moments before a power cut may be gone: see README, Decisions.) */
#include "store/store_sqlite.h"

#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "base/crc32c.h"
#include "base/panic.h"
#include "store/store_int.h"
#include "store/store_table_int.h"

enum {
    BUSY_TIMEOUT_MS = 5000,
    /* Memory that a handle keeps for its small needs: a record of an order takes several. */
    LOOKASIDE_SIZE = 1200,
    LOOKASIDE_COUNT = 500
};

struct sqlite_store {
    struct fx_store base; /* first: a handle is one */
    sqlite3 *db;
};

static sqlite3 *db_of(struct fx_store *store)
{
    return ((struct sqlite_store *)store)->db;
}

static fx_status status_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
        return FX_OK;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return FX_BUSY;
    case SQLITE_NOMEM:
        return FX_NO_MEMORY;
    case SQLITE_FULL:
        return FX_NO_SPACE;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return FX_CORRUPT;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return FX_IO;
    case SQLITE_CONSTRAINT:
        return code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
                       code == SQLITE_CONSTRAINT_ROWID
                   ? FX_EXISTS
                   : FX_BAD_PARAMETER;
    default:
        return FX_INTERNAL;
    }
}

static fx_status judge(struct fx_store *store, int code)
{
    const fx_status status = status_of(code);
    if (status != FX_OK) {
        fx_store_note_error(store, fx_str_of(sqlite3_errmsg(db_of(store))));
    }
    return status;
}

static void close_store(struct fx_store *store)
{
    struct sqlite_store *self = (struct sqlite_store *)store;
    fx_store_teardown(store);
    const int code = sqlite3_close(self->db);
    FX_ASSERT(code == SQLITE_OK); /* else a statement leaked */
    free(self);
}

static fx_status run(struct fx_store *store, const char *sql)
{
    return judge(store, sqlite3_exec(db_of(store), sql, NULL, NULL, NULL));
}

static fx_status control(struct fx_store *store, enum fx_store_control what)
{
    switch (what) {
    case FX_STORE_BEGIN:
        /* A writer takes the lock at once: a lock that is upgraded later can only fail. */
        return run(store, store->is_writer ? "BEGIN IMMEDIATE" : "BEGIN");
    case FX_STORE_COMMIT:
        return run(store, "COMMIT");
    case FX_STORE_ROLLBACK:
        return run(store, "ROLLBACK");
    }
    fx_panic(__FILE__, __LINE__, "control is one of the three");
}

static fx_status script(struct fx_store *store, fx_str sql)
{
    FX_ASSERT(sql.data[sql.size] == '\0');
    return run(store, sql.data);
}

static fx_status prepare(struct fx_store *store, fx_str sql, void **statement_out)
{
    sqlite3_stmt *statement = NULL;
    const int code = sqlite3_prepare_v3(
        db_of(store), sql.data, (int)sql.size, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
    const fx_status status = judge(store, code);
    if (status == FX_OK) {
        *statement_out = statement;
    }
    return status;
}

static void finalize(struct fx_store *store, void *statement)
{
    (void)store;
    (void)sqlite3_finalize(statement); /* repeats the failure of the last step, known already */
}

/* A text is not copied: it lives until the place is bound anew or cleared. */
static int bind_one(sqlite3_stmt *statement, int place, const struct fx_store_value *value)
{
    switch (value->kind) {
    case FX_STORE_VALUE_NULL:
        return sqlite3_bind_null(statement, place);
    case FX_STORE_VALUE_INT:
    case FX_STORE_VALUE_UINT: /* integers have 64 bits and a sign here */
        return sqlite3_bind_int64(statement, place, value->number);
    case FX_STORE_VALUE_TEXT:
        /* A NULL pointer would bind NULL: an empty text stays a text. */
        return sqlite3_bind_text(statement,
                                 place,
                                 value->text.data != NULL ? value->text.data : "",
                                 (int)value->text.size,
                                 SQLITE_STATIC);
    }
    fx_panic(__FILE__, __LINE__, "a value is of one of the four kinds");
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): symmetric
static bool is_same(const struct fx_store_value *left, const struct fx_store_value *right)
{
    if (left->kind != right->kind) {
        return false;
    }
    if (left->kind != FX_STORE_VALUE_TEXT) {
        return left->number == right->number;
    }
    /* The same text, where the row was encoded after the one before. */
    return (left->text.data == right->text.data && left->text.size == right->text.size) ||
           fx_str_is_equal(left->text, right->text);
}

/* What the statement has of the row before stays bound where this one says the same: of an order's
 * columns three in four. `before` may be NULL. */
static int bind(sqlite3_stmt *statement,
                const struct fx_store_value values[],
                const struct fx_store_value before[],
                uint32_t count)
{
    int code = SQLITE_OK;
    for (uint32_t index = 0; index < count && code == SQLITE_OK; index++) {
        if (before == NULL || !is_same(&values[index], &before[index])) {
            code = bind_one(statement, (int)index + 1, &values[index]);
        }
    }
    return code;
}

static void reset(struct fx_store *store, void *statement)
{
    (void)store;
    (void)sqlite3_reset(statement); /* repeats the failure of the last step, known already */
    (void)sqlite3_clear_bindings(statement);
}

/* A statement that is run for many rows. Their texts must live until its bindings are cleared. */
struct batch {
    sqlite3_stmt *statement;
    const struct fx_store_value *bound; /* the row that it ran for last; NULL: none */
    uint32_t columns;
};

static fx_status run_row(struct fx_store *store,
                         struct batch *batch,
                         const struct fx_store_value row[])
{
    sqlite3_stmt *statement = batch->statement;
    int code = bind(statement, row, batch->bound, batch->columns);
    batch->bound = row;
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
    }
    const fx_status status = judge(store, code);
    (void)sqlite3_reset(statement); /* repeats the failure */
    return status;
}

/* As run_row; how many rows it changed. */
static fx_status change_row(struct fx_store *store,
                            struct batch *batch,
                            const struct fx_store_value row[],
                            uint64_t *changed_out)
{
    const sqlite3_int64 before = sqlite3_total_changes64(db_of(store));
    const fx_status status = run_row(store, batch, row);
    if (status == FX_OK) {
        *changed_out = (uint64_t)(sqlite3_total_changes64(db_of(store)) - before);
    }
    return status;
}

static fx_status execute(struct fx_store *store,
                         void *statement,
                         const struct fx_store_values *values,
                         uint64_t *changed_out)
{
    FX_ASSERT(values->rows == 1);
    struct batch batch = {.statement = statement, .columns = values->columns};
    const fx_status status = change_row(store, &batch, values->items, changed_out);
    (void)sqlite3_clear_bindings(statement);
    return status;
}

static fx_status query(struct fx_store *store,
                       void *statement,
                       const struct fx_store_values *values)
{
    return judge(store, bind(statement, values->items, NULL, values->columns));
}

static fx_status next(struct fx_store *store, void *statement, bool *has_row_out)
{
    const int code = sqlite3_step(statement);
    const fx_status status = judge(store, code);
    if (status == FX_OK) {
        *has_row_out = code == SQLITE_ROW;
    }
    return status;
}

static struct fx_store_value column(struct fx_store *store, void *statement, uint32_t index)
{
    (void)store;
    struct fx_store_value value = {0};
    switch (sqlite3_column_type(statement, (int)index)) {
    case SQLITE_INTEGER:
        value.kind = FX_STORE_VALUE_INT;
        value.number = sqlite3_column_int64(statement, (int)index);
        break;
    case SQLITE_NULL:
        break;
    default: /* a float or a blob comes as text and fails to decode */
        value.kind = FX_STORE_VALUE_TEXT;
        value.text.data = (const char *)sqlite3_column_text(statement, (int)index);
        value.text.size = (size_t)sqlite3_column_bytes(statement, (int)index);
        break;
    }
    return value;
}

static uint64_t last_id(struct fx_store *store)
{
    return (uint64_t)sqlite3_last_insert_rowid(db_of(store));
}

static void append_conflict(struct fx_buf *sql, const struct fx_store_row_table *table)
{
    fx_buf_append(sql, FX_STR(" ON CONFLICT ("));
    for (uint32_t index = 0; index < table->key_count; index++) {
        if (index > 0) {
            fx_buf_append_byte(sql, ',');
        }
        fx_store_table_name(sql, table->columns[index].name);
    }
    fx_buf_append(sql, FX_STR(") DO "));
}

static void append_ignore(struct fx_buf *sql, const struct fx_store_row_table *table)
{
    append_conflict(sql, table);
    fx_buf_append(sql, FX_STR("NOTHING"));
}

/* "?7": the value of a column, whatever its place in the statement. */
static void append_place(struct fx_buf *sql, uint32_t index)
{
    fx_buf_append_byte(sql, '?');
    fx_buf_append_u64(sql, index + 1);
}

/* "UPDATE `orders` SET `price`=?8,… WHERE `id`=?1 AND `operationId`<?30" */
static void sql_update_older(struct fx_store *store, const struct fx_store_row_table *table)
{
    struct fx_buf *sql = &store->sql;
    const uint32_t last = table->count - 1;
    FX_ASSERT(strcmp(table->columns[last].name, "operationId") == 0);
    fx_store_sql(store, FX_STR("UPDATE "));
    fx_store_table_name(sql, table->name);
    fx_buf_append(sql, FX_STR(" SET "));
    for (uint32_t index = table->key_count; index < table->count; index++) {
        if (!table->columns[index].is_fixed) {
            fx_store_table_name(sql, table->columns[index].name);
            fx_buf_append_byte(sql, '=');
            append_place(sql, index);
            fx_buf_append(sql, index < last ? FX_STR(",") : FX_STR(" WHERE "));
        }
    }
    for (uint32_t index = 0; index < table->key_count; index++) {
        fx_store_table_name(sql, table->columns[index].name);
        fx_buf_append_byte(sql, '=');
        append_place(sql, index);
        fx_buf_append(sql, FX_STR(" AND "));
    }
    fx_buf_append(sql, FX_STR("`operationId`<"));
    append_place(sql, last);
}

static const struct fx_store_value *row_of(const struct fx_store_values *values, uint32_t row)
{
    return &values->items[(size_t)row * values->columns];
}

static fx_status insert(struct fx_store *store,
                        const struct fx_store_row_table *table,
                        const struct fx_store_values *values)
{
    void *statement = NULL;
    fx_store_table_sql_insert(store, table);
    fx_status status = fx_store_statement(store, &statement);
    if (status != FX_OK) {
        return status;
    }
    struct batch batch = {.statement = statement, .columns = values->columns};
    for (uint32_t row = 0; row < values->rows && status == FX_OK; row++) {
        status = run_row(store, &batch, row_of(values, row));
    }
    (void)sqlite3_clear_bindings(statement);
    return status;
}

/*
 * Two statements, of which the second runs where the first changed nothing. INSERT … ON CONFLICT DO
 * UPDATE would be one, but writes all indexes anew, also those on columns that never change. What
 * the row before was, this one is likely to be: the accounts of a batch are known, its orders new.
 */
static fx_status upsert(struct fx_store *store,
                        const struct fx_store_row_table *table,
                        const struct fx_store_values *values)
{
    void *insert = NULL;
    void *update = NULL;
    fx_store_table_sql_insert(store, table);
    append_ignore(&store->sql, table);
    fx_status status = fx_store_statement(store, &insert);
    if (status == FX_OK) {
        sql_update_older(store, table);
        status = fx_store_statement(store, &update);
    }
    if (status != FX_OK) {
        return status;
    }
    struct batch batches[] = {{.statement = insert, .columns = values->columns},
                              {.statement = update, .columns = values->columns}};
    struct batch *likely = &batches[0];
    for (uint32_t row = 0; row < values->rows && status == FX_OK; row++) {
        uint64_t changed = 0;
        status = change_row(store, likely, row_of(values, row), &changed);
        if (status == FX_OK && changed == 0) {
            likely = likely == &batches[0] ? &batches[1] : &batches[0];
            status = change_row(store, likely, row_of(values, row), &changed);
        }
    }
    (void)sqlite3_clear_bindings(insert);
    (void)sqlite3_clear_bindings(update);
    return status;
}

static const struct fx_store_ops OPS = {
    .close = close_store,
    .control = control,
    .script = script,
    .prepare = prepare,
    .finalize = finalize,
    .execute = execute,
    .query = query,
    .next = next,
    .column = column,
    .reset = reset,
    .last_id = last_id,
    .insert = insert,
    .upsert = upsert,
    .migrations = fx_store_migrate_items_sqlite,
};

static fx_status configure(struct fx_store *store, bool is_durable)
{
    static const char *const WRITER =
        "PRAGMA journal_mode=WAL;"
        "PRAGMA synchronous=NORMAL;"
        "PRAGMA foreign_keys=ON;"
        "PRAGMA trusted_schema=OFF;"
        "PRAGMA cache_size=-65536;" /* KiB */
        "PRAGMA temp_store=MEMORY;"
        /* Pages of 4 KiB. Savers touch the same index pages again and again: the
         * rarer the checkpoint, the fewer copies go to the file. */
        "PRAGMA wal_autocheckpoint=16000;";
    static const char *const READER = "PRAGMA query_only=ON;"
                                      "PRAGMA trusted_schema=OFF;"
                                      "PRAGMA cache_size=-16384;"
                                      "PRAGMA temp_store=MEMORY;"
                                      "SELECT COUNT(*) FROM sqlite_schema;"; /* is it one? */
    (void)sqlite3_extended_result_codes(db_of(store), 1);
    (void)sqlite3_db_config(
        db_of(store), SQLITE_DBCONFIG_LOOKASIDE, NULL, LOOKASIDE_SIZE, LOOKASIDE_COUNT);
    (void)sqlite3_busy_timeout(db_of(store), BUSY_TIMEOUT_MS);
    fx_status status = run(store, store->is_writer ? WRITER : READER);
    if (status == FX_OK && is_durable) {
        status = run(store, "PRAGMA synchronous=FULL");
    }
    return status;
}

fx_status fx_store_sqlite_open(const char *path,
                               enum fx_store_sqlite_mode mode,
                               struct fx_store **store_out)
{
    struct sqlite_store *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return FX_NO_MEMORY;
    }
    const bool is_writer = mode != FX_STORE_SQLITE_READER;
    /* A reader opens read-write without CREATE: in WAL mode even readers write the shared index;
     * query_only keeps them from writing more. One handle, one thread: no mutexes. */
    /* Counting all memory takes a lock for each piece of it. Once the library runs, this is
     * refused and changes nothing. */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    const int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (is_writer ? SQLITE_OPEN_CREATE : 0);
    const int code = sqlite3_open_v2(path, &self->db, flags, NULL);
    fx_status status = fx_store_setup(&self->base, &OPS, is_writer);
    if (status == FX_OK) {
        status = code == SQLITE_CANTOPEN && !is_writer ? FX_NOT_FOUND : status_of(code);
    }
    if (status == FX_OK) {
        status = configure(&self->base, mode == FX_STORE_SQLITE_WRITER_DURABLE);
    }
    if (status != FX_OK) {
        close_store(&self->base);
        return status;
    }
    *store_out = &self->base;
    return FX_OK;
}

/* All pages in one step: a reader of the WAL holds nobody up, and sees one state. */
static int copy_pages(sqlite3 *source, sqlite3 *target)
{
    sqlite3_backup *backup = sqlite3_backup_init(target, "main", source, "main");
    if (backup == NULL) {
        return sqlite3_errcode(target);
    }
    const int stepped = sqlite3_backup_step(backup, -1);
    const int finished = sqlite3_backup_finish(backup);
    return stepped == SQLITE_DONE ? finished : stepped;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): as cp has them
fx_status fx_store_sqlite_copy(const char *path, const char *target)
{
    sqlite3 *from = NULL;
    sqlite3 *into = NULL;
    int code = sqlite3_open_v2(path, &from, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    fx_status status = code == SQLITE_CANTOPEN ? FX_NOT_FOUND : status_of(code);
    if (status == FX_OK) {
        code = sqlite3_open_v2(
            target, &into, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
        status = status_of(code);
    }
    if (status == FX_OK) {
        (void)sqlite3_busy_timeout(from, BUSY_TIMEOUT_MS);
        status = status_of(copy_pages(from, into));
    }
    (void)sqlite3_close(into);
    (void)sqlite3_close(from);
    return status;
}

fx_status fx_store_sqlite_clone(struct fx_store *source, struct fx_store *target)
{
    FX_ASSERT(!source->is_in_transaction && !target->is_in_transaction);
    return judge(target, copy_pages(db_of(source), db_of(target)));
}

/* A checksum of the current row: kinds, sizes and texts of all columns. */
static uint64_t checksum_of_row(sqlite3_stmt *statement)
{
    uint32_t low = 0, high = 1;
    const int count = sqlite3_column_count(statement);
    for (int index = 0; index < count; index++) {
        const int kind = sqlite3_column_type(statement, index);
        const void *text = sqlite3_column_text(statement, index); /* NULL only for NULL */
        const size_t size = (size_t)sqlite3_column_bytes(statement, index);
        low = fx_crc32c(fx_crc32c(low, &kind, sizeof kind), &size, sizeof size);
        low = fx_crc32c(low, text == NULL ? "" : text, size);
        high = fx_crc32c(high ^ low, text == NULL ? "" : text, size);
    }
    return (uint64_t)high << 32 | low;
}

static fx_status digest_table(struct fx_store *store, struct fx_store_sqlite_digest *digest)
{
    sqlite3_stmt *statement = NULL;
    fx_store_sql(store, FX_STR("SELECT * FROM `"));
    fx_buf_append(&store->sql, fx_str_of(digest->table));
    fx_buf_append_byte(&store->sql, '`');
    const fx_str sql = fx_buf_str(&store->sql);
    int code = sqlite3_prepare_v2(db_of(store), sql.data, (int)sql.size, &statement, NULL);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(statement);
        if (code == SQLITE_ROW) {
            digest->rows++;
            digest->sum += checksum_of_row(statement);
        }
    }
    (void)sqlite3_finalize(statement);
    return judge(store, code);
}

fx_status fx_store_sqlite_digest(struct fx_store *store,
                                 struct fx_store_sqlite_digest digests_out[],
                                 uint32_t capacity,
                                 uint32_t *count_out)
{
    static const char SQL[] = "SELECT name FROM sqlite_schema WHERE type='table' AND "
                              "name NOT LIKE 'sqlite_%' AND name<>'migrations' ORDER BY name";
    sqlite3_stmt *names = NULL;
    uint32_t count = 0;
    fx_status status =
        judge(store, sqlite3_prepare_v2(db_of(store), SQL, (int)sizeof SQL - 1, &names, NULL));
    while (status == FX_OK && sqlite3_step(names) == SQLITE_ROW) {
        const fx_str name = {(const char *)sqlite3_column_text(names, 0),
                             (size_t)sqlite3_column_bytes(names, 0)};
        if (count == capacity || name.size >= FX_STORE_SQLITE_NAME_SIZE) {
            status = FX_CAPACITY;
            break;
        }
        struct fx_store_sqlite_digest *digest = &digests_out[count];
        memset(digest, 0, sizeof *digest);
        memcpy(digest->table, name.data, name.size);
        status = digest_table(store, digest);
        count++;
    }
    (void)sqlite3_finalize(names);
    if (status == FX_OK) {
        *count_out = count;
    }
    return status;
}
