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

struct day {
    struct fx_candles candles;
    struct fx_ticker ticker;
};

static struct day *day_create(void)
{
    struct day *day = aligned_alloc(16, sizeof *day);
    memset(day, 0, sizeof *day);
    fx_candles_init(&day->candles);
    fx_ticker_init(&day->ticker,
                   fx_candles_ring(&day->candles, FX_ROWS_CANDLE_PRICE_LAST, FX_INTERVAL_MINUTE));
    return day;
}

static void day_apply(struct day *day, const struct fx_event *trade)
{
    fx_candles_apply(&day->candles, trade);
    fx_ticker_apply(&day->ticker, trade);
}

static void ticker_window_is_1440_minutes(void **state)
{
    (void)state;
    const int64_t minute_us = 60LL * 1000 * 1000;
    const int64_t day_us = 1440 * minute_us;
    struct day *day = day_create();
    const struct fx_event first = trade_event(5 * minute_us, 100, 2);
    const struct fx_event second = trade_event(6 * minute_us + 1, 120, 1);
    const struct fx_event third = trade_event(6 * minute_us + 2, 90, 4);
    day_apply(day, &first);
    day_apply(day, &second);
    day_apply(day, &third);
    struct fx_ticker_summary summary = fx_ticker_summary(&day->ticker, 7 * minute_us);
    assert_int_equal(summary.open_ticks, 100);
    assert_int_equal(summary.high_ticks, 120);
    assert_int_equal(summary.low_ticks, 90);
    assert_int_equal(summary.last_ticks, 90);
    assert_int_equal(summary.lots, 7);
    assert_int_equal(summary.count, 3);
    assert_true(summary.value == 200 + 120 + 360);
    summary = fx_ticker_summary(&day->ticker, 5 * minute_us + day_us); /* minute 5 has left */
    assert_int_equal(summary.open_ticks, 120);
    assert_int_equal(summary.lots, 5);
    summary = fx_ticker_summary(&day->ticker, 6 * minute_us + day_us);
    assert_int_equal(summary.count, 0);
    assert_int_equal(summary.last_ticks, 90);
    const struct fx_event next_day = trade_event(5 * minute_us + day_us, 70, 1);
    day_apply(day, &next_day);
    summary = fx_ticker_summary(&day->ticker, 5 * minute_us + day_us);
    assert_int_equal(summary.lots, 6);
    assert_int_equal(summary.low_ticks, 70);
    /* A clock that is an hour behind the events hides nothing. */
    const struct fx_ticker_summary behind =
        fx_ticker_summary(&day->ticker, 5 * minute_us + day_us - 60 * minute_us);
    assert_memory_equal(&behind, &summary, sizeof behind);
    free(day);
}

