/* Charts: whatever is asked, the answer is a plain walk over the trades, wherever the bars lie. */
#include "api_harness.h"
#include "base/rng.h"
#include "market/candles.h"
#include "store/store_candle.h"
#include "wire/wire_candle.h"

#define MINUTE_US (60LL * 1000 * 1000)
#define START_US  1690000000000000LL

enum { TRADES = 5000, CHECKS = 150, LIMIT_MAX = 1500, LENGTHS = 5, ROWS_MAX = 3000 };

/* Stored bars that one of an interval is added up from, at most; in the order of the intervals. */
static const uint32_t ROWS_OF_A_BAR[FX_INTERVAL_COUNT] = {
    1, 3, 1, 3, 1, 2, 1, 2, 3, 4, 6, 1, 3, 7, 31};

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): made anew for each test
static struct api_harness world;
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): made anew for each test
static struct fx_event trades[TRADES];

static int setup(void **state)
{
    (void)state;
    api_harness_init(&world);
    memset(trades, 0, sizeof trades);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    api_harness_deinit(&world);
    return 0;
}

static const struct fx_instrument *bitcoin(void)
{
    return &fx_market_at(&world.market, 0)->definition;
}

static struct fx_event trade_at(int64_t time_us, int64_t ticks, int64_t lots)
{
    struct fx_event event;
    memset(&event, 0, sizeof event);
    event.kind = FX_EVENT_TRADE;
    event.sequence = 1000;
    event.time_us = time_us;
    event.u.trade.price_ticks = ticks;
    event.u.trade.lots = lots;
    event.u.trade.value = ticks * lots * (fx_dec_one() / 10000);
    return event;
}

/* The bar [start, end) of the first `count` trades. false: before the first. */
static bool model_bar(uint32_t count, int64_t start_us, int64_t end_us, struct fx_rows_candle *bar)
{
    fx_i128 before = 0;
    bool has_before = false;
    memset(bar, 0, sizeof *bar);
    bar->start_us = start_us;
    bar->price = FX_ROWS_CANDLE_PRICE_LAST;
    for (uint32_t index = 0; index < count; index++) {
        const struct fx_event_trade *trade = &trades[index].u.trade;
        const fx_i128 price = trade->price_ticks * (fx_dec_one() / 10);
        const fx_i128 quantity = trade->lots * (fx_dec_one() / 1000);
        if (trades[index].time_us >= end_us) {
            break;
        }
        if (trades[index].time_us < start_us) {
            before = price;
            has_before = true;
            continue;
        }
        bar->open = bar->count == 0 ? price : bar->open;
        bar->high = bar->count == 0 || price > bar->high ? price : bar->high;
        bar->low = bar->count == 0 || price < bar->low ? price : bar->low;
        bar->close = price;
        bar->count++;
        bar->volume += quantity;
        bar->value += trade->value;
        bar->taker_buy_volume += trade->buyer_is_taker != 0 ? quantity : 0;
        bar->taker_buy_value += trade->buyer_is_taker != 0 ? trade->value : 0;
    }
    if (bar->count == 0) {
        bar->open = bar->high = bar->low = bar->close = before;
    }
    return bar->count > 0 || has_before;
}

/* Fold the trades, and put every bar into the table as a saver would. */
static void tell(uint32_t count)
{
    static const uint32_t MINUTES[LENGTHS] = {1, 5, 30, 120, 1440};
    for (uint32_t index = 0; index < count; index++) {
        fx_market_apply(&world.market, &trades[index]);
    }
    assert_int_equal(fx_store_begin(world.store), FX_OK);
    for (uint32_t length = 0; length < LENGTHS; length++) {
        const int64_t length_us = MINUTES[length] * MINUTE_US;
        int64_t last_us = -1;
        for (uint32_t index = 0; index < count; index++) {
            const int64_t start_us = trades[index].time_us / length_us * length_us;
            struct fx_rows_candle bar;
            uint32_t end = index;
            if (start_us == last_us) {
                continue;
            }
            last_us = start_us;
            while (end < count && trades[end].time_us < start_us + length_us) {
                end++;
            }
            assert_true(model_bar(end, start_us, start_us + length_us, &bar));
            bar.minutes = MINUTES[length];
            bar.symbol = bitcoin()->symbol;
            bar.operation_id = 1;
            assert_int_equal(fx_store_candle_save(world.store, &bar, 1), FX_OK);
        }
    }
    assert_int_equal(fx_store_commit(world.store), FX_OK);
}

