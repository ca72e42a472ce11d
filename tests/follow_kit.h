/**
 * @file follow_kit.h
 * A random market as a stream of commands, and a local bus with the topics of the engine: for tests
 * of those who follow and lead a log.
 * Thread: the test's own.
 */
#ifndef FX_TESTS_FOLLOW_KIT_H
#define FX_TESTS_FOLLOW_KIT_H

#include <stdio.h>

#include "base/rng.h"
#include "bus/bus_disk.h"
#include "bus/bus_local.h"
#include "bus/bus_local_side.h"
#include "engine_kit.h"
#include "worker/worker_host.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

enum { FOLLOW_KIT_USERS = 6, FOLLOW_KIT_SYMBOLS = 2 };

/** What comes next: first two symbols and six users, then trading without end. */
struct follow_kit_stream {
    struct fx_rng rng;
    uint32_t count;
    int64_t mid[FOLLOW_KIT_SYMBOLS];
};

static inline struct fx_engine_limits follow_kit_limits(void)
{
    struct fx_engine_limits limits = engine_kit_limits();
    limits.client_ids_max = 64;
    return limits;
}

static inline void follow_kit_init(struct follow_kit_stream *stream, uint64_t seed)
{
    memset(stream, 0, sizeof *stream);
    fx_rng_init(&stream->rng, seed);
    stream->mid[0] = 1000;
    stream->mid[1] = 300;
}

static inline int64_t follow_kit_between(struct follow_kit_stream *stream,
                                         int64_t low,
                                         int64_t high)
{
    return fx_rng_between(&stream->rng, low, high);
}

/* One of the first commands of a symbol. */
static inline struct fx_command follow_kit_listing(uint32_t symbol, uint32_t step)
{
    static const char *const NAMES[FOLLOW_KIT_SYMBOLS] = {"BTCUSDT", "ETHUSDT"};
    struct fx_command command =
        engine_kit_command(FX_COMMAND_UPDATE_INSTRUMENT, FX_COMMAND_ALL_INSTRUMENTS, 0);
    if (step == 0) {
        command.u.instrument = engine_kit_definition(NAMES[symbol]);
        command.u.instrument.tick_size = engine_kit_decimal(symbol == 0 ? "0.5" : "0.01");
        command.u.instrument.lot_size = engine_kit_decimal("0.001");
        command.u.instrument.maker_fee_ppb = -100000;
        command.u.instrument.taker_fee_ppb = 500000;
        return command;
    }
    command.instrument = symbol;
    command.kind = (uint16_t)(step == 1   ? FX_COMMAND_LOAD_LEVERAGE_MARGIN
                              : step == 2 ? FX_COMMAND_SET_STATE
                                          : FX_COMMAND_MARK_PRICE);
    memset(&command.u, 0, sizeof command.u);
    if (step == 1) {
        command.u.tiers.count = 1;
        command.u.tiers.tiers[0].cap = fx_dec_limit() - 1;
        command.u.tiers.tiers[0].rate_ppb = 5000000;
        command.u.tiers.tiers[0].leverage_max_centi = 10000;
    } else if (step == 2) {
        command.u.set_state.state = FX_INSTRUMENT_STATE_TRADING;
    } else {
        command.u.mark.mark_ticks = symbol == 0 ? 1000 : 300;
        command.u.mark.index_ticks = command.u.mark.mark_ticks;
    }
    return command;
}

static inline struct fx_command follow_kit_user(uint64_t user_id, bool is_deposit)
{
    struct fx_command command =
        engine_kit_command(is_deposit ? FX_COMMAND_DEPOSIT : FX_COMMAND_CREATE_ACCOUNT,
                           FX_COMMAND_ALL_INSTRUMENTS,
                           user_id);
    if (is_deposit) {
        command.u.transfer.asset = engine_kit_asset("USDT");
        command.u.transfer.amount = engine_kit_decimal("2");
        command.u.transfer.type = FX_TRANSACTION_DEPOSIT;
    } else {
        command.u.account.asset = engine_kit_asset("USDT");
    }
    return command;
}

