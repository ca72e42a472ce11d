/* Two shards on one bus: their maps in their logs, commands to the one they belong to, answers of
 * all of them as one, and a view and a market of both without a collision. */
#include "worker/worker_shards.h"

#include <time.h>

#include "base/log.h"
#include "bus_kit.h"
#include "follow_kit.h"
#include "fx_test.h"
#include "market/market.h"
#include "view/view.h"
#include "worker/worker_feed.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

enum { SHARDS = 2, USERS = 4, BLOCK = FX_INSTRUMENTS_MAX / SHARDS, CALLS = 1200 };

struct scene {
    struct fx_bus_disk *disks[SHARDS]; /* a disk is one thread's, and each has a writer */
    struct fx_worker_host hosts[SHARDS];
    struct fx_bus *bus;
    struct fx_bus *sides[SHARDS];
    struct bus_kit kits[SHARDS]; /* of the sides, where a test puts them */
    struct fx_shard_map maps[SHARDS];
    struct fx_worker_feed feed;
    struct fx_worker_follow_report report;
    struct fx_view *view;
    struct fx_market market;
    struct fx_event_result answer;
    uint64_t answered; /* the token */
    uint32_t answers;
    uint32_t exchange_rows;
    struct fx_event parts[SHARDS]; /* where is_raw: answers as they come out of a ring */
    uint32_t part_count;
    bool is_raw;
    int64_t now_us;
    uint64_t sequence; /* of the market, never falls */
    uint64_t salt;
    bool may_not_begin;
};

static int64_t clock_of(void *context)
{
    return ((struct scene *)context)->now_us;
}

static fx_status open_shard(struct scene *scene,
                            uint32_t shard,
                            const struct fx_shard_map *map,
                            struct fx_worker_follow **follow_out)
{
    static const char *const DIRS[SHARDS] = {"/s0", "/s1"};
    struct fx_engine_limits limits = follow_kit_limits();
    limits.instruments_max = map == NULL ? 4 : BLOCK + 10; /* more than a shard can have */
    limits.book_overflow_levels_max += 8 * shard;
    const struct fx_worker_follow_options options = {.bus = scene->sides[shard],
                                                     .partition = shard,
                                                     .shard = map,
                                                     .snapshot_dir = DIRS[shard],
                                                     .host = &scene->hosts[shard],
                                                     .limits = &limits,
                                                     .node = FX_STR("api"),
                                                     .node_salt = ++scene->salt,
                                                     .may_begin = !scene->may_not_begin,
                                                     .wait_ms = 50,
                                                     .consumer_count = 1,
                                                     .ring_capacity = 1 << 16,
                                                     .saved_sequence = UINT64_MAX};
    return fx_worker_follow_open(&options, follow_out, &scene->report);
}

static struct fx_shard_map map_of(uint32_t shard, const char *asset, const char *more)
{
    struct fx_shard_map map = {.shard = shard, .shards = SHARDS};
    map.assets[map.asset_count++] = engine_kit_asset(asset);
    if (more != NULL) {
        map.assets[map.asset_count++] = engine_kit_asset(more);
    }
    return map;
}

