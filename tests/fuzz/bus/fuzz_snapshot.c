/* Any bytes as a snapshot file: loading answers with a status. Bit 0 of the first byte repairs the
 * header's checksum first. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/panic.h"
#include "bus/bus_bytes.h"
#include "bus/bus_disk.h"
#include "bus/bus_snapshot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > 1 << 16) {
        return 0;
    }
    struct fx_bus_disk *disk = fx_bus_disk_create(1);
    char *bytes = malloc(size);
    FX_ASSERT(disk != NULL);
    FX_ASSERT(bytes != NULL);
    const size_t body = size - 1;
    memcpy(bytes, data + 1, body);
    if ((data[0] & 1) != 0 && body >= FX_BUS_SNAPSHOT_HEADER_SIZE) {
        const size_t at = FX_BUS_SNAPSHOT_HEADER_SIZE - 4;
        fx_bus_bytes_put_u32(bytes + at, fx_crc32c(0, bytes, at));
    }
    const struct fx_bus_file_system system = fx_bus_disk_system(disk);
    int file = 0;
    const char *path = "data/snap-00000000000000000042.bin";
    FX_ASSERT(system.ops->open(disk, path, FX_BUS_FILE_CREATE, &file) == 0);
    FX_ASSERT(fx_bus_file_write_all(&system, file, (fx_str){bytes, body}, 0) == 0);
    system.ops->close(disk, file);
    struct fx_bus_snapshot snapshot;
    struct fx_bus_snapshot_info info;
    const fx_status status = fx_bus_snapshot_load_newest(&system, "data", &snapshot);
    FX_ASSERT(status == FX_OK || status == FX_CORRUPT);
    if (status == FX_OK) {
        FX_ASSERT(snapshot.info.seq == 42);
        FX_ASSERT(fx_crc32c(0, snapshot.body, snapshot.info.size) == snapshot.info.crc);
        FX_ASSERT(fx_bus_snapshot_verify(&system, "data", 42, &info) == FX_OK);
        fx_bus_snapshot_release(&snapshot);
    }
    free(bytes);
    fx_bus_disk_destroy(disk);
    return 0;
}
