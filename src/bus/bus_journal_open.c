#include <errno.h>
#include <inttypes.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "bus/bus_journal.h"
#include "bus/bus_journal_int.h"

enum {
    SEGMENT_BYTES_DEFAULT = 64 << 20,
    FIRST_SEGMENT_BYTES_DEFAULT = 8 << 20,
    RING_BYTES_DEFAULT = 8 << 20,
    FRAME_ALIGN_DEFAULT = 512,
    SYNC_INTERVAL_US_DEFAULT = 10000
};

_Noreturn static void default_fatal(void *context, const char *what, int error)
{
    (void)context;
    (void)fprintf(stderr,
                  "journal: %s failed with error number %d; stopping at once, because what was "
                  "written may not be on the disk\n",
                  what,
                  error);
    abort();
}

static void default_durable(void *context, uint64_t durable_seq)
{
    (void)context;
    (void)durable_seq;
}

static void set_defaults(struct fx_bus_journal_options *options)
{
    if (options->system.ops == NULL) {
        options->system = fx_bus_file_posix();
    }
    if (options->mode == 0) {
        options->mode = FX_BUS_JOURNAL_STRICT;
    }
    if (options->segment_size_bytes == 0) {
        options->segment_size_bytes = SEGMENT_BYTES_DEFAULT;
    }
    if (options->first_segment_bytes == 0) {
        options->first_segment_bytes = options->segment_size_bytes < FIRST_SEGMENT_BYTES_DEFAULT
                                           ? options->segment_size_bytes
                                           : FIRST_SEGMENT_BYTES_DEFAULT;
    }
    if (options->frame_size_max == 0) {
        options->frame_size_max = FX_BUS_JOURNAL_FRAME_SIZE_MAX;
    }
    if (options->frame_align == 0) {
        options->frame_align = FRAME_ALIGN_DEFAULT;
    }
    if (options->ring_size_bytes == 0) {
        options->ring_size_bytes = RING_BYTES_DEFAULT;
    }
    if (options->sync_interval_us == 0) {
        options->sync_interval_us = SYNC_INTERVAL_US_DEFAULT;
    }
    if (options->on_fatal == NULL) {
        options->on_fatal = default_fatal;
    }
    if (options->on_durable == NULL) {
        options->on_durable = default_durable;
    }
}

static bool has_fitting_sizes(const struct fx_bus_journal_options *options)
{
    const uint32_t align = options->frame_align;
    const uint64_t smallest =
        (uint64_t)FX_BUS_JOURNAL_SEGMENT_HEADER_SIZE + options->frame_size_max;
    return (align == 512 || align == 4096) && options->frame_size_max >= align &&
           options->frame_size_max <= FX_BUS_JOURNAL_FRAME_SIZE_MAX &&
           options->frame_size_max % align == 0 && options->segment_size_bytes >= smallest &&
           options->first_segment_bytes > FX_BUS_JOURNAL_SEGMENT_HEADER_SIZE &&
           options->first_segment_bytes <= options->segment_size_bytes &&
           (options->ring_size_bytes & (options->ring_size_bytes - 1)) == 0 &&
           options->ring_size_bytes >= options->frame_size_max;
}

static fx_status explain(struct fx_bus_journal_report *report, fx_status status, const char *text)
{
    (void)snprintf(report->text, sizeof report->text, "%s", text);
    return status;
}

static fx_status explain_error(struct fx_bus_journal_report *report, const char *what, int error)
{
    const fx_status status = fx_bus_file_status(error);
    (void)snprintf(report->text, sizeof report->text, "%s: error number %d", what, error);
    return status == FX_NOT_FOUND ? FX_IO : status;
}

/* Create, judge and lock the directory. */
static fx_status take_dir(struct fx_bus_journal *journal, struct fx_bus_journal_report *report)
{
    const struct fx_bus_file_system *system = &journal->system;
    struct fx_bus_file_space space = {.free_bytes = 0};
    char path[FX_BUS_FILE_PATH_SIZE_MAX];
    uint32_t holder_pid = 0;
    int error = system->ops->make_dir(system->disk, journal->dir);
    if (error == 0) {
        error = system->ops->space(system->disk, journal->dir, &space);
    }
    if (error != 0) {
        return explain_error(report, "cannot use the journal directory", error);
    }
    if (space.is_network && !journal->options.is_network_allowed) {
        return explain(report,
                       FX_BAD_PARAMETER,
                       "the journal directory is on a network file system, where sync and locks "
                       "cannot be relied on");
    }
    if (!fx_bus_file_join(journal->dir, FX_BUS_JOURNAL_LOCK_NAME, path)) {
        return explain(report, FX_BAD_PARAMETER, "the path of the journal directory is too long");
    }
    error = system->ops->open(system->disk, path, FX_BUS_FILE_LOCK, &journal->lock_file);
    if (error != 0) {
        return explain_error(report, "cannot open the lock file", error);
    }
    journal->has_lock = true;
    error = system->ops->lock(system->disk, journal->lock_file, &holder_pid);
    if (error == EWOULDBLOCK) {
        (void)snprintf(report->text,
                       sizeof report->text,
                       "process %" PRIu32 " holds the journal directory",
                       holder_pid);
        return FX_LOCKED;
    }
    return error != 0 ? explain_error(report, "cannot lock the journal directory", error) : FX_OK;
}

