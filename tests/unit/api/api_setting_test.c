/* api/api_setting: what front ends remember, bounded and each user's own. */
#include "api/api_int.h"
#include "api_world.h"

#define ALICE API_HARNESS_ALICE

static void api_setting_values_come_back_as_they_were(void **state)
{
    (void)state;
    API_EXPECT(&world, "GET", "/user/settings", ALICE, NULL, 200, "{\"settings\":{}}");
    API_EXPECT(&world,
               "PUT",
               "/user/settings",
               ALICE,
               "{\"settings\":{\"theme\":\"d\\u00e4rk \\\"x\\\"\",\"size\":1.50,\"is.on\":true,"
               "\"a:b-c_d\":-0.0,\"gone\":null}}",
               200,
               "{\"settings\":{\"a:b-c_d\":-0.0,\"is.on\":true,\"size\":1.50,"
               "\"theme\":\"d\\u00e4rk \\\"x\\\"\"}}");
    API_EXPECT(&world,
               "PUT",
               "/user/settings",
               ALICE,
               "{\"settings\":{\"size\":2,\"theme\":null,\"a:b-c_d\":null}}",
               200,
               "{\"settings\":{\"is.on\":true,\"size\":2}}");
    API_EXPECT(&world,
               "GET",
               "/user/settings",
               ALICE,
               NULL,
               200,
               "{\"settings\":{\"is.on\":true,\"size\":2}}");
    API_EXPECT(&world, "GET", "/user/settings", API_HARNESS_BOB, NULL, 200, "{\"settings\":{}}");
    API_EXPECT(&world, "PUT", "/user/settings", ALICE, "{\"settings\":{}}", 200, NULL);
    API_EXPECT_ERROR(&world, "GET", "/user/settings", 0, NULL, 401, "UNAUTHORIZED");
}

static void api_setting_bad_bodies_change_nothing(void **state)
{
    (void)state;
    static char long_key[256];
    static char long_value[1024];
    static const char *const BODIES[] = {"{}",
                                         "{\"settings\":1}",
                                         "{\"settings\":null}",
                                         "{\"settings\":[]}",
                                         "{\"settings\":{\"\":1}}",
                                         "{\"settings\":{\"a b\":1}}",
                                         "{\"settings\":{\"\\u0061\":1}}",
                                         "{\"settings\":{\"a'--\":1}}",
                                         "{\"settings\":{\"ok\":1,\"a\":[1]}}",
                                         "{\"settings\":{\"ok\":1,\"a\":{}}}",
                                         long_key,
                                         long_value};
    (void)snprintf(long_key, sizeof long_key, "{\"settings\":{\"%064d\":1}}", 0);
    (void)snprintf(long_value, sizeof long_value, "{\"settings\":{\"a\":\"%0511d\"}}", 0);
    for (size_t index = 0; index < sizeof BODIES / sizeof BODIES[0]; index++) {
        char field[16];
        API_EXPECT_ERROR(
            &world, "PUT", "/user/settings", ALICE, BODIES[index], 400, "BAD_PARAMETER");
        api_harness_member(&world, "field", field, sizeof field);
        assert_string_equal(field, "settings");
    }
    API_EXPECT(&world, "GET", "/user/settings", ALICE, NULL, 200, "{\"settings\":{}}");
    (void)snprintf(long_key, sizeof long_key, "{\"settings\":{\"%063d\":1}}", 0);
    (void)snprintf(long_value, sizeof long_value, "{\"settings\":{\"a\":\"%0510d\"}}", 0);
    API_EXPECT(&world, "PUT", "/user/settings", ALICE, long_key, 200, NULL);
    API_EXPECT(&world, "PUT", "/user/settings", ALICE, long_value, 200, NULL);
}

/* Settings number `first` to `last`, one JSON value for all. */
static void put_many(uint32_t first, uint32_t last, const char *value, int status)
{
    struct fx_buf body;
    fx_buf_init(&body, 8192);
    fx_buf_append(&body, FX_STR("{\"settings\":{"));
    for (uint32_t index = first; index <= last; index++) {
        fx_buf_append(&body, index == first ? FX_STR("\"k") : FX_STR(",\"k"));
        fx_buf_append_u64(&body, index);
        fx_buf_append(&body, FX_STR("\":"));
        fx_buf_append(&body, fx_str_of(value));
    }
    fx_buf_append(&body, FX_STR("}}"));
    fx_buf_append_byte(&body, '\0');
    (void)api_harness_ask(
        &world, "PUT", "/user/settings", api_harness_token(&world, ALICE), body.data);
    assert_int_equal(world.code, status);
    fx_buf_deinit(&body);
}

static void api_setting_number_is_bounded_and_all_or_nothing(void **state)
{
    (void)state;
    put_many(1, 60, "1", 200);
    put_many(61, 101, "1", 409);
    assert_non_null(strstr(world.body, "SETTING_LIMIT"));
    API_EXPECT(&world, "GET", "/user/settings", ALICE, NULL, 200, NULL);
    assert_null(strstr(world.body, "\"k61\""));
    put_many(61, 100, "1", 200);
    put_many(1, 60, "2", 200); /* what is there may change */
    put_many(1, 1, "null", 200);
    put_many(101, 101, "1", 200);
    put_many(1, 65, "1", 400); /* no object has so many members */
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(api_setting_values_come_back_as_they_were),
        T(api_setting_bad_bodies_change_nothing),
        T(api_setting_number_is_bounded_and_all_or_nothing),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
