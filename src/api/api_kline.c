/* Charts. The newest bars are in memory, older ones in the database, which holds five lengths of
 * bars; an interval is added up from one of them. The two meet where the memory begins: a bar that
 * has left it does not change any more, and was saved long ago. */
#include "api/api_int.h"
#include "api/api_param_int.h"
#include "api/api_reply_int.h"
#include "market/kline.h"
#include "store/store_candle.h"
#include "wire/wire_candle.h"

enum {
    LIMIT_DEFAULT = 500,
    LIMIT_MAX = 1500,
    ROWS_MAX = 3000, /* stored bars that one answer is added up from, on the loop */
    MS_PER_S = 1000,
    MS_PER_MINUTE = 60000
};

static const int64_t MINUTE_US = 60LL * 1000 * 1000;
static const uint64_t TIME_MS_MAX = 253402300799999ULL;

/** What was asked, and where the answer goes. */
struct chart {
    const struct fx_market_symbol *symbol;
    enum fx_rows_candle_price price;
    enum fx_interval interval;
    bool has_start;
    bool has_end;
    bool is_newest; /* where the limit cuts, the newest bars stay, also with a start */
    uint64_t start_ms;
    uint64_t end_ms;
    uint64_t limit;
    bool is_point; /* objects for chart libraries */
    struct fx_buf *buf;
};

/* ---- question ---------------------------------------------------------------------------------
 */

static uint32_t price_of(fx_str name)
{
    return fx_rows_candle_price_of(name);
}

static uint32_t interval_of(fx_str name)
{
    return fx_interval_of(name);
}

static uint32_t resolution_of(fx_str name)
{
    return fx_interval_of_resolution(name);
}

static fx_status read_time(struct fx_api_call *call, fx_str name, bool *is_given, uint64_t *ms)
{
    fx_str text = {0};
    const fx_status status = fx_api_param_find(call, name, &text);
    *is_given = status == FX_OK;
    if (status == FX_NOT_FOUND) {
        return FX_OK;
    }
    if (status != FX_OK || !fx_str_parse_u64(text, ms) || *ms > TIME_MS_MAX) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, name);
    }
    return FX_OK;
}

/* A word that must be there. */
static fx_status read_interval(struct fx_api_call *call,
                               fx_str name,
                               fx_api_word_fn number_of,
                               struct chart *chart)
{
    uint32_t number = 0;
    const fx_status status = fx_api_param_word(call, name, number_of, &number);
    chart->interval = (enum fx_interval)number;
    return status == FX_OK && number == 0 ? fx_api_param_fail(call, FX_BAD_PARAMETER, name)
                                          : status;
}

static fx_status read_price(struct fx_api_call *call, struct chart *chart)
{
    uint32_t number = 0;
    const fx_status status = fx_api_param_word(call, FX_STR("priceType"), price_of, &number);
    chart->price = number == 0 ? FX_ROWS_CANDLE_PRICE_LAST : (enum fx_rows_candle_price)number;
    return status;
}

static fx_status read_limit(struct fx_api_call *call, struct chart *chart)
{
    chart->limit = LIMIT_DEFAULT;
    const fx_status status = fx_api_param_u64(call, FX_STR("limit"), &chart->limit);
    if (status != FX_OK || chart->limit == 0 || chart->limit > LIMIT_MAX) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("limit"));
    }
    return FX_OK;
}

/* ---- range ------------------------------------------------------------------------------------
 */

static int64_t earlier(int64_t left, int64_t right)
{
    return left < right ? left : right;
}

static int64_t later(int64_t left, int64_t right)
{
    return left > right ? left : right;
}

/* The bar that now is in, by the wall or by the events, whichever is ahead. */
static int64_t live_start(const struct fx_api *api, enum fx_interval interval)
{
    const int64_t now_us =
        later(api->options.wall_us(api->options.clock_self), api->options.market->time_us);
    return fx_interval_start(interval, now_us / MINUTE_US);
}

/* The first bar that does not begin before a time. */
static int64_t start_from(enum fx_interval interval, uint64_t time_ms)
{
    const int64_t start = fx_interval_start(interval, (int64_t)(time_ms / MS_PER_MINUTE));
    return start * MS_PER_MINUTE < (int64_t)time_ms ? fx_interval_next(interval, start) : start;
}

/* How many bars an answer has at most: those of 12 hours are added up from 6 rows each, a month
 * from up to 31. */
