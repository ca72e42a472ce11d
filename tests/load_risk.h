/**
 * @file load_risk.h
 * Users who risk what they have: little money at high leverage, isolated and
 * cross, one-way and hedged, in two assets; marks that jump; a fund that runs
 * dry; orders of every kind. For tests of what a load says of an exchange in
 * which positions are made smaller by others than their owners. Thread: the
 * test's own.
 */
#ifndef FX_TESTS_LOAD_RISK_H
#define FX_TESTS_LOAD_RISK_H

#include <stdio.h>

#include "engine/risk_int.h"
#include "engine/triggers_int.h"
#include "load_world.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

enum {
    LOAD_RISK_USERS = 8, /* the first two are rich, the last two hedge */
    LOAD_RISK_SYMBOLS = 3,
    LOAD_RISK_INVERSE = 1, /* this one is settled in BTC */
    LOAD_RISK_ENDING = 2   /* … and this one may end: the last one, so that the others stay */
};

struct load_risk {
    struct load_world draw;
    int64_t mid[LOAD_RISK_SYMBOLS];
    uint32_t count;
    bool has_ended;    /* the last symbol */
    bool is_of_tables; /* nothing that their columns cannot say: no post-only order slides */
};

static inline int64_t load_risk_between(struct load_risk *risk, int64_t low, int64_t high)
{
    return load_world_between(&risk->draw, low, high);
}

static inline bool load_risk_chance(struct load_risk *risk, int64_t percent)
{
    return load_world_chance(&risk->draw, percent);
}

/* Of those that there are. */
static inline uint32_t load_risk_symbol(struct load_risk *risk)
{
    return (uint32_t)load_risk_between(risk, 0, LOAD_RISK_SYMBOLS - (risk->has_ended ? 2 : 1));
}

static inline struct fx_asset load_risk_asset(uint32_t symbol)
{
    return engine_kit_asset(symbol == LOAD_RISK_INVERSE ? "BTC" : "USDT");
}

static inline struct fx_command load_risk_mark(const struct load_risk *risk, uint32_t symbol)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_MARK_PRICE, symbol, 0);
    command.u.mark.mark_ticks = risk->mid[symbol];
    command.u.mark.index_ticks = risk->mid[symbol];
    return command;
}

static inline void load_risk_list(struct load_risk *risk,
                                  uint32_t symbol,
                                  load_world_say_fn say,
                                  void *context)
{
    static const char *const CAPS[LOAD_RISK_SYMBOLS][2] = {
        {"40", "90"}, {"0.4", "0.9"}, {"60", "150"}};
    static const char *const NAMES[LOAD_RISK_SYMBOLS] = {"AUSDT", "BUSD", "CUSDT"};
    static const char *const TICKS[LOAD_RISK_SYMBOLS] = {"0.07", "0.5", "0.0013"};
    static const char *const LOTS[LOAD_RISK_SYMBOLS] = {"0.003", "1", "0.7"};
    struct fx_command command =
        engine_kit_command(FX_COMMAND_UPDATE_INSTRUMENT, FX_COMMAND_ALL_INSTRUMENTS, 0);
    struct fx_instrument *definition = &command.u.instrument;
    *definition = engine_kit_definition(NAMES[symbol]);
    definition->tick_size = engine_kit_decimal(TICKS[symbol]);
    definition->lot_size = engine_kit_decimal(LOTS[symbol]);
    definition->max_ticks = 100000;
    definition->liquidation_fee_ppb = load_risk_between(risk, 0, 2) * 3000001;
    definition->taker_fee_ppb = 300000;
    definition->maker_fee_ppb = -100000;
    definition->algo_orders_max = 40;
    if (symbol == LOAD_RISK_INVERSE) {
        definition->contract_type = FX_CONTRACT_TYPE_COIN_M;
        definition->multiplier = engine_kit_decimal("97");
        definition->settle = load_risk_asset(symbol);
    }
    say(context, &command);
    command = engine_kit_three_tiers(symbol, CAPS[symbol]);
    say(context, &command);
    command = engine_kit_command(FX_COMMAND_SET_STATE, symbol, 0);
    command.u.set_state.state = FX_INSTRUMENT_STATE_TRADING;
    say(context, &command);
    risk->mid[symbol] = 5000;
    command = load_risk_mark(risk, symbol);
    say(context, &command);
}

static inline struct fx_command load_risk_money(uint64_t user_id,
                                                uint32_t symbol,
                                                const char *amount)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_DEPOSIT, FX_COMMAND_ALL_INSTRUMENTS, user_id);
    command.u.transfer.asset = load_risk_asset(symbol);
    command.u.transfer.amount = engine_kit_decimal(amount);
    command.u.transfer.type = FX_TRANSACTION_DEPOSIT;
    return command;
}

