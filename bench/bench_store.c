/*
 * bench_store [--json] [--stream NAME] [--batches N] [--events N] [--queries N] [--folder DIR]
 *             [--maria array|rows]
 *
 * Runs the saver over SQLite: streams of events as an engine gives them, in batches of N events
 * (one transaction each), into a fresh database in DIR (default: TMPDIR or /tmp). Streams: "mixed"
 * is a market where each command fills two orders a little (2 ORDER, 1 TRADE, 2 ACCOUNT, 2
 * POSITION, 1 RESULT); "orders" only opens new ones; "trades" is TRADE only, with its fee
 * transactions. Printed is what was written: rows per second of wall time, commits and checkpoints
 * included. Then the rate of the two queries that the API asks most, on a reader beside it. With
 * --maria a fresh database on the server that DB_HOST … name (script/mariadb up), where rows go in
 * arrays or in long INSERTs; then the CPU is that of this side only. Exit 1: the store failed.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/rng.h"
#include "model/event.h"
#include "store/store_int.h"
#include "store/store_maria.h"
#include "store/store_migrate.h"
#include "store/store_order.h"
#include "store/store_sqlite.h"
#include "store/store_trade.h"
#include "worker/worker_save.h"

// NOLINTBEGIN(concurrency-mt-unsafe): one thread
enum { USERS = 1000, OPEN_ORDERS = 20000, PAGE = 50, PATH_SIZE = 512 };

enum stream { STREAM_MIXED = 0, STREAM_ORDERS = 1, STREAM_TRADES = 2, STREAMS = 3 };

static const char *const NAMES[STREAMS] = {"mixed", "orders", "trades"};

struct options {
    bool is_json;
    uint32_t batches;
    uint32_t events;
    uint32_t queries;
    const char *folder;
    const char *stream; /* NULL: all */
    const char *maria;  /* NULL: SQLite */
};

struct figures {
    uint64_t rows;
    uint64_t events;
    double seconds;
    double cpu_seconds; /* of this thread: what is left of wall time is waiting */
    double list_us;     /* one page of 50 open orders */
    double trade_us;
};

struct run {
    struct fx_store *writer;
    struct fx_store *reader;
    struct fx_worker_save save;
    struct fx_event *events;
    struct fx_rng rng;
    uint64_t sequence;
    uint64_t order_id;
    uint64_t trade_id;
};

static double read_clock_s(clockid_t clock)
{
    struct timespec time;
    (void)clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void need(fx_status status, const char *what)
{
    if (status != FX_OK) {
        (void)fprintf(stderr, "bench_store: %s: %s\n", what, fx_status_name(status));
        exit(1);
    }
}

static struct fx_instrument instrument_of_bench(void)
{
    struct fx_instrument instrument;
    memset(&instrument, 0, sizeof instrument);
    instrument.tick_size = fx_dec_one() / 10;
    instrument.lot_size = fx_dec_one() / 1000;
    instrument.multiplier = fx_dec_one();
    instrument.contract_type = FX_CONTRACT_TYPE_USD_M;
    instrument.kind = FX_INSTRUMENT_KIND_PERPETUAL;
    instrument.state = FX_INSTRUMENT_STATE_TRADING;
    const bool is_named = fx_ids_symbol(FX_STR("BTCUSDT"), &instrument.symbol) &&
                          fx_ids_asset(FX_STR("USDT"), &instrument.settle);
    need(is_named ? FX_OK : FX_INTERNAL, "instrument");
    return instrument;
}

// NOLINTBEGIN(bugprone-easily-swappable-parameters): a word and a place
static struct fx_event event_of_bench(const struct run *run,
                                      enum fx_event_kind kind,
                                      uint32_t index)
{
    struct fx_event event;
    memset(&event, 0, sizeof event);
    event.kind = (uint16_t)kind;
    event.sequence = run->sequence;
    event.index = index;
    event.time_us = 1700000000000000 + (int64_t)run->sequence * 37;
    return event;
}
// NOLINTEND(bugprone-easily-swappable-parameters)

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): place and id
static struct fx_event order_event(struct run *run, uint32_t index, uint64_t id)
{
    struct fx_event event = event_of_bench(run, FX_EVENT_ORDER, index);
    struct fx_event_order *order = &event.u.order;
    order->order_id = id;
    order->user_id = 1 + id % USERS;
    order->account_id = order->user_id;
    order->tmp_id = id + 1000000000;
    order->price_ticks = 600000 + (int64_t)fx_rng_below(&run->rng, 1000);
    order->lots = 2000;
    order->remaining_lots = 1 + (int64_t)fx_rng_below(&run->rng, 1999);
    order->filled_value = fx_dec_one() * (2000 - order->remaining_lots) * 60;
    order->order_margin = fx_dec_one() * 12;
    order->created_us = event.time_us;
    order->updated_us = event.time_us;
    order->leverage_centi = 1000;
    order->side = FX_SIDE_BUY;
    order->type = FX_ORDER_TYPE_LIMIT;
    order->time_in_force = FX_TIME_IN_FORCE_GTC;
    order->status =
        fx_rng_below(&run->rng, 2) == 0 ? FX_ORDER_STATUS_FILLED : FX_ORDER_STATUS_PARTIALLY_FILLED;
    order->stp_mode = FX_STP_MODE_EXPIRE_MAKER;
    order->margin_mode = FX_MARGIN_MODE_CROSS;
    order->position_side = FX_POSITION_SIDE_BOTH;
    return event;
}

