/**
 * @file app_export.h
 * `log:export --data NEW`: the log of a shard, as it is on the bus, becomes the journal of a data
 * folder: what `check` says of that is what the embedded exchange makes of the same commands, and
 * the state must be the one that every role of the distributed exchange has. Thread: the main one.
 */
#ifndef FX_APP_APP_EXPORT_H
#define FX_APP_APP_EXPORT_H

#include "app/app_options.h"
#include "bus/bus.h"
#include "bus/bus_journal.h"
#include "model/shard.h"

/** A log on a bus. */
struct fx_app_export_log {
    const char *command; /* whose words on stderr */
    struct fx_bus *bus;
    struct fx_bus_place input;
    const struct fx_shard_map *map;        /* NULL: one shard has everything */
    struct fx_bus_journal_options journal; /* disk and sizes; zeroed: as everywhere */
};

/** What was written. */
struct fx_app_export_report {
    uint64_t sequence;
    uint64_t state_hash;
    uint64_t commands;
    uint64_t fillers; /* in the place of records that are no commands */
    uint64_t end;     /* of the log */
};

/**
 * Write a log from its first record to its present end as the journal of a data folder, which is
 * empty or not there; then replay what is in the files. What does not go is said on stderr.
 * @return OK; EXISTS (the folder is not empty); BAD_PARAMETER (its name is too long); NO_SPACE;
 * CORRUPT (the journal leads to another state); what the bus, the follower or the disk says.
 */
FX_MUST_USE fx_status fx_app_export_write(const struct fx_app_export_log *log,
                                          const char *data_dir,
                                          struct fx_app_export_report *report_out);

/**
 * Read the log from its first record to its present end and write it. `--data` is a folder that is
 * empty or not there. @return an exit code.
 */
int fx_app_export_run(const struct fx_app_options *options);

#endif
