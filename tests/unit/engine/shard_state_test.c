/* A shard among several: what it refuses, how its map grows, and that it does what an exchange of
 * one shard does, with other numbers. */
#include "engine/shard_int.h"
#include "follow_kit.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

enum { COMMANDS = 1500, SHARDS = 4, NUMBER = 3, BLOCK = FX_INSTRUMENTS_MAX / SHARDS };

static struct engine_kit kit;

static struct fx_command map_of(uint32_t shard,
                                uint32_t shards,
                                const char *first,
                                const char *more)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_SET_SHARD, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.shard.shard = shard;
    command.u.shard.shards = shards;
    command.u.shard.assets[command.u.shard.asset_count++] = engine_kit_asset(first);
    if (more != NULL) {
        command.u.shard.assets[command.u.shard.asset_count++] = engine_kit_asset(more);
    }
    return command;
}

static fx_status set(uint32_t shard, uint32_t shards, const char *first, const char *more)
{
    struct fx_command command = map_of(shard, shards, first, more);
    return engine_kit_apply(&kit, &command);
}

static int setup(void **state)
{
    (void)state;
    const struct fx_engine_limits limits = follow_kit_limits();
    engine_kit_init(&kit, &limits);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    engine_kit_deinit(&kit);
    return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* ---- the map --------------------------------------------------------------------------------- */

static void shard_map_grows_by_assets_only(void **state)
{
    (void)state;
    assert_int_equal(fx_engine_shard(kit.engine)->shards, 0);
    assert_int_equal(set(1, 2, "BTC", NULL), FX_OK);
    assert_int_equal(kit.result.is_changed, 1);
    const uint64_t before = fx_hash_content(kit.engine);
    assert_int_equal(set(1, 2, "BTC", NULL), FX_OK);
    assert_int_equal(kit.result.is_changed, 0);
    assert_int_equal(set(0, 2, "BTC", NULL), FX_BAD_SHARD_MAP);
    assert_int_equal(set(1, 4, "BTC", NULL), FX_BAD_SHARD_MAP);
    assert_int_equal(set(1, 2, "USD", NULL), FX_BAD_SHARD_MAP);
    assert_true(before == fx_hash_content(kit.engine));
    assert_int_equal(set(1, 2, "USD", "BTC"), FX_OK);
    assert_int_equal(kit.result.is_changed, 1);
    assert_true(before != fx_hash_content(kit.engine));
    assert_int_equal(set(1, 2, "BTC", NULL), FX_BAD_SHARD_MAP);
    assert_int_equal(fx_engine_shard(kit.engine)->asset_count, 2);
}

static void shard_map_that_is_none_is_refused(void **state)
{
    (void)state;
    assert_int_equal(set(0, 0, "BTC", NULL), FX_BAD_PARAMETER);
    assert_int_equal(set(0, 1, "BTC", NULL), FX_BAD_PARAMETER);
    assert_int_equal(set(2, 2, "BTC", NULL), FX_BAD_PARAMETER);
    assert_int_equal(set(0, FX_SHARDS_MAX + 1, "BTC", NULL), FX_BAD_PARAMETER);
    assert_int_equal(set(0, 2, "BTC", "BTC"), FX_BAD_PARAMETER);
    struct fx_command command = map_of(0, 2, "BTC", NULL);
    command.u.shard.asset_count = 0;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_PARAMETER);
    command.u.shard.asset_count = 2; /* the second has no name */
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_PARAMETER);
    command = map_of(0, 2, "BTC", "USD");
    command.u.shard.asset_count = 1; /* what lies behind counts for the hash of a snapshot */
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_PARAMETER);
    command = map_of(0, 2, "BTC", NULL);
    memset(command.u.shard.assets[0].text, 'X', sizeof command.u.shard.assets[0].text);
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_PARAMETER);
    assert_int_equal(fx_engine_shard(kit.engine)->shards, 0);
}

static void shard_limits_must_fit_the_block(void **state)
{
    (void)state;
    engine_kit_deinit(&kit);
    struct fx_engine_limits limits = follow_kit_limits();
    limits.instruments_max = FX_INSTRUMENTS_MAX / 4 + 1;
    engine_kit_init(&kit, &limits);
    assert_int_equal(set(0, 4, "BTC", NULL), FX_CAPACITY);
    assert_int_equal(set(0, 2, "BTC", NULL), FX_OK);
}

/* An exchange of one shard may become the first of several, as long as nothing of it is lost. */
static void shard_map_of_an_exchange_with_accounts(void **state)
{
    (void)state;
    engine_kit_account(&kit, 1, "USDT", "100");
    assert_int_equal(set(1, 2, "USDT", NULL), FX_BAD_SHARD_MAP);
    assert_int_equal(set(0, 2, "BTC", NULL), FX_BAD_SHARD_MAP);
    assert_int_equal(set(0, 2, "BTC", "USDT"), FX_OK);
    assert_int_equal(engine_kit_deposit(&kit, 1, "USDT", "1"), FX_OK);
}

