/* Candles: every interval of every price, from memory and by the way through kept bars, against a
 * plain walk over all events. */
#include "market/candles.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "fx_test.h"
#include "market/kline.h"

#define MINUTE_US (60LL * 1000 * 1000)
#define START_US  1700000000000000LL

enum { EVENTS = 4000, KEPT_MAX = 40000, CHECKS = 400 };

struct history {
    struct fx_event events[EVENTS];
    struct fx_candle kept[KEPT_MAX]; /* what a table would hold of one price and length */
    uint32_t kept_count;
    struct fx_candles candles;
};

static struct history *history_create(void)
{
    struct history *history = aligned_alloc(16, sizeof *history);
    memset(history, 0, sizeof *history);
    fx_candles_init(&history->candles);
    return history;
}

/* Bursts and long pauses, over some months. */
static void make_events(struct history *history, uint64_t seed)
{
    struct fx_rng rng;
    fx_rng_init(&rng, seed);
    int64_t time_us = START_US;
    int64_t price = 50000;
    for (uint32_t index = 0; index < EVENTS; index++) {
        struct fx_event *event = &history->events[index];
        static const int64_t PAUSES[] = {1000, MINUTE_US, 60 * MINUTE_US, 3000 * MINUTE_US};
        const uint64_t kind = fx_rng_below(&rng, 100);
        time_us += (int64_t)fx_rng_below(&rng,
                                         (uint64_t)PAUSES[kind < 50   ? 0
                                                          : kind < 95 ? 1
                                                          : kind < 99 ? 2
                                                                      : 3]);
        price += fx_rng_between(&rng, -20, 20);
        price = price < 1 ? 1 : price;
        event->time_us = time_us;
        if (fx_rng_below(&rng, 3) == 0) {
            event->kind = FX_EVENT_MARK;
            event->u.mark.mark_ticks = price;
            event->u.mark.index_ticks = price + fx_rng_between(&rng, 0, 9);
        } else {
            event->kind = FX_EVENT_TRADE;
            event->u.trade.price_ticks = price;
            event->u.trade.lots = fx_rng_between(&rng, 1, 1000);
            event->u.trade.value = fx_dec_one() / 3 * event->u.trade.lots;
            event->u.trade.buyer_is_taker = (uint8_t)fx_rng_below(&rng, 2);
        }
    }
}

/* The model of one event: no struct of the room, no division but the price's own. */
static bool price_of(const struct fx_event *event, enum fx_rows_candle_price price, int64_t *out)
{
    const int64_t mark = event->u.mark.mark_ticks, index = event->u.mark.index_ticks;
    if (price == FX_ROWS_CANDLE_PRICE_LAST) {
        *out = event->u.trade.price_ticks;
        return event->kind == FX_EVENT_TRADE;
    }
    if (event->kind != FX_EVENT_MARK) {
        return false;
    }
    *out = price == FX_ROWS_CANDLE_PRICE_MARK ? mark : index;
    if (price == FX_ROWS_CANDLE_PRICE_PREMIUM) {
        /* Half-even by doubling: the nearest of the two neighbours, the even one in the middle. */
        const int64_t scaled = (mark - index) * 1000000000;
        int64_t down = scaled / index;
        down -= down * index > scaled ? 1 : 0;
        const int64_t rest = (scaled - down * index) * 2;
        *out = rest < index || (rest == index && down % 2 == 0) ? down : down + 1;
    }
    return true;
}

/* The bar [start, end) over the first `count` events; false where it is before the first. */
static bool model_bar(const struct history *history,
                      uint32_t count,
                      enum fx_rows_candle_price price,
                      int64_t start,
                      int64_t end,
                      struct fx_candle *bar_out)
{
    struct fx_candle bar;
    int64_t before = 0;
    bool has_before = false;
    memset(&bar, 0, sizeof bar);
    bar.start = start;
    for (uint32_t index = 0; index < count; index++) {
        const struct fx_event *event = &history->events[index];
        const int64_t minute = event->time_us / MINUTE_US;
        int64_t value = 0;
        if (minute >= end || !price_of(event, price, &value)) {
            continue;
        }
        if (minute < start) {
            before = value;
            has_before = true;
            continue;
        }
        bar.open = bar.count == 0 ? value : bar.open;
        bar.high = bar.count == 0 || value > bar.high ? value : bar.high;
        bar.low = bar.count == 0 || value < bar.low ? value : bar.low;
        bar.close = value;
        bar.count++;
        if (event->kind == FX_EVENT_TRADE) {
            bar.lots += event->u.trade.lots;
            bar.value += event->u.trade.value;
            if (event->u.trade.buyer_is_taker != 0) {
                bar.taker_buy_lots += event->u.trade.lots;
                bar.taker_buy_value += event->u.trade.value;
            }
        }
    }
    if (bar.count == 0) {
        bar.open = bar.high = bar.low = bar.close = before;
    }
    *bar_out = bar;
    return bar.count > 0 || has_before;
}

