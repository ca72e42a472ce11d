#include "app/app_exchange.h"

#include <stdlib.h>
#include <string.h>

#include "app/app_audit.h"
#include "app/app_bus.h"
#include "app/app_file.h"
#include "app/app_follow.h"
#include "app/app_history.h"
#include "app/app_keys.h"
#include "app/app_limits.h"
#include "app/app_options.h"
#include "app/app_recall.h"
#include "app/app_rooms.h"
#include "app/app_store.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/panic.h"
#include "cache/cache_redis.h"
#include "engine/engine.h"
#include "store/store_api_key.h"
#include "store/store_migrate.h"
#include "store/store_progress.h"
#include "store/store_user.h"
#include "worker/worker_cache.h"
#include "worker/worker_recover.h"
#include "worker/worker_save.h"
#include "worker/worker_saver.h"

enum {
    JWT_CACHE_ENTRIES = 65536,
    DUMP_EVENTS = 4096,
    OPERATION_BITS = 20,
    JWKS_SIZE_MAX = 4096,
    SPILL_FROM = 16384,      /* events: a quarter of the ring; at half of it orders are refused */
    SPILL_FREE_MIN = 1 << 30 /* bytes that the journal, whose disk it is, shall find free */
};

struct fx_app_exchange {
    const struct fx_config *config;
    struct fx_app_start *start; /* NULL once it is open, or where nobody asks */
    char journal_dir[FX_APP_FILE_PATH_SIZE_MAX];
    char snapshot_dir[FX_APP_FILE_PATH_SIZE_MAX];
    struct fx_app_store database;
    struct fx_store *writer;
    struct fx_store *users;
    struct fx_store *sessions; /* the API's thread writes here */
    struct fx_store *reader;
    struct fx_store *reports;
    struct fx_worker_save save;
    bool has_save;
    struct fx_worker_feed feed;
    struct fx_app_bus bus_settings;               /* on a bus: the maps of its shards */
    struct fx_app_follow *follows[FX_SHARDS_MAX]; /* by shard; NULL: the journal is our own */
    struct fx_worker_saver *saver;
    struct fx_worker_cache *cache; /* NULL without REDIS_HOST */
    struct fx_app_rooms *rooms;    /* the same */
    struct fx_app_keys *keys;
    struct fx_buf jwks;
    struct fx_jwt_cache *jwt_cache;
    struct fx_app_gateway *gateway;
    struct fx_worker_engine_report report;
    bool is_running;
};

/* The worker wakes its consumers through these, because they are made after it. */
static void wake_gateway(void *self)
{
    const struct fx_app_exchange *exchange = self;
    fx_app_gateway_wake(exchange->gateway);
}

static void wake_saver(void *self)
{
    const struct fx_app_exchange *exchange = self;
    fx_worker_saver_wake(exchange->saver);
}

static fx_status open_handles(struct fx_app_exchange *exchange)
{
    struct fx_app_store *database = &exchange->database;
    uint32_t applied = 0;
    fx_status status = fx_app_store_open(database, FX_APP_STORE_WRITER, &exchange->writer);
    if (status == FX_OK) {
        status = fx_store_migrate(exchange->writer, &applied);
    }
    if (status == FX_OK) {
        status = fx_app_store_open(database, FX_APP_STORE_WRITER_DURABLE, &exchange->users);
    }
    if (status == FX_OK) {
        status = fx_app_store_open(database, FX_APP_STORE_WRITER_DURABLE, &exchange->sessions);
    }
    if (status == FX_OK) {
        status = fx_app_store_open(database, FX_APP_STORE_READER, &exchange->reader);
    }
    if (status == FX_OK) {
        status = fx_app_store_open(database, FX_APP_STORE_REPORT, &exchange->reports);
    }
    return status;
}

static bool is_on_bus(const struct fx_app_exchange *exchange)
{
    return fx_app_bus_is_set(exchange->config);
}

