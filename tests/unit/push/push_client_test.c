/* Users of the exchange who poll: what is theirs reaches them whole and in order, or they learn
 * that it does not; the same events and frames as over a WebSocket. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "push/push_budget.h"
#include "push/push_polling.h"
#include "push_http.h"

#define BOOK    "orderbook_BTCUSDT"
#define HANDLE  "/socket.io/?EIO=4&transport=polling"
#define HANDLE3 "/socket.io/?EIO=3&transport=polling"

static const struct fx_push_options PLAIN = {0};
static const struct fx_push_options PATIENT = {.ping_interval_ms = 1U << 30U};

/** A client that polls: one connection waits, the other brings. */
struct poller {
    int get;
    int post;
    char path[2048];
};

static struct push_kit *scene_create(const struct fx_push_options *options)
{
    struct push_kit *kit = push_kit_create(options);
    push_kit_instrument(kit, 0, "BTCUSDT");
    push_kit_tick(kit);
    return kit;
}

static void poll_it(struct push_kit *kit, const struct poller *poller)
{
    push_http_ask(kit, poller->get, "GET", poller->path, "");
}

static const char *hear(struct push_kit *kit, const struct poller *poller)
{
    poll_it(kit, poller);
    return push_http_expect(kit, poller->get, 200, NULL)->body;
}

static void say(struct push_kit *kit, const struct poller *poller, const char *text)
{
    push_http_post(kit, poller->post, poller->path, fx_str_of(text), "");
    (void)push_http_expect(kit, poller->post, 200, "ok");
}

static struct poller dial_at(struct push_kit *kit, const char *handle, const char *headers)
{
    struct poller poller = {.get = push_http_dial(kit), .post = push_http_dial(kit)};
    push_http_ask(kit, poller.get, "GET", handle, headers);
    const struct push_http_answer *answer = push_http_expect(kit, poller.get, 200, NULL);
    const char *sid = strstr(answer->body, "\"sid\":\"");
    assert_non_null(sid);
    (void)snprintf(poller.path, sizeof poller.path, "%s&sid=%.20s", handle, sid + 7);
    return poller;
}

static struct poller dial(struct push_kit *kit, const char *headers)
{
    return dial_at(kit, HANDLE, headers);
}

static void leave(struct push_kit *kit, const struct poller *poller)
{
    (void)close(poller->get);
    (void)close(poller->post);
    push_kit_turn(kit, 5);
}

/* A user who has joined /ws; 0: nobody. */
static struct poller join(struct push_kit *kit, uint64_t user_id)
{
    char token[1024];
    char text[1200] = "40/ws,";
    const struct poller poller = dial(kit, "");
    if (user_id != 0) {
        (void)push_kit_token(kit, user_id, kit->now_s + 3600, token);
        (void)snprintf(text, sizeof text, "40/ws,{\"token\":\"%s\"}", token);
    }
    say(kit, &poller, text);
    assert_int_equal(strncmp(hear(kit, &poller), "40/ws,{\"sid\":\"", 14), 0);
    return poller;
}

static uint32_t count_of(const char *text, const char *word)
{
    uint32_t count = 0;
    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word)) {
        count++;
    }
    return count;
}

static void push_client_that_polls_gets_a_command_in_one_body(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PLAIN);
    const struct poller one = join(kit, 7);
    const struct poller two = join(kit, 8);
    poll_it(kit, &one);
    poll_it(kit, &two);
    push_kit_begin(kit);
    push_kit_order(kit, 7, 1);
    push_kit_order(kit, 7, 2);
    push_kit_account(kit, 7, 5);
    push_kit_result(kit);
    fx_push_flush(kit->push);
    const struct push_http_answer *answer = push_http_expect(kit, one.get, 200, NULL);
    const char *account = strstr(answer->body, "42/ws,[\"account\",");
    const char *balance = strstr(answer->body,
                                 "\x1e"
                                 "42/ws,[\"balance\",");
    const char *orders = strstr(answer->body,
                                "\x1e"
                                "42/ws,[\"orders\",[{\"id\":1,");
    assert_true(account == answer->body && balance > account && orders > balance);
    assert_int_equal(count_of(orders, "{\"id\":"), 2);
    push_http_expect_nothing(kit, two.get); /* not theirs */
    leave(kit, &one);
    leave(kit, &two);
    push_kit_destroy(kit);
}

