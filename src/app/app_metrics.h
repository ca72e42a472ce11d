/**
 * @file app_metrics.h
 * The process's figures for Prometheus: counted while answers and events pass, written when asked.
 *
 * Counting is an array index and an addition; nothing is allocated, formatted or locked on the way.
 * Labels have few values: routes, not paths; never a user. Thread: the main thread.
 */
#ifndef FX_APP_APP_METRICS_H
#define FX_APP_APP_METRICS_H

#include <stdint.h>

#include "app/app_exchange.h"
#include "base/buf.h"
#include "base/status.h"
#include "model/event.h"
#include "net/net_server.h"

struct fx_app_metrics;

/** What is read at the moment of asking. */
struct fx_app_metrics_now {
    struct fx_app_exchange *exchange;
    const char *durability;
    int64_t now_us;
    int64_t started_us;
};

/** @return NULL without memory; gives. */
struct fx_app_metrics *fx_app_metrics_create(void);

/** Accepts NULL. */
void fx_app_metrics_destroy(struct fx_app_metrics *metrics);

/** Count an answer; cost some ten nanoseconds. */
void fx_app_metrics_on_answer(struct fx_app_metrics *metrics,
                              const struct fx_net_server_answer *answer);

/** Count an event. */
void fx_app_metrics_on_event(struct fx_app_metrics *metrics, const struct fx_event *event);

/** Now and then: take the engine's audit over. */
void fx_app_metrics_tick(struct fx_app_metrics *metrics, const struct fx_worker_feed *feed);

/** Append everything in Prometheus' text format. */
void fx_app_metrics_write(const struct fx_app_metrics *metrics,
                          const struct fx_app_metrics_now *now,
                          struct fx_buf *body);

#endif
