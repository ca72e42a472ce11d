/* wire/wire_candle: exact texts. */
#include "wire/wire_candle.h"

#include <string.h>

#include "fx_test.h"

#define MINUTE_US (60LL * 1000 * 1000)

static struct fx_rows_candle a_row(void)
{
    const fx_i128 one = fx_dec_one();
    struct fx_rows_candle row;
    memset(&row, 0, sizeof row);
    row.open = 65000 * one;
    row.high = 65001 * one + one / 10;
    row.low = 64999 * one + one / 2;
    row.close = 65000 * one + one / 10;
    row.volume = one + one / 1000;
    row.value = 65065 * one;
    row.taker_buy_volume = one;
    row.taker_buy_value = 65000 * one;
    row.count = 7;
    row.start_us = 28333333 * MINUTE_US;
    row.price = FX_ROWS_CANDLE_PRICE_LAST;
    return row;
}

static void check(struct fx_buf *buf, const char *expected)
{
    const fx_str text = fx_buf_str(buf);
    assert_int_equal(text.size, strlen(expected));
    assert_memory_equal(text.data, expected, text.size);
    fx_buf_clear(buf);
}

static void wire_candle_forms(void **state)
{
    (void)state;
    struct fx_buf buf;
    fx_buf_init(&buf, 4096);
    struct fx_rows_candle row = a_row();
    fx_buf_append_byte(&buf, '[');
    fx_wire_candle_array(&buf, &row, row.start_us + 5 * MINUTE_US);
    fx_wire_candle_array(&buf, &row, row.start_us + MINUTE_US);
    check(&buf,
          "[[1699999980000,\"65000\",\"65001.1\",\"64999.5\",\"65000.1\",\"1.001\",1700000279999,"
          "\"65065\",7,\"1\",\"65000\"],"
          "[1699999980000,\"65000\",\"65001.1\",\"64999.5\",\"65000.1\",\"1.001\",1700000039999,"
          "\"65065\",7,\"1\",\"65000\"]");
    row.price = FX_ROWS_CANDLE_PRICE_MARK;
    const struct fx_wire_candle candle = {.row = &row,
                                          .symbol = FX_STR("BTCUSDT"),
                                          .interval = FX_STR("1M"),
                                          .end_us = row.start_us + MINUTE_US,
                                          .is_final = true};
    fx_wire_candle_object(&buf, &candle);
    check(&buf,
          "{\"symbol\":\"BTCUSDT\",\"interval\":\"1M\",\"priceType\":\"MARK\","
          "\"openTime\":1699999980000,\"closeTime\":1700000039999,\"open\":\"65000\","
          "\"high\":\"65001.1\",\"low\":\"64999.5\",\"close\":\"65000.1\",\"volume\":\"1.001\","
          "\"quoteVolume\":\"65065\",\"count\":7,\"takerBuyVolume\":\"1\","
          "\"takerBuyQuoteVolume\":\"65000\",\"isFinal\":true}");
    fx_wire_candle_point(&buf, &row);
    check(&buf,
          "{\"time\":1699999980000,\"open\":\"65000\",\"high\":\"65001.1\",\"low\":\"64999.5\","
          "\"close\":\"65000.1\",\"volume\":\"1.001\"}");
    fx_buf_deinit(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(wire_candle_forms)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