/** Symbols that trade and users with some money, by the newest rules. */
static inline void load_risk_begin(struct load_risk *risk,
                                   uint64_t seed,
                                   load_world_say_fn say,
                                   void *context)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_SET_RULES, 0, 0);
    memset(risk, 0, sizeof *risk);
    fx_rng_init(&risk->draw.rng, seed);
    command.u.rules.version = FX_ENGINE_RULES_MAX;
    say(context, &command);
    for (uint32_t symbol = 0; symbol < LOAD_RISK_SYMBOLS; symbol++) {
        load_risk_list(risk, symbol, say, context);
    }
    for (uint64_t user_id = 1; user_id <= LOAD_RISK_USERS; user_id++) {
        for (uint32_t symbol = 0; symbol <= LOAD_RISK_INVERSE; symbol++) {
            command =
                engine_kit_command(FX_COMMAND_CREATE_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, user_id);
            command.u.account.asset = load_risk_asset(symbol);
            say(context, &command);
            command = load_risk_money(user_id,
                                      symbol,
                                      user_id <= 2                  ? "100000"
                                      : symbol == LOAD_RISK_INVERSE ? "0.05"
                                                                    : "4");
            say(context, &command);
        }
        if (user_id > LOAD_RISK_USERS - 2) {
            command = engine_kit_command(
                FX_COMMAND_SET_POSITION_MODE, FX_COMMAND_ALL_INSTRUMENTS, user_id);
            command.u.position_mode.is_hedge = 1;
            say(context, &command);
        }
    }
}

/* ---- orders
 * ------------------------------------------------------------------------------------
 */

static inline void load_risk_condition(struct load_risk *risk, struct engine_kit_order *order)
{
    static const enum fx_order_type TYPES[] = {FX_ORDER_TYPE_STOP_LIMIT,
                                               FX_ORDER_TYPE_TAKE_PROFIT_LIMIT,
                                               FX_ORDER_TYPE_STOP_MARKET,
                                               FX_ORDER_TYPE_TAKE_PROFIT_MARKET,
                                               FX_ORDER_TYPE_TRAILING_STOP};
    const int64_t mid = risk->mid[order->instrument];
    order->type = TYPES[load_risk_between(risk, 0, 4)];
    order->source = (enum fx_trigger_source)load_risk_between(risk, 1, 3);
    order->trigger_ticks = mid + load_risk_between(risk, -150, 150);
    if (fx_order_type_is_market(order->type)) {
        order->ticks = 0;
        order->tif = FX_TIME_IN_FORCE_IOC;
        order->is_close_position = order->type != FX_ORDER_TYPE_TRAILING_STOP &&
                                   order->position_side == 0 && load_risk_chance(risk, 20);
        order->lots = order->is_close_position ? 0 : order->lots;
        order->is_reduce_only = order->is_reduce_only && !order->is_close_position;
    }
    if (order->type == FX_ORDER_TYPE_TRAILING_STOP) {
        order->callback_ppb = (int32_t)load_risk_between(risk, 1, 50) * 1000000;
        order->trigger_ticks = load_risk_chance(risk, 50) ? order->trigger_ticks : 0;
    }
    order->is_price_protected = load_risk_chance(risk, 10);
}

/* How it goes about meeting others. */
static inline void load_risk_manners(struct load_risk *risk, struct engine_kit_order *order)
{
    const int64_t what = load_risk_between(risk, 0, 99);
    order->stp = (enum fx_stp_mode)load_risk_between(risk, 0, 4);
    if (what < 12) {
        order->post_only =
            (enum fx_post_only_mode)load_risk_between(risk, 1, risk->is_of_tables ? 1 : 2);
    } else if (what < 20) {
        order->tif = FX_TIME_IN_FORCE_GTD;
        order->expire_us = INT64_MAX; /* the clock is the test's: load_risk_next() */
    } else if (what < 30) {
        order->tif = load_risk_chance(risk, 50) ? FX_TIME_IN_FORCE_IOC : FX_TIME_IN_FORCE_FOK;
    } else if (what < 38) {
        order->type = FX_ORDER_TYPE_MARKET;
        order->ticks = 0;
        order->tif = FX_TIME_IN_FORCE_IOC;
    }
}

