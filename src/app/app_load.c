#include "app/app_load.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/app_bus.h"
#include "app/app_export.h"
#include "app/app_file.h"
#include "app/app_log.h"
#include "app/app_node.h"
#include "app/app_store.h"
#include "base/clock.h"
#include "base/log.h"
#include "bus/bus_local.h"
#include "store/store_fee.h"
#include "store/store_migrate.h"
#include "store/store_user.h"
#include "worker/worker_load.h"

enum { TELL_US = 1000000 };

/* When the last line was written, and where each step began. */
struct telling {
    int64_t told_us;
    int64_t began_us;
    enum fx_worker_load_stage stage;
};

static void tell(void *context, const struct fx_worker_load_progress *progress)
{
    static const char *const STAGES[] = {"", "reading", "checking", "copying"};
    struct telling *telling = context;
    const int64_t now_us = fx_clock_monotonic_us();
    if (progress->stage != telling->stage) {
        telling->stage = progress->stage;
        telling->began_us = now_us;
        telling->told_us = now_us; /* the first figures are of the first second */
        return;
    }
    const bool is_last = progress->done >= progress->total;
    if (now_us - telling->told_us < TELL_US && !is_last) {
        return;
    }
    telling->told_us = now_us;
    const int64_t spent_us = now_us - telling->began_us + 1;
    const uint64_t percent =
        progress->total == 0 ? 100 : progress->done * UINT64_C(100) / progress->total;
    (void)fprintf(stderr,
                  "%-8s %10" PRIu64 " of %" PRIu64 " rows  %3" PRIu64 " %%  %" PRIu64 " rows/s\n",
                  STAGES[progress->stage],
                  progress->done,
                  progress->total,
                  percent,
                  progress->done * UINT64_C(1000000) / (uint64_t)spent_us);
}

/* Only tables of this version are read. */
static fx_status check_tables(struct fx_store *store, const char *place)
{
    const fx_status status = fx_store_migrate_check(store);
    if (status != FX_OK) {
        FX_LOG(FX_LOG_ERROR,
               "load",
               "the tables are not there or not of this version; `future migrate` makes them",
               fx_log_text("database", place),
               fx_log_status("err", status),
               fx_log_text("reason", fx_store_error_text(store)));
    }
    return status;
}

/* The tables that the settings name. */
static fx_status open_tables(struct fx_app_store *database,
                             const struct fx_config *config,
                             struct fx_store **store_out)
{
    fx_status status = fx_app_store_init(database, config);
    if (status == FX_OK) {
        status = fx_app_store_open(database, FX_APP_STORE_READER, store_out);
    }
    if (status != FX_OK) {
        FX_LOG(FX_LOG_ERROR,
               "load",
               "the database cannot be opened",
               fx_log_text("database", database->place),
               fx_log_status("err", status),
               fx_log_text("reason", database->error));
        return status;
    }
    return check_tables(*store_out, database->place);
}

/* `options` without what is the same for both forms. */
static fx_status load(struct fx_worker_load_options *options,
                      struct fx_worker_load_report *report_out)
{
    struct telling telling = {0};
    options->now_us = fx_clock_wall_us();
    options->on_progress = tell;
    options->context = &telling;
    fx_status status = fx_app_node_salt(&options->node_salt);
    if (status != FX_OK) {
        return status;
    }
    status = fx_worker_load_run(options, report_out);
    if (status != FX_OK) {
        (void)fprintf(stderr, "matching-engine:load: refused: %s\n", report_out->text);
        FX_LOG(FX_LOG_ERROR,
               "load",
               "the load is refused",
               fx_log_status("err", status),
               fx_log_text("reason", report_out->text));
    }
    return status;
}

/* The last line. */
static void print(const struct fx_worker_load_report *report, int64_t spent_us)
{
    (void)printf("{\"instruments\":%" PRIu64 ",\"accounts\":%" PRIu64 ",\"positions\":%" PRIu64
                 ",\"orders\":%" PRIu64 ",\"records\":%" PRIu64 ",\"resumedAt\":%" PRIu64
                 ",\"firstSequence\":\"%" PRIu64 "\",\"hash\":\"%016" PRIx64
                 "\",\"seconds\":%" PRId64 ".%03" PRId64 "}\n",
                 report->instruments,
                 report->accounts,
                 report->positions,
                 report->orders,
                 report->records,
                 report->resumed_at,
                 report->first_sequence,
                 report->state_hash,
                 spent_us / 1000000,
                 spent_us / 1000 % 1000);
}

