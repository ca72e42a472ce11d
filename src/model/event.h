/**
 * @file event.h
 * What the engine says after a command: whole rows of what changed, in order.
 *
 * Every command gives exactly one RESULT, as its last event. ORDER, ACCOUNT, POSITION and BOOK
 * carry the state after the command and come at most once per object and command (ORDER: once per
 * change of status that a reader must see); TRADE and TRANSACTION are facts that never change.
 * operationId = sequence x 2^20 + index; the index begins at shard x 2^16 (model/shard.h). Fee and
 * PnL transactions of a trade are in the TRADE: savers derive their rows. Thread: any (data).
 */
#ifndef FX_MODEL_EVENT_H
#define FX_MODEL_EVENT_H

#include <stdint.h>

#include "model/command.h"
#include "model/event_mark.h"
#include "model/event_risk.h"
#include "model/event_settlement.h"
#include "model/ids.h"
#include "model/instrument.h"
#include "model/order.h"
#include "model/term.h"
#include "model/units.h"

enum fx_event_kind {
    FX_EVENT_RESULT = 1,
    FX_EVENT_ORDER = 2,
    FX_EVENT_TRADE = 3,
    FX_EVENT_ACCOUNT = 4,
    FX_EVENT_POSITION = 5,
    FX_EVENT_TRANSACTION = 6,
    FX_EVENT_BOOK = 7,       /* one price level changed */
    FX_EVENT_INSTRUMENT = 8, /* its tiers follow as TIER events */
    FX_EVENT_TIER = 9,
    FX_EVENT_MARK = 10,
    FX_EVENT_DUMP_BEGIN = 11, /* a whole state follows (start of a projection) … */
    FX_EVENT_DUMP_END = 12,   /* … and is complete */
    FX_EVENT_LIQUIDATION = 13,
    FX_EVENT_FUNDING = 14, /* the positions of a symbol begin to pay, or have paid */
    FX_EVENT_INSURANCE = 15,
    FX_EVENT_SETTLEMENT = 16, /* a contract ends: its phase has changed */
    FX_EVENT_TERM = 17,       /* part of the answer to EXPLAIN, before its RESULT */
    FX_EVENT_EXCHANGE = 18    /* part of the answer to SHOW_EXCHANGE, before its RESULT */
};

enum fx_trade_note {
    FX_TRADE_NOTE_NONE = 0,
    FX_TRADE_NOTE_LIQUIDATION = 1,
    FX_TRADE_NOTE_INSURANCE_LIQUIDATION = 2,
    FX_TRADE_NOTE_AUTO_DELEVERAGE = 3
};

/** The answer to the command. */
struct fx_event_result {
    struct fx_reject reject; /* reject.status == FX_OK: done */
    uint64_t order_id;       /* PLACE, AMEND, CANCEL; 0 where none */
    uint64_t account_id;
    uint64_t tmp_id; /* TRANSFER: its number */
    fx_i128 amount;  /* SET/ADJUST: the new value; CANCEL_ALL_AFTER: deadline in us, 0 = off */
    uint32_t command_kind;
    uint32_t count;       /* CANCEL_ALL, CANCEL_ALL_AFTER, TICK: orders ended */
    uint8_t order_status; /* enum fx_order_status after the command; 0 where no order */
    uint8_t is_changed;   /* 0: the setter changed nothing, or a repeated clientOrderId */
    uint8_t is_repeated;  /* the stored answer to an earlier command with this clientOrderId */
    uint8_t has_more;     /* CANCEL_ALL, CANCEL_ALL_AFTER: orders are left; send it again */
    uint8_t zero[4];
};

/**
 * The answer to TEST_ORDER: a RESULT with more behind it. Margin is judged as for PLACE_ORDER, as
 * if the order rested at its price with all that is left of it; settle units.
 */
struct fx_event_test {
    struct fx_event_result result;
    fx_i128 available_before; /* the account's, for new orders */
    fx_i128 available_after;
    fx_i128 reserve_before; /* of the position's open orders */
    fx_i128 reserve_after;
    int64_t price_ticks; /* at which it would compete; 0: a market order without an opposite side */
    int64_t lots;        /* after the cap of reduce-only */
    int32_t leverage_centi;
    uint32_t margin_mode;
};

