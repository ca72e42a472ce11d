#include "app/app_desk.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_limits.h"
#include "app/app_listen.h"
#include "app/app_page.h"
#include "app/app_parts.h"
#include "app/app_probe.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/panic.h"
#include "net/net_server.h"

enum { BODY_SIZE_MAX = 1 << 18, FIGURES_SIZE_MAX = 4096, ALIVE_MS = 200, US_PER_SECOND = 1000000 };

struct fx_app_desk {
    const struct fx_config *config;
    struct fx_app_notify *notify;
    const char *title;
    struct fx_app_start *start; /* NULL once it is over */
    struct fx_net_server *server;
    struct fx_app_desk_part parts[FX_APP_DESK_PARTS_MAX];
    uint32_t part_count;
    int64_t started_us;
    bool is_stopping;
    _Atomic int ended; /* a status; 0: nobody has ended it */
};

/* ---- looks ----------------------------------------------------------------------------------- */

void fx_app_desk_figure(struct fx_app_desk_look *look, const char *name, int64_t value)
{
    FX_ASSERT(look->figure_count < FX_APP_DESK_FIGURES_MAX);
    look->figures[look->figure_count].name = name;
    look->figures[look->figure_count].value = value;
    look->figure_count++;
}

void fx_app_desk_down(struct fx_app_desk_look *look, const char *reason)
{
    if (look->reason[0] == '\0') {
        (void)snprintf(look->reason, sizeof look->reason, "%.190s", reason);
    }
}

static void look_at(const struct fx_app_desk_part *part, struct fx_app_desk_look *look)
{
    memset(look, 0, sizeof *look);
    part->look(part->self, look);
}

static bool write_health(const struct fx_app_desk *desk, struct fx_buf *body)
{
    struct fx_app_parts parts;
    struct fx_buf figures;
    fx_app_parts_init(&parts);
    fx_buf_init(&figures, FIGURES_SIZE_MAX);
    fx_json_add_int(
        &figures, FX_STR("uptimeSeconds"), (fx_clock_wall_us() - desk->started_us) / US_PER_SECOND);
    fx_app_parts_add(
        &parts, "process", desk->is_stopping ? "the process is stopping" : NULL, &figures);
    for (uint32_t index = 0; index < desk->part_count; index++) {
        struct fx_app_desk_look look;
        look_at(&desk->parts[index], &look);
        for (uint32_t at = 0; at < look.figure_count; at++) {
            fx_json_add_int(&figures, fx_str_of(look.figures[at].name), look.figures[at].value);
        }
        fx_app_parts_add(
            &parts, desk->parts[index].name, look.reason[0] == '\0' ? NULL : look.reason, &figures);
    }
    fx_app_parts_write(&parts, desk->is_stopping ? "shutting_down" : "error", body);
    fx_app_parts_deinit(&parts);
    fx_buf_deinit(&figures);
    return !parts.is_down;
}

static void append_sample(struct fx_buf *body, const char *part, const char *figure, int64_t value)
{
    fx_buf_append(body, FX_STR("future_role_figure{part=\""));
    fx_buf_append(body, fx_str_of(part));
    fx_buf_append(body, FX_STR("\",figure=\""));
    fx_buf_append(body, fx_str_of(figure));
    fx_buf_append(body, FX_STR("\"} "));
    fx_buf_append_i64(body, value);
    fx_buf_append_byte(body, '\n');
}

static void append_worker(struct fx_buf *body, const char *metric, const char *part, int64_t value)
{
    fx_buf_append(body, fx_str_of(metric));
    fx_buf_append(body, FX_STR("{worker=\""));
    fx_buf_append(body, fx_str_of(part));
    fx_buf_append(body, FX_STR("\"} "));
    fx_buf_append_i64(body, value);
    fx_buf_append_byte(body, '\n');
}

