#include "bus/bus_gzip.h"

#include <isa-l/igzip_lib.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    LEVEL = 1,
    GATHER_SIZE = 16384, /* what comes in small pieces is packed together: see gather() */
    TOKENS_SIZE = ISAL_DEF_LVL1_DEFAULT, /* blocks of up to 256 KiB: one table for each */
    BOUND_REST = 4096                    /* header, trailer, tables of a small text */
};

struct fx_bus_gzip_pack {
    struct isal_zstream stream;
    uint32_t gathered_size;
    uint8_t gathered[GATHER_SIZE];
    uint8_t tokens[TOKENS_SIZE];
};

struct fx_bus_gzip_unpack {
    struct inflate_state state;
};

/* A stream is a third of a megabyte: fetched from the system anew, its pages would cost more than
 * packing a small batch does. So the last one that was closed is kept. */
// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables): memory without content
static _Atomic(struct fx_bus_gzip_pack *) spare_pack;
static _Atomic(struct fx_bus_gzip_unpack *) spare_unpack;
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)

/* Where nothing repeats, a block is stored, or has a table and 9 bits a byte at worst. */
size_t fx_bus_gzip_bound(size_t size)
{
    return size + size / 8 + BOUND_REST;
}

struct fx_bus_gzip_pack *fx_bus_gzip_pack_open(void)
{
    struct fx_bus_gzip_pack *pack = atomic_exchange(&spare_pack, NULL);
    if (pack == NULL) {
        pack = malloc(sizeof *pack);
    }
    if (pack != NULL) {
        isal_deflate_init(&pack->stream);
        pack->gathered_size = 0;
        pack->stream.level = LEVEL;
        pack->stream.level_buf = pack->tokens;
        pack->stream.level_buf_size = sizeof pack->tokens;
        pack->stream.gzip_flag = IGZIP_GZIP;
        pack->stream.flush = NO_FLUSH;
    }
    return pack;
}

void fx_bus_gzip_pack_close(struct fx_bus_gzip_pack *pack)
{
    free(pack == NULL ? NULL : atomic_exchange(&spare_pack, pack));
}

/* All of the input, into what room there is. */
static fx_status deflate_all(struct fx_bus_gzip_pack *pack, struct fx_bus_gzip_io *io, bool is_last)
{
    struct isal_zstream *stream = &pack->stream;
    stream->next_in = io->in;
    stream->avail_in = io->in_size;
    stream->next_out = io->out;
    stream->avail_out = io->out_size;
    stream->end_of_stream = is_last ? 1 : 0;
    const int result = isal_deflate(stream);
    io->in = stream->next_in;
    io->in_size = stream->avail_in;
    io->out = stream->next_out;
    io->out_size = stream->avail_out;
    const bool is_ended = stream->internal_state.state == ZSTATE_END;
    return result == COMP_OK && io->in_size == 0 && is_ended == is_last ? FX_OK : FX_CAPACITY;
}

/* ISA-L sizes its table of what was seen by its first piece; librdkafka hands over
 * a record in several pieces, the first of a byte. So a batch of outputs had two to six times
 * the size. */
static void gather(struct fx_bus_gzip_pack *pack, struct fx_bus_gzip_io *io)
{
    const uint32_t room = GATHER_SIZE - pack->gathered_size;
    const uint32_t size = io->in_size < room ? io->in_size : room;
    if (size > 0) {
        memcpy(pack->gathered + pack->gathered_size, io->in, size);
        pack->gathered_size += size;
        io->in += size;
        io->in_size -= size;
    }
}

fx_status fx_bus_gzip_pack_run(struct fx_bus_gzip_pack *pack,
                               struct fx_bus_gzip_io *io,
                               bool is_last)
{
    fx_status status = FX_OK;
    do {
        if (pack->gathered_size == 0 && io->in_size >= GATHER_SIZE) {
            return deflate_all(pack, io, is_last); /* where it is */
        }
        gather(pack, io);
        if (pack->gathered_size < GATHER_SIZE && !is_last) {
            break;
        }
        struct fx_bus_gzip_io own = {.in = pack->gathered,
                                     .in_size = pack->gathered_size,
                                     .out = io->out,
                                     .out_size = io->out_size};
        status = deflate_all(pack, &own, is_last && io->in_size == 0);
        pack->gathered_size = 0;
        io->out = own.out;
        io->out_size = own.out_size;
    } while (status == FX_OK && io->in_size > 0);
    return status;
}

struct fx_bus_gzip_unpack *fx_bus_gzip_unpack_open(void)
{
    struct fx_bus_gzip_unpack *unpack = atomic_exchange(&spare_unpack, NULL);
    if (unpack == NULL) {
        unpack = malloc(sizeof *unpack);
    }
    if (unpack != NULL) {
        isal_inflate_init(&unpack->state);
        unpack->state.crc_flag = ISAL_GZIP;
    }
    return unpack;
}

void fx_bus_gzip_unpack_close(struct fx_bus_gzip_unpack *unpack)
{
    free(unpack == NULL ? NULL : atomic_exchange(&spare_unpack, unpack));
}

fx_status fx_bus_gzip_unpack_run(struct fx_bus_gzip_unpack *unpack,
                                 struct fx_bus_gzip_io *io,
                                 bool *is_end_out)
{
    struct inflate_state *state = &unpack->state;
    state->next_in = io->in;
    state->avail_in = io->in_size;
    state->next_out = io->out;
    state->avail_out = io->out_size;
    const int result = isal_inflate(state);
    io->in = state->next_in;
    io->in_size = state->avail_in;
    io->out = state->next_out;
    io->out_size = state->avail_out;
    const bool is_good =
        result == ISAL_DECOMP_OK || result == ISAL_END_INPUT || result == ISAL_OUT_OVERFLOW;
    *is_end_out = is_good && state->block_state == ISAL_BLOCK_FINISH;
    return is_good ? FX_OK : FX_CORRUPT;
}
