#include "app/app_worker_part.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "app/app_emit.h"
#include "app/app_history.h"
#include "app/app_recall.h"
#include "base/clock.h"
#include "base/log.h"
#include "cache/cache_redis.h"
#include "worker/worker_cache.h"
#include "worker/worker_notify.h"
#include "worker/worker_publish.h"
#include "worker/worker_referral.h"
#include "worker/worker_save.h"
#include "worker/worker_saver.h"
#include "worker/worker_seat.h"

enum {
    ROOM_SIZE = 32,
    OPERATION_BITS = 20,
    STUCK_US = 30000000,
    TRIES_MAX = 60,
    PAUSE_NS = 500000000
};

static const struct {
    const char *worker; /* whose watermark */
    uint32_t kinds;
} SAVERS[] = {
    [FX_APP_WORKER_PART_ACCOUNTS] = {"saver_accounts",
                                     FX_WORKER_SAVE_ACCOUNTS | FX_WORKER_SAVE_INSTRUMENTS},
    [FX_APP_WORKER_PART_POSITIONS] = {"saver_positions", FX_WORKER_SAVE_POSITIONS},
    [FX_APP_WORKER_PART_ORDERS] = {"saver_orders", FX_WORKER_SAVE_ORDERS},
    [FX_APP_WORKER_PART_TRADES] = {"saver_trades", FX_WORKER_SAVE_TRADES}};

/* The seed's groups; of several processes one has the group's partition and works. Savers are kept
 * apart by the database, too. */
static const char *const GROUPS[FX_APP_WORKER_PARTS] = {
    [FX_APP_WORKER_PART_ACCOUNTS] = "matching_engine_saver_accounts",
    [FX_APP_WORKER_PART_POSITIONS] = "matching_engine_saver_positions",
    [FX_APP_WORKER_PART_ORDERS] = "matching_engine_saver_orders",
    [FX_APP_WORKER_PART_TRADES] = "matching_engine_saver_trades",
    [FX_APP_WORKER_PART_PUBLISH] = "market_publisher",
    [FX_APP_WORKER_PART_NOTIFY] = "matching_engine_notifier"};

struct fx_app_worker_part {
    enum fx_app_worker_part_kind kind;
    struct fx_app_worker_part_place place;
    struct fx_store *store; /* of savers and the referral a writer, of the cache a reader */
    struct fx_bus *bus;     /* of referral and publish */
    struct fx_worker_save save;
    bool has_save;
    struct fx_worker_saver *saver;
    struct fx_worker_referral *referral;
    struct fx_worker_publish *publish;
    struct fx_worker_cache *cache;
    struct fx_worker_notify *notify;
    struct fx_app_emit *emit;
    struct fx_worker_seat *seat; /* NULL: its kind has no group */
    const struct fx_worker_follow *follow;
    uint64_t seen; /* for the looks: its last progress … */
    int64_t seen_us;
};

static bool is_saver(const struct fx_app_worker_part *part)
{
    return part->kind <= FX_APP_WORKER_PART_TRADES;
}

/* ---- opening --------------------------------------------------------------------------------- */

static fx_status open_store(struct fx_app_worker_part *part, enum fx_app_store_mode mode)
{
    struct fx_app_store *database = part->place.database;
    const fx_status status = fx_app_store_open(database, mode, &part->store);
    if (status != FX_OK) {
        FX_LOG(FX_LOG_ERROR,
               "worker",
               "the database cannot be opened",
               fx_log_text("database", database->place),
               fx_log_status("err", status),
               fx_log_text("reason", database->error));
    }
    return status;
}

static struct fx_cache_server server_of(const struct fx_config *config)
{
    return (struct fx_cache_server){.host = fx_config_text(config, "redis-host"),
                                    .port = (uint16_t)fx_config_int(config, "redis-port"),
                                    .user = fx_config_text(config, "redis-user"),
                                    .password = fx_config_text(config, "redis-password"),
                                    .database = (uint32_t)fx_config_int(config, "redis-db"),
                                    .is_tls = fx_config_bool(config, "redis-tls"),
                                    .ca_file = fx_config_text(config, "redis-ca")};
}

