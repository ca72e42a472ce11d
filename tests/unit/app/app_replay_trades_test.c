/* Fills of two accounts become whole trades: pages, cursors, what is from before, what is wrong. */
#include "app/app_replay_trades.h"

#include <stdio.h>
#include <string.h>

#include "fx_test.h"

#define FILL(id, order, taker, operation)                                                          \
    "{\"id\":" id ",\"symbol\":\"ES\\\"{[]\",\"price\":\"4800.25\",\"quantity\":\"3\","            \
    "\"orderId\":" order ",\"isTaker\":" taker ",\"operationId\":\"" operation "\"}"

static struct fx_app_replay_trades_scope scope_of(uint64_t after_id)
{
    return (struct fx_app_replay_trades_scope){.symbol = FX_STR("ES"),
                                               .tick_size = fx_dec_one() / 4,
                                               .lot_size = fx_dec_one(),
                                               .after_id = after_id};
}

static fx_status add(struct fx_app_replay_trades *trades,
                     uint64_t after_id,
                     const char *page,
                     fx_str *cursor_out)
{
    const struct fx_app_replay_trades_scope scope = scope_of(after_id);
    return fx_app_replay_trades_add(trades, &scope, fx_str_of(page), cursor_out);
}

static void app_replay_trades_two_sides_make_a_whole_trade(void **state)
{
    (void)state;
    struct fx_app_replay_trades trades;
    fx_str cursor = {NULL, 0};
    fx_app_replay_trades_init(&trades);
    assert_int_equal(add(&trades,
                         0,
                         "{\"data\":[" FILL("9", "50", "true", "3145729") "," FILL(
                             "8", "50", "true", "2097152") "],\"nextCursor\":\"CAA\"}",
                         &cursor),
                     FX_OK);
    assert_true(fx_str_is_equal(cursor, FX_STR("CAA")));
    assert_int_equal(trades.count, 2);
    assert_false(fx_app_replay_trades_is_whole(&trades));
    assert_int_equal(
        add(&trades, 0, "{\"data\":[" FILL("8", "40", "false", "2097152") "]}", &cursor), FX_OK);
    assert_int_equal(cursor.size, 0);
    assert_false(fx_app_replay_trades_is_whole(&trades));
    assert_int_equal(
        add(&trades, 0, "{\"data\":[" FILL("9", "41", "false", "3145729") "]}", &cursor), FX_OK);
    assert_true(fx_app_replay_trades_is_whole(&trades));
    assert_int_equal(trades.count, 2);
    assert_true(trades.items[0].id == 9 && trades.items[0].sequence == 3);
    assert_true(trades.items[0].maker_order == 41 && trades.items[0].taker_order == 50);
    assert_true(trades.items[1].maker_order == 40);
    assert_int_equal(trades.items[0].price_ticks, 19201);
    assert_int_equal(trades.items[0].lots, 3);
    fx_app_replay_trades_deinit(&trades);
}

static void app_replay_trades_from_before_end_the_walk(void **state)
{
    (void)state;
    struct fx_app_replay_trades trades;
    fx_str cursor = {NULL, 0};
    fx_app_replay_trades_init(&trades);
    assert_int_equal(add(&trades,
                         8,
                         "{\"data\":[" FILL("9", "50", "true", "1048576") "," FILL(
                             "8", "50", "true", "1048576") "],\"nextCursor\":\"CAA\"}",
                         &cursor),
                     FX_OK);
    assert_int_equal(trades.count, 1);
    assert_int_equal(cursor.size, 0);
    assert_int_equal(add(&trades, 8, "{\"data\":[]}", &cursor), FX_OK);
    assert_int_equal(trades.count, 1);
    fx_app_replay_trades_deinit(&trades);
}

static void app_replay_trades_many_are_all_kept(void **state)
{
    (void)state;
    struct fx_app_replay_trades trades;
    char page[256];
    fx_str cursor = {NULL, 0};
    fx_app_replay_trades_init(&trades);
    for (int id = 1; id <= 5000; id++) { /* more than the first piece of memory holds */
        (void)snprintf(page,
                       sizeof page,
                       "{\"data\":[{\"id\":%d,\"price\":\"1\",\"quantity\":\"1\",\"orderId\":7,"
                       "\"isTaker\":true,\"operationId\":\"1048576\"}]}",
                       id);
        assert_int_equal(add(&trades, 0, page, &cursor), FX_OK);
    }
    assert_int_equal(trades.count, 5000);
    for (uint32_t index = 0; index < trades.count; index++) {
        assert_true(trades.items[index].id == index + 1);
        assert_int_equal(trades.items[index].price_ticks, 4);
    }
    fx_app_replay_trades_deinit(&trades);
}

static void app_replay_trades_wrong_pages_are_refused(void **state)
{
    (void)state;
    static const char *const PAGES[] = {
        "",
        "{}",
        "{\"data\":[{}]}",
        "{\"data\":[{\"id\":1,}]}",
        /* no isTaker; an id that is no number; a price off the ticks; no quantity above zero */
        "{\"data\":[{\"id\":1,\"price\":\"1\",\"quantity\":\"1\",\"orderId\":7,"
        "\"operationId\":\"1\"}]}",
        "{\"data\":[{\"id\":\"x\",\"price\":\"1\",\"quantity\":\"1\",\"orderId\":7,"
        "\"isTaker\":true,\"operationId\":\"1\"}]}",
        "{\"data\":[{\"id\":1,\"price\":\"1.1\",\"quantity\":\"1\",\"orderId\":7,"
        "\"isTaker\":true,\"operationId\":\"1\"}]}",
        "{\"data\":[{\"id\":1,\"price\":\"1\",\"quantity\":\"0\",\"orderId\":7,"
        "\"isTaker\":true,\"operationId\":\"1\"}]}"};
    for (size_t index = 0; index < sizeof PAGES / sizeof PAGES[0]; index++) {
        struct fx_app_replay_trades trades;
        fx_str cursor = {NULL, 0};
        fx_app_replay_trades_init(&trades);
        assert_int_equal(add(&trades, 0, PAGES[index], &cursor), FX_BAD_REQUEST);
        fx_app_replay_trades_deinit(&trades);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(app_replay_trades_two_sides_make_a_whole_trade),
        cmocka_unit_test(app_replay_trades_from_before_end_the_walk),
        cmocka_unit_test(app_replay_trades_many_are_all_kept),
        cmocka_unit_test(app_replay_trades_wrong_pages_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
