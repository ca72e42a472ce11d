/**
 * @file bus_journal_frame.h
 * Bytes of a frame (one group commit) and of its records: encode, check, walk. Pure functions.
 *
 * Byte offsets: docs/protocol/journal-format.md. All numbers are little-endian. Thread: any.
 */
#ifndef FX_BUS_BUS_JOURNAL_FRAME_H
#define FX_BUS_BUS_JOURNAL_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

enum {
    FX_BUS_JOURNAL_FRAME_MAGIC = 0x4d524646,  /* "FFRM" in the file */
    FX_BUS_JOURNAL_FRAME_HEADER_SIZE = 48,    /* bytes before the first record */
    FX_BUS_JOURNAL_FRAME_SIZE_MAX = 4 << 20,  /* bytes, padding included */
    FX_BUS_JOURNAL_FRAME_RECORDS_MAX = 65535, /* the count is 16 bits wide */
    FX_BUS_JOURNAL_RECORD_HEADER_SIZE = 8,    /* u32 len, u16 type, u16 zero */
    FX_BUS_JOURNAL_RECORD_ALIGN = 8
};

/** How a frame was written; stored. */
enum fx_bus_journal_frame_type {
    FX_BUS_JOURNAL_FRAME_ORDERED = 1, /* all earlier frames were durable before its first byte */
    FX_BUS_JOURNAL_FRAME_EAGER = 2    /* the frame before it may not have been: relaxed and none */
};

struct fx_bus_journal_frame {
    uint32_t size; /* bytes on disk, header and padding included */
    uint32_t count;
    enum fx_bus_journal_frame_type type;
    uint64_t first_seq;
    uint64_t salt;
    uint64_t wall_ns;
    uint64_t previous_hash;
};

/** One record as read. `bytes` is borrowed from the buffer it was read from. */
struct fx_bus_journal_record {
    fx_str bytes;
    uint64_t seq;
    uint64_t wall_ns; /* of its frame */
    uint16_t type;    /* opaque here */
};

/** What stands at a place where a frame could begin. */
enum fx_bus_journal_frame_verdict {
    FX_BUS_JOURNAL_FRAME_VALID = 1,
    FX_BUS_JOURNAL_FRAME_EMPTY = 2,  /* the header is all zeros: nothing was ever written */
    FX_BUS_JOURNAL_FRAME_BROKEN = 3, /* bad magic, size, checksum or records */
    FX_BUS_JOURNAL_FRAME_FOREIGN = 4 /* intact, but with another salt: an old use of the file */
};

/** Bytes that a record of `size` content bytes takes in a frame. */
size_t fx_bus_journal_frame_record_extent(size_t size);

/** `used` bytes rounded up to the next multiple of `align`: the size of a frame. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): what, then to what
size_t fx_bus_journal_frame_padded(size_t used, uint32_t align);

/** Write the 8 bytes that precede a record's content. */
void fx_bus_journal_frame_put_record_header(char target[FX_BUS_JOURNAL_RECORD_HEADER_SIZE],
                                            uint16_t type,
                                            uint32_t size);

/** Content bytes of the record whose header stands at `bytes`. */
uint32_t fx_bus_journal_frame_record_size(const char bytes[FX_BUS_JOURNAL_RECORD_HEADER_SIZE]);

/**
 * Finish a frame whose records already stand at bytes + 48: zero the padding from `used` to
 * frame->size, then write header and checksum. used = 48 + records <= frame->size.
 */
void fx_bus_journal_frame_seal(char *bytes, size_t used, const struct fx_bus_journal_frame *frame);

/**
 * Size of the frame that a header announces, for reading it. @return false where magic or size
 * (a multiple of `align`, from `align` to FRAME_SIZE_MAX) cannot be a frame.
 */
bool fx_bus_journal_frame_size(const char header[FX_BUS_JOURNAL_FRAME_HEADER_SIZE],
                               uint32_t align,
                               uint32_t *size_out);

/**
 * Check the frame at `bytes`: magic, size, checksum, salt, every record, padding. Outside input.
 * Whether it is the expected one (sequence, chain) is the caller's question.
 * @return the verdict; *frame_out is set only where VALID.
 */
enum fx_bus_journal_frame_verdict fx_bus_journal_frame_decode(
    fx_str bytes, uint32_t align, uint64_t salt, struct fx_bus_journal_frame *frame_out);

/** The chain value of a frame: FNV-1a 64 of its 48 header bytes, which hold the body's checksum. */
uint64_t fx_bus_journal_frame_hash(const char header[FX_BUS_JOURNAL_FRAME_HEADER_SIZE]);

/** Walks the records of a frame that decode found VALID. */
struct fx_bus_journal_frame_walk {
    const char *cursor;
    uint64_t seq;
    uint64_t wall_ns;
    uint32_t left;
};

struct fx_bus_journal_frame_walk fx_bus_journal_frame_walk_init(
    const char *bytes, const struct fx_bus_journal_frame *frame);

/** @return false after the last record. */
bool fx_bus_journal_frame_walk_next(struct fx_bus_journal_frame_walk *walk,
                                    struct fx_bus_journal_record *record_out);

#endif