/* ---- what is not its own --------------------------------------------------------------------- */

static fx_status create(uint64_t user_id, const char *asset)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_CREATE_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, user_id);
    command.u.account.asset = engine_kit_asset(asset);
    return engine_kit_apply(&kit, &command);
}

static fx_status cancel(uint64_t order_id)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_CANCEL_ORDER, FX_COMMAND_ALL_INSTRUMENTS, 1);
    command.u.cancel.order_id = order_id;
    return engine_kit_apply(&kit, &command);
}

static void shard_refuses_what_is_of_another(void **state)
{
    (void)state;
    assert_int_equal(set(1, 2, "BTC", "USD"), FX_OK);
    assert_int_equal(create(1, "USDT"), FX_WRONG_SHARD);
    assert_int_equal(create(1, "BTC"), FX_OK);
    assert_true(kit.result.account_id == (1ULL << FX_SHARD_ID_BITS) + 1);
    assert_int_equal(engine_kit_deposit(&kit, 1, "USDT", "1"), FX_WRONG_SHARD);
    assert_int_equal(engine_kit_deposit(&kit, 1, "USD", "1"), FX_ACCOUNT_NOT_FOUND);
    assert_int_equal(engine_kit_deposit(&kit, 1, "BTC", "1"), FX_OK);
    const struct fx_instrument definition = engine_kit_definition("BTCUSDT"); /* in USDT */
    assert_int_equal(engine_kit_update(&kit, &definition), FX_WRONG_SHARD);
    assert_int_equal(kit.engine->asset_count, 1);
    assert_int_equal(engine_kit_mark(&kit, 0, 100), FX_WRONG_SHARD);
    assert_int_equal(kit.result.reject.field, FX_FIELD_SYMBOL);
    assert_int_equal(engine_kit_mark(&kit, FX_INSTRUMENTS_MAX / 2, 100), FX_UNKNOWN_SYMBOL);
    assert_int_equal(engine_kit_mark(&kit, FX_INSTRUMENTS_MAX, 100), FX_WRONG_SHARD);
    assert_int_equal(cancel(1), FX_WRONG_SHARD);
    assert_int_equal(cancel(5ULL << FX_SHARD_ID_BITS), FX_WRONG_SHARD);
    assert_int_equal(cancel((1ULL << FX_SHARD_ID_BITS) + 1), FX_ORDER_NOT_FOUND);
    struct fx_command question = engine_kit_command(FX_COMMAND_EXPLAIN, 0, 1);
    assert_int_equal(engine_kit_ask(&kit, &question).result.reject.status, FX_WRONG_SHARD);
}

/* ---- the same exchange with other numbers ---------------------------------------------------- */

static void shift(uint64_t *id)
{
    *id += *id == 0 ? 0 : (uint64_t)NUMBER << FX_SHARD_ID_BITS;
}

/* What an event of an exchange of one shard is in shard NUMBER. */
static struct fx_event expected_of(const struct fx_event *plain, const struct fx_shard_map *map)
{
    struct fx_event event = *plain;
    fx_shard_label(map, &event);
    if (event.kind == FX_EVENT_RESULT) {
        shift(&event.u.result.order_id);
    } else if (event.kind == FX_EVENT_TRADE) {
        shift(&event.u.trade.trade_id);
        shift(&event.u.trade.buy_order_id);
        shift(&event.u.trade.sell_order_id);
    } else if (event.kind == FX_EVENT_ORDER) {
        shift(&event.u.order.order_id);
    } else if (event.kind == FX_EVENT_LIQUIDATION) {
        shift(&event.u.liquidation.id);
        shift(&event.u.liquidation.order_id);
    }
    return event;
}

static void compare(const struct fx_events *plain, const struct fx_shard_map *map)
{
    assert_int_equal(plain->count, kit.events.count);
    for (uint32_t index = 0; index < plain->count; index++) {
        struct fx_event expected = expected_of(&plain->items[index], map);
        expected.sequence = kit.events.items[index].sequence; /* one is the map's */
        assert_memory_equal(&expected, &kit.events.items[index], fx_event_size(&expected));
    }
}

static void apply(struct engine_kit *target, struct fx_command *command)
{
    command->sequence = fx_engine_sequence(target->engine) + 1;
    fx_engine_apply(target->engine, command, &target->events);
}

