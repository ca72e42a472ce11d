/* The saver's agent when the database says no: a lock that is not had in time, a deadlock that it
 * lost, a connection that is cut, a COMMIT without an answer. Nothing is skipped, nothing is
 * written twice, and it asks less and less often. The real server's 1205 and 1213 become these
 * statuses in worker_maria_test and store_maria_fault_test. */
#include <string.h>

#include "base/log.h"
#include "fx_test.h"
#include "model/rows.h"
#include "save_kit.h"
#include "store/store_account.h"
#include "store/store_fault.h"
#include "store/store_migrate.h"
#include "store/store_order.h"
#include "store/store_sqlite.h"
#include "worker/worker_saver.h"

enum {
    ALWAYS = 1000000,
    RING = 1024,
    BATCH_MAX = 64,
    USER = 7,
    EACH = 3,
    RETRY_US_MIN = 20000,
    RETRY_US_MAX = RETRY_US_MIN << 6
};

struct fixture {
    struct fx_store *inner;
    struct fx_store *store;
    struct fx_ring_broadcast *ring;
    struct fx_worker_save save;
    struct fx_worker_saver *saver;
    uint64_t sequence;
    int64_t now_us;
};

static int setup(void **state)
{
    static struct fixture fixture;
    uint32_t applied = 0;
    memset(&fixture, 0, sizeof fixture);
    assert_int_equal(fx_store_sqlite_open(":memory:", FX_STORE_SQLITE_WRITER, &fixture.inner),
                     FX_OK);
    assert_int_equal(fx_store_migrate(fixture.inner, &applied), FX_OK);
    assert_int_equal(fx_store_fault_open(fixture.inner, 11, &fixture.store), FX_OK);
    fixture.ring = fx_ring_broadcast_create(sizeof(struct fx_event), RING, 1);
    assert_non_null(fixture.ring);
    const struct fx_worker_save_options options = {.store = fixture.store,
                                                   .shard = FX_STR("main"),
                                                   .worker = FX_STR("saver"),
                                                   .kinds = FX_WORKER_SAVE_ALL};
    assert_int_equal(fx_worker_save_init(&fixture.save, &options), FX_OK);
    const struct fx_instrument instrument = save_kit_instrument("BTCUSDT");
    fx_worker_save_instrument(&fixture.save, &instrument);
    const struct fx_worker_saver_options saver = {
        .save = &fixture.save, .ring = fixture.ring, .consumer = 0, .batch_max = BATCH_MAX};
    assert_int_equal(fx_worker_saver_create(&saver, &fixture.saver), FX_OK);
    fixture.now_us = 1;
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    fx_worker_saver_destroy(fixture->saver);
    fx_worker_save_deinit(&fixture->save);
    fx_ring_broadcast_destroy(fixture->ring);
    fx_store_close(fixture->store);
    fx_store_close(fixture->inner);
    return 0;
}

static void give(struct fixture *fixture, const struct fx_event *event)
{
    assert_true(fx_ring_broadcast_append(fixture->ring, event));
    fx_ring_broadcast_release(fixture->ring, fx_ring_broadcast_written(fixture->ring));
}

/* A command's events: an order, an account and the end. */
static void give_command(struct fixture *fixture)
{
    struct fx_event event;
    const uint64_t sequence = ++fixture->sequence;
    for (uint32_t index = 0; index < EACH; index++) {
        memset(&event, 0, sizeof event);
        event.sequence = sequence;
        event.index = index;
        event.time_us = 1700000000000000 + (int64_t)sequence;
        event.kind = FX_EVENT_RESULT;
        if (index == 0) {
            struct fx_event_order *order = &event.u.order;
            event.kind = FX_EVENT_ORDER;
            order->order_id = sequence;
            order->account_id = 1;
            order->user_id = USER;
            order->price_ticks = 1000;
            order->lots = 5;
            order->remaining_lots = 5;
            order->created_us = event.time_us;
            order->updated_us = event.time_us;
            order->side = FX_SIDE_BUY;
            order->type = FX_ORDER_TYPE_LIMIT;
            order->time_in_force = FX_TIME_IN_FORCE_GTC;
            order->status = FX_ORDER_STATUS_ACTIVE;
            order->stp_mode = FX_STP_MODE_EXPIRE_MAKER;
            order->position_side = FX_POSITION_SIDE_BOTH;
            order->margin_mode = FX_MARGIN_MODE_CROSS;
        } else if (index == 1) {
            event.kind = FX_EVENT_ACCOUNT;
            event.u.account.account_id = 1;
            event.u.account.user_id = USER;
            event.u.account.balance = fx_dec_one() * (int64_t)sequence;
            assert_true(fx_ids_asset(FX_STR("USDT"), &event.u.account.asset));
        }
        give(fixture, &event);
    }
}

