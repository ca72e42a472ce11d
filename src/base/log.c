#include "base/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/panic.h"

/* A value of 512 bytes may grow sixfold by escapes; 16 fields and a message of them fit. */
enum { LINE_SIZE_MAX = 65536, COPY_SIZE = FX_LOG_VALUE_SIZE_MAX };

/*
 * The one logger of the process. It is the exception to "no mutable globals": a logger that every
 * function had to be given would be left out where it is needed most. Atomics, so that SIGHUP may
 * change it while others log.
 */
static struct {
    _Atomic(int) level;
    _Atomic(int) format;
    _Atomic(int) fd;
    _Atomic(fx_log_clock_fn) clock;
    // NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): see above
} logger = {FX_LOG_INFO, FX_LOG_TEXT, STDERR_FILENO, fx_clock_wall_us};

void fx_log_configure(const struct fx_log_options *options)
{
    FX_ASSERT(options->level >= FX_LOG_DEBUG && options->level <= FX_LOG_OFF);
    FX_ASSERT(options->format >= FX_LOG_TEXT && options->format <= FX_LOG_JSON);
    FX_ASSERT(options->fd >= 0);
    atomic_store(&logger.level, (int)options->level);
    atomic_store(&logger.format, (int)options->format);
    atomic_store(&logger.fd, options->fd);
    atomic_store(&logger.clock, options->clock != NULL ? options->clock : fx_clock_wall_us);
}

bool fx_log_is_on(enum fx_log_level level)
{
    return (int)level >= atomic_load_explicit(&logger.level, memory_order_relaxed);
}

struct fx_log_field fx_log_str(const char *name, fx_str value)
{
    return (struct fx_log_field){.name = name, .kind = FX_LOG_KIND_STR, .value.str = value};
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): name, then value, as all fields
struct fx_log_field fx_log_text(const char *name, const char *value)
{
    return fx_log_str(name, fx_str_of(value));
}

struct fx_log_field fx_log_u64(const char *name, uint64_t value)
{
    return (struct fx_log_field){.name = name, .kind = FX_LOG_KIND_U64, .value.u64 = value};
}

struct fx_log_field fx_log_i64(const char *name, int64_t value)
{
    return (struct fx_log_field){.name = name, .kind = FX_LOG_KIND_I64, .value.i64 = value};
}

struct fx_log_field fx_log_dec(const char *name, fx_i128 units)
{
    return (struct fx_log_field){.name = name, .kind = FX_LOG_KIND_DEC, .value.dec = units};
}

struct fx_log_field fx_log_status(const char *name, fx_status status)
{
    return (struct fx_log_field){.name = name, .kind = FX_LOG_KIND_STATUS, .value.status = status};
}

struct fx_log_field fx_log_bool(const char *name, bool value)
{
    return (struct fx_log_field){.name = name, .kind = FX_LOG_KIND_BOOL, .value.boolean = value};
}

/* ---- Secrets ---- */

/** True where `word` occurs in `name`, in any case. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): where, then what
static bool contains_nocase(fx_str name, fx_str word)
{
    for (size_t from = 0; from + word.size <= name.size; from++) {
        if (fx_str_is_equal_nocase(fx_str_slice(name, from, word.size), word)) {
            return true;
        }
    }
    return false;
}

/** True where a field of this name must not be written. Rather one too many than one too few. */
static bool is_secret(const char *name)
{
    static const char *const WORDS[] = {"token",
                                        "password",
                                        "passwd",
                                        "secret",
                                        "signature",
                                        "cookie",
                                        "private_key",
                                        "privatekey",
                                        "authorization",
                                        "otp",
                                        "apikey",
                                        "api_key",
                                        "passphrase",
                                        "mnemonic",
                                        "credential"};
    for (size_t index = 0; index < sizeof WORDS / sizeof WORDS[0]; index++) {
        if (contains_nocase(fx_str_of(name), fx_str_of(WORDS[index]))) {
            return true;
        }
    }
    return false;
}

/* ---- Values ---- */