static int setup(void **state)
{
    const struct fx_bus_local_options options = {.dir = NULL};
    const struct fx_bus_topic topic = {
        .name = FX_STR("matching_engine_input"), .partitions = SHARDS, .retention_ms = -1};
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    scene->now_us = 1700000000000000;
    for (uint32_t shard = 0; shard < SHARDS; shard++) {
        scene->disks[shard] = fx_bus_disk_create(1 + shard);
        scene->hosts[shard] =
            (struct fx_worker_host){.system = fx_bus_disk_system(scene->disks[shard]),
                                    .clock = clock_of,
                                    .clock_context = scene};
    }
    assert_int_equal(fx_bus_local_open(&options, &scene->bus), FX_OK);
    assert_int_equal(fx_bus_make(scene->bus, &topic, 1, 0), FX_OK);
    for (uint32_t shard = 0; shard < SHARDS; shard++) {
        assert_int_equal(fx_bus_local_side_open(scene->bus, &scene->sides[shard]), FX_OK);
    }
    scene->maps[0] = map_of(0, "USDT", NULL);
    scene->maps[1] = map_of(1, "BTC", "USD");
    *state = scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;
    fx_worker_feed_destroy(&scene->feed);
    fx_view_destroy(scene->view);
    for (uint32_t id = 0; id < FX_INSTRUMENTS_MAX; id++) {
        free(scene->market.symbols[id]);
    }
    for (uint32_t shard = 0; shard < SHARDS; shard++) {
        fx_bus_close(scene->sides[shard]);
        fx_bus_disk_destroy(scene->disks[shard]);
    }
    fx_bus_close(scene->bus);
    free(scene);
    return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* ---- the map in the log ---------------------------------------------------------------------- */

static void shards_map_is_written_by_who_begins_and_checked_by_all(void **state)
{
    struct scene *scene = *state;
    struct fx_worker_follow *follow = NULL;
    scene->may_not_begin = true;
    assert_int_equal(open_shard(scene, 1, &scene->maps[1], &follow), FX_NOT_FOUND);
    scene->may_not_begin = false;
    assert_int_equal(open_shard(scene, 1, &scene->maps[1], &follow), FX_OK);
    assert_memory_equal(
        fx_engine_shard(fx_worker_follow_engine(follow)), &scene->maps[1], sizeof scene->maps[1]);
    assert_int_equal(scene->report.sequence, 2); /* INITIALIZE_ENGINE and the map */
    assert_int_equal(fx_worker_follow_limits(follow)->instruments_max, BLOCK);
    fx_worker_follow_destroy(follow);
    scene->may_not_begin = true; /* it is there: nobody has to write it */
    assert_int_equal(open_shard(scene, 1, &scene->maps[1], &follow), FX_OK);
    fx_worker_follow_destroy(follow);

    const struct fx_shard_map less = map_of(1, "BTC", NULL);
    assert_int_equal(open_shard(scene, 1, &less, &follow), FX_VERSION_MISMATCH);
    assert_non_null(strstr(scene->report.text, "USD"));
    assert_non_null(strstr(scene->report.text, "FUTURE_SHARD_ASSETS"));
    assert_int_equal(open_shard(scene, 1, &scene->maps[0], &follow), FX_VERSION_MISMATCH);
    assert_non_null(strstr(scene->report.text, "shard 1 of 2"));
    assert_int_equal(open_shard(scene, 1, NULL, &follow), FX_VERSION_MISMATCH);

    struct fx_shard_map more = scene->maps[1];
    more.assets[more.asset_count++] = engine_kit_asset("EUR");
    scene->may_not_begin = false;
    assert_int_equal(open_shard(scene, 1, &more, &follow),
                     FX_OK); /* it does not grow by itself … */
    assert_int_equal(fx_engine_shard(fx_worker_follow_engine(follow))->asset_count, 2);
    struct fx_command command =
        engine_kit_command(FX_COMMAND_SET_SHARD, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.shard = more;
    assert_true(fx_worker_follow_submit(follow, 0, &command));
    for (uint32_t step = 0; step < 4; step++) {
        (void)fx_worker_follow_step(follow, scene->now_us);
    }
    assert_int_equal(fx_engine_shard(fx_worker_follow_engine(follow))->asset_count, 3);
    fx_worker_follow_destroy(follow);

    const struct fx_shard_map thief = map_of(0, "USDT", "BTC");
    assert_int_equal(open_shard(scene, 0, &thief, &follow), FX_VERSION_MISMATCH);
    assert_non_null(
        strstr(scene->report.text, "the log of shard 1 has the collateral BTC already"));
    assert_int_equal(open_shard(scene, 0, &scene->maps[0], &follow), FX_OK);
    fx_worker_follow_destroy(follow);
}

static void shards_map_with_an_asset_of_a_lower_shard_is_refused(void **state)
{
    struct scene *scene = *state;
    struct fx_worker_follow *follow = NULL;
    const struct fx_shard_map thief = map_of(1, "BTC", "USDT");
    assert_int_equal(open_shard(scene, 0, &scene->maps[0], &follow), FX_OK);
    fx_worker_follow_destroy(follow);
    assert_int_equal(open_shard(scene, 1, &thief, &follow), FX_VERSION_MISMATCH);
    assert_non_null(
        strstr(scene->report.text, "the log of shard 0 has the collateral USDT already"));
    assert_int_equal(open_shard(scene, 1, &scene->maps[1], &follow), FX_OK);
    fx_worker_follow_destroy(follow);
}

/* An exchange of one shard has an account in a collateral that is to be another shard's. */
static void shards_map_that_the_log_refuses_stops_the_start(void **state)
{
    struct scene *scene = *state;
    struct fx_worker_follow *follow = NULL;
    assert_int_equal(open_shard(scene, 0, NULL, &follow), FX_OK);
    struct fx_command command = follow_kit_user(1, false);
    command.u.account.asset = engine_kit_asset("BTC");
    assert_true(fx_worker_follow_submit(follow, 1, &command));
    for (uint32_t step = 0; step < 4; step++) {
        (void)fx_worker_follow_step(follow, scene->now_us);
    }
    fx_worker_follow_destroy(follow);
    assert_int_equal(open_shard(scene, 0, &scene->maps[0], &follow), FX_VERSION_MISMATCH);
    assert_non_null(strstr(scene->report.text, "did not take the map"));
    const struct fx_shard_map all = map_of(0, "USDT", "BTC");
    assert_int_equal(open_shard(scene, 0, &all, &follow), FX_OK); /* it becomes the first of two */
    fx_worker_follow_destroy(follow);
}

/* ---- both as one ----------------------------------------------------------------------------- */

static void fold(struct scene *scene, const struct fx_event *event)
{
    if (fx_market_needs(&scene->market, event)) {
        const uint32_t depth = fx_worker_feed_depth(&scene->feed);
        const size_t size = (fx_market_symbol_size(depth) + 63U) & ~(size_t)63U;
        void *memory = aligned_alloc(64, size);
        assert_non_null(memory);
        memset(memory, 0, size);
        fx_market_add(&scene->market, event->u.instrument.instrument_id, memory, depth);
    }
    fx_market_apply(&scene->market, event);
    assert_true(scene->market.sequence >= scene->sequence);
    scene->sequence = scene->market.sequence;
    assert_int_equal(fx_view_apply(scene->view, event), FX_OK);
}

static void consume(struct scene *scene, uint32_t shard)
{
    struct fx_ring_broadcast *ring = fx_worker_feed_ring(&scene->feed, shard);
    const void *items = NULL;
    uint32_t count = 0;
    while ((count = fx_ring_broadcast_peek(ring, 0, &items)) > 0) {
        const struct fx_event *events = items;
        for (uint32_t index = 0; index < count; index++) {
            struct fx_event event = events[index];
            if (event.kind == FX_EVENT_RESULT && event.token != 0 && scene->is_raw) {
                assert_true(scene->part_count < SHARDS);
                scene->parts[scene->part_count++] = event;
                event.token = 0;
            } else if (event.kind == FX_EVENT_RESULT) {
                fx_worker_feed_merge(&scene->feed, &event);
            }
            if (event.kind == FX_EVENT_RESULT && event.token != 0) {
                scene->answers++;
                scene->answered = event.token;
                scene->answer = event.u.result;
            }
            scene->exchange_rows += event.kind == FX_EVENT_EXCHANGE ? 1 : 0;
            fold(scene, &event);
        }
        fx_ring_broadcast_advance(ring, 0, count);
    }
}

static void turn(struct scene *scene)
{
    for (uint32_t shard = 0; shard < SHARDS; shard++) {
        scene->now_us += 1000;
        (void)fx_worker_follow_step(fx_worker_shards_at(scene->feed.shards, shard), scene->now_us);
        consume(scene, shard);
    }
}

/* Submit, and be answered exactly once. */
static fx_status call(struct scene *scene, struct fx_command *command)
{
    const uint64_t token = 1000 + scene->salt++;
    scene->answers = 0;
    assert_true(fx_worker_feed_submit(&scene->feed, token, command));
    for (uint32_t tries = 0; tries < 4; tries++) {
        turn(scene);
    }
    assert_int_equal(scene->answers, 1);
    assert_int_equal(scene->answered, token);
    return scene->answer.reject.status;
}

static void open_both(struct scene *scene)
{
    scene->view = fx_view_create(&(struct fx_view_limits){0});
    scene->feed.shards = fx_worker_shards_create(scene->maps, SHARDS);
    assert_non_null(scene->view);
    assert_non_null(scene->feed.shards);
    for (uint32_t shard = 0; shard < SHARDS; shard++) {
        struct fx_worker_follow *follow = NULL;
        assert_int_equal(open_shard(scene, shard, &scene->maps[shard], &follow), FX_OK);
        fx_worker_shards_add(scene->feed.shards, follow);
    }
    assert_int_equal(fx_worker_feed_count(&scene->feed), SHARDS);
}

static const char *const ASSETS[SHARDS] = {"USDT", "BTC"};
static const char *const SYMBOLS[SHARDS] = {"BTCUSDT", "ETHBTC"};

static void list(struct scene *scene, uint32_t shard)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_UPDATE_INSTRUMENT, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.instrument = engine_kit_definition(SYMBOLS[shard]);
    command.u.instrument.quote = engine_kit_asset(ASSETS[shard]);
    command.u.instrument.settle = engine_kit_asset(ASSETS[shard]);
    assert_int_equal(call(scene, &command), FX_OK);
    for (uint32_t step = 1; step < 4; step++) {
        command = follow_kit_listing(0, step);
        command.instrument = shard * BLOCK;
        assert_int_equal(call(scene, &command), FX_OK);
    }
}

static void fund(struct scene *scene, uint64_t user_id, const char *asset)
{
    for (uint32_t step = 0; step < 2; step++) {
        struct fx_command command = follow_kit_user(user_id, step == 1);
        if (step == 0) {
            command.u.account.asset = engine_kit_asset(asset);
        } else {
            command.u.transfer.asset = engine_kit_asset(asset);
            command.u.transfer.amount = engine_kit_decimal("1000000");
        }
        assert_int_equal(call(scene, &command), FX_OK);
    }
}

/* Buys; sells at a negative price. */
static fx_status place(struct scene *scene, uint64_t user_id, uint32_t shard, int64_t ticks)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_PLACE_ORDER, shard * BLOCK, user_id);
    command.u.place.side = ticks < 0 ? FX_SIDE_SELL : FX_SIDE_BUY;
    command.u.place.type = FX_ORDER_TYPE_LIMIT;
    command.u.place.time_in_force = FX_TIME_IN_FORCE_GTC;
    command.u.place.lots = 2;
    command.u.place.price_ticks = ticks < 0 ? -ticks : ticks;
    return call(scene, &command);
}

