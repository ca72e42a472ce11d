/**
 * @file api_delay_int.h
 * Wrong passwords make their account and their address wait (docs/protocol/limits.md).
 *
 * Every attempt counts as wrong from its beginning, so that many at once are not free; the right
 * one takes that back. Accounts are named by what the client wrote, whether they exist or not.
 * Thread: the gateway's.
 */
#ifndef FX_API_API_DELAY_INT_H
#define FX_API_API_DELAY_INT_H

#include "api/api_int.h"

/** Make the table. @return OK; NO_MEMORY; IO (no randomness). */
FX_MUST_USE fx_status fx_api_delay_init(struct fx_api *api);
void fx_api_delay_deinit(struct fx_api *api);

/** Before a password of `account` (an e-mail in lower case) is looked at. @return OK, and it counts
 * as wrong; RATE_LIMITED, with the wait noted for Retry-After. */
FX_MUST_USE fx_status fx_api_delay_begin(struct fx_api_call *call, fx_str account);

/** It was right, second factor included: the account waits no more, the address for one less. Call
 * it before the answer is written. */
void fx_api_delay_pass(struct fx_api *api, const struct fx_api_target *target, fx_str account);

#endif
