/**
 * @file api_group_int.h
 * One request with several answers: each member is answered by itself, as if it had been a request
 * of its own, and the client gets all of them as one list when the last one is there.
 *
 * A member's target leads to its group instead of the server, so handlers and pending commands know
 * nothing of it. Thread: the gateway's.
 */
#ifndef FX_API_API_GROUP_INT_H
#define FX_API_API_GROUP_INT_H

#include "api/api_int.h"

enum { FX_API_GROUP_MEMBERS_MAX = 64 };

FX_MUST_USE fx_status fx_api_group_create(struct fx_api *api);
void fx_api_group_destroy(struct fx_api *api);

/** Begin with `count` (1..FX_API_GROUP_MEMBERS_MAX) members. @return its number; 0: all in use. */
uint32_t fx_api_group_begin(const struct fx_api_call *call, uint32_t count);

/** The call of a member: the request's own, but for where its answer goes. */
struct fx_api_call fx_api_group_call(const struct fx_api_call *call,
                                     uint32_t group,
                                     uint32_t member);

/** What the member's handler returned: anything but OK is its answer. What the member took of a
 * rate limit is the request's. */
void fx_api_group_conclude(struct fx_api_call *call, struct fx_api_call *member, fx_status status);

/** All members are on their way. Every group that was begun must be ended. */
void fx_api_group_end(struct fx_api *api, uint32_t group);

/** api->reply is the answer of the target's member. For api_reply.c. */
void fx_api_group_put(struct fx_api *api, const struct fx_api_target *target);

#endif
