/* api/api_order: from the DTO to the engine and back, with the exact answers. */
#include "api/api_int.h"
#include "api_world.h"

#define LIMIT_BUY                                                                                  \
    "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":\"0.5\","            \
    "\"price\":\"99.5\"}"
#define ROW(id, user, side, type, quantity, price, remaining, average, status)                     \
    "{\"id\":" id ",\"accountId\":" user ",\"userId\":" user                                       \
    ",\"symbol\":\"BTCUSDT\",\"side\":\"" side "\",\"type\":\"" type "\",\"quantity\":\"" quantity \
    "\",\"price\":\"" price "\",\"remaining\":\"" remaining "\",\"executedPrice\":\"" average      \
    "\",\"status\":\"" status "\""

static bool starts_with(const char *prefix)
{
    return strncmp(world.body, prefix, strlen(prefix)) == 0;
}

static void api_order_plain_post_is_pending_with_a_tmp_id(void **state)
{
    (void)state;
    char first[32];
    char second[32];
    API_EXPECT(&world,
               "POST",
               "/order",
               1,
               LIMIT_BUY,
               202,
               "{\"tmpId\":\"1782579200000000001\",\"status\":\"PENDING\"}");
    api_harness_member(&world, "tmpId", first, sizeof first);
    API_EXPECT(&world, "POST", "/order", 1, LIMIT_BUY, 202, NULL);
    api_harness_member(&world, "tmpId", second, sizeof second);
    assert_string_not_equal(first, second);
    assert_int_equal(world.wakes, 2);
}

static void api_order_with_wait_is_created(void **state)
{
    (void)state;
    API_EXPECT(&world, "POST", "/order?wait=result", 1, LIMIT_BUY, 201, NULL);
    assert_true(starts_with(
        ROW("1", "1", "BUY", "LIMIT", "0.5", "99.5", "0.5", "0", "ACTIVE") ",\"leverage\":"));
    world.prefer = "respond-async, wait=5";
    API_EXPECT(&world, "POST", "/order", 1, LIMIT_BUY, 201, NULL);
    world.prefer = "wait=0";
    API_EXPECT(&world, "POST", "/order", 1, LIMIT_BUY, 202, NULL);
    world.prefer = NULL;
    API_EXPECT_ERROR(&world, "POST", "/order?wait=forever", 1, LIMIT_BUY, 400, "BAD_PARAMETER");
}

static void api_order_that_fills_at_once_shows_its_final_row(void **state)
{
    (void)state;
    API_EXPECT(&world,
               "POST",
               "/order",
               2,
               "{\"symbol\":\"BTCUSDT\",\"side\":\"SELL\",\"type\":\"LIMIT\",\"quantity\":2,"
               "\"price\":100}",
               202,
               NULL);
    API_EXPECT(&world,
               "POST",
               "/order?wait=result",
               1,
               "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"MARKET\",\"quantity\":\"1.5\"}",
               201,
               NULL);
    assert_true(starts_with(ROW("2", "1", "BUY", "MARKET", "1.5", "0", "0", "100", "FILLED") ","));
}

/* A stop waits, is among the open orders, and can be cancelled; both shapes are taken. */
static void api_order_stop_waits_for_its_price(void **state)
{
    (void)state;
    API_EXPECT(
        &world,
        "POST",
        "/order?wait=result",
        1,
        "{\"symbol\":\"BTCUSDT\",\"side\":\"SELL\",\"type\":\"STOP_MARKET\",\"quantity\":\"0.5\","
        "\"triggerPrice\":\"95\",\"triggerBy\":\"MARK_PRICE\",\"reduceOnly\":true}",
        201,
        NULL);
    assert_true(
        starts_with(ROW("1", "1", "SELL", "MARKET", "0.5", "0", "0.5", "0", "UNTRIGGERED") ","));
    assert_non_null(strstr(world.body,
                           "\"tpSLType\":\"STOP_MARKET\",\"trigger\":\"ORACLE\","
                           "\"stopCondition\":\"LT\",\"tpSLPrice\":\"95\""));
    assert_non_null(strstr(world.body, "\"orderMargin\":\"0\""));
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/order?wait=result",
                     1,
                     "{\"symbol\":\"BTCUSDT\",\"side\":\"SELL\",\"type\":\"MARKET\",\"quantity\":1,"
                     "\"tpSLType\":\"STOP_MARKET\",\"tpSLPrice\":\"100\",\"trigger\":\"ORACLE\"}",
                     422,
                     "TRIGGER_WOULD_FIRE");
    API_EXPECT(&world, "DELETE", "/order/1", 1, NULL, 200, NULL);
    assert_non_null(strstr(world.body, "\"status\":\"CANCELED\""));
}