static inline struct fx_command load_risk_order(struct load_risk *risk, int64_t now_us)
{
    struct engine_kit_order order = {
        .user_id = (uint64_t)load_risk_between(risk, 1, LOAD_RISK_USERS),
        .side = load_risk_chance(risk, 50) ? FX_SIDE_BUY : FX_SIDE_SELL,
        .lots = load_risk_between(risk, 1, 60),
        .instrument = load_risk_symbol(risk),
        .tmp_id = risk->count};
    char name[24];
    order.ticks = risk->mid[order.instrument] + load_risk_between(risk, -60, 60);
    order.is_reduce_only = load_risk_chance(risk, 30);
    if (order.user_id > LOAD_RISK_USERS - 2) {
        const bool opens = load_risk_chance(risk, 60);
        order.position_side =
            opens == (order.side == FX_SIDE_BUY) ? FX_POSITION_SIDE_LONG : FX_POSITION_SIDE_SHORT;
        order.is_reduce_only = false; /* the side says it */
    }
    if (load_risk_chance(risk, 12)) { /* thin books, and stops in a gap */
        order.ticks += load_risk_between(risk, -400, 400);
    }
    if (load_risk_chance(risk, 15)) {
        load_risk_condition(risk, &order);
    } else {
        load_risk_manners(risk, &order);
    }
    if (order.tif == FX_TIME_IN_FORCE_GTD) {
        order.expire_us = now_us + load_risk_between(risk, 2, 200) * 1000;
    }
    if (load_risk_chance(risk, 20)) {
        order.leverage_centi = (int32_t)load_risk_between(risk, 10, 100) * 100;
        order.margin_mode = (enum fx_margin_mode)load_risk_between(risk, 0, 2);
    }
    if (!order.is_reduce_only && !order.is_close_position && load_risk_chance(risk, 30)) {
        load_world_protect(
            &risk->draw, order.ticks == 0 ? risk->mid[order.instrument] : order.ticks, &order);
    }
    if (load_risk_chance(risk, 15)) {
        (void)snprintf(name, sizeof name, "c%u", risk->count);
        order.client_id = name;
    }
    return engine_kit_place_command(&order);
}

/* ---- what else
 * ---------------------------------------------------------------------------------
 */

static inline struct fx_command load_risk_change(struct load_risk *risk, uint64_t next_order_id)
{
    const int64_t what = load_risk_between(risk, 0, 99);
    const int64_t back = load_risk_between(risk, 1, 40);
    const uint64_t order_id = next_order_id > (uint64_t)back ? next_order_id - (uint64_t)back : 1;
    const uint64_t user_id = (uint64_t)load_risk_between(risk, 1, LOAD_RISK_USERS);
    const uint32_t symbol = load_risk_symbol(risk);
    const int64_t mid = risk->mid[symbol];
    struct fx_command command =
        engine_kit_command(FX_COMMAND_CANCEL_ORDER, FX_COMMAND_ALL_INSTRUMENTS, user_id);
    command.u.cancel.order_id = order_id;
    if (what < 25) {
        command = engine_kit_command(FX_COMMAND_AMEND_ORDER, FX_COMMAND_ALL_INSTRUMENTS, user_id);
        command.u.amend.order_id = order_id;
        command.u.amend.price_ticks =
            load_risk_chance(risk, 50) ? mid + load_risk_between(risk, -60, 60) : 0;
        command.u.amend.lots = load_risk_chance(risk, 70) ? load_risk_between(risk, 1, 60) : 0;
    } else if (what < 40) {
        struct fx_command_protection *protection = &command.u.order_tp_sl.protection;
        command = engine_kit_command(FX_COMMAND_ADJUST_ORDER_TP_SL, symbol, user_id);
        command.u.order_tp_sl.order_id = order_id;
        protection->take_profit_ticks = mid + load_risk_between(risk, -80, 80);
        protection->stop_loss_ticks = load_risk_chance(risk, 50) ? FX_COMMAND_TP_SL_KEEP : mid - 60;
        protection->take_profit_source = FX_TRIGGER_SOURCE_MARK;
        protection->stop_loss_source = FX_TRIGGER_SOURCE_LAST;
    } else if (what < 55) {
        command = engine_kit_command(FX_COMMAND_ADJUST_TP_SL, symbol, user_id);
        command.u.tp_sl.take_profit_ticks = mid + load_risk_between(risk, -200, 200);
        command.u.tp_sl.stop_loss_ticks = mid + load_risk_between(risk, -200, 200);
        command.u.tp_sl.take_profit_source = FX_TRIGGER_SOURCE_LAST;
        command.u.tp_sl.stop_loss_source = FX_TRIGGER_SOURCE_INDEX;
        command.u.tp_sl.position_side =
            user_id > LOAD_RISK_USERS - 2 ? (uint8_t)load_risk_between(risk, 2, 3) : 0;
    } else if (what < 62) {
        command =
            engine_kit_command(FX_COMMAND_AMEND_CONDITIONAL, FX_COMMAND_ALL_INSTRUMENTS, user_id);
        command.u.amend_conditional.amend.order_id = order_id;
        command.u.amend_conditional.trigger_ticks = mid + load_risk_between(risk, -150, 150);
    } else if (what < 66) {
        command = engine_kit_command(FX_COMMAND_CANCEL_ALL, symbol, user_id);
        command.u.cancel_all.scope = FX_CANCEL_SCOPE_ALL;
    }
    return command;
}

