#include "bus/bus_journal_recover.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "bus/bus_bytes.h"

enum {
    WINDOW_SIZE = 2 * FX_BUS_JOURNAL_FRAME_SIZE_MAX,
    SECTOR_SIZE = 512,
    PROGRESS_BYTES = 16 << 20
};

/* One pass over a directory. The window is the part of the current file that is in memory. */
struct scan {
    const struct fx_bus_journal_recover_options *options;
    const struct fx_bus_file_system *system;
    struct fx_bus_journal_report *report;
    struct fx_bus_journal_segment *segments; /* heap: all headers, oldest first */
    uint64_t *sizes;                         /* heap: of the files */
    size_t count;
    struct fx_bus_journal_segment_list list;
    size_t index; /* of the current segment */
    int file;     /* open where has_file */
    bool has_file;
    char *window; /* heap */
    size_t window_capacity;
    uint64_t window_offset;
    size_t window_size;
    uint64_t offset; /* of the next frame */
    uint64_t seq;    /* of the next record */
    uint64_t hash;   /* chain value before the next frame */
    uint64_t last_frame_offset;
    struct fx_bus_journal_frame last_frame;
    uint64_t done_bytes;
    uint64_t told_bytes;
    uint64_t total_bytes;
};

static fx_status refuse(struct scan *scan, fx_status status, const char *reason)
{
    char name[FX_BUS_FILE_NAME_SIZE_MAX];
    fx_bus_journal_segment_name(scan->list.first_seqs[scan->index], name);
    (void)snprintf(scan->report->text,
                   sizeof scan->report->text,
                   "%s at byte %" PRIu64 " (record %" PRIu64 "): %s",
                   name,
                   scan->offset,
                   scan->seq,
                   reason);
    return status;
}

static fx_status refuse_io(struct scan *scan, const char *what, int error)
{
    char reason[96];
    (void)snprintf(reason, sizeof reason, "%s failed, error number %d", what, error);
    const fx_status status = fx_bus_file_status(error);
    return refuse(scan, status == FX_NO_MEMORY ? status : FX_IO, reason);
}

static fx_status open_current(struct scan *scan)
{
    char name[FX_BUS_FILE_NAME_SIZE_MAX];
    char path[FX_BUS_FILE_PATH_SIZE_MAX];
    fx_bus_journal_segment_name(scan->list.first_seqs[scan->index], name);
    if (!fx_bus_file_join(scan->options->dir, name, path)) {
        return refuse(scan, FX_IO, "the path is too long");
    }
    const bool is_newest = scan->index + 1 == scan->count;
    const bool is_refreshed = scan->options->is_owner && is_newest;
    const int error = scan->system->ops->open(
        scan->system->disk, path, is_refreshed ? FX_BUS_FILE_WRITE : FX_BUS_FILE_READ, &scan->file);
    if (error != 0) {
        return refuse_io(scan, "open", error);
    }
    scan->has_file = true;
    scan->window_size = 0;
    if (is_refreshed) {
        /* After a failed sync the cache may show what the disk does not have, and after a kill the
         * disk may lack what the cache has: write back what is dirty, forget what is clean (J5). */
        const int sync_error = scan->system->ops->sync(scan->system->disk, scan->file);
        if (sync_error != 0) {
            return refuse_io(scan, "sync", sync_error);
        }
        (void)scan->system->ops->drop_cache(scan->system->disk, scan->file); /* a hint */
    }
    return FX_OK;
}

static void close_current(struct scan *scan)
{
    if (scan->has_file) {
        scan->system->ops->close(scan->system->disk, scan->file);
        scan->has_file = false;
    }
}

