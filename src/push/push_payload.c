#include "push/push_payload.h"

#include <string.h>

#include "base/crypto.h"
#include "base/panic.h"
#include "net/net_utf8.h"

enum {
    LENGTH_DIGITS_MAX = 7,
    SEPARATOR_4 = 0x1e,
    MARK_TEXT = 0,
    MARK_BINARY = 1,
    MARK_END = 0xff,
    BASE64_MARK = 'b'
};

void fx_push_payload_init(struct fx_push_payload *payload,
                          enum fx_push_payload_form form,
                          fx_str body,
                          struct fx_buf *scratch)
{
    *payload = (struct fx_push_payload){.form = form, .rest = body, .scratch = scratch};
}

static uint8_t byte_at(fx_str text, size_t index)
{
    return (uint8_t)text.data[index];
}

/* UTF-16 units of the character that begins with this byte of valid UTF-8; 0: it begins none. */
static size_t units_of(uint8_t byte)
{
    if ((byte & 0xc0U) == 0x80U) {
        return 0;
    }
    return byte >= 0xf0U ? 2 : 1;
}

static size_t count_units(fx_str text)
{
    size_t count = 0;
    for (size_t index = 0; index < text.size; index++) {
        count += units_of(byte_at(text, index));
    }
    return count;
}

/* Where `units` UTF-16 units end; SIZE_MAX where there are fewer, or where a pair would be cut. */
static size_t skip_units(fx_str text, size_t units)
{
    size_t index = 0;
    while (index < text.size) {
        const size_t step = units_of(byte_at(text, index));
        if (step > 0 && units == 0) {
            return index;
        }
        if (step > units) {
            return SIZE_MAX;
        }
        units -= step;
        index++;
    }
    return units == 0 ? index : SIZE_MAX;
}

/* "b<base64>", in both forms of revision 3 "b<type><base64>": the bytes, in scratch. */
static fx_status decode_base64(struct fx_push_payload *payload, fx_str text, fx_str *bytes_out)
{
    struct fx_buf *scratch = payload->scratch;
    size_t size = 0;
    fx_buf_clear(scratch);
    if (payload->form != FX_PUSH_PAYLOAD_FORM_4) {
        if (text.size == 0 || text.data[0] < '0' || text.data[0] > '6') {
            return FX_BAD_REQUEST;
        }
        fx_buf_append_byte(scratch, (char)(text.data[0] - '0'));
        text = fx_str_slice(text, 1, text.size);
    }
    const size_t capacity = text.size / 4 * 3;
    char *target = fx_buf_reserve(scratch, capacity);
    if (target == NULL && capacity > 0) {
        return FX_BODY_TOO_LARGE;
    }
    uint8_t nothing = 0;
    if (fx_crypto_base64_decode(
            text, target == NULL ? &nothing : (uint8_t *)target, capacity, &size) != FX_OK) {
        return FX_BAD_REQUEST;
    }
    fx_buf_add(scratch, size);
    *bytes_out = fx_buf_str(scratch);
    return FX_OK;
}

static fx_status give_text(struct fx_push_payload *payload,
                           fx_str text,
                           struct fx_push_payload_packet *packet_out)
{
    if (text.size == 0) {
        return FX_BAD_REQUEST;
    }
    if (text.data[0] != BASE64_MARK) {
        *packet_out = (struct fx_push_payload_packet){.bytes = text};
        return FX_OK;
    }
    struct fx_push_payload_packet packet = {.is_binary = true};
    const fx_status status =
        decode_base64(payload, fx_str_slice(text, 1, text.size), &packet.bytes);
    if (status == FX_OK) {
        *packet_out = packet;
    }
    return status;
}

static fx_status next_4(struct fx_push_payload *payload, struct fx_push_payload_packet *packet_out)
{
    const size_t found = fx_str_find(payload->rest, SEPARATOR_4, 0);
    const fx_str text = fx_str_slice(payload->rest, 0, found);
    if (found == SIZE_MAX) {
        payload->rest = (fx_str){0};
    } else {
        payload->rest = fx_str_slice(payload->rest, found + 1, payload->rest.size);
        if (payload->rest.size == 0) {
            return FX_BAD_REQUEST; /* a separator with nothing behind it */
        }
    }
    return give_text(payload, text, packet_out);
}

static fx_status next_3(struct fx_push_payload *payload, struct fx_push_payload_packet *packet_out)
{
    uint64_t units = 0;
    const size_t colon = fx_str_find(payload->rest, ':', 0);
    if (colon > LENGTH_DIGITS_MAX ||
        !fx_str_parse_u64(fx_str_slice(payload->rest, 0, colon), &units)) {
        return FX_BAD_REQUEST;
    }
    const fx_str behind = fx_str_slice(payload->rest, colon + 1, payload->rest.size);
    const size_t size = skip_units(behind, (size_t)units);
    if (size == SIZE_MAX) {
        return FX_BAD_REQUEST;
    }
    payload->rest = fx_str_slice(behind, size, behind.size);
    return give_text(payload, fx_str_slice(behind, 0, size), packet_out);
}

