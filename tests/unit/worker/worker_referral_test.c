/* worker/worker_referral: whatever crash comes between, each trade of people is told, in order,
 * with the same operationId when it is told again; nothing is told of bots. */
#include "worker/worker_referral.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "bus/bus_local.h"
#include "bus/bus_local_side.h"
#include "engine_kit.h"
#include "fx_test.h"
#include "store/store_migrate.h"
#include "store/store_sqlite.h"

enum {
    BOT = 3,
    RING = 1 << 12,
    EVENTS_MAX = 1 << 13,
    TRADES_MAX = 256,
    STEP_US = 60000,
    SAVE_US = 3 * STEP_US
};

static const fx_str REFERRALS = {"future_referral", 15};
static const fx_str REWARDS = {"future_reward_center", 20};

static struct {
    struct engine_kit kit;
    struct fx_ring_broadcast *ring;
    struct fx_bus *bus;
    struct fx_store *store;
    struct fx_worker_referral *worker;
    struct fx_event *events; /* everything that ever happened */
    uint32_t event_count;
    int64_t now_us;
    uint32_t recover_max; /* 0: as preset */
    char path[64];
} fixture;

static void remember(void)
{
    for (uint32_t index = 0; index < fixture.kit.events.count; index++) {
        assert_true(fixture.event_count < EVENTS_MAX);
        fixture.events[fixture.event_count++] = fixture.kit.events.items[index];
        if (fixture.worker != NULL) {
            assert_true(fx_ring_broadcast_append(fixture.ring, &fixture.kit.events.items[index]));
        }
    }
    if (fixture.worker != NULL) {
        fx_ring_broadcast_release(fixture.ring, fx_ring_broadcast_written(fixture.ring));
    }
}

static void step(void)
{
    fixture.now_us += STEP_US; /* more than it gathers for */
    (void)fx_worker_referral_step(fixture.worker, fixture.now_us);
}

static void trade(uint64_t seller, uint64_t buyer)
{
    const uint64_t users[2] = {seller, buyer};
    for (uint32_t side = 0; side < 2; side++) {
        const struct engine_kit_order order = {.user_id = users[side],
                                               .side = side == 0 ? FX_SIDE_SELL : FX_SIDE_BUY,
                                               .ticks = 100,
                                               .lots = 1};
        assert_int_equal(engine_kit_order(&fixture.kit, &order), FX_OK);
        remember();
    }
}

/* A start: events above the watermark first, then the dump, then the ring. */
static void open_worker(void)
{
    struct fx_engine_dump position = {0};
    static struct fx_event items[256];
    struct fx_events events = {.items = items, .capacity = 256};
    bool is_more = true;
    const struct fx_worker_referral_options options = {.bus = fixture.bus,
                                                       .store = fixture.store,
                                                       .key = {FX_STR("main"), FX_STR("referral")},
                                                       .referrals = REFERRALS,
                                                       .rewards = REWARDS,
                                                       .save_us = SAVE_US,
                                                       .folder = "/tmp",
                                                       .recover_max = fixture.recover_max};
    fixture.ring = fx_ring_broadcast_create(sizeof(struct fx_event), RING, 1);
    assert_int_equal(fx_worker_referral_create(&options, &fixture.worker), FX_OK);
    assert_int_equal(
        fx_worker_referral_recover(fixture.worker, fixture.events, fixture.event_count), FX_OK);
    while (is_more) {
        is_more = fx_engine_dump(fixture.kit.engine, &position, &events);
        for (uint32_t index = 0; index < events.count; index++) {
            assert_int_equal(fx_worker_referral_fold(fixture.worker, &items[index]), FX_OK);
        }
    }
    fx_worker_referral_listen(fixture.worker, fixture.ring, 0);
}

/* What a crash leaves: the tables and the bus. */
static void crash(void)
{
    struct fx_bus_delivery deliveries[64];
    fx_worker_referral_destroy(fixture.worker);
    fixture.worker = NULL;
    fx_ring_broadcast_destroy(fixture.ring);
    fixture.ring = NULL;
    while (fx_bus_poll(fixture.bus, 0, deliveries, 64) > 0) {
        /* they were the dead one's */
    }
}

