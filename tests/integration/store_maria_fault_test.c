/* The MariaDB adapter when things go wrong: a wire that is cut, a server that is killed, deadlocks,
 * wrong settings. */
#include "base/clock.h"
#include "integration/store_maria_proxy.h"
#include "store/store_account.h"
#include "store/store_maria_int.h"
#include "store/store_migrate.h"
#include "store/store_progress.h"
#include "store/store_user.h"

enum { SECOND_US = 1000000, WAIT_US_MAX = 60000000 };

struct fixture {
    struct store_maria_kit *kit;
    struct store_maria_proxy *proxy;
    struct fx_store_maria_config wire; /* through the proxy */
    struct fx_store *store;            /* a writer through the proxy */
    struct fx_store *other;            /* a writer beside it */
};

static const struct fx_store_progress_key KEY = {{"USDT", 4}, {"saver", 5}};

static int setup(void **state)
{
    static struct fixture fixture;
    uint32_t applied = 0;
    memset(&fixture, 0, sizeof fixture);
    fixture.kit = store_maria_kit_create(FX_STORE_MARIA_BATCH_AUTO);
    fixture.wire = fixture.kit->config;
    fixture.proxy = store_maria_proxy_create(&fixture.wire);
    fixture.other = store_maria_kit_open(&fixture.kit->config, true);
    assert_int_equal(fx_store_migrate(fixture.other, &applied), FX_OK);
    fixture.store = store_maria_kit_open(&fixture.wire, true);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    fx_store_close(fixture->store);
    fx_store_close(fixture->other);
    store_maria_proxy_destroy(fixture->proxy);
    store_maria_kit_destroy(fixture->kit);
    return 0;
}

static struct fx_rows_account account_of(uint64_t id, uint64_t operation_id)
{
    struct fx_rows_account account;
    memset(&account, 0, sizeof account);
    account.id = id;
    account.user_id = 1;
    account.operation_id = operation_id;
    account.balance = (fx_i128)operation_id;
    assert_true(fx_ids_asset(FX_STR("USDT"), &account.asset));
    return account;
}

static fx_status save(struct fx_store *store, uint64_t id, uint64_t operation_id)
{
    const struct fx_rows_account account = account_of(id, operation_id);
    return fx_store_account_save(store, &account, 1);
}

/* From where it is; where it is that far already, from just below. */
static fx_status advance(struct fx_store *store, uint64_t operation_id)
{
    struct fx_store_progress_step step = {.to = operation_id};
    const fx_status status = fx_store_progress_find(store, &KEY, &step.from);
    step.from = step.from < operation_id ? step.from : operation_id - 1;
    return status == FX_OK ? fx_store_progress_advance(store, &KEY, &step) : status;
}

/* Rows and watermark, in one transaction. */
static fx_status save_batch(struct fx_store *store, uint64_t operation_id)
{
    fx_status status = fx_store_begin(store);
    if (status == FX_OK) {
        status = save(store, 1, operation_id);
    }
    if (status == FX_OK) {
        status = advance(store, operation_id);
    }
    if (status == FX_OK) {
        status = fx_store_commit(store);
    }
    fx_store_rollback(store);
    return status;
}

static uint64_t watermark_of(struct fx_store *store)
{
    uint64_t watermark = 77;
    assert_int_equal(fx_store_progress_find(store, &KEY, &watermark), FX_OK);
    return watermark;
}

static fx_i128 balance_of(struct fx_store *store, uint64_t id)
{
    struct fx_rows_account account;
    const struct fx_store_key key = {1, id};
    assert_int_equal(fx_store_account_find(store, key, &account), FX_OK);
    return account.balance;
}

static void store_maria_commit_without_answer_is_found_by_the_watermark(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(save_batch(fixture->store, 10), FX_OK);
    store_maria_proxy_cut(fixture->proxy, STORE_MARIA_PROXY_AFTER, COM_QUERY, "COMMIT");
    assert_int_equal(save_batch(fixture->store, 20), FX_TIMEOUT);
    assert_false(fx_store_is_in_transaction(fixture->store));
    assert_int_equal(atomic_load(&fixture->proxy->cuts), 1);
    /* The server has done it: the watermark says so, and the batch given again is refused. */
    assert_int_equal(watermark_of(fixture->store), 20);
    assert_int_equal(save_batch(fixture->store, 20), FX_STALE);
    assert_true(balance_of(fixture->store, 1) == 20);
}