static void candles_live_bar_of_every_interval_equals_model(void **state)
{
    (void)state;
    struct fx_rng rng;
    fx_rng_init(&rng, 31);
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct history *history = history_create();
        make_events(history, seed);
        for (uint32_t index = 0; index < EVENTS; index++) {
            fx_candles_apply(&history->candles, &history->events[index]);
            if (fx_rng_below(&rng, 40) != 0) {
                continue;
            }
            const enum fx_rows_candle_price price =
                (enum fx_rows_candle_price)(1 + fx_rng_below(&rng, FX_ROWS_CANDLE_PRICES));
            const enum fx_interval interval =
                (enum fx_interval)(1 + fx_rng_below(&rng, FX_INTERVAL_COUNT));
            /* The live bar, or one a little later in which nothing happened yet. */
            const int64_t minute =
                history->events[index].time_us / MINUTE_US + (int64_t)fx_rng_below(&rng, 2) * 7000;
            const int64_t start = fx_interval_start(interval, minute);
            struct fx_candle bar, expected;
            memset(&bar, 0, sizeof bar);
            const bool is_there = model_bar(
                history, index + 1, price, start, fx_interval_next(interval, start), &expected);
            assert_int_equal(fx_candles_find(&history->candles, price, interval, start, &bar),
                             is_there);
            if (is_there) {
                assert_memory_equal(&bar, &expected, sizeof bar);
            }
        }
        free(history);
    }
}

/* A bar of the past is exact or not there; it is there where the day's ring reaches. */
static void candles_old_bar_is_exact_or_absent(void **state)
{
    (void)state;
    struct fx_rng rng;
    struct history *history = history_create();
    uint32_t found = 0, absent = 0;
    fx_rng_init(&rng, 32);
    make_events(history, 9);
    for (uint32_t index = 0; index < EVENTS; index++) {
        fx_candles_apply(&history->candles, &history->events[index]);
    }
    for (int check = 0; check < CHECKS; check++) {
        const enum fx_interval interval =
            (enum fx_interval)(1 + fx_rng_below(&rng, FX_INTERVAL_COUNT));
        const struct fx_event *event = &history->events[fx_rng_below(&rng, EVENTS)];
        const int64_t start = fx_interval_start(interval, event->time_us / MINUTE_US);
        struct fx_candle bar, expected;
        memset(&bar, 0, sizeof bar);
        if (!fx_candles_find(&history->candles, FX_ROWS_CANDLE_PRICE_LAST, interval, start, &bar)) {
            absent++;
            continue;
        }
        found++;
        assert_true(model_bar(history,
                              EVENTS,
                              FX_ROWS_CANDLE_PRICE_LAST,
                              start,
                              fx_interval_next(interval, start),
                              &expected));
        assert_memory_equal(&bar, &expected, sizeof bar);
    }
    assert_true(found > 50);
    assert_true(absent > 50);
    free(history);
}

static void keep(void *self, const struct fx_candle *bar)
{
    struct history *history = self;
    assert_true(history->kept_count < KEPT_MAX);
    history->kept[history->kept_count++] = *bar;
}

