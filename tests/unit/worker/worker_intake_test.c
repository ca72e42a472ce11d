/* order:intake on a bus of journals: whatever it was doing when it died, and whether the bus died
 * with it, each record becomes one order, and what is no order lies in the quarantine. */
#include "worker/worker_intake.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "bus/bus_local.h"
#include "bus/bus_local_side.h"
#include "bus_kit.h"
#include "engine_kit.h"
#include "fx_test.h"
#include "worker/worker_intake_done.h"

enum { SHARDS = 2, BOTH = 40 };
enum { USERS = 3, PARTITIONS = 2, RECORDS_MAX = 256, STEPS_MAX = 400, WAIT_MS = 10000, ORDERS = 9 };

static const fx_str ORDERS_TOPIC = {"save_order_from_client_v2", 25};
static const fx_str CANCELS_TOPIC = {"cancel_order_from_client", 24};
static const fx_str INPUT_TOPIC = {"matching_engine_input", 21};
static const fx_str QUARANTINE_TOPIC = {"matching_engine_quarantine", 26};

static char folder[64];

struct scene {
    struct fx_bus *bus;
    struct bus_kit kit; /* of the bus, where a test puts it */
    struct fx_worker_intake *intake;
    struct fx_instrument instrument;
    uint32_t batch_max;
    uint32_t pending_max;
    uint32_t refreshed;
    fx_status listing; /* of a refresh */
    bool is_listed;
    bool has_marks;
    bool is_in_memory;                  /* what has arrived is durable */
    struct fx_shard_map shards[SHARDS]; /* where has_shards */
    struct fx_instrument other;         /* of shard 1 */
    bool has_shards;
    struct fx_worker_intake_mark marks[2][PARTITIONS]; /* outlive a crash */
};

static int unlink_one(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info;
    (void)kind;
    (void)walk;
    return remove(path);
}

static void empty_folder(void)
{
    (void)nftw(folder, unlink_one, 16, FTW_DEPTH | FTW_PHYS);
}

static const struct fx_instrument *find(void *context, fx_str symbol)
{
    const struct scene *scene = context;
    if (scene->has_shards && fx_str_is_equal(symbol, fx_ids_symbol_str(&scene->other.symbol))) {
        return &scene->other;
    }
    const bool is_it = fx_str_is_equal(symbol, fx_ids_symbol_str(&scene->instrument.symbol));
    return is_it && scene->is_listed ? &scene->instrument : NULL;
}

static fx_status refresh(void *context, bool is_needed)
{
    struct scene *scene = context;
    if (is_needed) {
        scene->refreshed++;
        scene->is_listed = scene->is_listed || scene->listing == FX_OK;
    }
    return scene->listing;
}

static struct fx_worker_intake_mark *mark_of(struct scene *scene, struct fx_bus_place place)
{
    const bool is_order = fx_str_is_equal(place.topic, ORDERS_TOPIC);
    return &scene->marks[is_order ? 0 : 1][place.partition];
}

static fx_status find_mark(void *context,
                           struct fx_bus_place place,
                           struct fx_worker_intake_mark *mark)
{
    *mark = *mark_of(context, place);
    return FX_OK;
}

static uint64_t input_end(struct scene *scene, uint32_t shard)
{
    struct fx_bus_span span = {0};
    const struct fx_bus_place place = {INPUT_TOPIC, shard};
    assert_int_equal(fx_bus_span(scene->bus, place, WAIT_MS, &span), FX_OK);
    return span.end;
}

static void store_mark(void *context,
                       struct fx_bus_place place,
                       const struct fx_worker_intake_mark *mark)
{
    for (uint32_t shard = 0; shard < SHARDS; shard++) { /* who begins beyond would miss records */
        assert_true(mark->inputs[shard] <= input_end(context, shard));
    }
    assert_true(mark->next >= mark_of(context, place)->next);
    assert_true(mark->inputs[0] >= mark_of(context, place)->inputs[0]);
    assert_true(mark->inputs[1] >= mark_of(context, place)->inputs[1]);
    *mark_of(context, place) = *mark;
}

static int64_t clock_of(void)
{
    return 1700000000000000;
}

