#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app/app_metrics_int.h"
#include "app/app_version.h"
#include "base/clock.h"

enum { LABELS_SIZE_MAX = 1024, STAT_SIZE_MAX = 1024, US_PER_SECOND = 1000000 };

static const fx_str NONE = {NULL, 0};

/* A label that stands alone; lives until the next one. */
static fx_str one(struct fx_buf *labels, const char *name, fx_str value)
{
    fx_buf_clear(labels);
    fx_metric_label(labels, name, value);
    return fx_buf_str(labels);
}

static void counter(struct fx_buf *body, const char *name, const char *help, uint64_t value)
{
    fx_metric_head(body, name, "counter", help);
    fx_metric_u64(body, name, NONE, value);
}

static void gauge(struct fx_buf *body, const char *name, const char *help, uint64_t value)
{
    fx_metric_head(body, name, "gauge", help);
    fx_metric_u64(body, name, NONE, value);
}

/* ---- requests ---- */

/* Append the labels method and route. */
static void label_route(struct fx_buf *labels, uint32_t index)
{
    static const char *const NAMES[FX_APP_METRICS_ROUTE_API] = {
        "none", "/socket.io/", "/ws/stream", "operator", "page", "unknown"};
    fx_str method = FX_STR("any");
    fx_str route = {0};
    if (index < FX_APP_METRICS_ROUTE_API) {
        route = fx_str_of(NAMES[index]);
    } else {
        (void)fx_api_label(index - FX_APP_METRICS_ROUTE_API, &method, &route);
    }
    fx_buf_clear(labels);
    fx_metric_label(labels, "route", route);
    fx_metric_label(labels, "method", method);
}

static void write_requests(const struct fx_app_metrics *metrics,
                           struct fx_buf *body,
                           struct fx_buf *labels)
{
    static const char TOTAL[] = "future_http_requests_total";
    static const char TIME[] = "future_http_request_duration_seconds";
    char code_text[8];
    fx_metric_head(body, TOTAL, "counter", "Answered requests.");
    for (uint32_t index = 0; index < FX_APP_METRICS_ROUTES_MAX; index++) {
        const struct fx_app_metrics_route_counts *route = metrics->routes[index];
        for (uint32_t code = 0; route != NULL && code < FX_APP_METRICS_CODES; code++) {
            if (route->codes[code] == 0) {
                continue;
            }
            (void)snprintf(code_text, sizeof code_text, "%u", code + FX_APP_METRICS_CODE_MIN);
            label_route(labels, index);
            fx_metric_label(labels, "code", fx_str_of(code_text));
            fx_metric_u64(body, TOTAL, fx_buf_str(labels), route->codes[code]);
        }
    }
    fx_metric_head(
        body, TIME, "histogram", "From the complete request to its answer, in the server.");
    for (uint32_t index = FX_APP_METRICS_ROUTE_NONE + 1; index < FX_APP_METRICS_ROUTES_MAX;
         index++) {
        if (metrics->routes[index] != NULL) {
            label_route(labels, index);
            fx_metric_histogram(body, TIME, fx_buf_str(labels), &metrics->routes[index]->times);
        }
    }
}

static void write_net(const struct fx_net_server_stats *net,
                      struct fx_buf *body,
                      struct fx_buf *labels)
{
    static const char CLOSED[] = "future_net_closed_total";
    static const char BYTES[] = "future_net_bytes_total";
    const struct {
        const char *reason;
        uint64_t count;
    } reasons[] = {{"address_cap", net->refused},
                   {"deadline", net->expired},
                   {"bad_request", net->bad_requests},
                   {"slow_reader", net->slow_readers},
                   {"too_many_messages", net->talkers}};
    gauge(body, "future_net_connections", "Open connections.", net->connections);
    counter(body, "future_net_accepted_total", "Connections taken.", net->accepted);
    counter(body,
            "future_net_accept_pauses_total",
            "Times that a full house made connections wait.",
            net->pauses);
    fx_metric_head(body, CLOSED, "counter", "Connections that the server closed, by reason.");
    for (size_t index = 0; index < sizeof reasons / sizeof reasons[0]; index++) {
        fx_metric_u64(body,
                      CLOSED,
                      one(labels, "reason", fx_str_of(reasons[index].reason)),
                      reasons[index].count);
    }
    fx_metric_head(body, BYTES, "counter", "Bytes read and written.");
    fx_metric_u64(body, BYTES, one(labels, "direction", FX_STR("in")), net->bytes_in);
    fx_metric_u64(body, BYTES, one(labels, "direction", FX_STR("out")), net->bytes_out);
}

