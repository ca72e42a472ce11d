#include "push/push_rooms.h"

#include <string.h>

#include "push/push_msgpack.h"

enum { TYPE_EVENT = 2, TYPE_BINARY_EVENT = 5, SCRATCH_SIZE_MAX = 4096 };

static const fx_str PREFIX = {"socket.io#", 10};

/* Copy to where `*size` is. @return false where it does not fit. */
static bool add(char target[FX_PUSH_ROOMS_CHANNEL_SIZE_MAX], size_t *size, fx_str text)
{
    if (text.size > FX_PUSH_ROOMS_CHANNEL_SIZE_MAX - *size) {
        return false;
    }
    if (text.size > 0) {
        memcpy(target + *size, text.data, text.size);
    }
    *size += text.size;
    return true;
}

fx_str fx_push_rooms_channel(fx_str nsp, fx_str room, char target[FX_PUSH_ROOMS_CHANNEL_SIZE_MAX])
{
    size_t size = 0;
    const bool fits = add(target, &size, PREFIX) && add(target, &size, nsp) &&
                      add(target, &size, FX_STR("#")) && add(target, &size, room) &&
                      (room.size == 0 || add(target, &size, FX_STR("#")));
    return fits ? (fx_str){target, size} : (fx_str){0};
}

bool fx_push_rooms_room(fx_str channel, fx_str nsp, fx_str *room_out)
{
    const size_t head = PREFIX.size + nsp.size + 1;
    if (channel.size < head || !fx_str_has_prefix(channel, PREFIX) ||
        !fx_str_is_equal(fx_str_slice(channel, PREFIX.size, nsp.size), nsp) ||
        channel.data[head - 1] != '#') {
        return false;
    }
    const fx_str rest = fx_str_slice(channel, head, SIZE_MAX);
    if (rest.size > 0 && rest.data[rest.size - 1] != '#') {
        return false;
    }
    *room_out = rest.size == 0 ? (fx_str){0} : fx_str_slice(rest, 0, rest.size - 1);
    return true;
}

fx_status fx_push_rooms_encode(struct fx_buf *body,
                               const struct fx_push_rooms_message *message,
                               fx_str event)
{
    const size_t before = body->size;
    fx_push_msgpack_append_array(body, 3);
    fx_push_msgpack_append_str(body, message->uid);
    fx_push_msgpack_append_map(body, 3);
    fx_push_msgpack_append_str(body, FX_STR("type"));
    fx_buf_append_byte(body, TYPE_EVENT);
    fx_push_msgpack_append_str(body, FX_STR("data"));
    const fx_status status = fx_push_msgpack_encode(body, event);
    fx_push_msgpack_append_str(body, FX_STR("nsp"));
    fx_push_msgpack_append_str(body, message->nsp);
    fx_push_msgpack_append_map(body, 2);
    fx_push_msgpack_append_str(body, FX_STR("rooms"));
    fx_push_msgpack_append_array(body, message->room_count);
    for (uint32_t index = 0; index < message->room_count; index++) {
        fx_push_msgpack_append_str(body, message->rooms[index]);
    }
    fx_push_msgpack_append_str(body, FX_STR("flags"));
    fx_push_msgpack_append_map(body, message->is_volatile ? 1 : 0);
    if (message->is_volatile) {
        fx_push_msgpack_append_str(body, FX_STR("volatile"));
        fx_buf_append_byte(body, (char)0xc3);
    }
    if (status != FX_OK || body->is_overflow) {
        body->size = before;
        body->is_overflow = false;
        return status != FX_OK ? status : FX_BODY_TOO_LARGE;
    }
    return FX_OK;
}

/* Read over a value. */
static fx_status drop(fx_str *bytes)
{
    struct fx_buf scratch;
    fx_buf_init(&scratch, SCRATCH_SIZE_MAX);
    const fx_status status = fx_push_msgpack_decode(bytes, &scratch);
    fx_buf_deinit(&scratch);
    return status;
}