/* ---- into the log of KAFKA_BROKERS --------------------------------------------------------------
 */

static fx_status load_log(const struct fx_config *config, struct fx_worker_load_report *report_out)
{
    struct fx_app_bus settings;
    struct fx_app_store database;
    struct fx_worker_load_options options = {.store = NULL};
    fx_status status = fx_app_bus_init(&settings, config);
    if (status == FX_OK) {
        status = open_tables(&database, config, &options.store);
    }
    if (status == FX_OK) {
        status = fx_app_bus_connect(&settings, true, &options.bus);
    }
    if (status == FX_OK) {
        options.preload = fx_app_bus_place(&settings, FX_APP_BUS_PRELOAD);
        options.input = fx_app_bus_place(&settings, FX_APP_BUS_INPUT);
        options.maps = settings.shards > 1 ? settings.maps : NULL;
        options.shards = settings.shards;
        options.shard = settings.shard;
        options.shard_name = fx_app_bus_shard(&settings, settings.shard);
        status = load(&options, report_out);
    }
    fx_bus_close(options.bus);
    fx_store_close(options.store);
    return status;
}

/* ---- into a new data folder ---------------------------------------------------------------------
 */

static const char PRELOAD[] = "matching_engine_preload";
static const char INPUT[] = "matching_engine_input";

/* What a folder is made of, beside its name. */
struct draft {
    struct fx_app_store database; /* the source, where it is a server */
    struct fx_store *source;
    struct fx_store *target;
    struct fx_bus *bus;                   /* in memory: every follower reads a log out of a bus */
    char data[FX_APP_FILE_PATH_SIZE_MAX]; /* the wanted name, without slashes behind it */
    char folder[FX_APP_FILE_PATH_SIZE_MAX];
};

/* A name that nothing has, or an empty folder: neither a link nor a mounted disk, which another
 * folder cannot take the place of. @return OK; EXISTS; BAD_PARAMETER, said. */
static fx_status judge_place(const char *path, const struct stat *parent)
{
    struct stat about;
    const char *why = NULL;
    if (lstat(path, &about) != 0) {
        return FX_OK;
    }
    if (!S_ISDIR(about.st_mode)) {
        why = "is there already, and no folder";
    } else if (!fx_app_file_is_empty(path)) {
        why = "is not empty";
    } else if (about.st_dev != parent->st_dev) {
        why = "is a disk of its own: name a folder on it";
    }
    if (why != NULL) {
        (void)fprintf(stderr, "matching-engine:load: %s %s\n", path, why);
    }
    return why == NULL ? FX_OK : FX_EXISTS;
}

/* Where the folder will be, and that it can be there: before anything is read. */
static fx_status find_place(struct draft *draft, const char *data)
{
    char beside[FX_APP_FILE_PATH_SIZE_MAX];
    struct stat parent;
    size_t size = strlen(data);
    while (size > 1 && data[size - 1] == '/') {
        size--;
    }
    const bool fits = fx_str_copy((fx_str){data, size}, draft->data, sizeof draft->data) &&
                      snprintf(draft->folder, sizeof draft->folder, "%s.partial", draft->data) <
                          (int)sizeof draft->folder;
    const char *slash = strrchr(draft->data, '/');
    const char *name = slash == NULL ? draft->data : slash + 1;
    if (!fits || name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        (void)fprintf(stderr, "matching-engine:load: %s is no name for a new folder\n", data);
        return FX_BAD_PARAMETER;
    }
    fx_str parent_name = FX_STR(".");
    if (slash != NULL) { /* of a folder in the root that is "/" */
        const size_t before = (size_t)(slash - draft->data);
        parent_name = (fx_str){draft->data, before == 0 ? 1 : before};
    }
    (void)fx_str_copy(parent_name, beside, sizeof beside); /* it is shorter than data */
    fx_status status = fx_app_file_make_dir(beside);
    if (status != FX_OK || stat(beside, &parent) != 0) {
        (void)fprintf(stderr, "matching-engine:load: %s is no folder\n", beside);
        return status == FX_OK ? FX_IO : status;
    }
    status = judge_place(draft->data, &parent);
    return status == FX_OK ? judge_place(draft->folder, &parent) : status;
}

