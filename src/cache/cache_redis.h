/**
 * @file cache_redis.h
 * The cache port on a Redis server.
 *
 * The rule about older changes is a script that runs inside the server, so it holds among any
 * number of writers. A marker that only this handle knows tells it when the server was emptied.
 * Keys of removals: `future:gone:KEY`. Thread: as cache.h.
 */
#ifndef FX_CACHE_CACHE_REDIS_H
#define FX_CACHE_CACHE_REDIS_H

#include "cache/cache.h"
#include "cache/cache_session.h"

/** Make a handle; it connects while it is stepped, so a server that is away is no error here.
 * Texts of `server` are kept. @return OK (gives); NO_MEMORY; IO (no randomness). */
FX_MUST_USE fx_status fx_cache_redis_open(const struct fx_cache_server *server,
                                          struct fx_cache **cache_out);

#endif
