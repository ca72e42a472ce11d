/**
 * @file push_rooms.h
 * Rooms that several processes share: the messages of socket.io-redis 5.4, to and from bytes.
 *
 * Who emits to a room publishes to a channel of Redis; every gateway that hears it sends the event
 * to its own sockets in that room. So a Node program with socket.io-emitter reaches our clients,
 * and our workers reach the clients of a Node gateway. Pure functions. Source:
 * docs/protocol/socketio.md, section "Rooms between processes". Thread: any.
 */
#ifndef FX_PUSH_PUSH_ROOMS_H
#define FX_PUSH_PUSH_ROOMS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"

enum {
    FX_PUSH_ROOMS_MAX = 64, /* in one message; of sockets left out as many */
    FX_PUSH_ROOMS_CHANNEL_SIZE_MAX = 160,
    FX_PUSH_ROOMS_BODY_SIZE_MAX = 1 << 20
};

/** An event for rooms. Texts that were read are borrowed from the body. */
struct fx_push_rooms_message {
    fx_str uid; /* who sent it: what has our own is dropped */
    fx_str nsp; /* "/ws" */
    fx_str rooms[FX_PUSH_ROOMS_MAX];
    fx_str except[FX_PUSH_ROOMS_MAX]; /* ids of sockets that are left out; read only */
    uint32_t room_count;              /* 0: everybody in the namespace */
    uint32_t except_count;
    bool is_volatile; /* may be dropped */
};

/** The channel of a namespace and a room (empty: several or none): "socket.io#/ws#user_7#".
 * @return empty where it does not fit. */
fx_str fx_push_rooms_channel(fx_str nsp, fx_str room, char target[FX_PUSH_ROOMS_CHANNEL_SIZE_MAX]);

/** The room in the name of a channel of this namespace (empty: none). @return false where it is
 * another channel. */
bool fx_push_rooms_room(fx_str channel, fx_str nsp, fx_str *room_out);

/** Append the body of a message; `event` is JSON, `["name",argument]`. @return OK; BAD_JSON;
 * BODY_TOO_LARGE. */
FX_MUST_USE fx_status fx_push_rooms_encode(struct fx_buf *body,
                                           const struct fx_push_rooms_message *message,
                                           fx_str event);

/** Read a body; append the event as JSON to `event_out`. @return OK; BAD_REQUEST (malformed, too
 * many rooms, not an event); NOT_IMPLEMENTED (binary data); BODY_TOO_LARGE. */
FX_MUST_USE fx_status fx_push_rooms_decode(fx_str body,
                                           struct fx_push_rooms_message *message_out,
                                           struct fx_buf *event_out);

#endif
