#include "app/app_conformance.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/app_listen.h"
#include "base/log.h"
#include "base/panic.h"
#include "push/push_gate.h"

enum {
    TICK_MS = 10,
    READ_MS = 40, /* for a client on a busy machine to read a packet before the next one comes */
    PING_INTERVAL_MS = 300,
    PING_TIMEOUT_MS = 200,
    PING_INTERVAL_MAX_MS = 60000,
    PATIENCE = 10, /* intervals to wait for an answer where the interval is given */
    CONNECT_TIMEOUT_MS = 1000,
    SESSIONS_MAX = 10000,
    OUT_SIZE_MAX = 4 << 20,
    AUTH_SIZE_MAX = 4096,
    NAMESPACES = 2
};

struct conformance {
    struct fx_net_server *server;
    struct fx_push_gate engine;
    struct fx_push_gate socket;
    struct fx_push_session_config engine_config;
    struct fx_push_session_config socket_config;
    uint32_t ping_interval_ms;
    uint32_t ping_timeout_ms;
    struct fx_json json;
    struct fx_buf out;
    struct fx_buf data;
};

/** A client of /socket.io/. */
struct client {
    struct fx_push_link link; /* first */
    struct fx_buf auth[NAMESPACES];
    int64_t auth_ms[NAMESPACES]; /* when the "auth" event is due; 0: not */
};

/* ---- Engine.IO alone -------------------------------------------------------------------------
 */

static void on_message(void *self, bool is_binary, fx_str message)
{
    fx_push_session_send_message(&((struct fx_push_link *)self)->session, is_binary, message);
}

static void on_open(struct fx_push_link *link, const struct fx_net_server_call *call)
{
    (void)link;
    (void)call;
}

/* ---- Socket.IO -------------------------------------------------------------------------------
 */

static struct conformance *owner_of(const struct client *client)
{
    return client->link.gate->options.self;
}

static bool on_connect(void *self,
                       const struct fx_push_session_connect *connect,
                       struct fx_push_session_refusal *refusal_out)
{
    struct client *client = self;
    struct fx_buf *auth = &client->auth[connect->index];
    fx_buf_init(auth, AUTH_SIZE_MAX);
    fx_buf_append(auth, connect->data.size > 0 ? connect->data : FX_STR("{}"));
    client->auth_ms[connect->index] = fx_net_server_now_ms(owner_of(client)->server) + READ_MS;
    if (auth->is_overflow) {
        fx_buf_deinit(auth);
        *refusal_out = (struct fx_push_session_refusal){.message = FX_STR("payload too large")};
        return false;
    }
    return true;
}

static void on_leave(void *self, uint32_t index)
{
    struct client *client = self;
    fx_buf_deinit(&client->auth[index]);
    client->auth_ms[index] = 0;
}

/* ["name"<rest>: `rest` is what follows the name in the array, its "]" included. */
static struct fx_push_packet event_of(struct client *client,
                                      uint32_t index,
                                      fx_str name,
                                      fx_str rest)
{
    struct fx_buf *data = &owner_of(client)->data;
    fx_buf_clear(data);
    fx_buf_append(data, FX_STR("[\""));
    fx_buf_append(data, name);
    fx_buf_append_byte(data, '"');
    fx_buf_append(data, rest);
    return (struct fx_push_packet){.type = FX_PUSH_PACKET_EVENT,
                                   .name_space = owner_of(client)->socket_config.namespaces[index],
                                   .data = fx_buf_str(data)};
}

/* What follows the event's name: ",1,2]" or "]". Names with escapes are nobody's. */
static fx_str rest_of(const struct fx_push_session_event *event)
{
    const fx_str name = event->json->tokens[1].text;
    const size_t end = (size_t)(name.data - event->data.data) + name.size;
    return fx_str_slice(event->data, end + 1, event->data.size);
}

static void send_back(struct client *client, const struct fx_push_session_event *event, fx_str rest)
{
    struct fx_push_packet packet = event_of(client, event->index, FX_STR("message-back"), rest);
    packet.attachments = event->attachment_count;
    if (event->attachment_count > 0) {
        packet.type = FX_PUSH_PACKET_BINARY_EVENT;
    }
    fx_push_session_send(&client->link.session, &packet, event->attachments);
}

