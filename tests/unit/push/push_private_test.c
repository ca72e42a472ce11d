/* Private topics of the plain stream: snapshots, numbers, resume, who may listen, limits. */
#include "push/push.h"
#include "stream_kit.h"

#define ALL "[\"order\",\"execution\",\"position\",\"wallet\"]"

static const struct fx_push_options PLAIN = {0};

static struct push_kit *scene_create(void)
{
    struct push_kit *kit = push_kit_create(&PLAIN);
    push_kit_instrument(kit, 0, "BTCUSDT");
    push_kit_tick(kit);
    return kit;
}

/* One command that places an order for a user and changes the rest of what is his. */
static void happen(struct push_kit *kit, uint64_t user_id, uint64_t order_id)
{
    struct fx_event trade = {.kind = FX_EVENT_TRADE};
    push_kit_begin(kit);
    push_kit_order(kit, user_id, order_id);
    trade.u.trade.trade_id = order_id;
    trade.u.trade.price_ticks = 100;
    trade.u.trade.lots = 2;
    trade.u.trade.buy_user_id = user_id;
    trade.u.trade.sell_user_id = user_id + 50;
    push_kit_apply(kit, &trade);
    push_kit_position(kit, user_id, 4);
    push_kit_account(kit, user_id, (int64_t)order_id);
    push_kit_result(kit);
}

static void ask(struct push_kit *kit,
                struct push_kit_client *client,
                const char *topics,
                const char *resume)
{
    char text[512];
    (void)snprintf(
        text, sizeof text, "{\"id\":1,\"op\":\"subscribe\",\"args\":%s%s}", topics, resume);
    push_kit_say(kit, client, text);
}

static void expect_resumed(struct push_kit *kit, struct push_kit_client *client, bool is_resumed)
{
    const char *answer =
        push_kit_expect_start(kit, client, "{\"id\":1,\"op\":\"subscribe\",\"success\":true,");
    assert_true(stream_kit_has(answer, is_resumed ? "\"resumed\":true" : "\"resumed\":false"));
}

/* Read the four snapshots. The epoch is in the last one. */
static void expect_snapshots(struct push_kit *kit, struct push_kit_client *client, char epoch[17])
{
    static const char *const NAMES[] = {"order", "execution", "position", "wallet"};
    for (size_t index = 0; index < 4; index++) {
        const char *text = stream_kit_expect(kit, client, NAMES[index], "snapshot");
        assert_int_equal(stream_kit_number(text, "prevSeq"), -1);
        assert_true(stream_kit_has(text, "\"part\":1,\"isLast\":true"));
        const char *found = strstr(text, "\"epoch\":\"");
        assert_true((found != NULL) == (index == 3));
        if (found != NULL) {
            memcpy(epoch, found + strlen("\"epoch\":\""), 16);
            epoch[16] = '\0';
        }
    }
}

