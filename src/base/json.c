/* The reader is one loop without recursion: read_value() reads a scalar or opens a container,
 * close_values() takes what may follow a value (a comma, the next key, closing brackets). A stack
 * of at most FX_JSON_DEPTH_MAX frames says which container is open. Functions that advance take and
 * give the place in the text; NULL means that the text is not acceptable, and then
 * reader->error_at says where.
 *
 * Invariants.
 * J1: string content in a token was checked: well-formed UTF-8, complete escapes, no NUL, no lone
 *     surrogate. So unescaping cannot fail.
 * J2: tokens[i].next > i, and the tokens of a value are tokens[i] .. tokens[next - 1].
 * J3: what the writer appends as a string, the reader accepts (up to the size limit). */
#include "base/json.h"

#include <stddef.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/digits.h"
#include "base/json_plain.h"
#include "base/panic.h"

struct frame {
    struct fx_json_token *token;
    uint64_t keys_seen[8]; /* a bit per hash of a key: 0 means that no such key was there */
    bool has_escaped_key;
};

struct reader {
    struct fx_json *json;
    const char *end;
    const char *error_at;
    uint32_t depth;
    struct frame frames[FX_JSON_DEPTH_MAX];
};

static const char *fail(struct reader *reader, const char *at)
{
    reader->error_at = at;
    return NULL;
}

#if defined(__SSE2__)

/* Sixteen bytes hold most strings of a message whole, so the loop below mostly ends at once and is
 * predicted well. A bit is set for a quote, a backslash, a control character or a byte above 0x7F:
 * as signed numbers, the last two are those below 0x20. */
enum { STRIDE = 16 };

static unsigned special_in(const char *at)
{
    const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
    const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    const __m128i other = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, backslash), other));
}

static int first_of(unsigned special)
{
    return __builtin_ctz(special);
}

#else

enum { STRIDE = 8 };

static uint64_t special_in(const char *at)
{
    return fx_json_plain_special(fx_json_plain_load(at, STRIDE));
}

static int first_of(uint64_t special)
{
    return __builtin_ctzll(special) / 8;
}

#endif

/* The first byte at or after `at` that a string cannot hold just as it is; `end` if none. */
static const char *plain_end(const char *at, const char *end)
{
    for (; end - at >= STRIDE; at += STRIDE) {
        if (special_in(at) != 0) {
            return at + first_of(special_in(at));
        }
    }
    while (at < end && (unsigned char)*at >= 0x20 && (unsigned char)*at < 0x80 && *at != '"' &&
           *at != '\\') {
        at++;
    }
    return at;
}

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

/* The size of the well-formed UTF-8 sequence (2 to 4 bytes) at `at`; 0 where there is none.
 * Source: Unicode 15, table 3-7. */
static size_t utf8_size(const char *at, const char *end)
{
    const unsigned first = (unsigned char)at[0];
    const size_t size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (first < 0xC2 || first > 0xF4 || (size_t)(end - at) < size) {
        return 0;
    }
    const unsigned second = (unsigned char)at[1];
    if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
        (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) {
        return 0;
    }
    for (size_t index = 1; index < size; index++) {
        if (!is_continuation(at[index])) {
            return 0;
        }
    }
    return size;
}

static int hex_of(char byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    const int letter = byte | 0x20;
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* The four digits of a \u escape; -1 where they are not four hexadecimal digits. */
static int32_t hex4_of(const char *at, const char *end)
{
    if (end - at < 4) {
        return -1;
    }
    int32_t code = 0;
    for (int index = 0; index < 4; index++) {
        const int digit = hex_of(at[index]);
        if (digit < 0) {
            return -1;
        }
        code = code << 4 | digit;
    }
    return code;
}

static bool is_high_surrogate(int32_t code)
{
    return code >= 0xD800 && code <= 0xDBFF;
}

static bool is_low_surrogate(int32_t code)
{
    return code >= 0xDC00 && code <= 0xDFFF;
}

/* The code point of the escape whose backslash is at `at`, and its size; -1 where it is not one. */
static int32_t escape_of(const char *at, const char *end, size_t *size_out)
{
    static const char NAMES[] = "\"\\/bfnrt";
    static const char VALUES[] = "\"\\/\b\f\n\r\t";
    if (end - at < 2) {
        return -1;
    }
    if (at[1] != 'u') {
        const char *name = memchr(NAMES, at[1], sizeof NAMES - 1);
        *size_out = 2;
        return name != NULL ? VALUES[name - NAMES] : -1;
    }
    const int32_t code = hex4_of(at + 2, end);
    *size_out = 6;
    if (!is_high_surrogate(code)) {
        return code == 0 || is_low_surrogate(code) ? -1 : code;
    }
    if (end - at < 12 || at[6] != '\\' || at[7] != 'u') {
        return -1;
    }
    const int32_t low = hex4_of(at + 8, end);
    *size_out = 12;
    return is_low_surrogate(low) ? 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00) : -1;
}

