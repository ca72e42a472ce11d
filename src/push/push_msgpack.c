#include "push/push_msgpack.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"

enum { TEXT_SIZE_MAX = 1 << 20, FLOAT_DIGITS_MIN = 15, FLOAT_DIGITS_MAX = 17 };

#define WHOLE_MAX   9007199254740992.0
#define DATE_MS_MAX UINT64_C(253402300799999) /* the end of the year 9999 */

/* ---- writing --------------------------------------------------------------------------------- */

/* A byte and `size` bytes of a number behind it, the highest first. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): kind, value, size: as they are written
static void append_head(struct fx_buf *buf, uint8_t kind, uint64_t value, uint32_t size)
{
    fx_buf_append_byte(buf, (char)kind);
    for (uint32_t index = size; index > 0; index--) {
        fx_buf_append_byte(buf, (char)(uint8_t)(value >> (8 * (index - 1))));
    }
}

void fx_push_msgpack_append_str(struct fx_buf *buf, fx_str text)
{
    if (text.size < 32) {
        append_head(buf, (uint8_t)(0xa0 + text.size), 0, 0);
    } else if (text.size <= UINT8_MAX) {
        append_head(buf, 0xd9, text.size, 1);
    } else if (text.size <= UINT16_MAX) {
        append_head(buf, 0xda, text.size, 2);
    } else {
        append_head(buf, 0xdb, text.size, 4);
    }
    fx_buf_append(buf, text);
}

void fx_push_msgpack_append_array(struct fx_buf *buf, uint32_t count)
{
    if (count < 16) {
        append_head(buf, (uint8_t)(0x90 + count), 0, 0);
    } else if (count <= UINT16_MAX) {
        append_head(buf, 0xdc, count, 2);
    } else {
        append_head(buf, 0xdd, count, 4);
    }
}

void fx_push_msgpack_append_map(struct fx_buf *buf, uint32_t count)
{
    if (count < 16) {
        append_head(buf, (uint8_t)(0x80 + count), 0, 0);
    } else if (count <= UINT16_MAX) {
        append_head(buf, 0xde, count, 2);
    } else {
        append_head(buf, 0xdf, count, 4);
    }
}

static void append_unsigned(struct fx_buf *buf, uint64_t value)
{
    if (value < 128) {
        append_head(buf, (uint8_t)value, 0, 0);
    } else if (value <= UINT8_MAX) {
        append_head(buf, 0xcc, value, 1);
    } else if (value <= UINT16_MAX) {
        append_head(buf, 0xcd, value, 2);
    } else if (value <= UINT32_MAX) {
        append_head(buf, 0xce, value, 4);
    } else {
        append_head(buf, 0xcf, value, 8);
    }
}

static void append_negative(struct fx_buf *buf, int64_t value)
{
    if (value >= -32) {
        append_head(buf, (uint8_t)value, 0, 0);
    } else if (value >= INT8_MIN) {
        append_head(buf, 0xd0, (uint64_t)value & 0xff, 1);
    } else if (value >= INT16_MIN) {
        append_head(buf, 0xd1, (uint64_t)value & 0xffff, 2);
    } else if (value >= INT32_MIN) {
        append_head(buf, 0xd2, (uint64_t)value & UINT32_MAX, 4);
    } else {
        append_head(buf, 0xd3, (uint64_t)value, 8);
    }
}

static bool append_number(struct fx_buf *buf, fx_str text)
{
    uint64_t value = 0;
    int64_t negative = 0;
    if (fx_str_parse_u64(text, &value)) {
        append_unsigned(buf, value);
        return true;
    }
    if (fx_str_parse_i64(text, &negative)) {
        append_negative(buf, negative);
        return true;
    }
    return false;
}

/* ---- reading JSON ---------------------------------------------------------------------------- */

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/* Behind the string that begins at `at`; SIZE_MAX where it does not end. */
static size_t string_end(fx_str json, size_t at)
{
    for (size_t index = at + 1; index < json.size; index++) {
        if (json.data[index] == '\\') {
            index++;
        } else if (json.data[index] == '"') {
            return index + 1;
        }
    }
    return SIZE_MAX;
}

