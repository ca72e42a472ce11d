#include "app/app_operator.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/statvfs.h>

#include "app/app_health.h"
#include "app/app_limits.h"
#include "app/app_listen.h"
#include "app/app_log.h"
#include "app/app_metrics.h"
#include "app/app_notify.h"
#include "app/app_page.h"
#include "app/app_probe.h"
#include "app/app_tls.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"

enum { BODY_SIZE_MAX = 4 * 1024 * 1024, US_PER_SECOND = 1000000 };

struct fx_app_operator {
    const struct fx_app_options *options;
    const struct fx_config *config; /* of the start */
    struct fx_app_exchange *exchange;
    struct fx_app_gateway *gateway;
    struct fx_app_metrics *metrics;
    struct fx_app_notify *notify;
    uint16_t port;
    int64_t started_us;
    bool is_access_logged;
    uint64_t saved_sequence;   /* at the last tick */
    int64_t saver_progress_us; /* when it was complete, or came forward */
};

/* ---- paths ---- */

static void respond(const struct fx_app_operator *desk,
                    struct fx_net_server_token token,
                    const struct fx_net_http_response *response)
{
    struct fx_net_http_response answer = *response;
    answer.headers = FX_STR(FX_APP_PROBE_HEADERS);
    if (answer.content_type.size == 0) {
        answer.content_type = FX_STR("application/json");
    }
    fx_net_server_respond(fx_app_gateway_server(desk->gateway), token, &answer);
}

static void answer_live(const struct fx_app_operator *desk, struct fx_net_server_token token)
{
    const struct fx_net_http_response response = {
        .status = 200,
        .body = FX_STR("{\"status\":\"ok\",\"info\":{\"loop\":{\"status\":\"up\"}},\"error\":{},"
                       "\"details\":{\"loop\":{\"status\":\"up\"}}}")};
    respond(desk, token, &response);
}

static void look(const struct fx_app_operator *desk, struct fx_app_health *health)
{
    struct statvfs disk;
    *health = (struct fx_app_health){
        .report = fx_app_exchange_report(desk->exchange),
        .durability = fx_config_text(desk->config, "durability"),
        .store = fx_app_exchange_check_store(desk->exchange),
        .now_us = fx_clock_wall_us(),
        .started_us = desk->started_us,
        .saver_progress_us = desk->saver_progress_us,
        .snapshot_interval_us = fx_config_int(desk->config, "snapshot-seconds") * US_PER_SECOND,
        .is_stopping = fx_app_gateway_is_stopping(desk->gateway)};
    fx_app_exchange_figures(desk->exchange, &health->figures);
    if (statvfs(fx_config_text(desk->config, "data"), &disk) == 0) {
        health->disk_free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
        health->disk_size_bytes = (uint64_t)disk.f_blocks * disk.f_frsize;
    }
}

static void answer_ready(const struct fx_app_operator *desk, struct fx_net_server_token token)
{
    struct fx_app_health health;
    struct fx_buf body;
    look(desk, &health);
    fx_buf_init(&body, BODY_SIZE_MAX);
    const bool is_ready = fx_app_health_write(&health, &body);
    const struct fx_net_http_response response = {.status = is_ready ? 200 : 503,
                                                  .body = fx_buf_str(&body)};
    respond(desk, token, &response);
    fx_buf_deinit(&body);
}

static void answer_version(const struct fx_app_operator *desk, struct fx_net_server_token token)
{
    struct fx_buf body;
    fx_buf_init(&body, BODY_SIZE_MAX);
    fx_buf_append_byte(&body, '{');
    fx_app_probe_add_version(&body, "future");
    fx_json_add_str(&body, FX_STR("compiler"), FX_STR(__VERSION__));
    fx_buf_append_byte(&body, '}');
    const struct fx_net_http_response response = {.status = 200, .body = fx_buf_str(&body)};
    respond(desk, token, &response);
    fx_buf_deinit(&body);
}

/* On the main port: a direct caller of this machine. Whoever comes through a proxy here does not
 * come from here. */