static void push_client_that_polls_shares_frames_with_websockets(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PLAIN);
    struct push_kit_client *socket = push_kit_join(kit, 0);
    const struct poller poller = join(kit, 0);
    push_kit_say(kit, socket, "42/ws,[\"subscribe\",\"" BOOK "\"]");
    say(kit, &poller, "42/ws,1[\"subscribe\",{\"channel\":\"" BOOK "\"}]");
    const char *first = hear(kit, &poller);
    assert_int_equal(strncmp(first, "42/ws,[\"orderbook\",", 19), 0);
    assert_non_null(strstr(first,
                           "\x1e"
                           "43/ws,1[{\"ok\":true}]"));
    push_kit_read(kit, socket);
    socket->read = socket->count;
    const struct fx_push_stats before = push_kit_stats(kit);
    push_kit_begin(kit);
    push_kit_book(kit, 0, FX_SIDE_BUY, 99, 1);
    push_kit_tick(kit);
    const struct fx_push_stats after = push_kit_stats(kit);
    assert_int_equal(after.encoded - before.encoded, 1);
    assert_int_equal(after.frames - before.frames, 2);
    assert_string_equal(hear(kit, &poller), push_kit_next(kit, socket));
    push_kit_close(kit, socket);
    leave(kit, &poller);
    push_kit_destroy(kit);
}

static void push_client_token_of_the_handshake_counts_for_polls_too(void **state)
{
    (void)state;
    char token[1024];
    char header[1200];
    struct push_kit *kit = scene_create(&(struct fx_push_options){.is_auth_required = true});
    (void)snprintf(header,
                   sizeof header,
                   "Authorization: Bearer %s\r\n",
                   push_kit_token(kit, 7, kit->now_s + 60, token));
    const struct poller good = dial(kit, header);
    say(kit, &good, "40/ws,");
    assert_int_equal(strncmp(hear(kit, &good), "40/ws,{\"sid\":\"", 14), 0);
    const struct poller bad = dial(kit, "Authorization: Bearer nonsense\r\n");
    say(kit, &bad, "40/ws,");
    assert_string_equal(hear(kit, &bad),
                        "44/ws,{\"message\":\"invalid token\",\"data\":{\"code\":401}}");
    leave(kit, &good);
    leave(kit, &bad);
    push_kit_destroy(kit);
}

static void push_client_that_polls_is_kicked_when_its_token_ends(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PATIENT);
    const struct poller poller = join(kit, 7);
    poll_it(kit, &poller);
    kit->now_s += 3600;
    push_kit_tick(kit);
    (void)push_http_expect(kit, poller.get, 200, "41/ws,");
    for (int index = 0; index < 10; index++) {
        push_kit_tick(kit);
    }
    assert_string_equal(hear(kit, &poller), "1"); /* it waited for this poll */
    poll_it(kit, &poller);
    (void)push_http_expect(kit, poller.get, 400, NULL);
    assert_int_equal(push_kit_stats(kit).sessions, 0);
    leave(kit, &poller);
    push_kit_destroy(kit);
}

