#include "bus/bus_journal_copy.h"

#include <stdbool.h>
#include <stdlib.h>

#include "bus/bus_journal_frame.h"
#include "bus/bus_journal_segment.h"

enum { BUFFER_SIZE = 2 * FX_BUS_JOURNAL_FRAME_SIZE_MAX };

/* One segment on its way. */
struct copy {
    const struct fx_bus_file_system *system;
    const char *source_dir;
    const char *target_dir;
    char *buffer; /* heap: BUFFER_SIZE bytes */
    int source;
    int target;
    uint64_t offset; /* of the next frame */
    uint64_t seq;    /* of the next record */
    uint64_t hash;   /* chain value before the next frame */
};

static fx_status read_at(const struct copy *copy, uint64_t offset, size_t size, size_t *size_out)
{
    const struct fx_bus_file_system *system = copy->system;
    return fx_bus_file_status(
        system->ops->read_at(system->disk, copy->source, copy->buffer, size, offset, size_out));
}

static fx_status write_at(const struct copy *copy, fx_str bytes, uint64_t offset)
{
    return fx_bus_file_status(fx_bus_file_write_all(copy->system, copy->target, bytes, offset));
}

/* How many bytes at the buffer's begin are frames that continue the chain. */
static size_t frames_in(struct copy *copy,
                        const struct fx_bus_journal_segment *segment,
                        size_t size)
{
    size_t used = 0;
    while (size - used >= FX_BUS_JOURNAL_FRAME_HEADER_SIZE) {
        uint32_t frame_size = 0;
        struct fx_bus_journal_frame frame;
        const char *bytes = copy->buffer + used;
        if (!fx_bus_journal_frame_size(bytes, segment->align, &frame_size) ||
            frame_size > size - used ||
            fx_bus_journal_frame_decode(
                (fx_str){bytes, frame_size}, segment->align, segment->salt, &frame) !=
                FX_BUS_JOURNAL_FRAME_VALID ||
            frame.first_seq != copy->seq || frame.previous_hash != copy->hash) {
            break;
        }
        copy->hash = fx_bus_journal_frame_hash(bytes);
        copy->seq += frame.count;
        used += frame_size;
    }
    return used;
}

/* The frames behind the header. A read that began in the middle of the last frame finds it whole
 * at its second look, or not at all: then it is left out. */
static fx_status copy_frames(struct copy *copy, const struct fx_bus_journal_segment *segment)
{
    fx_status status = FX_OK;
    size_t used = 1;
    while (status == FX_OK && used > 0) {
        size_t size = 0;
        status = read_at(copy, copy->offset, BUFFER_SIZE, &size);
        used = status == FX_OK ? frames_in(copy, segment, size) : 0;
        if (used > 0) {
            status = write_at(copy, (fx_str){copy->buffer, used}, copy->offset);
            copy->offset += used;
        }
    }
    return status;
}

static fx_status copy_open_segment(struct copy *copy, bool is_first)
{
    const struct fx_bus_file_system *system = copy->system;
    struct fx_bus_journal_segment segment;
    uint64_t file_size = 0;
    size_t size = 0;
    fx_status status =
        fx_bus_file_status(system->ops->size(system->disk, copy->source, &file_size));
    if (status == FX_OK) {
        status = read_at(copy, 0, FX_BUS_JOURNAL_SEGMENT_HEADER_SIZE, &size);
    }
    if (status == FX_OK) {
        status = size < FX_BUS_JOURNAL_SEGMENT_HEADER_SIZE
                     ? FX_CORRUPT
                     : fx_bus_journal_segment_decode(copy->buffer, &segment);
    }
    if (status == FX_OK && is_first) {
        copy->seq = segment.first_seq;
        copy->hash = segment.previous_hash;
    }
    if (status == FX_OK &&
        (segment.first_seq != copy->seq || segment.previous_hash != copy->hash)) {
        status = FX_CORRUPT; /* the one before ends too early */
    }
    if (status == FX_OK) {
        status = write_at(copy, (fx_str){copy->buffer, FX_BUS_JOURNAL_SEGMENT_HEADER_SIZE}, 0);
    }
    if (status == FX_OK) {
        copy->offset = FX_BUS_JOURNAL_SEGMENT_HEADER_SIZE;
        status = copy_frames(copy, &segment);
    }
    if (status == FX_OK) {
        status = fx_bus_file_status(system->ops->truncate(system->disk, copy->target, file_size));
    }
    if (status == FX_OK) {
        status = fx_bus_file_status(system->ops->sync(system->disk, copy->target));
    }
    return status;
}

static fx_status copy_segment(struct copy *copy, uint64_t first_seq, bool is_first)
{
    char name[FX_BUS_FILE_NAME_SIZE_MAX];
    char source[FX_BUS_FILE_PATH_SIZE_MAX];
    char target[FX_BUS_FILE_PATH_SIZE_MAX];
    const struct fx_bus_file_ops *ops = copy->system->ops;
    void *disk = copy->system->disk;
    fx_bus_journal_segment_name(first_seq, name);
    if (!fx_bus_file_join(copy->source_dir, name, source) ||
        !fx_bus_file_join(copy->target_dir, name, target)) {
        return FX_IO;
    }
    fx_status status = fx_bus_file_status(ops->open(disk, source, FX_BUS_FILE_READ, &copy->source));
    if (status != FX_OK) {
        return status == FX_NOT_FOUND ? FX_IO : status; /* it was there a moment ago */
    }
    status = fx_bus_file_status(ops->open(disk, target, FX_BUS_FILE_CREATE, &copy->target));
    if (status == FX_OK) {
        status = copy_open_segment(copy, is_first);
        ops->close(disk, copy->target);
    }
    ops->close(disk, copy->source);
    return status;
}

fx_status fx_bus_journal_copy(
    const struct fx_bus_file_system *system,
    const char *source, // NOLINT(bugprone-easily-swappable-parameters): as cp has them
    const char *target,
    uint64_t *next_seq_out)
{
    struct fx_bus_journal_segment_list list;
    struct copy copy = {.system = system, .source_dir = source, .target_dir = target};
    fx_status status = fx_bus_journal_segment_list_load(system, source, &list);
    if (status != FX_OK) {
        return status;
    }
    copy.buffer = malloc(BUFFER_SIZE);
    if (copy.buffer == NULL) {
        status = FX_NO_MEMORY;
    } else if (list.count == 0) {
        status = FX_NOT_FOUND;
    }
    for (size_t index = 0; index < list.count && status == FX_OK; index++) {
        status = copy_segment(&copy, list.first_seqs[index], index == 0);
    }
    if (status == FX_OK) {
        status = fx_bus_file_status(system->ops->sync_dir(system->disk, target));
    }
    free(copy.buffer);
    fx_bus_journal_segment_list_deinit(&list);
    if (status == FX_OK) {
        *next_seq_out = copy.seq;
    }
    return status;
}