static void open_bus(struct scene *scene)
{
    const struct fx_bus_local_options options = {.dir = scene->is_in_memory ? NULL : folder,
                                                 .mode = FX_BUS_JOURNAL_RELAXED,
                                                 .segment_size_bytes = 1 << 17,
                                                 .window_size_bytes = 1 << 16,
                                                 .pending_max = scene->pending_max};
    const struct fx_bus_topic topics[] = {
        {.name = ORDERS_TOPIC, .partitions = PARTITIONS, .retention_ms = -1},
        {.name = CANCELS_TOPIC, .partitions = 1, .retention_ms = -1},
        {.name = INPUT_TOPIC, .partitions = SHARDS, .retention_ms = -1},
        {.name = QUARANTINE_TOPIC, .partitions = 1, .retention_ms = -1}};
    assert_int_equal(fx_bus_local_open(&options, &scene->bus), FX_OK);
    assert_int_equal(fx_bus_make(scene->bus, topics, 4, WAIT_MS), FX_OK);
}

static void open_intake(struct scene *scene)
{
    struct fx_worker_intake_options options = {.bus = scene->bus,
                                               .group = FX_STR("intake"),
                                               .orders = ORDERS_TOPIC,
                                               .cancels = CANCELS_TOPIC,
                                               .input = {INPUT_TOPIC, 0},
                                               .quarantine = {QUARANTINE_TOPIC, 0},
                                               .listing = {find, refresh, scene},
                                               .clock = clock_of,
                                               .batch_max = scene->batch_max,
                                               .commit_us = 1};
    if (scene->has_shards) {
        options.shards = scene->shards;
        options.shard_count = SHARDS;
    }
    if (scene->has_marks) {
        options.marks = (struct fx_worker_intake_marks){find_mark, store_mark, scene};
    }
    assert_int_equal(fx_worker_intake_create(&options, &scene->intake), FX_OK);
}

static void produce(struct scene *scene, fx_str topic, uint64_t user_id, const char *value)
{
    char key[24];
    struct fx_bus_delivery delivery;
    (void)snprintf(key, sizeof key, "%llu", (unsigned long long)user_id);
    const struct fx_bus_message message = {.topic = topic,
                                           .partition = FX_BUS_BY_KEY,
                                           .key = fx_str_of(key),
                                           .value = fx_str_of(value)};
    assert_int_equal(fx_bus_publish(scene->bus, &message), FX_OK);
    assert_int_equal(fx_bus_flush(scene->bus, WAIT_MS), FX_OK);
    assert_int_equal(fx_bus_poll(scene->bus, WAIT_MS, &delivery, 1), 1);
    assert_int_equal(delivery.status, FX_OK);
}

/* Orders with a tmpId, with a clientOrderId, with neither, in both shapes; a cancel; rubbish. */
static void produce_all(struct scene *scene)
{
    char value[512];
    for (uint64_t user = 1; user <= USERS; user++) {
        (void)snprintf(value,
                       sizeof value,
                       "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":"
                       "\"2\",\"price\":\"90\",\"userId\":%llu,\"tmpId\":\"%llu\"}",
                       (unsigned long long)user,
                       (unsigned long long)(900 + user));
        produce(scene, ORDERS_TOPIC, user, value);
        (void)snprintf(value,
                       sizeof value,
                       "{\"createOrderDto\":{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":"
                       "\"LIMIT\",\"quantity\":\"1\",\"price\":\"91\",\"clientOrderId\":\"mine\"},"
                       "\"userId\":%llu,\"tmpOrderId\":5}",
                       (unsigned long long)user);
        produce(scene, ORDERS_TOPIC, user, value);
        (void)snprintf(value,
                       sizeof value,
                       "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":"
                       "3,\"price\":92,\"userId\":%llu}",
                       (unsigned long long)user);
        produce(scene, ORDERS_TOPIC, user, value);
    }
    produce(scene, CANCELS_TOPIC, 1, "{\"orderId\":77,\"userId\":1}");
    produce(scene, ORDERS_TOPIC, 1, "no JSON \xff");
    produce(scene,
            ORDERS_TOPIC,
            2,
            "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":\"0.5\","
            "\"price\":\"90\",\"userId\":2,\"tmpId\":7}");
    produce(scene, CANCELS_TOPIC, 3, "{\"userId\":3}");
    produce(scene,
            ORDERS_TOPIC,
            3,
            "{\"symbol\":\"NOPE\",\"side\":\"BUY\",\"type\":\"MARKET\",\"quantity\":\"1\","
            "\"userId\":3}");
}

