/* No mark is loaded. Until each of a user's cross positions has had one, nobody knows what his
 * account is worth: by rules 5 he is neither liquidated for the others nor has anything to spend.
 */
#include "engine/preload_int.h"
#include "engine/risk_int.h"
#include "fx_test.h"
#include "preload_kit.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

enum { HOLDER = 1, OTHER = 2, ENTRY = 100, OLD_RULES = FX_ENGINE_RULES_UNMARKED - 1 };

static struct engine_kit kit;

static void say(struct fx_command command)
{
    const fx_status status = engine_kit_apply(&kit, &command);
    if (status != FX_OK) {
        fail_msg("kind %u: %s", command.kind, fx_status_name(status));
    }
}

static void list(uint32_t symbol)
{
    static const char *const NAMES[] = {"AUSDT", "BUSDT"};
    struct fx_command command =
        engine_kit_command(FX_COMMAND_UPDATE_INSTRUMENT, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.instrument = engine_kit_definition(NAMES[symbol]);
    say(command);
    assert_int_equal(engine_kit_tiers(&kit, symbol), FX_OK);
    assert_int_equal(engine_kit_state(&kit, symbol, FX_INSTRUMENT_STATE_TRADING), FX_OK);
}

/* 10 at 100; lots < 0: sold. `margin` NULL: cross. */
static void hold(uint64_t id, uint64_t user_id, int64_t lots, const char *margin)
{
    struct fx_command command = preload_kit_position(id, user_id, lots, "1000");
    command.instrument = id % 2 == 1 ? 0 : 1;
    if (margin != NULL) {
        command.u.load_position.margin_mode = FX_MARGIN_MODE_ISOLATED;
        command.u.load_position.position_margin = engine_kit_decimal(margin);
    }
    say(command);
}

/* The holder is long 10 on the first symbol and short 10 on the second, which has a margin of its
 * own where `margin` says so. The other one holds the opposite and would buy 10 of the first at 60.
 */
static void load(uint32_t rules, const char *balance, const char *margin)
{
    const struct fx_engine_limits limits = engine_kit_limits();
    struct fx_command command = engine_kit_command(FX_COMMAND_LOAD_ENGINE, UINT32_MAX, 0);
    engine_kit_init(&kit, &limits);
    kit.engine->preload.rules = rules;
    command.u.load.next_order_id = 100;
    command.u.load.next_trade_id = 100;
    command.u.load.next_liquidation_id = 100;
    say(command);
    list(0);
    list(1);
    say(preload_kit_account(1, HOLDER, balance));
    say(preload_kit_account(2, OTHER, "100000"));
    hold(1, HOLDER, 10, NULL);
    hold(2, HOLDER, -10, margin);
    hold(3, OTHER, -10, NULL);
    hold(4, OTHER, 10, NULL);
    say(preload_kit_order(5, OTHER, FX_SIDE_BUY, 60, 10));
    say(engine_kit_command(FX_COMMAND_START_ENGINE, FX_COMMAND_ALL_INSTRUMENTS, 0));
}

static int64_t held(uint32_t symbol)
{
    return engine_kit_position(&kit, HOLDER, symbol).lots;
}

static fx_status withdraw(const char *amount)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_WITHDRAW, FX_COMMAND_ALL_INSTRUMENTS, HOLDER);
    command.u.transfer.asset = engine_kit_asset("USDT");
    command.u.transfer.amount = engine_kit_decimal(amount);
    command.u.transfer.type = FX_TRANSACTION_WITHDRAWAL;
    return engine_kit_apply(&kit, &command);
}

static fx_status buy(int64_t lots)
{
    return ENGINE_KIT_PLACE(
        &kit, .user_id = HOLDER, .side = FX_SIDE_BUY, .ticks = 50, .lots = lots);
}

/* At 85 the long has lost 150 of 100, and the short may have gained them. */
static void preload_mark_of_one_symbol_liquidates_nobody_for_the_other(void **state)
{
    (void)state;
    load(FX_ENGINE_RULES_MAX, "100", NULL);
    assert_int_equal(engine_kit_mark(&kit, 0, 85), FX_OK);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_LIQUIDATION), 0);
    assert_int_equal(engine_kit_tick(&kit, kit.time_us + 1000), FX_OK);
    assert_int_equal(engine_kit_mark(&kit, 0, 84), FX_OK);
    assert_int_equal(held(0), 10);
    assert_int_equal(engine_kit_mark(&kit, 1, 80), FX_OK); /* it has: 200 */
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_LIQUIDATION), 0);
    assert_int_equal(held(0), 10);
    assert_int_equal(held(1), -10);
    assert_int_equal(kit.engine->accounts[0].risk_state, FX_RISK_STATE_SAFE);
    engine_kit_deinit(&kit);
}

