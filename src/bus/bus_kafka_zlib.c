/*
 * librdkafka packs and unpacks batches by zlib and lets nobody choose another library. The dynamic
 * linker looks for a library's functions in the program first: here they are. What librdkafka asks
 * for at level 1 is done by bus_gzip; all else, and all of everybody else's, is zlib's own.
 */
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "base/panic.h"
#include "bus/bus_gzip.h"
#include "bus/bus_kafka_int.h"

enum {
    GZIP_BITS = 15 + 16,        /* a gzip stream with the largest window */
    GZIP_OR_ZLIB_BITS = 15 + 32 /* … or a zlib stream, as its first bytes say */
};

static const uint8_t GZIP_MAGIC[] = {0x1f, 0x8b};

/* All that is served here. */
static const char *const SERVED[] = {"deflateInit2_",
                                     "deflate",
                                     "deflateBound",
                                     "deflateEnd",
                                     "inflateInit2_",
                                     "inflate",
                                     "inflateEnd"};

/* Stands where zlib's own state stands, whose first member leads back to the z_stream. */
struct own {
    const void *mark;
    struct fx_bus_gzip_pack *pack;     /* one of them */
    struct fx_bus_gzip_unpack *unpack; /* …; NULL before the first bytes are seen */
};

/* The functions that these here stand in front of, and where librdkafka is. */
struct behind {
    int (*deflate_init)(z_streamp, int, int, int, int, int, const char *, int);
    int (*deflate)(z_streamp, int);
    uLong (*deflate_bound)(z_streamp, uLong);
    int (*deflate_end)(z_streamp);
    int (*inflate_init)(z_streamp, int, const char *, int);
    int (*inflate)(z_streamp, int);
    int (*inflate_end)(z_streamp);
    uintptr_t first; /* of librdkafka's memory; 0: nothing is served */
    uintptr_t end;
    const char *reason; /* … why */
};

// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables): of the process, as its linker is
static struct behind behind;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static atomic_bool is_off;
static atomic_uint_fast64_t packed;
static atomic_uint_fast64_t unpacked;
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)

/* ---- who is who ------------------------------------------------------------------------------ */

const char *fx_bus_kafka_zlib_foreign(const char *const names[], size_t count)
{
    for (size_t index = 0; index < count; index++) {
        bool is_served = strncmp(names[index], "deflate", strlen("deflate")) != 0 &&
                         strncmp(names[index], "inflate", strlen("inflate")) != 0;
        for (size_t known = 0; known < sizeof SERVED / sizeof SERVED[0]; known++) {
            is_served = is_served || strcmp(names[index], SERVED[known]) == 0;
        }
        if (!is_served) {
            return names[index];
        }
    }
    return NULL;
}

// NOLINTBEGIN(performance-no-int-to-ptr): addresses of a loaded library, as its tables have them

/* Some linkers turn the offsets in a library's table into addresses, others do not. */
static const void *address_of(const struct dl_phdr_info *info, uintptr_t value)
{
    return (const void *)(value < info->dlpi_addr ? value + info->dlpi_addr : value);
}

/* What a library wants of others stands at the beginning of its symbols, in front of those that can
 * be found by the hashes of their names. @return why it cannot be served; NULL: it can. */
static const char *judge_imports(const struct dl_phdr_info *info, const ElfW(Dyn) * entry)
{
    const ElfW(Sym) *symbols = NULL;
    const char *names = NULL;
    const uint32_t *hashes = NULL; /* the second number of this table says how many they are */
    for (; entry->d_tag != DT_NULL; entry++) {
        const void *place = address_of(info, entry->d_un.d_ptr);
        symbols = entry->d_tag == DT_SYMTAB ? place : symbols;
        names = entry->d_tag == DT_STRTAB ? place : names;
        hashes = entry->d_tag == DT_GNU_HASH ? place : hashes;
    }
    if (symbols == NULL || names == NULL || hashes == NULL) {
        return "its symbols cannot be read";
    }
    for (uint32_t index = 1; index < hashes[1]; index++) {
        const char *name = names + symbols[index].st_name;
        if (symbols[index].st_shndx == SHN_UNDEF && fx_bus_kafka_zlib_foreign(&name, 1) != NULL) {
            return name; /* a state of ours would be nothing to that function */
        }
    }
    return NULL;
}