static uint32_t count_orders(struct scene *scene, uint64_t user_id)
{
    uint32_t cursor = 0, count = 0;
    while (fx_view_next_order(scene->view, user_id, &cursor) != NULL) {
        count++;
    }
    return count;
}

static void begin_market(struct scene *scene)
{
    open_both(scene);
    for (uint32_t shard = 0; shard < SHARDS; shard++) {
        list(scene, shard);
        for (uint64_t user = 1; user <= USERS; user++) {
            fund(scene, user, ASSETS[shard]);
        }
    }
}

static void shards_take_each_command_to_its_own(void **state)
{
    struct scene *scene = *state;
    begin_market(scene);
    assert_int_equal(scene->market.count, BLOCK + 1);
    assert_int_equal(place(scene, 1, 0, 990), FX_OK);
    const uint64_t first = scene->answer.order_id;
    assert_int_equal(place(scene, 1, 1, 980), FX_OK);
    const uint64_t second = scene->answer.order_id;
    assert_int_equal(first, 1);
    assert_true(second == (1ULL << FX_SHARD_ID_BITS) + 1);
    assert_int_equal(fx_view_order(scene->view, 1, first)->instrument, 0);
    assert_int_equal(fx_view_order(scene->view, 1, second)->instrument, BLOCK);
    struct fx_command cancel =
        engine_kit_command(FX_COMMAND_CANCEL_ORDER, FX_COMMAND_ALL_INSTRUMENTS, 1);
    cancel.u.cancel.order_id = second;
    assert_int_equal(call(scene, &cancel), FX_OK);
    assert_int_equal(count_orders(scene, 1), 1);
    cancel.u.cancel.order_id = 9ULL << FX_SHARD_ID_BITS; /* nobody's */
    assert_int_equal(call(scene, &cancel), FX_WRONG_SHARD);
    struct fx_command account = follow_kit_user(1, false);
    account.u.account.asset = engine_kit_asset("DOGE");
    assert_int_equal(call(scene, &account), FX_WRONG_SHARD);
    struct fx_command mark = engine_kit_command(FX_COMMAND_MARK_PRICE, FX_INSTRUMENTS_MAX + 7, 0);
    assert_true(fx_worker_feed_submit(&scene->feed, 5, &mark)); /* no record can say it */
    turn(scene);
    assert_int_equal(scene->answer.reject.status, FX_UNKNOWN_SYMBOL);
}