static fx_status open_saver(struct fx_app_worker_part *part)
{
    fx_status status = open_store(part, FX_APP_STORE_WRITER);
    if (status == FX_OK) {
        const struct fx_worker_save_options options = {
            .store = part->store,
            .shard = fx_app_bus_shard(part->place.settings, part->place.settings->shard),
            .worker = fx_str_of(SAVERS[part->kind].worker),
            .kinds = SAVERS[part->kind].kinds,
            .map = fx_app_bus_map(part->place.settings, part->place.settings->shard)};
        status = fx_worker_save_init(&part->save, &options);
        part->has_save = status == FX_OK;
    }
    if (status != FX_OK && part->store != NULL) {
        FX_LOG(FX_LOG_ERROR,
               "worker",
               "the tables cannot be read; were they made by `future migrate`?",
               fx_log_text("worker", SAVERS[part->kind].worker),
               fx_log_status("err", status),
               fx_log_text("reason", fx_store_error_text(part->store)));
    }
    return status;
}

static fx_status open_referral(struct fx_app_worker_part *part)
{
    struct fx_app_bus *settings = part->place.settings;
    fx_status status = open_store(part, FX_APP_STORE_WRITER);
    if (status == FX_OK) {
        status = fx_app_bus_open(settings, true, &part->bus);
    }
    if (status == FX_OK) {
        const struct fx_worker_referral_options options = {
            .bus = part->bus,
            .store = part->store,
            .key = {fx_app_bus_shard(settings, settings->shard), FX_STR("referral")},
            .referrals = fx_app_bus_name(settings, FX_APP_BUS_REFERRALS),
            .rewards = fx_app_bus_name(settings, FX_APP_BUS_REWARDS),
            .folder = fx_config_text(part->place.config, "data")};
        status = fx_worker_referral_create(&options, &part->referral);
    }
    return status;
}

/* ---- what users are told --------------------------------------------------------------------- */

static bool emit_to_user(void *context, uint64_t user_id, fx_str event)
{
    const struct fx_app_worker_part *part = context;
    char room[ROOM_SIZE];
    (void)snprintf(room, sizeof room, "user_%llu", (unsigned long long)user_id);
    return fx_app_emit_try_event(part->emit, fx_str_of(room), event);
}

static uint64_t settled(void *context)
{
    const struct fx_app_worker_part *part = context;
    struct fx_app_emit_stats stats;
    fx_app_emit_stats(part->emit, &stats);
    return stats.published + stats.dropped; /* of what was taken */
}

static int emit_step(void *context, int64_t now_us)
{
    const struct fx_app_worker_part *part = context;
    return part->emit == NULL ? 0 : fx_app_emit_step(part->emit, now_us);
}

static bool may_speak(void *context)
{
    const struct fx_app_worker_part *part = context;
    return fx_worker_seat_is_held(part->seat);
}

/* The last command that the group has as done. */
static uint64_t kept(void *context)
{
    const struct fx_app_worker_part *part = context;
    const uint64_t next = fx_worker_seat_kept(part->seat);
    return next == 0 ? 0 : fx_worker_follow_sequence(part->follow, next);
}

static fx_status open_notify(struct fx_app_worker_part *part)
{
    const struct fx_worker_notify_options options = {.emit = emit_to_user,
                                                     .settled = settled,
                                                     .may_speak = may_speak,
                                                     .kept = kept,
                                                     .pump = emit_step,
                                                     .context = part};
    return fx_worker_notify_create(&options, &part->notify);
}

static fx_status open_kind(struct fx_app_worker_part *part)
{
    if (is_saver(part)) {
        return open_saver(part);
    }
    if (part->kind == FX_APP_WORKER_PART_REFERRAL) {
        return open_referral(part);
    }
    const struct fx_config *config = part->place.config;
    const struct fx_cache_server server = server_of(config);
    if (part->kind == FX_APP_WORKER_PART_PUBLISH) {
        const fx_status status = fx_app_bus_open(part->place.settings, false, &part->bus);
        return status == FX_OK && fx_config_str(config, "redis-host").size > 0
                   ? fx_app_emit_create(&server, &part->emit)
                   : status;
    }
    if (part->kind == FX_APP_WORKER_PART_CACHE) {
        return open_store(part, FX_APP_STORE_READER);
    }
    const fx_status status = fx_app_emit_create(&server, &part->emit);
    return status == FX_OK ? open_notify(part) : status;
}