static fx_status open_store(struct fx_app_exchange *exchange)
{
    fx_status status = open_handles(exchange);
    if (status == FX_OK &&
        !is_on_bus(exchange)) { /* on a bus the tables have savers of their own */
        const struct fx_worker_save_options options = {.store = exchange->writer,
                                                       .shard = FX_STR("main"),
                                                       .worker = FX_STR("saver"),
                                                       .kinds = FX_WORKER_SAVE_ALL};
        status = fx_worker_save_init(&exchange->save, &options);
        exchange->has_save = status == FX_OK;
    }
    if (status != FX_OK) {
        const bool has_words = exchange->database.error[0] == '\0' && exchange->writer != NULL;
        FX_LOG(FX_LOG_ERROR,
               "store",
               "the database cannot be opened",
               fx_log_text("database", exchange->database.place),
               fx_log_status("err", status),
               fx_log_text("reason",
                           has_words ? fx_store_error_text(exchange->writer)
                                     : exchange->database.error));
    } else if (exchange->database.is_maria) {
        FX_LOG(FX_LOG_INFO,
               "store",
               "the tables are on a server",
               fx_log_text("database", exchange->database.place),
               fx_log_text("reports", exchange->database.report.host));
    }
    return status;
}

static enum fx_bus_journal_mode mode_of(fx_str text)
{
    if (fx_str_is_equal(text, FX_STR("strict"))) {
        return FX_BUS_JOURNAL_STRICT;
    }
    if (fx_str_is_equal(text, FX_STR("relaxed"))) {
        return FX_BUS_JOURNAL_RELAXED;
    }
    return fx_str_is_equal(text, FX_STR("none")) ? FX_BUS_JOURNAL_NONE : 0;
}

static void wake_cache(void *self)
{
    const struct fx_app_exchange *exchange = self;
    fx_worker_cache_wake(exchange->cache);
}

static bool has_cache(const struct fx_app_exchange *exchange)
{
    return fx_config_str(exchange->config, "redis-host").size > 0;
}

/* What the tables have; the saver is made after the engine. */
static uint64_t saved_by(void *self)
{
    const struct fx_app_exchange *exchange = self;
    return exchange->saver == NULL ? UINT64_MAX
                                   : fx_worker_saver_watermark(exchange->saver) >> OPERATION_BITS;
}

static fx_status open_worker(struct fx_app_exchange *exchange)
{
    const struct fx_worker_engine_options options = {
        .journal_dir = exchange->journal_dir,
        .snapshot_dir = exchange->snapshot_dir,
        .mode = mode_of(fx_config_str(exchange->config, "durability")),
        .snapshot_us = fx_config_int(exchange->config, "snapshot-seconds") * 1000 * 1000,
        .wake = {wake_gateway, wake_saver, wake_cache},
        .wake_context = {exchange, exchange, exchange},
        .saved = {saved_by, exchange},
        .has_cache = has_cache(exchange)};
    if (options.mode == 0) {
        FX_LOG(FX_LOG_ERROR, "config", "FUTURE_DURABILITY must be strict, relaxed or none");
        return FX_BAD_PARAMETER;
    }
    const fx_status status =
        fx_worker_recover(&options, &exchange->save, &exchange->feed.engine, &exchange->report);
    if (status != FX_OK) {
        FX_LOG(FX_LOG_ERROR,
               "engine",
               "the journal cannot be opened",
               fx_log_status("err", status),
               fx_log_text("reason", exchange->report.journal.text));
        return status;
    }
    if (exchange->report.journal.tail != FX_BUS_JOURNAL_TAIL_CLEAN &&
        exchange->report.journal.tail_bytes > 0) {
        FX_LOG(FX_LOG_WARN,
               "engine",
               "an unfinished frame at the end of the journal was cut off; nothing of it was "
               "ever acknowledged",
               fx_log_u64("tail_bytes", exchange->report.journal.tail_bytes));
    }
    FX_LOG(FX_LOG_INFO,
           "engine",
           "recovered",
           fx_log_u64("seq", exchange->report.sequence),
           fx_log_u64("snapshot_seq", exchange->report.snapshot_sequence),
           fx_log_u64("replayed", exchange->report.replayed),
           fx_log_i64("dur_us", exchange->report.elapsed_us));
    return FX_OK;
}

/* A log that is empty while the tables have something of it was lost: nobody begins another one in
 * its place, in which all would have nothing. */
