/* The root: dispatch, time, sequence, limits; the dump. */
#include "engine_fixture.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

/* Place a limit order that must be taken. @return its id. */
static uint64_t rest(uint64_t user_id, enum fx_side side, int64_t ticks, int64_t lots)
{
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = user_id, .side = side, .ticks = ticks, .lots = lots),
        FX_OK);
    return kit.result.order_id;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void engine_unknown_command_is_rejected(void **state)
{
    (void)state;
    struct fx_command command = engine_kit_command(99, 0, 1);
    assert_int_equal(engine_kit_apply(&kit, &command), FX_UNKNOWN_COMMAND);
    assert_int_equal(kit.result.command_kind, 99);
    command.kind = 0;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_UNKNOWN_COMMAND);
}

static void engine_reject_counts_sequence_and_time_only(void **state)
{
    (void)state;
    const uint64_t content = fx_hash_content(kit.engine);
    const uint64_t hash = fx_engine_hash(kit.engine);
    const uint64_t sequence = fx_engine_sequence(kit.engine);
    kit.time_us += 5;
    assert_int_equal(engine_kit_cancel(&kit, 1, 1), FX_ORDER_NOT_FOUND);
    assert_true(fx_hash_content(kit.engine) == content);
    assert_true(fx_engine_hash(kit.engine) != hash);
    assert_true(fx_engine_sequence(kit.engine) == sequence + 1);
}

static void engine_size_is_a_multiple_of_a_line(void **state)
{
    (void)state;
    const struct fx_engine_limits limits = fx_engine_default_limits();
    assert_true(fx_engine_size(&limits) % 64 == 0);
    assert_true(fx_engine_events_max(&limits) < 1U << 20U);
    const struct fx_engine_limits small = engine_kit_limits();
    assert_true(fx_engine_size(&small) < fx_engine_size(&limits));
}

/* A dump in pieces of 64 events says the same as one in a single piece, and everything once. */
static void engine_dump_says_everything_once(void **state)
{
    (void)state;
    for (uint32_t count = 0; count < 30; count++) {
        (void)rest(1 + count % 4, FX_SIDE_BUY, 50 + count, 1 + count);
        (void)rest(1 + count % 4, FX_SIDE_SELL, 150 + count, 1 + count);
    }
    (void)rest(1, FX_SIDE_SELL, 79, 1); /* trades, and leaves the level standing */
    struct fx_events piece = {.items = calloc(64, sizeof *piece.items), .capacity = 64};
    struct fx_engine_dump dump;
    memset(&dump, 0, sizeof dump);
    uint32_t counts[FX_EVENT_DUMP_END + 1] = {0};
    uint32_t pieces = 0;
    bool has_more = true;
    while (has_more) {
        has_more = fx_engine_dump(kit.engine, &dump, &piece);
        for (uint32_t index = 0; index < piece.count; index++) {
            assert_true(piece.items[index].sequence == fx_engine_sequence(kit.engine));
            counts[piece.items[index].kind]++;
        }
        pieces++;
    }
    assert_true(pieces > 2);
    assert_int_equal(counts[FX_EVENT_DUMP_BEGIN], 1);
    assert_int_equal(counts[FX_EVENT_INSTRUMENT], 1);
    assert_int_equal(counts[FX_EVENT_TIER], 1);
    assert_int_equal(counts[FX_EVENT_MARK], 1);
    assert_int_equal(counts[FX_EVENT_ACCOUNT], 4);
    assert_int_equal(counts[FX_EVENT_POSITION], kit.engine->position_count);
    assert_int_equal(counts[FX_EVENT_ORDER], kit.engine->order_count);
    assert_int_equal(counts[FX_EVENT_BOOK], 60);
    assert_int_equal(counts[FX_EVENT_DUMP_END], 1);
    assert_int_equal(piece.items[piece.count - 1].kind, FX_EVENT_DUMP_END);
    free(piece.items);
}

/* Ids in runs, many of them old: every order is found by its id, whatever came and went. */
static void engine_orders_are_found_by_id(void **state)
{
    (void)state;
    uint64_t orders[40];
    uint32_t count = 0;
    for (uint32_t round = 0; round < 400; round++) {
        if (count < 40) {
            orders[count] = rest(1 + round % 4, FX_SIDE_BUY, 50 + round % 7, 1);
            count++;
        } else {
            const uint32_t index = round * 7919 % 40;
            const fx_slot slot = fx_order_pool_find(kit.engine, orders[index]);
            assert_true(slot != FX_SLOT_NONE);
            const uint64_t user_id =
                kit.engine->accounts[kit.engine->resting[slot].account].user_id;
            assert_int_equal(engine_kit_cancel(&kit, user_id, orders[index]), FX_OK);
            assert_true(fx_order_pool_find(kit.engine, orders[index]) == FX_SLOT_NONE);
            count--;
            orders[index] = orders[count];
        }
    }
}

