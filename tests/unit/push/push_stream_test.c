/* The plain stream over real sockets: ops and their answers, topics, chains, limits, ends. */
#include "push/push.h"
#include "stream_kit.h"

#define BOOK "orderbook.5.BTCUSDT"

static const struct fx_push_options PLAIN = {0};

static struct push_kit *scene_create(const struct fx_push_options *options)
{
    struct push_kit *kit = push_kit_create(options);
    push_kit_instrument(kit, 0, "BTCUSDT");
    push_kit_instrument(kit, 1, "ETHUSDT");
    push_kit_tick(kit);
    return kit;
}

/* One command that sets a level. */
static void set_level(struct push_kit *kit, enum fx_side side, int64_t ticks, int64_t lots)
{
    push_kit_begin(kit);
    push_kit_book(kit, 0, side, ticks, lots);
    push_kit_result(kit);
}

static void trade(struct push_kit *kit, uint64_t trade_id)
{
    push_kit_begin(kit);
    push_kit_trade(kit, 0, trade_id, 3);
    push_kit_result(kit);
    fx_push_flush(kit->push);
}

/* ---- ops ------------------------------------------------------------------------------------- */

static void refuse(struct push_kit *kit,
                   struct push_kit_client *client,
                   const char *text,
                   const char *expected)
{
    push_kit_say(kit, client, text);
    const char *answer = push_kit_expect_start(kit, client, expected);
    assert_true(stream_kit_has(answer, "\"msg\":\"") && stream_kit_has(answer, "\"ts\":"));
}

static void push_stream_ops_are_answered_with_their_id(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PLAIN);
    struct push_kit_client *client = stream_kit_open(kit, 0);
    push_kit_say(kit, client, "{\"op\":\"ping\"}");
    (void)push_kit_expect_start(kit, client, "{\"op\":\"pong\",\"ts\":1700000000000}");
    push_kit_say(kit, client, "{\"id\":\"a\\u0062\",\"op\":\"ping\"}");
    (void)push_kit_expect_start(kit, client, "{\"id\":\"a\\u0062\",\"op\":\"pong\",\"ts\":");
    push_kit_say(kit,
                 client,
                 "{\"id\":\"1\",\"op\":\"subscribe\",\"args\":[\"trades.BTCUSDT\",\"" BOOK "\"]}");
    const char *answer = push_kit_expect_start(
        kit, client, "{\"id\":\"1\",\"op\":\"subscribe\",\"success\":true,\"connId\":\"");
    assert_true(stream_kit_has(
        answer, "\",\"args\":[\"trades.BTCUSDT\",\"" BOOK "\"],\"ts\":1700000000000}"));
    (void)stream_kit_expect(kit, client, "trades.BTCUSDT", "snapshot");
    (void)stream_kit_expect(kit, client, BOOK, "snapshot");
    push_kit_say(kit, client, "{\"id\":2,\"op\":\"unsubscribe\",\"args\":[\"trades_BTCUSDT\"]}");
    (void)push_kit_expect_start(kit, client, "{\"id\":2,\"op\":\"unsubscribe\",\"success\":true,");
    trade(kit, 1);
    push_kit_expect(kit, client, NULL);
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

#define NO(code) "\"success\":false,\"code\":\"" code "\""

