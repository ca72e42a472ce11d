#include "base/config.h"

#include <stdint.h>
#include <string.h>

#include "fx_test.h"

static const struct fx_config_option OPTIONS[] = {
    {.name = "port",
     .variable = "PORT",
     .preset = "3000",
     .help = "listen",
     .type = FX_CONFIG_PORT},
    {.name = "loops",
     .variable = "FUTURE_LOOPS",
     .preset = "2",
     .help = "threads",
     .type = FX_CONFIG_INT,
     .min = 1,
     .max = 64},
    {.name = "demo", .variable = "FUTURE_DEMO", .help = "demo", .type = FX_CONFIG_BOOL},
    {.name = "data", .variable = "FUTURE_DATA", .help = "folder", .type = FX_CONFIG_PATH},
    {.name = "db-password",
     .variable = "DB_PASSWORD",
     .help = "secret",
     .type = FX_CONFIG_STR,
     .is_secret = true},
    {.name = "note", .variable = "NOTE", .help = "text", .type = FX_CONFIG_STR},
};

enum { OPTION_COUNT = sizeof OPTIONS / sizeof OPTIONS[0] };

/** An environment and a file system of a few names. */
struct world {
    const char *pairs[8][2];
    const char *files[4][2];
};

static const char *look_up(void *context, const char *variable)
{
    const struct world *world = context;
    for (size_t index = 0; index < 8 && world->pairs[index][0] != NULL; index++) {
        if (strcmp(world->pairs[index][0], variable) == 0) {
            return world->pairs[index][1];
        }
    }
    return NULL;
}

static fx_status read_world(void *context, const char *path, struct fx_buf *content_out)
{
    const struct world *world = context;
    for (size_t index = 0; index < 4 && world->files[index][0] != NULL; index++) {
        if (strcmp(world->files[index][0], path) == 0) {
            fx_buf_append(content_out, fx_str_of(world->files[index][1]));
            return FX_OK;
        }
    }
    return FX_NOT_FOUND;
}

static struct fx_config *create(void)
{
    struct fx_config *config = fx_config_create(OPTIONS, OPTION_COUNT);
    assert_non_null(config);
    return config;
}

static fx_status resolve(struct fx_config *config, struct world *world)
{
    return fx_config_resolve(config, look_up, read_world, world);
}

static void config_without_sources_has_defaults(void **state)
{
    (void)state;
    struct world world = {0};
    struct fx_config *config = create();
    assert_int_equal(resolve(config, &world), FX_OK);
    assert_int_equal(fx_config_int(config, "port"), 3000);
    assert_int_equal(fx_config_origin(config, "port"), FX_CONFIG_DEFAULT);
    assert_int_equal(fx_config_int(config, "loops"), 2);
    assert_false(fx_config_bool(config, "demo"));
    assert_int_equal(fx_config_origin(config, "demo"), FX_CONFIG_UNSET);
    assert_int_equal(fx_config_str(config, "data").size, 0);
    assert_string_equal(fx_config_text(config, "data"), "");
    assert_string_equal(fx_config_error(config), "");
    fx_config_destroy(config);
    fx_config_destroy(NULL);
}

static void config_precedence_is_flag_environment_dotenv_default(void **state)
{
    (void)state;
    struct world world = {.pairs = {{"PORT", "2"}, {"FUTURE_LOOPS", "20"}, {"NOTE", ""}}};
    struct fx_config *config = create();
    assert_int_equal(
        fx_config_set_dotenv(config, FX_STR("PORT=1\nFUTURE_LOOPS=10\nFUTURE_DATA=d\nNOTE=n\n")),
        FX_OK);
    assert_int_equal(fx_config_set_flag(config, FX_STR("port"), FX_STR("9")), FX_OK);
    assert_int_equal(fx_config_set_flag(config, FX_STR("port"), FX_STR("3")), FX_OK);
    assert_int_equal(fx_config_set_flag(config, FX_STR("demo"), FX_STR("")), FX_OK);
    assert_int_equal(resolve(config, &world), FX_OK);
    assert_int_equal(fx_config_int(config, "port"), 3);
    assert_int_equal(fx_config_origin(config, "port"), FX_CONFIG_FLAG);
    assert_int_equal(fx_config_int(config, "loops"), 20);
    assert_int_equal(fx_config_origin(config, "loops"), FX_CONFIG_ENVIRONMENT);
    assert_string_equal(fx_config_text(config, "data"), "d");
    assert_int_equal(fx_config_origin(config, "data"), FX_CONFIG_DOTENV);
    assert_string_equal(fx_config_text(config, "note"), "n"); /* the empty variable is not set */
    assert_true(fx_config_bool(config, "demo"));
    fx_config_destroy(config);
}