static void push_private_needs_to_know_who(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create();
    struct push_kit_client *client = stream_kit_open(kit, 0);
    ask(kit, client, "[\"trades.BTCUSDT\",\"order\"]", "");
    const char *answer = push_kit_expect_start(kit, client, "{\"id\":1,\"op\":\"subscribe\",");
    assert_true(stream_kit_has(answer, "\"success\":false,\"code\":\"UNAUTHORIZED\""));
    assert_true(stream_kit_has(answer, "\"arg\":\"order\""));
    happen(kit, 7, 1);
    fx_push_flush(kit->push);
    push_kit_expect(kit, client, NULL);
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

static void push_private_is_the_state_and_then_what_changes(void **state)
{
    (void)state;
    char epoch[17];
    struct push_kit *kit = scene_create();
    happen(kit, 7, 1); /* before anybody listens: in the snapshot only */
    struct push_kit_client *client = stream_kit_open(kit, 7);
    ask(kit, client, ALL, "");
    expect_resumed(kit, client, false);
    expect_snapshots(kit, client, epoch);
    assert_true(stream_kit_has(client->messages[1], "\"data\":[{\"id\":1,"));
    assert_true(stream_kit_has(client->messages[2], "\"data\":[],"));
    assert_true(stream_kit_has(client->messages[3], "\"currentQty\":\"4\""));
    assert_true(stream_kit_has(client->messages[4], "\"balance\":\"1\""));
    happen(kit, 8, 2); /* somebody else */
    happen(kit, 7, 3);
    const char *text = stream_kit_expect(kit, client, "order", "delta");
    assert_int_equal(stream_kit_number(text, "seq"), 1);
    assert_int_equal(stream_kit_number(text, "prevSeq"), 0);
    assert_true(stream_kit_has(text, "\"data\":[{\"id\":3,"));
    text = stream_kit_expect(kit, client, "execution", "delta");
    assert_int_equal(stream_kit_number(text, "seq"), 2);
    assert_true(stream_kit_has(text, "\"side\":\"BUY\"") &&
                stream_kit_has(text, "\"price\":\"100\""));
    text = stream_kit_expect(kit, client, "position", "delta");
    assert_int_equal(stream_kit_number(text, "seq"), 3);
    text = stream_kit_expect(kit, client, "wallet", "delta");
    assert_int_equal(stream_kit_number(text, "seq"), 4);
    happen(kit, 7, 4);
    text = stream_kit_expect(kit, client, "order", "delta");
    assert_int_equal(stream_kit_number(text, "seq"), 5);
    assert_int_equal(stream_kit_number(text, "prevSeq"), 1);
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

static void push_private_left_topics_are_silent(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create();
    struct push_kit_client *client = stream_kit_open(kit, 7);
    ask(kit, client, "[\"wallet\"]", "");
    expect_resumed(kit, client, false);
    (void)stream_kit_expect(kit, client, "wallet", "snapshot");
    happen(kit, 7, 1);
    const char *text = stream_kit_expect(kit, client, "wallet", "delta");
    assert_int_equal(stream_kit_number(text, "seq"),
                     4); /* of all his topics; the chain is its own */
    assert_int_equal(stream_kit_number(text, "prevSeq"), 0);
    push_kit_expect(kit, client, NULL);
    push_kit_say(kit, client, "{\"op\":\"unsubscribe\",\"args\":[\"wallet\"]}");
    (void)push_kit_expect_start(kit, client, "{\"op\":\"unsubscribe\",\"success\":true,");
    happen(kit, 7, 2);
    push_kit_expect(kit, client, NULL);
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

static void push_private_frame_is_shared_by_connections(void **state)
{
    (void)state;
    char epoch[17];
    struct push_kit *kit = scene_create();
    struct push_kit_client *clients[3];
    for (int index = 0; index < 3; index++) {
        clients[index] = stream_kit_open(kit, 7);
        ask(kit, clients[index], ALL, "");
        expect_resumed(kit, clients[index], false);
        expect_snapshots(kit, clients[index], epoch);
    }
    const struct fx_push_stats before = push_kit_stats(kit);
    happen(kit, 7, 1);
    const struct fx_push_stats after = push_kit_stats(kit);
    assert_int_equal(after.encoded - before.encoded, 4);
    assert_int_equal(after.frames - before.frames, 12);
    for (int index = 0; index < 3; index++) {
        push_kit_close(kit, clients[index]);
    }
    push_kit_destroy(kit);
}

static void push_private_eleventh_connection_is_refused(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create();
    struct push_kit_client *clients[11];
    for (int index = 0; index < 11; index++) {
        clients[index] = stream_kit_open(kit, 7);
        ask(kit, clients[index], "[\"wallet\"]", "");
        if (index < 10) {
            expect_resumed(kit, clients[index], false);
        } else {
            const char *answer = push_kit_next(kit, clients[index]);
            assert_true(stream_kit_has(answer, "\"code\":\"CAPACITY\""));
        }
    }
    for (int index = 0; index < 11; index++) {
        push_kit_close(kit, clients[index]);
    }
    push_kit_destroy(kit);
}

/* ---- resume ---------------------------------------------------------------------------------- */

static void push_private_resume_brings_the_rest(void **state)
{
    (void)state;
    char epoch[17];
    char resume[96];
    struct push_kit *kit = scene_create();
    struct push_kit_client *client = stream_kit_open(kit, 7);
    ask(kit, client, ALL, "");
    expect_resumed(kit, client, false);
    expect_snapshots(kit, client, epoch);
    push_kit_close(kit, client);
    happen(kit, 7, 1); /* nobody is there */
    happen(kit, 7, 2);
    client = stream_kit_open(kit, 7);
    (void)snprintf(resume, sizeof resume, ",\"resume\":{\"epoch\":\"%s\",\"seq\":3}", epoch);
    ask(kit, client, "[\"order\",\"wallet\"]", resume);
    expect_resumed(kit, client, true);
    const char *text = stream_kit_expect(kit, client, "wallet", "delta");
    assert_int_equal(stream_kit_number(text, "seq"), 4);
    text = stream_kit_expect(kit, client, "order", "delta");
    assert_int_equal(stream_kit_number(text, "seq"), 5);
    text = stream_kit_expect(kit, client, "wallet", "delta");
    assert_int_equal(stream_kit_number(text, "seq"), 8);
    push_kit_expect(kit, client, NULL);
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

static void push_private_resume_of_another_epoch_or_user_is_a_snapshot(void **state)
{
    (void)state;
    char epoch[17];
    char again[17];
    char resume[96];
    struct push_kit *kit = scene_create();
    struct push_kit_client *client = stream_kit_open(kit, 7);
    ask(kit, client, ALL, "");
    expect_resumed(kit, client, false);
    expect_snapshots(kit, client, epoch);
    push_kit_close(kit, client);
    (void)snprintf(resume, sizeof resume, ",\"resume\":{\"epoch\":\"%s\",\"seq\":0}", epoch);
    client = stream_kit_open(kit, 8); /* the epoch of somebody else leads nowhere */
    ask(kit, client, ALL, resume);
    expect_resumed(kit, client, false);
    expect_snapshots(kit, client, again);
    assert_string_not_equal(epoch, again);
    push_kit_close(kit, client);
    push_kit_destroy(kit);
    kit = scene_create(); /* the server was started anew */
    happen(kit, 7, 5);
    client = stream_kit_open(kit, 7);
    ask(kit, client, ALL, resume);
    expect_resumed(kit, client, false);
    expect_snapshots(kit, client, again);
    assert_string_not_equal(epoch, again);
    assert_true(stream_kit_has(client->messages[1], "\"data\":[{\"id\":5,"));
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

static void push_private_large_state_comes_in_parts(void **state)
{
    (void)state;
    enum { ORDERS = 1000 };
    struct push_kit *kit = scene_create();
    for (uint64_t order_id = 1; order_id <= ORDERS; order_id++) {
        push_kit_begin(kit);
        push_kit_order(kit, 7, order_id);
        push_kit_result(kit);
    }
    struct push_kit_client *client = stream_kit_open(kit, 7);
    ask(kit, client, "[\"order\"]", "");
    expect_resumed(kit, client, false);
    int64_t part = 0;
    uint32_t rows = 0;
    for (bool is_last = false; !is_last;) {
        const char *text = stream_kit_expect(kit, client, "order", "snapshot");
        part++;
        assert_int_equal(stream_kit_number(text, "part"), part);
        is_last = stream_kit_has(text, "\"isLast\":true");
        assert_true(stream_kit_has(text, "\"epoch\":\"") == is_last);
        for (const char *at = text; (at = strstr(at, "{\"id\":")) != NULL; at++) {
            rows++;
        }
    }
    assert_int_equal(rows, ORDERS);
    assert_true(part > 2);
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

/* More than may be sent at once is cut, and says so. */
static void push_private_too_large_state_says_that_it_is_cut(void **state)
{
    (void)state;
    enum { ORDERS = 9000 };
    struct push_kit *kit = scene_create();
    push_kit_begin(kit);
    for (uint64_t order_id = 1; order_id <= ORDERS; order_id++) {
        push_kit_order(kit, 7, order_id);
    }
    push_kit_result(kit);
    struct push_kit_client *client = stream_kit_open(kit, 7);
    ask(kit, client, "[\"order\"]", "");
    expect_resumed(kit, client, false);
    size_t size = 0;
    uint32_t rows = 0;
    for (bool is_last = false; !is_last;) {
        const char *text = stream_kit_expect(kit, client, "order", "snapshot");
        is_last = stream_kit_has(text, "\"isLast\":true");
        assert_true(stream_kit_has(text, "\"isCut\":true") == is_last);
        size += strlen(text);
        for (const char *at = text; (at = strstr(at, "{\"id\":")) != NULL; at++) {
            rows++;
        }
    }
    assert_true(rows > 1000 && rows < ORDERS);
    assert_true(size > 2U << 20U && size < 4U << 20U);
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

/* Who does not read is closed, and comes back without a gap. */
static void push_private_slow_reader_is_closed_and_resumes(void **state)
{
    (void)state;
    char epoch[17];
    char resume[96];
    uint64_t order_id = 1;
    struct push_kit *kit = scene_create();
    struct push_kit_client *client = push_kit_dial(kit, "/ws/stream", "", 4096);
    char token[1024];
    char text[1200];
    (void)push_kit_token(kit, 7, kit->now_s + 3600, token);
    (void)snprintf(text, sizeof text, "{\"op\":\"auth\",\"args\":[\"Bearer %s\"]}", token);
    push_kit_say(kit, client, text);
    (void)push_kit_expect_start(kit, client, "{\"op\":\"auth\",\"success\":true,");
    ask(kit, client, ALL, "");
    expect_resumed(kit, client, false);
    expect_snapshots(kit, client, epoch);
    client->is_silent = true;
    while (push_kit_stats(kit).slow_consumer_closed == 0) {
        push_kit_begin(kit);
        for (int count = 0; count < 50; count++) { /* one message of about 30 KiB */
            push_kit_order(kit, 7, order_id);
            order_id++;
        }
        push_kit_result(kit);
        push_kit_turn(kit, 1);
        assert_true(order_id < 100000);
    }
    client->is_silent = false;
    int64_t seq = 0;
    for (const char *message = push_kit_next(kit, client); message != NULL;
         message = push_kit_next(kit, client)) {
        seq = stream_kit_number(message, "seq");
    }
    assert_true(client->is_over);
    assert_int_equal(client->code, FX_NET_WEBSOCKET_CODE_TRY_LATER);
    push_kit_close(kit, client);
    client = stream_kit_open(kit, 7);
    (void)snprintf(resume,
                   sizeof resume,
                   ",\"resume\":{\"epoch\":\"%s\",\"seq\":%lld}",
                   epoch,
                   (long long)seq);
    ask(kit, client, ALL, resume);
    expect_resumed(kit, client, true);
    const char *first = stream_kit_expect(kit, client, "order", "delta");
    assert_int_equal(stream_kit_number(first, "seq"), seq + 1);
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(push_private_needs_to_know_who),
        cmocka_unit_test(push_private_is_the_state_and_then_what_changes),
        cmocka_unit_test(push_private_left_topics_are_silent),
        cmocka_unit_test(push_private_frame_is_shared_by_connections),
        cmocka_unit_test(push_private_eleventh_connection_is_refused),
        cmocka_unit_test(push_private_resume_brings_the_rest),
        cmocka_unit_test(push_private_resume_of_another_epoch_or_user_is_a_snapshot),
        cmocka_unit_test(push_private_large_state_comes_in_parts),
        cmocka_unit_test(push_private_too_large_state_says_that_it_is_cut),
        cmocka_unit_test(push_private_slow_reader_is_closed_and_resumes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