static void push_stream_bad_messages_are_refused_and_change_nothing(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PLAIN);
    struct push_kit_client *client = stream_kit_open(kit, 0);
    refuse(kit, client, "", "{" NO("BAD_JSON"));
    refuse(kit, client, "hello", "{" NO("BAD_JSON"));
    refuse(kit, client, "{\"op\":\"ping\",\"op\":\"ping\"}", "{" NO("BAD_JSON"));
    refuse(kit, client, "[]", "{" NO("BAD_REQUEST"));
    refuse(kit, client, "{}", "{" NO("BAD_PARAMETER"));
    refuse(kit, client, "{\"op\":7}", "{" NO("BAD_PARAMETER"));
    refuse(kit, client, "{\"id\":{},\"op\":\"ping\"}", "{\"op\":\"ping\"," NO("BAD_PARAMETER"));
    refuse(kit, client, "{\"id\":1,\"op\":\"x\"}", "{\"id\":1,\"op\":\"x\"," NO("ROUTE_NOT_FOUND"));
    static const struct {
        const char *args;
        const char *answer;
    } BAD[] = {
        {"{}", NO("BAD_PARAMETER")},
        {"[]", NO("BAD_PARAMETER")},
        {"[7]", NO("BAD_PARAMETER")},
        {"[\"orderbook.5.XRPUSDT\"]", NO("UNKNOWN_SYMBOL")},
        {"[\"orderbook.7.BTCUSDT\"]", NO("BAD_PARAMETER")},
        {"[\"orderbook.BTCUSDT\"]", NO("BAD_PARAMETER")},
        {"[\"orderbook.5.BTCUSDT.3\"]", NO("BAD_PARAMETER")},
        {"[\"user_7\"]", NO("FORBIDDEN")},
        {"[\"trades.BTCUSDT\",\"nothing\"]", NO("BAD_PARAMETER")},
    };
    for (size_t index = 0; index < sizeof BAD / sizeof BAD[0]; index++) {
        char text[256];
        char expected[256];
        (void)snprintf(
            text, sizeof text, "{\"id\":3,\"op\":\"subscribe\",\"args\":%s}", BAD[index].args);
        (void)snprintf(
            expected, sizeof expected, "{\"id\":3,\"op\":\"subscribe\",%s", BAD[index].answer);
        refuse(kit, client, text, expected);
    }
    trade(kit, 1); /* trades.BTCUSDT was not subscribed: its request had a bad name */
    push_kit_expect(kit, client, NULL);
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

/* ---- topics ---------------------------------------------------------------------------------- */

static void push_stream_book_is_a_snapshot_and_then_differences(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PLAIN);
    set_level(kit, FX_SIDE_BUY, 100, 5);
    struct push_kit_client *client = stream_kit_open(kit, 0);
    stream_kit_subscribe(kit, client, "[\"" BOOK "\"]");
    const char *text = stream_kit_expect(kit, client, BOOK, "snapshot");
    assert_int_equal(stream_kit_number(text, "seq"), 3);
    assert_int_equal(stream_kit_number(text, "prevSeq"), -1);
    assert_true(
        stream_kit_has(text, "\"data\":{\"s\":\"BTCUSDT\",\"b\":[[\"100\",\"5\"]],\"a\":[]}}"));
    set_level(kit, FX_SIDE_SELL, 101, 2);
    set_level(kit, FX_SIDE_BUY, 100, 0);
    push_kit_tick(kit);
    text = stream_kit_expect(kit, client, BOOK, "delta");
    assert_int_equal(stream_kit_number(text, "seq"), 5);
    assert_int_equal(stream_kit_number(text, "prevSeq"), 3);
    assert_true(stream_kit_has(text, "\"b\":[[\"100\",\"0\"]],\"a\":[[\"101\",\"2\"]]}}"));
    set_level(kit, FX_SIDE_BUY, 99, 1); /* comes and goes between two ticks: nobody sees it */
    set_level(kit, FX_SIDE_BUY, 99, 0);
    push_kit_tick(kit);
    push_kit_expect(kit, client, NULL);
    set_level(kit, FX_SIDE_BUY, 98, 1);
    push_kit_tick(kit);
    text = stream_kit_expect(kit, client, BOOK, "delta");
    assert_int_equal(stream_kit_number(text, "seq"), 8);
    assert_int_equal(stream_kit_number(text, "prevSeq"), 5);
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

