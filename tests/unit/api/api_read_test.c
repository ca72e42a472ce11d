/* The reads: accounts, positions, fills, tapes, books, lists and their pages, with exact bodies. */
#include "api_world.h"

static bool begins(const char *prefix)
{
    return fx_str_has_prefix(fx_str_of(world.body), fx_str_of(prefix));
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): as in the DTO
static void trade(const char *quantity, const char *price)
{
    place_limit(2, "SELL", quantity, price);
    place_limit(1, "BUY", quantity, price);
}

/* ---- own things -------------------------------------------------------------------------------
 */

static void api_read_account_shows_balance_and_what_is_held(void **state)
{
    (void)state;
    API_EXPECT(&world, "GET", "/account", 6, NULL, 200, "{\"data\":[]}");
    API_EXPECT(&world,
               "POST",
               "/positions/leverage",
               1,
               "{\"symbol\":\"BTCUSDT\",\"leverage\":10,\"marginMode\":\"ISOLATED\"}",
               200,
               "{\"instrumentId\":1,\"symbol\":\"BTCUSDT\",\"leverage\":\"10\",\"marginMode\":"
               "\"ISOLATED\",\"changed\":true}");
    API_EXPECT(&world,
               "POST",
               "/positions/leverage",
               1,
               "{\"symbol\":\"BTCUSDT\",\"leverage\":\"10.0\"}",
               200,
               "{\"instrumentId\":1,\"symbol\":\"BTCUSDT\",\"leverage\":\"10\",\"marginMode\":"
               "\"ISOLATED\",\"changed\":false}");
    trade("2", "100");
    place_limit(1, "BUY", "1", "90");
    API_EXPECT(&world, "GET", "/account", 1, NULL, 200, NULL);
    assert_true(says("{\"data\":[{\"id\":1,\"asset\":\"USDT\",\"balance\":\"1000000\",\"userId\":1,"
                     "\"operationId\":\""));
    assert_true(says("\"rewardBalance\":\"0\",\"updatedAt\":"));
    assert_true(says("\"isolatedMargin\":\"20\",\"orderMargin\":\"9\",\"initialMargin\":\"0\","
                     "\"maintenanceMargin\":\"1\",\"unrealizedPnl\":\"0\",\"marginBalance\":"
                     "\"1000000\",\"availableMargin\":\"999971\",\"withdrawable\":\"999971\"}]}"));
    API_EXPECT(&world, "GET", "/balance", 1, NULL, 200, NULL);
    assert_true(says("\"isolatedMargin\":\"20\""));
    API_EXPECT(&world, "GET", "/account/balance/USDT", 1, NULL, 200, NULL);
    assert_true(says("\"isolatedMargin\":\"20\",\"orderMargin\":\"9\","));
    assert_null(strstr(world.body, "\"data\""));
    API_EXPECT_ERROR(&world, "GET", "/account/balance/BTC", 1, NULL, 404, "ACCOUNT_NOT_FOUND");
    API_EXPECT_ERROR(&world, "GET", "/account/balance/USDT", 6, NULL, 404, "ACCOUNT_NOT_FOUND");
}

static void api_read_positions_of_the_caller_only(void **state)
{
    (void)state;
    trade("2", "100");
    API_EXPECT(&world, "GET", "/positions", 1, NULL, 200, NULL);
    assert_true(says("\"symbol\":\"BTCUSDT\",\"currentQty\":\"2\""));
    assert_int_equal(count_of("\"currentQty\""), 1);
    API_EXPECT(&world, "GET", "/positions/all", 2, NULL, 200, NULL);
    assert_true(says("\"currentQty\":\"-2\""));
    API_EXPECT(&world, "GET", "/positions/BTCUSDT", 2, NULL, 200, NULL);
    assert_true(says("\"entryPrice\":\"100\""));
    API_EXPECT(&world, "GET", "/positions/ETHUSDT", 2, NULL, 200, "{\"data\":[]}");
    API_EXPECT(&world, "GET", "/positions?symbol=ETHUSDT", 1, NULL, 200, "{\"data\":[]}");
    API_EXPECT(&world, "GET", "/positions", 5, NULL, 200, "{\"data\":[]}");
}