static void push_client_between_polls_misses_books_but_not_the_latest(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(
        &(struct fx_push_options){.ping_interval_ms = 1U << 30U, .public_queued_max = 4000});
    const struct poller poller = join(kit, 0);
    say(kit, &poller, "42/ws,[\"subscribe\",\"" BOOK "\"]");
    (void)hear(kit, &poller);
    push_kit_begin(kit);
    for (int64_t lots = 1; lots <= 200; lots++) {
        push_kit_book(kit, 0, FX_SIDE_BUY, 99, lots);
        push_kit_tick(kit);
    }
    assert_true(push_kit_stats(kit).conflated > 100);
    const char *old = hear(kit, &poller);
    assert_true(count_of(old, "[\"orderbook\",") > 5 && strlen(old) < 8000);
    assert_null(strstr(old, "[\"99\",\"200\"]"));
    push_kit_tick(kit); /* nothing has changed, but it is behind */
    const char *latest = hear(kit, &poller);
    assert_int_equal(count_of(latest, "[\"orderbook\","), 1);
    assert_non_null(strstr(latest, "[\"99\",\"200\"]"));
    assert_int_equal(push_kit_stats(kit).slow_consumer_closed, 0);
    leave(kit, &poller);
    push_kit_destroy(kit);
}

static void push_client_without_polls_is_closed_before_private_events_are_lost(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PATIENT);
    const struct poller poller = join(kit, 7);
    const struct poller other = join(kit, 7);
    uint64_t id = 0;
    uint64_t received = 0;
    while (push_kit_stats(kit).slow_consumer_closed == 0 && id < 20000) {
        push_kit_begin(kit);
        for (int index = 0; index < 100; index++) {
            id++;
            push_kit_order(kit, 7, id);
        }
        push_kit_result(kit);
        fx_push_flush(kit->push);
        received += count_of(hear(kit, &other), "{\"id\":");
    }
    assert_int_equal(push_kit_stats(kit).slow_consumer_closed, 1);
    assert_int_equal(received, id); /* who polls has missed nothing */
    poll_it(kit, &poller);
    (void)push_http_expect(kit, poller.get, 400, "{\"code\":1,\"message\":\"Session ID unknown\"}");
    assert_int_equal(push_kit_stats(kit).sessions, 1);
    leave(kit, &poller);
    leave(kit, &other);
    push_kit_destroy(kit);
}

/* A client 2.x that has subscribed to the book, and whose queue takes not one packet more: tiny
 * ones, so that it is full by number long before it is by size. */
static struct poller dial_full(struct push_kit *kit)
{
    char pings[3 * FX_PUSH_BUDGET_MAX + 1];
    const struct poller poller = dial_at(kit, HANDLE3, "");
    say(kit, &poller, "35:42[\"subscribe\",\"orderbook_BTCUSDT\"]");
    for (size_t index = 0; index < FX_PUSH_BUDGET_MAX; index++) {
        memcpy(pings + 3 * index, "1:2", 4);
    }
    for (size_t left = FX_PUSH_POLLING_PACKETS_MAX - 1; left > 0;) { /* the book is one */
        const size_t count = left < FX_PUSH_BUDGET_MAX ? left : FX_PUSH_BUDGET_MAX;
        kit->now_ms += 60000; /* it may say as much again */
        push_http_post(kit, poller.post, poller.path, (fx_str){pings, 3 * count}, "");
        (void)push_http_expect(kit, poller.post, 200, "ok");
        left -= count;
    }
    kit->now_ms += 60000;
    return poller;
}

static void push_client_closed_by_a_snapshot_joins_no_further_room(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PATIENT);
    const struct poller poller = dial_full(kit);
    const fx_str more = FX_STR("53:42[\"subscribe\",[\"ticker_BTCUSDT\",\"kline_BTCUSDT_5m\"]]");
    push_http_post(kit, poller.post, poller.path, more, "");
    (void)push_http_expect(kit, poller.post, 400, NULL);
    assert_int_equal(push_kit_stats(kit).slow_consumer_closed, 1);
    push_kit_tick(kit); /* here it is freed: from every room */
    push_kit_begin(kit);
    push_kit_trade(kit, 0, 1, 4);
    push_kit_result(kit);
    push_kit_tick(kit);
    assert_int_equal(push_kit_stats(kit).sessions, 0);
    leave(kit, &poller);
    push_kit_destroy(kit);
}

