#include "app/app_intake.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/app_bus.h"
#include "app/app_desk.h"
#include "app/app_log.h"
#include "app/app_notify.h"
#include "app/app_settings.h"
#include "app/app_stop.h"
#include "app/app_store.h"
#include "base/agent.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/store_instrument.h"
#include "store/store_progress.h"
#include "worker/worker_intake.h"

enum {
    STEP_MS = 20,
    FINISH_MS = 2000,
    REFRESH_US = 1000000,
    RETRY_US = 200000,
    IDLE_US_MAX = 1000
};

struct intake {
    struct fx_app_bus settings;
    struct fx_app_store database;
    struct fx_store *store;
    struct fx_store_instrument_row *rows; /* FX_INSTRUMENTS_MAX */
    uint32_t row_count;
    int64_t refreshed_us;
    _Atomic int listing; /* a status: are the instruments known? */
    struct fx_bus *bus;
    struct fx_worker_intake *worker;
    struct fx_agent *agent;
    struct fx_app_desk *desk;
    char group[FX_BUS_NAME_SIZE_MAX + 1];
};

/* ---- instruments: a listing never changes its tick, lot and multiplier ------------------------
 */

static const struct fx_instrument *find(void *context, fx_str symbol)
{
    const struct intake *intake = context;
    for (uint32_t index = 0; index < intake->row_count; index++) {
        const struct fx_instrument *instrument = &intake->rows[index].instrument;
        if (fx_str_is_equal(fx_ids_symbol_str(&instrument->symbol), symbol)) {
            return instrument;
        }
    }
    return NULL;
}

/* What is listed and how its filters are now; a stranger's symbols are no reason to ask the
 * database all the time. */
static fx_status refresh(void *context, bool is_needed)
{
    struct intake *intake = context;
    const int64_t now_us = fx_clock_monotonic_us();
    const int64_t pause_us = is_needed && intake->listing != FX_OK ? RETRY_US : REFRESH_US;
    if (intake->refreshed_us != 0 && now_us - intake->refreshed_us < pause_us) {
        return intake->listing;
    }
    intake->refreshed_us = now_us;
    const fx_status status = fx_store_instrument_list(
        intake->store, intake->rows, FX_INSTRUMENTS_MAX, &intake->row_count);
    if (status != FX_OK && intake->listing == FX_OK) {
        FX_LOG(FX_LOG_ERROR,
               "intake",
               "the instruments cannot be read; orders of unknown symbols wait",
               fx_log_status("err", status),
               fx_log_text("reason", fx_store_error_text(intake->store)));
    }
    atomic_store_explicit(&intake->listing, (int)status, memory_order_relaxed);
    return status;
}

/* ---- marks: two watermarks of each partition, in the tables ------------------------------------
 */

enum { MARK_NAME_SIZE = 33 };

static struct fx_store_progress_key key_of(const struct intake *intake,
                                           struct fx_bus_place place,
                                           const char *what,
                                           uint32_t shard,
                                           char name[MARK_NAME_SIZE])
{
    const bool is_order =
        fx_str_is_equal(place.topic, fx_app_bus_name(&intake->settings, FX_APP_BUS_ORDERS));
    (void)snprintf(name,
                   MARK_NAME_SIZE,
                   "intake_%s_%u_%s",
                   is_order ? "orders" : "cancels",
                   place.partition & 0xffffU,
                   what);
    return (struct fx_store_progress_key){fx_app_bus_shard(&intake->settings, shard),
                                          fx_str_of(name)};
}

static fx_status find_mark(void *context,
                           struct fx_bus_place place,
                           struct fx_worker_intake_mark *mark)
{
    struct intake *intake = context;
    char name[MARK_NAME_SIZE];
    const struct fx_store_progress_key next = key_of(intake, place, "next", 0, name);
    fx_status status = fx_store_progress_find(intake->store, &next, &mark->next);
    for (uint32_t shard = 0; shard < intake->settings.shards && status == FX_OK; shard++) {
        const struct fx_store_progress_key input = key_of(intake, place, "input", shard, name);
        status = fx_store_progress_find(intake->store, &input, &mark->inputs[shard]);
    }
    return status;
}

/* Forward only: another member may have stored more. @return OK; the store's. */
static fx_status move_mark(const struct intake *intake,
                           const struct fx_store_progress_key *key,
                           uint64_t to)
{
    struct fx_store_progress_step step = {.to = to};
    const fx_status status = fx_store_progress_find(intake->store, key, &step.from);
    return status == FX_OK && step.from < to ? fx_store_progress_advance(intake->store, key, &step)
                                             : status;
}

/* `next` first: an older `input` is looked through again. A mark that cannot be stored is no harm.
 */
static void store_mark(void *context,
                       struct fx_bus_place place,
                       const struct fx_worker_intake_mark *mark)
{
    struct intake *intake = context;
    char name[MARK_NAME_SIZE];
    const struct fx_store_progress_key next = key_of(intake, place, "next", 0, name);
    fx_status status = move_mark(intake, &next, mark->next);
    for (uint32_t shard = 0; shard < intake->settings.shards && status == FX_OK; shard++) {
        const struct fx_store_progress_key input = key_of(intake, place, "input", shard, name);
        status = move_mark(intake, &input, mark->inputs[shard]);
    }
    if (status != FX_OK) {
        FX_LOG(FX_LOG_DEBUG, "intake", "a mark was not stored", fx_log_status("err", status));
    }
}

/* ---- its agent ------------------------------------------------------------------------------- */

static int step(void *self, int64_t now_us)
{
    const struct intake *intake = self;
    (void)now_us;
    const int done = fx_worker_intake_step(intake->worker, STEP_MS);
    if (done < 0) {
        struct fx_worker_intake_stats stats;
        fx_worker_intake_stats(intake->worker, &stats);
        fx_app_desk_end(intake->desk, stats.status);
        return 0;
    }
    return done;
}