fx_status fx_app_worker_part_open(enum fx_app_worker_part_kind kind,
                                  const struct fx_app_worker_part_place *place,
                                  struct fx_app_worker_part **part_out)
{
    struct fx_app_worker_part *part = calloc(1, sizeof *part);
    if (part == NULL) {
        return FX_NO_MEMORY;
    }
    part->kind = kind;
    part->place = *place;
    part->seen_us = fx_clock_monotonic_us();
    const fx_status status = open_kind(part);
    if (status != FX_OK) {
        fx_app_worker_part_close(part);
        return status;
    }
    *part_out = part;
    return FX_OK;
}

/* ---- the start ------------------------------------------------------------------------------- */

uint64_t fx_app_worker_part_saved(const struct fx_app_worker_part *part)
{
    if (part->saver != NULL) {
        return fx_worker_saver_watermark(part->saver) >> OPERATION_BITS;
    }
    if (part->has_save) {
        return part->save.watermark >> OPERATION_BITS;
    }
    if (part->referral != NULL) {
        struct fx_worker_referral_stats stats;
        fx_worker_referral_stats(part->referral, &stats);
        return stats.watermark >> OPERATION_BITS;
    }
    return UINT64_MAX;
}

fx_status fx_app_worker_part_recover(struct fx_app_worker_part *part,
                                     const struct fx_event events[],
                                     uint32_t count)
{
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    fx_status status = FX_OK;
    if (part->referral != NULL) {
        return fx_worker_referral_recover(part->referral, events, count);
    }
    for (uint32_t tries = 0; part->has_save && tries < TRIES_MAX; tries++) {
        status = fx_worker_save_events(&part->save, events, count);
        if (status == FX_OK || (!fx_status_is_retryable(status) && status != FX_STALE)) {
            break;
        }
        (void)nanosleep(&pause, NULL);
    }
    if (status != FX_OK) {
        FX_LOG(FX_LOG_ERROR,
               "worker",
               "the tables cannot be written",
               fx_log_text("worker", SAVERS[part->kind].worker),
               fx_log_status("err", status),
               fx_log_text("reason", fx_store_error_text(part->store)));
    }
    return status;
}

static void emit_to_room(void *context, fx_str room, fx_str event)
{
    const struct fx_app_worker_part *part = context;
    fx_app_emit_event(part->emit, room, event);
}

/* How far its work is, for the group. Thread: the seat's. */
static uint64_t progress(void *context)
{
    const struct fx_app_worker_part *part = context;
    struct fx_worker_follow_stats stats;
    if (part->follow == NULL) {
        return UINT64_MAX; /* it has never begun */
    }
    if (part->notify != NULL) {
        /* Who gets the seat next tells what is behind this: never more than was told. */
        struct fx_worker_notify_stats told;
        fx_worker_notify_stats(part->notify, &told);
        return told.told == UINT64_MAX ? UINT64_MAX
                                       : fx_worker_follow_offset(part->follow, told.told);
    }
    const uint64_t saved = fx_app_worker_part_saved(part);
    fx_worker_follow_stats(part->follow, &stats);
    /* Behind the last command there may be records that are none. Who has no watermark keeps up. */
    return saved == UINT64_MAX || saved >= stats.sequence
               ? stats.position
               : fx_worker_follow_offset(part->follow, saved);
}