static void setup(uint32_t pending_max)
{
    struct fx_engine_limits limits = engine_kit_limits();
    const struct fx_bus_local_options local = {.pending_max = pending_max};
    const struct fx_bus_topic topics[] = {{.name = REFERRALS, .partitions = 1, .retention_ms = -1},
                                          {.name = REWARDS, .partitions = 1, .retention_ms = -1}};
    uint32_t applied = 0;
    memset(&fixture, 0, sizeof fixture);
    fixture.events = calloc(EVENTS_MAX, sizeof fixture.events[0]);
    assert_non_null(fixture.events);
    assert_int_equal(fx_bus_local_open(&local, &fixture.bus), FX_OK);
    assert_int_equal(fx_bus_make(fixture.bus, topics, 2, 0), FX_OK);
    (void)snprintf(
        fixture.path, sizeof fixture.path, "/tmp/worker_referral_test.%d", (int)getpid());
    (void)unlink(fixture.path);
    assert_int_equal(fx_store_sqlite_open(fixture.path, FX_STORE_SQLITE_WRITER, &fixture.store),
                     FX_OK);
    assert_int_equal(fx_store_migrate(fixture.store, &applied), FX_OK);
    limits.orders_max = 1024;
    engine_kit_init(&fixture.kit, &limits);
    fixture.kit.is_unchecked = true;
    const struct fx_instrument definition = engine_kit_definition("BTCUSDT");
    (void)engine_kit_list(&fixture.kit, &definition, 100);
    for (uint64_t user_id = 1; user_id <= BOT; user_id++) {
        engine_kit_account(&fixture.kit, user_id, "USDT", "1000000");
    }
    struct fx_command command =
        engine_kit_command(FX_COMMAND_SET_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, BOT);
    command.u.account.asset = engine_kit_asset("USDT");
    command.u.account.flags = FX_ACCOUNT_FLAG_BOT;
    assert_int_equal(engine_kit_apply(&fixture.kit, &command), FX_OK);
}

static void teardown(void)
{
    fx_store_close(fixture.store);
    fx_bus_close(fixture.bus);
    engine_kit_deinit(&fixture.kit);
    free(fixture.events);
    (void)unlink(fixture.path);
}

static uint64_t number_of(const struct fx_json *json, fx_str name)
{
    uint64_t value = 0;
    const struct fx_json_token *token = fx_json_member(json, &json->tokens[0], name);
    return token != NULL && fx_str_parse_u64(token->text, &value) ? value : 0;
}

static bool is_told(uint64_t user_id)
{
    return user_id != BOT;
}

/* Read a topic: names of messages without those that came again; each must be one that is due. */
static void assert_topic(fx_str topic, bool is_reward)
{
    static struct fx_json json;
    static uint64_t wanted[2 * TRADES_MAX][2], seen[2 * TRADES_MAX][2];
    struct fx_bus_reader *reader = NULL;
    struct fx_bus_record records[64];
    uint32_t wanted_count = 0, seen_count = 0, count = 1;
    for (uint32_t index = 0; index < fixture.event_count; index++) {
        const struct fx_event *event = &fixture.events[index];
        const uint64_t users[2] = {event->u.trade.buy_user_id, event->u.trade.sell_user_id};
        const bool is_trade = event->kind == FX_EVENT_TRADE;
        for (uint32_t side = 0; is_trade && side < (is_reward ? 2 : 1); side++) {
            if (is_reward ? is_told(users[side]) : is_told(users[0]) || is_told(users[1])) {
                wanted[wanted_count][0] = fx_event_operation_id(event);
                wanted[wanted_count++][1] = is_reward ? users[side] : 0;
            }
        }
    }
    const struct fx_bus_place place = {topic, 0};
    assert_int_equal(fx_bus_reader_open(fixture.bus, place, FX_BUS_FIRST, &reader), FX_OK);
    while (count > 0) {
        assert_int_equal(fx_bus_reader_poll(reader, 0, records, 64, &count), FX_OK);
        for (uint32_t index = 0; index < count; index++) {
            assert_int_equal(fx_json_parse(&json, records[index].value), FX_OK);
            const uint64_t operation = number_of(&json, FX_STR("operationId"));
            const uint64_t user = number_of(&json, FX_STR("userId"));
            assert_int_not_equal(number_of(&json, FX_STR("buyUserId")), BOT);
            assert_int_not_equal(number_of(&json, FX_STR("sellUserId")), BOT);
            bool is_again = false;
            for (uint32_t at = 0; at < seen_count; at++) {
                is_again = is_again || (seen[at][0] == operation && seen[at][1] == user);
            }
            if (!is_again) {
                assert_true(seen_count < wanted_count);
                assert_int_equal(operation, wanted[seen_count][0]);
                assert_int_equal(user, wanted[seen_count][1]);
                seen[seen_count][0] = operation;
                seen[seen_count++][1] = user;
            }
        }
    }
    fx_bus_reader_close(reader);
    assert_int_equal(seen_count, wanted_count);
    assert_true(wanted_count > 0);
}

