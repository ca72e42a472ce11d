/* CREATE_ACCOUNT, SET_ACCOUNT, DEPOSIT, WITHDRAW: every status, every field, every event. */
#include "fx_test.h"
#include "money_engine.h"

// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables): one engine for all tests
static struct money_engine money;
static struct fx_command command;
static struct fx_event_result result;

typedef fx_status (*apply_fn)(struct fx_engine *,
                              const struct fx_command *,
                              struct fx_event_result *);

static fx_status apply(apply_fn function)
{
    memset(&result, 0, sizeof result);
    money_engine_next(&money);
    const fx_status status = function(&money.root, &command, &result);
    if (status != FX_OK) { /* a reject says nothing and touches nothing */
        assert_int_equal(money.events.count, 0);
        assert_int_equal(money.root.touched_account_count, 0);
        assert_int_equal(result.is_changed, 0);
    }
    return status;
}

static fx_i128 decimal(const char *text)
{
    return money_engine_decimal(text);
}

static void account_command(uint64_t user_id, fx_str asset, uint32_t flags)
{
    command = (struct fx_command){.user_id = user_id};
    assert_true(fx_ids_asset(asset, &command.u.account.asset));
    command.u.account.flags = flags;
}

static void transfer_command(uint64_t user_id, fx_str asset, fx_i128 amount)
{
    command = (struct fx_command){.user_id = user_id};
    assert_true(fx_ids_asset(asset, &command.u.transfer.asset));
    command.u.transfer.amount = amount;
}

static int setup(void **state)
{
    (void)state;
    (void)money_engine_init(&money);
    return 0;
}

static void account_command_create_makes_account_once(void **state)
{
    (void)state;
    account_command(11, FX_STR("USDT"), FX_ACCOUNT_FLAG_BOT);
    command.u.account.has_fees = 7;
    command.u.account.taker_fee_ppb = 300000;
    assert_int_equal(apply(fx_account_command_create), FX_OK);
    assert_int_equal(result.is_changed, 1);
    assert_int_equal(result.account_id, 1);
    assert_int_equal(money.root.touched_account_count, 1);
    const struct fx_account_state *account = &money.root.accounts[0];
    assert_int_equal(account->flags, FX_ACCOUNT_FLAG_BOT);
    assert_int_equal(account->has_fees, 1);
    assert_int_equal(account->taker_fee_ppb, 300000);
    command.u.account.flags = 0;
    assert_int_equal(apply(fx_account_command_create), FX_OK);
    assert_int_equal(result.is_changed, 0);
    assert_int_equal(result.account_id, 1);
    assert_int_equal(account->flags, FX_ACCOUNT_FLAG_BOT);
    account_command(11, FX_STR("BTC"), 0);
    assert_int_equal(apply(fx_account_command_create), FX_OK);
    assert_int_equal(result.account_id, 2);
}

static void account_command_create_of_bad_input_is_refused(void **state)
{
    (void)state;
    account_command(0, FX_STR("USDT"), 0);
    assert_int_equal(apply(fx_account_command_create), FX_BAD_PARAMETER);
    account_command(1, FX_STR("USDT"), 16);
    assert_int_equal(apply(fx_account_command_create), FX_BAD_PARAMETER);
    account_command(1, FX_STR("USDT"), 0);
    command.u.account.maker_fee_ppb = -1000000000;
    assert_int_equal(apply(fx_account_command_create), FX_BAD_PARAMETER);
    account_command(1, FX_STR("USDT"), 0);
    command.u.account.taker_fee_ppb = 1000000000;
    assert_int_equal(apply(fx_account_command_create), FX_BAD_PARAMETER);
    memset(&command.u.account.asset, 0, sizeof command.u.account.asset);
    command.u.account.taker_fee_ppb = 0;
    assert_int_equal(apply(fx_account_command_create), FX_BAD_PARAMETER);
    assert_int_equal(money.root.asset_count, 0);
}

/* A full pool refuses and leaves no asset behind. */
static void account_command_create_beyond_capacity_is_refused(void **state)
{
    (void)state;
    for (uint64_t user = 1; user <= MONEY_ACCOUNTS_MAX; user++) {
        account_command(user, FX_STR("USDT"), 0);
        assert_int_equal(apply(fx_account_command_create), FX_OK);
    }
    account_command(99, FX_STR("BTC"), 0);
    assert_int_equal(apply(fx_account_command_create), FX_CAPACITY);
    assert_int_equal(money.root.asset_count, 1);
    (void)money_engine_init(&money);
    money.root.limits.assets_max = 1;
    account_command(1, FX_STR("USDT"), 0);
    assert_int_equal(apply(fx_account_command_create), FX_OK);
    account_command(1, FX_STR("BTC"), 0);
    assert_int_equal(apply(fx_account_command_create), FX_CAPACITY);
}

