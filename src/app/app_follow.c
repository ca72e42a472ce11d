#include "app/app_follow.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/app_bus.h"
#include "app/app_file.h"
#include "app/app_node.h"
#include "base/log.h"

struct fx_app_follow {
    struct fx_app_bus settings;
    struct fx_bus *bus;
    struct fx_worker_follow *worker;
    struct fx_worker_follow_report report;
    uint32_t shard;
    char dir[FX_APP_FILE_PATH_SIZE_MAX];
    char node[FX_APP_NODE_SIZE_MAX];
};

void fx_app_follow_log(const char *component,
                       uint32_t shard,
                       const struct fx_worker_follow_report *report)
{
    char hash[17];
    (void)snprintf(hash, sizeof hash, "%016" PRIx64, report->state_hash);
    FX_LOG(FX_LOG_INFO,
           component,
           "recovered",
           fx_log_u64("shard", shard),
           fx_log_u64("seq", report->sequence),
           fx_log_text("hash", hash),
           fx_log_u64("snapshot_seq", report->snapshot_sequence),
           fx_log_u64("replayed", report->replayed),
           fx_log_i64("dur_us", report->elapsed_us));
}

static fx_status make_dir(struct fx_app_follow *follow, const struct fx_config *config)
{
    const char *data_dir = fx_config_text(config, "data");
    char folder[FX_APP_BUS_FOLDER_SIZE_MAX];
    const fx_status status = fx_app_bus_folder(&follow->settings, follow->shard, "log", folder) &&
                                     fx_app_file_join(data_dir, folder, follow->dir)
                                 ? fx_app_file_make_dir(follow->dir)
                                 : FX_BAD_PARAMETER;
    if (status != FX_OK) {
        FX_LOG(FX_LOG_ERROR,
               "follow",
               "the data directory cannot be made",
               fx_log_text("dir", data_dir),
               fx_log_status("err", status));
    }
    return status;
}

static fx_status open_worker(struct fx_app_follow *follow,
                             const struct fx_config *config,
                             const char *role,
                             const struct fx_worker_follow_options *options)
{
    struct fx_worker_follow_options own = *options;
    const struct fx_bus_place input =
        fx_app_bus_place_of(&follow->settings, FX_APP_BUS_INPUT, follow->shard);
    own.bus = follow->bus;
    own.topic = input.topic;
    own.partition = input.partition;
    own.shard = fx_app_bus_map(&follow->settings, follow->shard);
    own.snapshot_dir = follow->dir;
    own.node = fx_app_node_name(config, role, follow->node);
    own.snapshot_us = fx_config_int(config, "snapshot-seconds") * 1000 * 1000;
    fx_status status = fx_app_node_salt(&own.node_salt);
    if (status == FX_OK) {
        status = fx_worker_follow_open(&own, &follow->worker, &follow->report);
    }
    if (status != FX_OK) {
        FX_LOG(FX_LOG_ERROR,
               "follow",
               "the log cannot be followed",
               fx_log_status("err", status),
               fx_log_text("reason", follow->report.text));
        return status;
    }
    fx_app_follow_log("follow", follow->shard, &follow->report);
    return FX_OK;
}

fx_status fx_app_follow_open(const struct fx_config *config,
                             const char *role,
                             uint32_t shard,
                             const struct fx_worker_follow_options *options,
                             struct fx_app_follow **follow_out)
{
    struct fx_app_follow *follow = calloc(1, sizeof *follow);
    if (follow == NULL) {
        return FX_NO_MEMORY;
    }
    follow->shard = shard;
    fx_status status = fx_app_bus_init(&follow->settings, config);
    if (status == FX_OK) {
        status = make_dir(follow, config);
    }
    if (status == FX_OK) {
        status = fx_app_bus_connect(&follow->settings, false, &follow->bus);
    }
    if (status == FX_OK) {
        status = open_worker(follow, config, role, options);
    }
    if (status != FX_OK) {
        fx_app_follow_close(follow);
        return status;
    }
    *follow_out = follow;
    return FX_OK;
}

void fx_app_follow_close(struct fx_app_follow *follow)
{
    if (follow != NULL) {
        fx_bus_close(follow->bus);
        free(follow);
    }
}

struct fx_worker_follow *fx_app_follow_worker(struct fx_app_follow *follow)
{
    return follow->worker;
}

const struct fx_worker_follow_report *fx_app_follow_report(const struct fx_app_follow *follow)
{
    return &follow->report;
}
