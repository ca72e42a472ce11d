/**
 * @file order.h
 * Words of an order: side, type, time in force, states, and the row that leaves the engine.
 *
 * Numbers are stored in journals and snapshots: they never change meaning. Thread: any (data).
 */
#ifndef FX_MODEL_ORDER_H
#define FX_MODEL_ORDER_H

#include <stdint.h>

#include "model/ids.h"
#include "model/units.h"

enum fx_side { FX_SIDE_BUY = 1, FX_SIDE_SELL = 2 };

/** LIMIT and MARKET execute; the others are conditional and become one of the two when they fire.
 */
enum fx_order_type {
    FX_ORDER_TYPE_LIMIT = 1,
    FX_ORDER_TYPE_MARKET = 2,
    FX_ORDER_TYPE_STOP_LIMIT = 3,
    FX_ORDER_TYPE_STOP_MARKET = 4,
    FX_ORDER_TYPE_TAKE_PROFIT_LIMIT = 5,
    FX_ORDER_TYPE_TAKE_PROFIT_MARKET = 6,
    FX_ORDER_TYPE_TRAILING_STOP = 7
};

enum fx_time_in_force {
    FX_TIME_IN_FORCE_GTC = 1,
    FX_TIME_IN_FORCE_IOC = 2,
    FX_TIME_IN_FORCE_FOK = 3,
    FX_TIME_IN_FORCE_GTD = 4
};

/** Only these edges: PENDING -> UNTRIGGERED | ACTIVE -> PARTIALLY_FILLED -> one of the final four.
 */
enum fx_order_status {
    FX_ORDER_STATUS_PENDING = 1,
    FX_ORDER_STATUS_UNTRIGGERED = 2,
    FX_ORDER_STATUS_ACTIVE = 3,
    FX_ORDER_STATUS_PARTIALLY_FILLED = 4,
    FX_ORDER_STATUS_FILLED = 5,
    FX_ORDER_STATUS_CANCELED = 6,
    FX_ORDER_STATUS_EXPIRED = 7,
    FX_ORDER_STATUS_REJECTED = 8
};

/** Whose order gives way when a taker meets an order of its own account. The taker's mode decides.
 */
enum fx_stp_mode {
    FX_STP_MODE_EXPIRE_MAKER = 1,
    FX_STP_MODE_EXPIRE_TAKER = 2,
    FX_STP_MODE_EXPIRE_BOTH = 3,
    FX_STP_MODE_NONE = 4
};

enum fx_margin_mode { FX_MARGIN_MODE_CROSS = 1, FX_MARGIN_MODE_ISOLATED = 2 };

/** BOTH is one-way mode; LONG and SHORT are hedge mode. */
enum fx_position_side {
    FX_POSITION_SIDE_BOTH = 1,
    FX_POSITION_SIDE_LONG = 2,
    FX_POSITION_SIDE_SHORT = 3
};

/** What a post-only order does that would take: be rejected, or slide to the best free price. */
enum fx_post_only_mode {
    FX_POST_ONLY_MODE_OFF = 0,
    FX_POST_ONLY_MODE_REJECT = 1,
    FX_POST_ONLY_MODE_SLIDE = 2
};

/** Why an order ended other than by being filled, or shrank. Stored in orders.note. */
enum fx_order_note {
    FX_ORDER_NOTE_NONE = 0,
    FX_ORDER_NOTE_USER_CANCELED = 1,
    FX_ORDER_NOTE_IOC_REMAINDER = 2,
    FX_ORDER_NOTE_EXPIRED = 3,
    FX_ORDER_NOTE_SELF_TRADE = 4,
    FX_ORDER_NOTE_REDUCE_ONLY = 5,
    FX_ORDER_NOTE_TAKER_LIMIT = 6,
    FX_ORDER_NOTE_INSTRUMENT = 7,
    FX_ORDER_NOTE_AMENDED_TO_FILLED = 8,
    FX_ORDER_NOTE_LIQUIDATION = 9,
    FX_ORDER_NOTE_CAPACITY = 10,
    FX_ORDER_NOTE_CANCEL_ALL_AFTER = 11,
    /* of conditional orders, when they fire */
    FX_ORDER_NOTE_INSUFFICIENT_MARGIN = 12,
    FX_ORDER_NOTE_PRICE_PROTECT = 13,
    FX_ORDER_NOTE_NO_POSITION = 14, /* nothing left to close */
    FX_ORDER_NOTE_LINKED = 15,      /* its counterpart fired, or its parent ended unfilled */
    FX_ORDER_NOTE_POST_ONLY_WOULD_TAKE = 16,
    FX_ORDER_NOTE_FOK_NOT_FILLED = 17,
    FX_ORDER_NOTE_NOT_ADMITTED = 18,    /* a filter, a limit or a right refused it */
    FX_ORDER_NOTE_AUTO_DELEVERAGE = 19, /* its position was closed against a bankrupt one */
    FX_ORDER_NOTE_CLOSE_INSURANCE = 20, /* of the insurance fund itself */
    FX_ORDER_NOTE_ACCOUNT_FROZEN = 21,
    FX_ORDER_NOTE_BANKRUPTCY = 22 /* it would close beyond the bankruptcy price */
};

