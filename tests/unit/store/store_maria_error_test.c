/* store_maria_error and the ways to log in: what needs no server. That a server's numbers are these
 * is in tests/integration/store_maria_fault_test.c. */
#include <string.h>

#include "fx_test.h"
#include "store/store_maria_error_int.h"
#include "store/store_maria_int.h"

/* Whatever a server that goes away, fails over or is full may say: it is tried again. */
static void store_maria_error_passing_troubles_are_retried(void **state)
{
    static const unsigned int CODES[] = {
        1020, 1028, 1040, 1041, 1047, 1053, 1077, 1079, 1080, 1105, 1129, 1130, 1152, 1153, 1154,
        1155, 1156, 1157, 1158, 1159, 1160, 1161, 1180, 1184, 1203, 1205, 1206, 1213, 1226, 1243,
        1290, 1317, 1412, 1461, 1613, 1614, 1615, 1637, 1836, 1927, 1969, 2002, 2003, 2006, 2013,
        2014, 2026, 2027, 2055, 3024, 3100, 3101, 3168, 3572, 4031, 5014, 9001};
    (void)state;
    for (size_t index = 0; index < sizeof CODES / sizeof CODES[0]; index++) {
        const struct fx_store_maria_error error = fx_store_maria_error_of(CODES[index]);
        if (!fx_status_is_retryable(error.status)) {
            fail_msg("%u: %s", CODES[index], fx_status_name(error.status));
        }
    }
}

/* On the same connection these would only come again. */
static void store_maria_error_broken_connections_are_left(void **state)
{
    static const unsigned int LOST[] = {
        1053, 1152, 1153, 1158, 1159, 1160, 1161, 1184, 1243, 1290, 1836, 1927, 2006, 2013, 4031};
    static const unsigned int KEPT[] = {1205, 1213, 1969, 3024, 1062, 1406, 1142, 1146};
    (void)state;
    for (size_t index = 0; index < sizeof LOST / sizeof LOST[0]; index++) {
        assert_true(fx_store_maria_error_of(LOST[index]).is_lost);
    }
    for (size_t index = 0; index < sizeof KEPT / sizeof KEPT[0]; index++) {
        assert_false(fx_store_maria_error_of(KEPT[index]).is_lost);
    }
}

static void store_maria_error_settings_say_what_to_do(void **state)
{
    static const struct {
        unsigned int code;
        const char *words;
    } ROWS[] = {{1045, "DB_USERNAME"},
                {1698, "DB_PASSWORD"},
                {1049, "DB_DATABASE"},
                {1044, "GRANT"},
                {1227, "GRANT"},
                {1146, "future migrate"},
                {1153, "max_allowed_packet"},
                {1290, "DB_HOST"},
                {2026, "DB_SSL_CA"},
                {2059, "DB_SSL_CA"}};
    (void)state;
    for (size_t index = 0; index < sizeof ROWS / sizeof ROWS[0]; index++) {
        assert_non_null(strstr(fx_store_maria_error_of(ROWS[index].code).words, ROWS[index].words));
    }
    assert_int_equal(fx_store_maria_error_of(0).status, FX_OK);
    assert_int_equal(fx_store_maria_error_of(1062).status, FX_EXISTS);
    assert_int_equal(fx_store_maria_error_of(1064).status, FX_INTERNAL); /* our own mistake */
    assert_int_equal(fx_store_maria_error_of(1999).status, FX_INTERNAL);
}

/* The password itself goes to a server that was verified, or is here. */
static void store_maria_error_password_goes_to_verified_servers_only(void **state)
{
    struct fx_store_maria_config config = {.host = "db.example"};
    (void)state;
    assert_null(strstr(fx_store_maria_link_plugins(&config), "sha2"));
    assert_null(strstr(fx_store_maria_link_plugins(&config), "sha256"));
    assert_non_null(strstr(fx_store_maria_link_plugins(&config), "client_ed25519"));
    config.is_tls_required = true; /* encrypted, but for whom? */
    assert_null(strstr(fx_store_maria_link_plugins(&config), "sha"));
    config.is_unverified_allowed = true;
    assert_non_null(strstr(fx_store_maria_link_plugins(&config), "caching_sha2_password"));
    config.is_unverified_allowed = false;
    config.tls_ca = "ca.pem";
    assert_non_null(strstr(fx_store_maria_link_plugins(&config), "caching_sha2_password"));
    static const char *const HERE[] = {"localhost", "127.0.0.1", "127.9.9.9", "::1"};
    static const char *const AWAY[] = {"127", "10.0.0.1", "localhost.example", "::2", ""};
    config.tls_ca = NULL;
    for (size_t index = 0; index < sizeof HERE / sizeof HERE[0]; index++) {
        config.host = HERE[index];
        assert_non_null(strstr(fx_store_maria_link_plugins(&config), "caching_sha2_password"));
    }
    for (size_t index = 0; index < sizeof AWAY / sizeof AWAY[0]; index++) {
        config.host = AWAY[index];
        assert_null(strstr(fx_store_maria_link_plugins(&config), "caching_sha2_password"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(store_maria_error_passing_troubles_are_retried),
        cmocka_unit_test(store_maria_error_broken_connections_are_left),
        cmocka_unit_test(store_maria_error_settings_say_what_to_do),
        cmocka_unit_test(store_maria_error_password_goes_to_verified_servers_only),
    };
    return cmocka_run_group_tests_name("store_maria_error", tests, NULL, NULL);
}