static inline struct fx_command load_risk_setting(struct load_risk *risk)
{
    const int64_t what = load_risk_between(risk, 0, 99);
    const uint64_t user_id = (uint64_t)load_risk_between(risk, 1, LOAD_RISK_USERS);
    const uint32_t symbol = load_risk_symbol(risk);
    struct fx_command command;
    if (what < 25) {
        command = engine_kit_command(FX_COMMAND_ADJUST_LEVERAGE, symbol, user_id);
        command.u.leverage.leverage_centi = (int32_t)load_risk_between(risk, 10, 100) * 100;
        command.u.leverage.margin_mode = (uint32_t)load_risk_between(risk, 0, 2);
    } else if (what < 40) {
        command = engine_kit_command(FX_COMMAND_ADJUST_MARGIN_POSITION, symbol, user_id);
        command.u.margin.amount = engine_kit_decimal("0.01") * load_risk_between(risk, -3, 9);
        command.u.margin.position_side =
            user_id > LOAD_RISK_USERS - 2 ? (uint32_t)load_risk_between(risk, 2, 3) : 0;
    } else if (what < 60) {
        command = load_risk_money(user_id, symbol, symbol == LOAD_RISK_INVERSE ? "0.01" : "1");
        command.u.transfer.is_reward = load_risk_chance(risk, 20) ? 1 : 0;
    } else if (what < 75) {
        command = load_risk_money(user_id, symbol, symbol == LOAD_RISK_INVERSE ? "0.005" : "0.5");
        command.kind = FX_COMMAND_WITHDRAW;
        command.u.transfer.type = FX_TRANSACTION_WITHDRAWAL;
    } else if (what < 82) {
        command =
            engine_kit_command(FX_COMMAND_FREEZE_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, user_id);
        command.u.freeze.is_frozen = load_risk_chance(risk, 30) ? 1 : 0;
    } else if (what < 90) {
        command = engine_kit_command(FX_COMMAND_CLOSE_INSURANCE, symbol, 0);
    } else {
        command = engine_kit_command(FX_COMMAND_FUND_INSURANCE, FX_COMMAND_ALL_INSTRUMENTS, 0);
        command.u.fund_insurance.asset = load_risk_asset(symbol);
        command.u.fund_insurance.amount = engine_kit_decimal("0.01");
    }
    return command;
}

/** What comes next in an engine that stands there. */
static inline struct fx_command load_risk_next(struct load_risk *risk,
                                               const struct fx_engine *engine,
                                               int64_t now_us)
{
    const int64_t what = load_risk_between(risk, 0, 99);
    risk->count++;
    if (what < 9) { /* jumps that liquidate, and back */
        const uint32_t symbol = load_risk_symbol(risk);
        const int64_t jump = load_risk_chance(risk, 20) ? 500 : 120;
        risk->mid[symbol] += load_risk_between(risk, -jump, jump) + (5000 - risk->mid[symbol]) / 20;
        return load_risk_mark(risk, symbol);
    }
    if (what < 11) {
        return engine_kit_command(FX_COMMAND_TICK, FX_COMMAND_ALL_INSTRUMENTS, 0);
    }
    return what < 30   ? load_risk_change(risk, engine->next_order_id)
           : what < 38 ? load_risk_setting(risk)
                       : load_risk_order(risk, now_us);
}

/** The last symbol ends, at its mark. */
static inline struct fx_command load_risk_end(struct load_risk *risk)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_SETTLE, LOAD_RISK_ENDING, 0);
    command.u.settle.has_price = 1;
    command.u.settle.settle_ticks = risk->mid[LOAD_RISK_ENDING];
    risk->has_ended = true;
    return command;
}

