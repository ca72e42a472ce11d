/* The saver over a wire to MariaDB that is cut again and again, before and after any command,
 * COMMIT included: in the end the tables are those that an undisturbed SQLite has. */
#include "integration/store_maria_proxy.h"
#include "model/rows.h"
#include "store/store_account.h"
#include "store/store_candle.h"
#include "store/store_migrate.h"
#include "store/store_order.h"
#include "store/store_sqlite.h"
#include "store/store_trade.h"
#include "store/store_transaction.h"
#include "worker/worker_save.h"

enum { SEED = 20251128, COMMANDS = 900, OBJECTS = 40, USER = 3, BATCH = 60, ATTEMPTS_MAX = 10000 };

static const int64_t START_US = 1700000000000000;
static const int64_t SECOND_US = 1000000;

static struct fx_instrument instrument_of_test(void)
{
    struct fx_instrument instrument;
    memset(&instrument, 0, sizeof instrument);
    instrument.tick_size = fx_dec_one() / 10;
    instrument.lot_size = fx_dec_one() / 1000;
    instrument.multiplier = fx_dec_one();
    instrument.contract_type = FX_CONTRACT_TYPE_USD_M;
    instrument.kind = FX_INSTRUMENT_KIND_PERPETUAL;
    instrument.state = FX_INSTRUMENT_STATE_TRADING;
    assert_true(fx_ids_symbol(FX_STR("BTCUSDT"), &instrument.symbol));
    assert_true(fx_ids_asset(FX_STR("USDT"), &instrument.settle));
    return instrument;
}

/* An order, now and then a trade with an account, and a RESULT. @return how many events. */
static uint32_t make_command(struct fx_rng *rng, uint64_t sequence, struct fx_event events[4])
{
    uint32_t count = 0;
    memset(events, 0, 4 * sizeof events[0]);
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
    }
    events[count++].kind = FX_EVENT_RESULT;
    for (uint32_t index = 0; index < count; index++) {
        events[index].sequence = sequence;
        events[index].index = index;
        events[index].time_us = START_US + (int64_t)sequence * SECOND_US;
    }
    return count;
}

static void start(struct fx_worker_save *save, struct fx_store *store)
{
    const struct fx_instrument instrument = instrument_of_test();
    const struct fx_worker_save_options options = {.store = store,
                                                   .shard = FX_STR("USDT"),
                                                   .worker = FX_STR("saver"),
                                                   .kinds = FX_WORKER_SAVE_ALL};
    assert_int_equal(fx_worker_save_init(save, &options), FX_OK);
    fx_worker_save_instrument(save, &instrument);
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
    struct fx_store *stores[2] = {left, right};
    uint32_t counts[2][5];
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
    }
    for (size_t kind = 0; kind < 5; kind++) {
        assert_int_equal(counts[0][kind], counts[1][kind]);
        assert_true(counts[0][kind] > 0);
    }
    assert_memory_equal(orders[0], orders[1], counts[0][0] * sizeof orders[0][0]);
    assert_memory_equal(trades[0], trades[1], counts[0][1] * sizeof trades[0][0]);
    assert_memory_equal(transactions[0], transactions[1], counts[0][2] * sizeof transactions[0][0]);
    assert_memory_equal(accounts[0], accounts[1], counts[0][3] * sizeof accounts[0][0]);
    assert_memory_equal(candles[0], candles[1], counts[0][4] * sizeof candles[0][0]);
}

static void run_chaos(enum fx_store_maria_batch batch)
{
    static struct fx_event events[BATCH * 4];
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
    run_chaos(FX_STORE_MARIA_BATCH_ARRAY);
}

static void worker_maria_tables_survive_cuts_with_rows(void **state)
{
    (void)state;
    run_chaos(FX_STORE_MARIA_BATCH_ROWS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worker_maria_tables_survive_cuts_with_arrays),
        cmocka_unit_test(worker_maria_tables_survive_cuts_with_rows),
    };
    return store_maria_kit_has_server() ? cmocka_run_group_tests(tests, NULL, NULL)
                                        : STORE_MARIA_KIT_SKIPPED;
}
