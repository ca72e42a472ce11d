/* matching-engine:load on a bus in memory: an exchange whose log is lost comes back out of its
 * tables, and goes on; what must not be loaded is refused, and the log stays empty. */
#include "worker/worker_load.h"

#include "load_kit.h"
#include "store/store_account.h"
#include "store/store_order.h"
#include "store/store_position.h"
#include "worker/worker_follow.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

/* What a follower says goes through a saver into the tables of before. */
static fx_status on_recovered(void *context, const struct fx_event events[], uint32_t count)
{
    struct fixture *fixture = context;
    for (uint32_t index = 0; index < count; index++) {
        if (events[index].kind == FX_EVENT_TRADE) {
            fixture->trades++;
            fixture->trade_id = events[index].u.trade.trade_id;
        }
    }
    fixture->first_sequence =
        fixture->first_sequence == 0 ? events[0].sequence : fixture->first_sequence;
    return fx_worker_save_events(&fixture->save, events, count);
}

static fx_status follow(struct fixture *fixture,
                        struct fx_worker_follow **follow_out,
                        struct fx_worker_follow_report *report)
{
    const struct fx_worker_follow_options options = {.bus = fixture->bus,
                                                     .snapshot_dir = "/s",
                                                     .shard = map_of(fixture),
                                                     .host = &fixture->host,
                                                     .node = FX_STR("n"),
                                                     .wait_ms = 1,
                                                     .saved_sequence =
                                                         fixture->save.watermark >> 20,
                                                     .on_recovered = on_recovered,
                                                     .recovered_context = fixture};
    return fx_worker_follow_open(&options, follow_out, report);
}

static void publish(struct fixture *fixture, const char *text)
{
    const struct fx_bus_message message = {.topic = FX_STR("matching_engine_input"),
                                           .value = fx_str_of(text)};
    struct fx_bus_delivery deliveries[4];
    assert_int_equal(fx_bus_publish(fixture->bus, &message), FX_OK);
    (void)fx_bus_poll(fixture->bus, 0, deliveries, 4);
}

static void count_rows(struct fixture *fixture, uint64_t counts_out[3])
{
    assert_int_equal(fx_store_account_count(fixture->store, &counts_out[0]), FX_OK);
    assert_int_equal(fx_store_position_count(fixture->store, &counts_out[1]), FX_OK);
    assert_int_equal(fx_store_order_count(fixture->store, &counts_out[2]), FX_OK);
}

static void load_of_the_tables_goes_on_where_they_end(void **state)
{
    struct fixture *fixture = *state;
    struct fx_worker_load_report report;
    struct fx_worker_follow_report followed;
    struct fx_worker_follow *one = NULL;
    uint64_t before[3];
    uint64_t after[3];
    count_rows(fixture, before);
    if (load(fixture, &report) != FX_OK) {
        fail_msg("%s", report.text);
    }
    const struct fx_engine *was = fixture->kit.engine;
    assert_int_equal(report.accounts, was->account_count);
    assert_int_equal(report.positions, was->position_count);
    assert_int_equal(report.orders, was->order_count);
    assert_int_equal(log_end(fixture), report.records);
    assert_true(report.first_sequence > COMMANDS); /* no operation comes twice */
    open_saver(fixture);
    assert_int_equal(follow(fixture, &one, &followed), FX_OK);
    assert_true(followed.state_hash == report.state_hash);
    assert_int_equal(fixture->first_sequence, report.first_sequence);
    assert_int_equal(followed.sequence, report.first_sequence - 1 + report.records);
    const struct fx_engine *is = fx_worker_follow_engine(one);
    assert_int_equal(is->order_count, was->order_count);
    assert_int_equal(is->next_trade_id, was->next_trade_id);
    fx_worker_follow_destroy(one); /* with a snapshot */
    count_rows(fixture, after);
    assert_memory_equal(before, after, sizeof before);
    /* It trades: user 1 sells into the best bid, from a snapshot on. */
    publish(fixture,
            "{\"code\":\"MARK_PRICE\",\"data\":{\"symbol\":\"BTCUSDT\",\"markPrice\":\"500\","
            "\"indexPrice\":\"500\"}}");
    publish(fixture,
            "{\"code\":\"CREATE_ACCOUNT\",\"data\":{\"userId\":\"99\",\"asset\":\"USDT\"}}");
    publish(fixture,
            "{\"code\":\"DEPOSIT\",\"data\":{\"userId\":\"99\",\"asset\":\"USDT\",\"amount\":"
            "\"1000000\",\"type\":\"DEPOSIT\"}}");
    for (uint32_t side = 0; side < 2; side++) {
        publish(fixture,
                side == 0 ? "{\"code\":\"PLACE_ORDER\",\"data\":{\"userId\":\"99\",\"symbol\":"
                            "\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"MARKET\",\"timeInForce\":"
                            "\"IOC\",\"quantity\":\"0.001\"}}"
                          : "{\"code\":\"PLACE_ORDER\",\"data\":{\"userId\":\"99\",\"symbol\":"
                            "\"BTCUSDT\",\"side\":\"SELL\",\"type\":\"MARKET\",\"timeInForce\":"
                            "\"IOC\",\"quantity\":\"0.001\"}}");
    }
    assert_int_equal(follow(fixture, &one, &followed), FX_OK);
    assert_int_equal(followed.snapshot_sequence, report.first_sequence - 1 + report.records);
    assert_int_equal(followed.replayed, 5);
    assert_true(fixture->trades > 0);
    assert_true(fixture->trade_id >= was->next_trade_id);
    count_rows(fixture, after);
    assert_int_equal(after[0], before[0] + 1); /* user 99, and nobody twice */
    fx_engine_check(fx_worker_follow_engine(one));
    fx_worker_follow_abandon(one);
    fx_worker_save_deinit(&fixture->save);
}