static size_t utf8_encode(int32_t code, char bytes_out[4])
{
    FX_ASSERT(code > 0 && code <= 0x10FFFF);
    const uint32_t value = (uint32_t)code;
    if (value < 0x80) {
        bytes_out[0] = (char)value;
        return 1;
    }
    const size_t size = value < 0x800 ? 2 : value < 0x10000 ? 3 : 4;
    const uint32_t lead = size == 2 ? 0xC0 : size == 3 ? 0xE0 : 0xF0;
    uint32_t rest = value;
    for (size_t index = size - 1; index > 0; index--) {
        bytes_out[index] = (char)(0x80 | (rest & 0x3F));
        rest >>= 6;
    }
    bytes_out[0] = (char)(lead | rest);
    return size;
}

static const char *skip_blank(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) {
        at++;
    }
    return at;
}

static struct fx_json_token *append_token(struct reader *reader,
                                          enum fx_json_kind kind,
                                          const char *text)
{
    struct fx_json *json = reader->json;
    if (json->count == FX_JSON_TOKENS_MAX) {
        return NULL;
    }
    struct fx_json_token *token = &json->tokens[json->count++];
    *token = (struct fx_json_token){.text = {text, 0}, .kind = kind, .next = json->count};
    return token;
}

/* The rest of a string from its first escape or UTF-8 sequence on; gives its closing quote. */
static __attribute__((noinline)) const char *skip_specials(struct reader *reader,
                                                           const char *at,
                                                           struct fx_json_token *token)
{
    while (at < reader->end && *at != '"') {
        size_t size = 0;
        if (*at == '\\') {
            token->is_escaped = true;
            size = escape_of(at, reader->end, &size) >= 0 ? size : 0;
        } else {
            size = utf8_size(at, reader->end);
        }
        if (size == 0) {
            return fail(reader, at);
        }
        at = plain_end(at + size, reader->end);
    }
    return at;
}

/* A string whose opening quote is at `at`. */
static const char *read_string(struct reader *reader, const char *at)
{
    const char *start = at + 1;
    struct fx_json_token *token = append_token(reader, FX_JSON_STRING, start);
    if (token == NULL) {
        return fail(reader, at);
    }
    const char *stop = plain_end(start, reader->end);
    if (stop < reader->end && *stop != '"') {
        stop = skip_specials(reader, stop, token);
        if (stop == NULL) {
            return NULL;
        }
    }
    if (stop == reader->end || stop - start > FX_JSON_STRING_SIZE_MAX) {
        return fail(reader, stop);
    }
    token->text.size = (size_t)(stop - start);
    return stop + 1;
}

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9') {
        at++;
    }
    return at;
}

static const char *read_number(struct reader *reader, const char *at)
{
    const char *end = reader->end;
    const char *digits = *at == '-' ? at + 1 : at;
    const char *stop = skip_digits(digits, end);
    if (stop == digits || (*digits == '0' && stop - digits > 1)) {
        return fail(reader, digits);
    }
    if (stop < end && *stop == '.') {
        digits = stop + 1;
        stop = skip_digits(digits, end);
        if (stop == digits) {
            return fail(reader, stop);
        }
    }
    if (stop < end && (*stop | 0x20) == 'e') {
        digits = stop + 1;
        if (digits < end && (*digits == '+' || *digits == '-')) {
            digits++;
        }
        stop = skip_digits(digits, end);
        if (stop == digits) {
            return fail(reader, stop);
        }
    }
    struct fx_json_token *token =
        stop - at <= FX_JSON_NUMBER_SIZE_MAX ? append_token(reader, FX_JSON_NUMBER, at) : NULL;
    if (token == NULL) {
        return fail(reader, at);
    }
    token->text.size = (size_t)(stop - at);
    return stop;
}

