/* MariaDB and MySQL below the port: statements and rows. Connector/C is in store_maria*.c only.
 *
 * A statement remembers on which connection it was prepared and is prepared anew on the next one,
 * so the cache of store.c outlives connections. */
#include "store/store_maria.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mariadb/errmsg.h>

#include "base/clock.h"
#include "base/panic.h"
#include "store/store_maria_int.h"
#include "store/store_maria_sql_int.h"

enum {
    CELL_SIZE_MAX = 4096, /* the longest text of a column */
    ROWS_MAX = 64,        /* of one long INSERT, whose text grows with them */
    PLACES_MAX = ROWS_MAX * FX_STORE_ROW_COLUMNS_MAX
};

/* A column of the current row. */
struct cell {
    long long number;
    unsigned long size;
    my_bool is_null;
    my_bool is_cut;
    char *text; /* NULL: a number */
};

struct statement {
    MYSQL_STMT *handle;
    uint64_t connection; /* on which it is prepared */
    uint32_t columns;    /* of its result; 0: it has none */
    MYSQL_BIND *binds;   /* of the result */
    struct cell *cells;
    char *texts;
    size_t size;
    char sql[]; /* NUL-terminated */
};

/* Parameters of many rows, column by column, as arrays want them. */
struct fx_store_maria_arrays {
    long long numbers[FX_STORE_ROW_COLUMNS_MAX][FX_STORE_TABLE_CHUNK];
    const char *texts[FX_STORE_ROW_COLUMNS_MAX][FX_STORE_TABLE_CHUNK];
    unsigned long sizes[FX_STORE_ROW_COLUMNS_MAX][FX_STORE_TABLE_CHUNK];
    char marks[FX_STORE_ROW_COLUMNS_MAX][FX_STORE_TABLE_CHUNK];
};

static struct fx_store_maria *self_of(struct fx_store *store)
{
    return (struct fx_store_maria *)store;
}

static fx_status judge_statement(struct fx_store_maria *self, const struct statement *statement)
{
    const unsigned int code = mysql_stmt_errno(statement->handle);
    return fx_store_maria_link_judge(
        self, code == 0 ? CR_UNKNOWN_ERROR : code, mysql_stmt_error(statement->handle));
}

/* ---- statements -------------------------------------------------------------------------------
 */

static my_bool flag(bool is_set)
{
    return is_set ? (my_bool)1 : (my_bool)0;
}

static void free_result(struct statement *statement)
{
    free(statement->binds);
    free(statement->cells);
    free(statement->texts);
    statement->binds = NULL;
    statement->cells = NULL;
    statement->texts = NULL;
    statement->columns = 0;
}

static bool is_number(enum enum_field_types type)
{
    return type == MYSQL_TYPE_TINY || type == MYSQL_TYPE_SHORT || type == MYSQL_TYPE_INT24 ||
           type == MYSQL_TYPE_LONG || type == MYSQL_TYPE_LONGLONG || type == MYSQL_TYPE_YEAR;
}

static size_t text_size(const MYSQL_FIELD *field)
{
    return field->length < CELL_SIZE_MAX ? field->length + 1 : CELL_SIZE_MAX;
}

/* Where the columns of a result go: numbers as numbers, all else as text. */
static bool bind_result(struct statement *statement, const MYSQL_FIELD *fields, uint32_t columns)
{
    size_t texts = 1;
    FX_ASSERT(columns > 0);
    for (uint32_t index = 0; index < columns; index++) {
        texts += is_number(fields[index].type) ? 0 : text_size(&fields[index]);
    }
    statement->binds = calloc(columns, sizeof *statement->binds);
    statement->cells = calloc(columns, sizeof *statement->cells);
    statement->texts = malloc(texts);
    if (statement->binds == NULL || statement->cells == NULL || statement->texts == NULL) {
        return false;
    }
    char *text = statement->texts;
    for (uint32_t index = 0; index < columns; index++) {
        MYSQL_BIND *place = &statement->binds[index];
        struct cell *cell = &statement->cells[index];
        place->is_null = &cell->is_null;
        place->error = &cell->is_cut;
        place->length = &cell->size;
        if (is_number(fields[index].type)) {
            place->buffer_type = MYSQL_TYPE_LONGLONG;
            place->buffer = &cell->number;
            place->is_unsigned = flag((fields[index].flags & UNSIGNED_FLAG) != 0);
        } else {
            place->buffer_type = MYSQL_TYPE_STRING;
            place->buffer = text;
            place->buffer_length = (unsigned long)text_size(&fields[index]);
            cell->text = text;
            text += text_size(&fields[index]);
        }
    }
    statement->columns = columns;
    return mysql_stmt_bind_result(statement->handle, statement->binds) == 0;
}