/* Borrow up to `size` bytes of the current file at `at`; fewer only at its end. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): where, then how many
static fx_status bytes_at(struct scan *scan, uint64_t at, size_t size, fx_str *bytes_out)
{
    FX_ASSERT(size <= scan->window_capacity);
    const bool is_inside =
        at >= scan->window_offset && at + size <= scan->window_offset + scan->window_size;
    const bool is_at_end = scan->window_size > 0 && scan->window_size < scan->window_capacity;
    if (!is_inside && !(is_at_end && at >= scan->window_offset)) {
        size_t got = 0;
        scan->window_size = 0;
        const int error = scan->system->ops->read_at(
            scan->system->disk, scan->file, scan->window, scan->window_capacity, at, &got);
        if (error != 0) {
            return refuse_io(scan, "read", error);
        }
        scan->window_offset = at;
        scan->window_size = got;
    }
    const uint64_t skip = at - scan->window_offset;
    const size_t there = skip < scan->window_size ? scan->window_size - (size_t)skip : 0;
    *bytes_out = (fx_str){scan->window + (there > 0 ? skip : 0), there < size ? there : size};
    return FX_OK;
}

/* The bytes of the frame at `at` as far as its header announces them. */
static fx_status frame_at(struct scan *scan, uint64_t at, fx_str *bytes_out)
{
    uint32_t size = 0;
    const uint32_t align = scan->segments[scan->index].align;
    fx_status status = bytes_at(scan, at, FX_BUS_JOURNAL_FRAME_HEADER_SIZE, bytes_out);
    if (status == FX_OK && bytes_out->size == FX_BUS_JOURNAL_FRAME_HEADER_SIZE &&
        fx_bus_journal_frame_size(bytes_out->data, align, &size) &&
        size <= scan->window_capacity) { /* else it ends behind the largest file */
        status = bytes_at(scan, at, size, bytes_out);
    }
    return status;
}

static fx_status read_header(struct scan *scan)
{
    fx_str header = {NULL, 0};
    struct fx_bus_journal_segment *segment = &scan->segments[scan->index];
    fx_status status = open_current(scan);
    if (status != FX_OK) {
        return status;
    }
    const int error =
        scan->system->ops->size(scan->system->disk, scan->file, &scan->sizes[scan->index]);
    if (error != 0) {
        return refuse_io(scan, "size", error);
    }
    char bytes[FX_BUS_JOURNAL_SEGMENT_HEADER_SIZE];
    const int read_error = scan->system->ops->read_at(
        scan->system->disk, scan->file, bytes, sizeof bytes, 0, &header.size);
    if (read_error != 0) {
        return refuse_io(scan, "read", read_error);
    }
    close_current(scan);
    if (header.size < sizeof bytes) {
        return refuse(scan, FX_CORRUPT, "the segment header is cut off");
    }
    status = fx_bus_journal_segment_decode(bytes, segment);
    if (status != FX_OK) {
        return refuse(scan,
                      status,
                      status == FX_CORRUPT ? "the segment header is damaged"
                                           : "the segment has another format version");
    }
    return FX_OK;
}

static bool has_uuid(const struct fx_bus_journal_uuid *uuid)
{
    static const struct fx_bus_journal_uuid NONE;
    return memcmp(uuid, &NONE, sizeof NONE) != 0;
}

static fx_status check_header(struct scan *scan)
{
    const struct fx_bus_journal_segment *segment = &scan->segments[scan->index];
    const struct fx_bus_journal_uuid *uuid = &scan->segments[0].uuid;
    if (segment->first_seq != scan->list.first_seqs[scan->index]) {
        return refuse(scan, FX_CORRUPT, "the segment's name is not the one in its header");
    }
    if (has_uuid(&scan->options->uuid)) {
        uuid = &scan->options->uuid;
    }
    if (memcmp(&segment->uuid, uuid, sizeof *uuid) != 0) {
        return refuse(scan, FX_CORRUPT, "the segment belongs to another exchange");
    }
    if (scan->index > 0 && segment->number != scan->segments[scan->index - 1].number + 1) {
        return refuse(scan, FX_CORRUPT, "the segment before this one is missing");
    }
    return FX_OK;
}

static fx_status load_headers(struct scan *scan)
{
    scan->offset = 0;
    for (scan->index = 0; scan->index < scan->count; scan->index++) {
        scan->seq = scan->list.first_seqs[scan->index];
        fx_status status = read_header(scan);
        if (status == FX_OK) {
            status = check_header(scan);
        }
        if (status != FX_OK) {
            return status;
        }
    }
    return FX_OK;
}

static void tell_progress(struct scan *scan, uint64_t done_bytes, bool is_last)
{
    if (scan->options->on_progress != NULL &&
        (is_last || done_bytes - scan->told_bytes >= PROGRESS_BYTES)) {
        scan->told_bytes = done_bytes;
        scan->options->on_progress(scan->options->context, done_bytes, scan->total_bytes);
    }
}