static void config_bad_flag_is_usage(void **state)
{
    (void)state;
    struct fx_config *config = create();
    assert_int_equal(fx_config_set_flag(config, FX_STR("prot"), FX_STR("1")), FX_USAGE);
    assert_string_equal(fx_config_error(config), "--prot: no such option");
    assert_int_equal(fx_config_set_flag(config, FX_STR("port"), FX_STR("")), FX_USAGE);
    assert_string_equal(fx_config_error(config), "--port: needs a value");
    assert_int_equal(fx_config_set_flag(config, FX_STR("db-password"), FX_STR("hunter2")),
                     FX_USAGE);
    assert_non_null(strstr(fx_config_error(config), "DB_PASSWORD_FILE"));
    assert_null(strstr(fx_config_error(config), "hunter2"));
    fx_config_destroy(config);
}

static void config_bad_value_names_variable_and_origin(void **state)
{
    (void)state;
    static const struct {
        const char *variable;
        const char *value;
        const char *wanted;
    } CASES[] = {
        {"PORT", "65536", "PORT (from environment): must be a port from 0 to 65535, not \"65536\""},
        {"PORT", "-1", "PORT (from environment): must be a port from 0 to 65535, not \"-1\""},
        {"PORT", "80a", "PORT (from environment): must be a port from 0 to 65535, not \"80a\""},
        {"FUTURE_LOOPS",
         "0",
         "FUTURE_LOOPS (from environment): must be an integer from 1 to 64, not \"0\""},
        {"FUTURE_LOOPS",
         "65",
         "FUTURE_LOOPS (from environment): must be an integer from 1 to 64, not \"65\""},
        {"FUTURE_LOOPS",
         "99999999999999999999",
         "FUTURE_LOOPS (from environment): must be an integer from 1 to 64, not "
         "\"99999999999999999999\""},
        {"FUTURE_DEMO",
         "maybe",
         "FUTURE_DEMO (from environment): must be true or false, not \"maybe\""},
        {"FUTURE_DATA", "a\nb", "FUTURE_DATA (from environment): must be a path, not \"a\nb\""},
    };
    for (size_t index = 0; index < sizeof CASES / sizeof CASES[0]; index++) {
        struct world world = {.pairs = {{CASES[index].variable, CASES[index].value}}};
        struct fx_config *config = create();
        assert_int_equal(resolve(config, &world), FX_USAGE);
        assert_string_equal(fx_config_error(config), CASES[index].wanted);
        fx_config_destroy(config);
    }
}

static void config_failed_resolve_keeps_the_values_of_before(void **state)
{
    (void)state;
    struct world world = {.pairs = {{"PORT", "5"}}};
    struct fx_config *config = create();
    assert_int_equal(resolve(config, &world), FX_OK);
    struct world bad = {.pairs = {{"PORT", "6"}, {"FUTURE_DEMO", "?"}}};
    assert_int_equal(resolve(config, &bad), FX_USAGE);
    assert_int_equal(fx_config_int(config, "port"), 5);
    bad.pairs[1][1] = "Yes";
    assert_int_equal(resolve(config, &bad), FX_OK);
    assert_int_equal(fx_config_int(config, "port"), 6);
    assert_true(fx_config_bool(config, "demo"));
    fx_config_destroy(config);
}

static void config_bool_words_are_taken_in_any_case(void **state)
{
    (void)state;
    static const char *const WORDS[] = {"false", "TRUE", "no", "Yes", "OFF", "on", "0", "1"};
    for (size_t index = 0; index < 8; index++) {
        struct world world = {.pairs = {{"FUTURE_DEMO", WORDS[index]}}};
        struct fx_config *config = create();
        assert_int_equal(resolve(config, &world), FX_OK);
        assert_int_equal(fx_config_bool(config, "demo"), index % 2 == 1);
        fx_config_destroy(config);
    }
}

static void config_secret_file_is_read_without_its_line_end(void **state)
{
    (void)state;
    struct world world = {
        .pairs = {{"DB_PASSWORD_FILE", "/run/secrets/db"}},
        .files = {{"/run/secrets/db", "hunter2\r\n"}, {"/empty", "\n"}},
    };
    struct fx_config *config = create();
    assert_int_equal(resolve(config, &world), FX_OK);
    assert_string_equal(fx_config_text(config, "db-password"), "hunter2");
    assert_int_equal(fx_config_origin(config, "db-password"), FX_CONFIG_ENVIRONMENT);
    world.pairs[0][1] = "/nowhere";
    assert_int_equal(resolve(config, &world), FX_USAGE);
    assert_non_null(strstr(fx_config_error(config), "DB_PASSWORD_FILE: cannot read /nowhere"));
    world.pairs[0][1] = "/empty";
    assert_int_equal(resolve(config, &world), FX_USAGE);
    world.pairs[0][1] = "/run/secrets/db";
    world.pairs[1][0] = "DB_PASSWORD";
    world.pairs[1][1] = "hunter3";
    assert_int_equal(resolve(config, &world), FX_USAGE);
    assert_string_equal(fx_config_error(config), "DB_PASSWORD and DB_PASSWORD_FILE are both set");
    world.pairs[0][0] = NULL;
    assert_int_equal(fx_config_set_dotenv(config, FX_STR("DB_PASSWORD_FILE=/run/secrets/db")),
                     FX_OK);
    assert_int_equal(resolve(config, &world), FX_OK);
    assert_int_equal(fx_config_origin(config, "db-password"), FX_CONFIG_DOTENV);
    fx_config_destroy(config);
}