static void push_stream_silent_book_has_a_heartbeat(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PLAIN);
    set_level(kit, FX_SIDE_BUY, 100, 5);
    struct push_kit_client *client = stream_kit_open(kit, 0);
    stream_kit_subscribe(kit, client, "[\"" BOOK "\"]");
    (void)stream_kit_expect(kit, client, BOOK, "snapshot");
    kit->now_ms += 29800;
    push_kit_tick(kit);
    push_kit_expect(kit, client, NULL);
    push_kit_tick(kit);
    const char *text = stream_kit_expect(kit, client, BOOK, "delta");
    assert_int_equal(stream_kit_number(text, "seq"), 3);
    assert_int_equal(stream_kit_number(text, "prevSeq"), 3);
    assert_true(stream_kit_has(text, "\"b\":[],\"a\":[]"));
    push_kit_tick(kit);
    push_kit_expect(kit, client, NULL);
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

static void push_stream_trades_are_a_chain(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PLAIN);
    trade(kit, 1);
    trade(kit, 2);
    struct push_kit_client *client = stream_kit_open(kit, 0);
    stream_kit_subscribe(kit, client, "[\"trades.BTCUSDT\"]");
    const char *text = stream_kit_expect(kit, client, "trades.BTCUSDT", "snapshot");
    assert_int_equal(stream_kit_number(text, "seq"), 4);
    assert_true(stream_kit_has(text, "[{\"id\":1,") && stream_kit_has(text, ",{\"id\":2,"));
    trade(kit, 3);
    text = stream_kit_expect(kit, client, "trades.BTCUSDT", "delta");
    assert_int_equal(stream_kit_number(text, "seq"), 5);
    assert_int_equal(stream_kit_number(text, "prevSeq"), 4);
    assert_true(stream_kit_has(text, "[{\"id\":3,") && !stream_kit_has(text, "\"id\":2,"));
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

/* Between fold and flush somebody subscribes: the trade comes once, as a difference. */
static void push_stream_trade_before_its_flush_comes_once(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PLAIN);
    trade(kit, 1);
    struct push_kit_client *client = stream_kit_open(kit, 0);
    push_kit_begin(kit);
    push_kit_trade(kit, 0, 2, 3);
    push_kit_result(kit);
    stream_kit_subscribe(kit, client, "[\"trades.BTCUSDT\"]");
    const char *text = stream_kit_expect(kit, client, "trades.BTCUSDT", "snapshot");
    assert_true(stream_kit_has(text, "\"id\":1,") && !stream_kit_has(text, "\"id\":2,"));
    fx_push_flush(kit->push);
    text = stream_kit_expect(kit, client, "trades.BTCUSDT", "delta");
    assert_true(stream_kit_has(text, "\"id\":2,"));
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

static void push_stream_ticker_is_whole(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PLAIN);
    struct push_kit_client *client = stream_kit_open(kit, 0);
    stream_kit_subscribe(kit, client, "[\"ticker_BTCUSDT\"]");
    const char *text = stream_kit_expect(kit, client, "ticker.BTCUSDT", "snapshot");
    assert_int_equal(stream_kit_number(text, "seq"), 2);
    trade(kit, 1);
    push_kit_tick(kit);
    text = stream_kit_expect(kit, client, "ticker.BTCUSDT", "delta");
    assert_int_equal(stream_kit_number(text, "prevSeq"), 2);
    assert_true(stream_kit_has(text, "\"lastPrice\":\"100\""));
    push_kit_tick(kit);
    push_kit_expect(kit, client, NULL);
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

