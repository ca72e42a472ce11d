/* The saver over a wire to MariaDB that is cut again and again, before and after any command,
 * COMMIT included: in the end the tables are those that an undisturbed SQLite has. */
#include <pthread.h>

#include "integration/store_maria_proxy.h"
#include "model/rows.h"
#include "save_kit.h"
#include "store/store_account.h"
#include "store/store_candle.h"
#include "store/store_history.h"
#include "store/store_migrate.h"
#include "store/store_order.h"
#include "store/store_sqlite.h"
#include "store/store_trade.h"
#include "store/store_transaction.h"
#include "worker/worker_save.h"

enum {
    SEED = 20251128,
    COMMANDS = 900,
    OBJECTS = 40,
    USER = 3,
    BATCH = 60,
    ATTEMPTS_MAX = 10000,
    EACH = 5,
    KINDS = 6
};

static const int64_t START_US = 1700000000000000;
static const int64_t SECOND_US = 1000000;

/* An order, now and then a trade with an account and a position, and a RESULT. @return how many
 * events. */
static uint32_t make_command(struct fx_rng *rng, uint64_t sequence, struct fx_event events[EACH])
{
    uint32_t count = 0;
    memset(events, 0, EACH * sizeof events[0]);
    struct fx_event_order *order = &events[count].u.order;
    events[count++].kind = FX_EVENT_ORDER;
    order->order_id = 1 + fx_rng_below(rng, OBJECTS);
    order->user_id = USER;
    order->account_id = 1;
    order->tmp_id = order->order_id + 1000;
    order->price_ticks = fx_rng_between(rng, 1, 1000000);
    order->lots = fx_rng_between(rng, 1, 1000000);
    order->remaining_lots = fx_rng_between(rng, 0, order->lots);
    order->created_us = START_US;
    order->updated_us = START_US + (int64_t)sequence * SECOND_US;
    order->side = FX_SIDE_BUY;
    order->type = FX_ORDER_TYPE_LIMIT;
    order->time_in_force = FX_TIME_IN_FORCE_GTC;
    order->status = (uint8_t)(1 + fx_rng_below(rng, 8));
    order->stp_mode = FX_STP_MODE_EXPIRE_MAKER;
    order->position_side = FX_POSITION_SIDE_BOTH;
    order->margin_mode = FX_MARGIN_MODE_CROSS;
    if (fx_rng_below(rng, 2) == 0) {
        struct fx_event_trade *trade = &events[count].u.trade;
        events[count++].kind = FX_EVENT_TRADE;
        trade->trade_id = sequence;
        trade->buy_user_id = USER;
        trade->sell_user_id = USER;
        trade->price_ticks = fx_rng_between(rng, 1, 1000000);
        trade->lots = fx_rng_between(rng, 1, 1000);
        trade->value = fx_dec_one() * trade->lots / 7;
        trade->buy_fee = trade->value / 1000;
        struct fx_event_account *account = &events[count].u.account;
        events[count++].kind = FX_EVENT_ACCOUNT;
        account->account_id = 1 + fx_rng_below(rng, OBJECTS);
        account->user_id = USER;
        account->balance = fx_rng_between(rng, -1000000, 1000000);
        assert_true(fx_ids_asset(FX_STR("USDT"), &account->asset));
        struct fx_event_position *position = &events[count].u.position;
        events[count++].kind = FX_EVENT_POSITION;
        position->position_id = 1 + fx_rng_below(rng, OBJECTS);
        position->account_id = 1;
        position->user_id = USER;
        position->lots = fx_rng_between(rng, -3, 3);
        position->entry_value = (position->lots < 0 ? -position->lots : position->lots) *
                                (fx_dec_one() / 1000 * fx_rng_between(rng, 1, 100));
        position->position_margin = position->entry_value / 7;
        position->realized_pnl = fx_rng_between(rng, -1000, 1000);
        position->leverage_centi = 1000;
        position->margin_mode = FX_MARGIN_MODE_ISOLATED;
        position->position_side = FX_POSITION_SIDE_BOTH;
    }
    events[count++].kind = FX_EVENT_RESULT;
    for (uint32_t index = 0; index < count; index++) {
        events[index].sequence = sequence;
        events[index].index = index;
        events[index].time_us = START_US + (int64_t)sequence * SECOND_US;
    }
    return count;
}

