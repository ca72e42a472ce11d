#include "app/app_worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/app_bus.h"
#include "app/app_desk.h"
#include "app/app_file.h"
#include "app/app_follow.h"
#include "app/app_log.h"
#include "app/app_notify.h"
#include "app/app_settings.h"
#include "app/app_stop.h"
#include "app/app_store.h"
#include "app/app_worker_part.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "store/store_migrate.h"
#include "worker/worker_follow.h"
#include "worker/worker_save.h"

enum {
    TRIES_MAX = 120, /* for somebody to begin the log */
    PAUSE_NS = 500000000,
    TICK_MS = 200,
    STOP_MS = 2000, /* for brokers that do not answer; the work is in the log and the tables */
    DUMP_EVENTS = 4096,
    GATHER_MAX = FX_WORKER_SAVE_EVENTS_MAX,
    HEARD_US = 10000000 /* a leader is heard five times a second */
};

/* The commands, and what each consists of. */
static const struct role {
    const char *name;
    uint32_t parts; /* 1 << enum fx_app_worker_part_kind, or'ed */
    bool needs_redis;
    bool may_use_redis; /* … for its last part */
} ROLES[] = {
    {"matching-engine:save-accounts-to-db", 1 << FX_APP_WORKER_PART_ACCOUNTS, false, false},
    {"matching-engine:save-positions", 1 << FX_APP_WORKER_PART_POSITIONS, false, false},
    {"matching-engine:save-orders-to-db", 1 << FX_APP_WORKER_PART_ORDERS, false, false},
    {"matching-engine:save-trades",
     1 << FX_APP_WORKER_PART_TRADES | 1 << FX_APP_WORKER_PART_REFERRAL,
     false,
     false},
    {"market:publish",
     1 << FX_APP_WORKER_PART_PUBLISH | 1 << FX_APP_WORKER_PART_CACHE,
     false,
     true},
    {"matching-engine:notify", 1 << FX_APP_WORKER_PART_NOTIFY, true, true}};

enum { ROLE_COUNT = sizeof ROLES / sizeof ROLES[0] };

static const char *const PART_NAMES[FX_APP_WORKER_PARTS] = {
    [FX_APP_WORKER_PART_ACCOUNTS] = "saver_accounts",
    [FX_APP_WORKER_PART_POSITIONS] = "saver_positions",
    [FX_APP_WORKER_PART_ORDERS] = "saver_orders",
    [FX_APP_WORKER_PART_TRADES] = "saver_trades",
    [FX_APP_WORKER_PART_REFERRAL] = "referral",
    [FX_APP_WORKER_PART_PUBLISH] = "publish",
    [FX_APP_WORKER_PART_CACHE] = "cache",
    [FX_APP_WORKER_PART_NOTIFY] = "notify"};

struct worker;

/* A part that was asked for. */
struct slot {
    struct worker *worker;
    struct fx_app_worker_part *part;
    enum fx_app_worker_part_kind kind;
};

struct worker {
    const struct fx_config *config;
    const char *title;
    struct fx_app_bus settings;
    struct fx_app_store database;
    struct fx_app_desk *desk;
    struct fx_bus *bus;
    struct fx_worker_follow *follow;
    struct slot slots[FX_APP_WORKER_PARTS];
    uint32_t slot_count;
    uint32_t started;
    char snapshots[FX_APP_FILE_PATH_SIZE_MAX];
    struct fx_event *gathered; /* of the start */
    uint32_t gathered_count;
    uint64_t saved;   /* the least that a part has */
    fx_status replay; /* what parts said to the state of the snapshot */
    bool is_open;     /* what the log said before this start is read */
};

/* ---- which parts ----------------------------------------------------------------------------- */

