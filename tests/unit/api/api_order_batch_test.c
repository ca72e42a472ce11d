/* Batches and the dry run: exact answers, each item's own fate, groups under time-outs and full
 * queues. */
#include "api/api_group_int.h"
#include "api_world.h"
#include "store/store_order.h"

#define ORDER(side, quantity, price, more)                                                         \
    "{\"symbol\":\"BTCUSDT\",\"side\":\"" side "\",\"type\":\"LIMIT\",\"quantity\":\"" quantity    \
    "\",\"price\":\"" price "\"" more "}"

/* ---- place ------------------------------------------------------------------------------------
 */

static void api_order_batch_answers_in_list_order_with_each_result(void **state)
{
    (void)state;
    API_EXPECT(
        &world,
        "POST",
        "/orders/batch",
        1,
        "{\"orders\":[" ORDER("BUY", "1", "99", "") "," ORDER("BUY", "1", "99.57", "") ",7," ORDER(
            "BUY", "900", "9000", ",\"leverage\":1") "," ORDER("SELL",
                                                               "2",
                                                               "101",
                                                               ",\"clientOrderId\":\"s\"") "]}",
        200,
        NULL);
    assert_true(fx_str_has_prefix(fx_str_of(world.body),
                                  FX_STR("{\"data\":[{\"tmpId\":\"1782579200000000001\",\"status\":"
                                         "\"PENDING\"},{\"code\":\"PRICE_FILTER\",")));
    assert_true(says("\"field\":\"price\",\"limit\":\"0.1\",\"nearest\":\"99.6\""));
    assert_true(says("},{\"code\":\"BAD_PARAMETER\",\"number\":103,\"statusCode\":400,"));
    assert_true(says("},{\"code\":\"INSUFFICIENT_MARGIN\",\"number\":503,\"statusCode\":422,"));
    assert_true(says("},{\"tmpId\":\"1782579200000000003\",\"status\":\"PENDING\"}]}"));
    assert_int_equal(fx_view_order_count(world.view), 2);
    assert_int_equal(world.wakes, 1); /* one wake for all of them */
}

static void api_order_batch_with_wait_shows_rows(void **state)
{
    (void)state;
    API_EXPECT(&world,
               "POST",
               "/orders/batch?wait=result",
               1,
               "{\"orders\":[" ORDER("BUY", "1", "99", "") "," ORDER(
                   "SELL", "0.5", "99", ",\"stpMode\":\"NONE\"") "]}",
               200,
               NULL);
    assert_int_equal(count_of("\"symbol\":\"BTCUSDT\""), 2);
    assert_true(says("\"status\":\"ACTIVE\""));
    assert_true(says("\"status\":\"FILLED\"")); /* it met the first one */
    assert_true(says("\"executedPrice\":\"99\""));
}

static void api_order_batch_of_a_wrong_shape_is_refused_as_a_whole(void **state)
{
    (void)state;
    const char *const many =
        "{\"orders\":[{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}]}";
    const char *const BODIES[] = {"{}",
                                  "{\"orders\":null}",
                                  "{\"orders\":[]}",
                                  "{\"orders\":{}}",
                                  "{\"orders\":\"x\"}",
                                  many};
    const uint64_t before = fx_hash_content(world.kit.engine);
    for (size_t index = 0; index < sizeof BODIES / sizeof BODIES[0]; index++) {
        API_EXPECT_ERROR(&world, "POST", "/orders/batch", 1, BODIES[index], 400, "BAD_PARAMETER");
        assert_true(says("\"field\":\"orders\""));
    }
    assert_true(before == fx_hash_content(world.kit.engine));
}