static struct fx_event trade_event(struct run *run, uint32_t index)
{
    struct fx_event event = event_of_bench(run, FX_EVENT_TRADE, index);
    struct fx_event_trade *trade = &event.u.trade;
    trade->trade_id = ++run->trade_id;
    trade->buy_user_id = 1 + fx_rng_below(&run->rng, USERS);
    trade->sell_user_id = 1 + fx_rng_below(&run->rng, USERS);
    trade->buy_account_id = trade->buy_user_id;
    trade->sell_account_id = trade->sell_user_id;
    trade->buy_order_id = run->order_id;
    trade->sell_order_id = run->order_id;
    trade->price_ticks = 600000 + (int64_t)fx_rng_below(&run->rng, 1000);
    trade->lots = 1 + (int64_t)fx_rng_below(&run->rng, 100);
    trade->value = fx_dec_one() / 10000 * trade->lots * trade->price_ticks;
    trade->buy_fee = trade->value / 2500;
    trade->sell_fee = trade->value / 5000;
    trade->buy_fee_ppb = 400000;
    trade->sell_fee_ppb = 200000;
    return event;
}

static struct fx_event account_event(struct run *run, uint32_t index)
{
    struct fx_event event = event_of_bench(run, FX_EVENT_ACCOUNT, index);
    const uint64_t id = 1 + fx_rng_below(&run->rng, USERS);
    event.u.account.account_id = id;
    event.u.account.user_id = id;
    event.u.account.balance = fx_dec_one() * 1000 + (fx_i128)fx_rng_next(&run->rng);
    memcpy(event.u.account.asset.text, "USDT", 4);
    return event;
}

static struct fx_event position_event(struct run *run, uint32_t index)
{
    struct fx_event event = event_of_bench(run, FX_EVENT_POSITION, index);
    struct fx_event_position *position = &event.u.position;
    position->position_id = 1 + fx_rng_below(&run->rng, USERS);
    position->account_id = position->position_id;
    position->user_id = position->position_id;
    position->lots = 1 + (int64_t)fx_rng_below(&run->rng, 5000);
    position->entry_value = fx_dec_one() * 60 * position->lots + 1;
    position->liquidation_ticks = 500000;
    position->bankrupt_ticks = 490000;
    position->leverage_centi = 1000;
    position->margin_mode = FX_MARGIN_MODE_CROSS;
    position->position_side = FX_POSITION_SIDE_BOTH;
    return event;
}

/* The next command of a stream at events[at …]: at most 8 events. @return how many. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a word and a place
static uint32_t make_command(struct run *run, enum stream stream, uint32_t at)
{
    struct fx_event *events = &run->events[at];
    uint32_t count = 0;
    run->sequence++;
    if (stream == STREAM_TRADES) {
        events[count] = trade_event(run, count);
        return 1;
    }
    events[count] = order_event(run, count, ++run->order_id);
    count++;
    if (stream == STREAM_ORDERS) {
        return count;
    }
    const uint64_t open = run->order_id < OPEN_ORDERS ? run->order_id : OPEN_ORDERS;
    events[count] = order_event(run, count, run->order_id - fx_rng_below(&run->rng, open));
    count++;
    events[count] = trade_event(run, count);
    count++;
    for (uint32_t side = 0; side < 2; side++) {
        events[count] = account_event(run, count);
        count++;
        events[count] = position_event(run, count);
        count++;
    }
    events[count] = event_of_bench(run, FX_EVENT_RESULT, count);
    return count + 1;
}

static struct fx_store_maria_config maria_config(const char *database, const char *batch)
{
    const char *port = getenv("DB_PORT");
    return (struct fx_store_maria_config){
        .host = getenv("DB_HOST"),
        .port = (uint16_t)(port != NULL ? strtoul(port, NULL, 10) : 0),
        .username = getenv("DB_USERNAME"),
        .password = getenv("DB_PASSWORD"),
        .database = database,
        .batch =
            strcmp(batch, "rows") == 0 ? FX_STORE_MARIA_BATCH_ROWS : FX_STORE_MARIA_BATCH_ARRAY,
    };
}

static void open_maria(const struct fx_store_maria_config *config,
                       enum fx_store_maria_mode mode,
                       struct fx_store **store_out)
{
    char error[FX_STORE_MARIA_ERROR_SIZE];
    if (fx_store_maria_open(config, mode, store_out, error) != FX_OK) {
        (void)fprintf(stderr, "bench_store: %s\n", error);
        exit(1);
    }
}

/* CREATE or DROP the benchmark's database. */
static void change_database(const char *verb)
{
    char sql[64];
    struct fx_store *store = NULL;
    const struct fx_store_maria_config config = maria_config(getenv("DB_DATABASE"), "array");
    (void)snprintf(sql, sizeof sql, "%s DATABASE future_bench_%ld", verb, (long)getpid());
    open_maria(&config, FX_STORE_MARIA_WRITER, &store);
    need(store->ops->script(store, fx_str_of(sql)), sql);
    fx_store_close(store);
}

