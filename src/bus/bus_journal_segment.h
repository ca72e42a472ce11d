/**
 * @file bus_journal_segment.h
 * Segment files: their names, their 4 KiB header, and making a new one ahead of its use.
 *
 * Byte offsets: docs/protocol/journal-format.md. Thread: any, one segment each.
 */
#ifndef FX_BUS_BUS_JOURNAL_SEGMENT_H
#define FX_BUS_BUS_JOURNAL_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"
#include "bus/bus_file.h"

enum {
    FX_BUS_JOURNAL_SEGMENT_HEADER_SIZE = 4096,
    FX_BUS_JOURNAL_SEGMENT_VERSION = 1,
    FX_BUS_JOURNAL_SEGMENT_ZERO_CHUNK_SIZE = 1 << 20
};

/** The name under which a segment is prepared before its first sequence number is known. */
#define FX_BUS_JOURNAL_SEGMENT_NEXT_NAME "jrn-next.tmp"

/** 128 bits that name the exchange a journal belongs to. All zero = not set. */
struct fx_bus_journal_uuid {
    uint8_t bytes[16];
};

struct fx_bus_journal_segment {
    struct fx_bus_journal_uuid uuid;
    uint64_t number;    /* 0, 1, 2 … without gaps */
    uint64_t first_seq; /* of the first record it holds or will hold */
    uint64_t salt;
    uint64_t
        previous_hash; /* chain value before its first frame; 0 in an exchange's first segment */
    uint32_t align;    /* bytes to which frames are padded */
};

/** A run of segments found in a directory, oldest first. */
struct fx_bus_journal_segment_list {
    uint64_t *first_seqs; /* heap */
    size_t count;
    size_t capacity;
    bool has_failed; /* no memory while listing */
};

/** Write "jrn-%020u.log". */
void fx_bus_journal_segment_name(uint64_t first_seq, char name_out[FX_BUS_FILE_NAME_SIZE_MAX]);

/** @return false where `name` is not a segment's. */
bool fx_bus_journal_segment_parse_name(const char *name, uint64_t *first_seq_out);

void fx_bus_journal_segment_encode(const struct fx_bus_journal_segment *segment,
                                   char header_out[FX_BUS_JOURNAL_SEGMENT_HEADER_SIZE]);

/** Check a header. @return OK; CORRUPT; VERSION_MISMATCH. */
FX_MUST_USE fx_status
fx_bus_journal_segment_decode(const char header[FX_BUS_JOURNAL_SEGMENT_HEADER_SIZE],
                              struct fx_bus_journal_segment *segment_out);

/** Find all segments of a directory. **Gives** the list's memory. @return OK, IO, NO_MEMORY. */
FX_MUST_USE fx_status
fx_bus_journal_segment_list_load(const struct fx_bus_file_system *system,
                                 const char *dir,
                                 struct fx_bus_journal_segment_list *list_out);

void fx_bus_journal_segment_list_deinit(struct fx_bus_journal_segment_list *list);

/** A file being zero-filled. Zeroed = nothing in hand. */
struct fx_bus_journal_segment_making {
    uint64_t size;
    uint64_t done; /* bytes zeroed so far */
    int file;
    bool is_open;
    bool is_ready; /* zero-filled and durable */
};

/** Begin jrn-next.tmp of `size` bytes. @return 0 or an error number (ENOSPC: try again later). */
FX_MUST_USE int fx_bus_journal_segment_make_begin(const struct fx_bus_file_system *system,
                                                  const char *dir,
                                                  uint64_t size,
                                                  struct fx_bus_journal_segment_making *making_out);

/**
 * Zero one more chunk and make it durable; after the last, is_ready is set. In small pieces, so
 * that the writer's own syncs never wait behind a large one. @return 0 or an error number.
 */
FX_MUST_USE int fx_bus_journal_segment_make_step(const struct fx_bus_file_system *system,
                                                 struct fx_bus_journal_segment_making *making);

/** Close and remove what was begun. Accepts a zeroed one. */
void fx_bus_journal_segment_make_abandon(const struct fx_bus_file_system *system,
                                         const char *dir,
                                         struct fx_bus_journal_segment_making *making);

/**
 * Put a ready file into service: write header and `frame` (may be empty), sync, rename to its name,
 * sync the directory. The descriptor making->file stays open.
 * @return 0 or an error number, after which the journal must stop (J6).
 */
FX_MUST_USE int fx_bus_journal_segment_commission(const struct fx_bus_file_system *system,
                                                  const char *dir,
                                                  const struct fx_bus_journal_segment *segment,
                                                  struct fx_bus_journal_segment_making *making,
                                                  fx_str frame);

#endif
