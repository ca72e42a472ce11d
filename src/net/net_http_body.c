#include "base/panic.h"
#include "net/net_http_int.h"

enum { CHUNK_DIGITS_MAX = 8, LENGTH_DIGITS_MAX = 19 };

static const uint64_t CHUNK_SIZE_MAX = UINT64_C(1) << 31;

/* The owner may know a limit for this very request. */
static void ask_limit(struct fx_net_http *http)
{
    if (http->on_head != NULL) {
        http->body_size_max = http->on_head(http->head_self, &http->request);
        http->body.size_max = http->body_size_max;
    }
}

static fx_status begin_length(struct fx_net_http *http, fx_str text)
{
    uint64_t size = 0;
    if (text.size == 0) {
        return FX_BAD_REQUEST;
    }
    for (size_t index = 0; index < text.size; index++) {
        if (text.data[index] < '0' || text.data[index] > '9') {
            return FX_BAD_REQUEST; /* sign, space, list, hex */
        }
    }
    if (text.size > 1 && text.data[0] == '0') {
        return FX_BAD_REQUEST; /* some programs would read octal */
    }
    if (text.size > LENGTH_DIGITS_MAX || !fx_str_parse_u64(text, &size)) {
        return FX_BODY_TOO_LARGE;
    }
    if (size > 0) {
        ask_limit(http);
    }
    if (size > http->body_size_max) {
        return FX_BODY_TOO_LARGE;
    }
    http->phase = FX_NET_HTTP_PHASE_LENGTH;
    http->body_left = size;
    http->state = size == 0 ? FX_NET_HTTP_STATE_DONE : FX_NET_HTTP_STATE_BODY;
    return FX_OK;
}

fx_status fx_net_http_body_begin(struct fx_net_http *http, const struct fx_net_http_fields *fields)
{
    if (fields->length_count > 1 || fields->transfer_count > 1 ||
        (fields->length_count > 0 && fields->transfer_count > 0)) {
        return FX_BAD_REQUEST; /* I1: two readings of one length are an attack */
    }
    if (fields->transfer_count > 0) {
        if (!fx_str_is_equal_nocase(fields->transfer_encoding, FX_STR("chunked"))) {
            return FX_NOT_IMPLEMENTED;
        }
        ask_limit(http);
        http->phase = FX_NET_HTTP_PHASE_CHUNK_SIZE;
        http->state = FX_NET_HTTP_STATE_BODY;
        return FX_OK;
    }
    if (fields->length_count > 0) {
        return begin_length(http, fields->content_length);
    }
    http->state = FX_NET_HTTP_STATE_DONE;
    return FX_OK;
}

