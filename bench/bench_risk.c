/**
 * @file bench_risk.c
 * What marks and liquidations cost.
 *
 *     bench_risk [--positions N] [--liquidations N]
 *
 * 1. A mark tick that crosses nothing, with N open positions on the symbol (default 1,000,000).
 * 2. N isolated longs (default 10,000) that one mark makes bankrupt, all told, from that mark to
 * the last TICK: sold in the book, taken over by the fund, and closed against opposite positions.
 * Thread CPU time around fx_engine_apply() alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/engine.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

enum {
    POSITIONS_DEFAULT = 1000000,
    LIQUIDATIONS_DEFAULT = 10000,
    MID_TICKS = 100000,
    TICKS = 20000,
    SHORTS = 100 /* who sold to the longs */
};

enum sink { SINK_BOOK = 0, SINK_FUND = 1, SINK_ADL = 2 };

struct bench {
    struct fx_engine *engine;
    struct fx_events events;
    uint64_t liquidations;
    uint64_t commands;
};

static uint64_t thread_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static void create(struct bench *bench, uint32_t accounts)
{
    struct fx_engine_limits limits = fx_engine_default_limits();
    limits.accounts_max = accounts;
    limits.positions_max = accounts;
    limits.instruments_max = 1;
    limits.client_ids_max = 16;
    const size_t size = fx_engine_size(&limits);
    void *memory = aligned_alloc(64, size);
    memset(bench, 0, sizeof *bench);
    bench->events.capacity = fx_engine_events_max(&limits);
    bench->events.items = calloc(bench->events.capacity, sizeof *bench->events.items);
    if (memory == NULL || bench->events.items == NULL) {
        (void)fprintf(stderr, "out of memory\n");
        abort();
    }
    memset(memory, 0, size);
    bench->engine = fx_engine_init(memory, &limits);
}

static void destroy(struct bench *bench)
{
    free(bench->engine);
    free(bench->events.items);
}

static struct fx_command command_of(enum fx_command_kind kind, uint64_t user_id)
{
    struct fx_command command;
    memset(&command, 0, sizeof command);
    command.kind = (uint16_t)kind;
    command.user_id = user_id;
    return command;
}

static fx_status run(struct bench *bench, struct fx_command *command)
{
    command->sequence = fx_engine_sequence(bench->engine) + 1;
    command->time_us = 1000000;
    fx_engine_apply(bench->engine, command, &bench->events);
    bench->commands++;
    return bench->events.items[bench->events.count - 1].u.result.reject.status;
}

static void must(struct bench *bench, struct fx_command *command)
{
    const fx_status status = run(bench, command);
    if (status != FX_OK) {
        (void)fprintf(stderr, "kind %u: %s\n", command->kind, fx_status_name(status));
        abort();
    }
}

static struct fx_asset usdt(void)
{
    struct fx_asset asset;
    (void)fx_ids_asset(FX_STR("USDT"), &asset);
    return asset;
}

static void mark(struct bench *bench, int64_t ticks)
{
    struct fx_command command = command_of(FX_COMMAND_MARK_PRICE, 0);
    command.u.mark.mark_ticks = ticks;
    command.u.mark.index_ticks = ticks;
    must(bench, &command);
}

static void list(struct bench *bench)
{
    struct fx_command command = command_of(FX_COMMAND_UPDATE_INSTRUMENT, 0);
    struct fx_instrument *instrument = &command.u.instrument;
    instrument->tick_size = fx_dec_one() / 100;
    instrument->lot_size = fx_dec_one() / 1000;
    instrument->multiplier = fx_dec_one();
    instrument->min_lots = 1;
    instrument->max_lots = 1000000000;
    instrument->max_market_lots = 1000000000;
    instrument->max_ticks = 10000000;
    instrument->market_take_bound_ppb = 50000000;
    instrument->liquidation_fee_ppb = 5000000;
    instrument->leverage_max_centi = 10000;
    instrument->orders_max = 10000;
    instrument->algo_orders_max = 10;
    instrument->funding_interval_s = 28800;
    instrument->state = FX_INSTRUMENT_STATE_PENDING;
    instrument->contract_type = FX_CONTRACT_TYPE_USD_M;
    instrument->kind = FX_INSTRUMENT_KIND_PERPETUAL;
    (void)fx_ids_symbol(FX_STR("BTCUSDT"), &instrument->symbol);
    (void)fx_ids_asset(FX_STR("BTC"), &instrument->base);
    instrument->quote = usdt();
    instrument->settle = usdt();
    must(bench, &command);
    command = command_of(FX_COMMAND_LOAD_LEVERAGE_MARGIN, 0);
    command.u.tiers.count = 1;
    command.u.tiers.tiers[0].cap = fx_dec_limit() - 1;
    command.u.tiers.tiers[0].rate_ppb = 5000000;
    command.u.tiers.tiers[0].leverage_max_centi = 10000;
    must(bench, &command);
    command = command_of(FX_COMMAND_SET_STATE, 0);
    command.u.set_state.state = FX_INSTRUMENT_STATE_TRADING;
    must(bench, &command);
    mark(bench, MID_TICKS);
}

static void open_account(struct bench *bench, uint64_t user_id, int64_t amount)
{
    struct fx_command command = command_of(FX_COMMAND_CREATE_ACCOUNT, user_id);
    command.u.account.asset = usdt();
    must(bench, &command);
    command = command_of(FX_COMMAND_DEPOSIT, user_id);
    command.u.transfer.asset = usdt();
    command.u.transfer.amount = fx_dec_one() * amount;
    must(bench, &command);
}