static fx_status add_role(const struct fx_config *config, const struct role *role, uint32_t *parts)
{
    const bool has_redis = fx_config_str(config, "redis-host").size > 0;
    if (role->needs_redis && !has_redis) {
        FX_LOG(FX_LOG_ERROR,
               "config",
               "this role speaks to Redis, so this must be set",
               fx_log_text("variable", "REDIS_HOST"),
               fx_log_text("role", role->name));
        return FX_BAD_PARAMETER;
    }
    *parts |= role->parts;
    if (role->may_use_redis && !has_redis) {
        *parts &= ~(1U << FX_APP_WORKER_PART_CACHE);
    }
    return FX_OK;
}

static fx_status add_named(const struct fx_config *config, fx_str name, uint32_t *parts)
{
    for (uint32_t index = 0; index < ROLE_COUNT; index++) {
        if (fx_str_is_equal(name, fx_str_of(ROLES[index].name))) {
            return add_role(config, &ROLES[index], parts);
        }
    }
    FX_LOG(FX_LOG_ERROR,
           "config",
           "there is no such role: see `future help`; order:intake, api and matching-engine:run "
           "are processes of their own",
           fx_log_text("variable", "FUTURE_ROLES"),
           fx_log_str("role", name));
    return FX_BAD_PARAMETER;
}

/* The parts of a list "a,b,c"; all where it is "all". */
static fx_status read_roles(const struct fx_config *config, uint32_t *parts)
{
    const fx_str list = fx_config_str(config, "roles");
    fx_status status = FX_OK;
    size_t from = 0;
    if (fx_str_is_equal(list, FX_STR("all"))) {
        for (uint32_t index = 0; index < ROLE_COUNT && status == FX_OK; index++) {
            status = add_role(config, &ROLES[index], parts);
        }
        return status;
    }
    while (from <= list.size && status == FX_OK) {
        size_t end = fx_str_find(list, ',', from);
        end = end == SIZE_MAX ? list.size : end;
        status = add_named(config, fx_str_trim(fx_str_slice(list, from, end - from)), parts);
        from = end + 1;
    }
    return status;
}

/* ---- opening --------------------------------------------------------------------------------- */

/* Books, tickers and notifications are made of the log alone. */
static bool needs_database(uint32_t parts)
{
    const uint32_t none = 1U << FX_APP_WORKER_PART_PUBLISH | 1U << FX_APP_WORKER_PART_NOTIFY;
    return (parts & ~none) != 0;
}

static fx_status open_database(struct worker *worker)
{
    struct fx_store *reader = NULL;
    fx_status status = fx_app_store_init(&worker->database, worker->config);
    if (status != FX_OK) {
        return status;
    }
    status = fx_app_store_open(&worker->database, FX_APP_STORE_READER, &reader);
    if (status == FX_OK) {
        status = fx_store_migrate_check(reader);
    }
    fx_store_close(reader);
    if (status != FX_OK) {
        FX_LOG(FX_LOG_ERROR,
               "worker",
               status == FX_IO || status == FX_BUSY
                   ? "the database cannot be opened"
                   : "the tables are not there or not of this version; `future migrate` makes them",
               fx_log_text("database", worker->database.place),
               fx_log_status("err", status),
               fx_log_text("reason", worker->database.error));
    }
    return status;
}

static fx_status open_parts(struct worker *worker, uint32_t parts)
{
    const struct fx_app_worker_part_place place = {.config = worker->config,
                                                   .settings = &worker->settings,
                                                   .database = &worker->database,
                                                   .bus = worker->bus};
    fx_status status = FX_OK;
    worker->saved = UINT64_MAX;
    for (uint32_t kind = 0; kind < FX_APP_WORKER_PARTS && status == FX_OK; kind++) {
        struct slot *slot = &worker->slots[worker->slot_count];
        if ((parts & (1U << kind)) == 0) {
            continue;
        }
        slot->worker = worker;
        slot->kind = (enum fx_app_worker_part_kind)kind;
        status = fx_app_worker_part_open(slot->kind, &place, &slot->part);
        if (status == FX_OK) {
            const uint64_t saved = fx_app_worker_part_saved(slot->part);
            worker->saved = saved < worker->saved ? saved : worker->saved;
            worker->slot_count++;
        }
    }
    return status;
}

