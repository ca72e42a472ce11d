/* market: depth, ticker and tape as folds, each against the plainest possible second version. */
#include "market/market.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "fx_test.h"

enum { PRICES = 64, CAPACITY = 64, STEPS = 20000 };

static struct fx_event book_event(enum fx_side side, int64_t ticks, int64_t lots)
{
    struct fx_event event;
    memset(&event, 0, sizeof event);
    event.kind = FX_EVENT_BOOK;
    event.u.book.side = (uint8_t)side;
    event.u.book.price_ticks = ticks;
    event.u.book.lots = lots;
    event.u.book.count = lots > 0 ? 1 : 0;
    return event;
}

static struct fx_event trade_event(int64_t time_us, int64_t ticks, int64_t lots)
{
    struct fx_event event;
    memset(&event, 0, sizeof event);
    event.kind = FX_EVENT_TRADE;
    event.time_us = time_us;
    event.sequence = 1;
    event.u.trade.price_ticks = ticks;
    event.u.trade.lots = lots;
    event.u.trade.value = ticks * lots;
    return event;
}

/* The model: lots by price; the best is found by looking at every price. */
static void compare_depth(const struct fx_depth *depth, int64_t lots[2][PRICES])
{
    uint32_t index = 0;
    for (int64_t ticks = PRICES - 1; ticks >= 0; ticks--) {
        if (lots[0][ticks] > 0) {
            const struct fx_depth_level *level = fx_depth_at(depth, FX_SIDE_BUY, index++);
            assert_non_null(level);
            assert_int_equal(level->ticks, ticks);
            assert_int_equal(level->lots, lots[0][ticks]);
        }
    }
    assert_int_equal(fx_depth_count(depth, FX_SIDE_BUY), index);
    assert_null(fx_depth_at(depth, FX_SIDE_BUY, index));
    index = 0;
    for (int64_t ticks = 0; ticks < PRICES; ticks++) {
        if (lots[1][ticks] > 0) {
            const struct fx_depth_level *level = fx_depth_at(depth, FX_SIDE_SELL, index++);
            assert_non_null(level);
            assert_int_equal(level->ticks, ticks);
            assert_int_equal(level->lots, lots[1][ticks]);
        }
    }
    assert_int_equal(fx_depth_count(depth, FX_SIDE_SELL), index);
}

static void depth_any_sequence_equals_model(void **state)
{
    (void)state;
    struct fx_rng rng;
    struct fx_depth depth;
    int64_t lots[2][PRICES];
    void *memory = malloc(fx_depth_size(CAPACITY));
    memset(lots, 0, sizeof lots);
    fx_rng_init(&rng, 11);
    fx_depth_init(&depth, memory, CAPACITY);
    for (int step = 0; step < STEPS; step++) {
        const uint64_t row = fx_rng_below(&rng, 2);
        const int64_t ticks = (int64_t)fx_rng_below(&rng, PRICES);
        const int64_t total = (int64_t)fx_rng_below(&rng, 3);
        const struct fx_event event =
            book_event(row == 0 ? FX_SIDE_BUY : FX_SIDE_SELL, ticks, total);
        fx_depth_apply(&depth, &event);
        lots[row][ticks] = total;
        compare_depth(&depth, lots);
    }
    assert_true(depth.is_complete);
    free(memory);
}

static void depth_beyond_capacity_keeps_the_best(void **state)
{
    (void)state;
    struct fx_depth depth;
    void *memory = malloc(fx_depth_size(3));
    fx_depth_init(&depth, memory, 3);
    const int64_t prices[] = {10, 12, 11, 9, 13};
    for (size_t index = 0; index < 5; index++) {
        const struct fx_event event = book_event(FX_SIDE_BUY, prices[index], 1);
        fx_depth_apply(&depth, &event);
    }
    assert_int_equal(fx_depth_count(&depth, FX_SIDE_BUY), 3);
    assert_int_equal(fx_depth_at(&depth, FX_SIDE_BUY, 0)->ticks, 13);
    assert_int_equal(fx_depth_at(&depth, FX_SIDE_BUY, 2)->ticks, 11);
    assert_false(depth.is_complete);
    free(memory);
}

static void ticker_window_is_1440_minutes(void **state)
{
    (void)state;
    const int64_t minute_us = 60LL * 1000 * 1000;
    const int64_t day = 1440 * minute_us;
    struct fx_ticker *ticker = calloc(1, sizeof *ticker);
    const struct fx_event first = trade_event(5 * minute_us, 100, 2);
    const struct fx_event second = trade_event(6 * minute_us + 1, 120, 1);
    const struct fx_event third = trade_event(6 * minute_us + 2, 90, 4);
    fx_ticker_apply(ticker, &first);
    fx_ticker_apply(ticker, &second);
    fx_ticker_apply(ticker, &third);
    struct fx_ticker_summary summary = fx_ticker_summary(ticker, 7 * minute_us);
    assert_int_equal(summary.open_ticks, 100);
    assert_int_equal(summary.high_ticks, 120);
    assert_int_equal(summary.low_ticks, 90);
    assert_int_equal(summary.last_ticks, 90);
    assert_int_equal(summary.lots, 7);
    assert_int_equal(summary.count, 3);
    assert_true(summary.value == 200 + 120 + 360);
    summary = fx_ticker_summary(ticker, 5 * minute_us + day); /* minute 5 has left the window */
    assert_int_equal(summary.open_ticks, 120);
    assert_int_equal(summary.lots, 5);
    summary = fx_ticker_summary(ticker, 6 * minute_us + day);
    assert_int_equal(summary.count, 0);
    assert_int_equal(summary.last_ticks, 90);
    const struct fx_event next_day = trade_event(5 * minute_us + day, 70, 1);
    fx_ticker_apply(ticker, &next_day); /* the same bucket, a day later */
    summary = fx_ticker_summary(ticker, 5 * minute_us + day);
    assert_int_equal(summary.lots, 6);
    assert_int_equal(summary.low_ticks, 70);
    free(ticker);
}