static void api_order_that_ended_is_shown_before_it_is_stored(void **state)
{
    (void)state;
    world.is_saver_late = true;
    API_EXPECT(&world, "POST", "/order", 2, LIMIT_BUY, 202, NULL);
    API_EXPECT(&world,
               "POST",
               "/order?wait=result",
               1,
               "{\"symbol\":\"BTCUSDT\",\"side\":\"SELL\",\"type\":\"LIMIT\",\"quantity\":0.5,"
               "\"price\":99}",
               201,
               NULL);
    assert_true(
        starts_with(ROW("2", "1", "SELL", "LIMIT", "0.5", "99", "0", "99.5", "FILLED") ","));
    assert_int_equal(world.api->ended.size, 0); /* kept for the length of its command only */
    API_EXPECT(&world, "POST", "/order", 1, LIMIT_BUY, 202, NULL);
    API_EXPECT(&world, "DELETE", "/order/3", 1, NULL, 200, NULL);
    assert_true(starts_with(ROW("3", "1", "BUY", "LIMIT", "0.5", "99.5", "0.5", "0", "CANCELED")));
}

static void api_order_rejected_by_the_engine_says_why_in_both_modes(void **state)
{
    (void)state;
    const char *const body = "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\","
                             "\"quantity\":\"900\",\"price\":\"9000\",\"leverage\":1}";
    const uint64_t before = fx_hash_content(world.kit.engine);
    API_EXPECT_ERROR(&world, "POST", "/order", 1, body, 422, "INSUFFICIENT_MARGIN");
    API_EXPECT_ERROR(&world, "POST", "/order?wait=result", 1, body, 422, "INSUFFICIENT_MARGIN");
    assert_non_null(strstr(world.body, "\"executed\":\"no\""));
    API_EXPECT_ERROR(&world, "POST", "/order", 6, LIMIT_BUY, 404, "ACCOUNT_NOT_FOUND");
    API_EXPECT_ERROR(&world, "POST", "/order", 5, LIMIT_BUY, 403, "TRADING_NOT_ALLOWED");
    assert_true(before == fx_hash_content(world.kit.engine));
}

static void api_order_filter_says_limit_and_nearest(void **state)
{
    (void)state;
    API_EXPECT(&world,
               "POST",
               "/order",
               1,
               "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":\"0.5\","
               "\"price\":\"99.57\"}",
               422,
               "{\"code\":\"PRICE_FILTER\",\"number\":505,\"statusCode\":422,\"message\":\"the "
               "price is not a positive multiple of the tick size in "
               "range\",\"field\":\"price\",\"limit\":\"0.1\",\"nearest\":\"99.6\",\"executed\":"
               "\"no\",\"retryable\":false,\"requestId\":\"test\",\"serverTime\":1700000000000}");
    assert_int_equal(world.queued, 0);
}

static void api_order_expire_time_too_early_says_milliseconds(void **state)
{
    (void)state;
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/order",
                     1,
                     "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":1,"
                     "\"price\":99,\"timeInForce\":\"GTD\",\"expireTime\":1700000000999}",
                     422,
                     "EXPIRE_TIME_TOO_EARLY");
    assert_non_null(strstr(world.body, "\"limit\":\"1700000001000\""));
}

