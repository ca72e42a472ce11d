/* Tokens that are void before they expire: what was opened with them ends. */
#include "push/push_int.h"

static bool is_admitted(const struct fx_push *push, const struct fx_jwt_claims *claims)
{
    return push->options.admits == NULL || push->options.admits(push->options.admits_self, claims);
}

/* A kick leaves the room, so each search begins anew; a user has few sockets. */
static struct fx_push_socket *find_void(struct fx_push *push, uint32_t index, fx_str name)
{
    const struct fx_push_hub_room *room = fx_push_hub_find(&push->hubs[index], name);
    struct fx_push_hub_member *member = room == NULL ? NULL : room->first;
    while (member != NULL) {
        struct fx_push_socket *socket = member->socket->owner;
        if (!is_admitted(push, &socket->claims)) {
            return socket;
        }
        member = member->room_next;
    }
    return NULL;
}

static void kick_sockets(struct fx_push *push, uint32_t index, fx_str name)
{
    const int64_t now_ms = fx_net_server_now_ms(push->options.server);
    struct fx_push_socket *socket = NULL;
    while ((socket = find_void(push, index, name)) != NULL) {
        fx_push_session_kick(&socket->client->link.session, index, now_ms);
    }
}

void fx_push_kick_user(struct fx_push *push, uint64_t user_id)
{
    char target[FX_PUSH_HUB_NAME_SIZE_MAX];
    const fx_str name = fx_push_notify_room(user_id, target);
    for (uint32_t index = 0; index < FX_PUSH_NAMESPACES; index++) {
        kick_sockets(push, index, name);
    }
    for (struct fx_push_stream *stream = push->streams; stream != NULL; stream = stream->next) {
        if (stream->user_id != user_id) {
            continue;
        }
        if (stream->key_id != 0) {
            stream->renew_key_ms = 0; /* the next tick asks about the key */
        } else if (!is_admitted(push, &stream->claims)) {
            fx_push_stream_close(stream, FX_NET_WEBSOCKET_CODE_POLICY, FX_STR("token revoked"));
        }
    }
    fx_push_gate_settle(&push->gate);
}