static void preload_mark_of_the_last_symbol_liquidates_who_is_short(void **state)
{
    (void)state;
    load(FX_ENGINE_RULES_MAX, "100", NULL);
    assert_int_equal(engine_kit_mark(&kit, 0, 85), FX_OK);
    assert_int_equal(held(0), 10);
    assert_int_equal(engine_kit_mark(&kit, 1, 99), FX_OK); /* it has gained 10 */
    assert_true(engine_kit_count(&kit, FX_EVENT_LIQUIDATION) > 0);
    assert_int_equal(held(0), 0);
    engine_kit_deinit(&kit);
}

/* What a log of before led to it leads to. */
static void preload_mark_by_older_rules_takes_what_is_not_known_for_nothing(void **state)
{
    (void)state;
    load(OLD_RULES, "100", NULL);
    assert_int_equal(engine_kit_mark(&kit, 0, 85), FX_OK);
    assert_true(engine_kit_count(&kit, FX_EVENT_LIQUIDATION) > 0);
    assert_int_equal(held(0), 0);
    engine_kit_deinit(&kit);
    load(OLD_RULES, "1000", NULL);
    assert_int_equal(engine_kit_mark(&kit, 0, 100), FX_OK);
    assert_int_equal(withdraw("1"), FX_OK);
    assert_int_equal(buy(1), FX_OK);
    engine_kit_deinit(&kit);
}

/* The short may have lost it all. */
static void preload_mark_gives_back_what_there_is_to_spend(void **state)
{
    (void)state;
    load(FX_ENGINE_RULES_MAX, "1000", NULL);
    assert_int_equal(engine_kit_mark(&kit, 0, 100), FX_OK);
    assert_int_equal(withdraw("1"), FX_INSUFFICIENT_BALANCE);
    assert_int_equal(buy(1), FX_INSUFFICIENT_MARGIN);
    assert_true(fx_margin_is_unknown(kit.engine, 0));
    assert_int_equal(engine_kit_mark(&kit, 1, 100), FX_OK);
    assert_false(fx_margin_is_unknown(kit.engine, 0));
    assert_int_equal(withdraw("1"), FX_OK);
    assert_int_equal(buy(1), FX_OK);
    engine_kit_deinit(&kit);
}

/* One with a margin of its own waits for nobody, and nobody for it. */
static void preload_mark_of_an_isolated_position_is_its_own(void **state)
{
    (void)state;
    load(FX_ENGINE_RULES_MAX, "1000", "100");
    assert_true(fx_margin_is_unknown(kit.engine, 0));
    assert_int_equal(engine_kit_mark(&kit, 0, 100), FX_OK);
    assert_false(fx_margin_is_unknown(kit.engine, 0));
    assert_int_equal(withdraw("1"), FX_OK);
    assert_int_equal(engine_kit_mark(&kit, 0, 5), FX_OK); /* 950 of 900 are lost */
    assert_true(engine_kit_count(&kit, FX_EVENT_LIQUIDATION) > 0);
    assert_int_equal(held(1), -10);
    engine_kit_deinit(&kit);
    load(FX_ENGINE_RULES_MAX, "1000", "100");
    assert_int_equal(engine_kit_mark(&kit, 1, 120), FX_OK); /* 200 of 100 are lost */
    assert_true(engine_kit_count(&kit, FX_EVENT_LIQUIDATION) > 0);
    assert_int_equal(held(1), 0);
    assert_int_equal(held(0), 10);
    engine_kit_deinit(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(preload_mark_of_one_symbol_liquidates_nobody_for_the_other),
        cmocka_unit_test(preload_mark_of_the_last_symbol_liquidates_who_is_short),
        cmocka_unit_test(preload_mark_by_older_rules_takes_what_is_not_known_for_nothing),
        cmocka_unit_test(preload_mark_gives_back_what_there_is_to_spend),
        cmocka_unit_test(preload_mark_of_an_isolated_position_is_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