static void look(void *self, struct fx_app_desk_look *look)
{
    const struct intake *intake = self;
    struct fx_worker_intake_stats stats;
    fx_worker_intake_stats(intake->worker, &stats);
    fx_app_desk_figure(look, "lag", (int64_t)stats.lag);
    fx_app_desk_figure(look, "taken", (int64_t)stats.taken);
    fx_app_desk_figure(look, "refused", (int64_t)stats.refused);
    fx_app_desk_figure(look, "committed", (int64_t)stats.committed);
    if (stats.status != FX_OK) {
        fx_app_desk_down(look, fx_status_text(stats.status));
    }
    if (atomic_load_explicit(&intake->listing, memory_order_relaxed) != FX_OK) {
        fx_app_desk_down(look, "the instruments cannot be read from the database");
    }
}

static fx_status open_database(struct intake *intake, const struct fx_config *config)
{
    fx_status status = fx_app_store_init(&intake->database, config);
    if (status == FX_OK) {
        status = fx_app_store_open(&intake->database, FX_APP_STORE_WRITER, &intake->store);
    }
    if (status != FX_OK) {
        FX_LOG(FX_LOG_ERROR,
               "intake",
               "the database cannot be opened; it is where the instruments are",
               fx_log_text("database", intake->database.place),
               fx_log_status("err", status),
               fx_log_text("reason", intake->database.error));
        return status;
    }
    intake->rows = calloc(FX_INSTRUMENTS_MAX, sizeof intake->rows[0]);
    if (intake->rows == NULL) {
        return FX_NO_MEMORY;
    }
    return refresh(intake, true);
}

static fx_status open_worker(struct intake *intake)
{
    const struct fx_app_bus *settings = &intake->settings;
    fx_status status = fx_app_bus_connect(&intake->settings, true, &intake->bus);
    if (status != FX_OK) {
        return status;
    }
    const struct fx_worker_intake_options options = {
        .bus = intake->bus,
        .group = fx_app_bus_group(settings, "order_intake", intake->group),
        .orders = fx_app_bus_name(settings, FX_APP_BUS_ORDERS),
        .cancels = fx_app_bus_name(settings, FX_APP_BUS_CANCELS),
        .input = fx_app_bus_place(settings, FX_APP_BUS_INPUT),
        .shards = settings->maps,
        .shard_count = settings->shards,
        .quarantine = fx_app_bus_place(settings, FX_APP_BUS_QUARANTINE),
        .listing = {.find = find, .refresh = refresh, .context = intake},
        .marks = {.find = find_mark, .store = store_mark, .context = intake}};
    return fx_worker_intake_create(&options, &intake->worker);
}

static fx_status open_all(struct intake *intake,
                          const struct fx_config *config,
                          struct fx_app_notify *notify)
{
    fx_status status = fx_app_bus_init(&intake->settings, config);
    if (status == FX_OK) {
        status = fx_app_desk_create(config, notify, "order:intake", &intake->desk);
    }
    if (status == FX_OK) {
        fx_app_start_stage(fx_app_desk_start(intake->desk), "opening the database");
        status = open_database(intake, config);
    }
    if (status == FX_OK) {
        fx_app_start_stage(fx_app_desk_start(intake->desk), "opening the topics of Kafka");
        status = open_worker(intake);
    }
    if (status == FX_OK) {
        const struct fx_app_desk_part part = {"order:intake", look, intake};
        const struct fx_agent_options agent = {
            .name = "intake", .step = step, .self = intake, .idle_us_max = IDLE_US_MAX};
        fx_app_desk_add(intake->desk, &part);
        status = fx_agent_create(&agent, &intake->agent);
    }
    return status;
}

static void close_all(struct intake *intake)
{
    fx_agent_destroy(intake->agent);
    fx_worker_intake_destroy(intake->worker);
    fx_bus_close(intake->bus);
    fx_app_desk_destroy(intake->desk);
    fx_store_close(intake->store);
    free(intake->rows);
}

/* Until somebody says stop; then what was read is finished. */
static fx_status serve(struct intake *intake)
{
    fx_status status = fx_agent_start(intake->agent);
    if (status != FX_OK) {
        return status;
    }
    status = fx_app_desk_run(intake->desk);
    fx_bus_hurry(intake->bus, FINISH_MS);
    fx_agent_stop(intake->agent);
    fx_agent_join(intake->agent);
    const fx_status finish = fx_worker_intake_finish(intake->worker, FINISH_MS);
    if (finish != FX_OK) {
        FX_LOG(FX_LOG_WARN,
               "intake",
               "not everything was finished; the next start reads it again",
               fx_log_status("err", finish));
    }
    return status;
}

int fx_app_intake_run(const struct fx_app_options *options)
{
    struct fx_app_notify notify;
    fx_app_notify_init(&notify); /* first: a descriptor that is open now is our parent's */
    fx_app_stop_arm();
    struct intake *intake = calloc(1, sizeof *intake);
    if (intake == NULL) {
        return FX_APP_EXIT_FAILURE;
    }
    fx_status status = fx_app_log_open(options->config);
    if (status == FX_OK) {
        status = fx_app_settings_check_files(options->config,
                                             FX_APP_SETTINGS_DATABASE | FX_APP_SETTINGS_KAFKA);
    }
    if (status == FX_OK) {
        status = open_all(intake, options->config, &notify);
    }
    if (status == FX_OK) {
        status = serve(intake);
    }
    close_all(intake);
    free(intake);
    FX_LOG(FX_LOG_INFO, "intake", "stopped", fx_log_status("status", status));
    return fx_app_options_exit(status);
}
