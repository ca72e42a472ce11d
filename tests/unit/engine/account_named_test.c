/* DEPOSIT_NAMED and WITHDRAW_NAMED: once per name, in one space with the names of TRANSFER. */
#include <stdio.h>

#include "engine_fixture.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

static struct fx_command make(enum fx_command_kind kind, const char *amount, const char *name)
{
    struct fx_command command = engine_kit_command(kind, FX_COMMAND_ALL_INSTRUMENTS, 1);
    command.u.named.transfer.amount = engine_kit_decimal(amount);
    command.u.named.transfer.asset = engine_kit_asset("USDT");
    command.u.named.client_id.text[0] = FX_COMMAND_MOVE_MARK;
    memcpy(command.u.named.client_id.text + 1, name, strlen(name));
    command.u.named.client_id.size = (uint8_t)(strlen(name) + 1);
    return command;
}

static fx_status deposit(const char *amount, const char *name)
{
    struct fx_command command = make(FX_COMMAND_DEPOSIT_NAMED, amount, name);
    return engine_kit_apply(&kit, &command);
}

static fx_status withdraw(const char *amount, const char *name)
{
    struct fx_command command = make(FX_COMMAND_WITHDRAW_NAMED, amount, name);
    return engine_kit_apply(&kit, &command);
}

static fx_status transfer(const char *amount, const char *name)
{
    const struct fx_command named = make(FX_COMMAND_TRANSFER, amount, name);
    struct fx_command command =
        engine_kit_command(FX_COMMAND_TRANSFER, FX_COMMAND_ALL_INSTRUMENTS, 1);
    command.u.move.amount = named.u.named.transfer.amount;
    command.u.move.asset = named.u.named.transfer.asset;
    command.u.move.to_user_id = 2;
    command.u.move.client_id = named.u.named.client_id;
    return engine_kit_apply(&kit, &command);
}

static bool has_balance(const char *wanted)
{
    const fx_slot slot = fx_account_state_find(kit.engine, 1, 0);
    return kit.engine->accounts[slot].balance == engine_kit_decimal(wanted);
}

static void account_named_withdrawal_is_done_once(void **state)
{
    (void)state;
    assert_int_equal(withdraw("10", "w1"), FX_OK);
    const uint64_t number = kit.result.tmp_id;
    assert_int_equal(number, fx_engine_sequence(kit.engine));
    assert_int_equal(kit.result.is_changed, 1);
    assert_true(has_balance("999990"));
    assert_int_equal(withdraw("10", "w1"), FX_OK);
    assert_int_equal(kit.result.is_repeated, 1);
    assert_int_equal(kit.result.is_changed, 0);
    assert_int_equal(kit.result.tmp_id, number);
    assert_int_equal(kit.result.account_id, 1);
    assert_true(kit.result.amount == engine_kit_decimal("999990"));
    assert_int_equal(kit.events.count, 1); /* RESULT alone */
    assert_true(has_balance("999990"));
    assert_int_equal(withdraw("10", "w2"), FX_OK);
    assert_true(has_balance("999980"));
    kit.time_us += 86400000000 - 1;
    assert_int_equal(withdraw("10", "w1"), FX_OK);
    assert_int_equal(kit.result.is_repeated, 1);
    kit.time_us += 1; /* 24 hours */
    assert_int_equal(withdraw("10", "w1"), FX_OK);
    assert_int_equal(kit.result.is_repeated, 0);
    assert_true(has_balance("999970"));
}

static void account_named_deposit_is_done_once(void **state)
{
    (void)state;
    assert_int_equal(deposit("0.000000000000000001", "d1"), FX_OK);
    assert_int_equal(deposit("0.000000000000000001", "d1"), FX_OK);
    assert_int_equal(kit.result.is_repeated, 1);
    assert_true(has_balance("1000000.000000000000000001"));
    struct fx_command command = make(FX_COMMAND_DEPOSIT_NAMED, "0.000000000000000001", "d1");
    command.u.named.transfer.is_reward = 1; /* another body */
    assert_int_equal(engine_kit_apply(&kit, &command), FX_DUPLICATE_CLIENT_ORDER_ID);
}