static void store_maria_commit_that_never_arrived_is_repeated(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(save_batch(fixture->store, 10), FX_OK);
    store_maria_proxy_cut(fixture->proxy, STORE_MARIA_PROXY_BEFORE, COM_QUERY, "COMMIT");
    assert_int_equal(save_batch(fixture->store, 20), FX_TIMEOUT);
    assert_int_equal(watermark_of(fixture->store), 10);
    assert_int_equal(save_batch(fixture->store, 20), FX_OK);
    assert_int_equal(watermark_of(fixture->store), 20);
}

static void store_maria_loss_in_a_transaction_ends_it(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(fx_store_begin(fixture->store), FX_OK);
    assert_int_equal(save(fixture->store, 1, 10), FX_OK);
    store_maria_proxy_cut(fixture->proxy, STORE_MARIA_PROXY_AFTER, COM_STMT_EXECUTE, NULL);
    assert_int_equal(save(fixture->store, 1, 11), FX_IO);
    /* Not on a new connection, where it would be a transaction of its own. */
    assert_int_equal(save(fixture->store, 1, 12), FX_IO);
    assert_int_equal(fx_store_commit(fixture->store), FX_IO);
    assert_true(fx_store_is_in_transaction(fixture->store));
    fx_store_rollback(fixture->store);
    uint64_t count = 9;
    assert_int_equal(fx_store_account_count(fixture->store, &count), FX_OK);
    assert_int_equal(count, 0);
    assert_int_equal(save_batch(fixture->store, 13), FX_OK);
}

static void store_maria_lone_write_without_answer_is_unknown(void **state)
{
    struct fixture *fixture = *state;
    struct fx_rows_user user = {.email = "a@x", .uid = "u", .role = "user"}, found;
    store_maria_proxy_cut(fixture->proxy, STORE_MARIA_PROXY_AFTER, COM_STMT_EXECUTE, NULL);
    assert_int_equal(fx_store_user_insert(fixture->store, &user, &user.id), FX_TIMEOUT);
    assert_int_equal(fx_store_user_find_email(fixture->store, FX_STR("a@x"), &found), FX_OK);
}

static void store_maria_question_is_asked_once_more(void **state)
{
    struct fixture *fixture = *state;
    static const enum store_maria_proxy_cut CUTS[] = {STORE_MARIA_PROXY_BEFORE,
                                                      STORE_MARIA_PROXY_AFTER};
    assert_int_equal(save_batch(fixture->store, 10), FX_OK);
    for (size_t index = 0; index < 2; index++) {
        const int before = atomic_load(&fixture->proxy->connections);
        store_maria_proxy_cut(fixture->proxy, CUTS[index], COM_STMT_EXECUTE, NULL);
        assert_true(balance_of(fixture->store, 1) == 10);
        assert_int_equal(atomic_load(&fixture->proxy->connections), before + 1);
    }
    /* A transaction that could not begin has done nothing: it begins on a new connection. */
    store_maria_proxy_cut(fixture->proxy, STORE_MARIA_PROXY_AFTER, COM_QUERY, "START");
    assert_int_equal(save_batch(fixture->store, 11), FX_OK);
}

/* An idle timeout, an administrator: the server hangs up, and the next write does not even meet it.
 */
