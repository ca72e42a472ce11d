/* Cancel one, cancel many, by scope and side. */
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

/* A world of its own, in which one CANCEL_ALL ends at most two orders. */
static void cancel_all_beyond_its_bound_tells_of_the_rest(void **state)
{
    (void)state;
    kit.engine->limits.cancels_max = 2;
    for (int64_t ticks = 95; ticks < 100; ticks++) {
        (void)rest(1, FX_SIDE_BUY, ticks, 1);
    }
    const uint32_t counts[] = {2, 2, 1};
    for (size_t turn = 0; turn < 3; turn++) {
        struct fx_command command = engine_kit_command(FX_COMMAND_CANCEL_ALL, 0, 1);
        command.u.cancel_all.scope = FX_CANCEL_SCOPE_ALL;
        assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
        assert_int_equal(kit.result.count, counts[turn]);
        assert_int_equal(kit.result.has_more, turn < 2);
    }
    assert_int_equal(kit.engine->order_count, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void cancel_open_order_ends_and_frees_its_reserve(void **state)
{
    (void)state;
    const uint64_t order = rest(1, FX_SIDE_BUY, 99, 5);
    assert_int_equal(engine_kit_cancel(&kit, 1, order), FX_OK);
    const struct fx_event_order *row = engine_kit_row(&kit, order);
    assert_int_equal(row->status, FX_ORDER_STATUS_CANCELED);
    assert_int_equal(row->note, FX_ORDER_NOTE_USER_CANCELED);
    assert_int_equal(row->remaining_lots, 5);
    assert_true(row->order_margin == 0);
    assert_int_equal(kit.result.order_status, FX_ORDER_STATUS_CANCELED);
    assert_int_equal(kit.result.order_id, order);
    assert_int_equal(engine_kit_event(&kit, FX_EVENT_BOOK, 0)->u.book.lots, 0);
    assert_true(engine_kit_position(&kit, 1, 0).reserve == 0);
    assert_int_equal(engine_kit_cancel(&kit, 1, order), FX_ORDER_NOT_FOUND);
}

static void cancel_of_unknown_or_foreign_order_is_not_found(void **state)
{
    (void)state;
    const uint64_t order = rest(1, FX_SIDE_BUY, 99, 5);
    assert_int_equal(engine_kit_cancel(&kit, 2, order), FX_ORDER_NOT_FOUND);
    assert_int_equal(engine_kit_cancel(&kit, 1, order + 1), FX_ORDER_NOT_FOUND);
    assert_int_equal(engine_kit_cancel(&kit, 1, UINT64_MAX), FX_ORDER_NOT_FOUND);
    assert_int_equal(engine_kit_cancel(&kit, 1, 0), FX_ORDER_NOT_FOUND);
    struct fx_command command = engine_kit_command(FX_COMMAND_CANCEL_ORDER, 1, 1);
    command.u.cancel.order_id = order;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_ORDER_NOT_FOUND); /* another symbol */
    command.instrument = 0;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
}

static void cancel_by_client_id_finds_the_open_order(void **state)
{
    (void)state;
    assert_int_equal(
        ENGINE_KIT_PLACE(
            &kit, .user_id = 1, .side = FX_SIDE_BUY, .ticks = 99, .lots = 1, .client_id = "mine"),
        FX_OK);
    struct fx_command command =
        engine_kit_command(FX_COMMAND_CANCEL_ORDER, FX_COMMAND_ALL_INSTRUMENTS, 2);
    assert_true(fx_ids_client_id(FX_STR("mine"), &command.u.cancel.client_id));
    assert_int_equal(engine_kit_apply(&kit, &command), FX_ORDER_NOT_FOUND);
    command.user_id = 1;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(engine_kit_apply(&kit, &command), FX_ORDER_NOT_FOUND);
    command.u.cancel.client_id.size = 200;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_ORDER_NOT_FOUND);
}

static void cancel_works_in_every_state_of_the_symbol(void **state)
{
    (void)state;
    for (enum fx_instrument_state symbol = FX_INSTRUMENT_STATE_TRADING;
         symbol <= FX_INSTRUMENT_STATE_HALTED;
         symbol++) {
        assert_int_equal(engine_kit_state(&kit, 0, FX_INSTRUMENT_STATE_TRADING), FX_OK);
        const uint64_t order = rest(1, FX_SIDE_BUY, 99, 5);
        assert_int_equal(engine_kit_state(&kit, 0, symbol), FX_OK);
        assert_int_equal(engine_kit_cancel(&kit, 1, order), FX_OK);
    }
}

static fx_status cancel_all(uint32_t instrument,
                            enum fx_cancel_scope scope,
                            uint32_t side,
                            uint64_t user_id)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_CANCEL_ALL, instrument, user_id);
    command.u.cancel_all.scope = (uint32_t)scope;
    command.u.cancel_all.side = side;
    return engine_kit_apply(&kit, &command);
}