static void account_named_space_is_one_for_all_movements(void **state)
{
    (void)state;
    assert_int_equal(deposit("10", "x"), FX_OK);
    assert_int_equal(deposit("11", "x"), FX_DUPLICATE_CLIENT_ORDER_ID);
    assert_int_equal(kit.result.reject.field, FX_FIELD_CLIENT_TRANSFER_ID);
    assert_int_equal(withdraw("10", "x"), FX_DUPLICATE_CLIENT_ORDER_ID);
    assert_int_equal(transfer("10", "x"), FX_DUPLICATE_CLIENT_ORDER_ID);
    assert_int_equal(transfer("10", "y"), FX_OK);
    assert_int_equal(withdraw("10", "y"), FX_DUPLICATE_CLIENT_ORDER_ID);
    assert_true(has_balance("1000000"));
}

static void account_named_reject_does_not_hold_the_name(void **state)
{
    (void)state;
    assert_int_equal(withdraw("1000001", "w"), FX_INSUFFICIENT_BALANCE);
    assert_int_equal(withdraw("1000000", "w"), FX_OK);
    assert_int_equal(kit.result.is_repeated, 0);
    assert_true(has_balance("0"));
}

/* Go on with an engine of these limits that was loaded from a snapshot of this one. */
static void restart(const struct fx_engine_limits *limits)
{
    const size_t size = fx_engine_save_size(kit.engine);
    char *saved = malloc(size);
    struct fx_engine *loaded = NULL;
    assert_non_null(saved);
    fx_engine_save(kit.engine, saved, size);
    assert_int_equal(
        fx_engine_load(engine_kit_memory(limits), limits, (fx_str){saved, size}, &loaded), FX_OK);
    free(kit.engine);
    free(saved);
    kit.engine = loaded;
}

static void account_named_survives_a_snapshot(void **state)
{
    (void)state;
    assert_int_equal(withdraw("10", "w1"), FX_OK);
    const uint64_t number = kit.result.tmp_id;
    restart(&kit.engine->limits);
    assert_int_equal(withdraw("10", "w1"), FX_OK);
    assert_int_equal(kit.result.tmp_id, number);
    assert_int_equal(kit.result.is_repeated, 1);
    assert_true(has_balance("999990"));
}

static void place_named(uint32_t number)
{
    char name[24];
    (void)snprintf(name, sizeof name, "o-%u", number);
    assert_int_equal(
        ENGINE_KIT_PLACE(
            &kit, .user_id = 1, .side = FX_SIDE_BUY, .ticks = 90, .lots = 1, .client_id = name),
        FX_OK);
    struct fx_command cancel = engine_kit_command(FX_COMMAND_CANCEL_ORDER, 0, 1);
    cancel.u.cancel.order_id = kit.result.order_id;
    assert_int_equal(engine_kit_apply(&kit, &cancel), FX_OK);
}

/* However many orders come: a deposit that is sent again within its day is not booked again. */
static void account_named_outlives_the_names_of_orders(void **state)
{
    (void)state;
    assert_int_equal(deposit("10", "d"), FX_OK);
    for (uint32_t number = 0; number < 3 * kit.engine->limits.client_ids_max; number++) {
        place_named(number);
    }
    assert_int_equal(deposit("10", "d"), FX_OK);
    assert_int_equal(kit.result.is_repeated, 1);
    assert_true(has_balance("1000010"));
}

/* Nor do other movements make it forgotten: rather there is no room. */
static void account_named_is_refused_where_all_are_young(void **state)
{
    (void)state;
    const uint32_t most = fx_client_ids_moves_max(&kit.engine->limits);
    char name[24];
    kit.is_unchecked = true;
    for (uint32_t number = 0; number < most; number++) {
        (void)snprintf(name, sizeof name, "d-%u", number);
        assert_int_equal(deposit("1", name), FX_OK);
        kit.time_us++;
    }
    kit.is_unchecked = false;
    assert_int_equal(deposit("1", "late"), FX_CAPACITY);
    assert_int_equal(transfer("1", "late"), FX_MAX_NUM_NAMED_TRANSFERS);
    assert_int_equal(deposit("1", "d-0"), FX_OK);
    assert_int_equal(kit.result.is_repeated, 1);
    place_named(0);
    kit.time_us += 86400000000 - most;
    assert_int_equal(deposit("1", "late"), FX_OK); /* the day of the first is over */
    assert_int_equal(kit.result.is_repeated, 0);
    kit.time_us++;
    assert_int_equal(deposit("1", "later"), FX_OK); /* and the second's */
    assert_int_equal(deposit("1", "too-late"), FX_CAPACITY);
}

