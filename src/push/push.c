#include "push/push.h"

#include <stdlib.h>

#include "base/crypto.h"
#include "base/panic.h"
#include "push/push_int.h"

enum {
    PING_INTERVAL_MS = 25000,
    PING_TIMEOUT_MS = 20000,
    CONNECT_TIMEOUT_MS = 45000,
    SESSIONS_MAX = 20000,
    ROOMS_MAX = 200,
    PUBLIC_QUEUED_MAX = 256 * 1024,
    INBOXES_MAX = 100000,
    INBOX_BYTES_MAX = 256 * 1024 * 1024,
    INBOX_KEEP_MS = 10 * 60 * 1000,
    PUBLIC_ROOMS_MAX = 1 << 16, /* topics that are listened to at one time */
    OUT_SIZE_MAX = 1 << 20
};

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
    set_default(&options->inboxes_max, INBOXES_MAX);
    set_default(&options->inbox_bytes_max, INBOX_BYTES_MAX);
    set_default(&options->inbox_keep_ms, INBOX_KEEP_MS);
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
                                        .payload_size_max = FX_PUSH_GATE_PAYLOAD_SIZE_MAX};
}

static fx_status init_gate(struct fx_push *push)
{
    const struct fx_push_options *options = &push->options;
    const struct fx_push_gate_options gate = {
        .server = options->server,
        .path = FX_STR("/socket.io/"),
        .config = &push->config,
        .client_size = sizeof(struct fx_push_client),
        .sessions_max = options->sessions_max,
        .sessions_per_address_max = options->sessions_per_address_max,
        .is_loopback_uncapped = options->is_loopback_uncapped,
        .is_post_limited = true,
        .queue_max = FX_PUSH_PRIVATE_QUEUED_MAX,
        .origins = fx_str_of(options->origins == NULL ? "*" : options->origins),
        .self = push,
        .on_open = fx_push_client_open,
        .on_tick = fx_push_client_tick,
        .on_free = fx_push_client_free};
    return fx_push_gate_init(&push->gate, &gate);
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
    status = init_gate(push);
    if (status != FX_OK) {
        free(push);
        return status;
    }
    const uint32_t rooms_max = 2 * push->options.sessions_max + PUBLIC_ROOMS_MAX;
    for (uint32_t index = 0; index < FX_PUSH_NAMESPACES; index++) {
        fx_push_hub_init(&push->hubs[index], rooms_max, seed);
    }
    fx_push_inbox_init(
        &push->inboxes,
        (struct fx_push_inbox_limits){push->options.inboxes_max, push->options.inbox_bytes_max});
    fx_push_hub_init(&push->stream_hub, PUBLIC_ROOMS_MAX, seed);
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
    while (push->streams != NULL) {
        fx_push_stream_destroy(push->streams);
    }
    fx_push_gate_deinit(&push->gate);
    fx_push_public_deinit(push);
    fx_push_inbox_deinit(&push->inboxes);
    fx_push_ticket_deinit(&push->tickets);
    fx_push_notify_deinit(push);
    for (uint32_t index = 0; index < FX_PUSH_NAMESPACES; index++) {
        fx_push_hub_deinit(&push->hubs[index]);
    }
    fx_push_hub_deinit(&push->stream_hub);
    fx_push_feed_deinit(&push->feed);
    fx_buf_deinit(&push->out);
    fx_buf_deinit(&push->scratch);
    fx_buf_deinit(&push->text);
    free(push);
}

/* ---- requests --------------------------------------------------------------------------------
 */

static bool is_stream(const struct fx_net_http_request *request)
{
    return fx_str_is_equal(request->path, STREAM_PATH);
}

bool fx_push_owns(const struct fx_push *push, const struct fx_net_http_request *request)
{
    return fx_push_gate_owns(&push->gate, request) || is_stream(request);
}

void fx_push_on_request(struct fx_push *push, const struct fx_net_server_call *call)
{
    if (is_stream(call->request)) {
        fx_push_stream_on_request(push, call);
    } else {
        fx_push_gate_on_request(&push->gate, call);
    }
}

uint32_t fx_push_on_head(struct fx_push *push, const struct fx_net_server_call *call)
{
    return fx_push_gate_owns(&push->gate, call->request) ? fx_push_gate_on_head(&push->gate, call)
                                                         : 0;
}

void fx_push_on_hangup(struct fx_push *push, struct fx_net_server_token token)
{
    fx_push_gate_on_hangup(&push->gate, token);
}

void fx_push_on_answer(struct fx_push *push, uint64_t ticket, int http_status, fx_str body)
{
    fx_push_stream_order_answer(push, ticket, http_status, body);
}

void fx_push_stop(struct fx_push *push)
{
    push->is_stopping = true;
    fx_push_gate_stop(&push->gate);
    fx_push_stream_stop(push);
}

/* ---- events and time -------------------------------------------------------------------------
 */

void fx_push_on_event(struct fx_push *push, const struct fx_event *event)
{
    fx_push_notify_on_event(push, event);
}

void fx_push_flush(struct fx_push *push)
{
    fx_push_notify_send(push);
    fx_push_public_trades(push);
    fx_push_gate_settle(&push->gate);
}

void fx_push_tick(struct fx_push *push)
{
    const struct fx_push_moment now = {.ms = fx_net_server_now_ms(push->options.server),
                                       .wall_s = push->options.wall_us(push->options.clock_self) /
                                                 1000000};
    push->wall_s = now.wall_s;
    fx_push_gate_tick(&push->gate);
    for (struct fx_push_stream *stream = push->streams; stream != NULL; stream = stream->next) {
        fx_push_stream_tick(stream, now);
    }
    fx_push_inbox_sweep(&push->inboxes, now.ms - push->options.inbox_keep_ms);
    fx_push_public_tick(push);
    fx_push_gate_settle(&push->gate);
}

void fx_push_stats(const struct fx_push *push, struct fx_push_stats *stats_out)
{
    const struct fx_push_gate_stats *gate = &push->gate.stats;
    *stats_out = push->stats;
    stats_out->encoded = push->feed.encoded;
    stats_out->inboxes = push->inboxes.by_user.count;
    stats_out->inbox_bytes = push->inboxes.bytes;
    stats_out->sessions = gate->sessions;
    stats_out->polls = gate->polls;
    stats_out->posts = gate->posts;
    stats_out->talkers = gate->talkers;
    stats_out->upgrades = gate->upgrades;
    stats_out->frames += gate->frames;
    stats_out->slow_consumer_closed += gate->slow_consumer_closed;
}
