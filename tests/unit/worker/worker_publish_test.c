/* worker/worker_publish: who applies the changes has the book that is shown, message by message,
 * and at the end the exchange's; a full bus costs nothing but time. */
#include "worker/worker_publish.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/rng.h"
#include "bus/bus_local.h"
#include "engine_kit.h"
#include "fx_test.h"
#include "market/market.h"

enum {
    COMMANDS = 600,
    USERS = 3,
    RING = 1 << 14,
    STEP_US = 10000,
    DEPTH = 256,
    PRICES = 512,
    LEVELS = 3
};

static const fx_str BOOKS = {"orderbook_output", 16};
static const fx_str TICKERS = {"ticker_engine_output", 20};

static struct {
    struct engine_kit kit;
    struct fx_ring_broadcast *ring;
    struct fx_bus *bus;
    struct fx_worker_publish *worker;
    struct fx_depth depth; /* the model */
    void *depth_memory;
    struct fx_rng rng;
    uint64_t orders; /* highest id seen */
    uint64_t owners[4096];
    int64_t now_us;
    uint32_t wanted_trades; /* TRADE events so far */
    uint32_t seen_trades;   /* … and told to the room */
    uint32_t seen_books;
    uint32_t seen_tickers;
    uint32_t pumped;
    bool is_silent; /* somebody else speaks */
} fixture;

static void emit(void *context, fx_str room, fx_str event)
{
    static struct fx_json json;
    assert_ptr_equal(context, &fixture);
    assert_int_equal(fx_json_parse(&json, event), FX_OK);
    const fx_str name = fx_json_element(&json, &json.tokens[0], 0)->text;
    const struct fx_json_token *argument = fx_json_element(&json, &json.tokens[0], 1);
    if (fx_str_is_equal(room, FX_STR("orderbook_BTCUSDT"))) {
        assert_true(fx_str_is_equal(name, FX_STR("orderbook")));
        assert_non_null(fx_json_member(&json, argument, FX_STR("lastUpdateId")));
        fixture.seen_books++;
    } else if (fx_str_is_equal(room, FX_STR("ticker_BTCUSDT"))) {
        assert_true(fx_str_is_equal(name, FX_STR("ticker")));
        fixture.seen_tickers++;
    } else {
        assert_true(fx_str_is_equal(room, FX_STR("trades_BTCUSDT")));
        assert_true(fx_str_is_equal(name, FX_STR("trades")));
        fixture.seen_trades += argument->count;
    }
}

static bool may_speak(void *context)
{
    assert_ptr_equal(context, &fixture);
    return !fixture.is_silent;
}

static int pump(void *context, int64_t now_us)
{
    assert_ptr_equal(context, &fixture);
    assert_int_equal(now_us, fixture.now_us);
    fixture.pumped++;
    return 0;
}

static void release(void)
{
    for (uint32_t index = 0; index < fixture.kit.events.count; index++) {
        const struct fx_event *event = &fixture.kit.events.items[index];
        assert_true(fx_ring_broadcast_append(fixture.ring, event));
        fixture.wanted_trades += event->kind == FX_EVENT_TRADE ? 1 : 0;
        if (event->kind == FX_EVENT_BOOK) {
            fx_depth_apply(&fixture.depth, event);
        }
        if (event->kind == FX_EVENT_ORDER) {
            assert_true(event->u.order.order_id < 4096);
            fixture.owners[event->u.order.order_id] = event->u.order.user_id;
            if (event->u.order.order_id > fixture.orders) {
                fixture.orders = event->u.order.order_id;
            }
        }
    }
    fx_ring_broadcast_release(fixture.ring, fx_ring_broadcast_written(fixture.ring));
}

static void setup(uint32_t pending_max)
{
    struct fx_engine_limits limits = engine_kit_limits();
    const struct fx_bus_local_options local = {.pending_max = pending_max};
    const struct fx_bus_topic topics[] = {{.name = BOOKS, .partitions = 1, .retention_ms = -1},
                                          {.name = TICKERS, .partitions = 1, .retention_ms = -1}};
    memset(&fixture, 0, sizeof fixture);
    fx_rng_init(&fixture.rng, 7);
    fixture.depth_memory = aligned_alloc(64, (fx_depth_size(DEPTH) + 63U) & ~(size_t)63U);
    assert_non_null(fixture.depth_memory);
    fx_depth_init(&fixture.depth, fixture.depth_memory, DEPTH);
    assert_int_equal(fx_bus_local_open(&local, &fixture.bus), FX_OK);
    assert_int_equal(fx_bus_make(fixture.bus, topics, 2, 0), FX_OK);
    fixture.ring = fx_ring_broadcast_create(sizeof(struct fx_event), RING, 1);
    fixture.now_us = 1000000;
    const struct fx_worker_publish_options options = {.bus = fixture.bus,
                                                      .ring = fixture.ring,
                                                      .books = BOOKS,
                                                      .tickers = {TICKERS, 0},
                                                      .depth_capacity = DEPTH,
                                                      .book_levels = LEVELS,
                                                      .interval_us = 2 * STEP_US,
                                                      .emit = emit,
                                                      .pump = pump,
                                                      .may_speak = may_speak,
                                                      .context = &fixture};
    assert_int_equal(fx_worker_publish_create(&options, &fixture.worker), FX_OK);
    engine_kit_init(&fixture.kit, &limits);
    fixture.kit.is_unchecked = true;
    const struct fx_instrument definition = engine_kit_definition("BTCUSDT");
    assert_int_equal(engine_kit_update(&fixture.kit, &definition), FX_OK);
    release();
    assert_int_equal(engine_kit_tiers(&fixture.kit, 0), FX_OK);
    release();
    assert_int_equal(engine_kit_state(&fixture.kit, 0, FX_INSTRUMENT_STATE_TRADING), FX_OK);
    release();
    assert_int_equal(engine_kit_mark(&fixture.kit, 0, 100), FX_OK);
    release();
    for (uint64_t user_id = 1; user_id <= USERS; user_id++) {
        engine_kit_account(&fixture.kit, user_id, "USDT", "1000000");
    }
}

