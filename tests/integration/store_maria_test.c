/* The contract of the store on MariaDB: rows in arrays, and rows in long INSERTs as MySQL has them.
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

static void empty(struct fx_store *store)
{
    static const char *const TABLES[] = {"accounts",         "orders",
                                         "positions",        "trades",
                                         "transactions",     "instruments",
                                         "trading_rules",    "leverage_margin",
                                         "fundings",         "funding_histories",
                                         "margin_histories", "position_histories",
                                         "user_margin_mode", "user_settings",
                                         "api_keys",         "refresh_tokens",
                                         "revoked_logins",   "user_totp",
                                         "recovery_codes",   "user_fees",
                                         "candles",          "insurance_histories",
                                         "saver_progress",   "users"};
    assert_int_equal(fx_store_begin(store), FX_OK);
    for (size_t index = 0; index < sizeof TABLES / sizeof TABLES[0]; index++) {
        char sql[64];
        (void)snprintf(sql, sizeof sql, "DELETE FROM `%s`", TABLES[index]);
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
    const int failed = store_contract_run(&ARRAYS) + store_contract_run(&ROWS);
    if (kept != NULL) {
        store_maria_kit_destroy(kept);
    }
    return failed;
}