static void api_order_batch_takes_twenty_orders_of_four_kilobytes(void **state)
{
    (void)state;
    static char body[80 * 1024];
    static char padding[4096];
    size_t size = (size_t)snprintf(body, sizeof body, "{\"orders\":[");
    for (int index = 0; index < 20; index++) { /* all the members that an order has */
        (void)snprintf(padding, sizeof padding, "%0*d", index == 3 ? 1000 : 900, 7);
        size += (size_t)snprintf(
            body + size,
            sizeof body - size,
            "%s{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":\"1\","
            "\"price\":\"99\",\"leverage\":20,\"marginMode\":\"CROSS\",\"isReduceOnly\":false,"
            "\"isPostOnly\":true,\"postOnlyMode\":\"SLIDE\",\"clientOrderId\":\"c%d\","
            "\"timeInForce\":\"GTD\",\"expireTime\":1800000000000,\"positionSide\":\"BOTH\","
            "\"stpMode\":\"EXPIRE_MAKER\",\"closePosition\":false,\"tpSLType\":null,"
            "\"tpSLPrice\":null,\"trigger\":null,\"note\":\"%s\",\"more\":\"%s\",\"%c\":\"%s\"}",
            index == 0 ? "" : ",",
            index % 8, /* the table of the test's engine is small; again is no other order */
            padding,
            padding,
            index == 3 ? 'x' : 'y',
            index == 3 ? padding : "");
    }
    size += (size_t)snprintf(body + size, sizeof body - size, "]}");
    assert_true(size < 64 * 1024);
    API_EXPECT(&world, "POST", "/orders/batch", 1, body, 200, NULL);
    assert_int_equal(count_of("\"PENDING\""), 20);
    /* One order above 4 KiB is refused, the others are taken. */
    (void)snprintf(padding, sizeof padding, "%01023d", 7);
    (void)snprintf(body,
                   sizeof body,
                   "{\"orders\":[{\"a\":\"%s\",\"b\":\"%s\",\"c\":\"%s\",\"d\":\"%s\"},%s]}",
                   padding,
                   padding,
                   padding,
                   padding,
                   ORDER("BUY", "1", "98", ""));
    API_EXPECT(&world, "POST", "/orders/batch", 1, body, 200, NULL);
    assert_true(says("{\"data\":[{\"code\":\"BODY_TOO_LARGE\""));
    assert_int_equal(count_of("\"PENDING\""), 1);
}

static void api_order_batch_of_a_user_who_may_not_trade_only_reduces(void **state)
{
    (void)state;
    API_EXPECT(&world,
               "POST",
               "/orders/batch",
               5,
               "{\"orders\":[" ORDER("BUY", "1", "99", "") "," ORDER(
                   "SELL", "1", "101", ",\"isReduceOnly\":true") "]}",
               200,
               NULL);
    assert_true(says("{\"data\":[{\"code\":\"TRADING_NOT_ALLOWED\""));
    assert_true(says("},{\"code\":\"REDUCE_ONLY_REJECTED\"")); /* the engine was asked */
}

static void api_order_batch_full_intake_refuses_the_rest(void **state)
{
    (void)state;
    world.takes_max = world.takes + 2;
    API_EXPECT(&world,
               "POST",
               "/orders/batch",
               1,
               "{\"orders\":[" ORDER("BUY", "1", "99", "") "," ORDER(
                   "BUY", "1", "98", "") "," ORDER("BUY", "1", "97", "") "]}",
               200,
               NULL);
    assert_int_equal(count_of("\"PENDING\""), 2);
    assert_true(says("},{\"code\":\"BUSY\""));
    assert_true(says("\"executed\":\"no\",\"retryable\":true"));
    assert_int_equal(fx_view_order_count(world.view), 2);
}

