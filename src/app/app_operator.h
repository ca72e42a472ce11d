/**
 * @file app_operator.h
 * What the operator of a running server gets: signals, and the paths about the process itself.
 *
 * SIGUSR1 logs the figures. SIGHUP reads again what can be changed while serving: the TLS
 * certificate. Thread: the main thread.
 */
#ifndef FX_APP_APP_OPERATOR_H
#define FX_APP_APP_OPERATOR_H

#include "app/app_exchange.h"
#include "base/config.h"
#include "base/status.h"

struct fx_app_operator;

/** Stand at the exchange's gateway; both are kept. Gives. @return OK; NO_MEMORY. */
FX_MUST_USE fx_status fx_app_operator_create(const struct fx_config *config,
                                             struct fx_app_exchange *exchange,
                                             struct fx_app_operator **operator_out);

/** Leave the gateway and free. Accepts NULL. */
void fx_app_operator_destroy(struct fx_app_operator *operator);

#endif