/* Whatever range is asked of the kept bars, the answer is the model's, bar by bar, without gap. */
static void kline_any_range_equals_model(void **state)
{
    (void)state;
    struct fx_rng rng;
    struct history *history = history_create();
    fx_rng_init(&rng, 33);
    make_events(history, 4);
    const int64_t first = history->events[0].time_us / MINUTE_US;
    const int64_t span = history->events[EVENTS - 1].time_us / MINUTE_US - first;
    for (int check = 0; check < CHECKS; check++) {
        const enum fx_interval interval =
            (enum fx_interval)(1 + fx_rng_below(&rng, FX_INTERVAL_COUNT));
        const uint32_t base = fx_interval_base(interval);
        const int64_t minute = first + fx_rng_between(&rng, -3000, span + 3000);
        struct fx_kline_range range = {.interval = interval,
                                       .start = fx_interval_start(interval, minute)};
        range.last = range.start;
        for (uint64_t bars = fx_rng_below(&rng, 20); bars > 0; bars--) {
            range.last = fx_interval_next(interval, range.last);
        }
        struct fx_kline kline;
        struct fx_candle bar = {.count = 0};
        history->kept_count = 0;
        fx_kline_init(&kline, &range, keep, history);
        for (uint32_t index = 0; index < EVENTS; index++) {
            const struct fx_event *event = &history->events[index];
            const int64_t start = fx_interval_base_start(base, event->time_us / MINUTE_US);
            if (event->kind != FX_EVENT_TRADE) {
                continue;
            }
            if (bar.count > 0 && bar.start != start) {
                fx_kline_add(&kline, &bar);
                bar = (struct fx_candle){.count = 0};
            }
            bar.start = start;
            fx_candle_add_trade(&bar, &event->u.trade);
        }
        fx_kline_add(&kline, &bar);
        fx_kline_finish(&kline);
        uint32_t index = 0;
        for (int64_t start = range.start; start <= range.last;
             start = fx_interval_next(interval, start)) {
            struct fx_candle expected;
            if (model_bar(history,
                          EVENTS,
                          FX_ROWS_CANDLE_PRICE_LAST,
                          start,
                          fx_interval_next(interval, start),
                          &expected)) {
                assert_true(index < history->kept_count);
                assert_memory_equal(&history->kept[index], &expected, sizeof expected);
                index++;
            }
        }
        assert_int_equal(index, history->kept_count);
    }
    free(history);
}

/* What was loaded from a table and then folded is what was folded from the beginning. */
static void candles_loaded_go_on_as_before(void **state)
{
    (void)state;
    struct history *history = history_create();
    struct fx_candles *loaded = aligned_alloc(16, sizeof *loaded);
    memset(loaded, 0, sizeof *loaded);
    fx_candles_init(loaded);
    make_events(history, 6);
    for (uint32_t index = 0; index < EVENTS / 2; index++) {
        fx_candles_apply(&history->candles, &history->events[index]);
    }
    for (uint32_t row = 0; row < FX_ROWS_CANDLE_PRICES; row++) {
        for (uint32_t base = 0; base < FX_INTERVAL_BASES; base++) {
            const struct fx_candles_ring *ring = &history->candles.rings[row][base];
            for (uint32_t index = 0; index < fx_candles_ring_size(ring); index++) {
                fx_candles_load(loaded,
                                (enum fx_rows_candle_price)(row + 1),
                                base,
                                fx_candles_ring_at(ring, index));
            }
        }
        fx_candles_load_first(
            loaded, (enum fx_rows_candle_price)(row + 1), history->candles.first[row]);
    }
    for (uint32_t index = EVENTS / 2; index < EVENTS; index++) {
        fx_candles_apply(&history->candles, &history->events[index]);
        fx_candles_apply(loaded, &history->events[index]);
    }
    for (uint32_t row = 0; row < FX_ROWS_CANDLE_PRICES; row++) {
        assert_int_equal(loaded->first[row], history->candles.first[row]);
        for (uint32_t base = 0; base < FX_INTERVAL_BASES; base++) {
            const struct fx_candles_ring *one = &loaded->rings[row][base];
            const struct fx_candles_ring *other = &history->candles.rings[row][base];
            assert_int_equal(fx_candles_ring_size(one), fx_candles_ring_size(other));
            for (uint32_t index = 0; index < fx_candles_ring_size(one); index++) {
                assert_memory_equal(fx_candles_ring_at(one, index),
                                    fx_candles_ring_at(other, index),
                                    sizeof(struct fx_candle));
            }
        }
    }
    free(loaded);
    free(history);
}

/* The publisher is told the earliest minute that is not as it saw it. */
static void candles_changed_is_the_earliest_minute(void **state)
{
    (void)state;
    struct history *history = history_create();
    int64_t *changed = history->candles.changed;
    struct fx_event trade;
    memset(&trade, 0, sizeof trade);
    trade.kind = FX_EVENT_TRADE;
    trade.u.trade.price_ticks = 5;
    assert_true(changed[0] == INT64_MAX);
    trade.time_us = 7 * MINUTE_US;
    fx_candles_apply(&history->candles, &trade);
    trade.time_us = 9 * MINUTE_US;
    fx_candles_apply(&history->candles, &trade);
    assert_int_equal(changed[0], 7);
    assert_true(changed[1] == INT64_MAX);
    changed[0] = INT64_MAX;
    fx_candles_apply(&history->candles, &trade);
    assert_int_equal(changed[0], 9);
    free(history);
}