static void shards_answer_as_one(void **state)
{
    struct scene *scene = *state;
    begin_market(scene);
    assert_int_equal(place(scene, 1, 0, 990), FX_OK);
    assert_int_equal(place(scene, 1, 0, 991), FX_OK);
    assert_int_equal(place(scene, 1, 1, 980), FX_OK);
    assert_int_equal(count_orders(scene, 1), 3);
    struct fx_command command =
        engine_kit_command(FX_COMMAND_CANCEL_ALL, FX_COMMAND_ALL_INSTRUMENTS, 1);
    command.u.cancel_all.scope = FX_CANCEL_SCOPE_ALL;
    assert_int_equal(call(scene, &command), FX_OK);
    assert_int_equal(scene->answer.count, 3);
    assert_int_equal(count_orders(scene, 1), 0);
    fund(scene, 9, "BTC"); /* has an account in the second shard only */
    command = engine_kit_command(FX_COMMAND_FREEZE_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, 9);
    command.u.freeze.is_frozen = 1;
    assert_int_equal(call(scene, &command), FX_OK);
    assert_int_equal(scene->answer.is_changed, 1);
    command.user_id = 77;
    assert_int_equal(call(scene, &command), FX_ACCOUNT_NOT_FOUND);
    /* One shard cannot: nobody is told that all is well. */
    assert_int_equal(place(scene, 2, 1, 980), FX_OK);
    command = engine_kit_command(FX_COMMAND_SET_POSITION_MODE, FX_COMMAND_ALL_INSTRUMENTS, 2);
    command.u.position_mode.is_hedge = 1;
    assert_int_equal(call(scene, &command), FX_POSITION_MODE_LOCKED);
    scene->exchange_rows = 0;
    command = engine_kit_command(FX_COMMAND_SHOW_EXCHANGE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    assert_int_equal(call(scene, &command), FX_OK);
    assert_int_equal(scene->exchange_rows, SHARDS);
}

static void shards_have_room_for_so_many_questions(void **state)
{
    struct scene *scene = *state;
    begin_market(scene);
    struct fx_command command =
        engine_kit_command(FX_COMMAND_CANCEL_ALL, FX_COMMAND_ALL_INSTRUMENTS, 1);
    command.u.cancel_all.scope = FX_CANCEL_SCOPE_ALL;
    for (uint64_t token = 1; token <= FX_WORKER_SHARDS_FANS_MAX; token++) {
        assert_true(fx_worker_feed_submit(&scene->feed, token, &command));
    }
    assert_false(fx_worker_feed_submit(&scene->feed, 5000, &command));
    scene->answers = 0;
    for (uint32_t tries = 0; tries < 8; tries++) {
        turn(scene);
    }
    assert_int_equal(scene->answers, FX_WORKER_SHARDS_FANS_MAX);
    assert_int_equal(scene->answered, FX_WORKER_SHARDS_FANS_MAX);
    assert_int_equal(call(scene, &command), FX_OK);
}

/* Random trading in both: no number is met twice, and the money of each shard adds up. */
static void shards_trade_side_by_side(void **state)
{
    struct scene *scene = *state;
    struct fx_rng rng;
    struct fx_worker_follow_stats stats;
    fx_rng_init(&rng, 11);
    begin_market(scene);
    for (uint32_t count = 0; count < CALLS; count++) {
        const uint32_t shard = (uint32_t)fx_rng_below(&rng, SHARDS);
        const uint64_t user = 1 + fx_rng_below(&rng, USERS);
        const int64_t ticks = 995 + (int64_t)fx_rng_below(&rng, 12);
        (void)place(scene, user, shard, fx_rng_below(&rng, 2) == 0 ? ticks : -ticks);
    }
    fx_worker_feed_follow_stats(&scene->feed, &stats);
    assert_true(stats.sequence > CALLS);
    assert_int_equal(stats.lag, 0);
    for (uint32_t shard = 0; shard < SHARDS; shard++) {
        struct fx_engine_audit audit;
        const struct fx_engine *engine = fx_worker_feed_engine(&scene->feed, shard);
        fx_engine_check(engine);
        fx_engine_audit(engine, &audit);
        assert_int_equal(audit.count, 1);
        assert_true(audit.assets[0].error == 0);
        assert_true(audit.assets[0].deposited == engine_kit_decimal("4000000"));
    }
    for (uint64_t user = 1; user <= USERS; user++) {
        const struct fx_rows_account *row = NULL;
        uint32_t cursor = 0, accounts = 0;
        while ((row = fx_view_next_account(scene->view, user, &cursor)) != NULL) {
            assert_int_equal(fx_shard_of_id(row->id), accounts++);
        }
        assert_int_equal(accounts, SHARDS);
    }
    for (uint32_t shard = 0; shard < SHARDS; shard++) {
        const struct fx_tape_trade *trade = NULL;
        const struct fx_market_symbol *symbol = fx_market_at(&scene->market, shard * BLOCK);
        assert_non_null(symbol);
        trade = fx_tape_at(&symbol->tape, 0);
        assert_non_null(trade);
        assert_int_equal(fx_shard_of_id(trade->trade_id), shard);
    }
}

/* ---- figures of all, threads of all ---------------------------------------------------------- */

static struct fx_worker_follow_stats stats_of(struct scene *scene)
{
    struct fx_worker_follow_stats stats;
    fx_worker_feed_follow_stats(&scene->feed, &stats);
    return stats;
}

static void publish_text(struct scene *scene, uint32_t shard, const char *text)
{
    const struct fx_bus_message message = {
        .topic = FX_STR("matching_engine_input"), .partition = shard, .value = fx_str_of(text)};
    assert_int_equal(fx_bus_publish(scene->bus, &message), FX_OK);
}

static void put_kits(struct scene *scene)
{
    for (uint32_t shard = 0; shard < SHARDS; shard++) {
        bus_kit_put(&scene->kits[shard], scene->sides[shard]);
    }
}

/* Whichever of them is behind, or full: it is seen. */
static void shards_worst_of_them_is_what_is_told(void **state)
{
    struct scene *scene = *state;
    put_kits(scene);
    open_both(scene);
    const struct fx_engine_limits *limits =
        fx_worker_follow_limits(fx_worker_shards_at(scene->feed.shards, SHARDS - 1));
    assert_int_equal(fx_worker_feed_depth(&scene->feed),
                     limits->book_window_levels + limits->book_overflow_levels_max);
    for (uint32_t shard = 0; shard < SHARDS; shard++) {
        const struct fx_engine *engine = fx_worker_feed_engine(&scene->feed, shard);
        assert_int_equal(fx_engine_shard(engine)->shard, shard);
        scene->kits[shard].reader_failure = FX_IO;
        for (uint32_t count = 0; count < 5 + shard; count++) {
            publish_text(scene, shard, "{\"code\":\"TICK\"}");
        }
        turn(scene);
        assert_int_equal(stats_of(scene).lag, 5 + shard);
        scene->kits[shard].reader_failure = FX_OK;
        turn(scene);
        assert_int_equal(stats_of(scene).lag, 0);
    }
    for (uint32_t shard = 0; shard < SHARDS; shard++) {
        struct fx_command command = follow_kit_user(1, true);
        struct fx_worker_engine_stats stats;
        command.u.transfer.asset = engine_kit_asset(ASSETS[shard]);
        for (uint32_t count = 0; count < 2048; count++) { /* of 4096 */
            assert_true(fx_worker_feed_submit(&scene->feed, 0, &command));
        }
        fx_worker_feed_stats(&scene->feed, &stats);
        assert_int_equal(stats.intake_count, 2048);
        assert_int_equal(stats.load_percent, 50);
        for (uint32_t tries = 0; tries < 16; tries++) {
            turn(scene);
        }
        assert_int_equal(stats_of(scene).intake_count, 0);
    }
}

/* The leader that is missing, or silent, in any of them. */
static void check_leaders(struct scene *scene, uint32_t first)
{
    static const char *const LEADER =
        "{\"code\":\"LEADER\",\"data\":{\"epoch\":\"1\",\"node\":\"a:1\"},"
        "\"from\":{\"node\":\"a:1\",\"token\":\"1\"}}";
    int64_t heard_us = 0;
    open_both(scene);
    for (uint32_t count = 0; count < SHARDS; count++) {
        const uint32_t shard = (first + count) % SHARDS;
        publish_text(scene, shard, LEADER);
        publish_text(scene, shard, LEADER); /* too late for its epoch, but the leader's voice */
        turn(scene);
        heard_us = stats_of(scene).heard_us;
        assert_int_equal(stats_of(scene).epoch, count);
        assert_true((heard_us > 0) == (count > 0));
    }
    for (uint32_t shard = 0; shard < SHARDS; shard++) { /* one of them is heard again */
        publish_text(scene, shard, LEADER);
        turn(scene);
        assert_true(stats_of(scene).heard_us < scene->now_us - 1000);
    }
    assert_true(stats_of(scene).heard_us > heard_us);
}

static void shards_leader_of_the_first_is_needed(void **state)
{
    check_leaders(*state, 1);
}

static void shards_leader_of_the_last_is_needed(void **state)
{
    check_leaders(*state, 0);
}

static void check_failure_of(struct scene *scene, uint32_t shard)
{
    struct fx_worker_engine_figures figures;
    put_kits(scene);
    open_both(scene);
    turn(scene);
    assert_int_equal(fx_worker_feed_failure(&scene->feed), FX_OK);
    scene->kits[shard].reader_failure = FX_NOT_FOUND; /* its log is gone */
    turn(scene);
    assert_int_equal(fx_worker_feed_failure(&scene->feed), FX_NOT_FOUND);
    fx_worker_feed_figures(&scene->feed, &figures);
    assert_true(figures.has_failed);
}

static void shards_lost_log_of_the_first_ends_all(void **state)
{
    check_failure_of(*state, 0);
}

static void shards_lost_log_of_the_last_ends_all(void **state)
{
    check_failure_of(*state, SHARDS - 1);
}

static void shards_money_of_all_is_told(void **state)
{
    struct scene *scene = *state;
    struct fx_engine_audit audit;
    memset(&audit, 0, sizeof audit);
    open_both(scene);
    for (uint32_t shard = 0; shard < SHARDS; shard++) {
        for (uint64_t user = 0; user <= shard; user++) {
            fund(scene, 1 + user, ASSETS[shard]);
        }
    }
    scene->now_us += 61LL * 1000 * 1000; /* a snapshot is due, and with it the sums are taken */
    turn(scene);
    assert_true(fx_worker_feed_audit(&scene->feed, &audit));
    assert_int_equal(audit.count, SHARDS);
    for (uint32_t shard = 0; shard < SHARDS; shard++) {
        const struct fx_asset asset = engine_kit_asset(ASSETS[shard]);
        assert_memory_equal(&audit.assets[shard].asset, &asset, sizeof asset);
        assert_true(audit.assets[shard].deposited == (1 + shard) * engine_kit_decimal("1000000"));
    }
    assert_false(fx_worker_feed_audit(&scene->feed, &audit));
}

/* As it runs: a thread for each, one submits. */
static void shards_threads_answer_everything(void **state)
{
    enum { ORDERS = 200, TURNS = 100000 };
    struct scene *scene = *state;
    const struct timespec pause = {.tv_nsec = 100000};
    begin_market(scene);
    assert_int_equal(fx_worker_feed_start(&scene->feed), FX_OK);
    scene->answers = 0;
    for (uint32_t count = 0; count < ORDERS; count++) {
        struct fx_command command =
            engine_kit_command(FX_COMMAND_CANCEL_ALL, FX_COMMAND_ALL_INSTRUMENTS, 1);
        command.u.cancel_all.scope = FX_CANCEL_SCOPE_ALL;
        if (count % 3 > 0) {
            command = engine_kit_command(FX_COMMAND_MARK_PRICE, count % 3 == 1 ? 0 : BLOCK, 0);
            command.u.mark.mark_ticks = 1000;
            command.u.mark.index_ticks = 1000;
        }
        assert_true(fx_worker_feed_submit(&scene->feed, 1 + count, &command));
        fx_worker_feed_wake(&scene->feed);
    }
    for (uint32_t tries = 0; tries < TURNS && scene->answers < ORDERS; tries++) {
        (void)nanosleep(&pause, NULL);
        for (uint32_t shard = 0; shard < SHARDS; shard++) {
            consume(scene, shard);
        }
    }
    fx_worker_feed_stop(&scene->feed, NULL, NULL);
    assert_int_equal(scene->answers, ORDERS);
}

/* ---- one answer of several ------------------------------------------------------------------- */

static void submit_cancel_all(struct scene *scene, uint64_t token)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_CANCEL_ALL, FX_COMMAND_ALL_INSTRUMENTS, 1);
    command.u.cancel_all.scope = FX_CANCEL_SCOPE_ALL;
    assert_true(fx_worker_feed_submit(&scene->feed, token, &command));
}