/* The first record of a log is right only there and only with the engine's own limits. */
static void engine_initialize_must_be_first_and_the_same(void **state)
{
    (void)state;
    struct engine_kit fresh;
    struct fx_engine_limits limits = engine_kit_limits();
    struct fx_command command =
        engine_kit_command(FX_COMMAND_INITIALIZE_ENGINE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.limits = kit.engine->limits;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_VERSION_MISMATCH);
    engine_kit_init(&fresh, &limits);
    command.u.limits = limits;
    assert_int_equal(engine_kit_apply(&fresh, &command), FX_OK);
    engine_kit_deinit(&fresh);
    engine_kit_init(&fresh, &limits);
    command.u.limits.fills_max++;
    assert_int_equal(engine_kit_apply(&fresh, &command), FX_VERSION_MISMATCH);
    engine_kit_deinit(&fresh);
}

/* Each limit has a least and a most: those of a log's first record are believed only within. */
static void engine_limits_are_bounded(void **state)
{
    (void)state;
    const struct fx_engine_limits good = fx_engine_default_limits();
    struct fx_engine_limits limits = good;
    uint32_t *const fields[] = {&limits.accounts_max,
                                &limits.positions_max,
                                &limits.orders_max,
                                &limits.client_ids_max,
                                &limits.instruments_max,
                                &limits.assets_max,
                                &limits.account_orders_max,
                                &limits.cancels_max,
                                &limits.reduce_orders_max,
                                &limits.fills_max,
                                &limits.book_window_levels};
    assert_true(fx_engine_is_possible(&limits));
    for (uint32_t index = 0; index < sizeof fields / sizeof fields[0]; index++) {
        *fields[index] = 0;
        assert_false(fx_engine_is_possible(&limits));
        *fields[index] = 1U << 31U;
        assert_false(fx_engine_is_possible(&limits));
        limits = good;
    }
    limits.book_window_levels++; /* no power of two */
    assert_false(fx_engine_is_possible(&limits));
    limits = good;
    limits.book_overflow_levels_max = (1U << 20U) + 1;
    assert_false(fx_engine_is_possible(&limits));
}

/* Whatever the command's bytes are: the chains are followed as far as they go, and nothing more. */
static void engine_prefetch_changes_nothing(void **state)
{
    (void)state;
    const uint64_t first = rest(1, FX_SIDE_BUY, 98, 3);
    (void)rest(1, FX_SIDE_BUY, 98, 1);
    const uint64_t last = rest(1, FX_SIDE_BUY, 97, 2);
    (void)rest(2, FX_SIDE_SELL, 98, 1);
    struct fx_instrument second = engine_kit_definition("ETHUSDT");
    assert_int_equal(engine_kit_list(&kit, &second, 100), 1);
    assert_int_equal(
        ENGINE_KIT_PLACE(
            &kit, .user_id = 1, .instrument = 1, .side = FX_SIDE_BUY, .ticks = 90, .lots = 1),
        FX_OK);
    const uint64_t hash = fx_engine_hash(kit.engine);
    const uint64_t orders[] = {first, first + 1, last, last + 1, 77777};
    for (uint32_t ahead = 1; ahead <= FX_ENGINE_PREFETCH_MAX; ahead++) {
        for (uint64_t user_id = 1; user_id <= 9; user_id++) {
            for (uint32_t instrument = 0; instrument < 3; instrument++) {
                const struct fx_command place =
                    engine_kit_command(FX_COMMAND_PLACE_ORDER, instrument, user_id);
                fx_engine_prefetch(kit.engine, &place, ahead);
            }
        }
        for (uint32_t index = 0; index < sizeof orders / sizeof orders[0]; index++) {
            struct fx_command command = engine_kit_command(FX_COMMAND_CANCEL_ORDER, 0, 1);
            command.u.cancel.order_id = orders[index];
            fx_engine_prefetch(kit.engine, &command, ahead);
            command = engine_kit_command(FX_COMMAND_AMEND_ORDER, 0, 1);
            command.u.amend.order_id = orders[index];
            fx_engine_prefetch(kit.engine, &command, ahead);
        }
        const struct fx_command tick =
            engine_kit_command(FX_COMMAND_TICK, FX_COMMAND_ALL_INSTRUMENTS, 0);
        fx_engine_prefetch(kit.engine, &tick, ahead);
    }
    assert_true(fx_engine_hash(kit.engine) == hash);
    fx_engine_check(kit.engine);
}

