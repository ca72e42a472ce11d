#include "app/app_start.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/app_limits.h"
#include "app/app_listen.h"
#include "app/app_page.h"
#include "app/app_parts.h"
#include "app/app_probe.h"
#include "base/agent.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/panic.h"
#include "net/net_server.h"
#include "net/net_server_door.h"
#include "wire/wire_public.h"

enum {
    BODY_SIZE_MAX = 16384,
    FIGURES_SIZE_MAX = 1024,
    TEXT_SIZE = 200,
    CONNECTIONS_MAX = 256, /* further ones wait in the kernel */
    TELL_MS = 1000,
    STOP_MS = 500,
    IDLE_US_MAX = 1000000,
    PERCENT = 100,
    US_PER_SECOND = 1000000
};

static const char HEADERS_LATER[] = FX_APP_PROBE_HEADERS "Retry-After: 1\r\n";

struct fx_app_start {
    const struct fx_config *config;
    struct fx_app_notify *notify;
    const char *title;
    struct fx_net_server *server; /* the agent's, while it runs */
    struct fx_agent *agent;
    bool is_running;
    int doors[FX_APP_START_DOORS]; /* copies of the listening descriptors; -1: none */
    int64_t started_us;
    uint64_t told; /* what systemd heard last: changes of the stage and offsets */
    /* Written by the main thread, read by the agent's. */
    _Atomic(const char *) stage;
    _Atomic uint64_t changes;
    _Atomic uint32_t shard;
    _Atomic uint64_t first;
    _Atomic uint64_t next;
    _Atomic uint64_t end; /* 0: the stage has no offsets */
};

/* ---- what it is at --------------------------------------------------------------------------- */

struct look {
    const char *stage;
    uint64_t next;
    uint64_t end;
    uint64_t percent;
    uint32_t shard;
};

static struct look look_at(const struct fx_app_start *start)
{
    struct look look = {.stage = atomic_load(&start->stage),
                        .end = atomic_load(&start->end),
                        .next = atomic_load(&start->next),
                        .shard = atomic_load(&start->shard)};
    const uint64_t first = atomic_load(&start->first);
    look.next = look.next < look.end ? look.next : look.end; /* they are of two moments */
    if (look.end > first && look.next > first) {
        look.percent = (look.next - first) * PERCENT / (look.end - first);
    }
    return look;
}

static void write_text(const struct look *look, char text[TEXT_SIZE])
{
    if (look->end == 0) {
        (void)snprintf(text, TEXT_SIZE, "starting: %.120s", look->stage);
        return;
    }
    (void)snprintf(text,
                   TEXT_SIZE,
                   "starting: %.120s, offset %" PRIu64 " of %" PRIu64 ", %" PRIu64 " %%",
                   look->stage,
                   look->next,
                   look->end,
                   look->percent);
}

static void set_offsets(struct fx_app_start *start, uint64_t first, uint64_t next, uint64_t end)
{
    atomic_store(&start->end, 0); /* between two logs nobody reads a mixture */
    atomic_store(&start->first, first);
    atomic_store(&start->next, next);
    atomic_store(&start->end, end);
    atomic_fetch_add(&start->changes, 1);
}

void fx_app_start_stage(struct fx_app_start *start, const char *stage)
{
    if (start != NULL) {
        set_offsets(start, 0, 0, 0);
        atomic_store(&start->stage, stage);
    }
}

void fx_app_start_shard(struct fx_app_start *start, uint32_t shard)
{
    if (start != NULL) {
        atomic_store(&start->shard, shard);
    }
}

void fx_app_start_on_progress(void *self, const struct fx_worker_follow_progress *progress)
{
    struct fx_app_start *start = self;
    switch (progress->stage) {
    case FX_WORKER_FOLLOW_ASKING:
        fx_app_start_stage(start, "asking Kafka where the log ends");
        return;
    case FX_WORKER_FOLLOW_LOADING:
        fx_app_start_stage(start, "loading the snapshot");
        return;
    case FX_WORKER_FOLLOW_READING:
        atomic_store(&start->stage, "reading the log");
        set_offsets(start, progress->first, progress->next, progress->end);
        return;
    }
    FX_ASSERT(false);
}

/* ---- answers --------------------------------------------------------------------------------- */

