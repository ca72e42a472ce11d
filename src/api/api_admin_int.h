/**
 * @file api_admin_int.h
 * What the admin's files share. Thread: the gateway's.
 */
#ifndef FX_API_API_ADMIN_INT_H
#define FX_API_API_ADMIN_INT_H

#include "api/api_audit_int.h"
#include "api/api_int.h"
#include "api/api_witness_int.h"

/** The user that userId names, in the path or as a parameter. @return OK; NOT_FOUND,
 * BAD_PARAMETER. */
FX_MUST_USE fx_status fx_api_admin_user_of(struct fx_api_call *call, struct fx_rows_user *user_out);

/** The instrument that the path's :symbol or, without one, the parameter names. @return OK;
 * UNKNOWN_SYMBOL; BAD_PARAMETER. */
FX_MUST_USE fx_status fx_api_admin_symbol_of(struct fx_api_call *call,
                                             const struct fx_market_symbol **symbol_out);

/** A boolean; left where absent. @return OK; BAD_PARAMETER. */
FX_MUST_USE fx_status fx_api_admin_bool(struct fx_api_call *call, fx_str name, bool *value);

/** A rate (0.0004) as parts per billion; left where absent. @return OK; NOT_FOUND; BAD_DECIMAL,
 * TOO_MANY_DIGITS, BAD_PARAMETER. */
FX_MUST_USE fx_status fx_api_admin_rate(struct fx_api_call *call, fx_str name, int64_t *ppb);

/** A price of an instrument in ticks; left where absent. @return OK; NOT_FOUND; BAD_DECIMAL,
 * TOO_MANY_DIGITS; of the instrument's filter. */
FX_MUST_USE fx_status fx_api_admin_price(struct fx_api_call *call,
                                         const struct fx_market_symbol *symbol,
                                         fx_str name,
                                         int64_t *ticks);

/** Begin a command about one instrument; it is answered with an empty object. @return OK; of
 * fx_api_admin_symbol_of(). */
FX_MUST_USE fx_status fx_api_admin_begin(struct fx_api_call *call,
                                         enum fx_command_kind kind,
                                         struct fx_api_witness_act *act_out,
                                         const struct fx_market_symbol **symbol_out);

/** The answer of a command that has nothing to say. */
void fx_api_admin_answer_done(struct fx_api *api,
                              const struct fx_api_pending *pending,
                              const struct fx_event_result *result);

/** Hand a command about a symbol to the witness. @return of fx_api_witness_submit(). */
FX_MUST_USE fx_status fx_api_admin_submit(struct fx_api_call *call,
                                          const char *action,
                                          fx_str symbol,
                                          const struct fx_api_witness_act *act);

/** Keep the members of the body that the route knows, secrets never, as the detail of its row. */
void fx_api_admin_detail(struct fx_api_call *call, struct fx_api_audit_note *note);

#endif