static bool may_see_metrics(const struct fx_app_operator *desk,
                            const struct fx_net_server_call *call)
{
    static const fx_str PROXIED[] = {
        {"forwarded", 9}, {"x-forwarded-for", 15}, {"x-real-ip", 9}, {"via", 3}};
    if (call->listener_tag == FX_APP_GATEWAY_OPERATOR_TAG) {
        return true;
    }
    if (fx_config_origin(desk->config, "metrics-port") != FX_CONFIG_UNSET ||
        (!fx_str_has_prefix(call->peer, FX_STR("127.")) &&
         !fx_str_is_equal(call->peer, FX_STR("::1")))) {
        return false;
    }
    for (uint32_t index = 0; index < call->request->header_count; index++) {
        for (size_t word = 0; word < sizeof PROXIED / sizeof PROXIED[0]; word++) {
            if (fx_str_is_equal_nocase(call->request->headers[index].name, PROXIED[word])) {
                return false;
            }
        }
    }
    return true;
}

static void answer_metrics(const struct fx_app_operator *desk, struct fx_net_server_token token)
{
    const struct fx_app_metrics_now now = {.exchange = desk->exchange,
                                           .durability = fx_config_text(desk->config, "durability"),
                                           .now_us = fx_clock_wall_us(),
                                           .started_us = desk->started_us};
    struct fx_buf body;
    fx_buf_init(&body, BODY_SIZE_MAX);
    fx_app_metrics_write(desk->metrics, &now, &body);
    const struct fx_net_http_response response = {.status = body.is_overflow ? 503 : 200,
                                                  .content_type = FX_STR(FX_APP_PROBE_METRICS_TYPE),
                                                  .body = fx_buf_str(&body)};
    respond(desk, token, &response);
    fx_buf_deinit(&body);
}

static bool on_request(void *self, const struct fx_net_server_call *call)
{
    static void (*const ANSWERS[FX_APP_PROBES])(const struct fx_app_operator *desk,
                                                struct fx_net_server_token token) = {
        [FX_APP_PROBE_READY] = answer_ready,
        [FX_APP_PROBE_LIVE] = answer_live,
        [FX_APP_PROBE_VERSION] = answer_version,
        [FX_APP_PROBE_METRICS] = answer_metrics};
    const struct fx_app_operator *desk = self;
    const enum fx_app_probe probe = fx_app_probe_of(call->request->path);
    if (probe == FX_APP_PROBE_NONE ||
        (probe == FX_APP_PROBE_METRICS && !may_see_metrics(desk, call))) {
        return false; /* as any path that is not there */
    }
    if (!fx_app_page_is_get(call->request)) {
        fx_app_page_refuse(
            fx_app_gateway_server(desk->gateway), call->token, FX_METHOD_NOT_ALLOWED);
    } else {
        ANSWERS[probe](desk, call->token);
    }
    return true;
}

/* ---- counting ---- */

static void on_answer(void *self, const struct fx_net_server_answer *answer)
{
    const struct fx_app_operator *desk = self;
    fx_app_metrics_on_answer(desk->metrics, answer);
    if (desk->is_access_logged) {
        fx_app_log_answer(answer);
    }
}

static void on_event(void *self, const struct fx_event *event)
{
    const struct fx_app_operator *desk = self;
    fx_app_metrics_on_event(desk->metrics, event);
}

static void tick(void *self)
{
    struct fx_app_operator *desk = self;
    struct fx_app_exchange_figures figures;
    fx_app_exchange_figures(desk->exchange, &figures);
    if (figures.saved_sequence != desk->saved_sequence ||
        figures.saved_sequence >= figures.engine.durable) {
        desk->saved_sequence = figures.saved_sequence;
        desk->saver_progress_us = fx_clock_wall_us();
    }
    fx_app_metrics_tick(desk->metrics, fx_app_exchange_feed(desk->exchange));
    if (!figures.inner.has_failed) {
        fx_app_notify_alive(desk->notify, fx_clock_monotonic_us());
    }
}

/* ---- signals ---- */

/* SIGUSR1: what one wants to know now. */
static void report(const struct fx_app_operator *desk)
{
    struct fx_net_server_stats net;
    struct fx_worker_engine_stats engine;
    fx_net_server_stats(fx_app_gateway_server(desk->gateway), &net);
    fx_worker_feed_stats(fx_app_exchange_feed(desk->exchange), &engine);
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
           fx_log_u64("talkers", net.talkers),
           fx_log_u64("writes", net.writes),
           fx_log_u64("batches", net.batches));
}