static void api_order_repeated_client_id_gets_the_first_answer(void **state)
{
    (void)state;
    const char *const body = "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\","
                             "\"quantity\":\"1\",\"price\":\"99\",\"clientOrderId\":\"a\\/1\"}";
    char first[32];
    char again[32];
    API_EXPECT(&world, "POST", "/order", 1, body, 202, NULL);
    api_harness_member(&world, "tmpId", first, sizeof first);
    API_EXPECT(&world, "POST", "/order", 1, body, 202, NULL);
    api_harness_member(&world, "tmpId", again, sizeof again);
    assert_string_equal(first, again);
    assert_int_equal(fx_view_order_count(world.view), 1);
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/order",
                     1,
                     "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\","
                     "\"quantity\":\"2\",\"price\":\"99\",\"clientOrderId\":\"a\\/1\"}",
                     409,
                     "DUPLICATE_CLIENT_ORDER_ID");
}

static void api_order_is_found_and_cancelled_by_each_name(void **state)
{
    (void)state;
    const char *const body = "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\","
                             "\"quantity\":\"1\",\"price\":\"99\",\"clientOrderId\":\"mine\"}";
    char tmp_id[32];
    char path[64];
    API_EXPECT(&world, "POST", "/order", 1, body, 202, NULL);
    api_harness_member(&world, "tmpId", tmp_id, sizeof tmp_id);
    const char *const names[] = {"1", tmp_id, "mine"};
    for (size_t index = 0; index < 3; index++) {
        (void)snprintf(path, sizeof path, "/order/%s", names[index]);
        API_EXPECT(&world, "GET", path, 1, NULL, 200, NULL);
        API_EXPECT_ERROR(&world, "GET", path, 2, NULL, 404, "ORDER_NOT_FOUND");
        API_EXPECT_ERROR(&world, "DELETE", path, 2, NULL, 404, "ORDER_NOT_FOUND");
        API_EXPECT_ERROR(&world, "PUT", path, 2, "{\"price\":98.25}", 404, "ORDER_NOT_FOUND");
    }
    API_EXPECT_ERROR(
        &world, "DELETE", "/order/mine?symbol=ETHUSDT", 1, NULL, 404, "ORDER_NOT_FOUND");
    API_EXPECT(&world, "DELETE", "/order/mine?symbol=BTCUSDT", 1, NULL, 200, NULL);
    assert_true(starts_with(
        ROW("1", "1", "BUY", "LIMIT", "1", "99", "1", "0", "CANCELED") ",\"leverage\""));
    API_EXPECT_ERROR(&world, "DELETE", "/order/1", 1, NULL, 404, "ORDER_NOT_FOUND");
    for (size_t index = 0; index < 3; index++) { /* now from the store */
        (void)snprintf(path, sizeof path, "/order/%s", names[index]);
        API_EXPECT(&world, "GET", path, 1, NULL, 200, NULL);
        assert_non_null(strstr(world.body, "\"status\":\"CANCELED\""));
        API_EXPECT_ERROR(&world, "GET", path, 2, NULL, 404, "ORDER_NOT_FOUND");
    }
}

static void api_order_is_cancelled_by_its_tmp_id(void **state)
{
    (void)state;
    char tmp_id[32];
    char path[64];
    API_EXPECT(&world, "POST", "/order", 1, LIMIT_BUY, 202, NULL);
    api_harness_member(&world, "tmpId", tmp_id, sizeof tmp_id);
    (void)snprintf(path, sizeof path, "/order/%s", tmp_id);
    API_EXPECT(&world, "PUT", path, 1, "{\"price\":98}", 200, NULL);
    API_EXPECT(&world, "DELETE", path, 1, NULL, 200, NULL);
    assert_int_equal(fx_view_order_count(world.view), 0);
}

