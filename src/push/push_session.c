#include "push/push_session.h"

#include <string.h>

#include "base/panic.h"

/* WebSocket close codes (RFC 6455 section 7.4); net/ has the same, but this machine knows no net.
 */
enum { CODE_NORMAL = 1000, CODE_GONE = 1001, CODE_PROTOCOL = 1002, CODE_TOO_LARGE = 1009 };

enum { TICK_LATE_MS = 100 }; /* how late a tick usually is at most */

static const struct fx_push_session_door *door_of(const struct fx_push_session *session)
{
    return session->config->door;
}

static void send_text(struct fx_push_session *session, fx_str packet)
{
    door_of(session)->send(session->self, false, packet);
}

/* What was written to the scratch; cut short it would be another packet. */
static void send_out(struct fx_push_session *session, bool is_binary)
{
    const struct fx_buf *out = session->config->out;
    if (out->is_overflow) {
        fx_push_session_close(session, CODE_TOO_LARGE, FX_STR("packet too large"));
    } else if (session->state == FX_PUSH_SESSION_STATE_OPEN) {
        door_of(session)->send(session->self, is_binary, fx_buf_str(out));
    }
}

static void protocol_error(struct fx_push_session *session)
{
    fx_push_session_close(session, CODE_PROTOCOL, FX_STR("parse error"));
}

void fx_push_session_init(struct fx_push_session *session,
                          const struct fx_push_session_config *config,
                          enum fx_push_eio eio,
                          void *self)
{
    FX_ASSERT(config->namespace_count > 0);
    FX_ASSERT(config->namespace_count <= FX_PUSH_SESSION_NAMESPACES_MAX);
    memset(session, 0, sizeof *session);
    session->config = config;
    session->eio = eio;
    session->self = self;
    session->state = FX_PUSH_SESSION_STATE_OPENING;
    fx_buf_init(&session->pending, FX_PUSH_SESSION_PENDING_SIZE_MAX);
    door_of(session)->make_id(self, session->sid);
}

void fx_push_session_deinit(struct fx_push_session *session)
{
    fx_buf_deinit(&session->pending);
}

fx_str fx_push_session_id(const struct fx_push_session *session, uint32_t index)
{
    FX_ASSERT(index < session->config->namespace_count);
    return (fx_str){session->namespaces[index].id, session->namespaces[index].id_size};
}

bool fx_push_session_has(const struct fx_push_session *session, uint32_t index)
{
    FX_ASSERT(index < session->config->namespace_count);
    return session->namespaces[index].is_joined;
}

uint64_t fx_push_session_next_ack(struct fx_push_session *session, uint32_t index)
{
    FX_ASSERT(index < session->config->namespace_count);
    return session->namespaces[index].ack_count++;
}

/* ---- joining and leaving ---------------------------------------------------------------------
 */

/* Clients 2.x compute "/ws#<sid>" themselves; later ones are told a random id, unlike the sid. */
static void make_id(struct fx_push_session *session, uint32_t index)
{
    struct fx_push_session_namespace *space = &session->namespaces[index];
    const fx_str name = session->config->namespaces[index];
    size_t size = 0;
    if (session->eio == FX_PUSH_EIO_4) {
        door_of(session)->make_id(session->self, space->id);
        space->id_size = FX_PUSH_SESSION_SID_SIZE;
        return;
    }
    FX_ASSERT(name.size + 1 + FX_PUSH_SESSION_SID_SIZE <= sizeof space->id);
    if (index > 0) {
        memcpy(space->id, name.data, name.size);
        space->id[name.size] = '#';
        size = name.size + 1;
    }
    memcpy(space->id + size, session->sid, sizeof session->sid);
    space->id_size = (uint8_t)(size + sizeof session->sid);
}

static void leave(struct fx_push_session *session, uint32_t index)
{
    if (session->namespaces[index].is_joined) {
        session->namespaces[index].is_joined = false;
        door_of(session)->on_leave(session->self, index);
    }
}

static void leave_all(struct fx_push_session *session)
{
    for (uint32_t index = 0; index < session->config->namespace_count; index++) {
        leave(session, index);
    }
}

static bool has_any(const struct fx_push_session *session)
{
    for (uint32_t index = 0; index < session->config->namespace_count; index++) {
        if (session->namespaces[index].is_joined) {
            return true;
        }
    }
    return false;
}