static void push_client_closed_by_a_public_event_does_not_stop_the_others(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PATIENT);
    const struct poller one = dial_at(kit, HANDLE3, "");
    say(kit, &one, "35:42[\"subscribe\",\"orderbook_BTCUSDT\"]");
    const struct poller full[] = {dial_full(kit), dial_full(kit)};
    const struct poller two = dial_at(kit, HANDLE3, "");
    say(kit, &two, "35:42[\"subscribe\",\"orderbook_BTCUSDT\"]");
    (void)hear(kit, &one);
    (void)hear(kit, &two);
    push_kit_begin(kit);
    push_kit_book(kit, 0, FX_SIDE_BUY, 99, 1);
    push_kit_result(kit);
    push_kit_tick(kit); /* two leave in the middle of the walk */
    assert_int_equal(push_kit_stats(kit).slow_consumer_closed, 2);
    assert_int_equal(count_of(hear(kit, &one), "[[\"99\",\"1\"]]"), 1);
    assert_int_equal(count_of(hear(kit, &two), "[[\"99\",\"1\"]]"), 1);
    assert_int_equal(push_kit_stats(kit).sessions, 2);
    say(kit, &one, "37:42[\"unsubscribe\",\"orderbook_BTCUSDT\"]");
    say(kit, &two, "37:42[\"unsubscribe\",\"orderbook_BTCUSDT\"]");
    const struct poller last = dial_full(kit);
    push_kit_begin(kit);
    push_kit_book(kit, 0, FX_SIDE_BUY, 99, 2);
    push_kit_result(kit);
    push_kit_tick(kit); /* the last one takes the room along */
    push_kit_tick(kit);
    assert_int_equal(push_kit_stats(kit).slow_consumer_closed, 3);
    assert_int_equal(push_kit_stats(kit).sessions, 2);
    leave(kit, &one);
    leave(kit, &two);
    leave(kit, &full[0]);
    leave(kit, &full[1]);
    leave(kit, &last);
    push_kit_destroy(kit);
}

static void push_client_upgraded_in_the_middle_loses_nothing(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create(&PATIENT);
    const struct poller poller = join(kit, 7);
    char query[128];
    uint64_t next = 1;
    (void)snprintf(
        query, sizeof query, "EIO=4&transport=websocket&sid=%s", strstr(poller.path, "&sid=") + 5);
    for (uint64_t id = 1; id <= 30; id++) {
        push_kit_begin(kit);
        push_kit_order(kit, 7, id);
        push_kit_result(kit);
    }
    fx_push_flush(kit->push);
    struct push_kit_client *socket = push_kit_open(kit, query);
    push_kit_say(kit, socket, "2probe");
    push_kit_expect(kit, socket, "3probe");
    const char *polled = hear(kit, &poller); /* some by the last poll … */
    for (const char *at = strstr(polled, "{\"id\":"); at != NULL; at = strstr(at + 1, "{\"id\":")) {
        assert_int_equal(strtoull(at + 6, NULL, 10), next);
        next++;
    }
    for (uint64_t id = 31; id <= 60; id++) {
        push_kit_begin(kit);
        push_kit_order(kit, 7, id);
        push_kit_result(kit);
    }
    fx_push_flush(kit->push);
    push_kit_say(kit, socket, "5"); /* … the rest here */
    for (uint64_t id = 61; id <= 90; id++) {
        push_kit_begin(kit);
        push_kit_order(kit, 7, id);
        push_kit_result(kit);
    }
    fx_push_flush(kit->push);
    for (const char *text = push_kit_next(kit, socket); text != NULL;
         text = push_kit_next(kit, socket)) {
        const char *at = strstr(text, "{\"id\":");
        assert_non_null(at);
        assert_int_equal(strtoull(at + 6, NULL, 10), next);
        next++;
    }
    assert_int_equal(next, 91);
    assert_int_equal(push_kit_stats(kit).upgrades, 1);
    push_kit_close(kit, socket);
    leave(kit, &poller);
    push_kit_destroy(kit);
}

/** Who counts wrong tokens. */
struct counter {
    uint32_t tries;
    uint32_t wrong;
    bool is_full;
};

static bool may_try(void *self, fx_str peer)
{
    struct counter *counter = self;
    assert_true(fx_str_is_equal(peer, FX_STR("127.0.0.1")));
    counter->tries++;
    return !counter->is_full;
}