static void api_order_amend_moves_price_and_quantity(void **state)
{
    (void)state;
    API_EXPECT(&world, "POST", "/order", 1, LIMIT_BUY, 202, NULL);
    API_EXPECT(&world, "PUT", "/order/1", 1, "{\"price\":\"98.2\"}", 200, NULL);
    assert_true(
        starts_with(ROW("1", "1", "BUY", "LIMIT", "0.5", "98.2", "0.5", "0", "ACTIVE") ","));
    API_EXPECT(&world, "PUT", "/order/1", 1, "{\"quantity\":0.7}", 200, NULL);
    assert_true(
        starts_with(ROW("1", "1", "BUY", "LIMIT", "0.7", "98.2", "0.7", "0", "ACTIVE") ","));
    API_EXPECT_ERROR(&world, "PUT", "/order/1", 1, "{}", 400, "BAD_PARAMETER");
    API_EXPECT_ERROR(&world, "PUT", "/order/1", 1, "{\"price\":98.25}", 422, "PRICE_FILTER");
    API_EXPECT_ERROR(&world, "PUT", "/order/1", 1, "{\"quantity\":-1}", 422, "LOT_SIZE");
    API_EXPECT_ERROR(&world, "PUT", "/order/1", 1, "{\"quantity\":[1]}", 400, "BAD_PARAMETER");
}

static void api_order_cancel_all_obeys_its_filters(void **state)
{
    (void)state;
    for (int round = 0; round < 2; round++) {
        API_EXPECT(&world, "POST", "/order", 1, LIMIT_BUY, 202, NULL);
        API_EXPECT(
            &world,
            "POST",
            "/order",
            1,
            "{\"symbol\":\"ETHUSDT\",\"side\":\"SELL\",\"type\":\"LIMIT\",\"quantity\":\"1\","
            "\"price\":\"11\"}",
            202,
            NULL);
    }
    API_EXPECT(&world, "POST", "/order", 2, LIMIT_BUY, 202, NULL);
    API_EXPECT(&world,
               "DELETE",
               "/order/cancel-all?side=SELL&symbol=BTCUSDT",
               1,
               NULL,
               200,
               "{\"count\":0}");
    API_EXPECT(&world, "DELETE", "/order/cancel-order?type=STOP", 1, NULL, 200, "{\"count\":0}");
    API_EXPECT(&world, "DELETE", "/order/cancel-all?symbol=ETHUSDT", 1, NULL, 200, "{\"count\":2}");
    API_EXPECT_ERROR(
        &world, "DELETE", "/order/cancel-all?type=EVERY", 1, NULL, 400, "BAD_PARAMETER");
    API_EXPECT_ERROR(&world, "DELETE", "/order/cancel-all?symbol=", 1, NULL, 400, "BAD_PARAMETER");
    API_EXPECT_ERROR(
        &world, "DELETE", "/order/cancel-all?contractType=X", 1, NULL, 400, "BAD_PARAMETER");
    API_EXPECT_ERROR(&world,
                     "DELETE",
                     "/order/cancel-all?contractType=COIN_M&symbol=BTCUSDT",
                     1,
                     NULL,
                     400,
                     "BAD_PARAMETER");
    API_EXPECT(
        &world, "DELETE", "/order/cancel-all?contractType=COIN_M", 1, NULL, 200, "{\"count\":0}");
    API_EXPECT(&world, "DELETE", "/order/cancel-order?type=ALL", 1, NULL, 200, "{\"count\":2}");
    assert_int_equal(fx_view_order_count(world.view), 1);
}

static void place_many(int count)
{
    for (int index = 0; index < count; index++) {
        API_EXPECT(&world,
                   "POST",
                   "/order",
                   1,
                   index % 2 == 1 ? LIMIT_BUY
                                  : "{\"symbol\":\"ETHUSDT\",\"side\":\"BUY\",\"type\":"
                                    "\"LIMIT\",\"quantity\":\"1\",\"price\":\"9\"}",
                   202,
                   NULL);
    }
}