static void write_metrics(const struct fx_app_desk *desk, struct fx_buf *body)
{
    struct fx_app_desk_look looks[FX_APP_DESK_PARTS_MAX];
    for (uint32_t index = 0; index < desk->part_count; index++) {
        look_at(&desk->parts[index], &looks[index]);
    }
    fx_buf_append(body,
                  FX_STR("# HELP future_role_up Does the role work? 0: see /health/ready.\n"
                         "# TYPE future_role_up gauge\n"));
    for (uint32_t index = 0; index < desk->part_count; index++) {
        append_worker(body,
                      "future_role_up",
                      desk->parts[index].name,
                      looks[index].reason[0] == '\0' ? 1 : 0);
    }
    fx_buf_append(body,
                  FX_STR("# HELP future_worker_lag_messages Commands that a worker is behind.\n"
                         "# TYPE future_worker_lag_messages gauge\n"));
    for (uint32_t index = 0; index < desk->part_count; index++) {
        for (uint32_t at = 0; at < looks[index].figure_count; at++) {
            if (strcmp(looks[index].figures[at].name, "lag") == 0) {
                append_worker(body,
                              "future_worker_lag_messages",
                              desk->parts[index].name,
                              looks[index].figures[at].value);
            }
        }
    }
    fx_buf_append(body,
                  FX_STR("# HELP future_role_figure Figures of a role.\n"
                         "# TYPE future_role_figure gauge\n"));
    for (uint32_t index = 0; index < desk->part_count; index++) {
        for (uint32_t at = 0; at < looks[index].figure_count; at++) {
            append_sample(body,
                          desk->parts[index].name,
                          looks[index].figures[at].name,
                          looks[index].figures[at].value);
        }
    }
}

/* ---- HTTP ------------------------------------------------------------------------------------ */

static void respond(const struct fx_app_desk *desk,
                    struct fx_net_server_token token,
                    const struct fx_net_http_response *response)
{
    struct fx_net_http_response answer = *response;
    answer.headers = FX_STR(FX_APP_PROBE_HEADERS);
    if (answer.content_type.size == 0) {
        answer.content_type = FX_STR("application/json");
    }
    fx_net_server_respond(desk->server, token, &answer);
}

static void on_request(void *self, const struct fx_net_server_call *call)
{
    const struct fx_app_desk *desk = self;
    const struct fx_net_http_request *request = call->request;
    struct fx_net_http_response response = {.status = 200};
    struct fx_buf body;
    if (!fx_app_page_is_get(request)) {
        fx_app_page_refuse(desk->server, call->token, FX_METHOD_NOT_ALLOWED);
        return;
    }
    fx_buf_init(&body, BODY_SIZE_MAX);
    switch (fx_app_probe_of(request->path)) {
    case FX_APP_PROBE_READY:
        response.status = write_health(desk, &body) ? 200 : 503;
        break;
    case FX_APP_PROBE_LIVE:
        fx_buf_append(&body, FX_STR("{\"status\":\"ok\"}"));
        break;
    case FX_APP_PROBE_VERSION:
        fx_buf_append_byte(&body, '{');
        fx_app_probe_add_version(&body, desk->title);
        fx_buf_append_byte(&body, '}');
        break;
    case FX_APP_PROBE_METRICS:
        response.content_type = FX_STR(FX_APP_PROBE_METRICS_TYPE);
        write_metrics(desk, &body);
        break;
    case FX_APP_PROBE_NONE:
    case FX_APP_PROBES:
        fx_app_page_refuse(desk->server, call->token, FX_NOT_FOUND);
        fx_buf_deinit(&body);
        return;
    }
    response.body = fx_buf_str(&body);
    respond(desk, call->token, &response);
    fx_buf_deinit(&body);
}

/* ---- its life -------------------------------------------------------------------------------- */

static void stop(struct fx_app_desk *desk)
{
    if (!desk->is_stopping) {
        desk->is_stopping = true;
        fx_app_notify_stopping(desk->notify);
        fx_net_server_stop(desk->server);
    }
}

static void on_signal(void *self, int signal_number)
{
    if (signal_number == SIGTERM || signal_number == SIGINT) {
        stop(self);
    }
}

static void on_async(void *self)
{
    stop(self);
}

static void on_alive(void *self)
{
    struct fx_app_desk *desk = self;
    fx_app_notify_alive(desk->notify, fx_clock_monotonic_us());
}

