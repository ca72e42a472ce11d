#include "api/api_openapi.h"

#include <string.h>

#include "api/api_int.h"
#include "api/api_schema_int.h"

enum { ANSWERS_MAX = 16, HTTP_OK = 200 };

/* ---- JSON -------------------------------------------------------------------------------------
 */

static void open_object(struct fx_buf *buf, fx_str key)
{
    fx_json_append_key(buf, key);
    fx_buf_append_byte(buf, '{');
}

static void open_list(struct fx_buf *buf, fx_str key)
{
    fx_json_append_key(buf, key);
    fx_buf_append_byte(buf, '[');
}

static void end_object(struct fx_buf *buf)
{
    fx_buf_append_byte(buf, '}');
}

static void end_list(struct fx_buf *buf)
{
    fx_buf_append_byte(buf, ']');
}

static void begin_item(struct fx_buf *buf)
{
    fx_json_append_comma(buf);
    fx_buf_append_byte(buf, '{');
}

/* A member on a line of its own: whoever adds a route changes one line. */
static void open_line(struct fx_buf *buf, fx_str key)
{
    fx_json_append_comma(buf);
    fx_buf_append_byte(buf, '\n');
    fx_json_append_string(buf, key);
    fx_buf_append(buf, FX_STR(":{"));
}

static void add_reference(struct fx_buf *buf, fx_str where, fx_str name)
{
    fx_json_append_key(buf, FX_STR("$ref"));
    fx_buf_append(buf, FX_STR("\"#/components/"));
    fx_buf_append(buf, where);
    fx_buf_append_byte(buf, '/');
    fx_buf_append(buf, name);
    fx_buf_append_byte(buf, '"');
}

static void add_schema_reference(struct fx_buf *buf, fx_str name)
{
    add_reference(buf, FX_STR("schemas"), name);
}

/* ---- types ------------------------------------------------------------------------------------
 */

struct basic {
    fx_str name;
    fx_str answer;  /* schema where the server says it */
    fx_str request; /* where a client may say it */
};

#define TEXT(literal)                                                                              \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

static const struct basic BASICS[] = {
    {TEXT("text"), TEXT("\"type\":\"string\""), TEXT("\"type\":\"string\"")},
    {TEXT("boolean"), TEXT("\"type\":\"boolean\""), TEXT("\"type\":\"boolean\"")},
    {TEXT("integer"),
     TEXT("\"type\":\"integer\",\"format\":\"int64\""),
     TEXT("\"type\":\"integer\",\"format\":\"int64\"")},
    {TEXT("time"),
     TEXT("\"type\":\"integer\",\"format\":\"int64\""),
     TEXT("\"type\":\"integer\",\"format\":\"int64\"")},
    {TEXT("decimal"),
     TEXT("\"$ref\":\"#/components/schemas/Decimal\""),
     TEXT("\"$ref\":\"#/components/schemas/DecimalInput\"")},
    {TEXT("id"),
     TEXT("\"$ref\":\"#/components/schemas/Id\""),
     TEXT("\"$ref\":\"#/components/schemas/IdInput\"")},
    {TEXT("mixed"), TEXT(""), TEXT("")},
};

static void add_basic(struct fx_buf *buf, fx_str name, bool is_request)
{
    for (size_t index = 0; index < sizeof BASICS / sizeof BASICS[0]; index++) {
        const struct basic *basic = &BASICS[index];
        const fx_str members = is_request ? basic->request : basic->answer;
        if (fx_str_is_equal(basic->name, name) && members.size > 0) {
            fx_json_append_comma(buf);
            fx_buf_append(buf, members);
        }
    }
}

/* The members of the schema of a type; lists are opened and ended here. */
static void add_type(struct fx_buf *buf, fx_str type, bool is_request)
{
    uint32_t depth = 0;
    const fx_str element = fx_api_schema_element(type, &depth);
    for (uint32_t level = 0; level < depth; level++) {
        fx_json_add_str(buf, FX_STR("type"), FX_STR("array"));
        open_object(buf, FX_STR("items"));
    }
    if (fx_api_schema_is_basic(element)) {
        add_basic(buf, element, is_request);
    } else {
        add_schema_reference(buf, element);
    }
    for (uint32_t level = 0; level < depth; level++) {
        end_object(buf);
    }
}

