#include "api/api_int.h"
#include "base/panic.h"

#define METHOD_BIT(method) (1U << (uint32_t)(method))

static const struct fx_api_route ROUTES[] = {
#define X(method, path, guard, scope, weight, body, handler, params, answer, summary)              \
    {FX_NET_HTTP_METHOD_##method,                                                                  \
     {(path), sizeof(path) - 1},                                                                   \
     FX_API_GUARD_##guard,                                                                         \
     FX_API_SCOPE_##scope,                                                                         \
     (weight),                                                                                     \
     FX_API_BODY_##body,                                                                           \
     fx_api_##handler,                                                                             \
     {(params), sizeof(params) - 1},                                                               \
     {(answer), sizeof(answer) - 1},                                                               \
     {(summary), sizeof(summary) - 1}},
#include "api/routes.def"
#undef X
};

enum { ROUTE_COUNT = sizeof ROUTES / sizeof ROUTES[0] };

static const fx_str PREFIX = {"/api/v1", sizeof "/api/v1" - 1};

static bool has_param(fx_str pattern)
{
    return fx_str_find(pattern, ':', 0) != SIZE_MAX;
}

/* The whole table is walked for each request, so what decides most often is asked first. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): what the table says, what was asked
static bool matches_exactly(fx_str pattern, fx_str path)
{
    return pattern.size == path.size && fx_str_is_equal(pattern, path) && !has_param(pattern);
}

/* One :name stands for one whole part, which is not empty. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): what the table says, what was asked
static bool matches_param(fx_str pattern, fx_str path, fx_str *param_out)
{
    if (path.size < 2 || path.data[1] != pattern.data[1]) {
        return false; /* no pattern begins with a parameter */
    }
    const size_t at = fx_str_find(pattern, ':', 0);
    if (at == SIZE_MAX) {
        return false;
    }
    const size_t slash = fx_str_find(pattern, '/', at);
    const fx_str rest =
        slash == SIZE_MAX ? (fx_str){0} : fx_str_slice(pattern, slash, pattern.size);
    if (path.size <= at + rest.size || !fx_str_has_prefix(path, fx_str_slice(pattern, 0, at))) {
        return false;
    }
    const fx_str part = fx_str_slice(path, at, path.size - rest.size - at);
    if (fx_str_find(part, '/', 0) != SIZE_MAX ||
        !fx_str_is_equal(fx_str_slice(path, path.size - rest.size, path.size), rest)) {
        return false;
    }
    *param_out = part;
    return true;
}

static void find_in(struct fx_api_router_match *match,
                    enum fx_net_http_method method,
                    fx_str path,
                    bool is_param)
{
    for (uint32_t index = 0; index < ROUTE_COUNT; index++) {
        const struct fx_api_route *route = &ROUTES[index];
        fx_str param = {0};
        if (is_param ? !matches_param(route->path, path, &param)
                     : !matches_exactly(route->path, path)) {
            continue;
        }
        match->methods |= METHOD_BIT(route->method);
        if (route->method == method) {
            match->route = route;
            match->param = param;
        }
    }
}

struct fx_api_router_match fx_api_router_find(enum fx_net_http_method method, fx_str path)
{
    struct fx_api_router_match match = {.status = FX_OK};
    const enum fx_net_http_method wanted =
        method == FX_NET_HTTP_METHOD_HEAD ? FX_NET_HTTP_METHOD_GET : method;
    fx_str rest = path; /* of the paths without the prefix, fx_api_owns() lets those through that
                           are routes */
    if (fx_str_has_prefix(path, PREFIX)) {
        rest = fx_str_slice(path, PREFIX.size, path.size - PREFIX.size);
    }
    while (rest.size > 1 && rest.data[rest.size - 1] == '/') {
        rest.size--;
    }
    find_in(&match, wanted, rest, false);
    if (match.methods == 0) {
        find_in(&match, wanted, rest, true);
    }
    if (match.route == NULL) {
        match.status = match.methods == 0 ? FX_ROUTE_NOT_FOUND : FX_METHOD_NOT_ALLOWED;
    }
    return match;
}

void fx_api_router_append_methods(struct fx_buf *buf, uint32_t methods)
{
    static const struct {
        enum fx_net_http_method method;
        fx_str name;
    } NAMES[] = {{FX_NET_HTTP_METHOD_GET, {"GET, HEAD, ", 11}},
                 {FX_NET_HTTP_METHOD_POST, {"POST, ", 6}},
                 {FX_NET_HTTP_METHOD_PUT, {"PUT, ", 5}},
                 {FX_NET_HTTP_METHOD_DELETE, {"DELETE, ", 8}}};
    for (size_t index = 0; index < sizeof NAMES / sizeof NAMES[0]; index++) {
        if ((methods & METHOD_BIT(NAMES[index].method)) != 0) {
            fx_buf_append(buf, NAMES[index].name);
        }
    }
    fx_buf_append(buf, FX_STR("OPTIONS"));
}

uint32_t fx_api_router_table(const struct fx_api_route **routes_out)
{
    *routes_out = ROUTES;
    return ROUTE_COUNT;
}