static void write_api(const struct fx_api_stats *api, struct fx_buf *body)
{
    counter(body, "future_api_limited_total", "Requests refused with 429.", api->limited);
    counter(body, "future_api_bans_total", "Callers banned for a while.", api->bans);
    counter(body, "future_api_shed_total", "Orders refused while a queue was full.", api->shed);
    gauge(body, "future_api_pending", "Commands that wait for their answer.", api->pending);
    gauge(body, "future_load_percent", "How full the fullest queue is.", api->load_percent);
}

static void write_push(const struct fx_push_stats *push,
                       const struct fx_net_server_stats *net,
                       struct fx_buf *body,
                       struct fx_buf *labels)
{
    static const char SOCKETS[] = "future_ws_connections";
    static const char DROPPED[] = "future_ws_dropped_total";
    fx_metric_head(body, SOCKETS, "gauge", "Open sockets by protocol.");
    fx_metric_u64(body, SOCKETS, one(labels, "proto", FX_STR("socketio")), push->sessions);
    fx_metric_u64(body, SOCKETS, one(labels, "proto", FX_STR("json")), push->streams);
    static const char RESUMES[] = "future_ws_resumes_total";
    fx_metric_head(body, RESUMES, "counter", "Streams with private topics, by how they began.");
    fx_metric_u64(body, RESUMES, one(labels, "result", FX_STR("rest")), push->resumed);
    fx_metric_u64(body, RESUMES, one(labels, "result", FX_STR("state")), push->begun);
    gauge(body, "future_ws_inboxes", "Users whose private messages are kept.", push->inboxes);
    gauge(body, "future_ws_inbox_bytes", "Private messages that are kept.", push->inbox_bytes);
    static const char POLLING[] = "future_ws_polling_requests_total";
    fx_metric_head(body, POLLING, "counter", "Requests of polling sessions.");
    fx_metric_u64(body, POLLING, one(labels, "kind", FX_STR("poll")), push->polls);
    fx_metric_u64(body, POLLING, one(labels, "kind", FX_STR("post")), push->posts);
    fx_metric_u64(body, POLLING, one(labels, "kind", FX_STR("upgrade")), push->upgrades);
    counter(body, "future_ws_frames_total", "Frames queued to sockets.", push->frames);
    counter(body, "future_ws_encoded_total", "Events that were encoded.", push->encoded);
    fx_metric_head(body, DROPPED, "counter", "What sockets did not get, by reason.");
    fx_metric_u64(body, DROPPED, one(labels, "reason", FX_STR("conflated")), push->conflated);
    fx_metric_u64(
        body, DROPPED, one(labels, "reason", FX_STR("slow_consumer")), push->slow_consumer_closed);
    fx_metric_u64(body, DROPPED, one(labels, "reason", FX_STR("queue_full")), net->slow_readers);
    fx_metric_u64(body,
                  DROPPED,
                  one(labels, "reason", FX_STR("too_many_messages")),
                  net->talkers + push->talkers);
}

/* ---- trading ---- */

static fx_str symbol_text(const struct fx_market *market, uint32_t id)
{
    const struct fx_market_symbol *symbol = fx_market_at(market, id);
    return symbol == NULL ? (fx_str){0} : fx_ids_symbol_str(&symbol->definition.symbol);
}