static void api_order_batch_takes_each_order_from_the_bucket(void **state)
{
    (void)state;
    api_harness_deinit(&world);
    const struct fx_api_options options = {.rates = {.orders = 1, .cancels = 2}};
    api_harness_init_with(&world, &options);
    API_EXPECT(&world,
               "POST",
               "/orders/batch",
               1,
               "{\"orders\":[{}," ORDER("BUY", "1", "99", "") "," ORDER(
                   "BUY", "1", "98", "") "," ORDER("BUY", "1", "97", "") "]}",
               200,
               NULL);
    assert_int_equal(count_of("\"PENDING\""), 2);
    assert_true(says("},{\"code\":\"RATE_LIMITED\""));
    assert_true(
        fx_str_is_equal(api_harness_header(&world, "ratelimit"), FX_STR("\"orders\";r=0;t=2")));
    API_EXPECT(&world, "DELETE", "/orders/batch?ids=1,2", 1, NULL, 200, NULL);
    assert_int_equal(count_of("\"CANCELED\""), 2);
    assert_true(
        fx_str_is_equal(api_harness_header(&world, "ratelimit"), FX_STR("\"cancels\";r=2;t=1")));
}

static void api_order_batch_is_answered_when_the_last_result_is_there(void **state)
{
    (void)state;
    world.is_stalled = true;
    api_harness_send(&world,
                     "POST",
                     "/orders/batch",
                     api_harness_token(&world, 1),
                     FX_STR("{\"orders\":[{}," ORDER("BUY", "1", "99", "") "," ORDER(
                         "BUY", "1", "98", "") "]}"));
    for (int turn = 0; turn < 1000 && world.queued < 2; turn++) {
        api_harness_turn(&world);
    }
    assert_int_equal(world.queued, 2);
    world.now_ms += 9999;
    fx_api_tick(world.api);
    char byte = 0;
    assert_true(recv(world.fd, &byte, 1, 0) < 0); /* nothing was said yet */
    world.now_ms += 1;
    fx_api_tick(world.api);
    api_harness_receive(&world);
    assert_int_equal(world.code, 200);
    assert_true(says("{\"data\":[{\"code\":\"BAD_PARAMETER\""));
    assert_int_equal(count_of("\"code\":\"TIMEOUT\""), 2);
    assert_int_equal(count_of("\"executed\":\"unknown\""), 2);
    world.is_stalled = false;
    api_harness_pump(&world); /* the late RESULTs find nobody */
    API_EXPECT(&world, "GET", "/order/1", 1, NULL, 200, NULL);
    API_EXPECT(&world,
               "POST",
               "/orders/batch",
               1,
               "{\"orders\":[" ORDER("BUY", "1", "99", "") "]}",
               200,
               NULL); /* the group came back */
    assert_int_equal(count_of("\"PENDING\""), 1);
}

static void api_order_batch_without_a_free_group_is_busy(void **state)
{
    (void)state;
    api_harness_deinit(&world);
    const struct fx_api_options options = {.pending_max = 2}; /* one group */
    api_harness_init_with(&world, &options);
    const char *const body = "{\"orders\":[" ORDER("BUY", "1", "99", "") "]}";
    world.is_stalled = true;
    api_harness_send(
        &world, "POST", "/orders/batch", api_harness_token(&world, 1), fx_str_of(body));
    for (int turn = 0; turn < 1000 && world.queued < 1; turn++) {
        api_harness_turn(&world);
    }
    const int first = world.fd;
    struct fx_net_http_client parser = world.client;
    api_harness_connect(&world);
    API_EXPECT_ERROR(&world, "POST", "/orders/batch", 1, body, 503, "BUSY");
    world.is_stalled = false;
    API_EXPECT(&world, "GET", "/ping", 0, NULL, 200, "{}");
    for (int round = 0; round < 3; round++) {
        API_EXPECT(&world, "POST", "/orders/batch", 1, body, 200, NULL);
    }
    assert_int_equal(fx_view_order_count(world.view), 4);
    fx_net_http_client_deinit(&parser);
    (void)close(first);
}

/* ---- cancel -----------------------------------------------------------------------------------
 */

