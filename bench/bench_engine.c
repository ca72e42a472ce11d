/**
 * @file bench_engine.c
 * Commands per second of the whole engine on one core: margin, positions, fees, events, marks.
 *
 *     bench_engine [--json] [--n COMMANDS] [--accounts N] [--symbols N] [--runs N]
 *
 * The flow: 50 % new limit orders a few ticks from the market, 40 % cancels of a random open order,
 * 10 % takers through the best price, a mark price every 1,000 commands; half of the accounts are
 * isolated. All of the law is on: margin tiers, fees, guards of every position, freshness of marks,
 * the schedule of funding. The stream is made beforehand; thread CPU time is taken around
 * fx_engine_apply() alone. Two passes decode the stored stream into an empty engine: `live` one
 * command at a time, `replay` with prefetching of the next ones, as recovery and a busy server do;
 * both must end with the hash of the maker. With `--runs` both passes are repeated in turn, and the
 * medians are printed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/rng.h"
#include "engine/engine.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

enum {
    COMMANDS_DEFAULT = 4000000,
    ACCOUNTS_DEFAULT = 10000,
    MID_TICKS = 500000,
    OPEN_MAX = 16384,
    MARK_EVERY = 1000,
    HUGE_PAGE = 1 << 21,
    RUNS_MAX = 99
};

struct options {
    uint64_t commands;
    uint32_t accounts;
    uint32_t symbols;
    uint32_t runs;
    bool is_json;
};

struct bench {
    struct options options;
    struct fx_engine *engine;
    struct fx_events events;
    struct fx_rng rng;
    char *log; /* stored commands, each with a 4-byte size before it */
    size_t log_size;
    size_t log_capacity;
    uint64_t sequence;
    uint64_t events_count;
    uint64_t trades;
    uint64_t rejects;
    int64_t mid;
    uint64_t open[OPEN_MAX]; /* ids of orders believed open */
    uint64_t owners[OPEN_MAX];
    uint32_t *places; /* by order id: index in `open`, plus 1 */
    uint32_t open_count;
};