static uint64_t bars_max(const struct chart *chart)
{
    const int64_t january = 0; /* 1970: the longest month */
    const int64_t start = fx_interval_start(chart->interval, january);
    const int64_t minutes = fx_interval_next(chart->interval, start) - start;
    const int64_t rows = minutes / fx_interval_base_minutes(fx_interval_base(chart->interval));
    const uint64_t most = (uint64_t)(ROWS_MAX / (rows > 0 ? rows : 1));
    return chart->limit < most ? chart->limit : most;
}

/* @return false where there is no bar to show. */
static bool choose(const struct fx_api *api,
                   const struct chart *chart,
                   struct fx_kline_range *range)
{
    const int64_t first = chart->symbol->candles.first[chart->price - 1];
    const enum fx_interval interval = chart->interval;
    if (first == INT64_MAX) {
        return false;
    }
    range->interval = interval;
    range->start = fx_interval_start(interval, first);
    range->last = live_start(api, interval);
    if (chart->has_start) {
        range->start = later(range->start, start_from(interval, chart->start_ms));
    }
    if (chart->has_end) {
        range->last = earlier(
            range->last, fx_interval_start(interval, (int64_t)(chart->end_ms / MS_PER_MINUTE)));
    }
    int64_t bound = chart->has_start && !chart->is_newest ? range->start : range->last;
    const bool is_forward = chart->has_start && !chart->is_newest;
    const uint64_t limit = bars_max(chart);
    for (uint64_t bars = 1; bars < limit; bars++) {
        bound =
            is_forward ? fx_interval_next(interval, bound) : fx_interval_start(interval, bound - 1);
    }
    if (is_forward) {
        range->last = earlier(range->last, bound);
    } else {
        range->start = later(range->start, bound);
    }
    return range->start <= range->last;
}

/* ---- bars -------------------------------------------------------------------------------------
 */

static void append_bar(void *self, const struct fx_candle *bar)
{
    const struct chart *chart = self;
    struct fx_rows_candle row;
    fx_candle_to_row(bar, &chart->symbol->definition, chart->price, &row);
    if (chart->is_point) {
        fx_json_append_comma(chart->buf);
        fx_wire_candle_point(chart->buf, &row);
    } else {
        fx_wire_candle_array(
            chart->buf, &row, fx_interval_next(chart->interval, bar->start) * MINUTE_US);
    }
}

static struct fx_store_candle_query query_of(const struct chart *chart)
{
    return (struct fx_store_candle_query){
        .symbol = fx_ids_symbol_str(&chart->symbol->definition.symbol),
        .price = chart->price,
        .minutes = fx_interval_base_minutes(fx_interval_base(chart->interval)),
        .limit = FX_API_LIST_MAX};
}

static fx_status add_rows(const struct chart *chart,
                          const struct fx_rows_candle rows[],
                          uint32_t count,
                          struct fx_kline *kline)
{
    fx_status status = FX_OK;
    for (uint32_t index = 0; index < count && status == FX_OK; index++) {
        struct fx_candle bar;
        status = fx_candle_of_row(&rows[index], &chart->symbol->definition, &bar);
        if (status == FX_OK) {
            fx_kline_add(kline, &bar);
        }
    }
    return status;
}

/* The stored bars of [start, end), and the one before them for its close. */
static fx_status add_stored(const struct fx_api *api,
                            const struct chart *chart,
                            int64_t end,
                            struct fx_kline *kline)
{
    struct fx_rows_candle *rows = api->rows;
    struct fx_store_candle_query query = query_of(chart);
    uint32_t count = 0;
    query.is_newest_first = true;
    query.limit = 1;
    query.span.end_us = kline->range.start * MINUTE_US - 1;
    fx_status status = fx_store_candle_list(api->options.reports, &query, rows, &count);
    query.is_newest_first = false;
    query.limit = FX_API_LIST_MAX;
    query.span = (struct fx_store_span){kline->range.start * MINUTE_US, end * MINUTE_US - 1};
    while (status == FX_OK) {
        status = add_rows(chart, rows, count, kline);
        if (status != FX_OK || query.span.start_us > query.span.end_us) {
            break;
        }
        status = fx_store_candle_list(api->options.reports, &query, rows, &count);
        if (status == FX_OK && count < query.limit) {
            return add_rows(chart, rows, count, kline);
        }
        query.span.start_us = status == FX_OK ? rows[count - 1].start_us + 1 : 0;
    }
    return status;
}

