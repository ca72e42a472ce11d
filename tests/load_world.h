/**
 * @file load_world.h
 * Rich users and all that may wait for something: orders with a take profit and a stop loss, before
 * they fill and after; those of positions; conditional orders. For tests of loads: nobody is short
 * of money, so what a load does not know (the mark that an order was placed at) decides nothing.
 * Thread: the test's own.
 */
#ifndef FX_TESTS_LOAD_WORLD_H
#define FX_TESTS_LOAD_WORLD_H

#include "base/rng.h"
#include "engine_kit.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

enum { LOAD_WORLD_USERS = 5, LOAD_WORLD_SYMBOLS = 2, LOAD_WORLD_HEDGER = 5 };

struct load_world {
    struct fx_rng rng;
    int64_t mid[LOAD_WORLD_SYMBOLS];
};

static inline int64_t load_world_between(struct load_world *world, int64_t low, int64_t high)
{
    return fx_rng_between(&world->rng, low, high);
}

static inline bool load_world_chance(struct load_world *world, int64_t percent)
{
    return load_world_between(world, 1, 100) <= percent;
}

/** `say` is given each command, which it must apply. */
typedef void (*load_world_say_fn)(void *context, struct fx_command *command);

static inline struct fx_command load_world_mark(const struct load_world *world, uint32_t symbol)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_MARK_PRICE, symbol, 0);
    command.u.mark.mark_ticks = world->mid[symbol];
    command.u.mark.index_ticks = world->mid[symbol];
    return command;
}

/** Symbols that trade, users with money, one of them in hedge mode. */
static inline void load_world_begin(struct load_world *world,
                                    uint64_t seed,
                                    load_world_say_fn say,
                                    void *context)
{
    static const char *const NAMES[LOAD_WORLD_SYMBOLS] = {"BTCUSDT", "ETHUSDT"};
    struct fx_command command;
    fx_rng_init(&world->rng, seed);
    for (uint32_t symbol = 0; symbol < LOAD_WORLD_SYMBOLS; symbol++) {
        world->mid[symbol] = 1000 * (symbol + 1);
        command = engine_kit_command(FX_COMMAND_UPDATE_INSTRUMENT, FX_COMMAND_ALL_INSTRUMENTS, 0);
        command.u.instrument = engine_kit_definition(NAMES[symbol]);
        command.u.instrument.lot_size = engine_kit_decimal("0.001");
        command.u.instrument.taker_fee_ppb = 500000;
        command.u.instrument.algo_orders_max = 60;
        say(context, &command);
        command = engine_kit_command(FX_COMMAND_LOAD_LEVERAGE_MARGIN, symbol, 0);
        command.u.tiers.count = 1;
        command.u.tiers.tiers[0].cap = fx_dec_limit() - 1;
        command.u.tiers.tiers[0].rate_ppb = 5000000;
        command.u.tiers.tiers[0].leverage_max_centi = 10000;
        say(context, &command);
        command = engine_kit_command(FX_COMMAND_SET_STATE, symbol, 0);
        command.u.set_state.state = FX_INSTRUMENT_STATE_TRADING;
        say(context, &command);
        command = load_world_mark(world, symbol);
        say(context, &command);
    }
    for (uint64_t user_id = 1; user_id <= LOAD_WORLD_USERS; user_id++) {
        command =
            engine_kit_command(FX_COMMAND_CREATE_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, user_id);
        command.u.account.asset = engine_kit_asset("USDT");
        say(context, &command);
        command = engine_kit_command(FX_COMMAND_DEPOSIT, FX_COMMAND_ALL_INSTRUMENTS, user_id);
        command.u.transfer.asset = engine_kit_asset("USDT");
        command.u.transfer.amount = engine_kit_decimal("1000000000");
        command.u.transfer.type = FX_TRANSACTION_DEPOSIT;
        say(context, &command);
    }
    command = engine_kit_command(
        FX_COMMAND_SET_POSITION_MODE, FX_COMMAND_ALL_INSTRUMENTS, LOAD_WORLD_HEDGER);
    command.u.position_mode.is_hedge = 1;
    say(context, &command);
}