/* Limits of a parameter: of its value, its length or its number of rows. */
static void add_limits(struct fx_buf *buf, const struct fx_api_schema_param *param)
{
    static const struct {
        fx_str type;
        fx_str min;
        fx_str max;
    } NAMES[] = {{TEXT("text"), TEXT("minLength"), TEXT("maxLength")},
                 {TEXT("integer"), TEXT("minimum"), TEXT("maximum")},
                 {TEXT("time"), TEXT("minimum"), TEXT("maximum")}};
    uint32_t depth = 0;
    (void)fx_api_schema_element(param->type, &depth);
    if (param->min == 0 && param->max == 0) {
        return;
    }
    if (depth > 0) {
        fx_json_add_int(buf, FX_STR("minItems"), param->min);
        fx_json_add_int(buf, FX_STR("maxItems"), param->max);
        return;
    }
    for (size_t index = 0; index < sizeof NAMES / sizeof NAMES[0]; index++) {
        if (fx_str_is_equal(NAMES[index].type, param->type)) {
            fx_json_add_int(buf, NAMES[index].min, param->min);
            fx_json_add_int(buf, NAMES[index].max, param->max);
        }
    }
}

static void add_param_type(struct fx_buf *buf, const struct fx_api_schema_param *param)
{
    add_type(buf, param->type, true);
    add_limits(buf, param);
}

/* ---- routes -----------------------------------------------------------------------------------
 */

/* "/order/:id" is written "/order/{id}". */
static void append_path(struct fx_buf *buf, fx_str path)
{
    bool is_open = false;
    for (size_t index = 0; index < path.size; index++) {
        if (path.data[index] == ':') {
            fx_buf_append_byte(buf, '{');
            is_open = true;
            continue;
        }
        if (path.data[index] == '/' && is_open) {
            fx_buf_append_byte(buf, '}');
            is_open = false;
        }
        fx_buf_append_byte(buf, path.data[index]);
    }
    if (is_open) {
        fx_buf_append_byte(buf, '}');
    }
}

static fx_str verb_of(enum fx_net_http_method method)
{
    switch (method) {
    case FX_NET_HTTP_METHOD_POST:
        return FX_STR("post");
    case FX_NET_HTTP_METHOD_PUT:
        return FX_STR("put");
    case FX_NET_HTTP_METHOD_PATCH:
        return FX_STR("patch");
    case FX_NET_HTTP_METHOD_DELETE:
        return FX_STR("delete");
    case FX_NET_HTTP_METHOD_GET:
    case FX_NET_HTTP_METHOD_HEAD:
    case FX_NET_HTTP_METHOD_OPTIONS:
    case FX_NET_HTTP_METHOD_OTHER:
    default:
        return FX_STR("get");
    }
}

/* "deleteOrderCancelAll": as unique as method and path. */
static void add_operation_id(struct fx_buf *buf, const struct fx_api_route *route)
{
    bool is_start = true;
    fx_json_append_key(buf, FX_STR("operationId"));
    fx_buf_append_byte(buf, '"');
    fx_buf_append(buf, verb_of(route->method));
    for (size_t index = 0; index < route->path.size; index++) {
        char byte = route->path.data[index];
        if (byte == '/' || byte == '-' || byte == ':' || byte == '_' || byte == '.') {
            is_start = true;
            continue;
        }
        if (is_start && byte >= 'a' && byte <= 'z') {
            byte = (char)(byte - 'a' + 'A');
        }
        fx_buf_append_byte(buf, byte);
        is_start = false;
    }
    fx_buf_append_byte(buf, '"');
}

/* The first part of the path groups what belongs together. */
static void add_tag(struct fx_buf *buf, fx_str path)
{
    const size_t slash = fx_str_find(path, '/', 1);
    open_list(buf, FX_STR("tags"));
    fx_json_append_string(buf, fx_str_slice(path, 1, slash == SIZE_MAX ? path.size : slash - 1));
    end_list(buf);
}

