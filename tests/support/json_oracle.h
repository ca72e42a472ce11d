/**
 * @file json_oracle.h
 * base/json against jansson: same verdict apart from our documented limits, same values.
 *
 * jansson is asked with JSON_REJECT_DUPLICATES | JSON_DECODE_ANY. It converts numbers and refuses
 * those that do not fit (json_error_numeric_overflow); for us they are text, so there the verdicts
 * are not compared. A raw NUL is never JSON, but jansson 2.14 drops one behind a number or a word
 * (it reads its own pushed-back NUL as the end of a buffer). Everything else must agree. Broken
 * expectations abort: for tests and fuzzers.
 */
#ifndef FX_SUPPORT_JSON_ORACLE_H
#define FX_SUPPORT_JSON_ORACLE_H

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/panic.h"

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): symmetric
static inline size_t json_oracle_max(size_t left, size_t right)
{
    return left > right ? left : right;
}

struct json_oracle_limits {
    size_t tokens, depth, depth_max, string_max, number_max, members_max;
    size_t members[FX_JSON_DEPTH_MAX + 1];
};

/* The size of the string or number at `text`, quotes not counted. */
static inline size_t json_oracle_run(const char *text, size_t rest)
{
    if (text[0] != '"') {
        size_t size = 0;
        while (size < rest && strchr("0123456789+-.eE", text[size]) != NULL && text[size] != '\0') {
            size++;
        }
        return size;
    }
    size_t size = 0;
    while (text[1 + size] != '"') {
        size += text[1 + size] == '\\' ? 2 : 1;
    }
    return size;
}

static inline void json_oracle_bracket(struct json_oracle_limits *limits, bool is_opening)
{
    if (!is_opening) {
        limits->depth--;
        return;
    }
    limits->tokens++;
    limits->depth++;
    limits->depth_max = json_oracle_max(limits->depth_max, limits->depth);
    if (limits->depth <= FX_JSON_DEPTH_MAX) {
        limits->members[limits->depth] = 0;
    }
}

/* True where a text that jansson accepted is within our limits: a second, naive lexer. */
static inline bool json_oracle_is_within_limits(fx_str text)
{
    struct json_oracle_limits limits = {0};
    for (size_t at = 0; at < text.size; at++) {
        const char byte = text.data[at];
        if (byte == '"') {
            const size_t size = json_oracle_run(text.data + at, text.size - at);
            limits.string_max = json_oracle_max(limits.string_max, size);
            limits.tokens++;
            at += size + 1;
        } else if (byte == '-' || (byte >= '0' && byte <= '9')) {
            const size_t size = json_oracle_run(text.data + at, text.size - at);
            limits.number_max = json_oracle_max(limits.number_max, size);
            limits.tokens++;
            at += size - 1;
        } else if (byte == '[' || byte == '{' || byte == ']' || byte == '}') {
            json_oracle_bracket(&limits, byte == '[' || byte == '{');
        } else if (byte == 't' || byte == 'f' || byte == 'n') {
            limits.tokens++;
            at += byte == 'f' ? 4 : 3;
        } else if (byte == ':' && limits.depth <= FX_JSON_DEPTH_MAX) {
            const size_t members = ++limits.members[limits.depth];
            limits.members_max = json_oracle_max(limits.members_max, members);
        }
    }
    return limits.tokens <= FX_JSON_TOKENS_MAX && limits.depth_max <= FX_JSON_DEPTH_MAX &&
           limits.string_max <= FX_JSON_STRING_SIZE_MAX &&
           limits.number_max <= FX_JSON_NUMBER_SIZE_MAX &&
           limits.members_max <= FX_JSON_MEMBERS_MAX;
}

