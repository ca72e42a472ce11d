/* worker/worker_cache: the cache shows what the engine said; nothing it does stops the events. */
#include "worker/worker_cache.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/rng.h"
#include "cache/cache_int.h"
#include "cache/cache_keys.h"
#include "cache/cache_mem.h"
#include "engine_kit.h"
#include "fx_test.h"
#include "wire/wire_rows.h"

enum { COMMANDS = 1200, USERS = 4, RING = 1 << 14, STEP_US = 10000, ENTRIES = 65536 };

/* The cache in memory with a server that fails as told. */
static struct {
    struct fx_cache_ops ops;
    const struct fx_cache_ops *real;
    struct fx_rng rng;
    bool is_away;       /* no write is taken, no step succeeds */
    uint32_t busy_of_8; /* so many of eight writes find no room */
    uint32_t room;      /* writes that the queue holds until the next step; 0: any number */
    uint32_t used;
} flaky;

static bool is_refused(void)
{
    flaky.used++;
    return flaky.is_away || (flaky.room != 0 && flaky.used > flaky.room) ||
           fx_rng_below(&flaky.rng, 8) < flaky.busy_of_8;
}

static fx_status flaky_put(struct fx_cache *cache, const struct fx_cache_entry *entry)
{
    return is_refused() ? FX_BUSY : flaky.real->put(cache, entry);
}

static fx_status flaky_drop(struct fx_cache *cache, fx_str key, uint64_t operation_id)
{
    return is_refused() ? FX_BUSY : flaky.real->drop(cache, key, operation_id);
}

static fx_status flaky_step(struct fx_cache *cache, int64_t now_us)
{
    flaky.used = flaky.is_away ? flaky.used : 0; /* all of the queue leaves */
    return flaky.is_away ? FX_IO : flaky.real->step(cache, now_us);
}

static uint64_t flaky_queued(const struct fx_cache *cache, uint32_t *percent_out)
{
    (void)cache;
    *percent_out = flaky.room == 0 ? 0 : flaky.used * 100 / flaky.room;
    return flaky.used;
}

static struct fx_cache *open_flaky(uint64_t seed)
{
    struct fx_cache *cache = NULL;
    assert_int_equal(fx_cache_mem_open(ENTRIES, &cache), FX_OK);
    memset(&flaky, 0, sizeof flaky);
    fx_rng_init(&flaky.rng, seed);
    flaky.real = cache->ops;
    flaky.ops = *cache->ops;
    flaky.ops.put = flaky_put;
    flaky.ops.drop = flaky_drop;
    flaky.ops.step = flaky_step;
    flaky.ops.queued = flaky_queued;
    cache->ops = &flaky.ops;
    return cache;
}

struct fixture {
    struct engine_kit kit;
    struct fx_ring_broadcast *ring;
    struct fx_cache *cache;
    struct fx_worker_cache *worker;
    struct fx_view *model;
    struct fx_rng rng;
    uint64_t orders; /* highest id seen */
    uint64_t tmp_ids[4096];
    uint64_t owners[4096];
    int64_t now_us;
};

static struct fixture fixture;

/* Hand the events of the last command to the worker's ring, and to the model. */
static void release(void)
{
    for (uint32_t index = 0; index < fixture.kit.events.count; index++) {
        const struct fx_event *event = &fixture.kit.events.items[index];
        assert_true(fx_ring_broadcast_append(fixture.ring, event)); /* never full: it reads on */
        assert_int_equal(fx_view_apply(fixture.model, event), FX_OK);
        if (event->kind == FX_EVENT_ORDER) {
            const uint64_t id = event->u.order.order_id;
            assert_true(id < 4096);
            fixture.orders = id > fixture.orders ? id : fixture.orders;
            fixture.tmp_ids[id] = event->u.order.tmp_id;
            fixture.owners[id] = event->u.order.user_id;
        }
    }
    fx_ring_broadcast_release(fixture.ring, fx_ring_broadcast_written(fixture.ring));
}

static void step(void)
{
    fixture.now_us += STEP_US;
    (void)fx_worker_cache_step(fixture.worker, fixture.now_us);
}

static void apply(struct fx_command *command)
{
    (void)engine_kit_apply(&fixture.kit, command);
    release();
}

