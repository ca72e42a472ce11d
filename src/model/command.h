/**
 * @file command.h
 * Everything that can change the engine: one record in one log.
 *
 * A command is stored as the bytes of this struct up to fx_command_size(kind), little-endian, on
 * x86-64 layout; numbers of kinds and fields never change meaning. All of it is zeroed before it
 * is filled. The engine has no clock: `time` is in the record. Thread: any (data).
 */
#ifndef FX_MODEL_COMMAND_H
#define FX_MODEL_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "model/ids.h"
#include "model/instrument.h"
#include "model/limits.h"
#include "model/load_command.h"
#include "model/mode_command.h"
#include "model/money_command.h"
#include "model/order.h"
#include "model/order_command.h"
#include "model/shard.h"
#include "model/transaction.h"
#include "model/units.h"

enum fx_command_kind {
    FX_COMMAND_UPDATE_INSTRUMENT = 1,
    FX_COMMAND_LOAD_LEVERAGE_MARGIN = 2, /* tiers */
    FX_COMMAND_SET_STATE = 3,
    FX_COMMAND_CREATE_ACCOUNT = 4,
    FX_COMMAND_SET_ACCOUNT = 5,
    FX_COMMAND_DEPOSIT = 6,
    FX_COMMAND_WITHDRAW = 7,
    FX_COMMAND_PLACE_ORDER = 8,
    FX_COMMAND_AMEND_ORDER = 9,
    FX_COMMAND_CANCEL_ORDER = 10,
    FX_COMMAND_CANCEL_ALL = 11,
    FX_COMMAND_ADJUST_LEVERAGE = 12,
    FX_COMMAND_ADJUST_MARGIN_POSITION = 13,
    FX_COMMAND_MARK_PRICE = 14,
    FX_COMMAND_TICK = 15,
    FX_COMMAND_INITIALIZE_ENGINE = 16, /* the first record of a log */
    FX_COMMAND_CANCEL_ALL_AFTER = 17,
    FX_COMMAND_PLACE_CONDITIONAL = 18,
    FX_COMMAND_AMEND_CONDITIONAL = 19,
    FX_COMMAND_ADJUST_TP_SL = 20,
    FX_COMMAND_INDEX_PRICE = 21, /* what the sources say; the mark follows from it */
    FX_COMMAND_PAY_FUNDING = 22,
    FX_COMMAND_CLOSE_INSURANCE = 23,
    FX_COMMAND_SET_POSITION_MODE = 24,
    FX_COMMAND_SETTLE = 25,
    FX_COMMAND_PLACE_BRACKET = 26,
    FX_COMMAND_ADJUST_ORDER_TP_SL = 27,
    FX_COMMAND_FUND_INSURANCE = 28,
    FX_COMMAND_TRANSFER = 30, /* 20 to 29 are kept for orders */
    FX_COMMAND_FREEZE_ACCOUNT = 31,
    FX_COMMAND_DEPOSIT_NAMED = 33, /* as DEPOSIT and WITHDRAW, once per name */
    FX_COMMAND_WITHDRAW_NAMED = 34,
    FX_COMMAND_SET_MARK_RULES = 41,
    FX_COMMAND_REFRESH_RANKS = 42, /* in the queue of ADL: the exchange's own, as TICK */
    FX_COMMAND_SET_SHARD = 50,     /* the map: the first record behind INITIALIZE_ENGINE */
    FX_COMMAND_LOAD_ENGINE = 60,   /* into an empty engine: load_command.h */
    FX_COMMAND_LOAD_ACCOUNT = 61,
    FX_COMMAND_LOAD_POSITION = 62,
    FX_COMMAND_LOAD_ORDER = 63,
    FX_COMMAND_UPDATE_INSTRUMENT_EXTRA = 64,
    FX_COMMAND_LOAD_FUNDING_HISTORY = 65,
    FX_COMMAND_START_ENGINE = 66,
    FX_COMMAND_STOP_ENGINE = 67,
    FX_COMMAND_SET_RULES = 68,
    FX_COMMAND_LOAD_ORDER_TP_SL = 69, /* by rules 4 */
    /* Questions: answered in their turn among the commands, but never part of a log. */
    FX_COMMAND_TEST_ORDER = 201,   /* what PLACE_BRACKET would say, with the same payload */
    FX_COMMAND_EXPLAIN = 202,      /* the numbers of a user's risk on a symbol: TERM events */
    FX_COMMAND_SHOW_EXCHANGE = 203 /* the exchange's own money: an EXCHANGE event per asset */
};

#define FX_COMMAND_ALL_INSTRUMENTS UINT32_MAX
struct fx_command_tiers {
    uint32_t count;
    uint32_t zero[3];
    struct fx_tier tiers[FX_TIERS_MAX];
};

struct fx_command_set_state {
    uint32_t state; /* enum fx_instrument_state */
};

struct fx_command_mark {
    int64_t mark_ticks;  /* > 0 */
    int64_t index_ticks; /* > 0 */
};

/** INDEX_PRICE: the weighted median of so many fresh sources. Fewer than the rules want: nothing
 * but their number is taken (the price may be 0), and the mark is stale from now on. */
struct fx_command_index {
    int64_t index_ticks; /* > 0 */
    int64_t source_us;   /* when the sources said so; 0 or later than the log: now */
    uint32_t source_count;
    uint32_t zero;
};