/* The orders of one symbol and type, by side and state. */
static void write_orders(const uint64_t counts[3][FX_APP_METRICS_STATES],
                         fx_str symbol,
                         enum fx_order_type type,
                         struct fx_buf *body,
                         struct fx_buf *labels)
{
    for (uint32_t cell = 0; cell < 3 * FX_APP_METRICS_STATES; cell++) {
        const uint32_t side = cell / FX_APP_METRICS_STATES;
        const uint32_t state = cell % FX_APP_METRICS_STATES;
        if (counts[side][state] == 0) {
            continue;
        }
        fx_buf_clear(labels);
        fx_metric_label(labels, "symbol", symbol);
        fx_metric_label(labels, "type", fx_str_of(fx_order_type_name(type)));
        fx_metric_label(labels, "side", fx_str_of(fx_order_side_name((enum fx_side)side)));
        fx_metric_label(
            labels, "result", fx_str_of(fx_order_status_name((enum fx_order_status)state)));
        fx_metric_u64(body, "future_orders_total", fx_buf_str(labels), counts[side][state]);
    }
}

static void write_symbol_orders(const struct fx_app_metrics_symbol *counts,
                                fx_str symbol,
                                struct fx_buf *body,
                                struct fx_buf *labels)
{
    for (uint32_t type = 1; type < FX_APP_METRICS_TYPES; type++) {
        write_orders(counts->orders[type], symbol, (enum fx_order_type)type, body, labels);
    }
}

static void write_trading(const struct fx_app_metrics *metrics,
                          const struct fx_market *market,
                          struct fx_buf *body,
                          struct fx_buf *labels)
{
    static const char TRADES[] = "future_trades_total";
    static const char VALUE[] = "future_trade_volume_quote_total";
    static const char REJECTS[] = "future_order_reject_total";
    fx_metric_head(body,
                   "future_orders_total",
                   "counter",
                   "New orders by the state in which their command left them.");
    for (uint32_t id = 0; id < FX_INSTRUMENTS_MAX; id++) {
        if (metrics->symbols[id] != NULL) {
            write_symbol_orders(metrics->symbols[id], symbol_text(market, id), body, labels);
        }
    }
    fx_metric_head(body, REJECTS, "counter", "Orders that the engine refused, by code.");
    for (uint32_t reason = 1; reason < FX_APP_METRICS_REASONS; reason++) {
        if (metrics->rejects[reason] > 0) {
            const fx_str name = fx_str_of(fx_status_name((fx_status)reason));
            fx_metric_u64(body, REJECTS, one(labels, "reason", name), metrics->rejects[reason]);
        }
    }
    fx_metric_head(body, TRADES, "counter", "Trades.");
    for (uint32_t id = 0; id < FX_INSTRUMENTS_MAX; id++) {
        if (metrics->symbols[id] != NULL) {
            fx_metric_u64(body,
                          TRADES,
                          one(labels, "symbol", symbol_text(market, id)),
                          metrics->symbols[id]->trades);
        }
    }
    fx_metric_head(body, VALUE, "counter", "Value of the trades, in the settlement asset.");
    for (uint32_t id = 0; id < FX_INSTRUMENTS_MAX; id++) {
        if (metrics->symbols[id] != NULL) {
            fx_metric_dec(body,
                          VALUE,
                          one(labels, "symbol", symbol_text(market, id)),
                          metrics->symbols[id]->traded);
        }
    }
    counter(body, "future_liquidations_total", "Trades of liquidations.", metrics->liquidations);
    counter(body, "future_settlements_total", "Contracts that ended.", metrics->settlements);
    counter(body, "future_adl_total", "Trades of auto-deleveraging.", metrics->deleverages);
}