static void teardown(void)
{
    fx_worker_publish_destroy(fixture.worker);
    fx_bus_close(fixture.bus);
    fx_ring_broadcast_destroy(fixture.ring);
    engine_kit_deinit(&fixture.kit);
    free(fixture.depth_memory);
}

static void random_command(void)
{
    if (fx_rng_below(&fixture.rng, 3) == 0 && fixture.orders > 0) {
        const uint64_t id = 1 + fx_rng_below(&fixture.rng, fixture.orders);
        (void)engine_kit_cancel(&fixture.kit, fixture.owners[id], id);
    } else {
        const struct engine_kit_order order = {
            .user_id = 1 + fx_rng_below(&fixture.rng, USERS),
            .side = fx_rng_below(&fixture.rng, 2) == 0 ? FX_SIDE_BUY : FX_SIDE_SELL,
            .ticks = 94 + (int64_t)fx_rng_below(&fixture.rng, 13),
            .lots = 1 + (int64_t)fx_rng_below(&fixture.rng, 5)};
        (void)engine_kit_order(&fixture.kit, &order);
    }
    release();
}

/* A reader that knows only what the messages say. Quantities by price, in lots. */
struct reader {
    int64_t lots[2][PRICES];
    int64_t sequence;
    uint32_t messages;
};

static uint64_t number_of(const struct fx_json *json,
                          const struct fx_json_token *level,
                          uint32_t index)
{
    uint64_t value = 0;
    assert_true(fx_str_parse_u64(fx_json_element(json, level, index)->text, &value));
    assert_true(value < PRICES);
    return value;
}

static void apply_changes(struct reader *reader,
                          uint32_t side,
                          const struct fx_json *json,
                          const struct fx_json_token *levels)
{
    for (uint32_t index = 0; index < levels->count; index++) {
        const struct fx_json_token *level = fx_json_element(json, levels, index);
        reader->lots[side][number_of(json, level, 0)] = (int64_t)number_of(json, level, 1);
    }
}

/* The side that is shown is exactly what the reader holds, best first. */
static void assert_side(const struct reader *reader,
                        uint32_t side,
                        const struct fx_json *json,
                        const struct fx_json_token *levels)
{
    uint32_t held = 0;
    int64_t last = side == 0 ? PRICES : -1;
    for (uint32_t price = 0; price < PRICES; price++) {
        held += reader->lots[side][price] > 0 ? 1 : 0;
    }
    assert_int_equal(levels->count, held);
    for (uint32_t index = 0; index < levels->count; index++) {
        const struct fx_json_token *level = fx_json_element(json, levels, index);
        const int64_t price = (int64_t)number_of(json, level, 0);
        assert_int_equal(number_of(json, level, 1), reader->lots[side][price]);
        assert_true(side == 0 ? price < last : price > last);
        last = price;
    }
}

static int64_t member_number(const struct fx_json *json, fx_str name)
{
    int64_t value = 0;
    assert_true(fx_str_parse_i64(fx_json_member(json, &json->tokens[0], name)->text, &value));
    return value;
}

static void read_book(struct reader *reader, fx_str text)
{
    static struct fx_json json;
    static const fx_str SIDES[2] = {{"bids", 4}, {"asks", 4}};
    assert_int_equal(fx_json_parse(&json, text), FX_OK);
    assert_int_equal(member_number(&json, FX_STR("prevSeq")),
                     reader->messages == 0 ? -1 : reader->sequence);
    assert_true(member_number(&json, FX_STR("seq")) > reader->sequence);
    reader->sequence = member_number(&json, FX_STR("seq"));
    const struct fx_json_token *changes = fx_json_member(&json, &json.tokens[0], FX_STR("changes"));
    for (uint32_t side = 0; side < 2; side++) {
        apply_changes(reader, side, &json, fx_json_member(&json, changes, SIDES[side]));
        assert_side(reader, side, &json, fx_json_member(&json, &json.tokens[0], SIDES[side]));
    }
    reader->messages++;
}