/* The live bar, a trade in it, and its last form when its minute is over, without any trade. */
static void push_stream_bars_move_and_become_final(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PLAIN);
    struct push_kit_client *client = stream_kit_open(kit, 0);
    kit->now_s = PUSH_KIT_NOW_S / 60 * 60;
    trade(kit, 1);
    push_kit_tick(kit);
    stream_kit_subscribe(kit, client, "[\"kline_BTCUSDT_1m\"]");
    const char *text = stream_kit_expect(kit, client, "kline.1m.BTCUSDT", "snapshot");
    assert_true(stream_kit_has(text, "\"volume\":\"3\"") &&
                stream_kit_has(text, "\"isFinal\":false"));
    const int64_t seq = stream_kit_number(text, "seq");
    trade(kit, 2);
    push_kit_tick(kit);
    text = stream_kit_expect(kit, client, "kline.1m.BTCUSDT", "delta");
    assert_int_equal(stream_kit_number(text, "prevSeq"), seq);
    assert_true(stream_kit_has(text, "\"volume\":\"6\"") &&
                stream_kit_has(text, "\"isFinal\":false"));
    push_kit_tick(kit);
    push_kit_expect(kit, client, NULL);
    kit->now_s += 60;
    set_level(kit, FX_SIDE_BUY, 10, 1); /* the engine's time moves by events only */
    push_kit_tick(kit);
    text = stream_kit_expect(kit, client, "kline.1m.BTCUSDT", "delta");
    const char *old = strstr(text, "\"isFinal\":true");
    const char *live = strstr(text, "\"isFinal\":false");
    assert_true(old != NULL && live != NULL && old < live);
    push_kit_tick(kit);
    push_kit_expect(kit, client, NULL);
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

/* All members of a topic share one frame, whatever else they do. */
static void push_stream_change_is_encoded_once(void **state)
{
    (void)state;
    enum { CLIENTS = 8 };
    struct push_kit *kit = scene_create(&PLAIN);
    struct push_kit_client *clients[CLIENTS];
    for (int index = 0; index < CLIENTS; index++) {
        clients[index] = stream_kit_open(kit, 0);
        stream_kit_subscribe(kit, clients[index], "[\"" BOOK "\"]");
        (void)stream_kit_expect(kit, clients[index], BOOK, "snapshot");
    }
    const struct fx_push_stats before = push_kit_stats(kit);
    set_level(kit, FX_SIDE_BUY, 100, 5);
    push_kit_tick(kit);
    const struct fx_push_stats after = push_kit_stats(kit);
    assert_int_equal(after.encoded - before.encoded, 1);
    assert_int_equal(after.frames - before.frames, CLIENTS);
    for (int index = 0; index < CLIENTS; index++) {
        (void)stream_kit_expect(kit, clients[index], BOOK, "delta");
        push_kit_close(kit, clients[index]);
    }
    push_kit_destroy(kit);
}

/* ---- slow readers ---------------------------------------------------------------------------- */

static void push_stream_slow_reader_gets_a_new_snapshot(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PLAIN);
    struct push_kit_client *slow = push_kit_dial(kit, "/ws/stream", "", 4096);
    struct push_kit_client *quick = stream_kit_open(kit, 0);
    stream_kit_subscribe(kit, slow, "[\"orderbook.200.BTCUSDT\"]");
    stream_kit_subscribe(kit, quick, "[\"orderbook.200.BTCUSDT\"]");
    (void)stream_kit_expect(kit, slow, "orderbook.200.BTCUSDT", "snapshot");
    (void)stream_kit_expect(kit, quick, "orderbook.200.BTCUSDT", "snapshot");
    slow->is_silent = true;
    uint32_t rounds = 0;
    uint32_t missed = 0;
    while (missed < 3) {
        missed += push_kit_stats(kit).conflated > 0;
        for (int64_t ticks = 1; ticks <= PUSH_KIT_DEPTH; ticks++) {
            set_level(kit, FX_SIDE_BUY, ticks, 100000000000000000 + rounds);
            set_level(kit, FX_SIDE_SELL, 1000 + ticks, 100000000000000000 + rounds);
        }
        push_kit_tick(kit);
        (void)stream_kit_expect(kit, quick, "orderbook.200.BTCUSDT", "delta");
        rounds++;
        assert_true(rounds < 5000);
    }
    slow->is_silent = false;
    int64_t seq = -1;
    uint32_t snapshots = 0;
    for (int turn = 0; turn < 4; turn++) {
        for (const char *text = push_kit_next(kit, slow); text != NULL;
             text = push_kit_next(kit, slow)) {
            const int64_t previous = stream_kit_number(text, "prevSeq");
            assert_true(seq == -1 || previous == seq || previous == -1); /* it would know a gap */
            snapshots += previous == -1;
            seq = stream_kit_number(text, "seq");
        }
        push_kit_tick(kit);
    }
    assert_int_equal(snapshots, 1);
    assert_int_equal(seq, kit->sequence);
    push_kit_close(kit, slow);
    push_kit_close(kit, quick);
    push_kit_destroy(kit);
}