static void cancel_all_takes_what_is_meant(void **state)
{
    (void)state;
    const struct fx_instrument second = engine_kit_definition("ETHUSDT");
    assert_int_equal(engine_kit_list(&kit, &second, 100), 1);
    (void)rest(1, FX_SIDE_BUY, 99, 1);
    (void)rest(1, FX_SIDE_BUY, 98, 1);
    (void)rest(1, FX_SIDE_SELL, 101, 1);
    (void)rest(2, FX_SIDE_SELL, 101, 1);
    assert_int_equal(
        ENGINE_KIT_PLACE(
            &kit, .user_id = 1, .side = FX_SIDE_BUY, .ticks = 99, .lots = 1, .instrument = 1),
        FX_OK);
    assert_int_equal(cancel_all(0, FX_CANCEL_SCOPE_STOP, 0, 1), FX_OK);
    assert_int_equal(kit.result.count, 0);
    assert_int_equal(kit.result.is_changed, 0);
    assert_int_equal(cancel_all(0, FX_CANCEL_SCOPE_LIMIT, FX_SIDE_SELL, 1), FX_OK);
    assert_int_equal(kit.result.count, 1);
    assert_int_equal(cancel_all(0, FX_CANCEL_SCOPE_ALL, 0, 1), FX_OK);
    assert_int_equal(kit.result.count, 2);
    assert_int_equal(kit.engine->order_count, 2);
    assert_int_equal(cancel_all(FX_COMMAND_ALL_INSTRUMENTS, FX_CANCEL_SCOPE_ALL, 0, 1), FX_OK);
    assert_int_equal(kit.result.count, 1);
    assert_int_equal(kit.engine->order_count, 1);
}

static void cancel_all_rejects_what_it_does_not_know(void **state)
{
    (void)state;
    assert_int_equal(cancel_all(0, 0, 0, 1), FX_BAD_PARAMETER);
    assert_int_equal(cancel_all(0, 4, 0, 1), FX_BAD_PARAMETER);
    assert_int_equal(cancel_all(0, FX_CANCEL_SCOPE_ALL, 3, 1), FX_BAD_PARAMETER);
    assert_int_equal(cancel_all(1, FX_CANCEL_SCOPE_ALL, 0, 1), FX_UNKNOWN_SYMBOL);
    assert_int_equal(cancel_all(0, FX_CANCEL_SCOPE_ALL, 0, 9), FX_ACCOUNT_NOT_FOUND);
}

/* The same bound for orders that wait. */
static void cancel_all_of_many_that_wait_tells_of_the_rest(void **state)
{
    (void)state;
    kit.engine->limits.cancels_max = 2;
    for (int64_t ticks = 95; ticks < 98; ticks++) {
        assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                          .user_id = 1,
                                          .side = FX_SIDE_SELL,
                                          .type = FX_ORDER_TYPE_STOP_MARKET,
                                          .source = FX_TRIGGER_SOURCE_MARK,
                                          .trigger_ticks = ticks,
                                          .lots = 1),
                         FX_OK);
    }
    assert_int_equal(cancel_all(0, FX_CANCEL_SCOPE_STOP, 0, 1), FX_OK);
    assert_int_equal(kit.result.count, 2);
    assert_int_equal(kit.result.has_more, 1);
    assert_int_equal(cancel_all(0, FX_CANCEL_SCOPE_STOP, 0, 1), FX_OK);
    assert_int_equal(kit.result.count, 1);
    assert_int_equal(kit.result.has_more, 0);
}

static void cancel_that_names_nothing_is_not_found(void **state)
{
    (void)state;
    (void)rest(1, FX_SIDE_BUY, 99, 5);
    assert_int_equal(engine_kit_cancel(&kit, 1, 0), FX_ORDER_NOT_FOUND);
    struct fx_command command =
        engine_kit_command(FX_COMMAND_CANCEL_ORDER, FX_COMMAND_ALL_INSTRUMENTS, 1);
    command.u.cancel.client_id.size = FX_CLIENT_ID_SIZE_MAX + 1;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_ORDER_NOT_FOUND);
}

/* Who has no account in the first asset is looked for in the others. */
static void cancel_by_client_id_looks_into_every_asset(void **state)
{
    (void)state;
    struct fx_instrument inverse = engine_kit_definition("BTCUSD");
    inverse.contract_type = FX_CONTRACT_TYPE_COIN_M;
    inverse.settle = engine_kit_asset("BTC");
    assert_int_equal(engine_kit_list(&kit, &inverse, 100), 1);
    engine_kit_account(&kit, 9, "BTC", "5");
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = 9,
                                      .side = FX_SIDE_BUY,
                                      .ticks = 99,
                                      .lots = 1,
                                      .instrument = 1,
                                      .client_id = "mine"),
                     FX_OK);
    struct fx_command command =
        engine_kit_command(FX_COMMAND_CANCEL_ORDER, FX_COMMAND_ALL_INSTRUMENTS, 9);
    assert_true(fx_ids_client_id(fx_str_of("yours"), &command.u.cancel.client_id));
    assert_int_equal(engine_kit_apply(&kit, &command), FX_ORDER_NOT_FOUND);
    assert_true(fx_ids_client_id(fx_str_of("mine"), &command.u.cancel.client_id));
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(kit.engine->order_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(cancel_open_order_ends_and_frees_its_reserve),
        CASE(cancel_of_unknown_or_foreign_order_is_not_found),
        CASE(cancel_by_client_id_finds_the_open_order),
        CASE(cancel_works_in_every_state_of_the_symbol),
        CASE(cancel_all_takes_what_is_meant),
        CASE(cancel_all_beyond_its_bound_tells_of_the_rest),
        CASE(cancel_all_rejects_what_it_does_not_know),
        CASE(cancel_all_of_many_that_wait_tells_of_the_rest),
        CASE(cancel_that_names_nothing_is_not_found),
        CASE(cancel_by_client_id_looks_into_every_asset),
    };
    return cmocka_run_group_tests_name("cancel", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
