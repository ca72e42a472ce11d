#include "bus/bus_snapshot.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/panic.h"
#include "bus/bus_bytes.h"

/* Byte offsets in the header; the table is in docs/protocol/journal-format.md. */
enum {
    AT_MAGIC = 0,
    AT_FORMAT = 8,
    AT_VERSION = 12,
    AT_SEQ = 16,
    AT_STATE_HASH = 24,
    AT_WALL_NS = 32,
    AT_SIZE = 40,
    AT_BODY_CRC = 48,
    AT_CRC = FX_BUS_SNAPSHOT_HEADER_SIZE - 4
};
enum { CHUNK_SIZE = 1 << 20, NAME_SIZE = 29, DIGITS_AT = 5, DIGITS_END = 25 };

#define TEMPORARY_NAME "snap-next.tmp"

static const char MAGIC[8] = {'F', 'X', 'S', 'N', 'A', 'P', 'S', 'H'};

static bool path_of(const char *dir, uint64_t seq, char path_out[FX_BUS_FILE_PATH_SIZE_MAX])
{
    char name[FX_BUS_FILE_NAME_SIZE_MAX];
    (void)snprintf(name, sizeof name, "snap-%020" PRIu64 ".bin", seq);
    return fx_bus_file_join(dir, name, path_out);
}

static bool parse_name(const char *name, uint64_t *seq_out)
{
    char again[FX_BUS_FILE_NAME_SIZE_MAX];
    uint64_t seq = 0;
    if (strlen(name) != NAME_SIZE || strncmp(name, "snap-", DIGITS_AT) != 0) {
        return false;
    }
    for (size_t index = DIGITS_AT; index < DIGITS_END; index++) {
        if (name[index] < '0' || name[index] > '9') {
            return false;
        }
        seq = seq * 10 + (uint64_t)(name[index] - '0'); /* a wrap shows below */
    }
    (void)snprintf(again, sizeof again, "snap-%020" PRIu64 ".bin", seq);
    if (strcmp(name, again) != 0) {
        return false;
    }
    *seq_out = seq;
    return true;
}

static void encode_header(const struct fx_bus_snapshot_info *info,
                          char header_out[FX_BUS_SNAPSHOT_HEADER_SIZE])
{
    memset(header_out, 0, FX_BUS_SNAPSHOT_HEADER_SIZE);
    memcpy(header_out + AT_MAGIC, MAGIC, sizeof MAGIC);
    fx_bus_bytes_put_u32(header_out + AT_FORMAT, FX_BUS_SNAPSHOT_FORMAT);
    fx_bus_bytes_put_u32(header_out + AT_VERSION, info->version);
    fx_bus_bytes_put_u64(header_out + AT_SEQ, info->seq);
    fx_bus_bytes_put_u64(header_out + AT_STATE_HASH, info->state_hash);
    fx_bus_bytes_put_u64(header_out + AT_WALL_NS, info->wall_ns);
    fx_bus_bytes_put_u64(header_out + AT_SIZE, info->size);
    fx_bus_bytes_put_u32(header_out + AT_BODY_CRC, info->crc);
    fx_bus_bytes_put_u32(header_out + AT_CRC, fx_crc32c(0, header_out, AT_CRC));
}

static fx_status decode_header(const char header[FX_BUS_SNAPSHOT_HEADER_SIZE],
                               struct fx_bus_snapshot_info *info_out)
{
    if (memcmp(header + AT_MAGIC, MAGIC, sizeof MAGIC) != 0 ||
        fx_crc32c(0, header, AT_CRC) != fx_bus_bytes_get_u32(header + AT_CRC)) {
        return FX_CORRUPT;
    }
    if (fx_bus_bytes_get_u32(header + AT_FORMAT) != FX_BUS_SNAPSHOT_FORMAT) {
        return FX_VERSION_MISMATCH;
    }
    *info_out = (struct fx_bus_snapshot_info){
        .version = fx_bus_bytes_get_u32(header + AT_VERSION),
        .seq = fx_bus_bytes_get_u64(header + AT_SEQ),
        .state_hash = fx_bus_bytes_get_u64(header + AT_STATE_HASH),
        .wall_ns = fx_bus_bytes_get_u64(header + AT_WALL_NS),
        .size = fx_bus_bytes_get_u64(header + AT_SIZE),
        .crc = fx_bus_bytes_get_u32(header + AT_BODY_CRC),
    };
    return FX_OK;
}

