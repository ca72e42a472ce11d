/**
 * @file push_hub.h
 * Rooms of one namespace: a name leads to the list of its members; a member knows its rooms.
 *
 * A room exists while it has members. Both lists are intrusive, so leaving costs O(1) and a
 * disconnect O(its rooms). The order of members is arbitrary. Thread: the gateway's.
 */
#ifndef FX_PUSH_PUSH_HUB_H
#define FX_PUSH_PUSH_HUB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"
#include "base/table.h"

enum { FX_PUSH_HUB_NAME_SIZE_MAX = 96 };

struct fx_push_hub_room;

/** That one socket is in one room. `socket`, `room` and the links are read only. */
struct fx_push_hub_member {
    struct fx_push_hub_room *room;
    struct fx_push_hub_socket *socket;
    struct fx_push_hub_member *room_next;
    struct fx_push_hub_member *room_previous;
    struct fx_push_hub_member *socket_next;
    struct fx_push_hub_member *socket_previous;
    bool is_behind; /* an event was not sent; see fx_push_hub_set_behind() */
};

/** Part of everything that can be in rooms. Zeroed by its owner, with `owner` set. */
struct fx_push_hub_socket {
    void *owner;
    struct fx_push_hub_member *first;
    uint32_t count;
};

struct fx_push_hub_room {
    struct fx_push_hub_member *first;
    uint32_t count;
    uint32_t behind_count;
    uint8_t name_size;
    char name[FX_PUSH_HUB_NAME_SIZE_MAX];
};

struct fx_push_hub {
    struct fx_table_str names; /* -> struct fx_push_hub_room */
};

/** Make an empty hub of at most `rooms_max` rooms. `seed` is random: clients choose names. */
void fx_push_hub_init(struct fx_push_hub *hub, uint32_t rooms_max, struct fx_table_seed seed);

/** Release rooms and members; the sockets are not touched. Accepts a zeroed hub. */
void fx_push_hub_deinit(struct fx_push_hub *hub);

/** Join; being in it already is fine. @return OK; CAPACITY (rooms), NO_MEMORY, BAD_PARAMETER (name
 * empty or too long). */
FX_MUST_USE fx_status fx_push_hub_join(struct fx_push_hub *hub,
                                       struct fx_push_hub_socket *socket,
                                       fx_str name);

/** Leave. @return true where it was in it. O(rooms of the socket). */
bool fx_push_hub_leave(struct fx_push_hub *hub, struct fx_push_hub_socket *socket, fx_str name);

/** Leave all. */
void fx_push_hub_leave_all(struct fx_push_hub *hub, struct fx_push_hub_socket *socket);

/** The room; NULL where nobody is in it. Walk: room->first, member->room_next. */
struct fx_push_hub_room *fx_push_hub_find(const struct fx_push_hub *hub, fx_str name);

/** The membership; NULL where absent. O(rooms of the socket). */
struct fx_push_hub_member *fx_push_hub_member(const struct fx_push_hub_socket *socket, fx_str name);

/** Note that a member missed an event, or has caught up; keeps room->behind_count. */
void fx_push_hub_set_behind(struct fx_push_hub_member *member, bool is_behind);

/** Number of rooms. */
uint32_t fx_push_hub_room_count(const struct fx_push_hub *hub);

#endif