static void remove_left_over(struct fx_bus_journal *journal)
{
    char path[FX_BUS_FILE_PATH_SIZE_MAX];
    if (fx_bus_file_join(journal->dir, FX_BUS_JOURNAL_SEGMENT_NEXT_NAME, path)) {
        (void)journal->system.ops->unlink(journal->system.disk, path); /* usually it is absent */
    }
}

static struct fx_bus_journal_uuid draw_uuid(const struct fx_bus_file_system *system)
{
    struct fx_bus_journal_uuid uuid;
    for (size_t at = 0; at < sizeof uuid.bytes; at += sizeof(uint64_t)) {
        const uint64_t random = system->ops->random(system->disk);
        memcpy(uuid.bytes + at, &random, sizeof random);
    }
    uuid.bytes[6] = (uint8_t)((uuid.bytes[6] & 0x0f) | 0x40); /* version 4, RFC 4122 */
    uuid.bytes[8] = (uint8_t)((uuid.bytes[8] & 0x3f) | 0x80);
    return uuid;
}

/* What the segment that is written from now on says about itself. */
static struct fx_bus_journal_segment first_segment(const struct fx_bus_journal *journal,
                                                   const struct fx_bus_journal_recover_end *end)
{
    static const struct fx_bus_journal_uuid NONE;
    const struct fx_bus_file_system *system = &journal->system;
    struct fx_bus_journal_segment segment = {
        .first_seq = end->next_seq, .previous_hash = end->tail_hash, .uuid = journal->options.uuid};
    if (end->segment_count > 0) {
        segment = end->segment;
        if (end->last_frame_bytes != NULL) {
            segment.first_seq = end->last_frame.first_seq;
            segment.previous_hash = end->last_frame.previous_hash;
        }
        /* With the same first record the new file replaces the old one, and takes its number. */
        segment.number += segment.first_seq == end->segment.first_seq ? 0 : 1;
    } else if (memcmp(&segment.uuid, &NONE, sizeof NONE) == 0) {
        segment.uuid = draw_uuid(system);
    }
    segment.align = journal->options.frame_align;
    segment.salt = system->ops->random(system->disk);
    return segment;
}

/* Seal the last frame again for its new segment. @return its bytes in journal->frame, or none. */
static fx_str rewrite_last_frame(struct fx_bus_journal *journal,
                                 const struct fx_bus_journal_recover_end *end,
                                 uint64_t salt)
{
    if (end->last_frame_bytes == NULL) {
        return (fx_str){NULL, 0};
    }
    struct fx_bus_journal_frame frame = end->last_frame;
    struct fx_bus_journal_record record = {.seq = 0};
    struct fx_bus_journal_frame_walk walk =
        fx_bus_journal_frame_walk_init(end->last_frame_bytes, &frame);
    while (fx_bus_journal_frame_walk_next(&walk, &record)) {
    }
    const size_t used = (size_t)(walk.cursor - end->last_frame_bytes);
    FX_ASSERT(used <= FX_BUS_JOURNAL_FRAME_SIZE_MAX);
    memcpy(journal->frame, end->last_frame_bytes, used);
    frame.size = (uint32_t)fx_bus_journal_frame_padded(used, journal->options.frame_align);
    frame.type = FX_BUS_JOURNAL_FRAME_ORDERED;
    frame.salt = salt;
    fx_bus_journal_frame_seal(journal->frame, used, &frame);
    journal->hash = fx_bus_journal_frame_hash(journal->frame);
    return (fx_str){journal->frame, frame.size};
}

/* Cut the previous segment where the new one begins: rewritten frame, torn frame and zeros. */
static int cut_old_segment(struct fx_bus_journal *journal,
                           const struct fx_bus_journal_recover_end *end)
{
    const struct fx_bus_file_system *system = &journal->system;
    char name[FX_BUS_FILE_NAME_SIZE_MAX];
    char path[FX_BUS_FILE_PATH_SIZE_MAX];
    int file = 0;
    fx_bus_journal_segment_name(end->segment.first_seq, name);
    if (!fx_bus_file_join(journal->dir, name, path)) {
        return ENAMETOOLONG;
    }
    int error = system->ops->open(system->disk, path, FX_BUS_FILE_WRITE, &file);
    if (error != 0) {
        return error;
    }
    error = system->ops->truncate(system->disk, file, end->last_frame_offset);
    if (error == 0) {
        error = system->ops->sync(system->disk, file);
    }
    system->ops->close(system->disk, file);
    return error;
}

