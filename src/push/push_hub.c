#include "push/push_hub.h"

#include <stdlib.h>
#include <string.h>

#include "base/panic.h"

void fx_push_hub_init(struct fx_push_hub *hub, uint32_t rooms_max, struct fx_table_seed seed)
{
    fx_table_str_init(&hub->names, rooms_max, seed);
}

void fx_push_hub_deinit(struct fx_push_hub *hub)
{
    uint32_t cursor = 0;
    fx_str name;
    union fx_table_value value;
    while (fx_table_str_next(&hub->names, &cursor, &name, &value)) {
        struct fx_push_hub_room *room = value.pointer;
        struct fx_push_hub_member *member = room->first;
        while (member != NULL) {
            struct fx_push_hub_member *next = member->room_next;
            free(member);
            member = next;
        }
        free(room);
    }
    fx_table_str_deinit(&hub->names);
}

static fx_str name_of(const struct fx_push_hub_room *room)
{
    return (fx_str){room->name, room->name_size};
}

struct fx_push_hub_room *fx_push_hub_find(const struct fx_push_hub *hub, fx_str name)
{
    const union fx_table_value *value = fx_table_str_find(&hub->names, name);
    return value == NULL ? NULL : value->pointer;
}

struct fx_push_hub_member *fx_push_hub_member(const struct fx_push_hub_socket *socket, fx_str name)
{
    struct fx_push_hub_member *member = socket->first;
    while (member != NULL && !fx_str_is_equal(name_of(member->room), name)) {
        member = member->socket_next;
    }
    return member;
}

static fx_status create_room(struct fx_push_hub *hub,
                             fx_str name,
                             struct fx_push_hub_room **room_out)
{
    struct fx_push_hub_room *room = calloc(1, sizeof *room);
    if (room == NULL) {
        return FX_NO_MEMORY;
    }
    memcpy(room->name, name.data, name.size);
    room->name_size = (uint8_t)name.size;
    if (!fx_table_str_put(&hub->names, name, (union fx_table_value){.pointer = room})) {
        free(room);
        return FX_CAPACITY;
    }
    *room_out = room;
    return FX_OK;
}

static void drop_if_empty(struct fx_push_hub *hub, struct fx_push_hub_room *room)
{
    if (room->count == 0) {
        FX_ASSERT(room->first == NULL && room->behind_count == 0);
        const bool was_there = fx_table_str_remove(&hub->names, name_of(room));
        FX_ASSERT(was_there);
        free(room);
    }
}

static void link_member(struct fx_push_hub_member *member)
{
    struct fx_push_hub_room *room = member->room;
    struct fx_push_hub_socket *socket = member->socket;
    member->room_next = room->first;
    if (room->first != NULL) {
        room->first->room_previous = member;
    }
    room->first = member;
    room->count++;
    member->socket_next = socket->first;
    if (socket->first != NULL) {
        socket->first->socket_previous = member;
    }
    socket->first = member;
    socket->count++;
}

static void unlink_member(struct fx_push_hub_member *member)
{
    struct fx_push_hub_room *room = member->room;
    struct fx_push_hub_socket *socket = member->socket;
    FX_ASSERT(room->count > 0 && socket->count > 0);
    if (member->room_next != NULL) {
        member->room_next->room_previous = member->room_previous;
    }
    if (member->room_previous != NULL) {
        member->room_previous->room_next = member->room_next;
    } else {
        room->first = member->room_next;
    }
    if (member->socket_next != NULL) {
        member->socket_next->socket_previous = member->socket_previous;
    }
    if (member->socket_previous != NULL) {
        member->socket_previous->socket_next = member->socket_next;
    } else {
        socket->first = member->socket_next;
    }
    room->count--;
    socket->count--;
}

fx_status fx_push_hub_join(struct fx_push_hub *hub, struct fx_push_hub_socket *socket, fx_str name)
{
    if (name.size == 0 || name.size > FX_PUSH_HUB_NAME_SIZE_MAX) {
        return FX_BAD_PARAMETER;
    }
    if (fx_push_hub_member(socket, name) != NULL) {
        return FX_OK;
    }
    struct fx_push_hub_room *room = fx_push_hub_find(hub, name);
    struct fx_push_hub_member *member = calloc(1, sizeof *member);
    fx_status status = member == NULL ? FX_NO_MEMORY : FX_OK;
    if (status == FX_OK && room == NULL) {
        status = create_room(hub, name, &room);
    }
    if (status != FX_OK) {
        free(member);
        return status;
    }
    member->room = room;
    member->socket = socket;
    link_member(member);
    return FX_OK;
}

static void drop_member(struct fx_push_hub *hub, struct fx_push_hub_member *member)
{
    struct fx_push_hub_room *room = member->room;
    fx_push_hub_set_behind(member, false);
    unlink_member(member);
    free(member);
    drop_if_empty(hub, room);
}

bool fx_push_hub_leave(struct fx_push_hub *hub, struct fx_push_hub_socket *socket, fx_str name)
{
    struct fx_push_hub_member *member = fx_push_hub_member(socket, name);
    if (member == NULL) {
        return false;
    }
    drop_member(hub, member);
    return true;
}

void fx_push_hub_leave_all(struct fx_push_hub *hub, struct fx_push_hub_socket *socket)
{
    while (socket->first != NULL) {
        struct fx_push_hub_member *member = socket->first;
        FX_ASSERT(member->socket == socket && member->socket_previous == NULL);
        drop_member(hub, member);
        FX_ASSERT(socket->first != member);
    }
    FX_ASSERT(socket->count == 0);
}

void fx_push_hub_set_behind(struct fx_push_hub_member *member, bool is_behind)
{
    if (member->is_behind == is_behind) {
        return;
    }
    member->is_behind = is_behind;
    if (is_behind) {
        member->room->behind_count++;
        return;
    }
    FX_ASSERT(member->room->behind_count > 0);
    member->room->behind_count--;
}

uint32_t fx_push_hub_room_count(const struct fx_push_hub *hub)
{
    return hub->names.count;
}
