/* api/api_schema: the tables of routes, parameters and schemas fit together. */
#include "api/api_int.h"
#include "api/api_schema_int.h"
#include "fx_test.h"
#include "model/command.h"
#include "model/event.h"
#include "model/instrument.h"
#include "model/order.h"

static void print_name(const char *what, fx_str name)
{
    print_error("%s: '%.*s'\n", what, (int)name.size, name.data);
}

static bool is_type(fx_str type)
{
    uint32_t depth = 0;
    const fx_str element = fx_api_schema_element(type, &depth);
    return depth <= 2 && (fx_api_schema_is_basic(element) || fx_api_schema_find(element) != NULL);
}

static void schema_rows_have_known_types_and_unique_names(void **state)
{
    (void)state;
    const struct fx_api_schema_row *rows = NULL;
    const uint32_t count = fx_api_schema_rows(&rows);
    const struct fx_api_schema_row *object = NULL;
    for (uint32_t index = 0; index < count; index++) {
        const struct fx_api_schema_row *row = &rows[index];
        if (row->kind != FX_API_SCHEMA_MEMBER) {
            assert_ptr_equal(fx_api_schema_find(row->name), row);
            object = row->kind == FX_API_SCHEMA_OBJECT ? row : NULL;
            assert_true(row->kind == FX_API_SCHEMA_OBJECT || row->type.size > 0);
            continue;
        }
        assert_non_null(object);
        assert_true(is_type(row->type));
        for (const struct fx_api_schema_row *other = fx_api_schema_next(object); other != row;
             other = fx_api_schema_next(other)) {
            assert_false(fx_str_is_equal(other->name, row->name));
        }
    }
}

static void schema_params_have_known_types_and_sane_limits(void **state)
{
    (void)state;
    const struct fx_api_schema_param *params = NULL;
    const uint32_t count = fx_api_schema_params(&params);
    for (uint32_t index = 0; index < count; index++) {
        const struct fx_api_schema_param *param = &params[index];
        const bool is_text = fx_str_is_equal(param->type, FX_STR("text"));
        if (fx_api_schema_param(param->key) != param || !is_type(param->type) ||
            param->min > param->max || (is_text && param->max == 0)) {
            print_name("parameter", param->key);
            fail();
        }
    }
}

/* The parameter of the path, and everything that the column names. */
static bool has_sound_params(const struct fx_api_route *route)
{
    const size_t colon = fx_str_find(route->path, ':', 0);
    const fx_str in_path = colon == SIZE_MAX
                               ? (fx_str){0}
                               : fx_str_slice(route->path,
                                              colon + 1,
                                              fx_str_find(route->path, '/', colon) - colon - 1);
    bool has_path = colon == SIZE_MAX;
    assert_true(colon != 1); /* the router looks at the first letter */
    fx_str rest = route->params;
    fx_str names[64];
    uint32_t count = 0;
    struct fx_api_schema_use use;
    while (fx_api_schema_next_param(&rest, &use)) {
        if (use.param == NULL || count == 64) {
            print_name("params.def lacks", use.key);
            return false;
        }
        for (uint32_t index = 0; index < count; index++) {
            if (fx_str_is_equal(names[index], use.name)) {
                print_name("twice", use.name);
                return false;
            }
        }
        names[count++] = use.name;
        if (fx_str_is_equal(use.name, in_path)) {
            has_path = use.is_required;
        }
    }
    return has_path;
}

static bool has_sound_answers(const struct fx_api_route *route)
{
    fx_str rest = route->answer;
    struct fx_api_schema_answer answer;
    uint32_t count = 0;
    while (fx_api_schema_next_answer(&rest, &answer)) {
        if (answer.schema == NULL || answer.schema->kind != FX_API_SCHEMA_OBJECT ||
            answer.http_status < 200 || answer.http_status > 299) {
            print_name("schemas.def lacks", answer.name);
            return false;
        }
        count++;
    }
    return count > 0;
}