static struct fx_instrument instrument(void)
{
    struct fx_instrument made;
    memset(&made, 0, sizeof made);
    made.tick_size = fx_dec_one() / 10;
    made.lot_size = fx_dec_one() / 1000;
    return made;
}

static void candle_row_and_back(void **state)
{
    (void)state;
    const struct fx_instrument made = instrument();
    struct fx_rows_candle row;
    struct fx_candle back;
    const struct fx_candle candle = {.lots = 1500,
                                     .value = 77,
                                     .taker_buy_lots = 500,
                                     .taker_buy_value = 7,
                                     .start = 28333333,
                                     .open = 650000,
                                     .high = 650011,
                                     .low = 649999,
                                     .close = 650001,
                                     .count = 4};
    memset(&row, 0, sizeof row);
    memset(&back, 0, sizeof back);
    fx_candle_to_row(&candle, &made, FX_ROWS_CANDLE_PRICE_LAST, &row);
    assert_true(row.open == 65000 * fx_dec_one());
    assert_true(row.high == 65001 * fx_dec_one() + fx_dec_one() / 10);
    assert_true(row.volume == fx_dec_one() * 3 / 2);
    assert_true(row.taker_buy_volume == fx_dec_one() / 2);
    assert_int_equal(row.start_us, 28333333 * MINUTE_US);
    assert_int_equal(fx_candle_of_row(&row, &made, &back), FX_OK);
    assert_memory_equal(&back, &candle, sizeof back);
    row.close += 1; /* not a whole tick */
    assert_int_equal(fx_candle_of_row(&row, &made, &back), FX_CORRUPT);
    row.close -= 1;
    row.volume += 1;
    assert_int_equal(fx_candle_of_row(&row, &made, &back), FX_CORRUPT);
    row.volume -= 1;
    row.start_us += 1;
    assert_int_equal(fx_candle_of_row(&row, &made, &back), FX_CORRUPT);
    row.start_us -= 1;
    row.count = 0;
    assert_int_equal(fx_candle_of_row(&row, &made, &back), FX_CORRUPT);
}

#define CORRUPT(change)                                                                            \
    do {                                                                                           \
        struct fx_rows_candle bad = row;                                                           \
        change;                                                                                    \
        assert_int_equal(fx_candle_of_row(&bad, &made, &back), FX_CORRUPT);                        \
    } while (0)

/* Each field of a row that is no bar: not whole, too large, negative, or against the others. */
static void candle_row_that_is_none_is_refused(void **state)
{
    (void)state;
    const struct fx_instrument made = instrument();
    struct fx_rows_candle row;
    struct fx_candle back;
    const struct fx_candle candle = {.lots = 4,
                                     .value = 9,
                                     .taker_buy_lots = 2,
                                     .taker_buy_value = 5,
                                     .start = 3,
                                     .open = 10,
                                     .high = 12,
                                     .low = 9,
                                     .close = 11,
                                     .count = 2};
    memset(&row, 0, sizeof row);
    memset(&back, 0, sizeof back);
    fx_candle_to_row(&candle, &made, FX_ROWS_CANDLE_PRICE_LAST, &row);
    CORRUPT(bad.open += 1);
    CORRUPT(bad.high += 1);
    CORRUPT(bad.low += 1);
    CORRUPT(bad.close += 1);
    CORRUPT(bad.close = (fx_dec_limit() - 1) / made.tick_size * made.tick_size); /* no int64 */
    CORRUPT(bad.volume += 1);
    CORRUPT(bad.volume = -row.volume);
    CORRUPT(bad.value = -1);
    CORRUPT(bad.taker_buy_volume += 1);
    CORRUPT(bad.taker_buy_volume = -row.taker_buy_volume);
    CORRUPT(bad.taker_buy_value = -1);
    CORRUPT(bad.low = row.high + made.tick_size);
    assert_int_equal(back.count, 0); /* nothing was written */
    assert_int_equal(fx_candle_of_row(&row, &made, &back), FX_OK);
    assert_memory_equal(&back, &candle, sizeof back);
}

