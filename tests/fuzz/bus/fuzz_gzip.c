/* Any bytes as a gzip stream: where zlib reads a text to its end, ours reads the same one. */
#include <string.h>

#include <zlib.h>

#include "base/panic.h"
#include "bus/bus_gzip.h"

enum { ROOM = 1 << 18, GZIP_BITS = 31 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_by_zlib(const uint8_t *data, size_t size, uint8_t *text, size_t *size_out)
{
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    FX_ASSERT(inflateInit2(&stream, GZIP_BITS) == Z_OK);
    stream.next_in = (Bytef *)(uintptr_t)data;
    stream.avail_in = (uInt)size;
    stream.next_out = text;
    stream.avail_out = ROOM;
    const int result = inflate(&stream, Z_FINISH);
    *size_out = stream.total_out;
    FX_ASSERT(inflateEnd(&stream) == Z_OK);
    return result == Z_STREAM_END;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t text[ROOM], ours[ROOM];
    size_t text_size = 0;
    bool is_end = false;
    const bool is_good = size <= ROOM && read_by_zlib(data, size, text, &text_size);
    struct fx_bus_gzip_unpack *stream = fx_bus_gzip_unpack_open();
    FX_ASSERT(stream != NULL);
    struct fx_bus_gzip_io io = {(uint8_t *)(uintptr_t)data, (uint32_t)size, ours, ROOM};
    const fx_status status = fx_bus_gzip_unpack_run(stream, &io, &is_end);
    if (is_good) {
        FX_ASSERT(status == FX_OK && is_end);
        FX_ASSERT(ROOM - io.out_size == text_size && memcmp(ours, text, text_size) == 0);
    }
    fx_bus_gzip_unpack_close(stream);
    return 0;
}