static const char *read_word(struct reader *reader,
                             const char *at,
                             fx_str word,
                             enum fx_json_kind kind)
{
    if ((size_t)(reader->end - at) < word.size || memcmp(at, word.data, word.size) != 0) {
        return fail(reader, at);
    }
    struct fx_json_token *token = append_token(reader, kind, at);
    if (token == NULL) {
        return fail(reader, at);
    }
    token->text.size = word.size;
    return at + word.size;
}

/* True where the string token's unescaped content is `text`. */
static bool has_content(const struct fx_json_token *string, fx_str text)
{
    if (!string->is_escaped) {
        return fx_str_is_equal(string->text, text);
    }
    const char *end = string->text.data + string->text.size;
    size_t seen = 0;
    for (const char *at = string->text.data; at < end;) {
        char bytes[4] = {*at};
        size_t size = 1, escape_size = 1;
        if (*at == '\\') {
            size = utf8_encode(escape_of(at, end, &escape_size), bytes); /* J1 */
        }
        if (text.size - seen < size || memcmp(text.data + seen, bytes, size) != 0) {
            return false;
        }
        at += escape_size;
        seen += size;
    }
    return seen == text.size;
}

/* The same for two tokens, where at least one is escaped: unescape one side into memory. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): symmetric
static bool is_same_key(const struct fx_json_token *left, const struct fx_json_token *right)
{
    if (!left->is_escaped) {
        return has_content(right, left->text);
    }
    char content[FX_JSON_STRING_SIZE_MAX];
    size_t size = 0;
    const char *end = left->text.data + left->text.size;
    for (const char *at = left->text.data; at < end;) {
        size_t escape_size = 1;
        if (*at == '\\') {
            size += utf8_encode(escape_of(at, end, &escape_size), content + size);
        } else {
            content[size++] = *at;
        }
        at += escape_size;
    }
    return has_content(right, (fx_str){content, size});
}

/* A number below 512 of the key's size and its first and last bytes. It only saves comparisons. */
static unsigned key_hash(fx_str key, const char *end)
{
    uint64_t head = 0;
    if (key.size >= sizeof head) {
        memcpy(&head, key.data, sizeof head);
        head ^= (uint64_t)(unsigned char)key.data[key.size - 1] << 56;
    } else if (end - key.data >= (ptrdiff_t)sizeof head) {
        memcpy(&head, key.data, sizeof head);
        head &= ((uint64_t)1 << 8 * key.size) - 1;
    } else if (key.size > 0) {
        memcpy(&head, key.data, key.size);
    }
    return (unsigned)((head + key.size) * 0x9E3779B97F4A7C15U >> 55);
}

/* True where the newest token, a key, is among the keys of `object` before it. O(members). */
static __attribute__((noinline)) bool is_among_keys(const struct fx_json *json,
                                                    const struct fx_json_token *object)
{
    const struct fx_json_token *key = &json->tokens[json->count - 1];
    for (const struct fx_json_token *other = object + 1; other != key;) {
        const bool may_differ_in_size = other->is_escaped || key->is_escaped;
        if ((may_differ_in_size || other->text.size == key->text.size) && is_same_key(other, key)) {
            return true;
        }
        other = &json->tokens[other[1].next];
    }
    return false;
}

/* The same, but mostly the hash alone tells that the key is new. */
static bool is_duplicate(const struct reader *reader, struct frame *frame)
{
    const struct fx_json_token *key = &reader->json->tokens[reader->json->count - 1];
    const unsigned hash = key_hash(key->text, reader->end);
    uint64_t *word = &frame->keys_seen[hash / 64];
    const uint64_t bit = (uint64_t)1 << hash % 64;
    const bool is_seen = (*word & bit) != 0;
    *word |= bit;
    frame->has_escaped_key = frame->has_escaped_key || key->is_escaped;
    return (is_seen || frame->has_escaped_key) && is_among_keys(reader->json, frame->token);
}

