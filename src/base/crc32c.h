/**
 * @file crc32c.h
 * CRC-32C (Castagnoli), as in iSCSI, ext4 and Kafka: finds torn and flipped bytes, not forgery.
 * Thread: any. Source: RFC 3720, appendix B.4 (test vectors).
 */
#ifndef FX_BASE_CRC32C_H
#define FX_BASE_CRC32C_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * The checksum of `size` bytes that follow bytes with the checksum `crc` (0 at the start), so
 * fx_crc32c(fx_crc32c(0, a), b) is that of a and b together. With the processor's instruction where
 * it has one.
 */
uint32_t fx_crc32c(uint32_t crc, const void *data, size_t size);

/** The same by table on any processor; public for tests and for comparison. */
uint32_t fx_crc32c_by_table(uint32_t crc, const void *data, size_t size);

/** True where fx_crc32c() uses the processor's instruction. */
bool fx_crc32c_is_hardware(void);

#endif
