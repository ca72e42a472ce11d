/**
 * @file bus_journal.h
 * The journal: one ordered, durable, replayable log of opaque records on local files.
 *
 * One producer thread appends, one writer thread makes durable, a helper thread prepares segments.
 * A record gets its sequence number (from 1, without gaps) at once and is *durable* when
 * fx_bus_journal_durable_seq() has reached it: no answer and no output before (J1).
 * Threads: append, space, durable_seq: the producer's (durable_seq and space from any);
 * step: the writer's; prepare_step: the helper's; open, start, stop, close, trim: the owner's.
 * Format: docs/protocol/journal-format.md. Source: RELIABILITY section 4.
 */
#ifndef FX_BUS_BUS_JOURNAL_H
#define FX_BUS_BUS_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/metric.h"
#include "base/status.h"
#include "base/str.h"
#include "bus/bus_file.h"
#include "bus/bus_journal_recover.h"

struct fx_bus_journal;

/** What "durable" means. Say which one every published figure used. */
enum fx_bus_journal_mode {
    FX_BUS_JOURNAL_STRICT = 1,  /* after fdatasync */
    FX_BUS_JOURNAL_RELAXED = 2, /* after write; fdatasync within sync_interval_us */
    FX_BUS_JOURNAL_NONE = 3     /* after write; fdatasync only at segment roll and close */
};

enum fx_bus_journal_space {
    FX_BUS_JOURNAL_SPACE_OK = 1,
    FX_BUS_JOURNAL_SPACE_NO_OPENS = 2,    /* two segments are left: refuse what opens */
    FX_BUS_JOURNAL_SPACE_CANCEL_ONLY = 3, /* one is left: take cancels only */
    FX_BUS_JOURNAL_SPACE_FULL = 4         /* none is left: append says NO_SPACE */
};

/** A write or sync failed. Must not return to business: the default logs and calls abort(). */
typedef void (*fx_bus_journal_fatal_fn)(void *context, const char *what, int error);

/** durable_seq has moved. Called by the writer thread; must only wake someone (an eventfd). */
typedef void (*fx_bus_journal_durable_fn)(void *context, uint64_t durable_seq);

/** The file in a journal's folder whose lock is the journal's. */
#define FX_BUS_JOURNAL_LOCK_NAME "journal.lock"

/** Zeroed members get the defaults named here. */
struct fx_bus_journal_options {
    struct fx_bus_file_system system; /* default: this machine's */
    const char *dir;                  /* created where absent */
    struct fx_bus_journal_uuid uuid;  /* must match an existing journal; a new one draws its own */
    enum fx_bus_journal_mode mode;    /* STRICT */
    uint64_t segment_size_bytes;      /* 64 MiB; at least 4 KiB + one frame of frame_size_max */
    uint64_t first_segment_bytes;     /* 8 MiB or segment_size: kept small for a fast start */
    uint32_t frame_size_max;          /* 4 MiB; a multiple of frame_align, 4 MiB at most */
    uint32_t frame_align;             /* 512 or 4096; 512 */
    uint32_t ring_size_bytes;         /* records waiting for the writer; a power of 2; 8 MiB */
    uint32_t sync_interval_us;        /* RELAXED: 10,000 */
    bool is_network_allowed;          /* files on NFS and the like are refused otherwise */
    uint64_t from_seq;                /* first record to deliver to on_record while opening */
    fx_bus_journal_record_fn on_record;
    fx_bus_journal_progress_fn on_progress;
    void *recover_context;
    fx_bus_journal_fatal_fn on_fatal;
    void *fatal_context;
    fx_bus_journal_durable_fn on_durable; /* may be NULL */
    void *durable_context;
};

/** Figures for /health and metrics. */
struct fx_bus_journal_stats {
    uint64_t frame_count;
    uint64_t record_count; /* written since open */
    uint64_t byte_count;   /* frames, padding included */
    uint64_t sync_count;
    uint64_t sync_us_max;
    uint64_t roll_count;
};

/**
 * Lock the directory, recover (delivering records from from_seq on), cut off a torn tail, rewrite
 * the last frame into a new segment, and be ready to append. **Gives** the journal.
 * @return OK; LOCKED (report->text names the process); CORRUPT, VERSION_MISMATCH, NOT_FOUND as
 * fx_bus_journal_recover(); CORRUPT also where from_seq is behind the end (a snapshot without its
 * journal); BAD_PARAMETER (sizes, network file system); NO_SPACE; IO; NO_MEMORY; what on_record
 * returned.
 */