/* One side of a book: how many levels, or the best price. */
static void write_side(const struct fx_market_symbol *symbol,
                       enum fx_side side,
                       bool is_best,
                       struct fx_buf *body,
                       struct fx_buf *labels)
{
    const struct fx_depth_level *level = fx_depth_at(&symbol->depth, side, 0);
    fx_buf_clear(labels);
    fx_metric_label(labels, "symbol", fx_ids_symbol_str(&symbol->definition.symbol));
    fx_metric_label(labels, "side", side == FX_SIDE_BUY ? FX_STR("bid") : FX_STR("ask"));
    if (!is_best) {
        fx_metric_u64(
            body, "future_book_levels", fx_buf_str(labels), fx_depth_count(&symbol->depth, side));
    } else if (level != NULL) {
        fx_metric_dec(body,
                      "future_best_price",
                      fx_buf_str(labels),
                      fx_instrument_price(&symbol->definition, (fx_px){level->ticks}));
    }
}

static void write_sides(const struct fx_market *market,
                        bool is_best,
                        struct fx_buf *body,
                        struct fx_buf *labels)
{
    for (uint32_t id = 0; id < FX_INSTRUMENTS_MAX; id++) {
        const struct fx_market_symbol *symbol = fx_market_at(market, id);
        if (symbol != NULL) {
            write_side(symbol, FX_SIDE_BUY, is_best, body, labels);
            write_side(symbol, FX_SIDE_SELL, is_best, body, labels);
        }
    }
}

/* ---- marks, fundings, funds ---- */

/* A figure of a symbol. @return false where it has none. */
typedef bool (*symbol_figure_fn)(const struct fx_market_symbol *symbol,
                                 const struct fx_view *view,
                                 fx_i128 *value_out);

static bool mark_of(const struct fx_market_symbol *symbol,
                    const struct fx_view *view,
                    fx_i128 *value_out)
{
    (void)view;
    *value_out = fx_instrument_price(&symbol->definition, (fx_px){symbol->mark_ticks});
    return symbol->mark_ticks > 0;
}

static bool index_of(const struct fx_market_symbol *symbol,
                     const struct fx_view *view,
                     fx_i128 *value_out)
{
    (void)view;
    *value_out = fx_instrument_price(&symbol->definition, (fx_px){symbol->index_ticks});
    return symbol->index_ticks > 0;
}

static bool stale_of(const struct fx_market_symbol *symbol,
                     const struct fx_view *view,
                     fx_i128 *value_out)
{
    (void)view;
    *value_out = symbol->mark.is_stale != 0 ? fx_dec_one() : 0;
    return symbol->mark_us != 0;
}

static bool rate_of(const struct fx_market_symbol *symbol,
                    const struct fx_view *view,
                    fx_i128 *value_out)
{
    (void)view;
    *value_out = fx_rows_rate(symbol->funding.rate_ppb);
    return symbol->funding.instant_us != 0;
}

static bool predicted_of(const struct fx_market_symbol *symbol,
                         const struct fx_view *view,
                         fx_i128 *value_out)
{
    (void)view;
    *value_out = fx_rows_rate(symbol->mark.predicted_ppb);
    return symbol->mark.next_funding_us != 0;
}

static bool interest_of(const struct fx_market_symbol *symbol,
                        const struct fx_view *view,
                        fx_i128 *value_out)
{
    *value_out = fx_view_interest(view, symbol->definition.instrument_id).longs;
    return true;
}

static void write_symbols(const struct fx_market *market,
                          const struct fx_view *view,
                          struct fx_buf *body,
                          struct fx_buf *labels)
{
    static const struct {
        const char *name;
        const char *help;
        symbol_figure_fn figure;
    } FIGURES[] = {
        {"future_mark_price", "Mark price, absent where there is none yet.", mark_of},
        {"future_index_price", "Index price, absent where there is none yet.", index_of},
        {"future_mark_stale", "1: the mark is stale; nothing opens or is liquidated.", stale_of},
        {"future_funding_rate_ratio", "Rate of the last funding.", rate_of},
        {"future_funding_predicted_ratio", "Rate of the next funding, as it looks.", predicted_of},
        {"future_open_interest_base", "What all long positions add up to.", interest_of},
    };
    for (size_t at = 0; at < sizeof FIGURES / sizeof FIGURES[0]; at++) {
        fx_metric_head(body, FIGURES[at].name, "gauge", FIGURES[at].help);
        for (uint32_t id = 0; id < FX_INSTRUMENTS_MAX; id++) {
            const struct fx_market_symbol *symbol = fx_market_at(market, id);
            fx_i128 value = 0;
            if (symbol != NULL && FIGURES[at].figure(symbol, view, &value)) {
                fx_metric_dec(
                    body, FIGURES[at].name, one(labels, "symbol", symbol_text(market, id)), value);
            }
        }
    }
}