static void api_order_cancel_all_goes_on_until_none_is_left(void **state)
{
    (void)state;
    place_many(60);
    world.kit.engine->limits.cancels_max = 25;
    API_EXPECT(&world, "DELETE", "/order/cancel-all", 1, NULL, 200, "{\"count\":60}");
    assert_int_equal(fx_view_order_count(world.view), 0);
    place_many(30);
    API_EXPECT(&world,
               "DELETE",
               "/order/cancel-all?contractType=USD_M&side=SELL",
               1,
               NULL,
               200,
               "{\"count\":0}");
    API_EXPECT(
        &world, "DELETE", "/order/cancel-all?contractType=USD_M", 1, NULL, 200, "{\"count\":30}");
    assert_int_equal(fx_view_order_count(world.view), 0);
    place_many(30);
    world.takes_max = world.takes + 1; /* of the two parts only one is taken */
    API_EXPECT(
        &world, "DELETE", "/order/cancel-all", 1, NULL, 200, "{\"count\":25,\"hasMore\":true}");
    assert_int_equal(fx_view_order_count(world.view), 5);
}

static void api_order_full_intake_is_busy(void **state)
{
    (void)state;
    api_harness_deinit(&world);
    const struct fx_api_options options = {.pending_max = 1};
    api_harness_init_with(&world, &options);
    world.is_full = true;
    API_EXPECT_ERROR(&world, "POST", "/order", 1, LIMIT_BUY, 503, "BUSY");
    API_EXPECT_ERROR(&world, "POST", "/order", 1, LIMIT_BUY, 503, "BUSY");
    assert_true(fx_str_is_equal(api_harness_header(&world, "retry-after"), FX_STR("1")));
    world.is_full = false;
    API_EXPECT(&world, "POST", "/order", 1, LIMIT_BUY, 202, NULL);
}

static void api_order_without_answer_times_out_as_unknown(void **state)
{
    (void)state;
    world.is_stalled = true;
    api_harness_send(&world, "POST", "/order", api_harness_token(&world, 1), FX_STR(LIMIT_BUY));
    for (int turn = 0; turn < 1000 && world.queued == 0; turn++) {
        api_harness_turn(&world);
    }
    assert_int_equal(world.queued, 1);
    world.now_ms += 9999;
    fx_api_tick(world.api);
    world.now_ms += 1;
    fx_api_tick(world.api);
    api_harness_receive(&world);
    assert_int_equal(world.code, 504);
    assert_non_null(strstr(world.body, "\"code\":\"TIMEOUT\""));
    assert_non_null(strstr(world.body, "\"executed\":\"unknown\",\"retryable\":true"));
    world.is_stalled = false;
    api_harness_pump(&world); /* the late RESULT finds nobody */
    API_EXPECT(&world, "GET", "/order/1", 1, NULL, 200, NULL);
}

/* A bus that does not know whether the command is in the log: neither does the answer. */
static void api_order_of_unknown_fate_is_answered_so(void **state)
{
    (void)state;
    struct fx_event event;
    world.is_stalled = true;
    api_harness_send(&world, "POST", "/order", api_harness_token(&world, 1), FX_STR(LIMIT_BUY));
    for (int turn = 0; turn < 1000 && world.queued == 0; turn++) {
        api_harness_turn(&world);
    }
    memset(&event, 0, sizeof event);
    event.kind = FX_EVENT_RESULT;
    event.token = world.tokens[0];
    event.u.result.command_kind = world.queue[0].kind;
    event.u.result.reject.status = FX_TIMEOUT;
    fx_api_on_event(world.api, &event);
    api_harness_receive(&world);
    assert_int_equal(world.code, 504);
    assert_non_null(strstr(world.body, "\"executed\":\"unknown\",\"retryable\":true"));
    world.is_stalled = false;
    api_harness_pump(&world); /* it was in the log: nobody waits for the RESULT any more */
    API_EXPECT(&world, "GET", "/order/1", 1, NULL, 200, NULL);
}

