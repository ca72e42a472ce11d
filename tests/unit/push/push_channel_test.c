/* Socket.IO's subscriptions with options: depth and group of a book, and the stream's names. */
#include "push_kit.h"

static struct push_kit *scene_create(void)
{
    const struct fx_push_options options = {0};
    struct push_kit *kit = push_kit_create(&options);
    push_kit_instrument(kit, 0, "BTCUSDT");
    push_kit_begin(kit);
    for (int64_t ticks = 91; ticks <= 100; ticks++) {
        push_kit_book(kit, 0, FX_SIDE_BUY, ticks, 1);
        push_kit_book(kit, 0, FX_SIDE_SELL, 10 + ticks, 2);
    }
    push_kit_result(kit);
    push_kit_tick(kit);
    return kit;
}

static void ask(struct push_kit *kit, struct push_kit_client *client, const char *wanted)
{
    char text[256];
    (void)snprintf(text, sizeof text, "42/ws,1[\"subscribe\",%s]", wanted);
    push_kit_say(kit, client, text);
}

static void push_channel_book_has_depth_and_group(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create();
    struct push_kit_client *client = push_kit_join(kit, 0);
    ask(kit, client, "{\"channel\":\"orderbook_BTCUSDT\",\"depth\":1,\"group\":\"10\"}");
    (void)push_kit_expect_start(
        kit,
        client,
        "42/ws,[\"orderbook\",{\"symbol\":\"BTCUSDT\",\"depth\":1,\"group\":\"10\","
        "\"bids\":[[\"100\",\"1\"]],\"asks\":[[\"110\",\"20\"]],\"lastUpdateId\":2,");
    push_kit_expect(kit, client, "43/ws,1[{\"ok\":true}]");
    ask(kit, client, "{\"channels\":[\"orderbook_BTCUSDT\"],\"depth\":\"5\",\"group\":null}");
    (void)push_kit_expect_start(kit,
                                client,
                                "42/ws,[\"orderbook\",{\"symbol\":\"BTCUSDT\",\"depth\":5,\"bids\":"
                                "[[\"100\",\"1\"],[\"99\",\"1\"],[\"98\",\"1\"],[\"97\",\"1\"],"
                                "[\"96\",\"1\"]],\"asks\":");
    push_kit_expect(kit, client, "43/ws,1[{\"ok\":true}]");
    push_kit_begin(kit);
    push_kit_book(kit, 0, FX_SIDE_BUY, 99, 7);
    push_kit_result(kit);
    push_kit_tick(kit);
    const char *first = push_kit_expect_start(kit, client, "42/ws,[\"orderbook\",");
    const char *second = push_kit_expect_start(kit, client, "42/ws,[\"orderbook\",");
    assert_true((strstr(first, "\"depth\":1,") != NULL) ==
                (strstr(second, "\"depth\":5,") != NULL));
    push_kit_say(
        kit, client, "42/ws,2[\"unsubscribe\",{\"channel\":\"orderbook_BTCUSDT\",\"depth\":5}]");
    push_kit_expect(kit, client, "43/ws,2[{\"ok\":true}]");
    push_kit_begin(kit);
    push_kit_book(kit, 0, FX_SIDE_BUY, 99, 8);
    push_kit_result(kit);
    push_kit_tick(kit);
    const char *left = push_kit_expect_start(kit, client, "42/ws,[\"orderbook\",");
    assert_non_null(strstr(left, "\"depth\":1,"));
    push_kit_expect(kit, client, NULL);
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

static void push_channel_names_of_the_stream_are_the_same_rooms(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create();
    struct push_kit_client *client = push_kit_join(kit, 0);
    ask(kit, client, "\"orderbook.50.BTCUSDT\"");
    const char *text = push_kit_expect_start(kit, client, "42/ws,[\"orderbook\",");
    assert_null(strstr(text, "\"depth\""));
    push_kit_expect(kit, client, "43/ws,1[{\"ok\":true}]");
    push_kit_say(kit, client, "42/ws,2[\"unsubscribe\",\"orderbook_BTCUSDT\"]");
    push_kit_expect(kit, client, "43/ws,2[{\"ok\":true}]");
    push_kit_begin(kit);
    push_kit_book(kit, 0, FX_SIDE_BUY, 99, 8);
    push_kit_result(kit);
    push_kit_tick(kit);
    push_kit_expect(kit, client, NULL);
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

static void push_channel_bars_are_an_array(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create();
    struct push_kit_client *client = push_kit_join(kit, 0);
    ask(kit, client, "\"kline_BTCUSDT_5m\"");
    push_kit_expect(kit, client, "42/ws,[\"kline\",[]]"); /* nothing was ever traded */
    push_kit_expect(kit, client, "43/ws,1[{\"ok\":true}]");
    push_kit_begin(kit);
    push_kit_trade(kit, 0, 1, 4);
    push_kit_result(kit);
    push_kit_tick(kit);
    const char *text = push_kit_expect_start(kit, client, "42/ws,[\"kline\",[{");
    assert_non_null(strstr(text, "\"interval\":\"5m\""));
    assert_non_null(strstr(text, "\"volume\":\"4\""));
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

static void push_channel_bad_options_are_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "{\"channel\":\"orderbook_BTCUSDT\",\"depth\":2}",
        "{\"channel\":\"orderbook_BTCUSDT\",\"depth\":-1}",
        "{\"channel\":\"orderbook_BTCUSDT\",\"depth\":[5]}",
        "{\"channel\":\"orderbook_BTCUSDT\",\"depth\":18446744073709551617}",
        "{\"channel\":\"orderbook_BTCUSDT\",\"group\":\"3\"}",
        "{\"channel\":\"orderbook_BTCUSDT\",\"group\":{}}",
        "{\"channel\":\"trades_BTCUSDT\",\"depth\":5}",
        "{\"channel\":\"ticker_BTCUSDT\",\"group\":\"10\"}",
    };
    struct push_kit *kit = scene_create();
    struct push_kit_client *client = push_kit_join(kit, 0);
    for (size_t index = 0; index < sizeof BAD / sizeof BAD[0]; index++) {
        ask(kit, client, BAD[index]);
        (void)push_kit_expect_start(
            kit, client, "43/ws,1[{\"ok\":false,\"code\":\"BAD_PARAMETER\"");
    }
    push_kit_expect(kit, client, NULL);
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(push_channel_book_has_depth_and_group),
        cmocka_unit_test(push_channel_names_of_the_stream_are_the_same_rooms),
        cmocka_unit_test(push_channel_bars_are_an_array),
        cmocka_unit_test(push_channel_bad_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