static void order(
    struct bench *bench, uint64_t user_id, enum fx_side side, int64_t ticks, int64_t lots)
{
    struct fx_command command = command_of(FX_COMMAND_PLACE_ORDER, user_id);
    command.u.place.price_ticks = ticks;
    command.u.place.lots = lots;
    command.u.place.side = (uint8_t)side;
    command.u.place.type = FX_ORDER_TYPE_LIMIT;
    command.u.place.time_in_force = FX_TIME_IN_FORCE_GTC;
    must(bench, &command);
}

/* Longs and shorts in pairs, at a distance of 9,500 ticks from their liquidation. */
static void quiet_ticks(uint32_t positions)
{
    struct bench bench;
    create(&bench, positions + 2);
    list(&bench);
    for (uint64_t user_id = 1; user_id + 1 <= positions; user_id += 2) {
        open_account(&bench, user_id, 100);
        open_account(&bench, user_id + 1, 100);
        order(&bench, user_id, FX_SIDE_SELL, MID_TICKS, 1000 - (int64_t)(user_id % 97));
        order(&bench, user_id + 1, FX_SIDE_BUY, MID_TICKS, 1000 - (int64_t)(user_id % 97));
    }
    const uint64_t start = thread_ns();
    for (int64_t tick = 0; tick < TICKS; tick++) {
        mark(&bench, MID_TICKS + tick % 200 - 100);
    }
    const uint64_t spent = thread_ns() - start;
    (void)printf("%u positions, a mark that crosses nothing: %llu ns\n",
                 positions,
                 (unsigned long long)(spent / TICKS));
    destroy(&bench);
}

static void count_steps(struct bench *bench)
{
    for (uint32_t index = 0; index < bench->events.count; index++) {
        const struct fx_event *event = &bench->events.items[index];
        if (event->kind == FX_EVENT_LIQUIDATION &&
            event->u.liquidation.step == FX_LIQUIDATION_STEP_DONE) {
            bench->liquidations++;
        }
    }
}

static void set_up_longs(struct bench *bench, uint32_t longs, enum sink sink)
{
    struct fx_command command = command_of(FX_COMMAND_ADJUST_LEVERAGE, 0);
    list(bench);
    for (uint64_t user_id = 1; user_id <= SHORTS; user_id++) {
        open_account(bench, user_id, 1000000000);
    }
    for (uint64_t user_id = SHORTS + 1; user_id <= SHORTS + longs; user_id++) {
        open_account(bench, user_id, 100);
        command = command_of(FX_COMMAND_ADJUST_LEVERAGE, user_id);
        command.u.leverage.leverage_centi = 5000;
        command.u.leverage.margin_mode = FX_MARGIN_MODE_ISOLATED;
        must(bench, &command);
        order(bench, 1 + user_id % SHORTS, FX_SIDE_SELL, MID_TICKS, 1000);
        order(bench, user_id, FX_SIDE_BUY, MID_TICKS, 1000);
    }
    if (sink == SINK_BOOK) {
        order(bench, 1, FX_SIDE_BUY, MID_TICKS - 1900, (int64_t)longs * 1000);
    } else if (sink == SINK_FUND) {
        command = command_of(FX_COMMAND_FUND_INSURANCE, 0);
        command.u.fund_insurance.asset = usdt();
        command.u.fund_insurance.amount = fx_dec_one() * 1000000000;
        must(bench, &command);
    }
}

static void liquidations(uint32_t longs, enum sink sink)
{
    static const char *const NAMES[] = {"sold in the book", "taken over", "deleveraged"};
    struct bench bench;
    create(&bench, longs + SHORTS + 2);
    set_up_longs(&bench, longs, sink);
    const uint64_t commands = bench.commands;
    uint64_t longest = 0;
    struct fx_command tick = command_of(FX_COMMAND_TICK, 0);
    const uint64_t start = thread_ns();
    mark(&bench, MID_TICKS - 2500);
    longest = thread_ns() - start;
    count_steps(&bench);
    while (fx_engine_next_due_us(bench.engine) <= 1000000) {
        const uint64_t before = thread_ns();
        must(&bench, &tick);
        const uint64_t spent = thread_ns() - before;
        longest = spent > longest ? spent : longest;
        count_steps(&bench);
    }
    const uint64_t spent = thread_ns() - start;
    (void)printf("%llu of %u longs %s: %.1f ms in %llu commands, the longest %.1f ms\n",
                 (unsigned long long)bench.liquidations,
                 longs,
                 NAMES[sink],
                 (double)spent / 1e6,
                 (unsigned long long)(bench.commands - commands),
                 (double)longest / 1e6);
    fx_engine_check(bench.engine);
    if (bench.liquidations != longs) {
        (void)fprintf(stderr, "some were left\n");
        abort();
    }
    destroy(&bench);
}

int main(int count, char **words)
{
    uint64_t positions = POSITIONS_DEFAULT, longs = LIQUIDATIONS_DEFAULT;
    for (int index = 1; index + 1 < count; index += 2) {
        uint64_t *number = strcmp(words[index], "--positions") == 0 ? &positions : &longs;
        if (!fx_str_parse_u64(fx_str_of(words[index + 1]), number) || *number == 0 ||
            *number > 10000000) {
            (void)fprintf(stderr, "usage: bench_risk [--positions N] [--liquidations N]\n");
            return 2;
        }
    }
    quiet_ticks((uint32_t)positions);
    for (enum sink sink = SINK_BOOK; sink <= SINK_ADL; sink++) {
        liquidations((uint32_t)longs, sink);
    }
    return 0;
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