static fx_status next_3_binary(struct fx_push_payload *payload,
                               struct fx_push_payload_packet *packet_out)
{
    const fx_str rest = payload->rest;
    const uint8_t mark = byte_at(rest, 0);
    size_t index = 1;
    size_t size = 0;
    while (index < rest.size && byte_at(rest, index) <= 9 && index <= LENGTH_DIGITS_MAX) {
        size = 10 * size + byte_at(rest, index);
        index++;
    }
    if (mark > MARK_BINARY || size == 0 || byte_at(rest, 1) == 0 || index >= rest.size ||
        byte_at(rest, index) != MARK_END || size > rest.size - index - 1) {
        return FX_BAD_REQUEST;
    }
    const fx_str bytes = fx_str_slice(rest, index + 1, size);
    payload->rest = fx_str_slice(rest, index + 1 + size, rest.size);
    if (mark == MARK_TEXT) {
        return fx_net_utf8_is_valid(bytes) ? give_text(payload, bytes, packet_out) : FX_BAD_REQUEST;
    }
    *packet_out = (struct fx_push_payload_packet){.is_binary = true, .bytes = bytes};
    return FX_OK;
}

fx_status fx_push_payload_next(struct fx_push_payload *payload,
                               struct fx_push_payload_packet *packet_out)
{
    const bool is_first = !payload->is_begun;
    payload->is_begun = true;
    if (payload->rest.size == 0) {
        return is_first ? FX_BAD_REQUEST : FX_NOT_FOUND;
    }
    if (payload->form == FX_PUSH_PAYLOAD_FORM_3_BINARY) {
        return next_3_binary(payload, packet_out);
    }
    if (is_first && !fx_net_utf8_is_valid(payload->rest)) {
        return FX_BAD_REQUEST;
    }
    return payload->form == FX_PUSH_PAYLOAD_FORM_4 ? next_4(payload, packet_out)
                                                   : next_3(payload, packet_out);
}

static void append_base64(struct fx_buf *buf, fx_str bytes)
{
    fx_buf_append_byte(buf, BASE64_MARK);
    fx_crypto_base64_encode(buf, bytes);
}

static void append_3(struct fx_buf *buf, const struct fx_push_payload_packet *packet)
{
    if (!packet->is_binary) {
        fx_buf_append_u64(buf, count_units(packet->bytes));
        fx_buf_append_byte(buf, ':');
        fx_buf_append(buf, packet->bytes);
        return;
    }
    FX_ASSERT(packet->bytes.size > 0 && byte_at(packet->bytes, 0) <= 6);
    const fx_str bytes = fx_str_slice(packet->bytes, 1, packet->bytes.size);
    fx_buf_append_u64(buf, 2 + (bytes.size + 2) / 3 * 4);
    fx_buf_append_byte(buf, ':');
    fx_buf_append_byte(buf, BASE64_MARK);
    fx_buf_append_byte(buf, (char)('0' + byte_at(packet->bytes, 0)));
    fx_crypto_base64_encode(buf, bytes);
}

static void append_3_binary(struct fx_buf *buf, const struct fx_push_payload_packet *packet)
{
    char digits[20];
    size_t count = 0;
    size_t size = packet->bytes.size;
    do {
        count++;
        digits[sizeof digits - count] = (char)(size % 10);
        size /= 10;
    } while (size > 0);
    fx_buf_append_byte(buf, packet->is_binary ? MARK_BINARY : MARK_TEXT);
    fx_buf_append(buf, (fx_str){digits + sizeof digits - count, count});
    fx_buf_append_byte(buf, (char)MARK_END);
    fx_buf_append(buf, packet->bytes);
}

void fx_push_payload_append(struct fx_buf *buf,
                            enum fx_push_payload_form form,
                            const struct fx_push_payload_packet *packet,
                            bool is_first)
{
    FX_ASSERT(packet->is_binary || packet->bytes.size > 0);
    if (form == FX_PUSH_PAYLOAD_FORM_3) {
        append_3(buf, packet);
        return;
    }
    if (form == FX_PUSH_PAYLOAD_FORM_3_BINARY) {
        append_3_binary(buf, packet);
        return;
    }
    if (!is_first) {
        fx_buf_append_byte(buf, SEPARATOR_4);
    }
    if (packet->is_binary) {
        append_base64(buf, packet->bytes);
    } else {
        fx_buf_append(buf, packet->bytes);
    }
}

fx_str fx_push_payload_content_type(enum fx_push_payload_form form)
{
    return form == FX_PUSH_PAYLOAD_FORM_3_BINARY ? FX_STR("application/octet-stream")
                                                 : FX_STR("text/plain; charset=UTF-8");
}
