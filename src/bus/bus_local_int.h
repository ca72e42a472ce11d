/**
 * @file bus_local_int.h
 * What the files of the local bus share: partitions, groups, readers.
 */
#ifndef FX_BUS_BUS_LOCAL_INT_H
#define FX_BUS_BUS_LOCAL_INT_H

#include "base/table.h"
#include "bus/bus_int.h"
#include "bus/bus_local.h"

enum { FX_BUS_LOCAL_LOGS_MAX = 512, FX_BUS_LOCAL_GROUPS_MAX = 32, FX_BUS_LOCAL_MEMBERS_MAX = 64 };

/* A record as it is kept, and as it is in a journal: key size, time, key, value. */
struct fx_bus_local_record {
    uint32_t size;
    char body[];
};

/* One partition. Offsets: first..end are in memory, what is below `durable` may be seen. */
struct fx_bus_local_log {
    char topic[FX_BUS_NAME_SIZE_MAX + 1];
    uint32_t partition;
    uint32_t partitions;            /* of its topic */
    struct fx_bus_journal *journal; /* NULL: memory */
    char dir[FX_BUS_FILE_PATH_SIZE_MAX];
    struct fx_bus_local_record **records; /* record of offset o at o & (capacity - 1) */
    uint32_t capacity;
    uint64_t first;
    uint64_t end;
    uint64_t durable;
    size_t size_bytes;
    size_t window_size_bytes;
};

struct fx_bus_local_reader;

struct fx_bus_local_group {
    char name[FX_BUS_NAME_SIZE_MAX + 1];
    uint64_t committed[FX_BUS_LOCAL_LOGS_MAX]; /* + 1; 0 = nothing */
    struct fx_bus_local_reader *owner[FX_BUS_LOCAL_LOGS_MAX];
    struct fx_bus_local_reader *members[FX_BUS_LOCAL_MEMBERS_MAX];
    uint32_t member_count;
};

struct fx_bus_local_pending {
    uint64_t token;
    uint64_t offset;
    const struct fx_bus_local_log *log;
};

struct fx_bus_local {
    struct fx_bus head;
    struct fx_bus_local_options options;
    struct fx_bus_local_log *logs[FX_BUS_LOCAL_LOGS_MAX];
    uint32_t log_count;
    struct fx_bus_local_group *groups[FX_BUS_LOCAL_GROUPS_MAX];
    uint32_t group_count;
    struct fx_bus_local_log *commits; /* journal mode: where commits are kept */
    struct fx_table_str recalled;     /* of an earlier life: "group topic partition" to an offset */
    struct fx_bus_local_pending *pending;
    uint64_t pending_first;
    uint64_t pending_end;
};

/** Find a partition; NULL where there is none. *index_out is its place among all. */
struct fx_bus_local_log *fx_bus_local_find(struct fx_bus_local *bus,
                                           struct fx_bus_place place,
                                           uint32_t *index_out);

/** Find or make a group. @return NULL where there is no room. */
struct fx_bus_local_group *fx_bus_local_group(struct fx_bus_local *bus, fx_str name);

/** Keep a commit where the bus outlives its process. */
fx_status fx_bus_local_keep_commit(struct fx_bus_local *bus,
                                   const struct fx_bus_local_group *group,
                                   uint32_t log_index);

/** Let journals' progress be seen. */
void fx_bus_local_refresh(struct fx_bus_local *bus);

/** Make a partition; with a journal where `dir` is not NULL. */
fx_status fx_bus_local_log_open(const struct fx_bus_local_options *options,
                                struct fx_bus_place place,
                                struct fx_bus_local_log **log_out);
void fx_bus_local_log_close(struct fx_bus_local_log *log, bool is_abandoned);

/** Append a record. @return OK and its offset; BUSY; NO_SPACE; NO_MEMORY; IO. */
fx_status fx_bus_local_log_append(struct fx_bus_local_log *log,
                                  const struct fx_bus_message *message,
                                  int64_t time_ms,
                                  uint64_t *offset_out);

/** Copy records from `offset` on into `bytes` (which never moves) as far as there is room.
 * @return OK; NOT_FOUND where `offset` is not kept. */
fx_status fx_bus_local_log_read(const struct fx_bus_local_log *log,
                                uint64_t offset,
                                struct fx_buf *bytes,
                                struct fx_bus_record records_out[],
                                uint32_t capacity,
                                uint32_t *count_out);

/** The parts of a kept body; false where it is none. */
bool fx_bus_local_log_decode(fx_str body, struct fx_bus_record *record_out);

fx_status fx_bus_local_read_open(struct fx_bus *bus,
                                 struct fx_bus_place place,
                                 uint64_t offset,
                                 struct fx_bus_reader **reader_out);
fx_status fx_bus_local_read_join(struct fx_bus *bus,
                                 const struct fx_bus_group *group,
                                 struct fx_bus_reader **reader_out);

#endif
