/* Instruments: create, update, tiers, states, marks. */
#include "engine_kit.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

static struct engine_kit kit;

static int setup(void **state)
{
    (void)state;
    engine_kit_scene(&kit);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    engine_kit_deinit(&kit);
    return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void listing_created_is_pending_without_tiers(void **state)
{
    (void)state;
    struct fx_instrument definition = engine_kit_definition("ETHUSDT");
    definition.state = FX_INSTRUMENT_STATE_TRADING;
    definition.instrument_id = 77;
    assert_int_equal(engine_kit_update(&kit, &definition), FX_OK);
    const struct fx_instrument *said =
        &engine_kit_event(&kit, FX_EVENT_INSTRUMENT, 0)->u.instrument;
    assert_int_equal(said->instrument_id, 1);
    assert_int_equal(said->state, FX_INSTRUMENT_STATE_PENDING);
    assert_int_equal(said->tier_count, 0);
    assert_int_equal(fx_engine_find_instrument(kit.engine, FX_STR("ETHUSDT")), 1);
    assert_int_equal(fx_engine_find_instrument(kit.engine, FX_STR("NOPE")), UINT32_MAX);
    assert_int_equal(fx_engine_find_instrument(kit.engine, FX_STR("")), UINT32_MAX);
    assert_int_equal(engine_kit_state(&kit, 1, FX_INSTRUMENT_STATE_TRADING), FX_BAD_INSTRUMENT);
    assert_int_equal(engine_kit_state(&kit, 1, FX_INSTRUMENT_STATE_POST_ONLY), FX_BAD_INSTRUMENT);
    assert_int_equal(engine_kit_tiers(&kit, 1), FX_OK);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_TIER), 1);
    assert_int_equal(engine_kit_state(&kit, 1, FX_INSTRUMENT_STATE_TRADING), FX_OK);
}

static void listing_contract_never_changes(void **state)
{
    (void)state;
    struct fx_instrument changed = engine_kit_definition("BTCUSDT");
    changed.tick_size = engine_kit_decimal("2");
    assert_int_equal(engine_kit_update(&kit, &changed), FX_IMMUTABLE);
    changed = engine_kit_definition("BTCUSDT");
    changed.lot_size = engine_kit_decimal("2");
    assert_int_equal(engine_kit_update(&kit, &changed), FX_IMMUTABLE);
    changed = engine_kit_definition("BTCUSDT");
    changed.multiplier = engine_kit_decimal("2");
    assert_int_equal(engine_kit_update(&kit, &changed), FX_IMMUTABLE);
    changed = engine_kit_definition("BTCUSDT");
    changed.settle = engine_kit_asset("USD");
    assert_int_equal(engine_kit_update(&kit, &changed), FX_IMMUTABLE);
    changed = engine_kit_definition("BTCUSDT");
    changed.contract_type = FX_CONTRACT_TYPE_COIN_M;
    assert_int_equal(engine_kit_update(&kit, &changed), FX_IMMUTABLE);
}

static void listing_update_keeps_state_and_tiers(void **state)
{
    (void)state;
    struct fx_instrument changed = engine_kit_definition("BTCUSDT");
    changed.taker_fee_ppb = 500000;
    changed.max_lots = 500;
    changed.max_market_lots = 400;
    assert_int_equal(engine_kit_update(&kit, &changed), FX_OK);
    const struct fx_instrument *said =
        &engine_kit_event(&kit, FX_EVENT_INSTRUMENT, 0)->u.instrument;
    assert_int_equal(said->state, FX_INSTRUMENT_STATE_TRADING);
    assert_int_equal(said->tier_count, 1);
    assert_int_equal(said->taker_fee_ppb, 500000);
    assert_int_equal(kit.engine->instrument_count, 1);
}

