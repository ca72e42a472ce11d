/**
 * @file log.h
 * One line per event to stderr: time, level, component, message and typed fields.
 *
 *     FX_LOG(FX_LOG_INFO, "api", "order accepted", fx_log_u64("order_id", id),
 *            fx_log_dec("price", price));
 *
 * Formats: text for people, logfmt and json for machines. Control characters are escaped, so a
 * line is always one line. The value of a field whose name says that it is a secret (token,
 * password, secret, signature, authorization, cookie, private_key …) is never written. Where the
 * level is off, the fields are not even evaluated. Thread: any; each line is one write(2).
 */
#ifndef FX_BASE_LOG_H
#define FX_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dec.h"
#include "base/status.h"
#include "base/str.h"

enum fx_log_level {
    FX_LOG_DEBUG = 1,
    FX_LOG_INFO = 2,
    FX_LOG_WARN = 3,
    FX_LOG_ERROR = 4,
    FX_LOG_OFF = 5 /* as a threshold only */
};

enum fx_log_format { FX_LOG_TEXT = 1, FX_LOG_LOGFMT = 2, FX_LOG_JSON = 3 };

enum {
    FX_LOG_FIELDS_MAX = 16,
    FX_LOG_VALUE_SIZE_MAX = 512 /* longer values and messages are cut and end in "..." */
};

enum fx_log_kind {
    FX_LOG_KIND_END = 0,
    FX_LOG_KIND_STR = 1,
    FX_LOG_KIND_U64 = 2,
    FX_LOG_KIND_I64 = 3,
    FX_LOG_KIND_DEC = 4,
    FX_LOG_KIND_STATUS = 5,
    FX_LOG_KIND_BOOL = 6
};

/** A field; made by the functions below. `name` is lower_case, with its unit last. */
struct fx_log_field {
    const char *name;
    enum fx_log_kind kind;
    union {
        fx_str str;
        uint64_t u64;
        int64_t i64;
        fx_i128 dec;
        fx_status status;
        bool boolean;
    } value;
};

typedef int64_t (*fx_log_clock_fn)(void);

struct fx_log_options {
    enum fx_log_level level; /* lowest one that is written */
    enum fx_log_format format;
    int fd;                /* where to, usually 2 */
    fx_log_clock_fn clock; /* microseconds since 1970; NULL: fx_clock_wall_us */
};

/**
 * Set up the process's one logger: once at the start, again on SIGHUP. Before it, INFO and above
 * go to stderr as text.
 */
void fx_log_configure(const struct fx_log_options *options);

/** True where `level` is written. */
bool fx_log_is_on(enum fx_log_level level);

struct fx_log_field fx_log_str(const char *name, fx_str value);
struct fx_log_field fx_log_text(const char *name, const char *value); /* NULL is empty */
struct fx_log_field fx_log_u64(const char *name, uint64_t value);
struct fx_log_field fx_log_i64(const char *name, int64_t value);
struct fx_log_field fx_log_dec(const char *name, fx_i128 units);
struct fx_log_field fx_log_status(const char *name, fx_status status);
struct fx_log_field fx_log_bool(const char *name, bool value);

/** Write a line; `fields` ends with one of kind END. Use FX_LOG. */
void fx_log_write(enum fx_log_level level,
                  const char *component,
                  const char *message,
                  const struct fx_log_field *fields);

/** FX_LOG(level, component, message, fields…): up to FX_LOG_FIELDS_MAX fields, or none. */
#define FX_LOG(level, component, ...)                                                              \
    FX_LOG_WITH_END(level, component, __VA_ARGS__, {.kind = FX_LOG_KIND_END})

#define FX_LOG_WITH_END(level, component, message, ...)                                            \
    (fx_log_is_on(level)                                                                           \
         ? fx_log_write(level, component, message, (const struct fx_log_field[]){__VA_ARGS__})     \
         : (void)0)

/** The level of "debug", "info", "warn", "error" or "off". @return false for another text. */
bool fx_log_parse_level(fx_str text, enum fx_log_level *level_out);

/** The format of "text", "logfmt" or "json". @return false for another text. */
bool fx_log_parse_format(fx_str text, enum fx_log_format *format_out);

#endif