static uint32_t read_place(struct scene *scene,
                           struct fx_bus_place place,
                           char texts[RECORDS_MAX][512])
{
    struct fx_bus_reader *reader = NULL;
    struct fx_bus_record records[RECORDS_MAX];
    struct fx_bus_span span = {0};
    uint32_t total = 0;
    assert_int_equal(fx_bus_flush(scene->bus, WAIT_MS), FX_OK);
    assert_int_equal(fx_bus_span(scene->bus, place, WAIT_MS, &span), FX_OK);
    assert_int_equal(fx_bus_reader_open(scene->bus, place, FX_BUS_FIRST, &reader), FX_OK);
    while (total < span.end) {
        uint32_t count = 0;
        assert_int_equal(fx_bus_reader_poll(reader, WAIT_MS, records, RECORDS_MAX - total, &count),
                         FX_OK);
        for (uint32_t index = 0; index < count; index++) {
            assert_true(fx_str_copy(records[index].value, texts[total++], 512));
        }
    }
    fx_bus_reader_close(reader);
    return total;
}

/* Read all of a topic's first partition. @return how many. */
static uint32_t read_topic(struct scene *scene, fx_str topic, char texts[RECORDS_MAX][512])
{
    return read_place(scene, (struct fx_bus_place){topic, 0}, texts);
}

/* Let a real engine have the input: what it then holds is what producers get. */
static void assert_each_order_once(struct scene *scene)
{
    static char texts[RECORDS_MAX][512];
    static struct fx_json json;
    struct engine_kit kit;
    struct fx_engine_limits limits = engine_kit_limits();
    uint64_t filled[USERS + 1] = {0};
    uint32_t counts[USERS + 1] = {0};
    limits.client_ids_max = 64;
    engine_kit_init(&kit, &limits);
    const struct fx_instrument definition = engine_kit_definition("BTCUSDT");
    (void)engine_kit_list(&kit, &definition, 100);
    for (uint64_t user = 1; user <= USERS; user++) {
        engine_kit_account(&kit, user, "USDT", "100000");
    }
    const uint32_t count = read_topic(scene, INPUT_TOPIC, texts);
    for (uint32_t index = 0; index < count; index++) {
        struct fx_wire_topic_in in;
        fx_str field;
        assert_int_equal(
            fx_wire_topic_in_command(&json, fx_str_of(texts[index]), find, scene, &in, &field),
            FX_OK);
        assert_int_equal(in.kind, FX_WIRE_TOPIC_IN_COMMAND);
        assert_int_equal(in.command.time_us, clock_of());
        const fx_status status = engine_kit_apply(&kit, &in.command);
        assert_true(in.from.node.size > 0);
        if (in.command.kind == FX_COMMAND_CANCEL_ORDER) {
            assert_int_equal(status, FX_ORDER_NOT_FOUND);
            continue;
        }
        assert_int_equal(status, FX_OK);
        assert_int_equal(kit.result.is_repeated, 0); /* nothing comes twice (N5) */
        counts[in.command.user_id]++;
        filled[in.command.user_id] += (uint64_t)in.command.u.place.lots;
    }
    assert_int_equal(count, ORDERS + 1);
    for (uint64_t user = 1; user <= USERS; user++) {
        assert_int_equal(counts[user], ORDERS / USERS);
        assert_int_equal(filled[user], 6);
    }
    engine_kit_deinit(&kit);
}

