/**
 * @file api_rate_int.h
 * How much each caller may ask (docs/protocol/limits.md): which bucket a request takes from, the
 * headers that say so, and who is banned. The arithmetic is api_limit's.
 *
 * In the order of a request: enter (address; routes without a guard), admit and failed (address;
 * around a proof that costs), identified (user and key), command (at the intake), settle.
 * All @return OK or RATE_LIMITED, and note for the answer how much is left.
 * Thread: the gateway's.
 */
#ifndef FX_API_API_RATE_INT_H
#define FX_API_API_RATE_INT_H

#include "api/api_int.h"

/** Make the table. @return OK; NO_MEMORY; IO (no randomness). */
FX_MUST_USE fx_status fx_api_rate_init(struct fx_api *api);
void fx_api_rate_deinit(struct fx_api *api);

/** Other rates from now on; what callers have taken stays taken. */
void fx_api_rate_set(struct fx_api *api, const struct fx_api_rates *rates);

/** A request without a guard: public route, unknown path, preflight. */
FX_MUST_USE fx_status fx_api_rate_enter(struct fx_api_call *call);

/** Before a proof of identity is checked that costs something. */
FX_MUST_USE fx_status fx_api_rate_admit(struct fx_api_call *call);

/** The proof was wrong. */
void fx_api_rate_failed(struct fx_api_call *call);

/** call->user and call->key_id are known. Reads are taken here; of orders it is only asked whether
 * any could pass, because the body says whether it is one that reduces. */
FX_MUST_USE fx_status fx_api_rate_identified(struct fx_api_call *call);

/** Before a command is submitted. */
FX_MUST_USE fx_status fx_api_rate_command(struct fx_api_call *call,
                                          const struct fx_command *command);

/** True for what lets a user get out: cancels and orders that only reduce. */
bool fx_api_rate_is_reducing(const struct fx_api_call *call, const struct fx_command *command);

/** After the handler: what came to no command counts too. */
void fx_api_rate_settle(struct fx_api_call *call);

/** Append the header lines for a note. */
void fx_api_rate_append(const struct fx_api *api,
                        const struct fx_api_rate_note *note,
                        struct fx_buf *headers);

#endif
