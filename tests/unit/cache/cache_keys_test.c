/* The seed's names, letter by letter. */
#include "cache/cache_keys.h"

#include "fx_test.h"

#define ASSERT_TEXT(actual, expected)                                                              \
    do {                                                                                           \
        const fx_str text_of_key = (actual);                                                       \
        assert_int_equal(text_of_key.size, sizeof(expected) - 1);                                  \
        assert_memory_equal(text_of_key.data, expected, sizeof(expected) - 1);                     \
    } while (false)

static void keys_are_those_of_the_seed(void **state)
{
    struct fx_cache_keys_text text;
    const struct fx_cache_keys_name name = {.user_id = 42, .id = UINT64_MAX};
    (void)state;
    ASSERT_TEXT(fx_cache_keys_account(name, &text),
                "accounts:userId_42:accountId_18446744073709551615");
    ASSERT_TEXT(fx_cache_keys_account_asset(42, FX_STR("USDT"), &text),
                "accounts:userId_42:asset_USDT");
    ASSERT_TEXT(fx_cache_keys_order(name, &text), "orders:userId_42:orderId_18446744073709551615");
    ASSERT_TEXT(fx_cache_keys_order_tmp(name, &text),
                "orders:userId_42:tmpId_18446744073709551615");
    ASSERT_TEXT(fx_cache_keys_position(name, 7, &text),
                "positions:userId_42:accountId_7:positionId_18446744073709551615");
    ASSERT_TEXT(fx_cache_keys_position_short(name, &text),
                "positions:userId_42:positionId_18446744073709551615");
    ASSERT_TEXT(fx_cache_keys_ticker(FX_STR("BTCUSDT"), &text), "ticker:BTCUSDT");
    ASSERT_TEXT(fx_cache_keys_orderbook(FX_STR("BTCUSDT"), &text), "orderbook:BTCUSDT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(keys_are_those_of_the_seed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