/* Whether one with a smaller id comes behind it among those of its position that rest. */
static inline bool load_risk_is_early(const struct fx_engine *engine, fx_slot order)
{
    const struct fx_order *cold = &engine->orders[order];
    const fx_slot newer = cold->is_resting != 0 ? cold->newer : FX_SLOT_NONE;
    return newer != FX_SLOT_NONE && engine->orders[newer].order_id < cold->order_id;
}

/** An order that has more than its row says (load_world_has_more_than_rows(); a
 * trailing stop that has begun to trail; what the mark of its time makes it
 * reserve); 0: there is none. */
static inline fx_slot load_risk_more_than_rows(const struct fx_engine *engine)
{
    for (fx_slot order = 0; order < engine->order_used; order++) {
        const struct fx_order *cold = &engine->orders[order];
        if (cold->order_id == 0) {
            continue;
        }
        const struct fx_trigger *trigger = fx_trigger_of(engine, order);
        const fx_slot newer = cold->is_resting != 0 ? engine->resting[order].newer : FX_SLOT_NONE;
        if ((trigger != NULL &&
             (trigger->state == FX_TRIGGER_STATE_LATE ||
              trigger->state == FX_TRIGGER_STATE_TRAILING ||
              (trigger->callback_ppb != 0 && trigger->state == FX_TRIGGER_STATE_WAITING))) ||
            (cold->is_resting != 0 && cold->reserve_loss != 0) ||
            (newer != FX_SLOT_NONE && engine->orders[newer].order_id < cold->order_id) ||
            load_risk_is_early(engine, order)) {
            return order;
        }
    }
    return FX_SLOT_NONE;
}

/** Whether nothing is under way: nobody is short of margin, no symbol is
 * ending. */
static inline bool load_risk_is_calm(const struct fx_engine *engine)
{
    for (fx_slot account = 0; account < engine->account_count; account++) {
        if (engine->accounts[account].risk_state != FX_RISK_STATE_SAFE) {
            return false;
        }
    }
    for (uint32_t index = 0; index < engine->instrument_count; index++) {
        if (engine->listings[index].definition.state == FX_INSTRUMENT_STATE_SETTLING) {
            return false;
        }
    }
    return engine->due_count == 0 && engine->sweep_count == 0;
}

/** What is done so that rows say everything: what has more than they say is canceled, and where
 * somebody is short of margin life goes on. @return false: they do. */
static inline bool load_risk_calm(struct load_risk *risk,
                                  const struct fx_engine *engine,
                                  int64_t now_us,
                                  struct fx_command *command_out)
{
    const fx_slot order = load_risk_more_than_rows(engine);
    if (order == FX_SLOT_NONE && load_risk_is_calm(engine)) {
        return false;
    }
    if (order == FX_SLOT_NONE) {
        *command_out = load_risk_next(risk, engine, now_us);
        return true;
    }
    const fx_slot account = engine->resting[order].account;
    *command_out = engine_kit_command(
        FX_COMMAND_CANCEL_ORDER, FX_COMMAND_ALL_INSTRUMENTS, engine->accounts[account].user_id);
    command_out->u.cancel.order_id = engine->orders[order].order_id;
    return true;
}

/** Whether positions that come later get the same ids: those of a contract that has ended are not
 * loaded, and may be given again. */
static inline bool load_risk_has_same_ids(const struct load_risk *risk,
                                          const struct fx_engine *engine)
{
    return !risk->has_ended || engine->position_count == 0 ||
           engine->positions[engine->position_count - 1].instrument != LOAD_RISK_ENDING;
}

/** Both are told the same, `commands` times, and say the same; every invariant of the other one
 * holds. @return the steps of liquidations. */
static inline uint32_t load_risk_live_on(struct load_risk *risk,
                                         struct engine_kit *one,
                                         struct engine_kit *other,
                                         uint32_t commands)
{
    const uint32_t marks = risk->has_ended ? LOAD_RISK_SYMBOLS - 1 : LOAD_RISK_SYMBOLS;
    uint32_t steps = 0;
    for (uint32_t count = 0; count < commands; count++) {
        one->time_us += 1000;
        other->time_us = one->time_us;
        struct fx_command command = count < marks ? load_risk_mark(risk, count)
                                                  : load_risk_next(risk, one->engine, one->time_us);
        struct fx_command same = command;
        (void)engine_kit_apply(one, &command);
        (void)engine_kit_apply(other, &same);
        fx_engine_check(other->engine);
        if (count >= marks) { /* the first marks say positions that had one before */
            load_world_compare_events(one, other);
        }
        steps += engine_kit_count(other, FX_EVENT_LIQUIDATION);
    }
    return steps;
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

#endif
