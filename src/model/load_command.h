/**
 * @file load_command.h
 * The payloads of the commands that bring an exchange into an empty engine, start and stop it, and
 * say by which rules it goes on; command.h says what they have in common.
 *
 * A load is LOAD_ENGINE, then instruments with their tiers, accounts, positions, orders, then
 * START_ENGINE. Ids are those of the tables and rise. Stored in logs: sizes and meanings never
 * change. Thread: any (data).
 */
#ifndef FX_MODEL_LOAD_COMMAND_H
#define FX_MODEL_LOAD_COMMAND_H

#include <stdint.h>

#include "base/dec.h"
#include "model/ids.h"
#include "model/money_command.h"
#include "model/order_command.h"

/** LOAD_ENGINE: the load begins, in an engine that has nothing yet. The ids that will be given
 * next: all that is loaded has smaller ones. 0 is as good as 1. */
struct fx_command_load {
    uint64_t next_order_id;
    uint64_t next_trade_id;
    uint64_t next_liquidation_id;
    uint64_t zero;
};

/** LOAD_ACCOUNT (CREATE_ACCOUNT with an `id` on the topics). The header's user may be 0: the
 * insurance fund. */
struct fx_command_load_account {
    fx_i128 balance;                    /* >= 0; by rules 4 also below, against gains */
    fx_i128 reward_balance;             /* >= 0 */
    struct fx_command_account settings; /* with all flags */
    uint64_t account_id;
};

/** LOAD_POSITION: a position or, flat, the settings of a symbol. */
struct fx_command_load_position {
    fx_i128 entry_value;     /* >= 0 */
    fx_i128 position_margin; /* isolated, >= 0 */
    fx_i128 adjust_margin;   /* isolated */
    fx_i128 realized_pnl;
    uint64_t position_id;
    int64_t lots; /* + long, - short */
    int32_t leverage_centi;
    uint8_t margin_mode;
    uint8_t position_side; /* 0 = BOTH */
    uint8_t zero[2];
    uint64_t zero_too;
};

/** LOAD_ORDER: one that rests or has not fired. `order` is the command that made it: `lots` is all
 * of its quantity. */
struct fx_command_load_order {
    struct fx_command_conditional order;
    uint64_t order_id;
    int64_t remaining_lots;
    fx_i128 filled_value; /* of what is not left of it */
    int64_t created_us;
    int64_t updated_us;
    uint8_t status;   /* enum fx_order_status: ACTIVE, it rests; UNTRIGGERED, it waits */
    uint8_t protects; /* enum fx_load_protects */
    uint8_t note;     /* enum fx_order_note: why it is shorter than it was (by rules 4) */
    uint8_t zero[5];
};

/** What a conditional order closes. */
enum fx_load_protects {
    FX_LOAD_PROTECTS_NOTHING = 0, /* an order of the user's */
    FX_LOAD_PROTECTS_POSITION = 1 /* the take profit or the stop loss of its position */
};

/** LOAD_ORDER_TP_SL (LOAD_ORDER with a `parentOrderId` on the topics): the take profit or the stop
 * loss of an order, as its type says; a reduce-only conditional order that protects nothing by
 * itself. The order has a smaller id and, while it is open, comes first. `remaining_lots` is what
 * it would close, and `lots` the same until it fires. Status PENDING: its order has filled nothing
 * that is left, and it has no lots; UNTRIGGERED: it has begun, and may have none any more; ACTIVE.
 */
struct fx_command_load_order_tp_sl {
    struct fx_command_load_order order;
    uint64_t parent_id;
    uint64_t zero;
};

/** UPDATE_INSTRUMENT_EXTRA: what a symbol knows beside its definition. No mark: a fresh one has to
 * come before anything is opened, liquidated or paid (I-27). */
struct fx_command_load_extra {
    int64_t last_ticks; /* of the last trade; 0 = none */
};

/** LOAD_FUNDING_HISTORY: the last instant of a symbol that was paid, and its rate. */
struct fx_command_load_funding {
    int64_t instant_us; /* > 0 */
    int64_t rate_ppb;
};

/** START_ENGINE: the load is complete, or a stopped exchange goes on. */
struct fx_command_start {
    uint64_t accounts; /* what has been loaded, where is_counted */
    uint64_t positions;
    uint64_t orders;
    uint32_t instruments;
    uint32_t is_counted;
};

/** SET_RULES: from this record on another version of the law. */
struct fx_command_rules {
    uint32_t version; /* not below the one that holds */
    uint32_t zero;
};

#endif
