#include "push/push_link.h"

#include <string.h>

#include "base/crypto.h"
#include "base/panic.h"
#include "push/push_gate.h"

enum { SID_BYTES = 15 };

static const struct fx_net_server_token NOTHING = {0, 0};

static struct fx_net_server *server_of(const struct fx_push_link *link)
{
    return link->gate->options.server;
}

static int64_t now_ms_of(const struct fx_push_link *link)
{
    return fx_net_server_now_ms(server_of(link));
}

static bool is_token(struct fx_net_server_token left, struct fx_net_server_token right)
{
    return left.slot == right.slot && left.generation == right.generation;
}

static bool is_set(struct fx_net_server_token token)
{
    return token.generation != 0;
}

/* ---- sending ---------------------------------------------------------------------------------
 */

uint32_t fx_push_link_queued(const struct fx_push_link *link)
{
    return link->polling.phase == FX_PUSH_POLLING_PHASE_UPGRADED
               ? fx_net_server_queued_bytes(server_of(link), link->socket)
               : link->polling.bytes;
}

void fx_push_link_close_slow(struct fx_push_link *link)
{
    if (!link->is_slow) {
        link->is_slow = true;
        link->gate->stats.slow_consumer_closed++;
    }
    fx_push_session_close(&link->session, FX_NET_WEBSOCKET_CODE_TRY_LATER, FX_STR("slow consumer"));
}

void fx_push_link_send(struct fx_push_link *link, struct fx_net_frame *frame)
{
    if (link->polling.phase == FX_PUSH_POLLING_PHASE_UPGRADED) {
        if (fx_net_server_send_frame(server_of(link), link->socket, frame)) {
            link->gate->stats.frames++;
        }
    } else if (fx_push_polling_is_on(&link->polling)) {
        if (fx_push_polling_push(&link->polling, frame)) {
            link->gate->stats.frames++;
            fx_push_gate_mark(link->gate, link);
        } else {
            fx_push_link_close_slow(link);
        }
    }
}

void fx_push_link_send_surely(struct fx_push_link *link, struct fx_net_frame *frame)
{
    if (fx_push_link_queued(link) + (uint64_t)frame->size > link->gate->options.queue_max) {
        fx_push_link_close_slow(link);
    } else {
        fx_push_link_send(link, frame);
    }
}

void fx_push_link_say(void *self, bool is_binary, fx_str packet)
{
    struct fx_push_link *link = self;
    struct fx_net_frame *frame = fx_net_frame_create_websocket(
        is_binary ? FX_NET_WEBSOCKET_OPCODE_BINARY : FX_NET_WEBSOCKET_OPCODE_TEXT, packet);
    if (frame == NULL) { /* a packet left out would be a gap that the client cannot see */
        fx_push_session_close(
            &link->session, FX_NET_WEBSOCKET_CODE_INTERNAL, FX_STR("out of memory"));
        return;
    }
    fx_push_link_send_surely(link, frame);
    fx_net_frame_release(frame);
}

void fx_push_link_make_id(void *self, char id_out[FX_PUSH_SESSION_SID_SIZE])
{
    uint8_t bytes[SID_BYTES];
    struct fx_buf text;
    (void)self;
    const fx_status status = fx_crypto_random(bytes, sizeof bytes);
    FX_ASSERT(status == FX_OK); /* it worked when the room was made; a guessable id is no way out */
    fx_buf_init(&text, FX_PUSH_SESSION_SID_SIZE);
    fx_crypto_base64url_encode(&text, fx_crypto_str(bytes, sizeof bytes));
    FX_ASSERT(text.size == FX_PUSH_SESSION_SID_SIZE);
    memcpy(id_out, text.data, FX_PUSH_SESSION_SID_SIZE);
    fx_buf_deinit(&text);
}

/* ---- the end ---------------------------------------------------------------------------------
 */

static void close_socket(struct fx_push_link *link, uint16_t code, fx_str reason)
{
    if (is_set(link->socket)) {
        fx_net_server_close_websocket(server_of(link), link->socket, code, reason);
    }
}

/* The offered WebSocket is not wanted; its on_close comes later and finds itself forgotten. */
static void drop_offer(struct fx_push_link *link, uint16_t code, fx_str reason)
{
    close_socket(link, code, reason);
    link->socket = NOTHING;
    fx_push_polling_withdraw(&link->polling);
}

static void end(struct fx_push_link *link, enum fx_push_polling_end how)
{
    fx_push_polling_close(&link->polling, how, now_ms_of(link));
    if (link->polling.phase == FX_PUSH_POLLING_PHASE_CLOSED) {
        fx_push_gate_retire(link->gate, link);
    } else {
        fx_push_gate_mark(link->gate, link);
    }
}

