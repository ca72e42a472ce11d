/* worker/worker_saver: tables that do not take anything for a while. What is released goes on in a
 * file; in the end each event is in the tables, once and in its order. */
#include "worker/worker_saver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "fx_test.h"
#include "save_kit.h"
#include "store/store_account.h"
#include "store/store_fault.h"
#include "store/store_migrate.h"
#include "store/store_sqlite.h"
#include "store/store_trade.h"

enum {
    CAPACITY = 1024, /* of the ring */
    SPILL_FROM = 256,
    BATCH_MAX = 512,
    EACH = 3, /* events of a command */
    USER = 3,
    COMMANDS = 4000,
    WAIT_US_MAX = 60000000
};

static const int64_t START_US = 1700000000000000;
static const struct fx_store_faults CANNOT = {.begin_busy_ppm = 1000000};
static const struct fx_store_faults CAN = {.begin_busy_ppm = 0};

struct fixture {
    char folder[64];
    struct fx_store *sqlite;
    struct fx_store *store; /* before it, failing on demand */
    struct fx_worker_save save;
    struct fx_ring_broadcast *ring;
    struct fx_worker_saver *saver;
    uint64_t sequence; /* of the last command made */
    int64_t now_us;
};

static void open_saver(struct fixture *fixture, uint64_t spill_size)
{
    struct fx_worker_saver_options options = {.save = &fixture->save,
                                              .ring = fixture->ring,
                                              .consumer = 0,
                                              .batch_max = BATCH_MAX,
                                              .spill_from = SPILL_FROM};
    if (spill_size > 0) {
        const struct fx_worker_spill_options spill = {.folder = fixture->folder,
                                                      .size_max = spill_size};
        assert_int_equal(fx_worker_spill_create(&spill, &options.spill), FX_OK);
    }
    assert_int_equal(fx_worker_saver_create(&options, &fixture->saver), FX_OK);
}

static int setup(void **state)
{
    static struct fixture fixture;
    uint32_t applied = 0;
    memset(&fixture, 0, sizeof fixture);
    (void)snprintf(fixture.folder, sizeof fixture.folder, "/tmp/fx-saver-XXXXXX");
    assert_non_null(mkdtemp(fixture.folder));
    assert_int_equal(fx_store_sqlite_open(":memory:", FX_STORE_SQLITE_WRITER, &fixture.sqlite),
                     FX_OK);
    assert_int_equal(fx_store_migrate(fixture.sqlite, &applied), FX_OK);
    assert_int_equal(fx_store_fault_open(fixture.sqlite, 1, &fixture.store), FX_OK);
    const struct fx_instrument instrument = save_kit_instrument("BTCUSDT");
    const struct fx_worker_save_options options = {.store = fixture.store,
                                                   .shard = FX_STR("USDT"),
                                                   .worker = FX_STR("saver"),
                                                   .kinds = FX_WORKER_SAVE_ALL};
    assert_int_equal(fx_worker_save_init(&fixture.save, &options), FX_OK);
    fx_worker_save_instrument(&fixture.save, &instrument);
    fixture.ring = fx_ring_broadcast_create(sizeof(struct fx_event), CAPACITY, 1);
    assert_non_null(fixture.ring);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    fx_worker_saver_destroy(fixture->saver);
    fx_ring_broadcast_destroy(fixture->ring);
    fx_worker_save_deinit(&fixture->save);
    fx_store_close(fixture->store);
    fx_store_close(fixture->sqlite);
    assert_int_equal(rmdir(fixture->folder), 0);
    return 0;
}

/* A trade, the account with the command's number as its balance, and the RESULT. @return false
 * where the ring has no room. */
static bool make_command(struct fixture *fixture)
{
    struct fx_event events[EACH];
    if (fx_ring_broadcast_space(fixture->ring) < EACH) {
        return false;
    }
    memset(events, 0, sizeof events);
    fixture->sequence++;
    events[0].kind = FX_EVENT_TRADE;
    events[0].u.trade.trade_id = fixture->sequence;
    events[0].u.trade.buy_user_id = USER;
    events[0].u.trade.sell_user_id = USER;
    events[0].u.trade.price_ticks = 1;
    events[0].u.trade.lots = 1;
    events[1].kind = FX_EVENT_ACCOUNT;
    events[1].u.account.account_id = 1;
    events[1].u.account.user_id = USER;
    events[1].u.account.balance = (fx_i128)fixture->sequence;
    assert_true(fx_ids_asset(FX_STR("USDT"), &events[1].u.account.asset));
    events[2].kind = FX_EVENT_RESULT;
    for (uint32_t index = 0; index < EACH; index++) {
        events[index].sequence = fixture->sequence;
        events[index].index = index;
        events[index].time_us = START_US + (int64_t)fixture->sequence;
        assert_true(fx_ring_broadcast_append(fixture->ring, &events[index]));
    }
    fx_ring_broadcast_release(fixture->ring, fx_ring_broadcast_written(fixture->ring));
    return true;
}

