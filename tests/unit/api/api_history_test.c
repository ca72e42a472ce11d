/* What was closed of positions and how margins changed, over real trades and the real saver. */
#include "api_world.h"

static void set(uint64_t user, const char *settings)
{
    API_EXPECT(&world, "POST", "/positions/leverage", user, settings, 200, NULL);
}

/* Rows of the last answer hold these texts, newest first. */
static void expect_rows(const char *const rows[], uint32_t count)
{
    const char *at = world.body;
    for (uint32_t index = 0; index < count; index++) {
        const char *found = strstr(at, rows[index]);
        if (found == NULL) {
            fail_msg("no %s in %s", rows[index], at);
        }
        at = found + strlen(rows[index]);
    }
    assert_int_equal(count_of("\"operationId\""), count);
}

static void api_history_closed_parts_have_entry_close_and_profit(void **state)
{
    (void)state;
    API_EXPECT(&world, "GET", "/positions/history", 1, NULL, 200, "{\"data\":[]}");
    place_limit(2, "SELL", "2", "100");
    place_limit(1, "BUY", "2", "100"); /* 1 is long 2 at 100 */
    place_limit(2, "BUY", "0.5", "110");
    place_limit(1, "SELL", "0.5", "110"); /* 0.5 closed: 5 won */
    place_limit(2, "BUY", "3", "90");
    place_limit(1, "SELL", "3", "90"); /* 1.5 closed: 15 lost; 1 is short 1.5 at 90 */
    API_EXPECT(&world, "GET", "/positions/history", 1, NULL, 200, NULL);
    static const char *const MINE[] = {
        "\"currentQty\":\"-1.5\",\"closedQty\":\"1.5\",\"entryPrice\":\"100\",\"entryValue\":\"150\","
        "\"closePrice\":\"90\",\"realizedPnl\":\"-15\",\"leverage\":\"20\"",
        "\"currentQty\":\"1.5\",\"closedQty\":\"0.5\",\"entryPrice\":\"100\",\"entryValue\":\"50\","
        "\"closePrice\":\"110\",\"realizedPnl\":\"5\",\"leverage\":\"20\"",
    };
    expect_rows(MINE, 2);
    API_EXPECT(&world, "GET", "/positions/history?symbol=BTCUSDT", 2, NULL, 200, NULL);
    static const char *const THEIRS[] = {
        "\"currentQty\":\"1.5\",\"closedQty\":\"-1.5\",\"entryPrice\":\"100\",\"entryValue\":\"150\","
        "\"closePrice\":\"90\",\"realizedPnl\":\"15\"",
        "\"currentQty\":\"-1.5\",\"closedQty\":\"-0.5\",\"entryPrice\":\"100\",\"entryValue\":\"50\","
        "\"closePrice\":\"110\",\"realizedPnl\":\"-5\"",
    };
    expect_rows(THEIRS, 2);
    API_EXPECT(&world, "GET", "/positions/history?symbol=ETHUSDT", 1, NULL, 200, "{\"data\":[]}");
    API_EXPECT(&world, "GET", "/positions/history", 5, NULL, 200, "{\"data\":[]}");
    API_EXPECT_ERROR(&world, "GET", "/positions/history", 0, NULL, 401, "UNAUTHORIZED");
    API_EXPECT_ERROR(&world, "GET", "/positions/history?symbol=X", 1, NULL, 400, "UNKNOWN_SYMBOL");
}

static void api_history_pages_have_all_rows_once(void **state)
{
    (void)state;
    char cursor[32];
    char target[96];
    place_limit(2, "SELL", "2", "100");
    place_limit(1, "BUY", "2", "100");
    for (int round = 0; round < 3; round++) {
        place_limit(2, "BUY", "0.5", "100");
        place_limit(1, "SELL", "0.5", "100");
    }
    API_EXPECT(&world, "GET", "/positions/history?limit=2", 1, NULL, 200, NULL);
    assert_true(says("\"currentQty\":\"0.5\"") && says("\"currentQty\":\"1\""));
    api_harness_member(&world, "nextCursor", cursor, sizeof cursor);
    (void)snprintf(target, sizeof target, "/positions/history?limit=2&cursor=%s", cursor);
    API_EXPECT(&world, "GET", target, 1, NULL, 200, NULL);
    assert_true(says("\"currentQty\":\"1.5\""));
    assert_int_equal(count_of("currentQty"), 1);
    assert_int_equal(count_of("nextCursor"), 0);
}

static void api_history_margins_say_what_changed(void **state)
{
    (void)state;
    set(1, "{\"symbol\":\"BTCUSDT\",\"leverage\":10,\"marginMode\":\"ISOLATED\"}");
    API_EXPECT(&world, "GET", "/positions/margin-history", 1, NULL, 200, "{\"data\":[]}");
    place_limit(2, "SELL", "2", "100");
    place_limit(1, "BUY", "2", "100"); /* 20 of margin: by a trade, so no row */
    API_EXPECT(&world,
               "POST",
               "/positions/margin",
               1,
               "{\"symbol\":\"BTCUSDT\",\"amount\":\"5\"}",
               200,
               NULL);
    set(1, "{\"symbol\":\"BTCUSDT\",\"leverage\":20}");
    API_EXPECT(&world,
               "POST",
               "/positions/margin",
               1,
               "{\"symbol\":\"BTCUSDT\",\"amount\":\"-2\"}",
               200,
               NULL);
    place_limit(1, "BUY", "1", "90"); /* an order changes no margin of the position */
    API_EXPECT(&world, "GET", "/positions/margin-history", 1, NULL, 200, NULL);
    static const char *const MINE[] = {
        "\"action\":\"ADJUST\",\"amount\":\"-2\",\"positionMargin\":\"10\",\"adjustMargin\":\"3\","
        "\"leverage\":\"20\"",
        "\"action\":\"LEVERAGE\",\"amount\":\"-10\",\"positionMargin\":\"10\",\"adjustMargin\":\"5\","
        "\"leverage\":\"20\"",
        "\"action\":\"ADJUST\",\"amount\":\"5\",\"positionMargin\":\"20\",\"adjustMargin\":\"5\","
        "\"leverage\":\"10\"",
    };
    expect_rows(MINE, 3);
    API_EXPECT(&world, "GET", "/positions/margin-history", 2, NULL, 200, "{\"data\":[]}");
    API_EXPECT_ERROR(&world, "GET", "/positions/margin-history", 0, NULL, 401, "UNAUTHORIZED");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(api_history_closed_parts_have_entry_close_and_profit),
        T(api_history_pages_have_all_rows_once),
        T(api_history_margins_say_what_changed),
    };
    return cmocka_run_group_tests_name("api_history", tests, NULL, NULL);
}
