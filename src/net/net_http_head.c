#include <string.h>

#include "base/panic.h"
#include "net/net_http_int.h"

enum {
    FIRST_LINE_SIZE_MAX = FX_NET_HTTP_METHOD_SIZE_MAX + FX_NET_HTTP_TARGET_SIZE_MAX + 12,
    LINES_MAX = FX_NET_HTTP_HEADERS_MAX + 1
};

/* The classes of each byte, as bits: token 1, path 4, query 8, host name 16, hex 32.
 */
static const uint8_t CLASSES[256] = {
    0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  /* 00 */
    0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  /* 10 */
    0,  13, 0,  1,  13, 13, 13, 13, 12, 12, 13, 13, 12, 29, 29, 12, /* 20 */
    61, 61, 61, 61, 61, 61, 61, 61, 61, 61, 12, 12, 0,  12, 0,  8,  /* 30 */
    12, 61, 61, 61, 61, 61, 61, 29, 29, 29, 29, 29, 29, 29, 29, 29, /* 40 */
    29, 29, 29, 29, 29, 29, 29, 29, 29, 29, 29, 12, 8,  12, 9,  29, /* 50 */
    9,  61, 61, 61, 61, 61, 61, 29, 29, 29, 29, 29, 29, 29, 29, 29, /* 60 */
    29, 29, 29, 29, 29, 29, 29, 29, 29, 29, 29, 8,  9,  8,  13, 0,  /* 70 */
};

void fx_net_http_head_fail(struct fx_net_http *http, fx_status status)
{
    FX_ASSERT(status != FX_OK);
    http->state = FX_NET_HTTP_STATE_FAILED;
    http->status = status;
}

bool fx_net_http_head_is_value(fx_str text)
{
    uint8_t wrong = 0; /* no early end: a token's 600 bytes are looked at 16 and more at a time */
    for (size_t index = 0; index < text.size; index++) {
        const uint8_t byte = (uint8_t)text.data[index];
        wrong |= (uint8_t)((byte < 0x20) & (byte != '\t')) | (uint8_t)(byte == 0x7f);
    }
    return wrong == 0;
}

bool fx_net_http_head_is(fx_str text, uint8_t byte_class)
{
    for (size_t index = 0; index < text.size; index++) {
        if ((CLASSES[(uint8_t)text.data[index]] & byte_class) == 0) {
            return false;
        }
    }
    return true;
}

/* The limits depend on where lines end only, never on how the bytes were split (I2). */
static bool has_room(struct fx_net_http *http, size_t line_end)
{
    if (http->line_count == 0) {
        if (line_end - http->head_offset <= FIRST_LINE_SIZE_MAX) {
            return true;
        }
        fx_net_http_head_fail(http, FX_URI_TOO_LONG);
        return false;
    }
    if (line_end - http->head_offset - http->first_line_size <= FX_NET_HTTP_HEAD_SIZE_MAX) {
        return true;
    }
    fx_net_http_head_fail(http, FX_HEADERS_TOO_LARGE);
    return false;
}

enum line { LINE_MORE, LINE_LAST, LINE_FAILED };

/* A line ends at `line_end` (behind its LF), all offsets as they will be in http->head. */
static enum line end_line(struct fx_net_http *http, size_t line_end, bool is_crlf)
{
    if (!is_crlf) {
        fx_net_http_head_fail(http, FX_BAD_REQUEST);
        return LINE_FAILED;
    }
    const size_t size = line_end - http->line_offset;
    http->line_offset = (uint32_t)line_end;
    if (size > 2) {
        if (http->line_count == 0) {
            http->first_line_size = (uint32_t)size;
        }
        http->line_count++;
        if (http->line_count > LINES_MAX) {
            fx_net_http_head_fail(http, FX_HEADERS_TOO_LARGE);
            return LINE_FAILED;
        }
        return LINE_MORE;
    }
    if (http->line_count > 0) {
        return LINE_LAST;
    }
    if (http->head_offset == 0) { /* one empty line before the request: RFC 9112, section 2.2 */
        http->head_offset = 2;
        return LINE_MORE;
    }
    fx_net_http_head_fail(http, FX_BAD_REQUEST);
    return LINE_FAILED;
}

/* Is the last byte collected so far a CR? */
static bool is_after_cr(const struct fx_net_http *http)
{
    return http->head.size > 0 && http->head.data[http->head.size - 1] == '\r';
}