static void load_into_a_log_that_has_begun_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct fx_worker_load_report report;
    publish(fixture, "{\"code\":\"TICK\"}");
    assert_int_equal(load(fixture, &report), FX_ENGINE_NOT_EMPTY);
    assert_int_equal(log_end(fixture), 1);
    run_sql(fixture, "UPDATE saver_progress SET operationId=1048577");
    publish(fixture, "{\"code\":\"TICK\"}");
    publish(fixture, "{\"code\":\"TICK\"}");
    assert_int_equal(load(fixture, &report), FX_TABLES_BEHIND);
    assert_int_equal(log_end(fixture), 3);
}

/* The last price after a load of the tables with a change in them. */
static int64_t last_of(struct fixture *fixture, const char *sql)
{
    struct fx_worker_load_report report;
    run_sql(fixture, sql);
    assert_int_equal(load(fixture, &report), FX_OK);
    struct fx_worker_follow *one = follow_loaded(fixture, report.state_hash);
    const int64_t ticks = fx_worker_follow_engine(one)->listings[0].last.ticks;
    fx_worker_follow_abandon(one);
    return ticks;
}

#define LAST_TRADE "WHERE id=(SELECT MAX(id) FROM trades WHERE symbol='BTCUSDT')"

static void load_of_a_price_is_of_the_book(void **state)
{
    assert_int_equal(last_of(*state, "UPDATE trades SET price='0.5' " LAST_TRADE), 1);
}

/* What was closed by ADL, or taken over by the fund, met nobody: stops must not fire by it. */
static void load_of_a_price_is_not_of_adl(void **state)
{
    assert_true(
        last_of(*state, "UPDATE trades SET price='0.5', note='AUTO_DELEVERAGE' " LAST_TRADE) > 100);
}

static void load_of_a_price_is_not_of_a_takeover(void **state)
{
    assert_true(
        last_of(*state, "UPDATE trades SET price='0.5', note='INSURANCE_LIQUIDATION' " LAST_TRADE) >
        100);
}

static void load_twice_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct fx_worker_load_report report;
    assert_int_equal(load(fixture, &report), FX_OK);
    const uint64_t end = log_end(fixture);
    assert_int_equal(load(fixture, &report), FX_ENGINE_NOT_EMPTY);
    assert_int_equal(log_end(fixture), end);
}

/* The first records of a topic of one bus into another bus; all of them where `most` is 0. */
static void copy_records(struct fx_bus *source, struct fx_bus *target, fx_str topic, uint32_t most)
{
    static struct fx_bus_record records[1024];
    struct fx_bus_reader *reader = NULL;
    struct fx_bus_delivery deliveries[1024];
    const struct fx_bus_place place = {topic, 0};
    uint32_t count = 0;
    assert_int_equal(fx_bus_reader_open(source, place, 0, &reader), FX_OK);
    assert_int_equal(fx_bus_reader_poll(reader, 0, records, 1024, &count), FX_OK);
    assert_true(count > most);
    for (uint32_t index = 0; index < (most == 0 ? count : most); index++) {
        const struct fx_bus_message message = {
            .topic = topic, .key = records[index].key, .value = records[index].value};
        assert_int_equal(fx_bus_publish(target, &message), FX_OK);
        (void)fx_bus_poll(target, 0, deliveries, 1024);
    }
    fx_bus_reader_close(reader);
}