/* Everything of the range, in order. */
static fx_status add_bars(const struct fx_api *api, struct chart *chart, struct fx_kline *kline)
{
    const struct fx_candles *candles = &chart->symbol->candles;
    const struct fx_candles_ring *ring = fx_candles_ring(candles, chart->price, chart->interval);
    const int64_t oldest = fx_candles_ring_at(ring, 0)->start; /* there is one: see choose() */
    const int64_t end = fx_interval_next(chart->interval, kline->range.last);
    uint32_t index = fx_candles_ring_find(ring, kline->range.start);
    if (index > 0) {
        index--; /* the close before the range */
    } else if (candles->first[chart->price - 1] < oldest) {
        const fx_status status = add_stored(api, chart, earlier(oldest, end), kline);
        if (status != FX_OK) {
            return status;
        }
    }
    const struct fx_candle *bar = NULL;
    for (; (bar = fx_candles_ring_at(ring, index)) != NULL && bar->start < end; index++) {
        fx_kline_add(kline, bar);
    }
    fx_kline_finish(kline);
    return FX_OK;
}

static fx_status append_bars(const struct fx_api *api, struct chart *chart)
{
    struct fx_kline_range range;
    struct fx_kline kline;
    if (!choose(api, chart, &range)) {
        return FX_OK;
    }
    fx_kline_init(&kline, &range, append_bar, chart);
    return add_bars(api, chart, &kline);
}

/* ---- doors ------------------------------------------------------------------------------------
 */

static fx_status read_list(struct fx_api_call *call, struct chart *chart)
{
    fx_status status = fx_api_param_symbol(call, &chart->symbol);
    if (status == FX_OK && chart->symbol == NULL) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("symbol"));
    }
    if (status == FX_OK) {
        status = read_interval(call, FX_STR("interval"), interval_of, chart);
    }
    if (status == FX_OK) {
        status = read_price(call, chart);
    }
    if (status == FX_OK) {
        status = read_limit(call, chart);
    }
    if (status == FX_OK) {
        status = read_time(call, FX_STR("startTime"), &chart->has_start, &chart->start_ms);
    }
    if (status == FX_OK) {
        status = read_time(call, FX_STR("endTime"), &chart->has_end, &chart->end_ms);
    }
    return status;
}

fx_status fx_api_kline_list(struct fx_api_call *call)
{
    struct chart chart = {.limit = 0};
    fx_status status = read_list(call, &chart);
    if (status != FX_OK) {
        return status;
    }
    struct fx_buf *buf = fx_api_reply_begin(call->api);
    chart.buf = buf;
    fx_buf_append_byte(buf, '{');
    fx_json_add_str(buf, FX_STR("symbol"), fx_ids_symbol_str(&chart.symbol->definition.symbol));
    fx_json_add_str(buf, FX_STR("interval"), fx_str_of(fx_interval_name(chart.interval)));
    fx_json_add_str(buf, FX_STR("priceType"), fx_str_of(fx_rows_candle_price_name(chart.price)));
    fx_json_append_key(buf, FX_STR("data"));
    fx_buf_append_byte(buf, '[');
    status = append_bars(call->api, &chart);
    if (status == FX_OK) {
        fx_buf_append(buf, FX_STR("]}"));
        fx_api_reply_send(call->api, &call->target, 200);
    }
    return status;
}

/* Whole seconds that must be there. */
static fx_status read_seconds(struct fx_api_call *call, fx_str name, uint64_t *ms)
{
    bool is_given = false;
    const fx_status status = read_time(call, name, &is_given, ms);
    if (status != FX_OK || !is_given || *ms > TIME_MS_MAX / MS_PER_S) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, name);
    }
    *ms *= MS_PER_S;
    return FX_OK;
}

fx_status fx_api_kline_candles(struct fx_api_call *call)
{
    struct chart chart = {.has_start = true,
                          .has_end = true,
                          .is_newest = true,
                          .is_point = true,
                          .limit = LIMIT_MAX};
    fx_status status = fx_api_param_path_symbol(call, &chart.symbol);
    if (status == FX_OK) {
        status = read_interval(call, FX_STR("resolution"), resolution_of, &chart);
    }
    if (status == FX_OK) {
        status = read_price(call, &chart);
    }
    if (status == FX_OK) {
        status = read_seconds(call, FX_STR("from"), &chart.start_ms);
    }
    if (status == FX_OK) {
        status = read_seconds(call, FX_STR("to"), &chart.end_ms);
    }
    if (status != FX_OK) {
        return status;
    }
    chart.buf = fx_api_reply_begin_list(call->api);
    status = append_bars(call->api, &chart);
    if (status == FX_OK) {
        fx_api_reply_send_list(call->api, &call->target, 0);
    }
    return status;
}
