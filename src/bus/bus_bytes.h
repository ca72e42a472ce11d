/**
 * @file bus_bytes.h
 * Little-endian numbers in byte buffers: the only way numbers enter and leave the room's files.
 * Thread: any.
 */
#ifndef FX_BUS_BUS_BYTES_H
#define FX_BUS_BUS_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void fx_bus_bytes_put_u16(char target[2], uint16_t value);
void fx_bus_bytes_put_u32(char target[4], uint32_t value);
void fx_bus_bytes_put_u64(char target[8], uint64_t value);
uint16_t fx_bus_bytes_get_u16(const char source[2]);
uint32_t fx_bus_bytes_get_u32(const char source[4]);
uint64_t fx_bus_bytes_get_u64(const char source[8]);

/** True where all `size` bytes are 0. */
bool fx_bus_bytes_is_zero(const char *bytes, size_t size);

#endif
