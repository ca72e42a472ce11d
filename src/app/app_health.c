#include "app/app_health.h"

#include "app/app_parts.h"
#include "base/json.h"

enum { FIGURES_SIZE_MAX = 8192, US_PER_SECOND = 1000000 };

static void add_count(struct fx_buf *figures, const char *name, uint64_t value)
{
    fx_json_add_int(figures, fx_str_of(name), value > INT64_MAX ? INT64_MAX : (int64_t)value);
}

static void add_journal(const struct fx_app_health *health,
                        struct fx_app_parts *parts,
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
    fx_app_parts_add(parts, "journal", reason, figures);
}

static const char *find_trouble(const struct fx_app_health *health)
{
    const struct fx_worker_follow_stats *follow = &health->figures.follow;
    if (follow->failure != FX_OK) {
        return "the log cannot be followed any more";
    }
    if (follow->lag > FX_APP_HEALTH_LAG_MAX) {
        return "far behind the log: what is shown is old";
    }
    if (follow->heard_us == 0 ||
        health->now_us - follow->heard_us > (int64_t)FX_APP_HEALTH_SILENT_S * US_PER_SECOND) {
        return "no engine leads: nothing fires, expires or is told outside";
    }
    return NULL;
}

/* On a bus: how far the log is followed, and whether somebody leads. */
static void add_log(const struct fx_app_health *health,
                    struct fx_app_parts *parts,
                    struct fx_buf *figures)
{
    const struct fx_worker_follow_stats *follow = &health->figures.follow;
    add_count(figures, "sequence", follow->sequence);
    add_count(figures, "lag", follow->lag);
    add_count(figures, "leaderEpoch", follow->epoch);
    if (follow->heard_us != 0) {
        fx_json_add_int(
            figures, FX_STR("leaderHeardMs"), (health->now_us - follow->heard_us) / 1000);
    }
    add_count(figures, "replayed", health->report->replayed);
    add_count(figures, "waiting", follow->intake_count);
    add_count(figures, "published", follow->pending_count);
    add_count(figures, "poison", follow->poison_count);
    add_count(figures, "proofsRefused", follow->replay_count);
    fx_app_parts_add(parts, "log", find_trouble(health), figures);
}

static void add_snapshot(const struct fx_app_health *health,
                         struct fx_app_parts *parts,
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
    fx_app_parts_add(parts,
                     "snapshot",
                     is_late ? "no snapshot for long: a restart will be slow" : NULL,
                     figures);
}

static void add_saver(const struct fx_app_health *health,
                      struct fx_app_parts *parts,
                      struct fx_buf *figures)
{
    const struct fx_app_exchange_figures *all = &health->figures;
    const uint64_t durable = all->engine.durable;
    const int64_t still_us = health->now_us - health->saver_progress_us;
    const bool is_stuck =
        durable > all->saved_sequence && still_us > (int64_t)FX_APP_HEALTH_STUCK_S * US_PER_SECOND;
    add_count(figures, "eventsBehind", all->unsaved_events + all->spilled_events);
    add_count(figures, "eventsOnDisk", all->spilled_events);
    add_count(figures,
              "commandsBehind",
              durable > all->saved_sequence ? durable - all->saved_sequence : 0);
    fx_app_parts_add(parts, "saver", is_stuck ? "the tables do not come forward" : NULL, figures);
}

/* Always up: the cache is a copy for other programs, and this one serves without it. */
static void add_cache(const struct fx_app_health *health,
                      struct fx_app_parts *parts,
                      struct fx_buf *figures)
{
    const struct fx_worker_cache_stats *cache = &health->figures.cache;
    if (!health->figures.has_cache) {
        return;
    }
    const bool is_behind = cache->behind_us > (int64_t)FX_APP_HEALTH_STUCK_S * US_PER_SECOND;
    fx_json_add_str(figures,
                    FX_STR("state"),
                    cache->status != FX_OK ? FX_STR("away")
                    : is_behind            ? FX_STR("behind")
                                           : FX_STR("ok"));
    if (cache->status != FX_OK) {
        fx_json_add_str(figures, FX_STR("code"), fx_str_of(fx_status_name(cache->status)));
    }
    fx_json_add_int(figures, FX_STR("behindSeconds"), cache->behind_us / US_PER_SECOND);
    add_count(figures, "queued", cache->queued);
    add_count(figures, "marked", cache->marked);
    add_count(figures, "refused", cache->refused);
    fx_app_parts_add(parts, "cache", NULL, figures);
}

static void add_disk(const struct fx_app_health *health,
                     struct fx_app_parts *parts,
                     struct fx_buf *figures)
{
    add_count(figures, "freeBytes", health->disk_free_bytes);
    add_count(figures, "sizeBytes", health->disk_size_bytes);
    fx_app_parts_add(parts,
                     "disk",
                     health->disk_size_bytes == 0 ? "the data folder cannot be seen" : NULL,
                     figures);
}

bool fx_app_health_write(const struct fx_app_health *health, struct fx_buf *body)
{
    struct fx_app_parts parts;
    struct fx_buf figures;
    fx_app_parts_init(&parts);
    fx_buf_init(&figures, FIGURES_SIZE_MAX);
    fx_json_add_int(
        &figures, FX_STR("uptimeSeconds"), (health->now_us - health->started_us) / US_PER_SECOND);
    fx_app_parts_add(
        &parts, "server", health->is_stopping ? "the server is stopping" : NULL, &figures);
    if (health->figures.is_follower) {
        add_log(health, &parts, &figures);
        add_snapshot(health, &parts, &figures);
    } else {
        add_journal(health, &parts, &figures);
        add_snapshot(health, &parts, &figures);
        add_saver(health, &parts, &figures);
    }
    if (health->store != FX_OK) {
        fx_json_add_str(&figures, FX_STR("code"), fx_str_of(fx_status_name(health->store)));
    }
    fx_app_parts_add(
        &parts, "store", health->store == FX_OK ? NULL : fx_status_text(health->store), &figures);
    add_cache(health, &parts, &figures);
    add_disk(health, &parts, &figures);
    fx_app_parts_write(&parts, health->is_stopping ? "shutting_down" : "error", body);
    fx_app_parts_deinit(&parts);
    fx_buf_deinit(&figures);
    return !parts.is_down;
}
