#include "push/push.h"

#include <stdlib.h>

#include "base/crypto.h"
#include "base/panic.h"
#include "net/net_http_query.h"
#include "net/net_websocket_handshake.h"
#include "push/push_int.h"

enum {
    PING_INTERVAL_MS = 25000,
    PING_TIMEOUT_MS = 20000,
    CONNECT_TIMEOUT_MS = 45000,
    SESSIONS_MAX = 20000,
    ROOMS_MAX = 200,
    PUBLIC_QUEUED_MAX = 256 * 1024,
    PUBLIC_ROOMS_MAX = 1 << 16, /* topics that are listened to at one time */
    OUT_SIZE_MAX = 1 << 20
};

/** Errors of Engine.IO: the numbers are the protocol's. */
enum gate_code {
    GATE_TRANSPORT_UNKNOWN = 0,
    GATE_SID_UNKNOWN = 1,
    GATE_BAD_METHOD = 2,
    GATE_BAD_REQUEST = 3,
    GATE_FORBIDDEN = 4,
    GATE_BAD_VERSION = 5,
    GATE_OK = 6
};

/** What a request of the endpoint asks for. */
struct gate {
    fx_str query;
    fx_str transport;
    fx_str sid;
    fx_str eio;
    bool is_broken;
};

static const fx_str PATH = {"/socket.io/", sizeof "/socket.io/" - 1};
static const fx_str STREAM_PATH = {"/ws/stream", sizeof "/ws/stream" - 1};

static void set_default(uint32_t *value, uint32_t fallback)
{
    *value = *value == 0 ? fallback : *value;
}

static void set_defaults(struct fx_push_options *options)
{
    set_default(&options->ping_interval_ms, PING_INTERVAL_MS);
    set_default(&options->ping_timeout_ms, PING_TIMEOUT_MS);
    set_default(&options->connect_timeout_ms, CONNECT_TIMEOUT_MS);
    set_default(&options->sessions_max, SESSIONS_MAX);
    set_default(&options->rooms_max, ROOMS_MAX);
    set_default(&options->public_queued_max, PUBLIC_QUEUED_MAX);
    set_default(&options->book_levels, FX_PUSH_TOPIC_DEPTH_DEFAULT);
}

static void set_config(struct fx_push *push)
{
    const struct fx_push_options *options = &push->options;
    push->config =
        (struct fx_push_session_config){.door = fx_push_client_door(),
                                        .json = &push->json,
                                        .out = &push->out,
                                        .namespaces = {FX_STR("/"), FX_STR("/ws")},
                                        .namespace_count = FX_PUSH_NAMESPACES,
                                        .ping_interval_ms = options->ping_interval_ms,
                                        .ping_timeout_ms = options->ping_timeout_ms,
                                        .connect_timeout_ms = options->connect_timeout_ms,
                                        .payload_size_max = FX_PUSH_PAYLOAD_SIZE_MAX};
}

fx_status fx_push_create(const struct fx_push_options *options, struct fx_push **push_out)
{
    struct fx_table_seed seed;
    fx_status status = fx_crypto_random(&seed, sizeof seed);
    if (status != FX_OK) {
        return status;
    }
    struct fx_push *push = calloc(1, sizeof *push);
    if (push == NULL) {
        return FX_NO_MEMORY;
    }
    push->options = *options;
    set_defaults(&push->options);
    set_config(push);
    const uint32_t rooms_max = 2 * push->options.sessions_max + PUBLIC_ROOMS_MAX;
    for (uint32_t index = 0; index < FX_PUSH_NAMESPACES; index++) {
        fx_push_hub_init(&push->hubs[index], rooms_max, seed);
    }
    fx_push_hub_init(&push->stream_hub, PUBLIC_ROOMS_MAX, seed);
    fx_table_str_init(&push->sids, push->options.sessions_max, seed);
    fx_push_feed_init(&push->feed, push->config.namespaces);
    fx_buf_init(&push->out, OUT_SIZE_MAX);
    fx_buf_init(&push->scratch, FX_PUSH_SCRATCH_SIZE_MAX);
    fx_buf_init(&push->text, FX_PUSH_FEED_SIZE_MAX);
    *push_out = push;
    return FX_OK;
}

void fx_push_destroy(struct fx_push *push)
{
    if (push == NULL) {
        return;
    }
    while (push->clients != NULL) {
        fx_push_client_destroy(push->clients);
    }
    while (push->streams != NULL) {
        fx_push_stream_destroy(push->streams);
    }
    fx_push_public_deinit(push);
    fx_push_notify_deinit(push);
    for (uint32_t index = 0; index < FX_PUSH_NAMESPACES; index++) {
        fx_push_hub_deinit(&push->hubs[index]);
    }
    fx_push_hub_deinit(&push->stream_hub);
    fx_table_str_deinit(&push->sids);
    fx_push_feed_deinit(&push->feed);
    fx_buf_deinit(&push->out);
    fx_buf_deinit(&push->scratch);
    fx_buf_deinit(&push->text);
    free(push);
}

bool fx_push_owns(const struct fx_net_http_request *request)
{
    return fx_str_has_prefix(request->path, PATH) || fx_str_is_equal(request->path, STREAM_PATH) ||
           fx_str_is_equal(request->path, fx_str_slice(PATH, 0, PATH.size - 1));
}

/* ---- the gate: what may become a session -----------------------------------------------------
 */

