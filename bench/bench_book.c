/*
 * bench_book [--json] [--runs N] [--orders N] [--window N] FILE...
 *
 * Runs streams of the workload generator ("FBWLOAD1", layout at the head of its source) through the
 * book, by the functions that the engine uses, and compares trades and final book with the stream's
 * footer. Every stream is run N times for the thread's CPU time per command (the median is printed)
 * and once more with a time stamp around every command for the percentiles, from which the cost of
 * an empty pair of stamps is subtracted. Memory is touched before the clock starts. Exit 1: a
 * result differs; exit 2: the call or a file is wrong.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "engine/book.h"
#include "model/order.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters,concurrency-mt-unsafe): plain numbers; one
// thread
enum { OP_NEW = 1, OP_CANCEL = 2, OP_MOVE = 3 };
enum { RUNS_MAX = 99, STAMPS = 65536, STAMP_PROBES = 100000, OVERFLOW_LEVELS = 16384 };

struct header {
    char magic[8];
    uint32_t version;
    uint32_t record_size;
    uint64_t fill_count;
    uint64_t bench_count;
    uint64_t seed;
    uint32_t profile;
    uint32_t symbol_count;
    uint32_t order_id_max;
    uint32_t user_count;
    int32_t price_min;
    int32_t price_max;
};

struct record {
    uint8_t op;
    uint8_t side;
    uint8_t tif;
    uint8_t zero;
    uint32_t symbol;
    uint32_t order_id;
    uint32_t user_id;
    int64_t price;
    uint32_t quantity;
    uint32_t sequence;
};

struct footer {
    char magic[8];
    uint64_t trades_fill;
    uint64_t trades_bench;
    uint64_t quantity_bench;
    uint64_t hash_all;
    uint64_t hash_book;
    uint64_t resting_end;
    uint64_t takers_bench;
};

_Static_assert(sizeof(struct header) == 64, "layout of the stream");
_Static_assert(sizeof(struct record) == 32, "layout of the stream");
_Static_assert(sizeof(struct footer) == 64, "layout of the stream");

struct stream {
    struct header header;
    struct record *records;
    struct footer footer;
};

struct options {
    bool is_json;
    uint32_t runs;
    uint32_t orders;
    uint32_t window;
};

/* What an engine has around its books: slots, a free list, ids to slots. */
struct world {
    struct fx_book **books;
    struct fx_resting *slots;
    uint32_t *id_of;     /* by slot: the cold half of an order */
    fx_slot *slot_of;    /* by id */
    fx_slot *free_slots; /* a stack */
    uint32_t free_count;
    uint64_t trade_hash;
    uint64_t trades;
    uint64_t quantity;
    void *memory;
    size_t memory_size;
};

struct result {
    double ns_per_command;
    double p50_ns;
    double p99_ns;
    double p999_ns;
    uint64_t trade_hash;
    uint64_t book_hash;
    uint64_t rss_kib;
    bool is_ok;
};

static _Noreturn void fail(const char *what, const char *why)
{
    (void)fprintf(stderr, "bench_book: %s: %s\n", what, why);
    exit(2);
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0xff51afd7ed558ccdULL;
    return hash ^ (hash >> 32U);
}

/* ---- files ---- */

static void stream_load(struct stream *stream, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fail(path, strerror(errno));
    }
    struct header *header = &stream->header;
    if (fread(header, sizeof *header, 1, file) != 1 ||
        memcmp(header->magic, "FBWLOAD1", sizeof header->magic) != 0) {
        fail(path, "not a workload stream (no FBWLOAD1 at its start)");
    }
    if (header->version != 1 || header->record_size != sizeof(struct record)) {
        fail(path, "unknown stream version or record size");
    }
    const uint64_t count = header->fill_count + header->bench_count;
    if (header->bench_count == 0 || count < header->bench_count || count > UINT32_MAX ||
        header->symbol_count == 0 || header->symbol_count > 65536 ||
        header->order_id_max == UINT32_MAX || header->price_min < 1 ||
        header->price_max < header->price_min) {
        fail(path, "a field of the header is out of range");
    }
    stream->records = malloc(count * sizeof *stream->records);
    if (stream->records == NULL) {
        fail(path, "out of memory");
    }
    if (fread(stream->records, sizeof *stream->records, count, file) != count ||
        fread(&stream->footer, sizeof stream->footer, 1, file) != 1) {
        fail(path, "the file is too short for its header");
    }
    if (memcmp(stream->footer.magic, "FBWLEND1", sizeof stream->footer.magic) != 0) {
        fail(path, "the footer (FBWLEND1) is missing");
    }
    (void)fclose(file);
}