/* Go on in a new segment that begins with the last frame, so that nothing rests on what only the
 * page cache may have (J5). */
static int begin_segment(struct fx_bus_journal *journal,
                         const struct fx_bus_journal_recover_end *end)
{
    const struct fx_bus_file_system *system = &journal->system;
    struct fx_bus_journal_segment_making making = {.is_open = false};
    journal->segment = first_segment(journal, end);
    journal->hash = journal->segment.previous_hash;
    const fx_str frame = rewrite_last_frame(journal, end, journal->segment.salt);
    const uint64_t smallest = FX_BUS_JOURNAL_SEGMENT_HEADER_SIZE + frame.size;
    const uint64_t wanted = journal->options.first_segment_bytes;
    int error = fx_bus_journal_segment_make_begin(
        system, journal->dir, wanted > smallest ? wanted : smallest, &making);
    while (error == 0 && !making.is_ready) {
        error = fx_bus_journal_segment_make_step(system, &making);
    }
    if (error == 0) {
        error = fx_bus_journal_segment_commission(
            system, journal->dir, &journal->segment, &making, frame);
    }
    if (error != 0) {
        fx_bus_journal_segment_make_abandon(system, journal->dir, &making);
        return error;
    }
    journal->file = making.file;
    journal->has_file = true;
    journal->file_size = making.size;
    journal->offset = FX_BUS_JOURNAL_SEGMENT_HEADER_SIZE + frame.size;
    const bool has_old = end->segment_count > 0 && end->segment.number != journal->segment.number;
    return has_old ? cut_old_segment(journal, end) : 0;
}

static fx_status recover_and_begin(struct fx_bus_journal *journal,
                                   struct fx_bus_journal_report *report)
{
    const struct fx_bus_journal_options *options = &journal->options;
    const struct fx_bus_journal_recover_options recovery = {
        .system = journal->system,
        .dir = journal->dir,
        .from_seq = options->from_seq,
        .uuid = options->uuid,
        .on_record = options->on_record,
        .on_progress = options->on_progress,
        .context = options->recover_context,
        .is_owner = true,
    };
    struct fx_bus_journal_recover_end end;
    const fx_status status = fx_bus_journal_recover(&recovery, &end, report);
    if (status != FX_OK) {
        return status;
    }
    remove_left_over(journal);
    const int error = begin_segment(journal, &end);
    free(end.last_frame_bytes);
    if (error != 0) {
        return explain_error(report, "cannot begin a new segment", error);
    }
    journal->options.uuid = journal->segment.uuid;
    report->uuid = journal->segment.uuid;
    journal->next_seq = end.next_seq;
    journal->written_seq = end.next_seq - 1;
    atomic_store(&journal->durable_seq, journal->written_seq);
    atomic_store(&journal->synced_seq, journal->written_seq);
    fx_bus_journal_check_space(journal, false);
    return FX_OK;
}

fx_status fx_bus_journal_open(const struct fx_bus_journal_options *options,
                              struct fx_bus_journal **journal_out,
                              struct fx_bus_journal_report *report_out)
{
    *report_out = (struct fx_bus_journal_report){.next_seq = 1};
    const size_t align = alignof(struct fx_bus_journal);
    struct fx_bus_journal *journal =
        aligned_alloc(align, (sizeof *journal + align - 1) / align * align);
    if (journal == NULL) {
        return FX_NO_MEMORY;
    }
    memset(journal, 0, sizeof *journal);
    journal->options = *options;
    set_defaults(&journal->options);
    journal->system = journal->options.system;
    atomic_init(&journal->space, FX_BUS_JOURNAL_SPACE_OK);
    atomic_init(&journal->next_state, FX_BUS_JOURNAL_NEXT_WANTED);
    fx_status status = FX_OK;
    if (!has_fitting_sizes(&journal->options) ||
        !fx_str_copy(fx_str_of(options->dir), journal->dir, sizeof journal->dir)) {
        status = explain(report_out, FX_BAD_PARAMETER, "sizes or path of the journal do not fit");
        goto cleanup;
    }
    journal->options.dir = journal->dir;
    journal->record_size_max = journal->options.frame_size_max - FX_BUS_JOURNAL_FRAME_HEADER_SIZE -
                               FX_BUS_JOURNAL_RECORD_HEADER_SIZE;
    journal->frame = malloc(FX_BUS_JOURNAL_FRAME_SIZE_MAX); /* an older, larger frame fits too */
    if (journal->frame == NULL ||
        !fx_bus_journal_ring_init(&journal->ring, journal->options.ring_size_bytes)) {
        status = FX_NO_MEMORY;
        goto cleanup;
    }
    status = take_dir(journal, report_out);
    if (status == FX_OK) {
        status = recover_and_begin(journal, report_out);
    }
cleanup:
    if (status != FX_OK) {
        fx_bus_journal_release(journal);
        return status;
    }
    *journal_out = journal;
    return FX_OK;
}
