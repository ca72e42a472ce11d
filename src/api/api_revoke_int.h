/**
 * @file api_revoke_int.h
 * Access tokens that are void before they expire. A token carries its login's family as `jti`:
 * after a logout or a theft the family is void. A password change, a lock and an admin's word make
 * all tokens of a user void that were issued before that second (users.tokensValidFrom). Both are
 * durable before they are answered, and read again at the start.
 * Thread: the gateway's; note_family in the writer's.
 */
#ifndef FX_API_API_REVOKE_INT_H
#define FX_API_API_REVOKE_INT_H

#include "api/api_int.h"
#include "api/api_writer_int.h"
#include "store/store_session.h"

/** Make the table and read what is void. @return OK; NO_MEMORY; what the store says. Gives. */
FX_MUST_USE fx_status fx_api_revoke_create(const struct fx_api_options *options,
                                           struct fx_api_revoke **revoke_out);
void fx_api_revoke_destroy(struct fx_api_revoke *revoke);

/** In the writer's transaction: make a login void, tokens of both kinds. Fills `revoked_out`. */
FX_MUST_USE fx_status fx_api_revoke_note_family(struct fx_api_writer_desk *desk,
                                                const struct fx_store_session *session,
                                                int64_t now_us,
                                                struct fx_store_session_revoked *revoked_out);

/** In the writer's transaction: something that opened doors for this user is void. Other processes
 * with the same tables ask anew about him, his keys and his sockets, within about a second. */
FX_MUST_USE fx_status fx_api_revoke_note_user(struct fx_api_writer_desk *desk,
                                              uint64_t user_id,
                                              int64_t now_us);

/** From when on tokens are good again that are issued after `now_us`: the next whole second. */
int64_t fx_api_revoke_next_us(int64_t now_us);

/** The change is durable: refuse the login's tokens from now on, and close its sockets. */
void fx_api_revoke_family(struct fx_api *api, const struct fx_store_session_revoked *revoked);

/** Something that opened doors for this user is void: whoever holds one open asks again. */
void fx_api_revoke_tell(const struct fx_api *api, uint64_t user_id);

/** The same for all tokens of a user that his row says are void. */
void fx_api_revoke_user(struct fx_api *api, uint64_t user_id);

/** Has this token been called back? `user` is its user as the store has him. */
bool fx_api_revoke_has(const struct fx_api *api,
                       const struct fx_jwt_claims *claims,
                       const struct fx_api_user *user);

/** Forget what has expired, and learn what other processes have called back (is_shared): within
 * about a second. */
void fx_api_revoke_tick(struct fx_api *api);

#endif