static void store_maria_hung_up_connection_is_made_anew(void **state)
{
    struct fixture *fixture = *state;
    for (uint32_t round = 0; round < 3; round++) {
        int64_t id = 0;
        char sql[64];
        fx_store_sql(fixture->store, FX_STR("SELECT CONNECTION_ID()"));
        assert_int_equal(fx_store_number(fixture->store, NULL, 0, &id), FX_OK);
        (void)snprintf(sql, sizeof sql, "KILL CONNECTION %lld", (long long)id);
        assert_int_equal(fixture->other->ops->script(fixture->other, fx_str_of(sql)), FX_OK);
        const int64_t deadline_us = fx_clock_monotonic_us() + 10 * SECOND_US;
        int64_t alive = 1; /* the server says that it is gone … */
        while (alive > 0 && fx_clock_monotonic_us() < deadline_us) {
            const struct fx_store_value value = fx_store_value_i64(id);
            fx_store_sql(fixture->other,
                         FX_STR("SELECT COUNT(*) FROM information_schema.processlist WHERE id=?"));
            assert_int_equal(fx_store_number(fixture->other, &value, 1, &alive), FX_OK);
        }
        (void)usleep(250000); /* … and the wire has brought it here */
        assert_int_equal(round % 2 == 0 ? save(fixture->store, 1, 100 + round)
                                        : save_batch(fixture->store, 100 + round),
                         FX_OK);
    }
}

/* ---- deadlocks --------------------------------------------------------------------------------
 */

struct rival {
    struct fx_store *store;
    fx_status status;
};

static void *take_second(void *self)
{
    struct rival *rival = self;
    rival->status = save(rival->store, 1, 30); /* waits for the fixture's transaction */
    return NULL;
}

/* The server looks at its transactions anew only where nobody has asked for a tenth of a second. */
static void wait_for_lock(struct fx_store *store)
{
    const int64_t deadline_us = fx_clock_monotonic_us() + 20 * SECOND_US;
    int64_t waiting = 0;
    while (waiting == 0 && fx_clock_monotonic_us() < deadline_us) {
        (void)usleep(150000);
        fx_store_sql(store,
                     FX_STR("SELECT COUNT(*) FROM information_schema.innodb_trx WHERE "
                            "trx_state='LOCK WAIT'"));
        assert_int_equal(fx_store_number(store, NULL, 0, &waiting), FX_OK);
    }
    assert_true(waiting > 0);
}

static void store_maria_deadlock_is_busy_and_goes_on_from_the_start(void **state)
{
    struct fixture *fixture = *state;
    struct fx_store *watcher = store_maria_kit_open(&fixture->kit->config, true);
    struct rival rival = {.store = fixture->other};
    pthread_t thread;
    assert_int_equal(save(fixture->store, 1, 1), FX_OK);
    assert_int_equal(save(fixture->store, 2, 1), FX_OK);
    assert_int_equal(fx_store_begin(fixture->store), FX_OK);
    assert_int_equal(fx_store_begin(fixture->other), FX_OK);
    assert_int_equal(save(fixture->store, 1, 20), FX_OK);
    assert_int_equal(save(fixture->other, 2, 30), FX_OK);
    assert_int_equal(pthread_create(&thread, NULL, take_second, &rival), 0);
    wait_for_lock(watcher);
    const fx_status status = save(fixture->store, 2, 20);
    struct fx_store *loser = status == FX_OK ? fixture->other : fixture->store;
    struct fx_store *winner = status == FX_OK ? fixture->store : fixture->other;
    if (status == FX_OK) { /* then the other was chosen, and waits no more */
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(rival.status, FX_BUSY);
    } else {
        assert_int_equal(status, FX_BUSY);
        assert_non_null(strstr(fx_store_error_text(loser), "1213"));
    }
    /* The transaction is gone: nothing more is done in its name. */
    assert_int_equal(save(loser, 3, 99), FX_BUSY);
    assert_int_equal(fx_store_commit(loser), FX_BUSY);
    fx_store_rollback(loser);
    if (status != FX_OK) {
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(rival.status, FX_OK);
    }
    assert_int_equal(fx_store_commit(winner), FX_OK);
    uint64_t count = 0;
    assert_int_equal(fx_store_account_count(loser, &count), FX_OK);
    assert_int_equal(count, 2);
    assert_int_equal(save_batch(loser, 40), FX_OK); /* the whole of it again */
    assert_true(balance_of(winner, 1) == 40);
    fx_store_close(watcher);
}

