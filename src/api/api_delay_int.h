/**
 * @file api_delay_int.h
 * Wrong passwords make their account and their address wait, wrong codes of a second factor their
 * user (docs/protocol/limits.md).
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

/** In the call that began: nobody has looked at the password, so the attempt does not count. */
void fx_api_delay_take_back(struct fx_api_call *call, fx_str account);

/**
 * How the attempt ended. BAD_CREDENTIALS and BAD_OTP stay counted. OK (second factor included)
 * and what is told only to who knows the password (USER_LOCKED, USER_INACTIVE): the account waits
 * no more, the address for one less. OTP_REQUIRED: the address for one less. Anything
 * else is no fault of the password: account and address for one less. Before the answer is written.
 */
void fx_api_delay_end(struct fx_api *api,
                      const struct fx_api_target *target,
                      fx_str account,
                      fx_status status);

/** Before a code of the call's user is looked at that came with anything but a password. @return
 * OK, and it counts as wrong; RATE_LIMITED, with the wait noted for Retry-After. */
FX_MUST_USE fx_status fx_api_delay_begin_code(struct fx_api_call *call);

/** In the call that began: nobody has looked at the code. */
void fx_api_delay_take_back_code(struct fx_api_call *call);

/** How it ended: BAD_OTP stays counted, OK forgives all, anything else this attempt. */
void fx_api_delay_end_code(struct fx_api *api, uint64_t user_id, fx_status status);

#endif
