/* The contract of the store on SQLite, and what is special to SQLite: column types, plans, files.
 */
#include "store/store_sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "fx_test.h"
#include "integration/store_contract.h"
#include "store/store_api_key.h"
#include "store/store_int.h"
#include "store/store_migrate.h"
#include "store/store_row_int.h"
#include "store/store_user.h"

enum { PATH_SIZE = 64 };

struct place {
    char folder[PATH_SIZE];
    char file[PATH_SIZE + 16];
};

static bool make_place(void **context_out)
{
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    (void)snprintf(place->folder, sizeof place->folder, "%s", "/tmp/fx_store_XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    (void)snprintf(place->file, sizeof place->file, "%s/store.db", place->folder);
    *context_out = place;
    return true;
}

static fx_status open_place(void *context, bool is_writer, struct fx_store **store_out)
{
    const struct place *place = context;
    return fx_store_sqlite_open(
        place->file, is_writer ? FX_STORE_SQLITE_WRITER : FX_STORE_SQLITE_READER, store_out);
}

static void remove_place(void *context)
{
    struct place *place = context;
    static const char *const SUFFIXES[] = {"", "-wal", "-shm"};
    for (size_t index = 0; index < 3; index++) {
        char path[PATH_SIZE + 32];
        (void)snprintf(path, sizeof path, "%s%s", place->file, SUFFIXES[index]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(place->folder), 0);
    free(place);
}

struct fixture {
    void *context;
    struct fx_store *writer;
    sqlite3 *raw; /* beside the port, to look at what it made */
};

static int setup(void **state)
{
    static struct fixture fixture;
    uint32_t applied = 0;
    memset(&fixture, 0, sizeof fixture);
    assert_true(make_place(&fixture.context));
    assert_int_equal(open_place(fixture.context, true, &fixture.writer), FX_OK);
    assert_int_equal(fx_store_migrate(fixture.writer, &applied), FX_OK);
    const struct place *place = fixture.context;
    assert_int_equal(sqlite3_open(place->file, &fixture.raw), SQLITE_OK);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(sqlite3_close(fixture->raw), SQLITE_OK);
    fx_store_close(fixture->writer);
    remove_place(fixture->context);
    return 0;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): SQL first
static uint32_t count_rows(sqlite3 *raw, const char *sql, const char *value)
{
    sqlite3_stmt *statement = NULL;
    uint32_t count = 0;
    assert_int_equal(sqlite3_prepare_v2(raw, sql, -1, &statement, NULL), SQLITE_OK);
    if (value != NULL) {
        assert_int_equal(sqlite3_bind_text(statement, 1, value, -1, SQLITE_STATIC), SQLITE_OK);
    }
    while (sqlite3_step(statement) == SQLITE_ROW) {
        count++;
    }
    assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    return count;
}

static void store_sqlite_schema_has_the_tables_of_the_contract(void **state)
{
    static const char *const TABLES[] = {"users",
                                         "accounts",
                                         "orders",
                                         "positions",
                                         "trades",
                                         "instruments",
                                         "trading_rules",
                                         "leverage_margin",
                                         "transactions",
                                         "fundings",
                                         "funding_histories",
                                         "margin_histories",
                                         "position_histories",
                                         "user_margin_mode",
                                         "user_settings",
                                         "api_keys",
                                         "refresh_tokens",
                                         "candles",
                                         "insurance_histories",
                                         "audit_log",
                                         "saver_progress",
                                         "migrations"};
    struct fixture *fixture = *state;
    for (size_t index = 0; index < sizeof TABLES / sizeof TABLES[0]; index++) {
        if (count_rows(fixture->raw,
                       "SELECT 1 FROM sqlite_schema WHERE type='table' AND name=?",
                       TABLES[index]) != 1) {
            fail_msg("table %s is missing", TABLES[index]);
        }
    }
}

static void store_sqlite_orders_have_the_columns_of_the_contract(void **state)
{
    static const char *const COLUMNS[] = {"id",
                                          "accountId",
                                          "userId",
                                          "symbol",
                                          "side",
                                          "type",
                                          "quantity",
                                          "price",
                                          "remaining",
                                          "executedPrice",
                                          "status",
                                          "leverage",
                                          "marginMode",
                                          "isReduceOnly",
                                          "isPostOnly",
                                          "operationId",
                                          "tmpId",
                                          "clientOrderId",
                                          "timeInForce",
                                          "tpSLType",
                                          "tpSLPrice",
                                          "trigger",
                                          "stopCondition",
                                          "activationPrice",
                                          "callbackRate",
                                          "takeProfitOrderId",
                                          "stopLossOrderId",
                                          "parentOrderId",
                                          "linkedOrderId",
                                          "cost",
                                          "orderMargin",
                                          "contractType",
                                          "note",
                                          "createdAt",
                                          "updatedAt"};
    struct fixture *fixture = *state;
    for (size_t index = 0; index < sizeof COLUMNS / sizeof COLUMNS[0]; index++) {
        if (count_rows(fixture->raw,
                       "SELECT 1 FROM pragma_table_info('orders') WHERE name=?",
                       COLUMNS[index]) != 1) {
            fail_msg("column orders.%s is missing", COLUMNS[index]);
        }
    }
}

static const struct fx_store_migrate_item *first_migration(uint32_t *count_out)
{
    const struct fx_store_migrate_item *items = fx_store_migrate_items_sqlite(count_out);
    *count_out = 1;
    return items;
}

/* A database of the first version, with rows in it, is brought up to date and keeps them. */
static void store_sqlite_old_schema_is_migrated_with_its_rows(void **state)
{
    void *context = NULL;
    struct fx_store *store = NULL;
    uint32_t applied = 0;
    uint32_t total = 0;
    struct fx_rows_user user;
    struct fx_store_api_key key;
    (void)state;
    assert_true(make_place(&context));
    assert_int_equal(open_place(context, true, &store), FX_OK);
    const struct fx_store_ops *ops = store->ops;
    struct fx_store_ops old = *ops;
    old.migrations = first_migration;
    store->ops = &old;
    assert_int_equal(fx_store_migrate(store, &applied), FX_OK);
    assert_int_equal(applied, 1);
    assert_int_equal(
        ops->script(store,
                    FX_STR("INSERT INTO `users` (`id`,`email`,`password`,`uid`,`createdAt`) VALUES "
                           "(7,'a@x','h','u7','2023-01-01 00:00:00.000');"
                           "INSERT INTO `api_keys` (`userId`,`key`,`secret`,`kind`,`label`,"
                           "`scopes`,`ips`,`createdAt`) VALUES (7,'k','s','HMAC','','READ','',"
                           "'2023-01-01 00:00:00.000')")),
        FX_OK);
    store->ops = ops;
    assert_int_equal(fx_store_migrate_check(store), FX_VERSION_MISMATCH);
    (void)ops->migrations(&total);
    assert_int_equal(fx_store_migrate(store, &applied), FX_OK);
    assert_int_equal(applied, total - 1);
    assert_int_equal(fx_store_migrate_check(store), FX_OK);
    assert_int_equal(fx_store_user_find(store, 7, &user), FX_OK);
    assert_string_equal(user.email, "a@x");
    assert_int_equal(user.tokens_from_us, 0);
    assert_int_equal(fx_store_api_key_find(store, FX_STR("k"), &key), FX_OK);
    assert_string_equal(key.secret, "s");
    assert_int_equal(key.expires_us, 0);
    fx_store_close(store);
    remove_place(context);
}

/* NUMERIC or REAL affinity would turn a decimal into a float without a word. */
static void store_sqlite_columns_are_integer_or_text(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(count_rows(fixture->raw,
                                "SELECT t.name, c.name FROM sqlite_schema t, "
                                "pragma_table_info(t.name) c WHERE t.type='table' AND "
                                "t.name NOT IN ('migrations','sqlite_sequence') AND "
                                "c.type NOT IN ('INTEGER','TEXT')",
                                NULL),
                     0);
    assert_true(count_rows(fixture->raw,
                           "SELECT 1 FROM sqlite_schema t, pragma_table_info(t.name) c "
                           "WHERE t.type='table' AND c.type='TEXT'",
                           NULL) > 100);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a question and a name
static void assert_indexed(sqlite3 *raw, const char *sql, const char *index)
{
    char explain[512];
    sqlite3_stmt *statement = NULL;
    (void)snprintf(explain, sizeof explain, "EXPLAIN QUERY PLAN %s", sql);
    assert_int_equal(sqlite3_prepare_v2(raw, explain, -1, &statement, NULL), SQLITE_OK);
    bool is_found = false;
    while (sqlite3_step(statement) == SQLITE_ROW) {
        const char *detail = (const char *)sqlite3_column_text(statement, 3);
        is_found = is_found || strstr(detail, index) != NULL;
        if (strstr(detail, "TEMP B-TREE") != NULL) {
            fail_msg("%s: sorts: %s", sql, detail);
        }
    }
    assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    if (!is_found) {
        fail_msg("%s: does not use %s", sql, index);
    }
}

static void store_sqlite_lists_walk_an_index(void **state)
{
    struct fixture *fixture = *state;
    assert_indexed(fixture->raw,
                   "SELECT * FROM orders WHERE userId=? AND (status='PENDING' OR "
                   "status='UNTRIGGERED' OR status='ACTIVE' OR status='PARTIALLY_FILLED') AND "
                   "symbol=? AND id<? ORDER BY id DESC LIMIT ?",
                   "ix_orders_open");
    assert_indexed(fixture->raw,
                   "SELECT * FROM orders WHERE userId=? AND status NOT IN ('PENDING', "
                   "'UNTRIGGERED', 'ACTIVE', 'PARTIALLY_FILLED') ORDER BY id DESC LIMIT ?",
                   "ix_orders_user");
    assert_indexed(fixture->raw,
                   "SELECT * FROM orders WHERE userId=? AND tmpId=? ORDER BY id DESC LIMIT 1",
                   "ix_orders_tmp");
    assert_indexed(fixture->raw,
                   "SELECT * FROM orders WHERE userId=? AND clientOrderId=? ORDER BY id DESC",
                   "ix_orders_client");
    assert_indexed(fixture->raw,
                   "SELECT * FROM trades WHERE buyUserId=? AND id<? ORDER BY id DESC LIMIT ?",
                   "ix_trades_buyer");
    assert_indexed(fixture->raw,
                   "SELECT * FROM trades WHERE symbol=? ORDER BY id DESC LIMIT ?",
                   "ix_trades_symbol");
    assert_indexed(fixture->raw,
                   "SELECT * FROM transactions WHERE userId=? AND type=? ORDER BY id DESC LIMIT ?",
                   "ix_transactions_user");
    assert_indexed(fixture->raw,
                   "SELECT * FROM candles WHERE symbol=? AND priceType=? AND resolution=? AND "
                   "minute>=? AND minute<=? ORDER BY minute DESC LIMIT ?",
                   "PRIMARY KEY");
    assert_indexed(fixture->raw,
                   "SELECT * FROM trades WHERE note<>'' AND symbol=? AND id<? ORDER BY id DESC "
                   "LIMIT ?",
                   "ix_trades_note");
    assert_indexed(fixture->raw,
                   "SELECT * FROM funding_histories WHERE userId=? ORDER BY id DESC LIMIT ?",
                   "ix_funding_histories_user");
    assert_indexed(
        fixture->raw,
        "SELECT * FROM insurance_histories WHERE 1=1 AND asset=? ORDER BY id DESC LIMIT ?",
        "ix_insurance_histories_asset");
    assert_indexed(fixture->raw,
                   "SELECT * FROM fundings WHERE 1=1 AND symbol=? ORDER BY id DESC LIMIT ?",
                   "ix_fundings_symbol");
}

/* A temporary tree per statement doubles what a saved order costs: see migration 3. */
static void store_sqlite_order_statements_open_no_temporary_tree(void **state)
{
    static const char *const SQL[] = {
        "EXPLAIN INSERT INTO orders (id, userId, status, operationId) VALUES (?,?,?,?) "
        "ON CONFLICT (id) DO NOTHING",
        "EXPLAIN UPDATE orders SET status=?2, operationId=?3 WHERE id=?1 AND operationId<?3"};
    struct fixture *fixture = *state;
    for (size_t index = 0; index < sizeof SQL / sizeof SQL[0]; index++) {
        sqlite3_stmt *statement = NULL;
        uint32_t operations = 0;
        assert_int_equal(sqlite3_prepare_v2(fixture->raw, SQL[index], -1, &statement, NULL),
                         SQLITE_OK);
        while (sqlite3_step(statement) == SQLITE_ROW) {
            assert_string_not_equal((const char *)sqlite3_column_text(statement, 1),
                                    "OpenEphemeral");
            operations++;
        }
        assert_true(operations > 20);
        assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    }
}

static void store_sqlite_reader_cannot_write(void **state)
{
    struct fixture *fixture = *state;
    struct fx_store *reader = NULL;
    assert_int_equal(open_place(fixture->context, false, &reader), FX_OK);
    assert_false(fx_store_is_writer(reader));
    assert_int_equal(reader->ops->script(reader, FX_STR("DELETE FROM `users`")), FX_IO);
    assert_true(strlen(fx_store_error_text(reader)) > 0);
    fx_store_close(reader);
}

static void store_sqlite_writers_take_turns(void **state)
{
    struct fixture *fixture = *state;
    const struct place *place = fixture->context;
    struct fx_store *durable = NULL;
    struct fx_rows_user user = {.email = "a@x", .uid = "u", .role = "user"}, found;
    assert_int_equal(fx_store_sqlite_open(place->file, FX_STORE_SQLITE_WRITER_DURABLE, &durable),
                     FX_OK);
    assert_true(fx_store_is_writer(durable));
    assert_int_equal(fx_store_user_insert(durable, &user, &user.id), FX_OK);
    assert_int_equal(fx_store_user_find(fixture->writer, user.id, &found), FX_OK);
    user.allow_trade = true;
    assert_int_equal(fx_store_begin(fixture->writer), FX_OK);
    assert_int_equal(fx_store_user_update(fixture->writer, &user), FX_OK);
    assert_int_equal(fx_store_commit(fixture->writer), FX_OK);
    assert_int_equal(fx_store_user_find(durable, user.id, &found), FX_OK);
    assert_true(found.allow_trade);
    int64_t level = 0;
    fx_store_sql(durable, FX_STR("PRAGMA synchronous"));
    assert_int_equal(fx_store_number(durable, NULL, 0, &level), FX_OK);
    assert_int_equal(level, 2); /* FULL */
    fx_store_sql(fixture->writer, FX_STR("PRAGMA synchronous"));
    assert_int_equal(fx_store_number(fixture->writer, NULL, 0, &level), FX_OK);
    assert_int_equal(level, 1); /* NORMAL */
    fx_store_close(durable);
}

/* In the middle of a writer's transaction: what was committed is in the copy, what was not is not.
 */
static void store_sqlite_copy_is_the_committed_state(void **state)
{
    struct fixture *fixture = *state;
    const struct place *place = fixture->context;
    char target[PATH_SIZE + 32];
    struct fx_store *copy = NULL;
    struct fx_rows_user first = {.email = "a@x", .uid = "u", .role = "user"};
    struct fx_rows_user second = {.email = "b@x", .uid = "v", .role = "user"};
    struct fx_rows_user found;
    (void)snprintf(target, sizeof target, "%s/copy.db", place->folder);
    assert_int_equal(fx_store_user_insert(fixture->writer, &first, &first.id), FX_OK);
    assert_int_equal(fx_store_begin(fixture->writer), FX_OK);
    assert_int_equal(fx_store_user_insert(fixture->writer, &second, &second.id), FX_OK);
    assert_int_equal(fx_store_sqlite_copy(place->file, target), FX_OK);
    assert_int_equal(fx_store_commit(fixture->writer), FX_OK);
    assert_int_equal(fx_store_sqlite_open(target, FX_STORE_SQLITE_READER, &copy), FX_OK);
    assert_int_equal(fx_store_migrate_check(copy), FX_OK);
    assert_int_equal(fx_store_user_find(copy, first.id, &found), FX_OK);
    assert_int_equal(fx_store_user_find(copy, second.id, &found), FX_NOT_FOUND);
    fx_store_close(copy);
    assert_int_equal(unlink(target), 0);
    (void)snprintf(target, sizeof target, "%s/copy.db-wal", place->folder);
    (void)unlink(target);
    (void)snprintf(target, sizeof target, "%s/copy.db-shm", place->folder);
    (void)unlink(target);
    assert_int_equal(fx_store_sqlite_copy("/nonexistent/x.db", target), FX_NOT_FOUND);
}

static void store_sqlite_damaged_value_is_corrupt(void **state)
{
    struct fixture *fixture = *state;
    struct fx_rows_user user = {.email = "a@x", .uid = "u", .role = "user"}, found;
    assert_int_equal(fx_store_user_insert(fixture->writer, &user, &user.id), FX_OK);
    assert_int_equal(
        sqlite3_exec(fixture->raw, "UPDATE users SET createdAt='yesterday'", NULL, NULL, NULL),
        SQLITE_OK);
    memset(&found, 7, sizeof found);
    const struct fx_rows_user before = found;
    assert_int_equal(fx_store_user_find(fixture->writer, user.id, &found), FX_CORRUPT);
    assert_memory_equal(&found, &before, sizeof found); /* untouched */
    assert_string_equal(fx_store_error_text(fixture->writer),
                        "users.createdAt: not a value of this column");
}

static void store_sqlite_open_of_bad_files_says_why(void **state)
{
    (void)state;
    void *context = NULL;
    struct fx_store *store = NULL;
    assert_true(make_place(&context));
    assert_int_equal(open_place(context, false, &store), FX_NOT_FOUND);
    assert_null(store);
    const struct place *place = context;
    FILE *file = fopen(place->file, "w");
    assert_non_null(file);
    for (int index = 0; index < 1000; index++) {
        assert_true(fputs("this is not a database ", file) >= 0);
    }
    assert_int_equal(fclose(file), 0);
    assert_int_equal(open_place(context, true, &store), FX_CORRUPT);
    assert_int_equal(open_place(context, false, &store), FX_CORRUPT);
    assert_int_equal(fx_store_sqlite_open("/nowhere/at/all/x.db", FX_STORE_SQLITE_WRITER, &store),
                     FX_IO);
    assert_null(store);
    remove_place(context);
    fx_store_close(NULL);
}

static void store_row_times_roundtrip_in_milliseconds(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
    } CASES[] = {
        {"1970-01-01 00:00:00.000", 0},
        {"2000-02-29 23:59:59.999", 951868799999000},
        {"2023-12-25 09:30:00.001", 1703496600001000},
        {"9999-12-31 23:59:59.999", 253402300799999000},
    };
    for (size_t index = 0; index < sizeof CASES / sizeof CASES[0]; index++) {
        char text[FX_STORE_ROW_TIME_SIZE + 2];
        int64_t us = -1;
        fx_store_row_format_time(CASES[index].us + 999, text); /* truncated */
        assert_string_equal(text, CASES[index].text);
        assert_true(fx_store_row_parse_time(fx_str_of(text), &us));
        assert_int_equal(us, CASES[index].us);
    }
    int64_t us = 0;
    assert_true(fx_store_row_parse_time(FX_STR("2023-12-25T09:30:00"), &us));
    assert_int_equal(us, 1703496600000000);
    assert_false(fx_store_row_parse_time(FX_STR("2023-12-25 09:30"), &us));
    assert_false(fx_store_row_parse_time(FX_STR("2023-13-25 09:30:00"), &us));
    assert_false(fx_store_row_parse_time(FX_STR("2023-12-25 09:30:0x"), &us));
    char text[FX_STORE_ROW_TIME_SIZE + 2];
    fx_store_row_format_time(INT64_MIN, text);
    assert_string_equal(text, "1970-01-01 00:00:00.000");
    fx_store_row_format_time(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31 23:59:59.999");
}

int main(void)
{
    static const struct store_contract_adapter ADAPTER = {
        "sqlite", make_place, open_place, remove_place};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            store_sqlite_schema_has_the_tables_of_the_contract, setup, teardown),
        cmocka_unit_test_setup_teardown(
            store_sqlite_orders_have_the_columns_of_the_contract, setup, teardown),
        cmocka_unit_test(store_sqlite_old_schema_is_migrated_with_its_rows),
        cmocka_unit_test_setup_teardown(store_sqlite_columns_are_integer_or_text, setup, teardown),
        cmocka_unit_test_setup_teardown(store_sqlite_lists_walk_an_index, setup, teardown),
        cmocka_unit_test_setup_teardown(
            store_sqlite_order_statements_open_no_temporary_tree, setup, teardown),
        cmocka_unit_test_setup_teardown(store_sqlite_reader_cannot_write, setup, teardown),
        cmocka_unit_test_setup_teardown(store_sqlite_writers_take_turns, setup, teardown),
        cmocka_unit_test_setup_teardown(store_sqlite_copy_is_the_committed_state, setup, teardown),
        cmocka_unit_test_setup_teardown(store_sqlite_damaged_value_is_corrupt, setup, teardown),
        cmocka_unit_test(store_sqlite_open_of_bad_files_says_why),
        cmocka_unit_test(store_row_times_roundtrip_in_milliseconds),
    };
    const int failed = store_contract_run(&ADAPTER);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