static bool is_in_path(const struct fx_api_route *route, fx_str name)
{
    size_t at = fx_str_find(route->path, ':', 0);
    while (at != SIZE_MAX) {
        const size_t slash = fx_str_find(route->path, '/', at);
        const size_t end = slash == SIZE_MAX ? route->path.size : slash;
        if (fx_str_is_equal(fx_str_slice(route->path, at + 1, end - at - 1), name)) {
            return true;
        }
        at = fx_str_find(route->path, ':', end);
    }
    return false;
}

static bool is_in_body(const struct fx_api_route *route, const struct fx_api_schema_use *use)
{
    return route->body != FX_API_BODY_NONE && !is_in_path(route, use->name) &&
           use->param->place != FX_API_SCHEMA_PLACE_QUERY;
}

static void add_parameters(struct fx_buf *buf, const struct fx_api_route *route)
{
    fx_str rest = route->params;
    struct fx_api_schema_use use;
    open_list(buf, FX_STR("parameters"));
    while (fx_api_schema_next_param(&rest, &use)) {
        const bool is_path = is_in_path(route, use.name);
        if (use.param == NULL || is_in_body(route, &use)) {
            continue;
        }
        begin_item(buf);
        fx_json_add_str(buf, FX_STR("name"), use.name);
        fx_json_add_str(buf, FX_STR("in"), is_path ? FX_STR("path") : FX_STR("query"));
        fx_json_add_str(buf, FX_STR("description"), use.param->text);
        fx_json_add_bool(buf, FX_STR("required"), is_path || use.is_required);
        open_object(buf, FX_STR("schema"));
        add_param_type(buf, use.param);
        end_object(buf);
        end_object(buf);
    }
    end_list(buf);
}

static void add_required(struct fx_buf *buf, const struct fx_api_route *route)
{
    fx_str rest = route->params;
    struct fx_api_schema_use use;
    bool has_any = false;
    while (fx_api_schema_next_param(&rest, &use)) {
        if (use.param == NULL || !use.is_required || !is_in_body(route, &use)) {
            continue;
        }
        if (!has_any) {
            open_list(buf, FX_STR("required"));
        }
        fx_json_append_comma(buf);
        fx_json_append_string(buf, use.name);
        has_any = true;
    }
    if (has_any) {
        end_list(buf);
    }
}

static void add_body(struct fx_buf *buf, const struct fx_api_route *route)
{
    fx_str rest = route->params;
    struct fx_api_schema_use use;
    if (route->body == FX_API_BODY_NONE) {
        return;
    }
    open_object(buf, FX_STR("requestBody"));
    fx_json_add_bool(buf, FX_STR("required"), route->body != FX_API_BODY_OPTIONAL);
    open_object(buf, FX_STR("content"));
    open_object(buf, FX_STR("application/json"));
    open_object(buf, FX_STR("schema"));
    fx_json_add_str(buf, FX_STR("type"), FX_STR("object"));
    add_required(buf, route);
    open_object(buf, FX_STR("properties"));
    while (fx_api_schema_next_param(&rest, &use)) {
        if (use.param != NULL && is_in_body(route, &use)) {
            open_object(buf, use.name);
            add_param_type(buf, use.param);
            end_object(buf);
        }
    }
    end_object(buf);
    end_object(buf);
    end_object(buf);
    end_object(buf);
    end_object(buf);
}

/* ---- answers ----------------------------------------------------------------------------------
 */

struct answers {
    struct fx_api_schema_answer items[ANSWERS_MAX];
    uint32_t count;
};

static void read_answers(const struct fx_api_route *route, struct answers *answers_out)
{
    fx_str rest = route->answer;
    answers_out->count = 0;
    while (answers_out->count < ANSWERS_MAX &&
           fx_api_schema_next_answer(&rest, &answers_out->items[answers_out->count])) {
        answers_out->count++;
    }
}