/* ---- the start ------------------------------------------------------------------------------- */

static fx_status write_gathered(struct worker *worker)
{
    fx_status status = FX_OK;
    for (uint32_t index = 0; index < worker->slot_count && status == FX_OK; index++) {
        status = fx_app_worker_part_recover(
            worker->slots[index].part, worker->gathered, worker->gathered_count);
    }
    worker->gathered_count = 0;
    return status;
}

static fx_status on_recovered(void *context, const struct fx_event events[], uint32_t count)
{
    struct worker *worker = context;
    fx_status status = FX_OK;
    if (count > GATHER_MAX) {
        return FX_CAPACITY; /* open_follow says why */
    }
    if (worker->gathered_count + count > GATHER_MAX) {
        status = write_gathered(worker);
    }
    if (status == FX_OK) {
        memcpy(&worker->gathered[worker->gathered_count], events, (size_t)count * sizeof events[0]);
        worker->gathered_count += count;
    }
    return status;
}

/* An event of the whole state: for all parts, or for those that are told the start's commands. */
static fx_status tell_parts(struct worker *worker, const struct fx_event *event, bool is_for_all)
{
    fx_status status = FX_OK;
    for (uint32_t index = 0; index < worker->slot_count && status == FX_OK; index++) {
        struct fx_app_worker_part *part = worker->slots[index].part;
        if (is_for_all || fx_app_worker_part_is_replayed(part)) {
            status = fx_app_worker_part_fold(part, event);
        }
    }
    return status;
}

static fx_status dump(struct worker *worker, const struct fx_engine *engine, bool is_for_all)
{
    struct fx_engine_dump position = {0};
    struct fx_events events = {.items = worker->gathered, .capacity = DUMP_EVENTS};
    fx_status status = FX_OK;
    bool is_more = true;
    while (is_more && status == FX_OK) {
        is_more = fx_engine_dump(engine, &position, &events);
        for (uint32_t at = 0; at < events.count && status == FX_OK; at++) {
            status = tell_parts(worker, &events.items[at], is_for_all);
        }
    }
    return status;
}

/* The snapshot of this start. Nothing is gathered yet. */
static void on_loaded(void *context, const struct fx_engine *engine)
{
    struct worker *worker = context;
    worker->replay = dump(worker, engine, false);
}

static void on_applied(void *context,
                       const struct fx_command *command,
                       const struct fx_events *events)
{
    struct worker *worker = context;
    (void)command;
    for (uint32_t index = 0; index < worker->slot_count && !worker->is_open; index++) {
        struct fx_app_worker_part *part = worker->slots[index].part;
        if (fx_app_worker_part_is_replayed(part)) {
            fx_app_worker_part_replay(part, events->items, events->count);
        }
    }
}

/* A role's snapshots are its own: data/market-publish/snapshots. */
static fx_status make_folder(struct worker *worker)
{
    char name[64];
    char own[FX_APP_BUS_FOLDER_SIZE_MAX];
    char folder[FX_APP_FILE_PATH_SIZE_MAX];
    (void)snprintf(name, sizeof name, "%s", worker->title);
    for (char *at = name; *at != '\0'; at++) {
        *at = (char)(*at == ':' ? '-' : *at);
    }
    if (!fx_app_bus_folder(&worker->settings, worker->settings.shard, name, own) ||
        !fx_app_file_join(fx_config_text(worker->config, "data"), own, folder) ||
        !fx_app_file_join(folder, "snapshots", worker->snapshots)) {
        return FX_BAD_PARAMETER;
    }
    const fx_status status = fx_app_file_make_dir(worker->snapshots);
    if (status != FX_OK) {
        FX_LOG(FX_LOG_ERROR,
               "worker",
               "the folder of snapshots cannot be made",
               fx_log_text("dir", worker->snapshots),
               fx_log_status("err", status));
    }
    return status;
}

