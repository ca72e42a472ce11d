#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "store/store_table_int.h"

/* Rows between struct and database; one per handle, so nothing is allocated per call. */
struct fx_store_scratch {
    struct fx_store_value values[FX_STORE_TABLE_CHUNK * FX_STORE_ROW_COLUMNS_MAX];
    char texts[FX_STORE_TABLE_CHUNK][FX_STORE_ROW_TEXT_SIZE_MAX];
    _Alignas(16) char row[FX_STORE_ROW_SIZE_MAX];
};

struct fx_store_scratch *fx_store_table_scratch_create(void)
{
    struct fx_store_scratch *scratch = NULL;
    if (posix_memalign((void **)&scratch, 64, sizeof *scratch) != 0) {
        return NULL;
    }
    memset(scratch, 0, sizeof *scratch);
    return scratch;
}

void fx_store_table_scratch_destroy(struct fx_store_scratch *scratch)
{
    free(scratch);
}

void fx_store_table_name(struct fx_buf *sql, const char *name)
{
    fx_buf_append_byte(sql, '`');
    fx_buf_append(sql, fx_str_of(name));
    fx_buf_append_byte(sql, '`');
}

void fx_store_table_columns(struct fx_buf *sql, const struct fx_store_row_table *table)
{
    for (uint32_t index = 0; index < table->count; index++) {
        if (index > 0) {
            fx_buf_append_byte(sql, ',');
        }
        fx_store_table_name(sql, table->columns[index].name);
    }
}

void fx_store_table_sql_insert(struct fx_store *store, const struct fx_store_row_table *table)
{
    fx_store_sql(store, FX_STR("INSERT INTO "));
    fx_store_table_name(&store->sql, table->name);
    fx_buf_append(&store->sql, FX_STR(" ("));
    fx_store_table_columns(&store->sql, table);
    fx_buf_append(&store->sql, FX_STR(") VALUES ("));
    for (uint32_t index = 0; index < table->count; index++) {
        fx_buf_append(&store->sql, index > 0 ? FX_STR(",?") : FX_STR("?"));
    }
    fx_buf_append_byte(&store->sql, ')');
}

/* Encode `count` structs into the scratch, one row of values after the other. */
static struct fx_store_values encode_chunk(struct fx_store *store,
                                           const struct fx_store_row_table *table,
                                           const char *rows,
                                           uint32_t count)
{
    struct fx_store_scratch *scratch = store->scratch;
    FX_ASSERT(count <= FX_STORE_TABLE_CHUNK);
    FX_ASSERT(table->count <= FX_STORE_ROW_COLUMNS_MAX);
    struct fx_store_row_before before = {0};
    for (uint32_t index = 0; index < count; index++) {
        const char *row = rows + (size_t)index * table->row_size;
        struct fx_store_value *values = &scratch->values[(size_t)index * table->count];
        fx_store_row_encode(table, row, index > 0 ? &before : NULL, scratch->texts[index], values);
        before = (struct fx_store_row_before){row, values};
    }
    return (struct fx_store_values){scratch->values, table->count, count};
}

static uint32_t chunk_of(uint32_t left)
{
    return left < FX_STORE_TABLE_CHUNK ? left : FX_STORE_TABLE_CHUNK;
}

fx_status fx_store_table_upsert(struct fx_store *store,
                                const struct fx_store_row_table *table,
                                const void *rows,
                                uint32_t count)
{
    FX_ASSERT(store->is_writer);
    if (count == 0) {
        return FX_OK;
    }
    fx_status status = FX_OK;
    const char *next = rows;
    for (uint32_t left = count; left > 0 && status == FX_OK;) {
        const uint32_t chunk = chunk_of(left);
        const struct fx_store_values values = encode_chunk(store, table, next, chunk);
        status = store->ops->upsert(store, table, &values);
        next += (size_t)chunk * table->row_size;
        left -= chunk;
    }
    return status;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): symmetric
static bool is_value_equal(const struct fx_store_value *left, const struct fx_store_value *right)
{
    return left->kind == right->kind && left->number == right->number &&
           fx_str_is_equal(left->text, right->text);
}