static void write_health(const struct fx_app_start *start, struct fx_buf *body)
{
    const struct look look = look_at(start);
    struct fx_app_parts parts;
    struct fx_buf figures;
    char text[TEXT_SIZE];
    write_text(&look, text);
    fx_app_parts_init(&parts);
    fx_buf_init(&figures, FIGURES_SIZE_MAX);
    fx_json_add_int(&figures,
                    FX_STR("uptimeSeconds"),
                    (fx_clock_wall_us() - start->started_us) / US_PER_SECOND);
    fx_app_parts_add(&parts, "process", NULL, &figures);
    fx_json_add_str(&figures, FX_STR("stage"), fx_str_of(look.stage));
    if (look.end > 0) {
        fx_json_add_int(&figures, FX_STR("shard"), look.shard);
        fx_json_add_int(&figures, FX_STR("offset"), (int64_t)look.next);
        fx_json_add_int(&figures, FX_STR("end"), (int64_t)look.end);
        fx_json_add_int(&figures, FX_STR("percent"), (int64_t)look.percent);
    }
    fx_app_parts_add(&parts, "start", text, &figures);
    fx_app_parts_write(&parts, "error", body);
    fx_app_parts_deinit(&parts);
    fx_buf_deinit(&figures);
}

static void append_metric(const struct fx_app_start *start,
                          struct fx_buf *body,
                          const char *type,
                          const char *name,
                          uint64_t value)
{
    fx_buf_append(body, fx_str_of(type));
    fx_buf_append(body, fx_str_of(name));
    fx_buf_append(body, FX_STR("{role=\""));
    fx_buf_append(body, fx_str_of(start->title));
    fx_buf_append(body, FX_STR("\"} "));
    fx_buf_append_u64(body, value);
    fx_buf_append_byte(body, '\n');
}

static void write_metrics(const struct fx_app_start *start, struct fx_buf *body)
{
    const struct look look = look_at(start);
    append_metric(start,
                  body,
                  "# HELP future_starting Is it still starting? See /health/ready.\n"
                  "# TYPE future_starting gauge\n",
                  "future_starting",
                  1);
    append_metric(start,
                  body,
                  "# HELP future_start_offset Of the log, which it reads next.\n"
                  "# TYPE future_start_offset gauge\n",
                  "future_start_offset",
                  look.next);
    append_metric(start,
                  body,
                  "# HELP future_start_end Where the log is read.\n"
                  "# TYPE future_start_end gauge\n",
                  "future_start_end",
                  look.end);
}

/* Where what is served later knows a path or a right, this does not: it is all the same answer. */
static void refuse(const struct fx_app_start *start, struct fx_net_server_token token)
{
    struct fx_buf body;
    fx_buf_init(&body, BODY_SIZE_MAX);
    const struct fx_wire_public_error error = {.status = FX_STARTING,
                                               .time_ms = fx_clock_wall_us() / 1000};
    fx_wire_public_error(&body, &error);
    const struct fx_net_http_response response = {.status = fx_status_http(FX_STARTING),
                                                  .content_type = FX_STR("application/json"),
                                                  .headers = FX_STR(HEADERS_LATER),
                                                  .body = fx_buf_str(&body),
                                                  .is_close = true};
    fx_net_server_respond(start->server, token, &response);
    fx_buf_deinit(&body);
}

static void on_request(void *self, const struct fx_net_server_call *call)
{
    const struct fx_app_start *start = self;
    const struct fx_net_http_request *request = call->request;
    const bool is_get = fx_app_page_is_get(request);
    /* Who asked comes to what serves then, with a connection of its own. */
    struct fx_net_http_response response = {.status = 200,
                                            .content_type = FX_STR("application/json"),
                                            .headers = FX_STR(FX_APP_PROBE_HEADERS),
                                            .is_close = true};
    struct fx_buf body;
    fx_buf_init(&body, BODY_SIZE_MAX);
    switch (is_get ? fx_app_probe_of(request->path) : FX_APP_PROBE_NONE) {
    case FX_APP_PROBE_READY:
        response.status = 503;
        response.headers = FX_STR(HEADERS_LATER);
        write_health(start, &body);
        break;
    case FX_APP_PROBE_LIVE:
        fx_buf_append(&body, FX_STR("{\"status\":\"ok\"}"));
        break;
    case FX_APP_PROBE_VERSION:
        fx_buf_append_byte(&body, '{');
        fx_app_probe_add_version(&body, start->title);
        fx_buf_append_byte(&body, '}');
        break;
    case FX_APP_PROBE_METRICS:
        response.content_type = FX_STR(FX_APP_PROBE_METRICS_TYPE);
        write_metrics(start, &body);
        break;
    case FX_APP_PROBE_NONE:
    case FX_APP_PROBES:
        fx_buf_deinit(&body);
        refuse(start, call->token);
        return;
    }
    response.body = fx_buf_str(&body);
    fx_net_server_respond(start->server, call->token, &response);
    fx_buf_deinit(&body);
}