/* Submit to all, and keep their answers. */
static void gather(struct scene *scene, uint64_t token)
{
    scene->is_raw = true;
    scene->part_count = 0;
    submit_cancel_all(scene, token);
    for (uint32_t tries = 0; tries < 4; tries++) {
        turn(scene);
    }
    assert_int_equal(scene->part_count, SHARDS);
    scene->is_raw = false;
}

/* What two answers are together, whichever comes first. */
static void shards_whole_answer_is_of_both(void **state)
{
    static const struct {
        fx_status first, second, whole;
    } CASES[] = {{FX_OK, FX_OK, FX_OK},
                 {FX_OK, FX_ORDER_NOT_FOUND, FX_OK},
                 {FX_ACCOUNT_NOT_FOUND, FX_OK, FX_OK},
                 {FX_ORDER_NOT_FOUND, FX_TIMEOUT, FX_TIMEOUT},
                 {FX_OK, FX_TIMEOUT, FX_TIMEOUT},
                 {FX_BUSY, FX_BUSY, FX_BUSY},
                 {FX_ACCOUNT_NOT_FOUND, FX_ACCOUNT_NOT_FOUND, FX_ACCOUNT_NOT_FOUND}};
    struct scene *scene = *state;
    begin_market(scene);
    for (uint32_t number = 0; number < 2 * sizeof CASES / sizeof CASES[0]; number++) {
        const uint32_t first = number % 2; /* the part that comes first, of either's shard */
        gather(scene, 70 + number);
        struct fx_event *parts = scene->parts;
        parts[0].u.result.reject.status = CASES[number / 2].first;
        parts[0].u.result.count = 3;
        parts[0].u.result.amount = 50;
        parts[0].u.result.has_more = 1;
        parts[1].u.result.reject.status = CASES[number / 2].second;
        parts[1].u.result.count = 4;
        parts[1].u.result.amount = 70;
        parts[1].u.result.is_changed = 1;
        parts[1].u.result.order_id = 9;
        parts[1].u.result.account_id = 8;
        parts[1].u.result.order_status = FX_ORDER_STATUS_CANCELED;
        parts[0].u.result.is_changed = 0;
        fx_worker_feed_merge(&scene->feed, &parts[first]);
        assert_int_equal(parts[first].token, 0);
        fx_worker_feed_merge(&scene->feed, &parts[1 - first]);
        const struct fx_event_result *whole = &parts[1 - first].u.result;
        assert_int_equal(parts[1 - first].token, 70 + number);
        assert_int_equal(whole->reject.status, CASES[number / 2].whole);
        assert_int_equal(whole->command_kind, FX_COMMAND_CANCEL_ALL);
        assert_int_equal(whole->count, 7);
        assert_true(whole->amount == 70);
        assert_int_equal(whole->order_id, 9);
        assert_int_equal(whole->account_id, 8);
        assert_int_equal(whole->order_status, FX_ORDER_STATUS_CANCELED);
        assert_int_equal(whole->is_changed, 1);
        assert_int_equal(whole->has_more, 1);
    }
}