/* The settings are read as at the start: the flags, the environment (which cannot change from
 * outside) and .env. Whoever borrowed texts of the first reading keeps them. */
static void reload(struct fx_app_operator *desk)
{
    struct fx_app_options fresh;
    FX_LOG(FX_LOG_INFO, "operator", "SIGHUP: reading again what can be changed while serving");
    /* Sets the log's level and format. Problems were written to stderr. */
    if (fx_app_options_read(desk->options->argc, desk->options->argv, &fresh) != FX_APP_EXIT_OK) {
        FX_LOG(FX_LOG_ERROR, "operator", "the settings are wrong; nothing was changed");
        return;
    }
    if (fx_app_log_open(fresh.config) == FX_OK) {
        FX_LOG(FX_LOG_INFO, "operator", "log opened");
    }
    desk->is_access_logged = fx_config_bool(fresh.config, "access-log");
    struct fx_api_rates rates;
    fx_app_limits_rates(fresh.config, &rates);
    fx_app_gateway_set_rates(desk->gateway, &rates);
    fx_app_tls_reload(fresh.config, fx_app_gateway_server(desk->gateway));
    fx_app_options_destroy(&fresh);
}

static void on_signal(void *self, int signal_number)
{
    struct fx_app_operator *desk = self;
    if (signal_number == SIGHUP) {
        fx_app_notify_reloading(desk->notify);
        reload(desk);
        fx_app_notify_ready(desk->notify, desk->port);
    } else if (signal_number == SIGUSR1) {
        report(desk);
    } else {
        fx_app_notify_stopping(desk->notify);
    }
}

fx_status fx_app_operator_create(const struct fx_app_options *options,
                                 struct fx_app_exchange *exchange,
                                 struct fx_app_notify *notify,
                                 struct fx_app_operator **operator_out)
{
    struct fx_app_operator *desk = calloc(1, sizeof *desk);
    struct fx_app_metrics *metrics = fx_app_metrics_create();
    if (desk == NULL || metrics == NULL) {
        free(desk);
        fx_app_metrics_destroy(metrics);
        return FX_NO_MEMORY;
    }
    desk->metrics = metrics;
    desk->notify = notify;
    desk->started_us = fx_clock_wall_us();
    desk->saver_progress_us = desk->started_us;
    desk->options = options;
    desk->config = options->config;
    desk->is_access_logged = fx_config_bool(options->config, "access-log");
    desk->exchange = exchange;
    desk->gateway = fx_app_exchange_gateway(exchange);
    const struct fx_app_gateway_operator hooks = {.on_signal = on_signal,
                                                  .on_request = on_request,
                                                  .tick = tick,
                                                  .on_answer = on_answer,
                                                  .on_event = on_event,
                                                  .self = desk};
    fx_app_gateway_set_operator(desk->gateway, &hooks);
    *operator_out = desk;
    return FX_OK;
}

fx_status fx_app_operator_listen(struct fx_app_operator *desk, struct fx_app_start *start)
{
    uint16_t port = 0;
    if (fx_config_origin(desk->config, "metrics-port") == FX_CONFIG_UNSET) {
        return FX_OK;
    }
    const struct fx_app_listen wanted = {.component = "operator",
                                         .host = fx_config_text(desk->config, "metrics-host"),
                                         .port =
                                             (uint16_t)fx_config_int(desk->config, "metrics-port"),
                                         .tag = FX_APP_GATEWAY_OPERATOR_TAG,
                                         .start = start,
                                         .door = FX_APP_START_METRICS,
                                         .fields = {fx_log_text("for", "metrics and health")}};
    return fx_app_listen_open(fx_app_gateway_server(desk->gateway), &wanted, &port);
}

void fx_app_operator_ready(struct fx_app_operator *desk, uint16_t port)
{
    desk->port = port;
    fx_app_notify_ready(desk->notify, port);
}

void fx_app_operator_destroy(struct fx_app_operator *desk)
{
    if (desk != NULL) {
        const struct fx_app_gateway_operator nobody = {NULL, NULL, NULL, NULL, NULL, NULL};
        fx_app_gateway_set_operator(desk->gateway, &nobody);
        fx_app_metrics_destroy(desk->metrics);
        free(desk);
    }
}
