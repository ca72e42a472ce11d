/**
 * @file app_doctor.h
 * `doctor`: is this machine fit to serve from this data folder, and what should be done?
 *
 * Read only but for a small file that is written, timed and removed. May run beside a server.
 * Thread: the main thread.
 */
#ifndef FX_APP_APP_DOCTOR_H
#define FX_APP_APP_DOCTOR_H

#include "app/app_options.h"

/** @return 0 where nothing must be done (warnings included), else 1. */
int fx_app_doctor_run(const struct fx_app_options *options);

#endif