/* Prepare it on the connection that is open. */
static fx_status prepare_now(struct fx_store_maria *self, struct statement *statement)
{
    if (statement->handle != NULL) {
        (void)mysql_stmt_close(statement->handle);
    }
    free_result(statement);
    statement->connection = 0;
    statement->handle = mysql_stmt_init(self->mysql);
    if (statement->handle == NULL) {
        return FX_NO_MEMORY;
    }
    if (mysql_stmt_prepare(statement->handle, statement->sql, (unsigned long)statement->size) !=
        0) {
        return judge_statement(self, statement);
    }
    MYSQL_RES *result = mysql_stmt_result_metadata(statement->handle);
    if (result != NULL) {
        const bool is_bound =
            bind_result(statement, mysql_fetch_fields(result), mysql_num_fields(result));
        mysql_free_result(result);
        if (!is_bound) {
            return FX_NO_MEMORY;
        }
    }
    statement->connection = self->connection;
    return FX_OK;
}

static void finalize(struct fx_store *store, void *pointer)
{
    struct statement *statement = pointer;
    (void)store;
    if (statement->handle != NULL) {
        (void)mysql_stmt_close(statement->handle);
    }
    free_result(statement);
    free(statement);
}

static fx_status ready(struct fx_store_maria *self, struct statement *statement)
{
    const fx_status status = fx_store_maria_link_ensure(self);
    if (status != FX_OK || statement->connection == self->connection) {
        return status;
    }
    return prepare_now(self, statement);
}

static fx_status prepare(struct fx_store *store, fx_str sql, void **statement_out)
{
    struct fx_store_maria *self = self_of(store);
    struct statement *statement = calloc(1, sizeof *statement + sql.size + 1);
    if (statement == NULL) {
        return FX_NO_MEMORY;
    }
    memcpy(statement->sql, sql.data, sql.size);
    statement->size = sql.size;
    const int64_t asked_us = fx_clock_monotonic_us();
    fx_status status = ready(self, statement);
    if (status != FX_OK && fx_store_maria_link_may_ask_again(self, asked_us)) {
        status = ready(self, statement);
    }
    if (status != FX_OK) {
        finalize(store, statement);
        return status;
    }
    *statement_out = statement;
    return FX_OK;
}

/* A parameter is only read, but its type has no const. */
static void point_to(MYSQL_BIND *place, const void *data)
{
    memcpy(&place->buffer, &data, sizeof data);
}

static void place_of(const struct fx_store_value *value, MYSQL_BIND *place)
{
    memset(place, 0, sizeof *place);
    switch (value->kind) {
    case FX_STORE_VALUE_NULL:
        place->buffer_type = MYSQL_TYPE_NULL;
        break;
    case FX_STORE_VALUE_INT:
    case FX_STORE_VALUE_UINT:
        place->buffer_type = MYSQL_TYPE_LONGLONG;
        place->is_unsigned = flag(value->kind == FX_STORE_VALUE_UINT);
        point_to(place, &value->number);
        break;
    case FX_STORE_VALUE_TEXT:
        place->buffer_type = MYSQL_TYPE_STRING;
        point_to(place, value->text.data != NULL ? value->text.data : "");
        place->buffer_length = (unsigned long)value->text.size;
        place->length_value = place->buffer_length;
        break;
    }
}

/* The parameters of as many rows as the statement has places for, one place after the other. */
static fx_status bind_and_run(struct fx_store_maria *self,
                              struct statement *statement,
                              const struct fx_store_value values[],
                              uint32_t count)
{
    FX_ASSERT(count <= PLACES_MAX);
    FX_ASSERT(mysql_stmt_param_count(statement->handle) == count);
    for (uint32_t index = 0; index < count; index++) {
        place_of(&values[index], &self->binds[index]);
        self->binds[index].length = &self->binds[index].length_value;
    }
    if ((count > 0 && mysql_stmt_bind_param(statement->handle, self->binds) != 0) ||
        mysql_stmt_execute(statement->handle) != 0) {
        return judge_statement(self, statement);
    }
    return FX_OK;
}

/* A write outside of a transaction whose answer is lost may have been done. */
static fx_status outcome_of(const struct fx_store_maria *self, fx_status status)
{
    return status == FX_IO && self->mysql == NULL && !self->base.is_in_transaction ? FX_TIMEOUT
                                                                                   : status;
}

static fx_status execute(struct fx_store *store,
                         void *pointer,
                         const struct fx_store_values *values,
                         uint64_t *changed_out)
{
    struct fx_store_maria *self = self_of(store);
    struct statement *statement = pointer;
    FX_ASSERT(values->rows == 1);
    fx_status status = ready(self, statement);
    if (status != FX_OK) {
        return status;
    }
    status = bind_and_run(self, statement, values->items, values->columns);
    if (status == FX_OK) {
        *changed_out = mysql_stmt_affected_rows(statement->handle);
    }
    return outcome_of(self, status);
}