/* In the follower's thread: how far all of them are. */
static uint64_t saved_by_now(void *context)
{
    const struct worker *worker = context;
    uint64_t saved = UINT64_MAX;
    for (uint32_t index = 0; index < worker->slot_count; index++) {
        const uint64_t own = fx_app_worker_part_saved(worker->slots[index].part);
        saved = own < saved ? own : saved;
    }
    return saved;
}

/* Is what was read what the parts can work on? @return the status of the opening, or why not. */
static fx_status check_opened(struct worker *worker,
                              fx_status status,
                              struct fx_worker_follow_report *report)
{
    if (status == FX_OK) {
        status = write_gathered(worker);
    }
    if (status == FX_CAPACITY || (status == FX_OK && fx_engine_events_max(fx_worker_follow_limits(
                                                         worker->follow)) > GATHER_MAX)) {
        (void)snprintf(report->text,
                       sizeof report->text,
                       "the limits in the log (INITIALIZE_ENGINE) allow a command more events than "
                       "a saver writes in one transaction: %u",
                       (unsigned)GATHER_MAX);
        return FX_CAPACITY;
    }
    if (status == FX_OK && worker->saved != UINT64_MAX && report->sequence < worker->saved) {
        (void)snprintf(report->text,
                       sizeof report->text,
                       "the tables are ahead of the log: they are of another log, or it has lost "
                       "records");
        return FX_CORRUPT;
    }
    return status == FX_OK ? worker->replay : status;
}

/* The follower, once somebody has begun the log. */
static fx_status open_follow(struct worker *worker)
{
    struct fx_worker_follow_report report;
    struct fx_worker_follow_options options = {
        .bus = worker->bus,
        .topic = fx_app_bus_name(&worker->settings, FX_APP_BUS_INPUT),
        .partition = worker->settings.shard,
        .shard = fx_app_bus_map(&worker->settings, worker->settings.shard),
        .snapshot_dir = worker->snapshots,
        .node = FX_STR("worker"),
        .consumer_count = worker->slot_count,
        .snapshot_us = fx_config_int(worker->config, "snapshot-seconds") * 1000 * 1000,
        .saved_sequence = worker->saved,
        .saved = {saved_by_now, worker},
        .on_recovered = on_recovered,
        .recovered_context = worker,
        .hooks = {.on_loaded = on_loaded, .on_applied = on_applied, .context = worker},
        .on_progress = fx_app_start_on_progress,
        .progress_context = fx_app_desk_start(worker->desk)};
    fx_app_start_shard(options.progress_context, worker->settings.shard);
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    if (fx_crypto_random(&options.node_salt, sizeof options.node_salt) != FX_OK) {
        return FX_IO;
    }
    for (uint32_t index = 0; index < worker->slot_count; index++) {
        options.wake[index] = fx_app_worker_part_wake;
        options.wake_context[index] = worker->slots[index].part;
    }
    fx_status status = fx_worker_follow_open(&options, &worker->follow, &report);
    for (uint32_t tries = 0; status == FX_NOT_FOUND && report.end == 0 && tries < TRIES_MAX;
         tries++) {
        if (tries == 0) {
            FX_LOG(FX_LOG_INFO, "worker", "waiting", fx_log_text("reason", report.text));
        }
        fx_app_start_stage(options.progress_context, "waiting for an engine to begin the log");
        (void)nanosleep(&pause, NULL);
        worker->gathered_count = 0;
        status = fx_worker_follow_open(&options, &worker->follow, &report);
    }
    worker->is_open = status == FX_OK;
    status = check_opened(worker, status, &report);
    if (status != FX_OK) {
        FX_LOG(FX_LOG_ERROR,
               "worker",
               "the log cannot be followed",
               fx_log_status("err", status),
               fx_log_text("reason", report.text));
        return status;
    }
    fx_app_follow_log("worker", worker->settings.shard, &report);
    return FX_OK;
}