/* The tables are what the commands up to `count` made, each order once. */
static void expect_tables(struct fixture *fixture, uint32_t count)
{
    static struct fx_rows_order orders[FX_STORE_LIMIT_MAX];
    const struct fx_store_order_query query = {
        .user_id = USER, .scope = FX_STORE_ORDER_ALL, .page = {.limit = FX_STORE_LIMIT_MAX}};
    uint32_t found = 0;
    assert_int_equal(fx_store_order_list(fixture->inner, &query, orders, &found), FX_OK);
    assert_int_equal(found, count);
    for (uint32_t index = 0; index < found; index++) {
        assert_int_equal(orders[index].id, count - index);
    }
    struct fx_rows_account account;
    const fx_status status =
        fx_store_account_find_asset(fixture->inner, USER, FX_STR("USDT"), &account);
    assert_int_equal(status, count == 0 ? FX_NOT_FOUND : FX_OK);
    assert_true(count == 0 || account.balance == fx_dec_one() * (int64_t)count);
    const uint64_t watermark = fx_worker_saver_watermark(fixture->saver);
    assert_int_equal(watermark >> 20, count);
}

static void set_faults(struct fixture *fixture, const struct fx_store_faults *faults)
{
    fx_store_fault_set(fixture->store, faults);
}

static const struct fx_store_faults NONE;

static void worker_saver_writes_whole_commands_once(void **state)
{
    struct fixture *fixture = *state;
    struct fx_event half = {.kind = FX_EVENT_ORDER, .sequence = 99};
    assert_int_equal(fx_worker_saver_step(fixture->saver, fixture->now_us), 0);
    give_command(fixture);
    give_command(fixture);
    give(fixture, &half); /* its RESULT has not come */
    assert_int_equal(fx_worker_saver_step(fixture->saver, fixture->now_us), 2 * EACH);
    assert_int_equal(fx_worker_saver_step(fixture->saver, fixture->now_us), 0);
    expect_tables(fixture, 2);
}

/* What the database says does not matter, as long as it may be tried again: the batch stays, and so
 * does what comes behind it; each try comes later than the one before. */
static void expect_patience(struct fixture *fixture, const struct fx_store_faults *faults)
{
    const uint32_t before = (uint32_t)fixture->sequence;
    int64_t pause_us = RETRY_US_MIN;
    struct fx_store_fault_counts told[2];
    give_command(fixture);
    set_faults(fixture, faults);
    for (uint32_t attempt = 0; attempt < 9; attempt++) {
        fx_store_fault_counts(fixture->store, &told[0]);
        assert_int_equal(fx_worker_saver_step(fixture->saver, fixture->now_us), 0);
        fx_store_fault_counts(fixture->store, &told[1]);
        assert_memory_not_equal(&told[0], &told[1], sizeof told[0]); /* it has been asked */
        give_command(fixture);
        assert_int_equal(fx_worker_saver_step(fixture->saver, fixture->now_us + pause_us - 1), 0);
        fx_store_fault_counts(fixture->store, &told[0]);
        assert_memory_equal(&told[0], &told[1], sizeof told[0]); /* and is left alone */
        fixture->now_us += pause_us;
        pause_us = pause_us < RETRY_US_MAX ? 2 * pause_us : RETRY_US_MAX;
        expect_tables(fixture, before);
    }
    set_faults(fixture, &NONE);
    assert_int_equal(fx_worker_saver_step(fixture->saver, fixture->now_us), 10 * EACH);
    expect_tables(fixture, before + 10);
    /* All is forgotten: the next failure is tried again as soon as the first was. */
    give_command(fixture);
    set_faults(fixture, faults);
    assert_int_equal(fx_worker_saver_step(fixture->saver, fixture->now_us), 0);
    set_faults(fixture, &NONE);
    fixture->now_us += RETRY_US_MIN;
    assert_int_equal(fx_worker_saver_step(fixture->saver, fixture->now_us), EACH);
    expect_tables(fixture, before + 11);
}

