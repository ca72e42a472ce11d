/* A frozen user: his orders end at once or in steps, none of them trades, and he may only be paid.
 */
#include "engine_fixture.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#define PLACE(user, which, ...)                                                                    \
    ENGINE_KIT_PLACE(&kit, .user_id = (user), .side = FX_SIDE_##which, __VA_ARGS__)

static void freeze_ends_all_orders_with_a_note(void **state)
{
    (void)state;
    assert_int_equal(PLACE(1, BUY, .ticks = 90, .lots = 1), FX_OK);
    const uint64_t resting = kit.result.order_id;
    assert_int_equal(PLACE(1,
                           SELL,
                           .type = FX_ORDER_TYPE_STOP_MARKET,
                           .source = FX_TRIGGER_SOURCE_MARK,
                           .trigger_ticks = 80,
                           .lots = 1),
                     FX_OK);
    const uint64_t waiting = kit.result.order_id;
    assert_int_equal(engine_kit_freeze(&kit, 1, true), FX_OK);
    assert_int_equal(kit.result.count, 2);
    assert_int_equal(kit.result.has_more, 0);
    assert_int_equal(kit.result.is_changed, 1);
    assert_int_equal(engine_kit_row(&kit, resting)->status, FX_ORDER_STATUS_CANCELED);
    assert_int_equal(engine_kit_row(&kit, resting)->note, FX_ORDER_NOTE_ACCOUNT_FROZEN);
    assert_int_equal(engine_kit_row(&kit, waiting)->note, FX_ORDER_NOTE_ACCOUNT_FROZEN);
    assert_int_equal(kit.engine->order_count, 0);
    assert_int_equal(kit.engine->deadman_count, 0);
    const struct fx_event *event = engine_kit_event(&kit, FX_EVENT_ACCOUNT, 0);
    assert_int_equal(event->u.account.flags, FX_ACCOUNT_FLAG_FROZEN);
    assert_int_equal(engine_kit_freeze(&kit, 1, true), FX_OK);
    assert_int_equal(kit.result.is_changed, 0);
}

/* One command ends 64 orders here; those that are left do not trade, and a TICK is due at once. */
static void freeze_with_many_orders_goes_on_and_nothing_trades(void **state)
{
    (void)state;
    struct fx_engine_limits limits = engine_kit_limits();
    const struct fx_instrument definition = engine_kit_definition("BTCUSDT");
    engine_kit_deinit(&kit);
    limits.cancels_max = 2;
    engine_kit_init(&kit, &limits);
    assert_int_equal(engine_kit_list(&kit, &definition, 100), 0);
    engine_kit_account(&kit, 1, "USDT", "1000000");
    engine_kit_account(&kit, 2, "USDT", "1000000");
    for (int64_t ticks = 90; ticks < 95; ticks++) {
        assert_int_equal(PLACE(1, BUY, .ticks = ticks, .lots = 1), FX_OK);
    }
    assert_int_equal(engine_kit_freeze(&kit, 1, true), FX_OK);
    assert_int_equal(kit.result.count, 2);
    assert_int_equal(kit.result.has_more, 1);
    assert_true(fx_engine_next_due_us(kit.engine) <= kit.time_us);
    assert_int_equal(engine_kit_amend(&kit, 1, 5, 96, 0), FX_ACCOUNT_FROZEN); /* one that is left */
    /* A sell meets what is left of the bids: it ends instead of trading. */
    assert_int_equal(PLACE(2, SELL, .ticks = 94, .lots = 1), FX_OK);
    assert_int_equal(engine_kit_count(&kit, FX_EVENT_TRADE), 0);
    assert_int_equal(engine_kit_event(&kit, FX_EVENT_ORDER, 0)->u.order.note,
                     FX_ORDER_NOTE_ACCOUNT_FROZEN);
    assert_int_equal(engine_kit_tick(&kit, kit.time_us), FX_OK);
    assert_int_equal(kit.result.count, 2);
    assert_int_equal(kit.engine->order_count, 1);
    assert_int_equal(kit.engine->deadman_count, 0);
}

/* Its orders may take more than one command: a deadline remembers them, and there must be room. */
static void freeze_needs_a_deadline(void **state)
{
    (void)state;
    struct fx_command command =
        engine_kit_command(FX_COMMAND_CANCEL_ALL_AFTER, FX_COMMAND_ALL_INSTRUMENTS, 0);
    for (uint64_t user_id = 5; user_id <= 16; user_id++) {
        engine_kit_account(&kit, user_id, "USDT", "1");
    }
    for (uint64_t user_id = 1; user_id <= 16; user_id++) {
        command.user_id = user_id == 1 ? 2 : user_id;
        command.instrument = user_id == 1 ? 0 : FX_COMMAND_ALL_INSTRUMENTS;
        command.u.countdown.countdown_us = 5000000;
        assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    }
    assert_int_equal(engine_kit_freeze(&kit, 1, true), FX_CAPACITY);
    assert_int_equal(engine_kit_freeze(&kit, 2, true), FX_OK); /* his is there */
}

static void freeze_refuses_everything_but_deposits_and_cancels(void **state)
{
    (void)state;
    assert_int_equal(engine_kit_freeze(&kit, 1, true), FX_OK);
    assert_int_equal(PLACE(1, BUY, .ticks = 90, .lots = 1), FX_ACCOUNT_FROZEN);
    assert_int_equal(PLACE(1, BUY, .ticks = 90, .lots = 1, .is_reduce_only = true),
                     FX_ACCOUNT_FROZEN);
    assert_int_equal(engine_kit_mode(&kit, 1, true), FX_ACCOUNT_FROZEN);
    struct fx_command command = engine_kit_command(FX_COMMAND_ADJUST_LEVERAGE, 0, 1);
    command.u.leverage.leverage_centi = 300;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_ACCOUNT_FROZEN);
    command = engine_kit_command(FX_COMMAND_ADJUST_MARGIN_POSITION, 0, 1);
    command.u.margin.amount = 1;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_ACCOUNT_FROZEN);
    command = engine_kit_command(FX_COMMAND_ADJUST_TP_SL, 0, 1);
    assert_int_equal(engine_kit_apply(&kit, &command), FX_ACCOUNT_FROZEN);
    command = engine_kit_command(FX_COMMAND_WITHDRAW, FX_COMMAND_ALL_INSTRUMENTS, 1);
    command.u.transfer.asset = engine_kit_asset("USDT");
    command.u.transfer.amount = 1;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_ACCOUNT_FROZEN);
    command = engine_kit_command(FX_COMMAND_TRANSFER, FX_COMMAND_ALL_INSTRUMENTS, 1);
    command.u.move.asset = engine_kit_asset("USDT");
    command.u.move.amount = 1;
    command.u.move.to_user_id = 2;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_ACCOUNT_FROZEN);
    command.user_id = 2;
    command.u.move.to_user_id = 1;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(engine_kit_deposit(&kit, 1, "USDT", "5"), FX_OK);
    assert_int_equal(engine_kit_cancel(&kit, 1, 1), FX_ORDER_NOT_FOUND);
}

