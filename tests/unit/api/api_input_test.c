/* Every route of the API against every hostile value of every parameter: refused with the right
 * code, nothing changed, and the server goes on. Made from routes.def and params.def. */
#include "api_routes.h"

/* What the examples of api_routes.h name. */
#define MINE                                                                                       \
    "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":1,\"price\":98,"     \
    "\"clientOrderId\":\"mine\"}"

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): made anew for each test
static struct api_harness world;

static int setup(void **state)
{
    (void)state;
    api_harness_init(&world);
    API_EXPECT(&world, "POST", "/order", API_HARNESS_ALICE, MINE, 202, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    api_harness_deinit(&world);
    return 0;
}

/* A value, and the codes that are right for it. */
struct hostile {
    const char *query;
    const char *json;
    const char *codes;
};

#define DIGITS_37 "1234567890123456789012345678901234567"

static const struct hostile INTEGERS[] = {
    {"1e400", "1e400", "BAD_PARAMETER BAD_JSON"},
    {"-0", "-0", "BAD_PARAMETER"},
    {"-1", "-1", "BAD_PARAMETER"},
    {"+1", "\"+1\"", "BAD_PARAMETER"},
    {"1.5", "1.5", "BAD_PARAMETER"},
    {"x", "\"x\"", "BAD_PARAMETER"},
    {"%201", "\" 1\"", "BAD_PARAMETER"},
    {"18446744073709551616", "18446744073709551616", "BAD_PARAMETER"},
    {DIGITS_37, DIGITS_37, "BAD_PARAMETER"},
    {"0x1", "\"0x1\"", "BAD_PARAMETER"},
    {"", "\"\"", "BAD_PARAMETER"},
    {NULL, "[1]", "BAD_PARAMETER"},
    {NULL, "{\"a\":1}", "BAD_PARAMETER"},
    {NULL, "true", "BAD_PARAMETER"},
};

static const struct hostile DECIMALS[] = {
    {"1e400", "1e400", "BAD_DECIMAL BAD_JSON"},
    {"1e1", "\"1e1\"", "BAD_DECIMAL"},
    {"1e-19", "1e-19", "BAD_DECIMAL"},
    {"0.0000000000000000001", "0.0000000000000000001", "TOO_MANY_DIGITS"},
    {"-0", "-0", "BAD_DECIMAL"},
    {"-0.0", "\"-0.0\"", "BAD_DECIMAL"},
    {"%2B1", "\"+1\"", "BAD_DECIMAL"},
    {"%201", "\" 1\"", "BAD_DECIMAL"},
    {"1.", "\"1.\"", "BAD_DECIMAL"},
    {".5", "\".5\"", "BAD_DECIMAL"},
    {"NaN", "\"NaN\"", "BAD_DECIMAL"},
    {"Infinity", "\"Infinity\"", "BAD_DECIMAL"},
    {DIGITS_37, DIGITS_37, "BAD_DECIMAL"},
    {"1,5", "\"1,5\"", "BAD_DECIMAL"},
    {"", "\"\"", "BAD_DECIMAL BAD_PARAMETER"},
    {NULL, "[1]", "BAD_DECIMAL BAD_PARAMETER"},
    {NULL, "{\"a\":1}", "BAD_DECIMAL BAD_PARAMETER"},
    {NULL, "true", "BAD_DECIMAL BAD_PARAMETER"},
};

static const struct hostile WORDS[] = {
    {"NOPE", "\"NOPE\"", "BAD_PARAMETER"},
    {"%00", "\"\\u0000\"", "BAD_PARAMETER BAD_JSON"},
    {"7", "7", "BAD_PARAMETER"},
    {"", "\"\"", "BAD_PARAMETER"},
    {NULL, "[]", "BAD_PARAMETER"},
    {NULL, "{}", "BAD_PARAMETER"},
    {NULL, "true", "BAD_PARAMETER"},
};

static const struct hostile FLAGS[] = {
    {"maybe", "\"maybe\"", "BAD_PARAMETER"},
    {"", "\"\"", "BAD_PARAMETER"},
    {NULL, "7", "BAD_PARAMETER"},
    {NULL, "[]", "BAD_PARAMETER"},
};

/* Of a text the form is the handler's: these are no text at all. */
static const struct hostile TEXTS[] = {
    {"%00", "\"\\u0000\"", "BAD_PARAMETER BAD_JSON BAD_REQUEST"},
    {"a%00b", "\"a\\u0000b\"", "BAD_PARAMETER BAD_JSON BAD_REQUEST"},
    {"%ff", "\"\xff\"", "BAD_PARAMETER BAD_JSON BAD_REQUEST"},
    {"%ed%a0%80", "\"\\ud800\"", "BAD_PARAMETER BAD_JSON BAD_REQUEST"}, /* a lone surrogate */
    {"%zz", "\"\\z\"", "BAD_PARAMETER BAD_JSON BAD_REQUEST"},
    {NULL, "[]", "BAD_PARAMETER"},
    {NULL, "{}", "BAD_PARAMETER"},
};

static const struct hostile SYMBOLS[] = {
    {"NOPE", "\"NOPE\"", "UNKNOWN_SYMBOL"},
    {"btcusdt", "\"btcusdt\"", "UNKNOWN_SYMBOL"},
    {"BTCUSDT%20", "\"BTCUSDT \"", "UNKNOWN_SYMBOL"},
    {"AVERYLONGSYMBOLTHATISNONEATALL", "\"AVERYLONGSYMBOLTHATISNONEATALL\"", "UNKNOWN_SYMBOL"},
    {"'%20OR%201=1--", "\"' OR 1=1--\"", "UNKNOWN_SYMBOL"},
};

#define LIST(rows)                                                                                 \
    {                                                                                              \
        (rows), sizeof(rows) / sizeof(rows)[0]                                                     \
    }

struct hostiles {
    const struct hostile *rows;
    size_t count;
};

static struct hostiles hostiles_of(const struct fx_api_schema_use *use)
{
    static const struct hostiles NONE = {NULL, 0};
    static const struct {
        const char *type;
        struct hostiles list;
    } TYPES[] = {{"integer", LIST(INTEGERS)},
                 {"time", LIST(INTEGERS)},
                 {"id", LIST(INTEGERS)},
                 {"decimal", LIST(DECIMALS)},
                 {"boolean", LIST(FLAGS)},
                 {"text", LIST(TEXTS)}};
    static const struct hostiles WORD = LIST(WORDS);
    for (size_t index = 0; index < sizeof TYPES / sizeof TYPES[0]; index++) {
        if (fx_str_is_equal(use->param->type, fx_str_of(TYPES[index].type))) {
            return TYPES[index].list;
        }
    }
    const struct fx_api_schema_row *row = fx_api_schema_find(use->param->type);
    return row != NULL && row->kind == FX_API_SCHEMA_ENUM ? WORD : NONE;
}

static bool is_one_of(const char *code, const char *codes)
{
    fx_str rest = fx_str_of(codes);
    fx_str word = {0};
    while (fx_api_schema_next_word(&rest, &word)) {
        if (fx_str_is_equal(word, fx_str_of(code))) {
            return true;
        }
    }
    return false;
}

static const char *token_for(const struct fx_api_route *route)
{
    if (route->guard == FX_API_GUARD_PUBLIC) {
        return NULL;
    }
    return api_harness_token(
        &world, route->guard == FX_API_GUARD_ADMIN ? API_HARNESS_ADMIN : API_HARNESS_ALICE);
}

/* What a run over the tables found; everything is printed before the test fails. */
struct tally {
    uint32_t asked;
    uint32_t wrong;
};

/* A batch is answered member by member: all of them are errors. */
static bool is_all_errors(const char *codes)
{
    static const char BEGIN[] = "{\"data\":[{\"code\":\"";
    char code[64];
    if (strncmp(world.body, BEGIN, sizeof BEGIN - 1) != 0) {
        return false;
    }
    const char *at = world.body + sizeof BEGIN - 1;
    const size_t size = strcspn(at, "\"");
    assert_true(size < sizeof code);
    memcpy(code, at, size);
    code[size] = '\0';
    return is_one_of(code, codes);
}

/* An id in a path that no id can be is one that does not exist. */
static bool is_right(const struct fx_api_route *route,
                     const struct fx_api_schema_use *use,
                     int status,
                     const char *codes)
{
    char code[64];
    api_routes_code(&world, code);
    if (status == 200) {
        return is_all_errors(codes);
    }
    if (status == 404) {
        return api_routes_is_in_path(route, use->name) && strstr(code, "NOT_FOUND") != NULL;
    }
    if (fx_str_is_equal(use->key, FX_STR("price")) &&
        fx_str_is_equal(route->path, FX_STR("/positions/close"))) {
        codes = "BAD_PARAMETER"; /* closing is by MARKET, if not told otherwise: no price at all */
    }
    return status >= 400 && status < 500 && is_one_of(code, codes);
}

static void ask(struct tally *tally,
                const struct fx_api_route *route,
                const struct fx_api_schema_use *use,
                const struct hostile *hostile)
{
    const struct api_routes_change change = {use->key, hostile->query, hostile->json};
    struct api_routes_request request;
    api_routes_init(&request);
    api_routes_make(&request, route, &change);
    if (!request.is_left_out) {
        const int status = api_routes_ask(&world, route, &request, token_for(route));
        tally->asked++;
        if (!is_right(route, use, status, hostile->codes)) {
            print_error("%s %.*s %.*s\n   not %s but %d %.300s\n",
                        api_routes_method(route),
                        (int)request.target.size,
                        request.target.data,
                        (int)request.body.size,
                        request.body.size == 0 ? "" : request.body.data,
                        hostile->codes,
                        status,
                        world.body);
            tally->wrong++;
        } else {
            assert_non_null(strstr(world.body, "\"executed\":\"no\""));
        }
    }
    api_routes_deinit(&request);
}

static void ask_all(struct tally *tally,
                    const struct fx_api_route *route,
                    const struct fx_api_schema_use *use,
                    struct hostiles list)
{
    for (size_t index = 0; index < list.count; index++) {
        ask(tally, route, use, &list.rows[index]);
    }
}

static void input_hostile_values_are_refused_by_every_route(void **state)
{
    (void)state;
    static const struct hostiles SYMBOL = LIST(SYMBOLS);
    const struct fx_api_route *routes = NULL;
    const uint32_t count = fx_api_router_table(&routes);
    const uint64_t before = fx_hash_content(world.kit.engine);
    struct tally tally = {0, 0};
    for (uint32_t index = 0; index < count; index++) {
        fx_str rest = routes[index].params;
        struct fx_api_schema_use use;
        while (fx_api_schema_next_param(&rest, &use)) {
            ask_all(&tally, &routes[index], &use, hostiles_of(&use));
            if (fx_str_is_equal(use.key, FX_STR("symbol"))) {
                ask_all(&tally, &routes[index], &use, SYMBOL);
            }
        }
    }
    assert_int_equal(tally.wrong, 0);
    assert_true(tally.asked > 1000);
    assert_true(before == fx_hash_content(world.kit.engine));
    API_EXPECT(&world, "GET", "/ping", 0, NULL, 200, "{}");
}

/* One byte more than the route takes, in front of which everything is right. */
static void input_bodies_that_are_too_large_are_refused_by_every_route(void **state)
{
    (void)state;
    const struct fx_api_route *routes = NULL;
    const uint32_t count = fx_api_router_table(&routes);
    const uint64_t before = fx_hash_content(world.kit.engine);
    const struct api_routes_change none = {{NULL, 0}, NULL, NULL};
    struct api_routes_request request;
    char code[64];
    api_routes_init(&request);
    for (uint32_t index = 0; index < count; index++) {
        const struct fx_api_route *route = &routes[index];
        const size_t size_max =
            route->body == FX_API_BODY_ORDER ? FX_API_ORDER_BODY_SIZE_MAX : FX_API_BODY_SIZE_MAX;
        if (route->body == FX_API_BODY_NONE) {
            continue;
        }
        api_routes_make(&request, route, &none);
        while (request.body.size <= size_max) {
            fx_buf_append_byte(&request.body, ' ');
        }
        assert_int_equal(api_routes_ask(&world, route, &request, token_for(route)), 413);
        api_routes_code(&world, code);
        assert_string_equal(code, "BODY_TOO_LARGE");
    }
    api_routes_deinit(&request);
    assert_true(before == fx_hash_content(world.kit.engine));
    API_EXPECT(&world, "GET", "/ping", 0, NULL, 200, "{}");
}

/* What the examples say is right: so it is the hostile value that is refused, not its company. */
static void input_harmless_values_are_taken_by_most_routes(void **state)
{
    (void)state;
    const struct fx_api_route *routes = NULL;
    const uint32_t count = fx_api_router_table(&routes);
    const struct api_routes_change none = {{NULL, 0}, NULL, NULL};
    struct api_routes_request request;
    char code[64];
    uint32_t taken = 0;
    api_routes_init(&request);
    for (uint32_t index = 0; index < count; index++) {
        api_routes_make(&request, &routes[index], &none);
        const int status =
            api_routes_ask(&world, &routes[index], &request, token_for(&routes[index]));
        api_routes_code(&world, code);
        assert_true(status < 500);
        assert_string_not_equal(code, "BAD_JSON");
        assert_string_not_equal(code, "UNKNOWN_SYMBOL");
        taken += status < 300;
    }
    api_routes_deinit(&request);
    assert_true(taken > count / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            input_hostile_values_are_refused_by_every_route, setup, teardown),
        cmocka_unit_test_setup_teardown(
            input_bodies_that_are_too_large_are_refused_by_every_route, setup, teardown),
        cmocka_unit_test_setup_teardown(
            input_harmless_values_are_taken_by_most_routes, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