/* Two that append to the audit log wait for each other instead of meeting in one id. */
static void *append_turns(void *self)
{
    struct rival *rival = self;
    rival->status = FX_OK;
    for (uint32_t index = 0; index < 40 && rival->status == FX_OK; index++) {
        int64_t last = 0;
        rival->status = fx_store_begin(rival->store);
        if (rival->status == FX_OK) {
            rival->status = fx_store_take_turn(rival->store);
        }
        if (rival->status == FX_OK) {
            fx_store_sql(rival->store, FX_STR("SELECT COALESCE(MAX(`id`),0) FROM `accounts`"));
            rival->status = fx_store_number(rival->store, NULL, 0, &last);
        }
        if (rival->status == FX_OK) {
            rival->status = save(rival->store, (uint64_t)last + 1, 1);
        }
        if (rival->status == FX_OK) {
            rival->status = fx_store_commit(rival->store);
        }
        fx_store_rollback(rival->store);
    }
    return NULL;
}

static void store_maria_writers_take_turns_where_they_must(void **state)
{
    struct fixture *fixture = *state;
    struct rival rivals[2] = {{.store = fixture->store}, {.store = fixture->other}};
    pthread_t threads[2];
    uint64_t count = 0;
    for (size_t index = 0; index < 2; index++) {
        assert_int_equal(pthread_create(&threads[index], NULL, append_turns, &rivals[index]), 0);
    }
    for (size_t index = 0; index < 2; index++) {
        assert_int_equal(pthread_join(threads[index], NULL), 0);
        assert_int_equal(rivals[index].status, FX_OK);
    }
    assert_int_equal(fx_store_account_count(fixture->store, &count), FX_OK);
    assert_int_equal(count, 80); /* had two met in one id, the second would be no new row */
}

/* ---- names of savers --------------------------------------------------------------------------
 */

static int64_t connection_of(struct fx_store *store)
{
    int64_t id = 0;
    fx_store_sql(store, FX_STR("SELECT CONNECTION_ID()"));
    assert_int_equal(fx_store_number(store, NULL, 0, &id), FX_OK);
    return id;
}

static void store_maria_name_of_a_saver_is_held_by_one(void **state)
{
    struct fixture *fixture = *state;
    const struct fx_store_progress_key other = {FX_STR("USDT"), FX_STR("saver_orders")};
    char words[64];
    assert_int_equal(fx_store_progress_hold(fixture->store, &KEY), FX_OK);
    assert_int_equal(fx_store_progress_hold(fixture->other, &other), FX_OK);
    (void)snprintf(
        words, sizeof words, "connection %lld", (long long)connection_of(fixture->store));
    const int64_t begun_us = fx_clock_monotonic_us();
    assert_int_equal(fx_store_progress_hold(fixture->other, &KEY), FX_LOCKED);
    assert_true(fx_clock_monotonic_us() - begun_us > 5LL * SECOND_US); /* it could have gone away */
    assert_non_null(strstr(fx_store_error_text(fixture->other), words));
    assert_non_null(strstr(fx_store_error_text(fixture->other), "USDT/saver"));
    /* The handle lives on, without a name; and gets it when the other is closed. */
    assert_int_equal(save(fixture->other, 1, 1), FX_OK);
    fx_store_close(fixture->store);
    fixture->store = NULL;
    assert_int_equal(fx_store_progress_hold(fixture->other, &KEY), FX_OK);
}

static int64_t holder_of(struct fx_store *store)
{
    int64_t id = 0;
    fx_store_sql(store,
                 FX_STR("SELECT CAST(COALESCE(IS_USED_LOCK(CONCAT('future:',LEFT(SHA2(CONCAT("
                        "DATABASE(),'/USDT/saver'),256),32))),0) AS SIGNED)"));
    assert_int_equal(fx_store_number(store, NULL, 0, &id), FX_OK);
    return id;
}

