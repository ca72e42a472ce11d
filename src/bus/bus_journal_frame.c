#include "bus/bus_journal_frame.h"

#include <string.h>

#include "base/crc32c.h"
#include "base/panic.h"
#include "bus/bus_bytes.h"

/* Byte offsets in the frame header; the table is in docs/protocol/journal-format.md. */
enum {
    AT_MAGIC = 0,
    AT_SIZE = 4,
    AT_CRC = 8,
    AT_TYPE = 12, /* the checksum covers everything from here to the end of the padding */
    AT_COUNT = 14,
    AT_FIRST_SEQ = 16,
    AT_SALT = 24,
    AT_WALL_NS = 32,
    AT_PREVIOUS_HASH = 40
};
enum { RECORD_AT_SIZE = 0, RECORD_AT_TYPE = 4, RECORD_AT_ZERO = 6 };

size_t fx_bus_journal_frame_record_extent(size_t size)
{
    const size_t align = FX_BUS_JOURNAL_RECORD_ALIGN;
    return FX_BUS_JOURNAL_RECORD_HEADER_SIZE + (size + align - 1) / align * align;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): what, then to what
size_t fx_bus_journal_frame_padded(size_t used, uint32_t align)
{
    return (used + align - 1) / align * align;
}

void fx_bus_journal_frame_put_record_header(
    char target[FX_BUS_JOURNAL_RECORD_HEADER_SIZE],
    // NOLINTNEXTLINE(bugprone-easily-swappable-parameters): the order of the file
    uint16_t type,
    uint32_t size)
{
    fx_bus_bytes_put_u32(target + RECORD_AT_SIZE, size);
    fx_bus_bytes_put_u16(target + RECORD_AT_TYPE, type);
    fx_bus_bytes_put_u16(target + RECORD_AT_ZERO, 0);
}

uint32_t fx_bus_journal_frame_record_size(const char bytes[FX_BUS_JOURNAL_RECORD_HEADER_SIZE])
{
    return fx_bus_bytes_get_u32(bytes + RECORD_AT_SIZE);
}

void fx_bus_journal_frame_seal(char *bytes, size_t used, const struct fx_bus_journal_frame *frame)
{
    FX_ASSERT(used >= FX_BUS_JOURNAL_FRAME_HEADER_SIZE);
    FX_ASSERT(used <= frame->size);
    FX_ASSERT(frame->size <= FX_BUS_JOURNAL_FRAME_SIZE_MAX);
    FX_ASSERT(frame->count > 0);
    FX_ASSERT(frame->count <= FX_BUS_JOURNAL_FRAME_RECORDS_MAX);

    memset(bytes + used, 0, frame->size - used);
    fx_bus_bytes_put_u32(bytes + AT_MAGIC, FX_BUS_JOURNAL_FRAME_MAGIC);
    fx_bus_bytes_put_u32(bytes + AT_SIZE, frame->size);
    fx_bus_bytes_put_u16(bytes + AT_TYPE, (uint16_t)frame->type);
    fx_bus_bytes_put_u16(bytes + AT_COUNT, (uint16_t)frame->count);
    fx_bus_bytes_put_u64(bytes + AT_FIRST_SEQ, frame->first_seq);
    fx_bus_bytes_put_u64(bytes + AT_SALT, frame->salt);
    fx_bus_bytes_put_u64(bytes + AT_WALL_NS, frame->wall_ns);
    fx_bus_bytes_put_u64(bytes + AT_PREVIOUS_HASH, frame->previous_hash);
    const fx_str covered = {bytes + AT_TYPE, frame->size - AT_TYPE};
    fx_bus_bytes_put_u32(bytes + AT_CRC, fx_crc32c(0, covered.data, covered.size));
}

bool fx_bus_journal_frame_size(const char header[FX_BUS_JOURNAL_FRAME_HEADER_SIZE],
                               uint32_t align,
                               uint32_t *size_out)
{
    const uint32_t size = fx_bus_bytes_get_u32(header + AT_SIZE);
    if (fx_bus_bytes_get_u32(header + AT_MAGIC) != FX_BUS_JOURNAL_FRAME_MAGIC || size < align ||
        size > FX_BUS_JOURNAL_FRAME_SIZE_MAX || size % align != 0) {
        return false;
    }
    *size_out = size;
    return true;
}

