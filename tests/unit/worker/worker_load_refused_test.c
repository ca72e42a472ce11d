/* Rows that matching-engine:load must not take: each is refused in words that name it, and the log
 * stays empty. */
#include "load_kit.h"
#include "worker/worker_load.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

#define FIRST_ORDER   "(SELECT MIN(id) FROM orders WHERE status='ACTIVE')"
#define LONG_POSITION "(SELECT MIN(id) FROM positions WHERE CAST(currentQty AS REAL)>0)"

static void load_of_bad_rows_is_refused_and_leaves_the_log_empty(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *sql;
        fx_status status;
        const char *words;
    } ROWS[] = {
        {"UPDATE positions SET currentQty='7', entryValue='1', entryPrice='1' WHERE id=1",
         FX_LOAD_UNBALANCED,
         "positions on "},
        {"DELETE FROM positions WHERE id=" LONG_POSITION, FX_LOAD_UNBALANCED, "add up to -"},
        {"UPDATE positions SET symbol='NONE' WHERE id=2", FX_UNKNOWN_SYMBOL, "position 2 "},
        {"UPDATE positions SET userId=4242 WHERE id=2", FX_ACCOUNT_NOT_FOUND, "position 2,"},
        {"UPDATE positions SET currentQty='0.0005' WHERE id=2", FX_LOT_SIZE, "position 2 "},
        {"UPDATE positions SET leverage='0' WHERE id=" LONG_POSITION, FX_BAD_LEVERAGE, "position "},
        {"UPDATE positions SET leverage='5000' WHERE id=2", FX_BAD_LEVERAGE, "position 2,"},
        {"UPDATE positions SET positionSide='LONG' WHERE id=" LONG_POSITION,
         FX_POSITION_SIDE_MISMATCH,
         "position "},
        {"UPDATE positions SET isCross=0, positionMargin='-1' WHERE id=" LONG_POSITION,
         FX_BAD_PARAMETER,
         "position "},
        {"UPDATE positions SET entryValue='0', entryPrice='0' WHERE id=" LONG_POSITION,
         FX_BAD_PARAMETER,
         "position "},
        {"UPDATE positions SET stopLossOrderId=987654 WHERE id=" LONG_POSITION,
         FX_ORDER_NOT_FOUND,
         "names order 987654"},
        {"INSERT INTO positions SELECT 999,accountId,userId,symbol,'0',leverage,'0','0','0','0',"
         "isCross,'0','0','0',operationId,asset,contractType,NULL,NULL,NULL,'0',positionSide,"
         "instrumentId,updatedAt FROM positions WHERE id=2",
         FX_EXISTS,
         "position 999,"},
        {"INSERT INTO accounts(id,operationId,balance,userId,rewardBalance,asset,updatedAt) VALUES "
         "(999,1,'-0.5',4242,'0','USDT','2026-01-01 00:00:00.000')",
         FX_INSUFFICIENT_BALANCE,
         "account 999,"},
        {"INSERT INTO accounts(id,operationId,balance,userId,rewardBalance,asset,updatedAt) VALUES "
         "(999,1,'-0.5',0,'0','USDT','2026-01-01 00:00:00.000')",
         FX_INSUFFICIENT_BALANCE,
         "account 999,"},
        {"UPDATE accounts SET rewardBalance='-0.5' WHERE id=2",
         FX_INSUFFICIENT_BALANCE,
         "account 2,"},
        {"UPDATE accounts SET userId=1 WHERE id=2", FX_EXISTS, "account 2,"},
        {"UPDATE orders SET userId=4242 WHERE status='ACTIVE'", FX_ACCOUNT_NOT_FOUND, "order "},
        {"UPDATE orders SET symbol='NONE' WHERE status='ACTIVE'", FX_UNKNOWN_SYMBOL, "order "},
        {"UPDATE orders SET remaining='0.0005' WHERE status='ACTIVE'", FX_LOT_SIZE, "order "},
        {"UPDATE orders SET remaining='90' WHERE id=" FIRST_ORDER, FX_LOT_SIZE, "order "},
        {"UPDATE orders SET remaining='0' WHERE id=" FIRST_ORDER, FX_LOT_SIZE, "order "},
        {"UPDATE orders SET remaining='-0.001' WHERE id=" FIRST_ORDER, FX_LOT_SIZE, "order "},
        {"UPDATE orders SET price='0.003' WHERE id=" FIRST_ORDER, FX_PRICE_FILTER, "order "},
        {"UPDATE orders SET type='MARKET', price='0' WHERE id=" FIRST_ORDER,
         FX_BAD_PARAMETER,
         "order "},
        {"UPDATE orders SET timeInForce='IOC' WHERE id=" FIRST_ORDER,
         FX_BAD_TIME_IN_FORCE,
         "order "},
        {"UPDATE orders SET isReduceOnly=1 WHERE status='ACTIVE'",
         FX_REDUCE_ONLY_REJECTED,
         "order "},
        {"UPDATE orders SET parentOrderId=1 WHERE status='ACTIVE'",
         FX_BAD_PARAMETER,
         "protects order 1"},
        {"UPDATE orders SET status='PENDING' WHERE status='ACTIVE'", FX_BAD_PARAMETER, "PENDING"},
        {"UPDATE orders SET status='UNTRIGGERED' WHERE id=" FIRST_ORDER,
         FX_BAD_PARAMETER,
         "order "},
        {"UPDATE instruments SET symbol='BTCUSDT'", FX_EXISTS, "is BTCUSDT, as another one"},
        {"UPDATE instruments SET state='SETTLING'", FX_SYMBOL_SETTLED, "is ending; let it end"},
        {"UPDATE instruments SET state='SETTLED'; DELETE FROM orders",
         FX_SYMBOL_SETTLED,
         "position 1 is open on ETHUSDT, which has ended"},
        {"UPDATE instruments SET state='SETTLED'; UPDATE positions SET currentQty='0'",
         FX_SYMBOL_SETTLED,
         "SYMBOL_SETTLED: order "},
        {"DELETE FROM trading_rules", FX_CORRUPT, "tables that do not fit each other"},
        {"DELETE FROM leverage_margin", FX_BAD_INSTRUMENT, "BTCUSDT"},
        {"DELETE FROM instruments", FX_UNKNOWN_SYMBOL, "not in instruments"},
        {"DELETE FROM accounts", FX_ACCOUNT_NOT_FOUND, "position "},
        {"DROP TABLE users", FX_INTERNAL, "users"},
        {"DROP TABLE user_fees", FX_INTERNAL, "user_fees"},
        {"DROP TABLE accounts", FX_INTERNAL, "accounts"},
        {"DROP TABLE positions", FX_INTERNAL, "positions"},
        {"DROP TABLE orders", FX_INTERNAL, "orders"},
        {"DROP TABLE trades", FX_INTERNAL, "trades"},
        {"DROP TABLE instruments", FX_INTERNAL, "instruments"},
        {"DROP TABLE trading_rules", FX_INTERNAL, "trading_rules"},
        {"DROP TABLE leverage_margin", FX_INTERNAL, "leverage_margin"},
        {"DROP TABLE fundings", FX_INTERNAL, "fundings"},
        {"DROP TABLE saver_progress", FX_INTERNAL, "saver_progress"}};
    for (size_t row = 0; row < sizeof ROWS / sizeof ROWS[0]; row++) {
        expect_refused(fixture, ROWS[row].sql, ROWS[row].status, ROWS[row].words);
    }
    /* And nothing of all that is in the way. */
    struct fx_worker_load_report report;
    assert_int_equal(load(fixture, &report), FX_OK);
}