/* Five months: quiet times, then some dense days, so that all bars are in no memory. */
static void make_trades(void)
{
    struct fx_rng rng;
    int64_t time_us = START_US;
    fx_rng_init(&rng, 17);
    for (uint32_t index = 0; index < TRADES; index++) {
        const uint64_t pause = index < TRADES / 4 ? 300 : 3;
        time_us += (int64_t)fx_rng_below(&rng, pause * 60000) * 1000;
        const int64_t ticks = fx_rng_between(&rng, 900, 1100);
        trades[index] = trade_at(time_us, ticks, fx_rng_between(&rng, 1, 5000));
        trades[index].u.trade.buyer_is_taker = (uint8_t)fx_rng_below(&rng, 2);
    }
    world.wall_us = time_us + 7 * MINUTE_US;
}

/* A question and what the words of docs/protocol/rest.md make of it. */
struct question {
    enum fx_interval interval;
    int64_t start_ms; /* < 0: not given */
    int64_t end_ms;
    uint32_t limit;
};

static int64_t bar_end_us(enum fx_interval interval, int64_t start_us)
{
    return fx_interval_next(interval, start_us / MINUTE_US) * MINUTE_US;
}

static void append_expected(struct fx_buf *buf, const struct question *question)
{
    static int64_t starts[200000];
    const enum fx_interval interval = question->interval;
    uint32_t count = 0;
    for (int64_t us = fx_interval_start(interval, START_US / MINUTE_US) * MINUTE_US;
         us <= world.wall_us;
         us = bar_end_us(interval, us)) {
        if ((question->start_ms >= 0 && us < question->start_ms * 1000) ||
            (question->end_ms >= 0 && us > question->end_ms * 1000) ||
            bar_end_us(interval, us) <= trades[0].time_us) {
            continue;
        }
        assert_true(count < sizeof starts / sizeof starts[0]);
        starts[count++] = us;
    }
    const uint32_t shown = count < question->limit ? count : question->limit;
    const uint32_t first = question->start_ms >= 0 ? 0 : count - shown;
    fx_buf_append(buf, FX_STR("{\"symbol\":\"BTCUSDT\",\"interval\":\""));
    fx_buf_append(buf, fx_str_of(fx_interval_name(interval)));
    fx_buf_append(buf, FX_STR("\",\"priceType\":\"LAST\",\"data\":["));
    for (uint32_t index = first; index < first + shown; index++) {
        struct fx_rows_candle bar;
        const int64_t end_us = bar_end_us(interval, starts[index]);
        assert_true(model_bar(TRADES, starts[index], end_us, &bar));
        fx_wire_candle_array(buf, &bar, end_us);
    }
    fx_buf_append(buf, FX_STR("]}"));
}

static void kline_list_any_question_equals_model(void **state)
{
    (void)state;
    struct fx_rng rng;
    struct fx_buf expected;
    fx_rng_init(&rng, 18);
    fx_buf_init(&expected, 1 << 20);
    make_trades();
    tell(TRADES);
    const int64_t span_ms = (world.wall_us - START_US) / 1000;
    for (int check = 0; check < CHECKS; check++) {
        struct question question = {
            .interval = (enum fx_interval)(1 + fx_rng_below(&rng, FX_INTERVAL_COUNT)),
            .start_ms = -1,
            .end_ms = -1,
            .limit = (uint32_t)(1 + fx_rng_below(&rng, check % 10 == 0 ? LIMIT_MAX : 40))};
        char target[256];
        int size = snprintf(target,
                            sizeof target,
                            "/klines?symbol=BTCUSDT&interval=%s&limit=%u",
                            fx_interval_name(question.interval),
                            question.limit);
        if (fx_rng_below(&rng, 2) == 0) {
            question.start_ms = START_US / 1000 + fx_rng_between(&rng, -100000000, span_ms + 90000);
            size += snprintf(target + size,
                             sizeof target - (size_t)size,
                             "&startTime=%lld",
                             (long long)question.start_ms);
        }
        if (fx_rng_below(&rng, 2) == 0) {
            question.end_ms = START_US / 1000 + fx_rng_between(&rng, -100000000, span_ms + 90000);
            (void)snprintf(target + size,
                           sizeof target - (size_t)size,
                           "&endTime=%lld",
                           (long long)question.end_ms);
        }
        fx_buf_clear(&expected);
        const uint32_t most = ROWS_MAX / ROWS_OF_A_BAR[question.interval - 1];
        question.limit = question.limit < most ? question.limit : most;
        append_expected(&expected, &question);
        assert_int_equal(api_harness_ask(&world, "GET", target, NULL, NULL), 200);
        if (!fx_str_is_equal(fx_str_of(world.body), fx_buf_str(&expected))) {
            print_error("%s\n%.*s\n%s\n", target, (int)expected.size, expected.data, world.body);
            fail();
        }
    }
    fx_buf_deinit(&expected);
}