/* Passwords are in it. */
static void discard(const struct draft *draft, fx_status status)
{
    const bool is_removed = fx_app_file_remove_dir(draft->folder) == FX_OK;
    (void)fprintf(stderr,
                  "matching-engine:load: %s; %s is as it was%s%s\n",
                  fx_status_text(status),
                  draft->data,
                  is_removed ? "" : "; it has passwords and must be removed: ",
                  is_removed ? "" : draft->folder);
}

static fx_status open_source(struct draft *draft, const struct fx_config *config)
{
    const char *source = fx_config_text(config, "from");
    if (strcmp(source, "db") != 0) {
        const fx_status status =
            fx_store_sqlite_open(source, FX_STORE_SQLITE_READER, &draft->source);
        if (status != FX_OK) {
            (void)fprintf(stderr,
                          "matching-engine:load: %s is no SQLite database that can be read: %s\n",
                          source,
                          fx_status_text(status));
            return status;
        }
        return check_tables(draft->source, source);
    }
    if (fx_config_str(config, "db-host").size == 0) {
        (void)fprintf(stderr, "matching-engine:load: --from db needs DB_HOST\n");
        return FX_BAD_PARAMETER;
    }
    return open_tables(&draft->database, config, &draft->source);
}

static fx_status open_memory(struct draft *draft)
{
    const struct fx_bus_local_options options = {.window_size_bytes = SIZE_MAX / 2};
    const struct fx_bus_topic topics[] = {
        {.name = fx_str_of(PRELOAD), .partitions = 1, .retention_ms = -1},
        {.name = fx_str_of(INPUT), .partitions = 1, .retention_ms = -1}};
    const fx_status status = fx_bus_local_open(&options, &draft->bus);
    return status == FX_OK ? fx_bus_make(draft->bus, topics, 2, 0) : status;
}

/* Who may log in, and by which rates: the journal has none of it. */
static fx_status copy_users(struct draft *draft)
{
    struct fx_rows_user *users = calloc(FX_STORE_LIMIT_MAX, sizeof *users);
    uint32_t count = FX_STORE_LIMIT_MAX;
    fx_status status = users == NULL ? FX_NO_MEMORY : FX_OK;
    for (uint64_t after = 0; status == FX_OK && count == FX_STORE_LIMIT_MAX;) {
        status = fx_store_user_list_after(draft->source, after, users, &count);
        for (uint32_t index = 0; index < count && status == FX_OK; index++) {
            uint64_t id = 0;
            after = users[index].id;
            status = fx_store_user_insert(draft->target, &users[index], &id);
            if (status != FX_OK) {
                (void)fprintf(stderr,
                              "matching-engine:load: user %" PRIu64 " (%s): %s\n",
                              after,
                              users[index].email,
                              fx_status_text(status));
            }
        }
    }
    free(users);
    return status;
}

static fx_status copy_fees(struct draft *draft)
{
    struct fx_store_fee *fees = calloc(FX_STORE_LIMIT_MAX, sizeof *fees);
    uint32_t count = FX_STORE_LIMIT_MAX;
    fx_status status = fees == NULL ? FX_NO_MEMORY : FX_OK;
    for (uint64_t after = 0; status == FX_OK && count == FX_STORE_LIMIT_MAX;) {
        status = fx_store_fee_list_after(draft->source, after, fees, &count);
        for (uint32_t index = 0; index < count && status == FX_OK; index++) {
            after = fees[index].user_id;
            status = fx_store_fee_put(draft->target, &fees[index]);
        }
    }
    free(fees);
    return status;
}

