/* app_history: what a restarted process has of the market is what the one before had. */
#include "app/app_history.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "fx_test.h"
#include "store/store_migrate.h"
#include "store/store_sqlite.h"
#include "worker/worker_save.h"

enum { EVENTS = 6000, DEPTH = 4, INSTRUMENTS = 2 };

static const int64_t MINUTE_US = 60LL * 1000 * 1000;

struct fixture {
    struct fx_store *store;
    struct fx_worker_save save;
    struct fx_market before;
    struct fx_market after;
    struct fx_event *events;
};

static struct fx_event instrument_event(uint32_t id)
{
    struct fx_event event;
    memset(&event, 0, sizeof event);
    event.kind = FX_EVENT_INSTRUMENT;
    event.sequence = 1;
    event.index = id;
    struct fx_instrument *instrument = &event.u.instrument;
    instrument->instrument_id = id;
    instrument->tick_size = fx_dec_one() / 10;
    instrument->lot_size = fx_dec_one() / 1000;
    instrument->multiplier = fx_dec_one();
    instrument->min_lots = 1;
    instrument->max_lots = 1000000;
    instrument->max_ticks = 1000000;
    instrument->contract_type = FX_CONTRACT_TYPE_USD_M;
    instrument->kind = FX_INSTRUMENT_KIND_PERPETUAL;
    instrument->state = FX_INSTRUMENT_STATE_TRADING;
    assert_true(
        fx_ids_symbol(id == 0 ? FX_STR("BTCUSDT") : FX_STR("ETHUSDT"), &instrument->symbol));
    assert_true(fx_ids_asset(FX_STR("USDT"), &instrument->settle));
    assert_true(fx_ids_asset(FX_STR("USDT"), &instrument->quote));
    assert_true(fx_ids_asset(FX_STR("BTC"), &instrument->base));
    return event;
}

static void fold(struct fx_market *market, const struct fx_event *event)
{
    if (fx_market_needs(market, event)) {
        const size_t size = (fx_market_symbol_size(DEPTH) + 63U) & ~(size_t)63U;
        void *memory = aligned_alloc(64, size);
        memset(memory, 0, size);
        fx_market_add(market, event->u.instrument.instrument_id, memory, DEPTH);
    }
    fx_market_apply(market, event);
}

/* Trades and marks over some weeks, with a busy day at the end: more minutes than are kept. */
static void make_events(struct fx_event events[EVENTS], uint64_t seed)
{
    struct fx_rng rng;
    int64_t time_us = 1700000000000000;
    uint64_t trade_id = 0;
    fx_rng_init(&rng, seed);
    for (uint32_t index = 0; index < INSTRUMENTS; index++) {
        events[index] = instrument_event(index);
    }
    for (uint32_t at = INSTRUMENTS; at < EVENTS; at++) {
        struct fx_event *event = &events[at];
        const bool is_trade = fx_rng_below(&rng, 3) != 0;
        const bool is_early = at < EVENTS / 6;
        time_us +=
            (int64_t)fx_rng_below(&rng, is_early ? 60 * 60000000ULL : 60000000ULL) / 1000 * 1000;
        memset(event, 0, sizeof *event);
        event->kind = is_trade ? FX_EVENT_TRADE : FX_EVENT_MARK;
        event->sequence = at;
        event->time_us = time_us;
        if (is_trade) {
            event->u.trade.trade_id = ++trade_id;
            event->u.trade.price_ticks = fx_rng_between(&rng, 1, 1000);
            event->u.trade.lots = fx_rng_between(&rng, 1, 1000);
            event->u.trade.value = event->u.trade.lots * (fx_dec_one() / 3);
            event->u.trade.buyer_is_taker = (uint8_t)fx_rng_below(&rng, 2);
            event->u.trade.instrument = (uint32_t)fx_rng_below(&rng, INSTRUMENTS);
        } else {
            event->u.mark.mark_ticks = fx_rng_between(&rng, 1, 1000);
            event->u.mark.index_ticks = fx_rng_between(&rng, 1, 1000);
            event->u.mark.instrument = (uint32_t)fx_rng_below(&rng, INSTRUMENTS);
        }
    }
}

