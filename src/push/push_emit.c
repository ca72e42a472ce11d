/* Events that another process emitted, to this one's sockets. */
#include "push/push_int.h"

/* All members of a room of namespace `index`. What is not for one user only may be left out where
 * the reader is slow (P4): it was never more than news. */
static void send_to_room(struct fx_push *push, uint32_t index, fx_str name)
{
    const struct fx_push_hub_room *room = fx_push_hub_find(&push->hubs[index], name);
    const bool is_private = fx_str_has_prefix(name, FX_STR("user_"));
    struct fx_push_hub_member *member = room == NULL ? NULL : room->first;
    struct fx_net_frame *frame = member == NULL ? NULL : fx_push_feed_frame(&push->feed, index);
    while (member != NULL && frame != NULL) {
        struct fx_push_hub_member *next = member->room_next; /* sending may end this one (P8) */
        const struct fx_push_socket *socket = member->socket->owner;
        if (is_private) {
            fx_push_client_send(socket->client, frame);
        } else {
            fx_push_client_offer(member, frame);
        }
        member = next;
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
    for (uint32_t index = 0; index < FX_PUSH_NAMESPACES; index++) {
        if (!fx_str_is_equal(push->feed.namespaces[index], message->nsp)) {
            continue;
        }
        for (uint32_t at = 0; at < message->room_count; at++) {
            char target[FX_PUSH_TOPIC_NAME_SIZE_MAX];
            send_to_room(push, index, name_of(push, message->rooms[at], target));
        }
    }
}