static void api_order_preferred_wait_is_shorter_than_the_maximum(void **state)
{
    (void)state;
    world.is_stalled = true;
    world.prefer = "wait=2";
    api_harness_send(&world, "POST", "/order", api_harness_token(&world, 1), FX_STR(LIMIT_BUY));
    for (int turn = 0; turn < 1000 && world.queued == 0; turn++) {
        api_harness_turn(&world);
    }
    world.now_ms += 2000;
    fx_api_tick(world.api);
    api_harness_receive(&world);
    assert_int_equal(world.code, 504);
}

static void api_order_results_with_unknown_tokens_are_ignored(void **state)
{
    (void)state;
    struct fx_event event;
    memset(&event, 0, sizeof event);
    event.kind = FX_EVENT_RESULT;
    const uint64_t tokens[] = {1, UINT32_MAX, UINT64_MAX, 1ULL << 63U, 1ULL << 32U, 7ULL << 32U};
    for (size_t index = 0; index < sizeof tokens / sizeof tokens[0]; index++) {
        event.token = tokens[index];
        fx_api_on_event(world.api, &event);
    }
    API_EXPECT(&world, "POST", "/order", 1, LIMIT_BUY, 202, NULL);
}

static void api_order_of_a_gone_client_is_still_placed(void **state)
{
    (void)state;
    world.is_stalled = true;
    api_harness_send(&world, "POST", "/order", api_harness_token(&world, 1), FX_STR(LIMIT_BUY));
    for (int turn = 0; turn < 1000 && world.queued == 0; turn++) {
        api_harness_turn(&world);
    }
    api_harness_disconnect(&world);
    world.is_stalled = false;
    api_harness_pump(&world);
    assert_int_equal(fx_view_order_count(world.view), 1);
    api_harness_connect(&world);
    API_EXPECT(&world, "GET", "/order/1", 1, NULL, 200, NULL);
}

/* A queue on the way is half full, because the disk or the database is slow: what opens is refused
 * at once, what lets people out is taken. */
static void api_order_under_load_only_what_reduces_is_taken(void **state)
{
    (void)state;
    char id[32];
    char target[64];
    API_EXPECT(&world, "POST", "/order", 1, LIMIT_BUY, 202, NULL);
    api_harness_member(&world, "tmpId", id, sizeof id);
    (void)snprintf(target, sizeof target, "/order/%s", id);
    world.load_percent = 50;
    const uint64_t before = fx_hash_content(world.kit.engine);
    API_EXPECT_ERROR(&world, "POST", "/order", 1, LIMIT_BUY, 503, "BUSY");
    assert_true(fx_str_is_equal(api_harness_header(&world, "retry-after"), FX_STR("1")));
    assert_non_null(strstr(world.body, "\"executed\":\"no\",\"retryable\":true"));
    API_EXPECT_ERROR(&world, "PUT", target, 1, "{\"price\":98}", 503, "BUSY");
    assert_true(before == fx_hash_content(world.kit.engine));
    API_EXPECT_ERROR(&world,
                     "POST",
                     "/order",
                     1,
                     "{\"symbol\":\"BTCUSDT\",\"side\":\"SELL\",\"type\":\"MARKET\","
                     "\"quantity\":1,\"isReduceOnly\":true}",
                     422,
                     "REDUCE_ONLY_REJECTED"); /* the engine was asked */
    API_EXPECT(&world, "GET", target, 1, NULL, 200, NULL);
    API_EXPECT(&world, "DELETE", target, 1, NULL, 200, NULL);
    API_EXPECT(&world, "DELETE", "/order/cancel-all", 1, NULL, 200, "{\"count\":0}");
    API_EXPECT(&world,
               "POST",
               "/positions/leverage",
               1,
               "{\"symbol\":\"BTCUSDT\",\"leverage\":3}",
               200,
               NULL);
    world.load_percent = 39; /* not yet: it would flicker */
    API_EXPECT_ERROR(&world, "POST", "/order", 1, LIMIT_BUY, 503, "BUSY");
    world.load_percent = 37;
    API_EXPECT(&world, "POST", "/order", 1, LIMIT_BUY, 202, NULL);
    world.load_percent = 49;
    API_EXPECT(&world, "POST", "/order", 1, LIMIT_BUY, 202, NULL);
}