/* OK where the stored row with this key says the same; both go through encode, so that the way in
 * which a database shows a decimal makes no difference. */
static fx_status compare_stored(struct fx_store *store,
                                const struct fx_store_row_table *table,
                                const void *row)
{
    struct fx_store_scratch *scratch = store->scratch;
    struct fx_store_table_select select;
    FX_ASSERT(table->key_count == 1);
    fx_store_row_encode(table, row, NULL, scratch->texts[0], scratch->values);
    fx_store_table_select(&select, store, table, FX_STR(""));
    fx_store_table_and_u64(&select, FX_STR("`id`=?"), (uint64_t)scratch->values[0].number);
    const fx_status status = fx_store_table_read_one(&select, scratch->row);
    if (status != FX_OK) {
        return status == FX_NOT_FOUND ? FX_CORRUPT : status;
    }
    struct fx_store_value *stored = &scratch->values[table->count];
    fx_store_row_encode(table, scratch->row, NULL, scratch->texts[1], stored);
    for (uint32_t index = 0; index < table->count; index++) {
        if (!is_value_equal(&scratch->values[index], &stored[index])) {
            fx_store_note_error(store, FX_STR("a stored fact differs from the log's"));
            return FX_CORRUPT;
        }
    }
    return FX_OK;
}

/* A batch that is repeated after a crash: some rows are there. Rare, so one by one. */
static fx_status append_what_is_missing(struct fx_store *store,
                                        const struct fx_store_row_table *table,
                                        const char *rows,
                                        uint32_t count)
{
    fx_status status = FX_OK;
    for (uint32_t index = 0; index < count && status == FX_OK; index++) {
        const char *row = rows + (size_t)index * table->row_size;
        const struct fx_store_values values = encode_chunk(store, table, row, 1);
        status = store->ops->insert(store, table, &values);
        if (status == FX_EXISTS) {
            status = compare_stored(store, table, row);
        }
    }
    return status;
}

fx_status fx_store_table_append(struct fx_store *store,
                                const struct fx_store_row_table *table,
                                const void *rows,
                                uint32_t count)
{
    FX_ASSERT(store->is_writer);
    fx_status status = FX_OK;
    const char *next = rows;
    for (uint32_t left = count; left > 0 && status == FX_OK;) {
        const uint32_t chunk = chunk_of(left);
        const struct fx_store_values values = encode_chunk(store, table, next, chunk);
        status = store->ops->insert(store, table, &values);
        if (status == FX_EXISTS) {
            status = append_what_is_missing(store, table, next, chunk);
        }
        next += (size_t)chunk * table->row_size;
        left -= chunk;
    }
    return status;
}

fx_status fx_store_table_insert(struct fx_store *store,
                                const struct fx_store_row_table *table,
                                const void *row,
                                uint64_t *id_out)
{
    FX_ASSERT(store->is_writer);
    FX_ASSERT(table->key_count == 1);
    fx_store_table_sql_insert(store, table);
    void *statement = NULL;
    fx_status status = fx_store_statement(store, &statement);
    if (status != FX_OK) {
        return status;
    }
    const struct fx_store_values values = encode_chunk(store, table, row, 1);
    const int64_t id = store->scratch->values[0].number;
    if (id == 0) {
        store->scratch->values[0].kind = FX_STORE_VALUE_NULL;
    }
    uint64_t changed = 0;
    status = store->ops->execute(store, statement, &values, &changed);
    if (status == FX_OK) {
        *id_out = id == 0 ? store->ops->last_id(store) : (uint64_t)id;
    }
    return status;
}

fx_status fx_store_table_update(struct fx_store *store,
                                const struct fx_store_row_table *table,
                                const void *row,
                                uint32_t column_count)
{
    FX_ASSERT(store->is_writer);
    FX_ASSERT(table->key_count == 1 && column_count <= table->count);
    fx_store_sql(store, FX_STR("UPDATE "));
    fx_store_table_name(&store->sql, table->name);
    for (uint32_t index = 1; index < column_count; index++) {
        fx_buf_append(&store->sql, index == 1 ? FX_STR(" SET ") : FX_STR(","));
        fx_store_table_name(&store->sql, table->columns[index].name);
        fx_buf_append(&store->sql, FX_STR("=?"));
    }
    fx_buf_append(&store->sql, FX_STR(" WHERE `id`=?"));
    struct fx_store_value *values = store->scratch->values;
    fx_store_row_encode(table, row, NULL, store->scratch->texts[0], values);
    const struct fx_store_value key = values[0];
    memmove(values, values + 1, (column_count - 1) * sizeof *values);
    values[column_count - 1] = key;
    uint64_t changed = 0;
    const fx_status status = fx_store_execute(store, values, column_count, &changed);
    return status == FX_OK && changed == 0 ? FX_NOT_FOUND : status;
}