static uint64_t thread_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static struct fx_engine *create_engine(struct fx_engine_limits *limits_out)
{
    struct fx_engine_limits limits = fx_engine_default_limits();
    limits.instruments_max = 8;
    limits.book_window_levels = 4096;
    const size_t size = (fx_engine_size(&limits) + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    void *memory = aligned_alloc(HUGE_PAGE, size);
    if (memory == NULL) {
        abort();
    }
    (void)madvise(memory, size, MADV_HUGEPAGE);
    memset(memory, 0, size);
    *limits_out = limits;
    return fx_engine_init(memory, &limits);
}

static struct fx_command command_of(enum fx_command_kind kind, uint64_t user_id)
{
    struct fx_command command;
    memset(&command, 0, sizeof command);
    command.kind = (uint16_t)kind;
    command.user_id = user_id;
    return command;
}

static void store(struct bench *bench, struct fx_command *command)
{
    bench->sequence++;
    command->sequence = bench->sequence;
    command->time_us = (int64_t)(1700000000000000U + bench->sequence);
    const fx_str bytes = fx_command_encode(command);
    const uint32_t size = (uint32_t)bytes.size;
    if (bench->log_size + size + sizeof size > bench->log_capacity) {
        bench->log_capacity = bench->log_capacity * 2 + 65536;
        bench->log = realloc(bench->log, bench->log_capacity);
        if (bench->log == NULL) {
            abort();
        }
    }
    memcpy(bench->log + bench->log_size, &size, sizeof size);
    memcpy(bench->log + bench->log_size + sizeof size, bytes.data, size);
    bench->log_size += size + sizeof size;
}

static void run(struct bench *bench, struct fx_command *command)
{
    store(bench, command);
    fx_engine_apply(bench->engine, command, &bench->events);
}

static void must(const struct bench *bench)
{
    const struct fx_event *last = &bench->events.items[bench->events.count - 1];
    if (last->u.result.reject.status != FX_OK) {
        (void)fprintf(stderr, "set-up: %s\n", fx_status_name(last->u.result.reject.status));
        exit(1);
    }
}

static fx_i128 units(int64_t milli)
{
    return fx_dec_one() / 1000 * milli;
}

static void list(struct bench *bench, uint32_t symbol)
{
    struct fx_command command = command_of(FX_COMMAND_UPDATE_INSTRUMENT, 0);
    struct fx_instrument *definition = &command.u.instrument;
    const char name[] = {'S', (char)('A' + (char)symbol), '\0'};
    definition->tick_size = units(100);
    definition->lot_size = units(1);
    definition->multiplier = units(1000);
    definition->min_lots = 1;
    definition->max_lots = 1000000;
    definition->max_market_lots = 1000000;
    definition->max_ticks = 10000000;
    definition->band_up_ppb = 100000000;
    definition->band_down_ppb = 100000000;
    definition->market_take_bound_ppb = 50000000;
    definition->maker_fee_ppb = 200000;
    definition->taker_fee_ppb = 500000;
    definition->leverage_max_centi = 12500;
    definition->orders_max = 200;
    definition->funding_interval_s = 28800;
    definition->contract_type = FX_CONTRACT_TYPE_USD_M;
    definition->kind = FX_INSTRUMENT_KIND_PERPETUAL;
    definition->state = FX_INSTRUMENT_STATE_PENDING;
    if (!fx_ids_symbol(fx_str_of(name), &definition->symbol) ||
        !fx_ids_symbol(fx_str_of(name), &definition->root_symbol) ||
        !fx_ids_asset(FX_STR("BTC"), &definition->base) ||
        !fx_ids_asset(FX_STR("USDT"), &definition->quote) ||
        !fx_ids_asset(FX_STR("USDT"), &definition->settle)) {
        abort();
    }
    run(bench, &command);
    must(bench);
    command = command_of(FX_COMMAND_LOAD_LEVERAGE_MARGIN, 0);
    command.instrument = symbol;
    command.u.tiers.count = 3;
    for (int32_t tier = 0; tier < 3; tier++) {
        command.u.tiers.tiers[tier].cap = units(1000) * 100000 * (1 + 9 * tier);
        command.u.tiers.tiers[tier].rate_ppb = 4000000 + 3000000 * tier;
        command.u.tiers.tiers[tier].leverage_max_centi = 12500 - 2500 * tier;
    }
    fx_instrument_fill_cums(command.u.tiers.tiers, 3);
    run(bench, &command);
    must(bench);
    command = command_of(FX_COMMAND_SET_MARK_RULES, 0);
    command.instrument = symbol;
    command.u.mark_rules.max_age_us = 60000000;
    command.u.mark_rules.band_ppb = 50000000;
    command.u.mark_rules.sources_min = 1;
    run(bench, &command);
    must(bench);
    command = command_of(FX_COMMAND_SET_STATE, 0);
    command.instrument = symbol;
    command.u.set_state.state = FX_INSTRUMENT_STATE_TRADING;
    run(bench, &command);
    must(bench);
}

static void mark(struct bench *bench, uint32_t symbol)
{
    struct fx_command command = command_of(FX_COMMAND_MARK_PRICE, 0);
    command.instrument = symbol;
    command.u.mark.mark_ticks = bench->mid;
    command.u.mark.index_ticks = bench->mid;
    run(bench, &command);
}

static void open_account(struct bench *bench, uint64_t user_id)
{
    struct fx_command command = command_of(FX_COMMAND_CREATE_ACCOUNT, user_id);
    command.instrument = FX_COMMAND_ALL_INSTRUMENTS;
    if (!fx_ids_asset(FX_STR("USDT"), &command.u.account.asset)) {
        abort();
    }
    run(bench, &command);
    must(bench);
    command = command_of(FX_COMMAND_DEPOSIT, user_id);
    command.u.transfer.asset.text[0] = 'U';
    if (!fx_ids_asset(FX_STR("USDT"), &command.u.transfer.asset)) {
        abort();
    }
    command.u.transfer.amount = units(1000) * 1000000;
    command.u.transfer.type = FX_TRANSACTION_DEPOSIT;
    run(bench, &command);
    must(bench);
    for (uint32_t symbol = 0; symbol < bench->options.symbols && user_id % 2 == 0; symbol++) {
        command = command_of(FX_COMMAND_ADJUST_LEVERAGE, user_id);
        command.instrument = symbol;
        command.u.leverage.leverage_centi = 1000;
        command.u.leverage.margin_mode = FX_MARGIN_MODE_ISOLATED;
        run(bench, &command);
        must(bench);
    }
}

static struct fx_command new_order(struct bench *bench, bool is_taker)
{
    struct fx_rng *rng = &bench->rng;
    struct fx_command command =
        command_of(FX_COMMAND_PLACE_ORDER, 1 + fx_rng_below(rng, bench->options.accounts));
    struct fx_command_place *place = &command.u.place;
    const bool is_buy = fx_rng_below(rng, 2) == 0;
    const int64_t away = 1 + (int64_t)(fx_rng_below(rng, 32) * fx_rng_below(rng, 32) / 8);
    command.instrument = (uint32_t)fx_rng_below(rng, bench->options.symbols);
    place->side = is_buy ? FX_SIDE_BUY : FX_SIDE_SELL;
    place->type = FX_ORDER_TYPE_LIMIT;
    place->lots = 1 + (int64_t)fx_rng_below(rng, 100);
    place->time_in_force = is_taker ? FX_TIME_IN_FORCE_IOC : FX_TIME_IN_FORCE_GTC;
    const int64_t distance = is_taker ? -50 : away;
    place->price_ticks = bench->mid + (is_buy ? -distance : distance);
    return command;
}

static struct fx_command next_command(struct bench *bench)
{
    const uint64_t dice = fx_rng_below(&bench->rng, 100);
    if (bench->open_count == 0 || (dice < 50 && bench->open_count < OPEN_MAX)) {
        return new_order(bench, false);
    }
    if (dice < 60) {
        return new_order(bench, true);
    }
    const uint32_t index = (uint32_t)fx_rng_below(&bench->rng, bench->open_count);
    struct fx_command command = command_of(FX_COMMAND_CANCEL_ORDER, bench->owners[index]);
    command.instrument = FX_COMMAND_ALL_INSTRUMENTS;
    command.u.cancel.order_id = bench->open[index];
    return command;
}

static void forget(struct bench *bench, uint32_t index)
{
    bench->places[bench->open[index]] = 0;
    bench->open_count--;
    if (index < bench->open_count) {
        bench->open[index] = bench->open[bench->open_count];
        bench->owners[index] = bench->owners[bench->open_count];
        bench->places[bench->open[index]] = index + 1;
    }
}

static void remember(struct bench *bench, uint64_t order_id, uint64_t user_id)
{
    bench->open[bench->open_count] = order_id;
    bench->owners[bench->open_count] = user_id;
    bench->open_count++;
    bench->places[order_id] = bench->open_count;
}

/* Learn from the events which orders are open. */
static void learn(struct bench *bench)
{
    const struct fx_event_result *result = &bench->events.items[bench->events.count - 1].u.result;
    bench->events_count += bench->events.count;
    bench->rejects += result->reject.status != FX_OK ? 1 : 0;
    for (uint32_t index = 0; index < bench->events.count; index++) {
        const struct fx_event *event = &bench->events.items[index];
        bench->trades += event->kind == FX_EVENT_TRADE ? 1 : 0;
        if (event->kind != FX_EVENT_ORDER) {
            continue;
        }
        const uint64_t order_id = event->u.order.order_id;
        const bool is_open = event->u.order.status == FX_ORDER_STATUS_ACTIVE ||
                             event->u.order.status == FX_ORDER_STATUS_PARTIALLY_FILLED;
        if (is_open && bench->places[order_id] == 0 && bench->open_count < OPEN_MAX) {
            remember(bench, order_id, event->u.order.user_id);
        } else if (!is_open && bench->places[order_id] != 0) {
            forget(bench, bench->places[order_id] - 1);
        }
    }
}

static void set_up(struct bench *bench)
{
    struct fx_engine_limits limits;
    bench->engine = create_engine(&limits);
    bench->events.capacity = fx_engine_events_max(&limits);
    bench->events.items = calloc(bench->events.capacity, sizeof *bench->events.items);
    bench->mid = MID_TICKS;
    bench->places = calloc(bench->options.commands + 1, sizeof *bench->places);
    if (bench->events.items == NULL || bench->places == NULL) {
        abort();
    }
    fx_rng_init(&bench->rng, 1);
    for (uint32_t symbol = 0; symbol < bench->options.symbols; symbol++) {
        list(bench, symbol);
        mark(bench, symbol);
    }
    for (uint64_t user_id = 1; user_id <= bench->options.accounts; user_id++) {
        open_account(bench, user_id);
    }
}

/* Make the stream: this pass is not timed. */
static void make_stream(struct bench *bench)
{
    for (uint64_t count = 0; count < bench->options.commands; count++) {
        if (count % MARK_EVERY == 0) {
            bench->mid += fx_rng_between(&bench->rng, -3, 3);
            mark(bench, (uint32_t)fx_rng_below(&bench->rng, bench->options.symbols));
            continue;
        }
        struct fx_command command = next_command(bench);
        run(bench, &command);
        learn(bench);
    }
}

struct pass {
    uint64_t cpu_ns;
    uint64_t commands;
    uint64_t hash;
};

/* The next stored command; false at the end. */
static bool read_next(const struct bench *bench, size_t *at, struct fx_command *command_out)
{
    uint32_t size = 0;
    if (*at >= bench->log_size) {
        return false;
    }
    memcpy(&size, bench->log + *at, sizeof size);
    *at += sizeof size;
    if (fx_command_decode((fx_str){bench->log + *at, size}, command_out) != FX_OK) {
        abort();
    }
    *at += size;
    return true;
}

/* The stored stream into an empty engine; the first `from` commands, the set-up, are not timed.
 * Commands are decoded a few ahead where `is_looking_ahead`, so that memory can be asked for. */
static struct pass replay(const struct bench *bench, uint64_t from, bool is_looking_ahead)
{
    enum { RING = FX_ENGINE_PREFETCH_MAX + 1 };
    struct fx_engine_limits limits;
    struct fx_engine *engine = create_engine(&limits);
    struct fx_events events = bench->events;
    static struct fx_command ring[RING];
    size_t at = 0;
    uint64_t commands = 0, filled = 0, start_ns = 0;
    const uint64_t ahead = is_looking_ahead ? FX_ENGINE_PREFETCH_MAX : 0;
    bool has_more = true;
    while (has_more || commands < filled) {
        while (has_more && filled <= commands + ahead) {
            has_more = read_next(bench, &at, &ring[filled % RING]);
            filled += has_more ? 1 : 0;
        }
        if (commands == filled) {
            break;
        }
        if (commands == from) {
            start_ns = thread_ns();
        }
        for (uint32_t step = 1; step <= ahead && commands + step < filled; step++) {
            fx_engine_prefetch(engine, &ring[(commands + step) % RING], step);
        }
        fx_engine_apply(engine, &ring[commands % RING], &events);
        commands++;
    }
    const struct pass pass = {
        .cpu_ns = thread_ns() - start_ns,
        .commands = commands - from,
        .hash = fx_engine_hash(engine),
    };
    free(engine);
    return pass;
}

static bool parse(int count, char **words, struct options *options)
{
    *options = (struct options){
        .commands = COMMANDS_DEFAULT, .accounts = ACCOUNTS_DEFAULT, .symbols = 1, .runs = 1};
    for (int index = 1; index < count; index++) {
        uint64_t number = 0;
        if (strcmp(words[index], "--json") == 0) {
            options->is_json = true;
            continue;
        }
        if (index + 1 == count || !fx_str_parse_u64(fx_str_of(words[index + 1]), &number) ||
            number == 0) {
            return false;
        }
        if (strcmp(words[index], "--n") == 0) {
            options->commands = number;
        } else if (strcmp(words[index], "--accounts") == 0 && number <= 50000) {
            options->accounts = (uint32_t)number;
        } else if (strcmp(words[index], "--symbols") == 0 && number <= 8) {
            options->symbols = (uint32_t)number;
        } else if (strcmp(words[index], "--runs") == 0 && number <= RUNS_MAX) {
            options->runs = (uint32_t)number;
        } else {
            return false;
        }
        index++;
    }
    return true;
}

/* Keep the passes in order of time, so that the median is in the middle. */
static void insert(struct pass *passes, uint32_t count, struct pass pass)
{
    while (count > 0 && passes[count - 1].cpu_ns > pass.cpu_ns) {
        passes[count] = passes[count - 1];
        count--;
    }
    passes[count] = pass;
}

/* A rate in millions with two digits, without floating point; the median of all runs, the best. */
static void print_passes(const char *name, const struct pass *passes, uint32_t runs)
{
    const struct pass *pass = &passes[runs / 2];
    const uint64_t rate = pass->commands * 1000000000U / (pass->cpu_ns + 1);
    const uint64_t tenths = pass->cpu_ns * 10 / (pass->commands + 1);
    const uint64_t best_tenths = passes[0].cpu_ns * 10 / (pass->commands + 1);
    (void)printf("%-8s %10llu commands/s  %llu.%llu ns/command  best %llu.%llu\n",
                 name,
                 (unsigned long long)rate,
                 (unsigned long long)(tenths / 10),
                 (unsigned long long)(tenths % 10),
                 (unsigned long long)(best_tenths / 10),
                 (unsigned long long)(best_tenths % 10));
}

static void report(const struct bench *bench, const struct pass *live, const struct pass *again)
{
    const uint64_t commands = bench->options.commands;
    const uint32_t median = bench->options.runs / 2;
    const uint64_t per_hundred = bench->events_count * 100 / commands;
    if (bench->options.is_json) {
        (void)printf("{\"commands\":%llu,\"live_ns\":%llu,\"replay_ns\":%llu,\"events\":%llu,"
                     "\"trades\":%llu,\"rejects\":%llu,\"hash\":\"%016llx\"}\n",
                     (unsigned long long)live[median].commands,
                     (unsigned long long)live[median].cpu_ns,
                     (unsigned long long)again[median].cpu_ns,
                     (unsigned long long)bench->events_count,
                     (unsigned long long)bench->trades,
                     (unsigned long long)bench->rejects,
                     (unsigned long long)live->hash);
        return;
    }
    print_passes("live", live, bench->options.runs);
    print_passes("replay", again, bench->options.runs);
    (void)printf("%llu commands, %llu.%02llu events/command, %llu trades, %llu rejects, "
                 "hash %016llx\n",
                 (unsigned long long)commands,
                 (unsigned long long)(per_hundred / 100),
                 (unsigned long long)(per_hundred % 100),
                 (unsigned long long)bench->trades,
                 (unsigned long long)bench->rejects,
                 (unsigned long long)live->hash);
}

int main(int count, char **words)
{
    struct bench bench;
    memset(&bench, 0, sizeof bench);
    if (!parse(count, words, &bench.options)) {
        (void)fprintf(stderr,
                      "usage: bench_engine [--json] [--n N] [--accounts N] [--symbols N] "
                      "[--runs N]\n");
        return 2;
    }
    set_up(&bench);
    const uint64_t from = bench.sequence;
    make_stream(&bench);
    const uint64_t hash = fx_engine_hash(bench.engine);
    static struct pass live[RUNS_MAX], again[RUNS_MAX];
    bool is_agreed = true;
    for (uint32_t index = 0; index < bench.options.runs; index++) {
        const struct pass one = replay(&bench, from, false);
        const struct pass other = replay(&bench, from, true);
        is_agreed = is_agreed && one.hash == hash && other.hash == hash;
        insert(live, index, one);
        insert(again, index, other);
    }
    report(&bench, live, again);
    free(bench.log);
    free(bench.places);
    free(bench.events.items);
    free(bench.engine);
    if (!is_agreed) {
        (void)fprintf(stderr, "the passes do not agree\n");
        return 1;
    }
    return 0;
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
