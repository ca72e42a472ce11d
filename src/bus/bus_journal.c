#include "bus/bus_journal.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/panic.h"
#include "bus/bus_journal_int.h"

enum {
    SPACE_CHECK_INTERVAL_US = 1000000,
    HELPER_IDLE_US_MAX = 1000000,
    WRITER_IDLE_US_MAX = 1000000,
    WRITER_SPIN_COUNT = 20,  /* and no rest: its producer knows how much is to be gathered */
    SEGMENTS_NO_OPENS = 2,   /* free segments, the prepared one included, at which opens … */
    SEGMENTS_CANCEL_ONLY = 1 /* … and all but cancels are refused; without one, everything */
};

/* Stop for good: nothing is written, synced or acknowledged after the first error (J6). */
static void fail(struct fx_bus_journal *journal, const char *what, int error)
{
    if (!atomic_exchange(&journal->has_failed, true)) {
        journal->options.on_fatal(journal->options.fatal_context, what, error);
    }
}

/* ---- space and the next segment: the helper's half ---- */

void fx_bus_journal_check_space(struct fx_bus_journal *journal, bool is_next_reserved)
{
    struct fx_bus_file_space space = {.free_bytes = 0};
    const struct fx_bus_file_system *system = &journal->system;
    if (system->ops->space(system->disk, journal->dir, &space) != 0) {
        return; /* the last answer stands; the reserved segment is still there */
    }
    const uint64_t free_count =
        space.free_bytes / journal->options.segment_size_bytes + (is_next_reserved ? 1 : 0);
    enum fx_bus_journal_space state = FX_BUS_JOURNAL_SPACE_OK;
    if (free_count == 0) {
        state = FX_BUS_JOURNAL_SPACE_FULL;
    } else if (free_count <= SEGMENTS_CANCEL_ONLY) {
        state = FX_BUS_JOURNAL_SPACE_CANCEL_ONLY;
    } else if (free_count <= SEGMENTS_NO_OPENS) {
        state = FX_BUS_JOURNAL_SPACE_NO_OPENS;
    }
    atomic_store_explicit(&journal->space, (int)state, memory_order_relaxed);
}

/* Begin or go on with the next segment. A full disk is waited for; other errors are fatal. */
static void prepare_next(struct fx_bus_journal *journal, int64_t now_us)
{
    struct fx_bus_journal_segment_making *making = &journal->making;
    const struct fx_bus_file_system *system = &journal->system;
    int error = 0;
    if (making->is_open) {
        error = fx_bus_journal_segment_make_step(system, making);
    } else {
        error = fx_bus_journal_segment_make_begin(
            system, journal->dir, journal->options.segment_size_bytes, making);
    }
    if (error != 0) {
        fx_bus_journal_segment_make_abandon(system, journal->dir, making);
        if (fx_bus_file_status(error) != FX_NO_SPACE) {
            fail(journal, "preparing a segment", error);
        }
        journal->retry_us = now_us + SPACE_CHECK_INTERVAL_US;
        fx_bus_journal_check_space(journal, false);
    } else if (making->is_ready) {
        fx_bus_journal_check_space(journal, true);
        atomic_store_explicit(
            &journal->next_state, FX_BUS_JOURNAL_NEXT_READY, memory_order_release);
        if (journal->writer != NULL) {
            fx_agent_wake(journal->writer);
        }
    }
}

int fx_bus_journal_prepare_step(void *self, int64_t now_us)
{
    struct fx_bus_journal *journal = self;
    if (atomic_load_explicit(&journal->has_failed, memory_order_relaxed)) {
        return 0;
    }
    const bool is_wanted = atomic_load_explicit(&journal->next_state, memory_order_acquire) ==
                           FX_BUS_JOURNAL_NEXT_WANTED;
    if (now_us >= journal->space_checked_us + SPACE_CHECK_INTERVAL_US ||
        now_us < journal->space_checked_us) {
        journal->space_checked_us = now_us;
        fx_bus_journal_check_space(journal, !is_wanted || journal->making.is_open);
    }
    const int64_t wait_us = journal->retry_us - now_us; /* huge after the clock went back */
    if (!is_wanted || (wait_us > 0 && wait_us <= SPACE_CHECK_INTERVAL_US)) {
        return 0;
    }
    prepare_next(journal, now_us);
    return 1;
}

/* ---- writing: the writer's half ---- */

