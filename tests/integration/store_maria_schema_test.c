/* Both databases have the same tables with the same columns, keys and NULLs, by migrations of the
 * same numbers and names; and MariaDB has the types of the seed. */
#include "integration/store_maria_kit.h"
#include "store/store_migrate.h"
#include "store/store_sqlite.h"

enum { LINES_MAX = 1024, LINE_SIZE = 128 };

struct lines {
    uint32_t count;
    char text[LINES_MAX][LINE_SIZE];
};

struct fixture {
    struct store_maria_kit *kit;
    struct fx_store *maria;
    struct fx_store *sqlite;
    struct lines left;
    struct lines right;
};

static int setup(void **state)
{
    static struct fixture fixture;
    uint32_t applied = 0;
    fixture.kit = store_maria_kit_create(FX_STORE_MARIA_BATCH_AUTO);
    fixture.maria = store_maria_kit_open(&fixture.kit->config, true);
    assert_int_equal(fx_store_sqlite_open(":memory:", FX_STORE_SQLITE_WRITER, &fixture.sqlite),
                     FX_OK);
    assert_int_equal(fx_store_migrate(fixture.maria, &applied), FX_OK);
    assert_int_equal(fx_store_migrate(fixture.sqlite, &applied), FX_OK);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    fx_store_close(fixture->maria);
    fx_store_close(fixture->sqlite);
    store_maria_kit_destroy(fixture->kit);
    return 0;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): as qsort wants it
static int compare_lines(const void *left, const void *right)
{
    return strcmp(left, right);
}

/* The texts of a query of one column, in the order of their bytes. */
static void read_lines(struct fx_store *store, const char *sql, struct lines *lines_out)
{
    const struct fx_store_values none = {NULL, 0, 1};
    void *statement = NULL;
    bool has_row = true;
    fx_store_sql(store, fx_str_of(sql));
    assert_int_equal(fx_store_statement(store, &statement), FX_OK);
    assert_int_equal(store->ops->query(store, statement, &none), FX_OK);
    lines_out->count = 0;
    while (true) {
        assert_int_equal(store->ops->next(store, statement, &has_row), FX_OK);
        if (!has_row) {
            break;
        }
        const struct fx_store_value value = store->ops->column(store, statement, 0);
        assert_int_equal(value.kind, FX_STORE_VALUE_TEXT);
        assert_true(lines_out->count < LINES_MAX);
        assert_true(fx_str_copy(value.text, lines_out->text[lines_out->count], LINE_SIZE));
        lines_out->count++;
    }
    store->ops->reset(store, statement);
    qsort(lines_out->text, lines_out->count, LINE_SIZE, compare_lines);
}

static void expect_equal(const struct lines *sqlite, const struct lines *maria)
{
    const uint32_t count = sqlite->count > maria->count ? sqlite->count : maria->count;
    for (uint32_t index = 0; index < count; index++) {
        const char *left = index < sqlite->count ? sqlite->text[index] : "(nothing)";
        const char *right = index < maria->count ? maria->text[index] : "(nothing)";
        if (strcmp(left, right) != 0) {
            fail_msg("SQLite has %s, MariaDB has %s", left, right);
        }
    }
}

static void store_maria_schema_equals_that_of_sqlite(void **state)
{
    struct fixture *fixture = *state;
    read_lines(
        fixture->sqlite,
        "SELECT t.name||'.'||c.name||CASE WHEN c.pk>0 THEN ' key '||c.pk WHEN c.\"notnull\" "
        "THEN ' not null' ELSE '' END FROM sqlite_schema t, pragma_table_info(t.name) c WHERE "
        "t.type='table' AND t.name NOT LIKE 'sqlite_%'",
        &fixture->left);
    read_lines(
        fixture->maria,
        "SELECT CONCAT(c.table_name,'.',c.column_name,CASE WHEN c.column_key='PRI' THEN "
        "CONCAT(' key ',k.ordinal_position) WHEN c.is_nullable='NO' THEN ' not null' ELSE '' "
        "END) FROM information_schema.columns c LEFT JOIN information_schema.key_column_usage "
        "k ON k.table_schema=c.table_schema AND k.table_name=c.table_name AND "
        "k.column_name=c.column_name AND k.constraint_name='PRIMARY' WHERE "
        "c.table_schema=DATABASE()",
        &fixture->right);
    assert_true(fixture->left.count > 200);
    expect_equal(&fixture->left, &fixture->right);
}

