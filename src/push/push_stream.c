/* Connections of the plain stream, /ws/stream: who may open one, what is queued, how it ends. What
 * clients ask is in push_stream_request.c, what they get in push_stream_topic.c. */
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/panic.h"
#include "net/net_websocket_handshake.h"
#include "push/push_int.h"

enum {
    ID_BYTES = 12,
    REFUSED_MAX = 100, /* messages beyond its budget; then it is closed */
    RECONNECT_MS = 1000,
    SPREAD_MS = 4000,
    SPREAD_STEP_MS = 37
};

static int64_t now_ms_of(const struct fx_push *push)
{
    return fx_net_server_now_ms(push->options.server);
}

/* ---- sending ---------------------------------------------------------------------------------
 */

void fx_push_stream_close(struct fx_push_stream *stream, uint16_t code, fx_str reason)
{
    fx_net_server_close_websocket(stream->push->options.server, stream->token, code, reason);
}

/* True where it would let too much lie: then it is closed. */
static bool is_too_slow(struct fx_push_stream *stream, size_t size)
{
    struct fx_push *push = stream->push;
    const uint32_t queued = fx_net_server_queued_bytes(push->options.server, stream->token);
    if (queued + size <= FX_PUSH_PRIVATE_QUEUED_MAX) {
        return false;
    }
    if (!stream->is_slow) {
        stream->is_slow = true;
        push->stats.slow_consumer_closed++;
    }
    fx_push_stream_close(stream, FX_NET_WEBSOCKET_CODE_TRY_LATER, FX_STR("slow consumer"));
    return true;
}

bool fx_push_stream_send_frame(struct fx_push_stream *stream, struct fx_net_frame *frame)
{
    struct fx_push *push = stream->push;
    if (is_too_slow(stream, frame->size) ||
        !fx_net_server_send_frame(push->options.server, stream->token, frame)) {
        return false;
    }
    push->stats.frames++;
    return true;
}

bool fx_push_stream_send(struct fx_push_stream *stream, fx_str text)
{
    struct fx_net_frame *frame = fx_net_frame_create_websocket(FX_NET_WEBSOCKET_OPCODE_TEXT, text);
    if (frame == NULL) {
        fx_push_stream_close(stream, FX_NET_WEBSOCKET_CODE_TRY_LATER, FX_STR("out of memory"));
        return false;
    }
    const bool is_sent = fx_push_stream_send_frame(stream, frame);
    fx_net_frame_release(frame);
    return is_sent;
}

void fx_push_stream_send_to(struct fx_push *push, struct fx_net_server_token token, fx_str text)
{
    const uint32_t queued = fx_net_server_queued_bytes(push->options.server, token);
    if (queued + text.size > FX_PUSH_PRIVATE_QUEUED_MAX) {
        fx_net_server_close_websocket(
            push->options.server, token, FX_NET_WEBSOCKET_CODE_TRY_LATER, FX_STR("slow consumer"));
    } else {
        push->stats.frames +=
            fx_net_server_send(push->options.server, token, FX_NET_WEBSOCKET_OPCODE_TEXT, text);
    }
}

/* ---- the connection's callbacks --------------------------------------------------------------
 */

static void on_message(void *self,
                       struct fx_net_server_token token,
                       enum fx_net_websocket_opcode opcode,
                       fx_str payload)
{
    struct fx_push_stream *stream = self;
    (void)token;
    if (opcode != FX_NET_WEBSOCKET_OPCODE_TEXT) {
        fx_push_stream_close(
            stream, FX_NET_WEBSOCKET_CODE_UNSUPPORTED, FX_STR("text messages only"));
    } else if (payload.size > FX_PUSH_STREAM_MESSAGE_SIZE_MAX) {
        fx_push_stream_close(stream, FX_NET_WEBSOCKET_CODE_TOO_LARGE, FX_STR("message too large"));
    } else {
        fx_push_stream_request(stream, payload);
        if (stream->refused > REFUSED_MAX) {
            fx_push_stream_close(stream, FX_NET_WEBSOCKET_CODE_POLICY, FX_STR("too many messages"));
        }
    }
}

static void on_close(void *self, struct fx_net_server_token token, uint16_t code, fx_str reason)
{
    struct fx_push_stream *stream = self;
    (void)token;
    (void)reason;
    if (code == FX_NET_WEBSOCKET_CODE_TRY_LATER && !stream->is_slow) {
        stream->push->stats.slow_consumer_closed++; /* the server's own limit was lower */
    }
    fx_push_stream_order_lost(stream);
    fx_push_stream_destroy(stream);
}

void fx_push_stream_destroy(struct fx_push_stream *stream)
{
    struct fx_push *push = stream->push;
    fx_push_hub_leave_all(&push->stream_hub, &stream->rooms);
    fx_push_private_leave(stream);
    if (stream->address != 0) {
        fx_push_gate_discount(&push->gate, stream->address);
    }
    if (stream->next != NULL) {
        stream->next->previous = stream->previous;
    }
    if (stream->previous != NULL) {
        stream->previous->next = stream->next;
    } else {
        push->streams = stream->next;
    }
    FX_ASSERT(push->stats.streams > 0);
    push->stats.streams--;
    free(stream);
}

static void link_stream(struct fx_push_stream *stream)
{
    struct fx_push *push = stream->push;
    stream->next = push->streams;
    if (push->streams != NULL) {
        push->streams->previous = stream;
    }
    push->streams = stream;
    push->stats.streams++;
}

