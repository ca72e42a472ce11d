/**
 * @file app_intake.h
 * The command order:intake: producers outside → the engine's log. Thread: the main thread.
 */
#ifndef FX_APP_APP_INTAKE_H
#define FX_APP_APP_INTAKE_H

#include "app/app_options.h"

/** Run until a signal, or until it cannot go on. @return an exit code. */
int fx_app_intake_run(const struct fx_app_options *options);

#endif
