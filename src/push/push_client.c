#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/panic.h"
#include "push/push_int.h"

enum { SID_BYTES = 15 };

static int64_t now_ms_of(const struct fx_push *push)
{
    return fx_net_server_now_ms(push->options.server);
}

struct fx_push_auth_judge fx_push_client_judge(struct fx_push *push)
{
    return (struct fx_push_auth_judge){.jwt = push->options.jwt,
                                       .cache = push->options.jwt_cache,
                                       .scratch = &push->scratch,
                                       .now_s = push->options.wall_us(push->options.clock_self) /
                                                1000000};
}

bool fx_push_client_spend(struct fx_push_client *client)
{
    return fx_push_budget_spend(&client->budget, now_ms_of(client->push));
}

/* ---- sending ---------------------------------------------------------------------------------
 */

static void close_slow(struct fx_push_client *client)
{
    if (!client->is_slow) {
        client->is_slow = true;
        client->push->stats.slow_consumer_closed++;
    }
    fx_push_session_close(
        &client->session, FX_NET_WEBSOCKET_CODE_TRY_LATER, FX_STR("slow consumer"));
}

static bool is_full(const struct fx_push_client *client, size_t size)
{
    const uint32_t queued = fx_net_server_queued_bytes(client->push->options.server, client->token);
    return queued + size > FX_PUSH_PRIVATE_QUEUED_MAX;
}

void fx_push_client_send(struct fx_push_client *client, struct fx_net_frame *frame)
{
    if (is_full(client, frame->size)) {
        close_slow(client);
    } else if (fx_net_server_send_frame(client->push->options.server, client->token, frame)) {
        client->push->stats.frames++;
    }
}

void fx_push_client_offer(struct fx_push_hub_member *member, struct fx_net_frame *frame)
{
    const struct fx_push_socket *socket = member->socket->owner;
    struct fx_push *push = socket->client->push;
    const struct fx_net_server_token token = socket->client->token;
    const uint32_t queued = fx_net_server_queued_bytes(push->options.server, token);
    if (queued > push->options.public_queued_max) {
        push->stats.conflated++;
        fx_push_hub_set_behind(member, true);
        return;
    }
    fx_push_hub_set_behind(member, false);
    if (fx_net_server_send_frame(push->options.server, token, frame)) {
        push->stats.frames++;
    }
}

/* ---- the session's door ----------------------------------------------------------------------
 */

static void on_send(void *self, bool is_binary, fx_str packet)
{
    struct fx_push_client *client = self;
    const enum fx_net_websocket_opcode opcode =
        is_binary ? FX_NET_WEBSOCKET_OPCODE_BINARY : FX_NET_WEBSOCKET_OPCODE_TEXT;
    if (is_full(client, packet.size)) {
        close_slow(client); /* it sends requests and does not read the answers */
    } else if (fx_net_server_send(client->push->options.server, client->token, opcode, packet)) {
        client->push->stats.frames++;
    }
}

static void on_shut(void *self, uint16_t code, fx_str reason)
{
    const struct fx_push_client *client = self;
    fx_net_server_close_websocket(client->push->options.server, client->token, code, reason);
}

static void on_make_id(void *self, char id_out[FX_PUSH_SESSION_SID_SIZE])
{
    uint8_t bytes[SID_BYTES];
    struct fx_buf *text = &((struct fx_push_client *)self)->push->out;
    const fx_status status = fx_crypto_random(bytes, sizeof bytes);
    FX_ASSERT(status == FX_OK); /* it worked when the room was made; a guessable id is no way out */
    fx_buf_clear(text);
    fx_crypto_base64url_encode(text, fx_crypto_str(bytes, sizeof bytes));
    FX_ASSERT(text->size == FX_PUSH_SESSION_SID_SIZE);
    memcpy(id_out, text->data, FX_PUSH_SESSION_SID_SIZE);
}