static int hex_of(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

static size_t token_end(fx_str text, size_t from)
{
    size_t end = from;
    while (end < text.size &&
           fx_net_http_head_is(fx_str_slice(text, end, 1), FX_NET_HTTP_CLASS_TOKEN)) {
        end++;
    }
    return end;
}

/* Nothing, or ";name" and ";name=token" in a row. Quoted values are refused: nobody sends them, and
 * a quote is where parsers disagree about the line's end (I1). */
static bool is_extension(fx_str text)
{
    size_t at = 0;
    while (at < text.size) {
        if (text.data[at] != ';') {
            return false;
        }
        size_t end = token_end(text, at + 1);
        if (end == at + 1) {
            return false;
        }
        if (end < text.size && text.data[end] == '=') {
            const size_t value = end + 1;
            end = token_end(text, value);
            if (end == value) {
                return false;
            }
        }
        at = end;
    }
    return true;
}

/* `line` is a whole chunk-size line without CRLF: hex digits, then nothing or ";extension". */
static fx_status begin_chunk(struct fx_net_http *http, fx_str line)
{
    uint64_t size = 0;
    size_t digits = 0;
    while (digits < line.size && hex_of(line.data[digits]) >= 0) {
        size = digits < CHUNK_DIGITS_MAX ? size * 16 + (uint64_t)hex_of(line.data[digits]) : size;
        digits++;
    }
    const fx_str extension = fx_str_slice(line, digits, line.size - digits);
    if (digits == 0 || digits > CHUNK_DIGITS_MAX || size > CHUNK_SIZE_MAX ||
        extension.size > FX_NET_HTTP_EXTENSION_SIZE_MAX) {
        return FX_BAD_REQUEST;
    }
    if (!is_extension(extension)) {
        return FX_BAD_REQUEST;
    }
    if (size > http->body_size_max - http->body.size) {
        return FX_BODY_TOO_LARGE;
    }
    http->body_left = size;
    http->phase = size == 0 ? FX_NET_HTTP_PHASE_END_CR : FX_NET_HTTP_PHASE_CHUNK_DATA;
    return FX_OK;
}

static void feed_size_line(struct fx_net_http *http, char byte)
{
    if (http->line_size == sizeof http->line) {
        fx_net_http_head_fail(http, FX_BAD_REQUEST);
        return;
    }
    http->line[http->line_size] = byte;
    http->line_size++;
    if (byte != '\n') {
        return;
    }
    fx_status status = FX_BAD_REQUEST;
    if (http->line_size >= 2 && http->line[http->line_size - 2] == '\r') {
        status = begin_chunk(http, (fx_str){http->line, (size_t)http->line_size - 2});
    }
    http->line_size = 0;
    if (status != FX_OK) {
        fx_net_http_head_fail(http, status);
    }
}

/* CR and LF behind a chunk, or, behind the last one, the empty line that ends the body. Trailer
 * fields are refused: a Transfer-Encoding or Content-Length among them is read by some parsers and
 * passed over by others (I1), and no client of ours has a use for them. */
static void feed_end(struct fx_net_http *http, char byte)
{
    const bool is_cr =
        http->phase == FX_NET_HTTP_PHASE_CHUNK_CR || http->phase == FX_NET_HTTP_PHASE_END_CR;
    if (byte != (is_cr ? '\r' : '\n')) {
        fx_net_http_head_fail(http, FX_BAD_REQUEST);
        return;
    }
    switch (http->phase) {
    case FX_NET_HTTP_PHASE_CHUNK_CR:
        http->phase = FX_NET_HTTP_PHASE_CHUNK_LF;
        return;
    case FX_NET_HTTP_PHASE_CHUNK_LF:
        http->phase = FX_NET_HTTP_PHASE_CHUNK_SIZE;
        return;
    case FX_NET_HTTP_PHASE_END_CR:
        http->phase = FX_NET_HTTP_PHASE_END_LF;
        return;
    default:
        FX_ASSERT(http->phase == FX_NET_HTTP_PHASE_END_LF);
        http->state = FX_NET_HTTP_STATE_DONE;
        return;
    }
}

static size_t feed_data(struct fx_net_http *http, fx_str bytes)
{
    const bool is_to_end = http->phase == FX_NET_HTTP_PHASE_TO_END;
    if (is_to_end && bytes.size > http->body_size_max - http->body.size) {
        fx_net_http_head_fail(http, FX_BODY_TOO_LARGE);
        return bytes.size;
    }
    const size_t size =
        is_to_end || bytes.size < http->body_left ? bytes.size : (size_t)http->body_left;
    fx_buf_append(&http->body, (fx_str){bytes.data, size});
    if (http->body.is_overflow) {
        fx_net_http_head_fail(http, FX_NO_MEMORY);
        return size;
    }
    if (is_to_end) {
        return size;
    }
    http->body_left -= size;
    if (http->body_left == 0 && http->phase == FX_NET_HTTP_PHASE_LENGTH) {
        http->state = FX_NET_HTTP_STATE_DONE;
    } else if (http->body_left == 0) {
        http->phase = FX_NET_HTTP_PHASE_CHUNK_CR;
    }
    return size;
}

size_t fx_net_http_body_feed(struct fx_net_http *http, fx_str bytes)
{
    size_t taken = 0;
    while (taken < bytes.size && http->state == FX_NET_HTTP_STATE_BODY) {
        if (http->phase == FX_NET_HTTP_PHASE_LENGTH ||
            http->phase == FX_NET_HTTP_PHASE_CHUNK_DATA ||
            http->phase == FX_NET_HTTP_PHASE_TO_END) {
            taken += feed_data(http, (fx_str){bytes.data + taken, bytes.size - taken});
        } else if (http->phase == FX_NET_HTTP_PHASE_CHUNK_SIZE) {
            feed_size_line(http, bytes.data[taken]);
            taken++;
        } else {
            feed_end(http, bytes.data[taken]);
            taken++;
        }
    }
    return taken;
}
