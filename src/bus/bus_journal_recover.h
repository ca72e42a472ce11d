/**
 * @file bus_journal_recover.h
 * Reading a journal back: order the segments, verify the chain, deliver records, judge the tail.
 *
 * Changes nothing on disk, so it also serves tools on a copy. Cost: one pass over the segments that
 * hold `from_seq` and later. Thread: any.
 */
#ifndef FX_BUS_BUS_JOURNAL_RECOVER_H
#define FX_BUS_BUS_JOURNAL_RECOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "bus/bus_file.h"
#include "bus/bus_journal_frame.h"
#include "bus/bus_journal_segment.h"

enum { FX_BUS_JOURNAL_REPORT_TEXT_SIZE = 320 };

/** What stands behind the last valid frame. */
enum fx_bus_journal_tail {
    FX_BUS_JOURNAL_TAIL_CLEAN = 1, /* zeros only */
    FX_BUS_JOURNAL_TAIL_TORN = 2,  /* a frame with sectors that were never written */
    FX_BUS_JOURNAL_TAIL_TORN_BYTES =
        3, /* all its sectors are written, yet it is invalid: maybe rot */
};

/** What was found, or why not. `text` names file and offset; empty where all is well. */
struct fx_bus_journal_report {
    uint64_t first_seq; /* of the oldest record kept; 0 = no segment */
    uint64_t next_seq;  /* of the first record that is not there; 1 in an empty journal */
    uint64_t frame_count;
    uint64_t record_count; /* scanned, also those before from_seq */
    uint64_t segment_count;
    uint64_t byte_count; /* bytes of scanned segments */
    uint64_t tail_bytes; /* bytes behind the last valid frame that are given up; 0 where CLEAN */
    enum fx_bus_journal_tail tail;
    struct fx_bus_journal_uuid uuid;
    char text[FX_BUS_JOURNAL_REPORT_TEXT_SIZE];
};

/** One record in order; `record` is borrowed for the call. Any status but OK ends the replay. */
typedef fx_status (*fx_bus_journal_record_fn)(void *context,
                                              const struct fx_bus_journal_record *record);

/** How far a replay is, in bytes of segment files. Called about every 16 MiB. */
typedef void (*fx_bus_journal_progress_fn)(void *context,
                                           uint64_t done_bytes,
                                           uint64_t total_bytes);

struct fx_bus_journal_recover_options {
    struct fx_bus_file_system system;
    const char *dir;
    uint64_t from_seq;                      /* deliver from this record on; 0 = from the oldest */
    struct fx_bus_journal_uuid uuid;        /* must match where set */
    fx_bus_journal_record_fn on_record;     /* may be NULL */
    fx_bus_journal_progress_fn on_progress; /* may be NULL */
    void *context;                          /* for both */
    bool is_owner;                          /* flush and drop the page cache of the tail first */
};

/** Where writing goes on. For bus_journal.c. */
struct fx_bus_journal_recover_end {
    struct fx_bus_journal_segment segment; /* the newest; meaningless where segment_count is 0 */
    uint64_t tail_hash;                    /* chain value after the last valid frame */
    uint64_t next_seq;
    uint64_t last_frame_offset; /* of the last valid frame in the newest segment; 0 = none */
    struct fx_bus_journal_frame last_frame;
    char *last_frame_bytes; /* heap, **given**; NULL where none */
    size_t segment_count;
};

/**
 * Scan and deliver. @return OK; CORRUPT (damage, a hole, a foreign or missing segment: report->text
 * says where; the records delivered so far are good, but the journal must not be continued);
 * NOT_FOUND (from_seq is older than the oldest segment); VERSION_MISMATCH; IO; NO_MEMORY; or what
 * on_record returned. The report is filled in any case.
 */
FX_MUST_USE fx_status fx_bus_journal_recover(const struct fx_bus_journal_recover_options *options,
                                             struct fx_bus_journal_recover_end *end_out,
                                             struct fx_bus_journal_report *report_out);

#endif
