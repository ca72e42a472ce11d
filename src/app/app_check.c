#include "app/app_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_audit.h"
#include "app/app_check_explain.h"
#include "app/app_file.h"
#include "base/clock.h"
#include "bus/bus_journal.h"
#include "engine/engine.h"
#include "worker/worker_limits.h"
#include "worker/worker_replay.h"
#include "worker/worker_snapshot.h"

/* One replay: an engine and how far it came. */
struct replay {
    struct fx_engine_limits limits;
    struct fx_engine *engine;
    void *memory;
    struct fx_events events;
    uint64_t commands;
    uint64_t trades;
    int64_t elapsed_us;
    struct fx_bus_journal_report report;
    uint64_t until; /* the last command to apply; 0: all */
};

static bool create(struct replay *replay, const struct fx_engine_limits *limits)
{
    memset(replay, 0, sizeof *replay);
    replay->limits = *limits;
    const size_t size = fx_engine_size(&replay->limits);
    const uint32_t events_max = fx_engine_events_max(&replay->limits);
    replay->memory = aligned_alloc(64, size);
    replay->events.items = aligned_alloc(16, (size_t)events_max * sizeof(struct fx_event));
    replay->events.capacity = events_max;
    if (replay->memory == NULL || replay->events.items == NULL) {
        (void)fprintf(stderr, "future: out of memory\n");
        return false;
    }
    memset(replay->memory, 0, size);
    return true;
}

static void destroy(struct replay *replay)
{
    free(replay->memory);
    free(replay->events.items);
}

static fx_status on_applied(void *context, uint64_t sequence)
{
    struct replay *replay = context;
    (void)sequence;
    replay->commands++;
    for (uint32_t index = 0; index < replay->events.count; index++) {
        replay->trades += replay->events.items[index].kind == FX_EVENT_TRADE;
    }
    return FX_OK;
}

/* The journal's reader; ends behind the record that one asked for. */
struct reader {
    struct fx_worker_replay *records;
    uint64_t until; /* 0: to the end */
};

static fx_status on_record(void *context, const struct fx_bus_journal_record *record)
{
    const struct reader *reader = context;
    return reader->until > 0 && record->seq > reader->until
               ? FX_STALE
               : fx_worker_replay_record(reader->records, record);
}

/* Apply the journal behind what the engine has. */
static fx_status run(struct replay *replay, const char *journal_dir)
{
    struct fx_worker_replay records = {.engine = replay->engine,
                                       .events = &replay->events,
                                       .on_applied = on_applied,
                                       .context = replay};
    struct reader reader = {.records = &records, .until = replay->until};
    const struct fx_bus_journal_recover_options options = {
        .system = fx_bus_file_posix(),
        .dir = journal_dir,
        .from_seq = fx_engine_sequence(replay->engine) + 1,
        .on_record = on_record,
        .context = &reader};
    const int64_t start_us = fx_clock_monotonic_us();
    fx_status status = fx_bus_journal_replay(&options, &replay->report);
    if (status == FX_OK || status == FX_STALE) {
        status = fx_worker_replay_finish(&records);
    }
    replay->elapsed_us = fx_clock_monotonic_us() - start_us;
    if (status != FX_OK) {
        (void)fprintf(stderr,
                      "future: the journal cannot be replayed: %s %s\n",
                      fx_status_name(status),
                      replay->report.text);
        return status;
    }
    fx_engine_check(replay->engine);
    return FX_OK;
}

/* The log of who did what, beside the engine's own. @return false where a row does not hold. */
static bool check_audit(const struct fx_config *config, struct fx_store_audit_report *report)
{
    memset(report, 0, sizeof *report);
    const fx_status status = fx_app_audit_check(config, report);
    if (status == FX_NOT_FOUND) {
        return true; /* no database: the journal can be checked alone */
    }
    if (status != FX_OK) {
        (void)fprintf(
            stderr, "future: check: the audit log cannot be read: %s\n", fx_status_text(status));
        return false;
    }
    if (report->bad_id != 0) {
        (void)fprintf(stderr,
                      "future: check: row %" PRIu64 " of the audit log: %s\n",
                      report->bad_id,
                      report->reason);
    }
    return report->bad_id == 0;
}

/* What was found beside the replay. */
struct verdict {
    uint64_t snapshot_sequence; /* 0: there is none */
    bool is_equal;              /* it gives the same state */
    struct fx_store_audit_report audit;
    bool is_audit_whole;
};

static void print_result(const struct fx_app_options *options,
                         const struct replay *genesis,
                         const struct verdict *verdict)
{
    const uint64_t snapshot_sequence = verdict->snapshot_sequence;
    const bool is_equal = verdict->is_equal;
    const uint64_t sequence = fx_engine_sequence(genesis->engine);
    const uint64_t hash = fx_engine_hash(genesis->engine);
    const uint64_t rate =
        genesis->elapsed_us == 0 ? 0 : genesis->commands * 1000000 / (uint64_t)genesis->elapsed_us;
    if (fx_config_bool(options->config, "json")) {
        (void)printf("{\"sequence\":%" PRIu64 ",\"state_hash\":\"%016" PRIx64
                     "\",\"trades\":%" PRIu64 ",\"snapshot_sequence\":%" PRIu64
                     ",\"snapshot_hash_equal\":%s,\"commands_per_second\":%" PRIu64
                     ",\"torn_tail_bytes\":%" PRIu64 ",\"audit_rows\":%" PRIu64
                     ",\"audit_whole\":%s,\"ok\":%s}\n",
                     sequence,
                     hash,
                     genesis->trades,
                     snapshot_sequence,
                     is_equal ? "true" : "false",
                     rate,
                     genesis->report.tail_bytes,
                     verdict->audit.count,
                     verdict->is_audit_whole ? "true" : "false",
                     is_equal && verdict->is_audit_whole ? "true" : "false");
        return;
    }
    (void)printf("sequence    %" PRIu64 "\nstate hash  %016" PRIx64 "\ntrades      %" PRIu64
                 "\nreplay      %" PRIu64 " commands/s from genesis\nsnapshot    %s at %" PRIu64
                 "\naudit log   %" PRIu64 " rows, %s\ninvariants  hold\n",
                 sequence,
                 hash,
                 genesis->trades,
                 rate,
                 snapshot_sequence == 0 ? "none" : (is_equal ? "same hash" : "DIFFERENT HASH"),
                 snapshot_sequence,
                 verdict->audit.count,
                 verdict->is_audit_whole ? "the chain holds" : "THE CHAIN IS BROKEN");
}