static fx_status judge_beginning(struct fx_app_exchange *exchange, uint32_t shard, bool *may_begin)
{
    const struct fx_store_progress_key key = {fx_app_bus_shard(&exchange->bus_settings, shard),
                                              FX_STR("saver_accounts")};
    uint64_t saved = 0;
    const fx_status status = fx_store_progress_find(exchange->reader, &key, &saved);
    if (status != FX_OK) {
        FX_LOG(FX_LOG_ERROR,
               "follow",
               "it cannot be read how far the tables are",
               fx_log_status("err", status),
               fx_log_text("reason", fx_store_error_text(exchange->reader)));
    }
    *may_begin = saved == 0;
    return status;
}

static fx_status open_follow(struct fx_app_exchange *exchange, uint32_t shard)
{
    bool may_begin = false;
    const fx_status judged = judge_beginning(exchange, shard, &may_begin);
    if (judged != FX_OK) {
        return judged;
    }
    /* The cache is kept by market:publish, one for all. */
    const struct fx_worker_follow_options options = {
        .consumer_count = 1,
        .saved_sequence = UINT64_MAX,
        .may_begin = may_begin,
        .wake = {wake_gateway},
        .wake_context = {exchange},
        .on_progress = exchange->start == NULL ? NULL : fx_app_start_on_progress,
        .progress_context = exchange->start};
    fx_app_start_stage(exchange->start, "opening the topics of Kafka");
    fx_app_start_shard(exchange->start, shard);
    const fx_status status =
        fx_app_follow_open(exchange->config, "api", shard, &options, &exchange->follows[shard]);
    if (status != FX_OK) {
        return status;
    }
    const struct fx_worker_follow_report *report = fx_app_follow_report(exchange->follows[shard]);
    struct fx_worker_follow *follow = fx_app_follow_worker(exchange->follows[shard]);
    if (exchange->feed.shards == NULL) {
        exchange->feed.follow = follow;
    } else {
        fx_worker_shards_add(exchange->feed.shards, follow);
    }
    exchange->report.snapshot_sequence += report->snapshot_sequence;
    exchange->report.replayed += report->replayed;
    exchange->report.sequence += report->sequence;
    exchange->report.state_hash ^= report->state_hash;
    exchange->report.elapsed_us += report->elapsed_us;
    return FX_OK;
}

/* All logs are what the setting says, so no two have one asset. What it says more by now is told to
 * them: only who sees all of them may do that. */
static void grow_maps(struct fx_app_exchange *exchange)
{
    for (uint32_t shard = 0; shard < exchange->bus_settings.shards; shard++) {
        const struct fx_shard_map *map = fx_app_bus_map(&exchange->bus_settings, shard);
        const struct fx_engine *engine = fx_worker_feed_engine(&exchange->feed, shard);
        if (fx_shard_is_within(map, fx_engine_shard(engine))) {
            continue;
        }
        struct fx_command command =
            fx_command_blank(FX_COMMAND_SET_SHARD, FX_COMMAND_ALL_INSTRUMENTS, 0);
        command.u.shard = *map;
        const bool is_taken =
            fx_worker_follow_submit(fx_worker_shards_at(exchange->feed.shards, shard), 0, &command);
        FX_LOG(is_taken ? FX_LOG_INFO : FX_LOG_WARN,
               "follow",
               "the log of a shard is told of more collateral",
               fx_log_u64("shard", shard),
               fx_log_u64("assets", map->asset_count));
    }
}

/* Engine and savers are processes of their own; commands go through the logs. One process serves
 * all shards. */
static fx_status open_follows(struct fx_app_exchange *exchange)
{
    struct fx_app_bus *settings = &exchange->bus_settings;
    fx_status status = FX_OK;
    if (settings->shards > 1) {
        exchange->feed.shards = fx_worker_shards_create(settings->maps, settings->shards);
        status = exchange->feed.shards == NULL ? FX_NO_MEMORY : FX_OK;
    }
    for (uint32_t shard = 0; shard < settings->shards && status == FX_OK; shard++) {
        status = open_follow(exchange, shard);
    }
    if (status == FX_OK && settings->shards > 1) {
        grow_maps(exchange);
    }
    return status;
}

