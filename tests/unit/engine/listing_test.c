/* Instruments: create, update, tiers, states, marks. */
#include "engine_fixture.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

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

/* Two who list a symbol at once: the second one does not change the first one's terms. */
static void listing_new_symbol_must_not_be_there(void **state)
{
    (void)state;
    struct fx_instrument second = engine_kit_definition("ETHUSDT");
    second.instrument_id = FX_INSTRUMENT_NEW;
    assert_int_equal(engine_kit_update(&kit, &second), FX_OK);
    const uint64_t hash = fx_engine_hash(kit.engine);
    second.taker_fee_ppb = 500000;
    second.tick_size = engine_kit_decimal("2");
    assert_int_equal(engine_kit_update(&kit, &second), FX_EXISTS);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_INSTRUMENT), 0);
    assert_int_equal(kit.engine->instrument_count, 2);
    const struct fx_instrument *kept = &kit.engine->listings[1].definition;
    assert_int_equal(kept->instrument_id, 1);
    assert_int_not_equal(kept->taker_fee_ppb, 500000);
    second.tick_size = kept->tick_size;
    second.instrument_id = 7; /* says nothing: a change */
    assert_int_equal(engine_kit_update(&kit, &second), FX_OK);
    assert_int_equal(kept->taker_fee_ppb, 500000);
    assert_int_not_equal(fx_engine_hash(kit.engine), hash);
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
    struct engine_kit small;
    struct fx_engine_limits limits = engine_kit_limits();
    limits.assets_max = 1;
    engine_kit_init(&small, &limits);
    definition = engine_kit_definition("A1");
    assert_int_equal(engine_kit_update(&small, &definition), FX_OK);
    definition = engine_kit_definition("B1");
    definition.settle = engine_kit_asset("BTC");
    assert_int_equal(engine_kit_update(&small, &definition), FX_CAPACITY);
    engine_kit_deinit(&small);
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

static void listing_states_are_known(void **state)
{
    (void)state;
    assert_int_equal(engine_kit_state(&kit, 0, 0), FX_BAD_PARAMETER);
    assert_int_equal(engine_kit_state(&kit, 0, 8), FX_BAD_PARAMETER);
    assert_int_equal(engine_kit_state(&kit, 1, FX_INSTRUMENT_STATE_HALTED), FX_UNKNOWN_SYMBOL);
    assert_int_equal(engine_kit_state(&kit, 0, FX_INSTRUMENT_STATE_TRADING), FX_OK);
    assert_int_equal(kit.result.is_changed, 0);
    assert_int_equal(kit.events.count, 1);
}

/* The instrument in each of its states, as they are reached: without positions SETTLE goes through
 * SETTLING at once, so that state is reached with more orders than one command cancels. */
static void bring_to(enum fx_instrument_state from)
{
    const struct fx_engine_limits limits = engine_kit_limits();
    struct fx_instrument definition = engine_kit_definition("BTCUSDT");
    engine_kit_deinit(&kit);
    engine_kit_init(&kit, &limits);
    assert_int_equal(engine_kit_update(&kit, &definition), FX_OK);
    assert_int_equal(engine_kit_tiers(&kit, 0), FX_OK);
    if (from == FX_INSTRUMENT_STATE_PENDING) {
        return;
    }
    if (from < FX_INSTRUMENT_STATE_SETTLING) {
        assert_int_equal(engine_kit_state(&kit, 0, from), FX_OK);
        return;
    }
    assert_int_equal(engine_kit_state(&kit, 0, FX_INSTRUMENT_STATE_TRADING), FX_OK);
    assert_int_equal(engine_kit_mark(&kit, 0, 100), FX_OK);
    engine_kit_account(&kit, 1, "USDT", "1000000");
    engine_kit_account(&kit, 2, "USDT", "1000000");
    const uint32_t count = from == FX_INSTRUMENT_STATE_SETTLING ? 40 : 1;
    for (uint32_t index = 0; index < 2 * count; index++) {
        assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                          .user_id = 1 + index % 2,
                                          .side = FX_SIDE_BUY,
                                          .ticks = 10 + index / 2,
                                          .lots = 1),
                         FX_OK);
    }
    assert_int_equal(engine_kit_settle(&kit, 0, 100), FX_OK);
    assert_int_equal(kit.engine->listings[0].definition.state, from);
}

static void listing_only_these_edges_are_taken(void **state)
{
    (void)state;
    enum { STATES = FX_INSTRUMENT_STATE_SETTLED };
    static const char *const EDGES[STATES + 1] = {
        "",
        /* to: PENDING TRADING POST_ONLY CANCEL_ONLY HALTED SETTLING SETTLED */
        "=xxxx..", /* from PENDING */
        ".=xxx..", /* TRADING */
        ".x=xx..", /* POST_ONLY */
        ".xx=x..", /* CANCEL_ONLY */
        ".xxx=..", /* HALTED */
        ".....=.", /* SETTLING */
        "......=", /* SETTLED */
    };
    for (uint32_t from = 1; from <= STATES; from++) {
        for (uint32_t to = 1; to <= STATES; to++) {
            const char edge = EDGES[from][to - 1];
            bring_to((enum fx_instrument_state)from);
            const fx_status status = engine_kit_state(&kit, 0, (enum fx_instrument_state)to);
            assert_int_equal(status, edge == '.' ? FX_BAD_STATE_CHANGE : FX_OK);
            assert_int_equal(kit.result.is_changed, edge == 'x' ? 1 : 0);
            assert_int_equal(kit.engine->listings[0].definition.state, edge == '.' ? from : to);
        }
    }
}

