#include "app/app_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_settings.h"
#include "base/log.h"
#include "base/panic.h"

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

/* Their words are those of the table (app_settings.c). */
static void configure_log(const struct fx_config *config)
{
    struct fx_log_options log = {.level = FX_LOG_INFO, .format = FX_LOG_TEXT, .fd = 2};
    const bool has_level = fx_log_parse_level(fx_config_str(config, "log-level"), &log.level);
    const bool has_format = fx_log_parse_format(fx_config_str(config, "log-format"), &log.format);
    FX_ASSERT(has_level && has_format);
    fx_log_configure(&log);
}

int fx_app_options_read(int argc, char **argv, struct fx_app_options *options_out)
{
    *options_out = (struct fx_app_options){
        .config = fx_config_create(OPTIONS, OPTION_COUNT), .argc = argc, .argv = argv};
    if (options_out->config == NULL) {
        return FX_APP_EXIT_FAILURE;
    }
    struct fx_app_settings_unknown unknown = {0};
    fx_config_on_unknown(options_out->config, fx_app_settings_note, &unknown);
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
        code = fx_app_settings_check(options_out->config);
    }
    if (code == FX_APP_EXIT_OK) {
        configure_log(options_out->config);
        fx_app_settings_hint(OPTIONS, OPTION_COUNT, &unknown);
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

uint32_t fx_app_options_count(void)
{
    return OPTION_COUNT;
}

const struct fx_config_option *fx_app_options_at(uint32_t index)
{
    return &OPTIONS[index];
}

void fx_app_options_print(const struct fx_config_option *option)
{
    (void)printf("  --%-23s %-30s %s%s%s%s\n",
                 option->is_secret ? "" : option->name,
                 option->variable,
                 option->help,
                 option->preset == NULL ? "" : " [",
                 option->preset == NULL ? "" : option->preset,
                 option->preset == NULL ? "" : "]");
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