static void write_funds(const struct fx_market *market, struct fx_buf *body, struct fx_buf *labels)
{
    static const char FUND[] = "future_insurance_fund_balance";
    fx_metric_head(body, FUND, "gauge", "What the insurance fund of an asset has.");
    for (uint32_t index = 0; index < market->fund_count; index++) {
        const struct fx_market_fund *fund = &market->funds[index];
        fx_metric_dec(
            body, FUND, one(labels, "asset", fx_ids_asset_str(&fund->asset)), fund->balance);
    }
}

static void write_books(const struct fx_market *market, struct fx_buf *body, struct fx_buf *labels)
{
    fx_metric_head(body, "future_book_levels", "gauge", "Price levels of a side of the book.");
    write_sides(market, false, body, labels);
    fx_metric_head(body,
                   "future_best_price",
                   "gauge",
                   "Best price of a side, absent where the side is empty.");
    write_sides(market, true, body, labels);
}

/* ---- the machine inside ---- */

static void write_audit(const struct fx_app_metrics *metrics,
                        struct fx_buf *body,
                        struct fx_buf *labels)
{
    static const char *const NAMES[] = {"future_zero_sum_error", "future_fee_balance"};
    static const char *const HELPS[] = {
        "What an asset has too much or lacks at the last snapshot; must be 0.",
        "Fees taken, at the last snapshot."};
    for (uint32_t what = 0; metrics->has_audit && what < 2; what++) {
        fx_metric_head(body, NAMES[what], "gauge", HELPS[what]);
        for (uint32_t index = 0; index < metrics->audit.count; index++) {
            const fx_i128 values[] = {metrics->audit.assets[index].error,
                                      metrics->audit.assets[index].fees};
            const fx_str asset = fx_ids_asset_str(&metrics->audit.assets[index].asset);
            fx_metric_dec(body, NAMES[what], one(labels, "asset", asset), values[what]);
        }
    }
}

/* On a bus: how far behind the log, and whether somebody leads. */
static void write_log(const struct fx_worker_follow_stats *follow,
                      int64_t now_us,
                      struct fx_buf *body)
{
    static const char SILENT[] = "future_log_leader_silent_seconds";
    gauge(body, "future_log_lag_records", "Records behind the end of the log.", follow->lag);
    gauge(body, "future_log_leader_epoch", "Epoch of the leader.", follow->epoch);
    gauge(body,
          "future_log_published_commands",
          "Published here and not come back yet.",
          follow->pending_count);
    counter(body,
            "future_log_poison_total",
            "Records that were no commands, since the start.",
            follow->poison_count);
    if (follow->heard_us != 0) {
        fx_metric_head(body, SILENT, "gauge", "Since the leader was heard.");
        fx_metric_us(body, SILENT, NONE, now_us - follow->heard_us);
    }
}

static void write_cache(const struct fx_worker_cache_stats *cache, struct fx_buf *body)
{
    gauge(body,
          "future_cache_up",
          "1: the cache's server answers and takes writes.",
          cache->status == FX_OK ? 1 : 0);
    gauge(body, "future_cache_queue_commands", "Commands without an answer.", cache->queued);
    gauge(body, "future_cache_marked_values", "Values to be written later.", cache->marked);
    fx_metric_head(body, "future_cache_behind_seconds", "gauge", "Since the cache had everything.");
    fx_metric_us(body, "future_cache_behind_seconds", NONE, cache->behind_us);
    counter(body, "future_cache_written_total", "Values written.", cache->written);
    counter(body, "future_cache_refused_total", "Refusals of the server.", cache->refused);
    counter(body, "future_cache_shed_total", "Values that were left to later.", cache->shed);
    counter(body, "future_cache_resyncs_total", "Times all was written anew.", cache->resyncs);
}

