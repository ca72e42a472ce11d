/**
 * @file bus_snapshot.h
 * Snapshot files `snap-<seq>.bin`: written atomically, checked by checksum, newest first.
 *
 * The content is the caller's and opaque here. A snapshot at seq S holds the effect of all records
 * up to and including S. Thread: any, one writer per directory.
 * Format: docs/protocol/journal-format.md, section "Snapshots".
 */
#ifndef FX_BUS_BUS_SNAPSHOT_H
#define FX_BUS_BUS_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"
#include "bus/bus_file.h"

enum {
    FX_BUS_SNAPSHOT_HEADER_SIZE = 4096,
    FX_BUS_SNAPSHOT_FORMAT = 1, /* of the file; `version` below is the caller's */
    FX_BUS_SNAPSHOT_LIST_MAX = 4096
};

struct fx_bus_snapshot_info {
    uint64_t seq;
    uint64_t state_hash;
    uint64_t wall_ns; /* when it was taken */
    uint64_t size;    /* bytes of the body; set by write */
    uint32_t version; /* of the body, the caller's */
    uint32_t crc;     /* crc32c of the body; set by write */
};

struct fx_bus_snapshot {
    struct fx_bus_snapshot_info info;
    char *body;             /* heap */
    uint32_t skipped_count; /* newer files that were damaged */
};

/**
 * Write one: temporary file, sync, rename, sync of the directory. `parts` are joined to the body.
 * @return OK; NO_SPACE; IO. On failure nothing of it stays under its name.
 */
FX_MUST_USE fx_status fx_bus_snapshot_write(const struct fx_bus_file_system *system,
                                            const char *dir,
                                            const struct fx_bus_snapshot_info *info,
                                            const fx_str parts[],
                                            size_t part_count);

/**
 * Sequence numbers of the snapshots in a directory, newest first, unchecked; at most `capacity`.
 * @return OK and *count_out; IO.
 */
FX_MUST_USE fx_status fx_bus_snapshot_list(const struct fx_bus_file_system *system,
                                           const char *dir,
                                           uint64_t seqs_out[],
                                           size_t capacity,
                                           size_t *count_out);

/** Read and check one. **Gives** the body. @return OK; NOT_FOUND; CORRUPT; VERSION_MISMATCH; IO;
 * NO_MEMORY. */
FX_MUST_USE fx_status fx_bus_snapshot_load(const struct fx_bus_file_system *system,
                                           const char *dir,
                                           uint64_t seq,
                                           struct fx_bus_snapshot *snapshot_out);

/**
 * The newest that is intact; damaged newer ones are counted in skipped_count. **Gives** the body.
 * @return OK; NOT_FOUND (there is no snapshot); CORRUPT (there are, but none is intact); IO;
 * NO_MEMORY.
 */
FX_MUST_USE fx_status fx_bus_snapshot_load_newest(const struct fx_bus_file_system *system,
                                                  const char *dir,
                                                  struct fx_bus_snapshot *snapshot_out);

/** Free the body. Accepts a zeroed one. */
void fx_bus_snapshot_release(struct fx_bus_snapshot *snapshot);

/** Read and check one without keeping it. @return as fx_bus_snapshot_load(). */
FX_MUST_USE fx_status fx_bus_snapshot_verify(const struct fx_bus_file_system *system,
                                             const char *dir,
                                             uint64_t seq,
                                             struct fx_bus_snapshot_info *info_out);

/**
 * Delete all but the newest `keep_count` (at least 2) and left-over temporary files.
 * Only while none is being written.
 * @return OK and the oldest kept sequence number (0 = none), for fx_bus_journal_trim(); IO;
 * NO_MEMORY.
 */
FX_MUST_USE fx_status fx_bus_snapshot_trim(const struct fx_bus_file_system *system,
                                           const char *dir,
                                           size_t keep_count,
                                           uint64_t *oldest_seq_out);

/**
 * Delete every snapshot after `last_seq`, where the journal ends: after a power cut in a mode that
 * is not strict it may end before a snapshot that was written. Such a state never was, and other
 * records will get its numbers. Before anything is appended.
 * @return OK and how many there were; IO; NO_MEMORY.
 */
FX_MUST_USE fx_status fx_bus_snapshot_drop_after(const struct fx_bus_file_system *system,
                                                 const char *dir,
                                                 uint64_t last_seq,
                                                 uint32_t *count_out);

#endif