/* ---- limits and ends ------------------------------------------------------------------------- */

static void expect_end(struct push_kit *kit, struct push_kit_client *client, uint16_t code)
{
    for (int turn = 0; turn < 50 && !client->is_over; turn++) {
        push_kit_read(kit, client);
    }
    assert_true(client->is_over);
    assert_int_equal(client->code, code);
    push_kit_close(kit, client);
    assert_int_equal(push_kit_stats(kit).streams, 0);
}

/* The user of this id may do nothing. */
static bool admits(void *self, const struct fx_jwt_claims *claims)
{
    const uint64_t *refused = self;
    return claims->user_id != *refused;
}

static void push_stream_of_a_called_back_token_ends_at_once(void **state)
{
    (void)state;
    uint64_t refused = 0;
    const struct fx_push_options options = {.admits = admits, .admits_self = &refused};
    struct push_kit *kit = scene_create(&options);
    struct push_kit_client *other = stream_kit_open(kit, 6);
    struct push_kit_client *client = stream_kit_open(kit, 5);
    fx_push_kick_user(kit->push, 5); /* still admitted */
    for (int turn = 0; turn < 5; turn++) {
        push_kit_read(kit, client);
    }
    assert_false(client->is_over);
    refused = 5;
    fx_push_kick_user(kit->push, 5);
    for (int turn = 0; turn < 50 && !client->is_over; turn++) {
        push_kit_read(kit, client);
    }
    assert_true(client->is_over);
    push_kit_read(kit, other);
    assert_false(other->is_over);
    push_kit_close(kit, client);
    push_kit_close(kit, other);
    push_kit_destroy(kit);
}

static void push_stream_binary_and_large_messages_end_it(void **state)
{
    (void)state;
    static char large[65 * 1024];
    struct push_kit *kit = scene_create(&PLAIN);
    struct push_kit_client *client = stream_kit_open(kit, 0);
    push_kit_send(kit, client, FX_NET_WEBSOCKET_OPCODE_BINARY, FX_STR("{\"op\":\"ping\"}"));
    expect_end(kit, client, FX_NET_WEBSOCKET_CODE_UNSUPPORTED);
    memset(large, ' ', sizeof large);
    client = stream_kit_open(kit, 0);
    push_kit_send(kit, client, FX_NET_WEBSOCKET_OPCODE_TEXT, (fx_str){large, sizeof large});
    expect_end(kit, client, FX_NET_WEBSOCKET_CODE_TOO_LARGE);
    push_kit_destroy(kit);
}

