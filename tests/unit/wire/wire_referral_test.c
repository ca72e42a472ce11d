/* What referral and reward systems are told of a trade, to the byte. */
#include "wire/wire_referral.h"

#include <string.h>

#include "base/dec.h"
#include "fx_test.h"

static struct fx_rows_trade trade_of(enum fx_trade_note note)
{
    struct fx_rows_trade trade;
    memset(&trade, 0, sizeof trade);
    trade.id = 12;
    trade.operation_id = 7ULL << 20U | 3U;
    trade.buy_user_id = 1;
    trade.sell_user_id = 2;
    trade.value = fx_dec_one() * 50000;
    trade.buy_fee = fx_dec_one() * 25;
    trade.sell_fee = -fx_dec_one() * 5;
    trade.created_us = 1700000000123456;
    trade.note = note;
    assert_true(fx_ids_symbol(FX_STR("BTCUSDT"), &trade.symbol));
    assert_true(fx_ids_asset(FX_STR("USDT"), &trade.asset));
    return trade;
}

#define TAIL(type)                                                                                 \
    "\"asset\":\"USDT\",\"volume\":\"50000\",\"symbol\":\"BTCUSDT\",\"type\":\"" type              \
    "\",\"tradeId\":12,\"operationId\":\"7340035\",\"timestamp\":1700000000123}"

/* expected == NULL: there is no message. */
static void expect_trade(const struct fx_rows_trade *trade,
                         struct fx_wire_referral_sides sides,
                         const char *expected)
{
    struct fx_buf buf;
    fx_buf_init(&buf, 1024);
    assert_int_equal(fx_wire_referral_trade(&buf, trade, sides), expected != NULL);
    fx_buf_append_byte(&buf, '\0');
    assert_string_equal(fx_buf_str(&buf).data, expected == NULL ? "" : expected);
    fx_buf_deinit(&buf);
}

static void expect_reward(const struct fx_rows_trade *trade,
                          struct fx_wire_referral_sides sides,
                          enum fx_side side,
                          const char *expected)
{
    struct fx_buf buf;
    fx_buf_init(&buf, 1024);
    assert_int_equal(fx_wire_referral_reward(&buf, trade, sides, side), expected != NULL);
    fx_buf_append_byte(&buf, '\0');
    assert_string_equal(fx_buf_str(&buf).data, expected == NULL ? "" : expected);
    fx_buf_deinit(&buf);
}

static void wire_referral_trade_tells_both_users_and_fees(void **state)
{
    (void)state;
    const struct fx_rows_trade trade = trade_of(FX_TRADE_NOTE_NONE);
    const struct fx_wire_referral_sides nobody = {false, false};
    expect_trade(
        &trade,
        nobody,
        "{\"buyUserId\":1,\"buyFee\":\"25\",\"sellUserId\":2,\"sellFee\":\"-5\"," TAIL("TRADE"));
    expect_reward(&trade, nobody, FX_SIDE_BUY, "{\"userId\":1," TAIL("TRADE"));
    expect_reward(&trade, nobody, FX_SIDE_SELL, "{\"userId\":2," TAIL("TRADE"));
}

static void wire_referral_bots_are_never_told_of(void **state)
{
    (void)state;
    struct fx_rows_trade trade = trade_of(FX_TRADE_NOTE_NONE);
    const struct fx_wire_referral_sides buyer = {true, false};
    const struct fx_wire_referral_sides both = {true, true};
    expect_trade(&trade, buyer, "{\"sellUserId\":2,\"sellFee\":\"-5\"," TAIL("TRADE"));
    expect_trade(&trade, both, NULL);
    expect_reward(&trade, buyer, FX_SIDE_BUY, NULL);
    expect_reward(&trade, buyer, FX_SIDE_SELL, "{\"userId\":2," TAIL("TRADE"));
    expect_reward(&trade, both, FX_SIDE_SELL, NULL);
    /* The exchange itself, as the insurance fund, is as good as a bot. */
    trade.sell_user_id = 0;
    expect_trade(&trade, buyer, NULL);
    expect_reward(&trade, buyer, FX_SIDE_SELL, NULL);
}

static void wire_referral_liquidations_carry_their_own_type(void **state)
{
    (void)state;
    const struct fx_wire_referral_sides nobody = {false, false};
    const struct fx_rows_trade trade = trade_of(FX_TRADE_NOTE_LIQUIDATION);
    const struct fx_rows_trade deleveraged = trade_of(FX_TRADE_NOTE_AUTO_DELEVERAGE);
    expect_reward(&trade, nobody, FX_SIDE_BUY, "{\"userId\":1," TAIL("LIQUIDATION"));
    expect_reward(&deleveraged, nobody, FX_SIDE_BUY, "{\"userId\":1," TAIL("AUTO_DELEVERAGE"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wire_referral_trade_tells_both_users_and_fees),
        cmocka_unit_test(wire_referral_bots_are_never_told_of),
        cmocka_unit_test(wire_referral_liquidations_carry_their_own_type),
    };
    return cmocka_run_group_tests_name("wire_referral", tests, NULL, NULL);
}