/* Its place among those that wait has been another's since: it is nobody's answer. */
static void shards_answer_that_comes_twice_is_nobodys(void **state)
{
    struct scene *scene = *state;
    begin_market(scene);
    gather(scene, 7);
    struct fx_event again = scene->parts[0];
    scene->parts[0].u.result.count = 50; /* not to be seen in the next answer of its place */
    fx_worker_feed_merge(&scene->feed, &scene->parts[0]);
    fx_worker_feed_merge(&scene->feed, &scene->parts[1]);
    assert_int_equal(scene->parts[1].token, 7);
    scene->answers = 0;
    for (uint64_t token = 100; token < 99 + FX_WORKER_SHARDS_FANS_MAX; token++) {
        submit_cancel_all(scene, token);
    }
    for (uint32_t tries = 0; tries < 8; tries++) {
        turn(scene);
    }
    assert_int_equal(scene->answers, FX_WORKER_SHARDS_FANS_MAX - 1);
    assert_int_equal(place(scene, 1, 1, 980), FX_OK);
    scene->answers = 0;
    submit_cancel_all(scene, 8); /* in the place of the first one */
    again.u.result.count = 100;
    struct fx_event early = again;
    fx_worker_feed_merge(&scene->feed, &early);
    assert_int_equal(early.token, 0);
    for (uint32_t tries = 0; tries < 4; tries++) {
        turn(scene);
    }
    assert_int_equal(scene->answers, 1);
    assert_int_equal(scene->answered, 8);
    assert_int_equal(scene->answer.count, 1);
    fx_worker_feed_merge(&scene->feed, &again);
    assert_int_equal(again.token, 0);
}

