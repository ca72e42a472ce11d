/**
 * @file app_operator.h
 * What the operator of a running server gets: signals, and the paths about the process itself.
 *
 * /health/live: the loop turns. /health/ready and /health: the parts of the exchange, 503 where one
 * is down. /version. /metrics: for Prometheus. /metrics tells about the business: it is answered on
 * a listener of its own where FUTURE_METRICS_PORT is set (which has these paths only); without it
 * on the main port, for direct callers of this machine only (a proxy's callers come from
 * elsewhere). SIGUSR1 logs figures. SIGHUP reads again what can be changed while serving: the
 * log's level, format and file, the access log, the TLS certificate. Thread: the main thread.
 */
#ifndef FX_APP_APP_OPERATOR_H
#define FX_APP_APP_OPERATOR_H

#include "app/app_exchange.h"
#include "app/app_notify.h"
#include "app/app_options.h"
#include "app/app_start.h"
#include "base/status.h"

struct fx_app_operator;

/** Stand at the exchange's gateway; all are kept. Gives. @return OK; NO_MEMORY. */
FX_MUST_USE fx_status fx_app_operator_create(const struct fx_app_options *options,
                                             struct fx_app_exchange *exchange,
                                             struct fx_app_notify *notify,
                                             struct fx_app_operator **operator_out);

/** Listen for the operator where a port is set, taking over the door of the start (NULL: there was
 * none). Problems are logged. @return OK; IO; BAD_PARAMETER. */
FX_MUST_USE fx_status fx_app_operator_listen(struct fx_app_operator *desk,
                                             struct fx_app_start *start);

/** Everything listens: tell who started us. */
void fx_app_operator_ready(struct fx_app_operator *desk, uint16_t port);

/** Leave the gateway and free. Accepts NULL. */
void fx_app_operator_destroy(struct fx_app_operator *desk);

#endif
