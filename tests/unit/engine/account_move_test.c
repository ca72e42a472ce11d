/* TRANSFER between users: one change, exact, once per name, never more than is free. */
#include "engine_fixture.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

static struct fx_command make(uint64_t from, uint64_t to, const char *amount, const char *name)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_TRANSFER, FX_COMMAND_ALL_INSTRUMENTS, from);
    command.u.move.to_user_id = to;
    command.u.move.amount = engine_kit_decimal(amount);
    command.u.move.asset = engine_kit_asset("USDT");
    if (name != NULL) {
        command.u.move.client_id.text[0] = FX_COMMAND_MOVE_MARK;
        memcpy(command.u.move.client_id.text + 1, name, strlen(name));
        command.u.move.client_id.size = (uint8_t)(strlen(name) + 1);
    }
    return command;
}

static fx_status move(uint64_t from, uint64_t to, const char *amount, const char *name)
{
    struct fx_command command = make(from, to, amount, name);
    return engine_kit_apply(&kit, &command);
}

static fx_i128 balance_of(uint64_t user)
{
    const fx_slot slot = fx_account_state_find(kit.engine, user, 0);
    return kit.engine->accounts[slot].balance;
}

static void account_move_takes_here_and_gives_there(void **state)
{
    (void)state;
    assert_int_equal(move(1, 2, "0.000000000000000001", NULL), FX_OK);
    assert_true(balance_of(1) == engine_kit_decimal("999999.999999999999999999"));
    assert_true(balance_of(2) == engine_kit_decimal("1000000.000000000000000001"));
    assert_true(kit.result.amount == balance_of(1));
    assert_int_equal(kit.result.tmp_id, fx_engine_sequence(kit.engine));
    assert_int_equal(kit.result.is_changed, 1);
    assert_int_equal(kit.events.count, 5); /* two transactions, two accounts, RESULT */
    const struct fx_event_transaction *taken = &kit.events.items[0].u.transaction;
    const struct fx_event_transaction *given = &kit.events.items[1].u.transaction;
    assert_int_equal(taken->user_id, 1);
    assert_int_equal(given->user_id, 2);
    assert_int_equal(taken->type, FX_TRANSACTION_TRANSFER);
    assert_true(taken->amount == -1 && given->amount == 1);
}

static void account_move_is_done_once_per_name(void **state)
{
    (void)state;
    assert_int_equal(move(1, 2, "10", "rent"), FX_OK);
    const uint64_t number = kit.result.tmp_id;
    assert_int_equal(move(1, 2, "10", "rent"), FX_OK);
    assert_int_equal(kit.result.is_repeated, 1);
    assert_int_equal(kit.result.is_changed, 0);
    assert_int_equal(kit.result.tmp_id, number);
    assert_int_equal(kit.events.count, 1);
    assert_true(balance_of(2) == engine_kit_decimal("1000010"));
    assert_int_equal(move(1, 2, "11", "rent"), FX_DUPLICATE_CLIENT_ORDER_ID);
    assert_int_equal(move(1, 3, "10", "rent"), FX_DUPLICATE_CLIENT_ORDER_ID);
    assert_int_equal(move(2, 1, "10", "rent"), FX_OK); /* names are the sender's */
    kit.time_us += 86400000000 - 1;
    assert_int_equal(move(1, 2, "10", "rent"), FX_OK);
    assert_int_equal(kit.result.is_repeated, 1);
    kit.time_us += 1; /* 24 hours */
    assert_int_equal(move(1, 2, "10", "rent"), FX_OK);
    assert_int_equal(kit.result.is_repeated, 0);
    assert_true(balance_of(2) == engine_kit_decimal("1000010"));
}

static void account_move_names_are_none_of_orders(void **state)
{
    (void)state;
    assert_int_equal(move(1, 2, "10", "a"), FX_OK);
    assert_int_equal(
        ENGINE_KIT_PLACE(
            &kit, .user_id = 1, .side = FX_SIDE_BUY, .ticks = 90, .lots = 1, .client_id = "a"),
        FX_OK);
    assert_int_equal(kit.result.is_repeated, 0);
    struct fx_command command = make(1, 2, "10", "b");
    command.u.move.client_id.text[0] = 'b'; /* that of an order */
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_PARAMETER);
    command = make(1, 2, "10", "");
    assert_int_equal(engine_kit_apply(&kit, &command), FX_BAD_PARAMETER);
}

