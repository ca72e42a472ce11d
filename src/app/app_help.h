/**
 * @file app_help.h
 * What is said about commands and settings, all of it from commands.def and the table of options:
 * `help`, a command's own help, the man page, and what shells complete. Thread: the main thread.
 */
#ifndef FX_APP_APP_HELP_H
#define FX_APP_APP_HELP_H

#include <stdbool.h>

#include "app/app_options.h"

/** Print all commands and all settings. */
void fx_app_help_all(void);

/** Print one command and the settings that it looks at. @return false where there is none of this
 * name; nothing is printed. */
bool fx_app_help_one(const char *name);

/** `man`: print the manual page, in roff. */
int fx_app_help_man(const struct fx_app_options *options);

/** `completion SHELL`: print a script for bash, zsh or fish. */
int fx_app_help_completion(const struct fx_app_options *options);

#endif