static void expect_all_saved(struct fixture *fixture)
{
    struct fx_rows_account account;
    const struct fx_store_key key = {USER, 1};
    uint64_t trades = 0;
    assert_int_equal(fx_worker_saver_watermark(fixture->saver) >> 20, fixture->sequence);
    assert_int_equal(fx_store_account_find(fixture->sqlite, key, &account), FX_OK);
    assert_true(account.balance == (fx_i128)fixture->sequence);
    assert_int_equal(fx_store_trade_count(fixture->sqlite, &trades), FX_OK);
    assert_int_equal(trades, fixture->sequence);
}

/* Steps of both, by hand, a second apart: no retry waits. */
static void step(struct fixture *fixture)
{
    fixture->now_us += 2000000;
    (void)fx_worker_saver_step(fixture->saver, fixture->now_us);
    while (fx_worker_saver_step_spill(fixture->saver, fixture->now_us) > 0) {
    }
}

static void worker_saver_events_wait_in_the_file_and_keep_their_order(void **state)
{
    struct fixture *fixture = *state;
    open_saver(fixture, 16 << 20);
    for (uint32_t turn = 0; turn < 3; turn++) {
        fx_store_fault_set(fixture->store, &CANNOT);
        for (uint32_t count = 0; count < COMMANDS; count++) {
            assert_true(make_command(fixture)); /* there is always room */
            if (count % 50 == 0) {
                step(fixture);
            }
        }
        const uint64_t spilled = fx_worker_saver_spilled(fixture->saver);
        assert_true(spilled > 4 * CAPACITY);
        fx_store_fault_set(fixture->store, &CAN);
        for (uint32_t count = 0; count < COMMANDS; count++) { /* while it catches up, more comes */
            assert_true(make_command(fixture));
            if (count % 50 == 0) {
                step(fixture);
            }
        }
        while (fx_worker_saver_step(fixture->saver, fixture->now_us) > 0) {
        }
        assert_int_equal(fx_worker_saver_spilled(fixture->saver), 0);
        expect_all_saved(fixture);
    }
}

static void worker_saver_full_file_leaves_the_rest_in_the_ring(void **state)
{
    struct fixture *fixture = *state;
    open_saver(fixture, 1000 * 368);
    fx_store_fault_set(fixture->store, &CANNOT);
    uint32_t made = 0;
    while (made < COMMANDS && make_command(fixture)) {
        made++;
        step(fixture);
    }
    assert_true(made < COMMANDS); /* who makes them must wait, as without a file */
    assert_int_equal(fx_worker_saver_spilled(fixture->saver), 1000);
    fx_store_fault_set(fixture->store, &CAN);
    fixture->now_us += 2000000;
    while (fx_worker_saver_step(fixture->saver, fixture->now_us) > 0) {
    }
    expect_all_saved(fixture);
}

static void worker_saver_without_a_file_stops_at_the_ring(void **state)
{
    struct fixture *fixture = *state;
    open_saver(fixture, 0);
    fx_store_fault_set(fixture->store, &CANNOT);
    uint32_t made = 0;
    while (made < COMMANDS && make_command(fixture)) {
        made++;
        fixture->now_us += 2000000;
        (void)fx_worker_saver_step(fixture->saver, fixture->now_us);
    }
    assert_true(made >= CAPACITY / EACH && made <= (CAPACITY + BATCH_MAX) / EACH + 1);
    fx_store_fault_set(fixture->store, &CAN);
    fixture->now_us += 2000000;
    while (fx_worker_saver_step(fixture->saver, fixture->now_us) > 0) {
    }
    expect_all_saved(fixture);
}

/* The same with its two threads, before a store that fails every other time: far more comes at once
 * than ring and batch hold. */
static void worker_saver_threads_share_the_ring(void **state)
{
    struct fixture *fixture = *state;
    const struct fx_store_faults often = {.begin_busy_ppm = 500000};
    open_saver(fixture, 64 << 20);
    fx_store_fault_set(fixture->store, &often);
    assert_int_equal(fx_worker_saver_start(fixture->saver), FX_OK);
    const int64_t end_us = fx_clock_monotonic_us() + WAIT_US_MAX;
    uint64_t most = 0;
    while (fixture->sequence < COMMANDS && fx_clock_monotonic_us() < end_us) {
        if (make_command(fixture)) {
            fx_worker_saver_wake(fixture->saver);
        } else {
            (void)usleep(100);
        }
        const uint64_t spilled = fx_worker_saver_spilled(fixture->saver);
        most = spilled > most ? spilled : most;
    }
    assert_int_equal(fixture->sequence, COMMANDS);
    assert_true(most > CAPACITY);
    while (fx_worker_saver_watermark(fixture->saver) >> 20 < COMMANDS &&
           fx_clock_monotonic_us() < end_us) {
        fx_worker_saver_wake(fixture->saver);
        (void)usleep(1000);
    }
    fx_worker_saver_stop(fixture->saver);
    expect_all_saved(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            worker_saver_events_wait_in_the_file_and_keep_their_order, setup, teardown),
        cmocka_unit_test_setup_teardown(
            worker_saver_full_file_leaves_the_rest_in_the_ring, setup, teardown),
        cmocka_unit_test_setup_teardown(
            worker_saver_without_a_file_stops_at_the_ring, setup, teardown),
        cmocka_unit_test_setup_teardown(worker_saver_threads_share_the_ring, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