static fx_str gate_message(enum gate_code code)
{
    switch (code) {
    case GATE_TRANSPORT_UNKNOWN:
        return FX_STR("Transport unknown");
    case GATE_SID_UNKNOWN:
        return FX_STR("Session ID unknown");
    case GATE_BAD_METHOD:
        return FX_STR("Bad handshake method");
    case GATE_BAD_REQUEST:
        return FX_STR("Bad request");
    case GATE_FORBIDDEN:
        return FX_STR("Forbidden");
    case GATE_BAD_VERSION:
        return FX_STR("Unsupported protocol version");
    case GATE_OK:
    default:
        return FX_STR("");
    }
}

static void refuse(struct fx_push *push, const struct fx_net_server_call *call, enum gate_code code)
{
    struct fx_buf *body = &push->scratch;
    fx_buf_clear(body);
    fx_buf_append_byte(body, '{');
    fx_json_add_int(body, FX_STR("code"), (int64_t)code);
    fx_json_add_str(body, FX_STR("message"), gate_message(code));
    fx_buf_append_byte(body, '}');
    const struct fx_net_http_response response = {.status = code == GATE_FORBIDDEN ? 403 : 400,
                                                  .content_type = FX_STR("application/json"),
                                                  .body = fx_buf_str(body),
                                                  .is_close = call->request->is_upgrade};
    fx_net_server_respond(push->options.server, call->token, &response);
}

/* A parameter of the query; empty where absent. Given twice is broken: two readers could differ. */
static fx_str parameter(struct fx_push *push, struct gate *gate, fx_str name)
{
    fx_str value = {0};
    const fx_status status = fx_net_http_query_find(gate->query, name, &push->scratch, &value);
    if (status != FX_OK && status != FX_NOT_FOUND) {
        gate->is_broken = true;
    }
    return status == FX_OK ? value : (fx_str){0};
}

static void read_gate(struct fx_push *push, fx_str query, struct gate *gate)
{
    *gate = (struct gate){.query = query};
    fx_buf_clear(&push->scratch);
    if (fx_buf_reserve(&push->scratch, 3 * query.size) == NULL) { /* so that values stay in place */
        gate->is_broken = true;
        return;
    }
    gate->transport = parameter(push, gate, FX_STR("transport"));
    gate->sid = parameter(push, gate, FX_STR("sid"));
    gate->eio = parameter(push, gate, FX_STR("EIO"));
}

/* In the order in which engine.io checks. */
static enum gate_code judge(const struct fx_push *push,
                            const struct fx_net_http_request *request,
                            const struct gate *gate)
{
    if (gate->is_broken) {
        return GATE_BAD_REQUEST;
    }
    if (!fx_str_is_equal(gate->transport, FX_STR("websocket"))) {
        return GATE_TRANSPORT_UNKNOWN;
    }
    if (gate->sid.size > 0) { /* a WebSocket session has nothing to upgrade */
        return fx_table_str_find(&push->sids, gate->sid) == NULL ? GATE_SID_UNKNOWN
                                                                 : GATE_BAD_REQUEST;
    }
    if (request->method != FX_NET_HTTP_METHOD_GET) {
        return GATE_BAD_METHOD;
    }
    if (!request->is_upgrade) {
        return GATE_BAD_REQUEST;
    }
    if (!fx_str_is_equal(gate->eio, FX_STR("3")) && !fx_str_is_equal(gate->eio, FX_STR("4"))) {
        return GATE_BAD_VERSION;
    }
    return push->stats.sessions < push->options.sessions_max ? GATE_OK : GATE_FORBIDDEN;
}

void fx_push_on_request(struct fx_push *push, const struct fx_net_server_call *call)
{
    struct gate gate;
    if (fx_str_is_equal(call->request->path, STREAM_PATH)) {
        fx_push_stream_on_request(push, call);
        return;
    }
    read_gate(push, call->request->query, &gate);
    const enum gate_code code = judge(push, call->request, &gate);
    if (code != GATE_OK) {
        refuse(push, call, code);
        return;
    }
    const enum fx_push_eio eio =
        fx_str_is_equal(gate.eio, FX_STR("3")) ? FX_PUSH_EIO_3 : FX_PUSH_EIO_4;
    const fx_status status = fx_push_client_accept(push, call, eio);
    if (status == FX_UPGRADE_REQUIRED) {
        const struct fx_net_http_response response = {
            .status = fx_status_http(status),
            .headers = fx_net_websocket_handshake_version_header(),
            .is_close = true};
        fx_net_server_respond(push->options.server, call->token, &response);
    } else if (status != FX_OK) {
        refuse(push, call, status == FX_BAD_REQUEST ? GATE_BAD_REQUEST : GATE_FORBIDDEN);
    }
}

/* ---- events and time -------------------------------------------------------------------------
 */

void fx_push_on_event(struct fx_push *push, const struct fx_event *event)
{
    fx_push_notify_on_event(push, event);
}

void fx_push_flush(struct fx_push *push)
{
    fx_push_notify_orders(push);
    fx_push_public_trades(push);
}

void fx_push_tick(struct fx_push *push)
{
    const struct fx_push_moment now = {.ms = fx_net_server_now_ms(push->options.server),
                                       .wall_s = push->options.wall_us(push->options.clock_self) /
                                                 1000000};
    /* Closing frees no client: that happens in on_close, in a later part of the loop turn. */
    for (struct fx_push_client *client = push->clients; client != NULL; client = client->next) {
        fx_push_client_tick(client, now);
    }
    for (struct fx_push_stream *stream = push->streams; stream != NULL; stream = stream->next) {
        fx_push_stream_tick(stream, now);
    }
    fx_push_public_tick(push);
}

void fx_push_stats(const struct fx_push *push, struct fx_push_stats *stats_out)
{
    *stats_out = push->stats;
    stats_out->encoded = push->feed.encoded;
}