static void start_kinds(struct fx_worker_save *save,
                        struct fx_store *store,
                        const char *worker,
                        uint32_t kinds)
{
    const struct fx_instrument instrument = save_kit_instrument("BTCUSDT");
    const struct fx_worker_save_options options = {
        .store = store, .shard = FX_STR("USDT"), .worker = fx_str_of(worker), .kinds = kinds};
    assert_int_equal(fx_worker_save_init(save, &options), FX_OK);
    fx_worker_save_instrument(save, &instrument);
}

static void start(struct fx_worker_save *save, struct fx_store *store)
{
    start_kinds(save, store, "saver", FX_WORKER_SAVE_ALL);
}

/* As the saver's agent: again, as long as it may be tried again. @return how often it failed. */
static uint32_t save_all(struct fx_worker_save *save, const struct fx_event *events, uint32_t count)
{
    for (uint32_t attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        const fx_status status = fx_worker_save_events(save, events, count);
        if (status == FX_OK) {
            return attempt;
        }
        if (!fx_status_is_retryable(status) && status != FX_STALE) {
            fail_msg("%s: %s", fx_status_name(status), fx_store_error_text(save->store));
        }
        (void)usleep(5000); /* attempts to connect keep their distance */
    }
    fail_msg("no end of failures");
    return 0;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): symmetric
static void expect_equal_tables(struct fx_store *left, struct fx_store *right)
{
    static struct fx_rows_order orders[2][FX_STORE_LIMIT_MAX];
    static struct fx_rows_trade trades[2][FX_STORE_LIMIT_MAX];
    static struct fx_rows_transaction transactions[2][FX_STORE_LIMIT_MAX];
    static struct fx_rows_account accounts[2][FX_STORE_LIMIT_MAX];
    static struct fx_rows_candle candles[2][FX_STORE_LIMIT_MAX];
    static struct fx_rows_closed closed[2][FX_STORE_LIMIT_MAX];
    struct fx_store *stores[2] = {left, right};
    uint32_t counts[2][KINDS];
    const struct fx_store_page page = {.limit = FX_STORE_LIMIT_MAX};
    for (size_t side = 0; side < 2; side++) {
        const struct fx_store_order_query order = {
            .user_id = USER, .scope = FX_STORE_ORDER_ALL, .page = page};
        const struct fx_store_trade_query trade = {.user_id = USER, .page = page};
        const struct fx_store_transaction_query transaction = {.user_id = USER, .page = page};
        const struct fx_store_candle_query candle = {.symbol = FX_STR("BTCUSDT"),
                                                     .price = FX_ROWS_CANDLE_PRICE_LAST,
                                                     .minutes = 1,
                                                     .limit = FX_STORE_LIMIT_MAX};
        uint32_t *count = counts[side];
        assert_int_equal(fx_store_order_list(stores[side], &order, orders[side], &count[0]), FX_OK);
        assert_int_equal(fx_store_trade_list(stores[side], &trade, trades[side], &count[1]), FX_OK);
        assert_int_equal(
            fx_store_transaction_list(stores[side], &transaction, transactions[side], &count[2]),
            FX_OK);
        assert_int_equal(
            fx_store_account_list(stores[side], USER, &page, accounts[side], &count[3]), FX_OK);
        assert_int_equal(fx_store_candle_list(stores[side], &candle, candles[side], &count[4]),
                         FX_OK);
        const struct fx_store_history_query history = {.user_id = USER, .page = page};
        assert_int_equal(
            fx_store_history_list_closed(stores[side], &history, closed[side], &count[5]), FX_OK);
    }
    for (size_t kind = 0; kind < KINDS; kind++) {
        assert_int_equal(counts[0][kind], counts[1][kind]);
        assert_true(counts[0][kind] > 0);
    }
    assert_memory_equal(orders[0], orders[1], counts[0][0] * sizeof orders[0][0]);
    assert_memory_equal(trades[0], trades[1], counts[0][1] * sizeof trades[0][0]);
    assert_memory_equal(transactions[0], transactions[1], counts[0][2] * sizeof transactions[0][0]);
    assert_memory_equal(accounts[0], accounts[1], counts[0][3] * sizeof accounts[0][0]);
    assert_memory_equal(candles[0], candles[1], counts[0][4] * sizeof candles[0][0]);
    assert_memory_equal(closed[0], closed[1], counts[0][5] * sizeof closed[0][0]);
}