static uint32_t index_of(const struct fx_push_session *session, fx_str name)
{
    for (uint32_t index = 0; index < session->config->namespace_count; index++) {
        if (fx_str_is_equal(session->config->namespaces[index], name)) {
            return index;
        }
    }
    return UINT32_MAX;
}

static void begin(struct fx_buf *out, fx_str name, enum fx_push_packet_type type)
{
    const struct fx_push_packet packet = {.type = type, .name_space = name};
    fx_buf_clear(out);
    fx_push_packet_encode(out, &packet);
}

static void send_welcome(struct fx_push_session *session, uint32_t index)
{
    struct fx_buf *out = session->config->out;
    begin(out, session->config->namespaces[index], FX_PUSH_PACKET_CONNECT);
    if (session->eio == FX_PUSH_EIO_4) {
        fx_buf_append_byte(out, '{');
        fx_json_add_str(out, FX_STR("sid"), fx_push_session_id(session, index));
        fx_buf_append_byte(out, '}');
    }
    send_out(session, false);
}

/* 4.x: {"message":…,"data":{"code":…}}; 2.x: {"code":…,"message":…} or just the message. */
static void append_refusal(struct fx_buf *out,
                           enum fx_push_eio eio,
                           const struct fx_push_session_refusal *refusal)
{
    if (eio == FX_PUSH_EIO_3 && refusal->code == 0) {
        fx_json_append_string(out, refusal->message);
        return;
    }
    fx_buf_append_byte(out, '{');
    if (eio == FX_PUSH_EIO_3) {
        fx_json_add_int(out, FX_STR("code"), refusal->code);
    }
    fx_json_add_str(out, FX_STR("message"), refusal->message);
    if (eio == FX_PUSH_EIO_4 && refusal->code != 0) {
        fx_json_append_key(out, FX_STR("data"));
        fx_buf_append_byte(out, '{');
        fx_json_add_int(out, FX_STR("code"), refusal->code);
        fx_buf_append_byte(out, '}');
    }
    fx_buf_append_byte(out, '}');
}

static void send_refusal(struct fx_push_session *session,
                         fx_str name,
                         const struct fx_push_session_refusal *refusal)
{
    struct fx_buf *out = session->config->out;
    begin(out, name, FX_PUSH_PACKET_CONNECT_ERROR);
    append_refusal(out, session->eio, refusal);
    send_out(session, false);
}

static void send_disconnect(struct fx_push_session *session, fx_str name)
{
    struct fx_buf *out = session->config->out;
    begin(out, name, FX_PUSH_PACKET_DISCONNECT);
    send_out(session, false);
}

/* We ended a namespace. Without any other the carrier follows, but only when the client has had
 * time to read why: a close that overtakes the 41 would make it reconnect (P6). */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): an index and a time
static void end_namespace(struct fx_push_session *session, uint32_t index, int64_t now_ms)
{
    session->namespaces[index].is_ended = true;
    if (session->close_ms == 0 && !has_any(session)) {
        session->close_ms = now_ms + FX_PUSH_SESSION_LINGER_MS;
    }
}

static void join(struct fx_push_session *session,
                 const struct fx_push_session_connect *connect,
                 int64_t now_ms)
{
    const uint32_t index = connect->index;
    struct fx_push_session_namespace *space = &session->namespaces[index];
    struct fx_push_session_refusal refusal = {0};
    FX_ASSERT(!space->is_joined);
    if (door_of(session)->on_connect(session->self, connect, &refusal)) {
        space->is_joined = true;
        space->is_ended = false;
        session->was_connected = true;
        session->close_ms = 0;
        send_welcome(session, index);
        return;
    }
    send_refusal(session, session->config->namespaces[index], &refusal);
    if (session->eio == FX_PUSH_EIO_3) { /* an `error` alone leaves a client 2.x connected */
        send_disconnect(session, session->config->namespaces[index]);
    }
    end_namespace(session, index, now_ms);
}

static void receive_connect(struct fx_push_session *session,
                            const struct fx_push_packet *packet,
                            int64_t now_ms)
{
    const uint32_t index = index_of(session, packet->name_space);
    if (index == UINT32_MAX) {
        send_refusal(session,
                     packet->name_space,
                     &(struct fx_push_session_refusal){.message = FX_STR("Invalid namespace")});
        return;
    }
    if (session->namespaces[index].is_joined) {
        protocol_error(session);
        return;
    }
    make_id(session, index);
    const struct fx_push_session_connect connect = {
        .index = index,
        .id = fx_push_session_id(session, index),
        .query = packet->query,
        .json = packet->data.size > 0 ? session->config->json : NULL,
        .data = packet->data};
    join(session, &connect, now_ms);
}