/* A contract that has ended keeps its rows; the load is of the others. */
static void load_passes_over_what_has_ended(void **state)
{
    struct fixture *fixture = *state;
    struct fx_worker_load_report report;
    run_sql(fixture,
            "UPDATE instruments SET state='SETTLED' WHERE symbol='ETHUSDT';"
            "UPDATE positions SET currentQty='0' WHERE symbol='ETHUSDT';"
            "UPDATE orders SET status='CANCELED' WHERE symbol='ETHUSDT';");
    if (load(fixture, &report) != FX_OK) {
        fail_msg("%s", report.text);
    }
    assert_int_equal(report.instruments, 1);
    assert_true(report.positions > 0 && report.positions < fixture->kit.engine->position_count);
    assert_int_equal(log_end(fixture), report.records);
}

/* Symbols S2 … as ETHUSDT is; each of the first 13 is settled in an asset of its own. */
static void add_symbols(const struct fixture *fixture, uint32_t count)
{
    char sql[2048];
    (void)snprintf(sql,
                   sizeof sql,
                   "CREATE TEMP TABLE n AS WITH RECURSIVE c(k) AS (SELECT 2 UNION ALL SELECT k+1 "
                   "FROM c WHERE k<%u) SELECT k FROM c;"
                   "CREATE TEMP TABLE a AS SELECT i.*, k FROM instruments i, n WHERE i.id=1;"
                   "UPDATE a SET id=k, symbol='S'||k, rootSymbol='S'||k, state='PENDING';"
                   "UPDATE a SET settleCurrency='A'||k, quoteCurrency='A'||k WHERE k<15;"
                   "ALTER TABLE a DROP COLUMN k; INSERT INTO instruments SELECT * FROM a;"
                   "CREATE TEMP TABLE b AS SELECT r.*, k FROM trading_rules r, n WHERE "
                   "r.instrumentId=1;"
                   "UPDATE b SET instrumentId=k, symbol='S'||k;"
                   "ALTER TABLE b DROP COLUMN k; INSERT INTO trading_rules SELECT * FROM b;",
                   count + 1);
    run_sql(fixture, sql);
}

