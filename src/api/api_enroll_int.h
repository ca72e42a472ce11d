/**
 * @file api_enroll_int.h
 * What the engine must know of a user: an account for each asset that instruments settle in, with
 * the flags and fees that the tables say. The tables are the master (users, user_fees); whatever is
 * missing or differs after a crash is made good at the user's next login and by a walk over all
 * users after the start. What a time-out or a refusal left half done is made good by the tick.
 * Thread: the gateway's.
 */
#ifndef FX_API_API_ENROLL_INT_H
#define FX_API_API_ENROLL_INT_H

#include "api/api_int.h"

/** enum fx_account_flag of a user's row. */
uint32_t fx_api_enroll_flags(const struct fx_rows_user *user);

/**
 * Bring a user's accounts up to date, command by command, and call `answer` at the end of each: it
 * asks fx_api_enroll_next() and writes the answer where that says false.
 */
void fx_api_enroll_begin(struct fx_api *api,
                         const struct fx_api_target *target,
                         uint64_t user_id,
                         fx_api_answer_fn answer);

/** Submit the next command. @return false where none is left, or none can be taken. */
bool fx_api_enroll_next(struct fx_api *api, const struct fx_api_pending *pending);

/** The same for who has logged in, without waiting: nothing to do is the rule. */
void fx_api_enroll_heal(struct fx_api *api, const struct fx_rows_user *user);

/** Walk on over all users, a few at each tick; once after the start. */
void fx_api_enroll_tick(struct fx_api *api);

#endif