static void stream_check(const struct stream *stream, const char *path)
{
    const struct header *header = &stream->header;
    for (uint64_t index = 0; index < header->fill_count + header->bench_count; index++) {
        const struct record *record = &stream->records[index];
        if (record->op < OP_NEW || record->op > OP_MOVE || record->side > 1 || record->tif > 1 ||
            record->symbol >= header->symbol_count || record->order_id == 0 ||
            record->order_id > header->order_id_max || record->price < header->price_min ||
            record->price > header->price_max || (record->op == OP_NEW && record->quantity == 0)) {
            char text[64];
            (void)snprintf(text, sizeof text, "record %" PRIu64 " is out of range", index);
            fail(path, text);
        }
    }
}

/* ---- the world ---- */

static void *carve(unsigned char **next, size_t size)
{
    void *piece = *next;
    *next += (size + 4095) / 4096 * 4096;
    return piece;
}

/* One mapping, in huge pages where the kernel gives them, every page touched. */
static void world_init(struct world *world,
                       const struct stream *stream,
                       const struct options *options)
{
    const struct fx_book_limits limits = {.window_levels = options->window,
                                          .overflow_levels_max = OVERFLOW_LEVELS};
    const uint32_t symbols = stream->header.symbol_count;
    const size_t ids = (size_t)stream->header.order_id_max + 1;
    const size_t orders = options->orders;
    const size_t per_order = sizeof(struct fx_resting) + 2 * sizeof(uint32_t);
    const size_t page = (size_t)2 << 20U;
    size_t size = symbols * (fx_book_size(limits) + 4096 + sizeof(void *));
    size += orders * per_order + ids * sizeof(fx_slot) + page;
    size = (size + page - 1) / page * page;

    memset(world, 0, sizeof *world);
    world->memory_size = size + page;
    world->memory =
        mmap(NULL, world->memory_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (world->memory == MAP_FAILED) {
        fail("memory", strerror(errno));
    }
    unsigned char *next = world->memory;
    next += page - (uintptr_t)next % page;
    (void)madvise(next, size, MADV_HUGEPAGE);
    memset(next, 0, size);
    world->slots = carve(&next, orders * sizeof *world->slots);
    world->id_of = carve(&next, orders * sizeof *world->id_of);
    world->free_slots = carve(&next, orders * sizeof *world->free_slots);
    world->slot_of = carve(&next, ids * sizeof *world->slot_of);
    world->books = carve(&next, symbols * sizeof(struct fx_book *));
    for (uint32_t symbol = 0; symbol < symbols; symbol++) {
        world->books[symbol] =
            fx_book_init(carve(&next, fx_book_size(limits)), limits, world->slots);
    }
    for (uint32_t slot = 0; slot < orders; slot++) {
        world->slots[slot].older = FX_SLOT_NONE;
        world->slots[slot].newer = FX_SLOT_NONE;
        world->free_slots[slot] = options->orders - 1 - slot;
    }
    memset(world->slot_of, 0xff, ids * sizeof *world->slot_of);
    world->free_count = options->orders;
    world->trade_hash = 0x9e3779b97f4a7c15ULL;
}

static void world_deinit(struct world *world)
{
    (void)munmap(world->memory, world->memory_size);
    memset(world, 0, sizeof *world);
}

static void release(struct world *world, fx_slot slot)
{
    world->slot_of[world->id_of[slot]] = FX_SLOT_NONE;
    world->free_slots[world->free_count++] = slot;
}

static enum fx_side opposite(uint8_t side)
{
    return (enum fx_side)(FX_SIDE_BUY + FX_SIDE_SELL - side);
}

/* True where an order meets the other side's best price. */
static bool is_marketable(const struct fx_book *book, const struct fx_resting *order)
{
    /* Arithmetic, not a condition: which side an order is on, no processor can guess. */
    const int64_t sign = FX_SIDE_BUY + FX_SIDE_SELL - 2 * order->side;
    const fx_px best = fx_book_best(book, opposite(order->side));
    return best.ticks != 0 && sign * (order->price.ticks - best.ticks) >= 0;
}

/* Trade a marketable taker against the book; its remainder stays in its slot. @return fills. */
__attribute__((noinline)) static uint64_t match(struct world *world,
                                                struct fx_book *book,
                                                fx_slot taker)
{
    struct fx_resting *order = &world->slots[taker];
    const enum fx_side other = opposite(order->side);
    uint64_t fills = 0;
    while (order->remaining.lots > 0 && is_marketable(book, order)) {
        const fx_slot maker = fx_book_front(book, other);
        const fx_qty traded = fx_book_fill(book, maker, order->remaining);
        const uint64_t ids = (uint64_t)world->id_of[maker] << 32U | world->id_of[taker];
        uint64_t hash = mix(world->trade_hash, ids);
        hash = mix(hash, (uint64_t)world->slots[maker].price.ticks);
        world->trade_hash = mix(hash, (uint64_t)traded.lots);
        world->quantity += (uint64_t)traded.lots;
        order->remaining.lots -= traded.lots;
        fills++;
        if (world->slots[maker].remaining.lots == 0) {
            release(world, maker);
        }
    }
    world->trades += fills;
    return fills;
}

/* Trade, then rest or let go of the remainder. @return fills. */
static uint64_t enter(struct world *world, struct fx_book *book, fx_slot slot, bool may_rest)
{
    struct fx_resting *order = &world->slots[slot];
    const uint64_t fills = is_marketable(book, order) ? match(world, book, slot) : 0;
    if (order->remaining.lots == 0 || !may_rest) {
        release(world, slot);
        return fills;
    }
    if (!fx_book_can_insert(book, (enum fx_side)order->side, order->price)) {
        fail("book", "no overflow level is free; use a larger --window");
    }
    fx_book_insert(book, slot);
    return fills;
}

static uint64_t apply(struct world *world, const struct record *record)
{
    struct fx_book *book = world->books[record->symbol];
    fx_slot slot = world->slot_of[record->order_id];
    if (record->op == OP_NEW) {
        if (world->free_count == 0) {
            fail("orders", "more orders rest than --orders allows");
        }
        slot = world->free_slots[--world->free_count];
        struct fx_resting *order = &world->slots[slot];
        order->remaining.lots = record->quantity;
        order->price.ticks = record->price;
        order->side = (uint8_t)(FX_SIDE_BUY + record->side);
        world->id_of[slot] = record->order_id;
        world->slot_of[record->order_id] = slot;
        return enter(world, book, slot, record->tif == 0);
    }
    if (slot == FX_SLOT_NONE) {
        return 0;
    }
    fx_book_remove(book, slot);
    if (record->op == OP_CANCEL) {
        release(world, slot);
        return 0;
    }
    world->slots[slot].price.ticks = record->price;
    return enter(world, book, slot, true);
}

static uint64_t level_hash(const struct world *world,
                           uint64_t hash,
                           fx_slot oldest,
                           uint32_t stream_side)
{
    for (fx_slot slot = oldest; slot != FX_SLOT_NONE; slot = world->slots[slot].newer) {
        hash = mix(hash, (uint64_t)world->id_of[slot] << 32U | stream_side);
        hash = mix(hash, (uint64_t)world->slots[slot].price.ticks);
        hash = mix(hash, (uint64_t)world->slots[slot].remaining.lots);
    }
    return hash;
}

static uint64_t book_hash(const struct world *world, uint32_t symbol_count)
{
    uint64_t hash = 0x9e3779b97f4a7c15ULL;
    for (uint32_t index = 0; index < 2 * symbol_count; index++) {
        const struct fx_book *book = world->books[index / 2];
        const enum fx_side side = (enum fx_side)(FX_SIDE_BUY + index % 2);
        struct fx_book_row row = {.price = {0}};
        while (fx_book_next(book, side, row.price, &row)) {
            hash = level_hash(world, hash, fx_book_oldest(book, side, row.price), index % 2);
        }
    }
    return hash;
}

static uint64_t resting(const struct world *world, uint32_t symbol_count)
{
    uint64_t count = 0;
    for (uint32_t symbol = 0; symbol < symbol_count; symbol++) {
        count += fx_book_count(world->books[symbol], FX_SIDE_BUY);
        count += fx_book_count(world->books[symbol], FX_SIDE_SELL);
    }
    return count;
}

/* ---- time ---- */

static double now_ns(clockid_t clock)
{
    struct timespec time;
    (void)clock_gettime(clock, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static uint64_t stamp(void)
{
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    return (uint64_t)now_ns(CLOCK_MONOTONIC);
#endif
}

struct histogram {
    uint32_t counts[STAMPS];
    uint64_t total;
};

static void histogram_add(struct histogram *histogram, uint64_t stamps)
{
    histogram->counts[stamps < STAMPS ? stamps : STAMPS - 1]++;
    histogram->total++;
}

static double histogram_at(const struct histogram *histogram, double share)
{
    const double want = share * (double)histogram->total;
    double seen = 0;
    uint32_t index = 0;
    while (index < STAMPS - 1) {
        seen += histogram->counts[index];
        if (seen >= want) {
            break;
        }
        index++;
    }
    return index;
}

static uint64_t rss_kib(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    char line[128];
    uint64_t pages = 0;
    if (file == NULL) {
        return 0;
    }
    if (fgets(line, sizeof line, file) != NULL && strchr(line, ' ') != NULL) {
        pages = strtoull(strchr(line, ' '), NULL, 10);
    }
    (void)fclose(file);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

static int compare_doubles(const void *left, const void *right)
{
    const double a = *(const double *)left;
    const double b = *(const double *)right;
    return (a > b) - (a < b);
}

/* ---- runs ---- */

static void run_check(const struct stream *stream,
                      const struct world *world,
                      struct result *result_out)
{
    const struct footer *footer = &stream->footer;
    const uint32_t symbols = stream->header.symbol_count;
    result_out->trade_hash = world->trade_hash;
    result_out->book_hash = book_hash(world, symbols);
    result_out->is_ok = result_out->is_ok && world->trade_hash == footer->hash_all &&
                        result_out->book_hash == footer->hash_book &&
                        world->trades == footer->trades_fill + footer->trades_bench &&
                        resting(world, symbols) == footer->resting_end;
    for (uint32_t symbol = 0; symbol < symbols; symbol++) {
        fx_book_check(world->books[symbol]);
    }
}

/* One run under the clock of this thread's CPU time. @return ns per command. */
static double run_timed(const struct stream *stream,
                        const struct options *options,
                        struct result *result_out)
{
    const struct header *header = &stream->header;
    const uint64_t count = header->fill_count + header->bench_count;
    struct world world;
    world_init(&world, stream, options);
    for (uint64_t index = 0; index < header->fill_count; index++) {
        (void)apply(&world, &stream->records[index]);
    }
    const uint64_t trades_fill = world.trades;
    const uint64_t quantity_fill = world.quantity;
    uint64_t takers = 0;
    const double begin_ns = now_ns(CLOCK_THREAD_CPUTIME_ID);
    for (uint64_t index = header->fill_count; index < count; index++) {
        takers += apply(&world, &stream->records[index]) > 0;
    }
    const double end_ns = now_ns(CLOCK_THREAD_CPUTIME_ID);
    result_out->is_ok = trades_fill == stream->footer.trades_fill &&
                        world.quantity - quantity_fill == stream->footer.quantity_bench &&
                        takers == stream->footer.takers_bench;
    run_check(stream, &world, result_out);
    result_out->rss_kib = rss_kib() - count * sizeof(struct record) / 1024;
    world_deinit(&world);
    return (end_ns - begin_ns) / (double)header->bench_count;
}

/* What a pair of stamps with nothing between them costs. */
static double stamp_cost(struct histogram *histogram)
{
    memset(histogram, 0, sizeof *histogram);
    for (int probe = 0; probe < STAMP_PROBES; probe++) {
        const uint64_t begin = stamp();
        histogram_add(histogram, stamp() - begin);
    }
    return histogram_at(histogram, 0.5);
}

/* One run with a stamp before and after every command. */
static void run_stamped(const struct stream *stream,
                        const struct options *options,
                        struct result *result_out)
{
    static struct histogram histogram;
    const struct header *header = &stream->header;
    const uint64_t count = header->fill_count + header->bench_count;
    const double cost = stamp_cost(&histogram);
    struct world world;
    world_init(&world, stream, options);
    memset(&histogram, 0, sizeof histogram);
    for (uint64_t index = 0; index < header->fill_count; index++) {
        (void)apply(&world, &stream->records[index]);
    }
    const double begin_ns = now_ns(CLOCK_MONOTONIC);
    const uint64_t begin = stamp();
    for (uint64_t index = header->fill_count; index < count; index++) {
        const uint64_t before = stamp();
        (void)apply(&world, &stream->records[index]);
        histogram_add(&histogram, stamp() - before);
    }
    const double ns_per_stamp = (now_ns(CLOCK_MONOTONIC) - begin_ns) / (double)(stamp() - begin);
    run_check(stream, &world, result_out);
    world_deinit(&world);
    const double shares[3] = {0.5, 0.99, 0.999};
    double found_ns[3];
    for (int index = 0; index < 3; index++) {
        const double stamps = histogram_at(&histogram, shares[index]) - cost;
        found_ns[index] = (stamps > 0 ? stamps : 0) * ns_per_stamp;
    }
    result_out->p50_ns = found_ns[0];
    result_out->p99_ns = found_ns[1];
    result_out->p999_ns = found_ns[2];
}

static struct result run(const char *path, const struct options *options)
{
    static struct stream stream;
    struct result result = {.is_ok = true};
    double times[RUNS_MAX];
    bool is_ok = true;
    stream_load(&stream, path);
    stream_check(&stream, path);
    for (uint32_t index = 0; index < options->runs; index++) {
        times[index] = run_timed(&stream, options, &result);
        is_ok = is_ok && result.is_ok;
    }
    run_stamped(&stream, options, &result);
    result.is_ok = is_ok && result.is_ok;
    qsort(times, options->runs, sizeof times[0], compare_doubles);
    result.ns_per_command = times[options->runs / 2];
    free(stream.records);
    return result;
}

/* ---- the call ---- */

static void print_result(const char *path,
                         const struct options *options,
                         const struct result *result)
{
    const char *slash = strrchr(path, '/');
    const char *stream = slash == NULL ? path : slash + 1;
    if (options->is_json) {
        (void)printf("{\"stream\":\"%s\",\"ns_per_command\":%.2f,\"p50_ns\":%.0f,\"p99_ns\":%.0f,"
                     "\"p999_ns\":%.0f,\"rss_kib\":%" PRIu64 ",\"trade_hash\":\"%016" PRIx64
                     "\",\"book_hash\":\"%016" PRIx64 "\",\"ok\":%s}\n",
                     stream,
                     result->ns_per_command,
                     result->p50_ns,
                     result->p99_ns,
                     result->p999_ns,
                     result->rss_kib,
                     result->trade_hash,
                     result->book_hash,
                     result->is_ok ? "true" : "false");
        return;
    }
    (void)printf("%-24s %10.1f %8.0f %8.0f %8.0f %8.1f  %016" PRIx64 " %016" PRIx64 "  %s\n",
                 stream,
                 result->ns_per_command,
                 result->p50_ns,
                 result->p99_ns,
                 result->p999_ns,
                 (double)result->rss_kib / 1024,
                 result->trade_hash,
                 result->book_hash,
                 result->is_ok ? "ok" : "WRONG");
}

static uint32_t number_of(const char *name, const char *text, uint32_t max)
{
    char *end = NULL;
    const unsigned long value = text == NULL ? 0 : strtoul(text, &end, 10);
    if (text == NULL || *end != '\0' || value == 0 || value > max) {
        fail(name, "needs a number from 1 up to its limit");
    }
    return (uint32_t)value;
}

static int parse(int count, char **arguments, struct options *options_out)
{
    int index = 1;
    for (; index < count && strncmp(arguments[index], "--", 2) == 0; index++) {
        const char *name = arguments[index];
        if (strcmp(name, "--json") == 0) {
            options_out->is_json = true;
        } else if (strcmp(name, "--runs") == 0) {
            options_out->runs = number_of(name, arguments[++index], RUNS_MAX);
        } else if (strcmp(name, "--orders") == 0) {
            options_out->orders = number_of(name, arguments[++index], 1U << 28U);
        } else if (strcmp(name, "--window") == 0) {
            options_out->window = number_of(name, arguments[++index], FX_BOOK_WINDOW_LEVELS_MAX);
        } else {
            fail(name, "unknown option");
        }
    }
    const uint32_t window = options_out->window;
    if (window < FX_BOOK_WINDOW_LEVELS_MIN || (window & (window - 1)) != 0) {
        fail("--window", "needs a power of two of at least 64");
    }
    if (index >= count) {
        fail("usage", "bench_book [--json] [--runs N] [--orders N] [--window N] FILE...");
    }
    return index;
}

int main(int argc, char **argv)
{
    struct options options = {.runs = 5, .orders = 1U << 18U, .window = 1U << 14U};
    bool is_ok = true;
    const int first = parse(argc, argv, &options);
    if (!options.is_json) {
        (void)printf("%-24s %10s %8s %8s %8s %8s  %-16s %-16s  ok\n",
                     "stream",
                     "ns/command",
                     "p50",
                     "p99",
                     "p99.9",
                     "RSS MiB",
                     "trade hash",
                     "book hash");
    }
    for (int index = first; index < argc; index++) {
        const struct result result = run(argv[index], &options);
        print_result(argv[index], &options, &result);
        is_ok = is_ok && result.is_ok;
    }
    return is_ok ? 0 : 1;
}
// NOLINTEND(bugprone-easily-swappable-parameters,concurrency-mt-unsafe)
