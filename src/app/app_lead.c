#include "app/app_lead.h"

#include <stdlib.h>

#include "app/app_bus.h"
#include "app/app_desk.h"
#include "app/app_file.h"
#include "app/app_follow.h"
#include "app/app_log.h"
#include "app/app_node.h"
#include "app/app_notify.h"
#include "app/app_settings.h"
#include "app/app_stop.h"
#include "base/clock.h"
#include "base/log.h"
#include "worker/worker_lead.h"
#include "worker/worker_seat.h"

enum { STOP_MS = 2000, WATCH_MS = 200, SILENCE_US = 5000000 };

struct role {
    struct fx_app_bus settings;
    struct fx_bus *input; /* read by the follower */
    struct fx_bus *bus;   /* written by the leader */
    struct fx_worker_lead *lead;
    struct fx_worker_seat *seat; /* the group matching_engine, for who looks at groups */
    struct fx_app_desk *desk;
    char snapshot_dir[FX_APP_FILE_PATH_SIZE_MAX];
    char node[FX_APP_NODE_SIZE_MAX];
};

static void look(void *self, struct fx_app_desk_look *look)
{
    const struct role *role = self;
    struct fx_worker_lead_stats stats;
    fx_worker_lead_stats(role->lead, &stats);
    const int64_t now_us = fx_clock_wall_us();
    const bool is_leading = stats.state == FX_WORKER_LEAD_LEADING;
    fx_app_desk_figure(look, "leading", is_leading ? 1 : 0);
    fx_app_desk_figure(look, "epoch", (int64_t)stats.epoch);
    fx_app_desk_figure(look, "sequence", (int64_t)stats.sequence);
    fx_app_desk_figure(look, "lag", (int64_t)stats.lag);
    fx_app_desk_figure(look, "published", (int64_t)(stats.published >> 20));
    fx_app_desk_figure(look, "waiting", (int64_t)stats.backlog);
    fx_app_desk_figure(look, "poison", (int64_t)stats.poison_count);
    fx_app_desk_figure(look, "takeovers", (int64_t)stats.takeovers);
    fx_app_desk_figure(look, "takeoverMs", stats.takeover_us / 1000);
    fx_app_desk_figure(look, "hashesCompared", (int64_t)stats.hashes_compared);
    fx_app_desk_figure(look, "hashesDiffered", (int64_t)stats.hashes_differed);
    if (stats.failure != FX_OK) {
        fx_app_desk_down(look, fx_status_text(stats.failure));
    } else if (stats.hashes_differed > 0) {
        fx_app_desk_down(look, "two engines of the log differ: only cancels are taken");
    } else if (!is_leading && stats.heard_us == 0) {
        fx_app_desk_down(look, "no leader was heard yet");
    } else if (!is_leading && now_us - stats.heard_us > SILENCE_US) {
        fx_app_desk_down(look, "the leader is silent");
    }
}

/* What failed inside ends the process: who starts it again begins from the log. */
static void watch(void *self)
{
    const struct role *role = self;
    struct fx_worker_lead_stats stats;
    fx_worker_lead_stats(role->lead, &stats);
    if (stats.failure != FX_OK) {
        fx_app_desk_end(role->desk, stats.failure);
    }
}

/* The engine reads by its own offset; only who leads says how far the engine is. */
static uint64_t progress(void *self)
{
    const struct role *role = self;
    struct fx_worker_lead_stats stats;
    fx_worker_lead_stats(role->lead, &stats);
    return stats.state == FX_WORKER_LEAD_LEADING ? stats.position : UINT64_MAX;
}

static fx_status open_seat(struct role *role)
{
    const struct fx_app_bus *settings = &role->settings;
    char name[FX_BUS_NAME_SIZE_MAX + 1];
    const struct fx_worker_seat_options options = {
        .bus = role->input,
        .group = fx_app_bus_group(settings, "matching_engine", name),
        .place = fx_app_bus_place(settings, FX_APP_BUS_INPUT),
        .is_alone = true,
        .progress = progress,
        .context = role};
    return fx_worker_seat_create(&options, &role->seat);
}

static fx_status open_bus(struct role *role)
{
    const fx_status status = fx_app_bus_open(&role->settings, false, &role->input);
    return status == FX_OK ? fx_app_bus_connect(&role->settings, true, &role->bus) : status;
}

