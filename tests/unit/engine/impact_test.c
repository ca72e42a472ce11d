/* The premium of the book for a trade of the impact notional: what it looks at, and where it ends.
 * The rate that follows from it is in funding_test.c. */
#include "engine/marks_int.h"
#include "engine_kit.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

static struct engine_kit kit;

/* A symbol with this impact notional and room for many orders; users 1 and 2 are rich. */
static void begin(enum fx_contract_type type, const char *notional)
{
    struct fx_engine_limits limits = engine_kit_limits();
    struct fx_instrument definition = engine_kit_definition("TEST");
    limits.orders_max = 1100;
    limits.account_orders_max = 1100;
    limits.book_window_levels = 4096;
    limits.client_ids_max = 1100;
    definition.orders_max = 200;
    definition.contract_type = (uint8_t)type;
    definition.impact_notional = engine_kit_decimal(notional);
    engine_kit_init(&kit, &limits);
    kit.is_unchecked = true;
    assert_int_equal(engine_kit_list(&kit, &definition, 1000), 0);
    for (uint64_t user_id = 1; user_id <= 6; user_id++) {
        engine_kit_account(&kit, user_id, "USDT", "1000000000000");
    }
}

static void bid(uint64_t user_id, int64_t ticks, int64_t lots)
{
    assert_int_equal(
        ENGINE_KIT_PLACE(
            &kit, .user_id = user_id, .side = FX_SIDE_BUY, .ticks = ticks, .lots = lots),
        FX_OK);
}

static int64_t premium(int64_t index)
{
    return fx_impact_premium(kit.engine, 0, (fx_px){index});
}

/* 1,001,000 sold: 550,000 for 500 lots, the other 451,000 at 900 for 501.11; 999.889 on average. */
static void impact_goes_as_deep_as_the_notional(void **state)
{
    (void)state;
    begin(FX_CONTRACT_TYPE_USD_M, "1001000");
    bid(1, 1100, 500);
    bid(1, 900, 600);
    assert_int_equal(premium(900), 110987791); /* (999.889 - 900) / 900 */
    assert_int_equal(premium(1000), 0);        /* the book is not above it */
    engine_kit_deinit(&kit);
}

/* Both sides count, each on its own: the one that is worse than the index. */
static void impact_of_nothing_wanted_is_the_best_price(void **state)
{
    (void)state;
    begin(FX_CONTRACT_TYPE_USD_M, "0");
    bid(1, 900, 1);
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = 2, .side = FX_SIDE_SELL, .ticks = 950, .lots = 1), FX_OK);
    assert_true(premium(1000) == -50000000);
    assert_true(premium(800) == 125000000);
    assert_true(premium(925) == 0);
    assert_true(premium(1) == 1000000000); /* not more than the index itself */
    engine_kit_deinit(&kit);
}

/* A thousand levels and not one more: a book that has the rest behind them has no premium. */
static void impact_looks_at_a_thousand_levels(void **state)
{
    (void)state;
    begin(FX_CONTRACT_TYPE_USD_M, "1600000");
    for (int64_t level = 0; level < 1002; level++) {
        bid(1 + (uint64_t)level / 200, 2100 - level, 1);
    }
    const int64_t with = premium(1000); /* the first 1,000 are worth 1,600,500 */
    assert_true(with > 600000000 && with < 601000000);
    kit.engine->listings[0].definition.impact_notional = engine_kit_decimal("1600501");
    assert_int_equal(premium(1000), 0);
    engine_kit_deinit(&kit);
}

static void impact_of_a_book_that_ends_is_none(void **state)
{
    (void)state;
    for (uint32_t turn = 0; turn < 2; turn++) {
        begin(turn == 0 ? FX_CONTRACT_TYPE_USD_M : FX_CONTRACT_TYPE_COIN_M, "5000");
        bid(1, 1100, 2);
        assert_int_equal(premium(1000), 0);
        engine_kit_deinit(&kit);
    }
}

/* Inverse, lots of 1 USDT: 1,500 of them at 1,500 and 1,000 are worth 0.5 + 0.75; the price is
 * 1,500 / 1.25. */
static void impact_of_inverse_is_by_value(void **state)
{
    (void)state;
    begin(FX_CONTRACT_TYPE_COIN_M, "1500");
    bid(1, 1500, 750);
    bid(1, 1000, 5000);
    assert_int_equal(premium(1000), 200000000);
    assert_int_equal(premium(1200), 0);
    /* A lot whose value leaves the range (no definition has one): no premium. */
    kit.engine->listings[0].unit = fx_dec_limit() - 1;
    kit.engine->listings[0].definition.impact_notional = fx_dec_limit() - 1;
    kit.engine->listings[0].definition.tick_size = 1;
    assert_int_equal(premium(1000), 0);
    engine_kit_deinit(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(impact_goes_as_deep_as_the_notional),
        cmocka_unit_test(impact_of_nothing_wanted_is_the_best_price),
        cmocka_unit_test(impact_looks_at_a_thousand_levels),
        cmocka_unit_test(impact_of_a_book_that_ends_is_none),
        cmocka_unit_test(impact_of_inverse_is_by_value),
    };
    return cmocka_run_group_tests_name("impact", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
