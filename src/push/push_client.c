/* A client of the exchange: who it is, what it may join, what it may ask. */
#include "base/panic.h"
#include "push/push_int.h"

static int64_t now_ms_of(const struct fx_push *push)
{
    return fx_net_server_now_ms(push->options.server);
}

struct fx_push_auth_judge fx_push_client_judge(struct fx_push *push, fx_str peer)
{
    return (struct fx_push_auth_judge){.jwt = push->options.jwt,
                                       .cache = push->options.jwt_cache,
                                       .scratch = &push->scratch,
                                       .now_s = push->options.wall_us(push->options.clock_self) /
                                                1000000,
                                       .admits = push->options.admits,
                                       .admits_self = push->options.admits_self,
                                       .strangers = &push->options.strangers,
                                       .peer = peer};
}

bool fx_push_client_spend(struct fx_push_client *client)
{
    return fx_push_budget_spend(&client->budget, now_ms_of(client->push));
}

/* ---- sending ---------------------------------------------------------------------------------
 */

void fx_push_client_send(struct fx_push_client *client, struct fx_net_frame *frame)
{
    fx_push_link_send_surely(&client->link, frame);
}

void fx_push_client_offer(struct fx_push_hub_member *member, struct fx_net_frame *frame)
{
    const struct fx_push_socket *socket = member->socket->owner;
    struct fx_push *push = socket->client->push;
    struct fx_push_link *link = &socket->client->link;
    if (fx_push_link_queued(link) > push->options.public_queued_max) {
        push->stats.conflated++;
        fx_push_hub_set_behind(member, true);
        return;
    }
    fx_push_hub_set_behind(member, false);
    fx_push_link_send(link, frame);
}

void fx_push_client_prefetch(const struct fx_push_hub_member *member, uint32_t stage)
{
    const struct fx_push_socket *socket =
        (const void *)member->socket; /* its owner, as the first member */
    if (stage == 0) {
        __builtin_prefetch(socket);
        __builtin_prefetch(&socket->client);
        return;
    }
    const struct fx_push_link *link = &socket->client->link;
    if (stage == 1) {
        __builtin_prefetch(&link->gate);
        __builtin_prefetch(&link->polling);
        __builtin_prefetch(&link->socket);
        return;
    }
    fx_net_server_prefetch(link->gate->options.server, link->socket);
}

/* ---- the session's door ----------------------------------------------------------------------
 */

static struct fx_push_auth authenticate(struct fx_push_client *client,
                                        const struct fx_push_session_connect *connect)
{
    const struct fx_push_auth_judge judge =
        fx_push_client_judge(client->push, fx_str_of(client->peer));
    const struct fx_push_auth auth = fx_push_auth_of_connect(&judge, connect->json, connect->query);
    return auth.verdict == FX_PUSH_AUTH_NONE ? fx_push_auth_again(&judge, &client->auth) : auth;
}

/* @return the reason to refuse; code 0: none. */
static struct fx_push_session_refusal refusal_of(const struct fx_push *push,
                                                 const struct fx_push_session_connect *connect,
                                                 const struct fx_push_auth *auth)
{
    char name[FX_PUSH_HUB_NAME_SIZE_MAX];
    if (auth->verdict == FX_PUSH_AUTH_BAD) {
        return (struct fx_push_session_refusal){FX_STR("invalid token"), 401};
    }
    if (auth->verdict == FX_PUSH_AUTH_LIMITED) {
        return (struct fx_push_session_refusal){FX_STR("too many requests"), 429};
    }
    if (auth->verdict == FX_PUSH_AUTH_NONE) {
        /* The implied root of revision 3 comes before its client could name a token. */
        return push->options.is_auth_required && !connect->is_implied
                   ? (struct fx_push_session_refusal){FX_STR("authentication required"), 401}
                   : (struct fx_push_session_refusal){0};
    }
    const struct fx_push_hub_room *room =
        fx_push_hub_find(&push->hubs[connect->index], fx_push_notify_room(auth->user_id, name));
    if (room != NULL && room->count >= FX_PUSH_USER_SOCKETS_MAX) {
        return (struct fx_push_session_refusal){FX_STR("too many connections"), 429};
    }
    return (struct fx_push_session_refusal){0};
}