static int write_content(const struct fx_bus_file_system *system,
                         int file,
                         const struct fx_bus_snapshot_info *info,
                         const fx_str parts[],
                         size_t part_count)
{
    struct fx_bus_snapshot_info written = *info;
    char header[FX_BUS_SNAPSHOT_HEADER_SIZE];
    written.size = 0;
    written.crc = 0;
    for (size_t index = 0; index < part_count; index++) {
        const uint64_t at = sizeof header + written.size;
        const int error = fx_bus_file_write_all(system, file, parts[index], at);
        if (error != 0) {
            return error;
        }
        written.crc = fx_crc32c(written.crc, parts[index].data, parts[index].size);
        written.size += parts[index].size;
    }
    encode_header(&written, header);
    const int error = fx_bus_file_write_all(system, file, (fx_str){header, sizeof header}, 0);
    return error != 0 ? error : system->ops->sync(system->disk, file);
}

fx_status fx_bus_snapshot_write(const struct fx_bus_file_system *system,
                                const char *dir,
                                const struct fx_bus_snapshot_info *info,
                                const fx_str parts[],
                                size_t part_count)
{
    char source[FX_BUS_FILE_PATH_SIZE_MAX];
    char target[FX_BUS_FILE_PATH_SIZE_MAX];
    int file = 0;
    if (!fx_bus_file_join(dir, TEMPORARY_NAME, source) || !path_of(dir, info->seq, target)) {
        return FX_IO;
    }
    int error = system->ops->open(system->disk, source, FX_BUS_FILE_CREATE, &file);
    if (error == 0) {
        error = write_content(system, file, info, parts, part_count);
        system->ops->close(system->disk, file);
        if (error == 0) {
            error = system->ops->rename(system->disk, source, target);
        }
        if (error != 0) {
            (void)system->ops->unlink(system->disk, source); /* the reason is told already */
        }
    }
    if (error == 0) {
        error = system->ops->sync_dir(system->disk, dir);
    }
    const fx_status status = fx_bus_file_status(error);
    return status == FX_OK || status == FX_NO_SPACE ? status : FX_IO;
}

struct listing {
    uint64_t *seqs;
    size_t capacity;
    size_t count;
};

/* Insert, newest first; the oldest falls off the end. */
static void list_add(void *context, const char *name)
{
    struct listing *listing = context;
    uint64_t seq = 0;
    if (!parse_name(name, &seq)) {
        return;
    }
    size_t at = listing->count;
    while (at > 0 && listing->seqs[at - 1] < seq) {
        at--;
    }
    if (at == listing->capacity) {
        return;
    }
    const size_t kept = listing->count < listing->capacity ? listing->count : listing->capacity - 1;
    memmove(listing->seqs + at + 1, listing->seqs + at, (kept - at) * sizeof listing->seqs[0]);
    listing->seqs[at] = seq;
    listing->count = kept + 1;
}

fx_status fx_bus_snapshot_list(
    const struct fx_bus_file_system *system,
    const char *dir,
    // NOLINTNEXTLINE(readability-non-const-parameter): filled by list_add
    uint64_t seqs_out[],
    size_t capacity,
    size_t *count_out)
{
    struct listing listing = {.seqs = seqs_out, .capacity = capacity};
    if (system->ops->list(system->disk, dir, list_add, &listing) != 0) {
        return FX_IO;
    }
    *count_out = listing.count;
    return FX_OK;
}