/* Unique keys and references decide what is refused. */
static void store_maria_schema_refuses_the_same(void **state)
{
    struct fixture *fixture = *state;
    read_lines(
        fixture->sqlite,
        "SELECT t.name||':'||(SELECT group_concat(name) FROM pragma_index_info(i.name)) FROM "
        "sqlite_schema t, pragma_index_list(t.name) i WHERE t.type='table' AND i.\"unique\" "
        "AND i.origin<>'pk' UNION SELECT t.name||'.'||f.\"from\"||' of '||f.\"table\" FROM "
        "sqlite_schema t, pragma_foreign_key_list(t.name) f WHERE t.type='table'",
        &fixture->left);
    read_lines(fixture->maria,
               "SELECT CONCAT(table_name,':',GROUP_CONCAT(column_name ORDER BY seq_in_index)) FROM "
               "information_schema.statistics WHERE table_schema=DATABASE() AND non_unique=0 AND "
               "index_name<>'PRIMARY' GROUP BY table_name,index_name UNION SELECT "
               "CONCAT(table_name,'.',column_name,' of ',referenced_table_name) FROM "
               "information_schema.key_column_usage WHERE table_schema=DATABASE() AND "
               "referenced_table_name IS NOT NULL",
               &fixture->right);
    assert_true(fixture->left.count >= 10);
    expect_equal(&fixture->left, &fixture->right);
}

static void store_maria_schema_has_the_types_of_the_seed(void **state)
{
    struct fixture *fixture = *state;
    static const char *const FOREIGN[] = {
        /* amounts that are not decimal(36,18), times that are not datetime(3) */
        "SELECT CONCAT(table_name,'.',column_name,' ',column_type) FROM information_schema.columns "
        "WHERE table_schema=DATABASE() AND table_name<>'migrations' AND (data_type IN "
        "('decimal','float','double') AND column_type<>'decimal(36,18)' OR data_type IN "
        "('datetime','timestamp','date','time') AND column_type<>'datetime(3)')",
        "SELECT CONCAT(table_name,' ',engine,' ',table_collation) FROM information_schema.tables "
        "WHERE table_schema=DATABASE() AND table_name<>'migrations' AND (engine<>'InnoDB' OR "
        "table_collation<>'utf8mb4_bin')"};
    for (size_t index = 0; index < sizeof FOREIGN / sizeof FOREIGN[0]; index++) {
        read_lines(fixture->maria, FOREIGN[index], &fixture->right);
        if (fixture->right.count > 0) {
            fail_msg("%s", fixture->right.text[0]);
        }
    }
    read_lines(fixture->maria,
               "SELECT CONCAT(table_name,'.',column_name) FROM information_schema.columns WHERE "
               "table_schema=DATABASE() AND data_type IN ('decimal','enum')",
               &fixture->right);
    assert_true(fixture->right.count > 60);
}

static void store_maria_schema_migrations_are_the_same(void **state)
{
    uint32_t sqlite_count = 0, maria_count = 0;
    const struct fx_store_migrate_item *sqlite = fx_store_migrate_items_sqlite(&sqlite_count);
    const struct fx_store_migrate_item *maria = fx_store_migrate_items_mariadb(&maria_count);
    (void)state;
    for (uint32_t index = 0; index < sqlite_count; index++) {
        if (index >= maria_count || maria[index].number != sqlite[index].number ||
            strcmp(maria[index].name, sqlite[index].name) != 0) {
            fail_msg("migration %u %s has no counterpart on MariaDB",
                     sqlite[index].number,
                     sqlite[index].name);
        }
    }
    assert_int_equal(sqlite_count, maria_count);
}