/* Of each loaded library: the one with this function is librdkafka. */
static int find_library(struct dl_phdr_info *info, size_t size, void *context)
{
    const uintptr_t inside = (uintptr_t)context;
    uintptr_t first = UINTPTR_MAX, end = 0;
    const ElfW(Dyn) *table = NULL;
    (void)size;
    for (uint32_t index = 0; index < info->dlpi_phnum; index++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[index];
        const uintptr_t begin = info->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_LOAD) {
            first = begin < first ? begin : first;
            end = begin + part->p_memsz > end ? begin + part->p_memsz : end;
        }
        table = part->p_type == PT_DYNAMIC ? (const ElfW(Dyn) *)begin : table;
    }
    if (inside < first || inside >= end) {
        return 0;
    }
    behind.reason = table == NULL ? "it has no table" : judge_imports(info, table);
    if (behind.reason == NULL) {
        behind.first = first;
        behind.end = end;
    }
    return 1;
}

// NOLINTEND(performance-no-int-to-ptr)

static void find_function(const char *name, void *function_out, size_t size)
{
    void *found = dlsym(RTLD_NEXT, name);
    FX_ASSERT(found != NULL && size == sizeof found);
    memcpy(function_out, &found, sizeof found); /* ISO C has no cast between the two */
}

#define FIND(name, member) find_function((name), &behind.member, sizeof behind.member)

static void look(void)
{
    FIND("deflateInit2_", deflate_init);
    FIND("deflate", deflate);
    FIND("deflateBound", deflate_bound);
    FIND("deflateEnd", deflate_end);
    FIND("inflateInit2_", inflate_init);
    FIND("inflate", inflate);
    FIND("inflateEnd", inflate_end);
    behind.reason = "librdkafka was not found";
    /* Through the linker: the program's own address of a library's function may be a jump to it. */
    void *inside = dlsym(RTLD_NEXT, "rd_kafka_version");
    if (inside != NULL) {
        (void)dl_iterate_phdr(find_library, inside);
    }
}

static const struct behind *real(void)
{
    const int failure = pthread_once(&once, look);
    FX_ASSERT(failure == 0);
    return &behind;
}

static bool is_of_kafka(const void *caller)
{
    const struct behind *zlib = real();
    return (uintptr_t)caller >= zlib->first && (uintptr_t)caller < zlib->end &&
           !atomic_load_explicit(&is_off, memory_order_relaxed);
}

/* @return NULL where the stream is zlib's. */
static struct own *own_of(z_streamp stream)
{
    const void *mark = NULL;
    if (stream == NULL || stream->state == NULL) {
        return NULL;
    }
    memcpy(&mark, stream->state, sizeof mark);
    return mark == &behind ? (struct own *)(void *)stream->state : NULL;
}

static int begin(z_streamp stream, struct fx_bus_gzip_pack *pack)
{
    struct own *own = malloc(sizeof *own);
    if (own == NULL) {
        return Z_MEM_ERROR;
    }
    *own = (struct own){.mark = &behind, .pack = pack};
    stream->state = (struct internal_state *)(void *)own;
    stream->total_in = 0;
    stream->total_out = 0;
    stream->msg = NULL;
    return Z_OK;
}

static int end(z_streamp stream, struct own *own)
{
    fx_bus_gzip_pack_close(own->pack);
    fx_bus_gzip_unpack_close(own->unpack);
    free(own);
    stream->state = NULL;
    return Z_OK;
}

static struct fx_bus_gzip_io io_of(z_streamp stream)
{
    return (struct fx_bus_gzip_io){
        (uint8_t *)stream->next_in, stream->avail_in, stream->next_out, stream->avail_out};
}

/* @return true where anything was read or written. */
static bool advance(z_streamp stream, const struct fx_bus_gzip_io *io)
{
    const uint32_t read = stream->avail_in - io->in_size;
    const uint32_t written = stream->avail_out - io->out_size;
    stream->total_in += read;
    stream->total_out += written;
    stream->next_in = io->in;
    stream->avail_in = io->in_size;
    stream->next_out = io->out;
    stream->avail_out = io->out_size;
    return read + written > 0;
}

const char *fx_bus_kafka_zlib_begin(bool is_wanted)
{
    if (!is_wanted) {
        atomic_store(&is_off, true);
    }
    return atomic_load(&is_off) ? "as asked for" : real()->reason;
}

struct fx_bus_kafka_zlib_stats fx_bus_kafka_zlib_stats(void)
{
    return (struct fx_bus_kafka_zlib_stats){
        .packed = atomic_load_explicit(&packed, memory_order_relaxed),
        .unpacked = atomic_load_explicit(&unpacked, memory_order_relaxed)};
}