static void setup_kit(uint64_t seed)
{
    struct fx_engine_limits limits = engine_kit_limits();
    const struct fx_view_limits view = {0};
    memset(&fixture, 0, sizeof fixture);
    fixture.model = fx_view_create(&view);
    fixture.ring = fx_ring_broadcast_create(sizeof(struct fx_event), RING, 1);
    fixture.cache = open_flaky(seed);
    fixture.now_us = 1000000;
    fx_rng_init(&fixture.rng, seed);
    const struct fx_worker_cache_options options = {
        .cache = fixture.cache, .ring = fixture.ring, .depth_capacity = 256};
    assert_int_equal(fx_worker_cache_create(&options, &fixture.worker), FX_OK);
    engine_kit_init(&fixture.kit, &limits);
    fixture.kit.is_unchecked = true;
    /* Each command's events are told, from the first on. */
    const struct fx_instrument definition = engine_kit_definition("BTCUSDT");
    struct fx_command command = engine_kit_command(FX_COMMAND_UPDATE_INSTRUMENT, 0, 0);
    command.u.instrument = definition;
    apply(&command);
    assert_int_equal(engine_kit_tiers(&fixture.kit, 0), FX_OK);
    release();
    assert_int_equal(engine_kit_state(&fixture.kit, 0, FX_INSTRUMENT_STATE_TRADING), FX_OK);
    release();
    assert_int_equal(engine_kit_mark(&fixture.kit, 0, 100), FX_OK);
    release();
    for (uint64_t user_id = 1; user_id <= USERS; user_id++) {
        command =
            engine_kit_command(FX_COMMAND_CREATE_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, user_id);
        command.u.account.asset = engine_kit_asset("USDT");
        apply(&command);
        assert_int_equal(engine_kit_deposit(&fixture.kit, user_id, "USDT", "1000000"), FX_OK);
        release();
    }
}

static int teardown(void **state)
{
    (void)state;
    fx_worker_cache_destroy(fixture.worker);
    fx_ring_broadcast_destroy(fixture.ring);
    fx_view_destroy(fixture.model);
    engine_kit_deinit(&fixture.kit);
    return 0;
}

static void random_command(void)
{
    if (fx_rng_below(&fixture.rng, 4) == 0 && fixture.orders > 0) {
        const uint64_t id = 1 + fx_rng_below(&fixture.rng, fixture.orders);
        (void)engine_kit_cancel(&fixture.kit, fixture.owners[id], id);
    } else {
        const struct engine_kit_order order = {
            .user_id = 1 + fx_rng_below(&fixture.rng, USERS),
            .side = fx_rng_below(&fixture.rng, 2) == 0 ? FX_SIDE_BUY : FX_SIDE_SELL,
            .ticks = 97 + (int64_t)fx_rng_below(&fixture.rng, 7),
            .lots = 1 + (int64_t)fx_rng_below(&fixture.rng, 5),
            .tmp_id = fx_rng_below(&fixture.rng, 3) == 0
                          ? 0
                          : 1000000 + fx_rng_next(&fixture.rng) % 1000000};
        (void)engine_kit_order(&fixture.kit, &order);
    }
    release();
}

static void assert_cached(fx_str key, const struct fx_buf *expected)
{
    struct fx_buf found;
    fx_buf_init(&found, FX_CACHE_VALUE_SIZE_MAX);
    const fx_status status = fx_cache_get(fixture.cache, key, 0, &found);
    if (status != (expected == NULL ? FX_NOT_FOUND : FX_OK)) {
        print_message("%.*s: %s\n", (int)key.size, key.data, fx_status_name(status));
    }
    assert_int_equal(status, expected == NULL ? FX_NOT_FOUND : FX_OK);
    if (expected != NULL) {
        assert_int_equal(found.size, expected->size);
        assert_memory_equal(found.data, expected->data, expected->size);
    }
    fx_buf_deinit(&found);
}

static void assert_orders(struct fx_buf *buf)
{
    struct fx_cache_keys_text text;
    for (uint64_t id = 1; id <= fixture.orders; id++) {
        const uint64_t owner = fixture.owners[id];
        const struct fx_rows_order *row = fx_view_order(fixture.model, owner, id);
        const struct fx_cache_keys_name name = {owner, id};
        fx_buf_clear(buf);
        if (row != NULL) {
            fx_wire_rows_order(buf, row);
        }
        assert_cached(fx_cache_keys_order(name, &text), row == NULL ? NULL : buf);
        if (fixture.tmp_ids[id] != 0) {
            const struct fx_cache_keys_name tmp = {owner, fixture.tmp_ids[id]};
            assert_cached(fx_cache_keys_order_tmp(tmp, &text), row == NULL ? NULL : buf);
        }
    }
}

