/* The contract of the store on MariaDB, rows in arrays and in long INSERTs; on MySQL in the latter.
 */
#include "integration/store_contract.h"
#include "integration/store_maria_kit.h"

/* Making the tables takes longer than a test, so the next one gets them too, emptied, unless this
 * one has touched the schema or the audit log (which does not let go of its rows). */
static struct store_maria_kit *kept;

static bool setup(enum fx_store_maria_batch batch, void **context_out)
{
    if (kept == NULL) {
        kept = store_maria_kit_create(batch);
    }
    kept->config.batch = batch;
    *context_out = kept;
    return true;
}

static bool setup_arrays(void **context_out)
{
    return setup(FX_STORE_MARIA_BATCH_ARRAY, context_out);
}

static bool setup_rows(void **context_out)
{
    return setup(FX_STORE_MARIA_BATCH_ROWS, context_out);
}

static fx_status open_kit(void *context, bool is_writer, struct fx_store **store_out)
{
    const struct store_maria_kit *kit = context;
    *store_out = store_maria_kit_open(&kit->config, is_writer);
    return FX_OK;
}

static bool is_touched(struct fx_store *store)
{
    int64_t count = 0;
    fx_store_sql(store,
                 FX_STR("SELECT (SELECT COUNT(*) FROM `audit_log`)+(SELECT COUNT(*) FROM "
                        "`migrations` WHERE `checksum`<=1 OR `id`>=9999)+3-(SELECT COUNT(*) "
                        "FROM information_schema.triggers WHERE trigger_schema=DATABASE())"));
    return fx_store_number(store, NULL, 0, &count) != FX_OK || count != 0;
}

/* Every table but the two that is_touched() looks at, whatever migrations there will be. */
static void empty(struct fx_store *store)
{
    static char names[64][64];
    const struct fx_store_values none = {NULL, 0, 1};
    void *statement = NULL;
    uint32_t count = 0;
    bool has_row = true;
    fx_store_sql(
        store,
        FX_STR("SELECT table_name FROM information_schema.tables WHERE "
               "table_schema=DATABASE() AND table_name NOT IN ('migrations','audit_log')"));
    assert_int_equal(fx_store_statement(store, &statement), FX_OK);
    assert_int_equal(store->ops->query(store, statement, &none), FX_OK);
    while (true) {
        assert_int_equal(store->ops->next(store, statement, &has_row), FX_OK);
        if (!has_row) {
            break;
        }
        assert_true(count < 64);
        assert_true(fx_str_copy(
            store->ops->column(store, statement, 0).text, names[count], sizeof names[0]));
        count++;
    }
    store->ops->reset(store, statement);
    assert_true(count > 20);
    assert_int_equal(store->ops->script(store, FX_STR("SET foreign_key_checks=0")), FX_OK);
    assert_int_equal(fx_store_begin(store), FX_OK);
    for (uint32_t index = 0; index < count; index++) {
        char sql[96];
        const int size = snprintf(sql, sizeof sql, "DELETE FROM `%s`", names[index]);
        assert_true(size > 0 && size < (int)sizeof sql);
        assert_int_equal(store->ops->script(store, fx_str_of(sql)), FX_OK);
    }
    assert_int_equal(fx_store_commit(store), FX_OK);
}

static void clean_kit(void *context)
{
    struct store_maria_kit *kit = context;
    struct fx_store *store = store_maria_kit_open(&kit->config, true);
    const bool is_over = is_touched(store);
    if (!is_over) {
        empty(store);
    }
    fx_store_close(store);
    if (is_over) {
        store_maria_kit_destroy(kit);
        kept = NULL;
    }
}

int main(void)
{
    static const struct store_contract_adapter ARRAYS = {
        "mariadb, arrays", setup_arrays, open_kit, clean_kit};
    static const struct store_contract_adapter ROWS = {
        "mariadb, rows", setup_rows, open_kit, clean_kit};
    if (!store_maria_kit_has_server()) {
        return STORE_MARIA_KIT_SKIPPED;
    }
    int failed = store_contract_run(&ROWS);
    if (!store_maria_kit_is_mysql()) { /* MySQL takes no arrays of parameters */
        failed += store_contract_run(&ARRAYS);
    }
    if (kept != NULL) {
        store_maria_kit_destroy(kept);
    }
    return failed;
}