/* Read the body in pieces, into `body` or, where that is NULL, only for its checksum. */
static fx_status read_body(const struct fx_bus_file_system *system,
                           int file,
                           const struct fx_bus_snapshot_info *info,
                           char *body)
{
    uint32_t crc = 0;
    fx_status status = FX_OK;
    char *chunk = body != NULL ? NULL : malloc(CHUNK_SIZE);
    if (body == NULL && chunk == NULL) {
        return FX_NO_MEMORY;
    }
    for (uint64_t done = 0; done < info->size && status == FX_OK;) {
        const uint64_t left = info->size - done;
        const size_t size = left < CHUNK_SIZE ? (size_t)left : CHUNK_SIZE;
        const uint64_t at = FX_BUS_SNAPSHOT_HEADER_SIZE + done;
        size_t got = 0;
        char *target = body != NULL ? body + done : chunk;
        if (system->ops->read_at(system->disk, file, target, size, at, &got) != 0) {
            status = FX_IO;
        } else if (got != size) {
            status = FX_CORRUPT;
        }
        crc = fx_crc32c(crc, target, got);
        done += size;
    }
    free(chunk);
    return status == FX_OK && crc != info->crc ? FX_CORRUPT : status;
}

static fx_status read_file(const struct fx_bus_file_system *system,
                           // NOLINTNEXTLINE(bugprone-easily-swappable-parameters): which, then how
                           int file,
                           uint64_t seq,
                           bool is_kept,
                           struct fx_bus_snapshot *snapshot_out)
{
    char header[FX_BUS_SNAPSHOT_HEADER_SIZE];
    struct fx_bus_snapshot snapshot = {.body = NULL};
    uint64_t file_size = 0;
    size_t got = 0;
    if (system->ops->size(system->disk, file, &file_size) != 0 ||
        system->ops->read_at(system->disk, file, header, sizeof header, 0, &got) != 0) {
        return FX_IO;
    }
    fx_status status = got == sizeof header ? decode_header(header, &snapshot.info) : FX_CORRUPT;
    if (status != FX_OK) {
        return status;
    }
    /* The size is believed only where the file has it: it decides how much memory is asked for. */
    if (snapshot.info.seq != seq || snapshot.info.size != file_size - sizeof header) {
        return FX_CORRUPT;
    }
    if (is_kept) {
        snapshot.body = malloc(snapshot.info.size > 0 ? snapshot.info.size : 1);
        if (snapshot.body == NULL) {
            return FX_NO_MEMORY;
        }
    }
    status = read_body(system, file, &snapshot.info, snapshot.body);
    if (status != FX_OK) {
        free(snapshot.body);
        return status;
    }
    *snapshot_out = snapshot;
    return FX_OK;
}

static fx_status read_snapshot(const struct fx_bus_file_system *system,
                               const char *dir,
                               uint64_t seq,
                               bool is_kept,
                               struct fx_bus_snapshot *snapshot_out)
{
    char path[FX_BUS_FILE_PATH_SIZE_MAX];
    int file = 0;
    if (!path_of(dir, seq, path)) {
        return FX_IO;
    }
    const int error = system->ops->open(system->disk, path, FX_BUS_FILE_READ, &file);
    if (error != 0) {
        return error == ENOENT ? FX_NOT_FOUND : FX_IO;
    }
    const fx_status status = read_file(system, file, seq, is_kept, snapshot_out);
    system->ops->close(system->disk, file);
    return status;
}

fx_status fx_bus_snapshot_load(const struct fx_bus_file_system *system,
                               const char *dir,
                               uint64_t seq,
                               struct fx_bus_snapshot *snapshot_out)
{
    return read_snapshot(system, dir, seq, true, snapshot_out);
}

fx_status fx_bus_snapshot_verify(const struct fx_bus_file_system *system,
                                 const char *dir,
                                 uint64_t seq,
                                 struct fx_bus_snapshot_info *info_out)
{
    struct fx_bus_snapshot snapshot;
    const fx_status status = read_snapshot(system, dir, seq, false, &snapshot);
    if (status == FX_OK) {
        *info_out = snapshot.info;
    }
    return status;
}

