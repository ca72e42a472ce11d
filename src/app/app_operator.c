#include "app/app_operator.h"

#include <signal.h>
#include <stdlib.h>

#include "app/app_tls.h"
#include "base/log.h"

struct fx_app_operator {
    const struct fx_config *config;
    struct fx_app_exchange *exchange;
    struct fx_app_gateway *gateway;
};

/* SIGUSR1: what one wants to know now. */
static void report(const struct fx_app_operator *operator)
{
    struct fx_net_server_stats net;
    struct fx_worker_engine_stats engine;
    fx_net_server_stats(fx_app_gateway_server(operator->gateway), &net);
    fx_worker_engine_stats(fx_app_exchange_worker(operator->exchange), &engine);
    FX_LOG(FX_LOG_INFO,
           "operator",
           "figures",
           fx_log_u64("durable_seq", engine.durable),
           fx_log_u64("intake", engine.intake_count),
           fx_log_u64("connections", net.connections),
           fx_log_u64("sockets", net.websockets),
           fx_log_u64("requests", net.requests),
           fx_log_u64("bad_requests", net.bad_requests),
           fx_log_u64("refused", net.refused),
           fx_log_u64("pauses", net.pauses),
           fx_log_u64("expired", net.expired),
           fx_log_u64("slow_readers", net.slow_readers),
           fx_log_u64("talkers", net.talkers));
}

static void reload(const struct fx_app_operator *operator)
{
    FX_LOG(FX_LOG_INFO, "operator", "SIGHUP: reading again what can be changed while serving");
    fx_app_tls_reload(operator->config, fx_app_gateway_server(operator->gateway));
}

static void on_signal(void *self, int signal_number)
{
    const struct fx_app_operator *operator= self;
    if (signal_number == SIGHUP) {
        reload(operator);
    } else {
        report(operator);
    }
}

fx_status fx_app_operator_create(const struct fx_config *config,
                                 struct fx_app_exchange *exchange,
                                 struct fx_app_operator **operator_out)
{
    struct fx_app_operator *operator= calloc(1, sizeof *operator);
    if (operator== NULL) {
        return FX_NO_MEMORY;
    }
    operator->config = config;
    operator->exchange = exchange;
    operator->gateway = fx_app_exchange_gateway(exchange);
    const struct fx_app_gateway_operator hooks = {.on_signal = on_signal, .self = operator};
    fx_app_gateway_set_operator(operator->gateway, &hooks);
    *operator_out = operator;
    return FX_OK;
}

void fx_app_operator_destroy(struct fx_app_operator *operator)
{
    if (operator!= NULL) {
        const struct fx_app_gateway_operator nobody = {NULL, NULL, NULL, NULL, NULL};
        fx_app_gateway_set_operator(operator->gateway, &nobody);
        free(operator);
    }
}