void fx_store_table_select(struct fx_store_table_select *select,
                           struct fx_store *store,
                           const struct fx_store_row_table *table,
                           fx_str where)
{
    select->store = store;
    select->table = table;
    select->count = 0;
    select->time_count = 0;
    fx_store_sql(store, FX_STR("SELECT "));
    fx_store_table_columns(&store->sql, table);
    fx_buf_append(&store->sql, FX_STR(" FROM "));
    fx_store_table_name(&store->sql, table->name);
    fx_buf_append(&store->sql, FX_STR(" WHERE "));
    fx_buf_append(&store->sql, where);
}

static void and_value(struct fx_store_table_select *select, fx_str sql, struct fx_store_value value)
{
    FX_ASSERT(select->count < FX_STORE_TABLE_VALUES_MAX);
    fx_buf_append(&select->store->sql, sql);
    select->values[select->count++] = value;
}

void fx_store_table_select_own(struct fx_store_table_select *select,
                               struct fx_store *store,
                               const struct fx_store_row_table *table,
                               uint64_t user_id)
{
    fx_store_table_select(select, store, table, FX_STR(""));
    fx_store_table_and_u64(select, FX_STR("`userId`=?"), user_id);
}

void fx_store_table_and_u64(struct fx_store_table_select *select, fx_str sql, uint64_t value)
{
    and_value(select, sql, fx_store_value_u64(value));
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): SQL first, everywhere
void fx_store_table_and_text(struct fx_store_table_select *select, fx_str sql, fx_str value)
{
    and_value(select, sql, fx_store_value_text(value));
}

void fx_store_table_and_word(struct fx_store_table_select *select, fx_str sql, const char *word)
{
    if (word != NULL) {
        fx_store_table_and_text(select, sql, fx_str_of(word));
    }
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): SQL first, everywhere
void fx_store_table_and_filter(struct fx_store_table_select *select, fx_str sql, fx_str value)
{
    if (value.size > 0) {
        fx_store_table_and_text(select, sql, value);
    }
}

void fx_store_table_and_time(struct fx_store_table_select *select, fx_str sql, int64_t time_us)
{
    FX_ASSERT(select->time_count < sizeof select->times / sizeof select->times[0]);
    char *text = select->times[select->time_count++];
    fx_store_row_format_time(time_us, text);
    fx_store_table_and_text(select, sql, (fx_str){text, FX_STORE_ROW_TIME_SIZE});
}

void fx_store_table_and_span(struct fx_store_table_select *select, const struct fx_store_span *span)
{
    if (span->start_us != 0) {
        fx_store_table_and_time(select, FX_STR(" AND `createdAt`>=?"), span->start_us);
    }
    if (span->end_us != 0) {
        fx_store_table_and_time(select, FX_STR(" AND `createdAt`<=?"), span->end_us);
    }
}

void fx_store_table_and_before(struct fx_store_table_select *select, uint64_t before_id)
{
    /* Ids are below 2^63: a greater cursor is "from the newest". */
    if (before_id != 0 && before_id <= INT64_MAX) {
        fx_store_table_and_u64(select, FX_STR(" AND `id`<?"), before_id);
    }
}