/* A scalar or an empty container as jansson would hold it. */
static inline json_t *json_oracle_value(const struct fx_json_token *token, struct fx_buf *scratch)
{
    switch (token->kind) {
    case FX_JSON_NULL:
        return json_null();
    case FX_JSON_FALSE:
        return json_false();
    case FX_JSON_TRUE:
        return json_true();
    case FX_JSON_NUMBER: {
        char text[FX_JSON_NUMBER_SIZE_MAX + 1];
        const bool is_copied = fx_str_copy(token->text, text, sizeof text);
        FX_ASSERT(is_copied);
        if (strpbrk(text, ".eE") == NULL) {
            return json_integer(strtoll(text, NULL, 10));
        }
        json_t *real = json_real(strtod(text, NULL));
        return real != NULL ? real : json_null(); /* infinite: jansson refused the text */
    }
    case FX_JSON_STRING: {
        fx_buf_clear(scratch);
        const bool is_read = fx_json_unescape(token, scratch);
        FX_ASSERT(is_read);
        return json_stringn(scratch->size > 0 ? scratch->data : "", scratch->size);
    }
    case FX_JSON_ARRAY:
        return json_array();
    case FX_JSON_OBJECT:
        return json_object();
    }
    fx_panic(__FILE__, __LINE__, "kind is known");
}

/* The whole tree, built from our tokens; also asks fx_json_member() for every key. */
static inline json_t *json_oracle_tree(const struct fx_json *json)
{
    struct {
        json_t *value;
        const struct fx_json_token *token;
        uint32_t index;
    } open[FX_JSON_DEPTH_MAX + 1];
    uint32_t depth = 0;
    struct fx_buf scratch, key;
    fx_buf_init(&scratch, sizeof(char[FX_JSON_STRING_SIZE_MAX]));
    fx_buf_init(&key, sizeof(char[FX_JSON_STRING_SIZE_MAX]));
    json_t *root = NULL;
    for (uint32_t index = 0; index < json->count; index++) {
        while (depth > 0 && open[depth - 1].token->next == index) {
            depth--;
        }
        const struct fx_json_token *container = depth > 0 ? open[depth - 1].token : NULL;
        if (container != NULL && container->kind == FX_JSON_OBJECT) {
            fx_buf_clear(&key);
            const bool is_read = fx_json_unescape(&json->tokens[index++], &key);
            FX_ASSERT(is_read);
            const fx_str name = fx_buf_str(&key);
            FX_ASSERT(fx_json_member(json, container, name) == &json->tokens[index]);
        }
        const struct fx_json_token *token = &json->tokens[index];
        FX_ASSERT(token->next > index && token->next <= json->count);
        json_t *value = json_oracle_value(token, &scratch);
        FX_ASSERT(value != NULL);
        if (container == NULL) {
            root = value;
        } else if (container->kind == FX_JSON_OBJECT) {
            FX_ASSERT(json_object_setn_new(
                          open[depth - 1].value, key.size > 0 ? key.data : "", key.size, value) ==
                      0);
        } else {
            const uint32_t element = open[depth - 1].index++;
            FX_ASSERT(fx_json_element(json, container, element) == token);
            FX_ASSERT(json_array_append_new(open[depth - 1].value, value) == 0);
        }
        if (token->kind == FX_JSON_ARRAY || token->kind == FX_JSON_OBJECT) {
            FX_ASSERT(depth < FX_JSON_DEPTH_MAX);
            open[depth].value = value;
            open[depth].token = token;
            open[depth].index = 0;
            depth++;
        }
    }
    fx_buf_deinit(&scratch);
    fx_buf_deinit(&key);
    return root;
}

/* Compare both readers. @return true where the text was accepted by both. */
static inline bool json_oracle_compare(fx_str text)
{
    static struct fx_json json;
    json_error_t error;
    const fx_status status = fx_json_parse(&json, text);
    FX_ASSERT(status == FX_OK || status == FX_BAD_JSON);
    FX_ASSERT(json.error_offset <= text.size);
    if (text.size == 0 || memchr(text.data, '\0', text.size) != NULL) {
        FX_ASSERT(status == FX_BAD_JSON);
        return false;
    }
    const size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY;
    json_t *theirs = json_loadb(text.data, text.size, flags, &error);
    json_t *ours = status == FX_OK ? json_oracle_tree(&json) : NULL;
    if (theirs != NULL) {
        FX_ASSERT((status == FX_OK) == json_oracle_is_within_limits(text));
        FX_ASSERT(ours == NULL || json_equal(ours, theirs) == 1);
    } else if (json_error_code(&error) != json_error_numeric_overflow) {
        FX_ASSERT(status == FX_BAD_JSON);
    }
    const bool is_accepted = theirs != NULL && ours != NULL;
    json_decref(theirs);
    json_decref(ours);
    return is_accepted;
}

#endif