static void assert_quarantine(struct scene *scene, bool is_exact)
{
    static char texts[RECORDS_MAX][512];
    static const char *const WANTED[] = {
        "{\"code\":\"BAD_JSON\",\"topic\":\"save_order_from_client_v2\"",
        "{\"code\":\"LOT_SIZE\"",
        "\"code\":\"BAD_PARAMETER\",\"topic\":\"cancel_order_from_client\",\"partition\":0,"
        "\"offset\":\"1\",\"time\":1700000000000,\"field\":\"orderId\",\"userId\":\"3\",\"key\":\"3\",\"value\":"
        "\"{\\\"userId\\\":3}\"}",
        "{\"code\":\"UNKNOWN_SYMBOL\""};
    const uint32_t count = read_topic(scene, QUARANTINE_TOPIC, texts);
    for (size_t wanted = 0; wanted < sizeof WANTED / sizeof WANTED[0]; wanted++) {
        uint32_t found = 0;
        for (uint32_t index = 0; index < count; index++) {
            found += strstr(texts[index], WANTED[wanted]) != NULL ? 1 : 0;
        }
        assert_true(found > 0);
        assert_true(found == 1 || !is_exact);
    }
}

/* Work until everything is committed: nothing is in flight, and a look at all partitions finds
 * nothing more. */
static void run_dry(struct scene *scene)
{
    for (uint32_t idle = 0, step = 0; idle < 2; step++) {
        assert_true(step < STEPS_MAX);
        assert_int_equal(fx_worker_intake_finish(scene->intake, WAIT_MS), FX_OK);
        const int done = fx_worker_intake_step(scene->intake, 1);
        assert_true(done >= 0);
        idle = done == 0 ? idle + 1 : 0;
    }
}

static void begin(struct scene *scene)
{
    memset(scene, 0, sizeof *scene);
    scene->batch_max = 4;
    scene->is_listed = true;
    scene->instrument = engine_kit_definition("BTCUSDT");
    (void)snprintf(folder, sizeof folder, "/tmp/worker_intake_test.XXXXXX");
    assert_non_null(mkdtemp(folder));
    open_bus(scene);
    produce_all(scene);
}

static void end(struct scene *scene)
{
    fx_worker_intake_destroy(scene->intake);
    fx_bus_close(scene->bus);
    empty_folder();
}

static void worker_intake_makes_commands_of_records(void **state)
{
    struct scene scene;
    struct fx_worker_intake_stats stats;
    (void)state;
    begin(&scene);
    scene.is_listed = false; /* known after a second look only */
    scene.has_marks = true;
    open_intake(&scene);
    run_dry(&scene);
    fx_worker_intake_stats(scene.intake, &stats);
    assert_int_equal(stats.taken, ORDERS + 1);
    assert_int_equal(stats.refused, 4);
    assert_int_equal(stats.status, FX_OK);
    assert_true(stats.committed > 0);
    assert_true(scene.refreshed >= 1);
    assert_each_order_once(&scene);
    assert_quarantine(&scene, true);
    /* Nothing is read again by the next one. */
    fx_worker_intake_destroy(scene.intake);
    open_intake(&scene);
    run_dry(&scene);
    fx_worker_intake_stats(scene.intake, &stats);
    assert_int_equal(stats.taken + stats.refused, 0);
    end(&scene);
}

/* ---- two shards ------------------------------------------------------------------------------ */

/* One user's orders, now of the one symbol, now of the other; cancels by ids of three shards. */
static void begin_both(struct scene *scene)
{
    char value[512];
    memset(scene, 0, sizeof *scene);
    scene->batch_max = 8;
    scene->is_listed = true;
    scene->has_shards = true;
    scene->instrument = engine_kit_definition("BTCUSDT");
    scene->other = engine_kit_definition("ETHBTC");
    scene->other.settle = engine_kit_asset("BTC");
    scene->shards[0] = (struct fx_shard_map){0, SHARDS, 1, 0, {engine_kit_asset("USDT")}};
    scene->shards[1] = (struct fx_shard_map){1, SHARDS, 1, 0, {engine_kit_asset("BTC")}};
    (void)snprintf(folder, sizeof folder, "/tmp/worker_intake_test.XXXXXX");
    assert_non_null(mkdtemp(folder));
    open_bus(scene);
    for (uint32_t number = 0; number < BOTH; number++) {
        (void)snprintf(value,
                       sizeof value,
                       "{\"symbol\":\"%s\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":"
                       "\"2\",\"price\":\"90\",\"userId\":1,\"tmpId\":\"%u\"}",
                       number * 7 % 3 == 0 ? "BTCUSDT" : "ETHBTC",
                       1000 + number);
        produce(scene, ORDERS_TOPIC, 1, value);
    }
    for (uint64_t shard = 0; shard <= SHARDS; shard++) {
        (void)snprintf(value,
                       sizeof value,
                       "{\"orderId\":%llu,\"userId\":1}",
                       (unsigned long long)((shard << FX_SHARD_ID_BITS) + 5));
        produce(scene, CANCELS_TOPIC, 1, value);
    }
}