static void store_maria_name_of_a_saver_outlives_its_connection(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(fx_store_progress_hold(fixture->store, &KEY), FX_OK);
    assert_int_equal(fx_store_progress_hold(fixture->store, &KEY), FX_OK); /* it has it */
    const int64_t first = connection_of(fixture->store);
    assert_int_equal(holder_of(fixture->other), first);
    for (uint64_t round = 1; round <= 3; round++) {
        store_maria_proxy_cut(fixture->proxy, STORE_MARIA_PROXY_AFTER, COM_QUERY, "COMMIT");
        assert_int_equal(save_batch(fixture->store, round * 10), FX_TIMEOUT);
        assert_int_equal(watermark_of(fixture->store), round * 10);
        assert_int_not_equal(connection_of(fixture->store), first);
        assert_int_equal(holder_of(fixture->other), connection_of(fixture->store));
    }
}

/* The server has not heard that our last connection is gone: it is ended, and the name taken. */
static void store_maria_name_of_a_saver_is_taken_from_its_dead_connection(void **state)
{
    struct fixture *fixture = *state;
    const int64_t last = connection_of(fixture->other);
    assert_int_equal(fx_store_progress_hold(fixture->other, &KEY), FX_OK);
    assert_int_equal(holder_of(fixture->other), last);
    ((struct fx_store_maria *)fixture->store)->thread = (unsigned long)last;
    const int64_t begun_us = fx_clock_monotonic_us();
    assert_int_equal(fx_store_progress_hold(fixture->store, &KEY), FX_OK);
    assert_true(fx_clock_monotonic_us() - begun_us < 5LL * SECOND_US);
    assert_int_equal(holder_of(fixture->store), connection_of(fixture->store));
}

/* ---- readers that wait ------------------------------------------------------------------------
 */

static void store_maria_reader_behind_a_schema_change_waits_for_little(void **state)
{
    struct fixture *fixture = *state;
    struct fx_store *reader = store_maria_kit_open(&fixture->kit->config, false);
    struct fx_rows_account account;
    const struct fx_store_key key = {1, 1};
    int64_t waited_us = 0;
    uint32_t asked = 0;
    assert_int_equal(save(fixture->store, 1, 1), FX_OK);
    assert_int_equal(fx_store_account_find(reader, key, &account), FX_OK);
    /* What a change of the schema holds, held by hand. */
    assert_int_equal(
        fixture->other->ops->script(fixture->other, FX_STR("LOCK TABLES `accounts` WRITE")), FX_OK);
    const int64_t begun_us = fx_clock_monotonic_us();
    while (fx_clock_monotonic_us() - begun_us < 8LL * SECOND_US) {
        const int64_t asked_us = fx_clock_monotonic_us();
        assert_int_equal(fx_store_account_find(reader, key, &account), FX_BUSY);
        waited_us += fx_clock_monotonic_us() - asked_us;
        asked++;
        (void)usleep(1000);
    }
    print_message("%u questions waited %lld ms of 8 s\n", asked, (long long)(waited_us / 1000));
    assert_non_null(strstr(fx_store_error_text(reader), "1205"));
    assert_true(waited_us < 4500000); /* one second of one, two, three … */
    assert_int_equal(fixture->other->ops->script(fixture->other, FX_STR("UNLOCK TABLES")), FX_OK);
    const int64_t deadline_us = fx_clock_monotonic_us() + 20LL * SECOND_US;
    while (fx_store_account_find(reader, key, &account) != FX_OK) {
        assert_true(fx_clock_monotonic_us() < deadline_us);
        (void)usleep(10000);
    }
    fx_store_close(reader);
}

/* The server ends it itself, and the connection is as good as before. */
static void store_maria_reader_gives_up_a_long_answer(void **state)
{
    struct fixture *fixture = *state;
    struct fx_store *reader = store_maria_kit_open(&fixture->kit->config, false);
    const int64_t connection = connection_of(reader);
    int64_t number = 0;
    const int64_t begun_us = fx_clock_monotonic_us();
    fx_store_sql(reader, FX_STR("SELECT SLEEP(20)"));
    const fx_status status = fx_store_number(reader, NULL, 0, &number);
    const int64_t spent_us = fx_clock_monotonic_us() - begun_us;
    if (status == FX_OK) {
        assert_int_equal(number, 1); /* how SLEEP() says that it was interrupted */
    } else {
        assert_int_equal(status, FX_BUSY);
    }
    assert_true(spent_us < 5LL * SECOND_US);
    (void)usleep((useconds_t)spent_us + 200000); /* the pause after it */
    assert_int_equal(connection_of(reader), connection);
    fx_store_close(reader);
}