static fx_status open_lead(struct role *role, const struct fx_config *config)
{
    const struct fx_app_bus *settings = &role->settings;
    struct fx_worker_follow_report report;
    uint64_t salt = 0;
    fx_status status = fx_app_node_salt(&salt);
    if (status != FX_OK) {
        return status;
    }
    const struct fx_bus_place input = fx_app_bus_place(settings, FX_APP_BUS_INPUT);
    const struct fx_worker_lead_options options = {
        .follow = {.bus = role->input,
                   .topic = input.topic,
                   .partition = input.partition,
                   .shard = fx_app_bus_map(settings, settings->shard),
                   .snapshot_dir = role->snapshot_dir,
                   .node = fx_app_node_name(config, "me", role->node),
                   .node_salt = salt,
                   .may_begin = true,
                   .on_progress = fx_app_start_on_progress,
                   .progress_context = fx_app_desk_start(role->desk),
                   .snapshot_us = fx_config_int(config, "snapshot-seconds") * 1000 * 1000},
        .bus = role->bus,
        .output = fx_app_bus_place(settings, FX_APP_BUS_OUTPUT),
        .hashes = fx_app_bus_place(settings, FX_APP_BUS_HASHES),
        .quarantine = fx_app_bus_place(settings, FX_APP_BUS_QUARANTINE),
        .shard = fx_app_bus_shard(settings, settings->shard)};
    fx_app_start_shard(fx_app_desk_start(role->desk), settings->shard);
    status = fx_worker_lead_create(&options, &role->lead, &report);
    if (status != FX_OK) {
        FX_LOG(FX_LOG_ERROR,
               "lead",
               "the engine cannot follow its log",
               fx_log_status("err", status),
               fx_log_text("reason", report.text));
        return status;
    }
    fx_app_follow_log("lead", settings->shard, &report);
    return FX_OK;
}

static fx_status open_all(struct role *role,
                          const struct fx_config *config,
                          struct fx_app_notify *notify)
{
    const char *data_dir = fx_config_text(config, "data");
    char folder[FX_APP_BUS_FOLDER_SIZE_MAX];
    fx_status status = fx_app_bus_init(&role->settings, config);
    if (status == FX_OK) {
        status = fx_app_bus_folder(&role->settings, role->settings.shard, "engine", folder) &&
                         fx_app_file_join(data_dir, folder, role->snapshot_dir)
                     ? fx_app_file_make_dir(role->snapshot_dir)
                     : FX_BAD_PARAMETER;
    }
    if (status == FX_OK) {
        status = fx_app_desk_create(config, notify, "matching-engine:run", &role->desk);
    }
    if (status == FX_OK) {
        fx_app_start_stage(fx_app_desk_start(role->desk), "opening the topics of Kafka");
        status = open_bus(role);
    }
    if (status == FX_OK) {
        fx_app_start_stage(fx_app_desk_start(role->desk), "looking for the last output");
        status = open_lead(role, config);
    }
    if (status == FX_OK) {
        fx_app_start_stage(fx_app_desk_start(role->desk), "joining the group");
        status = open_seat(role);
    }
    if (status == FX_OK) {
        const struct fx_app_desk_part part = {"matching-engine:run", look, role};
        fx_app_desk_add(role->desk, &part);
        status = fx_app_desk_every(role->desk, WATCH_MS, watch, role);
    }
    return status;
}

static fx_status serve(struct role *role)
{
    fx_status status = fx_worker_lead_start(role->lead);
    if (status != FX_OK) {
        return status;
    }
    status = fx_worker_seat_start(role->seat);
    if (status == FX_OK) {
        status = fx_app_desk_run(role->desk);
        fx_bus_hurry(role->input, STOP_MS);
        fx_bus_hurry(role->bus, STOP_MS);
        fx_worker_lead_stop(role->lead, STOP_MS);
        fx_worker_seat_stop(role->seat);
    } else {
        fx_worker_lead_stop(role->lead, STOP_MS);
    }
    return status;
}

int fx_app_lead_run(const struct fx_app_options *options)
{
    struct fx_app_notify notify;
    fx_app_notify_init(&notify); /* first: a descriptor that is open now is our parent's */
    fx_app_stop_arm();
    struct role *role = calloc(1, sizeof *role);
    if (role == NULL) {
        return FX_APP_EXIT_FAILURE;
    }
    fx_status status = fx_app_log_open(options->config);
    if (status == FX_OK) {
        status = fx_app_settings_check_files(options->config,
                                             FX_APP_SETTINGS_KAFKA | FX_APP_SETTINGS_DATA);
    }
    if (status == FX_OK) {
        status = open_all(role, options->config, &notify);
    }
    if (status == FX_OK) {
        status = serve(role);
    }
    fx_worker_seat_destroy(role->seat);
    fx_worker_lead_destroy(role->lead);
    fx_bus_close(role->bus);
    fx_bus_close(role->input);
    fx_app_desk_destroy(role->desk);
    free(role);
    FX_LOG(FX_LOG_INFO, "lead", "stopped", fx_log_status("status", status));
    return fx_app_options_exit(status);
}