/** PAY_FUNDING: at once, for an instant that has passed and is not paid. */
struct fx_command_funding {
    int64_t instant_us; /* 0: now */
    int64_t rate_ppb;   /* where has_rate != 0; else what the premium says. Positive: longs pay */
    uint32_t has_rate;
    uint32_t zero;
};

#define FX_COMMAND_MARK_AGE_US_MAX 3600000000LL /* of SET_MARK_RULES: an hour */
#define FX_COMMAND_MARK_BAND_PPB   50000000     /* the default: 5 % to each side */
#define FX_COMMAND_MARK_AGE_US     30000000LL   /* the default: 30 s */
/** SET_MARK_RULES: what a mark of the symbol must keep to. A symbol that had none and no
 * INDEX_PRICE has no limits; the first INDEX_PRICE gives it the defaults. */
struct fx_command_mark_rules {
    int64_t max_age_us;   /* an older mark is stale; 0 = never */
    int64_t band_ppb;     /* a mark from INDEX_PRICE is in index x (1 +- it); 0 = no band */
    uint32_t sources_min; /* of an INDEX_PRICE; at least 1 */
    uint32_t zero;
};

/** The part that every command has comes first; `u` is what the kind says. */
struct fx_command {
    uint16_t kind;       /* enum fx_command_kind */
    uint16_t rules;      /* INITIALIZE_ENGINE: by which rules the log begins, 0 = 1; else 0 */
    uint32_t instrument; /* index; FX_COMMAND_ALL_INSTRUMENTS where none is meant */
    uint64_t sequence;   /* position in the log, from 1, growing; set by the sequencer */
    int64_t time_us;     /* set by the sequencer, never falls */
    uint64_t user_id;    /* whose account; 0 = the exchange */
    union {
        struct fx_instrument instrument;
        struct fx_command_tiers tiers;
        struct fx_command_set_state set_state;
        struct fx_command_account account;
        struct fx_command_transfer transfer;
        struct fx_command_named named; /* begins with `transfer` */
        struct fx_command_move move;
        struct fx_command_place place;
        struct fx_command_amend amend;
        struct fx_command_conditional conditional;             /* begins with `place` */
        struct fx_command_amend_conditional amend_conditional; /* begins with `amend` */
        struct fx_command_bracket bracket;                     /* begins with `conditional` */
        struct fx_command_order_tp_sl order_tp_sl;
        struct fx_command_explain explain;
        struct fx_command_cancel cancel;
        struct fx_command_cancel_all cancel_all;
        struct fx_command_countdown countdown;
        struct fx_command_leverage leverage;
        struct fx_command_margin margin;
        struct fx_command_tp_sl tp_sl;
        struct fx_command_position_mode position_mode;
        struct fx_command_settle settle;
        struct fx_command_freeze freeze;
        struct fx_command_mark mark;
        struct fx_command_close_insurance close_insurance;
        struct fx_command_fund_insurance fund_insurance;
        struct fx_command_index index;
        struct fx_command_funding funding;
        struct fx_command_mark_rules mark_rules;
        struct fx_shard_map shard;
        struct fx_engine_limits limits;
        struct fx_command_load load;
        struct fx_command_load_account load_account;
        struct fx_command_load_position load_position;
        struct fx_command_load_order load_order;             /* begins with `conditional` */
        struct fx_command_load_order_tp_sl load_order_tp_sl; /* begins with `load_order` */
        struct fx_command_load_extra load_extra;
        struct fx_command_load_funding load_funding;
        struct fx_command_start start;
        struct fx_command_rules rules;
    } u;
};

/** A command of a kind with nothing else in it; user_id 0: nobody's. */
struct fx_command fx_command_blank(enum fx_command_kind kind,
                                   uint32_t instrument,
                                   uint64_t user_id);

/** Bytes of the stored form, header included; 0 where the kind is unknown. A multiple of 8. */
uint32_t fx_command_size(enum fx_command_kind kind);

/** True for a kind that asks and changes nothing (fx_engine_ask()). */
bool fx_command_is_question(enum fx_command_kind kind);

/** True for an order that can only make its position smaller: reduce-only, or one that sells a LONG
 * or buys a SHORT position (hedge mode). */
bool fx_command_is_closing(const struct fx_command_place *place);

/** True for the kinds that begin with struct fx_command_place and make an order. */
bool fx_command_is_placing(enum fx_command_kind kind);

/** True for what may make a position larger: orders that do not only reduce, amends, questions
 * about such orders. Under load or on a full disk these wait; cancels and the rest are taken. */
bool fx_command_is_opening(const struct fx_command *command);

/** True for what only ends orders: cancels, the passing of time. Taken on the last of the disk. */
bool fx_command_is_cancel(enum fx_command_kind kind);

/** "PLACE_ORDER" and the like: the codes of the topics. NULL where unknown. */
const char *fx_command_name(enum fx_command_kind kind);

const char *fx_command_transaction_name(enum fx_transaction_type type);
enum fx_transaction_type fx_command_transaction_of(fx_str name);

/** The stored bytes; borrowed from `command`. */
fx_str fx_command_encode(const struct fx_command *command);

/** Read stored bytes. @return OK; CORRUPT where kind and size do not fit, or for a question. */
FX_MUST_USE fx_status fx_command_decode(fx_str bytes, struct fx_command *command_out);

#endif