/* A loader that dies while it copies, after each of some numbers of records. */
static void load_that_died_goes_on(void **state)
{
    struct fixture *fixture = *state;
    struct fx_worker_load_report report;
    assert_int_equal(load(fixture, &report), FX_OK);
    const uint64_t hash = report.state_hash;
    const uint64_t records = report.records;
    struct fx_bus *whole = fixture->bus;
    for (uint32_t copied = 1; copied < records; copied += 5) {
        fixture->bus = open_bus();
        copy_records(whole, fixture->bus, FX_STR("matching_engine_preload"), 0);
        copy_records(whole, fixture->bus, FX_STR("matching_engine_input"), copied);
        if (load(fixture, &report) != FX_OK) {
            fail_msg("behind %u records: %s", copied, report.text);
        }
        assert_int_equal(report.resumed_at, copied);
        assert_int_equal(log_end(fixture), records);
        fx_worker_follow_abandon(follow_loaded(fixture, hash));
        fx_bus_close(fixture->bus);
    }
    fixture->bus = whole;
}

/* A table of the database as text: each row's columns with "|" between, each row ends with ";". */
static void read_table(const struct fixture *fixture, const char *sql, char text_out[], size_t size)
{
    sqlite3 *database = NULL;
    sqlite3_stmt *statement = NULL;
    size_t used = 0;
    assert_int_equal(sqlite3_open(fixture->path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        const int columns = sqlite3_column_count(statement);
        for (int column = 0; column < columns; column++) {
            const char *value = (const char *)sqlite3_column_text(statement, column);
            const int wrote = snprintf(text_out + used,
                                       size - used,
                                       "%s%s",
                                       value == NULL ? "NULL" : value,
                                       column + 1 < columns ? "|" : ";");
            assert_true(wrote > 0 && (size_t)wrote < size - used);
            used += (size_t)wrote;
        }
    }
    text_out[used] = '\0';
    assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

/* Columns that say what was agreed on; what follows from a mark is not there yet after a load, and
 * when a row was written does not count. */
static const char ACCOUNTS[] =
    "SELECT id,asset,balance,userId,rewardBalance,flags FROM accounts ORDER BY id";
static const char POSITIONS[] =
    "SELECT id,accountId,userId,symbol,currentQty,leverage,entryPrice,entryValue,isCross,asset,"
    "contractType,takeProfitOrderId,stopLossOrderId,realizedPnl,positionSide,instrumentId,"
    "adjustMargin,CASE WHEN isCross THEN NULL ELSE positionMargin END FROM positions ORDER BY id";
static const char ORDERS[] =
    "SELECT id,accountId,userId,symbol,side,type,quantity,price,remaining,executedPrice,status,"
    "leverage,marginMode,isReduceOnly,isPostOnly,tmpId,clientOrderId,timeInForce,tpSLType,"
    "tpSLPrice,`trigger`,stopCondition,activationPrice,callbackRate,parentOrderId,linkedOrderId,"
    "takeProfitOrderId,stopLossOrderId,note,cost,contractType,asset,instrumentId,positionSide,stpMode,expireTime,createdAt FROM orders "
    "ORDER BY id";
static const char INSTRUMENTS[] =
    "SELECT i.id,i.symbol,i.tickSize,i.state,i.tierCount,r.symbol,r.maxLots,(SELECT COUNT(*) FROM "
    "leverage_margin m WHERE m.instrumentId=i.id) FROM instruments i JOIN trading_rules r ON "
    "r.instrumentId=i.id ORDER BY i.id";

/* Load, follow, save: the rows are what they were. */
static void expect_same_rows(struct fixture *fixture, const char *before_load)
{
    static const char *const TABLES[] = {ACCOUNTS, POSITIONS, ORDERS, INSTRUMENTS};
    enum { TEXT_SIZE = 1 << 18 };
    static char before[sizeof TABLES / sizeof TABLES[0]][TEXT_SIZE];
    static char after[TEXT_SIZE];
    struct fx_worker_load_report report;
    struct fx_worker_follow_report followed;
    struct fx_worker_follow *one = NULL;
    for (size_t index = 0; index < sizeof TABLES / sizeof TABLES[0]; index++) {
        read_table(fixture, TABLES[index], before[index], TEXT_SIZE);
        assert_true(before[index][0] != '\0');
    }
    run_sql(fixture, before_load);
    if (load(fixture, &report) != FX_OK) {
        fail_msg("%s", report.text);
    }
    open_saver(fixture);
    assert_int_equal(follow(fixture, &one, &followed), FX_OK);
    fx_worker_follow_abandon(one);
    fx_worker_save_deinit(&fixture->save);
    for (size_t index = 0; index < sizeof TABLES / sizeof TABLES[0]; index++) {
        read_table(fixture, TABLES[index], after, TEXT_SIZE);
        assert_string_equal(after, before[index]);
    }
}

static void load_gives_the_same_rows(void **state)
{
    expect_same_rows(*state, "SELECT 1");
}

/* Save what a command says; it must be taken. */
static void apply(struct fixture *fixture, struct fx_command command)
{
    assert_int_equal(engine_kit_apply(&fixture->kit, &command), FX_OK);
    assert_int_equal(
        fx_worker_save_events(&fixture->save, fixture->kit.events.items, fixture->kit.events.count),
        FX_OK);
}

/* One who is long and one who is short with a margin of his own, both with whatever may wait. */
static void make_waiting_orders(struct fixture *fixture)
{
    enum { LONG = 50, SHORT = 51 };
    const int64_t mid = fixture->stream.mid[0];
    open_saver(fixture);
    for (uint64_t user_id = LONG; user_id <= SHORT; user_id++) {
        apply(fixture, follow_kit_user(user_id, false));
        apply(fixture, follow_kit_user(user_id, true));
    }
    struct fx_command cancel = engine_kit_command(FX_COMMAND_CANCEL_ALL, 0, 0);
    cancel.u.cancel_all.scope = FX_CANCEL_SCOPE_ALL;
    for (uint64_t user_id = 1; user_id <= FOLLOW_KIT_USERS; user_id++) {
        cancel.user_id = user_id;
        apply(fixture, cancel);
    }
    struct fx_command tp_sl = engine_kit_command(FX_COMMAND_ADJUST_TP_SL, 0, LONG);
    tp_sl.u.tp_sl.take_profit_ticks = mid * 13 / 10;
    tp_sl.u.tp_sl.stop_loss_ticks = mid * 7 / 10;
    tp_sl.u.tp_sl.take_profit_source = FX_TRIGGER_SOURCE_MARK;
    tp_sl.u.tp_sl.stop_loss_source = FX_TRIGGER_SOURCE_INDEX;
    const struct engine_kit_order trades[] = {
        {.user_id = LONG, .side = FX_SIDE_BUY, .ticks = mid, .lots = 5, .leverage_centi = 300},
        {.user_id = SHORT,
         .side = FX_SIDE_SELL,
         .ticks = mid,
         .lots = 5,
         .leverage_centi = 400,
         .margin_mode = FX_MARGIN_MODE_ISOLATED}};
    const struct engine_kit_order waiting[] = {{.user_id = LONG,
                                                .side = FX_SIDE_SELL,
                                                .type = FX_ORDER_TYPE_STOP_MARKET,
                                                .tif = FX_TIME_IN_FORCE_IOC,
                                                .lots = 2,
                                                .trigger_ticks = mid * 8 / 10,
                                                .source = FX_TRIGGER_SOURCE_MARK,
                                                .is_reduce_only = true},
                                               {.user_id = LONG,
                                                .side = FX_SIDE_BUY,
                                                .type = FX_ORDER_TYPE_STOP_LIMIT,
                                                .ticks = mid * 12 / 10,
                                                .lots = 3,
                                                .trigger_ticks = mid * 11 / 10,
                                                .is_price_protected = true,
                                                .client_id = "waits"},
                                               {.user_id = SHORT,
                                                .side = FX_SIDE_BUY,
                                                .type = FX_ORDER_TYPE_TAKE_PROFIT_MARKET,
                                                .tif = FX_TIME_IN_FORCE_IOC,
                                                .trigger_ticks = mid * 6 / 10,
                                                .source = FX_TRIGGER_SOURCE_MARK,
                                                .is_close_position = true},
                                               {.user_id = SHORT,
                                                .side = FX_SIDE_SELL,
                                                .type = FX_ORDER_TYPE_TRAILING_STOP,
                                                .tif = FX_TIME_IN_FORCE_IOC,
                                                .lots = 1,
                                                .trigger_ticks = mid * 12 / 10,
                                                .callback_ppb = 20000000,
                                                .source = FX_TRIGGER_SOURCE_MARK},
                                               {.user_id = LONG,
                                                .side = FX_SIDE_BUY,
                                                .ticks = mid * 9 / 10,
                                                .lots = 1,
                                                .tif = FX_TIME_IN_FORCE_GTD,
                                                .expire_us = INT64_C(4000000000000000),
                                                .post_only = FX_POST_ONLY_MODE_REJECT,
                                                .stp = FX_STP_MODE_EXPIRE_TAKER,
                                                .tmp_id = 424242},
                                               {.user_id = SHORT,
                                                .side = FX_SIDE_BUY,
                                                .ticks = mid * 8 / 10,
                                                .lots = 2,
                                                .is_reduce_only = true}};
    for (size_t index = 0; index < sizeof trades / sizeof trades[0]; index++) {
        apply(fixture, engine_kit_place_command(&trades[index]));
    }
    assert_int_equal(engine_kit_position(&fixture->kit, LONG, 0).lots, 5);
    assert_int_equal(engine_kit_position(&fixture->kit, SHORT, 0).lots, -5);
    apply(fixture, tp_sl);
    for (size_t index = 0; index < sizeof waiting / sizeof waiting[0]; index++) {
        apply(fixture, engine_kit_place_command(&waiting[index]));
    }
    assert_int_equal(fixture->kit.engine->untriggered_count, 6);
    fx_worker_save_deinit(&fixture->save);
}

static void load_of_orders_that_wait_gives_the_same_rows(void **state)
{
    make_waiting_orders(*state);
    expect_same_rows(*state, "SELECT 1");
}

/* Who names another's order would be closed by it. */
static void load_of_a_protection_that_fits_no_position_is_refused(void **state)
{
    static const struct {
        const char *sql;
        const char *words;
    } ROWS[] = {
        {"UPDATE positions SET takeProfitOrderId=(SELECT takeProfitOrderId FROM positions WHERE "
         "userId=50) WHERE userId=51",
         "is named twice as take profit or stop loss: by position "},
        {"UPDATE positions SET stopLossOrderId=takeProfitOrderId WHERE userId=50",
         "is named twice as take profit or stop loss: by position "},
        {"UPDATE orders SET userId=51 WHERE id=(SELECT stopLossOrderId FROM positions WHERE "
         "userId=50)",
         ", and that is of another user"},
        {"UPDATE orders SET symbol='ETHUSDT' WHERE id=(SELECT stopLossOrderId FROM positions WHERE "
         "userId=50)",
         ", and that is on another symbol"},
        {"UPDATE orders SET side='BUY' WHERE id=(SELECT takeProfitOrderId FROM positions WHERE "
         "userId=50)",
         ", and that is of a side that does not close it"},
        {"UPDATE orders SET positionSide='SHORT' WHERE id=(SELECT takeProfitOrderId FROM positions "
         "WHERE userId=50)",
         ", and that is of a side that does not close it"},
    };
    make_waiting_orders(*state);
    for (size_t row = 0; row < sizeof ROWS / sizeof ROWS[0]; row++) {
        expect_refused(*state, ROWS[row].sql, FX_BAD_PARAMETER, ROWS[row].words);
    }
}

/* Orders of one user with what protects them, in each state that the two can be in: their order
 * waits, has filled a part, has ended; one has fired and rests. */
static void make_brackets(struct fixture *fixture)
{
    enum { BUYER = 60, SELLER = 61 };
    const int64_t mid = fixture->stream.mid[0];
    struct engine_kit_order bid = {.user_id = BUYER,
                                   .side = FX_SIDE_BUY,
                                   .ticks = mid,
                                   .lots = 4,
                                   .take_profit_ticks = mid * 12 / 10,
                                   .stop_loss_ticks = mid * 7 / 10,
                                   .take_profit_source = FX_TRIGGER_SOURCE_MARK,
                                   .stop_loss_source = FX_TRIGGER_SOURCE_INDEX};
    struct engine_kit_order ask = {
        .user_id = SELLER, .side = FX_SIDE_SELL, .ticks = mid, .lots = 4};
    make_waiting_orders(fixture);
    open_saver(fixture);
    for (uint64_t user_id = BUYER; user_id <= SELLER; user_id++) {
        struct fx_command deposit = follow_kit_user(user_id, true);
        deposit.u.transfer.amount = engine_kit_decimal("1000");
        apply(fixture, follow_kit_user(user_id, false));
        apply(fixture, deposit);
    }
    apply(fixture, engine_kit_place_command(&bid)); /* filled: 4 are left to protect */
    apply(fixture, engine_kit_place_command(&ask));
    bid.take_profit_source = FX_TRIGGER_SOURCE_LAST; /* fires at the next price, and rests */
    bid.take_profit_ticks = mid + 1;
    bid.take_profit_limit_ticks = mid * 2;
    bid.lots = ask.lots = 1;
    apply(fixture, engine_kit_place_command(&bid));
    apply(fixture, engine_kit_place_command(&ask));
    const struct engine_kit_order above[] = {
        {.user_id = BUYER, .side = FX_SIDE_BUY, .ticks = mid + 1, .lots = 1},
        {.user_id = SELLER, .side = FX_SIDE_SELL, .ticks = mid + 1, .lots = 1}};
    apply(fixture, engine_kit_place_command(&above[0]));
    apply(fixture, engine_kit_place_command(&above[1]));
    bid.take_profit_ticks = mid * 12 / 10;
    bid.stop_loss_limit_ticks = mid * 6 / 10;
    bid.ticks = ask.ticks = mid * 95 / 100;
    bid.lots = 6;
    ask.lots = 2;
    apply(fixture, engine_kit_place_command(&bid)); /* 2 of 6 are filled */
    apply(fixture, engine_kit_place_command(&ask));
    bid.ticks = mid * 8 / 10;
    apply(fixture, engine_kit_place_command(&bid)); /* nothing is */
    fx_worker_save_deinit(&fixture->save);
    assert_int_equal(fixture->kit.engine->bracket_count, 4);
}

static void load_of_brackets_gives_the_same_rows(void **state)
{
    make_brackets(*state);
    expect_same_rows(*state, "SELECT 1");
}

/* Of the original's rows those that wait have the quantity of their order, and the two are not told
 * of each other. What they have to close is the same. */
static void load_of_brackets_of_the_original_comes_to_the_same(void **state)
{
    struct fixture *fixture = *state;
    struct fx_worker_load_report report;
    make_brackets(fixture);
    assert_int_equal(load(fixture, &report), FX_OK);
    const uint64_t hash = report.state_hash;
    fx_bus_close(fixture->bus);
    fixture->bus = open_bus();
    run_sql(fixture,
            "UPDATE orders SET quantity='0.006', remaining='0.006' WHERE status='PENDING';"
            "UPDATE orders SET linkedOrderId=NULL;");
    assert_int_equal(load(fixture, &report), FX_OK);
    assert_true(report.state_hash == hash);
}

#define OPEN_CHILD(status_)                                                                        \
    "(SELECT MIN(c.id) FROM orders c JOIN orders p ON p.id=c.parentOrderId WHERE "                 \
    "c.tpSLType LIKE 'TAKE%' AND p.status='" status_ "' AND c.status='UNTRIGGERED')"
#define PENDING_CHILD "(SELECT MIN(id) FROM orders WHERE status='PENDING')"
#define WAITING       "(SELECT MIN(parentOrderId) FROM orders WHERE status='PENDING')"
#define FILLED        "(SELECT MIN(parentOrderId) FROM orders WHERE status='UNTRIGGERED')"

/* Both sides have to say the same: each refusal names both. */
static void load_of_brackets_that_do_not_fit_is_refused(void **state)
{
    static const struct {
        const char *sql;
        fx_status status;
        const char *words;
    } ROWS[] = {
        {"UPDATE orders SET parentOrderId=987654 WHERE id=" PENDING_CHILD,
         FX_ORDER_NOT_FOUND,
         " protects order 987654, and that is not in the tables"},
        {"UPDATE orders SET userId=61 WHERE id=" WAITING,
         FX_BAD_PARAMETER,
         ", and that is of another user"},
        {"UPDATE orders SET symbol='ETHUSDT' WHERE id=" FILLED,
         FX_BAD_PARAMETER,
         ", and that is on another symbol"},
        {"UPDATE orders SET side='SELL' WHERE id=" FILLED,
         FX_BAD_PARAMETER,
         ", and that is of a side that it does not close"},
        {"UPDATE orders SET positionSide='LONG' WHERE id=" FILLED,
         FX_BAD_PARAMETER,
         ", and that is of a side that it does not close"},
        {"UPDATE orders SET isReduceOnly=1 WHERE id=" FILLED,
         FX_BAD_PARAMETER,
         ", and that only closes a position"},
        {"UPDATE orders SET status='CANCELED' WHERE id=" WAITING,
         FX_ORDER_NOT_FOUND,
         ", and that has ended: what waits for it has to be cancelled"},
        {"UPDATE orders SET takeProfitOrderId=NULL WHERE id=" WAITING,
         FX_BAD_PARAMETER,
         ", and that does not name it as its take profit"},
        {"UPDATE orders SET stopLossOrderId=7 WHERE id=" WAITING,
         FX_BAD_PARAMETER,
         ", and that does not name it as its stop loss"},
        {"UPDATE orders SET status='CANCELED' WHERE id=" PENDING_CHILD,
         FX_ORDER_NOT_FOUND,
         " as its take profit or stop loss, and that is no open order that protects it"},
        {"UPDATE orders SET parentOrderId=(SELECT MAX(id) FROM orders) WHERE id=" OPEN_CHILD(
             "FILLED"),
         FX_LOAD_OUT_OF_ORDER,
         ", and that has a larger id"},
        {"UPDATE positions SET takeProfitOrderId=" OPEN_CHILD("FILLED") " WHERE userId=60",
         FX_BAD_PARAMETER,
         ", and that is that of an order"},
        {"UPDATE orders SET remaining='0.003' WHERE id=" OPEN_CHILD("FILLED"),
         FX_LOT_SIZE,
         ", which protects order "}, /* the other one says 0.004 */
        {"UPDATE orders SET remaining='0.005' WHERE parentOrderId=" FILLED,
         FX_LOT_SIZE,
         ", and that has filled less"},
        {"UPDATE orders SET remaining='0.0015' WHERE parentOrderId=" FILLED, FX_LOT_SIZE, "order "},
        {"UPDATE orders SET remaining='0' WHERE parentOrderId=" FILLED,
         FX_ORDER_NOT_FOUND,
         ", and that has ended"},
        {"UPDATE orders SET parentOrderId=NULL WHERE id=" PENDING_CHILD,
         FX_BAD_PARAMETER,
         "it is PENDING and protects no order"},
        {"UPDATE orders SET stopCondition='LT' WHERE id=" PENDING_CHILD,
         FX_BAD_PARAMETER,
         ", which protects order "},
    };
    make_brackets(*state);
    for (size_t row = 0; row < sizeof ROWS / sizeof ROWS[0]; row++) {
        expect_refused(*state, ROWS[row].sql, ROWS[row].status, ROWS[row].words);
    }
}

/* Numbers as AUTO_INCREMENT gives them, with one that was deleted. */
static const char FOREIGN_NUMBERS[] =
    "UPDATE instruments SET id=1000-id; UPDATE instruments SET id=2001-2*id;"
    "UPDATE trading_rules SET instrumentId=1000-instrumentId;"
    "UPDATE trading_rules SET instrumentId=2001-2*instrumentId;"
    "UPDATE leverage_margin SET instrumentId=1000-instrumentId;"
    "UPDATE leverage_margin SET instrumentId=2001-2*instrumentId;"
    "UPDATE positions SET instrumentId=2*instrumentId+1;"
    "UPDATE orders SET instrumentId=2*instrumentId+1 WHERE status IN "
    "('ACTIVE','PARTIALLY_FILLED');";

static void load_of_numbers_from_1_with_a_gap_gives_those_of_the_engine(void **state)
{
    expect_same_rows(*state, FOREIGN_NUMBERS);
}

/* Two shards, each with one asset; this is one of them. */
static void be_shard(struct fixture *fixture, uint32_t shard, const char *first, const char *second)
{
    const char *const assets[2] = {first, second};
    fixture->shards = 2;
    fixture->shard = shard;
    for (uint32_t index = 0; index < 2; index++) {
        fixture->maps[index] = (struct fx_shard_map){.shard = index, .shards = 2, .asset_count = 1};
        fixture->maps[index].assets[0] = engine_kit_asset(assets[index]);
    }
}

/* The rows as the second of two shards writes them. */
#define SHARD_BASE "70368744177664"
static const char SECOND_SHARD[] =
    "UPDATE accounts SET id=id+" SHARD_BASE ";"
    "UPDATE positions SET id=id+" SHARD_BASE ", accountId=accountId+" SHARD_BASE
    ", instrumentId=instrumentId+128, takeProfitOrderId=takeProfitOrderId+" SHARD_BASE
    ", stopLossOrderId=stopLossOrderId+" SHARD_BASE ";"
    "UPDATE orders SET id=id+" SHARD_BASE ", accountId=accountId+" SHARD_BASE
    ", instrumentId=instrumentId+128, parentOrderId=parentOrderId+" SHARD_BASE
    ", linkedOrderId=linkedOrderId+" SHARD_BASE ", takeProfitOrderId=takeProfitOrderId+" SHARD_BASE
    ", stopLossOrderId=stopLossOrderId+" SHARD_BASE ";"
    "UPDATE trades SET id=id+" SHARD_BASE ";"
    "UPDATE instruments SET id=id+128; UPDATE trading_rules SET instrumentId=instrumentId+128;"
    "UPDATE leverage_margin SET instrumentId=instrumentId+128;"
    "UPDATE saver_progress SET shard='1';";

static void load_of_a_shard_takes_what_is_its_own(void **state)
{
    struct fixture *fixture = *state;
    make_brackets(fixture);
    run_sql(fixture, SECOND_SHARD);
    be_shard(fixture, 1, "BTC", "USDT");
    expect_same_rows(fixture, "SELECT 1");
}

/* The numbers of instruments are changed in the tables that all shards share. */
static void load_of_the_first_shard_takes_what_is_its_own(void **state)
{
    struct fixture *fixture = *state;
    be_shard(fixture, 0, "USDT", "BTC");
    expect_same_rows(fixture, FOREIGN_NUMBERS);
}

static void load_of_a_shard_without_rows_begins_an_empty_log(void **state)
{
    struct fixture *fixture = *state;
    struct fx_worker_load_report report;
    be_shard(fixture, 1, "USDT", "BTC");
    if (load(fixture, &report) != FX_OK) {
        fail_msg("%s", report.text);
    }
    assert_int_equal(report.accounts + report.positions + report.orders + report.instruments, 0);
    assert_int_equal(log_end(fixture), report.records);
}

static void load_of_rows_of_no_shard_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct fx_worker_load_report report;
    be_shard(fixture, 0, "EUR", "BTC");
    assert_int_equal(load(fixture, &report), FX_WRONG_SHARD);
    assert_non_null(strstr(report.text, "instrument 0 is in USDT"));
    run_sql(fixture, "UPDATE instruments SET settleCurrency='EUR'");
    assert_int_equal(load(fixture, &report), FX_WRONG_SHARD);
    assert_non_null(strstr(report.text, "account 1 is in USDT"));
    /* Ids of one shard, collateral of the other. */
    run_sql(fixture, "UPDATE instruments SET settleCurrency='USDT'");
    be_shard(fixture, 1, "BTC", "USDT");
    assert_int_equal(load(fixture, &report), FX_WRONG_SHARD);
    assert_non_null(strstr(report.text, "account 1 has an id of shard 0"));
    run_sql(fixture, "UPDATE accounts SET id=id+" SHARD_BASE);
    assert_int_equal(load(fixture, &report), FX_WRONG_SHARD);
    assert_non_null(strstr(report.text, "position 1 has an id of shard 0"));
    run_sql(fixture, "UPDATE positions SET id=id+" SHARD_BASE);
    assert_int_equal(load(fixture, &report), FX_WRONG_SHARD);
    assert_non_null(strstr(report.text, "order "));
    assert_int_equal(log_end(fixture), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(load_of_the_tables_goes_on_where_they_end, setup, teardown),
        cmocka_unit_test_setup_teardown(load_into_a_log_that_has_begun_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(load_twice_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(load_of_a_price_is_of_the_book, setup, teardown),
        cmocka_unit_test_setup_teardown(load_of_a_price_is_not_of_adl, setup, teardown),
        cmocka_unit_test_setup_teardown(load_of_a_price_is_not_of_a_takeover, setup, teardown),
        cmocka_unit_test_setup_teardown(load_that_died_goes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(load_gives_the_same_rows, setup, teardown),
        cmocka_unit_test_setup_teardown(
            load_of_numbers_from_1_with_a_gap_gives_those_of_the_engine, setup, teardown),
        cmocka_unit_test_setup_teardown(
            load_of_orders_that_wait_gives_the_same_rows, setup, teardown),
        cmocka_unit_test_setup_teardown(load_of_brackets_gives_the_same_rows, setup, teardown),
        cmocka_unit_test_setup_teardown(
            load_of_brackets_of_the_original_comes_to_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(
            load_of_brackets_that_do_not_fit_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(
            load_of_a_protection_that_fits_no_position_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(load_of_a_shard_takes_what_is_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(
            load_of_the_first_shard_takes_what_is_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(
            load_of_a_shard_without_rows_begins_an_empty_log, setup, teardown),
        cmocka_unit_test_setup_teardown(load_of_rows_of_no_shard_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