static void worker_saver_waits_for_a_lock(void **state)
{
    const struct fx_store_faults faults = {.begin_busy_ppm = ALWAYS};
    expect_patience(*state, &faults);
}

static void worker_saver_loses_deadlocks(void **state)
{
    const struct fx_store_faults faults = {.deadlock_ppm = ALWAYS};
    expect_patience(*state, &faults);
}

static void worker_saver_is_cut_off(void **state)
{
    const struct fx_store_faults faults = {.cut_ppm = ALWAYS};
    expect_patience(*state, &faults);
}

static void worker_saver_commit_is_lost(void **state)
{
    const struct fx_store_faults faults = {.commit_lost_ppm = ALWAYS};
    expect_patience(*state, &faults);
}

/* It has happened, though nobody said so: the next try finds it in the watermark. */
static void worker_saver_commit_without_answer_is_found(void **state)
{
    struct fixture *fixture = *state;
    const struct fx_store_faults faults = {.commit_unknown_ppm = ALWAYS};
    give_command(fixture);
    set_faults(fixture, &faults);
    const int done = fx_worker_saver_step(fixture->saver, fixture->now_us);
    set_faults(fixture, &NONE);
    fixture->now_us += RETRY_US_MIN;
    give_command(fixture);
    const int more = fx_worker_saver_step(fixture->saver, fixture->now_us);
    assert_int_equal(done + more, 2 * EACH);
    expect_tables(fixture, 2);
}

static void worker_saver_everything_at_once_ends_well(void **state)
{
    struct fixture *fixture = *state;
    const struct fx_store_faults faults = {.begin_busy_ppm = 100000,
                                           .deadlock_ppm = 50000,
                                           .cut_ppm = 50000,
                                           .commit_lost_ppm = 100000,
                                           .commit_unknown_ppm = 200000};
    int written = 0;
    set_faults(fixture, &faults);
    for (uint32_t turn = 0; turn < 3000 && written < 200 * EACH; turn++) {
        if (fixture->sequence < 200) {
            give_command(fixture);
        }
        written += fx_worker_saver_step(fixture->saver, fixture->now_us);
        fixture->now_us += RETRY_US_MAX;
    }
    assert_int_equal(written, 200 * EACH);
    struct fx_store_fault_counts counts;
    fx_store_fault_counts(fixture->store, &counts);
    assert_true(counts.begin_busy > 0 && counts.deadlock > 0 && counts.cut > 0);
    assert_true(counts.commit_lost > 0 && counts.commit_unknown > 0);
    struct fx_rows_account account;
    assert_int_equal(fx_store_account_find_asset(fixture->inner, USER, FX_STR("USDT"), &account),
                     FX_OK);
    assert_true(account.balance == fx_dec_one() * 200);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct fx_log_options quiet = {.level = FX_LOG_OFF, .format = FX_LOG_TEXT, .fd = 2};
    fx_log_configure(&quiet);
    const struct CMUnitTest tests[] = {
        TEST(worker_saver_writes_whole_commands_once),
        TEST(worker_saver_waits_for_a_lock),
        TEST(worker_saver_loses_deadlocks),
        TEST(worker_saver_is_cut_off),
        TEST(worker_saver_commit_is_lost),
        TEST(worker_saver_commit_without_answer_is_found),
        TEST(worker_saver_everything_at_once_ends_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
