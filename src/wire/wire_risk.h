/**
 * @file wire_risk.h
 * Liquidations, settlements and the histories of positions and margins as JSON objects. Thread:
 * any.
 */
#ifndef FX_WIRE_WIRE_RISK_H
#define FX_WIRE_WIRE_RISK_H

#include <stdbool.h>

#include "base/buf.h"
#include "model/rows_risk.h"
#include "model/rows_settlement.h"
#include "model/term.h"

/** Append one object: a step of a liquidation, as its user sees it; an operator (`is_whole`) sees
 * who is at the other side, too. */
void fx_wire_risk_liquidation(struct fx_buf *buf,
                              const struct fx_rows_liquidation *row,
                              bool is_whole);

/** The same as the user sees it against whose position it was closed. */
void fx_wire_risk_deleverage(struct fx_buf *buf, const struct fx_rows_liquidation *row);

/** Append one object. */
void fx_wire_risk_margin(struct fx_buf *buf, const struct fx_rows_margin *row);
void fx_wire_risk_closed(struct fx_buf *buf, const struct fx_rows_closed *row);
void fx_wire_risk_settlement(struct fx_buf *buf, const struct fx_rows_settlement *row);

/** What EXPLAIN says about an account on a symbol. */
struct fx_wire_risk_explanation {
    uint64_t user_id;
    uint64_t account_id;
    const struct fx_instrument *instrument;
    const fx_i128 *terms; /* FX_TERM_COUNT of them */
};
/** Append one object: RiskExplanation of REST. */
void fx_wire_risk_explanation(struct fx_buf *buf,
                              const struct fx_wire_risk_explanation *explanation);

#endif