/* Everything that the model knows is there, byte for byte, and no ended order is. */
static void assert_equal_to_model(void)
{
    struct fx_cache_keys_text text;
    struct fx_buf buf;
    uint32_t cursor = 0, count = 0;
    fx_buf_init(&buf, FX_CACHE_VALUE_SIZE_MAX);
    assert_orders(&buf);
    for (const struct fx_rows_account *row = fx_view_walk_account(fixture.model, &cursor);
         row != NULL;
         row = fx_view_walk_account(fixture.model, &cursor)) {
        const struct fx_cache_keys_name name = {row->user_id, row->id};
        fx_buf_clear(&buf);
        fx_wire_rows_account(&buf, row);
        assert_cached(fx_cache_keys_account(name, &text), &buf);
        assert_cached(fx_cache_keys_account_asset(row->user_id, FX_STR("USDT"), &text), &buf);
        count++;
    }
    assert_int_equal(count, USERS);
    cursor = 0;
    count = 0;
    for (const struct fx_rows_position *row = fx_view_walk_position(fixture.model, &cursor);
         row != NULL;
         row = fx_view_walk_position(fixture.model, &cursor)) {
        const struct fx_cache_keys_name name = {row->user_id, row->id};
        fx_buf_clear(&buf);
        fx_wire_rows_position(&buf, row);
        assert_cached(fx_cache_keys_position(name, row->account_id, &text), &buf);
        assert_cached(fx_cache_keys_position_short(name, &text), &buf);
        count++;
    }
    assert_true(count > 0);
    fx_buf_deinit(&buf);
}

/* Let it come to rest. */
static void calm(void)
{
    flaky.is_away = false;
    flaky.busy_of_8 = 0;
    flaky.room = 0;
    for (uint32_t turn = 0; turn < 200; turn++) {
        step();
    }
}

static uint64_t seed_of(uint64_t number)
{
    const char *seed = getenv("FX_SEED");
    return seed == NULL ? number : strtoull(seed, NULL, 10);
}

static void cache_of_a_good_server_equals_model(void **state)
{
    (void)state;
    setup_kit(seed_of(1));
    for (uint32_t count = 0; count < COMMANDS; count++) {
        random_command();
        step();
    }
    calm();
    assert_equal_to_model();
    struct fx_worker_cache_stats stats;
    fx_worker_cache_stats(fixture.worker, &stats);
    assert_int_equal(stats.status, FX_OK);
    assert_int_equal(stats.marked, 0);
    assert_int_equal(stats.behind_us, 0);
    assert_int_equal(stats.shed, 0);
    assert_int_equal(stats.resyncs, 1); /* the first connection's */
}

static void cache_of_a_bad_server_equals_model_in_the_end(void **state)
{
    (void)state;
    setup_kit(seed_of(2));
    for (uint32_t count = 0; count < COMMANDS; count++) {
        random_command();
        const uint64_t trouble = fx_rng_below(&fixture.rng, 40);
        if (trouble == 0) {
            flaky.is_away = !flaky.is_away;
        } else if (trouble == 1) {
            flaky.busy_of_8 = (uint32_t)fx_rng_below(&fixture.rng, 9);
        } else if (trouble == 2) {
            fx_cache_mem_clear(fixture.cache);
        }
        step();
        /* Whatever the server does, the ring is read on. */
        assert_int_equal(fx_ring_broadcast_space(fixture.ring), RING);
    }
    calm();
    assert_equal_to_model();
    struct fx_worker_cache_stats stats;
    fx_worker_cache_stats(fixture.worker, &stats);
    assert_true(stats.shed > 0);
    assert_true(stats.resyncs > 3);
}

/* Many times as much as the queue holds: it goes on where it found no room, instead of anew. */
static void cache_larger_than_its_queue_is_written_in_the_end(void **state)
{
    struct fx_worker_cache_stats stats;
    (void)state;
    setup_kit(seed_of(4));
    flaky.is_away = true;
    for (uint32_t count = 0; count < COMMANDS / 4; count++) {
        random_command();
        step();
    }
    fx_worker_cache_stats(fixture.worker, &stats);
    assert_int_equal(stats.status, FX_IO);
    assert_true(stats.behind_us >= (COMMANDS / 4 - 1) * STEP_US);
    flaky.is_away = false;
    flaky.room = 12;
    for (uint32_t turn = 0; turn < 200; turn++) {
        step();
    }
    assert_equal_to_model();
    fx_worker_cache_stats(fixture.worker, &stats);
    assert_int_equal(stats.resyncs, 1);
    assert_int_equal(stats.behind_us, 0);
}

/* More news than the queue holds, on and on: each value that was left out is written later, once,
 * and nothing else is. */
