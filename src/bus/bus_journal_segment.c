#include "bus/bus_journal_segment.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/panic.h"
#include "bus/bus_bytes.h"

/* Byte offsets in the segment header; the table is in docs/protocol/journal-format.md. */
enum {
    AT_MAGIC = 0,
    AT_VERSION = 8,
    AT_ALIGN = 12,
    AT_UUID = 16,
    AT_NUMBER = 32,
    AT_FIRST_SEQ = 40,
    AT_SALT = 48,
    AT_PREVIOUS_HASH = 56,
    AT_RESERVED = 64,
    AT_CRC = FX_BUS_JOURNAL_SEGMENT_HEADER_SIZE - 4
};

static const char MAGIC[8] = {'F', 'X', 'J', 'O', 'U', 'R', 'N', 'L'};
static const char ZEROS[FX_BUS_JOURNAL_SEGMENT_ZERO_CHUNK_SIZE];

void fx_bus_journal_segment_name(uint64_t first_seq, char name_out[FX_BUS_FILE_NAME_SIZE_MAX])
{
    (void)snprintf(name_out, FX_BUS_FILE_NAME_SIZE_MAX, "jrn-%020" PRIu64 ".log", first_seq);
}

bool fx_bus_journal_segment_parse_name(const char *name, uint64_t *first_seq_out)
{
    /* Only the name that we would write ourselves: 20 digits, no more than 64 bits. */
    uint64_t first_seq = 0;
    char again[FX_BUS_FILE_NAME_SIZE_MAX];
    if (strlen(name) != 28 || strncmp(name, "jrn-", 4) != 0) {
        return false;
    }
    for (size_t index = 4; index < 24; index++) {
        if (name[index] < '0' || name[index] > '9') {
            return false;
        }
        first_seq = first_seq * 10 + (uint64_t)(name[index] - '0'); /* a wrap shows below */
    }
    fx_bus_journal_segment_name(first_seq, again);
    if (strcmp(name, again) != 0 || first_seq == 0) {
        return false;
    }
    *first_seq_out = first_seq;
    return true;
}

void fx_bus_journal_segment_encode(const struct fx_bus_journal_segment *segment,
                                   char header_out[FX_BUS_JOURNAL_SEGMENT_HEADER_SIZE])
{
    FX_ASSERT(segment->first_seq > 0);
    memset(header_out, 0, FX_BUS_JOURNAL_SEGMENT_HEADER_SIZE);
    memcpy(header_out + AT_MAGIC, MAGIC, sizeof MAGIC);
    fx_bus_bytes_put_u32(header_out + AT_VERSION, FX_BUS_JOURNAL_SEGMENT_VERSION);
    fx_bus_bytes_put_u32(header_out + AT_ALIGN, segment->align);
    memcpy(header_out + AT_UUID, segment->uuid.bytes, sizeof segment->uuid.bytes);
    fx_bus_bytes_put_u64(header_out + AT_NUMBER, segment->number);
    fx_bus_bytes_put_u64(header_out + AT_FIRST_SEQ, segment->first_seq);
    fx_bus_bytes_put_u64(header_out + AT_SALT, segment->salt);
    fx_bus_bytes_put_u64(header_out + AT_PREVIOUS_HASH, segment->previous_hash);
    fx_bus_bytes_put_u32(header_out + AT_CRC, fx_crc32c(0, header_out, AT_CRC));
}

fx_status fx_bus_journal_segment_decode(const char header[FX_BUS_JOURNAL_SEGMENT_HEADER_SIZE],
                                        struct fx_bus_journal_segment *segment_out)
{
    if (memcmp(header + AT_MAGIC, MAGIC, sizeof MAGIC) != 0 ||
        fx_crc32c(0, header, AT_CRC) != fx_bus_bytes_get_u32(header + AT_CRC)) {
        return FX_CORRUPT;
    }
    if (fx_bus_bytes_get_u32(header + AT_VERSION) != FX_BUS_JOURNAL_SEGMENT_VERSION) {
        return FX_VERSION_MISMATCH;
    }
    const uint32_t align = fx_bus_bytes_get_u32(header + AT_ALIGN);
    const uint64_t first_seq = fx_bus_bytes_get_u64(header + AT_FIRST_SEQ);
    if ((align != 512 && align != 4096) || first_seq == 0) {
        return FX_CORRUPT;
    }
    segment_out->align = align;
    segment_out->first_seq = first_seq;
    memcpy(segment_out->uuid.bytes, header + AT_UUID, sizeof segment_out->uuid.bytes);
    segment_out->number = fx_bus_bytes_get_u64(header + AT_NUMBER);
    segment_out->salt = fx_bus_bytes_get_u64(header + AT_SALT);
    segment_out->previous_hash = fx_bus_bytes_get_u64(header + AT_PREVIOUS_HASH);
    return FX_OK;
}

static void list_add(void *context, const char *name)
{
    struct fx_bus_journal_segment_list *list = context;
    uint64_t first_seq = 0;
    if (list->has_failed || !fx_bus_journal_segment_parse_name(name, &first_seq)) {
        return;
    }
    if (list->count == list->capacity) {
        const size_t capacity = list->capacity == 0 ? 64 : list->capacity * 2;
        uint64_t *grown = realloc(list->first_seqs, capacity * sizeof *grown);
        if (grown == NULL) {
            list->has_failed = true;
            return;
        }
        list->first_seqs = grown;
        list->capacity = capacity;
    }
    list->first_seqs[list->count] = first_seq;
    list->count++;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): the type that qsort asks for