/* A start that comes forward may take as long as it has to; one that stands still may not. */
static void on_tell(void *self)
{
    struct fx_app_start *start = self;
    const uint64_t changes = atomic_load(&start->changes);
    if (changes != start->told) {
        const struct look look = look_at(start);
        char text[TEXT_SIZE];
        start->told = changes;
        write_text(&look, text);
        fx_app_notify_starting(start->notify, text);
    }
}

/* ---- its life -------------------------------------------------------------------------------- */

static int step(void *self, int64_t now_us)
{
    const struct fx_app_start *start = self;
    (void)now_us;
    return fx_net_server_step(start->server, true) ? 1 : 0;
}

static fx_status open_door(struct fx_app_start *start,
                           enum fx_app_start_door door,
                           const char *host_option,
                           const char *port_option)
{
    uint16_t port = 0;
    const struct fx_app_listen wanted = {
        .component = "start",
        .host = fx_config_text(start->config, host_option),
        .port = (uint16_t)fx_config_int(start->config, port_option),
        .tag = (uint16_t)door,
        .fields = {fx_log_text("role", start->title), fx_log_text("for", "health of the start")}};
    const fx_status status = fx_app_listen_open(start->server, &wanted, &port);
    if (status == FX_OK) {
        start->doors[door] = fx_net_server_door_keep(start->server, (uint16_t)door);
    }
    return status == FX_OK && start->doors[door] < 0 ? FX_IO : status;
}

static fx_status open_doors(struct fx_app_start *start, bool has_main)
{
    fx_status status = FX_OK;
    if (has_main) {
        status = open_door(start, FX_APP_START_MAIN, "host", "port");
    }
    if (status == FX_OK && fx_config_origin(start->config, "metrics-port") != FX_CONFIG_UNSET) {
        status = open_door(start, FX_APP_START_METRICS, "metrics-host", "metrics-port");
    }
    return status;
}

fx_status fx_app_start_open(const struct fx_config *config,
                            struct fx_app_notify *notify,
                            const char *title,
                            bool has_main,
                            struct fx_app_start **start_out)
{
    static const struct fx_net_server_handler HANDLER = {.on_request = on_request};
    struct fx_net_server_config net = {0};
    struct fx_app_start *start = calloc(1, sizeof *start);
    if (start == NULL) {
        return FX_NO_MEMORY;
    }
    start->config = config;
    start->notify = notify;
    start->title = title;
    start->started_us = fx_clock_wall_us();
    for (uint32_t door = 0; door < FX_APP_START_DOORS; door++) {
        start->doors[door] = -1;
    }
    atomic_init(&start->stage, "reading the settings");
    atomic_init(&start->changes, 1);
    fx_app_limits_net(config, &net);
    net.stop_timeout_ms = STOP_MS;
    if (net.connections_max > CONNECTIONS_MAX) {
        net.connections_max = CONNECTIONS_MAX;
    }
    const struct fx_agent_options agent = {
        .name = "start", .step = step, .self = start, .idle_us_max = IDLE_US_MAX};
    fx_status status = fx_net_server_create(&net, &HANDLER, start, &start->server);
    if (status == FX_OK) {
        status = fx_net_server_timer(start->server, TELL_MS, on_tell, start);
    }
    if (status == FX_OK) {
        status = open_doors(start, has_main);
    }
    if (status == FX_OK) {
        status = fx_agent_create(&agent, &start->agent);
    }
    if (status == FX_OK) {
        status = fx_agent_start(start->agent);
        start->is_running = status == FX_OK;
    }
    if (status != FX_OK) {
        fx_app_start_destroy(start);
        return status;
    }
    *start_out = start;
    return FX_OK;
}

void fx_app_start_end(struct fx_app_start *start)
{
    if (start == NULL || start->server == NULL) {
        return;
    }
    if (start->is_running) {
        start->is_running = false;
        fx_agent_stop(start->agent);
        fx_net_server_async(start->server); /* it waits in the loop */
        fx_agent_join(start->agent);
        fx_net_server_stop(start->server);
        while (fx_net_server_step(start->server, true)) {
        }
    }
    fx_net_server_destroy(start->server);
    start->server = NULL;
}

int fx_app_start_take(struct fx_app_start *start, enum fx_app_start_door door)
{
    if (start == NULL) {
        return -1;
    }
    FX_ASSERT(start->server == NULL);
    const int descriptor = start->doors[door];
    start->doors[door] = -1;
    return descriptor;
}

void fx_app_start_destroy(struct fx_app_start *start)
{
    if (start == NULL) {
        return;
    }
    fx_app_start_end(start);
    for (uint32_t door = 0; door < FX_APP_START_DOORS; door++) {
        if (start->doors[door] >= 0) {
            (void)close(start->doors[door]);
        }
    }
    fx_agent_destroy(start->agent);
    free(start);
}
