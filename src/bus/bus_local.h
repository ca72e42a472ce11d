/**
 * @file bus_local.h
 * The bus port without a server: topics in memory, or each partition in a journal of its own.
 *
 * In memory nothing outlives the handle. With journals a record is durable, delivered and readable
 * when its journal says so; a partition keeps its newest records in memory and reads older ones
 * from its files. Commits of groups are records of a journal too. Members of a group are readers
 * of this handle. Thread: a handle and its readers belong to one thread.
 */
#ifndef FX_BUS_BUS_LOCAL_H
#define FX_BUS_BUS_LOCAL_H

#include "bus/bus.h"
#include "bus/bus_journal.h"

/** Microseconds since 1970. */
typedef int64_t (*fx_bus_local_clock_fn)(void);

/** Zeroed members get the defaults named here. */
struct fx_bus_local_options {
    const char *dir;                  /* NULL: memory; else a folder for each partition in it */
    struct fx_bus_file_system system; /* this machine's */
    enum fx_bus_journal_mode mode;    /* STRICT */
    uint64_t segment_size_bytes;      /* of each journal; its own default */
    size_t window_size_bytes;         /* newest records in memory, per partition; 64 MiB */
    uint32_t pending_max;             /* messages without a delivery; 65,536 */
    fx_bus_local_clock_fn clock;      /* for the time of records; NULL: they have none */
};

/** Open it. @return OK (gives); NO_MEMORY; with journals as fx_bus_journal_open(). */
FX_MUST_USE fx_status fx_bus_local_open(const struct fx_bus_local_options *options,
                                        struct fx_bus **bus_out);

/** Free everything as a crash would: journals are not flushed. For tests. */
void fx_bus_local_abandon(struct fx_bus *bus);

#endif