static void api_read_margin_is_moved_by_symbol_and_by_position(void **state)
{
    (void)state;
    API_EXPECT(&world,
               "POST",
               "/marginMode",
               1,
               "{\"instrumentId\":1,\"marginMode\":\"ISOLATED\",\"leverage\":\"10\"}",
               200,
               NULL);
    trade("2", "100");
    API_EXPECT(&world,
               "POST",
               "/positions/margin",
               1,
               "{\"symbol\":\"BTCUSDT\",\"amount\":\"5.5\"}",
               200,
               NULL);
    assert_true(says("\"adjustMargin\":\"5.5\""));
    char id[32];
    char body[128];
    api_harness_member(&world, "id", id, sizeof id);
    (void)snprintf(body, sizeof body, "{\"positionId\":%s,\"assignedMarginValue\":-2}", id);
    API_EXPECT(&world, "PUT", "/positions/adjust-margin", 1, body, 200, NULL);
    assert_true(says("\"adjustMargin\":\"3.5\""));
    API_EXPECT(&world, "GET", "/account/balance/USDT", 1, NULL, 200, NULL);
    assert_true(says("\"isolatedMargin\":\"23.5\""));
    API_EXPECT_ERROR(&world, "PUT", "/positions/adjust-margin", 2, body, 404, "POSITION_NOT_FOUND");
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/positions/margin",
                     1,
                     "{\"symbol\":\"BTCUSDT\",\"amount\":\"-9\"}",
                     422,
                     "MARGIN_NOT_REMOVABLE");
    assert_true(says("\"field\":\"amount\",\"limit\":\"3.5\""));
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/positions/leverage",
                     1,
                     "{\"symbol\":\"BTCUSDT\",\"marginMode\":\"CROSS\"}",
                     422,
                     "MARGIN_MODE_LOCKED");
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/positions/leverage",
                     1,
                     "{\"symbol\":\"BTCUSDT\",\"leverage\":101}",
                     422,
                     "BAD_LEVERAGE");
}

/* What is skipped is read all the same, on the gateway's loop. */
static void api_read_pages_end_where_skipping_gets_dear(void **state)
{
    (void)state;
    static const char *const LISTS[] = {
        "/order/history", "/trades?symbol=BTCUSDT", "/transactions"};
    char target[96];
    for (size_t index = 0; index < sizeof LISTS / sizeof LISTS[0]; index++) {
        const char *mark = strchr(LISTS[index], '?') == NULL ? "?" : "&";
        (void)snprintf(target, sizeof target, "%s%spage=11&size=1000", LISTS[index], mark);
        API_EXPECT(&world, "GET", target, 1, NULL, 200, "{\"data\":[]}");
        (void)snprintf(target, sizeof target, "%s%spage=12&size=1000", LISTS[index], mark);
        API_EXPECT_ERROR(&world, "GET", target, 1, NULL, 400, "BAD_PARAMETER");
        assert_non_null(strstr(world.body, "\"field\":\"page\""));
        assert_non_null(strstr(world.body, "cursor"));
        (void)snprintf(target, sizeof target, "%s%spage=10001&size=1", LISTS[index], mark);
        API_EXPECT(&world, "GET", target, 1, NULL, 200, "{\"data\":[]}");
        (void)snprintf(target, sizeof target, "%s%spage=10002&size=1", LISTS[index], mark);
        API_EXPECT_ERROR(&world, "GET", target, 1, NULL, 400, "BAD_PARAMETER");
    }
}

static void api_read_open_orders_filter_and_page(void **state)
{
    (void)state;
    place_limit(1, "BUY", "1", "90");
    place_limit(1, "BUY", "2", "91");
    place_limit(1, "SELL", "3", "110");
    place_limit(2, "BUY", "9", "80");
    API_EXPECT(&world,
               "POST",
               "/order",
               1,
               "{\"symbol\":\"ETHUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":\"1\","
               "\"price\":\"9\"}",
               202,
               NULL);
    API_EXPECT(&world, "GET", "/order/open", 1, NULL, 200, NULL);
    assert_int_equal(count_of("\"status\":\"ACTIVE\""), 4);
    assert_true(begins("{\"data\":[{\"id\":5,")); /* newest first */
    assert_null(strstr(world.body, "nextCursor"));
    API_EXPECT(&world, "GET", "/order/open?symbol=BTCUSDT&side=BUY", 1, NULL, 200, NULL);
    assert_int_equal(count_of("\"status\":\"ACTIVE\""), 2);
    API_EXPECT(&world, "POST", "/order/open", 1, "{\"side\":\"SELL\"}", 200, NULL);
    assert_int_equal(count_of("\"status\":\"ACTIVE\""), 1);
    API_EXPECT(&world, "GET", "/order/open?type=MARKET", 1, NULL, 200, "{\"data\":[]}");
    API_EXPECT(&world, "GET", "/order/open?contractType=COIN_M", 1, NULL, 200, "{\"data\":[]}");
    API_EXPECT(&world, "GET", "/order/open?limit=3", 1, NULL, 200, NULL);
    assert_int_equal(count_of("\"status\":\"ACTIVE\""), 3);
    char cursor[32];
    char target[96];
    api_harness_member(&world, "nextCursor", cursor, sizeof cursor);
    (void)snprintf(target, sizeof target, "/order/open?limit=3&cursor=%s", cursor);
    API_EXPECT(&world, "GET", target, 1, NULL, 200, NULL);
    assert_true(begins("{\"data\":[{\"id\":1,"));
    assert_int_equal(count_of("\"status\":\"ACTIVE\""), 1);
    assert_null(strstr(world.body, "nextCursor"));
    API_EXPECT(&world, "GET", "/order/open?page=2&size=3", 1, NULL, 200, NULL);
    assert_true(begins("{\"data\":[{\"id\":1,"));
    API_EXPECT(&world, "GET", "/order/open?page=3&size=3", 1, NULL, 200, "{\"data\":[]}");
}