/* ---- events and their attachments ------------------------------------------------------------
 */

static fx_str piece(const struct fx_push_session *session, uint32_t index)
{
    const uint32_t from = index == 0 ? 0 : session->pending_ends[index - 1];
    return fx_str_slice(fx_buf_str(&session->pending), from, session->pending_ends[index] - from);
}

static void keep_piece(struct fx_push_session *session, fx_str bytes)
{
    fx_buf_append(&session->pending, bytes);
    if (session->pending.is_overflow) {
        fx_push_session_close(session, CODE_TOO_LARGE, FX_STR("attachments too large"));
        return;
    }
    session->pending_ends[session->pending_count] = (uint32_t)session->pending.size;
    session->pending_count++;
}

static void deliver(struct fx_push_session *session,
                    const struct fx_push_packet *packet,
                    uint32_t index,
                    const fx_str attachments[])
{
    const struct fx_push_session_event event = {.index = index,
                                                .json = session->config->json,
                                                .data = packet->data,
                                                .attachments = attachments,
                                                .attachment_count = packet->attachments,
                                                .has_ack = packet->has_ack,
                                                .ack = packet->ack};
    if (packet->type == FX_PUSH_PACKET_EVENT || packet->type == FX_PUSH_PACKET_BINARY_EVENT) {
        door_of(session)->on_event(session->self, &event);
    } else if (packet->has_ack) {
        door_of(session)->on_ack(session->self, &event);
    }
}

/* A packet of a namespace: DISCONNECT, EVENT, ACK. `text` is the whole packet. */
static void receive_packet(struct fx_push_session *session,
                           const struct fx_push_packet *packet,
                           fx_str text)
{
    const uint32_t index = index_of(session, packet->name_space);
    if (index == UINT32_MAX || !session->namespaces[index].is_joined) {
        if (index == UINT32_MAX || !session->namespaces[index].is_ended) {
            protocol_error(session);
        } else if (packet->attachments > 0) { /* swallow them too */
            session->pending_need = packet->attachments;
            keep_piece(session, text);
        }
        return;
    }
    if (packet->type == FX_PUSH_PACKET_DISCONNECT) {
        leave(session, index);
    } else if (packet->attachments > 0) {
        session->pending_need = packet->attachments;
        keep_piece(session, text);
    } else {
        deliver(session, packet, index, NULL);
    }
}

static void receive_message(struct fx_push_session *session, fx_str text, int64_t now_ms)
{
    struct fx_push_packet packet;
    if (door_of(session)->on_message != NULL) {
        door_of(session)->on_message(session->self, false, text);
        return;
    }
    if (session->pending_count > 0 ||
        fx_push_packet_decode(text, session->config->json, &packet) != FX_OK) {
        protocol_error(session);
    } else if (packet.type == FX_PUSH_PACKET_CONNECT) {
        receive_connect(session, &packet, now_ms);
    } else {
        receive_packet(session, &packet, text);
    }
}

/* All pieces are here: decode the kept text again, this time with its attachments. */
static void deliver_pending(struct fx_push_session *session)
{
    struct fx_push_packet packet;
    fx_str attachments[FX_PUSH_PACKET_ATTACHMENTS_MAX];
    const fx_status status =
        fx_push_packet_decode(piece(session, 0), session->config->json, &packet);
    FX_ASSERT(status == FX_OK && packet.attachments == session->pending_need);
    for (uint32_t index = 0; index < packet.attachments; index++) {
        attachments[index] = piece(session, index + 1);
    }
    session->pending_count = 0;
    const uint32_t index = index_of(session, packet.name_space);
    FX_ASSERT(index != UINT32_MAX);
    if (session->namespaces[index].is_joined) { /* it may have been kicked meanwhile */
        deliver(session, &packet, index, attachments);
    }
    fx_buf_deinit(&session->pending); /* rare and maybe large: not kept */
}

