#include "base/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/panic.h"

enum { VARIABLE_SIZE_MAX = 128, PORT_MAX = 65535, SHOWN_SIZE_MAX = 64 };

/** A settled value; `text` is NULL where unset, on the heap otherwise. */
struct value {
    char *text;
    size_t size;
    int64_t number; /* of INT, PORT and BOOL */
    enum fx_config_origin origin;
};

/** What is known about one option. Texts are on the heap, NULL where not given. */
struct slot {
    char *flag;
    char *dotenv;
    char *dotenv_path; /* from <VARIABLE>_FILE in the .env file; counts for secrets only */
    struct value value;
    struct value next; /* while resolving: settled, but others may still fail */
};

struct fx_config {
    const struct fx_config_option *options;
    uint32_t option_count;
    fx_config_unknown_fn unknown;
    void *unknown_context;
    enum fx_config_origin error_origin; /* of the value that was wrong; UNSET: of no value */
    char error[FX_CONFIG_ERROR_SIZE_MAX];
    struct slot slots[];
};

/** What a resolve works with. */
struct sources {
    fx_config_env_fn environment;
    fx_config_read_fn read;
    void *context;
};

/* ---- Life ---- */

static char *copy_text(fx_str text)
{
    char *copy = malloc(text.size + 1);
    if (copy != NULL) {
        const bool fits = fx_str_copy(text, copy, text.size + 1);
        FX_ASSERT(fits);
    }
    return copy;
}

/** Wipe and free a text, which may be a secret. */
static void drop_text(char **text)
{
    if (*text != NULL) {
        explicit_bzero(*text, strlen(*text));
        free(*text);
        *text = NULL;
    }
}

static void drop_value(struct value *value)
{
    drop_text(&value->text);
    *value = (struct value){.origin = FX_CONFIG_UNSET};
}

struct fx_config *fx_config_create(const struct fx_config_option *options, uint32_t option_count)
{
    FX_ASSERT(option_count >= 1 && option_count <= FX_CONFIG_OPTIONS_MAX);
    struct fx_config *config = calloc(1, sizeof *config + option_count * sizeof config->slots[0]);
    if (config == NULL) {
        return NULL;
    }
    config->options = options;
    config->option_count = option_count;
    for (uint32_t index = 0; index < option_count; index++) {
        FX_ASSERT(strlen(options[index].variable) < VARIABLE_SIZE_MAX - sizeof "_FILE");
        FX_ASSERT(options[index].type >= FX_CONFIG_STR && options[index].type <= FX_CONFIG_PORT);
        drop_value(&config->slots[index].value);
        drop_value(&config->slots[index].next);
    }
    return config;
}

void fx_config_destroy(struct fx_config *config)
{
    if (config == NULL) {
        return;
    }
    for (uint32_t index = 0; index < config->option_count; index++) {
        struct slot *slot = &config->slots[index];
        drop_text(&slot->flag);
        drop_text(&slot->dotenv);
        drop_text(&slot->dotenv_path);
        drop_value(&slot->value);
        drop_value(&slot->next);
    }
    free(config);
}

/** Keep what was wrong. @return USAGE, for the caller to pass up. */
__attribute__((format(printf, 2, 3))) static fx_status fail(struct fx_config *config,
                                                            const char *format,
                                                            ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(config->error, sizeof config->error, format, arguments);
    va_end(arguments);
    return FX_USAGE;
}

/* ---- Flags ---- */

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): name, then value
fx_status fx_config_set_flag(struct fx_config *config, fx_str name, fx_str value)
{
    config->error[0] = '\0';
    for (uint32_t index = 0; index < config->option_count; index++) {
        const struct fx_config_option *option = &config->options[index];
        if (!fx_str_is_equal(name, fx_str_of(option->name))) {
            continue;
        }
        if (option->is_secret) {
            return fail(config,
                        "--%s: a secret does not belong on a command line; set %s or %s_FILE",
                        option->name,
                        option->variable,
                        option->variable);
        }
        if (value.size == 0 && option->type == FX_CONFIG_BOOL) {
            value = FX_STR("true");
        }
        if (value.size == 0 || fx_str_find(value, '\0', 0) != SIZE_MAX) {
            return fail(config, "--%s: needs a value", option->name);
        }
        char *copy = copy_text(value);
        if (copy == NULL) {
            return FX_NO_MEMORY;
        }
        drop_text(&config->slots[index].flag);
        config->slots[index].flag = copy;
        return FX_OK;
    }
    const int shown = name.size < SHOWN_SIZE_MAX ? (int)name.size : SHOWN_SIZE_MAX;
    return fail(config, "--%.*s: no such option", shown, name.data);
}