static void send_ack(struct client *client, const struct fx_push_session_event *event, fx_str rest)
{
    struct fx_buf *data = &owner_of(client)->data;
    const size_t comma = rest.size > 1 ? fx_str_find(rest, ',', 0) : SIZE_MAX;
    fx_buf_clear(data);
    fx_buf_append_byte(data, '[');
    fx_buf_append(data, comma == SIZE_MAX ? FX_STR("]") : fx_str_slice(rest, comma + 1, rest.size));
    const struct fx_push_packet packet = {
        .type = event->attachment_count > 0 ? FX_PUSH_PACKET_BINARY_ACK : FX_PUSH_PACKET_ACK,
        .name_space = owner_of(client)->socket_config.namespaces[event->index],
        .attachments = event->attachment_count,
        .has_ack = true,
        .ack = event->ack,
        .data = fx_buf_str(data)};
    fx_push_session_send(&client->link.session, &packet, event->attachments);
}

/* One frame for all who are in the namespace. */
static void send_to_all(struct client *client, uint32_t index, fx_str rest)
{
    struct conformance *self = owner_of(client);
    const struct fx_push_packet packet = event_of(client, index, FX_STR("all"), rest);
    fx_buf_clear(&self->out);
    fx_push_packet_encode(&self->out, &packet);
    struct fx_net_frame *frame =
        fx_net_frame_create_websocket(FX_NET_WEBSOCKET_OPCODE_TEXT, fx_buf_str(&self->out));
    struct fx_push_link *link = frame == NULL ? NULL : self->socket.links;
    for (; link != NULL; link = link->next) {
        if (link->session.state == FX_PUSH_SESSION_STATE_OPEN &&
            fx_push_session_has(&link->session, index)) {
            fx_push_link_send_surely(link, frame);
        }
    }
    fx_net_frame_release(frame);
}

static void ask(struct client *client, uint32_t index, fx_str rest)
{
    struct fx_push_packet packet = event_of(client, index, FX_STR("question"), rest);
    packet.has_ack = true;
    packet.ack = fx_push_session_next_ack(&client->link.session, index);
    fx_push_session_send(&client->link.session, &packet, NULL);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): from and to
static void kick(struct client *client, uint32_t from, uint32_t to)
{
    const int64_t now_ms = fx_net_server_now_ms(owner_of(client)->server);
    for (uint32_t index = from; index < to; index++) {
        fx_push_session_kick(&client->link.session, index, now_ms);
    }
}

static void on_event(void *self, const struct fx_push_session_event *event)
{
    struct client *client = self;
    const struct fx_json_token *name = &event->json->tokens[1];
    if (name->kind != FX_JSON_STRING || name->is_escaped) {
        return;
    }
    const fx_str rest = rest_of(event);
    if (fx_str_is_equal(name->text, FX_STR("message"))) {
        send_back(client, event, rest);
    } else if (fx_str_is_equal(name->text, FX_STR("message-with-ack")) && event->has_ack) {
        send_ack(client, event, rest);
    } else if (fx_str_is_equal(name->text, FX_STR("all"))) {
        send_to_all(client, event->index, rest);
    } else if (fx_str_is_equal(name->text, FX_STR("ask"))) {
        ask(client, event->index, rest);
    } else if (fx_str_is_equal(name->text, FX_STR("kick"))) {
        kick(client, event->index, event->index + 1);
    } else if (fx_str_is_equal(name->text, FX_STR("kick-all"))) {
        kick(client, 0, NAMESPACES);
    } else if (fx_str_is_equal(name->text, FX_STR("drop"))) {
        fx_push_session_close(
            &client->link.session, FX_NET_WEBSOCKET_CODE_GOING_AWAY, FX_STR("dropped"));
    }
}