/* Save and load: the same state in fresh memory. */
static void reload(void)
{
    const size_t size = fx_engine_save_size(kit.engine);
    char *saved = malloc(size);
    assert_non_null(saved);
    fx_engine_save(kit.engine, saved, size);
    const struct fx_engine_limits limits = kit.engine->limits;
    const uint64_t hash = fx_engine_hash(kit.engine);
    free(kit.engine);
    kit.engine = NULL;
    void *memory = engine_kit_memory(&limits);
    assert_int_equal(fx_engine_load(memory, &limits, (fx_str){saved, size}, &kit.engine), FX_OK);
    assert_true(hash == fx_engine_hash(kit.engine));
    free(saved);
}

static void dump_both(struct engine_kit *plain, const struct fx_shard_map *map)
{
    struct fx_engine_dump left = {0}, right = {0};
    const uint32_t capacity = plain->events.capacity;
    plain->events.capacity = 64;
    kit.events.capacity = 64;
    for (bool is_more = true; is_more;) {
        is_more = fx_engine_dump(plain->engine, &left, &plain->events);
        assert_int_equal(fx_engine_dump(kit.engine, &right, &kit.events), is_more);
        compare(&plain->events, map);
    }
    plain->events.capacity = capacity;
    kit.events.capacity = capacity;
}

static void audit(void)
{
    struct fx_engine_audit audit;
    fx_engine_audit(kit.engine, &audit);
    for (uint32_t index = 0; index < audit.count; index++) {
        assert_true(audit.assets[index].error == 0);
    }
}

static void shard_is_an_exchange_with_numbers_of_its_own(void **state)
{
    (void)state;
    static struct follow_kit_stream stream;
    struct engine_kit plain;
    const struct fx_engine_limits limits = follow_kit_limits();
    uint32_t trades = 0, liquidations = 0;
    engine_kit_init(&plain, &limits);
    follow_kit_init(&stream, 7);
    assert_int_equal(set(NUMBER, SHARDS, "USDT", NULL), FX_OK);
    const struct fx_shard_map map = *fx_engine_shard(kit.engine);
    for (uint32_t count = 0; count < COMMANDS; count++) {
        struct fx_command command = follow_kit_next(&stream);
        struct fx_command own = command;
        command.time_us = own.time_us = 1000000 + count * 1000;
        own.instrument += own.instrument == FX_COMMAND_ALL_INSTRUMENTS ? 0 : NUMBER * BLOCK;
        apply(&plain, &command);
        apply(&kit, &own);
        compare(&plain.events, &map);
        trades += engine_kit_count(&kit, FX_EVENT_TRADE);
        liquidations += engine_kit_count(&kit, FX_EVENT_LIQUIDATION);
        if (count % 250 == 249) {
            reload();
            dump_both(&plain, &map);
            fx_engine_check(kit.engine);
            audit();
        }
    }
    assert_true(trades > 100 && liquidations > 0);
    assert_int_equal(fx_engine_find_instrument(kit.engine, FX_STR("ETHUSDT")), NUMBER * BLOCK + 1);
    assert_int_equal(fx_engine_find_instrument(kit.engine, FX_STR("XRPUSDT")), UINT32_MAX);
    engine_kit_deinit(&plain);
}

/* No number of one shard is ever a number of another. */
static void shard_operation_ids_never_meet(void **state)
{
    (void)state;
    struct fx_event last = {.kind = FX_EVENT_BOOK, .sequence = 5, .index = 65535};
    struct fx_event first = {.kind = FX_EVENT_BOOK, .sequence = 5, .index = 0};
    const struct fx_command low = map_of(1, FX_SHARDS_MAX, "BTC", NULL);
    const struct fx_command high = map_of(2, FX_SHARDS_MAX, "USD", NULL);
    const struct fx_command top = map_of(FX_SHARDS_MAX - 1, FX_SHARDS_MAX, "EUR", NULL);
    struct fx_event end = last;
    fx_shard_label(&low.u.shard, &last);
    fx_shard_label(&high.u.shard, &first);
    fx_shard_label(&top.u.shard, &end);
    assert_true(fx_event_operation_id(&last) + 1 == fx_event_operation_id(&first));
    assert_true(fx_event_operation_id(&end) == ((6ULL << 20U) - 1));
    assert_int_equal(fx_shard_of_id(fx_shard_id_base(&top.u.shard) + 1), FX_SHARDS_MAX - 1);
    assert_true(fx_shard_id_base(&top.u.shard) + (1ULL << FX_SHARD_ID_BITS) < 1ULL << 53U);
    assert_int_equal(fx_shard_of_instrument(2, 127), 0);
    assert_int_equal(fx_shard_of_instrument(2, 128), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(shard_map_grows_by_assets_only),
        CASE(shard_map_that_is_none_is_refused),
        CASE(shard_limits_must_fit_the_block),
        CASE(shard_map_of_an_exchange_with_accounts),
        CASE(shard_refuses_what_is_of_another),
        CASE(shard_is_an_exchange_with_numbers_of_its_own),
        CASE(shard_operation_ids_never_meet),
    };
    return cmocka_run_group_tests_name("shard_state", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