/* A key and its colon, up to the value. `at` is at the key's quote, or the text is wrong. */
static const char *read_key(struct reader *reader, struct frame *frame, const char *at)
{
    if (at == reader->end || *at != '"' || frame->token->count == FX_JSON_MEMBERS_MAX) {
        return fail(reader, at);
    }
    const char *stop = read_string(reader, at);
    if (stop == NULL) {
        return NULL;
    }
    if (is_duplicate(reader, frame)) {
        return fail(reader, at);
    }
    stop = skip_blank(stop, reader->end);
    if (stop == reader->end || *stop != ':') {
        return fail(reader, stop);
    }
    return stop + 1;
}

static void close_container(struct reader *reader, const char *stop)
{
    struct fx_json_token *token = reader->frames[--reader->depth].token;
    token->text.size = (size_t)(stop - token->text.data);
    token->next = reader->json->count;
}

/* An opening bracket at `at`. Gives the place of the first element or, where the container is
 * empty, behind it; *is_open_out says which. */
static const char *open_container(struct reader *reader,
                                  const char *at,
                                  enum fx_json_kind kind,
                                  bool *is_open_out)
{
    const char close = kind == FX_JSON_OBJECT ? '}' : ']';
    if (reader->depth == FX_JSON_DEPTH_MAX) {
        return fail(reader, at);
    }
    struct fx_json_token *token = append_token(reader, kind, at);
    if (token == NULL) {
        return fail(reader, at);
    }
    struct frame *frame = &reader->frames[reader->depth++];
    *frame = (struct frame){.token = token};
    const char *next = skip_blank(at + 1, reader->end);
    if (next < reader->end && *next == close) {
        close_container(reader, next + 1);
        *is_open_out = false;
        return next + 1;
    }
    *is_open_out = true;
    return kind == FX_JSON_OBJECT ? read_key(reader, frame, next) : next;
}

/* One value, or the opening of one: then *is_open_out is true and a value must follow. */
static const char *read_value(struct reader *reader, const char *at, bool *is_open_out)
{
    *is_open_out = false;
    if (at == reader->end) {
        return fail(reader, at);
    }
    switch (*at) {
    case '"':
        return read_string(reader, at);
    case '{':
        return open_container(reader, at, FX_JSON_OBJECT, is_open_out);
    case '[':
        return open_container(reader, at, FX_JSON_ARRAY, is_open_out);
    case 'n':
        return read_word(reader, at, FX_STR("null"), FX_JSON_NULL);
    case 't':
        return read_word(reader, at, FX_STR("true"), FX_JSON_TRUE);
    case 'f':
        return read_word(reader, at, FX_STR("false"), FX_JSON_FALSE);
    default:
        return read_number(reader, at);
    }
}

/* What follows a value: closing brackets, then a comma (and a key), behind which a value must
 * follow. Where the root was closed, depth is 0. */
static const char *close_values(struct reader *reader, const char *at)
{
    while (reader->depth > 0) {
        struct frame *frame = &reader->frames[reader->depth - 1];
        const bool is_object = frame->token->kind == FX_JSON_OBJECT;
        frame->token->count++;
        at = skip_blank(at, reader->end);
        if (at == reader->end) {
            return fail(reader, at);
        }
        if (*at == ',') {
            at = skip_blank(at + 1, reader->end);
            return is_object ? read_key(reader, frame, at) : at;
        }
        if (*at != (is_object ? '}' : ']')) {
            return fail(reader, at);
        }
        at++;
        close_container(reader, at);
    }
    return at;
}

static const char *read_document(struct reader *reader, const char *at)
{
    bool is_open = false;
    do {
        at = read_value(reader, skip_blank(at, reader->end), &is_open);
        if (at != NULL && !is_open) {
            at = close_values(reader, at);
        }
    } while (at != NULL && reader->depth > 0);
    if (at == NULL) {
        return NULL;
    }
    at = skip_blank(at, reader->end);
    return at == reader->end ? at : fail(reader, at);
}