static void freeze_holds_for_accounts_that_come_and_settings_that_are_set(void **state)
{
    (void)state;
    assert_int_equal(engine_kit_mode(&kit, 1, true), FX_OK);
    assert_int_equal(engine_kit_freeze(&kit, 1, true), FX_OK);
    struct fx_command command =
        engine_kit_command(FX_COMMAND_CREATE_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, 1);
    command.u.account.asset = engine_kit_asset("BTC");
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(engine_kit_event(&kit, FX_EVENT_ACCOUNT, 0)->u.account.flags,
                     FX_ACCOUNT_FLAG_FROZEN);
    command.kind = FX_COMMAND_SET_ACCOUNT;
    command.u.account.asset = engine_kit_asset("USDT");
    command.u.account.flags = FX_ACCOUNT_FLAG_NO_FEE;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(engine_kit_event(&kit, FX_EVENT_ACCOUNT, 0)->u.account.flags,
                     FX_ACCOUNT_FLAG_NO_FEE | FX_ACCOUNT_FLAG_HEDGE | FX_ACCOUNT_FLAG_FROZEN);
    command.u.account.flags = FX_ACCOUNT_FLAG_FROZEN;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_PARAMETER);
}

static void freeze_ends_and_all_is_as_before(void **state)
{
    (void)state;
    assert_int_equal(PLACE(2, SELL, .ticks = 100, .lots = 2), FX_OK);
    assert_int_equal(PLACE(1, BUY, .ticks = 100, .lots = 2), FX_OK);
    assert_int_equal(engine_kit_freeze(&kit, 1, true), FX_OK);
    assert_int_equal(engine_kit_position(&kit, 1, 0).lots, 2); /* it stays */
    assert_int_equal(engine_kit_freeze(&kit, 1, false), FX_OK);
    assert_int_equal(kit.result.is_changed, 1);
    assert_int_equal(PLACE(1, SELL, .ticks = 101, .lots = 2, .is_reduce_only = true), FX_OK);
    assert_int_equal(engine_kit_freeze(&kit, 1, false), FX_OK);
    assert_int_equal(kit.result.is_changed, 0);
    assert_int_equal(kit.engine->order_count, 1);
    assert_int_equal(engine_kit_freeze(&kit, 77, true), FX_ACCOUNT_NOT_FOUND);
    struct fx_command command =
        engine_kit_command(FX_COMMAND_FREEZE_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, 1);
    command.u.freeze.is_frozen = 2;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_PARAMETER);
}