/* {type, data, nsp} in any order, and maybe more. */
static fx_status decode_packet(fx_str *bytes,
                               struct fx_push_rooms_message *message,
                               struct fx_buf *event)
{
    uint32_t count = 0, type = 0;
    const size_t before = event->size;
    if (!fx_push_msgpack_take_map(bytes, &count)) {
        return FX_BAD_REQUEST;
    }
    fx_status status = FX_OK;
    for (uint32_t index = 0; index < count && status == FX_OK; index++) {
        fx_str key = {0};
        if (!fx_push_msgpack_take_str(bytes, &key)) {
            return FX_BAD_REQUEST;
        }
        if (fx_str_is_equal(key, FX_STR("data")) && event->size == before) {
            status = fx_push_msgpack_decode(bytes, event);
        } else if (fx_str_is_equal(key, FX_STR("nsp"))) {
            status = fx_push_msgpack_take_str(bytes, &message->nsp) ? FX_OK : FX_BAD_REQUEST;
        } else if (fx_str_is_equal(key, FX_STR("type")) && bytes->size > 0) {
            type = (uint8_t)bytes->data[0];
            status = drop(bytes);
        } else {
            status = drop(bytes);
        }
    }
    if (status == FX_OK && type == TYPE_BINARY_EVENT) {
        return FX_NOT_IMPLEMENTED;
    }
    const fx_str text = fx_str_slice(fx_buf_str(event), before, SIZE_MAX);
    if (status == FX_OK &&
        (type != TYPE_EVENT || !fx_str_has_prefix(text, FX_STR("[\"")) || message->nsp.size == 0)) {
        return FX_BAD_REQUEST;
    }
    return status;
}

static fx_status decode_names(fx_str *bytes, fx_str names[FX_PUSH_ROOMS_MAX], uint32_t *count_out)
{
    if (!fx_push_msgpack_take_array(bytes, count_out) || *count_out > FX_PUSH_ROOMS_MAX) {
        return FX_BAD_REQUEST;
    }
    for (uint32_t index = 0; index < *count_out; index++) {
        if (!fx_push_msgpack_take_str(bytes, &names[index])) {
            return FX_BAD_REQUEST;
        }
    }
    return FX_OK;
}

static fx_status decode_flags(fx_str *bytes, struct fx_push_rooms_message *message)
{
    uint32_t count = 0;
    if (!fx_push_msgpack_take_map(bytes, &count)) {
        return FX_BAD_REQUEST;
    }
    fx_status status = FX_OK;
    for (uint32_t index = 0; index < count && status == FX_OK; index++) {
        fx_str key = {0};
        if (!fx_push_msgpack_take_str(bytes, &key)) {
            return FX_BAD_REQUEST;
        }
        if (fx_str_is_equal(key, FX_STR("volatile")) && bytes->size > 0) {
            message->is_volatile = (uint8_t)bytes->data[0] == 0xc3;
        }
        status = drop(bytes);
    }
    return status;
}

/* {rooms, flags, except}, each maybe nil. */
static fx_status decode_options(fx_str *bytes, struct fx_push_rooms_message *message)
{
    uint32_t count = 0;
    if (!fx_push_msgpack_take_map(bytes, &count)) {
        return FX_BAD_REQUEST;
    }
    fx_status status = FX_OK;
    for (uint32_t index = 0; index < count && status == FX_OK; index++) {
        fx_str key = {0};
        if (!fx_push_msgpack_take_str(bytes, &key) || bytes->size == 0) {
            return FX_BAD_REQUEST;
        }
        const uint8_t next = (uint8_t)bytes->data[0];
        const bool is_none = next == 0xc0 || next == 0xd4; /* null, undefined */
        if (fx_str_is_equal(key, FX_STR("rooms")) && !is_none) {
            status = decode_names(bytes, message->rooms, &message->room_count);
        } else if (fx_str_is_equal(key, FX_STR("except")) && !is_none) {
            status = decode_names(bytes, message->except, &message->except_count);
        } else if (fx_str_is_equal(key, FX_STR("flags")) && !is_none) {
            status = decode_flags(bytes, message);
        } else {
            status = drop(bytes);
        }
    }
    return status;
}

fx_status fx_push_rooms_decode(fx_str body,
                               struct fx_push_rooms_message *message_out,
                               struct fx_buf *event_out)
{
    struct fx_push_rooms_message message;
    const size_t before = event_out->size;
    fx_str rest = body;
    uint32_t count = 0;
    memset(&message, 0, sizeof message);
    fx_status status = body.size > FX_PUSH_ROOMS_BODY_SIZE_MAX ? FX_BODY_TOO_LARGE : FX_OK;
    if (status == FX_OK && (!fx_push_msgpack_take_array(&rest, &count) || count != 3 ||
                            !fx_push_msgpack_take_str(&rest, &message.uid))) {
        status = FX_BAD_REQUEST;
    }
    if (status == FX_OK) {
        status = decode_packet(&rest, &message, event_out);
    }
    if (status == FX_OK) {
        status = decode_options(&rest, &message);
    }
    if (status == FX_OK && rest.size > 0) {
        status = FX_BAD_REQUEST;
    }
    if (status != FX_OK) {
        event_out->size = before;
        return status;
    }
    *message_out = message;
    return FX_OK;
}
