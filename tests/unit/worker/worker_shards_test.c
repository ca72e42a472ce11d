/* Two shards on one bus: their maps in their logs, commands to the one they belong to, answers of
 * all of them as one, and a view and a market of both without a collision. */
#include "worker/worker_shards.h"

#include "follow_kit.h"
#include "fx_test.h"
#include "market/market.h"
#include "view/view.h"
#include "worker/worker_feed.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

enum { SHARDS = 2, USERS = 4, BLOCK = FX_INSTRUMENTS_MAX / SHARDS, CALLS = 1200 };

struct scene {
    struct fx_bus_disk *disk;
    struct fx_worker_host host;
    struct fx_bus *bus;
    struct fx_bus *sides[SHARDS];
    struct fx_shard_map maps[SHARDS];
    struct fx_worker_feed feed;
    struct fx_worker_follow_report report;
    struct fx_view *view;
    struct fx_market market;
    struct fx_event_result answer;
    uint64_t answered; /* the token */
    uint32_t answers;
    uint32_t exchange_rows;
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
    const struct fx_worker_follow_options options = {.bus = scene->sides[shard],
                                                     .partition = shard,
                                                     .shard = map,
                                                     .snapshot_dir = DIRS[shard],
                                                     .host = &scene->host,
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
    scene->disk = fx_bus_disk_create(1);
    scene->now_us = 1700000000000000;
    scene->host = (struct fx_worker_host){
        .system = fx_bus_disk_system(scene->disk), .clock = clock_of, .clock_context = scene};
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
    }
    fx_bus_close(scene->bus);
    fx_bus_disk_destroy(scene->disk);
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
            if (event.kind == FX_EVENT_RESULT) {
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(shards_map_is_written_by_who_begins_and_checked_by_all),
        CASE(shards_map_that_the_log_refuses_stops_the_start),
        CASE(shards_take_each_command_to_its_own),
        CASE(shards_answer_as_one),
        CASE(shards_have_room_for_so_many_questions),
        CASE(shards_trade_side_by_side),
    };
    return cmocka_run_group_tests_name("worker_shards", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