/* The other tables are written by the first start, out of the journal. */
static fx_status make_tables(struct draft *draft)
{
    char path[FX_APP_FILE_PATH_SIZE_MAX];
    uint32_t applied = 0;
    if (!fx_app_file_join(draft->folder, "future.db", path)) {
        return FX_BAD_PARAMETER;
    }
    fx_status status = fx_store_sqlite_open(path, FX_STORE_SQLITE_WRITER_DURABLE, &draft->target);
    if (status == FX_OK) {
        status = fx_store_migrate(draft->target, &applied);
    }
    if (status == FX_OK) {
        status = fx_store_begin(draft->target);
    }
    if (status == FX_OK) {
        status = copy_users(draft);
        status = status == FX_OK ? copy_fees(draft) : status;
        if (status == FX_OK) {
            status = fx_store_commit(draft->target);
        } else {
            fx_store_rollback(draft->target);
        }
    }
    return status;
}

/* The follower's folder has nothing in it; then the draft takes the wanted name. */
static fx_status finish(struct draft *draft)
{
    char log[FX_APP_FILE_PATH_SIZE_MAX];
    fx_store_close(draft->target); /* all of it is in the file */
    draft->target = NULL;
    if (!fx_app_file_join(draft->folder, "log", log)) {
        return FX_BAD_PARAMETER;
    }
    (void)rmdir(log);
    sync(); /* names and folders too */
    const bool is_named =
        rename(draft->folder, draft->data) == 0; /* an empty folder may be replaced */
    sync();
    return is_named ? FX_OK : FX_IO;
}

static fx_status fill(struct draft *draft, struct fx_worker_load_report *report_out)
{
    struct fx_app_export_report written = {0};
    const struct fx_app_export_log log = {
        .command = "matching-engine:load", .bus = draft->bus, .input = {fx_str_of(INPUT), 0}};
    struct fx_worker_load_options options = {.store = draft->source,
                                             .bus = draft->bus,
                                             .preload = {fx_str_of(PRELOAD), 0},
                                             .input = log.input,
                                             .has_new_tables = true};
    fx_status status = load(&options, report_out);
    if (status == FX_OK) {
        status = fx_app_export_write(&log, draft->folder, &written);
    }
    if (status == FX_OK && written.state_hash != report_out->state_hash) {
        (void)fprintf(stderr,
                      "matching-engine:load: the log leads to another state than the rows\n");
        status = FX_CORRUPT;
    }
    if (status == FX_OK) {
        status = make_tables(draft);
    }
    return status == FX_OK ? finish(draft) : status;
}

/* A folder beside the wanted one, which then takes its name: whole or not at all. */
static fx_status load_folder(const struct fx_config *config,
                             struct fx_worker_load_report *report_out)
{
    const char *data = fx_config_text(config, "data");
    struct draft draft = {.source = NULL};
    if (fx_config_origin(config, "data") == FX_CONFIG_DEFAULT || fx_app_bus_is_set(config)) {
        (void)fprintf(stderr,
                      "usage: future matching-engine:load --data NEW --from FILE|db   (without "
                      "KAFKA_BROKERS)\n");
        return FX_BAD_PARAMETER;
    }
    fx_status status = find_place(&draft, data);
    if (status != FX_OK) {
        return status;
    }
    status = open_source(&draft, config);
    if (status == FX_OK) {
        status = open_memory(&draft);
    }
    if (status == FX_OK) {
        status = fill(&draft, report_out);
    }
    fx_store_close(draft.target);
    fx_bus_close(draft.bus);
    fx_store_close(draft.source);
    if (status != FX_OK) {
        discard(&draft, status);
    }
    return status;
}

int fx_app_load_run(const struct fx_app_options *options)
{
    struct fx_worker_load_report report;
    const int64_t start_us = fx_clock_monotonic_us();
    fx_status status = fx_app_log_open(options->config);
    if (status == FX_OK) {
        status = fx_config_str(options->config, "from").size > 0
                     ? load_folder(options->config, &report)
                     : load_log(options->config, &report);
    }
    if (status == FX_OK) {
        print(&report, fx_clock_monotonic_us() - start_us);
    }
    return fx_app_options_exit(status);
}
