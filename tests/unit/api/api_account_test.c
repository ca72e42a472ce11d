/* Withdrawals and fees: exact answers. */
#include "api_world.h"

static void api_account_withdraw_takes_what_is_free(void **state)
{
    (void)state;
    API_EXPECT(&world,
               "POST",
               "/account/withdraw",
               1,
               "{\"asset\":\"USDT\",\"amount\":\"0.000000000000000001\"}",
               200,
               "{\"accountId\":1,\"balance\":\"999999.999999999999999999\"}");
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/account/withdraw",
                     1,
                     "{\"asset\":\"USDT\",\"amount\":\"1000000\"}",
                     422,
                     "INSUFFICIENT_BALANCE");
    assert_true(says("\"field\":\"amount\",\"limit\":\"999999.999999999999999999\",\"nearest\":"
                     "\"999999.999999999999999999\""));
    API_EXPECT(&world, "GET", "/account/balance/USDT", 1, NULL, 200, NULL);
    assert_true(says("\"withdrawable\":\"999999.999999999999999999\""));
    API_EXPECT(&world, "GET", "/transactions?type=WITHDRAWAL", 1, NULL, 200, NULL);
    assert_true(says("\"type\":\"WITHDRAWAL\",\"asset\":\"USDT\",\"amount\":"
                     "\"-0.000000000000000001\""));
}

static void api_account_withdraw_refuses_what_is_no_amount(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        int status;
        const char *code;
    } BAD[] = {
        {"{}", 400, "BAD_PARAMETER"},
        {"{\"asset\":\"USDT\"}", 400, "BAD_PARAMETER"},
        {"{\"amount\":\"1\"}", 400, "BAD_PARAMETER"},
        {"{\"asset\":\"\",\"amount\":\"1\"}", 400, "BAD_PARAMETER"},
        {"{\"asset\":\"usdt?\",\"amount\":\"1\"}", 400, "BAD_PARAMETER"},
        {"{\"asset\":\"USDT\",\"amount\":\"0\"}", 400, "BAD_PARAMETER"},
        {"{\"asset\":\"USDT\",\"amount\":\"-1\"}", 400, "BAD_PARAMETER"},
        {"{\"asset\":\"USDT\",\"amount\":\"1e3\"}", 400, "BAD_DECIMAL"},
        {"{\"asset\":\"USDT\",\"amount\":[1]}", 400, "BAD_PARAMETER"},
        {"{\"asset\":\"USDT\",\"amount\":\"0.0000000000000000001\"}", 400, "TOO_MANY_DIGITS"},
        {"{\"asset\":\"BTC\",\"amount\":\"1\"}", 404, "ACCOUNT_NOT_FOUND"},
        {"{\"asset\":\"BTC\",\"amount\":\"1\",\"clientTransferId\":\"a\"}",
         404,
         "ACCOUNT_NOT_FOUND"},
        {"{\"asset\":\"USDT\",\"amount\":\"1\",\"clientTransferId\":\"\"}", 400, "BAD_PARAMETER"},
        {"{\"asset\":\"USDT\",\"amount\":\"1\",\"clientTransferId\":\"a b\"}",
         400,
         "BAD_PARAMETER"},
        {"{\"asset\":\"USDT\",\"amount\":\"1\",\"clientTransferId\":{}}", 400, "BAD_PARAMETER"},
        {"{\"asset\":\"USDT\",\"amount\":\"1\",\"clientTransferId\":"
         "\"123456789012345678901234567890123456\"}",
         400,
         "BAD_PARAMETER"},
    };
    const uint64_t before = fx_hash_content(world.kit.engine);
    for (size_t index = 0; index < sizeof BAD / sizeof BAD[0]; index++) {
        API_EXPECT_ERROR(&world,
                         "POST",
                         "/account/withdraw",
                         1,
                         BAD[index].body,
                         BAD[index].status,
                         BAD[index].code);
    }
    assert_true(before == fx_hash_content(world.kit.engine));
}

static void api_account_withdraw_is_done_once_per_name(void **state)
{
    (void)state;
    const char *const body =
        "{\"asset\":\"USDT\",\"amount\":\"2.5\",\"clientTransferId\":\"rent\"}";
    char number[32];
    char said[256];
    API_EXPECT(&world, "POST", "/account/withdraw", 1, body, 200, NULL);
    api_harness_member(&world, "transferId", number, sizeof number);
    (void)snprintf(
        said,
        sizeof said,
        "{\"transferId\":\"%s\",\"accountId\":1,\"balance\":\"999997.5\",\"repeated\":true}",
        number);
    API_EXPECT(&world, "POST", "/account/withdraw", 1, body, 200, said);
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/account/transfer",
                     1,
                     "{\"asset\":\"USDT\",\"amount\":\"2.5\",\"toUid\":\"uid2\","
                     "\"clientTransferId\":\"rent\"}",
                     409,
                     "DUPLICATE_CLIENT_ORDER_ID");
    assert_true(says("\"field\":\"clientTransferId\""));
    API_EXPECT(&world, "GET", "/transactions?type=WITHDRAWAL", 1, NULL, 200, NULL);
    assert_int_equal(count_of("\"amount\":\"-2.5\""), 1);
}

