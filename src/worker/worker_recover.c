#include "worker/worker_recover.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPERATION_BITS = 20 };

/* Events that the tables do not have yet, gathered into large transactions. */
struct gathering {
    const struct fx_worker_engine_options *options;
    struct fx_worker_save *save;
    struct fx_event *events;
    uint32_t count;
};

static fx_status write_gathered(struct gathering *gathering)
{
    if (gathering->count == 0) {
        return FX_OK;
    }
    const fx_status status =
        fx_worker_save_events(gathering->save, gathering->events, gathering->count);
    gathering->count = 0;
    return status;
}

static fx_status on_recovered(void *context, const struct fx_event events[], uint32_t count)
{
    struct gathering *gathering = context;
    fx_status status = FX_OK;
    if (gathering->options->on_recovered != NULL) {
        status =
            gathering->options->on_recovered(gathering->options->recovered_context, events, count);
    }
    if (status == FX_OK && gathering->count + count > FX_WORKER_SAVE_EVENTS_MAX) {
        status = write_gathered(gathering);
    }
    if (status == FX_OK) {
        memcpy(&gathering->events[gathering->count], events, (size_t)count * sizeof events[0]);
        gathering->count += count;
    }
    return status;
}

static fx_status judge(const struct fx_worker_engine_options *options,
                       struct fx_worker_engine_report *report)
{
    if (report->sequence >= options->saved_sequence) {
        return FX_OK;
    }
    (void)snprintf(report->journal.text,
                   sizeof report->journal.text,
                   "the database is ahead of the journal, which has lost commands: it ends at "
                   "%" PRIu64 ", the database is at %" PRIu64,
                   report->sequence,
                   options->saved_sequence);
    return FX_CORRUPT;
}

fx_status fx_worker_recover(const struct fx_worker_engine_options *options,
                            struct fx_worker_save *save,
                            struct fx_worker_engine **worker_out,
                            struct fx_worker_engine_report *report_out)
{
    struct fx_worker_engine *worker = NULL;
    struct gathering gathering = {.options = options, .save = save};
    struct fx_worker_engine_options own = *options;
    own.saved_sequence = save->watermark >> OPERATION_BITS;
    own.on_recovered = on_recovered;
    own.recovered_context = &gathering;
    memset(report_out, 0, sizeof *report_out);
    gathering.events =
        aligned_alloc(16, (size_t)FX_WORKER_SAVE_EVENTS_MAX * sizeof gathering.events[0]);
    if (gathering.events == NULL) {
        return FX_NO_MEMORY;
    }
    fx_status status = fx_worker_engine_create(&own, &worker, report_out);
    if (status == FX_OK) {
        status = write_gathered(&gathering);
    }
    free(gathering.events);
    if (status == FX_OK) {
        status = judge(&own, report_out);
    }
    if (status != FX_OK) {
        fx_worker_engine_destroy(worker);
        return status;
    }
    *worker_out = worker;
    return FX_OK;
}