static void open_stores(struct run *run, const char *path, const char *maria)
{
    static char database[32];
    static struct fx_store_maria_config config;
    uint32_t applied = 0;
    if (maria == NULL) {
        need(fx_store_sqlite_open(path, FX_STORE_SQLITE_WRITER, &run->writer), "open");
        need(fx_store_migrate(run->writer, &applied), "migrate");
        need(fx_store_sqlite_open(path, FX_STORE_SQLITE_READER, &run->reader), "open a reader");
        return;
    }
    (void)snprintf(database, sizeof database, "future_bench_%ld", (long)getpid());
    config = maria_config(database, maria);
    change_database("CREATE");
    open_maria(&config, FX_STORE_MARIA_WRITER, &run->writer);
    need(fx_store_migrate(run->writer, &applied), "migrate");
    open_maria(&config, FX_STORE_MARIA_READER, &run->reader);
}

static void open_run(struct run *run, const char *path, const struct options *options)
{
    memset(run, 0, sizeof *run);
    fx_rng_init(&run->rng, 1);
    run->events = calloc(options->events + 8, sizeof *run->events);
    need(run->events != NULL ? FX_OK : FX_NO_MEMORY, "events");
    open_stores(run, path, options->maria);
    const struct fx_worker_save_options saver = {.store = run->writer,
                                                 .shard = FX_STR("USDT"),
                                                 .worker = FX_STR("bench"),
                                                 .kinds = FX_WORKER_SAVE_ALL};
    need(fx_worker_save_init(&run->save, &saver), "saver");
    const struct fx_instrument instrument = instrument_of_bench();
    fx_worker_save_instrument(&run->save, &instrument);
}

static void close_run(struct run *run, const char *path, const char *maria)
{
    static const char *const SUFFIXES[] = {"", "-wal", "-shm"};
    fx_worker_save_deinit(&run->save);
    fx_store_close(run->reader);
    fx_store_close(run->writer);
    free(run->events);
    if (maria != NULL) {
        change_database("DROP");
        return;
    }
    for (size_t index = 0; index < 3; index++) {
        char name[PATH_SIZE + 8];
        (void)snprintf(name, sizeof name, "%s%s", path, SUFFIXES[index]);
        (void)unlink(name);
    }
}

static double time_open_orders(struct run *run, uint32_t queries)
{
    static struct fx_rows_order orders[PAGE];
    const double start = read_clock_s(CLOCK_MONOTONIC);
    for (uint32_t query = 0; query < queries; query++) {
        uint32_t count = 0;
        const struct fx_store_order_query open = {
            .user_id = 1 + query % USERS, .scope = FX_STORE_ORDER_OPEN, .page = {.limit = PAGE}};
        need(fx_store_order_list(run->reader, &open, orders, &count), "list orders");
    }
    return (read_clock_s(CLOCK_MONOTONIC) - start) * 1e6 / queries;
}

static double time_trades(struct run *run, uint32_t queries)
{
    static struct fx_rows_trade trades[PAGE];
    const double start = read_clock_s(CLOCK_MONOTONIC);
    for (uint32_t query = 0; query < queries; query++) {
        uint32_t count = 0;
        const struct fx_store_trade_query mine = {.user_id = 1 + query % USERS,
                                                  .page = {.limit = PAGE}};
        need(fx_store_trade_list(run->reader, &mine, trades, &count), "list trades");
    }
    return (read_clock_s(CLOCK_MONOTONIC) - start) * 1e6 / queries;
}

