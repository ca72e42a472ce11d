/**
 * @file app_tell.h
 * matching-engine:tell: the seed's controls of an engine, as records of its log.
 * Thread: the main one.
 */
#ifndef FX_APP_APP_TELL_H
#define FX_APP_APP_TELL_H

#include "app/app_options.h"

/** Publish START_ENGINE, STOP_ENGINE, DUMP or SET_RULES. @return the exit code. */
int fx_app_tell_run(const struct fx_app_options *options);

#endif
