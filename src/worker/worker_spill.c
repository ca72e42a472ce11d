#include "worker/worker_spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "base/log.h"
#include "base/panic.h"

enum { RECORDS_MAX = 512, PATH_SIZE = 4096 };

/* No padding: all of it is under the checksum, or is it. */
struct record {
    struct fx_event event;
    uint64_t position; /* since creation: a record of an earlier turn of the circle is none */
    uint64_t crc;
};

struct fx_worker_spill {
    struct fx_worker_spill_options options;
    int file; /* -1: none yet */
    uint64_t capacity;
    uint64_t head; /* position of the oldest */
    uint64_t tail; /* behind the newest */
    _Atomic uint64_t count;
    struct record *records; /* RECORDS_MAX, on their way in or out */
};

static uint64_t crc_of(const struct record *record)
{
    return fx_crc32c(0, record, offsetof(struct record, crc));
}

static void set_positions(struct fx_worker_spill *spill, uint64_t head, uint64_t tail)
{
    FX_ASSERT(head <= tail && tail - head <= spill->capacity);
    spill->head = head;
    spill->tail = tail;
    atomic_store_explicit(&spill->count, tail - head, memory_order_release);
}

/* A file system without O_TMPFILE gets a name that is taken away at once. */
static fx_status open_file(struct fx_worker_spill *spill)
{
    char path[PATH_SIZE];
    spill->file = open(spill->options.folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (spill->file < 0) {
        const int size =
            snprintf(path, sizeof path, "%s/spill-%ld", spill->options.folder, (long)getpid());
        if (size < 0 || (size_t)size >= sizeof path) {
            return FX_IO;
        }
        spill->file = open(path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
        (void)unlink(path);
    }
    return spill->file < 0 ? FX_IO : FX_OK;
}

/* How many records the file system has room for, beyond what must stay free. */
static uint64_t free_records(const struct fx_worker_spill *spill)
{
    struct statvfs state;
    if (fstatvfs(spill->file, &state) != 0) {
        return 0;
    }
    const uint64_t bytes = (uint64_t)state.f_bavail * state.f_frsize;
    return bytes > spill->options.free_min
               ? (bytes - spill->options.free_min) / sizeof(struct record)
               : 0;
}

// NOLINTBEGIN(bugprone-easily-swappable-parameters): where, and how many
/* Records from `position` on that lie side by side in the file, up to `count`. */
static uint32_t stretch(const struct fx_worker_spill *spill, uint64_t position, uint64_t count)
{
    const uint64_t to_end = spill->capacity - position % spill->capacity;
    uint64_t size = count < to_end ? count : to_end;
    return (uint32_t)(size < RECORDS_MAX ? size : RECORDS_MAX);
}
// NOLINTEND(bugprone-easily-swappable-parameters)

static off_t offset_of(const struct fx_worker_spill *spill, uint64_t position)
{
    return (off_t)(position % spill->capacity * sizeof(struct record));
}

fx_status fx_worker_spill_create(const struct fx_worker_spill_options *options,
                                 struct fx_worker_spill **spill_out)
{
    FX_ASSERT(options->size_max >= sizeof(struct record));
    struct fx_worker_spill *spill = calloc(1, sizeof *spill);
    if (spill == NULL) {
        return FX_NO_MEMORY;
    }
    spill->options = *options;
    spill->file = -1;
    spill->capacity = options->size_max / sizeof(struct record);
    spill->records = calloc(RECORDS_MAX, sizeof *spill->records);
    if (spill->records == NULL) {
        fx_worker_spill_destroy(spill);
        return FX_NO_MEMORY;
    }
    *spill_out = spill;
    return FX_OK;
}

void fx_worker_spill_destroy(struct fx_worker_spill *spill)
{
    if (spill == NULL) {
        return;
    }
    if (spill->file >= 0) {
        (void)close(spill->file);
    }
    free(spill->records);
    free(spill);
}

/* All of it, or it counts as not written. */
static fx_status write_records(struct fx_worker_spill *spill, uint32_t count)
{
    const size_t size = (size_t)count * sizeof(struct record);
    const ssize_t written =
        pwrite(spill->file, spill->records, size, offset_of(spill, spill->tail));
    if (written == (ssize_t)size) {
        return FX_OK;
    }
    return written >= 0 || errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? FX_NO_SPACE
                                                                                : FX_IO;
}

fx_status fx_worker_spill_append(struct fx_worker_spill *spill,
                                 const struct fx_event events[],
                                 uint32_t count,
                                 uint32_t *taken_out)
{
    fx_status status = spill->file < 0 ? open_file(spill) : FX_OK;
    *taken_out = 0;
    if (status != FX_OK) {
        return status;
    }
    uint64_t room = spill->capacity - (spill->tail - spill->head);
    const uint64_t free_count = free_records(spill);
    room = room < free_count ? room : free_count;
    while (status == FX_OK && *taken_out < count) {
        const uint64_t wanted = count - *taken_out;
        if (room == 0) {
            return FX_NO_SPACE;
        }
        const uint32_t chunk = stretch(spill, spill->tail, wanted < room ? wanted : room);
        for (uint32_t index = 0; index < chunk; index++) {
            struct record *record = &spill->records[index];
            record->event = events[*taken_out + index];
            record->position = spill->tail + index;
            record->crc = crc_of(record);
        }
        status = write_records(spill, chunk);
        if (status == FX_OK) {
            set_positions(spill, spill->head, spill->tail + chunk);
            *taken_out += chunk;
            room -= chunk;
        }
    }
    return status;
}

static fx_status read_records(struct fx_worker_spill *spill, uint32_t count)
{
    const size_t size = (size_t)count * sizeof(struct record);
    const ssize_t got = pread(spill->file, spill->records, size, offset_of(spill, spill->head));
    return got == (ssize_t)size ? FX_OK : got < 0 ? FX_IO : FX_CORRUPT;
}

fx_status fx_worker_spill_take(struct fx_worker_spill *spill,
                               struct fx_event events_out[],
                               uint32_t max,
                               uint32_t *count_out)
{
    *count_out = 0;
    while (*count_out < max && spill->head < spill->tail) {
        const uint64_t there = spill->tail - spill->head;
        const uint64_t wanted = max - *count_out;
        const uint32_t chunk = stretch(spill, spill->head, wanted < there ? wanted : there);
        const fx_status status = read_records(spill, chunk);
        if (status != FX_OK) {
            return status;
        }
        for (uint32_t index = 0; index < chunk; index++) {
            const struct record *record = &spill->records[index];
            if (record->crc != crc_of(record) || record->position != spill->head + index) {
                return FX_CORRUPT;
            }
            events_out[*count_out + index] = record->event;
        }
        *count_out += chunk;
        set_positions(spill, spill->head + chunk, spill->tail);
    }
    const bool is_emptied = spill->head == spill->tail && spill->tail > 0;
    if (is_emptied && ftruncate(spill->file, 0) != 0) {
        FX_LOG(FX_LOG_WARN, "spill", "the file keeps its size");
    }
    return FX_OK;
}

uint64_t fx_worker_spill_count(const struct fx_worker_spill *spill)
{
    return atomic_load_explicit(&spill->count, memory_order_acquire);
}