static void listing_bad_definitions_are_rejected(void **state)
{
    (void)state;
    struct fx_instrument bad = engine_kit_definition("ETHUSDT");
    bad.tick_size = 0;
    assert_int_equal(engine_kit_update(&kit, &bad), FX_BAD_INSTRUMENT);
    bad = engine_kit_definition("ETHUSDT");
    /* All open orders together could leave int64. */
    bad.max_ticks = 1;
    bad.max_lots = INT64_MAX / 4 / kit.engine->limits.orders_max + 1;
    bad.tick_size = 1;
    assert_int_equal(engine_kit_update(&kit, &bad), FX_BAD_INSTRUMENT);
}

static void listing_full_pools_are_a_reject(void **state)
{
    (void)state;
    struct fx_instrument definition = engine_kit_definition("A1");
    for (uint32_t index = 0; index < 3; index++) {
        definition.symbol.text[0] = "ABC"[index];
        assert_int_equal(engine_kit_update(&kit, &definition), FX_OK);
    }
    definition.symbol.text[0] = 'Z';
    assert_int_equal(engine_kit_update(&kit, &definition), FX_CAPACITY);
}

static void listing_tiers_must_be_sound(void **state)
{
    (void)state;
    struct fx_command command = engine_kit_command(FX_COMMAND_LOAD_LEVERAGE_MARGIN, 0, 0);
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_INSTRUMENT);
    command.u.tiers.count = FX_TIERS_MAX + 1;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_INSTRUMENT);
    command.u.tiers.count = 1; /* all zeros */
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_INSTRUMENT);
    command.instrument = 1;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_UNKNOWN_SYMBOL);
}

static void listing_states_are_known_and_settled_is_final(void **state)
{
    (void)state;
    assert_int_equal(engine_kit_state(&kit, 0, 0), FX_BAD_PARAMETER);
    assert_int_equal(engine_kit_state(&kit, 0, 8), FX_BAD_PARAMETER);
    assert_int_equal(engine_kit_state(&kit, 1, FX_INSTRUMENT_STATE_HALTED), FX_UNKNOWN_SYMBOL);
    assert_int_equal(engine_kit_state(&kit, 0, FX_INSTRUMENT_STATE_TRADING), FX_OK);
    assert_int_equal(kit.result.is_changed, 0);
    assert_int_equal(kit.events.count, 1);
    assert_int_equal(engine_kit_state(&kit, 0, FX_INSTRUMENT_STATE_SETTLED), FX_OK);
    assert_int_equal(kit.result.is_changed, 1);
    assert_int_equal(engine_kit_state(&kit, 0, FX_INSTRUMENT_STATE_TRADING), FX_IMMUTABLE);
    assert_int_equal(engine_kit_state(&kit, 0, FX_INSTRUMENT_STATE_SETTLED), FX_OK);
}

static void listing_mark_is_stored_and_said(void **state)
{
    (void)state;
    struct fx_command command = engine_kit_command(FX_COMMAND_MARK_PRICE, 0, 0);
    command.u.mark.mark_ticks = 120;
    command.u.mark.index_ticks = 119;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    const struct fx_event_mark *mark = &engine_kit_event(&kit, FX_EVENT_MARK, 0)->u.mark;
    assert_int_equal(mark->mark_ticks, 120);
    assert_int_equal(mark->index_ticks, 119);
    assert_int_equal(kit.engine->listings[0].mark.ticks, 120);
    assert_int_equal(kit.engine->listings[0].index.ticks, 119);
    command.u.mark.mark_ticks = 0;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_PRICE_FILTER);
    command.u.mark.mark_ticks = 1000001;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_PRICE_FILTER);
    command.u.mark.mark_ticks = 1;
    command.u.mark.index_ticks = 0;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_PRICE_FILTER);
    command.u.mark.index_ticks = 1000001;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_PRICE_FILTER);
    command.instrument = 1;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_UNKNOWN_SYMBOL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(listing_created_is_pending_without_tiers),
        CASE(listing_contract_never_changes),
        CASE(listing_update_keeps_state_and_tiers),
        CASE(listing_bad_definitions_are_rejected),
        CASE(listing_full_pools_are_a_reject),
        CASE(listing_tiers_must_be_sound),
        CASE(listing_states_are_known_and_settled_is_final),
        CASE(listing_mark_is_stored_and_said),
    };
    return cmocka_run_group_tests_name("listing", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
