/**
 * @file json.h
 * Strict JSON (RFC 8259): a reader that keeps the text of numbers, and an appender.
 *
 * The reader checks the whole text once and fills a flat array of tokens (no heap). It is stricter
 * than the RFC where money needs it: duplicate keys, NUL, invalid UTF-8, lone surrogates, depth
 * above 16, more than 64 members in an object, strings above 1 KiB, numbers above 40 characters
 * and more than 1024 tokens are refused. Sizes count as written, with escapes. Numbers are never
 * converted here. Thread: any.
 */
#ifndef FX_BASE_JSON_H
#define FX_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"

enum {
    FX_JSON_TOKENS_MAX = 1024, /* a batch of 20 orders with every member has 920 */
    FX_JSON_DEPTH_MAX = 16,
    FX_JSON_MEMBERS_MAX = 64,
    FX_JSON_STRING_SIZE_MAX = 1024,
    FX_JSON_NUMBER_SIZE_MAX = 40
};

enum fx_json_kind {
    FX_JSON_NULL = 1,
    FX_JSON_FALSE = 2,
    FX_JSON_TRUE = 3,
    FX_JSON_NUMBER = 4,
    FX_JSON_STRING = 5,
    FX_JSON_ARRAY = 6,
    FX_JSON_OBJECT = 7
};

/**
 * One value. `text` is borrowed from the input: number text, or string content without quotes and
 * still escaped where `is_escaped`. An object's tokens are key, value, key, value …; `count` is
 * the number of members or elements; `next` is the index of the token after the whole value.
 */
struct fx_json_token {
    fx_str text;
    enum fx_json_kind kind;
    uint32_t count;
    uint32_t next;
    bool is_escaped;
};

struct fx_json {
    struct fx_json_token tokens[FX_JSON_TOKENS_MAX];
    uint32_t count;
    uint32_t error_offset; /* where the text stopped being acceptable */
};

/** Read one value and only white space behind it. Token 0 is the root. @return OK or BAD_JSON. */
FX_MUST_USE fx_status fx_json_parse(struct fx_json *json, fx_str text);

/** The member's value of an object token; NULL where absent. Keys are compared unescaped. */
const struct fx_json_token *fx_json_member(const struct fx_json *json,
                                           const struct fx_json_token *object,
                                           fx_str key);

/** Element `index` of an array token; NULL where absent. O(index). */
const struct fx_json_token *fx_json_element(const struct fx_json *json,
                                            const struct fx_json_token *array,
                                            uint32_t index);

/** The unescaped content of a string token into `target`. @return false where it does not fit. */
bool fx_json_unescape(const struct fx_json_token *string, struct fx_buf *target);

/** Append a quoted, escaped string. Each byte that is NUL or not UTF-8 is replaced by U+FFFD. */
void fx_json_append_string(struct fx_buf *buf, fx_str text);

/** Append `"key":` and, as fx_json_append_comma() would, a comma before it. */
void fx_json_append_key(struct fx_buf *buf, fx_str key);

/** Append a comma before an element: not behind `{`, `[`, `:` and not into an empty buffer. */
void fx_json_append_comma(struct fx_buf *buf);

/** Members in one call: key and value; decimals and 64-bit ids are written as strings. */
void fx_json_add_str(struct fx_buf *buf, fx_str key, fx_str value);
void fx_json_add_dec(struct fx_buf *buf, fx_str key, fx_i128 units);
void fx_json_add_int(struct fx_buf *buf, fx_str key, int64_t value);
void fx_json_add_id(struct fx_buf *buf, fx_str key, uint64_t value);
void fx_json_add_bool(struct fx_buf *buf, fx_str key, bool value);

#endif
