/*
 * A real market through the book: 20,000 order commands of the E-mini S&P 500 future. Every fill
 * must be the one that a plain price-time book gives, in the same order. The recording is not part
 * of this tree: FX_SHARED_DIR names the folder that holds data/, else it is looked for beside the
 * tree.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/book.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters,concurrency-mt-unsafe): two files; one thread
#define RECORDING "data/es-futures-2023-12-25.csv"
#define FILLS     "data/es-futures-2023-12-25.fills.csv"

enum { ORDERS_MAX = 20000, PATH_SIZE = 4096, LINE_SIZE = 256 };

/* One order of the recording; its index is its slot. Filled or cancelled: lots == 0. */
struct world {
    struct fx_book *book;
    void *memory;
    uint64_t ids[ORDERS_MAX];
    struct fx_resting slots[ORDERS_MAX];
    uint32_t count;
    FILE *fills;
    uint32_t fill_count;
};

struct command {
    uint64_t sequence;
    char op;
    char side;
    uint64_t order_id;
    int64_t ticks;
    int64_t lots;
};

static FILE *open_data(const char *name)
{
    char path[PATH_SIZE];
    const char *shared = getenv("FX_SHARED_DIR");
    (void)snprintf(
        path, sizeof path, "%s/%s", shared == NULL ? FX_SOURCE_DIR "/../shared" : shared, name);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        (void)fprintf(stderr, "SKIPPED: no recording %s (set FX_SHARED_DIR)\n", path);
    }
    return file;
}

/* The number in a comma-separated column, 0 where it is empty. */
static int64_t column(const char *line, int index)
{
    const char *field = line;
    for (int skipped = 0; skipped < index; skipped++) {
        field = strchr(field, ',');
        assert_non_null(field);
        field++;
    }
    return strtoll(field, NULL, 10);
}

/* seq,ts_ns,op,order_id,side,price_ticks,lots: a cancel names the order and nothing else. */
static bool read_command(FILE *file, struct command *command_out)
{
    char line[LINE_SIZE];
    if (fgets(line, sizeof line, file) == NULL) {
        return false;
    }
    const char *op = strchr(strchr(line, ',') + 1, ',') + 1;
    const char *side = strchr(op + 2, ',') + 1;
    *command_out = (struct command){.sequence = (uint64_t)column(line, 0),
                                    .op = *op,
                                    .side = *side,
                                    .order_id = (uint64_t)column(line, 3),
                                    .ticks = column(line, 5),
                                    .lots = column(line, 6)};
    assert_non_null(memchr("AMCT", command_out->op, 4));
    assert_true(command_out->op == 'C' || command_out->lots > 0);
    return true;
}

/* The slot of an order id, from the newest back; ORDERS_MAX where it is unknown. */
static fx_slot slot_of(const struct world *world, uint64_t order_id)
{
    for (uint32_t index = world->count; index > 0; index--) {
        if (world->ids[index - 1] == order_id) {
            return index - 1;
        }
    }
    return ORDERS_MAX;
}

static void expect_fill(struct world *world,
                        const struct command *command,
                        const struct fx_resting *maker,
                        int64_t lots)
{
    char line[LINE_SIZE];
    char expected[LINE_SIZE];
    assert_non_null(fgets(line, sizeof line, world->fills));
    (void)snprintf(expected,
                   sizeof expected,
                   "%" PRIu64 ",%" PRIu64 ",%" PRId64 ",%" PRId64 "\n",
                   command->sequence,
                   world->ids[maker - world->slots],
                   maker->price.ticks,
                   lots);
    line[strcspn(line, "\r\n")] = '\0';
    expected[strcspn(expected, "\n")] = '\0';
    assert_string_equal(expected, line);
    world->fill_count++;
}

