#include "api/api_signature_int.h"
#include "base/panic.h"

enum { JS_DIGITS_MAX = 15, JS_ZEROS_MAX = 5 };

// NOLINTBEGIN(bugprone-easily-swappable-parameters): in the order in which they are signed
void fx_api_signature_format_v1(struct fx_buf *text,
                                const struct fx_net_http_request *request,
                                fx_str timestamp,
                                fx_str body)
{
    fx_buf_clear(text);
    fx_buf_append(text, timestamp);
    fx_buf_append(text, request->method_text);
    fx_buf_append(text, request->path_raw);
    fx_buf_append(text, body.size == 0 ? FX_STR("{}") : body);
}
// NOLINTEND(bugprone-easily-swappable-parameters)

static void append_line(struct fx_buf *text, fx_str line)
{
    fx_buf_append(text, line);
    fx_buf_append_byte(text, '\n');
}

void fx_api_signature_format_v2(struct fx_buf *text,
                                const struct fx_net_http_request *request,
                                const struct fx_api_signature_times *times,
                                struct fx_crypto_digest *digest)
{
    uint8_t hash[FX_CRYPTO_SHA256_SIZE];
    fx_crypto_digest_sha256(digest, request->body, hash);
    fx_buf_clear(text);
    append_line(text, FX_STR("v2"));
    append_line(text, times->timestamp);
    append_line(text, times->window);
    append_line(text, request->method_text);
    append_line(text, request->path_raw);
    append_line(text, request->query);
    fx_crypto_hex_encode(text, fx_crypto_str(hash, sizeof hash));
}

/* ---- JSON.stringify ---------------------------------------------------------------------------
 */

/* A double keeps 15 digits exactly, and JavaScript writes it plainly from 0.000001 on. In between,
 * only the zeros behind the last digit differ. */
static void append_number(struct fx_buf *buf, fx_str text)
{
    const fx_str sign = FX_STR("-");
    const bool is_negative = fx_str_has_prefix(text, sign);
    const fx_str digits = is_negative ? fx_str_slice(text, 1, text.size) : text;
    const size_t point = fx_str_find(digits, '.', 0);
    size_t leading = 0; /* zeros behind the point, of 0.00… */
    if (fx_str_find(text, 'e', 0) != SIZE_MAX || fx_str_find(text, 'E', 0) != SIZE_MAX) {
        fx_buf_append(buf, text);
        return;
    }
    size_t size = digits.size;
    while (point != SIZE_MAX && size > point &&
           (digits.data[size - 1] == '0' || size == point + 1)) {
        size--;
    }
    const bool is_fraction = digits.data[0] == '0' && size > 1;
    while (is_fraction && digits.data[2 + leading] == '0') {
        leading++;
    }
    const size_t digit_count = point != SIZE_MAX && size > point ? size - 1 : size;
    if (digit_count > JS_DIGITS_MAX || leading > JS_ZEROS_MAX) {
        fx_buf_append(buf, text);
        return;
    }
    if (is_negative && !(size == 1 && digits.data[0] == '0')) {
        fx_buf_append(buf, sign);
    }
    fx_buf_append(buf, fx_str_slice(digits, 0, size));
}

static void append_scalar(struct fx_buf *buf,
                          const struct fx_json_token *token,
                          struct fx_buf *scratch)
{
    switch (token->kind) {
    case FX_JSON_NULL:
        fx_buf_append(buf, FX_STR("null"));
        return;
    case FX_JSON_FALSE:
        fx_buf_append(buf, FX_STR("false"));
        return;
    case FX_JSON_TRUE:
        fx_buf_append(buf, FX_STR("true"));
        return;
    case FX_JSON_NUMBER:
        append_number(buf, token->text);
        return;
    case FX_JSON_STRING:
        fx_buf_clear(scratch);
        if (!token->is_escaped) {
            fx_json_append_string(buf, token->text);
        } else if (fx_json_unescape(token, scratch)) {
            fx_json_append_string(buf, fx_buf_str(scratch));
        }
        return;
    case FX_JSON_ARRAY:
    case FX_JSON_OBJECT:
    default:
        return;
    }
}

/* A container that is being written. */
struct level {
    uint32_t next; /* the token behind it */
    uint32_t count;
    bool is_object;
};

static void append_separator(struct fx_buf *buf, struct level *level)
{
    const bool is_value = level->is_object && level->count % 2 == 1;
    if (level->count > 0) {
        fx_buf_append_byte(buf, is_value ? ':' : ',');
    }
    level->count++;
}

void fx_api_signature_append_json(struct fx_buf *buf,
                                  const struct fx_json *json,
                                  struct fx_buf *scratch)
{
    struct level levels[FX_JSON_DEPTH_MAX + 1];
    uint32_t depth = 0;
    for (uint32_t index = 0; index < json->count; index++) {
        const struct fx_json_token *token = &json->tokens[index];
        const bool is_object = token->kind == FX_JSON_OBJECT;
        if (depth > 0) {
            append_separator(buf, &levels[depth - 1]);
        }
        if (is_object || token->kind == FX_JSON_ARRAY) {
            FX_ASSERT(depth < sizeof levels / sizeof levels[0]);
            fx_buf_append_byte(buf, is_object ? '{' : '[');
            levels[depth++] = (struct level){.next = token->next, .is_object = is_object};
        } else {
            append_scalar(buf, token, scratch);
        }
        while (depth > 0 && levels[depth - 1].next == index + 1) {
            depth--;
            fx_buf_append_byte(buf, levels[depth].is_object ? '}' : ']');
        }
    }
}