static void account_command_set_changes_only_what_differs(void **state)
{
    (void)state;
    account_command(11, FX_STR("USDT"), 0);
    assert_int_equal(apply(fx_account_command_set), FX_ACCOUNT_NOT_FOUND);
    assert_int_equal(apply(fx_account_command_create), FX_OK);
    assert_int_equal(apply(fx_account_command_set), FX_OK);
    assert_int_equal(result.is_changed, 0);
    assert_int_equal(money.root.touched_account_count, 0);
    command.u.account.flags = FX_ACCOUNT_FLAG_TRADE_BLOCKED;
    assert_int_equal(apply(fx_account_command_set), FX_OK);
    assert_int_equal(result.is_changed, 1);
    assert_int_equal(money.root.touched_account_count, 1);
    command.u.account.has_fees = 1;
    assert_int_equal(apply(fx_account_command_set), FX_OK);
    assert_int_equal(result.is_changed, 1); /* rates of 0 of its own */
    command.u.account.maker_fee_ppb = -1;
    assert_int_equal(apply(fx_account_command_set), FX_OK);
    assert_int_equal(result.is_changed, 1);
    command.u.account.taker_fee_ppb = 1;
    assert_int_equal(apply(fx_account_command_set), FX_OK);
    assert_int_equal(result.is_changed, 1);
    assert_int_equal(apply(fx_account_command_set), FX_OK);
    assert_int_equal(result.is_changed, 0);
    command.u.account.flags = UINT32_MAX;
    assert_int_equal(apply(fx_account_command_set), FX_BAD_PARAMETER);
    account_command(12, FX_STR("USDT"), 0);
    assert_int_equal(apply(fx_account_command_set), FX_ACCOUNT_NOT_FOUND);
}

static void account_command_deposit_is_counted_and_told(void **state)
{
    (void)state;
    account_command(11, FX_STR("USDT"), 0);
    assert_int_equal(apply(fx_account_command_create), FX_OK);
    transfer_command(11, FX_STR("USDT"), decimal("12.5"));
    assert_int_equal(apply(fx_account_command_deposit), FX_OK);
    const struct fx_account_state *account = &money.root.accounts[0];
    assert_true(account->balance == decimal("12.5"));
    assert_true(money.root.assets[0].deposited == decimal("12.5"));
    assert_true(result.amount == decimal("12.5"));
    assert_int_equal(result.is_changed, 1);
    assert_int_equal(money.events.count, 1);
    assert_int_equal(money.items[0].kind, FX_EVENT_TRANSACTION);
    const struct fx_event_transaction *transaction = &money.items[0].u.transaction;
    assert_true(transaction->amount == decimal("12.5"));
    assert_int_equal(transaction->type, FX_TRANSACTION_DEPOSIT);
    assert_int_equal(transaction->account_id, 1);
    assert_int_equal(transaction->user_id, 11);
    assert_int_equal(transaction->instrument, FX_COMMAND_ALL_INSTRUMENTS);
    assert_string_equal(transaction->asset.text, "USDT");
    assert_int_equal(money.root.touched_account_count, 1);
    command.u.transfer.type = FX_TRANSACTION_REWARD;
    command.u.transfer.is_reward = 1;
    assert_int_equal(apply(fx_account_command_deposit), FX_OK);
    assert_true(account->balance == decimal("12.5"));
    assert_true(account->reward_balance == decimal("12.5"));
    assert_true(money.root.assets[0].deposited == decimal("25"));
    assert_int_equal(money.items[0].u.transaction.type, FX_TRANSACTION_REWARD);
}

/* Whatever a referral or a reward comes to, also more than all fees there were: it enters as money
 * from outside, and the fee account does not pay for it. */
static void account_command_share_of_a_fee_never_comes_out_of_the_fees(void **state)
{
    (void)state;
    const enum fx_transaction_type types[] = {
        FX_TRANSACTION_REFERRAL, FX_TRANSACTION_REWARD, FX_TRANSACTION_EVENT_REWARD};
    account_command(11, FX_STR("USDT"), 0);
    assert_int_equal(apply(fx_account_command_create), FX_OK);
    money.root.assets[0].fees = decimal("0.4");
    for (uint32_t index = 0; index < sizeof types / sizeof types[0]; index++) {
        transfer_command(11, FX_STR("USDT"), decimal("5"));
        command.u.transfer.type = (uint32_t)types[index];
        command.u.transfer.is_reward = index == 1 ? 1 : 0;
        assert_int_equal(apply(fx_account_command_deposit), FX_OK);
        assert_int_equal(money.items[0].u.transaction.type, types[index]);
        assert_true(money.root.assets[0].fees == decimal("0.4"));
        assert_true(money.root.assets[0].insurance == 0 && money.root.assets[0].rounding == 0);
        assert_true(money.root.assets[0].deposited == decimal("5") * (1 + (int)index));
    }
    assert_true(money.root.accounts[0].balance == decimal("10"));
    assert_true(money.root.accounts[0].reward_balance == decimal("5"));
}

