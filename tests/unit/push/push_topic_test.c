/* Names of topics: both styles, what is refused, and that a written name is read again. */
#include "push/push_topic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fx_test.h"

static struct fx_market market;

static void add(uint32_t id, const char *name, fx_i128 tick)
{
    struct fx_event event = {.kind = FX_EVENT_INSTRUMENT};
    void *memory = aligned_alloc(64, (fx_market_symbol_size(8) + 63U) & ~(size_t)63U);
    assert_non_null(memory);
    memset(memory, 0, fx_market_symbol_size(8));
    event.u.instrument.instrument_id = id;
    event.u.instrument.tick_size = tick;
    assert_true(fx_ids_symbol(fx_str_of(name), &event.u.instrument.symbol));
    fx_market_add(&market, id, memory, 8);
    fx_market_apply(&market, &event);
}

static int make(void **state)
{
    (void)state;
    add(0, "BTCUSDT", fx_dec_one() / 10);
    add(1, "ES_F", fx_dec_one() / 4);
    return 0;
}

static int drop(void **state)
{
    (void)state;
    free(market.symbols[0]);
    free(market.symbols[1]);
    return 0;
}

static fx_status parse(const char *name, struct fx_push_topic *topic)
{
    return fx_push_topic_parse(&market, fx_str_of(name), 50, topic);
}

static void push_topic_good_names_are_read_and_written(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *written;
        struct fx_push_topic topic;
    } GOOD[] = {
        {"orderbook_BTCUSDT", "orderbook.50.BTCUSDT", {FX_PUSH_TOPIC_KIND_BOOK, 0, 50, 1, 0}},
        {"orderbook.50.BTCUSDT", "orderbook.50.BTCUSDT", {FX_PUSH_TOPIC_KIND_BOOK, 0, 50, 1, 0}},
        {"orderbook.1.BTCUSDT.0.1", "orderbook.1.BTCUSDT", {FX_PUSH_TOPIC_KIND_BOOK, 0, 1, 1, 0}},
        {"orderbook.5.BTCUSDT.10",
         "orderbook.5.BTCUSDT.10",
         {FX_PUSH_TOPIC_KIND_BOOK, 0, 5, 100, 0}},
        {"orderbook.1000.BTCUSDT.0.50",
         "orderbook.1000.BTCUSDT.0.5",
         {FX_PUSH_TOPIC_KIND_BOOK, 0, 1000, 5, 0}},
        {"orderbook.10.BTCUSDT.100000",
         "orderbook.10.BTCUSDT.100000",
         {FX_PUSH_TOPIC_KIND_BOOK, 0, 10, 1000000, 0}},
        {"orderbook.10.ES_F.2.5", "orderbook.10.ES_F.2.5", {FX_PUSH_TOPIC_KIND_BOOK, 1, 10, 10, 0}},
        {"trades_ES_F", "trades.ES_F", {FX_PUSH_TOPIC_KIND_TRADES, 1, 0, 0, 0}},
        {"trades.ES_F", "trades.ES_F", {FX_PUSH_TOPIC_KIND_TRADES, 1, 0, 0, 0}},
        {"ticker_BTCUSDT", "ticker.BTCUSDT", {FX_PUSH_TOPIC_KIND_TICKER, 0, 0, 0, 0}},
        {"kline_ES_F_1m", "kline.1m.ES_F", {FX_PUSH_TOPIC_KIND_KLINE, 1, 0, 0, FX_INTERVAL_MINUTE}},
        {"kline.1M.BTCUSDT",
         "kline.1M.BTCUSDT",
         {FX_PUSH_TOPIC_KIND_KLINE, 0, 0, 0, FX_INTERVAL_MONTH}},
    };
    for (size_t index = 0; index < sizeof GOOD / sizeof GOOD[0]; index++) {
        struct fx_push_topic topic = {0};
        struct fx_push_topic again = {0};
        char target[FX_PUSH_TOPIC_NAME_SIZE_MAX];
        assert_int_equal(parse(GOOD[index].name, &topic), FX_OK);
        assert_true(fx_push_topic_is_equal(&topic, &GOOD[index].topic));
        const fx_str written = fx_push_topic_format(&market, &topic, target);
        assert_true(fx_str_is_equal(written, fx_str_of(GOOD[index].written)));
        assert_int_equal(fx_push_topic_parse(&market, written, 7, &again), FX_OK);
        assert_true(fx_push_topic_is_equal(&topic, &again));
    }
}

