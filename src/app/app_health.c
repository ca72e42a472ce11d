#include "app/app_health.h"

#include "base/json.h"

enum { PARTS_SIZE_MAX = 8192, US_PER_SECOND = 1000000 };

/* The three lists while they grow. */
struct parts {
    struct fx_buf info;
    struct fx_buf error;
    struct fx_buf details;
    bool is_down;
};

/* One part of the exchange: up, or down for a reason. `figures` are JSON members, may be empty. */
static void add(struct parts *parts, const char *name, const char *reason, struct fx_buf *figures)
{
    struct fx_buf *lists[] = {reason == NULL ? &parts->info : &parts->error, &parts->details};
    for (uint32_t index = 0; index < 2; index++) {
        struct fx_buf *list = lists[index];
        fx_json_append_key(list, fx_str_of(name));
        fx_buf_append_byte(list, '{');
        fx_json_add_str(list, FX_STR("status"), reason == NULL ? FX_STR("up") : FX_STR("down"));
        if (reason != NULL) {
            fx_json_add_str(list, FX_STR("message"), fx_str_of(reason));
        }
        if (figures->size > 0) {
            fx_buf_append_byte(list, ',');
            fx_buf_append(list, fx_buf_str(figures));
        }
        fx_buf_append_byte(list, '}');
    }
    parts->is_down = parts->is_down || reason != NULL;
    fx_buf_clear(figures);
}

static void add_count(struct fx_buf *figures, const char *name, uint64_t value)
{
    fx_json_add_int(figures, fx_str_of(name), value > INT64_MAX ? INT64_MAX : (int64_t)value);
}

static void add_journal(const struct fx_app_health *health,
                        struct parts *parts,
                        struct fx_buf *figures)
{
    const struct fx_worker_engine_stats *engine = &health->figures.engine;
    const struct fx_worker_engine_figures *inner = &health->figures.inner;
    const char *reason = NULL;
    const char *space = "ok";
    if (inner->space == FX_BUS_JOURNAL_SPACE_NO_OPENS) {
        space = "no_opens";
    } else if (inner->space == FX_BUS_JOURNAL_SPACE_CANCEL_ONLY) {
        space = "cancel_only";
    } else if (inner->space == FX_BUS_JOURNAL_SPACE_FULL) {
        space = "full";
        reason = "the disk is full: nothing is taken";
    }
    if (inner->has_failed) {
        reason = "a write or sync of the journal failed: nothing is acknowledged";
    }
    fx_json_add_str(figures, FX_STR("durability"), fx_str_of(health->durability));
    fx_json_add_str(figures, FX_STR("space"), fx_str_of(space));
    add_count(figures, "sequence", engine->durable);
    add_count(figures, "replayed", health->report->replayed);
    add_count(figures, "waiting", engine->intake_count);
    add(parts, "journal", reason, figures);
}

static void add_snapshot(const struct fx_app_health *health,
                         struct parts *parts,
                         struct fx_buf *figures)
{
    const struct fx_worker_engine_stats *engine = &health->figures.engine;
    const struct fx_worker_snapshot_stats *snapshot = &health->figures.inner.snapshot;
    const bool has_own = snapshot->written_us > 0;
    const int64_t since_us = has_own ? snapshot->written_us : health->started_us;
    const uint64_t sequence =
        has_own ? snapshot->written_sequence : health->report->snapshot_sequence;
    const uint64_t behind = engine->durable > sequence ? engine->durable - sequence : 0;
    const int64_t age_us = health->now_us - since_us;
    const bool is_late =
        behind > 0 && age_us > health->snapshot_interval_us * FX_APP_HEALTH_SNAPSHOT_LATE;
    fx_json_add_int(figures, FX_STR("ageSeconds"), age_us / US_PER_SECOND);
    add_count(figures, "sequence", sequence);
    add_count(figures, "commandsBehind", behind);
    add_count(figures, "failures", snapshot->failures);
    add(parts,
        "snapshot",
        is_late ? "no snapshot for long: a restart will be slow" : NULL,
        figures);
}

static void add_saver(const struct fx_app_health *health,
                      struct parts *parts,
                      struct fx_buf *figures)
{
    const struct fx_app_exchange_figures *all = &health->figures;
    const uint64_t durable = all->engine.durable;
    const int64_t still_us = health->now_us - health->saver_progress_us;
    const bool is_stuck =
        durable > all->saved_sequence && still_us > (int64_t)FX_APP_HEALTH_STUCK_S * US_PER_SECOND;
    add_count(figures, "eventsBehind", all->unsaved_events);
    add_count(figures,
              "commandsBehind",
              durable > all->saved_sequence ? durable - all->saved_sequence : 0);
    add(parts, "saver", is_stuck ? "the tables do not come forward" : NULL, figures);
}

static void add_disk(const struct fx_app_health *health,
                     struct parts *parts,
                     struct fx_buf *figures)
{
    add_count(figures, "freeBytes", health->disk_free_bytes);
    add_count(figures, "sizeBytes", health->disk_size_bytes);
    add(parts,
        "disk",
        health->disk_size_bytes == 0 ? "the data folder cannot be seen" : NULL,
        figures);
}

static void append_list(struct fx_buf *body, const char *name, const struct fx_buf *list)
{
    fx_json_append_key(body, fx_str_of(name));
    fx_buf_append_byte(body, '{');
    fx_buf_append(body, fx_buf_str(list));
    fx_buf_append_byte(body, '}');
}

bool fx_app_health_write(const struct fx_app_health *health, struct fx_buf *body)
{
    struct parts parts = {.is_down = false};
    struct fx_buf figures;
    fx_buf_init(&parts.info, PARTS_SIZE_MAX);
    fx_buf_init(&parts.error, PARTS_SIZE_MAX);
    fx_buf_init(&parts.details, PARTS_SIZE_MAX);
    fx_buf_init(&figures, PARTS_SIZE_MAX);
    fx_json_add_int(
        &figures, FX_STR("uptimeSeconds"), (health->now_us - health->started_us) / US_PER_SECOND);
    add(&parts, "server", health->is_stopping ? "the server is stopping" : NULL, &figures);
    add_journal(health, &parts, &figures);
    add_snapshot(health, &parts, &figures);
    add_saver(health, &parts, &figures);
    if (health->store != FX_OK) {
        fx_json_add_str(&figures, FX_STR("code"), fx_str_of(fx_status_name(health->store)));
    }
    add(&parts, "store", health->store == FX_OK ? NULL : fx_status_text(health->store), &figures);
    add_disk(health, &parts, &figures);
    const fx_str down = health->is_stopping ? FX_STR("shutting_down") : FX_STR("error");
    fx_buf_append_byte(body, '{');
    fx_json_add_str(body, FX_STR("status"), parts.is_down ? down : FX_STR("ok"));
    append_list(body, "info", &parts.info);
    append_list(body, "error", &parts.error);
    append_list(body, "details", &parts.details);
    fx_buf_append_byte(body, '}');
    fx_buf_deinit(&parts.info);
    fx_buf_deinit(&parts.error);
    fx_buf_deinit(&parts.details);
    fx_buf_deinit(&figures);
    return !parts.is_down;
}