static void fill(struct scene *scene, uint32_t shard)
{
    const struct fx_command command = follow_kit_user(1, true);
    struct fx_worker_follow *follow = fx_worker_shards_at(scene->feed.shards, shard);
    while (fx_worker_follow_submit(follow, 0, &command)) {
        /* until it is full */
    }
}

/* One has no room: who asked hears of it, and what the others did is done. */
static void shards_full_one_is_told(void **state)
{
    struct scene *scene = *state;
    struct fx_command command =
        engine_kit_command(FX_COMMAND_CANCEL_ALL, FX_COMMAND_ALL_INSTRUMENTS, 1);
    command.u.cancel_all.scope = FX_CANCEL_SCOPE_ALL;
    begin_market(scene);
    assert_int_equal(place(scene, 1, 0, 990), FX_OK);
    assert_int_equal(place(scene, 1, 1, 980), FX_OK);
    scene->answers = 0;
    fill(scene, 0);
    assert_false(fx_worker_feed_submit(&scene->feed, 5, &command)); /* nobody has it */
    for (uint32_t tries = 0; tries < 16; tries++) {
        turn(scene);
    }
    assert_int_equal(scene->answers, 0);
    assert_int_equal(count_orders(scene, 1), 2);
    fill(scene, 1);
    assert_true(fx_worker_feed_submit(&scene->feed, 6, &command));
    for (uint32_t tries = 0; tries < 16; tries++) {
        turn(scene);
    }
    assert_int_equal(scene->answers, 1);
    assert_int_equal(scene->answered, 6);
    assert_int_equal(scene->answer.reject.status, FX_BUSY);
    assert_int_equal(scene->answer.count, 1);
    assert_int_equal(count_orders(scene, 1), 1);
    assert_int_equal(call(scene, &command), FX_OK);
    assert_int_equal(count_orders(scene, 1), 0);
}

/* By a name that only one shard knows; a deadline is in all of them. */
static void shards_names_and_deadlines_reach_all(void **state)
{
    struct scene *scene = *state;
    begin_market(scene);
    for (uint32_t shard = 0; shard < SHARDS; shard++) {
        struct fx_command command = engine_kit_command(FX_COMMAND_PLACE_ORDER, shard * BLOCK, 1);
        command.u.place.side = FX_SIDE_BUY;
        command.u.place.type = FX_ORDER_TYPE_LIMIT;
        command.u.place.time_in_force = FX_TIME_IN_FORCE_GTC;
        command.u.place.lots = 2;
        command.u.place.price_ticks = 990;
        assert_true(fx_ids_client_id(FX_STR("mine"), &command.u.place.client_id));
        assert_int_equal(call(scene, &command), FX_OK);
        const uint64_t order_id = scene->answer.order_id;
        command = engine_kit_command(FX_COMMAND_CANCEL_ORDER, FX_COMMAND_ALL_INSTRUMENTS, 1);
        assert_true(fx_ids_client_id(FX_STR("mine"), &command.u.cancel.client_id));
        assert_int_equal(call(scene, &command), FX_OK);
        assert_int_equal(scene->answer.order_id, order_id);
        assert_int_equal(count_orders(scene, 1), 0);
    }
    assert_int_equal(place(scene, 1, 0, 980), FX_OK);
    assert_int_equal(place(scene, 1, 1, 980), FX_OK);
    struct fx_command deadline =
        engine_kit_command(FX_COMMAND_CANCEL_ALL_AFTER, FX_COMMAND_ALL_INSTRUMENTS, 1);
    deadline.u.countdown.countdown_us = 5000000;
    assert_int_equal(call(scene, &deadline), FX_OK);
    assert_int_equal(count_orders(scene, 1), SHARDS);
    scene->now_us += 6000000;
    for (uint32_t shard = 0; shard < SHARDS; shard++) {
        struct fx_command tick = engine_kit_command(FX_COMMAND_TICK, FX_COMMAND_ALL_INSTRUMENTS, 0);
        assert_true(
            fx_worker_follow_submit(fx_worker_shards_at(scene->feed.shards, shard), 0, &tick));
    }
    for (uint32_t tries = 0; tries < 4; tries++) {
        turn(scene);
    }
    assert_int_equal(count_orders(scene, 1), 0);
}