/* ---- in front of zlib ------------------------------------------------------------------------ */

// NOLINTBEGIN(readability-identifier-naming,bugprone-easily-swappable-parameters): zlib's names
// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name,readability-function-size): …

int deflateInit2_(z_streamp stream,
                  int level,
                  int method,
                  int bits,
                  int memory,
                  int strategy,
                  const char *version,
                  int size)
{
    if (level != 1 || bits != GZIP_BITS || strategy != Z_DEFAULT_STRATEGY ||
        !is_of_kafka(__builtin_return_address(0))) {
        return real()->deflate_init(stream, level, method, bits, memory, strategy, version, size);
    }
    struct fx_bus_gzip_pack *pack = fx_bus_gzip_pack_open();
    const int result = pack == NULL ? Z_MEM_ERROR : begin(stream, pack);
    if (result != Z_OK) {
        fx_bus_gzip_pack_close(pack);
    }
    return result;
}

uLong deflateBound(z_streamp stream, uLong size)
{
    return own_of(stream) == NULL ? real()->deflate_bound(stream, size) : fx_bus_gzip_bound(size);
}

int deflate(z_streamp stream, int flush)
{
    struct own *own = own_of(stream);
    if (own == NULL) {
        return real()->deflate(stream, flush);
    }
    if (own->pack == NULL || (flush != Z_NO_FLUSH && flush != Z_FINISH)) {
        return Z_STREAM_ERROR;
    }
    struct fx_bus_gzip_io io = io_of(stream);
    const fx_status status = fx_bus_gzip_pack_run(own->pack, &io, flush == Z_FINISH);
    (void)advance(stream, &io);
    if (status != FX_OK) {
        return Z_BUF_ERROR; /* librdkafka sends the batch as it is */
    }
    if (flush == Z_NO_FLUSH) {
        return Z_OK;
    }
    atomic_fetch_add_explicit(&packed, 1, memory_order_relaxed);
    return Z_STREAM_END;
}

int deflateEnd(z_streamp stream)
{
    struct own *own = own_of(stream);
    return own == NULL ? real()->deflate_end(stream) : end(stream, own);
}

int inflateInit2_(z_streamp stream, int bits, const char *version, int size)
{
    if (bits != GZIP_OR_ZLIB_BITS || !is_of_kafka(__builtin_return_address(0))) {
        return real()->inflate_init(stream, bits, version, size);
    }
    return begin(stream, NULL);
}

/* The first bytes say whose it is: zlib's own, where it is no gzip stream. */
static int open_unpack(z_streamp stream, struct own *own)
{
    if (stream->avail_in < sizeof GZIP_MAGIC ||
        memcmp(stream->next_in, GZIP_MAGIC, sizeof GZIP_MAGIC) != 0) {
        (void)end(stream, own);
        return real()->inflate_init(stream, GZIP_OR_ZLIB_BITS, ZLIB_VERSION, (int)sizeof *stream);
    }
    own->unpack = fx_bus_gzip_unpack_open();
    return own->unpack == NULL ? Z_MEM_ERROR : Z_OK;
}

int inflate(z_streamp stream, int flush)
{
    bool is_end = false;
    struct own *own = own_of(stream);
    if (own != NULL && own->pack != NULL) {
        return Z_STREAM_ERROR;
    }
    if (own != NULL && own->unpack == NULL) {
        const int result = open_unpack(stream, own);
        if (result != Z_OK) {
            return result;
        }
        own = own_of(stream);
    }
    if (own == NULL) {
        return real()->inflate(stream, flush);
    }
    struct fx_bus_gzip_io io = io_of(stream);
    const fx_status status = fx_bus_gzip_unpack_run(own->unpack, &io, &is_end);
    const bool has_moved = advance(stream, &io);
    if (status != FX_OK) {
        return Z_DATA_ERROR;
    }
    if (!is_end) {
        return has_moved ? Z_OK : Z_BUF_ERROR;
    }
    atomic_fetch_add_explicit(&unpacked, 1, memory_order_relaxed);
    return Z_STREAM_END;
}

int inflateEnd(z_streamp stream)
{
    struct own *own = own_of(stream);
    return own == NULL ? real()->inflate_end(stream) : end(stream, own);
}

// NOLINTEND(readability-inconsistent-declaration-parameter-name,readability-function-size)
// NOLINTEND(readability-identifier-naming,bugprone-easily-swappable-parameters)
