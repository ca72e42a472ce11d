/**
 * @file bus_gzip.h
 * gzip streams at the speed of ISA-L: four times as fast as zlib's level 1, and somewhat smaller.
 *
 * Both ways take what there is to read and room to write into, piece by piece, as zlib does. A
 * stream that is closed leaves its memory to the next one. Thread: a stream belongs to one; streams
 * of several threads do not disturb each other.
 */
#ifndef FX_BUS_BUS_GZIP_H
#define FX_BUS_BUS_GZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/** What is left to read and to write; both move with what was done. Borrowed. */
struct fx_bus_gzip_io {
    uint8_t *in;
    uint32_t in_size;
    uint8_t *out;
    uint32_t out_size;
};

struct fx_bus_gzip_pack;   /* bytes → gzip */
struct fx_bus_gzip_unpack; /* gzip → bytes */

/** Room that `size` bytes need at most, whatever they are. */
size_t fx_bus_gzip_bound(size_t size);

/** @return NULL without memory; gives. */
struct fx_bus_gzip_pack *fx_bus_gzip_pack_open(void);

/** Accepts NULL. */
void fx_bus_gzip_pack_close(struct fx_bus_gzip_pack *pack);

/** Pack all of `io->in`; `is_last`: and write the end. @return OK; CAPACITY: no room, the stream is
 * to be closed. */
FX_MUST_USE fx_status fx_bus_gzip_pack_run(struct fx_bus_gzip_pack *pack,
                                           struct fx_bus_gzip_io *io,
                                           bool is_last);

/** @return NULL without memory; gives. */
struct fx_bus_gzip_unpack *fx_bus_gzip_unpack_open(void);

/** Accepts NULL. */
void fx_bus_gzip_unpack_close(struct fx_bus_gzip_unpack *unpack);

/** Unpack as far as there is input and room. Any bytes may come; the header in one piece, which
 * ISA-L does not always put together. *is_end_out: the end was read, and the checksum and the size
 * are right. @return OK; CORRUPT: this is no gzip stream, or a damaged one. */
FX_MUST_USE fx_status fx_bus_gzip_unpack_run(struct fx_bus_gzip_unpack *unpack,
                                             struct fx_bus_gzip_io *io,
                                             bool *is_end_out);

#endif
