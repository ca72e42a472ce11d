/**
 * @file app_start.h
 * The doors of a process that is still starting: who asks hears that it lives, what it is at, and
 * how far that is, while the main thread reads snapshot and log.
 *
 * /health/live is 200; /health and /health/ready are 503 with the reason; /metrics and /version as
 * later; everything else, so all routes of an API, is 503 STARTING with Retry-After. It has a
 * thread and a loop of its own. What serves later takes over the listening sockets themselves: at
 * no moment is a port closed or anybody else's. systemd hears the same words, and that it takes
 * longer as long as it comes forward. Thread: the main one.
 */
#ifndef FX_APP_APP_START_H
#define FX_APP_APP_START_H

#include <stdbool.h>

#include "app/app_notify.h"
#include "base/config.h"
#include "base/status.h"
#include "worker/worker_follow.h"

enum fx_app_start_door {
    FX_APP_START_MAIN = 0,    /* --host, --port */
    FX_APP_START_METRICS = 1, /* --metrics-host, --metrics-port, where that is set */
    FX_APP_START_DOORS = 2
};

struct fx_app_start;

/** Open the doors and answer; the main one where `has_main`. `config`, `notify` and `title` are
 * kept. @return OK (gives); IO, BAD_PARAMETER (a port cannot be listened at: logged), NO_MEMORY. */
FX_MUST_USE fx_status fx_app_start_open(const struct fx_config *config,
                                        struct fx_app_notify *notify,
                                        const char *title,
                                        bool has_main,
                                        struct fx_app_start **start_out);

/** From now on it is at this; a static text: "reading the tables". Accepts NULL. */
void fx_app_start_stage(struct fx_app_start *start, const char *stage);

/** The shard whose log is read next; 0 before. Accepts NULL. */
void fx_app_start_shard(struct fx_app_start *start, uint32_t shard);

/** A follower's on_progress; its context, `self`, is the start. */
void fx_app_start_on_progress(void *self, const struct fx_worker_follow_progress *progress);

/** The start is over: whoever has asked is answered, and nobody is any more. The doors' sockets
 * stay open and take in whoever comes, until they are taken or freed. Accepts NULL. */
void fx_app_start_end(struct fx_app_start *start);

/** Take over a door, after fx_app_start_end(). @return its listening descriptor (gives), for
 * struct fx_app_listen; -1: there is none. Accepts NULL. */
int fx_app_start_take(struct fx_app_start *start, enum fx_app_start_door door);

/** Close what was not taken. Accepts NULL. */
void fx_app_start_destroy(struct fx_app_start *start);

#endif