static bool sync_file(struct fx_bus_journal *journal, int64_t now_us)
{
    const struct fx_bus_file_system *system = &journal->system;
    const int64_t begin_us = system->ops->monotonic_us(system->disk);
    const int error = system->ops->sync(system->disk, journal->file);
    if (error != 0) {
        fail(journal, "fdatasync", error);
        return false;
    }
    const uint64_t took_us = (uint64_t)(system->ops->monotonic_us(system->disk) - begin_us);
    fx_metric_histogram_add(&journal->sync_times, (int64_t)took_us);
    if (took_us > atomic_load_explicit(&journal->sync_us_max, memory_order_relaxed)) {
        atomic_store_explicit(&journal->sync_us_max, took_us, memory_order_relaxed);
    }
    atomic_fetch_add_explicit(&journal->sync_count, 1, memory_order_relaxed);
    journal->is_unsynced = false;
    journal->synced_us = now_us;
    atomic_store_explicit(&journal->synced_seq, journal->written_seq, memory_order_release);
    return true;
}

/* Put the prepared segment into service. Only with all earlier frames durable (J4). */
static bool roll(struct fx_bus_journal *journal, int64_t now_us)
{
    const struct fx_bus_file_system *system = &journal->system;
    if (journal->is_unsynced && !sync_file(journal, now_us)) {
        return false;
    }
    struct fx_bus_journal_segment segment = journal->segment;
    segment.number++;
    segment.first_seq = journal->written_seq + 1;
    segment.salt = system->ops->random(system->disk);
    segment.previous_hash = journal->hash;
    const int error = fx_bus_journal_segment_commission(
        system, journal->dir, &segment, &journal->making, (fx_str){NULL, 0});
    if (error != 0) {
        fail(journal, "beginning a segment", error);
        return false;
    }
    system->ops->close(system->disk, journal->file);
    journal->segment = segment;
    journal->file = journal->making.file;
    journal->file_size = journal->making.size;
    journal->offset = FX_BUS_JOURNAL_SEGMENT_HEADER_SIZE;
    journal->making = (struct fx_bus_journal_segment_making){.is_open = false};
    atomic_fetch_add_explicit(&journal->roll_count, 1, memory_order_relaxed);
    atomic_store_explicit(&journal->next_state, FX_BUS_JOURNAL_NEXT_WANTED, memory_order_release);
    if (journal->helper != NULL) {
        fx_agent_wake(journal->helper);
    }
    return true;
}

/* Make room for a frame of `size` bytes. @return false where it is not there yet, or after failing.
 */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): what, then when
static bool make_room(struct fx_bus_journal *journal, size_t size, int64_t now_us)
{
    if (journal->offset + size <= journal->file_size) {
        return true;
    }
    while (journal->helper == NULL &&
           atomic_load_explicit(&journal->next_state, memory_order_acquire) ==
               FX_BUS_JOURNAL_NEXT_WANTED) {
        if (fx_bus_journal_prepare_step(journal, now_us) == 0) {
            return false; /* the disk is full; or we have failed */
        }
    }
    if (atomic_load_explicit(&journal->next_state, memory_order_acquire) !=
        FX_BUS_JOURNAL_NEXT_READY) {
        return false;
    }
    return roll(journal, now_us) && journal->offset + size <= journal->file_size;
}

/* Write one frame of `batch` and, in strict mode, make it durable. */
static bool write_frame(struct fx_bus_journal *journal,
                        struct fx_bus_journal_ring_batch batch,
                        int64_t now_us)
{
    const size_t used = FX_BUS_JOURNAL_FRAME_HEADER_SIZE + batch.size;
    const struct fx_bus_journal_frame frame = {
        .size = (uint32_t)fx_bus_journal_frame_padded(used, journal->options.frame_align),
        .count = batch.count,
        .type = journal->is_unsynced ? FX_BUS_JOURNAL_FRAME_EAGER : FX_BUS_JOURNAL_FRAME_ORDERED,
        .first_seq = journal->written_seq + 1,
        .salt = journal->segment.salt,
        .wall_ns = (uint64_t)now_us * 1000,
        .previous_hash = journal->hash,
    };
    fx_bus_journal_ring_take(
        &journal->ring, journal->frame + FX_BUS_JOURNAL_FRAME_HEADER_SIZE, batch.size);
    fx_bus_journal_frame_seal(journal->frame, used, &frame);
    const int error = fx_bus_file_write_all(
        &journal->system, journal->file, (fx_str){journal->frame, frame.size}, journal->offset);
    if (error != 0) {
        fail(journal, "write", error);
        return false;
    }
    journal->offset += frame.size;
    journal->hash = fx_bus_journal_frame_hash(journal->frame);
    journal->written_seq += frame.count;
    journal->is_unsynced = true;
    atomic_fetch_add_explicit(&journal->frame_count, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&journal->record_count, frame.count, memory_order_relaxed);
    atomic_fetch_add_explicit(&journal->byte_count, frame.size, memory_order_relaxed);
    return journal->options.mode != FX_BUS_JOURNAL_STRICT || sync_file(journal, now_us);
}