static void run_chaos(enum fx_store_maria_batch batch)
{
    static struct fx_event events[BATCH * EACH];
    struct fx_worker_save maria_save, sqlite_save;
    struct fx_store *sqlite = NULL;
    uint32_t applied = 0, failures = 0;
    struct fx_rng rng;
    fx_rng_init(&rng, SEED);
    struct store_maria_kit *kit = store_maria_kit_create(batch);
    struct fx_store_maria_config wire = kit->config;
    struct store_maria_proxy *proxy = store_maria_proxy_create(&wire);
    struct fx_store *maria = store_maria_kit_open(&wire, true);
    assert_int_equal(fx_store_migrate(maria, &applied), FX_OK);
    assert_int_equal(fx_store_sqlite_open(":memory:", FX_STORE_SQLITE_WRITER, &sqlite), FX_OK);
    assert_int_equal(fx_store_migrate(sqlite, &applied), FX_OK);
    start(&maria_save, maria);
    start(&sqlite_save, sqlite);
    proxy->one_in = 40;
    store_maria_proxy_cut(proxy, STORE_MARIA_PROXY_ANY, 0, NULL);
    for (uint64_t sequence = 1; sequence <= COMMANDS;) {
        const uint64_t end = sequence + 1 + fx_rng_below(&rng, BATCH - 1);
        uint32_t count = 0;
        for (; sequence < end; sequence++) {
            count += make_command(&rng, sequence, &events[count]);
        }
        failures += save_all(&maria_save, events, count);
        assert_int_equal(fx_worker_save_events(&sqlite_save, events, count), FX_OK);
        assert_int_equal(maria_save.watermark, sqlite_save.watermark);
    }
    store_maria_proxy_cut(proxy, STORE_MARIA_PROXY_NEVER, 0, NULL);
    (void)printf("%d cuts, %u batches given again\n", atomic_load(&proxy->cuts), failures);
    assert_true(failures > 5);
    expect_equal_tables(maria, sqlite);
    fx_worker_save_deinit(&maria_save);
    fx_worker_save_deinit(&sqlite_save);
    fx_store_close(maria);
    fx_store_close(sqlite);
    store_maria_proxy_destroy(proxy);
    store_maria_kit_destroy(kit);
}

static void worker_maria_tables_survive_cuts_with_arrays(void **state)
{
    (void)state;
    if (store_maria_kit_is_mysql()) {
        skip(); /* it takes no arrays of parameters */
    }
    run_chaos(FX_STORE_MARIA_BATCH_ARRAY);
}

static void worker_maria_tables_survive_cuts_with_rows(void **state)
{
    (void)state;
    run_chaos(FX_STORE_MARIA_BATCH_ROWS);
}

/* ---- the seed's four savers -------------------------------------------------------------------
 */

enum { SAVERS = 4 };

struct one_saver {
    struct fx_worker_save save;
    const struct fx_event *events;
    uint32_t count; /* of all events */
    uint32_t failures;
    uint64_t seed;
};

