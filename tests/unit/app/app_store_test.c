/* Which database the settings name, and which settings contradict each other. */
#include "app/app_store.h"

#include <string.h>

#include "fx_test.h"

static const struct fx_config_option OPTIONS[] = {
#define X(name_, variable_, default_, help_, type_, secret_, ...)                                  \
    {.name = name_,                                                                                \
     .variable = variable_,                                                                        \
     .preset = default_,                                                                           \
     .help = help_,                                                                                \
     .type = type_,                                                                                \
     .is_secret = secret_},
#include "app/app_options.def"
#undef X
};

enum { VARIABLES_MAX = 8 };

struct variable {
    const char *name;
    const char *value;
};

static const char *environment(void *context, const char *name)
{
    const struct variable *variables = context;
    for (size_t index = 0; index < VARIABLES_MAX && variables[index].name != NULL; index++) {
        if (strcmp(variables[index].name, name) == 0) {
            return variables[index].value;
        }
    }
    return NULL;
}

/* The options of the database alone. @return what fx_app_store_init() says; NULL: not looked at. */
static fx_status init(const struct variable variables[VARIABLES_MAX],
                      struct fx_app_store *store_out)
{
    static struct fx_config *config; /* what was read borrows from it */
    uint32_t first = 0, count = 0;
    fx_config_destroy(config);
    for (uint32_t index = 0; index < sizeof OPTIONS / sizeof OPTIONS[0]; index++) {
        if (strncmp(OPTIONS[index].name, "db-", 3) == 0) {
            first = count == 0 ? index : first;
            count++;
        }
    }
    assert_true(count > 10); /* they lie together */
    config = fx_config_create(&OPTIONS[first], count);
    assert_non_null(config);
    assert_int_equal(fx_config_resolve(config, environment, NULL, (void *)(uintptr_t)variables),
                     FX_OK);
    return fx_app_store_init(store_out, config);
}

static void app_store_settings_without_effect_are_refused(void **state)
{
    static const struct {
        struct variable variables[VARIABLES_MAX];
        fx_status status;
    } ROWS[] = {
        {{{"DB_HOST", "a"}, {"DB_USERNAME", "u"}}, FX_OK},
        {{{"DB_HOST", "a"}}, FX_BAD_PARAMETER},
        {{{"DB_HOST", "a"}, {"DB_USERNAME", "u"}, {"DB_REPORT_PASSWORD", "p"}}, FX_BAD_PARAMETER},
        {{{"DB_HOST", "a"}, {"DB_USERNAME", "u"}, {"DB_REPORT_USERNAME", "r"}}, FX_BAD_PARAMETER},
        {{{"DB_HOST", "a"}, {"DB_USERNAME", "u"}, {"DB_REPORT_PORT", "3307"}}, FX_BAD_PARAMETER},
        {{{"DB_HOST", "a"}, {"DB_USERNAME", "u"}, {"DB_REPORT_DATABASE", "d"}}, FX_BAD_PARAMETER},
        {{{"DB_HOST", "a"},
          {"DB_USERNAME", "u"},
          {"DB_REPORT_HOST", "b"},
          {"DB_REPORT_PASSWORD", "p"}},
         FX_BAD_PARAMETER},
        {{{"DB_HOST", "a"}, {"DB_USERNAME", "u"}, {"DB_REPORT_HOST", "b"}}, FX_OK},
        {{{"DB_HOST", "a"},
          {"DB_USERNAME", "u"},
          {"DB_REPORT_HOST", "b"},
          {"DB_REPORT_USERNAME", "r"},
          {"DB_REPORT_PASSWORD", "p"}},
         FX_OK},
        {{{"DB_HOST", "a"}, {"DB_USERNAME", "u"}, {"DB_SSL_CERT", "c"}}, FX_BAD_PARAMETER},
    };
    struct fx_app_store store;
    (void)state;
    for (size_t index = 0; index < sizeof ROWS / sizeof ROWS[0]; index++) {
        const fx_status status = init(ROWS[index].variables, &store);
        if (status != ROWS[index].status) {
            fail_msg("row %zu: %s", index, fx_status_name(status));
        }
    }
}

static void app_store_reports_are_as_the_master_but_for_what_is_set(void **state)
{
    static const struct variable VARIABLES[VARIABLES_MAX] = {{"DB_HOST", "a"},
                                                             {"DB_USERNAME", "u"},
                                                             {"DB_PASSWORD", "p"},
                                                             {"DB_ALLOW_UNVERIFIED", "true"},
                                                             {"DB_REPORT_HOST", "b"},
                                                             {"DB_REPORT_PORT", "3307"}};
    struct fx_app_store store;
    (void)state;
    assert_int_equal(init(VARIABLES, &store), FX_OK);
    assert_true(store.is_maria);
    assert_true(store.master.is_unverified_allowed);
    assert_string_equal(store.report.host, "b");
    assert_int_equal(store.report.port, 3307);
    assert_string_equal(store.report.username, "u");
    assert_string_equal(store.report.password, "p");
    assert_ptr_equal(store.report.fallback, &store.master);
    assert_null(store.master.fallback);
    assert_null(strstr(store.place, "p@"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(app_store_settings_without_effect_are_refused),
        cmocka_unit_test(app_store_reports_are_as_the_master_but_for_what_is_set),
    };
    return cmocka_run_group_tests_name("app_store", tests, NULL, NULL);
}
