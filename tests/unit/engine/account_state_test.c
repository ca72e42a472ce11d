/* Accounts and assets: finding, capacity, who pays first, and the bound of M1. */
#include "fx_test.h"
#include "money_engine.h"

// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables): one engine for all tests
static struct money_engine money;

static const struct money_engine_terms LINEAR = {
    FX_CONTRACT_TYPE_USD_M, "0.01", "0.001", NULL, 10000};

static fx_i128 decimal(const char *text)
{
    return money_engine_decimal(text);
}

static struct fx_asset asset_of(fx_str text)
{
    struct fx_asset asset;
    assert_true(fx_ids_asset(text, &asset));
    return asset;
}

static int setup(void **state)
{
    (void)state;
    (void)money_engine_init(&money);
    return 0;
}

static void account_state_asset_is_made_on_demand(void **state)
{
    (void)state;
    const struct fx_asset usdt = asset_of(FX_STR("USDT"));
    const struct fx_asset btc = asset_of(FX_STR("BTC"));
    const struct fx_asset eth = asset_of(FX_STR("ETH"));
    struct fx_engine *engine = &money.root;
    assert_int_equal(fx_account_state_find_asset(engine, &usdt), UINT32_MAX);
    assert_int_equal(fx_account_state_asset(engine, &usdt), 0);
    assert_int_equal(fx_account_state_asset(engine, &btc), 1);
    assert_int_equal(fx_account_state_asset(engine, &usdt), 0);
    assert_int_equal(fx_account_state_find_asset(engine, &btc), 1);
    assert_int_equal(fx_account_state_asset(engine, &eth), UINT32_MAX); /* the pool holds two */
    assert_int_equal(engine->asset_count, 2);
}

static void account_state_is_found_by_user_and_asset(void **state)
{
    (void)state;
    struct fx_engine *engine = &money.root;
    const struct fx_asset usdt = asset_of(FX_STR("USDT"));
    const struct fx_asset btc = asset_of(FX_STR("BTC"));
    (void)fx_account_state_asset(engine, &usdt);
    (void)fx_account_state_asset(engine, &btc);
    assert_int_equal(fx_account_state_find(engine, 5, 0), FX_SLOT_NONE);
    const fx_slot first = fx_account_state_create(engine, 5, 0);
    const fx_slot second = fx_account_state_create(engine, 5, 1);
    const fx_slot third = fx_account_state_create(engine, UINT64_MAX, 0);
    assert_int_equal(fx_account_state_find(engine, 5, 0), first);
    assert_int_equal(fx_account_state_find(engine, 5, 1), second);
    assert_int_equal(fx_account_state_find(engine, UINT64_MAX, 0), third);
    assert_int_equal(fx_account_state_find(engine, UINT64_MAX, 1), FX_SLOT_NONE);
    assert_int_equal(engine->accounts[second].first_position, FX_SLOT_NONE);
    assert_int_equal(fx_account_state_create(engine, 6, 0), 3);
    assert_int_equal(fx_account_state_create(engine, 7, 0), FX_SLOT_NONE);
    assert_int_equal(engine->account_count, 4);
}

static void account_state_rebuild_fills_empty_table(void **state)
{
    (void)state;
    struct fx_engine *engine = &money.root;
    const struct fx_asset usdt = asset_of(FX_STR("USDT"));
    (void)fx_account_state_asset(engine, &usdt);
    for (uint64_t user = 1; user <= 4; user++) {
        (void)fx_account_state_create(engine, user * 1000003, 0);
    }
    memset(money.account_table, 0, sizeof money.account_table);
    assert_int_equal(fx_account_state_find(engine, 1000003, 0), FX_SLOT_NONE);
    fx_account_state_rebuild(engine);
    for (uint32_t user = 1; user <= 4; user++) {
        assert_int_equal(fx_account_state_find(engine, user * 1000003ULL, 0), user - 1);
    }
}

/* Memory is asked for by what the table says: it names the first position from its beginning on. */
static void account_state_leads_to_first_position(void **state)
{
    (void)state;
    struct fx_engine *engine = &money.root;
    const uint32_t instrument = money_engine_list(&money, &LINEAR);
    (void)money_engine_account(&money, 1, "10");
    const fx_slot account = money_engine_account(&money, 2, "10");
    assert_int_equal(fx_account_state_guess(engine, 2, 0).account, account + 1);
    assert_int_equal(fx_account_state_guess(engine, 2, 0).position, FX_SLOT_NONE);
    const fx_slot first =
        fx_position_state_acquire(engine, account, instrument, FX_POSITION_SIDE_LONG);
    (void)fx_position_state_acquire(engine, account, instrument, FX_POSITION_SIDE_SHORT);
    assert_int_equal(fx_account_state_guess(engine, 2, 0).position, first);
    assert_true(fx_account_state_is_led(engine, account));
    memset(money.account_table, 0, sizeof money.account_table);
    assert_true(fx_account_state_rebuild(engine));
    assert_int_equal(fx_account_state_guess(engine, 2, 0).position, first);
}