/* Tell the read models the whole state of a shard. */
static fx_status dump(struct fx_app_exchange *exchange, uint32_t shard)
{
    const struct fx_engine *engine = fx_worker_feed_engine(&exchange->feed, shard);
    struct fx_engine_dump position = {0};
    struct fx_events events = {.capacity = DUMP_EVENTS};
    events.items = aligned_alloc(16, (size_t)DUMP_EVENTS * sizeof(struct fx_event));
    if (events.items == NULL) {
        return FX_NO_MEMORY;
    }
    const bool is_last = shard + 1 == fx_worker_feed_count(&exchange->feed);
    bool is_more = true;
    while (is_more) {
        is_more = fx_engine_dump(engine, &position, &events);
        for (uint32_t index = 0; index < events.count; index++) {
            const struct fx_event *event = &events.items[index];
            if ((event->kind == FX_EVENT_DUMP_BEGIN && shard > 0) ||
                (event->kind == FX_EVENT_DUMP_END && !is_last)) {
                continue; /* to the read models it is one dump: nothing is forgotten in between */
            }
            fx_app_gateway_fold(exchange->gateway, event);
            if (exchange->cache != NULL && fx_worker_cache_fold(exchange->cache, event) != FX_OK) {
                free(events.items);
                return FX_NO_MEMORY;
            }
            if (event->kind == FX_EVENT_INSTRUMENT && exchange->has_save) {
                fx_worker_save_instrument(&exchange->save, &event->u.instrument);
            }
        }
    }
    free(events.items);
    return FX_OK;
}

/* The journal can rebuild every table but those of the users. */
static void warn_of_lost_users(struct fx_app_exchange *exchange)
{
    uint64_t count = 0;
    const uint32_t accounts = fx_view_account_count(fx_app_gateway_view(exchange->gateway));
    if (accounts > 0 && fx_store_user_count(exchange->users, &count) == FX_OK && count == 0) {
        FX_LOG(FX_LOG_WARN,
               "store",
               "the journal has accounts but the database has no users: logins and API keys are "
               "lost, restore the database from a backup",
               fx_log_text("database", exchange->database.place),
               fx_log_u64("accounts", accounts));
    }
}

/* Secrets from before there was a master key are sealed once. */
static fx_status seal_old_secrets(struct fx_app_exchange *exchange)
{
    struct fx_store_api_key key = {0};
    fx_status status = fx_store_api_key_find_plain(exchange->users, 0, &key);
    while (status == FX_OK) {
        struct fx_store_api_key sealed = key;
        status = fx_api_key_seal(fx_app_keys_seal(exchange->keys), &sealed, fx_str_of(key.secret));
        if (status == FX_OK) {
            const struct fx_store_key name = {key.user_id, key.id};
            status = fx_store_api_key_set_secret(exchange->users, name, fx_str_of(sealed.secret));
        }
        if (status == FX_OK) {
            status = fx_store_api_key_find_plain(exchange->users, key.id, &key);
        }
    }
    fx_crypto_wipe(&key, sizeof key);
    return status == FX_NOT_FOUND ? FX_OK : status;
}

static fx_status open_keys(struct fx_app_exchange *exchange)
{
    const char *data_dir = fx_config_text(exchange->config, "data");
    bool has_sealed = false;
    fx_status status = fx_app_keys_open(exchange->config, data_dir, &exchange->keys);
    if (status == FX_OK) {
        status = fx_store_api_key_has_sealed(exchange->users, &has_sealed);
    }
    if (status == FX_OK) {
        status = fx_app_keys_open_master(exchange->keys, data_dir, has_sealed);
    }
    if (status == FX_OK) {
        fx_buf_init(&exchange->jwks, JWKS_SIZE_MAX);
        fx_app_keys_append_jwks(exchange->keys, &exchange->jwks);
        status = exchange->jwks.is_overflow ? FX_NO_MEMORY : seal_old_secrets(exchange);
    }
    return status;
}

/* The copy in Redis (on a bus market:publish keeps it), and what other processes emit. That its
 * server is away is no reason not to start. */