static uint32_t read_all(fx_str topic, struct reader *reader)
{
    struct fx_bus_reader *source = NULL;
    struct fx_bus_record records[64];
    uint32_t total = 0, count = 1;
    const struct fx_bus_place place = {topic, 0};
    assert_int_equal(fx_bus_reader_open(fixture.bus, place, FX_BUS_FIRST, &source), FX_OK);
    while (count > 0) {
        assert_int_equal(fx_bus_reader_poll(source, 0, records, 64, &count), FX_OK);
        for (uint32_t index = 0; index < count; index++) {
            if (reader != NULL) {
                assert_true(fx_str_is_equal(records[index].key, FX_STR("BTCUSDT")));
                read_book(reader, records[index].value);
            }
        }
        total += count;
    }
    fx_bus_reader_close(source);
    return total;
}

/* The reader holds the best three levels of the whole book. */
static void assert_is_newest(const struct reader *reader)
{
    static const enum fx_side SIDES[2] = {FX_SIDE_BUY, FX_SIDE_SELL};
    for (uint32_t side = 0; side < 2; side++) {
        for (uint32_t index = 0; index < LEVELS; index++) {
            const struct fx_depth_level *level = fx_depth_at(&fixture.depth, SIDES[side], index);
            if (level != NULL) {
                assert_int_equal(reader->lots[side][level->ticks], level->lots);
            }
        }
    }
}

static void run(uint32_t pending_max)
{
    struct reader reader = {0};
    struct fx_worker_publish_stats stats;
    setup(pending_max);
    for (uint32_t count = 0; count < COMMANDS; count++) {
        random_command();
        fixture.now_us += STEP_US;
        (void)fx_worker_publish_step(fixture.worker, fixture.now_us);
    }
    for (uint32_t turn = 0; turn < 10; turn++) {
        fixture.now_us += STEP_US;
        (void)fx_worker_publish_step(fixture.worker, fixture.now_us);
    }
    const uint32_t messages = read_all(BOOKS, &reader);
    fx_worker_publish_stats(fixture.worker, &stats);
    assert_int_equal(stats.books, messages);
    assert_true(messages > COMMANDS / 8);
    assert_true(messages <= COMMANDS / 2 + 10); /* not more often than it was asked */
    assert_int_equal(stats.lost, 0);
    assert_int_equal(stats.sequence, fx_engine_sequence(fixture.kit.engine));
    assert_true(read_all(TICKERS, NULL) > 10);
    assert_is_newest(&reader);
    assert_int_equal(fixture.seen_books, messages);
    assert_true(fixture.seen_tickers > 10);
    assert_true(fixture.wanted_trades > 10);
    assert_int_equal(fixture.seen_trades, fixture.wanted_trades);
    assert_true(fixture.pumped >= COMMANDS);
    teardown();
}

static void worker_publish_changes_make_the_book(void **state)
{
    (void)state;
    run(0);
}

static void worker_publish_waits_for_a_full_bus(void **state)
{
    (void)state;
    run(1);
}

/* Two processes follow the log, one speaks: who takes over begins a chain of his own, and nobody is
 * told old trades. */
static void worker_publish_stands_by_without_a_word(void **state)
{
    (void)state;
    struct reader reader = {0};
    setup(0);
    fixture.is_silent = true;
    for (uint32_t count = 0; count < COMMANDS; count++) {
        random_command();
        fixture.now_us += STEP_US;
        (void)fx_worker_publish_step(fixture.worker, fixture.now_us);
    }
    assert_int_equal(read_all(BOOKS, NULL), 0);
    assert_int_equal(read_all(TICKERS, NULL), 0);
    assert_int_equal(fixture.seen_books + fixture.seen_tickers + fixture.seen_trades, 0);
    assert_true(fixture.wanted_trades > 10);
    fixture.is_silent = false;
    fixture.now_us += STEP_US;
    (void)fx_worker_publish_step(fixture.worker, fixture.now_us);
    assert_int_equal(read_all(BOOKS, &reader), 1); /* the whole book, prevSeq -1 */
    assert_int_equal(read_all(TICKERS, NULL), 1);
    assert_is_newest(&reader);
    assert_int_equal(fixture.seen_trades, 0);
    /* Silent for a moment: the next word is a first one again, though one was said before. */
    fixture.is_silent = true;
    (void)fx_worker_publish_step(fixture.worker, fixture.now_us);
    fixture.is_silent = false;
    fixture.now_us += 2 * STEP_US;
    (void)fx_worker_publish_step(fixture.worker, fixture.now_us);
    assert_int_equal(read_all(BOOKS, NULL), 2);
    teardown();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worker_publish_changes_make_the_book),
        cmocka_unit_test(worker_publish_stands_by_without_a_word),
        cmocka_unit_test(worker_publish_waits_for_a_full_bus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