static fx_status deliver(struct scan *scan, fx_str bytes, const struct fx_bus_journal_frame *frame)
{
    struct fx_bus_journal_record record;
    struct fx_bus_journal_frame_walk walk = fx_bus_journal_frame_walk_init(bytes.data, frame);
    const struct fx_bus_journal_recover_options *options = scan->options;
    if (options->on_record == NULL || frame->first_seq + frame->count <= options->from_seq) {
        return FX_OK;
    }
    while (fx_bus_journal_frame_walk_next(&walk, &record)) {
        if (record.seq < options->from_seq) {
            continue;
        }
        const fx_status status = options->on_record(options->context, &record);
        if (status != FX_OK) {
            return refuse(scan, status, "the reader refused the record");
        }
    }
    return FX_OK;
}

/* Is the frame at the place where the scan stands the expected one? */
static fx_status look(struct scan *scan,
                      fx_str *bytes_out,
                      struct fx_bus_journal_frame *frame_out,
                      bool *is_next_out)
{
    const struct fx_bus_journal_segment *segment = &scan->segments[scan->index];
    const fx_status status = frame_at(scan, scan->offset, bytes_out);
    *is_next_out =
        status == FX_OK &&
        fx_bus_journal_frame_decode(*bytes_out, segment->align, segment->salt, frame_out) ==
            FX_BUS_JOURNAL_FRAME_VALID &&
        frame_out->first_seq == scan->seq && frame_out->previous_hash == scan->hash &&
        frame_out->count <= UINT64_MAX - scan->seq;
    return status;
}

/* What is there and is no frame is read once more before it is judged: a bit may have turned on the
 * way, and a frame that was acknowledged must not be taken for a torn one. */
static fx_status look_again(struct scan *scan,
                            fx_str *bytes,
                            struct fx_bus_journal_frame *frame_out,
                            bool *is_next_out)
{
    if (bytes->size == 0 || fx_bus_bytes_is_zero(bytes->data, bytes->size)) {
        return FX_OK;
    }
    scan->window_size = 0;
    (void)scan->system->ops->drop_cache(scan->system->disk, scan->file); /* a hint */
    return look(scan, bytes, frame_out, is_next_out);
}

/* Take frames in order until one is not the expected one, or until record `limit` (0 = none). */
static fx_status scan_frames(struct scan *scan, uint64_t limit)
{
    while (limit == 0 || scan->seq < limit) {
        fx_str bytes = {NULL, 0};
        struct fx_bus_journal_frame frame;
        bool is_next = false;
        fx_status status = look(scan, &bytes, &frame, &is_next);
        if (status == FX_OK && !is_next) {
            status = look_again(scan, &bytes, &frame, &is_next);
        }
        if (status != FX_OK || !is_next) {
            return status;
        }
        status = deliver(scan, bytes, &frame);
        if (status != FX_OK) {
            return status;
        }
        scan->hash = fx_bus_journal_frame_hash(bytes.data);
        scan->last_frame = frame;
        scan->last_frame_offset = scan->offset;
        scan->seq += frame.count;
        scan->offset += frame.size;
        scan->report->frame_count++;
        scan->report->record_count += frame.count;
        tell_progress(scan, scan->done_bytes + scan->offset, false);
    }
    return FX_OK;
}

/* Is there, behind the first invalid frame, one that proves the loss of a durable one? (J3) */
static fx_status search_later_frame(struct scan *scan, uint64_t *dirty_end_out)
{
    const struct fx_bus_journal_segment *segment = &scan->segments[scan->index];
    const uint64_t end = scan->sizes[scan->index];
    for (uint64_t at = scan->offset; at < end; at += segment->align) {
        fx_str bytes = {NULL, 0};
        struct fx_bus_journal_frame frame;
        fx_status status = bytes_at(scan, at, segment->align, &bytes);
        if (status != FX_OK) {
            return status;
        }
        if (bytes.size == 0 || fx_bus_bytes_is_zero(bytes.data, bytes.size)) {
            continue;
        }
        *dirty_end_out = at + bytes.size;
        status = frame_at(scan, at, &bytes);
        if (status != FX_OK) {
            return status;
        }
        const enum fx_bus_journal_frame_verdict verdict =
            fx_bus_journal_frame_decode(bytes, segment->align, segment->salt, &frame);
        if (verdict == FX_BUS_JOURNAL_FRAME_FOREIGN && at == scan->offset) {
            return refuse(scan, FX_CORRUPT, "an intact frame of another use of the file");
        }
        if (verdict != FX_BUS_JOURNAL_FRAME_VALID) {
            continue;
        }
        if (at == scan->offset && frame.first_seq >= scan->seq) {
            return refuse(scan, FX_CORRUPT, "an intact frame that does not continue the chain");
        }
        if (frame.first_seq > scan->seq && frame.type == FX_BUS_JOURNAL_FRAME_ORDERED) {
            char reason[128];
            (void)snprintf(reason,
                           sizeof reason,
                           "the frame is damaged, and a later one at byte %" PRIu64
                           " (record %" PRIu64 ") is intact",
                           at,
                           frame.first_seq);
            return refuse(scan, FX_CORRUPT, reason);
        }
    }
    return FX_OK;
}

