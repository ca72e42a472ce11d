#include "app/app_load.h"

#include <inttypes.h>
#include <stdio.h>

#include "app/app_bus.h"
#include "app/app_log.h"
#include "app/app_node.h"
#include "app/app_store.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/store_migrate.h"
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

static fx_status open_store(struct fx_app_store *database,
                            const struct fx_config *config,
                            struct fx_store **store_out)
{
    fx_status status = fx_app_store_init(database, config);
    if (status == FX_OK) {
        status = fx_app_store_open(database, FX_APP_STORE_READER, store_out);
    }
    if (status == FX_OK) {
        status = fx_store_migrate_check(*store_out);
    }
    if (status != FX_OK) {
        FX_LOG(FX_LOG_ERROR,
               "load",
               "the tables are not there or not of this version; `future migrate` makes them",
               fx_log_text("database", database->place),
               fx_log_status("err", status),
               fx_log_text("reason", database->error));
    }
    return status;
}

static fx_status load(const struct fx_app_bus *settings, struct fx_bus *bus, struct fx_store *store)
{
    struct fx_worker_load_report report;
    struct telling telling = {0};
    struct fx_worker_load_options options = {.store = store,
                                             .bus = bus,
                                             .preload =
                                                 fx_app_bus_place(settings, FX_APP_BUS_PRELOAD),
                                             .input = fx_app_bus_place(settings, FX_APP_BUS_INPUT),
                                             .now_us = fx_clock_wall_us(),
                                             .on_progress = tell,
                                             .context = &telling};
    fx_status status = fx_app_node_salt(&options.node_salt);
    if (status != FX_OK) {
        return status;
    }
    const int64_t start_us = fx_clock_monotonic_us();
    status = fx_worker_load_run(&options, &report);
    if (status != FX_OK) {
        (void)fprintf(stderr, "matching-engine:load: refused: %s\n", report.text);
        FX_LOG(FX_LOG_ERROR,
               "load",
               "the load is refused",
               fx_log_status("err", status),
               fx_log_text("reason", report.text));
        return status;
    }
    const int64_t spent_us = fx_clock_monotonic_us() - start_us;
    (void)printf("{\"instruments\":%" PRIu64 ",\"accounts\":%" PRIu64 ",\"positions\":%" PRIu64
                 ",\"orders\":%" PRIu64 ",\"records\":%" PRIu64 ",\"resumedAt\":%" PRIu64
                 ",\"firstSequence\":\"%" PRIu64 "\",\"hash\":\"%016" PRIx64
                 "\",\"seconds\":%" PRId64 ".%03" PRId64 "}\n",
                 report.instruments,
                 report.accounts,
                 report.positions,
                 report.orders,
                 report.records,
                 report.resumed_at,
                 report.first_sequence,
                 report.state_hash,
                 spent_us / 1000000,
                 spent_us / 1000 % 1000);
    return FX_OK;
}

int fx_app_load_run(const struct fx_app_options *options)
{
    struct fx_app_bus settings;
    struct fx_app_store database;
    struct fx_bus *bus = NULL;
    struct fx_store *store = NULL;
    fx_status status = fx_app_log_open(options->config);
    if (status == FX_OK) {
        status = fx_app_bus_init(&settings, options->config);
    }
    if (status == FX_OK && settings.shards > 1) {
        (void)fprintf(stderr, "matching-engine:load: a load is of one shard\n");
        status = FX_BAD_PARAMETER;
    }
    if (status == FX_OK) {
        status = open_store(&database, options->config, &store);
    }
    if (status == FX_OK) {
        status = fx_app_bus_connect(&settings, true, &bus);
    }
    if (status == FX_OK) {
        status = load(&settings, bus, store);
    }
    fx_bus_close(bus);
    fx_store_close(store);
    return fx_app_options_exit(status);
}