/* One schema, or any of those that have this status and are rows of a list or not. */
static void add_alternatives(struct fx_buf *buf,
                             const struct answers *answers,
                             uint32_t http_status,
                             bool is_list)
{
    uint32_t count = 0;
    for (uint32_t index = 0; index < answers->count; index++) {
        const struct fx_api_schema_answer *answer = &answers->items[index];
        count += answer->http_status == http_status && answer->is_list == is_list;
    }
    if (count > 1) {
        open_list(buf, FX_STR("anyOf"));
    }
    for (uint32_t index = 0; index < answers->count; index++) {
        const struct fx_api_schema_answer *answer = &answers->items[index];
        if (answer->http_status == http_status && answer->is_list == is_list) {
            if (count > 1) {
                begin_item(buf);
            }
            add_schema_reference(buf, answer->name);
            if (count > 1) {
                end_object(buf);
            }
        }
    }
    if (count > 1) {
        end_list(buf);
    }
}

static void add_answer_schema(struct fx_buf *buf,
                              const struct answers *answers,
                              uint32_t http_status)
{
    bool is_list = false;
    for (uint32_t index = 0; index < answers->count; index++) {
        const struct fx_api_schema_answer *answer = &answers->items[index];
        is_list = is_list || (answer->http_status == http_status && answer->is_list);
    }
    if (!is_list) {
        add_alternatives(buf, answers, http_status, false);
        return;
    }
    fx_json_add_str(buf, FX_STR("type"), FX_STR("object"));
    open_list(buf, FX_STR("required"));
    fx_json_append_string(buf, FX_STR("data"));
    end_list(buf);
    open_object(buf, FX_STR("properties"));
    open_object(buf, FX_STR("data"));
    fx_json_add_str(buf, FX_STR("type"), FX_STR("array"));
    open_object(buf, FX_STR("items"));
    add_alternatives(buf, answers, http_status, true);
    end_object(buf);
    end_object(buf);
    open_object(buf, FX_STR("nextCursor"));
    fx_json_add_str(buf, FX_STR("type"), FX_STR("string"));
    fx_json_add_str(buf, FX_STR("description"), FX_STR("Absent: this was the last page"));
    end_object(buf);
    end_object(buf);
}

static void add_headers(struct fx_buf *buf)
{
    static const fx_str NAMES[] = {
        TEXT("RateLimit"), TEXT("RateLimit-Policy"), TEXT("x-request-id")};
    open_object(buf, FX_STR("headers"));
    for (size_t index = 0; index < sizeof NAMES / sizeof NAMES[0]; index++) {
        open_object(buf, NAMES[index]);
        add_reference(buf, FX_STR("headers"), NAMES[index]);
        end_object(buf);
    }
    end_object(buf);
}

/* Rows as lines of text, not one object. */
static void add_lines(struct fx_buf *buf, fx_str content_type)
{
    open_object(buf, content_type);
    open_object(buf, FX_STR("schema"));
    fx_json_add_str(buf, FX_STR("type"), FX_STR("string"));
    end_object(buf);
    end_object(buf);
}

static void add_answer(struct fx_buf *buf, const struct answers *answers, uint32_t http_status)
{
    char digits[3];
    for (uint32_t index = 3, rest = http_status; index > 0; index--, rest /= 10) {
        digits[index - 1] = (char)('0' + rest % 10);
    }
    open_object(buf, (fx_str){digits, sizeof digits});
    for (uint32_t index = 0; index < answers->count; index++) {
        const struct fx_api_schema_answer *answer = &answers->items[index];
        if (answer->http_status == http_status && answer->schema != NULL) {
            fx_json_add_str(buf, FX_STR("description"), answer->schema->text);
            break;
        }
    }
    add_headers(buf);
    open_object(buf, FX_STR("content"));
    if (fx_str_is_equal(answers->items[0].name, FX_STR("Export"))) {
        add_lines(buf, FX_STR("application/x-ndjson"));
        add_lines(buf, FX_STR("text/csv"));
    } else {
        open_object(buf, FX_STR("application/json"));
        open_object(buf, FX_STR("schema"));
        add_answer_schema(buf, answers, http_status);
        end_object(buf);
        end_object(buf);
    }
    end_object(buf);
    end_object(buf);
}