fx_status fx_json_parse(struct fx_json *json, fx_str text)
{
    /* The frames are written when they are opened; clearing them here would cost more than reading
     * a small message. */
    struct reader reader;
    reader.json = json;
    reader.depth = 0;
    json->count = 0;
    json->error_offset = 0;
    if (text.size == 0 || text.size > UINT32_MAX) {
        return FX_BAD_JSON;
    }
    reader.end = text.data + text.size;
    reader.error_at = text.data;
    if (read_document(&reader, text.data) == NULL) {
        json->count = 0;
        json->error_offset = (uint32_t)(reader.error_at - text.data);
        return FX_BAD_JSON;
    }
    return FX_OK;
}

const struct fx_json_token *fx_json_member(const struct fx_json *json,
                                           const struct fx_json_token *object,
                                           fx_str key)
{
    FX_ASSERT(object >= json->tokens && object < json->tokens + json->count);
    if (object->kind != FX_JSON_OBJECT) {
        return NULL;
    }
    const struct fx_json_token *token = object + 1;
    for (uint32_t index = 0; index < object->count; index++) {
        if (has_content(token, key)) {
            return token + 1;
        }
        token = &json->tokens[token[1].next];
    }
    return NULL;
}

const struct fx_json_token *fx_json_element(const struct fx_json *json,
                                            const struct fx_json_token *array,
                                            uint32_t index)
{
    FX_ASSERT(array >= json->tokens && array < json->tokens + json->count);
    if (array->kind != FX_JSON_ARRAY || index >= array->count) {
        return NULL;
    }
    const struct fx_json_token *token = array + 1;
    for (uint32_t skipped = 0; skipped < index; skipped++) {
        token = &json->tokens[token->next];
    }
    return token;
}

bool fx_json_unescape(const struct fx_json_token *string, struct fx_buf *target)
{
    FX_ASSERT(string->kind == FX_JSON_STRING);
    const char *end = string->text.data + string->text.size;
    const char *at = string->text.data;
    while (at < end) {
        const char *escape = string->is_escaped ? memchr(at, '\\', (size_t)(end - at)) : NULL;
        const char *stop = escape != NULL ? escape : end;
        fx_buf_append(target, (fx_str){at, (size_t)(stop - at)});
        at = stop;
        if (escape != NULL) {
            char bytes[4];
            size_t escape_size = 0;
            const size_t size = utf8_encode(escape_of(at, end, &escape_size), bytes); /* J1 */
            fx_buf_append(target, (fx_str){bytes, size});
            at += escape_size;
        }
    }
    return !target->is_overflow;
}