static void config_wrong_flag_is_told_from_wrong_setting(void **state)
{
    (void)state;
    struct world world = {.pairs = {{"PORT", "x"}}};
    struct fx_config *config = create();
    assert_int_equal(resolve(config, &world), FX_USAGE);
    assert_false(fx_config_is_flag_wrong(config));
    assert_int_equal(fx_config_set_flag(config, FX_STR("port"), FX_STR("y")), FX_OK);
    assert_int_equal(resolve(config, &world), FX_USAGE);
    assert_true(fx_config_is_flag_wrong(config));
    assert_int_equal(fx_config_set_flag(config, FX_STR("port"), FX_STR("80")), FX_OK);
    assert_int_equal(resolve(config, &world), FX_OK);
    assert_false(fx_config_is_flag_wrong(config));
    fx_config_destroy(config);
}

static void config_file_variant_of_an_open_option_is_ignored(void **state)
{
    (void)state;
    struct world world = {.pairs = {{"NOTE_FILE", "/f"}}, .files = {{"/f", "x"}}};
    struct fx_config *config = create();
    assert_int_equal(resolve(config, &world), FX_OK);
    assert_int_equal(fx_config_origin(config, "note"), FX_CONFIG_UNSET);
    fx_config_destroy(config);
}

static void check_dotenv(const char *text, const char *wanted)
{
    struct world world = {0};
    struct fx_config *config = create();
    assert_int_equal(fx_config_set_dotenv(config, fx_str_of(text)), FX_OK);
    assert_int_equal(resolve(config, &world), FX_OK);
    assert_string_equal(fx_config_text(config, "note"), wanted);
    fx_config_destroy(config);
}

static void count_unknown(void *context, fx_str variable)
{
    int *count = context;
    assert_true(fx_str_is_equal(variable, FX_STR("OTHER")));
    (*count)++;
}

static void config_dotenv_tells_of_unknown_variables(void **state)
{
    (void)state;
    int count = 0;
    struct fx_config *config = fx_config_create(OPTIONS, OPTION_COUNT);
    fx_config_on_unknown(config, count_unknown, &count);
    assert_int_equal(
        fx_config_set_dotenv(config, FX_STR("PORT=1\nOTHER=2\nDB_PASSWORD_FILE=x\nexport OTHER=3")),
        FX_OK);
    assert_int_equal(count, 2);
    fx_config_destroy(config);
}

static void config_dotenv_forms_are_understood(void **state)
{
    (void)state;
    check_dotenv("NOTE=a", "a");
    check_dotenv("NOTE=a\r\n", "a");
    check_dotenv("  export NOTE = a b \t\n", "a b");
    check_dotenv("export=1\nNOTE=a", "a");
    check_dotenv("\xef\xbb\xbfNOTE=a", "a");
    check_dotenv("# NOTE=x\n\n\t# y\nNOTE=a # z", "a");
    check_dotenv("NOTE=a#b", "a#b");
    check_dotenv("NOTE=#b", "");
    check_dotenv("NOTE=", "");
    check_dotenv("NOTE=a=b==", "a=b==");
    check_dotenv("NOTE='a # \\n \"b\"' # z", "a # \\n \"b\"");
    check_dotenv("NOTE=\"a # \\n\\t\\r\\\"b\\\" \\\\ \\$ \\x\"\n", "a # \n\t\r\"b\" \\ $ \\x");
    check_dotenv("NOTE=\"a\nb\"\nPORT=1", "a\nb");
    check_dotenv("NOTE=a\\nb", "a\\nb");
    check_dotenv("NOTE=a\nNOTE=b", "b");
    check_dotenv("NOTE=a\nNOTE=", "");
    check_dotenv("OTHER=x\nNOTE=a\nNOTED=c\nNOT=d", "a");
    check_dotenv("", "");
    check_dotenv("NOTE=\"\"", "");
}

