/*
 * bench_follow [--json] [--zlib] [--brokers LIST] [--property NAME=VALUE] [--n N] [--users N]
 *              [--rest PERCENT] [--folder DIR]
 *
 * The engine's role on a bus: N orders of a random market, as an API publishes them, go into
 * matching_engine_input; then, one after the other: a follower reads and applies all of them (what
 * an API, a saver or a standby does), and a leader reads, applies, writes the outputs and publishes
 * them. Printed is the rate by wall clock and the CPU of the whole process, librdkafka's threads
 * included, per command. Without --brokers the bus is in memory: what is left is our own work.
 * --property: one of librdkafka's, as compression.type=lz4. --zlib: batches are packed by zlib.
 * --rest PERCENT of the orders rest instead of matching. Snapshots go to DIR (default: a folder in
 * /tmp, removed at the end). Exit 1: something failed.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/rng.h"
#include "bus/bus_kafka.h"
#include "bus/bus_local.h"
#include "bus/bus_local_side.h"
#include "worker/worker_input.h"
#include "worker/worker_lead.h"

// NOLINTBEGIN(concurrency-mt-unsafe): one thread, but for those inside
enum { TOPICS = 4, MID = 60000, SPREAD = 40, NAME_SIZE = 64, DELIVERIES = 1024 };

struct options {
    const char *brokers;
    struct fx_bus_kafka_property property;
    const char *folder;
    uint64_t commands;
    uint64_t users;
    uint64_t rest;
    bool is_json;
    bool is_zlib;
};

struct bench {
    struct options options;
    struct fx_bus *home; /* in memory: what the others stand beside */
    struct fx_bus *bus[2];
    struct fx_worker_input *input;
    struct fx_buf text;
    struct fx_rng rng;
    char names[TOPICS][NAME_SIZE];
    char folder[NAME_SIZE];
    uint64_t published;
    uint64_t bytes;
};