/* Bytes as no client sends them: each ends the connection with its code, and only that one. */
static void push_stream_broken_frames_end_it(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        uint16_t code;
    } BAD[] = {
        {"\x81\x02{}", 4, FX_NET_WEBSOCKET_CODE_PROTOCOL},               /* not masked */
        {"\xc1\x82\0\0\0\0{}", 8, FX_NET_WEBSOCKET_CODE_PROTOCOL},       /* RSV1 */
        {"\x83\x80\0\0\0\0", 6, FX_NET_WEBSOCKET_CODE_PROTOCOL},         /* opcode 3 */
        {"\x80\x80\0\0\0\0", 6, FX_NET_WEBSOCKET_CODE_PROTOCOL},         /* nothing to go on */
        {"\x89\xfe\0\x7e\0\0\0\0", 8, FX_NET_WEBSOCKET_CODE_PROTOCOL},   /* a long ping */
        {"\x09\x80\0\0\0\0", 6, FX_NET_WEBSOCKET_CODE_PROTOCOL},         /* half a ping */
        {"\x81\x82\0\0\0\0\xc3\x28", 8, FX_NET_WEBSOCKET_CODE_BAD_TEXT}, /* no UTF-8 */
        {"\x88\x81\0\0\0\0\x03", 7, FX_NET_WEBSOCKET_CODE_PROTOCOL},     /* half a code */
        {"\x88\x82\0\0\0\0\x03\xed", 8, FX_NET_WEBSOCKET_CODE_PROTOCOL}, /* code 1005 */
        {"\x81\xff\x7f\0\0\0\0\0\0\0\0\0\0\0", 14, FX_NET_WEBSOCKET_CODE_TOO_LARGE},
    };
    struct push_kit *kit = scene_create(&PLAIN);
    struct push_kit_client *other = stream_kit_open(kit, 0);
    for (size_t index = 0; index < sizeof BAD / sizeof BAD[0]; index++) {
        struct push_kit_client *client = stream_kit_open(kit, 0);
        push_kit_put(client->fd, (fx_str){BAD[index].bytes, BAD[index].size});
        for (int turn = 0; turn < 50 && !client->is_over; turn++) {
            push_kit_read(kit, client);
        }
        assert_true(client->is_over);
        assert_int_equal(client->code, BAD[index].code);
        push_kit_close(kit, client);
    }
    push_kit_say(kit, other, "{\"op\":\"ping\"}");
    (void)push_kit_expect_start(kit, other, "{\"op\":\"pong\",");
    push_kit_close(kit, other);
    push_kit_destroy(kit);
}

/* A message in three pieces with a ping in between is one message. */
static void push_stream_fragments_are_one_message(void **state)
{
    (void)state;
    static const char PIECES[] = "\x01\x84\0\0\0\0{\"op"
                                 "\x00\x83\0\0\0\0\":\""
                                 "\x89\x81\0\0\0\0!"
                                 "\x80\x86\0\0\0\0ping\"}";
    struct push_kit *kit = scene_create(&PLAIN);
    struct push_kit_client *client = stream_kit_open(kit, 0);
    for (size_t index = 0; index + 1 < sizeof PIECES; index++) { /* byte by byte */
        push_kit_put(client->fd, (fx_str){PIECES + index, 1});
        push_kit_turn(kit, 1);
    }
    (void)push_kit_expect_start(kit, client, "{\"op\":\"pong\",");
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

static void push_stream_flood_is_refused_and_then_closed(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PLAIN);
    struct push_kit_client *client = stream_kit_open(kit, 0);
    uint32_t pongs = 0;
    uint32_t refused = 0;
    for (int index = 0; index < 1000 && !client->is_over; index++) {
        push_kit_say(kit, client, "{\"op\":\"ping\"}");
        const char *text = push_kit_next(kit, client);
        pongs += text != NULL && stream_kit_has(text, "pong");
        refused += text != NULL && stream_kit_has(text, NO("RATE_LIMITED"));
    }
    assert_int_equal(pongs, 400);
    assert_int_equal(refused, 101);
    expect_end(kit, client, FX_NET_WEBSOCKET_CODE_POLICY);
    push_kit_destroy(kit);
}