static fx_status ask(struct fx_store_maria *self,
                     struct statement *statement,
                     const struct fx_store_values *values)
{
    fx_status status = ready(self, statement);
    if (status == FX_OK) {
        status = bind_and_run(self, statement, values->items, values->columns);
    }
    if (status == FX_OK && mysql_stmt_store_result(statement->handle) != 0) {
        status = judge_statement(self, statement);
    }
    return status;
}

static fx_status query(struct fx_store *store, void *pointer, const struct fx_store_values *values)
{
    struct fx_store_maria *self = self_of(store);
    const int64_t asked_us = fx_clock_monotonic_us();
    fx_status status = ask(self, pointer, values);
    if (status != FX_OK && fx_store_maria_link_may_ask_again(self, asked_us)) {
        status = ask(self, pointer, values);
    }
    fx_store_maria_link_note_question(self, asked_us, status);
    return status;
}

static fx_status next(struct fx_store *store, void *pointer, bool *has_row_out)
{
    struct statement *statement = pointer;
    const int code = mysql_stmt_fetch(statement->handle);
    if (code == MYSQL_DATA_TRUNCATED) {
        fx_store_note_error(store, FX_STR("a text is longer than any of ours"));
        return FX_CORRUPT;
    }
    if (code != 0 && code != MYSQL_NO_DATA) {
        return judge_statement(self_of(store), statement);
    }
    *has_row_out = code == 0;
    return FX_OK;
}

static struct fx_store_value column(struct fx_store *store, void *pointer, uint32_t index)
{
    const struct statement *statement = pointer;
    const struct cell *cell = &statement->cells[index];
    struct fx_store_value value = {0};
    (void)store;
    FX_ASSERT(index < statement->columns);
    if (cell->is_null) {
        return value;
    }
    if (cell->text == NULL) {
        value.kind = statement->binds[index].is_unsigned ? FX_STORE_VALUE_UINT : FX_STORE_VALUE_INT;
        value.number = cell->number;
        return value;
    }
    value.kind = FX_STORE_VALUE_TEXT;
    value.text = (fx_str){cell->text, cell->size};
    return value;
}

static void reset(struct fx_store *store, void *pointer)
{
    struct statement *statement = pointer;
    if (statement->connection == self_of(store)->connection && self_of(store)->mysql != NULL) {
        (void)mysql_stmt_free_result(statement->handle);
    }
}

static uint64_t last_id(struct fx_store *store)
{
    struct fx_store_maria *self = self_of(store);
    return self->mysql == NULL ? 0 : mysql_insert_id(self->mysql);
}

/* ---- many rows --------------------------------------------------------------------------------
 */

/* The kind of a column: of its first value that is not NULL. */
static enum fx_store_value_kind kind_of(const struct fx_store_values *values, uint32_t index)
{
    for (uint32_t row = 0; row < values->rows; row++) {
        const struct fx_store_value *value = &values->items[row * values->columns + index];
        if (value->kind != FX_STORE_VALUE_NULL) {
            return value->kind;
        }
    }
    return FX_STORE_VALUE_TEXT;
}

static void bind_column(struct fx_store_maria *self,
                        const struct fx_store_values *values,
                        uint32_t index)
{
    struct fx_store_maria_arrays *arrays = self->arrays;
    MYSQL_BIND *place = &self->binds[index];
    const enum fx_store_value_kind kind = kind_of(values, index);
    for (uint32_t row = 0; row < values->rows; row++) {
        const struct fx_store_value *value = &values->items[row * values->columns + index];
        const bool is_null = value->kind == FX_STORE_VALUE_NULL;
        FX_ASSERT(is_null || value->kind == kind);
        arrays->marks[index][row] = is_null ? STMT_INDICATOR_NULL : STMT_INDICATOR_NONE;
        arrays->numbers[index][row] = value->number;
        arrays->texts[index][row] = value->text.data != NULL ? value->text.data : "";
        arrays->sizes[index][row] = (unsigned long)value->text.size;
    }
    memset(place, 0, sizeof *place);
    place->u.indicator = arrays->marks[index];
    if (kind == FX_STORE_VALUE_TEXT) {
        place->buffer_type = MYSQL_TYPE_STRING;
        place->buffer = arrays->texts[index];
        place->length = arrays->sizes[index];
    } else {
        place->buffer_type = MYSQL_TYPE_LONGLONG;
        place->is_unsigned = flag(kind == FX_STORE_VALUE_UINT);
        place->buffer = arrays->numbers[index];
    }
}

