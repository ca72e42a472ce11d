#include "net/net_websocket.h"

#include <string.h>

#include "base/panic.h"
#include "net/net_utf8.h"

enum {
    KEPT_SIZE_MAX = 4096, /* a message buffer that grew beyond is freed after its message */
    BIT_FINAL = 0x80,
    BITS_RESERVED = 0x70,
    BITS_OPCODE = 0x0F,
    BIT_CONTROL = 0x08,
    BIT_MASKED = 0x80,
    LENGTH_16 = 126,
    LENGTH_64 = 127
};

void fx_net_websocket_init(
    struct fx_net_websocket *websocket,
    // NOLINTNEXTLINE(bugprone-easily-swappable-parameters): an enum and a size
    enum fx_net_websocket_role role,
    uint32_t message_size_max)
{
    memset(websocket, 0, sizeof *websocket);
    websocket->role = role;
    websocket->message_size_max = message_size_max;
    websocket->fragments_max = FX_NET_WEBSOCKET_FRAGMENTS_MAX;
    websocket->header_need = 2;
    fx_buf_init(&websocket->message, message_size_max);
}

void fx_net_websocket_deinit(struct fx_net_websocket *websocket)
{
    fx_buf_deinit(&websocket->message);
    websocket->payload = (fx_str){0};
}