/* What the server answers, by its number. */
static void store_maria_errors_are_told_apart(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        int code;
        fx_status status; /* outside of a transaction: a write that may have been done is TIMEOUT */
        const char *words;
    } ROWS[] = {
        {1205, FX_BUSY, "1205"},
        {1213, FX_BUSY, "1213"},
        {1040, FX_BUSY, "max_connections"},
        {1969, FX_BUSY, "1969"},
        {3024, FX_BUSY, "3024"},
        {1053, FX_TIMEOUT, "1053"},
        {1290, FX_TIMEOUT, "serves reads only"},
        {1836, FX_TIMEOUT, "serves reads only"},
        {1927, FX_TIMEOUT, "1927"},
        {1159, FX_TIMEOUT, "1159"},
        {1142, FX_IO, "GRANT"},
        {1146, FX_VERSION_MISMATCH, "future migrate"},
        {1194, FX_CORRUPT, "1194"},
        {1021, FX_NO_SPACE, "1021"},
        {1064, FX_INTERNAL, "1064"},
    };
    for (size_t index = 0; index < sizeof ROWS / sizeof ROWS[0]; index++) {
        char sql[256];
        (void)snprintf(sql,
                       sizeof sql,
                       "CREATE TRIGGER `refuse` BEFORE INSERT ON `accounts` FOR EACH ROW "
                       "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO=%d, MESSAGE_TEXT='as told'",
                       ROWS[index].code);
        assert_int_equal(fixture->other->ops->script(fixture->other, fx_str_of(sql)), FX_OK);
        const fx_status status = save(fixture->store, 1, 1);
        assert_int_equal(
            fixture->other->ops->script(fixture->other, FX_STR("DROP TRIGGER `refuse`")), FX_OK);
        if (status != ROWS[index].status ||
            strstr(fx_store_error_text(fixture->store), ROWS[index].words) == NULL) {
            fail_msg("%d: %s, %s",
                     ROWS[index].code,
                     fx_status_name(status),
                     fx_store_error_text(fixture->store));
        }
    }
    assert_int_equal(save(fixture->store, 1, 1), FX_OK);
}

/* ---- the server -------------------------------------------------------------------------------
 */

/* Of a server that is ours to kill. "": it is another's. */
static const char *server_folder(void)
{
    const char *folder = store_maria_kit_env("FX_MARIADB_DIR");
    return folder[0] != '\0' ? folder : store_maria_kit_env("FX_MYSQL_DIR");
}

// NOLINTNEXTLINE(cert-env33-c,concurrency-mt-unsafe): a script of this tree, one thread
static void run_script(const char *action, bool is_mysql)
{
    char command[1024];
    (void)snprintf(command,
                   sizeof command,
                   "'%s/script/%s' %s '%s' >/dev/null 2>&1",
                   FX_SOURCE_DIR,
                   is_mysql ? "mysql" : "mariadb",
                   action,
                   server_folder());
    assert_int_equal(system(command), 0);
}

static void store_maria_killed_server_loses_the_open_batch_only(void **state)
{
    struct fixture *fixture = *state;
    if (server_folder()[0] == '\0') {
        skip(); /* it must not be killed */
    }
    const bool is_mysql = store_maria_kit_is_mysql();
    assert_int_equal(save_batch(fixture->other, 10), FX_OK);
    assert_int_equal(fx_store_begin(fixture->other), FX_OK);
    assert_int_equal(save(fixture->other, 1, 20), FX_OK);
    assert_int_equal(save(fixture->other, 2, 20), FX_OK);
    run_script("kill", is_mysql);
    assert_int_equal(save(fixture->other, 3, 20), FX_IO);
    fx_store_rollback(fixture->other);
    for (uint32_t attempt = 0; attempt < 50; attempt++) { /* each fails, and at once */
        const int64_t begun_us = fx_clock_monotonic_us();
        assert_int_equal(fx_store_begin(fixture->other), FX_IO);
        assert_true(fx_clock_monotonic_us() - begun_us < SECOND_US);
    }
    run_script("up", is_mysql);
    const int64_t deadline_us = fx_clock_monotonic_us() + WAIT_US_MAX;
    fx_status status = FX_IO;
    while (status == FX_IO && fx_clock_monotonic_us() < deadline_us) {
        status = save_batch(fixture->other, 30);
        (void)usleep(1000);
    }
    assert_int_equal(status, FX_OK);
    assert_int_equal(watermark_of(fixture->other), 30);
    uint64_t count = 0;
    assert_int_equal(fx_store_account_count(fixture->other, &count), FX_OK);
    assert_int_equal(count, 1); /* of the batch that was cut there is nothing */
}

