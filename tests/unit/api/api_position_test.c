/* Closing positions, also while orders race, and settings to look at. */
#include "api_world.h"

/* User 1 is long 2, and there are bids for more. */
static void be_long(void)
{
    place_limit(2, "SELL", "2", "100");
    place_limit(1, "BUY", "2", "100");
    place_limit(2, "BUY", "50", "99");
}

static int64_t lots_of(uint64_t user)
{
    return engine_kit_position(&world.kit, user, 0).lots;
}

#define CLOSE "{\"symbol\":\"BTCUSDT\"}"

/* ---- close ------------------------------------------------------------------------------------
 */

static void api_position_close_sells_the_whole_of_a_long(void **state)
{
    (void)state;
    be_long();
    API_EXPECT(&world, "POST", "/positions/close", 1, CLOSE, 201, NULL);
    assert_true(says("\"side\":\"SELL\",\"type\":\"MARKET\",\"quantity\":\"2\",\"price\":\"0\","
                     "\"remaining\":\"0\",\"executedPrice\":\"99\",\"status\":\"FILLED\""));
    assert_true(says("\"isReduceOnly\":true"));
    assert_int_equal(lots_of(1), 0);
    API_EXPECT_ERROR(&world, "POST", "/positions/close", 1, CLOSE, 404, "POSITION_NOT_FOUND");
    API_EXPECT_ERROR(&world, "POST", "/positions/close", 5, CLOSE, 404, "POSITION_NOT_FOUND");
}

static void api_position_close_buys_the_whole_of_a_short(void **state)
{
    (void)state;
    be_long();
    place_limit(1, "SELL", "2", "98"); /* user 1 is flat, user 2 too */
    place_limit(1, "SELL", "3", "99"); /* user 2 is long 3 … */
    assert_int_equal(lots_of(1), -3000);
    place_limit(2, "SELL", "9", "101");
    API_EXPECT(&world, "POST", "/positions/close", 1, "{\"instrumentId\":1}", 201, NULL);
    assert_true(says("\"side\":\"BUY\",\"type\":\"MARKET\",\"quantity\":\"3\""));
    assert_int_equal(lots_of(1), 0);
}

static void api_position_close_takes_a_part_and_a_limit(void **state)
{
    (void)state;
    be_long();
    API_EXPECT(&world,
               "POST",
               "/positions/close",
               1,
               "{\"symbol\":\"BTCUSDT\",\"quantity\":\"0.5\"}",
               201,
               NULL);
    assert_int_equal(lots_of(1), 1500);
    API_EXPECT(&world,
               "POST",
               "/positions/close",
               1,
               "{\"symbol\":\"BTCUSDT\",\"type\":\"LIMIT\",\"price\":\"110\"}",
               201,
               NULL);
    assert_true(says("\"type\":\"LIMIT\",\"quantity\":\"1.5\",\"price\":\"110\",\"remaining\":"
                     "\"1.5\",\"executedPrice\":\"0\",\"status\":\"ACTIVE\""));
    assert_int_equal(lots_of(1), 1500);
}

static void api_position_close_refuses_what_makes_no_sense(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        int status;
        const char *code;
    } BAD[] = {
        {"{}", 400, "BAD_PARAMETER"},
        {"{\"symbol\":\"NONE\"}", 400, "UNKNOWN_SYMBOL"},
        {"{\"symbol\":\"BTCUSDT\",\"type\":\"STOP_MARKET\"}", 400, "BAD_PARAMETER"},
        {"{\"symbol\":\"BTCUSDT\",\"type\":\"LIMIT\"}", 400, "BAD_PARAMETER"},
        {"{\"symbol\":\"BTCUSDT\",\"price\":\"100\"}", 400, "BAD_PARAMETER"},
        {"{\"symbol\":\"BTCUSDT\",\"quantity\":\"0\"}", 422, "LOT_SIZE"},
        {"{\"symbol\":\"BTCUSDT\",\"quantity\":\"-1\"}", 422, "LOT_SIZE"},
        {"{\"symbol\":\"BTCUSDT\",\"quantity\":\"0.0005\"}", 422, "LOT_SIZE"},
        {"{\"symbol\":\"BTCUSDT\",\"quantity\":\"1e3\"}", 400, "BAD_DECIMAL"},
        {"{\"symbol\":\"BTCUSDT\",\"quantity\":\"999\"}", 422, "MARKET_LOT_SIZE"},
        {"{\"symbol\":\"BTCUSDT\",\"type\":\"LIMIT\",\"price\":\"99.57\"}", 422, "PRICE_FILTER"},
        {"{\"symbol\":\"BTCUSDT\",\"positionSide\":\"UP\"}", 400, "BAD_PARAMETER"},
        {"{\"symbol\":\"BTCUSDT\",\"positionSide\":\"LONG\"}", 404, "POSITION_NOT_FOUND"},
        {"{\"symbol\":\"ETHUSDT\"}", 404, "POSITION_NOT_FOUND"},
    };
    be_long();
    const uint64_t before = fx_hash_content(world.kit.engine);
    for (size_t index = 0; index < sizeof BAD / sizeof BAD[0]; index++) {
        API_EXPECT_ERROR(&world,
                         "POST",
                         "/positions/close",
                         1,
                         BAD[index].body,
                         BAD[index].status,
                         BAD[index].code);
    }
    assert_true(before == fx_hash_content(world.kit.engine));
}