static fx_status run_arrays(struct fx_store_maria *self,
                            struct statement *statement,
                            const struct fx_store_values *values)
{
    const unsigned int rows = values->rows;
    for (uint32_t index = 0; index < values->columns; index++) {
        bind_column(self, values, index);
    }
    if (mysql_stmt_attr_set(statement->handle, STMT_ATTR_ARRAY_SIZE, &rows) != 0 ||
        mysql_stmt_bind_param(statement->handle, self->binds) != 0 ||
        mysql_stmt_execute(statement->handle) != 0) {
        return judge_statement(self, statement);
    }
    return FX_OK;
}

/* As many rows as one statement takes: all with arrays, else the largest power of two, so that
 * there are few different statements. */
static uint32_t piece_of(const struct fx_store_maria *self, uint32_t rows)
{
    uint32_t piece = 1;
    if (self->has_arrays) {
        return rows;
    }
    while (piece * 2 <= rows && piece * 2 <= ROWS_MAX) {
        piece *= 2;
    }
    return piece;
}

static fx_status save_piece(struct fx_store_maria *self,
                            const struct fx_store_row_table *table,
                            const struct fx_store_values *values,
                            bool is_upsert)
{
    void *pointer = NULL;
    const bool is_array = self->has_arrays && values->rows > 1;
    fx_store_maria_sql_save(&self->base, table, is_array ? 1 : values->rows, is_upsert);
    if (is_array) { /* a statement of its own: it stays set to arrays */
        fx_buf_append(&self->base.sql, FX_STR("/*array*/"));
    }
    fx_status status = fx_store_statement(&self->base, &pointer);
    if (status == FX_OK) {
        status = ready(self, pointer);
    }
    if (status != FX_OK) {
        return status;
    }
    status = is_array ? run_arrays(self, pointer, values)
                      : bind_and_run(self, pointer, values->items, values->rows * values->columns);
    return outcome_of(self, status);
}

static fx_status save(struct fx_store_maria *self,
                      const struct fx_store_row_table *table,
                      const struct fx_store_values *values,
                      bool is_upsert)
{
    fx_status status = fx_store_maria_link_ensure(self);
    for (uint32_t done = 0; done < values->rows && status == FX_OK;) {
        const uint32_t rows = piece_of(self, values->rows - done);
        const struct fx_store_values piece = {
            &values->items[(size_t)done * values->columns], values->columns, rows};
        status = save_piece(self, table, &piece, is_upsert);
        done += rows;
    }
    return status;
}

static fx_status insert(struct fx_store *store,
                        const struct fx_store_row_table *table,
                        const struct fx_store_values *values)
{
    return save(self_of(store), table, values, false);
}

static fx_status upsert(struct fx_store *store,
                        const struct fx_store_row_table *table,
                        const struct fx_store_values *values)
{
    return save(self_of(store), table, values, true);
}

/* ---- open and close ---------------------------------------------------------------------------
 */

static void close_store(struct fx_store *store)
{
    struct fx_store_maria *self = self_of(store);
    fx_store_teardown(store);
    fx_store_maria_link_drop(self);
    free(self->binds);
    free(self->arrays);
    free(self);
}

static const struct fx_store_ops OPS = {
    .close = close_store,
    .control = fx_store_maria_link_control,
    .script = fx_store_maria_link_script,
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
    .take_turn = fx_store_maria_link_take_turn,
    .hold = fx_store_maria_link_hold,
    .lock_schema = fx_store_maria_link_lock_schema,
    .unlock_schema = fx_store_maria_link_unlock_schema,
    .change_schema = fx_store_maria_link_change_schema,
    .migrations = fx_store_migrate_items_mariadb,
};

fx_status fx_store_maria_open(const struct fx_store_maria_config *config,
                              enum fx_store_maria_mode mode,
                              struct fx_store **store_out,
                              char error_out[FX_STORE_MARIA_ERROR_SIZE])
{
    struct fx_store_maria *self = calloc(1, sizeof *self);
    error_out[0] = '\0';
    if (self == NULL) {
        return FX_NO_MEMORY;
    }
    self->config = config;
    self->binds = calloc(PLACES_MAX, sizeof *self->binds);
    self->arrays = calloc(1, sizeof *self->arrays);
    fx_status status = fx_store_setup(&self->base, &OPS, mode == FX_STORE_MARIA_WRITER);
    if (status == FX_OK && (self->binds == NULL || self->arrays == NULL)) {
        status = FX_NO_MEMORY;
    }
    if (status == FX_OK) {
        status = fx_store_maria_link_open(self);
    }
    if (status != FX_OK) {
        (void)snprintf(error_out, FX_STORE_MARIA_ERROR_SIZE, "%s", self->base.error);
        close_store(&self->base);
        return status;
    }
    *store_out = &self->base;
    return FX_OK;
}

bool fx_store_maria_has_arrays(const struct fx_store *store)
{
    FX_ASSERT(store->ops == &OPS);
    return ((const struct fx_store_maria *)store)->has_arrays;
}