static void add_responses(struct fx_buf *buf, const struct fx_api_route *route)
{
    struct answers answers;
    read_answers(route, &answers);
    open_object(buf, FX_STR("responses"));
    for (uint32_t index = 0; index < answers.count; index++) {
        const uint32_t http_status = answers.items[index].http_status;
        bool is_new = true;
        for (uint32_t before = 0; before < index; before++) {
            is_new = is_new && answers.items[before].http_status != http_status;
        }
        if (is_new) {
            add_answer(buf, &answers, http_status);
        }
    }
    static const fx_str CLASSES[] = {TEXT("4XX"), TEXT("5XX")};
    for (size_t index = 0; index < sizeof CLASSES / sizeof CLASSES[0]; index++) {
        open_object(buf, CLASSES[index]);
        add_reference(buf, FX_STR("responses"), FX_STR("Error"));
        end_object(buf);
    }
    end_object(buf);
}

/* ---- the document -----------------------------------------------------------------------------
 */

static fx_str scope_name(enum fx_api_scope scope)
{
    static const fx_str NAMES[] = {[FX_API_SCOPE_NONE] = TEXT("NONE"),
                                   [FX_API_SCOPE_READ] = TEXT("READ"),
                                   [FX_API_SCOPE_WRITE] = TEXT("WRITE"),
                                   [FX_API_SCOPE_TRADE] = TEXT("TRADE"),
                                   [FX_API_SCOPE_TRANSFER] = TEXT("TRANSFER"),
                                   [FX_API_SCOPE_ADMIN] = TEXT("ADMIN"),
                                   [FX_API_SCOPE_SESSION] = TEXT("SESSION"),
                                   [FX_API_SCOPE_REDUCE] = TEXT("REDUCE")};
    return NAMES[scope];
}

static void add_security(struct fx_buf *buf, const struct fx_api_route *route)
{
    open_list(buf, FX_STR("security"));
    if (route->guard != FX_API_GUARD_PUBLIC) {
        fx_json_append_comma(buf);
        fx_buf_append(buf, FX_STR("{\"bearer\":[]}"));
        if (route->scope != FX_API_SCOPE_SESSION) {
            fx_buf_append(buf, FX_STR(",{\"apikey\":[],\"timestamp\":[],\"signature\":[]}"));
        }
    }
    end_list(buf);
}

static void add_operation(struct fx_buf *buf, const struct fx_api_route *route)
{
    open_object(buf, verb_of(route->method));
    add_operation_id(buf, route);
    fx_json_add_str(buf, FX_STR("summary"), route->summary);
    add_tag(buf, route->path);
    add_security(buf, route);
    fx_json_add_bool(buf, FX_STR("x-admin-only"), route->guard == FX_API_GUARD_ADMIN);
    fx_json_add_str(buf, FX_STR("x-key-right"), scope_name(route->scope));
    fx_json_add_int(buf, FX_STR("x-weight"), route->weight);
    add_parameters(buf, route);
    add_body(buf, route);
    add_responses(buf, route);
    end_object(buf);
}

static void add_paths(struct fx_buf *buf)
{
    const struct fx_api_route *routes = NULL;
    const uint32_t count = fx_api_router_table(&routes);
    struct fx_buf path;
    fx_buf_init(&path, 256);
    fx_buf_append(buf, FX_STR("\"paths\":{"));
    for (uint32_t index = 0; index < count; index++) {
        bool is_new = true;
        for (uint32_t before = 0; before < index; before++) {
            is_new = is_new && !fx_str_is_equal(routes[before].path, routes[index].path);
        }
        if (!is_new) {
            continue;
        }
        fx_buf_clear(&path);
        append_path(&path, routes[index].path);
        open_line(buf, fx_buf_str(&path));
        for (uint32_t same = index; same < count; same++) {
            if (fx_str_is_equal(routes[same].path, routes[index].path)) {
                add_operation(buf, &routes[same]);
            }
        }
        end_object(buf);
    }
    end_object(buf);
    fx_buf_deinit(&path);
}

/* True for a schema that clients send. */
static bool is_request_schema(fx_str name)
{
    const struct fx_api_schema_param *params = NULL;
    const uint32_t count = fx_api_schema_params(&params);
    uint32_t depth = 0;
    for (uint32_t index = 0; index < count; index++) {
        if (fx_str_is_equal(fx_api_schema_element(params[index].type, &depth), name)) {
            return true;
        }
    }
    return false;
}