static bool is_sync_due(const struct fx_bus_journal *journal, int64_t now_us)
{
    return journal->options.mode == FX_BUS_JOURNAL_RELAXED && journal->is_unsynced &&
           (now_us - journal->synced_us >= (int64_t)journal->options.sync_interval_us ||
            now_us < journal->synced_us);
}

int fx_bus_journal_step(void *self, int64_t now_us)
{
    struct fx_bus_journal *journal = self;
    if (atomic_load_explicit(&journal->has_failed, memory_order_relaxed)) {
        return 0;
    }
    journal->now_us = now_us;
    if (is_sync_due(journal, now_us) && !sync_file(journal, now_us)) {
        return 0;
    }
    const struct fx_bus_journal_ring_batch batch = fx_bus_journal_ring_measure(
        &journal->ring, journal->options.frame_size_max - FX_BUS_JOURNAL_FRAME_HEADER_SIZE);
    if (batch.count == 0 ||
        !make_room(journal,
                   fx_bus_journal_frame_padded(FX_BUS_JOURNAL_FRAME_HEADER_SIZE + batch.size,
                                               journal->options.frame_align),
                   now_us) ||
        !write_frame(journal, batch, now_us)) {
        return 0;
    }
    atomic_store_explicit(&journal->durable_seq, journal->written_seq, memory_order_release);
    journal->options.on_durable(journal->options.durable_context, journal->written_seq);
    return (int)batch.count;
}

/* ---- the producer's half ---- */

fx_status fx_bus_journal_append(struct fx_bus_journal *journal,
                                uint16_t type,
                                fx_str bytes,
                                uint64_t *seq_out)
{
    if (bytes.size > journal->record_size_max) {
        return FX_BAD_PARAMETER;
    }
    if (atomic_load_explicit(&journal->has_failed, memory_order_relaxed)) {
        return FX_IO;
    }
    if (atomic_load_explicit(&journal->space, memory_order_relaxed) == FX_BUS_JOURNAL_SPACE_FULL) {
        return FX_NO_SPACE;
    }
    if (!fx_bus_journal_ring_append(&journal->ring, type, bytes)) {
        return FX_BUSY;
    }
    *seq_out = journal->next_seq;
    journal->next_seq++;
    return FX_OK;
}

void fx_bus_journal_wake(struct fx_bus_journal *journal)
{
    if (journal->writer != NULL) {
        fx_agent_wake(journal->writer);
    }
}

size_t fx_bus_journal_record_size_max(const struct fx_bus_journal *journal)
{
    return journal->record_size_max;
}

uint64_t fx_bus_journal_next_seq(const struct fx_bus_journal *journal)
{
    return journal->next_seq;
}

uint64_t fx_bus_journal_durable_seq(const struct fx_bus_journal *journal)
{
    return atomic_load_explicit(&journal->durable_seq, memory_order_acquire);
}

uint64_t fx_bus_journal_synced_seq(const struct fx_bus_journal *journal)
{
    return atomic_load_explicit(&journal->synced_seq, memory_order_acquire);
}

enum fx_bus_journal_space fx_bus_journal_space(const struct fx_bus_journal *journal)
{
    return (enum fx_bus_journal_space)atomic_load_explicit(&journal->space, memory_order_relaxed);
}

bool fx_bus_journal_has_failed(const struct fx_bus_journal *journal)
{
    return atomic_load_explicit(&journal->has_failed, memory_order_relaxed);
}

enum fx_bus_journal_mode fx_bus_journal_mode(const struct fx_bus_journal *journal)
{
    return journal->options.mode;
}

struct fx_bus_journal_uuid fx_bus_journal_uuid(const struct fx_bus_journal *journal)
{
    return journal->options.uuid;
}

void fx_bus_journal_stats(const struct fx_bus_journal *journal,
                          struct fx_bus_journal_stats *stats_out)
{
    *stats_out = (struct fx_bus_journal_stats){
        .frame_count = atomic_load_explicit(&journal->frame_count, memory_order_relaxed),
        .record_count = atomic_load_explicit(&journal->record_count, memory_order_relaxed),
        .byte_count = atomic_load_explicit(&journal->byte_count, memory_order_relaxed),
        .sync_count = atomic_load_explicit(&journal->sync_count, memory_order_relaxed),
        .sync_us_max = atomic_load_explicit(&journal->sync_us_max, memory_order_relaxed),
        .roll_count = atomic_load_explicit(&journal->roll_count, memory_order_relaxed),
    };
}

const struct fx_metric_histogram *fx_bus_journal_sync_times(const struct fx_bus_journal *journal)
{
    return &journal->sync_times;
}

/* ---- threads and the end ---- */