static void write_engine(const struct fx_app_metrics *metrics,
                         const struct fx_app_metrics_now *now,
                         struct fx_buf *body,
                         struct fx_buf *labels)
{
    struct fx_app_exchange_figures figures;
    static const char SPACE[] = "future_journal_space_state";
    fx_app_exchange_figures(now->exchange, &figures);
    const struct fx_worker_engine_stats *engine = &figures.engine;
    const struct fx_worker_engine_figures *inner = &figures.inner;
    const struct fx_bus_journal_stats *journal = &inner->journal;
    const uint64_t behind =
        engine->durable > figures.saved_sequence ? engine->durable - figures.saved_sequence : 0;
    const int64_t snapshot_us =
        inner->snapshot.written_us > 0 ? inner->snapshot.written_us : now->started_us;
    counter(body, "future_commands_total", "Commands that were answered.", metrics->commands);
    gauge(body, "future_engine_sequence", "Last durable command.", engine->durable);
    gauge(body, "future_intake_commands", "Commands that wait.", engine->intake_count);
    if (figures.is_follower) {
        write_log(&figures.follow, now->now_us, body);
    }
    counter(body, "future_journal_bytes_total", "Bytes of frames written.", journal->byte_count);
    counter(body, "future_journal_records_total", "Records written.", journal->record_count);
    counter(body, "future_journal_frames_total", "Frames written.", journal->frame_count);
    fx_metric_head(body, "future_journal_fsync_seconds", "histogram", "How long syncs took.");
    fx_metric_histogram(body, "future_journal_fsync_seconds", NONE, inner->sync_times);
    fx_metric_head(body,
                   "future_match_latency_seconds",
                   "histogram",
                   "How long the engine took for a command; one in 16 is measured.");
    fx_metric_histogram(body, "future_match_latency_seconds", NONE, inner->match_times);
    fx_metric_head(
        body, "future_db_write_seconds", "histogram", "How long transactions of the saver took.");
    fx_metric_histogram(body, "future_db_write_seconds", NONE, figures.write_times);
    fx_metric_head(
        body, SPACE, "gauge", "1: the disk has room, 2: nothing opens, 3: cancels only, 4: full.");
    fx_metric_u64(body, SPACE, NONE, inner->space);
    fx_metric_head(
        body, "future_snapshot_age_seconds", "gauge", "Since the last snapshot or the start.");
    fx_metric_us(body, "future_snapshot_age_seconds", NONE, now->now_us - snapshot_us);
    counter(body,
            "future_snapshot_failures_total",
            "Snapshots that were not written.",
            inner->snapshot.failures);
    fx_metric_head(
        body, "future_worker_lag_messages", "gauge", "Commands that a worker is behind.");
    fx_metric_u64(
        body, "future_worker_lag_messages", one(labels, "worker", FX_STR("saver")), behind);
    gauge(body,
          "future_saver_spilled_events",
          "Events that wait in a file until the tables keep up.",
          figures.spilled_events);
    if (figures.has_cache) {
        write_cache(&figures.cache, body);
    }
}

static void write_build(const struct fx_app_metrics_now *now,
                        struct fx_buf *body,
                        struct fx_buf *labels)
{
    fx_buf_clear(labels);
    fx_metric_label(labels, "version", FX_STR(FX_APP_VERSION_TEXT));
    fx_metric_label(labels, "compiler", FX_STR(__VERSION__));
    fx_metric_label(labels, "durability", fx_str_of(now->durability));
    fx_metric_head(body, "future_build_info", "gauge", "Always 1.");
    fx_metric_u64(body, "future_build_info", fx_buf_str(labels), 1);
}

/* ---- the process ---- */

