/* A funding of more positions than one command pays: who acts in between is settled first. */
#include "engine/marks_int.h"
#include "engine_kit.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

enum { USERS = 700, SELLER = USERS - 1, BUYER = USERS }; /* odd users are short, even ones long */

static const int64_t HOUR_US = 3600000000;

static struct engine_kit kit;

static struct fx_engine_limits sweep_limits(void)
{
    struct fx_engine_limits limits = engine_kit_limits();
    limits.accounts_max = 1024;
    limits.positions_max = 1024;
    limits.orders_max = 1024;
    limits.client_ids_max = 1024;
    return limits;
}

/* Each pair of users opens one contract at 100; then funding at 1 % of 100 begins, one each. */
static int set_up(void **state)
{
    (void)state;
    const struct fx_engine_limits limits = sweep_limits();
    const struct fx_instrument definition = engine_kit_definition("BTCUSDT");
    engine_kit_init(&kit, &limits);
    kit.time_us = 8 * HOUR_US;
    kit.is_unchecked = true;
    assert_int_equal(engine_kit_list(&kit, &definition, 100), 0);
    struct fx_command tiers = engine_kit_command(FX_COMMAND_LOAD_LEVERAGE_MARGIN, 0, 0);
    tiers.u.tiers.count = 1;
    tiers.u.tiers.tiers[0].cap = fx_dec_limit() - 1;
    tiers.u.tiers.tiers[0].rate_ppb = 20000000;
    tiers.u.tiers.tiers[0].leverage_max_centi = 5000;
    assert_int_equal(engine_kit_apply(&kit, &tiers), FX_OK);
    for (uint64_t user_id = 1; user_id <= USERS; user_id++) {
        engine_kit_account(&kit, user_id, "USDT", "1000");
    }
    for (uint64_t user_id = 1; user_id <= USERS; user_id++) {
        const enum fx_side side = user_id % 2 == 0 ? FX_SIDE_BUY : FX_SIDE_SELL;
        assert_int_equal(
            ENGINE_KIT_PLACE(&kit, .user_id = user_id, .side = side, .ticks = 100, .lots = 1),
            FX_OK);
    }
    kit.is_unchecked = false;
    fx_engine_check(kit.engine);
    struct fx_command pay = engine_kit_command(FX_COMMAND_PAY_FUNDING, 0, 0);
    pay.u.funding.has_rate = 1;
    pay.u.funding.rate_ppb = 10000000;
    assert_int_equal(engine_kit_apply(&kit, &pay), FX_OK);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_TRANSACTION), FX_FUNDING_STEP_MAX);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_FUNDING), 1);
    assert_true(fx_engine_next_due_us(kit.engine) == FX_ENGINE_DUE_NOW);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    engine_kit_deinit(&kit);
    return 0;
}

static fx_i128 balance_of(uint64_t user_id)
{
    const struct fx_engine *engine = kit.engine;
    return engine->accounts[fx_account_state_find(engine, user_id, 0)].balance;
}

/* @return TICKs until all have paid. */
static uint32_t finish(struct fx_event_funding *last_out)
{
    uint32_t ticks = 0;
    while (kit.engine->sweep_count != 0) {
        assert_int_equal(engine_kit_tick(&kit, kit.time_us), FX_OK);
        assert_true(engine_kit_count(&kit, FX_EVENT_TRANSACTION) <= FX_FUNDING_STEP_MAX);
        ticks++;
    }
    *last_out = engine_kit_event(&kit, FX_EVENT_FUNDING, 0)->u.funding;
    assert_int_equal(last_out->is_complete, 1);
    return ticks;
}

static void funding_sweep_goes_on_with_ticks(void **state)
{
    (void)state;
    struct fx_event_funding last;
    assert_int_equal(finish(&last), 2); /* 700 = 256 + 256 + 188 */
    assert_int_equal(last.positions, USERS);
    assert_true(last.paid == engine_kit_decimal("350"));
    assert_true(last.received == last.paid);
    for (uint64_t user_id = 1; user_id <= USERS; user_id++) {
        assert_true(balance_of(user_id) == engine_kit_decimal(user_id % 2 == 0 ? "999" : "1001"));
    }
    assert_true(fx_engine_next_due_us(kit.engine) == INT64_MAX);
}

