/* Any bytes as segment files: recovery answers with a status and never delivers a wrong order.
 *
 * The first byte chooses: bit 0 splits the rest into two segments; bit 1 repairs the checksums of
 * headers and frames first, so that the fuzzer reaches what lies behind them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/panic.h"
#include "bus/bus_bytes.h"
#include "bus/bus_disk.h"
#include "bus/bus_journal.h"

enum { HEADER = FX_BUS_JOURNAL_SEGMENT_HEADER_SIZE, SIZE_MAX_BYTES = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static fx_status on_record(void *context, const struct fx_bus_journal_record *record)
{
    uint64_t *last_seq = context;
    FX_ASSERT(*last_seq == 0 || record->seq == *last_seq + 1);
    *last_seq = record->seq;
    volatile char sink = 0;
    for (size_t index = 0; index < record->bytes.size; index++) {
        sink = (char)(sink ^ record->bytes.data[index]);
    }
    return FX_OK;
}

/* Make a header's and each aligned frame's checksum right. */
static void repair(char *bytes, size_t size, uint64_t salt)
{
    if (size < HEADER) {
        return;
    }
    fx_bus_bytes_put_u32(bytes + HEADER - 4, fx_crc32c(0, bytes, HEADER - 4));
    for (size_t at = HEADER; at + 512 <= size; at += 512) {
        const uint32_t frame_size = fx_bus_bytes_get_u32(bytes + at + 4);
        if (fx_bus_bytes_get_u32(bytes + at) == FX_BUS_JOURNAL_FRAME_MAGIC && frame_size >= 512 &&
            frame_size <= size - at) {
            fx_bus_bytes_put_u64(bytes + at + 24, salt);
            const uint32_t crc = fx_crc32c(0, bytes + at + 12, frame_size - 12);
            fx_bus_bytes_put_u32(bytes + at + 8, crc);
        }
    }
}

static void put_file(struct fx_bus_disk *disk, char *bytes, size_t size, bool is_repaired)
{
    const struct fx_bus_file_system system = fx_bus_disk_system(disk);
    char name[FX_BUS_FILE_NAME_SIZE_MAX];
    char path[FX_BUS_FILE_PATH_SIZE_MAX];
    int file = 0;
    uint64_t first_seq = 1;
    if (size >= HEADER) {
        const uint64_t named = fx_bus_bytes_get_u64(bytes + 40);
        first_seq = named == 0 ? 1 : named;
        if (is_repaired) {
            repair(bytes, size, fx_bus_bytes_get_u64(bytes + 48));
        }
    }
    fx_bus_journal_segment_name(first_seq, name);
    FX_ASSERT(fx_bus_file_join("data", name, path));
    FX_ASSERT(system.ops->open(disk, path, FX_BUS_FILE_CREATE, &file) == 0);
    FX_ASSERT(fx_bus_file_write_all(&system, file, (fx_str){bytes, size}, 0) == 0);
    FX_ASSERT(system.ops->sync(disk, file) == 0);
    FX_ASSERT(system.ops->sync_dir(disk, "data") == 0);
    system.ops->close(disk, file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > SIZE_MAX_BYTES) {
        return 0;
    }
    struct fx_bus_disk *disk = fx_bus_disk_create(1);
    char *bytes = malloc(size);
    FX_ASSERT(disk != NULL);
    FX_ASSERT(bytes != NULL);
    memcpy(bytes, data + 1, size - 1);
    const bool is_split = (data[0] & 1) != 0;
    const bool is_repaired = (data[0] & 2) != 0;
    const size_t first = is_split ? (size - 1) / 2 : size - 1;
    put_file(disk, bytes, first, is_repaired);
    if (is_split) {
        put_file(disk, bytes + first, size - 1 - first, is_repaired);
    }
    uint64_t last_seq = 0;
    struct fx_bus_journal *journal = NULL;
    struct fx_bus_journal_report report;
    struct fx_bus_journal_options options = {.system = fx_bus_disk_system(disk),
                                             .dir = "data",
                                             .segment_size_bytes = 16384,
                                             .frame_size_max = 8192,
                                             .ring_size_bytes = 16384,
                                             .on_record = on_record,
                                             .recover_context = &last_seq};
    const fx_status status = fx_bus_journal_open(&options, &journal, &report);
    if (status == FX_OK) {
        /* What was accepted once is accepted again, and is the same. */
        const uint64_t next_seq = report.next_seq;
        FX_ASSERT(last_seq == 0 || last_seq + 1 == next_seq);
        fx_bus_journal_close(journal);
        last_seq = 0;
        FX_ASSERT(fx_bus_journal_open(&options, &journal, &report) == FX_OK);
        FX_ASSERT(report.next_seq == next_seq);
        fx_bus_journal_close(journal);
    } else {
        FX_ASSERT(report.text[0] != '\0');
    }
    free(bytes);
    fx_bus_disk_destroy(disk);
    return 0;
}
