/**
 * @file preload_kit.h
 * Records of a load as tests of the engine begin with them: an account in USDT, a cross position
 * and a limit order that rests, both on the first symbol; each test changes what it is about.
 * Thread: any.
 */
#ifndef FX_TESTS_PRELOAD_KIT_H
#define FX_TESTS_PRELOAD_KIT_H

#include "engine_kit.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): ids, users, ticks and lots in their order

static inline struct fx_command preload_kit_account(uint64_t id,
                                                    uint64_t user_id,
                                                    const char *balance)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_LOAD_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, user_id);
    command.u.load_account.account_id = id;
    command.u.load_account.settings.asset = engine_kit_asset("USDT");
    command.u.load_account.balance = engine_kit_decimal(balance);
    return command;
}

static inline struct fx_command preload_kit_position(uint64_t id,
                                                     uint64_t user_id,
                                                     int64_t lots,
                                                     const char *value)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_LOAD_POSITION, 0, user_id);
    command.u.load_position.position_id = id;
    command.u.load_position.lots = lots;
    command.u.load_position.entry_value = engine_kit_decimal(value);
    command.u.load_position.leverage_centi = 1000;
    command.u.load_position.margin_mode = FX_MARGIN_MODE_CROSS;
    return command;
}

static inline struct fx_command preload_kit_order(
    uint64_t id, uint64_t user_id, enum fx_side side, int64_t ticks, int64_t lots)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_LOAD_ORDER, 0, user_id);
    struct fx_command_load_order *load = &command.u.load_order;
    load->order_id = id;
    load->status = FX_ORDER_STATUS_ACTIVE;
    load->remaining_lots = lots;
    load->created_us = 1000;
    load->updated_us = 2000;
    load->order.place.side = (uint8_t)side;
    load->order.place.type = FX_ORDER_TYPE_LIMIT;
    load->order.place.time_in_force = FX_TIME_IN_FORCE_GTC;
    load->order.place.price_ticks = ticks;
    load->order.place.lots = lots;
    return command;
}

// NOLINTEND(bugprone-easily-swappable-parameters)

#endif