static fx_status listen_parts(struct worker *worker)
{
    fx_status status = FX_OK;
    for (uint32_t index = 0; index < worker->slot_count && status == FX_OK; index++) {
        status = fx_app_worker_part_listen(worker->slots[index].part, worker->follow, index);
    }
    if (status == FX_OK) {
        status = dump(worker, fx_worker_follow_engine(worker->follow), true);
    }
    for (uint32_t index = 0; index < worker->slot_count && status == FX_OK; index++) {
        status = fx_app_worker_part_recall(worker->slots[index].part);
    }
    return status;
}

/* ---- while it runs --------------------------------------------------------------------------- */

static void look_at_log(void *self, struct fx_app_desk_look *look)
{
    const struct worker *worker = self;
    struct fx_worker_follow_stats stats;
    fx_worker_follow_stats(worker->follow, &stats);
    fx_app_desk_figure(look, "lag", (int64_t)stats.lag);
    fx_app_desk_figure(look, "sequence", (int64_t)stats.sequence);
    fx_app_desk_figure(look, "epoch", (int64_t)stats.epoch);
    fx_app_desk_figure(look, "poison", (int64_t)stats.poison_count);
    if (stats.failure != FX_OK) {
        fx_app_desk_down(look, fx_status_text(stats.failure));
    } else if (fx_clock_wall_us() - stats.heard_us > HEARD_US) {
        fx_app_desk_down(look, "no leader is heard on the log");
    }
}

static void look_at_slot(void *self, struct fx_app_desk_look *look)
{
    const struct slot *slot = self;
    struct fx_worker_follow_stats stats;
    fx_worker_follow_stats(slot->worker->follow, &stats);
    fx_app_worker_part_look(slot->part, stats.sequence, look);
}

/* Has anything ended that this process is for? */
static void tick(void *self)
{
    struct worker *worker = self;
    struct fx_worker_follow_stats stats;
    fx_worker_follow_stats(worker->follow, &stats);
    if (stats.failure != FX_OK) {
        FX_LOG(FX_LOG_ERROR,
               "worker",
               "the log cannot be followed any more",
               fx_log_status("err", stats.failure));
        fx_app_desk_end(worker->desk, stats.failure);
    }
    for (uint32_t index = 0; index < worker->slot_count; index++) {
        const fx_status fatal = fx_app_worker_part_fatal(worker->slots[index].part);
        if (fatal != FX_OK) {
            fx_app_desk_end(worker->desk, fatal);
        }
    }
}

static fx_status start(struct worker *worker)
{
    fx_status status = FX_OK;
    while (worker->started < worker->slot_count && status == FX_OK) {
        status = fx_app_worker_part_start(worker->slots[worker->started].part);
        worker->started += status == FX_OK ? 1 : 0;
    }
    return status == FX_OK ? fx_worker_follow_start(worker->follow) : status;
}

static fx_status serve(struct worker *worker)
{
    const struct fx_app_desk_part log = {"log", look_at_log, worker};
    fx_app_desk_add(worker->desk, &log);
    for (uint32_t index = 0; index < worker->slot_count; index++) {
        struct slot *slot = &worker->slots[index];
        const struct fx_app_desk_part part = {PART_NAMES[slot->kind], look_at_slot, slot};
        fx_app_desk_add(worker->desk, &part);
    }
    fx_status status = fx_app_desk_every(worker->desk, TICK_MS, tick, worker);
    if (status == FX_OK) {
        status = start(worker);
    }
    if (status == FX_OK) {
        status = fx_app_desk_run(worker->desk);
        fx_bus_hurry(worker->bus, STOP_MS);
        for (uint32_t index = 0; index < worker->slot_count; index++) {
            fx_app_worker_part_hurry(worker->slots[index].part, STOP_MS);
        }
        fx_worker_follow_stop(worker->follow, NULL, NULL);
    }
    for (uint32_t index = 0; index < worker->started; index++) {
        fx_app_worker_part_stop(worker->slots[index].part);
    }
    return status;
}

