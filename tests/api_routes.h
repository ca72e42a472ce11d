/**
 * @file api_routes.h
 * Requests for every route of the API, made from its table: what is required with harmless values,
 * and one parameter as the test wants it. A new route is in every table test at once. Thread: the
 * test's own.
 */
#ifndef FX_TESTS_API_ROUTES_H
#define FX_TESTS_API_ROUTES_H

#include "api/api_int.h"
#include "api/api_schema_int.h"
#include "api_harness.h"

/** One parameter that is not as it should be; empty key: none. */
struct api_routes_change {
    fx_str key;
    const char *query; /* percent-encoded, for path and query; NULL: leave the request out */
    const char *json;  /* a JSON value, for the body; NULL: leave the request out */
};

struct api_routes_request {
    struct fx_buf target; /* behind /api/v1 */
    struct fx_buf body;   /* empty: none */
    bool is_left_out;     /* the change says nothing for where the parameter is */
};

static inline void api_routes_init(struct api_routes_request *request)
{
    fx_buf_init(&request->target, 1 << 17);
    fx_buf_init(&request->body, 1 << 17);
}

static inline void api_routes_deinit(struct api_routes_request *request)
{
    fx_buf_deinit(&request->target);
    fx_buf_deinit(&request->body);
}

static inline const char *api_routes_method(const struct fx_api_route *route)
{
    static const char *const NAMES[] = {"", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
    return NAMES[route->method];
}

/** The number of the parameter in the path; "symbol" for "/x/:symbol/y". */
static inline bool api_routes_is_in_path(const struct fx_api_route *route, fx_str name)
{
    const size_t colon = fx_str_find(route->path, ':', 0);
    if (colon == SIZE_MAX) {
        return false;
    }
    const size_t slash = fx_str_find(route->path, '/', colon);
    const size_t end = slash == SIZE_MAX ? route->path.size : slash;
    return fx_str_is_equal(fx_str_slice(route->path, colon + 1, end - colon - 1), name);
}

static inline void api_routes_example(struct fx_buf *buf, fx_str name, fx_str type);

/* An object with the members that it must have. */
// NOLINTNEXTLINE(misc-no-recursion): as deep as schemas.def nests
static inline void api_routes_example_object(struct fx_buf *buf,
                                             const struct fx_api_schema_row *object)
{
    fx_buf_append_byte(buf, '{');
    for (const struct fx_api_schema_row *row = fx_api_schema_next(object); row != NULL;
         row = fx_api_schema_next(row)) {
        if (row->is_required) {
            fx_json_append_key(buf, row->name);
            api_routes_example(buf, row->name, row->type);
        }
    }
    fx_buf_append_byte(buf, '}');
}

/** A harmless value as JSON. */
// NOLINTNEXTLINE(misc-no-recursion): as deep as schemas.def nests
static inline void api_routes_example(struct fx_buf *buf, fx_str name, fx_str type)
{
    static const struct {
        const char *name;
        const char *json;
    } KNOWN[] = {{"symbol", "\"BTCUSDT\""},
                 {"asset", "\"USDT\""},
                 {"email", "\"nobody@example.org\""},
                 {"price", "\"99\""}};
    uint32_t depth = 0;
    const fx_str element = fx_api_schema_element(type, &depth);
    if (depth > 0) {
        fx_buf_append_byte(buf, '[');
        api_routes_example(buf, name, fx_str_slice(type, 0, type.size - 2));
        fx_buf_append_byte(buf, ']');
        return;
    }
    for (size_t index = 0; index < sizeof KNOWN / sizeof KNOWN[0]; index++) {
        if (fx_str_is_equal(name, fx_str_of(KNOWN[index].name))) {
            fx_buf_append(buf, fx_str_of(KNOWN[index].json));
            return;
        }
    }
    const struct fx_api_schema_row *row = fx_api_schema_find(element);
    if (row != NULL && row->kind == FX_API_SCHEMA_OBJECT) {
        api_routes_example_object(buf, row);
    } else if (row != NULL) {
        fx_str rest = row->type;
        fx_str word = {0};
        assert_true(fx_api_schema_next_word(&rest, &word));
        fx_json_append_string(buf, word);
    } else if (fx_str_is_equal(type, FX_STR("boolean"))) {
        fx_buf_append(buf, FX_STR("false"));
    } else if (fx_str_is_equal(type, FX_STR("integer")) && fx_str_is_equal(name, FX_STR("id"))) {
        fx_buf_append(buf, FX_STR("900719925474099")); /* of nothing */
    } else if (fx_str_is_equal(type, FX_STR("text")) && fx_str_is_equal(name, FX_STR("id"))) {
        fx_buf_append(buf, FX_STR("\"mine\"")); /* an order's clientOrderId */
    } else if (fx_str_is_equal(type, FX_STR("text"))) {
        fx_buf_append(buf, FX_STR("\"12345678\""));
    } else {
        fx_buf_append(buf, FX_STR("1"));
    }
}

/* The same for path and query: the JSON value without its quotes. */
static inline void api_routes_example_text(struct fx_buf *buf, fx_str name, fx_str type)
{
    struct fx_buf json;
    fx_buf_init(&json, 4096);
    api_routes_example(&json, name, type);
    fx_str text = fx_buf_str(&json);
    while (text.size > 2 && (text.data[0] == '[' || text.data[0] == '"')) {
        text = fx_str_slice(text, 1, text.size - 2);
    }
    fx_buf_append(buf, text);
    fx_buf_deinit(&json);
}

static inline bool api_routes_is_in_body(const struct fx_api_route *route,
                                         const struct fx_api_schema_use *use)
{
    return route->body != FX_API_BODY_NONE && !api_routes_is_in_path(route, use->name) &&
           use->param->place != FX_API_SCHEMA_PLACE_QUERY;
}

/* What some routes need and the table cannot say: the examples are limit orders. */
static inline bool api_routes_is_wanted(const struct fx_api_route *route,
                                        const struct fx_api_schema_use *use,
                                        fx_str changed)
{
    fx_str rest = route->params;
    struct fx_api_schema_use other;
    if (fx_str_is_equal(use->key, FX_STR("ids"))) {
        return true; /* one of two lists that may be there */
    }
    if (fx_str_is_equal(use->key, FX_STR("symbol"))) { /* … or the number of its instrument */
        return route->body == FX_API_BODY_JSON && !fx_str_is_equal(changed, FX_STR("instrumentId"));
    }
    const bool is_size =
        fx_str_is_equal(use->key, FX_STR("quantity")) || fx_str_is_equal(use->key, FX_STR("price"));
    while (is_size && fx_api_schema_next_param(&rest, &other)) {
        if (other.is_required && fx_str_is_equal(other.key, FX_STR("type.order"))) {
            return true;
        }
    }
    return false;
}

static inline void api_routes_add_path(struct api_routes_request *request,
                                       const struct fx_api_route *route,
                                       const struct api_routes_change *change)
{
    struct fx_buf *target = &request->target;
    const size_t colon = fx_str_find(route->path, ':', 0);
    fx_buf_append(target, fx_str_slice(route->path, 0, colon));
    if (colon == SIZE_MAX) {
        return;
    }
    const size_t slash = fx_str_find(route->path, '/', colon);
    fx_str rest = route->params;
    struct fx_api_schema_use use;
    while (fx_api_schema_next_param(&rest, &use)) {
        if (!api_routes_is_in_path(route, use.name)) {
            continue;
        }
        if (!fx_str_is_equal(use.key, change->key)) {
            api_routes_example_text(target, use.name, use.param->type);
        } else if (change->query != NULL && change->query[0] != '\0') {
            fx_buf_append(target, fx_str_of(change->query));
        } else {
            request->is_left_out = true; /* an empty part is another path */
        }
    }
    if (slash != SIZE_MAX) {
        fx_buf_append(target, fx_str_slice(route->path, slash, route->path.size));
    }
}

/** Make a request from the table. */
static inline void api_routes_make(struct api_routes_request *request,
                                   const struct fx_api_route *route,
                                   const struct api_routes_change *change)
{
    fx_str rest = route->params;
    struct fx_api_schema_use use;
    char mark = '?';
    fx_buf_clear(&request->target);
    fx_buf_clear(&request->body);
    request->is_left_out = false;
    api_routes_add_path(request, route, change);
    if (route->body != FX_API_BODY_NONE) {
        fx_buf_append_byte(&request->body, '{');
    }
    while (fx_api_schema_next_param(&rest, &use)) {
        const bool is_changed = fx_str_is_equal(use.key, change->key);
        const bool is_body = api_routes_is_in_body(route, &use);
        const char *value = is_body ? change->json : change->query;
        if (api_routes_is_in_path(route, use.name) ||
            (!use.is_required && !is_changed && !api_routes_is_wanted(route, &use, change->key))) {
            continue;
        }
        request->is_left_out = request->is_left_out || (is_changed && value == NULL);
        if (is_body) {
            fx_json_append_key(&request->body, use.name);
        } else {
            fx_buf_append_byte(&request->target, mark);
            fx_buf_append(&request->target, use.name);
            fx_buf_append_byte(&request->target, '=');
            mark = '&';
        }
        if (is_changed && value != NULL) {
            fx_buf_append(is_body ? &request->body : &request->target, fx_str_of(value));
        } else if (is_body) {
            api_routes_example(&request->body, use.name, use.param->type);
        } else {
            api_routes_example_text(&request->target, use.name, use.param->type);
        }
    }
    if (route->body != FX_API_BODY_NONE) {
        fx_buf_append_byte(&request->body, '}');
    }
}

/** Ask it. @return the status code. */
static inline int api_routes_ask(struct api_harness *harness,
                                 const struct fx_api_route *route,
                                 const struct api_routes_request *request,
                                 const char *token)
{
    char target[65536];
    static char body[1 << 17];
    assert_true(fx_str_copy(fx_buf_str(&request->target), target, sizeof target));
    assert_true(fx_str_copy(fx_buf_str(&request->body), body, sizeof body));
    const int status = api_harness_ask(
        harness, api_routes_method(route), target, token, request->body.size == 0 ? NULL : body);
    if (fx_str_is_equal(api_harness_header(harness, "connection"), FX_STR("close"))) {
        api_harness_disconnect(harness); /* it was no request: what was said of it stays */
        api_harness_connect(harness);
    }
    return status;
}

/** The code of the last error; empty where it was none. */
static inline void api_routes_code(const struct api_harness *harness, char code_out[64])
{
    code_out[0] = '\0';
    if (harness->code >= 400) {
        api_harness_member(harness, "code", code_out, 64);
    }
}

#endif