/* What the fund takes over and what auto-deleveraging closes was traded with nobody: no bar. */
static void candle_of_a_close_without_a_market_is_none(void **state)
{
    (void)state;
    struct fx_event event;
    int64_t value = 0;
    memset(&event, 0, sizeof event);
    event.kind = FX_EVENT_TRADE;
    event.u.trade.price_ticks = 50;
    const struct {
        uint8_t note;
        bool is_traded;
    } notes[] = {{FX_TRADE_NOTE_NONE, true},
                 {FX_TRADE_NOTE_LIQUIDATION, true},
                 {FX_TRADE_NOTE_INSURANCE_LIQUIDATION, false},
                 {FX_TRADE_NOTE_AUTO_DELEVERAGE, false}};
    for (uint32_t index = 0; index < 4; index++) {
        event.u.trade.note = notes[index].note;
        assert_int_equal(fx_candle_price_of(&event, FX_ROWS_CANDLE_PRICE_LAST, &value),
                         notes[index].is_traded);
    }
    assert_int_equal(value, 50);
    assert_false(fx_candle_price_of(&event, FX_ROWS_CANDLE_PRICE_MARK, &value));
    struct fx_candle sum = {.count = 0};
    const struct fx_candle none = {.count = 0, .high = 99};
    fx_candle_merge(&sum, &none);
    assert_int_equal(sum.high, 0);
}

/* -3 of 65,000 ticks: -0.0000461538… */
static void candle_premium_is_parts_per_billion(void **state)
{
    (void)state;
    const struct fx_instrument made = instrument();
    struct fx_rows_candle row;
    struct fx_event mark;
    int64_t value = 0;
    memset(&mark, 0, sizeof mark);
    memset(&row, 0, sizeof row);
    mark.kind = FX_EVENT_MARK;
    mark.u.mark.mark_ticks = 64997;
    mark.u.mark.index_ticks = 65000;
    assert_true(fx_candle_price_of(&mark, FX_ROWS_CANDLE_PRICE_PREMIUM, &value));
    assert_int_equal(value, -46154);
    const struct fx_candle candle = fx_candle_empty(0, value);
    fx_candle_to_row(&candle, &made, FX_ROWS_CANDLE_PRICE_PREMIUM, &row);
    assert_true(row.close == -46154 * (fx_dec_one() / 1000000000));
    mark.u.mark.index_ticks = 0; /* no index, no premium */
    assert_false(fx_candle_price_of(&mark, FX_ROWS_CANDLE_PRICE_PREMIUM, &value));
    assert_false(fx_candle_price_of(&mark, FX_ROWS_CANDLE_PRICE_INDEX, &value));
    assert_true(fx_candle_price_of(&mark, FX_ROWS_CANDLE_PRICE_MARK, &value));
    mark.u.mark.index_ticks = 1;
    mark.u.mark.mark_ticks = INT64_MAX;
    assert_true(fx_candle_price_of(&mark, FX_ROWS_CANDLE_PRICE_PREMIUM, &value));
    assert_true(value == INT64_MAX);
}

static void candle_sums_stop_at_the_largest_amount(void **state)
{
    (void)state;
    const struct fx_instrument made = instrument();
    struct fx_rows_candle row;
    struct fx_candle candle = {.count = 0};
    struct fx_event_trade trade;
    memset(&trade, 0, sizeof trade);
    memset(&row, 0, sizeof row);
    trade.price_ticks = 1;
    trade.lots = INT64_MAX;
    trade.value = fx_dec_limit() - 1;
    trade.buyer_is_taker = 1;
    for (int count = 0; count < 500; count++) {
        fx_candle_add_trade(&candle, &trade);
    }
    assert_true(candle.value == fx_dec_limit() - 1);
    assert_true(candle.lots == (fx_i128)INT64_MAX * 500);
    fx_candle_to_row(&candle, &made, FX_ROWS_CANDLE_PRICE_LAST, &row);
    assert_true(fx_dec_is_in_range(row.volume));
    assert_true(row.volume % made.lot_size == 0);
    assert_true(row.volume + made.lot_size >= fx_dec_limit() - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(candles_live_bar_of_every_interval_equals_model),
        cmocka_unit_test(candles_old_bar_is_exact_or_absent),
        cmocka_unit_test(kline_any_range_equals_model),
        cmocka_unit_test(candles_loaded_go_on_as_before),
        cmocka_unit_test(candles_changed_is_the_earliest_minute),
        cmocka_unit_test(candle_row_and_back),
        cmocka_unit_test(candle_row_that_is_none_is_refused),
        cmocka_unit_test(candle_of_a_close_without_a_market_is_none),
        cmocka_unit_test(candle_premium_is_parts_per_billion),
        cmocka_unit_test(candle_sums_stop_at_the_largest_amount),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