/* The bonus pays losses and fees first; what comes in goes to the balance. */
static void account_state_credit_takes_reward_first(void **state)
{
    (void)state;
    struct fx_engine *engine = &money.root;
    (void)money_engine_list(&money, &LINEAR);
    const fx_slot slot = money_engine_account(&money, 1, "10");
    struct fx_account_state *account = &engine->accounts[slot];
    account->reward_balance = decimal("3");
    assert_true(fx_account_state_credit(engine, slot, -decimal("2")));
    assert_true(account->balance == decimal("10") && account->reward_balance == decimal("1"));
    assert_true(fx_account_state_credit(engine, slot, -decimal("2")));
    assert_true(account->balance == decimal("9") && account->reward_balance == 0);
    assert_true(fx_account_state_credit(engine, slot, -decimal("12")));
    assert_true(account->balance == -decimal("3") && account->reward_balance == 0);
    assert_true(fx_account_state_credit(engine, slot, decimal("5")));
    assert_true(account->balance == decimal("2"));
    assert_true(fx_account_state_credit(engine, slot, 0));
    assert_true(account->balance == decimal("2"));
}

static void account_state_credit_beyond_range_changes_nothing(void **state)
{
    (void)state;
    struct fx_engine *engine = &money.root;
    (void)money_engine_list(&money, &LINEAR);
    const fx_slot slot = money_engine_account(&money, 1, "1");
    struct fx_account_state *account = &engine->accounts[slot];
    account->reward_balance = decimal("1");
    assert_false(fx_account_state_credit(engine, slot, fx_dec_limit() - decimal("1")));
    assert_false(fx_account_state_credit(engine, slot, fx_dec_limit()));
    assert_false(fx_account_state_credit(engine, slot, -fx_dec_limit() * 2));
    assert_true(account->balance == decimal("1") && account->reward_balance == decimal("1"));
    assert_true(fx_account_state_credit(engine, slot, fx_dec_limit() - decimal("1") - 1));
    assert_true(account->balance == fx_dec_limit() - 1);
}

/* |-5| + 2 + entry 100 + 2 x 1e4 a lot x (1 + 2 + 3 lots). */
static void account_state_bound_adds_what_can_move(void **state)
{
    (void)state;
    struct fx_engine *engine = &money.root;
    const uint32_t instrument = money_engine_list(&money, &LINEAR);
    const fx_slot slot = money_engine_account(&money, 1, "0");
    const fx_slot position =
        money_engine_position(&money, slot, instrument, 1000, FX_MARGIN_MODE_CROSS);
    fx_i128 bound = 0;
    assert_true(fx_account_state_bound(engine, slot, &bound));
    assert_true(bound == 0);
    engine->accounts[slot].balance = -decimal("5");
    engine->accounts[slot].reward_balance = decimal("2");
    struct fx_position_state *state_of = &engine->positions[position];
    state_of->entry_value = decimal("100");
    state_of->lots = -1;
    state_of->buy_lots = 2;
    state_of->sell_lots = 3;
    assert_true(fx_account_state_bound(engine, slot, &bound));
    assert_true(bound == decimal("120107"));
    state_of->sell_lots = INT64_MAX;
    assert_false(fx_account_state_bound(engine, slot, &bound));
    state_of->sell_lots = 50000000000000;
    assert_false(fx_account_state_bound(engine, slot, &bound));
    assert_true(bound == decimal("120107"));
}

static void account_state_rebuild_finds_the_same_key_twice(void **state)
{
    (void)state;
    struct fx_engine *engine = &money.root;
    (void)money_engine_list(&money, &LINEAR);
    (void)money_engine_account(&money, 1, "5");
    (void)money_engine_account(&money, 2, "5");
    memset(money.account_table, 0, sizeof money.account_table);
    assert_true(fx_account_state_rebuild(engine));
    memset(money.account_table, 0, sizeof money.account_table);
    engine->accounts[1].user_id = 1;
    assert_false(fx_account_state_rebuild(engine));
}

/* More lots than can be counted twice, and more than can be worth anything. */
static void account_state_bound_of_too_much_is_out_of_range(void **state)
{
    (void)state;
    struct fx_engine *engine = &money.root;
    const uint32_t instrument = money_engine_list(&money, &LINEAR);
    const fx_slot account = money_engine_account(&money, 1, "5");
    const fx_slot position =
        money_engine_position(&money, account, instrument, 1000, FX_MARGIN_MODE_CROSS);
    fx_i128 bound = 0;
    assert_true(fx_account_state_bound(engine, account, &bound));
    engine->positions[position].buy_lots = INT64_MAX / 2 + 1;
    assert_false(fx_account_state_bound(engine, account, &bound));
    engine->positions[position].buy_lots = INT64_MAX / 2;
    assert_false(fx_account_state_bound(engine, account, &bound));
    engine->positions[position].buy_lots = 0;
    engine->positions[position].entry_value = fx_dec_limit() - 1;
    assert_false(fx_account_state_bound(engine, account, &bound));
    engine->positions[position].entry_value = 0;
    engine->accounts[account].balance = -decimal("5");
    assert_true(fx_account_state_bound(engine, account, &bound));
    assert_true(bound == decimal("5"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(account_state_asset_is_made_on_demand, setup),
        cmocka_unit_test_setup(account_state_is_found_by_user_and_asset, setup),
        cmocka_unit_test_setup(account_state_rebuild_fills_empty_table, setup),
        cmocka_unit_test_setup(account_state_leads_to_first_position, setup),
        cmocka_unit_test_setup(account_state_credit_takes_reward_first, setup),
        cmocka_unit_test_setup(account_state_credit_beyond_range_changes_nothing, setup),
        cmocka_unit_test_setup(account_state_bound_adds_what_can_move, setup),
        cmocka_unit_test_setup(account_state_rebuild_finds_the_same_key_twice, setup),
        cmocka_unit_test_setup(account_state_bound_of_too_much_is_out_of_range, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)