static fx_status open_seat(struct fx_app_worker_part *part)
{
    const struct fx_app_bus *settings = part->place.settings;
    char group[FX_BUS_NAME_SIZE_MAX + 1];
    char target[FX_BUS_NAME_SIZE_MAX + 1];
    if (GROUPS[part->kind] == NULL) {
        return FX_OK;
    }
    if (settings->shard == 0) {
        (void)snprintf(group, sizeof group, "%s", GROUPS[part->kind]);
    } else {
        (void)snprintf(group, sizeof group, "%s_%u", GROUPS[part->kind], settings->shard);
    }
    const struct fx_worker_seat_options options = {
        .bus = part->place.bus,
        .group = fx_app_bus_group(settings, group, target),
        .place = fx_app_bus_place(settings, FX_APP_BUS_INPUT),
        .is_asking = part->notify != NULL,
        .progress = progress,
        .context = part};
    const fx_status status = fx_worker_seat_create(&options, &part->seat);
    if (status != FX_OK) {
        FX_LOG(FX_LOG_ERROR,
               "worker",
               "the group cannot be joined",
               fx_log_text("group", group),
               fx_log_status("err", status),
               fx_log_text("reason", fx_bus_error_text(part->place.bus)));
    }
    return status;
}

static fx_status listen_publish(struct fx_app_worker_part *part,
                                struct fx_ring_broadcast *ring,
                                uint32_t consumer, // NOLINT(bugprone-easily-swappable-parameters)
                                uint32_t depth)
{
    const struct fx_app_bus *settings = part->place.settings;
    struct fx_worker_publish_options options = {
        .bus = part->bus,
        .ring = ring,
        .consumer = consumer,
        .books = fx_app_bus_name(settings, FX_APP_BUS_BOOKS),
        .tickers = fx_app_bus_place(settings, FX_APP_BUS_TICKERS),
        .depth_capacity = depth,
        .may_speak = may_speak,
        .pump = emit_step,
        .context = part};
    if (part->emit != NULL) {
        options.emit = emit_to_room;
    }
    return fx_worker_publish_create(&options, &part->publish);
}

static fx_status listen_cache(struct fx_app_worker_part *part,
                              struct fx_ring_broadcast *ring,
                              uint32_t consumer, // NOLINT(bugprone-easily-swappable-parameters)
                              uint32_t depth)
{
    const struct fx_cache_server server = server_of(part->place.config);
    const struct fx_app_bus *settings = part->place.settings;
    struct fx_worker_cache_options options = {.ring = ring,
                                              .consumer = consumer,
                                              .depth_capacity = depth,
                                              .shard = fx_app_bus_map(settings, settings->shard),
                                              .wall = fx_clock_wall_us};
    fx_status status = fx_cache_redis_open(&server, &options.cache);
    if (status == FX_OK) {
        status = fx_worker_cache_create(&options, &part->cache);
        if (status != FX_OK) {
            fx_cache_close(options.cache);
        }
    }
    return status;
}

static fx_status listen_kind(struct fx_app_worker_part *part,
                             struct fx_worker_follow *follow,
                             uint32_t consumer)
{
    struct fx_ring_broadcast *ring = fx_worker_follow_ring(follow);
    const struct fx_engine_limits *limits = fx_worker_follow_limits(follow);
    const uint32_t depth = limits->book_window_levels + limits->book_overflow_levels_max;
    if (part->has_save) {
        const struct fx_worker_saver_options options = {.save = &part->save,
                                                        .ring = ring,
                                                        .consumer = consumer,
                                                        .batch_max = FX_WORKER_SAVE_EVENTS_MAX};
        return fx_worker_saver_create(&options, &part->saver);
    }
    if (part->referral != NULL) {
        fx_worker_referral_listen(part->referral, ring, consumer);
        return FX_OK;
    }
    if (part->kind == FX_APP_WORKER_PART_PUBLISH) {
        return listen_publish(part, ring, consumer, depth);
    }
    if (part->kind == FX_APP_WORKER_PART_CACHE) {
        return listen_cache(part, ring, consumer, depth);
    }
    fx_worker_notify_listen(part->notify, ring, consumer);
    return FX_OK;
}

bool fx_app_worker_part_is_replayed(const struct fx_app_worker_part *part)
{
    return part->notify != NULL;
}

void fx_app_worker_part_replay(struct fx_app_worker_part *part,
                               const struct fx_event events[],
                               uint32_t count)
{
    fx_worker_notify_replay(part->notify, events, count, fx_clock_wall_us());
}

fx_status fx_app_worker_part_listen(struct fx_app_worker_part *part,
                                    struct fx_worker_follow *follow,
                                    uint32_t consumer)
{
    const fx_status status = listen_kind(part, follow, consumer);
    part->follow = follow;
    return status == FX_OK ? open_seat(part) : status;
}

