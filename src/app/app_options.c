#include "app/app_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static const struct fx_config_option OPTIONS[] = {
#define X(name, variable, preset, help, type, is_secret, is_required, min, max)                    \
    {name, variable, preset, help, type, is_secret, is_required, min, max},
#include "app/app_options.def"
#undef X
};

enum { OPTION_COUNT = sizeof OPTIONS / sizeof OPTIONS[0] };

static const char *environment(void *context, const char *variable)
{
    (void)context;
    return getenv(variable); // NOLINT(concurrency-mt-unsafe): before any thread exists
}

static bool is_bool_option(fx_str name)
{
    for (size_t index = 0; index < OPTION_COUNT; index++) {
        if (fx_str_is_equal(fx_str_of(OPTIONS[index].name), name)) {
            return OPTIONS[index].type == FX_CONFIG_BOOL;
        }
    }
    return false;
}

/* One argument, and its value where it is the next one. @return how many were used; 0: error. */
static int read_flag(struct fx_config *config, int left, char **argv)
{
    const fx_str text = fx_str_of(argv[0]);
    const size_t equals = fx_str_find(text, '=', 2);
    const fx_str name = fx_str_slice(text, 2, equals == SIZE_MAX ? SIZE_MAX : equals - 2);
    fx_str value = {NULL, 0};
    int used = 1;
    if (equals != SIZE_MAX) {
        value = fx_str_slice(text, equals + 1, SIZE_MAX);
    } else if (!is_bool_option(name)) {
        if (left < 2) {
            (void)fprintf(stderr, "future: %s needs a value\n", argv[0]);
            return 0;
        }
        value = fx_str_of(argv[1]);
        used = 2;
    }
    if (fx_config_set_flag(config, name, value) != FX_OK) {
        (void)fprintf(stderr, "future: %s\n", fx_config_error(config));
        return 0;
    }
    return used;
}

static int read_flags(int argc, char **argv, struct fx_app_options *options)
{
    for (int index = 0; index < argc;) {
        if (strcmp(argv[index], "--help") == 0 || strcmp(argv[index], "-h") == 0) {
            options->is_help = true;
            index++;
            continue;
        }
        if (strncmp(argv[index], "--", 2) == 0 && argv[index][2] != '\0') {
            const int used = read_flag(options->config, argc - index, &argv[index]);
            if (used == 0) {
                return FX_APP_EXIT_USAGE;
            }
            index += used;
            continue;
        }
        if (options->positional_count == FX_APP_OPTIONS_POSITIONALS_MAX) {
            (void)fprintf(stderr, "future: too many arguments: %s\n", argv[index]);
            return FX_APP_EXIT_USAGE;
        }
        options->positionals[options->positional_count++] = argv[index++];
    }
    return FX_APP_EXIT_OK;
}

static int read_dotenv(struct fx_config *config)
{
    struct fx_buf text;
    fx_buf_init(&text, FX_CONFIG_VALUE_SIZE_MAX);
    int code = FX_APP_EXIT_OK;
    fx_status status = fx_config_read_file(NULL, ".env", &text);
    if (status == FX_OK && fx_config_set_dotenv(config, fx_buf_str(&text)) != FX_OK) {
        (void)fprintf(stderr, "future: %s\n", fx_config_error(config));
        code = FX_APP_EXIT_CONFIG;
    }
    fx_buf_deinit(&text);
    return code;
}

/* The exit code for a wrong word: of the command line or of the settings. */
static int exit_of_word(const struct fx_config *config, const char *name)
{
    return fx_config_origin(config, name) == FX_CONFIG_FLAG ? FX_APP_EXIT_USAGE
                                                            : FX_APP_EXIT_CONFIG;
}

static int check_durability(const struct fx_config *config)
{
    const fx_str word = fx_config_str(config, "durability");
    if (fx_str_is_equal(word, FX_STR("strict")) || fx_str_is_equal(word, FX_STR("relaxed")) ||
        fx_str_is_equal(word, FX_STR("none"))) {
        return FX_APP_EXIT_OK;
    }
    (void)fprintf(stderr, "future: FUTURE_DURABILITY must be strict, relaxed or none\n");
    return exit_of_word(config, "durability");
}

/* "https://a.example:8443": what a browser sends has no path and no slash at its end. */
static bool is_origin(fx_str text)
{
    const size_t colon = fx_str_find(text, ':', 0);
    const fx_str scheme = colon == SIZE_MAX ? (fx_str){0} : fx_str_slice(text, 0, colon);
    const bool is_web =
        fx_str_is_equal(scheme, FX_STR("https")) || fx_str_is_equal(scheme, FX_STR("http"));
    const size_t host = scheme.size + sizeof "://" - 1;
    return is_web && fx_str_has_prefix(fx_str_slice(text, colon, text.size), FX_STR("://")) &&
           text.size > host && fx_str_find(text, '/', host) == SIZE_MAX;
}