static int setup(void **state)
{
    static struct fixture fixture;
    uint32_t applied = 0;
    memset(&fixture, 0, sizeof fixture);
    fixture.events = aligned_alloc(16, EVENTS * sizeof *fixture.events);
    assert_int_equal(fx_store_sqlite_open(":memory:", FX_STORE_SQLITE_WRITER, &fixture.store),
                     FX_OK);
    assert_int_equal(fx_store_migrate(fixture.store, &applied), FX_OK);
    const struct fx_worker_save_options options = {.store = fixture.store,
                                                   .shard = FX_STR("main"),
                                                   .worker = FX_STR("saver"),
                                                   .kinds = FX_WORKER_SAVE_ALL};
    assert_int_equal(fx_worker_save_init(&fixture.save, &options), FX_OK);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    for (uint32_t id = 0; id < INSTRUMENTS; id++) {
        free(fixture->before.symbols[id]);
        free(fixture->after.symbols[id]);
    }
    fx_worker_save_deinit(&fixture->save);
    fx_store_close(fixture->store);
    free(fixture->events);
    return 0;
}

static void check_same(const struct fx_market_symbol *one,
                       const struct fx_market_symbol *other,
                       int64_t now_us)
{
    for (uint32_t at = 0; at < FX_ROWS_CANDLE_PRICES * FX_INTERVAL_BASES; at++) {
        const struct fx_candles_ring *left =
            &one->candles.rings[at / FX_INTERVAL_BASES][at % FX_INTERVAL_BASES];
        const struct fx_candles_ring *right =
            &other->candles.rings[at / FX_INTERVAL_BASES][at % FX_INTERVAL_BASES];
        assert_int_equal(fx_candles_ring_size(left), fx_candles_ring_size(right));
        for (uint32_t index = 0; index < fx_candles_ring_size(left); index++) {
            assert_memory_equal(fx_candles_ring_at(left, index),
                                fx_candles_ring_at(right, index),
                                sizeof(struct fx_candle));
        }
        assert_int_equal(one->candles.first[at / FX_INTERVAL_BASES],
                         other->candles.first[at / FX_INTERVAL_BASES]);
    }
    const struct fx_ticker_summary day = fx_ticker_summary(&one->ticker, now_us);
    const struct fx_ticker_summary other_day = fx_ticker_summary(&other->ticker, now_us);
    assert_true(day.count > 100);
    assert_memory_equal(&day, &other_day, sizeof day);
    assert_int_equal(one->ticker.last_ticks, other->ticker.last_ticks);
    assert_int_equal(one->ticker.last_lots, other->ticker.last_lots);
    assert_int_equal(one->ticker.last_us, other->ticker.last_us);
    assert_int_equal(one->ticker.last_trade_id, other->ticker.last_trade_id);
}

static void history_after_a_restart_is_what_it_was(void **state)
{
    struct fixture *fixture = *state;
    make_events(fixture->events, 5);
    for (uint32_t index = 0; index < EVENTS; index++) {
        fold(&fixture->before, &fixture->events[index]);
    }
    const uint32_t half = EVENTS - 200;
    assert_int_equal(fx_worker_save_events(&fixture->save, fixture->events, half), FX_OK);
    for (uint32_t index = 0; index < INSTRUMENTS; index++) {
        fold(&fixture->after, &fixture->events[index]);
    }
    assert_int_equal(fx_app_history_load(fixture->store, &fixture->after), FX_OK);
    for (uint32_t index = half; index < EVENTS; index++) {
        fold(&fixture->after, &fixture->events[index]);
    }
    assert_true(fx_candles_ring_size(&fixture->before.symbols[0]->candles.rings[0][0]) ==
                FX_CANDLES_DAY);
    const int64_t now_us = fixture->events[EVENTS - 1].time_us + MINUTE_US;
    for (uint32_t id = 0; id < INSTRUMENTS; id++) {
        check_same(fixture->before.symbols[id], fixture->after.symbols[id], now_us);
    }
}

static void history_of_nothing_is_empty(void **state)
{
    struct fixture *fixture = *state;
    struct fx_candle candle;
    const struct fx_event event = instrument_event(0);
    fold(&fixture->after, &event);
    assert_int_equal(fx_app_history_load(fixture->store, &fixture->after), FX_OK);
    assert_int_equal(fixture->after.symbols[0]->ticker.last_ticks, 0);
    assert_false(fx_candles_find(&fixture->after.symbols[0]->candles,
                                 FX_ROWS_CANDLE_PRICE_LAST,
                                 FX_INTERVAL_MINUTE,
                                 28333333,
                                 &candle));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(history_after_a_restart_is_what_it_was),
        TEST(history_of_nothing_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
