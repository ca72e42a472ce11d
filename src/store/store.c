/* What every adapter shares: the state of a handle and its cache of prepared statements.
 *
 * The cache is keyed by the text. Texts are built from constants and from which filters are
 * present, so there are few; a caller that combines more than FX_STORE_STATEMENTS_MAX of them makes
 * the cache start anew, which costs time and nothing else. */
#include "store/store.h"

#include <string.h>

#include "base/panic.h"
#include "store/store_int.h"
#include "store/store_table_int.h"

fx_status fx_store_setup(struct fx_store *store, const struct fx_store_ops *ops, bool is_writer)
{
    store->ops = ops;
    store->is_writer = is_writer;
    store->is_in_transaction = false;
    store->error[0] = '\0';
    /* The keys are texts of this program: no stranger chooses them. */
    const struct fx_table_seed seed = {{1, 2}};
    fx_table_str_init(&store->statements, FX_STORE_STATEMENTS_MAX, seed);
    fx_buf_init(&store->sql, FX_STORE_SQL_SIZE_MAX);
    store->scratch = fx_store_table_scratch_create();
    return store->scratch == NULL ? FX_NO_MEMORY : FX_OK;
}

static void drop_statements(struct fx_store *store)
{
    uint32_t cursor = 0;
    fx_str text;
    union fx_table_value value;
    while (fx_table_str_next(&store->statements, &cursor, &text, &value)) {
        store->ops->finalize(store, value.pointer);
    }
    fx_table_str_clear(&store->statements);
}

void fx_store_teardown(struct fx_store *store)
{
    drop_statements(store);
    fx_table_str_deinit(&store->statements);
    fx_buf_deinit(&store->sql);
    fx_store_table_scratch_destroy(store->scratch);
    store->scratch = NULL;
}

void fx_store_close(struct fx_store *store)
{
    if (store == NULL) {
        return;
    }
    fx_store_rollback(store);
    store->ops->close(store);
}

fx_status fx_store_begin(struct fx_store *store)
{
    FX_ASSERT(!store->is_in_transaction);
    const fx_status status = store->ops->control(store, FX_STORE_BEGIN);
    store->is_in_transaction = status == FX_OK;
    return status;
}

fx_status fx_store_commit(struct fx_store *store)
{
    FX_ASSERT(store->is_in_transaction);
    const fx_status status = store->ops->control(store, FX_STORE_COMMIT);
    store->is_in_transaction = status != FX_OK;
    return status;
}

void fx_store_rollback(struct fx_store *store)
{
    if (!store->is_in_transaction) {
        return;
    }
    /* A rollback that fails has been done already by the database (full disk, lost connection). */
    const fx_status status = store->ops->control(store, FX_STORE_ROLLBACK);
    store->is_in_transaction = false;
    if (status != FX_OK) {
        fx_store_note_error(store, FX_STR("rollback: the transaction was gone"));
    }
}

bool fx_store_is_in_transaction(const struct fx_store *store)
{
    return store->is_in_transaction;
}

bool fx_store_is_writer(const struct fx_store *store)
{
    return store->is_writer;
}

const char *fx_store_error_text(const struct fx_store *store)
{
    return store->error;
}

fx_status fx_store_take_turn(struct fx_store *store)
{
    FX_ASSERT(store->is_writer && store->is_in_transaction);
    return store->ops->take_turn == NULL ? FX_OK : store->ops->take_turn(store);
}

void fx_store_note_error(struct fx_store *store, fx_str text)
{
    const size_t size = text.size < FX_STORE_ERROR_SIZE ? text.size : FX_STORE_ERROR_SIZE - 1;
    memcpy(store->error, text.data, size);
    store->error[size] = '\0';
}

fx_status fx_store_statement(struct fx_store *store, void **statement_out)
{
    if (store->sql.is_overflow) {
        return FX_NO_MEMORY;
    }
    const fx_str text = fx_buf_str(&store->sql);
    const union fx_table_value *found = fx_table_str_find(&store->statements, text);
    if (found != NULL) {
        *statement_out = found->pointer;
        return FX_OK;
    }
    if (store->statements.count == FX_STORE_STATEMENTS_MAX) {
        drop_statements(store);
    }
    union fx_table_value made = {.pointer = NULL};
    const fx_status status = store->ops->prepare(store, text, &made.pointer);
    if (status != FX_OK) {
        return status;
    }
    if (!fx_table_str_put(&store->statements, text, made)) {
        store->ops->finalize(store, made.pointer);
        return FX_NO_MEMORY;
    }
    *statement_out = made.pointer;
    return FX_OK;
}

fx_status fx_store_execute(struct fx_store *store,
                           const struct fx_store_value values[],
                           uint32_t count,
                           uint64_t *changed_out)
{
    void *statement = NULL;
    const fx_status status = fx_store_statement(store, &statement);
    if (status != FX_OK) {
        return status;
    }
    const struct fx_store_values all = {values, count, 1};
    return store->ops->execute(store, statement, &all, changed_out);
}

fx_status fx_store_number(struct fx_store *store,
                          const struct fx_store_value values[],
                          uint32_t count,
                          int64_t *number_out)
{
    void *statement = NULL;
    fx_status status = fx_store_statement(store, &statement);
    if (status != FX_OK) {
        return status;
    }
    const struct fx_store_values all = {values, count, 1};
    status = store->ops->query(store, statement, &all);
    bool has_row = false;
    if (status == FX_OK) {
        status = store->ops->next(store, statement, &has_row);
    }
    if (status == FX_OK && !has_row) {
        status = FX_NOT_FOUND;
    }
    if (status == FX_OK) {
        const struct fx_store_value value = store->ops->column(store, statement, 0);
        if (value.kind == FX_STORE_VALUE_TEXT) { /* a decimal, as MySQL makes of mixed signs */
            fx_store_note_error(store, FX_STR("a number was asked for, a text is the answer"));
            status = FX_INTERNAL;
        }
        *number_out = value.number;
    }
    store->ops->reset(store, statement);
    return status;
}

void fx_store_sql(struct fx_store *store, fx_str text)
{
    fx_buf_clear(&store->sql);
    fx_buf_append(&store->sql, text);
}

struct fx_store_value fx_store_value_u64(uint64_t number)
{
    /* Above 2^63 no id exists; such a question finds nothing. */
    return (struct fx_store_value){.kind = FX_STORE_VALUE_UINT, .number = (int64_t)number};
}

struct fx_store_value fx_store_value_i64(int64_t number)
{
    return (struct fx_store_value){.kind = FX_STORE_VALUE_INT, .number = number};
}

struct fx_store_value fx_store_value_text(fx_str text)
{
    return (struct fx_store_value){.kind = FX_STORE_VALUE_TEXT, .text = text};
}