fx_status fx_app_worker_part_fold(struct fx_app_worker_part *part, const struct fx_event *event)
{
    if (part->has_save && event->kind == FX_EVENT_INSTRUMENT) {
        fx_worker_save_instrument(&part->save, &event->u.instrument);
    }
    if (part->referral != NULL) {
        return fx_worker_referral_fold(part->referral, event);
    }
    if (part->publish != NULL) {
        return fx_worker_publish_fold(part->publish, event);
    }
    if (part->cache != NULL) {
        return fx_worker_cache_fold(part->cache, event);
    }
    return part->notify != NULL ? fx_worker_notify_fold(part->notify, event) : FX_OK;
}

fx_status fx_app_worker_part_recall(struct fx_app_worker_part *part)
{
    if (part->cache == NULL) {
        return FX_OK;
    }
    const fx_status status = fx_app_recall_rows(part->store, fx_worker_cache_view(part->cache));
    return status == FX_OK ? fx_app_history_load(part->store, fx_worker_cache_market(part->cache))
                           : status;
}

static fx_status start_kind(struct fx_app_worker_part *part)
{
    if (part->saver != NULL) {
        return fx_worker_saver_start(part->saver);
    }
    if (part->referral != NULL) {
        return fx_worker_referral_start(part->referral);
    }
    if (part->publish != NULL) {
        return fx_worker_publish_start(part->publish);
    }
    return part->cache != NULL ? fx_worker_cache_start(part->cache)
                               : fx_worker_notify_start(part->notify);
}

fx_status fx_app_worker_part_start(struct fx_app_worker_part *part)
{
    const fx_status status = start_kind(part);
    return status == FX_OK && part->seat != NULL ? fx_worker_seat_start(part->seat) : status;
}

void fx_app_worker_part_wake(void *self)
{
    struct fx_app_worker_part *part = self;
    if (part->saver != NULL) {
        fx_worker_saver_wake(part->saver);
    } else if (part->referral != NULL) {
        fx_worker_referral_wake(part->referral);
    } else if (part->publish != NULL) {
        fx_worker_publish_wake(part->publish);
    } else if (part->cache != NULL) {
        fx_worker_cache_wake(part->cache);
    } else if (part->notify != NULL) {
        fx_worker_notify_wake(part->notify);
    }
}

static void stop_kind(struct fx_app_worker_part *part)
{
    if (part->saver != NULL) {
        fx_worker_saver_stop(part->saver);
    } else if (part->referral != NULL) {
        fx_worker_referral_stop(part->referral);
    } else if (part->publish != NULL) {
        fx_worker_publish_stop(part->publish);
    } else if (part->cache != NULL) {
        fx_worker_cache_stop(part->cache);
    } else if (part->notify != NULL) {
        fx_worker_notify_stop(part->notify);
    }
}

void fx_app_worker_part_hurry(struct fx_app_worker_part *part, uint32_t timeout_ms)
{
    if (part->bus != NULL) {
        fx_bus_hurry(part->bus, timeout_ms);
    }
}

/* Only then the group is left: what was done last is kept for it, too. */
void fx_app_worker_part_stop(struct fx_app_worker_part *part)
{
    stop_kind(part);
    if (part->seat != NULL) {
        fx_worker_seat_stop(part->seat);
    }
    fx_worker_seat_destroy(part->seat);
    part->seat = NULL;
}

void fx_app_worker_part_close(struct fx_app_worker_part *part)
{
    if (part == NULL) {
        return;
    }
    part->follow = NULL; /* it is gone */
    fx_worker_seat_destroy(part->seat);
    fx_worker_saver_destroy(part->saver);
    fx_worker_referral_destroy(part->referral);
    fx_worker_publish_destroy(part->publish);
    fx_worker_cache_destroy(part->cache);
    fx_worker_notify_destroy(part->notify);
    fx_app_emit_destroy(part->emit);
    if (part->has_save) {
        fx_worker_save_deinit(&part->save);
    }
    if (part->bus != NULL) {
        fx_bus_close(part->bus);
    }
    fx_store_close(part->store);
    free(part);
}

/* ---- looks ----------------------------------------------------------------------------------- */

