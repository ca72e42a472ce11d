/**
 * @file app_metrics_int.h
 * What app_metrics.c counts and app_metrics_write.c writes. Thread: the main thread.
 */
#ifndef FX_APP_APP_METRICS_INT_H
#define FX_APP_APP_METRICS_INT_H

#include "app/app_metrics.h"
#include "base/metric.h"
#include "engine/engine.h"

enum {
    FX_APP_METRICS_ROUTES_MAX = 256,
    FX_APP_METRICS_CODES = 500, /* 100..599 */
    FX_APP_METRICS_CODE_MIN = 100,
    FX_APP_METRICS_TYPES = 8,    /* enum fx_order_type */
    FX_APP_METRICS_STATES = 9,   /* enum fx_order_status */
    FX_APP_METRICS_REASONS = 640 /* fx_status */
};

/* Routes that are not the API's, in front of those that are. */
enum fx_app_metrics_route {
    FX_APP_METRICS_ROUTE_NONE = 0, /* no request at all */
    FX_APP_METRICS_ROUTE_SOCKETIO = 1,
    FX_APP_METRICS_ROUTE_STREAM = 2,
    FX_APP_METRICS_ROUTE_OPERATOR = 3,
    FX_APP_METRICS_ROUTE_PAGE = 4,
    FX_APP_METRICS_ROUTE_UNKNOWN = 5, /* of the API, without such a route */
    FX_APP_METRICS_ROUTE_API = 6      /* + the label */
};

struct fx_app_metrics_route_counts {
    uint64_t codes[FX_APP_METRICS_CODES];
    struct fx_metric_histogram times;
};

struct fx_app_metrics_symbol {
    uint64_t orders[FX_APP_METRICS_TYPES][3][FX_APP_METRICS_STATES]; /* type, side, state */
    uint64_t trades;
    fx_i128 traded; /* value; settle units */
};

struct fx_app_metrics {
    struct fx_app_metrics_route_counts *routes[FX_APP_METRICS_ROUTES_MAX]; /* NULL: never asked */
    struct fx_app_metrics_symbol *symbols[FX_INSTRUMENTS_MAX];             /* NULL: never traded */
    uint64_t rejects[FX_APP_METRICS_REASONS];
    uint64_t commands;
    uint64_t liquidations;
    uint64_t deleverages;
    uint64_t settlements;   /* contracts that ended */
    uint64_t last_order_id; /* the newest order that was counted */
    struct fx_engine_audit audit;
    bool has_audit;
};

#endif