static bool has_port(const struct fx_config *config)
{
    return fx_config_origin(config, "port") != FX_CONFIG_DEFAULT;
}

fx_status fx_app_desk_create(const struct fx_config *config,
                             struct fx_app_notify *notify,
                             const char *title,
                             struct fx_app_desk **desk_out)
{
    static const struct fx_net_server_handler HANDLER = {.on_request = on_request};
    struct fx_net_server_config net = {0};
    struct fx_app_desk *desk = calloc(1, sizeof *desk);
    if (desk == NULL) {
        return FX_NO_MEMORY;
    }
    desk->config = config;
    desk->notify = notify;
    desk->title = title;
    desk->started_us = fx_clock_wall_us();
    fx_app_limits_net(config, &net);
    fx_status status = fx_net_server_create(&net, &HANDLER, desk, &desk->server);
    if (status == FX_OK) {
        fx_net_server_on_async(desk->server, on_async, desk);
        status = fx_net_server_timer(desk->server, ALIVE_MS, on_alive, desk);
    }
    if (status == FX_OK) {
        status = fx_app_start_open(config, notify, title, has_port(config), &desk->start);
    }
    if (status != FX_OK) {
        fx_app_desk_destroy(desk);
        return status;
    }
    *desk_out = desk;
    return FX_OK;
}

void fx_app_desk_destroy(struct fx_app_desk *desk)
{
    if (desk != NULL) {
        fx_app_start_destroy(desk->start);
        fx_net_server_destroy(desk->server);
        free(desk);
    }
}

struct fx_app_start *fx_app_desk_start(struct fx_app_desk *desk)
{
    return desk->start;
}

void fx_app_desk_add(struct fx_app_desk *desk, const struct fx_app_desk_part *part)
{
    FX_ASSERT(desk->part_count < FX_APP_DESK_PARTS_MAX);
    desk->parts[desk->part_count++] = *part;
}

fx_status fx_app_desk_every(struct fx_app_desk *desk,
                            uint32_t interval_ms,
                            void (*tick)(void *self),
                            void *self)
{
    return fx_net_server_timer(desk->server, interval_ms, tick, self);
}

static fx_status listen_where(struct fx_app_desk *desk,
                              const char *host_option,
                              const char *port_option,
                              enum fx_app_start_door door,
                              uint16_t *port_out)
{
    const struct fx_app_listen wanted = {
        .component = "desk",
        .host = fx_config_text(desk->config, host_option),
        .port = (uint16_t)fx_config_int(desk->config, port_option),
        .start = desk->start,
        .door = door,
        .name = desk->title,
        .scheme = "http",
        .fields = {fx_log_text("role", desk->title), fx_log_text("for", "health and metrics")}};
    return fx_app_listen_open(desk->server, &wanted, port_out);
}

fx_status fx_app_desk_run(struct fx_app_desk *desk)
{
    uint16_t port = 0;
    fx_app_start_end(desk->start);
    /* Not before: a loop that does not run yet would swallow them (app_stop.h). */
    fx_status status = fx_net_server_watch_signals(desk->server, on_signal, desk);
    if (status == FX_OK && has_port(desk->config)) {
        status = listen_where(desk, "host", "port", FX_APP_START_MAIN, &port);
    }
    if (status == FX_OK && fx_config_origin(desk->config, "metrics-port") != FX_CONFIG_UNSET) {
        status = listen_where(desk, "metrics-host", "metrics-port", FX_APP_START_METRICS, &port);
    }
    fx_app_start_destroy(desk->start);
    desk->start = NULL;
    if (status != FX_OK) {
        return status;
    }
    fx_app_notify_ready(desk->notify, port);
    fx_net_server_run(desk->server);
    return (fx_status)atomic_load(&desk->ended);
}

void fx_app_desk_end(struct fx_app_desk *desk, fx_status status)
{
    int nobody = FX_OK;
    (void)atomic_compare_exchange_strong(&desk->ended, &nobody, (int)status);
    fx_net_server_async(desk->server);
}