static void api_order_batch_cancels_by_every_name(void **state)
{
    (void)state;
    char tmp_id[32];
    char body[256];
    API_EXPECT(&world, "POST", "/order", 1, ORDER("BUY", "1", "99", ""), 202, NULL);
    API_EXPECT(&world, "POST", "/order", 1, ORDER("BUY", "1", "98", ""), 202, NULL);
    api_harness_member(&world, "tmpId", tmp_id, sizeof tmp_id);
    API_EXPECT(&world,
               "POST",
               "/order",
               1,
               ORDER("BUY", "1", "97", ",\"clientOrderId\":\"third\""),
               202,
               NULL);
    API_EXPECT(&world, "POST", "/order", 2, ORDER("BUY", "1", "96", ""), 202, NULL);
    (void)snprintf(body,
                   sizeof body,
                   "{\"ids\":[1,\"%s\",4,\"none\"],\"clientOrderIds\":[\"third\",\"1\"]}",
                   tmp_id);
    API_EXPECT(&world, "DELETE", "/orders/batch", 1, body, 200, NULL);
    assert_int_equal(count_of("\"status\":\"CANCELED\""), 3);
    assert_int_equal(count_of("\"code\":\"ORDER_NOT_FOUND\""), 3); /* 4 is another user's */
    assert_true(says("{\"data\":[{\"id\":1,"));
    assert_int_equal(fx_view_order_count(world.view), 1);
}

static void api_order_batch_cancel_takes_its_names_from_the_query(void **state)
{
    (void)state;
    API_EXPECT(&world, "POST", "/order", 1, ORDER("BUY", "1", "99", ""), 202, NULL);
    API_EXPECT(&world,
               "POST",
               "/order",
               1,
               ORDER("BUY", "1", "97", ",\"clientOrderId\":\"a,b\""),
               400,
               NULL); /* a comma is never part of a name */
    API_EXPECT(&world, "POST", "/order", 1, ORDER("BUY", "1", "98", ""), 202, NULL);
    API_EXPECT(&world, "DELETE", "/orders/batch?ids=1,2&symbol=ETHUSDT", 1, NULL, 200, NULL);
    assert_int_equal(count_of("\"code\":\"ORDER_NOT_FOUND\""), 2);
    API_EXPECT(&world, "DELETE", "/orders/batch?ids=1,2,2", 1, NULL, 200, NULL);
    assert_int_equal(count_of("\"status\":\"CANCELED\""), 2);
    assert_true(says("},{\"code\":\"ORDER_NOT_FOUND\"")); /* the second time it was gone */
}

static void api_order_batch_cancel_of_a_wrong_shape_is_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {"{}",
                                      "{\"ids\":[]}",
                                      "{\"ids\":[true]}",
                                      "{\"ids\":[null]}",
                                      "{\"ids\":[\"\"]}",
                                      "{\"ids\":[[1]]}",
                                      "{\"ids\":{\"a\":1}}",
                                      "{\"ids\":\"1,,2\"}",
                                      "{\"ids\":\"1,\"}",
                                      "{\"ids\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,"
                                      "20],\"clientOrderIds\":[\"a\"]}",
                                      "{\"ids\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,"
                                      "20,21]}"};
    for (size_t index = 0; index < sizeof BAD / sizeof BAD[0]; index++) {
        API_EXPECT_ERROR(&world, "DELETE", "/orders/batch", 1, BAD[index], 400, "BAD_PARAMETER");
    }
    API_EXPECT_ERROR(&world, "DELETE", "/orders/batch", 1, NULL, 400, "BAD_PARAMETER");
    API_EXPECT_ERROR(
        &world, "DELETE", "/orders/batch?ids=1", 1, "{\"ids\":[1]}", 400, "BAD_PARAMETER");
    assert_int_equal(world.wakes, 0);
}

/* ---- numbers as names -------------------------------------------------------------------------
 */