// NOLINTBEGIN(bugprone-easily-swappable-parameters): a status and its words
static void expect_refused(const struct fx_store_maria_config *config,
                           fx_status wanted,
                           const char *words)
// NOLINTEND(bugprone-easily-swappable-parameters)
{
    char error[FX_STORE_MARIA_ERROR_SIZE];
    struct fx_store *store = NULL;
    const fx_status status = fx_store_maria_open(config, FX_STORE_MARIA_READER, &store, error);
    if (status != wanted || strstr(error, words) == NULL) {
        fail_msg("%s: %s; wanted: %s", fx_status_name(status), error, words);
    }
    assert_null(store);
    assert_null(strstr(error, "geheim"));
    assert_null(strstr(error, config->password));
}

static void store_maria_wrong_settings_say_what_is_wrong(void **state)
{
    struct fixture *fixture = *state;
    struct fx_store_maria_config config = fixture->kit->config;
    config.password = "geheim";
    expect_refused(&config, FX_IO, "Access denied for user 'future'");
    config = fixture->kit->config;
    config.username = "nobody";
    expect_refused(&config, FX_IO, "Access denied for user 'nobody'");
    config = fixture->kit->config;
    config.database = "future_that_is_not_there";
    expect_refused(&config, FX_NOT_FOUND, "future_that_is_not_there");
    config = fixture->kit->config;
    config.host = "name.that.does.not.exist.invalid";
    expect_refused(&config, FX_IO, "name.that.does.not.exist.invalid");
    config = fixture->kit->config;
    config.port = 1;
    expect_refused(&config, FX_IO, "127.0.0.1");
    config = fixture->kit->config;
    if (!store_maria_kit_is_mysql()) { /* which has TLS without being asked */
        config.is_tls_required = true;
        expect_refused(&config, FX_IO, "SSL");
    }
    config = fixture->kit->config;
    config.tls_ca = "/nonexistent/ca.pem";
    expect_refused(&config, FX_IO, "");
}

static void store_maria_reader_cannot_write(void **state)
{
    struct fixture *fixture = *state;
    struct fx_store *reader = store_maria_kit_open(&fixture->kit->config, false);
    assert_false(fx_store_is_writer(reader));
    assert_int_equal(reader->ops->script(reader, FX_STR("DELETE FROM `users`")), FX_IO);
    assert_int_equal(fx_store_begin(reader), FX_OK);
    assert_int_equal(reader->ops->script(reader, FX_STR("DELETE FROM `users`")), FX_IO);
    fx_store_rollback(reader);
    fx_store_close(reader);
}

/* What does not fit is refused, not cut. */
static void store_maria_values_that_do_not_fit_are_refused(void **state)
{
    struct fixture *fixture = *state;
    /* id, asset, balance, userId, operationId, rewardBalance, flags, updatedAt */
    static const char *const VALUES[] = {"(1,'A',1e18,1,1,0,0,'2023-01-01')",
                                         "(1,'AAAAAAAAAAAAAAAAAAAA',1,1,1,0,0,'2023-01-01')",
                                         "(1,'A',1,1,1,0,0,'2023-02-31')",
                                         "(1,'A',NULL,1,1,0,0,'2023-01-01')"};
    uint64_t count = 9;
    for (size_t index = 0; index < sizeof VALUES / sizeof VALUES[0]; index++) {
        char sql[128];
        (void)snprintf(sql, sizeof sql, "INSERT INTO `accounts` VALUES %s", VALUES[index]);
        assert_int_equal(fixture->store->ops->script(fixture->store, fx_str_of(sql)),
                         FX_BAD_PARAMETER);
    }
    assert_int_equal(fx_store_account_count(fixture->store, &count), FX_OK);
    assert_int_equal(count, 0);
}