static fx_status open_cache(struct fx_app_exchange *exchange)
{
    const struct fx_config *config = exchange->config;
    const struct fx_cache_server server = {.host = fx_config_text(config, "redis-host"),
                                           .port = (uint16_t)fx_config_int(config, "redis-port"),
                                           .user = fx_config_text(config, "redis-user"),
                                           .password = fx_config_text(config, "redis-password"),
                                           .database = (uint32_t)fx_config_int(config, "redis-db"),
                                           .is_tls = fx_config_bool(config, "redis-tls"),
                                           .ca_file = fx_config_text(config, "redis-ca")};
    if (!has_cache(exchange)) {
        return FX_OK;
    }
    struct fx_worker_cache_options options = {.ring = fx_worker_feed_ring(&exchange->feed, 0),
                                              .consumer = FX_WORKER_ENGINE_CACHE,
                                              .depth_capacity =
                                                  fx_worker_feed_depth(&exchange->feed),
                                              .wall = fx_clock_wall_us};
    fx_status status = is_on_bus(exchange) ? FX_OK : fx_cache_redis_open(&server, &options.cache);
    if (status == FX_OK && !is_on_bus(exchange)) {
        status = fx_worker_cache_create(&options, &exchange->cache);
        if (status != FX_OK) {
            fx_cache_close(options.cache);
        }
    }
    if (status == FX_OK) {
        status =
            fx_app_rooms_create(&server, fx_app_gateway_wake, exchange->gateway, &exchange->rooms);
    }
    if (status == FX_OK) {
        fx_app_gateway_set_rooms(exchange->gateway, exchange->rooms);
    }
    return status;
}

/* What the dump does not say: by which change rows became what they are, and the day's bars. */
static fx_status recall_cache(struct fx_app_exchange *exchange)
{
    if (exchange->cache == NULL) {
        return FX_OK;
    }
    const fx_status status =
        fx_app_recall_rows(exchange->reader, fx_worker_cache_view(exchange->cache));
    return status == FX_OK
               ? fx_app_history_load(exchange->reader, fx_worker_cache_market(exchange->cache))
               : status;
}

static fx_status open_saver(struct fx_app_exchange *exchange)
{
    if (!exchange->has_save) {
        return FX_OK;
    }
    struct fx_worker_saver_options saver = {.save = &exchange->save,
                                            .ring = fx_worker_feed_ring(&exchange->feed, 0),
                                            .consumer = FX_WORKER_ENGINE_SAVER,
                                            .batch_max = FX_WORKER_SAVE_EVENTS_MAX,
                                            .spill_from = SPILL_FROM};
    const struct fx_engine_limits *limits = fx_worker_feed_limits(&exchange->feed);
    FX_ASSERT(fx_engine_events_max(limits) <= FX_WORKER_SAVE_EVENTS_MAX);
    const uint64_t spill_size = (uint64_t)fx_config_int(exchange->config, "spill-mb") << 20;
    if (spill_size > 0) {
        const struct fx_worker_spill_options spill = {.folder =
                                                          fx_config_text(exchange->config, "data"),
                                                      .size_max = spill_size,
                                                      .free_min = SPILL_FREE_MIN};
        const fx_status status = fx_worker_spill_create(&spill, &saver.spill);
        if (status != FX_OK) {
            return status;
        }
    }
    return fx_worker_saver_create(&saver, &exchange->saver);
}

static fx_status open_gateway(struct fx_app_exchange *exchange)
{
    fx_status status = open_keys(exchange);
    if (status == FX_OK) {
        status = open_saver(exchange);
    }
    if (status != FX_OK) {
        return status;
    }
    exchange->jwt_cache = fx_jwt_cache_create(JWT_CACHE_ENTRIES);
    if (exchange->jwt_cache == NULL) {
        return FX_NO_MEMORY;
    }
    struct fx_app_gateway_options options = {
        .feed = exchange->feed,
        .reader = exchange->reader,
        .reports = exchange->reports,
        .writer = exchange->sessions,
        .jwt = fx_app_keys_jwt(exchange->keys),
        .jwt_cache = exchange->jwt_cache,
        .seal = fx_app_keys_seal(exchange->keys),
        .jwks = fx_buf_str(&exchange->jwks),
        .depth_capacity = fx_worker_feed_depth(&exchange->feed),
        .password_cost = (uint32_t)fx_config_int(exchange->config, "password-cost"),
        .is_registration_open = fx_app_options_is_registration_open(exchange->config),
        .is_shared = is_on_bus(exchange),
        .is_socket_auth_required = fx_config_bool(exchange->config, "ws-require-auth")};
    fx_app_limits_net(exchange->config, &options.net);
    fx_app_limits_rates(exchange->config, &options.rates);
    options.origins = fx_app_limits_origins(exchange->config);
    status = fx_app_gateway_create(&options, &exchange->gateway);
    if (status == FX_OK) {
        status = open_cache(exchange);
    }
    for (uint32_t shard = 0; shard < fx_worker_feed_count(&exchange->feed) && status == FX_OK;
         shard++) {
        status = dump(exchange, shard);
    }
    if (status == FX_OK) {
        status = recall_cache(exchange);
    }
    if (status == FX_OK) {
        status = fx_app_gateway_recall(exchange->gateway);
    }
    if (status == FX_OK) {
        status = fx_app_history_load(exchange->reader, fx_app_gateway_market(exchange->gateway));
    }
    if (status == FX_OK) {
        warn_of_lost_users(exchange);
        fx_app_audit_log_head(exchange->reader);
    }
    return status;
}