/* Each record is in the log of its shard, once. */
static void assert_both_once(struct scene *scene)
{
    static char texts[SHARDS][RECORDS_MAX][512];
    static char refused[RECORDS_MAX][512];
    uint32_t counts[SHARDS];
    for (uint32_t shard = 0; shard < SHARDS; shard++) {
        counts[shard] = read_place(scene, (struct fx_bus_place){INPUT_TOPIC, shard}, texts[shard]);
    }
    assert_int_equal(counts[0] + counts[1], BOTH + SHARDS);
    for (uint32_t number = 0; number < BOTH; number++) {
        char wanted[32];
        const uint32_t own = number * 7 % 3 == 0 ? 0 : 1;
        uint32_t found = 0;
        (void)snprintf(wanted, sizeof wanted, "\"tmpId\":\"%u\"", 1000 + number);
        for (uint32_t index = 0; index < counts[own]; index++) {
            found += strstr(texts[own][index], wanted) != NULL ? 1 : 0;
        }
        assert_int_equal(found, 1);
    }
    assert_true(read_topic(scene, QUARANTINE_TOPIC, refused) > 0);
    assert_non_null(strstr(refused[0], "\"code\":\"WRONG_SHARD\""));
}

/* Dies after `steps` steps; `with_bus`: so does the bus, with what it had not made durable. */
static void die_after(struct scene *scene, uint32_t steps, bool with_bus)
{
    for (uint32_t step = 0; step < steps; step++) {
        assert_true(fx_worker_intake_step(scene->intake, 0) >= 0);
    }
    fx_worker_intake_abandon(scene->intake);
    scene->intake = NULL;
    if (with_bus) {
        fx_bus_local_abandon(scene->bus);
        open_bus(scene);
    } else {
        struct fx_bus_delivery deliveries[64];
        assert_int_equal(fx_bus_flush(scene->bus, WAIT_MS), FX_OK);
        (void)fx_bus_poll(scene->bus, 0, deliveries, 64); /* they were the dead one's */
    }
}

static void live_once_in_two_shards(uint32_t steps, bool with_bus, bool has_marks)
{
    struct scene scene;
    begin_both(&scene);
    scene.has_marks = has_marks;
    for (uint32_t life = 0; life < 3; life++) { /* the second one dies while it mends */
        const uint32_t many = life == 0 && has_marks ? 4 * steps : steps; /* … with an old mark */
        open_intake(&scene);
        die_after(&scene, many, with_bus);
    }
    open_intake(&scene);
    run_dry(&scene);
    assert_both_once(&scene);
    fx_worker_intake_destroy(scene.intake); /* and nothing is read again by the next one */
    open_intake(&scene);
    run_dry(&scene);
    struct fx_worker_intake_stats stats;
    fx_worker_intake_stats(scene.intake, &stats);
    assert_int_equal(stats.taken, 0);
    end(&scene);
}

static void worker_intake_of_two_shards_loses_and_doubles_nothing(void **state)
{
    (void)state;
    for (uint32_t steps = 0; steps < 12; steps += steps < 4 ? 1 : 3) {
        live_once_in_two_shards(steps, false, steps % 2 == 0);
        live_once_in_two_shards(steps, true, steps % 2 != 0);
    }
}

/* Later records are in one log and earlier ones not in the other: what was sent there is lost, and
 * with it who sent it. The next one dies while it mends. */