static void enter(struct world *world, const struct command *command, fx_slot slot, bool may_rest)
{
    struct fx_resting *taker = &world->slots[slot];
    const enum fx_side other = taker->side == FX_SIDE_BUY ? FX_SIDE_SELL : FX_SIDE_BUY;
    while (taker->remaining.lots > 0) {
        const int64_t best = fx_book_best(world->book, other).ticks;
        if (best == 0 || (other == FX_SIDE_SELL ? best > command->ticks : best < command->ticks)) {
            break;
        }
        const fx_slot maker = fx_book_front(world->book, other);
        const fx_qty traded = fx_book_fill(world->book, maker, taker->remaining);
        taker->remaining.lots -= traded.lots;
        expect_fill(world, command, &world->slots[maker], traded.lots);
    }
    if (!may_rest) {
        taker->remaining.lots = 0;
    }
    if (taker->remaining.lots > 0) {
        assert_true(fx_book_can_insert(world->book, (enum fx_side)taker->side, taker->price));
        fx_book_insert(world->book, slot);
    }
}

static void enter_new(struct world *world, const struct command *command)
{
    const fx_slot slot = world->count++;
    assert_true(slot < ORDERS_MAX);
    world->ids[slot] = command->order_id;
    world->slots[slot] =
        (struct fx_resting){.remaining = {command->lots},
                            .price = {command->ticks},
                            .older = FX_SLOT_NONE,
                            .newer = FX_SLOT_NONE,
                            .side = (uint8_t)(command->side == 'B' ? FX_SIDE_BUY : FX_SIDE_SELL)};
    enter(world, command, slot, command->op == 'A');
}

static void apply(struct world *world, const struct command *command)
{
    if (command->op == 'A' || command->op == 'T') {
        enter_new(world, command);
        return;
    }
    const fx_slot slot = slot_of(world, command->order_id);
    if (slot == ORDERS_MAX || world->slots[slot].remaining.lots == 0) {
        return;
    }
    struct fx_resting *order = &world->slots[slot];
    if (command->op == 'C') {
        fx_book_remove(world->book, slot);
        order->remaining.lots = 0;
    } else if (command->ticks == order->price.ticks && command->lots <= order->remaining.lots) {
        fx_book_shrink(world->book, slot, (fx_qty){command->lots});
    } else {
        fx_book_remove(world->book, slot);
        order->price.ticks = command->ticks;
        order->remaining.lots = command->lots;
        enter(world, command, slot, true);
    }
}

static void run(FILE *recording, FILE *fills, struct fx_book_limits limits)
{
    static struct world world;
    char line[LINE_SIZE];
    const size_t size = fx_book_size(limits);
    memset(&world, 0, sizeof world);
    world.fills = fills;
    world.memory = aligned_alloc(64, size);
    assert_non_null(world.memory);
    memset(world.memory, 0, size);
    world.book = fx_book_init(world.memory, limits, world.slots);

    rewind(recording);
    rewind(fills);
    assert_non_null(fgets(line, sizeof line, recording));
    assert_non_null(fgets(line, sizeof line, fills));
    struct command command = {.sequence = 0};
    while (read_command(recording, &command)) {
        apply(&world, &command);
        if (command.sequence % 500 == 0) {
            fx_book_check(world.book);
        }
    }
    assert_null(fgets(line, sizeof line, fills));
    assert_true(world.fill_count > 1000);
    fx_book_check(world.book);
    free(world.memory);
}

static void book_es_recording_gives_the_recorded_fills(void **state)
{
    (void)state;
    FILE *recording = open_data(RECORDING);
    FILE *fills = open_data(FILLS);
    if (recording == NULL || fills == NULL) {
        skip();
    }
    run(recording, fills, (struct fx_book_limits){4096, 4096});
    run(recording, fills, (struct fx_book_limits){64, 4096});
    (void)fclose(recording);
    (void)fclose(fills);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(book_es_recording_gives_the_recorded_fills),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
// NOLINTEND(bugprone-easily-swappable-parameters,concurrency-mt-unsafe)