/* ---- The .env file ---- */

struct cursor {
    fx_str text;
    size_t at;
    uint32_t line;
};

/** The byte at the cursor; NUL at the end (the text has none inside). */
static char peek(const struct cursor *cursor)
{
    if (cursor->at >= cursor->text.size) {
        return '\0';
    }
    return cursor->text.data[cursor->at];
}

/** The byte at the cursor, which moves on and counts lines. */
static char next(struct cursor *cursor)
{
    const char byte = peek(cursor);
    cursor->at++;
    cursor->line += byte == '\n' ? 1 : 0;
    return byte;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

static void skip_blanks(struct cursor *cursor)
{
    while (is_blank(peek(cursor))) {
        cursor->at++;
    }
}

static void skip_line(struct cursor *cursor)
{
    while (peek(cursor) != '\0' && next(cursor) != '\n') {
    }
}

static bool is_key_byte(char byte, bool is_first)
{
    const bool is_letter =
        (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || byte == '_';
    return is_letter || (!is_first && byte >= '0' && byte <= '9');
}

static fx_str read_key(struct cursor *cursor)
{
    const size_t from = cursor->at;
    while (is_key_byte(peek(cursor), cursor->at == from)) {
        cursor->at++;
    }
    return fx_str_slice(cursor->text, from, cursor->at - from);
}

/** Read a key, skipping the word `export`, up to and including its `=`. @return empty if malformed.
 */
static fx_str read_assignment(struct cursor *cursor)
{
    fx_str key = read_key(cursor);
    if (fx_str_is_equal(key, FX_STR("export")) && is_blank(peek(cursor))) {
        skip_blanks(cursor);
        key = read_key(cursor);
    }
    skip_blanks(cursor);
    if (peek(cursor) != '=') {
        return (fx_str){NULL, 0};
    }
    cursor->at++;
    skip_blanks(cursor);
    return key;
}

/** Append what follows a backslash inside of double quotes. Unknown escapes stay as they are. */
static void append_escape(struct fx_buf *value, char byte)
{
    switch (byte) {
    case 'n':
        fx_buf_append_byte(value, '\n');
        break;
    case 'r':
        fx_buf_append_byte(value, '\r');
        break;
    case 't':
        fx_buf_append_byte(value, '\t');
        break;
    case '"':
    case '\\':
    case '$':
        fx_buf_append_byte(value, byte);
        break;
    default:
        fx_buf_append_byte(value, '\\');
        fx_buf_append_byte(value, byte);
        break;
    }
}

/** Read up to the closing quote and the end of the line. @return false where one is missing. */
static bool read_quoted(struct cursor *cursor, struct fx_buf *value)
{
    const char quote = next(cursor);
    while (peek(cursor) != quote) {
        char byte = next(cursor);
        if (byte == '\0') {
            return false;
        }
        if (byte == '\\' && quote == '"' && peek(cursor) != '\0') {
            byte = next(cursor);
            append_escape(value, byte);
        } else {
            fx_buf_append_byte(value, byte);
        }
    }
    cursor->at++;
    skip_blanks(cursor);
    return peek(cursor) == '\0' || peek(cursor) == '\n' || peek(cursor) == '#';
}

/** Read up to the end of the line or a ` #`. */
static void read_unquoted(struct cursor *cursor, struct fx_buf *value)
{
    const size_t from = cursor->at;
    bool is_after_blank = true;
    while (peek(cursor) != '\0' && peek(cursor) != '\n' &&
           !(peek(cursor) == '#' && is_after_blank)) {
        is_after_blank = is_blank(peek(cursor));
        cursor->at++;
    }
    fx_buf_append(value, fx_str_trim(fx_str_slice(cursor->text, from, cursor->at - from)));
}

/** True where `key` is the variable of the option, followed by `suffix`. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): as they stand in the key
static bool is_variable(const struct fx_config_option *option, fx_str suffix, fx_str key)
{
    const fx_str variable = fx_str_of(option->variable);
    return key.size == variable.size + suffix.size && fx_str_has_prefix(key, variable) &&
           fx_str_is_equal(fx_str_slice(key, variable.size, suffix.size), suffix);
}

/** Keep a pair of the .env file with the options that it is for; an empty value counts as not set.
 */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): key, then value
static fx_status keep_pair(struct fx_config *config, fx_str key, fx_str value)
{
    bool is_known = false;
    for (uint32_t index = 0; index < config->option_count; index++) {
        const struct fx_config_option *option = &config->options[index];
        struct slot *slot = &config->slots[index];
        char **place = NULL;
        if (is_variable(option, FX_STR(""), key)) {
            place = &slot->dotenv;
        } else if (is_variable(option, FX_STR("_FILE"), key)) {
            place = &slot->dotenv_path;
        } else {
            continue;
        }
        is_known = true;
        drop_text(place);
        if (value.size > 0) {
            *place = copy_text(value);
            if (*place == NULL) {
                return FX_NO_MEMORY;
            }
        }
    }
    if (!is_known && config->unknown != NULL) {
        config->unknown(config->unknown_context, key);
    }
    return FX_OK;
}

void fx_config_on_unknown(struct fx_config *config, fx_config_unknown_fn unknown, void *context)
{
    config->unknown = unknown;
    config->unknown_context = context;
}

/** Read one `KEY=value`. @return what was wrong in *problem_out, NULL if nothing. */
static fx_status read_pair(struct fx_config *config,
                           struct cursor *cursor,
                           struct fx_buf *value,
                           const char **problem_out)
{
    *problem_out = NULL;
    const fx_str key = read_assignment(cursor);
    if (key.size == 0) {
        *problem_out = "expected KEY=value";
        return FX_BAD_FILE;
    }
    fx_buf_clear(value);
    if (peek(cursor) == '"' || peek(cursor) == '\'') {
        if (!read_quoted(cursor, value)) {
            *problem_out = "the quoted value does not end";
            return FX_BAD_FILE;
        }
    } else {
        read_unquoted(cursor, value);
    }
    if (value->is_overflow) {
        *problem_out = "the value is too long";
        return FX_BAD_FILE;
    }
    return keep_pair(config, key, fx_buf_str(value));
}

fx_status fx_config_set_dotenv(struct fx_config *config, fx_str text)
{
    config->error[0] = '\0';
    if (fx_str_find(text, '\0', 0) != SIZE_MAX) {
        (void)fail(config, ".env: contains a NUL byte");
        return FX_BAD_FILE;
    }
    struct cursor cursor = {.text = text, .line = 1};
    if (fx_str_has_prefix(text, FX_STR("\xef\xbb\xbf"))) {
        cursor.at = 3; /* some editors put a byte order mark in front */
    }
    struct fx_buf value;
    fx_buf_init(&value, FX_CONFIG_VALUE_SIZE_MAX);
    fx_status status = FX_OK;
    while (status == FX_OK && cursor.at < text.size) {
        skip_blanks(&cursor);
        if (peek(&cursor) == '\n' || peek(&cursor) == '#' || peek(&cursor) == '\0') {
            skip_line(&cursor);
            continue;
        }
        const uint32_t line = cursor.line;
        const char *problem = NULL;
        status = read_pair(config, &cursor, &value, &problem);
        if (problem != NULL) {
            (void)fail(config, ".env line %u: %s", line, problem);
        }
        skip_line(&cursor);
    }
    if (value.data != NULL) {
        explicit_bzero(value.data, value.capacity);
    }
    fx_buf_deinit(&value);
    return status;
}

/* ---- Resolving ---- */

/** Say what is wrong with a value, naming variable and origin, and the value unless it is secret.
 */
static fx_status fail_value(struct fx_config *config,
                            const struct fx_config_option *option,
                            const struct value *value,
                            const char *wanted)
{
    const char *origin = fx_config_origin_name(value->origin);
    config->error_origin = value->origin;
    if (option->is_secret) {
        return fail(config, "%s (from %s): must be %s", option->variable, origin, wanted);
    }
    const int shown = value->size < SHOWN_SIZE_MAX ? (int)value->size : SHOWN_SIZE_MAX;
    return fail(config,
                "%s (from %s): must be %s, not \"%.*s\"",
                option->variable,
                origin,
                wanted,
                shown,
                value->text);
}

static bool parse_bool(fx_str text, int64_t *number_out)
{
    static const char *const WORDS[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};
    for (int index = 0; index < 8; index++) {
        if (fx_str_is_equal_nocase(text, fx_str_of(WORDS[index]))) {
            *number_out = index % 2;
            return true;
        }
    }
    return false;
}

static bool has_controls(fx_str text)
{
    for (size_t index = 0; index < text.size; index++) {
        const unsigned char byte = (unsigned char)text.data[index];
        if (byte < ' ' || byte == 0x7f) {
            return true;
        }
    }
    return false;
}

/** Check a settled value against its type and set its number. */
static fx_status check_value(struct fx_config *config,
                             const struct fx_config_option *option,
                             struct value *value)
{
    const fx_str text = {value->text, value->size};
    char wanted[96];
    switch (option->type) {
    case FX_CONFIG_STR:
        return FX_OK;
    case FX_CONFIG_PATH:
        return has_controls(text) ? fail_value(config, option, value, "a path") : FX_OK;
    case FX_CONFIG_BOOL:
        return parse_bool(text, &value->number)
                   ? FX_OK
                   : fail_value(config, option, value, "true or false");
    case FX_CONFIG_INT:
    case FX_CONFIG_PORT:
        break;
    }
    const bool is_port = option->type == FX_CONFIG_PORT;
    const int64_t min = is_port ? 0 : option->min;
    const int64_t max = is_port ? PORT_MAX : option->max;
    if (fx_str_parse_i64(text, &value->number) && value->number >= min && value->number <= max) {
        return FX_OK;
    }
    (void)snprintf(wanted,
                   sizeof wanted,
                   "%s from %lld to %lld",
                   is_port ? "a port" : "an integer",
                   (long long)min,
                   (long long)max);
    return fail_value(config, option, value, wanted);
}

static fx_status set_value(struct value *value, fx_str text, enum fx_config_origin origin)
{
    value->text = copy_text(text);
    if (value->text == NULL) {
        return FX_NO_MEMORY;
    }
    value->size = text.size;
    value->origin = origin;
    return FX_OK;
}

/** Set a value to the content of a secret's file, without line ends behind it. */
static fx_status set_from_file(struct fx_config *config,
                               const struct sources *sources,
                               const struct fx_config_option *option,
                               const char *path,
                               struct value *value)
{
    struct fx_buf content;
    fx_buf_init(&content, FX_CONFIG_VALUE_SIZE_MAX);
    fx_status status = sources->read(sources->context, path, &content);
    fx_str text = fx_buf_str(&content);
    while (text.size > 0 &&
           (text.data[text.size - 1] == '\n' || text.data[text.size - 1] == '\r')) {
        text.size--;
    }
    if (status != FX_OK) {
        status = fail(config,
                      "%s_FILE: cannot read %.120s: %s",
                      option->variable,
                      path,
                      fx_status_text(status));
    } else if (text.size == 0 || fx_str_find(text, '\0', 0) != SIZE_MAX) {
        status = fail(config, "%s_FILE: %.120s is empty or binary", option->variable, path);
    } else {
        status = set_value(value, text, value->origin);
    }
    if (content.data != NULL) {
        explicit_bzero(content.data, content.capacity);
    }
    fx_buf_deinit(&content);
    return status;
}

static const char *ask_environment(const struct sources *sources,
                                   const struct fx_config_option *option,
                                   const char *suffix)
{
    char variable[VARIABLE_SIZE_MAX];
    (void)snprintf(variable, sizeof variable, "%s%s", option->variable, suffix);
    const char *text = sources->environment(sources->context, variable);
    return text != NULL && text[0] != '\0' ? text : NULL;
}

/** Settle a value that came as itself or, for a secret, as the path of its file; both is an error.
 */
static fx_status set_text_or_file(struct fx_config *config,
                                  const struct sources *sources,
                                  const struct fx_config_option *option,
                                  const char *const text_and_path[2],
                                  struct value *value)
{
    const char *text = text_and_path[0];
    const char *path = text_and_path[1];
    if (text != NULL && path != NULL) {
        return fail(config, "%s and %s_FILE are both set", option->variable, option->variable);
    }
    return path != NULL ? set_from_file(config, sources, option, path, value)
                        : set_value(value, fx_str_of(text), value->origin);
}

/** Settle slots[index].next: the first origin that has a value, checked. */
static fx_status resolve_option(struct fx_config *config,
                                const struct sources *sources,
                                uint32_t index)
{
    const struct fx_config_option *option = &config->options[index];
    struct slot *slot = &config->slots[index];
    struct value *value = &slot->next;
    const bool has_files = option->is_secret && sources->read != NULL;
    const char *const from_environment[2] = {
        ask_environment(sources, option, ""),
        has_files ? ask_environment(sources, option, "_FILE") : NULL,
    };
    const char *const from_dotenv[2] = {slot->dotenv, has_files ? slot->dotenv_path : NULL};
    fx_status status = FX_OK;
    if (slot->flag != NULL) {
        status = set_value(value, fx_str_of(slot->flag), FX_CONFIG_FLAG);
    } else if (from_environment[0] != NULL || from_environment[1] != NULL) {
        value->origin = FX_CONFIG_ENVIRONMENT;
        status = set_text_or_file(config, sources, option, from_environment, value);
    } else if (from_dotenv[0] != NULL || from_dotenv[1] != NULL) {
        value->origin = FX_CONFIG_DOTENV;
        status = set_text_or_file(config, sources, option, from_dotenv, value);
    } else if (option->preset != NULL) {
        status = set_value(value, fx_str_of(option->preset), FX_CONFIG_DEFAULT);
    } else if (option->is_required) {
        status = fail(config,
                      "%s: is required, but neither the environment nor .env has it",
                      option->variable);
    }
    if (status == FX_OK && value->text != NULL) {
        status = check_value(config, option, value);
    }
    return status;
}

fx_status fx_config_resolve(struct fx_config *config,
                            fx_config_env_fn environment,
                            fx_config_read_fn read,
                            void *context)
{
    const struct sources sources = {environment, read, context};
    config->error[0] = '\0';
    config->error_origin = FX_CONFIG_UNSET;
    fx_status status = FX_OK;
    for (uint32_t index = 0; index < config->option_count && status == FX_OK; index++) {
        status = resolve_option(config, &sources, index);
    }
    for (uint32_t index = 0; index < config->option_count; index++) {
        struct slot *slot = &config->slots[index];
        if (status == FX_OK) {
            drop_value(&slot->value);
            slot->value = slot->next;
            slot->next = (struct value){.origin = FX_CONFIG_UNSET};
        } else {
            drop_value(&slot->next);
        }
    }
    return status;
}

const char *fx_config_error(const struct fx_config *config)
{
    return config->error;
}

/* ---- Reading ---- */

static uint32_t index_of(const struct fx_config *config, const char *name)
{
    for (uint32_t index = 0; index < config->option_count; index++) {
        if (strcmp(config->options[index].name, name) == 0) {
            return index;
        }
    }
    fx_panic(__FILE__, __LINE__, "the option is in the table");
}

fx_str fx_config_str(const struct fx_config *config, const char *name)
{
    const struct value *value = &config->slots[index_of(config, name)].value;
    return (fx_str){value->text, value->size};
}

const char *fx_config_text(const struct fx_config *config, const char *name)
{
    const struct value *value = &config->slots[index_of(config, name)].value;
    return value->text != NULL ? value->text : "";
}

int64_t fx_config_int(const struct fx_config *config, const char *name)
{
    const uint32_t index = index_of(config, name);
    const enum fx_config_type type = config->options[index].type;
    FX_ASSERT(type == FX_CONFIG_INT || type == FX_CONFIG_PORT);
    return config->slots[index].value.number;
}

bool fx_config_bool(const struct fx_config *config, const char *name)
{
    const uint32_t index = index_of(config, name);
    FX_ASSERT(config->options[index].type == FX_CONFIG_BOOL);
    return config->slots[index].value.number != 0;
}

enum fx_config_origin fx_config_origin(const struct fx_config *config, const char *name)
{
    return config->slots[index_of(config, name)].value.origin;
}

bool fx_config_is_flag_wrong(const struct fx_config *config)
{
    return config->error_origin == FX_CONFIG_FLAG;
}

const char *fx_config_origin_name(enum fx_config_origin origin)
{
    switch (origin) {
    case FX_CONFIG_UNSET:
        return "unset";
    case FX_CONFIG_DEFAULT:
        return "default";
    case FX_CONFIG_DOTENV:
        return ".env";
    case FX_CONFIG_ENVIRONMENT:
        return "environment";
    case FX_CONFIG_FLAG:
        return "flag";
    }
    fx_panic(__FILE__, __LINE__, "the origin is one of the five");
}

/** Append a value as the .env file takes it: in double quotes, escaped, unless it is plain. */
static void append_shown(struct fx_buf *target, fx_str text)
{
    bool is_plain = !has_controls(text);
    for (size_t index = 0; index < text.size; index++) {
        is_plain = is_plain && strchr(" #'\"\\$", text.data[index]) == NULL;
    }
    if (is_plain) {
        fx_buf_append(target, text);
        return;
    }
    fx_buf_append_byte(target, '"');
    for (size_t index = 0; index < text.size; index++) {
        const char byte = text.data[index];
        switch (byte) {
        case '\n':
            fx_buf_append(target, FX_STR("\\n"));
            break;
        case '\r':
            fx_buf_append(target, FX_STR("\\r"));
            break;
        case '\t':
            fx_buf_append(target, FX_STR("\\t"));
            break;
        case '"':
        case '\\':
        case '$':
            fx_buf_append_byte(target, '\\');
            fx_buf_append_byte(target, byte);
            break;
        default:
            fx_buf_append_byte(target, byte);
            break;
        }
    }
    fx_buf_append_byte(target, '"');
}

void fx_config_print(const struct fx_config *config, struct fx_buf *target)
{
    for (uint32_t index = 0; index < config->option_count; index++) {
        const struct fx_config_option *option = &config->options[index];
        const struct value *value = &config->slots[index].value;
        fx_buf_append(target, fx_str_of(option->variable));
        fx_buf_append_byte(target, '=');
        if (value->text != NULL) {
            const fx_str text = {value->text, value->size};
            append_shown(target, option->is_secret ? FX_STR("***") : text);
        }
        fx_buf_append(target, FX_STR("  # "));
        fx_buf_append(target, fx_str_of(fx_config_origin_name(value->origin)));
        fx_buf_append_byte(target, '\n');
    }
}

fx_status fx_config_read_file(void *context, const char *path, struct fx_buf *content_out)
{
    (void)context;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? FX_NOT_FOUND : FX_IO;
    }
    enum { RUN_SIZE = 4096 };
    fx_status status = FX_OK;
    size_t total = 0;
    for (;;) {
        char run[RUN_SIZE];
        const ssize_t size = read(fd, run, sizeof run);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size <= 0) {
            status = size < 0 ? FX_IO : status;
            break;
        }
        total += (size_t)size;
        fx_buf_append(content_out, (fx_str){run, (size_t)size});
        explicit_bzero(run, (size_t)size);
        if (total > FX_CONFIG_VALUE_SIZE_MAX || content_out->is_overflow) {
            status = FX_BODY_TOO_LARGE;
            break;
        }
    }
    (void)close(fd);
    return status;
}