/* Fields of /proc/self/stat, counted from 1 as in proc(5). @return false where there is none. */
static bool read_stat(uint64_t fields[], uint32_t count)
{
    char text[STAT_SIZE_MAX];
    FILE *file = fopen("/proc/self/stat", "re");
    if (file == NULL) {
        return false;
    }
    const size_t size = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    text[size] = '\0';
    const char *at = strrchr(text, ')'); /* the name may have blanks and brackets in it */
    uint32_t index = 2;
    while (at != NULL && index + 1 < count) {
        at = strchr(at, ' ');
        at = at == NULL ? NULL : at + 1;
        index++;
        uint64_t value = 0;
        for (const char *digit = at; digit != NULL && *digit >= '0' && *digit <= '9'; digit++) {
            value = value * 10 + (uint64_t)(*digit - '0');
        }
        fields[index] = value;
    }
    return at != NULL;
}

static uint64_t count_files(void)
{
    uint64_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL) {
        return 0;
    }
    while (readdir(folder) != NULL) { // NOLINT(concurrency-mt-unsafe): a stream of our own
        count++;
    }
    (void)closedir(folder);
    return count > 3 ? count - 3 : 0; /* ".", ".." and the folder itself */
}

static void write_process(const struct fx_app_metrics_now *now, struct fx_buf *body)
{
    enum { THREADS = 20, VIRTUAL = 23, RESIDENT = 24, FIELDS = 25 };
    uint64_t fields[FIELDS] = {0};
    struct rlimit limit = {0};
    struct rusage usage = {0};
    const uint64_t page_size = (uint64_t)sysconf(_SC_PAGESIZE);
    (void)getrusage(RUSAGE_SELF, &usage);
    const int64_t cpu_us =
        ((int64_t)usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * US_PER_SECOND +
        usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
    fx_metric_head(body, "process_cpu_seconds_total", "counter", "User and system time.");
    fx_metric_us(body, "process_cpu_seconds_total", NONE, cpu_us);
    fx_metric_head(body, "process_start_time_seconds", "gauge", "Since 1970.");
    fx_metric_us(body, "process_start_time_seconds", NONE, now->started_us);
    if (read_stat(fields, FIELDS)) {
        gauge(body, "process_threads", "Threads.", fields[THREADS]);
        gauge(body, "process_virtual_memory_bytes", "Virtual memory.", fields[VIRTUAL]);
        gauge(body,
              "process_resident_memory_bytes",
              "Resident memory.",
              fields[RESIDENT] * page_size);
    }
    gauge(body, "process_open_fds", "Open descriptors.", count_files());
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        gauge(body, "process_max_fds", "Descriptors at most.", limit.rlim_cur);
    }
}

void fx_app_metrics_write(const struct fx_app_metrics *metrics,
                          const struct fx_app_metrics_now *now,
                          struct fx_buf *body)
{
    struct fx_buf labels;
    struct fx_net_server_stats net;
    struct fx_push_stats push;
    struct fx_api_stats api;
    struct fx_app_gateway *gateway = fx_app_exchange_gateway(now->exchange);
    const struct fx_market *market = fx_app_gateway_market(gateway);
    fx_buf_init(&labels, LABELS_SIZE_MAX);
    fx_net_server_stats(fx_app_gateway_server(gateway), &net);
    fx_app_gateway_push_stats(gateway, &push);
    fx_app_gateway_api_stats(gateway, &api);
    write_requests(metrics, body, &labels);
    write_net(&net, body, &labels);
    write_api(&api, body);
    write_push(&push, &net, body, &labels);
    write_trading(metrics, market, body, &labels);
    write_books(market, body, &labels);
    write_symbols(market, fx_app_gateway_view(gateway), body, &labels);
    write_funds(market, body, &labels);
    write_audit(metrics, body, &labels);
    write_engine(metrics, now, body, &labels);
    write_build(now, body, &labels);
    write_process(now, body);
    fx_buf_deinit(&labels);
}