fx_status fx_bus_journal_start(struct fx_bus_journal *journal)
{
    FX_ASSERT(journal->writer == NULL);
    const bool is_relaxed = journal->options.mode == FX_BUS_JOURNAL_RELAXED;
    const struct fx_agent_options helper = {.name = "journal-prep",
                                            .step = fx_bus_journal_prepare_step,
                                            .self = journal,
                                            .idle_us_max = HELPER_IDLE_US_MAX};
    const struct fx_agent_options writer = {
        .name = "journal",
        .step = fx_bus_journal_step,
        .self = journal,
        .idle_us_max = is_relaxed ? journal->options.sync_interval_us : WRITER_IDLE_US_MAX,
        .spin_count = WRITER_SPIN_COUNT};
    fx_status status = fx_agent_create(&writer, &journal->writer);
    if (status == FX_OK) {
        status = fx_agent_create(&helper, &journal->helper);
    }
    if (status == FX_OK) {
        status = fx_agent_start(journal->writer);
    }
    if (status == FX_OK) {
        status = fx_agent_start(journal->helper);
    }
    return status; /* close or abandon stops what did start */
}

/* The helper wakes the writer and the writer the helper: both end before either is freed. */
static void stop_agents(struct fx_bus_journal *journal)
{
    struct fx_agent *agents[] = {journal->helper, journal->writer};
    for (size_t index = 0; index < sizeof agents / sizeof agents[0]; index++) {
        if (agents[index] != NULL) {
            fx_agent_stop(agents[index]);
            fx_agent_join(agents[index]);
        }
    }
    fx_agent_destroy(journal->helper);
    fx_agent_destroy(journal->writer);
    journal->helper = NULL;
    journal->writer = NULL;
}

void fx_bus_journal_release(struct fx_bus_journal *journal)
{
    const struct fx_bus_file_system *system = &journal->system;
    if (journal->has_file) {
        system->ops->close(system->disk, journal->file);
    }
    if (journal->has_lock) {
        system->ops->close(system->disk, journal->lock_file);
    }
    fx_bus_journal_ring_deinit(&journal->ring);
    free(journal->frame);
    free(journal);
}

void fx_bus_journal_abandon(struct fx_bus_journal *journal)
{
    if (journal == NULL) {
        return;
    }
    stop_agents(journal);
    if (journal->making.is_open) {
        journal->system.ops->close(journal->system.disk, journal->making.file);
    }
    fx_bus_journal_release(journal);
}

void fx_bus_journal_close(struct fx_bus_journal *journal)
{
    if (journal == NULL) {
        return;
    }
    stop_agents(journal);
    const int64_t now_us = journal->now_us; /* time comes from the steps' caller only */
    while (fx_bus_journal_step(journal, now_us) > 0) {
    }
    if (!fx_bus_journal_has_failed(journal) && journal->is_unsynced) {
        (void)sync_file(journal, now_us); /* a failure was told to on_fatal */
    }
    fx_bus_journal_segment_make_abandon(&journal->system, journal->dir, &journal->making);
    fx_bus_journal_release(journal);
}

/* ---- reading and trimming ---- */

fx_status fx_bus_journal_replay(const struct fx_bus_journal_recover_options *options,
                                struct fx_bus_journal_report *report_out)
{
    struct fx_bus_journal_recover_options read_only = *options;
    struct fx_bus_journal_recover_end end;
    read_only.is_owner = false;
    if (read_only.system.ops == NULL) {
        read_only.system = fx_bus_file_posix();
    }
    const fx_status status = fx_bus_journal_recover(&read_only, &end, report_out);
    if (status == FX_OK) {
        free(end.last_frame_bytes);
    }
    return status;
}

fx_status fx_bus_journal_trim(struct fx_bus_journal *journal,
                              uint64_t keep_from_seq,
                              uint32_t *count_out)
{
    const struct fx_bus_file_system *system = &journal->system;
    struct fx_bus_journal_segment_list list;
    uint32_t count = 0;
    fx_status status = fx_bus_journal_segment_list_load(system, journal->dir, &list);
    if (status != FX_OK) {
        return status;
    }
    /* A segment ends where the next one begins, so the newest always stays. Oldest first,
     * each for good: after a crash in between, what is left is still without a hole. */
    for (size_t index = 0; index + 1 < list.count && list.first_seqs[index + 1] <= keep_from_seq;
         index++) {
        char name[FX_BUS_FILE_NAME_SIZE_MAX];
        char path[FX_BUS_FILE_PATH_SIZE_MAX];
        fx_bus_journal_segment_name(list.first_seqs[index], name);
        if (!fx_bus_file_join(journal->dir, name, path) ||
            system->ops->unlink(system->disk, path) != 0 ||
            system->ops->sync_dir(system->disk, journal->dir) != 0) {
            status = FX_IO;
            break;
        }
        count++;
    }
    fx_bus_journal_segment_list_deinit(&list);
    if (status == FX_OK) {
        *count_out = count;
    }
    return status;
}
