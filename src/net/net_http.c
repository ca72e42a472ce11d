#include "net/net_http.h"

#include <string.h>

#include "base/panic.h"
#include "net/net_http_int.h"
#include "net/net_http_query.h"

enum {
    /* Request line and fields as sent, once more the path where it must be decoded, and slack. */
    HEAD_BUFFER_SIZE_MAX = FX_NET_HTTP_HEAD_SIZE_MAX + 2 * FX_NET_HTTP_TARGET_SIZE_MAX + 256,
    KEPT_SIZE_MAX = 8 * 1024, /* a buffer that grew beyond is freed after its request */
    HOST_SIZE_MAX = 255,
    PORT_DIGITS_MAX = 5
};

static const struct {
    fx_str text;
    enum fx_net_http_method method;
} METHODS[] = {
    {{"GET", 3}, FX_NET_HTTP_METHOD_GET},
    {{"POST", 4}, FX_NET_HTTP_METHOD_POST},
    {{"DELETE", 6}, FX_NET_HTTP_METHOD_DELETE},
    {{"PUT", 3}, FX_NET_HTTP_METHOD_PUT},
    {{"OPTIONS", 7}, FX_NET_HTTP_METHOD_OPTIONS},
    {{"HEAD", 4}, FX_NET_HTTP_METHOD_HEAD},
    {{"PATCH", 5}, FX_NET_HTTP_METHOD_PATCH},
};

static enum fx_net_http_method method_of(fx_str text)
{
    for (size_t index = 0; index < sizeof METHODS / sizeof METHODS[0]; index++) {
        if (fx_str_is_equal(METHODS[index].text, text)) {
            return METHODS[index].method;
        }
    }
    return FX_NET_HTTP_METHOD_OTHER;
}

static void begin(struct fx_net_http *http)
{
    struct fx_net_http_request *request = &http->request;
    http->state = FX_NET_HTTP_STATE_HEAD;
    http->status = FX_OK;
    http->body_left = 0;
    http->line_offset = 0;
    http->line_count = 0;
    http->head_offset = 0;
    http->first_line_size = 0;
    http->phase = 0;
    http->line_size = 0;
    request->method = 0;
    request->method_text = (fx_str){0};
    request->target = (fx_str){0};
    request->path_raw = (fx_str){0};
    request->path = (fx_str){0};
    request->query = (fx_str){0};
    request->host = (fx_str){0};
    request->body = (fx_str){0};
    request->header_count = 0; /* the array behind it is not cleared: 3 KiB per request */
    request->version_minor = 0;
    request->is_keep_alive = false;
    request->is_upgrade = false;
    request->is_expecting = false;
}

void fx_net_http_init(struct fx_net_http *http, uint64_t body_size_max)
{
    memset(http, 0, sizeof *http);
    http->body_size_max = body_size_max;
    fx_buf_init(&http->head, HEAD_BUFFER_SIZE_MAX);
    fx_buf_init(&http->body, body_size_max);
    begin(http);
}

void fx_net_http_deinit(struct fx_net_http *http)
{
    fx_buf_deinit(&http->head);
    fx_buf_deinit(&http->body);
    begin(http);
}

static void empty(struct fx_buf *buf)
{
    fx_buf_clear(buf);
    if (buf->capacity > KEPT_SIZE_MAX) {
        fx_buf_deinit(buf);
    }
}

void fx_net_http_next(struct fx_net_http *http)
{
    empty(&http->head);
    empty(&http->body);
    begin(http);
}

bool fx_net_http_is_idle(const struct fx_net_http *http)
{
    return http->state == FX_NET_HTTP_STATE_HEAD && http->head.size == http->head_offset;
}

static bool is_port(fx_str text)
{
    if (text.size > PORT_DIGITS_MAX) {
        return false;
    }
    for (size_t index = 0; index < text.size; index++) {
        if (text.data[index] < '0' || text.data[index] > '9') {
            return false;
        }
    }
    return true;
}

/* name, 1.2.3.4 or [v6], each with or without ":port". */
static bool is_host(fx_str host)
{
    if (host.size == 0 || host.size > HOST_SIZE_MAX) {
        return false;
    }
    size_t end = 0;
    if (host.data[0] == '[') {
        end = fx_str_find(host, ']', 0);
        if (end == SIZE_MAX || end < 3) {
            return false;
        }
        for (size_t index = 1; index < end; index++) {
            const fx_str byte = {host.data + index, 1};
            if (byte.data[0] != ':' && byte.data[0] != '.' &&
                !fx_net_http_head_is(byte, FX_NET_HTTP_CLASS_HEX)) {
                return false;
            }
        }
        end++;
    } else {
        end = fx_str_find(host, ':', 0);
        end = end == SIZE_MAX ? host.size : end;
        if (end == 0 || !fx_net_http_head_is(fx_str_slice(host, 0, end), FX_NET_HTTP_CLASS_NAME)) {
            return false;
        }
    }
    return end == host.size ||
           (host.data[end] == ':' && is_port(fx_str_slice(host, end + 1, host.size)));
}