/* How many elements or members the array or object that begins at `at` has. */
static bool count_items(fx_str json, size_t at, uint32_t *count_out)
{
    uint32_t depth = 0, commas = 0;
    bool is_empty = true;
    for (size_t index = at; index < json.size; index++) {
        const char byte = json.data[index];
        if (byte == '"') {
            index = string_end(json, index) - 1;
            is_empty = is_empty && depth > 1;
        } else if (byte == '[' || byte == '{') {
            is_empty = is_empty && depth == 0;
            depth++;
            if (depth > FX_PUSH_MSGPACK_DEPTH_MAX) {
                return false;
            }
        } else if (byte == ']' || byte == '}') {
            depth--;
            if (depth == 0) {
                *count_out = is_empty ? 0 : commas + 1;
                return true;
            }
        } else if (byte == ',' && depth == 1) {
            commas++;
        } else if (!is_space(byte) && byte != ',' && byte != ':') {
            is_empty = false;
        }
        if (index >= SIZE_MAX - 1) {
            return false;
        }
    }
    return false;
}

/* The string at `at`, with quotes and escapes, as text. @return where it ends; SIZE_MAX. */
static size_t append_text(struct fx_buf *buf, fx_str json, size_t at)
{
    const size_t end = string_end(json, at);
    if (end == SIZE_MAX) {
        return SIZE_MAX;
    }
    struct fx_json_token token = {.kind = FX_JSON_STRING,
                                  .text = fx_str_slice(json, at + 1, end - at - 2)};
    token.is_escaped = fx_str_find(token.text, '\\', 0) != SIZE_MAX;
    if (!token.is_escaped) {
        fx_push_msgpack_append_str(buf, token.text);
        return end;
    }
    struct fx_buf text;
    fx_buf_init(&text, TEXT_SIZE_MAX);
    const bool fits = fx_json_unescape(&token, &text);
    if (fits) {
        fx_push_msgpack_append_str(buf, fx_buf_str(&text));
    }
    fx_buf_deinit(&text);
    return fits ? end : SIZE_MAX;
}

/* A word or a number. @return where it ends; SIZE_MAX. */
static size_t append_scalar(struct fx_buf *buf, fx_str json, size_t at)
{
    size_t end = at;
    while (end < json.size && strchr(",:]} \t\r\n", json.data[end]) == NULL) {
        end++;
    }
    const fx_str word = fx_str_slice(json, at, end - at);
    if (fx_str_is_equal(word, FX_STR("null"))) {
        append_head(buf, 0xc0, 0, 0);
    } else if (fx_str_is_equal(word, FX_STR("false"))) {
        append_head(buf, 0xc2, 0, 0);
    } else if (fx_str_is_equal(word, FX_STR("true"))) {
        append_head(buf, 0xc3, 0, 0);
    } else if (!append_number(buf, word)) {
        return SIZE_MAX;
    }
    return end;
}

/* One token from `at` on. @return where the next one begins; SIZE_MAX. */
static size_t append_token(struct fx_buf *buf, fx_str json, size_t at)
{
    uint32_t count = 0;
    switch (json.data[at]) {
    case '"':
        return append_text(buf, json, at);
    case '[':
        if (!count_items(json, at, &count)) {
            return SIZE_MAX;
        }
        fx_push_msgpack_append_array(buf, count);
        return at + 1;
    case '{':
        if (!count_items(json, at, &count)) {
            return SIZE_MAX;
        }
        fx_push_msgpack_append_map(buf, count);
        return at + 1;
    case ']':
    case '}':
    case ',':
    case ':':
    case ' ':
    case '\t':
    case '\r':
    case '\n':
        return at + 1;
    default:
        return append_scalar(buf, json, at);
    }
}

fx_status fx_push_msgpack_encode(struct fx_buf *buf, fx_str json)
{
    const size_t before = buf->size;
    size_t at = 0;
    if (json.size == 0) {
        return FX_BAD_JSON;
    }
    while (at < json.size) {
        at = append_token(buf, json, at);
    }
    if (at == SIZE_MAX || buf->is_overflow) {
        buf->size = before;
        const fx_status status = buf->is_overflow ? FX_BODY_TOO_LARGE : FX_BAD_JSON;
        buf->is_overflow = false;
        return status;
    }
    return FX_OK;
}

/* ---- reading MessagePack --------------------------------------------------------------------- */

/* The number of `size` bytes behind the first one. */
static bool number_at(fx_str bytes, uint32_t size, uint64_t *value_out)
{
    uint64_t value = 0;
    if (bytes.size < 1 + (size_t)size) {
        return false;
    }
    for (uint32_t index = 0; index < size; index++) {
        value = value << 8 | (uint8_t)bytes.data[1 + index];
    }
    *value_out = value;
    return true;
}

static void skip(fx_str *bytes, size_t size)
{
    bytes->data += size;
    bytes->size -= size;
}