static fx_status make_paths(struct fx_app_exchange *exchange)
{
    const char *data_dir = fx_config_text(exchange->config, "data");
    if (!fx_app_file_join(data_dir, "journal", exchange->journal_dir) ||
        !fx_app_file_join(data_dir, "snapshots", exchange->snapshot_dir)) {
        return FX_BAD_PARAMETER;
    }
    fx_status status = fx_app_file_make_dir(exchange->journal_dir);
    if (status == FX_OK) {
        status = fx_app_file_make_dir(exchange->snapshot_dir);
    }
    if (status != FX_OK) {
        FX_LOG(FX_LOG_ERROR,
               "app",
               "the data directory cannot be made",
               fx_log_text("dir", data_dir),
               fx_log_status("err", status));
    }
    return status;
}

/* What is wrong with the settings of the servers is said before one of them is called. Several
 * processes share the tables, so they are on a server. */
static fx_status check_adapters(struct fx_app_exchange *exchange)
{
    if (is_on_bus(exchange) && fx_config_str(exchange->config, "db-host").size == 0) {
        FX_LOG(FX_LOG_ERROR,
               "config",
               "with Kafka the tables are shared by several processes and have to be on a server",
               fx_log_text("missing", "DB_HOST"));
        return FX_BAD_PARAMETER;
    }
    const fx_status status =
        is_on_bus(exchange) ? fx_app_bus_init(&exchange->bus_settings, exchange->config) : FX_OK;
    return status == FX_OK ? fx_app_store_init(&exchange->database, exchange->config) : status;
}

fx_status fx_app_exchange_open(const struct fx_config *config,
                               struct fx_app_start *start,
                               struct fx_app_exchange **exchange_out)
{
    struct fx_app_exchange *exchange = calloc(1, sizeof *exchange);
    if (exchange == NULL) {
        return FX_NO_MEMORY;
    }
    exchange->config = config;
    exchange->start = start;
    fx_status status = check_adapters(exchange);
    if (status == FX_OK && !is_on_bus(exchange)) {
        status = make_paths(exchange);
    }
    if (status == FX_OK) {
        fx_app_start_stage(start, "opening the database");
        status = open_store(exchange);
    }
    if (status == FX_OK) {
        status = is_on_bus(exchange) ? open_follows(exchange) : open_worker(exchange);
    }
    if (status == FX_OK) {
        fx_app_start_stage(start, "telling the read models the state");
        status = open_gateway(exchange);
    }
    exchange->start = NULL;
    if (status != FX_OK) {
        fx_app_exchange_close(exchange);
        return status;
    }
    *exchange_out = exchange;
    return FX_OK;
}

fx_status fx_app_exchange_start(struct fx_app_exchange *exchange)
{
    fx_status status = exchange->saver == NULL ? FX_OK : fx_worker_saver_start(exchange->saver);
    if (status == FX_OK && exchange->cache != NULL) {
        status = fx_worker_cache_start(exchange->cache);
    }
    if (status == FX_OK && exchange->rooms != NULL) {
        status = fx_app_rooms_start(exchange->rooms);
    }
    if (status == FX_OK) {
        status = fx_worker_feed_start(&exchange->feed);
    }
    exchange->is_running = status == FX_OK;
    if (status != FX_OK && exchange->saver != NULL) {
        fx_worker_saver_stop(exchange->saver); /* it runs already, or does not mind */
    }
    return status;
}