static void on_wrong(void *self, fx_str peer)
{
    struct counter *counter = self;
    assert_true(fx_str_is_equal(peer, FX_STR("127.0.0.1")));
    counter->wrong++;
}

static void expect_stream(struct push_kit *kit, const char *token, int status)
{
    char request[2048];
    char answer[4096];
    const int fd = push_kit_connect(kit, 0);
    (void)snprintf(request,
                   sizeof request,
                   "GET /ws/stream HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n"
                   "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                   "Authorization: Bearer %s\r\n\r\n",
                   token);
    (void)push_kit_request(kit, fd, request, answer, sizeof answer);
    assert_int_equal(strtol(answer + 9, NULL, 10), status);
    push_http_hang_up(kit, fd);
}

static void push_client_wrong_tokens_are_counted_and_then_not_looked_at(void **state)
{
    (void)state;
    char token[1024];
    char text[1200];
    struct counter counter = {0};
    const struct fx_push_options options = {.strangers = {may_try, on_wrong, &counter}};
    struct push_kit *kit = scene_create(&options);
    struct push_kit_client *stream = push_kit_dial(kit, "/ws/stream", "", 0);
    (void)push_kit_token(kit, 7, kit->now_s + 60, token);
    (void)snprintf(text, sizeof text, "40/ws,{\"token\":\"%s\"}", token);
    assert_int_equal(counter.tries, 0); /* nobody shows nothing */
    const struct poller good = join(kit, 7);
    expect_stream(kit, token, 101);
    assert_true(counter.tries == 2 && counter.wrong == 0);
    expect_stream(kit, "nonsense", 401);
    assert_int_equal(counter.wrong, 1);
    const struct poller bad = dial(kit, "Authorization: Bearer nonsense\r\n");
    assert_int_equal(counter.wrong, 2);
    say(kit, &bad, "40/ws,{\"token\":\"nonsense\"}");
    assert_int_equal(counter.wrong, 3);
    (void)hear(kit, &bad);
    push_kit_say(kit, stream, "{\"op\":\"auth\",\"args\":[\"Bearer nonsense\"]}");
    assert_int_equal(counter.wrong, 4);
    push_kit_expect_start(kit, stream, "{\"op\":\"auth\",\"success\":false,\"code\":\"BAD_TOKEN\"");
    counter.is_full = true;
    expect_stream(kit, token, 429);
    say(kit, &bad, text);
    assert_string_equal(hear(kit, &bad),
                        "44/ws,{\"message\":\"too many requests\",\"data\":{\"code\":429}}");
    (void)snprintf(text, sizeof text, "{\"op\":\"auth\",\"args\":[\"Bearer %s\"]}", token);
    push_kit_say(kit, stream, text);
    push_kit_expect_start(
        kit, stream, "{\"op\":\"auth\",\"success\":false,\"code\":\"RATE_LIMITED\"");
    assert_int_equal(counter.wrong, 4); /* only what was looked at */
    push_kit_close(kit, stream);
    leave(kit, &good);
    leave(kit, &bad);
    push_kit_destroy(kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(push_client_that_polls_gets_a_command_in_one_body),
        cmocka_unit_test(push_client_that_polls_shares_frames_with_websockets),
        cmocka_unit_test(push_client_token_of_the_handshake_counts_for_polls_too),
        cmocka_unit_test(push_client_that_polls_is_kicked_when_its_token_ends),
        cmocka_unit_test(push_client_between_polls_misses_books_but_not_the_latest),
        cmocka_unit_test(push_client_without_polls_is_closed_before_private_events_are_lost),
        cmocka_unit_test(push_client_closed_by_a_snapshot_joins_no_further_room),
        cmocka_unit_test(push_client_closed_by_a_public_event_does_not_stop_the_others),
        cmocka_unit_test(push_client_wrong_tokens_are_counted_and_then_not_looked_at),
        cmocka_unit_test(push_client_upgraded_in_the_middle_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