static void live_with_a_hole(uint32_t shard, uint32_t steps, bool has_marks)
{
    struct scene scene;
    begin_both(&scene);
    bus_kit_put(&scene.kit, scene.bus);
    scene.has_marks = has_marks;
    scene.kit.is_placeless = steps % 2 != 0;
    open_intake(&scene);
    die_after(&scene, 2 * steps, false);
    scene.kit.lost_topic = INPUT_TOPIC;
    scene.kit.lost_partition = shard;
    open_intake(&scene);
    die_after(&scene, 6, false);
    scene.kit.lost_topic = FX_STR("");
    for (uint32_t life = 0; life < 2; life++) {
        scene.batch_max = 2;
        open_intake(&scene);
        die_after(&scene, 3 + steps, false);
    }
    open_intake(&scene);
    run_dry(&scene);
    assert_both_once(&scene);
    end(&scene);
}

static void worker_intake_of_two_shards_makes_up_for_a_hole(void **state)
{
    (void)state;
    for (uint32_t steps = 0; steps < 8; steps++) {
        for (uint32_t shard = 0; shard < SHARDS; shard++) {
            live_with_a_hole(shard, steps, false);
            live_with_a_hole(shard, steps, true);
        }
    }
}

/* Where nothing is missing a mark is the end of each log, and nothing is looked for again; where
 * nobody said where the records are, it is not moved. */
static void worker_intake_mark_is_the_end_of_each_log(void **state)
{
    (void)state;
    for (uint32_t turn = 0; turn < 2; turn++) {
        struct scene scene;
        begin_both(&scene);
        bus_kit_put(&scene.kit, scene.bus);
        scene.kit.is_placeless = turn == 1;
        scene.has_marks = true;
        scene.batch_max = 2 * BOTH; /* all of them, or nearly */
        open_intake(&scene);
        run_dry(&scene);
        assert_both_once(&scene);
        fx_worker_intake_destroy(scene.intake);
        for (uint32_t partition = 0; partition < PARTITIONS; partition++) {
            const struct fx_worker_intake_mark *mark = &scene.marks[0][partition];
            for (uint32_t shard = 0; shard < SHARDS && mark->next > 0; shard++) {
                assert_int_equal(mark->next, BOTH);
                assert_int_equal(mark->inputs[shard], turn == 1 ? 0 : input_end(&scene, shard));
            }
        }
        open_intake(&scene);
        run_dry(&scene);
        assert_both_once(&scene);
        end(&scene);
    }
}

/* What the search for one partition's commands remembers. */
static void worker_intake_window_tells_what_is_missing(void **state)
{
    static struct fx_worker_intake_done done;
    (void)state;
    memset(&done, 0, sizeof done);
    assert_false(fx_worker_intake_done_has(&done, 0));
    assert_int_equal(fx_worker_intake_done_first(&done, 7), 7);
    fx_worker_intake_done_add(&done, 5);
    fx_worker_intake_done_add(&done, 9);
    fx_worker_intake_done_add(&done, 7); /* of another log */
    for (uint64_t offset = 0; offset < 20; offset++) {
        assert_int_equal(fx_worker_intake_done_has(&done, offset),
                         offset == 5 || offset == 7 || offset == 9);
    }
    assert_int_equal(fx_worker_intake_done_first(&done, 2), 2);
    fx_worker_intake_done_add(&done, 9 + FX_WORKER_INTAKE_WINDOW); /* 9 is in front of it now */
    assert_int_equal(fx_worker_intake_done_first(&done, 2), 10);
    fx_worker_intake_done_add(&done, 9);
    for (uint64_t offset = 10; offset < 9 + FX_WORKER_INTAKE_WINDOW; offset++) {
        assert_false(fx_worker_intake_done_has(&done, offset));
    }
    assert_true(fx_worker_intake_done_has(&done, 9 + FX_WORKER_INTAKE_WINDOW));
    fx_worker_intake_done_add(&done, 12);
    fx_worker_intake_done_add(&done, UINT32_MAX);
    assert_false(fx_worker_intake_done_has(&done, UINT32_MAX - 1));
    assert_true(fx_worker_intake_done_has(&done, UINT32_MAX));
}