static void api_order_number_is_never_a_client_id_where_it_was_an_id(void **state)
{
    (void)state;
    API_EXPECT(&world, "POST", "/order", 1, ORDER("BUY", "1", "99", ""), 202, NULL);
    API_EXPECT(&world, "DELETE", "/order/1", 1, NULL, 200, NULL);
    API_EXPECT(&world,
               "POST",
               "/order",
               1,
               ORDER("BUY", "1", "98", ",\"clientOrderId\":\"1\""),
               202,
               NULL);
    API_EXPECT(&world,
               "POST",
               "/order",
               1,
               ORDER("BUY", "1", "97", ",\"clientOrderId\":\"77\""),
               202,
               NULL);
    API_EXPECT_ERROR(&world, "DELETE", "/order/1", 1, NULL, 404, "ORDER_NOT_FOUND");
    API_EXPECT_ERROR(&world, "PUT", "/order/1", 1, "{\"price\":\"96\"}", 404, "ORDER_NOT_FOUND");
    API_EXPECT(&world, "GET", "/order/1", 1, NULL, 200, NULL);
    assert_true(says("\"status\":\"CANCELED\"")); /* the order with the id, not the named one */
    API_EXPECT(&world, "GET", "/order/77", 1, NULL, 200, NULL);
    assert_true(says("\"id\":3,"));
    API_EXPECT(&world, "DELETE", "/order/77", 1, NULL, 200, NULL);
    API_EXPECT(&world, "DELETE", "/orders/batch?clientOrderIds=1", 1, NULL, 200, NULL);
    assert_true(says("{\"data\":[{\"id\":2,"));
}

static void api_order_number_of_a_stored_order_is_its_id_too(void **state)
{
    (void)state;
    struct fx_rows_order row;
    API_EXPECT(&world,
               "POST",
               "/order",
               1,
               ORDER("BUY", "1", "98", ",\"clientOrderId\":\"500\""),
               202,
               NULL);
    API_EXPECT(&world, "GET", "/order/500", 1, NULL, 200, NULL);
    const struct fx_store_key key = {1, 1};
    assert_int_equal(fx_store_order_find(world.store, key, &row), FX_OK);
    row.id = 500; /* an order of long ago, which the view no longer knows */
    row.status = FX_ORDER_STATUS_FILLED;
    row.client_id.size = 0;
    assert_int_equal(fx_store_order_save(world.store, &row, 1), FX_OK);
    API_EXPECT(&world, "GET", "/order/500", 1, NULL, 200, NULL);
    assert_true(says("\"id\":500,"));
    API_EXPECT_ERROR(&world, "DELETE", "/order/500", 1, NULL, 404, "ORDER_NOT_FOUND");
    assert_int_equal(fx_view_order_count(world.view), 1);
}

/* ---- dry run ----------------------------------------------------------------------------------
 */

static void api_order_dry_run_shows_margin_and_places_nothing(void **state)
{
    (void)state;
    const uint64_t before = fx_engine_hash(world.kit.engine);
    API_EXPECT(&world,
               "POST",
               "/order/test",
               1,
               ORDER("BUY", "10", "99", ",\"leverage\":\"10\""),
               200,
               "{\"symbol\":\"BTCUSDT\",\"quantity\":\"10\",\"price\":\"99\",\"leverage\":\"10\","
               "\"marginMode\":\"CROSS\",\"asset\":\"USDT\",\"availableBefore\":\"1000000\","
               "\"availableAfter\":\"999901\",\"orderMarginBefore\":\"0\",\"orderMarginAfter\":"
               "\"99\"}");
    assert_true(before == fx_engine_hash(world.kit.engine));
    API_EXPECT(&world, "POST", "/order", 2, ORDER("SELL", "1", "100", ""), 202, NULL);
    API_EXPECT(&world,
               "POST",
               "/order/test",
               1,
               "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"MARKET\",\"quantity\":2}",
               200,
               NULL);
    assert_true(says("\"quantity\":\"2\",\"price\":\"105\",")); /* judged at its bound */
    assert_int_equal(fx_view_order_count(world.view), 1);
    API_EXPECT(&world, "GET", "/positions", 1, NULL, 200, "{\"data\":[]}");
}

