#include "bus/bus_bytes.h"

#include <endian.h>
#include <string.h>

void fx_bus_bytes_put_u16(char target[2], uint16_t value)
{
    const uint16_t little = htole16(value);
    memcpy(target, &little, sizeof little);
}

void fx_bus_bytes_put_u32(char target[4], uint32_t value)
{
    const uint32_t little = htole32(value);
    memcpy(target, &little, sizeof little);
}

void fx_bus_bytes_put_u64(char target[8], uint64_t value)
{
    const uint64_t little = htole64(value);
    memcpy(target, &little, sizeof little);
}

uint16_t fx_bus_bytes_get_u16(const char source[2])
{
    uint16_t little = 0;
    memcpy(&little, source, sizeof little);
    return le16toh(little);
}

uint32_t fx_bus_bytes_get_u32(const char source[4])
{
    uint32_t little = 0;
    memcpy(&little, source, sizeof little);
    return le32toh(little);
}

uint64_t fx_bus_bytes_get_u64(const char source[8])
{
    uint64_t little = 0;
    memcpy(&little, source, sizeof little);
    return le64toh(little);
}

bool fx_bus_bytes_is_zero(const char *bytes, size_t size)
{
    /* The first byte is zero and each equals its neighbour: memcmp does it a word at a time. */
    return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}