static void account_move_survives_a_snapshot(void **state)
{
    (void)state;
    assert_int_equal(move(1, 2, "10", "rent"), FX_OK);
    const uint64_t number = kit.result.tmp_id;
    const size_t size = fx_engine_save_size(kit.engine);
    char *saved = malloc(size);
    assert_non_null(saved);
    fx_engine_save(kit.engine, saved, size);
    const struct fx_engine_limits limits = engine_kit_limits();
    struct fx_engine *loaded = NULL;
    assert_int_equal(
        fx_engine_load(engine_kit_memory(&limits), &limits, (fx_str){saved, size}, &loaded), FX_OK);
    assert_int_equal(fx_engine_hash(loaded), fx_engine_hash(kit.engine));
    free(kit.engine);
    free(saved);
    kit.engine = loaded;
    assert_int_equal(move(1, 2, "10", "rent"), FX_OK);
    assert_int_equal(kit.result.tmp_id, number);
    assert_int_equal(kit.result.is_repeated, 1);
}

static void account_move_takes_only_what_is_free(void **state)
{
    (void)state;
    /* 20 times: 1,000 lots at 100 hold 5,000. */
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = 1, .side = FX_SIDE_BUY, .ticks = 100, .lots = 1000),
        FX_OK);
    assert_int_equal(move(1, 2, "995000.000000000000000001", "x"), FX_INSUFFICIENT_BALANCE);
    assert_true(kit.result.reject.nearest == engine_kit_decimal("995000"));
    assert_int_equal(kit.result.reject.field, FX_FIELD_AMOUNT);
    assert_int_equal(move(1, 2, "995000", "x"), FX_OK); /* a reject does not hold the name */
    assert_int_equal(kit.result.is_repeated, 0);
    assert_int_equal(move(1, 2, "0.000000000000000001", NULL), FX_INSUFFICIENT_BALANCE);
}

static void account_move_of_bad_input_is_refused(void **state)
{
    (void)state;
    assert_int_equal(move(1, 1, "1", NULL), FX_BAD_PARAMETER);
    assert_int_equal(move(1, 0, "1", NULL), FX_BAD_PARAMETER);
    assert_int_equal(move(0, 1, "1", NULL), FX_BAD_PARAMETER);
    assert_int_equal(move(1, 2, "0", NULL), FX_BAD_PARAMETER);
    assert_int_equal(move(1, 2, "-1", NULL), FX_BAD_PARAMETER);
    assert_int_equal(move(1, 9, "1", NULL), FX_ACCOUNT_NOT_FOUND);
    assert_int_equal(move(9, 1, "1", NULL), FX_ACCOUNT_NOT_FOUND);
    struct fx_command command = make(1, 2, "1", NULL);
    command.u.move.asset = engine_kit_asset("BTC");
    assert_int_equal(engine_kit_apply(&kit, &command), FX_ACCOUNT_NOT_FOUND);
    command = make(1, 2, "1", NULL);
    command.u.move.amount = fx_dec_limit();
    assert_int_equal(engine_kit_apply(&kit, &command), FX_AMOUNT_OUT_OF_RANGE);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* What the receiver has could move beyond the range with it: his orders count at their dearest. */
static void account_move_beyond_the_range_is_refused(void **state)
{
    (void)state;
    struct fx_instrument definition = engine_kit_definition("BIGUSDT");
    definition.multiplier = engine_kit_decimal("1000000000");
    definition.max_lots = 500;
    definition.max_market_lots = 500;
    const uint32_t big = engine_kit_list(&kit, &definition, 1);
    assert_int_equal(engine_kit_deposit(&kit, 1, "USDT", "10000000000"), FX_OK);
    assert_int_equal(engine_kit_deposit(&kit, 2, "USDT", "20000000000000000"), FX_OK);
    assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                      .user_id = 1,
                                      .side = FX_SIDE_BUY,
                                      .ticks = 1,
                                      .lots = 499,
                                      .instrument = big,
                                      .leverage_centi = 10000),
                     FX_OK);
    assert_int_equal(move(2, 1, "10000000000000000", NULL), FX_AMOUNT_OUT_OF_RANGE);
    assert_int_equal(kit.result.reject.field, FX_FIELD_AMOUNT);
    assert_int_equal(move(2, 1, "1000000000000", NULL), FX_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(account_move_takes_here_and_gives_there),
        CASE(account_move_is_done_once_per_name),
        CASE(account_move_names_are_none_of_orders),
        CASE(account_move_survives_a_snapshot),
        CASE(account_move_takes_only_what_is_free),
        CASE(account_move_of_bad_input_is_refused),
        CASE(account_move_beyond_the_range_is_refused),
    };
    return cmocka_run_group_tests_name("account_move", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