static void live_once(uint32_t steps, bool with_bus, bool has_marks)
{
    struct scene scene;
    begin(&scene);
    scene.has_marks = has_marks;
    open_intake(&scene);
    die_after(&scene, steps, with_bus);
    open_intake(&scene);
    run_dry(&scene);
    assert_each_order_once(&scene);
    assert_quarantine(&scene, false);
    end(&scene);
}

static void worker_intake_loses_and_doubles_nothing_wherever_it_dies(void **state)
{
    (void)state;
    for (uint32_t steps = 0; steps < 16; steps++) {
        live_once(steps, false, steps % 2 == 0);
        live_once(steps, true, steps % 2 != 0);
    }
}

static void worker_intake_waits_where_the_bus_is_full(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene);
    fx_bus_close(scene.bus);
    scene.pending_max = 1;
    scene.batch_max = 64;
    open_bus(&scene);
    open_intake(&scene);
    run_dry(&scene);
    assert_each_order_once(&scene);
    assert_quarantine(&scene, true);
    end(&scene);
}

/* The group forgot its offsets: what is done is in the log and the marks. */
static void worker_intake_begins_where_the_log_ends(void **state)
{
    struct scene scene;
    struct fx_worker_intake_stats stats;
    (void)state;
    for (uint32_t marks = 0; marks < 2; marks++) {
        begin(&scene);
        scene.has_marks = marks == 1;
        open_intake(&scene);
        run_dry(&scene);
        fx_worker_intake_destroy(scene.intake);
        const struct fx_worker_intake_options options = {.bus = scene.bus,
                                                         .group = FX_STR("another"),
                                                         .orders = ORDERS_TOPIC,
                                                         .cancels = CANCELS_TOPIC,
                                                         .input = {INPUT_TOPIC, 0},
                                                         .quarantine = {QUARANTINE_TOPIC, 0},
                                                         .listing = {find, refresh, &scene},
                                                         .clock = clock_of};
        assert_int_equal(fx_worker_intake_create(&options, &scene.intake), FX_OK);
        run_dry(&scene);
        fx_worker_intake_stats(scene.intake, &stats);
        assert_int_equal(stats.taken, 0);
        assert_each_order_once(&scene);
        end(&scene);
    }
}

/* Of a batch a record did not arrive, or nobody knows: it ends, and the next life takes all of it.
 */
static void worker_intake_undelivered_record_ends_it(void **state)
{
    struct scene scene;
    struct fx_worker_intake_stats stats;
    (void)state;
    for (uint32_t has_arrived = 0; has_arrived < 2; has_arrived++) {
        struct fx_bus *side = NULL;
        int done = 0;
        begin(&scene);
        fx_bus_close(scene.bus);
        scene.is_in_memory = true;
        open_bus(&scene);
        produce_all(&scene);
        struct fx_bus *home = scene.bus;
        assert_int_equal(fx_bus_local_side_open(home, &side), FX_OK);
        scene.bus = side;
        open_intake(&scene);
        fx_bus_local_side_hold(side, true);
        for (uint32_t step = 0; step < 8; step++) {
            assert_true(fx_worker_intake_step(scene.intake, 0) >= 0);
        }
        assert_true(fx_bus_pending(side) > 0);
        fx_bus_local_side_fail(side, FX_TIMEOUT, has_arrived != 0);
        for (uint32_t step = 0; step < 4 && done >= 0; step++) {
            done = fx_worker_intake_step(scene.intake, 0);
        }
        assert_true(done < 0);
        fx_worker_intake_stats(scene.intake, &stats);
        assert_int_equal(stats.status, FX_TIMEOUT);
        assert_int_equal(stats.committed, 0);
        fx_worker_intake_abandon(scene.intake);
        fx_bus_close(side);
        scene.bus = home;
        open_intake(&scene);
        run_dry(&scene);
        assert_each_order_once(&scene);
        end(&scene);
    }
}

/* A member that stood still hands over what another one has taken meanwhile: the log has each
 * record twice, and the engine each order once, because the same record has the same name. */