/* A torn write leaves sectors as they were: zeros. A frame without any may be rotten instead. */
static fx_status judge_first_bad_frame(struct scan *scan, enum fx_bus_journal_tail *tail_out)
{
    fx_str bytes = {NULL, 0};
    const fx_status status = frame_at(scan, scan->offset, &bytes);
    if (status != FX_OK) {
        return status;
    }
    *tail_out = FX_BUS_JOURNAL_TAIL_TORN_BYTES;
    for (size_t at = 0; at < bytes.size; at += SECTOR_SIZE) {
        const size_t left = bytes.size - at;
        if (fx_bus_bytes_is_zero(bytes.data + at, left < SECTOR_SIZE ? left : SECTOR_SIZE)) {
            *tail_out = FX_BUS_JOURNAL_TAIL_TORN;
        }
    }
    return FX_OK;
}

static fx_status judge_tail(struct scan *scan)
{
    uint64_t dirty_end = 0;
    scan->report->tail = FX_BUS_JOURNAL_TAIL_CLEAN;
    const fx_status status = search_later_frame(scan, &dirty_end);
    if (status != FX_OK || dirty_end == 0) {
        return status;
    }
    scan->report->tail_bytes = dirty_end - scan->offset;
    return judge_first_bad_frame(scan, &scan->report->tail);
}

static fx_status scan_segment(struct scan *scan)
{
    const bool is_newest = scan->index + 1 == scan->count;
    const uint64_t limit = is_newest ? 0 : scan->segments[scan->index + 1].first_seq;
    scan->offset = FX_BUS_JOURNAL_SEGMENT_HEADER_SIZE;
    scan->last_frame_offset = 0;
    fx_status status = open_current(scan);
    if (status == FX_OK) {
        status = scan_frames(scan, limit);
    }
    if (status == FX_OK && is_newest) {
        status = judge_tail(scan);
    }
    if (status != FX_OK || is_newest) {
        return status;
    }
    /* What stands behind the first record of the next segment was given up by an earlier recovery,
     * which wrote it anew there: not looked at. */
    if (scan->seq < limit) {
        return refuse(scan, FX_CORRUPT, "the frame is damaged, and later segments exist");
    }
    if (scan->seq > limit || scan->hash != scan->segments[scan->index + 1].previous_hash) {
        return refuse(scan, FX_CORRUPT, "the next segment does not continue this one");
    }
    return FX_OK;
}

/* Keep the last frame of the newest segment; its file is still open. */
static fx_status keep_last_frame(struct scan *scan, struct fx_bus_journal_recover_end *end)
{
    fx_str bytes = {NULL, 0};
    end->segment = scan->segments[scan->count - 1];
    if (scan->last_frame_offset == 0) {
        return FX_OK;
    }
    const fx_status status = bytes_at(scan, scan->last_frame_offset, scan->last_frame.size, &bytes);
    if (status != FX_OK) {
        return status;
    }
    /* It may have been read anew, and is written under a new checksum: it must be what it was. */
    struct fx_bus_journal_frame again;
    if (bytes.size == 0 || bytes.size != scan->last_frame.size ||
        fx_bus_journal_frame_decode(bytes, end->segment.align, end->segment.salt, &again) !=
            FX_BUS_JOURNAL_FRAME_VALID ||
        again.first_seq != scan->last_frame.first_seq) {
        return refuse(scan, FX_CORRUPT, "the last frame reads otherwise than before");
    }
    end->last_frame_bytes = malloc(bytes.size);
    if (end->last_frame_bytes == NULL) {
        return FX_NO_MEMORY;
    }
    memcpy(end->last_frame_bytes, bytes.data, bytes.size);
    end->last_frame = scan->last_frame;
    end->last_frame_offset = scan->last_frame_offset;
    return FX_OK;
}