/* "HTTP/1.1" and "HTTP/1.0" are spoken here; other digits are another version. */
static fx_status parse_version(fx_str text, uint8_t *minor_out)
{
    if (text.size != 8 || !fx_str_has_prefix(text, FX_STR("HTTP/")) || text.data[6] != '.' ||
        text.data[5] < '0' || text.data[5] > '9' || text.data[7] < '0' || text.data[7] > '9') {
        return FX_BAD_REQUEST;
    }
    if (text.data[5] != '1' || text.data[7] > '1') {
        return FX_HTTP_VERSION;
    }
    *minor_out = text.data[7] == '1' ? 1 : 0;
    return FX_OK;
}

static fx_status parse_first_line(struct fx_net_http *http)
{
    struct fx_net_http_request *request = &http->request;
    const fx_str line = fx_net_http_head_first_line(http);
    const size_t first = fx_str_find(line, ' ', 0);
    if (first == SIZE_MAX || first == 0 || first > FX_NET_HTTP_METHOD_SIZE_MAX) {
        return FX_BAD_REQUEST;
    }
    const size_t second = fx_str_find(line, ' ', first + 1);
    if (second == SIZE_MAX || second == first + 1) {
        return FX_BAD_REQUEST;
    }
    request->method_text = fx_str_slice(line, 0, first);
    request->target = fx_str_slice(line, first + 1, second - first - 1);
    if (!fx_net_http_head_is(request->method_text, FX_NET_HTTP_CLASS_TOKEN)) {
        return FX_BAD_REQUEST;
    }
    if (request->target.size > FX_NET_HTTP_TARGET_SIZE_MAX) {
        return FX_URI_TOO_LONG;
    }
    request->method = method_of(request->method_text);
    return parse_version(fx_str_slice(line, second + 1, line.size), &request->version_minor);
}

/* Cut "http://authority" off an absolute target. @return false where it is no good authority. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): what is cut, and the piece
static bool take_authority(fx_str *rest, fx_str *authority)
{
    const size_t scheme = fx_str_find(*rest, ':', 0);
    if (scheme == SIZE_MAX || !fx_str_has_prefix(fx_str_slice(*rest, scheme, 3), FX_STR("://"))) {
        return false;
    }
    const fx_str name = fx_str_slice(*rest, 0, scheme);
    if (!fx_str_is_equal_nocase(name, FX_STR("http")) &&
        !fx_str_is_equal_nocase(name, FX_STR("https"))) {
        return false;
    }
    const fx_str behind = fx_str_slice(*rest, scheme + 3, rest->size);
    size_t end = 0;
    while (end < behind.size && behind.data[end] != '/' && behind.data[end] != '?') {
        end++;
    }
    *authority = fx_str_slice(behind, 0, end);
    *rest = fx_str_slice(behind, end, behind.size);
    return is_host(*authority);
}

/* "." and ".." would let a path mean another one (I4). */
static bool has_dot_part(fx_str path)
{
    size_t start = 0;
    while (start < path.size) {
        size_t end = fx_str_find(path, '/', start);
        end = end == SIZE_MAX ? path.size : end;
        const fx_str part = fx_str_slice(path, start, end - start);
        if (fx_str_is_equal(part, FX_STR(".")) || fx_str_is_equal(part, FX_STR(".."))) {
            return true;
        }
        start = end + 1;
    }
    return false;
}

/* An escaped "/" or "\" would be read as a separator by some and not by others. */
static bool has_escaped_slash(fx_str path)
{
    size_t at = fx_str_find(path, '%', 0);
    while (at != SIZE_MAX) {
        const fx_str code = fx_str_slice(path, at, 3);
        if (fx_str_is_equal_nocase(code, FX_STR("%2f")) ||
            fx_str_is_equal_nocase(code, FX_STR("%5c"))) {
            return true;
        }
        at = fx_str_find(path, '%', at + 1);
    }
    return false;
}

/* The decoded path is put behind the head, where `target` has room for it. */
static fx_status decode_path(struct fx_net_http_request *request, char *target)
{
    request->path = request->path_raw;
    if (target != NULL && fx_str_find(request->path_raw, '%', 0) != SIZE_MAX) {
        if (has_escaped_slash(request->path_raw)) {
            return FX_BAD_REQUEST;
        }
        const size_t size = fx_net_http_query_decode(request->path_raw, false, target);
        if (size == SIZE_MAX) {
            return FX_BAD_REQUEST;
        }
        request->path = (fx_str){target, size};
    }
    return has_dot_part(request->path) ? FX_BAD_REQUEST : FX_OK;
}

