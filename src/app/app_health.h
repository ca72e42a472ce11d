/**
 * @file app_health.h
 * Is the exchange well? Figures in, one JSON object out, in the shape of NestJS's terminus:
 * {"status":"ok","info":{…},"error":{…},"details":{…}}; info has what is up, error what is down,
 * details both. Thread: any (data).
 */
#ifndef FX_APP_APP_HEALTH_H
#define FX_APP_APP_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "app/app_exchange.h"
#include "base/buf.h"
#include "base/status.h"

enum {
    FX_APP_HEALTH_SNAPSHOT_LATE = 10, /* intervals without a snapshot although commands came */
    FX_APP_HEALTH_STUCK_S = 30,       /* seconds without any progress of the saver */
    FX_APP_HEALTH_SILENT_S = 5,       /* seconds without a word of the leader */
    FX_APP_HEALTH_LAG_MAX = 65536     /* records behind the log */
};

struct fx_app_health {
    struct fx_app_exchange_figures figures;
    const struct fx_worker_engine_report *report; /* of the start */
    const char *durability;                       /* the mode's name */
    fx_status store;                              /* what reading the database gave */
    int64_t now_us;
    int64_t started_us;
    int64_t saver_progress_us; /* when the tables were complete, or came forward, last */
    int64_t snapshot_interval_us;
    uint64_t disk_free_bytes;
    uint64_t disk_size_bytes; /* 0: unknown */
    bool is_stopping;
};

/** Append the object. @return true where the exchange is ready to take orders. */
bool fx_app_health_write(const struct fx_app_health *health, struct fx_buf *body);

#endif