/* However long the history is, an answer is added up from a bounded number of rows. */
static void kline_answer_reads_no_more_than_3000_rows(void **state)
{
    (void)state;
    char target[128];
    trades[0] = trade_at(START_US - 50LL * 365 * 1440 * MINUTE_US, 1000, 2000);
    fx_market_apply(&world.market, &trades[0]);
    for (uint32_t interval = 1; interval <= FX_INTERVAL_COUNT; interval++) {
        const uint32_t most = ROWS_MAX / ROWS_OF_A_BAR[interval - 1];
        (void)snprintf(target,
                       sizeof target,
                       "/klines?symbol=BTCUSDT&limit=1500&interval=%s",
                       fx_interval_name((enum fx_interval)interval));
        API_EXPECT(&world, "GET", target, 0, NULL, 200, NULL);
        uint32_t bars = 0;
        for (const char *at = strchr(world.body, '[') + 1; (at = strchr(at, '[')) != NULL; at++) {
            bars++;
        }
        assert_int_equal(bars, most < LIMIT_MAX ? most : LIMIT_MAX);
    }
}

/* Two trades, two minutes apart, and now is a minute later: four bars, two of them empty. */
static void kline_list_repeats_the_close_where_nothing_happened(void **state)
{
    (void)state;
    trades[0] = trade_at(world.wall_us, 1000, 2000);
    trades[1] = trade_at(world.wall_us + 2 * MINUTE_US, 1010, 500);
    trades[1].u.trade.buyer_is_taker = 1;
    fx_market_apply(&world.market, &trades[0]);
    fx_market_apply(&world.market, &trades[1]);
    world.wall_us += 3 * MINUTE_US;
    API_EXPECT(&world,
               "GET",
               "/klines?symbol=BTCUSDT&interval=1m",
               0,
               NULL,
               200,
               "{\"symbol\":\"BTCUSDT\",\"interval\":\"1m\",\"priceType\":\"LAST\",\"data\":["
               "[1699999980000,\"100\",\"100\",\"100\",\"100\",\"2\",1700000039999,\"200\",1,"
               "\"0\",\"0\"],"
               "[1700000040000,\"100\",\"100\",\"100\",\"100\",\"0\",1700000099999,\"0\",0,"
               "\"0\",\"0\"],"
               "[1700000100000,\"101\",\"101\",\"101\",\"101\",\"0.5\",1700000159999,\"50.5\",1,"
               "\"0.5\",\"50.5\"],"
               "[1700000160000,\"101\",\"101\",\"101\",\"101\",\"0\",1700000219999,\"0\",0,"
               "\"0\",\"0\"]]}");
    API_EXPECT(&world,
               "GET",
               "/candle/BTCUSDT/candles?resolution=1&from=1700000000&to=1700000100",
               0,
               NULL,
               200,
               "{\"data\":[{\"time\":1700000040000,\"open\":\"100\",\"high\":\"100\","
               "\"low\":\"100\",\"close\":\"100\",\"volume\":\"0\"},"
               "{\"time\":1700000100000,\"open\":\"101\",\"high\":\"101\",\"low\":\"101\","
               "\"close\":\"101\",\"volume\":\"0.5\"}]}");
    API_EXPECT(&world,
               "GET",
               "/candle/BTCUSDT/candles?resolution=D&from=0&to=1700000100",
               0,
               NULL,
               200,
               "{\"data\":[{\"time\":1699920000000,\"open\":\"100\",\"high\":\"101\","
               "\"low\":\"100\",\"close\":\"101\",\"volume\":\"2.5\"}]}");
}

static void kline_list_of_mark_index_and_premium(void **state)
{
    (void)state;
    struct fx_event mark;
    memset(&mark, 0, sizeof mark);
    mark.kind = FX_EVENT_MARK;
    mark.sequence = 1000;
    mark.time_us = world.wall_us;
    mark.u.mark.mark_ticks = 1010;
    mark.u.mark.index_ticks = 1000;
    fx_market_apply(&world.market, &mark);
    API_EXPECT(&world,
               "GET",
               "/klines?symbol=BTCUSDT&interval=1h&priceType=MARK",
               0,
               NULL,
               200,
               "{\"symbol\":\"BTCUSDT\",\"interval\":\"1h\",\"priceType\":\"MARK\",\"data\":["
               "[1699999200000,\"101\",\"101\",\"101\",\"101\",\"0\",1700002799999,\"0\",1,"
               "\"0\",\"0\"]]}");
    API_EXPECT(&world,
               "GET",
               "/klines?symbol=BTCUSDT&interval=1h&priceType=PREMIUM",
               0,
               NULL,
               200,
               "{\"symbol\":\"BTCUSDT\",\"interval\":\"1h\",\"priceType\":\"PREMIUM\",\"data\":["
               "[1699999200000,\"0.01\",\"0.01\",\"0.01\",\"0.01\",\"0\",1700002799999,\"0\",1,"
               "\"0\",\"0\"]]}");
    API_EXPECT(&world,
               "GET",
               "/klines?symbol=BTCUSDT&interval=1h",
               0,
               NULL,
               200,
               "{\"symbol\":\"BTCUSDT\",\"interval\":\"1h\",\"priceType\":\"LAST\",\"data\":[]}");
}

