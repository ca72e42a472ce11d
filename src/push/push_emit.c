/* Events that another process emitted, to this one's sockets. */
#include "push/push_int.h"

/* News for a slow reader are left out (P4); that he missed a state of ours is another matter. */
static void offer(struct fx_push *push, struct fx_push_client *client, struct fx_net_frame *frame)
{
    if (fx_push_link_queued(&client->link) > push->options.public_queued_max) {
        push->stats.conflated++;
    } else {
        fx_push_link_send(&client->link, frame);
    }
}

/* Once to each socket, whichever of the rooms it is in. What is not for one user only may be left
 * out where the reader is slow (P4): it was never more than news. */
static void send_to_room(struct fx_push *push, uint32_t index, fx_str name)
{
    const struct fx_push_hub_room *room = fx_push_hub_find(&push->hubs[index], name);
    const bool is_private = fx_str_has_prefix(name, FX_STR("user_"));
    struct fx_push_hub_member *member = room == NULL ? NULL : room->first;
    struct fx_net_frame *frame = member == NULL ? NULL : fx_push_feed_frame(&push->feed, index);
    while (member != NULL && frame != NULL) {
        struct fx_push_hub_member *next = member->room_next; /* sending may end this one (P8) */
        struct fx_push_socket *socket = member->socket->owner;
        const bool is_told = socket->emitted == push->emitted; /* or is not to hear */
        socket->emitted = push->emitted;
        if (!is_told && is_private) {
            fx_push_client_send(socket->client, frame);
        } else if (!is_told) {
            offer(push, socket->client, frame);
        }
        member = next;
    }
}

/* Everybody in the namespace. A socket is in the room of its own id at least. */
static void send_to_all(struct fx_push *push, uint32_t index)
{
    struct fx_net_frame *frame = NULL;
    for (struct fx_push_link *link = push->gate.links; link != NULL; link = link->next) {
        struct fx_push_client *client = (struct fx_push_client *)link;
        struct fx_push_socket *socket = &client->sockets[index];
        if (socket->rooms.first == NULL || socket->emitted == push->emitted) {
            continue;
        }
        frame = frame == NULL ? fx_push_feed_frame(&push->feed, index) : frame;
        if (frame == NULL) {
            return;
        }
        socket->emitted = push->emitted;
        offer(push, client, frame);
    }
}

/* Sockets of ours whose ids these are hear nothing. */
static void leave_out(struct fx_push *push,
                      uint32_t index,
                      const struct fx_push_rooms_message *message)
{
    for (uint32_t at = 0; at < message->except_count; at++) {
        const struct fx_push_hub_room *room =
            fx_push_hub_find(&push->hubs[index], message->except[at]);
        if (room != NULL && room->count == 1) { /* an id's own room has one member */
            ((struct fx_push_socket *)room->first->socket->owner)->emitted = push->emitted;
        }
    }
}

/* The name under which the hub keeps a room: those of public topics have one for all styles. */
static fx_str name_of(const struct fx_push *push,
                      fx_str name,
                      char target[FX_PUSH_TOPIC_NAME_SIZE_MAX])
{
    struct fx_push_topic topic;
    const struct fx_market *market = push->options.market;
    return fx_push_topic_parse(market, name, push->options.book_levels, &topic) == FX_OK
               ? fx_push_topic_format(market, &topic, target)
               : name;
}

void fx_push_emit(struct fx_push *push, const struct fx_push_rooms_message *message, fx_str event)
{
    fx_push_feed_event(&push->feed, event);
    push->emitted++;
    for (uint32_t index = 0; index < FX_PUSH_NAMESPACES; index++) {
        if (!fx_str_is_equal(push->feed.namespaces[index], message->nsp)) {
            continue;
        }
        leave_out(push, index, message);
        if (message->room_count == 0) {
            send_to_all(push, index);
        }
        for (uint32_t at = 0; at < message->room_count; at++) {
            char target[FX_PUSH_TOPIC_NAME_SIZE_MAX];
            send_to_room(push, index, name_of(push, message->rooms[at], target));
        }
    }
}