static void push_topic_bad_names_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        fx_status status;
    } BAD[] = {
        {"", FX_BAD_PARAMETER},
        {"orderbook", FX_BAD_PARAMETER},
        {"orderbook.BTCUSDT", FX_BAD_PARAMETER},
        {"orderbook.3.BTCUSDT", FX_BAD_PARAMETER},
        {"orderbook.05.BTCUSDT", FX_BAD_PARAMETER},
        {"orderbook.+5.BTCUSDT", FX_BAD_PARAMETER},
        {"orderbook.4294967301.BTCUSDT", FX_BAD_PARAMETER},
        {"orderbook.5.", FX_UNKNOWN_SYMBOL},
        {"orderbook.5.btcusdt", FX_UNKNOWN_SYMBOL},
        {"orderbook.5.BTCUSDT.", FX_BAD_PARAMETER},
        {"orderbook.5.BTCUSDT.0", FX_BAD_PARAMETER},
        {"orderbook.5.BTCUSDT.-1", FX_BAD_PARAMETER},
        {"orderbook.5.BTCUSDT.0.05", FX_BAD_PARAMETER},   /* less than a tick */
        {"orderbook.5.BTCUSDT.3", FX_BAD_PARAMETER},      /* not round */
        {"orderbook.5.BTCUSDT.200000", FX_BAD_PARAMETER}, /* more than a million ticks */
        {"orderbook.5.BTCUSDT.1e1", FX_BAD_PARAMETER},
        {"orderbook.5.ES_F.0.2", FX_BAD_PARAMETER}, /* no multiple of the tick */
        {"orderbook_", FX_UNKNOWN_SYMBOL},
        {"trades.BTCUSDT.5", FX_UNKNOWN_SYMBOL},
        {"kline.BTCUSDT", FX_BAD_PARAMETER},
        {"kline.7m.BTCUSDT", FX_BAD_PARAMETER},
        {"kline_BTCUSDT", FX_BAD_PARAMETER},
        {"kline_1m", FX_BAD_PARAMETER},
        {"kline__1m", FX_UNKNOWN_SYMBOL},
        {"kline.1m.", FX_UNKNOWN_SYMBOL},
        {"user_7", FX_FORBIDDEN},
        {"Trades.BTCUSDT", FX_BAD_PARAMETER},
    };
    for (size_t index = 0; index < sizeof BAD / sizeof BAD[0]; index++) {
        struct fx_push_topic topic = {0};
        const fx_status status = parse(BAD[index].name, &topic);
        if (status != BAD[index].status) {
            fail_msg("%s: %s", BAD[index].name, fx_status_name(status));
        }
        assert_int_equal(topic.kind, 0); /* untouched */
    }
}

static void push_topic_options_are_for_books_only(void **state)
{
    (void)state;
    struct fx_push_topic topic = {0};
    assert_int_equal(parse("trades.BTCUSDT", &topic), FX_OK);
    assert_int_equal(fx_push_topic_set_depth(&topic, 5), FX_BAD_PARAMETER);
    assert_int_equal(fx_push_topic_set_step(&market, &topic, FX_STR("10")), FX_BAD_PARAMETER);
    assert_int_equal(parse("orderbook_BTCUSDT", &topic), FX_OK);
    assert_int_equal(fx_push_topic_set_depth(&topic, 0), FX_BAD_PARAMETER);
    assert_int_equal(fx_push_topic_set_depth(&topic, 5), FX_OK);
    assert_int_equal(fx_push_topic_set_step(&market, &topic, FX_STR("10")), FX_OK);
    assert_int_equal(topic.depth, 5);
    assert_int_equal(topic.step_ticks, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(push_topic_good_names_are_read_and_written),
        cmocka_unit_test(push_topic_bad_names_are_refused),
        cmocka_unit_test(push_topic_options_are_for_books_only),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