bool fx_net_websocket_is_code(uint16_t code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

static void fail(struct fx_net_websocket *websocket, enum fx_net_websocket_code code)
{
    websocket->event = FX_NET_WEBSOCKET_EVENT_FAILED;
    websocket->code = (uint16_t)code;
    websocket->payload = (fx_str){0};
}

static void give(struct fx_net_websocket *websocket,
                 enum fx_net_websocket_event event,
                 fx_str payload)
{
    websocket->event = event;
    websocket->payload = payload;
}

static void end_close(struct fx_net_websocket *websocket)
{
    const uint8_t *body = websocket->control;
    const size_t size = websocket->control_size;
    const fx_str reason = {(const char *)body + 2, size > 2 ? size - 2 : 0};
    if (size == 0) {
        websocket->code = FX_NET_WEBSOCKET_CODE_NONE;
        give(websocket, FX_NET_WEBSOCKET_EVENT_CLOSE, (fx_str){0});
        return;
    }
    const uint16_t code = (uint16_t)(body[0] << 8 | body[1]);
    if (size == 1 || !fx_net_websocket_is_code(code)) {
        fail(websocket, FX_NET_WEBSOCKET_CODE_PROTOCOL);
        return;
    }
    if (!fx_net_utf8_is_valid(reason)) {
        fail(websocket, FX_NET_WEBSOCKET_CODE_BAD_TEXT);
        return;
    }
    websocket->code = code;
    give(websocket, FX_NET_WEBSOCKET_EVENT_CLOSE, reason);
}

static void end_control(struct fx_net_websocket *websocket)
{
    const fx_str payload = {(const char *)websocket->control, websocket->control_size};
    if (websocket->frame_opcode == FX_NET_WEBSOCKET_OPCODE_CLOSE) {
        end_close(websocket);
    } else if (websocket->frame_opcode == FX_NET_WEBSOCKET_OPCODE_PING) {
        give(websocket, FX_NET_WEBSOCKET_EVENT_PING, payload);
    } else {
        give(websocket, FX_NET_WEBSOCKET_EVENT_PONG, payload);
    }
}

static void end_message(struct fx_net_websocket *websocket)
{
    const bool is_text = websocket->message_opcode == FX_NET_WEBSOCKET_OPCODE_TEXT;
    if (is_text && websocket->utf8_state != FX_NET_UTF8_ACCEPT) {
        fail(websocket, FX_NET_WEBSOCKET_CODE_BAD_TEXT);
        return;
    }
    websocket->message_opcode = 0;
    websocket->is_message_given = true;
    give(websocket,
         is_text ? FX_NET_WEBSOCKET_EVENT_TEXT : FX_NET_WEBSOCKET_EVENT_BINARY,
         fx_buf_str(&websocket->message));
}

static bool is_control(uint8_t opcode)
{
    return (opcode & BIT_CONTROL) != 0;
}

static void end_frame(struct fx_net_websocket *websocket)
{
    websocket->is_in_payload = false;
    websocket->header_size = 0;
    websocket->header_need = 2;
    if (is_control(websocket->frame_opcode)) {
        end_control(websocket);
    } else if (websocket->is_frame_final) {
        end_message(websocket);
    }
}

/* Is the first byte of a frame acceptable now? */
static bool is_first_byte_good(const struct fx_net_websocket *websocket, uint8_t byte)
{
    const uint8_t opcode = byte & BITS_OPCODE;
    const bool is_final = (byte & BIT_FINAL) != 0;
    if ((byte & BITS_RESERVED) != 0) {
        return false;
    }
    switch (opcode) {
    case FX_NET_WEBSOCKET_OPCODE_CONTINUATION:
        return websocket->message_opcode != 0;
    case FX_NET_WEBSOCKET_OPCODE_TEXT:
    case FX_NET_WEBSOCKET_OPCODE_BINARY:
        return websocket->message_opcode == 0;
    case FX_NET_WEBSOCKET_OPCODE_CLOSE:
    case FX_NET_WEBSOCKET_OPCODE_PING:
    case FX_NET_WEBSOCKET_OPCODE_PONG:
        return is_final;
    default:
        return false;
    }
}

/* After the second byte: how long is this header? 0 where it is wrong. */
static uint8_t header_need_of(const struct fx_net_websocket *websocket)
{
    const bool is_masked = (websocket->header[1] & BIT_MASKED) != 0;
    const uint8_t length = websocket->header[1] & 0x7F;
    const uint8_t opcode = websocket->header[0] & BITS_OPCODE;
    if (is_masked != (websocket->role == FX_NET_WEBSOCKET_ROLE_SERVER) ||
        (is_control(opcode) && length > FX_NET_WEBSOCKET_CONTROL_SIZE_MAX)) {
        return 0;
    }
    uint8_t need = is_masked ? 6 : 2;
    if (length == LENGTH_16) {
        need = (uint8_t)(need + 2);
    } else if (length == LENGTH_64) {
        need = (uint8_t)(need + 8);
    }
    return need;
}

/* The payload size of a header whose length bytes are there; lengths must be in the shortest form.
 */
static bool parse_length(const struct fx_net_websocket *websocket, uint64_t *length_out)
{
    const uint8_t *header = websocket->header;
    const uint8_t length = header[1] & 0x7F;
    if (length < LENGTH_16) {
        *length_out = length;
        return true;
    }
    uint64_t value = 0;
    for (uint32_t index = 0; index < (length == LENGTH_16 ? 2U : 8U); index++) {
        value = value << 8 | header[2 + index];
    }
    *length_out = value;
    return length == LENGTH_16 ? value >= LENGTH_16 : value > UINT16_MAX && value >> 63 == 0;
}

static uint8_t length_end_of(const struct fx_net_websocket *websocket)
{
    const bool is_masked = websocket->role == FX_NET_WEBSOCKET_ROLE_SERVER;
    return (uint8_t)(websocket->header_need - (is_masked ? 4 : 0));
}

/* The length is known: refuse what is too long before a byte of it arrives. */
static void check_length(struct fx_net_websocket *websocket)
{
    uint64_t length = 0;
    if (!parse_length(websocket, &length)) {
        fail(websocket, FX_NET_WEBSOCKET_CODE_PROTOCOL);
        return;
    }
    if (is_control(websocket->header[0] & BITS_OPCODE)) {
        return;
    }
    const bool is_first = websocket->message_opcode == 0;
    const size_t joined = is_first ? 0 : websocket->message.size;
    const uint32_t fragments = is_first ? 0 : websocket->fragment_count;
    if (length > websocket->message_size_max - joined || fragments >= websocket->fragments_max) {
        fail(websocket, FX_NET_WEBSOCKET_CODE_TOO_LARGE);
    }
}

static void begin_payload(struct fx_net_websocket *websocket)
{
    const uint8_t opcode = websocket->header[0] & BITS_OPCODE;
    const bool is_length_good = parse_length(websocket, &websocket->frame_left);
    FX_ASSERT(is_length_good);
    websocket->frame_opcode = opcode;
    websocket->is_frame_final = (websocket->header[0] & BIT_FINAL) != 0;
    websocket->is_in_payload = true;
    websocket->mask_offset = 0;
    memset(websocket->mask, 0, sizeof websocket->mask);
    if (websocket->role == FX_NET_WEBSOCKET_ROLE_SERVER) {
        memcpy(websocket->mask, websocket->header + websocket->header_need - 4, 4);
    }
    if (is_control(opcode)) {
        websocket->control_size = 0;
    } else if (opcode != FX_NET_WEBSOCKET_OPCODE_CONTINUATION) {
        websocket->message_opcode = opcode;
        websocket->utf8_state = FX_NET_UTF8_ACCEPT;
        websocket->fragment_count = 0;
    }
    if (!is_control(opcode)) {
        websocket->fragment_count++;
    }
    if (websocket->frame_left == 0) {
        end_frame(websocket);
    }
}

static void feed_header(struct fx_net_websocket *websocket, uint8_t byte)
{
    websocket->header[websocket->header_size] = byte;
    websocket->header_size++;
    if (websocket->header_size == 1) {
        if (!is_first_byte_good(websocket, byte)) {
            fail(websocket, FX_NET_WEBSOCKET_CODE_PROTOCOL);
        }
        return;
    }
    if (websocket->header_size == 2) {
        websocket->header_need = header_need_of(websocket);
        if (websocket->header_need == 0) {
            fail(websocket, FX_NET_WEBSOCKET_CODE_PROTOCOL);
            return;
        }
    }
    if (websocket->header_size == length_end_of(websocket)) {
        check_length(websocket);
        if (websocket->event == FX_NET_WEBSOCKET_EVENT_FAILED) {
            return;
        }
    }
    if (websocket->header_size == websocket->header_need) {
        begin_payload(websocket);
    }
}

/* Copy `size` bytes and take the mask off, eight at a time. */
static void unmask(struct fx_net_websocket *websocket, char *target, fx_str bytes)
{
    uint8_t mask[8];
    for (uint32_t index = 0; index < sizeof mask; index++) {
        mask[index] = websocket->mask[(websocket->mask_offset + index) % 4];
    }
    uint64_t mask_word = 0;
    memcpy(&mask_word, mask, sizeof mask_word);
    size_t index = 0;
    for (; index + sizeof mask_word <= bytes.size; index += sizeof mask_word) {
        uint64_t word = 0;
        memcpy(&word, bytes.data + index, sizeof word);
        word ^= mask_word;
        memcpy(target + index, &word, sizeof word);
    }
    for (; index < bytes.size; index++) {
        target[index] = (char)((uint8_t)bytes.data[index] ^ mask[index % 8]);
    }
    websocket->mask_offset = (uint32_t)((websocket->mask_offset + bytes.size) % 4);
}

static void take_data(struct fx_net_websocket *websocket, fx_str bytes)
{
    char *target = fx_buf_reserve(&websocket->message, bytes.size);
    if (target == NULL) { /* no memory: check_length() has seen to the maximum */
        fail(websocket, FX_NET_WEBSOCKET_CODE_TOO_LARGE);
        return;
    }
    unmask(websocket, target, bytes);
    fx_buf_add(&websocket->message, bytes.size);
    if (websocket->message_opcode == FX_NET_WEBSOCKET_OPCODE_TEXT) {
        websocket->utf8_state =
            fx_net_utf8_feed(websocket->utf8_state, (fx_str){target, bytes.size});
        if (websocket->utf8_state == FX_NET_UTF8_BAD) {
            fail(websocket, FX_NET_WEBSOCKET_CODE_BAD_TEXT);
        }
    }
}

static size_t feed_payload(struct fx_net_websocket *websocket, fx_str bytes)
{
    const size_t size =
        bytes.size < websocket->frame_left ? bytes.size : (size_t)websocket->frame_left;
    const fx_str part = {bytes.data, size};
    if (is_control(websocket->frame_opcode)) {
        FX_ASSERT(websocket->control_size + size <= sizeof websocket->control);
        unmask(websocket, (char *)websocket->control + websocket->control_size, part);
        websocket->control_size = (uint8_t)(websocket->control_size + size);
    } else {
        take_data(websocket, part);
    }
    websocket->frame_left -= size;
    if (websocket->frame_left == 0 && websocket->event != FX_NET_WEBSOCKET_EVENT_FAILED) {
        end_frame(websocket);
    }
    return size;
}

size_t fx_net_websocket_feed(struct fx_net_websocket *websocket, fx_str bytes)
{
    size_t taken = 0;
    if (websocket->event == FX_NET_WEBSOCKET_EVENT_CLOSE ||
        websocket->event == FX_NET_WEBSOCKET_EVENT_FAILED) {
        return 0;
    }
    websocket->event = FX_NET_WEBSOCKET_EVENT_NONE;
    websocket->payload = (fx_str){0};
    if (websocket->is_message_given) {
        websocket->is_message_given = false;
        fx_buf_clear(&websocket->message);
        if (websocket->message.capacity > KEPT_SIZE_MAX) {
            fx_buf_deinit(&websocket->message);
        }
    }
    while (taken < bytes.size && websocket->event == FX_NET_WEBSOCKET_EVENT_NONE) {
        if (websocket->is_in_payload) {
            taken += feed_payload(websocket, (fx_str){bytes.data + taken, bytes.size - taken});
        } else {
            feed_header(websocket, (uint8_t)bytes.data[taken]);
            taken++;
        }
    }
    return taken;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): an enum and a size
uint32_t fx_net_websocket_write_header(enum fx_net_websocket_opcode opcode,
                                       uint64_t payload_size,
                                       uint8_t header_out[FX_NET_WEBSOCKET_HEADER_SIZE_MAX])
{
    header_out[0] = (uint8_t)(BIT_FINAL | (uint8_t)opcode);
    if (payload_size < LENGTH_16) {
        header_out[1] = (uint8_t)payload_size;
        return 2;
    }
    const uint32_t length_size = payload_size <= UINT16_MAX ? 2 : 8;
    header_out[1] = length_size == 2 ? LENGTH_16 : LENGTH_64;
    for (uint32_t index = 0; index < length_size; index++) {
        header_out[2 + index] = (uint8_t)(payload_size >> (8 * (length_size - 1 - index)));
    }
    return 2 + length_size;
}

void fx_net_websocket_write(struct fx_buf *buf, const struct fx_net_websocket_frame *frame)
{
    uint8_t header[FX_NET_WEBSOCKET_HEADER_SIZE_MAX];
    FX_ASSERT(!is_control((uint8_t)frame->opcode) ||
              (frame->payload.size <= FX_NET_WEBSOCKET_CONTROL_SIZE_MAX && !frame->is_fragment));
    uint32_t size = fx_net_websocket_write_header(frame->opcode, frame->payload.size, header);
    if (frame->is_fragment) {
        header[0] &= (uint8_t)~BIT_FINAL;
    }
    if (!frame->is_masked) {
        fx_buf_append(buf, (fx_str){(const char *)header, size});
        fx_buf_append(buf, frame->payload);
        return;
    }
    header[1] |= BIT_MASKED;
    uint8_t mask[4];
    memcpy(mask, &frame->mask, sizeof mask);
    memcpy(header + size, mask, sizeof mask);
    size += (uint32_t)sizeof mask;
    fx_buf_append(buf, (fx_str){(const char *)header, size});
    char *target = frame->payload.size > 0 ? fx_buf_reserve(buf, frame->payload.size) : NULL;
    if (target != NULL) {
        for (size_t index = 0; index < frame->payload.size; index++) {
            target[index] = (char)((uint8_t)frame->payload.data[index] ^ mask[index % 4]);
        }
        fx_buf_add(buf, frame->payload.size);
    }
}

uint32_t fx_net_websocket_write_close(uint16_t code,
                                      fx_str reason,
                                      uint8_t payload_out[FX_NET_WEBSOCKET_CONTROL_SIZE_MAX])
{
    FX_ASSERT(fx_net_websocket_is_code(code));
    size_t size = reason.size;
    if (size > FX_NET_WEBSOCKET_CONTROL_SIZE_MAX - 2) {
        size = FX_NET_WEBSOCKET_CONTROL_SIZE_MAX - 2;
        while (size > 0 && ((uint8_t)reason.data[size] & 0xC0) == 0x80) {
            size--; /* not in the middle of a character */
        }
    }
    payload_out[0] = (uint8_t)(code >> 8);
    payload_out[1] = (uint8_t)code;
    if (size > 0) {
        memcpy(payload_out + 2, reason.data, size);
    }
    return (uint32_t)size + 2;
}
