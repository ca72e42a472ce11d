/**
 * @file event_risk.h
 * Events about risk: liquidations, the insurance fund. Thread: any (data).
 */
#ifndef FX_MODEL_EVENT_RISK_H
#define FX_MODEL_EVENT_RISK_H

#include <stdint.h>

#include "base/str.h"
#include "model/ids.h"
#include "model/units.h"

/** What a LIQUIDATION event tells of; docs/rules/liquidation.md. */
enum fx_liquidation_step {
    FX_LIQUIDATION_STEP_CANCEL_ORDERS = 1, /* what reserved margin was cancelled */
    FX_LIQUIDATION_STEP_BOOK = 2,          /* an IOC at the bankruptcy price, and its fee */
    FX_LIQUIDATION_STEP_TAKEOVER = 3,      /* the insurance fund took the rest */
    FX_LIQUIDATION_STEP_ADL = 4,           /* closed against an opposite position */
    FX_LIQUIDATION_STEP_DONE = 5           /* the account is safe again, or has nothing left */
};

enum fx_insurance_reason {
    FX_INSURANCE_REASON_FUND = 1,     /* FUND_INSURANCE: money from or to outside */
    FX_INSURANCE_REASON_FEE = 2,      /* a liquidation fee */
    FX_INSURANCE_REASON_TAKEOVER = 3, /* a position was taken over */
    FX_INSURANCE_REASON_CLOSE = 4,    /* inventory was worked off in the book */
    FX_INSURANCE_REASON_ADL = 5,      /* inventory was closed against opposite positions */
    FX_INSURANCE_REASON_FUNDING = 6,  /* paid for positions that could not */
    FX_INSURANCE_REASON_SHORTFALL = 7 /* paid what an account owed and did not have */
};

/** One step of a liquidation. All steps of an account between two DONE belong together. */
struct fx_event_liquidation {
    fx_i128 maintenance; /* of the margin that was short: the position's, or all cross ones' */
    fx_i128 equity;      /* of the same, before the step */
    fx_i128 fee;         /* BOOK: what the insurance fund got */
    uint64_t id;         /* dense from 1, one per event */
    uint64_t account_id;
    uint64_t user_id;
    uint64_t position_id;
    uint64_t order_id;           /* BOOK: the liquidation order; else 0 */
    uint64_t counter_account_id; /* TAKEOVER: the fund's; ADL: of the opposite position; else 0 */
    uint64_t counter_user_id;    /* 0: the fund */
    uint64_t counter_position_id;
    int64_t lots;        /* closed by the step; CANCEL_ORDERS and DONE: held, + long, - short */
    int64_t price_ticks; /* bankruptcy price; 0 = none (DONE) */
    int64_t mark_ticks;
    uint32_t instrument;
    uint32_t count;        /* CANCEL_ORDERS: orders cancelled */
    uint8_t side;          /* enum fx_side of the position: BUY = long */
    uint8_t position_side; /* enum fx_position_side */
    uint8_t margin_mode;
    uint8_t step; /* enum fx_liquidation_step */
    uint8_t zero[4];
};

/** The insurance fund of an asset moved. */
struct fx_event_insurance {
    fx_i128 balance; /* after it, >= 0 */
    fx_i128 change;
    struct fx_asset asset;
    int64_t lots;        /* its inventory of the instrument after it, + long, - short */
    uint32_t instrument; /* or FX_COMMAND_ALL_INSTRUMENTS */
    uint32_t reason;     /* enum fx_insurance_reason */
};

/** EXCHANGE: the exchange's own money in an asset. */
struct fx_event_exchange {
    fx_i128 fees;         /* the fee account: all fees ever, less what makers and users were paid */
    fx_i128 rounding;     /* posted remainders */
    fx_i128 deposited;    /* by all: what came in less what went out */
    fx_i128 fund_balance; /* of the insurance fund */
    uint64_t fund_account_id; /* 0: it has not been made */
    struct fx_asset asset;
};

const char *fx_event_risk_step_name(enum fx_liquidation_step step);
const char *fx_event_risk_reason_name(enum fx_insurance_reason reason);

/** The reverse; 0 where the word is unknown. */
enum fx_liquidation_step fx_event_risk_step_of(fx_str name);
enum fx_insurance_reason fx_event_risk_reason_of(fx_str name);

#endif