/* A crash in the middle of a migration, at each of its statements: the next try finishes it. */
static void store_maria_schema_half_a_migration_is_finished(void **state)
{
    uint32_t count = 0;
    const struct fx_store_migrate_item *items = fx_store_migrate_items_mariadb(&count);
    (void)state;
    for (uint32_t half = 1; half < 16; half += 5) {
        struct store_maria_kit *kit = store_maria_kit_create(FX_STORE_MARIA_BATCH_AUTO);
        struct fx_store *store = store_maria_kit_open(&kit->config, true);
        uint32_t applied = 0;
        assert_int_equal(
            store->ops->script(
                store,
                FX_STR("CREATE TABLE `migrations` (`id` INTEGER PRIMARY KEY,`name` VARCHAR(64) NOT "
                       "NULL,`checksum` BIGINT NOT NULL,`appliedAt` TIMESTAMP NOT NULL DEFAULT "
                       "CURRENT_TIMESTAMP);\nINSERT INTO `migrations` (`id`,`name`,`checksum`) "
                       "VALUES (1,'init',-1)")),
            FX_OK);
        fx_str sql = items[0].sql;
        char statement[256];
        for (uint32_t done = 0; done < half; done++) {
            fx_str one;
            assert_true(fx_store_migrate_next(&sql, &one));
            assert_int_equal(store->ops->change_schema(store, one, false), FX_OK);
        }
        /* The last of them ran when the process ended, or was recorded just after. */
        (void)snprintf(statement,
                       sizeof statement,
                       "UPDATE `migrations` SET `checksum`=%d",
                       -1 - (int)(half % 2 == 0 ? 2 * half : 2 * (half - 1) + 1));
        assert_int_equal(store->ops->script(store, fx_str_of(statement)), FX_OK);
        assert_int_equal(fx_store_migrate_check(store), FX_VERSION_MISMATCH);
        assert_int_equal(fx_store_migrate(store, &applied), FX_OK);
        assert_int_equal(applied, count);
        assert_int_equal(fx_store_migrate_check(store), FX_OK);
        fx_store_close(store);
        store_maria_kit_destroy(kit);
    }
}

/* Tables of another program with our names are not taken for ours. */
static void store_maria_schema_foreign_table_is_refused(void **state)
{
    struct store_maria_kit *kit = store_maria_kit_create(FX_STORE_MARIA_BATCH_AUTO);
    struct fx_store *store = store_maria_kit_open(&kit->config, true);
    uint32_t applied = 77;
    (void)state;
    assert_int_equal(store->ops->script(store, FX_STR("CREATE TABLE `orders` (`id` int)")), FX_OK);
    assert_int_equal(fx_store_migrate(store, &applied), FX_EXISTS);
    assert_non_null(strstr(fx_store_error_text(store), "orders"));
    assert_int_equal(fx_store_migrate(store, &applied), FX_EXISTS); /* and stays refused */
    assert_non_null(strstr(fx_store_error_text(store), "orders"));
    assert_int_equal(applied, 77);
    assert_int_equal(store->ops->script(store, FX_STR("DROP TABLE `orders`")), FX_OK);
    assert_int_equal(fx_store_migrate(store, &applied), FX_OK); /* goes on where it stood */
    assert_int_equal(fx_store_migrate_check(store), FX_OK);
    fx_store_close(store);
    store_maria_kit_destroy(kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(store_maria_schema_equals_that_of_sqlite),
        cmocka_unit_test(store_maria_schema_refuses_the_same),
        cmocka_unit_test(store_maria_schema_has_the_types_of_the_seed),
        cmocka_unit_test(store_maria_schema_migrations_are_the_same),
        cmocka_unit_test(store_maria_schema_half_a_migration_is_finished),
        cmocka_unit_test(store_maria_schema_foreign_table_is_refused),
    };
    return store_maria_kit_has_server() ? cmocka_run_group_tests(tests, setup, teardown)
                                        : STORE_MARIA_KIT_SKIPPED;
}
