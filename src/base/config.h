/**
 * @file config.h
 * Settings from one table of options: flag over environment over .env file over default.
 *
 * Create, give flags and the text of a .env file, then resolve: every option is checked against its
 * type and bounds, and the first error names the variable, its origin and what it must be (never
 * the value of a secret). A secret cannot come by flag, but by `<VARIABLE>_FILE`: the path of a
 * file that holds it. Empty values count as not set. The environment and files come through
 * callbacks, so that only app/ touches the process's. Thread: the owner's; reading a resolved one:
 * any.
 */
#ifndef FX_BASE_CONFIG_H
#define FX_BASE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"

enum {
    FX_CONFIG_OPTIONS_MAX = 256,
    FX_CONFIG_VALUE_SIZE_MAX = 65536,
    FX_CONFIG_ERROR_SIZE_MAX = 256
};

enum fx_config_type {
    FX_CONFIG_STR = 1,
    FX_CONFIG_PATH = 2, /* a string without control characters */
    FX_CONFIG_INT = 3,  /* min..max */
    FX_CONFIG_BOOL = 4, /* true/false, yes/no, on/off, 1/0 in any case */
    FX_CONFIG_PORT = 5  /* 0..65535; 0 = any free one */
};

enum fx_config_origin {
    FX_CONFIG_UNSET = 1, /* no value anywhere */
    FX_CONFIG_DEFAULT = 2,
    FX_CONFIG_DOTENV = 3,
    FX_CONFIG_ENVIRONMENT = 4,
    FX_CONFIG_FLAG = 5
};

/** One line of the table, constant for the life of the configuration. */
struct fx_config_option {
    const char *name;     /* "http-port": the flag is --http-port */
    const char *variable; /* "PORT" */
    const char *preset;   /* the default's text; NULL: none */
    const char *help;     /* one line */
    enum fx_config_type type;
    bool is_secret;
    bool is_required;
    int64_t min; /* INT only */
    int64_t max;
};

/** The value of an environment variable, NULL where not set; borrowed until resolve returns. */
typedef const char *(*fx_config_env_fn)(void *context, const char *variable);

/** Append the content of a file. @return OK; NOT_FOUND; IO; BODY_TOO_LARGE. */
typedef fx_status (*fx_config_read_fn)(void *context, const char *path, struct fx_buf *content_out);

/** Hear of a variable in the .env file that no option has; `variable` ends with the call. */
typedef void (*fx_config_unknown_fn)(void *context, fx_str variable);

struct fx_config;

/** Make one for `option_count` options (1..FX_CONFIG_OPTIONS_MAX; kept). @return NULL without
 * memory; gives. */
struct fx_config *fx_config_create(const struct fx_config_option *options, uint32_t option_count);

/** Wipe the values and free. Accepts NULL. */
void fx_config_destroy(struct fx_config *config);

/**
 * Take the flag --name with its text; for a BOOL an empty text means true. @return OK; USAGE (no
 * such option, a secret; see fx_config_error()); NO_MEMORY.
 */
FX_MUST_USE fx_status fx_config_set_flag(struct fx_config *config, fx_str name, fx_str value);

/**
 * Take the text of a .env file: `KEY=value`, `export KEY=value`, `# comment`, 'literal', "with \n
 * \t
 * \" \\ \$ escapes", both quoted forms over several lines; ` #` ends an unquoted value. The last of
 * equal keys counts; keys of other programs are ignored, fx_config_on_unknown() hears of them.
 * @return OK; BAD_FILE (fx_config_error() names the line); NO_MEMORY.
 */
FX_MUST_USE fx_status fx_config_set_dotenv(struct fx_config *config, fx_str text);

/** Who hears of unknown variables in the .env file; set it before that is read. NULL: nobody. */
void fx_config_on_unknown(struct fx_config *config, fx_config_unknown_fn unknown, void *context);

/**
 * Settle and check every option. `read` reads the `_FILE` variants, e.g. fx_config_read_file();
 * NULL: there are none. `context` goes to both. May be repeated: then flags and .env stay.
 * @return OK; USAGE (see fx_config_error()); NO_MEMORY.
 */
FX_MUST_USE fx_status fx_config_resolve(struct fx_config *config,
                                        fx_config_env_fn environment,
                                        fx_config_read_fn read,
                                        void *context);

/** What was wrong, "" where nothing was. Borrowed until the next call. */
const char *fx_config_error(const struct fx_config *config);

/** The value's text; empty where unset. Asserts that the option is in the table, as all below. */
fx_str fx_config_str(const struct fx_config *config, const char *name);

/** The same NUL-terminated, for vendors' functions. Never NULL. */
const char *fx_config_text(const struct fx_config *config, const char *name);

/** The value of an INT or PORT; 0 where unset. */
int64_t fx_config_int(const struct fx_config *config, const char *name);

/** The value of a BOOL; false where unset. */
bool fx_config_bool(const struct fx_config *config, const char *name);

/** Where the value came from. */
enum fx_config_origin fx_config_origin(const struct fx_config *config, const char *name);

/** True where the last resolve failed for the value of a flag: the command line is wrong. */
bool fx_config_is_flag_wrong(const struct fx_config *config);

/** "flag", "environment", ".env", "default", "unset". */
const char *fx_config_origin_name(enum fx_config_origin origin);

/** Append `VARIABLE=value  # origin` for every option, one per line, secrets as `***`. */
void fx_config_print(const struct fx_config *config, struct fx_buf *target);

/** Read a real file of at most FX_CONFIG_VALUE_SIZE_MAX bytes: a fx_config_read_fn; context unused.
 */
FX_MUST_USE fx_status fx_config_read_file(void *context,
                                          const char *path,
                                          struct fx_buf *content_out);

#endif