static void account_command_deposit_of_bad_input_is_refused(void **state)
{
    (void)state;
    transfer_command(11, FX_STR("USDT"), 1);
    assert_int_equal(apply(fx_account_command_deposit), FX_ACCOUNT_NOT_FOUND);
    account_command(11, FX_STR("USDT"), 0);
    assert_int_equal(apply(fx_account_command_create), FX_OK);
    transfer_command(12, FX_STR("USDT"), 1);
    assert_int_equal(apply(fx_account_command_deposit), FX_ACCOUNT_NOT_FOUND);
    transfer_command(11, FX_STR("USDT"), 0);
    assert_int_equal(apply(fx_account_command_deposit), FX_BAD_PARAMETER);
    assert_int_equal(result.reject.field, FX_FIELD_AMOUNT);
    transfer_command(11, FX_STR("USDT"), -1);
    assert_int_equal(apply(fx_account_command_deposit), FX_BAD_PARAMETER);
    transfer_command(11, FX_STR("USDT"), fx_dec_limit());
    assert_int_equal(apply(fx_account_command_deposit), FX_AMOUNT_OUT_OF_RANGE);
    transfer_command(11, FX_STR("USDT"), 1);
    command.u.transfer.type = FX_TRANSACTION_TRADING_FEE;
    assert_int_equal(apply(fx_account_command_deposit), FX_BAD_PARAMETER);
}

/* The whole of an asset stays below 1e18, and so does each account with what it can move. */
static void account_command_deposit_beyond_range_is_refused(void **state)
{
    (void)state;
    for (uint64_t user = 1; user <= 2; user++) {
        account_command(user, FX_STR("USDT"), 0);
        assert_int_equal(apply(fx_account_command_create), FX_OK);
    }
    transfer_command(1, FX_STR("USDT"), fx_dec_limit() - 1);
    assert_int_equal(apply(fx_account_command_deposit), FX_OK);
    transfer_command(2, FX_STR("USDT"), 1);
    assert_int_equal(apply(fx_account_command_deposit), FX_AMOUNT_OUT_OF_RANGE);
    transfer_command(1, FX_STR("USDT"), fx_dec_limit() - 1);
    assert_int_equal(apply(fx_account_command_withdraw), FX_OK);
    assert_true(money.root.assets[0].deposited == 0);
    money.root.accounts[1].balance = -(fx_dec_limit() - 1);
    transfer_command(2, FX_STR("USDT"), 1);
    assert_int_equal(apply(fx_account_command_deposit), FX_AMOUNT_OUT_OF_RANGE);
}

static void account_command_withdraw_takes_what_is_free(void **state)
{
    (void)state;
    account_command(11, FX_STR("USDT"), 0);
    assert_int_equal(apply(fx_account_command_create), FX_OK);
    transfer_command(11, FX_STR("USDT"), decimal("10"));
    assert_int_equal(apply(fx_account_command_deposit), FX_OK);
    command.u.transfer.is_reward = 1;
    assert_int_equal(apply(fx_account_command_deposit), FX_OK);
    transfer_command(11, FX_STR("USDT"), decimal("10") + 1);
    assert_int_equal(apply(fx_account_command_withdraw), FX_INSUFFICIENT_BALANCE);
    assert_true(result.reject.limit == decimal("10")); /* the bonus does not leave */
    assert_true(result.reject.nearest == decimal("10"));
    assert_int_equal(result.reject.has_nearest, 1);
    assert_int_equal(result.reject.field, FX_FIELD_AMOUNT);
    transfer_command(11, FX_STR("USDT"), decimal("10"));
    assert_int_equal(apply(fx_account_command_withdraw), FX_OK);
    assert_true(money.root.accounts[0].balance == 0);
    assert_true(money.root.accounts[0].reward_balance == decimal("10"));
    assert_true(money.root.assets[0].deposited == decimal("10"));
    assert_true(result.amount == 0);
    assert_true(money.items[0].u.transaction.amount == -decimal("10"));
    assert_int_equal(money.items[0].u.transaction.type, FX_TRANSACTION_WITHDRAWAL);
    transfer_command(11, FX_STR("USDT"), 1);
    assert_int_equal(apply(fx_account_command_withdraw), FX_INSUFFICIENT_BALANCE);
    assert_int_equal(result.reject.has_nearest, 0);
    command.u.transfer.type = FX_TRANSACTION_REWARD;
    assert_int_equal(apply(fx_account_command_withdraw), FX_BAD_PARAMETER);
    command.u.transfer.amount = 0;
    assert_int_equal(apply(fx_account_command_withdraw), FX_BAD_PARAMETER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(account_command_create_makes_account_once, setup),
        cmocka_unit_test_setup(account_command_create_of_bad_input_is_refused, setup),
        cmocka_unit_test_setup(account_command_create_beyond_capacity_is_refused, setup),
        cmocka_unit_test_setup(account_command_set_changes_only_what_differs, setup),
        cmocka_unit_test_setup(account_command_deposit_is_counted_and_told, setup),
        cmocka_unit_test_setup(account_command_share_of_a_fee_never_comes_out_of_the_fees, setup),
        cmocka_unit_test_setup(account_command_deposit_of_bad_input_is_refused, setup),
        cmocka_unit_test_setup(account_command_deposit_beyond_range_is_refused, setup),
        cmocka_unit_test_setup(account_command_withdraw_takes_what_is_free, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)
