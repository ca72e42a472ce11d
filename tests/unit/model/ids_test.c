/* Fixed-size texts: which bytes they take, how long they may be, and that padding is zero. */
#include "model/ids.h"

#include <string.h>

#include "fx_test.h"

static void ids_symbol_is_padded_with_zeros(void **state)
{
    (void)state;
    struct fx_symbol symbol;
    memset(&symbol, 'x', sizeof symbol);
    assert_true(fx_ids_symbol(FX_STR("BTC-USD_241227"), &symbol));
    static const struct fx_symbol EXPECTED = {"BTC-USD_241227"};
    assert_memory_equal(&symbol, &EXPECTED, sizeof symbol);
    assert_true(fx_str_is_equal(fx_ids_symbol_str(&symbol), FX_STR("BTC-USD_241227")));
}

static void ids_symbol_of_bad_text_changes_nothing(void **state)
{
    (void)state;
    struct fx_symbol symbol = {"KEEP"};
    assert_false(fx_ids_symbol(FX_STR(""), &symbol));
    assert_false(fx_ids_symbol(FX_STR("btc"), &symbol));
    assert_false(fx_ids_symbol(FX_STR("BTC USD"), &symbol));
    assert_false(fx_ids_symbol(FX_STR("BTC/USD"), &symbol));
    assert_false(fx_ids_symbol((fx_str){"BTC\0", 4}, &symbol));
    assert_false(fx_ids_symbol(FX_STR("123456789012345678901234"), &symbol)); /* 24 */
    assert_string_equal(symbol.text, "KEEP");
    assert_true(fx_ids_symbol(FX_STR("12345678901234567890123"), &symbol)); /* 23 and the NUL */
    assert_int_equal(fx_ids_symbol_str(&symbol).size, 23);
}

static void ids_asset_has_its_own_size(void **state)
{
    (void)state;
    struct fx_asset asset = {"KEEP"};
    assert_false(fx_ids_asset(FX_STR("1234567890123456"), &asset));
    assert_string_equal(asset.text, "KEEP");
    assert_true(fx_ids_asset(FX_STR("123456789012345"), &asset));
    assert_true(fx_str_is_equal(fx_ids_asset_str(&asset), FX_STR("123456789012345")));
    assert_true(fx_ids_asset(FX_STR("USDT"), &asset));
    static const struct fx_asset EXPECTED = {"USDT"};
    assert_memory_equal(&asset, &EXPECTED, sizeof asset);
}

static void ids_str_of_unterminated_text_stops_at_capacity(void **state)
{
    (void)state;
    struct fx_symbol symbol;
    memset(&symbol, 'A', sizeof symbol);
    assert_int_equal(fx_ids_symbol_str(&symbol).size, FX_SYMBOL_SIZE_MAX);
}

/* 1 to 36 bytes of [A-Za-z0-9._:/-]; every other byte is refused. */
static void ids_client_id_takes_exactly_its_alphabet(void **state)
{
    (void)state;
    static const char ALPHABET[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/-";
    for (int byte = 0; byte < 256; byte++) {
        const char text[2] = {'a', (char)byte};
        const bool is_known = byte != 0 && strchr(ALPHABET, byte) != NULL;
        struct fx_client_id id;
        assert_int_equal(fx_ids_client_id((fx_str){text, 2}, &id), is_known);
    }
}

static void ids_client_id_at_its_longest_is_kept_whole(void **state)
{
    (void)state;
    static const char LONG[] = "123456789012345678901234567890123456-";
    struct fx_client_id id = {.size = 3, .text = "abc"};
    assert_false(fx_ids_client_id((fx_str){LONG, 37}, &id));
    assert_false(fx_ids_client_id((fx_str){LONG, 0}, &id));
    assert_int_equal(id.size, 3);
    assert_true(fx_ids_client_id((fx_str){LONG, 36}, &id));
    assert_true(fx_str_is_equal(fx_ids_client_id_str(&id), (fx_str){LONG, 36}));
    assert_true(fx_ids_client_id(FX_STR("x"), &id));
    static const struct fx_client_id EXPECTED = {.size = 1, .text = "x"};
    assert_memory_equal(&id, &EXPECTED, sizeof id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_symbol_is_padded_with_zeros),
        cmocka_unit_test(ids_symbol_of_bad_text_changes_nothing),
        cmocka_unit_test(ids_asset_has_its_own_size),
        cmocka_unit_test(ids_str_of_unterminated_text_stops_at_capacity),
        cmocka_unit_test(ids_client_id_takes_exactly_its_alphabet),
        cmocka_unit_test(ids_client_id_at_its_longest_is_kept_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
