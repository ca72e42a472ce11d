#include "app/app_export.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/app_bus.h"
#include "app/app_file.h"
#include "bus/bus_journal.h"
#include "engine/engine.h"
#include "worker/worker_follow.h"
#include "worker/worker_limits.h"
#include "worker/worker_replay.h"

enum { SALT = 1 }; /* nothing is published, so the name need not be unique */

static const char NODE[] = "export";

struct folders {
    char journal[FX_APP_FILE_PATH_SIZE_MAX];
    char log[FX_APP_FILE_PATH_SIZE_MAX]; /* of the follower, which keeps nothing */
};

struct shipment {
    struct fx_bus_journal *journal;
    struct fx_command filler;
    uint64_t commands;
    uint64_t fillers;
    fx_status status; /* the first that was not OK */
};

/* The journal is stepped here: whoever exports has nothing else to do meanwhile. @return OK; what
 * is in the way of the next step: of a full disk the journal would wait for room. */
static fx_status step(struct fx_bus_journal *journal)
{
    if (fx_bus_journal_step(journal, 0) > 0 || fx_bus_journal_prepare_step(journal, 0) > 0) {
        return FX_OK;
    }
    return fx_bus_journal_has_failed(journal) ? FX_IO : FX_NO_SPACE;
}

static void append(struct shipment *shipment, const struct fx_command *command)
{
    uint64_t sequence = 0;
    do {
        shipment->status = fx_bus_journal_append(
            shipment->journal, command->kind, fx_command_encode(command), &sequence);
        if (shipment->status == FX_BUSY) {
            const fx_status stepped = step(shipment->journal);
            shipment->status = stepped == FX_OK ? FX_BUSY : stepped;
        }
    } while (shipment->status == FX_BUSY);
}

/* What was appended is in the files: closing a journal cannot say that it is not. */
static fx_status flush(struct fx_bus_journal *journal)
{
    fx_status status = FX_OK;
    while (status == FX_OK &&
           fx_bus_journal_durable_seq(journal) + 1 < fx_bus_journal_next_seq(journal)) {
        status = step(journal);
    }
    return status;
}

/*
 * A command's sequence is its offset + 1, and not every record of the log is a command: LEADER and
 * what nobody could read have offsets as well. A journal has no gaps, so in such a place stands a
 * command that changes nothing: the cancel of an order that there is not, at the time before.
 */
static void on_applied(void *context,
                       const struct fx_command *command,
                       const struct fx_events *events)
{
    struct shipment *shipment = context;
    (void)events;
    while (shipment->status == FX_OK &&
           fx_bus_journal_next_seq(shipment->journal) < command->sequence) {
        shipment->filler.sequence = fx_bus_journal_next_seq(shipment->journal);
        append(shipment, &shipment->filler);
        shipment->fillers++;
    }
    if (shipment->status == FX_OK) {
        append(shipment, command);
        shipment->filler.time_us = command->time_us;
        shipment->commands++;
    }
}

/* Follow the log from its first record to its end; what is applied is written. */
static fx_status ship(const struct fx_app_export_log *log,
                      const char *dir,
                      struct shipment *shipment,
                      struct fx_worker_follow_report *report)
{
    const struct fx_worker_follow_options options = {
        .bus = log->bus,
        .topic = log->input.topic,
        .partition = log->input.partition,
        .shard = log->map,
        .snapshot_dir = dir,
        .node = fx_str_of(NODE),
        .node_salt = SALT,
        .saved_sequence = UINT64_MAX,
        .hooks = {.on_applied = on_applied, .context = shipment}};
    struct fx_worker_follow *follow = NULL;
    const fx_status status = fx_worker_follow_open(&options, &follow, report);
    if (status == FX_OK) {
        fx_worker_follow_abandon(follow);
    }
    return status == FX_OK ? shipment->status : status;
}

static void print(const struct fx_config *config, const struct fx_app_export_report *report)
{
    (void)printf(fx_config_bool(config, "json")
                     ? "{\"sequence\":%" PRIu64 ",\"state_hash\":\"%016" PRIx64
                       "\",\"commands\":%" PRIu64 ",\"fillers\":%" PRIu64 ",\"end\":%" PRIu64 "}\n"
                     : "sequence    %" PRIu64 "\nstate hash  %016" PRIx64 "\ncommands    %" PRIu64
                       "\nfillers     %" PRIu64 "\nlog's end   %" PRIu64 "\n",
                 report->sequence,
                 report->state_hash,
                 report->commands,
                 report->fillers,
                 report->end);
}

/* In a folder that is empty. */
static fx_status make_dirs(const struct fx_app_export_log *log,
                           const char *data_dir,
                           struct folders *folders)
{
    char snapshot_dir[FX_APP_FILE_PATH_SIZE_MAX]; /* an exchange's data folder has one */
    (void)umask(077);
    if (!fx_app_file_join(data_dir, "journal", folders->journal) ||
        !fx_app_file_join(data_dir, "snapshots", snapshot_dir) ||
        !fx_app_file_join(data_dir, "log", folders->log)) {
        return FX_BAD_PARAMETER;
    }
    fx_status status = fx_app_file_make_dir(data_dir);
    if (status == FX_OK && !fx_app_file_is_empty(data_dir)) {
        (void)fprintf(stderr, "future: %s: %s: the folder is not empty\n", log->command, data_dir);
        return FX_EXISTS;
    }
    if (status == FX_OK) {
        status = fx_app_file_make_dir(folders->journal);
    }
    if (status == FX_OK) {
        status = fx_app_file_make_dir(snapshot_dir);
    }
    return status == FX_OK ? fx_app_file_make_dir(folders->log) : status;
}

