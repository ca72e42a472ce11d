/**
 * @file app_lead.h
 * `matching-engine:run`: an engine of a shard, which leads or stands by. Thread: the main one.
 */
#ifndef FX_APP_APP_LEAD_H
#define FX_APP_APP_LEAD_H

#include "app/app_options.h"

/** Run until a signal or a reason to end. @return the exit code. */
int fx_app_lead_run(const struct fx_app_options *options);

#endif