static struct figures measure(const struct options *options, enum stream stream, const char *path)
{
    struct run run;
    struct figures figures = {0};
    open_run(&run, path, options);
    for (uint32_t batch = 0; batch < options->batches; batch++) {
        uint32_t count = 0;
        while (count < options->events) {
            count += make_command(&run, stream, count);
        }
        const double start = read_clock_s(CLOCK_MONOTONIC);
        const double cpu_start = read_clock_s(CLOCK_THREAD_CPUTIME_ID);
        need(fx_worker_save_events(&run.save, run.events, count), "save");
        figures.cpu_seconds += read_clock_s(CLOCK_THREAD_CPUTIME_ID) - cpu_start;
        figures.seconds += read_clock_s(CLOCK_MONOTONIC) - start;
        figures.events += count;
    }
    figures.rows = run.save.row_count;
    figures.list_us = time_open_orders(&run, options->queries);
    figures.trade_us = time_trades(&run, options->queries);
    close_run(&run, path, options->maria);
    return figures;
}

static uint32_t number_of_argument(const char *text)
{
    uint64_t value = 0;
    if (!fx_str_parse_u64(fx_str_of(text), &value) || value == 0 || value > 1000000) {
        (void)fprintf(stderr, "bench_store: not a number from 1 to 1000000: %s\n", text);
        exit(2);
    }
    return (uint32_t)value;
}

static void parse(int argc, char **argv, struct options *options)
{
    for (int index = 1; index < argc; index++) {
        const bool has_value = index + 1 < argc;
        if (strcmp(argv[index], "--json") == 0) {
            options->is_json = true;
        } else if (strcmp(argv[index], "--stream") == 0 && has_value) {
            options->stream = argv[++index];
        } else if (strcmp(argv[index], "--batches") == 0 && has_value) {
            options->batches = number_of_argument(argv[++index]);
        } else if (strcmp(argv[index], "--events") == 0 && has_value) {
            options->events = number_of_argument(argv[++index]);
        } else if (strcmp(argv[index], "--queries") == 0 && has_value) {
            options->queries = number_of_argument(argv[++index]);
        } else if (strcmp(argv[index], "--folder") == 0 && has_value) {
            options->folder = argv[++index];
        } else if (strcmp(argv[index], "--maria") == 0 && has_value) {
            options->maria = argv[++index];
        } else {
            (void)fprintf(
                stderr,
                "usage: bench_store [--json] [--stream NAME] [--batches N] [--events N] [--queries N] "
                "[--folder DIR] [--maria array|rows]\n");
            exit(2);
        }
    }
    if (options->events > FX_WORKER_SAVE_EVENTS_MAX - 8) {
        (void)fprintf(stderr, "bench_store: at most 65528 events in a batch\n");
        exit(2);
    }
}

static void print(const struct options *options, enum stream stream, const struct figures *figures)
{
    const double rate = (double)figures->rows / figures->seconds;
    if (options->is_json) {
        printf(
            "%s{\"stream\":\"%s\",\"rows\":%" PRIu64 ",\"events\":%" PRIu64
            ",\"seconds\":%.4f,\"rows_per_s\":%.0f,\"rows_per_cpu_s\":%.0f,\"open_orders_us\":%.1f,\"trades_us\":%.1f}",
            stream == STREAM_MIXED ? "[" : ",",
            NAMES[stream],
            figures->rows,
            figures->events,
            figures->seconds,
            rate,
            (double)figures->rows / figures->cpu_seconds,
            figures->list_us,
            figures->trade_us);
        printf("%s", stream + 1 == STREAMS ? "]\n" : "");
        return;
    }
    printf("%-7s %9" PRIu64 " rows of %9" PRIu64
           " events in %7.3f s: %9.0f rows/s (%9.0f per CPU second); "
           "open orders %6.1f us, trades %6.1f us\n",
           NAMES[stream],
           figures->rows,
           figures->events,
           figures->seconds,
           rate,
           (double)figures->rows / figures->cpu_seconds,
           figures->list_us,
           figures->trade_us);
}

int main(int argc, char **argv)
{
    struct options options = {
        .batches = 300, .events = 1000, .queries = 5000, .folder = getenv("TMPDIR")};
    parse(argc, argv, &options);
    char path[PATH_SIZE];
    (void)snprintf(path,
                   sizeof path,
                   "%s/bench_store_%ld.db",
                   options.folder != NULL ? options.folder : "/tmp",
                   (long)getpid());
    for (enum stream stream = STREAM_MIXED; stream < STREAMS; stream++) {
        if (options.stream != NULL && strcmp(options.stream, NAMES[stream]) != 0) {
            continue;
        }
        const struct figures figures = measure(&options, stream, path);
        print(&options, stream, &figures);
    }
    return 0;
}
// NOLINTEND(concurrency-mt-unsafe)