static void push_stream_two_hundred_topics_are_the_most(void **state)
{
    (void)state;
    const struct fx_push_options few = {.rooms_max = 3};
    struct push_kit *kit = scene_create(&few);
    struct push_kit_client *client = stream_kit_open(kit, 0);
    stream_kit_subscribe(kit, client, "[\"trades.BTCUSDT\",\"trades.ETHUSDT\"]");
    (void)stream_kit_expect(kit, client, "trades.BTCUSDT", "snapshot");
    (void)stream_kit_expect(kit, client, "trades.ETHUSDT", "snapshot");
    refuse(kit,
           client,
           "{\"op\":\"subscribe\",\"args\":[\"ticker.BTCUSDT\",\"ticker.ETHUSDT\"]}",
           "{\"op\":\"subscribe\"," NO("CAPACITY"));
    stream_kit_subscribe(kit, client, "[\"trades.BTCUSDT\",\"ticker.BTCUSDT\"]");
    (void)stream_kit_expect(kit, client, "trades.BTCUSDT", "snapshot"); /* again: to resync */
    (void)stream_kit_expect(kit, client, "ticker.BTCUSDT", "snapshot");
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

static void push_stream_token_says_who_and_until_when(void **state)
{
    (void)state;
    const struct fx_push_options closed = {.is_auth_required = true};
    char token[1024];
    char text[1200];
    struct push_kit *kit = scene_create(&closed);
    struct push_kit_client *client = stream_kit_open(kit, 0);
    refuse(kit,
           client,
           "{\"op\":\"subscribe\",\"args\":[\"trades.BTCUSDT\"]}",
           "{\"op\":\"subscribe\"," NO("UNAUTHORIZED"));
    refuse(kit,
           client,
           "{\"op\":\"auth\",\"args\":[\"Bearer x\"]}",
           "{\"op\":\"auth\"," NO("BAD_TOKEN"));
    refuse(kit, client, "{\"op\":\"auth\",\"args\":[7]}", "{\"op\":\"auth\"," NO("BAD_PARAMETER"));
    (void)push_kit_token(kit, 7, kit->now_s + 60, token);
    (void)snprintf(text, sizeof text, "{\"op\":\"auth\",\"args\":[\"Bearer %s\"]}", token);
    push_kit_say(kit, client, text);
    (void)push_kit_expect_start(kit, client, "{\"op\":\"auth\",\"success\":true,\"connId\":\"");
    stream_kit_subscribe(kit, client, "[\"trades.BTCUSDT\"]");
    (void)stream_kit_expect(kit, client, "trades.BTCUSDT", "snapshot");
    (void)push_kit_token(kit, 8, kit->now_s + 60, token);
    (void)snprintf(text, sizeof text, "{\"op\":\"auth\",\"args\":[\"Bearer %s\"]}", token);
    refuse(kit, client, text, "{\"op\":\"auth\"," NO("FORBIDDEN"));
    kit->now_s += 60;
    push_kit_tick(kit);
    expect_end(kit, client, FX_NET_WEBSOCKET_CODE_POLICY);
    push_kit_destroy(kit);
}

static void push_stream_bad_handshakes_are_refused(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PLAIN);
    static const struct {
        const char *request;
        const char *answer;
    } BAD[] = {
        {"GET /ws/stream HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 426 "},
        {"POST /ws/stream HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 426 "},
        {"GET /ws/stream?token=x HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 401 "},
    };
    for (size_t index = 0; index < sizeof BAD / sizeof BAD[0]; index++) {
        char answer[4096];
        const int fd = push_kit_connect(kit, 0);
        (void)push_kit_request(kit, fd, BAD[index].request, answer, sizeof answer);
        assert_memory_equal(answer, BAD[index].answer, strlen(BAD[index].answer));
        (void)close(fd);
        push_kit_turn(kit, 3);
    }
    push_kit_destroy(kit);
}