/* ---- one life -------------------------------------------------------------------------------- */

static fx_status open_all(struct worker *worker, uint32_t parts, struct fx_app_notify *notify)
{
    fx_status status = fx_app_bus_init(&worker->settings, worker->config);
    if (status == FX_OK) {
        status = make_folder(worker);
    }
    if (status == FX_OK) {
        status = fx_app_desk_create(worker->config, notify, worker->title, &worker->desk);
    }
    if (status != FX_OK) {
        return status;
    }
    struct fx_app_start *start = fx_app_desk_start(worker->desk);
    if (needs_database(parts)) {
        fx_app_start_stage(start, "opening the database");
        status = open_database(worker);
    }
    if (status == FX_OK) {
        fx_app_start_stage(start, "opening the topics of Kafka");
        status = fx_app_bus_connect(&worker->settings, false, &worker->bus);
    }
    if (status == FX_OK) {
        fx_app_start_stage(start, "opening the parts");
        worker->gathered = aligned_alloc(16, (size_t)GATHER_MAX * sizeof worker->gathered[0]);
        status = worker->gathered == NULL ? FX_NO_MEMORY : open_parts(worker, parts);
    }
    if (status == FX_OK) {
        status = open_follow(worker);
    }
    if (status == FX_OK) {
        fx_app_start_stage(start, "telling the parts the state");
        status = listen_parts(worker);
    }
    return status;
}

static void close_all(struct worker *worker)
{
    fx_worker_follow_destroy(worker->follow);
    for (uint32_t index = 0; index < worker->slot_count; index++) {
        fx_app_worker_part_close(worker->slots[index].part);
    }
    if (worker->bus != NULL) {
        fx_bus_close(worker->bus);
    }
    fx_app_desk_destroy(worker->desk);
    free(worker->gathered);
}

static int run(const struct fx_app_options *options, const struct role *role)
{
    struct fx_app_notify notify;
    uint32_t parts = 0;
    fx_app_notify_init(&notify); /* first: a descriptor that is open now is our parent's */
    fx_app_stop_arm();
    struct worker *worker = calloc(1, sizeof *worker);
    if (worker == NULL) {
        return FX_APP_EXIT_FAILURE;
    }
    worker->config = options->config;
    worker->title = role == NULL ? "worker" : role->name;
    fx_status status = fx_app_log_open(options->config);
    if (status == FX_OK) {
        status = fx_app_settings_check_files(options->config,
                                             FX_APP_SETTINGS_DATABASE | FX_APP_SETTINGS_REDIS |
                                                 FX_APP_SETTINGS_KAFKA | FX_APP_SETTINGS_DATA);
    }
    if (status == FX_OK) {
        status = role == NULL ? read_roles(options->config, &parts)
                              : add_role(options->config, role, &parts);
    }
    if (status == FX_OK) {
        status = open_all(worker, parts, &notify);
    }
    if (status == FX_OK) {
        status = serve(worker);
    }
    close_all(worker);
    FX_LOG(FX_LOG_INFO,
           "worker",
           "stopped",
           fx_log_text("role", worker->title),
           fx_log_status("status", status));
    free(worker);
    return fx_app_options_exit(status);
}

int fx_app_worker_save_accounts(const struct fx_app_options *options)
{
    return run(options, &ROLES[0]);
}

int fx_app_worker_save_positions(const struct fx_app_options *options)
{
    return run(options, &ROLES[1]);
}

int fx_app_worker_save_orders(const struct fx_app_options *options)
{
    return run(options, &ROLES[2]);
}

int fx_app_worker_save_trades(const struct fx_app_options *options)
{
    return run(options, &ROLES[3]);
}

int fx_app_worker_publish(const struct fx_app_options *options)
{
    return run(options, &ROLES[4]);
}

int fx_app_worker_notify(const struct fx_app_options *options)
{
    return run(options, &ROLES[5]);
}

int fx_app_worker_run(const struct fx_app_options *options)
{
    return run(options, NULL);
}