static void run(uint32_t pending_max, uint32_t crash_every, uint32_t recover_max)
{
    static const uint64_t PAIRS[][2] = {{1, 2}, {2, 1}, {BOT, 1}, {2, BOT}, {BOT, BOT}, {1, 2}};
    setup(pending_max);
    fixture.recover_max = recover_max;
    open_worker();
    for (uint32_t turn = 0; turn < 24; turn++) {
        trade(PAIRS[turn % 6][0], PAIRS[turn % 6][1]);
        for (uint32_t count = 0; count < turn % 5; count++) {
            step();
        }
        if (crash_every != 0 && turn % crash_every == crash_every - 1) {
            crash();
            trade(1, 2); /* while it was down */
            open_worker();
        }
    }
    for (uint32_t count = 0; count < 400; count++) {
        step();
    }
    assert_topic(REFERRALS, false);
    assert_topic(REWARDS, true);
    struct fx_worker_referral_stats stats;
    fx_worker_referral_stats(fixture.worker, &stats);
    assert_int_equal(stats.fatal, FX_OK);
    /* Nothing is left to tell again. */
    assert_int_equal(stats.watermark,
                     fx_event_operation_id(&fixture.events[fixture.event_count - 1]));
    crash();
    open_worker();
    for (uint32_t count = 0; count < 20; count++) {
        step();
    }
    fx_worker_referral_stats(fixture.worker, &stats);
    assert_int_equal(stats.published, 0);
    crash();
    teardown();
}

static void worker_referral_tells_each_trade_of_people(void **state)
{
    (void)state;
    run(0, 0, 0);
}

static void worker_referral_survives_crashes(void **state)
{
    (void)state;
    for (uint32_t every = 1; every < 6; every++) {
        run(0, every, 0);
        run(1, every, 0);
    }
}

/* What happened while it was down is more than memory takes. */
static void worker_referral_long_absence_waits_in_a_file(void **state)
{
    (void)state;
    for (uint32_t every = 1; every < 6; every++) {
        run(0, every, 1);
        run(1, every, 2);
    }
    setup(1);
    fixture.recover_max = 3;
    for (uint32_t count = 0; count < 200; count++) { /* before it ever began */
        trade(1 + count % 2, 2 - count % 2);
    }
    open_worker();
    for (uint32_t count = 0; count < 2000; count++) {
        step();
        if (count == 30) {
            crash();
            open_worker();
        }
    }
    assert_topic(REFERRALS, false);
    assert_topic(REWARDS, true);
    crash();
    teardown();
}

static uint64_t published(void)
{
    struct fx_worker_referral_stats stats;
    fx_worker_referral_stats(fixture.worker, &stats);
    return stats.published;
}

/* What comes within a twentieth of a second is told at once, and not each trade for itself. */
static void worker_referral_gathers_trades(void **state)
{
    enum { TRADES = 40, MESSAGES = 3, SHORT_US = 1000 };
    (void)state;
    setup(0);
    open_worker();
    step();
    trade(1, 2);
    step();
    step();
    assert_int_equal(published(), MESSAGES);
    trade(2, 1);
    step(); /* a group goes */
    for (uint32_t count = 0; count < TRADES; count++) {
        trade(1, 2);
        fixture.now_us += SHORT_US;
        (void)fx_worker_referral_step(fixture.worker, fixture.now_us);
    }
    assert_int_equal(published(), 2 * MESSAGES);
    step();
    step();
    assert_int_equal(published(), (2 + TRADES) * MESSAGES);
    crash();
    teardown();
}

