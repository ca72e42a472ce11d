/**
 * @file app_rooms.h
 * The ear on Redis: what other processes emit to rooms reaches this one's sockets.
 *
 * An agent listens to the channels of socket.io-redis 5.4, decodes, and hands over by a ring; the
 * gateway's thread sends. What comes faster than it is sent is dropped and counted: the emitter got
 * no promise. Thread: create, start, stop, destroy: the owner's; poll: the gateway's.
 */
#ifndef FX_APP_APP_ROOMS_H
#define FX_APP_APP_ROOMS_H

#include <stdint.h>

#include "base/status.h"
#include "cache/cache_session.h"
#include "push/push.h"

struct fx_app_rooms;

/** Something came: wake the gateway. */
typedef void (*fx_app_rooms_wake_fn)(void *self);

/** @return OK (gives); NO_MEMORY. Texts of `server` are kept. */
FX_MUST_USE fx_status fx_app_rooms_create(const struct fx_cache_server *server,
                                          fx_app_rooms_wake_fn wake,
                                          void *self,
                                          struct fx_app_rooms **rooms_out);

/** Free it. Stopped before. Accepts NULL. */
void fx_app_rooms_destroy(struct fx_app_rooms *rooms);

FX_MUST_USE fx_status fx_app_rooms_start(struct fx_app_rooms *rooms);

/** Stop listening. */
void fx_app_rooms_stop(struct fx_app_rooms *rooms);

/** Send what has come to the sockets, a bounded part of it. */
void fx_app_rooms_poll(struct fx_app_rooms *rooms, struct fx_push *push);

/** Messages that were given up: malformed, not for us, or too many. Thread: any. */
uint64_t fx_app_rooms_dropped(const struct fx_app_rooms *rooms);

#endif