static void api_read_history_holds_ended_orders(void **state)
{
    (void)state;
    trade("1", "100");
    place_limit(1, "BUY", "1", "90");
    API_EXPECT(&world, "DELETE", "/order/3", 1, NULL, 200, NULL);
    place_limit(1, "BUY", "1", "91");
    API_EXPECT(&world, "GET", "/order/history", 1, NULL, 200, NULL);
    assert_true(begins("{\"data\":[{\"id\":3,"));
    assert_int_equal(count_of("\"status\":\"CANCELED\""), 1);
    assert_int_equal(count_of("\"status\":\"FILLED\""), 1);
    assert_int_equal(count_of("\"status\":\"ACTIVE\""), 0);
    API_EXPECT(&world, "GET", "/order/history?status=FILLED", 1, NULL, 200, NULL);
    assert_int_equal(count_of("\"status\""), 1);
    API_EXPECT(&world, "GET", "/order/history?limit=1", 1, NULL, 200, NULL);
    char cursor[32];
    char target[96];
    api_harness_member(&world, "nextCursor", cursor, sizeof cursor);
    (void)snprintf(target, sizeof target, "/order/history?limit=1&cursor=%s", cursor);
    API_EXPECT(&world, "GET", target, 1, NULL, 200, NULL);
    assert_true(begins("{\"data\":[{\"id\":2,"));
    API_EXPECT(
        &world, "GET", "/order/history?startTime=1700000000001", 1, NULL, 200, "{\"data\":[]}");
    API_EXPECT(&world, "GET", "/order/history?endTime=1700000000000", 1, NULL, 200, NULL);
    assert_int_equal(count_of("\"status\""), 2);
}

static void api_read_fills_show_the_own_side_only(void **state)
{
    (void)state;
    trade("1", "100");
    trade("2", "101");
    API_EXPECT(&world, "GET", "/trade", 1, NULL, 200, NULL);
    assert_int_equal(count_of("\"isTaker\":true"), 2);
    assert_true(begins("{\"data\":[{\"id\":2,\"symbol\":\"BTCUSDT\",\"price\":\"101\""));
    assert_null(strstr(world.body, "userId"));
    assert_null(strstr(world.body, "\"orderId\":1,")); /* the maker's */
    API_EXPECT(&world, "GET", "/trade/history?side=SELL", 2, NULL, 200, NULL);
    assert_int_equal(count_of("\"isTaker\":false"), 2);
    API_EXPECT(&world, "POST", "/trade/fill", 2, "{\"orderId\":1}", 200, NULL);
    assert_int_equal(count_of("\"orderId\":1,"), 1);
    API_EXPECT(&world, "GET", "/trade", 5, NULL, 200, "{\"data\":[]}");
}

static void api_read_transactions_of_the_caller(void **state)
{
    (void)state;
    struct fx_command command =
        engine_kit_command(FX_COMMAND_DEPOSIT, FX_COMMAND_ALL_INSTRUMENTS, 1);
    command.u.transfer.asset = engine_kit_asset("USDT");
    command.u.transfer.amount = engine_kit_decimal("12.5");
    command.u.transfer.type = FX_TRANSACTION_DEPOSIT;
    api_harness_command(&world, &command);
    API_EXPECT(&world, "GET", "/transactions", 1, NULL, 200, NULL);
    assert_true(says("\"accountId\":1,\"userId\":1,\"type\":\"DEPOSIT\",\"asset\":\"USDT\","
                     "\"amount\":\"12.5\",\"operationId\":"));
    API_EXPECT(&world, "GET", "/account/history?type=WITHDRAWAL", 1, NULL, 200, "{\"data\":[]}");
    API_EXPECT(&world, "GET", "/transactions?asset=BTC", 1, NULL, 200, "{\"data\":[]}");
    API_EXPECT(&world, "GET", "/transactions", 2, NULL, 200, "{\"data\":[]}");
}

