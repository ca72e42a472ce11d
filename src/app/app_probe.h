/**
 * @file app_probe.h
 * What every process answers by HTTP besides its work: whether it lives, whether it is ready, its
 * version, its metrics. Which path is which, and what is the same in all of these answers. Thread:
 * any.
 */
#ifndef FX_APP_APP_PROBE_H
#define FX_APP_APP_PROBE_H

#include "base/buf.h"
#include "base/str.h"

#define FX_APP_PROBE_HEADERS      "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n"
#define FX_APP_PROBE_METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

enum fx_app_probe {
    FX_APP_PROBE_NONE, /* none of these */
    FX_APP_PROBE_READY,
    FX_APP_PROBE_LIVE,
    FX_APP_PROBE_VERSION,
    FX_APP_PROBE_METRICS,
    FX_APP_PROBES
};

enum fx_app_probe fx_app_probe_of(fx_str path);

/** Append the members `name` and `version` of a JSON object. */
void fx_app_probe_add_version(struct fx_buf *body, const char *name);

#endif