fx_status fx_bus_snapshot_load_newest(const struct fx_bus_file_system *system,
                                      const char *dir,
                                      struct fx_bus_snapshot *snapshot_out)
{
    size_t count = 0;
    uint64_t *seqs = malloc(FX_BUS_SNAPSHOT_LIST_MAX * sizeof *seqs);
    if (seqs == NULL) {
        return FX_NO_MEMORY;
    }
    fx_status status = fx_bus_snapshot_list(system, dir, seqs, FX_BUS_SNAPSHOT_LIST_MAX, &count);
    if (status == FX_OK) {
        status = count == 0 ? FX_NOT_FOUND : FX_CORRUPT;
    }
    for (size_t index = 0; status == FX_CORRUPT && index < count; index++) {
        /* Unreadable and of another format counts as damaged: an older file may be better. */
        const fx_status found = fx_bus_snapshot_load(system, dir, seqs[index], snapshot_out);
        if (found == FX_OK) {
            snapshot_out->skipped_count = (uint32_t)index;
        }
        if (found == FX_OK || found == FX_NO_MEMORY) {
            status = found;
        }
    }
    free(seqs);
    return status;
}

void fx_bus_snapshot_release(struct fx_bus_snapshot *snapshot)
{
    free(snapshot->body);
    snapshot->body = NULL;
}

fx_status fx_bus_snapshot_trim(const struct fx_bus_file_system *system,
                               const char *dir,
                               size_t keep_count,
                               uint64_t *oldest_seq_out)
{
    FX_ASSERT(keep_count >= 2);
    char path[FX_BUS_FILE_PATH_SIZE_MAX];
    size_t count = 0;
    uint64_t *seqs = malloc(FX_BUS_SNAPSHOT_LIST_MAX * sizeof *seqs);
    if (seqs == NULL) {
        return FX_NO_MEMORY;
    }
    fx_status status = fx_bus_snapshot_list(system, dir, seqs, FX_BUS_SNAPSHOT_LIST_MAX, &count);
    for (size_t index = keep_count; status == FX_OK && index < count; index++) {
        if (!path_of(dir, seqs[index], path) || system->ops->unlink(system->disk, path) != 0) {
            status = FX_IO;
        }
    }
    if (status == FX_OK && count > keep_count && system->ops->sync_dir(system->disk, dir) != 0) {
        status = FX_IO;
    }
    if (status == FX_OK) {
        const size_t kept = count < keep_count ? count : keep_count;
        *oldest_seq_out = kept > 0 ? seqs[kept - 1] : 0;
        if (fx_bus_file_join(dir, TEMPORARY_NAME, path)) {
            (void)system->ops->unlink(system->disk, path); /* usually it is absent */
        }
    }
    free(seqs);
    return status;
}

fx_status fx_bus_snapshot_drop_after(const struct fx_bus_file_system *system,
                                     const char *dir,
                                     uint64_t last_seq,
                                     uint32_t *count_out)
{
    char path[FX_BUS_FILE_PATH_SIZE_MAX];
    size_t count = 0;
    uint32_t dropped = 0;
    uint64_t *seqs = malloc(FX_BUS_SNAPSHOT_LIST_MAX * sizeof *seqs);
    if (seqs == NULL) {
        return FX_NO_MEMORY;
    }
    fx_status status = fx_bus_snapshot_list(system, dir, seqs, FX_BUS_SNAPSHOT_LIST_MAX, &count);
    for (size_t index = 0; status == FX_OK && index < count && seqs[index] > last_seq; index++) {
        if (!path_of(dir, seqs[index], path) || system->ops->unlink(system->disk, path) != 0) {
            status = FX_IO;
        }
        dropped++;
    }
    if (status == FX_OK && dropped > 0 && system->ops->sync_dir(system->disk, dir) != 0) {
        status = FX_IO;
    }
    free(seqs);
    if (status == FX_OK) {
        *count_out = dropped;
    }
    return status;
}
