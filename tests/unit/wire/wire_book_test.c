/* wire/wire_book: the messages of public topics, letter by letter. */
#include "wire/wire_book.h"

#include <string.h>

#include "base/json.h"
#include "fx_test.h"

static struct fx_instrument bitcoin;
static struct fx_buf buf;

static int setup(void **state)
{
    (void)state;
    memset(&bitcoin, 0, sizeof bitcoin);
    assert_true(fx_ids_symbol(FX_STR("BTCUSDT"), &bitcoin.symbol));
    bitcoin.tick_size = fx_dec_one() / 10;
    bitcoin.lot_size = fx_dec_one() / 1000;
    fx_buf_init(&buf, 65536);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fx_buf_deinit(&buf);
    return 0;
}

static void wire_book_has_the_book_and_its_changes(void **state)
{
    const struct fx_wire_public_level bids[] = {{600000, 12}, {599999, 5}};
    const struct fx_wire_public_level gone[] = {{600001, 0}, {600000, 12}};
    const struct fx_wire_book book = {.sides = {{bids, 2}, {NULL, 0}},
                                      .changes = {{gone, 2}, {NULL, 0}},
                                      .sequence = 108,
                                      .previous = 101,
                                      .time_us = 1700000000123999};
    const struct fx_wire_book empty = {.previous = -1};
    (void)state;
    fx_wire_book_output(&buf, &bitcoin, &book);
    fx_buf_append_byte(&buf, '\0');
    assert_string_equal(buf.data,
                        "{\"symbol\":\"BTCUSDT\",\"seq\":108,\"prevSeq\":101,\"bids\":[[\"60000\","
                        "\"0.012\"],[\"59999.9\",\"0.005\"]],\"asks\":[],\"changes\":{\"bids\":[["
                        "\"60000.1\",\"0\"],[\"60000\",\"0.012\"]],\"asks\":[]},\"time\":"
                        "1700000000123}");
    fx_buf_clear(&buf);
    fx_wire_book_output(&buf, &bitcoin, &empty);
    fx_buf_append_byte(&buf, '\0');
    assert_string_equal(buf.data,
                        "{\"symbol\":\"BTCUSDT\",\"seq\":0,\"prevSeq\":-1,\"bids\":[],\"asks\":[],"
                        "\"changes\":{\"bids\":[],\"asks\":[]},\"time\":0}");
}

static void wire_book_tickers_are_an_array(void **state)
{
    static struct fx_json json;
    const struct fx_wire_public_ticker ticker = {.last_ticks = 600005, .open_ticks = 600000};
    const struct fx_wire_book_quote quotes[] = {{&bitcoin, &ticker}, {&bitcoin, &ticker}};
    (void)state;
    fx_wire_book_tickers(&buf, quotes, 0);
    fx_buf_append_byte(&buf, '\0');
    assert_string_equal(buf.data, "[]");
    fx_buf_clear(&buf);
    fx_wire_book_tickers(&buf, quotes, 2);
    assert_int_equal(fx_json_parse(&json, fx_buf_str(&buf)), FX_OK);
    assert_int_equal(json.tokens[0].count, 2);
    const struct fx_json_token *last =
        fx_json_member(&json, fx_json_element(&json, &json.tokens[0], 1), FX_STR("lastPrice"));
    assert_non_null(last);
    assert_true(fx_str_is_equal(last->text, FX_STR("60000.5")));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(wire_book_has_the_book_and_its_changes),
        T(wire_book_tickers_are_an_array),
    };
    return cmocka_run_group_tests_name("wire_book", tests, NULL, NULL);
}