static void on_ack(void *self, const struct fx_push_session_event *ack)
{
    struct client *client = self;
    struct fx_buf text;
    fx_buf_init(&text, OUT_SIZE_MAX);
    fx_buf_append_byte(&text, ack->data.size > 2 ? ',' : ']');
    fx_buf_append(&text,
                  ack->data.size > 2 ? fx_str_slice(ack->data, 1, ack->data.size) : (fx_str){0});
    const struct fx_push_packet packet =
        event_of(client, ack->index, FX_STR("answer"), fx_buf_str(&text));
    fx_push_session_send(&client->link.session, &packet, NULL);
    fx_buf_deinit(&text);
}

/* The suites wait for the answer to CONNECT before they listen for "auth". */
static void on_tick(struct fx_push_link *link, int64_t now_ms)
{
    struct client *client = (struct client *)link;
    for (uint32_t index = 0; index < NAMESPACES; index++) {
        if (client->auth_ms[index] != 0 && now_ms >= client->auth_ms[index]) {
            struct fx_buf text;
            client->auth_ms[index] = 0;
            fx_buf_init(&text, AUTH_SIZE_MAX + 2);
            fx_buf_append_byte(&text, ',');
            fx_buf_append(&text, fx_buf_str(&client->auth[index]));
            fx_buf_append_byte(&text, ']');
            const struct fx_push_packet packet =
                event_of(client, index, FX_STR("auth"), fx_buf_str(&text));
            fx_push_session_send(&link->session, &packet, NULL);
            fx_buf_deinit(&text);
        }
    }
}

/* ---- the server ------------------------------------------------------------------------------
 */

static const struct fx_push_session_door ENGINE_DOOR = {.send = fx_push_link_say,
                                                        .close = fx_push_link_shut,
                                                        .make_id = fx_push_link_make_id,
                                                        .on_message = on_message};

static const struct fx_push_session_door SOCKET_DOOR = {.send = fx_push_link_say,
                                                        .close = fx_push_link_shut,
                                                        .make_id = fx_push_link_make_id,
                                                        .on_connect = on_connect,
                                                        .on_event = on_event,
                                                        .on_ack = on_ack,
                                                        .on_leave = on_leave};

static void on_request(void *self, const struct fx_net_server_call *call)
{
    struct conformance *conformance = self;
    if (fx_push_gate_owns(&conformance->engine, call->request)) {
        fx_push_gate_on_request(&conformance->engine, call);
    } else if (fx_push_gate_owns(&conformance->socket, call->request)) {
        fx_push_gate_on_request(&conformance->socket, call);
    } else {
        const struct fx_net_http_response response = {.status = 404};
        fx_net_server_respond(conformance->server, call->token, &response);
    }
}

static uint32_t on_head(void *self, const struct fx_net_server_call *call)
{
    struct conformance *conformance = self;
    if (fx_push_gate_owns(&conformance->engine, call->request)) {
        return fx_push_gate_on_head(&conformance->engine, call);
    }
    return fx_push_gate_owns(&conformance->socket, call->request)
               ? fx_push_gate_on_head(&conformance->socket, call)
               : 0;
}

static void on_hangup(void *self, struct fx_net_server_token token)
{
    struct conformance *conformance = self;
    fx_push_gate_on_hangup(&conformance->engine, token);
    fx_push_gate_on_hangup(&conformance->socket, token);
}

static void tick(void *self)
{
    struct conformance *conformance = self;
    fx_push_gate_tick(&conformance->engine);
    fx_push_gate_tick(&conformance->socket);
}

static void on_signal(void *self, int signal_number)
{
    struct conformance *conformance = self;
    if (signal_number == SIGINT || signal_number == SIGTERM) {
        fx_push_gate_stop(&conformance->engine);
        fx_push_gate_stop(&conformance->socket);
        fx_net_server_stop(conformance->server);
    }
}

static struct fx_push_session_config config_of(struct conformance *self,
                                               const struct fx_push_session_door *door)
{
    return (struct fx_push_session_config){.door = door,
                                           .json = &self->json,
                                           .out = &self->out,
                                           .namespaces = {FX_STR("/"), FX_STR("/custom")},
                                           .namespace_count = NAMESPACES,
                                           .ping_interval_ms = self->ping_interval_ms,
                                           .ping_timeout_ms = self->ping_timeout_ms,
                                           .connect_timeout_ms = CONNECT_TIMEOUT_MS,
                                           .payload_size_max = FX_PUSH_GATE_PAYLOAD_SIZE_MAX};
}