/* Whose turn has not come pays before he is judged; a reject pays, too, and nothing else. */
static void funding_sweep_settles_whoever_acts(void **state)
{
    (void)state;
    assert_true(balance_of(BUYER) == engine_kit_decimal("1000"));
    struct fx_command take = engine_kit_command(FX_COMMAND_WITHDRAW, 0, BUYER);
    take.u.transfer.asset = engine_kit_asset("USDT");
    take.u.transfer.amount = engine_kit_decimal("5000");
    assert_int_equal(engine_kit_apply(&kit, &take), FX_INSUFFICIENT_BALANCE);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_TRANSACTION), 1);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_ACCOUNT), 1);
    assert_true(balance_of(BUYER) == engine_kit_decimal("999")); /* user 700 is long */
    assert_int_equal(engine_kit_apply(&kit, &take), FX_INSUFFICIENT_BALANCE);
    assert_int_equal(kit.events.count, 1); /* once */
    struct fx_event_funding last;
    (void)finish(&last);
    assert_int_equal(last.positions, USERS);
    assert_true(balance_of(BUYER) == engine_kit_decimal("999"));
    assert_true(balance_of(SELLER) == engine_kit_decimal("1001"));
}

/* A maker whose turn has not come is filled: he pays by the lots of the instant, not the new ones.
 */
static void funding_sweep_counts_the_lots_of_the_instant(void **state)
{
    (void)state;
    struct fx_event_funding last;
    (void)finish(&last);
    /* The next one: an order of user 700 rests, then funding begins, then he is filled. */
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = BUYER, .side = FX_SIDE_BUY, .ticks = 90, .lots = 7),
        FX_OK);
    kit.time_us = 16 * HOUR_US;
    struct fx_command pay = engine_kit_command(FX_COMMAND_PAY_FUNDING, 0, 0);
    pay.u.funding.has_rate = 1;
    pay.u.funding.rate_ppb = -10000000;
    assert_int_equal(engine_kit_apply(&kit, &pay), FX_OK);
    const fx_i128 before = balance_of(BUYER);
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = 1, .side = FX_SIDE_SELL, .ticks = 90, .lots = 7), FX_OK);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_TRADE), 1);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_TRANSACTION), 1);
    assert_true(engine_kit_event(&kit, FX_EVENT_TRANSACTION, 0)->u.transaction.lots == 1);
    assert_true(balance_of(BUYER) == before + engine_kit_decimal("1"));
    (void)finish(&last);
    assert_true(balance_of(BUYER) == before + engine_kit_decimal("1"));
    assert_true(last.paid == engine_kit_decimal("350"));
    assert_true(last.remainder == 0);
}

/* Whoever may be deleveraged is paid before he is ranked: who has not had his turn would look as if
 * he had less, and so more leverage, than those who had theirs. */
static void funding_sweep_pays_before_deleveraging(void **state)
{
    (void)state;
    struct fx_event_funding last;
    (void)finish(&last);
    kit.time_us = 16 * HOUR_US;
    struct fx_command pay = engine_kit_command(FX_COMMAND_PAY_FUNDING, 0, 0);
    pay.u.funding.has_rate = 1;
    pay.u.funding.rate_ppb = -10000000; /* shorts pay longs */
    assert_int_equal(engine_kit_apply(&kit, &pay), FX_OK);
    assert_true(balance_of(BUYER) == engine_kit_decimal("999"));
    kit.is_unchecked = true;
    assert_int_equal(engine_kit_mark(&kit, 0, 1200), FX_OK); /* every short is bankrupt */
    const struct fx_event *step = engine_kit_event(&kit, FX_EVENT_LIQUIDATION, 0);
    for (uint32_t ticks = 0; step == NULL; ticks++) {
        assert_true(ticks < 4);
        assert_true(engine_kit_count(&kit, FX_EVENT_TRANSACTION) <= 2 * FX_FUNDING_STEP_MAX);
        assert_int_equal(engine_kit_tick(&kit, kit.time_us), FX_OK);
        step = engine_kit_event(&kit, FX_EVENT_LIQUIDATION, 0);
    }
    assert_int_equal(step->u.liquidation.step, FX_LIQUIDATION_STEP_ADL);
    assert_true(balance_of(BUYER) != engine_kit_decimal("999"));
    assert_int_equal(step->u.liquidation.counter_user_id, 2); /* of equals the lower id */
}