static fx_status parse_target(struct fx_net_http *http, fx_str *authority)
{
    struct fx_net_http_request *request = &http->request;
    fx_str rest = request->target;
    if (fx_str_is_equal(rest, FX_STR("*"))) {
        request->path_raw = rest;
        request->path = rest;
        return request->method == FX_NET_HTTP_METHOD_OPTIONS ? FX_OK : FX_BAD_REQUEST;
    }
    if (rest.data[0] != '/' && !take_authority(&rest, authority)) {
        return FX_BAD_REQUEST;
    }
    const size_t mark = fx_str_find(rest, '?', 0);
    request->path_raw = mark == SIZE_MAX ? rest : fx_str_slice(rest, 0, mark);
    request->query = mark == SIZE_MAX ? (fx_str){0} : fx_str_slice(rest, mark + 1, rest.size);
    if (request->path_raw.size == 0) {
        request->path_raw = FX_STR("/");
    }
    if (!fx_net_http_head_is(request->path_raw, FX_NET_HTTP_CLASS_PATH) ||
        !fx_net_http_head_is(request->query, FX_NET_HTTP_CLASS_QUERY)) {
        return FX_BAD_REQUEST;
    }
    return decode_path(request, http->head.data + http->head.size);
}

static fx_status check_host(struct fx_net_http_request *request,
                            const struct fx_net_http_fields *fields,
                            fx_str authority)
{
    if (fields->host_count > 1 || (fields->host_count == 0 && request->version_minor == 1)) {
        return FX_BAD_REQUEST;
    }
    request->host = fields->host_count == 1 ? fields->host : authority;
    if (fields->host_count == 1 && !is_host(fields->host)) {
        return FX_BAD_REQUEST;
    }
    if (authority.size > 0 && !fx_str_is_equal_nocase(authority, request->host)) {
        return FX_BAD_REQUEST; /* I1: the same attack as two lengths */
    }
    return FX_OK;
}

static fx_status parse_head(struct fx_net_http *http)
{
    struct fx_net_http_request *request = &http->request;
    struct fx_net_http_fields fields;
    fx_str authority = {0};
    if (fx_buf_reserve(&http->head, http->first_line_size) == NULL) {
        return FX_NO_MEMORY;
    }
    fx_status status = parse_first_line(http);
    if (status != FX_OK) {
        return status;
    }
    status = fx_net_http_head_fields(http, request->headers, &request->header_count, &fields);
    if (status != FX_OK) {
        return status;
    }
    status = parse_target(http, &authority);
    if (status != FX_OK) {
        return status;
    }
    status = check_host(request, &fields, authority);
    if (status != FX_OK) {
        return status;
    }
    if (fields.expect_count > 0 && request->version_minor == 1 &&
        (fields.expect_count > 1 ||
         !fx_str_is_equal_nocase(fields.expect, FX_STR("100-continue")))) {
        return FX_BAD_REQUEST;
    }
    if (fields.transfer_count > 0 && request->version_minor == 0) {
        return FX_BAD_REQUEST;
    }
    request->is_keep_alive =
        !fields.is_close && (request->version_minor == 1 || fields.is_keep_alive);
    status = fx_net_http_body_begin(http, &fields);
    if (status != FX_OK) {
        return status;
    }
    const bool has_body = http->state == FX_NET_HTTP_STATE_BODY;
    request->is_expecting = has_body && fields.expect_count > 0 && request->version_minor == 1;
    request->is_upgrade = fields.is_upgrade && fields.is_websocket && !has_body &&
                          request->version_minor == 1 && request->method == FX_NET_HTTP_METHOD_GET;
    return FX_OK;
}

size_t fx_net_http_feed(struct fx_net_http *http, fx_str bytes)
{
    size_t taken = 0;
    if (http->state == FX_NET_HTTP_STATE_HEAD && bytes.size > 0) {
        bool is_complete = false;
        taken = fx_net_http_head_collect(http, bytes, &is_complete);
        if (is_complete) {
            const fx_status status = parse_head(http);
            if (status != FX_OK) {
                fx_net_http_head_fail(http, status);
            }
        }
    }
    if (http->state == FX_NET_HTTP_STATE_BODY) {
        taken += fx_net_http_body_feed(http, (fx_str){bytes.data + taken, bytes.size - taken});
    }
    if (http->state == FX_NET_HTTP_STATE_DONE) {
        http->request.body = fx_buf_str(&http->body);
    }
    FX_ASSERT(taken <= bytes.size);
    return taken;
}

bool fx_net_http_find(const struct fx_net_http_request *request, fx_str name, fx_str *value_out)
{
    for (uint32_t index = 0; index < request->header_count; index++) {
        if (fx_str_is_equal_nocase(request->headers[index].name, name)) {
            *value_out = request->headers[index].value;
            return true;
        }
    }
    return false;
}

fx_str fx_net_http_value(const struct fx_net_http_request *request, fx_str name)
{
    fx_str value = {0};
    return fx_net_http_find(request, name, &value) ? value : (fx_str){0};
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): the list first
bool fx_net_http_has_token(fx_str list, fx_str token)
{
    size_t start = 0;
    while (start <= list.size) {
        size_t end = fx_str_find(list, ',', start);
        end = end == SIZE_MAX ? list.size : end;
        if (fx_str_is_equal_nocase(fx_str_trim(fx_str_slice(list, start, end - start)), token)) {
            return true;
        }
        start = end + 1;
    }
    return false;
}