/* One user fills his own share, nobody else's, and not that of deposits; also behind a load. */
static void account_named_transfers_have_a_share(void **state)
{
    (void)state;
    const uint32_t most = fx_client_ids_account_moves_max(&kit.engine->limits);
    char name[24];
    assert_true(most >= 2);
    for (uint32_t number = 0; number < most; number++) {
        (void)snprintf(name, sizeof name, "t-%u", number);
        assert_int_equal(transfer("0.000000000000000001", name), FX_OK);
        kit.time_us++;
    }
    assert_int_equal(transfer("1", "more"), FX_MAX_NUM_NAMED_TRANSFERS);
    restart(&kit.engine->limits);
    assert_int_equal(transfer("1", "more"), FX_MAX_NUM_NAMED_TRANSFERS);
    assert_int_equal(transfer("0.000000000000000001", "t-0"), FX_OK);
    assert_int_equal(kit.result.is_repeated, 1);
    assert_int_equal(deposit("1", "d"), FX_OK);
    assert_int_equal(withdraw("1", "w"), FX_OK);
    struct fx_command command =
        engine_kit_command(FX_COMMAND_TRANSFER, FX_COMMAND_ALL_INSTRUMENTS, 1);
    command.u.move.amount = engine_kit_decimal("1");
    command.u.move.asset = engine_kit_asset("USDT");
    command.u.move.to_user_id = 2;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK); /* without a name */
    command.user_id = 2;
    command.u.move.to_user_id = 1;
    command.u.move.client_id.text[0] = FX_COMMAND_MOVE_MARK;
    command.u.move.client_id.text[1] = 'n';
    command.u.move.client_id.size = 2;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK); /* another user's */
    kit.time_us += 86400000000 - most + 1;
    assert_int_equal(transfer("1", "more"), FX_MAX_NUM_NAMED_TRANSFERS); /* d and w count too */
    kit.time_us += 2;
    assert_int_equal(transfer("1", "more"), FX_OK);
}

static fx_status transfer_of(uint64_t user_id, const char *name)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_TRANSFER, FX_COMMAND_ALL_INSTRUMENTS, user_id);
    command.u.move.amount = 1;
    command.u.move.asset = engine_kit_asset("USDT");
    command.u.move.to_user_id = 2;
    command.u.move.client_id.text[0] = FX_COMMAND_MOVE_MARK;
    (void)snprintf(&command.u.move.client_id.text[1], 20, "%s", name);
    command.u.move.client_id.size = (uint8_t)(1 + strlen(name));
    return engine_kit_apply(&kit, &command);
}

/* Half of 768 is filled by 24 accounts with 16 each; of the other half each of 60 accounts still
 * gets 384 / 64 = 6, whoever came before, and nobody more. */
static void account_named_many_accounts_leave_room_for_others(void **state)
{
    (void)state;
    struct fx_engine_limits limits = engine_kit_limits();
    char name[24];
    limits.accounts_max = 64;
    limits.positions_max = 64;
    restart(&limits);
    kit.is_unchecked = true;
    assert_int_equal(fx_client_ids_few_moves(&limits), 6);
    for (uint64_t user_id = 101; user_id <= 160; user_id++) {
        engine_kit_account(&kit, user_id, "USDT", "1");
    }
    for (uint32_t number = 0; number < 24 * 16; number++) {
        (void)snprintf(name, sizeof name, "a-%u", number);
        assert_int_equal(transfer_of(101 + number / 16, name), FX_OK);
    }
    assert_int_equal(transfer_of(101, "more"), FX_MAX_NUM_NAMED_TRANSFERS);
    for (uint64_t user_id = 125; user_id <= 160; user_id++) {
        for (uint32_t number = 0; number < 6; number++) {
            (void)snprintf(name, sizeof name, "b-%u", number);
            assert_int_equal(transfer_of(user_id, name), FX_OK);
        }
        assert_int_equal(transfer_of(user_id, "more"), FX_MAX_NUM_NAMED_TRANSFERS);
    }
    assert_int_equal(transfer_of(125, "b-0"), FX_OK); /* an old one is known for its day */
    assert_int_equal(kit.result.is_repeated, 1);
    kit.is_unchecked = false;
    assert_int_equal(transfer_of(3, "first"), FX_OK);
}