/* A public route needs no right; an admin's route needs the right ADMIN or no key at all. */
static bool has_sound_scope(const struct fx_api_route *route)
{
    const bool is_open = route->scope == FX_API_SCOPE_NONE;
    const bool is_strong =
        route->scope == FX_API_SCOPE_ADMIN || route->scope == FX_API_SCOPE_SESSION;
    return is_open == (route->guard == FX_API_GUARD_PUBLIC) &&
           (route->guard != FX_API_GUARD_ADMIN || is_strong) &&
           (route->scope != FX_API_SCOPE_READ || route->body == FX_API_BODY_NONE ||
            route->body == FX_API_BODY_OPTIONAL);
}

static void schema_routes_name_what_exists(void **state)
{
    (void)state;
    const struct fx_api_route *routes = NULL;
    const uint32_t count = fx_api_router_table(&routes);
    for (uint32_t index = 0; index < count; index++) {
        const struct fx_api_route *route = &routes[index];
        if (!has_sound_params(route) || !has_sound_answers(route) || !has_sound_scope(route) ||
            route->weight == 0 || route->summary.size == 0) {
            print_name("route", route->path);
            fail();
        }
        for (uint32_t other = 0; other < index; other++) {
            assert_false(routes[other].method == route->method &&
                         fx_str_is_equal(routes[other].path, route->path));
        }
    }
}

/* The words of an ENUM are those of the model, without a gap between their numbers. */
typedef uint32_t (*number_fn)(fx_str word);

#define NUMBER_OF(function)                                                                        \
    static uint32_t number_##function(fx_str word)                                                 \
    {                                                                                              \
        return (uint32_t)function(word);                                                           \
    }

NUMBER_OF(fx_order_side_of)
NUMBER_OF(fx_order_type_of)
NUMBER_OF(fx_order_time_in_force_of)
NUMBER_OF(fx_order_status_of)
NUMBER_OF(fx_order_note_of)
NUMBER_OF(fx_order_stp_mode_of)
NUMBER_OF(fx_order_margin_mode_of)
NUMBER_OF(fx_order_position_side_of)
NUMBER_OF(fx_instrument_contract_type_of)
NUMBER_OF(fx_instrument_kind_of)
NUMBER_OF(fx_instrument_state_of)
NUMBER_OF(fx_command_transaction_of)
NUMBER_OF(fx_event_trade_note_of)

static const struct {
    const char *name;
    number_fn number_of;
} WORDS[] = {
    {"Side", number_fx_order_side_of},
    {"OrderType", number_fx_order_type_of},
    {"TimeInForce", number_fx_order_time_in_force_of},
    {"OrderStatus", number_fx_order_status_of},
    {"OrderNote", number_fx_order_note_of},
    {"StpMode", number_fx_order_stp_mode_of},
    {"MarginMode", number_fx_order_margin_mode_of},
    {"PositionSide", number_fx_order_position_side_of},
    {"ContractType", number_fx_instrument_contract_type_of},
    {"InstrumentKind", number_fx_instrument_kind_of},
    {"InstrumentState", number_fx_instrument_state_of},
    {"TransactionType", number_fx_command_transaction_of},
    {"TradeNote", number_fx_event_trade_note_of},
};

static void schema_words_are_those_of_the_model(void **state)
{
    (void)state;
    for (size_t index = 0; index < sizeof WORDS / sizeof WORDS[0]; index++) {
        const struct fx_api_schema_row *row = fx_api_schema_find(fx_str_of(WORDS[index].name));
        uint64_t numbers = 0;
        assert_non_null(row);
        fx_str rest = row->type;
        fx_str word = {0};
        while (fx_api_schema_next_word(&rest, &word)) {
            const uint32_t number = WORDS[index].number_of(word);
            if (number == 0 || number > 62) {
                print_name(WORDS[index].name, word);
                fail();
            }
            numbers |= 1ULL << number;
        }
        /* 1, 2, 3 … without a gap is one less than a power of two, doubled. */
        const uint64_t from_one = numbers >> 1U;
        if ((numbers & 1U) != 0 || (from_one & (from_one + 1)) != 0) {
            print_error("%s: a number without a word\n", WORDS[index].name);
            fail();
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schema_rows_have_known_types_and_unique_names),
        cmocka_unit_test(schema_params_have_known_types_and_sane_limits),
        cmocka_unit_test(schema_routes_name_what_exists),
        cmocka_unit_test(schema_words_are_those_of_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