static inline struct fx_command follow_kit_order(struct follow_kit_stream *stream)
{
    const uint32_t symbol = (uint32_t)follow_kit_between(stream, 0, FOLLOW_KIT_SYMBOLS - 1);
    const uint64_t user_id = (uint64_t)follow_kit_between(stream, 1, FOLLOW_KIT_USERS);
    struct fx_command command = engine_kit_command(FX_COMMAND_PLACE_ORDER, symbol, user_id);
    struct fx_command_place *place = &command.u.place;
    const bool is_market = follow_kit_between(stream, 0, 9) == 0;
    place->side = follow_kit_between(stream, 0, 1) == 0 ? FX_SIDE_BUY : FX_SIDE_SELL;
    place->type = is_market ? FX_ORDER_TYPE_MARKET : FX_ORDER_TYPE_LIMIT;
    place->time_in_force = is_market ? FX_TIME_IN_FORCE_IOC : FX_TIME_IN_FORCE_GTC;
    place->lots = follow_kit_between(stream, 1, 40);
    place->price_ticks = is_market ? 0 : stream->mid[symbol] + follow_kit_between(stream, -8, 8);
    place->leverage_centi = follow_kit_between(stream, 0, 5) == 0 ? 5000 : 0;
    place->tmp_id = (uint64_t)stream->count + 1;
    if (follow_kit_between(stream, 0, 5) == 0) {
        char text[24];
        (void)snprintf(text, sizeof text, "c%u", stream->count);
        (void)fx_ids_client_id(fx_str_of(text), &place->client_id);
    }
    return command;
}

/** The next command: kind, instrument, user and payload. */
static inline struct fx_command follow_kit_next(struct follow_kit_stream *stream)
{
    const uint32_t number = stream->count++;
    if (number < 4 * FOLLOW_KIT_SYMBOLS) {
        return follow_kit_listing(number / 4, number % 4);
    }
    if (number < 4 * FOLLOW_KIT_SYMBOLS + 2 * FOLLOW_KIT_USERS) {
        const uint32_t at = number - 4 * FOLLOW_KIT_SYMBOLS;
        return follow_kit_user(1 + at / 2, at % 2 == 1);
    }
    const int64_t what = follow_kit_between(stream, 0, 99);
    const uint32_t symbol = (uint32_t)follow_kit_between(stream, 0, FOLLOW_KIT_SYMBOLS - 1);
    const uint64_t user_id = (uint64_t)follow_kit_between(stream, 1, FOLLOW_KIT_USERS);
    if (what < 6) { /* jumps that liquidate now and then */
        struct fx_command command = engine_kit_command(FX_COMMAND_MARK_PRICE, symbol, 0);
        const int64_t jump = stream->mid[symbol] / 12;
        stream->mid[symbol] += follow_kit_between(stream, -jump, jump);
        command.u.mark.mark_ticks = stream->mid[symbol];
        command.u.mark.index_ticks = stream->mid[symbol];
        return command;
    }
    if (what < 14) {
        struct fx_command command = engine_kit_command(FX_COMMAND_CANCEL_ALL, symbol, user_id);
        command.u.cancel_all.scope = FX_CANCEL_SCOPE_ALL;
        return command;
    }
    return what < 20 ? follow_kit_user(user_id, true) : follow_kit_order(stream);
}

/** A bus in memory with one partition of each of the engine's topics. */
static inline struct fx_bus *follow_kit_bus(void)
{
    const struct fx_bus_local_options options = {.dir = NULL};
    static const char *const NAMES[] = {
        "matching_engine_input", "matching_engine_output", "me_hash", "matching_engine_quarantine"};
    enum { COUNT = sizeof NAMES / sizeof NAMES[0] };
    struct fx_bus_topic topics[COUNT];
    for (size_t index = 0; index < COUNT; index++) {
        topics[index] = (struct fx_bus_topic){
            .name = fx_str_of(NAMES[index]), .partitions = 1, .retention_ms = -1};
    }
    struct fx_bus *bus = NULL;
    fx_status status = fx_bus_local_open(&options, &bus);
    assert(status == FX_OK);
    status = fx_bus_make(bus, topics, COUNT, 0);
    assert(status == FX_OK);
    (void)status;
    return bus;
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

#endif