static double now_s(clockid_t clock)
{
    struct timespec time;
    (void)clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void check(fx_status status, const char *what)
{
    if (status != FX_OK) {
        (void)fprintf(stderr, "bench_follow: %s: %s\n", what, fx_status_name(status));
        exit(1);
    }
}

static fx_i128 decimal(const char *text)
{
    fx_i128 units = 0;
    check(fx_dec_parse(fx_str_of(text), &units), text);
    return units;
}

static struct fx_bus *open_bus(struct bench *bench)
{
    struct fx_bus *bus = NULL;
    char error[256] = "";
    if (bench->options.brokers == NULL) {
        check(fx_bus_local_side_open(bench->home, &bus), "memory");
        return bus;
    }
    const struct fx_bus_kafka_options options = {.brokers = bench->options.brokers,
                                                 .is_zlib = bench->options.is_zlib,
                                                 .properties = &bench->options.property,
                                                 .property_count =
                                                     bench->options.property.name == NULL ? 0 : 1};
    const fx_status status = fx_bus_kafka_open(&options, error, &bus);
    check(status, error);
    return bus;
}

static void make_topics(struct bench *bench)
{
    static const char *const NAMES[TOPICS] = {"input", "output", "hash", "quarantine"};
    struct fx_bus_topic topics[TOPICS];
    for (uint32_t index = 0; index < TOPICS; index++) {
        (void)snprintf(bench->names[index], NAME_SIZE, "bench.%d.%s", (int)getpid(), NAMES[index]);
        topics[index] = (struct fx_bus_topic){.name = fx_str_of(bench->names[index]),
                                              .partitions = 1,
                                              .retention_ms = -1,
                                              .is_log = index == 0};
    }
    check(fx_bus_make(bench->bus[0], topics, TOPICS, 30000), "topics");
}

/* ---- the market ------------------------------------------------------------------------------ */

static void collect(struct bench *bench, uint32_t wait_ms)
{
    static struct fx_bus_delivery deliveries[DELIVERIES];
    const uint32_t count = fx_bus_poll(bench->bus[0], wait_ms, deliveries, DELIVERIES);
    for (uint32_t index = 0; index < count; index++) {
        check(deliveries[index].status, "delivery");
    }
}

static void publish(struct bench *bench, struct fx_command *command)
{
    const struct fx_wire_topic_from from = {.node = {.text = "bench:00000000", .size = 14},
                                            .token = bench->published};
    command->time_us = 1700000000000000 + (int64_t)(bench->published / 100) * 1000;
    fx_buf_clear(&bench->text);
    check(fx_worker_input_encode(bench->input, command, &from, &bench->text), "encode");
    const struct fx_bus_message message = {.topic = fx_str_of(bench->names[0]),
                                           .value = fx_buf_str(&bench->text)};
    fx_status status = fx_bus_publish(bench->bus[0], &message);
    while (status == FX_BUSY) {
        collect(bench, 10);
        status = fx_bus_publish(bench->bus[0], &message);
    }
    check(status, "publish");
    bench->published++;
    bench->bytes += bench->text.size;
    if (bench->published % DELIVERIES == 0) {
        collect(bench, 0);
    }
}

static struct fx_command blank(enum fx_command_kind kind, uint32_t instrument)
{
    struct fx_command command;
    memset(&command, 0, sizeof command);
    command.kind = (uint16_t)kind;
    command.instrument = instrument;
    return command;
}

static void list_symbol(struct bench *bench)
{
    struct fx_command command = blank(FX_COMMAND_INITIALIZE_ENGINE, FX_COMMAND_ALL_INSTRUMENTS);
    command.u.limits = fx_engine_default_limits();
    publish(bench, &command);
    command = blank(FX_COMMAND_UPDATE_INSTRUMENT, FX_COMMAND_ALL_INSTRUMENTS);
    struct fx_instrument *instrument = &command.u.instrument;
    (void)fx_ids_symbol(FX_STR("BTCUSDT"), &instrument->symbol);
    (void)fx_ids_asset(FX_STR("BTC"), &instrument->base);
    (void)fx_ids_asset(FX_STR("USDT"), &instrument->quote);
    (void)fx_ids_asset(FX_STR("USDT"), &instrument->settle);
    instrument->tick_size = decimal("1");
    instrument->lot_size = decimal("0.001");
    instrument->multiplier = decimal("1");
    instrument->min_lots = 1;
    instrument->max_lots = 1000000;
    instrument->max_market_lots = 500000;
    instrument->max_ticks = 1000000;
    instrument->market_take_bound_ppb = 50000000;
    instrument->taker_fee_ppb = 500000;
    instrument->leverage_max_centi = 10000;
    instrument->orders_max = 1000;
    instrument->algo_orders_max = 10;
    instrument->funding_interval_s = 28800;
    instrument->contract_type = FX_CONTRACT_TYPE_USD_M;
    instrument->kind = FX_INSTRUMENT_KIND_PERPETUAL;
    instrument->state = FX_INSTRUMENT_STATE_PENDING;
    struct fx_event event;
    memset(&event, 0, sizeof event);
    event.kind = FX_EVENT_INSTRUMENT;
    event.u.instrument = *instrument;
    fx_worker_input_learn(bench->input, &event);
    publish(bench, &command);
    command = blank(FX_COMMAND_LOAD_LEVERAGE_MARGIN, 0);
    command.u.tiers.count = 1;
    command.u.tiers.tiers[0].cap = decimal("1000000000000");
    command.u.tiers.tiers[0].rate_ppb = 5000000;
    command.u.tiers.tiers[0].leverage_max_centi = 10000;
    publish(bench, &command);
    command = blank(FX_COMMAND_MARK_PRICE, 0);
    command.u.mark.mark_ticks = MID;
    command.u.mark.index_ticks = MID;
    publish(bench, &command);
    command = blank(FX_COMMAND_SET_STATE, 0);
    command.u.set_state.state = FX_INSTRUMENT_STATE_TRADING;
    publish(bench, &command);
}

static void make_users(struct bench *bench)
{
    for (uint64_t user_id = 1; user_id <= bench->options.users; user_id++) {
        struct fx_command command = blank(FX_COMMAND_CREATE_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS);
        command.user_id = user_id;
        (void)fx_ids_asset(FX_STR("USDT"), &command.u.account.asset);
        publish(bench, &command);
        command = blank(FX_COMMAND_DEPOSIT, FX_COMMAND_ALL_INSTRUMENTS);
        command.user_id = user_id;
        (void)fx_ids_asset(FX_STR("USDT"), &command.u.transfer.asset);
        command.u.transfer.amount = decimal("1000000000");
        command.u.transfer.type = FX_TRANSACTION_DEPOSIT;
        publish(bench, &command);
    }
}

/* An order that meets another or, in `rest` of 100, stands away from the middle. */
static void publish_order(struct bench *bench)
{
    struct fx_command command = blank(FX_COMMAND_PLACE_ORDER, 0);
    struct fx_command_place *place = &command.u.place;
    const bool is_buy = fx_rng_below(&bench->rng, 2) == 0;
    const bool rests = fx_rng_below(&bench->rng, 100) < bench->options.rest;
    const int64_t away = rests ? 1000 + fx_rng_between(&bench->rng, 0, SPREAD * 20)
                               : fx_rng_between(&bench->rng, -SPREAD, SPREAD);
    command.user_id = 1 + fx_rng_below(&bench->rng, bench->options.users);
    place->side = is_buy ? FX_SIDE_BUY : FX_SIDE_SELL;
    place->type = FX_ORDER_TYPE_LIMIT;
    place->time_in_force = rests ? FX_TIME_IN_FORCE_GTC : FX_TIME_IN_FORCE_IOC;
    if (!rests && fx_rng_below(&bench->rng, 2) == 0) {
        place->time_in_force = FX_TIME_IN_FORCE_GTC;
    }
    place->lots = fx_rng_between(&bench->rng, 1, 100);
    place->price_ticks = MID + (is_buy ? -away : away);
    place->tmp_id = 1883080000000000000 + bench->published;
    publish(bench, &command);
}

/* ---- runs ------------------------------------------------------------------------------------ */

struct run {
    double wall_s;
    double cpu_s;
    uint64_t commands;
};

static void print(const struct bench *bench, const char *name, const struct run *run)
{
    const double rate = (double)run->commands / run->wall_s;
    const double cpu_us = run->cpu_s * 1e6 / (double)run->commands;
    if (bench->options.is_json) {
        (void)printf("{\"name\":\"%s\",\"commands\":%" PRIu64
                     ",\"per_second\":%.0f,\"cpu_us\":%.3f}\n",
                     name,
                     run->commands,
                     rate,
                     cpu_us);
    } else {
        (void)printf("%-10s %9" PRIu64 " commands  %9.0f /s  %6.2f us CPU each\n",
                     name,
                     run->commands,
                     rate,
                     cpu_us);
    }
    (void)fflush(stdout);
}

static void begin(struct run *run)
{
    run->wall_s = now_s(CLOCK_MONOTONIC);
    run->cpu_s = now_s(CLOCK_PROCESS_CPUTIME_ID);
}

static void end(struct run *run, uint64_t commands)
{
    run->wall_s = now_s(CLOCK_MONOTONIC) - run->wall_s;
    run->cpu_s = now_s(CLOCK_PROCESS_CPUTIME_ID) - run->cpu_s;
    run->commands = commands;
}

static struct fx_worker_follow_options follow_options(struct bench *bench)
{
    return (struct fx_worker_follow_options){.bus = bench->bus[0],
                                             .topic = fx_str_of(bench->names[0]),
                                             .snapshot_dir = bench->folder,
                                             .node = FX_STR("bench"),
                                             .node_salt = 1,
                                             .snapshot_commands = UINT64_MAX,
                                             .snapshot_us = INT64_MAX};
}

static void run_follower(struct bench *bench)
{
    struct fx_worker_follow *follow = NULL;
    struct fx_worker_follow_report report;
    struct run run;
    const struct fx_worker_follow_options options = follow_options(bench);
    begin(&run);
    const fx_status status = fx_worker_follow_open(&options, &follow, &report);
    end(&run, bench->published);
    check(status, report.text);
    print(bench, "follower", &run);
    struct fx_worker_follow_stats stats;
    fx_worker_follow_stats(follow, &stats);
    check(stats.poison_count == 0 ? FX_OK : FX_BAD_PARAMETER, "records that are no commands");
    fx_worker_follow_abandon(follow);
}

/* It begins as a standby that has forgotten everything, and computes the outputs as it publishes.
 */
static void run_leader(struct bench *bench)
{
    struct fx_worker_lead *lead = NULL;
    struct fx_worker_follow_report report;
    struct fx_worker_lead_stats stats;
    struct run run;
    const struct fx_worker_lead_options options = {.follow = follow_options(bench),
                                                   .bus = bench->bus[1],
                                                   .output = {fx_str_of(bench->names[1]), 0},
                                                   .hashes = {fx_str_of(bench->names[2]), 0},
                                                   .quarantine = {fx_str_of(bench->names[3]), 0},
                                                   .shard = FX_STR("0")};
    begin(&run);
    check(fx_worker_lead_create(&options, &lead, &report), report.text);
    end(&run, bench->published);
    print(bench, "standby", &run);
    begin(&run);
    do {
        const int64_t now_us = (int64_t)(now_s(CLOCK_REALTIME) * 1e6);
        if (fx_worker_lead_step(lead, now_us) == 0) {
            const struct timespec pause = {.tv_nsec = 1000000};
            (void)nanosleep(&pause, NULL);
        }
        fx_worker_lead_stats(lead, &stats);
        check(stats.failure, "leader");
    } while (stats.takeovers == 0 || stats.backlog > 0 || fx_bus_pending(bench->bus[1]) > 0);
    end(&run, bench->published);
    print(bench, "leader", &run);
    (void)fprintf(
        stderr, "%" PRIu64 " outputs in %" PRIu64 " records\n", stats.outputs, stats.records);
    fx_worker_lead_abandon(lead);
}

static void read_options(int argc, char **argv, struct options *options)
{
    *options = (struct options){.commands = 200000, .users = 1000, .rest = 50};
    for (int index = 1; index < argc; index++) {
        const char *value = index + 1 < argc ? argv[index + 1] : NULL;
        if (strcmp(argv[index], "--json") == 0) {
            options->is_json = true;
            continue;
        }
        if (strcmp(argv[index], "--zlib") == 0) {
            options->is_zlib = true;
            continue;
        }
        if (value == NULL) {
            (void)fprintf(stderr, "bench_follow: %s needs a value\n", argv[index]);
            exit(2);
        }
        if (strcmp(argv[index], "--brokers") == 0) {
            options->brokers = value;
        } else if (strcmp(argv[index], "--property") == 0 && strchr(value, '=') != NULL) {
            char *name = argv[index + 1];
            *strchr(name, '=') = '\0';
            options->property = (struct fx_bus_kafka_property){name, name + strlen(name) + 1};
        } else if (strcmp(argv[index], "--folder") == 0) {
            options->folder = value;
        } else if (strcmp(argv[index], "--n") == 0) {
            options->commands = strtoull(value, NULL, 10);
        } else if (strcmp(argv[index], "--users") == 0) {
            options->users = strtoull(value, NULL, 10);
        } else if (strcmp(argv[index], "--rest") == 0) {
            options->rest = strtoull(value, NULL, 10);
        } else {
            (void)fprintf(stderr, "bench_follow: unknown %s\n", argv[index]);
            exit(2);
        }
        index++;
    }
}

int main(int argc, char **argv)
{
    static struct bench bench;
    struct run run;
    const struct fx_log_options quiet = {.level = FX_LOG_ERROR, .format = FX_LOG_TEXT, .fd = 2};
    fx_log_configure(&quiet);
    read_options(argc, argv, &bench.options);
    (void)snprintf(bench.folder, sizeof bench.folder, "/tmp/bench_follow_XXXXXX");
    if (bench.options.folder != NULL) {
        (void)snprintf(bench.folder, sizeof bench.folder, "%s", bench.options.folder);
    } else if (mkdtemp(bench.folder) == NULL) {
        return 1;
    }
    const struct fx_bus_local_options memory = {.window_size_bytes = (size_t)16 << 30};
    if (bench.options.brokers == NULL) {
        check(fx_bus_local_open(&memory, &bench.home), "memory");
    }
    bench.bus[0] = open_bus(&bench);
    bench.bus[1] = open_bus(&bench);
    bench.input = fx_worker_input_create();
    fx_buf_init(&bench.text, 65536);
    fx_rng_init(&bench.rng, 1);
    make_topics(&bench);
    begin(&run);
    list_symbol(&bench);
    make_users(&bench);
    while (bench.published < bench.options.commands) {
        publish_order(&bench);
    }
    while (fx_bus_pending(bench.bus[0]) > 0) {
        collect(&bench, 100);
    }
    end(&run, bench.published);
    print(&bench, "publish", &run);
    (void)fprintf(stderr, "%.0f bytes a record\n", (double)bench.bytes / (double)bench.published);
    run_follower(&bench);
    run_leader(&bench);
    fx_bus_close(bench.bus[1]);
    fx_bus_close(bench.bus[0]);
    fx_bus_close(bench.home);
    fx_worker_input_destroy(bench.input);
    fx_buf_deinit(&bench.text);
    if (bench.options.folder == NULL) {
        (void)rmdir(bench.folder);
    }
    return 0;
}
// NOLINTEND(concurrency-mt-unsafe)
