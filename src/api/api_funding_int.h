/**
 * @file api_funding_int.h
 * What other files of the API say of marks, fundings and funds. Thread: the gateway's.
 */
#ifndef FX_API_API_FUNDING_INT_H
#define FX_API_API_FUNDING_INT_H

#include "api/api_int.h"
#include "wire/wire_funding.h"

/** What is known of a symbol's mark and its funding. */
void fx_api_funding_state(const struct fx_market_symbol *symbol,
                          struct fx_wire_funding_rate *state_out);

/** Append the insurance funds, of one asset or (empty) of all, with commas. */
void fx_api_funding_append_funds(struct fx_buf *buf, const struct fx_market *market, fx_str asset);

#endif