static void api_account_transfer_is_done_once_per_name(void **state)
{
    (void)state;
    const char *const body = "{\"asset\":\"USDT\",\"amount\":\"2.5\",\"toUid\":\"uid2\","
                             "\"clientTransferId\":\"rent\"}";
    char number[32];
    char said[256];
    API_EXPECT(&world, "POST", "/account/transfer", 1, body, 200, NULL);
    api_harness_member(&world, "transferId", number, sizeof number);
    (void)snprintf(
        said,
        sizeof said,
        "{\"transferId\":\"%s\",\"accountId\":1,\"balance\":\"999997.5\",\"repeated\":true}",
        number);
    API_EXPECT(&world, "POST", "/account/transfer", 1, body, 200, said);
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/account/transfer",
                     1,
                     "{\"asset\":\"USDT\",\"amount\":\"3\",\"toUid\":\"uid2\","
                     "\"clientTransferId\":\"rent\"}",
                     409,
                     "DUPLICATE_CLIENT_ORDER_ID");
    assert_true(says("\"field\":\"clientTransferId\""));
    API_EXPECT(&world, "GET", "/account/balance/USDT", 2, NULL, 200, NULL);
    assert_true(says("\"balance\":\"1000002.5\""));
    API_EXPECT(&world, "GET", "/transactions?type=TRANSFER", 2, NULL, 200, NULL);
    assert_true(says("\"type\":\"TRANSFER\",\"asset\":\"USDT\",\"amount\":\"2.5\""));
    API_EXPECT(&world, "GET", "/transactions?type=TRANSFER", 1, NULL, 200, NULL);
    assert_true(says("\"amount\":\"-2.5\""));
}

static void api_account_transfer_refuses_what_cannot_be(void **state)
{
    (void)state;
    static const struct {
        const char *rest;
        int status;
        const char *code;
        const char *field;
    } BAD[] = {
        {"\"amount\":\"1\"", 400, "BAD_PARAMETER", "toUid"},
        {"\"amount\":\"1\",\"toUid\":\"nobody\"", 404, "NOT_FOUND", "toUid"},
        {"\"amount\":\"1\",\"toUid\":\"uid1\"", 400, "BAD_PARAMETER", "toUid"},
        {"\"amount\":\"1\",\"toUid\":\"uid6\"", 404, "ACCOUNT_NOT_FOUND", "toUid"},
        {"\"amount\":\"0\",\"toUid\":\"uid2\"", 400, "BAD_PARAMETER", "amount"},
        {"\"amount\":\"1000001\",\"toUid\":\"uid2\"", 422, "INSUFFICIENT_BALANCE", "amount"},
        {"\"amount\":\"1\",\"toUid\":\"uid2\",\"clientTransferId\":\"\"",
         400,
         "BAD_PARAMETER",
         "clientTransferId"},
        {"\"amount\":\"1\",\"toUid\":\"uid2\",\"clientTransferId\":"
         "\"012345678901234567890123456789012345\"",
         400,
         "BAD_PARAMETER",
         "clientTransferId"},
    };
    const uint64_t before = fx_hash_content(world.kit.engine);
    for (size_t index = 0; index < sizeof BAD / sizeof BAD[0]; index++) {
        char body[256];
        char field[64];
        (void)snprintf(body, sizeof body, "{\"asset\":\"USDT\",%s}", BAD[index].rest);
        API_EXPECT_ERROR(
            &world, "POST", "/account/transfer", 1, body, BAD[index].status, BAD[index].code);
        (void)snprintf(field, sizeof field, "\"field\":\"%s\"", BAD[index].field);
        assert_true(says(field));
    }
    assert_true(before == fx_hash_content(world.kit.engine));
}

static void set_account(uint32_t flags, bool has_fees)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_SET_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, 1);
    command.u.account.asset = engine_kit_asset("USDT");
    command.u.account.flags = flags;
    command.u.account.has_fees = has_fees ? 1 : 0;
    command.u.account.maker_fee_ppb = has_fees ? -100000 : 0;
    command.u.account.taker_fee_ppb = has_fees ? 350000 : 0;
    api_harness_command(&world, &command);
}

#define FEES(maker, taker)                                                                         \
    "{\"data\":[{\"symbol\":\"BTCUSDT\",\"makerFee\":\"" maker "\",\"takerFee\":\"" taker          \
    "\",\"asset\":\"USDT\"}]}"

static void api_account_fees_are_what_the_engine_charges(void **state)
{
    (void)state;
    const char *const path = "/account/fees?symbol=BTCUSDT";
    struct fx_instrument definition = world.market.symbols[0]->definition;
    definition.maker_fee_ppb = 200000;
    definition.taker_fee_ppb = 500000;
    struct fx_command command =
        engine_kit_command(FX_COMMAND_UPDATE_INSTRUMENT, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.instrument = definition;
    api_harness_command(&world, &command);
    API_EXPECT(&world, "GET", path, 1, NULL, 200, FEES("0.0002", "0.0005"));
    API_EXPECT(&world, "GET", path, 6, NULL, 200, FEES("0.0002", "0.0005"));
    set_account(0, true);
    API_EXPECT(&world, "GET", path, 1, NULL, 200, FEES("-0.0001", "0.00035"));
    API_EXPECT(&world, "GET", path, 2, NULL, 200, FEES("0.0002", "0.0005"));
    set_account(FX_ACCOUNT_FLAG_NO_FEE, true);
    API_EXPECT(&world, "GET", path, 1, NULL, 200, FEES("0", "0"));
    API_EXPECT(&world, "GET", "/account/fees", 1, NULL, 200, NULL);
    assert_true(says("\"symbol\":\"BTCUSDT\"") && says("\"symbol\":\"ETHUSDT\""));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(api_account_withdraw_takes_what_is_free),
        T(api_account_withdraw_refuses_what_is_no_amount),
        T(api_account_withdraw_is_done_once_per_name),
        T(api_account_transfer_is_done_once_per_name),
        T(api_account_transfer_refuses_what_cannot_be),
        T(api_account_fees_are_what_the_engine_charges),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