/* User 700 stands on 11 behind a long of 1 from 100, bankrupt at 89, and offers it at 89. Of a
 * funding that runs he owes 1: then he is bankrupt at 90, and his offer is none. */
static void funding_sweep_settles_the_makers_of_a_fill_or_kill(void **state)
{
    (void)state;
    struct fx_event_funding last;
    (void)finish(&last);
    struct fx_command take = engine_kit_command(FX_COMMAND_WITHDRAW, 0, BUYER);
    take.u.transfer.asset = engine_kit_asset("USDT");
    take.u.transfer.amount = engine_kit_decimal("988");
    assert_int_equal(engine_kit_apply(&kit, &take), FX_OK);
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = BUYER,
                                      .side = FX_SIDE_SELL,
                                      .ticks = 89,
                                      .lots = 1,
                                      .is_reduce_only = true),
                     FX_OK);
    kit.time_us = 16 * HOUR_US;
    struct fx_command pay = engine_kit_command(FX_COMMAND_PAY_FUNDING, 0, 0);
    pay.u.funding.has_rate = 1;
    pay.u.funding.rate_ppb = 10000000;
    assert_int_equal(engine_kit_apply(&kit, &pay), FX_OK);
    assert_true(balance_of(BUYER) == engine_kit_decimal("11"));
    const struct engine_kit_order kill = {
        .user_id = 1, .side = FX_SIDE_BUY, .ticks = 89, .lots = 1, .tif = FX_TIME_IN_FORCE_FOK};
    assert_int_equal(engine_kit_order(&kit, &kill), FX_FOK_NOT_FILLED);
    assert_true(balance_of(BUYER) ==
                engine_kit_decimal("10")); /* what is owed is paid all the same */
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_TRANSACTION), 1);
    assert_int_equal(engine_kit_position(&kit, BUYER, 0).lots, 1);
    assert_int_equal(engine_kit_order(&kit, &kill), FX_FOK_NOT_FILLED);
    assert_int_equal(kit.events.count, 1);
}

/* Who opens after the instant owes nothing for it. */
static void funding_sweep_leaves_out_who_comes_later(void **state)
{
    (void)state;
    struct fx_event_funding last;
    engine_kit_account(&kit, USERS + 1, "USDT", "1000");
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = USERS + 1, .side = FX_SIDE_BUY, .ticks = 100, .lots = 3),
        FX_OK);
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = SELLER, .side = FX_SIDE_SELL, .ticks = 100, .lots = 3),
        FX_OK);
    (void)finish(&last);
    assert_true(balance_of(USERS + 1) == engine_kit_decimal("1000"));
    assert_int_equal(last.positions, USERS);
}

static void funding_sweep_goes_on_from_a_snapshot(void **state)
{
    (void)state;
    const size_t size = fx_engine_save_size(kit.engine);
    char *saved = malloc(size);
    assert_non_null(saved);
    fx_engine_save(kit.engine, saved, size);
    const uint64_t before = fx_engine_sequence(kit.engine);
    struct fx_event_funding last;
    const uint32_t ticks = finish(&last);
    struct fx_engine *engine = NULL;
    const struct fx_engine_limits limits = sweep_limits();
    assert_int_equal(
        fx_engine_load(engine_kit_memory(&limits), &limits, (fx_str){saved, size}, &engine), FX_OK);
    fx_engine_check(engine);
    assert_true(fx_engine_next_due_us(engine) == FX_ENGINE_DUE_NOW);
    for (uint32_t tick = 0; tick < ticks; tick++) {
        struct fx_command command =
            engine_kit_command(FX_COMMAND_TICK, FX_COMMAND_ALL_INSTRUMENTS, 0);
        command.sequence = before + 1 + tick;
        command.time_us = kit.time_us;
        fx_engine_apply(engine, &command, &kit.events);
    }
    assert_true(fx_engine_hash(engine) == fx_engine_hash(kit.engine));
    free(engine);
    free(saved);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(funding_sweep_goes_on_with_ticks),
        CASE(funding_sweep_settles_whoever_acts),
        CASE(funding_sweep_counts_the_lots_of_the_instant),
        CASE(funding_sweep_pays_before_deleveraging),
        CASE(funding_sweep_settles_the_makers_of_a_fill_or_kill),
        CASE(funding_sweep_leaves_out_who_comes_later),
        CASE(funding_sweep_goes_on_from_a_snapshot),
    };
    return cmocka_run_group_tests_name("funding_sweep", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