static void worker_intake_record_read_twice_is_one_order(void **state)
{
    static char texts[RECORDS_MAX][512];
    static struct fx_json json;
    struct scene scene;
    struct engine_kit kit;
    uint32_t fresh = 0, repeated = 0;
    (void)state;
    begin(&scene);
    open_intake(&scene);
    run_dry(&scene);
    fx_worker_intake_destroy(scene.intake);
    struct fx_bus_span span = {0};
    const struct fx_bus_place input = {INPUT_TOPIC, 0};
    assert_int_equal(fx_bus_span(scene.bus, input, WAIT_MS, &span), FX_OK);
    for (uint32_t index = 0; index < 2 * PARTITIONS; index++) { /* it will see nothing of it */
        scene.marks[index / PARTITIONS][index % PARTITIONS] =
            (struct fx_worker_intake_mark){.inputs = {span.end}};
    }
    scene.has_marks = true;
    open_intake(&scene);
    run_dry(&scene);
    struct fx_engine_limits limits = engine_kit_limits();
    limits.client_ids_max = 64;
    engine_kit_init(&kit, &limits);
    const struct fx_instrument definition = engine_kit_definition("BTCUSDT");
    (void)engine_kit_list(&kit, &definition, 100);
    for (uint64_t user = 1; user <= USERS; user++) {
        engine_kit_account(&kit, user, "USDT", "100000");
    }
    const uint32_t count = read_topic(&scene, INPUT_TOPIC, texts);
    assert_int_equal(count, 2 * (ORDERS + 1));
    for (uint32_t index = 0; index < count; index++) {
        struct fx_wire_topic_in in;
        fx_str field;
        assert_int_equal(
            fx_wire_topic_in_command(&json, fx_str_of(texts[index]), find, &scene, &in, &field),
            FX_OK);
        if (in.command.kind != FX_COMMAND_CANCEL_ORDER) {
            assert_int_equal(engine_kit_apply(&kit, &in.command), FX_OK);
            fresh += kit.result.is_repeated == 0 ? 1 : 0;
            repeated += kit.result.is_repeated != 0 ? 1 : 0;
        }
    }
    assert_int_equal(fresh, ORDERS);
    assert_int_equal(repeated, ORDERS);
    engine_kit_deinit(&kit);
    end(&scene);
}

/* No instrument can be read: nobody's order is refused for that. */
static void worker_intake_waits_for_the_listing(void **state)
{
    struct scene scene;
    struct fx_worker_intake_stats stats;
    (void)state;
    begin(&scene);
    scene.is_listed = false;
    scene.listing = FX_IO;
    open_intake(&scene);
    for (uint32_t step = 0; step < 50; step++) {
        assert_true(fx_worker_intake_step(scene.intake, 0) >= 0);
    }
    fx_worker_intake_stats(scene.intake, &stats);
    assert_true(stats.taken <= 1); /* the cancel, where it came first */
    assert_true(fx_worker_intake_finish(scene.intake, 5) == FX_TIMEOUT);
    scene.listing = FX_OK;
    run_dry(&scene);
    assert_each_order_once(&scene);
    assert_quarantine(&scene, true);
    end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worker_intake_makes_commands_of_records),
        cmocka_unit_test(worker_intake_of_two_shards_loses_and_doubles_nothing),
        cmocka_unit_test(worker_intake_of_two_shards_makes_up_for_a_hole),
        cmocka_unit_test(worker_intake_mark_is_the_end_of_each_log),
        cmocka_unit_test(worker_intake_window_tells_what_is_missing),
        cmocka_unit_test(worker_intake_loses_and_doubles_nothing_wherever_it_dies),
        cmocka_unit_test(worker_intake_waits_where_the_bus_is_full),
        cmocka_unit_test(worker_intake_begins_where_the_log_ends),
        cmocka_unit_test(worker_intake_undelivered_record_ends_it),
        cmocka_unit_test(worker_intake_record_read_twice_is_one_order),
        cmocka_unit_test(worker_intake_waits_for_the_listing),
    };
    const struct fx_log_options quiet = {.level = FX_LOG_OFF, .format = FX_LOG_TEXT, .fd = 2};
    fx_log_configure(&quiet);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
