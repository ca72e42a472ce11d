/* What a dump does not know comes back from the tables: fundings and insurance funds. */
#include "app/app_recall.h"

#include <stdlib.h>
#include <string.h>

#include "fx_test.h"
#include "store/store_funding.h"
#include "store/store_migrate.h"
#include "store/store_sqlite.h"

enum { DEPTH = 64 };

struct scene {
    struct fx_store *store;
    struct fx_market market;
};

static void add_symbol(struct fx_market *market, uint32_t id, const char *name)
{
    struct fx_event event;
    const size_t size = (fx_market_symbol_size(DEPTH) + 63U) & ~(size_t)63U;
    void *memory = aligned_alloc(64, size);
    assert_non_null(memory);
    memset(memory, 0, size);
    memset(&event, 0, sizeof event);
    fx_market_add(market, id, memory, DEPTH);
    event.kind = FX_EVENT_INSTRUMENT;
    event.u.instrument.instrument_id = id;
    event.u.instrument.tick_size = fx_dec_one() / 10;
    event.u.instrument.lot_size = fx_dec_one() / 1000;
    assert_true(fx_ids_symbol(fx_str_of(name), &event.u.instrument.symbol));
    assert_true(fx_ids_asset(FX_STR("USDT"), &event.u.instrument.settle));
    fx_market_apply(market, &event);
}

static int setup(void **state)
{
    static struct scene scene;
    uint32_t applied = 0;
    memset(&scene, 0, sizeof scene);
    assert_int_equal(fx_store_sqlite_open(":memory:", FX_STORE_SQLITE_WRITER, &scene.store), FX_OK);
    assert_int_equal(fx_store_migrate(scene.store, &applied), FX_OK);
    add_symbol(&scene.market, 0, "BTCUSDT");
    add_symbol(&scene.market, 3, "ETHUSDT");
    *state = &scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;
    fx_store_close(scene->store);
    free(scene->market.symbols[0]);
    free(scene->market.symbols[3]);
    return 0;
}

static void save_funding(struct scene *scene, uint64_t id, int64_t ppb, bool is_skipped)
{
    struct fx_rows_funding row;
    memset(&row, 0, sizeof row);
    row.id = id;
    row.operation_id = id;
    row.rate = fx_rows_rate(ppb);
    row.mark_price = fx_dec_one() * 1001 / 10;
    row.index_price = fx_dec_one() * 100;
    row.paid = 7;
    row.positions = 2;
    row.is_skipped = is_skipped;
    row.funding_us = (int64_t)id * 3600000000;
    row.created_us = row.funding_us;
    assert_true(fx_ids_symbol(FX_STR("BTCUSDT"), &row.symbol));
    assert_true(fx_ids_asset(FX_STR("USDT"), &row.asset));
    assert_int_equal(fx_store_funding_save(scene->store, &row, 1), FX_OK);
}

static void save_movement(struct scene *scene, uint64_t id, fx_i128 balance)
{
    struct fx_rows_funding_insurance row;
    memset(&row, 0, sizeof row);
    row.id = id;
    row.operation_id = id;
    row.balance = balance;
    row.created_us = (int64_t)id * 1000000;
    assert_true(fx_ids_asset(FX_STR("USDT"), &row.asset));
    memcpy(row.reason, "FEE", 3);
    assert_int_equal(fx_store_funding_save_insurance(scene->store, &row, 1), FX_OK);
}

static void app_recall_brings_the_newest_back(void **state)
{
    struct scene *scene = *state;
    save_funding(scene, 1, 100000, false);
    save_funding(scene, 2, -250000, false);
    save_movement(scene, 3, 10);
    save_movement(scene, 4, fx_dec_one() * 5 + 1);
    assert_int_equal(fx_app_recall_market(scene->store, &scene->market), FX_OK);
    const struct fx_event_funding *funding = &scene->market.symbols[0]->funding;
    assert_int_equal(funding->rate_ppb, -250000);
    assert_int_equal(funding->instant_us, 7200000000);
    assert_int_equal(funding->mark_ticks, 1001);
    assert_int_equal(funding->index_ticks, 1000);
    assert_int_equal(funding->positions, 2);
    assert_true(funding->paid == 7 && funding->is_complete == 1);
    assert_int_equal(scene->market.symbols[0]->funding_id, 2);
    assert_int_equal(scene->market.symbols[3]->funding.instant_us, 0);
    assert_int_equal(scene->market.fund_count, 1); /* two symbols, one asset */
    assert_true(scene->market.funds[0].balance == fx_dec_one() * 5 + 1);
    assert_int_equal(scene->market.funds[0].time_us, 4000000);
}

static void app_recall_does_not_undo_what_happened_since(void **state)
{
    struct scene *scene = *state;
    struct fx_event event;
    save_funding(scene, 1, 100000, true);
    save_movement(scene, 3, 10);
    memset(&event, 0, sizeof event);
    event.kind = FX_EVENT_INSURANCE;
    event.time_us = 5000000;
    event.u.insurance.balance = 99;
    event.u.insurance.instrument = FX_COMMAND_ALL_INSTRUMENTS;
    assert_true(fx_ids_asset(FX_STR("USDT"), &event.u.insurance.asset));
    fx_market_apply(&scene->market, &event);
    assert_int_equal(fx_app_recall_market(scene->store, &scene->market), FX_OK);
    assert_int_equal(scene->market.symbols[0]->funding.is_skipped, 1);
    assert_int_equal(scene->market.symbols[0]->funding.is_complete, 0);
    assert_int_equal(scene->market.fund_count, 1);
    assert_true(scene->market.funds[0].balance == 99);
    memset(&event, 0, sizeof event);
    event.kind = FX_EVENT_FUNDING;
    event.u.funding.instant_us = 9;
    event.u.funding.is_complete = 1;
    event.u.funding.instrument = 0;
    fx_market_apply(&scene->market, &event);
    assert_int_equal(fx_app_recall_market(scene->store, &scene->market), FX_OK);
    assert_int_equal(scene->market.symbols[0]->funding.instant_us, 9);
}

static void app_recall_of_empty_tables_changes_nothing(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(fx_app_recall_market(scene->store, &scene->market), FX_OK);
    assert_int_equal(scene->market.fund_count, 0);
    assert_int_equal(scene->market.symbols[0]->funding.instant_us, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(app_recall_brings_the_newest_back, setup, teardown),
        cmocka_unit_test_setup_teardown(
            app_recall_does_not_undo_what_happened_since, setup, teardown),
        cmocka_unit_test_setup_teardown(
            app_recall_of_empty_tables_changes_nothing, setup, teardown),
    };
    return cmocka_run_group_tests_name("app_recall", tests, NULL, NULL);
}
