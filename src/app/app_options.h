/**
 * @file app_options.h
 * Every option of every command: one table, from flags, environment, .env and defaults.
 * Thread: the main thread.
 */
#ifndef FX_APP_APP_OPTIONS_H
#define FX_APP_APP_OPTIONS_H

#include "base/buf.h"
#include "base/config.h"
#include "base/status.h"

/** Exit codes beside 0 and 1. */
enum fx_app_options_exit {
    FX_APP_EXIT_OK = 0,
    FX_APP_EXIT_FAILURE = 1,
    FX_APP_EXIT_USAGE = 2,
    FX_APP_EXIT_DATA = 65, /* a file is not what it should be */
    FX_APP_EXIT_UNAVAILABLE = 69,
    FX_APP_EXIT_TEMPORARY = 75, /* locked or busy: try again */
    FX_APP_EXIT_CONFIG = 78
};

enum { FX_APP_OPTIONS_POSITIONALS_MAX = 4 };

struct fx_app_options {
    struct fx_config *config;
    const char *positionals[FX_APP_OPTIONS_POSITIONALS_MAX]; /* borrowed from argv */
    uint32_t positional_count;
    int argc; /* what was read, to read it again */
    char **argv;
    bool is_help;
};

/**
 * Read flags (argv[0] is the first one behind the command), environment and ./.env, resolve. Errors
 * are printed to stderr. @return an exit code; FX_APP_EXIT_OK: options_out is ready (destroy it).
 */
int fx_app_options_read(int argc, char **argv, struct fx_app_options *options_out);

void fx_app_options_destroy(struct fx_app_options *options);

/** The table: how many options there are, and each of them, in the order of the help. */
uint32_t fx_app_options_count(void);
const struct fx_config_option *fx_app_options_at(uint32_t index);

/** Print an option with variable, default and help to stdout. */
void fx_app_options_print(const struct fx_config_option *option);

/** The exit code for a status. */
int fx_app_options_exit(fx_status status);

/** May strangers register? A demo is there to be tried; anybody else opens the door knowingly. */
bool fx_app_options_is_registration_open(const struct fx_config *config);

#endif