/** True where `text` can stand in a line without quotes; `with_spaces` in a message. */
static bool is_plain(fx_str text, bool with_spaces)
{
    for (size_t index = 0; index < text.size; index++) {
        const char c = text.data[index];
        const bool is_refused = c < ' ' || c > '~' || c == '"' || c == '\\' || c == '=';
        if (is_refused || (c == ' ' && !with_spaces)) {
            return false;
        }
    }
    return text.size > 0;
}

/**
 * Append quoted and escaped, cut after FX_LOG_VALUE_SIZE_MAX bytes. The JSON escapes leave DEL and
 * the C1 controls as they are, which terminals obey: they become question marks.
 */
static void append_quoted(struct fx_buf *line, fx_str text)
{
    char copy[COPY_SIZE];
    const bool is_cut = text.size > sizeof copy;
    const size_t size = is_cut ? sizeof copy - 3 : text.size;
    if (size > 0) {
        memcpy(copy, text.data, size);
    }
    for (size_t index = 0; index < size; index++) {
        const unsigned char byte = (unsigned char)copy[index];
        const bool is_c1 = byte == 0xc2 && index + 1 < size &&
                           (unsigned char)copy[index + 1] >= 0x80 &&
                           (unsigned char)copy[index + 1] <= 0x9f;
        if (byte == 0x7f || is_c1) {
            copy[index] = '?';
        }
        if (is_c1) {
            copy[index + 1] = '?';
        }
    }
    if (is_cut) {
        memset(copy + size, '.', 3);
    }
    fx_json_append_string(line, (fx_str){copy, is_cut ? sizeof copy : size});
}

static void append_text(struct fx_buf *line, fx_str text, bool is_json)
{
    if (!is_json && text.size <= FX_LOG_VALUE_SIZE_MAX && is_plain(text, false)) {
        fx_buf_append(line, text);
    } else {
        append_quoted(line, text);
    }
}

static void append_value(struct fx_buf *line, const struct fx_log_field *field, bool is_json)
{
    if (is_secret(field->name)) {
        append_text(line, FX_STR("***"), is_json);
        return;
    }
    switch (field->kind) {
    case FX_LOG_KIND_STR:
        append_text(line, field->value.str, is_json);
        break;
    case FX_LOG_KIND_U64:
        fx_buf_append_u64(line, field->value.u64);
        break;
    case FX_LOG_KIND_I64:
        fx_buf_append_i64(line, field->value.i64);
        break;
    case FX_LOG_KIND_DEC: {
        char text[FX_DEC_TEXT_SIZE_MAX];
        const uint32_t size = fx_dec_format(field->value.dec, text);
        append_text(line, (fx_str){text, size}, is_json);
        break;
    }
    case FX_LOG_KIND_STATUS:
        append_text(line, fx_str_of(fx_status_name(field->value.status)), is_json);
        break;
    case FX_LOG_KIND_BOOL:
        fx_buf_append(line, field->value.boolean ? FX_STR("true") : FX_STR("false"));
        break;
    case FX_LOG_KIND_END:
        FX_ASSERT(field->kind != FX_LOG_KIND_END);
        break;
    }
}

/* ---- Lines ---- */

static fx_str level_name(enum fx_log_level level)
{
    switch (level) {
    case FX_LOG_DEBUG:
        return FX_STR("debug");
    case FX_LOG_INFO:
        return FX_STR("info");
    case FX_LOG_WARN:
        return FX_STR("warn");
    case FX_LOG_ERROR:
        return FX_STR("error");
    case FX_LOG_OFF:
        break;
    }
    return FX_STR("off");
}

static void append_head_text(struct fx_buf *line, const struct fx_log_field head[4])
{
    const fx_str level = head[1].value.str;
    const fx_str message = head[3].value.str;
    static const char SPACES[] = "      ";
    fx_buf_append(line, head[0].value.str);
    fx_buf_append_byte(line, ' ');
    fx_buf_append(line, level);
    fx_buf_append(line, (fx_str){SPACES, sizeof SPACES - 1 - level.size});
    fx_buf_append(line, head[2].value.str);
    fx_buf_append(line, FX_STR(": "));
    if (message.size <= FX_LOG_VALUE_SIZE_MAX && is_plain(message, true)) {
        fx_buf_append(line, message);
    } else {
        append_quoted(line, message);
    }
}