static void cache_marks_what_finds_no_room(void **state)
{
    struct fx_worker_cache_stats stats;
    uint64_t marked = 0;
    (void)state;
    setup_kit(seed_of(5));
    calm();
    flaky.room = 10;
    for (uint32_t count = 0; count < COMMANDS; count++) {
        random_command();
        random_command();
        step();
        fx_worker_cache_stats(fixture.worker, &stats);
        marked = stats.marked > marked ? stats.marked : marked;
    }
    print_message("%llu left out, %llu marked at most\n",
                  (unsigned long long)stats.shed,
                  (unsigned long long)marked);
    assert_true(stats.shed > 100);
    assert_true(marked > 10);
    for (uint32_t turn = 0; turn < 500; turn++) {
        step();
    }
    assert_equal_to_model();
    fx_worker_cache_stats(fixture.worker, &stats);
    assert_int_equal(stats.resyncs, 1);
    assert_int_equal(stats.marked, 0);
}

static _Atomic bool has_stopped;

/* Health and metrics, from a thread of their own. */
static void *look_at_stats(void *self)
{
    uint64_t written = 0;
    while (!atomic_load(&has_stopped)) {
        struct fx_worker_cache_stats stats;
        fx_worker_cache_stats(self, &stats);
        if (stats.written < written || stats.behind_us < 0) {
            return self; /* a figure fell */
        }
        written = stats.written;
    }
    return NULL;
}

/* The agent in its thread, the engine's events from another, figures read by a third. */
static void cache_agent_runs_beside_its_readers(void **state)
{
    pthread_t thread;
    void *complaint = NULL;
    (void)state;
    setup_kit(seed_of(6));
    atomic_store(&has_stopped, false);
    assert_int_equal(pthread_create(&thread, NULL, look_at_stats, fixture.worker), 0);
    assert_int_equal(fx_worker_cache_start(fixture.worker), FX_OK);
    for (uint32_t count = 0; count < COMMANDS / 4; count++) {
        random_command();
        fx_worker_cache_wake(fixture.worker);
    }
    fx_worker_cache_stop(fixture.worker);
    atomic_store(&has_stopped, true);
    assert_int_equal(pthread_join(thread, &complaint), 0);
    assert_null(complaint);
    calm(); /* what a busy machine left it no time for, as the next start would */
    assert_equal_to_model();
}

static void cache_shows_book_and_ticker(void **state)
{
    struct fx_buf buf;
    (void)state;
    setup_kit(3);
    assert_int_equal(
        ENGINE_KIT_PLACE(&fixture.kit, .user_id = 1, .side = FX_SIDE_BUY, .ticks = 99, .lots = 2),
        FX_OK);
    release();
    assert_int_equal(
        ENGINE_KIT_PLACE(&fixture.kit, .user_id = 2, .side = FX_SIDE_SELL, .ticks = 101, .lots = 3),
        FX_OK);
    release();
    calm();
    fx_buf_init(&buf, FX_CACHE_VALUE_SIZE_MAX);
    assert_int_equal(fx_cache_get(fixture.cache, FX_STR("orderbook:BTCUSDT"), 0, &buf), FX_OK);
    fx_buf_append_byte(&buf, '\0');
    assert_non_null(strstr(buf.data, "\"symbol\":\"BTCUSDT\""));
    assert_non_null(strstr(buf.data, "\"bids\":[["));
    assert_non_null(strstr(buf.data, "\"operationId\":\""));
    fx_buf_clear(&buf);
    assert_int_equal(fx_cache_get(fixture.cache, FX_STR("ticker:BTCUSDT"), 0, &buf), FX_OK);
    fx_buf_append_byte(&buf, '\0');
    assert_non_null(strstr(buf.data, "\"bidPrice\":"));
    assert_non_null(strstr(buf.data, "\"operationId\":\""));
    /* A quiet market's values do not end: they are written again within their minute. */
    for (uint32_t second = 0; second < 180; second++) {
        fixture.now_us += 1000000;
        (void)fx_worker_cache_step(fixture.worker, fixture.now_us);
        fx_buf_clear(&buf);
        assert_int_equal(fx_cache_get(fixture.cache, FX_STR("ticker:BTCUSDT"), 0, &buf), FX_OK);
        fx_buf_clear(&buf);
        assert_int_equal(fx_cache_get(fixture.cache, FX_STR("orderbook:BTCUSDT"), 0, &buf), FX_OK);
    }
    fx_buf_deinit(&buf);
}

int main(void)
{
    const struct fx_log_options quiet = {.level = FX_LOG_OFF, .format = FX_LOG_TEXT, .fd = 2};
    fx_log_configure(&quiet);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(cache_of_a_good_server_equals_model, teardown),
        cmocka_unit_test_teardown(cache_of_a_bad_server_equals_model_in_the_end, teardown),
        cmocka_unit_test_teardown(cache_larger_than_its_queue_is_written_in_the_end, teardown),
        cmocka_unit_test_teardown(cache_marks_what_finds_no_room, teardown),
        cmocka_unit_test_teardown(cache_agent_runs_beside_its_readers, teardown),
        cmocka_unit_test_teardown(cache_shows_book_and_ticker, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