static fx_status enter(struct fx_push_client *client,
                       const struct fx_push_session_connect *connect,
                       const struct fx_push_auth *auth)
{
    struct fx_push_socket *socket = &client->sockets[connect->index];
    struct fx_push_hub *hub = &client->push->hubs[connect->index];
    char name[FX_PUSH_HUB_NAME_SIZE_MAX];
    *socket = (struct fx_push_socket){.client = client, .index = connect->index};
    socket->rooms.owner = socket;
    fx_status status = fx_push_hub_join(hub, &socket->rooms, connect->id);
    if (status == FX_OK && auth->verdict == FX_PUSH_AUTH_GOOD) {
        socket->user_id = auth->user_id;
        socket->expires_at_s = auth->expires_at_s;
        socket->claims = auth->claims;
        status = fx_push_hub_join(
            hub, &socket->rooms, fx_push_notify_room(auth->user_id, name)); /* P1 */
    }
    if (status != FX_OK) {
        fx_push_hub_leave_all(hub, &socket->rooms);
    }
    return status;
}

static bool on_connect(void *self,
                       const struct fx_push_session_connect *connect,
                       struct fx_push_session_refusal *refusal_out)
{
    struct fx_push_client *client = self;
    if (!fx_push_client_spend(client)) {
        *refusal_out = (struct fx_push_session_refusal){FX_STR("too many requests"), 429};
        return false;
    }
    const struct fx_push_auth auth = authenticate(client, connect);
    struct fx_push_session_refusal refusal = refusal_of(client->push, connect, &auth);
    if (refusal.code == 0 && enter(client, connect, &auth) != FX_OK) {
        refusal = (struct fx_push_session_refusal){FX_STR("server is full"), 503};
    }
    if (refusal.code != 0) {
        *refusal_out = refusal;
        return false;
    }
    return true;
}

static void on_event(void *self, const struct fx_push_session_event *event)
{
    struct fx_push_client *client = self;
    fx_push_channel_on_event(&client->sockets[event->index], event);
}

static void on_ack(void *self, const struct fx_push_session_event *ack)
{
    (void)self; /* nothing that this server sends asks for one */
    (void)ack;
}

static void on_leave(void *self, uint32_t index)
{
    struct fx_push_client *client = self;
    fx_push_hub_leave_all(&client->push->hubs[index], &client->sockets[index].rooms);
    client->sockets[index].user_id = 0;
    client->sockets[index].expires_at_s = 0;
}

const struct fx_push_session_door *fx_push_client_door(void)
{
    static const struct fx_push_session_door DOOR = {.send = fx_push_link_say,
                                                     .close = fx_push_link_shut,
                                                     .make_id = fx_push_link_make_id,
                                                     .on_connect = on_connect,
                                                     .on_event = on_event,
                                                     .on_ack = on_ack,
                                                     .on_leave = on_leave};
    return &DOOR;
}

/* ---- the gate's calls ------------------------------------------------------------------------
 */

void fx_push_client_open(struct fx_push_link *link, const struct fx_net_server_call *call)
{
    struct fx_push_client *client = (struct fx_push_client *)link;
    client->push = link->gate->options.self;
    fx_push_budget_init(&client->budget, now_ms_of(client->push));
    (void)fx_str_copy(call->peer, client->peer, sizeof client->peer);
    const struct fx_push_auth_judge judge = fx_push_client_judge(client->push, call->peer);
    client->auth = fx_push_auth_of_request(&judge, call->request);
}

void fx_push_client_tick(struct fx_push_link *link, int64_t now_ms)
{
    const struct fx_push_client *client = (struct fx_push_client *)link;
    for (uint32_t index = 0; index < FX_PUSH_NAMESPACES; index++) {
        const int64_t expires_at_s = client->sockets[index].expires_at_s;
        if (expires_at_s != 0 && client->push->wall_s >= expires_at_s) {
            fx_push_session_kick(&link->session, index, now_ms);
        }
    }
}

void fx_push_client_free(struct fx_push_link *link)
{
    const struct fx_push_client *client = (struct fx_push_client *)link;
    for (uint32_t index = 0; index < FX_PUSH_NAMESPACES; index++) {
        FX_ASSERT(client->sockets[index].rooms.first == NULL);
    }
}