/* 50 hours of random trades: the window is what a plain sum over all of them says. */
static void ticker_any_trades_equal_model(void **state)
{
    (void)state;
    enum { TRADES = 2000 };
    const int64_t minute_us = 60LL * 1000 * 1000;
    struct fx_rng rng;
    fx_rng_init(&rng, 7);
    struct fx_event *trades = calloc(TRADES, sizeof *trades);
    struct day *day = day_create();
    struct fx_ticker_memo memo = {.bars = 0};
    int64_t time_us = 1700000000000000;
    for (uint32_t index = 0; index < TRADES; index++) {
        time_us += (int64_t)fx_rng_below(&rng, 180000000);
        const int64_t ticks = 1 + (int64_t)fx_rng_below(&rng, 100);
        trades[index] = trade_event(time_us, ticks, 1 + (int64_t)fx_rng_below(&rng, 9));
        day_apply(day, &trades[index]);
        if (index % 50 > 3) {
            continue;
        }
        const int64_t now_us = time_us + (int64_t)fx_rng_below(&rng, 600000000);
        struct fx_ticker_summary expected = {.last_ticks = trades[index].u.trade.price_ticks};
        for (uint32_t at = 0; at <= index; at++) {
            const struct fx_event_trade *trade = &trades[at].u.trade;
            if (trades[at].time_us / minute_us <= now_us / minute_us - 1440) {
                continue;
            }
            const bool is_first = expected.count++ == 0;
            expected.open_ticks = is_first ? trade->price_ticks : expected.open_ticks;
            if (is_first || trade->price_ticks > expected.high_ticks) {
                expected.high_ticks = trade->price_ticks;
            }
            if (is_first || trade->price_ticks < expected.low_ticks) {
                expected.low_ticks = trade->price_ticks;
            }
            expected.lots += trade->lots;
            expected.value += trade->value;
        }
        const struct fx_ticker_summary summary = fx_ticker_summary(&day->ticker, now_us);
        assert_memory_equal(&summary, &expected, sizeof summary);
        const struct fx_ticker_summary by = fx_ticker_summary_by(&day->ticker, now_us, &memo);
        assert_memory_equal(&by, &expected, sizeof by);
    }
    free(day);
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

/* A dump tells the mark as it is; only an update of the price makes a bar. */
static void market_dump_makes_no_bar(void **state)
{
    (void)state;
    struct fx_market market = {.count = 0};
    struct fx_candle candle;
    struct fx_event event;
    memset(&event, 0, sizeof event);
    event.kind = FX_EVENT_INSTRUMENT;
    assert_true(fx_ids_symbol(FX_STR("BTCUSDT"), &event.u.instrument.symbol));
    void *memory = aligned_alloc(64, (fx_market_symbol_size(8) + 63U) & ~(size_t)63U);
    memset(memory, 0, fx_market_symbol_size(8));
    fx_market_add(&market, 0, memory, 8);
    const struct fx_event begin = {.kind = FX_EVENT_DUMP_BEGIN};
    const struct fx_event end = {.kind = FX_EVENT_DUMP_END};
    struct fx_event mark;
    memset(&mark, 0, sizeof mark);
    mark.kind = FX_EVENT_MARK;
    mark.u.mark.mark_ticks = 10;
    mark.u.mark.index_ticks = 10;
    fx_market_apply(&market, &begin);
    fx_market_apply(&market, &event);
    fx_market_apply(&market, &mark);
    fx_market_apply(&market, &end);
    const struct fx_market_symbol *symbol = fx_market_at(&market, 0);
    assert_int_equal(symbol->mark_ticks, 10);
    assert_false(fx_candles_find(
        &symbol->candles, FX_ROWS_CANDLE_PRICE_MARK, FX_INTERVAL_MINUTE, 0, &candle));
    fx_market_apply(&market, &mark);
    assert_true(fx_candles_find(
        &symbol->candles, FX_ROWS_CANDLE_PRICE_MARK, FX_INTERVAL_MINUTE, 0, &candle));
    assert_int_equal(candle.count, 1);
    free(memory);
}

static struct fx_event event_of(enum fx_event_kind kind)
{
    struct fx_event event;
    memset(&event, 0, sizeof event);
    event.kind = (uint16_t)kind;
    return event;
}

/* A market with one symbol of this id; its memory is the caller's to free. */
static void *open_market(struct fx_market *market, uint32_t id)
{
    struct fx_event event = event_of(FX_EVENT_INSTRUMENT);
    const size_t size = (fx_market_symbol_size(8) + 63U) & ~(size_t)63U;
    void *memory = aligned_alloc(64, size);
    assert_non_null(memory);
    memset(memory, 0, size);
    memset(market, 0, sizeof *market);
    event.u.instrument.instrument_id = id;
    assert_true(fx_ids_symbol(FX_STR("BTCUSDT"), &event.u.instrument.symbol));
    fx_market_add(market, id, memory, 8);
    fx_market_apply(market, &event);
    return memory;
}

/* What each kind of event changes of a symbol, and what the publisher is told of it. */
static void market_folds_each_kind_of_event(void **state)
{
    (void)state;
    static struct fx_market market;
    void *memory = open_market(&market, 2);
    struct fx_market_symbol *symbol = fx_market_at(&market, 2);
    assert_non_null(symbol);
    assert_null(fx_market_at(&market, 1)); /* ids have gaps */
    assert_null(fx_market_at(&market, FX_INSTRUMENTS_MAX));
    assert_true(symbol->is_ticker_changed);
    struct fx_event event = event_of(FX_EVENT_TIER);
    event.u.tier.instrument = 2;
    event.u.tier.index = 1;
    event.u.tier.count = 2;
    event.u.tier.tier.cap = 77;
    fx_market_apply(&market, &event);
    assert_int_equal(symbol->definition.tier_count, 2);
    assert_true(symbol->tiers[1].cap == 77 && symbol->tiers[0].cap == 0);
    event = event_of(FX_EVENT_MARK);
    event.time_us = 5;
    event.u.mark.instrument = 2;
    event.u.mark.mark_ticks = 101;
    event.u.mark.index_ticks = 99;
    fx_market_apply(&market, &event);
    assert_true(symbol->is_mark_changed);
    assert_int_equal(symbol->mark_ticks, 101);
    assert_int_equal(symbol->index_ticks, 99);
    assert_int_equal(symbol->mark_us, 5);
    event = event_of(FX_EVENT_SETTLEMENT);
    event.sequence = 3;
    event.index = 4;
    event.time_us = 6;
    event.u.settlement.instrument = 2;
    event.u.settlement.phase = FX_SETTLEMENT_PHASE_CLOSING;
    fx_market_apply(&market, &event);
    assert_true(symbol->is_settlement_changed);
    assert_int_equal(symbol->settlement.phase, FX_SETTLEMENT_PHASE_CLOSING);
    assert_true(symbol->settlement_id == fx_event_operation_id(&event));
    assert_int_equal(symbol->settlement_us, 6);
    free(memory);
}

/* A payment that has begun is not shown before it is complete; one that was skipped is. */
static void market_shows_a_funding_that_is_over(void **state)
{
    (void)state;
    static struct fx_market market;
    void *memory = open_market(&market, 0);
    const struct fx_market_symbol *symbol = fx_market_at(&market, 0);
    struct fx_event event = event_of(FX_EVENT_FUNDING);
    event.u.funding.rate_ppb = 100;
    fx_market_apply(&market, &event);
    assert_false(symbol->is_funding_changed);
    assert_int_equal(symbol->funding.rate_ppb, 0);
    event.u.funding.is_complete = 1;
    event.sequence = 2;
    fx_market_apply(&market, &event);
    assert_true(symbol->is_funding_changed);
    assert_int_equal(symbol->funding.rate_ppb, 100);
    assert_true(symbol->funding_id == fx_event_operation_id(&event));
    event.u.funding.is_complete = 0;
    event.u.funding.is_skipped = 1;
    event.u.funding.instant_us = 9;
    fx_market_apply(&market, &event);
    assert_int_equal(symbol->funding.instant_us, 9);
    free(memory);
}

/* A trade is in the ticker, on the tape and in the bars. What waits to be published is counted as
 * far as the tape holds it. */
static void market_trades_are_counted_as_far_as_the_tape_holds_them(void **state)
{
    (void)state;
    static struct fx_market market;
    struct fx_candle candle;
    void *memory = open_market(&market, 0);
    const struct fx_market_symbol *symbol = fx_market_at(&market, 0);
    const uint32_t noted = FX_TAPE_NOTED_MAX + 3;
    const uint32_t plain = FX_TAPE_COUNT_MAX + 5 - noted;
    for (uint32_t number = 1; number <= noted + plain; number++) {
        struct fx_event event = trade_event(1000, 100 + number, 2);
        event.u.trade.trade_id = number;
        event.u.trade.note = number <= noted ? FX_TRADE_NOTE_LIQUIDATION : FX_TRADE_NOTE_NONE;
        fx_market_apply(&market, &event);
        if (number == 1) {
            assert_int_equal(symbol->new_trades, 1);
            assert_int_equal(symbol->new_noted, 1);
            assert_null(fx_tape_noted_at(&symbol->tape, 1));
        }
    }
    assert_int_equal(symbol->new_trades, FX_TAPE_COUNT_MAX);
    assert_int_equal(symbol->new_noted, FX_TAPE_NOTED_MAX);
    assert_int_equal(symbol->ticker.last_trade_id, noted + plain);
    assert_int_equal(fx_tape_at(&symbol->tape, 0)->trade_id, noted + plain);
    assert_int_equal(fx_tape_noted_at(&symbol->tape, 0)->trade_id, noted);
    assert_int_equal(fx_tape_noted_at(&symbol->tape, FX_TAPE_NOTED_MAX - 1)->trade_id, 4);
    assert_null(fx_tape_noted_at(&symbol->tape, FX_TAPE_NOTED_MAX));
    assert_true(fx_candles_find(
        &symbol->candles, FX_ROWS_CANDLE_PRICE_LAST, FX_INTERVAL_MINUTE, 0, &candle));
    assert_int_equal(candle.count, noted + plain);
    free(memory);
}

static struct fx_event insurance_event(uint32_t number, fx_i128 balance, int64_t time_us)
{
    struct fx_event event = event_of(FX_EVENT_INSURANCE);
    const char name[] = {'A', (char)('A' + number / 26), (char)('A' + number % 26), '\0'};
    assert_true(fx_ids_asset(fx_str_of(name), &event.u.insurance.asset));
    event.u.insurance.balance = balance;
    event.time_us = time_us;
    return event;
}

/* The last balance of each fund, up to as many as are shown; what the tables knew holds until it
 * moves. */
static void market_funds_are_the_last_said(void **state)
{
    (void)state;
    static struct fx_market market;
    memset(&market, 0, sizeof market);
    for (uint32_t number = 0; number < FX_MARKET_FUNDS_MAX; number++) {
        const struct fx_event event = insurance_event(number, number, 10);
        fx_market_apply(&market, &event);
    }
    assert_int_equal(market.fund_count, FX_MARKET_FUNDS_MAX);
    const struct fx_event more = insurance_event(FX_MARKET_FUNDS_MAX, 5, 10);
    fx_market_apply(&market, &more);
    assert_int_equal(market.fund_count, FX_MARKET_FUNDS_MAX);
    const struct fx_event again = insurance_event(7, 700, 20);
    fx_market_apply(&market, &again);
    assert_int_equal(market.fund_count, FX_MARKET_FUNDS_MAX);
    assert_true(market.funds[7].balance == 700 && market.funds[7].time_us == 20);
    assert_true(market.funds[8].balance == 8);
    /* Told by the tables: what has moved since stays, what has no place is left out. */
    struct fx_market_fund told = {.balance = 1, .asset = again.u.insurance.asset, .time_us = 15};
    fx_market_recall_fund(&market, &told);
    assert_true(market.funds[7].balance == 700);
    told.asset = more.u.insurance.asset;
    fx_market_recall_fund(&market, &told);
    assert_int_equal(market.fund_count, FX_MARKET_FUNDS_MAX);
    memset(&market, 0, sizeof market);
    fx_market_recall_fund(&market, &told);
    assert_int_equal(market.fund_count, 1);
    assert_true(market.funds[0].balance == 1 && market.funds[0].time_us == 15);
}

/* Events of several shards are one stream: its sequence is the sum of theirs. */
static void market_sequence_is_the_sum_of_the_shards(void **state)
{
    (void)state;
    static struct fx_market market;
    memset(&market, 0, sizeof market);
    struct fx_event event = event_of(FX_EVENT_RESULT); /* of no symbol */
    event.sequence = 10;
    event.time_us = 7;
    fx_market_apply(&market, &event);
    event.index = 1U << FX_SHARD_INDEX_BITS;
    event.sequence = 4;
    fx_market_apply(&market, &event);
    assert_int_equal(market.sequence, 14);
    event.sequence = 5;
    fx_market_apply(&market, &event);
    assert_int_equal(market.sequence, 15);
    assert_int_equal(market.time_us, 7);
    assert_int_equal(market.count, 0);
}

/* A dump clears the books of all symbols, whatever ids are free between them. */
static void market_dump_clears_every_book(void **state)
{
    (void)state;
    static struct fx_market market;
    void *first = open_market(&market, 4);
    struct fx_event book = book_event(FX_SIDE_BUY, 5, 1);
    book.u.book.instrument = 4;
    fx_market_apply(&market, &book);
    assert_null(fx_market_find(&market, FX_STR("ETHUSDT")));
    assert_non_null(fx_market_find(&market, FX_STR("BTCUSDT")));
    struct fx_market_symbol *symbol = fx_market_at(&market, 4);
    symbol->is_book_changed = false;
    const struct fx_event dump = event_of(FX_EVENT_DUMP_BEGIN);
    fx_market_apply(&market, &dump);
    assert_true(symbol->is_book_changed && market.is_in_dump);
    assert_int_equal(fx_depth_count(&symbol->depth, FX_SIDE_BUY), 0);
    free(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(market_folds_each_kind_of_event),
        cmocka_unit_test(market_shows_a_funding_that_is_over),
        cmocka_unit_test(market_trades_are_counted_as_far_as_the_tape_holds_them),
        cmocka_unit_test(market_funds_are_the_last_said),
        cmocka_unit_test(market_sequence_is_the_sum_of_the_shards),
        cmocka_unit_test(market_dump_clears_every_book),
        cmocka_unit_test(depth_any_sequence_equals_model),
        cmocka_unit_test(depth_beyond_capacity_keeps_the_best),
        cmocka_unit_test(ticker_window_is_1440_minutes),
        cmocka_unit_test(ticker_any_trades_equal_model),
        cmocka_unit_test(tape_keeps_the_newest),
        cmocka_unit_test(market_dump_begins_with_empty_books),
        cmocka_unit_test(market_dump_makes_no_bar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