/* The byte at `at`, which a string cannot hold as it is. Gives the place behind what it wrote. */
static const char *append_special(struct fx_buf *buf, const char *at, const char *end)
{
    static const char HEX[] = "0123456789abcdef";
    static const char NAMES[] = "\"\\\b\f\n\r\t";
    static const char LETTERS[] = "\"\\bfnrt";
    const unsigned byte = (unsigned char)*at;
    const char *name = memchr(NAMES, *at, sizeof NAMES - 1);
    if (name != NULL) {
        fx_buf_append(buf, (fx_str){(const char[]){'\\', LETTERS[name - NAMES]}, 2});
        return at + 1;
    }
    if (byte > 0 && byte < 0x20) {
        const char escape[] = {'\\', 'u', '0', '0', HEX[byte >> 4], HEX[byte & 0xF]};
        fx_buf_append(buf, (fx_str){escape, sizeof escape});
        return at + 1;
    }
    const size_t size = byte != 0 ? utf8_size(at, end) : 0;
    if (size == 0) {
        fx_buf_append(buf, FX_STR("\xEF\xBF\xBD"));
        return at + 1;
    }
    fx_buf_append(buf, (fx_str){at, size});
    return at + size;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* Text that is known to need no escapes, in quotes. */
static void append_plain(struct fx_buf *buf, fx_str text)
{
    char *place = fx_buf_reserve(buf, text.size + 2);
    if (place != NULL) {
        *place = '"';
        *fx_json_plain_copy(place + 1, text) = '"';
        fx_buf_add(buf, text.size + 2);
    }
}

static void append_special_string(struct fx_buf *buf, fx_str text)
{
    const char *end = text.data + text.size;
    const char *stop = plain_end(text.data, end);
    fx_buf_append_byte(buf, '"');
    for (const char *at = text.data; at < end; stop = plain_end(at, end)) {
        fx_buf_append(buf, (fx_str){at, (size_t)(stop - at)});
        at = stop < end ? append_special(buf, stop, end) : stop;
    }
    fx_buf_append_byte(buf, '"');
}

void fx_json_append_string(struct fx_buf *buf, fx_str text)
{
    if (fx_json_plain_is(text)) {
        append_plain(buf, text);
    } else {
        append_special_string(buf, text);
    }
}

static bool wants_comma(const struct fx_buf *buf)
{
    if (buf->size == 0) {
        return false;
    }
    const char last = buf->data[buf->size - 1];
    return last != '{' && last != '[' && last != ':';
}

void fx_json_append_comma(struct fx_buf *buf)
{
    if (wants_comma(buf)) {
        fx_buf_append_byte(buf, ',');
    }
}

/* Room for a member whose value has `size` bytes, with its key written; *done_out: so many bytes
 * before the value. @return where the value goes; NULL: no room. */
static char *begin_member(struct fx_buf *buf, fx_str key, size_t size, size_t *done_out)
{
    if (!fx_json_plain_is(key)) {
        fx_json_append_comma(buf);
        append_special_string(buf, key);
        fx_buf_append_byte(buf, ':');
        *done_out = 0;
        return fx_buf_reserve(buf, size);
    }
    const size_t comma = wants_comma(buf) ? 1 : 0;
    const size_t done = comma + key.size + 3;
    char *place = fx_buf_reserve(buf, done + size);
    if (place != NULL) {
        *place = ','; /* or a quote, which is written over it */
        place += comma;
        *place++ = '"';
        place = fx_json_plain_copy(place, key);
        *place++ = '"';
        *place++ = ':';
    }
    *done_out = done;
    return place;
}

void fx_json_append_key(struct fx_buf *buf, fx_str key)
{
    size_t done = 0;
    if (begin_member(buf, key, 0, &done) != NULL) {
        fx_buf_add(buf, done);
    }
}

/* A member whose value needs no escapes, in quotes or without. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a member's order
static void add_plain(struct fx_buf *buf, fx_str key, fx_str value, bool is_quoted)
{
    size_t done = 0;
    const size_t size = value.size + (is_quoted ? 2 : 0);
    char *place = begin_member(buf, key, size, &done);
    if (place != NULL) {
        if (is_quoted) {
            *place++ = '"';
        }
        place = fx_json_plain_copy(place, value);
        if (is_quoted) {
            *place = '"';
        }
        fx_buf_add(buf, done + size);
    }
}

// NOLINTBEGIN(bugprone-easily-swappable-parameters): a member's order
void fx_json_add_str(struct fx_buf *buf, fx_str key, fx_str value)
{
    if (fx_json_plain_is(value)) {
        add_plain(buf, key, value, true);
    } else {
        fx_json_append_key(buf, key);
        append_special_string(buf, value);
    }
}
// NOLINTEND(bugprone-easily-swappable-parameters)

void fx_json_add_dec(struct fx_buf *buf, fx_str key, fx_i128 units)
{
    char text[FX_DEC_TEXT_SIZE_MAX];
    const uint32_t size = fx_dec_format(units, text);
    add_plain(buf, key, (fx_str){text, size}, true);
}

void fx_json_add_int(struct fx_buf *buf, fx_str key, int64_t value)
{
    char digits[1 + FX_DIGITS_MAX];
    char *end = digits + sizeof digits;
    const char *start = fx_digits_put_signed(end, value);
    add_plain(buf, key, (fx_str){start, (size_t)(end - start)}, false);
}

void fx_json_add_id(struct fx_buf *buf, fx_str key, uint64_t value)
{
    char digits[FX_DIGITS_MAX];
    char *end = digits + sizeof digits;
    const char *start = fx_digits_put(end, value);
    add_plain(buf, key, (fx_str){start, (size_t)(end - start)}, true);
}

void fx_json_add_bool(struct fx_buf *buf, fx_str key, bool value)
{
    add_plain(buf, key, value ? FX_STR("true") : FX_STR("false"), false);
}
