#include "push/push_packet.h"

#include <stddef.h>

#include "base/panic.h"

/* Names that a client library uses itself: a peer that sends one would confuse its own user. */
static const char *const RESERVED[] = {
    "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"};

bool fx_push_packet_has_array(enum fx_push_packet_type type)
{
    return type == FX_PUSH_PACKET_EVENT || type == FX_PUSH_PACKET_ACK ||
           type == FX_PUSH_PACKET_BINARY_EVENT || type == FX_PUSH_PACKET_BINARY_ACK;
}

static bool is_binary(enum fx_push_packet_type type)
{
    return type == FX_PUSH_PACKET_BINARY_EVENT || type == FX_PUSH_PACKET_BINARY_ACK;
}

static bool is_event(enum fx_push_packet_type type)
{
    return type == FX_PUSH_PACKET_EVENT || type == FX_PUSH_PACKET_BINARY_EVENT;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Where the digits that begin at `offset` end. */
static size_t skip_digits(fx_str text, size_t offset)
{
    while (offset < text.size && is_digit(text.data[offset])) {
        offset++;
    }
    return offset;
}

/* "2-": the number of attachments. */
static bool decode_attachments(fx_str text, size_t *offset, struct fx_push_packet *packet)
{
    const size_t end = skip_digits(text, *offset);
    uint64_t count = 0;
    if (end >= text.size || text.data[end] != '-' ||
        !fx_str_parse_u64(fx_str_slice(text, *offset, end - *offset), &count) ||
        count > FX_PUSH_PACKET_ATTACHMENTS_MAX) {
        return false;
    }
    packet->attachments = (uint32_t)count;
    *offset = end + 1;
    return true;
}

/* "/ws?token=x,": up to the comma or to the end of the text. */
static bool decode_namespace(fx_str text, size_t *offset, struct fx_push_packet *packet)
{
    packet->name_space = FX_STR("/");
    if (*offset >= text.size || text.data[*offset] != '/') {
        return true;
    }
    size_t end = fx_str_find(text, ',', *offset);
    end = end == SIZE_MAX ? text.size : end;
    const fx_str whole = fx_str_slice(text, *offset, end - *offset);
    const size_t mark = fx_str_find(whole, '?', 0);
    if (mark != SIZE_MAX) {
        packet->query = fx_str_slice(whole, mark + 1, whole.size);
    }
    packet->name_space = fx_str_slice(whole, 0, mark);
    *offset = end < text.size ? end + 1 : end;
    return packet->name_space.size <= FX_PUSH_PACKET_NAMESPACE_SIZE_MAX;
}

static bool decode_ack(fx_str text, size_t *offset, struct fx_push_packet *packet)
{
    const size_t end = skip_digits(text, *offset);
    const fx_str digits = fx_str_slice(text, *offset, end - *offset);
    if (digits.size == 0) {
        return true;
    }
    packet->has_ack = true;
    *offset = end;
    return digits.size <= FX_PUSH_PACKET_ACK_DIGITS_MAX && fx_str_parse_u64(digits, &packet->ack);
}

static bool is_event_name(const struct fx_json_token *token)
{
    if (token->kind == FX_JSON_NUMBER) {
        return true;
    }
    if (token->kind != FX_JSON_STRING) {
        return false;
    }
    for (size_t index = 0; index < sizeof RESERVED / sizeof RESERVED[0]; index++) {
        if (fx_str_is_equal(token->text, fx_str_of(RESERVED[index]))) {
            return false;
        }
    }
    return true;
}

/* The JSON must have the form that the type wants; json->tokens[0] is its root. */
static bool is_data_fit(const struct fx_push_packet *packet, const struct fx_json *json)
{
    const bool has_data = packet->data.size > 0;
    const enum fx_json_kind kind = has_data ? json->tokens[0].kind : FX_JSON_NULL;
    switch (packet->type) {
    case FX_PUSH_PACKET_CONNECT:
        return !has_data || kind == FX_JSON_OBJECT;
    case FX_PUSH_PACKET_DISCONNECT:
        return !has_data;
    case FX_PUSH_PACKET_EVENT:
    case FX_PUSH_PACKET_BINARY_EVENT:
        return kind == FX_JSON_ARRAY && json->tokens[0].count > 0 &&
               is_event_name(&json->tokens[1]);
    case FX_PUSH_PACKET_ACK:
    case FX_PUSH_PACKET_BINARY_ACK:
        return kind == FX_JSON_ARRAY;
    case FX_PUSH_PACKET_CONNECT_ERROR: /* only servers refuse */
    default:
        return false;
    }
}

fx_status fx_push_packet_decode(fx_str text,
                                struct fx_json *json,
                                struct fx_push_packet *packet_out)
{
    struct fx_push_packet packet = {0};
    size_t offset = 1;
    if (text.size == 0 || text.data[0] < '0' || text.data[0] > '6') {
        return FX_BAD_REQUEST;
    }
    packet.type = (enum fx_push_packet_type)(text.data[0] - '0');
    if (is_binary(packet.type) && !decode_attachments(text, &offset, &packet)) {
        return FX_BAD_REQUEST;
    }
    if (!decode_namespace(text, &offset, &packet) || !decode_ack(text, &offset, &packet)) {
        return FX_BAD_REQUEST;
    }
    packet.data = fx_str_slice(text, offset, text.size);
    json->count = 0;
    if (packet.data.size > 0 && fx_json_parse(json, packet.data) != FX_OK) {
        return FX_BAD_REQUEST;
    }
    if (!is_data_fit(&packet, json) || (packet.has_ack && !fx_push_packet_has_array(packet.type))) {
        return FX_BAD_REQUEST;
    }
    FX_ASSERT(!is_event(packet.type) || json->tokens[0].count > 0);
    *packet_out = packet;
    return FX_OK;
}

void fx_push_packet_encode(struct fx_buf *buf, const struct fx_push_packet *packet)
{
    fx_buf_append_byte(buf, FX_PUSH_FRAME_MESSAGE);
    fx_buf_append_byte(buf, (char)('0' + (int)packet->type));
    if (is_binary(packet->type)) {
        fx_buf_append_u64(buf, packet->attachments);
        fx_buf_append_byte(buf, '-');
    }
    if (packet->name_space.size > 1) {
        fx_buf_append(buf, packet->name_space);
        fx_buf_append_byte(buf, ',');
    }
    if (packet->has_ack) {
        fx_buf_append_u64(buf, packet->ack);
    }
    fx_buf_append(buf, packet->data);
}