FX_MUST_USE fx_status fx_bus_journal_open(const struct fx_bus_journal_options *options,
                                          struct fx_bus_journal **journal_out,
                                          struct fx_bus_journal_report *report_out);

/** Stop the threads, write and sync what was appended, unlock, free. Accepts NULL. */
void fx_bus_journal_close(struct fx_bus_journal *journal);

/** Free everything without writing: what a crash leaves. For tests and the simulator. */
void fx_bus_journal_abandon(struct fx_bus_journal *journal);

/**
 * Take one record: a copy of `bytes` (0 to fx_bus_journal_record_size_max()). Never blocks. Call
 * fx_bus_journal_wake() behind the last record of a batch.
 * @return OK and *seq_out; BUSY (the ring is full: try again when durable_seq has moved); NO_SPACE
 * (see fx_bus_journal_space()); BAD_PARAMETER (too large); IO (the journal has failed).
 */
FX_MUST_USE fx_status fx_bus_journal_append(struct fx_bus_journal *journal,
                                            uint16_t type,
                                            fx_str bytes,
                                            uint64_t *seq_out);

/** After one or more appends: have them written. Thread: the producer's. */
void fx_bus_journal_wake(struct fx_bus_journal *journal);

/** Largest content of one record, in bytes. */
size_t fx_bus_journal_record_size_max(const struct fx_bus_journal *journal);

/** The sequence number that the next append will get. Thread: the producer's. */
uint64_t fx_bus_journal_next_seq(const struct fx_bus_journal *journal);

/** The last record that may be answered for, by the journal's mode. Thread: any. */
uint64_t fx_bus_journal_durable_seq(const struct fx_bus_journal *journal);

/** The last record that a power cut cannot take; differs from durable_seq unless STRICT. Any
 * thread. */
uint64_t fx_bus_journal_synced_seq(const struct fx_bus_journal *journal);

/** Whether to shed. Refuse opens first, cancels last. Thread: any. */
enum fx_bus_journal_space fx_bus_journal_space(const struct fx_bus_journal *journal);

/** True after a write or sync failed; nothing is acknowledged any more. Thread: any. */
bool fx_bus_journal_has_failed(const struct fx_bus_journal *journal);

enum fx_bus_journal_mode fx_bus_journal_mode(const struct fx_bus_journal *journal);
void fx_bus_journal_stats(const struct fx_bus_journal *journal,
                          struct fx_bus_journal_stats *stats_out);

/** How long the syncs took. Borrowed. Thread: any. */
const struct fx_metric_histogram *fx_bus_journal_sync_times(const struct fx_bus_journal *journal);

/** The exchange this journal belongs to. */
struct fx_bus_journal_uuid fx_bus_journal_uuid(const struct fx_bus_journal *journal);

/**
 * Write and make durable one frame of what was appended: the step of an agent whose `self` is the
 * journal. @return records written;
 * 0 = nothing to do, or the next segment is not there yet. Blocks for one write and one sync.
 */
int fx_bus_journal_step(void *self, int64_t now_us);

/** Zero-fill one chunk of the next segment; `self` is the journal. @return 1 where work was done.
 */
int fx_bus_journal_prepare_step(void *self, int64_t now_us);

/**
 * Run step and prepare_step in threads of the journal's own until close. After this nobody else
 * may call them. @return OK; NO_MEMORY where a thread cannot be had.
 */
FX_MUST_USE fx_status fx_bus_journal_start(struct fx_bus_journal *journal);

/**
 * Deliver records `from_seq` and later (0 = all) of a journal nobody owns, or of a copy: read only,
 * takes no lock. @return as fx_bus_journal_recover().
 */
FX_MUST_USE fx_status fx_bus_journal_replay(const struct fx_bus_journal_recover_options *options,
                                            struct fx_bus_journal_report *report_out);

/**
 * Delete segments whose last record is before `keep_from_seq` (the oldest kept snapshot's). Nobody
 * calls it in archive mode, the default: all segments stay, so that a replay can begin at genesis.
 * @return OK and the number of deleted files; IO; NO_MEMORY.
 */
FX_MUST_USE fx_status fx_bus_journal_trim(struct fx_bus_journal *journal,
                                          uint64_t keep_from_seq,
                                          uint32_t *count_out);

#endif