/* The newest snapshot and the rest of the journal must give the same state. */
// NOLINTBEGIN(bugprone-easily-swappable-parameters): a call names both folders
static fx_status compare(const struct replay *genesis,
                         const char *snapshot_dir,
                         const char *journal_dir,
                         uint64_t *sequence_out,
                         bool *is_equal_out)
{
    struct replay tail;
    *sequence_out = 0;
    *is_equal_out = true;
    if (!create(&tail, &genesis->limits)) {
        return FX_NO_MEMORY;
    }
    tail.until = genesis->until;
    fx_status status = fx_worker_snapshot_load(NULL,
                                               snapshot_dir,
                                               fx_engine_sequence(genesis->engine),
                                               tail.memory,
                                               &tail.limits,
                                               &tail.engine);
    if (status == FX_OK) {
        *sequence_out = fx_engine_sequence(tail.engine);
        status = run(&tail, journal_dir);
        *is_equal_out = status == FX_OK &&
                        fx_engine_sequence(tail.engine) >= fx_engine_sequence(genesis->engine) &&
                        (fx_engine_sequence(tail.engine) > fx_engine_sequence(genesis->engine) ||
                         fx_engine_hash(tail.engine) == fx_engine_hash(genesis->engine));
    } else if (status == FX_NOT_FOUND) {
        status = FX_OK;
    } else {
        (void)fprintf(stderr,
                      "future: check: %s: the snapshots cannot be read: %s\n",
                      snapshot_dir,
                      fx_status_text(status));
    }
    destroy(&tail);
    return status;
}

/* The state behind the last command that one asked for, by the nearest snapshot; then what it says.
 */
static int explain(const struct fx_app_options *options,
                   struct replay *replay,
                   const char *snapshot_dir,
                   const char *journal_dir)
{
    fx_status status = fx_worker_snapshot_load(NULL,
                                               snapshot_dir,
                                               replay->until == 0 ? UINT64_MAX : replay->until,
                                               replay->memory,
                                               &replay->limits,
                                               &replay->engine);
    if (status == FX_NOT_FOUND) {
        replay->engine = fx_engine_init(replay->memory, &replay->limits);
        status = FX_OK;
    }
    if (status == FX_OK) {
        status = run(replay, journal_dir);
    }
    return status == FX_OK ? fx_app_check_explain_run(options, replay->engine, &replay->events)
                           : fx_app_options_exit(status);
}

// NOLINTEND(bugprone-easily-swappable-parameters)

int fx_app_check_run(const struct fx_app_options *options)
{
    char journal_dir[FX_APP_FILE_PATH_SIZE_MAX];
    char snapshot_dir[FX_APP_FILE_PATH_SIZE_MAX];
    const char *data_dir = fx_config_text(options->config, "data");
    struct replay genesis;
    struct fx_engine_limits limits;
    if (!fx_app_file_join(data_dir, "journal", journal_dir) ||
        !fx_app_file_join(data_dir, "snapshots", snapshot_dir)) {
        return FX_APP_EXIT_USAGE;
    }
    fx_status status = fx_worker_limits_read(NULL, journal_dir, &limits);
    if (status != FX_OK) {
        (void)fprintf(stderr,
                      "future: check: %s: %s\n",
                      journal_dir,
                      status == FX_NOT_FOUND ? "there is no journal with a readable first record"
                                             : fx_status_text(status));
        return FX_APP_EXIT_DATA;
    }
    if (!create(&genesis, &limits)) {
        return FX_APP_EXIT_FAILURE;
    }
    genesis.until = (uint64_t)fx_config_int(options->config, "until");
    if (fx_config_int(options->config, "account") > 0) {
        const int code = explain(options, &genesis, snapshot_dir, journal_dir);
        destroy(&genesis);
        return code;
    }
    genesis.engine = fx_engine_init(genesis.memory, &genesis.limits);
    struct verdict verdict = {.is_equal = true};
    status = run(&genesis, journal_dir);
    if (status == FX_OK) {
        status = compare(
            &genesis, snapshot_dir, journal_dir, &verdict.snapshot_sequence, &verdict.is_equal);
    }
    verdict.is_audit_whole = check_audit(options->config, &verdict.audit);
    if (status == FX_OK) {
        print_result(options, &genesis, &verdict);
    }
    destroy(&genesis);
    if (status == FX_OK && (!verdict.is_equal || !verdict.is_audit_whole)) {
        return FX_APP_EXIT_DATA;
    }
    return fx_app_options_exit(status);
}
