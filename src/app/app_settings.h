/**
 * @file app_settings.h
 * Is what was set what a setting can be? Every wrong value is named by its variable before anything
 * is opened or anybody called; a variable that no setting has gets a hint.
 * Thread: the main thread, before there is another one.
 */
#ifndef FX_APP_APP_SETTINGS_H
#define FX_APP_APP_SETTINGS_H

#include "base/config.h"

enum { FX_APP_SETTINGS_UNKNOWN_MAX = 16, FX_APP_SETTINGS_NAME_SIZE_MAX = 128 };

/** What of the settings a command uses, or-ed: their files are looked at. */
enum fx_app_settings_use {
    FX_APP_SETTINGS_KAFKA = 1,
    FX_APP_SETTINGS_DATABASE = 2,
    FX_APP_SETTINGS_REDIS = 4,
    FX_APP_SETTINGS_API = 8,  /* keys, TLS, the oracle */
    FX_APP_SETTINGS_DATA = 16 /* a folder of its own, made where it is not there */
};

/** Variables of the .env file that nobody reads. */
struct fx_app_settings_unknown {
    char names[FX_APP_SETTINGS_UNKNOWN_MAX][FX_APP_SETTINGS_NAME_SIZE_MAX];
    uint32_t count;
};

/**
 * Words, addresses, hosts, origins and keys of resolved settings. The first wrong one is printed to
 * stderr with its variable. @return an exit code: 2 where it came by flag, else 78; 0: all are
 * right.
 */
int fx_app_settings_check(const struct fx_config *config);

/**
 * The files that are named and will be read must be readable, PEM keys must be keys. The first that
 * is not is logged with its variable. @return OK; BAD_SETTING; NO_MEMORY.
 */
FX_MUST_USE fx_status fx_app_settings_check_files(const struct fx_config *config, uint32_t uses);

/** A fx_config_unknown_fn: keep the name; `context` is a fx_app_settings_unknown. */
void fx_app_settings_note(void *context, fx_str variable);

/** Log what of the environment and of `unknown` looks like a setting and is none of the table, with
 * the one that it is most like. */
void fx_app_settings_hint(const struct fx_config_option *options,
                          uint32_t option_count,
                          const struct fx_app_settings_unknown *unknown);

#endif