/* What has a watermark: how far behind, and whether it comes forward at all. */
static void look_at_progress(struct fx_app_worker_part *part,
                             uint64_t sequence,
                             uint64_t done,
                             struct fx_app_desk_look *look)
{
    const int64_t now_us = fx_clock_monotonic_us();
    fx_app_desk_figure(look, "lag", sequence > done ? (int64_t)(sequence - done) : 0);
    fx_app_desk_figure(look, "sequence", (int64_t)done);
    if (done != part->seen || done >= sequence) {
        part->seen = done;
        part->seen_us = now_us;
    } else if (now_us - part->seen_us > STUCK_US) {
        fx_app_desk_down(look, "it does not come forward");
    }
}

void fx_app_worker_part_look(struct fx_app_worker_part *part,
                             uint64_t sequence,
                             struct fx_app_desk_look *look)
{
    if (part->seat != NULL) {
        fx_app_desk_figure(look, "works", fx_worker_seat_is_held(part->seat) ? 1 : 0);
    }
    if (part->saver != NULL) {
        look_at_progress(
            part, sequence, fx_worker_saver_watermark(part->saver) >> OPERATION_BITS, look);
    } else if (part->referral != NULL) {
        struct fx_worker_referral_stats stats;
        fx_worker_referral_stats(part->referral, &stats);
        look_at_progress(part, sequence, stats.watermark >> OPERATION_BITS, look);
        fx_app_desk_figure(look, "published", (int64_t)stats.published);
    } else if (part->publish != NULL) {
        struct fx_worker_publish_stats stats;
        fx_worker_publish_stats(part->publish, &stats);
        look_at_progress(part, sequence, stats.sequence, look);
        fx_app_desk_figure(look, "books", (int64_t)stats.books);
        fx_app_desk_figure(look, "tickers", (int64_t)stats.tickers);
        fx_app_desk_figure(look, "lost", (int64_t)stats.lost);
    } else if (part->cache != NULL) {
        struct fx_worker_cache_stats stats;
        fx_worker_cache_stats(part->cache, &stats);
        fx_app_desk_figure(look, "written", (int64_t)stats.written);
        fx_app_desk_figure(look, "resyncs", (int64_t)stats.resyncs);
        fx_app_desk_figure(look, "refused", (int64_t)stats.refused);
        fx_app_desk_figure(look, "queued", (int64_t)stats.queued);
        fx_app_desk_figure(look, "marked", (int64_t)stats.marked);
        fx_app_desk_figure(look, "behindMs", stats.behind_us / 1000);
        if (stats.status != FX_OK) {
            fx_app_desk_down(look, "Redis does not answer, or takes no writes");
        }
    } else if (part->notify != NULL) {
        struct fx_app_emit_stats stats;
        struct fx_worker_notify_stats told;
        fx_app_emit_stats(part->emit, &stats);
        fx_worker_notify_stats(part->notify, &told);
        fx_app_desk_figure(look, "emitted", (int64_t)told.emitted);
        fx_app_desk_figure(look, "waiting", (int64_t)told.waiting);
        fx_app_desk_figure(look, "published", (int64_t)stats.published);
        fx_app_desk_figure(look, "dropped", (int64_t)(stats.dropped + told.dropped));
        if (stats.status != FX_OK) {
            fx_app_desk_down(look, "Redis does not answer");
        }
    }
}

fx_status fx_app_worker_part_fatal(const struct fx_app_worker_part *part)
{
    if (part->seat != NULL) {
        struct fx_worker_seat_stats stats;
        fx_worker_seat_stats(part->seat, &stats);
        if (stats.fatal != FX_OK) {
            return FX_BAD_SETTING; /* the log has said which group */
        }
    }
    if (part->referral != NULL) {
        struct fx_worker_referral_stats stats;
        fx_worker_referral_stats(part->referral, &stats);
        return stats.fatal;
    }
    if (part->publish != NULL) {
        struct fx_worker_publish_stats stats;
        fx_worker_publish_stats(part->publish, &stats);
        return stats.fatal;
    }
    return part->notify != NULL ? fx_worker_notify_fatal(part->notify) : FX_OK;
}