/* Answers that wait are a queue too: half of the table is for cancels. */
static void api_order_half_of_the_pending_table_is_for_cancels(void **state)
{
    (void)state;
    api_harness_deinit(&world);
    const struct fx_api_options options = {.pending_max = 2};
    api_harness_init_with(&world, &options);
    world.is_stalled = true;
    api_harness_send(&world, "POST", "/order", api_harness_token(&world, 1), FX_STR(LIMIT_BUY));
    const int first = world.fd;
    struct fx_net_http_client parser = world.client;
    for (int turn = 0; turn < 1000 && world.queued < 1; turn++) {
        api_harness_turn(&world);
    }
    api_harness_connect(&world);
    API_EXPECT_ERROR(&world, "POST", "/order", 1, LIMIT_BUY, 503, "BUSY");
    world.is_stalled = false;
    API_EXPECT(&world, "DELETE", "/order/cancel-all", 1, NULL, 200, "{\"count\":1}");
    fx_net_http_client_deinit(&parser);
    (void)close(first);
}

static void api_order_pending_table_full_is_busy(void **state)
{
    (void)state;
    api_harness_deinit(&world);
    const struct fx_api_options options = {.pending_max = 2, .shed_percent = 100};
    api_harness_init_with(&world, &options);
    world.is_stalled = true;
    api_harness_send(&world, "POST", "/order", api_harness_token(&world, 1), FX_STR(LIMIT_BUY));
    const int first = world.fd;
    struct fx_net_http_client parser = world.client;
    api_harness_connect(&world);
    const int second = world.fd;
    api_harness_send(&world, "POST", "/order", api_harness_token(&world, 1), FX_STR(LIMIT_BUY));
    struct fx_net_http_client second_parser = world.client;
    for (int turn = 0; turn < 1000 && world.queued < 2; turn++) {
        api_harness_turn(&world);
    }
    api_harness_connect(&world);
    API_EXPECT_ERROR(&world, "POST", "/order", 1, LIMIT_BUY, 503, "BUSY");
    world.is_stalled = false;
    API_EXPECT(&world, "GET", "/ping", 0, NULL, 200, "{}");
    API_EXPECT(&world, "POST", "/order", 1, LIMIT_BUY, 202, NULL); /* slots came back */
    assert_int_equal(fx_view_order_count(world.view), 3);
    fx_net_http_client_deinit(&parser);
    fx_net_http_client_deinit(&second_parser);
    (void)close(first);
    (void)close(second);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(api_order_plain_post_is_pending_with_a_tmp_id),
        T(api_order_with_wait_is_created),
        T(api_order_that_fills_at_once_shows_its_final_row),
        T(api_order_stop_waits_for_its_price),
        T(api_order_that_ended_is_shown_before_it_is_stored),
        T(api_order_rejected_by_the_engine_says_why_in_both_modes),
        T(api_order_filter_says_limit_and_nearest),
        T(api_order_expire_time_too_early_says_milliseconds),
        T(api_order_repeated_client_id_gets_the_first_answer),
        T(api_order_is_found_and_cancelled_by_each_name),
        T(api_order_is_cancelled_by_its_tmp_id),
        T(api_order_amend_moves_price_and_quantity),
        T(api_order_cancel_all_obeys_its_filters),
        T(api_order_cancel_all_goes_on_until_none_is_left),
        T(api_order_full_intake_is_busy),
        T(api_order_without_answer_times_out_as_unknown),
        T(api_order_of_unknown_fate_is_answered_so),
        T(api_order_preferred_wait_is_shorter_than_the_maximum),
        T(api_order_results_with_unknown_tokens_are_ignored),
        T(api_order_of_a_gone_client_is_still_placed),
        T(api_order_under_load_only_what_reduces_is_taken),
        T(api_order_half_of_the_pending_table_is_for_cancels),
        T(api_order_pending_table_full_is_busy),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