static void add_members(struct fx_buf *buf, const struct fx_api_schema_row *object)
{
    const bool is_request = is_request_schema(object->name);
    bool has_required = false;
    fx_json_add_str(buf, FX_STR("type"), FX_STR("object"));
    for (const struct fx_api_schema_row *row = fx_api_schema_next(object); row != NULL;
         row = fx_api_schema_next(row)) {
        if (row->is_required) {
            if (!has_required) {
                open_list(buf, FX_STR("required"));
            }
            fx_json_append_comma(buf);
            fx_json_append_string(buf, row->name);
            has_required = true;
        }
    }
    if (has_required) {
        end_list(buf);
    }
    open_object(buf, FX_STR("properties"));
    for (const struct fx_api_schema_row *row = fx_api_schema_next(object); row != NULL;
         row = fx_api_schema_next(row)) {
        open_object(buf, row->name);
        add_type(buf, row->type, is_request);
        end_object(buf);
    }
    end_object(buf);
}

static void add_words(struct fx_buf *buf, const struct fx_api_schema_row *row)
{
    fx_str rest = row->type;
    fx_str word = {0};
    fx_json_add_str(buf, FX_STR("type"), FX_STR("string"));
    open_list(buf, FX_STR("enum"));
    while (fx_api_schema_next_word(&rest, &word)) {
        fx_json_append_comma(buf);
        fx_json_append_string(buf, word);
    }
    end_list(buf);
}

static const fx_str NUMBERS = TEXT(
    "\n\"Decimal\":{\"type\":\"string\",\"description\":\"An exact decimal number: at most 18 digits "
    "behind the point, never an exponent\",\"pattern\":\"^-?(0|[1-9][0-9]*)(\\\\.[0-9]*[1-9])?$\","
    "\"example\":\"0.125\"},"
    "\n\"DecimalInput\":{\"description\":\"A decimal as a string, or as a number without exponent "
    "(its digits are taken, it never becomes a double)\",\"anyOf\":[{\"type\":\"string\",\"pattern\":"
    "\"^-?[0-9]{1,18}(\\\\.[0-9]{1,18})?$\"},{\"type\":\"number\"}]},"
    "\n\"Id\":{\"type\":\"string\",\"pattern\":\"^[0-9]+$\",\"description\":\"A number that may pass "
    "2^53\"},"
    "\n\"IdInput\":{\"anyOf\":[{\"type\":\"string\",\"pattern\":\"^[0-9]+$\"},{\"type\":\"integer\","
    "\"format\":\"int64\",\"minimum\":1}]}");

static void add_schemas(struct fx_buf *buf)
{
    const struct fx_api_schema_row *rows = NULL;
    const uint32_t count = fx_api_schema_rows(&rows);
    open_object(buf, FX_STR("schemas"));
    fx_buf_append(buf, NUMBERS);
    for (uint32_t index = 0; index < count; index++) {
        if (rows[index].kind == FX_API_SCHEMA_MEMBER) {
            continue;
        }
        open_line(buf, rows[index].name);
        fx_json_add_str(buf, FX_STR("description"), rows[index].text);
        if (rows[index].kind == FX_API_SCHEMA_ENUM) {
            add_words(buf, &rows[index]);
        } else {
            add_members(buf, &rows[index]);
        }
        end_object(buf);
    }
    end_object(buf);
}

static const fx_str HEAD = TEXT(
    "{\"openapi\":\"3.0.3\",\n\"info\":{\"title\":\"future\",\"version\":\"1\",\"description\":"
    "\"REST interface of the futures exchange. Decimals are strings, times are milliseconds since "
    "1970, members that have nothing to say are left out. x-key-right is the right that an API key "
    "needs, x-weight what the rate limit counts.\"},\n\"servers\":[{\"url\":\"/api/v1\"}],\n");