/* Above three quarters there is room for deposits and withdrawals alone. */
static void account_named_room_is_kept_for_deposits(void **state)
{
    (void)state;
    const uint32_t most = fx_client_ids_user_moves_max(&kit.engine->limits);
    char name[24];
    assert_int_equal(most, 768);
    kit.is_unchecked = true;
    for (uint32_t number = 0; number < most; number++) {
        (void)snprintf(name, sizeof name, "d-%u", number);
        struct fx_command command = make(FX_COMMAND_DEPOSIT_NAMED, "1", name);
        command.user_id = 3;
        assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    }
    kit.is_unchecked = false;
    assert_int_equal(transfer("1", "t"), FX_CAPACITY);
    assert_int_equal(deposit("1", "d"), FX_OK);
    assert_int_equal(withdraw("1", "w"), FX_OK);
    kit.time_us += 86400000000;
    assert_int_equal(transfer("1", "t"), FX_OK); /* though most are not forgotten yet */
}

/* A pool with more movements than their part holds, as snapshots of version 5 may bring it, or
 * smaller limits: orders go on, none of the movements is forgotten early. */
static void account_named_surplus_is_kept(void **state)
{
    (void)state;
    struct fx_engine_limits limits = engine_kit_limits();
    char name[24];
    limits.client_ids_max = 8192;
    restart(&limits);
    kit.is_unchecked = true;
    for (uint32_t number = 0; number < 1500; number++) {
        (void)snprintf(name, sizeof name, "d-%u", number);
        assert_int_equal(deposit("1", name), FX_OK);
        kit.time_us++;
    }
    limits.client_ids_max = 500; /* 1,524 in all, 1,024 of them for movements */
    restart(&limits);
    for (uint32_t number = 0; number < 600; number++) {
        place_named(number);
    }
    kit.is_unchecked = false;
    place_named(600);
    assert_int_equal(deposit("1", "new"), FX_CAPACITY);
    kit.time_us += 86400000000 - 1500; /* the first has expired */
    assert_int_equal(deposit("1", "new"), FX_CAPACITY);
    for (uint32_t number = 1; number < 1500; number += 7) {
        (void)snprintf(name, sizeof name, "d-%u", number);
        assert_int_equal(deposit("1", name), FX_OK);
        assert_int_equal(kit.result.is_repeated, 1);
    }
    kit.time_us += 476; /* 1,500 - 477 are fresh */
    assert_int_equal(deposit("1", "new"), FX_OK);
    assert_int_equal(kit.result.is_repeated, 0);
    assert_int_equal(deposit("1", "newer"), FX_CAPACITY);
    assert_int_equal(deposit("1", "d-477"), FX_OK);
    assert_int_equal(kit.result.is_repeated, 1);
    place_named(601);
}

static void account_named_of_bad_input_is_refused(void **state)
{
    (void)state;
    struct fx_command command = make(FX_COMMAND_WITHDRAW_NAMED, "1", "a");
    command.u.named.client_id.text[0] = 'a'; /* that of an order */
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_PARAMETER);
    assert_int_equal(withdraw("1", ""), FX_BAD_PARAMETER);
    command = make(FX_COMMAND_WITHDRAW_NAMED, "1", "a");
    command.u.named.client_id.size = FX_CLIENT_ID_SIZE_MAX + 1;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_PARAMETER);
    command = make(FX_COMMAND_DEPOSIT_NAMED, "1", "a");
    command.u.named.transfer.asset = engine_kit_asset("BTC");
    assert_int_equal(engine_kit_apply(&kit, &command), FX_ACCOUNT_NOT_FOUND);
    command = make(FX_COMMAND_DEPOSIT_NAMED, "1", "a");
    command.user_id = 9;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_ACCOUNT_NOT_FOUND);
    assert_int_equal(deposit("0", "a"), FX_BAD_PARAMETER);
    assert_int_equal(deposit("1", "a"), FX_OK); /* none of these held the name */
    assert_true(has_balance("1000001"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(account_named_withdrawal_is_done_once),
        CASE(account_named_deposit_is_done_once),
        CASE(account_named_space_is_one_for_all_movements),
        CASE(account_named_reject_does_not_hold_the_name),
        CASE(account_named_survives_a_snapshot),
        CASE(account_named_outlives_the_names_of_orders),
        CASE(account_named_is_refused_where_all_are_young),
        CASE(account_named_transfers_have_a_share),
        CASE(account_named_many_accounts_leave_room_for_others),
        CASE(account_named_room_is_kept_for_deposits),
        CASE(account_named_surplus_is_kept),
        CASE(account_named_of_bad_input_is_refused),
    };
    return cmocka_run_group_tests_name("account_named", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