void fx_store_table_page(struct fx_store_table_select *select, const struct fx_store_page *page)
{
    FX_ASSERT(page->limit >= 1 && page->limit <= FX_STORE_LIMIT_MAX);
    fx_store_table_and_u64(select, FX_STR(" ORDER BY `id` DESC LIMIT ?"), page->limit);
    fx_store_table_and_u64(select, FX_STR(" OFFSET ?"), page->offset);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a statement and a target
static fx_status decode_current(struct fx_store_table_select *select, void *statement, void *row)
{
    struct fx_store *store = select->store;
    memset(row, 0, select->table->row_size);
    for (uint32_t index = 0; index < select->table->count; index++) {
        const struct fx_store_row_column *column = &select->table->columns[index];
        const struct fx_store_value value = store->ops->column(store, statement, index);
        const fx_status status = fx_store_row_decode(column, &value, row);
        if (status != FX_OK) {
            fx_store_sql(store, fx_str_of(select->table->name));
            fx_buf_append(&store->sql, FX_STR("."));
            fx_buf_append(&store->sql, fx_str_of(column->name));
            fx_buf_append(&store->sql, FX_STR(": not a value of this column"));
            fx_store_note_error(store, fx_buf_str(&store->sql));
            return status;
        }
    }
    return FX_OK;
}

fx_status fx_store_table_read(struct fx_store_table_select *select,
                              void *rows_out,
                              uint32_t capacity,
                              uint32_t *count_out)
{
    struct fx_store *store = select->store;
    void *statement = NULL;
    fx_status status = fx_store_statement(store, &statement);
    if (status != FX_OK) {
        return status;
    }
    const struct fx_store_values values = {select->values, select->count, 1};
    status = store->ops->query(store, statement, &values);
    char *row = rows_out;
    uint32_t count = 0;
    bool has_row = status == FX_OK;
    while (has_row && status == FX_OK && count < capacity) {
        status = store->ops->next(store, statement, &has_row);
        if (status == FX_OK && has_row) {
            status = decode_current(select, statement, row);
            row += select->table->row_size;
            count++;
        }
    }
    store->ops->reset(store, statement);
    if (status == FX_OK) {
        *count_out = count;
    }
    return status;
}

fx_status fx_store_table_read_after(struct fx_store *store,
                                    const struct fx_store_row_table *table,
                                    fx_str scope,
                                    uint64_t after_id,
                                    void *rows_out,
                                    uint32_t *count_out)
{
    struct fx_store_table_select select;
    fx_store_table_select(&select, store, table, FX_STR("1=1"));
    fx_buf_append(&store->sql, scope);
    fx_store_table_and_u64(&select, FX_STR(" AND `id`>?"), after_id);
    fx_store_table_and_u64(&select, FX_STR(" ORDER BY `id` LIMIT ?"), FX_STORE_LIMIT_MAX);
    return fx_store_table_read(&select, rows_out, FX_STORE_LIMIT_MAX, count_out);
}

fx_status fx_store_table_read_one(struct fx_store_table_select *select, void *row_out)
{
    /* Through a row of our own: the caller's stays untouched on failure. */
    _Alignas(16) char row[FX_STORE_ROW_SIZE_MAX];
    uint32_t count = 0;
    FX_ASSERT(select->table->row_size <= sizeof row);
    fx_buf_append(&select->store->sql, FX_STR(" LIMIT 1"));
    const fx_status status = fx_store_table_read(select, row, 1, &count);
    if (status != FX_OK) {
        return status;
    }
    if (count == 0) {
        return FX_NOT_FOUND;
    }
    memcpy(row_out, row, select->table->row_size);
    return FX_OK;
}

fx_status fx_store_table_find_own(struct fx_store *store,
                                  const struct fx_store_row_table *table,
                                  struct fx_store_key key,
                                  void *row_out)
{
    struct fx_store_table_select select;
    fx_store_table_select_own(&select, store, table, key.user_id);
    fx_store_table_and_u64(&select, FX_STR(" AND `id`=?"), key.id);
    return fx_store_table_read_one(&select, row_out);
}

fx_status fx_store_table_count(struct fx_store *store,
                               const struct fx_store_row_table *table,
                               uint64_t *count_out)
{
    fx_store_sql(store, FX_STR("SELECT COUNT(*) FROM "));
    fx_store_table_name(&store->sql, table->name);
    int64_t count = 0;
    const fx_status status = fx_store_number(store, NULL, 0, &count);
    if (status == FX_OK) {
        *count_out = (uint64_t)count;
    }
    return status;
}