static void config_dotenv_error_names_the_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *wanted;
    } CASES[] = {
        {"NOTE", ".env line 1: expected KEY=value"},
        {"\n\n1A=b", ".env line 3: expected KEY=value"},
        {"A=1\n=b", ".env line 2: expected KEY=value"},
        {"A-B=1", ".env line 1: expected KEY=value"},
        {"A=\"x\ny\"\nB=\"x\ny", ".env line 3: the quoted value does not end"},
        {"A='x", ".env line 1: the quoted value does not end"},
        {"A=\"x\\", ".env line 1: the quoted value does not end"},
        {"A='x'y", ".env line 1: the quoted value does not end"},
    };
    for (size_t index = 0; index < sizeof CASES / sizeof CASES[0]; index++) {
        struct fx_config *config = create();
        assert_int_equal(fx_config_set_dotenv(config, fx_str_of(CASES[index].text)), FX_BAD_FILE);
        assert_string_equal(fx_config_error(config), CASES[index].wanted);
        fx_config_destroy(config);
    }
    struct fx_config *config = create();
    assert_int_equal(fx_config_set_dotenv(config, FX_STR("A=\0")), FX_BAD_FILE);
    fx_config_destroy(config);
}

static void config_required_option_without_value_is_an_error(void **state)
{
    (void)state;
    static const struct fx_config_option REQUIRED[] = {{.name = "url",
                                                        .variable = "DB_URL",
                                                        .help = "where",
                                                        .type = FX_CONFIG_STR,
                                                        .is_required = true}};
    struct world world = {0};
    struct fx_config *config = fx_config_create(REQUIRED, 1);
    assert_non_null(config);
    assert_int_equal(resolve(config, &world), FX_USAGE);
    assert_non_null(strstr(fx_config_error(config), "DB_URL: is required"));
    fx_config_destroy(config);
}

static void config_print_masks_secrets_and_reads_back(void **state)
{
    (void)state;
    struct world world = {.pairs = {{"DB_PASSWORD", "hunter2"}, {"NOTE", "a \"b\"\n$c\\"}}};
    struct fx_config *config = create();
    assert_int_equal(resolve(config, &world), FX_OK);
    struct fx_buf buf;
    fx_buf_init(&buf, 4096);
    fx_config_print(config, &buf);
    const fx_str wanted = FX_STR("PORT=3000  # default\n"
                                 "FUTURE_LOOPS=2  # default\n"
                                 "FUTURE_DEMO=  # unset\n"
                                 "FUTURE_DATA=  # unset\n"
                                 "DB_PASSWORD=***  # environment\n"
                                 "NOTE=\"a \\\"b\\\"\\n\\$c\\\\\"  # environment\n");
    assert_int_equal(buf.size, wanted.size);
    assert_memory_equal(buf.data, wanted.data, wanted.size);
    struct world empty = {0};
    assert_int_equal(fx_config_set_dotenv(config, fx_buf_str(&buf)), FX_OK);
    assert_int_equal(resolve(config, &empty), FX_OK);
    assert_string_equal(fx_config_text(config, "note"), "a \"b\"\n$c\\");
    fx_buf_deinit(&buf);
    fx_config_destroy(config);
}

static void config_read_file_of_a_missing_path_is_not_found(void **state)
{
    (void)state;
    struct fx_buf buf;
    fx_buf_init(&buf, FX_CONFIG_VALUE_SIZE_MAX);
    assert_int_equal(fx_config_read_file(NULL, "/nowhere/at/all", &buf), FX_NOT_FOUND);
    assert_int_equal(fx_config_read_file(NULL, "/proc/self", &buf), FX_IO);
    assert_int_equal(fx_config_read_file(NULL, "/dev/zero", &buf), FX_BODY_TOO_LARGE);
    fx_buf_clear(&buf);
    assert_int_equal(fx_config_read_file(NULL, "/dev/null", &buf), FX_OK);
    assert_int_equal(buf.size, 0);
    fx_buf_deinit(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config_without_sources_has_defaults),
        cmocka_unit_test(config_precedence_is_flag_environment_dotenv_default),
        cmocka_unit_test(config_bad_flag_is_usage),
        cmocka_unit_test(config_bad_value_names_variable_and_origin),
        cmocka_unit_test(config_failed_resolve_keeps_the_values_of_before),
        cmocka_unit_test(config_bool_words_are_taken_in_any_case),
        cmocka_unit_test(config_secret_file_is_read_without_its_line_end),
        cmocka_unit_test(config_wrong_flag_is_told_from_wrong_setting),
        cmocka_unit_test(config_file_variant_of_an_open_option_is_ignored),
        cmocka_unit_test(config_dotenv_tells_of_unknown_variables),
        cmocka_unit_test(config_dotenv_forms_are_understood),
        cmocka_unit_test(config_dotenv_error_names_the_line),
        cmocka_unit_test(config_required_option_without_value_is_an_error),
        cmocka_unit_test(config_print_masks_secrets_and_reads_back),
        cmocka_unit_test(config_read_file_of_a_missing_path_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