static void api_order_dry_run_refuses_what_an_order_would_be_refused_for(void **state)
{
    (void)state;
    const uint64_t before = fx_engine_hash(world.kit.engine);
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/order/test",
                     1,
                     ORDER("BUY", "900", "9000", ",\"leverage\":1"),
                     422,
                     "INSUFFICIENT_MARGIN");
    assert_true(says("\"limit\":\"1000000\""));
    API_EXPECT_ERROR(
        &world, "POST", "/order/test", 1, ORDER("BUY", "1", "99.57", ""), 422, "PRICE_FILTER");
    API_EXPECT_ERROR(
        &world, "POST", "/order/test", 5, ORDER("BUY", "1", "99", ""), 403, "TRADING_NOT_ALLOWED");
    API_EXPECT_ERROR(
        &world, "POST", "/order/test", 6, ORDER("BUY", "1", "99", ""), 404, "ACCOUNT_NOT_FOUND");
    assert_true(before == fx_engine_hash(world.kit.engine));
}

static void api_order_dry_run_says_that_a_client_id_is_known(void **state)
{
    (void)state;
    const char *const body = ORDER("BUY", "1", "99", ",\"clientOrderId\":\"a\"");
    char tmp_id[32];
    char said[128];
    API_EXPECT(&world, "POST", "/order", 1, body, 202, NULL);
    api_harness_member(&world, "tmpId", tmp_id, sizeof tmp_id);
    (void)snprintf(
        said, sizeof said, "{\"symbol\":\"BTCUSDT\",\"repeated\":true,\"tmpId\":\"%s\"}", tmp_id);
    API_EXPECT(&world, "POST", "/order/test", 1, body, 200, said);
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/order/test",
                     1,
                     ORDER("BUY", "2", "99", ",\"clientOrderId\":\"a\""),
                     409,
                     "DUPLICATE_CLIENT_ORDER_ID");
}

/* ---- dead man's switch ------------------------------------------------------------------------
 */

static void tick(int64_t later_ms)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_TICK, FX_COMMAND_ALL_INSTRUMENTS, 0);
    world.wall_us += later_ms * 1000;
    api_harness_command(&world, &command);
}

static void api_order_countdown_cancels_unless_sent_again(void **state)
{
    (void)state;
    API_EXPECT(&world, "POST", "/order", 1, ORDER("BUY", "1", "99", ""), 202, NULL);
    API_EXPECT(&world,
               "POST",
               "/order/cancel-all-after",
               1,
               "{\"countdown\":5000}",
               200,
               "{\"countdown\":5000,\"triggerTime\":1700000005000,\"count\":0}");
    tick(4000);
    API_EXPECT(&world,
               "POST",
               "/order/cancel-all-after",
               1,
               "{\"countdown\":\"5000\"}",
               200,
               "{\"countdown\":5000,\"triggerTime\":1700000009000,\"count\":0}");
    tick(4999);
    assert_int_equal(fx_view_order_count(world.view), 1);
    tick(1);
    assert_int_equal(fx_view_order_count(world.view), 0);
    API_EXPECT(&world, "GET", "/order/1", 1, NULL, 200, NULL);
    assert_true(says("\"note\":\"CANCEL_ALL_AFTER\""));
}