/* Every record lies inside, its padding is zero, and nothing but zeros follows the last one. */
static bool has_sound_records(fx_str bytes, uint32_t count)
{
    size_t at = FX_BUS_JOURNAL_FRAME_HEADER_SIZE;
    for (uint32_t index = 0; index < count; index++) {
        if (bytes.size - at < FX_BUS_JOURNAL_RECORD_HEADER_SIZE) {
            return false;
        }
        const char *record = bytes.data + at;
        const size_t size = fx_bus_journal_frame_record_size(record);
        const size_t extent = fx_bus_journal_frame_record_extent(size);
        if (extent > bytes.size - at || fx_bus_bytes_get_u16(record + RECORD_AT_ZERO) != 0) {
            return false;
        }
        const size_t end = FX_BUS_JOURNAL_RECORD_HEADER_SIZE + size;
        if (!fx_bus_bytes_is_zero(record + end, extent - end)) {
            return false;
        }
        at += extent;
    }
    return fx_bus_bytes_is_zero(bytes.data + at, bytes.size - at);
}

enum fx_bus_journal_frame_verdict fx_bus_journal_frame_decode(
    fx_str bytes,
    // NOLINTNEXTLINE(bugprone-easily-swappable-parameters): how, then whose
    uint32_t align,
    uint64_t salt,
    struct fx_bus_journal_frame *frame_out)
{
    const char *header = bytes.data;
    if (bytes.size < FX_BUS_JOURNAL_FRAME_HEADER_SIZE) {
        return FX_BUS_JOURNAL_FRAME_BROKEN;
    }
    if (fx_bus_bytes_is_zero(header, FX_BUS_JOURNAL_FRAME_HEADER_SIZE)) {
        return FX_BUS_JOURNAL_FRAME_EMPTY;
    }
    uint32_t size = 0;
    if (!fx_bus_journal_frame_size(header, align, &size) || size > bytes.size) {
        return FX_BUS_JOURNAL_FRAME_BROKEN;
    }
    const fx_str covered = {header + AT_TYPE, size - AT_TYPE};
    const uint16_t type = fx_bus_bytes_get_u16(header + AT_TYPE);
    const uint16_t count = fx_bus_bytes_get_u16(header + AT_COUNT);
    if (fx_crc32c(0, covered.data, covered.size) != fx_bus_bytes_get_u32(header + AT_CRC) ||
        count == 0 ||
        (type != FX_BUS_JOURNAL_FRAME_ORDERED && type != FX_BUS_JOURNAL_FRAME_EAGER) ||
        !has_sound_records((fx_str){header, size}, count)) {
        return FX_BUS_JOURNAL_FRAME_BROKEN;
    }
    if (fx_bus_bytes_get_u64(header + AT_SALT) != salt) {
        return FX_BUS_JOURNAL_FRAME_FOREIGN;
    }
    *frame_out = (struct fx_bus_journal_frame){
        .size = size,
        .count = count,
        .type = (enum fx_bus_journal_frame_type)type,
        .first_seq = fx_bus_bytes_get_u64(header + AT_FIRST_SEQ),
        .salt = salt,
        .wall_ns = fx_bus_bytes_get_u64(header + AT_WALL_NS),
        .previous_hash = fx_bus_bytes_get_u64(header + AT_PREVIOUS_HASH),
    };
    return FX_BUS_JOURNAL_FRAME_VALID;
}

uint64_t fx_bus_journal_frame_hash(const char header[FX_BUS_JOURNAL_FRAME_HEADER_SIZE])
{
    uint64_t hash = 0xcbf29ce484222325; /* FNV-1a, 64 bits: offset basis and prime */
    for (size_t index = 0; index < FX_BUS_JOURNAL_FRAME_HEADER_SIZE; index++) {
        hash = (hash ^ (uint8_t)header[index]) * 0x100000001b3;
    }
    return hash;
}

struct fx_bus_journal_frame_walk fx_bus_journal_frame_walk_init(
    const char *bytes, const struct fx_bus_journal_frame *frame)
{
    return (struct fx_bus_journal_frame_walk){.cursor = bytes + FX_BUS_JOURNAL_FRAME_HEADER_SIZE,
                                              .seq = frame->first_seq,
                                              .wall_ns = frame->wall_ns,
                                              .left = frame->count};
}

bool fx_bus_journal_frame_walk_next(struct fx_bus_journal_frame_walk *walk,
                                    struct fx_bus_journal_record *record_out)
{
    if (walk->left == 0) {
        return false;
    }
    const size_t size = fx_bus_journal_frame_record_size(walk->cursor);
    *record_out = (struct fx_bus_journal_record){
        .bytes = {walk->cursor + FX_BUS_JOURNAL_RECORD_HEADER_SIZE, size},
        .seq = walk->seq,
        .wall_ns = walk->wall_ns,
        .type = fx_bus_bytes_get_u16(walk->cursor + RECORD_AT_TYPE),
    };
    walk->cursor += fx_bus_journal_frame_record_extent(size);
    walk->seq++;
    walk->left--;
    return true;
}
