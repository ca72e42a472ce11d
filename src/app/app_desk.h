/**
 * @file app_desk.h
 * What every role without a REST API shares: signals, health and metrics over HTTP, systemd and
 * PM2, and one end for all reasons.
 *
 * The roles' agents work in their own threads; the desk's loop is the main thread's. /health/live:
 * the loop turns. /health and /health/ready: each part with its figures, 503 with the reason where
 * one is down. /metrics: the same figures for Prometheus. It listens on --port where that was set,
 * and on --metrics-port, from its creation on: until it runs, its start answers there
 * (app_start.h). SIGTERM and SIGINT end it. Thread: the main one, but fx_app_desk_end().
 */
#ifndef FX_APP_APP_DESK_H
#define FX_APP_APP_DESK_H

#include <stdint.h>

#include "app/app_notify.h"
#include "app/app_start.h"
#include "base/config.h"
#include "base/status.h"

enum { FX_APP_DESK_FIGURES_MAX = 12, FX_APP_DESK_PARTS_MAX = 16, FX_APP_DESK_REASON_SIZE = 200 };

/** How a part is at this moment. Names are static texts of letters: "lag", "written". */
struct fx_app_desk_look {
    char reason[FX_APP_DESK_REASON_SIZE]; /* why it is down; empty: it is up */
    struct {
        const char *name;
        int64_t value;
    } figures[FX_APP_DESK_FIGURES_MAX];
    uint32_t figure_count;
};

/** A part that can be looked at. The look is taken in the desk's thread, from a zeroed one. */
struct fx_app_desk_part {
    const char *name; /* "order:intake" */
    void (*look)(void *self, struct fx_app_desk_look *look);
    void *self;
};

struct fx_app_desk;

/** Open its doors and answer that it is starting. @return OK (gives); NO_MEMORY; IO, BAD_PARAMETER
 * (a port cannot be listened at: logged). `config` and `notify` are kept. */
FX_MUST_USE fx_status fx_app_desk_create(const struct fx_config *config,
                                         struct fx_app_notify *notify,
                                         const char *title,
                                         struct fx_app_desk **desk_out);

/** Free it. Accepts NULL. */
void fx_app_desk_destroy(struct fx_app_desk *desk);

/** Where it is told what the start is at. Borrowed, until fx_app_desk_run(). */
struct fx_app_start *fx_app_desk_start(struct fx_app_desk *desk);

/** Show a part, before it runs. Copies. */
void fx_app_desk_add(struct fx_app_desk *desk, const struct fx_app_desk_part *part);

/** Add a figure to a look. */
void fx_app_desk_figure(struct fx_app_desk_look *look, const char *name, int64_t value);

/** Say why the part is down. The first reason counts. */
void fx_app_desk_down(struct fx_app_desk_look *look, const char *reason);

/** Call `tick` in the desk's thread, each `interval_ms`. @return OK; CAPACITY. */
FX_MUST_USE fx_status fx_app_desk_every(struct fx_app_desk *desk,
                                        uint32_t interval_ms,
                                        void (*tick)(void *self),
                                        void *self);

/** End the start, take over its doors, tell who started us, and turn until a signal or
 * fx_app_desk_end(). @return OK after a signal; what the end said; why it cannot listen. */
FX_MUST_USE fx_status fx_app_desk_run(struct fx_app_desk *desk);

/** A role cannot go on: end the process with this status. The first one counts. Thread: any. */
void fx_app_desk_end(struct fx_app_desk *desk, fx_status status);

#endif