static void push_stream_stop_says_when_to_come_back(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PLAIN);
    struct push_kit_client *first = stream_kit_open(kit, 0);
    struct push_kit_client *second = stream_kit_open(kit, 0);
    fx_push_stop(kit->push);
    fx_net_server_stop(kit->server);
    const char *text = push_kit_expect_start(kit, first, "{\"op\":\"shutdown\",\"reconnectInMs\":");
    const int64_t wait_ms = stream_kit_number(text, "reconnectInMs");
    text = push_kit_expect_start(kit, second, "{\"op\":\"shutdown\",\"reconnectInMs\":");
    assert_true(stream_kit_number(text, "reconnectInMs") != wait_ms); /* not all at once */
    push_kit_read(kit, first);
    push_kit_read(kit, second);
    assert_int_equal(first->code, FX_NET_WEBSOCKET_CODE_RESTART);
    assert_int_equal(second->code, FX_NET_WEBSOCKET_CODE_RESTART);
    push_kit_close(kit, first);
    push_kit_close(kit, second);
    push_kit_destroy(kit);
}

static void push_stream_origins_and_addresses_are_bounded(void **state)
{
    (void)state;
    char answer[4096];
    const struct fx_push_options strict = {.origins = "https://a.example",
                                           .sessions_per_address_max = 2};
    struct push_kit *kit = scene_create(&strict);
    static const char REQUEST[] = "GET /ws/stream HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n"
                                  "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    struct push_kit_client *good =
        push_kit_dial(kit, "/ws/stream", "Origin: https://a.example\r\n", 0);
    struct push_kit_client *other = stream_kit_open(kit, 0); /* no browser */
    /* No signature is verified for who may not come in: the last one is no 401. */
    static const char *const LINES[] = {
        "Origin: https://b.example\r\n", "", "Authorization: Bearer nonsense\r\n"};
    for (size_t index = 0; index < sizeof LINES / sizeof LINES[0]; index++) {
        char request[1024];
        (void)snprintf(request, sizeof request, "%s%s\r\n", REQUEST, LINES[index]);
        if (index == 1) { /* the third of the address; the second has gone meanwhile */
            push_kit_close(kit, other);
            other = stream_kit_open(kit, 0);
        }
        const int fd = push_kit_connect(kit, 0);
        (void)push_kit_request(kit, fd, request, answer, sizeof answer);
        assert_memory_equal(answer, "HTTP/1.1 403 ", 13);
        (void)close(fd);
        push_kit_turn(kit, 3);
    }
    push_kit_close(kit, good);
    push_kit_close(kit, other);
    push_kit_destroy(kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(push_stream_ops_are_answered_with_their_id),
        cmocka_unit_test(push_stream_bad_messages_are_refused_and_change_nothing),
        cmocka_unit_test(push_stream_book_is_a_snapshot_and_then_differences),
        cmocka_unit_test(push_stream_silent_book_has_a_heartbeat),
        cmocka_unit_test(push_stream_trades_are_a_chain),
        cmocka_unit_test(push_stream_trade_before_its_flush_comes_once),
        cmocka_unit_test(push_stream_ticker_is_whole),
        cmocka_unit_test(push_stream_bars_move_and_become_final),
        cmocka_unit_test(push_stream_change_is_encoded_once),
        cmocka_unit_test(push_stream_slow_reader_gets_a_new_snapshot),
        cmocka_unit_test(push_stream_of_a_called_back_token_ends_at_once),
        cmocka_unit_test(push_stream_binary_and_large_messages_end_it),
        cmocka_unit_test(push_stream_broken_frames_end_it),
        cmocka_unit_test(push_stream_fragments_are_one_message),
        cmocka_unit_test(push_stream_flood_is_refused_and_then_closed),
        cmocka_unit_test(push_stream_two_hundred_topics_are_the_most),
        cmocka_unit_test(push_stream_token_says_who_and_until_when),
        cmocka_unit_test(push_stream_bad_handshakes_are_refused),
        cmocka_unit_test(push_stream_stop_says_when_to_come_back),
        cmocka_unit_test(push_stream_origins_and_addresses_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