static void receive_binary(struct fx_push_session *session, fx_str bytes)
{
    if (door_of(session)->on_message != NULL) {
        door_of(session)->on_message(session->self, true, bytes);
        return;
    }
    if (session->pending_count == 0) {
        protocol_error(session);
        return;
    }
    if (session->eio == FX_PUSH_EIO_3) {
        if (bytes.size == 0 || bytes.data[0] != FX_PUSH_PACKET_BINARY_3) {
            protocol_error(session);
            return;
        }
        bytes = fx_str_slice(bytes, 1, bytes.size);
    }
    keep_piece(session, bytes);
    if (session->state == FX_PUSH_SESSION_STATE_OPEN &&
        session->pending_count == session->pending_need + 1) {
        deliver_pending(session);
    }
}

/* ---- the carrier's side ----------------------------------------------------------------------
 */

/* Revision 3: the client pings, with any data, and wants it back. Revision 4: never. */
static void receive_ping(struct fx_push_session *session, fx_str packet)
{
    struct fx_buf *out = session->config->out;
    if (session->eio == FX_PUSH_EIO_4) {
        protocol_error(session);
        return;
    }
    fx_buf_clear(out);
    fx_buf_append_byte(out, FX_PUSH_FRAME_PONG);
    fx_buf_append(out, fx_str_slice(packet, 1, packet.size));
    send_out(session, false);
}

static void receive_pong(struct fx_push_session *session, int64_t now_ms)
{
    if (session->eio == FX_PUSH_EIO_3) {
        protocol_error(session);
        return;
    }
    session->ping_ms = 0;
    session->next_ping_ms = now_ms + session->config->ping_interval_ms;
}

void fx_push_session_receive(struct fx_push_session *session,
                             bool is_binary,
                             fx_str packet,
                             int64_t now_ms)
{
    if (session->state != FX_PUSH_SESSION_STATE_OPEN) {
        return;
    }
    session->heard_ms = now_ms;
    if (is_binary) {
        receive_binary(session, packet);
        return;
    }
    switch (packet.size > 0 ? packet.data[0] : '\0') {
    case FX_PUSH_FRAME_CLOSE:
        fx_push_session_close(session, CODE_NORMAL, (fx_str){0});
        return;
    case FX_PUSH_FRAME_PING:
        receive_ping(session, packet);
        return;
    case FX_PUSH_FRAME_PONG:
        receive_pong(session, now_ms);
        return;
    case FX_PUSH_FRAME_MESSAGE:
        receive_message(session, fx_str_slice(packet, 1, packet.size), now_ms);
        return;
    case FX_PUSH_FRAME_UPGRADE:
    case FX_PUSH_FRAME_NOOP:
        return;
    default: /* an open packet too: only servers send it */
        protocol_error(session);
        return;
    }
}

static void send_open(struct fx_push_session *session, bool has_upgrade)
{
    const struct fx_push_session_config *config = session->config;
    struct fx_buf *out = config->out;
    fx_buf_clear(out);
    fx_buf_append(out, FX_STR("0{"));
    fx_json_add_str(out, FX_STR("sid"), (fx_str){session->sid, sizeof session->sid});
    fx_json_append_key(out, FX_STR("upgrades"));
    fx_buf_append(out, has_upgrade ? FX_STR("[\"websocket\"]") : FX_STR("[]"));
    fx_json_add_int(out, FX_STR("pingInterval"), config->ping_interval_ms);
    fx_json_add_int(out, FX_STR("pingTimeout"), config->ping_timeout_ms);
    if (session->eio == FX_PUSH_EIO_4) {
        fx_json_add_int(out, FX_STR("maxPayload"), config->payload_size_max);
    }
    fx_buf_append_byte(out, '}');
    send_out(session, false);
}

void fx_push_session_open(struct fx_push_session *session, bool has_upgrade, int64_t now_ms)
{
    FX_ASSERT(session->state == FX_PUSH_SESSION_STATE_OPENING);
    session->state = FX_PUSH_SESSION_STATE_OPEN;
    session->open_ms = now_ms;
    session->heard_ms = now_ms;
    session->next_ping_ms = now_ms + session->config->ping_interval_ms;
    send_open(session, has_upgrade);
    if (session->state != FX_PUSH_SESSION_STATE_OPEN) {
        return; /* closed by what was sent: it has left all namespaces, and joins none */
    }
    if (door_of(session)->on_message != NULL) {
        session->was_connected = true; /* there is nothing to connect to */
    } else if (session->eio == FX_PUSH_EIO_3) {
        make_id(session, 0);
        const struct fx_push_session_connect connect = {
            .index = 0, .id = fx_push_session_id(session, 0), .is_implied = true};
        join(session, &connect, now_ms);
    }
}