/* A close that is asked for while another order of the same position is still on its way. */
static void race(enum fx_side side, int64_t lots)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_PLACE_ORDER, 0, 1);
    command.u.place.side = (uint8_t)side;
    command.u.place.type = FX_ORDER_TYPE_MARKET;
    command.u.place.time_in_force = FX_TIME_IN_FORCE_IOC;
    command.u.place.lots = lots;
    world.is_stalled = true;
    world.queue[0] = command;
    world.tokens[0] = 0;
    world.queued = 1;
    api_harness_send(
        &world, "POST", "/positions/close", api_harness_token(&world, 1), FX_STR(CLOSE));
    for (int turn = 0; turn < 1000 && world.queued < 2; turn++) {
        api_harness_turn(&world);
    }
    assert_int_equal(world.queued, 2);
    world.is_stalled = false;
    api_harness_receive(&world);
}

static void api_position_close_leaves_nothing_where_the_position_grew(void **state)
{
    (void)state;
    be_long();
    place_limit(2, "SELL", "3", "101");
    race(FX_SIDE_BUY, 3000);
    assert_int_equal(world.code, 201);
    assert_true(says("\"quantity\":\"5\""));
    assert_int_equal(lots_of(1), 0);
}

static void api_position_close_never_turns_a_position_that_shrank(void **state)
{
    (void)state;
    be_long();
    race(FX_SIDE_SELL, 1500);
    assert_int_equal(world.code, 201);
    assert_true(says("\"quantity\":\"0.5\""));
    assert_int_equal(lots_of(1), 0);
}

static void api_position_close_of_a_turned_position_is_rejected(void **state)
{
    (void)state;
    be_long();
    race(FX_SIDE_SELL, 3000);
    assert_int_equal(world.code, 422);
    assert_true(says("\"code\":\"REDUCE_ONLY_REJECTED\""));
    assert_int_equal(lots_of(1), -1000);
}