bool fx_push_msgpack_take_str(fx_str *bytes, fx_str *text_out)
{
    const uint8_t kind = bytes->size == 0 ? 0 : (uint8_t)bytes->data[0];
    uint64_t size = kind & 0x1f;
    const uint32_t wide = kind == 0xd9 ? 1 : kind == 0xda ? 2 : kind == 0xdb ? 4 : 0;
    if ((kind & 0xe0) != 0xa0 && (wide == 0 || !number_at(*bytes, wide, &size))) {
        return false;
    }
    if (bytes->size - 1 - wide < size) {
        return false;
    }
    *text_out = fx_str_slice(*bytes, 1 + wide, (size_t)size);
    skip(bytes, 1 + wide + (size_t)size);
    return true;
}

/* The head of a list: `base` with up to 15 items in the byte, or `wide` and `wide` + 1. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): the short form, then the long one
static bool take_head(fx_str *bytes, uint8_t base, uint8_t wide, uint32_t *count_out)
{
    const uint8_t kind = bytes->size == 0 ? 0 : (uint8_t)bytes->data[0];
    uint64_t count = kind & 0x0f;
    const uint32_t size = kind == wide ? 2 : kind == wide + 1 ? 4 : 0;
    if ((kind & 0xf0) != base && (size == 0 || !number_at(*bytes, size, &count))) {
        return false;
    }
    if (count > bytes->size) {
        return false; /* each item has a byte at least */
    }
    skip(bytes, 1 + size);
    *count_out = (uint32_t)count;
    return true;
}

bool fx_push_msgpack_take_array(fx_str *bytes, uint32_t *count_out)
{
    return take_head(bytes, 0x90, 0xdc, count_out);
}

bool fx_push_msgpack_take_map(fx_str *bytes, uint32_t *count_out)
{
    return take_head(bytes, 0x80, 0xde, count_out);
}

/* As JSON.stringify does it: the shortest text that is the same number again. */
static void append_float(struct fx_buf *json, double value)
{
    char text[32];
    if (!isfinite(value)) {
        fx_buf_append(json, FX_STR("null"));
        return;
    }
    for (int digits = FLOAT_DIGITS_MIN; digits <= FLOAT_DIGITS_MAX; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value) {
            break;
        }
    }
    /* Whole numbers up to 2^53 have no exponent there. */
    if (value >= -WHOLE_MAX && value <= WHOLE_MAX && (double)(int64_t)value == value) {
        (void)snprintf(text, sizeof text, "%lld", (long long)value);
    }
    fx_buf_append(json, fx_str_of(text));
}

static fx_status take_float(fx_str *bytes, struct fx_buf *json)
{
    const bool is_wide = (uint8_t)bytes->data[0] == 0xcb;
    uint64_t bits = 0;
    double value = 0;
    if (!number_at(*bytes, is_wide ? 8 : 4, &bits)) {
        return FX_BAD_REQUEST;
    }
    if (is_wide) {
        memcpy(&value, &bits, sizeof value);
    } else {
        const uint32_t half = (uint32_t)bits;
        float narrow = 0;
        memcpy(&narrow, &half, sizeof narrow);
        value = (double)narrow;
    }
    append_float(json, value);
    skip(bytes, is_wide ? 9 : 5);
    return FX_OK;
}

/* fixext 8 of type 0: milliseconds, as toISOString() writes them. */
static fx_status take_date(fx_str *bytes, struct fx_buf *json)
{
    char text[FX_CLOCK_TEXT_SIZE + 1];
    uint64_t value = 0;
    const fx_str number = {bytes->data + 1, bytes->size - 1}; /* behind the type */
    if (bytes->size < 10 || bytes->data[1] != 0 || !number_at(number, 8, &value) ||
        value > DATE_MS_MAX) {
        return FX_BAD_REQUEST;
    }
    fx_clock_format((int64_t)value, text);
    fx_json_append_string(json, fx_str_of(text));
    skip(bytes, 10);
    return FX_OK;
}

static bool is_undefined(fx_str bytes)
{
    return bytes.size >= 3 && (uint8_t)bytes.data[0] == 0xd4 && bytes.data[1] == 0 &&
           bytes.data[2] == 0;
}