/** Whose price fires a conditional order. MARK is ORACLE to the seed's clients. */
enum fx_trigger_source {
    FX_TRIGGER_SOURCE_LAST = 1,
    FX_TRIGGER_SOURCE_MARK = 2,
    FX_TRIGGER_SOURCE_INDEX = 3
};

/** GT fires at or above the trigger price, LT at or below it. */
enum fx_trigger_condition { FX_TRIGGER_CONDITION_GT = 1, FX_TRIGGER_CONDITION_LT = 2 };

/** FX_SIDE_BUY for SELL and the reverse. */
enum fx_side fx_order_opposite(enum fx_side side);

/** "BUY" and the like: the words of the API and the database. Never NULL; asserts a known number.
 */
const char *fx_order_side_name(enum fx_side side);
const char *fx_order_type_name(enum fx_order_type type);
const char *fx_order_time_in_force_name(enum fx_time_in_force tif);
const char *fx_order_status_name(enum fx_order_status status);
const char *fx_order_stp_mode_name(enum fx_stp_mode mode);
const char *fx_order_margin_mode_name(enum fx_margin_mode mode);
const char *fx_order_position_side_name(enum fx_position_side side);
const char *fx_order_note_name(enum fx_order_note note);

/** The reverse; 0 where the word is unknown. ISOLATE is accepted for ISOLATED. */
enum fx_side fx_order_side_of(fx_str name);
enum fx_order_type fx_order_type_of(fx_str name);
enum fx_time_in_force fx_order_time_in_force_of(fx_str name);
enum fx_order_status fx_order_status_of(fx_str name);
enum fx_stp_mode fx_order_stp_mode_of(fx_str name);
enum fx_margin_mode fx_order_margin_mode_of(fx_str name);
enum fx_position_side fx_order_position_side_of(fx_str name);
enum fx_order_note fx_order_note_of(fx_str name);

/** "LAST", "ORACLE", "INDEX"; "GT", "LT". */
const char *fx_order_trigger_source_name(enum fx_trigger_source source);
const char *fx_order_trigger_condition_name(enum fx_trigger_condition condition);
/** The reverse; MARK, MARK_PRICE, LAST_PRICE, CONTRACT_PRICE, INDEX_PRICE are accepted too. */
enum fx_trigger_source fx_order_trigger_source_of(fx_str name);
enum fx_trigger_condition fx_order_trigger_condition_of(fx_str name);

/** True for the five types that wait for a price. */
bool fx_order_type_is_conditional(enum fx_order_type type);
/** True where the order executes without a limit price of its own: MARKET, STOP_MARKET, … */
bool fx_order_type_is_market(enum fx_order_type type);
/** True for the two that close a position with a profit: TAKE_PROFIT_LIMIT, TAKE_PROFIT_MARKET. */
bool fx_order_type_is_take_profit(enum fx_order_type type);
/** What type and side say where no condition is given: a stop fires behind the market, a take
 * profit ahead of it. Conditional types. */
enum fx_trigger_condition fx_order_default_condition(enum fx_order_type type, enum fx_side side);

/** True for FILLED, CANCELED, EXPIRED, REJECTED. */
bool fx_order_status_is_final(enum fx_order_status status);

#endif