static void store_maria_reports_fall_back_to_the_master(void **state)
{
    struct fixture *fixture = *state;
    struct fx_store_maria_config report = fixture->kit->config;
    struct store_maria_proxy *replica = store_maria_proxy_create(&report);
    report.fallback = &fixture->kit->config;
    assert_int_equal(save(fixture->other, 1, 5), FX_OK);
    struct fx_store *reader = store_maria_kit_open(&report, false);
    assert_true(balance_of(reader, 1) == 5);
    assert_int_equal(atomic_load(&replica->connections), 1);
    store_maria_proxy_destroy(replica); /* the replica is gone */
    assert_true(balance_of(reader, 1) == 5);
    fx_store_close(reader);
    report.port = 1; /* from the beginning */
    reader = store_maria_kit_open(&report, false);
    assert_true(balance_of(reader, 1) == 5);
    fx_store_close(reader);
}

static void store_maria_arrays_are_found_by_what_the_server_says(void **state)
{
    struct fixture *fixture = *state;
    struct fx_store_maria_config config = fixture->kit->config;
    assert_true(fx_store_maria_has_arrays(fixture->store) != store_maria_kit_is_mysql());
    config.batch = FX_STORE_MARIA_BATCH_ROWS;
    struct fx_store *rows = store_maria_kit_open(&config, true);
    assert_false(fx_store_maria_has_arrays(rows));
    fx_store_close(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            store_maria_commit_without_answer_is_found_by_the_watermark, setup, teardown),
        cmocka_unit_test_setup_teardown(
            store_maria_commit_that_never_arrived_is_repeated, setup, teardown),
        cmocka_unit_test_setup_teardown(store_maria_loss_in_a_transaction_ends_it, setup, teardown),
        cmocka_unit_test_setup_teardown(
            store_maria_lone_write_without_answer_is_unknown, setup, teardown),
        cmocka_unit_test_setup_teardown(store_maria_question_is_asked_once_more, setup, teardown),
        cmocka_unit_test_setup_teardown(
            store_maria_hung_up_connection_is_made_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(
            store_maria_deadlock_is_busy_and_goes_on_from_the_start, setup, teardown),
        cmocka_unit_test_setup_teardown(
            store_maria_writers_take_turns_where_they_must, setup, teardown),
        cmocka_unit_test_setup_teardown(
            store_maria_name_of_a_saver_is_held_by_one, setup, teardown),
        cmocka_unit_test_setup_teardown(
            store_maria_name_of_a_saver_outlives_its_connection, setup, teardown),
        cmocka_unit_test_setup_teardown(
            store_maria_name_of_a_saver_is_taken_from_its_dead_connection, setup, teardown),
        cmocka_unit_test_setup_teardown(
            store_maria_reader_behind_a_schema_change_waits_for_little, setup, teardown),
        cmocka_unit_test_setup_teardown(store_maria_reader_gives_up_a_long_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(store_maria_errors_are_told_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(
            store_maria_killed_server_loses_the_open_batch_only, setup, teardown),
        cmocka_unit_test_setup_teardown(
            store_maria_wrong_settings_say_what_is_wrong, setup, teardown),
        cmocka_unit_test_setup_teardown(store_maria_reader_cannot_write, setup, teardown),
        cmocka_unit_test_setup_teardown(
            store_maria_values_that_do_not_fit_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(
            store_maria_reports_fall_back_to_the_master, setup, teardown),
        cmocka_unit_test_setup_teardown(
            store_maria_arrays_are_found_by_what_the_server_says, setup, teardown),
    };
    return store_maria_kit_has_server() ? cmocka_run_group_tests(tests, NULL, NULL)
                                        : STORE_MARIA_KIT_SKIPPED;
}
