/**
 * @file worker_shards.h
 * Several shards as one: a follower of each, commands to the one they belong to.
 *
 * An instrument, an id or an asset names the shard; what is about all of a user (cancel all,
 * freeze, position mode) or about all of the exchange goes to every shard and is answered once,
 * when the last has answered. Events need no translation: their numbers are those of all shards.
 * Thread: create, destroy: owner; submit, merge: one (the gateway's).
 */
#ifndef FX_WORKER_WORKER_SHARDS_H
#define FX_WORKER_WORKER_SHARDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "model/command.h"
#include "model/event.h"
#include "model/proof.h"
#include "model/shard.h"
#include "worker/worker_follow.h"

struct fx_worker_shards;

/** Questions and commands to all shards that may wait at a time. */
enum { FX_WORKER_SHARDS_FANS_MAX = 1024 };

/** @return NULL without memory; gives. `maps` (of `count`, at least 2) are borrowed. */
struct fx_worker_shards *fx_worker_shards_create(const struct fx_shard_map maps[], uint32_t count);

/** The next shard's follower, from 0; given. */
void fx_worker_shards_add(struct fx_worker_shards *shards, struct fx_worker_follow *follow);

/** Destroy the followers, too. Accepts NULL. */
void fx_worker_shards_destroy(struct fx_worker_shards *shards);

/** How many were added. */
uint32_t fx_worker_shards_count(const struct fx_worker_shards *shards);
struct fx_worker_follow *fx_worker_shards_at(const struct fx_worker_shards *shards, uint32_t shard);

/** As fx_worker_follow_submit_proved(). A token whose two highest bits are set
 * is nobody's. What no shard has goes to the first, which refuses it. */
FX_MUST_USE bool fx_worker_shards_submit(struct fx_worker_shards *shards,
                                         uint64_t token,
                                         const struct fx_command *command,
                                         const struct fx_proof *proof);
void fx_worker_shards_wake(const struct fx_worker_shards *shards);

/**
 * A RESULT out of any shard's ring. The answer of one of several keeps no token; that of the last
 * becomes the whole answer, with the token of the submitter: a failure, if there was one, else OK,
 * else that nothing was found; counts are sums.
 */
void fx_worker_shards_merge(struct fx_worker_shards *shards, struct fx_event *event);

#endif