static void api_position_close_of_a_large_one_takes_several_orders(void **state)
{
    (void)state;
    struct fx_instrument definition = world.market.symbols[0]->definition;
    definition.max_market_lots = 800;
    struct fx_command command =
        engine_kit_command(FX_COMMAND_UPDATE_INSTRUMENT, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.instrument = definition;
    api_harness_command(&world, &command);
    be_long();
    API_EXPECT(&world, "POST", "/positions/close", 1, CLOSE, 200, NULL);
    assert_int_equal(count_of("\"status\":\"FILLED\""), 3);
    assert_int_equal(count_of("\"quantity\":\"0.8\""), 2);
    assert_int_equal(count_of("\"quantity\":\"0.4\""), 1);
    assert_int_equal(lots_of(1), 0);
}

static void api_position_close_all_closes_every_symbol(void **state)
{
    (void)state;
    be_long();
    const char *const eth = "{\"symbol\":\"ETHUSDT\",\"side\":\"%s\",\"type\":\"LIMIT\","
                            "\"quantity\":\"4\",\"price\":\"10\"}";
    char body[128];
    for (uint64_t user = 1; user <= 2; user++) {
        const size_t at = strcspn(eth, "%");
        (void)snprintf(
            body, sizeof body, "%.*s%s%s", (int)at, eth, user == 1 ? "SELL" : "BUY", eth + at + 2);
        API_EXPECT(&world, "POST", "/order", user, body, 202, NULL);
    }
    API_EXPECT(&world, "POST", "/positions/close-all", 1, NULL, 200, NULL);
    assert_true(says("{\"data\":[{\"id\":"));
    assert_int_equal(count_of("\"status\":\"FILLED\""), 1);
    assert_int_equal(count_of("\"status\":\"EXPIRED\""), 1); /* nobody sells ETHUSDT */
    assert_int_equal(lots_of(1), 0);
    API_EXPECT(&world,
               "POST",
               "/positions/close-all",
               1,
               "{\"contractType\":\"COIN_M\"}",
               200,
               "{\"data\":[]}");
    API_EXPECT(&world, "POST", "/positions/close-all", 5, NULL, 200, "{\"data\":[]}");
    API_EXPECT_ERROR(
        &world, "POST", "/positions/close-all", 1, "{\"contractType\":1}", 400, "BAD_PARAMETER");
}

/* ---- settings ---------------------------------------------------------------------------------
 */

#define BTC_DEFAULT                                                                                \
    "{\"instrumentId\":1,\"symbol\":\"BTCUSDT\",\"leverage\":\"20\",\"marginMode\":\"CROSS\"}"

static void api_position_settings_are_those_of_the_next_order(void **state)
{
    (void)state;
    API_EXPECT(&world,
               "GET",
               "/positions/leverage",
               1,
               NULL,
               200,
               "{\"data\":[" BTC_DEFAULT ",{\"instrumentId\":2,\"symbol\":\"ETHUSDT\",\"leverage\":"
               "\"20\",\"marginMode\":\"CROSS\"}]}");
    API_EXPECT(&world,
               "POST",
               "/positions/margin-mode",
               1,
               "{\"symbol\":\"ETHUSDT\",\"marginMode\":\"ISOLATED\",\"leverage\":\"2.5\"}",
               200,
               NULL);
    API_EXPECT(&world,
               "GET",
               "/marginMode?symbol=ETHUSDT",
               1,
               NULL,
               200,
               "{\"data\":[{\"instrumentId\":2,\"symbol\":\"ETHUSDT\",\"leverage\":\"2.5\","
               "\"marginMode\":\"ISOLATED\"}]}");
    API_EXPECT(&world,
               "GET",
               "/positions/margin-mode?symbol=BTCUSDT",
               6,
               NULL,
               200,
               "{\"data\":[" BTC_DEFAULT "]}");
    API_EXPECT_ERROR(&world, "GET", "/marginMode?symbol=X", 1, NULL, 400, "UNKNOWN_SYMBOL");
}

static void api_position_mode_is_one_way(void **state)
{
    (void)state;
    API_EXPECT(&world, "GET", "/positions/mode", 1, NULL, 200, "{\"positionMode\":\"ONE_WAY\"}");
    API_EXPECT(&world,
               "POST",
               "/positions/mode",
               1,
               "{\"positionMode\":\"ONE_WAY\"}",
               200,
               "{\"positionMode\":\"ONE_WAY\",\"changed\":false}");
    API_EXPECT_ERROR(
        &world, "POST", "/positions/mode", 1, "{\"positionMode\":\"X\"}", 400, "BAD_PARAMETER");
    API_EXPECT_ERROR(&world, "POST", "/positions/mode", 1, "{}", 400, "BAD_PARAMETER");
}

#define HEDGE "{\"positionMode\":\"HEDGE\"}"

static void api_position_mode_is_hedge(void **state)
{
    (void)state;
    API_EXPECT(&world,
               "POST",
               "/positions/mode",
               1,
               HEDGE,
               200,
               "{\"positionMode\":\"HEDGE\",\"changed\":true}");
    API_EXPECT(&world,
               "POST",
               "/positions/mode",
               1,
               HEDGE,
               200,
               "{\"positionMode\":\"HEDGE\",\"changed\":false}");
    API_EXPECT(&world, "GET", "/positions/mode", 1, NULL, 200, "{\"positionMode\":\"HEDGE\"}");
    API_EXPECT(
        &world, "GET", "/positions/mode?asset=USDT", 1, NULL, 200, "{\"positionMode\":\"HEDGE\"}");
    API_EXPECT(&world, "GET", "/positions/mode", 2, NULL, 200, "{\"positionMode\":\"ONE_WAY\"}");
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/positions/mode",
                     1,
                     "{\"positionMode\":\"HEDGE\",\"asset\":\"EUR\"}",
                     404,
                     "ACCOUNT_NOT_FOUND");
}

static void place_side(const char *side, const char *position_side, const char *price)
{
    char body[256];
    (void)snprintf(body,
                   sizeof body,
                   "{\"symbol\":\"BTCUSDT\",\"type\":\"LIMIT\",\"quantity\":\"2\",\"side\":\"%s\","
                   "\"positionSide\":\"%s\",\"price\":\"%s\"}",
                   side,
                   position_side,
                   price);
    API_EXPECT(&world, "POST", "/order?wait=result", 1, body, 201, NULL);
}

