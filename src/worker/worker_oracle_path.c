/* A value inside of a JSON text, found without reading all of it into tokens: an exchange's answer
 * may list thousands of symbols. Brackets, strings, commas and colons of the whole text are
 * checked; what lies beside the path is not looked at closer. The value itself is read strictly. */
#include <string.h>

#include "base/json.h"
#include "worker/worker_oracle_int.h"

enum { DEPTH_MAX = 64, STEPS_MAX = 32 };

/* A place in the text; NULL: the text is not acceptable. */
struct scan {
    const char *at;
    const char *end;
};

static void skip_blank(struct scan *scan)
{
    while (scan->at != NULL && scan->at < scan->end && strchr(" \n\r\t", *scan->at) != NULL &&
           *scan->at != '\0') {
        scan->at++;
    }
}

/* The byte that comes next; '\0' at the end. */
static char peek(struct scan *scan)
{
    skip_blank(scan);
    if (scan->at == NULL || scan->at == scan->end) {
        return '\0';
    }
    return *scan->at;
}

static bool take(struct scan *scan, char byte)
{
    if (peek(scan) != byte) {
        scan->at = NULL;
        return false;
    }
    scan->at++;
    return true;
}

/* A string with its quotes. */
static fx_str take_string(struct scan *scan)
{
    if (!take(scan, '"')) {
        return (fx_str){0};
    }
    const char *begin = scan->at;
    while (scan->at < scan->end && *scan->at != '"') {
        scan->at += *scan->at == '\\' ? 2 : 1;
    }
    if (scan->at >= scan->end) {
        scan->at = NULL;
        return (fx_str){0};
    }
    scan->at++;
    return (fx_str){begin, (size_t)(scan->at - begin) - 1};
}

static bool is_of_scalar(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || byte == '-' ||
           byte == '+' || byte == '.' || byte == 'E';
}

static void skip_scalar(struct scan *scan)
{
    if (peek(scan) == '"') {
        (void)take_string(scan);
        return;
    }
    const char *begin = scan->at;
    while (scan->at != NULL && scan->at < scan->end && is_of_scalar(*scan->at)) {
        scan->at++;
    }
    if (scan->at == begin) {
        scan->at = NULL;
    }
}

/* `"key":`, where an object is open. */
static void skip_key(struct scan *scan, bool is_object)
{
    if (is_object && scan->at != NULL) {
        (void)take_string(scan);
        if (scan->at != NULL) {
            (void)take(scan, ':');
        }
    }
}

/* Behind a value: close what ends here, or go on to the next one. */
static void close_open(struct scan *scan, const char closers[DEPTH_MAX], uint32_t *depth)
{
    while (scan->at != NULL && *depth > 0 && peek(scan) == closers[*depth - 1]) {
        scan->at++;
        (*depth)--;
    }
    if (scan->at != NULL && *depth > 0) {
        (void)take(scan, ',');
        skip_key(scan, closers[*depth - 1] == '}');
    }
}

/* Any value, whole. */
static void skip_value(struct scan *scan)
{
    char closers[DEPTH_MAX];
    uint32_t depth = 0;
    do {
        const char byte = peek(scan);
        if (byte != '{' && byte != '[') {
            skip_scalar(scan);
            close_open(scan, closers, &depth);
            continue;
        }
        if (depth == DEPTH_MAX) {
            scan->at = NULL;
            return;
        }
        scan->at++;
        closers[depth] = byte == '{' ? '}' : ']';
        depth++;
        if (peek(scan) == closers[depth - 1]) {
            close_open(scan, closers, &depth);
        } else {
            skip_key(scan, byte == '{');
        }
    } while (scan->at != NULL && depth > 0);
}

/* The element of that number. @return OK, NOT_FOUND; the scan stands before it. */
static fx_status enter_array(struct scan *scan, uint64_t wanted)
{
    (void)take(scan, '[');
    for (uint64_t index = 0; peek(scan) != ']'; index++) {
        if (index == wanted) {
            return FX_OK;
        }
        skip_value(scan);
        if (peek(scan) != ']') {
            (void)take(scan, ',');
        }
        if (scan->at == NULL) {
            return FX_BAD_JSON;
        }
    }
    return FX_NOT_FOUND;
}

/* The member of that name. @return OK; NOT_FOUND; BAD_JSON where it is there twice. */
static fx_status enter_object(struct scan *scan, fx_str wanted)
{
    const char *found = NULL;
    (void)take(scan, '{');
    while (peek(scan) != '}') {
        const fx_str key = take_string(scan);
        if (scan->at == NULL || !take(scan, ':')) {
            return FX_BAD_JSON;
        }
        const bool is_wanted = fx_str_is_equal(key, wanted);
        if (is_wanted && found != NULL) {
            return FX_BAD_JSON; /* two readers could disagree */
        }
        found = is_wanted ? scan->at : found;
        skip_value(scan);
        if (peek(scan) != '}') {
            (void)take(scan, ',');
        }
        if (scan->at == NULL) {
            return FX_BAD_JSON;
        }
    }
    scan->at = found;
    return found == NULL ? FX_NOT_FOUND : FX_OK;
}

static fx_status enter(struct scan *scan, fx_str step)
{
    uint64_t index = 0;
    const char byte = peek(scan);
    if (byte == '{') {
        return enter_object(scan, step);
    }
    return byte == '[' && fx_str_parse_u64(step, &index) ? enter_array(scan, index) : FX_NOT_FOUND;
}

/* The value at the path, alone. */
static fx_status find(fx_str text, fx_str path, fx_str *value_out)
{
    struct scan scan = {text.data, text.data + text.size};
    skip_value(&scan);
    skip_blank(&scan);
    if (scan.at != scan.end) {
        return FX_BAD_JSON;
    }
    scan.at = text.data;
    size_t from = 0;
    for (uint32_t steps = 0; from < path.size; steps++) {
        const size_t dot = fx_str_find(path, '.', from);
        const size_t end = dot == SIZE_MAX ? path.size : dot;
        const fx_status status = enter(&scan, fx_str_slice(path, from, end - from));
        if (status != FX_OK || steps == STEPS_MAX) {
            return status == FX_OK ? FX_NOT_FOUND : status;
        }
        from = end + 1;
    }
    skip_blank(&scan);
    const char *begin = scan.at;
    skip_value(&scan);
    *value_out = (fx_str){begin, (size_t)(scan.at - begin)};
    return FX_OK;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a text, and where to look in it
fx_status fx_worker_oracle_path_price(fx_str text, fx_str path, fx_i128 *price_out)
{
    static _Thread_local struct fx_json json;
    fx_str value = {0};
    fx_i128 price = 0;
    if (text.size == 0) {
        return FX_BAD_JSON;
    }
    const fx_status status = find(text, path, &value);
    if (status != FX_OK) {
        return status;
    }
    if (fx_json_parse(&json, value) != FX_OK) {
        return FX_BAD_JSON;
    }
    const struct fx_json_token *token = &json.tokens[0];
    if (token->is_escaped || (token->kind != FX_JSON_NUMBER && token->kind != FX_JSON_STRING) ||
        fx_dec_parse(token->text, &price) != FX_OK || price <= 0) {
        return FX_BAD_DECIMAL;
    }
    *price_out = price;
    return FX_OK;
}