/* What is on its way may be lost with its process: the watermark does not pass it. */
static void worker_referral_watermark_waits_for_what_is_on_its_way(void **state)
{
    struct fx_worker_referral_stats stats;
    (void)state;
    setup(0);
    struct fx_bus *home = fixture.bus;
    assert_int_equal(fx_bus_local_side_open(home, &fixture.bus), FX_OK);
    open_worker();
    trade(1, 2);
    for (uint32_t count = 0; count < 20; count++) {
        step();
    }
    fx_worker_referral_stats(fixture.worker, &stats);
    const uint64_t before = stats.watermark;
    assert_int_equal(before, fx_event_operation_id(&fixture.events[fixture.event_count - 1]));
    fx_bus_local_side_hold(fixture.bus, true);
    trade(2, 1);
    trade(1, 2);
    for (uint32_t count = 0; count < 20; count++) {
        step();
    }
    assert_true(fx_bus_pending(fixture.bus) > 0);
    fx_worker_referral_stats(fixture.worker, &stats);
    assert_int_equal(stats.watermark, before);
    crash();
    fx_bus_close(fixture.bus); /* and with it what was on its way */
    assert_int_equal(fx_bus_local_side_open(home, &fixture.bus), FX_OK);
    open_worker();
    for (uint32_t count = 0; count < 20; count++) {
        step();
    }
    assert_topic(REFERRALS, false);
    assert_topic(REWARDS, true);
    /* One that nobody knows of ends it: the next life tells it again. */
    fx_bus_local_side_hold(fixture.bus, true);
    trade(1, 2);
    step();
    fx_bus_local_side_fail(fixture.bus, FX_TIMEOUT, false);
    for (uint32_t count = 0; count < 20; count++) {
        step();
    }
    fx_worker_referral_stats(fixture.worker, &stats);
    assert_int_equal(stats.fatal, FX_TIMEOUT);
    fx_bus_local_side_hold(fixture.bus, false);
    crash();
    open_worker();
    for (uint32_t count = 0; count < 20; count++) {
        step();
    }
    assert_topic(REFERRALS, false);
    assert_topic(REWARDS, true);
    crash();
    fx_bus_close(fixture.bus);
    fixture.bus = home;
    teardown();
}

/* Something is on its way at every step, for ever: the watermark comes forward all the same, or the
 * next start would tell everything again, and until then no snapshot could be kept. */
static void worker_referral_watermark_moves_under_load(void **state)
{
    struct fx_worker_referral_stats stats;
    uint64_t last = 0;
    uint32_t moves = 0;
    (void)state;
    setup(0);
    struct fx_bus *home = fixture.bus;
    assert_int_equal(fx_bus_local_side_open(home, &fixture.bus), FX_OK);
    open_worker();
    for (uint32_t turn = 0; turn < 60; turn++) {
        fx_bus_local_side_hold(fixture.bus, false); /* what was on its way arrives … */
        fx_bus_local_side_hold(fixture.bus, true);
        trade(1 + turn % 2, 2 - turn % 2);
        step(); /* … and there is more */
        fx_worker_referral_stats(fixture.worker, &stats);
        moves += stats.watermark > last ? 1 : 0;
        last = stats.watermark;
    }
    assert_true(moves > 5);
    crash();
    fx_bus_close(fixture.bus);
    fixture.bus = home;
    teardown();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worker_referral_tells_each_trade_of_people),
        cmocka_unit_test(worker_referral_survives_crashes),
        cmocka_unit_test(worker_referral_long_absence_waits_in_a_file),
        cmocka_unit_test(worker_referral_gathers_trades),
        cmocka_unit_test(worker_referral_watermark_waits_for_what_is_on_its_way),
        cmocka_unit_test(worker_referral_watermark_moves_under_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