/* Batches of its own sizes, each behind a RESULT, at its own pace. */
static void *save_at_own_pace(void *self)
{
    struct one_saver *saver = self;
    struct fx_rng rng;
    uint32_t from = 0;
    fx_rng_init(&rng, saver->seed);
    while (from < saver->count) {
        uint32_t to = from + 1 + (uint32_t)fx_rng_below(&rng, BATCH * EACH);
        to = to < saver->count ? to : saver->count;
        while (saver->events[to - 1].kind != FX_EVENT_RESULT) {
            to++;
        }
        saver->failures += save_all(&saver->save, &saver->events[from], to - from);
        from = to;
    }
    return NULL;
}

static void worker_maria_four_savers_at_once_are_one(void **state)
{
    static const struct {
        const char *name;
        uint32_t kinds;
    } PARTS[SAVERS] = {
        {"saver_accounts", FX_WORKER_SAVE_ACCOUNTS | FX_WORKER_SAVE_INSTRUMENTS},
        {"saver_positions", FX_WORKER_SAVE_POSITIONS},
        {"saver_orders", FX_WORKER_SAVE_ORDERS},
        {"saver_trades", FX_WORKER_SAVE_TRADES},
    };
    static struct fx_event events[COMMANDS * EACH];
    static struct one_saver savers[SAVERS];
    struct fx_worker_save sqlite_save;
    struct fx_store *sqlite = NULL;
    pthread_t threads[SAVERS];
    struct fx_rng rng;
    uint32_t applied = 0, count = 0;
    (void)state;
    fx_rng_init(&rng, SEED + 1);
    for (uint64_t sequence = 1; sequence <= COMMANDS; sequence++) {
        count += make_command(&rng, sequence, &events[count]);
    }
    struct store_maria_kit *kit = store_maria_kit_create(FX_STORE_MARIA_BATCH_AUTO);
    struct fx_store *reader = store_maria_kit_open(&kit->config, true);
    assert_int_equal(fx_store_migrate(reader, &applied), FX_OK);
    for (uint32_t index = 0; index < SAVERS; index++) {
        savers[index] = (struct one_saver){.events = events, .count = count, .seed = index};
        start_kinds(&savers[index].save,
                    store_maria_kit_open(&kit->config, true),
                    PARTS[index].name,
                    PARTS[index].kinds);
    }
    for (uint32_t index = 0; index < SAVERS; index++) {
        assert_int_equal(pthread_create(&threads[index], NULL, save_at_own_pace, &savers[index]),
                         0);
    }
    for (uint32_t index = 0; index < SAVERS; index++) {
        assert_int_equal(pthread_join(threads[index], NULL), 0);
        print_message("%s: %u again\n", PARTS[index].name, savers[index].failures);
        assert_int_equal(savers[index].save.watermark, fx_event_operation_id(&events[count - 1]));
        fx_store_close(savers[index].save.store);
        fx_worker_save_deinit(&savers[index].save);
    }
    assert_int_equal(fx_store_sqlite_open(":memory:", FX_STORE_SQLITE_WRITER, &sqlite), FX_OK);
    assert_int_equal(fx_store_migrate(sqlite, &applied), FX_OK);
    start(&sqlite_save, sqlite);
    assert_int_equal(fx_worker_save_events(&sqlite_save, events, count), FX_OK);
    expect_equal_tables(reader, sqlite);
    fx_worker_save_deinit(&sqlite_save);
    fx_store_close(sqlite);
    fx_store_close(reader);
    store_maria_kit_destroy(kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worker_maria_tables_survive_cuts_with_arrays),
        cmocka_unit_test(worker_maria_tables_survive_cuts_with_rows),
        cmocka_unit_test(worker_maria_four_savers_at_once_are_one),
    };
    return store_maria_kit_has_server() ? cmocka_run_group_tests(tests, NULL, NULL)
                                        : STORE_MARIA_KIT_SKIPPED;
}
