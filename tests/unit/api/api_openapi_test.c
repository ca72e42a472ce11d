/* api/api_openapi: the document is JSON, complete, and the one that is committed. */
#include "api/api_openapi.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_int.h"
#include "fx_test.h"

enum { SIZE_MAX_BYTES = 4 << 20 };

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): made once for all tests
static struct fx_buf text;
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): the same, read
static json_t *document;

static int setup(void **state)
{
    (void)state;
    fx_buf_init(&text, SIZE_MAX_BYTES);
    fx_api_openapi_write(&text);
    document = json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES, NULL);
    return document == NULL ? -1 : 0;
}

static int teardown(void **state)
{
    (void)state;
    json_decref(document);
    fx_buf_deinit(&text);
    return 0;
}

static const json_t *component(const char *reference)
{
    static const char PREFIX[] = "#/components/";
    char kind[64];
    assert_int_equal(strncmp(reference, PREFIX, sizeof PREFIX - 1), 0);
    const char *rest = reference + sizeof PREFIX - 1;
    const size_t size = strcspn(rest, "/");
    assert_true(size < sizeof kind && rest[size] == '/');
    memcpy(kind, rest, size);
    kind[size] = '\0';
    const json_t *components = json_object_get(document, "components");
    return json_object_get(json_object_get(components, kind), rest + size + 1);
}

/* Every "$ref" in a value leads somewhere. @return how many there are. */
// NOLINTNEXTLINE(misc-no-recursion): as deep as the document
static size_t check_references(json_t *value)
{
    const char *key = NULL;
    json_t *member = NULL;
    size_t index = 0;
    size_t count = 0;
    json_object_foreach(value, key, member)
    {
        if (strcmp(key, "$ref") == 0) {
            if (component(json_string_value(member)) == NULL) {
                print_error("leads nowhere: %s\n", json_string_value(member));
                fail();
            }
            count++;
        }
        count += check_references(member);
    }
    json_array_foreach(value, index, member)
    {
        count += check_references(member);
    }
    return count;
}

static void openapi_references_lead_somewhere(void **state)
{
    (void)state;
    assert_string_equal(json_string_value(json_object_get(document, "openapi")), "3.0.3");
    assert_true(check_references(document) > 100);
}

static const char *verb_of(enum fx_net_http_method method)
{
    static const char *const VERBS[] = {"", "get", "head", "post", "put", "patch", "delete"};
    return VERBS[method];
}

/* "/a/:b" as "/a/{b}", by hand. */
static void make_path(fx_str path, char *path_out)
{
    bool is_open = false;
    for (size_t index = 0; index < path.size; index++) {
        if (path.data[index] == '/' && is_open) {
            *path_out++ = '}';
            is_open = false;
        }
        is_open = is_open || path.data[index] == ':';
        *path_out++ = path.data[index] == ':' ? '{' : path.data[index];
    }
    if (is_open) {
        *path_out++ = '}';
    }
    *path_out = '\0';
}

static const json_t *operation_of(const struct fx_api_route *route)
{
    char path[256];
    make_path(route->path, path);
    const json_t *paths = json_object_get(document, "paths");
    return json_object_get(json_object_get(paths, path), verb_of(route->method));
}

/* What the router takes is in the document, with its guard, and nothing else is. */
static void openapi_has_every_route_and_no_other(void **state)
{
    (void)state;
    const struct fx_api_route *routes = NULL;
    const uint32_t count = fx_api_router_table(&routes);
    const char *key = NULL;
    json_t *path = NULL;
    size_t operations = 0;
    json_t *ids = json_object();
    for (uint32_t index = 0; index < count; index++) {
        const json_t *operation = operation_of(&routes[index]);
        assert_non_null(operation);
        const json_t *security = json_object_get(operation, "security");
        const size_t ways = routes[index].guard == FX_API_GUARD_PUBLIC    ? 0
                            : routes[index].scope == FX_API_SCOPE_SESSION ? 1
                                                                          : 2;
        assert_int_equal(json_array_size(security), ways);
        assert_int_equal(json_integer_value(json_object_get(operation, "x-weight")),
                         routes[index].weight);
        const char *id = json_string_value(json_object_get(operation, "operationId"));
        assert_null(json_object_get(ids, id));
        assert_int_equal(json_object_set_new(ids, id, json_true()), 0);
    }
    json_object_foreach(json_object_get(document, "paths"), key, path)
    {
        operations += json_object_size(path);
    }
    assert_int_equal(operations, count);
    json_decref(ids);
}

/* One route by heart: what a reader of the document relies on. */
static void openapi_says_what_cancelling_an_order_takes(void **state)
{
    (void)state;
    const json_t *paths = json_object_get(document, "paths");
    const json_t *path = json_object_get(paths, "/order/{id}");
    char *said = json_dumps(json_object_get(path, "delete"), JSON_COMPACT | JSON_SORT_KEYS);
    assert_non_null(said);
    assert_non_null(strstr(said, "\"operationId\":\"deleteOrderId\""));
    assert_non_null(strstr(said,
                           "{\"description\":\"id, tmpId or clientOrderId\",\"in\":\"path\","
                           "\"name\":\"id\",\"required\":true,\"schema\":{\"maxLength\":36,"
                           "\"minLength\":1,\"type\":\"string\"}}"));
    assert_non_null(strstr(said, "\"in\":\"query\",\"name\":\"symbol\",\"required\":false"));
    assert_non_null(strstr(said,
                           "\"schema\":{\"anyOf\":[{\"$ref\":\"#/components/schemas/Order\"},"
                           "{\"$ref\":\"#/components/schemas/OrderState\"}]}"));
    assert_non_null(strstr(said, "\"4XX\":{\"$ref\":\"#/components/responses/Error\"}"));
    assert_non_null(strstr(said,
                           "\"security\":[{\"bearer\":[]},{\"apikey\":[],\"signature\":[],"
                           "\"timestamp\":[]}]"));
    assert_non_null(strstr(said, "\"x-key-right\":\"REDUCE\""));
    free(said);
}

static void openapi_is_the_committed_one(void **state)
{
    (void)state;
    FILE *file = fopen(FX_SOURCE_DIR "/docs/protocol/openapi.json", "rb");
    assert_non_null(file);
    char *committed = malloc(SIZE_MAX_BYTES);
    assert_non_null(committed);
    const size_t size = fread(committed, 1, SIZE_MAX_BYTES, file);
    (void)fclose(file);
    const bool is_same = size == text.size && memcmp(committed, text.data, size) == 0;
    free(committed);
    if (!is_same) {
        print_error("docs/protocol/openapi.json is old: tools/gen_docs.py (after a build)\n");
    }
    assert_true(is_same);
}

static void openapi_table_for_people_has_a_line_per_route(void **state)
{
    (void)state;
    const struct fx_api_route *routes = NULL;
    const uint32_t count = fx_api_router_table(&routes);
    struct fx_buf table;
    uint32_t lines = 0;
    fx_buf_init(&table, SIZE_MAX_BYTES);
    fx_api_openapi_routes(&table);
    for (size_t index = 0; index < table.size; index++) {
        lines += table.data[index] == '\n';
    }
    assert_int_equal(lines, 2 * count);
    fx_buf_deinit(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(openapi_references_lead_somewhere),
        cmocka_unit_test(openapi_has_every_route_and_no_other),
        cmocka_unit_test(openapi_says_what_cancelling_an_order_takes),
        cmocka_unit_test(openapi_is_the_committed_one),
        cmocka_unit_test(openapi_table_for_people_has_a_line_per_route),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