static int check_origins(const struct fx_config *config)
{
    const fx_str list = fx_config_str(config, "cors-origins");
    if (fx_str_is_equal(list, FX_STR("*")) || fx_str_is_equal(list, FX_STR("none"))) {
        return FX_APP_EXIT_OK;
    }
    size_t from = 0;
    while (from < list.size) {
        const size_t size = strcspn(list.data + from, " ,");
        const fx_str entry = fx_str_slice(list, from, size);
        if (entry.size > 0 && !is_origin(entry)) {
            (void)fprintf(stderr,
                          "future: FUTURE_CORS_ORIGINS: '%.*s' is no origin, which is like "
                          "https://example.org or https://example.org:8443, * or none\n",
                          (int)entry.size,
                          entry.data);
            return exit_of_word(config, "cors-origins");
        }
        from += size + 1;
    }
    return FX_APP_EXIT_OK;
}

static int check_registration(const struct fx_config *config)
{
    const fx_str word = fx_config_str(config, "registration");
    if (fx_str_is_equal(word, FX_STR("open")) || fx_str_is_equal(word, FX_STR("closed")) ||
        fx_str_is_equal(word, FX_STR("auto"))) {
        return FX_APP_EXIT_OK;
    }
    (void)fprintf(stderr, "future: FUTURE_REGISTRATION must be open, closed or auto\n");
    return exit_of_word(config, "registration");
}

static int configure_log(const struct fx_config *config)
{
    struct fx_log_options log = {.level = FX_LOG_INFO, .format = FX_LOG_TEXT, .fd = 2};
    if (!fx_log_parse_level(fx_config_str(config, "log-level"), &log.level)) {
        (void)fprintf(stderr, "future: FUTURE_LOG_LEVEL must be debug, info, warn, error or off\n");
        return exit_of_word(config, "log-level");
    }
    if (!fx_log_parse_format(fx_config_str(config, "log-format"), &log.format)) {
        (void)fprintf(stderr, "future: FUTURE_LOG_FORMAT must be text, logfmt or json\n");
        return exit_of_word(config, "log-format");
    }
    fx_log_configure(&log);
    return FX_APP_EXIT_OK;
}

int fx_app_options_read(int argc, char **argv, struct fx_app_options *options_out)
{
    *options_out = (struct fx_app_options){
        .config = fx_config_create(OPTIONS, OPTION_COUNT), .argc = argc, .argv = argv};
    if (options_out->config == NULL) {
        return FX_APP_EXIT_FAILURE;
    }
    int code = read_flags(argc, argv, options_out);
    if (code == FX_APP_EXIT_OK) {
        code = read_dotenv(options_out->config);
    }
    if (code == FX_APP_EXIT_OK &&
        fx_config_resolve(options_out->config, environment, fx_config_read_file, NULL) != FX_OK) {
        (void)fprintf(stderr, "future: %s\n", fx_config_error(options_out->config));
        code =
            fx_config_is_flag_wrong(options_out->config) ? FX_APP_EXIT_USAGE : FX_APP_EXIT_CONFIG;
    }
    if (code == FX_APP_EXIT_OK) {
        code = check_durability(options_out->config);
    }
    if (code == FX_APP_EXIT_OK) {
        code = check_origins(options_out->config);
    }
    if (code == FX_APP_EXIT_OK) {
        code = check_registration(options_out->config);
    }
    if (code == FX_APP_EXIT_OK) {
        code = configure_log(options_out->config);
    }
    if (code != FX_APP_EXIT_OK) {
        fx_app_options_destroy(options_out);
    }
    return code;
}

void fx_app_options_destroy(struct fx_app_options *options)
{
    fx_config_destroy(options->config);
    options->config = NULL;
}

void fx_app_options_help(void)
{
    for (size_t index = 0; index < OPTION_COUNT; index++) {
        const struct fx_config_option *option = &OPTIONS[index];
        (void)printf("  --%-23s %-30s %s%s%s%s\n",
                     option->is_secret ? "" : option->name,
                     option->variable,
                     option->help,
                     option->preset == NULL ? "" : " [",
                     option->preset == NULL ? "" : option->preset,
                     option->preset == NULL ? "" : "]");
    }
}

int fx_app_options_exit(fx_status status)
{
    static const struct {
        fx_status status;
        int code;
    } CODES[] = {
        {FX_OK, FX_APP_EXIT_OK},
        {FX_LOCKED, FX_APP_EXIT_TEMPORARY},
        {FX_BUSY, FX_APP_EXIT_TEMPORARY},
        {FX_CORRUPT, FX_APP_EXIT_DATA},
        {FX_BAD_FILE, FX_APP_EXIT_DATA},
        {FX_VERSION_MISMATCH, FX_APP_EXIT_DATA},
        {FX_RULES_UNKNOWN, FX_APP_EXIT_DATA},
        {FX_USAGE, FX_APP_EXIT_USAGE},
        {FX_BAD_SETTING, FX_APP_EXIT_CONFIG},
        {FX_BAD_PARAMETER, FX_APP_EXIT_USAGE},
    };
    for (size_t index = 0; index < sizeof CODES / sizeof CODES[0]; index++) {
        if (CODES[index].status == status) {
            return CODES[index].code;
        }
    }
    return FX_APP_EXIT_FAILURE;
}

bool fx_app_options_is_registration_open(const struct fx_config *config)
{
    const fx_str word = fx_config_str(config, "registration");
    return fx_str_is_equal(word, FX_STR("open")) ||
           (fx_str_is_equal(word, FX_STR("auto")) && fx_config_bool(config, "demo"));
}