static fx_status make_id(struct fx_push_stream *stream)
{
    uint8_t bytes[ID_BYTES];
    struct fx_buf *text = &stream->push->scratch;
    const fx_status status = fx_crypto_random(bytes, sizeof bytes);
    if (status == FX_OK) {
        fx_buf_clear(text);
        fx_crypto_base64url_encode(text, fx_crypto_str(bytes, sizeof bytes));
        FX_ASSERT(text->size == FX_PUSH_STREAM_ID_SIZE_MAX);
        memcpy(stream->id, text->data, FX_PUSH_STREAM_ID_SIZE_MAX);
    }
    return status;
}

/* ---- the gate --------------------------------------------------------------------------------
 */

static fx_status accept_stream(struct fx_push *push, const struct fx_net_server_call *call)
{
    /* Who may not come in anyway does not have a signature verified first. */
    if (!fx_push_gate_admits(&push->gate, call)) {
        return FX_FORBIDDEN;
    }
    if (push->stats.streams >= push->options.sessions_max) {
        return FX_CAPACITY;
    }
    const struct fx_push_auth_judge judge = fx_push_client_judge(push, call->peer);
    const struct fx_push_auth auth = fx_push_auth_of_request(&judge, call->request);
    if (auth.verdict == FX_PUSH_AUTH_BAD || auth.verdict == FX_PUSH_AUTH_LIMITED) {
        return auth.verdict == FX_PUSH_AUTH_BAD ? FX_BAD_TOKEN : FX_RATE_LIMITED;
    }
    struct fx_push_stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL) {
        return FX_NO_MEMORY;
    }
    stream->push = push;
    stream->token = call->token;
    stream->rooms.owner = stream;
    stream->user_id = auth.user_id;
    stream->is_trade_allowed = true; /* a login may */
    stream->expires_at_s = auth.expires_at_s;
    stream->claims = auth.claims;
    fx_push_budget_init(&stream->budget, now_ms_of(push));
    link_stream(stream);
    fx_status status = make_id(stream);
    if (status == FX_OK && !fx_push_gate_count(&push->gate, call->peer, &stream->address)) {
        stream->address = 0;
        status = FX_NO_MEMORY;
    }
    if (status == FX_OK) {
        const struct fx_net_server_websocket owner = {
            .on_message = on_message, .on_close = on_close, .self = stream, .is_counting = true};
        status =
            fx_net_server_accept_websocket(push->options.server, call->token, &owner, (fx_str){0});
    }
    if (status != FX_OK) {
        fx_push_stream_destroy(stream);
    }
    return status;
}

void fx_push_stream_on_request(struct fx_push *push, const struct fx_net_server_call *call)
{
    const fx_status status = accept_stream(push, call);
    struct fx_buf *body = &push->scratch;
    if (status == FX_OK) {
        return;
    }
    fx_buf_clear(body);
    fx_buf_append_byte(body, '{');
    fx_json_add_str(body, FX_STR("code"), fx_str_of(fx_status_name(status)));
    fx_json_add_str(body, FX_STR("message"), fx_str_of(fx_status_text(status)));
    fx_buf_append_byte(body, '}');
    const struct fx_net_http_response response = {
        .status = fx_status_http(status),
        .headers = status == FX_UPGRADE_REQUIRED ? fx_net_websocket_handshake_version_header()
                                                 : (fx_str){0},
        .content_type = FX_STR("application/json"),
        .body = fx_buf_str(body),
        .is_close = true};
    fx_net_server_respond(push->options.server, call->token, &response);
}

/* A key that was revoked, or lost the right, ends its streams. A store that cannot be read does
 * not. */
static void renew_key(struct fx_push_stream *stream, int64_t now_ms)
{
    const struct fx_push_keys *keys = &stream->push->options.keys;
    struct fx_push_key_owner owner = {0};
    const struct fx_push_key_proof proof = {
        .key = {stream->key, stream->key_size},
        .peer = fx_net_server_peer(stream->push->options.server, stream->token)};
    const fx_status status = keys->renew(keys->self, &proof, &owner);
    stream->renew_key_ms = now_ms + FX_PUSH_STREAM_RENEW_KEY_MS;
    if (status == FX_OK && owner.user_id == stream->user_id && owner.is_read_allowed) {
        stream->is_trade_allowed = owner.is_trade_allowed;
    } else if (status != FX_IO && status != FX_BUSY) {
        fx_push_stream_close(stream, FX_NET_WEBSOCKET_CODE_POLICY, FX_STR("API key is not valid"));
    }
}

/* Spread over a while, so that they do not all come back at once. */
void fx_push_stream_stop(struct fx_push *push)
{
    uint32_t wait_ms = RECONNECT_MS;
    struct fx_buf *text = &push->text;
    for (struct fx_push_stream *stream = push->streams; stream != NULL; stream = stream->next) {
        fx_buf_clear(text);
        fx_buf_append_byte(text, '{');
        fx_json_add_str(text, FX_STR("op"), FX_STR("shutdown"));
        fx_json_add_int(text, FX_STR("reconnectInMs"), wait_ms);
        fx_buf_append_byte(text, '}');
        (void)fx_push_stream_send(stream, fx_buf_str(text));
        fx_push_stream_close(stream, FX_NET_WEBSOCKET_CODE_RESTART, FX_STR("server stops"));
        wait_ms = RECONNECT_MS + (wait_ms - RECONNECT_MS + SPREAD_STEP_MS) % SPREAD_MS;
    }
}

void fx_push_stream_tick(struct fx_push_stream *stream, struct fx_push_moment now)
{
    if (stream->expires_at_s != 0 && now.wall_s >= stream->expires_at_s) {
        fx_push_stream_close(stream, FX_NET_WEBSOCKET_CODE_POLICY, FX_STR("token expired"));
    }
    if (stream->key_size > 0 && now.ms >= stream->renew_key_ms) {
        renew_key(stream, now.ms);
    }
    fx_push_stream_order_tick(stream, now.ms);
}