static void engine_audit_and_exchange_say_the_same(void **state)
{
    (void)state;
    struct fx_engine_audit audit;
    struct fx_command command =
        engine_kit_command(FX_COMMAND_FUND_INSURANCE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.fund_insurance.asset = engine_kit_asset("USDT");
    command.u.fund_insurance.amount = engine_kit_decimal("12.5");
    fx_engine_audit(kit.engine, &audit);
    assert_true(audit.count == 1 && audit.assets[0].insurance == 0);
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    fx_engine_audit(kit.engine, &audit);
    assert_true(audit.sequence == fx_engine_sequence(kit.engine));
    assert_true(audit.assets[0].insurance == engine_kit_decimal("12.5"));
    assert_true(audit.assets[0].deposited == engine_kit_decimal("4000012.5"));
    assert_true(audit.assets[0].error == 0);
    const struct fx_command question =
        engine_kit_command(FX_COMMAND_SHOW_EXCHANGE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    assert_int_equal(engine_kit_ask(&kit, &question).result.reject.status, FX_OK);
    assert_int_equal(kit.events.count, 2);
    const struct fx_event_exchange *said = &kit.events.items[0].u.exchange;
    assert_int_equal(kit.events.items[0].kind, FX_EVENT_EXCHANGE);
    assert_true(said->fund_balance == audit.assets[0].insurance);
    assert_true(said->deposited == audit.assets[0].deposited && said->fees == audit.assets[0].fees);
    assert_int_equal(said->fund_account_id, 5);
}

/* User 0 is the exchange: whatever he is said to ask is refused, and leaves no trace. */
static void engine_nobody_acts_for_the_exchange(void **state)
{
    (void)state;
    static const enum fx_command_kind KINDS[] = {FX_COMMAND_PLACE_ORDER,
                                                 FX_COMMAND_PLACE_CONDITIONAL,
                                                 FX_COMMAND_PLACE_BRACKET,
                                                 FX_COMMAND_SET_ACCOUNT,
                                                 FX_COMMAND_FREEZE_ACCOUNT,
                                                 FX_COMMAND_SET_POSITION_MODE,
                                                 FX_COMMAND_DEPOSIT,
                                                 FX_COMMAND_WITHDRAW,
                                                 FX_COMMAND_ADJUST_LEVERAGE,
                                                 FX_COMMAND_ADJUST_MARGIN_POSITION,
                                                 FX_COMMAND_ADJUST_TP_SL};
    for (uint32_t index = 0; index < sizeof KINDS / sizeof KINDS[0]; index++) {
        struct fx_command command = engine_kit_command(KINDS[index], 0, 0);
        kit.is_unchecked = index % 2 == 0; /* the kit asks first where it can: also refused */
        assert_int_equal(engine_kit_apply(&kit, &command), FX_ACCOUNT_NOT_FOUND);
    }
    kit.is_unchecked = false;
}

/* A log names the rules that it begins with; whoever does not know them reads it not. */
static void engine_rules_that_are_unknown_are_refused(void **state)
{
    (void)state;
    engine_kit_deinit(&kit);
    const struct fx_engine_limits limits = engine_kit_limits();
    engine_kit_init(&kit, &limits);
    struct fx_command command =
        engine_kit_command(FX_COMMAND_INITIALIZE_ENGINE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.limits = limits;
    command.rules = FX_ENGINE_RULES_MAX + 1;
    assert_int_equal(fx_engine_asks_rules(&command), FX_ENGINE_RULES_MAX + 1);
    assert_false(fx_engine_knows(&command));
    assert_int_equal(engine_kit_apply(&kit, &command), FX_RULES_UNKNOWN);
    command.rules = 0;
    assert_true(fx_engine_knows(&command));
    command = engine_kit_command(FX_COMMAND_SET_RULES, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.rules.version = 2;
    assert_int_equal(fx_engine_asks_rules(&command), 2);
    command.kind = FX_COMMAND_TICK;
    assert_int_equal(fx_engine_asks_rules(&command), 0);
    kit.engine->preload.rules = 1;
    assert_true(fx_engine_has(kit.engine, FX_COMMAND_PLACE_ORDER));
    assert_true(fx_engine_has(kit.engine, FX_COMMAND_SET_RULES));
    assert_true(fx_engine_has(kit.engine, FX_COMMAND_EXPLAIN));
    assert_false(fx_engine_has(kit.engine, FX_COMMAND_LOAD_ENGINE));
    kit.engine->preload.rules = 2;
    assert_true(fx_engine_has(kit.engine, FX_COMMAND_LOAD_ENGINE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(engine_unknown_command_is_rejected),
        CASE(engine_reject_counts_sequence_and_time_only),
        CASE(engine_size_is_a_multiple_of_a_line),
        CASE(engine_dump_says_everything_once),
        CASE(engine_orders_are_found_by_id),
        CASE(engine_initialize_must_be_first_and_the_same),
        CASE(engine_limits_are_bounded),
        CASE(engine_prefetch_changes_nothing),
        CASE(engine_audit_and_exchange_say_the_same),
        CASE(engine_nobody_acts_for_the_exchange),
        CASE(engine_rules_that_are_unknown_are_refused),
    };
    return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