/* A dead man's deadline that the user has set gives way to the freeze. */
static void freeze_takes_the_place_of_a_deadline(void **state)
{
    (void)state;
    struct fx_command command =
        engine_kit_command(FX_COMMAND_CANCEL_ALL_AFTER, FX_COMMAND_ALL_INSTRUMENTS, 1);
    command.u.countdown.countdown_us = 5000000;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(PLACE(1, BUY, .ticks = 90, .lots = 1), FX_OK);
    assert_int_equal(engine_kit_freeze(&kit, 1, true), FX_OK);
    assert_int_equal(kit.result.count, 1);
    assert_int_equal(kit.engine->deadman_count, 0);
}

/* A deadline that has passed and waits for its TICK is as good as that of a freeze. */
static void freeze_behind_a_deadline_that_has_passed(void **state)
{
    (void)state;
    struct fx_command command =
        engine_kit_command(FX_COMMAND_CANCEL_ALL_AFTER, FX_COMMAND_ALL_INSTRUMENTS, 1);
    assert_int_equal(PLACE(1, BUY, .ticks = 90, .lots = 1), FX_OK);
    command.u.countdown.countdown_us = 5000000;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    kit.time_us += 6000000;
    assert_int_equal(engine_kit_freeze(&kit, 1, true), FX_OK);
    assert_int_equal(kit.result.count, 1);
    assert_int_equal(kit.engine->order_count, 0);
    assert_int_equal(kit.engine->deadman_count, 0);
}

/* A user is free again when all that the freeze had to end has ended, not before. */
static void freeze_is_lifted_behind_its_last_order(void **state)
{
    (void)state;
    kit.engine->limits.cancels_max = 2;
    for (int64_t ticks = 90; ticks < 95; ticks++) {
        assert_int_equal(PLACE(1, BUY, .ticks = ticks, .lots = 1), FX_OK);
    }
    assert_int_equal(engine_kit_freeze(&kit, 1, true), FX_OK);
    assert_int_equal(kit.engine->order_count, 3);
    assert_int_equal(engine_kit_freeze(&kit, 1, false), FX_OK);
    assert_int_equal(kit.result.count, 2);
    assert_int_equal(kit.result.has_more, 1);
    assert_int_equal(PLACE(1, BUY, .ticks = 80, .lots = 1), FX_ACCOUNT_FROZEN);
    assert_int_equal(engine_kit_freeze(&kit, 1, false), FX_OK);
    assert_int_equal(kit.result.has_more, 0);
    assert_int_equal(PLACE(1, BUY, .ticks = 80, .lots = 1), FX_OK);
    assert_int_equal(kit.engine->order_count, 1);
}

static void freeze_of_nobody_is_refused(void **state)
{
    (void)state;
    assert_int_equal(engine_kit_freeze(&kit, 99, true), FX_ACCOUNT_NOT_FOUND);
    assert_int_equal(engine_kit_freeze(&kit, 99, false), FX_ACCOUNT_NOT_FOUND);
    struct fx_command command =
        engine_kit_command(FX_COMMAND_FREEZE_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, 1);
    command.u.freeze.is_frozen = 2;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_PARAMETER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(freeze_ends_all_orders_with_a_note),
        CASE(freeze_with_many_orders_goes_on_and_nothing_trades),
        CASE(freeze_needs_a_deadline),
        CASE(freeze_refuses_everything_but_deposits_and_cancels),
        CASE(freeze_holds_for_accounts_that_come_and_settings_that_are_set),
        CASE(freeze_ends_and_all_is_as_before),
        CASE(freeze_takes_the_place_of_a_deadline),
        CASE(freeze_behind_a_deadline_that_has_passed),
        CASE(freeze_is_lifted_behind_its_last_order),
        CASE(freeze_of_nobody_is_refused),
    };
    return cmocka_run_group_tests_name("freeze", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