static void api_order_countdown_counts_each_symbol_by_itself(void **state)
{
    (void)state;
    API_EXPECT(&world, "POST", "/order", 1, ORDER("BUY", "1", "99", ""), 202, NULL);
    API_EXPECT(&world,
               "POST",
               "/order/cancel-all-after",
               1,
               "{\"countdown\":5000,\"symbol\":\"ETHUSDT\"}",
               200,
               "{\"symbol\":\"ETHUSDT\",\"countdown\":5000,\"triggerTime\":1700000005000,"
               "\"count\":0}");
    API_EXPECT(&world,
               "POST",
               "/order/cancel-all-after",
               1,
               "{\"countdown\":1000,\"symbol\":\"BTCUSDT\"}",
               200,
               NULL);
    API_EXPECT(&world,
               "POST",
               "/order/cancel-all-after",
               1,
               "{\"countdown\":0,\"symbol\":\"BTCUSDT\"}",
               200,
               "{\"symbol\":\"BTCUSDT\",\"countdown\":0,\"count\":0}");
    tick(6000);
    assert_int_equal(fx_view_order_count(world.view), 1);
}

static void api_order_countdown_that_comes_too_late_cancels_first(void **state)
{
    (void)state;
    for (int index = 0; index < 50; index++) {
        API_EXPECT(&world, "POST", "/order", 1, ORDER("BUY", "1", "99", ""), 202, NULL);
    }
    API_EXPECT_ERROR(
        &world, "POST", "/order", 1, ORDER("BUY", "1", "99", ""), 422, "MAX_NUM_ORDERS");
    assert_true(says("\"limit\":\"50\""));
    API_EXPECT(&world, "POST", "/order/cancel-all-after", 1, "{\"countdown\":1000}", 200, NULL);
    world.wall_us += 2000000;
    world.kit.engine->limits.cancels_max = 25; /* three commands */
    API_EXPECT(&world,
               "POST",
               "/order/cancel-all-after",
               1,
               "{\"countdown\":1000}",
               200,
               "{\"countdown\":1000,\"triggerTime\":1700000003000,\"count\":50}");
    assert_int_equal(fx_view_order_count(world.view), 0);
}

static void api_order_countdown_refuses_what_is_no_countdown(void **state)
{
    (void)state;
    static const char *const BAD[] = {"{}",
                                      "{\"countdown\":-1}",
                                      "{\"countdown\":86400001}",
                                      "{\"countdown\":1.5}",
                                      "{\"countdown\":null}",
                                      "{\"countdown\":\"\"}"};
    for (size_t index = 0; index < sizeof BAD / sizeof BAD[0]; index++) {
        API_EXPECT_ERROR(
            &world, "POST", "/order/cancel-all-after", 1, BAD[index], 400, "BAD_PARAMETER");
    }
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/order/cancel-all-after",
                     6,
                     "{\"countdown\":1000}",
                     404,
                     "ACCOUNT_NOT_FOUND");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(api_order_batch_answers_in_list_order_with_each_result),
        T(api_order_batch_with_wait_shows_rows),
        T(api_order_batch_of_a_wrong_shape_is_refused_as_a_whole),
        T(api_order_batch_takes_twenty_orders_of_four_kilobytes),
        T(api_order_batch_of_a_user_who_may_not_trade_only_reduces),
        T(api_order_batch_full_intake_refuses_the_rest),
        T(api_order_batch_takes_each_order_from_the_bucket),
        T(api_order_batch_is_answered_when_the_last_result_is_there),
        T(api_order_batch_without_a_free_group_is_busy),
        T(api_order_batch_cancels_by_every_name),
        T(api_order_batch_cancel_takes_its_names_from_the_query),
        T(api_order_batch_cancel_of_a_wrong_shape_is_refused),
        T(api_order_number_is_never_a_client_id_where_it_was_an_id),
        T(api_order_number_of_a_stored_order_is_its_id_too),
        T(api_order_dry_run_shows_margin_and_places_nothing),
        T(api_order_dry_run_refuses_what_an_order_would_be_refused_for),
        T(api_order_countdown_cancels_unless_sent_again),
        T(api_order_countdown_counts_each_symbol_by_itself),
        T(api_order_countdown_that_comes_too_late_cancels_first),
        T(api_order_countdown_refuses_what_is_no_countdown),
        T(api_order_dry_run_says_that_a_client_id_is_known),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