static int compare_seqs(const void *left, const void *right)
{
    const uint64_t left_seq = *(const uint64_t *)left;
    const uint64_t right_seq = *(const uint64_t *)right;
    return (left_seq > right_seq) - (left_seq < right_seq);
}

fx_status fx_bus_journal_segment_list_load(const struct fx_bus_file_system *system,
                                           const char *dir,
                                           struct fx_bus_journal_segment_list *list_out)
{
    struct fx_bus_journal_segment_list list = {.first_seqs = NULL};
    const int error = system->ops->list(system->disk, dir, list_add, &list);
    if (error != 0 || list.has_failed) {
        fx_bus_journal_segment_list_deinit(&list);
        return error != 0 ? fx_bus_file_status(error) : FX_NO_MEMORY;
    }
    if (list.count > 1) {
        qsort(list.first_seqs, list.count, sizeof list.first_seqs[0], compare_seqs);
    }
    *list_out = list;
    return FX_OK;
}

void fx_bus_journal_segment_list_deinit(struct fx_bus_journal_segment_list *list)
{
    free(list->first_seqs);
    *list = (struct fx_bus_journal_segment_list){.first_seqs = NULL};
}

int fx_bus_journal_segment_make_begin(const struct fx_bus_file_system *system,
                                      const char *dir,
                                      uint64_t size,
                                      struct fx_bus_journal_segment_making *making_out)
{
    FX_ASSERT(size > FX_BUS_JOURNAL_SEGMENT_HEADER_SIZE);
    char path[FX_BUS_FILE_PATH_SIZE_MAX];
    int file = 0;
    if (!fx_bus_file_join(dir, FX_BUS_JOURNAL_SEGMENT_NEXT_NAME, path)) {
        return ENAMETOOLONG;
    }
    int error = system->ops->open(system->disk, path, FX_BUS_FILE_CREATE, &file);
    if (error != 0) {
        return error;
    }
    /* Reserved at once, so that a full disk is noticed while there is still time to shed. */
    error = system->ops->allocate(system->disk, file, size);
    if (error != 0) {
        system->ops->close(system->disk, file);
        (void)system->ops->unlink(system->disk, path); /* the reason is told already */
        return error;
    }
    *making_out =
        (struct fx_bus_journal_segment_making){.size = size, .file = file, .is_open = true};
    return 0;
}

int fx_bus_journal_segment_make_step(const struct fx_bus_file_system *system,
                                     struct fx_bus_journal_segment_making *making)
{
    FX_ASSERT(making->is_open);
    FX_ASSERT(!making->is_ready);
    const uint64_t left = making->size - making->done;
    const size_t size = left < sizeof ZEROS ? (size_t)left : sizeof ZEROS;
    int error = fx_bus_file_write_all(system, making->file, (fx_str){ZEROS, size}, making->done);
    if (error == 0) {
        error = system->ops->sync(system->disk, making->file);
    }
    if (error == 0) {
        making->done += size;
        making->is_ready = making->done == making->size;
    }
    return error;
}

void fx_bus_journal_segment_make_abandon(const struct fx_bus_file_system *system,
                                         const char *dir,
                                         struct fx_bus_journal_segment_making *making)
{
    char path[FX_BUS_FILE_PATH_SIZE_MAX];
    if (!making->is_open) {
        return;
    }
    system->ops->close(system->disk, making->file);
    if (fx_bus_file_join(dir, FX_BUS_JOURNAL_SEGMENT_NEXT_NAME, path)) {
        (void)system->ops->unlink(system->disk,
                                  path); /* left over, it is removed by the next open */
    }
    *making = (struct fx_bus_journal_segment_making){.is_open = false};
}

int fx_bus_journal_segment_commission(const struct fx_bus_file_system *system,
                                      const char *dir,
                                      const struct fx_bus_journal_segment *segment,
                                      struct fx_bus_journal_segment_making *making,
                                      fx_str frame)
{
    FX_ASSERT(making->is_ready);
    FX_ASSERT(frame.size <= making->size - FX_BUS_JOURNAL_SEGMENT_HEADER_SIZE);
    char header[FX_BUS_JOURNAL_SEGMENT_HEADER_SIZE];
    char name[FX_BUS_FILE_NAME_SIZE_MAX];
    char source[FX_BUS_FILE_PATH_SIZE_MAX];
    char target[FX_BUS_FILE_PATH_SIZE_MAX];
    fx_bus_journal_segment_name(segment->first_seq, name);
    if (!fx_bus_file_join(dir, FX_BUS_JOURNAL_SEGMENT_NEXT_NAME, source) ||
        !fx_bus_file_join(dir, name, target)) {
        return ENAMETOOLONG;
    }
    fx_bus_journal_segment_encode(segment, header);
    int error = fx_bus_file_write_all(system, making->file, (fx_str){header, sizeof header}, 0);
    if (error == 0 && frame.size > 0) {
        error = fx_bus_file_write_all(system, making->file, frame, sizeof header);
    }
    /* Durable before it has its name: a file with a segment's name has a valid header (J4). */
    if (error == 0) {
        error = system->ops->sync(system->disk, making->file);
    }
    if (error == 0) {
        error = system->ops->rename(system->disk, source, target);
    }
    if (error == 0) {
        error = system->ops->sync_dir(system->disk, dir);
    }
    return error;
}