/* What a command is, and what each state says to it. */
struct effect {
    const char *name;
    struct fx_command command;
    const fx_status *answers; /* by state */
};

static void listing_each_state_answers_each_command(void **state)
{
    (void)state;
    /* PENDING TRADING POST_ONLY CANCEL_ONLY HALTED SETTLING SETTLED */
    static const fx_status TRADE[] = {FX_OK,
                                      FX_INSTRUMENT_HALTED,
                                      FX_OK,
                                      FX_INSTRUMENT_HALTED,
                                      FX_INSTRUMENT_HALTED,
                                      FX_INSTRUMENT_HALTED,
                                      FX_SYMBOL_SETTLED,
                                      FX_SYMBOL_SETTLED};
    static const fx_status POST[] = {FX_OK,
                                     FX_INSTRUMENT_HALTED,
                                     FX_OK,
                                     FX_OK,
                                     FX_INSTRUMENT_HALTED,
                                     FX_INSTRUMENT_HALTED,
                                     FX_SYMBOL_SETTLED,
                                     FX_SYMBOL_SETTLED};
    static const fx_status SETTING[] = {
        FX_OK, FX_OK, FX_OK, FX_OK, FX_OK, FX_OK, FX_SYMBOL_SETTLED, FX_SYMBOL_SETTLED};
    static const fx_status CANCEL[] = {FX_OK, FX_OK, FX_OK, FX_OK, FX_OK, FX_OK, FX_OK, FX_OK};
    struct effect effects[] = {
        {.name = "order", .answers = TRADE},
        {.name = "post-only order", .answers = POST},
        {.name = "conditional order", .answers = TRADE},
        {.name = "leverage", .answers = SETTING},
        {.name = "mark", .answers = SETTING},
        {.name = "tiers", .answers = SETTING},
        {.name = "definition", .answers = SETTING},
        {.name = "cancel all", .answers = CANCEL},
        {.name = "dead man", .answers = CANCEL},
        {.name = "settle", .answers = SETTING},
    };
    struct engine_kit_order order = {.user_id = 3, .side = FX_SIDE_BUY, .ticks = 90, .lots = 1};
    effects[0].command = engine_kit_place_command(&order);
    order.post_only = FX_POST_ONLY_MODE_REJECT;
    effects[1].command = engine_kit_place_command(&order);
    order = (struct engine_kit_order){.user_id = 3,
                                      .side = FX_SIDE_BUY,
                                      .lots = 1,
                                      .type = FX_ORDER_TYPE_STOP_MARKET,
                                      .trigger_ticks = 120};
    effects[2].command = engine_kit_place_command(&order);
    effects[3].command = engine_kit_command(FX_COMMAND_ADJUST_LEVERAGE, 0, 3);
    effects[3].command.u.leverage.leverage_centi = 300;
    effects[4].command = engine_kit_command(FX_COMMAND_MARK_PRICE, 0, 0);
    effects[4].command.u.mark.mark_ticks = 100;
    effects[4].command.u.mark.index_ticks = 100;
    effects[5].command = engine_kit_command(FX_COMMAND_LOAD_LEVERAGE_MARGIN, 0, 0);
    effects[5].command.u.tiers.count = 1;
    effects[5].command.u.tiers.tiers[0].cap = fx_dec_limit() - 1;
    effects[5].command.u.tiers.tiers[0].rate_ppb = 4000000;
    effects[5].command.u.tiers.tiers[0].leverage_max_centi = 10000;
    effects[6].command = engine_kit_command(FX_COMMAND_UPDATE_INSTRUMENT, 0, 0);
    effects[6].command.u.instrument = engine_kit_definition("BTCUSDT");
    effects[7].command = engine_kit_command(FX_COMMAND_CANCEL_ALL, 0, 3);
    effects[7].command.u.cancel_all.scope = FX_CANCEL_SCOPE_ALL;
    effects[8].command = engine_kit_command(FX_COMMAND_CANCEL_ALL_AFTER, 0, 3);
    effects[8].command.u.countdown.countdown_us = 1000000;
    effects[9].command = engine_kit_command(FX_COMMAND_SETTLE, 0, 0);
    effects[9].command.u.settle.has_price = 1;
    effects[9].command.u.settle.settle_ticks = 100;
    for (uint32_t from = 1; from <= FX_INSTRUMENT_STATE_SETTLED; from++) {
        for (uint32_t index = 0; index < sizeof effects / sizeof effects[0]; index++) {
            bring_to((enum fx_instrument_state)from);
            engine_kit_account(&kit, 3, "USDT", "1000");
            if (from < FX_INSTRUMENT_STATE_SETTLING) {
                assert_int_equal(engine_kit_mark(&kit, 0, 100), FX_OK);
            }
            const fx_status status = engine_kit_apply(&kit, &effects[index].command);
            if (status != effects[index].answers[from]) {
                fail_msg("%s in state %u: %s", effects[index].name, from, fx_status_name(status));
            }
        }
    }
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
        CASE(listing_new_symbol_must_not_be_there),
        CASE(listing_bad_definitions_are_rejected),
        CASE(listing_full_pools_are_a_reject),
        CASE(listing_tiers_must_be_sound),
        CASE(listing_states_are_known),
        CASE(listing_only_these_edges_are_taken),
        CASE(listing_each_state_answers_each_command),
        CASE(listing_mark_is_stored_and_said),
    };
    return cmocka_run_group_tests_name("listing", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