/** Append what every line has: time, level, component, message. */
static void append_head(struct fx_buf *line,
                        enum fx_log_format format,
                        const struct fx_log_field head[4])
{
    if (format == FX_LOG_TEXT) {
        append_head_text(line, head);
        return;
    }
    const bool is_json = format == FX_LOG_JSON;
    for (size_t index = 0; index < 4; index++) {
        const fx_str name = fx_str_of(head[index].name);
        if (is_json) {
            fx_json_append_key(line, name);
        } else {
            fx_buf_append(line, index > 0 ? FX_STR(" ") : FX_STR(""));
            fx_buf_append(line, name);
            fx_buf_append_byte(line, '=');
        }
        append_text(line, head[index].value.str, is_json);
    }
}

static void append_field(struct fx_buf *line, bool is_json, const struct fx_log_field *field)
{
    const fx_str name = fx_str_of(field->name);
    if (is_json) {
        fx_json_append_key(line, name);
    } else {
        fx_buf_append_byte(line, ' ');
        fx_buf_append(line, name);
        fx_buf_append_byte(line, '=');
    }
    append_value(line, field, is_json);
}

/** Write all of it; a log that cannot be written is not worth stopping for. */
static void write_all(int fd, fx_str text)
{
    while (text.size > 0) {
        const ssize_t size = write(fd, text.data, text.size);
        if (size < 0 && errno != EINTR) {
            return;
        }
        if (size > 0) {
            text = fx_str_slice(text, (size_t)size, text.size);
        }
    }
}

void fx_log_write(enum fx_log_level level,
                  const char *component, // NOLINT(bugprone-easily-swappable-parameters): FX_LOG's
                  const char *message,
                  const struct fx_log_field *fields)
{
    FX_ASSERT(level >= FX_LOG_DEBUG && level < FX_LOG_OFF);
    const int errno_before = errno;
    const enum fx_log_format format = (enum fx_log_format)atomic_load(&logger.format);
    const fx_log_clock_fn clock = atomic_load(&logger.clock);
    const bool is_json = format == FX_LOG_JSON;
    char time[FX_CLOCK_TEXT_SIZE + 1];
    fx_clock_format(clock() / 1000, time);
    const struct fx_log_field head[4] = {
        fx_log_str("ts", (fx_str){time, FX_CLOCK_TEXT_SIZE}),
        fx_log_str("level", level_name(level)),
        fx_log_text("component", component),
        fx_log_text("msg", message),
    };
    struct fx_buf line;
    fx_buf_init(&line, LINE_SIZE_MAX);
    if (is_json) {
        fx_buf_append_byte(&line, '{');
    }
    append_head(&line, format, head);
    uint32_t count = 0;
    for (; fields[count].kind != FX_LOG_KIND_END; count++) {
        FX_ASSERT(count < FX_LOG_FIELDS_MAX);
        append_field(&line, is_json, &fields[count]);
    }
    fx_buf_append(&line, is_json ? FX_STR("}\n") : FX_STR("\n"));
    const int fd = atomic_load(&logger.fd);
    write_all(fd,
              line.is_overflow ? FX_STR("level=error msg=\"log line lost\"\n") : fx_buf_str(&line));
    fx_buf_deinit(&line);
    errno = errno_before;
}

/* ---- Options ---- */

bool fx_log_parse_level(fx_str text, enum fx_log_level *level_out)
{
    for (enum fx_log_level level = FX_LOG_DEBUG; level <= FX_LOG_OFF; level++) {
        if (fx_str_is_equal(text, level_name(level))) {
            *level_out = level;
            return true;
        }
    }
    return false;
}

bool fx_log_parse_format(fx_str text, enum fx_log_format *format_out)
{
    static const char *const NAMES[] = {"text", "logfmt", "json"};
    for (int index = 0; index < 3; index++) {
        if (fx_str_is_equal(text, fx_str_of(NAMES[index]))) {
            *format_out = (enum fx_log_format)(FX_LOG_TEXT + index);
            return true;
        }
    }
    return false;
}