/* Mostly on the sides on which they may lie. */
static inline void load_world_protect(struct load_world *world,
                                      int64_t begin,
                                      struct engine_kit_order *order)
{
    const int64_t sign = order->side == FX_SIDE_BUY ? 1 : -1;
    if (load_world_chance(world, 75)) {
        order->take_profit_ticks = begin + sign * load_world_between(world, 1, 12);
        order->take_profit_source = (enum fx_trigger_source)load_world_between(world, 1, 3);
        order->take_profit_limit_ticks =
            load_world_chance(world, 35)
                ? order->take_profit_ticks + sign * load_world_between(world, -1, 3)
                : 0;
    }
    if (load_world_chance(world, 75)) {
        order->stop_loss_ticks = begin - sign * load_world_between(world, 1, 12);
        order->stop_loss_source = (enum fx_trigger_source)load_world_between(world, 1, 3);
        order->stop_loss_limit_ticks =
            load_world_chance(world, 35)
                ? order->stop_loss_ticks + sign * load_world_between(world, -1, 3)
                : 0;
    }
}

static inline struct fx_command load_world_order(struct load_world *world)
{
    struct engine_kit_order order = {
        .user_id = (uint64_t)load_world_between(world, 1, LOAD_WORLD_USERS),
        .side = load_world_chance(world, 50) ? FX_SIDE_BUY : FX_SIDE_SELL,
        .lots = load_world_between(world, 1, 30),
        .instrument = (uint32_t)load_world_between(world, 0, LOAD_WORLD_SYMBOLS - 1)};
    const int64_t mid = world->mid[order.instrument];
    const int64_t what = load_world_between(world, 0, 99);
    if (order.user_id == LOAD_WORLD_HEDGER) {
        order.position_side =
            load_world_chance(world, 50) ? FX_POSITION_SIDE_LONG : FX_POSITION_SIDE_SHORT;
    }
    if (what < 15) {
        order.type = FX_ORDER_TYPE_MARKET;
        order.tif = FX_TIME_IN_FORCE_IOC;
    } else if (what < 25) {
        order.type = load_world_chance(world, 50) ? FX_ORDER_TYPE_STOP_LIMIT
                                                  : FX_ORDER_TYPE_TAKE_PROFIT_LIMIT;
        order.ticks = mid + load_world_between(world, -8, 8);
        order.trigger_ticks = mid + load_world_between(world, -10, 10);
        order.source = (enum fx_trigger_source)load_world_between(world, 1, 3);
    } else {
        order.ticks = mid + load_world_between(world, -6, 6);
        order.is_reduce_only = what < 33;
    }
    if (!order.is_reduce_only && load_world_chance(world, 60)) {
        load_world_protect(world, order.ticks == 0 ? mid : order.ticks, &order);
    }
    return engine_kit_place_command(&order);
}

/* Of one of the last orders. */
static inline struct fx_command load_world_change(struct load_world *world, uint64_t next_order_id)
{
    const int64_t what = load_world_between(world, 0, 99);
    const int64_t back = load_world_between(world, 1, 40);
    const uint64_t order_id = next_order_id > (uint64_t)back ? next_order_id - (uint64_t)back : 1;
    const uint64_t user_id = (uint64_t)load_world_between(world, 1, LOAD_WORLD_USERS);
    const uint32_t symbol = (uint32_t)load_world_between(world, 0, LOAD_WORLD_SYMBOLS - 1);
    const int64_t mid = world->mid[symbol];
    struct fx_command command =
        engine_kit_command(FX_COMMAND_CANCEL_ORDER, FX_COMMAND_ALL_INSTRUMENTS, user_id);
    command.u.cancel.order_id = order_id;
    if (what < 30) {
        struct fx_command_protection *protection = &command.u.order_tp_sl.protection;
        command = engine_kit_command(FX_COMMAND_ADJUST_ORDER_TP_SL, symbol, user_id);
        command.u.order_tp_sl.order_id = order_id;
        protection->take_profit_ticks = mid + load_world_between(world, -12, 12);
        protection->stop_loss_ticks =
            load_world_chance(world, 50) ? FX_COMMAND_TP_SL_KEEP : mid - 9;
        protection->take_profit_source = FX_TRIGGER_SOURCE_MARK;
        protection->stop_loss_source = FX_TRIGGER_SOURCE_LAST;
    } else if (what < 50) {
        command = engine_kit_command(FX_COMMAND_ADJUST_TP_SL, symbol, user_id);
        command.u.tp_sl.take_profit_ticks = mid + load_world_between(world, -20, 20);
        command.u.tp_sl.stop_loss_ticks = mid + load_world_between(world, -20, 20);
        command.u.tp_sl.take_profit_source = FX_TRIGGER_SOURCE_LAST;
        command.u.tp_sl.stop_loss_source = FX_TRIGGER_SOURCE_INDEX;
    } else if (what < 70) { /* what waits moves to another price; what rests keeps its place */
        command =
            engine_kit_command(FX_COMMAND_AMEND_CONDITIONAL, FX_COMMAND_ALL_INSTRUMENTS, user_id);
        command.u.amend_conditional.amend.order_id = order_id;
        command.u.amend_conditional.trigger_ticks = mid + load_world_between(world, -12, 12);
    }
    return command;
}