size_t fx_net_http_head_collect(struct fx_net_http *http, fx_str bytes, bool *is_complete_out)
{
    const size_t before = http->head.size;
    enum line line = LINE_MORE;
    size_t taken = 0;
    while (line == LINE_MORE && taken < bytes.size) {
        const char *end = memchr(bytes.data + taken, '\n', bytes.size - taken);
        const size_t next = end == NULL ? bytes.size : (size_t)(end - bytes.data) + 1;
        if (!has_room(http, before + next)) {
            return bytes.size;
        }
        taken = next;
        if (end == NULL) {
            break;
        }
        line =
            end_line(http, before + next, end > bytes.data ? end[-1] == '\r' : is_after_cr(http));
    }
    if (line == LINE_FAILED) {
        return bytes.size;
    }
    fx_buf_append(&http->head, (fx_str){bytes.data, taken});
    if (http->head.is_overflow) {
        fx_net_http_head_fail(http, FX_NO_MEMORY);
        return bytes.size;
    }
    *is_complete_out = line == LINE_LAST;
    return taken;
}

fx_str fx_net_http_head_first_line(const struct fx_net_http *http)
{
    FX_ASSERT(http->first_line_size > 2);
    return (fx_str){http->head.data + http->head_offset, http->first_line_size - 2};
}

static bool is_name(fx_str name, const char *lower_case)
{
    return fx_str_is_equal_nocase(name, (fx_str){lower_case, name.size});
}

static void note_connection(struct fx_net_http_fields *fields, fx_str value)
{
    fields->is_close = fields->is_close || fx_net_http_has_token(value, FX_STR("close"));
    fields->is_keep_alive =
        fields->is_keep_alive || fx_net_http_has_token(value, FX_STR("keep-alive"));
    fields->is_upgrade = fields->is_upgrade || fx_net_http_has_token(value, FX_STR("upgrade"));
}

/* Only the sizes of names that matter are compared further. */
static void note_field(struct fx_net_http_fields *fields, const struct fx_net_http_header *header)
{
    switch (header->name.size) {
    case 4:
        if (is_name(header->name, "host")) {
            fields->host = header->value;
            fields->host_count++;
        }
        break;
    case 6:
        if (is_name(header->name, "expect")) {
            fields->expect = header->value;
            fields->expect_count++;
        }
        break;
    case 7:
        if (is_name(header->name, "upgrade")) {
            fields->is_websocket =
                fields->is_websocket || fx_net_http_has_token(header->value, FX_STR("websocket"));
        }
        break;
    case 10:
        if (is_name(header->name, "connection")) {
            note_connection(fields, header->value);
        }
        break;
    case 14:
        if (is_name(header->name, "content-length")) {
            fields->content_length = header->value;
            fields->length_count++;
        }
        break;
    case 17:
        if (is_name(header->name, "transfer-encoding")) {
            fields->transfer_encoding = header->value;
            fields->transfer_count++;
        }
        break;
    default:
        break;
    }
}

static fx_str trim_blanks(fx_str text)
{
    while (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t')) {
        text.size--;
    }
    return text;
}

/* A name that begins with a blank (obs-fold) or ends with one is not a token. */
static bool parse_line(fx_str line, struct fx_net_http_header *header)
{
    size_t colon = 0;
    while (colon < line.size &&
           (CLASSES[(uint8_t)line.data[colon]] & FX_NET_HTTP_CLASS_TOKEN) != 0) {
        colon++;
    }
    if (colon == 0 || colon == line.size || line.data[colon] != ':') {
        return false;
    }
    const fx_str value = {line.data + colon + 1, line.size - colon - 1};
    if (!fx_net_http_head_is_value(value)) {
        return false;
    }
    header->name = (fx_str){line.data, colon};
    header->value = trim_blanks(value);
    return true;
}

fx_status fx_net_http_head_fields(const struct fx_net_http *http,
                                  struct fx_net_http_header *headers,
                                  uint32_t *count_out,
                                  struct fx_net_http_fields *fields_out)
{
    struct fx_net_http_fields fields = {0};
    const size_t end = http->head.size - 2; /* without the empty line */
    size_t offset = http->head_offset + http->first_line_size;
    uint32_t count = 0;
    while (offset < end) {
        const char *line = http->head.data + offset;
        const char *line_end = memchr(line, '\n', end - offset);
        FX_ASSERT(line_end != NULL && line_end > line && line_end[-1] == '\r'); /* by collect */
        FX_ASSERT(count < FX_NET_HTTP_HEADERS_MAX);
        const fx_str text = {line, (size_t)(line_end - line) - 1};
        if (!parse_line(text, &headers[count])) {
            return FX_BAD_REQUEST;
        }
        note_field(&fields, &headers[count]);
        count++;
        offset += text.size + 2;
    }
    *count_out = count;
    *fields_out = fields;
    return FX_OK;
}