static void tick_ping(struct fx_push_session *session, int64_t now_ms)
{
    const struct fx_push_session_config *config = session->config;
    const int64_t silence_ms = (int64_t)config->ping_interval_ms + config->ping_timeout_ms;
    const bool is_dead =
        session->eio == FX_PUSH_EIO_3
            ? now_ms - session->heard_ms >= silence_ms
            : session->ping_ms != 0 && now_ms - session->ping_ms >= config->ping_timeout_ms;
    if (is_dead) {
        fx_push_session_close(session, CODE_GONE, FX_STR("ping timeout"));
    } else if (session->eio == FX_PUSH_EIO_4 && session->ping_ms == 0 &&
               now_ms >= session->next_ping_ms) {
        /* The time-out runs from when the ping was due; after a long pause it would be unfair. */
        const bool is_late = now_ms - session->next_ping_ms > TICK_LATE_MS;
        session->ping_ms = is_late ? now_ms : session->next_ping_ms;
        send_text(session, FX_STR("2"));
    }
}

void fx_push_session_tick(struct fx_push_session *session, int64_t now_ms)
{
    if (session->state != FX_PUSH_SESSION_STATE_OPEN) {
        return;
    }
    if (session->close_ms != 0 && now_ms >= session->close_ms) {
        fx_push_session_close(session, CODE_NORMAL, FX_STR("disconnected"));
    } else if (!session->was_connected &&
               now_ms - session->open_ms >= session->config->connect_timeout_ms) {
        fx_push_session_close(session, CODE_NORMAL, FX_STR("connect timeout"));
    } else {
        tick_ping(session, now_ms);
    }
}

void fx_push_session_lost(struct fx_push_session *session)
{
    session->state = FX_PUSH_SESSION_STATE_CLOSING;
    session->pending_count = 0;
    leave_all(session);
}

void fx_push_session_close(struct fx_push_session *session, uint16_t code, fx_str reason)
{
    if (session->state != FX_PUSH_SESSION_STATE_OPEN) {
        return;
    }
    fx_push_session_lost(session);
    door_of(session)->close(session->self, code, reason);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): an index and a time
void fx_push_session_kick(struct fx_push_session *session, uint32_t index, int64_t now_ms)
{
    FX_ASSERT(index < session->config->namespace_count);
    if (session->state != FX_PUSH_SESSION_STATE_OPEN || !session->namespaces[index].is_joined) {
        return;
    }
    send_disconnect(session, session->config->namespaces[index]);
    leave(session, index);
    end_namespace(session, index, now_ms);
}

void fx_push_session_send_message(struct fx_push_session *session, bool is_binary, fx_str message)
{
    struct fx_buf *out = session->config->out;
    if (session->state != FX_PUSH_SESSION_STATE_OPEN) {
        return;
    }
    fx_buf_clear(out);
    if (!is_binary) {
        fx_buf_append_byte(out, FX_PUSH_FRAME_MESSAGE);
    }
    fx_buf_append(out, message);
    send_out(session, is_binary);
}

void fx_push_session_send(struct fx_push_session *session,
                          const struct fx_push_packet *packet,
                          const fx_str attachments[])
{
    struct fx_buf *out = session->config->out;
    if (session->state != FX_PUSH_SESSION_STATE_OPEN) {
        return;
    }
    fx_buf_clear(out);
    fx_push_packet_encode(out, packet);
    send_out(session, false);
    for (uint32_t index = 0; index < packet->attachments; index++) {
        fx_buf_clear(out);
        if (session->eio == FX_PUSH_EIO_3) {
            fx_buf_append_byte(out, FX_PUSH_PACKET_BINARY_3);
        }
        fx_buf_append(out, attachments[index]);
        send_out(session, true);
    }
}

void fx_push_session_ack(struct fx_push_session *session,
                         const struct fx_push_session_event *event,
                         fx_str data)
{
    FX_ASSERT(event->has_ack);
    const struct fx_push_packet packet = {.type = FX_PUSH_PACKET_ACK,
                                          .name_space = session->config->namespaces[event->index],
                                          .has_ack = true,
                                          .ack = event->ack,
                                          .data = data};
    fx_push_session_send(session, &packet, NULL);
}