static struct fx_push_auth authenticate(struct fx_push_client *client,
                                        const struct fx_push_session_connect *connect)
{
    const struct fx_push_auth_judge judge = fx_push_client_judge(client->push);
    struct fx_push_auth auth = fx_push_auth_of_connect(&judge, connect->json, connect->query);
    if (auth.verdict == FX_PUSH_AUTH_NONE) {
        auth = client->auth;
        if (auth.verdict == FX_PUSH_AUTH_GOOD && auth.expires_at_s <= judge.now_s) {
            auth = (struct fx_push_auth){.verdict = FX_PUSH_AUTH_BAD};
        }
    }
    return auth;
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
    static const struct fx_push_session_door DOOR = {.send = on_send,
                                                     .close = on_shut,
                                                     .make_id = on_make_id,
                                                     .on_connect = on_connect,
                                                     .on_event = on_event,
                                                     .on_ack = on_ack,
                                                     .on_leave = on_leave};
    return &DOOR;
}

/* ---- the connection's callbacks --------------------------------------------------------------
 */

static void on_message(void *self,
                       struct fx_net_server_token token,
                       enum fx_net_websocket_opcode opcode,
                       fx_str payload)
{
    struct fx_push_client *client = self;
    (void)token;
    fx_push_session_receive(&client->session,
                            opcode == FX_NET_WEBSOCKET_OPCODE_BINARY,
                            payload,
                            now_ms_of(client->push));
}

static void on_close(void *self, struct fx_net_server_token token, uint16_t code, fx_str reason)
{
    struct fx_push_client *client = self;
    (void)token;
    (void)reason;
    if (code == FX_NET_WEBSOCKET_CODE_TRY_LATER && !client->is_slow) {
        client->push->stats.slow_consumer_closed++; /* the server's own limit was lower */
    }
    fx_push_client_destroy(client);
}

void fx_push_client_destroy(struct fx_push_client *client)
{
    struct fx_push *push = client->push;
    fx_push_session_lost(&client->session);
    fx_push_session_deinit(&client->session);
    (void)fx_table_str_remove(&push->sids, (fx_str){client->session.sid, FX_PUSH_SESSION_SID_SIZE});
    if (client->next != NULL) {
        client->next->previous = client->previous;
    }
    if (client->previous != NULL) {
        client->previous->next = client->next;
    } else {
        push->clients = client->next;
    }
    FX_ASSERT(push->stats.sessions > 0);
    push->stats.sessions--;
    free(client);
}

static void link_client(struct fx_push_client *client)
{
    struct fx_push *push = client->push;
    client->next = push->clients;
    if (push->clients != NULL) {
        push->clients->previous = client;
    }
    push->clients = client;
    push->stats.sessions++;
}

fx_status fx_push_client_accept(struct fx_push *push,
                                const struct fx_net_server_call *call,
                                enum fx_push_eio eio)
{
    struct fx_push_client *client = calloc(1, sizeof *client);
    if (client == NULL) {
        return FX_NO_MEMORY;
    }
    client->push = push;
    client->token = call->token;
    fx_push_budget_init(&client->budget, now_ms_of(push));
    const struct fx_push_auth_judge judge = fx_push_client_judge(push);
    client->auth = fx_push_auth_of_request(&judge, call->request);
    fx_push_session_init(&client->session, &push->config, eio, client);
    link_client(client);
    const fx_str sid = {client->session.sid, FX_PUSH_SESSION_SID_SIZE};
    const union fx_table_value value = {.pointer = client};
    fx_status status = fx_table_str_put(&push->sids, sid, value) ? FX_OK : FX_CAPACITY;
    if (status == FX_OK) {
        const struct fx_net_server_websocket owner = {
            .on_message = on_message, .on_close = on_close, .self = client};
        status =
            fx_net_server_accept_websocket(push->options.server, call->token, &owner, (fx_str){0});
    }
    if (status != FX_OK) {
        fx_push_client_destroy(client);
        return status;
    }
    fx_push_session_open(&client->session, now_ms_of(push));
    return FX_OK;
}

void fx_push_client_tick(struct fx_push_client *client, struct fx_push_moment now)
{
    for (uint32_t index = 0; index < FX_PUSH_NAMESPACES; index++) {
        const int64_t expires_at_s = client->sockets[index].expires_at_s;
        if (expires_at_s != 0 && now.wall_s >= expires_at_s) {
            fx_push_session_kick(&client->session, index, now.ms);
        }
    }
    fx_push_session_tick(&client->session, now.ms);
}