/* More than the limits of a new exchange: those of the log are made to fit. */
static void load_of_many_symbols_and_assets_has_room(void **state)
{
    struct fixture *fixture = *state;
    struct fx_worker_load_report report;
    add_symbols(fixture, 40);
    run_sql(fixture,
            "CREATE TEMP TABLE t AS SELECT a.*, i.id k FROM accounts a, instruments i WHERE a.id=1 "
            "AND i.id BETWEEN 2 AND 14;"
            "UPDATE t SET id=1000+k, asset='A'||k, balance='5', rewardBalance='0';"
            "ALTER TABLE t DROP COLUMN k; INSERT INTO accounts SELECT * FROM t;");
    if (load(fixture, &report) != FX_OK) {
        fail_msg("%s", report.text);
    }
    assert_int_equal(report.instruments, 42);
    assert_int_equal(report.accounts, fixture->kit.engine->account_count + 13);
}

/* The block of a shard's numbers ends where the next one's begins. */
static void load_of_more_symbols_than_a_shard_may_have_is_refused(void **state)
{
    struct fixture *fixture = *state;
    add_symbols(fixture, 127); /* 129 with the two of before */
    fixture->shards = 2;
    fixture->shard = 1;
    for (uint32_t index = 0; index < 2; index++) {
        fixture->maps[index] = (struct fx_shard_map){.shard = index, .shards = 2, .asset_count = 1};
        fixture->maps[index].assets[0] = engine_kit_asset(index == 0 ? "BTC" : "USDT");
    }
    run_sql(fixture, "UPDATE instruments SET settleCurrency='USDT', quoteCurrency='USDT'");
    expect_refused(fixture, "SELECT 1", FX_CAPACITY, "S128 is one symbol too many");
}

static void load_of_more_assets_than_a_log_may_have_is_refused(void **state)
{
    struct fixture *fixture = *state;
    expect_refused(
        fixture,
        "WITH RECURSIVE c(k) AS (SELECT 1 UNION ALL SELECT k+1 FROM c WHERE k<64) "
        "INSERT INTO accounts(id,operationId,balance,userId,rewardBalance,asset,updatedAt) "
        "SELECT 1000+k,1,'1',1,'0','A'||k,'2026-01-01' FROM c",
        FX_CAPACITY,
        "are in 65 assets");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            load_of_bad_rows_is_refused_and_leaves_the_log_empty, setup, teardown),
        cmocka_unit_test_setup_teardown(load_passes_over_what_has_ended, setup, teardown),
        cmocka_unit_test_setup_teardown(load_of_many_symbols_and_assets_has_room, setup, teardown),
        cmocka_unit_test_setup_teardown(
            load_of_more_symbols_than_a_shard_may_have_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(
            load_of_more_assets_than_a_log_may_have_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