/** The whole row of an order. */
struct fx_event_order {
    fx_i128 filled_value; /* sum of fill values; executedPrice is derived from it */
    fx_i128 order_margin; /* what it reserves now, rounded up */
    uint64_t order_id;
    uint64_t account_id;
    uint64_t user_id;
    uint64_t tmp_id;
    int64_t price_ticks;
    int64_t lots;
    int64_t remaining_lots;
    int64_t expire_us;
    int64_t created_us;
    int64_t updated_us;
    uint32_t instrument;
    int32_t leverage_centi;
    uint8_t side;
    uint8_t type;
    uint8_t time_in_force;
    uint8_t status;
    uint8_t note;
    uint8_t stp_mode;
    uint8_t is_reduce_only;
    uint8_t post_only_mode;
    uint8_t position_side;
    uint8_t margin_mode;
    uint8_t source;    /* enum fx_trigger_source; 0: not a conditional order */
    uint8_t condition; /* enum fx_trigger_condition */
    uint8_t is_close_position;
    uint8_t is_price_protected;
    uint8_t zero[2];
    int64_t trigger_ticks; /* of a trailing stop: its activation price, 0 = none */
    int32_t callback_ppb;
    uint32_t zero_too;
    uint64_t linked_order_id;      /* of a take profit and a stop loss: the other one */
    uint64_t parent_order_id;      /* of those of an order: the order */
    uint64_t take_profit_order_id; /* of an order: what protects it; 0 = none */
    uint64_t stop_loss_order_id;
    struct fx_client_id client_id;
};

struct fx_event_trade {
    fx_i128 value; /* the one value of the fill, settle units */
    fx_i128 buy_fee;
    fx_i128 sell_fee;
    fx_i128 buy_pnl; /* realised, before fees */
    fx_i128 sell_pnl;
    uint64_t trade_id;     /* dense over all instruments, from 1 */
    uint64_t buy_order_id; /* 0: without an order (takeover, ADL) */
    uint64_t sell_order_id;
    uint64_t buy_account_id;
    uint64_t sell_account_id;
    uint64_t buy_user_id;
    uint64_t sell_user_id;
    int64_t price_ticks;
    int64_t lots;
    int64_t buy_fee_ppb;
    int64_t sell_fee_ppb;
    uint32_t instrument;
    uint8_t buyer_is_taker;
    uint8_t note; /* enum fx_trade_note */
    uint8_t zero[2];
};

struct fx_event_account {
    fx_i128 balance;
    fx_i128 reward_balance;
    uint64_t account_id;
    uint64_t user_id;
    struct fx_asset asset;
    uint32_t flags;
    uint32_t has_fees; /* the account has rates of its own */
    int64_t maker_fee_ppb;
    int64_t taker_fee_ppb;
    uint64_t zero;
};

struct fx_event_position {
    fx_i128 entry_value;
    fx_i128 position_margin; /* isolated only */
    fx_i128 adjust_margin;
    fx_i128 order_cost;   /* reserve of its open orders */
    fx_i128 realized_pnl; /* since it was last flat */
    uint64_t position_id;
    uint64_t account_id;
    uint64_t user_id;
    int64_t lots;              /* + long, - short */
    int64_t liquidation_ticks; /* 0 = none; rounded against the user */
    int64_t bankrupt_ticks;
    uint64_t take_profit_order_id; /* 0 = none */
    uint64_t stop_loss_order_id;
    uint32_t instrument;
    int32_t leverage_centi;
    uint8_t margin_mode;
    uint8_t position_side;
    uint8_t adl_rank; /* 1 (last in the queue) to 5 (first); 0: flat */
    uint8_t zero[5];
};

struct fx_event_book {
    int64_t price_ticks;
    int64_t lots; /* total now; 0 = the level is gone */
    uint32_t count;
    uint32_t instrument;
    uint8_t side;
    uint8_t zero[7];
};

struct fx_event_tier {
    struct fx_tier tier;
    uint32_t instrument;
    uint32_t index;
    uint32_t count;
    uint32_t zero;
};

struct fx_event {
    uint16_t kind; /* enum fx_event_kind */
    uint16_t zero;
    uint32_t index;    /* within the command, from 0 (shard x 2^16) */
    uint64_t sequence; /* of the command */
    int64_t time_us;   /* of the command */
    uint64_t
        token; /* RESULT only: where the answer goes; set by the worker, never stored or hashed */
    union {
        struct fx_event_result result;
        struct fx_event_test test; /* RESULT of TEST_ORDER */
        struct fx_event_term term;
        struct fx_event_exchange exchange;
        struct fx_event_order order;
        struct fx_event_trade trade;
        struct fx_event_account account;
        struct fx_event_position position;
        struct fx_event_transaction transaction;
        struct fx_event_book book;
        struct fx_instrument instrument;
        struct fx_event_tier tier;
        struct fx_event_mark mark;
        struct fx_event_liquidation liquidation;
        struct fx_event_insurance insurance;
        struct fx_event_funding funding;
        struct fx_event_settlement settlement;
    } u;
};

/** Where the engine writes; the caller's array. */
struct fx_events {
    struct fx_event *items;
    uint32_t count;
    uint32_t capacity;
};

/** Bytes that its kind uses; what is behind them means nothing. */
size_t fx_event_size(const struct fx_event *event);

/** sequence x 2^20 + index: the order of every change, for row guards. */
uint64_t fx_event_operation_id(const struct fx_event *event);

const char *fx_event_trade_note_name(enum fx_trade_note note);

/** The reverse; NONE where the word is unknown. */
enum fx_trade_note fx_event_trade_note_of(fx_str name);

#endif