void fx_push_link_shut(void *self, uint16_t code, fx_str reason)
{
    struct fx_push_link *link = self;
    if (!fx_push_polling_is_on(&link->polling)) {
        close_socket(link, code, reason); /* on_close does the rest */
        return;
    }
    drop_offer(link, FX_NET_WEBSOCKET_CODE_NORMAL, (fx_str){0});
    /* Who was told why (a kick) fetches that first; for others the next poll says enough. */
    end(link,
        code == FX_NET_WEBSOCKET_CODE_NORMAL ? FX_PUSH_POLLING_END_TOLD
                                             : FX_PUSH_POLLING_END_AT_ONCE);
}

/* ---- WebSockets ------------------------------------------------------------------------------
 */

/* "5": what waited goes first, in its order. */
static void switch_over(struct fx_push_link *link)
{
    struct fx_push_polling *polling = &link->polling;
    for (uint32_t index = 0; index < polling->count; index++) {
        (void)fx_net_server_send_frame(server_of(link), link->socket, polling->frames[index]);
    }
    fx_push_polling_empty(polling);
    link->gate->stats.upgrades++;
    fx_push_gate_mark(link->gate, link);
}

static void hear_offer(struct fx_push_link *link, bool is_binary, fx_str packet)
{
    switch (fx_push_polling_hear(&link->polling, is_binary, packet)) {
    case FX_PUSH_POLLING_WORD_PROBE:
        (void)fx_net_server_send(
            server_of(link), link->socket, FX_NET_WEBSOCKET_OPCODE_TEXT, FX_STR("3probe"));
        fx_push_gate_mark(link->gate, link);
        break;
    case FX_PUSH_POLLING_WORD_SWITCH:
        switch_over(link);
        break;
    case FX_PUSH_POLLING_WORD_WRONG:
    default:
        drop_offer(link, FX_NET_WEBSOCKET_CODE_PROTOCOL, FX_STR("no upgrade"));
        break;
    }
}

static void on_message(void *self,
                       struct fx_net_server_token token,
                       enum fx_net_websocket_opcode opcode,
                       fx_str payload)
{
    struct fx_push_link *link = self;
    const bool is_binary = opcode == FX_NET_WEBSOCKET_OPCODE_BINARY;
    if (!is_token(token, link->socket)) {
        return; /* one that was dropped */
    }
    if (fx_push_polling_is_on(&link->polling)) {
        hear_offer(link, is_binary, payload);
    } else {
        fx_push_session_receive(&link->session, is_binary, payload, now_ms_of(link));
    }
    fx_push_gate_settle(link->gate);
}

static void on_close(void *self, struct fx_net_server_token token, uint16_t code, fx_str reason)
{
    struct fx_push_link *link = self;
    struct fx_push_gate *gate = link->gate;
    (void)reason;
    FX_ASSERT(link->socket_count > 0);
    link->socket_count--;
    if (is_token(token, link->socket)) {
        link->socket = NOTHING;
        if (fx_push_polling_is_on(&link->polling)) {
            fx_push_polling_withdraw(&link->polling);
        } else {
            if (code == FX_NET_WEBSOCKET_CODE_TRY_LATER && !link->is_slow) {
                gate->stats.slow_consumer_closed++; /* the server's own limit was lower */
            }
            fx_push_session_lost(&link->session);
            end(link, FX_PUSH_POLLING_END_AT_ONCE);
        }
    }
    if (link->is_over && link->socket_count == 0) {
        fx_push_gate_free(gate, link);
    }
    fx_push_gate_settle(gate);
}

fx_status fx_push_link_accept(struct fx_push_link *link, const struct fx_net_server_call *call)
{
    const struct fx_net_server_websocket owner = {
        .on_message = on_message, .on_close = on_close, .self = link};
    const fx_status status =
        fx_net_server_accept_websocket(server_of(link), call->token, &owner, (fx_str){0});
    if (status == FX_OK) {
        link->socket = call->token;
        link->socket_count++;
    }
    return status;
}

/* ---- polls -----------------------------------------------------------------------------------
 */

bool fx_push_link_poll(struct fx_push_link *link, struct fx_net_server_token token)
{
    if (!fx_push_polling_poll(&link->polling)) {
        if (fx_push_polling_is_on(&link->polling)) {
            fx_push_session_close(
                &link->session, FX_NET_WEBSOCKET_CODE_PROTOCOL, FX_STR("two polls at once"));
        }
        return false;
    }
    link->poll = token;
    if (!fx_push_gate_note(link->gate, token, link)) {
        fx_push_polling_drop(&link->polling);
        link->poll = NOTHING;
        fx_push_session_close(
            &link->session, FX_NET_WEBSOCKET_CODE_INTERNAL, FX_STR("out of memory"));
        return false;
    }
    fx_push_gate_mark(link->gate, link);
    return true;
}

