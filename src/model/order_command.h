/**
 * @file order_command.h
 * The payloads of the commands on orders and positions; command.h says what they have in common.
 *
 * Stored in logs: sizes and meanings never change. Thread: any (data).
 */
#ifndef FX_MODEL_ORDER_COMMAND_H
#define FX_MODEL_ORDER_COMMAND_H

#include <stdint.h>

#include "base/dec.h"
#include "model/ids.h"
#include "model/order.h"

enum fx_cancel_scope {
    FX_CANCEL_SCOPE_ALL = 1,
    FX_CANCEL_SCOPE_LIMIT = 2,
    FX_CANCEL_SCOPE_STOP = 3
};

struct fx_command_place {
    int64_t price_ticks; /* LIMIT; 0 for MARKET */
    int64_t lots;
    int64_t expire_us;      /* GTD */
    uint64_t tmp_id;        /* handed to the client with the 202; 0 = none */
    int32_t leverage_centi; /* 0 = keep the symbol's setting */
    uint8_t margin_mode;    /* enum fx_margin_mode; 0 = keep */
    uint8_t side;
    uint8_t type;
    uint8_t time_in_force;
    uint8_t stp_mode; /* 0 = EXPIRE_MAKER */
    uint8_t post_only_mode;
    uint8_t is_reduce_only;
    uint8_t position_side; /* 0 = BOTH */
    uint32_t zero;
    struct fx_client_id client_id;
};

#define FX_COMMAND_CALLBACK_PPB_MIN 1000000   /* rate of a trailing stop: 0.1 % … */
#define FX_COMMAND_CALLBACK_PPB_MAX 100000000 /* … to 10 % */

/** PLACE_CONDITIONAL: an order that waits for a price, reserves nothing until then, and is judged
 * when it fires. Without a limit price (STOP_MARKET and the like) `price_ticks` is 0. */
struct fx_command_conditional {
    struct fx_command_place place;
    int64_t trigger_ticks;      /* TRAILING_STOP: the activation price, 0 = active at once */
    int32_t callback_ppb;       /* TRAILING_STOP */
    uint8_t source;             /* enum fx_trigger_source */
    uint8_t condition;          /* enum fx_trigger_condition; 0 = as type and side say */
    uint8_t is_close_position;  /* the whole position when it fires; lots = 0, _MARKET only */
    uint8_t is_price_protected; /* fires only if |mark - last| is within the take bound */
};

/** Names an open order of the account by id, or by client id where order_id == 0. */
struct fx_command_cancel {
    uint64_t order_id;
    struct fx_client_id client_id;
};

struct fx_command_amend {
    uint64_t order_id;
    int64_t price_ticks; /* 0 = keep */
    int64_t lots;        /* new total quantity; 0 = keep; <= filled cancels */
    struct fx_client_id client_id;
};

/** AMEND_CONDITIONAL: an order that has not fired yet. */
struct fx_command_amend_conditional {
    struct fx_command_amend amend;
    int64_t trigger_ticks; /* or the activation price, before activation; 0 = keep */
};

struct fx_command_cancel_all {
    uint32_t scope; /* enum fx_cancel_scope */
    uint32_t side;  /* 0 = both */
};

#define FX_COMMAND_COUNTDOWN_US_MAX 86400000000LL /* of CANCEL_ALL_AFTER: a day */
/** CANCEL_ALL_AFTER: when the countdown ends, all orders (of a symbol, or of all) are cancelled.
 * Sent again, it starts anew; each symbol and "all" count by themselves. */
struct fx_command_countdown {
    int64_t countdown_us; /* 0 = off */
};

struct fx_command_leverage {
    int32_t leverage_centi; /* 0 = keep */
    uint32_t margin_mode;   /* 0 = keep */
};

struct fx_command_margin {
    fx_i128 amount; /* > 0 adds to, < 0 takes from an isolated position */
    uint32_t position_side;
    uint32_t zero;
};

#define FX_COMMAND_TP_SL_KEEP INT64_MIN /* leave this one as it is */
/** ADJUST_TP_SL: take profit and stop loss of an open position; each closes the whole of it. */
struct fx_command_tp_sl {
    int64_t take_profit_ticks; /* 0 = none, or FX_COMMAND_TP_SL_KEEP */
    int64_t stop_loss_ticks;
    uint8_t take_profit_source; /* enum fx_trigger_source */
    uint8_t stop_loss_source;
    uint8_t position_side; /* 0 = BOTH */
    uint8_t zero[5];
};

/** Take profit and stop loss of an order. Trigger prices; a limit price of 0 closes at the market.
 */
struct fx_command_protection {
    int64_t take_profit_ticks; /* 0 = none; to adjust also FX_COMMAND_TP_SL_KEEP */
    int64_t stop_loss_ticks;
    int64_t take_profit_limit_ticks;
    int64_t stop_loss_limit_ticks;
    uint8_t take_profit_source; /* enum fx_trigger_source, where there is one */
    uint8_t stop_loss_source;
    uint8_t zero[6];
};

/** PLACE_BRACKET: an order of any type that is not reduce-only, with a take profit, a stop loss or
 * both for what it fills. What `order` says beyond `place` counts where its type is conditional. */
struct fx_command_bracket {
    struct fx_command_conditional order;
    struct fx_command_protection protection;
};

/** ADJUST_ORDER_TP_SL: set, move or take away what protects an order, also after it was filled. */
struct fx_command_order_tp_sl {
    uint64_t order_id;             /* of the order that is protected */
    struct fx_client_id client_id; /* or of it, while it is open, where order_id == 0 */
    struct fx_command_protection protection;
};

/** EXPLAIN: the account of the header's user on its instrument. */
struct fx_command_explain {
    uint32_t position_side; /* 0 = BOTH */
    uint32_t zero;
};

#endif