/* The segment that holds from_seq, or the oldest. */
static fx_status choose_start(struct scan *scan, size_t *start_out)
{
    const uint64_t from_seq = scan->options->from_seq;
    size_t start = 0;
    scan->index = 0;
    if (from_seq != 0 && from_seq < scan->segments[0].first_seq) {
        return refuse(scan, FX_NOT_FOUND, "the records asked for were trimmed");
    }
    while (start + 1 < scan->count && scan->segments[start + 1].first_seq <= from_seq) {
        start++;
    }
    for (size_t index = start; index < scan->count; index++) {
        scan->total_bytes += scan->sizes[index];
    }
    *start_out = start;
    return FX_OK;
}

/* As large as two frames, or as the largest file where that is smaller. */
static fx_status allocate_window(struct scan *scan)
{
    uint64_t size_max = FX_BUS_JOURNAL_SEGMENT_HEADER_SIZE;
    for (size_t index = 0; index < scan->count; index++) {
        size_max = scan->sizes[index] > size_max ? scan->sizes[index] : size_max;
    }
    scan->window_capacity = size_max < WINDOW_SIZE ? (size_t)size_max + 1 : WINDOW_SIZE;
    scan->window = malloc(scan->window_capacity);
    return scan->window != NULL ? FX_OK : FX_NO_MEMORY;
}

static fx_status scan_all(struct scan *scan, struct fx_bus_journal_recover_end *end)
{
    size_t start = 0;
    fx_status status = load_headers(scan);
    if (status == FX_OK) {
        scan->report->first_seq = scan->segments[0].first_seq;
        scan->report->uuid = scan->segments[0].uuid;
        status = choose_start(scan, &start);
    }
    if (status == FX_OK) {
        status = allocate_window(scan);
    }
    if (status != FX_OK) {
        return status;
    }
    scan->seq = scan->segments[start].first_seq;
    scan->hash = scan->segments[start].previous_hash;
    for (scan->index = start; scan->index < scan->count; scan->index++) {
        close_current(scan);
        status = scan_segment(scan);
        scan->report->next_seq = scan->seq;
        if (status != FX_OK) {
            return status;
        }
        scan->done_bytes += scan->sizes[scan->index];
    }
    scan->index = scan->count - 1;
    scan->report->byte_count = scan->total_bytes;
    tell_progress(scan, scan->total_bytes, true);
    return keep_last_frame(scan, end);
}

static fx_status allocate(struct scan *scan)
{
    scan->segments = calloc(scan->count, sizeof *scan->segments);
    scan->sizes = calloc(scan->count, sizeof *scan->sizes);
    return scan->segments != NULL && scan->sizes != NULL ? FX_OK : FX_NO_MEMORY;
}

fx_status fx_bus_journal_recover(const struct fx_bus_journal_recover_options *options,
                                 struct fx_bus_journal_recover_end *end_out,
                                 struct fx_bus_journal_report *report_out)
{
    struct scan scan = {.options = options, .system = &options->system, .report = report_out};
    struct fx_bus_journal_recover_end end = {.next_seq = 1};
    *report_out = (struct fx_bus_journal_report){.next_seq = 1, .tail = FX_BUS_JOURNAL_TAIL_CLEAN};
    fx_status status = fx_bus_journal_segment_list_load(&options->system, options->dir, &scan.list);
    if (status != FX_OK) {
        (void)snprintf(report_out->text, sizeof report_out->text, "cannot list the directory");
        return status;
    }
    scan.count = scan.list.count;
    report_out->segment_count = scan.count;
    if (scan.count > 0) {
        status = allocate(&scan);
        if (status == FX_OK) {
            status = scan_all(&scan, &end);
        }
        end.next_seq = scan.seq;
        end.tail_hash = scan.hash;
        end.segment_count = scan.count;
    }
    if (status == FX_OK && options->from_seq > end.next_seq) {
        (void)snprintf(report_out->text,
                       sizeof report_out->text,
                       "the journal ends before record %" PRIu64 ", record %" PRIu64
                       " was asked for: are snapshot and journal of the same exchange?",
                       end.next_seq,
                       options->from_seq);
        status = FX_CORRUPT;
    }
    close_current(&scan);
    free(scan.window);
    free(scan.sizes);
    free(scan.segments);
    fx_bus_journal_segment_list_deinit(&scan.list);
    if (status == FX_OK) {
        *end_out = end;
    } else {
        free(end.last_frame_bytes);
    }
    return status;
}