/* ---- public things ----------------------------------------------------------------------------
 */

static void api_read_order_book_is_best_first(void **state)
{
    (void)state;
    API_EXPECT(&world, "GET", "/orderbook/ETHUSDT", 0, NULL, 200, NULL);
    assert_true(says("{\"symbol\":\"ETHUSDT\",\"bids\":[],\"asks\":[],\"lastUpdateId\":"));
    for (int level = 0; level < 7; level++) {
        char price[8];
        (void)snprintf(price, sizeof price, "9%d.5", level);
        place_limit(1, "BUY", "0.5", price);
    }
    place_limit(1, "SELL", "3", "110");
    place_limit(2, "SELL", "1", "110");
    place_limit(2, "SELL", "1", "109");
    API_EXPECT(&world, "GET", "/orderbook/BTCUSDT?limit=5", 0, NULL, 200, NULL);
    assert_true(says("{\"symbol\":\"BTCUSDT\",\"bids\":[[\"96.5\",\"0.5\"],[\"95.5\",\"0.5\"],"
                     "[\"94.5\",\"0.5\"],[\"93.5\",\"0.5\"],[\"92.5\",\"0.5\"]],\"asks\":[[\"109\","
                     "\"1\"],[\"110\",\"4\"]],\"lastUpdateId\":"));
    assert_true(says(",\"time\":1700000000000}"));
    API_EXPECT(&world, "GET", "/orderbook/BTCUSDT", 0, NULL, 200, NULL);
    assert_true(says("[\"90.5\",\"0.5\"]"));
}

static void api_read_order_book_in_coarser_steps(void **state)
{
    (void)state;
    static const char *const ROUTES[] = {"/orderbook/BTCUSDT?group=2.5",
                                         "/orderbook/group-orderbook/BTCUSDT?tickSize=2.5"};
    place_limit(1, "BUY", "0.5", "99.9");
    place_limit(2, "BUY", "1", "97.5");
    place_limit(1, "BUY", "2", "97.4");
    place_limit(1, "SELL", "3", "100.1");
    place_limit(2, "SELL", "1", "102.5");
    place_limit(2, "SELL", "1", "102.6");
    for (size_t index = 0; index < 2; index++) {
        API_EXPECT(&world, "GET", ROUTES[index], 0, NULL, 200, NULL);
        assert_true(says("\"bids\":[[\"97.5\",\"1.5\"],[\"95\",\"2\"]],"
                         "\"asks\":[[\"102.5\",\"4\"],[\"105\",\"1\"]]"));
    }
    API_EXPECT_ERROR(&world, "GET", "/orderbook/BTCUSDT?group=0.27", 0, NULL, 400, "BAD_PARAMETER");
    assert_true(says("\"nearest\":\"0.3\""));
}

/* Kept answers: after every change, and for more questions than are kept, what is said is what a
 * fresh server would say. */
static void api_read_order_book_is_never_old(void **state)
{
    (void)state;
    char kept[20][4096];
    char target[64];
    for (int round = 0; round < 12; round++) {
        char price[8];
        (void)snprintf(price, sizeof price, "%d.5", round < 9 ? 90 + round : 110 + round);
        place_limit(1, round < 9 ? "BUY" : "SELL", "0.5", price);
        for (int limit = 5; limit < 25; limit++) {
            (void)snprintf(target, sizeof target, "/orderbook/BTCUSDT?limit=%d", limit);
            API_EXPECT(&world, "GET", target, 0, NULL, 200, NULL);
            char level[32];
            (void)snprintf(level, sizeof level, "[\"%s\",\"0.5\"]", price);
            assert_true(says(level));
            assert_true(round == 0 || strcmp(kept[limit - 5], world.body) != 0);
            assert_true(fx_str_copy(fx_str_of(world.body), kept[limit - 5], sizeof kept[0]));
            API_EXPECT(&world, "GET", target, 0, NULL, 200, kept[limit - 5]);
        }
    }
    API_EXPECT(&world, "DELETE", "/order/cancel-all", 1, NULL, 200, NULL);
    API_EXPECT(&world, "GET", "/orderbook/BTCUSDT?limit=5", 0, NULL, 200, NULL);
    assert_true(says("\"bids\":[],\"asks\":[]"));
    API_EXPECT(&world, "GET", "/orderbook/BTCUSDT?limit=5&group=0.2", 0, NULL, 200, NULL);
    assert_true(says("\"bids\":[],\"asks\":[]"));
}