/* Only where it ends counts. */
static fx_status ignore(void *context, uint64_t sequence)
{
    (void)context;
    (void)sequence;
    return FX_OK;
}

static fx_status on_record(void *context, const struct fx_bus_journal_record *record)
{
    return fx_worker_replay_record(context, record);
}

/* The files alone lead to the state that the log leads to. */
static fx_status replay(const struct fx_app_export_log *log,
                        const char *journal_dir,
                        const struct fx_app_export_report *written)
{
    const struct fx_worker_host host = {.system = log->journal.system};
    struct fx_engine_limits limits;
    struct fx_bus_journal_report report = {.text = ""};
    struct fx_events events = {.count = 0};
    struct fx_worker_replay records = {.events = &events, .on_applied = ignore};
    fx_status status = fx_worker_limits_read(&host, journal_dir, &limits);
    if (status != FX_OK) {
        return status;
    }
    const size_t size = fx_engine_size(&limits);
    void *memory = fx_worker_host_block(size);
    events.capacity = fx_engine_events_max(&limits);
    events.items = aligned_alloc(16, (size_t)events.capacity * sizeof(struct fx_event));
    status = memory == NULL || events.items == NULL ? FX_NO_MEMORY : FX_OK;
    if (status == FX_OK) {
        memset(memory, 0, size);
        records.engine = fx_engine_init(memory, &limits);
        const struct fx_bus_journal_recover_options options = {.system = log->journal.system,
                                                               .dir = journal_dir,
                                                               .from_seq = 1,
                                                               .on_record = on_record,
                                                               .context = &records};
        status = fx_bus_journal_replay(&options, &report);
    }
    if (status == FX_OK) {
        status = fx_worker_replay_finish(&records);
    }
    if (status == FX_OK && (fx_engine_sequence(records.engine) != written->sequence ||
                            fx_engine_hash(records.engine) != written->state_hash)) {
        (void)snprintf(report.text, sizeof report.text, "the journal leads to another state");
        status = FX_CORRUPT;
    }
    if (status != FX_OK) {
        (void)fprintf(
            stderr, "future: %s: %s %s\n", log->command, fx_status_text(status), report.text);
    }
    free(events.items);
    free(memory);
    return status;
}

static fx_status write_journal(const struct fx_app_export_log *log,
                               const struct folders *folders,
                               struct fx_app_export_report *report_out)
{
    struct fx_bus_journal_report opened = {.text = ""};
    struct fx_worker_follow_report report = {.text = ""};
    struct shipment shipment = {
        .filler = {.kind = FX_COMMAND_CANCEL_ORDER, .instrument = FX_COMMAND_ALL_INSTRUMENTS}};
    struct fx_bus_journal_options options = log->journal;
    options.dir = folders->journal;
    options.mode = FX_BUS_JOURNAL_NONE;
    fx_status status = fx_bus_journal_open(&options, &shipment.journal, &opened);
    if (status == FX_OK) {
        status = ship(log, folders->log, &shipment, &report);
    }
    if (status == FX_OK) {
        status = flush(shipment.journal);
    }
    if (status != FX_OK) {
        (void)fprintf(stderr,
                      "future: %s: %s %s%s\n",
                      log->command,
                      fx_status_text(status),
                      report.text,
                      opened.text);
    }
    fx_bus_journal_close(shipment.journal);
    *report_out = (struct fx_app_export_report){.sequence = report.sequence,
                                                .state_hash = report.state_hash,
                                                .commands = shipment.commands,
                                                .fillers = shipment.fillers,
                                                .end = report.end};
    return status;
}

fx_status fx_app_export_write(const struct fx_app_export_log *log,
                              const char *data_dir,
                              struct fx_app_export_report *report_out)
{
    struct folders folders;
    const fx_status status = make_dirs(log, data_dir, &folders);
    const fx_status written = status == FX_OK ? write_journal(log, &folders, report_out) : status;
    return written == FX_OK ? replay(log, folders.journal, report_out) : written;
}

int fx_app_export_run(const struct fx_app_options *options)
{
    struct fx_app_bus settings;
    struct fx_app_export_log log = {.command = "log:export"};
    struct fx_app_export_report report = {0};
    if (fx_app_bus_init(&settings, options->config) != FX_OK) {
        return FX_APP_EXIT_CONFIG;
    }
    fx_status status = fx_app_bus_open(&settings, false, &log.bus);
    if (status == FX_OK) {
        log.input = fx_app_bus_place(&settings, FX_APP_BUS_INPUT);
        log.map = fx_app_bus_map(&settings, settings.shard);
        status = fx_app_export_write(&log, fx_config_text(options->config, "data"), &report);
    }
    if (status == FX_OK) {
        print(options->config, &report);
    }
    fx_bus_close(log.bus);
    return fx_app_options_exit(status);
}