/* Long 2 and short 2 on one symbol: each is seen, set, protected and closed by its side. */
static void api_position_of_each_side_is_named_by_it(void **state)
{
    (void)state;
    API_EXPECT(&world, "POST", "/positions/mode", 1, HEDGE, 200, NULL);
    API_EXPECT_ERROR(
        &world,
        "POST",
        "/order?wait=result",
        1,
        "{\"symbol\":\"BTCUSDT\",\"type\":\"LIMIT\",\"quantity\":\"2\",\"side\":\"BUY\","
        "\"price\":\"100\"}",
        422,
        "POSITION_SIDE_MISMATCH");
    place_limit(2, "SELL", "2", "100");
    place_side("BUY", "LONG", "100");
    assert_true(says("\"positionSide\":\"LONG\""));
    place_limit(2, "BUY", "2", "100");
    place_side("SELL", "SHORT", "100");
    API_EXPECT(&world, "GET", "/positions/BTCUSDT", 1, NULL, 200, NULL);
    assert_true(says("\"positionSide\":\"LONG\"") && says("\"positionSide\":\"SHORT\""));
    API_EXPECT(&world,
               "POST",
               "/positions/leverage",
               1,
               "{\"symbol\":\"BTCUSDT\",\"leverage\":\"5\"}",
               200,
               NULL);
    API_EXPECT(&world, "GET", "/positions/leverage?symbol=BTCUSDT", 1, NULL, 200, NULL);
    assert_true(says("\"leverage\":\"5\""));
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/positions/mode",
                     1,
                     "{\"positionMode\":\"ONE_WAY\"}",
                     422,
                     "POSITION_MODE_LOCKED");
    API_EXPECT(&world,
               "POST",
               "/positions/tp-sl",
               1,
               "{\"symbol\":\"BTCUSDT\",\"positionSide\":\"SHORT\",\"stopLoss\":\"120\"}",
               200,
               NULL);
    assert_true(says("\"positionSide\":\"SHORT\""));
    API_EXPECT_ERROR(&world, "POST", "/positions/close", 1, CLOSE, 422, "POSITION_SIDE_MISMATCH");
    place_limit(2, "SELL", "9", "101");
    API_EXPECT(&world,
               "POST",
               "/positions/close",
               1,
               "{\"symbol\":\"BTCUSDT\",\"positionSide\":\"SHORT\"}",
               201,
               NULL);
    assert_true(says("\"side\":\"BUY\"") && says("\"status\":\"FILLED\""));
    place_limit(2, "BUY", "9", "99");
    API_EXPECT(&world, "POST", "/positions/close-all", 1, NULL, 200, NULL);
    assert_true(says("\"side\":\"SELL\"") && says("\"status\":\"FILLED\""));
}

static void api_position_shows_what_it_is_worth_at_the_mark(void **state)
{
    (void)state;
    be_long();
    struct fx_command command = engine_kit_command(FX_COMMAND_MARK_PRICE, 0, 0);
    command.u.mark.mark_ticks = 1100;
    command.u.mark.index_ticks = 1100;
    api_harness_command(&world, &command);
    API_EXPECT(&world, "GET", "/positions/BTCUSDT", 1, NULL, 200, NULL);
    assert_true(says("\"markPrice\":\"110\",\"notional\":\"220\",\"unrealizedPnl\":\"20\","
                     "\"initialMargin\":\"11\",\"maintenanceMargin\":\"1.1\"}]}"));
    API_EXPECT(&world, "GET", "/positions/BTCUSDT", 2, NULL, 200, NULL);
    assert_true(says("\"unrealizedPnl\":\"-20\""));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(api_position_close_sells_the_whole_of_a_long),
        T(api_position_close_buys_the_whole_of_a_short),
        T(api_position_close_takes_a_part_and_a_limit),
        T(api_position_close_refuses_what_makes_no_sense),
        T(api_position_close_leaves_nothing_where_the_position_grew),
        T(api_position_close_never_turns_a_position_that_shrank),
        T(api_position_close_of_a_turned_position_is_rejected),
        T(api_position_close_of_a_large_one_takes_several_orders),
        T(api_position_close_all_closes_every_symbol),
        T(api_position_settings_are_those_of_the_next_order),
        T(api_position_mode_is_one_way),
        T(api_position_mode_is_hedge),
        T(api_position_of_each_side_is_named_by_it),
        T(api_position_shows_what_it_is_worth_at_the_mark),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