/* The same trades forwards and backwards give the same ticker, but what left the buckets. */
static void ticker_history_read_backwards_gives_the_same(void **state)
{
    (void)state;
    enum { TRADES = 2000 };
    struct fx_rng rng;
    fx_rng_init(&rng, 7);
    struct fx_event *trades = calloc(TRADES, sizeof *trades);
    struct fx_ticker *forwards = calloc(1, sizeof *forwards);
    struct fx_ticker *backwards = calloc(1, sizeof *backwards);
    int64_t time_us = 1700000000000000;
    for (uint32_t index = 0; index < TRADES; index++) {
        time_us += (int64_t)fx_rng_below(&rng, 180000000); /* 50 hours in all */
        trades[index] = trade_event(
            time_us, 1 + (int64_t)fx_rng_below(&rng, 100), 1 + (int64_t)fx_rng_below(&rng, 9));
        trades[index].u.trade.trade_id = index + 1;
        fx_ticker_apply(forwards, &trades[index]);
    }
    for (uint32_t index = TRADES; index > 0; index--) {
        fx_ticker_apply_earlier(backwards, &trades[index - 1]);
    }
    const struct fx_ticker_summary one = fx_ticker_summary(forwards, time_us);
    const struct fx_ticker_summary other = fx_ticker_summary(backwards, time_us);
    assert_true(one.count > 500 && one.count < TRADES);
    assert_memory_equal(&one, &other, sizeof one);
    assert_int_equal(backwards->last_ticks, forwards->last_ticks);
    assert_int_equal(backwards->last_lots, forwards->last_lots);
    assert_int_equal(backwards->last_us, forwards->last_us);
    assert_int_equal(backwards->last_trade_id, TRADES);
    const struct fx_event next = trade_event(time_us + 1, 55, 3);
    fx_ticker_apply(forwards, &next);
    fx_ticker_apply(backwards, &next);
    const struct fx_ticker_summary after = fx_ticker_summary(forwards, time_us + 1);
    const struct fx_ticker_summary after_other = fx_ticker_summary(backwards, time_us + 1);
    assert_memory_equal(&after, &after_other, sizeof after);
    free(backwards);
    free(forwards);
    free(trades);
}

static void tape_keeps_the_newest(void **state)
{
    (void)state;
    struct fx_tape *tape = calloc(1, sizeof *tape);
    for (int64_t number = 0; number < FX_TAPE_COUNT_MAX + 10; number++) {
        const struct fx_event event = trade_event(number, number + 1, 1);
        fx_tape_apply(tape, &event);
    }
    assert_int_equal(fx_tape_at(tape, 0)->price_ticks, FX_TAPE_COUNT_MAX + 10);
    assert_int_equal(fx_tape_at(tape, FX_TAPE_COUNT_MAX - 1)->price_ticks, 11);
    assert_null(fx_tape_at(tape, FX_TAPE_COUNT_MAX));
    free(tape);
}

static void market_dump_begins_with_empty_books(void **state)
{
    (void)state;
    struct fx_market market = {.count = 0};
    struct fx_event event;
    memset(&event, 0, sizeof event);
    event.kind = FX_EVENT_INSTRUMENT;
    assert_true(fx_ids_symbol(FX_STR("BTCUSDT"), &event.u.instrument.symbol));
    event.u.instrument.instrument_id = 3;
    assert_true(fx_market_needs(&market, &event));
    void *memory = aligned_alloc(64, (fx_market_symbol_size(8) + 63U) & ~(size_t)63U);
    memset(memory, 0, fx_market_symbol_size(8));
    fx_market_add(&market, 3, memory, 8);
    fx_market_apply(&market, &event);
    assert_false(fx_market_needs(&market, &event));
    struct fx_market_symbol *symbol = fx_market_find(&market, FX_STR("BTCUSDT"));
    assert_ptr_equal(symbol, fx_market_at(&market, 3));
    assert_null(fx_market_find(&market, FX_STR("BTCUSD")));
    struct fx_event book = book_event(FX_SIDE_SELL, 5, 1);
    book.u.book.instrument = 3;
    fx_market_apply(&market, &book);
    assert_int_equal(fx_depth_count(&symbol->depth, FX_SIDE_SELL), 1);
    const struct fx_event dump = {.kind = FX_EVENT_DUMP_BEGIN, .sequence = 9};
    fx_market_apply(&market, &dump);
    assert_int_equal(fx_depth_count(&symbol->depth, FX_SIDE_SELL), 0);
    assert_int_equal(market.sequence, 9);
    free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(depth_any_sequence_equals_model),
        cmocka_unit_test(depth_beyond_capacity_keeps_the_best),
        cmocka_unit_test(ticker_window_is_1440_minutes),
        cmocka_unit_test(ticker_history_read_backwards_gives_the_same),
        cmocka_unit_test(tape_keeps_the_newest),
        cmocka_unit_test(market_dump_begins_with_empty_books),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