/* What does not come from a table. */
static const fx_str FIXED = TEXT(
    "\n\"securitySchemes\":{\n\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":"
    "\"JWT\",\"description\":\"accessToken of POST /auth/login\"},"
    "\n\"apikey\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"apikey\"},"
    "\n\"timestamp\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"timestamp\",\"description\":"
    "\"Milliseconds since 1970\"},"
    "\n\"signature\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"signature\",\"description\":"
    "\"Of the request, with the key's secret; x-signature-version chooses the form\"}},"
    "\n\"headers\":{\n\"RateLimit\":{\"description\":\"Bucket, weight left (r), seconds until it is "
    "full (t)\",\"schema\":{\"type\":\"string\"}},"
    "\n\"RateLimit-Policy\":{\"description\":\"Bucket, what it holds (q), seconds in which it fills "
    "(w)\",\"schema\":{\"type\":\"string\"}},"
    "\n\"Retry-After\":{\"description\":\"Seconds to wait, with 429 and 503\",\"schema\":{\"type\":"
    "\"integer\"}},"
    "\n\"x-request-id\":{\"description\":\"As sent, or made\",\"schema\":{\"type\":\"string\"}}},"
    "\n\"responses\":{\n\"Error\":{\"description\":\"Nothing was changed, unless executed says "
    "unknown\",\"headers\":{\"Retry-After\":{\"$ref\":\"#/components/headers/Retry-After\"},"
    "\"x-request-id\":{\"$ref\":\"#/components/headers/x-request-id\"}},\"content\":{"
    "\"application/json\":{\"schema\":{\"$ref\":\"#/components/schemas/Error\"}}}}}");

static fx_str method_of(enum fx_net_http_method method)
{
    static const fx_str NAMES[] = {[FX_NET_HTTP_METHOD_GET] = TEXT("GET"),
                                   [FX_NET_HTTP_METHOD_HEAD] = TEXT("HEAD"),
                                   [FX_NET_HTTP_METHOD_POST] = TEXT("POST"),
                                   [FX_NET_HTTP_METHOD_PUT] = TEXT("PUT"),
                                   [FX_NET_HTTP_METHOD_PATCH] = TEXT("PATCH"),
                                   [FX_NET_HTTP_METHOD_DELETE] = TEXT("DELETE")};
    return NAMES[method];
}

static void append_column(struct fx_buf *buf, fx_str text, size_t width)
{
    fx_buf_append(buf, text);
    for (size_t size = text.size; size < width; size++) {
        fx_buf_append_byte(buf, ' ');
    }
    fx_buf_append_byte(buf, ' ');
}

void fx_api_openapi_routes(struct fx_buf *buf)
{
    enum { METHOD_WIDTH = 6, PATH_WIDTH = 34, GUARD_WIDTH = 6, RIGHT_WIDTH = 8 };
    static const fx_str GUARDS[] = {[FX_API_GUARD_PUBLIC] = TEXT("PUBLIC"),
                                    [FX_API_GUARD_USER] = TEXT("USER"),
                                    [FX_API_GUARD_ADMIN] = TEXT("ADMIN")};
    const struct fx_api_route *routes = NULL;
    const uint32_t count = fx_api_router_table(&routes);
    for (uint32_t index = 0; index < count; index++) {
        const struct fx_api_route *route = &routes[index];
        append_column(buf, method_of(route->method), METHOD_WIDTH);
        append_column(buf, route->path, PATH_WIDTH);
        append_column(buf, GUARDS[route->guard], GUARD_WIDTH);
        append_column(buf, scope_name(route->scope), RIGHT_WIDTH);
        fx_buf_append_u64(buf, route->weight);
        fx_buf_append(buf, route->weight < 10 ? FX_STR("  ") : FX_STR(" "));
        fx_buf_append(buf, route->summary);
        fx_buf_append(buf, FX_STR("\n    "));
        fx_buf_append(buf, route->params);
        fx_buf_append(buf, FX_STR(" -> "));
        fx_buf_append(buf, route->answer);
        fx_buf_append_byte(buf, '\n');
    }
}

void fx_api_openapi_write(struct fx_buf *buf)
{
    fx_buf_append(buf, HEAD);
    add_paths(buf);
    fx_buf_append(buf, FX_STR(",\n\"components\":{"));
    add_schemas(buf);
    fx_buf_append_byte(buf, ',');
    fx_buf_append(buf, FIXED);
    fx_buf_append(buf, FX_STR("}}\n"));
}