void fx_app_exchange_close(struct fx_app_exchange *exchange)
{
    if (exchange == NULL) {
        return;
    }
    if (exchange->is_running) {
        fx_worker_feed_stop(&exchange->feed, fx_app_gateway_pump, exchange->gateway);
        if (exchange->saver != NULL) {
            fx_worker_saver_stop(exchange->saver);
        }
        if (exchange->cache != NULL) {
            fx_worker_cache_stop(exchange->cache);
        }
        if (exchange->rooms != NULL) {
            fx_app_rooms_stop(exchange->rooms);
        }
    }
    fx_worker_feed_destroy(&exchange->feed);
    for (uint32_t shard = 0; shard < FX_SHARDS_MAX; shard++) {
        fx_app_follow_close(exchange->follows[shard]);
    }
    fx_worker_saver_destroy(exchange->saver);
    fx_worker_cache_destroy(exchange->cache);
    fx_app_rooms_destroy(exchange->rooms);
    fx_app_gateway_destroy(exchange->gateway);
    fx_app_keys_close(exchange->keys);
    fx_buf_deinit(&exchange->jwks);
    fx_jwt_cache_destroy(exchange->jwt_cache);
    if (exchange->has_save) {
        fx_worker_save_deinit(&exchange->save);
    }
    fx_store_close(exchange->reports);
    fx_store_close(exchange->reader);
    fx_store_close(exchange->sessions);
    fx_store_close(exchange->users);
    fx_store_close(exchange->writer);
    free(exchange);
}

struct fx_app_gateway *fx_app_exchange_gateway(struct fx_app_exchange *exchange)
{
    return exchange->gateway;
}

const struct fx_worker_feed *fx_app_exchange_feed(const struct fx_app_exchange *exchange)
{
    return &exchange->feed;
}

const struct fx_seal *fx_app_exchange_seal(const struct fx_app_exchange *exchange)
{
    return fx_app_keys_seal(exchange->keys);
}

struct fx_store *fx_app_exchange_users(struct fx_app_exchange *exchange)
{
    return exchange->users;
}

void fx_app_exchange_figures(struct fx_app_exchange *exchange,
                             struct fx_app_exchange_figures *figures_out)
{
    static const struct fx_metric_histogram NO_TIMES;
    const struct fx_ring_broadcast *ring = fx_worker_feed_ring(&exchange->feed, 0);
    memset(figures_out, 0, sizeof *figures_out);
    fx_worker_feed_stats(&exchange->feed, &figures_out->engine);
    fx_worker_feed_figures(&exchange->feed, &figures_out->inner);
    figures_out->has_cache = exchange->cache != NULL;
    if (exchange->cache != NULL) {
        fx_worker_cache_stats(exchange->cache, &figures_out->cache);
    }
    if (is_on_bus(exchange)) {
        figures_out->is_follower = true;
        fx_worker_feed_follow_stats(&exchange->feed, &figures_out->follow);
    }
    if (exchange->saver == NULL) {
        figures_out->write_times = &NO_TIMES;
        figures_out->saved_sequence = figures_out->engine.durable;
        return;
    }
    const uint64_t cursor = fx_ring_broadcast_cursor(ring, FX_WORKER_ENGINE_SAVER);
    const uint64_t released = fx_ring_broadcast_released(ring);
    figures_out->unsaved_events = released > cursor ? released - cursor : 0;
    figures_out->spilled_events = fx_worker_saver_spilled(exchange->saver);
    figures_out->write_times = fx_worker_saver_write_times(exchange->saver);
    figures_out->saved_sequence = fx_worker_saver_watermark(exchange->saver) >> OPERATION_BITS;
}

fx_status fx_app_exchange_check_store(struct fx_app_exchange *exchange)
{
    return fx_store_migrate_check(exchange->reader);
}

const struct fx_worker_engine_report *fx_app_exchange_report(const struct fx_app_exchange *exchange)
{
    return &exchange->report;
}