/* A stored bar that is no multiple of the tick: an error, not half of an answer. */
static void kline_damaged_bar_is_an_error(void **state)
{
    (void)state;
    struct fx_rows_candle bar;
    uint32_t count = 0;
    const struct fx_store_candle_query query = {.symbol = FX_STR("BTCUSDT"),
                                                .price = FX_ROWS_CANDLE_PRICE_LAST,
                                                .minutes = 1440,
                                                .limit = 1};
    make_trades();
    tell(TRADES);
    assert_int_equal(fx_store_candle_list(world.store, &query, &bar, &count), FX_OK);
    bar.close++;
    bar.operation_id++;
    assert_int_equal(fx_store_candle_save(world.store, &bar, 1), FX_OK);
    API_EXPECT_ERROR(
        &world, "GET", "/klines?symbol=BTCUSDT&interval=1d&startTime=0", 0, NULL, 500, "CORRUPT");
    API_EXPECT_ERROR(&world,
                     "GET",
                     "/candle/BTCUSDT/candles?resolution=1M&from=0&to=1800000000",
                     0,
                     NULL,
                     500,
                     "CORRUPT");
    API_EXPECT(&world, "GET", "/klines?symbol=BTCUSDT&interval=1d&limit=2", 0, NULL, 200, NULL);
}

static void kline_wrong_questions_name_their_field(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        const char *code;
        const char *field;
    } CASES[] = {
        {"/klines", "BAD_PARAMETER", "symbol"},
        {"/klines?symbol=NOPE&interval=1m", "UNKNOWN_SYMBOL", "symbol"},
        {"/klines?symbol=BTCUSDT", "BAD_PARAMETER", "interval"},
        {"/klines?symbol=BTCUSDT&interval=", "BAD_PARAMETER", "interval"},
        {"/klines?symbol=BTCUSDT&interval=1H", "BAD_PARAMETER", "interval"},
        {"/klines?symbol=BTCUSDT&interval=60", "BAD_PARAMETER", "interval"},
        {"/klines?symbol=BTCUSDT&interval=1m&limit=0", "BAD_PARAMETER", "limit"},
        {"/klines?symbol=BTCUSDT&interval=1m&limit=1501", "BAD_PARAMETER", "limit"},
        {"/klines?symbol=BTCUSDT&interval=1m&startTime=-1", "BAD_PARAMETER", "startTime"},
        {"/klines?symbol=BTCUSDT&interval=1m&endTime=253402300800000", "BAD_PARAMETER", "endTime"},
        {"/klines?symbol=BTCUSDT&interval=1m&priceType=last", "BAD_PARAMETER", "priceType"},
        {"/candle/NOPE/candles?resolution=1&from=1&to=2", "UNKNOWN_SYMBOL", "symbol"},
        {"/candle/BTCUSDT/candles?from=1&to=2", "BAD_PARAMETER", "resolution"},
        {"/candle/BTCUSDT/candles?resolution=1m&from=1&to=2", "BAD_PARAMETER", "resolution"},
        {"/candle/BTCUSDT/candles?resolution=1&to=2", "BAD_PARAMETER", "from"},
        {"/candle/BTCUSDT/candles?resolution=1&from=1", "BAD_PARAMETER", "to"},
        {"/candle/BTCUSDT/candles?resolution=1&from=1&to=253402300800", "BAD_PARAMETER", "to"},
    };
    for (size_t index = 0; index < sizeof CASES / sizeof CASES[0]; index++) {
        char field[32];
        API_EXPECT_ERROR(&world, "GET", CASES[index].target, 0, NULL, 400, CASES[index].code);
        api_harness_member(&world, "field", field, sizeof field);
        assert_string_equal(field, CASES[index].field);
    }
    API_EXPECT_ERROR(
        &world, "GET", "/candle//candles?resolution=1", 0, NULL, 404, "ROUTE_NOT_FOUND");
    API_EXPECT_ERROR(&world, "GET", "/candle/BTCUSDT", 0, NULL, 404, "ROUTE_NOT_FOUND");
    API_EXPECT_ERROR(&world, "GET", "/candle/candles", 0, NULL, 404, "ROUTE_NOT_FOUND");
    API_EXPECT_ERROR(&world, "GET", "/candle/a/b/candles", 0, NULL, 404, "ROUTE_NOT_FOUND");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(kline_list_any_question_equals_model),
        TEST(kline_answer_reads_no_more_than_3000_rows),
        TEST(kline_list_repeats_the_close_where_nothing_happened),
        TEST(kline_list_of_mark_index_and_premium),
        TEST(kline_damaged_bar_is_an_error),
        TEST(kline_wrong_questions_name_their_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
