/**
 * @file rows_risk.h
 * Liquidations, and what became of positions and their margins, as rows: decimals (1e-18), symbols,
 * microseconds. Thread: any (data).
 */
#ifndef FX_MODEL_ROWS_RISK_H
#define FX_MODEL_ROWS_RISK_H

#include <stdint.h>

#include "base/dec.h"
#include "model/event.h"
#include "model/ids.h"
#include "model/instrument.h"
#include "model/order.h"

/** One step of a liquidation. */
struct fx_rows_liquidation {
    fx_i128 quantity; /* closed by the step; CANCEL_ORDERS and DONE: held, + long, - short */
    fx_i128 price;    /* bankruptcy price; 0: none */
    fx_i128 mark_price;
    fx_i128 maintenance; /* of the margin that was short … */
    fx_i128 equity;      /* … and what was there, before the step */
    fx_i128 fee;         /* that the insurance fund got */
    uint64_t operation_id;
    uint64_t id; /* dense, from 1 */
    uint64_t account_id;
    uint64_t user_id;
    uint64_t position_id;
    uint64_t order_id;           /* of the liquidation order; 0: none */
    uint64_t counter_account_id; /* who took it over; 0: nobody */
    uint64_t counter_user_id;    /* 0: the fund, or nobody */
    uint64_t counter_position_id;
    int64_t created_us;
    uint32_t order_count; /* that were cancelled */
    char side[8];         /* of the position: "BUY" is long; empty: it is flat (DONE) */
    enum fx_position_side position_side;
    enum fx_margin_mode margin_mode;
    struct fx_symbol symbol;
    struct fx_asset asset;
    char step[16]; /* "CANCEL_ORDERS" … "DONE" */
};

/** A change of a position's margin or leverage without a trade. */
struct fx_rows_margin {
    fx_i128 amount; /* by which its margin grew; negative: shrank */
    fx_i128 position_margin;
    fx_i128 adjust_margin;
    fx_i128 leverage;
    fx_i128 liquidation_price;
    uint64_t id;
    uint64_t operation_id;
    uint64_t user_id;
    uint64_t account_id;
    uint64_t position_id;
    int64_t created_us;
    struct fx_symbol symbol;
    struct fx_asset asset;
    char action[16]; /* MARGIN_MODE, LEVERAGE, ADJUST, FUNDING: what changed */
};

/** A position, or a part of it, was closed by a command. */
struct fx_rows_closed {
    fx_i128 current_qty; /* what is left: + long, - short; beyond zero it has turned round */
    fx_i128 closed_qty;  /* what was closed: + of a long, - of a short position */
    fx_i128 entry_price; /* of the closed part */
    fx_i128 entry_value;
    fx_i128 close_price;  /* average */
    fx_i128 realized_pnl; /* of the closed part, without fees */
    fx_i128 leverage;
    uint64_t id;
    uint64_t operation_id;
    uint64_t user_id;
    uint64_t account_id;
    uint64_t position_id;
    int64_t created_us;
    enum fx_position_side position_side;
    enum fx_margin_mode margin_mode;
    struct fx_symbol symbol;
    struct fx_asset asset;
};

/** Of a LIQUIDATION. */
void fx_rows_risk_liquidation_of(const struct fx_event *event,
                                 const struct fx_instrument *instrument,
                                 struct fx_rows_liquidation *row_out);

/** The margin of a POSITION that changed, seen from its state before (the same lots). `action` is
 * empty where nothing did. The id is the operationId, as below. */
void fx_rows_risk_margin_of(const struct fx_event *event,
                            const struct fx_instrument *instrument,
                            const struct fx_event_position *before,
                            struct fx_rows_margin *row_out);

/**
 * What a command won with the lots of a position that it closed, without fees: in one-way mode the
 * profits of the command's trades, since a position that turned round tells only what it won since.
 * In hedge mode a trade does not say which position it closed, but these never turn. `events` are
 * all of the command.
 */
fx_i128 fx_rows_risk_profit_of(const struct fx_event events[],
                               uint32_t count,
                               const struct fx_event_position *after,
                               const struct fx_event_position *before);

/** What a POSITION closed of its state before (`closed_qty` is 0: nothing), with the profit of it.
 */
void fx_rows_risk_closed_of(const struct fx_event *event,
                            const struct fx_instrument *instrument,
                            const struct fx_event_position *before,
                            fx_i128 realized_pnl,
                            struct fx_rows_closed *row_out);

#endif