void fx_push_link_settle(struct fx_push_link *link)
{
    struct fx_buf *body = &link->gate->body;
    if (!fx_push_polling_is_due(&link->polling)) {
        return;
    }
    const struct fx_net_server_token token = link->poll;
    fx_buf_clear(body);
    const enum fx_push_payload_form form = fx_push_polling_write(&link->polling, body);
    fx_push_gate_forget(link->gate, token);
    link->poll = NOTHING;
    link->gate->stats.polls++;
    if (body->is_overflow) { /* without memory: what is lost must not go unnoticed */
        fx_net_server_cut(server_of(link), token);
        fx_push_session_close(
            &link->session, FX_NET_WEBSOCKET_CODE_INTERNAL, FX_STR("out of memory"));
    } else {
        fx_push_gate_answer(
            link->gate, link, token, fx_push_payload_content_type(form), fx_buf_str(body));
    }
    if (link->polling.phase == FX_PUSH_POLLING_PHASE_CLOSED) {
        fx_push_gate_retire(link->gate, link);
    }
}

static void forget_post(struct fx_push_link *link)
{
    if (is_set(link->post)) {
        fx_push_gate_forget(link->gate, link->post);
        link->post = NOTHING;
    }
}

void fx_push_link_announce(struct fx_push_link *link, struct fx_net_server_token token)
{
    if (is_set(link->post)) {
        link->is_post_doubled = true;
    } else if (fx_push_gate_note(link->gate, token, link)) {
        link->post = token;
    }
}

static bool is_octets(const struct fx_net_http_request *request)
{
    const fx_str type = FX_STR("application/octet-stream");
    const fx_str given = fx_net_http_value(request, FX_STR("content-type"));
    return fx_str_is_equal_nocase(fx_str_slice(given, 0, type.size), type);
}

/* @return false where a packet was wrong, or the session ended by one. */
static bool receive(struct fx_push_link *link, enum fx_push_payload_form form, fx_str body)
{
    struct fx_push_payload payload;
    struct fx_push_payload_packet packet;
    fx_status status = FX_OK;
    fx_push_payload_init(&payload, form, body, &link->gate->scratch);
    while ((status = fx_push_payload_next(&payload, &packet)) == FX_OK) {
        if (link->gate->options.is_post_limited &&
            !fx_push_budget_spend(&link->packets, now_ms_of(link))) {
            link->gate->stats.talkers++;
            fx_push_session_close(
                &link->session, FX_NET_WEBSOCKET_CODE_POLICY, FX_STR("too many messages"));
            return false;
        }
        if (!packet.is_binary && packet.bytes.data[0] == FX_PUSH_FRAME_CLOSE) {
            fx_push_session_lost(&link->session);
            end(link, FX_PUSH_POLLING_END_BY_CLIENT);
            return true;
        }
        fx_push_session_receive(&link->session, packet.is_binary, packet.bytes, now_ms_of(link));
        if (link->session.state != FX_PUSH_SESSION_STATE_OPEN) {
            return false;
        }
    }
    return status == FX_NOT_FOUND;
}

bool fx_push_link_post(struct fx_push_link *link, const struct fx_net_http_request *request)
{
    const bool is_three = link->session.eio == FX_PUSH_EIO_3;
    const bool is_binary = is_octets(request);
    forget_post(link);
    if (!fx_push_polling_is_on(&link->polling)) {
        return false;
    }
    const enum fx_push_payload_form three =
        is_binary ? FX_PUSH_PAYLOAD_FORM_3_BINARY : FX_PUSH_PAYLOAD_FORM_3;
    const bool is_good = !link->is_post_doubled && (is_three || !is_binary) &&
                         receive(link, is_three ? three : FX_PUSH_PAYLOAD_FORM_4, request->body);
    link->gate->stats.posts++;
    if (!is_good) {
        fx_push_session_close(
            &link->session, FX_NET_WEBSOCKET_CODE_PROTOCOL, FX_STR("parse error"));
    }
    return is_good;
}

void fx_push_link_hangup(struct fx_push_link *link, struct fx_net_server_token token)
{
    if (is_token(token, link->poll)) {
        fx_push_gate_forget(link->gate, token);
        link->poll = NOTHING;
        fx_push_polling_drop(&link->polling);
    } else {
        forget_post(link);
    }
    fx_push_session_close(
        &link->session, FX_NET_WEBSOCKET_CODE_GOING_AWAY, FX_STR("the client hung up"));
}

void fx_push_link_tick(struct fx_push_link *link, int64_t now_ms)
{
    if (link->gate->options.on_tick != NULL) {
        link->gate->options.on_tick(link, now_ms);
    }
    if (link->session.state == FX_PUSH_SESSION_STATE_OPENING &&
        now_ms - link->begin_ms >= link->gate->options.open_delay_ms) {
        fx_push_session_open(&link->session, false, now_ms);
    }
    fx_push_session_tick(&link->session, now_ms);
    switch (fx_push_polling_tick(&link->polling, now_ms)) {
    case FX_PUSH_POLLING_EVENT_WITHDRAW:
        drop_offer(link, FX_NET_WEBSOCKET_CODE_NORMAL, FX_STR("upgrade timeout"));
        break;
    case FX_PUSH_POLLING_EVENT_CLOSED:
        fx_push_gate_retire(link->gate, link);
        break;
    case FX_PUSH_POLLING_EVENT_NONE:
    default:
        break;
    }
    if (fx_push_polling_is_due(&link->polling)) {
        fx_push_gate_mark(link->gate, link);
    }
}
