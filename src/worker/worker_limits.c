#include "worker/worker_limits.h"

#include "bus/bus_journal.h"
#include "model/command.h"

struct reading {
    struct fx_engine_limits limits;
    fx_status status; /* NOT_FOUND until the first record was seen */
};

/* Looks at the first record and ends the replay. */
static fx_status on_record(void *context, const struct fx_bus_journal_record *record)
{
    struct reading *reading = context;
    struct fx_command command;
    reading->status = fx_command_decode(record->bytes, &command);
    if (reading->status == FX_OK &&
        (record->seq != 1 || command.kind != FX_COMMAND_INITIALIZE_ENGINE)) {
        reading->status = FX_CORRUPT;
    }
    if (reading->status == FX_OK) {
        reading->limits = command.u.limits;
    }
    return FX_STALE; /* enough */
}

fx_status fx_worker_limits_read(const struct fx_worker_host *host,
                                const char *journal_dir,
                                struct fx_engine_limits *limits_out)
{
    struct reading reading = {.status = FX_NOT_FOUND};
    struct fx_bus_journal_report report;
    const struct fx_bus_journal_recover_options options = {.system = fx_worker_host_of(host).system,
                                                           .dir = journal_dir,
                                                           .from_seq = 1,
                                                           .on_record = on_record,
                                                           .context = &reading};
    /* Whatever is wrong with the files is said where the journal is opened. */
    const fx_status status = fx_bus_journal_replay(&options, &report);
    if (status != FX_OK && status != FX_STALE && reading.status == FX_NOT_FOUND) {
        return FX_NOT_FOUND;
    }
    if (reading.status == FX_OK) {
        *limits_out = reading.limits;
    }
    return reading.status;
}