/** What comes next; `next_order_id` of the engine that it is for. */
static inline struct fx_command load_world_next(struct load_world *world, uint64_t next_order_id)
{
    const int64_t what = load_world_between(world, 0, 99);
    const uint32_t symbol = (uint32_t)load_world_between(world, 0, LOAD_WORLD_SYMBOLS - 1);
    if (what < 8) {
        world->mid[symbol] += load_world_between(world, -5, 5);
        return load_world_mark(world, symbol);
    }
    if (what < 10) {
        return engine_kit_command(FX_COMMAND_TICK, FX_COMMAND_ALL_INSTRUMENTS, 0);
    }
    return what < 26 ? load_world_change(world, next_order_id) : load_world_order(world);
}

/* ---- the same future ---------------------------------------------------------------------------
 */

/** What the mark of their entry cost orders is not known any more. */
static inline void load_world_clear(struct fx_event *row)
{
    row->sequence = 0;
    row->index = 0;
    row->time_us = 0;
    if (row->kind == FX_EVENT_POSITION) {
        row->u.position.order_cost = 0;
        row->u.position.liquidation_ticks = 0;
        row->u.position.bankrupt_ticks = 0;
        row->u.position.adl_rank = 0;
    } else if (row->kind == FX_EVENT_ORDER) {
        row->u.order.order_margin = 0;
        if (!fx_order_status_is_final((enum fx_order_status)row->u.order.status)) {
            row->u.order.note = 0; /* why it was shortened once */
        }
    } else if (row->kind == FX_EVENT_MARK) {
        memset(&row->u, 0, sizeof row->u);
    }
}

/** Whether there is something that no row says: an order that waits for a later price than the one
 * that it began behind (a load lets it look at the price as it is), or one that stands behind
 * others with a larger id, for it fired later than they came (it stands where its id says). */
static inline bool load_world_has_more_than_rows(const struct fx_engine *engine)
{
    for (uint32_t slot = 0; slot < engine->trigger_used; slot++) {
        if (engine->triggers[slot].state == FX_TRIGGER_STATE_LATE) {
            return true;
        }
    }
    for (fx_slot order = 0; order < engine->order_used; order++) {
        const fx_slot newer = engine->resting[order].newer;
        if (engine->orders[order].order_id != 0 && engine->orders[order].is_resting != 0 &&
            newer != FX_SLOT_NONE &&
            engine->orders[newer].order_id < engine->orders[order].order_id) {
            return true;
        }
    }
    return false;
}

static inline void load_world_compare_events(const struct engine_kit *one,
                                             const struct engine_kit *other)
{
    assert_int_equal(one->result.reject.status, other->result.reject.status);
    assert_int_equal(one->events.count, other->events.count);
    for (uint32_t index = 0; index < one->events.count; index++) {
        struct fx_event left = one->events.items[index];
        struct fx_event right = other->events.items[index];
        if (left.kind == FX_EVENT_MARK) {
            continue;
        }
        load_world_clear(&left);
        load_world_clear(&right);
        assert_memory_equal(&left, &right, fx_event_size(&left));
    }
}

/** Both are told the same, `commands` times, and say the same. @return the fills of what protects
 * orders. */
static inline uint32_t load_world_live_on(struct load_world *world,
                                          struct engine_kit *one,
                                          struct engine_kit *other,
                                          uint32_t commands)
{
    uint32_t fills = 0;
    for (uint32_t count = 0; count < commands; count++) {
        struct fx_command command = count < LOAD_WORLD_SYMBOLS
                                        ? load_world_mark(world, count)
                                        : load_world_next(world, one->engine->next_order_id);
        struct fx_command same = command;
        (void)engine_kit_apply(one, &command);
        (void)engine_kit_apply(other, &same);
        if (count >= LOAD_WORLD_SYMBOLS) { /* the first marks say positions that had one before */
            load_world_compare_events(one, other);
        }
        for (uint32_t index = 0; index < one->events.count; index++) {
            const struct fx_event *event = &one->events.items[index];
            fills += event->kind == FX_EVENT_ORDER && event->u.order.parent_order_id != 0 &&
                             event->u.order.filled_value > 0
                         ? 1
                         : 0;
        }
    }
    return fills;
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

#endif