static fx_status init_gates(struct conformance *self)
{
    self->engine_config = config_of(self, &ENGINE_DOOR);
    self->socket_config = config_of(self, &SOCKET_DOOR);
    struct fx_push_gate_options options = {.server = self->server,
                                           .path = FX_STR("/engine.io/"),
                                           .config = &self->engine_config,
                                           .client_size = sizeof(struct fx_push_link),
                                           .sessions_max = SESSIONS_MAX,
                                           .queue_max = OUT_SIZE_MAX,
                                           .origins = FX_STR("*"),
                                           .open_delay_ms = READ_MS,
                                           .self = self,
                                           .on_open = on_open};
    const fx_status status = fx_push_gate_init(&self->engine, &options);
    if (status != FX_OK) {
        return status;
    }
    options.path = FX_STR("/socket.io/");
    options.config = &self->socket_config;
    options.client_size = sizeof(struct client);
    options.on_tick = on_tick;
    return fx_push_gate_init(&self->socket, &options);
}

static fx_status serve(struct conformance *self, const struct fx_config *config)
{
    uint16_t port = 0;
    const struct fx_app_listen wanted = {.component = "app",
                                         .host = fx_config_text(config, "host"),
                                         .port = (uint16_t)fx_config_int(config, "port"),
                                         .name = "conformance",
                                         .scheme = "http"};
    fx_status status = fx_net_server_timer(self->server, TICK_MS, tick, self);
    if (status == FX_OK) {
        status = fx_net_server_watch_signals(self->server, on_signal, self);
    }
    if (status == FX_OK) {
        status = fx_app_listen_open(self->server, &wanted, &port);
    }
    if (status != FX_OK) {
        return status;
    }
    fx_net_server_run(self->server);
    return FX_OK;
}

static bool set_intervals(struct conformance *self, const struct fx_app_options *options)
{
    uint64_t interval_ms = 0;
    self->ping_interval_ms = PING_INTERVAL_MS;
    self->ping_timeout_ms = PING_TIMEOUT_MS;
    if (options->positional_count == 0) {
        return true;
    }
    if (!fx_str_parse_u64(fx_str_of(options->positionals[0]), &interval_ms) || interval_ms == 0 ||
        interval_ms > PING_INTERVAL_MAX_MS) {
        (void)fprintf(stderr, "future: conformance: no interval: %s\n", options->positionals[0]);
        return false;
    }
    self->ping_interval_ms = (uint32_t)interval_ms;
    self->ping_timeout_ms = PATIENCE * (uint32_t)interval_ms;
    return true;
}

int fx_app_conformance_run(const struct fx_app_options *options)
{
    struct conformance *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return fx_app_options_exit(FX_NO_MEMORY);
    }
    if (!set_intervals(self, options)) {
        free(self);
        return FX_APP_EXIT_USAGE;
    }
    const struct fx_net_server_config config = {.message_size_max = FX_PUSH_GATE_PAYLOAD_SIZE_MAX,
                                                .output_size_max = OUT_SIZE_MAX};
    const struct fx_net_server_handler handler = {
        .on_request = on_request, .on_head = on_head, .on_hangup = on_hangup};
    fx_buf_init(&self->out, OUT_SIZE_MAX);
    fx_buf_init(&self->data, OUT_SIZE_MAX);
    fx_status status = fx_net_server_create(&config, &handler, self, &self->server);
    if (status == FX_OK) {
        status = init_gates(self);
    }
    if (status == FX_OK) {
        status = serve(self, options->config);
    }
    fx_net_server_destroy(self->server);
    fx_push_gate_deinit(&self->engine);
    fx_push_gate_deinit(&self->socket);
    fx_buf_deinit(&self->out);
    fx_buf_deinit(&self->data);
    free(self);
    return fx_app_options_exit(status);
}