/* Numbers, booleans and nil. @return OK; BAD_REQUEST; NOT_IMPLEMENTED. */
static fx_status take_scalar(fx_str *bytes, struct fx_buf *json)
{
    static const uint64_t SIGNS[] = {1ULL << 7, 1ULL << 15, 1ULL << 31, 1ULL << 63};
    const uint8_t kind = (uint8_t)bytes->data[0];
    uint64_t value = 0;
    uint32_t size = 0;
    if (kind == 0xca || kind == 0xcb) {
        return take_float(bytes, json);
    }
    if (kind == 0xd7) {
        return take_date(bytes, json);
    }
    if (kind < 0x80) {
        fx_buf_append_u64(json, kind);
    } else if (kind >= 0xe0) {
        fx_buf_append_i64(json, (int8_t)kind);
    } else if (kind == 0xc0) {
        fx_buf_append(json, FX_STR("null"));
    } else if (kind == 0xc2 || kind == 0xc3) {
        fx_buf_append(json, kind == 0xc3 ? FX_STR("true") : FX_STR("false"));
    } else if (kind >= 0xcc && kind <= 0xcf) {
        size = 1U << (kind - 0xccU);
        if (!number_at(*bytes, size, &value)) {
            return FX_BAD_REQUEST;
        }
        fx_buf_append_u64(json, value);
    } else if (kind >= 0xd0 && kind <= 0xd3) {
        size = 1U << (kind - 0xd0U);
        if (!number_at(*bytes, size, &value)) {
            return FX_BAD_REQUEST;
        }
        const uint64_t sign = SIGNS[kind - 0xd0];
        fx_buf_append_i64(json, (int64_t)((value ^ sign) - sign));
    } else if (is_undefined(*bytes)) {
        size = 2;
        fx_buf_append(json, FX_STR("null"));
    } else {
        return kind >= 0xc4 && kind <= 0xc6 ? FX_NOT_IMPLEMENTED : FX_BAD_REQUEST;
    }
    skip(bytes, 1 + size);
    return FX_OK;
}

/* What is still to come of an open list; of a map its keys and values. */
struct level {
    uint32_t left;
    bool is_map;
};

/* One value, or the head of a list. */
static fx_status take_value(fx_str *bytes,
                            struct fx_buf *json,
                            struct level levels[FX_PUSH_MSGPACK_DEPTH_MAX],
                            uint32_t *depth)
{
    fx_str text = {0};
    uint32_t count = 0;
    if (bytes->size == 0) {
        return FX_BAD_REQUEST;
    }
    if (fx_push_msgpack_take_str(bytes, &text)) {
        fx_json_append_string(json, text);
        return FX_OK;
    }
    const bool is_array = fx_push_msgpack_take_array(bytes, &count);
    if (!is_array && !fx_push_msgpack_take_map(bytes, &count)) {
        return take_scalar(bytes, json);
    }
    if (*depth == FX_PUSH_MSGPACK_DEPTH_MAX || count > UINT32_MAX / 2) {
        return FX_BAD_REQUEST;
    }
    fx_buf_append_byte(json, is_array ? '[' : '{');
    levels[(*depth)++] = (struct level){is_array ? count : 2 * count, !is_array};
    return FX_OK;
}

static bool is_text(fx_str rest)
{
    const uint8_t next = rest.size == 0 ? 0 : (uint8_t)rest.data[0];
    return (next & 0xe0) == 0xa0 || (next >= 0xd9 && next <= 0xdb);
}

fx_status fx_push_msgpack_decode(fx_str *bytes, struct fx_buf *json_out)
{
    struct level levels[FX_PUSH_MSGPACK_DEPTH_MAX];
    const size_t before = json_out->size;
    size_t key_at = 0;
    fx_str rest = *bytes;
    uint32_t depth = 0;
    fx_status status = take_value(&rest, json_out, levels, &depth);
    while (status == FX_OK && depth > 0) {
        struct level *level = &levels[depth - 1];
        if (level->left == 0) {
            fx_buf_append_byte(json_out, level->is_map ? '}' : ']');
            depth--;
            continue;
        }
        const bool is_key = level->is_map && level->left % 2 == 0;
        const bool is_value = level->is_map && !is_key;
        level->left--;
        if (is_value && is_undefined(rest)) { /* a member that is none */
            json_out->size = key_at;
            skip(&rest, 3);
            continue;
        }
        key_at = is_key ? json_out->size : key_at;
        if (is_value) {
            fx_buf_append_byte(json_out, ':');
        } else {
            fx_json_append_comma(json_out);
        }
        status =
            is_key && !is_text(rest) ? FX_BAD_REQUEST : take_value(&rest, json_out, levels, &depth);
    }
    if (status == FX_OK && json_out->is_overflow) {
        status = FX_BODY_TOO_LARGE;
    }
    if (status != FX_OK) {
        json_out->size = before;
        json_out->is_overflow = false;
        return status;
    }
    *bytes = rest;
    return FX_OK;
}