/* A signed request is used up in the log that it went to; one that went to all, in all of them. */
static void shards_signed_request_counts_once(void **state)
{
    struct scene *scene = *state;
    struct fx_command command =
        engine_kit_command(FX_COMMAND_CANCEL_ALL, FX_COMMAND_ALL_INSTRUMENTS, 1);
    command.u.cancel_all.scope = FX_CANCEL_SCOPE_ALL;
    begin_market(scene);
    for (uint32_t shard = 0; shard <= SHARDS; shard++) {
        const struct fx_proof proof = {.id = 5 + shard, .until_ms = 60000};
        struct fx_command deposit = follow_kit_user(1, true);
        deposit.u.transfer.asset = engine_kit_asset(ASSETS[shard % SHARDS]);
        for (uint32_t turns = 0; turns < 2; turns++) {
            scene->answers = 0;
            assert_true(fx_worker_feed_submit_proved(
                &scene->feed, 9, shard == SHARDS ? &command : &deposit, &proof));
            for (uint32_t tries = 0; tries < 4; tries++) {
                turn(scene);
            }
            assert_int_equal(scene->answers, 1);
            assert_int_equal(scene->answer.reject.status, turns == 0 ? FX_OK : FX_REPLAYED);
        }
    }
    for (uint32_t shard = 0; shard < SHARDS; shard++) { /* what was used by all cannot be one's */
        const struct fx_proof proof = {.id = 5 + SHARDS, .until_ms = 60000};
        struct fx_command deposit = follow_kit_user(1, true);
        deposit.u.transfer.asset = engine_kit_asset(ASSETS[shard]);
        assert_true(fx_worker_feed_submit_proved(&scene->feed, 9, &deposit, &proof));
        for (uint32_t tries = 0; tries < 4; tries++) {
            turn(scene);
        }
        assert_int_equal(scene->answer.reject.status, FX_REPLAYED);
    }
}

/* All of a block's instruments are its shard's, also those above others' numbers of shards. */
static void shards_last_instrument_of_a_block_is_its_shards(void **state)
{
    enum { LISTED = BLOCK / 2 };
    struct scene *scene = *state;
    struct fx_command command;
    char name[16];
    open_both(scene);
    for (uint32_t number = 0; number < LISTED; number++) {
        for (uint32_t shard = 0; shard < SHARDS; shard++) {
            command =
                engine_kit_command(FX_COMMAND_UPDATE_INSTRUMENT, FX_COMMAND_ALL_INSTRUMENTS, 0);
            (void)snprintf(name, sizeof name, "A%u%s", number, ASSETS[shard]);
            command.u.instrument = engine_kit_definition(name);
            command.u.instrument.quote = engine_kit_asset(ASSETS[shard]);
            command.u.instrument.settle = engine_kit_asset(ASSETS[shard]);
            assert_true(fx_worker_feed_submit(&scene->feed, 0, &command));
            turn(scene);
            turn(scene);
        }
    }
    for (uint32_t shard = 0; shard < SHARDS; shard++) {
        command = follow_kit_listing(0, 1); /* tiers */
        command.instrument = shard * BLOCK + LISTED - 1;
        assert_int_equal(call(scene, &command), FX_OK);
    }
}

int main(void)
{
    const struct fx_log_options quiet = {.level = FX_LOG_OFF, .format = FX_LOG_TEXT, .fd = 2};
    fx_log_configure(&quiet);
    const struct CMUnitTest tests[] = {
        CASE(shards_map_is_written_by_who_begins_and_checked_by_all),
        CASE(shards_map_with_an_asset_of_a_lower_shard_is_refused),
        CASE(shards_map_that_the_log_refuses_stops_the_start),
        CASE(shards_take_each_command_to_its_own),
        CASE(shards_answer_as_one),
        CASE(shards_have_room_for_so_many_questions),
        CASE(shards_trade_side_by_side),
        CASE(shards_worst_of_them_is_what_is_told),
        CASE(shards_leader_of_the_first_is_needed),
        CASE(shards_leader_of_the_last_is_needed),
        CASE(shards_lost_log_of_the_first_ends_all),
        CASE(shards_lost_log_of_the_last_ends_all),
        CASE(shards_money_of_all_is_told),
        CASE(shards_threads_answer_everything),
        CASE(shards_whole_answer_is_of_both),
        CASE(shards_answer_that_comes_twice_is_nobodys),
        CASE(shards_full_one_is_told),
        CASE(shards_names_and_deadlines_reach_all),
        CASE(shards_signed_request_counts_once),
        CASE(shards_last_instrument_of_a_block_is_its_shards),
    };
    return cmocka_run_group_tests_name("worker_shards", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