static void api_read_tape_goes_on_in_the_store(void **state)
{
    (void)state;
    trade("1", "100");
    trade("2", "101");
    trade("3", "102");
    const char *const newest = "{\"data\":[{\"id\":3,\"symbol\":\"BTCUSDT\",\"price\":\"102\","
                               "\"quantity\":\"3\",\"side\":\"BUY\",\"buyerIsTaker\":true,"
                               "\"createdAt\":1700000000000}";
    API_EXPECT(&world, "GET", "/trades?symbol=BTCUSDT", 0, NULL, 200, NULL);
    assert_int_equal(count_of("\"id\""), 3);
    assert_true(says(newest));
    static char whole[4096];
    assert_true(fx_str_copy(fx_str_of(world.body), whole, sizeof whole));
    /* As after a restart: the tape has only what came since. */
    struct fx_tape *tape = &world.market.symbols[0]->tape;
    tape->trades[0] = tape->trades[2];
    tape->count = 1;
    API_EXPECT(&world, "GET", "/trades?symbol=BTCUSDT", 0, NULL, 200, whole);
    API_EXPECT(&world, "GET", "/trade/BTCUSDT?limit=1", 0, NULL, 200, NULL);
    assert_true(says(newest));
    char cursor[32];
    char target[96];
    api_harness_member(&world, "nextCursor", cursor, sizeof cursor);
    (void)snprintf(target, sizeof target, "/trade/BTCUSDT?limit=2&cursor=%s", cursor);
    API_EXPECT(&world, "GET", target, 0, NULL, 200, NULL);
    assert_true(says("{\"data\":[{\"id\":2,"));
    assert_true(says("{\"id\":1,"));
    API_EXPECT(&world, "GET", "/trades?symbol=BTCUSDT&page=2&size=2", 0, NULL, 200, NULL);
    assert_true(says("{\"data\":[{\"id\":1,"));
    API_EXPECT(&world, "GET", "/trades?symbol=ETHUSDT", 0, NULL, 200, "{\"data\":[]}");
}

static void api_read_instruments_ticker_and_mark(void **state)
{
    (void)state;
    API_EXPECT(&world, "GET", "/instruments", 0, NULL, 200, NULL);
    assert_int_equal(count_of("\"filters\":["), 2);
    API_EXPECT(&world, "GET", "/trading-rules?symbol=ETHUSDT", 0, NULL, 200, NULL);
    assert_int_equal(count_of("\"filters\":["), 1);
    API_EXPECT(&world, "GET", "/leverage-margin", 0, NULL, 200, NULL);
    assert_int_equal(count_of("\"tiers\":["), 2);
    API_EXPECT(&world, "GET", "/instruments/symbol/BTCUSDT", 0, NULL, 200, NULL);
    assert_true(begins("{\"id\":1,\"symbol\":\"BTCUSDT\""));
    trade("2", "100");
    API_EXPECT(&world, "GET", "/ticker/24h?symbol=BTCUSDT", 0, NULL, 200, NULL);
    assert_true(says("\"lastPrice\":\"100\""));
    assert_true(says("\"volume\":\"2\",\"turnover\":\"200\",\"count\":1"));
    API_EXPECT(&world, "GET", "/ticker", 0, NULL, 200, NULL);
    assert_int_equal(count_of("\"lastPrice\""), 2);
    API_EXPECT(&world, "GET", "/mark-price", 0, NULL, 200, NULL);
    assert_int_equal(count_of("\"markPrice\""), 2);
    API_EXPECT(&world, "GET", "/mark-price?symbol=ETHUSDT", 0, NULL, 200, NULL);
    assert_true(
        says("{\"data\":[{\"symbol\":\"ETHUSDT\",\"markPrice\":\"10\",\"indexPrice\":\"10\","
             "\"isStale\":false,\"time\":"));
    API_EXPECT(&world, "GET", "/status", 0, NULL, 200, NULL);
    assert_true(says("{\"status\":\"ok\",\"sequence\":"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(api_read_account_shows_balance_and_what_is_held),
        T(api_read_positions_of_the_caller_only),
        T(api_read_margin_is_moved_by_symbol_and_by_position),
        T(api_read_pages_end_where_skipping_gets_dear),
        T(api_read_open_orders_filter_and_page),
        T(api_read_history_holds_ended_orders),
        T(api_read_fills_show_the_own_side_only),
        T(api_read_transactions_of_the_caller),
        T(api_read_order_book_is_best_first),
        T(api_read_order_book_in_coarser_steps),
        T(api_read_order_book_is_never_old),
        T(api_read_tape_goes_on_in_the_store),
        T(api_read_instruments_ticker_and_mark),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
