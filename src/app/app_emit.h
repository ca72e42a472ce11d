/**
 * @file app_emit.h
 * The mouth on Redis: events for rooms, to every gateway that listens, ours or Node's with
 * socket.io-redis 5.4.
 *
 * Published under a name of its own: our gateways follow the log and have told their sockets
 * already, so they leave these out (app_rooms). What the server does not take in time is dropped
 * and counted. Thread: the owner's.
 */
#ifndef FX_APP_APP_EMIT_H
#define FX_APP_APP_EMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "cache/cache_session.h"

/** The uid of what matching-engine:notify and market:publish emit. */
#define FX_APP_EMIT_UID "future"

struct fx_app_emit;

/** @return OK (gives); NO_MEMORY. It connects while it is stepped. Texts of `server` are kept. */
FX_MUST_USE fx_status fx_app_emit_create(const struct fx_cache_server *server,
                                         struct fx_app_emit **emit_out);

/** Free it; what was not sent is lost. Accepts NULL. */
void fx_app_emit_destroy(struct fx_app_emit *emit);

/** Queue an event for a room in /ws: "user_7", and JSON, `["orders",[…]]`. Where the queue is full
 * it is dropped. */
void fx_app_emit_event(struct fx_app_emit *emit, fx_str room, fx_str event);

/** The same. @return false: the queue is full, nothing was done. */
bool fx_app_emit_try_event(struct fx_app_emit *emit, fx_str room, fx_str event);

/** Send and receive what can be now. @return how much was done. */
int fx_app_emit_step(struct fx_app_emit *emit, int64_t now_us);

/** Figures. Thread: any (each is a moment's value). */
struct fx_app_emit_stats {
    uint64_t published; /* acknowledged by the server */
    uint64_t dropped;
    fx_status status; /* of the connection: OK, BUSY (being made), IO, BAD_CREDENTIALS */
};
void fx_app_emit_stats(const struct fx_app_emit *emit, struct fx_app_emit_stats *stats_out);

#endif
